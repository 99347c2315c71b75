// SPDX-License-Identifier: Apache-2.0
/*
 * sys_upper.c - tests of what an upper folder says of its container
 */
#include "sys/upper.h"

#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#include "base/arena.h"
#include "support.h"
#include "sys/dir.h"
#include "sys/fd.h"
#include "sys/tree.h"

#define LEVELS	 2000
#define EACH	 10 /* level of these has a file, too */
#define N_LOWERS 3

/* What is said, as lines. */
struct said {
	struct arena arena;
	struct strv lines;
};

static int note(char kind, const char *path, void *data)
{
	struct said *s = data;

	strv_pushf(&s->arena, &s->lines, "%c %s", kind, path);
	return 0;
}

static void free_said(struct said *s)
{
	arena_free(&s->arena);
}
#define _cleanup_said_ _cleanup_(free_said)

/* Folders "d" in folders, some with a file "e" if wanted; the last has a file "end". */
static void make_deep(int dir, const char *name, int levels, bool has_files)
{
	_cleanup_fd_ int at = -EBADF;

	make_dir(dir, name, 0755);
	at = fd_open(dir, name, O_RDONLY | O_DIRECTORY);
	for (int i = 0; i < levels; i++) {
		int next;

		CHECK_INT(mkdirat(at, "d", 0755), 0);
		if (has_files && i % EACH == 0)
			make_file(at, "e", "");
		next = fd_open(at, "d", O_RDONLY | O_DIRECTORY);
		CHECK(next >= 0);
		fd_close(&at);
		at = next;
	}
	make_file(at, "end", "");
}

static void remove_all(const struct folder *f)
{
	_cleanup_arena_ struct arena a = {0};
	struct strv names = {0};

	CHECK_INT(dir_list(f->fd, &a, &names), 0);
	for (size_t i = 0; i < names.n; i++)
		CHECK_INT(tree_remove(f->fd, names.v[i]), 0);
}

static void check_line(const struct said *s, size_t i, char kind, size_t n_folders,
		       const char *name)
{
	_cleanup_free_ char *want = calloc(1, 2 + 2 * LEVELS + 8);
	size_t len = 2;

	snprintf(want, 3, "%c ", kind);
	for (size_t k = 0; k < n_folders; k++, len += 2)
		memcpy(want + len, "/d", 2);
	memcpy(want + len, name, strlen(name));
	CHECK(i < s->lines.n);
	CHECK_STR(s->lines.v[i], want);
}

static void compare_deep(const struct folder *f, bool is_below)
{
	_cleanup_said_ struct said said = {0};
	_cleanup_fd_ int upper = fd_open(f->fd, "upper", O_PATH | O_DIRECTORY);
	int lowers[N_LOWERS];
	int n_fds;

	for (int i = 0; i < N_LOWERS; i++)
		lowers[i] = fd_open(f->fd, is_below ? "lower" : "empty",
				    O_PATH | O_DIRECTORY);
	n_fds = count_fds();
	CHECK_INT(upper_compare(upper, lowers, N_LOWERS, false, note, &said), 0);
	CHECK_INT(count_fds(), n_fds);
	/* On the way down all the folders and the last file, on the way back the others. */
	CHECK_INT(said.lines.n, LEVELS + 1 + LEVELS / EACH);
	for (size_t i = 0; i < LEVELS; i++)
		check_line(&said, i, is_below ? 'C' : 'A', i, "/d");
	check_line(&said, LEVELS, is_below ? 'C' : 'A', LEVELS, "/end");
	for (size_t i = 0; i < LEVELS / EACH; i++)
		check_line(&said, LEVELS + 1 + i, 'A', LEVELS - EACH - i * EACH, "/e");
	for (int i = 0; i < N_LOWERS; i++)
		fd_close(&lowers[i]);
}

static void child_deep(void *data)
{
	static const struct rlimit few = {320, 320};
	struct folder *f = data;

	make_deep(f->fd, "upper", LEVELS, true);
	make_deep(f->fd, "lower", LEVELS, false);
	make_dir(f->fd, "empty", 0755);
	CHECK_INT(setrlimit(RLIMIT_NOFILE, &few), 0);
	compare_deep(f, true);
	compare_deep(f, false);
	remove_all(f);
}

/* Deeper than there are descriptors, with lower folders all the way down. */
static void test_deep(void **state)
{
	in_child(child_deep, *state);
}

static void child_settle(void *data)
{
	static const struct rlimit few = {32, 32};
	_cleanup_said_ struct said said = {0};
	_cleanup_fd_ int upper = -EBADF;
	struct folder *f = data;
	struct stat st;
	int lower;

	make_deep(f->fd, "upper", LEVELS, false);
	make_file(f->fd, "upper/d/d/.wh.gone", "");
	CHECK_INT(setrlimit(RLIMIT_NOFILE, &few), 0);
	upper = fd_open(f->fd, "upper", O_PATH | O_DIRECTORY);
	CHECK_INT(upper_settle(upper), 0);
	CHECK_INT(fstatat(f->fd, "upper/d/d/.wh.gone", &st, AT_SYMLINK_NOFOLLOW), -1);
	CHECK_INT(fstatat(f->fd, "upper/d/d/gone", &st, AT_SYMLINK_NOFOLLOW), 0);
	CHECK(upper_is_whiteout(&st));
	/* It says so, too, with descriptors enough. */
	make_dir(f->fd, "lower", 0755);
	make_dir(f->fd, "lower/d", 0755);
	make_dir(f->fd, "lower/d/d", 0755);
	make_file(f->fd, "lower/d/d/gone", "");
	lower = fd_open(f->fd, "lower", O_PATH | O_DIRECTORY);
	fd_close(&upper);
	upper = fd_open(f->fd, "upper", O_PATH | O_DIRECTORY);
	CHECK_INT(upper_compare(upper, &lower, 1, false, note, &said), -EMFILE);
	fd_close(&lower);
	remove_all(f);
}

static void test_settle_deep(void **state)
{
	in_child(child_settle, *state);
}

/* There is an end to it, and it is said. */
static void test_too_deep(void **state)
{
	struct folder *f = *state;
	_cleanup_said_ struct said said = {0};
	_cleanup_fd_ int upper = -EBADF;

	make_deep(f->fd, "upper", 4100, false);
	upper = fd_open(f->fd, "upper", O_PATH | O_DIRECTORY);
	CHECK_INT(upper_compare(upper, NULL, 0, false, note, &said), -ELOOP);
	CHECK_INT(upper_settle(upper), -ELOOP);
	remove_all(f);
}

static void test_marks(void **state)
{
	static const struct stat file = {.st_mode = S_IFREG | 0600};
	static const struct stat full = {.st_mode = S_IFREG | 0600, .st_size = 1};
	static const struct stat dir = {.st_mode = S_IFDIR | 0700};
	static const struct stat dev = {.st_mode = S_IFCHR, .st_rdev = 1};
	static const struct stat whiteout = {.st_mode = S_IFCHR};

	CHECK_STR(upper_hidden_name(".wh.a", &file), "a");
	CHECK_STR(upper_hidden_name(".wh.a", &full), NULL);
	CHECK_STR(upper_hidden_name(".wh.a", &dir), NULL);
	CHECK_STR(upper_hidden_name(".wh.", &file), NULL);
	CHECK_STR(upper_hidden_name(".wh..", &file), NULL);
	CHECK_STR(upper_hidden_name(".wh...", &file), NULL);
	CHECK_STR(upper_hidden_name(".wh..wh..opq", &file), NULL);
	CHECK_STR(upper_hidden_name(".wh", &file), NULL);
	CHECK_STR(upper_hidden_name("a", &file), NULL);
	CHECK(upper_is_whiteout(&whiteout));
	CHECK(!upper_is_whiteout(&dev) && !upper_is_whiteout(&file));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST_IN_FOLDER(test_deep),
		TEST_IN_FOLDER(test_settle_deep),
		TEST_IN_FOLDER(test_too_deep),
		TEST(test_marks),
	};

	return UNIT_RUN(tests);
}
