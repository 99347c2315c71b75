/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuse.h - the fuse-overlayfs program
 */
#pragma once

#include "base/arena.h"
#include "base/err.h"

struct mnt_attr;
struct mnt_target;

/* What the program works on: descriptors, all borrowed. */
struct fuse_overlay {
	int fuse;	   /* /dev/fuse, mounted already */
	int upper, work;   /* -1: nothing can be written */
	const int *lowers; /* the top one first; NULL: @lower */
	size_t n_lowers;
	int lower;		   /* the lower folder, or what holds @layers */
	const struct strv *layers; /* below it, the top one first; or NULL */
	int userns; /* whose root it becomes, so that it can give files their owners; or -1 */
	int mntns; /* where the folders are mounted: it runs in a copy of that namespace */
};

/**
 * fuse_attach() - mount a FUSE filesystem that nobody serves yet
 * @fuse: /dev/fuse, open; borrowed
 * @attr: borrowed, or NULL
 * @to:   borrowed
 *
 * Needs CAP_SYS_ADMIN over the mount namespace. Source: mount.fuse(8).
 * Return: 0 or a negative errno.
 */
int fuse_attach(int fuse, const struct mnt_attr *attr, const struct mnt_target *to);

/**
 * fuse_overlay_serve() - serve a mounted FUSE filesystem with fuse-overlayfs
 * @o:         borrowed
 * @ret_pidfd: the server, owned by the caller; it ends with the caller
 *
 * Runs in the launcher, or in a process that nobody inside can see either: the server is in the
 * caller's pid namespace, where nobody inside the container can see or trace it. It names its
 * folders by path, so it gets a mount namespace in which those paths stay what they are, whatever
 * the builder pivots to.
 * Return: 0 or a negative errno.
 */
int fuse_overlay_serve(const struct fuse_overlay *o, struct arena *a, int *ret_pidfd,
		       struct err *err);

/**
 * fuse_overlay_mount() - mount an overlay and serve it
 * @o: its fuse is opened here; the server is in this process's own namespaces
 * @to: where; what stands in @o was opened before
 * @ret_root: O_PATH descriptor of the root, owned by the caller
 *
 * The server ends with this process. Return: 0 or a negative errno with @err filled.
 */
int fuse_overlay_mount(struct fuse_overlay *o, const struct mnt_target *to,
		       struct arena *a, int *ret_root, struct err *err);
