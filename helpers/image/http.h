/* SPDX-License-Identifier: Apache-2.0 */
/*
 * http.h - one HTTP request to one host, by libcurl
 *
 * No redirect is followed, nothing is tried again, no credential is added here: registry.c
 * decides about all of that. What is here are the limits, TLS, and which address may be
 * connected to.
 */
#pragma once

#include <curl/curl.h>

#include "base/arena.h"
#include "base/err.h"
#include "sink.h"

#define HTTP_MAX_HEADERS    (64u << 10) /* bytes, of one answer */
#define HTTP_MAX_ERROR_BODY (64u << 10)
#define HTTP_MAX_CHALLENGES 8
#define HTTP_MAX_URL	    (16u << 10)

/* How long things may take. */
struct http_timing {
	uint32_t connect_ms;
	uint32_t stall_seconds; /* less than HTTP_STALL_BYTES a second for so long */
	uint32_t
		commit_seconds; /* the same of an upload, which the server looks through */
};
#define HTTP_STALL_BYTES 1024

/* What all requests to a registry have in common; safe to be used by several threads. */
struct http;

/**
 * http_new() - a client
 * @host:        "docker.io", "host:5000": names the folder of its certificates
 * @cert_dir:    used instead of certs.d of the user and the system; or NULL
 * @is_insecure: HTTP may be spoken, and no certificate is checked
 * @ret:         for http_free(); untouched on failure
 *
 * Source: containers-certs.d(5). Return: 0 or a negative errno with @err filled.
 */
int http_new(const char *host, const char *cert_dir, bool is_insecure, struct http **ret,
	     struct err *err);
void http_free(struct http *h); /* NULL is nothing */
bool http_is_insecure(const struct http *h);
/* Before the first request. */
void http_set_timing(struct http *h, const struct http_timing *t);

struct http_request {
	const char *method; /* GET, HEAD, POST, PUT */
	const char *url;
	/* values of headers, NULL for none */
	const char *accept, *content_type, *authorization;
	uint64_t offset;     /* ask for the bytes from here on */
	struct sink *to;     /* gets the body of 200 and 206; NULL: the answer keeps it */
	size_t max_body;     /* of the body that the answer keeps; 0: it is of no use */
	const char *body;    /* of a POST or PUT */
	uint64_t body_bytes; /* of @body, or of @fd from its start */
	int fd;		     /* borrowed, seekable: sent when @body is NULL */
	struct meter *meter; /* of what is sent, or NULL */
	bool is_home;	     /* the registry itself: it may see the client certificate */
	bool want_public;    /* refuse to connect to the host or its private networks */
};

struct http_answer {
	struct arena arena; /* owns what is below */
	long status;
	/* NULL when there was no such header */
	const char *location, *content_type, *content_digest, *content_range, *link;
	const char *challenges[HTTP_MAX_CHALLENGES]; /* WWW-Authenticate */
	size_t n_challenges;
	bool has_length; /* of the body, announced */
	uint64_t length;
	uint32_t retry_after_s; /* 0 when nothing was said */
	bool is_private; /* came from an address of the host or a private network */
	bool is_home;	 /* of the request that it answers */
	bool may_pass;	 /* the failure is one that another try may not have */
	char *body;	 /* with a NUL behind it; NULL when empty */
	size_t body_len;
};
void http_answer_clear(struct http_answer *a);
#define _cleanup_answer_ _cleanup_(http_answer_clear)

static inline void http_end(CURL **curl)
{
	curl_easy_cleanup(*curl);
}
#define _cleanup_curl_ _cleanup_(http_end)

/**
 * http_send() - send a request and take the answer
 * @curl: borrowed; keeps the connection for the next request. Of one thread
 * @a:    cleared first; filled as far as it goes on failure, too
 *
 * Return: 0 when there was an answer, whatever its status; what the sink said; -ECONNREFUSED,
 * -ETIMEDOUT, -ECONNRESET, -EPERM for an address that is refused, -EFBIG, or another negative
 * errno, with @err filled and @a->may_pass set when it is worth another try.
 */
int http_send(struct http *h, CURL *curl, const struct http_request *q,
	      struct http_answer *a, struct err *err);

/* A new handle for http_send(), NULL when out of memory. */
CURL *http_begin(void);

/* --- URLs --- */

/**
 * http_resolve() - what a Location, Link or realm means
 * @base: what it is relative to; NULL: it is a whole URL
 *
 * Return: 0; -EPROTO with @err filled for one that is damaged, too long, of another protocol than
 * HTTPS (and HTTP where @h is insecure), or that has a user or a password in it.
 */
int http_resolve(const struct http *h, const char *base, const char *text,
		 struct arena *a, const char **ret, struct err *err);

/* Same protocol, host and port? */
bool http_is_same_origin(const char *url, const char *other);

/* Without what follows "?": it may hold a signature. Safe to be printed. */
const char *http_url_text(const char *url, struct arena *a);

/* Is an address one of this host, of a private network, or no host's at all? */
struct sockaddr;
bool http_is_private(const struct sockaddr *address);
