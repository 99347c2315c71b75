// SPDX-License-Identifier: Apache-2.0
/*
 * manifest.c - see manifest.h
 *
 * A document says what it is by its mediaType, by the type it was served as, and by its shape.
 * All that speak have to agree: one that passes for an index here and for a manifest elsewhere
 * would be two images with one digest (CVE-2021-41190). Source: image-spec 1.1 (manifest.md,
 * image-index.md, descriptor.md), distribution's manifest-v2-2.md.
 */
#include "image/manifest.h"

#include <string.h>

#include "base/json.h"
#include "image/document.h"

/* JSON's numbers are exact up to here; no blob is as big. */
#define MAX_SIZE (INT64_C(1) << 53)

const char manifest_accept[] =
	OCI_INDEX ", " OCI_MANIFEST ", " DOCKER_LIST ", " DOCKER_MANIFEST;

static const struct {
	const char *media_type;
	enum manifest_compression compression;
	bool is_foreign; /* not to be had from the registry */
} layer_types[] = {
	{"application/vnd.oci.image.layer.v1.tar", COMPRESSION_NONE, false},
	{"application/vnd.oci.image.layer.v1.tar+gzip", COMPRESSION_GZIP, false},
	{"application/vnd.oci.image.layer.v1.tar+zstd", COMPRESSION_ZSTD, false},
	{"application/vnd.docker.image.rootfs.diff.tar", COMPRESSION_NONE, false},
	{"application/vnd.docker.image.rootfs.diff.tar.gzip", COMPRESSION_GZIP, false},
	{"application/vnd.docker.image.rootfs.diff.tar.zstd", COMPRESSION_ZSTD, false},
	{"application/vnd.oci.image.layer.nondistributable.v1.tar", COMPRESSION_NONE,
	 true},
	{"application/vnd.oci.image.layer.nondistributable.v1.tar+gzip", COMPRESSION_GZIP,
	 true},
	{"application/vnd.oci.image.layer.nondistributable.v1.tar+zstd", COMPRESSION_ZSTD,
	 true},
	{"application/vnd.docker.image.rootfs.foreign.diff.tar", COMPRESSION_NONE, true},
	{"application/vnd.docker.image.rootfs.foreign.diff.tar.gzip", COMPRESSION_GZIP,
	 true},
};

/* --- what a document is --- */

static int refuse_schema_1(const struct json_at *at, struct err *err)
{
	return err_hint(err,
			document_unsupported(at, err,
					     "a manifest of schema 1, withdrawn in 2019"),
			"have the image pushed again by a current program, or convert it "
			"with skopeo");
}

static bool has(const struct json_at *doc, const char *key)
{
	struct json_at at = json_key(doc, key);

	return json_is_present(&at);
}

static int check_schema(const struct json_at *doc, struct err *err)
{
	struct json_at at = json_key(doc, "schemaVersion");
	int64_t version = 2;
	int r = json_read_i64(&at, INT64_MIN, INT64_MAX, &version, err);

	if (r < 0)
		return r;
	if (version == 1)
		return refuse_schema_1(&at, err);
	if (version != 2)
		return json_invalid(&at, err, "%lld is not 2", (long long)version);
	at = json_key(doc, "fsLayers");
	return json_is_present(&at) ? refuse_schema_1(&at, err) : 0;
}

static int check_artifact(const struct json_at *doc, struct arena *a, struct err *err)
{
	struct json_at at = json_key(doc, "artifactType");
	const char *type = NULL;
	int r = document_read_text(doc, "artifactType", a, &type, err);

	if (r < 0 || !type)
		return r;
	return document_unsupported(&at, err,
				    "an artifact of type '%s', no container image",
				    document_show(type).text);
}

/* The document's own type and the one that it was served as. */
static int read_kind(const struct json_at *doc, const char *served, struct arena *a,
		     struct manifest *m, enum document_kind *ret, struct err *err)
{
	struct json_at at = json_key(doc, "mediaType");
	const char *own = NULL, *served_type = NULL;
	enum document_kind kind, served_kind = document_kind(served, &served_type);
	int r = document_read_text(doc, "mediaType", a, &own, err);

	if (r < 0)
		return r;
	kind = document_kind(own, &m->media_type);
	if (own && (kind == DOCUMENT_UNKNOWN || strcmp(own, m->media_type) != 0))
		return document_unsupported(&at, err, "'%s' is no image",
					    document_show(own).text);
	if (own && served_type && strcmp(m->media_type, served_type) != 0)
		return json_invalid(&at, err, "'%s' was served as '%s'", m->media_type,
				    served_type);
	if (!own) {
		m->media_type = served_type;
		kind = served_kind;
	}
	if (kind == DOCUMENT_SCHEMA_1)
		return refuse_schema_1(&at, err);
	if (kind == DOCUMENT_ARTIFACT)
		return document_unsupported(&at, err, "an artifact, no container image");
	*ret = kind;
	return 0;
}

static int check_shape(const struct json_at *doc, enum document_kind kind,
		       struct manifest *m, struct err *err)
{
	bool is_manifest = has(doc, "config") || has(doc, "layers");
	bool is_index = has(doc, "manifests");

	if (is_manifest && is_index)
		return json_invalid(doc, err, "is both a manifest and an index");
	/* Go writes null for an empty list: then only the type tells. */
	if (!is_manifest && !is_index && kind != DOCUMENT_INDEX)
		return json_invalid(doc, err, "is neither a manifest nor an index");
	if (is_manifest && kind == DOCUMENT_INDEX)
		return json_invalid(doc, err,
				    "is a manifest and says that it is an index");
	if (is_index && kind == DOCUMENT_MANIFEST)
		return json_invalid(doc, err,
				    "is an index and says that it is a manifest");
	m->is_index = !is_manifest;
	if (!m->media_type)
		m->media_type = m->is_index ? OCI_INDEX : OCI_MANIFEST;
	return 0;
}

/* --- descriptors --- */

static int read_size(const struct json_at *at, uint64_t *ret, struct err *err)
{
	int64_t size = 0;
	int r = json_read_i64(at, 0, MAX_SIZE, &size, err);

	if (r == 0 && !json_is_present(at))
		return json_invalid(at, err, "is missing");
	*ret = (uint64_t)size;
	return r;
}

static int read_platform(const struct json_at *up, struct arena *a, struct descriptor *d,
			 struct err *err)
{
	struct json_at at = json_key(up, "platform");
	int r = json_expect(&at, JSON_KIND_OBJECT, err);

	if (r == 0)
		r = document_read_text(&at, "os", a, &d->os, err);
	if (r == 0)
		r = document_read_text(&at, "architecture", a, &d->architecture, err);
	if (r == 0)
		r = document_read_text(&at, "variant", a, &d->variant, err);
	return r;
}

static int read_descriptor(const struct json_at *at, struct arena *a,
			   struct descriptor *d, struct err *err)
{
	struct json_at type = json_key(at, "mediaType"), size = json_key(at, "size"),
		       digest = json_key(at, "digest");
	int r = json_expect(at, JSON_KIND_OBJECT, err);

	if (r < 0)
		return r;
	if (!json_is_present(at))
		return json_invalid(at, err, "is missing");
	r = document_read_text(at, "mediaType", a, &d->media_type, err);
	if (r < 0)
		return r;
	if (!d->media_type)
		return json_invalid(&type, err, "is missing");
	r = document_read_digest(&digest, a, &d->digest, err);
	return r < 0 ? r : read_size(&size, &d->size, err);
}

/* What is fetched comes from where the manifest is, never from a URL that it names
 * (CVE-2020-15157). */
static int refuse_urls(const struct json_at *up, struct err *err)
{
	struct json_at at = json_key(up, "urls");
	int r = json_expect(&at, JSON_KIND_ARRAY, err);

	if (r == 0 && json_count(&at) > 0)
		return document_unsupported(&at, err,
					    "layers from elsewhere are not fetched");
	return r;
}

static int check_layer_type(const struct json_at *up, const char *media_type,
			    struct err *err)
{
	struct json_at at = json_key(up, "mediaType");

	for (size_t i = 0; i < ARRAY_SIZE(layer_types); i++) {
		if (strcmp(media_type, layer_types[i].media_type) != 0)
			continue;
		if (layer_types[i].is_foreign)
			return document_unsupported(
				&at, err, "'%s': such a layer is not distributed",
				media_type);
		return 0;
	}
	return document_unsupported(&at, err, "'%s' is no layer of a container image",
				    document_show(media_type).text);
}

static int read_layer(const struct json_at *at, struct arena *a, struct descriptor *d,
		      struct err *err)
{
	int r = read_descriptor(at, a, d, err);

	if (r == 0)
		r = check_layer_type(at, d->media_type, err);
	return r < 0 ? r : refuse_urls(at, err);
}

static int read_config_descriptor(const struct json_at *doc, struct arena *a,
				  struct descriptor *d, struct err *err)
{
	struct json_at at = json_key(doc, "config"), type = json_key(&at, "mediaType"),
		       size = json_key(&at, "size");
	int r = read_descriptor(&at, a, d, err);

	if (r < 0)
		return r;
	if (strcmp(d->media_type, OCI_CONFIG) != 0 &&
	    strcmp(d->media_type, DOCKER_CONFIG) != 0)
		return document_unsupported(
			&type, err, "an artifact of type '%s', no container image",
			document_show(d->media_type).text);
	if (d->size > MANIFEST_MAX_BYTES)
		return json_invalid(&size, err, "%llu is above %u",
				    (unsigned long long)d->size, MANIFEST_MAX_BYTES);
	return refuse_urls(&at, err);
}

static int read_index_entry(const struct json_at *at, struct arena *a,
			    struct descriptor *d, struct err *err)
{
	struct json_at notes = json_key(at, "annotations");
	int r = read_descriptor(at, a, d, err);

	if (r == 0)
		r = document_read_text(at, "artifactType", a, &d->artifact_type, err);
	if (r == 0)
		r = read_platform(at, a, d, err);
	if (r == 0)
		r = json_expect(&notes, JSON_KIND_OBJECT, err);
	if (r == 0)
		r = document_read_text(&notes, "org.opencontainers.image.ref.name", a,
				       &d->ref_name, err);
	return r;
}

typedef int (*read_descriptor_fn)(const struct json_at *at, struct arena *a,
				  struct descriptor *d, struct err *err);

static int read_descriptors(const struct json_at *at, size_t max, read_descriptor_fn read,
			    struct arena *a, struct descriptor **ret, size_t *ret_n,
			    struct err *err)
{
	size_t n = json_count(at);
	int r = json_expect(at, JSON_KIND_ARRAY, err);

	if (r < 0)
		return r;
	if (n > max)
		return json_invalid(at, err, "%zu entries, at most %zu", n, max);
	*ret = arena_alloc(a, MAX(n, 1u) * sizeof(**ret));
	for (size_t i = 0; r == 0 && i < n; i++) {
		struct json_at item = json_index(at, i);

		r = read(&item, a, &(*ret)[i], err);
	}
	*ret_n = n;
	return r;
}

static int read_document(const struct json_at *doc, const char *media_type,
			 struct arena *a, struct manifest *m, struct err *err)
{
	struct json_at layers = json_key(doc, "layers"),
		       images = json_key(doc, "manifests");
	enum document_kind kind = DOCUMENT_UNKNOWN;
	int r = json_expect(doc, JSON_KIND_OBJECT, err);

	if (r == 0)
		r = check_schema(doc, err);
	if (r == 0)
		r = read_kind(doc, media_type, a, m, &kind, err);
	if (r == 0)
		r = check_artifact(doc, a, err);
	if (r == 0)
		r = check_shape(doc, kind, m, err);
	if (r < 0)
		return r;
	if (m->is_index)
		return read_descriptors(&images, MANIFEST_MAX_IMAGES, read_index_entry, a,
					&m->images, &m->n_images, err);
	r = read_config_descriptor(doc, a, &m->config, err);
	if (r < 0)
		return r;
	return read_descriptors(&layers, MANIFEST_MAX_LAYERS, read_layer, a, &m->layers,
				&m->n_layers, err);
}

int manifest_parse(const char *text, size_t len, const char *media_type, struct arena *a,
		   struct manifest *ret, struct err *err)
{
	_cleanup_json_ struct json *doc = NULL;
	struct manifest m = {0};
	struct json_at root;
	int r = json_parse(text, len, &doc, err);

	if (r < 0)
		return r;
	root = json_root(doc);
	r = read_document(&root, media_type, a, &m, err);
	if (r < 0)
		return r;
	*ret = m;
	return 0;
}

enum manifest_compression manifest_compression(const char *media_type)
{
	for (size_t i = 0; media_type && i < ARRAY_SIZE(layer_types); i++)
		if (strcmp(media_type, layer_types[i].media_type) == 0)
			return layer_types[i].compression;
	return COMPRESSION_NONE;
}

const char *manifest_layer_type(bool is_docker, enum manifest_compression compression)
{
	static const char *const types[][3] = {
		{"application/vnd.oci.image.layer.v1.tar",
		 "application/vnd.oci.image.layer.v1.tar+gzip",
		 "application/vnd.oci.image.layer.v1.tar+zstd"},
		{"application/vnd.docker.image.rootfs.diff.tar",
		 "application/vnd.docker.image.rootfs.diff.tar.gzip", NULL},
	};

	return types[is_docker][compression];
}
