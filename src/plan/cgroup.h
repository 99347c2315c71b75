/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cgroup.h - from limits to a folder of cgroup v2 and what is written there
 */
#pragma once

#include "plan/plan.h"

/* What is measured of every container with a cgroup of its own, where it can be. */
#define CGROUP_MEASURED \
	(1u << CGROUP_CPU | 1u << CGROUP_IO | 1u << CGROUP_MEMORY | 1u << CGROUP_PIDS)

/**
 * cgroup_settings() - what is written for limits, in order
 * @r:   borrowed, validated
 * @a:   owns the result
 * @ret: filled: settings, and the controllers that they need
 *
 * Conversions are the kernel's and other OCI runtimes': shares to weight, a total with swap to swap
 * alone. Source: cgroup-v2.rst; config-linux.md of the OCI runtime specification.
 */
void cgroup_settings(const struct spec_resources *r, struct arena *a,
		     struct plan_cgroup *ret);

/**
 * cgroup_build() - the part of plan_build() that finds a place for limits
 * @p: spec, host and map are set; cgroup, most_processes, most_data_bytes and notes are filled
 *
 * Return: 0; -ENOTSUP for limits that nobody here can enforce, with the lines that mend it.
 */
int cgroup_build(struct plan *p, struct arena *a, struct err *err);
