// SPDX-License-Identifier: Apache-2.0
/*
 * stdio.c - what the payload gets for its standard streams
 *
 * Files, pipes and sockets of the caller are handed on as they are: no byte is copied. A
 * terminal is not: with it the payload could read what is typed elsewhere, or push input
 * into it (CVE-2017-5226). It becomes a pipe that the launcher relays, or the container's
 * own pty.
 */
#include <unistd.h>

#include "stage/stage.h"
#include "sys/tty.h"

static int use_pipe(struct run *run, int stream, struct err *err)
{
	int ends[2], r = fd_pipe(ends);

	if (r < 0)
		return err_set(err, r, "make a pipe for the terminal on descriptor %d",
			       stream);
	run->stdio[stream] = stream == STDIN_FILENO ? ends[0] : ends[1];
	run->relay[stream] = stream == STDIN_FILENO ? ends[1] : ends[0];
	return 0;
}

static int apply(struct run *run, struct err *err)
{
	const struct spec_process *p = &run->plan->spec->process;
	int r;

	/* All three are the pty, see console.c; or an engine's own, which stay when urun goes. */
	if (p->want_terminal || run->plan->spec->is_detached || p->want_caller_stdio)
		return 0;
	if (!p->want_stdin) {
		run->stdio[STDIN_FILENO] = fd_open(AT_FDCWD, "/dev/null", O_RDONLY);
		if (run->stdio[STDIN_FILENO] < 0)
			return err_set(err, run->stdio[STDIN_FILENO], "open /dev/null");
	}
	for (int i = 0; i <= STDERR_FILENO; i++) {
		if (run->stdio[i] >= 0 || !tty_is(i))
			continue;
		r = use_pipe(run, i, err);
		if (r < 0)
			return r;
	}
	return 0;
}

const struct stage stage_stdio = {"stdio", PHASE_HOST, NULL, apply, true};
