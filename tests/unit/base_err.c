// SPDX-License-Identifier: Apache-2.0
/*
 * base_err.c - tests of errors, and of text that is made safe for a terminal
 */
#include "base/err.h"

#include <string.h>

#include "support.h"

/* Bytes of UTF-8 for a code point, surrogates included; @len longer than needed makes an
 * overlong form. */
static void encode(uint32_t c, size_t len, char *out)
{
	static const unsigned char lead[] = {0, 0, 0xc0, 0xe0, 0xf0};

	if (len == 1) {
		out[0] = (char)c;
	} else {
		for (size_t i = len - 1; i > 0; i--) {
			out[i] = (char)(0x80 | (c & 0x3f));
			c >>= 6;
		}
		out[0] = (char)(lead[len] | c);
	}
	out[len] = '\0';
}

static size_t encoded_len(uint32_t c)
{
	return c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
}

/* "\xNN" for each byte: what becomes of text of which nothing is good. */
static void escape_all(const char *src, char *out)
{
	static const char hex[] = "0123456789abcdef";

	for (; *src; src++) {
		unsigned char byte = (unsigned char)*src;

		*out++ = '\\';
		*out++ = 'x';
		*out++ = hex[byte >> 4];
		*out++ = hex[byte & 15];
	}
	*out = '\0';
}

/* Does the text end in the middle of a character? All of it is "a" and characters of @len. */
static bool is_whole(const char *text, size_t len)
{
	size_t i = 0;

	while (text[i])
		i += (unsigned char)text[i] >= 0x80 ? len : 1;
	return i == strlen(text);
}

static void test_set(void **state)
{
	struct err err = {.hint = "old", .exit_class = ERR_EXIT_NOT_FOUND};

	CHECK_INT(err_set(&err, -ENOENT, "open '%s'", "x"), -ENOENT);
	CHECK_INT(err.code, -ENOENT);
	CHECK_STR(err.message, "open 'x': No such file or directory");
	CHECK_STR(err.hint, "");
	CHECK_INT(err_exit_code(&err), 125);
	CHECK_INT(err_set(&err, -EPERM, "%s", "100%s"), -EPERM);
	CHECK_STR(err.message, "100%s: Operation not permitted");
	CHECK_INT(err_set(NULL, -EIO, "x"), -EIO);
}

static void test_say(void **state)
{
	struct err err = {.hint = "old", .exit_class = ERR_EXIT_NOT_INVOKED};

	CHECK_INT(err_say(&err, -EINVAL, "%s and %d", "a", 7), -EINVAL);
	CHECK_INT(err.code, -EINVAL);
	CHECK_STR(err.message, "a and 7");
	CHECK_STR(err.hint, "");
	CHECK_INT(err_exit_code(&err), 125);
	CHECK_INT(err_say(NULL, -EIO, "x"), -EIO);
}

static void test_prefix(void **state)
{
	struct err err = {0};

	err_set(&err, -EACCES, "read");
	err_hint(&err, 0, "a hint");
	err_prefix(&err, "mount '%s'", "/m");
	CHECK_STR(err.message, "mount '/m': read: Permission denied");
	CHECK_INT(err.code, -EACCES);
	CHECK_STR(err.hint, "a hint");
	err_prefix(&err, "%%");
	CHECK_STR(err.message, "%: mount '/m': read: Permission denied");
	err_prefix(NULL, "x");
}

static void test_hint(void **state)
{
	struct err err = {0};

	err_say(&err, -EINVAL, "no");
	CHECK_INT(err_hint(&err, -EPERM, "try %s\nor %s", "this", "that"), -EPERM);
	CHECK_STR(err.hint, "try this\nor that");
	CHECK_STR(err.message, "no");
	CHECK_INT(err.code, -EINVAL);
	CHECK_INT(err_hint(NULL, -EIO, "x"), -EIO);
}

static void test_exit_code(void **state)
{
	static const struct {
		int exit_class, code;
	} cases[] = {{0, 125},	 {125, 125}, {126, 126}, {127, 127}, {1, 125},
		     {128, 125}, {-1, 125},  {255, 125}, {124, 125}};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct err err = {.exit_class = cases[i].exit_class};

		CHECK_INT(err_exit_code(&err), cases[i].code);
	}
}

/* A message is whole, or has both of its ends, with characters of @size bytes uncut. */
static void check_fitted(const char *message, const char *text, const char *after,
			 size_t size)
{
	size_t room = sizeof(((struct err *)NULL)->message);
	size_t n = strlen(text), n_after = strlen(after), len = strlen(message);
	const char *gap = strstr(message, "...");

	if (n + n_after < room) {
		CHECK(strncmp(message, text, n) == 0);
		CHECK_STR(message + n, after);
		return;
	}
	CHECK(len < room && len + 2 * size >= room - 1);
	CHECK(gap != NULL);
	CHECK(strncmp(message, text, (size_t)(gap - message)) == 0);
	CHECK_STR(message + len - n_after, after);
	CHECK(strncmp(gap + 3, text + n - (len - n_after - (size_t)(gap + 3 - message)),
		      len - n_after - (size_t)(gap + 3 - message)) == 0);
}

/* Messages as long as the room, one byte around it, and much longer. */
static void test_long_messages(void **state)
{
	static const char *const chars[] = {"a", "\xc3\xa4", "\xe2\x82\xac",
					    "\xf0\x9f\x98\x80"};
	char text[4096];

	for (size_t k = 0; k < ARRAY_SIZE(chars); k++) {
		size_t size = strlen(chars[k]);

		for (size_t n = 1000; n < 1040; n++) {
			size_t used = n % size;
			struct err err = {0};

			/* of n bytes */
			memset(text, 'a', used);
			while (used < n) {
				memcpy(text + used, chars[k], size);
				used += size;
			}
			text[used] = '\0';
			check_context("%zu bytes of %s", n, chars[k]);

			err_say(&err, -EIO, "%s", text);
			check_fitted(err.message, text, "", size);

			err_set(&err, -EIO, "%s", text);
			check_fitted(err.message, text, ": Input/output error", size);

			err_say(&err, -EIO, "cause");
			err_prefix(&err, "%s", text);
			check_fitted(err.message, text, ": cause", size);

			err_hint(&err, 0, "%s", text);
			CHECK(is_whole(err.hint, size));
			CHECK(strlen(err.hint) >= sizeof(err.hint) - 1 - size);
			CHECK(strncmp(err.hint, text, strlen(err.hint)) == 0);
		}
	}
}

static void test_escape_texts(void **state)
{
	static const struct {
		const char *src, *want;
	} cases[] = {
		{"", ""},
		{"plain text", "plain text"},
		{"\x1b[31mred\x1b[0m", "\\x1b[31mred\\x1b[0m"},
		{"a\nb\tc\rd", "a\\x0ab\\x09c\\x0dd"},
		{"\x01\x1f\x7f ~", "\\x01\\x1f\\x7f ~"},
		{"b\xc3\xa4r \xe2\x82\xac \xf0\x9f\x98\x80",
		 "b\xc3\xa4r \xe2\x82\xac \xf0\x9f\x98\x80"},
		{"\xc2\x80\xc2\x9b\xc2\x9f\xc2\xa0",
		 "\\xc2\\x80\\xc2\\x9b\\xc2\\x9f\xc2\xa0"},
		{"\x9b"
		 "31m",
		 "\\x9b31m"},
		{"\xff\xfe", "\\xff\\xfe"},
		{"\xc3", "\\xc3"},
		{"\xc3(", "\\xc3("},
		{"\xe2\x82", "\\xe2\\x82"},
		{"\xe2\x82z", "\\xe2\\x82z"},
		{"\xe2\xc3\xa4", "\\xe2\xc3\xa4"},
		{"\xf0\x9f\x98", "\\xf0\\x9f\\x98"},
		{"\xf0\x9f\x98\xc3\xa4", "\\xf0\\x9f\\x98\xc3\xa4"},
		{"\xa4\xc3\xa4", "\\xa4\xc3\xa4"},
		{"\xed\xa0\x80", "\\xed\\xa0\\x80"},
		{"\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80"},
		{"\xf5\x80\x80\x80", "\\xf5\\x80\\x80\\x80"},
		{"\xf8\x88\x80\x80\x80", "\\xf8\\x88\\x80\\x80\\x80"},
	};
	char out[256];

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		memset(out, '#', sizeof(out));
		text_escape(out, sizeof(out), cases[i].src);
		CHECK_STR(out, cases[i].want);
	}
}

/* Each character that there is, and each of its overlong forms. */
static void test_escape_all_characters(void **state)
{
	char src[8], out[64], want[64];

	for (uint32_t c = 1; c <= 0x10ffff; c++) {
		size_t len = encoded_len(c);
		bool is_bad = c < 0x20 || (c >= 0x7f && c < 0xa0) ||
			      (c >= 0xd800 && c <= 0xdfff);

		encode(c, len, src);
		text_escape(out, sizeof(out), src);
		escape_all(src, want);
		if (strcmp(out, is_bad ? want : src) != 0) {
			check_context("U+%04X", c);
			CHECK_STR(out, is_bad ? want : src);
		}
		for (len++; len <= 4; len++) {
			encode(c, len, src);
			text_escape(out, sizeof(out), src);
			escape_all(src, want);
			if (strcmp(out, want) != 0) {
				check_context("overlong U+%04X", c);
				CHECK_STR(out, want);
			}
		}
	}
	for (uint32_t c = 0x110000; c < 0x200000; c += 0x3ff) {
		encode(c, 4, src);
		text_escape(out, sizeof(out), src);
		escape_all(src, want);
		CHECK_STR(out, want);
	}
}

/* Every size of the result: never past it, always terminated, no half of anything. */
static void test_escape_small_results(void **state)
{
	static const char src[] = "ab\x1b\xc3\xa4\xff\xe2\x82\xac.\xf0\x9f\x98\x80!\n";
	/* where a result may end */
	static const size_t ends[] = {0, 1, 2, 6, 8, 12, 15, 16, 20, 21, 25};
	char whole[64], out[64];

	text_escape(whole, sizeof(whole), src);
	CHECK_INT(strlen(whole), 25);
	for (size_t size = 1; size < 40; size++) {
		size_t want = 0;

		for (size_t i = 0; i < ARRAY_SIZE(ends); i++)
			if (ends[i] < size)
				want = ends[i];
		memset(out, '#', sizeof(out));
		text_escape(out, size, src);
		check_context("size %zu", size);
		CHECK_INT(strlen(out), want);
		CHECK(strncmp(out, whole, want) == 0);
		for (size_t i = size; i < sizeof(out); i++)
			CHECK(out[i] == '#');
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(test_set),
		TEST(test_say),
		TEST(test_prefix),
		TEST(test_hint),
		TEST(test_exit_code),
		TEST(test_long_messages),
		TEST(test_escape_texts),
		TEST(test_escape_all_characters),
		TEST(test_escape_small_results),
	};

	return UNIT_RUN(tests);
}
