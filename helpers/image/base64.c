// SPDX-License-Identifier: Apache-2.0
/*
 * base64.c - see base64.h
 */
#include "base64.h"

#include <string.h>

static const char digits[] =
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

const char *base64_encode(const char *text, struct arena *a)
{
	const unsigned char *in = (const unsigned char *)text;
	size_t len = strlen(text), used = 0;
	char *out = arena_alloc(a, (len + 2) / 3 * 4 + 1);

	for (size_t i = 0; i < len; i += 3) {
		uint32_t v = (uint32_t)in[i] << 16 |
			     (i + 1 < len ? (uint32_t)in[i + 1] << 8 : 0) |
			     (i + 2 < len ? in[i + 2] : 0u);

		out[used++] = digits[v >> 18];
		out[used++] = digits[v >> 12 & 63];
		out[used++] = i + 1 < len ? digits[v >> 6 & 63] : '=';
		out[used++] = i + 2 < len ? digits[v & 63] : '=';
	}
	return out;
}

/* Four characters to up to three bytes. Return: how many, 0 for what is no base64. */
static size_t decode_group(const char *in, bool is_last, char out[static 3])
{
	size_t n_pad = in[3] != '=' ? 0 : in[2] != '=' ? 1 : 2;
	uint32_t v = 0;

	if (n_pad > 0 && !is_last)
		return 0;
	for (size_t i = 0; i < 4; i++) {
		const char *digit = i < 4 - n_pad ? strchr(digits, in[i]) : digits;

		if (!digit || !*digit)
			return 0;
		v = v << 6 | (uint32_t)(digit - digits);
	}
	/* Bits that the padding leaves over are zero. */
	if (v & ((1u << 8 * n_pad) - 1))
		return 0;
	out[0] = (char)(v >> 16);
	out[1] = (char)(v >> 8);
	out[2] = (char)v;
	return 3 - n_pad;
}

char *base64_decode(const char *in, struct arena *a, size_t *ret_len)
{
	size_t len = strlen(in), used = 0;
	char *out = arena_alloc(a, len / 4 * 3 + 1);

	if (len % 4 != 0)
		return NULL;
	for (size_t i = 0; i < len; i += 4) {
		char bytes[3];
		size_t n = decode_group(in + i, i + 4 == len, bytes);

		if (n == 0)
			return NULL;
		memcpy(out + used, bytes, n);
		used += n;
	}
	*ret_len = used;
	return out;
}
