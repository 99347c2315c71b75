// SPDX-License-Identifier: Apache-2.0
/*
 * sys_tty.c - tests of terminals
 */
#include "sys/tty.h"

#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support.h"
#include "sys/fd.h"

static void open_pty(int *master, int *slave)
{
	_cleanup_fd_ int root = fd_open(AT_FDCWD, "/", O_PATH | O_DIRECTORY);
	int r = root < 0 ? root : tty_open_pty(root, master, slave);

	if (r == -EIO || r == -ENOENT || r == -EACCES)
		skip_because("no pty can be had: %s", strerror(-r));
	CHECK_INT(r, 0);
}

static void test_pty(void **state)
{
	_cleanup_fd_ int master = -EBADF, slave = -EBADF;
	char c = 0;

	open_pty(&master, &slave);
	CHECK_INT(fcntl(master, F_GETFD), FD_CLOEXEC);
	CHECK_INT(fcntl(slave, F_GETFD), FD_CLOEXEC);
	CHECK(tty_is(master) && tty_is(slave));
	/* unlocked, and each other's ends */
	CHECK_INT(write(slave, "x", 1), 1);
	CHECK_INT(read(master, &c, 1), 1);
	CHECK_INT(c, 'x');
}

static void test_no_terminal(void **state)
{
	_cleanup_fd_ int null = fd_open(AT_FDCWD, "/dev/null", O_RDWR);
	struct tty_state saved = {.fd = -1};
	int master = -42, slave = -42;

	CHECK(!tty_is(null) && !tty_is(-1));
	CHECK(!tty_wants_return(null) && !tty_wants_return(-1));
	CHECK(tty_is_foreground(null) && tty_is_foreground(-1));
	CHECK_INT(tty_raw(&saved, null), -ENOTTY);
	CHECK(!saved.is_saved);
	tty_restore(&saved);
	tty_copy_size(null, null);
	CHECK_INT(tty_open_pty(null, &master, &slave), -ENOTDIR);
	CHECK(master == -42 && slave == -42);
}

/* What a container may have put where its ptmx should be: none is taken, none blocks. */
static void test_false_ptmx(void **state)
{
	struct folder *f = *state;

	make_dir(f->fd, "dev", 0755);
	make_dir(f->fd, "dev/pts", 0755);
	for (int i = 0; i < 3; i++) {
		int master = -42, slave = -42;

		if (i == 0)
			make_file(f->fd, "dev/pts/ptmx", "");
		else if (i == 1)
			make_fifo(f->fd, "dev/pts/ptmx");
		else
			make_link(f->fd, "dev/pts/ptmx", "../../dev");
		CHECK_INT(tty_open_pty(f->fd, &master, &slave), i < 2 ? -ENOTTY : -ELOOP);
		CHECK(master == -42 && slave == -42);
		CHECK_INT(unlinkat(f->fd, "dev/pts/ptmx", 0), 0);
	}
}

static void test_raw(void **state)
{
	_cleanup_fd_ int master = -EBADF, slave = -EBADF;
	struct tty_state saved = {.is_saved = false};
	struct termios before, raw, after;

	open_pty(&master, &slave);
	CHECK_INT(tcgetattr(slave, &before), 0);
	CHECK(before.c_lflag & ECHO);
	CHECK(!tty_wants_return(slave));
	CHECK_INT(tty_raw(&saved, slave), 0);
	CHECK(tty_wants_return(slave));
	CHECK(saved.is_saved);
	CHECK_INT(tcgetattr(slave, &raw), 0);
	CHECK_INT(raw.c_lflag & (ECHO | ICANON | ISIG), 0);
	CHECK_INT(raw.c_oflag & OPOST, 0);
	tty_restore(&saved);
	CHECK(!tty_wants_return(slave));
	CHECK(!saved.is_saved);
	CHECK_INT(tcgetattr(slave, &after), 0);
	CHECK_INT(after.c_lflag, before.c_lflag);
	CHECK_INT(after.c_iflag, before.c_iflag);
	CHECK_INT(after.c_oflag, before.c_oflag);
	/* once only */
	CHECK_INT(tcsetattr(slave, TCSANOW, &raw), 0);
	tty_restore(&saved);
	CHECK_INT(tcgetattr(slave, &after), 0);
	CHECK_INT(after.c_lflag & ECHO, 0);
}

static void test_size(void **state)
{
	_cleanup_fd_ int from = -EBADF, from_slave = -EBADF, to = -EBADF, slave = -EBADF;
	struct winsize size = {.ws_row = 41, .ws_col = 117}, is;

	open_pty(&from, &from_slave);
	open_pty(&to, &slave);
	CHECK_INT(ioctl(from, TIOCSWINSZ, &size), 0);
	tty_copy_size(from_slave, to);
	CHECK_INT(ioctl(slave, TIOCGWINSZ, &is), 0);
	CHECK(is.ws_row == 41 && is.ws_col == 117);
	tty_copy_size(-1, to);
	CHECK_INT(ioctl(slave, TIOCGWINSZ, &is), 0);
	CHECK(is.ws_row == 41 && is.ws_col == 117);
}

static void child_controlling(void *data)
{
	_cleanup_fd_ int master = -EBADF, slave = -EBADF, tty = -EBADF;

	open_pty(&master, &slave);
	/* The leader of a group cannot make a session. */
	CHECK_INT(setpgid(0, 0), 0);
	CHECK_INT(tty_become_controlling(slave), -EPERM);
	CHECK_INT(tty_leave_session(), 0);
	if (fork() != 0) {
		int status;

		CHECK(wait(&status) > 0);
		CHECK_INT(status, 0);
		return;
	}
	CHECK_INT(tty_become_controlling(slave), 0);
	tty = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);
	CHECK(tty >= 0);
	CHECK_INT(tcgetsid(tty), getpid());
	CHECK(tty_is_foreground(tty));
	/* a process of another group is in the background */
	if (fork() == 0) {
		CHECK_INT(setpgid(0, 0), 0);
		CHECK(!tty_is_foreground(tty));
		_exit(0);
	}
	CHECK_INT(wait(&(int){0}) > 0, 1);
	_exit(0);
}

static void test_controlling(void **state)
{
	in_child(child_controlling, NULL);
}

static void child_leave_session(void *data)
{
	/* a process of the group goes, its leader stays */
	if (fork() != 0) {
		int status;

		CHECK(wait(&status) > 0);
		CHECK_INT(status, 0);
		CHECK_INT(tty_leave_session(), 0);
		return;
	}
	CHECK(getsid(0) != getpid());
	CHECK_INT(tty_leave_session(), 0);
	CHECK_INT(getsid(0), getpid());
	CHECK_INT(open("/dev/tty", O_RDWR), -1);
	CHECK_INT(tty_leave_session(), 0);
	_exit(0);
}

static void test_leave_session(void **state)
{
	in_child(child_leave_session, NULL);
}

#define SECRET "a-secret-that-is-longer-than-what-there-is-room-for"

/* Types when it is not shown any more, so that it has been asked for. */
static _noreturn_ void type_secret(int master, int slave)
{
	struct termios t;

	do {
		usleep(1000);
		CHECK_INT(tcgetattr(slave, &t), 0);
	} while (t.c_lflag & ECHO);
	CHECK_INT(write(master, SECRET "\n", strlen(SECRET) + 1), strlen(SECRET) + 1);
	_exit(0);
}

/* What is left of a secret that is too long would be the next command of a shell. */
static void child_long_secret(void *data)
{
	_cleanup_fd_ int master = -EBADF, slave = -EBADF;
	char text[16], rest[128];
	int status;
	pid_t pid;

	open_pty(&master, &slave);
	pid = fork();
	if (pid == 0)
		type_secret(master, slave);
	CHECK_INT(tty_ask(slave, "", true, text, sizeof(text)), -E2BIG);
	CHECK_INT(waitpid(pid, &status, 0), pid);
	CHECK_INT(status, 0);
	CHECK_INT(fcntl(slave, F_SETFL, O_NONBLOCK), 0);
	CHECK_INT(fd_read_now(slave, rest, sizeof(rest)), -EAGAIN);
}

static void test_long_secret(void **state)
{
	in_child(child_long_secret, NULL);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(test_pty),		TEST(test_no_terminal),
		TEST(test_raw),		TEST(test_size),
		TEST(test_controlling), TEST(test_leave_session),
		TEST(test_long_secret), TEST_IN_FOLDER(test_false_ptmx),
	};

	return UNIT_RUN(tests);
}
