// SPDX-License-Identifier: Apache-2.0
/*
 * gate.c - see gate.h
 */
#include "engine/gate.h"

#include "sys/dir.h"
#include "sys/fd.h"

#define GATE "gate"

int gate_make(int folder, int *ret)
{
	return channel_listen(folder, GATE, ret);
}

int gate_wait(int gate, struct channel *ret)
{
	for (;;) {
		struct channel c = {-EBADF};
		struct frame f = {0};
		int r = channel_accept(gate, &c);

		if (r < 0)
			return r;
		r = channel_recv(&c, &f);
		while (f.n_fds > 0)
			fd_close(&f.fds[--f.n_fds]);
		if (r == 0 && f.msg == MSG_GO) {
			*ret = c;
			return 0;
		}
		channel_close(&c);
	}
}

int gate_open(int folder, struct channel *ret)
{
	struct channel c = {-EBADF};
	int r = channel_connect(folder, GATE, &c);

	if (r == 0)
		r = channel_send(&c, MSG_GO);
	if (r < 0)
		channel_close(&c);
	else
		*ret = c;
	return r == -EPIPE ? -ECONNREFUSED : r;
}

bool gate_is_watched(int folder)
{
	struct channel c = {-EBADF};
	int r = channel_connect(folder, GATE, &c);

	channel_close(&c);
	return r == 0;
}

void gate_remove(int folder)
{
	dir_unlink(folder, GATE, 0);
}
