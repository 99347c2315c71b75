// SPDX-License-Identifier: Apache-2.0
/*
 * sys_dir.c - tests of the names in a folder
 */
#include "sys/dir.h"

#include <stdio.h>
#include <string.h>

#include "support.h"
#include "sys/fd.h"

static void test_make_dir(void **state)
{
	struct folder *f = *state;
	_cleanup_fd_ int made = -EBADF, again = -EBADF;
	struct stat st;

	umask(022);
	make_file(f->fd, "file", "");
	make_link(f->fd, "link", "made");
	make_link(f->fd, "dangling", "none");
	made = dir_make(f->fd, "made", 0777);
	CHECK_INT(fcntl(made, F_GETFD), FD_CLOEXEC);
	CHECK(fcntl(made, F_GETFL) & O_PATH);
	CHECK_INT(fd_stat(made, &st), 0);
	CHECK_INT(st.st_mode, S_IFDIR | 0755);
	again = dir_make(f->fd, "made", 0700);
	CHECK_INT(fd_is_same(made, again), 1);
	CHECK_INT(fd_stat(made, &st), 0);
	CHECK_INT(st.st_mode, S_IFDIR | 0755);
	CHECK_INT(dir_make(f->fd, "file", 0700), -ENOTDIR);
	CHECK_INT(dir_make(f->fd, "link", 0700), -ENOTDIR);
	CHECK_INT(dir_make(f->fd, "dangling", 0700), -ENOTDIR);
	CHECK_INT(dir_make(f->fd, "none/x", 0700), -ENOENT);
	CHECK_INT(faccessat(f->fd, "none", F_OK, 0), -1);
}

static void test_list(void **state)
{
	struct folder *f = *state;
	_cleanup_arena_ struct arena a = {0};
	struct strv names = {0};

	CHECK_INT(dir_list(f->fd, &a, &names), 0);
	CHECK_INT(names.n, 0);
	make_file(f->fd, "file", "");
	make_file(f->fd, ".hidden", "");
	make_file(f->fd, "...", "");
	make_link(f->fd, "dangling", "none");
	make_dir(f->fd, "dir", 0755);
	make_file(f->fd, "dir/inner", "");
	/* The same descriptor again: from the beginning. */
	for (int i = 0; i < 2; i++) {
		names = (struct strv){0};
		CHECK_INT(dir_list(f->fd, &a, &names), 0);
		CHECK_INT(names.n, 5);
		CHECK(strv_has(&names, "file") && strv_has(&names, ".hidden"));
		CHECK(strv_has(&names, "...") && strv_has(&names, "dangling"));
		CHECK(strv_has(&names, "dir") && !strv_has(&names, "inner"));
	}
}

static void test_list_fails(void **state)
{
	struct folder *f = *state;
	_cleanup_arena_ struct arena a = {0};
	struct strv names = {0};
	_cleanup_fd_ int file = fd_create(f->fd, "x", O_RDWR | O_CREAT, 0600);
	_cleanup_fd_ int path = fd_open(f->fd, ".", O_PATH);
	int before = count_fds();

	CHECK_INT(dir_list(-1, &a, &names), -EBADF);
	CHECK_INT(dir_list(file, &a, &names), -ENOTDIR);
	CHECK_INT(dir_list(path, &a, &names), -EBADF);
	CHECK_INT(names.n, 0);
	CHECK_INT(count_fds(), before);
}

static void test_symlink(void **state)
{
	struct folder *f = *state;
	char target[16] = "";

	CHECK_INT(dir_symlink("/to/x", f->fd, "link"), 0);
	CHECK_INT(readlinkat(f->fd, "link", target, sizeof(target) - 1), 5);
	CHECK_STR(target, "/to/x");
	CHECK_INT(dir_symlink("y", f->fd, "link"), -EEXIST);
}

static void test_replace_file(void **state)
{
	struct folder *f = *state;
	_cleanup_arena_ struct arena a = {0};
	struct strv names = {0};
	char path[PATH_MAX];
	_cleanup_fd_ int old = -EBADF;
	struct stat st;

	umask(022);
	make_file(f->fd, "file", "old text");
	old = fd_open(f->fd, "file", O_RDONLY);
	snprintf(path, sizeof(path), "%s/file", f->path);
	CHECK_INT(dir_replace_file_host(path, "new", 0640), 0);
	CHECK_STR(read_text(f->fd, "file"), "new");
	CHECK_INT(stat(path, &st), 0);
	CHECK_INT(st.st_mode, S_IFREG | 0640);
	/* Who has the old one open keeps it. */
	CHECK_INT(fd_read_all(old, &a, 100, &(char *){NULL}, &(size_t){0}), 0);
	CHECK_INT(lseek(old, 0, SEEK_END), 8);
	snprintf(path, sizeof(path), "%s/none/file", f->path);
	CHECK_INT(dir_replace_file_host(path, "new", 0640), -ENOENT);
	/* It cannot be renamed over a folder: nothing is left of the attempt. */
	make_dir(f->fd, "dir", 0755);
	snprintf(path, sizeof(path), "%s/dir", f->path);
	CHECK_INT(dir_replace_file_host(path, "new", 0640), -EISDIR);
	CHECK_INT(dir_list(f->fd, &a, &names), 0);
	CHECK_INT(names.n, 2);
	memset(path, 'x', sizeof(path) - 1);
	path[0] = '/';
	path[sizeof(path) - 1] = '\0';
	CHECK_INT(dir_replace_file_host(path, "new", 0640), -ENAMETOOLONG);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST_IN_FOLDER(test_make_dir),	   TEST_IN_FOLDER(test_list),
		TEST_IN_FOLDER(test_list_fails),   TEST_IN_FOLDER(test_symlink),
		TEST_IN_FOLDER(test_replace_file),
	};

	return UNIT_RUN(tests);
}
