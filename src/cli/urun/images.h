/* SPDX-License-Identifier: Apache-2.0 */
/*
 * images.h - what the verbs that have to do with images share
 */
#pragma once

#include "base/json.h"
#include "cli/urun/registry_options.h"
#include "engine/userns.h"
#include "image/container.h"
#include "image/store.h"

/* The caller's store, the host, and the namespace that owns the store's files: opened when they
 * are needed. */
struct images {
	struct arena *arena;
	struct host host;
	struct store store;
	struct userns userns;
	bool has_userns;
	bool is_full;	   /* the disk was, when a helper failed: see images_tidy() */
	const char *creds; /* USER:PASSWORD for the next helper, or NULL */
	int out; /* borrowed: a descriptor that the next helper has, too, or -1 */
};

#define IMAGES_NONE(a)    \
	((struct images){ \
		.arena = (a), .store = STORE_NONE, .userns = USERNS_NONE, .out = -1})

int images_open(struct images *m, struct err *err);
int images_open_userns(struct images *m, struct err *err);
void images_close(struct images *m);
#define _cleanup_images_ _cleanup_(images_close)

/**
 * images_helper() - run urun-image
 * @words: its command line behind the program's name; options for the store are added
 * @ret:   the one JSON document that it prints, for json_free(); or NULL to ignore it
 *
 * Without an open store it gets none, and no namespace. It has the caller's environment and
 * standard error, where it prints progress and what is wrong. What it left half is put away.
 * Return: 0; -ECANCELED when it failed and has said so itself.
 */
int images_helper(struct images *m, const struct strv *words, struct json **ret,
		  struct err *err);

/* Hands them to the next helper. A password that --creds lacks is asked for, once. */
int images_push_registry(struct images *m, const struct registry_options *o,
			 struct strv *words, struct err *err);

/* A text of a helper's answer, NULL when it is not there; with nothing that moves a cursor. */
const char *images_answer(struct images *m, const struct json *answer, const char *key);

/* Brings an image into the store. @ret_digest: of its manifest. */
int images_pull(struct images *m, const char *ref, const struct pull_options *o,
		struct digest *ret_digest, struct err *err);

/**
 * images_get() - an image for a container: found, or brought
 * @when: --pull, or NULL
 */
int images_get(struct images *m, const char *typed, const char *when,
	       const struct pull_options *o, struct store_image *ret, struct err *err);

/* Makes sure that all layers of an image are unpacked, in the form that is asked for. */
int images_unpack(struct images *m, const struct store_image *image, bool is_squashed,
		  struct err *err);

/**
 * images_measure() - how much of the disk things in the store take
 * @paths: below the store: "layers/HEX"
 * @sizes: one for each path, in bytes
 *
 * As root of the namespace that owns them, where there is one.
 */
void images_measure(struct images *m, const struct strv *paths, uint64_t *sizes);

/* Removes one thing in tmp that the caller holds. 0 or a negative errno. */
int images_remove_held(struct images *m, const char *name);

/* Removes what nobody holds, when there is any and nobody is at work in the store. */
void images_sweep(struct images *m);

/* After a failure: what is of no use any more, when the disk was full all that nothing needs. */
void images_tidy(struct images *m);

/* Removes blobs and layers that no image or container needs; leaves that for later when somebody
 * is at work in the store. @ret_freed: bytes of blobs; may be NULL. */
int images_collect(struct images *m, uint64_t *ret_freed, struct err *err);
