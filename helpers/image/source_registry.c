// SPDX-License-Identifier: Apache-2.0
/*
 * source_registry.c - an image in a registry: which one a name means, and which way leads to it
 */
#include <stdio.h>
#include <string.h>

#include "registries.h"
#include "registry.h"

struct registry_source {
	struct source source;
	struct registry *registry;
	struct document top; /* of the reference: fetched to see that there is one */
};

/* --- the open source --- */

static int copy_document(const struct document *from, struct arena *a,
			 struct document *ret)
{
	char *text = arena_alloc(a, from->len + 1);

	if (from->len > 0)
		memcpy(text, from->text, from->len);
	*ret = *from;
	ret->text = text;
	ret->media_type = from->media_type ? arena_strdup(a, from->media_type) : NULL;
	return 0;
}

static int get_manifest(struct source *s, const struct digest *want, struct arena *a,
			struct document *ret, struct err *err)
{
	const struct registry_source *rs = (struct registry_source *)s;

	if (!want || digest_equal(want, &rs->top.digest))
		return copy_document(&rs->top, a, ret);
	return registry_manifest(rs->registry, want->text, a, ret, err);
}

static int get_blob(struct source *s, const struct descriptor *d, uint64_t offset,
		    struct sink *to, struct err *err)
{
	const struct registry_source *rs = (struct registry_source *)s;

	return registry_blob(rs->registry, &d->digest, d->size, offset, to, err);
}

static void close_source(struct source *s)
{
	registry_close(((struct registry_source *)s)->registry);
}

static const struct source_ops ops = {
	.manifest = get_manifest, .blob = get_blob, .close = close_source};

/* --- finding it --- */

/* All that opening needs, and what went wrong on the way. */
struct search {
	const struct source_options *options;
	const struct registries *registries;
	struct arena *arena; /* of the source */
	struct registry_source *found;
};

static int try_endpoint(struct search *s, const struct endpoint *e, bool is_elsewhere,
			struct err *err)
{
	/* The digest counts when there is a tag as well. */
	const char *reference = e->ref.has_digest ? e->ref.digest.text : e->ref.tag;
	struct registry_source *rs = arena_new(s->arena, struct registry_source);
	struct source_options o = *s->options;
	int r;

	/* What was typed is for the registry that was typed. */
	if (is_elsewhere)
		o.user = o.password = NULL;
	r = registry_open(e->ref.registry, e->ref.repository, e->is_plain, &o,
			  &rs->registry, err);
	if (r == 0)
		r = registry_manifest(rs->registry, reference, s->arena, &rs->top, err);
	if (r < 0) {
		registry_close(rs->registry);
		return r;
	}
	s->found = rs;
	return 0;
}

/* Mirrors first. The last failure counts, as it is that of the place itself. */
static int try_endpoints(struct search *s, const struct image_ref *ref, struct err *err)
{
	_cleanup_arena_ struct arena a = {0};
	const char *name = ref_text(ref, &a), *tried = "";
	struct endpoint *list = NULL;
	size_t n = 0;
	int r = registries_endpoints(s->registries, ref, &a, &list, &n, err);

	if (r < 0)
		return r;
	r = err_say(err, -ENOENT, "image '%s': no registry is configured for it", name);
	for (size_t i = 0; i < n; i++) {
		const struct endpoint *e = &list[i];
		bool is_mirror = i + 1 < n;

		r = try_endpoint(s, e,
				 is_mirror && strcmp(e->ref.registry, ref->registry) != 0,
				 err);
		if (r == 0)
			return 0;
		tried = arena_printf(&a, "%s%s%s/%s", tried, i > 0 ? ", " : "",
				     e->ref.registry, e->ref.repository);
	}
	if (n > 1)
		err_prefix(err, "image '%s' (tried %s)", name, tried);
	return r;
}

static int open_full(struct search *s, const struct image_ref *ref, struct err *err)
{
	int r = policy_check(s->options->policy, ref, err);

	if (r == 0)
		r = try_endpoints(s, ref, err);
	if (r == 0) {
		s->found->source.ops = &ops;
		s->found->source.name = ref_text(ref, s->arena);
	}
	return r;
}

/* Credentials that are typed beside a short name: only one registry is sure to be meant. */
static int refuse_guess(const struct image_ref *ref, const struct image_ref *list,
			size_t n, struct arena *a, struct err *err)
{
	const char *hosts = list[0].registry;

	for (size_t i = 1; i < n; i++)
		hosts = arena_printf(a, "%s, %s", hosts, list[i].registry);
	err_say(err, -EINVAL,
		"image '%s': credentials are for one registry, and it is looked for in "
		"%s",
		ref->repository, hosts);
	return err_hint(err, -EINVAL, "Give the whole name: %s/%s", list[0].registry,
			list[0].repository);
}

/* Each candidate until one is there. A failure that is not "not found" counts more: that the
 * image is there cannot be known then. */
static int open_short(struct search *s, const struct image_ref *ref, struct err *err)
{
	_cleanup_arena_ struct arena a = {0};
	struct image_ref *list = NULL;
	const char *reasons = "";
	struct err one = {0}, last = {0};
	size_t n = 0;
	int r = registries_candidates(s->registries, ref, &a, &list, &n, err);

	if (r < 0)
		return r;
	if (n > 1 && s->options->user)
		return refuse_guess(ref, list, n, &a, err);
	for (size_t i = 0; i < n; i++) {
		r = open_full(s, &list[i], &one);
		if (r == 0)
			return 0;
		reasons = arena_printf(&a, "%s%s%s", reasons, i > 0 ? "; " : "",
				       one.message);
		if (i == 0 || last.code == -ENOENT || one.code != -ENOENT)
			last = one;
	}
	if (n == 0)
		return err_say(err, -ENOENT, "image '%s': no registry is configured",
			       ref->repository);
	if (err)
		*err = last;
	if (n == 1)
		return last.code;
	err_say(err, last.code, "image '%s': %s", ref->repository, reasons);
	return last.hint[0] ? err_hint(err, last.code, "%s", last.hint) : last.code;
}

int source_open_registry(const struct image_ref *ref, const struct source_options *o,
			 struct arena *a, struct source **ret, struct err *err)
{
	_cleanup_arena_ struct arena scratch = {0};
	struct registries *registries = NULL;
	struct search s = {.options = o, .arena = a};
	int r = registries_read(&scratch, &registries, err);

	if (r < 0)
		return r;
	s.registries = registries;
	r = ref->registry ? open_full(&s, ref, err) : open_short(&s, ref, err);
	if (r == 0)
		*ret = &s.found->source;
	return r;
}
