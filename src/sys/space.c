// SPDX-License-Identifier: Apache-2.0
/*
 * space.c - see space.h
 */
#include "sys/space.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/parse.h"
#include "sys/dir.h"
#include "sys/fd.h"
#include "sys/process.h"

#define MAX_ROUNDS 200
#define HURRIED_ROUNDS \
	20 /* what was killed is gone after a few; then each waits a little longer */
#define MAX_WAIT_MS 100
/* How often the same is found: nobody, whom one round may miss that goes on from process to process; or those
 * that were killed, make no others, and cannot end. */
#define EMPTY_ROUNDS 3
#define SAME_ROUNDS  60
#define CHASES	     32
#define MAX_DEPTH    34 /* of user namespaces: 32 below the first */

int space_open(bool is_user)
{
	return fd_open(AT_FDCWD, is_user ? "/proc/self/ns/user" : "/proc/self/ns/mnt",
		       O_RDONLY);
}

struct members {
	const char *name; /* of the kind of namespace, as in /proc/PID/ns */
	bool is_user;
	uint64_t space, own;
	const int *spared;
	size_t n_spared;
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

	for (size_t i = 0; i < m->n_spared; i++)
		if (m->spared[i] == pid)
			return false;
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
	_cleanup_fd_ int pidfd = -EBADF;
	struct pollfd end = {.events = POLLIN};

	/* Most are none, which is the least to find out; or have ended, and are not waited for. */
	if (!is_member(m, pid))
		return false;
	pidfd = end.fd = process_open(pid);
	if (pidfd < 0)
		return pidfd != -ESRCH; /* no descriptor left: once more */
	/* While it lives the number is its own, also that in the paths which were read before. */
	if (!is_member(m, pid) || poll(&end, 1, 0) != 0)
		return false;
	process_kill(pidfd, SIGKILL);
	return true;
}

struct found {
	size_t n;
	uint64_t sum; /* of their numbers */
};

static void add(struct found *f, const struct members *m, int pid)
{
	if (!end_one(m, pid))
		return;
	f->n++;
	f->sum += (uint64_t)pid;
}

/* The number that was given last, of /proc/loadavg, or -1. */
static int last_number(int loadavg)
{
	char text[64];
	ssize_t n = pread(loadavg, text, sizeof(text) - 1, 0);
	const char *word;
	int pid;

	if (n <= 0)
		return -1;
	text[text[n - 1] == '\n' ? n - 1 : n] = '\0';
	word = strrchr(text, ' ');
	return word && parse_int(word + 1, &pid) == 0 ? pid : -1;
}

/* Who goes on in a child, and that in another, is ahead of whoever reads the list; but has the newest number. */
static void chase(const struct members *m, struct found *f)
{
	_cleanup_fd_ int loadavg = fd_open(AT_FDCWD, "/proc/loadavg", O_RDONLY);
	int pid;

	for (int i = 0; i < CHASES && (pid = last_number(loadavg)) > 0; i++)
		add(f, m, pid);
}

static struct found end_all(const struct members *m)
{
	_cleanup_fd_ int proc = fd_open(AT_FDCWD, "/proc", O_RDONLY | O_DIRECTORY);
	struct dir_names names = {.dir = proc};
	struct found found = {0};
	const char *name;
	int pid;

	while (proc >= 0 && (name = dir_next_name(&names, NULL)))
		if (parse_int(name, &pid) == 0)
			add(&found, m, pid);
	chase(m, &found);
	return found;
}

void space_end(int space, bool is_user, const int *spared, size_t n_spared)
{
	struct members m = {.name = is_user ? "user" : "mnt",
			    .is_user = is_user,
			    .spared = spared,
			    .n_spared = n_spared};
	struct found last = {0};
	struct stat st;
	int same = 0;

	/* A /proc of another pid namespace has other processes by these numbers. */
	if (!process_is_in_proc() || fstat(space, &st) < 0 ||
	    process_ns_number(getpid(), m.name, &m.own) < 0 || st.st_ino == m.own)
		return;
	m.space = st.st_ino;
	for (int i = 0; i < MAX_ROUNDS && same < (last.n ? SAME_ROUNDS : EMPTY_ROUNDS);
	     i++) {
		struct found now = end_all(&m);

		same = now.n == last.n && now.sum == last.sum ? same + 1 : 0;
		last = now;
		if (now.n && i >= HURRIED_ROUNDS)
			poll(NULL, 0, MIN(i, MAX_WAIT_MS));
	}
}
