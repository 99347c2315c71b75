// SPDX-License-Identifier: Apache-2.0
/*
 * signals.c - see signals.h
 */
#include "sys/signals.h"

#include <errno.h>
#include <poll.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <unistd.h>

/* struct sigaction as the kernel has it: the handler comes first on every architecture but
 * MIPS, where the flags do. By the system call, for libc keeps some signals to itself and
 * refuses to tell of them. */
union kernel_sigaction {
	unsigned long words[8];
	struct {
#ifdef __mips__
		unsigned int flags;
#endif
		void (*handler)(int);
	} parts;
};

/* What there is to be reset before an exec; signals_take() finds it out. */
static uint64_t may_be_ignored = UINT64_MAX;

static uint64_t ask_ignored(void)
{
	uint64_t ignored = 0;

	for (int s = 1; s < NSIG; s++) {
		union kernel_sigaction act = {{0}};

		if (syscall(SYS_rt_sigaction, s, NULL, &act, NSIG / 8) == 0 &&
		    act.parts.handler == SIG_IGN)
			ignored |= SIGNALS_BIT(s);
	}
	return ignored;
}

void signals_reset(void)
{
	/* All zeros is SIG_DFL. */
	static const union kernel_sigaction dfl;
	sigset_t none;

	for (int s = 1; s < NSIG; s++)
		if (may_be_ignored & SIGNALS_BIT(s))
			syscall(SYS_rt_sigaction, s, &dfl, NULL, NSIG / 8);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
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
	saved->ignored = may_be_ignored = ask_ignored();
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

int signals_wait(int fd, struct signals_info *ret)
{
	struct pollfd ready = {.fd = fd, .events = POLLIN};
	int r = poll(&ready, 1, -1);

	return r < 0 ? -errno : signals_read(fd, ret);
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

bool signals_is_meant(const struct signals_info *info, const struct signals_saved *saved)
{
	return !(saved->ignored & SIGNALS_BIT(info->signo)) ||
	       (info->signo != SIGHUP && !info->is_from_kernel);
}

bool signals_take_ending(int fd, const struct signals_saved *saved)
{
	struct signals_info info;
	bool is_ending = false;

	while (signals_read(fd, &info) > 0)
		is_ending |= signals_is_meant(&info, saved) &&
			     !(info.signo == SIGPIPE && info.is_from_kernel) &&
			     signals_default(info.signo) == SIGNALS_TERMINATE;
	return is_ending;
}

int signals_open_ending(void)
{
	sigset_t ending;
	int fd;

	sigemptyset(&ending);
	for (int signo = 1; signo < NSIG; signo++)
		if (signals_default(signo) == SIGNALS_TERMINATE &&
		    !(signo == SIGHUP && may_be_ignored & SIGNALS_BIT(SIGHUP)))
			sigaddset(&ending, signo);
	fd = signalfd(-1, &ending, SFD_CLOEXEC | SFD_NONBLOCK);
	return fd < 0 ? -errno : fd;
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
