// SPDX-License-Identifier: Apache-2.0
/*
 * path.c - see path.h
 */
#include "sys/path.h"

#include <limits.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/vfs.h>

#ifndef SYS_openat2
#define SYS_openat2 437
#endif
#ifndef PROC_SUPER_MAGIC
#define PROC_SUPER_MAGIC 0x9fa0
#endif

#define PROC_ROOT_INO 1

/* linux/openat2.h, which musl's headers and older kernels' do not have */
struct path_how {
	uint64_t flags;
	uint64_t mode;
	uint64_t resolve;
};
#define PATH_NO_MAGICLINKS 0x02
#define PATH_IN_ROOT	   0x10

#define MAX_LINKS	   40  /* as the kernel, path_resolution(7) */
#define MAX_TRIES	   128 /* openat2 says EAGAIN when a rename raced with ".." */

/* Does the walk below have to serve? Remembered: a filter does not go away. */
static bool is_openat2_missing;

static int openat2_in(int root, const char *path, int flags)
{
	struct path_how how = {
		.flags = (uint64_t)(flags | O_CLOEXEC),
		.resolve = PATH_IN_ROOT | PATH_NO_MAGICLINKS,
	};

	for (int i = 0; i < MAX_TRIES; i++) {
		long fd = syscall(SYS_openat2, root, path, &how, sizeof(how));

		if (fd >= 0)
			return (int)fd;
		if (errno != EAGAIN && errno != EINTR)
			return -errno;
	}
	return -EAGAIN;
}

/* The walk of the fallback: a stack of the folders from the root down to where it stands,
 * so that ".." is a pop and no rename of a parent can move it above the root. */
struct walk {
	int fds[PATH_MAX /
		2]; /* fds[0] is a copy of the root, the last is where we are */
	size_t n;
	int n_links;
	char rest[PATH_MAX * 2]; /* what is still to be resolved */
};

static void walk_done(struct walk *w)
{
	for (size_t i = 0; i < w->n; i++)
		close(w->fds[i]);
}

/* Puts a link's target before what is left of the path. */
static int walk_follow(struct walk *w, int link)
{
	char target[PATH_MAX + 1];
	size_t len_rest = strlen(w->rest);
	struct statfs fs;
	struct stat dir;
	ssize_t len;

	if (++w->n_links > MAX_LINKS)
		return -ELOOP;
	/* The links of /proc lead past every root: refused, as RESOLVE_NO_MAGICLINKS
	 * does. */
	if (fstatfs(link, &fs) < 0)
		return -errno;
	if (fs.f_type == PROC_SUPER_MAGIC) {
		/* Those in its root folder (self, mounts, ...) are text. */
		if (fstat(w->fds[w->n - 1], &dir) < 0)
			return -errno;
		if (dir.st_ino != PROC_ROOT_INO)
			return -ELOOP;
	}
	len = readlinkat(link, "", target, sizeof(target));
	if (len < 0)
		return -errno;
	if (len == 0)
		return -ENOENT;
	if ((size_t)len + len_rest >= sizeof(w->rest) || len > PATH_MAX)
		return -ENAMETOOLONG;
	/* The rest is empty or begins with a slash. */
	memmove(w->rest + len, w->rest, len_rest + 1);
	memcpy(w->rest, target, (size_t)len);
	if (target[0] == '/')
		while (w->n > 1)
			close(w->fds[--w->n]);
	return 0;
}

/* Takes the next component off the rest. Return: its length, 0 at the end. */
static size_t walk_next(struct walk *w, char name[static NAME_MAX + 1], bool *ret_is_last)
{
	size_t skip = strspn(w->rest, "/"), len = strcspn(w->rest + skip, "/");
	size_t after;

	if (len > NAME_MAX)
		return len;
	memcpy(name, w->rest + skip, len);
	name[len] = '\0';
	after = skip + len;
	*ret_is_last = w->rest[after + strspn(w->rest + after, "/")] == '\0';
	memmove(w->rest, w->rest + after, strlen(w->rest + after) + 1);
	return len;
}

static int walk_step(struct walk *w, const char *name, bool is_last, int flags, int *ret)
{
	bool want_dir = !is_last || w->rest[0] == '/';
	struct stat st;
	int fd, r;

	if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0) {
		/* Only who may search a folder gets from it to anywhere, even to itself. */
		fd = fd_open(w->fds[w->n - 1], ".", O_PATH);
		if (fd < 0)
			return fd;
		close(fd);
	}
	if (strcmp(name, ".") == 0)
		return 0;
	if (strcmp(name, "..") == 0) {
		if (w->n > 1)
			close(w->fds[--w->n]);
		return 0;
	}
	fd = fd_open(w->fds[w->n - 1], name, O_PATH | O_NOFOLLOW);
	if (fd < 0)
		return fd;
	r = fd_stat(fd, &st);
	if (r == 0 && S_ISLNK(st.st_mode) &&
	    !(is_last && !want_dir && (flags & O_NOFOLLOW))) {
		r = walk_follow(w, fd);
		close(fd);
		return r;
	}
	if (r == 0 && want_dir && !S_ISDIR(st.st_mode))
		r = -ENOTDIR;
	if (r < 0) {
		close(fd);
		return r;
	}
	if (is_last && !S_ISDIR(st.st_mode)) {
		*ret = fd;
		return 1;
	}
	if (w->n == ARRAY_SIZE(w->fds)) {
		close(fd);
		return -ENAMETOOLONG;
	}
	w->fds[w->n++] = fd;
	return 0;
}

/* Turns the O_PATH descriptor that the walk ended on into what was asked for. */
static int walk_finish(int fd, int flags)
{
	struct stat st;
	int r = fd_stat(fd, &st);

	if (r < 0)
		return r;
	if ((flags & O_DIRECTORY) && !S_ISDIR(st.st_mode))
		return -ENOTDIR;
	if (flags & O_PATH)
		return 0;
	if (S_ISLNK(st.st_mode))
		return -ELOOP;
	return 0;
}

static int copy_fd(int fd)
{
	int copy = fcntl(fd, F_DUPFD_CLOEXEC, 3);

	return copy < 0 ? -errno : copy;
}

/* Resolves without openat2(2). Opens by O_PATH step by step, then once more by
 * descriptor. */
static int walk_in(int root, const char *path, int flags)
{
	struct walk w = {.n = 0};
	int fd = -EBADF, r;

	if (strlen(path) >= PATH_MAX)
		return -ENAMETOOLONG;
	memcpy(w.rest, path, strlen(path) + 1);
	r = fd_open(root, ".", O_PATH | O_DIRECTORY);
	if (r < 0)
		return r;
	w.fds[w.n++] = r;
	for (;;) {
		char name[NAME_MAX + 1];
		bool is_last = false;
		size_t len = walk_next(&w, name, &is_last);

		if (len > NAME_MAX) {
			r = -ENAMETOOLONG;
			break;
		}
		if (len == 0) {
			r = 0;
			break;
		}
		r = walk_step(&w, name, is_last, flags, &fd);
		if (r != 0)
			break;
	}
	if (r >= 0) {
		int end = r == 1 ? fd : w.fds[w.n - 1];

		r = walk_finish(end, flags);
		if (r == 0)
			r = flags & O_PATH ? copy_fd(end)
					   : fd_open(AT_FDCWD, fd_path(end).path,
						     flags & ~O_NOFOLLOW);
	}
	fd_close(&fd);
	walk_done(&w);
	return r;
}

/* EPERM may be a filter's answer as well as the file's: ask for what is always allowed, to
 * tell one from the other. */
static bool is_openat2_there(int root)
{
	_cleanup_fd_ int probe = openat2_in(root, ".", O_PATH | O_DIRECTORY);

	return probe >= 0;
}

int path_open_in(int root, const char *path, int flags)
{
	int fd;

	if (path[0] == '\0')
		return -ENOENT;
	if (!is_openat2_missing) {
		fd = openat2_in(root, path, flags);
		if (fd != -ENOSYS && (fd != -EPERM || is_openat2_there(root)))
			return fd;
		is_openat2_missing = true;
	}
	return walk_in(root, path, flags);
}

int path_open_parent_in(int root, const char *path, mode_t mode, const char **ret_name)
{
	size_t len = strlen(path), start;
	char parent[PATH_MAX];
	int fd;

	while (len > 0 && path[len - 1] == '/')
		len--;
	for (start = len; start > 0 && path[start - 1] != '/'; start--)
		;
	if (len - start == 0 || path[len] == '/' || strcmp(path + start, ".") == 0 ||
	    strcmp(path + start, "..") == 0)
		return -EINVAL;
	if (start >= sizeof(parent))
		return -ENAMETOOLONG;
	memcpy(parent, path, start);
	parent[start] = '\0';
	fd = mode ? path_make_dir_in(root, parent[0] ? parent : "/", mode)
		  : path_open_in(root, parent[0] ? parent : "/", O_PATH | O_DIRECTORY);
	if (fd >= 0)
		*ret_name = path + start;
	return fd;
}

/* Opens or makes the next part of a path below a folder that the caller holds. */
static int make_dir_step(int root, const char *prefix, int dir, const char *name,
			 mode_t mode)
{
	int fd;

	if (mkdirat(dir, name, mode) < 0 && errno != EEXIST)
		return -errno;
	fd = fd_open(dir, name, O_PATH | O_DIRECTORY | O_NOFOLLOW);
	/* Somebody put a link there, or one was there: resolve the whole prefix again, in
	 * the root. A dangling one is an error then: nothing is made through a link. */
	if (fd == -ENOTDIR || fd == -ELOOP)
		fd = path_open_in(root, prefix, O_PATH | O_DIRECTORY);
	return fd;
}

int path_make_dir_in(int root, const char *path, mode_t mode)
{
	_cleanup_fd_ int dir = path_open_in(root, path, O_PATH | O_DIRECTORY);
	char prefix[PATH_MAX];
	size_t i = 0;

	if (dir != -ENOENT)
		return fd_take(&dir);
	if (strlen(path) >= sizeof(prefix))
		return -ENAMETOOLONG;
	dir = path_open_in(root, "/", O_PATH | O_DIRECTORY);
	while (dir >= 0 && path[i]) {
		char name[NAME_MAX + 1];
		size_t start = i + strspn(path + i, "/"),
		       len = strcspn(path + start, "/");
		int next;

		if (len == 0)
			break;
		if (len > NAME_MAX)
			return -ENAMETOOLONG;
		memcpy(name, path + start, len);
		name[len] = '\0';
		i = start + len;
		memcpy(prefix, path, i);
		prefix[i] = '\0';
		if (strcmp(name, ".") == 0)
			continue;
		next = strcmp(name, "..") == 0
			       ? path_open_in(root, prefix, O_PATH | O_DIRECTORY)
			       : make_dir_step(root, prefix, dir, name, mode);
		fd_close(&dir);
		dir = next;
	}
	return fd_take(&dir);
}

/* Where a dangling link at the end of a path points to, as a path of the tree. */
static int make_file_through_link(int root, const char *path, mode_t mode, int depth);

static int make_file(int root, const char *path, mode_t mode, int depth)
{
	const char *name;
	_cleanup_fd_ int fd = path_open_in(root, path, O_PATH);
	_cleanup_fd_ int dir = -EBADF;
	struct stat st;
	int r;

	if (fd == -ENOENT) {
		_cleanup_fd_ int made = -EBADF;

		dir = path_open_parent_in(root, path, 0755, &name);
		if (dir < 0)
			return dir;
		if (strchr(name, '/'))
			return -EISDIR;
		made = fd_create(dir, name, O_CREAT | O_EXCL | O_NOFOLLOW | O_WRONLY,
				 mode);
		if (made == -EEXIST) {
			_cleanup_fd_ int link = fd_open(dir, name, O_PATH | O_NOFOLLOW);

			if (link >= 0 && fd_stat(link, &st) == 0 && S_ISLNK(st.st_mode))
				return make_file_through_link(root, path, mode, depth);
			return path_open_in(root, path, O_PATH);
		}
		if (made < 0)
			return made;
		return fd_open(dir, name, O_PATH | O_NOFOLLOW);
	}
	if (fd < 0)
		return fd;
	r = fd_stat(fd, &st);
	if (r < 0)
		return r;
	if (S_ISDIR(st.st_mode))
		return -EISDIR;
	return fd_take(&fd);
}

static int make_file_through_link(int root, const char *path, mode_t mode, int depth)
{
	char target[PATH_MAX], joined[PATH_MAX * 2];
	const char *name;
	_cleanup_fd_ int dir = -EBADF;
	ssize_t len;

	if (depth >= MAX_LINKS)
		return -ELOOP;
	dir = path_open_parent_in(root, path, 0, &name);
	if (dir < 0)
		return dir;
	len = readlinkat(dir, name, target, sizeof(target) - 1);
	if (len < 0)
		return -errno;
	target[len] = '\0';
	if (target[0] == '/')
		return make_file(root, target, mode, depth + 1);
	if ((size_t)(name - path) + (size_t)len >= PATH_MAX)
		return -ENAMETOOLONG;
	memcpy(joined, path, (size_t)(name - path));
	memcpy(joined + (name - path), target, (size_t)len + 1);
	return make_file(root, joined, mode, depth + 1);
}

int path_make_file_in(int root, const char *path, mode_t mode)
{
	return make_file(root, path, mode, 0);
}
