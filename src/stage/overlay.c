// SPDX-License-Identifier: Apache-2.0
/*
 * overlay.c - overlays, by the kernel or by fuse-overlayfs
 *
 * The upper folder of a throw-away overlay over one folder is on the scratch tmpfs, so nothing
 * has to be removed; that of an image's layers is in the container's folder of the store. The
 * kernel's overlay needs Linux 5.11 in a user namespace, and keeps its marks in user.*
 * attributes, which tmpfs stores since 6.6; fuse-overlayfs serves where either is missing. It
 * runs outside of the container's pid namespace, as root of its user namespace: nobody inside
 * sees it. Where the container's ids are not those that the layers are owned by, it runs as root
 * of the namespace that they are: an id means the same number to both, whatever it is on the
 * disk.
 */
#include <stdio.h>

#include "stage/stage.h"
#include "sys/copy.h"
#include "sys/dir.h"
#include "sys/fuse.h"
#include "sys/mnt.h"
#include "sys/path.h"

#define OVERFLOW_ID 65534 /* user_namespaces(7) */

struct parts {
	const int *lowers; /* the top one first; borrowed */
	size_t n_lowers;
	bool is_root; /* the container's layers and changes */
	int upper, work;
	const char *whole; /* see overlay_attach() */
};

#define NO_PARTS ((struct parts){.upper = -EBADF, .work = -EBADF})

static void close_parts(struct parts *p)
{
	fd_close(&p->upper);
	fd_close(&p->work);
}

/* The merged folder shows the upper one's owner and mode. Who has no place in the map is shown
 * as OVERFLOW_ID: it would be nobody's, and stays root's. */
static int copy_top(int lower, int upper)
{
	struct stat st;
	int r = fd_stat(lower, &st);

	if (r < 0)
		return r;
	st.st_uid = st.st_uid == OVERFLOW_ID ? (uid_t)-1 : st.st_uid;
	st.st_gid = st.st_gid == OVERFLOW_ID ? (gid_t)-1 : st.st_gid;
	return copy_owner(upper, &st);
}

/* In the container's own user namespace, in one that it joined, or in one that urun itself runs in? */
static bool is_in_userns(const struct run *run)
{
	return (run->plan->clone_flags & spec_ns_flag(NS_USER)) ||
	       run->joins[NS_USER] >= 0 || !run->plan->host->is_identity_userns;
}

/* Where changes go that are thrown away. */
static int make_folders(struct run *run, struct parts *p, struct err *err)
{
	char upper[32], work[32];
	int r;

	snprintf(upper, sizeof(upper), "upper%u", run->n_overlays);
	snprintf(work, sizeof(work), "work%u", run->n_overlays++);
	p->upper = dir_make(run->files, upper, 0755);
	p->work = dir_make(run->files, work, 0700);
	r = MIN(p->upper, p->work);
	return r < 0 ? err_set(err, r, "make the upper folder of an overlay") : 0;
}

static int make_parts(struct run *run, const int *lower, struct parts *ret,
		      struct err *err)
{
	int r = make_folders(run, ret, err);

	if (r < 0)
		return r;
	ret->lowers = lower;
	ret->n_lowers = 1;
	r = copy_top(*lower, ret->upper);
	return r < 0 ? err_set(err, r, "prepare the upper folder of an overlay") : 0;
}

static int open_parts(struct run *run, struct parts *ret, struct err *err)
{
	const struct spec_root *root = &run->plan->spec->root;
	int r;

	ret->lowers = run->layers;
	ret->n_lowers = root->layers.n + run->has_base;
	ret->is_root = true;
	ret->upper = fd_take(&run->upper);
	ret->work = fd_take(&run->work);
	/* The base says what the root folder is like. Ids that are shifted are not the ones
	 * seen here, and an image's root folder is its root's. */
	r = run->plan->want_shift ? 0
				  : copy_top(run->layers[root->layers.n - 1], ret->upper);
	return r < 0 ? err_set(err, r, "prepare container '%s'", root->changes) : 0;
}

static int attach_native(struct run *run, const struct parts *p,
			 const struct mnt_attr *attr, const struct mnt_target *to,
			 int *ret_fd)
{
	bool is_volatile = p->is_root && run->plan->spec->root.is_volatile;
	/* Layers have their marks so, and whoever reads the container's changes looks for those
	 * alone, root of the host, too. */
	bool is_user = is_in_userns(run) || p->is_root;
	const char *options =
		is_user ? (is_volatile ? "userxattr,volatile" : "userxattr") : NULL;

	if (is_user && !fd_has_user_xattrs(p->upper))
		return -EOPNOTSUPP;
	return mnt_attach_overlay(p->lowers, p->n_lowers, p->upper, p->work, options,
				  attr, to, ret_fd);
}

/* fuse-overlayfs looks its lower folder up by name. On the scratch tmpfs it has one that can be
 * reached without the caller's rights, and there nobody can write it. */
static int show_lower(struct run *run, int lower, int *ret)
{
	struct mnt_attr attr = {.set = MOUNT_ATTR_RDONLY,
				.is_recursive = true,
				.propagation = MS_PRIVATE | MS_REC};
	_cleanup_fd_ int at = -EBADF;
	struct mnt_target to = {run->files, NULL, -EBADF};
	char name[32];

	snprintf(name, sizeof(name), "lower%u", run->n_overlays);
	at = dir_make(run->files, name, 0755);
	if (at < 0)
		return at;
	to.path = name;
	to.fd = at;
	return mnt_attach_bind(lower, true, &attr, &to, ret);
}

/* What the server needs to find its folders: those of a throw-away overlay are in the builder's
 * mount namespace, the container's in the caller's own. */
static int send_fuse(struct run *run, int fuse, const struct parts *p, struct err *err)
{
	_cleanup_fd_ int userns = fd_open(AT_FDCWD, "/proc/self/ns/user", O_RDONLY);
	_cleanup_fd_ int mntns = fd_open(AT_FDCWD, "/proc/self/ns/mnt", O_RDONLY);
	_cleanup_fd_ int lower = -EBADF;
	int r, fds[] = {fuse, p->upper, p->work, userns, mntns, -1};

	if (userns < 0 || mntns < 0)
		return err_set(err, MIN(userns, mntns),
			       "open the container's namespaces");
	fds[5] = run->root_source;
	if (!p->is_root) {
		r = show_lower(run, p->lowers[0], &lower);
		if (r < 0)
			return err_set(err, r, "bind the lower folder of an overlay");
		fds[5] = lower;
	}
	r = channel_send_fds(&run->channel, MSG_FUSE, fds, ARRAY_SIZE(fds),
			     !p->is_root     ? 0
			     : run->has_base ? 2
					     : 1);
	return r < 0 ? err_set(err, r, "ask for fuse-overlayfs")
		     : stage_wait_for(run, MSG_FUSE_UP, err);
}

static int attach_fuse(struct run *run, const struct parts *p,
		       const struct mnt_attr *attr, const struct mnt_target *to,
		       const char *what, int *ret_fd, struct err *err)
{
	_cleanup_fd_ int fuse = fd_open(run->dev, "fuse", O_RDWR), made = -EBADF;
	struct stat st;
	int r;

	if (fuse < 0) {
		err_set(err, fuse, "overlay over '%s': open /dev/fuse", what);
		return err_hint(err, fuse,
				"sudo chmod 666 /dev/fuse, after sudo modprobe fuse");
	}
	r = fuse_attach(fuse, attr, to);
	if (r < 0)
		return err_set(err, r, "overlay over '%s': mount fuse", what);
	r = send_fuse(run, fuse, p, err);
	if (r < 0)
		return r;
	/* Without our copy a dead server is an error at once, and nobody waits for it. */
	fd_close(&fuse);
	made = path_open_in(to->root, to->path, O_PATH);
	/* The answer to this says that it is up. It looks its work folder up by name, which
	 * is gone behind the pivot; and a server that fails is an error here, not the
	 * payload's. */
	r = made < 0 ? made : fd_stat(made, &st);
	if (r < 0)
		return err_set(err, r, "overlay over '%s' by fuse-overlayfs", what);
	if (ret_fd)
		*ret_fd = fd_take(&made);
	return 0;
}

static int say_native(int r, const char *what, struct err *err)
{
	if (r == -EOPNOTSUPP)
		err_say(err, r,
			"overlay over '%s': tmpfs of this kernel stores no user.* "
			"attributes "
			"(Linux 6.6 does)",
			what);
	else
		err_set(err, r, "overlay over '%s'", what);
	return err_hint(
		err, r,
		"--storage-driver fuse-overlayfs does without the kernel's overlay");
}

static int attach(struct run *run, const struct parts *p, const struct mnt_attr *attr,
		  const struct mnt_target *to, const char *what, int *ret_fd,
		  struct err *err)
{
	enum storage_driver driver = run->plan->driver;
	struct err native = {0};
	int r = 0;

	if (driver != STORAGE_FUSE) {
		r = attach_native(run, p, attr, to, ret_fd);
		if (r < 0)
			say_native(r, what, driver == STORAGE_AUTO ? &native : err);
	}
	if (r < 0 && native.code && !run->has_said_fuse) {
		struct err note = native;

		/* It is said once, and no other part has a better tmpfs. */
		if (p->whole && r == -EOPNOTSUPP)
			say_native(r, p->whole, &note);
		run->has_said_fuse = true;
		err_prefix(&note,
			   "fuse-overlayfs instead of the kernel's overlay, slower");
		r = channel_send_err(&run->channel, MSG_NOTE, &note);
		if (r < 0)
			return err_set(err, r, "tell the launcher");
		r = native.code;
	}
	if ((r < 0 && native.code) || (r == 0 && driver == STORAGE_FUSE)) {
		r = attach_fuse(run, p, attr, to, what, ret_fd, err);
		if (r < 0 && native.code)
			err_prefix(err, "%s, and so is fuse-overlayfs", native.message);
	}
	return r;
}

int overlay_attach(struct run *run, int lower, const struct mnt_attr *attr,
		   const struct mnt_target *to, const char *what, const char *whole,
		   int *ret_fd, struct err *err)
{
	_cleanup_(close_parts) struct parts p = NO_PARTS;
	int r = make_parts(run, &lower, &p, err);

	p.whole = whole;
	return r < 0 ? r : attach(run, &p, attr, to, what, ret_fd, err);
}

int overlay_attach_root(struct run *run, const struct mnt_target *to, int *ret_fd,
			struct err *err)
{
	_cleanup_(close_parts) struct parts p = NO_PARTS;
	int r = open_parts(run, &p, err);

	return r < 0 ? r
		     : attach(run, &p, NULL, to, run->plan->spec->root.changes, ret_fd,
			      err);
}

int overlay_attach_folders(struct run *run, const struct fsop *op, const int *folders,
			   const struct mnt_attr *attr, const struct mnt_target *to,
			   int *ret_fd, struct err *err)
{
	struct parts made = NO_PARTS;
	int r = op->is_throwaway ? make_folders(run, &made, err) : 0;

	if (r == 0) {
		const int *upper = &folders[op->layers.n];

		r = mnt_attach_overlay(folders, op->layers.n,
				       op->is_throwaway ? made.upper : upper[0],
				       op->is_throwaway ? made.work : upper[1],
				       is_in_userns(run) ? "userxattr" : NULL, attr, to,
				       ret_fd);
		if (r < 0)
			err_set(err, r, "mount an overlay on '%s'", op->dest);
	}
	close_parts(&made);
	return r;
}
