// SPDX-License-Identifier: Apache-2.0
/*
 * container_files.c - diff, cp: files of a container that is kept
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/urun/cmd.h"
#include "cli/urun/format.h"
#include "cli/urun/images.h"
#include "cli/urun/running.h"
#include "cli/urun/transfer.h"
#include "cli/urun/verb.h"
#include "engine/merged.h"
#include "spec/oci.h"
#include "sys/fd.h"
#include "sys/upper.h"

#define MAX_CHANGES (64u << 20) /* bytes of paths */

struct file_options {
	const char *format;
	bool is_archive;
};

static int set_format(void *t, const char *v, struct err *err)
{
	((struct file_options *)t)->format = v;
	return strcmp(v, "json") == 0
		       ? 0
		       : err_say(err, -EINVAL, "'%s': json is the only format", v);
}

static int set_archive(void *t, const char *v, struct err *err)
{
	return options_bool(v, &((struct file_options *)t)->is_archive, err);
}

/* --- diff --- */

/* Told by the process that may read the folders: a kind and a path, each ended by NUL. */
struct diffing {
	int upper, to;
	bool is_fuse;
	const int *lowers;
	size_t n_lowers;
	char *buffer;
	size_t len;
};

#define DIFF_BUFFER 65536

static int flush_changes(struct diffing *d)
{
	int r = fd_write_all(d->to, d->buffer, d->len);

	d->len = 0;
	return r;
}

static int write_change(char kind, const char *path, void *data)
{
	struct diffing *d = data;
	size_t len = strlen(path) + 2;
	int r = d->len + len > DIFF_BUFFER ? flush_changes(d) : 0;

	if (r == 0 && len > DIFF_BUFFER)
		r = -ENAMETOOLONG;
	if (r < 0)
		return r;
	d->buffer[d->len] = kind;
	memcpy(d->buffer + d->len + 1, path, len - 1);
	d->len += len;
	return 0;
}

/* In the namespace that owns the files. */
static int compare_in_userns(void *data)
{
	struct diffing *d = data;
	int r;

	d->buffer = malloc(DIFF_BUFFER);
	if (!d->buffer)
		return -ENOMEM;
	r = upper_compare(d->upper, d->lowers, d->n_lowers, d->is_fuse, write_change, d);
	return r < 0 ? r : flush_changes(d);
}

/* Through a file without a name: a pipe holds less than there may be. */
static int read_changes(struct images *m, struct diffing *d, char **ret, size_t *ret_len,
			struct err *err)
{
	_cleanup_fd_ int file = fd_create(m->store.dir, "tmp", O_RDWR | O_TMPFILE, 0600);
	int r = file;

	d->to = file;
	if (r >= 0)
		r = userns_call(&m->userns, compare_in_userns, d);
	if (r == 0) {
		lseek(file, 0, SEEK_SET);
		r = fd_read_all(file, m->arena, MAX_CHANGES, ret, ret_len);
	}
	return r < 0 ? err_set(err, r, "compare the container with its image") : 0;
}

static int compare_container(struct images *m, const struct container *c, int folder,
			     char **ret, size_t *ret_len, struct err *err)
{
	_cleanup_fd_ int upper =
		fd_open(folder, "upper", O_PATH | O_DIRECTORY | O_NOFOLLOW);
	struct diffing d = {.upper = upper, .to = -1};
	int *lowers;
	size_t n;
	int r = upper < 0 ? err_set(err, upper, "container %.12s", c->id)
			  : merged_is_fuse(&m->host, folder, m->arena, &d.is_fuse, NULL,
					   err);

	if (r == 0)
		r = images_open_userns(m, err);
	if (r == 0)
		r = merged_layers(&m->store, c, m->arena, &lowers, &n, err);
	if (r < 0)
		return r;
	d.lowers = lowers;
	d.n_lowers = n;
	r = read_changes(m, &d, ret, ret_len, err);
	while (n > 0)
		fd_close(&lowers[--n]);
	return r;
}

/* Where something is mounted in the container: that what stands there was made is no change. */
static int read_mounts(struct images *m, int folder, struct strv *ret, struct err *err)
{
	struct spec spec;
	char *text;
	size_t len;
	int r = container_read_config(folder, m->arena, &text, &len, err);

	spec_init(&spec, m->arena);
	if (r == 0)
		r = spec_from_oci(&spec, text, len, NULL, err);
	for (size_t i = 0; r == 0 && i < spec.n_fsops; i++)
		if (spec.fsops[i].kind != FSOP_DIR)
			strv_push(m->arena, ret, spec.fsops[i].dest);
	return r;
}

struct change {
	char kind;
	const char *path;
};

struct changes {
	struct change *v;
	size_t n_v;
};

static void split_changes(const char *text, size_t len, const struct strv *mounts,
			  struct arena *a, struct changes *ret)
{
	for (size_t at = 0; at + 1 < len; at += strlen(text + at) + 1)
		if (!strv_has(mounts, text + at + 1))
			*ARR_PUSH(a, ret, v) = (struct change){text[at], text + at + 1};
}

static int print_json(const struct changes *c)
{
	static const struct {
		char kind;
		const char *key;
	} kinds[] = {{'C', "changed"}, {'A', "added"}, {'D', "deleted"}};
	struct json *doc = json_new_object();

	for (size_t k = 0; k < ARRAY_SIZE(kinds); k++) {
		struct json *list = NULL;

		for (size_t i = 0; i < c->n_v; i++) {
			if (c->v[i].kind != kinds[k].kind)
				continue;
			if (!list)
				list = json_put_array(doc, kinds[k].key);
			json_add_str(list, c->v[i].path);
		}
	}
	return cmd_print_json(doc);
}

static void print_lines(const struct changes *c, struct arena *a)
{
	for (size_t i = 0; i < c->n_v; i++) {
		size_t size = strlen(c->v[i].path) * 4 + 1;
		char *shown = arena_alloc(a, size);

		text_escape(shown, size, c->v[i].path);
		printf("%c %s\n", c->v[i].kind, shown);
	}
}

static int diff(struct images *m, void *options, char **words, struct err *err)
{
	const struct file_options *o = options;
	_cleanup_fd_ int folder = -EBADF;
	struct container c = {0};
	struct changes changes = {0};
	struct strv mounts = {0};
	const char *path;
	char *text;
	size_t len;
	int r = container_find(&m->store, words[0], m->arena, &c, err);

	if (r < 0)
		return r;
	/* Not held: one that runs may be looked at. */
	path = container_path(&m->store, &c, m->arena);
	folder = fd_open(AT_FDCWD, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
	if (folder < 0)
		return err_set(err, folder, "container %.12s", c.id);
	r = read_mounts(m, folder, &mounts, err);
	if (r == 0)
		r = compare_container(m, &c, folder, &text, &len, err);
	if (r < 0)
		return r;
	split_changes(text, len, &mounts, m->arena, &changes);
	if (o->format)
		return print_json(&changes) ? -EIO : 0;
	print_lines(&changes, m->arena);
	return 0;
}

static const struct option diff_options[] = {
	{"format", 0, "json", "a JSON document instead of lines", set_format},
	{0},
};

const struct verb verb_diff = {
	{"diff", "[OPTIONS] CONTAINER",
	 "List what a container has added (A), changed (C) and deleted (D).",
	 diff_options},
	1,
	1,
	diff,
};

int cmd_diff(int argc, char **argv)
{
	struct file_options o = {0};

	return verb_run(&verb_diff, &o, argc, argv);
}

/* --- cp --- */

/* A path of the command line. */
struct place {
	const char *typed;
	const char *container; /* NULL: of the host */
	const char *path;      /* without slashes at its end; "/" for the root */
	const char *name;      /* its last part; NULL when that is no name */
	bool is_content; /* it ends in "/.": what is in it, and not the folder itself */
	bool is_folder;	 /* it ends in "/" */
	bool is_stream;	 /* "-" */
};

static void clean_place(struct place *p, struct arena *a)
{
	char *path = arena_strdup(a, p->path), *slash;
	size_t len = strlen(path);

	p->is_content = strcmp(path, ".") == 0 || strcmp(path, "..") == 0;
	if (len >= 2 && strcmp(path + len - 2, "/.") == 0) {
		p->is_content = true;
		path[--len] = '\0';
	}
	p->is_folder = len > 0 && path[len - 1] == '/';
	while (len > 1 && path[len - 1] == '/')
		path[--len] = '\0';
	slash = strrchr(path, '/');
	p->path = path;
	p->name = slash ? slash + 1 : path;
	if (!p->name[0] || strcmp(p->name, ".") == 0 || strcmp(p->name, "..") == 0)
		p->name = NULL;
}

/* "NAME:PATH"; a path of the host that has a colon begins with "/" or "." */
static int read_place(const char *word, struct arena *a, struct place *ret,
		      struct err *err)
{
	const char *colon = strchr(word, ':');

	*ret = (struct place){.typed = word, .path = word};
	if (strcmp(word, "-") == 0) {
		ret->is_stream = true;
		return 0;
	}
	if (colon && colon > word && word[0] != '.' &&
	    !memchr(word, '/', (size_t)(colon - word))) {
		ret->container = arena_strndup(a, word, (size_t)(colon - word));
		/* What is no absolute path counts from the root. */
		ret->path =
			colon[1] == '/' ? colon + 1 : arena_printf(a, "/%s", colon + 1);
	}
	if (!*ret->path)
		return err_say(err, -EINVAL, "an empty path");
	clean_place(ret, a);
	return 0;
}

/* What is to be copied, and where it goes. */
struct copying {
	struct place from, to;
	struct container container;
	int lock; /* owned: its folder, held or in use */
	struct running running;
	struct merged merged;
	int source;	  /* owned: open for reading, or -1 for a stream */
	int target;	  /* owned: a folder */
	int pipe[2];	  /* owned */
	const char *name; /* that it gets there; NULL: what is in it goes there */
	bool is_in, is_archive;
};

static void copying_end(struct copying *c)
{
	fd_close(&c->source);
	fd_close(&c->target);
	fd_close(&c->pipe[0]);
	fd_close(&c->pipe[1]);
	merged_close(&c->merged);
	running_close(&c->running);
	fd_close(&c->lock);
}

static int open_container(struct images *m, struct copying *c, struct err *err)
{
	const struct place *p = c->is_in ? &c->to : &c->from;
	struct merged_ask ask = {
		.store = &m->store,
		.container = &c->container,
		.userns = &m->userns,
		.is_writable = c->is_in,
		.path = p->path,
	};
	int r = running_or_held(m, p->container, &c->container, &c->lock, &c->running,
				err);

	if (r < 0)
		return r;
	ask.inside = running_inside(&c->running);
	if (!ask.inside)
		r = merged_is_fuse(&m->host, c->lock, m->arena, &ask.is_fuse,
				   &ask.is_strict, err);
	if (r == 0)
		r = images_open_userns(m, err);
	return r < 0 ? r : merged_open(&ask, &c->merged, err);
}

/* A folder or a file, looked at before it is opened. */
static int open_host(const struct place *p, int *ret, struct err *err)
{
	_cleanup_fd_ int place = fd_open(AT_FDCWD, p->path, O_PATH);
	struct stat st;
	int fd, r = place < 0 ? place : fd_stat(place, &st);

	if (r < 0)
		return err_set(err, r, "read '%s'", p->typed);
	if (!S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode))
		return err_say(err, -EINVAL, "'%s' is neither a file nor a folder",
			       p->typed);
	fd = fd_open(AT_FDCWD, fd_path(place).path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
	if (fd < 0)
		return err_set(err, fd, "read '%s'", p->typed);
	*ret = fd;
	return 0;
}

/* There is nothing at the place. @up: the folder that it would be in, or a negative errno */
static int check_new(const struct copying *c, int up, bool from_folder, struct err *err)
{
	const struct place *to = &c->to;

	if (up == -ENOENT) {
		err_say(err, up, "write '%s': the folder that it goes into is not there",
			to->typed);
		return err_hint(err, up, "It has to be made first: cp makes none above");
	}
	if (up < 0)
		return err_set(err, up, "write '%s'", to->typed);
	if (!to->name || (to->is_folder && !from_folder))
		return err_say(err, -ENOTDIR, "write '%s': it is no folder", to->typed);
	return 0;
}

/* Where it goes, by podman's and docker's rules. @there: what is at the place, or -ENOENT;
 * @parent: the folder that this is in. Both are taken. */
static int choose_target(struct copying *c, int there, int parent, struct err *err)
{
	_cleanup_fd_ int up = parent, at = there;
	const struct place *to = &c->to;
	/* The container's file tells nobody but who is in there what it is. */
	bool from_folder = c->source < 0 ||
			   (c->is_in ? fd_is_folder(c->source) : c->merged.is_folder);
	bool to_folder = at >= 0 && (c->is_in ? c->merged.is_folder : fd_is_folder(at));
	int r;

	if (to_folder) {
		c->target = fd_take(&at);
		c->name = c->from.is_content ? NULL : c->from.name;
		return 0;
	}
	if (c->source < 0)
		return err_say(err, -ENOTDIR,
			       "'%s': a stream goes to a folder that is there",
			       to->typed);
	if (at >= 0 && from_folder)
		return err_say(err, -ENOTDIR, "'%s' is a file, and '%s' a folder",
			       to->typed, c->from.typed);
	r = check_new(c, up, from_folder, err);
	if (r < 0)
		return r;
	c->target = fd_take(&up);
	c->name = to->name;
	return 0;
}

/* A device or a pipe would be removed, and a file made in its place. */
static int check_host_target(const struct copying *c, int there, struct err *err)
{
	struct stat st;
	int r = there == -ENOENT ? 0 : there < 0 ? there : fd_stat(there, &st);

	if (r < 0)
		return err_set(err, r, "write '%s'", c->to.typed);
	if (there < 0 || S_ISREG(st.st_mode) || S_ISDIR(st.st_mode))
		return 0;
	err_say(err, -EINVAL, "'%s' is neither a file nor a folder", c->to.typed);
	return err_hint(err, -EINVAL,
			"urun cp %s - writes a tar stream to standard output",
			c->from.typed);
}

static int open_host_target(struct copying *c, struct arena *a, struct err *err)
{
	const char *path = c->to.path, *slash = strrchr(path, '/');
	const char *up = !slash ? "." : slash == path ? "/" : NULL;
	_cleanup_fd_ int there = fd_open(AT_FDCWD, path, O_PATH);
	int r = check_host_target(c, there, err);

	if (r < 0)
		return r;
	if (!up)
		up = arena_strndup(a, path, (size_t)(slash - path));
	return choose_target(c, there < 0 ? there : fd_take(&there),
			     fd_open(AT_FDCWD, up, O_PATH | O_DIRECTORY), err);
}

static int open_ends(struct images *m, struct copying *c, struct err *err)
{
	int r = 0;

	if (c->is_in && !c->from.is_stream)
		r = open_host(&c->from, &c->source, err);
	if (r == 0)
		r = open_container(m, c, err);
	if (r < 0)
		return r;
	if (c->is_in)
		return choose_target(c, fd_take(&c->merged.fd),
				     fd_take(&c->merged.parent), err);
	if (c->merged.fd < 0)
		return err_say(err, -ENOENT, "read '%s': the container has no such file",
			       c->from.typed);
	c->source = fd_take(&c->merged.fd);
	if (!c->to.is_stream)
		return open_host_target(c, m->arena, err);
	c->name = c->from.is_content ? NULL : c->from.name;
	return 0;
}

static int start_packing(struct images *m, struct copying *c, struct transfer *t,
			 struct err *err)
{
	struct packing p = {
		.tree = c->source,
		.out = c->to.is_stream ? STDOUT_FILENO : c->pipe[1],
		.name = c->name,
		.is_inside = !c->is_in,
		.inside = c->is_in ? NULL : running_inside(&c->running),
		.is_squashed = !c->is_in && c->container.is_squashed,
	};
	int r = c->from.is_stream ? 0 : transfer_pack(m, &p, t, err);

	fd_close(&c->pipe[1]);
	return r;
}

static int start_unpacking(struct images *m, struct copying *c, struct transfer *t,
			   struct err *err)
{
	struct unpacking u = {
		.tree = c->target,
		.in = c->from.is_stream ? STDIN_FILENO : c->pipe[0],
		.is_inside = c->is_in,
		.inside = c->is_in ? running_inside(&c->running) : NULL,
		.keeps_owners = c->is_in && c->is_archive,
	};
	int r = c->to.is_stream ? 0 : transfer_unpack(m, &u, t, err);

	fd_close(&c->pipe[0]);
	return r;
}

static int copy(struct images *m, struct copying *c, struct err *err)
{
	_cleanup_transfer_ struct transfer t = TRANSFER_NONE;
	int r = open_ends(m, c, err);

	if (r == 0) {
		r = fd_pipe(c->pipe);
		if (r < 0)
			err_set(err, r, "make a pipe");
	}
	if (r == 0)
		r = start_packing(m, c, &t, err);
	if (r == 0)
		r = start_unpacking(m, c, &t, err);
	if (r == 0) {
		r = transfer_end(m, &t, err);
		if (r < 0 && err->message[0])
			err_prefix(err, "write '%s'", c->to.typed);
	}
	if (r < 0 && err->message[0])
		err_prefix(err, "cp");
	return r;
}

static int cp(struct images *m, void *options, char **words, struct err *err)
{
	const struct file_options *o = options;
	_cleanup_(copying_end) struct copying c = {
		.lock = -EBADF,
		.running = RUNNING_NONE,
		.merged = MERGED_NONE,
		.source = -EBADF,
		.target = -EBADF,
		.pipe = {-EBADF, -EBADF},
		.is_archive = o->is_archive,
	};
	int r = read_place(words[0], m->arena, &c.from, err);

	if (r == 0)
		r = read_place(words[1], m->arena, &c.to, err);
	if (r < 0)
		return r;
	if (!c.from.container == !c.to.container) {
		err_say(err, -EINVAL,
			"cp: one of '%s' and '%s' has to be CONTAINER:PATH, and not both",
			words[0], words[1]);
		return err_hint(
			err, -EINVAL,
			"Between containers: urun cp A:PATH - | urun cp - B:FOLDER");
	}
	c.is_in = c.to.container;
	return copy(m, &c, err);
}

static const struct option cp_options[] = {
	{"archive", 'a', NULL,
	 "into a container: keep the numbers of owners; else the files are its root's",
	 set_archive},
	{0},
};

const struct verb verb_cp = {
	{"cp",
	 "[OPTIONS] CONTAINER:PATH PATH|-\n       urun cp [OPTIONS] PATH|- "
	 "CONTAINER:PATH",
	 "Copy files into a container or out of it; - is a tar stream.", cp_options},
	2,
	2,
	cp,
};

int cmd_cp(int argc, char **argv)
{
	struct file_options o = {0};

	return verb_run(&verb_cp, &o, argc, argv);
}
