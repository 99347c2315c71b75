// SPDX-License-Identifier: Apache-2.0
/*
 * guard.c - see guard.h
 */
#include "engine/guard.h"

#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include "sys/fd.h"
#include "sys/process.h"
#include "sys/tty.h"

bool guard_is_wanted(const struct plan *plan)
{
	return !plan->spec->process.want_init ||
	       !(plan->clone_flags & spec_ns_flag(NS_PID));
}

/* All signals are blocked here, as in the launcher. */
static _noreturn_ void guard_main(pid_t launcher, int parent, int payload)
{
	const int keep[] = {payload, parent};
	struct pollfd p = {.fd = parent, .events = POLLIN};

	tty_leave_session();
	fd_close_all_but(0, keep, ARRAY_SIZE(keep));
	process_shrink();
	/* Gone already: its number may be another's by now. */
	if (getppid() == launcher)
		while (poll(&p, 1, -1) <= 0)
			;
	process_kill(payload, SIGKILL);
	_exit(0);
}

int guard_start(int payload, int *ret_pidfd)
{
	pid_t launcher = getpid(), pid;
	/* Here, where a failure can be told: a guard without it would end the payload. */
	_cleanup_fd_ int self = process_open(launcher);

	if (self < 0)
		return self;
	pid = process_clone(0, -1, ret_pidfd);
	if (pid == 0)
		guard_main(launcher, self, payload);
	return pid < 0 ? (int)pid : 0;
}
