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
#include "sys/mnt.h"

static int apply(struct run *run, struct err *err)
{
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
	return 0;
}

const struct stage stage_scratch = {"scratch", PHASE_ROOT, NULL, apply};
