// SPDX-License-Identifier: Apache-2.0
/*
 * oci_read_ops.c - the filesystem as the ordered operations that the writer put below
 * "org.urun"
 */
#include <string.h>

#include "spec/oci_parts.h"
#include "spec/words.h"

#define MAX_ATTRS 64

int oci_add_op(struct oci *o, const struct json_at *dest, enum fsop_kind kind,
	       struct fsop **ret)
{
	const char *path;
	struct fsop *op;
	int r = oci_read_name(o, dest, "a path", &path);

	if (r < 0)
		return r;
	op = spec_add_fsop(o->spec, kind, path);
	if (strcmp(op->dest, "/") == 0 && kind != FSOP_READONLY)
		return json_invalid(dest, o->err, "nothing can be mounted on '/' itself");
	*ret = op;
	return 0;
}

static int read_attrs(struct oci *o, const struct json_at *list, uint64_t *ret)
{
	struct strv words = {0};
	size_t n;
	int r = oci_read_list(o, list, MAX_ATTRS, &n);

	if (r == 0)
		r = json_read_strv(list, o->spec->arena, &words, o->err);
	for (size_t i = 0; r == 0 && i < words.n; i++) {
		struct json_at item = json_index(list, i);
		uint64_t bits = words_attr(words.v[i]);

		if (!bits)
			r = json_invalid(&item, o->err, "no such attribute");
		*ret |= bits;
	}
	return r;
}

static int read_own_words(struct oci *o, const struct json_at *at, struct fsop *op)
{
	struct json_at set = json_key(at, "set"), clear = json_key(at, "clear"),
		       how = json_key(at, "propagation"), size = json_key(at, "size");
	const char *word = NULL;
	int64_t bytes = 0;
	int r = read_attrs(o, &set, &op->attr_set);

	if (r == 0)
		r = read_attrs(o, &clear, &op->attr_clear);
	if (r == 0)
		r = json_read_str(&how, o->spec->arena, &word, o->err);
	if (r == 0)
		r = json_read_i64(&size, 0, INT64_MAX, &bytes, o->err);
	if (r < 0)
		return r;
	op->size_bytes = (uint64_t)bytes;
	op->propagation = word ? words_propagation_find(word) : 0;
	return word && !op->propagation ? json_invalid(&how, o->err, "unknown word") : 0;
}

static int read_idmap(struct oci *o, const struct json_at *at, struct fsop *op)
{
	static const char *const words[] = {"one", "recursive", NULL};
	struct json_at how = json_key(at, "idMap"), u = json_key(at, "uidMappings"),
		       g = json_key(at, "gidMappings");
	struct oci_ranges uids = {0}, gids = {0};
	int place = -1, r = oci_read_word(o, &how, words, &place);

	if (r == 0)
		r = oci_read_ranges(o, &u, &uids);
	if (r == 0)
		r = oci_read_ranges(o, &g, &gids);
	if (r < 0)
		return r;
	if ((uids.n_v > 0) != (gids.n_v > 0) || (uids.n_v > 0 && place < 0))
		return json_invalid(&how, o->err, "goes with both maps, or with none");
	if (place >= 0 && op->kind != FSOP_BIND)
		return json_invalid(&how, o->err, "goes with a bind");
	op->is_idmapped = place >= 0;
	op->is_idmap_recursive = place == 1;
	op->uids = uids.v;
	op->n_uids = uids.n_v;
	op->gids = gids.v;
	op->n_gids = gids.n_v;
	return 0;
}

/* What the kind of an operation cannot do without. */
static int check_own(struct oci *o, const struct json_at *at, struct fsop *op)
{
	struct json_at source = json_key(at, "source"), type = json_key(at, "type");
	bool is_host = op->kind == FSOP_BIND || op->kind == FSOP_DEVICE ||
		       op->kind == FSOP_OVERLAY;

	if ((is_host || op->kind == FSOP_SYMLINK) && (!op->source || !op->source[0]))
		return json_invalid(&source, o->err, "a source is needed");
	if (op->kind == FSOP_FS && (!op->fstype || !op->fstype[0]))
		return json_invalid(&type, o->err, "a type is needed");
	if (is_host)
		op->source = oci_from_bundle(o, op->source);
	return 0;
}

static int read_content(struct oci *o, const struct json_at *at, struct fsop *op)
{
	struct json_at content = json_key(at, "content");
	const char *text = NULL;
	int r = json_read_str(&content, o->spec->arena, &text, o->err);

	op->content = text;
	op->content_len = text ? strlen(text) : 0;
	return r;
}

static int read_kind(struct oci *o, const struct json_at *at, enum fsop_kind *ret)
{
	const char *words[FSOP_COUNT + 1];
	int place = -1, r;

	for (int i = 0; i < FSOP_COUNT; i++)
		words[i] = fsop_kind_name((enum fsop_kind)i);
	words[FSOP_COUNT] = NULL;
	r = oci_read_word(o, at, words, &place);
	if (r == 0 && place < 0)
		return json_invalid(at, o->err, "a kind is needed");
	*ret = (enum fsop_kind)place;
	return r;
}

static int read_own_op(struct oci *o, const struct json_at *at)
{
	static const struct oci_field fields[] = {
		{"source", OCI_STRING, offsetof(struct fsop, source), 0},
		{"type", OCI_STRING, offsetof(struct fsop, fstype), 0},
		{"data", OCI_STRING, offsetof(struct fsop, data), 0},
		{"mode", OCI_NUMBER, offsetof(struct fsop, mode), OCI_MAX_MODE},
		{"attributesRecursive", OCI_BOOL,
		 offsetof(struct fsop, is_attr_recursive), 0},
		{"attributesPartial", OCI_BOOL, offsetof(struct fsop, is_attr_partial),
		 0},
		{"recursive", OCI_BOOL, offsetof(struct fsop, is_recursive), 0},
		{"sourceNoFollow", OCI_BOOL, offsetof(struct fsop, is_source_link), 0},
		{"destinationNoFollow", OCI_BOOL, offsetof(struct fsop, is_dest_link), 0},
		{"copySymlink", OCI_BOOL, offsetof(struct fsop, is_link_copied), 0},
		{"copyUp", OCI_BOOL, offsetof(struct fsop, is_copyup), 0},
		{"owned", OCI_BOOL, offsetof(struct fsop, is_owned), 0},
		{"optional", OCI_BOOL, offsetof(struct fsop, is_optional), 0},
		{"default", OCI_BOOL, offsetof(struct fsop, is_default), 0},
		{0},
	};
	struct json_at kind = json_key(at, "kind"), dest = json_key(at, "destination"),
		       mode = json_key(at, "mode");
	enum fsop_kind which = FSOP_BIND;
	struct fsop *op;
	int r = json_expect(at, JSON_KIND_OBJECT, o->err);

	if (r == 0)
		r = read_kind(o, &kind, &which);
	if (r == 0)
		r = oci_add_op(o, &dest, which, &op);
	if (r == 0)
		r = oci_read_fields(o, at, fields, op);
	if (r < 0)
		return r;
	op->has_mode = json_is_present(&mode);
	r = read_own_words(o, at, op);
	if (r == 0)
		r = read_content(o, at, op);
	if (r == 0)
		r = read_idmap(o, at, op);
	return r < 0 ? r : check_own(o, at, op);
}

int oci_read_ops(struct oci *o)
{
	struct json_at list = json_key(&o->own, "filesystem");

	return oci_read_each(o, &list, SPEC_MAX_FSOPS, read_own_op);
}
