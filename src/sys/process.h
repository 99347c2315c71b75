/* SPDX-License-Identifier: Apache-2.0 */
/*
 * process.h - making, waiting for and signalling processes, by pidfd
 */
#pragma once

#include <signal.h>
#include <sys/types.h>

#include "base/err.h"

/**
 * process_clone() - fork into new namespaces
 * @flags:      CLONE_NEW*, CLONE_PARENT
 * @cgroup:     borrowed descriptor of a cgroup v2 folder for the child, or -1
 * @ret_pidfd:  close-on-exec pidfd of the child, owned by the caller (parent only)
 *
 * Source: clone3(2); clone(2) where that is refused, which knows neither cgroups nor time
 * namespaces (-ENOTSUP). glibc's cached thread id is stale in the child: no raise(3)
 * there. Return: the pid in the parent, 0 in the child, or a negative errno.
 */
pid_t process_clone(uint64_t flags, int cgroup, int *ret_pidfd);

/**
 * process_share() - run a function in a process that shares this one's memory and descriptors
 * @fn:        its result is the exit code; errno is shared like all else, so that it may not
 *             fail a system call while this process runs
 * @stack_top: end of the memory for its stack
 * @ret_pidfd: owned by the caller
 *
 * No signal tells of its end. Source: clone(2).
 * Return: 0 or a negative errno.
 */
int process_share(int (*fn)(void *data), void *data, void *stack_top, int *ret_pidfd);

/* How to run a trusted helper. */
struct spawn {
	const char *path;  /* absolute */
	char *const *argv; /* NULL-terminated */
	char *const *env;  /* NULL: PATH and LC_ALL=C only */
	int stdio[3];	   /* descriptors for 0, 1 and 2; -1: /dev/null */
	const int *
		keep; /* more to keep open under their own numbers, ended by -1; or NULL */
	/* A user namespace to enter before exec, as its root where that is mapped; or -1. */
	int userns;
	/* A mount namespace of it, to run in a copy of; or -1. */
	int mntns;
};

/**
 * process_spawn() - run a trusted helper: absolute path, clean environment, no descriptors
 * @s:         borrowed
 * @ret_pidfd: owned by the caller
 *
 * The child gets the default signal mask and dispositions and dies with its parent
 * (PR_SET_PDEATHSIG).
 * Return: the pid, or a negative errno, also when exec itself failed (-ENOENT...).
 */
pid_t process_spawn(const struct spawn *s, int *ret_pidfd);

/**
 * process_wait() - wait for the end of a child and reap it
 * @pidfd:   borrowed
 * @ret_code: exit code, or 128+n for a signal
 * Return: 0 or a negative errno.
 */
int process_wait(int pidfd, int *ret_code);

/* The same without waiting. Return: 1 when it has ended, 0 when not, or a negative errno.
 */
int process_try_wait(int pidfd, int *ret_code);

/* pidfd_send_signal(2). Return: 0 or a negative errno. */
int process_kill(int pidfd, int signo);

/* kill(2) of the process group that a process leads, as far as this one may. The leader must
 * not be reaped yet, or the number could be another's. Return: 0 or a negative errno. */
int process_kill_group(pid_t leader, int signo);

/* A pidfd of a running process, close-on-exec. */
int process_open(pid_t pid);

/* The parent dies -> this process gets @signo, until an exec that gains privileges or a
 * change of ids. 0 or a negative errno. */
int process_die_with_parent(int signo);

/* All signals blocked; @ret_old gets the mask from before. */
void process_block_signals(sigset_t *ret_old);

/* What would @signo do to the process? Reads /proc/PID/status. */
enum process_disposition {
	PROCESS_SIGNAL_DEFAULT,
	PROCESS_SIGNAL_IGNORED,
	PROCESS_SIGNAL_HANDLED, /* or blocked */
};
int process_disposition(pid_t pid, int signo, enum process_disposition *ret);

/* Lets go of the pages of this program that can be read back from its file; those that are
 * needed come back by themselves. For a process that is going to wait for long. */
void process_shrink(void);

/* Makes this process the parent of all descendants whose own parent ends, prctl(2). */
int process_adopt_orphans(void);

/**
 * process_end_contained() - kill and reap the children of a container, and theirs after them
 *
 * For a launcher that adopted orphans, once the payload has ended and where no pid namespace
 * ends them. Children in this process's own mount namespace are not the container's: whoever
 * executed this program may have started them.
 */
void process_end_contained(void);

/* Moves this process into new namespaces, unshare(2). 0 or a negative errno. */
int process_unshare(int flags);

/* Joins the namespace behind a descriptor, setns(2). 0 or a negative errno. */
int process_join(int ns, uint64_t type);

/* execve(2), and execveat(2) of an O_PATH descriptor. Return only on failure: a negative
 * errno. */
int process_exec(const char *path, char *const argv[], char *const env[]);
int process_exec_fd(int fd, char *const argv[], char *const env[]);
