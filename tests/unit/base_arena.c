// SPDX-License-Identifier: Apache-2.0
/*
 * base_arena.c - tests of memory that dies together, and of lists of strings
 */
#include "base/arena.h"

#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support.h"

static bool is_zero(const char *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (p[i])
			return false;
	return true;
}

/* From borrowed memory of any alignment: aligned, zeroed, apart, and nothing from malloc. */
static void test_borrowed(void **state)
{
	static _Alignas(64) char memory[4096 + 64];

	for (size_t skew = 0; skew < 20; skew++) {
		struct arena a;
		char *end = memory + skew;

		memset(memory, 0x5a, sizeof(memory));
		arena_init(&a, memory + skew, 4096);
		for (size_t size = 0; size < 70; size++) {
			char *p = arena_alloc(&a, size);

			check_context("skew %zu, size %zu", skew, size);
			CHECK((uintptr_t)p % _Alignof(max_align_t) == 0);
			CHECK(p >= end && p + size <= memory + skew + 4096);
			CHECK(is_zero(p, size));
			memset(p, 0xff, size);
			end = p + MAX(size, (size_t)1);
		}
		CHECK(a.chunks == NULL);
		arena_free(&a);
	}
}

/* What does not fit goes to chunks; the bytes behind the borrowed ones stay. */
static void test_borrowed_too_small(void **state)
{
	char memory[512];

	for (size_t size = 0; size <= 256; size++) {
		_cleanup_arena_ struct arena a;

		memset(memory, 0x5a, sizeof(memory));
		arena_init(&a, memory, size);
		for (int i = 0; i < 40; i++) {
			char *p = arena_alloc(&a, 13);

			CHECK(is_zero(p, 13));
			memset(p, 0xff, 13);
		}
		check_context("size %zu", size);
		for (size_t i = size; i < sizeof(memory); i++)
			CHECK(memory[i] == 0x5a);
		CHECK(a.chunks != NULL);
	}
}

static void test_no_memory_lent(void **state)
{
	struct arena a;
	char *p;

	arena_init(&a, NULL, 4096);
	p = arena_alloc(&a, 100);
	CHECK(is_zero(p, 100));
	arena_free(&a);
	CHECK(a.chunks == NULL && a.next == NULL && a.left_bytes == 0);
	/* empty, and good for more */
	p = arena_alloc(&a, 100);
	CHECK(is_zero(p, 100));
	arena_free(&a);
	arena_free(&a);
}

/* A large one does not end the life of the memory at hand. */
static void test_large(void **state)
{
	static _Alignas(max_align_t) char memory[1024];
	struct arena a;
	char *first, *large, *second;

	arena_init(&a, memory, sizeof(memory));
	first = arena_alloc(&a, 32);
	large = arena_alloc(&a, 1 << 20);
	second = arena_alloc(&a, 32);
	CHECK(first == memory);
	CHECK(second == memory + 32);
	CHECK(large < memory || large >= memory + sizeof(memory));
	CHECK(is_zero(large, 1 << 20));
	memset(large, 0xff, 1 << 20);
	CHECK(is_zero(first, 32) && is_zero(second, 32));
	arena_free(&a);
}

/* Many sizes across chunks: each keeps what was written into it. */
static void test_many(void **state)
{
	_cleanup_arena_ struct arena a = {0};
	struct dice dice = {0};
	struct {
		char *p;
		size_t size;
	} all[2000];

	for (size_t i = 0; i < ARRAY_SIZE(all); i++) {
		all[i].size = dice_roll(&dice, i % 50 == 0 ? 100000 : 300);
		all[i].p = arena_alloc(&a, all[i].size);
		CHECK((uintptr_t)all[i].p % _Alignof(max_align_t) == 0);
		CHECK(is_zero(all[i].p, all[i].size));
		memset(all[i].p, (int)(i % 251 + 1), all[i].size);
	}
	for (size_t i = 0; i < ARRAY_SIZE(all); i++)
		for (size_t k = 0; k < all[i].size; k++)
			if (all[i].p[k] != (char)(i % 251 + 1))
				CHECK_INT(all[i].p[k], (char)(i % 251 + 1));
}

static void test_strings(void **state)
{
	_cleanup_arena_ struct arena a = {0};
	static const char no_end[] = {'a', 'b', 'c'};
	char source[] = "text", *copy, *text;
	int n;

	copy = arena_strdup(&a, source);
	source[0] = 'n';
	CHECK_STR(copy, "text");
	CHECK_STR(arena_strdup(&a, ""), "");
	CHECK_STR(arena_strndup(&a, no_end, 3), "abc");
	CHECK_STR(arena_strndup(&a, no_end, 0), "");
	CHECK_STR(arena_strndup(&a, "ab", 100), "ab");
	CHECK_STR(arena_strndup(&a, "ab\0cd", 5), "ab");
	CHECK_STR(arena_printf(&a, "%s-%d-%%", "x", -7), "x--7-%");
	CHECK_STR(arena_printf(&a, "%s", ""), "");
	text = arena_printf(&a, "%0*d", 100000, 7);
	CHECK_INT(strlen(text), 100000);
	CHECK_INT(strspn(text, "0"), 99999);
	CHECK_STR(text + 99999, "7");
	/* The terminator has room: what comes next does not change it. */
	for (n = 0; n < 64; n++) {
		text = arena_printf(&a, "%.*s", n,
				    "0123456789012345678901234567890123456789012345678901"
				    "234567890123");
		memset(arena_alloc(&a, 16), 'x', 16);
		CHECK_INT(strlen(text), n);
	}
}

struct item {
	uint32_t number;
	char filler[7];
};

static void test_push(void **state)
{
	static char memory[1 << 10];
	struct arena a;
	struct {
		struct item *items;
		size_t n_items;
	} s = {0};

	memset(memory, 0x5a, sizeof(memory));
	arena_init(&a, memory, sizeof(memory));
	for (uint32_t i = 0; i < 1000; i++) {
		struct item *p = ARR_PUSH(&a, &s, items);

		CHECK_INT(s.n_items, i + 1);
		CHECK(p == &s.items[i]);
		CHECK(is_zero((const char *)p, sizeof(*p)));
		memset(p, 0xff, sizeof(*p));
		p->number = i;
	}
	for (uint32_t i = 0; i < 1000; i++)
		CHECK_INT(s.items[i].number, i);
	arena_free(&a);
}

/* A list that got shorter gets its places back zeroed. */
static void test_push_again(void **state)
{
	_cleanup_arena_ struct arena a = {0};
	struct {
		uint32_t *v;
		size_t n_v;
	} s = {0};

	for (uint32_t n = 1; n < 40; n++) {
		s.n_v = 0;
		s.v = NULL;
		for (uint32_t i = 0; i < n; i++)
			*ARR_PUSH(&a, &s, v) = 0xffffffff;
		s.n_v--;
		CHECK_INT(*ARR_PUSH(&a, &s, v), 0);
		for (uint32_t i = 0; i + 1 < n; i++)
			CHECK_INT(s.v[i], 0xffffffff);
	}
}

static void test_strv(void **state)
{
	_cleanup_arena_ struct arena a = {0};
	struct strv s = {0};

	CHECK(!strv_has(&s, "x"));
	for (size_t i = 0; i < 200; i++) {
		strv_pushf(&a, &s, "item-%zu", i);
		/* dirt where the next place may be */
		memset(arena_alloc(&a, 48), 0xff, 48);
		CHECK_INT(s.n, i + 1);
		CHECK(s.v[s.n] == NULL);
		for (size_t k = 0; k <= i; k++) {
			char want[32];

			snprintf(want, sizeof(want), "item-%zu", k);
			CHECK_STR(s.v[k], want);
		}
	}
	CHECK(strv_has(&s, "item-0") && strv_has(&s, "item-199"));
	CHECK(!strv_has(&s, "item-200") && !strv_has(&s, "item") && !strv_has(&s, ""));
	strv_push(&a, &s, "");
	CHECK(strv_has(&s, ""));
}

/* A list that got shorter ends where its next string ends. */
static void test_strv_shorter(void **state)
{
	_cleanup_arena_ struct arena a = {0};
	struct strv s = {0};

	for (int i = 0; i < 6; i++)
		strv_push(&a, &s, "old");
	s.n = 2;
	strv_push(&a, &s, "new");
	CHECK_INT(s.n, 3);
	CHECK_STR(s.v[2], "new");
	CHECK_STR(s.v[3], NULL);
}

static void test_strv_borrows(void **state)
{
	_cleanup_arena_ struct arena a = {0};
	struct strv s = {0};
	char item[] = "abc";

	strv_push(&a, &s, item);
	CHECK(s.v[0] == item);
}

static void test_env(void **state)
{
	_cleanup_arena_ struct arena a = {0};
	struct strv s = {0};

	CHECK_STR(strv_env_get(&s, "PATH"), NULL);
	strv_env_set(&a, &s, "PATH=/bin");
	strv_env_set(&a, &s, "PATHS=x");
	strv_env_set(&a, &s, "PAT=y");
	strv_env_set(&a, &s, "EMPTY=");
	strv_env_set(&a, &s, "EQ=a=b");
	CHECK_INT(s.n, 5);
	CHECK_STR(strv_env_get(&s, "PATH"), "/bin");
	CHECK_STR(strv_env_get(&s, "PATHS"), "x");
	CHECK_STR(strv_env_get(&s, "PAT"), "y");
	CHECK_STR(strv_env_get(&s, "EMPTY"), "");
	CHECK_STR(strv_env_get(&s, "EQ"), "a=b");
	CHECK_STR(strv_env_get(&s, "PA"), NULL);
	CHECK_STR(strv_env_get(&s, "EQ=a"), "b");
	strv_env_set(&a, &s, "PATH=/sbin");
	CHECK_INT(s.n, 5);
	CHECK_STR(s.v[0], "PATH=/sbin");
	CHECK_STR(strv_env_get(&s, "PATHS"), "x");
	/* the last one wins */
	strv_push(&a, &s, "PAT=z");
	CHECK_STR(strv_env_get(&s, "PAT"), "z");
}

/* A list with the same key twice, as a caller may give one: what was set is what counts. */
static void test_env_set_twice_there(void **state)
{
	_cleanup_arena_ struct arena a = {0};
	struct strv s = {0};

	strv_push(&a, &s, "KEY=1");
	strv_push(&a, &s, "OTHER=2");
	strv_push(&a, &s, "KEY=3");
	strv_env_set(&a, &s, "KEY=4");
	CHECK_STR(strv_env_get(&s, "KEY"), "4");
	CHECK_STR(strv_env_get(&s, "OTHER"), "2");
}

/* Ends a child by its lack of memory. Returns its exit code, and what it said. */
static int out_of_memory(void (*body)(void), char *text, size_t size)
{
	int ends[2], status;
	ssize_t n;
	pid_t pid;

	CHECK_INT(pipe(ends), 0);
	pid = fork();
	CHECK(pid >= 0);
	if (pid == 0) {
		dup2(ends[1], STDERR_FILENO);
		body();
		_exit(0);
	}
	close(ends[1]);
	n = read(ends[0], text, size - 1);
	CHECK(n >= 0);
	text[n] = '\0';
	close(ends[0]);
	CHECK_INT(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void alloc_all(void)
{
	struct arena a = {0};

	arena_alloc(&a, SIZE_MAX);
}

static void alloc_wraps(void)
{
	struct arena a = {0};

	arena_alloc(&a, SIZE_MAX - 7);
}

static void grow_wraps(void)
{
	struct arena a = {0};
	uint64_t item = 0;

	/* 2^61 elements of 8 bytes are 0 bytes in 64 bits */
	arena_grow(&a, &item, (size_t)1 << 60, sizeof(item));
}

static void test_out_of_memory(void **state)
{
	static void (*const bodies[])(void) = {alloc_all, alloc_wraps, grow_wraps};
	char text[128];

	for (size_t i = 0; i < ARRAY_SIZE(bodies); i++) {
		CHECK_INT(out_of_memory(bodies[i], text, sizeof(text)), 125);
		CHECK_STR(text, "urun: out of memory\n");
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(test_borrowed),
		TEST(test_borrowed_too_small),
		TEST(test_no_memory_lent),
		TEST(test_large),
		TEST(test_many),
		TEST(test_strings),
		TEST(test_push),
		TEST(test_push_again),
		TEST(test_strv),
		TEST(test_strv_shorter),
		TEST(test_strv_borrows),
		TEST(test_env),
		TEST(test_env_set_twice_there),
		TEST(test_out_of_memory),
	};

	return UNIT_RUN(tests);
}
