// SPDX-License-Identifier: Apache-2.0
/*
 * state.c - see state.h
 */
#include "engine/state.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/json.h"
#include "engine/gate.h"
#include "spec/oci.h"
#include "sys/cgroup.h"
#include "sys/clock.h"
#include "sys/dir.h"
#include "sys/fd.h"
#include "sys/lock.h"
#include "sys/newid.h"
#include "sys/process.h"
#include "sys/tree.h"

#define STATE	"state.json"
#define CONFIG	"config.json"
#define GONE	".gone-"
#define HOLD_MS 10000 /* for another command on the same container to be done */

#define ID_FIRST                                                           \
	"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_+" \
	"-"

/* Below a folder that only the caller, or root, can have made. */
static const char *usual_root(struct arena *a)
{
	const char *runtime = getenv("XDG_RUNTIME_DIR");
	struct stat st;
	_cleanup_fd_ int fd = runtime && runtime[0] == '/'
				      ? fd_open(AT_FDCWD, runtime, O_PATH | O_DIRECTORY)
				      : -EBADF;

	/* sudo may have left a user's to root. One that is not there will be the caller's. */
	if (fd == -ENOENT || (fd >= 0 && fd_stat(fd, &st) == 0 && st.st_uid == geteuid()))
		return arena_printf(a, "%s/urun/oci", runtime);
	return geteuid() == 0 ? "/run/urun/oci" : NULL;
}

/* Whoever could write there could have hooks of his own run, and processes signalled. */
static int check_owner(int fd, const char *path, struct err *err)
{
	struct stat st;
	int r = fd_stat(fd, &st);

	if (r < 0)
		return err_set(err, r, "folder '%s' for the state of containers", path);
	if (st.st_uid == geteuid() && !(st.st_mode & 022))
		return 0;
	err_say(err, -EPERM,
		"folder '%s' for the state of containers: others can write it", path);
	return err_hint(err, -EPERM,
			"chmod go-w it, or give one of your own with --root");
}

int state_root(const char *path, bool want_make, struct arena *a, int *ret,
	       struct err *err)
{
	int fd, r = 0;

	if (!path)
		path = usual_root(a);
	if (!path) {
		err_say(err, -ENOENT,
			"no folder for the state of containers: XDG_RUNTIME_DIR is not "
			"set");
		return err_hint(err, -ENOENT,
				"Set it to a folder of your own with mode 0700, or give "
				"one with --root");
	}
	if (want_make && path[0] == '/')
		r = dir_make_all_host(path, 0700);
	else if (want_make)
		r = MIN(dir_make_all(AT_FDCWD, path, 0700), 0);
	fd = r < 0 ? r : fd_open(AT_FDCWD, path, O_RDONLY | O_DIRECTORY);
	if (fd == -ENOENT && !want_make) {
		*ret = -EBADF;
		return 0;
	}
	if (fd < 0)
		return err_set(err, fd, "folder '%s' for the state of containers", path);
	r = check_owner(fd, path, err);
	if (r < 0)
		fd_close(&fd);
	else
		*ret = fd;
	return r;
}

int state_check_id(const char *id, struct err *err)
{
	if (id[0] && strlen(id) <= STATE_MAX_ID && strchr(ID_FIRST, id[0]) &&
	    strspn(id, ID_FIRST ".") == strlen(id))
		return 0;
	return err_say(err, -EINVAL,
		       "container id '%s': 1 to %d letters, digits, '_', '+', '-' and "
		       "'.', which is not the first",
		       id, STATE_MAX_ID);
}

static int say_missing(const char *id, int r, struct err *err)
{
	if (r == -ENOENT)
		return err_say(err, r,
			       "container '%s' does not exist: no such file or directory",
			       id);
	return err_set(err, r, "container '%s'", id);
}

static int open_folder(int root, const char *id)
{
	return fd_open(root, id, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
}

/* Is it still the one of that name? Who waited for it may hold one that was removed. */
static bool is_current(int root, const char *id, int folder)
{
	_cleanup_fd_ int now = open_folder(root, id);

	return now >= 0 && fd_is_same(now, folder) == 1;
}

int state_make(int root, const char *id, int *ret, struct err *err)
{
	_cleanup_fd_ int folder = -EBADF;
	int r = dir_make_new(root, id, 0700);

	if (r == -EEXIST) {
		err_say(err, r, "container with id '%s' exists already", id);
		return err_hint(err, r, "urun-oci delete --force %s removes it", id);
	}
	folder = r < 0 ? r : open_folder(root, id);
	r = folder < 0 ? folder : lock_file(folder, true, false);
	/* Somebody was faster: it does not look finished to him. */
	if (r == 0 && !is_current(root, id, folder))
		r = -EAGAIN;
	if (r < 0)
		return err_set(err, r, "make the state of container '%s'", id);
	*ret = fd_take(&folder);
	return 0;
}

int state_open(int root, const char *id, int *ret, struct err *err)
{
	int fd, r = state_check_id(id, err);

	if (r < 0)
		return r;
	fd = root < 0 ? -ENOENT : open_folder(root, id);
	if (fd < 0)
		return say_missing(id, fd, err);
	*ret = fd;
	return 0;
}

int state_hold(int root, const char *id, int *ret, struct err *err)
{
	_cleanup_fd_ int folder = -EBADF;
	int r = state_open(root, id, &folder, err);

	if (r < 0)
		return r;
	r = lock_file(folder, true, false);
	if (r == -EAGAIN)
		r = lock_file_within(folder, true, HOLD_MS);
	if (r == -EAGAIN || r == -EINTR) {
		err_say(err, -EBUSY, "container '%s' is held by another command", id);
		return err_hint(
			err, -EBUSY,
			"It may wait for a hook. urun-oci delete --force %s ends what "
			"creates or starts the container; a delete goes on when its "
			"poststop hook has ended",
			id);
	}
	if (r == 0 && !is_current(root, id, folder))
		r = -ENOENT;
	if (r < 0)
		return say_missing(id, r, err);
	*ret = fd_take(&folder);
	return 0;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

int state_list(int root, struct arena *a, struct strv *ret, struct err *err)
{
	struct strv all = {0};
	int r = root < 0 ? 0 : dir_list(root, a, &all);

	if (r < 0)
		return err_set(err, r, "list the containers");
	for (size_t i = 0; i < all.n; i++) {
		_cleanup_fd_ int folder = -EBADF;

		if (state_open(root, all.v[i], &folder, NULL) == 0)
			strv_push(a, ret, all.v[i]);
	}
	if (ret->n > 1)
		qsort(ret->v, ret->n, sizeof(*ret->v), by_name);
	return 0;
}

/* Not to the disk: after a crash of the machine no container is left that it tells of. */
static int replace(int folder, const char *name, const char *text, size_t len)
{
	_cleanup_arena_ struct arena a = {0};
	_cleanup_fd_ int fd = -EBADF;
	const char *temp = NULL;
	int r = newid_beside(name, &a, &temp);

	fd = r < 0 ? r
		   : fd_create(folder, temp, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW,
			       0600);
	if (fd < 0)
		return fd;
	r = fd_write_all(fd, text, len);
	if (r == 0)
		r = dir_rename(folder, temp, folder, name);
	if (r < 0)
		dir_unlink(folder, temp, 0);
	return r;
}

static int read_file(int folder, const char *name, struct arena *a, char **ret,
		     size_t *ret_len)
{
	_cleanup_fd_ int fd = fd_open(folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);

	return fd < 0 ? fd : fd_read_all(fd, a, JSON_MAX_BYTES, ret, ret_len);
}

char *state_text(const struct state *s, struct arena *a)
{
	_cleanup_json_ struct json *doc = json_new_object();
	_cleanup_free_ char *text = NULL;

	json_put_int(doc, "version", 1);
	json_put_str(doc, "id", s->id);
	json_put_str(doc, "bundle", s->bundle);
	json_put_str(doc, "rootfs", s->rootfs);
	json_put_str(doc, "created", s->created);
	json_put_str(doc, "owner", s->owner);
	json_put_str(doc, "creator", s->creator);
	json_put_str(doc, "process", s->process);
	json_put_str(doc, "cgroup", s->cgroup);
	json_put_str(doc, "cgroupStamp", s->cgroup_stamp);
	json_put_str(doc, "scope", s->scope);
	if (s->has_hooks)
		json_put_bool(doc, "hooks", true);
	oci_put_annotations(doc, &s->annotations, a);
	text = json_text(doc, false);
	return text ? arena_strdup(a, text) : NULL;
}

int state_write(int folder, const struct state *s, struct err *err)
{
	_cleanup_arena_ struct arena a = {0};
	const char *text = state_text(s, &a);
	int r = text ? replace(folder, STATE, text, strlen(text)) : -ENOMEM;

	return r < 0 ? err_set(err, r, "write the state of container '%s'", s->id) : 0;
}

static int parse_annotations(const struct json_at *list, struct arena *a,
			     struct state *ret, struct err *err)
{
	int r = json_expect(list, JSON_KIND_OBJECT, err);

	for (size_t i = 0; r == 0 && i < json_count(list); i++) {
		struct json_at item;
		const char *key = json_member(list, i, &item), *value = "";

		r = json_read_str(&item, a, &value, err);
		if (r == 0)
			strv_pushf(a, &ret->annotations, "%s=%s", key, value);
	}
	return r;
}

static int parse_fields(const struct json_at *at, struct arena *a, struct state *ret,
			struct err *err)
{
	const struct {
		const char *key;
		const char **to;
		bool is_needed;
	} fields[] = {
		{"bundle", &ret->bundle, true},
		{"rootfs", &ret->rootfs, true},
		{"created", &ret->created, true},
		{"owner", &ret->owner, true},
		{"creator", &ret->creator, false},
		{"process", &ret->process, false},
		{"cgroup", &ret->cgroup, false},
		{"scope", &ret->scope, false},
		{"cgroupStamp", &ret->cgroup_stamp, false},
	};
	struct json_at list = json_key(at, "annotations"), hooks = json_key(at, "hooks");
	int r = json_read_bool(&hooks, &ret->has_hooks, err);

	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(fields); i++) {
		struct json_at item = json_key(at, fields[i].key);

		r = json_read_str(&item, a, fields[i].to, err);
		if (r == 0 && fields[i].is_needed && !*fields[i].to)
			r = json_invalid(&item, err, "is missing");
	}
	return r < 0 ? r : parse_annotations(&list, a, ret, err);
}

int state_parse(const char *text, size_t len, const char *id, struct arena *a,
		struct state *ret, struct err *err)
{
	_cleanup_json_ struct json *doc = NULL;
	struct json_at at, version;
	int64_t v = 0;
	int r = json_parse(text, len, &doc, err);

	*ret = (struct state){.id = id};
	if (r < 0)
		return r;
	at = json_root(doc);
	version = json_key(&at, "version");
	r = json_expect(&at, JSON_KIND_OBJECT, err);
	if (r == 0)
		r = json_read_i64(&version, 0, INT64_MAX, &v, err);
	if (r == 0 && v != 1)
		r = json_invalid(&version, err, "it is of another version of urun-oci");
	return r < 0 ? r : parse_fields(&at, a, ret, err);
}

/* The name of one that is gone may have come to another's. One that an older urun has noted has no stamp. */
static void forget_foreign_cgroup(struct state *s)
{
	_cleanup_fd_ int fd =
		s->cgroup && s->cgroup_stamp ? cgroup_open(s->cgroup) : -EBADF;
	struct cgroup_stamp now;

	if (fd < 0 || cgroup_stamp(fd, &now) < 0 ||
	    strcmp(s->cgroup_stamp, now.text) == 0)
		return;
	s->cgroup = s->scope = NULL;
}

int state_read(int folder, const char *id, struct arena *a, struct state *ret,
	       struct err *err)
{
	char *text;
	size_t len;
	int r = read_file(folder, STATE, a, &text, &len);

	if (r == -ENOENT) {
		*ret = (struct state){.id = id};
		return 0;
	}
	if (r < 0)
		return err_set(err, r, "read the state of container '%s'", id);
	r = state_parse(text, len, id, a, ret, err);
	if (r == 0) {
		forget_foreign_cgroup(ret);
		return 0;
	}
	err_prefix(err, "state of container '%s'", id);
	return err_hint(err, r, "urun-oci delete --force %s removes what is left of it",
			id);
}

static bool is_frozen(const struct state *s)
{
	_cleanup_fd_ int cgroup = s->cgroup ? cgroup_open(s->cgroup) : -EBADF;

	return cgroup >= 0 && cgroup_is_frozen(cgroup);
}

enum state_status state_status(int folder, const struct state *s, int *ret_pidfd,
			       pid_t *ret_pid)
{
	_cleanup_fd_ int pidfd = -EBADF;
	pid_t pid = 0;

	if (ret_pidfd)
		*ret_pidfd = -EBADF;
	if (ret_pid)
		*ret_pid = 0;
	if (!s->process)
		return STATE_CREATING;
	pidfd = process_open_stamped(s->process, &pid);
	/* One that nobody has waited for yet has ended as well. */
	if (pidfd < 0 || process_await(pidfd, 0) == 1)
		return STATE_STOPPED;
	if (ret_pidfd)
		*ret_pidfd = fd_take(&pidfd);
	if (ret_pid)
		*ret_pid = pid;
	if (is_frozen(s))
		return STATE_PAUSED;
	return gate_is_watched(folder) ? STATE_CREATED : STATE_RUNNING;
}

const char *state_status_name(enum state_status status)
{
	static const char *const names[] = {"creating", "created", "running", "paused",
					    "stopped"};

	return names[status];
}

struct json *state_to_json(const struct state *s, enum state_status status, pid_t pid)
{
	_cleanup_arena_ struct arena a = {0};
	struct json *doc = json_new_object();

	json_put_str(doc, "ociVersion", OCI_VERSION);
	json_put_str(doc, "id", s->id);
	json_put_int(doc, "pid", pid);
	json_put_str(doc, "status", state_status_name(status));
	json_put_str(doc, "bundle", s->bundle ? s->bundle : "");
	json_put_str(doc, "rootfs", s->rootfs);
	json_put_str(doc, "created", s->created);
	json_put_str(doc, "systemd-scope", s->scope);
	json_put_str(doc, "owner", s->owner);
	oci_put_annotations(doc, &s->annotations, &a);
	return doc;
}

int state_write_config(int folder, const char *text, size_t len, struct err *err)
{
	int r = replace(folder, CONFIG, text, len);

	return r < 0 ? err_set(err, r, "keep the container's config.json") : 0;
}

int state_read_config(int folder, const char *id, struct arena *a, char **ret,
		      size_t *ret_len, struct err *err)
{
	int r = read_file(folder, CONFIG, a, ret, ret_len);

	return r < 0 ? err_set(err, r, "read config.json of container '%s'", id) : 0;
}

/* What somebody who was killed has not removed. Two that meet there do no harm to each other. */
void state_sweep(int root)
{
	_cleanup_arena_ struct arena a = {0};
	struct strv all = {0};

	if (dir_list(root, &a, &all) < 0)
		return;
	for (size_t i = 0; i < all.n; i++)
		if (strncmp(all.v[i], GONE, strlen(GONE)) == 0)
			tree_remove(root, all.v[i]);
}

int state_remove(int root, const char *id, int folder, struct err *err)
{
	char gone[64];
	int r;

	if (!is_current(root, id, folder))
		return 0;
	/* By a name that no container has: who is killed on the way leaves nothing that is half there. */
	snprintf(gone, sizeof(gone), GONE "%d-%u", (int)getpid(),
		 (unsigned)clock_now_ns());
	r = dir_rename(root, id, root, gone);
	state_sweep(root);
	return r < 0 ? err_set(err, r, "remove the state of container '%s'", id) : 0;
}
