/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hash.h - SHA-256 of a stream, by libcrypto
 */
#pragma once

#include "base/err.h"
#include "image/digest.h"

struct hash;

/* NULL when out of memory. */
struct hash *hash_new(void);
void hash_add(struct hash *h, const void *bytes, size_t len);
/* The digest of all that was added. The hash is used up, and freed. */
void hash_end(struct hash *h, struct digest *ret);
void hash_free(struct hash *h); /* NULL is nothing */
static inline void hash_freep(struct hash **h)
{
	hash_free(*h);
}
