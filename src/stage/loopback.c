// SPDX-License-Identifier: Apache-2.0
/*
 * loopback.c - lo of a new network namespace goes up
 */

#include "stage/stage.h"
#include "sys/net.h"

static bool wanted(const struct plan *plan)
{
	return plan->want_loopback;
}

static int apply(struct run *run, struct err *err)
{
	int r = net_loopback_up();

	(void)run;
	return r < 0 ? err_set(err, r, "bring up the loopback interface") : 0;
}

const struct stage stage_loopback = {"loopback", PHASE_EARLY, wanted, apply};
