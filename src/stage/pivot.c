// SPDX-License-Identifier: Apache-2.0
/*
 * pivot.c - the container's tree becomes "/", and the caller's is gone
 */
#include "stage/stage.h"
#include "sys/mnt.h"

static int apply(struct run *run, struct err *err)
{
	int r = 0;

	if (run->plan->spec->root.is_readonly) {
		struct mnt_attr attr = {.set = MOUNT_ATTR_RDONLY};

		r = mnt_change(run->root, &attr);
		if (r < 0)
			return err_set(err, r, "make the rootfs read-only");
	}
	if (run->init >= 0) {
		r = mnt_protect_file(&run->init);
		if (r < 0)
			return err_set(err, r, "bind urun-init read-only");
	}
	r = mnt_pivot(run->root);
	return r < 0 ? err_set(err, r, "pivot into the rootfs") : 0;
}

const struct stage stage_pivot = {"pivot", PHASE_ROOT, NULL, apply};
