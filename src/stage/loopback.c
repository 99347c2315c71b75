// SPDX-License-Identifier: Apache-2.0
/*
 * loopback.c - a new network namespace, and its lo goes up
 *
 * The kernel takes longer for this namespace than for all others together. A builder that waits
 * for its id maps makes it in that time; the clone, which the maps have to wait for, is done
 * without it.
 */
#include <sched.h>

#include "stage/stage.h"
#include "sys/net.h"
#include "sys/process.h"

bool stage_makes_net(const struct plan *plan)
{
	bool waits = plan->map.rung == MAP_RANGES || plan->map.rung == MAP_DIRECT;

	return waits && !plan->want_join && (plan->clone_flags & CLONE_NEWNET);
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
