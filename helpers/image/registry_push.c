// SPDX-License-Identifier: Apache-2.0
/*
 * registry_push.c - sending blobs and manifests to a registry
 *
 * Source: the OCI distribution specification 1.1, "push".
 */
#include <stdio.h>
#include <string.h>

#include "registry_private.h"
#include "sys/fd.h"

static const char *push_scope(const struct registry *r, const char *from, struct arena *a)
{
	const char *scope = registry_scope(r, "pull,push", a);

	return from ? arena_printf(a, "%s repository:%s:pull", scope, from) : scope;
}

static const char *blob_name(const struct registry *r, const struct digest *d,
			     struct arena *a)
{
	return arena_printf(a, "blob '%s/%s@%s'", r->host, r->repository, d->text);
}

int registry_has_blob(struct registry *r, const struct digest *d, struct err *err)
{
	_cleanup_arena_ struct arena a = {0};
	_cleanup_answer_ struct http_answer answer = {0};
	_cleanup_curl_ CURL *curl = http_begin();
	struct http_request q = {.method = "HEAD", .fd = -EBADF, .is_home = true};
	int result;

	if (!curl)
		return err_set(err, -ENOMEM, "registry '%s'", r->host);
	q.url = arena_printf(&a, "%s/v2/%s/blobs/%s", r->base, r->repository, d->text);
	result = registry_request(r, curl, &q, push_scope(r, NULL, &a), &answer, err);
	if (result < 0)
		return result;
	if (answer.status == 200 || answer.status == 404)
		return answer.status == 200;
	return registry_refused(r, &answer, blob_name(r, d, &a), err);
}

/* --- a blob: POST for a place, PUT to it --- */

struct upload {
	struct registry *r;
	CURL *curl;
	int fd;
	const struct descriptor *d;
	const char *from, *name;
	struct meter *meter;
	struct arena arena;
};

static void free_upload(struct upload *u)
{
	curl_easy_cleanup(u->curl);
	arena_free(&u->arena);
}

/* The place with the digest behind it. */
static int take_place(struct upload *u, const char *asked,
		      const struct http_answer *answer, const char **ret, struct err *err)
{
	const char *place = NULL;
	int result;

	if (!answer->location)
		return err_say(err, -EPROTO, "%s: the registry names no place to send it",
			       u->name);
	result =
		http_resolve(u->r->http, asked, answer->location, &u->arena, &place, err);
	if (result < 0) {
		err_prefix(err, "%s: the place to send it", u->name);
		return result;
	}
	*ret = arena_printf(&u->arena, "%s%sdigest=%s", place,
			    strchr(place, '?') ? "&" : "?", u->d->digest.text);
	return 0;
}

/* Return: 1 when the blob was taken from another repository, 0 with a place for it. */
static int find_place(struct upload *u, struct http_answer *answer, const char **ret,
		      struct err *err)
{
	struct http_request q = {.method = "POST", .fd = -EBADF, .is_home = true};
	int result;

	q.url = arena_printf(&u->arena, "%s/v2/%s/blobs/uploads/", u->r->base,
			     u->r->repository);
	if (u->from)
		q.url = arena_printf(&u->arena, "%s?mount=%s&from=%s", q.url,
				     u->d->digest.text, u->from);
	result = registry_try(u->r, u->curl, &q, push_scope(u->r, u->from, &u->arena),
			      answer, err);
	if (result < 0)
		return registry_may_pass(result, answer) ? -EAGAIN : result;
	if (answer->status == 201 && u->from)
		return 1;
	if (answer->status == 202)
		return take_place(u, q.url, answer, ret, err);
	result = registry_refused(u->r, answer, u->name, err);
	return registry_may_pass(0, answer) ? -EAGAIN : result;
}

/* @answer: the one that named the place; then that of the place */
static int send_blob(struct upload *u, const char *place, struct http_answer *answer,
		     struct err *err)
{
	struct http_request q = {.method = "PUT",
				 .url = place,
				 .content_type = "application/octet-stream",
				 .fd = u->fd,
				 .meter = u->meter,
				 .body_bytes = u->d->size};
	int result;

	/* Elsewhere only what the URL itself allows. */
	q.is_home = http_is_same_origin(u->r->base, place);
	q.want_public = !q.is_home && !answer->is_private;
	result = registry_try(u->r, u->curl, &q, push_scope(u->r, u->from, &u->arena),
			      answer, err);
	if (result < 0)
		return registry_may_pass(result, answer) ? -EAGAIN : result;
	if (answer->status == 201 || answer->status == 204)
		return 0;
	result = registry_refused(u->r, answer, u->name, err);
	return registry_may_pass(0, answer) ? -EAGAIN : result;
}

/* Return: 1 when it was taken from another repository, 0 when it was sent; -EAGAIN: another try may
 * work; @err has the reason. */
static int try_upload(struct upload *u, struct http_answer *answer, struct err *err)
{
	const char *place = NULL;
	int result = find_place(u, answer, &place, err);

	if (result != 0)
		return result;
	return send_blob(u, place, answer, err);
}

static int check_file(const struct upload *u, struct err *err)
{
	struct stat st;
	int result = fd_stat(u->fd, &st);

	if (result < 0)
		return err_set(err, result, "%s", u->name);
	if (!S_ISREG(st.st_mode))
		return err_say(err, -EINVAL, "%s: it is in no regular file", u->name);
	if ((uint64_t)st.st_size != u->d->size)
		return err_say(err, -EBADMSG, "%s: its file has %lld bytes and not %llu",
			       u->name, (long long)st.st_size,
			       (unsigned long long)u->d->size);
	return 0;
}

int registry_push_blob(struct registry *r, int fd, const struct descriptor *d,
		       const char *from, struct meter *meter, struct err *err)
{
	_cleanup_(free_upload) struct upload u = {.r = r,
						  .curl = http_begin(),
						  .fd = fd,
						  .d = d,
						  .from = from,
						  .meter = meter};
	_cleanup_answer_ struct http_answer answer = {0};
	struct err last = {0};
	int result;

	if (!u.curl)
		return err_set(err, -ENOMEM, "registry '%s'", r->host);
	u.name = blob_name(r, &d->digest, &u.arena);
	result = check_file(&u, err);
	if (result < 0)
		return result;
	for (uint32_t n = 0;;) {
		result = try_upload(&u, &answer, &last);
		if (result < 0 && result != -EAGAIN && u.from) {
			/* That the other repository may not be read is no failure. */
			u.from = NULL;
			continue;
		}
		if (result != -EAGAIN || n >= r->retries)
			break;
		registry_wait(r, n++, &answer);
	}
	if (result < 0 && err)
		*err = last;
	return result == -EAGAIN ? last.code : result;
}

/* --- a manifest --- */

static int check_stored(const struct registry *r, const struct http_answer *answer,
			const struct document *doc, const char *reference,
			struct err *err)
{
	struct digest d;

	if (!answer->content_digest ||
	    digest_parse(answer->content_digest, strlen(answer->content_digest), &d) <
		    0 ||
	    digest_equal(&d, &doc->digest))
		return 0;
	return err_say(err, -EBADMSG,
		       "image '%s/%s', '%s': %s was sent, but the registry stored %s",
		       r->host, r->repository, reference, doc->digest.text, d.text);
}

int registry_push_manifest(struct registry *r, const char *reference,
			   const struct document *doc, struct err *err)
{
	_cleanup_arena_ struct arena a = {0};
	_cleanup_answer_ struct http_answer answer = {0};
	_cleanup_curl_ CURL *curl = http_begin();
	struct http_request q = {.method = "PUT",
				 .fd = -EBADF,
				 .is_home = true,
				 .content_type = doc->media_type,
				 .body = doc->text,
				 .body_bytes = doc->len};
	const char *name;
	int result = curl ? registry_check_reference(reference, err)
			  : err_set(err, -ENOMEM, "registry '%s'", r->host);

	if (result < 0)
		return result;
	name = registry_image_name(r, reference, &a);
	if (!doc->media_type)
		return err_say(err, -EINVAL, "image '%s': its manifest has no media type",
			       name);
	q.url = arena_printf(&a, "%s/v2/%s/manifests/%s", r->base, r->repository,
			     reference);
	result = registry_request(r, curl, &q, push_scope(r, NULL, &a), &answer, err);
	if (result < 0)
		return result;
	if (answer.status == 200 || answer.status == 201)
		return check_stored(r, &answer, doc, reference, err);
	return registry_refused(r, &answer, arena_printf(&a, "image '%s'", name), err);
}
