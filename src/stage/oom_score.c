// SPDX-License-Identifier: Apache-2.0
/*
 * oom_score.c - --oom-score-adj
 */
#include <stdio.h>

#include "stage/stage.h"

static bool wanted(const struct plan *plan)
{
	return plan->spec->process.has_oom_score_adj;
}

/* Before the process stops being dumpable: its files in /proc are still its own. */
static int apply(struct run *run, struct err *err)
{
	int score = run->plan->spec->process.oom_score_adj, r;
	char text[16];

	snprintf(text, sizeof(text), "%d", score);
	r = fd_write_file(AT_FDCWD, "/proc/self/oom_score_adj", text);
	if (r == 0)
		return 0;
	err_set(err, r, "set the OOM score to %d", score);
	if (r == -EACCES || r == -EPERM)
		err_hint(err, r,
			 "An ordinary user can only raise it above the current one");
	return r;
}

const struct stage stage_oom_score = {"oom-score", PHASE_BIRTH, wanted, apply, true};
