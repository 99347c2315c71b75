/* SPDX-License-Identifier: Apache-2.0 */
/*
 * request.h - `urun run`'s command line, on its way to a spec
 *
 * argv and the environment in, spec out: no system call decides what the spec
 * says, but for the files that options name (--env-file) and the host's resolv.conf.
 */
#pragma once

#include "cli/urun/options.h"
#include "spec/defaults.h"
#include "spec/spec.h"

struct request {
	struct spec spec;
	struct arena *arena;
	struct defaults defaults;
	char *const *environ; /* the caller's, borrowed */
	bool is_rootfs;	      /* --rootfs: the first word is a folder */
	bool is_keep_groups;
	bool has_hosts;	   /* not --no-hosts */
	bool has_userns;   /* --userns with a value */
	bool has_shm_size; /* --shm-size */
	bool print_spec, print_plan;
	const char *entrypoint; /* NULL: none given */
	const char *cidfile;
	struct strv file_env; /* --env-file, in order */
	struct strv env;      /* -e, in order: goes over file_env */
	struct strv unset;    /* --unsetenv */
	bool unset_all;
	struct strv add_hosts; /* "name:ip" */
	struct strv dns, dns_search, dns_options;
	struct strv cap_add, cap_drop;
	struct strv sysctls;
};

extern const struct option_table run_table;

/**
 * request_read() - argv of `urun run` to a validated spec
 * @q:    arena, environ and spec.id are set by the caller
 * @argc, @argv: argv[0] is "run"
 * @ret_help: --help was asked for; nothing else is done then
 *
 * Return: 0 or a negative errno with @err filled.
 */
int request_read(struct request *q, int argc, char **argv, bool *ret_help,
		 struct err *err);

/* Setters of mount options, in mount_options.c. */
int set_volume(void *target, const char *value, struct err *err);
int set_mount(void *target, const char *value, struct err *err);
int set_tmpfs(void *target, const char *value, struct err *err);
int set_device(void *target, const char *value, struct err *err);
