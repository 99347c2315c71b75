/* SPDX-License-Identifier: Apache-2.0 */
/*
 * run.h - a container in the foreground, from a plan to an exit code
 */
#pragma once

#include "base/arena.h"
#include "base/err.h"
#include "plan/plan.h"
#include "stage/stage.h"

/* What a launcher does that keeps more than a folder in the store, or starts more than a first process.
 * Each may be NULL. 0, or a negative errno with @err filled, and there is no container. */
struct engine_events {
	/* The container's cgroup is there, and nobody is in it. */
	int (*on_placed)(void *data, const struct run *run, struct err *err);
	/* The first process is there, and does not do anything yet that needs mapped ids. */
	int (*on_born)(void *data, const struct run *run, struct err *err);
	/* The container's pty: owned by whoever is told. Else it is relayed to the caller's terminal. */
	int (*on_console)(void *data, int master, struct err *err);
	/* All is mounted, and nothing is hidden yet. */
	int (*on_hooks)(void *data, const struct run *run, struct err *err);
	/* spec.is_announced: the command is found, and comes next. */
	int (*on_ready)(void *data, const struct run *run, struct err *err);
	/* It was executed. */
	void (*on_running)(void *data, const struct run *run);
};

struct engine_job {
	const struct plan *plan; /* borrowed */
	struct arena *arena;	 /* borrowed; for what the run needs until it returns */
	int userns; /* borrowed: that of the files of an image, where plan->want_shift; or -1 */
	int folder; /* borrowed: the container's in the store, where its process is noted; or -1 */
	int gate; /* borrowed: spec.is_held: listens; or -1 */
	const int *
		joins; /* spec.is_exec: the namespaces of the container's, borrowed, or NULL */
	pid_t first_pid; /* spec.is_exec: of the container */
	int cgroup;	 /* spec.is_exec: borrowed: where the process is made; or -1 */
	/* Called with each remark that the user should see; also while the payload runs. */
	void (*note)(const char *text);
	const struct engine_events *events; /* borrowed, or NULL */
	void *data;			    /* for them */
};

/* Nothing but a plan to run. */
#define ENGINE_JOB(plan_, arena_, note_)        \
	((struct engine_job){.plan = (plan_),   \
			     .arena = (arena_), \
			     .userns = -1,      \
			     .folder = -1,      \
			     .gate = -1,        \
			     .cgroup = -1,      \
			     .note = (note_)})

/**
 * engine_run() - start the container that a plan describes and wait for its end
 * @job:      borrowed
 * @ret_code: the payload's exit code, or 128+n when signal n ended it; untouched on
 * failure, and where the payload is detached
 * @err:      why nothing ran; err_exit_code() gives the exit code
 *
 * Runs in the launcher: host namespaces, the caller's uid, no capabilities needed.
 * Forwards signals and, with a terminal, relays it. When it returns, nothing of the
 * container is left; but with spec.is_detached it returns when the payload was executed, or with
 * spec.is_held when its builder waits for that, and all of it is left as it is.
 * Return: 0 when the payload was started; a negative errno when it was not.
 */
int engine_run(const struct engine_job *job, int *ret_code, struct err *err);
