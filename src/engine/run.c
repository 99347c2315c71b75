// SPDX-License-Identifier: Apache-2.0
/*
 * run.c - the launcher's side of a foreground container
 *
 * One loop waits for everything: the builder's frames, signals, the relay, the end. What
 * a frame means depends on how far the start is; the table in steps.c says it.
 */
#include "engine/run.h"

#include <signal.h>
#include <string.h>

#include "engine/builder.h"
#include "engine/cgroup.h"
#include "engine/noted.h"
#include "engine/session.h"
#include "sys/clock.h"
#include "sys/dir.h"
#include "sys/process.h"

static int timeout_left(const struct session *s)
{
	const int64_t ends[] = {s->network_deadline_ms, s->deadline_ms, s->watch_at_ms};
	int64_t left = s->is_shrunk ? -1 : IDLE_MS, now = 0;

	for (size_t i = 0; i < ARRAY_SIZE(ends); i++) {
		if (!ends[i])
			continue;
		now = now ? now : clock_now_ms();
		if (left < 0 || ends[i] - now < left)
			left = MAX(ends[i] - now, 0);
	}
	return (int)MIN(left, INT32_MAX);
}

/* A container has run for a second, or something has happened to the host's file. */
static void follow_resolver(struct session *s, bool has_event)
{
	const struct spec *spec = s->run.plan->spec;
	int r = 0;

	if (s->watch_at_ms && clock_now_ms() >= s->watch_at_ms) {
		s->watch_at_ms = 0;
		r = resolver_watch(&s->resolver, spec);
	} else if (has_event) {
		r = resolver_move(&s->resolver, spec);
	}
	if (r > 0)
		noted_resolver(&s->run, s->folder, s->resolver.said);
	else if (r == -EMFILE || r == -ENOSPC)
		s->note("changes of the host's /etc/resolv.conf do not reach this "
			"container: your processes watch as many files as the host "
			"allows; sudo sysctl fs.inotify.max_user_instances=1024 "
			"fs.inotify.max_user_watches=65536 allows more");
	else if (r < 0)
		s->note("changes of the host's /etc/resolv.conf do not reach this "
			"container: they cannot be watched");
}

/* The builder may be further than what serves its network, or not yet there. */
static int move_network(struct session *s, const struct pollfd *fds, size_t n)
{
	int r = network_move(&s->network, fds, n, s->note, s->run.arena, s->err);

	if (r > 0) {
		s->network_deadline_ms = 0;
		return session_answer(s, MSG_NET_UP);
	}
	if (r == 0 && s->network_deadline_ms && clock_now_ms() >= s->network_deadline_ms)
		r = network_give_up(&s->network, s->run.arena, s->err);
	return r;
}

/* What the payload has left, where no pid namespace of its own ends that; not who hands on what it has sent. */
static void end_others(struct session *s)
{
	int servers[NETWORK_MAX_SERVERS];
	size_t n = 0;

	if (s->has_ended_others)
		return;
	for (size_t i = 0; i < s->network.n; i++)
		if (s->network.servers[i].pidfd >= 0)
			servers[n++] = s->network.servers[i].pid;
	guard_end_space(&s->run, servers, n);
	s->has_ended_others = true;
}

/* It has ended. Who traces it, one that it has left maybe, keeps its exit code back: until that has ended, too,
 * which SIGCHLD tells. */
static void take_end(struct session *s)
{
	s->is_over = process_try_wait(s->run.pidfd, &s->code) != 0;
	if (s->is_over || s->is_held)
		return;
	s->is_held = true;
	if (!s->run.plan->spec->process.spares_others)
		end_others(s);
	s->is_over = process_try_wait(s->run.pidfd, &s->code) != 0;
}

/* One turn of the loop: waits for the next event and handles all that have come. */
static int turn(struct session *s)
{
	struct pollfd fds[3 + RESOLVER_MAX_POLLS + NETWORK_MAX_POLLS + RELAY_MAX_POLLS];
	size_t n = 0, at_resolver, at_network, at_relay;
	bool is_idle, has_moved;
	int r;

	fds[n++] = (struct pollfd){.fd = s->signals, .events = POLLIN};
	fds[n++] =
		(struct pollfd){.fd = s->is_held ? -1 : s->run.pidfd, .events = POLLIN};
	if (s->run.channel.fd >= 0 && session_is_listened_to(s))
		fds[n++] = (struct pollfd){.fd = s->run.channel.fd, .events = POLLIN};
	at_resolver = n;
	n += resolver_poll(&s->resolver, fds + n);
	at_network = n;
	n += network_poll(&s->network, fds + n);
	at_relay = n;
	n += relay_poll(&s->relay, fds + n);
	r = poll(fds, n, timeout_left(s));
	if (r < 0)
		return 0; /* EINTR: a stop and a continue */
	is_idle = r == 0;
	/* First of all: what else has come means another thing once the payload runs. */
	r = session_catch_up(s, &has_moved);
	if (r == 0)
		r = move_network(s, fds + at_network, at_relay - at_network);
	if (r == 0 && is_idle && !s->is_shrunk) {
		process_shrink();
		s->is_shrunk = true;
	}
	if (s->deadline_ms && clock_now_ms() >= s->deadline_ms) {
		process_kill(s->run.pidfd, SIGKILL);
		s->deadline_ms = 0;
	}
	if (r < 0 || has_moved)
		return r;
	follow_resolver(s, at_resolver < at_network && fds[at_resolver].revents);
	if (fds[0].revents)
		session_read_signals(s);
	session_check_input(s, fds + at_relay, n - at_relay);
	relay_move(&s->relay, fds + at_relay, n - at_relay);
	/* Only when its last words were heard. */
	if ((fds[1].revents || s->is_held) && s->state == ST_RUNNING && !s->is_over)
		take_end(s);
	return 0;
}

static void finish(struct session *s)
{
	bool is_killed = s->run.pidfd >= 0 && !s->is_over, is_hurried;
	int code;

	if (is_killed)
		process_kill(s->run.pidfd, SIGKILL);
	/* A process that waits for a filesystem's server ends only with that one. */
	for (size_t i = 0; i < s->n_fuse; i++)
		process_kill(s->fuse[i], SIGKILL);
	/* Before it is waited for: it may be traced by one of them, and end only with that. */
	if (is_killed || !s->run.plan->spec->process.spares_others)
		end_others(s);
	if (is_killed)
		process_wait(s->run.pidfd, &code);
	/* Behind the servers' end: what waits for them in the kernel is in that cgroup. */
	if (!s->is_left)
		cgroup_end(&s->run, s->folder, s->note);
	if (s->has_pidfile && s->state != ST_RUNNING && !s->is_left)
		dir_remove_file_host(
			s->run.plan->spec->pidfile); /* the number is nobody's */
	network_end(&s->network);
	is_hurried =
		relay_drain(&s->relay, s->emulated_signal != 0, s->signals, &s->saved);
	relay_close(&s->relay);
	tty_restore(&s->tty);
	if (s->state == ST_RUNNING && !is_hurried)
		network_drain(&s->network, s->signals, &s->saved);
	network_stop(&s->network);
	for (size_t i = 0; i < s->run.n_ports; i++)
		fd_close(&s->run.ports[i].fd);
	for (size_t i = 0; i < s->n_fuse; i++) {
		process_wait(s->fuse[i], &code);
		fd_close(&s->fuse[i]);
	}
	resolver_close(&s->resolver);
	guard_stop(&s->guard);
	fd_close(&s->run.space);
	for (int i = 0; i <= STDERR_FILENO; i++) {
		fd_close(&s->run.stdio[i]);
		if (s->state != ST_RUNNING)
			fd_close(&s->run.relay[i]);
	}
	for (int i = 0; i < NS_COUNT; i++)
		fd_close(&s->run.joins[i]);
	channel_close(&s->run.channel);
	fd_close(&s->run.pidfd);
	fd_close(&s->run.auto_lock);
	fd_close(&s->signals);
}

static int start(struct session *s)
{
	int r = stages_run(&s->run, PHASE_HOST, s->err);

	if (s->run.cgroup_note)
		s->note(s->run.cgroup_note);
	if (r == 0 && s->run.cgroup >= 0 && s->events->on_placed)
		r = s->events->on_placed(s->data, &s->run, s->err);
	if (r == 0)
		r = builder_start(&s->run, s->err);
	if (r == -EINTR)
		session_read_signals(s);
	if (r < 0)
		return r;
	for (int i = 0; i < NS_COUNT; i++)
		fd_close(&s->run.joins[i]);
	if (s->events->on_born) {
		r = s->events->on_born(s->data, &s->run, s->err);
		if (r < 0)
			return r;
	}
	if (guard_is_wanted(s->run.plan)) {
		r = guard_start(&s->run, &s->guard);
		if (r < 0)
			return err_set(s->err, r, "start the guard");
	}
	r = stages_run(&s->run, PHASE_MAP, s->err);
	if (r == -EINTR)
		session_read_signals(s);
	if (r < 0 && channel_is_readable(&s->run.channel)) {
		/* Nobody can map ids into a builder that has failed: its reason is the one. */
		struct err ours = *s->err;
		bool has_moved;

		s->is_failing = true;
		if (session_catch_up(s, &has_moved) == 0 || s->state != ST_FAILED)
			*s->err = ours;
	}
	if (r == 0 && stage_idmap.wanted(s->run.plan)) {
		/* EPIPE: the builder has failed, and its reason waits in the channel. */
		r = channel_send(&s->run.channel, MSG_MAPPED);
		r = r == -EPIPE ? 0 : r;
	}
	if (r == 0 && !session_is_listened_to(s))
		session_let_go_of_stdio(s);
	return r;
}

/* One that was lost would not be entered. */
static int take_joins(struct session *s, const struct engine_job *job)
{
	for (int i = 0; i < NS_COUNT; i++)
		s->run.joins[i] = -EBADF;
	for (int i = 0; job->joins && i < NS_COUNT; i++) {
		if (job->joins[i] < 0)
			continue;
		s->run.joins[i] = fd_dup(job->joins[i]);
		if (s->run.joins[i] < 0)
			return err_set(s->err, s->run.joins[i],
				       "keep the container's %s namespace",
				       spec_ns_name((enum spec_ns)i));
	}
	return 0;
}

int engine_run(const struct engine_job *job, int *ret_code, struct err *err)
{
	static const struct engine_events no_events;
	struct session s = {
		.run = {.plan = job->plan,
			.arena = job->arena,
			.channel = {-EBADF},
			.stdio = {-EBADF, -EBADF, -EBADF},
			.relay = {-EBADF, -EBADF, -EBADF},
			.auto_lock = -EBADF,
			.cgroup = -EBADF,
			.cgroup_entered = job->cgroup,
			.cgroup_parent = -EBADF,
			.pidfd = -EBADF,
			.userns = job->userns,
			.gate = job->gate,
			.upper = -EBADF,
			.work = -EBADF,
			.root = -EBADF,
			.scratch = -EBADF,
			.root_source = -EBADF,
			.dev = -EBADF,
			.null = -EBADF,
			.console = -EBADF,
			.proc_self = -EBADF,
			.space = -EBADF,
			.init = -EBADF},
		.err = err,
		.note = job->note,
		.events = job->events ? job->events : &no_events,
		.data = job->data,
		.first_pid = job->first_pid,
		.state = ST_SETUP,
		.signals = -EBADF,
		.resolver = RESOLVER_NONE,
		.guard = GUARD_NONE,
		.console = -EBADF,
		.folder = job->folder,
	};
	int r;

	r = take_joins(&s, job);
	if (r < 0)
		return r;
	r = signals_take(&s.saved, &s.signals);
	if (r < 0)
		return err_set(err, r, "take the signals");
	r = start(&s);
	while (r == 0 && !s.is_over)
		r = turn(&s);
	finish(&s);
	signals_give_back(&s.saved);
	if (s.emulated_signal) {
		*ret_code = 128 + s.emulated_signal;
		return 0;
	}
	if (r == 0 && (!s.is_left || s.has_code))
		*ret_code = s.code;
	return r;
}
