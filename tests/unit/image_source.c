// SPDX-License-Identifier: Apache-2.0
/*
 * image_source.c - tests of images in folders: OCI layouts, and what skopeo calls dir:
 */
#include "source.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "image_made.h"

/* The registry is tested elsewhere. */
int source_open_registry(const struct image_ref *ref, const struct source_options *o,
			 struct arena *a, struct source **ret, struct err *err)
{
	return err_say(err, -ENETDOWN, "%s", ref->repository);
}

struct images {
	struct made one, two;
	int fds;
};

static void images_make(struct images *m)
{
	m->fds = count_fds();
	image_make(&m->one, "one", 2);
	image_make(&m->two, "two", 2);
}

/* Frees, and sees that no descriptor is left. */
static void images_end(struct images *m)
{
	image_free(&m->one);
	image_free(&m->two);
	CHECK_INT(count_fds(), m->fds);
}
#define _cleanup_images_ _cleanup_(images_end)

static int try_open(const struct folder *f, const char *path, const char *name,
		    struct err *err)
{
	_cleanup_source_ struct source *s = NULL;
	int r = open_in(f, REF_OCI, path, name, &s, err);

	CHECK((r == 0) == (s != NULL));
	return r;
}

static void replace(const struct folder *f, const char *path, const char *text)
{
	struct bytes b = {0};

	bytes_add(&b, text, strlen(text));
	put_file(f->fd, path, &b);
	bytes_free(&b);
}

/* --- dispatch --- */

static void test_dispatch(void **state)
{
	struct image_ref ref = {.transport = REF_REGISTRY, .repository = "debian"};
	const struct folder *f = *state;
	struct source *s = NULL;
	struct err err = {0};

	CHECK_SAYS(&err, source_open(&ref, NULL, NULL, &s, &err), -ENETDOWN, "debian");
	ref.transport = REF_ROOTFS;
	CHECK_SAYS(&err, source_open(&ref, NULL, NULL, &s, &err), -EINVAL, "rootfs:");
	ref.transport = REF_HOST;
	CHECK_SAYS(&err, source_open(&ref, NULL, NULL, &s, &err), -EINVAL, "host:");
	CHECK_SAYS(&err, open_in(f, REF_OCI, "none", NULL, &s, &err), -ENOENT, "'oci:/");
	CHECK_SAYS(&err, open_in(f, REF_DIR, "none", NULL, &s, &err), -ENOENT, "'dir:/");
	CHECK_SAYS(&err, open_in(f, REF_OCI_ARCHIVE, "none", NULL, &s, &err), -ENOENT,
		   "open archive '");
	CHECK(!s);
}

/* --- layouts --- */

static void test_layout(void **state)
{
	_cleanup_images_ struct images m;
	_cleanup_source_ struct source *s = NULL;
	_cleanup_arena_ struct arena a = {0};
	const char *names[] = {"one"};
	const struct folder *f = *state;
	struct document doc = {0};
	struct err err = {0};

	images_make(&m);
	layout_make(f->fd, "lay", &m.one, names, 1);
	CHECK_INT(open_in(f, REF_OCI, "lay", NULL, &s, &err), 0);
	CHECK_STR(s->name, arena_printf(&a, "oci:%s/lay", f->path));
	check_source(s, &m.one);
	CHECK_INT(s->ops->manifest(s, NULL, &a, &doc, &err), 0);
	CHECK_STR(doc.media_type, MANIFEST_TYPE);
	source_close(&s);
	CHECK_INT(open_in(f, REF_OCI, "lay", "one", &s, &err), 0);
	CHECK_STR(s->name, arena_printf(&a, "oci:%s/lay:one", f->path));
	check_source(s, &m.one);
}

static void test_names(void **state)
{
	_cleanup_images_ struct images m;
	const char *names[] = {"docker.io/library/one:1", NULL};
	const struct folder *f = *state;
	struct source *s = NULL;
	struct made both[2];
	struct err err = {0};

	images_make(&m);
	both[0] = m.one;
	both[1] = m.two;
	layout_make(f->fd, "lay", both, names, 2);
	CHECK_SAYS(&err, try_open(f, "lay", NULL, &err), -EINVAL,
		   "there are 2 images in it: which one?");
	CHECK_STR(err.hint, "Put a name behind the path. There are "
			    "'docker.io/library/one:1', '@1'.");
	CHECK_INT(open_in(f, REF_OCI, "lay", names[0], &s, &err), 0);
	check_source(s, &m.one);
	source_close(&s);
	CHECK_INT(open_in(f, REF_OCI, "lay", "@1", &s, &err), 0);
	check_source(s, &m.two);
	source_close(&s);
	/* Nothing is guessed. */
	CHECK_SAYS(&err, try_open(f, "lay", "one:1", &err), -ENOENT,
		   "there is no image 'one:1'");
	CHECK_INT(try_open(f, "lay", "1", &err), -ENOENT);
	CHECK_INT(try_open(f, "lay", "", &err), -ENOENT);
	CHECK_INT(try_open(f, "lay", "@2", &err), -ENOENT);
	CHECK_INT(try_open(f, "lay", "@-1", &err), -ENOENT);
	CHECK_INT(try_open(f, "lay", "@", &err), -ENOENT);
	CHECK_SAYS(&err, try_open(f, "lay", "\033[1m", &err), -ENOENT, "'\\x1b[1m'");
}

static void test_name_twice(void **state)
{
	_cleanup_images_ struct images m;
	const char *names[] = {"x", "x"};
	const struct folder *f = *state;
	struct made both[2];
	struct err err = {0};

	images_make(&m);
	both[0] = m.one;
	both[1] = m.two;
	layout_make(f->fd, "two", both, names, 2);
	CHECK_SAYS(&err, try_open(f, "two", "x", &err), -EBADMSG,
		   "it has two images called 'x'");
	/* The same image twice is one. */
	both[1] = m.one;
	layout_make(f->fd, "same", both, names, 2);
	CHECK_INT(try_open(f, "same", "x", &err), 0);
}

static void test_layout_version(void **state)
{
	static const struct {
		const char *text;
		int want;
		const char *part;
	} cases[] = {
		{"{\"imageLayoutVersion\":\"1.0.0\"}", 0, ""},
		{"{\"imageLayoutVersion\":\"1.7\",\"more\":[]}", 0, ""},
		{"{\"imageLayoutVersion\":\"2.0.0\"}", -ENOTSUP, "version '2.0.0'"},
		{"{\"imageLayoutVersion\":\"10.0.0\"}", -ENOTSUP, "version '10.0.0'"},
		{"{\"imageLayoutVersion\":1}", -EINVAL, "imageLayoutVersion: expected"},
		{"{}", -ENOTSUP, "version ''"},
		{"[]", -ENOTSUP, "version ''"},
		{"", -EBADMSG, "'oci-layout' in 'oci:"},
		{"{", -EBADMSG, "'oci-layout' in 'oci:"},
	};
	_cleanup_images_ struct images m;
	const char *names[] = {NULL};
	const struct folder *f = *state;
	struct err err = {0};
	struct bytes big = {0};

	images_make(&m);
	layout_make(f->fd, "lay", &m.one, names, 1);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		int r;

		err = (struct err){0};
		check_context("%s", cases[i].text);
		replace(f, "lay/oci-layout", cases[i].text);
		r = try_open(f, "lay", NULL, &err);
		CHECK_SAYS(&err, r, cases[i].want, cases[i].part);
	}
	check_no_context();
	bytes_printf(&big, "{\"imageLayoutVersion\":\"1.0.0\"}%4096s", "");
	put_file(f->fd, "lay/oci-layout", &big);
	bytes_free(&big);
	CHECK_SAYS(&err, try_open(f, "lay", NULL, &err), -EFBIG, "at most 4096");
	CHECK_INT(unlinkat(f->fd, "lay/oci-layout", 0), 0);
	CHECK_SAYS(&err, try_open(f, "lay", NULL, &err), -ENOENT,
		   "there is no 'oci-layout' in 'oci:");
}

static void test_hostile_index(void **state)
{
	_cleanup_images_ struct images m;
	_cleanup_bytes_ struct bytes big = {0};
	const char *names[] = {NULL};
	const struct folder *f = *state;
	struct err err = {0};

	images_make(&m);
	layout_make(f->fd, "lay", &m.one, names, 1);
	put_file(f->fd, "lay/index.json", &m.one.manifest);
	CHECK_SAYS(&err, try_open(f, "lay", NULL, &err), -EINVAL,
		   "it is a manifest instead of an index");
	replace(f, "lay/index.json",
		"{\"schemaVersion\":2,\"manifests\":[],\"layers\":[]}");
	CHECK_SAYS(&err, try_open(f, "lay", NULL, &err), -EINVAL, "'index.json' in ");
	replace(f, "lay/index.json", "{\"schemaVersion\":2,\"manifests\":[]}");
	CHECK_SAYS(&err, try_open(f, "lay", NULL, &err), -ENOENT,
		   "there is no image in it");
	replace(f, "lay/index.json",
		"{\"schemaVersion\":2,\"manifests\":[{\"mediaType\":\"" MANIFEST_TYPE
		"\",\"digest\":\"sha256:../../../../etc/passwd\",\"size\":1}]}");
	CHECK_SAYS(&err, try_open(f, "lay", NULL, &err), -EINVAL, "digest");
	bytes_printf(&big, "{\"schemaVersion\":2,\"manifests\":[]}%*s",
		     (int)MANIFEST_MAX_BYTES, "");
	put_file(f->fd, "lay/index.json", &big);
	CHECK_SAYS(&err, try_open(f, "lay", NULL, &err), -EFBIG, "at most 4194304");
	CHECK_INT(unlinkat(f->fd, "lay/index.json", 0), 0);
	make_fifo(f->fd, "lay/index.json");
	CHECK_SAYS(&err, try_open(f, "lay", NULL, &err), -EINVAL, "is no regular file");
	CHECK_INT(unlinkat(f->fd, "lay/index.json", 0), 0);
	make_dir(f->fd, "lay/index.json", 0755);
	CHECK_SAYS(&err, try_open(f, "lay", NULL, &err), -EINVAL, "is no regular file");
	CHECK_INT(unlinkat(f->fd, "lay/index.json", AT_REMOVEDIR), 0);
	CHECK_SAYS(&err, try_open(f, "lay", NULL, &err), -ENOENT,
		   "there is no 'index.json' in");
	make_link(f->fd, "lay/index.json", "/etc/hostname");
	CHECK_SAYS(&err, try_open(f, "lay", NULL, &err), -ELOOP, "'index.json' in");
}

static int read_top(const struct folder *f, struct err *err)
{
	_cleanup_source_ struct source *s = NULL;
	_cleanup_arena_ struct arena a = {0};
	struct document doc = {0};
	int r = open_in(f, REF_OCI, "lay", NULL, &s, err);

	CHECK_INT(r, 0);
	return s->ops->manifest(s, NULL, &a, &doc, err);
}

static void test_hostile_manifest(void **state)
{
	_cleanup_images_ struct images m;
	_cleanup_bytes_ struct bytes index = {0};
	const char *names[] = {NULL};
	const struct folder *f = *state;
	struct made wrong;
	struct err err = {0};
	char path[128];

	images_make(&m);
	layout_make(f->fd, "lay", &m.one, names, 1);
	CHECK_INT(read_top(f, &err), 0);
	/* Another size than the index has. */
	wrong = m.one;
	wrong.manifest.len++;
	index_make(&index, &wrong, names, 1);
	put_file(f->fd, "lay/index.json", &index);
	CHECK_SAYS(&err, read_top(f, &err), -EBADMSG, " bytes instead of ");
	/* Another text than the digest says. */
	snprintf(path, sizeof(path), "lay/blobs/sha256/%s",
		 digest_hex(&m.one.manifest_digest));
	put_file(f->fd, path, &m.two.manifest);
	CHECK_SAYS(&err, read_top(f, &err), -EBADMSG, "is damaged: its digest is");
	CHECK_INT(unlinkat(f->fd, path, 0), 0);
	CHECK_SAYS(&err, read_top(f, &err), -ENOENT, "there is no 'blobs/sha256/");
	make_fifo(f->fd, path);
	CHECK_SAYS(&err, read_top(f, &err), -EINVAL, "is no regular file");
}

static int send_layer(const struct folder *f, const struct made *m, struct err *err)
{
	_cleanup_source_ struct source *s = NULL;
	struct descriptor d = {.digest = m->layer_digests[0], .size = m->layers[0].len};
	struct got g = got_new();
	int r = open_in(f, REF_OCI, "lay", NULL, &s, err);

	CHECK_INT(r, 0);
	r = s->ops->blob(s, &d, 0, &g.sink, err);
	CHECK_INT(g.bytes.len, r < 0 ? 0 : d.size);
	bytes_free(&g.bytes);
	return r;
}

/* Whoever made the folder may have put links to files of ours there. */
static void test_links(void **state)
{
	_cleanup_images_ struct images m;
	_cleanup_bytes_ struct bytes longer = {0};
	const char *names[] = {NULL};
	const struct folder *f = *state;
	struct err err = {0};
	char path[128], outside[512];

	images_make(&m);
	layout_make(f->fd, "lay", &m.one, names, 1);
	put_file(f->fd, "secret", &m.one.layers[0]);
	snprintf(path, sizeof(path), "lay/blobs/sha256/%s",
		 digest_hex(&m.one.layer_digests[0]));
	CHECK_INT(send_layer(f, &m.one, &err), 0);
	CHECK_INT(unlinkat(f->fd, path, 0), 0);
	snprintf(outside, sizeof(outside), "%s/secret", f->path);
	make_link(f->fd, path, outside);
	CHECK_SAYS(&err, send_layer(f, &m.one, &err), -ELOOP, "blobs/sha256/");
	CHECK(strstr(err.hint, "cp -rL"));
	CHECK_INT(unlinkat(f->fd, path, 0), 0);
	bytes_add(&longer, m.one.layers[0].at, m.one.layers[0].len);
	bytes_add(&longer, "x", 1);
	put_file(f->fd, path, &longer);
	CHECK_SAYS(&err, send_layer(f, &m.one, &err), -EBADMSG, "instead of");
	/* Folders may be links within the layout, but lead to nothing outside. */
	put_file(f->fd, path, &m.one.layers[0]);
	CHECK_INT(renameat(f->fd, "lay/blobs", f->fd, "lay/elsewhere"), 0);
	make_link(f->fd, "lay/blobs", "elsewhere");
	CHECK_INT(send_layer(f, &m.one, &err), 0);
	CHECK_INT(renameat(f->fd, "lay/elsewhere", f->fd, "blobs"), 0);
	CHECK_INT(unlinkat(f->fd, "lay/blobs", 0), 0);
	make_link(f->fd, "lay/blobs", "../blobs");
	CHECK_INT(send_layer(f, &m.one, &err), -ELOOP);
	CHECK_INT(unlinkat(f->fd, "lay/blobs", 0), 0);
	snprintf(outside, sizeof(outside), "%s/blobs", f->path);
	make_link(f->fd, "lay/blobs", outside);
	CHECK_SAYS(&err, send_layer(f, &m.one, &err), -ENOENT, "blobs/sha256/");
}

/* --- threads --- */

#define N_THREADS 8
#define N_TIMES	  50

struct reader {
	struct source *source;
	const struct made *image;
	int failures;
};

struct counter {
	struct sink sink;
	const struct bytes *want;
	size_t len;
};

static int count_write(struct sink *s, const void *bytes, size_t len, struct err *err)
{
	struct counter *c = (struct counter *)s;

	if (c->len + len > c->want->len || memcmp(c->want->at + c->len, bytes, len) != 0)
		return err_say(err, -EIO, "other bytes");
	c->len += len;
	return 0;
}

static void *read_often(void *data)
{
	struct reader *r = data;
	const struct made *m = r->image;

	for (size_t i = 0; i < N_TIMES; i++) {
		struct descriptor d = {.digest = m->layer_digests[i % 2],
				       .size = m->layers[i % 2].len};
		struct counter c = {.sink = {count_write}, .want = &m->layers[i % 2]};
		struct err err;

		if (r->source->ops->blob(r->source, &d, 0, &c.sink, &err) < 0 ||
		    c.len != d.size)
			r->failures++;
	}
	return NULL;
}

static void test_threads(void **state)
{
	_cleanup_images_ struct images m;
	_cleanup_source_ struct source *s = NULL;
	const char *names[] = {NULL};
	const struct folder *f = *state;
	struct reader readers[N_THREADS];
	pthread_t threads[N_THREADS];
	struct err err = {0};

	images_make(&m);
	layout_make(f->fd, "lay", &m.one, names, 1);
	CHECK_INT(open_in(f, REF_OCI, "lay", NULL, &s, &err), 0);
	for (size_t i = 0; i < N_THREADS; i++) {
		readers[i] = (struct reader){.source = s, .image = &m.one};
		CHECK_INT(pthread_create(&threads[i], NULL, read_often, &readers[i]), 0);
	}
	for (size_t i = 0; i < N_THREADS; i++) {
		CHECK_INT(pthread_join(threads[i], NULL), 0);
		CHECK_INT(readers[i].failures, 0);
	}
}

/* --- dir: --- */

static void dir_fill(int dir, const struct made *m)
{
	make_dir(dir, "plain", 0755);
	make_file(dir, "plain/version", "Directory Transport Version: 1.1\n");
	put_file(dir, "plain/manifest.json", &m->manifest);
	for (size_t i = 0; i <= m->n_layers; i++) {
		const struct digest *d = i ? &m->layer_digests[i - 1] : &m->config_digest;
		char path[128];

		snprintf(path, sizeof(path), "plain/%s", digest_hex(d));
		put_file(dir, path, i ? &m->layers[i - 1] : &m->config);
	}
}

static void test_dir(void **state)
{
	_cleanup_images_ struct images m;
	_cleanup_source_ struct source *s = NULL;
	_cleanup_arena_ struct arena a = {0};
	const struct folder *f = *state;
	struct document doc = {0};
	struct err err = {0};
	char path[128];

	images_make(&m);
	dir_fill(f->fd, &m.one);
	CHECK_INT(open_in(f, REF_DIR, "plain", NULL, &s, &err), 0);
	CHECK_STR(s->name, arena_printf(&a, "dir:%s/plain", f->path));
	check_source(s, &m.one);
	/* What an index names. */
	snprintf(path, sizeof(path), "plain/%s.manifest.json",
		 digest_hex(&m.two.manifest_digest));
	CHECK_INT(s->ops->manifest(s, &m.two.manifest_digest, &a, &doc, &err), -EBADMSG);
	put_file(f->fd, path, &m.two.manifest);
	CHECK_INT(s->ops->manifest(s, &m.two.manifest_digest, &a, &doc, &err), 0);
	CHECK_STR(doc.text, m.two.manifest.at);
	put_file(f->fd, path, &m.one.manifest);
	CHECK_SAYS(&err, s->ops->manifest(s, &m.two.manifest_digest, &a, &doc, &err),
		   -EBADMSG, "is damaged: its digest is");
}

static void test_dir_version(void **state)
{
	_cleanup_images_ struct images m;
	struct source *s = NULL;
	const struct folder *f = *state;
	struct err err = {0};

	images_make(&m);
	dir_fill(f->fd, &m.one);
	replace(f, "plain/version", "Directory Transport Version: 2.0\n\033");
	CHECK_SAYS(&err, open_in(f, REF_DIR, "plain", NULL, &s, &err), -ENOTSUP,
		   "2.0\\x0a\\x1b");
	CHECK_INT(unlinkat(f->fd, "plain/version", 0), 0);
	CHECK_INT(open_in(f, REF_DIR, "plain", NULL, &s, &err), 0);
	source_close(&s);
	make_fifo(f->fd, "plain/version");
	CHECK_SAYS(&err, open_in(f, REF_DIR, "plain", NULL, &s, &err), -EINVAL,
		   "is no regular file");
	CHECK_INT(unlinkat(f->fd, "plain/version", 0), 0);
	CHECK_INT(unlinkat(f->fd, "plain/manifest.json", 0), 0);
	CHECK_SAYS(&err, open_in(f, REF_DIR, "plain", NULL, &s, &err), -ENOENT,
		   "there is no 'manifest.json' in 'dir:");
}

/* --- what skopeo makes --- */

/* The blobs are the same ones; skopeo may have compressed the layers. */
static void check_copy(const struct folder *f, enum ref_transport transport,
		       const char *path, const char *name, const struct made *m)
{
	_cleanup_source_ struct source *s = NULL;
	_cleanup_arena_ struct arena a = {0};
	struct document doc = {0};
	struct manifest parsed;
	struct err err = {0};

	CHECK_INT(open_in(f, transport, path, name, &s, &err), 0);
	CHECK_INT(s->ops->manifest(s, NULL, &a, &doc, &err), 0);
	CHECK_INT(manifest_parse(doc.text, doc.len, doc.media_type, &a, &parsed, &err),
		  0);
	CHECK_STR(parsed.config.digest.text, m->config_digest.text);
	CHECK_INT(parsed.n_layers, m->n_layers);
	for (size_t i = 0; i < parsed.n_layers; i++) {
		struct got g = got_new();

		CHECK_INT(s->ops->blob(s, &parsed.layers[i], 0, &g.sink, &err), 0);
		CHECK_STR(bytes_digest(&g.bytes).text, parsed.layers[i].digest.text);
		bytes_free(&g.bytes);
	}
}

static void test_skopeo(void **state)
{
	struct images m;
	_cleanup_arena_ struct arena a = {0};
	const char *names[] = {"one"};
	const struct folder *f = *state;
	const char *from;

	images_make(&m);
	layout_make(f->fd, "lay", &m.one, names, 1);
	from = arena_printf(&a, "oci:%s/lay:one", f->path);
	CHECK_INT(RUN("skopeo", "copy", "--insecure-policy", from,
		      arena_printf(&a, "oci:%s/copy:a/b:tag", f->path)),
		  0);
	check_copy(f, REF_OCI, "copy", "a/b:tag", &m.one);
	check_copy(f, REF_OCI, "copy", NULL, &m.one);
	CHECK_INT(RUN("skopeo", "copy", "--insecure-policy", from,
		      arena_printf(&a, "dir:%s/plain", f->path)),
		  0);
	check_copy(f, REF_DIR, "plain", NULL, &m.one);
	images_end(&m);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST_IN_FOLDER(test_dispatch),
		TEST_IN_FOLDER(test_layout),
		TEST_IN_FOLDER(test_names),
		TEST_IN_FOLDER(test_name_twice),
		TEST_IN_FOLDER(test_layout_version),
		TEST_IN_FOLDER(test_hostile_index),
		TEST_IN_FOLDER(test_hostile_manifest),
		TEST_IN_FOLDER(test_links),
		TEST_IN_FOLDER(test_threads),
		TEST_IN_FOLDER(test_dir),
		TEST_IN_FOLDER(test_dir_version),
		TEST_IN_FOLDER(test_skopeo),
	};

	return UNIT_RUN(tests);
}
