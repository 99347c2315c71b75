/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bundle.h - a container of an engine's, from its bundle to a first process
 */
#pragma once

#include "base/arena.h"
#include "base/err.h"
#include "engine/sockets.h"

enum bundle_cgroups {
	BUNDLE_CGROUPFS, /* cgroupsPath is a path */
	BUNDLE_SYSTEMD,	 /* cgroupsPath is SLICE:PREFIX:NAME */
	BUNDLE_NO_CGROUP,
};

struct bundle {
	/* What was asked for. */
	int root; /* see state_root(); borrowed */
	const char *id;
	const char *folder;   /* --bundle */
	const char *config;   /* --config; NULL: config.json in it */
	const char *pid_file; /* or NULL */
	struct sockets sockets;
	uint32_t preserve_fds;
	uint32_t listen_fds; /* so many of them are sockets that the payload is told of */
	bool keep_keyring;
	bool is_detached; /* run --detach */
	bool is_held;	  /* create; is_detached as well */
	bool is_kept;	  /* run --keep: the state stays when the payload has ended */
	/* Its processes were written to files, and are made of those; or NULL. */
	const struct criu_asked *restored;
	enum bundle_cgroups cgroups;
	void (*note)(const char *text);
	void (*debug)(const char *text); /* NULL: nobody listens */
};

/**
 * bundle_run() - create a container, or create and start it
 * @b:        borrowed
 * @a:        borrowed; for what it needs until it returns
 * @ret_code: the payload's exit code where it is not detached; else 0
 *
 * Runs in the launcher, with the caller's rights and signals. The state is there when it returns, but
 * when it fails, and when the payload has ended and the state was not to be kept.
 * Return: 0 or a negative errno with @err filled.
 */
int bundle_run(const struct bundle *b, struct arena *a, int *ret_code, struct err *err);
