// SPDX-License-Identifier: Apache-2.0
/*
 * signals.c - see signals.h
 */
#include "sys/signals.h"

#include <sys/signalfd.h>
#include <unistd.h>

static void note_ignored(sigset_t *ret)
{
	sigemptyset(ret);
	for (int signo = 1; signo < NSIG; signo++) {
		struct sigaction act;

		if (sigaction(signo, NULL, &act) == 0 && act.sa_handler == SIG_IGN)
			sigaddset(ret, signo);
	}
}

int signals_take(struct signals_saved *saved, int *ret_fd)
{
	struct sigaction dfl = {.sa_handler = SIG_DFL};
	sigset_t all;
	int fd;

	sigfillset(&all);
	fd = signalfd(-1, &all, SFD_CLOEXEC | SFD_NONBLOCK);
	if (fd < 0)
		return -errno;
	note_ignored(&saved->ignored);
	sigaction(SIGCHLD, &dfl, NULL);
	sigprocmask(SIG_SETMASK, &all, &saved->mask);
	*ret_fd = fd;
	return 0;
}

void signals_give_back(const struct signals_saved *saved)
{
	sigprocmask(SIG_SETMASK, &saved->mask, NULL);
}

int signals_read(int fd, struct signals_info *ret)
{
	struct signalfd_siginfo info;
	ssize_t n = read(fd, &info, sizeof(info));

	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -errno;
	if (n != sizeof(info))
		return -EIO;
	ret->signo = (int)info.ssi_signo;
	ret->is_from_kernel = info.ssi_code > 0;
	return 1;
}

enum signals_default signals_default(int signo)
{
	switch (signo) {
	case SIGCHLD:
	case SIGURG:
	case SIGWINCH:
		return SIGNALS_IGNORE;
	case SIGCONT:
		return SIGNALS_CONTINUE;
	case SIGSTOP:
	case SIGTSTP:
	case SIGTTIN:
	case SIGTTOU:
		return SIGNALS_STOP;
	default:
		return SIGNALS_TERMINATE;
	}
}

void signals_ignore_file_limit(void)
{
	struct sigaction ignore = {.sa_handler = SIG_IGN};

	sigaction(SIGXFSZ, &ignore, NULL);
}

void signals_stop_self(void)
{
	kill(getpid(), SIGSTOP);
}

bool signals_has_ending(void)
{
	sigset_t pending;

	if (sigpending(&pending) < 0)
		return false;
	for (int signo = 1; signo < NSIG; signo++)
		if (sigismember(&pending, signo) == 1 &&
		    signals_default(signo) == SIGNALS_TERMINATE)
			return true;
	return false;
}
