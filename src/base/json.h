/* SPDX-License-Identifier: Apache-2.0 */
/*
 * json.h - JSON in and out; json.c is the one file that includes the JSON library
 *
 * What comes in is hostile: at most 4 MiB and 256 Ki values, 64 levels deep, strict
 * UTF-8, no duplicate keys, no NUL in strings. A reader carries the path of the value it stands on, so that
 * an error can say `process.user.uid: expected an integer, got a string`.
 */
#pragma once

#include "base/arena.h"
#include "base/err.h"

#define JSON_MAX_BYTES	(4u << 20)
#define JSON_MAX_DEPTH	64u
#define JSON_MAX_VALUES (256u << 10) /* at most 60 MB of memory */

enum json_kind {
	JSON_KIND_ABSENT, /* no such key, or null */
	JSON_KIND_OBJECT,
	JSON_KIND_ARRAY,
	JSON_KIND_STRING,
	JSON_KIND_INTEGER,
	JSON_KIND_REAL,
	JSON_KIND_BOOL,
};

struct json; /* a value: borrowed from its document unless said otherwise */

/* Where a reader stands: a value and the way to it, chained on the caller's stack. */
struct json_at {
	const struct json *value; /* NULL when absent */
	const struct json_at *up; /* NULL at the document */
	const char *key;	  /* name in an object, or NULL */
	size_t index;		  /* place in an array when @key is NULL */
};

/**
 * json_parse() - read one document
 * @buf: borrowed; need not be terminated
 * @len: bytes
 * @ret: the document, for json_free(); untouched on failure
 * @err: says line, column and what is wrong
 *
 * Return: 0; -EFBIG over JSON_MAX_BYTES or _VALUES, -ELOOP too deep, -EBADMSG for anything else.
 */
int json_parse(const char *buf, size_t len, struct json **ret, struct err *err);
void json_free(struct json *doc);
static inline void json_freep(struct json **doc)
{
	json_free(*doc);
}
#define _cleanup_json_ _cleanup_(json_freep)

struct json_at json_root(const struct json *doc);
/* The member @key of an object; absent when there is none or when @at is no object. */
struct json_at json_key(const struct json_at *at, const char *key);
/* Element @index of an array. */
struct json_at json_index(const struct json_at *at, size_t index);
enum json_kind json_kind(const struct json_at *at);
bool json_is_present(const struct json_at *at);
/* Elements of an array, members of an object, else 0. */
size_t json_count(const struct json_at *at);
/* Member @n of an object in document order: its key, and its value in @ret. */
const char *json_member(const struct json_at *at, size_t n, struct json_at *ret);

/* Typed readers. An absent value leaves the result as it is and returns 0; a wrong type
 * or range fills @err with the path and returns -EINVAL. Strings are copied to the arena.
 */
int json_read_str(const struct json_at *at, struct arena *a, const char **ret,
		  struct err *err);
int json_read_bool(const struct json_at *at, bool *ret, struct err *err);
int json_read_i64(const struct json_at *at, int64_t min, int64_t max, int64_t *ret,
		  struct err *err);
int json_read_u32(const struct json_at *at, uint32_t max, uint32_t *ret, struct err *err);
int json_read_strv(const struct json_at *at, struct arena *a, struct strv *ret,
		   struct err *err);
/* -EINVAL and a message when the value is present and of another kind. */
int json_expect(const struct json_at *at, enum json_kind kind, struct err *err);
/* -EINVAL with "<path>: <text>" */
int json_invalid(const struct json_at *at, struct err *err, const char *fmt, ...)
	_printf_(3, 4);

/* Writing. Values are owned by what they were put into; the root is for json_free(). Where @key
 * is NULL, @obj is an array and the value becomes its last. */
struct json *json_new_object(void);
struct json *json_new_array(void);
struct json *json_put_object(struct json *obj, const char *key);
struct json *json_put_array(struct json *obj, const char *key);
void json_put_str(struct json *obj, const char *key,
		  const char *value); /* NULL: nothing */
void json_put_int(struct json *obj, const char *key, int64_t value);
void json_put_bool(struct json *obj, const char *key, bool value);
/* False for an infinity and what is no number: JSON has none. */
bool json_put_real(struct json *obj, const char *key, double value);
void json_put_strv(struct json *obj, const char *key, const struct strv *v);
struct json *json_add_object(struct json *arr);
/* Takes a document over. */
void json_add_document(struct json *arr, struct json *doc);
void json_add_str(struct json *arr, const char *value);
void json_add_int(struct json *arr, int64_t value);
/* Changing. A member of an object that may be written to, or NULL. */
struct json *json_get(struct json *obj, const char *key);
/* Takes a member out. False when there was none. */
bool json_remove(struct json *obj, const char *key);
/* The same of an array. */
bool json_remove_at(struct json *arr, size_t index);
/* Text of a document, malloc'ed; indented by two and ending in a newline when @pretty.
 * Bytes that are no UTF-8 are written as U+FFFD. NULL when out of memory. */
char *json_text(const struct json *doc, bool pretty);
/* The same, pretty, where fractions were measured: 5.43 is not 5.4299999999999997. */
char *json_text_measured(const struct json *doc);
