/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lock.h - names that one process at a time can hold
 */
#pragma once

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
