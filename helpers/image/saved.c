// SPDX-License-Identifier: Apache-2.0
/*
 * saved.c - see saved.h
 */
#include "saved.h"

#include <string.h>

#include "base/json.h"
#include "hash.h"
#include "image/document.h"

static int refuse_zstd(const struct descriptor *d, struct err *err)
{
	err_say(err, -ENOTSUP,
		"layer %s is compressed by zstd, which docker's manifests do not know",
		d->digest.text);
	return err_hint(err, -ENOTSUP, "--format docker-archive or oci-dir can have it");
}

static void put_blob(struct json *o, const char *type, const struct digest *d,
		     uint64_t size)
{
	json_put_str(o, "mediaType", type);
	json_put_int(o, "size", (int64_t)size);
	json_put_str(o, "digest", d->text);
}

/* OCI's manifest and Docker's are the same but for the types. */
static int put_manifest(struct json *doc, const struct saved *s, bool is_docker,
			struct err *err)
{
	const struct manifest *m = &s->image.manifest;
	struct json *list;

	json_put_int(doc, "schemaVersion", 2);
	json_put_str(doc, "mediaType", is_docker ? DOCKER_MANIFEST : OCI_MANIFEST);
	put_blob(json_put_object(doc, "config"), is_docker ? DOCKER_CONFIG : OCI_CONFIG,
		 &s->config.digest, s->config.len);
	list = json_put_array(doc, "layers");
	for (size_t i = 0; i < m->n_layers; i++) {
		const struct descriptor *d = &m->layers[i];
		const char *type = manifest_layer_type(
			is_docker, manifest_compression(d->media_type));

		if (!type)
			return refuse_zstd(d, err);
		put_blob(json_add_object(list), type, &d->digest, d->size);
	}
	return 0;
}

static int convert(struct saved *s, const char *type, struct arena *a, struct err *err)
{
	bool is_docker = strcmp(type, DOCKER_MANIFEST) == 0;
	_cleanup_json_ struct json *doc = json_new_object();
	_cleanup_free_ char *text = NULL;
	struct hash *hash;
	int r;

	if (s->manifest.media_type && strcmp(s->manifest.media_type, type) == 0)
		return 0;
	r = put_manifest(doc, s, is_docker, err);
	if (r < 0)
		return r;
	text = json_text(doc, false);
	hash = text ? hash_new() : NULL;
	if (!hash)
		return err_set(err, -ENOMEM, "write a manifest");
	s->manifest.text = arena_strdup(a, text);
	s->manifest.len = strlen(text);
	s->manifest.media_type = type;
	hash_add(hash, text, s->manifest.len);
	hash_end(hash, &s->manifest.digest);
	return 0;
}

int saved_read(const struct store *s, const char *typed, const struct platform *p,
	       const char *type, struct arena *a, struct saved *ret, struct err *err)
{
	const struct store_image *i = &ret->image;
	struct store_entry entry;
	int r = store_find(s, typed, a, &entry, err);

	if (r == 0)
		r = store_read(s, &entry, p, a, &ret->image, err);
	if (r < 0)
		return r;
	ret->manifest = (struct document){
		.text = i->manifest_text,
		.len = strlen(i->manifest_text),
		.media_type = i->manifest.media_type,
		.digest = i->entry.manifest.digest,
	};
	ret->config = (struct document){
		.text = i->config_text,
		.len = strlen(i->config_text),
		.digest = i->manifest.config.digest,
	};
	return type ? convert(ret, type, a, err) : 0;
}

const char *saved_type(const char *format)
{
	return strcmp(format, "v2s2") == 0 ? DOCKER_MANIFEST : OCI_MANIFEST;
}
