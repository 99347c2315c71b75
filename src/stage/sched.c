// SPDX-License-Identifier: Apache-2.0
/*
 * sched.c - scheduler, I/O priority and, for an exec, the CPUs
 *
 * Late, so that the set-up itself is done at the caller's own pace, and before capabilities go:
 * those of a caller in the first user namespace count.
 */
#include "sys/sched.h"
#include "stage/stage.h"

static bool wanted(const struct plan *plan)
{
	const struct spec_process *p = &plan->spec->process;

	return p->scheduler.is_set || p->io_priority.class ||
	       (plan->spec->is_exec && (p->cpus || p->cpus_at_first));
}

static bool wanted_at_first(const struct plan *plan)
{
	return plan->spec->is_exec && plan->spec->process.cpus_at_first;
}

static int hint_nice(int r, const char *limit, struct err *err)
{
	if (r != -EPERM)
		return r;
	return err_hint(err, r,
			"An ordinary user may not go before others, unless %s allows it; "
			"root may, without a user namespace",
			limit);
}

static int set_scheduler(const struct spec_scheduler *s, struct err *err)
{
	const struct sched_params params = {
		.policy = s->policy,
		.flags = s->flags,
		.nice = s->nice,
		.priority = s->priority,
		.runtime_ns = s->runtime_ns,
		.deadline_ns = s->deadline_ns,
		.period_ns = s->period_ns,
	};
	int r = sched_set(&params);

	if (r == 0)
		return 0;
	err_set(err, r, "process.scheduler: set policy %u, nice %d, priority %u",
		s->policy, s->nice, s->priority);
	return hint_nice(r, "'ulimit -e' or 'ulimit -r'", err);
}

static int set_cpus(const char *list, const char *key, struct err *err)
{
	int r = sched_set_cpus(list);

	if (r == 0)
		return 0;
	err_set(err, r, "process.execCPUAffinity.%s: run on CPU %s", key,
		list ? list : "0 to the last");
	return r == -EINVAL ? err_hint(err, r, "The container has none of these") : r;
}

static int apply(struct run *run, struct err *err)
{
	const struct spec_process *p = &run->plan->spec->process;
	int r = p->scheduler.is_set ? set_scheduler(&p->scheduler, err) : 0;

	if (r == 0 && p->io_priority.class) {
		r = sched_set_io(p->io_priority.class, p->io_priority.level);
		if (r < 0) {
			err_set(err, r, "process.ioPriority: set class %u, priority %u",
				p->io_priority.class, p->io_priority.level);
			return hint_nice(r, "CAP_SYS_NICE", err);
		}
	}
	if (r == 0 && run->plan->spec->is_exec && (p->cpus || p->cpus_at_first))
		r = set_cpus(p->cpus, "final", err);
	return r;
}

static int apply_at_first(struct run *run, struct err *err)
{
	return set_cpus(run->plan->spec->process.cpus_at_first, "initial", err);
}

const struct stage stage_sched_first = {"sched", PHASE_BIRTH, wanted_at_first,
					apply_at_first, true};
const struct stage stage_sched = {"sched", PHASE_LOCK, wanted, apply, true};
