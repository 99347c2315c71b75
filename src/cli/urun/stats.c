// SPDX-License-Identifier: Apache-2.0
/*
 * stats.c - stats: what containers use, as podman has it, and how long they waited for what they did not get
 *
 * All of it is the kernel's: files of the container's cgroup, and of its network. What is not counted there is
 * not known, and never a zero: "--", or no key in JSON.
 */
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/parse.h"
#include "cli/urun/cmd.h"
#include "cli/urun/format.h"
#include "cli/urun/running.h"
#include "cli/urun/verb.h"
#include "sys/cgroup.h"
#include "sys/clock.h"
#include "sys/fd.h"
#include "sys/proc_list.h"
#include "sys/process.h"
#include "sys/tty.h"
#include "sys/usage.h"

#define ID_LEN		   12
#define UNKNOWN		   "--"
#define FIRST_MS	   500 /* between the first two samples */
#define DEFAULT_INTERVAL_S 5   /* podman-stats(1) */
#define CLEAR		   "\033[2J\033[H"

struct stats_options {
	struct format_options format; /* first: format_set_format() */
	bool is_all, is_latest, no_trunc, no_stream, no_reset;
	int interval_s;
};

#define SET_BOOL(name, field)                                                        \
	static int name(void *target, const char *value, struct err *err)            \
	{                                                                            \
		return options_bool(value, &((struct stats_options *)target)->field, \
				    err);                                            \
	}

SET_BOOL(set_all, is_all)
SET_BOOL(set_latest, is_latest)
SET_BOOL(set_no_trunc, no_trunc)
SET_BOOL(set_no_stream, no_stream)
SET_BOOL(set_no_reset, no_reset)

static int set_interval(void *target, const char *value, struct err *err)
{
	struct stats_options *o = target;

	if (parse_int(value, &o->interval_s) < 0 || o->interval_s < 1 ||
	    o->interval_s > INT_MAX / 1000)
		return err_say(err, -EINVAL, "'%s': seconds, 1 or more", value);
	return 0;
}

/* --- samples --- */

/* One container at one time. */
struct sample {
	const struct container *container;
	bool is_running;
	pid_t pid; /* of its first process: a later run is another */
	int64_t at_ns;
	double age_ns; /* since its start; 0: not known */
	struct usage usage;
};

/* All that are looked at, at one time. */
struct samples {
	struct arena arena;
	struct sample *v;
	size_t n_v;
};

static void samples_free(struct samples *s)
{
	arena_free(&s->arena);
	*s = (struct samples){0};
}

static double age_of(const char *started)
{
	struct timespec then, now;

	if (!started || format_parse_exact(started, &then) < 0)
		return 0;
	clock_gettime(CLOCK_REALTIME, &now);
	return 1e9 * (double)(now.tv_sec - then.tv_sec) +
	       (double)(now.tv_nsec - then.tv_nsec);
}

/* What the host's own network carries is not the container's. */
static bool has_own_network(pid_t pid)
{
	uint64_t own, its;

	return process_ns_number(getpid(), "net", &own) == 0 &&
	       process_ns_number(pid, "net", &its) == 0 && own != its;
}

static void read_usage(pid_t pid, const char *path, struct usage *u)
{
	_cleanup_fd_ int cgroup = path ? cgroup_open(path) : -EBADF;
	_cleanup_fd_ int proc = has_own_network(pid) ? proc_open(pid) : -EBADF;

	if (cgroup >= 0)
		usage_read_cgroup(cgroup, u);
	if (proc >= 0)
		usage_read_network(proc, u);
}

/* False when it does not run, or has ended while it was looked at. */
static bool read_running(struct images *m, const struct container *c, struct sample *ret)
{
	_cleanup_fd_ int pidfd = -EBADF;
	struct container_state s;
	struct sample sample = {
		.container = c, .is_running = true, .usage = usage_none()};

	if (running_process(m, c, &pidfd, &sample.pid, NULL) < 0)
		return false;
	container_read_state(&m->store, c, m->arena, &s);
	read_usage(sample.pid, s.cgroup, &sample.usage);
	sample.at_ns = clock_now_ns();
	sample.age_ns = age_of(s.started);
	/* The cgroup went before or after the process: half of it is nothing. */
	if (process_await(pidfd, 0) != 0)
		return false;
	*ret = sample;
	return true;
}

static void take_one(struct images *m, const struct container *c, bool is_any,
		     struct samples *ret)
{
	struct sample sample;

	if (!read_running(m, c, &sample)) {
		if (!is_any)
			return;
		sample = (struct sample){.container = c, .usage = usage_none()};
	}
	*ARR_PUSH(&ret->arena, ret, v) = sample;
}

static int by_created(const void *a, const void *b)
{
	const struct container *x = a, *y = b;
	int r = format_compare_times(x->created, y->created);

	return r != 0 ? r : strcmp(x->id, y->id);
}

/* @ids: of those that were named, in that order; without any, all that there are. Return: how many of the named
 * ones are still in the store, or a negative errno. */
static int take(struct images *m, const struct stats_options *o, const struct strv *ids,
		struct samples *ret, struct err *err)
{
	struct images at = *m; /* borrowed, but with memory of this round alone */
	struct container *v;
	size_t n;
	int r, n_found = 0;

	samples_free(ret);
	at.arena = &ret->arena;
	r = container_list(&m->store, at.arena, &v, &n, err);
	if (r < 0)
		return r;
	if (n)
		qsort(v, n, sizeof(*v), by_created);
	for (size_t i = 0; ids->n == 0 && i < n; i++)
		take_one(&at, &v[i], o->is_all, ret);
	for (size_t k = 0; k < ids->n; k++) {
		for (size_t i = 0; i < n; i++) {
			if (strcmp(v[i].id, ids->v[k]) != 0)
				continue;
			take_one(&at, &v[i], false, ret);
			n_found++;
		}
	}
	return n_found;
}

/* --- what is computed of them --- */

/* Percent of one processor between two samples; NAN: not known. */
static double cpu_share(const struct samples *before, const struct sample *now)
{
	for (size_t i = 0; i < before->n_v; i++) {
		const struct sample *b = &before->v[i];

		if (b->pid != now->pid ||
		    strcmp(b->container->id, now->container->id) != 0)
			continue;
		if (b->usage.cpu_us < 0 || now->usage.cpu_us < b->usage.cpu_us ||
		    now->at_ns <= b->at_ns)
			return NAN;
		return 1e5 * (double)(now->usage.cpu_us - b->usage.cpu_us) /
		       (double)(now->at_ns - b->at_ns);
	}
	return NAN;
}

static double average_share(const struct sample *s)
{
	return s->usage.cpu_us < 0 || s->age_ns <= 0
		       ? NAN
		       : 1e5 * (double)s->usage.cpu_us / s->age_ns;
}

/* No limit is larger than what there is. Without the controller there is none that could be reached. */
static int64_t memory_limit(const struct usage *u, int64_t host)
{
	if (u->memory_bytes < 0)
		return USAGE_UNKNOWN;
	return host > 0 && (u->memory_max_bytes < 0 || u->memory_max_bytes > host)
		       ? host
		       : u->memory_max_bytes;
}

/* --- texts --- */

/* Four digits, and a unit without a blank: as podman's. */
static const char *amount(int64_t bytes, bool is_binary, struct arena *a)
{
	static const char *const units[2][7] = {{"B", "kB", "MB", "GB", "TB", "PB", "EB"},
						{"B", "KiB", "MiB", "GiB", "TiB", "PiB",
						 "EiB"}};
	double value = (double)bytes, base = is_binary ? 1024 : 1000;
	size_t unit = 0;

	if (bytes < 0)
		return UNKNOWN;
	for (; value >= base && unit + 1 < ARRAY_SIZE(units[0]); unit++)
		value /= base;
	return arena_printf(a, "%.4g%s", value, units[is_binary][unit]);
}

static const char *pair(int64_t one, int64_t two, bool is_binary, struct arena *a)
{
	return arena_printf(a, "%s / %s", amount(one, is_binary, a),
			    amount(two, is_binary, a));
}

static const char *percent(double value, struct arena *a)
{
	return isnan(value) ? UNKNOWN : arena_printf(a, "%.2f%%", value);
}

static const char *cpu_time(const struct usage *u, struct arena *a)
{
	return u->cpu_us < 0 ? UNKNOWN : format_exact_duration(u->cpu_us * 1000, a);
}

static const char *some_and_full(const struct usage *u, enum usage_resource which,
				 struct arena *a)
{
	const struct usage_pressure *some = &u->pressure[which].some;
	const struct usage_pressure *full = &u->pressure[which].full;

	return arena_printf(a, "%s / %s", percent(some->is_known ? some->avg10 : NAN, a),
			    percent(full->is_known ? full->avg10 : NAN, a));
}

/* What is measured and computed of one container. */
struct row {
	const struct sample *sample;
	double cpu, average, memory_share;
	int64_t limit;
};

static struct row make_row(const struct samples *before, const struct sample *s,
			   int64_t host_memory)
{
	struct row row = {.sample = s,
			  .cpu = cpu_share(before, s),
			  .average = average_share(s),
			  .memory_share = NAN,
			  .limit = memory_limit(&s->usage, host_memory)};

	if (row.limit > 0)
		row.memory_share =
			100 * (double)s->usage.memory_bytes / (double)row.limit;
	return row;
}

/* --- templates --- */

static void put_number(struct json *o, const char *key, int64_t value)
{
	if (value < 0)
		json_put_str(o, key, UNKNOWN);
	else
		json_put_int(o, key, value);
}

/* As a text: templates have no fractions. */
static void put_real(struct json *o, const char *key, double value, struct arena *a)
{
	json_put_str(o, key, isnan(value) ? UNKNOWN : arena_printf(a, "%.15g", value));
}

static void put_waits(struct json *o, const char *key, const struct usage_pressure *p,
		      struct arena *a)
{
	struct json *waits = json_put_object(o, key);

	json_put_str(waits, "Avg10",
		     p->is_known ? arena_printf(a, "%.2f", p->avg10) : UNKNOWN);
	put_number(waits, "Total", p->is_known ? p->total_us : USAGE_UNKNOWN);
}

static void put_pressure(struct json *o, const struct usage *u, struct arena *a)
{
	static const char *const names[USAGE_RESOURCES] = {
		[USAGE_CPU] = "CPU", [USAGE_MEMORY] = "Memory", [USAGE_IO] = "IO"};
	struct json *pressure = json_put_object(o, "Pressure");

	for (int i = 0; i < USAGE_RESOURCES; i++) {
		struct json *one = json_put_object(pressure, names[i]);

		put_waits(one, "Some", &u->pressure[i].some, a);
		put_waits(one, "Full", &u->pressure[i].full, a);
	}
}

static int64_t nanoseconds(int64_t us)
{
	return us < 0 ? us : us * 1000;
}

/* Numbers that have the same name in podman's inner structure as outside. */
static void put_counters(struct json *o, const struct row *row, struct arena *a)
{
	const struct usage *u = &row->sample->usage;
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	put_real(o, "CPU", row->cpu, a);
	put_real(o, "AvgCPU", row->average, a);
	put_number(o, "CPUNano", nanoseconds(u->cpu_us));
	put_number(o, "CPUSystemNano", nanoseconds(u->cpu_system_us));
	put_number(o, "Duration", nanoseconds(u->cpu_us));
	json_put_int(o, "SystemNano", (int64_t)now.tv_sec * 1000000000 + now.tv_nsec);
	put_number(o, "MemLimit", row->limit);
	put_number(o, "NetInput", u->rx_bytes);
	put_number(o, "NetOutput", u->tx_bytes);
	put_number(o, "BlockInput", u->read_bytes);
	put_number(o, "BlockOutput", u->write_bytes);
	put_number(o, "PIDs", u->pids);
	json_put_str(o, "PerCPU", UNKNOWN); /* of cgroup v1 alone */
}

static void put_row(struct json *list, const struct row *row,
		    const struct stats_options *o, struct arena *a)
{
	const struct container *c = row->sample->container;
	const struct usage *u = &row->sample->usage;
	struct json *r = json_add_object(list), *inner;

	json_put_str(r, "ID",
		     o->no_trunc ? c->id
				 : arena_strndup(a, c->id, strnlen(c->id, ID_LEN)));
	json_put_str(r, "ContainerID", c->id);
	json_put_str(r, "Name", c->name ? c->name : "");
	json_put_str(r, "CPUPerc", percent(row->cpu, a));
	json_put_str(r, "AVGCPU", percent(row->average, a));
	json_put_str(r, "Up", cpu_time(u, a));
	json_put_str(r, "UpTime", cpu_time(u, a));
	json_put_str(r, "MemUsage", pair(u->memory_bytes, row->limit, false, a));
	json_put_str(r, "MemUsageBytes", pair(u->memory_bytes, row->limit, true, a));
	json_put_str(r, "MemPerc", percent(row->memory_share, a));
	json_put_str(r, "NetIO", pair(u->rx_bytes, u->tx_bytes, false, a));
	json_put_str(r, "BlockIO", pair(u->read_bytes, u->write_bytes, false, a));
	put_number(r, "PIDS", u->pids);
	json_put_str(r, "CPUPressure", some_and_full(u, USAGE_CPU, a));
	json_put_str(r, "MemPressure", some_and_full(u, USAGE_MEMORY, a));
	json_put_str(r, "IOPressure", some_and_full(u, USAGE_IO, a));
	put_counters(r, row, a);
	put_pressure(r, u, a);
	inner = json_put_object(r, "ContainerStats");
	json_put_str(inner, "ContainerID", c->id);
	json_put_str(inner, "Name", c->name ? c->name : "");
	put_number(inner, "MemUsage", u->memory_bytes);
	put_real(inner, "MemPerc", row->memory_share, a);
	put_number(inner, "UpTime", nanoseconds(u->cpu_us));
	put_counters(inner, row, a);
}

static int print_table(const struct stats_options *o, const struct row *rows, size_t n,
		       struct arena *a, struct err *err)
{
	static const struct format_heading headings[] = {
		{"CPUPerc", "CPU %"},
		{"MemUsage", "MEM USAGE / LIMIT"},
		{"MemUsageBytes", "MEM USAGE / LIMIT"},
		{"MemPerc", "MEM %"},
		{"NetIO", "NET IO"},
		{"BlockIO", "BLOCK IO"},
		{"UpTime", "CPU TIME"},
		{"AVGCPU", "AVG CPU %"},
		{"CPUPressure", "CPU SOME / FULL"},
		{"MemPressure", "MEM SOME / FULL"},
		{"IOPressure", "IO SOME / FULL"},
		{0}};
	static const struct container none = {.id = ""};
	const struct sample fields = {.container = &none, .usage = usage_none()};
	const struct row field_row = {.sample = &fields, .limit = USAGE_UNKNOWN};
	_cleanup_json_ struct json *doc = json_new_array();
	struct format f = {.text = o->format.format,
			   .own = "{{.ID}}\t{{.Name}}\t{{.CPUPerc}}\t{{.MemUsage}}\t"
				  "{{.MemPerc}}\t{{.NetIO}}\t{{.BlockIO}}\t{{.PIDS}}\t"
				  "{{.UpTime}}\t{{.AVGCPU}}",
			   .headings = headings};

	put_row(doc, &field_row, o, a);
	for (size_t i = 0; i < n; i++)
		put_row(doc, &rows[i], o, a);
	return format_rows(&f, doc, a, err);
}

/* --- JSON: podman's keys, which are texts --- */

static void put_known(struct json *o, const char *key, bool is_known, const char *text)
{
	json_put_str(o, key, is_known ? text : NULL);
}

static void put_json_waits(struct json *o, const char *key,
			   const struct usage_pressure *p)
{
	struct json *waits;

	if (!p->is_known)
		return;
	waits = json_put_object(o, key);
	json_put_real(waits, "avg10", p->avg10);
	json_put_int(waits, "total", p->total_us);
}

static void put_json_pressure(struct json *o, const struct usage *u)
{
	static const char *const names[USAGE_RESOURCES] = {
		[USAGE_CPU] = "cpu", [USAGE_MEMORY] = "memory", [USAGE_IO] = "io"};
	struct json *pressure = NULL;

	for (int i = 0; i < USAGE_RESOURCES; i++) {
		struct json *one;

		if (!u->pressure[i].some.is_known && !u->pressure[i].full.is_known)
			continue;
		if (!pressure)
			pressure = json_put_object(o, "pressure");
		one = json_put_object(pressure, names[i]);
		put_json_waits(one, "some", &u->pressure[i].some);
		put_json_waits(one, "full", &u->pressure[i].full);
	}
}

static void put_json(struct json *list, const struct row *row,
		     const struct stats_options *o, struct arena *a)
{
	const struct container *c = row->sample->container;
	const struct usage *u = &row->sample->usage;
	struct json *r = json_add_object(list);

	json_put_str(r, "id",
		     o->no_trunc ? c->id
				 : arena_strndup(a, c->id, strnlen(c->id, ID_LEN)));
	json_put_str(r, "name", c->name);
	put_known(r, "cpu_time", u->cpu_us >= 0, cpu_time(u, a));
	put_known(r, "cpu_percent", !isnan(row->cpu), percent(row->cpu, a));
	put_known(r, "avg_cpu", !isnan(row->average), percent(row->average, a));
	put_known(r, "mem_usage", u->memory_bytes >= 0,
		  pair(u->memory_bytes, row->limit, false, a));
	put_known(r, "mem_percent", !isnan(row->memory_share),
		  percent(row->memory_share, a));
	put_known(r, "net_io", u->rx_bytes >= 0,
		  pair(u->rx_bytes, u->tx_bytes, false, a));
	put_known(r, "block_io", u->read_bytes >= 0,
		  pair(u->read_bytes, u->write_bytes, false, a));
	put_known(r, "pids", u->pids >= 0, arena_printf(a, "%lld", (long long)u->pids));
	put_json_pressure(r, u);
}

static int print_json(const struct stats_options *o, const struct row *rows, size_t n,
		      struct arena *a)
{
	_cleanup_json_ struct json *doc = json_new_array();
	_cleanup_free_ char *text = NULL;

	for (size_t i = 0; i < n; i++)
		put_json(doc, &rows[i], o, a);
	text = json_text_measured(doc);
	if (!text)
		return -ENOMEM;
	fputs(text, stdout);
	return 0;
}

/* --- the verb --- */

static int print(const struct stats_options *o, const struct samples *before,
		 struct samples *now, int64_t host_memory, struct err *err)
{
	struct arena *a = &now->arena;
	struct row *rows = arena_alloc(a, (now->n_v + 1) * sizeof(*rows));

	for (size_t i = 0; i < now->n_v; i++)
		rows[i] = make_row(before, &now->v[i], host_memory);
	if (!o->no_stream && !o->no_reset && tty_is(STDOUT_FILENO))
		fputs(CLEAR, stdout);
	return format_is_json(o->format.format) ? print_json(o, rows, now->n_v, a)
						: print_table(o, rows, now->n_v, a, err);
}

static int64_t host_memory(void)
{
	_cleanup_fd_ int proc = fd_open(AT_FDCWD, "/proc", O_PATH | O_DIRECTORY);

	return proc < 0 ? USAGE_UNKNOWN : usage_host_memory(proc);
}

/* Until its end, or that of all who were named, or of whoever reads it. */
static int look(struct images *m, const struct stats_options *o, const struct strv *ids,
		struct samples *before, struct samples *now, struct err *err)
{
	int64_t memory = host_memory();
	int wait_ms = FIRST_MS, r = take(m, o, ids, before, err);

	while (r >= 0) {
		struct samples swap;

		r = fd_wait_unread(STDOUT_FILENO, wait_ms);
		if (r != 0)
			return r < 0 ? err_set(err, r, "wait") : 0;
		r = take(m, o, ids, now, err);
		if (r < 0 || (r == 0 && ids->n > 0 && !o->no_stream))
			return r;
		r = print(o, before, now, memory, err);
		/* What is wrong with it was told; what has ended is not asked for twice. */
		if (r < 0 || cmd_flush() != 0 || o->no_stream)
			return r;
		swap = *before;
		*before = *now;
		*now = swap;
		wait_ms = o->interval_s * 1000;
	}
	return r;
}

/* Those that are named have to run, at first. */
static int find_named(struct images *m, const struct stats_options *o, char **words,
		      struct strv *ids, struct err *err)
{
	int r = 0;

	for (; r == 0 && (*words || (o->is_latest && ids->n == 0)); words += !!*words) {
		_cleanup_fd_ int pidfd = -EBADF;
		struct container c = {0};
		pid_t pid;

		r = o->is_latest
			    ? running_latest(m, &c, err)
			    : container_find_any(&m->store, *words, m->arena, &c, err);
		if (r == 0)
			r = running_process(m, &c, &pidfd, &pid, err);
		if (r == 0 && !strv_has(ids, c.id))
			strv_push(m->arena, ids, c.id);
	}
	return r;
}

static int stats(struct images *m, void *options, char **words, struct err *err)
{
	const struct stats_options *o = options;
	_cleanup_(samples_free) struct samples one = {0};
	_cleanup_(samples_free) struct samples two = {0};
	struct strv ids = {0};
	int r = verb_check_all(&verb_stats, o->is_all, *words, err);

	if (r == 0 && o->is_latest && (o->is_all || *words))
		r = err_say(err, -EINVAL, "--latest does not go with %s",
			    *words ? "names" : "--all");
	if (r == 0)
		r = find_named(m, o, words, &ids, err);
	return r < 0 ? r : look(m, o, &ids, &one, &two, err);
}

static const struct option stats_options[] = {
	{"all", 'a', NULL, "those that do not run as well", set_all},
	{"format", 0, "FORMAT",
	 "json, table, or a template: {{.Name}} {{.CPUPerc}} {{.Pressure.IO.Full.Avg10}}",
	 format_set_format},
	{"interval", 'i', "SECONDS", "between two reports; 5 by default", set_interval},
	{"latest", 'l', NULL, "only the container that was made last", set_latest},
	{"no-reset", 0, NULL, "do not clear the screen between reports", set_no_reset},
	{"no-stream", 0, NULL, "one report, and the end", set_no_stream},
	{"no-trunc", 0, NULL, "show whole ids", set_no_trunc},
	{0},
};

const struct verb verb_stats = {
	{"stats", "[OPTIONS] [CONTAINER...]",
	 "Show again and again what containers use: all that run, or those named.",
	 stats_options},
	0,
	-1,
	stats,
};

int cmd_stats(int argc, char **argv)
{
	struct stats_options o = {.interval_s = DEFAULT_INTERVAL_S};
	int code = verb_run(&verb_stats, &o, argc, argv);

	arena_free(&o.format.arena);
	return code;
}
