// SPDX-License-Identifier: Apache-2.0
/*
 * timer.c - run commands by turns and print what each start cost
 *
 *	urun-bench-timer rounds COUNT CASES	   one by one, in a new order each round
 *	urun-bench-timer burst COUNT CASES WIDTH   WIDTH of a command at once
 *	urun-bench-timer tree COUNT CASES	   memory of a command and all below it
 *
 * CASES is a file. A line is one command: how often it takes part (1: every round, 5:
 * every fifth one), then the program by absolute path and its arguments, all separated by
 * tabs. The argument @UNIQUE@ becomes another word for each start.
 *
 * It prints one line for each start (for each burst): number of the case, nanoseconds
 * from start to end, nanoseconds of processor time, peak resident KiB of the largest
 * process (tree: of the sum over all), minor faults, exit status.
 *
 * Everything that is compared runs in the same rounds, so that a busy machine is busy for
 * all. This program is static and small: a process starts with the peak of whoever made
 * it.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MAX_CASES    64
#define MAX_ARGS     256
#define MAX_BURST    1000
#define MAX_DEPTH    16
#define MAX_ORPHAN_S 2

struct bench_case {
	unsigned int every;
	char *args[MAX_ARGS + 1];
	char **unique; /* the one that is another for each start, or NULL */
};

struct sample {
	int64_t time_ns, cpu_ns;
	long peak_kib;
	long faults;
	int status;
};

static struct bench_case cases[MAX_CASES];
static unsigned int n_cases;
static posix_spawn_file_actions_t no_output;

static __attribute__((noreturn)) void die(const char *what)
{
	fprintf(stderr, "urun-bench-timer: %s: %s\n", what, strerror(errno));
	exit(1);
}

static int64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

/* xorshift; the orders only have to differ. */
static unsigned int random_below(unsigned int n)
{
	static uint64_t state;

	if (state == 0)
		state = (uint64_t)now_ns() | 1;
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (unsigned int)(state % n);
}

static void add_case(char *line)
{
	struct bench_case *c = &cases[n_cases];
	unsigned int n = 0;
	char *word = strsep(&line, "\t");

	c->every = (unsigned int)strtoul(word, NULL, 10);
	if (c->every == 0)
		c->every = 1;
	while ((word = strsep(&line, "\t"))) {
		if (n == MAX_ARGS) {
			errno = E2BIG;
			die("a case");
		}
		if (strcmp(word, "@UNIQUE@") == 0)
			c->unique = &c->args[n];
		c->args[n++] = word;
	}
	if (n > 0)
		n_cases++;
}

/* The lines stay in memory: the cases point into them. */
static void read_cases(const char *path)
{
	FILE *f = fopen(path, "re");
	char *line = NULL;
	size_t size = 0;

	if (!f)
		die(path);
	while (n_cases < MAX_CASES && getline(&line, &size, f) > 0) {
		line[strcspn(line, "\n")] = '\0';
		add_case(line);
		line = NULL;
		size = 0;
	}
	fclose(f);
}

static pid_t start(const struct bench_case *c)
{
	static unsigned int serial;
	static char name[32];
	pid_t pid;

	if (c->unique) {
		snprintf(name, sizeof(name), "bench%d-%u", getpid(), serial++);
		*c->unique = name;
	}
	errno = posix_spawn(&pid, c->args[0], &no_output, NULL, c->args, environ);
	if (errno)
		die(c->args[0]);
	return pid;
}

static int64_t in_ns(const struct timeval *t)
{
	return (int64_t)t->tv_sec * 1000000000 + (int64_t)t->tv_usec * 1000;
}

/* Both are of the process and of all that it waited for, getrusage(2). */
static void add_use(struct sample *s, const struct rusage *use)
{
	s->cpu_ns += in_ns(&use->ru_utime) + in_ns(&use->ru_stime);
	s->faults += use->ru_minflt;
	if (use->ru_maxrss > s->peak_kib)
		s->peak_kib = use->ru_maxrss;
}

static void finish(pid_t pid, struct sample *s)
{
	struct rusage use;

	while (wait4(pid, &s->status, 0, &use) < 0)
		if (errno != EINTR)
			die("wait");
	add_use(s, &use);
}

static void on_alarm(int signo)
{
	(void)signo;
}

/* A program that ends without waiting for its child leaves it to this one, see main(): what
 * it used is counted, and it must not run beside the next one. A process that stays for
 * longer is meant to stay. */
static void finish_orphans(struct sample *s)
{
	struct rusage use;
	int status;

	alarm(MAX_ORPHAN_S);
	while (wait4(-1, &status, 0, &use) > 0)
		add_use(s, &use);
	alarm(0);
}

static void print(unsigned int i, const struct sample *s)
{
	int code =
		WIFEXITED(s->status) ? WEXITSTATUS(s->status) : 128 + WTERMSIG(s->status);

	printf("%u %" PRId64 " %" PRId64 " %ld %ld %d\n", i, s->time_ns, s->cpu_ns,
	       s->peak_kib, s->faults, code);
}

static void run_one(unsigned int i)
{
	struct sample s = {0};
	int64_t begin = now_ns();

	finish(start(&cases[i]), &s);
	s.time_ns = now_ns() - begin;
	finish_orphans(&s);
	print(i, &s);
}

static void run_burst(unsigned int i, unsigned int width)
{
	static pid_t pids[MAX_BURST];
	struct sample all = {0};
	int64_t begin = now_ns();

	for (unsigned int k = 0; k < width; k++)
		pids[k] = start(&cases[i]);
	for (unsigned int k = 0; k < width; k++) {
		struct sample s = {0};

		finish(pids[k], &s);
		all.faults += s.faults;
		all.cpu_ns += s.cpu_ns;
		if (s.peak_kib > all.peak_kib)
			all.peak_kib = s.peak_kib;
		if (s.status)
			all.status = s.status;
	}
	all.time_ns = now_ns() - begin;
	finish_orphans(&all);
	print(i, &all);
}

static long resident_kib(const char *pid)
{
	char path[64], text[128];
	long pages = 0;
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/proc/%s/statm", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return 0;
	n = read(fd, text, sizeof(text) - 1);
	close(fd);
	text[n < 0 ? 0 : n] = '\0';
	if (strchr(text, ' '))
		pages = strtol(strchr(text, ' '), NULL, 10);
	return pages * (sysconf(_SC_PAGESIZE) / 1024);
}

static long below_kib(const char *pid, unsigned int depth);

/* The children that one thread made, proc_pid_task(5). */
static long children_kib(const char *pid, const char *thread, unsigned int depth)
{
	char path[96], text[4096], *at = text, *word;
	long sum = 0;
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/proc/%s/task/%s/children", pid, thread);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return 0;
	n = read(fd, text, sizeof(text) - 1);
	close(fd);
	text[n < 0 ? 0 : n] = '\0';
	while ((word = strsep(&at, " ")))
		if (*word)
			sum += resident_kib(word) + below_kib(word, depth + 1);
	return sum;
}

static long below_kib(const char *pid, unsigned int depth)
{
	const struct dirent *e;
	char path[64];
	long sum = 0;
	DIR *dir;

	if (depth > MAX_DEPTH)
		return 0;
	snprintf(path, sizeof(path), "/proc/%s/task", pid);
	dir = opendir(path);
	while (dir && (e = readdir(dir)))
		if (e->d_name[0] != '.')
			sum += children_kib(pid, e->d_name, depth);
	if (dir)
		closedir(dir);
	return sum;
}

/* Looks as often as it can while the command runs: that makes the command slower, so
 * this time means nothing. Pages that processes share are counted for each of them. */
static void run_tree(unsigned int i)
{
	siginfo_t info = {0};
	struct sample s = {0};
	long peak = 0, sum;
	pid_t pid;

	pid = start(&cases[i]);
	do {
		sum = below_kib("self", 0);
		if (sum > peak)
			peak = sum;
		info.si_pid = 0;
		if (waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT) < 0)
			die("wait");
	} while (info.si_pid == 0);
	finish(pid, &s);
	finish_orphans(&s);
	s.peak_kib = peak;
	print(i, &s);
}

int main(int argc, char **argv)
{
	static char output[1 << 16];
	const struct sigaction act = {.sa_handler = on_alarm};
	unsigned int order[MAX_CASES], width, n_rounds;
	const char *mode = argc > 3 ? argv[1] : "";
	bool is_burst = strcmp(mode, "burst") == 0, is_tree = strcmp(mode, "tree") == 0;

	if (argc < 4 || (!is_burst && !is_tree && strcmp(mode, "rounds") != 0)) {
		fprintf(stderr, "usage: urun-bench-timer rounds|burst|tree COUNT CASES "
				"[WIDTH]\n");
		return 2;
	}
	width = is_burst && argc > 4 ? (unsigned int)strtoul(argv[4], NULL, 10) : 0;
	if (is_burst && (width == 0 || width > MAX_BURST)) {
		fprintf(stderr, "urun-bench-timer: a burst has 1 to %d starts\n",
			MAX_BURST);
		return 2;
	}
	n_rounds = (unsigned int)strtoul(argv[2], NULL, 10);
	setvbuf(stdout, output, _IOFBF, sizeof(output));
	read_cases(argv[3]);
	posix_spawn_file_actions_init(&no_output);
	posix_spawn_file_actions_addopen(&no_output, 0, "/dev/null", O_RDWR, 0);
	posix_spawn_file_actions_adddup2(&no_output, 0, 1);
	posix_spawn_file_actions_adddup2(&no_output, 0, 2);
	prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
	sigaction(SIGALRM, &act, NULL); /* without SA_RESTART: it ends a wait */
	for (unsigned int i = 0; i < n_cases; i++)
		order[i] = i;
	for (unsigned int round = 0; round < n_rounds; round++) {
		for (unsigned int i = n_cases; i > 1; i--) {
			unsigned int k = random_below(i), other = order[i - 1];

			order[i - 1] = order[k];
			order[k] = other;
		}
		for (unsigned int i = 0; i < n_cases; i++) {
			if (round % cases[order[i]].every != 0)
				continue;
			if (is_burst)
				run_burst(order[i], width);
			else if (is_tree)
				run_tree(order[i]);
			else
				run_one(order[i]);
		}
	}
	return fflush(stdout) == 0 ? 0 : 1;
}
