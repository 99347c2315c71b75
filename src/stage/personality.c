// SPDX-License-Identifier: Apache-2.0
/*
 * personality.c - --personality: what uname(2) says of the machine
 */
#include "stage/stage.h"
#include "sys/process.h"

static bool wanted(const struct plan *plan)
{
	return plan->spec->has_personality;
}

/* Before the filter, which may not allow it. */
static int apply(struct run *run, struct err *err)
{
	int r = process_set_personality(run->plan->spec->personality);

	return r < 0 ? err_set(err, r, "set the execution domain %#x",
			       run->plan->spec->personality)
		     : 0;
}

const struct stage stage_personality = {"personality", PHASE_LOCK, wanted, apply, true};
