// SPDX-License-Identifier: Apache-2.0
/*
 * source_layout.c - oci:DIR[:NAME], and the same inside of an archive
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "files.h"

#define MAX_LAYOUT_BYTES 4096u /* of the file oci-layout */

struct layout {
	struct source source;
	struct files *files;
	struct arena own;
	struct descriptor top; /* what the reference names */
};

struct blob_name {
	char text[sizeof("blobs/sha256/") + DIGEST_HEX_LEN];
};

static struct blob_name blob_name(const struct digest *d)
{
	struct blob_name n;

	snprintf(n.text, sizeof(n.text), "blobs/sha256/%s", digest_hex(d));
	return n;
}

static int layout_manifest(struct source *s, const struct digest *want, struct arena *a,
			   struct document *ret, struct err *err)
{
	const struct layout *l = (const struct layout *)s;
	const struct digest *d = want ? want : &l->top.digest;
	bool is_top = digest_equal(d, &l->top.digest);
	struct document doc;
	int r = files_document(l->files, blob_name(d).text, d, a, &doc, err);

	if (r < 0)
		return r;
	if (is_top && doc.len != l->top.size)
		return err_say(err, -EBADMSG,
			       "manifest %s of '%s' is %zu bytes instead of %" PRIu64,
			       d->text, s->name, doc.len, l->top.size);
	/* Copied: the caller's arena may live longer than the source. */
	if (is_top && l->top.media_type)
		doc.media_type = arena_strdup(a, l->top.media_type);
	*ret = doc;
	return 0;
}

static int layout_blob(struct source *s, const struct descriptor *d, uint64_t offset,
		       struct sink *to, struct err *err)
{
	const struct layout *l = (const struct layout *)s;
	_cleanup_extent_ struct extent e = EXTENT_NONE;
	int r = files_find(l->files, blob_name(&d->digest).text, &e, err);

	return r < 0 ? r : extent_send(&e, d, offset, s->name, to, err);
}

static void layout_close(struct source *s)
{
	struct layout *l = (struct layout *)s;

	files_close(&l->files);
	arena_free(&l->own);
	free(l);
}

static const struct source_ops layout_ops = {layout_manifest, layout_blob, layout_close};

/* --- which image? --- */

static int check_version(const struct files *f, struct arena *a, struct err *err)
{
	_cleanup_json_ struct json *doc = NULL;
	const char *version = NULL;
	struct json_at at, root;
	char *text;
	size_t len;
	int r = files_read(f, "oci-layout", MAX_LAYOUT_BYTES, a, &text, &len, err);

	if (r < 0)
		return r == -ENOENT ? err_hint(err, r, "An OCI image layout has one.")
				    : r;
	r = json_parse(text, len, &doc, err);
	if (r == 0) {
		root = json_root(doc);
		at = json_key(&root, "imageLayoutVersion");
		r = json_read_str(&at, a, &version, err);
	}
	if (r < 0) {
		err_prefix(err, "'oci-layout' in '%s'", f->name);
		return r;
	}
	if (!version || strncmp(version, "1.", 2) != 0)
		return err_say(err, -ENOTSUP,
			       "'%s' is a layout of version '%s': known is 1", f->name,
			       version ? shown(version).text : "");
	return 0;
}

static int read_index(const struct files *f, struct arena *a, struct manifest *ret,
		      struct err *err)
{
	char *text;
	size_t len;
	int r = check_version(f, a, err);

	if (r == 0)
		r = files_read(f, "index.json", MANIFEST_MAX_BYTES, a, &text, &len, err);
	if (r < 0)
		return r;
	r = manifest_parse(text, len, NULL, a, ret, err);
	if (r == 0 && !ret->is_index)
		r = err_say(err, -EINVAL, "it is a manifest instead of an index");
	if (r < 0)
		err_prefix(err, "'index.json' in '%s'", f->name);
	return r;
}

/* What is no image, as signatures, counts for nothing unless it is asked for by name. */
static void list_images(const struct manifest *index, struct arena *a, struct strv *ret)
{
	for (size_t i = 0; i < index->n_images; i++)
		if (index->images[i].artifact_type)
			continue;
		else if (index->images[i].ref_name)
			strv_push(a, ret, index->images[i].ref_name);
		else
			strv_pushf(a, ret, "@%zu", i);
}

int layout_names(const struct files *f, struct arena *a, struct strv *ret,
		 struct err *err)
{
	struct manifest index;
	int r = read_index(f, a, &index, err);

	if (r == 0)
		list_images(&index, a, ret);
	return r;
}

/* Two entries of one name may stand for the same image, but not for two. */
static int find_name(const struct manifest *index, const char *name, size_t *ret,
		     struct err *err)
{
	size_t found = index->n_images;

	for (size_t i = 0; i < index->n_images; i++) {
		const char *ref_name = index->images[i].ref_name;

		if (!ref_name || strcmp(ref_name, name) != 0)
			continue;
		if (found < index->n_images &&
		    !digest_equal(&index->images[found].digest, &index->images[i].digest))
			return err_say(err, -EBADMSG, "it has two images called '%s'",
				       shown(name).text);
		found = MIN(found, i);
	}
	if (found == index->n_images &&
	    files_parse_index(name, index->n_images, &found) < 0)
		return err_say(err, -ENOENT, "there is no image '%s'", shown(name).text);
	*ret = found;
	return 0;
}

/* Where the only image is, when there is only one. */
static size_t first_image(const struct manifest *index)
{
	size_t i = 0;

	while (i < index->n_images && index->images[i].artifact_type)
		i++;
	return i;
}

static int choose(const struct manifest *index, const char *name, struct arena *a,
		  size_t *ret, struct err *err)
{
	struct strv names = {0};
	int r;

	list_images(index, a, &names);
	if (names.n == 0)
		return err_say(err, -ENOENT, "there is no image in it");
	*ret = first_image(index);
	if (!name && names.n == 1)
		return 0;
	r = name ? find_name(index, name, ret, err)
		 : err_say(err, -EINVAL, "there are %zu images in it: which one?",
			   names.n);
	if (r < 0)
		err_hint(err, r, "Put a name behind the path. There are %s.",
			 files_list_names(&names, a));
	return r;
}

int layout_open(struct files *f, const struct image_ref *ref, struct source **ret,
		struct err *err)
{
	_cleanup_files_ struct files *files = f;
	_cleanup_arena_ struct arena own = {0};
	struct manifest index;
	struct layout *l;
	size_t chosen = 0;
	int r = read_index(f, &own, &index, err);

	if (r < 0)
		return r;
	r = choose(&index, ref->name, &own, &chosen, err);
	if (r < 0) {
		err_prefix(err, "'%s'", f->name);
		return r;
	}
	l = calloc(1, sizeof(*l));
	if (!l)
		return err_set(err, -ENOMEM, "open '%s'", f->name);
	l->source = (struct source){.ops = &layout_ops, .name = f->name};
	l->files = files;
	l->top = index.images[chosen];
	l->own = own;
	own = (struct arena){0};
	files = NULL;
	*ret = &l->source;
	return 0;
}

int source_open_layout(const struct image_ref *ref, const struct source_options *o,
		       struct arena *a, struct source **ret, struct err *err)
{
	struct files *f = NULL;
	int r = files_open_folder(ref->path, files_name("oci", ref, a), &f, err);

	(void)o;
	return r < 0 ? r : layout_open(f, ref, ret, err);
}
