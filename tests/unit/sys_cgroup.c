// SPDX-License-Identifier: Apache-2.0
/*
 * sys_cgroup.c - sys/cgroup.h on the kernel's own folders; root's alone, where no user was given one
 */
#include "sys/cgroup.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support.h"
#include "sys/clock.h"
#include "sys/fd.h"
#include "sys/process.h"

#define PREFIX	 "urun-"
#define SWEEPERS 2
#define FOLDERS	 3000

struct place {
	char path[128];
	int fd;
};

/* Both names of where cgroup v2 is mounted. */
static int make_place(void **state)
{
	static struct place p;
	static const char *const roots[] = {CGROUP_ROOT, CGROUP_ROOT "/unified"};

	p.fd = -EBADF;
	*state = &p;
	for (size_t i = 0; i < ARRAY_SIZE(roots) && p.fd < 0; i++) {
		char events[64];

		snprintf(p.path, sizeof(p.path), "%s/urun-unit-%d", roots[i],
			 (int)getpid());
		snprintf(events, sizeof(events), "%s/cgroup.controllers", roots[i]);
		if (access(events, F_OK) == 0 && mkdir(p.path, 0755) == 0)
			p.fd = fd_open(AT_FDCWD, p.path, O_RDONLY | O_DIRECTORY);
	}
	return 0;
}

static int remove_place(void **state)
{
	struct place *p = *state;

	if (p->fd < 0)
		return 0;
	fd_close(&p->fd);
	return rmdir(p->path);
}

static const struct place *place_of(void **state)
{
	const struct place *p = *state;

	if (p->fd < 0)
		skip();
	return p;
}

static void name_of(char name[static 64], unsigned int n)
{
	snprintf(name, 64, PREFIX "%032x", n);
}

static pid_t start_sweeper(int fd)
{
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid > 0)
		return pid;
	process_die_with_parent(SIGKILL);
	while (true) {
		struct arena a;

		arena_init(&a, NULL, 0);
		cgroup_sweep(fd, PREFIX, &a);
		arena_free(&a);
	}
}

/* What is made and locked stays, whoever sweeps. */
static void test_sweepers(void **state)
{
	const struct place *p = place_of(state);
	pid_t sweepers[SWEEPERS];
	unsigned int lost = 0;

	for (int i = 0; i < SWEEPERS; i++)
		sweepers[i] = start_sweeper(p->fd);
	for (unsigned int i = 0; i < FOLDERS; i++) {
		_cleanup_fd_ int fd = -EBADF;
		struct stat st;
		char name[64];

		name_of(name, i % 2 ? i : 0);
		assert_int_equal(cgroup_make(p->fd, name, &fd), 0);
		usleep(20);
		lost += fstatat(p->fd, name, &st, 0) < 0;
		assert_int_equal(cgroup_remove(p->fd, name), 0);
	}
	for (int i = 0; i < SWEEPERS; i++) {
		kill(sweepers[i], SIGKILL);
		waitpid(sweepers[i], NULL, 0);
	}
	assert_int_equal(lost, 0);
}

static void test_sweep(void **state)
{
	static const char ours[] = PREFIX "0123456789abcdef0123456789abcdef";
	static const char *const others[] = {"urun-caller", "urun-mine",
					     PREFIX "0123456789abcdef0123456789abcde"};
	const struct place *p = place_of(state);
	struct arena a;
	struct stat st;

	arena_init(&a, NULL, 0);
	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		assert_int_equal(mkdirat(p->fd, others[i], 0755), 0);
	assert_int_equal(mkdirat(p->fd, ours, 0755), 0);
	cgroup_sweep(p->fd, PREFIX, &a);
	assert_true(fstatat(p->fd, ours, &st, 0) < 0);
	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		assert_int_equal(cgroup_remove(p->fd, others[i]), 0);
	arena_free(&a);
}

/* Deep and wide. */
static void test_remove(void **state)
{
	const struct place *p = place_of(state);
	_cleanup_fd_ int at = -EBADF;

	assert_int_equal(mkdirat(p->fd, "tree", 0755), 0);
	at = fd_open(p->fd, "tree", O_RDONLY | O_DIRECTORY);
	for (int i = 0; i < 50; i++) {
		int below;

		assert_int_equal(mkdirat(at, "wide", 0755), 0);
		assert_int_equal(mkdirat(at, "deep", 0755), 0);
		below = fd_open(at, "deep", O_RDONLY | O_DIRECTORY);
		fd_close(&at);
		at = below;
	}
	assert_int_equal(cgroup_remove(p->fd, "tree"), 0);
	assert_int_equal(cgroup_remove(p->fd, "tree"), 0);
}

static pid_t start_inside(int cgroup)
{
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid > 0)
		return pid;
	process_die_with_parent(SIGKILL);
	cgroup_move(cgroup, 0);
	while (true)
		pause();
}

/* Frozen, thawed, killed; each is waited for, and nobody spins. */
static void test_processes(void **state)
{
	const struct place *p = place_of(state);
	_cleanup_fd_ int fd = -EBADF;
	int64_t before;
	pid_t pid;
	clock_t used;

	assert_int_equal(cgroup_make(p->fd, "box", &fd), 0);
	pid = start_inside(fd);
	while (cgroup_wait_empty(fd, 0) == 0)
		usleep(1000);
	used = clock();
	before = clock_now_ms();
	assert_int_equal(cgroup_wait_empty(fd, 300), -ETIMEDOUT);
	assert_true(clock_now_ms() - before >= 300);
	assert_true(clock() - used < CLOCKS_PER_SEC / 10);
	assert_int_equal(cgroup_freeze(fd, true, 5000), 0);
	assert_true(cgroup_is_frozen(fd));
	assert_int_equal(cgroup_freeze(fd, false, 5000), 0);
	assert_false(cgroup_is_frozen(fd));
	assert_int_equal(cgroup_remove(p->fd, "box"), -EBUSY);
	assert_int_equal(cgroup_kill(fd), 0);
	assert_int_equal(cgroup_wait_empty(fd, 5000), 0);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	assert_int_equal(cgroup_remove(p->fd, "box"), 0);
}

static void test_names(void **state)
{
	struct arena a;

	(void)state;
	arena_init(&a, NULL, 0);
	assert_int_equal(cgroup_controller_of("memory.max"), 1u << CGROUP_MEMORY);
	assert_int_equal(cgroup_controller_of("memoryx.max"), 0);
	assert_int_equal(cgroup_controller_of("cgroup.procs"), 0);
	assert_int_equal(cgroup_controller_of("hugetlb.2MB.max"), 1u << CGROUP_HUGETLB);
	assert_string_equal(cgroup_controller_names(0, &a), "");
	assert_string_equal(cgroup_controller_names(1u << CGROUP_PIDS | 1u << CGROUP_CPU,
						    &a),
			    "cpu pids");
	arena_free(&a);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),	  cmocka_unit_test(test_sweep),
		cmocka_unit_test(test_sweepers),  cmocka_unit_test(test_remove),
		cmocka_unit_test(test_processes),
	};

	return cmocka_run_group_tests(tests, make_place, remove_place);
}
