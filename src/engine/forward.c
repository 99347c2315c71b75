// SPDX-License-Identifier: Apache-2.0
/*
 * forward.c - signals that come to the launcher are the payload's
 */
#include <signal.h>

#include "engine/session.h"
#include "sys/process.h"

/* PID 1 of a pid namespace gets no signal that it has no handler for: the kernel drops
 * it. The caller means what the signal does to any other program, so that is done
 * instead; a stop is for the whole job. */
static void act_for_kernel(struct session *s, int signo)
{
	switch (signals_default(signo)) {
	case SIGNALS_IGNORE:
		break;
	case SIGNALS_CONTINUE:
		process_kill_group(s->run.pid, SIGCONT);
		break;
	case SIGNALS_STOP:
		process_kill_group(s->run.pid, SIGSTOP);
		session_stop_self(s);
		process_kill_group(s->run.pid, SIGCONT);
		break;
	case SIGNALS_TERMINATE:
		s->emulated_signal = signo;
		process_kill(s->run.pidfd, SIGKILL);
		break;
	}
}

static void forward(struct session *s, int signo)
{
	enum process_disposition d = PROCESS_SIGNAL_HANDLED;

	/* There is nobody that it could be for, and nothing to wait for but others. */
	if (s->is_held) {
		if (signals_default(signo) != SIGNALS_TERMINATE)
			return;
		s->emulated_signal = signo;
		s->is_over = true;
		return;
	}
	/* Who is paused hears nothing, and is not to go on for being told to end. */
	if (s->run.cgroup >= 0 && signals_default(signo) == SIGNALS_TERMINATE &&
	    cgroup_is_frozen(s->run.cgroup)) {
		act_for_kernel(s, signo);
		return;
	}

	if (s->run.plan->spec->process.want_init) {
		/* urun-init takes every signal and hands it on; /proc does not show that, for
		 * sigwaitinfo(2) unblocks what it waits for. A stop is for the whole job. */
		process_kill(s->run.pidfd, signo);
		if (signals_default(signo) == SIGNALS_STOP) {
			session_stop_self(s);
			process_kill(s->run.pidfd, SIGCONT);
		}
		return;
	}
	if (s->run.plan->clone_flags & spec_ns_flag(NS_PID))
		process_disposition(s->run.pid, signo, &d);
	if (d == PROCESS_SIGNAL_HANDLED)
		process_kill(s->run.pidfd, signo);
	else if (d == PROCESS_SIGNAL_DEFAULT)
		act_for_kernel(s, signo);
}

/* A reaper says that the payload runs when that may have run for a while; what it is sent meanwhile it keeps. */
static bool has_payload(const struct session *s)
{
	return s->state == ST_RUNNING ||
	       (s->state == ST_EXECUTING && s->run.plan->spec->process.want_reaper);
}

static void on_signal(struct session *s, const struct signals_info *info)
{
	if (info->signo == SIGCHLD)
		return; /* the pidfds tell */
	if (!signals_is_meant(info, &s->saved))
		return;
	if (info->signo == SIGWINCH && s->console >= 0) {
		tty_copy_size(STDIN_FILENO, s->console);
		return;
	}
	/* SIGPIPE of our own writes is no message to the payload; nor is a stop for
	 * touching the terminal from the background. */
	if (info->is_from_kernel && (info->signo == SIGPIPE || info->signo == SIGTTIN ||
				     info->signo == SIGTTOU)) {
		if (info->signo != SIGPIPE)
			session_stop_self(s);
		return;
	}
	if (!has_payload(s)) {
		/* Still building: there is nobody to forward to. */
		if (signals_default(info->signo) == SIGNALS_TERMINATE) {
			s->emulated_signal = info->signo;
			process_kill(s->run.pidfd, SIGKILL);
		}
		return;
	}
	/* The terminal tells its whole job, and the payload is in it; whoever started the job looks at this
	 * process alone. */
	if (info->is_from_kernel && s->run.plan->spec->process.keeps_session) {
		if (signals_default(info->signo) == SIGNALS_STOP)
			session_stop_self(s);
		if (!s->is_held)
			return;
	}
	if (s->console >= 0 && info->signo == SIGTSTP) {
		/* The container's terminal has its own job control: this stop is for us.
		 */
		session_stop_self(s);
		return;
	}
	forward(s, info->signo);
}

void session_read_signals(struct session *s)
{
	struct signals_info info;

	while (signals_read(s->signals, &info) > 0)
		on_signal(s, &info);
}
