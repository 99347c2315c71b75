// SPDX-License-Identifier: Apache-2.0
/*
 * image_archive.c - tests of images in one file: reading what others wrote, and hostile ones,
 * and writing what others can read
 */
#include "archive.h"

#include <archive.h>
#include <archive_entry.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "image_made.h"

#define MAX_MEMBERS 20000

/* The registry is tested elsewhere. */
int source_open_registry(const struct image_ref *ref, const struct source_options *o,
			 struct arena *a, struct source **ret, struct err *err)
{
	return err_say(err, -ENETDOWN, "%s", ref->repository);
}

struct images {
	struct made list[2];
	int fds;
};

static void images_make(struct images *m)
{
	m->fds = count_fds();
	image_make(&m->list[0], "one", 2);
	image_make(&m->list[1], "two", 2);
}

/* Frees, and sees that no descriptor is left. */
static void images_end(struct images *m)
{
	image_free(&m->list[0]);
	image_free(&m->list[1]);
	CHECK_INT(count_fds(), m->fds);
}
#define _cleanup_images_ _cleanup_(images_end)

static int try_open(const struct folder *f, enum ref_transport transport,
		    const char *name, struct err *err)
{
	_cleanup_source_ struct source *s = NULL;
	int r;

	*err = (struct err){0};
	r = open_in(f, transport, "a.tar", name, &s, err);
	CHECK((r == 0) == (s != NULL));
	return r;
}

/* Makes a.tar of the members so far, and lets go of them. */
static void finish(const struct folder *f, struct bytes *tar)
{
	tar_end(tar);
	put_file(f->fd, "a.tar", tar);
	bytes_free(tar);
}

static int detect(const struct folder *f, enum archive_kind *ret, struct err *err)
{
	char path[512];

	snprintf(path, sizeof(path), "%s/a.tar", f->path);
	return archive_detect(path, NULL, ret, err);
}

/* --- docker-archive --- */

static void add_bytes(struct bytes *tar, const char *name, const struct bytes *b)
{
	tar_add(tar, name, '0', NULL, b->at, b->len);
}

/* "DIR/layer.tar" of each, as docker wrote it until version 25, with a link where a layer is
 * there already. */
static void add_docker(struct bytes *tar, const struct made *m, const char *dir,
		       bool want_links)
{
	char name[128];

	snprintf(name, sizeof(name), "%s.json", digest_hex(&m->config_digest));
	add_bytes(tar, name, &m->config);
	for (size_t i = 0; i < m->n_layers; i++) {
		snprintf(name, sizeof(name), "%s-%zu/", dir, i);
		tar_add(tar, name, '5', NULL, NULL, 0);
		snprintf(name, sizeof(name), "%s-%zu/layer.tar", dir, i);
		if (i == 0 && want_links)
			tar_add(tar, name, '2', "../one-0/layer.tar", NULL, 0);
		else
			add_bytes(tar, name, &m->layers[i]);
	}
}

static void put_docker_entry(struct bytes *json, const struct made *m, const char *dir,
			     const char *tags)
{
	bytes_printf(json,
		     "%s{\"Config\":\"%s.json\",\"RepoTags\":%s,"
		     "\"Layers\":[\"%s-0/layer.tar\",\"%s-1/layer.tar\"]}",
		     json->len ? "," : "[", digest_hex(&m->config_digest), tags, dir,
		     dir);
}

static void make_docker(const struct folder *f, const struct images *m)
{
	_cleanup_bytes_ struct bytes json = {0};
	struct bytes tar = {0};

	add_docker(&tar, &m->list[0], "one", false);
	add_docker(&tar, &m->list[1], "two", true);
	put_docker_entry(&json, &m->list[0], "one",
			 "[\"debian:12\",\"quay.io/a/b:c\",\"not a reference\"]");
	put_docker_entry(&json, &m->list[1], "two", "null");
	bytes_printf(&json, "]");
	add_bytes(&tar, "manifest.json", &json);
	finish(f, &tar);
}

static void test_docker(void **state)
{
	static const char *const of_one[] = {
		"@0",
		"debian:12",
		"docker.io/debian:12",
		"docker.io/library/debian:12",
		"library/debian:12",
		"quay.io/a/b:c",
		"not a reference",
	};
	static const char *const of_none[] = {
		"debian", "debian:1", "quay.io/debian:12", "b:c", "@2", "@", "",
	};
	_cleanup_images_ struct images m;
	const struct folder *f = *state;
	struct source *s = NULL;
	struct err err = {0};

	images_make(&m);
	make_docker(f, &m);
	for (size_t i = 0; i < ARRAY_SIZE(of_one); i++) {
		check_context("%s", of_one[i]);
		CHECK_INT(open_in(f, REF_DOCKER_ARCHIVE, "a.tar", of_one[i], &s, &err),
			  0);
		check_source(s, &m.list[0]);
		source_close(&s);
	}
	for (size_t i = 0; i < ARRAY_SIZE(of_none); i++) {
		check_context("%s", of_none[i]);
		CHECK_SAYS(&err, try_open(f, REF_DOCKER_ARCHIVE, of_none[i], &err),
			   -ENOENT, "there is no image '");
	}
	check_no_context();
	CHECK_STR(err.hint, "Put a name behind the path. There are 'debian:12', "
			    "'quay.io/a/b:c', 'not a reference', '@1'.");
	CHECK_INT(open_in(f, REF_DOCKER_ARCHIVE, "a.tar", "@1", &s, &err), 0);
	check_source(s, &m.list[1]);
	source_close(&s);
	CHECK_SAYS(&err, try_open(f, REF_DOCKER_ARCHIVE, NULL, &err), -EINVAL,
		   "there are 2 images in it: which one?");
}

static void test_names_and_kind(void **state)
{
	_cleanup_images_ struct images m;
	_cleanup_arena_ struct arena a = {0};
	const struct folder *f = *state;
	enum archive_kind kind = ARCHIVE_OCI;
	struct bytes tar = {0};
	struct strv names = {0};
	struct err err = {0};
	const char *path = arena_printf(&a, "%s/a.tar", f->path);

	images_make(&m);
	make_docker(f, &m);
	CHECK_INT(detect(f, &kind, &err), 0);
	CHECK_INT(kind, ARCHIVE_DOCKER);
	CHECK_INT(archive_names(path, NULL, kind, &a, &names, &err), 0);
	CHECK_INT(names.n, 4);
	CHECK_STR(names.v[0], "debian:12");
	CHECK_STR(names.v[1], "quay.io/a/b:c");
	CHECK_STR(names.v[2], "not a reference");
	CHECK_STR(names.v[3], "@1");
	CHECK_SAYS(&err, archive_names(path, NULL, ARCHIVE_OCI, &a, &names, &err),
		   -ENOENT, "there is no 'oci-layout' in");
	tar_add_text(&tar, "oci-layout", "{}");
	finish(f, &tar);
	CHECK_INT(detect(f, &kind, &err), 0);
	CHECK_INT(kind, ARCHIVE_OCI);
	tar_add_text(&tar, "oci-layout", "{}");
	tar_add_text(&tar, "manifest.json", "[]");
	finish(f, &tar);
	CHECK_INT(detect(f, &kind, &err), 0);
	CHECK_INT(kind, ARCHIVE_DOCKER);
	tar_add_text(&tar, "repositories", "{}");
	finish(f, &tar);
	CHECK_SAYS(&err, detect(f, &kind, &err), -EINVAL, "is no archive of images");
	CHECK(strstr(err.hint, "docker before 1.10"));
	CHECK_SAYS(&err, try_open(f, REF_DOCKER_ARCHIVE, NULL, &err), -ENOENT,
		   "there is no 'manifest.json' in 'docker-archive:");
}

/* The manifest that is made up is the same each time, and tells how layers are packed. */
static void test_docker_manifest(void **state)
{
	static const char gzip[] = "\x1f\x8b\x08 not really",
			  zstd[] = "\x28\xb5\x2f\xfd.";
	_cleanup_images_ struct images m;
	_cleanup_arena_ struct arena a = {0};
	_cleanup_source_ struct source *s = NULL;
	const struct folder *f = *state;
	struct document doc = {0};
	struct bytes tar = {0}, one = {0}, two = {0};
	struct err err = {0};
	const char *want;

	images_make(&m);
	bytes_add(&one, gzip, strlen(gzip));
	bytes_add(&two, zstd, strlen(zstd));
	tar_add_text(&tar, "c", "{}");
	add_bytes(&tar, "1", &one);
	add_bytes(&tar, "2", &two);
	tar_add_text(&tar, "3", "");
	tar_add_text(&tar, "manifest.json",
		     "[{\"Config\":\"c\",\"Layers\":[\"1\",\"2\",\"./3\",\"1\"]}]");
	finish(f, &tar);
	want = arena_printf(
		&a,
		"{\"schemaVersion\":2,\"mediaType\":\"" MANIFEST_TYPE
		"\",\"config\":{\"mediaType\":\"" CONFIG_TYPE "\",\"digest\":\"sha256:"
		"44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a\","
		"\"size\":2},\"layers\":["
		"{\"mediaType\":\"" LAYER_TYPE "+gzip\",\"digest\":\"%s\",\"size\":14},"
		"{\"mediaType\":\"" LAYER_TYPE "+zstd\",\"digest\":\"%s\",\"size\":5},"
		"{\"mediaType\":\"" LAYER_TYPE "\",\"digest\":\"sha256:"
		"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\","
		"\"size\":0},"
		"{\"mediaType\":\"" LAYER_TYPE "+gzip\",\"digest\":\"%s\",\"size\":14}]}",
		bytes_digest(&one).text, bytes_digest(&two).text,
		bytes_digest(&one).text);
	CHECK_INT(open_in(f, REF_DOCKER_ARCHIVE, "a.tar", NULL, &s, &err), 0);
	CHECK_INT(s->ops->manifest(s, NULL, &a, &doc, &err), 0);
	CHECK_STR(doc.text, want);
	CHECK_STR(doc.media_type, MANIFEST_TYPE);
	bytes_free(&one);
	bytes_free(&two);
}

static void test_hostile_manifest_json(void **state)
{
	static const struct {
		const char *json;
		int want;
		const char *part;
	} cases[] = {
		{"[{\"Config\":\"c\",\"Layers\":[\"l\"]}]", 0, ""},
		{"[{\"Config\":\"c\",\"Layers\":null,\"RepoTags\":null}]", 0, ""},
		{"[]", -ENOENT, "there is no image in it"},
		{"null", -EBADMSG, "JSON line 1"},
		{"[null]", -EINVAL, "[0]: there is no Config"},
		{"[{}]", -EINVAL, "[0]: there is no Config"},
		{"{}", -EINVAL, "document: expected an array"},
		{"[{\"Config\":1}]", -EINVAL, "[0].Config: expected a string"},
		{"[{\"Config\":\"c\",\"Layers\":\"l\"}]", -EINVAL, "[0].Layers"},
		{"[{\"Config\":\"c\",\"Layers\":[1]}]", -EINVAL, "[0].Layers[0]"},
		{"[{\"Config\":\"c\",\"RepoTags\":[[]]}]", -EINVAL, "[0].RepoTags[0]"},
		{"[{\"Config\":\"c\",\"Layers\":[\"none\"]}]", -EBADMSG,
		 "there is no 'none' in 'docker-archive:"},
		{"[{\"Config\":\"none\"}]", -EBADMSG, "there is no 'none' in"},
		{"[{\"Config\":\"\"}]", -EBADMSG, "there is no '' in"},
		{"[{\"Config\":\"c\",\"Layers\":[\"folder\"]}]", -EBADMSG, "'folder'"},
		{"[{\"Config\":\"c\",\"Layers\":[\"../l\"]}]", -EPERM,
		 "'../l' leads out"},
		{"[{\"Config\":\"c\",\"Layers\":[\"up\"]}]", -EPERM, "'up' leads out of"},
		{"[{\"Config\":\"c\",\"Layers\":[\"abs\"]}]", -EPERM, "'abs' leads out"},
		{"[{\"Config\":\"c\",\"Layers\":[\"loop\"]}]", -ELOOP, "'loop' in"},
		{"[{\"Config\":\"c\",\"Layers\":[\"in\"]}]", 0, ""},
		{"[{\"Config\":\"c\",\"Layers\":[\"hard\"]}]", 0, ""},
		{"[{\"Config\":\"c\",\"Config\":\"c\"}]", -EBADMSG, "duplicate"},
		{"[{\"Config\":\"c\"}", -EBADMSG, "JSON line 1"},
	};
	const struct folder *f = *state;
	struct err err = {0};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct bytes tar = {0};

		check_context("%s", cases[i].json);
		tar_add_text(&tar, "c", "{}");
		tar_add_text(&tar, "l", "layer");
		tar_add(&tar, "folder", '5', NULL, NULL, 0);
		tar_add(&tar, "up", '2', "../l", NULL, 0);
		tar_add(&tar, "abs", '2', "/l", NULL, 0);
		tar_add(&tar, "loop", '2', "./loop", NULL, 0);
		tar_add(&tar, "x/y/in", '2', "../../l", NULL, 0);
		tar_add(&tar, "in", '2', "x/./y//in", NULL, 0);
		tar_add(&tar, "hard", '1', "x/y/in", NULL, 0);
		tar_add_text(&tar, "manifest.json", cases[i].json);
		finish(f, &tar);
		CHECK_SAYS(&err, try_open(f, REF_DOCKER_ARCHIVE, NULL, &err),
			   cases[i].want, cases[i].part);
	}
}

static void add_big_json(struct bytes *tar, const char *before, const char *item,
			 size_t n, const char *after)
{
	_cleanup_bytes_ struct bytes json = {0};

	bytes_printf(&json, "%s", before);
	for (size_t i = 0; i < n; i++)
		bytes_printf(&json, "%s%s", i ? "," : "", item);
	bytes_printf(&json, "%s", after);
	tar_add_text(tar, "c", "{}");
	tar_add_text(tar, "l", "layer");
	add_bytes(tar, "manifest.json", &json);
}

static void test_too_much(void **state)
{
	static const struct {
		const char *before, *item;
		size_t most;
		const char *after, *part;
		int want;
	} cases[] = {
		{"[{\"Config\":\"c\",\"Layers\":[", "\"l\"", MANIFEST_MAX_LAYERS, "]}]",
		 "more than 1000 layers", -EINVAL},
		{"[", "{\"Config\":\"c\"}", MANIFEST_MAX_IMAGES, "]",
		 "more than 1000 images", -EFBIG},
		{"[{\"Config\":\"c\",\"RepoTags\":[", "\"l\"", 10000, "]}]",
		 "more than 10000 names", -EFBIG},
	};
	const struct folder *f = *state;
	struct bytes tar = {0}, big = {0};
	struct err err = {0};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		check_context("%s", cases[i].part);
		add_big_json(&tar, cases[i].before, cases[i].item, cases[i].most,
			     cases[i].after);
		finish(f, &tar);
		CHECK_SAYS(&err, try_open(f, REF_DOCKER_ARCHIVE, "@0", &err), 0, "");
		add_big_json(&tar, cases[i].before, cases[i].item, cases[i].most + 1,
			     cases[i].after);
		finish(f, &tar);
		CHECK_SAYS(&err, try_open(f, REF_DOCKER_ARCHIVE, "@0", &err),
			   cases[i].want, cases[i].part);
	}
	check_no_context();
	bytes_printf(&big, "%*s", (int)MANIFEST_MAX_BYTES + 1, "");
	tar_add_text(&tar, "manifest.json", "[{\"Config\":\"c\"}]");
	add_bytes(&tar, "c", &big);
	finish(f, &tar);
	CHECK_SAYS(&err, try_open(f, REF_DOCKER_ARCHIVE, NULL, &err), -EFBIG,
		   "config 'c' of 'docker-archive:");
	add_bytes(&tar, "manifest.json", &big);
	finish(f, &tar);
	CHECK_SAYS(&err, try_open(f, REF_DOCKER_ARCHIVE, NULL, &err), -EFBIG,
		   "'manifest.json' is 4194305 bytes: at most 4194304");
	bytes_free(&big);
}

/* --- oci-archive --- */

static void add_blob(struct bytes *tar, const char *prefix, const struct digest *d,
		     const struct bytes *b)
{
	char name[128];

	snprintf(name, sizeof(name), "%sblobs/sha256/%s", prefix, digest_hex(d));
	add_bytes(tar, name, b);
}

static void add_layout(struct bytes *tar, const struct images *m, const char *prefix,
		       const char *const *names, size_t n)
{
	_cleanup_bytes_ struct bytes index = {0};
	char name[128];

	for (size_t i = 0; i < n; i++) {
		const struct made *image = &m->list[i];

		add_blob(tar, prefix, &image->manifest_digest, &image->manifest);
		add_blob(tar, prefix, &image->config_digest, &image->config);
		for (size_t k = 0; k < image->n_layers; k++)
			add_blob(tar, prefix, &image->layer_digests[k],
				 &image->layers[k]);
	}
	index_make(&index, m->list, names, n);
	snprintf(name, sizeof(name), "%sindex.json", prefix);
	add_bytes(tar, name, &index);
	snprintf(name, sizeof(name), "%soci-layout", prefix);
	tar_add_text(tar, name, "{\"imageLayoutVersion\":\"1.0.0\"}");
}

static void test_oci(void **state)
{
	static const char *const prefixes[] = {"", "./", "/", ".//./"};
	_cleanup_images_ struct images m;
	_cleanup_arena_ struct arena a = {0};
	const char *names[] = {"one", "a/b:c"};
	const struct folder *f = *state;
	struct source *s = NULL;
	struct bytes tar = {0};
	struct strv list = {0};
	struct err err = {0};

	images_make(&m);
	for (size_t i = 0; i < ARRAY_SIZE(prefixes); i++) {
		check_context("%s", prefixes[i]);
		add_layout(&tar, &m, prefixes[i], names, 2);
		finish(f, &tar);
		CHECK_INT(open_in(f, REF_OCI_ARCHIVE, "a.tar", "a/b:c", &s, &err), 0);
		check_source(s, &m.list[1]);
		source_close(&s);
		CHECK_INT(open_in(f, REF_OCI_ARCHIVE, "a.tar", "one", &s, &err), 0);
		check_source(s, &m.list[0]);
		source_close(&s);
	}
	CHECK_SAYS(&err, try_open(f, REF_OCI_ARCHIVE, NULL, &err), -EINVAL,
		   "there are 2 images in it: which one?");
	CHECK_INT(archive_names(arena_printf(&a, "%s/a.tar", f->path), NULL, ARCHIVE_OCI,
				&a, &list, &err),
		  0);
	CHECK_INT(list.n, 2);
	CHECK_STR(list.v[0], "one");
	CHECK_STR(list.v[1], "a/b:c");
}

/* A blob of several pieces, and members behind long names. */
static void test_big_members(void **state)
{
	_cleanup_images_ struct images m;
	const struct folder *f = *state;
	struct dice dice = {.state = 7};
	struct bytes tar = {0}, *layer = &m.list[0].layers[1];
	struct source *s = NULL;
	struct err err = {0};
	const char *names[] = {NULL};
	char name[3000];

	images_make(&m);
	for (size_t i = 0; i < 300000; i++) {
		uint32_t word = dice_roll(&dice, UINT32_MAX);

		bytes_add(layer, &word, sizeof(word));
		layer->len--; /* three bytes of each */
	}
	m.list[0].layer_digests[1] = bytes_digest(layer);
	memset(name, 'n', sizeof(name));
	name[sizeof(name) - 1] = '\0';
	tar_add_pax(&tar, "path", name);
	tar_add_pax(&tar, "mtime", "1234567890.123456789");
	tar_add_text(&tar, "short", "content");
	tar_add(&tar, "././@LongLink", 'L', NULL, name, sizeof(name));
	tar_add_text(&tar, "short", "content");
	tar_add(&tar, "global", 'g', NULL, "12 comment=x\n", 13);
	add_layout(&tar, &m, "", names, 1);
	finish(f, &tar);
	CHECK_INT(open_in(f, REF_OCI_ARCHIVE, "a.tar", NULL, &s, &err), 0);
	check_blobs(s, &m.list[0]);
	source_close(&s);
}

/* Of members of one name the last one counts. */
static void test_same_name(void **state)
{
	_cleanup_images_ struct images m;
	const struct folder *f = *state;
	const char *names[] = {NULL};
	struct source *s = NULL;
	struct bytes tar = {0};
	struct err err = {0};

	images_make(&m);
	tar_add_text(&tar, "index.json", "garbage");
	tar_add_text(&tar, "./oci-layout", "garbage");
	add_layout(&tar, &m, "", names, 1);
	finish(f, &tar);
	CHECK_INT(open_in(f, REF_OCI_ARCHIVE, "a.tar", NULL, &s, &err), 0);
	check_source(s, &m.list[0]);
	source_close(&s);
	add_layout(&tar, &m, "", names, 1);
	tar_add_text(&tar, ".//index.json", "garbage");
	finish(f, &tar);
	CHECK_SAYS(&err, try_open(f, REF_OCI_ARCHIVE, NULL, &err), -EBADMSG,
		   "'index.json' in");
}

/* --- hostile archives --- */

static int open_members(const struct folder *f, struct bytes *tar, struct err *err)
{
	finish(f, tar);
	return try_open(f, REF_OCI_ARCHIVE, NULL, err);
}

static void test_odd_members(void **state)
{
	static const struct {
		const char *name;
		char type;
		const char *link, *content, *part;
	} cases[] = {
		{"../x", '0', NULL, "x", "member '../x' of 'oci-archive:"},
		{"a/../../x", '0', NULL, "", "leads out of the archive"},
		{"a/..", '5', NULL, "", "leads out of the archive"},
		{"c", '3', NULL, "", "is neither a file nor a folder"},
		{"b", '4', NULL, "", "is neither a file nor a folder"},
		{"p", '6', NULL, "", "is neither a file nor a folder"},
	};
	const struct folder *f = *state;
	struct bytes tar = {0};
	struct err err = {0};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		check_context("%s", cases[i].name);
		tar_add_text(&tar, "before", "content");
		tar_add(&tar, cases[i].name, cases[i].type, cases[i].link,
			cases[i].content, strlen(cases[i].content));
		CHECK_SAYS(&err, open_members(f, &tar, &err), -EPERM, cases[i].part);
	}
	check_no_context();
	tar_add(&tar, "PaxHeaders/x", 'x', NULL,
		"22 GNU.sparse.size=99\n38 GNU.sparse.map=10,1,20,2,30,1,40,1\n", 60);
	tar_add_text(&tar, "sparse", "12345");
	CHECK_SAYS(&err, open_members(f, &tar, &err), -EPERM, "is a sparse file");
}

static void test_sizes(void **state)
{
	/* Octal and base-256: up to the largest number, and negative ones. */
	static const struct {
		const char *name, *size, *part;
	} cases[] = {
		{"octal", "77777777777", "member 'oci-layout' of 'oci-archive:"},
		{"more", "00000002001", "is cut short"},
		{"huge", "\x80\0\0\0\x7f\xff\xff\xff\xff\xff\xff\xff", ""},
		{"over", "\x80\0\0\x01\0\0\0\0\0\0\0\0", ""},
		{"negative", "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", ""},
		{"lowest", "\xff\xff\xff\xff\x80\0\0\0\0\0\0\0", ""},
	};
	const struct folder *f = *state;
	struct bytes tar = {0};
	struct err err = {0};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		check_context("%s", cases[i].name);
		tar_add_text(&tar, "before", "content");
		tar_header(&tar, "oci-layout", '0', NULL, cases[i].size);
		CHECK_SAYS(&err, open_members(f, &tar, &err), -EBADMSG, cases[i].part);
		tar_add_text(&tar, "before", "content");
		tar_add_pax(&tar, "size", "9223372036854775807");
		tar_add_text(&tar, "oci-layout", "{}");
		CHECK_SAYS(&err, open_members(f, &tar, &err), -EBADMSG, "");
	}
}

static void test_no_archive(void **state)
{
	const struct folder *f = *state;
	struct bytes tar = {0};
	struct err err = {0};

	make_file(f->fd, "a.tar", "");
	CHECK_SAYS(&err, try_open(f, REF_OCI_ARCHIVE, NULL, &err), -EBADMSG,
		   "a.tar' is empty");
	make_file(f->fd, "a.tar", "{\"no\": \"archive\"}");
	CHECK_SAYS(&err, try_open(f, REF_OCI_ARCHIVE, NULL, &err), -EBADMSG,
		   "a.tar' is no tar archive");
	/* A broken header behind a good one. */
	tar_add_text(&tar, "before", "content");
	tar_add_text(&tar, "oci-layout", "{}");
	tar.at[1024] ^= 1;
	CHECK_SAYS(&err, open_members(f, &tar, &err), -EBADMSG,
		   "is damaged behind member 1: ");
	CHECK_INT(unlinkat(f->fd, "a.tar", 0), 0);
	make_dir(f->fd, "a.tar", 0755);
	CHECK_SAYS(&err, try_open(f, REF_OCI_ARCHIVE, NULL, &err), -EISDIR, "archive '");
	CHECK(strstr(err.hint, "oci:DIR"));
	CHECK_INT(unlinkat(f->fd, "a.tar", AT_REMOVEDIR), 0);
	make_link(f->fd, "a.tar", "/dev/zero");
	CHECK_SAYS(&err, try_open(f, REF_OCI_ARCHIVE, NULL, &err), -EINVAL,
		   "is a device");
}

static void test_counts(void **state)
{
	_cleanup_images_ struct images m;
	const struct folder *f = *state;
	const char *names[] = {NULL};
	struct bytes tar = {0};
	struct err err = {0};
	char name[100];

	images_make(&m);
	add_layout(&tar, &m, "", names, 1);
	for (size_t i = 6; i < MAX_MEMBERS; i++) {
		snprintf(name, sizeof(name), "member-%zu", i);
		tar_header(&tar, name, i % 2 ? '0' : '5', NULL, "0");
	}
	/* Kept, for one more. */
	put_file(f->fd, "a.tar", &tar);
	CHECK_SAYS(&err, try_open(f, REF_OCI_ARCHIVE, NULL, &err), 0, "");
	tar_header(&tar, "one-more", '5', NULL, "0");
	CHECK_SAYS(&err, open_members(f, &tar, &err), -EFBIG,
		   "has more than 20000 members");
}

static void test_long_names(void **state)
{
	const struct folder *f = *state;
	struct bytes tar = {0}, name = {0};
	struct err err = {0};
	char *text;

	for (size_t i = 0; i < 4097; i++)
		bytes_printf(&name, "n");
	tar_add_pax(&tar, "path", name.at);
	tar_add_text(&tar, "short", "");
	CHECK_SAYS(&err, open_members(f, &tar, &err), -ENAMETOOLONG,
		   "its name is too long");
	for (size_t i = 0; i < 2100; i++) {
		tar_add_pax(&tar, "path", name.at + 1);
		tar_add_text(&tar, "short", "");
	}
	CHECK_SAYS(&err, open_members(f, &tar, &err), -EFBIG, "has names of more than");
	/* Of a sparse file, where it has data: libarchive would keep a list of all. */
	text = calloc(1, 512);
	CHECK(text);
	tar_header(&tar, "sparse", 'S', NULL, "0");
	memcpy(tar.at + 257, "ustar  ", 8);
	tar.at[386] = '0';
	tar.at[482] = 1; /* more of the map follows */
	memset(tar.at + 148, ' ', 8);
	for (size_t i = 0, sum = 0; i <= 512; i++) {
		if (i == 512)
			snprintf(tar.at + 148, 8, "%06zo", sum);
		else
			sum += (unsigned char)tar.at[i];
	}
	for (size_t i = 0; i < 504; i += 24)
		text[i] = '0';
	text[504] = 1;
	for (size_t i = 0; i < 10000; i++)
		bytes_add(&tar, text, 512);
	free(text);
	CHECK_SAYS(&err, open_members(f, &tar, &err), -EFBIG,
		   "a header of more than 4194304 bytes");
	bytes_free(&name);
}

/* --- compressed, and through pipes --- */

static void compress_to(const struct bytes *tar, int filter, struct bytes *ret)
{
	struct archive *w = archive_write_new();
	struct archive_entry *e = archive_entry_new();
	size_t size = tar->len + 65536, used = 0;

	ret->at = calloc(1, size);
	ret->size = size;
	CHECK(ret->at);
	archive_write_add_filter(w, filter);
	archive_write_set_format_raw(w);
	archive_write_set_bytes_in_last_block(w, 1);
	CHECK_INT(archive_write_open_memory(w, ret->at, size, &used), ARCHIVE_OK);
	archive_entry_set_filetype(e, AE_IFREG);
	CHECK_INT(archive_write_header(w, e), ARCHIVE_OK);
	CHECK_INT(archive_write_data(w, tar->at, tar->len), (int64_t)tar->len);
	CHECK_INT(archive_write_close(w), ARCHIVE_OK);
	ret->len = used;
	archive_entry_free(e);
	archive_write_free(w);
}

static const struct {
	int filter;
	const char *name;
} filters[] = {
	{ARCHIVE_FILTER_GZIP, "gzip"},
	{ARCHIVE_FILTER_ZSTD, "zstd"},
	{ARCHIVE_FILTER_XZ, "xz"},
	{ARCHIVE_FILTER_BZIP2, "bzip2"},
};

static void test_compressed(void **state)
{
	_cleanup_images_ struct images m;
	_cleanup_bytes_ struct bytes tar = {0};
	const struct folder *f = *state;
	const char *names[] = {NULL};
	struct source *s = NULL;
	struct err err = {0};

	images_make(&m);
	add_layout(&tar, &m, "", names, 1);
	tar_end(&tar);
	for (size_t i = 0; i < ARRAY_SIZE(filters); i++) {
		struct bytes small = {0};
		enum archive_kind kind = ARCHIVE_DOCKER;

		check_context("%s", filters[i].name);
		compress_to(&tar, filters[i].filter, &small);
		CHECK(small.len < tar.len / 2);
		put_file(f->fd, "a.tar", &small);
		CHECK_INT(open_in(f, REF_OCI_ARCHIVE, "a.tar", NULL, &s, &err), 0);
		check_source(s, &m.list[0]);
		source_close(&s);
		CHECK_INT(detect(f, &kind, &err), 0);
		CHECK_INT(kind, ARCHIVE_OCI);
		/* Cut short: the tar archive inside would have been whole. */
		small.len -= 20;
		put_file(f->fd, "a.tar", &small);
		CHECK_SAYS(&err, try_open(f, REF_OCI_ARCHIVE, NULL, &err), -EBADMSG,
			   "is damaged: ");
		bytes_free(&small);
	}
}

/* Zeros that are a thousandth of what they become. */
static void test_bomb(void **state)
{
	const struct folder *f = *state;
	_cleanup_bytes_ struct bytes zeros = {0};
	struct bytes small = {0};
	struct err err = {0};

	zeros.len = zeros.size = 128u << 20;
	zeros.at = calloc(1, zeros.len);
	CHECK(zeros.at);
	compress_to(&zeros, ARCHIVE_FILTER_ZSTD, &small);
	put_file(f->fd, "a.tar", &small);
	bytes_free(&small);
	CHECK_SAYS(&err, try_open(f, REF_OCI_ARCHIVE, NULL, &err), -EFBIG,
		   "becomes too big when it is unpacked");
}

struct feeder {
	int fd;
	int dir; /* of a FIFO, which is opened when somebody reads it; or -1 */
	const struct bytes *bytes;
};

static void *feed(void *data)
{
	struct feeder *w = data;

	if (w->dir >= 0)
		w->fd = fd_open(w->dir, "fifo", O_WRONLY);
	/* In pieces that are no blocks. */
	for (size_t at = 0; at < w->bytes->len; at += 1000)
		fd_write_all(w->fd, w->bytes->at + at, MIN(1000, w->bytes->len - at));
	fd_close(&w->fd);
	return NULL;
}

static void child_pipes(void *data)
{
	const struct folder *f = data;
	const char *names[] = {NULL}, *paths[] = {"-", "/dev/stdin", "fifo"};
	struct bytes tars[2] = {0};
	struct images m;
	struct err err = {0};

	images_make(&m);
	add_layout(&tars[0], &m, "", names, 1);
	tar_end(&tars[0]);
	compress_to(&tars[0], ARCHIVE_FILTER_GZIP, &tars[1]);
	for (size_t i = 0; i < ARRAY_SIZE(paths) * 2; i++) {
		const char *path = paths[i / 2];
		struct feeder w = {.fd = -EBADF, .dir = f->fd, .bytes = &tars[i % 2]};
		struct source *s = NULL;
		pthread_t thread;
		int ends[2] = {-1, -1};

		check_context("%s, %zu", path, i % 2);
		if (strcmp(path, "fifo") != 0) {
			CHECK_INT(fd_pipe(ends), 0);
			CHECK_INT(MIN(fd_replace(ends[0], STDIN_FILENO), 0), 0);
			w.fd = ends[1];
			w.dir = -1;
		}
		CHECK_INT(pthread_create(&thread, NULL, feed, &w), 0);
		CHECK_INT(open_in(f, REF_OCI_ARCHIVE, path, NULL, &s, &err), 0);
		check_source(s, &m.list[0]);
		source_close(&s);
		CHECK_INT(pthread_join(thread, NULL), 0);
		fd_close(&ends[0]);
	}
	bytes_free(&tars[0]);
	bytes_free(&tars[1]);
	images_end(&m);
}

static void test_pipes(void **state)
{
	struct folder *f = *state;

	make_fifo(f->fd, "fifo");
	in_child(child_pipes, f);
}

/* A file on standard input is read from where it stands, and TMPDIR is where it goes. */
static void child_stdin_file(void *data)
{
	const struct folder *f = data;
	_cleanup_fd_ int fd = -EBADF;
	struct bytes tar = {0};
	struct err err = {0};
	struct source *s = NULL;
	const char *names[] = {NULL};
	struct images m;

	images_make(&m);
	bytes_printf(&tar, "something else");
	add_layout(&tar, &m, "", names, 1);
	finish(f, &tar);
	fd = fd_open(f->fd, "a.tar", O_RDONLY);
	CHECK_INT(lseek(fd, 14, SEEK_SET), 14);
	CHECK_INT(MIN(fd_replace(fd, STDIN_FILENO), 0), 0);
	CHECK_INT(setenv("TMPDIR", "/no/such/folder", 1), 0);
	CHECK_SAYS(&err, open_in(f, REF_OCI_ARCHIVE, "-", NULL, &s, &err), -ENOENT,
		   "make a temporary file in '/no/such/folder'");
	CHECK_INT(setenv("TMPDIR", f->path, 1), 0);
	CHECK_INT(open_in(f, REF_OCI_ARCHIVE, "-", NULL, &s, &err), 0);
	check_source(s, &m.list[0]);
	source_close(&s);
	CHECK_INT(lseek(fd, 0, SEEK_SET), 0);
	fd_close(&fd);
	images_end(&m);
}

static void test_stdin_file(void **state)
{
	in_child(child_stdin_file, *state);
}

/* Once opened plainly, it can be read as often as one likes. */
static void test_open_plain(void **state)
{
	_cleanup_images_ struct images m;
	_cleanup_bytes_ struct bytes tar = {0}, small = {0};
	_cleanup_fd_ int fd = -EBADF;
	const struct folder *f = *state;
	const char *names[] = {NULL};
	enum archive_kind kind = ARCHIVE_DOCKER;
	struct source *s = NULL;
	struct err err = {0};
	char path[512];

	images_make(&m);
	add_layout(&tar, &m, "", names, 1);
	tar_end(&tar);
	compress_to(&tar, ARCHIVE_FILTER_GZIP, &small);
	put_file(f->fd, "a.tar", &small);
	snprintf(path, sizeof(path), "%s/a.tar", f->path);
	CHECK_INT(archive_open_plain(path, &fd, &err), 0);
	for (int i = 0; i < 2; i++) {
		CHECK_INT(archive_detect(fd_path(fd).path, NULL, &kind, &err), 0);
		CHECK_INT(kind, ARCHIVE_OCI);
		CHECK_INT(open_in(f, REF_OCI_ARCHIVE, fd_path(fd).path, NULL, &s, &err),
			  0);
		check_source(s, &m.list[0]);
		source_close(&s);
	}
	fd_close(&fd);
}

/* --- writing --- */

struct job {
	struct images images;
	struct document manifests[2], configs[2];
	struct manifest parsed[2];
	struct archive_image list[2];
	struct arena arena;
	int blobs;
};

static void put_layers(int dir, const struct made *m)
{
	for (size_t i = 0; i < m->n_layers; i++) {
		/* The second one is compressed. */
		if (i == 0)
			put_file(dir, digest_hex(&m->layer_digests[i]), &m->layers[i]);
	}
}

/* Packs the second layer by gzip: the manifest changes, the config does not. */
static void pack_layer(struct made *m, int dir)
{
	struct bytes small = {0}, manifest = {0};
	struct digest d;

	compress_to(&m->layers[1], ARCHIVE_FILTER_GZIP, &small);
	d = bytes_digest(&small);
	put_file(dir, digest_hex(&d), &small);
	bytes_printf(&manifest,
		     "{\"schemaVersion\":2,\"mediaType\":\"" MANIFEST_TYPE
		     "\",\"config\":{\"mediaType\":\"" CONFIG_TYPE
		     "\",\"digest\":\"%s\",\"size\":%zu},\"layers\":["
		     "{\"mediaType\":\"" LAYER_TYPE "\",\"digest\":\"%s\",\"size\":%zu},"
		     "{\"mediaType\":\"" LAYER_TYPE
		     "+gzip\",\"digest\":\"%s\",\"size\":%zu}]}",
		     m->config_digest.text, m->config.len, m->layer_digests[0].text,
		     m->layers[0].len, d.text, small.len);
	bytes_free(&m->manifest);
	m->manifest = manifest;
	m->manifest_digest = bytes_digest(&manifest);
	bytes_free(&small);
}

static void job_make(struct job *j, const struct folder *f, const char *first,
		     const char *second)
{
	struct err err = {0};

	*j = (struct job){0};
	images_make(&j->images);
	make_dir(f->fd, "blobs", 0755);
	j->blobs = fd_open(f->fd, "blobs", O_PATH | O_DIRECTORY);
	for (size_t i = 0; i < 2; i++) {
		struct made *m = &j->images.list[i];

		put_layers(j->blobs, m);
		pack_layer(m, j->blobs);
		j->manifests[i] = (struct document){.text = m->manifest.at,
						    .len = m->manifest.len,
						    .digest = m->manifest_digest};
		j->configs[i] = (struct document){.text = m->config.at,
						  .len = m->config.len,
						  .digest = m->config_digest};
		CHECK_INT(manifest_parse(m->manifest.at, m->manifest.len, NULL, &j->arena,
					 &j->parsed[i], &err),
			  0);
		j->list[i] = (struct archive_image){.manifest = &j->manifests[i],
						    .config = &j->configs[i],
						    .parsed = &j->parsed[i],
						    .name = i ? second : first};
	}
}

static void job_end(struct job *j)
{
	fd_close(&j->blobs);
	arena_free(&j->arena);
	images_end(&j->images);
}

static int write_to(const struct job *j, const struct folder *f, const char *name,
		    enum archive_kind kind, size_t n, struct err *err)
{
	_cleanup_fd_ int out = fd_create(f->fd, name, O_WRONLY | O_CREAT | O_TRUNC, 0644);

	return archive_write(out, kind, j->blobs, j->list, n, err);
}

static int copy_file(const struct folder *f, const char *name, struct bytes *ret)
{
	_cleanup_fd_ int fd = fd_open(f->fd, name, O_RDONLY);
	_cleanup_arena_ struct arena a = {0};
	char *text = NULL;
	size_t len = 0;
	int r = fd_read_all(fd, &a, 64u << 20, &text, &len);

	bytes_add(ret, text, len);
	return r;
}

static size_t count_of(const struct bytes *b, const char *text)
{
	const char *at = b->at;
	size_t n = 0;

	while ((at = memmem(at, (size_t)(b->at + b->len - at), text, strlen(text)))) {
		at++;
		n++;
	}
	return n;
}

static void check_copy(const struct folder *f, enum ref_transport transport,
		       const char *path, const char *name, const struct made *m);

static void test_write_oci(void **state)
{
	struct folder *f = *state;
	_cleanup_arena_ struct arena a = {0};
	struct source *s = NULL;
	struct strv names = {0};
	struct job j;
	struct err err = {0};

	job_make(&j, f, "docker.io/library/one:1", "localhost/two:2");
	CHECK_INT(write_to(&j, f, "a.tar", ARCHIVE_OCI, 2, &err), 0);
	CHECK_INT(archive_names(arena_printf(&a, "%s/a.tar", f->path), NULL, ARCHIVE_OCI,
				&a, &names, &err),
		  0);
	CHECK_INT(names.n, 2);
	CHECK_STR(names.v[0], "docker.io/library/one:1");
	CHECK_STR(names.v[1], "localhost/two:2");
	for (size_t i = 0; i < 2; i++) {
		const struct made *m = &j.images.list[i];
		struct document doc = {0};

		CHECK_INT(open_in(f, REF_OCI_ARCHIVE, "a.tar", names.v[i], &s, &err), 0);
		CHECK_INT(s->ops->manifest(s, NULL, &a, &doc, &err), 0);
		CHECK_STR(doc.text, m->manifest.at);
		CHECK_STR(doc.media_type, MANIFEST_TYPE);
		source_close(&s);
		check_copy(f, REF_OCI_ARCHIVE, "a.tar", names.v[i], m);
	}
	job_end(&j);
}

static void test_write_docker(void **state)
{
	struct folder *f = *state;
	struct source *s = NULL;
	struct bytes tar = {0};
	struct job j;
	struct err err = {0};
	char name[128];

	job_make(&j, f, "docker.io/library/one:1", "localhost/two:2");
	CHECK_INT(write_to(&j, f, "a.tar", ARCHIVE_DOCKER, 2, &err), 0);
	for (size_t i = 0; i < 2; i++) {
		const struct made *m = &j.images.list[i];

		CHECK_INT(open_in(f, REF_DOCKER_ARCHIVE, "a.tar",
				  i ? "localhost/two:2" : "one:1", &s, &err),
			  0);
		/* Plain layers again. */
		check_blobs(s, m);
		source_close(&s);
	}
	CHECK_INT(copy_file(f, "a.tar", &tar), 0);
	/* The layer of both is there once. */
	snprintf(name, sizeof(name), "%s.tar",
		 digest_hex(&j.images.list[0].layer_digests[0]));
	CHECK_INT(count_of(&tar, name), 1 + 2);
	CHECK_INT(count_of(&tar, "\"RepoTags\":[\"docker.io/library/one:1\"]"), 1);
	CHECK_INT(count_of(&tar, "\"RepoTags\":[\"localhost/two:2\"]"), 1);
	snprintf(name, sizeof(name), "\"docker.io/library/one\":{\"1\":\"%s\"}",
		 digest_hex(&j.images.list[0].layer_digests[1]));
	CHECK_INT(count_of(&tar, name), 1);
	bytes_free(&tar);
	job_end(&j);
}

/* One image with two names, and one without any. */
static void test_write_names(void **state)
{
	struct folder *f = *state;
	_cleanup_arena_ struct arena a = {0};
	const char *path = arena_printf(&a, "%s/a.tar", f->path);
	struct strv names = {0};
	struct job j;
	struct err err = {0};

	job_make(&j, f, "quay.io/one:1", "quay.io/one:2");
	j.list[1] = j.list[0];
	CHECK_SAYS(&err, write_to(&j, f, "a.tar", ARCHIVE_DOCKER, 2, &err), -EINVAL,
		   "'quay.io/one:1' is named twice");
	j.list[1].name = "quay.io/one:2";
	CHECK_INT(write_to(&j, f, "a.tar", ARCHIVE_DOCKER, 2, &err), 0);
	CHECK_INT(archive_names(path, NULL, ARCHIVE_DOCKER, &a, &names, &err), 0);
	CHECK_INT(names.n, 2);
	CHECK_STR(names.v[0], "quay.io/one:1");
	CHECK_STR(names.v[1], "quay.io/one:2");
	/* Both are in one entry: no name is needed. */
	check_copy(f, REF_DOCKER_ARCHIVE, "a.tar", NULL, &j.images.list[0]);
	j.list[0].name = NULL;
	names = (struct strv){0};
	for (int kind = 0; kind < 2; kind++) {
		CHECK_INT(write_to(&j, f, "a.tar", (enum archive_kind)kind, 1, &err), 0);
		CHECK_INT(archive_names(path, NULL, (enum archive_kind)kind, &a, &names,
					&err),
			  0);
		CHECK_STR(names.v[kind], "@0");
	}
	CHECK_SAYS(&err, write_to(&j, f, "a.tar", ARCHIVE_OCI, 0, &err), -EINVAL,
		   "there is no image");
	j.parsed[0].is_index = true;
	CHECK_SAYS(&err, write_to(&j, f, "a.tar", ARCHIVE_OCI, 1, &err), -EINVAL,
		   "an index is no image");
	job_end(&j);
}

static void *drain(void *data)
{
	struct feeder *r = data;
	_cleanup_arena_ struct arena a = {0};
	struct bytes *to = (struct bytes *)(uintptr_t)r->bytes;
	char *text = NULL;
	size_t len = 0;

	if (fd_read_all(r->fd, &a, 64u << 20, &text, &len) == 0)
		bytes_add(to, text, len);
	return NULL;
}

/* The same bytes each time, into a file and into a pipe. */
static void test_write_same(void **state)
{
	struct folder *f = *state;
	struct job j;
	struct err err = {0};

	job_make(&j, f, "docker.io/library/one:1", "localhost/two:2");
	for (int kind = 0; kind < 2; kind++) {
		struct bytes file = {0}, piped = {0};
		struct feeder r = {.bytes = &piped};
		pthread_t thread;
		int ends[2];

		CHECK_INT(write_to(&j, f, "a.tar", (enum archive_kind)kind, 2, &err), 0);
		CHECK_INT(copy_file(f, "a.tar", &file), 0);
		CHECK_INT(fd_pipe(ends), 0);
		r.fd = ends[0];
		CHECK_INT(pthread_create(&thread, NULL, drain, &r), 0);
		CHECK_INT(archive_write(ends[1], (enum archive_kind)kind, j.blobs, j.list,
					2, &err),
			  0);
		close(ends[1]);
		CHECK_INT(pthread_join(thread, NULL), 0);
		close(ends[0]);
		CHECK_INT(piped.len, file.len);
		CHECK(memcmp(piped.at, file.at, file.len) == 0);
		/* Ends where tar does, without more zeros. */
		CHECK_INT(file.len % 512, 0);
		CHECK(file.len < 32768);
		bytes_free(&file);
		bytes_free(&piped);
	}
	job_end(&j);
}

static void test_write_damaged(void **state)
{
	struct folder *f = *state;
	struct job j;
	struct bytes other = {0};
	struct err err = {0};
	char name[128];
	int full;

	job_make(&j, f, "a:1", "b:1");
	full = fd_open(AT_FDCWD, "/dev/full", O_WRONLY);
	CHECK_INT(archive_write(full, ARCHIVE_OCI, j.blobs, j.list, 2, &err), -ENOSPC);
	close(full);
	snprintf(name, sizeof(name), "blobs/%s",
		 digest_hex(&j.images.list[0].layer_digests[0]));
	/* Of the same size, but not the same. */
	bytes_add(&other, j.images.list[0].layers[0].at, j.images.list[0].layers[0].len);
	other.at[600] ^= 1;
	put_file(f->fd, name, &other);
	for (int kind = 0; kind < 2; kind++)
		CHECK_SAYS(&err,
			   write_to(&j, f, "a.tar", (enum archive_kind)kind, 2, &err),
			   -EBADMSG, "a layer is damaged: its digest is");
	bytes_add(&other, "x", 1);
	put_file(f->fd, name, &other);
	for (int kind = 0; kind < 2; kind++)
		CHECK_SAYS(&err,
			   write_to(&j, f, "a.tar", (enum archive_kind)kind, 2, &err),
			   -EBADMSG, "bytes instead of");
	CHECK_INT(unlinkat(f->fd, name, 0), 0);
	for (int kind = 0; kind < 2; kind++)
		CHECK_SAYS(&err,
			   write_to(&j, f, "a.tar", (enum archive_kind)kind, 2, &err),
			   -ENOENT, "in 'the blobs'");
	/* A config of another number of layers. */
	j.parsed[0].n_layers--;
	CHECK_SAYS(&err, write_to(&j, f, "a.tar", ARCHIVE_DOCKER, 2, &err), -EBADMSG,
		   "has 2 layers, its manifest has 1");
	bytes_free(&other);
	job_end(&j);
}

/* --- others --- */

/* The config is the same one, and the layers unpack to what they were. */
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

#define SKOPEO(from, to) RUN("skopeo", "copy", "--insecure-policy", (from), (to))

/* What skopeo writes is read here. */
static void test_skopeo_writes(void **state)
{
	struct folder *f = *state;
	_cleanup_arena_ struct arena a = {0};
	const char *names[] = {"one"};
	const char *from = arena_printf(&a, "oci:%s/lay:one", f->path);
	struct images m;

	images_make(&m);
	layout_make(f->fd, "lay", m.list, names, 1);
	CHECK_INT(SKOPEO(from,
			 arena_printf(&a, "docker-archive:%s/d.tar:one:1", f->path)),
		  0);
	check_copy(f, REF_DOCKER_ARCHIVE, "d.tar", "one:1", &m.list[0]);
	check_copy(f, REF_DOCKER_ARCHIVE, "d.tar", NULL, &m.list[0]);
	CHECK_INT(SKOPEO(from, arena_printf(&a, "oci-archive:%s/o.tar:x", f->path)), 0);
	check_copy(f, REF_OCI_ARCHIVE, "o.tar", "x", &m.list[0]);
	check_copy(f, REF_OCI_ARCHIVE, "o.tar", NULL, &m.list[0]);
	images_end(&m);
}

/* What is written here is read by skopeo, which checks each digest. Not into a layout: of an image
 * of docker's it would write a new config. */
static void test_skopeo_reads(void **state)
{
	static const char *const words[] = {"oci-archive", "docker-archive"};
	struct folder *f = *state;
	_cleanup_arena_ struct arena a = {0};
	struct job j;
	struct err err = {0};

	job_make(&j, f, "docker.io/library/one:1", "localhost/two:2");
	for (int kind = 0; kind < 2; kind++) {
		CHECK_INT(write_to(&j, f, "a.tar", (enum archive_kind)kind, 2, &err), 0);
		for (size_t i = 0; i < 2; i++) {
			const char *to = arena_printf(&a, "%s-%zu", words[kind], i);

			CHECK_INT(SKOPEO(arena_printf(&a, "%s:%s/a.tar:%s", words[kind],
						      f->path, j.list[i].name),
					 arena_printf(&a, "dir:%s/%s", f->path, to)),
				  0);
			check_copy(f, REF_DIR, to, NULL, &j.images.list[i]);
		}
	}
	job_end(&j);
}

/* buildah, which commits from an empty container. */
static void test_buildah(void **state)
{
	struct folder *f = *state;
	_cleanup_arena_ struct arena a = {0};
	_cleanup_source_ struct source *s = NULL;
	const char *root = arena_printf(&a, "--root=%s/root", f->path);
	const char *runroot = arena_printf(&a, "--runroot=%s/runroot", f->path);
	struct document doc = {0};
	struct manifest parsed;
	struct err err = {0};

	if (geteuid() != 0)
		skip_because("buildah needs root here");
	make_file(f->fd, "Containerfile", "FROM scratch\nCOPY Containerfile /file\n");
	if (RUN("buildah", root, runroot, "--storage-driver=vfs", "bud",
		"--isolation=chroot", "--tag",
		arena_printf(&a, "oci-archive:%s/b.tar:made", f->path), f->path) != 0)
		skip_because("buildah cannot build here");
	CHECK_INT(open_in(f, REF_OCI_ARCHIVE, "b.tar", NULL, &s, &err), 0);
	CHECK_INT(s->ops->manifest(s, NULL, &a, &doc, &err), 0);
	CHECK_INT(manifest_parse(doc.text, doc.len, doc.media_type, &a, &parsed, &err),
		  0);
	CHECK_INT(parsed.n_layers, 1);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST_IN_FOLDER(test_docker),
		TEST_IN_FOLDER(test_names_and_kind),
		TEST_IN_FOLDER(test_docker_manifest),
		TEST_IN_FOLDER(test_hostile_manifest_json),
		TEST_IN_FOLDER(test_too_much),
		TEST_IN_FOLDER(test_oci),
		TEST_IN_FOLDER(test_big_members),
		TEST_IN_FOLDER(test_same_name),
		TEST_IN_FOLDER(test_odd_members),
		TEST_IN_FOLDER(test_sizes),
		TEST_IN_FOLDER(test_no_archive),
		TEST_IN_FOLDER(test_counts),
		TEST_IN_FOLDER(test_long_names),
		TEST_IN_FOLDER(test_compressed),
		TEST_IN_FOLDER(test_bomb),
		TEST_IN_FOLDER(test_pipes),
		TEST_IN_FOLDER(test_stdin_file),
		TEST_IN_FOLDER(test_open_plain),
		TEST_IN_FOLDER(test_write_oci),
		TEST_IN_FOLDER(test_write_docker),
		TEST_IN_FOLDER(test_write_names),
		TEST_IN_FOLDER(test_write_same),
		TEST_IN_FOLDER(test_write_damaged),
		TEST_IN_FOLDER(test_skopeo_writes),
		TEST_IN_FOLDER(test_skopeo_reads),
		TEST_IN_FOLDER(test_buildah),
	};

	return UNIT_RUN(tests);
}
