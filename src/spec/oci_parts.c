// SPDX-License-Identifier: Apache-2.0
/*
 * oci_parts.c - see oci_parts.h
 */
#include "spec/oci_parts.h"

#include <string.h>

#include "spec/words.h"

int oci_refuse(struct oci *o, const struct json_at *at, const char *text)
{
	json_invalid(at, o->err, "%s", text);
	if (o->err)
		o->err->code = -ENOTSUP;
	return -ENOTSUP;
}

const char *oci_from_bundle(const struct oci *o, const char *path)
{
	if (path[0] == '/' || !o->bundle || !o->bundle[0])
		return path;
	return arena_printf(o->spec->arena, "%s/%s", o->bundle, path);
}

int oci_check_env(struct oci *o, const struct json_at *list, const struct strv *env)
{
	for (size_t i = 0; i < env->n; i++) {
		struct json_at item = json_index(list, i);

		if (env->v[i][0] == '=' || !strchr(env->v[i], '='))
			return json_invalid(&item, o->err, "expected NAME=VALUE");
	}
	return 0;
}

int oci_read_list(struct oci *o, const struct json_at *at, size_t max, size_t *ret)
{
	int r = json_expect(at, JSON_KIND_ARRAY, o->err);

	if (r < 0)
		return r;
	*ret = json_count(at);
	return *ret > max
		       ? json_invalid(at, o->err, "%zu elements: at most %zu", *ret, max)
		       : 0;
}

int oci_read_each(struct oci *o, const struct json_at *list, size_t max,
		  int (*read)(struct oci *, const struct json_at *))
{
	size_t n = 0;
	int r = oci_read_list(o, list, max, &n);

	for (size_t i = 0; r == 0 && i < n; i++) {
		struct json_at item = json_index(list, i);

		r = read(o, &item);
	}
	return r;
}

int oci_read_name(struct oci *o, const struct json_at *at, const char *what,
		  const char **ret)
{
	const char *text = NULL;
	int r = json_read_str(at, o->spec->arena, &text, o->err);

	if (r < 0)
		return r;
	if (!text || !text[0])
		return json_invalid(at, o->err, "%s is needed", what);
	*ret = text;
	return 0;
}

int oci_read_cpus(struct oci *o, const struct json_at *at, const char **ret)
{
	const char *text = NULL;
	int r = json_read_str(at, o->spec->arena, &text, o->err);

	if (r < 0 || !text || !text[0])
		return r;
	if (!spec_is_cpu_list(text))
		return json_invalid(at, o->err, "no list such as 0-3,5");
	*ret = text;
	return 0;
}

int oci_read_word(struct oci *o, const struct json_at *at, const char *const *list,
		  int *ret)
{
	const char *word = NULL;
	int r = json_read_str(at, o->spec->arena, &word, o->err), place;

	if (r < 0 || !word)
		return r;
	place = words_find(list, word);
	if (place < 0)
		return json_invalid(at, o->err, "unknown word '%s'", word);
	*ret = place;
	return 0;
}

static int read_field(struct oci *o, const struct json_at *at, const struct oci_field *f,
		      void *to)
{
	struct arena *a = o->spec->arena;
	size_t n;
	int r;

	switch (f->kind) {
	case OCI_STRING:
		return json_read_str(at, a, to, o->err);
	case OCI_BOOL:
		return json_read_bool(at, to, o->err);
	case OCI_NUMBER:
		return json_read_u32(at, f->max, to, o->err);
	case OCI_STRINGS:
		break;
	}
	r = oci_read_list(o, at, f->max, &n);
	return r < 0 ? r : json_read_strv(at, a, to, o->err);
}

int oci_read_fields(struct oci *o, const struct json_at *at,
		    const struct oci_field *fields, void *target)
{
	int r = json_expect(at, JSON_KIND_OBJECT, o->err);

	for (; r == 0 && fields->key; fields++) {
		struct json_at item = json_key(at, fields->key);

		r = read_field(o, &item, fields, (char *)target + fields->offset);
	}
	return r;
}
