// SPDX-License-Identifier: Apache-2.0
/*
 * run.c - the launcher's side of a foreground container
 *
 * One loop waits for everything: the builder's frames, signals, the relay, the end. What
 * a frame means depends on how far the start is; the table says it.
 */
#include "engine/run.h"

#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>

#include "base/parse.h"
#include "engine/builder.h"
#include "engine/cgroup.h"
#include "engine/guard.h"
#include "engine/network.h"
#include "engine/noted.h"
#include "engine/relay.h"
#include "engine/resolver.h"
#include "spec/oci.h"
#include "stage/stage.h"
#include "sys/clock.h"
#include "sys/fuse.h"
#include "sys/process.h"
#include "sys/signals.h"
#include "sys/tty.h"

#define IDLE_MS \
	1000 /* a payload that runs for longer is waited for by as little as can be */
#define NETWORK_MS 20000 /* for a network to be connected */
#define MAX_FUSE   64	 /* overlays that fuse-overlayfs serves for one container */

enum state {
	ST_SETUP,     /* the builder works */
	ST_EXECUTING, /* it is about to execute the payload: EOF means that it did */
	ST_RUNNING,
	ST_HELD, /* it waits for somebody else */
	ST_FAILED,
	ST_COUNT
};

struct session {
	struct run run;
	struct err *err;
	void (*note)(const char *text);
	enum state state;
	int signals; /* signalfd */
	struct signals_saved saved;
	int fuse[MAX_FUSE]; /* pidfds of the servers */
	size_t n_fuse;
	struct network network;
	int64_t network_deadline_ms; /* 0: it is up, or there is none */
	struct resolver resolver;
	struct guard guard;
	struct relay relay;
	int console;	      /* master of the container's pty, owned; or -1 */
	struct tty_state tty; /* the caller's terminal */
	int64_t deadline_ms;  /* of --timeout; 0: none */
	int64_t watch_at_ms; /* resolver_watch(); 0: it does, or there is nothing to follow */
	int folder;	     /* borrowed: the container's, or -1 */
	int emulated_signal; /* ended the payload in place of this signal */
	int code;
	const struct engine_events *events;
	void *data;
	pid_t first_pid;  /* is_exec: of the container */
	bool has_pidfile; /* written by on_ready() */
	bool is_shrunk;	  /* see IDLE_MS */
	bool is_over;
	bool is_left; /* is_over, and the container is not */
	bool has_code;
};

static int answer(struct session *s, enum msg msg)
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
	return answer(s, MSG_FUSE_UP);
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
	int r = fd_replace_file(path, text, 0644);

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
	return 0;
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

/* A job in the background that touches its terminal is stopped until the shell says `fg`. The
 * kernel does so by signals, and those are blocked here. */
static bool wait_for_foreground(void)
{
	while (!tty_is_foreground(STDIN_FILENO)) {
		/* It was continued to hear of its end. */
		if (signals_has_ending())
			return false;
		signals_stop_self();
	}
	return true;
}

static void use_terminal(struct session *s)
{
	if (!tty_is(STDIN_FILENO) || !wait_for_foreground())
		return;
	tty_raw(&s->tty, STDIN_FILENO);
	/* Nothing is typed into the container without -i: Ctrl-C is for urun then. */
	if (!s->run.plan->spec->process.want_stdin)
		tty_want_signals(STDIN_FILENO);
	tty_copy_size(STDIN_FILENO, s->console);
}

/* Stops this process as a shell expects it, and goes on when it is continued. */
static void stop_self(struct session *s)
{
	bool was_raw = s->tty.is_saved;

	tty_restore(&s->tty);
	signals_stop_self();
	if (was_raw)
		use_terminal(s);
}

/* A terminal that polls writable may have room for less than is written, and then the write
 * would block. The caller's own description of it has to stay as it is: another one. */
static void relay_to_caller(struct session *s, int from, int stream, char *buffer)
{
	int to = tty_is(stream) ? fd_open(AT_FDCWD, fd_path(stream).path,
					  O_WRONLY | O_NONBLOCK | O_NOCTTY)
				: -EBADF;

	relay_add(&s->relay, from, true, to < 0 ? stream : to, to >= 0, buffer);
}

static void start_relay(struct session *s)
{
	static char buffers[3][RELAY_BUFFER_BYTES];

	if (s->console >= 0) {
		use_terminal(s);
		/* Without -i nothing is typed into the container. */
		if (s->run.plan->spec->process.want_stdin) {
			relay_add(&s->relay, STDIN_FILENO, false, s->console, false,
				  buffers[0]);
			s->relay.flows[0].is_pty_input = !s->tty.is_saved;
		}
		relay_to_caller(s, s->console, STDOUT_FILENO, buffers[1]);
		return;
	}
	for (int i = 0; i <= STDERR_FILENO; i++) {
		if (s->run.relay[i] < 0)
			continue;
		if (i == STDIN_FILENO)
			relay_add(&s->relay, i, false, s->run.relay[i], true, buffers[i]);
		else
			relay_to_caller(s, s->run.relay[i], i, buffers[i]);
	}
}

/* The payload has its own copies of the standard streams and of what is preserved: who reads
 * its output must see the end when it closes them, and who writes its input must get
 * SIGPIPE. */
static void let_go_of_stdio(struct session *s)
{
	const struct spec_process *p = &s->run.plan->spec->process;
	_cleanup_fd_ int null = fd_open(AT_FDCWD, "/dev/null", O_RDWR);

	for (int i = 0; i <= STDERR_FILENO; i++)
		fd_close(&s->run.stdio[i]);
	for (uint32_t i = 0; i < p->preserve_fds; i++)
		fd_close(&(int){3 + (int)i});
	for (size_t i = 0; i < p->n_kept_fds; i++)
		fd_close(&(int){p->kept_fds[i]});
	if (s->console >= 0 || null < 0)
		return;
	if (p->want_stdin && s->run.relay[STDIN_FILENO] < 0)
		fd_replace(null, STDIN_FILENO);
	if (s->run.relay[STDOUT_FILENO] < 0)
		fd_replace(null, STDOUT_FILENO);
}

/* Does the builder of this plan ask for anything, or does anything begin with the payload, as what is
 * noted in the container's folder? Else it is enough to hear when something else happens: the channel keeps
 * what was said, and this process sleeps until the payload has ended. */
static bool is_listened_to(const struct session *s)
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
	noted_process(&s->run, s->folder);
	if (!s->run.plan->spec->process.want_reaper)
		channel_close(&s->run.channel);
	if (is_listened_to(s))
		let_go_of_stdio(s);
	start_relay(s);
	if (s->resolver.file >= 0)
		s->watch_at_ms = clock_now_ms() + IDLE_MS;
	if (s->run.plan->spec->process.timeout_s)
		s->deadline_ms = clock_now_ms() +
				 (int64_t)s->run.plan->spec->process.timeout_s * 1000;
}

static int take_step(struct session *s)
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
		stop_self(s);
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
			stop_self(s);
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
			stop_self(s);
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
			stop_self(s);
		return;
	}
	if (s->console >= 0 && info->signo == SIGTSTP) {
		/* The container's terminal has its own job control: this stop is for us.
		 */
		stop_self(s);
		return;
	}
	forward(s, info->signo);
}

static void read_signals(struct session *s)
{
	struct signals_info info;

	while (signals_read(s->signals, &info) > 0)
		on_signal(s, &info);
}

/* Reading a terminal from the background is no input: see wait_for_foreground(). */
static void check_input(struct session *s, const struct pollfd *fds, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (fds[i].fd == STDIN_FILENO && fds[i].revents &&
		    !tty_is_foreground(STDIN_FILENO) && !signals_has_ending())
			stop_self(s);
}

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

/* All that the builder has said by now. */
static int catch_up(struct session *s, bool *ret_has_moved)
{
	int r = 0;

	*ret_has_moved = false;
	while (r == 0 && s->run.channel.fd >= 0 && channel_is_readable(&s->run.channel)) {
		r = take_step(s);
		*ret_has_moved = true;
	}
	return r;
}

/* The builder may be further than what serves its network, or not yet there. */
static int move_network(struct session *s, const struct pollfd *fds, size_t n)
{
	int r = network_move(&s->network, fds, n, s->note, s->run.arena, s->err);

	if (r > 0) {
		s->network_deadline_ms = 0;
		return answer(s, MSG_NET_UP);
	}
	if (r == 0 && s->network_deadline_ms && clock_now_ms() >= s->network_deadline_ms)
		r = network_give_up(&s->network, s->run.arena, s->err);
	return r;
}

/* One turn of the loop: waits for the next event and handles all that have come. */
static int turn(struct session *s)
{
	struct pollfd fds[3 + RESOLVER_MAX_POLLS + NETWORK_MAX_POLLS + RELAY_MAX_POLLS];
	size_t n = 0, at_resolver, at_network, at_relay;
	bool is_idle, has_moved;
	int r;

	fds[n++] = (struct pollfd){.fd = s->signals, .events = POLLIN};
	fds[n++] = (struct pollfd){.fd = s->run.pidfd, .events = POLLIN};
	if (s->run.channel.fd >= 0 && is_listened_to(s))
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
	r = catch_up(s, &has_moved);
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
		read_signals(s);
	check_input(s, fds + at_relay, n - at_relay);
	relay_move(&s->relay, fds + at_relay, n - at_relay);
	/* Only when its last words were heard. */
	if (fds[1].revents && s->state == ST_RUNNING)
		s->is_over = process_try_wait(s->run.pidfd, &s->code) != 0;
	return 0;
}

/* Without a pid namespace of its own, nothing but this process can end what the payload left. */
static bool adopts(const struct plan *plan)
{
	return plan->spec->ns[NS_PID].mode == NS_MODE_HOST && !plan->spec->is_exec &&
	       !plan->spec->is_detached && !plan->spec->process.keeps_running;
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
	if (is_killed)
		process_wait(s->run.pidfd, &code);
	if (adopts(s->run.plan))
		process_end_contained();
	/* Behind the servers' end: what waits for them in the kernel is in that cgroup. */
	if (!s->is_left)
		cgroup_end(&s->run, s->folder, s->note);
	if (s->has_pidfile && s->state != ST_RUNNING && !s->is_left)
		fd_remove_file(s->run.plan->spec->pidfile); /* the number is nobody's */
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
	if (r == 0 && adopts(s->run.plan) && (r = process_adopt_orphans()) < 0)
		err_set(s->err, r, "become the parent of orphans");
	if (r == 0)
		r = builder_start(&s->run, s->err);
	if (r == -EINTR)
		read_signals(s);
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
		read_signals(s);
	if (r < 0 && channel_is_readable(&s->run.channel)) {
		/* Nobody can map ids into a builder that has failed: its reason is the one. */
		struct err ours = *s->err;

		if (take_step(s) == 0 || s->state != ST_FAILED)
			*s->err = ours;
	}
	if (r == 0 && stage_idmap.wanted(s->run.plan)) {
		/* EPIPE: the builder has failed, and its reason waits in the channel. */
		r = channel_send(&s->run.channel, MSG_MAPPED);
		r = r == -EPIPE ? 0 : r;
	}
	if (r == 0 && !is_listened_to(s))
		let_go_of_stdio(s);
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
