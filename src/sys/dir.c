// SPDX-License-Identifier: Apache-2.0
/*
 * dir.c - see dir.h
 */
#include "sys/dir.h"

#include <dirent.h>
#include <limits.h>
#include <linux/fs.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>

#include "sys/fd.h"
#include "sys/newid.h"

int dir_make_new(int dir, const char *name, mode_t mode)
{
	return mkdirat(dir, name, mode) < 0 ? -errno : 0;
}

int dir_make(int dir, const char *name, mode_t mode)
{
	if (mkdirat(dir, name, mode) < 0 && errno != EEXIST)
		return -errno;
	return fd_open(dir, name, O_PATH | O_DIRECTORY | O_NOFOLLOW);
}

int dir_list(int dir, struct arena *a, struct strv *ret)
{
	int copy = fcntl(dir, F_DUPFD_CLOEXEC, 3), r;
	DIR *d = copy < 0 ? NULL : fdopendir(copy);
	const struct dirent *e;

	if (!d) {
		r = -errno;
		fd_close(&copy);
		return r;
	}
	/* The copy shares its place with @dir, which may have been listed before. */
	rewinddir(d);
	errno = 0;
	while ((e = readdir(d)))
		if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
			strv_push(a, ret, arena_strdup(a, e->d_name));
	r = -errno;
	closedir(d);
	return r;
}

/* struct linux_dirent64, getdents64(2) */
#define DIRENT_LEN  16
#define DIRENT_TYPE 18
#define DIRENT_NAME 19

const char *dir_next_name(struct dir_names *names, unsigned char *ret_type)
{
	const char *entry, *name;
	uint16_t len;

	do {
		if (names->at >= names->n) {
			names->at = 0;
			names->n = syscall(SYS_getdents64, names->dir, names->buf,
					   sizeof(names->buf));
			if (names->n <= 0)
				return NULL;
		}
		entry = names->buf + names->at;
		name = entry + DIRENT_NAME;
		memcpy(&len, entry + DIRENT_LEN, sizeof(len));
		names->at += len;
	} while (strcmp(name, ".") == 0 || strcmp(name, "..") == 0);
	if (ret_type)
		*ret_type = (unsigned char)entry[DIRENT_TYPE];
	return name;
}

int dir_read_link(int dir, const char *name, struct arena *a, const char **ret)
{
	char text[PATH_MAX];
	ssize_t n = readlinkat(dir, name, text, sizeof(text));

	if (n < 0)
		return -errno;
	if ((size_t)n == sizeof(text))
		return -ENAMETOOLONG;
	*ret = arena_strndup(a, text, (size_t)n);
	return 0;
}

int dir_symlink(const char *target, int dir, const char *name)
{
	return symlinkat(target, dir, name) < 0 ? -errno : 0;
}

/* A file without a name gets one when it is whole: whoever is killed leaves nothing. */
static int link_file(const char *path, const char *text, mode_t mode)
{
	char dir[PATH_MAX];
	const char *slash = strrchr(path, '/');
	int len = slash ? (int)(slash - path) + 1 : 2;
	_cleanup_fd_ int fd = -EBADF;
	int r;

	if (snprintf(dir, sizeof(dir), "%.*s", len, slash ? path : "./") != len)
		return -ENAMETOOLONG;
	fd = fd_create(AT_FDCWD, dir, O_WRONLY | O_TMPFILE, mode);
	if (fd < 0)
		return fd;
	r = fd_write_all(fd, text, strlen(text));
	for (int i = 0; r == 0 && i < 100; i++) {
		if (linkat(AT_FDCWD, fd_path(fd).path, AT_FDCWD, path,
			   AT_SYMLINK_FOLLOW) == 0)
			return 0;
		if (errno != EEXIST || unlink(path) < 0)
			return -errno;
	}
	return r < 0 ? r : -EEXIST;
}

int dir_replace_file_host(const char *path, const char *text, mode_t mode)
{
	char temp[PATH_MAX], id[NEWID_LEN + 1];
	_cleanup_fd_ int fd = -EBADF;
	int r;

	r = link_file(path, text, mode);
	if (r == 0)
		return 0;
	/* No O_TMPFILE on this filesystem, or no /proc to name it by: through a name. */
	r = newid_make(id);
	if (r < 0)
		return r;
	if (snprintf(temp, sizeof(temp), "%s.%.16s", path, id) >= (int)sizeof(temp))
		return -ENAMETOOLONG;
	fd = fd_create(AT_FDCWD, temp, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, mode);
	if (fd < 0)
		return fd;
	r = fd_write_all(fd, text, strlen(text));
	if (r == 0 && rename(temp, path) < 0)
		r = -errno;
	if (r < 0)
		unlink(temp);
	return r;
}

int dir_remove_file_host(const char *path)
{
	return unlink(path) < 0 ? -errno : 0;
}

int dir_replace_file(int dir, const char *name, const char *text, mode_t mode)
{
	_cleanup_arena_ struct arena a = {0};
	_cleanup_fd_ int fd = -EBADF;
	const char *temp = NULL;
	int r = newid_beside(name, &a, &temp);

	if (r < 0)
		return r;
	fd = fd_create(dir, temp, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, mode);
	if (fd < 0)
		return fd;
	r = fd_write_all(fd, text, strlen(text));
	if (r == 0)
		r = fd_sync(fd);
	if (r == 0)
		r = dir_rename(dir, temp, dir, name);
	if (r < 0)
		unlinkat(dir, temp, 0);
	return r;
}

int dir_make_all(int dir, const char *path, mode_t mode)
{
	_cleanup_fd_ int at = fd_open(dir, ".", O_PATH | O_DIRECTORY);
	char part[NAME_MAX + 1];

	path += strspn(path, "/");
	while (at >= 0 && *path) {
		size_t len = strcspn(path, "/");
		int next;

		if (len >= sizeof(part))
			return -ENAMETOOLONG;
		memcpy(part, path, len);
		part[len] = '\0';
		path += len;
		path += strspn(path, "/");
		next = dir_make(at, part, mode);
		fd_close(&at);
		at = next;
	}
	return fd_take(&at);
}

int dir_make_all_host(const char *path, mode_t mode)
{
	char part[PATH_MAX];
	size_t len = 0;

	while (path[len]) {
		len += strspn(path + len, "/");
		len += strcspn(path + len, "/");
		if (len >= sizeof(part))
			return -ENAMETOOLONG;
		memcpy(part, path, len);
		part[len] = '\0';
		if (mkdir(part, mode) < 0 && errno != EEXIST)
			return -errno;
	}
	return 0;
}

int dir_rename_new(int from_dir, const char *from, int to_dir, const char *to)
{
	return syscall(SYS_renameat2, from_dir, from, to_dir, to, RENAME_NOREPLACE) < 0
		       ? -errno
		       : 0;
}

int dir_rename(int from_dir, const char *from, int to_dir, const char *to)
{
	return renameat(from_dir, from, to_dir, to) < 0 ? -errno : 0;
}

int dir_unlink(int dir, const char *name, int flags)
{
	return unlinkat(dir, name, flags) < 0 ? -errno : 0;
}
