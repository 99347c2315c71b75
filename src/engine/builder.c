// SPDX-License-Identifier: Apache-2.0
/*
 * builder.c - see builder.h
 */
#include "engine/builder.h"

#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/gate.h"
#include "engine/guard.h"
#include "sys/apparmor.h"
#include "sys/cred.h"
#include "sys/dir.h"
#include "sys/process.h"
#include "sys/signals.h"

/* An exec has the trees of its container; nothing is to be mapped or mounted. */
static int find_root(struct run *run, struct err *err)
{
	run->root = fd_open(AT_FDCWD, "/", O_PATH | O_DIRECTORY);
	return run->root < 0 ? err_set(err, run->root, "open '/' of the container") : 0;
}

/* A namespace's root has the right to all of this; a profile takes it. */
static int set_up(struct run *run, struct err *err)
{
	const struct plan_map *map = &run->plan->map;
	const enum plan_map_rung rung = map->is_there ? MAP_NONE : map->rung;
	struct apparmor_cause cause;
	int r = run->plan->want_join ? 0 : stages_run(run, PHASE_BIRTH, err);
	bool is_guarded = true;

	if (r == 0 && guard_wants_space(run->plan)) {
		r = guard_send_space(run, err);
		is_guarded = r != 1;
		r = MIN(r, 0);
	}
	if (run->plan->spec->userns.has_map_fd)
		fd_let_go(run->plan->spec->userns.told_fd);
	if (r == 0 &&
	    rung == MAP_DIRECT) /* the sources are root's to open: see stage/sources.c */
		r = stage_wait_for(run, MSG_MAPPED, err);
	if (r == 0)
		r = run->plan->spec->is_exec ? find_root(run, err)
					     : stages_run(run, PHASE_EARLY, err);
	if (r == 0 && rung == MAP_RANGES)
		r = stage_wait_for(run, MSG_MAPPED, err);
	if (r == 0 && !is_guarded)
		r = stage_wait_for(run, MSG_GO, err);
	for (int phase = PHASE_NS; r == 0 && phase <= PHASE_ROOT; phase++)
		r = stages_run(run, (enum phase)phase, err);
	if ((r == -EPERM || r == -EACCES) && apparmor_confines(run->arena, &cause))
		return apparmor_hint(&cause, r, err);
	return r;
}

/* All but what the payload gets goes now: somebody may come into the container meanwhile. */
static int wait_at_gate(struct run *run, struct err *err)
{
	const int keep[] = {run->channel.fd, run->gate, run->init};
	int first = 3 + (int)run->plan->spec->process.preserve_fds;
	int r = fd_close_all_but(first, keep, ARRAY_SIZE(keep));

	if (r == 0)
		r = channel_send(&run->channel, MSG_HELD);
	if (r < 0)
		return err_set(err, r, "tell the launcher that the container waits");
	channel_close(&run->channel);
	r = gate_wait(run->gate, &run->channel);
	fd_close(&run->gate);
	return r < 0 ? err_set(err, r, "wait to be started") : 0;
}

/* Nobody else may look at them, where this process is out of sight. */
static int tell_namespaces(struct run *run)
{
	struct err text = {0};
	size_t len = 0;

	for (int i = 0; i < NS_COUNT; i++) {
		const char *name = spec_ns_name((enum spec_ns)i), *link;

		if (dir_read_link(run->proc_self, arena_printf(run->arena, "ns/%s", name),
				  run->arena, &link) < 0)
			continue;
		/* "net:[NUMBER]" */
		link += strcspn(link, "[");
		len += (size_t)snprintf(text.message + len, sizeof(text.message) - len,
					"%s %llu\n", name,
					*link ? strtoull(link + 1, NULL, 10) : 0ULL);
	}
	return channel_send_err(&run->channel, MSG_SPACES, &text);
}

/* What is the host's goes first. */
static int come_in_sight(struct run *run, struct err *err)
{
	int r = exec_close_fds(run, err);

	if (r < 0)
		return r;
	r = cred_set_dumpable(true);
	return r < 0 ? err_set(err, r, "let the caller look at the builder") : 0;
}

/* All is set up. A launcher that is to be outlived has taken note of this process by now. */
static int announce(struct run *run, struct err *err)
{
	const struct spec *spec = run->plan->spec;
	int r = spec->wants_ns_numbers ? tell_namespaces(run) : 0;

	if (r < 0)
		return err_set(err, r, "tell the launcher");
	r = reaper_is_in_sight(run->plan) ? come_in_sight(run, err) : 0;
	if (r < 0)
		return r;
	r = channel_send(&run->channel, MSG_READY);
	if (r < 0)
		return err_set(err, r, "tell the launcher");
	r = stage_wait_for(run, MSG_GO, err);
	if (r < 0 || !spec->is_detached)
		return r;
	r = process_die_with_parent(0);
	if (r < 0)
		return err_set(err, r, "untie the payload from its launcher");
	return spec->is_held ? wait_at_gate(run, err) : 0;
}

static int build(struct run *run, struct err *err)
{
	int r = process_die_with_parent(SIGKILL);

	if (r < 0)
		return err_set(err, r, "tie the builder to its launcher");
	/* It may have died before: then its end of the channel is closed already. */
	if (channel_is_closed(&run->channel))
		return err_say(err, -EPIPE, "the launcher is gone");
	r = set_up(run, err);
	if (r == 0)
		r = stages_run(run, PHASE_LOCK, err);
	if (r == 0)
		r = filter_read(run, err);
	if (r == 0 && spec_is_announced(run->plan->spec))
		r = announce(run, err);
	return r < 0 ? r : stages_run(run, PHASE_EXEC, err);
}

static _noreturn_ void builder_main(struct run *run)
{
	struct err err = {0};

	build(run, &err);
	/* Only a failure comes back. Nothing is to be cleaned up: namespaces, mounts and
	 * descriptors go with the process. */
	channel_send_err(&run->channel, MSG_ERROR, &err);
	_exit(err_exit_code(&err));
}

/* Enters what can be entered; returns how many are left. */
static int join_some(struct run *run, bool is_done[NS_COUNT], int *ret_failed, int *ret_r)
{
	int left = 0;

	for (int i = 0; i < NS_COUNT; i++) {
		int r;

		if (run->joins[i] < 0 || is_done[i] || i == NS_USER)
			continue;
		r = process_join(run->joins[i], spec_ns_flag((enum spec_ns)i));
		is_done[i] = r == 0;
		if (r < 0) {
			*ret_failed = i;
			*ret_r = r;
			left++;
		}
	}
	return left;
}

static int say_join(const struct run *run, int ns, int r, struct err *err)
{
	const char *name = spec_ns_name((enum spec_ns)ns);

	if (run->plan->spec->is_exec)
		return err_set(err, r, "join the container's %s namespace", name);
	err_set(err, r, "join %s namespace '%s'", name, run->plan->spec->ns[ns].path);
	if (r == -EPERM && ns != NS_USER)
		err_hint(err, r,
			 "It belongs to another user namespace: join that too, with "
			 "--userns "
			 "ns:/proc/PID/ns/user");
	return r;
}

/* A namespace can be entered only with rights over its owner: those of the caller's own
 * user namespace before the container's is entered, the others after. */
static int join_all(struct run *run, struct err *err)
{
	bool is_done[NS_COUNT] = {false};
	int failed = NS_USER, r = 0, left;

	left = join_some(run, is_done, &failed, &r);
	if (run->joins[NS_USER] >= 0) {
		r = process_join(run->joins[NS_USER], CLONE_NEWUSER);
		if (r < 0)
			return say_join(run, NS_USER, r, err);
		left = join_some(run, is_done, &failed, &r);
	}
	if (left == 0)
		return 0;
	return say_join(run, failed, r, err);
}

/* The builder of a joiner speaks only when its birth has been announced: they share the
 * channel's end. It waits until the joiner has closed its side of a pipe, or has ended.
 * @self: a pidfd of who does this, where the launcher has to wait for it; or -1 */
static int clone_announced(struct run *run, int self, struct err *err)
{
	_cleanup_fd_ int wait = -EBADF, hold = -EBADF, pidfd = -EBADF;
	int ends[2], fds[2];
	char nothing;
	pid_t pid;

	if (fd_pipe(ends) < 0)
		return err_say(err, -EMFILE, "no pipe to the builder");
	wait = ends[0];
	hold = ends[1];
	pid = process_clone(run->plan->clone_flags | CLONE_PARENT, run->cgroup, &pidfd);
	if (pid == 0) {
		fd_close(&hold);
		fd_read_now(wait, &nothing, 1);
		builder_main(run);
	}
	if (pid == -ENOMEM && run->plan->spec->is_exec)
		return err_say(err, pid,
			       "the container is ending: its first process is gone");
	if (pid < 0)
		return err_set(err, pid,
			       run->plan->spec->is_exec
				       ? "make a process in the container"
				       : "make the container's namespaces");
	fds[0] = pidfd;
	fds[1] = self;
	return channel_send_fds(&run->channel, MSG_BORN, fds, self < 0 ? 1 : 2,
				self < 0 ? pid : 0);
}

/* A pid namespace below one that is joined is made by somebody who is in that: the joiner itself never
 * is. Its number of the builder is another than the launcher's. */
static int clone_below(struct run *run, struct err *err)
{
	_cleanup_fd_ int between = -EBADF;
	struct err why = {0};
	pid_t pid = process_clone(CLONE_PARENT, -1, &between);
	int r;

	if (pid != 0)
		return pid < 0 ? err_set(err, pid,
					 "make a process in the joined pid namespace")
			       : 0;
	r = process_die_with_parent(SIGKILL);
	if (r == 0)
		r = between = process_open(getpid());
	if (r >= 0)
		r = clone_announced(run, between, &why);
	else
		err_set(&why, r, "make a pid namespace below the joined one");
	if (r < 0)
		channel_send_err(&run->channel, MSG_ERROR, &why);
	_exit(r < 0 ? ERR_EXIT_FAILED : 0);
}

static _noreturn_ void joiner_main(struct run *run)
{
	struct err err = {0};
	int r = process_die_with_parent(SIGKILL);

	if (r == 0)
		r = stages_run(run, PHASE_BIRTH, &err);
	/* Whoever is in these namespaces already must not trace who comes (CVE-2016-9962). */
	if (r == 0)
		r = cred_set_dumpable(false);
	if (r == 0)
		r = join_all(run, &err);
	if (r == 0)
		r = run->plan->spec->ns[NS_PID].is_below ? clone_below(run, &err)
							 : clone_announced(run, -1, &err);
	if (r < 0)
		channel_send_err(&run->channel, MSG_ERROR, &err);
	_exit(r < 0 ? ERR_EXIT_FAILED : 0);
}

/* A container that is paused lets nobody in: whoever waits for it may lose patience. */
static int recv_unless_ended(struct run *run, int joiner, struct frame *f)
{
	_cleanup_fd_ int ending = signals_open_ending();
	struct pollfd fds[] = {
		{run->channel.fd, POLLIN, 0}, {joiner, POLLIN, 0}, {ending, POLLIN, 0}};

	if (ending < 0)
		return ending;
	while (poll(fds, ARRAY_SIZE(fds), -1) <= 0)
		;
	if (fds[0].revents || fds[1].revents)
		return channel_recv(&run->channel, f);
	process_kill(joiner, SIGKILL);
	return -EINTR;
}

static int wait_for_birth(struct run *run, int joiner, struct err *err)
{
	struct frame f;
	int code, r = recv_unless_ended(run, joiner, &f);

	process_wait(joiner, &code);
	if (r < 0)
		return err_set(err, r, "wait for the builder");
	if (f.msg == MSG_ERROR) {
		*err = f.err;
		return err->code;
	}
	if (f.msg != MSG_BORN || f.n_fds < 1 || f.n_fds > 2)
		return err_say(err, -EBADMSG, "the joiner said %s", msg_name(f.msg));
	run->pidfd = f.fds[0];
	run->pid = (pid_t)f.value;
	if (f.n_fds == 1)
		return 0;
	process_wait(f.fds[1], &code);
	close(f.fds[1]);
	r = process_number(run->pidfd, &run->pid);
	return r < 0 ? err_set(err, r, "look up the builder's number") : 0;
}

static int say_clone(const struct run *run, int r, struct err *err)
{
	struct apparmor_cause cause;

	err_set(err, r,
		run->plan->spec->is_exec ? "make a process in the container's cgroup"
					 : "make the container's namespaces");
	if (r == -EACCES && run->cgroup_entered >= 0)
		return err_hint(err, r,
				"Call urun-oci from below a cgroup of your own that the "
				"container's is below as well, as when it was created");
	if (r == -EAGAIN)
		return err_hint(err, r,
				"This user has too many processes: see ulimit -u, and "
				"pids.max of its cgroup");
	if (run->cgroup >= 0 &&
	    (r == -EACCES || r == -EBUSY || r == -ENODEV || r == -ENOTSUP)) {
		err_set(err, r, "make the first process in cgroup '%s'",
			run->cgroup_path);
		return err_hint(
			err, r,
			"urun has to run below the folder that was given to you, "
			"whose cgroup.procs is yours, and that folder must not be "
			"threaded");
	}
	if (r == -EPERM && run->plan->spec->bundle &&
	    !(run->plan->clone_flags & CLONE_NEWUSER))
		return err_hint(err, r,
				"linux.namespaces has no user namespace, and without one "
				"only root can: 'urun-oci spec --rootless' makes a "
				"config.json with one");
	if (!(run->plan->clone_flags & CLONE_NEWUSER))
		return r;
	if (r == -ENOSPC || r == -EUSERS)
		return err_hint(
			err, r,
			"sudo sysctl user.max_user_namespaces=65536 (and the other "
			"user.max_*_namespaces)");
	if ((r == -EPERM || r == -EACCES || r == -ENOSYS) && cred_has_filter())
		return err_hint(
			err, r,
			"A seccomp filter refuses it: start the container around urun "
			"with --security-opt seccomp=unconfined --security-opt "
			"unmask=ALL");
	if ((r == -EPERM || r == -EACCES) &&
	    apparmor_restricts_userns(run->arena, &cause))
		return apparmor_hint(&cause, r, err);
	if (r == -EPERM || r == -EACCES)
		return err_hint(
			err, r,
			"User namespaces are off here; 'urun doctor' tells by what and "
			"how to switch them on");
	return r;
}

/* What is made with the first process: nothing for the joiner, which makes the builder. */
static uint64_t flags_of(const struct plan *plan)
{
	if (plan->want_join)
		return 0;
	return plan->clone_flags & ~(stage_makes_net(plan) ? (uint64_t)CLONE_NEWNET : 0);
}

int builder_start(struct run *run, struct err *err)
{
	struct channel theirs = {-EBADF};
	int r = channel_pair(&run->channel, &theirs), pidfd;
	pid_t pid;

	if (r < 0)
		return err_set(err, r, "make a channel to the builder");
	/* A joiner has the launcher's cgroup: its builder alone is the container. But one for an exec
	 * could not go over to a cgroup any more when it has joined the namespace of that. */
	pid = process_clone(flags_of(run->plan),
			    run->plan->want_join ? run->cgroup_entered : run->cgroup,
			    &pidfd);
	if (pid == 0) {
		channel_close(&run->channel);
		run->channel = theirs;
		if (run->plan->want_join)
			joiner_main(run);
		builder_main(run);
	}
	channel_close(&theirs);
	if (pid < 0)
		return say_clone(run, pid, err);
	run->pid = pid;
	run->pidfd = pidfd;
	if (!run->plan->want_join)
		return 0;
	run->pidfd = -EBADF;
	r = wait_for_birth(run, pidfd, err);
	fd_close(&pidfd);
	return r;
}
