/* SPDX-License-Identifier: Apache-2.0 */
/*
 * manifest.h - the JSON documents of an image: index, manifest, config
 *
 * OCI image specification 1.1 and Docker's manifest, version 2, schema 2; both have the same
 * shape. They come from outside: every count has a limit, and a document that is both a
 * manifest and an index is refused (CVE-2021-41190).
 */
#pragma once

#include "base/arena.h"
#include "base/err.h"
#include "image/digest.h"

#define MANIFEST_MAX_BYTES  (4u << 20)
#define MANIFEST_MAX_LAYERS 1000
#define MANIFEST_MAX_IMAGES 1000 /* in one index */
#define MANIFEST_MAX_KEYS   4096 /* labels, volumes, ports, steps of the history: of each */

enum manifest_compression { COMPRESSION_NONE, COMPRESSION_GZIP, COMPRESSION_ZSTD };

struct descriptor {
	const char *media_type;
	struct digest digest;
	uint64_t size;
	/* of an index's entries; NULL when not given */
	const char *os, *architecture, *variant;
	const char *ref_name;	   /* org.opencontainers.image.ref.name */
	const char *artifact_type; /* it is something else than an image */
};

struct manifest {
	bool is_index;
	const char *media_type; /* the document's own, or what it was served as */
	/* a manifest */
	struct descriptor config;
	struct descriptor *layers; /* bottom first */
	size_t n_layers;
	/* an index */
	struct descriptor *images;
	size_t n_images;
};

/**
 * manifest_parse() - read an index or a manifest
 * @text:       borrowed
 * @len:        bytes
 * @media_type: what it was served as; NULL when nobody said so
 * @a:          owns what @ret points to
 * @err:        names the value that is wrong by its JSON path
 *
 * Refuses a layer with "urls" (foreign layers) and media types that are not an image's. Pure.
 * Return: 0, -EINVAL, -ENOTSUP (schema 1, an artifact), or what json_parse() returns.
 */
int manifest_parse(const char *text, size_t len, const char *media_type, struct arena *a,
		   struct manifest *ret, struct err *err);

/* The media types that are asked for, ready for an Accept header. */
extern const char manifest_accept[];

/* The compression that a layer's media type tells. */
enum manifest_compression manifest_compression(const char *media_type);

/* The media type of such a layer in an OCI manifest, or in Docker's: NULL when that has none. */
const char *manifest_layer_type(bool is_docker, enum manifest_compression compression);

struct platform {
	const char *os, *architecture, *variant; /* variant: NULL for none */
};

/* What this program was built for, as Go names it: linux, amd64. */
struct platform platform_native(void);
/* "linux/arm64/v8"; -EINVAL. */
int platform_parse(const char *text, struct arena *a, struct platform *ret);

/**
 * manifest_choose() - the entry of an index that fits a platform best
 *
 * An entry without a platform fits when it is the only one. Of several that fit, the one with
 * the same variant, or the highest that the platform's variant can run (arm v7 runs v6), comes
 * first. Return: NULL when none fits.
 */
const struct descriptor *manifest_choose(const struct manifest *index,
					 const struct platform *p);

struct image_history {
	const char *created, *created_by, *comment;
	bool is_empty_layer;
};

struct image_health {
	struct strv test; /* NONE; CMD, word...; CMD-SHELL, line */
	int64_t interval_ns, timeout_ns, start_period_ns;
	uint32_t retries;
};

struct image_config {
	const char *os, *architecture, *variant, *created, *author;
	struct strv env, entrypoint, cmd;
	const char *user, *working_dir, *stop_signal; /* NULL when not given */
	struct strv volumes, exposed_ports;	      /* "/data"; "80/tcp" */
	struct strv labels;			      /* KEY=VALUE */
	struct strv shell, on_build;
	struct image_health health;
	struct digest *diff_ids; /* bottom first */
	size_t n_diff_ids;
	struct image_history *history;
	size_t n_history;
};

/* May an image run on such a machine, as far as it says? Of variants it does not say enough. */
bool platform_fits(const struct platform *p, const struct image_config *config);

/* Reads an image's config, like manifest_parse(). */
int image_config_parse(const char *text, size_t len, struct arena *a,
		       struct image_config *ret, struct err *err);
