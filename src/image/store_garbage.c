// SPDX-License-Identifier: Apache-2.0
/*
 * store_garbage.c - what nothing in the store leads to any more
 */
#include <string.h>

#include "base/json.h"
#include "image/container.h"
#include "image/store.h"
#include "sys/dir.h"
#include "sys/fd.h"

#define MAX_NAMES (1u << 20)

/* Names that are needed, as they stand in the folders. Few hundreds as a rule. */
struct needed {
	struct arena *arena;
	struct strv blobs, layers; /* hexadecimal digests */
};

static void need(struct needed *n, struct strv *list, const struct digest *d)
{
	if (!strv_has(list, digest_hex(d)))
		strv_push(n->arena, list, arena_strdup(n->arena, digest_hex(d)));
}

static int need_manifest(const struct store *s, const struct descriptor *d,
			 struct needed *n, int depth, struct err *err);

static void need_image(const struct manifest *m, const struct image_config *c,
		       struct needed *n)
{
	need(n, &n->blobs, &m->config.digest);
	for (size_t i = 0; i < m->n_layers; i++)
		need(n, &n->blobs, &m->layers[i].digest);
	for (size_t i = 0; i < c->n_diff_ids; i++)
		need(n, &n->layers, &c->diff_ids[i]);
}

/* Of an index, the images that are there: the others were never brought. */
static int need_index(const struct store *s, const char *text, size_t len,
		      const struct descriptor *d, struct needed *n, int depth,
		      struct err *err)
{
	struct manifest m;
	int r = manifest_parse(text, len, d->media_type, n->arena, &m, err);

	for (size_t i = 0; r == 0 && i < m.n_images; i++) {
		_cleanup_fd_ int fd = store_blob(s, &m.images[i].digest);

		if (fd >= 0)
			r = need_manifest(s, &m.images[i], n, depth + 1, err);
	}
	return r;
}

static int need_manifest(const struct store *s, const struct descriptor *d,
			 struct needed *n, int depth, struct err *err)
{
	_cleanup_fd_ int fd = store_blob(s, &d->digest);
	struct store_entry entry = {.manifest = *d};
	struct store_image image;
	struct manifest m;
	char *text;
	size_t len;
	int r;

	need(n, &n->blobs, &d->digest);
	r = fd < 0 ? fd : fd_read_all(fd, n->arena, MANIFEST_MAX_BYTES, &text, &len);
	if (r < 0)
		return err_set(err, r, "manifest %s", d->digest.text);
	r = manifest_parse(text, len, d->media_type, n->arena, &m, err);
	if (r < 0)
		return r;
	if (m.is_index)
		return depth > 2 ? err_say(err, -ELOOP, "indexes in indexes")
				 : need_index(s, text, len, d, n, depth, err);
	r = store_read(s, &entry, NULL, n->arena, &image, err);
	if (r == 0)
		need_image(&image.manifest, &image.config, n);
	return r;
}

static int find_needed(const struct store *s, struct needed *n, struct err *err)
{
	struct store_entry *entries;
	struct container *containers;
	size_t n_entries, n_containers;
	int r = store_list(s, n->arena, &entries, &n_entries, err);

	for (size_t i = 0; r == 0 && i < n_entries; i++)
		r = need_manifest(s, &entries[i].manifest, n, 0, err);
	if (r == 0)
		r = container_list(s, n->arena, &containers, &n_containers, err);
	for (size_t i = 0; r == 0 && i < n_containers; i++)
		for (size_t k = 0; k < containers[i].n_layers; k++)
			need(n, &n->layers, &containers[i].layers[k]);
	if (r < 0)
		err_hint(err, r,
			 "Nothing was removed. urun system fsck --repair mends "
			 "the store");
	return r;
}

/* What is in a folder and on no list. */
static int compare(const struct store *s, const char *folder, const struct strv *list,
		   struct strv *ret, struct arena *a, struct err *err)
{
	_cleanup_fd_ int fd =
		fd_open(s->dir, folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
	struct strv names = {0};
	int r = fd < 0 ? fd : dir_list(fd, a, &names);

	if (r < 0)
		return err_set(err, r, "list '%s/%s'", s->path, folder);
	if (names.n > MAX_NAMES)
		return err_say(err, -E2BIG, "'%s/%s' holds more than %u names", s->path,
			       folder, MAX_NAMES);
	for (size_t i = 0; i < names.n; i++)
		if (!strv_has(list, names.v[i]))
			strv_pushf(a, ret, "%s/%s", folder, names.v[i]);
	return 0;
}

int store_find_garbage(const struct store *s, struct arena *a, struct store_garbage *ret,
		       struct err *err)
{
	struct needed n = {.arena = a};
	int r = find_needed(s, &n, err);

	*ret = (struct store_garbage){0};
	if (r == 0)
		r = compare(s, "blobs/sha256", &n.blobs, &ret->blobs, a, err);
	if (r == 0)
		r = compare(s, "layers", &n.layers, &ret->layers, a, err);
	if (r == 0)
		r = compare(s, "squashed", &n.layers, &ret->layers, a, err);
	for (size_t i = 0; r == 0 && i < ret->blobs.n; i++) {
		_cleanup_fd_ int fd = fd_open(s->dir, ret->blobs.v[i], O_PATH);
		struct stat st;

		if (fd >= 0 && fd_stat(fd, &st) == 0)
			ret->blob_bytes += (uint64_t)st.st_size;
	}
	return r;
}
