// SPDX-License-Identifier: Apache-2.0
/*
 * store.c - see store.h
 */
#include "image/store.h"

#include <string.h>

#include "base/json.h"
#include "sys/dir.h"
#include "sys/fd.h"
#include "sys/lock.h"

#define MAX_ENTRIES 10000 /* of index.json */
#define REF_NAME    "org.opencontainers.image.ref.name"
#define MIN_RESERVE (64u << 10) /* bytes */
#define INDEX_TMP   "tmp/index.json"

static const char layout_text[] = "{\"imageLayoutVersion\":\"1.0.0\"}";
/* The first tells a store that is not yet whole, see check_new(). */
static const char *const folders[] = {"locks",	    "blobs/sha256", "layers", "squashed",
				      "containers", "volumes",	    "tmp"};

/* Below all layers of an image: an empty file for each that urun mounts over one. Where the image
 * has none, a container's first change would be to make it. */
static const char *const targets[] = {STORE_BASE "/etc/hosts", STORE_BASE "/etc/hostname",
				      STORE_BASE "/etc/resolv.conf",
				      STORE_BASE "/run/.containerenv"};

static int make_base(int dir)
{
	static const char *const made[] = {STORE_BASE, STORE_BASE "/etc",
					   STORE_BASE "/run"};

	for (size_t i = 0; i < ARRAY_SIZE(made); i++) {
		_cleanup_fd_ int fd = dir_make_all(dir, made[i], 0755);
		int r = fd < 0 ? fd : fd_chmod(fd, 0755);

		if (r < 0)
			return r;
	}
	for (size_t i = 0; i < ARRAY_SIZE(targets); i++) {
		_cleanup_fd_ int fd =
			fd_create(dir, targets[i], O_WRONLY | O_CREAT | O_NOFOLLOW, 0644);
		int r = fd < 0 ? fd : fd_chmod(fd, 0644);

		if (r < 0)
			return r;
	}
	return 0;
}

/* What stands in a store's folders is swept and removed: in a folder that is used for something
 * else, that would be the user's files. A file system of its own comes with "lost+found". */
static int check_new(int dir, const char *path, struct err *err)
{
	_cleanup_arena_ struct arena a = {0};
	_cleanup_fd_ int begun = -EBADF;
	struct strv names = {0};
	int r = dir_list(dir, &a, &names);

	if (r < 0)
		return err_set(err, r, "image store '%s'", path);
	for (size_t i = 0; i < names.n; i++) {
		if (strcmp(names.v[i], "lost+found") == 0)
			continue;
		begun = fd_open(dir, folders[0], O_PATH | O_DIRECTORY | O_NOFOLLOW);
		if (begun >= 0)
			return 0;
		err_say(err, -ENOTEMPTY,
			"image store '%s': the folder is no store and not empty: '%s' is "
			"in it",
			path, names.v[i]);
		return err_hint(err, -ENOTEMPTY,
				"Choose a new or an empty folder: --root DIR");
	}
	return 0;
}

static int make_store(int dir, const char *path, struct err *err)
{
	_cleanup_fd_ int there = fd_open(dir, "oci-layout", O_PATH);
	int r;

	if (there >= 0)
		return 0;
	r = check_new(dir, path, err);
	if (r < 0)
		return r;
	for (size_t i = 0; i < ARRAY_SIZE(folders); i++) {
		_cleanup_fd_ int fd = dir_make_all(dir, folders[i], 0700);

		if (fd < 0)
			return err_set(err, fd, "image store '%s': make the folder '%s'",
				       path, folders[i]);
	}
	r = make_base(dir);
	if (r < 0)
		return err_set(err, r, "image store '%s': make the folder '%s'", path,
			       STORE_BASE);
	/* Last: whoever finds it finds the rest. */
	r = dir_replace_file(dir, "oci-layout", layout_text, 0600);
	return r < 0 ? err_set(err, r, "image store '%s': write 'oci-layout'", path) : 0;
}

static int check_owner(int dir, const char *path, struct err *err)
{
	struct stat st;
	int r = fd_stat(dir, &st);

	if (r < 0)
		return err_set(err, r, "image store '%s'", path);
	if (st.st_uid == geteuid() && !(st.st_mode & 022))
		return 0;
	err_say(err, -EACCES, "image store '%s': others can write it, or own it", path);
	return err_hint(err, -EACCES, "chmod 700, or choose another place: --root DIR");
}

int store_open(const char *path, struct store *ret, struct err *err)
{
	_cleanup_fd_ int dir = -EBADF;
	int r;

	if (!path) {
		err_say(err, -ENOENT, "there is no place for images: HOME is not set");
		return err_hint(err, -ENOENT, "Set HOME, or give one with --root DIR");
	}
	dir = fd_open(AT_FDCWD, path, O_RDONLY | O_DIRECTORY);
	if (dir == -ENOENT) {
		r = dir_make_all_host(path, 0700);
		dir = r < 0 ? r : fd_open(AT_FDCWD, path, O_RDONLY | O_DIRECTORY);
	}
	if (dir < 0) {
		err_set(err, dir, "image store '%s'", path);
		return err_hint(err, dir, "Choose another place: --root DIR");
	}
	r = check_owner(dir, path, err);
	if (r == 0)
		r = make_store(dir, path, err);
	if (r < 0)
		return r;
	*ret = (struct store){fd_take(&dir), path};
	return 0;
}

void store_close(struct store *s)
{
	fd_close(&s->dir);
}

int store_hint(int r, struct err *err)
{
	return r == -EROFS
		       ? err_hint(err, r,
				  "What is there can be looked at; to change it, mount "
				  "it to be written, or\nchoose another place: --root "
				  "DIR")
		       : r;
}

int store_lock(const struct store *s, const char *name, bool is_exclusive, bool want_wait,
	       int *ret_fd, struct err *err)
{
	_cleanup_fd_ int locks = fd_open(s->dir, "locks",
					 O_PATH | O_DIRECTORY | O_NOFOLLOW),
			 fd = -EBADF;
	int r;

	fd = locks < 0 ? locks
		       : fd_create(locks, name,
				   O_RDONLY | O_CREAT | O_NOFOLLOW | O_NONBLOCK, 0600);
	r = fd < 0 ? fd : lock_file(fd, is_exclusive, want_wait);
	if (r == -EAGAIN)
		return r;
	if (r < 0)
		return store_hint(err_set(err, r, "lock '%s/locks/%s'", s->path, name),
				  err);
	*ret_fd = fd_take(&fd);
	return 0;
}

/* --- index.json --- */

static int read_index(const struct store *s, struct arena *a, struct json **ret,
		      struct err *err)
{
	_cleanup_fd_ int fd =
		fd_open(s->dir, "index.json", O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
	char *text;
	size_t len;
	int r;

	if (fd == -ENOENT) {
		*ret = json_new_object();
		json_put_array(*ret, "manifests");
		return 0;
	}
	r = fd < 0 ? fd : fd_read_all(fd, a, JSON_MAX_BYTES, &text, &len);
	if (r < 0)
		return err_set(err, r, "read '%s/index.json'", s->path);
	r = json_parse(text, len, ret, err);
	if (r < 0)
		err_prefix(err, "'%s/index.json'", s->path);
	return r;
}

static int read_entry(const struct json_at *at, struct arena *a, struct store_entry *ret,
		      struct err *err)
{
	struct json_at type = json_key(at, "mediaType"), digest = json_key(at, "digest"),
		       size = json_key(at, "size"), notes = json_key(at, "annotations"),
		       name = json_key(&notes, REF_NAME);
	const char *text = "";
	int64_t bytes = 0;
	int r = json_read_str(&digest, a, &text, err);

	if (r == 0 && digest_parse(text, strlen(text), &ret->manifest.digest) < 0)
		r = json_invalid(&digest, err, "expected sha256 and 64 digits");
	if (r == 0)
		r = json_read_i64(&size, 0, MANIFEST_MAX_BYTES, &bytes, err);
	if (r == 0)
		r = json_read_str(&type, a, &ret->manifest.media_type, err);
	if (r == 0)
		r = json_read_str(&name, a, &ret->name, err);
	ret->manifest.size = (uint64_t)bytes;
	return r;
}

static int read_entries(const struct json *index, struct arena *a,
			struct store_entry **ret, size_t *ret_n, struct err *err)
{
	struct json_at root = json_root(index), list = json_key(&root, "manifests");
	size_t n = json_count(&list);
	struct store_entry *entries;

	if (n > MAX_ENTRIES)
		return err_say(err, -E2BIG, "more than %d images", MAX_ENTRIES);
	entries = arena_alloc(a, (n + 1) * sizeof(*entries));
	for (size_t i = 0; i < n; i++) {
		struct json_at at = json_index(&list, i);
		int r = read_entry(&at, a, &entries[i], err);

		if (r < 0)
			return r;
	}
	*ret = entries;
	*ret_n = n;
	return 0;
}

int store_list(const struct store *s, struct arena *a, struct store_entry **ret,
	       size_t *ret_n, struct err *err)
{
	_cleanup_json_ struct json *index = NULL;
	int r = read_index(s, a, &index, err);

	return r < 0 ? r : read_entries(index, a, ret, ret_n, err);
}

static void put_entry(struct json *list, const struct store_entry *e)
{
	struct json *o = json_add_object(list);

	json_put_str(o, "mediaType", e->manifest.media_type);
	json_put_str(o, "digest", e->manifest.digest.text);
	json_put_int(o, "size", (int64_t)e->manifest.size);
	if (e->name)
		json_put_str(json_put_object(o, "annotations"), REF_NAME, e->name);
}

/* Not by dir_replace_file(): what a killed process leaves has to be where it is swept. */
static int replace_index(const struct store *s, const char *text)
{
	_cleanup_fd_ int fd = -EBADF;
	int r;

	dir_unlink(s->dir, INDEX_TMP, 0);
	fd = fd_create(s->dir, INDEX_TMP, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0600);
	r = fd < 0 ? fd : fd_write_all(fd, text, strlen(text));
	if (r == 0)
		r = fd_sync(fd);
	if (r == 0)
		r = dir_rename(s->dir, INDEX_TMP, s->dir, "index.json");
	if (r < 0)
		dir_unlink(s->dir, INDEX_TMP, 0);
	return r;
}

/* Without a free block nothing could be removed, not even what fills the disk. Zeros are bytes
 * like others where nothing compresses them; where there is no space for it, it comes later. */
static void keep_reserve(const struct store *s, size_t index_len)
{
	size_t len = MAX((size_t)MIN_RESERVE, index_len + index_len / 2);
	_cleanup_fd_ int fd =
		fd_create(s->dir, "reserve", O_WRONLY | O_CREAT | O_NOFOLLOW, 0600);
	struct stat st;

	if (fd < 0 || fd_stat(fd, &st) < 0 || (size_t)st.st_size >= len)
		return;
	if (fd_allocate(fd, len) < 0)
		dir_unlink(s->dir, "reserve", 0);
}

static int put_index(const struct store *s, const char *text, bool is_removal)
{
	int r = replace_index(s, text);

	if (is_removal && (r == -ENOSPC || r == -EDQUOT) &&
	    dir_unlink(s->dir, "reserve", 0) == 0)
		r = replace_index(s, text);
	else if (r == 0 && !is_removal)
		keep_reserve(s, strlen(text));
	return r < 0 ? r : fd_sync(s->dir);
}

static int write_index(const struct store *s, const struct store_entry *entries, size_t n,
		       bool is_removal, struct err *err)
{
	_cleanup_json_ struct json *index = json_new_object();
	_cleanup_free_ char *text = NULL;
	struct json *list;
	int r;

	json_put_int(index, "schemaVersion", 2);
	list = json_put_array(index, "manifests");
	for (size_t i = 0; i < n; i++)
		if (entries[i].manifest.digest.text[0])
			put_entry(list, &entries[i]);
	text = json_text(index, false);
	r = text ? put_index(s, text, is_removal) : -ENOMEM;
	return r < 0 ? store_hint(err_set(err, r, "write '%s/index.json'", s->path), err)
		     : 0;
}

/* Changes the entries, in an array with room for one more; says how many there are then. */
typedef int (*edit_fn)(struct store_entry *entries, size_t *n, const void *data,
		       struct err *err);

static int edit_index(const struct store *s, edit_fn edit, const void *data,
		      struct err *err)
{
	_cleanup_arena_ struct arena a = {0};
	_cleanup_fd_ int lock = -EBADF;
	struct store_entry *entries;
	size_t n = 0, n_before;
	int r = store_lock(s, "index", true, true, &lock, err);

	if (r == 0)
		r = store_list(s, &a, &entries, &n, err);
	n_before = n;
	if (r == 0)
		r = edit(entries, &n, data, err);
	return r < 0 ? r : write_index(s, entries, n, n < n_before, err);
}

static void drop(struct store_entry *entries, size_t *n, size_t i)
{
	memmove(entries + i, entries + i + 1, (*n - i - 1) * sizeof(*entries));
	(*n)--;
}

static bool has_name(const struct store_entry *e, const char *name)
{
	return e->name && strcmp(e->name, name) == 0;
}

static bool is_there(const struct store_entry *entries, size_t n, const struct digest *d)
{
	for (size_t i = 0; i < n; i++)
		if (digest_equal(&entries[i].manifest.digest, d))
			return true;
	return false;
}

/* An image that loses its last name stays, without one. */
static void take_name(struct store_entry *entries, size_t *n, size_t i, bool keep)
{
	struct digest d = entries[i].manifest.digest;

	entries[i].name = NULL;
	for (size_t k = 0; k < *n; k++) {
		if (k == i || !digest_equal(&entries[k].manifest.digest, &d))
			continue;
		keep = false;
		break;
	}
	if (!keep)
		drop(entries, n, i);
}

static int edit_name(struct store_entry *entries, size_t *n, const void *data,
		     struct err *err)
{
	const struct store_entry *new = data;

	(void)err;
	for (size_t i = 0; new->name &&i < *n; i++) {
		if (!has_name(&entries[i], new->name))
			continue;
		if (digest_equal(&entries[i].manifest.digest, &new->manifest.digest))
			return 0;
		take_name(entries, n, i, true);
		break;
	}
	if (!new->name && is_there(entries, *n, &new->manifest.digest))
		return 0;
	/* A name takes the place of the entry without one. */
	for (size_t i = 0; i < *n; i++) {
		if (entries[i].name ||
		    !digest_equal(&entries[i].manifest.digest, &new->manifest.digest))
			continue;
		entries[i] = *new;
		return 0;
	}
	entries[(*n)++] = *new;
	return 0;
}

int store_name(const struct store *s, const struct descriptor *manifest, const char *name,
	       struct err *err)
{
	struct store_entry e = {.name = name, .manifest = *manifest};

	return edit_index(s, edit_name, &e, err);
}

struct dropping {
	const struct store_entry *entry;
	bool keep;
};

static bool is_entry(const struct store_entry *a, const struct store_entry *b)
{
	return digest_equal(&a->manifest.digest, &b->manifest.digest) &&
	       (a->name ? b->name && strcmp(a->name, b->name) == 0 : !b->name);
}

static int edit_drop(struct store_entry *entries, size_t *n, const void *data,
		     struct err *err)
{
	const struct dropping *d = data;

	for (size_t i = 0; i < *n; i++) {
		if (!is_entry(&entries[i], d->entry))
			continue;
		take_name(entries, n, i, d->keep);
		return 0;
	}
	return err_say(err, -ENOENT, "image '%s': somebody else has just %s it",
		       d->entry->name ? d->entry->name : d->entry->manifest.digest.text,
		       d->entry->name ? "removed" : "named or removed");
}

int store_drop(const struct store *s, const struct store_entry *e, bool keep,
	       struct err *err)
{
	struct dropping d = {e, keep};

	return edit_index(s, edit_drop, &d, err);
}

static int edit_forget(struct store_entry *entries, size_t *n, const void *data,
		       struct err *err)
{
	const struct digest *d = data;

	(void)err;
	for (size_t i = *n; i > 0; i--)
		if (digest_equal(&entries[i - 1].manifest.digest, d))
			drop(entries, n, i - 1);
	return 0;
}

int store_forget(const struct store *s, const struct digest *manifest, struct err *err)
{
	return edit_index(s, edit_forget, manifest, err);
}

/* --- blobs, layers --- */

int store_blob(const struct store *s, const struct digest *d)
{
	char path[sizeof("blobs/sha256/") + DIGEST_HEX_LEN];

	snprintf(path, sizeof(path), "blobs/sha256/%s", digest_hex(d));
	return fd_open(s->dir, path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
}

int store_layer(const struct store *s, const struct digest *diff_id, bool is_squashed)
{
	char path[sizeof("squashed//tree") + DIGEST_HEX_LEN];

	snprintf(path, sizeof(path), "%s/%s/tree", is_squashed ? "squashed" : "layers",
		 digest_hex(diff_id));
	return fd_open(s->dir, path, O_PATH | O_DIRECTORY | O_NOFOLLOW);
}

const char *store_layers_path(const struct store *s, bool is_squashed, struct arena *a)
{
	return arena_printf(a, "%s/%s", s->path, is_squashed ? "squashed" : "layers");
}

static int read_document(const struct store *s, const struct digest *d, const char *what,
			 struct arena *a, const char **ret, size_t *ret_len,
			 struct err *err)
{
	_cleanup_fd_ int fd = store_blob(s, d);
	char *text;
	int r = fd < 0 ? fd : fd_read_all(fd, a, MANIFEST_MAX_BYTES, &text, ret_len);

	if (r < 0) {
		err_set(err, r, "%s %s in '%s'", what, d->text, s->path);
		return err_hint(err, r,
				"urun system fsck --repair mends the store, and urun "
				"pull brings what is missing");
	}
	*ret = text;
	return 0;
}

static int read_manifest(const struct store *s, const struct descriptor *d,
			 struct arena *a, struct store_image *ret, struct err *err)
{
	size_t len;
	int r = read_document(s, &d->digest, "manifest", a, &ret->manifest_text, &len,
			      err);

	if (r == 0)
		r = manifest_parse(ret->manifest_text, len, d->media_type, a,
				   &ret->manifest, err);
	return r;
}

int store_read(const struct store *s, const struct store_entry *entry,
	       const struct platform *p, struct arena *a, struct store_image *ret,
	       struct err *err)
{
	size_t len;
	int r;

	*ret = (struct store_image){.entry = *entry};
	r = read_manifest(s, &entry->manifest, a, ret, err);
	if (r == 0 && ret->manifest.is_index) {
		const struct descriptor *d = manifest_choose(&ret->manifest, p);

		if (!d)
			return err_say(err, -ENOENT, "no image for %s/%s in it", p->os,
				       p->architecture);
		ret->entry.manifest = *d;
		r = read_manifest(s, d, a, ret, err);
	}
	if (r == 0 && ret->manifest.is_index)
		r = err_say(err, -EINVAL, "an index of indexes");
	if (r == 0)
		r = read_document(s, &ret->manifest.config.digest, "config", a,
				  &ret->config_text, &len, err);
	if (r == 0)
		r = image_config_parse(ret->config_text, len, a, &ret->config, err);
	if (r == 0 && ret->config.n_diff_ids != ret->manifest.n_layers)
		r = err_say(err, -EINVAL, "%zu layers, and %zu diff ids",
			    ret->manifest.n_layers, ret->config.n_diff_ids);
	if (r < 0)
		err_prefix(err, "image '%s'",
			   entry->name ? entry->name : entry->manifest.digest.text);
	return r;
}
