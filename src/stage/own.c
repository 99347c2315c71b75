// SPDX-License-Identifier: Apache-2.0
/*
 * own.c - give volumes to the container's user (-v NAME:/dst:U)
 *
 * As soon as it is known who that is, and while there are the capabilities for it. Other
 * containers may be changing the volume: everything goes by descriptors, and no link is followed.
 */
#include "stage/stage.h"
#include "sys/path.h"
#include "sys/tree.h"

static bool is_wanted(const struct plan *plan)
{
	for (size_t i = 0; i < plan->n_ops; i++)
		if (plan->ops[i].is_owned)
			return true;
	return false;
}

static int own(const struct run *run, int root, const struct fsop *op, struct err *err)
{
	_cleanup_fd_ int dir = path_open_in(root, op->dest, O_RDONLY | O_DIRECTORY);
	int r = dir < 0 ? dir : tree_chown(dir, run->user.uid, run->user.gid);

	if (r == 0)
		return 0;
	err_set(err, r, "give the volume at '%s' to user %u", op->dest, run->user.uid);
	return r == -EPERM || r == -EINVAL
		       ? err_hint(err, r,
				  "It holds files of ids that this container's map "
				  "does not have")
		       : r;
}

static int apply(struct run *run, struct err *err)
{
	_cleanup_fd_ int root = fd_open(AT_FDCWD, "/", O_PATH | O_DIRECTORY);
	int r = root < 0 ? err_set(err, root, "open '/' of the container") : 0;

	for (size_t i = 0; r == 0 && i < run->plan->n_ops; i++)
		if (run->plan->ops[i].is_owned)
			r = own(run, root, &run->plan->ops[i], err);
	return r;
}

const struct stage stage_own = {"own", PHASE_LOCK, is_wanted, apply};
