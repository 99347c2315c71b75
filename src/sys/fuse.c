// SPDX-License-Identifier: Apache-2.0
/*
 * fuse.c - see fuse.h
 */
#include "sys/fuse.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "sys/mnt.h"
#include "sys/path.h"
#include "sys/process.h"

#ifndef FUSE_OVERLAYFS_PATH
#define FUSE_OVERLAYFS_PATH "/usr/bin/fuse-overlayfs"
#endif

static char *options_of(const struct fuse_overlay *o, struct arena *a)
{
	size_t n = o->layers ? o->layers->n : 0;
	size_t len = 0, size = 256 + o->n_lowers * 32;
	char *text;

	for (size_t i = 0; i < n; i++)
		size += strlen(o->layers->v[i]) + 32;
	text = arena_alloc(a, size);
	for (size_t i = 0; i < o->n_lowers; i++)
		len += (size_t)snprintf(text + len, size - len, "%s/proc/self/fd/%d",
					i == 0 ? "lowerdir=" : ":", o->lowers[i]);
	if (n == 0 && !o->lowers)
		len += (size_t)snprintf(text, size, "lowerdir=/proc/self/fd/%d",
					o->lower);
	for (size_t i = 0; i < n; i++)
		len += (size_t)snprintf(text + len, size - len, "%s/proc/self/fd/%d/%s",
					i == 0 ? "lowerdir=" : ":", o->lower,
					o->layers->v[i]);
	if (o->upper >= 0)
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
	int *keep = arena_alloc(a, (o->n_lowers + 5) * sizeof(*keep)), n = 0;
	struct spawn spawn = {
		.path = FUSE_OVERLAYFS_PATH,
		.argv = argv,
		.stdio = {-1, -1, -1},
		.keep = keep,
		.userns = o->userns,
		.mntns = o->mntns,
		.is_server = true,
	};
	pid_t pid;

	keep[n++] = o->fuse;
	for (size_t i = 0; i < o->n_lowers; i++)
		keep[n++] = o->lowers[i];
	if (!o->lowers)
		keep[n++] = o->lower;
	if (o->upper >= 0) {
		keep[n++] = o->upper;
		keep[n++] = o->work;
	}
	keep[n] = -1;
	/* libfuse takes a filesystem that is mounted already by this name. */
	snprintf(at, sizeof(at), "/dev/fd/%d", o->fuse);
	pid = process_spawn(&spawn, ret_pidfd);
	if (pid >= 0)
		return 0;
	err_set(err, pid, "run '%s'", FUSE_OVERLAYFS_PATH);
	return err_hint(err, pid, "Install the package fuse-overlayfs");
}

int fuse_attach(int fuse, const struct mnt_attr *attr, const struct mnt_target *to)
{
	char data[128];

	snprintf(data, sizeof(data),
		 "fd=%d,rootmode=40000,user_id=0,group_id=0,allow_other,default_"
		 "permissions",
		 fuse);
	return mnt_attach_fs("fuse", "fuse-overlayfs", data, attr, to, NULL);
}

int fuse_overlay_mount(struct fuse_overlay *o, const struct mnt_target *to,
		       struct arena *a, int *ret_root, struct err *err)
{
	_cleanup_fd_ int fuse = fd_open(AT_FDCWD, "/dev/fuse", O_RDWR), pidfd = -EBADF,
			 root = -EBADF;
	struct stat st;
	int r;

	if (fuse < 0) {
		err_set(err, fuse, "open /dev/fuse");
		return err_hint(err, fuse,
				"sudo chmod 666 /dev/fuse, after sudo modprobe fuse");
	}
	r = fuse_attach(fuse, NULL, to);
	if (r < 0)
		return err_set(err, r, "mount fuse");
	o->fuse = fuse;
	r = fuse_overlay_serve(o, a, &pidfd, err);
	if (r < 0)
		return r;
	/* Without our copy a dead server is an error at once, and nobody waits for it. */
	fd_close(&fuse);
	root = path_open_in(to->root, to->path, O_PATH);
	r = root < 0 ? root : fd_stat(root, &st);
	if (r < 0)
		return err_set(err, r, "run fuse-overlayfs");
	*ret_root = fd_take(&root);
	return 0;
}
