// SPDX-License-Identifier: Apache-2.0
/*
 * channel.c - fuzz target: frames that whoever has taken over a builder could send
 *
 * The first byte says how many descriptors come along; the rest is the frame.
 */
#include "sys/channel.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "fuzz.h"
#include "sys/fd.h"

#define MAX_SENT 12 /* more than a frame may have */

static void send_raw(int to, const uint8_t *data, size_t size, size_t n_fds)
{
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(sizeof(int) * MAX_SENT)];
	} control = {0};
	struct iovec iov = {.iov_base = (void *)(uintptr_t)data, .iov_len = size};
	struct msghdr m = {.msg_iov = &iov, .msg_iovlen = 1};
	int fds[MAX_SENT];

	for (size_t i = 0; i < n_fds; i++)
		fds[i] = STDERR_FILENO;
	if (n_fds > 0) {
		struct cmsghdr *head;

		m.msg_control = control.bytes;
		m.msg_controllen = CMSG_SPACE(sizeof(int) * n_fds);
		head = CMSG_FIRSTHDR(&m);
		head->cmsg_level = SOL_SOCKET;
		head->cmsg_type = SCM_RIGHTS;
		head->cmsg_len = CMSG_LEN(sizeof(int) * n_fds);
		memcpy(CMSG_DATA(head), fds, sizeof(int) * n_fds);
	}
	fuzz_check(sendmsg(to, &m, MSG_NOSIGNAL) == (ssize_t)size, "not sent");
}

/* The lowest number that is free: nothing was left open below it. */
static int lowest_free(void)
{
	int fd = dup(STDERR_FILENO);

	close(fd);
	return fd;
}

static void check_frame(const struct frame *f)
{
	fuzz_check(f->msg > MSG_NONE && f->msg < MSG_COUNT, "message %d", (int)f->msg);
	fuzz_check(f->n_fds <= CHANNEL_MAX_FDS, "%zu descriptors", f->n_fds);
	fuzz_check(strcmp(msg_name(f->msg), "unknown") != 0, "no name");
	for (size_t i = 0; i < f->n_fds; i++)
		fuzz_check(fd_is_open(f->fds[i]), "closed");
	if (f->msg != MSG_ERROR && f->msg != MSG_NOTE)
		return;
	fuzz_check(strnlen(f->err.message, sizeof(f->err.message)) <
				   sizeof(f->err.message) &&
			   strnlen(f->err.hint, sizeof(f->err.hint)) <
				   sizeof(f->err.hint) &&
			   strnlen(f->err.stage, sizeof(f->err.stage)) <
				   sizeof(f->err.stage),
		   "not ended");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int before = lowest_free(), r;
	struct channel a = {-EBADF}, b = {-EBADF};
	struct frame f = {0};

	if (size < 2 || size > 65536)
		return 0;
	fuzz_check(channel_pair(&a, &b) == 0, "no pair");
	send_raw(a.fd, data + 1, size - 1, data[0] % (MAX_SENT + 1));
	r = channel_recv(&b, &f);
	fuzz_check(r == 0 || r == -EBADMSG, "%d", r);
	if (r == 0)
		check_frame(&f);
	while (f.n_fds > 0)
		fd_close(&f.fds[--f.n_fds]);
	channel_close(&a);
	channel_close(&b);
	fuzz_check(lowest_free() == before, "a descriptor was left open");
	return 0;
}
