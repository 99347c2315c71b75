// SPDX-License-Identifier: Apache-2.0
/*
 * sys_fd.c - tests of descriptors and what is read and written through them
 */
#include "sys/fd.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <sys/xattr.h>

#include "support.h"
#include "sys/clock.h"

#ifndef SYS_close_range
#define SYS_close_range 436
#endif
#ifndef SYS_faccessat2
#define SYS_faccessat2 439
#endif

static bool is_cloexec(int fd)
{
	return fcntl(fd, F_GETFD) & FD_CLOEXEC;
}

static void test_close_and_take(void **state)
{
	int fd = open("/", O_PATH | O_CLOEXEC), copy = fd, none = -EBADF;

	CHECK(fd >= 0);
	CHECK(fd_is_open(fd));
	CHECK_INT(fd_take(&fd), copy);
	CHECK_INT(fd, -EBADF);
	fd_close(&fd);
	CHECK(fd_is_open(copy));
	fd = copy;
	fd_close(&fd);
	CHECK_INT(fd, -EBADF);
	CHECK(!fd_is_open(copy));
	fd_close(&none);
	CHECK(!fd_is_open(-1));
	CHECK_STR(fd_path(7).path, "/proc/self/fd/7");
	CHECK_STR(fd_path(INT_MAX).path, "/proc/self/fd/2147483647");
}

static void test_open(void **state)
{
	struct folder *f = *state;
	_cleanup_fd_ int fd = fd_open(f->fd, "none", O_RDONLY), made = -EBADF;
	struct stat st;

	CHECK_INT(fd, -ENOENT);
	CHECK_INT(fd_open(-1, "x", O_RDONLY), -EBADF);
	umask(022);
	made = fd_create(f->fd, "new", O_WRONLY | O_CREAT | O_EXCL, 0666);
	CHECK(made >= 0);
	CHECK(is_cloexec(made));
	CHECK_INT(fd_stat(made, &st), 0);
	CHECK_INT(st.st_mode, S_IFREG | 0644);
	CHECK_INT(fd_create(f->fd, "new", O_WRONLY | O_CREAT | O_EXCL, 0666), -EEXIST);
	fd = fd_open(f->fd, "new", O_RDONLY);
	CHECK(fd >= 0 && is_cloexec(fd));
	CHECK_INT(fd_is_same(fd, made), 1);
	CHECK_INT(fd_is_same(fd, f->fd), 0);
	CHECK_INT(fd_is_same(fd, -1), -EBADF);
	CHECK_INT(fd_is_same(-1, fd), -EBADF);
	CHECK_INT(fd_stat(-1, &st), -EBADF);
	CHECK_INT(fd_open(f->fd, "new/x", O_RDONLY), -ENOTDIR);
}

static void test_read_all(void **state)
{
	static const size_t sizes[] = {0, 1, 4095, 4096, 4097, 8192, 100000};
	struct folder *f = *state;
	_cleanup_arena_ struct arena a = {0};
	static char text[100001];

	memset(text, 'x', sizeof(text) - 1);
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		size_t n = sizes[i], len = 42;
		_cleanup_fd_ int fd = -EBADF;
		char *ret = text;

		text[n] = '\0';
		make_file(f->fd, "file", text);
		fd = fd_open(f->fd, "file", O_RDONLY);
		check_context("%zu bytes", n);
		CHECK_INT(fd_read_all(fd, &a, n, &ret, &len), 0);
		CHECK_INT(len, n);
		CHECK(ret != text);
		CHECK_STR(ret, text);
		/* from where the descriptor is */
		CHECK_INT(fd_read_all(fd, &a, n, &ret, NULL), 0);
		CHECK_STR(ret, "");
		if (n > 0) {
			ret = text;
			len = 42;
			CHECK_INT(lseek(fd, 0, SEEK_SET), 0);
			CHECK_INT(fd_read_all(fd, &a, n - 1, &ret, &len), -EFBIG);
			CHECK(ret == text && len == 42);
		}
		text[n] = 'x';
	}
	CHECK_INT(fd_read_all(f->fd, &a, 10, &(char *){NULL}, NULL), -EISDIR);
	CHECK_INT(fd_read_all(-1, &a, 10, &(char *){NULL}, NULL), -EBADF);
}

/* A file without end is given up at the limit. */
static void test_read_all_endless(void **state)
{
	_cleanup_arena_ struct arena a = {0};
	_cleanup_fd_ int fd = fd_open(AT_FDCWD, "/dev/zero", O_RDONLY);
	char *ret;

	CHECK_INT(fd_read_all(fd, &a, 1 << 20, &ret, NULL), -EFBIG);
}

static void test_read_all_keeps_nul(void **state)
{
	struct folder *f = *state;
	_cleanup_arena_ struct arena a = {0};
	_cleanup_fd_ int fd = fd_create(f->fd, "x", O_RDWR | O_CREAT, 0600);
	size_t len;
	char *ret;

	CHECK_INT(fd_write_all(fd, "a\0b\0", 4), 0);
	CHECK_INT(lseek(fd, 0, SEEK_SET), 0);
	CHECK_INT(fd_read_all(fd, &a, 4, &ret, &len), 0);
	CHECK_INT(len, 4);
	CHECK(memcmp(ret, "a\0b\0\0", 5) == 0);
}

static int ticks[2];

static void tick(int signo)
{
	(void)!write(ticks[1], "t", 1);
}

/* Writes once the reader was interrupted some times. */
static _noreturn_ void write_after_ticks(int to, const char *buf, size_t len)
{
	char c;

	for (int i = 0; i < 3; i++)
		CHECK_INT(read(ticks[0], &c, 1), 1);
	CHECK_INT(fd_write_all(to, buf, len), 0);
	_exit(0);
}

/* Pipes that would block, and interruptions, are waited through. */
static void child_blocking(void *data)
{
	const struct itimerval often = {{0, 1000}, {0, 1000}}, never = {{0}};
	struct sigaction act = {.sa_handler = tick};
	static char out[300000];
	_cleanup_arena_ struct arena a = {0};
	int ends[2];
	size_t len;
	char *ret;
	pid_t pid;

	for (size_t i = 0; i < sizeof(out); i++)
		out[i] = (char)(i % 251);
	CHECK_INT(pipe2(ends, O_CLOEXEC | O_NONBLOCK), 0);
	CHECK_INT(pipe2(ticks, O_CLOEXEC), 0);
	pid = fork();
	CHECK(pid >= 0);
	if (pid == 0) {
		close(ends[0]);
		write_after_ticks(ends[1], out, sizeof(out));
	}
	close(ends[1]);
	CHECK_INT(sigaction(SIGALRM, &act, NULL), 0);
	CHECK_INT(setitimer(ITIMER_REAL, &often, NULL), 0);
	CHECK_INT(fd_read_all(ends[0], &a, sizeof(out), &ret, &len), 0);
	CHECK_INT(setitimer(ITIMER_REAL, &never, NULL), 0);
	CHECK_INT(len, sizeof(out));
	CHECK(memcmp(ret, out, len) == 0);
}

static void test_blocking(void **state)
{
	in_child(child_blocking, NULL);
}

static void test_write_all_fails(void **state)
{
	_cleanup_fd_ int full = fd_open(AT_FDCWD, "/dev/full", O_WRONLY);
	_cleanup_fd_ int root = fd_open(AT_FDCWD, "/", O_RDONLY);

	CHECK_INT(fd_write_all(-1, "x", 1), -EBADF);
	CHECK_INT(fd_write_all(root, "x", 1), -EBADF);
	CHECK_INT(fd_write_all(-1, "x", 0), 0);
	if (full < 0)
		skip_because("no /dev/full here");
	CHECK_INT(fd_write_all(full, "x", 1), -ENOSPC);
}

static void test_read_file(void **state)
{
	struct folder *f = *state;
	_cleanup_arena_ struct arena a = {0};
	char path[PATH_MAX], *ret = path;
	size_t len = 42;

	make_file(f->fd, "file", "content");
	make_fifo(f->fd, "fifo");
	snprintf(path, sizeof(path), "%s/file", f->path);
	CHECK_INT(fd_read_file(path, &a, 7, &ret, &len), 0);
	CHECK_STR(ret, "content");
	CHECK_INT(len, 7);
	CHECK_INT(fd_read_file("/proc/self/status", &a, 1 << 20, &ret, &len), 0);
	CHECK(strncmp(ret, "Name:\t", 6) == 0 && strlen(ret) == len);
	ret = path;
	len = 42;
	CHECK_INT(fd_read_file(path, &a, 6, &ret, &len), -EFBIG);
	CHECK_INT(fd_read_file("/", &a, 100, &ret, &len), -EINVAL);
	CHECK_INT(fd_read_file("/dev/null", &a, 100, &ret, &len), -EINVAL);
	snprintf(path, sizeof(path), "%s/fifo", f->path);
	CHECK_INT(fd_read_file(path, &a, 100, &ret, &len), -EINVAL);
	snprintf(path, sizeof(path), "%s/none", f->path);
	CHECK_INT(fd_read_file(path, &a, 100, &ret, &len), -ENOENT);
	CHECK(ret == path && len == 42);
}

static void test_write_file(void **state)
{
	struct folder *f = *state;

	CHECK_INT(fd_write_file(f->fd, "file", "x"), -ENOENT);
	make_file(f->fd, "file", "0123456789");
	CHECK_INT(fd_write_file(f->fd, "file", "abc"), 0);
	CHECK_STR(read_text(f->fd, "file"), "abc3456789"); /* as in /proc: not cut */
	CHECK_INT(fd_write_file(f->fd, ".", "x"), -EISDIR);
	CHECK_INT(fd_write_file(AT_FDCWD, "/proc/self/oom_score_adj", "no number"),
		  -EINVAL);
}

/* What /dev/null is, told by its device number. */
static bool is_dev_null(int fd)
{
	struct stat a, b;

	return fstat(fd, &a) == 0 && stat("/dev/null", &b) == 0 && S_ISCHR(a.st_mode) &&
	       a.st_rdev == b.st_rdev;
}

static void child_sanitize(void *data)
{
	int mask = *(int *)data;
	struct stat before[3], after;

	/* three files that are told apart */
	for (int fd = 0; fd < 3; fd++) {
		int p[2];

		CHECK_INT(pipe(p), 0);
		CHECK_INT(dup2(p[0], fd), fd);
		CHECK_INT(fstat(fd, &before[fd]), 0);
	}
	for (int fd = 0; fd < 3; fd++)
		if (mask & (1 << fd))
			close(fd);
	CHECK_INT(fd_sanitize_stdio(), 0);
	for (int fd = 0; fd < 3; fd++) {
		check_context("closed: %d, descriptor %d", mask, fd);
		CHECK_INT(fstat(fd, &after), 0);
		CHECK(!is_cloexec(fd));
		if (mask & (1 << fd)) {
			CHECK(is_dev_null(fd));
			CHECK_INT(fcntl(fd, F_GETFL) & O_ACCMODE,
				  fd == STDOUT_FILENO ? O_RDONLY : O_RDWR);
		} else {
			CHECK(after.st_ino == before[fd].st_ino);
		}
	}
}

static void test_sanitize_stdio(void **state)
{
	for (int mask = 0; mask < 8; mask++)
		in_child(child_sanitize, &mask);
}

/* How close_range(2) answers. */
static const int refusals[] = {0, ENOSYS, EPERM};

/* Descriptors 30 to 59 with gaps, far above and just below what is closed. */
static void open_many(void)
{
	for (int fd = 28; fd < 60; fd += 1 + (fd % 3 == 0))
		CHECK_INT(dup2(0, fd), fd);
	CHECK_INT(dup2(0, 500), 500);
}

static void child_close_from(void *data)
{
	int refusal = *(int *)data, before;

	if (refusal)
		refuse_call(SYS_close_range, refusal);
	open_many();
	before = count_fds();
	CHECK_INT(fd_close_from(30), 0);
	CHECK(fd_is_open(28) && fd_is_open(29));
	for (int fd = 30; fd < 520; fd++)
		CHECK(!fd_is_open(fd));
	CHECK(count_fds() < before);
	CHECK_INT(fd_close_from(30), 0);
}

static void test_close_from(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(refusals); i++)
		in_child(child_close_from, (void *)&refusals[i]);
}

static void child_cloexec_from(void *data)
{
	int refusal = *(int *)data;

	if (refusal)
		refuse_call(SYS_close_range, refusal);
	open_many();
	CHECK(!is_cloexec(28) && !is_cloexec(32) && !is_cloexec(500));
	CHECK_INT(fd_cloexec_from(30), 0);
	CHECK(!is_cloexec(28) && !is_cloexec(29));
	for (int fd = 30; fd < 520; fd++)
		CHECK(!fd_is_open(fd) || is_cloexec(fd));
	CHECK(fd_is_open(32) && fd_is_open(500));
}

static void test_cloexec_from(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(refusals); i++)
		in_child(child_cloexec_from, (void *)&refusals[i]);
}

static void test_pipe(void **state)
{
	int ends[2];
	char c = 0;

	CHECK_INT(fd_pipe(ends), 0);
	CHECK(is_cloexec(ends[0]) && is_cloexec(ends[1]));
	CHECK_INT(fd_write_now(ends[1], "x", 1), 1);
	CHECK_INT(fd_read_now(ends[0], &c, 1), 1);
	CHECK_INT(c, 'x');
	CHECK_INT(fcntl(ends[0], F_SETFL, O_NONBLOCK), 0);
	CHECK_INT(fd_read_now(ends[0], &c, 1), -EAGAIN);
	fd_close(&ends[1]);
	CHECK_INT(fd_read_now(ends[0], &c, 1), 0);
	fd_close(&ends[0]);
	CHECK_INT(fd_read_now(-1, &c, 1), -EBADF);
	CHECK_INT(fd_write_now(-1, &c, 1), -EBADF);
}

static void test_chmod(void **state)
{
	struct folder *f = *state;
	_cleanup_fd_ int fd = -EBADF;
	struct stat st;

	make_file(f->fd, "x", "");
	fd = fd_open(f->fd, "x", O_PATH);
	CHECK_INT(fd_chmod(fd, 01641), 0);
	CHECK_INT(fd_stat(fd, &st), 0);
	CHECK_INT(st.st_mode & 07777, 01641);
	CHECK_INT(fd_chmod(-1, 0600), -ENOENT);
}

static void test_set_owner(void **state)
{
	struct folder *f = *state;
	_cleanup_fd_ int fd = -EBADF;
	uid_t other = geteuid() + 1;
	struct stat st;

	make_file(f->fd, "x", "");
	fd = fd_open(f->fd, "x", O_RDONLY);
	CHECK_INT(fd_set_owner(fd, geteuid()), 0);
	CHECK_INT(fd_set_owner(fd, other), geteuid() == 0 ? 0 : -EPERM);
	CHECK_INT(fd_stat(fd, &st), 0);
	CHECK_INT(st.st_uid, geteuid() == 0 ? other : geteuid());
	CHECK_INT(st.st_gid, getegid());
	CHECK_INT(fd_set_owner(-1, 0), -EBADF);
}

static void child_replace(void *data)
{
	_cleanup_fd_ int fd = fd_open(AT_FDCWD, "/dev/null", O_RDWR);

	CHECK_INT(fd_replace(fd, 1), 0);
	CHECK(is_dev_null(1) && !is_cloexec(1) && is_cloexec(fd));
	CHECK_INT(fcntl(2, F_SETFD, FD_CLOEXEC), 0);
	CHECK_INT(fd_replace(2, 2), 0);
	CHECK(!is_cloexec(2));
	CHECK_INT(fd_inherit(fd), 0);
	CHECK(!is_cloexec(fd));
	CHECK_INT(fd_replace(-1, 0), -EBADF);
	CHECK_INT(fd_inherit(-1), -EBADF);
}

static void test_replace(void **state)
{
	in_child(child_replace, NULL);
}

static void child_chdir(void *data)
{
	struct folder *f = data;
	char path[PATH_MAX];

	CHECK_INT(fd_chdir(f->path), 0);
	CHECK_INT(fd_getcwd(path, sizeof(path)), 0);
	CHECK_STR(strrchr(path, '/'), strrchr(f->path, '/'));
	CHECK_INT(fd_getcwd(path, 2), -ERANGE);
	CHECK_INT(fd_chdir("none"), -ENOENT);
}

static void test_chdir(void **state)
{
	in_child(child_chdir, *state);
}

static void child_is_executable(void *data)
{
	struct folder *f = data;
	_cleanup_fd_ int yes = -EBADF, no = -EBADF;

	make_file(f->fd, "yes", "");
	make_file(f->fd, "no", "");
	CHECK_INT(fchmodat(f->fd, "yes", 0755, 0), 0);
	yes = fd_open(f->fd, "yes", O_PATH);
	no = fd_open(f->fd, "no", O_PATH);
	for (size_t i = 0; i < ARRAY_SIZE(refusals); i++) {
		if (refusals[i])
			refuse_call(SYS_faccessat2, refusals[i]);
		check_context("faccessat2: %d", refusals[i]);
		CHECK_INT(fd_is_executable(yes), 0);
		CHECK_INT(fd_is_executable(no), -EACCES);
	}
}

static void test_is_executable(void **state)
{
	in_child(child_is_executable, *state);
}

static void test_user_xattrs(void **state)
{
	struct folder *f = *state;
	_cleanup_fd_ int fd = -EBADF;
	bool is_there = setxattr(f->path, "user.test", "1", 1, 0) == 0;
	char value[4];

	CHECK_INT(fd_has_user_xattrs(f->fd), is_there);
	CHECK_INT(getxattr(f->path, "user.urun", value, sizeof(value)), -1);
	fd = fd_open(AT_FDCWD, "/proc/self", O_RDONLY | O_DIRECTORY);
	CHECK(!fd_has_user_xattrs(fd));
}

static void test_wait_unread(void **state)
{
	int64_t start = clock_now_ms();
	int ends[2];

	(void)state;
	CHECK_INT(fd_pipe(ends), 0);
	CHECK_INT(fd_wait_unread(ends[1], 0), 0);
	CHECK_INT(fd_wait_unread(ends[1], 50), 0);
	CHECK(clock_now_ms() - start >= 50);
	/* What waits to be read is no reason to end, whoever reads it. */
	CHECK_INT(fd_write_all(ends[1], "x", 1), 0);
	CHECK_INT(fd_wait_unread(ends[1], 20), 0);
	close(ends[0]);
	start = clock_now_ms();
	CHECK_INT(fd_wait_unread(ends[1], 60000), 1);
	CHECK(clock_now_ms() - start < 30000);
	close(ends[1]);
	CHECK_INT(fd_wait_unread(ends[1], 60000), 1);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(test_close_and_take),
		TEST_IN_FOLDER(test_open),
		TEST_IN_FOLDER(test_read_all),
		TEST(test_read_all_endless),
		TEST_IN_FOLDER(test_read_all_keeps_nul),
		TEST(test_blocking),
		TEST(test_write_all_fails),
		TEST_IN_FOLDER(test_read_file),
		TEST_IN_FOLDER(test_write_file),
		TEST(test_sanitize_stdio),
		TEST(test_close_from),
		TEST(test_cloexec_from),
		TEST(test_pipe),
		TEST_IN_FOLDER(test_chmod),
		TEST_IN_FOLDER(test_set_owner),
		TEST(test_replace),
		TEST_IN_FOLDER(test_chdir),
		TEST_IN_FOLDER(test_is_executable),
		TEST_IN_FOLDER(test_user_xattrs),
		TEST(test_wait_unread),
	};

	return UNIT_RUN(tests);
}
