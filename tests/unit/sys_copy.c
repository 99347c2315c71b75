// SPDX-License-Identifier: Apache-2.0
/*
 * sys_copy.c - tests of copies of files
 */
#include "sys/copy.h"

#include <stdio.h>
#include <string.h>

#include "support.h"
#include "sys/fd.h"

static void test_copy(void **state)
{
	struct folder *f = *state;
	_cleanup_fd_ int from = -EBADF, to = -EBADF, link = -EBADF;
	struct timespec times[2] = {{1000000, 123456789}, {2000000, 987654321}};
	struct stat st, copied;
	char target[32] = "";

	make_file(f->fd, "a", "some content");
	CHECK_INT(fchmodat(f->fd, "a", 0751, 0), 0);
	CHECK_INT(utimensat(f->fd, "a", times, 0), 0);
	from = fd_open(f->fd, "a", O_RDONLY | O_NOATIME);
	to = fd_create(f->fd, "b", O_WRONLY | O_CREAT | O_EXCL, 0600);
	CHECK_INT(fd_stat(from, &st), 0);
	CHECK_INT(copy_whole(from, to, &st), 0);
	CHECK_STR(read_text(f->fd, "b"), "some content");
	CHECK_INT(fd_stat(to, &copied), 0);
	CHECK_INT(copied.st_mode, st.st_mode);
	CHECK_INT(copied.st_uid, st.st_uid);
	CHECK_INT(copied.st_mtim.tv_sec, 2000000);
	CHECK_INT(copied.st_mtim.tv_nsec, 987654321);

	make_link(f->fd, "link", "/any/where");
	link = fd_open(f->fd, "link", O_PATH | O_NOFOLLOW);
	CHECK_INT(fd_stat(link, &st), 0);
	CHECK_INT(copy_symlink(link, f->fd, "other", &st), 0);
	CHECK_INT(readlinkat(f->fd, "other", target, sizeof(target) - 1), 10);
	CHECK_STR(target, "/any/where");
	CHECK_INT(copy_symlink(link, f->fd, "other", &st), -EEXIST);
	CHECK_INT(copy_symlink(from, f->fd, "third", &st), -ENOENT);
}

/* Content of more than one call, with a hole. */
static void test_copy_large(void **state)
{
	struct folder *f = *state;
	_cleanup_fd_ int from = fd_create(f->fd, "a", O_RDWR | O_CREAT, 0600);
	_cleanup_fd_ int to = fd_create(f->fd, "b", O_RDWR | O_CREAT, 0600);
	struct stat st;
	char c = 0;

	CHECK_INT(pwrite(from, "x", 1, 0), 1);
	CHECK_INT(pwrite(from, "y", 1, (3 << 20) + 5), 1);
	CHECK_INT(fd_stat(from, &st), 0);
	CHECK_INT(copy_whole(from, to, &st), 0);
	CHECK_INT(lseek(to, 0, SEEK_END), (3 << 20) + 6);
	CHECK_INT(pread(to, &c, 1, 0), 1);
	CHECK_INT(c, 'x');
	CHECK_INT(pread(to, &c, 1, (3 << 20) + 5), 1);
	CHECK_INT(c, 'y');
	CHECK_INT(pread(to, &c, 1, 12345), 1);
	CHECK_INT(c, 0);
}

/* Owners that are not mapped stay the caller's, and that is no failure. */
static void child_copy_owner(void *data)
{
	struct folder *f = data;
	_cleanup_fd_ int fd = -EBADF;
	struct stat st, now;

	enter_userns(0, 0);
	make_file(f->fd, "x", "");
	fd = fd_open(f->fd, "x", O_RDWR);
	CHECK_INT(fd_stat(fd, &st), 0);
	st.st_uid = 1234;
	st.st_gid = 1234;
	st.st_mode = S_IFREG | 0640;
	CHECK_INT(copy_owner(fd, &st), 0);
	CHECK_INT(fd_stat(fd, &now), 0);
	CHECK_INT(now.st_uid, 0);
	CHECK_INT(now.st_mode, S_IFREG | 0640);
}

static void test_copy_owner(void **state)
{
	in_child(child_copy_owner, *state);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST_IN_FOLDER(test_copy),
		TEST_IN_FOLDER(test_copy_large),
		TEST_IN_FOLDER(test_copy_owner),
	};

	return UNIT_RUN(tests);
}
