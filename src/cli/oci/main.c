// SPDX-License-Identifier: Apache-2.0
/*
 * main.c - urun-oci: an OCI runtime for engines
 */
#include <stdio.h>
#include <string.h>

#include "cli/oci/oci.h"
#include "engine/state.h"
#include "spec/spec.h"
#include "sys/fd.h"
#include "sys/helper.h"
#include "sys/signals.h"

#define MEMORY_BYTES (128 * 1024) /* what one command needs as a rule */

static const struct oci_command *const commands[] = {
	&oci_create,	 &oci_start,   &oci_state,  &oci_kill,	 &oci_delete,
	&oci_run_,	 &oci_exec,    &oci_list,   &oci_ps,	 &oci_spec,
	&oci_update,	 &oci_pause,   &oci_resume, &oci_events, &oci_features,
	&oci_checkpoint, &oci_restore,
};

/* --- what stands before the command --- */

static int set_root(void *target, const char *value, struct err *err)
{
	struct oci_options *o = target;

	if (!value[0])
		return err_say(err, -EINVAL, "an empty path");
	o->root = value;
	return 0;
}

static int set_log(void *target, const char *value, struct err *err)
{
	struct oci_options *o = target;

	(void)err;
	o->log = value;
	return 0;
}

static int set_log_format(void *target, const char *value, struct err *err)
{
	struct oci_options *o = target;

	o->is_log_json = strcmp(value, "json") == 0;
	if (o->is_log_json || strcmp(value, "text") == 0)
		return 0;
	return err_say(err, -EINVAL, "'%s' is neither text nor json", value);
}

static int set_log_level(void *target, const char *value, struct err *err)
{
	static const char *const levels[] = {"debug", "info",  "warning", "warn",
					     "error", "fatal", "panic"};
	struct oci_options *o = target;

	for (size_t i = 0; i < ARRAY_SIZE(levels); i++) {
		if (strcmp(value, levels[i]) != 0)
			continue;
		o->want_debug = i == 0;
		return 0;
	}
	return err_say(err, -EINVAL, "'%s' is none of debug, warning, error", value);
}

static int set_debug(void *target, const char *value, struct err *err)
{
	struct oci_options *o = target;

	return options_bool(value, &o->want_debug, err);
}

static int set_systemd(void *target, const char *value, struct err *err)
{
	struct oci_options *o = target;

	return options_bool(value, &o->want_systemd, err);
}

static int set_manager(void *target, const char *value, struct err *err)
{
	struct oci_options *o = target;

	o->want_systemd = strcmp(value, "systemd") == 0;
	o->is_cgroup_disabled = strcmp(value, "disabled") == 0;
	if (o->want_systemd || o->is_cgroup_disabled || strcmp(value, "cgroupfs") == 0)
		return 0;
	return err_say(err, -EINVAL, "'%s' is none of cgroupfs, systemd, disabled",
		       value);
}

/* What the caller may do is seen, whatever it says. */
static int set_rootless(void *target, const char *value, struct err *err)
{
	bool ignored;

	(void)target;
	return strcmp(value, "auto") == 0 ? 0 : options_bool(value, &ignored, err);
}

static int set_version(void *target, const char *value, struct err *err)
{
	struct oci_options *o = target;

	return options_bool(value, &o->want_version, err);
}

static const struct option global_options[] = {
	{"cgroup-manager", 0, "MANAGER",
	 "who makes cgroups: cgroupfs, systemd or disabled", set_manager},
	{"debug", 0, NULL, "also say what helps to find a fault", set_debug},
	{"log", 0, "FILE", "also write what is said to this file", set_log},
	{"log-format", 0, "FORMAT", "of that file: text or json", set_log_format},
	{"log-level", 0, "LEVEL", "debug, warning or error", set_log_level},
	{"root", 0, "DIR", "where the state of containers is ($XDG_RUNTIME_DIR/urun/oci)",
	 set_root},
	{"rootless", 0, "BOOL", "taken and not needed: what the caller may do is seen",
	 set_rootless},
	{"systemd-cgroup", 0, NULL, "the same as --cgroup-manager systemd", set_systemd},
	{"version", 'v', NULL, "print the version", set_version},
	{0},
};

static const struct option_table global_table = {
	"", "[OPTIONS] COMMAND [OPTIONS] [ARG...]",
	"Runs containers for engines: an OCI runtime.", global_options, "urun-oci"};

static int print_help(void)
{
	options_print_help(&global_table);
	printf("\nCommands:\n");
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		printf("  %-17s %s\n", commands[i]->table.verb,
		       commands[i]->table.summary);
	printf("\n'urun-oci COMMAND --help' tells more.\n");
	return oci_flush();
}

/* Engines look for the words "spec:" and for features behind a '+'. */
static int print_version(void)
{
	printf("urun-oci version %s\nspec: 1.2.0\n+SECCOMP +CAP +APPARMOR +SELINUX\n",
	       PACKAGE_VERSION);
	return oci_flush();
}

/* --- for commands --- */

bool oci_read_id(const struct oci_command *c, int argc, char **argv, void *target,
		 const char **ret_id, int *ret_code)
{
	struct err err = {0};
	bool want_help = false;
	int n_words = 0, r;

	r = options_read_mixed(&c->table, argc, argv, target, &n_words, &want_help, &err);
	if (r == 0 && want_help) {
		options_print_help(&c->table);
		*ret_code = oci_flush();
		return false;
	}
	if (r == 0 && n_words != 1) {
		r = err_say(
			&err, -EINVAL,
			n_words ? "'urun-oci %s' takes one container, not '%s' as well"
				: "'urun-oci %s': which container?",
			c->table.verb, argv[2]);
		err_hint(&err, r, "See 'urun-oci %s --help'", c->table.verb);
	}
	if (r < 0) {
		*ret_code = oci_fail(&err);
		return false;
	}
	*ret_id = argv[1];
	return true;
}

int oci_check_preserved(const struct oci_run *run, uint32_t n, struct err *err)
{
	if (n <= run->n_inherited)
		return 0;
	return err_say(err, -EBADF, "--preserve-fds %u: descriptor %u is not open", n,
		       3 + run->n_inherited);
}

int oci_open_root(struct oci_run *run, bool want_make, struct err *err)
{
	return state_root(run->options.root, want_make, run->arena, &run->root, err);
}

/* --- from the command line to a command --- */

static int fail(int r, struct err *err)
{
	(void)r;
	return oci_fail(err);
}

/* The tables in other forms, for the manual page and the shells. */
static int print_tables(const char *what)
{
	if (strcmp(what, "man-global") == 0)
		options_print_man(&global_table);
	else if (strcmp(what, "global") == 0)
		options_print_list(&global_table);
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
		const struct option_table *t = &commands[i]->table;

		if (strcmp(what, "man-oci") == 0) {
			printf(".SS \"%s\"\n.B urun-oci %s\n%s\n.PP\n%s\n", t->verb,
			       t->verb, t->synopsis, t->summary);
			options_print_man(t);
		} else if (strcmp(what, "names") == 0) {
			printf("%s\n", t->verb);
		} else if (strcmp(what, t->verb) == 0) {
			options_print_list(t);
		}
	}
	return oci_flush();
}

static int run_command(struct oci_run *run, int argc, char **argv, char **whole)
{
	struct err err = {0};

	for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
		const struct oci_command *c = commands[i];
		int r;

		if (strcmp(argv[0], c->table.verb) != 0)
			continue;
		r = c->starts_processes ? helper_protect_self(whole, &err) : 0;
		if (!c->starts_processes)
			helper_find_proc();
		return r < 0 ? fail(r, &err) : c->run(run, argc, argv);
	}
	if (strcmp(argv[0], "__options") == 0 && argc == 2)
		return print_tables(argv[1]);
	err_say(&err, -EINVAL, "unknown command '%s'", argv[0]);
	err_hint(&err, -EINVAL, "See 'urun-oci --help'");
	return oci_fail(&err);
}

static int run_line(struct oci_run *run, int argc, char **argv)
{
	struct err err = {0};
	bool want_help = false;
	int next = 0, r;

	r = options_read(&global_table, argc, argv, &run->options, &next, &want_help,
			 &err);
	if (r == 0)
		r = oci_open_log(&run->options, &err);
	if (r < 0)
		return oci_fail(&err);
	if (want_help || (next < argc && strcmp(argv[next], "help") == 0))
		return print_help();
	if (run->options.want_version)
		return print_version();
	if (next == argc) {
		err_say(&err, -EINVAL, "no command");
		err_hint(&err, -EINVAL, "See 'urun-oci --help'");
		return oci_fail(&err);
	}
	return run_command(run, argc - next, argv + next, argv);
}

int main(int argc, char **argv)
{
	static char memory[MEMORY_BYTES];
	struct arena a;
	struct oci_run run = {.arena = &a, .root = -EBADF};
	int code;

	if (fd_sanitize_stdio() < 0)
		return OCI_EXIT_FAILED;
	signals_ignore_file_limit();
	/* Before anything else is open. */
	while (run.n_inherited < SPEC_MAX_PRESERVE_FDS &&
	       fd_is_open((int)(3 + run.n_inherited)))
		run.n_inherited++;
	arena_init(&a, memory, sizeof(memory));
	code = run_line(&run, argc, argv);
	fd_close(&run.root);
	arena_free(&a);
	return code;
}
