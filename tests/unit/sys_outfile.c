// SPDX-License-Identifier: Apache-2.0
/*
 * sys_outfile.c - tests of files that are there when they are whole, or not at all
 */
#include "sys/outfile.h"

#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>

#include "support.h"
#include "sys/dir.h"
#include "sys/fd.h"

/* Writes "new" to a file in the folder. */
static int write_new(const struct folder *f, const char *name)
{
	_cleanup_outfile_ struct outfile o = OUTFILE_NONE;
	_cleanup_arena_ struct arena a = {0};
	struct err err = {0};
	int r = outfile_open(arena_printf(&a, "%s/%s", f->path, name), &a, &o, &err);

	if (r == 0)
		r = fd_write_all(o.fd, "new", 3);
	return r < 0 ? r : outfile_finish(&o, &err);
}

static size_t count_names(const struct folder *f)
{
	_cleanup_arena_ struct arena a = {0};
	struct strv names = {0};

	CHECK_INT(dir_list(f->fd, &a, &names), 0);
	return names.n;
}

static void test_replace(void **state)
{
	struct folder *f = *state;

	CHECK_INT(write_new(f, "out"), 0);
	CHECK_STR(read_text(f->fd, "out"), "new");
	make_file(f->fd, "out", "old text");
	CHECK_INT(fchmodat(f->fd, "out", 0600, 0), 0);
	CHECK_INT(write_new(f, "out"), 0);
	CHECK_STR(read_text(f->fd, "out"), "new");
	CHECK_INT(count_names(f), 1);
}

/* A file that happens to have the process's number in its name is somebody's own. */
static void test_neighbour(void **state)
{
	struct folder *f = *state;
	char name[64];

	snprintf(name, sizeof(name), ".out.%d", (int)getpid());
	make_file(f->fd, name, "mine");
	CHECK_INT(write_new(f, "out"), 0);
	CHECK_STR(read_text(f->fd, "out"), "new");
	CHECK_STR(read_text(f->fd, name), "mine");
	CHECK_INT(count_names(f), 2);
}

/* What is not whole leaves nothing, and the old file as it was. */
static void test_given_up(void **state)
{
	struct folder *f = *state;
	_cleanup_arena_ struct arena a = {0};
	struct outfile o = OUTFILE_NONE;
	struct err err = {0};

	make_file(f->fd, "out", "old");
	CHECK_INT(outfile_open(arena_printf(&a, "%s/out", f->path), &a, &o, &err), 0);
	CHECK_INT(fd_write_all(o.fd, "ne", 2), 0);
	outfile_close(&o);
	CHECK_STR(read_text(f->fd, "out"), "old");
	CHECK_INT(count_names(f), 1);
}

/* Without names from the kernel's random numbers nothing is written, and nothing is lost. */
static void child_no_numbers(void *data)
{
	struct folder *f = data;

	make_file(f->fd, "out", "old");
	refuse_call(SYS_getrandom, ENOSYS);
	CHECK_INT(write_new(f, "out"), -ENOSYS);
	CHECK_STR(read_text(f->fd, "out"), "old");
	CHECK_INT(count_names(f), 1);
}

static void test_no_numbers(void **state)
{
	in_child(child_no_numbers, *state);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST_IN_FOLDER(test_replace),
		TEST_IN_FOLDER(test_neighbour),
		TEST_IN_FOLDER(test_given_up),
		TEST_IN_FOLDER(test_no_numbers),
	};

	return UNIT_RUN(tests);
}
