/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lifecycle.h - what is done to an engine's container between its creation and its end
 *
 * All of it by its folder (see engine/state.h), as the caller. Nobody is signalled by a number: first
 * processes are held by pidfds.
 */
#pragma once

#include "base/arena.h"
#include "base/err.h"

struct lifecycle {
	int root;	/* see state_root(); borrowed */
	const char *id; /* of the container */
	struct arena *arena;
	void (*note)(const char *text);
};

/**
 * lifecycle_start() - have a created container execute its command
 *
 * Returns when it was executed. Hooks: startContainer before, in the container; poststart after.
 * Return: 0; a negative errno with @err filled, when it is not created, or could not be executed: it
 * has stopped then.
 */
int lifecycle_start(const struct lifecycle *l, struct err *err);

/**
 * lifecycle_kill() - signal the first process of a container, or all
 * @signo:    number
 * @want_all: all in its cgroup, or in its pid namespace; where it has neither of its own, those that can be
 *            told to be its, with a remark: see proc_list()
 *
 * Return: 0; -ESRCH when it does not run, with words that engines look for.
 */
int lifecycle_kill(const struct lifecycle *l, int signo, bool want_all, struct err *err);

/**
 * lifecycle_delete() - remove what is left of a container
 * @is_forced: end it, whatever it does; one that is not there is removed already
 *
 * Ends one that was created and not started, too. Runs the poststop hooks; removes cgroup and folder.
 * Return: 0; -EBUSY when it runs, with @err filled.
 */
int lifecycle_delete(const struct lifecycle *l, bool is_forced, struct err *err);

/* Stops all of its processes, or lets them go on; waits until that is so. -ENOTSUP without a cgroup. */
int lifecycle_freeze(const struct lifecycle *l, bool is_frozen, struct err *err);
