/* SPDX-License-Identifier: Apache-2.0 */
/*
 * registries.h - registries.conf, version 2, and policy.json: where a name may come from
 *
 * Files: $CONTAINERS_REGISTRIES_CONF, else $XDG_CONFIG_HOME/containers/registries.conf, else
 * /etc/containers/registries.conf; then the same file's .d folder in alphabetical order
 * (system's, then user's); short-name aliases also from the user's cache file. Source:
 * containers-registries.conf(5), containers-registries.conf.d(5).
 */
#pragma once

#include "image/ref.h"

/* One way to an image, in the order in which they are tried. */
struct endpoint {
	struct image_ref ref; /* what to ask for there: a mirror has another name */
	bool is_plain;	      /* insecure: HTTP, or HTTPS without a check */
};

struct registries;

/* Reads the configuration. No file is no error: then nothing is configured. */
int registries_read(struct arena *a, struct registries **ret, struct err *err);
/* The same of one text, for tests. */
int registries_parse(const char *text, size_t len, struct arena *a,
		     struct registries **ret, struct err *err);

/**
 * registries_candidates() - what a short name may stand for
 * @ref: without a registry
 * @ret: full references: of the alias alone where there is one, else one for each
 *       unqualified-search-registry
 *
 * Return: 0; -ENOENT when nothing is configured, with a hint that says what to write or type.
 */
int registries_candidates(const struct registries *c, const struct image_ref *ref,
			  struct arena *a, struct image_ref **ret, size_t *ret_n,
			  struct err *err);

/**
 * registries_endpoints() - mirrors, then the place itself, of a full reference
 *
 * The [[registry]] table whose prefix fits best rewrites the name ("*.example.com" too). Mirrors
 * with pull-from-mirror digest-only or tag-only, and mirror-by-digest-only, are taken where they
 * may be. Return: 0; -EACCES for one that is blocked.
 */
int registries_endpoints(const struct registries *c, const struct image_ref *ref,
			 struct arena *a, struct endpoint **ret, size_t *ret_n,
			 struct err *err);

/* unqualified-search-registries, in their order. -ENOENT, with a hint, when there are none. */
int registries_searched(const struct registries *c, struct strv *ret, struct err *err);

/* May HTTP be spoken to a host, and may it be spoken to at all? Its own table counts, without
 * mirrors and other places. @repository: the table of that, which fits better; or NULL. Return: 0;
 * -EACCES for one that is blocked. */
int registries_host(const struct registries *c, const char *host, const char *repository,
		    bool *ret_is_plain, struct err *err);

/**
 * policy_check() - may an image be taken at all?
 * @path: --signature-policy, or NULL: $XDG_CONFIG_HOME/containers/policy.json, else
 *        /etc/containers/policy.json, else all are accepted
 * @ref:  a full one, or one of a file transport
 *
 * insecureAcceptAnything accepts; reject refuses; what asks for a signature (signedBy,
 * sigstoreSigned, anything unknown) is refused, because it cannot be checked.
 * Source: containers-policy.json(5).
 * Return: 0; -EACCES with the policy and its place in @err.
 */
int policy_check(const char *path, const struct image_ref *ref, struct err *err);
