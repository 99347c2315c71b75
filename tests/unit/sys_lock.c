// SPDX-License-Identifier: Apache-2.0
/*
 * sys_lock.c - tests of files that one process at a time can hold, and names of such
 */
#include "sys/lock.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/time.h>
#include <sys/wait.h>

#include "support.h"
#include "sys/fd.h"

static void test_take_and_drop(void **state)
{
	struct folder *f = *state;
	struct lock a = {.fd = -EBADF}, b = {.fd = -EBADF}, c = {.fd = -EBADF};
	struct stat st;
	char want[PATH_MAX];

	CHECK_INT(lock_take(f->path, "urun/names", "one", &a), 0);
	CHECK(a.fd >= 0);
	CHECK_INT(fcntl(a.fd, F_GETFD), FD_CLOEXEC);
	snprintf(want, sizeof(want), "%s/urun/names/one", f->path);
	CHECK_STR(a.path, want);
	CHECK_INT(stat(want, &st), 0);
	CHECK_INT(st.st_mode, S_IFREG | 0600);
	CHECK_INT(fstatat(f->fd, "urun/names", &st, AT_SYMLINK_NOFOLLOW), 0);
	CHECK_INT(st.st_mode, S_IFDIR | 0700);
	/* held; another name is not */
	CHECK_INT(lock_take(f->path, "urun/names", "one", &b), -EAGAIN);
	CHECK(b.fd < 0);
	CHECK_INT(lock_take(f->path, "urun/names", "two", &c), 0);
	lock_drop(&a);
	CHECK_INT(a.fd, -EBADF);
	CHECK_INT(stat(want, &st), -1);
	CHECK_INT(lock_take(f->path, "urun/names", "one", &b), 0);
	CHECK_INT(lock_take(f->path, "urun/names", "one", &a), -EAGAIN);
	lock_drop(&b);
	lock_drop(&c);
	lock_drop(&c);
	CHECK_INT(faccessat(f->fd, "urun/names/two", F_OK, 0), -1);
}

/* Dropping what was not got must not take somebody else's away. */
static void test_drop_of_none(void **state)
{
	struct folder *f = *state;
	struct lock a = {.fd = -EBADF}, b = {.fd = -EBADF};

	CHECK_INT(lock_take(f->path, "x", "n", &a), 0);
	CHECK_INT(lock_take(f->path, "x", "n", &b), -EAGAIN);
	lock_drop(&b);
	CHECK_INT(faccessat(f->fd, "x/n", F_OK, 0), 0);
	CHECK_INT(lock_take(f->path, "x", "n", &b), -EAGAIN);
	lock_drop(&a);
}

struct holder {
	struct folder *folder;
	int ready;
};

/* Takes the lock, says so, and waits for its end. */
static _noreturn_ void hold(const struct holder *h)
{
	struct lock lock = {.fd = -EBADF};

	CHECK_INT(lock_take(h->folder->path, "x", "n", &lock), 0);
	CHECK_INT(write(h->ready, "r", 1), 1);
	for (;;)
		pause();
}

static void child_left_behind(void *data)
{
	struct holder h = {.folder = data};
	struct lock lock = {.fd = -EBADF};
	int ends[2], status;
	char c;
	pid_t pid;

	CHECK_INT(pipe2(ends, O_CLOEXEC), 0);
	h.ready = ends[1];
	pid = fork();
	CHECK(pid >= 0);
	if (pid == 0)
		hold(&h);
	CHECK_INT(read(ends[0], &c, 1), 1);
	CHECK_INT(lock_take(h.folder->path, "x", "n", &lock), -EAGAIN);
	CHECK_INT(kill(pid, SIGKILL), 0);
	CHECK_INT(waitpid(pid, &status, 0), pid);
	/* its file is there, and taken over */
	CHECK_INT(faccessat(h.folder->fd, "x/n", F_OK, 0), 0);
	CHECK_INT(lock_take(h.folder->path, "x", "n", &lock), 0);
	lock_drop(&lock);
	CHECK_INT(faccessat(h.folder->fd, "x/n", F_OK, 0), -1);
}

static void test_left_behind(void **state)
{
	in_child(child_left_behind, *state);
}

#define N_RIVALS 4
#define N_ROUNDS 1000

/* Takes and drops as fast as it can. What it holds is what has the name now, and while it
 * holds, nobody else does: the counter, which is not atomic, tells. */
static void rival(struct folder *f, int counter)
{
	for (int i = 0; i < N_ROUNDS;) {
		struct lock lock = {.fd = -EBADF};
		int r = lock_take(f->path, "x", "n", &lock), n;
		struct stat held, named;

		if (r == -EAGAIN)
			continue;
		CHECK_INT(r, 0);
		CHECK_INT(fd_stat(lock.fd, &held), 0);
		CHECK_INT(stat(lock.path, &named), 0);
		CHECK_INT(held.st_ino, named.st_ino);
		CHECK_INT(pread(counter, &n, sizeof(n), 0), sizeof(n));
		n++;
		CHECK_INT(pwrite(counter, &n, sizeof(n), 0), sizeof(n));
		lock_drop(&lock);
		i++;
	}
}

static void child_rivals(void *data)
{
	struct folder *f = data;
	int counter = fd_create(f->fd, "counter", O_RDWR | O_CREAT, 0600), n = 0, status;

	CHECK_INT(pwrite(counter, &n, sizeof(n), 0), sizeof(n));
	for (int i = 0; i < N_RIVALS; i++) {
		pid_t pid = fork();

		CHECK(pid >= 0);
		if (pid == 0) {
			rival(f, counter);
			_exit(0);
		}
	}
	for (int i = 0; i < N_RIVALS; i++) {
		CHECK(wait(&status) > 0);
		CHECK_INT(status, 0);
	}
	CHECK_INT(pread(counter, &n, sizeof(n), 0), sizeof(n));
	CHECK_INT(n, N_RIVALS * N_ROUNDS);
}

static void test_rivals(void **state)
{
	in_child(child_rivals, *state);
}

/* What somebody put in the way. */
static void test_hostile(void **state)
{
	struct folder *f = *state;
	struct lock lock = {.fd = -EBADF};
	char path[PATH_MAX], name[NAME_MAX + 2];

	make_dir(f->fd, "real", 0755);
	make_file(f->fd, "victim", "v");
	make_link(f->fd, "link", "real");
	make_link(f->fd, "real/to-victim", "../victim");
	make_link(f->fd, "real/dangling", "../new");
	make_dir(f->fd, "real/dir", 0755);
	CHECK_INT(lock_take(f->path, "link", "n", &lock), -ENOTDIR);
	CHECK_INT(lock_take(f->path, "victim", "n", &lock), -ENOTDIR);
	CHECK_INT(lock_take(f->path, "real", "to-victim", &lock), -ELOOP);
	CHECK_INT(lock_take(f->path, "real", "dangling", &lock), -ELOOP);
	CHECK_INT(lock_take(f->path, "real", "dir", &lock), -EISDIR);
	CHECK_INT(faccessat(f->fd, "new", F_OK, 0), -1);
	CHECK_INT(faccessat(f->fd, "real/n", F_OK, 0), -1);
	CHECK_STR(read_text(f->fd, "victim"), "v");
	snprintf(path, sizeof(path), "%s/none", f->path);
	CHECK_INT(lock_take(path, "x", "n", &lock), -ENOENT);
	memset(name, 'x', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	CHECK_INT(lock_take(f->path, "real", name, &lock), -ENAMETOOLONG);
	CHECK_INT(lock_take(f->path, name, "n", &lock), -ENAMETOOLONG);
	CHECK(lock.fd < 0);
}

/* No descriptor is lost on any way out. */
static void test_no_leak(void **state)
{
	struct folder *f = *state;
	struct lock a = {.fd = -EBADF}, b = {.fd = -EBADF};
	int before = count_fds();

	CHECK_INT(lock_take(f->path, "x/y", "n", &a), 0);
	CHECK_INT(count_fds(), before + 1);
	CHECK_INT(lock_take(f->path, "x/y", "n", &b), -EAGAIN);
	CHECK_INT(lock_take(f->path, "x/y/n", "n", &b), -ENOTDIR);
	CHECK_INT(lock_take("/nowhere", "x", "n", &b), -ENOENT);
	lock_drop(&a);
	CHECK_INT(count_fds(), before);
}

static void test_range(void **state)
{
	struct folder *f = *state;
	struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
	struct flock shared = {.l_type = F_RDLCK, .l_whence = SEEK_SET};
	int a = fd_create(f->fd, "x", O_RDWR | O_CREAT, 0600);
	_cleanup_fd_ int b = fd_open(f->fd, "x", O_RDWR);

	CHECK_INT(lock_range(a, &whole), 0);
	CHECK_INT(lock_range(a, &whole), 0); /* one's own */
	CHECK_INT(lock_range(b, &whole), -EAGAIN);
	CHECK_INT(lock_range(b, &shared), -EAGAIN);
	CHECK_INT(lock_range(a, &shared), 0);
	CHECK_INT(lock_range(b, &shared), 0);
	CHECK_INT(lock_range(b, &whole), -EAGAIN);
	fd_close(&a);
	CHECK_INT(lock_range(b, &whole), 0);
	CHECK_INT(lock_range(-1, &whole), -EBADF);
}

static void test_file_within(void **state)
{
	struct folder *f = *state;
	int a = fd_create(f->fd, "x", O_RDWR | O_CREAT, 0600);
	_cleanup_fd_ int b = fd_open(f->fd, "x", O_RDWR);
	struct itimerval timer;
	struct sigaction action;
	sigset_t blocked, now;

	/* The caller may have blocked the signal. */
	sigemptyset(&blocked);
	sigaddset(&blocked, SIGALRM);
	sigprocmask(SIG_BLOCK, &blocked, NULL);
	CHECK_INT(lock_file(a, true, false), 0);
	CHECK_INT(lock_file_within(b, true, 20), -EAGAIN);
	CHECK_INT(lock_file_within(b, false, 20), -EAGAIN);
	/* All is as it was. */
	CHECK_INT(getitimer(ITIMER_REAL, &timer), 0);
	CHECK_INT(timer.it_value.tv_sec + timer.it_value.tv_usec, 0);
	CHECK_INT(sigaction(SIGALRM, NULL, &action), 0);
	CHECK(action.sa_handler == SIG_DFL);
	sigprocmask(SIG_UNBLOCK, &blocked, &now);
	CHECK_INT(sigismember(&now, SIGALRM), 1);
	if (fork() == 0) {
		usleep(50000);
		_exit(0); /* with its share of the lock */
	}
	fd_close(&a);
	CHECK_INT(lock_file_within(b, true, 10000), 0);
	wait(NULL);
	CHECK_INT(lock_file_within(-1, true, 20), -EBADF);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST_IN_FOLDER(test_take_and_drop), TEST_IN_FOLDER(test_drop_of_none),
		TEST_IN_FOLDER(test_left_behind),   TEST_IN_FOLDER(test_rivals),
		TEST_IN_FOLDER(test_hostile),	    TEST_IN_FOLDER(test_no_leak),
		TEST_IN_FOLDER(test_range),	    TEST_IN_FOLDER(test_file_within),
	};

	return UNIT_RUN(tests);
}
