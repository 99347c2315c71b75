// SPDX-License-Identifier: Apache-2.0
/*
 * pipes.c - see forward.h
 *
 * A connection holds one only while bytes are on their way: thousands that are idle cost nothing.
 */
#include <fcntl.h>
#include <unistd.h>

#include "net/forward.h"

#define MAX_KEPT 32

static struct pipe kept[MAX_KEPT];
static size_t n_kept;

bool pipe_take(struct pipe *ret)
{
	int ends[2];

	if (n_kept > 0) {
		*ret = kept[--n_kept];
		return true;
	}
	if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) < 0)
		return false;
	*ret = (struct pipe){ends[0], ends[1]};
	/* Less will do, where the user's pipes have their share of memory already, pipe(7). */
	(void)!fcntl(ret->write, F_SETPIPE_SZ, (int)PIPE_BYTES);
	return true;
}

void pipe_close(struct pipe *p)
{
	close(p->read);
	close(p->write);
	*p = NO_PIPE;
}

bool pipes_close(void)
{
	bool is_any = n_kept > 0;

	while (n_kept > 0)
		pipe_close(&kept[--n_kept]);
	return is_any;
}

void pipe_give(struct pipe *p)
{
	if (n_kept == MAX_KEPT) {
		pipe_close(p);
		return;
	}
	kept[n_kept++] = *p;
	*p = NO_PIPE;
}
