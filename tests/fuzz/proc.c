// SPDX-License-Identifier: Apache-2.0
/*
 * proc.c - fuzz target: files of /proc and of cgroups, as stats, top and limits read them
 *
 * An input is the files below, one after the other, each ended by a byte 1. A process chooses some of what
 * stands in them: its name, its arguments.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fuzz.h"
#include "sys/cgroup.h"
#include "sys/fd.h"
#include "sys/proc_list.h"
#include "sys/usage.h"

static const char *const files[] = {
	"stat",		 "status",	   "cmdline",	      "attr/current",
	"uid_map",	 "net/dev",	   "meminfo",	      "cpu.stat",
	"io.stat",	 "memory.current", "memory.max",      "pids.current",
	"cgroup.events", "cpu.pressure",   "memory.pressure", "io.pressure",
};

/* Made once, for all inputs, and without a name: nothing is left. */
static int open_folder(void)
{
	char path[] = "/tmp/urun-fuzz.XXXXXX";
	int dir = mkdtemp(path) ? open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;

	if (dir < 0 || mkdirat(dir, "attr", 0700) < 0 || mkdirat(dir, "net", 0700) < 0)
		abort();
	return dir;
}

static int folder = -1;
static char folder_path[64];

static void remove_folder(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(files); i++)
		unlinkat(folder, files[i], 0);
	unlinkat(folder, "attr", AT_REMOVEDIR);
	unlinkat(folder, "net", AT_REMOVEDIR);
	rmdir(folder_path);
}

static void prepare(void)
{
	struct fd_path link;
	ssize_t n;

	folder = open_folder();
	link = fd_path(folder);
	n = readlink(link.path, folder_path, sizeof(folder_path) - 1);
	folder_path[n > 0 ? n : 0] = '\0';
	atexit(remove_folder);
}

static void write_file(const char *name, const uint8_t *data, size_t size)
{
	int fd = openat(folder, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	if (fd < 0 || write(fd, data, size) != (ssize_t)size)
		abort();
	close(fd);
}

static void check_proc(void)
{
	_cleanup_arena_ struct arena a = {0};
	struct proc_map map;
	struct proc p;
	uint32_t id;

	if (proc_read(folder, &a, &p) == 0) {
		fuzz_check(p.comm && p.args, "a process without a name");
		fuzz_check(p.n_pids <= PROC_MAX_DEPTH && p.n_pgids <= PROC_MAX_DEPTH,
			   "%zu and %zu numbers", p.n_pids, p.n_pgids);
		fuzz_check(p.n_groups <= PROC_MAX_GROUPS, "%zu groups", p.n_groups);
		fuzz_check(strlen(p.args) <= PROC_MAX_ARGS, "%zu bytes", strlen(p.args));
	}
	if (proc_read_map(folder, "uid_map", &a, &map) == 0)
		for (size_t i = 0; i < map.n_v; i++)
			proc_map_inside(&map, map.v[i].outside, &id);
}

static void check_usage(void)
{
	struct usage u = usage_none();
	int64_t value;

	if (usage_read_cgroup(folder, &u) == 0)
		fuzz_check(u.read_bytes >= USAGE_UNKNOWN &&
				   u.write_bytes >= USAGE_UNKNOWN,
			   "a sum that is negative");
	if (usage_read_network(folder, &u) == 0)
		fuzz_check(u.rx_bytes >= 0 && u.tx_bytes >= 0, "a sum that is negative");
	value = usage_host_memory(folder);
	fuzz_check(value == USAGE_UNKNOWN || value > 0, "%lld", (long long)value);
	cgroup_read_number(folder, "memory.max", &value);
	cgroup_read_key(folder, "cgroup.events", "frozen", &value);
	cgroup_is_frozen(folder);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (folder < 0)
		prepare();
	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		const uint8_t *end = size ? memchr(data, 1, size) : NULL;
		size_t len = end ? (size_t)(end - data) : size;

		write_file(files[i], data, len);
		data += len + (end != NULL);
		size -= len + (end != NULL);
	}
	check_proc();
	check_usage();
	return 0;
}
