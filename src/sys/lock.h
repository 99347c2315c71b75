/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lock.h - files that one process at a time can hold, and names of such
 */
#pragma once

#include <fcntl.h>

#include "base/macros.h"

struct lock {
	int fd; /* owned; -EBADF when nothing is held */
	char path[4096];
};

/**
 * lock_take() - hold a name
 * @base:   folder of the caller's own
 * @folder: below it, "a/b", made when missing
 * @name:   one path component
 * @ret:    for lock_drop()
 *
 * The file goes with lock_drop(); one that a killed process left behind is taken over. Waits for half
 * a second at most.
 * Return: 0; -EAGAIN when somebody holds it; another negative errno.
 */
int lock_take(const char *base, const char *folder, const char *name, struct lock *ret);
void lock_drop(struct lock *lock);

/* Takes an open file description lock without waiting. 0, -EAGAIN when it is held. */
int lock_range(int fd, struct flock *range);

/* flock(2): shared or exclusive, waiting or not. 0; -EAGAIN when it is held by another. */
int lock_file(int fd, bool is_exclusive, bool want_wait);

/* The same, waiting for so long at most; SIGALRM and its timer are used meanwhile, and a signal that
 * is handled ends it, too. For a process of one thread. */
int lock_file_within(int fd, bool is_exclusive, int wait_ms);
