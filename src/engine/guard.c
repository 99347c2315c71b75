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
#include "sys/space.h"
#include "sys/tty.h"

#define GUARD_STACK_BYTES (16 * 1024) /* a few frames */
#define CGROUP_END_MS	  5000

bool guard_is_wanted(const struct plan *plan)
{
	const struct spec_process *p = &plan->spec->process;

	if (plan->spec->is_detached || p->keeps_running)
		return false;
	return !(p->want_init || p->want_reaper) ||
	       !(plan->clone_flags & spec_ns_flag(NS_PID)) || plan->cgroup.base;
}

/* In one that was joined there are others, too. */
static bool makes_userns(const struct plan *plan)
{
	return plan->clone_flags & spec_ns_flag(NS_USER);
}

bool guard_wants_space(const struct plan *plan)
{
	return guard_is_wanted(plan) && !plan->spec->is_exec &&
	       !(plan->clone_flags & spec_ns_flag(NS_PID)) &&
	       (makes_userns(plan) || plan->clone_flags & spec_ns_flag(NS_MOUNT));
}

int guard_send_space(struct run *run, struct err *err)
{
	_cleanup_fd_ int space = space_open(makes_userns(run->plan));
	int r;

	if (space == -ENOENT)
		return 0;
	r = space < 0 ? space : channel_send_fds(&run->channel, MSG_SPACE, &space, 1, 0);
	return r < 0 ? err_set(err, r, "tell the guard of the namespace") : 1;
}

void guard_end_space(const struct run *run, const int *spared, size_t n_spared)
{
	if (run->space >= 0)
		space_end(run->space, makes_userns(run->plan), spared, n_spared);
}

static void remove_cgroup(const struct run *run)
{
	if (run->cgroup < 0)
		return;
	cgroup_wait_empty(run->cgroup, CGROUP_END_MS);
	cgroup_remove(run->cgroup_parent, run->cgroup_name);
}

/* Shares the launcher's memory, so it costs no copy of that, and errno with it: until the
 * launcher is gone, nothing here can fail. A new process can always leave its session, and
 * with all signals blocked, as the launcher has them, nothing interrupts poll(2). */
static int guard_main(void *data)
{
	const struct guard *g = data;
	struct pollfd ends[] = {{.fd = g->launcher, .events = POLLIN},
				{.fd = g->run->pidfd, .events = POLLIN}};

	tty_leave_session();
	while (poll(ends, ARRAY_SIZE(ends), -1) <= 0)
		;
	/* The payload's end comes first as a rule, and then there is nothing to do; but what else is
	 * in its cgroup, or in its namespace, is the launcher's to end, for as long as that lives. */
	while (!ends[0].revents) {
		if (g->run->cgroup < 0 && g->run->space < 0)
			return 0;
		poll(ends, 1, -1);
	}
	process_kill(g->run->pidfd, SIGKILL);
	/* The cgroup first: nobody can fork out of its reach. */
	if (g->run->cgroup >= 0)
		cgroup_kill(g->run->cgroup);
	/* Whose parent has ended is nobody's child that could be asked for. */
	guard_end_space(g->run, NULL, 0);
	remove_cgroup(g->run);
	return 0;
}

int guard_start(const struct run *run, struct guard *ret)
{
	/* Of a process that is alive: what it has to run on is there when the launcher's own
	 * stack is not. */
	static _Alignas(16) char stack[GUARD_STACK_BYTES];
	int r;

	*ret = GUARD_NONE;
	ret->run = run;
	ret->launcher = process_open(getpid());
	if (ret->launcher < 0)
		return ret->launcher;
	r = process_share(guard_main, ret, stack + sizeof(stack), &ret->pidfd);
	if (r < 0)
		fd_close(&ret->launcher);
	return r;
}

void guard_stop(struct guard *g)
{
	int code;

	if (g->pidfd < 0)
		return;
	process_kill(g->pidfd, SIGKILL);
	process_wait(g->pidfd, &code);
	fd_close(&g->pidfd);
	fd_close(&g->launcher);
}
