// SPDX-License-Identifier: Apache-2.0
/*
 * registry_list.c - lists that a registry gives in pages, and that of the tags
 *
 * Source: the OCI distribution specification 1.1; RFC 8288 for Link.
 */
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "registry_private.h"

/* --- pages --- */

/* <URL>; rel="next"
 * Return: 1 with the URL, 0 when there is none, -EPROTO. */
static int next_page(const struct registry *r, const char *url, const char *link,
		     struct arena *a, const char **ret, struct err *err)
{
	const char *end = link ? strchr(link, '>') : NULL;
	const char *next = NULL;
	int result;

	if (!end || link[0] != '<' ||
	    (!strstr(end, "rel=\"next\"") && !strstr(end, "rel=next")))
		return 0;
	result = http_resolve(r->http, url,
			      arena_strndup(a, link + 1, (size_t)(end - link) - 1), a,
			      &next, err);
	if (result == 0 && !http_is_same_origin(url, next))
		result = err_say(err, -EPROTO, "the next page is on another host: '%s'",
				 http_url_text(next, a));
	if (result == 0 && strcmp(url, next) == 0)
		result = err_say(err, -EPROTO, "the next page is the same one again");
	if (result < 0)
		return result;
	*ret = next;
	return 1;
}

/* Return: 1 when @p->url has become that of another page, 0 after the last, or a negative errno. */
static int one_page(struct registry *r, CURL *curl, struct registry_pages *p,
		    struct arena *a, struct err *err)
{
	_cleanup_answer_ struct http_answer answer = {0};
	struct http_request q = {.method = "GET",
				 .url = p->url,
				 .fd = -EBADF,
				 .is_home = true,
				 .accept = "application/json",
				 .max_body = REGISTRY_MAX_PAGE};
	int result = registry_request(r, curl, &q, p->scope, &answer, err);

	if (result == 0 && answer.status != 200)
		return registry_refused(r, &answer, p->what, err);
	if (result < 0)
		return result;
	result = p->take(p, &answer, err);
	if (result > 0)
		return 0;
	if (result == 0)
		result = next_page(r, p->url, answer.link, a, &p->url, err);
	if (result < 0)
		err_prefix(err, "%s", p->what);
	return result;
}

int registry_pages(struct registry *r, struct registry_pages *p, struct err *err)
{
	_cleanup_arena_ struct arena a = {0};
	_cleanup_curl_ CURL *curl = http_begin();

	if (!curl)
		return err_set(err, -ENOMEM, "registry '%s'", r->host);
	for (int pages = 0; pages < REGISTRY_MAX_PAGES; pages++) {
		int result = one_page(r, curl, p, &a, err);

		if (result <= 0)
			return result;
	}
	return err_say(err, -EFBIG, "%s: more than %d pages", p->what,
		       REGISTRY_MAX_PAGES);
}

/* --- tags --- */

struct tags {
	struct registry_pages pages;
	struct arena *arena;
	struct strv found;
};

static int take_tags(struct registry_pages *p, const struct http_answer *answer,
		     struct err *err)
{
	_cleanup_json_ struct json *doc = NULL;
	struct tags *t = (struct tags *)p;
	struct json_at root, tags;
	struct strv page = {0};
	int result =
		json_parse(answer->body ? answer->body : "", answer->body_len, &doc, err);

	if (result == 0) {
		root = json_root(doc);
		tags = json_key(&root, "tags");
		result = json_read_strv(&tags, t->arena, &page, err);
	}
	for (size_t i = 0; i < page.n && result == 0; i++) {
		char shown[REGISTRY_MAX_TAG + 8];

		text_escape(shown, sizeof(shown), page.v[i]);
		if (t->found.n == REGISTRY_MAX_TAGS)
			result = err_say(err, -EFBIG, "more than %d tags",
					 REGISTRY_MAX_TAGS);
		else if (!registry_is_tag(page.v[i]))
			result = err_say(err, -EBADMSG, "'%s' is no tag", shown);
		else
			strv_push(t->arena, &t->found, page.v[i]);
	}
	return result;
}

int registry_tags(struct registry *r, struct arena *a, struct strv *ret, struct err *err)
{
	_cleanup_arena_ struct arena scratch = {0};
	struct tags t = {.pages = {.take = take_tags}, .arena = a};
	int result;

	t.pages.url = arena_printf(&scratch, "%s/v2/%s/tags/list?n=1000", r->base,
				   r->repository);
	t.pages.scope = registry_scope(r, "pull", &scratch);
	t.pages.what = arena_printf(&scratch, "tags of '%s/%s'", r->host, r->repository);
	result = registry_pages(r, &t.pages, err);
	if (result == 0)
		*ret = t.found;
	return result;
}
