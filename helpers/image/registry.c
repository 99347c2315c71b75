// SPDX-License-Identifier: Apache-2.0
/*
 * registry.c - opening a registry, and the documents that are fetched from it; see registry.h
 *
 * Source: the OCI distribution specification 1.1.
 */
#include "registry_private.h"

#include <stdio.h>
#include <string.h>

#include "hash.h"

#define MAX_HOST 255

static const struct registry_pause default_pause = {
	.first_ms = 500, .max_ms = 30000, .retry_after_max_ms = 120000};

/* --- names: they become parts of URLs --- */

static bool is_alnum(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool has_only(const char *text, const char *more)
{
	for (; *text; text++)
		if (!is_alnum(*text) && !strchr(more, *text))
			return false;
	return true;
}

static bool is_host(const char *text)
{
	return (is_alnum(text[0]) || text[0] == '[') && strlen(text) <= MAX_HOST &&
	       has_only(text, ".-:[]");
}

bool registry_is_repository(const char *text)
{
	return is_alnum(text[0]) && strlen(text) <= REGISTRY_MAX_REPOSITORY &&
	       has_only(text, "._-/") && !strstr(text, "..") && !strstr(text, "//");
}

bool registry_is_tag(const char *text)
{
	return (is_alnum(text[0]) || text[0] == '_') &&
	       strlen(text) <= REGISTRY_MAX_TAG && has_only(text, "._-");
}

/* --- opening --- */

bool registry_is_docker(const char *host)
{
	return strcmp(host, "docker.io") == 0 || strcmp(host, "index.docker.io") == 0;
}

static const char *base_url(struct registry *r, const char *scheme)
{
	return arena_printf(&r->arena, "%s://%s", scheme,
			    registry_is_docker(r->host) ? "registry-1.docker.io"
							: r->host);
}

static const char *copy(struct arena *a, const char *text)
{
	return text ? arena_strdup(a, text) : NULL;
}

static void copy_options(struct registry *r, const struct source_options *o)
{
	r->options = *o;
	r->options.authfile = copy(&r->arena, o->authfile);
	r->options.cert_dir = copy(&r->arena, o->cert_dir);
	r->options.user = copy(&r->arena, o->user);
	r->options.password = copy(&r->arena, o->password);
	r->retries = o->retries ? o->retries : REGISTRY_DEFAULT_TRIES;
	r->pause = default_pause;
}

static int ping(struct registry *r, const char *base, struct err *err)
{
	_cleanup_answer_ struct http_answer answer = {0};
	_cleanup_curl_ CURL *curl = http_begin();
	struct http_request q = {.method = "GET", .fd = -EBADF, .is_home = true};

	if (!curl)
		return err_set(err, -ENOMEM, "registry '%s'", r->host);
	q.url = arena_printf(&r->arena, "%s/v2/", base);
	return http_send(r->http, curl, &q, &answer, err);
}

/* HTTPS when it is answered at all, else HTTP. */
static int choose_protocol(struct registry *r, struct err *err)
{
	struct err https = {0};
	const char *plain = base_url(r, "http");
	int result;

	r->base = base_url(r, "https");
	if (!http_is_insecure(r->http))
		return 0;
	if (ping(r, r->base, &https) == 0)
		return 0;
	result = ping(r, plain, err);
	if (result < 0) {
		err_prefix(err, "registry '%s': %s", r->host, https.message);
		return result;
	}
	r->base = plain;
	return 0;
}

static int set_up(struct registry *r, const char *repository, bool is_plain,
		  struct err *err)
{
	const struct source_options *o = &r->options;
	/* What was typed counts more than what is configured. */
	bool is_insecure = o->has_tls_verify ? !o->want_tls_verify : is_plain;
	int result = registry_auth_new(r, err);

	r->repository = copy(&r->arena, repository);
	if (result == 0)
		result = http_new(r->host, o->cert_dir, is_insecure, &r->http, err);
	return result < 0 ? result : choose_protocol(r, err);
}

int registry_open(const char *host, const char *repository, bool is_plain,
		  const struct source_options *o, struct registry **ret, struct err *err)
{
	struct registry *r;
	int result;

	if (!is_host(host))
		return err_say(err, -EINVAL, "registry '%s': that is no name of a host",
			       host);
	if (repository && !registry_is_repository(repository))
		return err_say(err, -EINVAL,
			       "repository '%s': that is no name of a repository",
			       repository);
	r = calloc(1, sizeof(*r));
	if (!r)
		return err_set(err, -ENOMEM, "registry '%s'", host);
	r->host = arena_strdup(&r->arena, host);
	copy_options(r, o);
	result = set_up(r, repository, is_plain, err);
	if (result < 0) {
		registry_close(r);
		return result;
	}
	*ret = r;
	return 0;
}

void registry_close(struct registry *r)
{
	if (!r)
		return;
	registry_auth_free(r->auth);
	http_free(r->http);
	arena_free(&r->arena);
	free(r);
}

static void close_registry(struct registry **r)
{
	registry_close(*r);
}

void registry_set_timing(struct registry *r, const struct http_timing *timing,
			 const struct registry_pause *pause)
{
	http_set_timing(r->http, timing);
	r->pause = *pause;
}

int registry_try_login(const char *host, const char *repository, bool is_plain,
		       const struct source_options *o, struct err *err)
{
	_cleanup_(close_registry) struct registry *r = NULL;
	_cleanup_answer_ struct http_answer answer = {0};
	_cleanup_curl_ CURL *curl = http_begin();
	struct http_request q = {.method = "GET", .fd = -EBADF, .is_home = true};
	struct auth user = {0};
	int result = curl ? registry_open(host, repository, is_plain, o, &r, err)
			  : err_set(err, -ENOMEM, "registry '%s'", host);

	if (result == 0)
		result = registry_auth_user(r, &user, err);
	if (result < 0)
		return result;
	if (!user.user && !user.identity_token)
		return err_say(err, -EACCES, "registry '%s': there are no credentials",
			       host);
	q.url = arena_printf(&r->arena, "%s/v2/", r->base);
	result = registry_request(r, curl, &q, "", &answer, err);
	if (result < 0 || answer.status == 200)
		return result;
	if (answer.status == 404)
		return err_say(err, -EPROTO, "host '%s': it is no registry (no /v2/)",
			       host);
	return registry_refused(r, &answer,
				arena_printf(&r->arena, "registry '%s'", host), err);
}

/* --- documents --- */

const char *registry_image_name(const struct registry *r, const char *reference,
				struct arena *a)
{
	return arena_printf(a, "%s/%s%s%s", r->host, r->repository,
			    strchr(reference, ':') ? "@" : ":", reference);
}

static int hash_document(struct document *doc, struct err *err)
{
	struct hash *h = hash_new();

	if (!h)
		return err_set(err, -ENOMEM, "hash of a document");
	hash_add(h, doc->text, doc->len);
	hash_end(h, &doc->digest);
	return 0;
}

static int check_digest(const struct document *doc, const char *want, const char *by,
			const char *name, struct err *err)
{
	struct digest d;

	/* Of another algorithm, or damaged: nothing that can be compared. */
	if (!want || digest_parse(want, strlen(want), &d) < 0 ||
	    digest_equal(&d, &doc->digest))
		return 0;
	return err_say(
		err, -EBADMSG,
		"image '%s': the manifest is damaged: %s is %s, but what came is %s",
		name, by, d.text, doc->digest.text);
}

/* "application/json; charset=utf-8" without what is behind the semicolon */
static const char *media_type(const char *text, struct arena *a)
{
	size_t len = text ? strcspn(text, "; \t") : 0;

	return len > 0 ? arena_strndup(a, text, len) : NULL;
}

static int take_document(const struct http_answer *answer, const char *reference,
			 const char *name, struct arena *a, struct document *ret,
			 struct err *err)
{
	struct document doc = {.media_type = media_type(answer->content_type, a),
			       .len = answer->body_len};
	char *text = arena_alloc(a, answer->body_len + 1);
	int result;

	if (answer->body_len > 0)
		memcpy(text, answer->body, answer->body_len);
	doc.text = text;
	result = hash_document(&doc, err);
	if (result == 0)
		result = check_digest(&doc, reference, "what was asked for", name, err);
	if (result == 0)
		result = check_digest(&doc, answer->content_digest,
				      "what the registry announced", name, err);
	if (result == 0)
		*ret = doc;
	return result;
}

int registry_check_reference(const char *reference, struct err *err)
{
	struct digest d;

	if (registry_is_tag(reference) ||
	    digest_parse(reference, strlen(reference), &d) == 0)
		return 0;
	return err_say(err, -EINVAL, "'%s' is neither a tag nor a sha256 digest",
		       reference);
}

int registry_manifest(struct registry *r, const char *reference, struct arena *a,
		      struct document *ret, struct err *err)
{
	_cleanup_arena_ struct arena scratch = {0};
	_cleanup_answer_ struct http_answer answer = {0};
	_cleanup_curl_ CURL *curl = http_begin();
	struct http_request q = {.method = "GET",
				 .fd = -EBADF,
				 .is_home = true,
				 .accept = manifest_accept,
				 .max_body = MANIFEST_MAX_BYTES};
	const char *name;
	int result = curl ? registry_check_reference(reference, err)
			  : err_set(err, -ENOMEM, "registry '%s'", r->host);

	if (result < 0)
		return result;
	name = registry_image_name(r, reference, &scratch);
	q.url = arena_printf(&scratch, "%s/v2/%s/manifests/%s", r->base, r->repository,
			     reference);
	result = registry_request(r, curl, &q, registry_scope(r, "pull", &scratch),
				  &answer, err);
	if (result < 0) {
		err_prefix(err, "image '%s'", name);
		return result;
	}
	if (answer.status == 200)
		return take_document(&answer, reference, name, a, ret, err);
	return registry_refused(r, &answer, arena_printf(&scratch, "image '%s'", name),
				err);
}
