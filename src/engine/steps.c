// SPDX-License-Identifier: Apache-2.0
/*
 * steps.c - what the builder's messages mean, and where they lead
 */
#include <string.h>

#include "engine/cgroup.h"
#include "engine/noted.h"
#include "engine/session.h"
#include "spec/oci.h"
#include "sys/clock.h"
#include "sys/dir.h"
#include "sys/fuse.h"
#include "sys/process.h"

#define NETWORK_MS 20000 /* for a network to be connected */

int session_answer(struct session *s, enum msg msg)
{
	int r = channel_send(&s->run.channel, msg);

	/* Gone: its reason, or the end, is the next to be received. */
	return r == -EPIPE ? 0 : r < 0 ? err_set(s->err, r, "answer the builder") : 0;
}

static int go(struct session *s)
{
	int r = channel_send_fds(&s->run.channel, MSG_GO, NULL, 0, s->run.pid);

	return r == -EPIPE ? 0 : r < 0 ? err_set(s->err, r, "answer the builder") : 0;
}

/* Made, or joined; else it is the caller's. */
static bool has_own_userns(const struct plan *p)
{
	return p->clone_flags & spec_ns_flag(NS_USER) ||
	       p->spec->ns[NS_USER].mode == NS_MODE_PATH;
}

/* The builder is urun's own code, and has seen the plan that was asked for: what it says otherwise
 * is a fault of it, or of whoever has taken it over. */
static int check(const struct session *s, const struct frame *f, size_t n_fds,
		 bool is_planned, bool is_first)
{
	const char *name = msg_name(f->msg);

	if (f->n_fds != n_fds)
		return err_say(s->err, -EBADMSG,
			       "the builder said %s with %zu descriptors, not %zu", name,
			       f->n_fds, n_fds);
	if (!is_planned)
		return err_say(s->err, -EBADMSG,
			       "the builder said %s, and the plan has none", name);
	return is_first ? 0
			: err_say(s->err, -EBADMSG, "the builder said %s twice", name);
}

static int on_fuse(struct session *s, struct frame *f)
{
	const struct plan *p = s->run.plan;
	struct strv layers = {0};
	struct fuse_overlay o;
	int r = check(s, f, 6, true, true), pidfd;

	if (r < 0)
		return r;
	if (s->n_fuse == MAX_FUSE)
		return err_say(s->err, -E2BIG, "more than %d overlays by fuse-overlayfs",
			       MAX_FUSE);
	o = (struct fuse_overlay){.fuse = f->fds[0],
				  .upper = f->fds[1],
				  .work = f->fds[2],
				  .userns = f->fds[3],
				  .mntns = f->fds[4],
				  .lower = f->fds[5]};
	/* f->value: it is the container's root; 2: with the store's base below. */
	for (size_t i = 0; f->value && i < p->spec->root.layers.n; i++)
		strv_push(s->run.arena, &layers, p->spec->root.layers.v[i]);
	if (f->value > 1)
		strv_push(s->run.arena, &layers, SPEC_BASE_LAYER);
	if (f->value)
		o.layers = &layers;
	if (f->value && p->want_shift) {
		o.userns = s->run.userns;
		o.mntns = -1;
	}
	if (!has_own_userns(p))
		o.userns = -1;
	r = fuse_overlay_serve(&o, s->run.arena, &pidfd, s->err);
	if (r < 0)
		return r;
	s->fuse[s->n_fuse++] = pidfd;
	return session_answer(s, MSG_FUSE_UP);
}

static int on_net(struct session *s, struct frame *f)
{
	bool is_own = has_own_userns(s->run.plan);
	int r = check(s, f, 2, s->run.plan->want_network, s->network.n == 0);

	if (r < 0)
		return r;
	s->network_deadline_ms = clock_now_ms() + NETWORK_MS;
	return network_start(&s->network, &s->run, f->fds[0], is_own ? f->fds[1] : -1,
			     s->err);
}

static int on_console(struct session *s, struct frame *f)
{
	int r = check(s, f, 1, s->run.plan->spec->process.want_terminal, s->console < 0);

	if (r < 0)
		return r;
	f->n_fds = 0;
	if (s->events->on_console)
		return s->events->on_console(s->data, f->fds[0], s->err);
	s->console = f->fds[0];
	tty_copy_size(STDIN_FILENO, s->console);
	return 0;
}

static int on_resolver(struct session *s, struct frame *f)
{
	const struct spec *spec = s->run.plan->spec;
	int r = check(s, f, 1, spec->resolver.is_followed, s->resolver.file < 0);

	if (r < 0)
		return r;
	f->n_fds = 0;
	resolver_take(&s->resolver, spec, f->fds[0]);
	return 0;
}

static int on_hooks(struct session *s, struct frame *f)
{
	int r = check(s, f, 0, s->events->on_hooks != NULL, true);

	if (r == 0)
		r = s->events->on_hooks(s->data, &s->run, s->err);
	return r < 0 ? r : go(s);
}

static int write_pidfile(struct session *s)
{
	const char *path = s->run.plan->spec->pidfile;
	/* Engines read it as a number, some without looking for the end of a line. */
	char *text = arena_printf(s->run.arena, s->run.plan->spec->bundle ? "%d" : "%d\n",
				  (int)s->run.pid);
	int r = dir_replace_file_host(path, text, 0644);

	s->has_pidfile = r == 0;
	return r < 0 ? err_set(s->err, r, "pid file '%s'", path) : 0;
}

static int on_ready(struct session *s, struct frame *f)
{
	int r = check(s, f, 0, spec_is_announced(s->run.plan->spec), true);

	if (r == 0 && s->events->on_ready)
		r = s->events->on_ready(s->data, &s->run, s->err);
	if (r == 0 && s->run.plan->spec->pidfile)
		r = write_pidfile(s);
	return r < 0 ? r : go(s);
}

static int on_listener(struct session *s, struct frame *f)
{
	const struct spec *spec = s->run.plan->spec;
	pid_t first = s->first_pid ? s->first_pid : s->run.pid;
	int r = check(s, f, 1, spec->security.listener_path != NULL, true);

	return r < 0 ? r
		     : seccomp_tell_listener(
			       spec->security.listener_path,
			       spec_listener_text(spec,
						  spec->is_exec ? "running" : "creating",
						  s->run.pid, first, s->run.arena),
			       f->fds[0], s->err);
}

static int on_note(struct session *s, struct frame *f)
{
	s->note(f->err.message);
	return 0;
}

static int on_space(struct session *s, struct frame *f)
{
	int r = check(s, f, 1, guard_wants_space(s->run.plan), s->run.space < 0);

	if (r < 0)
		return r;
	f->n_fds = 0;
	s->run.space = f->fds[0];
	/* The guard reads it from here. */
	return s->is_failing ? 0 : go(s);
}

static int on_spaces(struct session *s, struct frame *f)
{
	int r = check(s, f, 0, s->run.plan->spec->wants_ns_numbers, !s->run.spaces);

	if (r == 0)
		s->run.spaces = arena_strdup(s->run.arena, f->err.message);
	return r;
}

static int on_error(struct session *s, struct frame *f)
{
	*s->err = f->err;
	return s->err->code ? s->err->code : -EIO;
}

static int on_early_end(struct session *s, struct frame *f)
{
	(void)f;
	/* Killed from outside, or out of memory: it could not say. */
	if (cgroup_is_too_small(&s->run)) {
		err_say(s->err, -ENOMEM,
			"the limit of memory is too small to start with");
		return err_hint(s->err, -ENOMEM, "Give more with --memory");
	}
	return err_say(s->err, -EPIPE,
		       "the container's builder was killed before the command ran");
}

/* Is a process in the sandbox of this launcher, or of another? */
static bool is_elsewhere(pid_t pid)
{
	uint64_t own, its;

	return process_ns_number(getpid(), "pid", &own) == 0 &&
	       process_ns_number(pid, "pid", &its) == 0 && its != own;
}

/* A shell that stops itself (`suspend`) has the terminal in a process group that the caller's shell does not
 * know of: nobody would get it back. It is as if the job of this process had been stopped. */
static int on_stopped(struct session *s, struct frame *f)
{
	pid_t group = s->run.plan->spec->process.keeps_session ? tty_foreground() : 0;

	(void)f;
	if (group == 0 || !is_elsewhere(group))
		return 0;
	tty_set_foreground(getpgrp());
	signals_stop_self();
	if (tty_foreground() == 0)
		tty_set_foreground(group);
	process_kill_group(group, SIGCONT);
	return 0;
}

/* The payload; what it has left goes on below the reaper, or ends with that. */
static int on_ended(struct session *s, struct frame *f)
{
	int code;

	s->code = (int)f->value;
	s->has_code = s->is_over = true;
	s->is_left = s->run.plan->spec->process.keeps_running;
	if (s->is_left)
		return 0;
	process_kill(s->run.pidfd, SIGKILL);
	process_wait(s->run.pidfd, &code);
	return 0;
}

/* Somebody has killed it, and with it all others. */
static int on_reaper_end(struct session *s, struct frame *f)
{
	(void)f;
	channel_close(&s->run.channel);
	return 0;
}

/* What a message means, and where it leads. MSG_NONE stands for EOF. */
static const struct step {
	enum state state;
	enum msg msg;
	enum state next;
	int (*handler)(struct session *s, struct frame *f);
} steps[] = {
	{ST_SETUP, MSG_FUSE, ST_SETUP, on_fuse},
	{ST_SETUP, MSG_NET, ST_SETUP, on_net},
	{ST_SETUP, MSG_NOTE, ST_SETUP, on_note},
	{ST_SETUP, MSG_CONSOLE, ST_SETUP, on_console},
	{ST_SETUP, MSG_RESOLVER, ST_SETUP, on_resolver},
	{ST_SETUP, MSG_SPACE, ST_SETUP, on_space},
	{ST_SETUP, MSG_SPACES, ST_SETUP, on_spaces},
	{ST_SETUP, MSG_HOOKS, ST_SETUP, on_hooks},
	{ST_SETUP, MSG_READY, ST_SETUP, on_ready},
	{ST_SETUP, MSG_HELD, ST_HELD, NULL},
	{ST_SETUP, MSG_LISTENER, ST_SETUP, on_listener},
	{ST_SETUP, MSG_EXEC, ST_EXECUTING, NULL},
	{ST_EXECUTING, MSG_LISTENER, ST_EXECUTING, on_listener},
	{ST_SETUP, MSG_ERROR, ST_FAILED, on_error},
	{ST_SETUP, MSG_NONE, ST_FAILED, on_early_end},
	{ST_EXECUTING, MSG_ERROR, ST_FAILED, on_error},
	{ST_EXECUTING, MSG_NONE, ST_RUNNING, NULL},
	{ST_EXECUTING, MSG_RUNNING, ST_RUNNING, NULL},
	{ST_RUNNING, MSG_STOPPED, ST_RUNNING, on_stopped},
	{ST_RUNNING, MSG_ENDED, ST_RUNNING, on_ended},
	{ST_RUNNING, MSG_NONE, ST_RUNNING, on_reaper_end},
};

bool session_is_listened_to(const struct session *s)
{
	const struct plan *p = s->run.plan;

	if (p->spec->process.want_terminal || p->spec->process.want_reaper ||
	    spec_is_announced(p->spec) || p->want_network || p->spec->root.want_overlay ||
	    p->spec->root.kind == ROOT_LAYERS || p->spec->process.timeout_s ||
	    p->spec->resolver.is_followed || guard_wants_space(p) || s->folder >= 0)
		return true;
	for (int i = 0; i <= STDERR_FILENO; i++)
		if (s->run.relay[i] >= 0)
			return true;
	for (size_t i = 0; i < p->n_ops; i++)
		if (p->ops[i].kind == FSOP_OVERLAY)
			return true;
	return false;
}

/* It goes on without this process. */
static void leave(struct session *s)
{
	channel_close(&s->run.channel);
	s->is_left = s->is_over = true;
}

static void on_running(struct session *s)
{
	if (s->events->on_running)
		s->events->on_running(s->data, &s->run);
	if (s->run.plan->spec->is_detached) {
		leave(s);
		return;
	}
	noted_network(&s->run, s->folder, s->note);
	cgroup_note(&s->run, s->folder, s->note);
	noted_process(&s->run, s->folder, s->note);
	if (!s->run.plan->spec->process.want_reaper)
		channel_close(&s->run.channel);
	if (session_is_listened_to(s))
		session_let_go_of_stdio(s);
	session_start_relay(s);
	if (s->resolver.file >= 0)
		s->watch_at_ms = clock_now_ms() + IDLE_MS;
	if (s->run.plan->spec->process.timeout_s)
		s->deadline_ms = clock_now_ms() +
				 (int64_t)s->run.plan->spec->process.timeout_s * 1000;
}

int session_take_step(struct session *s)
{
	struct frame f = {0};
	bool is_start;
	int r = channel_recv(&s->run.channel, &f);

	if (r == -EPIPE)
		f.msg = MSG_NONE;
	else if (r < 0)
		return err_set(s->err, r, "listen to the builder");
	for (size_t i = 0; i < ARRAY_SIZE(steps); i++) {
		const struct step *step = &steps[i];

		if (step->state != s->state || step->msg != f.msg)
			continue;
		r = step->handler ? step->handler(s, &f) : 0;
		while (f.n_fds > 0)
			fd_close(&f.fds[--f.n_fds]);
		is_start = s->state != ST_RUNNING;
		s->state = r < 0 ? ST_FAILED : step->next;
		if (s->state == ST_RUNNING && is_start)
			on_running(s);
		else if (s->state == ST_HELD)
			leave(s);
		return r;
	}
	while (f.n_fds > 0)
		fd_close(&f.fds[--f.n_fds]);
	return err_say(s->err, -EBADMSG, "the builder said %s out of turn",
		       msg_name(f.msg));
}

int session_catch_up(struct session *s, bool *ret_has_moved)
{
	int r = 0;

	*ret_has_moved = false;
	while (r == 0 && s->run.channel.fd >= 0 && channel_is_readable(&s->run.channel)) {
		r = session_take_step(s);
		*ret_has_moved = true;
	}
	return r;
}
