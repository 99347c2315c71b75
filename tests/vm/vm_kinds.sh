#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# vm_kinds.sh - vm.sh with what a container can do on each kind of host, and what the reason is where not
set -eu

exec "${srcdir:-.}/tests/vm/vm.sh" kinds
