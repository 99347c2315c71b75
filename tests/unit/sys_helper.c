// SPDX-License-Identifier: Apache-2.0
/*
 * sys_helper.c - tests of finding urun's own programs, and of the sealed copy
 *
 * Executed with an argument, this program protects itself and says how that went.
 */
#include "sys/helper.h"

#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include "support.h"
#include "sys/copy.h"
#include "sys/fd.h"

#define SELF   "/proc/self/exe"
#define SEALED 41 /* exit codes of the protected program */
#define PLAIN  42
#define WRONG  43
#define F_ALL  (F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE)

static void child_path(void *data)
{
	struct folder *f = data;
	_cleanup_arena_ struct arena a = {0};
	const char *name = "urun-init";
	char self[320], want[320];

	/* neither there nor there: the place that the error is to name */
	unsetenv("_URUN_SELF");
	CHECK_STR(helper_path("sys_helper-none", &a), URUN_LIBEXECDIR "/sys_helper-none");
	/* beside the file that the sealed copy was made of */
	snprintf(self, sizeof(self), "%s/urun", f->path);
	setenv("_URUN_SELF", self, 1);
	make_file(f->fd, name, "");
	CHECK_STR(helper_path(name, &a), arena_printf(&a, URUN_LIBEXECDIR "/%s", name));
	CHECK_INT(fchmodat(f->fd, name, 0755, 0), 0);
	snprintf(want, sizeof(want), "%s/%s", f->path, name);
	CHECK_STR(helper_path(name, &a), want);
	/* Only an absolute path is taken. */
	CHECK_INT(chdir(f->path), 0);
	setenv("_URUN_SELF", "./urun", 1);
	CHECK_STR(helper_path(name, &a), arena_printf(&a, URUN_LIBEXECDIR "/%s", name));
}

static void test_path(void **state)
{
	in_child(child_path, *state);
}

/* Beside the running program: this very file is there. */
static void test_path_beside(void **state)
{
	_cleanup_arena_ struct arena a = {0};
	char path[PATH_MAX];
	ssize_t n = readlink(SELF, path, sizeof(path) - 1);

	CHECK(n > 0);
	path[n] = '\0';
	unsetenv("_URUN_SELF");
	CHECK_STR(helper_path(strrchr(path, '/') + 1, &a), path);
}

/* What a program finds itself to be, after it protected itself. */
static int do_protect(char **argv)
{
	struct err err = {0};
	int r = helper_protect_self(argv, &err);
	_cleanup_fd_ int self = open(SELF, O_RDONLY | O_CLOEXEC);
	const char *from = getenv("_URUN_SELF");

	if (r < 0)
		return -r;
	if (fcntl(self, F_GET_SEALS) != F_ALL)
		return from ? WRONG : PLAIN;
	/* Nobody can write it; it knows where it came from; its arguments are there. */
	if (open(SELF, O_WRONLY | O_CLOEXEC) >= 0 ||
	    open(SELF, O_RDWR | O_CLOEXEC) >= 0 || !from || strcmp(from, argv[2]) != 0)
		return WRONG;
	return SEALED;
}

static int run_protected(const char *path)
{
	char name[] = "self", mode[] = "protect";
	char *argv[] = {name, mode, (char *)path, NULL};
	int status;
	pid_t pid = fork();

	CHECK(pid >= 0);
	if (pid == 0) {
		unsetenv("_URUN_SELF");
		execv(path, argv);
		_exit(127);
	}
	CHECK_INT(waitpid(pid, &status, 0), pid);
	CHECK(WIFEXITED(status));
	return WEXITSTATUS(status);
}

/* A program that its user owns could be written by a container of that user. */
static void test_protect(void **state)
{
	struct folder *f = *state;
	_cleanup_fd_ int from = open(SELF, O_RDONLY | O_CLOEXEC), to = -EBADF;
	struct stat st;
	char path[320];
	int code;

	to = fd_create(f->fd, "copy", O_WRONLY | O_CREAT | O_EXCL, 0700);
	CHECK_INT(fd_stat(from, &st), 0);
	st.st_uid = geteuid();
	st.st_gid = getegid();
	st.st_mode = S_IFREG | 0755;
	CHECK_INT(copy_whole(from, to, &st), 0);
	fd_close(&to);
	snprintf(path, sizeof(path), "%s/copy", f->path);
	code = run_protected(path);
	if (code == EACCES)
		skip_because("files in memory cannot be executed here");
	CHECK_INT(code, SEALED);
}

/* Nothing is done where the file is root's and the caller is not. */
static void test_no_need_to_protect(void **state)
{
	struct stat st;
	char path[PATH_MAX];
	ssize_t n = readlink(SELF, path, sizeof(path) - 1);

	CHECK(n > 0);
	path[n] = '\0';
	CHECK_INT(stat(path, &st), 0);
	if (geteuid() == 0 || st.st_uid != 0 || (st.st_mode & 022))
		skip_because("this program is the caller's own");
	CHECK_INT(run_protected(path), PLAIN);
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		TEST_IN_FOLDER(test_path),
		TEST(test_path_beside),
		TEST_IN_FOLDER(test_protect),
		TEST(test_no_need_to_protect),
	};

	return argc > 1 ? do_protect(argv) : UNIT_RUN(tests);
}
