/* SPDX-License-Identifier: Apache-2.0 */
/*
 * userns.h - the user namespace that owns the files of images
 *
 * Layers and the changes of containers have the owners that the image says, as the default map
 * puts them on the disk. Whoever makes or removes such files does so as root of a namespace with
 * that map. It needs no process to stay: a descriptor keeps it.
 */
#pragma once

#include "base/arena.h"
#include "base/err.h"
#include "sys/host.h"

struct userns {
	int fd;		  /* owned; -1: the caller's own does */
	bool is_squashed; /* one id only: all files are the caller's */
};

#define USERNS_NONE ((struct userns){.fd = -EBADF})

/**
 * userns_open() - make the namespace
 * @host: with its subordinate ids
 * @a:    borrowed
 * @ret:  for userns_close()
 * @note: what the user should know: that there is one id only, and how to get more; or NULL
 *
 * Runs in the launcher; newuidmap and newgidmap write the maps, as for a container.
 * Return: 0 or a negative errno with @err filled.
 */
int userns_open(const struct host *host, struct arena *a, struct userns *ret,
		void (*note)(const char *text), struct err *err);
void userns_close(struct userns *u);
#define _cleanup_userns_ _cleanup_(userns_close)

/**
 * userns_call() - do something as root of it, in a process of its own
 * @fn: returns 0 or a negative errno above -256; what it changes in memory is not seen here
 *
 * Return: what @fn returned, or why it could not be called.
 */
int userns_call(const struct userns *u, int (*fn)(void *data), void *data);
