// SPDX-License-Identifier: Apache-2.0
/*
 * sys_proc_list.c - tests of what is read of processes, also of hostile ones
 */
#include "sys/proc_list.h"

#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support.h"
#include "sys/dir.h"
#include "sys/fd.h"
#include "sys/process.h"

/* As Linux 6.1 writes them; the name is hostile. */
#define STAT                                                                            \
	"4711 (a) R 1 (b) S 4700 4711 4700 34817 4711 4194304 142 0 0 0 150 25 0 0 20 " \
	"-5 1 0 93012 2326528 332 18446744073709551615 1 1 0 0 0 0 0 4 65538 0 0 0 17 " \
	"1 0 0 0 0 0 0 0 0 0 0 0 0 0\n"
#define STATUS                                                                   \
	"Name:\ta) R 1 (b\nUmask:\t0022\nState:\tS (sleeping)\nTgid:\t4711\n"    \
	"Pid:\t4711\nPPid:\t4700\nTracerPid:\t0\nUid:\t100033\t100034\t100034\t" \
	"100034\nGid:\t100040\t100041\t100041\t100041\nFDSize:\t64\n"            \
	"Groups:\t100005 100006 \nNStgid:\t4711\t12\t3\nNSpid:\t4711\t12\t3\n"   \
	"NSpgid:\t4711\t12\t0\nNSsid:\t4700\t1\t0\nVmSize:\t    2272 kB\n"       \
	"CapInh:\t0000000000000001\nCapPrm:\t0000000000000002\n"                 \
	"CapEff:\t0000000000000004\nCapBnd:\t000001ffffffffff\n"                 \
	"CapAmb:\t8000000000000000\nNoNewPrivs:\t1\nSeccomp:\t2\n"               \
	"Seccomp_filters:\t1\n"

static int open_made(struct folder *f, const char *stat, const char *status)
{
	make_dir(f->fd, "p", 0755);
	if (stat)
		make_file(f->fd, "p/stat", stat);
	if (status)
		make_file(f->fd, "p/status", status);
	return fd_open(f->fd, "p", O_RDONLY | O_DIRECTORY);
}

static void write_cmdline(int dir, const char *bytes, size_t len)
{
	_cleanup_fd_ int fd =
		fd_create(dir, "cmdline", O_WRONLY | O_CREAT | O_TRUNC, 0644);

	CHECK_INT(fd_write_all(fd, bytes, len), 0);
}

static void test_read(void **state)
{
	_cleanup_arena_ struct arena a = {0};
	struct folder *f = *state;
	_cleanup_fd_ int dir = open_made(f, STAT, STATUS);
	long hz = sysconf(_SC_CLK_TCK);
	struct proc p;

	make_dir(dir, "attr", 0755);
	make_file(dir, "attr/current", "profile (enforce)\n");
	write_cmdline(dir, "one\0two words\0\0", 15);
	CHECK_INT(proc_read(dir, &a, &p), 0);
	CHECK_INT(p.pid, 4711);
	CHECK_INT(p.ppid, 4700);
	CHECK_STR(p.comm, "a) R 1 (b");
	CHECK_INT(p.state, 'S');
	CHECK_INT(p.tty_major, 136);
	CHECK_INT(p.tty_minor, 1);
	CHECK_INT(p.cpu_ms, 175 * 1000 / hz);
	CHECK_INT(p.nice, -5);
	CHECK_INT(p.start_ticks, 93012);
	CHECK_INT(p.vsz_bytes, 2326528);
	CHECK_INT(p.rss_bytes, 332 * sysconf(_SC_PAGESIZE));
	CHECK_INT(p.ruid, 100033);
	CHECK_INT(p.euid, 100034);
	CHECK_INT(p.rgid, 100040);
	CHECK_INT(p.egid, 100041);
	CHECK_INT(p.n_groups, 2);
	CHECK_INT(p.groups[1], 100006);
	CHECK_INT(p.n_pids, 3);
	CHECK_INT(p.pids[1], 12);
	CHECK_INT(p.pids[2], 3);
	CHECK_INT(p.n_pgids, 3);
	CHECK_INT(p.pgids[1], 12);
	CHECK_INT(p.caps[PROC_CAPS_INHERITABLE], 1);
	CHECK_INT(p.caps[PROC_CAPS_PERMITTED], 2);
	CHECK_INT(p.caps[PROC_CAPS_EFFECTIVE], 4);
	CHECK_INT(p.caps[PROC_CAPS_BOUNDING], 0x1ffffffffff);
	CHECK(p.caps[PROC_CAPS_AMBIENT] == UINT64_C(1) << 63);
	CHECK_INT(p.seccomp, 2);
	CHECK_STR(p.args, "one two words");
	CHECK_STR(p.label, "profile (enforce)");
}

/* Before Linux 4.1 there were no NS lines, without seccomp is none of its own. */
static void test_read_less(void **state)
{
	_cleanup_arena_ struct arena a = {0};
	_cleanup_fd_ int dir = open_made(*state, STAT, "Uid:\t1\t2\t2\t2\nGid:\t3\t4\n");
	struct proc p;

	CHECK_INT(proc_read(dir, &a, &p), 0);
	CHECK_INT(p.n_pids, 0);
	CHECK_INT(p.seccomp, -1);
	CHECK_STR(p.args, "");
	CHECK_STR(p.label, NULL);
}

static void test_read_cut(void **state)
{
	_cleanup_arena_ struct arena a = {0};
	_cleanup_fd_ int dir = open_made(*state, STAT, STATUS);
	static char long_args[3 * PROC_MAX_ARGS];
	struct proc p;

	memset(long_args, 'x', sizeof(long_args));
	write_cmdline(dir, long_args, sizeof(long_args));
	CHECK_INT(proc_read(dir, &a, &p), 0);
	CHECK_INT(strlen(p.args), PROC_MAX_ARGS);
	write_cmdline(dir, "\0\0\0", 3);
	CHECK_INT(proc_read(dir, &a, &p), 0);
	CHECK_STR(p.args, "");
}

static void test_read_bad(void **state)
{
	static const struct {
		const char *stat, *status;
		int want;
	} cases[] = {
		{NULL, STATUS, -ESRCH},
		{STAT, NULL, -ESRCH},
		{"", STATUS, -EBADMSG},
		{"4711 (a S 1 2 3 4 5", STATUS, -EBADMSG},
		{"4711 (a) S 1 2 3 4 5", STATUS, -EBADMSG},
		{")4711(", STATUS, -EBADMSG},
		{STAT, "", -EBADMSG},
		{STAT, "Uid:\t1\nGid:\t1\n", -EBADMSG},
	};
	struct folder *f = *state;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_arena_ struct arena a = {0};
		_cleanup_fd_ int dir = -EBADF;
		struct proc p = {.pid = 42};

		check_context("case %zu", i);
		dir = open_made(f, cases[i].stat, cases[i].status);
		CHECK_INT(proc_read(dir, &a, &p), cases[i].want);
		CHECK_INT(p.pid, 42);
		dir_unlink(dir, "stat", 0);
		dir_unlink(dir, "status", 0);
		CHECK_INT(dir_unlink(f->fd, "p", AT_REMOVEDIR), 0);
	}
}

static void test_many_numbers(void **state)
{
	_cleanup_arena_ struct arena a = {0};
	struct arena *all = &a;
	const char *text = "Uid:\t1\t1\nGid:\t1\t1\nGroups:\t", *pids = "\nNSpid:\t";
	_cleanup_fd_ int dir = -EBADF;
	struct proc p;

	for (int i = 0; i < 100; i++) {
		text = arena_printf(all, "%s%d ", text, i);
		pids = arena_printf(all, "%s%d ", pids, i);
	}
	dir = open_made(*state, STAT, arena_printf(all, "%s%s\n", text, pids));
	CHECK_INT(proc_read(dir, &a, &p), 0);
	CHECK_INT(p.n_groups, PROC_MAX_GROUPS);
	CHECK_INT(p.groups[PROC_MAX_GROUPS - 1], PROC_MAX_GROUPS - 1);
	CHECK_INT(p.n_pids, PROC_MAX_DEPTH);
}

static void test_map(void **state)
{
	_cleanup_arena_ struct arena a = {0};
	struct folder *f = *state;
	struct proc_map map = {0};
	uint32_t id = 7;

	make_file(f->fd, "uid_map",
		  "         0       1000          1\n         1     100000      65536\n"
		  " 70000 4294967000 200\n");
	CHECK_INT(proc_read_map(f->fd, "uid_map", &a, &map), 0);
	CHECK_INT(map.n_v, 3);
	CHECK(proc_map_inside(&map, 1000, &id));
	CHECK_INT(id, 0);
	CHECK(proc_map_inside(&map, 165535, &id));
	CHECK_INT(id, 65536);
	CHECK(proc_map_inside(&map, 4294967199, &id));
	CHECK_INT(id, 70199);
	id = 7;
	CHECK(!proc_map_inside(&map, 165536, &id));
	CHECK(!proc_map_inside(&map, 4294967200, &id));
	CHECK(!proc_map_inside(&map, 0, &id));
	CHECK_INT(id, 7);
	CHECK_INT(proc_read_map(f->fd, "gid_map", &a, &map), -ESRCH);
}

/* --- real processes --- */

/* A child in a pid namespace of its own, which has a child with a grandchild in another one. */
struct family {
	pid_t first, sleeper;
	int told[2];
};

static _noreturn_ void rest(void)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	for (;;)
		pause();
}

static void be_first(struct family *f)
{
	int pidfd;
	pid_t pid;

	prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	pid = process_clone(CLONE_NEWPID, -1, &pidfd);
	if (pid == 0) {
		prctl(PR_SET_NAME, "x\ny", 0, 0, 0);
		CHECK_INT(fd_write_all(f->told[1], "x", 1), 0);
		rest();
	}
	CHECK(pid > 0);
	rest();
}

static void list_family(void *data)
{
	_cleanup_arena_ struct arena a = {0};
	struct proc_query q = {0};
	struct family f = {0};
	struct proc *v;
	struct err err = {0};
	size_t n;
	int pidfd;
	char byte;

	(void)data;
	enter_userns(0, 0);
	CHECK_INT(fd_pipe(f.told), 0);
	q.first = process_clone(CLONE_NEWPID, -1, &pidfd);
	if (q.first == 0)
		be_first(&f);
	CHECK(q.first > 0);
	CHECK_INT(read(f.told[0], &byte, 1), 1);
	CHECK_INT(proc_list(&q, &a, &v, &n, &err), 0);
	CHECK_INT(n, 2);
	CHECK_INT(v[0].pid, q.first);
	CHECK_INT(v[0].ppid, getpid());
	CHECK_INT(v[0].pid_inside, 1);
	CHECK_INT(v[0].ppid_inside, 0);
	/* Of the namespace below: its number in that of the first one. */
	CHECK_INT(v[1].ppid, q.first);
	CHECK_INT(v[1].pid_inside, 2);
	CHECK_INT(v[1].ppid_inside, 1);
	CHECK_STR(v[1].comm, "x\ny");
	CHECK_INT(v[1].euid, v[0].euid);
	CHECK(v[1].age_ms >= 0 && v[1].age_ms < 60000);
	/* A cgroup that none is in: only the first one is there. */
	q.cgroup = "/nosuch";
	CHECK_INT(proc_list(&q, &a, &v, &n, &err), 0);
	CHECK_INT(n, 1);
	process_kill(pidfd, SIGKILL);
	waitpid(q.first, NULL, 0);
	CHECK_INT(proc_list(&q, &a, &v, &n, &err), -ESRCH);
}

static void test_list(void **state)
{
	(void)state;
	in_child(list_family, NULL);
}

/* Where the pid namespace is this program's own: those below, but nobody beside. */
static void list_own(void *data)
{
	_cleanup_arena_ struct arena a = {0};
	struct proc_query q = {0};
	struct proc *v;
	struct err err = {0};
	size_t n;
	int pidfd, other;

	(void)data;
	enter_userns(0, 0);
	q.first = process_clone(CLONE_NEWNS, -1, &pidfd);
	if (q.first == 0)
		rest();
	CHECK(q.first > 0);
	if (process_clone(0, -1, &other) == 0)
		rest();
	CHECK_INT(proc_list(&q, &a, &v, &n, &err), 0);
	CHECK_INT(n, 1);
	CHECK_INT(v[0].pid, q.first);
	CHECK_INT(v[0].pid_inside, q.first);
	CHECK_INT(v[0].ppid_inside, getpid());
	process_kill(pidfd, SIGKILL);
	process_kill(other, SIGKILL);
}

static void test_list_own(void **state)
{
	(void)state;
	in_child(list_own, NULL);
}

/* The first of a pid namespace, with a child beside one that has a mount namespace of its own, as a container in
 * a pod has. */
static _noreturn_ void be_pod(int told)
{
	int pidfd;

	prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	if (process_clone(0, -1, &pidfd) == 0)
		rest();
	if (process_clone(CLONE_NEWNS, -1, &pidfd) == 0)
		rest();
	CHECK_INT(fd_write_all(told, "x", 1), 0);
	rest();
}

static void list_pod(void *data)
{
	_cleanup_arena_ struct arena a = {0};
	struct proc_query q = {0};
	struct proc *all, *v;
	struct err err = {0};
	size_t n;
	int pidfd, told[2];
	char byte;

	(void)data;
	enter_userns(0, 0);
	CHECK_INT(fd_pipe(told), 0);
	q.first = process_clone(CLONE_NEWPID, -1, &pidfd);
	if (q.first == 0)
		be_pod(told[1]);
	CHECK(q.first > 0);
	CHECK_INT(read(told[0], &byte, 1), 1);
	CHECK_INT(proc_list(&q, &a, &all, &n, &err), 0);
	CHECK_INT(n, 3);
	CHECK_INT(proc_shares_pidns(q.first), false);
	/* In the namespace, and not the first of it. */
	q.first = all[2].pid;
	CHECK_INT(all[2].pid_inside, 3);
	CHECK_INT(proc_shares_pidns(q.first), true);
	CHECK_INT(proc_list(&q, &a, &v, &n, &err), 0);
	CHECK_INT(n, 1);
	CHECK_INT(v[0].pid, q.first);
	CHECK_INT(v[0].pid_inside, 3);
	process_kill(pidfd, SIGKILL);
}

static void test_list_pod(void **state)
{
	(void)state;
	in_child(list_pod, NULL);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST_IN_FOLDER(test_read),
		TEST_IN_FOLDER(test_read_less),
		TEST_IN_FOLDER(test_read_cut),
		TEST_IN_FOLDER(test_read_bad),
		TEST_IN_FOLDER(test_many_numbers),
		TEST_IN_FOLDER(test_map),
		TEST(test_list),
		TEST(test_list_own),
		TEST(test_list_pod),
	};

	return UNIT_RUN(tests);
}
