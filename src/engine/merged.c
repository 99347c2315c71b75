// SPDX-License-Identifier: Apache-2.0
/*
 * merged.c - see merged.h
 *
 * The overlay is mounted over the upper folder itself: any place will do, in a mount namespace
 * that nobody else is in, and this one is known to be there.
 */
#include "engine/merged.h"

#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "plan/plan.h"
#include "spec/oci.h"
#include "sys/channel.h"
#include "sys/cred.h"
#include "sys/fd.h"
#include "sys/fuse.h"
#include "sys/mnt.h"
#include "sys/path.h"
#include "sys/process.h"
#include "sys/upper.h"

#define HAS_FILE   1
#define HAS_PARENT 2
#define IS_FOLDER  4

int merged_layers(const struct store *s, const struct container *c, struct arena *a,
		  int **ret, size_t *ret_n, struct err *err)
{
	int *fds = arena_alloc(a, (c->n_layers + 1) * sizeof(*fds));
	size_t n = 0;

	for (size_t i = c->n_layers; i > 0; i--) {
		int fd = store_layer(s, &c->layers[i - 1], c->is_squashed);

		if (fd < 0) {
			while (n > 0)
				fd_close(&fds[--n]);
			return err_set(err, fd, "layer %s of container %.12s",
				       c->layers[i - 1].text, c->id);
		}
		fds[n++] = fd;
		if (fd_is_opaque(fd))
			break;
	}
	*ret = fds;
	*ret_n = n;
	return 0;
}

/* The kernel's overlay makes its work folder so that nobody can enter it, fuse-overlayfs its own for
 * itself. */
static bool has_kernel_work(int folder)
{
	_cleanup_fd_ int work = fd_open(folder, "work/work", O_PATH | O_NOFOLLOW);
	struct stat st;

	return work < 0 || fd_stat(work, &st) < 0 || (st.st_mode & 0777) == 0;
}

int merged_is_fuse(const struct host *host, int folder, struct arena *a, bool *ret,
		   bool *ret_is_strict, struct err *err)
{
	struct spec spec;
	struct plan plan;
	char *text;
	size_t len;
	int r = container_read_config(folder, a, &text, &len, err);

	spec_init(&spec, a);
	if (r == 0)
		r = spec_from_oci(&spec, text, len, NULL, err);
	/* Nothing is run: it needs no place for limits. */
	spec.resources = (struct spec_resources){0};
	spec.cgroup = (struct spec_cgroup){0};
	if (r == 0)
		r = plan_build(&plan, &spec, host, a, err);
	if (r < 0)
		return r;
	*ret = plan.want_shift || plan.driver == STORAGE_FUSE ||
	       (plan.driver == STORAGE_AUTO && !has_kernel_work(folder));
	if (ret_is_strict)
		*ret_is_strict = plan.driver == STORAGE_OVERLAY;
	return 0;
}

/* --- in the process that mounts; its end closes what it opens --- */

struct parts {
	int folder; /* the container's */
	int *lowers;
	size_t n_lowers;
	int upper, work;
};

/* By its path once more: a descriptor from another mount namespace is on a mount of that one, which
 * the kernel does not make overlays of. */
static int open_store(const struct merged_ask *ask, struct store *ret, struct err *err)
{
	const char *path = ask->store->path;
	int fd = fd_open(AT_FDCWD, path, O_PATH | O_DIRECTORY);

	if (fd < 0)
		return err_set(err, fd, "image store '%s'", path);
	if (fd_is_same(fd, ask->store->dir) != 1)
		return err_say(err, -ESTALE, "image store '%s': it has moved", path);
	*ret = (struct store){fd, path};
	return 0;
}

/* As a container that has run had it: see image/store.c. One that has not is its image. */
static void add_base(const struct store *s, struct parts *p)
{
	_cleanup_fd_ int ended = fd_open(p->folder, CONTAINER_EXIT, O_PATH | O_NOFOLLOW);
	_cleanup_fd_ int killed =
		fd_open(p->folder, CONTAINER_PROCESS, O_PATH | O_NOFOLLOW);
	int fd = (ended < 0 && killed < 0) || p->n_lowers > STORE_MAX_ABOVE_BASE
			 ? -ENOENT
			 : fd_open(s->dir, STORE_BASE, O_PATH | O_DIRECTORY | O_NOFOLLOW);

	/* merged_layers() has left a place for it. */
	if (fd >= 0)
		p->lowers[p->n_lowers++] = fd;
}

static int open_parts(const struct merged_ask *ask, struct arena *a, struct parts *ret,
		      struct err *err)
{
	const char *id = ask->container->id;
	struct store store;
	int r = open_store(ask, &store, err);

	if (r < 0)
		return r;
	ret->folder = fd_open(store.dir, arena_printf(a, "containers/%s", id),
			      O_PATH | O_DIRECTORY | O_NOFOLLOW);
	ret->upper = fd_open(ret->folder, "upper", O_PATH | O_DIRECTORY | O_NOFOLLOW);
	ret->work = fd_open(ret->folder, "work", O_PATH | O_DIRECTORY | O_NOFOLLOW);
	r = MIN(ret->upper, ret->work);
	if (r < 0)
		return err_set(err, r, "the folders of container %.12s", id);
	r = merged_layers(&store, ask->container, a, &ret->lowers, &ret->n_lowers, err);
	if (r == 0)
		add_base(&store, ret);
	return r;
}

/* What only is read has the changes as its top layer, so that nothing at all can be written. */
static void make_readonly(struct parts *p, struct arena *a)
{
	int *lowers = arena_alloc(a, (p->n_lowers + 1) * sizeof(*lowers));

	lowers[0] = p->upper;
	for (size_t i = 0; i < p->n_lowers; i++)
		lowers[i + 1] = p->lowers[i];
	p->lowers = lowers;
	p->n_lowers++;
	p->upper = p->work = -1;
}

int merged_say(int code, size_t n_layers, const char *what, struct err *err)
{
	if (code == -E2BIG) {
		err_say(err, code,
			"mount the layers of %s: %zu are more than the kernel's overlay "
			"takes",
			what, n_layers);
		return err_hint(err, code,
				"500 at most, fewer before Linux 6.5; 'urun export' and "
				"'urun cp' of a container do without");
	}
	err_set(err, code, "mount the layers of %s", what);
	return err_hint(err, code,
			"It takes the kernel's overlay in a user namespace, Linux 5.11: "
			"'urun doctor' tells");
}

/* With the marks of layers, whoever is root here: see stage/overlay.c. */
static int attach_native(const struct merged_ask *ask, struct parts *p,
			 const struct mnt_target *to, struct arena *a, int *ret_root,
			 struct err *err)
{
	int r = ask->is_fuse ? upper_settle(p->upper) : 0;

	if (r < 0)
		return err_set(err, r, "read the changes of container %.12s",
			       ask->container->id);
	if (!ask->is_writable)
		make_readonly(p, a);
	r = mnt_attach_overlay(p->lowers, p->n_lowers, p->upper, p->work, "userxattr",
			       NULL, to, ret_root);
	return r == 0 ? 0
		      : merged_say(r, p->n_lowers,
				   arena_printf(a, "container %.12s", ask->container->id),
				   err);
}

/* From here on its marks may be there: see has_kernel_work(). */
static int give_to_fuse(const struct parts *p)
{
	_cleanup_fd_ int work = fd_open(p->folder, "work/work", O_PATH | O_NOFOLLOW);

	return work < 0 ? 0 : fd_chmod(work, 0700);
}

/* Not over the upper folder: fuse-overlayfs looks that up by its name. */
static int attach_fuse(const struct merged_ask *ask, struct parts *p, struct arena *a,
		       int *ret_root, struct err *err)
{
	struct fuse_overlay o = {.userns = -1, .mntns = -1};
	_cleanup_fd_ int store =
		fd_open(AT_FDCWD, ask->store->path, O_PATH | O_DIRECTORY);
	_cleanup_fd_ int at = fd_open(store, "locks", O_PATH | O_DIRECTORY);
	struct mnt_target to = {store, "locks", at};
	int r = MIN(at, 0);

	if (r == 0 && ask->is_writable)
		r = give_to_fuse(p);
	else if (r == 0 && p->upper >= 0)
		make_readonly(p, a);
	if (r < 0)
		return err_set(err, r, "prepare the changes of container %.12s",
			       ask->container->id);
	o.lowers = p->lowers;
	o.n_lowers = p->n_lowers;
	o.upper = p->upper;
	o.work = p->work;
	return fuse_overlay_mount(&o, &to, a, ret_root, err);
}

static int mount_parts(const struct merged_ask *ask, struct parts *p,
		       const struct mnt_target *to, struct arena *a, int *ret_root,
		       struct err *err)
{
	struct err native = {0};
	int r = attach_native(ask, p, to, a, ret_root, &native);

	if (r < 0 && ask->is_strict)
		*err = native;
	if (r == 0 || ask->is_strict)
		return r;
	r = attach_fuse(ask, p, a, ret_root, err);
	if (r < 0)
		err_prefix(err, "%s, and so is fuse-overlayfs", native.message);
	return r;
}

static int enter(const struct userns *u)
{
	int r = u->fd >= 0 ? process_join(u->fd, CLONE_NEWUSER) : 0;

	if (r == 0)
		r = process_unshare(CLONE_NEWNS);
	return r < 0 ? r : mnt_detach_propagation();
}

/* What was opened with the caller's ids and groups is used as root of the namespace. */
static int become_root(const struct userns *u, struct err *err)
{
	int r = u->fd >= 0 ? cred_set_ids(0, 0, NULL, 0) : 0;

	/* The change of ids forgot it. */
	if (r == 0)
		r = process_die_with_parent(SIGKILL);
	return r < 0 ? err_set(err, r, "become root of the container's files") : 0;
}

/* A folder or a file, by a descriptor that can be read. @own_fds: /proc/self/fd of the caller's
 * own tree; the container's may be anything. */
static int open_file(int root, const char *path, int own_fds, int *ret)
{
	_cleanup_fd_ int place = path_open_in(root, path, O_PATH);
	struct stat st;
	char number[16];
	int fd, r = place < 0 ? place : fd_stat(place, &st);

	if (r < 0)
		return r;
	if (!S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode))
		return -EINVAL;
	if (fd_is_made_up(place))
		return -ENOTSUP;
	/* Not by its path once more: this one has been looked at. */
	snprintf(number, sizeof(number), "%d", place);
	fd = fd_open(own_fds, number, O_RDONLY | O_NONBLOCK | O_NOCTTY);
	if (fd < 0)
		return fd;
	*ret = fd;
	return 0;
}

static int send_root(int root, const struct channel *to, struct err *err)
{
	int r = channel_send_fds(to, MSG_PLACE, &root, 1, HAS_FILE | IS_FOLDER);

	return r < 0 ? err_set(err, r, "hand out the root folder") : 0;
}

static int say_made_up(const struct merged_ask *ask, struct err *err)
{
	return err_say(
		err, -ENOTSUP,
		"'%s' in container %.12s is no file: the kernel makes it up when it is "
		"read",
		ask->path, ask->container->id);
}

static int find(const struct merged_ask *ask, int root, int own_fds,
		const struct channel *to, struct err *err)
{
	_cleanup_fd_ int file = -EBADF, parent = -EBADF;
	int fds[2], n = 0, has = 0;
	int r = open_file(root, ask->path, own_fds, &file);
	const char *name;

	if (r == -EINVAL)
		return err_say(err, r, "'%s' is neither a file nor a folder", ask->path);
	if (r == -ENOTSUP)
		return say_made_up(ask, err);
	if (r < 0 && r != -ENOENT)
		return err_set(err, r, "open '%s' in container %.12s", ask->path,
			       ask->container->id);
	parent = path_open_parent_in(root, ask->path, 0, &name);
	if (file < 0 && parent >= 0 && fd_is_made_up(parent))
		return say_made_up(ask, err);
	if (file >= 0) {
		fds[n++] = file;
		has |= HAS_FILE | (fd_is_folder(file) ? IS_FOLDER : 0);
	}
	if (parent >= 0) {
		fds[n++] = parent;
		has |= HAS_PARENT;
	}
	r = channel_send_fds(to, MSG_PLACE, fds, (size_t)n, has);
	return r < 0 ? err_set(err, r, "hand out '%s'", ask->path) : 0;
}

/* Of a container that runs. */
static int enter_container(const struct merged_ask *ask, int *ret_root, struct err *err)
{
	int root, r = process_enter_hidden(ask->inside->userns, ask->inside->mntns);

	if (r < 0)
		return err_set(err, r, "enter the namespaces of container %.12s",
			       ask->container->id);
	root = ask->path ? fd_open(AT_FDCWD, "/", O_PATH | O_DIRECTORY)
			 : mnt_copy_here("/");
	if (root < 0)
		return err_set(err, root, "open the root folder of container %.12s",
			       ask->container->id);
	*ret_root = root;
	return 0;
}

static int mount_layers(const struct merged_ask *ask, struct arena *a, int *ret_root,
			struct err *err)
{
	struct parts p = {0};
	struct mnt_target to;
	int r = enter(ask->userns);

	if (r < 0)
		return err_set(err, r, "enter the namespace of the container's files");
	r = open_parts(ask, a, &p, err);
	if (r == 0)
		r = become_root(ask->userns, err);
	if (r < 0)
		return r;
	to = (struct mnt_target){p.folder, "upper", p.upper};
	return mount_parts(ask, &p, &to, a, ret_root, err);
}

static _noreturn_ void serve(const struct merged_ask *ask, const struct channel *to,
			     int wait)
{
	_cleanup_arena_ struct arena a = {0};
	struct err err = {0};
	int own_fds = fd_open(AT_FDCWD, "/proc/self/fd", O_PATH | O_DIRECTORY);
	int root = -EBADF;
	char nothing;
	int r = process_die_with_parent(SIGKILL);

	if (r < 0)
		err_set(&err, r, "make a process");
	else
		r = ask->inside ? enter_container(ask, &root, &err)
				: mount_layers(ask, &a, &root, &err);
	if (r == 0)
		r = ask->path ? find(ask, root, own_fds, to, &err)
			      : send_root(root, to, &err);
	if (r < 0)
		channel_send_err(to, MSG_ERROR, &err);
	else
		fd_read_now(wait, &nothing, 1);
	_exit(0);
}

/* --- in the caller --- */

static void close_parts(struct parts *p)
{
	for (size_t i = 0; i < p->n_lowers; i++)
		fd_close(&p->lowers[i]);
	fd_close(&p->upper);
	fd_close(&p->work);
	fd_close(&p->folder);
}

int merged_mount(const struct merged_ask *ask, const struct mnt_target *to,
		 struct err *err)
{
	_cleanup_arena_ struct arena a = {0};
	_cleanup_(close_parts) struct parts p = {-EBADF, NULL, 0, -EBADF, -EBADF};
	int r = open_parts(ask, &a, &p, err);

	return r < 0 ? r : attach_native(ask, &p, to, &a, NULL, err);
}

static int take_place(const struct frame *f, struct merged *ret, struct err *err)
{
	size_t n = 0;

	if (f->msg == MSG_ERROR) {
		*err = f->err;
		return err->code < 0 ? err->code : -EIO;
	}
	if (f->msg != MSG_PLACE)
		return err_say(err, -EBADMSG, "an answer that makes no sense");
	ret->is_folder = f->value & IS_FOLDER;
	ret->fd = (f->value & HAS_FILE) && n < f->n_fds ? f->fds[n++] : -ENOENT;
	ret->parent = (f->value & HAS_PARENT) && n < f->n_fds ? f->fds[n++] : -ENOENT;
	return 0;
}

int merged_open(const struct merged_ask *ask, struct merged *ret, struct err *err)
{
	_cleanup_merged_ struct merged m = MERGED_NONE;
	_cleanup_(channel_close) struct channel here = {-EBADF}, there = {-EBADF};
	_cleanup_fd_ int wait = -EBADF;
	struct frame frame;
	int ends[2], r = channel_pair(&here, &there);
	pid_t pid;

	if (r == 0)
		r = fd_pipe(ends);
	if (r < 0)
		return err_set(err, r, "make a pipe");
	wait = ends[0];
	m.wait = ends[1];
	pid = process_clone(0, -1, &m.pidfd);
	if (pid == 0) {
		fd_close(&m.wait);
		channel_close(&here);
		serve(ask, &there, wait);
	}
	if (pid < 0)
		return err_set(err, pid, "make a process");
	channel_close(&there);
	r = channel_recv(&here, &frame);
	if (r < 0)
		return err_set(err, r, "mount the container's tree");
	r = take_place(&frame, &m, err);
	if (r < 0)
		return r;
	*ret = m;
	m = MERGED_NONE;
	return 0;
}

void merged_close(struct merged *m)
{
	int code;

	fd_close(&m->fd);
	fd_close(&m->parent);
	fd_close(&m->wait);
	if (m->pidfd >= 0)
		process_wait(m->pidfd, &code);
	fd_close(&m->pidfd);
}
