/* SPDX-License-Identifier: Apache-2.0 */
/*
 * limits.h - other limits for a container that runs
 */
#pragma once

#include "plan/plan.h"

/* What the kernel has limited that is given in pairs: for a container that no document describes. */
void limits_read(int cgroup, struct arena *a, struct spec_resources *ret);

/* What is asked for, over what there was: @to becomes the whole. */
void limits_merge(struct spec_resources *to, const struct spec_resources *asked,
		  struct arena *a);

/* What is asked for gets the other half of what is one: the kernel has memory and swap apart. */
void limits_complete(struct spec_resources *asked, const struct spec_resources *whole);

/**
 * limits_apply() - write limits to a container's cgroup
 * @cgroup:    borrowed
 * @path:      its own, below the root of cgroups
 * @resources: completed; what is not asked for stays as it is
 * @host:      for the way to systemd, where that has to change its scope as well
 *
 * When one is refused those before it are taken back; in files with a line for each device, that is not
 * possible. Return: 0 or a negative errno with @err filled.
 */
int limits_apply(int cgroup, const char *path, const struct spec_resources *resources,
		 const struct host *host, struct arena *a, struct err *err);
