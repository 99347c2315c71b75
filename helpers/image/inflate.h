/* SPDX-License-Identifier: Apache-2.0 */
/*
 * inflate.h - a layer's bytes as they are stored, to the tar stream that they hold
 *
 * gzip (any number of members), zstd (any number of frames, skippable ones too), or plain: told
 * by the first bytes, whatever the media type says. ISA-L inflates where it was there to be
 * built with, else zlib; libzstd does zstd.
 */
#pragma once

#include "image/manifest.h"
#include "sink.h"

struct inflate;

/* @out: borrowed; gets the tar stream in pieces of some 100 KiB. @scratch: borrowed; a folder for a
 * file without a name that holds the window of a zstd stream when that is a large one; -1: memory
 * does. NULL when out of memory. */
struct inflate *inflate_new(struct sink *out, int scratch);
void inflate_free(struct inflate *i); /* NULL is nothing */
static inline void inflate_freep(struct inflate **i)
{
	inflate_free(*i);
}

/* Return: 0; -EBADMSG for a damaged stream, -EFBIG for one that grows by more than
 * INFLATE_MAX_RATIO, or what the sink said. */
int inflate_write(struct inflate *i, const void *bytes, size_t len, struct err *err);

/* The stream has ended: -EBADMSG when it was cut short. */
int inflate_end(struct inflate *i, struct err *err);

/* What the stream turned out to be. */
enum manifest_compression inflate_kind(const struct inflate *i);

/* Deflate and zstd reach about 1000 and more with zeros; nothing that is an image does so for
 * long. Counted from INFLATE_FREE_BYTES on. */
#define INFLATE_MAX_RATIO  1100
#define INFLATE_FREE_BYTES (64u << 20)
