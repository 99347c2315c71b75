// SPDX-License-Identifier: Apache-2.0
/*
 * tty.c - see tty.h
 */
#include "sys/tty.h"

#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "sys/fd.h"
#include "sys/signals.h"

#ifndef TIOCGPTPEER
#define TIOCGPTPEER _IO('T', 0x41)
#endif

bool tty_is(int fd)
{
	struct termios t;

	return tcgetattr(fd, &t) == 0;
}

bool tty_is_foreground(int fd)
{
	pid_t group = tcgetpgrp(fd);

	return group < 0 || group == getpgrp();
}

int tty_raw(struct tty_state *state, int fd)
{
	struct termios raw;

	if (tcgetattr(fd, &state->termios) < 0)
		return -errno;
	raw = state->termios;
	cfmakeraw(&raw);
	if (tcsetattr(fd, TCSADRAIN, &raw) < 0)
		return -errno;
	state->fd = fd;
	state->is_saved = true;
	return 0;
}

void tty_want_signals(int fd)
{
	struct termios t;

	if (tcgetattr(fd, &t) < 0)
		return;
	t.c_lflag |= ISIG;
	tcsetattr(fd, TCSADRAIN, &t);
}

bool tty_wants_return(int fd)
{
	struct termios t;

	return tcgetattr(fd, &t) == 0 && (t.c_oflag & (OPOST | ONLCR)) != (OPOST | ONLCR);
}

void tty_restore(struct tty_state *state)
{
	if (state->is_saved)
		tcsetattr(state->fd, TCSADRAIN, &state->termios);
	state->is_saved = false;
}

void tty_copy_size(int from, int to)
{
	struct winsize size;

	if (ioctl(from, TIOCGWINSZ, &size) == 0)
		ioctl(to, TIOCSWINSZ, &size);
}

int tty_open_pty(int ptmx, int *ret_master, int *ret_slave)
{
	_cleanup_fd_ int master = -EBADF;
	int unlock = 0, slave;

	/* An O_PATH descriptor is opened once more through /proc: here, not in the
	 * rootfs. */
	master = fd_open(AT_FDCWD, fd_path(ptmx).path, O_RDWR | O_NOCTTY);
	if (master < 0)
		return master;
	if (ioctl(master, TIOCSPTLCK, &unlock) < 0)
		return -errno;
	slave = ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (slave < 0)
		return -errno;
	*ret_master = fd_take(&master);
	*ret_slave = slave;
	return 0;
}

int tty_become_controlling(int slave)
{
	if (setsid() < 0 || ioctl(slave, TIOCSCTTY, 0) < 0)
		return -errno;
	return 0;
}

int tty_leave_session(void)
{
	/* EPERM: leads a session already, as PID 1 of a namespace may. */
	return setsid() < 0 && errno != EPERM ? -errno : 0;
}

/* --- a question --- */

struct question {
	int in;
	const char *prompt;
	bool is_secret;
	struct tty_state state;
	struct signals_saved saved;
	int signals; /* owned */
};

/* What was typed before it was asked for would have been shown: it does not count. */
static int hide(struct question *q)
{
	struct termios t;

	if (tcgetattr(q->in, &q->state.termios) < 0)
		return -errno;
	q->state.fd = q->in;
	q->state.is_saved = true;
	t = q->state.termios;
	t.c_lflag &= ~(tcflag_t)ECHO;
	t.c_lflag |= ECHONL | ICANON | ISIG;
	return tcsetattr(q->in, TCSAFLUSH, &t) < 0 ? -errno : 0;
}

static int begin(struct question *q)
{
	int r = q->is_secret ? hide(q) : 0;

	return r < 0 ? r : fd_write_all(STDERR_FILENO, q->prompt, strlen(q->prompt));
}

/* What was typed, and is not taken, must not be read by whoever comes next: a shell would show it,
 * run it, and keep it in its history. */
static void forget(const struct question *q)
{
	tcflush(q->in, TCIFLUSH);
}

/* As if nobody had waited for it. */
static int take_signal(struct question *q, int signo)
{
	if (q->saved.ignored & SIGNALS_BIT(signo))
		return 0;
	if (signals_default(signo) == SIGNALS_TERMINATE) {
		forget(q);
		tty_restore(&q->state);
		signals_give_back(&q->saved);
		kill(getpid(), signo);
		return -EINTR;
	}
	if (signals_default(signo) != SIGNALS_STOP)
		return 0;
	forget(q);
	tty_restore(&q->state);
	signals_stop_self();
	return begin(q);
}

static int read_signal(struct question *q)
{
	struct signals_info info;
	int r = signals_read(q->signals, &info);

	return r > 0 ? take_signal(q, info.signo) : r;
}

/* Return: 1 when there is something to be read. */
static int await(struct question *q)
{
	struct pollfd fds[] = {{q->signals, POLLIN, 0}, {q->in, POLLIN, 0}};

	if (poll(fds, ARRAY_SIZE(fds), -1) < 0)
		return errno == EINTR ? 0 : -errno;
	/* A key that makes a signal counts before what was typed behind it. */
	return fds[0].revents ? read_signal(q) : fds[1].revents != 0;
}

static int read_line(const struct question *q, char *ret, size_t size)
{
	ssize_t n = read(q->in, ret, size);

	if (n < 0)
		return errno == EINTR || errno == EAGAIN ? -EAGAIN : -errno;
	if (n == 0)
		return -ENODATA;
	if (memchr(ret, '\0', (size_t)n))
		return -EINVAL;
	if (ret[n - 1] == '\n')
		n--;
	else if ((size_t)n == size)
		return -E2BIG;
	ret[n] = '\0';
	return 0;
}

/* -EAGAIN: not yet. */
static int get_answer(struct question *q, char *ret, size_t size)
{
	int r = await(q);

	if (r == 0)
		return -EAGAIN;
	return r < 0 ? r : read_line(q, ret, size);
}

int tty_ask(int in, const char *prompt, bool is_secret, char *ret, size_t size)
{
	struct question q = {.in = in, .prompt = prompt, .is_secret = is_secret};
	sigset_t background;
	int r = signals_take(&q.saved, &q.signals);

	if (r < 0)
		return r;
	/* What the kernel stops a job by that is in the background. */
	sigemptyset(&background);
	sigaddset(&background, SIGTTIN);
	sigaddset(&background, SIGTTOU);
	sigprocmask(SIG_UNBLOCK, &background, NULL);
	r = begin(&q);
	if (r == 0)
		do
			r = get_answer(&q, ret, size);
		while (r == -EAGAIN);
	if (r < 0)
		forget(&q);
	tty_restore(&q.state);
	fd_close(&q.signals);
	signals_give_back(&q.saved);
	return r;
}
