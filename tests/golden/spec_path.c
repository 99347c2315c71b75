// SPDX-License-Identifier: Apache-2.0
/*
 * spec_path.c - spec_clean_path(): where the kernel would go in a root folder
 */
#include <string.h>

#include "spec/spec.h"
#include "test.h"

static void check(void **state, const char *path, const char *want)
{
	assert_string_equal(spec_clean_path(*state, path), want);
}

static void test_clean_paths_stay(void **state)
{
	check(state, "/", "/");
	check(state, "/a", "/a");
	check(state, "/a/b.c/d e", "/a/b.c/d e");
	check(state, "/..a/b../...", "/..a/b../...");
	check(state, "/.a/.", "/.a");
}

static void test_slashes(void **state)
{
	check(state, "//", "/");
	check(state, "///a////b//", "/a/b");
	check(state, "/a/", "/a");
}

static void test_relative_counts_from_the_root(void **state)
{
	check(state, "", "/");
	check(state, "a", "/a");
	check(state, "./a/b", "/a/b");
	check(state, ".", "/");
	check(state, "..", "/");
}

static void test_dots(void **state)
{
	check(state, "/./a/./b/.", "/a/b");
	check(state, "/a/..", "/");
	check(state, "/a/../b", "/b");
	check(state, "/a/b/../../c", "/c");
	check(state, "/a/b/c/../../d", "/a/d");
	check(state, "/a/b/..", "/a");
	check(state, "/a/b/../", "/a");
}

static void test_root_has_no_parent(void **state)
{
	check(state, "/..", "/");
	check(state, "/../..", "/");
	check(state, "/../../etc/passwd", "/etc/passwd");
	check(state, "/a/../../../b", "/b");
	check(state, "../../x", "/x");
}

static void test_other_bytes(void **state)
{
	check(state, "/\xff\x01/\n", "/\xff\x01/\n");
}

static void test_the_argument_is_left_alone(void **state)
{
	char path[] = "/a//b/../c";

	check(state, path, "/a/c");
	assert_string_equal(path, "/a//b/../c");
}

static void test_long_path(void **state)
{
	size_t n = 100000, len = 0;
	char *path = arena_alloc(*state, n * 3 + 8);

	for (size_t i = 0; i < n; i++, len += 3)
		memcpy(path + len, "/aa", 3);
	assert_string_equal(spec_clean_path(*state, path), path);
	for (size_t i = 0; i < n; i++)
		memcpy(path + i * 3, "/..", 3);
	memcpy(path + len, "/end", 5);
	check(state, path, "/end");
}

/* The other way to do it: a list of words, popped by "..". */
static const char *by_words(struct arena *a, const char *path)
{
	struct strv words = {0};
	char *copy = arena_strdup(a, path), *word;
	const char *out = "";

	while ((word = strsep(&copy, "/"))) {
		if (strcmp(word, "..") == 0)
			words.n -= words.n > 0;
		else if (*word && strcmp(word, ".") != 0)
			strv_push(a, &words, word);
	}
	for (size_t i = 0; i < words.n; i++)
		out = arena_printf(a, "%s/%s", out, words.v[i]);
	return *out ? out : "/";
}

/* All paths of up to eight characters out of three. */
static void test_all_short_paths(void **state)
{
	static const char letters[] = "/.a";

	for (size_t len = 1, count = 3; len <= 8; len++, count *= 3)
		for (size_t i = 0; i < count; i++) {
			char path[9] = {0};

			for (size_t k = 0, rest = i; k < len; k++, rest /= 3)
				path[k] = letters[rest % 3];
			check(state, path, by_words(*state, path));
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_clean_paths_stay),
		TEST(test_slashes),
		TEST(test_relative_counts_from_the_root),
		TEST(test_dots),
		TEST(test_root_has_no_parent),
		TEST(test_other_bytes),
		TEST(test_the_argument_is_left_alone),
		TEST(test_long_path),
		TEST(test_all_short_paths),
	};

	return cmocka_run_group_tests_name("spec_path", tests, NULL, NULL);
}
