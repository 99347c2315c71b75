/* SPDX-License-Identifier: Apache-2.0 */
/*
 * guard.h - a process that ends the payload when its launcher was killed
 *
 * PR_SET_PDEATHSIG does that for the builder, and for a payload that leaves it alone. The kernel
 * forgets it when a process changes its ids or executes a set-uid program, as payloads that begin
 * as root often do, and any process may clear it.
 */
#pragma once

#include "stage/stage.h"

/* Can the payload lose its death signal? Not where PID 1 of its namespace is urun-init. Or is there a
 * cgroup that nobody else removes? */
bool guard_is_wanted(const struct plan *plan);

/* Is the payload in a pid namespace of others? Its descendants do not end with it then. */
bool guard_wants_space(const struct plan *plan);

/**
 * guard_send_space() - builder: tell the launcher which namespace the container's processes are known by
 * @run: in its namespaces; the host's /proc is there
 *
 * The launcher, which has a guard by then, answers MSG_GO: before that the payload must not be executed.
 * Return: 1; 0: nothing was sent, as there is no /proc; or a negative errno with @err filled.
 */
int guard_send_space(struct run *run, struct err *err);

/* Launcher or guard: ends all that are in the namespace of guard_send_space(), where there is one; but for
 * @spared, pids of the launcher's own helpers. */
void guard_end_space(const struct run *run, const int *spared, size_t n_spared);

struct guard {
	int launcher;	       /* pidfd of the process that it waits for */
	const struct run *run; /* payload's pidfd, space, cgroup; borrowed */
	int pidfd;	       /* the guard's own, or -1 */
};

#define GUARD_NONE ((struct guard){-EBADF, NULL, -EBADF})

/**
 * guard_start() - launcher: start the guard of a builder, before the payload is executed
 * @run: borrowed until guard_stop(); its pidfd and cgroup stay open
 * @ret: stays where it is until then: the guard reads it
 *
 * The guard is in a session of its own: a SIGKILL for the launcher's job is not for it.
 * Return: 0 or a negative errno.
 */
int guard_start(const struct run *run, struct guard *ret);

/* Ends it and waits for that; does nothing where none runs. */
void guard_stop(struct guard *g);
