/* SPDX-License-Identifier: Apache-2.0 */
/*
 * registry_private.h - what the files registry*.c share
 *
 * Who gets credentials. They are for the registry: its own origin (protocol, host, port) gets
 * them as Basic when it asks so. A Bearer challenge names a token service, which is on another
 * host for docker.io and many more, so that it cannot be held to the same host; it gets them
 * when all of this is true:
 *	- the challenge came from the registry's own origin, by HTTPS whose certificate was good
 *	  (or the user allowed to go without), never from a host that was redirected to;
 *	- the service's URL is HTTPS (HTTP where that was allowed), without a user in it;
 *	- the service is not on this host or a private network, unless the registry is. (With a
 *	  proxy only an address that is written in the URL can be seen to be one: names are the
 *	  proxy's to resolve.) The same counts for redirects.
 * Which repository the token is for is said here, never taken from the challenge. The token
 * goes to the registry's own origin only; a redirect to another one gets nothing, and it does
 * not come back when a further redirect leads to the registry again.
 */
#pragma once

#include "auth.h"
#include "http.h"
#include "registry.h"

#define REGISTRY_MAX_REDIRECTS	5
#define REGISTRY_DEFAULT_TRIES	5
#define REGISTRY_MAX_TAGS	100000
#define REGISTRY_MAX_TAG	128
#define REGISTRY_MAX_REPOSITORY 255
#define REGISTRY_MAX_PAGE	(4u << 20)
#define REGISTRY_MAX_PAGES	4000
/* So many bytes more are progress; of a small blob a sixteenth is enough. */
#define REGISTRY_PROGRESS_BYTES (64u << 10)

/* How long to wait before another try. */
struct registry_pause {
	uint32_t first_ms,
		max_ms; /* doubled each time, up to @max_ms; up to half is chance */
	uint32_t retry_after_max_ms;
};

struct registry {
	struct arena arena; /* of the strings; not changed after registry_open() */
	const char *host, *repository;
	const char *base; /* "https://registry-1.docker.io" */
	struct source_options options;
	uint32_t retries;
	struct registry_pause pause;
	struct http *http;
	struct registry_auth *auth;
};

/* For tests, before the first request: shorter times. */
void registry_set_timing(struct registry *r, const struct http_timing *timing,
			 const struct registry_pause *pause);

/* Names that may become parts of a URL. */
bool registry_is_repository(const char *text);
bool registry_is_tag(const char *text);
bool registry_is_docker(const char *host);

/* A tag or a digest, before it becomes part of a URL? 0 or -EINVAL. */
int registry_check_reference(const char *reference, struct err *err);
/* "host/repository:tag" or "host/repository@digest" */
const char *registry_image_name(const struct registry *r, const char *reference,
				struct arena *a);

/* --- registry_auth.c --- */

/* Makes @r->auth, which registry_auth_free() frees. */
int registry_auth_new(struct registry *r, struct err *err);
void registry_auth_free(struct registry_auth *auth);

/**
 * registry_auth_now() - the Authorization to send with a first try
 * @scope: "repository:NAME:pull", several with a blank between them; "" for none
 * @a:     owns the result
 * @ret:   NULL when none is known to be needed
 *
 * Return: 0 or a negative errno with @err filled, when a new token could not be had.
 */
int registry_auth_now(struct registry *r, CURL *curl, const char *scope, struct arena *a,
		      const char **ret, struct err *err);

/**
 * registry_auth_answer() - the Authorization that a 401 asks for
 * @answer: of the registry itself
 * @sent:   what was not good enough, or NULL
 *
 * Return: 0; -EACCES when there is nothing (more) to offer, or another negative errno.
 */
int registry_auth_answer(struct registry *r, CURL *curl, const char *scope,
			 const struct http_answer *answer, const char *sent,
			 struct arena *a, const char **ret, struct err *err);

/* What the credentials are called in messages: "those of FILE", or NULL when there are none.
 * Looks for them. */
int registry_auth_user(struct registry *r, struct auth *ret, struct err *err);

/* One challenge of a WWW-Authenticate header. */
struct challenge {
	const char *scheme, *realm, *service; /* NULL when absent */
};
#define CHALLENGES_MAX 8
/* Strict: RFC 9110, 11.6.1. -EBADMSG for a damaged one. */
int registry_challenges(const char *text, struct arena *a,
			struct challenge ret[CHALLENGES_MAX], size_t *ret_n);

/* --- registry_list.c --- */

/* A list that comes in pages, one after the other. */
struct registry_pages {
	const char *url, *scope;
	const char *what; /* for messages: "tags of 'host/x'" */
	/* One of them. Return: 0; 1 when that is enough; a negative errno. */
	int (*take)(struct registry_pages *p, const struct http_answer *answer,
		    struct err *err);
};
int registry_pages(struct registry *r, struct registry_pages *p, struct err *err);

/* --- registry_request.c --- */

/* One try: with credentials when they are asked for, over redirects. */
int registry_try(struct registry *r, CURL *curl, const struct http_request *q,
		 const char *scope, struct http_answer *a, struct err *err);

/* Tries until it works, fails for good, or too often. */
int registry_request(struct registry *r, CURL *curl, const struct http_request *q,
		     const char *scope, struct http_answer *a, struct err *err);

/* Follows redirects only. @r: whose rules about addresses and protocols count. */
int registry_follow(struct registry *r, CURL *curl, const struct http_request *q,
		    struct http_answer *a, struct err *err);

/* Is it worth another try? @result: of registry_try(). */
bool registry_may_pass(int result, const struct http_answer *a);

/* Waits before try @n, counted from 0; as long as the answer asks, within limits. */
void registry_wait(const struct registry *r, uint32_t n, const struct http_answer *a);

/* "repository:NAME:ACTIONS" */
const char *registry_scope(const struct registry *r, const char *actions,
			   struct arena *a);

/* Says what an answer with a status that is not wanted means. @what: "image 'x'". */
int registry_refused(struct registry *r, const struct http_answer *a, const char *what,
		     struct err *err);

/* The registry's own words, escaped, at most 200 bytes; "" when there are none. */
void registry_words(const struct http_answer *a, char *ret, size_t size);
