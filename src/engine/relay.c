// SPDX-License-Identifier: Apache-2.0
/*
 * relay.c - see relay.h
 */
#include "engine/relay.h"

#include <unistd.h>

#include "sys/fd.h"
#include "sys/signals.h"

#define CTRL_D '\004'

void relay_add(struct relay *r, int from, bool owns_from, int to, bool owns_to,
	       char *buffer)
{
	r->flows[r->n_flows++] = (struct flow){
		.from = from,
		.to = to,
		.owns_from = owns_from,
		.owns_to = owns_to,
		.buffer = buffer,
	};
}

static bool is_over(const struct flow *f)
{
	return f->from < 0 && f->start == f->end;
}

static void end_input(struct flow *f)
{
	if (f->owns_from)
		fd_close(&f->from);
	f->from = -EBADF;
	/* In the middle of a line the first one only hands over the line. */
	for (int n = f->is_in_line ? 2 : 1; f->is_pty_input && n > 0; n--)
		if (f->end < RELAY_BUFFER_BYTES)
			f->buffer[f->end++] = CTRL_D;
}

static void end_output(struct flow *f)
{
	if (f->to >= 0 && f->owns_to)
		fd_close(&f->to);
	f->to = -EBADF;
}

size_t relay_poll(const struct relay *r, struct pollfd *fds)
{
	size_t n = 0;

	for (size_t i = 0; i < r->n_flows; i++) {
		const struct flow *f = &r->flows[i];

		if (f->to < 0)
			continue;
		if (f->start < f->end)
			fds[n++] = (struct pollfd){.fd = f->to, .events = POLLOUT};
		else if (f->from >= 0)
			fds[n++] = (struct pollfd){.fd = f->from, .events = POLLIN};
	}
	return n;
}

static void flow_read(struct flow *f)
{
	int n = fd_read_now(f->from, f->buffer, RELAY_BUFFER_BYTES - 2);

	if (n == -EAGAIN)
		return;
	f->start = 0;
	f->end = n > 0 ? (size_t)n : 0;
	if (n > 0)
		f->is_in_line = f->buffer[n - 1] != '\n';
	/* EIO is how a pty says that its other side is closed. */
	if (n <= 0)
		end_input(f);
}

static void flow_write(struct flow *f)
{
	/* A pipe that polls writable takes this much without blocking, pipe(7). */
	size_t len = MIN(f->end - f->start, (size_t)4096);
	int n = fd_write_now(f->to, f->buffer + f->start, len);

	if (n == -EAGAIN)
		return;
	if (n < 0) {
		/* Nobody reads any more: the payload learns it by its own next write. */
		f->start = f->end = 0;
		end_input(f);
		f->start = f->end = 0;
		end_output(f);
		return;
	}
	f->start += (size_t)n;
}

static void settle(struct flow *f)
{
	if (is_over(f))
		end_output(f);
}

void relay_move(struct relay *r, const struct pollfd *fds, size_t n_fds)
{
	for (size_t i = 0; i < r->n_flows; i++) {
		struct flow *f = &r->flows[i];

		for (size_t k = 0; k < n_fds; k++) {
			if (!fds[k].revents || f->to < 0)
				continue;
			if (fds[k].events == POLLIN && fds[k].fd == f->from &&
			    f->start == f->end)
				flow_read(f);
			else if (fds[k].events == POLLOUT && fds[k].fd == f->to &&
				 f->start < f->end)
				flow_write(f);
		}
		settle(f);
	}
}

/* Is there a reader for the next bytes? Waits for one, unless the caller is in a hurry. */
static bool wait_for_reader(int to, bool *is_hurried, int signals,
			    const struct signals_saved *saved)
{
	for (;;) {
		struct pollfd p[] = {{.fd = to, .events = POLLOUT},
				     {.fd = signals, .events = POLLIN}};

		if (poll(p, ARRAY_SIZE(p), *is_hurried ? 0 : -1) < 0)
			continue;
		if (p[0].revents || *is_hurried)
			return p[0].revents;
		*is_hurried = signals_take_ending(signals, saved);
	}
}

bool relay_drain(struct relay *r, bool is_hurried, int signals,
		 const struct signals_saved *saved)
{
	for (size_t i = 0; i < r->n_flows; i++) {
		struct flow *f = &r->flows[i];

		/* Only what comes out of the container: its ends are the owned sources.
		 */
		while (f->owns_from && f->to >= 0) {
			struct pollfd p = {.fd = f->from, .events = POLLIN};

			if (f->start < f->end) {
				if (!wait_for_reader(f->to, &is_hurried, signals, saved))
					break;
				flow_write(f);
				continue;
			}
			if (f->from < 0 || poll(&p, 1, 0) <= 0)
				break;
			flow_read(f);
		}
	}
	return is_hurried;
}

void relay_close(struct relay *r)
{
	for (size_t i = 0; i < r->n_flows; i++) {
		r->flows[i].is_pty_input = false;
		end_input(&r->flows[i]);
		end_output(&r->flows[i]);
	}
	r->n_flows = 0;
}
