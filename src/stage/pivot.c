// SPDX-License-Identifier: Apache-2.0
/*
 * pivot.c - the container's tree becomes "/", and the caller's is gone
 */
#include "stage/stage.h"
#include "sys/copy.h"
#include "sys/mnt.h"

/* Where no file can be bound alone: a copy on the scratch tmpfs. Who writes that one harms
 * nobody but his own container. */
static int copy_init(struct run *run)
{
	_cleanup_fd_ int in = fd_open(AT_FDCWD, fd_path(run->init).path, O_RDONLY);
	_cleanup_fd_ int out = -EBADF;
	struct stat st;
	int r = in < 0 ? in : fd_stat(in, &st);

	if (r < 0)
		return r;
	out = fd_create(run->scratch, "urun-init", O_WRONLY | O_CREAT | O_EXCL, 0700);
	r = out < 0 ? out : copy_whole(in, out, &st);
	/* What is open for writing cannot be executed. */
	fd_close(&out);
	if (r < 0)
		return r;
	r = fd_open(run->scratch, "urun-init", O_PATH | O_NOFOLLOW);
	if (r < 0)
		return r;
	fd_close(&run->init);
	run->init = r;
	return 0;
}

static int apply(struct run *run, struct err *err)
{
	const struct mnt_attr shared = {.propagation = run->plan->spec->root.propagation};
	int r = 0;

	if (run->plan->spec->root.is_readonly) {
		struct mnt_attr attr = {.set = MOUNT_ATTR_RDONLY};

		r = mnt_change(run->root, &attr);
		if (r < 0)
			return err_set(err, r, "make the rootfs read-only");
	}
	if (run->init >= 0) {
		r = mnt_protect_file(&run->init);
		if (r == -ENOSYS || r == -EPERM)
			r = copy_init(run);
		if (r < 0)
			return err_set(err, r, "bind the program of process 1 read-only");
	}
	r = mnt_pivot(run->root);
	if (r < 0)
		return err_set(err, r, "pivot into the rootfs");
	if (shared.propagation & MS_SHARED)
		r = mnt_change(run->root, &shared);
	return r < 0 ? err_set(err, r, "make the rootfs a shared mount") : 0;
}

const struct stage stage_pivot = {"pivot", PHASE_ROOT, NULL, apply};
