// SPDX-License-Identifier: Apache-2.0
/*
 * oci_sched.c - who is served first: process.scheduler, ioPriority and execCPUAffinity, read
 * and written
 *
 * Source: OCI runtime specification 1.2, config.md; sched(7), sched_setattr(2), ioprio_set(2).
 */
#include <sched.h>
#include <string.h>

#include "spec/oci_parts.h"
#include "spec/words.h"

/* Not in every sched.h. */
#ifndef SCHED_DEADLINE
#define SCHED_DEADLINE 6
#endif

#define MIN_NICE	(-20)
#define MAX_NICE	19
#define MAX_RT_PRIORITY 99
#define MAX_IO_PRIORITY 7
#define MAX_FLAGS	16
/* SCHED_FLAG_UTIL_CLAMP_MIN and _MAX, linux/sched.h */
#define FLAGS_WITH_VALUE 0x60u

/* By the value of SCHED_*: the fifth was never in a Linux. */
static const char *const policies[] = {"SCHED_OTHER",	 "SCHED_FIFO", "SCHED_RR",
				       "SCHED_BATCH",	 "SCHED_ISO",  "SCHED_IDLE",
				       "SCHED_DEADLINE", NULL};
#define SCHED_ISO 4

/* By the place of their bit, linux/sched.h. */
static const char *const sched_flags[] = {
	"SCHED_FLAG_RESET_ON_FORK",  "SCHED_FLAG_RECLAIM",
	"SCHED_FLAG_DL_OVERRUN",     "SCHED_FLAG_KEEP_POLICY",
	"SCHED_FLAG_KEEP_PARAMS",    "SCHED_FLAG_UTIL_CLAMP_MIN",
	"SCHED_FLAG_UTIL_CLAMP_MAX", NULL};

/* By the value of IOPRIO_CLASS_*, but for "none". */
static const char *const io_classes[] = {"IOPRIO_CLASS_RT", "IOPRIO_CLASS_BE",
					 "IOPRIO_CLASS_IDLE", NULL};

/* A word that has to be there. */
static int read_needed(struct oci *o, const struct json_at *at, const char *what,
		       const char *const *list, int *ret)
{
	const char *word;
	int r = oci_read_name(o, at, what, &word);

	return r < 0 ? r : oci_read_word(o, at, list, ret);
}

static int read_flags(struct oci *o, const struct json_at *list, uint32_t *ret)
{
	size_t n = 0;
	int r = oci_read_list(o, list, MAX_FLAGS, &n);

	for (size_t i = 0; r == 0 && i < n; i++) {
		struct json_at item = json_index(list, i);
		int place = 0;

		r = read_needed(o, &item, "a flag", sched_flags, &place);
		if (r == 0 && (1u << place) & FLAGS_WITH_VALUE)
			r = oci_refuse(o, &item, "a document has no value for it");
		*ret |= 1u << place;
	}
	return r;
}

static int read_times(struct oci *o, const struct json_at *at, struct spec_scheduler *s)
{
	const struct {
		const char *key;
		uint64_t *ns;
	} times[] = {{"runtime", &s->runtime_ns},
		     {"deadline", &s->deadline_ns},
		     {"period", &s->period_ns}};

	for (size_t i = 0; i < ARRAY_SIZE(times); i++) {
		struct json_at item = json_key(at, times[i].key);
		int64_t ns = 0;
		int r = json_read_i64(&item, 0, INT64_MAX, &ns, o->err);

		if (r < 0)
			return r;
		if (ns > 0 && s->policy != SCHED_DEADLINE)
			return json_invalid(&item, o->err, "goes with SCHED_DEADLINE");
		*times[i].ns = (uint64_t)ns;
	}
	return 0;
}

/* The kernel ignores one that the policy has no use for. */
static int read_priorities(struct oci *o, const struct json_at *at,
			   struct spec_scheduler *s)
{
	struct json_at nice = json_key(at, "nice"), priority = json_key(at, "priority");
	bool is_rt = s->policy == SCHED_FIFO || s->policy == SCHED_RR;
	int64_t n = 0, p = 0;
	int r = json_read_i64(&nice, MIN_NICE, MAX_NICE, &n, o->err);

	if (r == 0)
		r = json_read_i64(&priority, 0, MAX_RT_PRIORITY, &p, o->err);
	if (r < 0)
		return r;
	if (n != 0 && s->policy != SCHED_OTHER && s->policy != SCHED_BATCH)
		return json_invalid(&nice, o->err,
				    "goes with SCHED_OTHER or SCHED_BATCH");
	if (is_rt != (p > 0))
		return json_invalid(&priority, o->err, "%s",
				    is_rt ? "1 to 99 for SCHED_FIFO and SCHED_RR"
					  : "goes with SCHED_FIFO or SCHED_RR");
	s->nice = (int32_t)n;
	s->priority = (uint32_t)p;
	return 0;
}

static int read_scheduler(struct oci *o)
{
	struct spec_scheduler *s = &o->spec->process.scheduler;
	struct json_at at = json_key(&o->process, "scheduler"),
		       policy = json_key(&at, "policy"), flags = json_key(&at, "flags");
	int place = 0, r = json_expect(&at, JSON_KIND_OBJECT, o->err);

	if (r < 0 || !json_is_present(&at))
		return r;
	r = read_needed(o, &policy, "a policy", policies, &place);
	if (r == 0 && place == SCHED_ISO)
		r = oci_refuse(o, &policy, "no Linux has SCHED_ISO");
	s->is_set = true;
	s->policy = (uint32_t)place;
	if (r == 0)
		r = read_flags(o, &flags, &s->flags);
	if (r == 0)
		r = read_priorities(o, &at, s);
	return r < 0 ? r : read_times(o, &at, s);
}

static int read_io_priority(struct oci *o)
{
	struct spec_io_priority *p = &o->spec->process.io_priority;
	struct json_at at = json_key(&o->process, "ioPriority"),
		       class = json_key(&at, "class"), level = json_key(&at, "priority");
	int place = 0, r = json_expect(&at, JSON_KIND_OBJECT, o->err);

	if (r < 0 || !json_is_present(&at))
		return r;
	r = read_needed(o, &class, "a class", io_classes, &place);
	p->class = (uint32_t)place + 1;
	return r < 0 ? r : json_read_u32(&level, MAX_IO_PRIORITY, &p->level, o->err);
}

static int read_affinity(struct oci *o)
{
	struct spec_process *p = &o->spec->process;
	struct json_at at = json_key(&o->process, "execCPUAffinity"),
		       initial = json_key(&at, "initial"), final = json_key(&at, "final");
	int r = json_expect(&at, JSON_KIND_OBJECT, o->err);

	if (r == 0)
		r = oci_read_cpus(o, &initial, &p->cpus_at_first);
	return r < 0 ? r : oci_read_cpus(o, &final, &p->cpus);
}

int oci_read_sched(struct oci *o)
{
	int r = read_scheduler(o);

	if (r == 0)
		r = read_io_priority(o);
	return r < 0 ? r : read_affinity(o);
}

static void put_scheduler(struct json *process, const struct spec_scheduler *s)
{
	struct json *obj = json_put_object(process, "scheduler"), *list = NULL;

	json_put_str(obj, "policy", policies[s->policy]);
	if (s->nice)
		json_put_int(obj, "nice", s->nice);
	if (s->priority)
		json_put_int(obj, "priority", s->priority);
	for (size_t i = 0; sched_flags[i]; i++) {
		if (!(s->flags & (1u << i)))
			continue;
		if (!list)
			list = json_put_array(obj, "flags");
		json_add_str(list, sched_flags[i]);
	}
	if (s->runtime_ns)
		json_put_int(obj, "runtime", (int64_t)s->runtime_ns);
	if (s->deadline_ns)
		json_put_int(obj, "deadline", (int64_t)s->deadline_ns);
	if (s->period_ns)
		json_put_int(obj, "period", (int64_t)s->period_ns);
}

void oci_put_sched(struct json *process, const struct spec_process *p)
{
	struct json *obj;

	if (p->scheduler.is_set)
		put_scheduler(process, &p->scheduler);
	if (p->io_priority.class) {
		obj = json_put_object(process, "ioPriority");
		json_put_str(obj, "class", io_classes[p->io_priority.class - 1]);
		json_put_int(obj, "priority", p->io_priority.level);
	}
	if (p->cpus_at_first || p->cpus) {
		obj = json_put_object(process, "execCPUAffinity");
		json_put_str(obj, "initial", p->cpus_at_first);
		json_put_str(obj, "final", p->cpus);
	}
}
