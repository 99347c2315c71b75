// SPDX-License-Identifier: Apache-2.0
/*
 * auth_write.c - credentials are stored and removed, in a file or by its helper
 *
 * A file is read, changed and replaced under a lock beside it, so that of two writers none loses
 * what the other wrote. Helpers do not wait for the lock.
 */
#include <string.h>

#include "auth_private.h"
#include "base64.h"
#include "conf_path.h"
#include "sys/dir.h"
#include "sys/fd.h"
#include "sys/lock.h"
#include "sys/path.h"

#define MAX_HOST 1024u

/* An open file that nobody else changes meanwhile. */
struct edit {
	const char *path; /* behind links: the file itself is replaced */
	const char *name; /* the last part of it */
	int dir, lock;
	struct json *doc;
};

static void edit_done(struct edit *e)
{
	fd_close(&e->dir);
	fd_close(&e->lock);
	json_free(e->doc);
}

/* Where `podman login` writes to, too. */
static int written_file(const char *authfile, struct arena *a, const char **ret,
			struct err *err)
{
	*ret = auth_named_file(authfile);
	if (!*ret)
		*ret = auth_runtime_file(a);
	if (!*ret)
		*ret = auth_config_file(a);
	if (!*ret)
		return err_hint(
			err, err_say(err, -ENOENT, "there is no place for credentials"),
			"set $HOME, or name a file by --authfile");
	return 0;
}

static int open_folder(const char *folder, struct arena *a)
{
	int fd = fd_open(AT_FDCWD, folder, O_RDONLY | O_DIRECTORY);
	_cleanup_fd_ int root = -EBADF, made = -EBADF;
	char cwd[4096] = "";
	int r;

	if (fd != -ENOENT)
		return fd;
	r = folder[0] == '/' ? 0 : fd_getcwd(cwd, sizeof(cwd));
	if (r < 0)
		return r;
	root = fd_open(AT_FDCWD, "/", O_PATH | O_DIRECTORY);
	made = path_make_dir_in(root, arena_printf(a, "%s/%s", cwd, folder), 0700);
	return made < 0 ? made : fd_open(made, ".", O_RDONLY | O_DIRECTORY);
}

static int lock_beside(const struct edit *e, struct arena *a)
{
	_cleanup_fd_ int fd = fd_create(e->dir, arena_printf(a, "%s.lock", e->name),
					O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK, 0600);
	int r = fd < 0 ? fd : lock_file(fd, true, true);

	return r < 0 ? r : fd_take(&fd);
}

static int edit_begin(struct edit *e, const char *path, struct arena *a, struct err *err)
{
	_cleanup_free_ char *real = realpath(path, NULL);
	const char *slash;
	int r;

	e->path = real ? arena_strdup(a, real) : path;
	slash = strrchr(e->path, '/');
	e->name = slash ? slash + 1 : e->path;
	e->dir = open_folder(
		slash ? arena_strndup(a, e->path, (size_t)(slash - e->path) + 1) : ".",
		a);
	r = e->dir;
	if (r >= 0)
		r = e->lock = lock_beside(e, a);
	if (r < 0)
		return err_set(err, r, "write credentials to '%s'",
			       conf_show(e->path).text);
	r = auth_read_file(e->path, a, &e->doc, err);
	if (r == -ENOENT) {
		e->doc = json_new_object();
		r = 0;
	}
	return r;
}

static int edit_write(const struct edit *e, struct err *err)
{
	_cleanup_free_ char *text = json_text(e->doc, true);
	int r = text ? dir_replace_file(e->dir, e->name, text, 0600) : -ENOMEM;

	/* The new name, not only what it stands for. */
	if (r == 0)
		r = fd_sync(e->dir);
	return r < 0 ? err_set(err, r, "write credentials to '%s'",
			       conf_show(e->path).text)
		     : 0;
}

/* "auths", made when missing. */
static int auths_of(const struct edit *e, struct json **ret, struct err *err)
{
	struct json_at root = json_root(e->doc), auths = json_key(&root, "auths");
	int r = auth_check_count(&auths, err);

	if (r < 0) {
		err_prefix(err, "credentials in '%s'", conf_show(e->path).text);
		return r;
	}
	*ret = json_is_present(&auths) ? json_get(e->doc, "auths")
				       : json_put_object(e->doc, "auths");
	return 0;
}

static int store_in_file(const char *path, const char *host, const char *user,
			 const char *password, struct arena *a, struct err *err)
{
	_cleanup_(edit_done) struct edit e = {.dir = -EBADF, .lock = -EBADF};
	struct json *auths, *entry;
	int r = edit_begin(&e, path, a, err);

	if (r == 0)
		r = auths_of(&e, &auths, err);
	if (r < 0)
		return r;
	entry = json_put_object(auths, host);
	json_put_str(entry, "auth",
		     base64_encode(arena_printf(a, "%s:%s", user, password), a));
	return edit_write(&e, err);
}

/* Which helper does the file name? @ret_name: NULL for none. */
static int helper_for(const char *path, const char *host, struct arena *a,
		      const char **ret_name, const char **ret_server, bool *ret_is_store,
		      struct err *err)
{
	_cleanup_json_ struct json *doc = NULL;
	struct json_at root;
	int r = auth_read_file(path, a, &doc, err);

	*ret_name = NULL;
	if (r < 0)
		return r == -ENOENT ? 0 : r;
	root = json_root(doc);
	r = auth_find_helper(&root, host, a, ret_name, ret_server, err);
	*ret_is_store = r == 0 && !*ret_name;
	if (*ret_is_store) {
		r = auth_read_store(&root, a, ret_name, err);
		*ret_server = auth_is_hub(host, a) ? AUTH_HUB_URL : host;
	}
	if (r < 0)
		err_prefix(err, "credentials in '%s'", conf_show(path).text);
	return r;
}

/* Helpers are asked for whole registries only: what they kept for a part of one would never be
 * found. */
static int check_helper(const char *name, const char *key, struct arena *a,
			struct err *err)
{
	const struct auth_helper h = auth_helper_of(name);
	const char *slash = strchr(key, '/');

	if (!slash)
		return 0;
	err_say(err, -ENOTSUP, "'%s' keeps credentials of whole registries only",
		auth_helper_name(&h, a));
	return err_hint(err, -ENOTSUP,
			"urun login %.*s, or --authfile FILE with no helper in it",
			(int)(slash - key), conf_show(key).text);
}

/* Of the registry: lookup asks it before it looks at any part of that. */
static int helper_of_host(const char *path, const char *key, struct arena *a,
			  const char **ret_name, const char **ret_server,
			  bool *ret_is_store, struct err *err)
{
	const char *host = arena_strndup(a, key, strcspn(key, "/"));
	int r = helper_for(path, host, a, ret_name, ret_server, ret_is_store, err);

	return r == 0 && *ret_name ? check_helper(*ret_name, key, a, err) : r;
}

static int check_login(const char *host, const char *user, struct err *err)
{
	if (!host[0] || strlen(host) > MAX_HOST)
		return err_say(err, -EINVAL, "'%s' is no registry", conf_show(host).text);
	if (!user[0])
		return err_say(err, -EINVAL, "the user name is empty");
	if (strchr(user, ':'))
		return err_say(err, -EINVAL, "user name '%s' has a colon",
			       conf_show(user).text);
	return 0;
}

int auth_store(const char *authfile, const char *host, const char *user,
	       const char *password, struct arena *a, const char **ret_where,
	       struct err *err)
{
	const char *path, *name = NULL, *server = host;
	bool is_store;
	int r = check_login(host, user, err);

	if (r == 0)
		r = written_file(authfile, a, &path, err);
	if (r == 0)
		r = helper_of_host(path, host, a, &name, &server, &is_store, err);
	if (r < 0)
		return r;
	if (name) {
		const struct auth_helper h = auth_helper_of(name);

		r = auth_helper_store(&h, server, user, password, a, err);
		path = auth_helper_name(&h, a);
	} else {
		r = store_in_file(path, host, user, password, a, err);
	}
	if (r == 0)
		*ret_where = arena_strdup(a, path);
	return r;
}

/* --- removing --- */

/* Return: 1 when there was something, 0 when not, or a negative errno. */
static int erase(const char *helper, const char *server, bool is_store, struct err *err)
{
	const struct auth_helper h = auth_helper_of(helper);
	struct err why;
	bool is_found;
	int r = auth_helper_erase(&h, server, &is_found, &why);

	if (r == -ESRCH && is_store)
		return 0;
	return r < 0 ? auth_hand_on(r, &why, err) : is_found;
}

/* All keys that auth_find() would take for the host's own. NULL: all of them. */
static int remove_from_file(const char *path, const char *host, struct arena *a,
			    struct err *err)
{
	_cleanup_(edit_done) struct edit e = {.dir = -EBADF, .lock = -EBADF};
	struct strv keys = {0};
	struct json *auths;
	struct json_at at;
	int r = edit_begin(&e, path, a, err);

	if (r == 0)
		r = auths_of(&e, &auths, err);
	if (r < 0)
		return r;
	at = json_root(auths);
	for (size_t i = 0; i < json_count(&at); i++) {
		struct json_at entry;
		const char *key = json_member(&at, i, &entry);

		if (!host || strcmp(key, host) == 0 ||
		    strcmp(auth_host_of(key, false, a), auth_host_of(host, false, a)) ==
			    0)
			strv_push(a, &keys, arena_strdup(a, key));
	}
	for (size_t i = 0; i < keys.n; i++)
		json_remove(auths, keys.v[i]);
	if (keys.n == 0)
		return 0;
	r = edit_write(&e, err);
	return r < 0 ? r : 1;
}

/* What a list of registries has in a helper. Return: how many were erased, or negative. */
static int erase_each(const struct json_at *of, const char *store, struct arena *a,
		      struct err *err)
{
	int n = 0, r = auth_check_count(of, err);

	for (size_t i = 0; r >= 0 && i < json_count(of); i++) {
		struct json_at value;
		const char *server = json_member(of, i, &value), *name = store;

		r = store ? 0 : json_read_str(&value, a, &name, err);
		if (r == 0 && name && name[0])
			r = erase(name, server, store, err);
		n += r > 0;
	}
	return r < 0 ? r : n;
}

static int erase_all(const char *path, struct arena *a, struct err *err)
{
	_cleanup_json_ struct json *doc = NULL;
	struct json_at root, helpers, auths;
	const char *store = NULL;
	int r = auth_read_file(path, a, &doc, err), n = 0;

	if (r < 0)
		return r == -ENOENT ? 0 : r;
	root = json_root(doc);
	helpers = json_key(&root, "credHelpers");
	auths = json_key(&root, "auths");
	r = erase_each(&helpers, NULL, a, err);
	n = r;
	if (r >= 0)
		r = auth_read_store(&root, a, &store, err);
	if (r == 0 && store)
		r = erase_each(&auths, store, a, err);
	return r < 0 ? r : n + r;
}

static int erase_one(const char *path, const char *host, struct arena *a, struct err *err)
{
	const char *name, *server = host;
	bool is_store;
	int r = helper_for(path, host, a, &name, &server, &is_store, err), n = 0;

	if (r < 0 || !name)
		return r;
	r = erase(name, server, is_store, err);
	/* By either name that it may have been stored under. */
	if (r >= 0 && strcmp(server, host) != 0)
		n = erase(name, host, is_store, err);
	return n < 0 || r < 0 ? MIN(n, r) : n + r;
}

int auth_remove(const char *authfile, const char *host, struct arena *a, struct err *err)
{
	const char *path;
	int r = written_file(authfile, a, &path, err), n;

	if (r < 0)
		return r;
	n = host ? erase_one(path, host, a, err) : erase_all(path, a, err);
	if (n < 0)
		return n;
	/* No file, no folder for it: nothing is made to find nothing in. */
	if (access(path, F_OK) == 0)
		r = remove_from_file(path, host, a, err);
	if (r < 0)
		return r;
	if (n + r == 0)
		return err_say(err, -ENOENT, "there are no credentials for %s in '%s'",
			       host ? conf_show(host).text : "any registry",
			       conf_show(path).text);
	return 0;
}
