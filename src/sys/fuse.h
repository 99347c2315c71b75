/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuse.h - the fuse-overlayfs program
 */
#pragma once

#include "base/arena.h"
#include "base/err.h"

/* What the program works on: descriptors, all borrowed. */
struct fuse_overlay {
	int fuse; /* /dev/fuse, mounted already */
	int upper, work;
	int lower;		   /* the lower folder, or what holds @layers */
	const struct strv *layers; /* below it, the top one first; or NULL */
	int userns; /* whose root it becomes, so that it can give files their owners; or -1 */
	int mntns; /* where the folders are mounted: it runs in a copy of that namespace */
};

/**
 * fuse_overlay_serve() - serve a mounted FUSE filesystem with fuse-overlayfs
 * @o:         borrowed
 * @ret_pidfd: the server, owned by the caller; it ends with the caller
 *
 * Runs in the launcher: the server is in the caller's pid namespace, where nobody inside the
 * container can see or trace it. It names its folders by path, so it gets a mount namespace
 * in which those paths stay what they are, whatever the builder pivots to.
 * Return: 0 or a negative errno.
 */
int fuse_overlay_serve(const struct fuse_overlay *o, struct arena *a, int *ret_pidfd,
		       struct err *err);
