/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bwrap.h - bubblewrap's command line, and what becomes of it
 *
 * options.c reads it into a struct bwrap, operations on files straight into the spec; sandbox.c makes a
 * spec of the rest; main.c runs it and tells who listens.
 */
#pragma once

#include "base/arena.h"
#include "base/err.h"
#include "spec/spec.h"

#define BWRAP_MAX_ARGS \
	9000 /* of the command line and all of --args, as bubblewrap has it */

/* A descriptor that an option names, or -1. */
struct bwrap {
	struct arena *arena;
	const char *program; /* argv[0] without its folders: begins each message */
	bool want_level_prefix;
	struct spec
		spec; /* fsops and command are there, what is below is not in it yet */

	bool unshare[NS_COUNT];
	bool has_asked_user; /* by --unshare-user itself */
	bool try_user, try_cgroup;
	bool want_no_userns, want_no_userns_asserted;
	int userns, pidns;
	bool has_uid, has_gid;
	uint32_t uid, gid;
	uint64_t caps;
	bool has_asked_caps;
	bool is_pid_1, dies_with_parent, is_no_boundary;
	int info_fd, status_fd;
	const char *chdir;

	/* While it is read: for the next operation. */
	bool has_perms, has_size;
	uint32_t perms;
	uint64_t size_bytes;
	struct strv layers; /* of --overlay-src, the bottom one first */
	size_t n_args;
	bool is_in_file; /* the words are those of --args */
	struct strv
		sets; /* not NULL: --seccomp or --add-seccomp-fd, whichever was used */
	const char *filter_option;
	bool want_help, want_version;
};

/**
 * bwrap_read() - read a command line
 * @b:    filled; arena and program are set, and the caps that there are at the beginning
 * @argv: without the program's name; what is read by --args goes on living in the arena
 *
 * Return: 0; -EINVAL with @err filled; -ENODATA when there is no command.
 */
int bwrap_read(struct bwrap *b, int argc, char **argv, struct err *err);

/* Prints the options on standard output, or standard error. */
void bwrap_print_usage(const struct bwrap *b, bool is_error);

/* The same for the manual page. */
void bwrap_print_man(void);

/* Makes b->spec whole. 0 or a negative errno with @err filled. */
int bwrap_to_spec(struct bwrap *b, struct err *err);
