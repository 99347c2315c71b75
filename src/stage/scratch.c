// SPDX-License-Identifier: Apache-2.0
/*
 * scratch.c - a private tmpfs: the container's root is built on it
 *
 * It holds urun's own files, the upper folders of throw-away overlays, and the folder
 * "root" on which the container's tree is mounted. It lives in the builder's mount
 * namespace only and is gone with it, however the container ends. It is mounted over
 * /dev, the one folder that every host has and that the set-up reaches by descriptor, and
 * leaves with the caller's root at the pivot.
 */
#include "stage/stage.h"
#include "sys/dir.h"
#include "sys/mnt.h"

static bool is_file(int fd, const struct stat *as)
{
	struct stat st;

	return fd >= 0 && fd_stat(fd, &st) == 0 && st.st_dev == as->st_dev &&
	       st.st_ino == as->st_ino;
}

/* A bind of /dev, or of "/", with all mounts below, would bring this one along. */
static bool is_in_sight(const struct run *run)
{
	_cleanup_fd_ int root = -EBADF;
	struct stat top, dev;

	for (size_t i = 0; i < run->plan->n_ops; i++) {
		const struct fsop *op = &run->plan->ops[i];

		if (op->kind != FSOP_BIND || !op->is_recursive || op->is_default)
			continue;
		if (root < 0) {
			root = fd_open(AT_FDCWD, "/", O_PATH | O_DIRECTORY);
			if (root < 0 || fd_stat(root, &top) < 0 ||
			    fd_stat(run->dev, &dev) < 0)
				return true;
		}
		if (is_file(run->sources[i], &top) || is_file(run->sources[i], &dev))
			return true;
	}
	return false;
}

/* A mount below one that no bind takes: files can be bound from it alone. */
static int make_files(struct run *run)
{
	_cleanup_fd_ int at = dir_make(run->scratch, "files", 0755);
	const struct mnt_attr attr = {.set = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV};
	const struct mnt_target to = {run->scratch, "/files", at};

	return at < 0 ? at
		      : mnt_attach_fs("tmpfs", "tmpfs", "mode=0755", &attr, &to,
				      &run->files);
}

/* The same goes for the upper folder of an overlay. */
static bool needs_files(const struct plan *p)
{
	for (size_t i = 0; i < p->n_ops; i++)
		if (p->ops[i].kind == FSOP_FILE || p->ops[i].kind == FSOP_MASK ||
		    p->ops[i].kind == FSOP_OVERLAY)
			return true;
	return p->spec->root.want_overlay || p->spec->root.kind == ROOT_LAYERS;
}

static int apply(struct run *run, struct err *err)
{
	const struct mnt_attr hidden = {.propagation = MS_UNBINDABLE};
	int r = mnt_detach_propagation();

	if (r < 0)
		return err_set(err, r, "stop mounts from reaching the host");
	r = mnt_cover("/dev", "mode=0755", &run->scratch);
	if (r < 0) {
		err_set(err, r, "mount a tmpfs for the container's root");
		if (r != -EPERM && r != -EACCES)
			return r;
		return err_hint(
			err, r,
			"This host forbids mounts in user namespaces (AppArmor, or a "
			"container's filter); 'urun doctor' tells which");
	}
	run->files = run->scratch;
	if (!is_in_sight(run))
		return 0;
	r = mnt_change(run->scratch, &hidden);
	if (r == 0 && needs_files(run->plan))
		r = make_files(run);
	return r < 0 ? err_set(err, r, "hide the container's own files from binds") : 0;
}

const struct stage stage_scratch = {"scratch", PHASE_ROOT, NULL, apply};
