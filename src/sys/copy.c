// SPDX-License-Identifier: Apache-2.0
/*
 * copy.c - see copy.h
 */
#include "sys/copy.h"

#include <limits.h>
#include <sys/sendfile.h>

#include "sys/fd.h"

int copy_owner(int to, const struct stat *st)
{
	struct timespec times[2] = {st->st_atim, st->st_mtim};
	struct fd_path p = fd_path(to);

	if (chown(p.path, st->st_uid, st->st_gid) < 0 && errno != EPERM &&
	    errno != EINVAL)
		return -errno;
	if (chmod(p.path, st->st_mode & 07777) < 0 ||
	    utimensat(AT_FDCWD, p.path, times, 0) < 0)
		return -errno;
	return 0;
}

int copy_rest(int from, int to)
{
	static char buffer[64 * 1024];
	int r = 0;

	while (r == 0) {
		ssize_t n = read(from, buffer, sizeof(buffer));

		if (n == 0)
			break;
		if (n < 0 && errno == EINTR)
			continue;
		r = n < 0 ? -errno : fd_write_all(to, buffer, (size_t)n);
	}
	return r;
}

int copy_whole(int from, int to, const struct stat *st)
{
	ssize_t n;

	do
		n = sendfile(to, from, NULL, 1 << 20);
	while (n > 0 || (n < 0 && errno == EINTR));
	return n < 0 ? -errno : copy_owner(to, st);
}

int copy_symlink(int link, int to_dir, const char *name, const struct stat *st)
{
	char target[PATH_MAX + 1];
	ssize_t n = readlinkat(link, "", target, sizeof(target) - 1);

	if (n < 0)
		return -errno;
	target[n] = '\0';
	if (symlinkat(target, to_dir, name) < 0)
		return -errno;
	if (fchownat(to_dir, name, st->st_uid, st->st_gid, AT_SYMLINK_NOFOLLOW) < 0 &&
	    errno != EPERM && errno != EINVAL)
		return -errno;
	return 0;
}
