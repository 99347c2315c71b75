// SPDX-License-Identifier: Apache-2.0
/*
 * volume.c - see volume.h
 */
#include "image/volume.h"

#include <string.h>

#include "base/json.h"
#include "sys/dir.h"
#include "sys/fd.h"
#include "sys/lock.h"
#include "sys/newid.h"
#include "sys/tree.h"

#define RECORD	       "volume.json"
#define RECORD_VERSION 1
#define MAX_RECORD     (1u << 20)
#define MAX_VOLUMES    100000
#define MAX_LABELS     4096
#define NAME_CHARACTERS \
	"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-"

int volume_check_name(const char *name, struct err *err)
{
	size_t len = strlen(name);

	if (len > 0 && len <= VOLUME_MAX_NAME && strspn(name, NAME_CHARACTERS) == len &&
	    !strchr("_.-", name[0]))
		return 0;
	err_say(err, -EINVAL, "'%s' is no name of a volume", name);
	return err_hint(
		err, -EINVAL,
		"It begins with a letter or a digit; letters, digits, '_', '.' "
		"and '-' follow, %d at most. A folder of the host begins with '/' "
		"or '.'",
		VOLUME_MAX_NAME);
}

const char *volume_path(const struct store *s, const char *name, struct arena *a)
{
	return arena_printf(a, "%s/volumes/%s/_data", s->path, name);
}

static char *record_text(const struct volume *v)
{
	struct json *doc = json_new_object();
	char *text;

	json_put_int(doc, "version", RECORD_VERSION);
	json_put_str(doc, "created", v->created);
	json_put_bool(doc, "anonymous", v->is_anonymous);
	json_put_strv(doc, "labels", &v->labels);
	text = json_text(doc, false);
	json_free(doc);
	return text;
}

int volume_write_record(int dir, const struct volume *v)
{
	_cleanup_free_ char *text = record_text(v);

	return text ? dir_replace_file(dir, RECORD, text, 0600) : -ENOMEM;
}

int volume_fill_folder(int dir, const struct volume *v)
{
	_cleanup_fd_ int data = -EBADF, fresh = -EBADF;
	int r = volume_write_record(dir, v);

	if (r < 0)
		return r;
	fresh = fd_create(dir, "fresh", O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0600);
	if (fresh < 0)
		return fresh;
	data = dir_make(dir, "_data", 0755);
	return data < 0 ? data : fd_chmod(data, 0755);
}

int volume_make(const struct store *s, const struct volume *v, struct arena *a,
		struct err *err)
{
	char id[NEWID_LEN + 1];
	_cleanup_fd_ int made = -EBADF, dir = -EBADF;
	const char *from;
	int r = volume_check_name(v->name, err);

	if (r < 0)
		return r;
	r = newid_make(id);
	from = arena_printf(a, "tmp/volume-%s", id);
	made = r < 0 ? r : dir_make_all(s->dir, from, 0700);
	dir = made < 0 ? made : fd_open(made, ".", O_RDONLY | O_DIRECTORY);
	r = dir < 0 ? dir : lock_file(dir, true, false);
	if (r == 0)
		r = volume_fill_folder(dir, v);
	if (r == 0)
		r = fd_sync_filesystem(dir);
	if (r == 0)
		r = dir_rename_new(s->dir, from, s->dir,
				   arena_printf(a, "volumes/%s", v->name));
	if (r < 0 && dir >= 0)
		tree_remove(s->dir, from);
	if (r == -EEXIST || r == -ENOTEMPTY)
		return err_say(err, -EEXIST, "volume '%s': there is one of this name",
			       v->name);
	if (r < 0)
		err_set(err, r, "make volume '%s' in '%s'", v->name, s->path);
	return store_hint(r, err);
}

static int parse(const struct json *doc, struct arena *a, struct volume *ret,
		 struct err *err)
{
	struct json_at root = json_root(doc), version = json_key(&root, "version"),
		       created = json_key(&root, "created"),
		       anonymous = json_key(&root, "anonymous"),
		       labels = json_key(&root, "labels");
	int64_t v = 0;
	int r = json_read_i64(&version, RECORD_VERSION, RECORD_VERSION, &v, err);

	if (r == 0 && v == 0)
		r = json_invalid(&version, err, "missing");
	if (r == 0)
		r = json_read_str(&created, a, &ret->created, err);
	if (r == 0)
		r = json_read_bool(&anonymous, &ret->is_anonymous, err);
	if (r == 0 && json_count(&labels) > MAX_LABELS)
		r = json_invalid(&labels, err, "more than %d", MAX_LABELS);
	return r < 0 ? r : json_read_strv(&labels, a, &ret->labels, err);
}

int volume_read(const struct store *s, const char *name, struct arena *a,
		struct volume *ret, struct err *err)
{
	_cleanup_json_ struct json *doc = NULL;
	_cleanup_fd_ int dir = -EBADF, fd = -EBADF;
	char *text;
	size_t len;
	int r = volume_check_name(name, err);

	*ret = (struct volume){.name = name};
	if (r < 0)
		return r;
	dir = fd_open(s->dir, arena_printf(a, "volumes/%s", name),
		      O_PATH | O_DIRECTORY | O_NOFOLLOW);
	if (dir == -ENOENT) {
		err_say(err, dir, "'%s': no such volume", name);
		return err_hint(err, dir, "urun volume ls lists those that are there");
	}
	fd = dir < 0 ? dir : fd_open(dir, RECORD, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
	r = fd < 0 ? fd : fd_read_all(fd, a, MAX_RECORD, &text, &len);
	/* -ENOENT is for a volume that is not there. */
	if (r == -ENOENT)
		return err_say(err, -EBADMSG, "volume '%s': " RECORD " is missing", name);
	if (r < 0)
		return err_set(err, r, "volume '%s': " RECORD, name);
	r = json_parse(text, len, &doc, err);
	if (r == 0)
		r = parse(doc, a, ret, err);
	if (r < 0)
		err_prefix(err, "volume '%s': " RECORD, name);
	return r;
}

int volume_list(const struct store *s, struct arena *a, struct volume **ret,
		size_t *ret_n, struct err *err)
{
	_cleanup_fd_ int fd =
		fd_open(s->dir, "volumes", O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
	struct strv names = {0};
	int r = fd < 0 ? fd : dir_list(fd, a, &names);

	if (r < 0)
		return err_set(err, r, "list '%s/volumes'", s->path);
	if (names.n > MAX_VOLUMES)
		return err_say(err, -E2BIG, "more than %d volumes", MAX_VOLUMES);
	strv_sort(&names);
	*ret = arena_alloc(a, (names.n + 1) * sizeof(**ret));
	*ret_n = 0;
	for (size_t i = 0; i < names.n; i++) {
		struct volume *v = &(*ret)[*ret_n];

		if (volume_check_name(names.v[i], NULL) < 0 ||
		    volume_read(s, names.v[i], a, v, NULL) == -ENOENT)
			continue;
		(*ret_n)++;
	}
	return 0;
}

int volume_find(const struct store *s, const char *typed, struct arena *a,
		struct volume *ret, struct err *err)
{
	struct volume *v = NULL;
	size_t n = 0, n_found = 0;
	int r = volume_read(s, typed, a, ret, err);

	if (r != -ENOENT || volume_list(s, a, &v, &n, NULL) < 0)
		return r;
	for (size_t i = 0; i < n; i++) {
		if (strncmp(v[i].name, typed, strlen(typed)) != 0)
			continue;
		*ret = v[i];
		n_found++;
	}
	if (n_found > 1)
		return err_say(err, -EEXIST, "'%s' is the beginning of several volumes",
			       typed);
	return n_found == 1 ? 0 : r;
}

int volume_hold(const struct store *s, const char *name, bool is_exclusive,
		struct arena *a, int *ret_fd)
{
	const char *path = arena_printf(a, "volumes/%s", name);
	int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW;
	_cleanup_fd_ int fd = fd_open(s->dir, path, flags), again = -EBADF;
	int r;

	if (fd < 0)
		return fd;
	/* Whoever removes one holds it shortly. */
	r = lock_file(fd, is_exclusive, !is_exclusive);
	if (r < 0)
		return r == -EAGAIN ? -EBUSY : r;
	again = fd_open(s->dir, path, flags);
	if (again < 0 || fd_is_same(fd, again) != 1)
		return -ENOENT;
	*ret_fd = fd_take(&fd);
	return 0;
}

const struct container *volume_user(const char *name, const struct container *containers,
				    size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (strv_has(&containers[i].volumes, name))
			return &containers[i];
	return NULL;
}
