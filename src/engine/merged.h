/* SPDX-License-Identifier: Apache-2.0 */
/*
 * merged.h - the tree of a container, as it sees it itself
 *
 * Of one that runs: its own mounts, see inside.h. Of one that does not: an overlay of its layers
 * and changes, in a mount namespace of a process that is root of the namespace that owns the files.
 * That process opens one place in it and hands out descriptors; the mount is there until
 * merged_close(), and nobody else sees it.
 */
#pragma once

#include "engine/inside.h"
#include "engine/userns.h"
#include "image/container.h"

struct mnt_target;

/* What to look for, and how the tree is to be. */
struct merged_ask {
	const struct store *store;
	const struct container *container; /* a kept one, held by the caller */
	const struct userns *userns;
	const struct inside *inside; /* of one that runs, or NULL */
	/* of one that does not: */
	bool is_writable;
	bool is_fuse;	/* see merged_is_fuse() */
	bool is_strict; /* the kernel's overlay or nothing, as its --storage-driver says */
	/* In the container, not ending in a slash; links stay inside. NULL: the root mount,
	 * without all that is mounted on it. */
	const char *path;
};

struct merged {
	int pidfd, wait; /* of the process that has the mount */
	int fd;		/* open for reading: a folder or a file; -ENOENT: there is none */
	bool is_folder; /* @fd; which the caller may have no right to ask it */
	int parent; /* O_PATH: the folder that the path's last part is in; or -ENOENT */
};

#define MERGED_NONE \
	((struct merged){.pidfd = -EBADF, .wait = -EBADF, .fd = -EBADF, .parent = -EBADF})

/**
 * merged_open() - mount the tree and open a place in it
 *
 * Marks of fuse-overlayfs become those of the kernel first, which both read. Where the kernel's
 * overlay is refused, fuse-overlayfs shows the tree.
 * Return: 0, also when there is nothing at the path; -EINVAL when it is neither a file nor a
 * folder; another negative errno with @err filled.
 */
int merged_open(const struct merged_ask *ask, struct merged *ret, struct err *err);
void merged_close(struct merged *m);
#define _cleanup_merged_ _cleanup_(merged_close)

/**
 * merged_mount() - the same for whoever is root of the files' namespace, at a place of his own
 * @ask: path, inside and userns do not matter; the kernel's overlay or nothing
 * @to:  a folder
 */
int merged_mount(const struct merged_ask *ask, const struct mnt_target *to,
		 struct err *err);

/**
 * merged_is_fuse() - is it fuse-overlayfs that wrote a container's changes?
 * @folder: the container's; borrowed
 * @ret_is_strict: may it not be used for this container? May be NULL
 *
 * What it leaves there are names like others to the kernel's overlay. Return: 0 or a negative
 * errno with @err filled.
 */
int merged_is_fuse(const struct host *host, int folder, struct arena *a, bool *ret,
		   bool *ret_is_strict, struct err *err);

/**
 * merged_layers() - open the layers of a container
 * @ret: the top one first, down to one whose root folder hides the rest, of which the kernel
 *       asks none; O_PATH, owned by the caller, the array by @a
 */
int merged_layers(const struct store *s, const struct container *c, struct arena *a,
		  int **ret, size_t *ret_n, struct err *err);

/* Fills @err with why the kernel did not mount so many layers of @what. Returns @code. */
int merged_say(int code, size_t n_layers, const char *what, struct err *err);
