/* SPDX-License-Identifier: Apache-2.0 */
/*
 * http_certs.h - the certificates of certs.d: authorities, and one of the client's own
 */
#pragma once

#include "base/arena.h"
#include "base/err.h"

struct http_certs {
	int fd; /* all authorities as one file; < 0: those of the system */
	const char *cert, *key; /* paths; NULL for none */
	struct arena arena;
};

/**
 * http_certs_read() - read the folders of a registry
 * @host:     names the folder in certs.d
 * @cert_dir: alone, instead of those; or NULL
 * @ret:      for http_certs_free(), on failure too
 *
 * *.crt are authorities, NAME.cert and NAME.key the client's. Of several clients' the first
 * counts. Source: containers-certs.d(5). Return: 0; -EINVAL for a key or certificate without
 * the other, or another negative errno.
 */
int http_certs_read(const char *host, const char *cert_dir, struct http_certs *ret,
		    struct err *err);
void http_certs_free(struct http_certs *c);
