// SPDX-License-Identifier: Apache-2.0
/*
 * support.c - see support.h
 */
#include "support.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define CHILD_SECONDS 60
#define TEST_SECONDS  240 /* a program that hangs is killed */
#define EXIT_FAILED   1
#define EXIT_SKIPPED  77 /* as automake has it */
#define MAX_TEXT      900 /* cmocka cuts what it prints at 1023 bytes, its newline included */
#define SKIPPED	      "# skipped: "

static int report_fd = -1; /* in a child: where its parent reads */
static char context[512];

void check_context(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(context, sizeof(context), fmt, ap);
	va_end(ap);
}

void check_no_context(void)
{
	context[0] = '\0';
}

/* In a child: the parent gets the text and goes on. */
static _noreturn_ void leave_child(int code, const char *text)
{
	ssize_t n = write(report_fd, text, strlen(text));

	_exit(n < 0 ? EXIT_FAILED : code);
}

static _printf_(3, 4) void failed(const char *file, int line, const char *fmt, ...)
{
	char text[MAX_TEXT];
	int len = snprintf(text, sizeof(text), "# %s:%d: %s%s", file, line, context,
			   context[0] ? ": " : "");
	va_list ap;

	len = MIN(len, (int)sizeof(text) - 1);
	va_start(ap, fmt);
	vsnprintf(text + len, sizeof(text) - (size_t)len, fmt, ap);
	va_end(ap);
	/* One line of TAP, whatever the tested text holds. */
	for (char *c = text; *c; c++)
		if (*c < ' ' || *c > '~')
			*c = '?';
	if (report_fd >= 0)
		leave_child(EXIT_FAILED, text);
	print_message("%s\n", text);
	_fail(file, line);
}

void check_true(bool is_true, const char *what, const char *file, int line)
{
	if (!is_true)
		failed(file, line, "not true: %s", what);
}

void check_int(int64_t is, int64_t want, const char *what, const char *file, int line)
{
	if (is != want)
		failed(file, line, "%s: got %lld (0x%llx), want %lld (0x%llx)", what,
		       (long long)is, (unsigned long long)is, (long long)want,
		       (unsigned long long)want);
}

void check_str(const char *is, const char *want, const char *what, const char *file,
	       int line)
{
	if (!is || !want ? is != want : strcmp(is, want) != 0)
		failed(file, line, "%s: got \"%s\", want \"%s\"", what,
		       is ? is : "(null)", want ? want : "(null)");
}

void skip_because(const char *fmt, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (report_fd >= 0)
		leave_child(EXIT_SKIPPED, text);
	print_message(SKIPPED "%s\n", text);
	skip();
	abort();
}

static _noreturn_ void run_in_child(int fd, void (*body)(void *), void *data)
{
	report_fd = fd;
	/* cmocka handles the signals of a crash by a jump into the parent's test. */
	for (int s = 1; s < NSIG; s++)
		signal(s, SIG_DFL);
	setpgid(0, 0);
	alarm(CHILD_SECONDS);
	body(data);
	_exit(0);
}

/* All that the child says, until it and its own children have closed the pipe. */
static void read_report(int fd, pid_t pid, char *text, size_t size)
{
	size_t len = 0;

	for (;;) {
		struct pollfd p = {.fd = fd, .events = POLLIN};
		ssize_t n = -1;

		if (poll(&p, 1, (CHILD_SECONDS + 1) * 1000) > 0)
			n = read(fd, text + len, size - 1 - len);
		else if (errno != EINTR)
			kill(-pid, SIGKILL);
		if (n > 0)
			len += (size_t)n;
		else if (n == 0 || errno != EINTR)
			break;
	}
	text[len] = '\0';
}

void in_child(void (*body)(void *data), void *data)
{
	char text[MAX_TEXT];
	int ends[2], status;
	pid_t pid;

	fflush(NULL);
	CHECK_INT(pipe2(ends, O_CLOEXEC), 0);
	pid = fork();
	CHECK(pid >= 0);
	if (pid == 0) {
		close(ends[0]);
		run_in_child(ends[1], body, data);
	}
	close(ends[1]);
	read_report(ends[0], pid, text, sizeof(text));
	close(ends[0]);
	CHECK_INT(waitpid(pid, &status, 0), pid);
	if (WIFEXITED(status) && WEXITSTATUS(status) == EXIT_SKIPPED)
		skip_because("%s", text);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return;
	print_message("%s\n", text[0] ? text : "# the child said nothing");
	if (WIFSIGNALED(status))
		print_message("# the child was killed by signal %d\n", WTERMSIG(status));
	fail();
}

void refuse_call(long number, int error)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)number, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (uint32_t)error),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog prog = {.len = ARRAY_SIZE(code), .filter = code};

	CHECK(report_fd >= 0);
	CHECK_INT(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 0);
	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog) < 0)
		skip_because("no seccomp filter can be loaded: %s", strerror(errno));
}

static int write_map(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : write(fd, text, strlen(text));
	int error = errno;

	if (fd >= 0)
		close(fd);
	return n < 0 ? -error : 0;
}

void enter_userns(int flags, uid_t inside)
{
	uid_t uid = geteuid();
	gid_t gid = getegid();
	char text[64];
	int r;

	CHECK(report_fd >= 0);
	if (unshare(CLONE_NEWUSER | flags) < 0)
		skip_because("no user namespace can be made: %s", strerror(errno));
	r = write_map("/proc/self/setgroups", "deny");
	CHECK(r == 0 || r == -ENOENT);
	snprintf(text, sizeof(text), "%u %u 1", inside, gid);
	r = write_map("/proc/self/gid_map", text);
	snprintf(text, sizeof(text), "%u %u 1", inside, uid);
	if (r == 0)
		r = write_map("/proc/self/uid_map", text);
	if (r < 0)
		skip_because("no id can be mapped: %s", strerror(-r));
}

int test_setup(void **state)
{
	check_no_context();
	return 0;
}

int folder_setup(void **state)
{
	const char *tmp = getenv("TMPDIR");
	struct folder *f = calloc(1, sizeof(*f));

	if (!f)
		return -1;
	snprintf(f->path, sizeof(f->path), "%s/urun-unit-XXXXXX",
		 tmp && tmp[0] == '/' ? tmp : "/tmp");
	if (!mkdtemp(f->path)) {
		free(f);
		return -1;
	}
	f->fd = open(f->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	*state = f;
	check_no_context();
	return f->fd < 0 ? -1 : 0;
}

static int open_up(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	/* FTW_DNR: listed once more after this, now that it can be read */
	return type == FTW_DNR || type == FTW_D ? chmod(path, 0700) : 0;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	return remove(path);
}

int folder_teardown(void **state)
{
	struct folder *f = *state;
	int r;

	close(f->fd);
	nftw(f->path, open_up, 16, FTW_PHYS | FTW_MOUNT);
	r = nftw(f->path, remove_one, 16, FTW_PHYS | FTW_MOUNT | FTW_DEPTH);
	free(f);
	return r;
}

void make_dir(int dir, const char *path, mode_t mode)
{
	int r = mkdirat(dir, path, 0700);

	CHECK_INT(r, 0);
	CHECK_INT(fchmodat(dir, path, mode, 0), 0);
}

void make_file(int dir, const char *path, const char *content)
{
	int fd = openat(dir, path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	CHECK(fd >= 0);
	CHECK_INT(fchmod(fd, 0644), 0);
	CHECK_INT(write(fd, content, strlen(content)), strlen(content));
	CHECK_INT(close(fd), 0);
}

void make_link(int dir, const char *path, const char *target)
{
	CHECK_INT(symlinkat(target, dir, path), 0);
}

void make_fifo(int dir, const char *path)
{
	CHECK_INT(mkfifoat(dir, path, 0600), 0);
	CHECK_INT(fchmodat(dir, path, 0644, 0), 0);
}

const char *read_text(int dir, const char *path)
{
	static char text[65536];
	int fd = openat(dir, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);

	if (fd >= 0)
		close(fd);
	if (n < 0)
		return NULL;
	text[n] = '\0';
	return text;
}

int count_fds(void)
{
	DIR *dir = opendir("/proc/self/fd");
	int n = 0;

	CHECK(dir != NULL);
	while (readdir(dir))
		n++;
	closedir(dir);
	return n - 3; /* ".", ".." and the folder's own */
}

uint32_t dice_roll(struct dice *d, uint32_t sides)
{
	/* xorshift64* */
	if (d->state == 0)
		d->state = 0x9e3779b97f4a7c15u;
	d->state ^= d->state >> 12;
	d->state ^= d->state << 25;
	d->state ^= d->state >> 27;
	return (uint32_t)((d->state * 0x2545f4914f6cdd1du) >> 32) % sides;
}

/* Hands lines on. cmocka calls a skipped test "not ok" before 1.1.6, which is a failure to
 * TAP, and gives no reason: both are mended here. */
static void mend_tap(FILE *in)
{
	char reason[512] = "", line[4096];

	while (fgets(line, sizeof(line), in)) {
		char *mark = strstr(line, " # SKIP");
		int number;

		if (strncmp(line, SKIPPED, strlen(SKIPPED)) == 0) {
			snprintf(reason, sizeof(reason), "%.500s",
				 line + strlen(SKIPPED));
			reason[strcspn(reason, "\n")] = '\0';
			continue;
		}
		if (mark && (sscanf(line, "not ok %d", &number) == 1 ||
			     sscanf(line, "ok %d", &number) == 1)) {
			mark += strlen(" # SKIP");
			mark[strcspn(mark, "\n")] = '\0';
			printf("ok %d -%s # SKIP %s\n", number, mark, reason);
			reason[0] = '\0';
			continue;
		}
		fputs(line, stdout);
	}
	fflush(stdout);
}

int unit_run(const struct CMUnitTest *tests, size_t n)
{
	const char *format = getenv("CMOCKA_MESSAGE_OUTPUT");
	int ends[2], status, fd;
	FILE *in;
	pid_t pid;

	/* A standard stream that is closed would be the number of another file. */
	do
		fd = open("/dev/null", O_RDWR);
	while (fd >= 0 && fd <= STDERR_FILENO);
	close(fd);
	/* Without TAP: for a person, perhaps in a debugger. */
	if (!format || strcmp(format, "TAP") != 0)
		return _cmocka_run_group_tests("unit", tests, n, NULL, NULL);
	if (pipe2(ends, O_CLOEXEC) < 0 || (pid = fork()) < 0)
		return EXIT_FAILED;
	if (pid == 0) {
		dup2(ends[1], STDOUT_FILENO);
		close(ends[0]);
		close(ends[1]);
		setvbuf(stdout, NULL, _IOLBF, 0);
		alarm(TEST_SECONDS);
		return _cmocka_run_group_tests("unit", tests, n, NULL, NULL);
	}
	close(ends[1]);
	in = fdopen(ends[0], "r");
	if (!in)
		return EXIT_FAILED;
	mend_tap(in);
	fclose(in);
	/* How many failed was told already, line by line. */
	return waitpid(pid, &status, 0) < 0 || !WIFEXITED(status) ? EXIT_FAILED : 0;
}
