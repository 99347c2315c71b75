// SPDX-License-Identifier: Apache-2.0
/*
 * lifecycle.c - urun-oci start, kill, delete, pause, resume
 */
#include "engine/lifecycle.h"

#include <regex.h>
#include <signal.h>
#include <string.h>

#include "base/parse.h"
#include "cli/oci/oci.h"
#include "engine/state.h"

struct asked {
	bool want_all, is_forced, is_regex;
};

static int set_all(void *target, const char *value, struct err *err)
{
	return options_bool(value, &((struct asked *)target)->want_all, err);
}

static int set_force(void *target, const char *value, struct err *err)
{
	return options_bool(value, &((struct asked *)target)->is_forced, err);
}

static int set_regex(void *target, const char *value, struct err *err)
{
	return options_bool(value, &((struct asked *)target)->is_regex, err);
}

static const struct option no_options[] = {{0}};
static const struct option kill_options[] = {
	{"all", 'a', NULL, "all processes, not only the first", set_all},
	{"regex", 'r', NULL, "all containers whose id the expression matches", set_regex},
	{0},
};
static const struct option delete_options[] = {
	{"force", 'f', NULL, "end it first; none is no failure", set_force},
	{"regex", 'r', NULL, "all containers whose id the expression matches", set_regex},
	{0},
};

static struct lifecycle lifecycle_of(const struct oci_run *run, const char *id)
{
	return (struct lifecycle){
		.root = run->root, .id = id, .arena = run->arena, .note = oci_note};
}

/* What is done to one container. */
typedef int (*act_fn)(const struct lifecycle *l, const void *how, struct err *err);

/* The ids that an expression matches, extended as in grep -E. */
static int match(const struct oci_run *run, const char *expression, struct strv *ret,
		 struct err *err)
{
	struct strv all = {0};
	regex_t compiled;
	char why[128];
	int r = regcomp(&compiled, expression, REG_EXTENDED | REG_NOSUB);

	if (r != 0) {
		regerror(r, &compiled, why, sizeof(why));
		return err_say(err, -EINVAL, "--regex '%s': %s", expression, why);
	}
	r = state_list(run->root, run->arena, &all, err);
	for (size_t i = 0; r == 0 && i < all.n; i++)
		if (regexec(&compiled, all.v[i], 0, NULL, 0) == 0)
			strv_push(run->arena, ret, all.v[i]);
	regfree(&compiled);
	return r;
}

static int act_on(struct oci_run *run, const char *word, bool is_regex, act_fn act,
		  const void *how)
{
	struct strv ids = {0};
	struct err err = {0};
	int code = 0, r = oci_open_root(run, false, &err);

	if (r == 0 && is_regex)
		r = match(run, word, &ids, &err);
	else if (r == 0)
		strv_push(run->arena, &ids, word);
	if (r < 0)
		return oci_fail(&err);
	/* One that fails is no reason to leave the others. */
	for (size_t i = 0; i < ids.n; i++) {
		struct lifecycle l = lifecycle_of(run, ids.v[i]);

		err = (struct err){0};
		if (act(&l, how, &err) < 0)
			code = oci_fail(&err);
	}
	return code;
}

/* --- start, pause, resume --- */

static int start_one(const struct lifecycle *l, const void *how, struct err *err)
{
	(void)how;
	return lifecycle_start(l, err);
}

static int freeze_one(const struct lifecycle *l, const void *how, struct err *err)
{
	return lifecycle_freeze(l, *(const bool *)how, err);
}

static int cmd_start(struct oci_run *run, int argc, char **argv)
{
	const char *id;
	int code;

	if (!oci_read_id(&oci_start, argc, argv, NULL, &id, &code))
		return code;
	return act_on(run, id, false, start_one, NULL);
}

static int cmd_pause(struct oci_run *run, int argc, char **argv)
{
	static const bool is_frozen = true;
	const char *id;
	int code;

	if (!oci_read_id(&oci_pause, argc, argv, NULL, &id, &code))
		return code;
	return act_on(run, id, false, freeze_one, &is_frozen);
}

static int cmd_resume(struct oci_run *run, int argc, char **argv)
{
	static const bool is_frozen = false;
	const char *id;
	int code;

	if (!oci_read_id(&oci_resume, argc, argv, NULL, &id, &code))
		return code;
	return act_on(run, id, false, freeze_one, &is_frozen);
}

/* --- kill, delete --- */

struct kill_how {
	int signo;
	bool want_all;
};

static int kill_one(const struct lifecycle *l, const void *how, struct err *err)
{
	const struct kill_how *h = how;

	return lifecycle_kill(l, h->signo, h->want_all, err);
}

static int cmd_kill(struct oci_run *run, int argc, char **argv)
{
	struct asked asked = {0};
	struct kill_how how = {.signo = SIGTERM};
	struct err err = {0};
	bool want_help = false;
	int n_words = 0, r;

	r = options_read_mixed(&oci_kill.table, argc, argv, &asked, &n_words, &want_help,
			       &err);
	if (r == 0 && want_help) {
		options_print_help(&oci_kill.table);
		return oci_flush();
	}
	if (r == 0 && (n_words < 1 || n_words > 2)) {
		r = err_say(&err, -EINVAL, "'urun-oci kill': a container, and a signal");
		err_hint(&err, r, "See 'urun-oci kill --help'");
	}
	if (r == 0 && n_words == 2) {
		/* 0 signals nobody, and fails when there is nobody: kill(2). */
		if (strcmp(argv[2], "0") == 0)
			how.signo = 0;
		else if (parse_signal(argv[2], &how.signo) < 0)
			r = err_say(&err, -EINVAL, "'%s' is no signal", argv[2]);
	}
	if (r < 0)
		return oci_fail(&err);
	how.want_all = asked.want_all;
	return act_on(run, argv[1], asked.is_regex, kill_one, &how);
}

static int delete_one(const struct lifecycle *l, const void *how, struct err *err)
{
	return lifecycle_delete(l, ((const struct asked *)how)->is_forced, err);
}

static int cmd_delete(struct oci_run *run, int argc, char **argv)
{
	struct asked asked = {0};
	const char *id;
	int code;

	if (!oci_read_id(&oci_delete, argc, argv, &asked, &id, &code))
		return code;
	return act_on(run, id, asked.is_regex, delete_one, &asked);
}

const struct oci_command oci_start = {
	{"start", "ID", "have a created container run its command", no_options,
	 "urun-oci"},
	cmd_start,
	false,
};
const struct oci_command oci_pause = {
	{"pause", "ID", "stop all processes of a container for a while", no_options,
	 "urun-oci"},
	cmd_pause,
	false,
};
const struct oci_command oci_resume = {
	{"resume", "ID", "let them go on", no_options, "urun-oci"},
	cmd_resume,
	false,
};
const struct oci_command oci_kill = {
	{"kill", "[OPTIONS] ID [SIGNAL]", "signal a container", kill_options, "urun-oci"},
	cmd_kill,
	false,
};
const struct oci_command oci_delete = {
	{"delete", "[OPTIONS] ID", "remove what is left of a container", delete_options,
	 "urun-oci"},
	cmd_delete,
	false,
};
