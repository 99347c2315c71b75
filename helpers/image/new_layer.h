/* SPDX-License-Identifier: Apache-2.0 */
/*
 * new_layer.h - a tar stream becomes a blob of the store: compressed, and hashed twice
 */
#pragma once

#include "image/store.h"
#include "sink.h"

struct new_layer;

/**
 * new_layer_begin() - make the file, in tmp and locked
 * @s: borrowed; the caller holds "store" shared
 *
 * NULL with @err filled when that cannot be done.
 */
struct new_layer *new_layer_begin(const struct store *s, struct err *err);

/* Where the stream goes. */
struct sink *new_layer_sink(struct new_layer *l);

/**
 * new_layer_finish() - the stream was whole: the blob goes to where blobs are
 * @ret_blob:    size and digest; the media type is not touched
 * @ret_diff_id: of the stream
 */
int new_layer_finish(struct new_layer *l, struct descriptor *ret_blob,
		     struct digest *ret_diff_id, struct err *err);

/* What was not finished goes. NULL is nothing. */
void new_layer_free(struct new_layer *l);
static inline void new_layer_freep(struct new_layer **l)
{
	new_layer_free(*l);
}
