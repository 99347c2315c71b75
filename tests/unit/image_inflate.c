// SPDX-License-Identifier: Apache-2.0
/*
 * image_inflate.c - tests of a layer's bytes becoming its tar stream
 *
 * What is compressed here is inflated again in pieces of several sizes: where a piece ends must
 * not matter.
 */
#include "deflate.h"
#include "inflate.h"

#include <stdio.h>
#include <string.h>
#include <zlib.h>
#include <zstd.h>

#include "support.h"
#include "sys/fd.h"

#define TEXT_BYTES 300000u /* more than one piece of output */

struct bytes {
	uint8_t *at;
	size_t len, size;
};

/* Grows by a megabyte at once: pieces may be of one byte. */
static void bytes_reserve(struct bytes *b, size_t more)
{
	size_t want = ((b->len + more) >> 20) + 1;

	if (b->at && want <= (b->size >> 20))
		return;
	b->size = want << 20;
	b->at = realloc(b->at, b->size);
	assert_non_null(b->at);
}

static void bytes_add(struct bytes *b, const void *more, size_t len)
{
	bytes_reserve(b, len);
	if (len > 0)
		memcpy(b->at + b->len, more, len);
	b->len += len;
}

/* Keeps what it gets, or only counts it; may refuse. */
struct catcher {
	struct sink sink;
	struct bytes got;
	uint64_t count;
	bool is_counting;
	int refusal;
};

static int catch (struct sink *s, const void *bytes, size_t len, struct err *err)
{
	struct catcher *c = (struct catcher *)s;

	CHECK(len > 0);
	if (c->refusal < 0)
		return err_say(err, c->refusal, "the sink is full");
	c->count += len;
	if (!c->is_counting)
		bytes_add(&c->got, bytes, len);
	return 0;
}

static struct bytes make_text(void)
{
	struct dice dice = {.state = 7};
	struct bytes b = {0};

	while (b.len < TEXT_BYTES) {
		char line[64];
		int n = snprintf(line, sizeof(line), "line %u of %u\n",
				 dice_roll(&dice, 1000), dice_roll(&dice, 1000000));

		bytes_add(&b, line, (size_t)n);
	}
	return b;
}

static void add_gzip(struct bytes *b, const void *text, size_t len)
{
	z_stream z = {0};
	size_t max;

	assert_int_equal(deflateInit2(&z, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY),
			 Z_OK);
	max = deflateBound(&z, len);
	bytes_reserve(b, max);
	z.next_in = (uint8_t *)(uintptr_t)text;
	z.avail_in = (uInt)len;
	z.next_out = b->at + b->len;
	z.avail_out = (uInt)max;
	assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
	b->len += max - z.avail_out;
	deflateEnd(&z);
}

static void add_zstd(struct bytes *b, const void *text, size_t len)
{
	size_t max = ZSTD_compressBound(len), n;

	bytes_reserve(b, max);
	n = ZSTD_compress(b->at + b->len, max, text, len, 3);
	assert_false(ZSTD_isError(n));
	b->len += n;
}

/* Inflates in pieces of @step bytes. */
static int run(const struct bytes *in, size_t step, struct catcher *c,
	       enum manifest_compression *ret_kind, struct err *err)
{
	_cleanup_(inflate_freep) struct inflate *i = NULL;
	int r = 0;

	c->sink.write = catch;
	i = inflate_new(&c->sink, -1);
	assert_non_null(i);
	for (size_t at = 0; r == 0 && at < in->len; at += step)
		r = inflate_write(i, in->at + at, MIN(step, in->len - at), err);
	if (r == 0)
		r = inflate_end(i, err);
	if (ret_kind)
		*ret_kind = inflate_kind(i);
	return r;
}

static const size_t steps[] = {1, 2, 3, 61, 4096, 65536, SIZE_MAX / 2};

/* Byte by byte takes long: what is small shows the same. */
static bool is_too_slow(const struct bytes *in, size_t step)
{
	return step < 60 && in->len > 2000;
}

static void expect(const char *what, const struct bytes *in, const struct bytes *want,
		   enum manifest_compression kind)
{
	for (size_t i = 0; i < ARRAY_SIZE(steps); i++) {
		struct catcher c = {.refusal = 0};
		enum manifest_compression is;
		struct err err = {0};

		if (is_too_slow(in, steps[i]))
			continue;
		check_context("%s in pieces of %zu", what, steps[i]);
		CHECK_INT(run(in, steps[i], &c, &is, &err), 0);
		CHECK_INT(is, kind);
		CHECK_INT(c.got.len, want->len);
		CHECK(want->len == 0 || memcmp(c.got.at, want->at, want->len) == 0);
		free(c.got.at);
	}
	check_no_context();
}

static void expect_damaged(const char *what, const struct bytes *in)
{
	for (size_t i = 0; i < ARRAY_SIZE(steps); i++) {
		struct catcher c = {.is_counting = true};
		struct err err = {0};

		if (is_too_slow(in, steps[i]))
			continue;
		check_context("%s in pieces of %zu", what, steps[i]);
		CHECK_INT(run(in, steps[i], &c, NULL, &err), -EBADMSG);
		CHECK_INT(err.code, -EBADMSG);
		CHECK(strstr(err.message, "the layer's") != NULL);
	}
	check_no_context();
}

static void test_plain(void **state)
{
	static const char *const texts[] = {"", "x", "\x1f", "\x1f\x0b", "PK\3\4 zip"};
	struct bytes text = make_text();

	expect("text", &text, &text, COMPRESSION_NONE);
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		struct bytes b = {.at = (uint8_t *)(uintptr_t)texts[i],
				  .len = strlen(texts[i])};

		expect("plain", &b, &b, COMPRESSION_NONE);
	}
	free(text.at);
}

static void test_small(void **state)
{
	struct bytes text = {(uint8_t *)(uintptr_t) "some text, some text", 20, 0};
	struct bytes gzip = {0}, zstd = {0}, want = {0};

	for (int i = 0; i < 3; i++) {
		add_gzip(&gzip, text.at, text.len);
		add_zstd(&zstd, text.at, text.len);
		bytes_add(&want, text.at, text.len);
		expect("small gzip", &gzip, &want, COMPRESSION_GZIP);
		expect("small zstd", &zstd, &want, COMPRESSION_ZSTD);
	}
	for (gzip.len--; gzip.len > 100; gzip.len--)
		expect_damaged("small gzip", &gzip);
	free(gzip.at);
	free(zstd.at);
	free(want.at);
}

static void test_gzip(void **state)
{
	struct bytes text = make_text(), in = {0}, twice = {0}, none = {0};

	add_gzip(&in, text.at, text.len);
	expect("one member", &in, &text, COMPRESSION_GZIP);
	add_gzip(&in, "", 0);
	add_gzip(&in, text.at, text.len);
	bytes_add(&twice, text.at, text.len);
	bytes_add(&twice, text.at, text.len);
	expect("three members", &in, &twice, COMPRESSION_GZIP);
	in.len = 0;
	add_gzip(&in, "", 0);
	expect("empty member", &in, &none, COMPRESSION_GZIP);
	free(in.at);
	free(twice.at);
	free(text.at);
}

/* A header with all optional fields: RFC 1952, section 2.3. */
static void test_gzip_header(void **state)
{
	static const uint8_t head[] = {0x1f, 0x8b, 8,	0x0c | 0x10, 0,	  0,   0,   0,
				       0,    3,	   4,	0,	     'e', 'x', 't', 'r',
				       'n',  'a',  'm', 'e',	     0,	  'c', 0};
	struct bytes text = make_text(), plain = {0}, in = {0};

	add_gzip(&plain, text.at, text.len);
	bytes_add(&in, head, sizeof(head));
	bytes_add(&in, plain.at + 10, plain.len - 10);
	expect("full header", &in, &text, COMPRESSION_GZIP);
	free(in.at);
	free(plain.at);
	free(text.at);
}

static void test_zstd(void **state)
{
	static const uint8_t skippable[] = {0x5e, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3};
	struct bytes text = make_text(), in = {0}, twice = {0};

	add_zstd(&in, text.at, text.len);
	expect("one frame", &in, &text, COMPRESSION_ZSTD);
	bytes_add(&in, skippable, sizeof(skippable));
	add_zstd(&in, text.at, text.len);
	bytes_add(&twice, text.at, text.len);
	bytes_add(&twice, text.at, text.len);
	expect("two frames", &in, &twice, COMPRESSION_ZSTD);
	in.len = 0;
	bytes_add(&in, skippable, sizeof(skippable));
	add_zstd(&in, text.at, text.len);
	expect("skippable first", &in, &text, COMPRESSION_ZSTD);
	free(in.at);
	free(twice.at);
	free(text.at);
}

static void cut_everywhere(const char *what, const struct bytes *in, size_t from)
{
	struct bytes cut = *in;

	for (cut.len = from; cut.len < in->len; cut.len += 1 + cut.len / 7) {
		struct catcher c = {.is_counting = true};
		struct err err = {0};

		check_context("%s cut to %zu of %zu", what, cut.len, in->len);
		CHECK_INT(run(&cut, 1000, &c, NULL, &err), -EBADMSG);
	}
	for (cut.len = in->len - 12; cut.len < in->len; cut.len++)
		expect_damaged(what, &cut);
}

static void test_cut(void **state)
{
	struct bytes text = make_text(), in = {0};

	add_gzip(&in, text.at, text.len);
	cut_everywhere("gzip", &in, 2);
	bytes_add(&in, "\x1f", 1);
	expect_damaged("half a second member", &in);
	in.len = 0;
	add_zstd(&in, text.at, text.len);
	cut_everywhere("zstd", &in, 4);
	free(in.at);
	free(text.at);
}

static void test_damaged(void **state)
{
	struct bytes text = make_text(), in = {0};

	add_gzip(&in, text.at, text.len);
	in.at[in.len - 8] ^= 1;
	expect_damaged("wrong checksum", &in);
	in.at[in.len - 8] ^= 1;
	in.at[in.len - 1] ^= 1;
	expect_damaged("wrong length", &in);
	in.at[in.len - 1] ^= 1;
	bytes_add(&in, "\0\0\0\0", 4);
	expect_damaged("something behind it", &in);
	in.len = 0;
	bytes_add(&in, "\x1f\x8b\x08\0\0\0\0\0\0\3\x07garbage", 18);
	expect_damaged("no deflate", &in);
	in.len = 0;
	bytes_add(&in, "\x1f\x8b\x07\0\0\0\0\0\0\3\x07garbage", 18);
	expect_damaged("another method", &in);
	in.len = 0;
	bytes_add(&in, "\x28\xb5\x2f\xfd garbage garbage", 20);
	expect_damaged("no zstd", &in);
	free(in.at);
	free(text.at);
}

/* Random bytes changed: an error or something else, never a crash. */
static void test_mangled(void **state)
{
	struct bytes text = make_text(), in = {0};
	struct dice dice = {.state = 3};

	for (int i = 0; i < 400; i++) {
		struct catcher c = {.is_counting = true};
		struct err err = {0};
		int r;

		in.len = 0;
		if (i % 2)
			add_gzip(&in, text.at, 20000);
		else
			add_zstd(&in, text.at, 20000);
		for (uint32_t k = 0; k < 1 + dice_roll(&dice, 4); k++)
			in.at[4 + dice_roll(&dice, (uint32_t)in.len - 4)] ^=
				(uint8_t)(1 + dice_roll(&dice, 255));
		r = run(&in, 1 + dice_roll(&dice, 5000), &c, NULL, &err);
		CHECK(r == 0 || r == -EBADMSG || r == -EFBIG);
	}
	free(in.at);
	free(text.at);
}

#define LARGE_WINDOW_LOG 27

/* As a stream of unknown length: the frame asks for the whole window. */
static void add_large_zstd(struct bytes *b, const void *text, size_t len)
{
	ZSTD_CCtx *c = ZSTD_createCCtx();
	ZSTD_inBuffer in = {.src = text, .size = len};
	ZSTD_outBuffer out;

	assert_non_null(c);
	ZSTD_CCtx_setParameter(c, ZSTD_c_windowLog, LARGE_WINDOW_LOG);
	bytes_reserve(b, ZSTD_compressBound(len));
	out = (ZSTD_outBuffer){.dst = b->at + b->len, .size = ZSTD_compressBound(len)};
	assert_false(ZSTD_isError(ZSTD_compressStream2(c, &out, &in, ZSTD_e_continue)));
	assert_int_equal(ZSTD_compressStream2(c, &out, &in, ZSTD_e_end), 0);
	b->len += out.pos;
	ZSTD_freeCCtx(c);
}

/* Bytes that this process has mapped of files without a name, to be written back to them. */
static size_t mapped_unnamed(void)
{
	FILE *f = fopen("/proc/self/maps", "re");
	char line[512], mode[8];
	unsigned long from, to;
	size_t sum = 0;

	assert_non_null(f);
	while (fgets(line, sizeof(line), f))
		if (sscanf(line, "%lx-%lx %7s", &from, &to, mode) == 3 &&
		    mode[3] == 's' && strstr(line, "(deleted)"))
			sum += to - from;
	fclose(f);
	return sum;
}

/* A large window is in a file, where the kernel can have its memory back. */
static void test_large_window(void **state)
{
	_cleanup_fd_ int scratch = fd_open(AT_FDCWD, ".", O_RDONLY | O_DIRECTORY);
	struct bytes in = {0}, text = make_text();
	struct catcher c = {.sink = {catch}};
	struct inflate *i = inflate_new(&c.sink, scratch);
	struct err err = {0};

	add_large_zstd(&in, text.at, text.len);
	assert_non_null(i);
	CHECK_INT(mapped_unnamed(), 0);
	CHECK_INT(inflate_write(i, in.at, in.len / 2, &err), 0);
	CHECK(mapped_unnamed() >= 1u << LARGE_WINDOW_LOG);
	CHECK_INT(inflate_write(i, in.at + in.len / 2, in.len - in.len / 2, &err), 0);
	CHECK_INT(inflate_end(i, &err), 0);
	inflate_free(i);
	CHECK_INT(mapped_unnamed(), 0);
	CHECK_INT(c.got.len, text.len);
	CHECK(memcmp(c.got.at, text.at, text.len) == 0);
	free(c.got.at);
	/* Without a folder it works all the same. */
	c = (struct catcher){0};
	CHECK_INT(run(&in, 4096, &c, NULL, &err), 0);
	CHECK_INT(c.got.len, text.len);
	free(c.got.at);
	free(in.at);
	free(text.at);
}

#define ZEROS (160u << 20)

/* zstd makes 10000 zeros of a byte; gzip stays below its limit, which is no bomb yet. */
static void test_bomb(void **state)
{
	struct bytes in = {0};
	void *zeros = calloc(1, ZEROS);
	struct catcher c = {.is_counting = true};
	struct err err = {0};

	assert_non_null(zeros);
	add_zstd(&in, zeros, ZEROS);
	CHECK_INT(run(&in, 512, &c, NULL, &err), -EFBIG);
	CHECK(strstr(err.message, "more than 1100 times") != NULL);
	CHECK(c.count >= INFLATE_FREE_BYTES && c.count < INFLATE_FREE_BYTES + ZEROS / 2);
	/* What is small in the end may be anything. */
	in.len = 0;
	c.count = 0;
	add_zstd(&in, zeros, INFLATE_FREE_BYTES);
	CHECK_INT(run(&in, 512, &c, NULL, &err), 0);
	CHECK_INT(c.count, INFLATE_FREE_BYTES);
	in.len = 0;
	c.count = 0;
	add_gzip(&in, zeros, ZEROS);
	CHECK_INT(run(&in, 4096, &c, NULL, &err), 0);
	CHECK_INT(c.count, ZEROS);
	free(zeros);
	free(in.at);
}

/* 128 MiB are taken; more memory is not given to a frame that asks for it. */
static void test_window(void **state)
{
	static const uint8_t ends[] = {1, 0, 0}; /* the last block: raw, empty */
	struct bytes in = {0}, none = {0};

	bytes_add(&in, "\x28\xb5\x2f\xfd\0\x88", 6); /* 2^(10+17) */
	bytes_add(&in, ends, sizeof(ends));
	expect("largest window", &in, &none, COMPRESSION_ZSTD);
	in.at[5] = 0x89; /* an eighth more */
	expect_damaged("too large a window", &in);
	free(in.at);
}

static void test_sink_refuses(void **state)
{
	struct bytes text = make_text(), in[3] = {{0}};

	bytes_add(&in[0], text.at, text.len);
	add_gzip(&in[1], text.at, text.len);
	add_zstd(&in[2], text.at, text.len);
	for (size_t i = 0; i < ARRAY_SIZE(in); i++) {
		struct catcher c = {.refusal = -ENOSPC};
		struct err err = {0};

		CHECK_INT(run(&in[i], 4096, &c, NULL, &err), -ENOSPC);
		CHECK_STR(err.message, "the sink is full");
		free(in[i].at);
	}
	free(text.at);
}

/* @len bytes of @text, deflated in pieces of @step. */
static int squeeze(const struct bytes *text, size_t len, size_t step, struct catcher *c,
		   struct err *err)
{
	struct deflate *d;
	int r = 0;

	c->sink.write = catch;
	d = deflate_new(&c->sink);
	assert_non_null(d);
	for (size_t at = 0; r == 0 && at < len; at += step)
		r = deflate_write(d, text->at + at, MIN(step, len - at), err);
	if (r == 0)
		r = deflate_end(d, err);
	deflate_free(d);
	return r;
}

/* What deflate.h makes is gzip, the same each time, and inflates to what it was. */
static void test_deflate(void **state)
{
	static const size_t lens[] = {0, 1, 100, 65536, TEXT_BYTES};
	struct bytes text = make_text(), zeros = {0}, noise = {0};
	struct dice dice = {.state = 11};

	for (size_t i = 0; i < (3u << 20); i += sizeof(uint32_t)) {
		const uint32_t zero = 0, random = dice_roll(&dice, UINT32_MAX);

		bytes_add(&zeros, &zero, sizeof(zero));
		bytes_add(&noise, &random, sizeof(random));
	}
	for (size_t i = 0; i < ARRAY_SIZE(lens); i++) {
		const struct bytes want = {.at = text.at, .len = lens[i]};
		struct catcher once = {.refusal = 0}, again = {.refusal = 0};
		struct err err = {0};

		CHECK_INT(squeeze(&text, lens[i], 1000, &once, &err), 0);
		CHECK_INT(squeeze(&text, lens[i], 1000, &again, &err), 0);
		CHECK_INT(once.got.len, again.got.len);
		CHECK(memcmp(once.got.at, again.got.at, once.got.len) == 0);
		/* RFC 1952: deflate, no name, no time */
		CHECK(memcmp(once.got.at, "\x1f\x8b\x08\0\0\0\0\0", 8) == 0);
		expect("what was deflated", &once.got, &want, COMPRESSION_GZIP);
		free(once.got.at);
		free(again.got.at);
	}
	for (size_t i = 0; i < 2; i++) {
		const struct bytes *in = i ? &noise : &zeros;
		struct catcher c = {.refusal = 0};
		struct err err = {0};

		CHECK_INT(squeeze(in, in->len, SIZE_MAX / 2, &c, &err), 0);
		CHECK(i ? c.got.len < in->len + in->len / 100 : c.got.len < in->len / 50);
		expect("zeros or noise", &c.got, in, COMPRESSION_GZIP);
		free(c.got.at);
	}
	free(text.at);
	free(zeros.at);
	free(noise.at);
}

static void test_deflate_refused(void **state)
{
	struct bytes text = make_text();
	struct catcher c = {.refusal = -ENOSPC};
	struct err err = {0};

	CHECK_INT(squeeze(&text, text.len, 4096, &c, &err), -ENOSPC);
	CHECK_STR(err.message, "the sink is full");
	free(text.at);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(test_plain),   TEST(test_small),
		TEST(test_gzip),    TEST(test_gzip_header),
		TEST(test_zstd),    TEST(test_cut),
		TEST(test_damaged), TEST(test_mangled),
		TEST(test_bomb),    TEST(test_large_window),
		TEST(test_window),  TEST(test_sink_refuses),
		TEST(test_deflate), TEST(test_deflate_refused),
	};

	return UNIT_RUN(tests);
}
