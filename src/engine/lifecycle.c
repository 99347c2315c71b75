// SPDX-License-Identifier: Apache-2.0
/*
 * lifecycle.c - see lifecycle.h
 */
#include "engine/lifecycle.h"

#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "engine/gate.h"
#include "engine/state.h"
#include "spec/oci.h"
#include "stage/hooks.h"
#include "sys/cgroup.h"
#include "sys/fd.h"
#include "sys/lock.h"
#include "sys/proc_list.h"
#include "sys/process.h"
#include "sys/seccomp.h"

#define END_MS	   10000 /* for killed processes to be gone: they may be writing to a disk */
#define FREEZE_MS  10000
#define MAX_ROUNDS 100 /* of looking for processes that are made meanwhile */

struct found {
	struct state state;
	enum state_status status;
	int folder; /* owned */
	int pidfd;  /* owned, or -1 */
	pid_t pid;
};

#define FOUND_NONE ((struct found){.folder = -EBADF, .pidfd = -EBADF})

static void found_close(struct found *f)
{
	fd_close(&f->folder);
	fd_close(&f->pidfd);
}
#define _cleanup_found_ _cleanup_(found_close)

static int read_found(const struct lifecycle *l, struct found *f, struct err *err)
{
	int r = state_read(f->folder, l->id, l->arena, &f->state, err);

	if (r == 0)
		f->status = state_status(f->folder, &f->state, &f->pidfd, &f->pid);
	return r;
}

static int hold(const struct lifecycle *l, struct found *f, struct err *err)
{
	int r = state_hold(l->root, l->id, &f->folder, err);

	return r < 0 ? r : read_found(l, f, err);
}

static int look(const struct lifecycle *l, struct found *f, struct err *err)
{
	int r = state_open(l->root, l->id, &f->folder, err);

	return r < 0 ? r : read_found(l, f, err);
}

/* The document that it was made of. */
static int read_spec(const struct lifecycle *l, const struct found *f, struct spec *ret,
		     struct err *err)
{
	char *text;
	size_t len;
	int r = state_read_config(f->folder, l->id, l->arena, &text, &len, err);

	spec_init(ret, l->arena);
	if (r == 0)
		r = spec_from_oci(ret, text, len, f->state.bundle, err);
	ret->id = l->id;
	ret->bundle = f->state.bundle;
	return r;
}

/* Those after its start, or after its end: what they do is not undone when one fails. */
static void run_hooks(const struct lifecycle *l, const struct found *f,
		      enum spec_hook_kind kind, const char *status)
{
	struct spec spec;
	struct err err = {0};

	if (!f->state.has_hooks)
		return;
	if (read_spec(l, f, &spec, &err) < 0)
		l->note(err.message);
	else
		hooks_run_all(&spec, kind, status, f->pid, l->arena, l->note);
}

/* --- start --- */

static int on_listener(const struct lifecycle *l, const struct found *f,
		       const struct frame *frame, struct err *err)
{
	struct spec spec;
	int r = read_spec(l, f, &spec, err);

	if (r < 0)
		return r;
	if (frame->n_fds != 1 || !spec.security.listener_path)
		return err_say(err, -EBADMSG,
			       "the builder has a listener that nobody wants");
	return seccomp_tell_listener(spec.security.listener_path,
				     spec_listener_text(&spec, "created", f->pid, f->pid,
							l->arena),
				     frame->fds[0], err);
}

/* What the builder says once it has been told to go on. Return: 1 when exec is next. */
static int hear_one(const struct lifecycle *l, const struct found *f, struct frame *frame,
		    struct err *err)
{
	if (frame->msg == MSG_EXEC)
		return 1;
	if (frame->msg == MSG_LISTENER)
		return on_listener(l, f, frame, err);
	if (frame->msg != MSG_ERROR)
		return err_say(err, -EBADMSG, "the builder said %s",
			       msg_name(frame->msg));
	*err = frame->err;
	return err->code ? err->code : -EIO;
}

/* Until it ends: behind EXEC that says that exec has worked. */
static int hear(const struct lifecycle *l, const struct found *f, const struct channel *c,
		struct err *err)
{
	bool is_executing = false;
	int r;

	for (;;) {
		struct frame frame = {0};

		r = channel_recv(c, &frame);
		if (r < 0)
			break;
		r = hear_one(l, f, &frame, err);
		while (frame.n_fds > 0)
			fd_close(&frame.fds[--frame.n_fds]);
		if (r < 0)
			return r;
		is_executing |= r == 1;
	}
	if (r != -EPIPE)
		return err_set(err, r, "listen to the builder");
	return is_executing ? 0
			    : err_say(err, r,
				      "the container's builder was killed before the "
				      "command ran");
}

int lifecycle_start(const struct lifecycle *l, struct err *err)
{
	_cleanup_found_ struct found f = FOUND_NONE;
	struct channel c = {-EBADF};
	int r = hold(l, &f, err);

	if (r < 0)
		return r;
	if (f.status != STATE_CREATED)
		return err_say(err, -EINVAL,
			       "cannot start container '%s' in the %s state", l->id,
			       state_status_name(f.status));
	r = gate_open(f.folder, &c);
	if (r < 0)
		return err_set(err, r, "tell container '%s' to start", l->id);
	r = hear(l, &f, &c, err);
	channel_close(&c);
	gate_remove(f.folder);
	if (r < 0) {
		/* It would go on without what it was promised. Whoever comes next finds it stopped. */
		process_kill(f.pidfd, SIGKILL);
		process_await(f.pidfd, END_MS);
		return r;
	}
	/* Nothing of it is changed any more: whoever comes need not wait for hooks. */
	fd_close(&f.folder);
	if (state_open(l->root, l->id, &f.folder, NULL) == 0)
		run_hooks(l, &f, HOOK_POSTSTART, "running");
	return 0;
}

/* --- those that nothing tells from others' --- */

/* Does nobody else end with its first process, and no cgroup tell who they are? */
static bool has_strays(const struct found *f)
{
	return f->pidfd >= 0 && !f->state.cgroup && proc_shares_pidns(f->pid);
}

#define UNTOLD                                                                        \
	"container '%s' has neither a pid namespace nor a cgroup of its own: of its " \
	"processes "

static void note_untold(const struct lifecycle *l)
{
	l->note(arena_printf(l->arena,
			     UNTOLD "only the descendants of its first one and those in "
				    "its mount namespace are found",
			     l->id));
}

/* Its first process is gone: its document says how it ran. What another boot had is gone as well, and so is all
 * of a cgroup that was removed. */
static bool may_have_left(const struct lifecycle *l, const struct found *f)
{
	const struct state *s = &f->state;
	const char *boot;
	struct spec spec;

	return f->pidfd < 0 && s->process && !s->cgroup && !s->cgroup_stamp &&
	       process_boot(l->arena, &boot) == 0 && strstr(s->process, boot) &&
	       read_spec(l, f, &spec, NULL) == 0 &&
	       spec.ns[NS_PID].mode != NS_MODE_PRIVATE;
}

static void note_left(const struct lifecycle *l, const struct found *f)
{
	if (may_have_left(l, f))
		l->note(arena_printf(l->arena,
				     UNTOLD "none can be found any more, and those that "
					    "are left, if any, go on",
				     l->id));
}

/* --- kill --- */

static int say_not_running(const char *id, struct err *err)
{
	return err_say(err, -ESRCH, "container not running: '%s': no such process", id);
}

/* Is it still the one that was listed? Its number is its own while this descriptor is open. */
static int kill_listed(const struct proc *p, int signo, struct arena *a)
{
	_cleanup_fd_ int pidfd = process_open(p->pid), dir = proc_open(p->pid);
	struct proc now;
	int r;

	if (pidfd < 0 || dir < 0 || proc_read(dir, a, &now) < 0 ||
	    now.start_ticks != p->start_ticks)
		return 0;
	r = process_kill(pidfd, signo);
	return r == -ESRCH ? 0 : r;
}

/* All but the first, until there are none. */
static void kill_others(const struct lifecycle *l, const struct found *f)
{
	const struct proc_query query = {f->pid, NULL};
	bool has_any = true;

	for (int round = 0; has_any && round < MAX_ROUNDS; round++) {
		struct proc *all = NULL;
		size_t n = 0;

		has_any = false;
		if (proc_list(&query, l->arena, &all, &n, NULL) < 0)
			return;
		for (size_t i = 0; i < n; i++)
			if (all[i].pid != f->pid && all[i].state != 'Z')
				has_any |= kill_listed(&all[i], SIGKILL, l->arena) == 0;
	}
}

static int say_none_left(const struct lifecycle *l, const struct found *f,
			 struct err *err)
{
	int r = say_not_running(l->id, err);

	return may_have_left(l, f)
		       ? err_hint(err, r,
				  "It had neither a pid namespace nor a cgroup of its "
				  "own: what it has left cannot be told from others' "
				  "processes. linux.cgroupsPath gives it a cgroup")
		       : r;
}

static int kill_all(const struct lifecycle *l, const struct found *f, int signo,
		    struct err *err)
{
	_cleanup_fd_ int cgroup = f->state.cgroup ? cgroup_open(f->state.cgroup) : -EBADF;
	const struct proc_query query = {f->pid, f->state.cgroup};
	struct proc *all = NULL;
	size_t n = 0;
	int r;

	/* All at once: nobody forks away from it. */
	if (cgroup >= 0 && signo == SIGKILL) {
		r = cgroup_kill(cgroup);
		return r < 0 ? err_set(err, r, "kill all of container '%s'", l->id) : 0;
	}
	if (f->pidfd < 0)
		return say_none_left(l, f, err);
	if (has_strays(f))
		note_untold(l);
	r = proc_list(&query, l->arena, &all, &n, err);
	for (size_t i = 0; r == 0 && i < n; i++)
		r = kill_listed(&all[i], signo, l->arena);
	if (r == -ESRCH)
		return say_not_running(l->id, err);
	return r < 0 ? err_set(err, r, "signal all of container '%s'", l->id) : 0;
}

int lifecycle_kill(const struct lifecycle *l, int signo, bool want_all, struct err *err)
{
	_cleanup_found_ struct found f = FOUND_NONE;
	int r = look(l, &f, err);

	if (r < 0)
		return r;
	if (want_all)
		return kill_all(l, &f, signo, err);
	r = f.pidfd < 0 ? -ESRCH : process_kill(f.pidfd, signo);
	if (r == -ESRCH)
		return say_not_running(l->id, err);
	return r < 0 ? err_set(err, r, "signal container '%s'", l->id) : 0;
}

/* --- delete --- */

/* What is in the cgroup without the first process: where that shared a pid namespace. */
static int empty_cgroup(const char *path, struct err *err)
{
	_cleanup_fd_ int cgroup = cgroup_open(path);
	int r;

	if (cgroup == -ENOENT)
		return 0;
	r = cgroup < 0 ? cgroup : cgroup_kill(cgroup);
	if (r == 0)
		r = cgroup_wait_empty(cgroup, END_MS);
	/* systemd removes its own when it is empty, and may be faster. */
	if (r == -ENODEV)
		r = 0;
	return r < 0 ? err_set(err, r, "end what is in cgroup '%s'", path) : 0;
}

static int remove_cgroup(const char *path, struct arena *a, struct err *err)
{
	char *folder = arena_strdup(a, path), *name = strrchr(folder, '/');
	_cleanup_fd_ int parent = -EBADF;
	int r;

	if (!name || !name[1])
		return 0;
	*name++ = '\0';
	parent = cgroup_open(folder);
	r = parent < 0 ? parent : cgroup_remove(parent, name);
	return r < 0 && r != -ENOENT && r != -ENODEV
		       ? err_set(err, r, "remove cgroup '%s'", path)
		       : 0;
}

/* Its first process ends, and with it all others of its pid namespace. */
static int end(const struct lifecycle *l, struct found *f, struct err *err)
{
	int r;

	note_left(l, f);
	if (has_strays(f)) {
		if (f->status != STATE_CREATED)
			note_untold(l);
		/* Whoever forks meanwhile is found the next time, while there is a first one. */
		process_kill(f->pidfd, SIGSTOP);
		kill_others(l, f);
	}
	r = f->pidfd < 0 ? 0 : process_kill(f->pidfd, SIGKILL);

	if (r < 0 && r != -ESRCH)
		return err_set(err, r, "end container '%s'", l->id);
	if (f->pidfd >= 0 && process_await(f->pidfd, END_MS) != 1)
		return err_say(err, -ETIMEDOUT,
			       "container '%s' was killed and does not end: a disk, or a "
			       "network filesystem, may hang",
			       l->id);
	return 0;
}

static int clear(const struct lifecycle *l, struct found *f, struct err *err)
{
	int r = end(l, f, err);

	if (r == 0 && f->state.cgroup)
		r = empty_cgroup(f->state.cgroup, err);
	if (r == 0 && f->state.cgroup)
		r = remove_cgroup(f->state.cgroup, l->arena, err);
	if (r < 0)
		return r;
	f->pid = 0;
	run_hooks(l, f, HOOK_POSTSTOP, "stopped");
	return state_remove(l->root, l->id, f->folder, err);
}

static bool may_be_deleted(enum state_status status)
{
	/* One that is held here, and was never finished, is nobody's any more. */
	return status != STATE_RUNNING && status != STATE_PAUSED;
}

/* Another command holds it, and may hang, in a hook for one: with whom it waits for, or with itself, that
 * ends. The builder ends with its creator. */
static void hurry(const struct lifecycle *l)
{
	_cleanup_found_ struct found f = FOUND_NONE;
	_cleanup_fd_ int creator = -EBADF;
	pid_t pid;

	if (look(l, &f, NULL) < 0 || lock_file(f.folder, true, false) != -EAGAIN)
		return;
	if (f.pidfd >= 0)
		process_kill(f.pidfd, SIGKILL);
	else if (f.state.creator)
		creator = process_open_stamped(f.state.creator, &pid);
	if (creator >= 0)
		process_kill(creator, SIGKILL);
}

int lifecycle_delete(const struct lifecycle *l, bool is_forced, struct err *err)
{
	_cleanup_found_ struct found f = FOUND_NONE;
	struct err why = {0};
	int r;

	state_sweep(l->root);
	if (is_forced)
		hurry(l);
	r = state_hold(l->root, l->id, &f.folder, &why);
	if (r == -ENOENT && is_forced)
		return 0;
	if (r == 0) {
		r = read_found(l, &f, &why);
		/* Whatever stands there: nobody can be found by it. */
		if (r < 0 && is_forced)
			r = 0;
	}
	if (r < 0) {
		*err = why;
		return r;
	}
	if (!is_forced && !may_be_deleted(f.status)) {
		err_say(err, -EBUSY,
			"cannot delete container '%s' that is not stopped: %s", l->id,
			state_status_name(f.status));
		return err_hint(err, -EBUSY, "urun-oci delete --force %s ends it first",
				l->id);
	}
	return clear(l, &f, err);
}

/* --- pause --- */

int lifecycle_freeze(const struct lifecycle *l, bool is_frozen, struct err *err)
{
	_cleanup_found_ struct found f = FOUND_NONE;
	_cleanup_fd_ int cgroup = -EBADF;
	int r = hold(l, &f, err);

	if (r < 0)
		return r;
	if (f.pidfd < 0)
		return say_not_running(l->id, err);
	if (!f.state.cgroup) {
		err_say(err, -ENOTSUP,
			"container '%s' has no cgroup of its own: nobody can stop all of "
			"its processes at once",
			l->id);
		return err_hint(err, -ENOTSUP,
				"It gets one where cgroup v2 is delegated: 'urun doctor' "
				"tells how");
	}
	cgroup = cgroup_open(f.state.cgroup);
	r = cgroup < 0 ? cgroup : cgroup_freeze(cgroup, is_frozen, FREEZE_MS);
	return r < 0 ? err_set(err, r, "%s container '%s'",
			       is_frozen ? "pause" : "resume", l->id)
		     : 0;
}
