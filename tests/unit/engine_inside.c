// SPDX-License-Identifier: Apache-2.0
/*
 * engine_inside.c - tests of finding the namespaces of a container that runs
 */
#include "engine/inside.h"

#include <string.h>
#include <sys/wait.h>

#include "image/container.h"
#include "support.h"
#include "sys/fd.h"
#include "sys/process.h"

/* A child of the test that has ended, and was not waited for. */
static pid_t make_zombie(void)
{
	pid_t pid = fork();
	siginfo_t info;

	if (pid == 0)
		_exit(0);
	CHECK(pid > 0);
	CHECK_INT(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT), 0);
	return pid;
}

static void check_ended(int folder)
{
	_cleanup_inside_ struct inside in = INSIDE_NONE;
	_cleanup_arena_ struct arena a = {0};
	struct err err = {0};

	CHECK_INT(inside_open(folder, "0123456789abcdef", &a, &in, &err), -ESRCH);
	CHECK_STR(err.message,
		  "container 0123456789ab is being started, ended or removed");
	CHECK_STR(err.hint, "Try once more");
	CHECK(in.userns < 0 && in.mntns < 0);
}

/* While its parent has not waited for it, and when it has. */
static void test_ended(void **state)
{
	struct folder *f = *state;
	pid_t pid = make_zombie();
	struct process_stamp stamp;
	int n_fds;

	CHECK_INT(process_stamp(pid, &stamp), 0);
	CHECK_INT(container_set_process(f->fd, stamp.text), 0);
	n_fds = count_fds();
	check_ended(f->fd);
	CHECK_INT(waitpid(pid, NULL, 0), pid);
	check_ended(f->fd);
	CHECK_INT(count_fds(), n_fds);
}

/* The builder before it has made its own namespaces. */
static void test_not_there_yet(void **state)
{
	struct folder *f = *state;
	struct process_stamp stamp;

	CHECK_INT(process_stamp(getpid(), &stamp), 0);
	CHECK_INT(container_set_process(f->fd, stamp.text), 0);
	check_ended(f->fd);
}

static void test_none(void **state)
{
	struct folder *f = *state;

	check_ended(f->fd);
	make_file(f->fd, "process", "no stamp");
	check_ended(f->fd);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST_IN_FOLDER(test_ended),
		TEST_IN_FOLDER(test_not_there_yet),
		TEST_IN_FOLDER(test_none),
	};

	return UNIT_RUN(tests);
}
