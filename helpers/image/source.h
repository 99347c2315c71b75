/* SPDX-License-Identifier: Apache-2.0 */
/*
 * source.h - where an image comes from: one interface to registries, layouts, archives, folders
 */
#pragma once

#include "image/manifest.h"
#include "image/ref.h"
#include "sink.h"

/* A manifest, an index or a config: text as it is hashed. */
struct document {
	const char *text;
	size_t len;
	const char *media_type; /* NULL when the source does not tell */
	struct digest digest;	/* of @text, computed */
};

/* What the user said about registries; all strings are borrowed, NULL or zero is nothing. */
struct source_options {
	const char *authfile, *cert_dir, *user, *password;
	const char *policy; /* file of --signature-policy */
	bool has_tls_verify, want_tls_verify;
	uint32_t retries; /* of one request; 0: the default */
	struct platform platform;
	bool is_platform_asked; /* by the user; else it is this machine's */
};

struct source;

struct source_ops {
	/**
	 * manifest() - the top document, or one that an index names
	 * @want: its digest, which is checked; NULL for what the reference names
	 */
	int (*manifest)(struct source *s, const struct digest *want, struct arena *a,
			struct document *ret, struct err *err);
	/**
	 * blob() - send one blob
	 * @d:      its digest and size
	 * @offset: bytes that are there already: the sink gets those behind them
	 *
	 * Whether the digest is right is for the receiver to see; too many bytes are an error
	 * here. Safe to be called by several threads at once.
	 */
	int (*blob)(struct source *s, const struct descriptor *d, uint64_t offset,
		    struct sink *to, struct err *err);
	void (*close)(struct source *s);
};

struct source {
	const struct source_ops *ops;
	const char *name; /* for messages: the reference as it was resolved */
};

/* Each opens one kind. @ret: for source_close(). 0, or a negative errno with @err filled:
 * -ENOENT when there is no such image, -EACCES when it is not to be had without credentials. */
int source_open_registry(const struct image_ref *ref, const struct source_options *o,
			 struct arena *a, struct source **ret, struct err *err);
int source_open_layout(const struct image_ref *ref, const struct source_options *o,
		       struct arena *a, struct source **ret, struct err *err);
int source_open_archive(const struct image_ref *ref, const struct source_options *o,
			struct arena *a, struct source **ret, struct err *err);
int source_open_dir(const struct image_ref *ref, const struct source_options *o,
		    struct arena *a, struct source **ret, struct err *err);

/* The one for the reference's transport. */
int source_open(const struct image_ref *ref, const struct source_options *o,
		struct arena *a, struct source **ret, struct err *err);

static inline void source_close(struct source **s)
{
	if (*s)
		(*s)->ops->close(*s);
	*s = NULL;
}
#define _cleanup_source_ _cleanup_(source_close)
