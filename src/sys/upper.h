/* SPDX-License-Identifier: Apache-2.0 */
/*
 * upper.h - the upper folder of an overlay: what a container has changed
 *
 * A device 0/0 hides the name that it has; a folder with user.overlay.opaque=y hides all that is
 * below it. fuse-overlayfs leaves an empty file ".wh..wh..opq" in such a folder, hidden by a
 * device ".wh..opq", and where it may make no devices an empty file ".wh.NAME" hides NAME. To
 * the kernel's overlay these are names like others, and a container may have them for its own
 * purposes: whoever asks has to know which of the two it was.
 *
 * All of it runs as root of the user namespace that owns the files, which somebody hostile may
 * have made.
 */
#pragma once

#include <sys/stat.h>

#include "base/macros.h"

/* Layers of images have both kinds of files, too. */
#define WH	  ".wh."
#define WH_OPAQUE ".wh..wh..opq"

bool upper_is_whiteout(const struct stat *st);

/* The name that an empty file ".wh.NAME" hides, or NULL. */
const char *upper_hidden_name(const char *name, const struct stat *st);

/**
 * upper_settle() - the marks of fuse-overlayfs become the kernel's, which both read
 * @upper: borrowed; fuse-overlayfs made it, and nobody uses it meanwhile
 *
 * Return: 0; -ELOOP deeper than 4096 folders; another negative errno.
 */
int upper_settle(int upper);

/* @kind: 'A' for added, 'C' for changed, 'D' for deleted. @path: "/a/b". 0 or a negative errno, at
 * which the comparing ends. */
typedef int (*upper_fn)(char kind, const char *path, void *data);

/**
 * upper_compare() - say what an upper folder adds, changes and deletes
 * @lowers: borrowed; the top one first
 * @is_fuse: fuse-overlayfs made it
 *
 * Folders are named before what is in them, names in a folder in the order of their bytes. A
 * folder with something changed in it is changed.
 * Return: 0; -ELOOP as above; what @fn returned; another negative errno.
 */
int upper_compare(int upper, const int *lowers, size_t n_lowers, bool is_fuse,
		  upper_fn fn, void *data);
