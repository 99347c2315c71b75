#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# vm_limits.sh - vm.sh with the limits that there are, and what is measured of them
set -eu

exec "${srcdir:-.}/tests/vm/vm.sh" limits
