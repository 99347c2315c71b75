// SPDX-License-Identifier: Apache-2.0
/*
 * lock.c - see lock.h
 */
#include "sys/lock.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "sys/fd.h"

#define GUARD_MS 500 /* for a guard to end what is left, as a rule; see engine/guard.c */
#define STEP_MS	 10

static int make_folders(const char *base, const char *folder, int *ret)
{
	_cleanup_fd_ int dir = fd_open(AT_FDCWD, base, O_PATH | O_DIRECTORY);
	char part[256];

	while (dir >= 0 && *folder) {
		size_t len = strcspn(folder, "/");
		int next;

		if (len >= sizeof(part))
			return -ENAMETOOLONG;
		memcpy(part, folder, len);
		part[len] = '\0';
		folder += len + (folder[len] == '/');
		next = fd_make_dir(dir, part, 0700);
		fd_close(&dir);
		dir = next;
	}
	if (dir < 0)
		return dir;
	*ret = fd_take(&dir);
	return 0;
}

int lock_take(const char *base, const char *folder, const char *name, struct lock *ret)
{
	_cleanup_fd_ int dir = -EBADF;
	int r = make_folders(base, folder, &dir), waited_ms = 0;

	if (r < 0)
		return r;
	if (snprintf(ret->path, sizeof(ret->path), "%s/%s/%s", base, folder, name) >=
	    (int)sizeof(ret->path))
		return -ENAMETOOLONG;
	for (;;) {
		_cleanup_fd_ int fd =
			fd_create(dir, name, O_RDWR | O_CREAT | O_NOFOLLOW, 0600);
		struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
		struct stat st;

		if (fd < 0)
			return fd;
		r = fd_lock(fd, &whole);
		/* Of a launcher that was killed, its guard lets go when what is left has ended. */
		if (r == -EAGAIN && waited_ms < GUARD_MS) {
			poll(NULL, 0, STEP_MS);
			waited_ms += STEP_MS;
			continue;
		}
		if (r < 0)
			return r;
		r = fd_stat(fd, &st);
		if (r < 0)
			return r;
		/* Its last holder removed it between our open and our lock: once more. */
		if (st.st_nlink == 0)
			continue;
		ret->fd = fd_take(&fd);
		return 0;
	}
}

void lock_drop(struct lock *lock)
{
	if (lock->fd < 0)
		return;
	unlink(lock->path);
	fd_close(&lock->fd);
}
