// SPDX-License-Identifier: Apache-2.0
/*
 * sys_rlimit.c - tests of resource limits
 */
#include "sys/rlimit.h"

#include <sys/resource.h>
#include <unistd.h>

#include "support.h"

static void need_room(void)
{
	struct rlimit is;

	CHECK_INT(getrlimit(RLIMIT_CORE, &is), 0);
	if (geteuid() != 0 && is.rlim_max < 4096)
		skip_because("the limit is lower already, and only root may raise it");
}

static void child_set(void *data)
{
	struct rlimit is;

	need_room();
	CHECK_INT(rlimit_set(RLIMIT_CORE, 0, 4096), 0);
	CHECK_INT(getrlimit(RLIMIT_CORE, &is), 0);
	CHECK(is.rlim_cur == 0 && is.rlim_max == 4096);
	CHECK_INT(rlimit_set(RLIMIT_CORE, 4096, 4096), 0);
	CHECK_INT(getrlimit(RLIMIT_CORE, &is), 0);
	CHECK(is.rlim_cur == 4096);
	/* the soft one above the hard one; a limit that there is not */
	CHECK_INT(rlimit_set(RLIMIT_CORE, 4097, 4096), -EINVAL);
	CHECK_INT(rlimit_set(-1, 0, 0), -EINVAL);
	CHECK_INT(rlimit_set(RLIM_NLIMITS, 0, 0), -EINVAL);
	CHECK_INT(getrlimit(RLIMIT_CORE, &is), 0);
	CHECK(is.rlim_cur == 4096 && is.rlim_max == 4096);
}

static void test_set(void **state)
{
	in_child(child_set, NULL);
}

/* All bits are "unlimited", and only they. */
static void child_unlimited(void *data)
{
	struct rlimit is;

	CHECK_INT(getrlimit(RLIMIT_CPU, &is), 0);
	if (is.rlim_max != RLIM_INFINITY)
		skip_because("the time of the CPU is limited here");
	CHECK_INT(rlimit_set(RLIMIT_CPU, UINT64_MAX, UINT64_MAX), 0);
	CHECK_INT(getrlimit(RLIMIT_CPU, &is), 0);
	CHECK(is.rlim_cur == RLIM_INFINITY && is.rlim_max == RLIM_INFINITY);
	CHECK_INT(rlimit_set(RLIMIT_CPU, 5000000000, UINT64_MAX), 0);
	CHECK_INT(getrlimit(RLIMIT_CPU, &is), 0);
	CHECK(is.rlim_cur == 5000000000 && is.rlim_max == RLIM_INFINITY);
}

static void test_unlimited(void **state)
{
	in_child(child_unlimited, NULL);
}

static void child_want(void *data)
{
	struct rlimit is;

	need_room();
	CHECK_INT(rlimit_set(RLIMIT_CORE, 1000, 4096), 0);
	CHECK_INT(rlimit_want(RLIMIT_CORE, 2000), 0);
	CHECK_INT(getrlimit(RLIMIT_CORE, &is), 0);
	CHECK(is.rlim_cur == 2000 && is.rlim_max == 4096);
	/* never down, and not above the hard one */
	CHECK_INT(rlimit_want(RLIMIT_CORE, 1), 0);
	CHECK_INT(getrlimit(RLIMIT_CORE, &is), 0);
	CHECK(is.rlim_cur == 2000 && is.rlim_max == 4096);
	CHECK_INT(rlimit_want(RLIMIT_CORE, 5000), 0);
	CHECK_INT(getrlimit(RLIMIT_CORE, &is), 0);
	CHECK(is.rlim_cur == 4096 && is.rlim_max == 4096);
	CHECK_INT(rlimit_want(RLIM_NLIMITS, 1), -EINVAL);
}

static void test_want(void **state)
{
	in_child(child_want, NULL);
}

static void child_raise(void *data)
{
	need_room();
	CHECK_INT(rlimit_set(RLIMIT_CORE, 0, 4096), 0);
	CHECK_INT(rlimit_set(RLIMIT_CORE, 0, 8192), -EPERM);
}

static void test_raise(void **state)
{
	if (geteuid() == 0)
		skip_because("root may raise limits");
	in_child(child_raise, NULL);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {TEST(test_set), TEST(test_unlimited),
						  TEST(test_want), TEST(test_raise)};

	return UNIT_RUN(tests);
}
