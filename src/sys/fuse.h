/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuse.h - the fuse-overlayfs program
 */
#pragma once

#include "base/err.h"

/**
 * fuse_overlay_serve() - serve a mounted FUSE filesystem with fuse-overlayfs
 * @fuse:   borrowed descriptor of /dev/fuse, mounted already
 * @lower, @upper, @work: borrowed descriptors of the folders
 * @userns: user namespace whose root it becomes, so that it can give files their owners;
 * or -1
 * @ret_pidfd: the server, owned by the caller; it ends with the caller
 *
 * Runs in the launcher: the server is in the caller's pid and mount namespaces, where
 * nobody inside the container can see or trace it. It gets folders as descriptors, never
 * as paths. Return: 0 or a negative errno.
 */
int fuse_overlay_serve(int fuse, int lower, int upper, int work, int userns,
		       int *ret_pidfd, struct err *err);
