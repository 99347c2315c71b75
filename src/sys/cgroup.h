/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cgroup.h - folders of cgroup v2: made, written, read, emptied, removed
 *
 * Source: cgroup-v2.rst. All paths are below CGROUP_ROOT, as /proc/PID/cgroup has them.
 */
#pragma once

#include <sys/types.h>

#include "base/arena.h"
#include "base/err.h"

#define CGROUP_ROOT	"/sys/fs/cgroup"
#define CGROUP_CALLER	"urun-caller" /* where the processes of a delegated one go */
#define CGROUP_ID_LEN	32 /* of the name of a container's own, behind "urun-" */
#define CGROUP_MAX_FILE (64u * 1024)

enum cgroup_layout {
	CGROUP_UNIFIED, /* v2 */
	CGROUP_HYBRID,	/* v2 beside v1, without controllers */
	CGROUP_LEGACY,	/* v1 */
	CGROUP_NOWHERE,
};

/* "v2", "hybrid", "v1", "none" */
const char *cgroup_layout_name(enum cgroup_layout layout);
enum cgroup_layout cgroup_layout(void);

enum cgroup_controller {
	CGROUP_CPU,
	CGROUP_CPUSET,
	CGROUP_HUGETLB,
	CGROUP_IO,
	CGROUP_MEMORY,
	CGROUP_PIDS,
	CGROUP_RDMA,
	CGROUP_MISC,
	CGROUP_CONTROLLERS
};

/* Those of a mask, "cpu memory". */
const char *cgroup_controller_names(uint32_t mask, struct arena *a);
/* The bit of the controller that a file such as "memory.max" is of; 0 for "cgroup." and what is none. */
uint32_t cgroup_controller_of(const char *file);

/* Opens one by its path below the root. A descriptor, or a negative errno. */
int cgroup_open(const char *path);

/* What one cgroup is told by from all that have its name later: "INODE BOOT". 0 or a negative errno. */
struct cgroup_stamp {
	char text[80];
};
int cgroup_stamp(int cgroup, struct cgroup_stamp *ret);

/* The path of a process's own, from /proc/PID/cgroup. 0; -ENOENT where there is none. */
int cgroup_path_of(pid_t pid, struct arena *a, const char **ret);

/**
 * cgroup_can_enter() - may a process be made in a cgroup by this one?
 * @path: below the root of cgroups
 *
 * Whoever moves, or is born elsewhere, needs to write the file of the folder above both: cgroup-v2.rst,
 * "Delegation Containment".
 */
bool cgroup_can_enter(const char *path);

/* The disk that a block device is, or is a partition of: limits count by disks. 0; -ENOTBLK for what is no
 * block device; another negative errno. */
int cgroup_disk_of(const char *path, uint32_t *ret_major, uint32_t *ret_minor);

/**
 * cgroup_make() - make one, and lock it for as long as the descriptor is open
 * @parent: borrowed
 * @name:   one name
 * @ret:    owned by the caller; processes made later inherit the lock with it, not over exec
 *
 * Return: 0; -EEXIST; -EBUSY when others take the lock again and again; another negative errno.
 */
int cgroup_make(int parent, const char *name, int *ret);
/* The same with one that is there, which is frozen no more: -EBUSY when somebody is in it, or about to be. */
int cgroup_take_empty(int parent, const char *name, int *ret);

/* One write(2) to, and the whole of, a file. 0 or a negative errno. */
int cgroup_write(int cgroup, const char *file, const char *value);
int cgroup_read(int cgroup, const char *file, struct arena *a, char **ret);
/* The number in a file, INT64_MAX for "max"; and that behind a key, "oom_kill 3". -ENOENT when there
 * is none. */
int cgroup_read_number(int cgroup, const char *file, int64_t *ret);
int cgroup_read_key(int cgroup, const char *file, const char *key, int64_t *ret);

/* The mask of "cgroup.controllers" or "cgroup.subtree_control". 0 where it cannot be read. */
uint32_t cgroup_controllers(int cgroup, const char *file);

/* Gives controllers to the folders below, one by one. 0, or the first negative errno. */
int cgroup_enable(int cgroup, uint32_t mask);

/* Moves a process, 0: this one. 0 or a negative errno. */
int cgroup_move(int cgroup, pid_t pid);

/**
 * cgroup_move_all() - move all processes of a folder to another
 * @from, @to: borrowed
 *
 * Those that are made meanwhile, too; one that ends, or whose move is refused, is passed over.
 * Return: 0; -EBUSY when some are left.
 */
int cgroup_move_all(int from, int to);

/* SIGKILL for all in it and below, cgroup.kill; for those in it, signal by signal, where the kernel lacks
 * that. Allocates nothing. */
int cgroup_kill(int cgroup);

/* Stops all in it, or lets them go on; returns when that is so. -ETIMEDOUT when it takes longer. */
int cgroup_freeze(int cgroup, bool is_frozen, int wait_ms);
/* Is it? false where that cannot be read. */
bool cgroup_is_frozen(int cgroup);

/* Waits until nobody is in it or below. 0; -ETIMEDOUT. */
int cgroup_wait_empty(int cgroup, int wait_ms);

/* Removes one with all below it, from the bottom up; allocates nothing. 0; -EBUSY while somebody is in it. */
int cgroup_remove(int parent, const char *name);

/**
 * cgroup_sweep() - remove what killed launchers left
 * @parent: borrowed
 * @prefix: of the names that are urun's; CGROUP_ID_LEN digits of an id follow
 *
 * One that somebody is in, or that is locked, stays.
 */
void cgroup_sweep(int parent, const char *prefix, struct arena *a);
