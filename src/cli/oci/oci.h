/* SPDX-License-Identifier: Apache-2.0 */
/*
 * oci.h - the commands of `urun-oci`, what stands before them, and how they speak
 *
 * The command line is that of crun and runc, as engines call it.
 */
#pragma once

#include "base/arena.h"
#include "base/err.h"
#include "cli/options.h"

/* What stands before the command. */
struct oci_options {
	const char *root;	 /* --root, or NULL */
	const char *log;	 /* --log: a file; NULL: standard error */
	bool is_log_json;	 /* --log-format json */
	bool want_debug;	 /* --debug, --log-level debug */
	bool want_systemd;	 /* --systemd-cgroup, --cgroup-manager systemd */
	bool is_cgroup_disabled; /* --cgroup-manager disabled */
	bool want_version;
};

/* One command at work. */
struct oci_run {
	struct oci_options options;
	struct arena *arena;
	uint32_t n_inherited; /* descriptors from 3 on that the caller has passed on */
	int root;	      /* see state_root(), owned; or -1 */
};

/* A command: a table of options, and what it does with the words behind them. */
struct oci_command {
	struct option_table table;
	/* Returns the exit code. argv[0] is the command's name. */
	int (*run)(struct oci_run *run, int argc, char **argv);
	bool starts_processes; /* in containers: nobody there may write this program */
};

extern const struct oci_command oci_create, oci_run_, oci_start, oci_state, oci_kill,
	oci_delete, oci_exec, oci_list, oci_ps, oci_spec, oci_update, oci_pause,
	oci_resume, oci_events, oci_features, oci_checkpoint, oci_restore;

/* Exit code when urun-oci itself fails, as crun and runc have it. */
#define OCI_EXIT_FAILED 1

/* --- say.c --- */

/* Opens --log. Return: 0 or a negative errno with @err filled. */
int oci_open_log(const struct oci_options *o, struct err *err);
/* Says why a command failed, to the log and to standard error. Return: the exit code. */
int oci_fail(const struct err *err);
/* A remark, and one for --debug. */
void oci_note(const char *text);
void oci_debug(const char *text);
/* Writes out standard output. Return: 0, or the exit code of a failure that it has told of. */
int oci_flush(void);

struct json;
/* Prints a document and frees it. Return: as oci_flush(). */
int oci_print_json(struct json *doc);

/* --- for commands --- */

/**
 * oci_read_id() - read the options of a command whose only word is a container's id
 * @ret_id:   the word
 * @ret_code: set when there is nothing left to do
 *
 * Return: go on?
 */
bool oci_read_id(const struct oci_command *c, int argc, char **argv, void *target,
		 const char **ret_id, int *ret_code);
/* Are there as many descriptors to pass on? What is urun-oci's own comes behind them and is never for the
 * payload. 0; -EBADF with @err filled. */
int oci_check_preserved(const struct oci_run *run, uint32_t n, struct err *err);
/* Opens the folder of states. Without @want_make none that is not there is made: then there is no container.
 * 0 or a negative errno. */
int oci_open_root(struct oci_run *run, bool want_make, struct err *err);

/* --- create.c: what restore has as well --- */

/* Options, of a struct bundle. */
int oci_set_bundle(void *target, const char *value, struct err *err);
int oci_set_console_socket(void *target, const char *value, struct err *err);
int oci_set_detach(void *target, const char *value, struct err *err);
int oci_set_no_pivot(void *target, const char *value, struct err *err);
int oci_set_no_subreaper(void *target, const char *value, struct err *err);
int oci_set_pid_file(void *target, const char *value, struct err *err);

struct bundle;
/* What its options ask for. Return: the exit code. */
int oci_run_bundle(struct oci_run *run, struct bundle *b);
