// SPDX-License-Identifier: Apache-2.0
/*
 * container.c - see container.h
 */
#include "image/container.h"

#include <string.h>

#include "base/json.h"
#include "base/parse.h"
#include "sys/dir.h"
#include "sys/fd.h"
#include "sys/lock.h"
#include "sys/newid.h"
#include "sys/process.h"
#include "sys/tree.h"

#define RECORD	       "container.json"
#define RECORD_VERSION 1
#define MAX_RECORD     (1u << 20)
#define MAX_KEPT       (16u << 10) /* of each list; six times as much as JSON */
#define MAX_CONTAINERS 100000
#define MAX_PROCESS    256

static const char *text_of(const struct container *c)
{
	struct json *doc = json_new_object(), *layers;
	char *text;

	json_put_int(doc, "version", RECORD_VERSION);
	json_put_str(doc, "id", c->id);
	json_put_str(doc, "name", c->name);
	json_put_str(doc, "image", c->image);
	json_put_str(doc, "imageId", c->image_id.text[0] ? c->image_id.text : NULL);
	json_put_str(doc, "created", c->created);
	json_put_bool(doc, "squashed", c->is_squashed);
	layers = json_put_array(doc, "layers");
	for (size_t i = 0; i < c->n_layers; i++)
		json_add_str(layers, c->layers[i].text);
	json_put_strv(doc, "volumes", &c->volumes);
	if (c->is_throwaway) {
		json_put_strv(doc, "args", &c->args);
		json_put_strv(doc, "labels", &c->labels);
		json_put_strv(doc, "mounts", &c->mounts);
	}
	text = json_text(doc, false);
	json_free(doc);
	return text;
}

void container_keep(struct strv *record, const struct strv *words, struct arena *a)
{
	size_t left = MAX_KEPT;

	for (size_t i = 0; i < words->n; i++) {
		size_t len = strlen(words->v[i]) + 1;

		if (len > left) {
			strv_push(a, record, "...");
			return;
		}
		left -= len;
		strv_push(a, record, words->v[i]);
	}
}

static int write_text(int dir, const char *name, const char *text)
{
	_cleanup_fd_ int fd =
		fd_create(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0600);

	if (!text)
		return -ENOMEM;
	return fd < 0 ? fd : fd_write_all(fd, text, strlen(text));
}

static int fill(int dir, const struct container *c, const char *config)
{
	static const char *const folders[] = {"upper", "work"};
	_cleanup_free_ const char *text = text_of(c);
	int r = write_text(dir, RECORD, text);

	if (r == 0 && config)
		r = write_text(dir, "config.json", config);
	/* Without an image there is nothing that it could change. */
	for (size_t i = 0; r == 0 && c->n_layers > 0 && i < ARRAY_SIZE(folders); i++) {
		_cleanup_fd_ int fd = dir_make(dir, folders[i], 0755);

		r = fd < 0 ? fd : 0;
	}
	return r;
}

const char *container_folder(const struct container *c, struct arena *a)
{
	return arena_printf(a, c->is_throwaway ? "tmp/run-%s" : "containers/%s", c->id);
}

const char *container_path(const struct store *s, const struct container *c,
			   struct arena *a)
{
	return arena_printf(a, "%s/%s", s->path, container_folder(c, a));
}

/* What is left of one whose launcher was killed has a name that another may have by now. */
static bool is_leftover(const struct store *s, const struct container *c, struct arena *a)
{
	return c->is_throwaway && !container_is_held(s, c, a);
}

static int check_name(const struct store *s, const char *name, const struct container *v,
		      size_t n, struct arena *a, struct err *err)
{
	for (size_t i = 0; i < n; i++) {
		/* What nobody has given gives way. */
		if (v[i].has_own_name || strcmp(v[i].name, name) != 0)
			continue;
		if (is_leftover(s, &v[i], a))
			continue;
		err_say(err, -EEXIST, "--name '%s': container %.12s has this name", name,
			v[i].id);
		return err_hint(err, -EEXIST,
				"urun rm %s%s, --replace, or choose another",
				v[i].is_throwaway ? "--force " : "", name);
	}
	return 0;
}

/* Its name, that no other has. Nobody else may name one meanwhile. */
static int choose_name(const struct store *s, struct container *c, struct arena *a,
		       struct err *err)
{
	struct container *v;
	size_t n;
	int r;

	/* Of a throw-away one whoever lists it computes it. */
	if (!c->name && c->is_throwaway)
		return 0;
	r = container_list(s, a, &v, &n, c->name ? err : NULL);
	if (c->name)
		return r < 0 ? r : check_name(s, c->name, v, n, a, err);
	/* A broken record of another container is no reason not to make this one. */
	c->name = r < 0 ? container_name_unseen(c->id, a)
			: container_name_new(c->id, v, n, a);
	return 0;
}

int container_make(const struct store *s, const struct container *c, const char *config,
		   struct arena *a, int *ret_dir, struct err *err)
{
	const char *to = container_folder(c, a);
	const char *from = c->is_throwaway ? to : arena_printf(a, "tmp/new-%s", c->id);
	_cleanup_fd_ int made = -EBADF, dir = -EBADF, names = -EBADF;
	struct container named = *c;
	int r = c->is_throwaway && !c->name
			? 0
			: store_lock(s, "names", true, true, &names, err);

	if (r == 0)
		r = choose_name(s, &named, a, err);
	if (r < 0)
		return r;
	made = dir_make_all(s->dir, from, 0700);
	dir = made < 0 ? made : fd_open(made, ".", O_RDONLY | O_DIRECTORY);
	r = dir < 0 ? dir : lock_file(dir, true, false);
	if (r == 0)
		r = fill(dir, &named, config);
	if (r == 0 && !c->is_throwaway) {
		r = fd_sync_filesystem(dir);
		if (r == 0)
			r = dir_rename_new(s->dir, from, s->dir, to);
	}
	if (r < 0)
		return store_hint(err_set(err, r, "make container '%s' in '%s'", c->id,
					  s->path),
				  err);
	*ret_dir = fd_take(&dir);
	return 0;
}

static int read_layers(const struct json_at *at, struct arena *a, struct container *ret,
		       struct err *err)
{
	struct strv texts = {0};
	int r = json_read_strv(at, a, &texts, err);

	if (r < 0)
		return r;
	if (texts.n > MANIFEST_MAX_LAYERS)
		return json_invalid(at, err, "more than %d", MANIFEST_MAX_LAYERS);
	ret->layers = arena_alloc(a, (texts.n + 1) * sizeof(*ret->layers));
	ret->n_layers = texts.n;
	for (size_t i = 0; i < texts.n; i++)
		if (digest_parse(texts.v[i], strlen(texts.v[i]), &ret->layers[i]) < 0)
			return json_invalid(at, err, "'%s' is no digest", texts.v[i]);
	return 0;
}

static int parse(const struct json *doc, struct arena *a, struct container *ret,
		 struct err *err)
{
	struct json_at root = json_root(doc), version = json_key(&root, "version"),
		       id = json_key(&root, "id"), name = json_key(&root, "name"),
		       image = json_key(&root, "image"),
		       image_id = json_key(&root, "imageId"),
		       created = json_key(&root, "created"),
		       squashed = json_key(&root, "squashed"),
		       volumes = json_key(&root, "volumes"),
		       args = json_key(&root, "args"), labels = json_key(&root, "labels"),
		       mounts = json_key(&root, "mounts"),
		       layers = json_key(&root, "layers");
	const char *digest = NULL;
	int64_t v = 0;
	int r = json_read_i64(&version, RECORD_VERSION, RECORD_VERSION, &v, err);

	if (r == 0 && v == 0)
		r = json_invalid(&version, err, "missing");
	if (r == 0)
		r = json_read_str(&id, a, &ret->id, err);
	if (r == 0 && !ret->id)
		r = json_invalid(&id, err, "missing");
	if (r == 0)
		r = json_read_str(&name, a, &ret->name, err);
	if (r == 0)
		r = json_read_str(&image, a, &ret->image, err);
	if (r == 0)
		r = json_read_str(&created, a, &ret->created, err);
	if (r == 0)
		r = json_read_bool(&squashed, &ret->is_squashed, err);
	if (r == 0)
		r = json_read_str(&image_id, a, &digest, err);
	if (r == 0 && digest && digest_parse(digest, strlen(digest), &ret->image_id) < 0)
		r = json_invalid(&image_id, err, "no digest");
	if (r == 0)
		r = json_read_strv(&volumes, a, &ret->volumes, err);
	if (r == 0)
		r = json_read_strv(&args, a, &ret->args, err);
	if (r == 0)
		r = json_read_strv(&labels, a, &ret->labels, err);
	if (r == 0)
		r = json_read_strv(&mounts, a, &ret->mounts, err);
	return r < 0 ? r : read_layers(&layers, a, ret, err);
}

int container_read(int dir, struct arena *a, struct container *ret, struct err *err)
{
	_cleanup_fd_ int fd = fd_open(dir, RECORD, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
	_cleanup_json_ struct json *doc = NULL;
	char *text;
	size_t len;
	int r = fd < 0 ? fd : fd_read_all(fd, a, MAX_RECORD, &text, &len);

	if (r < 0)
		return err_set(err, r, RECORD);
	r = json_parse(text, len, &doc, err);
	return r < 0 ? r : parse(doc, a, ret, err);
}

struct list {
	struct arena *arena;
	struct container *items;
	size_t n_items;
};

/* Has somebody removed it, while it was read? */
static bool is_gone(int dir, const char *name)
{
	_cleanup_fd_ int fd = fd_open(dir, name, O_PATH | O_NOFOLLOW);

	return fd == -ENOENT;
}

/* @prefix: of the names that are containers; the others are none of ours. */
static int list_folder(const struct store *s, const char *folder, const char *prefix,
		       struct list *l, struct err *err)
{
	_cleanup_fd_ int fd =
		fd_open(s->dir, folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
	struct strv names = {0};
	int r = fd < 0 ? fd : dir_list(fd, l->arena, &names);

	if (r < 0)
		return err_set(err, r, "list '%s/%s'", s->path, folder);
	for (size_t i = 0; i < names.n; i++) {
		_cleanup_fd_ int dir = -EBADF;
		struct container c = {.is_throwaway = prefix[0] != '\0'};

		if (strncmp(names.v[i], prefix, strlen(prefix)) != 0)
			continue;
		if (l->n_items == MAX_CONTAINERS)
			return err_say(err, -E2BIG, "more than %d containers",
				       MAX_CONTAINERS);
		dir = fd_open(fd, names.v[i], O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
		if (dir == -ENOENT)
			continue; /* it has just ended */
		r = container_read(dir, l->arena, &c, err);
		/* It becomes part of paths. */
		if (r == 0 && strcmp(c.id, names.v[i] + strlen(prefix)) != 0)
			r = err_say(err, -EBADMSG, RECORD ": it is of container '%s'",
				    c.id);
		/* One that is being made, or was left, has no record yet, and no use for
		 * layers. */
		if (r < 0 && (c.is_throwaway || is_gone(fd, names.v[i])))
			continue;
		if (r < 0) {
			err_prefix(err, "container '%s'", names.v[i]);
			r = r == -ENOENT ? -EBADMSG : r;
			if (r != -EBADMSG && r != -EINVAL)
				return r;
			return err_hint(err, r,
					"urun system fsck --repair mends the store");
		}
		*ARR_PUSH(l->arena, l, items) = c;
	}
	return 0;
}

int container_list(const struct store *s, struct arena *a, struct container **ret,
		   size_t *ret_n, struct err *err)
{
	struct list l = {.arena = a};
	int r = list_folder(s, "containers", "", &l, err);

	if (r == 0)
		r = list_folder(s, "tmp", "run-", &l, err);
	if (r == 0)
		container_name_all(l.items, l.n_items, a);
	*ret = l.items;
	*ret_n = l.n_items;
	return r;
}

static int find(const struct store *s, const char *typed, bool want_throwaway,
		struct arena *a, struct container *ret, struct err *err)
{
	struct container *v, *found = NULL;
	size_t n, len = strlen(typed), n_found = 0;
	int r = container_list(s, a, &v, &n, err);

	for (size_t i = 0; r == 0 && i < n; i++) {
		bool is_name = strcmp(v[i].name, typed) == 0;

		if ((v[i].is_throwaway && !want_throwaway) || len == 0 ||
		    (!is_name && strncmp(v[i].id, typed, len) != 0) ||
		    is_leftover(s, &v[i], a))
			continue;
		found = &v[i];
		n_found++;
		if (is_name) {
			n_found = 1;
			break;
		}
	}
	if (r < 0)
		return r;
	if (n_found == 1) {
		*ret = *found;
		return 0;
	}
	if (n_found > 1)
		return err_say(err, -EEXIST, "'%s' is the beginning of several ids",
			       typed);
	err_say(err, -ENOENT, "'%s': no such container", typed);
	return err_hint(err, -ENOENT, "urun ps -a lists those that are kept");
}

int container_find(const struct store *s, const char *typed, struct arena *a,
		   struct container *ret, struct err *err)
{
	return find(s, typed, false, a, ret, err);
}

int container_find_any(const struct store *s, const char *typed, struct arena *a,
		       struct container *ret, struct err *err)
{
	return find(s, typed, true, a, ret, err);
}

int container_find_name(const struct store *s, const char *name, struct arena *a,
			struct container *ret, struct err *err)
{
	struct container *v;
	size_t n;
	int r = container_list(s, a, &v, &n, err);

	for (size_t i = 0; r == 0 && i < n; i++) {
		if (strcmp(v[i].name, name) != 0 || is_leftover(s, &v[i], a))
			continue;
		*ret = v[i];
		return 0;
	}
	return r < 0 ? r : err_say(err, -ENOENT, "'%s': no such container", name);
}

/* For how long somebody else's look at a container may keep its lock from its new owner. */
#define LOOK_MS	 100

#define END_MS	 100  /* for a process that was killed with its launcher to end */
#define GUARD_MS 6000 /* and then for the guard to let go: see engine/guard.c */

/* Whose launcher was killed is held by its guard, until that has ended what is left. */
static bool is_ending(int dir, struct arena *a)
{
	_cleanup_fd_ int pidfd = -EBADF;
	const char *stamp;
	pid_t pid;

	if (container_read_process(dir, a, &stamp) < 0)
		return false;
	pidfd = process_open_stamped(stamp, &pid);
	return pidfd < 0 || process_await(pidfd, END_MS) > 0;
}

static int lock_folder(const struct store *s, const struct container *c, struct arena *a,
		       bool is_exclusive, int *ret_dir)
{
	_cleanup_fd_ int dir = fd_open(s->dir, container_folder(c, a),
				       O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
	int r = dir < 0 ? dir : lock_file(dir, is_exclusive, false);

	/* An owner keeps those out that only look, too. */
	if (r == -EAGAIN && is_exclusive)
		r = lock_file(dir, false, false);
	if (r == 0 && is_exclusive)
		r = lock_file_within(dir, true, LOOK_MS);
	if (r == -EAGAIN && is_exclusive && is_ending(dir, a))
		r = lock_file_within(dir, true, GUARD_MS);
	if (r < 0)
		return r;
	*ret_dir = fd_take(&dir);
	return 0;
}

int container_hold(const struct store *s, const struct container *c, struct arena *a,
		   int *ret_dir, struct err *err)
{
	_cleanup_fd_ int dir = -EBADF, use = -EBADF;
	int r = lock_folder(s, c, a, true, &dir);

	if (r == -EAGAIN)
		return err_say(err, -EBUSY, "container %.12s is running", c->id);
	/* Whoever comes to use it later finds that it does not run. */
	if (r == 0)
		r = container_use(dir, true, &use);
	if (r == -EBUSY) {
		err_say(err, -EUSERS,
			"container %.12s is in use: it is mounted by 'urun mount', or "
			"its files are being copied",
			c->id);
		return err_hint(err, -EUSERS,
				"urun unmount %.12s, in the shell of its 'urun unshare'",
				c->id);
	}
	if (r < 0)
		return err_set(err, r, "container %.12s", c->id);
	*ret_dir = fd_take(&dir);
	return 0;
}

bool container_is_held(const struct store *s, const struct container *c, struct arena *a)
{
	_cleanup_fd_ int dir = -EBADF;

	/* Shared: two that look do not see each other. */
	return lock_folder(s, c, a, false, &dir) == -EAGAIN;
}

int container_use(int dir, bool is_exclusive, int *ret_lock)
{
	_cleanup_fd_ int fd = fd_open(dir, RECORD, O_RDONLY | O_NOFOLLOW);
	int r = fd < 0 ? fd : lock_file(fd, is_exclusive, false);

	if (r < 0)
		return r == -EAGAIN ? -EBUSY : r;
	*ret_lock = fd_take(&fd);
	return 0;
}

int container_set_process(int dir, const char *stamp)
{
	int r = dir_unlink(dir, CONTAINER_PROCESS, 0);

	if (r < 0 && r != -ENOENT)
		return r;
	/* Not to the disk: it is of no use after a crash. A half of it fits no process. */
	return stamp ? write_text(dir, CONTAINER_PROCESS, stamp) : 0;
}

int container_read_process(int dir, struct arena *a, const char **ret)
{
	_cleanup_fd_ int fd =
		fd_open(dir, CONTAINER_PROCESS, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
	char *text;
	int r = fd < 0 ? fd : fd_read_all(fd, a, MAX_PROCESS, &text, NULL);

	if (r < 0)
		return r == -ENOENT ? -ESRCH : r;
	*ret = text;
	return 0;
}

int container_lock_config(int dir, int *ret)
{
	while (true) {
		_cleanup_fd_ int fd = fd_open(dir, "config.json", O_RDONLY | O_NOFOLLOW);
		_cleanup_fd_ int now = -EBADF;
		int r = fd < 0 ? fd : lock_file(fd, true, true);

		if (r < 0)
			return r;
		/* Who had the lock has put another file there. */
		now = fd_open(dir, "config.json", O_RDONLY | O_NOFOLLOW);
		if (now < 0)
			return now;
		r = fd_is_same(fd, now);
		if (r == 0)
			continue;
		if (r > 0)
			*ret = fd_take(&fd);
		return MIN(r, 0);
	}
}

int container_set_config(int dir, const char *text)
{
	return dir_replace_file(dir, "config.json", text, 0600);
}

int container_read_config(int dir, struct arena *a, char **ret, size_t *ret_len,
			  struct err *err)
{
	_cleanup_fd_ int fd = fd_open(dir, "config.json", O_RDONLY | O_NOFOLLOW);
	int r = fd < 0 ? fd : fd_read_all(fd, a, JSON_MAX_BYTES, ret, ret_len);

	return r < 0 ? err_set(err, r, "config.json of the container") : 0;
}

int container_discard(const struct store *s, const char *from, struct arena *a,
		      const char **ret_name, struct err *err)
{
	char id[NEWID_LEN + 1];
	/* Its own name may be there: from "squashed" as well, or left by somebody killed. */
	int r = newid_make(id);
	const char *name = arena_printf(a, "gone-%s", id);

	if (r == 0)
		r = dir_rename_new(s->dir, from, s->dir, arena_printf(a, "tmp/%s", name));
	if (r < 0)
		return err_set(err, r, "remove '%s/%s'", s->path, from);
	*ret_name = name;
	return 0;
}

static bool is_part(const char *name)
{
	size_t len = strlen(name);

	return len > 5 && strcmp(name + len - 5, ".part") == 0;
}

/* A folder in tmp that nobody holds: its lock, or a negative errno. */
static int take_leftover(int tmp, const char *name)
{
	_cleanup_fd_ int fd = -EBADF;
	int r;

	if (is_part(name))
		return -EBUSY;
	fd = fd_open(tmp, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
	r = fd < 0 ? fd : lock_file(fd, true, false);
	return r < 0 ? r : fd_take(&fd);
}

/* Never by a link in its place: a payload that may write the store could lead it to what it may not. */
int leftovers_take(const struct store *s, struct arena *a, struct leftovers *ret)
{
	_cleanup_fd_ int tmp =
		fd_open(s->dir, "tmp", O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
	struct strv names = {0};
	int r = tmp < 0 ? tmp : dir_list(tmp, a, &names);

	*ret = (struct leftovers){0};
	for (size_t i = 0; r == 0 && i < names.n; i++) {
		int lock = take_leftover(tmp, names.v[i]);

		if (lock < 0)
			continue;
		strv_push(a, &ret->names, names.v[i]);
		*ARR_PUSH(a, ret, locks) = lock;
	}
	return r;
}

int leftovers_remove(const struct store *s, const struct leftovers *l)
{
	_cleanup_fd_ int tmp =
		fd_open(s->dir, "tmp", O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
	int ret = tmp < 0 ? tmp : 0;

	for (size_t i = 0; tmp >= 0 && i < l->names.n; i++) {
		int r = tree_remove(tmp, l->names.v[i]);

		ret = ret < 0 ? ret : r;
	}
	return ret;
}

void leftovers_close(struct leftovers *l)
{
	while (l->n_locks > 0)
		fd_close(&l->locks[--l->n_locks]);
}
