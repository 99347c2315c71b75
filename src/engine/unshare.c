// SPDX-License-Identifier: Apache-2.0
/*
 * unshare.c - see unshare.h
 */
#include "engine/unshare.h"

#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/parse.h"
#include "engine/merged.h"
#include "image/container.h"
#include "sys/cred.h"
#include "sys/dir.h"
#include "sys/fd.h"
#include "sys/mnt.h"
#include "sys/process.h"
#include "sys/signals.h"

#define SOCKET_ENV "URUN_SESSION" /* "DESCRIPTOR:INODE" */
#define MIN_FD	   64		  /* scripts use the low ones */
#define MAX_KEPT   4096
#define GRACE_S	   5 /* for processes in the background that are to end */

static const char *const kinds[] = {UNSHARE_CONTAINERS, UNSHARE_IMAGES};

/* --- in the process that becomes the command --- */

static int make_mounts(const struct store *s)
{
	_cleanup_fd_ int made = -EBADF, cover = -EBADF;
	_cleanup_arena_ struct arena a = {0};
	int r;

	made = dir_make(s->dir, UNSHARE_MOUNTS, 0700);
	if (made < 0)
		return made;
	r = mnt_cover(arena_printf(&a, "%s/" UNSHARE_MOUNTS, s->path), "mode=0700",
		      &cover);
	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(kinds); i++) {
		_cleanup_fd_ int fd = dir_make(cover, kinds[i], 0700);

		r = MIN(fd, 0);
	}
	return r;
}

static int enter(const struct unshare *u, struct err *err)
{
	bool has_userns = u->userns->fd >= 0;
	int r = process_die_with_parent(SIGKILL);

	if (r == 0 && has_userns)
		r = process_join(u->userns->fd, CLONE_NEWUSER);
	if (r == 0)
		r = process_unshare(CLONE_NEWNS);
	if (r == 0)
		r = mnt_detach_propagation();
	if (r < 0)
		return err_set(err, r, "make the session's namespaces");
	r = has_userns ? cred_set_ids(0, 0, NULL, 0) : 0;
	/* The change of ids forgot it. */
	if (r == 0)
		r = process_die_with_parent(SIGKILL);
	if (r < 0)
		return err_set(err, r, "become root of the session");
	r = make_mounts(u->store);
	return r < 0 ? err_set(err, r, "mount a tmpfs on '%s/" UNSHARE_MOUNTS "'",
			       u->store->path)
		     : 0;
}

/* The launcher comes here once more, at the end. */
static int send_namespace(const struct channel *to, struct err *err)
{
	_cleanup_fd_ int ns = fd_open(AT_FDCWD, "/proc/self/ns/mnt", O_RDONLY);
	int r = ns < 0 ? ns : channel_send_fds(to, MSG_PLACE, &ns, 1, 0);

	return r < 0 ? err_set(err, r, "tell the session's launcher") : 0;
}

static int execute(const struct unshare *u, struct arena *a, int socket, struct err *err)
{
	const char *name = u->argv[0];
	struct strv env = u->env;
	struct stat st;
	int r = fd_stat(socket, &st);

	if (r == 0)
		r = fd_inherit(socket);
	if (r < 0)
		return err_set(err, r, "the session's socket");
	strv_env_set(a, &env,
		     arena_printf(a, SOCKET_ENV "=%d:%llu", socket,
				  (unsigned long long)st.st_ino));
	signals_reset();
	r = process_exec_found(u->argv, env.v);
	err_set(err, r, "command '%s'", name);
	err->exit_class = r == -ENOENT ? ERR_EXIT_NOT_FOUND : ERR_EXIT_NOT_INVOKED;
	return r;
}

static _noreturn_ void become(const struct unshare *u, struct channel *to)
{
	_cleanup_arena_ struct arena a = {0};
	struct err err = {0};
	int r = enter(u, &err);

	if (r == 0)
		r = send_namespace(to, &err);
	if (r == 0)
		execute(u, &a, to->fd, &err);
	channel_send_err(to, MSG_ERROR, &err);
	_exit(err_exit_code(&err));
}

/* --- in the launcher --- */

struct session {
	const struct unshare *unshare;
	void (*note)(const char *text);
	struct channel channel;
	pid_t pid;
	int pidfd, signals, mntns;
	uint64_t ignored;   /* signals, by whoever started the session */
	int kept[MAX_KEPT]; /* locks, owned */
	size_t n_kept;
	bool has_ended, has_children, has_noted, has_failed, is_ending, is_killed;
	bool has_changed; /* what is mounted may be out of use */
	int code;
	struct err *err;
};

/* Reads the record of a container from its folder, which is all that was sent. */
static int lend(struct session *s, int folder, struct arena *a, int *ret,
		struct merged *merged, struct err *err)
{
	_cleanup_inside_ struct inside inside = INSIDE_NONE;
	struct container c = {0};
	struct merged_ask ask = {.store = s->unshare->store,
				 .container = &c,
				 .userns = s->unshare->userns,
				 .inside = &inside};
	int r = container_read(folder, a, &c, err);

	if (r == 0)
		r = inside_open(folder, c.id, a, &inside, err);
	if (r == 0)
		r = merged_open(&ask, merged, err);
	if (r < 0)
		return r;
	if (fd_is_fuse(merged->fd)) {
		err_say(err, -ENOTSUP,
			"container %.12s is running, and fuse-overlayfs shows its files "
			"to nobody outside of it",
			c.id);
		return err_hint(err, -ENOTSUP,
				"urun cp copies them; or mount it when it has ended");
	}
	*ret = merged->fd;
	return 0;
}

static int answer_lend(struct session *s, const struct frame *f, const struct channel *to,
		       struct err *err)
{
	_cleanup_merged_ struct merged merged = MERGED_NONE;
	_cleanup_arena_ struct arena a = {0};
	int copy, r = lend(s, f->fds[0], &a, &copy, &merged, err);
	struct frame end;

	if (r == 0)
		r = channel_send_fds(to, MSG_PLACE, &copy, 1, 0);
	if (r < 0)
		return r;
	/* It is attached then, or will not be. */
	channel_recv(to, &end);
	return 0;
}

static int keep(struct session *s, int *lock, struct err *err)
{
	if (s->n_kept == MAX_KEPT)
		return err_say(err, -E2BIG, "more than %d things are mounted", MAX_KEPT);
	s->kept[s->n_kept++] = fd_take(lock);
	return 0;
}

static int drop(struct session *s, int lock)
{
	for (size_t i = 0; i < s->n_kept; i++) {
		if (fd_is_same(s->kept[i], lock) != 1)
			continue;
		fd_close(&s->kept[i]);
		s->kept[i] = s->kept[--s->n_kept];
		break;
	}
	return 0;
}

/* Whoever asks may do no more than the caller, who asks himself. */
static void answer(struct session *s, struct frame *f)
{
	struct channel to = {f->n_fds == 2 ? f->fds[1] : -EBADF};
	struct err err = {0};
	int r;

	if (f->n_fds != 2)
		return;
	if (f->msg == MSG_LEND) {
		r = answer_lend(s, f, &to, &err);
		if (r == 0)
			return;
	} else {
		s->has_changed = true;
		r = f->msg == MSG_KEEP ? keep(s, &f->fds[0], &err) : drop(s, f->fds[0]);
	}
	if (r == 0)
		channel_send(&to, MSG_GO);
	else
		channel_send_err(&to, MSG_ERROR, &err);
}

static void take_frame(struct session *s)
{
	struct frame f = {0};
	int r = channel_recv(&s->channel, &f);

	if (r == -EPIPE)
		channel_close(&s->channel); /* nobody has the other end any more */
	if (r < 0)
		return;
	if (f.msg == MSG_PLACE && f.n_fds == 1 && s->mntns < 0)
		s->mntns = fd_take(&f.fds[0]);
	else if (f.msg == MSG_ERROR && !s->has_failed) {
		*s->err = f.err;
		s->has_failed = true;
	} else if (f.msg == MSG_LEND || f.msg == MSG_KEEP || f.msg == MSG_DROP)
		answer(s, &f);
	while (f.n_fds > 0)
		fd_close(&f.fds[--f.n_fds]);
}

/* The command has ended, and processes in the background hold the session up. They are asked to
 * end; by the next signal, or the alarm, they are killed. */
static void end_background(struct session *s, int signo)
{
	if (s->is_ending) {
		process_end_contained();
		s->is_killed = true;
		return;
	}
	process_signal_contained(SIGTERM);
	s->is_ending = true;
	s->code = 128 + signo;
	alarm(GRACE_S);
}

static void on_signal(struct session *s, const struct signals_info *info)
{
	bool is_stop = signals_default(info->signo) == SIGNALS_STOP;

	if (info->signo == SIGCHLD || info->signo == SIGCONT || info->signo == SIGWINCH)
		return;
	if (s->has_ended && signals_default(info->signo) == SIGNALS_TERMINATE &&
	    (s->is_ending || !(s->ignored & SIGNALS_BIT(info->signo))))
		end_background(s, info->signo);
	/* The terminal's go to the command by themselves: it is of the same job. */
	if (!info->is_from_kernel && s->pidfd >= 0)
		process_kill(s->pidfd, info->signo);
	if (is_stop)
		signals_stop_self();
}

static void read_signals(struct session *s)
{
	struct signals_info info;
	bool has_reaped = false;

	while (signals_read(s->signals, &info) > 0)
		on_signal(s, &info);
	s->has_ended |= process_reap(s->pid, &s->code, &has_reaped, &s->has_children);
	s->has_changed |= has_reaped;
	if (s->has_ended)
		fd_close(&s->pidfd);
}

/* In a process that goes there for it. The kernel tells what is still used. */
static int end_mounts(void *data)
{
	const struct session *s = data;
	_cleanup_fd_ int top = -EBADF;
	int ret = 0, r = process_join(s->mntns, CLONE_NEWNS);

	if (r == 0) {
		top = unshare_open_mounts(s->unshare->store, NULL);
		r = MIN(top, 0);
	}
	if (r < 0)
		return r == -EPERM ? 0 : r; /* the session has done away with it itself */
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		_cleanup_fd_ int folder = fd_open(top, kinds[i], O_RDONLY | O_DIRECTORY);
		_cleanup_arena_ struct arena a = {0};
		struct strv names = {0};

		if (folder < 0 || dir_list(folder, &a, &names) < 0)
			continue;
		for (size_t k = 0; k < names.n; k++)
			if (mnt_end(folder, names.v[k], false) == -EBUSY)
				ret = -EBUSY;
	}
	return ret;
}

/* Is the session over? Its locks are given up only when nothing is mounted. */
static bool is_over(struct session *s)
{
	int r;

	if (!s->has_ended)
		return false;
	if (s->n_kept == 0 || s->mntns < 0 || !s->has_children || s->is_killed)
		return true;
	/* The process that looks ends, too, which is no reason to look again. */
	if (!s->has_changed)
		return false;
	s->has_changed = false;
	r = userns_call(s->unshare->userns, end_mounts, s);
	if (r != -EBUSY)
		return true;
	if (!s->has_noted)
		s->note("processes in the background still use what is mounted: waiting "
			"for their end");
	s->has_noted = true;
	return false;
}

static int turn(struct session *s)
{
	struct pollfd fds[] = {
		{.fd = s->signals, .events = POLLIN},
		{.fd = s->channel.fd, .events = POLLIN},
	};

	if (poll(fds, ARRAY_SIZE(fds), -1) < 0)
		return 0; /* EINTR: a stop and a continue */
	if (fds[1].revents)
		take_frame(s);
	if (fds[0].revents)
		read_signals(s);
	return 0;
}

static int start(struct session *s, struct err *err)
{
	struct channel theirs = {-EBADF};
	int r = channel_pair(&s->channel, &theirs), high;

	if (r < 0)
		return err_set(err, r, "make a socket for the session");
	high = fd_dup_from(theirs.fd, MIN_FD);
	channel_close(&theirs);
	if (high < 0)
		return err_set(err, high, "make a socket for the session");
	theirs.fd = high;
	s->pid = process_clone(0, -1, &s->pidfd);
	if (s->pid == 0) {
		channel_close(&s->channel);
		become(s->unshare, &theirs);
	}
	channel_close(&theirs);
	return s->pid < 0 ? err_set(err, s->pid, "make a process") : 0;
}

static void end(struct session *s)
{
	while (s->n_kept > 0)
		fd_close(&s->kept[--s->n_kept]);
	channel_close(&s->channel);
	fd_close(&s->pidfd);
	fd_close(&s->signals);
	fd_close(&s->mntns);
}

int unshare_run(const struct unshare *u, void (*note)(const char *text), int *ret_code,
		struct err *err)
{
	struct session s = {.unshare = u,
			    .note = note,
			    .channel = {-EBADF},
			    .pidfd = -EBADF,
			    .signals = -EBADF,
			    .mntns = -EBADF,
			    .has_children = true,
			    .err = err};
	struct signals_saved saved;
	int r = process_adopt_orphans();

	if (r == 0)
		r = signals_take(&saved, &s.signals);
	if (r < 0)
		return err_set(err, r, "prepare the session");
	s.ignored = saved.ignored;
	r = start(&s, err);
	while (r == 0 && !is_over(&s))
		r = turn(&s);
	/* Its last words came before its end. */
	while (s.channel.fd >= 0 && channel_is_readable(&s.channel))
		take_frame(&s);
	alarm(0);
	end(&s);
	signals_give_back(&saved);
	if (r == 0 && s.has_failed)
		return err->code < 0 ? err->code : -EIO;
	if (r == 0)
		*ret_code = s.code;
	return r;
}

/* --- in the session --- */

int unshare_open_mounts(const struct store *s, struct err *err)
{
	/* By its path: what the descriptor of the store stands on may be another namespace's. */
	_cleanup_fd_ int store = fd_open(AT_FDCWD, s->path, O_PATH | O_DIRECTORY);
	_cleanup_fd_ int fd =
		fd_open(store, UNSHARE_MOUNTS, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
	struct stat of_store, st;
	int r = MIN(store, fd);

	if (r >= 0)
		r = fd_stat(store, &of_store);
	if (r >= 0)
		r = fd_stat(fd, &st);
	if (r < 0 && r != -ENOENT)
		return err_set(err, r, "'%s/" UNSHARE_MOUNTS "'", s->path);
	if (r >= 0 && st.st_dev != of_store.st_dev)
		return fd_take(&fd);
	err_say(err, -EPERM,
		"nothing can be mounted here: it takes the namespaces that own the "
		"store '%s'",
		s->path);
	return err_hint(err, -EPERM, "Run it in there: urun unshare");
}

static int find_socket(int *ret, struct err *err)
{
	const char *text = getenv(SOCKET_ENV), *colon = text ? strchr(text, ':') : NULL;
	_cleanup_arena_ struct arena a = {0};
	struct stat st;
	uint64_t inode;
	int fd;

	if (colon &&
	    parse_int(arena_strndup(&a, text, (size_t)(colon - text)), &fd) == 0 &&
	    parse_u64(colon + 1, &inode) == 0 && fd >= 0 && fd_stat(fd, &st) == 0 &&
	    S_ISSOCK(st.st_mode) && st.st_ino == inode) {
		*ret = fd;
		return 0;
	}
	err_say(err, -ENOTCONN,
		"the socket of this session is gone: some program before this one has "
		"closed descriptors, or taken " SOCKET_ENV " away");
	return err_hint(err, -ENOTCONN,
			"Run it as 'urun unshare urun mount ...', or from a shell of "
			"'urun unshare'");
}

/* @ret_to: owned by the caller: the other end of what answers */
static int ask(enum msg msg, int fd, int *ret_to, struct frame *ret, struct err *err)
{
	_cleanup_(channel_close) struct channel here = {-EBADF}, there = {-EBADF};
	struct channel launcher;
	int r = find_socket(&launcher.fd, err);

	if (r < 0)
		return r;
	r = channel_pair(&here, &there);
	if (r == 0)
		r = channel_send_fds(&launcher, msg, (int[]){fd, there.fd}, 2, 0);
	channel_close(&there);
	if (r == 0)
		r = channel_recv(&here, ret);
	if (r < 0)
		return err_set(err, r, "ask the session's launcher");
	if (ret->msg == MSG_ERROR) {
		*err = ret->err;
		return err->code < 0 ? err->code : -EIO;
	}
	*ret_to = fd_take(&here.fd);
	return 0;
}

int unshare_lend(int folder, int *ret, int *ret_hold, struct err *err)
{
	_cleanup_fd_ int to = -EBADF;
	struct frame f;
	int r = ask(MSG_LEND, folder, &to, &f, err);

	if (r < 0)
		return r;
	if (f.msg != MSG_PLACE || f.n_fds != 1)
		return err_say(err, -EBADMSG, "an answer that makes no sense");
	*ret = f.fds[0];
	*ret_hold = fd_take(&to);
	return 0;
}

int unshare_keep(int lock, struct err *err)
{
	_cleanup_fd_ int to = -EBADF;
	struct frame f;

	return ask(MSG_KEEP, lock, &to, &f, err);
}

int unshare_drop(int lock, struct err *err)
{
	_cleanup_fd_ int to = -EBADF;
	struct frame f;

	return ask(MSG_DROP, lock, &to, &f, err);
}
