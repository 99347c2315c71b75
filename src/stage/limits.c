// SPDX-License-Identifier: Apache-2.0
/*
 * limits.c - --ulimit and --umask: last, so that the set-up itself is not under them
 */
#include <sys/stat.h>

#include "base/parse.h"
#include "stage/stage.h"
#include "sys/rlimit.h"

static int set_limit(const struct spec_rlimit *l, struct err *err)
{
	int r = rlimit_set(l->resource, l->soft, l->hard);

	if (r == 0)
		return 0;
	err_set(err, r, "%s soft %llu hard %llu", rlimit_name(l->resource),
		(unsigned long long)l->soft, (unsigned long long)l->hard);
	if (r == -EPERM)
		err_hint(
			err, r,
			"An ordinary user cannot raise a hard limit: see 'ulimit -H -a', "
			"and /etc/security/limits.conf for more");
	return r;
}

static bool wants_raise(const struct plan *plan)
{
	return plan->spec->process.n_rlimits > 0;
}

/* Only root may raise them, and the payload's root may not be allowed to: so before its capabilities are
 * given up. One that cannot be had is said when it is set. */
static int raise(struct run *run, struct err *err)
{
	const struct spec_process *p = &run->plan->spec->process;

	(void)err;
	for (size_t i = 0; i < p->n_rlimits; i++)
		rlimit_raise(p->rlimits[i].resource, p->rlimits[i].hard);
	return 0;
}

const struct stage stage_limits_raise = {"limits", PHASE_LOCK, wants_raise, raise, true};

/* In the place of a cgroup that there is not. */
static int stand_in(int64_t processes, int64_t data_bytes, struct err *err)
{
	int r = processes > 0 ? rlimit_lower(RLIMIT_NPROC, (uint64_t)processes) : 0;

	if (r == 0 && data_bytes > 0)
		r = rlimit_lower(RLIMIT_DATA, (uint64_t)data_bytes);
	return r < 0 ? err_set(err, r, "limit processes and memory by setrlimit") : 0;
}

static int apply(struct run *run, struct err *err)
{
	const struct plan *plan = run->plan;
	const struct spec_process *p = &plan->spec->process;
	int r = 0;

	for (size_t i = 0; r == 0 && i < p->n_rlimits; i++)
		r = set_limit(&p->rlimits[i], err);
	if (r == 0)
		r = stand_in((int64_t)plan->most_processes,
			     (int64_t)plan->most_data_bytes, err);
	if (r == 0 && run->cgroup_note)
		r = stand_in(plan->spec->resources.pids, plan->spec->resources.memory,
			     err);
	if (r == 0)
		umask(p->has_umask ? p->umask : 0022);
	return r;
}

const struct stage stage_limits = {"limits", PHASE_LOCK, NULL, apply, true};
