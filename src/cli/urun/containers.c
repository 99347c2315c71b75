// SPDX-License-Identifier: Apache-2.0
/*
 * containers.c - rm, container exists, start
 */
#include "cli/urun/containers.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "base/parse.h"
#include "cli/urun/cmd.h"
#include "cli/urun/verb.h"
#include "cli/urun/volumes.h"
#include "engine/end.h"
#include "engine/joined.h"
#include "engine/resolver.h"
#include "engine/run.h"
#include "plan/idmap.h"
#include "spec/oci.h"
#include "sys/fd.h"

#define MAX_CIDFILE 4096

struct container_options {
	struct container_removal how;
	bool is_all, is_ignored, has_time;
	struct arena arena;
	struct strv cidfiles;
	struct verb_outcome outcome;
	int code; /* of `container exists` */
};

static struct container_options *of(void *target)
{
	return target;
}

#define SET_BOOL(name, field)                                             \
	static int name(void *target, const char *value, struct err *err) \
	{                                                                 \
		return options_bool(value, &of(target)->field, err);      \
	}

SET_BOOL(set_all, is_all)
SET_BOOL(set_force, how.is_forced)
SET_BOOL(set_ignore, is_ignored)
SET_BOOL(set_volumes, how.want_volumes)

static int set_cidfile(void *target, const char *value, struct err *err)
{
	(void)err;
	strv_push(&of(target)->arena, &of(target)->cidfiles, value);
	return 0;
}

static int set_time(void *target, const char *value, struct err *err)
{
	int seconds;

	if (parse_int(value, &seconds) < 0 || seconds < -1 || seconds > INT_MAX / 1000)
		return err_say(err, -EINVAL, "'%s': seconds, or -1 for no limit", value);
	of(target)->has_time = true;
	of(target)->how.grace_ms = seconds < 0 ? -1 : seconds * 1000;
	return 0;
}

static int run_verb(const struct verb *v, struct container_options *o, int argc,
		    char **argv)
{
	int code = verb_run(v, o, argc, argv);

	arena_free(&o->arena);
	return code ? code : o->code;
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

int containers_discard(struct images *m, const struct container *c, struct err *err)
{
	const char *name;
	int r = container_discard(&m->store, container_folder(c, m->arena), m->arena,
				  &name, err);

	if (r < 0)
		return r;
	r = images_remove_held(m, name);
	return r < 0 ? err_set(err, r, "remove the files of container %.12s", c->id) : 0;
}

/* -ENOENT when it has ended and gone. */
static int end(struct images *m, const struct container *c, int grace_ms, struct err *err)
{
	_cleanup_fd_ int folder = fd_open(m->store.dir, container_folder(c, m->arena),
					  O_RDONLY | O_DIRECTORY | O_NOFOLLOW);

	if (folder < 0)
		return err_set(err, folder, "container %.12s", c->id);
	return end_container(folder, c->id, grace_ms, m->arena, err);
}

int containers_remove(struct images *m, const struct container *c,
		      const struct container_removal *how, struct err *err)
{
	_cleanup_fd_ int lock = -EBADF;
	int r = how->is_forced ? end(m, c, how->grace_ms, err) : 0;

	if (r == 0)
		r = container_hold(&m->store, c, m->arena, &lock, err);
	if (r == -EBUSY)
		err_hint(err, r, "It ends with its urun run; urun rm --force ends it");
	if (r == 0)
		r = containers_discard(m, c, err);
	/* One with --rm is removed by its launcher. */
	if (r == -ENOENT && how->is_forced)
		r = 0;
	return r == 0 && how->want_volumes ? remove_volumes(m, c, err) : r;
}

static void remove_one(struct images *m, const struct container *c, const char *shown,
		       struct container_options *o)
{
	struct err err = {0};
	int r = containers_remove(m, c, &o->how, &err);

	if (r == 0)
		printf("%s\n", shown);
	verb_note(&o->outcome, r, &err);
}

static void remove_word(struct images *m, const char *word, struct container_options *o)
{
	struct err err = {0};
	struct container c = {0};
	int r = container_find_any(&m->store, word, m->arena, &c, &err);

	if (r == 0)
		remove_one(m, &c, word, o);
	/* As podman has it: who forces wants it to be away. */
	else if (r != -ENOENT || (!o->is_ignored && !o->how.is_forced))
		verb_note(&o->outcome, r, &err);
}

static int read_cidfile(const char *path, struct arena *a, const char **ret,
			struct err *err)
{
	char *text;
	int r = fd_read_file(path, a, MAX_CIDFILE, &text, NULL);

	if (r < 0)
		return err_set(err, r, "--cidfile '%s'", path);
	text[strcspn(text, "\n")] = '\0';
	if (!*text)
		return err_say(err, -EINVAL, "--cidfile '%s': there is no id in it",
			       path);
	*ret = text;
	return 0;
}

static void remove_noted(struct images *m, const char *path, struct container_options *o)
{
	struct err err = {0};
	const char *id = NULL;
	int r = read_cidfile(path, m->arena, &id, &err);

	if (r == 0)
		remove_word(m, id, o);
	else if (r != -ENOENT || !o->is_ignored)
		/* No file says nothing of a container. */
		verb_note(&o->outcome, -EIO, &err);
}

static int remove_all(struct images *m, struct container_options *o, struct err *err)
{
	struct container *v;
	size_t n;
	int r = container_list(&m->store, m->arena, &v, &n, err);

	for (size_t i = 0; r == 0 && i < n; i++)
		/* What a killed urun run has left is none any more. */
		if (!v[i].is_throwaway || container_is_held(&m->store, &v[i], m->arena))
			remove_one(m, &v[i], v[i].id, o);
	return r;
}

static const struct option rm_options[] = {
	{"all", 'a', NULL, "all of them", set_all},
	{"cidfile", 0, "FILE", "the container whose id is in this file", set_cidfile},
	{"force", 'f', NULL, "end one that runs; one that is not there is no failure",
	 set_force},
	{"ignore", 'i', NULL,
	 "a container that is not there is no failure, nor is a missing FILE of "
	 "--cidfile",
	 set_ignore},
	{"time", 't', "SECONDS",
	 "with --force: from SIGTERM, if its first process listens to that, to SIGKILL; "
	 "10 by "
	 "default, -1 without a limit",
	 set_time},
	{"volumes", 'v', NULL, "their volumes without a name, too", set_volumes},
	{0},
};

static int rm(struct images *m, void *options, char **words, struct err *err)
{
	struct container_options *o = options;
	const char *first = o->cidfiles.n > 0 ? "--cidfile" : *words;
	int r = verb_check_all(&verb_rm, o->is_all, first, err);

	if (r == 0 && !first && !o->is_all)
		r = err_say(err, -EINVAL, "no container: give a name or an id, or --all");
	if (r == 0 && o->has_time && !o->how.is_forced)
		r = err_say(err, -EINVAL, "--time goes with --force only");
	if (r < 0)
		return r;
	if (!o->has_time)
		o->how.grace_ms = REMOVAL_GRACE_MS;
	if (o->is_all)
		r = remove_all(m, o, err);
	for (size_t i = 0; i < o->cidfiles.n; i++)
		remove_noted(m, o->cidfiles.v[i], o);
	for (; *words; words++)
		remove_word(m, *words, o);
	o->code = verb_exit_code(&o->outcome);
	return r;
}

const struct verb verb_rm = {
	{"rm", "[OPTIONS] CONTAINER...",
	 "Remove containers. One that cannot be removed does not keep the others.",
	 rm_options},
	0,
	-1,
	rm,
};

int cmd_rm(int argc, char **argv)
{
	struct container_options o = {0};

	return run_verb(&verb_rm, &o, argc, argv);
}

/* --- container exists --- */

static const struct option no_options[] = {{0}};

static int container_exists(struct images *m, void *options, char **words,
			    struct err *err)
{
	struct container c;
	int r = container_find_any(&m->store, words[0], m->arena, &c, err);

	of(options)->code = r == -ENOENT ? VERB_EXIT_MISSING : 0;
	return r == -ENOENT ? 0 : r;
}

const struct verb verb_container_exists = {
	{"container exists", "CONTAINER",
	 "End with 0 when there is such a container, with 1 when not.", no_options},
	1,
	1,
	container_exists,
};

int cmd_container_exists(int argc, char **argv)
{
	struct container_options o = {0};

	return run_verb(&verb_container_exists, &o, argc, argv);
}

/* --- start --- */

struct start_options {
	bool want_stdin;
	int code;
};

/* The host's may be another one than when the container was made. */
static void renew_resolver(struct spec *spec)
{
	struct fsop *op = spec_resolver_op(spec);
	char *host;

	if (!op || fd_read_file(SPEC_RESOLV_CONF, spec->arena, SPEC_MAX_RESOLV_CONF,
				&host, NULL) < 0)
		return;
	op->content = resolver_text(spec, host, spec->arena);
	op->content_len = strlen(op->content);
}

static int run_again(struct images *m, const struct container *c, int dir,
		     struct start_options *o, struct err *err)
{
	_cleanup_joined_ struct joined joined = JOINED_NONE;
	struct engine_job job;
	struct spec spec;
	struct plan plan;
	char *text;
	size_t len;
	int r = container_read_config(dir, m->arena, &text, &len, err);

	spec_init(&spec, m->arena);
	if (r == 0)
		r = spec_from_oci(&spec, text, len, NULL, err);
	spec.id = c->id;
	/* Those of who made it are gone, and these numbers are urun's own. */
	if (r == 0 && spec.process.preserve_fds > 0)
		r = err_say(
			err, -ENOTSUP,
			"it was made with --preserve-fds: urun start has none to pass "
			"on");
	spec.process.want_stdin |= o->want_stdin;
	if (r == 0)
		r = spec_validate(&spec, err);
	if (r == 0)
		r = joined_open(&m->store, &m->host, &spec, &joined, err);
	joined_apply(&joined, &spec);
	if (r == 0)
		r = spec_validate(&spec, err);
	if (r == 0)
		renew_resolver(&spec);
	if (r == 0 && spec_wants_cgroup(&spec))
		host_read_cgroup(&m->host, m->arena);
	if (r == 0)
		r = plan_build(&plan, &spec, &m->host, m->arena, err);
	if (r == 0 && spec.joined && c->is_squashed != (plan.map.rung == MAP_SINGLE))
		r = err_say(err, -EINVAL,
			    "container:%s: it has %s, and this container was made for %s",
			    spec.joined, c->is_squashed ? "many ids" : "one id",
			    c->is_squashed ? "one" : "many");
	if (r == 0 && plan.want_shift)
		r = images_open_userns(m, err);
	if (r == 0)
		r = joined_finish(&joined, &plan, m->arena, err);
	if (r < 0)
		return r;
	for (size_t i = 0; spec.cgroup.is_best_effort && i < plan.notes.n; i++)
		cmd_note(plan.notes.v[i]);
	job = ENGINE_JOB(&plan, m->arena, cmd_note);
	job.userns = m->userns.fd;
	job.folder = dir;
	/* The last run's tells nothing of this one. */
	container_set_process(dir, NULL);
	r = engine_run(&job, &o->code, err);
	if (r == 0)
		container_set_ended(dir, o->code, m->arena);
	return r;
}

static int start(struct images *m, void *options, char **words, struct err *err)
{
	struct start_options *o = options;
	_cleanup_fd_ int lock = -EBADF;
	struct container c = {0};
	int r = container_find(&m->store, words[0], m->arena, &c, err);

	if (r == 0)
		r = container_hold(&m->store, &c, m->arena, &lock, err);
	return r < 0 ? r : run_again(m, &c, lock, o, err);
}

/* It is what happens; "false" would be another thing. */
static int set_attach(void *target, const char *value, struct err *err)
{
	bool is_on = false;
	int r = options_bool(value, &is_on, err);

	(void)target;
	if (r < 0 || is_on)
		return r;
	return err_say(
		err, -ENOTSUP,
		"false: a container runs in the foreground, for as long as urun start "
		"does");
}

static int set_interactive(void *target, const char *value, struct err *err)
{
	struct start_options *o = target;

	return options_bool(value, &o->want_stdin, err);
}

static const struct option start_options[] = {
	{"attach", 'a', NULL,
	 "connect its output, and hand on signals: this is always so", set_attach},
	{"interactive", 'i', NULL,
	 "connect standard input, also if the container was made without -i",
	 set_interactive},
	{0},
};

const struct verb verb_start = {
	{"start", "[OPTIONS] CONTAINER",
	 "Run a container that was kept once more, in the foreground.", start_options},
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
