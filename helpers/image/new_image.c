// SPDX-License-Identifier: Apache-2.0
/*
 * new_image.c - see new_image.h
 */
#include "new_image.h"

#include <string.h>

#include "base/json.h"
#include "hash.h"
#include "image/document.h"
#include "layer.h"
#include "pull.h"

struct json *new_image_config(struct json *doc)
{
	struct json *config = json_get(doc, "config");
	struct json_at at = json_root(config);

	return config && json_kind(&at) == JSON_KIND_OBJECT
		       ? config
		       : json_put_object(doc, "config");
}

int new_image_name(const char *typed, struct arena *a, const char **ret, struct err *err)
{
	struct image_ref ref;
	int r = ref_parse(typed, a, &ref, err);

	if (r < 0)
		return r;
	if (ref.transport != REF_REGISTRY || ref.has_digest)
		return err_say(err, -EINVAL, "'%s': a name, with a tag or without",
			       typed);
	if (!ref.registry)
		ref = ref_qualify(&ref, "localhost", a);
	*ret = ref_text(&ref, a);
	return 0;
}

/* --- the config --- */

/* Of docker's, about the machine that it was made on. */
static void drop_foreign(struct json *doc)
{
	static const char *const keys[] = {"container", "container_config",
					   "docker_version", "id", "parent"};

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		json_remove(doc, keys[i]);
}

static void put_rootfs(const struct new_image *image, size_t n_layers)
{
	struct json *rootfs = json_put_object(image->doc, "rootfs"), *ids;

	json_put_str(rootfs, "type", "layers");
	ids = json_put_array(rootfs, "diff_ids");
	for (size_t i = 0; i + 1 < n_layers; i++)
		json_add_str(ids, image->base->config.diff_ids[i].text);
	json_add_str(ids, image->diff_id.text);
}

static void put_step(const struct new_image *image)
{
	struct json *list = json_get(image->doc, "history"), *step;
	struct json_at at = json_root(list);

	if (!list || json_kind(&at) != JSON_KIND_ARRAY)
		list = json_put_array(image->doc, "history");
	step = json_add_object(list);
	json_put_str(step, "created", image->step.created);
	json_put_str(step, "created_by", image->step.created_by);
	json_put_str(step, "comment", image->step.comment);
}

static void finish_config(const struct command *c, const struct new_image *image,
			  size_t n_layers)
{
	const struct platform *p = &c->source.platform;

	drop_foreign(image->doc);
	json_put_str(image->doc, "created", image->step.created);
	json_put_str(image->doc, "author", c->author);
	if (!image->base) {
		json_put_str(image->doc, "architecture", p->architecture);
		json_put_str(image->doc, "variant", p->variant);
		json_put_str(image->doc, "os", p->os);
	}
	put_rootfs(image, n_layers);
	put_step(image);
}

/* --- the manifest --- */

static int layer_type(const struct new_image *image, struct descriptor *d,
		      struct err *err)
{
	const char *type = manifest_layer_type(image->is_docker,
					       manifest_compression(d->media_type));

	if (!type) {
		err_say(err, -ENOTSUP,
			"layer %s is compressed by zstd, which docker's manifests do "
			"not know",
			d->digest.text);
		return err_hint(err, -ENOTSUP, "--format oci can have it");
	}
	d->media_type = type;
	return 0;
}

static int list_layers(const struct new_image *image, struct arena *a,
		       struct manifest *ret, struct err *err)
{
	const struct manifest *base = image->base ? &image->base->manifest : NULL;
	size_t n = base ? base->n_layers : 0;
	int r = 0;

	if (n + 1 > MANIFEST_MAX_LAYERS)
		return err_say(err, -E2BIG, "an image has at most %d layers",
			       MANIFEST_MAX_LAYERS);
	ret->layers = arena_alloc(a, (n + 1) * sizeof(*ret->layers));
	ret->n_layers = n + 1;
	for (size_t i = 0; r == 0 && i < n; i++) {
		ret->layers[i] = base->layers[i];
		r = layer_type(image, &ret->layers[i], err);
	}
	ret->layers[n] = image->layer;
	ret->layers[n].media_type =
		manifest_layer_type(image->is_docker, COMPRESSION_GZIP);
	return r;
}

static void put_descriptor(struct json *o, const struct descriptor *d)
{
	json_put_str(o, "mediaType", d->media_type);
	json_put_str(o, "digest", d->digest.text);
	json_put_int(o, "size", (int64_t)d->size);
}

static struct json *manifest_json(const struct manifest *m)
{
	struct json *doc = json_new_object(), *list;

	json_put_int(doc, "schemaVersion", 2);
	json_put_str(doc, "mediaType", m->media_type);
	put_descriptor(json_put_object(doc, "config"), &m->config);
	list = json_put_array(doc, "layers");
	for (size_t i = 0; i < m->n_layers; i++)
		put_descriptor(json_add_object(list), &m->layers[i]);
	return doc;
}

/* --- both --- */

static int put_document(const struct store *s, const struct json *doc, const char *type,
			struct descriptor *ret, struct err *err)
{
	_cleanup_free_ char *text = json_text(doc, false);
	struct hash *hash = hash_new();
	struct document d = {.text = text, .media_type = type};

	if (!text || !hash) {
		hash_free(hash);
		return err_set(err, -ENOMEM, "write a document of the image");
	}
	d.len = strlen(text);
	hash_add(hash, text, d.len);
	hash_end(hash, &d.digest);
	*ret = (struct descriptor){.media_type = type, .digest = d.digest, .size = d.len};
	return layer_put_document(s, &d, err);
}

static int put_documents(struct command *c, const struct new_image *image,
			 struct manifest *m, struct descriptor *ret, struct err *err)
{
	_cleanup_json_ struct json *doc = NULL;
	int r = put_document(&c->store, image->doc,
			     image->is_docker ? DOCKER_CONFIG : OCI_CONFIG, &m->config,
			     err);

	if (r < 0)
		return r;
	doc = manifest_json(m);
	return put_document(&c->store, doc, m->media_type, ret, err);
}

/* What is read again is what others will read. */
static int bring_layers(struct command *c, const struct new_image *image,
			const struct manifest *m, struct err *err)
{
	_cleanup_free_ char *text = json_text(image->doc, false);
	struct image_config config;
	int r = text ? image_config_parse(text, strlen(text), c->arena, &config, err)
		     : err_set(err, -ENOMEM, "write the image's config");

	if (r == 0 && config.n_diff_ids != m->n_layers)
		r = err_say(err, -EINVAL, "the base image's config lacks layers");
	return r < 0 ? r : pull_layers(c, NULL, m, &config, err);
}

int new_image_put(struct command *c, struct new_image *image, struct err *err)
{
	struct manifest m = {.media_type =
				     image->is_docker ? DOCKER_MANIFEST : OCI_MANIFEST};
	struct descriptor d;
	int r = list_layers(image, c->arena, &m, err);

	if (r < 0)
		return r;
	finish_config(c, image, m.n_layers);
	/* Nothing is named that is not whole. */
	r = bring_layers(c, image, &m, err);
	if (r == 0)
		r = put_documents(c, image, &m, &d, err);
	if (r == 0)
		r = pull_sync(c, err);
	if (r == 0)
		r = store_name(&c->store, &d, image->name, err);
	if (r < 0)
		return r;
	json_put_str(c->answer, "id", m.config.digest.text);
	json_put_str(c->answer, "digest", d.digest.text);
	json_put_str(c->answer, "name", image->name);
	return 0;
}
