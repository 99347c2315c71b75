/* SPDX-License-Identifier: Apache-2.0 */
/*
 * enter.h - one process more in a container of an engine's that runs
 */
#pragma once

#include "base/arena.h"
#include "base/err.h"
#include "engine/sockets.h"

struct enter {
	int root;	/* see state_root(); borrowed */
	const char *id; /* of the container */
	/* What is executed: a process object of OCI as text, or the container's own with changes. */
	const char *process_json; /* --process, or NULL */
	size_t process_len;
	struct strv args; /* else: the command */
	const char *cwd;  /* NULL: the container's */
	struct strv env;  /* behind the container's own */
	bool has_ids;	  /* --user */
	uint32_t uid, gid;
	uint32_t *gids; /* --additional-gids */
	size_t n_gids;
	uint64_t caps; /* --cap: on top, a bit mask */
	bool want_terminal;
	bool want_no_new_privs;
	const char *apparmor; /* --apparmor, or NULL */
	const char *selinux;  /* --process-label, or NULL */
	const char *cgroup;   /* --cgroup: below the container's; or NULL */
	const char *pid_file;
	struct sockets sockets;
	uint32_t preserve_fds;
	bool is_detached;
	bool ignores_pause; /* wait until it goes on, instead of a refusal */
	void (*note)(const char *text);
};

/**
 * enter_run() - execute a process in a container
 * @e:        borrowed
 * @a:        borrowed; for what it needs until it returns
 * @ret_code: the process's exit code where it is not detached; else 0
 *
 * It gets the container's limits, filter and, unless they are given, user and capabilities.
 * Runs in the launcher, with the caller's rights and signals. What is in the container belongs to
 * somebody hostile: see docs/security.md.
 * Return: 0 or a negative errno with @err filled.
 */
int enter_run(const struct enter *e, struct arena *a, int *ret_code, struct err *err);
