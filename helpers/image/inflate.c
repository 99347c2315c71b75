// SPDX-License-Identifier: Apache-2.0
/*
 * inflate.c - see inflate.h
 *
 * The kind is known after the first four bytes. Each kind is one line of a table: how it starts,
 * takes bytes, ends. What comes out goes through emit(), which counts.
 */
#include "inflate.h"

#define ZSTD_STATIC_LINKING_ONLY /* ZSTD_createDCtx_advanced() */
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <zstd.h>

#include "sys/fd.h"

#ifdef HAVE_ISAL
#include <isa-l/igzip_lib.h>
#else
#include <zlib.h>
#endif

#define PIECE_BYTES    (128u << 10)
#define MAGIC_BYTES    4
#define GZIP_MAGIC_0   0x1f
#define GZIP_MAGIC_1   0x8b
#define MAX_WINDOW_LOG 27	   /* 128 MiB: what zstd --long makes */
#define LARGE_BYTES    (16u << 20) /* a window of that size is kept in a file */

struct codec {
	enum manifest_compression kind;
	int (*start)(struct inflate *i, struct err *err);
	/* Takes all of it. */
	int (*take)(struct inflate *i, const uint8_t *bytes, size_t len, struct err *err);
	void (*stop)(struct inflate *i);
};

struct inflate {
	struct sink *out;
	const struct codec *codec; /* NULL: not known yet */
	uint64_t in_bytes, out_bytes;
	uint8_t magic[MAGIC_BYTES];
	size_t n_magic;
	bool is_whole; /* the last member or frame has ended */
	size_t n_head; /* bytes of the next gzip member's magic that were seen */
#ifdef HAVE_ISAL
	struct inflate_state gzip;
#else
	z_stream gzip;
#endif
	ZSTD_DCtx *zstd;
	int scratch;  /* borrowed, or -1 */
	void *window; /* what lies in a file there */
	size_t window_size;
	uint8_t piece[PIECE_BYTES];
};

static int damaged(struct err *err, const char *kind, const char *why)
{
	return err_say(err, -EBADMSG, "the layer's %s stream is damaged: %s", kind, why);
}

static int emit(struct inflate *i, const void *bytes, size_t len, struct err *err)
{
	if (len == 0)
		return 0;
	i->out_bytes += len;
	if (i->out_bytes > INFLATE_FREE_BYTES &&
	    (i->out_bytes - INFLATE_FREE_BYTES) / INFLATE_MAX_RATIO > i->in_bytes)
		return err_say(err, -EFBIG,
			       "the layer grows to more than %d times its size: "
			       "nothing that is an image does",
			       INFLATE_MAX_RATIO);
	return sink_write(i->out, bytes, len, err);
}

/* --- plain --- */

static int plain_start(struct inflate *i, struct err *err)
{
	i->is_whole = true;
	return 0;
}

static int plain_take(struct inflate *i, const uint8_t *bytes, size_t len,
		      struct err *err)
{
	return emit(i, bytes, len, err);
}

static void plain_stop(struct inflate *i)
{
}

/* --- gzip --- */

/* What the two libraries differ in: one call that inflates from a place to i->piece. It moves
 * @at, tells how much was made, and whether the member has ended, its trailer checked. */
#ifdef HAVE_ISAL

static int gzip_start(struct inflate *i, struct err *err)
{
	isal_inflate_init(&i->gzip);
	i->gzip.crc_flag = ISAL_GZIP;
	return 0;
}

static int gzip_restart(struct inflate *i)
{
	isal_inflate_reset(&i->gzip);
	i->gzip.crc_flag = ISAL_GZIP;
	return 0;
}

static int gzip_step(struct inflate *i, const uint8_t **at, const uint8_t *end,
		     size_t *ret_made, bool *ret_is_end, struct err *err)
{
	struct inflate_state *z = &i->gzip;
	int r;

	z->next_in = (uint8_t *)*at;
	z->avail_in = (uint32_t)(end - *at);
	z->next_out = i->piece;
	z->avail_out = sizeof(i->piece);
	r = isal_inflate(z);
	*at = z->next_in;
	*ret_made = sizeof(i->piece) - z->avail_out;
	*ret_is_end = z->block_state == ISAL_BLOCK_FINISH;
	if (r == ISAL_INCORRECT_CHECKSUM)
		return damaged(err, "gzip", "its checksum or length is wrong");
	if (r < 0 || r == ISAL_NEED_DICT)
		return damaged(err, "gzip", "this is not deflate");
	return 0;
}

static void gzip_stop(struct inflate *i)
{
}

#else

static int gzip_start(struct inflate *i, struct err *err)
{
	/* 15: the largest window; 16 more: with a gzip header and trailer */
	if (inflateInit2(&i->gzip, 15 + 16) != Z_OK)
		return err_set(err, -ENOMEM, "inflate the layer");
	return 0;
}

static int gzip_restart(struct inflate *i)
{
	return inflateReset(&i->gzip) == Z_OK ? 0 : -ENOMEM;
}

static int gzip_step(struct inflate *i, const uint8_t **at, const uint8_t *end,
		     size_t *ret_made, bool *ret_is_end, struct err *err)
{
	z_stream *z = &i->gzip;
	int r;

	z->next_in = (uint8_t *)*at;
	z->avail_in = (uInt)(end - *at);
	z->next_out = i->piece;
	z->avail_out = sizeof(i->piece);
	r = inflate(z, Z_NO_FLUSH);
	*at = z->next_in;
	*ret_made = sizeof(i->piece) - z->avail_out;
	*ret_is_end = r == Z_STREAM_END;
	if (r == Z_MEM_ERROR)
		return err_set(err, -ENOMEM, "inflate the layer");
	if (r != Z_OK && r != Z_STREAM_END && r != Z_BUF_ERROR)
		return damaged(err, "gzip", z->msg ? z->msg : "this is not deflate");
	return 0;
}

static void gzip_stop(struct inflate *i)
{
	inflateEnd(&i->gzip);
}

#endif

static const uint8_t gzip_magic[] = {GZIP_MAGIC_0, GZIP_MAGIC_1};

/* Behind a member there is another one or nothing. The two bytes that tell may come apart, so
 * they are compared one by one, and given to the decoder once they are there. */
static int gzip_next_member(struct inflate *i, const uint8_t **at, const uint8_t *end,
			    struct err *err)
{
	const uint8_t *magic = gzip_magic, *magic_end = gzip_magic + sizeof(gzip_magic);
	size_t made = 0;
	bool is_end = false;
	int r;

	while (*at < end && i->n_head < sizeof(gzip_magic))
		if (*(*at)++ != gzip_magic[i->n_head++])
			return damaged(err, "gzip", "something else is behind it");
	if (i->n_head < sizeof(gzip_magic))
		return 0;
	r = gzip_restart(i);
	if (r < 0)
		return err_set(err, r, "inflate the layer");
	i->n_head = 0;
	i->is_whole = false;
	return gzip_step(i, &magic, magic_end, &made, &is_end, err);
}

static int gzip_take_member(struct inflate *i, const uint8_t **at, const uint8_t *end,
			    struct err *err)
{
	size_t made;

	/* A full piece may have more behind it that needs no further byte. */
	do {
		const uint8_t *before = *at;
		bool is_end = false;
		int r = gzip_step(i, at, end, &made, &is_end, err);

		if (r == 0)
			r = emit(i, i->piece, made, err);
		if (r < 0)
			return r;
		i->is_whole = is_end;
		if (!is_end && made == 0 && *at == before && *at < end)
			return damaged(err, "gzip", "it does not go on");
	} while (!i->is_whole && (*at < end || made == sizeof(i->piece)));
	return 0;
}

static int gzip_take(struct inflate *i, const uint8_t *bytes, size_t len, struct err *err)
{
	const uint8_t *at = bytes, *end = bytes + len;
	int r = 0;

	while (r == 0 && at < end)
		r = i->is_whole ? gzip_next_member(i, &at, end, err)
				: gzip_take_member(i, &at, end, err);
	return r;
}

/* --- zstd --- */

/* The kernel can take its pages back at any time, as it cannot those of memory without swap. Its
 * space is taken now: later there would be no error, but a signal. */
static void *map_window(struct inflate *i, size_t size)
{
	_cleanup_fd_ int fd = fd_create(i->scratch, ".", O_TMPFILE | O_RDWR, 0600);
	void *p;

	if (fd < 0 || posix_fallocate(fd, 0, (off_t)size) != 0)
		return NULL;
	p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (p == MAP_FAILED)
		return NULL;
	i->window = p;
	i->window_size = size;
	return p;
}

static void *zstd_alloc(void *data, size_t size)
{
	struct inflate *i = data;
	void *p = NULL;

	if (size >= LARGE_BYTES && i->scratch >= 0 && !i->window)
		p = map_window(i, size);
	return p ? p : malloc(size);
}

static void zstd_release(void *data, void *p)
{
	struct inflate *i = data;

	if (!p || p != i->window) {
		free(p);
		return;
	}
	munmap(i->window, i->window_size);
	i->window = NULL;
}

static int zstd_start(struct inflate *i, struct err *err)
{
	i->zstd = ZSTD_createDCtx_advanced((ZSTD_customMem){zstd_alloc, zstd_release, i});
	if (!i->zstd || ZSTD_isError(ZSTD_DCtx_setParameter(i->zstd, ZSTD_d_windowLogMax,
							    MAX_WINDOW_LOG)))
		return err_set(err, -ENOMEM, "inflate the layer");
	return 0;
}

static int zstd_take(struct inflate *i, const uint8_t *bytes, size_t len, struct err *err)
{
	ZSTD_inBuffer in = {.src = bytes, .size = len};
	ZSTD_outBuffer out;

	do {
		size_t left;
		int r;

		out = (ZSTD_outBuffer){.dst = i->piece, .size = sizeof(i->piece)};
		left = ZSTD_decompressStream(i->zstd, &out, &in);
		if (ZSTD_isError(left))
			return damaged(err, "zstd", ZSTD_getErrorName(left));
		r = emit(i, i->piece, out.pos, err);
		if (r < 0)
			return r;
		i->is_whole = left == 0;
	} while (in.pos < in.size || (!i->is_whole && out.pos == out.size));
	return 0;
}

static void zstd_stop(struct inflate *i)
{
	ZSTD_freeDCtx(i->zstd);
}

/* --- all kinds --- */

static const struct codec plain = {COMPRESSION_NONE, plain_start, plain_take, plain_stop};
static const struct codec gzip = {COMPRESSION_GZIP, gzip_start, gzip_take, gzip_stop};
static const struct codec zstd = {COMPRESSION_ZSTD, zstd_start, zstd_take, zstd_stop};

/* Sources: RFC 1952 section 2.3.1, RFC 8878 sections 3.1.1 and 3.1.2. */
static const struct codec *find_codec(const uint8_t *magic, size_t len)
{
	static const uint8_t zstd_frame[] = {0x28, 0xb5, 0x2f, 0xfd};
	static const uint8_t zstd_skippable[] = {0x2a, 0x4d, 0x18};

	if (len >= sizeof(gzip_magic) &&
	    memcmp(magic, gzip_magic, sizeof(gzip_magic)) == 0)
		return &gzip;
	if (len < MAGIC_BYTES)
		return &plain;
	if (memcmp(magic, zstd_frame, sizeof(zstd_frame)) == 0)
		return &zstd;
	if (magic[0] >> 4 == 5 &&
	    memcmp(magic + 1, zstd_skippable, sizeof(zstd_skippable)) == 0)
		return &zstd;
	return &plain;
}

struct inflate *inflate_new(struct sink *out, int scratch)
{
	struct inflate *i = calloc(1, sizeof(*i));

	if (i) {
		i->out = out;
		i->scratch = scratch;
	}
	return i;
}

void inflate_free(struct inflate *i)
{
	if (!i)
		return;
	if (i->codec)
		i->codec->stop(i);
	free(i);
}

/* The bytes that told the kind are the first that are inflated. */
static int begin(struct inflate *i, struct err *err)
{
	const struct codec *codec = find_codec(i->magic, i->n_magic);
	int r = codec->start(i, err);

	if (r < 0)
		return r;
	i->codec = codec;
	return codec->take(i, i->magic, i->n_magic, err);
}

int inflate_write(struct inflate *i, const void *bytes, size_t len, struct err *err)
{
	const uint8_t *at = bytes;

	i->in_bytes += len;
	if (!i->codec) {
		size_t n = MIN(len, MAGIC_BYTES - i->n_magic);
		int r;

		memcpy(i->magic + i->n_magic, at, n);
		i->n_magic += n;
		at += n;
		len -= n;
		if (i->n_magic < MAGIC_BYTES)
			return 0;
		r = begin(i, err);
		if (r < 0)
			return r;
	}
	return len > 0 ? i->codec->take(i, at, len, err) : 0;
}

int inflate_end(struct inflate *i, struct err *err)
{
	int r = i->codec ? 0 : begin(i, err);

	if (r < 0)
		return r;
	if (!i->is_whole || i->n_head > 0)
		return err_say(err, -EBADMSG,
			       "the layer's compressed stream is cut short");
	return 0;
}

enum manifest_compression inflate_kind(const struct inflate *i)
{
	return find_codec(i->magic, i->n_magic)->kind;
}
