// SPDX-License-Identifier: Apache-2.0
/*
 * save_folder.c - see save.h
 */
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "files.h"
#include "hash.h"
#include "image/document.h"
#include "save.h"
#include "sys/dir.h"
#include "sys/fd.h"
#include "sys/newid.h"
#include "sys/tree.h"

#define NEW_FILE (O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW)

int folder_begin(struct folder *f, struct command *c, const char *name, struct err *err)
{
	int r = newid_beside(name, c->arena, &f->temporary);

	if (r == 0)
		f->dir = r = dir_make(f->parent, f->temporary, SAVE_FOLDER_MODE);
	return r < 0 ? err_set(err, r, "write '%s'", c->output) : 0;
}

void folder_end(struct folder *f)
{
	fd_close(&f->blobs);
	if (f->dir >= 0 && f->temporary)
		tree_remove(f->parent, f->temporary);
	fd_close(&f->dir);
	fd_close(&f->parent);
}

/* --- files --- */

static int write_file(int dir, const char *name, const char *text, size_t len,
		      struct err *err)
{
	_cleanup_fd_ int fd = fd_create(dir, name, NEW_FILE, SAVE_FILE_MODE);
	int r = fd == -EEXIST ? 0 : fd < 0 ? fd : fd_write_all(fd, text, len);

	return r < 0 ? err_set(err, r, "write '%s'", name) : 0;
}

static int write_json(int dir, const char *name, const struct json *doc, struct err *err)
{
	_cleanup_free_ char *text = json_text(doc, false);

	return text ? write_file(dir, name, text, strlen(text), err)
		    : err_set(err, -ENOMEM, "write '%s'", name);
}

struct copy_sink {
	struct sink sink;
	struct hash *hash;
	int fd;
};

static int copy_bytes(struct sink *s, const void *bytes, size_t len, struct err *err)
{
	struct copy_sink *c = (struct copy_sink *)s;
	int r = fd_write_all(c->fd, bytes, len);

	hash_add(c->hash, bytes, len);
	return r < 0 ? err_set(err, r, "write a layer") : 0;
}

/* What is copied is what its digest says. */
static int copy_to(const struct store *s, const struct descriptor *d, int blob, int file,
		   struct err *err)
{
	struct extent e = {.fd = blob, .size = d->size};
	struct copy_sink to = {.sink = {copy_bytes}, .hash = hash_new(), .fd = file};
	struct digest is;
	int r = to.hash ? extent_send(&e, d, 0, s->path, &to.sink, err)
			: err_set(err, -ENOMEM, "hash");

	if (r < 0) {
		hash_free(to.hash);
		return r;
	}
	hash_end(to.hash, &is);
	return digest_equal(&is, &d->digest)
		       ? 0
		       : err_say(err, -EBADMSG, "blob %s is damaged: its digest is %s",
				 d->digest.text, is.text);
}

static int copy_blob(const struct store *s, const struct descriptor *d, int to,
		     struct err *err)
{
	_cleanup_fd_ int blob = store_blob(s, &d->digest), file = -EBADF;

	if (blob < 0)
		return err_set(err, blob, "blob %s", d->digest.text);
	file = fd_create(to, digest_hex(&d->digest), NEW_FILE, SAVE_FILE_MODE);
	if (file == -EEXIST)
		return 0; /* of another image, too */
	if (file < 0)
		return err_set(err, file, "write '%s'", digest_hex(&d->digest));
	return copy_to(s, d, blob, file, err);
}

static int copy_image(const struct store *s, const struct archive_image *image, int to,
		      struct err *err)
{
	int r = write_file(to, digest_hex(&image->config->digest), image->config->text,
			   image->config->len, err);

	for (size_t i = 0; r == 0 && i < image->parsed->n_layers; i++)
		r = copy_blob(s, &image->parsed->layers[i], to, err);
	return r;
}

/* --- oci-dir --- */

void save_put_entries(struct json *list, const struct save_list *l)
{
	for (size_t i = 0; i < l->n; i++) {
		const struct document *m = l->v[i].manifest;
		struct json *e = json_add_object(list);

		json_put_str(e, "mediaType", m->media_type);
		json_put_str(e, "digest", m->digest.text);
		json_put_int(e, "size", (int64_t)m->len);
		if (l->v[i].name)
			json_put_str(json_put_object(e, "annotations"), SAVE_REF_NAME,
				     l->v[i].name);
	}
}

static int write_index(int dir, const struct save_list *l, struct err *err)
{
	_cleanup_json_ struct json *doc = json_new_object();

	json_put_int(doc, "schemaVersion", 2);
	json_put_str(doc, "mediaType", OCI_INDEX);
	save_put_entries(json_put_array(doc, "manifests"), l);
	return write_json(dir, "index.json", doc, err);
}

int save_layout_blobs(struct command *c, const struct save_list *l, struct folder *f,
		      struct err *err)
{
	int r = 0;

	f->blobs = dir_make_all(f->dir, "blobs/sha256", SAVE_FOLDER_MODE);
	if (f->blobs < 0)
		return err_set(err, f->blobs, "make the folder for blobs");
	for (size_t i = 0; r == 0 && i < l->n; i++) {
		const struct document *m = l->v[i].manifest;

		r = copy_image(&c->store, &l->v[i], f->blobs, err);
		if (r == 0)
			r = write_file(f->blobs, digest_hex(&m->digest), m->text, m->len,
				       err);
	}
	return r;
}

static int write_layout(struct command *c, const struct save_list *l, struct folder *f,
			struct err *err)
{
	static const char version[] = "{\"imageLayoutVersion\":\"1.0.0\"}";
	int r = write_file(f->dir, "oci-layout", version, strlen(version), err);

	if (r == 0)
		r = save_layout_blobs(c, l, f, err);
	return r < 0 ? r : write_index(f->dir, l, err);
}

/* --- docker-dir --- */

static int write_docker(const struct store *s, const struct save_list *l, int dir,
			struct err *err)
{
	static const char version[] = "Directory Transport Version: 1.1\n";
	const struct document *m = l->v[0].manifest;
	int r;

	if (l->n != 1)
		return err_say(err, -EINVAL,
			       "--format docker-dir: such a folder has one image, and "
			       "no names");
	r = write_file(dir, "version", version, strlen(version), err);
	if (r == 0)
		r = copy_image(s, &l->v[0], dir, err);
	return r < 0 ? r : write_file(dir, "manifest.json", m->text, m->len, err);
}

/* --- both --- */

static bool is_free(int parent, const char *name, struct arena *a)
{
	_cleanup_fd_ int fd = fd_open(parent, name, O_RDONLY | O_DIRECTORY);
	struct strv names = {0};

	return fd == -ENOENT || (fd >= 0 && dir_list(fd, a, &names) == 0 && names.n == 0);
}

static int make_folder(struct command *c, struct folder *f, struct err *err)
{
	char *path = arena_strdup(c->arena, c->output), *slash;
	const char *where;
	size_t len = strlen(path);

	while (len > 1 && path[len - 1] == '/')
		path[--len] = '\0';
	slash = strrchr(path, '/');
	f->name = slash ? slash + 1 : path;
	if (slash)
		*slash = '\0';
	where = !slash ? "." : path[0] ? path : "/";
	f->parent = fd_open(AT_FDCWD, where, O_RDONLY | O_DIRECTORY);
	if (f->parent == -ENOENT) {
		err_say(err, -ENOENT, "write '%s': there is no folder '%s'", c->output,
			where);
		return err_hint(err, -ENOENT, "mkdir -p %s", where);
	}
	if (f->parent < 0)
		return err_set(err, f->parent, "write '%s'", c->output);
	if (!f->name[0] || !is_free(f->parent, f->name, c->arena))
		return err_say(err, -EEXIST, "'%s' is there, and no empty folder",
			       c->output);
	return folder_begin(f, c, f->name, err);
}

int save_folder(struct command *c, const struct save_list *l, struct err *err)
{
	_cleanup_(folder_end) struct folder f = NO_FOLDER;
	bool is_layout = strcmp(c->format, "oci-dir") == 0;
	/* By push, with a name that it is to have there. */
	int r = is_layout && c->name ? save_into_layout(c, l, err) : 0;

	if (r != 0)
		return MIN(r, 0);
	r = make_folder(c, &f, err);
	if (r == 0)
		r = is_layout ? write_layout(c, l, &f, err)
			      : write_docker(&c->store, l, f.dir, err);
	if (r < 0)
		return r;
	r = fd_sync_filesystem(f.parent);
	if (r == 0)
		r = dir_rename(f.parent, f.temporary, f.parent, f.name);
	if (r < 0)
		return err_set(err, r, "write '%s'", c->output);
	f.temporary = NULL;
	return 0;
}
