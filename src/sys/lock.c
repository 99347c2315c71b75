// SPDX-License-Identifier: Apache-2.0
/*
 * lock.c - see lock.h
 */
#include "sys/lock.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/time.h>

#include "sys/dir.h"
#include "sys/fd.h"

#define GUARD_MS 500 /* for a guard to end what is left, as a rule; see engine/guard.c */
#define STEP_MS	 10

int lock_range(int fd, struct flock *range)
{
	if (fcntl(fd, F_OFD_SETLK, range) == 0)
		return 0;
	return errno == EACCES ? -EAGAIN : -errno;
}

static void wake(int signo)
{
	(void)signo;
}

int lock_file_within(int fd, bool is_exclusive, int wait_ms)
{
	/* Without SA_RESTART, so that flock(2) ends with it; again and again, in case that it
	 * comes before. */
	const struct timeval each = {wait_ms / 1000, wait_ms % 1000 * 1000};
	struct itimerval timer = {each, each};
	struct sigaction action = {.sa_handler = wake}, old_action;
	sigset_t alarm, old_mask;
	int r;

	sigemptyset(&alarm);
	sigaddset(&alarm, SIGALRM);
	sigaction(SIGALRM, &action, &old_action);
	sigprocmask(SIG_UNBLOCK, &alarm, &old_mask);
	setitimer(ITIMER_REAL, &timer, NULL);
	r = flock(fd, is_exclusive ? LOCK_EX : LOCK_SH) < 0 ? -errno : 0;
	timer = (struct itimerval){0};
	setitimer(ITIMER_REAL, &timer, NULL);
	sigprocmask(SIG_SETMASK, &old_mask, NULL);
	sigaction(SIGALRM, &old_action, NULL);
	return r == -EINTR ? -EAGAIN : r;
}

int lock_file(int fd, bool is_exclusive, bool want_wait)
{
	int op = (is_exclusive ? LOCK_EX : LOCK_SH) | (want_wait ? 0 : LOCK_NB), r;

	do
		r = flock(fd, op);
	while (r < 0 && errno == EINTR);
	return r < 0 ? (errno == EWOULDBLOCK ? -EAGAIN : -errno) : 0;
}

int lock_take(const char *base, const char *folder, const char *name, struct lock *ret)
{
	_cleanup_fd_ int top = fd_open(AT_FDCWD, base, O_PATH | O_DIRECTORY),
			 dir = top < 0 ? top : dir_make_all(top, folder, 0700);
	int waited_ms = 0, r;

	if (dir < 0)
		return dir;
	if (snprintf(ret->path, sizeof(ret->path), "%s/%s/%s", base, folder, name) >=
	    (int)sizeof(ret->path))
		return -ENAMETOOLONG;
	for (;;) {
		_cleanup_fd_ int fd =
			fd_create(dir, name, O_RDWR | O_CREAT | O_NOFOLLOW, 0600);
		struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
		struct stat st;

		if (fd < 0)
			return fd;
		r = lock_range(fd, &whole);
		/* Of a launcher that was killed, its guard lets go when what is left has ended. */
		if (r == -EAGAIN && waited_ms < GUARD_MS) {
			poll(NULL, 0, STEP_MS);
			waited_ms += STEP_MS;
			continue;
		}
		if (r < 0)
			return r;
		r = fd_stat(fd, &st);
		if (r < 0)
			return r;
		/* Its last holder removed it between our open and our lock: once more. */
		if (st.st_nlink == 0)
			continue;
		ret->fd = fd_take(&fd);
		return 0;
	}
}

void lock_drop(struct lock *lock)
{
	if (lock->fd < 0)
		return;
	unlink(lock->path);
	fd_close(&lock->fd);
}
