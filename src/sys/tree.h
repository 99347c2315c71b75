/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tree.h - whole trees of files that somebody hostile may have made
 */
#pragma once

#include "base/macros.h"

/**
 * tree_remove() - remove a file, or a folder with all that is in it
 * @dir:  borrowed descriptor of the folder that holds it
 * @name: one path component
 *
 * By descriptors, one level at a time: no link is followed, no mount is crossed, and a tree of
 * any depth is walked with a few descriptors. Folders that their owner may not read or write are
 * opened up first. Runs in whatever user namespace owns the files.
 * Return: 0, also when it is not there; -EXDEV at a mount; another negative errno.
 */
int tree_remove(int dir, const char *name);

/**
 * tree_chown() - give a folder, with all that is in it, to somebody
 * @dir: borrowed, readable
 *
 * No link is followed, no mount is crossed. Return: 0; -ELOOP deeper than 512 folders; another
 * negative errno.
 */
int tree_chown(int dir, uint32_t uid, uint32_t gid);

/**
 * tree_usage() - how much of the disk a file takes, or a folder with all that is in it
 *
 * A file with several links counts for its share. What cannot be read, is on another filesystem,
 * or lies deeper than 512 folders, counts as nothing.
 */
uint64_t tree_usage(int dir, const char *name);
