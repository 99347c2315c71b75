/* SPDX-License-Identifier: Apache-2.0 */
/*
 * digest.h - the name of a blob: "sha256:" and 64 hexadecimal digits, and nothing else
 *
 * A digest comes from outside and becomes a file name and part of a URL, so it is read strictly
 * before anything is done with it (CVE-2024-3727).
 */
#pragma once

#include "base/macros.h"

#define DIGEST_HEX_LEN	 64
#define DIGEST_RAW_BYTES 32

struct digest {
	char text[sizeof("sha256:") + DIGEST_HEX_LEN]; /* lower case, terminated */
};

/* Return: 0, or -EINVAL for anything but sha256 in lower case. @text need not end there: @len
 * bytes are read. */
int digest_parse(const char *text, size_t len, struct digest *ret);

void digest_from_raw(const uint8_t raw[DIGEST_RAW_BYTES], struct digest *ret);

static inline const char *digest_hex(const struct digest *d)
{
	return d->text + sizeof("sha256:") - 1;
}

bool digest_equal(const struct digest *a, const struct digest *b);
