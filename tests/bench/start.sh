#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# start.sh - see quick.sh

# shellcheck source=tests/bench/quick.sh disable=SC1091
. "${srcdir:-.}/tests/bench/quick.sh"
quick start debian busybox
