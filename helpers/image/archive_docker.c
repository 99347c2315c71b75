// SPDX-License-Identifier: Apache-2.0
/*
 * archive_docker.c - docker-archive:, what `docker save` writes
 *
 * manifest.json has an entry for each image: names of members that are its config and its layers,
 * and the names that it had. There is no manifest with digests, so one is made up here: the
 * digest of a layer is that of the member as it is stored. docker writes an OCI layout beside it
 * since version 25; the members that it names are the same.
 */
#include <string.h>

#include "archive_table.h"
#include "base/json.h"
#include "hash.h"
#include "sys/fd.h"

#define MAX_TAGS 10000 /* of all images of an archive */

struct docker_image {
	const char *config;
	struct strv tags, layers;
};

struct docker_images {
	struct docker_image *images;
	size_t n_images;
};

/* A blob of the image that was chosen. */
struct docker_blob {
	struct descriptor d;
	struct extent extent; /* its descriptor is the archive's */
};

struct docker {
	struct source source;
	struct files *files;
	struct arena own;
	struct document manifest;
	struct docker_blob *blobs; /* the config, then the layers, bottom first */
	size_t n_blobs;
};

/* --- manifest.json --- */

static int read_image(const struct json_at *at, struct arena *a, struct docker_image *ret,
		      struct err *err)
{
	struct json_at config = json_key(at, "Config"), tags = json_key(at, "RepoTags"),
		       layers = json_key(at, "Layers");
	int r = json_expect(at, JSON_KIND_OBJECT, err);

	if (r == 0)
		r = json_read_str(&config, a, &ret->config, err);
	if (r == 0 && !ret->config)
		r = json_invalid(at, err, "there is no Config");
	if (r == 0 && json_count(&layers) > MANIFEST_MAX_LAYERS)
		r = json_invalid(&layers, err, "more than %d layers",
				 MANIFEST_MAX_LAYERS);
	if (r == 0)
		r = json_read_strv(&tags, a, &ret->tags, err);
	if (r == 0)
		r = json_read_strv(&layers, a, &ret->layers, err);
	return r;
}

static int read_images(const struct json_at *root, struct arena *a,
		       struct docker_images *ret, struct err *err)
{
	size_t n_tags = 0;
	int r = json_expect(root, JSON_KIND_ARRAY, err);

	if (r == 0 && json_count(root) > MANIFEST_MAX_IMAGES)
		r = err_say(err, -EFBIG, "more than %d images", MANIFEST_MAX_IMAGES);
	for (size_t i = 0; r == 0 && i < json_count(root); i++) {
		struct json_at at = json_index(root, i);
		struct docker_image *image = ARR_PUSH(a, ret, images);

		r = read_image(&at, a, image, err);
		n_tags += image->tags.n;
		if (r == 0 && n_tags > MAX_TAGS)
			r = err_say(err, -EFBIG, "more than %d names", MAX_TAGS);
	}
	return r;
}

static int docker_read(const struct files *f, struct arena *a, struct docker_images *ret,
		       struct err *err)
{
	_cleanup_json_ struct json *doc = NULL;
	struct json_at root;
	char *text;
	size_t len;
	int r = files_read(f, "manifest.json", MANIFEST_MAX_BYTES, a, &text, &len, err);

	if (r < 0)
		return r == -ENOENT ? err_hint(err, r, "An archive of docker has one.")
				    : r;
	r = json_parse(text, len, &doc, err);
	if (r == 0) {
		root = json_root(doc);
		r = read_images(&root, a, ret, err);
	}
	if (r < 0)
		err_prefix(err, "'manifest.json' in '%s'", f->name);
	return r;
}

/* --- which image? --- */

static void list_images(const struct docker_images *all, struct arena *a,
			struct strv *ret)
{
	for (size_t i = 0; i < all->n_images; i++) {
		const struct strv *tags = &all->images[i].tags;

		for (size_t k = 0; k < tags->n; k++)
			strv_push(a, ret, tags->v[k]);
		if (tags->n == 0)
			strv_pushf(a, ret, "@%zu", i);
	}
}

int docker_names(const struct files *f, struct arena *a, struct strv *ret,
		 struct err *err)
{
	struct docker_images all = {0};
	int r = docker_read(f, a, &all, err);

	if (r == 0)
		list_images(&all, a, ret);
	return r;
}

/* A name in full: "debian" is "docker.io/library/debian:latest". What is no reference is left as
 * it is. */
static const char *full_name(const char *name, struct arena *a)
{
	struct image_ref ref;

	if (ref_parse(name, a, &ref, NULL) < 0 || ref.transport != REF_REGISTRY)
		return name;
	if (!ref.registry)
		ref = ref_qualify(&ref, "docker.io", a);
	return ref_text(&ref, a);
}

static int find_name(const struct docker_images *all, const char *name, size_t *ret,
		     struct err *err)
{
	_cleanup_arena_ struct arena a = {0};
	const char *full = full_name(name, &a);

	if (files_parse_index(name, all->n_images, ret) == 0)
		return 0;
	for (size_t i = 0; i < all->n_images; i++) {
		const struct strv *tags = &all->images[i].tags;

		for (size_t k = 0; k < tags->n; k++) {
			if (strcmp(full_name(tags->v[k], &a), full) != 0)
				continue;
			*ret = i;
			return 0;
		}
	}
	return err_say(err, -ENOENT, "there is no image '%s'", shown(name).text);
}

static int choose(const struct docker_images *all, const char *name, struct arena *a,
		  size_t *ret, struct err *err)
{
	struct strv names = {0};
	int r;

	*ret = 0;
	if (all->n_images == 0)
		return err_say(err, -ENOENT, "there is no image in it");
	if (!name && all->n_images == 1)
		return 0;
	r = name ? find_name(all, name, ret, err)
		 : err_say(err, -EINVAL, "there are %zu images in it: which one?",
			   all->n_images);
	if (r < 0) {
		list_images(all, a, &names);
		err_hint(err, r, "Put a name behind the path. There are %s.",
			 files_list_names(&names, a));
	}
	return r;
}

/* --- the manifest that it should have had --- */

static const char *layer_type(const struct extent *e)
{
	static const struct {
		const char *magic, *type;
	} types[] = {
		{"\x1f\x8b", "application/vnd.oci.image.layer.v1.tar+gzip"},
		{"\x28\xb5\x2f\xfd", "application/vnd.oci.image.layer.v1.tar+zstd"},
	};
	char head[4] = {0};
	ssize_t n = pread(e->fd, head, MIN(sizeof(head), e->size), (off_t)e->offset);

	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		size_t len = strlen(types[i].magic);

		if (n >= (ssize_t)len && memcmp(head, types[i].magic, len) == 0)
			return types[i].type;
	}
	return "application/vnd.oci.image.layer.v1.tar";
}

/* The same member may be several layers: it is hashed once. */
static int add_blob(struct docker *d, const char *name, struct err *err)
{
	_cleanup_extent_ struct extent e = EXTENT_NONE;
	struct docker_blob *b;
	int r = files_find(d->files, name, &e, err);

	if (r < 0)
		return r;
	b = ARR_PUSH(&d->own, d, blobs);
	b->extent = e;
	b->d.size = e.size;
	for (size_t i = 0; i + 1 < d->n_blobs; i++) {
		if (d->blobs[i].extent.offset != e.offset)
			continue;
		b->d.digest = d->blobs[i].d.digest;
		return 0;
	}
	return extent_digest(&e, shown(name).text, &b->d.digest, err);
}

static void put_descriptor(struct json *to, const struct descriptor *d)
{
	json_put_str(to, "mediaType", d->media_type);
	json_put_str(to, "digest", d->digest.text);
	json_put_int(to, "size", (int64_t)d->size);
}

static char *manifest_text(const struct docker *d)
{
	_cleanup_json_ struct json *doc = json_new_object();
	struct json *layers;

	json_put_int(doc, "schemaVersion", 2);
	json_put_str(doc, "mediaType", "application/vnd.oci.image.manifest.v1+json");
	put_descriptor(json_put_object(doc, "config"), &d->blobs[0].d);
	layers = json_put_array(doc, "layers");
	for (size_t i = 1; i < d->n_blobs; i++)
		put_descriptor(json_add_object(layers), &d->blobs[i].d);
	return json_text(doc, false);
}

static int make_manifest(struct docker *d, struct err *err)
{
	_cleanup_free_ char *text = manifest_text(d);
	struct hash *hash = hash_new();

	if (!text || !hash) {
		hash_free(hash);
		return err_set(err, -ENOMEM, "open '%s'", d->source.name);
	}
	d->manifest.len = strlen(text);
	d->manifest.text = arena_strdup(&d->own, text);
	d->manifest.media_type = "application/vnd.oci.image.manifest.v1+json";
	hash_add(hash, text, d->manifest.len);
	hash_end(hash, &d->manifest.digest);
	return 0;
}

static int add_blobs(struct docker *d, const struct docker_image *image, struct err *err)
{
	int r = add_blob(d, image->config, err);

	if (r == 0 && d->blobs[0].d.size > MANIFEST_MAX_BYTES)
		r = err_say(err, -EFBIG, "config '%s' of '%s' is more than %u bytes",
			    shown(image->config).text, d->source.name,
			    MANIFEST_MAX_BYTES);
	for (size_t i = 0; r == 0 && i < image->layers.n; i++) {
		r = add_blob(d, image->layers.v[i], err);
		if (r == 0)
			d->blobs[i + 1].d.media_type =
				layer_type(&d->blobs[i + 1].extent);
	}
	if (r == 0)
		d->blobs[0].d.media_type = "application/vnd.oci.image.config.v1+json";
	/* It is there, but not whole. */
	if (r == -ENOENT)
		r = err_say(err, -EBADMSG, "%s",
			    err ? arena_strdup(&d->own, err->message) : "");
	return r;
}

/* --- the source --- */

static int docker_manifest(struct source *s, const struct digest *want, struct arena *a,
			   struct document *ret, struct err *err)
{
	const struct docker *d = (const struct docker *)s;

	if (want && !digest_equal(want, &d->manifest.digest))
		return err_say(err, -ENOENT, "there is no manifest %s in '%s'",
			       want->text, s->name);
	*ret = d->manifest;
	ret->text = arena_strndup(a, d->manifest.text, d->manifest.len);
	return 0;
}

static int docker_blob(struct source *s, const struct descriptor *want, uint64_t offset,
		       struct sink *to, struct err *err)
{
	const struct docker *d = (const struct docker *)s;

	for (size_t i = 0; i < d->n_blobs; i++)
		if (digest_equal(&d->blobs[i].d.digest, &want->digest))
			return extent_send(&d->blobs[i].extent, want, offset, s->name, to,
					   err);
	return err_say(err, -ENOENT, "there is no blob %s in '%s'", want->digest.text,
		       s->name);
}

static void docker_close(struct source *s)
{
	struct docker *d = (struct docker *)s;

	files_close(&d->files);
	arena_free(&d->own);
	free(d);
}

static const struct source_ops docker_ops = {docker_manifest, docker_blob, docker_close};

int docker_open(struct files *f, const struct image_ref *ref, struct source **ret,
		struct err *err)
{
	_cleanup_files_ struct files *files = f;
	_cleanup_arena_ struct arena a = {0};
	_cleanup_(source_close) struct source *s = NULL;
	struct docker_images all = {0};
	struct docker *d;
	size_t chosen = 0;
	int r = docker_read(f, &a, &all, err);

	if (r < 0)
		return r;
	r = choose(&all, ref->name, &a, &chosen, err);
	if (r < 0) {
		err_prefix(err, "'%s'", f->name);
		return r;
	}
	d = calloc(1, sizeof(*d));
	if (!d)
		return err_set(err, -ENOMEM, "open '%s'", f->name);
	s = &d->source;
	d->source = (struct source){.ops = &docker_ops, .name = f->name};
	d->files = files;
	files = NULL;
	r = add_blobs(d, &all.images[chosen], err);
	if (r == 0)
		r = make_manifest(d, err);
	if (r < 0)
		return r;
	*ret = s;
	s = NULL;
	return 0;
}
