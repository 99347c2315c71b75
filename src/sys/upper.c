// SPDX-License-Identifier: Apache-2.0
/*
 * upper.c - see upper.h
 */
#include "sys/upper.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>

#include "sys/dir.h"
#include "sys/fd.h"

#define MAX_LEVELS   4096
#define MAX_HELD     128 /* descriptors, at the top and at the bottom each */
#define MAX_PATH     (64u << 10)
#define FOLDER_FLAGS (O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_NONBLOCK)

bool upper_is_whiteout(const struct stat *st)
{
	return S_ISCHR(st->st_mode) && st->st_rdev == makedev(0, 0);
}

const char *upper_hidden_name(const char *name, const struct stat *st)
{
	const char *hidden = name + strlen(WH);

	if (strncmp(name, WH, strlen(WH)) != 0 || !S_ISREG(st->st_mode) ||
	    st->st_size > 0 || !hidden[0] || strcmp(hidden, ".") == 0 ||
	    strcmp(hidden, "..") == 0 || strncmp(hidden, WH, strlen(WH)) == 0)
		return NULL;
	return hidden;
}

static bool is_mark(const char *name, const struct stat *st)
{
	return (strcmp(name, WH_OPAQUE) == 0 && S_ISREG(st->st_mode)) ||
	       (strncmp(name, WH, strlen(WH)) == 0 && upper_is_whiteout(st));
}

static int look_at(int dir, const char *name, struct stat *st)
{
	return fstatat(dir, name, st, AT_SYMLINK_NOFOLLOW) < 0 ? -errno : 0;
}

/* --- settling --- */

static int set_opaque(int dir)
{
	static const char *const names[] = {"user.overlay.opaque",
					    "user.fuseoverlayfs.opaque"};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (fsetxattr(dir, names[i], "y", 1, 0) < 0)
			return -errno;
	return 0;
}

static int settle(int *dir, int level);

/* Goes into a folder and comes back by its "..", which nobody moves meanwhile: folders may be deep,
 * and no descriptor is held for what is above. */
static int settle_folder(int *dir, const char *name, int level)
{
	_cleanup_fd_ int folder = fd_open(*dir, name, FOLDER_FLAGS);
	struct stat was, is;
	int r = folder < 0 ? folder : fd_stat(*dir, &was);

	if (r < 0)
		return r;
	fd_close(dir);
	r = settle(&folder, level + 1);
	if (r < 0)
		return r;
	*dir = fd_open(folder, "..", FOLDER_FLAGS);
	r = *dir < 0 ? *dir : fd_stat(*dir, &is);
	if (r == 0 && (was.st_dev != is.st_dev || was.st_ino != is.st_ino))
		r = -ESTALE;
	return r;
}

static int settle_name(int *at, const char *name, int level)
{
	const char *hidden;
	int dir = *at;
	struct stat st;
	int r = look_at(dir, name, &st);

	if (r < 0)
		return r;
	if (is_mark(name, &st)) {
		/* In this order: after a crash it is hidden twice, and not shown again. */
		r = S_ISREG(st.st_mode) ? set_opaque(dir) : 0;
		return r < 0 ? r : dir_unlink(dir, name, 0);
	}
	hidden = upper_hidden_name(name, &st);
	if (hidden) {
		if (mknodat(dir, hidden, S_IFCHR, makedev(0, 0)) < 0 && errno != EEXIST)
			return -errno;
		return dir_unlink(dir, name, 0);
	}
	return S_ISDIR(st.st_mode) ? settle_folder(at, name, level) : 0;
}

/* Moves @dir, and back. */
static int settle(int *dir, int level)
{
	_cleanup_arena_ struct arena a = {0};
	struct strv names = {0};
	int r = level < MAX_LEVELS ? dir_list(*dir, &a, &names) : -ELOOP;

	for (size_t i = 0; r == 0 && i < names.n; i++)
		r = settle_name(dir, names.v[i], level);
	return r;
}

int upper_settle(int upper)
{
	_cleanup_fd_ int fd = fd_open(upper, ".", FOLDER_FLAGS);

	return fd < 0 ? fd : settle(&fd, 0);
}

/* --- comparing --- */

/* One folder, in the upper one and where it is below. */
struct pair {
	int upper; /* -EBADF: given up for what is below it */
	int *lowers;
	size_t n_lowers;
	struct pair *up; /* NULL: the top one */
	size_t name;	 /* where its own begins in the path */
	int level;
};

#define NO_PAIR ((struct pair){.upper = -EBADF})

struct comparing {
	bool is_fuse;
	upper_fn fn;
	void *data;
	char *path; /* of the folder that is looked at */
	int n_kept; /* levels from the top that stay open until they are done with */
};

static void pair_close(struct pair *p)
{
	for (size_t i = 0; i < p->n_lowers; i++)
		fd_close(&p->lowers[i]);
	free(p->lowers);
	p->lowers = NULL;
	p->n_lowers = 0;
	fd_close(&p->upper);
}

/* What lower folders show under a name: the first that has it decides. */
static bool is_below(const struct pair *p, const char *name, struct stat *st)
{
	for (size_t i = 0; i < p->n_lowers; i++)
		if (look_at(p->lowers[i], name, st) == 0)
			return !upper_is_whiteout(st);
	return false;
}

/* Lower folders of this name, down to one that hides the rest. */
static int open_lowers(const struct pair *up, const char *name, struct pair *ret)
{
	ret->lowers = calloc(up->n_lowers + 1, sizeof(*ret->lowers));
	if (!ret->lowers)
		return -ENOMEM;
	for (size_t i = 0; i < up->n_lowers; i++) {
		int fd = fd_open(up->lowers[i], name, FOLDER_FLAGS);

		if (fd == -ENOENT)
			continue;
		if (fd == -ENOTDIR || fd == -ELOOP)
			break; /* something else, or a whiteout */
		if (fd < 0)
			return fd;
		ret->lowers[ret->n_lowers++] = fd;
		if (fd_is_opaque(fd))
			break;
	}
	return 0;
}

/* Adds a component to the path. Return: where it was added, or a negative errno. */
static int enter_name(struct comparing *c, const char *name)
{
	size_t len = strlen(c->path);

	if (len + strlen(name) + 2 > MAX_PATH)
		return -ENAMETOOLONG;
	snprintf(c->path + len, MAX_PATH - len, "/%s", name);
	return (int)len;
}

static int say(struct comparing *c, char kind, const char *name)
{
	int len = enter_name(c, name), r = len;

	if (len >= 0) {
		r = c->fn(kind, c->path, c->data);
		c->path[len] = '\0';
	}
	return r;
}

static int open_pair(const struct pair *up, const char *name, struct pair *ret)
{
	ret->upper = fd_open(up->upper, name, FOLDER_FLAGS);
	return ret->upper < 0 ? ret->upper : open_lowers(up, name, ret);
}

/* Opens a folder that was given up once more, by way of those above it. The last @n_kept of these
 * stay open, too: it is they that are come back to next. */
static int open_again(const struct comparing *c, struct pair *p, int n_kept)
{
	bool was_open = p->up->upper >= 0;
	int r = was_open ? 0 : open_again(c, p->up, n_kept - 1);
	char name[NAME_MAX + 1];

	if (r < 0)
		return r;
	snprintf(name, sizeof(name), "%.*s", (int)strcspn(c->path + p->name, "/"),
		 c->path + p->name);
	r = open_pair(p->up, name, p);
	if (r < 0)
		pair_close(p);
	if (!was_open && n_kept <= 0)
		pair_close(p->up);
	return r;
}

/* A container that runs has moved or removed it. */
static bool is_gone(int r)
{
	return r == -ENOENT || r == -ENOTDIR || r == -ELOOP;
}

static int compare(struct comparing *c, struct pair *p);

static int compare_folder(struct comparing *c, struct pair *up, const char *name)
{
	_cleanup_(pair_close) struct pair p = NO_PAIR;
	int len, r = open_pair(up, name, &p);

	if (r < 0)
		return is_gone(r) ? 0 : r;
	p.up = up;
	p.level = up->level + 1;
	if (p.level >= MAX_LEVELS)
		return -ELOOP;
	len = enter_name(c, name);
	if (len < 0)
		return len;
	p.name = (size_t)len + 1;
	if (up->level > c->n_kept)
		pair_close(up);
	r = compare(c, &p);
	c->path[len] = '\0';
	return r;
}

static int compare_name(struct comparing *c, struct pair *p, const char *name)
{
	struct stat st, below;
	const char *hidden;
	int r = look_at(p->upper, name, &st);

	if (r < 0 || (c->is_fuse && is_mark(name, &st)))
		return r;
	hidden = upper_is_whiteout(&st) ? name
		 : c->is_fuse		? upper_hidden_name(name, &st)
					: NULL;
	if (hidden)
		return is_below(p, hidden, &below) ? say(c, 'D', hidden) : 0;
	r = say(c, is_below(p, name, &below) ? 'C' : 'A', name);
	if (r < 0 || !S_ISDIR(st.st_mode))
		return r;
	return compare_folder(c, p, name);
}

static bool is_opaque(const struct comparing *c, int fd)
{
	struct stat st;

	return fd_is_opaque(fd) ||
	       (c->is_fuse && look_at(fd, WH_OPAQUE, &st) == 0 && S_ISREG(st.st_mode));
}

/* Of a folder that hides all below: names that are there, too; some more than once. */
static int add_hidden(const struct pair *p, struct arena *a, struct strv *ret)
{
	for (size_t i = 0; i < p->n_lowers; i++) {
		struct strv names = {0};
		int r = dir_list(p->lowers[i], a, &names);

		if (r < 0)
			return r;
		for (size_t k = 0; k < names.n; k++)
			strv_push(a, ret, names.v[k]);
	}
	return 0;
}

/* A name of the upper folder, or of those that it hides. */
static int compare_any(struct comparing *c, struct pair *p, const char *name)
{
	struct stat st;
	int r = p->upper < 0 ? open_again(c, p, c->n_kept) : 0;

	if (r < 0)
		return is_gone(r) ? 0 : r;
	if (look_at(p->upper, name, &st) == 0)
		return compare_name(c, p, name);
	return is_below(p, name, &st) ? say(c, 'D', name) : 0;
}

static int compare(struct comparing *c, struct pair *p)
{
	_cleanup_arena_ struct arena a = {0};
	struct strv names = {0};
	int r = dir_list(p->upper, &a, &names);

	if (r == 0 && is_opaque(c, p->upper))
		r = add_hidden(p, &a, &names);
	strv_sort(&names);
	for (size_t i = 0; r == 0 && i < names.n; i++)
		if (i == 0 || strcmp(names.v[i - 1], names.v[i]) != 0)
			r = compare_any(c, p, names.v[i]);
	return r;
}

int upper_compare(int upper, const int *lowers, size_t n_lowers, bool is_fuse,
		  upper_fn fn, void *data)
{
	_cleanup_(pair_close) struct pair p = {
		.upper = fd_open(upper, ".", FOLDER_FLAGS),
		.lowers = calloc(n_lowers + 1, sizeof(int)),
	};
	_cleanup_free_ char *path = calloc(1, MAX_PATH);
	struct comparing c = {is_fuse, fn, data, path, 0};

	if (p.upper < 0)
		return p.upper;
	if (!path || !p.lowers)
		return -ENOMEM;
	for (size_t i = 0; i < n_lowers; i++) {
		int fd = fd_open(lowers[i], ".", FOLDER_FLAGS);

		if (fd < 0)
			return fd;
		p.lowers[p.n_lowers++] = fd;
	}
	c.n_kept = (int)(MAX_HELD / (n_lowers + 1));
	return compare(&c, &p);
}
