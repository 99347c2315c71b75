// SPDX-License-Identifier: Apache-2.0
/*
 * fuse.c - see fuse.h
 */
#include "sys/fuse.h"

#include <stdio.h>
#include <unistd.h>

#include "sys/process.h"

#ifndef FUSE_OVERLAYFS_PATH
#define FUSE_OVERLAYFS_PATH "/usr/bin/fuse-overlayfs"
#endif

int fuse_overlay_serve(const struct fuse_overlay *o, int *ret_pidfd, struct err *err)
{
	char name[] = "fuse-overlayfs", foreground[] = "-f", opt[] = "-o", options[192],
	     at[32];
	char *argv[] = {name, foreground, opt, options, at, NULL};
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

	snprintf(options, sizeof(options),
		 "lowerdir=/proc/self/fd/%d,upperdir=/proc/self/fd/%d,workdir=/proc/self/"
		 "fd/%d",
		 o->lower, o->upper, o->work);
	/* libfuse takes a filesystem that is mounted already by this name. */
	snprintf(at, sizeof(at), "/dev/fd/%d", o->fuse);
	pid = process_spawn(&spawn, ret_pidfd);
	if (pid >= 0)
		return 0;
	err_set(err, pid, "run '%s'", FUSE_OVERLAYFS_PATH);
	return err_hint(err, pid, "Install the package fuse-overlayfs");
}
