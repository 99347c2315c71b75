/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sched.h - when and where this process runs: scheduler, I/O priority, CPUs
 *
 * All of it is inherited by children and kept by exec, but for what the flags say.
 */
#pragma once

#include "base/macros.h"

/* The kernel's struct sched_attr, in its first form: sched_setattr(2). */
struct sched_params {
	uint32_t size; /* sched_set() fills it in */
	uint32_t policy;
	uint64_t flags;
	int32_t nice;
	uint32_t priority;
	uint64_t runtime_ns, deadline_ns, period_ns;
};

/**
 * sched_set() - change how this process is scheduled
 *
 * Return: 0; -EPERM for what needs CAP_SYS_NICE in the first user namespace (or RLIMIT_RTPRIO,
 * RLIMIT_NICE); -EINVAL; -EBUSY where a deadline cannot be kept. Source: sched_setattr(2),
 * sched(7).
 */
int sched_set(const struct sched_params *params);

/**
 * sched_set_io() - change the I/O priority of this process
 * @class: 1 real-time, 2 best-effort, 3 idle
 * @level: 0 to 7
 *
 * Return: 0; -EPERM for real-time without CAP_SYS_NICE; -EINVAL. Source: ioprio_set(2).
 */
int sched_set_io(uint32_t class, uint32_t level);

/**
 * sched_set_cpus() - let this process run on some CPUs only
 * @list: "0-3,7", as spec_is_cpu_list() takes it; NULL: on all that its cgroup has
 *
 * Those that the machine or the cgroup has not are left out. Return: 0; -EINVAL when none is
 * left, or for no list. Source: sched_setaffinity(2).
 */
int sched_set_cpus(const char *list);
