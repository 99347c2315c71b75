// SPDX-License-Identifier: Apache-2.0
/*
 * template_value.c - what templates compute with, and how it is printed
 */
#include <stdio.h>
#include <string.h>

#include "cli/urun/template_private.h"

void text_add(struct text *t, const char *s)
{
	size_t len = strlen(s);

	if (t->len + len + 1 > t->size) {
		size_t size = MAX(t->size * 2, t->len + len + 256);
		char *more = arena_alloc(t->arena, size);

		if (t->len > 0)
			memcpy(more, t->at, t->len);
		t->at = more;
		t->size = size;
	}
	memcpy(t->at + t->len, s, len + 1);
	t->len += len;
}

static const char *text_end(struct text *t)
{
	text_add(t, "");
	return t->at;
}

struct value template_str(const char *text)
{
	return (struct value){.kind = VALUE_STR, .text = text};
}

/* What the readers of JSON copy goes where the text of the template goes. */
static struct value read_scalar(const struct json_at *at, struct arena *a)
{
	struct value v = {.kind = VALUE_JSON, .json = at->value};

	switch (json_kind(at)) {
	case JSON_KIND_ABSENT:
		v.kind = VALUE_NONE;
		break;
	case JSON_KIND_STRING:
		v.kind = VALUE_STR;
		json_read_str(at, a, &v.text, NULL);
		break;
	case JSON_KIND_INTEGER:
		v.kind = VALUE_INT;
		json_read_i64(at, INT64_MIN, INT64_MAX, &v.number, NULL);
		break;
	case JSON_KIND_BOOL:
		v.kind = VALUE_BOOL;
		json_read_bool(at, &v.is_true, NULL);
		break;
	case JSON_KIND_OBJECT:
	case JSON_KIND_ARRAY:
	case JSON_KIND_REAL:
		break;
	}
	return v;
}

struct value template_value(struct arena *a, const struct json *value)
{
	struct json_at at = json_root(value);

	return read_scalar(&at, a);
}

const char *template_kind(const struct value *v)
{
	struct json_at at = json_root(v->json);

	switch (v->kind) {
	case VALUE_NONE:
		return "nothing";
	case VALUE_BOOL:
		return "a boolean";
	case VALUE_INT:
		return "a number";
	case VALUE_STR:
		return "a string";
	case VALUE_LIST:
		return "a list";
	case VALUE_JSON:
		break;
	}
	return json_kind(&at) == JSON_KIND_OBJECT  ? "an object"
	       : json_kind(&at) == JSON_KIND_ARRAY ? "a list"
						   : "a number";
}

int64_t template_count(const struct value *v)
{
	struct json_at at = json_root(v->json);
	enum json_kind kind;

	if (v->kind == VALUE_STR)
		return (int64_t)strlen(v->text);
	if (v->kind == VALUE_LIST)
		return (int64_t)v->list.n;
	kind = v->kind == VALUE_JSON ? json_kind(&at) : JSON_KIND_ABSENT;
	return kind == JSON_KIND_OBJECT || kind == JSON_KIND_ARRAY
		       ? (int64_t)json_count(&at)
		       : -EINVAL;
}

bool template_is_true(const struct value *v)
{
	switch (v->kind) {
	case VALUE_NONE:
		return false;
	case VALUE_BOOL:
		return v->is_true;
	case VALUE_INT:
		return v->number != 0;
	case VALUE_STR:
	case VALUE_LIST:
	case VALUE_JSON:
		break;
	}
	return template_count(v) != 0; /* a real number counts as true */
}

static int compare_keys(const void *a, const void *b)
{
	return strcmp(((const struct member *)a)->key.text,
		      ((const struct member *)b)->key.text);
}

int template_members(struct arena *a, const struct value *v, struct member **ret,
		     size_t *ret_n)
{
	struct json_at at = json_root(v->json);
	int64_t n = v->kind == VALUE_STR ? -EINVAL : template_count(v);
	bool is_object = v->kind == VALUE_JSON && json_kind(&at) == JSON_KIND_OBJECT;
	struct member *m;

	if (n < 0)
		return -EINVAL;
	m = arena_alloc(a, ((size_t)n + 1) * sizeof(*m));
	for (size_t i = 0; i < (size_t)n; i++) {
		struct json_at item;

		m[i].key = (struct value){.kind = VALUE_INT, .number = (int64_t)i};
		if (v->kind == VALUE_LIST) {
			m[i].value = template_str(v->list.v[i]);
			continue;
		}
		if (is_object)
			m[i].key =
				template_str(arena_strdup(a, json_member(&at, i, &item)));
		else
			item = json_index(&at, i);
		m[i].value = template_value(a, item.value);
	}
	if (is_object && n > 0)
		qsort(m, (size_t)n, sizeof(*m), compare_keys);
	*ret = m;
	*ret_n = (size_t)n;
	return 0;
}

static void add_value(struct text *t, const struct value *v);

/* "[a b]", "map[k:v k2:v2]", as fmt.Print of Go has it. */
static void add_members(struct text *t, const struct value *v)
{
	struct json_at at = json_root(v->json);
	bool is_object = v->kind == VALUE_JSON && json_kind(&at) == JSON_KIND_OBJECT;
	struct member *m = NULL;
	size_t n = 0;

	if (template_members(t->arena, v, &m, &n) < 0) {
		text_add(t, template_json(t->arena, v));
		return;
	}
	text_add(t, is_object ? "map[" : "[");
	for (size_t i = 0; i < n; i++) {
		text_add(t, i > 0 ? " " : "");
		if (is_object) {
			text_add(t, m[i].key.text);
			text_add(t, ":");
		}
		add_value(t, &m[i].value);
	}
	text_add(t, "]");
}

static void add_value(struct text *t, const struct value *v)
{
	char number[32];

	switch (v->kind) {
	case VALUE_NONE:
		text_add(t, "<no value>");
		return;
	case VALUE_BOOL:
		text_add(t, v->is_true ? "true" : "false");
		return;
	case VALUE_INT:
		snprintf(number, sizeof(number), "%lld", (long long)v->number);
		text_add(t, number);
		return;
	case VALUE_STR:
		text_add(t, v->text);
		return;
	case VALUE_LIST:
	case VALUE_JSON:
		add_members(t, v);
	}
}

const char *template_text(struct arena *a, const struct value *v)
{
	struct text t = {.arena = a};

	if (v->kind == VALUE_STR)
		return v->text;
	add_value(&t, v);
	return text_end(&t);
}

static const char *json_of(struct arena *a, struct json *array, size_t skip, size_t less)
{
	_cleanup_free_ char *text = json_text(array, false);
	size_t len = text ? strlen(text) : 0;

	json_free(array);
	return len < skip + less ? "null"
				 : arena_strndup(a, text + skip, len - skip - less);
}

/* The writer writes whole documents: what is none is put into one, and taken out again. */
const char *template_json(struct arena *a, const struct value *v)
{
	_cleanup_free_ char *text = NULL;
	struct json *array;

	if (v->kind == VALUE_NONE)
		return "null";
	if (v->kind == VALUE_BOOL || v->kind == VALUE_INT)
		return template_text(a, v);
	if (v->kind == VALUE_JSON) {
		text = json_text(v->json, false);
		return text ? arena_strdup(a, text) : "null";
	}
	array = json_new_array();
	if (v->kind == VALUE_STR) {
		json_add_str(array, v->text);
		return json_of(a, array, 1, 1);
	}
	for (size_t i = 0; i < v->list.n; i++)
		json_add_str(array, v->list.v[i]);
	return json_of(a, array, 0, 0);
}
