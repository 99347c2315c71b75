// SPDX-License-Identifier: Apache-2.0
/*
 * sys_sched.c - tests of scheduler, I/O priority and CPUs
 */
#include "sys/sched.h"

#include <sched.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "support.h"

static void child_scheduler(void *data)
{
	/* SCHED_BATCH, SCHED_IDLE; a policy and a nice value that there are not */
	CHECK_INT(sched_set(&(struct sched_params){.policy = 3, .nice = 7}), 0);
	CHECK_INT(sched_getscheduler(0), 3);
	CHECK_INT(getpriority(PRIO_PROCESS, 0), 7);
	/* SCHED_FLAG_RESET_ON_FORK is told as a bit of the policy. */
	CHECK_INT(sched_set(&(struct sched_params){.policy = 5, .flags = 1, .nice = 7}),
		  0);
	CHECK_INT(sched_getscheduler(0), 5 | 0x40000000);
	CHECK_INT(sched_set(&(struct sched_params){.policy = 77}), -EINVAL);
	CHECK_INT(sched_set(&(struct sched_params){.policy = 1}), -EINVAL);
}

static void test_scheduler(void **state)
{
	in_child(child_scheduler, NULL);
}

static void child_denied(void *data)
{
	const struct rlimit none = {0, 0};

	CHECK_INT(setrlimit(RLIMIT_RTPRIO, &none), 0);
	CHECK_INT(setrlimit(RLIMIT_NICE, &none), 0);
	CHECK(syscall(SYS_setresuid, 4711, 4711, 4711) == 0);
	CHECK_INT(sched_set(&(struct sched_params){.policy = 1, .priority = 1}), -EPERM);
	CHECK_INT(sched_set(&(struct sched_params){.nice = -1}), -EPERM);
	CHECK_INT(sched_set_io(1, 0), -EPERM);
}

static void test_denied(void **state)
{
	if (geteuid() != 0)
		skip_because("only root can become another user");
	in_child(child_denied, NULL);
}

static void child_io(void *data)
{
	CHECK_INT(sched_set_io(2, 6), 0);
	CHECK_INT(syscall(SYS_ioprio_get, 1, 0), 2 << 13 | 6);
	CHECK_INT(sched_set_io(3, 0), 0);
	CHECK_INT(syscall(SYS_ioprio_get, 1, 0), 3 << 13);
	CHECK_INT(sched_set_io(7, 0), -EINVAL);
}

static void test_io(void **state)
{
	in_child(child_io, NULL);
}

/* The CPUs of this process, as a mask of the first 64. */
static uint64_t cpus(void)
{
	uint64_t mask[128] = {0};

	CHECK(syscall(SYS_sched_getaffinity, 0, sizeof(mask), mask) > 0);
	return mask[0];
}

static void child_cpus(void *data)
{
	const uint64_t all = cpus();

	if (!(all & 1))
		skip_because("CPU 0 is not for this process");
	CHECK_INT(sched_set_cpus("0"), 0);
	CHECK(cpus() == 1);
	CHECK_INT(sched_set_cpus(NULL), 0);
	CHECK(cpus() == all);
	/* What there is not is left out, but not when nothing is left. */
	CHECK_INT(sched_set_cpus("0,9999"), 0);
	CHECK(cpus() == 1);
	CHECK_INT(sched_set_cpus("0-9999"), 0);
	CHECK(cpus() == all);
	CHECK_INT(sched_set_cpus("9998-9999"), -EINVAL);
	CHECK(cpus() == all);
	if (all & 2) {
		CHECK_INT(sched_set_cpus("1-1"), 0);
		CHECK(cpus() == 2);
		CHECK_INT(sched_set_cpus("1,0"), 0);
		CHECK(cpus() == 3);
	}
}

static void test_cpus(void **state)
{
	in_child(child_cpus, NULL);
}

static void test_no_list(void **state)
{
	static const char *const lists[] = {"x",    "1-", "-1",	   "3-1",
					    "1,,2", "1 ", "10000", "99999999999999999999",
					    "0-1-2"};

	for (size_t i = 0; i < ARRAY_SIZE(lists); i++) {
		check_context("%s", lists[i]);
		CHECK_INT(sched_set_cpus(lists[i]), -EINVAL);
	}
	check_no_context();
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(test_scheduler), TEST(test_denied),  TEST(test_io),
		TEST(test_cpus),      TEST(test_no_list),
	};

	return UNIT_RUN(tests);
}
