// SPDX-License-Identifier: Apache-2.0
/*
 * sys_follow.c - tests of where paths lead, and by which links: beside the kernel, and by hand
 */
#include "sys/follow.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support.h"

/* Real paths are compared: what the folder's own is called. */
static const char *top_of(const struct folder *f)
{
	static char real[PATH_MAX];

	CHECK(realpath(f->path, real) != NULL);
	return real;
}

static void make_tree(const struct folder *f)
{
	make_dir(f->fd, "a", 0755);
	make_dir(f->fd, "a/b", 0755);
	make_file(f->fd, "a/b/file", "text");
	make_link(f->fd, "to-a", "a");
	make_link(f->fd, "a/to-file", "b/file");
	make_link(f->fd, "a/b/up", "../../to-a");
	make_link(f->fd, "dangling", "a/none/x");
	make_link(f->fd, "round", "round");
	make_link(f->fd, "empty-dot", "./a/./b/.");
}

struct look {
	const char *path, *real; /* of the folder */
	int error;
	const char *links; /* with blanks between */
};

static void check_look(const struct folder *f, const struct look *l)
{
	_cleanup_arena_ struct arena a = {0};
	const char *top = top_of(f);
	char real[PATH_MAX];
	struct follow got;
	const char *links = "";

	check_context("%s", l->path);
	CHECK_INT(follow_path(arena_printf(&a, "%s/%s", top, l->path), &a, &got),
		  l->error);
	CHECK_STR(got.real, *l->real ? arena_printf(&a, "%s/%s", top, l->real) : top);
	CHECK_INT(got.fd >= 0, l->error == 0);
	for (size_t i = 0; i < got.links.n; i++)
		links = arena_printf(&a, "%s%s%s", links, i ? " " : "",
				     got.links.v[i] + strlen(top) + 1);
	if (l->links)
		CHECK_STR(links, l->links);
	if (l->error == 0) {
		/* The kernel's own opinion. */
		CHECK(realpath(arena_printf(&a, "%s/%s", top, l->path), real) != NULL);
		CHECK_STR(got.real, real);
		close(got.fd);
	}
	check_no_context();
}

static void test_looks(void **state)
{
	static const struct look looks[] = {
		{"a/b/file", "a/b/file", 0, ""},
		{"a//b/./file", "a/b/file", 0, ""},
		{"a/b/../b/file", "a/b/file", 0, ""},
		{"to-a/b/file", "a/b/file", 0, "to-a"},
		{"to-a/to-file", "a/b/file", 0, "to-a a/to-file"},
		{"to-a/../to-a", "a", 0, "to-a to-a"},
		{"a/b/up/b/up/to-file", "a/b/file", 0,
		 "a/b/up to-a a/b/up to-a a/to-file"},
		{"empty-dot", "a/b", 0, "empty-dot"},
		{"", "", 0, ""},
		{"dangling", "a", -ENOENT, "dangling"},
		{"dangling/y", "a", -ENOENT, "dangling"},
		{"a/none", "a", -ENOENT, ""},
		{"none/x/y", "", -ENOENT, ""},
		{"a/b/file/x", "a/b/file", -ENOENT, ""},
		{"round", "", -ELOOP, NULL},
	};

	make_tree(*state);
	for (size_t i = 0; i < ARRAY_SIZE(looks); i++)
		check_look(*state, &looks[i]);
}

static void test_above_the_root(void **state)
{
	_cleanup_arena_ struct arena a = {0};
	struct follow got;

	(void)state;
	CHECK_INT(follow_path("/../../usr/..", &a, &got), 0);
	CHECK_STR(got.real, "/");
	CHECK_INT(got.links.n, 0);
	close(got.fd);
}

/* Many paths of few names: as realpath(3) has them, and nothing is left open. */
static void test_random(void **state)
{
	static const char *const names[] = {"a",       "b",  "..",	  ".",	  "to-a",
					    "to-file", "up", "empty-dot", "file", "none"};
	const struct folder *f = *state;
	struct dice dice = {0};
	int n_fds;

	make_tree(f);
	n_fds = count_fds();
	for (int i = 0; i < 3000; i++) {
		_cleanup_arena_ struct arena a = {0};
		char real[PATH_MAX];
		struct follow got;
		const char *path = top_of(f);
		int r;

		for (uint32_t n = dice_roll(&dice, 8); n > 0; n--)
			path = arena_printf(
				&a, "%s/%s", path,
				names[dice_roll(&dice, (uint32_t)ARRAY_SIZE(names))]);
		check_context("%s", path);
		r = follow_path(path, &a, &got);
		/* A file has no "..", and no "."; what was missing is not looked for either. */
		if (realpath(path, real)) {
			CHECK_INT(r, 0);
			CHECK_STR(got.real, real);
		}
		if (r == 0)
			close(got.fd);
	}
	check_no_context();
	CHECK_INT(count_fds(), n_fds);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST_IN_FOLDER(test_looks),
		TEST(test_above_the_root),
		TEST_IN_FOLDER(test_random),
	};

	return UNIT_RUN(tests);
}
