// SPDX-License-Identifier: Apache-2.0
/*
 * layout.c - see layout.h
 */
#include "layout.h"

#include <string.h>

#define WIDTH  160u
#define INDENT 2u

struct writer {
	const char *at; /* next byte of the input */
	char *out;
	size_t used;
	size_t column;
};

static void put(struct writer *w, char c)
{
	w->out[w->used++] = c;
	w->column = c == '\n' ? 0 : w->column + 1;
}

static void new_line(struct writer *w, size_t depth)
{
	put(w, '\n');
	for (size_t i = 0; i < depth * INDENT; i++)
		put(w, ' ');
}

static size_t string_len(const char *s)
{
	const char *end = s + 1;

	while (*end != '"')
		end += *end == '\\' ? 2 : 1;
	return (size_t)(end + 1 - s);
}

/* Bytes of the value at @s; @ret_width counts a blank behind each ':' and ',', too. */
static size_t value_len(const char *s, size_t *ret_width)
{
	size_t len = 0, depth = 0;

	*ret_width = 0;
	while (s[len]) {
		char c = s[len];

		if (c == '"') {
			size_t n = string_len(s + len);

			len += n;
			*ret_width += n;
		} else {
			if (depth == 0 && strchr(",]}", c))
				break;
			depth += (c == '{' || c == '[');
			depth -= (c == '}' || c == ']');
			*ret_width += c == ':' || c == ',' ? 2 : 1;
			len++;
		}
		if (depth == 0 && strchr("\"]}", c))
			break;
	}
	return len;
}

static void copy_string(struct writer *w)
{
	for (size_t n = string_len(w->at); n > 0; n--)
		put(w, *w->at++);
}

static void put_flat(struct writer *w, size_t len)
{
	const char *end = w->at + len;

	while (w->at < end) {
		char c = *w->at;

		if (c == '"') {
			copy_string(w);
			continue;
		}
		put(w, c);
		if (c == ':' || c == ',')
			put(w, ' ');
		w->at++;
	}
}

/* Does an array hold numbers and words only? Those fill lines. */
static bool is_list(const char *s)
{
	if (*s++ != '[')
		return false;
	for (; *s != ']'; s += *s == '"' ? string_len(s) : 1)
		if (*s == '{' || *s == '[')
			return false;
	return true;
}

static void put_list(struct writer *w, size_t depth)
{
	size_t width, len;

	put(w, *w->at++);
	new_line(w, depth + 1);
	for (bool is_first = true; *w->at != ']'; is_first = false) {
		len = value_len(w->at, &width);
		if (!is_first && w->column + width + 2 > WIDTH)
			new_line(w, depth + 1);
		else if (!is_first)
			put(w, ' ');
		put_flat(w, len);
		if (*w->at == ',')
			put(w, *w->at++);
	}
	new_line(w, depth);
	put(w, *w->at++);
}

static void put_value(struct writer *w, size_t depth, bool is_root)
{
	size_t width, len = value_len(w->at, &width);
	char open = *w->at, close = open == '{' ? '}' : ']';

	if ((open != '{' && open != '[') || w->at[1] == close ||
	    (!is_root && w->column + width + 1 <= WIDTH)) {
		put_flat(w, len);
		return;
	}
	if (is_list(w->at)) {
		put_list(w, depth);
		return;
	}
	put(w, *w->at++);
	while (*w->at != close) {
		new_line(w, depth + 1);
		if (open == '{') {
			copy_string(w);
			put(w, *w->at++);
			put(w, ' ');
		}
		put_value(w, depth + 1, false);
		if (*w->at == ',')
			put(w, *w->at++);
	}
	new_line(w, depth);
	put(w, *w->at++);
}

/* How deep brackets nest, at most: bounds the indentation. */
static size_t max_depth(const char *s)
{
	size_t depth = 0, deepest = 0;

	while (*s) {
		if (*s == '"') {
			s += string_len(s);
			continue;
		}
		depth += *s == '{' || *s == '[';
		depth -= *s == '}' || *s == ']';
		deepest = MAX(deepest, depth);
		s++;
	}
	return deepest;
}

const char *layout_json(const char *json, struct arena *a)
{
	/* Each byte of the input begins one line at most. */
	size_t per_byte = 3 + INDENT * (max_depth(json) + 1);
	struct writer w = {.at = json,
			   .out = arena_alloc(a, strlen(json) * per_byte + 2)};

	put_value(&w, 0, true);
	put(&w, '\n');
	return w.out;
}
