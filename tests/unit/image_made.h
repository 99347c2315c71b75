/* SPDX-License-Identifier: Apache-2.0 */
/*
 * image_made.h - images that the tests of sources make byte by byte
 */
#pragma once

#include "source.h"
#include "support.h"
#include "sys/fd.h"

#define CONFIG_TYPE   "application/vnd.oci.image.config.v1+json"
#define MANIFEST_TYPE "application/vnd.oci.image.manifest.v1+json"
#define INDEX_TYPE    "application/vnd.oci.image.index.v1+json"
#define LAYER_TYPE    "application/vnd.oci.image.layer.v1.tar"

struct bytes {
	char *at; /* malloc'ed, with a NUL behind */
	size_t len, size;
};

void bytes_add(struct bytes *b, const void *more, size_t len);
void bytes_printf(struct bytes *b, const char *fmt, ...) _printf_(2, 3);
void bytes_free(struct bytes *b);
#define _cleanup_bytes_ _cleanup_(bytes_free)
struct digest bytes_digest(const struct bytes *b);

/* --- tar archives --- */

/* One block of ustar; @size is written as it is given, at most 12 bytes. The checksum is right. */
void tar_header(struct bytes *tar, const char *name, char type, const char *link,
		const char *size);
/* A member; @type '0', or what tar(5) has; @content may be NULL. */
void tar_add(struct bytes *tar, const char *name, char type, const char *link,
	     const void *content, size_t len);
void tar_add_text(struct bytes *tar, const char *name, const char *text);
/* A pax header "KEY=VALUE" for the next member. */
void tar_add_pax(struct bytes *tar, const char *key, const char *value);
void tar_end(struct bytes *tar);

/* --- an image of one layer or two --- */

struct made {
	struct bytes layers[2], config, manifest;
	struct digest layer_digests[2], config_digest, manifest_digest;
	size_t n_layers;
};

/* Two images that are made with another @what differ in all but their first layer. */
void image_make(struct made *m, const char *what, size_t n_layers);
void image_free(struct made *m);

/* {"schemaVersion":2,"manifests":[...]} with the names, each NULL for none. */
void index_make(struct bytes *index, const struct made *images, const char *const *names,
		size_t n);

/* Writes bytes to a new file. */
void put_file(int dir, const char *path, const struct bytes *b);
/* A layout below @name in @dir: version, index, all blobs. */
void layout_make(int dir, const char *name, const struct made *images,
		 const char *const *names, size_t n);

/* --- what comes out of a source --- */

struct got {
	struct sink sink;
	struct bytes bytes;
};
struct got got_new(void);

/* Opens FOLDER/PATH as @transport; @name may be NULL. */
int open_in(const struct folder *f, enum ref_transport transport, const char *path,
	    const char *name, struct source **ret, struct err *err);
/* It has the manifest of @m and all its blobs. */
void check_source(struct source *s, const struct made *m);
/* The same but for the manifest. */
void check_blobs(struct source *s, const struct made *m);

void check_says(const struct err *err, int r, int code, const char *part,
		const char *file, int line);
#define CHECK_SAYS(err, r, code, part) \
	check_says((err), (r), (code), (part), __FILE__, __LINE__)

/* Runs a program of $PATH with nothing on its streams. The test is skipped without it. */
int run_program(const char *const *argv);
#define RUN(...) run_program((const char *const[]){__VA_ARGS__, NULL})
