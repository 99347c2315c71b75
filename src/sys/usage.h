/* SPDX-License-Identifier: Apache-2.0 */
/*
 * usage.h - what a container uses, as the kernel counts it
 *
 * Of its cgroup: cgroup-v2.rst. Of its network: /proc/PID/net/dev, proc(5). Of the waits for what was not
 * to be had: psi.rst. What the kernel does not say, because a controller is missing or a file is none, is
 * USAGE_UNKNOWN, and never a zero.
 */
#pragma once

#include "base/arena.h"
#include "base/err.h"

#define USAGE_UNKNOWN INT64_C(-1)
#define USAGE_NO_MAX  INT64_MAX

enum usage_resource { USAGE_CPU, USAGE_MEMORY, USAGE_IO, USAGE_RESOURCES };

/* How long some, or all, waited: the share of the last ten seconds in percent, and since the start. */
struct usage_pressure {
	bool is_known;
	double avg10;
	int64_t total_us;
};

struct usage {
	int64_t cpu_us, cpu_system_us;
	int64_t memory_bytes, memory_max_bytes; /* USAGE_NO_MAX: the host's own */
	int64_t pids;				/* threads: pids.current */
	int64_t read_bytes, write_bytes;	/* of all disks */
	int64_t rx_bytes, tx_bytes;		/* of all interfaces but lo */
	struct {
		struct usage_pressure some, full;
	} pressure[USAGE_RESOURCES];
};

/* Of which nothing is known. */
struct usage usage_none(void);

/**
 * usage_read_cgroup() - read what a cgroup counts
 * @cgroup: its folder, borrowed
 * @ret:    from usage_none(); what the kernel does not say stays as it is
 *
 * Return: 0; a negative errno when it is not there any more, or is no cgroup.
 */
int usage_read_cgroup(int cgroup, struct usage *ret);

/**
 * usage_read_network() - read what the interfaces of a process's network have carried
 * @proc: its folder in /proc, borrowed
 *
 * Return: 0; a negative errno, and @ret as it was.
 */
int usage_read_network(int proc, struct usage *ret);

/* The memory of the host, from a folder that is /proc: in bytes. USAGE_UNKNOWN where it cannot be read. */
int64_t usage_host_memory(int proc);
