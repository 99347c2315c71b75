// SPDX-License-Identifier: Apache-2.0
/*
 * usage.c - see usage.h
 */
#include "sys/usage.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/parse.h"
#include "sys/cgroup.h"
#include "sys/fd.h"

#define MAX_FILE (1u << 20) /* a line for each disk or interface */

struct usage usage_none(void)
{
	return (struct usage){
		.cpu_us = USAGE_UNKNOWN,
		.cpu_system_us = USAGE_UNKNOWN,
		.memory_bytes = USAGE_UNKNOWN,
		.memory_max_bytes = USAGE_UNKNOWN,
		.pids = USAGE_UNKNOWN,
		.read_bytes = USAGE_UNKNOWN,
		.write_bytes = USAGE_UNKNOWN,
		.rx_bytes = USAGE_UNKNOWN,
		.tx_bytes = USAGE_UNKNOWN,
	};
}

static int read_file(int dir, const char *file, struct arena *a, char **ret)
{
	_cleanup_fd_ int fd = fd_open(dir, file, O_RDONLY);

	return fd < 0 ? fd : fd_read_all(fd, a, MAX_FILE, ret, NULL);
}

/* Sums stop at the largest number. */
static void add(int64_t *sum, uint64_t value)
{
	uint64_t room = (uint64_t)(INT64_MAX - *sum);

	*sum = value > room ? INT64_MAX : *sum + (int64_t)value;
}

/* --- cgroups --- */

/* "8:0 rbytes=1 wbytes=2 rios=..", a line for each disk, which may have no counters at all. */
static void read_io(int cgroup, struct usage *u)
{
	_cleanup_arena_ struct arena a = {0};
	int64_t in = 0, out = 0;
	char *text, *word;
	uint64_t value;

	if (read_file(cgroup, "io.stat", &a, &text) < 0)
		return;
	while ((word = strsep(&text, " \n"))) {
		char *key = strsep(&word, "=");

		if (!word || parse_u64(word, &value) < 0)
			continue;
		if (strcmp(key, "rbytes") == 0)
			add(&in, value);
		else if (strcmp(key, "wbytes") == 0)
			add(&out, value);
	}
	u->read_bytes = in;
	u->write_bytes = out;
}

static bool parse_pressure(const char *line, const char *kind, struct usage_pressure *ret)
{
	size_t len = strlen(kind);
	const char *total = strstr(line, " total=");
	struct usage_pressure p = {.is_known = true};

	if (strncmp(line, kind, len) != 0 || !total ||
	    sscanf(line + len, " avg10=%lf", &p.avg10) != 1 ||
	    parse_i64(total + strlen(" total="), &p.total_us) < 0 || p.total_us < 0)
		return false;
	*ret = p;
	return true;
}

static void read_pressure(int cgroup, enum usage_resource which, struct usage *u)
{
	static const char *const files[USAGE_RESOURCES] = {
		[USAGE_CPU] = "cpu.pressure",
		[USAGE_MEMORY] = "memory.pressure",
		[USAGE_IO] = "io.pressure",
	};
	_cleanup_arena_ struct arena a = {0};
	char *text, *line;

	if (read_file(cgroup, files[which], &a, &text) < 0)
		return;
	while ((line = strsep(&text, "\n")))
		if (!parse_pressure(line, "some", &u->pressure[which].some))
			parse_pressure(line, "full", &u->pressure[which].full);
}

int usage_read_cgroup(int cgroup, struct usage *ret)
{
	struct usage u = *ret;
	/* There in each, whatever controllers it has. */
	int r = cgroup_read_key(cgroup, "cpu.stat", "usage_usec", &u.cpu_us);

	if (r < 0)
		return r;
	cgroup_read_key(cgroup, "cpu.stat", "system_usec", &u.cpu_system_us);
	cgroup_read_number(cgroup, "memory.current", &u.memory_bytes);
	cgroup_read_number(cgroup, "memory.max", &u.memory_max_bytes);
	cgroup_read_number(cgroup, "pids.current", &u.pids);
	read_io(cgroup, &u);
	for (int i = 0; i < USAGE_RESOURCES; i++)
		read_pressure(cgroup, (enum usage_resource)i, &u);
	*ret = u;
	return 0;
}

/* --- other files --- */

/* "  eth0: RX-BYTES and seven more, TX-BYTES and seven more": no name has a colon or a blank. */
static void add_interface(char *line, int64_t *rx, int64_t *tx)
{
	char *name = strsep(&line, ":");
	uint64_t in, out;

	name += strspn(name, " ");
	if (!line || strcmp(name, "lo") == 0 ||
	    sscanf(line, "%" SCNu64 " %*u %*u %*u %*u %*u %*u %*u %" SCNu64, &in, &out) !=
		    2)
		return;
	add(rx, in);
	add(tx, out);
}

int usage_read_network(int proc, struct usage *ret)
{
	_cleanup_arena_ struct arena a = {0};
	int64_t rx = 0, tx = 0;
	char *text, *line;
	int r = read_file(proc, "net/dev", &a, &text);

	if (r < 0)
		return r;
	while ((line = strsep(&text, "\n")))
		add_interface(line, &rx, &tx);
	ret->rx_bytes = rx;
	ret->tx_bytes = tx;
	return 0;
}

int64_t usage_host_memory(int proc)
{
	_cleanup_arena_ struct arena a = {0};
	char *text, *line;
	int64_t kib;

	if (read_file(proc, "meminfo", &a, &text) < 0)
		return USAGE_UNKNOWN;
	while ((line = strsep(&text, "\n")))
		if (sscanf(line, "MemTotal: %" SCNd64 " kB", &kib) == 1 && kib > 0 &&
		    kib < INT64_MAX / 1024)
			return kib * 1024;
	return USAGE_UNKNOWN;
}
