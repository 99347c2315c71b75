/* SPDX-License-Identifier: Apache-2.0 */
/*
 * process.h - making, waiting for and signalling processes, by pidfd
 */
#pragma once

#include <signal.h>
#include <sys/types.h>

#include "base/arena.h"
#include "base/err.h"

/**
 * process_clone() - fork into new namespaces
 * @flags:      CLONE_NEW*, CLONE_PARENT
 * @cgroup:     borrowed descriptor of a cgroup v2 folder for the child, or -1
 * @ret_pidfd:  close-on-exec pidfd of the child, owned by the caller (parent only)
 *
 * Source: clone3(2); clone(2) where that is refused, which knows neither cgroups (-ENOSYS)
 * nor time namespaces (-ENOTSUP). glibc's cached thread id is stale in the child: no raise(3)
 * there. Return: the pid in the parent, 0 in the child, or a negative errno.
 */
pid_t process_clone(uint64_t flags, int cgroup, int *ret_pidfd);

/* Will process_clone() take a cgroup? Not where a filter refuses clone3(2). */
bool process_can_be_born_in_cgroup(void);

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
	/* It serves for as long as the container runs: signals of the caller's terminal and to
	 * his job are not for it. */
	bool is_server;
	/* Called last before exec, in the memory of the parent, which waits; or NULL. */
	int (*prepare)(void);
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

/* Waits for the end of any process, which its parent reaps; @wait_ms: -1 without a limit. Return: 1
 * when it has ended, 0 when not, or a negative errno. */
int process_await(int pidfd, int wait_ms);

/* pidfd_send_signal(2). Return: 0 or a negative errno. */
int process_kill(int pidfd, int signo);

/* kill(2) of the process group that a process leads, as far as this one may. The leader must
 * not be reaped yet, or the number could be another's. Return: 0 or a negative errno. */
int process_kill_group(pid_t leader, int signo);

/* What one process is told by from all others, also those of its number that come later: "PID
 * START BOOT", where START is in proc_pid_stat(5). */
struct process_stamp {
	char text[96];
};
int process_stamp(pid_t pid, struct process_stamp *ret);

/* What tells this boot of the machine from others; from @a. 0 or a negative errno. */
int process_boot(struct arena *a, const char **ret);

/**
 * process_open_stamped() - the process that a stamp was made of
 * @ret_pid: its number, which is its own for as long as it has not ended
 *
 * Return: a pidfd, owned by the caller; -ESRCH when it has ended; another negative errno.
 */
int process_open_stamped(const char *stamp, pid_t *ret_pid);

/* The number of a process's namespace, "net", as its link in /proc/PID/ns has it. 0, -ENOENT, or
 * another negative errno. */
int process_ns_number(pid_t pid, const char *name, uint64_t *ret);

/* ioctl_ns(2): the user namespace that owns a namespace, and the parent of a user namespace. Return: a
 * descriptor, owned by the caller; -EPERM for one that is none of the caller's, or outside. */
int process_ns_owner(int ns);
int process_ns_parent(int userns);

/* A pidfd of a running process, close-on-exec. */
int process_open(pid_t pid);

/* The number of a process in the caller's /proc, which is not that of a pid namespace below. 0, -ESRCH when
 * it has been reaped, or another negative errno. Source: pidfd_open(2), proc_pid_fdinfo(5). */
int process_number(int pidfd, pid_t *ret);

/* Does /proc have processes by the numbers of this one's pid namespace? Nothing is allocated. */
bool process_is_in_proc(void);

/* A pidfd of the parent of a process that has not been reaped: -ESRCH when it has, or when the
 * parent is none of this pid namespace. */
int process_open_parent(int pidfd, pid_t pid);

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
 * process_end_contained() - kill the children of a session, and theirs after them
 *
 * For a launcher that adopted orphans, once its command has ended. Children in this process's own mount
 * namespace are not the session's: whoever executed this program may have started them.
 */
void process_end_contained(void);

/* The same children get a signal, and nobody waits for them. */
void process_signal_contained(int signo);

/* Of this process and what it executes, personality(2): PER_LINUX 0, PER_LINUX32 8. 0 or a negative
 * errno. */
int process_set_personality(uint32_t domain);

/* Moves this process into new namespaces, unshare(2). 0 or a negative errno. */
int process_unshare(int flags);

/**
 * process_make_time() - move this process into a new time namespace
 * @offsets: for /proc/self/timens_offsets: "monotonic SECS NANOSECS\nboottime ...\n"
 *
 * Needs CAP_SYS_ADMIN and CAP_SYS_TIME over the user namespace, and the caller's /proc at "/proc".
 * Nobody may be in the namespace when they are written: exec enters it since Linux 6.1, setns(2) of
 * what is for children always has. Source: time_namespaces(7), Linux 5.6.
 * Return: 0; -EINVAL without time namespaces; -ERANGE for an offset beyond a clock's reach; another
 * negative errno.
 */
int process_make_time(const char *offsets);

/* Joins the namespace behind a descriptor, setns(2). 0 or a negative errno. */
int process_join(int ns, uint64_t type);

/**
 * process_enter_hidden() - go where somebody hostile is
 * @userns: borrowed, or -1 to stay in this one
 * @mntns:  borrowed, or -1; this process stands in its root then
 *
 * For a process of one thread that was made for it. Nobody inside can trace it, because it is not
 * dumpable and its memory belongs to the namespace that it comes from: it must not execute
 * anything (CVE-2016-9962). It is root of @userns, where that has one, with all capabilities there,
 * and ends with its parent. Return: 0 or a negative errno.
 */
int process_enter_hidden(int userns, int mntns);

/* Has this child been stopped since this was asked last? Source: waitid(2). */
bool process_has_stopped(pid_t pid);

/**
 * process_reap() - take note of all children that have ended
 * @pid:      the one that matters
 * @ret_code: its exit code, as process_wait() has it; untouched when it has not ended
 * @ret_has_reaped: were there any that had ended?
 * @ret_has_any: are there children left?
 *
 * Return: has that one ended just now?
 */
bool process_reap(pid_t pid, int *ret_code, bool *ret_has_reaped, bool *ret_has_any);

/* execve(2) of a program that $PATH of this process finds, execvp(3). */
int process_exec_found(char *const argv[], char *const env[]);

/* execve(2), and execveat(2) of an O_PATH descriptor. Return only on failure: a negative
 * errno. */
int process_exec(const char *path, char *const argv[], char *const env[]);
int process_exec_fd(int fd, char *const argv[], char *const env[]);
