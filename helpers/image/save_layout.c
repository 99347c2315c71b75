// SPDX-License-Identifier: Apache-2.0
/*
 * save_layout.c - images into an OCI layout that is there already
 *
 * The new images are written in full into a folder of their own inside of it. Their blobs are
 * then renamed to where the others are, and the index last: whoever reads it meanwhile has the
 * old images or the new ones, and a killed process leaves blobs that nothing names. A blob that is
 * there already is replaced by the same bytes, or if it was damaged by the right ones.
 */
#include <string.h>
#include <unistd.h>

#include "base/json.h"
#include "files.h"
#include "image/document.h"
#include "save.h"
#include "sys/dir.h"
#include "sys/fd.h"
#include "sys/lock.h"

struct adding {
	struct command *command;
	const struct save_list *list;
	struct files *files; /* what is there */
	int dir;	     /* of the layout, locked by others that do the same */
};

static void adding_end(struct adding *a)
{
	files_close(&a->files);
	fd_close(&a->dir);
}

static bool has_folder(int dir, const char *name)
{
	_cleanup_fd_ int fd = fd_open(dir, name, O_PATH | O_DIRECTORY | O_NOFOLLOW);

	return fd >= 0;
}

/* Whose index is changed under locks of its own. */
static int refuse_store(const struct adding *a, struct err *err)
{
	const char *path = a->command->output;

	if (!has_folder(a->dir, "locks") || !has_folder(a->dir, "layers"))
		return 0;
	err_say(err, -EINVAL, "'%s' is a store of urun", shown(path).text);
	return err_hint(err, -EINVAL,
			"urun tag gives an image another name; urun --root DIR pull "
			"brings one into another\nstore");
}

/* It is read as load would, so that nothing is added to what nobody could read. */
static int open_layout(struct adding *a, struct err *err)
{
	const char *path = a->command->output;
	struct strv names = {0};
	int r = lock_file(a->dir, true, true);

	if (r < 0)
		return err_set(err, r, "lock '%s'", shown(path).text);
	r = files_open_folder(fd_path(a->dir).path, shown(path).text, &a->files, err);
	return r < 0 ? r : layout_names(a->files, a->command->arena, &names, err);
}

/* --- blobs --- */

static int move_blobs(const struct adding *a, const struct folder *f, struct err *err)
{
	_cleanup_fd_ int to = dir_make_all(a->dir, "blobs/sha256", SAVE_FOLDER_MODE),
			 from = fd_open(f->blobs, ".", O_RDONLY | O_DIRECTORY);
	struct strv names = {0};
	int r = to < 0 ? to : from < 0 ? from : dir_list(from, a->command->arena, &names);

	for (size_t i = 0; r == 0 && i < names.n; i++)
		r = dir_rename(from, names.v[i], to, names.v[i]);
	return r < 0 ? err_set(err, r, "write '%s/blobs/sha256'",
			       shown(a->command->output).text)
		     : 0;
}

static int write_blobs(const struct adding *a, struct err *err)
{
	_cleanup_(folder_end) struct folder f = NO_FOLDER;
	int r;

	f.parent = fd_open(a->dir, ".", O_RDONLY | O_DIRECTORY);
	r = f.parent < 0 ? err_set(err, f.parent, "write '%s'", a->command->output)
			 : folder_begin(&f, a->command, "urun", err);
	if (r == 0)
		r = save_layout_blobs(a->command, a->list, &f, err);
	/* No name of an image may come to the disk before its bytes. */
	if (r == 0) {
		r = fd_sync_filesystem(a->dir);
		if (r < 0)
			err_set(err, r, "write '%s'", a->command->output);
	}
	return r < 0 ? r : move_blobs(a, &f, err);
}

/* --- the index --- */

/* The entry that the new one takes the place of: of the same name; where there is none, of the
 * same image without one. */
static bool is_replaced(const struct json_at *entry, const struct archive_image *by,
			struct arena *a)
{
	struct json_at notes = json_key(entry, "annotations"),
		       name = json_key(&notes, SAVE_REF_NAME),
		       digest = json_key(entry, "digest");
	const char *is = NULL, *of = "";

	if (json_read_str(&name, a, &is, NULL) < 0 ||
	    json_read_str(&digest, a, &of, NULL) < 0)
		return false;
	return by->name ? is && strcmp(is, by->name) == 0
			: !is && strcmp(of, by->manifest->digest.text) == 0;
}

static void drop_replaced(struct json *list, const struct archive_image *by,
			  struct arena *a)
{
	struct json_at all = json_root(list);

	for (size_t i = json_count(&all); i-- > 0;) {
		struct json_at entry = json_index(&all, i);

		if (is_replaced(&entry, by, a))
			json_remove_at(list, i);
	}
}

/* What else is in it stays. */
static int change_index(const struct adding *a, struct json *index, struct err *err)
{
	struct json *list = json_get(index, "manifests");
	struct json_at at = json_root(list);

	/* null, as Go writes an empty list */
	if (!list || json_kind(&at) != JSON_KIND_ARRAY)
		list = json_put_array(index, "manifests");
	for (size_t i = 0; i < a->list->n; i++)
		drop_replaced(list, &a->list->v[i], a->command->arena);
	save_put_entries(list, a->list);
	at = json_root(list);
	if (json_count(&at) > MANIFEST_MAX_IMAGES)
		return err_say(err, -EFBIG, "a layout has at most %d images",
			       MANIFEST_MAX_IMAGES);
	return 0;
}

static int write_index(const struct adding *a, const struct json *index, struct err *err)
{
	_cleanup_free_ char *text = json_text(index, false);
	int r = text ? 0 : -ENOMEM;

	if (r == 0 && strlen(text) > MANIFEST_MAX_BYTES)
		r = -EFBIG;
	if (r == 0)
		r = dir_replace_file(a->dir, "index.json", text, SAVE_FILE_MODE);
	if (r == 0)
		r = fd_sync(a->dir);
	return r < 0 ? err_set(err, r, "write 'index.json'") : 0;
}

static int add_names(const struct adding *a, struct err *err)
{
	_cleanup_json_ struct json *index = NULL;
	char *text;
	size_t len;
	int r = files_read(a->files, "index.json", MANIFEST_MAX_BYTES, a->command->arena,
			   &text, &len, err);

	if (r == 0)
		r = json_parse(text, len, &index, err);
	if (r == 0)
		r = change_index(a, index, err);
	if (r == 0)
		r = write_index(a, index, err);
	if (r < 0)
		err_prefix(err, "'%s'", shown(a->command->output).text);
	return r;
}

int save_into_layout(struct command *c, const struct save_list *l, struct err *err)
{
	_cleanup_(adding_end) struct adding a = {.command = c,
						 .list = l,
						 .dir = fd_open(AT_FDCWD, c->output,
								O_RDONLY | O_DIRECTORY)};
	_cleanup_fd_ int layout = -EBADF;
	int r;

	if (a.dir >= 0)
		layout = fd_open(a.dir, "oci-layout", O_PATH | O_NOFOLLOW);
	/* Not one: a new folder is made, or it is told why not. */
	if (layout < 0)
		return 0;
	r = refuse_store(&a, err);
	if (r == 0)
		r = open_layout(&a, err);
	if (r == 0)
		r = write_blobs(&a, err);
	if (r == 0)
		r = add_names(&a, err);
	return r < 0 ? r : 1;
}
