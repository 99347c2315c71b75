// SPDX-License-Identifier: Apache-2.0
/*
 * events.c - urun-oci events: what a container uses, again and again, and when memory runs out
 *
 * The lines are runc's, which containerd reads. What the kernel does not count is left out.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/parse.h"
#include "cli/oci/oci.h"
#include "engine/state.h"
#include "sys/cgroup.h"
#include "sys/fd.h"
#include "sys/process.h"
#include "sys/usage.h"

#define NS_PER_MS 1000000

struct asked {
	bool want_once;
	int64_t interval_ns;
};

static int set_stats(void *target, const char *value, struct err *err)
{
	return options_bool(value, &((struct asked *)target)->want_once, err);
}

static int set_interval(void *target, const char *value, struct err *err)
{
	struct asked *a = target;

	if (parse_duration(value, &a->interval_ns) == 0 && a->interval_ns >= NS_PER_MS &&
	    a->interval_ns / NS_PER_MS <= INT32_MAX)
		return 0;
	return err_say(err, -EINVAL, "'%s' is no time such as 5s, from 1ms on", value);
}

static const struct option events_options[] = {
	{"interval", 0, "TIME", "between two lines: 5s", set_interval},
	{"stats", 0, NULL, "one line, at once", set_stats},
	{0},
};

static void put_known(struct json *to, const char *key, int64_t value)
{
	if (value != USAGE_UNKNOWN)
		json_put_int(to, key, value);
}

/* The kernel's own number where there is no limit is the most that fits. */
static void put_pair(struct json *to, const char *usage_key, int64_t usage, int64_t limit,
		     int64_t peak)
{
	put_known(to, usage_key, usage);
	put_known(to, "max", peak);
	if (limit != USAGE_UNKNOWN && limit != INT64_MAX)
		json_put_int(to, "limit", limit);
}

static int64_t read_key(int cgroup, const char *file, const char *key)
{
	int64_t value;

	return cgroup_read_key(cgroup, file, key, &value) < 0 ? USAGE_UNKNOWN : value;
}

static int64_t read_number(int cgroup, const char *file)
{
	int64_t value;

	return cgroup_read_number(cgroup, file, &value) < 0 ? USAGE_UNKNOWN : value;
}

/* Nanoseconds, as cgroup v1 counted. */
static void put_cpu(struct json *data, int cgroup, const struct usage *u)
{
	struct json *cpu = json_put_object(data, "cpu"),
		    *usage = json_put_object(cpu, "usage"),
		    *throttling = json_put_object(cpu, "throttling");
	int64_t throttled = read_key(cgroup, "cpu.stat", "throttled_usec");

	put_known(usage, "total", u->cpu_us * 1000);
	if (u->cpu_system_us != USAGE_UNKNOWN) {
		json_put_int(usage, "kernel", u->cpu_system_us * 1000);
		json_put_int(usage, "user", (u->cpu_us - u->cpu_system_us) * 1000);
	}
	put_known(throttling, "periods", read_key(cgroup, "cpu.stat", "nr_periods"));
	put_known(throttling, "throttledPeriods",
		  read_key(cgroup, "cpu.stat", "nr_throttled"));
	if (throttled != USAGE_UNKNOWN)
		json_put_int(throttling, "throttledTime", throttled * 1000);
}

static void put_memory(struct json *data, int cgroup, const struct usage *u)
{
	static const char *const keys[] = {"anon",	  "file",	  "inactive_file",
					   "active_file", "kernel_stack", "pgfault",
					   "pgmajfault",  "shmem",	  "slab",
					   "unevictable"};
	struct json *memory = json_put_object(data, "memory"), *raw;
	int64_t swap = read_number(cgroup, "memory.swap.current");

	put_known(memory, "cache", read_key(cgroup, "memory.stat", "file"));
	put_pair(json_put_object(memory, "usage"), "usage", u->memory_bytes,
		 u->memory_max_bytes, read_number(cgroup, "memory.peak"));
	if (swap != USAGE_UNKNOWN)
		put_pair(json_put_object(memory, "swap"), "usage", swap,
			 read_number(cgroup, "memory.swap.max"), USAGE_UNKNOWN);
	raw = json_put_object(memory, "raw");
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		put_known(raw, keys[i], read_key(cgroup, "memory.stat", keys[i]));
}

static void put_io(struct json *data, const struct usage *u)
{
	struct json *blkio = json_put_object(data, "blkio"),
		    *bytes = json_put_array(blkio, "ioServiceBytesRecursive"), *one;

	if (u->read_bytes == USAGE_UNKNOWN)
		return;
	one = json_add_object(bytes);
	json_put_str(one, "op", "Read");
	json_put_int(one, "value", u->read_bytes);
	one = json_add_object(bytes);
	json_put_str(one, "op", "Write");
	json_put_int(one, "value", u->write_bytes);
}

/* Return: 0 or a negative errno: it has ended. */
static int print_stats(const char *id, int cgroup)
{
	struct usage u = usage_none();
	_cleanup_json_ struct json *doc = json_new_object();
	_cleanup_free_ char *text = NULL;
	struct json *data;
	int r = usage_read_cgroup(cgroup, &u);

	if (r < 0)
		return r;
	json_put_str(doc, "type", "stats");
	json_put_str(doc, "id", id);
	data = json_put_object(doc, "data");
	put_cpu(data, cgroup, &u);
	put_memory(data, cgroup, &u);
	put_pair(json_put_object(data, "pids"), "current", u.pids,
		 read_number(cgroup, "pids.max"), USAGE_UNKNOWN);
	put_io(data, &u);
	text = json_text(doc, false);
	printf("%s\n", text ? text : "{}");
	return 0;
}

static void print_oom(const char *id)
{
	_cleanup_json_ struct json *doc = json_new_object();
	_cleanup_free_ char *text = NULL;

	json_put_str(doc, "type", "oom");
	json_put_str(doc, "id", id);
	text = json_text(doc, false);
	printf("%s\n", text ? text : "{}");
}

/* The kernel changes memory.events when it has killed somebody; what comes meanwhile is counted. */
static int follow(const char *id, int cgroup, int pidfd, const struct asked *asked)
{
	int64_t kills = MAX(read_key(cgroup, "memory.events", "oom_kill"), 0);
	int code = oci_flush();

	while (code == 0) {
		int64_t now;
		int ended = process_await(pidfd, (int)(asked->interval_ns / NS_PER_MS));

		now = MAX(read_key(cgroup, "memory.events", "oom_kill"), 0);
		for (; kills < now; kills++)
			print_oom(id);
		if (ended != 0 || print_stats(id, cgroup) < 0)
			return oci_flush();
		code = oci_flush();
	}
	return code;
}

static int find(struct oci_run *run, const char *id, int *ret_cgroup, int *ret_pidfd,
		struct err *err)
{
	_cleanup_fd_ int folder = -EBADF;
	struct state s;
	int r = oci_open_root(run, false, err);

	if (r == 0)
		r = state_open(run->root, id, &folder, err);
	if (r == 0)
		r = state_read(folder, id, run->arena, &s, err);
	if (r < 0)
		return r;
	state_status(folder, &s, ret_pidfd, NULL);
	if (*ret_pidfd < 0)
		return err_say(err, -ESRCH,
			       "container not running: '%s': no such process", id);
	if (!s.cgroup) {
		err_say(err, -ENOTSUP,
			"container '%s' has no cgroup of its own: nobody counts what it "
			"uses",
			id);
		return err_hint(err, -ENOTSUP,
				"It gets one where cgroup v2 is delegated: 'urun doctor' "
				"tells how");
	}
	*ret_cgroup = cgroup_open(s.cgroup);
	return *ret_cgroup < 0 ? err_set(err, *ret_cgroup, "cgroup '%s'", s.cgroup) : 0;
}

static int cmd_events(struct oci_run *run, int argc, char **argv)
{
	struct asked asked = {.interval_ns = INT64_C(5000) * NS_PER_MS};
	_cleanup_fd_ int cgroup = -EBADF, pidfd = -EBADF;
	struct err err = {0};
	const char *id;
	int code, r;

	if (!oci_read_id(&oci_events, argc, argv, &asked, &id, &code))
		return code;
	r = find(run, id, &cgroup, &pidfd, &err);
	if (r == 0) {
		r = print_stats(id, cgroup);
		if (r < 0)
			err_set(&err, r, "read what container '%s' uses", id);
	}
	if (r < 0)
		return oci_fail(&err);
	return asked.want_once ? oci_flush() : follow(id, cgroup, pidfd, &asked);
}

const struct oci_command oci_events = {
	{"events", "[OPTIONS] ID", "print what a container uses, as lines of JSON",
	 events_options, "urun-oci"},
	cmd_events,
	false,
};
