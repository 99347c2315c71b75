#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# oci.sh - urun-oci against crun and runc in short
#
# In a delegated cgroup v2 folder: crun refuses to start where v1 stands beside it.

# shellcheck source=tests/bench/quick.sh disable=SC1091
. "${srcdir:-.}/tests/bench/quick.sh"
# shellcheck source=/dev/null
[ ! -f tests/stage.env ] || . ./tests/stage.env
[ -z "${URUN_STAGE-}" ] || launcher="$URUN_STAGE/tests/fixtures/delegated.sh $URUN_TEST_USER"
quick oci debian busybox
