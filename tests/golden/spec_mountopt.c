// SPDX-License-Identifier: Apache-2.0
/*
 * spec_mountopt.c - mountopt_apply(): what each word of mount(8) does to an operation
 */
#include <string.h>
#include <sys/mount.h>

#include "base/mountattr.h"
#include "spec/mountopt.h"
#include "test.h"

static const struct {
	const char *word, *opposite;
	uint64_t bit;
} flags[] = {
	{"ro", "rw", MOUNT_ATTR_RDONLY},
	{"nosuid", "suid", MOUNT_ATTR_NOSUID},
	{"nodev", "dev", MOUNT_ATTR_NODEV},
	{"noexec", "exec", MOUNT_ATTR_NOEXEC},
	{"nodiratime", "diratime", MOUNT_ATTR_NODIRATIME},
	{"nosymfollow", "symfollow", MOUNT_ATTR_NOSYMFOLLOW},
};

/* Nothing but the attributes named changed. */
static void check(const struct fsop *op, uint64_t set, uint64_t clear, bool is_recursive)
{
	struct fsop want = {
		.attr_set = set, .attr_clear = clear, .is_attr_recursive = is_recursive};

	assert_int_equal(op->attr_set, set);
	assert_int_equal(op->attr_clear, clear);
	assert_int_equal(op->is_attr_recursive, is_recursive);
	assert_int_equal(op->propagation, want.propagation);
	assert_int_equal(op->is_recursive, want.is_recursive);
	assert_null(op->source);
	assert_null(op->data);
}

static void test_flags(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(flags); i++) {
		struct fsop op = {0};

		assert_int_equal(mountopt_apply(flags[i].word, &op), 1);
		check(&op, flags[i].bit, 0, false);
		assert_int_equal(mountopt_apply(flags[i].opposite, &op), 1);
		check(&op, 0, flags[i].bit, false);
		assert_int_equal(mountopt_apply(flags[i].word, &op), 1);
		check(&op, flags[i].bit, 0, false);
	}
}

static void test_flags_add_up(void **state)
{
	struct fsop op = {0};
	uint64_t all = 0;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(flags); i++) {
		all |= flags[i].bit;
		mountopt_apply(flags[i].word, &op);
		check(&op, all, 0, false);
	}
	for (size_t i = 0; i < ARRAY_SIZE(flags); i++)
		mountopt_apply(flags[i].opposite, &op);
	check(&op, 0, all, false);
}

static void test_access_times(void **state)
{
	struct fsop op = {0};

	(void)state;
	mountopt_apply("noatime", &op);
	check(&op, MOUNT_ATTR_NOATIME, 0, false);
	mountopt_apply("relatime", &op);
	check(&op, 0, MOUNT_ATTR__ATIME, false);
	op = (struct fsop){0};
	mountopt_apply("strictatime", &op);
	check(&op, MOUNT_ATTR_STRICTATIME, 0, false);
	/* Without one of them it is the kernel's default. */
	mountopt_apply("nostrictatime", &op);
	check(&op, 0, MOUNT_ATTR__ATIME, false);
	mountopt_apply("noatime", &op);
	mountopt_apply("norelatime", &op);
	check(&op, 0, MOUNT_ATTR__ATIME, false);
	mountopt_apply("rnoatime", &op);
	mountopt_apply("rnorelatime", &op);
	check(&op, 0, MOUNT_ATTR__ATIME, true);
	mountopt_apply("rnostrictatime", &op);
	check(&op, 0, MOUNT_ATTR__ATIME, true);
}

/* One field of two bits: mount_setattr(2) has no value for both at once. */
static void test_the_last_access_time_wins(void **state)
{
	struct fsop op = {0};

	(void)state;
	mountopt_apply("noatime", &op);
	mountopt_apply("strictatime", &op);
	assert_int_equal(op.attr_set, MOUNT_ATTR_STRICTATIME);
	mountopt_apply("noatime", &op);
	assert_int_equal(op.attr_set, MOUNT_ATTR_NOATIME);
	mountopt_apply("relatime", &op);
	mountopt_apply("noatime", &op);
	assert_int_equal(op.attr_set, MOUNT_ATTR_NOATIME);
	assert_int_equal(op.attr_clear & MOUNT_ATTR_NOATIME, 0);
}

static void test_recursive_flags(void **state)
{
	static const struct {
		const char *word;
		uint64_t set, clear;
	} words[] = {
		{"rro", MOUNT_ATTR_RDONLY, 0},
		{"rrw", 0, MOUNT_ATTR_RDONLY},
		{"rnosuid", MOUNT_ATTR_NOSUID, 0},
		{"rsuid", 0, MOUNT_ATTR_NOSUID},
		{"rnodev", MOUNT_ATTR_NODEV, 0},
		{"rdev", 0, MOUNT_ATTR_NODEV},
		{"rnoexec", MOUNT_ATTR_NOEXEC, 0},
		{"rexec", 0, MOUNT_ATTR_NOEXEC},
		{"rnoatime", MOUNT_ATTR_NOATIME, 0},
		{"rnodiratime", MOUNT_ATTR_NODIRATIME, 0},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		struct fsop op = {0};

		assert_int_equal(mountopt_apply(words[i].word, &op), 1);
		check(&op, words[i].set, words[i].clear, true);
		/* A plain word behind it does not take the mounts below out again. */
		assert_int_equal(mountopt_apply("nosuid", &op), 1);
		assert_true(op.is_attr_recursive);
	}
}

static void test_propagation(void **state)
{
	static const struct {
		const char *word;
		uint64_t propagation;
	} words[] = {
		{"private", MS_PRIVATE},       {"rprivate", MS_PRIVATE | MS_REC},
		{"slave", MS_SLAVE},	       {"rslave", MS_SLAVE | MS_REC},
		{"shared", MS_SHARED},	       {"rshared", MS_SHARED | MS_REC},
		{"unbindable", MS_UNBINDABLE}, {"runbindable", MS_UNBINDABLE | MS_REC},
	};
	struct fsop op = {0};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		assert_int_equal(mountopt_apply(words[i].word, &op), 1);
		assert_int_equal(op.propagation, words[i].propagation);
	}
	assert_int_equal(op.attr_set | op.attr_clear, 0);
	assert_false(op.is_recursive);
}

static void test_binds(void **state)
{
	struct fsop op = {0};

	(void)state;
	assert_int_equal(mountopt_apply("rbind", &op), 1);
	assert_true(op.is_recursive);
	assert_int_equal(mountopt_apply("bind", &op), 1);
	check(&op, 0, 0, false);
}

static void test_defaults_change_nothing(void **state)
{
	struct fsop op = {0};

	(void)state;
	assert_int_equal(mountopt_apply("defaults", &op), 1);
	check(&op, 0, 0, false);
}

static void test_other_words(void **state)
{
	static const char *const words[] = {
		"",  "RO", "ro ",   " ro",  "r",    "readonly", "size=5m", "rrbind",
		"z", "O",  "ro,rw", "rorw", "noro", "default",	"mode=1",  "nosuids",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		struct fsop op = {0};

		assert_int_equal(mountopt_apply(words[i], &op), 0);
		check(&op, 0, 0, false);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_flags),	    TEST(test_flags_add_up),
		TEST(test_access_times),    TEST(test_the_last_access_time_wins),
		TEST(test_recursive_flags), TEST(test_propagation),
		TEST(test_binds),	    TEST(test_defaults_change_nothing),
		TEST(test_other_words),
	};

	return cmocka_run_group_tests_name("spec_mountopt", tests, NULL, NULL);
}
