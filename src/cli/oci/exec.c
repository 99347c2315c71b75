// SPDX-License-Identifier: Apache-2.0
/*
 * exec.c - urun-oci exec
 */
#include "cli/oci/oci.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/json.h"
#include "base/parse.h"
#include "engine/enter.h"
#include "spec/spec.h"
#include "sys/fd.h"

struct asked {
	struct enter enter;
	struct arena *arena;
	const char *process; /* file */
};

#define TEXT_SETTER(name, member)                                         \
	static int name(void *target, const char *value, struct err *err) \
	{                                                                 \
		struct asked *a = target;                                 \
                                                                          \
		if (!value[0])                                            \
			return err_say(err, -EINVAL, "an empty word");    \
		a->member = value;                                        \
		return 0;                                                 \
	}
TEXT_SETTER(set_process, process)
TEXT_SETTER(set_apparmor, enter.apparmor)
TEXT_SETTER(set_label, enter.selinux)
TEXT_SETTER(set_cgroup, enter.cgroup)
TEXT_SETTER(set_pid_file, enter.pid_file)
TEXT_SETTER(set_console_socket, enter.sockets.console)
TEXT_SETTER(set_pidfd_socket, enter.sockets.pidfd)

#define FLAG_SETTER(name, member)                                                   \
	static int name(void *target, const char *value, struct err *err)           \
	{                                                                           \
		return options_bool(value, &((struct asked *)target)->member, err); \
	}
FLAG_SETTER(set_detach, enter.is_detached)
FLAG_SETTER(set_tty, enter.want_terminal)
FLAG_SETTER(set_no_new_privs, enter.want_no_new_privs)
FLAG_SETTER(set_ignore_paused, enter.ignores_pause)

static int set_cwd(void *target, const char *value, struct err *err)
{
	struct asked *a = target;

	if (value[0] != '/')
		return err_say(err, -EINVAL, "'%s' is no absolute path", value);
	a->enter.cwd = value;
	return 0;
}

static int set_env(void *target, const char *value, struct err *err)
{
	struct asked *a = target;

	if (value[0] == '=' || !strchr(value, '='))
		return err_say(err, -EINVAL, "'%s' is not NAME=VALUE", value);
	strv_push(a->arena, &a->enter.env, value);
	return 0;
}

static int set_user(void *target, const char *value, struct err *err)
{
	struct enter *e = &((struct asked *)target)->enter;
	size_t len = strcspn(value, ":");
	char uid[16];

	if (len < sizeof(uid)) {
		memcpy(uid, value, len);
		uid[len] = '\0';
		e->has_ids = true;
		if (parse_id(uid, &e->uid) == 0 &&
		    (!value[len] || parse_id(value + len + 1, &e->gid) == 0))
			return 0;
	}
	return err_say(err, -EINVAL, "'%s' is not UID or UID:GID, in digits", value);
}

static int set_gids(void *target, const char *value, struct err *err)
{
	struct asked *a = target;
	uint32_t gid;

	if (parse_id(value, &gid) < 0)
		return err_say(err, -EINVAL, "'%s' is no group id", value);
	if (a->enter.n_gids == SPEC_MAX_GROUPS)
		return err_say(err, -EINVAL, "more than %d groups", SPEC_MAX_GROUPS);
	*ARR_PUSH(a->arena, &a->enter, gids) = gid;
	return 0;
}

static int set_cap(void *target, const char *value, struct err *err)
{
	struct asked *a = target;
	unsigned int cap;

	if (parse_cap(value, &cap) < 0)
		return err_say(err, -EINVAL, "'%s' is no capability", value);
	a->enter.caps |= 1ULL << cap;
	return 0;
}

static int set_preserve_fds(void *target, const char *value, struct err *err)
{
	struct enter *e = &((struct asked *)target)->enter;

	if (parse_u32(value, &e->preserve_fds) == 0 &&
	    e->preserve_fds <= SPEC_MAX_PRESERVE_FDS)
		return 0;
	return err_say(err, -EINVAL, "'%s' is no number from 0 to %d", value,
		       SPEC_MAX_PRESERVE_FDS);
}

static const struct option exec_options[] = {
	{"additional-gids", 'g', "GID", "one more group", set_gids},
	{"apparmor", 0, "PROFILE", "the process's AppArmor profile", set_apparmor},
	{"cap", 'c', "CAP", "one more capability", set_cap},
	{"cgroup", 0, "PATH", "a cgroup below the container's", set_cgroup},
	{"console-socket", 0, "SOCKET", "who gets the terminal's master",
	 set_console_socket},
	{"cwd", 0, "DIR", "working folder", set_cwd},
	{"detach", 'd', NULL, "do not wait for the end of the process", set_detach},
	{"env", 'e', "NAME=VALUE", "one more variable", set_env},
	{"ignore-paused", 0, NULL, "wait for a container that is paused to go on",
	 set_ignore_paused},
	{"no-new-privs", 0, NULL, "no program gives the process more rights",
	 set_no_new_privs},
	{"pid-file", 0, "FILE", "write the number of the process there", set_pid_file},
	{"pidfd-socket", 0, "SOCKET", "who gets a pidfd of the process",
	 set_pidfd_socket},
	{"preserve-fds", 0, "N", "so many descriptors from 3 on are passed on",
	 set_preserve_fds},
	{"process", 'p', "FILE", "what to execute, as config.json has it", set_process},
	{"process-label", 0, "LABEL", "the process's SELinux label", set_label},
	{"tty", 't', NULL, "a terminal of its own", set_tty},
	{"user", 'u', "UID[:GID]", "whom to run as", set_user},
	{0},
};

/* What --process says, or the words. */
static int read_what(struct asked *a, int argc, char **argv, int next, struct err *err)
{
	struct enter *e = &a->enter;
	char *text;
	int r;

	if (next < argc)
		e->id = argv[next++];
	else
		return err_say(err, -EINVAL, "'urun-oci exec': which container?");
	for (; next < argc; next++)
		strv_push(a->arena, &e->args, argv[next]);
	if (!a->process && e->args.n == 0)
		return err_say(err, -EINVAL, "'urun-oci exec': no command");
	if (!a->process)
		return 0;
	if (e->args.n > 0)
		return err_say(err, -EINVAL,
			       "--process says what to execute: no command goes with it");
	if (e->cwd || e->env.n || e->has_ids || e->n_gids || e->caps ||
	    e->want_no_new_privs)
		return err_say(
			err, -EINVAL,
			"--process says all of it: --cwd, --env, --user, "
			"--additional-gids, --cap and --no-new-privs do not go with "
			"it");
	r = strcmp(a->process, "-") == 0
		    ? fd_read_all(STDIN_FILENO, a->arena, JSON_MAX_BYTES, &text,
				  &e->process_len)
		    : fd_read_file(a->process, a->arena, JSON_MAX_BYTES, &text,
				   &e->process_len);
	if (r < 0)
		return err_set(err, r, "--process '%s'", a->process);
	e->process_json = text;
	return 0;
}

static int cmd_exec(struct oci_run *run, int argc, char **argv)
{
	struct asked a = {.enter = {.note = oci_note}, .arena = run->arena};
	struct err err = {0};
	bool want_help = false;
	int next = 0, code = 0, r;

	r = options_read(&oci_exec.table, argc, argv, &a, &next, &want_help, &err);
	if (r == 0 && want_help) {
		options_print_help(&oci_exec.table);
		return oci_flush();
	}
	if (r == 0)
		r = read_what(&a, argc, argv, next, &err);
	if (r == 0)
		r = oci_check_preserved(run, a.enter.preserve_fds, &err);
	if (r == 0)
		r = oci_open_root(run, false, &err);
	a.enter.root = run->root;
	if (r == 0)
		r = enter_run(&a.enter, run->arena, &code, &err);
	return r < 0 ? oci_fail(&err) : code;
}

const struct oci_command oci_exec = {
	{"exec", "[OPTIONS] ID COMMAND [ARG...]",
	 "run a command in a container that runs", exec_options, "urun-oci"},
	cmd_exec,
	true,
};
