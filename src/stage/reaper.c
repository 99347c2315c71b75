// SPDX-License-Identifier: Apache-2.0
/*
 * reaper.c - PID 1 of a sandbox: what was the builder
 *
 * Its child becomes the payload. It tells the launcher when that is executed and when it has ended, hands
 * on what signals come from outside, and lives for as long as anybody in the sandbox does. It has no more
 * rights than the payload, and no descriptor but those that the caller wants to be open as long.
 *
 * The payload must not look into it: it has no filter, and the memory of a fork of the launcher. Who is told
 * its number, though, opens its namespaces in /proc, and should be let: then it executes urun-reaper, whose
 * memory belongs to the sandbox's user namespace, over which the caller has all rights, and a payload without
 * CAP_SYS_PTRACE none. See reaper_is_in_sight().
 */
#include <linux/capability.h>
#include <signal.h>
#include <unistd.h>

#include "stage/stage.h"
#include "sys/lock.h"
#include "sys/process.h"
#include "sys/reap.h"

/* Locks are this process's for as long as the files are open. */
static int lock_files(const struct strv *files, int *fds, struct err *err)
{
	for (size_t i = 0; i < files->n; i++) {
		struct flock all = {.l_type = F_RDLCK, .l_whence = SEEK_SET};
		int r;

		fds[i] = fd_open(AT_FDCWD, files->v[i], O_RDONLY);
		r = fds[i] < 0 ? fds[i] : lock_range(fds[i], &all);
		if (r < 0)
			return err_set(err, r, "lock '%s'", files->v[i]);
	}
	return 0;
}

bool reaper_is_in_sight(const struct plan *p)
{
	const struct spec *s = p->spec;

	return s->wants_ns_numbers && s->ns[NS_USER].mode == NS_MODE_PRIVATE &&
	       s->ns[NS_PID].mode != NS_MODE_PATH && !s->userns.has_after &&
	       !(s->security.caps.bounding & (1ULL << CAP_SYS_PTRACE));
}

bool reaper_is_program(const struct plan *p)
{
	return p->spec->process.want_reaper && reaper_is_in_sight(p);
}

/* @hidden: written to when nobody can look into the program any more. */
static int exec_reaper(const struct run *run, const struct reap *reap, int hidden,
		       const int *keep, size_t n_keep)
{
	struct strv argv = {0}, env = {0};
	int r = fd_inherit(hidden);

	strv_push(run->arena, &argv, "urun-reaper");
	strv_pushf(run->arena, &argv, "%d", reap->channel);
	strv_pushf(run->arena, &argv, "%d", reap->started);
	strv_pushf(run->arena, &argv, "%d", reap->pidfd);
	strv_pushf(run->arena, &argv, "%d", (int)reap->payload);
	strv_pushf(run->arena, &argv, "%d", reap->keeps_session);
	strv_pushf(run->arena, &argv, "%d", hidden);
	strv_env_set(run->arena, &env, "LANG=C");
	for (size_t i = 0; r == 0 && i < n_keep; i++)
		if (keep[i] >= 0)
			r = fd_inherit(keep[i]);
	return r < 0 ? r : process_exec_fd(run->init, argv.v, env.v);
}

static _noreturn_ void become_reaper(struct run *run, const struct reap *reap, int hidden,
				     const int *keep, size_t n_keep)
{
	struct err err = {0};
	int r;

	if (run->init < 0)
		reap_serve(reap);
	r = exec_reaper(run, reap, hidden, keep, n_keep);
	process_kill(reap->pidfd, SIGKILL);
	err_set(&err, r, "execute urun-reaper");
	channel_send_err(&run->channel, MSG_ERROR, &err);
	_exit(ERR_EXIT_FAILED);
}

int reaper_split(struct run *run, struct err *err)
{
	const struct spec_process *p = &run->plan->spec->process;
	size_t n_keep = p->lock_files.n;
	int *keep = arena_alloc(run->arena, sizeof(int) * (n_keep + p->n_sync_fds + 5));
	int ends[2], hidden[] = {-EBADF, -EBADF}, pidfd = -EBADF,
		     r = lock_files(&p->lock_files, keep, err);
	pid_t pid, reaper = getpid();
	char nothing;

	if (r < 0)
		return r;
	r = fd_pipe(ends);
	if (r == 0 && run->init >= 0)
		r = fd_pipe(hidden);
	if (r < 0)
		return err_set(err, r, "make a pipe for the payload's start");
	/* Those that come while it is not heard are not lost. */
	process_block_signals(NULL);
	pid = process_clone(0, -1, &pidfd);
	if (pid < 0)
		return err_set(err, pid, "make the payload's process");
	if (pid == 0) {
		/* The other end goes with exec. */
		fd_close(&ends[0]);
		fd_close(&hidden[1]);
		/* It has failed, and has said so. */
		if (run->init >= 0 && fd_read_now(hidden[0], &nothing, 1) != 1)
			_exit(ERR_EXIT_FAILED);
		fd_close(&hidden[0]);
		fd_close(&run->init);
		for (size_t i = 0; i < p->n_sync_fds; i++)
			fd_close(&(int){p->sync_fds[i]});
		if (p->keeps_running)
			return 0;
		/* Killed before that, it would leave this process behind. */
		r = process_die_with_parent(SIGKILL);
		if (r == 0 && getppid() != reaper)
			r = -ESRCH;
		return r < 0 ? err_set(err, r, "tie the payload to its reaper") : 0;
	}
	keep[n_keep++] = run->channel.fd;
	keep[n_keep++] = ends[0];
	keep[n_keep++] = pidfd;
	for (size_t i = 0; i < p->n_sync_fds; i++)
		keep[n_keep++] = p->sync_fds[i];
	keep[n_keep++] = run->init;
	keep[n_keep++] = hidden[1];
	fd_close_all_but(0, keep, n_keep);
	if (p->keeps_running)
		process_die_with_parent(0);
	become_reaper(run,
		      &(struct reap){.channel = run->channel.fd,
				     .started = ends[0],
				     .pidfd = pidfd,
				     .payload = pid,
				     .keeps_session = p->keeps_session},
		      hidden[1], keep, n_keep - 2);
}
