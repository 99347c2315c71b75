// SPDX-License-Identifier: Apache-2.0
/*
 * pause.c - pause, unpause: all processes of a container stop, and go on
 *
 * By the freezer of its cgroup: nobody inside can tell, or do anything about it.
 */
#include <stdio.h>

#include "cli/urun/cmd.h"
#include "cli/urun/running.h"
#include "cli/urun/verb.h"

struct pause_options {
	bool is_all;
	struct verb_outcome outcome;
	int code;
};

static int set_all(void *target, const char *value, struct err *err)
{
	return options_bool(value, &((struct pause_options *)target)->is_all, err);
}

static void freeze_one(struct images *m, const struct container *c, const char *shown,
		       bool is_frozen, struct pause_options *o)
{
	struct err err = {0};
	int r = running_freeze(m, c, is_frozen, &err);

	if (r == 0)
		printf("%s\n", shown);
	verb_note(&o->outcome, r, &err);
}

static void freeze_word(struct images *m, const char *word, bool is_frozen,
			struct pause_options *o)
{
	struct err err = {0};
	struct container c = {0};
	int r = container_find_any(&m->store, word, m->arena, &c, &err);

	if (r < 0)
		/* As podman has it: no code of its own for one that is missing. */
		verb_note(&o->outcome, r == -ENOENT ? -EIO : r, &err);
	else
		freeze_one(m, &c, word, is_frozen, o);
}

/* Those that run and are not yet as they are to be. */
static int freeze_all(struct images *m, bool is_frozen, struct pause_options *o,
		      struct err *err)
{
	struct container *v;
	size_t n;
	int r = container_list(&m->store, m->arena, &v, &n, err);

	for (size_t i = 0; r == 0 && i < n; i++) {
		struct container_state s;

		container_read_state(&m->store, &v[i], m->arena, &s);
		if (s.is_running && s.is_paused != is_frozen)
			freeze_one(m, &v[i], v[i].id, is_frozen, o);
	}
	return r;
}

static int run(const struct verb *verb, struct images *m, struct pause_options *o,
	       char **words, bool is_frozen, struct err *err)
{
	int r = verb_check_all(verb, o->is_all, *words, err);

	if (r == 0 && !*words && !o->is_all)
		r = err_say(err, -EINVAL, "no container: give a name or an id, or --all");
	if (r == 0 && o->is_all)
		r = freeze_all(m, is_frozen, o, err);
	for (; r == 0 && *words; words++)
		freeze_word(m, *words, is_frozen, o);
	o->code = verb_exit_code(&o->outcome);
	return r;
}

static int pause_them(struct images *m, void *options, char **words, struct err *err)
{
	return run(&verb_pause, m, options, words, true, err);
}

static int unpause(struct images *m, void *options, char **words, struct err *err)
{
	return run(&verb_unpause, m, options, words, false, err);
}

static const struct option pause_options[] = {
	{"all", 'a', NULL, "all that run", set_all},
	{0},
};

static const struct option unpause_options[] = {
	{"all", 'a', NULL, "all that are paused", set_all},
	{0},
};

const struct verb verb_pause = {
	{"pause", "[OPTIONS] CONTAINER...",
	 "Stop all processes of containers that have a cgroup of their own.",
	 pause_options},
	0,
	-1,
	pause_them,
};

const struct verb verb_unpause = {
	{"unpause", "[OPTIONS] CONTAINER...", "Let paused containers go on.",
	 unpause_options},
	0,
	-1,
	unpause,
};

int cmd_pause(int argc, char **argv)
{
	struct pause_options o = {0};
	int code = verb_run(&verb_pause, &o, argc, argv);

	return code ? code : o.code;
}

int cmd_unpause(int argc, char **argv)
{
	struct pause_options o = {0};
	int code = verb_run(&verb_unpause, &o, argc, argv);

	return code ? code : o.code;
}
