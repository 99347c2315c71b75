// SPDX-License-Identifier: Apache-2.0
/*
 * http_server.c - see http_server.h
 */
#include "http_server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#define MAX_HEAD 16384
#define MAX_BODY (8u << 20)

/* A check that fails in this thread could not end the test: the client sees a broken answer. */
static _Noreturn void give_up(const char *what)
{
	fprintf(stderr, "# server: %s: %s\n", what, strerror(errno));
	abort();
}

bool send_all(int conn, const void *bytes, size_t len)
{
	const char *at = bytes;

	while (len > 0) {
		ssize_t n = send(conn, at, len, MSG_NOSIGNAL);

		if (n <= 0)
			return false;
		at += n;
		len -= (size_t)n;
	}
	return true;
}

bool send_text(int conn, const char *fmt, ...)
{
	char text[8192];
	va_list ap;
	int len;

	va_start(ap, fmt);
	len = vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (len < 0 || (size_t)len >= sizeof(text))
		give_up("text is too long");
	return send_all(conn, text, (size_t)len);
}

void answer(int conn, const char *status, const char *headers, const void *body,
	    size_t len)
{
	if (send_text(conn,
		      "HTTP/1.1 %s\r\n%sContent-Length: %zu\r\nConnection: close\r\n\r\n",
		      status, headers, len) &&
	    len > 0)
		send_all(conn, body, len);
}

void answer_text(int conn, const char *status, const char *headers, const char *text)
{
	answer(conn, status, headers, text, strlen(text));
}

/* True when there is something to read or to accept, false when the server stops. */
static bool wait_for(const struct server *s, int fd)
{
	struct pollfd p[] = {{.fd = fd, .events = POLLIN},
			     {.fd = s->stop[0], .events = POLLIN}};

	while (poll(p, ARRAY_SIZE(p), -1) < 0)
		if (errno != EINTR)
			give_up("poll");
	return p[1].revents == 0;
}

void wait_for_hangup(struct server *s, int conn)
{
	char byte[256];

	while (wait_for(s, conn))
		if (recv(conn, byte, sizeof(byte), 0) <= 0)
			return;
}

static void copy_header(const char *head, const char *name, char *to, size_t size)
{
	const char *line = strcasestr(head, name);
	size_t len;

	if (!line)
		return;
	line += strlen(name);
	len = strcspn(line, "\r\n");
	snprintf(to, size, "%.*s", (int)len, line);
}

static bool read_body(const struct server *s, int conn, struct request *q, size_t len)
{
	if (len > MAX_BODY)
		return false;
	q->body = calloc(1, len + 1);
	if (!q->body)
		give_up("memory");
	while (q->body_len < len) {
		ssize_t n;

		if (!wait_for(s, conn))
			return false;
		n = recv(conn, q->body + q->body_len, len - q->body_len, 0);
		if (n <= 0)
			return false;
		q->body_len += (size_t)n;
	}
	return true;
}

/* Byte by byte up to the empty line: what is behind it is the body. */
static bool read_head(const struct server *s, int conn, char head[MAX_HEAD])
{
	for (size_t len = 0; len < MAX_HEAD - 1; len++) {
		if (!wait_for(s, conn) || recv(conn, head + len, 1, 0) != 1)
			return false;
		/* No HTTP: somebody tries TLS. */
		if (len == 0 && (head[0] < 'A' || head[0] > 'Z'))
			return false;
		head[len + 1] = '\0';
		if (len >= 3 && strcmp(head + len - 3, "\r\n\r\n") == 0)
			return true;
	}
	return false;
}

static bool read_request(const struct server *s, int conn, struct request *q)
{
	char head[MAX_HEAD], length[32] = "0", expect[32] = "";

	if (!read_head(s, conn, head) ||
	    sscanf(head, "%7s %1023s", q->method, q->target) != 2)
		return false;
	copy_header(head, "\r\nHost: ", q->host, sizeof(q->host));
	copy_header(head, "\r\nAuthorization: ", q->authorization,
		    sizeof(q->authorization));
	copy_header(head, "\r\nRange: ", q->range, sizeof(q->range));
	copy_header(head, "\r\nAccept: ", q->accept, sizeof(q->accept));
	copy_header(head, "\r\nContent-Type: ", q->content_type, sizeof(q->content_type));
	copy_header(head, "\r\nContent-Length: ", length, sizeof(length));
	copy_header(head, "\r\nExpect: ", expect, sizeof(expect));
	if (strcmp(expect, "100-continue") == 0)
		send_text(conn, "HTTP/1.1 100 Continue\r\n\r\n");
	return read_body(s, conn, q, strtoull(length, NULL, 10));
}

static void serve_one(struct server *s, int conn)
{
	struct request q = {0};

	if (!read_request(s, conn, &q)) {
		free(q.body);
		return;
	}
	pthread_mutex_lock(&s->lock);
	if (s->n_log == SERVER_MAX_LOG)
		give_up("too many requests");
	s->log[s->n_log++] = q;
	pthread_mutex_unlock(&s->lock);
	s->serve(s, &q, conn);
}

static void *run(void *data)
{
	struct server *s = data;

	while (wait_for(s, s->fd)) {
		int conn = accept4(s->fd, NULL, NULL, SOCK_CLOEXEC);

		if (conn < 0)
			continue;
		serve_one(s, conn);
		/* A reset could take what was sent last from the client. */
		shutdown(conn, SHUT_WR);
		wait_for_hangup(s, conn);
		close(conn);
	}
	return NULL;
}

void server_start(struct server *s, serve_fn serve)
{
	server_start_on(s, serve, INADDR_LOOPBACK);
}

void server_start_on(struct server *s, serve_fn serve, uint32_t address)
{
	struct sockaddr_in in = {.sin_family = AF_INET};
	socklen_t len = sizeof(in);

	*s = (struct server){.serve = serve};
	pthread_mutex_init(&s->lock, NULL);
	s->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	in.sin_addr.s_addr = htonl(address);
	CHECK(s->fd >= 0);
	CHECK_INT(bind(s->fd, (struct sockaddr *)&in, sizeof(in)), 0);
	CHECK_INT(listen(s->fd, 64), 0);
	CHECK_INT(getsockname(s->fd, (struct sockaddr *)&in, &len), 0);
	s->port = ntohs(in.sin_port);
	CHECK_INT(pipe(s->stop), 0);
	CHECK_INT(pthread_create(&s->thread, NULL, run, s), 0);
}

void server_stop(struct server *s)
{
	CHECK_INT(write(s->stop[1], "", 1), 1);
	CHECK_INT(pthread_join(s->thread, NULL), 0);
	for (int i = 0; i < s->n_log; i++)
		free(s->log[i].body);
	close(s->fd);
	close(s->stop[0]);
	close(s->stop[1]);
	pthread_mutex_destroy(&s->lock);
}

int server_count(struct server *s, const char *target)
{
	int n = 0;

	pthread_mutex_lock(&s->lock);
	for (int i = 0; i < s->n_log; i++)
		n += !target || strncmp(s->log[i].target, target, strlen(target)) == 0;
	pthread_mutex_unlock(&s->lock);
	return n;
}
