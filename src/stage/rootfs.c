// SPDX-License-Identifier: Apache-2.0
/*
 * rootfs.c - the container's root: a folder as it is, below a throw-away overlay, an image's
 * layers, or empty
 */
#include "stage/stage.h"
#include "sys/dir.h"
#include "sys/mnt.h"

static int apply(struct run *run, struct err *err)
{
	const struct spec_root *root = &run->plan->spec->root;
	const char *what = root->path;
	_cleanup_fd_ int at = dir_make(run->scratch, "root", 0755);
	struct mnt_target to = {run->scratch, "/root", at};
	struct mnt_attr attr = {.propagation = MS_PRIVATE | MS_REC, .is_recursive = true};
	int r;

	if (root->kind == ROOT_DIR) {
		r = fd_is_executable(run->root_source);
		if (r < 0) {
			err_set(err, r, "rootfs '%s'", what);
			return err_hint(
				err, r,
				"Its owner lets nobody in: chmod +x it, or give it to "
				"'%s'",
				run->plan->host->user);
		}
	}
	if (at < 0)
		return err_set(err, at, "make the folder for the container's root");
	if (root->kind == ROOT_EMPTY) {
		attr.set = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV;
		r = mnt_attach_fs("tmpfs", "tmpfs", label_mount_data(run, "mode=0755"),
				  &attr, &to, &run->root);
		return r < 0 ? err_set(err, r, "mount a tmpfs for the root folder") : 0;
	}
	if (root->kind == ROOT_HOST) {
		/* Put together by the plan's operations, on a tmpfs. */
		r = mnt_attach_fs("tmpfs", "tmpfs", "mode=0755", NULL, &to, &run->root);
		return r < 0 ? err_set(err, r, "mount a tmpfs for the root folder") : 0;
	}
	/* pivot_root(2) takes no shared mount: that comes behind it. */
	if (root->propagation && !(root->propagation & MS_SHARED))
		attr.propagation = root->propagation;
	if (run->plan->want_nodev)
		attr.set = MOUNT_ATTR_NODEV;
	if (root->kind == ROOT_LAYERS)
		return overlay_attach_root(run, &to, &run->root, err);
	if (root->want_overlay)
		return overlay_attach(run, run->root_source, NULL, &to, what, NULL,
				      &run->root, err);
	r = mnt_attach_bind(run->root_source, true, &attr, &to, &run->root);
	if (r < 0)
		return err_set(err, r, "bind rootfs '%s'", what);
	/* The rootfs itself waits for the pivot: targets of mounts may be made in it. */
	if (root->is_readonly)
		r = mnt_make_readonly_below(run->root);
	return r < 0 ? err_set(err, r, "make what is mounted below '%s' read-only", what)
		     : 0;
}

const struct stage stage_rootfs = {"rootfs", PHASE_ROOT, NULL, apply};
