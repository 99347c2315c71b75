// SPDX-License-Identifier: Apache-2.0
/*
 * containers.c - rm, start: containers of images that were kept
 */
#include <stdio.h>
#include <string.h>

#include "cli/urun/cmd.h"
#include "cli/urun/images.h"
#include "cli/urun/verb.h"
#include "cli/urun/volumes.h"
#include "engine/run.h"
#include "plan/idmap.h"
#include "spec/oci.h"
#include "sys/fd.h"

struct container_options {
	bool is_all, want_volumes;
};

static int set_all(void *t, const char *v, struct err *err)
{
	return options_bool(v, &((struct container_options *)t)->is_all, err);
}

static int set_volumes(void *t, const char *v, struct err *err)
{
	return options_bool(v, &((struct container_options *)t)->want_volumes, err);
}

/* --- rm --- */

/* Those without a name are nobody else's. */
static int remove_volumes(struct images *m, const struct container *c, struct err *err)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < c->volumes.n; i++) {
		struct volume v;

		if (volume_read(&m->store, c->volumes.v[i], m->arena, &v, NULL) < 0 ||
		    !v.is_anonymous)
			continue;
		r = volumes_remove(m, v.name, err);
		if (r == -EBUSY || r == -ENOENT)
			r = 0;
	}
	return r;
}

static int remove_one(struct images *m, const char *word,
		      const struct container_options *o, struct err *err)
{
	_cleanup_fd_ int lock = -EBADF;
	struct container c = {0};
	const char *name;
	int r = container_find(&m->store, word, m->arena, &c, err);

	if (r == 0)
		r = container_hold(&m->store, &c, m->arena, &lock, err);
	if (r == -EBUSY)
		err_hint(err, r, "It ends with its urun run");
	if (r == 0)
		r = container_discard(&m->store,
				      arena_printf(m->arena, "containers/%s", c.id),
				      m->arena, &name, err);
	if (r < 0)
		return r;
	r = images_remove_held(m, name);
	if (r < 0)
		return err_set(err, r, "remove the files of container %.12s", c.id);
	printf("%s\n", word);
	return o->want_volumes ? remove_volumes(m, &c, err) : 0;
}

static int remove_all(struct images *m, const struct container_options *o,
		      struct err *err)
{
	struct container *v;
	size_t n;
	int r = container_list(&m->store, m->arena, &v, &n, err);

	for (size_t i = 0; r == 0 && i < n; i++)
		if (!v[i].is_throwaway && !container_is_held(&m->store, &v[i], m->arena))
			r = remove_one(m, v[i].id, o, err);
	return r;
}

static const struct option rm_options[] = {
	{"all", 'a', NULL, "all that do not run", set_all},
	{"volumes", 'v', NULL, "their volumes without a name, too", set_volumes},
	{0},
};

static int rm(struct images *m, void *options, char **words, struct err *err)
{
	const struct container_options *o = options;
	int r = 0;

	if (!*words && !o->is_all)
		return err_say(err, -EINVAL,
			       "no container: give a name or an id, or --all");
	if (o->is_all)
		r = remove_all(m, o, err);
	for (; r == 0 && *words; words++)
		r = remove_one(m, *words, o, err);
	return r;
}

const struct verb verb_rm = {
	{"rm", "[OPTIONS] CONTAINER...", "Remove containers that were kept.", rm_options},
	0,
	-1,
	rm,
};

int cmd_rm(int argc, char **argv)
{
	struct container_options o = {0};

	return verb_run(&verb_rm, &o, argc, argv);
}

/* --- start --- */

static int run_again(struct images *m, int dir, int *ret_code, struct err *err)
{
	struct spec spec;
	struct plan plan;
	char *text;
	size_t len;
	int r = container_read_config(dir, m->arena, &text, &len, err);

	spec_init(&spec, m->arena);
	if (r == 0)
		r = spec_from_oci(&spec, text, len, NULL, err);
	if (r == 0)
		r = spec_validate(&spec, err);
	if (r == 0)
		r = plan_build(&plan, &spec, &m->host, m->arena, err);
	if (r == 0 && plan.want_shift)
		r = images_open_userns(m, err);
	if (r < 0)
		return r;
	r = engine_run(&plan, m->arena, m->userns.fd, cmd_note, ret_code, err);
	if (r == 0)
		container_set_exit_code(dir, *ret_code);
	return r;
}

struct start_options {
	int code;
};

static int start(struct images *m, void *options, char **words, struct err *err)
{
	struct start_options *o = options;
	_cleanup_fd_ int lock = -EBADF;
	struct container c = {0};
	int r = container_find(&m->store, words[0], m->arena, &c, err);

	if (r == 0)
		r = container_hold(&m->store, &c, m->arena, &lock, err);
	return r < 0 ? r : run_again(m, lock, &o->code, err);
}

static const struct option start_table[] = {{0}};

const struct verb verb_start = {
	{"start", "CONTAINER",
	 "Run a container that was kept once more, in the foreground.", start_table},
	1,
	1,
	start,
};

int cmd_start(int argc, char **argv)
{
	struct start_options o = {0};
	int code = verb_run(&verb_start, &o, argc, argv);

	return code ? code : o.code;
}
