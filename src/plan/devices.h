/* SPDX-License-Identifier: Apache-2.0 */
/*
 * devices.h - which devices a container of real root's may use
 */
#pragma once

#include "plan/plan.h"

/**
 * devices_build() - the part of plan_build() that keeps real root to the devices of its document
 * @p: spec, host, map, caps and cgroup are set; devices, caps, want_nodev and notes are filled
 *
 * Without a user namespace the payload's root is the host's: it could make the node of any disk, or find
 * one in the rootfs. A cgroup of v2 filters what is opened; where there is none, nodes of the rootfs do
 * not work, and none can be made.
 */
void devices_build(struct plan *p, struct arena *a);
