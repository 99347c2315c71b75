/* SPDX-License-Identifier: Apache-2.0 */
/*
 * inside.h - the namespaces of a container that runs, for who is outside of them
 *
 * What is in there belongs to somebody hostile. Whoever enters does so by
 * process_enter_hidden(), executes nothing, and hands out descriptors.
 */
#pragma once

#include "base/arena.h"
#include "base/err.h"

struct inside {
	int userns; /* owned; -1: the caller's own is the container's */
	int mntns;  /* owned */
};

#define INSIDE_NONE ((struct inside){-EBADF, -EBADF})

/**
 * inside_open() - find the namespaces of a container
 * @folder: the container's in the store; borrowed
 * @id:     for messages
 * @ret:    for inside_close()
 *
 * Return: 0; -ESRCH when it does not run, or not yet; -EACCES when it was started outside of the
 * caller's own user namespace; another negative errno with @err filled.
 */
int inside_open(int folder, const char *id, struct arena *a, struct inside *ret,
		struct err *err);
void inside_close(struct inside *in);
#define _cleanup_inside_ _cleanup_(inside_close)
