#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# net.sh - see quick.sh

# shellcheck source=tests/bench/quick.sh disable=SC1091
. "${srcdir:-.}/tests/bench/quick.sh"
quick net
