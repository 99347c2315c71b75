// SPDX-License-Identifier: Apache-2.0
/*
 * trips.c - a server and its clients: what a network costs that is not throughput
 *
 *	urun-bench-trips serve ADDRESS PORT	   until it is ended; says "listening" first
 *	urun-bench-trips trips ADDRESS PORT MS	   requests a second over one connection
 *	urun-bench-trips connects ADDRESS PORT MS  connections a second, one request on each
 *
 * A request and its answer are REQUEST bytes each; the next one is sent when the answer is there.
 * The server is the one that closes first, so that the ports of the client, and of who forwards
 * for it, are free again at once.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define REQUEST	   64
#define PATIENCE_S 10 /* for an answer */
#define NS_A_S	   1000000000LL

/* The first byte of a request. */
enum { GO_ON = 'g', LAST = 'l' };

static __attribute__((noreturn)) void die(const char *what)
{
	fprintf(stderr, "urun-bench-trips: %s: %s\n", what, strerror(errno));
	exit(1);
}

static int64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * NS_A_S + t.tv_nsec;
}

/* Nothing may wait for ever, nor for more to send. */
static void prepare(int fd)
{
	const struct timeval patience = {.tv_sec = PATIENCE_S};

	if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)) < 0 ||
	    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int)) < 0)
		die("prepare a socket");
}

static int new_socket(void)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		die("socket");
	return fd;
}

static struct sockaddr_in place(const char *address, const char *port)
{
	struct sockaddr_in to = {.sin_family = AF_INET};

	to.sin_port = htons((uint16_t)strtoul(port, NULL, 10));
	if (inet_pton(AF_INET, address, &to.sin_addr) != 1) {
		errno = EINVAL;
		die(address);
	}
	return to;
}

/* Return: false at the end of the stream. */
static bool receive(int fd, char *request)
{
	for (size_t n = 0; n < REQUEST;) {
		ssize_t r = recv(fd, request + n, REQUEST - n, 0);

		if (r <= 0)
			return false;
		n += (size_t)r;
	}
	return true;
}

static void serve_one(int fd)
{
	char request[REQUEST];

	while (receive(fd, request) &&
	       send(fd, request, REQUEST, MSG_NOSIGNAL) == REQUEST && request[0] == GO_ON)
		;
}

static __attribute__((noreturn)) void serve(const struct sockaddr_in *at)
{
	int port = new_socket();

	if (setsockopt(port, SOL_SOCKET, SO_REUSEADDR, &(int){1}, sizeof(int)) < 0 ||
	    bind(port, (const struct sockaddr *)at, sizeof(*at)) < 0 ||
	    listen(port, SOMAXCONN) < 0)
		die("listen");
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	puts("listening");
	fflush(stdout);
	for (;;) {
		int fd = accept4(port, NULL, NULL, SOCK_CLOEXEC);

		if (fd < 0)
			die("accept");
		prepare(fd);
		serve_one(fd);
		close(fd);
	}
}

static int join(const struct sockaddr_in *to)
{
	int fd = new_socket();

	prepare(fd);
	if (connect(fd, (const struct sockaddr *)to, sizeof(*to)) < 0)
		die("connect");
	return fd;
}

static void ask(int fd, char kind)
{
	char request[REQUEST] = {kind};

	if (send(fd, request, REQUEST, MSG_NOSIGNAL) != REQUEST)
		die("send a request");
	errno = 0;
	if (!receive(fd, request)) {
		errno = errno ? errno : ECONNRESET;
		die("receive the answer");
	}
}

static void say_rate(uint64_t n, int64_t begin)
{
	printf("%.1f\n", (double)n * (double)NS_A_S / (double)(now_ns() - begin));
}

static void count_trips(const struct sockaddr_in *to, int64_t for_ns)
{
	int fd = join(to);
	int64_t begin;
	uint64_t n = 0;

	ask(fd, GO_ON);
	for (begin = now_ns(); now_ns() - begin < for_ns; n++)
		ask(fd, GO_ON);
	say_rate(n, begin);
	ask(fd, LAST);
	close(fd);
}

static void count_connects(const struct sockaddr_in *to, int64_t for_ns)
{
	int64_t begin = now_ns();
	uint64_t n = 0;
	char more;

	for (; now_ns() - begin < for_ns; n++) {
		int fd = join(to);

		ask(fd, LAST);
		if (recv(fd, &more, 1, 0) != 0)
			die("wait for the server's end");
		close(fd);
	}
	say_rate(n, begin);
}

int main(int argc, char **argv)
{
	const char *mode = argc > 3 ? argv[1] : "";
	struct sockaddr_in at;
	int64_t for_ns;

	if (argc == 4 && strcmp(mode, "serve") == 0) {
		at = place(argv[2], argv[3]);
		serve(&at);
	}
	if (argc != 5 || (strcmp(mode, "trips") != 0 && strcmp(mode, "connects") != 0)) {
		fprintf(stderr,
			"usage: urun-bench-trips serve|trips|connects ADDRESS PORT "
			"[MS]\n");
		return 2;
	}
	at = place(argv[2], argv[3]);
	for_ns = strtoll(argv[4], NULL, 10) * 1000000;
	if (strcmp(mode, "trips") == 0)
		count_trips(&at, for_ns);
	else
		count_connects(&at, for_ns);
	return 0;
}
