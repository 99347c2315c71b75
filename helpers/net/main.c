// SPDX-License-Identifier: Apache-2.0
/*
 * main.c - urun-net: published ports of one container
 *
 *	urun-net NETNS READY HOLD ADDRESS PROTOCOL:FD:PORT...
 *
 * ADDRESS is the container's; 0.0.0.0: it is asked for. The descriptors are urun's: the
 * container's network namespace, two pipes, and sockets of the host that listen. What comes there
 * goes to a port of the container. This process enters the container's network namespace, so that
 * the host is out of its reach but for those sockets, and gives up all rights. It says on READY that
 * it serves. When HOLD is closed it takes nothing more, hands on what the container has sent, and ends.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/capability.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "net/forward.h"

#define EVENTS	256
#define END_MS	2000 /* for readers that are slow at the end */
#define LOOK_MS 10   /* then: nothing tells that a client's kernel has all */

int epoll_fd = -1;

static bool is_ending;
static int64_t end_at_ms;

static __attribute__((noreturn, format(printf, 1, 2))) void fail(const char *format, ...)
{
	va_list list;
	int why = errno;

	va_start(list, format);
	vfprintf(stderr, format, list);
	va_end(list);
	fprintf(stderr, ": %s\n", strerror(why));
	exit(1);
}

int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

int sooner(int a, int b)
{
	return a < 0 ? b : b < 0 || a < b ? a : b;
}

bool watch(int fd, struct source *s, uint32_t events)
{
	struct epoll_event e = {.events = events | EPOLLET, .data.ptr = s};

	return epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &e) == 0;
}

void watch_again(int fd, struct source *s, uint32_t events)
{
	struct epoll_event e = {.events = events | EPOLLET, .data.ptr = s};

	epoll_ctl(epoll_fd, EPOLL_CTL_MOD, fd, &e);
}

/* Not the loopback: what listens there alone is for nobody outside (CVE-2021-20199). Connecting a
 * datagram socket sends nothing. */
bool port_address(struct port *p)
{
	struct sockaddr_in to = {.sin_family = AF_INET,
				 .sin_port = htons(9),
				 .sin_addr.s_addr = htonl(0xc0000201)}; /* RFC 5737 */
	struct sockaddr_in own;
	socklen_t len = sizeof(own);
	int fd;
	bool is_known = p->to.sin_addr.s_addr != 0;

	if (is_known)
		return true;
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd >= 0 && connect(fd, (struct sockaddr *)&to, sizeof(to)) == 0 &&
	    getsockname(fd, (struct sockaddr *)&own, &len) == 0) {
		p->to.sin_addr = own.sin_addr;
		is_known = true;
	}
	if (fd >= 0)
		close(fd);
	return is_known;
}

static void on_hold(struct source *s, uint32_t events)
{
	(void)s;
	(void)events;
	if (is_ending)
		return;
	is_ending = true;
	end_at_ms = now_ms() + END_MS;
	tcp_stop();
	udp_stop();
}

static int number(const char *text)
{
	char *end;
	long v = strtol(text, &end, 10);

	if (end == text || (*end && *end != ':') || v < 0 || v > 0xffffff) {
		errno = EINVAL;
		fail("'%s': no number", text);
	}
	return (int)v;
}

/* "tcp:FD:PORT" */
static void serve(struct port *p, const char *word, const char *address)
{
	const char *second = strlen(word) < 4 ? NULL : strchr(word + 4, ':');

	if (!second || inet_pton(AF_INET, address, &p->to.sin_addr) != 1) {
		errno = EINVAL;
		fail("'%s'", word);
	}
	p->fd = number(word + 4);
	p->to.sin_family = AF_INET;
	p->to.sin_port = htons((uint16_t)number(second + 1));
	if (!(strncmp(word, "tcp:", 4) == 0 ? tcp_listen(p) : udp_serve(p)))
		fail("watch port %s", word);
}

/* Nothing but the sockets is needed from here on, and no right to anything. */
static void lock(void)
{
	struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
	struct __user_cap_data_struct none[2] = {{0}, {0}};

	for (int cap = 0; prctl(PR_CAPBSET_READ, cap, 0, 0, 0) >= 0; cap++)
		prctl(PR_CAPBSET_DROP, cap, 0, 0, 0);
	if (syscall(SYS_capset, &header, none) < 0 ||
	    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
	    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
		fail("give up rights");
}

static __attribute__((noreturn)) void run(void)
{
	for (;;) {
		struct epoll_event events[EVENTS];
		bool is_more = tcp_go_on();
		int timeout, n;

		tcp_sweep();
		timeout = sooner(udp_expire(), tcp_due());
		if (is_more)
			timeout = 0;
		if (is_ending)
			timeout = tcp_is_owed() ? sooner(timeout, LOOK_MS) : 0;
		n = epoll_wait(epoll_fd, events, EVENTS, timeout);
		/* All that had come before the end is handed on now. */
		if (is_ending && ((n == 0 && !tcp_is_owed()) || now_ms() >= end_at_ms))
			exit(0);
		for (int i = 0; i < n; i++) {
			struct source *s = events[i].data.ptr;

			s->handle(s, events[i].events);
		}
	}
}

int main(int argc, char **argv)
{
	static struct source hold = {on_hold};
	struct rlimit files;
	struct port *ports;

	if (argc < 6) {
		errno = EINVAL;
		fail("urun-net is started by urun");
	}
	signal(SIGPIPE, SIG_IGN);
	if (setns(number(argv[1]), CLONE_NEWNET) < 0)
		fail("enter the container's network namespace");
	close(number(argv[1]));
	/* Six for each connection that is busy. */
	if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
		files.rlim_cur = files.rlim_max;
		setrlimit(RLIMIT_NOFILE, &files);
	}
	epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	ports = calloc((size_t)argc, sizeof(*ports));
	if (epoll_fd < 0 || !ports ||
	    !watch(number(argv[3]), &hold, EPOLLIN | EPOLLRDHUP))
		fail("begin");
	for (int i = 5; i < argc; i++)
		serve(&ports[i], argv[i], argv[4]);
	lock();
	if (write(number(argv[2]), "1", 1) != 1)
		fail("say that it serves");
	close(number(argv[2]));
	run();
}
