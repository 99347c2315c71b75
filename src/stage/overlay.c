// SPDX-License-Identifier: Apache-2.0
/*
 * overlay.c - throw-away overlays, by the kernel or by fuse-overlayfs
 *
 * The upper folder is on the scratch tmpfs, so nothing has to be removed. The kernel's
 * overlay needs Linux 5.11 in a user namespace, and keeps its marks in user.* attributes,
 * which tmpfs stores since 6.6; fuse-overlayfs serves where either is missing. It runs
 * outside of the container's pid namespace, as root of its user namespace: nobody inside
 * sees it.
 */
#include <stdio.h>

#include "stage/stage.h"
#include "sys/mnt.h"
#include "sys/path.h"

#define OVERFLOW_ID 65534 /* user_namespaces(7) */

struct parts {
	int lower, upper, work;
};

static int make_parts(struct run *run, int lower, struct parts *ret, struct err *err)
{
	char upper[32], work[32];
	struct stat st;
	int r;

	snprintf(upper, sizeof(upper), "upper%u", run->n_overlays);
	snprintf(work, sizeof(work), "work%u", run->n_overlays);
	run->n_overlays++;
	ret->lower = lower;
	ret->upper = fd_make_dir(run->scratch, upper, 0755);
	ret->work = fd_make_dir(run->scratch, work, 0700);
	if (ret->upper < 0 || ret->work < 0)
		return err_set(err, ret->upper < 0 ? ret->upper : ret->work,
			       "make the upper folder of an overlay");
	/* The merged folder shows the upper one's owner and mode. Who has no place in the
	 * map is shown as OVERFLOW_ID: it would be nobody's, and stays root's. */
	r = fd_stat(lower, &st);
	if (r == 0) {
		st.st_uid = st.st_uid == OVERFLOW_ID ? (uid_t)-1 : st.st_uid;
		st.st_gid = st.st_gid == OVERFLOW_ID ? (gid_t)-1 : st.st_gid;
		r = fd_copy_owner(ret->upper, &st);
	}
	return r < 0 ? err_set(err, r, "prepare the upper folder of an overlay") : 0;
}

static int attach_native(struct run *run, const struct parts *p,
			 const struct mnt_attr *attr, const struct mnt_target *to,
			 int *ret_fd)
{
	/* The container's own, one that it joined, or one that urun itself runs in. */
	bool is_userns = (run->plan->clone_flags & spec_ns_flag(NS_USER)) ||
			 run->joins[NS_USER] >= 0 || !run->plan->host->is_identity_userns;
	char data[256];

	if (is_userns && !fd_has_user_xattrs(p->upper))
		return -EOPNOTSUPP;
	snprintf(data, sizeof(data), "lowerdir=%s,upperdir=%s,workdir=%s%s",
		 fd_path(p->lower).path, fd_path(p->upper).path, fd_path(p->work).path,
		 is_userns ? ",userxattr" : "");
	return mnt_attach_fs("overlay", "overlay", data, attr, to, ret_fd);
}

/* fuse-overlayfs looks its lower folder up by name. On the scratch tmpfs it has one that can be
 * reached without the caller's rights, and there nobody can write it. */
static int show_lower(struct run *run, int lower, int *ret)
{
	struct mnt_attr attr = {.set = MOUNT_ATTR_RDONLY,
				.is_recursive = true,
				.propagation = MS_PRIVATE | MS_REC};
	_cleanup_fd_ int at = -EBADF;
	struct mnt_target to = {run->scratch, NULL, -EBADF};
	char name[32];

	snprintf(name, sizeof(name), "lower%u", run->n_overlays);
	at = fd_make_dir(run->scratch, name, 0755);
	if (at < 0)
		return at;
	to.path = name;
	to.fd = at;
	return mnt_attach_bind(lower, true, &attr, &to, ret);
}

static int attach_fuse(struct run *run, const struct parts *p,
		       const struct mnt_attr *attr, const struct mnt_target *to,
		       const char *what, int *ret_fd, struct err *err)
{
	_cleanup_fd_ int fuse = fd_open(run->dev, "fuse", O_RDWR);
	_cleanup_fd_ int userns = fd_open(AT_FDCWD, "/proc/self/ns/user", O_RDONLY);
	_cleanup_fd_ int mntns = fd_open(AT_FDCWD, "/proc/self/ns/mnt", O_RDONLY);
	_cleanup_fd_ int made = -EBADF, lower = -EBADF;
	struct stat st;
	char data[128];
	int r, fds[6];

	if (fuse < 0) {
		err_set(err, fuse, "overlay over '%s': open /dev/fuse", what);
		return err_hint(err, fuse,
				"sudo chmod 666 /dev/fuse, after sudo modprobe fuse");
	}
	if (userns < 0 || mntns < 0)
		return err_set(err, MIN(userns, mntns),
			       "open the container's namespaces");
	r = show_lower(run, p->lower, &lower);
	if (r < 0)
		return err_set(err, r, "overlay over '%s': bind it", what);
	snprintf(data, sizeof(data),
		 "fd=%d,rootmode=40000,user_id=0,group_id=0,allow_other,default_"
		 "permissions",
		 fuse);
	r = mnt_attach_fs("fuse", "fuse-overlayfs", data, attr, to, NULL);
	if (r < 0)
		return err_set(err, r, "overlay over '%s': mount fuse", what);
	fds[0] = fuse;
	fds[1] = lower;
	fds[2] = p->upper;
	fds[3] = p->work;
	fds[4] = userns;
	fds[5] = mntns;
	r = channel_send_fds(&run->channel, MSG_FUSE, fds, 6, 0);
	if (r < 0)
		return err_set(err, r, "ask for fuse-overlayfs");
	r = stage_wait_for(run, MSG_FUSE_UP, err);
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

int overlay_attach(struct run *run, int lower, const struct mnt_attr *attr,
		   const struct mnt_target *to, const char *what, int *ret_fd,
		   struct err *err)
{
	enum storage_driver driver = run->plan->spec->root.driver;
	struct parts p = {-EBADF, -EBADF, -EBADF};
	struct err native = {0};
	int r;

	r = make_parts(run, lower, &p, err);
	if (r == 0 && driver != STORAGE_FUSE) {
		r = attach_native(run, &p, attr, to, ret_fd);
		if (r < 0)
			say_native(r, what, driver == STORAGE_AUTO ? &native : err);
	}
	if (r < 0 && native.code && !run->has_said_fuse) {
		struct err note = native;

		run->has_said_fuse = true;
		err_prefix(&note,
			   "fuse-overlayfs instead of the kernel's overlay, slower");
		r = channel_send_err(&run->channel, MSG_NOTE, &note);
		if (r < 0)
			return err_set(err, r, "tell the launcher");
		r = native.code;
	}
	if ((r < 0 && native.code) || (r == 0 && driver == STORAGE_FUSE)) {
		r = attach_fuse(run, &p, attr, to, what, ret_fd, err);
		if (r < 0 && native.code)
			err_prefix(err, "%s, and so is fuse-overlayfs", native.message);
	}
	fd_close(&p.upper);
	fd_close(&p.work);
	return r;
}
