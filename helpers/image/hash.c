// SPDX-License-Identifier: Apache-2.0
/*
 * hash.c - see hash.h
 */
#include "hash.h"

#include <openssl/evp.h>

struct hash {
	EVP_MD_CTX *context;
};

struct hash *hash_new(void)
{
	struct hash *h = calloc(1, sizeof(*h));

	if (!h)
		return NULL;
	h->context = EVP_MD_CTX_new();
	if (h->context && EVP_DigestInit_ex(h->context, EVP_sha256(), NULL) == 1)
		return h;
	hash_free(h);
	return NULL;
}

void hash_add(struct hash *h, const void *bytes, size_t len)
{
	EVP_DigestUpdate(h->context, bytes, len);
}

void hash_end(struct hash *h, struct digest *ret)
{
	uint8_t raw[DIGEST_RAW_BYTES] = {0};

	EVP_DigestFinal_ex(h->context, raw, NULL);
	digest_from_raw(raw, ret);
	hash_free(h);
}

void hash_free(struct hash *h)
{
	if (!h)
		return;
	EVP_MD_CTX_free(h->context);
	free(h);
}
