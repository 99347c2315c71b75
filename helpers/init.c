// SPDX-License-Identifier: Apache-2.0
/*
 * init.c - urun-init: PID 1 of a container that was started with --init
 *
 *	urun-init --preserve-fds N -- COMMAND [ARG...]
 *
 * Starts the command, reaps every process that loses its parent, forwards every signal that
 * can be caught, and ends with the command's exit code. Everything that locks the container
 * (ids, capabilities, filter) was done before; both processes are under it.
 *
 * The command gets a process group of its own, and the terminal's foreground when there is a
 * terminal: Ctrl-C reaches it once, from the terminal, and not again from here.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/err.h"

#define EXIT_FAILED	 125
#define EXIT_NOT_INVOKED 126
#define EXIT_NOT_FOUND	 127

static __attribute__((noreturn)) void run_command(char **argv, pid_t init)
{
	char name[4096];
	sigset_t none;
	int why;

	/* Where PID 1 is somebody else, nothing else ends the command with this process. */
	prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	if (getppid() != init)
		_exit(EXIT_FAILED);
	/* A terminal's foreground can be taken only with SIGTTOU blocked, as it is here. */
	if (setpgid(0, 0) == 0 && isatty(STDIN_FILENO))
		tcsetpgrp(STDIN_FILENO, getpgrp());
	for (int s = 1; s < NSIG; s++)
		signal(s, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	execv(argv[0], argv);
	why = errno;
	text_escape(name, sizeof(name), argv[0]);
	fprintf(stderr, "urun: command '%s': %s\n", name,
		why == ENOEXEC
			? "not a program of this machine (another architecture, or a "
			  "script without #!)"
		: why == ENOENT ? "its interpreter or loader is not in the rootfs"
				: strerror(why));
	_exit(why == ENOENT ? EXIT_NOT_FOUND : EXIT_NOT_INVOKED);
}

/* Nothing of the container's may be held open here: a reader of the command's output waits for
 * the last writer to close it. */
static void let_go(unsigned int preserved)
{
	if (freopen("/dev/null", "r", stdin) == NULL)
		close(STDIN_FILENO);
	if (freopen("/dev/null", "w", stdout) == NULL)
		close(STDOUT_FILENO);
	if (freopen("/dev/null", "w", stderr) == NULL)
		close(STDERR_FILENO);
	for (unsigned int fd = 3; fd < 3 + preserved; fd++)
		close((int)fd);
}

/* Reaps all that have ended. Returns the command's exit code once it is among them, else -1. */
static int reap(pid_t command)
{
	int code = -1, status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		if (pid == command)
			code = WIFEXITED(status) ? WEXITSTATUS(status)
						 : 128 + WTERMSIG(status);
	return code;
}

static int serve(pid_t command, const sigset_t *signals)
{
	for (;;) {
		siginfo_t info;
		int signo = sigwaitinfo(signals, &info), code;

		if (signo == SIGCHLD) {
			code = reap(command);
			if (code >= 0)
				return code;
		} else if (signo > 0) {
			kill(command, signo);
		} else if (errno != EINTR) {
			return EXIT_FAILED;
		}
	}
}

int main(int argc, char **argv)
{
	unsigned long preserved;
	sigset_t all;
	pid_t pid, init;
	char *end;

	if (argc < 5 || strcmp(argv[1], "--preserve-fds") != 0 ||
	    strcmp(argv[3], "--") != 0) {
		fprintf(stderr,
			"usage: urun-init --preserve-fds N -- COMMAND [ARG...]\n");
		return EXIT_FAILED;
	}
	preserved = strtoul(argv[2], &end, 10);
	if (*end || preserved > 1024) {
		fprintf(stderr, "urun-init: --preserve-fds '%s': at most 1024\n",
			argv[2]);
		return EXIT_FAILED;
	}
	prctl(PR_SET_NAME, "urun-init", 0, 0, 0);
	/* Nobody inside traces PID 1; exec makes the command traceable again. */
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	/* Without a pid namespace of its own it is the parent of orphans all the same. */
	if (getpid() != 1)
		prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
	init = getpid();
	pid = fork();
	if (pid == 0)
		run_command(argv + 4, init);
	if (pid < 0) {
		fprintf(stderr, "urun: start '%s': %s\n", argv[4], strerror(errno));
		return EXIT_FAILED;
	}
	let_go((unsigned int)preserved);
	return serve(pid, &all);
}
