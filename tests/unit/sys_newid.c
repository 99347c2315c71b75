// SPDX-License-Identifier: Apache-2.0
/*
 * sys_newid.c - tests of ids that nobody else has
 */
#include "sys/newid.h"

#include <string.h>

#include "support.h"

static void test_form(void **state)
{
	char id[NEWID_LEN + 2];

	for (int i = 0; i < 100; i++) {
		memset(id, '#', sizeof(id));
		CHECK_INT(newid_make(id), 0);
		CHECK_INT(strlen(id), 64);
		CHECK_INT(strspn(id, "0123456789abcdef"), 64);
		CHECK(id[NEWID_LEN + 1] == '#');
	}
}

/* Never the same, and each digit at each place in time. */
static void test_random(void **state)
{
	static char ids[1000][NEWID_LEN + 1];
	bool is_seen[NEWID_LEN][16] = {0};

	for (size_t i = 0; i < ARRAY_SIZE(ids); i++) {
		CHECK_INT(newid_make(ids[i]), 0);
		for (size_t k = 0; k < i; k++)
			CHECK(memcmp(ids[i], ids[k], NEWID_LEN) != 0);
		for (size_t k = 0; k < NEWID_LEN; k++)
			is_seen[k][ids[i][k] <= '9' ? ids[i][k] - '0'
						    : ids[i][k] - 'a' + 10] = true;
	}
	for (size_t k = 0; k < NEWID_LEN; k++)
		for (size_t d = 0; d < 16; d++)
			CHECK(is_seen[k][d]);
}

static void test_beside(void **state)
{
	_cleanup_arena_ struct arena a = {0};
	char name[NAME_MAX + 1];
	const char *one, *other;

	CHECK_INT(newid_beside("out.tar", &a, &one), 0);
	CHECK_INT(newid_beside("out.tar", &a, &other), 0);
	CHECK_INT(strncmp(one, ".out.tar.", 9), 0);
	CHECK_INT(strlen(one), 9 + 16);
	CHECK_INT(strspn(one + 9, "0123456789abcdef"), 16);
	CHECK(strcmp(one, other) != 0);
	/* It has to be a name, too. */
	memset(name, 'x', NAME_MAX);
	name[NAME_MAX] = '\0';
	CHECK_INT(newid_beside(name, &a, &one), 0);
	CHECK_INT(strlen(one), 1 + 200 + 1 + 16);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {TEST(test_form), TEST(test_random),
						  TEST(test_beside)};

	return UNIT_RUN(tests);
}
