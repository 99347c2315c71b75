/* SPDX-License-Identifier: Apache-2.0 */
/*
 * toml_text.h - the words of TOML: blanks, strings, numbers; for toml.c only
 */
#pragma once

#include "base/arena.h"
#include "base/err.h"

/* A text that is being read. */
struct toml_text {
	const char *start, *at, *end; /* checked: UTF-8 throughout */
	char *word;		      /* the last string; as long as the text and a NUL */
	struct err *err;
};

enum toml_kind {
	TOML_STRING, /* dates, times, infinities and what is no number as well */
	TOML_INTEGER,
	TOML_REAL,
	TOML_BOOL,
};

struct toml_scalar {
	enum toml_kind kind;
	const char *string; /* until the next word is read */
	int64_t integer;
	double real;
	bool boolean;
};

/* -EBADMSG and "line N: <text>" */
int toml_bad(const struct toml_text *t, const char *fmt, ...) _printf_(2, 3);

/* Checks the bytes of the whole text: UTF-8, and no control character but tabs and newlines. */
int toml_text_check(struct toml_text *t);

/* Is this character, or this word, the next? */
bool toml_is_next(const struct toml_text *t, const char *word);
/* The same, and behind it when it is. */
bool toml_take(struct toml_text *t, const char *word);

void toml_skip_blanks(struct toml_text *t);
/* Blanks, comments and newlines. */
void toml_skip_lines(struct toml_text *t);
/* To the next line: nothing but a comment may be left of this one. */
int toml_end_line(struct toml_text *t);

/* A bare or quoted key; it is in @t->word. */
int toml_read_key(struct toml_text *t);
/* What is neither an array nor an inline table. */
int toml_read_scalar(struct toml_text *t, struct toml_scalar *ret);
