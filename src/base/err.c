// SPDX-License-Identifier: Apache-2.0
/*
 * err.c - see err.h
 */
#include "base/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Cuts a text that did not fit, so that no half of a UTF-8 character is left. */
static void trim(char *text, size_t size, int len)
{
	size_t end = size - 1;

	if (len < 0 || (size_t)len < size)
		return;
	while (end > 0 && ((unsigned char)text[end - 1] & 0xc0) == 0x80)
		end--;
	if (end > 0 && (unsigned char)text[end - 1] >= 0xc0)
		end--;
	/* Whole again when the last character just fitted. */
	text[end] = '\0';
}

/* Copies a text; one that is too long keeps both ends, what it is about and the cause. */
static void fit(char *dst, size_t size, const char *text)
{
	static const char gap[] = "...";
	size_t len = strlen(text), head = (size - sizeof(gap)) / 2,
	       start = len - (size - sizeof(gap) - head);

	if (len < size) {
		memcpy(dst, text, len + 1);
		return;
	}
	/* No half of a UTF-8 character on either side. */
	while (head > 0 && ((unsigned char)text[head] & 0xc0) == 0x80)
		head--;
	while (start < len && ((unsigned char)text[start] & 0xc0) == 0x80)
		start++;
	memcpy(dst, text, head);
	memcpy(dst + head, gap, sizeof(gap) - 1);
	memcpy(dst + head + sizeof(gap) - 1, text + start, len - start + 1);
}

/* Makes the message: "<text>: <after>", or the text alone. */
static _printf_(2, 0) void put(struct err *err, const char *fmt, va_list ap,
			       const char *after)
{
	char *text = NULL, *whole = NULL;

	if (vasprintf(&text, fmt, ap) < 0 ||
	    asprintf(&whole, "%s%s%s", text, after ? ": " : "", after ? after : "") < 0)
		fit(err->message, sizeof(err->message), "out of memory");
	else
		fit(err->message, sizeof(err->message), whole);
	free(whole);
	free(text);
}

static _printf_(3, 0) void fill(struct err *err, int code, const char *fmt, va_list ap,
				const char *cause)
{
	err->code = code;
	err->hint[0] = err->object[0] = '\0';
	err->exit_class = err->about = 0;
	put(err, fmt, ap, cause);
}

int err_set(struct err *err, int code, const char *fmt, ...)
{
	va_list ap;

	if (!err)
		return code;
	va_start(ap, fmt);
	fill(err, code, fmt, ap, strerror(-code));
	va_end(ap);
	return code;
}

int err_say(struct err *err, int code, const char *fmt, ...)
{
	va_list ap;

	if (!err)
		return code;
	va_start(ap, fmt);
	fill(err, code, fmt, ap, NULL);
	va_end(ap);
	return code;
}

void err_prefix(struct err *err, const char *fmt, ...)
{
	char message[sizeof(err->message)];
	va_list ap;

	if (!err)
		return;
	memcpy(message, err->message, sizeof(message));
	va_start(ap, fmt);
	put(err, fmt, ap, message);
	va_end(ap);
}

int err_hint(struct err *err, int code, const char *fmt, ...)
{
	va_list ap;

	if (!err)
		return code;
	va_start(ap, fmt);
	trim(err->hint, sizeof(err->hint),
	     vsnprintf(err->hint, sizeof(err->hint), fmt, ap));
	va_end(ap);
	return code;
}

int err_about(struct err *err, int code, enum err_about about, const char *object)
{
	if (err) {
		err->about = (int)about;
		fit(err->object, sizeof(err->object), object);
	}
	return code;
}

int err_exit_code(const struct err *err)
{
	return err->exit_class == ERR_EXIT_NOT_INVOKED ||
			       err->exit_class == ERR_EXIT_NOT_FOUND
		       ? err->exit_class
		       : ERR_EXIT_FAILED;
}

/* Bytes of the well-formed UTF-8 character at @s, 0 when there is none. */
static size_t utf8_len(const unsigned char *s)
{
	uint32_t c;
	size_t n;

	if (s[0] < 0x80)
		return 1;
	n = s[0] >= 0xf0 && s[0] <= 0xf4 ? 4 : s[0] >= 0xe0 ? 3 : s[0] >= 0xc2 ? 2 : 0;
	if (s[0] > 0xf4 || n == 0)
		return 0;
	c = s[0] & (0x7fu >> n);
	for (size_t i = 1; i < n; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (s[i] & 0x3f);
	}
	if ((n == 3 && c < 0x800) || (n == 4 && (c < 0x10000 || c > 0x10ffff)) ||
	    (c >= 0xd800 && c <= 0xdfff))
		return 0;
	return n;
}

void text_escape(char *dst, size_t dst_size, const char *src)
{
	static const char hex[] = "0123456789abcdef";
	const unsigned char *s = (const unsigned char *)src;
	size_t used = 0;

	while (*s) {
		size_t n = utf8_len(s);
		/* U+0080 to U+009F are control characters as well. */
		bool is_control = n == 0 || *s < 0x20 || *s == 0x7f ||
				  (n == 2 && s[0] == 0xc2 && s[1] < 0xa0);

		if (!is_control) {
			if (used + n >= dst_size)
				break;
			memcpy(dst + used, s, n);
			used += n;
			s += n;
			continue;
		}
		if (used + 4 >= dst_size)
			break;
		dst[used++] = '\\';
		dst[used++] = 'x';
		dst[used++] = hex[*s >> 4];
		dst[used++] = hex[*s & 15];
		s++;
	}
	dst[used] = '\0';
}
