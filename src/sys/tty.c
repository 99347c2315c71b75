// SPDX-License-Identifier: Apache-2.0
/*
 * tty.c - see tty.h
 */
#include "sys/tty.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include "sys/fd.h"

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
