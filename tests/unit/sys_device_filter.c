// SPDX-License-Identifier: Apache-2.0
/*
 * sys_device_filter.c - tests of which devices a cgroup lets its processes use
 */
#include "sys/device_filter.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "support.h"
#include "sys/cgroup.h"
#include "sys/dir.h"
#include "sys/fd.h"

#define ALL	      (DEVICE_READ | DEVICE_WRITE | DEVICE_MAKE)
#define CGROUP2_MAGIC 0x63677270

static const struct device_rule usual[] = {
	{false, 'a', -1, -1, ALL},	  {true, 'c', -1, -1, DEVICE_MAKE},
	{true, 'c', 1, 3, ALL},		  {true, 'c', 1, 5, DEVICE_READ},
	{false, 'c', 1, 3, DEVICE_WRITE},
};

static void test_last_rule_decides(void **state)
{
	const size_t n = ARRAY_SIZE(usual);

	CHECK(device_filter_allows(usual, n, 'c', 1, 3, DEVICE_READ));
	CHECK(!device_filter_allows(usual, n, 'c', 1, 3, DEVICE_WRITE));
	CHECK(!device_filter_allows(usual, n, 'c', 1, 3, DEVICE_READ | DEVICE_WRITE));
	CHECK(device_filter_allows(usual, n - 1, 'c', 1, 3, DEVICE_READ | DEVICE_WRITE));
	CHECK(device_filter_allows(usual, n, 'c', 1, 5, DEVICE_READ));
	/* all of it has to be allowed, by one rule */
	CHECK(!device_filter_allows(usual, n, 'c', 1, 5, DEVICE_READ | DEVICE_MAKE));
	CHECK(device_filter_allows(usual, n, 'c', 200, 7, DEVICE_MAKE));
	CHECK(!device_filter_allows(usual, n, 'b', 8, 0, DEVICE_MAKE));
	CHECK(!device_filter_allows(usual, n, 'b', 8, 0, DEVICE_READ));
	CHECK(!device_filter_allows(NULL, 0, 'c', 1, 3, DEVICE_READ));
}

/* A folder of cgroup v2 that this process can make, or a skipped test. */
static int make_cgroup(char name[static 64], int *ret_top)
{
	static const char *const tops[] = {"/sys/fs/cgroup", "/sys/fs/cgroup/unified"};

	for (size_t i = 0; i < ARRAY_SIZE(tops); i++) {
		_cleanup_fd_ int top = fd_open(AT_FDCWD, tops[i], O_RDONLY | O_DIRECTORY);
		struct statfs fs;

		if (top < 0 || fstatfs(top, &fs) < 0 || fs.f_type != CGROUP2_MAGIC)
			continue;
		snprintf(name, 64, "urun-unit-%d", (int)getpid());
		if (mkdirat(top, name, 0755) < 0)
			skip_because("no cgroup can be made: %s", strerror(errno));
		*ret_top = fd_take(&top);
		return fd_open(*ret_top, name, O_RDONLY | O_DIRECTORY);
	}
	skip_because("no cgroup v2 here");
}

struct
try {
	int cgroup, dev;
	const struct device_rule *rules;
	size_t n;
};

static const struct {
	const char *name;
	int64_t minor;
} nodes[] = {{"null", 3}, {"zero", 5}, {"full", 7}, {"random", 8}, {"urandom", 9}};

static void child_tries(void *data)
{
	static const int modes[] = {O_RDONLY, O_WRONLY, O_RDWR};
	static const unsigned int asked[] = {DEVICE_READ, DEVICE_WRITE,
					     DEVICE_READ | DEVICE_WRITE};
	const struct try *t = data;

	CHECK_INT(cgroup_move(t->cgroup, 0), 0);
	for (size_t i = 0; i < ARRAY_SIZE(nodes); i++)
		for (size_t k = 0; k < ARRAY_SIZE(modes); k++) {
			int fd = fd_open(t->dev, nodes[i].name, modes[k]);
			bool is_allowed = device_filter_allows(t->rules, t->n, 'c', 1,
							       nodes[i].minor, asked[k]);

			check_context("%s, mode %d", nodes[i].name, modes[k]);
			CHECK_INT(fd < 0 ? fd : 0, is_allowed ? 0 : -EPERM);
			fd_close(&fd);
		}
}

/* The kernel and the model say the same of every rule that can be made of these. */
static void test_kernel_agrees(void **state)
{
	struct dice dice = {42};
	_cleanup_fd_ int dev = fd_open(AT_FDCWD, "/dev", O_PATH | O_DIRECTORY);
	char name[64];
	int top = -EBADF;

	for (int round = 0; round < 25; round++) {
		struct device_rule rules[6];
		size_t n = dice_roll(&dice, 7);
		int cgroup = make_cgroup(name, &top), r;
		struct try t = {cgroup, dev, rules, n};

		for (size_t i = 0; i < n; i++)
			rules[i] = (struct device_rule){
				.is_allowed = dice_roll(&dice, 2),
				.type = "acb"[dice_roll(&dice, 3)],
				.major = dice_roll(&dice, 3) ? 1 : -1,
				.minor = dice_roll(&dice, 2)
						 ? nodes[dice_roll(&dice, 5)].minor
						 : -1,
				.access = 1 + dice_roll(&dice, 7),
			};
		r = device_filter_attach(cgroup, rules, n);
		if (r == -EPERM) {
			dir_unlink(top, name, AT_REMOVEDIR);
			skip_because("this user may not filter devices");
		}
		CHECK_INT(r, 0);
		in_child(child_tries, &t);
		fd_close(&cgroup);
		CHECK_INT(dir_unlink(top, name, AT_REMOVEDIR), 0);
		fd_close(&top);
	}
}

static void test_too_many(void **state)
{
	static struct device_rule rules[DEVICE_MAX_RULES + 1];

	CHECK_INT(device_filter_attach(-1, rules, ARRAY_SIZE(rules)), -E2BIG);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(test_last_rule_decides),
		TEST(test_kernel_agrees),
		TEST(test_too_many),
	};

	return UNIT_RUN(tests);
}
