// SPDX-License-Identifier: Apache-2.0
/*
 * reap.c - see reap.h
 */
#include "sys/reap.h"

#include <signal.h>
#include <unistd.h>

#include "sys/fd.h"
#include "sys/process.h"
#include "sys/signals.h"

/* Takes note of all that have ended. Return: are there children left? */
static bool reap_all(const struct reap *r, int *code)
{
	struct channel channel = {r->channel};
	bool has_reaped = true, has_any = true;

	if (process_has_stopped(r->payload))
		channel_send(&channel, MSG_STOPPED);
	while (has_reaped && has_any)
		if (process_reap(r->payload, code, &has_reaped, &has_any))
			channel_send_fds(&channel, MSG_ENDED, NULL, 0, *code);
	return has_any;
}

void reap_serve(const struct reap *r)
{
	struct channel channel = {r->channel};
	struct signals_saved saved;
	struct signals_info info;
	int signals = -EBADF, code = 0;
	char nothing;

	/* Until exec has closed the other end, or the payload could not be executed and has said so. */
	fd_read_now(r->started, &nothing, 1);
	channel_send(&channel, MSG_RUNNING);
	if (signals_take(&saved, &signals) < 0)
		_exit(ERR_EXIT_FAILED);
	while (reap_all(r, &code)) {
		if (signals_wait(signals, &info) <= 0 || info.signo == SIGCHLD)
			continue;
		/* The terminal tells its whole job, and the payload is in it. */
		if (info.is_from_kernel && r->keeps_session)
			continue;
		process_kill(r->pidfd, info.signo);
	}
	_exit(code);
}
