/* SPDX-License-Identifier: Apache-2.0 */
/*
 * limit_options.h - limits as podman spells them, for `run`, `create` and `update`
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
