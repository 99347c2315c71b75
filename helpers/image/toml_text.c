// SPDX-License-Identifier: Apache-2.0
/*
 * toml_text.c - see toml_text.h
 *
 * Source: TOML 1.0.0, toml.abnf.
 */
#include "toml_text.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/parse.h"

#define MAX_NUMBER 128 /* characters of a number, its '_' included */

int toml_bad(const struct toml_text *t, const char *fmt, ...)
{
	const char *at = MIN(t->at, t->end);
	unsigned int line = 1;
	char text[400];
	va_list ap;

	for (const char *c = t->start; c < at; c++)
		line += *c == '\n';
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	return err_say(t->err, -EBADMSG, "line %u: %s", line, text);
}

/* Bytes of the character at @s, 0 when it is none. Source: RFC 3629. */
static size_t utf8_len(const unsigned char *s, size_t left)
{
	unsigned char low = 0x80, high = 0xbf;
	size_t n;

	if (s[0] < 0x80)
		return 1;
	if (s[0] < 0xc2 || s[0] > 0xf4)
		return 0;
	n = s[0] >= 0xf0 ? 4 : s[0] >= 0xe0 ? 3 : 2;
	if (n > left)
		return 0;
	/* The second byte tells what is too long, a surrogate, or beyond U+10FFFF. */
	if (s[0] == 0xe0)
		low = 0xa0;
	else if (s[0] == 0xed)
		high = 0x9f;
	else if (s[0] == 0xf0)
		low = 0x90;
	else if (s[0] == 0xf4)
		high = 0x8f;
	if (s[1] < low || s[1] > high)
		return 0;
	for (size_t i = 2; i < n; i++)
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	return n;
}

int toml_text_check(struct toml_text *t)
{
	static const char bom[] = "\xef\xbb\xbf";

	for (t->at = t->start; t->at < t->end;) {
		size_t left = (size_t)(t->end - t->at),
		       n = utf8_len((const unsigned char *)t->at, left);
		unsigned char c = (unsigned char)*t->at;

		if (n == 0)
			return toml_bad(t, "byte 0x%02x is no UTF-8", c);
		if ((c < 0x20 && !strchr("\t\n\r", c)) || c == 0 || c == 0x7f)
			return toml_bad(t, "control character 0x%02x", c);
		if (c == '\r' && (left < 2 || t->at[1] != '\n'))
			return toml_bad(t, "a carriage return without a newline");
		t->at += n;
	}
	t->at = t->start;
	toml_take(t, bom);
	return 0;
}

bool toml_is_next(const struct toml_text *t, const char *word)
{
	size_t len = strlen(word);

	return (size_t)(t->end - t->at) >= len && memcmp(t->at, word, len) == 0;
}

bool toml_take(struct toml_text *t, const char *word)
{
	bool is_next = toml_is_next(t, word);

	if (is_next)
		t->at += strlen(word);
	return is_next;
}

void toml_skip_blanks(struct toml_text *t)
{
	while (t->at < t->end && (*t->at == ' ' || *t->at == '\t'))
		t->at++;
}

static void skip_comment(struct toml_text *t)
{
	if (!toml_is_next(t, "#"))
		return;
	while (t->at < t->end && *t->at != '\n')
		t->at++;
}

static bool take_newline(struct toml_text *t)
{
	return toml_take(t, "\n") || toml_take(t, "\r\n");
}

void toml_skip_lines(struct toml_text *t)
{
	do {
		toml_skip_blanks(t);
		skip_comment(t);
	} while (take_newline(t));
}

/* What stands here, to be shown in a message. */
struct here {
	char text[64];
};

static struct here here(const struct toml_text *t)
{
	char copy[20];
	size_t len = MIN((size_t)(t->end - t->at), sizeof(copy) - 1);
	struct here ret;

	memcpy(copy, t->at, len);
	/* No half of a character at the end. */
	if (len < (size_t)(t->end - t->at))
		while (len > 0 && ((unsigned char)t->at[len] & 0xc0) == 0x80)
			len--;
	copy[len] = '\0';
	copy[strcspn(copy, "\r\n")] = '\0';
	text_escape(ret.text, sizeof(ret.text), copy[0] ? copy : "end of line");
	return ret;
}

int toml_end_line(struct toml_text *t)
{
	toml_skip_blanks(t);
	skip_comment(t);
	if (t->at == t->end || take_newline(t))
		return 0;
	return toml_bad(t, "expected the end of the line, got '%s'", here(t).text);
}

/* --- strings --- */

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static int hex_value(char c)
{
	if (is_digit(c))
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static size_t utf8_write(char *out, uint32_t c)
{
	if (c < 0x80) {
		out[0] = (char)c;
		return 1;
	}
	if (c < 0x800) {
		out[0] = (char)(0xc0 | c >> 6);
		out[1] = (char)(0x80 | (c & 0x3f));
		return 2;
	}
	if (c < 0x10000) {
		out[0] = (char)(0xe0 | c >> 12);
		out[1] = (char)(0x80 | (c >> 6 & 0x3f));
		out[2] = (char)(0x80 | (c & 0x3f));
		return 3;
	}
	out[0] = (char)(0xf0 | c >> 18);
	out[1] = (char)(0x80 | (c >> 12 & 0x3f));
	out[2] = (char)(0x80 | (c >> 6 & 0x3f));
	out[3] = (char)(0x80 | (c & 0x3f));
	return 4;
}

/* What is behind "\u" or "\U". */
static int read_code_point(struct toml_text *t, int n_digits, char *out, size_t *used)
{
	uint32_t c = 0;

	for (int i = 0; i < n_digits; i++) {
		int v = t->at < t->end ? hex_value(*t->at) : -1;

		if (v < 0)
			return toml_bad(t, "\\%c wants %d hexadecimal digits",
					n_digits == 4 ? 'u' : 'U', n_digits);
		c = c << 4 | (uint32_t)v;
		t->at++;
	}
	if (c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
		return toml_bad(t, "U+%04X is no character", c);
	if (c == 0)
		return toml_bad(t, "U+0000 cannot be part of a string here");
	*used += utf8_write(out + *used, c);
	return 0;
}

/* A backslash before the end of a line takes the blanks of the next lines with it. */
static bool skip_folded(struct toml_text *t)
{
	const char *before = t->at;

	toml_skip_blanks(t);
	if (!take_newline(t)) {
		t->at = before;
		return false;
	}
	do
		toml_skip_blanks(t);
	while (take_newline(t));
	return true;
}

/* Behind a backslash. */
static int read_escape(struct toml_text *t, bool is_multi, char *out, size_t *used)
{
	static const char names[] = "btnfr\"\\", values[] = "\b\t\n\f\r\"\\";
	const char *name;

	if (is_multi && skip_folded(t))
		return 0;
	if (toml_take(t, "u"))
		return read_code_point(t, 4, out, used);
	if (toml_take(t, "U"))
		return read_code_point(t, 8, out, used);
	name = t->at < t->end ? strchr(names, *t->at) : NULL;
	if (!name || !*name)
		return toml_bad(t, "there is no escape '\\%s'", here(t).text);
	out[(*used)++] = values[name - names];
	t->at++;
	return 0;
}

/* One line, behind the opening quote. */
static int read_line_string(struct toml_text *t, char quote)
{
	size_t used = 0;
	int r = 0;

	while (r == 0) {
		if (t->at == t->end || *t->at == '\n' || *t->at == '\r')
			return toml_bad(t, "the string has no closing %c", quote);
		if (*t->at == quote)
			break;
		if (quote == '"' && *t->at == '\\') {
			t->at++;
			r = read_escape(t, false, t->word, &used);
		} else {
			t->word[used++] = *t->at++;
		}
	}
	t->word[used] = '\0';
	t->at += r == 0;
	return r;
}

/* Several lines, behind the opening quotes. Up to two quotes may stand before the closing
 * three. */
static int read_long_string(struct toml_text *t, char quote)
{
	const char close[] = {quote, quote, quote, '\0'};
	const char *opened = t->at;
	size_t used = 0;
	int r = 0;

	take_newline(t);
	while (r == 0 && t->at < t->end && !toml_is_next(t, close)) {
		if (quote == '"' && *t->at == '\\') {
			t->at++;
			r = read_escape(t, true, t->word, &used);
		} else if (take_newline(t)) {
			t->word[used++] = '\n';
		} else {
			t->word[used++] = *t->at++;
		}
	}
	if (r < 0)
		return r;
	if (t->at == t->end) {
		t->at = opened;
		return toml_bad(t, "the string has no closing %s", close);
	}
	t->at += 3;
	for (int i = 0; i < 2 && t->at < t->end && *t->at == quote; i++)
		t->word[used++] = *t->at++;
	t->word[used] = '\0';
	return 0;
}

static int read_string(struct toml_text *t, bool may_be_long)
{
	char quote = *t->at;

	if (may_be_long && toml_take(t, quote == '"' ? "\"\"\"" : "'''"))
		return read_long_string(t, quote);
	t->at++;
	return read_line_string(t, quote);
}

static bool is_bare(char c)
{
	return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       c == '_' || c == '-';
}

int toml_read_key(struct toml_text *t)
{
	size_t used = 0;

	if (toml_is_next(t, "\"") || toml_is_next(t, "'"))
		return read_string(t, false);
	while (t->at < t->end && is_bare(*t->at))
		t->word[used++] = *t->at++;
	t->word[used] = '\0';
	if (used == 0)
		return toml_bad(t, "expected a key, got '%s'", here(t).text);
	return 0;
}

/* --- numbers and dates --- */

static bool is_word(char c)
{
	return is_bare(c) || c == '+' || c == '.' || c == ':';
}

/* Does a text have the shape of @shape, where '0' is any digit? How much of it, or 0. */
static size_t shape_len(const char *s, const char *shape)
{
	size_t i;

	for (i = 0; shape[i]; i++)
		if (shape[i] == '0' ? !is_digit(s[i]) : s[i] != shape[i])
			return 0;
	return i;
}

static unsigned int two_digits(const char *s)
{
	return (unsigned int)(s[0] - '0') * 10 + (unsigned int)(s[1] - '0');
}

static bool is_day(const char *s)
{
	static const unsigned int days[] = {31, 29, 31, 30, 31, 30,
					    31, 31, 30, 31, 30, 31};
	unsigned int century = two_digits(s), year = two_digits(s + 2),
		     month = two_digits(s + 5), day = two_digits(s + 8);
	bool is_leap = year == 0 ? century % 4 == 0 : year % 4 == 0;

	if (month < 1 || month > 12 || day < 1 || day > days[month - 1])
		return false;
	return month != 2 || day < 29 || is_leap;
}

static bool is_time(const char *s)
{
	/* 60 is a leap second, RFC 3339. */
	return two_digits(s) < 24 && two_digits(s + 3) < 60 && two_digits(s + 6) <= 60;
}

/* "07:32:00.25" at the start of @s: how long it is, or 0. */
static size_t time_len(const char *s)
{
	size_t n = shape_len(s, "00:00:00");

	if (n == 0 || !is_time(s))
		return 0;
	if (s[n] != '.')
		return n;
	n++;
	if (!is_digit(s[n]))
		return 0;
	while (is_digit(s[n]))
		n++;
	return n;
}

static bool is_offset(const char *s)
{
	if (strcmp(s, "Z") == 0 || strcmp(s, "z") == 0)
		return true;
	return (s[0] == '+' || s[0] == '-') && shape_len(s + 1, "00:00") == 5 &&
	       s[6] == '\0' && two_digits(s + 1) < 24 && two_digits(s + 4) < 60;
}

static bool is_date_or_time(const char *s)
{
	size_t n;

	if (shape_len(s, "00:") > 0)
		return time_len(s) == strlen(s);
	if (shape_len(s, "0000-00-00") == 0 || !is_day(s))
		return false;
	if (s[10] == '\0')
		return true;
	if (!strchr("Tt ", s[10]))
		return false;
	n = time_len(s + 11);
	return n > 0 && (s[11 + n] == '\0' || is_offset(s + 11 + n));
}

static bool is_digit_of(char c, int base)
{
	int v = hex_value(c);

	return v >= 0 && v < base;
}

/* Copies a number without its '_', each of which must stand between two digits. */
static bool drop_underscores(const char *s, char out[static MAX_NUMBER])
{
	int base = s[0] == '0' && s[1] == 'x' ? 16 : 10;
	size_t used = 0;

	for (size_t i = 0; s[i]; i++) {
		if (s[i] != '_')
			out[used++] = s[i];
		else if (i == 0 || !is_digit_of(s[i - 1], base) ||
			 !is_digit_of(s[i + 1], base))
			return false;
	}
	out[used] = '\0';
	return true;
}

/* What is behind "0x", "0o" or "0b". 0, -EINVAL or -ERANGE. */
static int read_base(const char *s, int base, int64_t *ret)
{
	int64_t v = 0;

	if (!*s)
		return -EINVAL;
	for (; *s; s++) {
		if (!is_digit_of(*s, base))
			return -EINVAL;
		if (__builtin_mul_overflow(v, base, &v) ||
		    __builtin_add_overflow(v, hex_value(*s), &v))
			return -ERANGE;
	}
	*ret = v;
	return 0;
}

static int read_integer(const char *s, int64_t *ret)
{
	const char *digits = s + (s[0] == '+' || s[0] == '-');

	if (s[0] == '0' && s[1] == 'x')
		return read_base(s + 2, 16, ret);
	if (s[0] == '0' && s[1] == 'o')
		return read_base(s + 2, 8, ret);
	if (s[0] == '0' && s[1] == 'b')
		return read_base(s + 2, 2, ret);
	if (!is_digit(digits[0]) || (digits[0] == '0' && digits[1]))
		return -EINVAL;
	return parse_i64(s[0] == '+' ? digits : s, ret);
}

static size_t count_digits(const char *s)
{
	size_t n = 0;

	while (is_digit(s[n]))
		n++;
	return n;
}

/* Is it a float as TOML writes it? strtod() knows more. */
static bool is_real(const char *s)
{
	size_t n;

	s += *s == '+' || *s == '-';
	n = count_digits(s);
	if (n == 0 || (s[0] == '0' && n > 1))
		return false;
	s += n;
	if (*s == '.') {
		n = count_digits(s + 1);
		if (n == 0)
			return false;
		s += 1 + n;
	}
	if (*s == 'e' || *s == 'E') {
		s += 1 + (s[1] == '+' || s[1] == '-');
		n = count_digits(s);
		if (n == 0)
			return false;
		s += n;
	}
	return !*s;
}

/* An infinity, or no number: JSON has neither, so that the word is kept. */
static bool is_no_finite(const char *s)
{
	s += *s == '+' || *s == '-';
	return strcmp(s, "inf") == 0 || strcmp(s, "nan") == 0;
}

static int read_number(struct toml_text *t, struct toml_scalar *ret)
{
	char s[MAX_NUMBER], *end;
	int r = -EINVAL;

	if (strlen(t->word) < sizeof(s) && drop_underscores(t->word, s)) {
		ret->kind = TOML_INTEGER;
		r = read_integer(s, &ret->integer);
		if (r == -EINVAL && is_real(s)) {
			ret->kind = TOML_REAL;
			ret->real = strtod(s, &end);
			r = *end ? -EINVAL : 0;
		}
	}
	if (r == -ERANGE)
		return toml_bad(t, "the number does not fit in 64 bits");
	return r;
}

/* Reads a word; a date and a time may have a blank between them. */
static void take_word(struct toml_text *t)
{
	size_t used = 0;

	while (t->at < t->end) {
		bool is_gap = used == 10 && *t->at == ' ' && t->end - t->at > 1 &&
			      is_digit(t->at[1]) && shape_len(t->word, "0000-00-00");

		if (!is_word(*t->at) && !is_gap)
			break;
		t->word[used++] = *t->at++;
		t->word[used] = '\0';
	}
	t->word[used] = '\0';
}

int toml_read_scalar(struct toml_text *t, struct toml_scalar *ret)
{
	struct toml_text before = *t;
	int r;

	*ret = (struct toml_scalar){.kind = TOML_STRING, .string = t->word};
	if (toml_is_next(t, "\"") || toml_is_next(t, "'"))
		return read_string(t, true);
	take_word(t);
	if (strcmp(t->word, "true") == 0 || strcmp(t->word, "false") == 0) {
		ret->kind = TOML_BOOL;
		ret->boolean = t->word[0] == 't';
		return 0;
	}
	if (is_date_or_time(t->word) || is_no_finite(t->word))
		return 0;
	r = read_number(t, ret);
	if (r == -EINVAL)
		return toml_bad(&before, "expected a value, got '%s'",
				here(&before).text);
	return r;
}
