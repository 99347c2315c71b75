// SPDX-License-Identifier: Apache-2.0
/*
 * store_find.c - which image a word means
 */
#include <string.h>

#include "image/store.h"

#define MIN_ID_LEN 3 /* fewer digits are more likely a name */

struct search {
	const struct store *store;
	struct arena *arena;
	const struct store_entry *entries;
	size_t n_entries;
	const struct store_entry *found;
	bool is_ambiguous;
};

static bool is_same_image(const struct store_entry *a, const struct store_entry *b)
{
	return digest_equal(&a->manifest.digest, &b->manifest.digest);
}

static void found(struct search *s, const struct store_entry *e)
{
	if (s->found && !is_same_image(s->found, e))
		s->is_ambiguous = true;
	if (!s->found)
		s->found = e;
}

static bool by_name(struct search *s, const char *name)
{
	for (size_t i = 0; i < s->n_entries && !s->found; i++)
		if (s->entries[i].name && strcmp(s->entries[i].name, name) == 0)
			found(s, &s->entries[i]);
	return s->found != NULL;
}

/* "debian:12" is the end of "docker.io/library/debian:12". */
static void by_last_part(struct search *s, const char *name)
{
	size_t len = strlen(name);

	for (size_t i = 0; i < s->n_entries; i++) {
		const char *whole = s->entries[i].name;
		size_t whole_len = whole ? strlen(whole) : 0;

		if (whole_len > len && whole[whole_len - len - 1] == '/' &&
		    strcmp(whole + whole_len - len, name) == 0)
			found(s, &s->entries[i]);
	}
}

static void by_digest(struct search *s, const struct digest *d)
{
	for (size_t i = 0; i < s->n_entries; i++)
		if (digest_equal(&s->entries[i].manifest.digest, d))
			found(s, &s->entries[i]);
}

/* An image's id is the digest of its config. What cannot be read has none. */
static void by_id(struct search *s, const char *digits)
{
	const struct platform native = platform_native();
	size_t len = strlen(digits);

	for (size_t i = 0; i < s->n_entries; i++) {
		struct store_image image;

		if (store_read(s->store, &s->entries[i], &native, s->arena, &image,
			       NULL) < 0)
			continue;
		if (strncmp(digest_hex(&image.manifest.config.digest), digits, len) == 0)
			found(s, &s->entries[i]);
	}
}

static bool is_id(const char *typed)
{
	size_t len = strlen(typed);

	return len >= MIN_ID_LEN && len <= DIGEST_HEX_LEN &&
	       strspn(typed, "0123456789abcdef") == len;
}

static int say(const struct search *s, const char *typed, struct err *err)
{
	if (!s->found) {
		err_say(err, -ENOENT, "image '%s': not in the store", typed);
		return err_hint(err, -ENOENT,
				"urun pull %s brings it; urun images lists "
				"what is there",
				typed);
	}
	err_say(err, -EEXIST, "'%s' fits several images", typed);
	return err_hint(err, -EEXIST, "Give the whole name: urun images lists them");
}

/* Of a reference with a digest, the digest decides; the name need not be in the store. */
static void look(struct search *s, const char *typed, const struct image_ref *ref)
{
	const char *name;

	if (ref->has_digest) {
		by_digest(s, &ref->digest);
		return;
	}
	name = ref_text(ref, s->arena);
	if (by_name(s, typed) || by_name(s, name))
		return;
	if (!ref->registry && !by_name(s, arena_printf(s->arena, "localhost/%s", name)))
		by_last_part(s, name);
}

int store_find(const struct store *store, const char *typed, struct arena *a,
	       struct store_entry *ret, struct err *err)
{
	struct search s = {.store = store, .arena = a};
	struct store_entry *entries;
	struct image_ref ref;
	struct digest d;
	int r = store_list(store, a, &entries, &s.n_entries, err);

	if (r < 0)
		return r;
	s.entries = entries;
	if (digest_parse(typed, strlen(typed), &d) == 0) {
		by_digest(&s, &d);
		if (!s.found)
			by_id(&s, digest_hex(&d));
	} else {
		r = ref_parse(typed, a, &ref, err);
		if (r == 0 && ref.transport == REF_REGISTRY)
			look(&s, typed, &ref);
		if (!s.found && is_id(typed))
			by_id(&s, typed);
		else if (r < 0)
			return r;
	}
	if (!s.found || s.is_ambiguous)
		return say(&s, typed, err);
	*ret = *s.found;
	return 0;
}
