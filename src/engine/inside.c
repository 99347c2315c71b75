// SPDX-License-Identifier: Apache-2.0
/*
 * inside.c - see inside.h
 */
#include "engine/inside.h"

#include <stdio.h>

#include "image/container.h"
#include "sys/fd.h"
#include "sys/process.h"

static int open_ns(pid_t pid, const char *name, int *ret)
{
	char path[48];
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/ns/%s", (int)pid, name);
	fd = fd_open(AT_FDCWD, path, O_RDONLY);
	if (fd < 0)
		return fd;
	*ret = fd;
	return 0;
}

/* Is it a namespace that the caller is in? 1, 0 or a negative errno. */
static int is_own(int ns, const char *path)
{
	_cleanup_fd_ int own = fd_open(AT_FDCWD, path, O_RDONLY);

	return own < 0 ? own : fd_is_same(own, ns);
}

static int open_both(const char *stamp, struct inside *ret)
{
	_cleanup_fd_ int pidfd = -EBADF;
	pid_t pid = 0;
	int r;

	pidfd = process_open_stamped(stamp, &pid);
	r = pidfd < 0 ? pidfd : open_ns(pid, "user", &ret->userns);
	if (r == 0)
		r = open_ns(pid, "mnt", &ret->mntns);
	/* One that has ended and was not waited for yet has no mount namespace any more. */
	if (r == -ENOENT)
		return -ESRCH;
	/* It is there still: so these are its own. */
	if (r == 0)
		r = process_kill(pidfd, 0) < 0 ? -ESRCH : 0;
	if (r == 0)
		r = is_own(ret->userns, "/proc/self/ns/user");
	if (r == 1)
		fd_close(&ret->userns);
	return MIN(r, 0);
}

static int say(int r, const char *id, struct err *err)
{
	if (r == -ESRCH) {
		err_say(err, r, "container %.12s is being started, ended or removed", id);
		return err_hint(err, r, "Try once more");
	}
	err_set(err, r, "enter container %.12s", id);
	if (r != -EACCES && r != -EPERM)
		return r;
	return err_hint(
		err, r,
		"It was started in another user namespace: from there it works, "
		"outside of 'urun unshare' as a rule. Nobody enters a sandbox: its "
		"files are the host's");
}

int inside_open(int folder, const char *id, struct arena *a, struct inside *ret,
		struct err *err)
{
	_cleanup_inside_ struct inside in = INSIDE_NONE;
	const char *stamp;
	int r = container_read_process(folder, a, &stamp);

	if (r == 0)
		r = open_both(stamp, &in);
	if (r == 0) {
		r = is_own(in.mntns, "/proc/self/ns/mnt");
		if (r == 1)
			r = -ESRCH; /* its builder has not got there yet */
	}
	if (r < 0)
		return say(r, id, err);
	*ret = in;
	in = INSIDE_NONE;
	return 0;
}

void inside_close(struct inside *in)
{
	fd_close(&in->userns);
	fd_close(&in->mntns);
}
