// SPDX-License-Identifier: Apache-2.0
/*
 * loopback.c - a new network namespace, and its lo goes up
 *
 * The kernel takes longer for this namespace than for all others together. A builder that waits
 * for its id maps makes it in that time; the clone, which the maps have to wait for, is done
 * without it. One that maps its only id by itself makes it after that: then its files in /proc
 * and /sys belong to the container's root, and not to nobody.
 */
#include <sched.h>

#include "stage/stage.h"
#include "sys/net.h"
#include "sys/process.h"

bool stage_makes_net(const struct plan *plan)
{
	const uint64_t both = CLONE_NEWUSER | CLONE_NEWNET;

	/* Whoever writes the maps may want to see it first. */
	return !plan->want_join && !plan->spec->userns.has_map_fd &&
	       (plan->clone_flags & both) == both;
}

static bool wanted(const struct plan *plan)
{
	return plan->want_loopback;
}

static int apply(struct run *run, struct err *err)
{
	int r = stage_makes_net(run->plan) ? process_unshare(CLONE_NEWNET) : 0;

	if (r < 0) {
		err_set(err, r, "make the container's network namespace");
		return r == -ENOSPC || r == -EUSERS
			       ? err_hint(err, r,
					  "sudo sysctl user.max_net_namespaces=65536; or "
					  "--network host")
			       : r;
	}
	r = net_loopback_up();
	return r < 0 ? err_set(err, r, "bring up the loopback interface") : 0;
}

const struct stage stage_loopback = {"loopback", PHASE_EARLY, wanted, apply};
