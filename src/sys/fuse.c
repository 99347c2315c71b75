// SPDX-License-Identifier: Apache-2.0
/*
 * fuse.c - see fuse.h
 */
#include "sys/fuse.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "sys/process.h"

#ifndef FUSE_OVERLAYFS_PATH
#define FUSE_OVERLAYFS_PATH "/usr/bin/fuse-overlayfs"
#endif

static char *options_of(const struct fuse_overlay *o, struct arena *a)
{
	size_t n = o->layers ? o->layers->n : 0;
	size_t len = 0, size = 256;
	char *text;

	for (size_t i = 0; i < n; i++)
		size += strlen(o->layers->v[i]) + 32;
	text = arena_alloc(a, size);
	if (n == 0)
		len += (size_t)snprintf(text, size, "lowerdir=/proc/self/fd/%d",
					o->lower);
	for (size_t i = 0; i < n; i++)
		len += (size_t)snprintf(text + len, size - len, "%s/proc/self/fd/%d/%s",
					i == 0 ? "lowerdir=" : ":", o->lower,
					o->layers->v[i]);
	snprintf(text + len, size - len,
		 ",upperdir=/proc/self/fd/%d,workdir=/proc/self/fd/%d", o->upper,
		 o->work);
	return text;
}

int fuse_overlay_serve(const struct fuse_overlay *o, struct arena *a, int *ret_pidfd,
		       struct err *err)
{
	char name[] = "fuse-overlayfs", foreground[] = "-f", opt[] = "-o", at[32];
	char *argv[] = {name, foreground, opt, options_of(o, a), at, NULL};
	int keep[] = {o->fuse, o->lower, o->upper, o->work, -1};
	struct spawn spawn = {
		.path = FUSE_OVERLAYFS_PATH,
		.argv = argv,
		.stdio = {-1, -1, -1},
		.keep = keep,
		.userns = o->userns,
		.mntns = o->mntns,
	};
	pid_t pid;

	/* libfuse takes a filesystem that is mounted already by this name. */
	snprintf(at, sizeof(at), "/dev/fd/%d", o->fuse);
	pid = process_spawn(&spawn, ret_pidfd);
	if (pid >= 0)
		return 0;
	err_set(err, pid, "run '%s'", FUSE_OVERLAYFS_PATH);
	return err_hint(err, pid, "Install the package fuse-overlayfs");
}
