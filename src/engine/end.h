/* SPDX-License-Identifier: Apache-2.0 */
/*
 * end.h - the end of a container that runs, for who is not its launcher
 */
#pragma once

#include "base/arena.h"
#include "base/err.h"

/**
 * end_container() - end a container, and wait until nobody holds it any more
 * @folder:   the container's in the store, not locked by the caller; borrowed
 * @id:       for messages
 * @grace_ms: how long it has after SIGTERM, before all of it is killed; -1 without a limit
 *
 * Its first process is found by the launcher's note, held by pidfd, and killed; all others end with
 * that one, by their pid namespace or by the launcher. One whose first process does not listen to
 * SIGTERM is given no time, because it would change nothing. A launcher that does not take note of
 * the end is killed, too. Who only uses the container's files is waited for, and not ended.
 *
 * Return: 0, also when it did not run; -EPERM when it is of another user namespace; -ETIMEDOUT when it
 * is still held after that; another negative errno with @err filled.
 */
int end_container(int folder, const char *id, int grace_ms, struct arena *a,
		  struct err *err);
