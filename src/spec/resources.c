// SPDX-License-Identifier: Apache-2.0
/*
 * resources.c - see resources.h
 */
#include "spec/resources.h"

#include <string.h>

#include "spec/spec.h"

static bool has_io_limit(const struct spec_resources *r)
{
	for (size_t i = 0; i < r->n_ios; i++)
		if (r->ios[i].value > 0)
			return true;
	return false;
}

bool spec_has_limits(const struct spec_resources *r)
{
	return r->memory > 0 || r->memory_reservation > 0 || r->memory_swap > 0 ||
	       r->cpu_shares > 0 || r->cpu_quota_us > 0 || r->cpu_burst_us > 0 ||
	       r->is_cpu_idle || r->cpus || r->mems || r->pids > 0 || r->io_weight > 0 ||
	       has_io_limit(r) || r->n_hugepages || r->n_rdma || r->unified.n;
}

bool spec_wants_cgroup(const struct spec *s)
{
	return s->cgroup.mode == CGROUPS_ENABLED || s->cgroup.mode == CGROUPS_SPLIT ||
	       s->cgroup.parent || spec_has_limits(&s->resources);
}

int64_t spec_implied_swap(int64_t memory)
{
	return memory < 0 || memory > INT64_MAX / 2 ? SPEC_NO_LIMIT : 2 * memory;
}

const char *spec_refuse_unified(const char *file)
{
	/* They are no limits: who is inside, and what is done to it, is not for the caller's list. */
	static const char *const own[] = {"cgroup.procs", "cgroup.threads",
					  "cgroup.kill",  "cgroup.freeze",
					  "cgroup.type",  "cgroup.subtree_control"};

	static const char chars[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789_-.";

	if (strspn(file, chars) != strlen(file) || file[0] == '.' || !strchr(file, '.'))
		return "no file of a cgroup, such as memory.high";
	for (size_t i = 0; i < ARRAY_SIZE(own); i++)
		if (strcmp(file, own[i]) == 0)
			return "no limit";
	return NULL;
}

/* The end of a number of at most four digits, which is in @ret; NULL when there is none. */
static const char *read_place(const char *s, int *ret)
{
	const char *begin = s;

	for (*ret = 0; *s >= '0' && *s <= '9'; s++)
		*ret = *ret * 10 + (*s - '0');
	return s == begin || s - begin > 4 ? NULL : s;
}

bool spec_is_cpu_list(const char *list)
{
	while (true) {
		int first, last;

		list = read_place(list, &first);
		last = first;
		if (list && *list == '-')
			list = read_place(list + 1, &last);
		if (!list || last < first)
			return false;
		if (!*list)
			return true;
		if (*list++ != ',')
			return false;
	}
}

static int check_memory(const struct spec_resources *r, struct err *err)
{
	if (r->memory_swap > 0 && r->memory <= 0)
		return err_say(err, -EINVAL,
			       "--memory-swap: it is memory and swap together, and goes "
			       "with --memory");
	if (r->memory_swap > 0 && r->memory_swap < r->memory)
		return err_say(err, -EINVAL,
			       "--memory-swap: it is memory and swap together, and less "
			       "than --memory");
	if (r->memory > 0 && r->memory_reservation > r->memory)
		return err_say(err, -EINVAL,
			       "--memory-reservation: it is more than --memory");
	return 0;
}

static int check_cpu(const struct spec_resources *r, struct err *err)
{
	/* The kernel's own bounds, sched-bwc.rst. */
	if (r->cpu_period_us && (r->cpu_period_us < 1000 || r->cpu_period_us > 1000000))
		return err_say(err, -EINVAL,
			       "--cpu-period: from 1000 to 1000000 microseconds");
	if (r->cpu_quota_us > 0 && r->cpu_quota_us < 1000)
		return err_say(err, -EINVAL,
			       "--cpu-quota: from 1000 microseconds on (or --cpus 0.01)");
	if (r->cpu_burst_us > 0 && r->cpu_quota_us <= 0)
		return err_say(err, -EINVAL, "a burst of CPU time goes with a quota");
	if (r->cpu_burst_us > r->cpu_quota_us && r->cpu_quota_us > 0)
		return err_say(err, -EINVAL, "a burst of CPU time is at most the quota");
	if (r->is_cpu_idle && r->cpu_shares)
		return err_say(
			err, -EINVAL,
			"--cpu-shares: what runs when nothing else does (cpu.idle) "
			"has no weight");
	return 0;
}

int spec_resources_validate(const struct spec *s, struct err *err)
{
	const struct spec_resources *r = &s->resources;
	int ret = check_memory(r, err);

	if (ret == 0)
		ret = check_cpu(r, err);
	if (ret == 0 && s->cgroup.mode == CGROUPS_DISABLED && spec_has_limits(r))
		return err_say(
			err, -EINVAL,
			"--cgroups disabled: limits need a cgroup of the container's "
			"own");
	if (ret == 0 && s->cgroup.parent && s->cgroup.mode != CGROUPS_ENABLED &&
	    s->cgroup.mode != CGROUPS_AUTO)
		return err_say(err, -EINVAL,
			       "--cgroup-parent: --cgroups %s has a place already",
			       s->cgroup.mode == CGROUPS_SPLIT ? "split" : "disabled");
	return ret;
}
