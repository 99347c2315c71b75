// SPDX-License-Identifier: Apache-2.0
/*
 * archive_write.c - see archive.h
 *
 * A tar header tells the size of what follows. A layer of a docker-archive is inflated twice, for
 * its size and digest first, and then into the archive: that takes less time than a copy on disk
 * would, and no room in a folder for temporary files, which is often smaller than a layer.
 */
#include <archive.h>
#include <archive_entry.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "archive.h"
#include "archive_table.h"
#include "base/json.h"
#include "hash.h"
#include "inflate.h"
#include "sys/fd.h"

#define OCI_MANIFEST "application/vnd.oci.image.manifest.v1+json"

struct writer {
	struct archive *archive;
	int out;
	int error; /* nothing is written any more */
	struct files *blobs;
	struct arena own;
	struct strv written; /* names of the members so far */
};

/* --- members --- */

/* libarchive never hears of a failure: what it holds then is not given back by
 * archive_write_free(), as of 3.6. */
static la_ssize_t write_block(struct archive *a, void *data, const void *block,
			      size_t len)
{
	struct writer *w = data;

	(void)a;
	if (w->error == 0)
		w->error = fd_write_all(w->out, block, len);
	return (la_ssize_t)len;
}

/* What came of a call of libarchive. */
static int check_write(const struct writer *w, bool is_good, const char *what,
		       struct err *err)
{
	int code = w->error ? w->error : -archive_errno(w->archive);

	if (is_good && w->error == 0)
		return 0;
	return err_set(err, code < 0 ? code : -EIO, "write '%s' into the archive", what);
}

/* No time, no owner, nothing of this machine. */
static int write_header(struct writer *w, const char *name, mode_t kind, uint64_t size,
			struct err *err)
{
	struct archive_entry *e = archive_entry_new();
	int r;

	if (!e)
		return err_set(err, -ENOMEM, "write '%s' into the archive", name);
	archive_entry_set_pathname(e, name);
	archive_entry_set_filetype(e, kind);
	archive_entry_set_perm(e, kind == AE_IFDIR ? 0755 : 0644);
	archive_entry_set_size(e, (la_int64_t)size);
	archive_entry_set_uid(e, 0);
	archive_entry_set_gid(e, 0);
	archive_entry_set_mtime(e, 0, 0);
	r = archive_write_header(w->archive, e);
	archive_entry_free(e);
	return check_write(w, r == ARCHIVE_OK, name, err);
}

static int write_data(struct writer *w, const char *name, const void *bytes, size_t len,
		      struct err *err)
{
	la_ssize_t n = archive_write_data(w->archive, bytes, len);

	if (n >= 0 && n < (la_ssize_t)len)
		return err_say(err, -EBADMSG, "'%s' grew while it was written", name);
	return check_write(w, n >= 0, name, err);
}

static int write_text(struct writer *w, const char *name, const char *text, size_t len,
		      struct err *err)
{
	int r = write_header(w, name, AE_IFREG, len, err);

	return r < 0 ? r : write_data(w, name, text, len, err);
}

static int write_json(struct writer *w, const char *name, const struct json *doc,
		      struct err *err)
{
	_cleanup_free_ char *text = json_text(doc, false);

	if (!text)
		return err_set(err, -ENOMEM, "write '%s'", name);
	return write_text(w, name, text, strlen(text), err);
}

/* Is it to be written now, for the first time? */
static bool is_new(struct writer *w, const char *name)
{
	if (strv_has(&w->written, name))
		return false;
	strv_push(&w->own, &w->written, arena_strdup(&w->own, name));
	return true;
}

/* --- blobs --- */

/* Hashes, counts, and writes when there is somewhere to write to. */
struct blob_sink {
	struct sink sink;
	struct hash *hash;
	uint64_t bytes;
	struct writer *writer; /* NULL: only looks */
	const char *name;
};

static int blob_write(struct sink *s, const void *bytes, size_t len, struct err *err)
{
	struct blob_sink *b = (struct blob_sink *)s;

	hash_add(b->hash, bytes, len);
	b->bytes += len;
	return b->writer ? write_data(b->writer, b->name, bytes, len, err) : 0;
}

static void blob_sink_end(struct blob_sink *b)
{
	hash_free(b->hash);
}

struct inflate_sink {
	struct sink sink;
	struct inflate *inflate;
};

static int inflate_sink_write(struct sink *s, const void *bytes, size_t len,
			      struct err *err)
{
	return inflate_write(((struct inflate_sink *)s)->inflate, bytes, len, err);
}

/* Sends a blob as it is stored or inflated, and says what came out. */
static int send_blob(struct writer *w, const struct descriptor *d, bool want_inflated,
		     struct blob_sink *to, struct digest *ret, struct err *err)
{
	_cleanup_extent_ struct extent e = EXTENT_NONE;
	_cleanup_(inflate_freep) struct inflate *inflate = NULL;
	struct inflate_sink between = {.sink = {inflate_sink_write}};
	int r = files_find(w->blobs, digest_hex(&d->digest), &e, err);

	if (r < 0)
		return r;
	to->sink.write = blob_write;
	to->hash = hash_new();
	if (want_inflated)
		between.inflate = inflate = inflate_new(&to->sink, -1);
	if (!to->hash || (want_inflated && !inflate))
		return err_set(err, -ENOMEM, "read blob %s", d->digest.text);
	r = extent_send(&e, d, 0, w->blobs->name,
			want_inflated ? &between.sink : &to->sink, err);
	if (r == 0 && want_inflated)
		r = inflate_end(inflate, err);
	if (r < 0)
		return r;
	hash_end(to->hash, ret);
	to->hash = NULL;
	return 0;
}

static int check_digest(const struct digest *is, const struct digest *want,
			const char *what, struct err *err)
{
	if (digest_equal(is, want))
		return 0;
	return err_say(err, -EBADMSG, "%s is damaged: its digest is %s instead of %s",
		       what, is->text, want->text);
}

static int write_document(struct writer *w, const char *name, const struct document *doc,
			  struct err *err)
{
	if (!is_new(w, name))
		return 0;
	return write_text(w, name, doc->text, doc->len, err);
}

/* --- oci-archive --- */

static const char *blob_path(struct writer *w, const struct digest *d)
{
	return arena_printf(&w->own, "blobs/sha256/%s", digest_hex(d));
}

static int write_blob(struct writer *w, const struct descriptor *d, struct err *err)
{
	const char *name = blob_path(w, &d->digest);
	_cleanup_(blob_sink_end) struct blob_sink to = {
		.writer = w, .name = name, .bytes = 0};
	struct digest is;
	int r;

	if (!is_new(w, name))
		return 0;
	r = write_header(w, name, AE_IFREG, d->size, err);
	if (r == 0)
		r = send_blob(w, d, false, &to, &is, err);
	return r < 0 ? r : check_digest(&is, &d->digest, "a layer", err);
}

static int write_oci_image(struct writer *w, const struct archive_image *image,
			   struct err *err)
{
	const struct document *m = image->manifest, *c = image->config;
	int r = write_document(w, blob_path(w, &m->digest), m, err);

	if (r == 0)
		r = write_document(w, blob_path(w, &c->digest), c, err);
	for (size_t i = 0; r == 0 && i < image->parsed->n_layers; i++)
		r = write_blob(w, &image->parsed->layers[i], err);
	return r;
}

static const char *manifest_type(const struct archive_image *image)
{
	if (image->manifest->media_type)
		return image->manifest->media_type;
	return image->parsed->media_type ? image->parsed->media_type : OCI_MANIFEST;
}

/* ref.name is what skopeo and podman read, the other one is containerd's. */
static int write_index(struct writer *w, const struct archive_image *images, size_t n,
		       struct err *err)
{
	_cleanup_json_ struct json *doc = json_new_object();
	struct json *list, *entry, *notes;

	json_put_int(doc, "schemaVersion", 2);
	json_put_str(doc, "mediaType", "application/vnd.oci.image.index.v1+json");
	list = json_put_array(doc, "manifests");
	for (size_t i = 0; i < n; i++) {
		entry = json_add_object(list);
		json_put_str(entry, "mediaType", manifest_type(&images[i]));
		json_put_str(entry, "digest", images[i].manifest->digest.text);
		json_put_int(entry, "size", (int64_t)images[i].manifest->len);
		if (!images[i].name)
			continue;
		notes = json_put_object(entry, "annotations");
		json_put_str(notes, "io.containerd.image.name", images[i].name);
		json_put_str(notes, "org.opencontainers.image.ref.name", images[i].name);
	}
	return write_json(w, "index.json", doc, err);
}

static int write_oci(struct writer *w, const struct archive_image *images, size_t n,
		     struct err *err)
{
	static const char version[] = "{\"imageLayoutVersion\":\"1.0.0\"}";
	int r = write_text(w, "oci-layout", version, strlen(version), err);

	if (r == 0)
		r = write_index(w, images, n, err);
	if (r == 0)
		r = write_header(w, "blobs/", AE_IFDIR, 0, err);
	if (r == 0)
		r = write_header(w, "blobs/sha256/", AE_IFDIR, 0, err);
	for (size_t i = 0; r == 0 && i < n; i++)
		r = write_oci_image(w, &images[i], err);
	return r;
}

/* --- docker-archive --- */

static int write_layer(struct writer *w, const struct descriptor *d,
		       const struct digest *diff_id, struct err *err)
{
	const char *name = arena_printf(&w->own, "%s.tar", digest_hex(diff_id));
	_cleanup_(blob_sink_end) struct blob_sink look = {.name = name};
	_cleanup_(blob_sink_end) struct blob_sink to = {.writer = w, .name = name};
	struct digest is;
	int r;

	if (!is_new(w, name))
		return 0;
	r = send_blob(w, d, true, &look, &is, err);
	if (r == 0)
		r = check_digest(&is, diff_id, "a layer", err);
	if (r == 0)
		r = write_header(w, name, AE_IFREG, look.bytes, err);
	if (r == 0)
		r = send_blob(w, d, true, &to, &is, err);
	if (r == 0)
		r = check_digest(&is, diff_id, "a layer", err);
	if (r < 0)
		err_prefix(err, "layer %s", d->digest.text);
	return r;
}

/* The name in parts that docker has; false for one without a tag. */
static bool split_name(struct writer *w, const char *name, const char **ret_repository,
		       const char **ret_tag)
{
	struct image_ref ref;

	if (!name || ref_parse(name, &w->own, &ref, NULL) < 0 ||
	    ref.transport != REF_REGISTRY || !ref.tag)
		return false;
	*ret_repository = ref.registry ? arena_printf(&w->own, "%s/%s", ref.registry,
						      ref.repository)
				       : ref.repository;
	*ret_tag = ref.tag;
	return true;
}

static bool is_same_image(const struct archive_image *a, const struct archive_image *b)
{
	return digest_equal(&a->config->digest, &b->config->digest);
}

/* An image comes once, with all its names. */
static bool is_first(const struct archive_image *images, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (is_same_image(&images[k], &images[i]))
			return false;
	return true;
}

static void put_tags(struct writer *w, struct json *entry,
		     const struct archive_image *images, size_t n, size_t i)
{
	struct json *tags = json_put_array(entry, "RepoTags");
	const char *repository, *tag;

	for (size_t k = i; k < n; k++)
		if (is_same_image(&images[k], &images[i]) &&
		    split_name(w, images[k].name, &repository, &tag))
			json_add_str(tags,
				     arena_printf(&w->own, "%s:%s", repository, tag));
}

/* What the layers are called in the archive comes from the config. */
static int read_config(const struct archive_image *image, struct arena *a,
		       struct image_config *ret, struct err *err)
{
	int r = image_config_parse(image->config->text, image->config->len, a, ret, err);

	if (r < 0) {
		err_prefix(err, "config %s", image->config->digest.text);
		return r;
	}
	if (ret->n_diff_ids != image->parsed->n_layers)
		return err_say(err, -EBADMSG,
			       "config %s has %zu layers, its manifest has %zu",
			       image->config->digest.text, ret->n_diff_ids,
			       image->parsed->n_layers);
	return 0;
}

static const char *config_name(struct writer *w, const struct archive_image *image)
{
	return arena_printf(&w->own, "%s.json", digest_hex(&image->config->digest));
}

static int write_docker_image(struct writer *w, const struct archive_image *image,
			      const struct image_config *c, struct json *entry,
			      struct err *err)
{
	struct json *layers = json_put_array(entry, "Layers");
	int r = write_document(w, config_name(w, image), image->config, err);

	for (size_t i = 0; r == 0 && i < c->n_diff_ids; i++) {
		json_add_str(layers, arena_printf(&w->own, "%s.tar",
						  digest_hex(&c->diff_ids[i])));
		r = write_layer(w, &image->parsed->layers[i], &c->diff_ids[i], err);
	}
	return r;
}

/* For docker before 1.10, and written ever since: {REPOSITORY: {TAG: ID}}. */
static void put_repository(struct writer *w, struct json *repositories,
			   struct strv *names, struct json **objects, const char *name,
			   const char *id)
{
	const char *repository, *tag;
	size_t i = 0;

	if (!split_name(w, name, &repository, &tag))
		return;
	while (i < names->n && strcmp(names->v[i], repository) != 0)
		i++;
	if (i == names->n) {
		strv_push(&w->own, names, repository);
		objects[i] = json_put_object(repositories, repository);
	}
	json_put_str(objects[i], tag, id);
}

static int write_docker(struct writer *w, const struct archive_image *images, size_t n,
			struct err *err)
{
	_cleanup_json_ struct json *list = json_new_array();
	_cleanup_json_ struct json *repositories = json_new_object();
	struct json **objects = arena_alloc(&w->own, n * sizeof(struct json *));
	struct strv names = {0};
	int r = 0;

	for (size_t i = 0; r == 0 && i < n; i++) {
		struct image_config c = {0};
		struct json *entry;

		r = read_config(&images[i], &w->own, &c, err);
		if (r < 0)
			break;
		put_repository(w, repositories, &names, objects, images[i].name,
			       c.n_diff_ids ? digest_hex(&c.diff_ids[c.n_diff_ids - 1])
					    : digest_hex(&images[i].config->digest));
		if (!is_first(images, i))
			continue;
		entry = json_add_object(list);
		json_put_str(entry, "Config", config_name(w, &images[i]));
		put_tags(w, entry, images, n, i);
		r = write_docker_image(w, &images[i], &c, entry, err);
	}
	if (r == 0)
		r = write_json(w, "manifest.json", list, err);
	if (r == 0 && names.n > 0)
		r = write_json(w, "repositories", repositories, err);
	return r;
}

/* --- all of it --- */

static int check_images(const struct archive_image *images, size_t n, struct err *err)
{
	if (n == 0)
		return err_say(err, -EINVAL, "there is no image to be written");
	if (n > MANIFEST_MAX_IMAGES)
		return err_say(err, -EFBIG, "more than %d images in one archive",
			       MANIFEST_MAX_IMAGES);
	for (size_t i = 0; i < n; i++) {
		if (images[i].parsed->is_index)
			return err_say(err, -EINVAL, "an index is no image");
		for (size_t k = 0; images[i].name && k < i; k++)
			if (images[k].name && strcmp(images[i].name, images[k].name) == 0)
				return err_say(err, -EINVAL, "'%s' is named twice",
					       shown(images[i].name).text);
	}
	return 0;
}

static void writer_end(struct writer *w)
{
	archive_write_free(w->archive);
	files_close(&w->blobs);
	arena_free(&w->own);
}

/* The end of an archive is as long everywhere, whatever it is written to. */
static int writer_start(struct writer *w, int blobs, struct err *err)
{
	int r = files_open_folder(fd_path(blobs).path, "the blobs", &w->blobs, err);

	if (r < 0)
		return r;
	w->archive = archive_write_new();
	if (!w->archive)
		return err_set(err, -ENOMEM, "write an archive");
	archive_write_set_format_pax_restricted(w->archive);
	archive_write_set_bytes_per_block(w->archive, FILES_BUFFER_BYTES);
	archive_write_set_bytes_in_last_block(w->archive, 1);
	return check_write(w,
			   archive_write_open(w->archive, w, NULL, write_block, NULL) ==
				   ARCHIVE_OK,
			   "the start", err);
}

int archive_write(int out, enum archive_kind kind, int blobs,
		  const struct archive_image *images, size_t n_images, struct err *err)
{
	_cleanup_(writer_end) struct writer w = {.out = out};
	int r = check_images(images, n_images, err);

	if (r == 0)
		r = writer_start(&w, blobs, err);
	if (r == 0)
		r = kind == ARCHIVE_OCI ? write_oci(&w, images, n_images, err)
					: write_docker(&w, images, n_images, err);
	if (r < 0) {
		/* What is there is not made to look whole. */
		w.error = r;
		return r;
	}
	r = archive_write_close(w.archive);
	return check_write(&w, r == ARCHIVE_OK, "the end", err);
}
