/* SPDX-License-Identifier: Apache-2.0 */
/*
 * path.h - paths inside a tree that somebody hostile may own
 *
 * A rootfs is never opened by string: every path is resolved below a descriptor of its
 * root, links are followed as if that root were "/", and magic links of /proc are
 * refused. What comes back is a descriptor, and it alone is used from then on.
 */
#pragma once

#include "base/err.h"
#include "sys/fd.h"

/**
 * path_open_in() - open a path inside a tree
 * @root:  borrowed descriptor of the tree's root
 * @path:  "/a/b" or "a/b": both count from @root; ".." stops at @root
 * @flags: open(2) flags; O_CLOEXEC is added. O_NOFOLLOW concerns the last component only
 *
 * Source: openat2(2) RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS (Linux 5.6); where that is
 * missing or refused, a walk by O_PATH | O_NOFOLLOW that follows links itself, at most
 * 40, and never above @root. Return: a descriptor, owned by the caller; -ENOENT, -ELOOP,
 * -ENOTDIR, -EXDEV or another negative errno.
 */
int path_open_in(int root, const char *path, int flags);

/**
 * path_make_dir_in() - open a folder inside a tree, making it and its parents when
 * missing
 * @root: borrowed
 * @path: as above; existing links are followed inside @root
 * @mode: for the folders that are made (umask applies)
 *
 * Folders are made one by one relative to descriptors; nothing that exists is changed.
 * Return: an O_PATH descriptor, owned by the caller; -ENOTDIR when something else is
 * there.
 */
int path_make_dir_in(int root, const char *path, mode_t mode);

/**
 * path_make_file_in() - open a file inside a tree, making it empty when missing
 * @root: borrowed
 * @path: as above
 * @mode: for a file that is made (umask applies); parents get 0755
 *
 * A new file is made with O_EXCL | O_NOFOLLOW. What exists is opened with O_PATH,
 * whatever its kind but a folder. Return: an O_PATH descriptor, owned by the caller;
 * -EISDIR for a folder.
 */
int path_make_file_in(int root, const char *path, mode_t mode);

/**
 * path_open_parent_in() - open the folder that holds the last component of a path
 * @root:     borrowed
 * @path:     as above
 * @mode:     for missing parents; 0: do not make them
 * @ret_name: points into @path at the last component
 *
 * Return: an O_PATH descriptor; -EINVAL when the last component is "." or ".." or
 * missing.
 */
int path_open_parent_in(int root, const char *path, mode_t mode, const char **ret_name);
