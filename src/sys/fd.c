// SPDX-License-Identifier: Apache-2.0
/*
 * fd.c - see fd.h
 */
#include "sys/fd.h"

#include <dirent.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <sys/xattr.h>

#include "base/parse.h"
#include "sys/clock.h"

#ifndef SYS_close_range
#define SYS_close_range 436
#endif
#ifndef SYS_faccessat2
#define SYS_faccessat2 439
#endif
#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 0x0008U
#endif
#ifndef CLOSE_RANGE_CLOEXEC
#define CLOSE_RANGE_CLOEXEC (1U << 2)
#endif

struct fd_path fd_path(int fd)
{
	struct fd_path p;

	snprintf(p.path, sizeof(p.path), "/proc/self/fd/%d", fd);
	return p;
}

int fd_open(int dir, const char *path, int flags)
{
	return fd_create(dir, path, flags, 0);
}

int fd_create(int dir, const char *path, int flags, mode_t mode)
{
	int fd;

	do
		fd = openat(dir, path, flags | O_CLOEXEC, mode);
	while (fd < 0 && errno == EINTR);
	return fd < 0 ? -errno : fd;
}

int fd_stat(int fd, struct stat *st)
{
	return fstat(fd, st) < 0 ? -errno : 0;
}

/* One read(2), over interruptions and over descriptors that would block. */
static ssize_t read_some(int fd, void *buf, size_t len)
{
	for (;;) {
		ssize_t n = read(fd, buf, len);

		if (n >= 0)
			return n;
		if (errno == EAGAIN) {
			struct pollfd p = {.fd = fd, .events = POLLIN};

			if (poll(&p, 1, -1) < 0 && errno != EINTR)
				return -errno;
		} else if (errno != EINTR) {
			return -errno;
		}
	}
}

int fd_read_all(int fd, struct arena *a, size_t max, char **ret, size_t *ret_len)
{
	_cleanup_free_ char *buf = NULL;
	size_t len = 0, size = 4096;

	buf = malloc(size);
	if (!buf)
		return -ENOMEM;
	for (;;) {
		ssize_t n = read_some(fd, buf + len, size - len);

		if (n < 0)
			return (int)n;
		if (n == 0)
			break;
		len += (size_t)n;
		if (len > max)
			return -EFBIG;
		if (len == size) {
			char *bigger = realloc(buf, size * 2);

			if (!bigger)
				return -ENOMEM;
			buf = bigger;
			size *= 2;
		}
	}
	*ret = arena_alloc(a, len + 1);
	memcpy(*ret, buf, len);
	if (ret_len)
		*ret_len = len;
	return 0;
}

int fd_read_file(const char *path, struct arena *a, size_t max, char **ret,
		 size_t *ret_len)
{
	_cleanup_fd_ int fd = fd_open(AT_FDCWD, path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
	struct stat st;
	int r;

	if (fd < 0)
		return fd;
	r = fd_stat(fd, &st);
	if (r < 0)
		return r;
	if (!S_ISREG(st.st_mode))
		return -EINVAL;
	return fd_read_all(fd, a, max, ret, ret_len);
}

int fd_write_all(int fd, const void *buf, size_t len)
{
	const char *p = buf;

	while (len > 0) {
		ssize_t n = write(fd, p, len);

		if (n >= 0) {
			p += n;
			len -= (size_t)n;
		} else if (errno == EAGAIN) {
			struct pollfd w = {.fd = fd, .events = POLLOUT};

			if (poll(&w, 1, -1) < 0 && errno != EINTR)
				return -errno;
		} else if (errno != EINTR) {
			return -errno;
		}
	}
	return 0;
}

int fd_memory(const char *name, const void *buf, size_t len)
{
	_cleanup_fd_ int fd = memfd_create(name, MFD_CLOEXEC | MFD_NOEXEC_SEAL);
	int r;

	if (fd < 0 && errno == EINVAL) /* before Linux 6.3 */
		fd = memfd_create(name, MFD_CLOEXEC);
	if (fd < 0)
		return -errno;
	r = fd_write_all(fd, buf, len);
	if (r == 0 && lseek(fd, 0, SEEK_SET) < 0)
		r = -errno;
	return r < 0 ? r : fd_take(&fd);
}

int fd_read_whole(int fd, struct arena *a, size_t max, char **ret, size_t *ret_len)
{
	return lseek(fd, 0, SEEK_SET) < 0 ? -errno
					  : fd_read_all(fd, a, max, ret, ret_len);
}

int fd_overwrite(int fd, const void *buf, size_t len)
{
	ssize_t n = pwrite(fd, buf, len, 0);

	return n < 0 ? -errno : (size_t)n == len ? 0 : -ENOSPC;
}

int fd_flush(FILE *stream)
{
	errno = 0;
	if (fflush(stream) == 0 && !ferror(stream))
		return 0;
	return errno ? -errno : -EIO;
}

int fd_write_file(int dir, const char *path, const char *text)
{
	_cleanup_fd_ int fd = fd_open(dir, path, O_WRONLY);
	size_t len = strlen(text);
	ssize_t n;

	if (fd < 0)
		return fd;
	/* These files take one write each; a rest would be taken for another setting. */
	do
		n = write(fd, text, len);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	return (size_t)n == len ? 0 : -EIO;
}

int fd_sanitize_stdio(void)
{
	for (int fd = 0; fd <= 2; fd++) {
		int opened;

		if (fcntl(fd, F_GETFD) >= 0 || errno != EBADF)
			continue;
		/* The lowest free number is taken, and all below it are open: it is fd.
		 * It must outlive exec, as the standard streams do: no O_CLOEXEC. */
		opened = open("/dev/null", fd == STDOUT_FILENO ? O_RDONLY : O_RDWR);
		if (opened < 0)
			return -errno;
		if (opened != fd) {
			close(opened);
			return -EBADF;
		}
	}
	return 0;
}

/* Does to each open descriptor of a range what close_range(2) would have done. */
static int walk_fds(int first, int last, bool want_close)
{
	DIR *dir = opendir("/proc/self/fd");
	const struct dirent *e;

	if (!dir) {
		/* No /proc: ask for each number that can be open. */
		long max = sysconf(_SC_OPEN_MAX);

		for (int fd = first; fd <= last && fd < (max < 0 ? 1024 : max); fd++) {
			if (want_close)
				close(fd);
			else
				fcntl(fd, F_SETFD, FD_CLOEXEC);
		}
		return 0;
	}
	while ((e = readdir(dir))) {
		int fd;

		if (parse_int(e->d_name, &fd) < 0 || fd < first || fd > last ||
		    fd == dirfd(dir))
			continue;
		if (want_close)
			close(fd);
		else
			fcntl(fd, F_SETFD, FD_CLOEXEC);
	}
	closedir(dir);
	return 0;
}

int fd_cloexec_from(int first)
{
	/* CLOSE_RANGE_CLOEXEC is Linux 5.11; the walk serves where a filter refuses it.
	 */
	if (syscall(SYS_close_range, (unsigned)first, ~0U, CLOSE_RANGE_CLOEXEC) == 0)
		return 0;
	return walk_fds(first, INT_MAX, false);
}

static int close_between(int first, int last)
{
	if (first > last ||
	    syscall(SYS_close_range, (unsigned)first, (unsigned)last, 0) == 0)
		return 0;
	return walk_fds(first, last, true);
}

int fd_close_from(int first)
{
	return close_between(first, INT_MAX);
}

int fd_close_all_but(int first, const int *keep, size_t n)
{
	int next, r = 0;

	do {
		next = -1;
		for (size_t i = 0; i < n; i++)
			if (keep[i] >= first && (next < 0 || keep[i] < next))
				next = keep[i];
		r = close_between(first, next < 0 ? INT_MAX : next - 1);
		first = next + 1;
	} while (r == 0 && next >= 0);
	return r;
}

int fd_is_same(int a, int b)
{
	struct stat sa, sb;

	if (fstat(a, &sa) < 0 || fstat(b, &sb) < 0)
		return -errno;
	return sa.st_dev == sb.st_dev && sa.st_ino == sb.st_ino;
}

int fd_set_nonblock(int fd)
{
	int flags = fcntl(fd, F_GETFL);

	return flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0 ? -errno : 0;
}

int fd_pipe(int ends[2])
{
	return pipe2(ends, O_CLOEXEC) < 0 ? -errno : 0;
}

int fd_read_start(int fd, struct arena *a, size_t max, char **ret)
{
	char *text = arena_alloc(a, max + 1);
	ssize_t n = pread(fd, text, max, 0);

	if (n < 0)
		return -errno;
	text[n] = '\0';
	*ret = text;
	return 0;
}

int fd_wait_unread(int fd, int wait_ms)
{
	int64_t deadline = clock_now_ms() + wait_ms, left = wait_ms;

	while (left > 0) {
		/* What poll(2) always tells, though nothing is asked for. */
		struct pollfd p = {.fd = fd};
		int r = poll(&p, 1, (int)left);

		if (r < 0 && errno != EINTR)
			return -errno;
		if (r > 0 && (p.revents & (POLLERR | POLLHUP | POLLNVAL)))
			return 1;
		left = deadline - clock_now_ms();
	}
	return 0;
}

int fd_chmod(int fd, mode_t mode)
{
	/* fchmod(2) refuses O_PATH descriptors; their link in /proc is no link of the
	 * tree. */
	return chmod(fd_path(fd).path, mode) < 0 ? -errno : 0;
}

int fd_set_owner(int fd, uint32_t uid)
{
	return fchown(fd, uid, (gid_t)-1) < 0 ? -errno : 0;
}

bool fd_is_folder(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && S_ISDIR(st.st_mode);
}

bool fd_is_device(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && (S_ISCHR(st.st_mode) || S_ISBLK(st.st_mode));
}

bool fd_is_fuse(int fd)
{
	struct statfs fs;

	return fstatfs(fd, &fs) == 0 && fs.f_type == 0x65735546;
}

bool fd_is_made_up(int fd)
{
	/* linux/magic.h */
	static const unsigned long types[] = {
		0x9fa0,	    /* proc */
		0x62656572, /* sysfs */
		0x27e0eb,   /* cgroup */
		0x63677270, /* cgroup2 */
		0x1cd1,	    /* devpts */
		0x19800202, /* mqueue */
		0x64626720, /* debugfs */
		0x74726163, /* tracefs */
		0x73636673, /* securityfs */
		0xf97cff8c, /* selinuxfs */
		0xcafe4a11, /* bpf */
		0x62656570, /* configfs */
		0x6e736673, /* nsfs */
	};
	struct statfs fs;

	if (fstatfs(fd, &fs) < 0)
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(types); i++)
		if ((unsigned long)fs.f_type == types[i])
			return true;
	return false;
}

bool fd_is_opaque(int fd)
{
	char value = 0;

	return getxattr(fd_path(fd).path, "user.overlay.opaque", &value, 1) == 1 &&
	       value == 'y';
}

bool fd_has_user_xattrs(int fd)
{
	struct fd_path p = fd_path(fd);

	if (setxattr(p.path, "user.urun", "1", 1, 0) < 0)
		return false;
	removexattr(p.path, "user.urun");
	return true;
}

int fd_dup(int fd)
{
	return fd_dup_from(fd, 3);
}

int fd_dup_from(int fd, int lowest)
{
	int copy = fcntl(fd, F_DUPFD_CLOEXEC, lowest);

	return copy < 0 ? -errno : copy;
}

int fd_replace(int fd, int stream)
{
	if (fd == stream)
		return fd_inherit(fd);
	return dup2(fd, stream) < 0 ? -errno : 0;
}

void fd_let_go(int fd)
{
	_cleanup_fd_ int null =
		fd > STDERR_FILENO ? -EBADF : fd_open(AT_FDCWD, "/dev/null", O_RDWR);

	if (null < 0 || fd_replace(null, fd) < 0)
		close(fd);
}

int fd_inherit(int fd)
{
	return fcntl(fd, F_SETFD, 0) < 0 ? -errno : 0;
}

int fd_chdir(const char *path)
{
	return chdir(path) < 0 ? -errno : 0;
}

int fd_getcwd(char *buf, size_t size)
{
	/* Not getcwd(3): where the kernel says "(unreachable)", libc walks up by itself, and takes
	 * another mount of the root folder for the root. */
	return syscall(SYS_getcwd, buf, size) < 0 ? -errno : 0;
}

int fd_is_executable(int fd)
{
	struct fd_path p = fd_path(fd);

	if (syscall(SYS_faccessat2, fd, "", X_OK, AT_EMPTY_PATH | AT_EACCESS) == 0)
		return 0;
	if (errno == EACCES)
		return -EACCES;
	/* Before Linux 5.8, or refused: through /proc, where the container has one. By access(2),
	 * which judges by the real ids, here the effective ones: glibc's faccessat(3) would ask for
	 * the refused call again. */
	if (access(p.path, X_OK) == 0 || errno == ENOENT)
		return 0;
	return -errno;
}

int fd_read_now(int fd, void *buf, size_t len)
{
	ssize_t n = read(fd, buf, len);

	if (n >= 0)
		return (int)n;
	return errno == EINTR ? -EAGAIN : -errno;
}

int fd_write_now(int fd, const void *buf, size_t len)
{
	ssize_t n = write(fd, buf, len);

	if (n >= 0)
		return (int)n;
	return errno == EINTR ? -EAGAIN : -errno;
}

int fd_await_byte(int fd, int unless)
{
	struct pollfd fds[] = {{fd, POLLIN, 0}, {unless, POLLIN, 0}};
	char byte;
	int n = -EAGAIN;

	while (n == -EAGAIN) {
		if (poll(fds, ARRAY_SIZE(fds), -1) < 0 && errno != EINTR)
			return -errno;
		if (fds[1].revents)
			return -EINTR;
		n = fds[0].revents ? fd_read_now(fd, &byte, 1) : -EAGAIN;
	}
	return MIN(n, 0);
}

bool fd_is_open(int fd)
{
	return fcntl(fd, F_GETFD) >= 0;
}

bool fd_is_inherited(int fd)
{
	int flags = fcntl(fd, F_GETFD);

	return flags >= 0 && !(flags & FD_CLOEXEC);
}

bool fd_is_writable(int fd)
{
	int flags = fcntl(fd, F_GETFL);

	return flags >= 0 && (flags & O_ACCMODE) != O_RDONLY;
}

int fd_allocate(int fd, size_t len)
{
	return -posix_fallocate(fd, 0, (off_t)len);
}

int fd_sync(int fd)
{
	return fsync(fd) < 0 ? -errno : 0;
}

int fd_sync_filesystem(int fd)
{
	return syncfs(fd) < 0 ? -errno : 0;
}
