// SPDX-License-Identifier: Apache-2.0
/*
 * space.c - see space.h
 */
#include "sys/space.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/parse.h"
#include "sys/fd.h"
#include "sys/process.h"

#define MAX_ROUNDS 1000
#define HURRIED_ROUNDS \
	20 /* what was killed is gone after a few; then each waits a little longer */
#define MAX_WAIT_MS 100
#define MAX_DEPTH   34 /* of user namespaces: 32 below the first */

int space_open(bool is_user)
{
	return fd_open(AT_FDCWD, is_user ? "/proc/self/ns/user" : "/proc/self/ns/mnt",
		       O_RDONLY);
}

struct members {
	const char *name; /* of the kind of namespace, as in /proc/PID/ns */
	bool is_user;
	uint64_t space, own;
};

/* Is a namespace one of those above another user namespace? That of the caller ends the way up. */
static bool is_above(uint64_t space, int userns)
{
	_cleanup_fd_ int at = fd_dup(userns);
	struct stat st;

	for (int i = 0; at >= 0 && i < MAX_DEPTH; i++) {
		int up = process_ns_parent(at);

		fd_close(&at);
		at = up;
		if (at >= 0 && fstat(at, &st) == 0 && st.st_ino == space)
			return true;
	}
	return false;
}

static bool is_member(const struct members *m, int pid)
{
	_cleanup_fd_ int ns = -EBADF;
	uint64_t number;
	char path[48];

	/* Most are where the caller is. */
	if (process_ns_number(pid, m->name, &number) < 0 || number == m->own)
		return false;
	if (number == m->space || !m->is_user)
		return number == m->space;
	snprintf(path, sizeof(path), "/proc/%d/ns/user", pid);
	ns = fd_open(AT_FDCWD, path, O_RDONLY);
	return ns >= 0 && is_above(m->space, ns);
}

/* Was it there, and alive? */
static bool end_one(const struct members *m, int pid)
{
	_cleanup_fd_ int pidfd = process_open(pid);
	struct pollfd end = {.fd = pidfd, .events = POLLIN};

	/* While it lives the number is its own, also that in the paths which were read before. */
	if (pidfd < 0 || !is_member(m, pid) || poll(&end, 1, 0) != 0)
		return false;
	process_kill(pidfd, SIGKILL);
	return true;
}

static bool end_all(const struct members *m)
{
	_cleanup_fd_ int proc = fd_open(AT_FDCWD, "/proc", O_RDONLY | O_DIRECTORY);
	struct fd_names names = {.dir = proc};
	bool has_any = false;
	const char *name;
	int pid;

	while (proc >= 0 && (name = fd_next_name(&names, NULL)))
		if (parse_int(name, &pid) == 0)
			has_any |= end_one(m, pid);
	return has_any;
}

void space_end(int space, bool is_user)
{
	struct members m = {.name = is_user ? "user" : "mnt", .is_user = is_user};
	struct stat st;

	/* A /proc of another pid namespace has other processes by these numbers. */
	if (!process_is_in_proc() || fstat(space, &st) < 0 ||
	    process_ns_number(getpid(), m.name, &m.own) < 0 || st.st_ino == m.own)
		return;
	m.space = st.st_ino;
	for (int i = 0; i < MAX_ROUNDS && end_all(&m); i++)
		if (i >= HURRIED_ROUNDS)
			poll(NULL, 0, MIN(i, MAX_WAIT_MS));
}
