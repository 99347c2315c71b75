/* SPDX-License-Identifier: Apache-2.0 */
/*
 * probe.h - what this host can do, found out by doing it
 *
 * Each probe that changes anything runs in a child with namespaces of its own, so nothing is
 * left. For `urun doctor`; a start does not probe, it does.
 */
#pragma once

#include "base/arena.h"
#include "sys/host.h"

enum probe_status {
	PROBE_OK,
	PROBE_DEGRADED, /* something is lost, containers run */
	PROBE_FAILED,	/* no container can run */
};

struct probe_result {
	const char *name;
	enum probe_status status;
	const char *detail; /* what was found */
	const char *lost;   /* what does not work without it; NULL when ok */
	const char *mend;   /* the command that mends it; NULL when ok */
};

struct probe_results {
	struct probe_result *v;
	size_t n_v;
};

/**
 * probe_all() - run all probes
 * @host: borrowed; with subordinate ids
 * @a:    owns the results
 */
void probe_all(const struct host *host, struct arena *a, struct probe_results *ret);

/* "v2", "v1", "hybrid" or "none": how /sys/fs/cgroup is mounted. */
const char *probe_cgroup_version(void);
