// SPDX-License-Identifier: Apache-2.0
/*
 * load.c - all images of an archive, or of a folder, into the store
 */
#include <string.h>

#include "archive.h"
#include "base/json.h"
#include "command.h"
#include "files.h"
#include "pull.h"
#include "sys/fd.h"

/* What images are read from, and what they are called there. */
struct loading {
	struct command *command;
	enum ref_transport transport;
	const char *path;  /* that opens it */
	const char *typed; /* that the user gave; NULL for standard input */
	const char *shown; /* for messages */
	struct strv names;
	struct pulled *images;
};

/* --- what is it? --- */

static int look_into_folder(struct loading *l, struct err *err)
{
	struct arena *a = l->command->arena;
	_cleanup_files_ struct files *f = NULL;
	_cleanup_extent_ struct extent e = EXTENT_NONE;
	int r = files_open_folder(l->path, shown(l->path).text, &f, err);

	if (r < 0)
		return r;
	r = f->find(f, "oci-layout", &e, err);
	if (r == 0) {
		l->transport = REF_OCI;
		return layout_names(f, a, &l->names, err);
	}
	if (r != -ENOENT)
		return r;
	/* A folder of the kind "dir:" has one image, which has no name there. */
	l->transport = REF_DIR;
	strv_push(a, &l->names, "@0");
	return 0;
}

static int look_into_archive(struct loading *l, struct err *err)
{
	enum archive_kind kind;
	int r = archive_detect(l->path, l->shown, &kind, err);

	if (r < 0)
		return r;
	l->transport = kind == ARCHIVE_OCI ? REF_OCI_ARCHIVE : REF_DOCKER_ARCHIVE;
	return archive_names(l->path, l->shown, kind, l->command->arena, &l->names, err);
}

static bool is_folder(const char *path)
{
	_cleanup_fd_ int fd = fd_open(AT_FDCWD, path, O_PATH | O_DIRECTORY);

	return fd >= 0;
}

/* @ret_fd: what has to stay open; not set for a folder. */
static int look(struct loading *l, const char *typed, int *ret_fd, struct err *err)
{
	bool is_stdin = strcmp(typed, "-") == 0;
	int r;

	l->typed = is_stdin ? NULL : typed;
	l->shown = is_stdin ? "standard input" : typed;
	l->path = typed;
	if (!is_stdin && is_folder(typed))
		return look_into_folder(l, err);
	r = archive_open_plain(typed, ret_fd, err);
	if (r < 0)
		return r;
	/* By the name that was given it may be read once only. */
	l->path = arena_strdup(l->command->arena, fd_path(*ret_fd).path);
	return look_into_archive(l, err);
}

/* --- images --- */

static int bring(struct loading *l, size_t i, struct err *err)
{
	_cleanup_source_ struct source *source = NULL;
	struct image_ref ref = {
		.transport = l->transport,
		.path = l->path,
		.shown = l->shown,
		.name = l->transport == REF_DIR ? NULL : l->names.v[i],
	};
	int r = source_open(&ref, &l->command->source, l->command->arena, &source, err);

	if (r == 0)
		r = pull_image(l->command, source, false, &l->images[i], err);
	if (r < 0)
		err_prefix(err, "load '%s'", shown(l->names.v[i]).text);
	return r;
}

static int name(struct loading *l, size_t i, struct json *list, struct err *err)
{
	const struct pulled *image = &l->images[i];
	const char *name = NULL;
	struct json *o;
	int r;

	if (l->names.v[i][0] != '@')
		name = pull_name(l->names.v[i], l->typed, l->command->arena);
	r = store_name(&l->command->store, &image->manifest, name, err);
	if (r < 0)
		return r;
	o = json_add_object(list);
	json_put_str(o, "name", name);
	json_put_str(o, "id", image->id.text);
	return 0;
}

/* All are brought before any is named: an archive that turns out to be damaged changes nothing. */
static int load_all(struct loading *l, struct err *err)
{
	struct json *list = json_put_array(l->command->answer, "images");
	int r = 0;

	if (l->names.n == 0)
		return err_say(err, -ENOENT, "there is no image in it");
	l->images = arena_alloc(l->command->arena, l->names.n * sizeof(*l->images));
	for (size_t i = 0; r == 0 && i < l->names.n; i++)
		r = bring(l, i, err);
	if (r == 0)
		r = pull_sync(l->command, err);
	for (size_t i = 0; r == 0 && i < l->names.n; i++)
		r = name(l, i, list, err);
	return r;
}

static int say(int r, struct err *err)
{
	err_prefix(err, "load");
	return err->hint[0] || (r != -EBADMSG && r != -EINVAL)
		       ? r
		       : err_hint(err, r,
				  "It reads what urun save, podman save, docker save "
				  "and skopeo copy have written");
}

int load(struct command *c, struct err *err)
{
	struct loading l = {.command = c};
	_cleanup_fd_ int lock = -EBADF, file = -EBADF;
	int r;

	if (c->n_words != 1)
		return err_say(err, -EINVAL, "load: one file");
	/* Whoever writes into a pipe may take his time: the store is not locked for that. */
	r = look(&l, c->words[0], &file, err);
	if (r == 0)
		r = store_lock(&c->store, "store", false, true, &lock, err);
	return r < 0 ? say(r, err) : load_all(&l, err);
}
