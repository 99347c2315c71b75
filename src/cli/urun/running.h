/* SPDX-License-Identifier: Apache-2.0 */
/*
 * running.h - containers for verbs that take them whether they run or not
 */
#pragma once

#include "cli/urun/images.h"
#include "engine/inside.h"

/* One that runs, for as long as its mounts are used. */
struct running {
	struct inside inside;
	int use; /* see container_use(), owned */
};

#define RUNNING_NONE ((struct running){.inside = INSIDE_NONE, .use = -EBADF})

void running_close(struct running *r);
#define _cleanup_running_ _cleanup_(running_close)

/**
 * running_or_held() - find a container and see to it that it stays as it is: running, or not
 * @word:       a kept one, or a throw-away one that runs
 * @ret_folder: its folder; held when it does not run
 * @ret:        RUNNING_NONE when it does not
 *
 * Return: 0 or a negative errno with @err filled.
 */
int running_or_held(struct images *m, const char *word, struct container *ret_container,
		    int *ret_folder, struct running *ret, struct err *err);

/* Its namespaces, or NULL. */
const struct inside *running_inside(const struct running *r);

/**
 * running_cgroup() - open the cgroup of a container that runs
 * @ret:       owned by the caller
 * @ret_state: what container_read_state() says; NULL: not wanted
 *
 * Return: 0; -ESRCH when it does not run, -ENOTSUP when it has none of its own, with @err filled.
 */
int running_cgroup(struct images *m, const struct container *c, int *ret,
		   struct container_state *ret_state, struct err *err);

/**
 * running_freeze() - stop all processes of a container, or let them go on
 *
 * Return: 0; -EALREADY when it is so; what running_cgroup() returned; -ETIMEDOUT when a process did not
 * stop: then all go on.
 */
int running_freeze(struct images *m, const struct container *c, bool is_frozen,
		   struct err *err);

/* A container that is stopped for a while. */
struct pause {
	int hold;  /* a pipe's end, owned: as long as it is open */
	int pidfd; /* who waits for that, owned */
};

#define PAUSE_NONE ((struct pause){-EBADF, -EBADF})

/**
 * running_pause() - stop a container until pause_end(), or the end of this process
 * @ret: nothing, for one that is paused already
 *
 * A process of its own lets it go on, so that nothing stays stopped when this one is killed.
 * Return: 0, or what running_freeze() returned.
 */
int running_pause(struct images *m, const struct container *c, struct pause *ret,
		  struct err *err);
void pause_end(struct pause *p);
#define _cleanup_pause_ _cleanup_(pause_end)

/**
 * running_process() - find the first process of a container that runs
 * @ret_pidfd: owned by the caller; while that is alive @ret_pid is its number
 *
 * Return: 0; -ESRCH when it does not run, or not yet, with @err filled.
 */
int running_process(struct images *m, const struct container *c, int *ret_pidfd,
		    pid_t *ret_pid, struct err *err);

/* The container that was made last, whether it runs or not. 0; -ENOENT when there is none. */
int running_latest(struct images *m, struct container *ret, struct err *err);
