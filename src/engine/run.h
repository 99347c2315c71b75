/* SPDX-License-Identifier: Apache-2.0 */
/*
 * run.h - a container in the foreground, from a plan to an exit code
 */
#pragma once

#include "base/arena.h"
#include "base/err.h"
#include "plan/plan.h"

/**
 * engine_run() - start the container that a plan describes and wait for its end
 * @plan:     borrowed
 * @a:        borrowed; for what the run needs until it returns
 * @userns:   borrowed: that of the files of an image, where plan->want_shift; or -1
 * @folder:   borrowed: the container's in the store, where its process is noted; or -1
 * @note:     called with each remark that the user should see; also while the payload runs
 * @ret_code: the payload's exit code, or 128+n when signal n ended it; untouched on
 * failure
 * @err:      why nothing ran; err_exit_code() gives the exit code
 *
 * Runs in the launcher: host namespaces, the caller's uid, no capabilities needed.
 * Forwards signals and, with a terminal, relays it. When it returns, nothing of the
 * container is left. Return: 0 when the payload was started; a negative errno when it was
 * not.
 */
int engine_run(const struct plan *plan, struct arena *a, int userns, int folder,
	       void (*note)(const char *text), int *ret_code, struct err *err);
