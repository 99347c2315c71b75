/* SPDX-License-Identifier: Apache-2.0 */
/*
 * relay.h - bytes between the caller's terminal and the container
 *
 * At most three flows: the caller's input to the container, its output, its errors. A
 * flow has one buffer; it reads only when that is empty and writes only when the other
 * side is ready, so a slow reader slows the payload and nothing is lost.
 */
#pragma once

#include <poll.h>

#include "base/err.h"
#include "sys/signals.h"

#define RELAY_BUFFER_BYTES 16384
#define RELAY_MAX_FLOWS	   3
#define RELAY_MAX_POLLS	   RELAY_MAX_FLOWS

struct flow {
	int from, to; /* borrowed or owned, see is_owned; -1: the flow has ended */
	bool owns_from, owns_to;
	bool is_pty_input; /* at the end of the input, ^D is typed */
	bool is_in_line;   /* the last byte that came was no newline */
	size_t start, end; /* what the buffer holds */
	char *buffer;
};

struct relay {
	struct flow flows[RELAY_MAX_FLOWS];
	size_t n_flows;
};

/* Adds a flow; @buffer is borrowed, RELAY_BUFFER_BYTES long. */
void relay_add(struct relay *r, int from, bool owns_from, int to, bool owns_to,
	       char *buffer);

/* Appends what the flows wait for to @fds. Return: how many were added. */
size_t relay_poll(const struct relay *r, struct pollfd *fds);

/* Moves bytes for the poll results that relay_poll() asked for. */
void relay_move(struct relay *r, const struct pollfd *fds, size_t n_fds);

/* After the payload's end: moves what is still there to the caller, without waiting for
 * more. With @is_hurried it does not wait for a slow reader either; else it does until
 * @signals, a signalfd, tells of one that ends this program: see signals_take_ending().
 * Return: is the caller in a hurry? */
bool relay_drain(struct relay *r, bool is_hurried, int signals,
		 const struct signals_saved *saved);

/* Ends all flows. */
void relay_close(struct relay *r);
