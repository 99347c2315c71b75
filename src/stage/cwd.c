// SPDX-License-Identifier: Apache-2.0
/*
 * cwd.c - the working folder of an engine's container, made where it is missing
 *
 * Engines count on it, as other OCI runtimes do it. After the pivot, by descriptors and by root of the
 * container, and nothing that is there is changed: neither a link nor a race leads to a folder of the host
 * (CVE-2026-55686). What cannot be made is said when the payload is to go there.
 */
#include "stage/stage.h"
#include "sys/path.h"

static bool wanted(const struct plan *plan)
{
	return plan->spec->bundle && plan->spec->process.cwd;
}

static int apply(struct run *run, struct err *err)
{
	_cleanup_fd_ int root = fd_open(AT_FDCWD, "/", O_PATH | O_DIRECTORY);
	_cleanup_fd_ int made = -EBADF;

	if (root < 0)
		return err_set(err, root, "open '/' of the container");
	made = path_make_dir_in(root, run->plan->spec->process.cwd, 0755);
	return 0;
}

const struct stage stage_cwd = {"cwd", PHASE_LOCK, wanted, apply, false};
