/* SPDX-License-Identifier: Apache-2.0 */
/*
 * http_server.h - a small HTTP server in a thread of a test: each test says what it answers
 *
 * One connection after the other, one request a connection, on a port of 127.0.0.1 that the
 * kernel chooses. All requests are written down.
 */
#pragma once

#include <pthread.h>

#include "support.h"

#define SERVER_MAX_LOG 512

struct request {
	char method[8], target[1024];
	/* values of headers, empty when there was none */
	char host[64], authorization[512], range[64], accept[512], content_type[128];
	char *body; /* with a NUL behind it */
	size_t body_len;
};

struct server;
/* Answers; the connection is closed behind it. */
typedef void (*serve_fn)(struct server *s, const struct request *q, int conn);

struct server {
	int fd, port, stop[2];
	pthread_t thread;
	serve_fn serve;
	/* Looked at when the client has its answer: requests come one after the other. */
	pthread_mutex_t lock;
	struct request log[SERVER_MAX_LOG];
	int n_log;
	/* for the tests' own use */
	const char *text;
	size_t len;
	int counter, limit;
	struct server *other;
	const char *link;
};

void server_start(struct server *s, serve_fn serve);
/* @address: INADDR_ANY, for a network namespace of the test's own */
void server_start_on(struct server *s, serve_fn serve, uint32_t address);
void server_stop(struct server *s);
/* How many requests had a target that begins so; NULL: all. */
int server_count(struct server *s, const char *target);

/* A whole answer. @headers: lines, each with its \r\n; Content-Length is added. */
void answer(int conn, const char *status, const char *headers, const void *body,
	    size_t len);
void answer_text(int conn, const char *status, const char *headers, const char *text);
/* Only bytes; false when the client is gone. */
bool send_all(int conn, const void *bytes, size_t len);
bool send_text(int conn, const char *fmt, ...) _printf_(2, 3);
/* Until the client closes, or the server stops. */
void wait_for_hangup(struct server *s, int conn);
