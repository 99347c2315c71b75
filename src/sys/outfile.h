/* SPDX-License-Identifier: Apache-2.0 */
/*
 * outfile.h - a file of the caller's that is there when it is whole, or not at all
 */
#pragma once

#include "base/arena.h"
#include "base/err.h"

struct outfile {
	int fd;	 /* to write to; owned */
	int dir; /* owned; -EBADF: what is there is written to, a FIFO or a device */
	const char *name;      /* in it */
	const char *temporary; /* a name beside it, or NULL: it has none yet */
};

#define OUTFILE_NONE ((struct outfile){.fd = -EBADF, .dir = -EBADF})

/**
 * outfile_open() - begin to write a file
 * @path: of the host; a link to a file means that file
 * @a:    owns the names
 *
 * Return: 0 or a negative errno with @err filled.
 */
int outfile_open(const char *path, struct arena *a, struct outfile *ret, struct err *err);

/* It is whole: to the disk, and in the place of what was there. */
int outfile_finish(struct outfile *o, struct err *err);

/* One that is not whole goes. */
void outfile_close(struct outfile *o);
#define _cleanup_outfile_ _cleanup_(outfile_close)
