// SPDX-License-Identifier: Apache-2.0
/*
 * time.c - clocks that are ahead of the host's, or behind
 *
 * A time namespace takes offsets as long as nobody is in it: it is not made with the builder but by
 * it, who enters it afterwards.
 */
#include <inttypes.h>

#include "stage/stage.h"
#include "sys/process.h"

static bool wanted(const struct plan *plan)
{
	return plan->want_time_offsets;
}

static int apply(struct run *run, struct err *err)
{
	const struct spec_time_offset *v = run->plan->spec->time_offsets;
	const char *text =
		arena_printf(run->arena,
			     "monotonic %" PRId64 " %u\nboottime %" PRId64 " %u\n",
			     v[TIME_MONOTONIC].secs, v[TIME_MONOTONIC].nanosecs,
			     v[TIME_BOOTTIME].secs, v[TIME_BOOTTIME].nanosecs);
	int r = process_make_time(text);

	if (r == 0)
		return 0;
	err_set(err, r, "linux.timeOffsets: make a time namespace");
	if (r == -ERANGE)
		return err_hint(err, r, "No clock can be before the start of the host");
	if (r == -EINVAL)
		return err_hint(err, r, "This kernel has none (CONFIG_TIME_NS)");
	return r;
}

const struct stage stage_time = {"time", PHASE_EARLY, wanted, apply};
