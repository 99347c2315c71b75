// SPDX-License-Identifier: Apache-2.0
/*
 * digest.c - see digest.h
 */
#include "image/digest.h"

#include <string.h>

static const char prefix[] = "sha256:";

int digest_parse(const char *text, size_t len, struct digest *ret)
{
	const size_t skip = sizeof(prefix) - 1;

	if (len != skip + DIGEST_HEX_LEN || memcmp(text, prefix, skip) != 0)
		return -EINVAL;
	for (size_t i = skip; i < len; i++)
		if (!(text[i] >= '0' && text[i] <= '9') &&
		    !(text[i] >= 'a' && text[i] <= 'f'))
			return -EINVAL;
	memcpy(ret->text, text, len);
	ret->text[len] = '\0';
	return 0;
}

void digest_from_raw(const uint8_t raw[DIGEST_RAW_BYTES], struct digest *ret)
{
	static const char digits[] = "0123456789abcdef";
	char *to = ret->text;

	memcpy(to, prefix, sizeof(prefix) - 1);
	to += sizeof(prefix) - 1;
	for (size_t i = 0; i < DIGEST_RAW_BYTES; i++) {
		*to++ = digits[raw[i] >> 4];
		*to++ = digits[raw[i] & 15];
	}
	*to = '\0';
}

bool digest_equal(const struct digest *a, const struct digest *b)
{
	return strcmp(a->text, b->text) == 0;
}
