// SPDX-License-Identifier: Apache-2.0
/*
 * registry_request.c - one request to a registry: credentials, redirects, further tries
 */
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "base/json.h"
#include "registry_private.h"

#define MAX_WORDS 200 /* bytes of a registry's own text that are shown */

static bool is_redirect(long status)
{
	return status == 301 || status == 302 || status == 303 || status == 307 ||
	       status == 308;
}

/* Where the answer sends to, and what may go along. */
static int redirect(struct registry *r, struct http_request *q,
		    const struct http_answer *answer, struct arena *a, struct err *err)
{
	const char *next = NULL;
	int result;

	if (strcmp(q->method, "GET") != 0 && strcmp(q->method, "HEAD") != 0)
		return err_say(err, -EPROTO, "%s %s: a redirect of what is being sent",
			       q->method, http_url_text(q->url, a));
	if (!answer->location)
		return err_say(err, -EPROTO, "%s %s: a redirect to nowhere", q->method,
			       http_url_text(q->url, a));
	result = http_resolve(r->http, q->url, answer->location, a, &next, err);
	if (result < 0) {
		err_prefix(err, "%s %s: a redirect to", q->method,
			   http_url_text(q->url, a));
		return result;
	}
	if (!http_is_same_origin(q->url, next)) {
		q->authorization = NULL;
		q->is_home = false;
	}
	q->want_public = q->want_public || !answer->is_private;
	q->url = next;
	return 0;
}

int registry_follow(struct registry *r, CURL *curl, const struct http_request *first,
		    struct http_answer *answer, struct err *err)
{
	_cleanup_arena_ struct arena a = {0};
	struct http_request q = *first;

	for (int hops = 0;; hops++) {
		int result = http_send(r->http, curl, &q, answer, err);

		if (result < 0 || !is_redirect(answer->status))
			return result;
		if (hops == REGISTRY_MAX_REDIRECTS)
			return err_say(err, -ELOOP, "%s %s: more than %d redirects",
				       first->method, http_url_text(first->url, &a),
				       REGISTRY_MAX_REDIRECTS);
		result = redirect(r, &q, answer, &a, err);
		if (result < 0)
			return result;
	}
}

int registry_try(struct registry *r, CURL *curl, const struct http_request *q,
		 const char *scope, struct http_answer *answer, struct err *err)
{
	_cleanup_arena_ struct arena a = {0};
	struct http_request with = *q;
	int result;

	http_answer_clear(answer);
	/* An upload may be sent somewhere else by the registry, without credentials. */
	if (!q->is_home)
		return registry_follow(r, curl, q, answer, err);
	result = registry_auth_now(r, curl, scope, &a, &with.authorization, err);
	if (result == 0)
		result = registry_follow(r, curl, &with, answer, err);
	if (result < 0 || answer->status != 401 || !answer->is_home)
		return result;
	result = registry_auth_answer(r, curl, scope, answer, with.authorization, &a,
				      &with.authorization, err);
	return result < 0 ? result : registry_follow(r, curl, &with, answer, err);
}

bool registry_may_pass(int result, const struct http_answer *a)
{
	if (result < 0)
		return a->may_pass;
	return a->status == 408 || a->status == 429 || a->status == 500 ||
	       a->status == 502 || a->status == 503 || a->status == 504;
}

void registry_wait(const struct registry *r, uint32_t n, const struct http_answer *a)
{
	const struct registry_pause *p = &r->pause;
	uint64_t asked_ms =
		MIN((uint64_t)a->retry_after_s * 1000, (uint64_t)p->retry_after_max_ms);
	uint64_t wait_ms = MIN((uint64_t)p->first_ms << MIN(n, 16u), (uint64_t)p->max_ms);
	uint32_t chance = 0;
	struct timespec t;

	/* Many that failed together shall not come back together. */
	if (getrandom(&chance, sizeof(chance), GRND_NONBLOCK) == (ssize_t)sizeof(chance))
		wait_ms = wait_ms / 2 + (wait_ms - wait_ms / 2) * chance / UINT32_MAX;
	wait_ms = MAX(wait_ms, asked_ms);
	t.tv_sec = (time_t)(wait_ms / 1000);
	t.tv_nsec = (long)(wait_ms % 1000) * 1000000;
	while (clock_nanosleep(CLOCK_MONOTONIC, 0, &t, &t) == EINTR)
		;
}

int registry_request(struct registry *r, CURL *curl, const struct http_request *q,
		     const char *scope, struct http_answer *a, struct err *err)
{
	for (uint32_t n = 0;; n++) {
		int result = registry_try(r, curl, q, scope, a, err);

		if (!registry_may_pass(result, a) || n >= r->retries)
			return result;
		registry_wait(r, n, a);
	}
}

const char *registry_scope(const struct registry *r, const char *actions, struct arena *a)
{
	if (!r->repository)
		return "";
	return arena_printf(a, "repository:%s:%s", r->repository, actions);
}

/* --- what a registry says --- */

/* {"errors": [{"code": ..., "message": ...}]}, or what token services write. */
static void read_words(const struct json *doc, struct arena *a, const char **ret_code,
		       const char **ret_text)
{
	struct json_at root = json_root(doc), errors = json_key(&root, "errors"),
		       first = json_index(&errors, 0), code = json_key(&first, "code"),
		       message = json_key(&first, "message"),
		       details = json_key(&root, "details");

	if (json_read_str(&code, a, ret_code, NULL) < 0 ||
	    json_read_str(&message, a, ret_text, NULL) < 0)
		return;
	if (!*ret_code && !*ret_text)
		(void)json_read_str(&details, a, ret_text, NULL);
}

void registry_words(const struct http_answer *answer, char *ret, size_t size)
{
	_cleanup_json_ struct json *doc = NULL;
	_cleanup_arena_ struct arena a = {0};
	const char *code = NULL, *text = NULL;

	ret[0] = '\0';
	if (!answer->body || json_parse(answer->body, answer->body_len, &doc, NULL) < 0)
		return;
	read_words(doc, &a, &code, &text);
	if (!code && !text)
		return;
	text_escape(ret, MIN(size, (size_t)MAX_WORDS + 1),
		    arena_printf(&a, "%s%s%s", code ? code : "", code && text ? ": " : "",
				 text ? text : ""));
}

static int errno_of(long status)
{
	if (status == 404)
		return -ENOENT;
	if (status == 401 || status == 403)
		return -EACCES;
	if (status == 429)
		return -EBUSY;
	if (status >= 500)
		return -EREMOTEIO;
	return -EPROTO;
}

int registry_refused(struct registry *r, const struct http_answer *a, const char *what,
		     struct err *err)
{
	int result = errno_of(a->status);
	char words[MAX_WORDS + 8];
	struct auth user = {0};

	registry_words(a, words, sizeof(words));
	if (result == -ENOENT)
		return err_say(err, result, "%s: not found%s%s%s", what,
			       words[0] ? " (" : "", words, words[0] ? ")" : "");
	if (result != -EACCES)
		return err_say(err, result, "%s: registry '%s' answers %ld%s%s", what,
			       r->host, a->status, words[0] ? ": " : "", words);
	if (registry_auth_user(r, &user, NULL) == 0 && (user.user || user.identity_token))
		err_say(err, result, "%s: not allowed with the credentials of %s%s%s",
			what, user.found_in ? user.found_in : "this request",
			words[0] ? ": " : "", words);
	else
		err_say(err, result, "%s: not allowed without credentials%s%s", what,
			words[0] ? ": " : "", words);
	return err_hint(err, result, "--creds USER:PASSWORD, or urun login %s", r->host);
}
