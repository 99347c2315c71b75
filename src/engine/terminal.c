// SPDX-License-Identifier: Apache-2.0
/*
 * terminal.c - the caller's terminal and streams, while a container has them
 */
#include "engine/session.h"
#include "sys/process.h"

/* A job in the background that touches its terminal is stopped until the shell says `fg`. The
 * kernel does so by signals, and those are blocked here. */
static bool wait_for_foreground(void)
{
	while (!tty_is_foreground(STDIN_FILENO)) {
		/* It was continued to hear of its end. */
		if (signals_has_ending())
			return false;
		signals_stop_self();
	}
	return true;
}

void session_use_terminal(struct session *s)
{
	if (!tty_is(STDIN_FILENO) || !wait_for_foreground())
		return;
	tty_raw(&s->tty, STDIN_FILENO);
	/* Nothing is typed into the container without -i: Ctrl-C is for urun then. */
	if (!s->run.plan->spec->process.want_stdin)
		tty_want_signals(STDIN_FILENO);
	tty_copy_size(STDIN_FILENO, s->console);
}

void session_stop_self(struct session *s)
{
	bool was_raw = s->tty.is_saved;

	tty_restore(&s->tty);
	signals_stop_self();
	if (was_raw)
		session_use_terminal(s);
}

/* A terminal that polls writable may have room for less than is written, and then the write
 * would block. The caller's own description of it has to stay as it is: another one. */
static void relay_to_caller(struct session *s, int from, int stream, char *buffer)
{
	int to = tty_is(stream) ? fd_open(AT_FDCWD, fd_path(stream).path,
					  O_WRONLY | O_NONBLOCK | O_NOCTTY)
				: -EBADF;

	relay_add(&s->relay, from, true, to < 0 ? stream : to, to >= 0, buffer);
}

void session_start_relay(struct session *s)
{
	static char buffers[3][RELAY_BUFFER_BYTES];

	if (s->console >= 0) {
		session_use_terminal(s);
		/* Without -i nothing is typed into the container. */
		if (s->run.plan->spec->process.want_stdin) {
			relay_add(&s->relay, STDIN_FILENO, false, s->console, false,
				  buffers[0]);
			s->relay.flows[0].is_pty_input = !s->tty.is_saved;
		}
		relay_to_caller(s, s->console, STDOUT_FILENO, buffers[1]);
		return;
	}
	for (int i = 0; i <= STDERR_FILENO; i++) {
		if (s->run.relay[i] < 0)
			continue;
		if (i == STDIN_FILENO)
			relay_add(&s->relay, i, false, s->run.relay[i], true, buffers[i]);
		else
			relay_to_caller(s, s->run.relay[i], i, buffers[i]);
	}
}

void session_let_go_of_stdio(struct session *s)
{
	const struct spec_process *p = &s->run.plan->spec->process;
	_cleanup_fd_ int null = fd_open(AT_FDCWD, "/dev/null", O_RDWR);

	for (int i = 0; i <= STDERR_FILENO; i++)
		fd_close(&s->run.stdio[i]);
	for (uint32_t i = 0; i < p->preserve_fds; i++)
		fd_close(&(int){3 + (int)i});
	for (size_t i = 0; i < p->n_kept_fds; i++)
		fd_close(&(int){p->kept_fds[i]});
	if (s->console >= 0 || null < 0)
		return;
	if (p->want_stdin && s->run.relay[STDIN_FILENO] < 0)
		fd_replace(null, STDIN_FILENO);
	if (s->run.relay[STDOUT_FILENO] < 0)
		fd_replace(null, STDOUT_FILENO);
}

void session_check_input(struct session *s, const struct pollfd *fds, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (fds[i].fd == STDIN_FILENO && fds[i].revents &&
		    !tty_is_foreground(STDIN_FILENO) && !signals_has_ending())
			session_stop_self(s);
}
