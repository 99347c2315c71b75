// SPDX-License-Identifier: Apache-2.0
/*
 * sys_process.c - tests of making, waiting for and signalling processes
 *
 * What is spawned is this very program: with arguments it does what they say.
 */
#include "sys/process.h"

#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "support.h"
#include "sys/fd.h"

#ifndef SYS_clone3
#define SYS_clone3 435
#endif
#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME 0x80
#endif

#define SELF	"/proc/self/exe"
#define DUMP_FD 17

/* --- what the spawned program does --- */

/* The two signals that are the C library's own: nobody can set them, and posix_spawn(3) of
 * glibc, as make(1) may use it, leaves them ignored. */
#define OWN_SIGNALS (3ull << 31)

static void dump_status(FILE *out)
{
	static const char *const keys[] = {"SigBlk:", "SigIgn:", "Uid:"};
	FILE *in = fopen("/proc/self/status", "r");
	unsigned long long mask;
	char line[256];

	while (in && fgets(line, sizeof(line), in)) {
		if (sscanf(line, "SigIgn: %llx", &mask) == 1)
			snprintf(line, sizeof(line), "SigIgn:\t%016llx\n",
				 mask & ~OWN_SIGNALS);
		for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
			if (strncmp(line, keys[i], strlen(keys[i])) == 0)
				fputs(line, out);
	}
	if (in)
		fclose(in);
}

/* Says on descriptor 17 what it finds itself in. */
static int do_dump(char **argv, char **envp)
{
	FILE *out = fdopen(dup(DUMP_FD), "w");
	struct stat st;
	int signo = 0;

	if (!out)
		return 1;
	for (char **a = argv; *a; a++)
		fprintf(out, "arg %s\n", *a);
	for (char **e = envp; *e; e++)
		fprintf(out, "env %s\n", *e);
	for (int fd = 0; fd < 256; fd++)
		if (fd != fileno(out) && fstat(fd, &st) == 0)
			fprintf(out, "fd %d %llu\n", fd, (unsigned long long)st.st_ino);
	prctl(PR_GET_PDEATHSIG, &signo);
	fprintf(out, "death %d\n", signo);
	dump_status(out);
	return fclose(out) == 0 ? 0 : 1;
}

static int do_mode(int argc, char **argv, char **envp)
{
	int number = argc > 2 ? (int)strtol(argv[2], NULL, 10) : 0;
	char c;

	if (strcmp(argv[1], "exit") == 0)
		return number;
	if (strcmp(argv[1], "kill") == 0)
		kill(getpid(), number);
	else if (strcmp(argv[1], "wait") == 0)
		return read(STDIN_FILENO, &c, 1) < 0;
	else if (strcmp(argv[1], "env") == 0)
		return getenv("KEY") && strcmp(getenv("KEY"), "value") == 0 ? 9 : 1;
	else if (strcmp(argv[1], "dump") == 0)
		return do_dump(argv, envp);
	return 125;
}

/* --- spawning it --- */

static char self_name[] = "self";

static int spawn_self(const char *mode, const char *arg, int in, int *ret_pidfd)
{
	char *argv[] = {self_name, (char *)mode, (char *)arg, NULL};
	const struct spawn s = {.path = SELF,
				.argv = argv,
				.stdio = {in, -1, -1},
				.userns = -1,
				.mntns = -1};

	return process_spawn(&s, ret_pidfd);
}

/* Spawns "dump" and returns what it said. */
static const char *dump(struct spawn *s)
{
	static char text[65536];
	static char mode[] = "dump", space[] = "a b", none[] = "";
	char *argv[] = {self_name, mode, space, none, NULL};
	static int keep[] = {DUMP_FD, -1};
	size_t len = 0;
	int ends[2], pidfd = -EBADF, code = -1;
	ssize_t n;

	CHECK_INT(fd_pipe(ends), 0);
	CHECK_INT(dup3(ends[1], DUMP_FD, O_CLOEXEC), DUMP_FD);
	close(ends[1]);
	s->path = SELF;
	s->argv = argv;
	if (!s->keep)
		s->keep = keep;
	n = process_spawn(s, &pidfd);
	CHECK_INT(MIN(n, 0), 0);
	close(DUMP_FD);
	while ((n = read(ends[0], text + len, sizeof(text) - 1 - len)) > 0)
		len += (size_t)n;
	text[len] = '\0';
	close(ends[0]);
	CHECK_INT(process_wait(pidfd, &code), 0);
	CHECK_INT(code, 0);
	close(pidfd);
	return text;
}

/* Lines that begin in one way, joined by ";". */
static const char *lines_of(const char *text, const char *start)
{
	static char out[4096];
	size_t len = 0;

	out[0] = '\0';
	while (*text) {
		size_t n = strcspn(text, "\n");

		if (strncmp(text, start, strlen(start)) == 0)
			len += (size_t)snprintf(out + len, sizeof(out) - len, "%.*s;",
						(int)n, text);
		text += n + (text[n] == '\n');
	}
	return out;
}

static void test_exit_codes(void **state)
{
	static const struct {
		const char *mode, *arg;
		int code;
	} cases[] = {
		{"exit", "0", 0},	  {"exit", "1", 1},	  {"exit", "7", 7},
		{"exit", "127", 127},	  {"exit", "255", 255},	  {"kill", "9", 128 + 9},
		{"kill", "15", 128 + 15}, {"kill", "1", 128 + 1},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_fd_ int pidfd = -EBADF;
		int code = -1;

		check_context("%s %s", cases[i].mode, cases[i].arg);
		CHECK(spawn_self(cases[i].mode, cases[i].arg, -1, &pidfd) > 0);
		CHECK_INT(fcntl(pidfd, F_GETFD), FD_CLOEXEC);
		CHECK_INT(process_wait(pidfd, &code), 0);
		CHECK_INT(code, cases[i].code);
		/* It is reaped. */
		CHECK_INT(process_wait(pidfd, &code), -ECHILD);
		CHECK_INT(process_kill(pidfd, 0), -ESRCH);
	}
	CHECK_INT(process_wait(-1, &(int){0}), -EINVAL);
	CHECK_INT(process_try_wait(-1, &(int){0}), -EINVAL);
	CHECK_INT(process_kill(-1, 0), -EBADF);
}

static void test_try_wait(void **state)
{
	_cleanup_fd_ int pidfd = -EBADF;
	int ends[2], code = -1;
	struct pollfd p;

	CHECK_INT(fd_pipe(ends), 0);
	CHECK(spawn_self("wait", NULL, ends[0], &pidfd) > 0);
	CHECK_INT(process_try_wait(pidfd, &code), 0);
	CHECK_INT(code, -1);
	CHECK_INT(process_kill(pidfd, 0), 0);
	close(ends[1]);
	close(ends[0]);
	p = (struct pollfd){.fd = pidfd, .events = POLLIN};
	CHECK_INT(poll(&p, 1, 10000), 1);
	CHECK_INT(process_try_wait(pidfd, &code), 1);
	CHECK_INT(code, 0);
	CHECK_INT(process_try_wait(pidfd, &code), -ECHILD);
}

static void test_kill(void **state)
{
	_cleanup_fd_ int pidfd = -EBADF, again = -EBADF;
	int ends[2], code = -1;
	pid_t pid;

	CHECK_INT(fd_pipe(ends), 0);
	pid = spawn_self("wait", NULL, ends[0], &pidfd);
	CHECK(pid > 0);
	again = process_open(pid);
	CHECK(again >= 0);
	CHECK_INT(fcntl(again, F_GETFD), FD_CLOEXEC);
	CHECK_INT(process_kill(again, 12345), -EINVAL);
	CHECK_INT(process_kill(again, SIGUSR2), 0);
	CHECK_INT(process_wait(pidfd, &code), 0);
	CHECK_INT(code, 128 + SIGUSR2);
	CHECK_INT(process_kill(again, SIGKILL), -ESRCH);
	CHECK_INT(process_open(pid), -ESRCH);
	CHECK_INT(process_open(-5), -EINVAL);
	close(ends[0]);
	close(ends[1]);
}

/* Everybody in the group that a process leads, and nobody else. */
static void child_kill_group(void *data)
{
	pid_t leader, member;
	int in[2], code;
	_cleanup_fd_ int leader_fd = -EBADF, member_fd = -EBADF, other_fd = -EBADF;

	CHECK_INT(fd_pipe(in), 0);
	CHECK(spawn_self("wait", NULL, in[0], &other_fd) > 0);
	leader = process_clone(0, -1, &leader_fd);
	if (leader == 0)
		for (;;)
			pause();
	CHECK_INT(process_kill_group(leader, SIGUSR1), -ESRCH);
	CHECK_INT(setpgid(leader, leader), 0);
	member = process_clone(0, -1, &member_fd);
	if (member == 0)
		for (;;)
			pause();
	CHECK_INT(setpgid(member, leader), 0);
	CHECK_INT(process_kill_group(leader, SIGUSR1), 0);
	CHECK_INT(process_wait(leader_fd, &code), 0);
	CHECK_INT(code, 128 + SIGUSR1);
	CHECK_INT(process_wait(member_fd, &code), 0);
	CHECK_INT(code, 128 + SIGUSR1);
	CHECK_INT(process_try_wait(other_fd, &code), 0);
	CHECK_INT(process_kill(other_fd, SIGKILL), 0);
	CHECK_INT(process_wait(other_fd, &code), 0);
}

static void test_kill_group(void **state)
{
	in_child(child_kill_group, NULL);
}

/* Not a zombie and not a descriptor is left of a spawn that failed. */
static void child_spawn_fails(void *data)
{
	struct folder *f = data;
	char none[PATH_MAX], plain[PATH_MAX], script[PATH_MAX];
	char *argv[] = {self_name, NULL};
	const int bad_keep[] = {-1}, closed[] = {250, -1};
	const struct {
		struct spawn s;
		int error;
	} cases[] = {
		{{.path = none, .stdio = {-1, -1, -1}, .userns = -1, .mntns = -1},
		 ENOENT},
		{{.path = f->path, .stdio = {-1, -1, -1}, .userns = -1, .mntns = -1},
		 EACCES},
		{{.path = plain, .stdio = {-1, -1, -1}, .userns = -1, .mntns = -1},
		 EACCES},
		{{.path = script, .stdio = {-1, -1, -1}, .userns = -1, .mntns = -1},
		 ENOENT},
		{{.path = SELF, .stdio = {250, -1, -1}, .userns = -1, .mntns = -1},
		 EBADF},
		{{.path = SELF, .stdio = {-1, -1, 250}, .userns = -1, .mntns = -1},
		 EBADF},
		{{.path = SELF,
		  .stdio = {-1, -1, -1},
		  .keep = closed,
		  .userns = -1,
		  .mntns = -1},
		 EBADF},
		{{.path = SELF, .stdio = {-1, -1, -1}, .userns = 250, .mntns = -1},
		 EBADF},
		{{.path = SELF, .stdio = {-1, -1, -1}, .userns = 0, .mntns = -1}, EINVAL},
		{{.path = none,
		  .stdio = {-1, -1, -1},
		  .keep = bad_keep,
		  .userns = -1,
		  .mntns = -1},
		 ENOENT},
	};
	int before = count_fds();

	CHECK_INT(dup2(f->fd, 0), 0);
	snprintf(none, sizeof(none), "%s/none", f->path);
	snprintf(plain, sizeof(plain), "%s/plain", f->path);
	snprintf(script, sizeof(script), "%s/script", f->path);
	make_file(f->fd, "plain", "");
	make_file(f->fd, "script", "#!/no/such/interpreter\n");
	CHECK_INT(fchmodat(f->fd, "script", 0755, 0), 0);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct spawn s = cases[i].s;
		int pidfd = -42;

		check_context("case %zu", i);
		s.argv = argv;
		CHECK_INT(process_spawn(&s, &pidfd), -cases[i].error);
		CHECK_INT(pidfd, -42);
		CHECK_INT(waitpid(-1, NULL, WNOHANG), -1);
		CHECK_INT(errno, ECHILD);
	}
	CHECK_INT(count_fds(), before);
}

static void test_spawn_fails(void **state)
{
	in_child(child_spawn_fails, *state);
}

/* Nothing of the caller's goes along but what is named. */
static void child_clean(void *data)
{
	struct spawn s = {.stdio = {-1, -1, -1}, .userns = -1, .mntns = -1};
	struct stat null;
	sigset_t all;
	char want[256];
	const char *text;

	fd_cloexec_from(3);
	setenv("LD_PRELOAD_X", "x", 1);
	setenv("PATH", "/evil", 1);
	signal(SIGINT, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGRTMIN, SIG_IGN);
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
	CHECK(open("/", O_RDONLY | O_CLOEXEC) >= 0);
	text = dump(&s);
	CHECK_STR(lines_of(text, "arg "), "arg self;arg dump;arg a b;arg ;");
	CHECK_STR(lines_of(text, "env "),
		  "env PATH=/usr/sbin:/usr/bin:/sbin:/bin;env LC_ALL=C;");
	CHECK_STR(lines_of(text, "Sig"),
		  "SigBlk:\t0000000000000000;SigIgn:\t0000000000000000;");
	CHECK_STR(lines_of(text, "death"), "death 9;");
	CHECK_INT(stat("/dev/null", &null), 0);
	for (int fd = 0; fd < 3; fd++) {
		snprintf(want, sizeof(want), "fd %d %llu;", fd,
			 (unsigned long long)null.st_ino);
		CHECK(strstr(lines_of(text, "fd "), want) != NULL);
	}
	snprintf(want, sizeof(want), "fd %d ", DUMP_FD);
	CHECK(strstr(strstr(lines_of(text, "fd "), "fd 2 ") + 1, "fd ") ==
	      strstr(lines_of(text, "fd "), want));
	CHECK(strstr(strstr(lines_of(text, "fd "), want) + 1, "fd ") == NULL);
	/* The caller's own are as they were. */
	CHECK(signal(SIGINT, SIG_DFL) == SIG_IGN);
	sigprocmask(SIG_SETMASK, NULL, &all);
	CHECK(sigismember(&all, SIGTERM) == 1);
}

static void test_clean(void **state)
{
	in_child(child_clean, NULL);
}

static unsigned long long inode_of(int fd)
{
	struct stat st;

	CHECK_INT(fstat(fd, &st), 0);
	return st.st_ino;
}

/* Standard streams in any order, and from among themselves. */
static void child_stdio(void *data)
{
	static const int orders[][3] = {{0, 1, 2},  {2, 1, 0}, {1, 2, 0}, {2, 0, 1},
					{1, 0, 2},  {0, 0, 0}, {2, 2, 1}, {20, 0, 20},
					{-1, 0, 1}, {1, -1, 0}};
	unsigned long long inodes[21];
	char want[256];
	struct stat null;

	for (int fd = 0; fd < 3; fd++) {
		int ends[2];

		CHECK_INT(pipe(ends), 0);
		CHECK_INT(dup2(ends[1], fd), fd);
		inodes[fd] = inode_of(fd);
		if (fd == 2)
			CHECK_INT(dup3(ends[0], 20, O_CLOEXEC), 20);
	}
	inodes[20] = inode_of(20);
	CHECK_INT(stat("/dev/null", &null), 0);
	fd_cloexec_from(3);
	for (size_t i = 0; i < ARRAY_SIZE(orders); i++) {
		struct spawn s = {.userns = -1, .mntns = -1};
		const char *text;

		check_context("order %d %d %d", orders[i][0], orders[i][1], orders[i][2]);
		memcpy(s.stdio, orders[i], sizeof(s.stdio));
		text = lines_of(dump(&s), "fd ");
		for (int fd = 0; fd < 3; fd++) {
			int from = orders[i][fd];

			snprintf(want, sizeof(want), "fd %d %llu;", fd,
				 from < 0 ? (unsigned long long)null.st_ino
					  : inodes[from]);
			CHECK(strstr(text, want) != NULL);
		}
	}
}

static void test_stdio(void **state)
{
	in_child(child_stdio, NULL);
}

static void child_keep(void *data)
{
	const int keep[] = {DUMP_FD, 30, 40, -1};
	struct spawn s = {.stdio = {-1, -1, -1}, .keep = keep, .userns = -1, .mntns = -1};
	const char *text;

	for (int fd = 30; fd <= 40; fd += 5)
		CHECK_INT(dup3(0, fd, O_CLOEXEC), fd);
	text = dump(&s);
	CHECK(strstr(text, "fd 30 ") && strstr(text, "fd 40 "));
	CHECK(!strstr(text, "fd 35 "));
	/* here they are close-on-exec as before */
	CHECK_INT(fcntl(30, F_GETFD), FD_CLOEXEC);
}

static void test_keep(void **state)
{
	in_child(child_keep, NULL);
}

/* --- die with parent --- */

struct orphan {
	int report, go, in;
};

/* Spawns one that would wait for ever, tells its pid, and goes when it is told to. */
static _noreturn_ void be_short_lived(const struct orphan *o)
{
	int pidfd;
	pid_t pid = spawn_self("wait", NULL, o->in, &pidfd);
	char c;

	CHECK_INT(write(o->report, &pid, sizeof(pid)), sizeof(pid));
	CHECK_INT(read(o->go, &c, 1), 1);
	_exit(0);
}

static void child_die_with_parent(void *data)
{
	int report[2], go[2], in[2], status, code;
	_cleanup_fd_ int pidfd = -EBADF;
	pid_t parent, pid;

	/* The orphan becomes this process's child, so that its end can be told. */
	CHECK_INT(prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0), 0);
	CHECK_INT(fd_pipe(report), 0);
	CHECK_INT(fd_pipe(go), 0);
	CHECK_INT(fd_pipe(in), 0);
	parent = fork();
	CHECK(parent >= 0);
	if (parent == 0)
		be_short_lived(&(struct orphan){report[1], go[0], in[0]});
	CHECK_INT(read(report[0], &pid, sizeof(pid)), sizeof(pid));
	CHECK(pid > 0);
	pidfd = process_open(pid);
	CHECK(pidfd >= 0);
	CHECK_INT(process_kill(pidfd, 0), 0);
	CHECK_INT(write(go[1], "g", 1), 1);
	CHECK_INT(waitpid(parent, &status, 0), parent);
	CHECK_INT(process_wait(pidfd, &code), 0);
	CHECK_INT(code, 128 + SIGKILL);
}

static void test_die_with_parent(void **state)
{
	in_child(child_die_with_parent, NULL);
}

/* --- orphans --- */

static _noreturn_ void say_ready_and_pause(int ready)
{
	(void)!write(ready, "r", 1);
	for (;;)
		pause();
}

/* Inside: a family of which some have lost their parent. Ends last. */
static _noreturn_ void be_contained(int ready)
{
	for (int i = 0; i < 2; i++) {
		if (fork() != 0)
			continue;
		/* its child is an orphan as soon as it has gone */
		if (fork() == 0) {
			if (fork() == 0)
				say_ready_and_pause(ready);
			say_ready_and_pause(ready);
		}
		_exit(0);
	}
	say_ready_and_pause(ready);
}

static void child_end_contained(void *data)
{
	_cleanup_fd_ int own_fd = -EBADF, pidfd = -EBADF;
	int ready[2], code, status, n_killed = 0;
	pid_t own, pid;
	char c;

	CHECK_INT(fd_pipe(ready), 0);
	CHECK_INT(process_adopt_orphans(), 0);
	own = process_clone(0, -1, &own_fd);
	if (own == 0)
		say_ready_and_pause(ready[1]);
	pid = process_clone(CLONE_NEWUSER | CLONE_NEWNS, -1, &pidfd);
	if (pid < 0)
		skip_because("no user namespace can be made: %s", strerror(-pid));
	if (pid == 0)
		be_contained(ready[1]);
	for (int i = 0; i < 6; i++)
		CHECK_INT(read(ready[0], &c, 1), 1);
	process_end_contained();
	/* All of them have ended, by that or by themselves before; the one that is not of the container goes on. */
	CHECK_INT(process_wait(pidfd, &code), 0);
	CHECK_INT(code, 128 + SIGKILL);
	CHECK_INT(process_try_wait(own_fd, &code), 0);
	CHECK_INT(process_kill(own_fd, SIGKILL), 0);
	CHECK_INT(process_wait(own_fd, &code), 0);
	alarm(20);
	while ((pid = waitpid(-1, &status, __WALL)) > 0)
		n_killed += WIFSIGNALED(status);
	CHECK_INT(n_killed, 4);
	/* nobody there */
	process_end_contained();
}

static void test_end_contained(void **state)
{
	if (access("/proc/thread-self/children", R_OK) < 0)
		skip_because("the kernel does not list children");
	in_child(child_end_contained, NULL);
}

/* --- clone --- */

static const int refusals[] = {0, ENOSYS, EPERM};

static void refuse_clone3(const int *refusal)
{
	if (*refusal)
		refuse_call(SYS_clone3, *refusal);
	check_context("clone3: %d", *refusal);
}

static void child_clone(void *data)
{
	int pidfd = -EBADF, code = -1, ends[2];
	pid_t pid, told;

	refuse_clone3(data);
	CHECK_INT(fd_pipe(ends), 0);
	pid = process_clone(0, -1, &pidfd);
	CHECK(pid >= 0);
	if (pid == 0) {
		told = (pid_t)syscall(SYS_getpid);
		(void)!write(ends[1], &told, sizeof(told));
		_exit(pidfd == -EBADF ? 23 : 24);
	}
	CHECK_INT(read(ends[0], &told, sizeof(told)), sizeof(told));
	CHECK_INT(told, pid);
	CHECK_INT(fcntl(pidfd, F_GETFD), FD_CLOEXEC);
	CHECK_INT(process_wait(pidfd, &code), 0);
	CHECK_INT(code, 23);
	close(pidfd);
}

static void test_clone(void **state)
{
	in_child(child_clone, (void *)&refusals[0]);
	in_child(child_clone, (void *)&refusals[1]);
}

/* Filters of older container engines answer EPERM to calls that they do not know. */
static void test_clone_eperm(void **state)
{
	in_child(child_clone, (void *)&refusals[2]);
}

static void child_clone_namespaces(void *data)
{
	int pidfd = -EBADF, code = -1;
	pid_t pid;

	refuse_clone3(data);
	pid = process_clone(CLONE_NEWUSER | CLONE_NEWPID, -1, &pidfd);
	if (pid == -EPERM || pid == -ENOSPC)
		skip_because("no user namespace can be made: %s", strerror(-pid));
	CHECK(pid >= 0);
	if (pid == 0)
		_exit(syscall(SYS_getpid) == 1 ? 0 : 1);
	CHECK_INT(process_wait(pidfd, &code), 0);
	CHECK_INT(code, 0);
	close(pidfd);
}

static void test_clone_namespaces(void **state)
{
	in_child(child_clone_namespaces, (void *)&refusals[0]);
	in_child(child_clone_namespaces, (void *)&refusals[1]);
}

/* The child of a child becomes this process's: how a joiner hands its builder over. */
static void child_clone_parent(void *data)
{
	int ends[2], status, code = -1;
	_cleanup_fd_ int pidfd = -EBADF;
	pid_t middle, pid;

	refuse_clone3(data);
	CHECK_INT(fd_pipe(ends), 0);
	middle = fork();
	CHECK(middle >= 0);
	if (middle == 0) {
		pid = process_clone(CLONE_PARENT, -1, &pidfd);
		if (pid == 0)
			_exit(31);
		CHECK_INT(write(ends[1], &pid, sizeof(pid)), sizeof(pid));
		_exit(0);
	}
	CHECK_INT(read(ends[0], &pid, sizeof(pid)), sizeof(pid));
	CHECK(pid > 0);
	pidfd = process_open(pid);
	CHECK_INT(process_wait(pidfd, &code), 0);
	CHECK_INT(code, 31);
	CHECK_INT(waitpid(middle, &status, 0), middle);
}

static void test_clone_parent(void **state)
{
	in_child(child_clone_parent, (void *)&refusals[0]);
	in_child(child_clone_parent, (void *)&refusals[1]);
}

static void child_clone_fails(void *data)
{
	_cleanup_fd_ int root = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool is_old = *(int *)data != 0;
	int pidfd = -42;

	refuse_clone3(data);
	/* contradictory flags; a folder that is no cgroup; what only clone3 knows */
	CHECK_INT(process_clone(CLONE_NEWNS | CLONE_FS, -1, &pidfd), -EINVAL);
	CHECK_INT(process_clone(0, root, &pidfd), is_old ? -ENOSYS : -EBADF);
	if (is_old)
		CHECK_INT(process_clone(CLONE_NEWTIME, -1, &pidfd), -ENOTSUP);
	CHECK_INT(pidfd, -42);
	CHECK_INT(waitpid(-1, NULL, WNOHANG), -1);
}

static void test_clone_fails(void **state)
{
	in_child(child_clone_fails, (void *)&refusals[0]);
	in_child(child_clone_fails, (void *)&refusals[1]);
}

/* --- into namespaces --- */

static int write_map_of(pid_t pid, const char *file, const char *text)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, file);
	return fd_write_file(AT_FDCWD, path, text);
}

static int open_ns(pid_t pid, const char *name)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/ns/%s", (int)pid, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	CHECK(fd >= 0);
	return fd;
}

/* As the root of a user namespace that another process is in. */
static void child_spawn_userns(void *data)
{
	struct spawn s = {.stdio = {-1, -1, -1}};
	char map[64];
	int ends[2], code, pidfd = -EBADF;
	const char *text;
	pid_t pid;
	char c;

	CHECK_INT(fd_pipe(ends), 0);
	pid = process_clone(CLONE_NEWUSER | CLONE_NEWNS, -1, &pidfd);
	if (pid < 0)
		skip_because("no user namespace can be made: %s", strerror(-pid));
	if (pid == 0) {
		close(ends[1]);
		_exit(read(ends[0], &c, 1) < 0);
	}
	close(ends[0]);
	CHECK_INT(write_map_of(pid, "setgroups", "deny"), 0);
	snprintf(map, sizeof(map), "0 %u 1", getegid());
	CHECK_INT(write_map_of(pid, "gid_map", map), 0);
	/* Who may map another id than the own sees the helper's really change. */
	if (write_map_of(pid, "uid_map", "0 54321 1") < 0) {
		snprintf(map, sizeof(map), "0 %u 1", geteuid());
		CHECK_INT(write_map_of(pid, "uid_map", map), 0);
	}
	s.userns = open_ns(pid, "user");
	s.mntns = open_ns(pid, "mnt");
	text = dump(&s);
	CHECK_STR(lines_of(text, "Uid:"), "Uid:\t0\t0\t0\t0;");
	/* The change of ids had taken it away. */
	CHECK_STR(lines_of(text, "death"), "death 9;");
	close(ends[1]);
	CHECK_INT(process_wait(pidfd, &code), 0);
}

static void test_spawn_userns(void **state)
{
	in_child(child_spawn_userns, NULL);
}

static void test_join_fails(void **state)
{
	_cleanup_fd_ int root = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	CHECK_INT(process_join(-1, CLONE_NEWUSER), -EBADF);
	CHECK_INT(process_join(root, CLONE_NEWUSER), -EINVAL);
}

/* --- signals --- */

static void on_signal(int signo)
{
}

static void child_signals(void *data)
{
	sigset_t old, now, only;

	sigemptyset(&only);
	sigaddset(&only, SIGUSR1);
	sigprocmask(SIG_SETMASK, &only, NULL);
	process_block_signals(&old);
	CHECK(sigismember(&old, SIGUSR1) == 1 && sigismember(&old, SIGTERM) == 0);
	sigprocmask(SIG_SETMASK, NULL, &now);
	for (int s = 1; s < 32; s++)
		if (s != SIGKILL && s != SIGSTOP)
			CHECK(sigismember(&now, s) == 1);
}

static void test_signals(void **state)
{
	in_child(child_signals, NULL);
}

static void child_disposition(void *data)
{
	enum process_disposition d = PROCESS_SIGNAL_HANDLED;
	sigset_t set;

	CHECK_INT(process_disposition(getpid(), SIGTERM, &d), 0);
	CHECK_INT(d, PROCESS_SIGNAL_DEFAULT);
	signal(SIGTERM, SIG_IGN);
	CHECK_INT(process_disposition(getpid(), SIGTERM, &d), 0);
	CHECK_INT(d, PROCESS_SIGNAL_IGNORED);
	signal(SIGTERM, on_signal);
	CHECK_INT(process_disposition(getpid(), SIGTERM, &d), 0);
	CHECK_INT(d, PROCESS_SIGNAL_HANDLED);
	/* the neighbours are not meant */
	CHECK_INT(process_disposition(getpid(), SIGTERM - 1, &d), 0);
	CHECK_INT(d, PROCESS_SIGNAL_DEFAULT);
	CHECK_INT(process_disposition(getpid(), SIGTERM + 1, &d), 0);
	CHECK_INT(d, PROCESS_SIGNAL_DEFAULT);
	/* blocked: waits for it, perhaps by signalfd */
	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGRTMAX);
	sigprocmask(SIG_SETMASK, &set, NULL);
	CHECK_INT(process_disposition(getpid(), SIGINT, &d), 0);
	CHECK_INT(d, PROCESS_SIGNAL_HANDLED);
	CHECK_INT(process_disposition(getpid(), SIGHUP, &d), 0);
	CHECK_INT(d, PROCESS_SIGNAL_HANDLED);
	CHECK_INT(process_disposition(getpid(), SIGRTMAX, &d), 0);
	CHECK_INT(d, PROCESS_SIGNAL_HANDLED);
	signal(SIGHUP, SIG_IGN);
	CHECK_INT(process_disposition(getpid(), SIGKILL, &d), 0);
	CHECK_INT(d, PROCESS_SIGNAL_DEFAULT);
}

static void test_disposition(void **state)
{
	enum process_disposition d = PROCESS_SIGNAL_HANDLED;

	in_child(child_disposition, NULL);
	/* beyond the highest pid that there can be */
	CHECK_INT(process_disposition(INT_MAX, SIGTERM, &d), -ENOENT);
	CHECK_INT(d, PROCESS_SIGNAL_HANDLED);
}

/* --- exec --- */

static int exit_code_of(pid_t pid)
{
	int status;

	CHECK_INT(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void test_exec(void **state)
{
	char mode[] = "env", key[] = "KEY=value";
	char *argv[] = {self_name, mode, NULL}, *env[] = {key, NULL};
	_cleanup_fd_ int self = open(SELF, O_PATH | O_CLOEXEC);
	pid_t pid;

	CHECK_INT(process_exec("/none", argv, env), -ENOENT);
	CHECK_INT(process_exec("/", argv, env), -EACCES);
	CHECK_INT(process_exec_fd(-1, argv, env), -EBADF);
	pid = fork();
	if (pid == 0)
		_exit(-process_exec(SELF, argv, env));
	CHECK_INT(exit_code_of(pid), 9);
	pid = fork();
	if (pid == 0)
		_exit(-process_exec_fd(self, argv, env));
	CHECK_INT(exit_code_of(pid), 9);
}

static void test_stamp(void **state)
{
	struct process_stamp own, again, other;
	char changed[sizeof(own.text)];
	_cleanup_fd_ int pidfd = -EBADF;
	pid_t pid = 0, child = fork();

	(void)state;
	if (child == 0)
		_exit(0);
	CHECK_INT(process_stamp(getpid(), &own), 0);
	CHECK_INT(process_stamp(getpid(), &again), 0);
	CHECK_STR(own.text, again.text);
	pidfd = process_open_stamped(own.text, &pid);
	CHECK(pidfd >= 0);
	CHECK_INT(pid, getpid());
	/* another start, another boot, half of it, another process */
	snprintf(changed, sizeof(changed), "%d 1 %s", (int)getpid(),
		 strrchr(own.text, ' ') + 1);
	CHECK_INT(process_open_stamped(changed, &pid), -ESRCH);
	memcpy(changed, own.text, sizeof(changed));
	changed[strlen(changed) - 1] ^= 1;
	CHECK_INT(process_open_stamped(changed, &pid), -ESRCH);
	changed[strlen(changed) - 1] = '\0';
	CHECK_INT(process_open_stamped(changed, &pid), -ESRCH);
	CHECK_INT(process_open_stamped("", &pid), -ESRCH);
	CHECK_INT(process_open_stamped("-1 0 0", &pid), -ESRCH);
	CHECK_INT(process_open_stamped("99999999999999999999 0 0", &pid), -ESRCH);
	CHECK_INT(process_stamp(child, &other), 0);
	CHECK(strcmp(other.text, own.text) != 0);
	CHECK_INT(exit_code_of(child), 0);
	CHECK_INT(process_open_stamped(other.text, &pid), -ESRCH);
	CHECK_INT(process_stamp(child, &other), -ESRCH);
}

static void test_await_and_parent(void **state)
{
	_cleanup_fd_ int pidfd = -EBADF, parent = -EBADF;
	pid_t child = fork();

	(void)state;
	if (child == 0) {
		pause();
		_exit(0);
	}
	pidfd = process_open(child);
	CHECK_INT(process_await(pidfd, 0), 0);
	CHECK_INT(process_await(pidfd, 20), 0);
	parent = process_open_parent(pidfd, child);
	CHECK(parent >= 0);
	CHECK_INT(process_await(parent, 0), 0);
	CHECK_INT(process_kill(parent, 0), 0);
	kill(child, SIGKILL);
	CHECK_INT(process_await(pidfd, -1), 1);
	CHECK_INT(waitpid(child, NULL, 0), child);
	/* Reaped: its number may be anybody's. */
	CHECK_INT(process_await(pidfd, 0), 1);
	CHECK_INT(process_open_parent(pidfd, child), -ESRCH);
	CHECK_INT(process_open_parent(pidfd, getpid()), -ESRCH);
}

static void test_reap(void **state)
{
	pid_t first = fork(), second;
	bool has_any = false, has_reaped = false;
	int code = -1;

	(void)state;
	if (first == 0)
		_exit(3);
	second = fork();
	if (second == 0) {
		pause();
		_exit(0);
	}
	waitid(P_PID, (id_t)first, &(siginfo_t){0}, WEXITED | WNOWAIT);
	CHECK(process_reap(first, &code, &has_reaped, &has_any));
	CHECK_INT(code, 3);
	CHECK(has_any && has_reaped);
	CHECK(!process_reap(first, &code, &has_reaped, &has_any));
	CHECK(has_any && !has_reaped);
	kill(second, SIGTERM);
	waitid(P_PID, (id_t)second, &(siginfo_t){0}, WEXITED | WNOWAIT);
	CHECK(process_reap(second, &code, &has_reaped, &has_any));
	CHECK_INT(code, 128 + SIGTERM);
	CHECK(!has_any);
}

int main(int argc, char **argv, char **envp)
{
	static const struct CMUnitTest tests[] = {
		TEST(test_exit_codes),
		TEST(test_try_wait),
		TEST(test_kill),
		TEST(test_kill_group),
		TEST_IN_FOLDER(test_spawn_fails),
		TEST(test_clean),
		TEST(test_stdio),
		TEST(test_keep),
		TEST(test_die_with_parent),
		TEST(test_end_contained),
		TEST(test_clone),
		TEST(test_clone_eperm),
		TEST(test_clone_namespaces),
		TEST(test_clone_parent),
		TEST(test_clone_fails),
		TEST(test_spawn_userns),
		TEST(test_join_fails),
		TEST(test_signals),
		TEST(test_disposition),
		TEST(test_exec),
		TEST(test_stamp),
		TEST(test_await_and_parent),
		TEST(test_reap),
	};

	return argc > 1 ? do_mode(argc, argv, envp) : UNIT_RUN(tests);
}
