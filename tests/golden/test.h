/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test.h - cmocka with the headers that it wants first, and an arena for each test
 */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/err.h"

static inline int make_arena(void **state)
{
	static struct arena arena;

	arena_init(&arena, NULL, 0);
	*state = &arena;
	return 0;
}

static inline int drop_arena(void **state)
{
	arena_free(*state);
	return 0;
}

/* A test that finds an empty arena in its state. */
#define TEST(f) cmocka_unit_test_setup_teardown(f, make_arena, drop_arena)

/* The call failed with this code, and with exactly this message. */
#define assert_refused(call, want_code, want_message)                    \
	do {                                                             \
		struct err *refused_err = &(struct err){0};              \
		int refused_ret = (call);                                \
                                                                         \
		assert_string_equal(refused_err->message, want_message); \
		assert_int_equal(refused_ret, want_code);                \
	} while (0)
