// SPDX-License-Identifier: Apache-2.0
/*
 * streams.c - give the payload's streams to its user
 *
 * /dev/stderr is /proc/self/fd/2, and whoever opens that needs rights on what is behind it: a pipe
 * and a pty are their owner's alone. Given away is the container's own terminal, a pipe that urun
 * has made, and those of an engine, which expects it of a runtime. Pipes, files and terminals of
 * people stay theirs: they open them again themselves.
 */
#include <unistd.h>

#include "stage/stage.h"

static int give(const struct run *run, int stream, struct err *err)
{
	struct stat st;
	int r = fd_stat(stream, &st);

	if (r == 0 && run->console < 0 && !S_ISFIFO(st.st_mode))
		return 0;
	if (r == 0 && st.st_uid != run->user.uid)
		r = fd_set_owner(stream, run->user.uid);
	/* One of an id that the container's map does not have is nobody's to give. It can be
	 * read and written all the same. */
	if (r == 0 || r == -EPERM || r == -EINVAL)
		return 0;
	return err_set(err, r, "give descriptor %d to user %u", stream, run->user.uid);
}

static int apply(struct run *run, struct err *err)
{
	int r = 0;

	for (int i = 0; i <= STDERR_FILENO && r == 0; i++)
		if (run->console >= 0 || run->plan->spec->bundle || run->stdio[i] >= 0)
			r = give(run, i, err);
	return r;
}

const struct stage stage_streams = {"streams", PHASE_LOCK, NULL, apply, true};
