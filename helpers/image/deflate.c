// SPDX-License-Identifier: Apache-2.0
/*
 * deflate.c - see deflate.h
 *
 * What the two libraries differ in is how they start and stop, and one step: it takes some of
 * the input, makes some output, and says whether the stream has ended.
 */
#include "deflate.h"

#ifdef HAVE_ISAL
#include <isa-l/igzip_lib.h>
#else
#include <zlib.h>
#endif

#define PIECE_BYTES (128u << 10)
#define MAX_IN	    (1u << 30) /* of one step; both libraries count in 32 bits */

struct deflate {
	struct sink *out;
#ifdef HAVE_ISAL
	struct isal_zstream z;
	uint8_t level[ISAL_DEF_LVL3_DEFAULT];
#else
	z_stream z;
	bool is_started;
#endif
	uint8_t piece[PIECE_BYTES];
};

#ifdef HAVE_ISAL

static int start(struct deflate *d)
{
	isal_deflate_init(&d->z);
	d->z.gzip_flag = IGZIP_GZIP;
	d->z.level = 3;
	d->z.level_buf = d->level;
	d->z.level_buf_size = sizeof(d->level);
	return 0;
}

static void stop(struct deflate *d)
{
	(void)d;
}

static int step(struct deflate *d, bool is_end, bool *ret_ended)
{
	int r;

	d->z.end_of_stream = is_end;
	r = isal_deflate(&d->z);
	*ret_ended = d->z.internal_state.state == ZSTATE_END;
	return r == COMP_OK ? 0 : -EIO;
}

#else

#define GZIP_WINDOW (15 + 16) /* zlib.h: 16 asks for gzip's header */
#define MEM_LEVEL   8

static int start(struct deflate *d)
{
	d->is_started = deflateInit2(&d->z, Z_DEFAULT_COMPRESSION, Z_DEFLATED,
				     GZIP_WINDOW, MEM_LEVEL, Z_DEFAULT_STRATEGY) == Z_OK;
	return d->is_started ? 0 : -ENOMEM;
}

static void stop(struct deflate *d)
{
	if (d->is_started)
		deflateEnd(&d->z);
}

static int step(struct deflate *d, bool is_end, bool *ret_ended)
{
	int r = deflate(&d->z, is_end ? Z_FINISH : Z_NO_FLUSH);

	*ret_ended = r == Z_STREAM_END;
	/* Z_BUF_ERROR: there was nothing to do. */
	return r == Z_OK || r == Z_STREAM_END || r == Z_BUF_ERROR ? 0 : -EIO;
}

#endif

/* Until the input is taken; at the end, until all is out. */
static int run(struct deflate *d, const void *bytes, size_t len, bool is_end,
	       struct err *err)
{
	bool has_ended = false;
	int r = 0;

	d->z.next_in = (uint8_t *)bytes;
	d->z.avail_in = (uint32_t)len;
	do {
		d->z.next_out = d->piece;
		d->z.avail_out = sizeof(d->piece);
		if (step(d, is_end, &has_ended) < 0)
			return err_say(err, -EIO, "compress: the library failed");
		if (d->z.avail_out < sizeof(d->piece))
			r = sink_write(d->out, d->piece,
				       sizeof(d->piece) - d->z.avail_out, err);
	} while (r == 0 && !has_ended &&
		 (is_end || d->z.avail_in > 0 || d->z.avail_out == 0));
	return r;
}

int deflate_write(struct deflate *d, const void *bytes, size_t len, struct err *err)
{
	const uint8_t *at = bytes;
	int r = 0;

	while (r == 0 && len > 0) {
		size_t n = MIN(len, (size_t)MAX_IN);

		r = run(d, at, n, false, err);
		at += n;
		len -= n;
	}
	return r;
}

int deflate_end(struct deflate *d, struct err *err)
{
	return run(d, NULL, 0, true, err);
}

struct deflate *deflate_new(struct sink *out)
{
	struct deflate *d = calloc(1, sizeof(*d));

	if (!d)
		return NULL;
	d->out = out;
	if (start(d) == 0)
		return d;
	deflate_free(d);
	return NULL;
}

void deflate_free(struct deflate *d)
{
	if (d)
		stop(d);
	free(d);
}
