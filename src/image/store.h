/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store.h - images, their layers, and containers, in one folder of the caller's
 *
 *	oci-layout, index.json, blobs/sha256/HEX	an OCI image layout, for everybody to read
 *	layers/HEX/tree		a layer, unpacked, called by its diff id; owners as in the image
 *	squashed/HEX/tree	the same where one id only is mapped
 *	containers/ID/		container.json, config.json, upper, work: see container.h
 *	volumes/NAME/_data
 *	base/			below all layers: empty files that urun mounts over
 *	locks/			empty files that are locked, flock(2)
 *	mnt/			empty: where `urun unshare` mounts, see engine/unshare.h
 *	tmp/			what is not whole yet, and throw-away containers
 *	reserve			space for an index.json when the disk is full
 *
 * What is outside of tmp is whole: made there, written to the disk, then renamed. Locks go with
 * the process that holds them. "store" is held shared by whoever makes something in tmp, changes
 * index.json, or relies on something that no index entry or container names yet, from when it
 * looked for that until it is named; exclusively by whoever removes what nothing names. "index"
 * is held for each change of index.json; "blob-HEX" by whoever brings that blob, and inside of it
 * "layer-HEX" by whoever makes that layer, which may be in several blobs.
 */
#pragma once

#include "image/manifest.h"
#include "image/ref.h"
#include "sys/host.h"

/* urun-image ends with it when the disk was full: what was brought in vain is removed then. */
#define STORE_EXIT_FULL 124
/* And its packer when nobody reads the stream any more, of which it says nothing. */
#define STORE_EXIT_UNREAD 3

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
 * Return: 0; -EACCES when it is somebody else's; -ENOTEMPTY when the folder is not a store but
 * has something in it; another negative errno with @err filled.
 */
int store_open(const char *path, struct store *ret, struct err *err);
void store_close(struct store *s);

/* After err_set(): when the store is mounted read-only, what to do. Return: @r. */
int store_hint(int r, struct err *err);
#define _cleanup_store_ _cleanup_(store_close)

/* Holds a lock by its name, "store", "index", until the descriptor is closed. -EAGAIN without
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
 * @s:    the caller holds "store", as for all that change index.json
 * @name: NULL: only note that it is there
 */
int store_name(const struct store *s, const struct descriptor *manifest, const char *name,
	       struct err *err);

/**
 * store_drop() - take away one entry as it was found: the name, or where it has none the image
 * @e:    what somebody else has given meanwhile stays: another image this name, this image
 *        another name
 * @keep: the image stays, nameless, when it was its last name
 *
 * Return: 0; -ENOENT when there is no such entry any more; another negative errno.
 */
int store_drop(const struct store *s, const struct store_entry *e, bool keep,
	       struct err *err);

/* Removes all entries of one manifest. */
int store_forget(const struct store *s, const struct digest *manifest, struct err *err);

/* A blob: a descriptor to read it by, or a negative errno. */
int store_blob(const struct store *s, const struct digest *d);

/* A folder of the store that stands below all layers of a container: see store.c. */
#define STORE_BASE "base"
/* The kernel takes 500 layers, fewer before Linux 6.5: with more than this none is spent on it. */
#define STORE_MAX_ABOVE_BASE 64

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
