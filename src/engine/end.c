// SPDX-License-Identifier: Apache-2.0
/*
 * end.c - see end.h
 */
#include "engine/end.h"

#include "image/container.h"
#include "sys/cgroup.h"
#include "sys/fd.h"
#include "sys/lock.h"
#include "sys/process.h"

#define ROUND_MS 100
#define ROUNDS	 100
#define PATIENCE 50 /* rounds that the launcher has to take note of the end */

/* Who is to end. */
struct victim {
	int first, launcher; /* pidfds, owned; or -1 */
	pid_t pid;
};

#define VICTIM_NONE ((struct victim){.first = -EBADF, .launcher = -EBADF})

static void victim_close(struct victim *v)
{
	fd_close(&v->first);
	fd_close(&v->launcher);
}

/* Without a note it is being started, or has ended: the victim stays as it is. */
static int look(int folder, struct arena *a, struct victim *v)
{
	const char *stamp;
	int r = container_read_process(folder, a, &stamp), fd;

	if (r == 0) {
		fd = process_open_stamped(stamp, &v->pid);
		r = MIN(fd, 0);
		if (fd >= 0) {
			fd_close(&v->first);
			v->first = fd;
		}
	}
	if (r < 0)
		return r == -ESRCH ? 0 : r;
	fd = process_open_parent(v->first, v->pid);
	if (fd >= 0) {
		fd_close(&v->launcher);
		v->launcher = fd;
	}
	return 0;
}

/* Who is paused hears nothing, but SIGKILL. */
static bool is_paused(int folder, struct arena *a)
{
	_cleanup_fd_ int cgroup = -EBADF;
	char *path;

	if (container_read_cgroup(folder, a, &path) == 0)
		cgroup = cgroup_open(path);
	return cgroup >= 0 && cgroup_is_frozen(cgroup);
}

/* Has it ended by itself? */
static bool ask(const struct victim *v, int grace_ms)
{
	enum process_disposition does;

	if (v->first < 0 || grace_ms == 0)
		return false;
	if (process_disposition(v->pid, SIGTERM, &does) < 0 ||
	    does != PROCESS_SIGNAL_HANDLED)
		return false;
	return process_kill(v->first, SIGTERM) == 0 &&
	       process_await(v->first, grace_ms) == 1;
}

static int end_first(const struct victim *v)
{
	int r = v->first < 0 ? 0 : process_kill(v->first, SIGKILL);

	/* A launcher that was stopped would never know. */
	if (v->launcher >= 0)
		process_kill(v->launcher, SIGCONT);
	return r == -ESRCH ? 0 : r;
}

static int say(int r, const char *id, struct err *err)
{
	if (r == -ETIMEDOUT) {
		err_say(err, r,
			"container %.12s does not end, or its files are being copied",
			id);
		return err_hint(err, r, "Try once more when that is done");
	}
	err_set(err, r, "end container %.12s", id);
	if (r != -EACCES && r != -EPERM)
		return r;
	return err_hint(err, r,
			"It was started in another user namespace: from there it works, "
			"outside of 'urun unshare' as a rule");
}

int end_container(int folder, const char *id, int grace_ms, struct arena *a,
		  struct err *err)
{
	_cleanup_(victim_close) struct victim v = VICTIM_NONE;
	bool is_asked = false;
	int r = lock_file(folder, true, false);

	for (int i = 0; r == -EAGAIN && i < ROUNDS; i++) {
		int found = look(folder, a, &v);

		if (found < 0)
			return say(found, id, err);
		if (v.first >= 0 && !is_asked) {
			is_asked = true;
			if (!is_paused(folder, a))
				ask(&v, grace_ms);
		}
		found = end_first(&v);
		if (found < 0)
			return say(found, id, err);
		if (i >= PATIENCE && v.launcher >= 0)
			process_kill(v.launcher, SIGKILL);
		r = lock_file_within(folder, true, ROUND_MS);
	}
	if (r < 0)
		return say(r == -EAGAIN ? -ETIMEDOUT : r, id, err);
	return 0;
}
