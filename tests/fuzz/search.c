// SPDX-License-Identifier: Apache-2.0
/*
 * search.c - fuzz target: what registries answer to a search, and lists of tags
 *
 * An input is a line with the kind ('d' a search in docker.io, 's' one elsewhere, 't' tags), a
 * limit and the text that is looked for; then answers one after the other, each a line with the
 * status and the header that counts with it (WWW-Authenticate, Location or Link), and the body,
 * which ends with a NUL byte. When there are no more of them, the connection breaks.
 */
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "fuzz.h"
#include "http_certs.h"
#include "registry_private.h"

#define PASSWORD "pass-of-nobody-else"

static const char *at, *end;
static int n_asked;
static bool is_known; /* the input has the password itself */

int __wrap_http_send(struct http *h, CURL *curl, const struct http_request *q,
		     struct http_answer *a, struct err *err);
int __wrap_http_certs_read(const char *host, const char *cert_dir, struct http_certs *ret,
			   struct err *err);

/* No file of the caller is looked for. */
int __wrap_http_certs_read(const char *host, const char *cert_dir, struct http_certs *ret,
			   struct err *err)
{
	(void)host;
	(void)cert_dir;
	(void)ret;
	(void)err;
	return 0;
}

/* Up to the byte, which is left out. */
static char *take_until(struct arena *a, char last, size_t *ret_len)
{
	const char *stop = at < end ? memchr(at, last, (size_t)(end - at)) : NULL;
	char *text;

	*ret_len = (size_t)((stop ? stop : end) - at);
	text = arena_strndup(a, at, *ret_len);
	at = stop ? stop + 1 : end;
	return text;
}

/* The only part of the client that talks to anybody. */
int __wrap_http_send(struct http *h, CURL *curl, const struct http_request *q,
		     struct http_answer *a, struct err *err)
{
	size_t len;
	char *line;

	(void)h;
	(void)curl;
	n_asked++;
	fuzz_check(strncmp(q->url, "https://", 8) == 0, "%s", q->url);
	http_answer_clear(a);
	a->is_home = q->is_home;
	if (at >= end)
		return err_say(err, -ECONNRESET, "there is no answer");
	line = take_until(&a->arena, '\n', &len);
	a->status = strtol(line, &line, 10);
	line += strspn(line, " ");
	a->link = a->location = *line ? line : NULL;
	a->n_challenges = a->status == 401 && *line ? 1 : 0;
	a->challenges[0] = line;
	line = take_until(&a->arena, '\0', &len);
	if (len > q->max_body)
		return err_say(err, -EFBIG, "the answer is too long");
	a->body = len > 0 ? malloc(len + 1) : NULL;
	a->body_len = a->body ? len : 0;
	if (a->body)
		memcpy(a->body, line, len + 1);
	return 0;
}

static void close_registry(struct registry **r)
{
	registry_close(*r);
}
#define _cleanup_registry_ _cleanup_(close_registry)

static struct registry *open_registry(const char *host, const char *repository)
{
	static const struct source_options o = {.user = "user", .password = PASSWORD};
	static const struct http_timing timing = {1, 1, 1};
	static const struct registry_pause no_pause = {0};
	struct registry *r = NULL;
	struct err err = {0};

	fuzz_check(registry_open(host, repository, false, &o, &r, &err) == 0, "%s",
		   err.message);
	registry_set_timing(r, &timing, &no_pause);
	return r;
}

static void check_result(int r, const struct err *err)
{
	if (r < 0)
		fuzz_check_err(r, err);
	for (const char *c = err->message; *c; c++)
		fuzz_check((unsigned char)*c >= ' ' && *c != 0x7f, "0x%x in a message",
			   (unsigned int)(unsigned char)*c);
	fuzz_check(is_known || !strstr(err->message, PASSWORD), "%s", err->message);
}

static void check_found(const struct registry_found *f)
{
	_cleanup_json_ struct json *doc = json_new_object();
	struct json_at root = json_root(doc), description;
	_cleanup_arena_ struct arena a = {0};
	const char *text = "";

	fuzz_check(registry_is_repository(f->name), "'%s'", f->name);
	fuzz_check(strlen(f->description) <= REGISTRY_MAX_DESCRIPTION, "%zu bytes",
		   strlen(f->description));
	/* It was cut between characters: what is no UTF-8 would be escaped. */
	json_put_str(doc, "d", f->description);
	description = json_key(&root, "d");
	fuzz_check(json_read_str(&description, &a, &text, NULL) == 0 &&
			   strcmp(text, f->description) == 0,
		   "'%s'", text);
}

static void search(const char *host, size_t limit, const char *text)
{
	_cleanup_registry_ struct registry *r = open_registry(host, NULL);
	_cleanup_arena_ struct arena a = {0};
	struct registry_found *found = NULL;
	struct err err = {0};
	size_t n = 0;
	int result = registry_search(r, text, limit, &a, &found, &n, &err);

	check_result(result, &err);
	fuzz_check(result == 0 || n == 0, "a failure left something");
	fuzz_check(n <= limit, "%zu of %zu", n, limit);
	for (size_t i = 0; i < n; i++)
		check_found(&found[i]);
}

static void tags(void)
{
	_cleanup_registry_ struct registry *r = open_registry("example.org", "team/app");
	_cleanup_arena_ struct arena a = {0};
	struct strv found = {0};
	struct err err = {0};
	int result = registry_tags(r, &a, &found, &err);

	check_result(result, &err);
	fuzz_check(result == 0 || found.n == 0, "a failure left something");
	fuzz_check(found.n <= REGISTRY_MAX_TAGS, "%zu tags", found.n);
	for (size_t i = 0; i < found.n; i++)
		fuzz_check(registry_is_tag(found.v[i]), "'%s'", found.v[i]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_arena_ struct arena a = {0};
	char *line, kind;
	size_t len, limit;

	at = (const char *)data;
	end = at + size;
	n_asked = 0;
	is_known = memmem(data, size, PASSWORD, strlen(PASSWORD));
	line = take_until(&a, '\n', &len);
	kind = len > 0 ? *line++ : 's';
	limit = (size_t)strtoul(line, &line, 10) % 200;
	line += *line == ' ';
	if (kind == 't')
		tags();
	else
		search(kind == 'd' ? "docker.io" : "example.org", limit ? limit : 25,
		       line);
	/* Each answer once, then as often as is tried. */
	fuzz_check(n_asked <= (int)size + 20, "%d requests", n_asked);
	return 0;
}
