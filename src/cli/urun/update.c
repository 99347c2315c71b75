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
#include "engine/limits.h"
#include "spec/oci.h"
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

/* @cgroup: of one that runs, or -1 */
static int update_one(struct images *m, const struct container *c, int dir, int cgroup,
		      const char *path, struct spec_resources *asked, struct err *err)
{
	_cleanup_fd_ int lock = -EBADF;
	struct spec spec;
	int r = 0;

	spec_init(&spec, m->arena);
	if (c->is_throwaway)
		limits_read(cgroup, m->arena, &spec.resources);
	else
		r = container_lock_config(dir, &lock);
	if (r < 0)
		return err_set(err, r, "container %.12s", c->id);
	if (!c->is_throwaway)
		r = read_spec(dir, m->arena, &spec, err);
	limits_merge(&spec.resources, asked, m->arena);
	if (r == 0)
		r = spec_resources_validate(&spec, err);
	limits_complete(asked, &spec.resources);
	if (r == 0 && cgroup >= 0)
		r = limits_apply(cgroup, path, asked, &m->host, m->arena, err);
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
	LIMIT_OPTIONS,
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
