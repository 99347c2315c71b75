// SPDX-License-Identifier: Apache-2.0
/*
 * tree.c - see tree.h
 */
#include "sys/tree.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sys/fd.h"

/* A folder that is being emptied. Below it there may be more: those are moved up into it before
 * they are emptied, so that no descriptor is held for a level that was left. */
struct emptying {
	int fd;
	dev_t dev;
	unsigned int n_moved;
};

static int open_folder(int dir, const char *name)
{
	int fd = fd_open(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);

	if (fd != -EACCES)
		return fd;
	/* The work folder of an overlay has mode 000. */
	if (fchmodat(dir, name, 0700, 0) < 0)
		return -errno;
	return fd_open(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
}

/* Moves what is in a folder's folders up into the top one, under names of our own. */
static int move_up(struct emptying *e, int from, const char *name)
{
	bool has_opened = false;
	char to[32];

	for (;;) {
		snprintf(to, sizeof(to), ".urun-%u", e->n_moved++);
		if (renameat(from, name, e->fd, to) == 0)
			return 0;
		/* A folder that is not to be written cannot get another "..". */
		if (errno == EACCES && !has_opened) {
			has_opened = true;
			if (fchmodat(from, name, 0700, 0) < 0)
				return -errno;
			continue;
		}
		if (errno != EEXIST && errno != ENOTEMPTY && errno != ENOTDIR)
			return -errno;
	}
}

static bool is_dot(const char *name)
{
	return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

/* Unlinks the files of one folder, and moves its folders up. Takes @fd. */
static int empty_level(struct emptying *e, int fd)
{
	DIR *d = fdopendir(fd);
	struct dirent *entry;
	int r = 0;

	if (!d) {
		close(fd);
		return -errno;
	}
	while (r == 0 && (errno = 0, entry = readdir(d))) {
		if (is_dot(entry->d_name))
			continue;
		if (unlinkat(fd, entry->d_name, 0) == 0)
			continue;
		r = errno == EISDIR || errno == EPERM ? move_up(e, fd, entry->d_name)
						      : -errno;
	}
	closedir(d);
	return r;
}

/* A folder in the top one: emptied and removed. */
static int remove_folder(struct emptying *e, const char *name)
{
	int fd = open_folder(e->fd, name), r;
	struct stat st;

	if (fd < 0)
		return fd;
	r = fd_stat(fd, &st);
	if (r == 0 && st.st_dev != e->dev)
		r = -EXDEV;
	/* Its owner may have no right to it. */
	if (r == 0 && (st.st_mode & 0700) != 0700)
		r = fd_chmod(fd, 0700);
	if (r < 0) {
		close(fd);
		return r;
	}
	r = empty_level(e, fd);
	if (r < 0)
		return r;
	return unlinkat(e->fd, name, AT_REMOVEDIR) < 0 ? -errno : 0;
}

/* One pass over the top folder. Return: 1 when it is empty now, 0 for once more. */
static int pass(struct emptying *e)
{
	int fd = openat(e->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), r = 0;
	bool has_any = false;
	struct dirent *entry;
	DIR *d;

	if (fd < 0)
		return -errno;
	d = fdopendir(fd);
	if (!d) {
		close(fd);
		return -errno;
	}
	while (r == 0 && (errno = 0, entry = readdir(d))) {
		if (is_dot(entry->d_name))
			continue;
		has_any = true;
		if (unlinkat(e->fd, entry->d_name, 0) == 0)
			continue;
		r = errno == EISDIR || errno == EPERM ? remove_folder(e, entry->d_name)
						      : -errno;
	}
	closedir(d);
	return r < 0 ? r : !has_any;
}

int tree_remove(int dir, const char *name)
{
	struct emptying e = {.fd = -EBADF};
	struct stat st;
	int r;

	if (unlinkat(dir, name, 0) == 0 || errno == ENOENT)
		return 0;
	if (errno != EISDIR && errno != EPERM)
		return -errno;
	e.fd = open_folder(dir, name);
	if (e.fd < 0)
		return e.fd;
	r = fd_stat(e.fd, &st);
	e.dev = st.st_dev;
	if (r == 0 && (st.st_mode & 0700) != 0700)
		r = fd_chmod(e.fd, 0700);
	while (r == 0)
		r = pass(&e);
	fd_close(&e.fd);
	if (r < 0)
		return r;
	return unlinkat(dir, name, AT_REMOVEDIR) < 0 ? -errno : 0;
}

#define BLOCK_BYTES 512 /* of st_blocks, stat(3) */
#define MAX_LEVELS  512

static uint64_t usage(int dir, const char *name, dev_t dev, int level);

static uint64_t usage_of_entries(int fd, dev_t dev, int level)
{
	DIR *d = fdopendir(fd);
	struct dirent *entry;
	uint64_t sum = 0;

	if (!d) {
		close(fd);
		return 0;
	}
	while ((entry = readdir(d)))
		if (!is_dot(entry->d_name))
			sum += usage(dirfd(d), entry->d_name, dev, level + 1);
	closedir(d);
	return sum;
}

static uint64_t usage(int dir, const char *name, dev_t dev, int level)
{
	struct stat st;
	uint64_t sum;
	int fd;

	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return 0;
	if (level == 0)
		dev = st.st_dev;
	sum = (uint64_t)st.st_blocks * BLOCK_BYTES;
	if (!S_ISDIR(st.st_mode))
		return st.st_nlink > 1 ? sum / st.st_nlink : sum;
	if (level == MAX_LEVELS || st.st_dev != dev)
		return sum;
	fd = fd_open(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
	return fd < 0 ? sum : sum + usage_of_entries(fd, dev, level);
}

uint64_t tree_usage(int dir, const char *name)
{
	return usage(dir, name, 0, 0);
}

struct owner {
	uint32_t uid, gid;
	dev_t dev;
};

static int chown_level(int fd, const struct owner *o, int level);

static int chown_entry(int dir, const char *name, const struct owner *o, int level)
{
	struct stat st;
	int fd;

	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 : -errno;
	if (st.st_dev != o->dev)
		return 0;
	if (fchownat(dir, name, o->uid, o->gid, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 : -errno;
	if (!S_ISDIR(st.st_mode))
		return 0;
	fd = fd_open(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
	/* Somebody has put something else there: that is not what was meant. */
	if (fd == -ENOENT || fd == -ENOTDIR || fd == -ELOOP)
		return 0;
	return fd < 0 ? fd : chown_level(fd, o, level + 1);
}

/* Takes @fd. */
static int chown_level(int fd, const struct owner *o, int level)
{
	DIR *d = level < MAX_LEVELS ? fdopendir(fd) : NULL;
	struct dirent *entry;
	int r = 0;

	if (!d) {
		close(fd);
		return level < MAX_LEVELS ? -ENOMEM : -ELOOP;
	}
	while (r == 0 && (entry = readdir(d)))
		if (!is_dot(entry->d_name))
			r = chown_entry(dirfd(d), entry->d_name, o, level);
	closedir(d);
	return r;
}

int tree_chown(int dir, uint32_t uid, uint32_t gid)
{
	struct owner o = {.uid = uid, .gid = gid};
	struct stat st;
	int r = fd_stat(dir, &st), fd;

	if (r < 0)
		return r;
	o.dev = st.st_dev;
	if (fchown(dir, uid, gid) < 0)
		return -errno;
	fd = fd_open(dir, ".", O_RDONLY | O_DIRECTORY);
	return fd < 0 ? fd : chown_level(fd, &o, 0);
}
