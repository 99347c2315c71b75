// SPDX-License-Identifier: Apache-2.0
/*
 * json.c - see json.h; the one file that includes jansson
 */
#include "base/json.h"

#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* struct json is never defined: a pointer to one is a pointer to a json_t. */
static json_t *of(const struct json *v)
{
	return (json_t *)v;
}

static struct json *as(json_t *v)
{
	return (struct json *)v;
}

/* Looks at the brackets outside of strings: bounds the parser's recursion, and the memory
 * that its values take, before it runs. An empty object is two bytes and becomes 220. */
static int check_shape(const char *buf, size_t len, struct err *err)
{
	size_t depth = 0, deepest = 0, values = 1;
	bool is_string = false;

	for (size_t i = 0; i < len; i++) {
		if (is_string) {
			if (buf[i] == '\\')
				i++;
			else if (buf[i] == '"')
				is_string = false;
		} else if (buf[i] == '"') {
			is_string = true;
		} else if (buf[i] == '{' || buf[i] == '[') {
			depth++; /* not inside of MAX(), which counts twice */
			values++;
			deepest = MAX(deepest, depth);
		} else if ((buf[i] == '}' || buf[i] == ']') && depth > 0) {
			depth--;
		} else if (buf[i] == ',') {
			values++;
		}
	}
	if (deepest > JSON_MAX_DEPTH)
		return err_say(err, -ELOOP, "JSON nests deeper than %u", JSON_MAX_DEPTH);
	if (values > JSON_MAX_VALUES)
		return err_say(err, -EFBIG, "JSON of more than %u values",
			       JSON_MAX_VALUES);
	return 0;
}

int json_parse(const char *buf, size_t len, struct json **ret, struct err *err)
{
	json_error_t why;
	json_t *doc;
	int r;

	if (len > JSON_MAX_BYTES)
		return err_say(err, -EFBIG, "JSON of %zu bytes: at most %u", len,
			       JSON_MAX_BYTES);
	r = check_shape(buf, len, err);
	if (r < 0)
		return r;
	doc = json_loadb(buf, len, JSON_REJECT_DUPLICATES, &why);
	if (!doc) {
		char text[JSON_ERROR_TEXT_LENGTH * 4];

		text_escape(text, sizeof(text), why.text);
		return err_say(err, -EBADMSG, "JSON line %d, column %d: %s", why.line,
			       why.column, text);
	}
	*ret = as(doc);
	return 0;
}

void json_free(struct json *doc)
{
	json_decref(of(doc));
}

struct json_at json_root(const struct json *doc)
{
	return (struct json_at){.value = doc};
}

struct json_at json_key(const struct json_at *at, const char *key)
{
	json_t *v = json_object_get(of(at->value), key);

	return (struct json_at){
		.value = json_is_null(v) ? NULL : as(v), .up = at, .key = key};
}

struct json_at json_index(const struct json_at *at, size_t index)
{
	json_t *v = json_array_get(of(at->value), index);

	return (struct json_at){
		.value = json_is_null(v) ? NULL : as(v), .up = at, .index = index};
}

enum json_kind json_kind(const struct json_at *at)
{
	if (!at->value)
		return JSON_KIND_ABSENT;
	switch (json_typeof(of(at->value))) {
	case JSON_OBJECT:
		return JSON_KIND_OBJECT;
	case JSON_ARRAY:
		return JSON_KIND_ARRAY;
	case JSON_STRING:
		return JSON_KIND_STRING;
	case JSON_INTEGER:
		return JSON_KIND_INTEGER;
	case JSON_REAL:
		return JSON_KIND_REAL;
	case JSON_TRUE:
	case JSON_FALSE:
		return JSON_KIND_BOOL;
	case JSON_NULL:
		break;
	}
	return JSON_KIND_ABSENT;
}

bool json_is_present(const struct json_at *at)
{
	return at->value;
}

size_t json_count(const struct json_at *at)
{
	return json_is_array(of(at->value)) ? json_array_size(of(at->value))
					    : json_object_size(of(at->value));
}

const char *json_member(const struct json_at *at, size_t n, struct json_at *ret)
{
	void *it = json_object_iter(of(at->value));
	const char *key;
	json_t *v;

	while (it && n-- > 0)
		it = json_object_iter_next(of(at->value), it);
	if (!it)
		return NULL;
	key = json_object_iter_key(it);
	v = json_object_iter_value(it);
	*ret = (struct json_at){
		.value = json_is_null(v) ? NULL : as(v), .up = at, .key = key};
	return key;
}

static const char *kind_name(enum json_kind kind)
{
	static const char *const names[] = {
		[JSON_KIND_ABSENT] = "nothing",
		[JSON_KIND_OBJECT] = "an object",
		[JSON_KIND_ARRAY] = "an array",
		[JSON_KIND_STRING] = "a string",
		[JSON_KIND_INTEGER] = "an integer",
		[JSON_KIND_REAL] = "a number with a fraction",
		[JSON_KIND_BOOL] = "true or false",
	};

	return names[kind];
}

/* "process.args[2]": the way to a value, written from the root down. */
static size_t write_path(const struct json_at *at, char *buf, size_t size)
{
	char key[128];
	size_t used = 0;
	int n;

	if (!at || (!at->up && !at->key))
		return 0;
	if (at->up)
		used = write_path(at->up, buf, size);
	if (at->key)
		text_escape(key, sizeof(key), at->key);
	n = at->key ? snprintf(buf + used, size - used, "%s%s", used ? "." : "", key)
		    : snprintf(buf + used, size - used, "[%zu]", at->index);
	return n < 0 ? used : MIN(used + (size_t)n, size - 1);
}

int json_invalid(const struct json_at *at, struct err *err, const char *fmt, ...)
{
	char path[512] = "", text[512];
	va_list ap;

	write_path(at, path, sizeof(path));
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	return err_say(err, -EINVAL, "%s: %s", path[0] ? path : "document", text);
}

int json_expect(const struct json_at *at, enum json_kind kind, struct err *err)
{
	enum json_kind is = json_kind(at);

	if (is == JSON_KIND_ABSENT || is == kind)
		return 0;
	return json_invalid(at, err, "expected %s, got %s", kind_name(kind),
			    kind_name(is));
}

int json_read_str(const struct json_at *at, struct arena *a, const char **ret,
		  struct err *err)
{
	int r = json_expect(at, JSON_KIND_STRING, err);

	if (r == 0 && at->value)
		*ret = arena_strdup(a, json_string_value(of(at->value)));
	return r;
}

int json_read_bool(const struct json_at *at, bool *ret, struct err *err)
{
	int r = json_expect(at, JSON_KIND_BOOL, err);

	if (r == 0 && at->value)
		*ret = json_is_true(of(at->value));
	return r;
}

int json_read_i64(const struct json_at *at, int64_t min, int64_t max, int64_t *ret,
		  struct err *err)
{
	int r = json_expect(at, JSON_KIND_INTEGER, err);
	json_int_t v;

	if (r < 0 || !at->value)
		return r;
	v = json_integer_value(of(at->value));
	if (v < min || v > max)
		return json_invalid(at, err, "%lld is not between %lld and %lld",
				    (long long)v, (long long)min, (long long)max);
	*ret = v;
	return 0;
}

int json_read_u32(const struct json_at *at, uint32_t max, uint32_t *ret, struct err *err)
{
	int64_t v = *ret;
	int r = json_read_i64(at, 0, max, &v, err);

	if (r == 0)
		*ret = (uint32_t)v;
	return r;
}

int json_read_strv(const struct json_at *at, struct arena *a, struct strv *ret,
		   struct err *err)
{
	int r = json_expect(at, JSON_KIND_ARRAY, err);

	for (size_t i = 0; r == 0 && i < json_count(at); i++) {
		struct json_at item = json_index(at, i);
		const char *s = NULL;

		if (!json_is_present(&item))
			return json_invalid(&item, err, "expected a string, got null");
		r = json_read_str(&item, a, &s, err);
		if (r == 0)
			strv_push(a, ret, s);
	}
	return r;
}

struct json *json_new_object(void)
{
	return as(json_object());
}

struct json *json_new_array(void)
{
	return as(json_array());
}

static struct json *put(struct json *obj, const char *key, json_t *value)
{
	char *escaped;

	if (key && json_object_set(of(obj), key, value) < 0) {
		/* A key that is no UTF-8: an annotation may have one. */
		escaped = malloc(strlen(key) * 4 + 1);
		if (escaped) {
			text_escape(escaped, strlen(key) * 4 + 1, key);
			json_object_set(of(obj), escaped, value);
		}
		free(escaped);
	}
	if (key)
		json_decref(value);
	else
		json_array_append_new(of(obj), value);
	return as(value);
}

struct json *json_put_object(struct json *obj, const char *key)
{
	return put(obj, key, json_object());
}

struct json *json_put_array(struct json *obj, const char *key)
{
	return put(obj, key, json_array());
}

/* Paths may hold any byte but NUL; JSON is UTF-8. What is no UTF-8 is shown escaped. */
static json_t *string_of(const char *value)
{
	json_t *v = json_string(value);
	char *escaped;

	if (v)
		return v;
	escaped = malloc(strlen(value) * 4 + 1);
	if (!escaped)
		return NULL;
	text_escape(escaped, strlen(value) * 4 + 1, value);
	v = json_string(escaped);
	free(escaped);
	return v;
}

void json_put_str(struct json *obj, const char *key, const char *value)
{
	if (value)
		put(obj, key, string_of(value));
}

void json_put_int(struct json *obj, const char *key, int64_t value)
{
	put(obj, key, json_integer(value));
}

void json_put_bool(struct json *obj, const char *key, bool value)
{
	put(obj, key, json_boolean(value));
}

bool json_put_real(struct json *obj, const char *key, double value)
{
	json_t *v = json_real(value);

	if (v)
		put(obj, key, v);
	return v;
}

void json_put_strv(struct json *obj, const char *key, const struct strv *v)
{
	struct json *arr = json_put_array(obj, key);

	for (size_t i = 0; i < v->n; i++)
		json_add_str(arr, v->v[i]);
}

struct json *json_add_object(struct json *arr)
{
	return put(arr, NULL, json_object());
}

void json_add_document(struct json *arr, struct json *doc)
{
	json_array_append_new((json_t *)arr, (json_t *)doc);
}

void json_add_str(struct json *arr, const char *value)
{
	put(arr, NULL, string_of(value));
}

void json_add_int(struct json *arr, int64_t value)
{
	put(arr, NULL, json_integer(value));
}

struct json *json_get(struct json *obj, const char *key)
{
	return as(json_object_get(of(obj), key));
}

bool json_remove(struct json *obj, const char *key)
{
	return json_object_del(of(obj), key) == 0;
}

bool json_remove_at(struct json *arr, size_t index)
{
	return json_array_remove(of(arr), index) == 0;
}

/* Of DEL and U+0080 to U+009F, which JSON need not escape, and which move a terminal's cursor as
 * those below U+0020 do. They are in strings only. Return: bytes of it, 0 when it is none. */
static size_t control_len(const unsigned char *s)
{
	if (s[0] == 0x7f)
		return 1;
	return s[0] == 0xc2 && s[1] >= 0x80 && s[1] < 0xa0 ? 2 : 0;
}

/* The same document, with a line's end. */
static char *for_people(const char *text)
{
	const unsigned char *s = (const unsigned char *)text;
	size_t n_controls = 0, size;
	char *out, *to;

	for (size_t i = 0; s[i]; i++)
		n_controls += control_len(s + i) > 0;
	size = strlen(text) + n_controls * strlen("\\u00FF") + 2;
	to = out = malloc(size);
	while (out && *s) {
		size_t len = control_len(s);

		if (len == 0)
			*to++ = (char)*s++;
		else
			to += snprintf(to, size - (size_t)(to - out), "\\u00%02X",
				       s[len - 1]);
		s += len;
	}
	if (out)
		memcpy(to, "\n", 2);
	return out;
}

/* @flags: of the library; indented when not compact */
static char *text_of(const struct json *doc, size_t flags)
{
	char *text = json_dumps(of(doc), flags), *shown;

	if (!text || (flags & JSON_COMPACT))
		return text;
	shown = for_people(text);
	free(text);
	return shown;
}

char *json_text(const struct json *doc, bool is_pretty)
{
	return text_of(doc, is_pretty ? JSON_INDENT(2) : JSON_COMPACT);
}

char *json_text_measured(const struct json *doc)
{
	/* Any decimal of 15 digits comes back from a double as it was. */
	return text_of(doc, JSON_INDENT(2) | JSON_REAL_PRECISION(15));
}
