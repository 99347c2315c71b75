// SPDX-License-Identifier: Apache-2.0
/*
 * attach.c - a network namespace and the program that connects it, and nothing else
 *
 *	urun-bench-attach inside|outside PROGRAM WORD... -- [COMMAND WORD...]
 *
 * Makes a user namespace with one id and a network namespace in it, and runs PROGRAM (slirp4netns,
 * pasta) in the host's network: inside, as root of that user namespace; outside, as the caller.
 * When it is ready COMMAND runs in both namespaces, and all ends with it. Without COMMAND, prints
 * the nanoseconds from before PROGRAM's process is made until it is ready.
 *
 * Both have a session of their own, as urun and others do it: the scheduler shares the processors
 * among sessions (sched(7), autogroup), which shows where two programs wake each other.
 *
 * In PROGRAM's words stand @NETNS@ and @USERNS@ for paths of the namespaces, @READY@ for the number
 * of a descriptor where a byte is written when it is ready, and @HOLD@ for one that is closed when
 * it has to end.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MAX_WORDS 64

/* The descriptors that PROGRAM gets. */
struct ends {
	int ready, hold;
};

static pid_t server, command;

static __attribute__((noreturn)) void die(const char *what)
{
	fprintf(stderr, "urun-bench-attach: %s: %s\n", what, strerror(errno));
	/* Also the ones that have not yet asked to die with this process. */
	if (server > 0)
		kill(server, SIGKILL);
	if (command > 0)
		kill(command, SIGKILL);
	exit(1);
}

static __attribute__((noreturn)) void on_end(int signo)
{
	kill(server, SIGKILL);
	kill(command, SIGKILL);
	_exit(128 + signo);
}

static int64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

/* --- the namespaces --- */

static void raise_loopback(void)
{
	struct ifreq request = {.ifr_name = "lo", .ifr_flags = IFF_UP};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || ioctl(fd, SIOCSIFFLAGS, &request) < 0)
		die("bring the loopback interface up");
	close(fd);
}

static void write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	ssize_t len = (ssize_t)strlen(text);

	if (fd < 0 || write(fd, text, (size_t)len) != len)
		die(path);
	close(fd);
}

static void become_root(uid_t uid, gid_t gid)
{
	char map[64];

	write_file("/proc/self/setgroups", "deny");
	snprintf(map, sizeof(map), "0 %u 1", uid);
	write_file("/proc/self/uid_map", map);
	snprintf(map, sizeof(map), "0 %u 1", gid);
	write_file("/proc/self/gid_map", map);
}

/* Return: a process in new namespaces, that runs the command when it reads a byte from @go. */
static pid_t make_namespaces(char **words, int go, int made)
{
	uid_t uid = getuid();
	gid_t gid = getgid();
	pid_t pid = fork();
	char byte;

	if (pid != 0)
		return pid;
	if (unshare(CLONE_NEWUSER | CLONE_NEWNET) < 0)
		die("make namespaces");
	become_root(uid, gid);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	raise_loopback();
	if (write(made, "1", 1) != 1 || read(go, &byte, 1) != 1)
		exit(1);
	setsid();
	execvp(words[0], words);
	die(words[0]);
}

/* --- the program that connects them --- */

static char *fill_in(const char *word, const struct ends *ends)
{
	static const char *const names[] = {"@READY@", "@HOLD@", "@NETNS@", "@USERNS@"};
	char values[4][32], *filled;

	snprintf(values[0], sizeof(values[0]), "%d", ends->ready);
	snprintf(values[1], sizeof(values[1]), "%d", ends->hold);
	snprintf(values[2], sizeof(values[2]), "/proc/%d/ns/net", command);
	snprintf(values[3], sizeof(values[3]), "/proc/%d/ns/user", command);
	for (size_t i = 0; i < 4; i++) {
		const char *at = strstr(word, names[i]);

		if (!at)
			continue;
		if (asprintf(&filled, "%.*s%s%s", (int)(at - word), word, values[i],
			     at + strlen(names[i])) < 0)
			die("memory");
		return filled;
	}
	return strdup(word);
}

static void enter_userns(void)
{
	char path[32];
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/ns/user", command);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || setns(fd, CLONE_NEWUSER) < 0 || setresgid(0, 0, 0) < 0 ||
	    setresuid(0, 0, 0) < 0)
		die("enter the user namespace");
}

static pid_t start_server(char **words, bool is_inside)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	pid_t pid = fork();

	if (pid != 0) {
		close(null);
		return pid;
	}
	setsid();
	if (is_inside)
		enter_userns();
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	dup2(null, STDIN_FILENO);
	dup2(null, STDOUT_FILENO);
	execvp(words[0], words);
	die(words[0]);
}

/* Nothing else of its own may stay open in it: it would wait for itself. */
static void make_pipe(int ends[2], bool is_write_given)
{
	if (pipe2(ends, O_CLOEXEC) < 0 || fcntl(ends[is_write_given], F_SETFD, 0) < 0)
		die("pipe");
}

/* Return: nanoseconds until it was ready. */
static int64_t attach(char **words, bool is_inside)
{
	char *filled[MAX_WORDS + 1] = {NULL}, byte;
	int ready[2], hold[2];
	int64_t begin;

	make_pipe(ready, true);
	make_pipe(hold, false);
	for (size_t i = 0; words[i] && i < MAX_WORDS; i++)
		filled[i] = fill_in(words[i], &(struct ends){ready[1], hold[0]});
	begin = now_ns();
	server = start_server(filled, is_inside);
	close(ready[1]);
	close(hold[0]);
	if (server < 0 || read(ready[0], &byte, 1) != 1)
		die("the program does not connect the network");
	begin = now_ns() - begin;
	close(ready[0]);
	return begin;
}

/* Return: its exit code. The network must not be gone before. */
static int wait_for_command(void)
{
	int status;

	while (waitpid(command, &status, 0) < 0)
		if (errno != EINTR)
			die("wait");
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static int run(char **program, bool is_inside, char **words)
{
	int go[2], made[2], code = 0;
	int64_t took_ns;
	char byte;

	if (pipe2(go, O_CLOEXEC) < 0 || pipe2(made, O_CLOEXEC) < 0)
		die("pipe");
	command = make_namespaces(words, go[0], made[1]);
	close(made[1]);
	if (command < 0 || read(made[0], &byte, 1) != 1)
		die("make namespaces");
	signal(SIGTERM, on_end);
	signal(SIGINT, on_end);
	took_ns = attach(program, is_inside);
	if (words[0]) {
		if (write(go[1], "1", 1) != 1)
			die("start the command");
		code = wait_for_command();
	} else {
		printf("%" PRId64 "\n", took_ns);
	}
	kill(command, SIGKILL);
	kill(server, SIGKILL);
	waitpid(server, NULL, 0);
	return code;
}

int main(int argc, char **argv)
{
	int i = 2;

	while (i < argc && strcmp(argv[i], "--") != 0)
		i++;
	if (i < 3 || i >= argc || i > MAX_WORDS ||
	    (strcmp(argv[1], "inside") != 0 && strcmp(argv[1], "outside") != 0)) {
		fprintf(stderr,
			"usage: urun-bench-attach inside|outside PROGRAM WORD... -- "
			"[COMMAND WORD...]\n");
		return 2;
	}
	argv[i] = NULL;
	return run(argv + 2, strcmp(argv[1], "inside") == 0, argv + i + 1);
}
