// SPDX-License-Identifier: Apache-2.0
/*
 * tty.c - see tty.h
 */
#include "sys/tty.h"

#include <linux/magic.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "sys/fd.h"
#include "sys/path.h"
#include "sys/signals.h"

#ifndef TIOCGPTPEER
#define TIOCGPTPEER _IO('T', 0x41)
#endif

bool tty_has_controlling(void)
{
	_cleanup_fd_ int fd =
		fd_open(AT_FDCWD, "/dev/tty", O_RDONLY | O_NOCTTY | O_NONBLOCK);

	return fd >= 0;
}

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

static int open_controlling(void)
{
	return fd_open(AT_FDCWD, "/dev/tty", O_RDWR | O_NOCTTY | O_NONBLOCK);
}

pid_t tty_foreground(void)
{
	_cleanup_fd_ int fd = open_controlling();
	pid_t group = fd < 0 ? 0 : tcgetpgrp(fd);

	return group <= 0 || group == getpgrp() ? 0 : group;
}

void tty_set_foreground(pid_t group)
{
	_cleanup_fd_ int fd = open_controlling();

	if (fd >= 0)
		tcsetpgrp(fd, group);
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

int tty_set_size(int fd, uint16_t rows, uint16_t columns)
{
	struct winsize size = {.ws_row = rows, .ws_col = columns};

	return ioctl(fd, TIOCSWINSZ, &size) < 0 ? -errno : 0;
}

/* 5:2 is a number that anybody with a device node has; in devpts it is a multiplexer. */
static int check_ptmx(int fd)
{
	struct statfs fs;
	struct stat st;

	if (fstatfs(fd, &fs) < 0 || fstat(fd, &st) < 0)
		return -errno;
	return (unsigned long)fs.f_type == DEVPTS_SUPER_MAGIC && S_ISCHR(st.st_mode) &&
			       st.st_rdev == makedev(5, 2)
		       ? 0
		       : -ENOTTY;
}

int tty_open_pty(int root, int *ret_master, int *ret_slave)
{
	_cleanup_fd_ int master = -EBADF;
	int unlock = 0, slave, r;

	/* At once, and not first with O_PATH: that would have to be opened again through /proc,
	 * which is the payload's where it runs already. */
	master = path_open_in(root, "/dev/pts/ptmx",
			      O_RDWR | O_NOCTTY | O_NOFOLLOW | O_NONBLOCK);
	if (master < 0)
		return master;
	r = check_ptmx(master);
	if (r < 0)
		return r;
	if (fcntl(master, F_SETFL, O_RDWR) < 0 || ioctl(master, TIOCSPTLCK, &unlock) < 0)
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
