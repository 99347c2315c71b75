// SPDX-License-Identifier: Apache-2.0
/*
 * channel.c - see channel.h
 */
#include "sys/channel.h"

#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "base/arena.h"
#include "sys/fd.h"

/* What goes over the wire; both ends are the same program. */
struct wire {
	uint32_t msg;
	uint32_t n_fds;
	int64_t value;
};

static const char *const names[MSG_COUNT] = {
	[MSG_NONE] = "NONE",	     [MSG_ERROR] = "ERROR",
	[MSG_FUSE] = "FUSE",	     [MSG_CONSOLE] = "CONSOLE",
	[MSG_RESOLVER] = "RESOLVER", [MSG_READY] = "READY",
	[MSG_EXEC] = "EXEC",	     [MSG_MAPPED] = "MAPPED",
	[MSG_FUSE_UP] = "FUSE_UP",   [MSG_GO] = "GO",
	[MSG_BORN] = "BORN",	     [MSG_NOTE] = "NOTE",
	[MSG_PLACE] = "PLACE",	     [MSG_NET] = "NET",
	[MSG_NET_UP] = "NET_UP",     [MSG_LISTENER] = "LISTENER",
	[MSG_RUNNING] = "RUNNING",   [MSG_ENDED] = "ENDED",
	[MSG_STOPPED] = "STOPPED",   [MSG_SPACES] = "SPACES",
	[MSG_HOOKS] = "HOOKS",	     [MSG_HELD] = "HELD",
	[MSG_LEND] = "LEND",	     [MSG_KEEP] = "KEEP",
	[MSG_DROP] = "DROP",	     [MSG_SPACE] = "SPACE",
};

const char *msg_name(enum msg msg)
{
	return (unsigned)msg < MSG_COUNT ? names[msg] : "unknown";
}

int channel_pair(struct channel *a, struct channel *b)
{
	int fds[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) < 0)
		return -errno;
	a->fd = fds[0];
	b->fd = fds[1];
	return 0;
}

void channel_close(struct channel *c)
{
	fd_close(&c->fd);
}

/* unix(7) has room for 107 bytes of a path: this way any folder is near. 0 or -ENAMETOOLONG. */
static int set_address(struct sockaddr_un *to, int dir, const char *name)
{
	int len;

	*to = (struct sockaddr_un){.sun_family = AF_UNIX};
	if (strlen(name) > CHANNEL_MAX_NAME)
		return -ENAMETOOLONG;
	len = snprintf(to->sun_path, sizeof(to->sun_path), "%s/%s", fd_path(dir).path,
		       name);
	return len < 0 || (size_t)len >= sizeof(to->sun_path) ? -ENAMETOOLONG : 0;
}

int channel_listen(int dir, const char *name, int *ret)
{
	struct sockaddr_un at;
	_cleanup_fd_ int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	if (set_address(&at, dir, name) < 0)
		return -ENAMETOOLONG;
	if (fd < 0 || bind(fd, (struct sockaddr *)&at, sizeof(at)) < 0 ||
	    listen(fd, SOMAXCONN) < 0)
		return -errno;
	*ret = fd_take(&fd);
	return 0;
}

int channel_accept(int socket, struct channel *ret)
{
	int fd;

	do
		fd = accept4(socket, NULL, NULL, SOCK_CLOEXEC);
	while (fd < 0 && (errno == EINTR || errno == ECONNABORTED));
	if (fd < 0)
		return -errno;
	ret->fd = fd;
	return 0;
}

int channel_connect(int dir, const char *name, struct channel *ret)
{
	struct sockaddr_un to;
	_cleanup_fd_ int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	if (set_address(&to, dir, name) < 0)
		return -ENAMETOOLONG;
	if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof(to)) < 0)
		return -errno;
	ret->fd = fd_take(&fd);
	return 0;
}

static const char *name_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static int connect_stream(const char *path)
{
	_cleanup_arena_ struct arena a = {0};
	const char *name = name_of(path);
	_cleanup_fd_ int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	_cleanup_fd_ int dir = fd_open(
		AT_FDCWD,
		name > path ? arena_strndup(&a, path, (size_t)(name - path)) : ".",
		O_PATH | O_DIRECTORY);
	struct sockaddr_un to;

	if (fd < 0 || dir < 0)
		return fd < 0 ? -errno : dir;
	if (set_address(&to, dir, name) < 0)
		return -ENAMETOOLONG;
	return connect(fd, (struct sockaddr *)&to, sizeof(to)) < 0 ? -errno
								   : fd_take(&fd);
}

/* The rest of what was cut short goes without the descriptor. */
static int send_all(int to, int fd, const char *text)
{
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control = {0};
	struct iovec iov = {.iov_base = (void *)text, .iov_len = strlen(text)};
	struct msghdr m = {.msg_iov = &iov,
			   .msg_iovlen = 1,
			   .msg_control = control.bytes,
			   .msg_controllen = sizeof(control.bytes)};
	struct cmsghdr *head = CMSG_FIRSTHDR(&m);

	head->cmsg_level = SOL_SOCKET;
	head->cmsg_type = SCM_RIGHTS;
	head->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(head), &fd, sizeof(int));
	while (iov.iov_len > 0) {
		ssize_t n = sendmsg(to, &m, MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		iov.iov_base = (char *)iov.iov_base + n;
		iov.iov_len -= (size_t)n;
		m.msg_control = NULL;
		m.msg_controllen = 0;
	}
	return 0;
}

int channel_hand_over(const char *path, int fd, const char *text, const char *what,
		      struct err *err)
{
	_cleanup_fd_ int to = connect_stream(path);
	int r = to < 0 ? to : send_all(to, fd, text);

	if (r == 0)
		return 0;
	err_set(err, r, "%s '%s'", what, path);
	if (strlen(name_of(path)) > CHANNEL_MAX_NAME)
		err_hint(err, r,
			 "The name of a socket in its folder may have %d bytes: choose a "
			 "shorter one",
			 CHANNEL_MAX_NAME);
	return r;
}

static int send_frame(const struct channel *c, const struct wire *head, const int *fds,
		      const struct err *err)
{
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(sizeof(int) * CHANNEL_MAX_FDS)];
	} control = {0};
	struct iovec iov[2] = {
		{.iov_base = (void *)head, .iov_len = sizeof(*head)},
		{.iov_base = (void *)err, .iov_len = err ? sizeof(*err) : 0},
	};
	struct msghdr m = {.msg_iov = iov, .msg_iovlen = err ? 2 : 1};
	ssize_t n;

	if (head->n_fds > 0) {
		struct cmsghdr *c_hdr;

		m.msg_control = control.bytes;
		m.msg_controllen = CMSG_SPACE(sizeof(int) * head->n_fds);
		c_hdr = CMSG_FIRSTHDR(&m);
		c_hdr->cmsg_level = SOL_SOCKET;
		c_hdr->cmsg_type = SCM_RIGHTS;
		c_hdr->cmsg_len = CMSG_LEN(sizeof(int) * head->n_fds);
		memcpy(CMSG_DATA(c_hdr), fds, sizeof(int) * head->n_fds);
	}
	do
		n = sendmsg(c->fd, &m, MSG_NOSIGNAL);
	while (n < 0 && errno == EINTR);
	/* Gone as well, with something unread. */
	if (n < 0 && errno == ECONNRESET)
		return -EPIPE;
	return n < 0 ? -errno : 0;
}

int channel_send(const struct channel *c, enum msg msg)
{
	return channel_send_fds(c, msg, NULL, 0, 0);
}

int channel_send_fds(const struct channel *c, enum msg msg, const int *fds, size_t n_fds,
		     int64_t value)
{
	struct wire head = {.msg = msg, .n_fds = (uint32_t)n_fds, .value = value};

	if (n_fds > CHANNEL_MAX_FDS)
		return -EINVAL;
	return send_frame(c, &head, fds, NULL);
}

int channel_send_err(const struct channel *c, enum msg msg, const struct err *err)
{
	struct wire head = {.msg = msg};

	return send_frame(c, &head, NULL, err);
}

static void take_fds(struct msghdr *m, struct frame *ret)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR(m, c)) {
		size_t n;

		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		n = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		for (size_t i = 0; i < n; i++) {
			int fd;

			memcpy(&fd, CMSG_DATA(c) + i * sizeof(int), sizeof(int));
			if (ret->n_fds < CHANNEL_MAX_FDS)
				ret->fds[ret->n_fds++] = fd;
			else
				fd_close(&fd);
		}
	}
}

static bool has_err(uint32_t msg)
{
	return msg == MSG_ERROR || msg == MSG_NOTE || msg == MSG_SPACES;
}

/* Is it a frame that this program could have sent? */
static bool is_well_formed(const struct wire *head, size_t len, const struct frame *f)
{
	size_t want = sizeof(*head) + (has_err(head->msg) ? sizeof(struct err) : 0);

	return len == want && head->msg > MSG_NONE && head->msg < MSG_COUNT &&
	       head->n_fds == f->n_fds;
}

int channel_recv(const struct channel *c, struct frame *ret)
{
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(sizeof(int) * CHANNEL_MAX_FDS)];
	} control;
	struct wire head;
	struct iovec iov[2] = {
		{.iov_base = &head, .iov_len = sizeof(head)},
		{.iov_base = &ret->err, .iov_len = sizeof(ret->err)},
	};
	struct msghdr m = {.msg_iov = iov,
			   .msg_iovlen = 2,
			   .msg_control = control.bytes,
			   .msg_controllen = sizeof(control.bytes)};
	int resets = 0;
	ssize_t n;

	/* A peer that ends with a frame of ours unread leaves ECONNRESET, and that comes
	 * before what it had sent: its last words are read by the next call. */
	do
		n = recvmsg(c->fd, &m, MSG_CMSG_CLOEXEC);
	while (n < 0 && (errno == EINTR || (errno == ECONNRESET && resets++ == 0)));
	if (n < 0)
		return errno == ECONNRESET ? -EPIPE : -errno;
	ret->n_fds = 0;
	take_fds(&m, ret);
	if (n == 0 && ret->n_fds == 0)
		return -EPIPE;
	if ((m.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) || (size_t)n < sizeof(head) ||
	    !is_well_formed(&head, (size_t)n, ret)) {
		while (ret->n_fds > 0)
			fd_close(&ret->fds[--ret->n_fds]);
		return -EBADMSG;
	}
	ret->msg = (enum msg)head.msg;
	ret->value = head.value;
	if (has_err(head.msg)) {
		/* Never print past the ends, whatever a dying builder wrote. */
		ret->err.stage[sizeof(ret->err.stage) - 1] = '\0';
		ret->err.message[sizeof(ret->err.message) - 1] = '\0';
		ret->err.hint[sizeof(ret->err.hint) - 1] = '\0';
	}
	return 0;
}

bool channel_is_closed(const struct channel *c)
{
	struct pollfd p = {.fd = c->fd, .events = 0};

	return poll(&p, 1, 0) > 0 && (p.revents & (POLLHUP | POLLERR | POLLNVAL));
}

bool channel_is_readable(const struct channel *c)
{
	struct pollfd p = {.fd = c->fd, .events = POLLIN};

	return poll(&p, 1, 0) > 0;
}
