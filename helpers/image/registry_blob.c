// SPDX-License-Identifier: Apache-2.0
/*
 * registry_blob.c - one blob, over as many connections as it takes
 *
 * Source: the OCI distribution specification 1.1; RFC 9110, 14 for ranges.
 */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/parse.h"
#include "registry_private.h"

struct blob {
	struct sink sink;
	struct sink *to;
	const struct http_answer *answer;
	const char *name; /* "blob sha256:..." */
	uint64_t size;
	uint64_t at;	/* bytes that are there, those from before too */
	uint64_t asked; /* from where this try asked for them */
	uint64_t skip;	/* of an answer that begins at 0 all the same */
	bool has_begun; /* this try */
};

/* "bytes 5-9/10", "bytes 5-9/" and a star */
static int parse_range(const char *text, uint64_t *ret_first, uint64_t *ret_last,
		       uint64_t *ret_total)
{
	_cleanup_arena_ struct arena a = {0};
	char *first, *last, *total;

	if (!text || strncasecmp(text, "bytes ", 6) != 0)
		return -EINVAL;
	first = arena_strdup(&a, text + 6);
	last = strchr(first, '-');
	total = strchr(first, '/');
	if (!last || !total || last > total)
		return -EINVAL;
	*last++ = '\0';
	*total++ = '\0';
	if (parse_u64(first, ret_first) < 0 || parse_u64(last, ret_last) < 0)
		return -EINVAL;
	return strcmp(total, "*") == 0 ? 0 : parse_u64(total, ret_total);
}

static int check_part(const struct blob *b, struct err *err)
{
	uint64_t first = 0, last = 0, total = b->size;
	char shown[100];

	if (parse_range(b->answer->content_range, &first, &last, &total) == 0 &&
	    first == b->asked && last < b->size && total == b->size)
		return 0;
	text_escape(shown, sizeof(shown),
		    b->answer->content_range ? b->answer->content_range : "none");
	return err_say(err, -EBADMSG,
		       "%s: bytes %llu to %llu were asked for, but the answer has '%s'",
		       b->name, (unsigned long long)b->asked,
		       (unsigned long long)b->size - 1, shown);
}

/* What the headers say about the body, before any of it is taken. */
static int begin_blob(struct blob *b, struct err *err)
{
	const struct http_answer *a = b->answer;

	b->has_begun = true;
	b->skip = 0;
	if (a->status == 206)
		return check_part(b, err);
	b->skip = b->asked;
	if (!a->has_length || a->length == b->size)
		return 0;
	return err_say(err, -EBADMSG, "%s: it has %llu bytes and not %llu", b->name,
		       (unsigned long long)a->length, (unsigned long long)b->size);
}

static int write_blob(struct sink *s, const void *bytes, size_t len, struct err *err)
{
	struct blob *b = (struct blob *)s;
	size_t skipped;
	int result = b->has_begun ? 0 : begin_blob(b, err);

	if (result < 0)
		return result;
	skipped = (size_t)MIN(b->skip, (uint64_t)len);
	b->skip -= skipped;
	len -= skipped;
	if (len > b->size - b->at)
		return err_say(err, -EBADMSG, "%s: more than its %llu bytes came",
			       b->name, (unsigned long long)b->size);
	if (len == 0)
		return 0;
	result = sink_write(b->to, (const char *)bytes + skipped, len, err);
	if (result == 0)
		b->at += len;
	return result;
}

/* After a try: 1 when all is there, 0 when another try may bring it, or what is wrong. */
static int judge_blob(struct registry *r, struct blob *b, int result, struct err *err)
{
	const struct http_answer *a = b->answer;

	if (result < 0)
		return registry_may_pass(result, a) ? 0 : result;
	if (a->status != 200 && a->status != 206) {
		result = registry_refused(r, a, b->name, err);
		return registry_may_pass(0, a) ? 0 : result;
	}
	if (!b->has_begun)
		result = begin_blob(b, err);
	if (result < 0)
		return result;
	if (b->at == b->size)
		return 1;
	err_say(err, -ECONNRESET, "%s: it ended after %llu of %llu bytes", b->name,
		(unsigned long long)b->at, (unsigned long long)b->size);
	return 0;
}

static int try_blob(struct registry *r, CURL *curl, struct blob *b, const char *url,
		    const char *scope, struct http_answer *answer, struct err *err)
{
	struct http_request q = {.method = "GET",
				 .url = url,
				 .fd = -EBADF,
				 .is_home = true,
				 .to = &b->sink,
				 .offset = b->at};

	b->asked = b->at;
	b->has_begun = false;
	return judge_blob(r, b, registry_try(r, curl, &q, scope, answer, err), err);
}

/* Tries until all is there, from where the last one broke off. */
static int fetch_blob(struct registry *r, CURL *curl, struct blob *b, const char *url,
		      const char *scope, struct err *err)
{
	_cleanup_answer_ struct http_answer answer = {0};
	uint64_t step = MIN((uint64_t)REGISTRY_PROGRESS_BYTES, b->size / 16 + 1);
	uint64_t mark = b->at;
	struct err last = {0};
	uint32_t n = 0;
	int result;

	b->answer = &answer;
	for (;;) {
		result = try_blob(r, curl, b, url, scope, &answer, &last);
		if (result > 0)
			return 0;
		if (b->at - mark >= step) {
			mark = b->at;
			n = 0;
		}
		if (result < 0 || n >= r->retries)
			break;
		registry_wait(r, n++, &answer);
	}
	if (err)
		*err = last;
	return result < 0 ? result : last.code;
}

int registry_blob(struct registry *r, const struct digest *d, uint64_t size,
		  uint64_t offset, struct sink *to, struct err *err)
{
	_cleanup_arena_ struct arena a = {0};
	_cleanup_curl_ CURL *curl = http_begin();
	struct blob b = {
		.sink = {.write = write_blob}, .to = to, .size = size, .at = offset};
	const char *url;

	b.name = arena_printf(&a, "blob '%s/%s@%s'", r->host, r->repository, d->text);
	if (!curl)
		return err_set(err, -ENOMEM, "%s", b.name);
	if (offset > size)
		return err_say(err, -EINVAL, "%s: it has no byte %llu", b.name,
			       (unsigned long long)offset);
	if (offset == size)
		return 0;
	url = arena_printf(&a, "%s/v2/%s/blobs/%s", r->base, r->repository, d->text);
	return fetch_blob(r, curl, &b, url, registry_scope(r, "pull", &a), err);
}
