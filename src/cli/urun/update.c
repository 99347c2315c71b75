// SPDX-License-Identifier: Apache-2.0
/*
 * update.c - update: other limits for a container, while it runs and for its next run
 */
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "cli/urun/cmd.h"
#include "cli/urun/limit_options.h"
#include "cli/urun/running.h"
#include "cli/urun/verb.h"
#include "plan/cgroup.h"
#include "spec/oci.h"
#include "stage/stage.h"
#include "sys/cgroup.h"
#include "sys/fd.h"

struct update_options {
	struct request request; /* first: the setters' target */
};

static bool is_asked(const struct spec_resources *r)
{
	return spec_has_limits(r) || r->n_ios || r->memory || r->memory_reservation ||
	       r->memory_swap || r->cpu_quota_us || r->cpu_period_us || r->pids;
}

/* --- what there is, and what is asked for --- */

static void take(int64_t *to, int64_t from)
{
	if (from)
		*to = from;
}

static void merge_ios(struct spec_resources *to, const struct spec_resources *from,
		      struct arena *a)
{
	for (size_t i = 0; i < from->n_ios; i++) {
		const struct spec_io *io = &from->ios[i];
		size_t k = 0;

		while (k < to->n_ios &&
		       (to->ios[k].kind != io->kind || to->ios[k].major != io->major ||
			to->ios[k].minor != io->minor))
			k++;
		if (k < to->n_ios)
			to->ios[k] = *io;
		else if (io->value > 0)
			*ARR_PUSH(a, to, ios) = *io;
	}
}

static void merge(struct spec_resources *to, const struct spec_resources *from,
		  struct arena *a)
{
	take(&to->memory, from->memory);
	take(&to->memory_reservation, from->memory_reservation);
	take(&to->memory_swap, from->memory_swap);
	take(&to->cpu_shares, from->cpu_shares);
	take(&to->cpu_quota_us, from->cpu_quota_us);
	take(&to->cpu_period_us, from->cpu_period_us);
	take(&to->pids, from->pids);
	take(&to->io_weight, from->io_weight);
	if (from->memory_swap)
		to->is_swap_implied = false;
	else if (from->memory && to->is_swap_implied)
		to->memory_swap = spec_implied_swap(from->memory);
	to->cpus = from->cpus ? from->cpus : to->cpus;
	to->mems = from->mems ? from->mems : to->mems;
	merge_ios(to, from, a);
	/* Written in order: the last one counts. */
	for (size_t i = 0; i < from->unified.n; i++)
		strv_push(a, &to->unified, from->unified.v[i]);
}

/* Of one that no config.json describes: what limits are made of in pairs. */
static void read_kernel(int cgroup, struct arena *a, struct spec_resources *ret)
{
	int64_t memory = INT64_MAX, swap = INT64_MAX;
	long long quota, period;
	char *text;

	cgroup_read_number(cgroup, "memory.max", &memory);
	cgroup_read_number(cgroup, "memory.swap.max", &swap);
	ret->memory = memory == INT64_MAX ? SPEC_NO_LIMIT : memory;
	ret->is_swap_implied = swap == memory;
	ret->memory_swap =
		memory == INT64_MAX || swap == INT64_MAX ? SPEC_NO_LIMIT : memory + swap;
	if (cgroup_read(cgroup, "cpu.max", a, &text) < 0)
		return;
	if (sscanf(text, "%lld %lld", &quota, &period) == 2) {
		ret->cpu_quota_us = quota;
		ret->cpu_period_us = period;
	} else if (sscanf(text, "max %lld", &period) == 1) {
		ret->cpu_quota_us = SPEC_NO_LIMIT;
		ret->cpu_period_us = period;
	}
}

static int read_spec(int dir, struct arena *a, struct spec *ret, struct err *err)
{
	char *text;
	size_t len;
	int r = container_read_config(dir, a, &text, &len, err);

	return r < 0 ? r : spec_from_oci(ret, text, len, NULL, err);
}

static int keep(int dir, const struct spec *spec, struct err *err)
{
	struct json *doc = spec_to_oci(spec);
	_cleanup_free_ char *text = json_text(doc, false);
	int r = text ? container_set_config(dir, text) : -ENOMEM;

	json_free(doc);
	return r < 0 ? err_set(err, r, "note the limits in the store") : 0;
}

/* --- what runs --- */

static int enable(const char *path, uint32_t needed, struct arena *a, struct err *err)
{
	const char *slash = strrchr(path, '/'),
		   *up = arena_strndup(a, path, (size_t)(slash - path));
	_cleanup_fd_ int parent = cgroup_open(up);

	return parent < 0 ? err_set(err, parent, "cgroup '%s'", up)
			  : cgroup_give(parent, up, needed, a, err);
}

/* What was there before is written back when one fails; of files with a line for each device, that is not
 * possible. */
static int write_all(int cgroup, const struct plan_cgroup *c, struct arena *a,
		     struct err *err)
{
	char **before = arena_alloc(a, (c->n_settings + 1) * sizeof(*before));
	size_t n = 0;
	int r = 0;

	for (; n < c->n_settings; n++) {
		const struct cgroup_setting *s = &c->settings[n];

		if (cgroup_read(cgroup, s->file, a, &before[n]) < 0)
			before[n] = NULL;
		r = cgroup_set(cgroup, s, err);
		if (r < 0)
			break;
	}
	while (r < 0 && n-- > 0)
		if (before[n] && *before[n])
			cgroup_write(cgroup, c->settings[n].file, before[n]);
	return r;
}

static int apply(struct images *m, int cgroup, const char *path,
		 const struct spec_resources *resources, struct err *err)
{
	struct plan_cgroup settings = {.is_update = true};
	int r;

	cgroup_settings(resources, m->arena, &settings);
	r = enable(path, settings.needed, m->arena, err);
	if (r == 0)
		r = write_all(cgroup, &settings, m->arena, err);
	return r < 0 ? r : cgroup_set_scope(path, &settings, &m->host, m->arena, err);
}

/* What is asked for, with the other half of what is one: the kernel has memory and swap apart. */
static void complete(struct spec_resources *asked, const struct spec_resources *whole)
{
	if (asked->memory || asked->memory_swap) {
		asked->memory = whole->memory;
		asked->memory_swap = whole->memory_swap;
		asked->is_swap_implied = whole->is_swap_implied;
	}
	if (asked->cpu_quota_us || asked->cpu_period_us) {
		asked->cpu_quota_us = whole->cpu_quota_us;
		asked->cpu_period_us = whole->cpu_period_us;
	}
}

/* @cgroup: of one that runs, or -1 */
static int update_one(struct images *m, const struct container *c, int dir, int cgroup,
		      const char *path, struct spec_resources *asked, struct err *err)
{
	_cleanup_fd_ int lock = -EBADF;
	struct spec spec;
	int r = 0;

	spec_init(&spec, m->arena);
	if (c->is_throwaway)
		read_kernel(cgroup, m->arena, &spec.resources);
	else
		r = container_lock_config(dir, &lock);
	if (r < 0)
		return err_set(err, r, "container %.12s", c->id);
	if (!c->is_throwaway)
		r = read_spec(dir, m->arena, &spec, err);
	merge(&spec.resources, asked, m->arena);
	if (r == 0)
		r = spec_resources_validate(&spec, err);
	complete(asked, &spec.resources);
	if (r == 0 && cgroup >= 0)
		r = apply(m, cgroup, path, asked, err);
	return r == 0 && !c->is_throwaway ? keep(dir, &spec, err) : r;
}

static int update(struct images *m, void *options, char **words, struct err *err)
{
	struct update_options *o = options;
	struct spec_resources *asked = &o->request.spec.resources;
	_cleanup_fd_ int dir = -EBADF, cgroup = -EBADF;
	struct container c = {0};
	struct container_state s;
	int r = is_asked(asked) ? 0 : err_say(err, -EINVAL, "no limit is given");

	if (r == 0)
		r = container_find_any(&m->store, words[0], m->arena, &c, err);
	if (r < 0)
		return r;
	dir = fd_open(AT_FDCWD, container_path(&m->store, &c, m->arena),
		      O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
	if (dir < 0)
		return err_set(err, dir, "container %.12s", c.id);
	container_read_state(&m->store, &c, m->arena, &s);
	if (s.is_running || c.is_throwaway)
		r = running_cgroup(m, &c, &cgroup, &s, err);
	if (r == 0)
		r = update_one(m, &c, dir, cgroup, s.cgroup, asked, err);
	if (r == 0)
		printf("%s\n", c.id);
	return r;
}

static const struct option update_options[] = {
	{"blkio-weight", 0, "WEIGHT", "share of a disk's time: 10 to 1000",
	 set_blkio_weight},
	{"blkio-weight-device", 0, "DISK:N", "the same for one disk",
	 set_blkio_weight_device},
	{"cgroup-conf", 0, "FILE=VALUE", "write to a file of the container's cgroup",
	 set_cgroup_conf},
	{"cpu-period", 0, "US", "what --cpu-quota counts in: microseconds",
	 set_cpu_period},
	{"cpu-quota", 0, "US", "CPU time in each period; -1: no limit", set_cpu_quota},
	{"cpu-shares", 'c', "N", "weight against others that want CPUs: 2 to 262144",
	 set_cpu_shares},
	{"cpus", 0, "N", "as much time as so many CPUs have; 0: no limit", set_cpus},
	{"cpuset-cpus", 0, "LIST", "CPUs that it may run on: 0-3,5", set_cpuset_cpus},
	{"cpuset-mems", 0, "LIST", "memory nodes that it may use", set_cpuset_mems},
	{"device-read-bps", 0, "DISK:RATE", "bytes a second that are read from a disk",
	 set_device_read_bps},
	{"device-read-iops", 0, "DISK:RATE", "reads of a disk a second",
	 set_device_read_iops},
	{"device-write-bps", 0, "DISK:RATE", "bytes a second that are written to a disk",
	 set_device_write_bps},
	{"device-write-iops", 0, "DISK:RATE", "writes to a disk a second",
	 set_device_write_iops},
	{"memory", 'm', "SIZE", "memory that it may use: 512m, 2g; -1: no limit",
	 set_memory},
	{"memory-reservation", 0, "SIZE", "memory that is not taken from it",
	 set_memory_reservation},
	{"memory-swap", 0, "SIZE", "memory and swap together; -1: no limit",
	 set_memory_swap},
	{"memory-swappiness", 0, "N", "cgroup v2 has none: refused",
	 set_memory_swappiness},
	{"pids-limit", 0, "N", "processes and threads at a time; -1: no limit",
	 set_pids_limit},
	{0},
};

const struct verb verb_update = {
	{"update", "[OPTIONS] CONTAINER",
	 "Change limits of a container: at once where it runs, and for its next runs.",
	 update_options},
	1,
	1,
	update,
};

int cmd_update(int argc, char **argv)
{
	struct arena a;
	struct update_options o = {.request = {.arena = &a, .is_update = true}};
	int code;

	arena_init(&a, NULL, 0);
	spec_init(&o.request.spec, &a);
	code = verb_run(&verb_update, &o, argc, argv);
	arena_free(&a);
	return code;
}
