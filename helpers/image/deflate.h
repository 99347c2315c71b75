/* SPDX-License-Identifier: Apache-2.0 */
/*
 * deflate.h - a stream to gzip, the opposite of inflate.h
 *
 * gzip, because every reader of images knows it, without a name and a time in its header: one
 * build makes the same bytes of the same stream. ISA-L where it was there to be built with: a
 * ninth of zlib's time, for results that are a twelfth bigger.
 */
#pragma once

#include "sink.h"

struct deflate;

/* @out: borrowed; gets the stream in pieces of some 100 KiB. NULL when out of memory. */
struct deflate *deflate_new(struct sink *out);
void deflate_free(struct deflate *d); /* NULL is nothing */

/* Return: 0, or what the sink said; -EIO for a fault of the library. */
int deflate_write(struct deflate *d, const void *bytes, size_t len, struct err *err);

/* The stream has ended: what is left goes to the sink. Nothing can be written any more. */
int deflate_end(struct deflate *d, struct err *err);
