// SPDX-License-Identifier: Apache-2.0
/*
 * reaper.c - PID 1 of a sandbox: what was the builder
 *
 * Its child becomes the payload. It tells the launcher when that is executed and when it has ended, hands
 * on what signals come from outside, and lives for as long as anybody in the sandbox does. It has no more
 * rights than the payload, and no descriptor but those that the caller wants to be open as long.
 */
#include <signal.h>
#include <unistd.h>

#include "stage/stage.h"
#include "sys/cred.h"
#include "sys/lock.h"
#include "sys/process.h"
#include "sys/signals.h"

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

/* Takes note of all that have ended. Return: are there children left? */
static bool reap(const struct run *run, pid_t payload, int *code)
{
	bool has_reaped = true, has_any = true;

	if (process_has_stopped(payload))
		channel_send(&run->channel, MSG_STOPPED);
	while (has_reaped && has_any)
		if (process_reap(payload, code, &has_reaped, &has_any))
			channel_send_fds(&run->channel, MSG_ENDED, NULL, 0, *code);
	return has_any;
}

/* With the payload's end nobody is left to be told. */
static _noreturn_ void serve(const struct run *run, pid_t payload, int pidfd, int started)
{
	struct signals_saved saved;
	struct signals_info info;
	int signals = -EBADF, code = 0;
	char nothing;

	/* Until exec has closed the other end, or the payload could not be executed and has said so. */
	fd_read_now(started, &nothing, 1);
	channel_send(&run->channel, MSG_RUNNING);
	if (signals_take(&saved, &signals) < 0)
		_exit(ERR_EXIT_FAILED);
	while (reap(run, payload, &code)) {
		if (signals_wait(signals, &info) <= 0 || info.signo == SIGCHLD)
			continue;
		/* The terminal tells its whole job, and the payload is in it. */
		if (info.is_from_kernel && run->plan->spec->process.keeps_session)
			continue;
		process_kill(pidfd, info.signo);
	}
	_exit(code);
}

int reaper_split(struct run *run, struct err *err)
{
	const struct spec_process *p = &run->plan->spec->process;
	size_t n_keep = p->lock_files.n;
	int *keep = arena_alloc(run->arena, sizeof(int) * (n_keep + 4));
	int ends[2], pidfd = -EBADF, r = lock_files(&p->lock_files, keep, err);
	pid_t pid, reaper = getpid();

	if (r < 0)
		return r;
	r = fd_pipe(ends);
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
		if (p->has_sync_fd)
			close(p->sync_fd);
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
	keep[n_keep++] = p->has_sync_fd ? p->sync_fd : -1;
	fd_close_all_but(0, keep, n_keep);
	if (p->keeps_running)
		process_die_with_parent(0);
	serve(run, pid, pidfd, ends[0]);
}
