// SPDX-License-Identifier: Apache-2.0
/*
 * limit_options.c - see limit_options.h
 */
#include "cli/urun/limit_options.h"

#include <stdlib.h>
#include <string.h>

#include "base/parse.h"
#include "sys/cgroup.h"

#define MAX_CPUS 10000
#define MAX_PIDS 4194304 /* the kernel's own, proc_sys_kernel(5) */

static struct request *of(void *target)
{
	return target;
}

/* In `run`, nothing is what there is without the option; a container that has it keeps it. */
static int check_nothing(struct request *q, const char *v, struct err *err)
{
	return q->is_update
		       ? err_say(err, -ENOTSUP,
				 "'%s': an update does not take it back; give a value", v)
		       : 0;
}

/* 0 and -1 are no limit, as podman has it. */
static int read_size(const char *v, int64_t *ret, struct err *err)
{
	uint64_t bytes;

	if (strcmp(v, "-1") == 0 || strcmp(v, "0") == 0) {
		*ret = SPEC_NO_LIMIT;
		return 0;
	}
	if (parse_size(v, &bytes) < 0 || bytes > INT64_MAX)
		return err_say(err, -EINVAL,
			       "'%s': a size is a number with b, k, m or g, or -1", v);
	*ret = (int64_t)bytes;
	return 0;
}

static int read_number(const char *v, int64_t min, int64_t max, int64_t *ret,
		       struct err *err)
{
	int64_t number;

	if (parse_i64(v, &number) < 0)
		return err_say(err, -EINVAL, "'%s': no number", v);
	if (number != 0 && number != -1 && (number < min || number > max))
		return err_say(err, -EINVAL, "'%s': a number from %lld to %lld, or -1", v,
			       (long long)min, (long long)max);
	*ret = number <= 0 ? SPEC_NO_LIMIT : number;
	return 0;
}

int set_memory(void *t, const char *v, struct err *err)
{
	return read_size(v, &of(t)->spec.resources.memory, err);
}

int set_memory_reservation(void *t, const char *v, struct err *err)
{
	return read_size(v, &of(t)->spec.resources.memory_reservation, err);
}

int set_memory_swap(void *t, const char *v, struct err *err)
{
	/* podman: 0 is as if it was not given. */
	if (strcmp(v, "0") == 0) {
		of(t)->spec.resources.memory_swap = 0;
		return check_nothing(of(t), v, err);
	}
	return read_size(v, &of(t)->spec.resources.memory_swap, err);
}

int set_memory_swappiness(void *t, const char *v, struct err *err)
{
	(void)t;
	if (strcmp(v, "-1") == 0)
		return 0; /* the host's own */
	return err_say(err, -ENOTSUP,
		       "'%s': cgroup v2 has no swappiness; --memory-swap limits swap", v);
}

int set_pids_limit(void *t, const char *v, struct err *err)
{
	int64_t *pids = &of(t)->spec.resources.pids;
	int r = read_number(v, 1, INT32_MAX, pids, err);

	/* More than there can be is no limit, and no value for the kernel. */
	if (r == 0 && *pids > MAX_PIDS)
		*pids = SPEC_NO_LIMIT;
	return r;
}

static int check_quota(const struct request *q, struct err *err)
{
	return q->has_cpus && q->has_quota
		       ? err_say(err, -EINVAL,
				 "--cpus is a quota and its period: it goes with neither "
				 "--cpu-quota nor --cpu-period")
		       : 0;
}

int set_cpus(void *t, const char *v, struct err *err)
{
	struct request *q = of(t);
	struct spec_resources *r = &q->spec.resources;
	char *end;
	double cpus = strtod(v, &end);

	if (!*v || *end || strspn(v, "0123456789.") != strlen(v) || cpus > MAX_CPUS)
		return err_say(err, -EINVAL, "'%s': a number such as 1.5", v);
	q->has_cpus = true;
	/* In the usual period, whatever there was before. */
	r->cpu_period_us = SPEC_DEFAULT_PERIOD_US;
	r->cpu_quota_us = (int64_t)(cpus * SPEC_DEFAULT_PERIOD_US + 0.5);
	if (cpus <= 0)
		r->cpu_quota_us = SPEC_NO_LIMIT;
	else if (r->cpu_quota_us < 1000)
		return err_say(err, -EINVAL, "'%s': 0.01 at least", v);
	return check_quota(q, err);
}

int set_cpu_quota(void *t, const char *v, struct err *err)
{
	int r = read_number(v, 1000, INT64_MAX, &of(t)->spec.resources.cpu_quota_us, err);

	of(t)->has_quota = true;
	return r < 0 ? r : check_quota(of(t), err);
}

int set_cpu_period(void *t, const char *v, struct err *err)
{
	int64_t period;
	int r = read_number(v, 1000, 1000000, &period, err);

	if (r < 0)
		return r;
	of(t)->has_quota = true;
	of(t)->spec.resources.cpu_period_us = period < 0 ? 0 : period;
	if (period < 0)
		return check_nothing(of(t), v, err);
	return check_quota(of(t), err);
}

int set_cpu_shares(void *t, const char *v, struct err *err)
{
	int64_t shares;
	int r = read_number(v, 2, 262144, &shares, err);

	if (r == 0)
		of(t)->spec.resources.cpu_shares = shares < 0 ? 0 : shares;
	return r == 0 && shares < 0 ? check_nothing(of(t), v, err) : r;
}

static int read_list(void *t, const char *v, const char **ret, struct err *err)
{
	if (v[0] && !spec_is_cpu_list(v))
		return err_say(err, -EINVAL, "'%s': a list such as 0-3,5", v);
	*ret = v[0] ? arena_strdup(of(t)->arena, v) : NULL;
	return v[0] ? 0 : check_nothing(of(t), v, err);
}

int set_cpuset_cpus(void *t, const char *v, struct err *err)
{
	return read_list(t, v, &of(t)->spec.resources.cpus, err);
}

int set_cpuset_mems(void *t, const char *v, struct err *err)
{
	return read_list(t, v, &of(t)->spec.resources.mems, err);
}

static int read_weight(const char *v, int64_t *ret, struct err *err)
{
	int64_t weight;

	if (parse_i64(v, &weight) < 0 || (weight != 0 && (weight < 10 || weight > 1000)))
		return err_say(err, -EINVAL, "'%s': a weight is from 10 to 1000", v);
	*ret = weight;
	return 0;
}

int set_blkio_weight(void *t, const char *v, struct err *err)
{
	int r = read_weight(v, &of(t)->spec.resources.io_weight, err);

	return r == 0 && !of(t)->spec.resources.io_weight ? check_nothing(of(t), v, err)
							  : r;
}

/* "PATH:VALUE". One device, one kind: the last counts. */
static int add_io(void *t, const char *v, enum spec_io_kind kind, struct err *err)
{
	struct request *q = of(t);
	struct spec_resources *res = &q->spec.resources;
	char *path = arena_strdup(q->arena, v), *value = strrchr(path, ':');
	struct spec_io io = {.kind = kind};
	int r;

	if (!value || path[0] != '/' || !value[1])
		return err_say(err, -EINVAL, "'%s': expected /dev/DISK:%s", v,
			       kind == IO_WEIGHT ? "WEIGHT" : "RATE");
	*value++ = '\0';
	if (kind == IO_WEIGHT)
		r = read_weight(value, &io.value, err);
	else if (kind == IO_READ_BPS || kind == IO_WRITE_BPS)
		r = read_size(value, &io.value, err);
	else
		r = read_number(value, 1, INT64_MAX, &io.value, err);
	if (r < 0)
		return r;
	r = cgroup_disk_of(path, &io.major, &io.minor);
	if (r < 0) {
		err_set(err, r, "'%s': look up the disk", path);
		return err_hint(err, r,
				"A disk is a block device such as /dev/sda: see "
				"lsblk");
	}
	for (size_t i = 0; i < res->n_ios; i++) {
		if (res->ios[i].kind != kind || res->ios[i].major != io.major ||
		    res->ios[i].minor != io.minor)
			continue;
		res->ios[i] = io;
		return 0;
	}
	*ARR_PUSH(q->arena, res, ios) = io;
	return 0;
}

int set_blkio_weight_device(void *t, const char *v, struct err *err)
{
	return add_io(t, v, IO_WEIGHT, err);
}

int set_device_read_bps(void *t, const char *v, struct err *err)
{
	return add_io(t, v, IO_READ_BPS, err);
}

int set_device_write_bps(void *t, const char *v, struct err *err)
{
	return add_io(t, v, IO_WRITE_BPS, err);
}

int set_device_read_iops(void *t, const char *v, struct err *err)
{
	return add_io(t, v, IO_READ_IOPS, err);
}

int set_device_write_iops(void *t, const char *v, struct err *err)
{
	return add_io(t, v, IO_WRITE_IOPS, err);
}

/* Asked for by nobody, and to be had by nobody. */
static int refuse_v1(const char *v, const char *why, struct err *err)
{
	return strcmp(v, "0") == 0 || strcmp(v, "false") == 0
		       ? 0
		       : err_say(err, -ENOTSUP, "'%s': %s", v, why);
}

int set_cpu_rt(void *t, const char *v, struct err *err)
{
	(void)t;
	return refuse_v1(v, "cgroup v2 has no limits on realtime processes", err);
}

int set_oom_kill_disable(void *t, const char *v, struct err *err)
{
	(void)t;
	return refuse_v1(v, "cgroup v2 cannot; --oom-score-adj says who goes first", err);
}

int set_device_cgroup_rule(void *t, const char *v, struct err *err)
{
	(void)t;
	return err_say(err, -ENOTSUP,
		       "'%s': rules for devices are a program in the kernel that only "
		       "root may load; --device shows a device of the host",
		       v);
}

int set_cgroup_conf(void *t, const char *v, struct err *err)
{
	const char *equals = strchr(v, '='), *why;

	if (!equals)
		return err_say(err, -EINVAL, "'%s': expected FILE=VALUE", v);
	why = spec_refuse_unified(arena_strndup(of(t)->arena, v, (size_t)(equals - v)));
	if (why)
		return err_say(err, -EINVAL, "'%s': %s", v, why);
	if (!equals[1])
		return err_say(err, -EINVAL, "'%s': no value", v);
	if (of(t)->spec.resources.unified.n >= SPEC_MAX_RESOURCES)
		return err_say(err, -EINVAL, "more than %d of them", SPEC_MAX_RESOURCES);
	strv_push(of(t)->arena, &of(t)->spec.resources.unified,
		  arena_strdup(of(t)->arena, v));
	return 0;
}

int set_cgroup_parent(void *t, const char *v, struct err *err)
{
	(void)err;
	of(t)->spec.cgroup.parent = v[0] ? arena_strdup(of(t)->arena, v) : NULL;
	return 0;
}

int set_cgroups(void *t, const char *v, struct err *err)
{
	enum spec_cgroups *mode = &of(t)->spec.cgroup.mode;

	/* There is no conmon that could be in it. */
	if (strcmp(v, "enabled") == 0 || strcmp(v, "no-conmon") == 0)
		*mode = CGROUPS_ENABLED;
	else if (strcmp(v, "disabled") == 0)
		*mode = CGROUPS_DISABLED;
	else if (strcmp(v, "split") == 0)
		*mode = CGROUPS_SPLIT;
	else
		return err_say(err, -EINVAL, "'%s': expected enabled, disabled or split",
			       v);
	return 0;
}

int set_limits(void *t, const char *v, struct err *err)
{
	if (strcmp(v, "strict") != 0 && strcmp(v, "best-effort") != 0)
		return err_say(err, -EINVAL, "'%s': expected strict or best-effort", v);
	of(t)->spec.cgroup.is_best_effort = v[0] == 'b';
	return 0;
}
