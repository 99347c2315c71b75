#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# vm_stock.sh - vm.sh with the kernel that the release itself has, which is older
set -eu

export URUN_VM_KERNEL=stock
exec "${srcdir:-.}/tests/vm/vm.sh" stock
