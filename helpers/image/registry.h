/* SPDX-License-Identifier: Apache-2.0 */
/*
 * registry.h - the OCI distribution protocol, by libcurl
 *
 * One struct registry is one repository on one registry. Requests may be made by several
 * threads at once; each has a connection of its own, HTTP/2 where the server has it.
 *
 * The server is hostile. Credentials go to the host that they are for: a redirect to another
 * host, and a token realm on another one, get none but what they are asked for there
 * (CVE-2020-15157). Answers have limits: headers 64 KiB, documents MANIFEST_MAX_BYTES, blobs
 * what was announced. A request that fails for a reason that passes (a broken connection, 429,
 * 5xx) is tried again, after what Retry-After says, a blob from where it broke off.
 */
#pragma once

#include "source.h"

struct registry;

/**
 * registry_open() - find out how to talk to a registry
 * @host:       "docker.io", "host:5000"; docker.io is registry-1.docker.io on the wire
 * @repository: NULL where none is meant: for registry_search()
 * @is_plain:   HTTP may be used: tried when HTTPS is not answered
 *
 * Return: 0 or a negative errno with @err filled.
 */
int registry_open(const char *host, const char *repository, bool is_plain,
		  const struct source_options *o, struct registry **ret, struct err *err);
void registry_close(struct registry *r); /* NULL is nothing */

/* @reference: a tag or a digest. -ENOENT when there is none. */
int registry_manifest(struct registry *r, const char *reference, struct arena *a,
		      struct document *ret, struct err *err);
int registry_blob(struct registry *r, const struct digest *d, uint64_t size,
		  uint64_t offset, struct sink *to, struct err *err);

/* Pushing. registry_has_blob: 1, 0 or a negative errno. @from: another repository of the same
 * registry that may have the blob, or NULL; when it cannot be had from there it is sent. @meter: or
 * NULL. registry_push_blob: 1 when it was taken from @from, 0 when it was sent. */
int registry_has_blob(struct registry *r, const struct digest *d, struct err *err);
int registry_push_blob(struct registry *r, int fd, const struct descriptor *d,
		       const char *from, struct meter *meter, struct err *err);
int registry_push_manifest(struct registry *r, const char *reference,
			   const struct document *doc, struct err *err);

/* All tags of the repository, over all pages, at most 100000. */
int registry_tags(struct registry *r, struct arena *a, struct strv *ret, struct err *err);

/* What a search found; strings are bounded, and from outside. */
struct registry_found {
	const char *
		name; /* of the repository, without the host: one that can be asked for */
	const char *description;
	uint32_t stars;
	bool is_official, is_automated;
};
#define REGISTRY_MAX_FOUND	 1000
#define REGISTRY_MAX_DESCRIPTION 1024 /* bytes */

/**
 * registry_search() - repositories of a registry whose name, or description, has a text
 * @r: opened without a repository
 *
 * By the search of version 1, or where a registry has none through the names of the catalogue.
 * Return: 0 with at most @limit of them, or a negative errno with @err filled.
 */
int registry_search(struct registry *r, const char *text, size_t limit, struct arena *a,
		    struct registry_found **ret, size_t *ret_n, struct err *err);

/* Do the credentials work? @repository: whose credentials are looked for, or NULL. 0, -EACCES or
 * another negative errno. */
int registry_try_login(const char *host, const char *repository, bool is_plain,
		       const struct source_options *o, struct err *err);
