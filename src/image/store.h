/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store.h - images, their layers, and containers, in one folder of the caller's
 *
 *	oci-layout, index.json, blobs/sha256/HEX	an OCI image layout, for everybody to read
 *	layers/HEX/tree		a layer, unpacked, called by its diff id; owners as in the image
 *	squashed/HEX/tree	the same where one id only is mapped
 *	containers/ID/		container.json, config.json, upper, work: see container.h
 *	volumes/NAME/_data
 *	locks/			empty files that are locked, flock(2)
 *	tmp/			what is not whole yet, and throw-away containers
 *
 * What is outside of tmp is whole: made there, written to the disk, then renamed. Locks go with
 * the process that holds them. "store" is held shared by whoever relies on something that no
 * index entry or container names yet, exclusively by whoever removes what nothing names;
 * "index" for each change of index.json; "layer-HEX" by whoever makes that layer.
 */
#pragma once

#include "image/manifest.h"
#include "image/ref.h"
#include "sys/host.h"

struct store {
	int dir;	  /* owned */
	const char *path; /* for messages; borrowed */
};

#define STORE_NONE ((struct store){.dir = -EBADF})

/**
 * store_open() - open the store, and make it when there is none
 * @path: absolute; host->data_dir as a rule
 * @ret:  for store_close(); @path is borrowed for its life
 *
 * Folders are made with mode 0700: nobody else may run a set-uid file out of an image.
 * Return: 0; -EACCES when it is somebody else's; another negative errno with @err filled.
 */
int store_open(const char *path, struct store *ret, struct err *err);
void store_close(struct store *s);
#define _cleanup_store_ _cleanup_(store_close)

/* Holds "store", "index" or "layer-HEX" until the descriptor is closed. -EAGAIN without
 * @want_wait when another process holds it in a way that excludes this one. */
int store_lock(const struct store *s, const char *name, bool is_exclusive, bool want_wait,
	       int *ret_fd, struct err *err);

/* One line of index.json: a name for a manifest. */
struct store_entry {
	const char
		*name; /* "docker.io/library/debian:12"; NULL for an image without one */
	struct descriptor manifest;
};

/* All images, in the order of index.json. Indexes in it (skopeo copy --all) are entries, too. */
int store_list(const struct store *s, struct arena *a, struct store_entry **ret,
	       size_t *ret_n, struct err *err);

/* An image as it is stored. */
struct store_image {
	struct store_entry entry;
	struct manifest manifest;
	struct image_config config;
	const char *manifest_text, *config_text;
};

/* Reads manifest and config; of an index, those for @p. -ENOENT when a blob is missing. */
int store_read(const struct store *s, const struct store_entry *entry,
	       const struct platform *p, struct arena *a, struct store_image *ret,
	       struct err *err);

/**
 * store_find() - the image that the user means
 * @typed: a reference, a digest of a manifest, or an image id or its first hexadecimal digits
 *
 * A short name is looked for as it is, then below "localhost/", then as the last part of any
 * name. Return: 0; -ENOENT; -EEXIST when an id or a name fits several, which are in @err.
 */
int store_find(const struct store *s, const char *typed, struct arena *a,
	       struct store_entry *ret, struct err *err);

/**
 * store_name() - give an image a name, which another may lose by it
 * @name: NULL: only note that it is there
 */
int store_name(const struct store *s, const struct descriptor *manifest, const char *name,
	       struct err *err);
/* Takes a name away. The image stays, nameless, when @keep and it was the last. -ENOENT. */
int store_unname(const struct store *s, const char *name, bool keep, struct err *err);
/* Removes all entries of one manifest. */
int store_forget(const struct store *s, const struct digest *manifest, struct err *err);

/* A blob: a descriptor to read it by, or a negative errno. */
int store_blob(const struct store *s, const struct digest *d);

/* The folder of a layer, "HEX/tree" in layers or squashed: O_PATH, or -ENOENT. */
int store_layer(const struct store *s, const struct digest *diff_id, bool is_squashed);
const char *store_layers_path(const struct store *s, bool is_squashed, struct arena *a);

/* What a collection of garbage would remove, or has removed. */
struct store_garbage {
	struct strv blobs, layers; /* "blobs/sha256/HEX"; "layers/HEX", "squashed/HEX" */
	uint64_t blob_bytes;
};

/**
 * store_find_garbage() - what no image and no container needs
 *
 * The caller holds "store" exclusively. Blobs and layers that no entry of index.json and no
 * container's config.json lead to.
 */
int store_find_garbage(const struct store *s, struct arena *a, struct store_garbage *ret,
		       struct err *err);
