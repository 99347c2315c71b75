// SPDX-License-Identifier: Apache-2.0
/*
 * sys_channel.c - tests of how the processes of one start talk
 */
#include "sys/channel.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "support.h"
#include "sys/fd.h"

/* The header on the wire, written down once more: a change of it must be meant. */
struct header {
	uint32_t msg;
	uint32_t n_fds;
	int64_t value;
};

struct pair {
	struct channel a, b;
	int fds_before;
};

static int pair_setup(void **state)
{
	static struct pair p;

	check_no_context();
	p.fds_before = count_fds();
	*state = &p;
	return channel_pair(&p.a, &p.b);
}

/* Every descriptor that came in was closed, or was the test's to close. */
static int pair_teardown(void **state)
{
	struct pair *p = *state;
	int is;

	channel_close(&p->a);
	channel_close(&p->b);
	is = count_fds();
	if (is != p->fds_before)
		print_message("# %d descriptors are left open\n", is - p->fds_before);
	return is == p->fds_before ? 0 : -1;
}
#define TEST_PAIR(f) cmocka_unit_test_setup_teardown(f, pair_setup, pair_teardown)

/* Sends bytes as they are, with descriptors. */
static void send_raw(const struct channel *c, const void *bytes, size_t len,
		     const int *fds, size_t n_fds)
{
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(sizeof(int) * 64)];
	} control = {0};
	struct iovec iov = {.iov_base = (void *)bytes, .iov_len = len};
	struct msghdr m = {.msg_iov = &iov, .msg_iovlen = 1};

	if (n_fds > 0) {
		m.msg_control = control.bytes;
		m.msg_controllen = CMSG_SPACE(sizeof(int) * n_fds);
		CMSG_FIRSTHDR(&m)->cmsg_level = SOL_SOCKET;
		CMSG_FIRSTHDR(&m)->cmsg_type = SCM_RIGHTS;
		CMSG_FIRSTHDR(&m)->cmsg_len = CMSG_LEN(sizeof(int) * n_fds);
		memcpy(CMSG_DATA(CMSG_FIRSTHDR(&m)), fds, sizeof(int) * n_fds);
	}
	CHECK_INT(sendmsg(c->fd, &m, MSG_NOSIGNAL), len);
}

static void test_pair(void **state)
{
	struct pair *p = *state;

	CHECK_INT(fcntl(p->a.fd, F_GETFD), FD_CLOEXEC);
	CHECK_INT(fcntl(p->b.fd, F_GETFD), FD_CLOEXEC);
	channel_close(&p->a);
	CHECK_INT(p->a.fd, -EBADF);
	channel_close(&p->a);
}

/* Each kind, both ways, one frame a send. */
static void test_messages(void **state)
{
	struct pair *p = *state;

	for (int m = MSG_NONE + 1; m < MSG_COUNT; m++) {
		struct frame f = {.n_fds = 99, .value = 99};

		if (m == MSG_ERROR || m == MSG_NOTE || m == MSG_SPACES)
			continue;
		check_context("%s", msg_name((enum msg)m));
		CHECK_INT(channel_send(&p->a, (enum msg)m), 0);
		CHECK_INT(channel_send_fds(&p->a, (enum msg)m, NULL, 0, INT64_MIN + m),
			  0);
		CHECK_INT(channel_recv(&p->b, &f), 0);
		CHECK_INT(f.msg, m);
		CHECK_INT(f.n_fds, 0);
		CHECK_INT(f.value, 0);
		CHECK_INT(channel_recv(&p->b, &f), 0);
		CHECK_INT(f.value, INT64_MIN + m);
		CHECK_INT(channel_send(&p->b, (enum msg)m), 0);
		CHECK_INT(channel_recv(&p->a, &f), 0);
		CHECK_INT(f.msg, m);
	}
}

static void test_names(void **state)
{
	CHECK_STR(msg_name(MSG_ERROR), "ERROR");
	CHECK_STR(msg_name(MSG_FUSE_UP), "FUSE_UP");
	CHECK_STR(msg_name(MSG_BORN), "BORN");
	CHECK_STR(msg_name(MSG_NOTE), "NOTE");
	CHECK_STR(msg_name(MSG_COUNT), "unknown");
	CHECK_STR(msg_name((enum msg)12345), "unknown");
	for (int m = 0; m < MSG_COUNT; m++)
		CHECK(msg_name((enum msg)m) != NULL);
}

static const enum msg kinds_with_text[] = {MSG_ERROR, MSG_NOTE, MSG_SPACES};

static void test_error(void **state)
{
	struct pair *p = *state;
	struct err err = {.stage = "mounts"};
	struct frame f;

	err_set(&err, -ENOENT, "open '%s'", "x");
	err_hint(&err, 0, "two\nlines");
	err.exit_class = ERR_EXIT_NOT_FOUND;
	for (size_t i = 0; i < ARRAY_SIZE(kinds_with_text); i++) {
		CHECK_INT(channel_send_err(&p->a, kinds_with_text[i], &err), 0);
		memset(&f, 0, sizeof(f));
		CHECK_INT(channel_recv(&p->b, &f), 0);
		CHECK_INT(f.msg, kinds_with_text[i]);
		CHECK_INT(f.n_fds, 0);
		CHECK(memcmp(&f.err, &err, sizeof(err)) == 0);
	}
}

/* Whatever a dying builder wrote: its texts end. */
static void test_error_not_terminated(void **state)
{
	struct pair *p = *state;
	struct frame f;
	struct err err;

	memset(&err, 'x', sizeof(err));
	for (size_t i = 0; i < ARRAY_SIZE(kinds_with_text); i++) {
		CHECK_INT(channel_send_err(&p->a, kinds_with_text[i], &err), 0);
		memset(&f, 'y', sizeof(f));
		CHECK_INT(channel_recv(&p->b, &f), 0);
		CHECK_INT(strnlen(f.err.stage, sizeof(err.stage)), sizeof(err.stage) - 1);
		CHECK_INT(strnlen(f.err.message, sizeof(err.message)),
			  sizeof(err.message) - 1);
		CHECK_INT(strnlen(f.err.hint, sizeof(err.hint)), sizeof(err.hint) - 1);
	}
}

/* Up to the most that there may be: the same files, close-on-exec. */
static void test_fds(void **state)
{
	struct pair *p = *state;

	for (size_t n = 1; n <= CHANNEL_MAX_FDS; n++) {
		int ends[CHANNEL_MAX_FDS][2], fds[CHANNEL_MAX_FDS];
		struct frame f;

		check_context("%zu descriptors", n);
		for (size_t i = 0; i < n; i++) {
			CHECK_INT(pipe(ends[i]), 0);
			fds[i] = ends[i][0];
		}
		CHECK_INT(channel_send_fds(&p->a, MSG_FUSE, fds, n, -7), 0);
		CHECK_INT(channel_recv(&p->b, &f), 0);
		CHECK_INT(f.msg, MSG_FUSE);
		CHECK_INT(f.value, -7);
		CHECK_INT(f.n_fds, n);
		for (size_t i = 0; i < n; i++) {
			CHECK_INT(fd_is_same(f.fds[i], ends[i][0]), 1);
			CHECK(f.fds[i] != ends[i][0]);
			CHECK_INT(fcntl(f.fds[i], F_GETFD), FD_CLOEXEC);
			close(f.fds[i]);
			close(ends[i][0]);
			close(ends[i][1]);
		}
	}
}

static void test_too_many_fds(void **state)
{
	struct pair *p = *state;
	int fds[CHANNEL_MAX_FDS + 1];
	struct frame f;

	for (size_t i = 0; i < ARRAY_SIZE(fds); i++)
		fds[i] = STDERR_FILENO;
	CHECK_INT(channel_send_fds(&p->a, MSG_FUSE, fds, ARRAY_SIZE(fds), 0), -EINVAL);
	CHECK_INT(channel_send_fds(&p->a, MSG_FUSE, fds, SIZE_MAX, 0), -EINVAL);
	CHECK_INT(channel_send_fds(&p->a, MSG_FUSE, &(int){-1}, 1, 0), -EBADF);
	/* Nothing was sent. */
	CHECK_INT(channel_send(&p->a, MSG_GO), 0);
	CHECK_INT(channel_recv(&p->b, &f), 0);
	CHECK_INT(f.msg, MSG_GO);
}

/* Frames that this program does not send. After each, the channel still works. */
static void test_malformed(void **state)
{
	struct pair *p = *state;
	const struct header good = {.msg = MSG_GO}, none = {.msg = MSG_NONE};
	const struct header over = {.msg = MSG_COUNT}, huge = {.msg = UINT32_MAX};
	const struct header two = {.msg = MSG_FUSE, .n_fds = 2},
			    lone = {.msg = MSG_ERROR};
	const struct header many = {.msg = MSG_FUSE, .n_fds = UINT32_MAX};
	const struct header note = {.msg = MSG_NOTE};
	const struct header seven = {.msg = MSG_FUSE, .n_fds = 7};
	char bytes[sizeof(good) + sizeof(struct err) + 1] = {0};
	const struct {
		const void *bytes;
		size_t len, n_fds;
	} cases[] = {
		{&good, 1, 0},
		{&good, sizeof(good) - 1, 0},
		{bytes, sizeof(good) + 1, 0},
		{&none, sizeof(none), 0},
		{&over, sizeof(over), 0},
		{&huge, sizeof(huge), 0},
		/* descriptors that are announced and missing, or there and not announced */
		{&two, sizeof(two), 0},
		{&two, sizeof(two), 1},
		{&two, sizeof(two), 3},
		{&good, sizeof(good), 1},
		{&good, sizeof(good), 6},
		{&many, sizeof(many), 6},
		/* more than there is room for */
		{&seven, sizeof(seven), 7},
		{&two, sizeof(two), 60},
		{&good, 4, 2},
		/* an error without its text, half of it, and a text without an error */
		{&lone, sizeof(lone), 0},
		{&lone, sizeof(lone), 1},
		{&note, sizeof(note), 0},
	};
	int fds[60];
	struct frame f;

	memcpy(bytes, &good, sizeof(good));
	for (size_t i = 0; i < ARRAY_SIZE(fds); i++)
		fds[i] = STDERR_FILENO;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		int before = count_fds();

		check_context("case %zu", i);
		send_raw(&p->a, cases[i].bytes, cases[i].len, fds, cases[i].n_fds);
		CHECK_INT(channel_recv(&p->b, &f), -EBADMSG);
		CHECK_INT(count_fds(), before);
		CHECK_INT(channel_send(&p->a, MSG_GO), 0);
		CHECK_INT(channel_recv(&p->b, &f), 0);
		CHECK_INT(f.msg, MSG_GO);
	}
}

/* The text of an error, and a byte less or more. */
static void test_malformed_error(void **state)
{
	struct pair *p = *state;
	const size_t whole = sizeof(struct header) + sizeof(struct err);
	static char bytes[8192];
	struct header head = {.msg = MSG_ERROR};
	struct frame f;

	memcpy(bytes, &head, sizeof(head));
	send_raw(&p->a, bytes, whole, NULL, 0);
	CHECK_INT(channel_recv(&p->b, &f), 0);
	send_raw(&p->a, bytes, whole - 1, NULL, 0);
	CHECK_INT(channel_recv(&p->b, &f), -EBADMSG);
	send_raw(&p->a, bytes, whole + 1, NULL, 0);
	CHECK_INT(channel_recv(&p->b, &f), -EBADMSG);
	send_raw(&p->a, bytes, sizeof(bytes), NULL, 0);
	CHECK_INT(channel_recv(&p->b, &f), -EBADMSG);
	head.msg = MSG_GO;
	memcpy(bytes, &head, sizeof(head));
	send_raw(&p->a, bytes, whole, NULL, 0);
	CHECK_INT(channel_recv(&p->b, &f), -EBADMSG);
}

/* An empty frame is none, whatever comes with it. */
static void test_empty_frame(void **state)
{
	struct pair *p = *state;
	const int fds[] = {STDERR_FILENO, STDERR_FILENO};
	int before = count_fds();
	struct frame f;

	send_raw(&p->a, "", 0, NULL, 0);
	CHECK(channel_recv(&p->b, &f) < 0);
	send_raw(&p->a, "", 0, fds, 2);
	CHECK(channel_recv(&p->b, &f) < 0);
	CHECK_INT(count_fds(), before);
}

static void test_end(void **state)
{
	struct pair *p = *state;
	struct err err = {.code = -EIO};
	struct frame f;

	CHECK(!channel_is_closed(&p->a) && !channel_is_closed(&p->b));
	CHECK_INT(channel_send(&p->a, MSG_EXEC), 0);
	CHECK(!channel_is_closed(&p->b));
	channel_close(&p->a);
	/* What was sent before is there, then it ends, and goes on ending. */
	CHECK_INT(channel_recv(&p->b, &f), 0);
	CHECK_INT(f.msg, MSG_EXEC);
	CHECK_INT(channel_recv(&p->b, &f), -EPIPE);
	CHECK_INT(channel_recv(&p->b, &f), -EPIPE);
	CHECK(channel_is_closed(&p->b));
	/* No SIGPIPE: this goes on. */
	CHECK_INT(channel_send(&p->b, MSG_GO), -EPIPE);
	CHECK_INT(channel_send_err(&p->b, MSG_ERROR, &err), -EPIPE);
}

/* The other end went without having read all: the kernel calls it a reset. */
static void test_reset(void **state)
{
	struct pair *p = *state;
	struct frame f;

	CHECK_INT(channel_send(&p->b, MSG_GO), 0);
	channel_close(&p->a);
	CHECK_INT(channel_recv(&p->b, &f), -EPIPE);
	CHECK(channel_is_closed(&p->b));
}

static void test_is_readable(void **state)
{
	struct pair *p = *state;
	struct frame f;

	CHECK(!channel_is_readable(&p->a) && !channel_is_readable(&p->b));
	CHECK_INT(channel_send(&p->a, MSG_GO), 0);
	CHECK(channel_is_readable(&p->b) && !channel_is_readable(&p->a));
	CHECK_INT(channel_recv(&p->b, &f), 0);
	CHECK(!channel_is_readable(&p->b));
	/* the end is something to be received, too */
	channel_close(&p->a);
	CHECK(channel_is_readable(&p->b));
}

static void test_closed_channel(void **state)
{
	const struct channel none = {.fd = -EBADF};
	struct frame f;

	CHECK_INT(channel_send(&none, MSG_GO), -EBADF);
	CHECK_INT(channel_recv(&none, &f), -EBADF);
}

/* A socket's name is taken whole or refused, of whatever length its folder's path is. */
static void test_long_names(void **state)
{
	struct folder *f = *state;
	char name[CHANNEL_MAX_NAME + 2] = {0}, path[1000];
	struct channel c = {-EBADF};
	struct err err = {0};
	int server = -EBADF;

	memset(name, 'x', CHANNEL_MAX_NAME);
	CHECK_INT(channel_listen(f->fd, name, &server), 0);
	CHECK_INT(faccessat(f->fd, name, F_OK, 0), 0);
	CHECK_INT(channel_connect(f->fd, name, &c), 0);
	channel_close(&c);
	fd_close(&server);
	snprintf(path, sizeof(path), "%s/%s", f->path, name);
	CHECK(channel_hand_over(path, 0, "x", "give", &err) < 0);
	CHECK_STR(err.hint, "");
	name[CHANNEL_MAX_NAME] = 'x';
	CHECK_INT(channel_listen(f->fd, name, &server), -ENAMETOOLONG);
	CHECK_INT(channel_connect(f->fd, name, &c), -ENAMETOOLONG);
	strcat(path, "x");
	CHECK_INT(channel_hand_over(path, 0, "x", "give", &err), -ENAMETOOLONG);
	CHECK_STR(err.hint,
		  "The name of a socket in its folder may have 82 bytes: choose a "
		  "shorter one");
	CHECK(strstr(err.message, path) != NULL);
	CHECK_INT(channel_hand_over(path, 0, "x", "give", NULL), -ENAMETOOLONG);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST_PAIR(test_pair),
		TEST_PAIR(test_messages),
		TEST(test_names),
		TEST_PAIR(test_error),
		TEST_PAIR(test_error_not_terminated),
		TEST_PAIR(test_fds),
		TEST_PAIR(test_too_many_fds),
		TEST_PAIR(test_malformed),
		TEST_PAIR(test_malformed_error),
		TEST_PAIR(test_empty_frame),
		TEST_PAIR(test_end),
		TEST_PAIR(test_reset),
		TEST_PAIR(test_is_readable),
		TEST(test_closed_channel),
		TEST_IN_FOLDER(test_long_names),
	};

	return UNIT_RUN(tests);
}
