// SPDX-License-Identifier: Apache-2.0
/*
 * limits.c - see limits.h
 */
#include "engine/limits.h"

#include <stdio.h>
#include <string.h>

#include "plan/cgroup.h"
#include "stage/stage.h"
#include "sys/cgroup.h"
#include "sys/fd.h"

static void take(int64_t *to, int64_t from)
{
	if (from)
		*to = from;
}

static void merge_ios(struct spec_resources *to, const struct spec_resources *from,
		      struct arena *a)
{
	for (size_t i = 0; i < from->n_ios; i++) {
		const struct spec_io *io = &from->ios[i];
		size_t k = 0;

		while (k < to->n_ios &&
		       (to->ios[k].kind != io->kind || to->ios[k].major != io->major ||
			to->ios[k].minor != io->minor))
			k++;
		if (k < to->n_ios)
			to->ios[k] = *io;
		else if (io->value > 0)
			*ARR_PUSH(a, to, ios) = *io;
	}
}

void limits_merge(struct spec_resources *to, const struct spec_resources *from,
		  struct arena *a)
{
	take(&to->memory, from->memory);
	take(&to->memory_reservation, from->memory_reservation);
	take(&to->memory_swap, from->memory_swap);
	take(&to->cpu_shares, from->cpu_shares);
	take(&to->cpu_quota_us, from->cpu_quota_us);
	take(&to->cpu_burst_us, from->cpu_burst_us);
	take(&to->cpu_period_us, from->cpu_period_us);
	take(&to->pids, from->pids);
	if (from->has_cpu_idle) {
		to->has_cpu_idle = true;
		to->is_cpu_idle = from->is_cpu_idle;
	}
	take(&to->io_weight, from->io_weight);
	if (from->memory_swap)
		to->is_swap_implied = false;
	else if (from->memory && to->is_swap_implied)
		to->memory_swap = spec_implied_swap(from->memory);
	to->cpus = from->cpus ? from->cpus : to->cpus;
	to->mems = from->mems ? from->mems : to->mems;
	merge_ios(to, from, a);
	/* Written in order: the last one counts. */
	for (size_t i = 0; i < from->unified.n; i++)
		strv_push(a, &to->unified, from->unified.v[i]);
}

void limits_read(int cgroup, struct arena *a, struct spec_resources *ret)
{
	int64_t memory = INT64_MAX, swap = INT64_MAX;
	long long quota, period;
	char *text;

	cgroup_read_number(cgroup, "memory.max", &memory);
	cgroup_read_number(cgroup, "memory.swap.max", &swap);
	ret->memory = memory == INT64_MAX ? SPEC_NO_LIMIT : memory;
	ret->is_swap_implied = swap == memory;
	ret->memory_swap =
		memory == INT64_MAX || swap == INT64_MAX ? SPEC_NO_LIMIT : memory + swap;
	if (cgroup_read(cgroup, "cpu.max", a, &text) < 0)
		return;
	if (sscanf(text, "%lld %lld", &quota, &period) == 2) {
		ret->cpu_quota_us = quota;
		ret->cpu_period_us = period;
	} else if (sscanf(text, "max %lld", &period) == 1) {
		ret->cpu_quota_us = SPEC_NO_LIMIT;
		ret->cpu_period_us = period;
	}
}

static int enable(const char *path, uint32_t needed, struct arena *a, struct err *err)
{
	const char *slash = strrchr(path, '/'),
		   *up = arena_strndup(a, path, (size_t)(slash - path));
	_cleanup_fd_ int parent = cgroup_open(up);

	return parent < 0 ? err_set(err, parent, "cgroup '%s'", up)
			  : cgroup_give(parent, up, needed, a, err);
}

/* "MAJOR:MINOR" of a value that is one device's; 0: it is the whole file's. */
static size_t device_len(const char *value)
{
	size_t len = strspn(value, "0123456789:");

	return strchr(value, ':') && value[len] == ' ' ? len : 0;
}

/* Of a file with a line for each device, that one's line, or what it has without one. */
static const char *before_of(const struct cgroup_setting *s, char *text, struct arena *a)
{
	size_t len = device_len(s->value);
	char *line;

	if (len == 0)
		return text;
	while ((line = strsep(&text, "\n")))
		if (strncmp(line, s->value, len + 1) == 0)
			return line;
	return arena_printf(a, "%.*s %s", (int)len, s->value,
			    strcmp(s->file, "io.max") == 0
				    ? "rbps=max wbps=max riops=max wiops=max"
				    : "default");
}

/* What was there before is written back when one fails. */
static int write_all(int cgroup, const struct plan_cgroup *c, struct arena *a,
		     struct err *err)
{
	const char **before = arena_alloc(a, (c->n_settings + 1) * sizeof(*before));
	size_t n = 0;
	int r = 0;

	for (; n < c->n_settings; n++) {
		const struct cgroup_setting *s = &c->settings[n];
		char *text;

		if (cgroup_read(cgroup, s->file, a, &text) == 0)
			before[n] = before_of(s, text, a);
		r = cgroup_set(cgroup, s, err);
		if (r < 0)
			break;
	}
	while (r < 0 && n-- > 0)
		if (before[n] && *before[n])
			cgroup_write(cgroup, c->settings[n].file, before[n]);
	return r;
}

int limits_apply(int cgroup, const char *path, const struct spec_resources *resources,
		 const struct host *host, struct arena *a, struct err *err)
{
	struct plan_cgroup settings = {.is_update = true};
	int r;

	cgroup_settings(resources, a, &settings);
	r = enable(path, settings.needed, a, err);
	if (r == 0)
		r = write_all(cgroup, &settings, a, err);
	return r < 0 ? r : cgroup_set_scope(path, &settings, host, a, err);
}

void limits_complete(struct spec_resources *asked, const struct spec_resources *whole)
{
	if (asked->memory || asked->memory_swap) {
		asked->memory = whole->memory;
		asked->memory_swap = whole->memory_swap;
		asked->is_swap_implied = whole->is_swap_implied;
	}
	if (asked->cpu_quota_us || asked->cpu_period_us) {
		asked->cpu_quota_us = whole->cpu_quota_us;
		asked->cpu_period_us = whole->cpu_period_us;
	}
}
