// SPDX-License-Identifier: Apache-2.0
/*
 * toml.c - see toml.h
 *
 * registries.conf is TOML, and the distributions that urun is built on package no TOML library for
 * C: hence this one. toml_text.c reads words; here is where they belong to: tables, and who may
 * add to them. The JSON value under construction is the tree; beside it, each table that is not
 * closed yet has a struct table, found by the address of its value.
 *
 * Source: TOML 1.0.0.
 */
#include "toml.h"

#include <string.h>

#include "toml_text.h"

#define MAX_BYTES  (1u << 20)
#define MAX_VALUES (64u << 10) /* at most 20 MB of memory */
#define N_BUCKETS  1024u

struct table {
	struct json *value; /* an object, or the array of an array of tables */
	struct table *next; /* in its bucket */
	struct json *last;  /* element of an array of tables that headers add to */
	unsigned int depth; /* the document is 1 */
	bool is_array;
	bool is_dotted;	 /* by a dotted key */
	bool is_defined; /* by a header of its own */
};

struct parser {
	struct toml_text text;
	struct arena a;
	struct table *buckets[N_BUCKETS];
	struct table *section; /* that keys are added to */
	size_t n_values;
};

/* A dotted key. */
struct key {
	const char *parts[JSON_MAX_DEPTH];
	size_t n;
};

/* A key as it is shown in a message. */
struct shown_key {
	char text[100];
};

static struct shown_key show(const char *key)
{
	struct shown_key ret;

	text_escape(ret.text, sizeof(ret.text), key);
	return ret;
}

/* --- tables --- */

static struct table **bucket_of(struct parser *p, const struct json *value)
{
	return &p->buckets[((uintptr_t)value >> 4) % N_BUCKETS];
}

static struct table *add_table(struct parser *p, struct json *value, unsigned int depth)
{
	struct table **bucket = bucket_of(p, value), *t = arena_new(&p->a, struct table);

	t->value = value;
	t->depth = depth;
	t->next = *bucket;
	*bucket = t;
	return t;
}

/* NULL for what is closed: a value, an inline table, an array that was written as a value. */
static struct table *find_table(struct parser *p, const struct json *value)
{
	struct table *t = *bucket_of(p, value);

	while (t && t->value != value)
		t = t->next;
	return t;
}

/* Every value counts, so that memory is bounded before the tree grows. */
static int count_value(struct parser *p, unsigned int depth)
{
	if (++p->n_values > MAX_VALUES)
		return toml_bad(&p->text, "more than %u values", MAX_VALUES);
	if (depth > JSON_MAX_DEPTH)
		return toml_bad(&p->text, "nested deeper than %u levels", JSON_MAX_DEPTH);
	return 0;
}

/* A new table in another. */
static int make_table(struct parser *p, const struct table *in, const char *key,
		      struct table **ret)
{
	int r = count_value(p, in->depth + 1);

	if (r == 0)
		*ret = add_table(p, json_put_object(in->value, key), in->depth + 1);
	return r;
}

/* A new element of an array of tables. Earlier ones can no longer be reached. */
static int add_element(struct parser *p, struct table *array, struct table **ret)
{
	int r = make_table(p, array, NULL, ret);

	if (r < 0)
		return r;
	array->last = (*ret)->value;
	(*ret)->is_defined = true;
	return 0;
}

static int read_dotted_key(struct parser *p, struct key *ret)
{
	int r;

	*ret = (struct key){.n = 0};
	do {
		if (ret->n == ARRAY_SIZE(ret->parts))
			return toml_bad(&p->text, "a key of more than %zu parts", ret->n);
		toml_skip_blanks(&p->text);
		r = toml_read_key(&p->text);
		if (r < 0)
			return r;
		ret->parts[ret->n++] = arena_strdup(&p->a, p->text.word);
		toml_skip_blanks(&p->text);
	} while (toml_take(&p->text, "."));
	return 0;
}

/* --- [headers] --- */

/* One part of a header but its last: into a table, or the last table of an array of them. */
static int enter_for_header(struct parser *p, struct table **at, const char *key)
{
	const struct json *value = json_get((*at)->value, key);
	struct table *t;

	if (!value)
		return make_table(p, *at, key, at);
	t = find_table(p, value);
	if (t && t->is_array)
		t = find_table(p, t->last);
	if (!t)
		return toml_bad(&p->text, "'%s' is no table that can be added to",
				show(key).text);
	*at = t;
	return 0;
}

static int open_table(struct parser *p, struct table *in, const char *key)
{
	const struct json *value = json_get(in->value, key);
	struct table *t = value ? find_table(p, value) : NULL;
	int r = value ? 0 : make_table(p, in, key, &t);

	if (r < 0)
		return r;
	if (!t || t->is_array || t->is_defined || t->is_dotted)
		return toml_bad(&p->text, "'%s' is defined already", show(key).text);
	t->is_defined = true;
	p->section = t;
	return 0;
}

static int open_element(struct parser *p, struct table *in, const char *key)
{
	const struct json *value = json_get(in->value, key);
	struct table *array = value ? find_table(p, value) : NULL;
	int r;

	if (value && (!array || !array->is_array))
		return toml_bad(&p->text,
				"'%s' is defined already, and no array of tables",
				show(key).text);
	if (!value) {
		r = count_value(p, in->depth + 1);
		if (r < 0)
			return r;
		array = add_table(p, json_put_array(in->value, key), in->depth + 1);
		array->is_array = true;
	}
	return add_element(p, array, &p->section);
}

/* "[a.b]" or "[[a.b]]" */
static int read_header(struct parser *p, struct table *root)
{
	bool is_array = toml_take(&p->text, "[[");
	struct table *at = root;
	struct key key;
	int r;

	if (!is_array)
		toml_take(&p->text, "[");
	r = read_dotted_key(p, &key);
	if (r < 0)
		return r;
	if (!toml_take(&p->text, is_array ? "]]" : "]"))
		return toml_bad(&p->text, "the header of '%s' has no closing %s",
				show(key.parts[0]).text, is_array ? "]]" : "]");
	for (size_t i = 0; r == 0 && i + 1 < key.n; i++)
		r = enter_for_header(p, &at, key.parts[i]);
	if (r < 0)
		return r;
	return is_array ? open_element(p, at, key.parts[key.n - 1])
			: open_table(p, at, key.parts[key.n - 1]);
}

/* --- keys and values --- */

static int read_value(struct parser *p, const struct table *in, const char *key);

/* One part of a dotted key but its last. It defines the table, so that no header can. Dotted keys
 * of another section cannot come here: its own table, defined by a header, is in the way. */
static int enter_for_key(struct parser *p, struct table **at, const char *key)
{
	const struct json *value = json_get((*at)->value, key);
	struct table *t = value ? find_table(p, value) : NULL;
	int r = value ? 0 : make_table(p, *at, key, &t);

	if (r < 0)
		return r;
	if (!t || t->is_array || t->is_defined)
		return toml_bad(&p->text, "'%s' cannot be added to here", show(key).text);
	t->is_dotted = true;
	*at = t;
	return 0;
}

/* "a.b = value" */
static int read_pair(struct parser *p, struct table *section)
{
	struct table *at = section;
	struct key key;
	const char *last;
	int r = read_dotted_key(p, &key);

	for (size_t i = 0; r == 0 && i + 1 < key.n; i++)
		r = enter_for_key(p, &at, key.parts[i]);
	if (r < 0)
		return r;
	last = key.parts[key.n - 1];
	if (json_get(at->value, last))
		return toml_bad(&p->text, "'%s' is there already", show(last).text);
	if (!toml_take(&p->text, "="))
		return toml_bad(&p->text, "expected '=' behind the key '%s'",
				show(last).text);
	toml_skip_blanks(&p->text);
	return read_value(p, at, last);
}

/* "{a = 1, b.c = 2}", on one line. Nobody can find it to add to it. */
static int read_inline_table(struct parser *p, const struct table *in, const char *key)
{
	struct table *t = arena_new(&p->a, struct table);
	int r = count_value(p, in->depth + 1);

	if (r < 0)
		return r;
	t->value = json_put_object(in->value, key);
	t->depth = in->depth + 1;
	toml_skip_blanks(&p->text);
	if (toml_take(&p->text, "}"))
		return 0;
	do {
		r = read_pair(p, t);
		if (r < 0)
			return r;
		toml_skip_blanks(&p->text);
	} while (toml_take(&p->text, ","));
	return toml_take(&p->text, "}")
		       ? 0
		       : toml_bad(&p->text, "expected ',' or '}' in an inline table");
}

/* "[1, 2]", with newlines and comments anywhere */
static int read_array(struct parser *p, const struct table *in, const char *key)
{
	struct table array = {.depth = in->depth + 1};
	int r = count_value(p, array.depth);

	if (r < 0)
		return r;
	array.value = json_put_array(in->value, key);
	for (;;) {
		toml_skip_lines(&p->text);
		if (toml_take(&p->text, "]"))
			return 0;
		r = read_value(p, &array, NULL);
		if (r < 0)
			return r;
		toml_skip_lines(&p->text);
		if (!toml_take(&p->text, ",") && !toml_is_next(&p->text, "]"))
			return toml_bad(&p->text, "expected ',' or ']' in an array");
	}
}

static int put_scalar(struct parser *p, const struct table *in, const char *key,
		      const struct toml_scalar *s)
{
	switch (s->kind) {
	case TOML_STRING:
		json_put_str(in->value, key, s->string);
		return 0;
	case TOML_INTEGER:
		json_put_int(in->value, key, s->integer);
		return 0;
	case TOML_BOOL:
		json_put_bool(in->value, key, s->boolean);
		return 0;
	case TOML_REAL:
		break;
	}
	return json_put_real(in->value, key, s->real)
		       ? 0
		       : toml_bad(&p->text, "the number is too large");
}

/* @key: NULL in an array. Recurses at most JSON_MAX_DEPTH times. */
static int read_value(struct parser *p, const struct table *in, const char *key)
{
	struct toml_scalar s;
	int r;

	if (toml_take(&p->text, "["))
		return read_array(p, in, key);
	if (toml_take(&p->text, "{"))
		return read_inline_table(p, in, key);
	r = count_value(p, in->depth);
	if (r == 0)
		r = toml_read_scalar(&p->text, &s);
	return r < 0 ? r : put_scalar(p, in, key, &s);
}

static int read_document(struct parser *p, struct json *doc)
{
	struct table *root = add_table(p, doc, 1);
	int r = 0;

	p->section = root;
	for (;;) {
		toml_skip_lines(&p->text);
		if (p->text.at == p->text.end)
			return 0;
		r = toml_is_next(&p->text, "[") ? read_header(p, root)
						: read_pair(p, p->section);
		if (r == 0)
			r = toml_end_line(&p->text);
		if (r < 0)
			return r;
	}
}

int toml_parse(const char *text, size_t len, struct json **ret, struct err *err)
{
	_cleanup_json_ struct json *doc = NULL;
	_cleanup_free_ char *word = NULL;
	struct parser p = {.text = {text, text, text + len, NULL, err}};
	int r;

	if (len > MAX_BYTES)
		return err_say(err, -EFBIG, "TOML of %zu bytes: at most %u", len,
			       MAX_BYTES);
	r = toml_text_check(&p.text);
	if (r < 0)
		return r;
	doc = json_new_object();
	word = malloc(len + 1);
	if (!doc || !word)
		return err_set(err, -ENOMEM, "read TOML");
	p.text.word = word;
	r = read_document(&p, doc);
	arena_free(&p.a);
	if (r < 0)
		return r;
	*ret = doc;
	doc = NULL;
	return 0;
}
