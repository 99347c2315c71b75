// SPDX-License-Identifier: Apache-2.0
/*
 * registry_search.c - finding repositories in a registry
 *
 * Source: Docker's registry API, version 1, "search"; the distribution project's API, "catalog".
 */
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "registry_private.h"

#define MAX_ANSWER_BYTES (2u << 20)

struct search {
	struct registry_pages pages; /* of the catalogue */
	const char *text;
	size_t limit;
	struct arena *arena;
	struct registry_found *v;
	size_t n;
};

/* Whole characters of UTF-8, as the JSON library has seen to it that it is. */
static const char *cut(const char *text, size_t max, struct arena *a)
{
	size_t len = strlen(text);

	if (len > max)
		for (len = max; len > 0 && ((unsigned char)text[len] & 0xc0) == 0x80;)
			len--;
	return arena_strndup(a, text, len);
}

static int add(struct search *s, const struct registry_found *found, struct err *err)
{
	char shown[REGISTRY_MAX_REPOSITORY + 8];

	if (registry_is_repository(found->name)) {
		s->v[s->n++] = *found;
		return 0;
	}
	text_escape(shown, sizeof(shown), found->name);
	return err_say(err, -EBADMSG, "'%s' is no name of a repository", shown);
}

/* --- version 1 --- */

static int read_found(const struct json_at *at, struct arena *a,
		      struct registry_found *ret, struct err *err)
{
	struct json_at name = json_key(at, "name"),
		       description = json_key(at, "description"),
		       stars = json_key(at, "star_count"),
		       official = json_key(at, "is_official"),
		       automated = json_key(at, "is_automated");
	int r = json_expect(at, JSON_KIND_OBJECT, err);

	*ret = (struct registry_found){.name = "", .description = ""};
	if (r == 0)
		r = json_read_str(&name, a, &ret->name, err);
	if (r == 0)
		r = json_read_str(&description, a, &ret->description, err);
	if (r == 0)
		r = json_read_u32(&stars, UINT32_MAX, &ret->stars, err);
	if (r == 0)
		r = json_read_bool(&official, &ret->is_official, err);
	if (r == 0)
		r = json_read_bool(&automated, &ret->is_automated, err);
	if (r == 0)
		ret->description = cut(ret->description, REGISTRY_MAX_DESCRIPTION, a);
	return r;
}

static int read_results(struct search *s, const struct json *doc, struct err *err)
{
	struct json_at root = json_root(doc), list = json_key(&root, "results");
	int r = json_expect(&list, JSON_KIND_ARRAY, err);

	for (size_t i = 0; r == 0 && i < json_count(&list) && s->n < s->limit; i++) {
		struct json_at one = json_index(&list, i);
		struct registry_found found;

		r = read_found(&one, s->arena, &found, err);
		if (r == 0)
			r = add(s, &found, err);
	}
	return r;
}

static int ask_version_1(struct registry *r, const struct search *s,
			 struct http_answer *answer, struct err *err)
{
	_cleanup_arena_ struct arena a = {0};
	_cleanup_curl_ CURL *curl = http_begin();
	bool is_docker = registry_is_docker(r->host);
	/* Docker has it on a host of its own, which gets nothing but the question. */
	struct http_request q = {.method = "GET",
				 .fd = -EBADF,
				 .is_home = !is_docker,
				 .accept = "application/json",
				 .max_body = MAX_ANSWER_BYTES};
	char *text = curl ? curl_easy_escape(curl, s->text, 0) : NULL;

	if (!text)
		return err_set(err, -ENOMEM, "registry '%s'", r->host);
	q.url = arena_printf(&a, "%s/v1/search?q=%s&n=%zu",
			     is_docker ? "https://index.docker.io" : r->base, text,
			     s->limit);
	curl_free(text);
	/* Without credentials: the catalogue may ask for them. */
	for (uint32_t n = 0;; n++) {
		int result = registry_follow(r, curl, &q, answer, err);

		if (!registry_may_pass(result, answer) || n >= r->retries)
			return result;
		registry_wait(r, n, answer);
	}
}

/* Return: 1 when the registry has a search, 0 when it has none, or a negative errno. */
static int search_version_1(struct registry *r, struct search *s, struct err *err)
{
	_cleanup_arena_ struct arena a = {0};
	_cleanup_answer_ struct http_answer answer = {0};
	_cleanup_json_ struct json *doc = NULL;
	bool is_docker = registry_is_docker(r->host);
	const char *what = arena_printf(&a, "search in '%s'", r->host);
	int result = ask_version_1(r, s, &answer, err);

	if (result < 0)
		return result;
	if (answer.status != 200)
		return is_docker ? registry_refused(r, &answer, what, err) : 0;
	result = json_parse(answer.body ? answer.body : "", answer.body_len, &doc, err);
	/* The page of a web site that answers to all that it does not know. */
	if (result < 0 && !is_docker)
		return 0;
	if (result == 0)
		result = read_results(s, doc, err);
	if (result < 0)
		err_prefix(err, "%s", what);
	return result < 0 ? result : 1;
}

/* --- the catalogue --- */

static int take_names(struct registry_pages *p, const struct http_answer *answer,
		      struct err *err)
{
	_cleanup_json_ struct json *doc = NULL;
	_cleanup_arena_ struct arena a = {0};
	struct search *s = (struct search *)p;
	struct json_at root, names;
	struct strv page = {0};
	int r = json_parse(answer->body ? answer->body : "", answer->body_len, &doc, err);

	if (r == 0) {
		root = json_root(doc);
		names = json_key(&root, "repositories");
		r = json_read_strv(&names, &a, &page, err);
	}
	for (size_t i = 0; r == 0 && i < page.n && s->n < s->limit; i++) {
		struct registry_found found = {.description = ""};

		if (!strstr(page.v[i], s->text))
			continue;
		found.name = arena_strdup(s->arena, page.v[i]);
		r = add(s, &found, err);
	}
	return r == 0 && s->n == s->limit ? 1 : r;
}

static int search_catalogue(struct registry *r, struct search *s, struct err *err)
{
	_cleanup_arena_ struct arena a = {0};

	s->pages = (struct registry_pages){
		.url = arena_printf(&a, "%s/v2/_catalog?n=1000", r->base),
		.scope = "registry:catalog:*",
		.what = arena_printf(&a, "search in '%s'", r->host),
		.take = take_names,
	};
	return registry_pages(r, &s->pages, err);
}

int registry_search(struct registry *r, const char *text, size_t limit, struct arena *a,
		    struct registry_found **ret, size_t *ret_n, struct err *err)
{
	struct search s = {
		.text = text, .limit = MIN(limit, REGISTRY_MAX_FOUND), .arena = a};
	int result;

	s.v = arena_alloc(a, s.limit * sizeof(*s.v));
	result = search_version_1(r, &s, err);
	if (result == 0)
		result = search_catalogue(r, &s, err);
	if (result < 0)
		return result;
	*ret = s.v;
	*ret_n = s.n;
	return 0;
}
