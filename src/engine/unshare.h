/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unshare.h - a session in the namespaces that own the store's files
 *
 * A command in the user namespace of userns.h and a mount namespace of its own, in which a tmpfs
 * stands on the store's folder "mnt": what is mounted goes there, and all of it ends with the
 * session. Its launcher stays outside. Over a socket that the session's processes inherit it does
 * for them what takes the caller's own rights, or somebody who stays:
 *
 *	LEND	a container's folder: a copy of its root mount comes back
 *	KEEP	a lock, for as long as a mount is there
 *	DROP	the same lock: the mount is gone
 *
 * Each with one end of a pair for the answer.
 */
#pragma once

#include "engine/userns.h"
#include "image/store.h"
#include "sys/channel.h"

#define UNSHARE_MOUNTS	   "mnt" /* in the store */
#define UNSHARE_CONTAINERS "containers"
#define UNSHARE_IMAGES	   "images"

struct unshare {
	const struct store *store;
	const struct userns *userns;
	char *const *argv;
	struct strv env; /* that of the command; the session's own is added */
};

/**
 * unshare_run() - run a command in a session, and wait for its end
 * @note:     what the user should know
 * @ret_code: the command's exit code, or 128+n when signal n ended it
 *
 * Runs in the launcher. What the command left mounted is unmounted; it waits for processes in the
 * background that still use it. A signal then ends those: they get SIGTERM, and after some seconds,
 * or by one more signal, SIGKILL; the code is that signal's. Return: 0; a negative errno with @err filled when the command was
 * not started, where err_exit_code() gives the code.
 */
int unshare_run(const struct unshare *u, void (*note)(const char *text), int *ret_code,
		struct err *err);

/* --- in the session --- */

/**
 * unshare_open_mounts() - the folder for mounts
 *
 * Return: a descriptor, owned by the caller; -EPERM with @err filled outside of a session.
 */
int unshare_open_mounts(const struct store *s, struct err *err);

/**
 * unshare_lend() - a container that runs: a copy of its root mount
 * @folder: the container's, borrowed
 * @ret:    for mnt_attach_copy(), owned by the caller
 * @ret_hold: owned by the caller: the copy is there until this is closed, or it is attached
 */
int unshare_lend(int folder, int *ret, int *ret_hold, struct err *err);
int unshare_keep(int lock, struct err *err);
/* @lock: any descriptor of the file that is locked */
int unshare_drop(int lock, struct err *err);
