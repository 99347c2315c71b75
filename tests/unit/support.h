/* SPDX-License-Identifier: Apache-2.0 */
/*
 * support.h - what the unit tests share: checks, children, refused system calls, folders
 *
 * cmocka's assertions jump to the end of the running test, which in a forked child would be the
 * parent's. The checks here work in both: a child writes what failed to its parent and ends.
 */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <limits.h>
#include <sys/types.h>

#include "base/macros.h"

#define CHECK(cond) check_true((cond), #cond, __FILE__, __LINE__)
#define CHECK_INT(is, want) \
	check_int((int64_t)(is), (int64_t)(want), #is, __FILE__, __LINE__)
#define CHECK_STR(is, want) check_str((is), (want), #is, __FILE__, __LINE__)

void check_true(bool is_true, const char *what, const char *file, int line);
void check_int(int64_t is, int64_t want, const char *what, const char *file, int line);
/* Either may be NULL. */
void check_str(const char *is, const char *want, const char *what, const char *file,
	       int line);
/* What is being checked, for the message of a failed check in a loop. Kept until the next. */
void check_context(const char *fmt, ...) _printf_(1, 2);
void check_no_context(void);

/* Ends the running test as skipped, in a child as well. */
_noreturn_ void skip_because(const char *fmt, ...) _printf_(1, 2);

/**
 * in_child() - run a part of a test in a process of its own
 * @body: returns when all is well
 * @data: for @body; changes to it stay in the child
 *
 * The child has default signal dispositions, a process group of its own and a deadline. The
 * test fails when a check in @body fails or the child ends in any other way.
 */
void in_child(void (*body)(void *data), void *data);

/* From here on the kernel answers @error to a system call of this process and its children.
 * For a child: it cannot be undone. */
void refuse_call(long number, int error);

/**
 * enter_userns() - a user namespace of this process's own
 * @flags:  more CLONE_NEW* flags
 * @inside: what the caller's own ids are called there
 *
 * For a child. Skips the test where user namespaces are refused.
 */
void enter_userns(int flags, uid_t inside);

/* A folder for one test, removed after it with all that is in it. */
struct folder {
	char path[256];
	int fd; /* readable */
};

int test_setup(void **state);
#define TEST(f) cmocka_unit_test_setup(f, test_setup)

int folder_setup(void **state);
int folder_teardown(void **state);
#define TEST_IN_FOLDER(f) \
	cmocka_unit_test_setup_teardown(f, folder_setup, folder_teardown)

/* Small files, of the given mode or 0644 whatever the umask is. Parents must be there. */
void make_dir(int dir, const char *path, mode_t mode);
void make_file(int dir, const char *path, const char *content);
void make_link(int dir, const char *path, const char *target);
void make_fifo(int dir, const char *path);
/* The content of a file as a string, in memory that the next call reuses. */
const char *read_text(int dir, const char *path);
/* How many descriptors this process has open. */
int count_fds(void);

/* 32 random bits that are the same in each run. */
struct dice {
	uint64_t state;
};
uint32_t dice_roll(struct dice *d, uint32_t sides);

/* Runs all tests of a program and prints TAP. Return: for main(). */
int unit_run(const struct CMUnitTest *tests, size_t n);
#define UNIT_RUN(tests) unit_run((tests), ARRAY_SIZE(tests))
