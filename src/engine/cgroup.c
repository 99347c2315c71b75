// SPDX-License-Identifier: Apache-2.0
/*
 * cgroup.c - see cgroup.h
 */
#include "engine/cgroup.h"

#include <inttypes.h>

#include "image/container.h"

#define END_MS 5000 /* for killed processes to be gone: they may be writing to a disk */

void cgroup_note(const struct run *run, int folder, void (*note)(const char *text))
{
	if (folder < 0)
		return;
	container_set_usage(folder, NULL);
	if (container_set_cgroup(folder, run->cgroup >= 0 ? run->cgroup_path : NULL) < 0)
		note("the container's cgroup could not be noted in the store: 'urun "
		     "stats', "
		     "'pause' and 'update' do not find it");
}

/* The kernel kills for want of memory also where somebody else has none left. */
static void say_memory(const struct run *run, const struct container_usage *u,
		       void (*note)(const char *text))
{
	int64_t limit = INT64_MAX, reached = 0;
	const char *at = "";

	cgroup_read_number(run->cgroup, "memory.max", &limit);
	cgroup_read_key(run->cgroup, "memory.events", "oom", &reached);
	if (limit != INT64_MAX && reached > 0)
		at = arena_printf(run->arena, ", at its limit of %" PRId64 "%s",
				  limit < 1024 ? limit : limit / 1024,
				  limit < 1024 ? " bytes" : " KiB");
	note(arena_printf(run->arena,
			  "out of memory: the kernel has killed %" PRId64
			  " of the container's processes%s",
			  u->oom_kills, at));
}

bool cgroup_is_too_small(const struct run *run)
{
	int64_t kills = 0;

	return run->cgroup >= 0 &&
	       cgroup_read_key(run->cgroup, "memory.events", "oom_kill", &kills) == 0 &&
	       kills > 0;
}

void cgroup_end(struct run *run, int folder, void (*note)(const char *text))
{
	struct container_usage u = {0};

	if (run->cgroup < 0) {
		fd_close(&run->cgroup_parent);
		return;
	}
	if (run->pidfd >= 0) {
		cgroup_kill(run->cgroup);
		cgroup_wait_empty(run->cgroup, END_MS);
		cgroup_read_key(run->cgroup, "memory.events", "oom_kill", &u.oom_kills);
		cgroup_read_number(run->cgroup, "memory.peak", &u.memory_peak);
		if (folder >= 0) {
			container_set_usage(folder, &u);
			container_set_cgroup(folder, NULL);
		}
		if (u.oom_kills > 0)
			say_memory(run, &u, note);
	}
	if (cgroup_remove(run->cgroup_parent, run->cgroup_name) < 0)
		note(arena_printf(run->arena,
				  "cgroup '%s' is left: a process in it does not end",
				  run->cgroup_path));
	fd_close(&run->cgroup);
	fd_close(&run->cgroup_parent);
}
