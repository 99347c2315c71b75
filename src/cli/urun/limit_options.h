/* SPDX-License-Identifier: Apache-2.0 */
/*
 * limit_options.h - limits as podman spells them, for all verbs that have some
 *
 * The target of each setter is a struct request.
 */
#pragma once

#include "cli/urun/request.h"

int set_blkio_weight(void *target, const char *value, struct err *err);
int set_blkio_weight_device(void *target, const char *value, struct err *err);
int set_cgroup_conf(void *target, const char *value, struct err *err);
int set_cgroup_parent(void *target, const char *value, struct err *err);
int set_cgroups(void *target, const char *value, struct err *err);
int set_cpu_period(void *target, const char *value, struct err *err);
int set_cpu_quota(void *target, const char *value, struct err *err);
int set_cpu_rt(void *target, const char *value, struct err *err);
int set_cpu_shares(void *target, const char *value, struct err *err);
int set_cpus(void *target, const char *value, struct err *err);
int set_cpuset_cpus(void *target, const char *value, struct err *err);
int set_cpuset_mems(void *target, const char *value, struct err *err);
int set_device_cgroup_rule(void *target, const char *value, struct err *err);
int set_device_read_bps(void *target, const char *value, struct err *err);
int set_device_read_iops(void *target, const char *value, struct err *err);
int set_device_write_bps(void *target, const char *value, struct err *err);
int set_device_write_iops(void *target, const char *value, struct err *err);
int set_limits(void *target, const char *value, struct err *err);
int set_memory(void *target, const char *value, struct err *err);
int set_memory_reservation(void *target, const char *value, struct err *err);
int set_memory_swap(void *target, const char *value, struct err *err);
int set_memory_swappiness(void *target, const char *value, struct err *err);
int set_oom_kill_disable(void *target, const char *value, struct err *err);
int set_pids_limit(void *target, const char *value, struct err *err);

/* Rows of an option table: limits that can be changed while a container runs. */
#define LIMIT_OPTIONS                                                                  \
	{"blkio-weight", 0, "WEIGHT", "share of a disk's time: 10 to 1000",            \
	 set_blkio_weight},                                                            \
		{"blkio-weight-device", 0, "DISK:N", "the same for one disk",          \
		 set_blkio_weight_device},                                             \
		{"cgroup-conf", 0, "FILE=VALUE",                                       \
		 "write to a file of the container's cgroup", set_cgroup_conf},        \
		{"cpu-period", 0, "US", "what --cpu-quota counts in: microseconds",    \
		 set_cpu_period},                                                      \
		{"cpu-quota", 0, "US", "CPU time in each period; -1: no limit",        \
		 set_cpu_quota},                                                       \
		{"cpu-shares", 'c', "N",                                               \
		 "weight against others that want CPUs: 2 to 262144", set_cpu_shares}, \
		{"cpus", 0, "N",                                                       \
		 "as much time as so many CPUs have, such as 1.5; 0: no limit",        \
		 set_cpus},                                                            \
		{"cpuset-cpus", 0, "LIST", "CPUs that it may run on: 0-3,5",           \
		 set_cpuset_cpus},                                                     \
		{"cpuset-mems", 0, "LIST", "memory nodes that it may use",             \
		 set_cpuset_mems},                                                     \
		{"device-read-bps", 0, "DISK:RATE",                                    \
		 "bytes a second that are read from a disk", set_device_read_bps},     \
		{"device-read-iops", 0, "DISK:RATE", "reads of a disk a second",       \
		 set_device_read_iops},                                                \
		{"device-write-bps", 0, "DISK:RATE",                                   \
		 "bytes a second that are written to a disk", set_device_write_bps},   \
		{"device-write-iops", 0, "DISK:RATE", "writes to a disk a second",     \
		 set_device_write_iops},                                               \
		{"memory", 'm', "SIZE",                                                \
		 "memory that it may use: 512m, 2g; -1: no limit", set_memory},        \
		{"memory-reservation", 0, "SIZE", "memory that is not taken from it",  \
		 set_memory_reservation},                                              \
		{"memory-swap", 0, "SIZE",                                             \
		 "memory and swap together, twice --memory by default; -1: no limit",  \
		 set_memory_swap},                                                     \
		{"memory-swappiness", 0, "N", "cgroup v2 has none: refused",           \
		 set_memory_swappiness},                                               \
	{                                                                              \
		"pids-limit", 0, "N", "processes and threads at a time; -1: no limit", \
			set_pids_limit                                                 \
	}

/* And what is decided when it starts. */
#define LIMIT_PLACE_OPTIONS                                                             \
	{"cgroup-parent", 0, "PARENT",                                                  \
	 "where its cgroup is: NAME.slice, or a folder of /sys/fs/cgroup",              \
	 set_cgroup_parent},                                                            \
		{"cgroups", 0, "MODE",                                                  \
		 "a cgroup of its own: enabled, disabled, split (below the caller's); " \
		 "by "                                                                  \
		 "default "                                                             \
		 "when there is a limit",                                               \
		 set_cgroups},                                                          \
	{                                                                               \
		"limits", 0, "POLICY",                                                  \
			"what nobody here can enforce: strict (the default) refuses, "  \
			"best-effort "                                                  \
			"goes on",                                                      \
			set_limits                                                      \
	}
