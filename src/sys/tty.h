/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tty.h - terminals: the caller's, and the container's own pty
 */
#pragma once

#include <termios.h>

#include "base/err.h"

/* What tty_raw() has to put back; is_saved is false while there is nothing. */
struct tty_state {
	int fd; /* borrowed */
	bool is_saved;
	struct termios termios;
};

/* Has this process a controlling terminal, tty(4)? */
bool tty_has_controlling(void);
bool tty_is(int fd);

/* May this process read and change the terminal without being stopped? True for what is no
 * terminal of its session. */
bool tty_is_foreground(int fd);

/* The group in the foreground of the controlling terminal, if it is another than the caller's; else 0. */
pid_t tty_foreground(void);

/* Puts a process group there; for who has SIGTTOU blocked. */
void tty_set_foreground(pid_t group);

/* Switches the caller's terminal to raw mode. 0 or a negative errno. */
int tty_raw(struct tty_state *state, int fd);
/* In raw mode, too: Ctrl-C and its like are signals for the foreground job. */
void tty_want_signals(int fd);
/* Is it a terminal that does not go back to the start of a line when one ends? It is in raw mode. */
bool tty_wants_return(int fd);
/* Puts a terminal back to what tty_raw() found. */
void tty_restore(struct tty_state *state);

/* Gives terminal @to the window size of terminal @from; nothing when @from is none. */
void tty_copy_size(int from, int to);

/**
 * tty_open_pty() - a new pty in a container's devpts
 * @root:       borrowed: of the container's tree, in which /dev/pts/ptmx is
 * @ret_master: owned by the caller
 * @ret_slave:  owned by the caller; got from the master itself (TIOCGPTPEER), so that no
 * path of the container is trusted (CVE-2025-52565)
 *
 * What stands there may be the payload's: anything but a devpts's own ptmx is refused, and opening
 * it does not wait. Return: 0; -ENOTTY for something else; another negative errno.
 */
int tty_open_pty(int root, int *ret_master, int *ret_slave);
/* The window size of a terminal. 0 or a negative errno. */
int tty_set_size(int fd, uint16_t rows, uint16_t columns);

/* Makes @slave the controlling terminal of a new session. 0 or a negative errno. */
int tty_become_controlling(int slave);

/* A new session without a controlling terminal. 0 or a negative errno. */
int tty_leave_session(void);

/**
 * tty_ask() - ask who sits at a terminal for one line
 * @in:        the terminal
 * @prompt:    printed to standard error
 * @is_secret: what is typed is not shown
 * @ret:       without the end of the line
 * @size:      of @ret
 *
 * The terminal is put back whatever ends it, a signal too: that is then taken as if nobody had
 * waited for it. In the background it waits to be brought to the foreground. Return: 0; -ENODATA
 * when nothing is typed but the end of input; -E2BIG; another negative errno.
 */
int tty_ask(int in, const char *prompt, bool is_secret, char *ret, size_t size);
