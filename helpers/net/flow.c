// SPDX-License-Identifier: Apache-2.0
/*
 * flow.c - one direction of a connection
 *
 * Bytes go from socket to pipe to socket by splice(2) and are never looked at. With no descriptor
 * left for pipes they are copied.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net/forward.h"

#define MOVES_PER_TURN 16 /* of PIPE_BYTES; then it is another's turn */

void side_want_reset(int fd, bool is_wanted)
{
	const struct linger l = {.l_onoff = is_wanted, .l_linger = 0};

	(void)!setsockopt(fd, SOL_SOCKET, SO_LINGER, &l, sizeof(l));
}

void flow_close(struct flow *f)
{
	/* Bytes of this connection must not be the next one's. */
	if (f->held > 0)
		pipe_close(&f->pipe);
	else if (f->pipe.read >= 0)
		pipe_give(&f->pipe);
	f->held = 0;
	f->is_ended = true;
}

static void note_end(struct flow *f, ssize_t n, int why)
{
	if (n < 0 && why == EAGAIN)
		return;
	f->is_ended = true;
	if (n < 0)
		f->from->is_broken = true;
}

/* Into the pipe. Return: bytes. */
static size_t fill(struct flow *f)
{
	ssize_t n = splice(f->from->fd, NULL, f->pipe.write, NULL, PIPE_BYTES,
			   SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
	int why = errno;

	if (n > 0) {
		f->held += (size_t)n;
		return (size_t)n;
	}
	if (f->held == 0)
		pipe_give(&f->pipe);
	note_end(f, n, why);
	return 0;
}

/* Without a pipe: what the other side does not take now stays in the socket. */
static size_t copy(struct flow *f)
{
	static char bytes[64 * 1024];
	ssize_t n = recv(f->from->fd, bytes, sizeof(bytes), MSG_PEEK);

	if (n <= 0) {
		note_end(f, n, errno);
		return 0;
	}
	n = send(f->to->fd, bytes, (size_t)n, 0);
	if (n < 0) {
		f->to->is_broken |= errno != EAGAIN;
		return 0;
	}
	return recv(f->from->fd, bytes, (size_t)n, MSG_TRUNC) < 0 ? 0 : (size_t)n;
}

static size_t take(struct flow *f)
{
	if (f->is_ended)
		return 0;
	return f->pipe.read >= 0 || pipe_take(&f->pipe) ? fill(f) : copy(f);
}

/* Out of the pipe. Return: bytes. */
static size_t drain(struct flow *f)
{
	ssize_t n = 0;

	if (f->held > 0)
		n = splice(f->pipe.read, NULL, f->to->fd, NULL, f->held,
			   SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
	if (n < 0) {
		f->to->is_broken |= errno != EAGAIN;
		return 0;
	}
	f->held -= (size_t)n;
	return (size_t)n;
}

bool flow_is_done(const struct flow *f)
{
	return f->is_ended && f->held == 0;
}

/* An end, where it is one and no reset. */
static void pass_end(struct flow *f)
{
	if (f->pipe.read >= 0)
		pipe_give(&f->pipe);
	if (f->is_shut || f->from->is_broken)
		return;
	f->is_shut = true;
	shutdown(f->to->fd, SHUT_WR);
	side_want_reset(f->to->fd, false);
}

bool flow_move(struct flow *f)
{
	for (size_t i = 0; i < MOVES_PER_TURN; i++) {
		size_t n = take(f) + drain(f);

		/* It wants no more, and there is nobody to ask. */
		if (f->to->is_broken) {
			flow_close(f);
			return false;
		}
		if (flow_is_done(f))
			pass_end(f);
		if (n == 0)
			return false;
	}
	return true;
}
