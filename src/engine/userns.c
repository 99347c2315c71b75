// SPDX-License-Identifier: Apache-2.0
/*
 * userns.c - see userns.h
 */
#include "engine/userns.h"

#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "plan/plan.h"
#include "stage/stage.h"
#include "sys/apparmor.h"
#include "sys/cred.h"
#include "sys/fd.h"
#include "sys/process.h"

/* Holds the namespace until it is held by a descriptor. */
static _noreturn_ void keep(int wait)
{
	char nothing;

	process_die_with_parent(SIGKILL);
	fd_read_now(wait, &nothing, 1);
	_exit(0);
}

static int open_of(struct run *run, int *ret, struct err *err)
{
	char path[32];
	int r = stage_idmap.apply(run, err);

	if (r < 0)
		return r;
	snprintf(path, sizeof(path), "/proc/%d/ns/user", (int)run->pid);
	r = fd_open(AT_FDCWD, path, O_RDONLY);
	if (r < 0)
		return err_set(err, r, "open '%s'", path);
	*ret = r;
	return 0;
}

static int make(const struct plan *plan, struct arena *a, int *ret, struct err *err)
{
	struct run run = {.plan = plan, .arena = a, .pidfd = -EBADF};
	struct apparmor_cause cause;
	_cleanup_fd_ int wait = -EBADF, hold = -EBADF;
	int ends[2], code, r = fd_pipe(ends);

	if (r < 0)
		return err_set(err, r, "make a pipe");
	wait = ends[0];
	hold = ends[1];
	run.pid = process_clone(CLONE_NEWUSER, -1, &run.pidfd);
	if (run.pid == 0) {
		fd_close(&hold);
		keep(wait);
	}
	if (run.pid < 0) {
		err_set(err, run.pid, "make a user namespace for the image's files");
		if ((run.pid == -EPERM || run.pid == -EACCES) &&
		    apparmor_restricts_userns(a, &cause))
			return apparmor_hint(&cause, run.pid, err);
		return err_hint(err, run.pid, "'urun doctor' tells what forbids it");
	}
	r = open_of(&run, ret, err);
	process_kill(run.pidfd, SIGKILL);
	process_wait(run.pidfd, &code);
	fd_close(&run.pidfd);
	return r;
}

int userns_open(const struct host *host, struct arena *a, struct userns *ret,
		void (*note)(const char *text), struct err *err)
{
	struct spec *spec = arena_new(a, struct spec);
	struct plan plan;
	int fd = -1, r;

	spec_init(spec, a);
	r = plan_build(&plan, spec, host, a, err);
	if (r == 0 && plan.map.rung != MAP_NONE)
		r = make(&plan, a, &fd, err);
	if (r < 0)
		return r;
	for (size_t i = 0; note && i < plan.notes.n; i++)
		note(plan.notes.v[i]);
	*ret = (struct userns){fd, plan.map.rung == MAP_SINGLE};
	return 0;
}

void userns_close(struct userns *u)
{
	fd_close(&u->fd);
}

static _noreturn_ void call_child(const struct userns *u, int (*fn)(void *data),
				  void *data)
{
	int r = process_die_with_parent(SIGKILL);

	if (r == 0 && u->fd >= 0) {
		r = process_join(u->fd, CLONE_NEWUSER);
		if (r == 0)
			r = cred_set_ids(0, 0, NULL, 0);
		/* The change of ids forgot it. */
		if (r == 0)
			r = process_die_with_parent(SIGKILL);
	}
	if (r == 0)
		r = fn(data);
	_exit(r < 0 ? MIN(-r, 255) : 0);
}

int userns_call(const struct userns *u, int (*fn)(void *data), void *data)
{
	_cleanup_fd_ int pidfd = -EBADF;
	int code = 0, r;
	pid_t pid = process_clone(0, -1, &pidfd);

	if (pid == 0)
		call_child(u, fn, data);
	if (pid < 0)
		return pid;
	r = process_wait(pidfd, &code);
	return r < 0 ? r : -code;
}
