// SPDX-License-Identifier: Apache-2.0
/*
 * mounts.c - unshare, mount, unmount: the files of containers and images, where programs of the
 * host can reach them
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/urun/cmd.h"
#include "cli/urun/running.h"
#include "cli/urun/verb.h"
#include "engine/merged.h"
#include "engine/unshare.h"
#include "sys/dir.h"
#include "sys/fd.h"
#include "sys/mnt.h"

#define ID_LEN 12

/* --- unshare --- */

struct unshare_options {
	int code;
};

/* As buildah's and podman's, which scripts ask for; and the store, wherever HOME leads in there. */
static void push_env(struct images *m, struct strv *env)
{
	for (char *const *e = environ; e && *e; e++)
		strv_push(m->arena, env, *e);
	strv_env_set(m->arena, env,
		     arena_printf(m->arena, "CONTAINERS_GRAPHROOT=%s", m->store.path));
	if (m->host.runtime_dir)
		strv_env_set(m->arena, env,
			     arena_printf(m->arena, "CONTAINERS_RUNROOT=%s/urun",
					  m->host.runtime_dir));
	strv_env_set(m->arena, env,
		     arena_printf(m->arena, "URUN_ROOT=%s", m->store.path));
}

static int run_unshare(struct images *m, void *options, char **words, struct err *err)
{
	struct unshare_options *o = options;
	const char *shell = getenv("SHELL");
	char *argv[] = {arena_strdup(m->arena, shell && *shell ? shell : "/bin/sh"),
			NULL};
	struct unshare u = {
		.store = &m->store, .userns = &m->userns, .argv = *words ? words : argv};
	int r = userns_open(&m->host, m->arena, &m->userns, cmd_note, err);

	if (r < 0)
		return r;
	m->has_userns = true;
	push_env(m, &u.env);
	return unshare_run(&u, cmd_note, &o->code, err);
}

static const struct option unshare_table[] = {{0}};

const struct verb verb_unshare = {
	{"unshare", "[COMMAND [ARG...]]",
	 "Run a command ($SHELL) as root of the namespace that owns the store.",
	 unshare_table},
	0,
	-1,
	run_unshare,
	.has_command = true,
};

int cmd_unshare(int argc, char **argv)
{
	struct unshare_options o = {0};
	int code = verb_run(&verb_unshare, &o, argc, argv);

	return code ? code : o.code;
}

/* --- what is mounted --- */

struct mount_options {
	bool is_all, is_forced, no_trunc, is_json;
};

static int set_all(void *t, const char *v, struct err *err)
{
	return options_bool(v, &((struct mount_options *)t)->is_all, err);
}

static int set_forced(void *t, const char *v, struct err *err)
{
	return options_bool(v, &((struct mount_options *)t)->is_forced, err);
}

static int set_no_trunc(void *t, const char *v, struct err *err)
{
	return options_bool(v, &((struct mount_options *)t)->no_trunc, err);
}

static int set_format(void *t, const char *v, struct err *err)
{
	((struct mount_options *)t)->is_json = true;
	return strcmp(v, "json") == 0
		       ? 0
		       : err_say(err, -EINVAL, "'%s': json is the only format", v);
}

/* A folder for mounts: of containers, or of images. */
static int open_folder(struct images *m, const char *kind, int *ret, struct err *err)
{
	_cleanup_fd_ int top = unshare_open_mounts(&m->store, err);
	int fd;

	if (top < 0)
		return top;
	fd = fd_open(top, kind, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
	if (fd < 0)
		return err_set(err, fd, "'%s/" UNSHARE_MOUNTS "/%s'", m->store.path,
			       kind);
	*ret = fd;
	return 0;
}

/* Where something is mounted, another filesystem begins. 1, 0 or a negative errno. */
static int is_mounted(int folder, const char *name)
{
	_cleanup_fd_ int fd = fd_open(folder, name, O_PATH | O_DIRECTORY | O_NOFOLLOW);
	struct stat of_folder, st;
	int r = fd < 0 ? fd : fd_stat(fd, &st);

	if (r == 0)
		r = fd_stat(folder, &of_folder);
	if (r < 0)
		return r == -ENOENT ? 0 : r;
	return st.st_dev != of_folder.st_dev;
}

static int list_mounted(int folder, struct arena *a, struct strv *ret, struct err *err)
{
	struct strv names = {0};
	int r = dir_list(folder, a, &names);

	for (size_t i = 0; r == 0 && i < names.n; i++) {
		r = is_mounted(folder, names.v[i]);
		if (r == 1) {
			strv_push(a, ret, names.v[i]);
			r = 0;
		}
	}
	return r < 0 ? err_set(err, r, "look for what is mounted") : 0;
}

static const char *path_of(struct images *m, const char *kind, const char *name)
{
	return arena_printf(m->arena, "%s/" UNSHARE_MOUNTS "/%s/%s", m->store.path, kind,
			    name);
}

/* @names, @repositories: may be NULL */
static void print_one(struct images *m, const struct mount_options *o, struct json *list,
		      const char *kind, const char *name, const char *shown,
		      const struct strv *names, const struct strv *repositories)
{
	struct json *one;

	if (!o->is_json) {
		printf("%s %s\n", shown, path_of(m, kind, name));
		return;
	}
	one = json_add_object(list);
	json_put_str(one, "id", name);
	json_put_strv(one, "Names", names);
	if (repositories)
		json_put_strv(one, "Repositories", repositories);
	json_put_str(one, "mountpoint", path_of(m, kind, name));
}

/* The two kinds of things that can be mounted. */
struct mounting {
	const char *verb, *what, *folder;
	int (*list)(struct images *m, const struct mount_options *o, struct err *err);
	int (*mount_all)(struct images *m, int folder, struct err *err);
	int (*mount)(struct images *m, const char *typed, int folder, struct err *err);
};

static int do_mount(struct images *m, const struct mount_options *o, char **words,
		    const struct mounting *k, struct err *err)
{
	_cleanup_fd_ int folder = -EBADF;
	int r;

	if (!*words && !o->is_all)
		return k->list(m, o, err);
	if (*words && o->is_all)
		return err_say(err, -EINVAL, "%s: --all, or %s, not both", k->verb,
			       k->what);
	r = open_folder(m, k->folder, &folder, err);
	if (r == 0 && o->is_all)
		r = k->mount_all(m, folder, err);
	for (; r == 0 && *words; words++)
		r = k->mount(m, *words, folder, err);
	return r;
}

struct unmounting {
	const char *verb, *folder;
	/* The id that something is mounted by. */
	int (*find)(struct images *m, const char *typed, const char **ret,
		    struct err *err);
	/* The file of the lock that the session keeps for it, in the store. */
	const char *(*lock)(struct images *m, const char *id);
};

/* --- of containers --- */

static int list_containers(struct images *m, const struct mount_options *o,
			   struct err *err)
{
	_cleanup_json_ struct json *list = json_new_array();
	_cleanup_fd_ int folder = -EBADF;
	struct strv ids = {0};
	int r = open_folder(m, UNSHARE_CONTAINERS, &folder, err);

	if (r == 0)
		r = list_mounted(folder, m->arena, &ids, err);
	if (r < 0)
		return r;
	for (size_t i = 0; i < ids.n; i++) {
		struct container c = {0};
		struct strv names = {0};

		if (container_find(&m->store, ids.v[i], m->arena, &c, NULL) == 0 &&
		    c.name)
			strv_push(m->arena, &names, c.name);
		print_one(m, o, list, UNSHARE_CONTAINERS, ids.v[i],
			  o->no_trunc ? ids.v[i]
				      : arena_strndup(m->arena, ids.v[i], ID_LEN),
			  &names, NULL);
	}
	if (!o->is_json)
		return 0;
	r = cmd_print_json(list);
	list = NULL;
	return r ? -EIO : 0;
}

/* Its own root mount, which is elsewhere. */
static int attach_running(int folder, const struct mnt_target *to, struct err *err)
{
	_cleanup_fd_ int copy = -EBADF, hold = -EBADF;
	int r = unshare_lend(folder, &copy, &hold, err);

	if (r < 0)
		return r;
	r = mnt_attach_copy(copy, to);
	return r < 0 ? err_set(err, r, "mount what the container has as its root") : 0;
}

static int attach_layers(struct images *m, const struct container *c, int folder,
			 const struct mnt_target *to, struct err *err)
{
	struct merged_ask ask = {.store = &m->store,
				 .container = c,
				 .userns = &m->userns,
				 .is_writable = true};
	int r = merged_is_fuse(&m->host, folder, m->arena, &ask.is_fuse, NULL, err);

	return r < 0 ? r : merged_mount(&ask, to, err);
}

/* @ret_use: the lock that the session keeps. */
static int attach_container(struct images *m, const struct container *c,
			    const struct mnt_target *to, int *ret_use, struct err *err)
{
	bool is_running = container_is_held(&m->store, c, m->arena);
	_cleanup_fd_ int folder = -EBADF;
	int r;

	if (is_running) {
		folder = fd_open(AT_FDCWD, container_path(&m->store, c, m->arena),
				 O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
		r = MIN(folder, 0);
	} else {
		r = container_hold(&m->store, c, m->arena, &folder, err);
		if (r < 0)
			return r;
	}
	if (r == 0)
		r = container_use(folder, !is_running, ret_use);
	if (r < 0)
		return err_set(err, r, "container %.12s", c->id);
	return is_running ? attach_running(folder, to, err)
			  : attach_layers(m, c, folder, to, err);
}

/* Makes the place, and takes it away again when nothing gets there. */
static int make_place(int folder, const char *name, struct mnt_target *ret,
		      struct err *err)
{
	int at = dir_make(folder, name, 0700);

	*ret = (struct mnt_target){folder, name, at};
	return at < 0 ? err_set(err, at, "make a folder to mount '%s' on", name) : 0;
}

static int finish(int folder, const char *name, int r, int lock, struct err *err)
{
	if (r == 0)
		r = unshare_keep(lock, err);
	if (r < 0) {
		mnt_end(folder, name, true);
		dir_unlink(folder, name, AT_REMOVEDIR);
	}
	return r;
}

static int mount_container(struct images *m, const struct container *c, int folder,
			   struct err *err)
{
	_cleanup_fd_ int use = -EBADF, at = -EBADF;
	struct mnt_target to;
	int r = is_mounted(folder, c->id);

	if (r == 0) {
		r = make_place(folder, c->id, &to, err);
		at = to.fd;
		if (r < 0)
			return r;
		r = attach_container(m, c, &to, &use, err);
		fd_close(&at);
		r = finish(folder, c->id, r, use, err);
	}
	if (r < 0) {
		if (err->message[0])
			err_prefix(err, "mount");
		return r;
	}
	printf("%s\n", path_of(m, UNSHARE_CONTAINERS, c->id));
	return 0;
}

static int mount_all_containers(struct images *m, int folder, struct err *err)
{
	struct container *v;
	size_t n;
	int r = container_list(&m->store, m->arena, &v, &n, err);

	for (size_t i = 0; r == 0 && i < n; i++)
		if (!v[i].is_throwaway)
			r = mount_container(m, &v[i], folder, err);
	return r;
}

static int mount_named_container(struct images *m, const char *typed, int folder,
				 struct err *err)
{
	struct container c = {0};
	int r = container_find(&m->store, typed, m->arena, &c, err);

	return r < 0 ? r : mount_container(m, &c, folder, err);
}

static int run_mount(struct images *m, void *options, char **words, struct err *err)
{
	static const struct mounting containers = {
		"mount",	 "containers",	       UNSHARE_CONTAINERS,
		list_containers, mount_all_containers, mount_named_container};

	return do_mount(m, options, words, &containers, err);
}

static const struct option mount_table[] = {
	{"all", 'a', NULL, "all that are kept", set_all},
	{"format", 0, "json", "list as a JSON document", set_format},
	{"no-trunc", 0, NULL, "list whole ids", set_no_trunc},
	{0},
};

const struct verb verb_mount = {
	{"mount", "[OPTIONS] [CONTAINER...]",
	 "Mount files of containers, in `urun unshare`, or list what is mounted.",
	 mount_table},
	0,
	-1,
	run_mount,
};

int cmd_mount(int argc, char **argv)
{
	struct mount_options o = {0};

	return verb_run(&verb_mount, &o, argc, argv);
}

/* --- unmount --- */

static int end_mount(int folder, const char *name, const char *typed,
		     const struct mount_options *o, struct err *err)
{
	int r = is_mounted(folder, name);

	if (r == 0)
		return err_say(err, -EINVAL, "'%s' is not mounted", typed);
	if (r > 0)
		r = mnt_end(folder, name, o->is_forced);
	if (r == -EBUSY) {
		err_say(err, r,
			"'%s' is in use: a process has something of it open, or stands "
			"in it",
			typed);
		return err_hint(err, r, "--force takes it out of the tree at once");
	}
	if (r < 0)
		return err_set(err, r, "unmount '%s'", typed);
	dir_unlink(folder, name, AT_REMOVEDIR);
	return 0;
}

/* Who has the files open still has them when it was forced: they stay locked for the session. */
static int unmount_one(struct images *m, const char *id, const char *typed, int folder,
		       const struct mount_options *o, const struct unmounting *k,
		       struct err *err)
{
	_cleanup_fd_ int lock =
		fd_open(m->store.dir, k->lock(m, id), O_RDONLY | O_NOFOLLOW);
	int r = end_mount(folder, id, typed, o, err);

	if (r == 0 && lock >= 0 && !o->is_forced)
		r = unshare_drop(lock, err);
	if (r == 0)
		printf("%s\n", id);
	return r;
}

static int do_unmount(struct images *m, const struct mount_options *o, char **words,
		      const struct unmounting *k, struct err *err)
{
	_cleanup_fd_ int folder = -EBADF;
	struct strv ids = {0};
	int r;

	if (!*words == !o->is_all)
		return err_say(err, -EINVAL, "%s: give names, or --all", k->verb);
	r = open_folder(m, k->folder, &folder, err);
	if (r == 0 && o->is_all)
		r = list_mounted(folder, m->arena, &ids, err);
	for (size_t i = 0; r == 0 && i < ids.n; i++)
		r = unmount_one(m, ids.v[i], ids.v[i], folder, o, k, err);
	for (; r == 0 && *words; words++) {
		const char *id;

		r = k->find(m, *words, &id, err);
		if (r == 0)
			r = unmount_one(m, id, *words, folder, o, k, err);
	}
	return r;
}

static int find_container_id(struct images *m, const char *typed, const char **ret,
			     struct err *err)
{
	struct container c = {0};
	int r = container_find(&m->store, typed, m->arena, &c, err);

	if (r == 0)
		*ret = c.id;
	return r;
}

static const char *container_lock(struct images *m, const char *id)
{
	return arena_printf(m->arena, "containers/%s/container.json", id);
}

static int run_unmount(struct images *m, void *options, char **words, struct err *err)
{
	static const struct unmounting containers = {"unmount", UNSHARE_CONTAINERS,
						     find_container_id, container_lock};

	return do_unmount(m, options, words, &containers, err);
}

static const struct option unmount_table[] = {
	{"all", 'a', NULL, "all that are mounted", set_all},
	{"force", 'f', NULL,
	 "also those in use: they leave the tree, and stay locked until the session ends",
	 set_forced},
	{0},
};

const struct verb verb_unmount = {
	{"unmount", "[OPTIONS] CONTAINER...", "Undo `urun mount`.", unmount_table},
	0,
	-1,
	run_unmount,
};

int cmd_unmount(int argc, char **argv)
{
	struct mount_options o = {0};

	return verb_run(&verb_unmount, &o, argc, argv);
}

/* --- of images --- */

/* All names and digests of what has this id. */
static int read_names(struct images *m, const char *id, struct strv *digests,
		      struct strv *names, struct err *err)
{
	const struct platform p = platform_native();
	struct store_entry *entries;
	size_t n;
	int r = store_list(&m->store, m->arena, &entries, &n, err);

	for (size_t i = 0; r == 0 && i < n; i++) {
		struct store_image image;

		if (store_read(&m->store, &entries[i], &p, m->arena, &image, NULL) < 0 ||
		    strcmp(digest_hex(&image.manifest.config.digest), id) != 0)
			continue;
		if (!strv_has(digests, entries[i].manifest.digest.text))
			strv_push(m->arena, digests, entries[i].manifest.digest.text);
		if (entries[i].name)
			strv_push(m->arena, names, entries[i].name);
	}
	return r;
}

static int list_images(struct images *m, const struct mount_options *o, struct err *err)
{
	_cleanup_json_ struct json *list = json_new_array();
	_cleanup_fd_ int folder = -EBADF;
	struct strv ids = {0};
	int r = open_folder(m, UNSHARE_IMAGES, &folder, err);

	if (r == 0)
		r = list_mounted(folder, m->arena, &ids, err);
	for (size_t i = 0; r == 0 && i < ids.n; i++) {
		struct strv digests = {0}, names = {0};

		r = read_names(m, ids.v[i], &digests, &names, err);
		if (r == 0)
			print_one(m, o, list, UNSHARE_IMAGES, ids.v[i],
				  names.n > 0 ? names.v[0] : ids.v[i], &digests, &names);
	}
	if (r < 0 || !o->is_json)
		return r;
	r = cmd_print_json(list);
	list = NULL;
	return r ? -EIO : 0;
}

/* An overlay has two folders at least: an empty one is the lowest. */
static int attach_image(struct images *m, const struct store_image *image, int folder,
			const struct mnt_target *to, struct err *err)
{
	const struct mnt_attr attr = {.set = MOUNT_ATTR_RDONLY};
	struct container c = {.id = digest_hex(&image->manifest.config.digest),
			      .layers = image->config.diff_ids,
			      .n_layers = image->config.n_diff_ids,
			      .is_squashed = m->userns.is_squashed};
	int *layers, r;
	size_t n;

	r = images_unpack(m, image, c.is_squashed, err);
	if (r == 0)
		r = merged_layers(&m->store, &c, m->arena, &layers, &n, err);
	if (r < 0)
		return r;
	if (n < 2) {
		layers = arena_grow(m->arena, layers, n, sizeof(*layers));
		layers[n] = dir_make(folder, ".empty", 0755);
		r = MIN(0, layers[n]);
		n++;
	}
	if (r == 0)
		r = mnt_attach_overlay(layers, n, -1, -1, "userxattr", &attr, to, NULL);
	for (size_t i = 0; i < n; i++)
		fd_close(&layers[i]);
	return r == 0 ? 0
		      : merged_say(r, n, arena_printf(m->arena, "image %.12s", c.id),
				   err);
}

static int mount_image(struct images *m, const struct store_entry *entry, int folder,
		       struct err *err)
{
	const struct platform p = platform_native();
	_cleanup_fd_ int lock = -EBADF, at = -EBADF;
	struct store_image image;
	struct mnt_target to;
	const char *id;
	int r = images_open_userns(m, err);

	if (r == 0)
		r = store_lock(&m->store, "store", false, true, &lock, err);
	if (r == 0)
		r = store_read(&m->store, entry, &p, m->arena, &image, err);
	if (r < 0)
		return r;
	id = digest_hex(&image.manifest.config.digest);
	r = is_mounted(folder, id);
	if (r == 0) {
		r = make_place(folder, id, &to, err);
		at = to.fd;
		if (r < 0)
			return r;
		r = attach_image(m, &image, folder, &to, err);
		fd_close(&at);
		r = finish(folder, id, r, lock, err);
	}
	if (r < 0) {
		if (err->message[0])
			err_prefix(err, "image mount");
		return r;
	}
	printf("%s\n", path_of(m, UNSHARE_IMAGES, id));
	return 0;
}

static int mount_all_images(struct images *m, int folder, struct err *err)
{
	struct store_entry *entries;
	size_t n;
	int r = store_list(&m->store, m->arena, &entries, &n, err);

	for (size_t i = 0; r == 0 && i < n; i++)
		r = mount_image(m, &entries[i], folder, err);
	return r;
}

static int mount_named_image(struct images *m, const char *typed, int folder,
			     struct err *err)
{
	struct store_entry entry;
	int r = store_find(&m->store, typed, m->arena, &entry, err);

	return r < 0 ? r : mount_image(m, &entry, folder, err);
}

static int run_image_mount(struct images *m, void *options, char **words, struct err *err)
{
	static const struct mounting images = {"image mount",	 "images",
					       UNSHARE_IMAGES,	 list_images,
					       mount_all_images, mount_named_image};

	return do_mount(m, options, words, &images, err);
}

static const struct option image_mount_table[] = {
	{"all", 'a', NULL, "all images", set_all},
	{"format", 0, "json", "list as a JSON document", set_format},
	{0},
};

const struct verb verb_image_mount = {
	{"image mount", "[OPTIONS] [IMAGE...]",
	 "Mount files of images, read-only, in `urun unshare`, or list them.",
	 image_mount_table},
	0,
	-1,
	run_image_mount,
};

int cmd_image_mount(int argc, char **argv)
{
	struct mount_options o = {0};

	return verb_run(&verb_image_mount, &o, argc, argv);
}

static int find_image_id(struct images *m, const char *typed, const char **ret,
			 struct err *err)
{
	const struct platform p = platform_native();
	struct store_image *image = arena_new(m->arena, struct store_image);
	struct store_entry entry;
	int r = store_find(&m->store, typed, m->arena, &entry, err);

	if (r == 0)
		r = store_read(&m->store, &entry, &p, m->arena, image, err);
	if (r == 0)
		*ret = digest_hex(&image->manifest.config.digest);
	return r;
}

static const char *images_lock(struct images *m, const char *id)
{
	(void)m;
	(void)id;
	return "locks/store";
}

static int run_image_unmount(struct images *m, void *options, char **words,
			     struct err *err)
{
	static const struct unmounting images = {"image unmount", UNSHARE_IMAGES,
						 find_image_id, images_lock};

	return do_unmount(m, options, words, &images, err);
}

const struct verb verb_image_unmount = {
	{"image unmount", "[OPTIONS] IMAGE...", "Undo `urun image mount`.",
	 unmount_table},
	0,
	-1,
	run_image_unmount,
};

int cmd_image_unmount(int argc, char **argv)
{
	struct mount_options o = {0};

	return verb_run(&verb_image_unmount, &o, argc, argv);
}
