// SPDX-License-Identifier: Apache-2.0
/*
 * sys_signals.c - tests of signals as events
 */
#include "sys/signals.h"

#include <poll.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support.h"
#include "sys/fd.h"

/* The next one, which is known to have come. */
static void check_next(int fd, int signo, bool is_from_kernel)
{
	struct signals_info info = {0};

	CHECK_INT(signals_read(fd, &info), 1);
	CHECK_INT(info.signo, signo);
	CHECK_INT(info.is_from_kernel, is_from_kernel);
}

static void child_take(void *data)
{
	struct signals_saved saved;
	struct signals_info info = {.signo = 42};
	sigset_t now, old;
	int fd = -EBADF;

	sigemptyset(&old);
	sigaddset(&old, SIGUSR2);
	sigprocmask(SIG_SETMASK, &old, NULL);
	signal(SIGINT, SIG_IGN);
	signal(SIGCHLD, SIG_IGN);
	CHECK_INT(signals_take(&saved, &fd), 0);
	CHECK_INT(fcntl(fd, F_GETFD), FD_CLOEXEC);
	CHECK_INT(signals_read(fd, &info), 0);
	CHECK_INT(info.signo, 42);
	/* what was ignored is told, and SIGCHLD is not any more */
	CHECK(saved.ignored & SIGNALS_BIT(SIGINT));
	CHECK(saved.ignored & SIGNALS_BIT(SIGCHLD));
	CHECK(!(saved.ignored & SIGNALS_BIT(SIGTERM)));
	CHECK(signal(SIGCHLD, SIG_DFL) == SIG_DFL);
	/* blocked: it is read, and does nothing else */
	CHECK_INT(kill(getpid(), SIGTERM), 0);
	check_next(fd, SIGTERM, false);
	CHECK_INT(kill(getpid(), SIGRTMIN + 2), 0);
	check_next(fd, SIGRTMIN + 2, false);
	CHECK_INT(signals_read(fd, &info), 0);
	signals_give_back(&saved);
	sigprocmask(SIG_SETMASK, NULL, &now);
	CHECK(sigismember(&now, SIGUSR2) == 1 && sigismember(&now, SIGTERM) == 0);
	CHECK_INT(signals_read(-1, &info), -EBADF);
}

/* An action as the kernel has it, for signals that the C library keeps to itself. */
static void ignore_raw(int signo)
{
	void (*action[16])(int) = {SIG_IGN};

	CHECK_INT(syscall(SYS_rt_sigaction, signo, action, NULL, NSIG / 8), 0);
}

static bool is_ignored_raw(int signo)
{
	void (*action[16])(int) = {SIG_DFL};

	CHECK_INT(syscall(SYS_rt_sigaction, signo, NULL, action, NSIG / 8), 0);
	return action[0] == SIG_IGN;
}

static void child_reset(void *data)
{
	sigset_t mask;

	sigfillset(&mask);
	sigprocmask(SIG_SETMASK, &mask, NULL);
	signal(SIGINT, SIG_IGN);
	signal(SIGRTMAX, SIG_IGN);
	ignore_raw(SIGRTMIN - 1);
	signals_reset();
	sigprocmask(SIG_SETMASK, NULL, &mask);
	for (int s = 1; s < NSIG; s++) {
		check_context("signal %d", s);
		CHECK(!is_ignored_raw(s));
		CHECK(sigismember(&mask, s) != 1);
	}
}

static void test_reset(void **state)
{
	in_child(child_reset, NULL);
}

static void test_take(void **state)
{
	in_child(child_take, NULL);
}

/* The end of a child, and the closing of a terminal, are not sent by a process. */
static void child_from_kernel(void *data)
{
	struct signals_saved saved;
	siginfo_t info;
	int fd = -EBADF;
	pid_t pid;

	CHECK_INT(signals_take(&saved, &fd), 0);
	pid = fork();
	CHECK(pid >= 0);
	if (pid == 0)
		_exit(0);
	CHECK_INT(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT), 0);
	check_next(fd, SIGCHLD, true);
}

static void test_from_kernel(void **state)
{
	in_child(child_from_kernel, NULL);
}

static void child_has_ending(void *data)
{
	struct signals_saved saved;
	int fd = -EBADF;

	CHECK_INT(signals_take(&saved, &fd), 0);
	CHECK(!signals_has_ending());
	CHECK_INT(kill(getpid(), SIGWINCH), 0);
	CHECK_INT(kill(getpid(), SIGCHLD), 0);
	CHECK_INT(kill(getpid(), SIGTSTP), 0);
	CHECK(!signals_has_ending());
	CHECK_INT(kill(getpid(), SIGHUP), 0);
	CHECK(signals_has_ending());
	while (signals_read(fd, &(struct signals_info){0}) == 1)
		;
	CHECK(!signals_has_ending());
}

static void test_has_ending(void **state)
{
	in_child(child_has_ending, NULL);
}

static bool is_ready(int fd)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};

	return poll(&p, 1, 0) > 0;
}

/* What the rest of the program reads is left for it. */
static void child_open_ending(void *data)
{
	struct signals_saved saved;
	int fd = -EBADF, ending;

	signal(SIGHUP, SIG_IGN);
	CHECK_INT(signals_take(&saved, &fd), 0);
	ending = signals_open_ending();
	CHECK(ending >= 0);
	CHECK_INT(fcntl(ending, F_GETFD), FD_CLOEXEC);
	CHECK_INT(kill(getpid(), SIGWINCH), 0);
	CHECK_INT(kill(getpid(), SIGCHLD), 0);
	CHECK_INT(kill(getpid(), SIGHUP), 0);
	CHECK(!is_ready(ending));
	CHECK_INT(kill(getpid(), SIGINT), 0);
	CHECK(is_ready(ending));
	while (signals_read(fd, &(struct signals_info){0}) == 1)
		;
	CHECK(!is_ready(ending));
}

static void test_open_ending(void **state)
{
	in_child(child_open_ending, NULL);
}

static void test_defaults(void **state)
{
	static const int ignored[] = {SIGCHLD, SIGURG, SIGWINCH};
	static const int stops[] = {SIGSTOP, SIGTSTP, SIGTTIN, SIGTTOU};

	for (int s = 1; s <= SIGRTMAX; s++) {
		enum signals_default want = SIGNALS_TERMINATE;

		for (size_t i = 0; i < ARRAY_SIZE(ignored); i++)
			if (s == ignored[i])
				want = SIGNALS_IGNORE;
		for (size_t i = 0; i < ARRAY_SIZE(stops); i++)
			if (s == stops[i])
				want = SIGNALS_STOP;
		if (s == SIGCONT)
			want = SIGNALS_CONTINUE;
		check_context("signal %d", s);
		CHECK_INT(signals_default(s), want);
	}
}

static void child_stop(void *data)
{
	int status;
	pid_t pid = fork();

	CHECK(pid >= 0);
	if (pid == 0) {
		signals_stop_self();
		_exit(7);
	}
	CHECK_INT(waitpid(pid, &status, WUNTRACED), pid);
	CHECK(WIFSTOPPED(status));
	CHECK_INT(kill(pid, SIGCONT), 0);
	CHECK_INT(waitpid(pid, &status, 0), pid);
	CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 7);
}

static void test_stop(void **state)
{
	in_child(child_stop, NULL);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(test_take),       TEST(test_reset),       TEST(test_from_kernel),
		TEST(test_has_ending), TEST(test_open_ending), TEST(test_defaults),
		TEST(test_stop),
	};

	return UNIT_RUN(tests);
}
