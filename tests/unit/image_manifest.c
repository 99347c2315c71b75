// SPDX-License-Identifier: Apache-2.0
/*
 * image_manifest.c - tests of the documents of an image
 *
 * JSON is written with ' for ", so that it can be read here.
 */
#include "image/manifest.h"

#include <stdio.h>
#include <string.h>

#include "support.h"

#define D1	      "sha256:1111111111111111111111111111111111111111111111111111111111111111"
#define D2	      "sha256:2222222222222222222222222222222222222222222222222222222222222222"
#define D3	      "sha256:3333333333333333333333333333333333333333333333333333333333333333"

#define OCI_INDEX     "application/vnd.oci.image.index.v1+json"
#define OCI_MANIFEST  "application/vnd.oci.image.manifest.v1+json"
#define OCI_CONFIG    "application/vnd.oci.image.config.v1+json"
#define OCI_LAYER     "application/vnd.oci.image.layer.v1.tar"
#define OCI_FOREIGN   "application/vnd.oci.image.layer.nondistributable.v1.tar"
#define DOCKER_LIST   "application/vnd.docker.distribution.manifest.list.v2+json"
#define DOCKER_V2     "application/vnd.docker.distribution.manifest.v2+json"
#define DOCKER_CONFIG "application/vnd.docker.container.image.v1+json"
#define DOCKER_LAYER  "application/vnd.docker.image.rootfs.diff.tar"
#define SCHEMA_1      "application/vnd.docker.distribution.manifest.v1+json"
#define SIGNED_1      "application/vnd.docker.distribution.manifest.v1+prettyjws"

#define DESC(type, size, digest) \
	"{'mediaType':'" type "','size':" #size ",'digest':'" digest "'}"
#define CONFIG	  "'config':" DESC(OCI_CONFIG, 7, D1)
#define LAYERS	  "'layers':[" DESC(OCI_LAYER "+gzip", 8, D2) "]"
#define IMAGES	  "'manifests':[" DESC(OCI_MANIFEST, 9, D3) "]"
#define TYPE(t)	  "'mediaType':'" t "',"
#define MANIFEST  "{'schemaVersion':2," CONFIG "," LAYERS "}"
#define INDEX	  "{'schemaVersion':2," IMAGES "}"
#define WITH(...) "{'schemaVersion':2," __VA_ARGS__ "}"

static char *json(struct arena *a, const char *text)
{
	char *copy = arena_strdup(a, text);

	for (char *c = copy; *c; c++)
		if (*c == '\'')
			*c = '"';
	return copy;
}

static int parse(struct arena *a, const char *text, const char *served,
		 struct manifest *ret, struct err *err)
{
	char *copy = json(a, text);

	return manifest_parse(copy, strlen(copy), served, a, ret, err);
}

static void test_manifest(void **state)
{
	static const char text[] = WITH(TYPE(OCI_MANIFEST) "'config':" DESC(
		OCI_CONFIG, 7, D1) ","
				   "'annotations':{'a':'b'},'subject':null,'more':[1],"
				   "'layers':[" DESC(OCI_LAYER, 0, D2) "," DESC(
					   OCI_LAYER "+zstd", 9007199254740992,
					   D3) ","
					       "{'mediaType':'" OCI_LAYER
					       "+gzip','size':5,'digest':'" D2 "',"
					       "'urls':[],'annotations':null}]");
	_cleanup_arena_ struct arena a = {0};
	struct manifest m;
	struct err err = {0};

	(void)state;
	CHECK_INT(parse(&a, text, OCI_MANIFEST, &m, &err), 0);
	CHECK_STR(err.message, "");
	CHECK(!m.is_index);
	CHECK_STR(m.media_type, OCI_MANIFEST);
	CHECK_STR(m.config.media_type, OCI_CONFIG);
	CHECK_STR(m.config.digest.text, D1);
	CHECK_INT(m.config.size, 7);
	CHECK_INT(m.n_layers, 3);
	CHECK_STR(m.layers[0].digest.text, D2);
	CHECK_INT(m.layers[0].size, 0);
	CHECK_STR(m.layers[1].digest.text, D3);
	CHECK_INT(m.layers[1].size, INT64_C(1) << 53);
	CHECK_STR(m.layers[2].media_type, OCI_LAYER "+gzip");
	CHECK_INT(m.n_images, 0);
	CHECK(!m.images);
}

static void test_index(void **state)
{
	static const char text[] = WITH(
		"'manifests':[{'mediaType':'" OCI_MANIFEST "','size':1,'digest':'" D1 "',"
		"'platform':{'os':'linux','architecture':'arm','variant':'v7'},"
		"'annotations':{'org.opencontainers.image.ref.name':'x:1','a':'b'}},"
		"{'mediaType':'application/spdx+json','size':2,'digest':'" D2 "',"
		"'artifactType':'text/x','platform':{'os':'','architecture':null}}]");
	_cleanup_arena_ struct arena a = {0};
	struct manifest m;

	(void)state;
	CHECK_INT(parse(&a, text, NULL, &m, NULL), 0);
	CHECK(m.is_index);
	CHECK_STR(m.media_type, OCI_INDEX);
	CHECK_INT(m.n_images, 2);
	CHECK_STR(m.images[0].os, "linux");
	CHECK_STR(m.images[0].architecture, "arm");
	CHECK_STR(m.images[0].variant, "v7");
	CHECK_STR(m.images[0].ref_name, "x:1");
	CHECK_STR(m.images[0].artifact_type, NULL);
	CHECK_STR(m.images[0].digest.text, D1);
	CHECK_STR(m.images[1].media_type, "application/spdx+json");
	CHECK_STR(m.images[1].artifact_type, "text/x");
	CHECK_STR(m.images[1].os, NULL);
	CHECK_STR(m.images[1].architecture, NULL);
	CHECK_STR(m.images[1].variant, NULL);
	CHECK_INT(m.n_layers, 0);
}

/* The type, the type that it was served as, and the shape. */
static void test_media_type(void **state)
{
	static const struct {
		const char *text, *served, *media_type;
		bool is_index;
	} cases[] = {
		{MANIFEST, NULL, OCI_MANIFEST, false},
		{INDEX, NULL, OCI_INDEX, true},
		{"{" CONFIG "," LAYERS "}", NULL, OCI_MANIFEST, false},
		{MANIFEST, OCI_MANIFEST, OCI_MANIFEST, false},
		{MANIFEST, DOCKER_V2, DOCKER_V2, false},
		{INDEX, DOCKER_LIST, DOCKER_LIST, true},
		{MANIFEST, "application/json", OCI_MANIFEST, false},
		{INDEX, "text/plain; charset=utf-8", OCI_INDEX, true},
		{MANIFEST, "", OCI_MANIFEST, false},
		{WITH(TYPE(DOCKER_V2) "'config':" DESC(
			 DOCKER_CONFIG, 7,
			 D1) ",'layers':[" DESC(DOCKER_LAYER ".gzip", 8,
						D2) "," DESC(DOCKER_LAYER, 8,
							     D2) "," DESC(DOCKER_LAYER
									  ".zstd",
									  8, D2) "]"),
		 DOCKER_V2 ";charset=utf-8", DOCKER_V2, false},
		{WITH(TYPE(DOCKER_LIST) IMAGES),
		 "Application/Vnd.docker.distribution."
		 "manifest.list.v2+JSON ; x",
		 DOCKER_LIST, true},
		{WITH(TYPE(OCI_MANIFEST) CONFIG "," LAYERS), "application/octet-stream",
		 OCI_MANIFEST, false},
		/* Go's empty lists */
		{WITH(TYPE(OCI_INDEX) "'manifests':null"), NULL, OCI_INDEX, true},
		{WITH("'manifests':[]"), NULL, OCI_INDEX, true},
		{WITH(CONFIG ",'layers':null"), NULL, OCI_MANIFEST, false},
		{WITH(CONFIG ",'layers':[]"), NULL, OCI_MANIFEST, false},
		{WITH("'artifactType':''," IMAGES), NULL, OCI_INDEX, true},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_arena_ struct arena a = {0};
		struct manifest m;
		struct err err = {0};

		check_context("%zu", i);
		CHECK_INT(parse(&a, cases[i].text, cases[i].served, &m, &err), 0);
		CHECK_STR(err.message, "");
		CHECK_STR(m.media_type, cases[i].media_type);
		CHECK_INT(m.is_index, cases[i].is_index);
	}
	check_no_context();
}

#define LAYER(type, more)                                                                \
	WITH(CONFIG ",'layers':[{'mediaType':'" type "','size':1,'digest':'" D1 "'" more \
		    "}]")
#define LAYER_WITH(text) WITH(CONFIG ",'layers':[" DESC(OCI_LAYER, 1, D1) "," text "]")
#define IMAGE_WITH(text) WITH("'manifests':[" text "]")
#define NO_DIGEST	 " is not 'sha256:' and 64 hexadecimal digits"
#define OLD		 "a manifest of schema 1, withdrawn in 2019"

static const struct refusal {
	const char *text, *served;
	int code;
	const char *message;
} refused_manifests[] = {
	/* shape */
	{"{}", NULL, -EINVAL, "document: is neither a manifest nor an index"},
	{"[]", NULL, -EINVAL, "document: expected an object, got an array"},
	{"[" MANIFEST "]", NULL, -EINVAL, "document: expected an object, got an array"},
	{WITH(CONFIG "," LAYERS "," IMAGES), NULL, -EINVAL,
	 "document: is both a manifest and an index"},
	{WITH(TYPE(OCI_MANIFEST) CONFIG "," LAYERS ",'manifests':[]"), NULL, -EINVAL,
	 "document: is both a manifest and an index"},
	{WITH(TYPE(OCI_INDEX) "'layers':[]," IMAGES), NULL, -EINVAL,
	 "document: is both a manifest and an index"},
	{WITH(TYPE(OCI_INDEX) CONFIG "," LAYERS), NULL, -EINVAL,
	 "document: is a manifest and says that it is an index"},
	{MANIFEST, DOCKER_LIST, -EINVAL,
	 "document: is a manifest and says that it is an index"},
	{WITH(TYPE(DOCKER_V2) IMAGES), NULL, -EINVAL,
	 "document: is an index and says that it is a manifest"},
	{INDEX, OCI_MANIFEST, -EINVAL,
	 "document: is an index and says that it is a manifest"},
	{WITH(TYPE(OCI_MANIFEST) "'layers':null"), NULL, -EINVAL,
	 "document: is neither a manifest nor an index"},
	{WITH(LAYERS), NULL, -EINVAL, "config: is missing"},
	/* mediaType */
	{WITH(TYPE(OCI_MANIFEST) CONFIG "," LAYERS), OCI_INDEX, -EINVAL,
	 "mediaType: '" OCI_MANIFEST "' was served as '" OCI_INDEX "'"},
	{WITH(TYPE(OCI_MANIFEST) CONFIG "," LAYERS), DOCKER_V2, -EINVAL,
	 "mediaType: '" OCI_MANIFEST "' was served as '" DOCKER_V2 "'"},
	{WITH(TYPE("text/\\u001bx") CONFIG "," LAYERS), OCI_MANIFEST, -ENOTSUP,
	 "mediaType: 'text/\\x1bx' is no image"},
	{WITH(TYPE(OCI_MANIFEST "; x") CONFIG "," LAYERS), NULL, -ENOTSUP,
	 "mediaType: '" OCI_MANIFEST "; x' is no image"},
	{WITH("'mediaType':3," CONFIG), NULL, -EINVAL,
	 "mediaType: expected a string, got an integer"},
	/* schemas */
	{"{'schemaVersion':1,'name':'x','fsLayers':[]}", NULL, -ENOTSUP,
	 "schemaVersion: " OLD},
	{"{'schemaVersion':1}", SIGNED_1, -ENOTSUP, "schemaVersion: " OLD},
	{"{'schemaVersion':2," TYPE(SCHEMA_1) CONFIG "}", NULL, -ENOTSUP,
	 "mediaType: " OLD},
	{MANIFEST, SCHEMA_1, -ENOTSUP, "mediaType: " OLD},
	{"{'fsLayers':[]}", NULL, -ENOTSUP, "fsLayers: " OLD},
	{"{'schemaVersion':3}", NULL, -EINVAL, "schemaVersion: 3 is not 2"},
	{"{'schemaVersion':'2'}", NULL, -EINVAL,
	 "schemaVersion: expected an integer, got a string"},
	/* artifacts */
	{WITH("'artifactType':'application/x'," CONFIG "," LAYERS), NULL, -ENOTSUP,
	 "artifactType: an artifact of type 'application/x', no container image"},
	{WITH("'artifactType':'application/x'," IMAGES), NULL, -ENOTSUP,
	 "artifactType: an artifact of type 'application/x', no container image"},
	{WITH("'config':" DESC("application/vnd.cncf.helm.config.v1+json", 1, D1)), NULL,
	 -ENOTSUP,
	 "config.mediaType: an artifact of type "
	 "'application/vnd.cncf.helm.config.v1+json', no container image"},
	{WITH(TYPE("application/vnd.oci.artifact.manifest.v1+json") "'blobs':[]"), NULL,
	 -ENOTSUP, "mediaType: an artifact, no container image"},
	/* layers */
	{LAYER("text/x", ""), NULL, -ENOTSUP,
	 "layers[0].mediaType: 'text/x' is no layer of a container image"},
	{LAYER(OCI_LAYER "+xz", ""), NULL, -ENOTSUP,
	 "layers[0].mediaType: '" OCI_LAYER "+xz' is no layer of a container image"},
	{LAYER(OCI_LAYER "+encrypted", ""), NULL, -ENOTSUP,
	 "layers[0].mediaType: '" OCI_LAYER
	 "+encrypted' is no layer of a container image"},
	{LAYER(OCI_FOREIGN "+gzip", ""), NULL, -ENOTSUP,
	 "layers[0].mediaType: '" OCI_FOREIGN "+gzip': such a layer is not distributed"},
	{LAYER("application/vnd.docker.image.rootfs.foreign.diff.tar.gzip", ""), NULL,
	 -ENOTSUP,
	 "layers[0].mediaType: "
	 "'application/vnd.docker.image.rootfs.foreign.diff.tar.gzip'"
	 ": such a layer is not distributed"},
	{LAYER(OCI_LAYER, ",'urls':['http://127.0.0.1/']"), NULL, -ENOTSUP,
	 "layers[0].urls: layers from elsewhere are not fetched"},
	{LAYER(OCI_LAYER, ",'urls':'http://127.0.0.1/'"), NULL, -EINVAL,
	 "layers[0].urls: expected an array, got a string"},
	{LAYER_WITH("3"), NULL, -EINVAL, "layers[1]: expected an object, got an integer"},
	{LAYER_WITH("null"), NULL, -EINVAL, "layers[1]: is missing"},
	{LAYER_WITH("{}"), NULL, -EINVAL, "layers[1].mediaType: is missing"},
	{LAYER_WITH("{'mediaType':'" OCI_LAYER "','size':1}"), NULL, -EINVAL,
	 "layers[1].digest: is missing"},
	{LAYER_WITH("{'mediaType':'" OCI_LAYER "','digest':'" D1 "'}"), NULL, -EINVAL,
	 "layers[1].size: is missing"},
	{LAYER_WITH(DESC(OCI_LAYER, -1, D1)), NULL, -EINVAL,
	 "layers[1].size: -1 is not between 0 and 9007199254740992"},
	{LAYER_WITH(DESC(OCI_LAYER, 9007199254740993, D1)), NULL, -EINVAL,
	 "layers[1].size: 9007199254740993 is not between 0 and 9007199254740992"},
	{LAYER_WITH(DESC(OCI_LAYER, 1e3, D1)), NULL, -EINVAL,
	 "layers[1].size: expected an integer, got a number with a fraction"},
	{LAYER_WITH(DESC(OCI_LAYER, 1, "sha256:../../x")), NULL, -EINVAL,
	 "layers[1].digest: 'sha256:../../x'" NO_DIGEST},
	{LAYER_WITH(DESC(OCI_LAYER, 1, "sha512:00")), NULL, -EINVAL,
	 "layers[1].digest: 'sha512:00'" NO_DIGEST},
	{WITH("'config':" DESC(OCI_CONFIG, 1, D1 "0")), NULL, -EINVAL,
	 "config.digest: '" D1 "0'" NO_DIGEST},
	{WITH("'config':" DESC(OCI_CONFIG, 4194305, D1)), NULL, -EINVAL,
	 "config.size: 4194305 is above 4194304"},
	{WITH("'config':[]"), NULL, -EINVAL, "config: expected an object, got an array"},
	{WITH(CONFIG ",'layers':{}"), NULL, -EINVAL,
	 "layers: expected an array, got an object"},
	/* index */
	{WITH("'manifests':{}"), NULL, -EINVAL,
	 "manifests: expected an array, got an object"},
	{IMAGE_WITH("null"), NULL, -EINVAL, "manifests[0]: is missing"},
	{IMAGE_WITH("{'mediaType':'" OCI_MANIFEST "','size':1,'digest':'" D1 "',"
		    "'platform':{'os':1}}"),
	 NULL, -EINVAL, "manifests[0].platform.os: expected a string, got an integer"},
	{IMAGE_WITH("{'mediaType':'" OCI_MANIFEST "','size':1,'digest':'" D1 "',"
		    "'platform':'linux/amd64'}"),
	 NULL, -EINVAL, "manifests[0].platform: expected an object, got a string"},
	{IMAGE_WITH("{'mediaType':'" OCI_MANIFEST "','size':1,'digest':'" D1 "',"
		    "'annotations':{'org.opencontainers.image.ref.name':[]}}"),
	 NULL, -EINVAL,
	 "manifests[0].annotations.org.opencontainers.image.ref.name: expected a string, "
	 "got an array"},
	{IMAGE_WITH(DESC(OCI_MANIFEST, 1, "x")), NULL, -EINVAL,
	 "manifests[0].digest: 'x'" NO_DIGEST},
};

static void test_refused_manifests(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(refused_manifests); i++) {
		_cleanup_arena_ struct arena a = {0};
		const struct refusal *c = &refused_manifests[i];
		struct manifest m = {.n_layers = 77};
		struct err err = {0};

		check_context("%zu %.300s", i, c->text);
		CHECK_INT(parse(&a, c->text, c->served, &m, &err), c->code);
		CHECK_STR(err.message, c->message);
		CHECK_INT(err.code, c->code);
		CHECK_INT(m.n_layers, 77);
		CHECK_INT(parse(&a, c->text, c->served, &m, NULL), c->code);
		CHECK_INT(err.hint[0] != '\0', strstr(c->message, OLD) != NULL);
	}
	check_no_context();
}

/* No JSON, or two documents that a lax reader takes for one. */
static void test_bad_json(void **state)
{
	static const char *const texts[] = {
		"",
		"{",
		MANIFEST "x",
		"{'layers':[],'layers':[]," CONFIG "}",
		"{'mediaType':'a\\u0000b'}",
		"{'a':'\xff'}",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		_cleanup_arena_ struct arena a = {0};
		struct manifest m;
		struct image_config c;
		char *copy = json(&a, texts[i]);
		struct err err = {0};

		check_context("%zu", i);
		CHECK_INT(parse(&a, texts[i], NULL, &m, &err), -EBADMSG);
		CHECK(strncmp(err.message, "JSON line 1, column ", 20) == 0);
		CHECK_INT(image_config_parse(copy, strlen(copy), &a, &c, &err), -EBADMSG);
	}
	check_no_context();
}

/* N times the same, with commas. */
static char *repeat(struct arena *a, const char *before, const char *item, size_t n,
		    const char *after)
{
	size_t len = strlen(item);
	char *text = arena_alloc(a, strlen(before) + n * (len + 1) + strlen(after) + 1);
	char *to = stpcpy(text, before);

	for (size_t i = 0; i < n; i++) {
		if (i > 0)
			*to++ = ',';
		to = stpcpy(to, item);
	}
	stpcpy(to, after);
	return text;
}

static void test_counts(void **state)
{
	static const char layer[] = DESC(OCI_LAYER, 1, D1),
			  image[] = DESC(OCI_MANIFEST, 1, D1);
	_cleanup_arena_ struct arena a = {0};
	struct manifest m;
	struct err err = {0};
	char *text;

	(void)state;
	text = repeat(&a, "{" CONFIG ",'layers':[", layer, 1000, "]}");
	CHECK_INT(parse(&a, text, NULL, &m, &err), 0);
	CHECK_INT(m.n_layers, 1000);
	text = repeat(&a, "{" CONFIG ",'layers':[", layer, 1001, "]}");
	CHECK_INT(parse(&a, text, NULL, &m, &err), -EINVAL);
	CHECK_STR(err.message, "layers: 1001 entries, at most 1000");
	text = repeat(&a, "{'manifests':[", image, 1000, "]}");
	CHECK_INT(parse(&a, text, NULL, &m, &err), 0);
	CHECK_INT(m.n_images, 1000);
	text = repeat(&a, "{'manifests':[", image, 1001, "]}");
	CHECK_INT(parse(&a, text, NULL, &m, &err), -EINVAL);
	CHECK_STR(err.message, "manifests: 1001 entries, at most 1000");
}

static void test_accept(void **state)
{
	(void)state;
	CHECK_STR(manifest_accept,
		  OCI_INDEX ", " OCI_MANIFEST ", " DOCKER_LIST ", " DOCKER_V2);
}

static void test_compression(void **state)
{
	(void)state;
	CHECK_INT(manifest_compression(OCI_LAYER), COMPRESSION_NONE);
	CHECK_INT(manifest_compression(OCI_LAYER "+gzip"), COMPRESSION_GZIP);
	CHECK_INT(manifest_compression(OCI_LAYER "+zstd"), COMPRESSION_ZSTD);
	CHECK_INT(manifest_compression(DOCKER_LAYER), COMPRESSION_NONE);
	CHECK_INT(manifest_compression(DOCKER_LAYER ".gzip"), COMPRESSION_GZIP);
	CHECK_INT(manifest_compression(DOCKER_LAYER ".zstd"), COMPRESSION_ZSTD);
	CHECK_INT(manifest_compression(OCI_FOREIGN "+gzip"), COMPRESSION_GZIP);
	CHECK_INT(manifest_compression("text/x+gzip"), COMPRESSION_NONE);
	CHECK_INT(manifest_compression(NULL), COMPRESSION_NONE);
}

/* --- platforms --- */

static void test_native(void **state)
{
	struct platform p = platform_native();

	(void)state;
	CHECK_STR(p.os, "linux");
#if defined(__x86_64__)
	CHECK_STR(p.architecture, "amd64");
	CHECK_STR(p.variant, NULL);
#elif defined(__aarch64__)
	CHECK_STR(p.architecture, "arm64");
	CHECK_STR(p.variant, "v8");
#else
	CHECK(p.architecture && p.architecture[0]);
#endif
}

static void test_platform_parse(void **state)
{
	static const struct {
		const char *text, *os, *architecture, *variant;
	} good[] = {
		{"linux/amd64", "linux", "amd64", NULL},
		{"linux/arm64/v8", "linux", "arm64", "v8"},
		{"windows/amd64", "windows", "amd64", NULL},
		{"linux/x86_64", "linux", "amd64", NULL},
		{"linux/aarch64", "linux", "arm64", NULL},
		{"linux/i386", "linux", "386", NULL},
		{"linux/armhf", "linux", "arm", "v7"},
		{"linux/armel", "linux", "arm", "v6"},
		{"linux/armhf/v6", "linux", "arm", "v6"},
	};
	static const char *const bad[] = {
		"",
		"linux",
		"/",
		"linux/",
		"/amd64",
		"linux/arm/",
		"linux/arm/v7/x",
		"linux/arm/v7/",
		"Linux/amd64",
		"linux/ amd64",
		"linux/am\nd64",
		"linux//v7",
	};
	_cleanup_arena_ struct arena a = {0};
	struct platform p;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		check_context("%s", good[i].text);
		CHECK_INT(platform_parse(good[i].text, &a, &p), 0);
		CHECK_STR(p.os, good[i].os);
		CHECK_STR(p.architecture, good[i].architecture);
		CHECK_STR(p.variant, good[i].variant);
	}
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		p.os = "before";
		check_context("%s", bad[i]);
		CHECK_INT(platform_parse(bad[i], &a, &p), -EINVAL);
		CHECK_STR(p.os, "before");
	}
	check_no_context();
}

/* An index of "os/architecture/variant" words; "-" has no platform, "!" is an artifact, "?" of
 * an unknown type, "@" an index without a platform. */
static struct manifest index_of(struct arena *a, const char *words)
{
	struct manifest m = {.is_index = true};
	char *rest = arena_strdup(a, words), *word;

	while ((word = strsep(&rest, " "))) {
		struct descriptor *d = ARR_PUSH(a, &m, images);

		d->media_type = word[0] == '?'	 ? "application/spdx+json"
				: word[0] == '@' ? OCI_INDEX
				: m.n_images % 2 ? OCI_MANIFEST
						 : DOCKER_V2;
		d->artifact_type = word[0] == '!' ? "text/x" : NULL;
		if (strpbrk(word, "!?@-"))
			continue;
		d->os = strsep(&word, "/");
		d->architecture = strsep(&word, "/");
		d->variant = word;
	}
	return m;
}

static void test_choose(void **state)
{
	static const struct {
		const char *index, *platform;
		int want; /* -1: none */
	} cases[] = {
		{"linux/arm64 linux/amd64", "linux/amd64", 1},
		{"linux/amd64 linux/amd64", "linux/amd64", 0},
		{"linux/arm64", "linux/amd64", -1},
		{"windows/amd64", "linux/amd64", -1},
		{"linux/riscv64", "linux/riscv64", 0},
		/* without a platform: only alone */
		{"-", "linux/amd64", 0},
		{"@", "linux/amd64", 0},
		{"- -", "linux/amd64", -1},
		{"- linux/arm64", "linux/amd64", -1},
		{"- linux/amd64", "linux/amd64", 1},
		{"- unknown/unknown", "linux/amd64", 0},
		{"- unknown/amd64", "linux/amd64", 0},
		{"- linux/unknown", "linux/amd64", 0},
		{"! ? -", "linux/amd64", 2},
		{"!", "linux/amd64", -1},
		{"?", "linux/amd64", -1},
		{"unknown/unknown", "linux/amd64", -1},
		{"unknown/unknown", "unknown/unknown", -1},
		{"unknown/unknown linux/amd64 unknown/unknown", "linux/amd64", 1},
		/* variants */
		{"linux/arm/v5 linux/arm/v7 linux/arm/v6", "linux/arm/v7", 1},
		{"linux/arm/v5 linux/arm/v6", "linux/arm/v7", 1},
		{"linux/arm/v6 linux/arm/v5", "linux/arm/v7", 0},
		{"linux/arm/v7 linux/arm/v6", "linux/arm/v6", 1},
		{"linux/arm/v7", "linux/arm/v6", -1},
		{"linux/arm/v7", "linux/arm", 0},
		{"linux/arm", "linux/arm/v7", 0},
		{"linux/arm", "linux/arm/v6", -1},
		{"linux/arm/v6 linux/arm", "linux/arm/v7", 1},
		{"linux/arm64/v8", "linux/arm64/v8", 0},
		{"linux/arm64", "linux/arm64/v8", 0},
		{"linux/arm64/v8", "linux/arm64", 0},
		{"linux/arm64/v9", "linux/arm64/v8", -1},
		{"linux/arm64/v8 linux/arm64/v8.2 linux/arm64/v9", "linux/arm64/v8.5", 1},
		{"linux/arm64/v8.10 linux/arm64/v8.2", "linux/arm64/v9", 0},
		{"linux/amd64/v1 linux/amd64/v2 linux/amd64/v3", "linux/amd64", 0},
		{"linux/amd64/v1 linux/amd64/v2 linux/amd64/v4", "linux/amd64/v3", 1},
		{"linux/amd64/v2", "linux/amd64", -1},
		{"linux/ppc64le/power9 linux/ppc64le/power8", "linux/ppc64le/power8", 1},
		{"linux/ppc64le/power9 linux/ppc64le", "linux/ppc64le/power8", 1},
		{"linux/ppc64le/power9 linux/ppc64le", "linux/ppc64le", 1},
		{"linux/ppc64le/power9", "linux/ppc64le", -1},
		{"linux/arm/v99999999999999999999", "linux/arm/v7", -1},
		{"linux/arm/v4294967302", "linux/arm/v7", -1},
		{"linux/arm/v linux/arm/vv6 linux/arm/v6. linux/arm/v6x", "linux/arm/v7",
		 -1},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_arena_ struct arena a = {0};
		struct manifest m = index_of(&a, cases[i].index);
		const struct descriptor *d;
		struct platform p;

		check_context("%s: %s", cases[i].index, cases[i].platform);
		CHECK_INT(platform_parse(cases[i].platform, &a, &p), 0);
		d = manifest_choose(&m, &p);
		CHECK_INT(d ? d - m.images : -1, cases[i].want);
	}
	check_no_context();
}

static void test_choose_of_none(void **state)
{
	struct manifest m = {.is_index = true};
	struct platform p = {"linux", "amd64", NULL};

	(void)state;
	CHECK(!manifest_choose(&m, &p));
}

/* --- config --- */

static int parse_config(struct arena *a, const char *text, struct image_config *ret,
			struct err *err)
{
	char *copy = json(a, text);

	return image_config_parse(copy, strlen(copy), a, ret, err);
}

/* "a|b" */
static const char *joined(struct arena *a, const struct strv *s)
{
	const char *text = s->n ? s->v[0] : "";

	for (size_t i = 1; i < s->n; i++)
		text = arena_printf(a, "%s|%s", text, s->v[i]);
	return text;
}

static const char full_config[] =
	"{'created':'2026-01-02T03:04:05Z','author':'A','os':'linux','architecture':'arm'"
	","
	"'variant':'v7','more':{},'config':{'User':'u:g','Env':['A=b=c','B='],"
	"'Entrypoint':['/e',''],'Cmd':['c'],'Shell':['/bin/sh','-c'],'OnBuild':['RUN x'],"
	"'WorkingDir':'/w','StopSignal':'SIGINT','Volumes':{'/v':{},'/u':null},"
	"'ExposedPorts':{'80/tcp':{},'53/udp':{}},'ArgsEscaped':true,"
	"'Labels':{'k':'v=w','e':'','n':null},"
	"'Healthcheck':{'Test':['CMD-SHELL','x'],'Interval':30000000000,'Timeout':1,"
	"'StartPeriod':2,'StartInterval':5,'Retries':3}},"
	"'rootfs':{'type':'layers','diff_ids':['" D1 "','" D2 "']},"
	"'history':[{'created':'t','created_by':'x','comment':'c'},{'empty_layer':true}]"
	"}";

static void check_process(struct arena *a, const struct image_config *c)
{
	CHECK_STR(joined(a, &c->env), "A=b=c|B=");
	CHECK_STR(joined(a, &c->entrypoint), "/e|");
	CHECK_STR(joined(a, &c->cmd), "c");
	CHECK_STR(joined(a, &c->shell), "/bin/sh|-c");
	CHECK_STR(joined(a, &c->on_build), "RUN x");
	CHECK_STR(c->user, "u:g");
	CHECK_STR(c->working_dir, "/w");
	CHECK_STR(c->stop_signal, "SIGINT");
	CHECK_STR(joined(a, &c->volumes), "/v|/u");
	CHECK_STR(joined(a, &c->exposed_ports), "80/tcp|53/udp");
	CHECK_STR(joined(a, &c->labels), "k=v=w|e=|n=");
	CHECK_STR(joined(a, &c->health.test), "CMD-SHELL|x");
	CHECK_INT(c->health.interval_ns, INT64_C(30000000000));
	CHECK_INT(c->health.timeout_ns, 1);
	CHECK_INT(c->health.start_period_ns, 2);
	CHECK_INT(c->health.retries, 3);
}

static void test_config(void **state)
{
	_cleanup_arena_ struct arena a = {0};
	struct image_config c;
	struct err err = {0};

	(void)state;
	CHECK_INT(parse_config(&a, full_config, &c, &err), 0);
	CHECK_STR(err.message, "");
	check_process(&a, &c);
	CHECK_STR(c.created, "2026-01-02T03:04:05Z");
	CHECK_STR(c.author, "A");
	CHECK_STR(c.os, "linux");
	CHECK_STR(c.architecture, "arm");
	CHECK_STR(c.variant, "v7");
	CHECK_INT(c.n_diff_ids, 2);
	CHECK_STR(c.diff_ids[0].text, D1);
	CHECK_STR(c.diff_ids[1].text, D2);
	CHECK_INT(c.n_history, 2);
	CHECK_STR(c.history[0].created, "t");
	CHECK_STR(c.history[0].created_by, "x");
	CHECK_STR(c.history[0].comment, "c");
	CHECK(!c.history[0].is_empty_layer);
	CHECK_STR(c.history[1].created_by, NULL);
	CHECK(c.history[1].is_empty_layer);
}

/* Empty and null are the same as nothing, which is how Go writes nothing. */
static void test_config_of_nothing(void **state)
{
	static const char *const texts[] = {
		"{'rootfs':{}}",
		"{'rootfs':{'type':'layers','diff_ids':null},'config':null,'history':"
		"null}",
		"{'os':'','created':null,'config':{'User':'','WorkingDir':'','StopSignal'"
		":'',"
		"'Env':null,'Entrypoint':null,'Cmd':[],'Shell':null,'Volumes':null,"
		"'ExposedPorts':{},'Labels':null,'Healthcheck':null,'OnBuild':null},"
		"'rootfs':{'type':'','diff_ids':[]},'history':[]}",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		_cleanup_arena_ struct arena a = {0};
		struct image_config c;
		struct err err = {0};

		check_context("%zu", i);
		CHECK_INT(parse_config(&a, texts[i], &c, &err), 0);
		CHECK_STR(err.message, "");
		CHECK_INT(c.env.n + c.entrypoint.n + c.cmd.n + c.shell.n + c.volumes.n +
				  c.exposed_ports.n + c.labels.n + c.on_build.n +
				  c.health.test.n + c.n_diff_ids + c.n_history,
			  0);
		CHECK_STR(c.os, NULL);
		CHECK_STR(c.created, NULL);
		CHECK_STR(c.user, NULL);
		CHECK_STR(c.working_dir, NULL);
		CHECK_STR(c.stop_signal, NULL);
	}
	check_no_context();
}

#define RUN(text)    "{'rootfs':{},'config':{" text "}}"
#define ROOTFS(text) "{'rootfs':{" text "}}"

static const struct refusal refused_configs[] = {
	{"[]", NULL, -EINVAL, "document: expected an object, got an array"},
	{"{}", NULL, -EINVAL, "rootfs: is missing"},
	{"{'rootfs':[]}", NULL, -EINVAL, "rootfs: expected an object, got an array"},
	{ROOTFS("'type':'ostree'"), NULL, -ENOTSUP,
	 "rootfs.type: 'ostree' is not 'layers'"},
	{ROOTFS("'diff_ids':{}"), NULL, -EINVAL,
	 "rootfs.diff_ids: expected an array, got an object"},
	{ROOTFS("'diff_ids':[null]"), NULL, -EINVAL, "rootfs.diff_ids[0]: is missing"},
	{ROOTFS("'diff_ids':['" D1 "','sha256:/']"), NULL, -EINVAL,
	 "rootfs.diff_ids[1]: 'sha256:/'" NO_DIGEST},
	{"{'os':3,'rootfs':{}}", NULL, -EINVAL, "os: expected a string, got an integer"},
	{"{'config':'x','rootfs':{}}", NULL, -EINVAL,
	 "config: expected an object, got a string"},
	{RUN("'Env':['A=b','PATH']"), NULL, -EINVAL,
	 "config.Env[1]: 'PATH' is not NAME=VALUE"},
	{RUN("'Env':['=x']"), NULL, -EINVAL, "config.Env[0]: '=x' is not NAME=VALUE"},
	{RUN("'Env':['']"), NULL, -EINVAL, "config.Env[0]: '' is not NAME=VALUE"},
	{RUN("'Env':['LD_*\\n']"), NULL, -EINVAL,
	 "config.Env[0]: 'LD_*\\x0a' is not NAME=VALUE"},
	{RUN("'Env':{'A':'b'}"), NULL, -EINVAL,
	 "config.Env: expected an array, got an object"},
	{RUN("'Env':[null]"), NULL, -EINVAL,
	 "config.Env[0]: expected a string, got null"},
	{RUN("'Cmd':'sh'"), NULL, -EINVAL, "config.Cmd: expected an array, got a string"},
	{RUN("'Entrypoint':[['sh']]"), NULL, -EINVAL,
	 "config.Entrypoint[0]: expected a string, got an array"},
	{RUN("'Shell':[1]"), NULL, -EINVAL,
	 "config.Shell[0]: expected a string, got an integer"},
	{RUN("'User':0"), NULL, -EINVAL,
	 "config.User: expected a string, got an integer"},
	{RUN("'Volumes':['/v']"), NULL, -EINVAL,
	 "config.Volumes: expected an object, got an array"},
	{RUN("'ExposedPorts':[80]"), NULL, -EINVAL,
	 "config.ExposedPorts: expected an object, got an array"},
	{RUN("'Labels':['a=b']"), NULL, -EINVAL,
	 "config.Labels: expected an object, got an array"},
	{RUN("'Labels':{'a':1}"), NULL, -EINVAL,
	 "config.Labels.a: expected a string, got an integer"},
	{RUN("'Labels':{'a=b':'c'}"), NULL, -EINVAL,
	 "config.Labels.a=b: no name of a label"},
	{RUN("'Labels':{'':'c'}"), NULL, -EINVAL, "config.Labels.: no name of a label"},
	{RUN("'Healthcheck':{'Test':'x'}"), NULL, -EINVAL,
	 "config.Healthcheck.Test: expected an array, got a string"},
	{RUN("'Healthcheck':{'Interval':-1}"), NULL, -EINVAL,
	 "config.Healthcheck.Interval: -1 is not between 0 and 9223372036854775807"},
	{RUN("'Healthcheck':{'Timeout':'30s'}"), NULL, -EINVAL,
	 "config.Healthcheck.Timeout: expected an integer, got a string"},
	{RUN("'Healthcheck':{'Retries':-1}"), NULL, -EINVAL,
	 "config.Healthcheck.Retries: -1 is not between 0 and 2147483647"},
	{"{'rootfs':{},'history':{}}", NULL, -EINVAL,
	 "history: expected an array, got an object"},
	{"{'rootfs':{},'history':[{'empty_layer':'yes'}]}", NULL, -EINVAL,
	 "history[0].empty_layer: expected true or false, got a string"},
};

static void test_refused_configs(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(refused_configs); i++) {
		_cleanup_arena_ struct arena a = {0};
		const struct refusal *r = &refused_configs[i];
		struct image_config c = {.n_history = 77};
		struct err err = {0};

		check_context("%zu %s", i, r->text);
		CHECK_INT(parse_config(&a, r->text, &c, &err), r->code);
		CHECK_STR(err.message, r->message);
		CHECK_INT(err.code, r->code);
		CHECK_INT(c.n_history, 77);
		CHECK_INT(parse_config(&a, r->text, &c, NULL), r->code);
	}
	check_no_context();
}

/* "BEFORE" "OPEN0CLOSE,OPEN1CLOSE" "AFTER" */
static char *numbered(struct arena *a, const char *before, const char *open,
		      const char *close, int n, const char *after)
{
	size_t item = strlen(open) + strlen(close) + 16;
	char *text =
		arena_alloc(a, strlen(before) + (size_t)n * item + strlen(after) + 1);
	char *to = stpcpy(text, before);

	for (int i = 0; i < n; i++)
		to += snprintf(to, item, "%s%s%d%s", i ? "," : "", open, i, close);
	stpcpy(to, after);
	return text;
}

static void test_diff_id_count(void **state)
{
	_cleanup_arena_ struct arena a = {0};
	struct image_config c;
	struct err err = {0};
	char *text;

	(void)state;
	text = repeat(&a, "{'rootfs':{'diff_ids':[", "'" D1 "'", 1000, "]}}");
	CHECK_INT(parse_config(&a, text, &c, &err), 0);
	CHECK_INT(c.n_diff_ids, 1000);
	text = repeat(&a, "{'rootfs':{'diff_ids':[", "'" D1 "'", 1001, "]}}");
	CHECK_INT(parse_config(&a, text, &c, &err), -EINVAL);
	CHECK_STR(err.message, "rootfs.diff_ids: 1001 layers, at most 1000");
}

static void test_config_counts(void **state)
{
	static const struct {
		const char *before, *open, *close, *after, *what;
	} cases[] = {
		{"{'rootfs':{},'history':[", "{'comment':'", "'}", "]}", "history"},
		{"{'rootfs':{},'config':{'Labels':{", "'", "':'x'", "}}}",
		 "config.Labels"},
		{"{'rootfs':{},'config':{'Volumes':{", "'/", "':{}", "}}}",
		 "config.Volumes"},
		{"{'rootfs':{},'config':{'ExposedPorts':{", "'", "':{}", "}}}",
		 "config.ExposedPorts"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_arena_ struct arena a = {0};
		struct image_config c;
		struct err err = {0};
		char want[128];

		check_context("%s", cases[i].what);
		CHECK_INT(parse_config(&a,
				       numbered(&a, cases[i].before, cases[i].open,
						cases[i].close, 4096, cases[i].after),
				       &c, &err),
			  0);
		CHECK_INT(c.n_history + c.labels.n + c.volumes.n + c.exposed_ports.n,
			  4096);
		CHECK_INT(parse_config(&a,
				       numbered(&a, cases[i].before, cases[i].open,
						cases[i].close, 4097, cases[i].after),
				       &c, &err),
			  -EINVAL);
		snprintf(want, sizeof(want), "%s: 4097 entries, at most 4096",
			 cases[i].what);
		CHECK_STR(err.message, want);
	}
	check_no_context();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_manifest),	    TEST(test_index),
		TEST(test_media_type),	    TEST(test_refused_manifests),
		TEST(test_bad_json),	    TEST(test_counts),
		TEST(test_accept),	    TEST(test_compression),
		TEST(test_native),	    TEST(test_platform_parse),
		TEST(test_choose),	    TEST(test_choose_of_none),
		TEST(test_config),	    TEST(test_config_of_nothing),
		TEST(test_refused_configs), TEST(test_config_counts),
		TEST(test_diff_id_count),
	};

	return UNIT_RUN(tests);
}
