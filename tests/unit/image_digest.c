// SPDX-License-Identifier: Apache-2.0
/*
 * image_digest.c - tests of the names of blobs
 */
#include "image/digest.h"

#include <string.h>

#include "support.h"

#define HEX  "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define TEXT "sha256:" HEX

static void test_parse(void **state)
{
	struct digest d;

	(void)state;
	memset(&d, 'x', sizeof(d));
	CHECK_INT(digest_parse(TEXT, strlen(TEXT), &d), 0);
	CHECK_STR(d.text, TEXT);
	CHECK_STR(digest_hex(&d), HEX);
	/* what is behind it is not looked at */
	memset(&d, 'x', sizeof(d));
	CHECK_INT(digest_parse(TEXT "/../x", strlen(TEXT), &d), 0);
	CHECK_STR(d.text, TEXT);
}

static void test_refused(void **state)
{
	static const char *const texts[] = {
		"",
		"sha256:",
		HEX,
		":" HEX,
		"sha256" HEX,
		"sha256-" HEX,
		"SHA256:" HEX,
		" " TEXT,
		TEXT " ",
		TEXT "0",
		TEXT "\n",
		"sha512:" HEX HEX,
		"sha256:" HEX HEX,
		"sha256:0123456789Abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
		"sha256:g123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
		"sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcde",
		"sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcde/",
		"sha256:../../../../../../../../../../../../../../../../../../etc/passwd",
		"sha256:+123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		struct digest d = {.text = "before"};

		check_context("%s", texts[i]);
		CHECK_INT(digest_parse(texts[i], strlen(texts[i]), &d), -EINVAL);
		CHECK_STR(d.text, "before");
	}
	check_no_context();
}

/* A NUL within is no hexadecimal digit, and the end is where @len says. */
static void test_length(void **state)
{
	char text[] = TEXT;
	struct digest d = {.text = "before"};

	(void)state;
	for (size_t len = 0; len < strlen(TEXT); len++)
		CHECK_INT(digest_parse(TEXT, len, &d), -EINVAL);
	text[20] = '\0';
	CHECK_INT(digest_parse(text, strlen(TEXT), &d), -EINVAL);
	CHECK_STR(d.text, "before");
}

static void test_raw(void **state)
{
	uint8_t raw[DIGEST_RAW_BYTES];
	struct digest d, again;

	(void)state;
	memset(&d, 'x', sizeof(d));
	for (size_t i = 0; i < sizeof(raw); i++)
		raw[i] = (uint8_t)(i * 0x1f);
	digest_from_raw(raw, &d);
	CHECK_STR(d.text, "sha256:001f3e5d7c9bbad9f81736557493b2d1"
			  "f00f2e4d6c8baac9e80726456483a2c1");
	CHECK_INT(digest_parse(d.text, strlen(d.text), &again), 0);
	CHECK(digest_equal(&d, &again));
	raw[31] ^= 1;
	digest_from_raw(raw, &again);
	CHECK(!digest_equal(&d, &again));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_parse),
		TEST(test_refused),
		TEST(test_length),
		TEST(test_raw),
	};

	return UNIT_RUN(tests);
}
