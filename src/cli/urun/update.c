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
	return spec_has_limits(r) || r->memory || r->memory_reservation ||
	       r->memory_swap || r->cpu_quota_us || r->cpu_period_us || r->pids;
}

/* --- what is kept --- */

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
		else
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
	else if (from->memory > 0 && to->is_swap_implied)
		/* As `run` would have made it of this memory. */
		to->memory_swap =
			from->memory > INT64_MAX / 2 ? SPEC_NO_LIMIT : 2 * from->memory;
	to->cpus = from->cpus ? from->cpus : to->cpus;
	to->mems = from->mems ? from->mems : to->mems;
	merge_ios(to, from, a);
	/* Written in order: the last one counts. */
	for (size_t i = 0; i < from->unified.n; i++)
		strv_push(a, &to->unified, from->unified.v[i]);
}

static int read_spec(int dir, struct arena *a, struct spec *ret, struct err *err)
{
	char *text;
	size_t len;
	int r = container_read_config(dir, a, &text, &len, err);

	spec_init(ret, a);
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

/* What is asked for may need what it is not told: the rest of a pair that is one file. */
static int complete(int cgroup, struct spec_resources *r, struct arena *a,
		    struct err *err)
{
	char *text;
	int64_t memory = INT64_MAX;

	if (r->memory_swap > 0 && r->memory <= 0) {
		if (!r->memory)
			cgroup_read_number(cgroup, "memory.max", &memory);
		if (memory == INT64_MAX)
			return err_say(err, -EINVAL,
				       "--memory-swap: it is memory and swap together, "
				       "and goes with --memory");
		if (r->memory_swap < memory)
			return err_say(err, -EINVAL,
				       "--memory-swap: it is memory and swap together, "
				       "and less than the container's memory, %lld",
				       (long long)memory);
		r->memory = memory;
	}
	if (r->cpu_period_us && !r->cpu_quota_us &&
	    cgroup_read(cgroup, "cpu.max", a, &text) == 0) {
		long long quota;

		r->cpu_quota_us =
			sscanf(text, "%lld", &quota) == 1 ? quota : SPEC_NO_LIMIT;
	}
	return 0;
}

static int enable(const char *path, uint32_t needed, struct arena *a, struct err *err)
{
	const char *slash = strrchr(path, '/'),
		   *up = arena_strndup(a, path, (size_t)(slash - path));
	_cleanup_fd_ int parent = cgroup_open(up);
	uint32_t missing;

	if (parent < 0)
		return err_set(err, parent, "cgroup '%s'", up);
	cgroup_enable(parent, needed & cgroup_controllers(parent, "cgroup.controllers"));
	missing = needed & ~cgroup_controllers(parent, "cgroup.subtree_control");
	if (!missing)
		return 0;
	err_say(err, -ENOTSUP, "its cgroup has no controller %s",
		cgroup_controller_names(missing, a));
	return err_hint(err, -ENOTSUP,
			"'urun run' with that limit says what is missing on this host");
}

static int apply(struct images *m, const struct container *c,
		 struct spec_resources *resources, struct err *err)
{
	struct plan_cgroup settings = {.is_update = true};
	_cleanup_fd_ int cgroup = -EBADF;
	struct container_state s;
	int r = running_cgroup(m, c, &cgroup, &s, err);

	if (r == 0)
		r = complete(cgroup, resources, m->arena, err);
	if (r < 0)
		return r;
	cgroup_settings(resources, m->arena, &settings);
	r = enable(s.cgroup, settings.needed, m->arena, err);
	for (size_t i = 0; r == 0 && i < settings.n_settings; i++)
		r = cgroup_set(cgroup, &settings.settings[i], err);
	return r < 0 ? r : cgroup_set_scope(s.cgroup, &settings, &m->host, m->arena, err);
}

static int update(struct images *m, void *options, char **words, struct err *err)
{
	struct update_options *o = options;
	struct spec_resources *asked = &o->request.spec.resources;
	_cleanup_fd_ int dir = -EBADF;
	struct container c = {0};
	struct container_state s;
	struct spec spec;
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
	if (!c.is_throwaway) {
		r = read_spec(dir, m->arena, &spec, err);
		merge(&spec.resources, asked, m->arena);
		if (r == 0)
			r = spec_resources_validate(&spec, err);
	}
	if (r == 0 && (s.is_running || c.is_throwaway))
		r = apply(m, &c, asked, err);
	if (r == 0 && !c.is_throwaway)
		r = keep(dir, &spec, err);
	if (r == 0)
		printf("%s\n", c.id);
	return r;
}

static const struct option update_options[] = {
	{"blkio-weight", 0, "WEIGHT", "share of a disk's time: 10 to 1000",
	 set_blkio_weight},
	{"blkio-weight-device", 0, "DISK:WEIGHT", "the same for one disk",
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
	struct update_options o = {.request = {.arena = &a}};
	int code;

	arena_init(&a, NULL, 0);
	spec_init(&o.request.spec, &a);
	code = verb_run(&verb_update, &o, argc, argv);
	arena_free(&a);
	return code;
}
