/* SPDX-License-Identifier: Apache-2.0 */
/*
 * proc_list.h - the processes of a container, as the host's /proc has them
 *
 * Nothing is executed inside, and nothing inside is asked. Processes come and go meanwhile: one that has
 * ended is left out, and one that came by its number is never taken for it, because all of a process is
 * read by one descriptor of its folder. What hostile processes say of themselves, names and arguments, is
 * cut and has yet to be escaped. Source: proc(5).
 */
#pragma once

#include <sys/types.h>

#include "base/arena.h"
#include "base/err.h"

#define PROC_MAX_PROCESSES 65536u
#define PROC_MAX_ARGS	   4096u /* bytes; more are cut */
#define PROC_MAX_DEPTH	   32u	 /* of pid namespaces: MAX_PID_NS_LEVEL */
#define PROC_MAX_GROUPS	   64u	 /* supplementary ones; more are cut */

enum proc_caps {
	PROC_CAPS_INHERITABLE,
	PROC_CAPS_PERMITTED,
	PROC_CAPS_EFFECTIVE,
	PROC_CAPS_BOUNDING,
	PROC_CAPS_AMBIENT,
	PROC_CAPS_SETS
};

struct proc {
	pid_t pid, ppid; /* the host's */
	/* In each pid namespace from that of this program's /proc inwards. */
	pid_t pids[PROC_MAX_DEPTH], pgids[PROC_MAX_DEPTH];
	size_t n_pids, n_pgids;
	/* In the namespace of the container's first process; 0: it is none of that. */
	pid_t pid_inside, ppid_inside, pgid_inside;
	uint32_t ruid, euid, rgid, egid; /* the host's */
	uint32_t groups[PROC_MAX_GROUPS];
	size_t n_groups;
	char state;
	const char *comm;
	const char *args;     /* separated by blanks; "" for a zombie */
	uint64_t start_ticks; /* since the boot */
	int64_t cpu_ms, age_ms;
	int64_t nice;
	uint64_t vsz_bytes, rss_bytes;
	uint32_t tty_major, tty_minor; /* 0, 0: none */
	uint64_t caps[PROC_CAPS_SETS];
	int seccomp;	   /* mode; -1: the kernel does not say */
	const char *label; /* of the kernel's security module, or NULL */
};

/* Whose processes are wanted. */
struct proc_query {
	pid_t first;	    /* the container's first process */
	const char *cgroup; /* its own, below the root of cgroups; or NULL */
};

/**
 * proc_list() - find the processes of a container
 * @ret: by their numbers
 *
 * With a cgroup, those in it and below. Else those of the first process's pid namespace and of the
 * namespaces below; where that is not the container's own, the first process's descendants and whoever is in
 * its mount namespace: an orphan is no descendant any more.
 * Return: 0; -ESRCH when the first process has ended; -E2BIG for more than PROC_MAX_PROCESSES; another
 * negative errno with @err filled.
 */
int proc_list(const struct proc_query *q, struct arena *a, struct proc **ret,
	      size_t *ret_n, struct err *err);

/* Is the pid namespace of a container's first process not its own, so that others are in it and go on without
 * it? */
bool proc_shares_pidns(pid_t first);

/* Opens a process's folder of /proc. A descriptor that is never another process's, or -ESRCH. */
int proc_open(pid_t pid);

/**
 * proc_read() - read one process
 * @dir: its folder, borrowed
 *
 * All but age_ms and the numbers inside. Return: 0; -ESRCH when it has ended; -EBADMSG for what is no such folder.
 */
int proc_read(int dir, struct arena *a, struct proc *ret);

/* A map of ids of a user namespace. */
struct proc_map {
	struct proc_map_range {
		uint32_t inside, outside, count;
	} * v;
	size_t n_v;
};
/* @file: "uid_map" or "gid_map" of a process's folder. 0 or a negative errno. */
int proc_read_map(int dir, const char *file, struct arena *a, struct proc_map *ret);
/* The id inside that is @outside here. False when it has none. */
bool proc_map_inside(const struct proc_map *m, uint32_t outside, uint32_t *ret);
