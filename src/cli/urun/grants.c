// SPDX-License-Identifier: Apache-2.0
/*
 * grants.c - see grants.h
 */
#include "cli/urun/grants.h"

#include <limits.h>
#include <string.h>

#include "base/mountattr.h"
#include "sys/fd.h"

/* Is @path @folder itself, or something in it? */
static bool is_within(const char *path, const char *folder)
{
	size_t len = strlen(folder);

	return strncmp(path, folder, len) == 0 && (path[len] == '\0' || path[len] == '/');
}

/* A sandbox has its own: what the host has there says nothing about it. */
static bool is_own_folder(const char *path)
{
	return is_within(path, "/proc") || is_within(path, "/sys") ||
	       is_within(path, "/dev");
}

static int refuse(const struct grant *g, int code, const char *why, struct err *err)
{
	return err_say(err, code, "%s '%s': %s", g->origin, g->path, why);
}

/* Absolute, and without "..". */
static int clean(const struct grant *g, struct arena *a, const char **ret,
		 struct err *err)
{
	char here[PATH_MAX];
	int r = g->path[0] == '/' ? 0 : fd_getcwd(here, sizeof(here));

	if (r == 0 && g->path[0] != '/' && here[0] != '/')
		r = -ENOENT; /* outside of this process's root folder */
	if (r < 0)
		return err_set(err, r, "%s '%s': the working folder", g->origin, g->path);
	*ret = spec_clean_path(
		a, g->path[0] == '/' ? g->path : arena_printf(a, "%s/%s", here, g->path));
	return 0;
}

/* Behind a link, ".." is another folder than it seems. */
static int check_same(const struct grant *g, struct err *err)
{
	_cleanup_fd_ int fd = fd_open(AT_FDCWD, g->typed, O_PATH);

	if (fd >= 0 && fd_is_same(fd, g->fd) == 1)
		return 0;
	refuse(g, -EINVAL, "its '..' stands behind a link", err);
	return err_hint(err, -EINVAL, "Give the path without: realpath '%s' prints it",
			g->path);
}

/* The way to something that is there, or -ENOENT. */
static int find(struct grant *g, struct arena *a, struct err *err)
{
	int r = 0;

	g->fd = fd_open(AT_FDCWD, g->path, O_PATH);
	if (g->fd == -ENOENT || g->fd == -ENOTDIR)
		return -ENOENT;
	if (g->fd < 0)
		return err_set(err, g->fd, "%s '%s'", g->origin, g->path);
	r = fd_read_link(AT_FDCWD, fd_path(g->fd).path, a, &g->real);
	if (r < 0 || g->real[0] != '/')
		return err_set(err, r < 0 ? r : -ENOENT, "%s '%s': find its path",
			       g->origin, g->path);
	return check_same(g, err);
}

static int resolve(struct grant *g, struct arena *a, struct err *err)
{
	int r;

	g->fd = -1;
	if (!*g->path)
		return refuse(g, -EINVAL, "no path", err);
	r = clean(g, a, &g->typed, err);
	if (r < 0)
		return r;
	g->real = g->typed;
	/* Of the sandbox's own folders, only what they are called is known. */
	if (g->kind == GRANT_DENY && is_own_folder(g->typed))
		return 0;
	r = find(g, a, err);
	if (r == -ENOENT && !err->message[0]) {
		g->fd = -1;
		if (g->is_optional || g->kind == GRANT_DENY)
			return 0;
		refuse(g, r, "there is no such file or folder", err);
		return err_hint(err, r,
				"Make it first, or use the option %s-try, which goes on "
				"without",
				g->kind == GRANT_READ	 ? "read"
				: g->kind == GRANT_WRITE ? "write"
							 : "device");
	}
	if (r < 0)
		return r;
	if (strcmp(g->real, "/") == 0) {
		refuse(g, -EINVAL, "all of the host's tree", err);
		return err_hint(err, -EINVAL,
				"It is there already, to be read. Name "
				"folders in it");
	}
	if (g->kind != GRANT_DEVICE && is_own_folder(g->real)) {
		refuse(g, -EINVAL, "the sandbox has a folder of its own there", err);
		return err_hint(err, -EINVAL, "Devices are granted by --device PATH");
	}
	return 0;
}

/* The innermost that decides over @path; the last of those with one path. */
static const struct grant *decides(const struct grants *g, const char *path)
{
	const struct grant *found = NULL;

	for (size_t i = 0; i < g->n_grants; i++) {
		const struct grant *one = &g->grants[i];

		if (one->fd < 0 || one->kind == GRANT_DEVICE || one->kind == GRANT_DENY ||
		    !is_within(path, one->real))
			continue;
		if (!found || strlen(one->real) >= strlen(found->real))
			found = one;
	}
	return found;
}

static bool is_writable(const struct grants *g, const char *path)
{
	const struct grant *by = decides(g, path);

	return by && by->kind == GRANT_WRITE;
}

/* What is in a folder that the command may write, the command may have put there in an earlier run: a link
 * in it does not lead out. */
static int check_links(const struct grants *g, const struct grant *one, struct err *err)
{
	for (size_t i = 0; i < g->n_grants; i++) {
		const struct grant *w = &g->grants[i];

		if (w->kind != GRANT_WRITE || w->fd < 0 || w == one ||
		    is_within(one->real, w->real))
			continue;
		for (const char *end = strchr(one->typed + 1, '/'); end;
		     end = strchr(end + 1, '/')) {
			char *above = arena_strndup(g->arena, one->typed,
						    (size_t)(end - one->typed));
			_cleanup_fd_ int fd = fd_open(AT_FDCWD, above, O_PATH);
			const char *real;

			if (fd < 0 ||
			    fd_read_link(AT_FDCWD, fd_path(fd).path, g->arena, &real) <
				    0 ||
			    !is_within(real, w->real))
				continue;
			err_say(err, -EXDEV,
				"%s '%s': a link leads out of '%s', which the command "
				"may write",
				one->origin, one->path, w->path);
			return err_hint(err, -EXDEV,
					"If that is meant, name what it leads to: '%s'",
					one->real);
		}
	}
	return 0;
}

static int check_denied(const struct grants *g, const struct grant *one, struct err *err)
{
	for (size_t i = 0; i < g->n_grants; i++) {
		const struct grant *d = &g->grants[i];

		if (d->kind != GRANT_DENY || !is_within(one->real, d->real))
			continue;
		err_say(err, -EINVAL, "%s '%s': it is denied by %s '%s'", one->origin,
			one->path, d->origin, d->path);
		return err_hint(err, -EINVAL,
				"What is denied stays so, whatever is "
				"granted in it: leave one of them out");
	}
	return 0;
}

/* Nothing can be mounted where nothing is, and nothing is made on the host: that it is missing has to stay
 * so. */
static int check_missing(const struct grants *g, const struct grant *one, struct err *err)
{
	char *above = arena_strdup(g->arena, one->typed), *slash;

	while ((slash = strrchr(above, '/')) && slash != above) {
		_cleanup_fd_ int fd = -EBADF;
		const char *real;

		*slash = '\0';
		fd = fd_open(AT_FDCWD, above, O_PATH);
		if (fd < 0)
			continue;
		if (fd_read_link(AT_FDCWD, fd_path(fd).path, g->arena, &real) < 0 ||
		    !is_writable(g, real))
			return 0;
		err_say(err, -ENOENT,
			"%s '%s': it is not there, and the command could make it: '%s' "
			"may be written",
			one->origin, one->path, decides(g, real)->path);
		return err_hint(err, -ENOENT,
				"Make it first, then it is hidden; or leave it out");
	}
	return 0;
}

static struct fsop *add_bind(const struct grant *g, struct spec *spec)
{
	struct fsop *op = spec_add_fsop(spec, FSOP_BIND, g->real);

	op->source = g->real;
	op->has_fd = true;
	op->fd = g->fd;
	op->is_recursive = op->is_attr_recursive = true;
	op->attr_set = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV;
	return op;
}

/* A name that led to it is one inside as well, where the name itself is hidden. */
static void add_name(const struct grant *g, struct spec *spec)
{
	struct fsop *op;

	if (strcmp(g->typed, g->real) == 0)
		return;
	op = spec_add_fsop(spec, FSOP_SYMLINK, g->typed);
	op->source = g->real;
	op->is_optional = true;
}

static void add_device(const struct grant *g, struct spec *spec)
{
	struct fsop *op;

	if (fd_is_folder(g->fd)) {
		op = add_bind(g, spec);
		op->attr_set = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC;
		return;
	}
	op = spec_add_fsop(spec, FSOP_DEVICE, g->real);
	op->source = g->real;
	op->attr_set = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC;
}

static bool is_mounted(const struct spec *spec, const char *dest)
{
	for (size_t i = 0; i < spec->n_fsops; i++)
		if (strcmp(spec->fsops[i].dest, dest) == 0)
			return true;
	return false;
}

/* The folders above it that could be moved away become mounts. */
static int pin(struct grants *g, const struct grant *one, struct spec *spec,
	       struct err *err)
{
	for (const char *end = strchr(one->real + 1, '/'); end;
	     end = strchr(end + 1, '/')) {
		struct grant above = {
			.real = arena_strndup(g->arena, one->real,
					      (size_t)(end - one->real)),
		};

		if (!is_writable(g, above.real) || is_mounted(spec, above.real))
			continue;
		above.fd =
			fd_open(AT_FDCWD, above.real, O_PATH | O_DIRECTORY | O_NOFOLLOW);
		if (above.fd < 0)
			return err_set(err, above.fd, "%s '%s': hold '%s' in its place",
				       one->origin, one->path, above.real);
		add_bind(&above, spec);
	}
	return 0;
}

static int check(const struct grants *g, const struct grant *one, struct err *err)
{
	int r = 0;

	if (one->kind == GRANT_DENY)
		return one->fd < 0 && !is_own_folder(one->typed)
			       ? check_missing(g, one, err)
			       : 0;
	if (one->fd >= 0)
		r = check_denied(g, one, err);
	return r == 0 && one->fd >= 0 ? check_links(g, one, err) : r;
}

static void add(const struct grant *one, struct spec *spec, struct defaults *d,
		struct arena *a)
{
	if (one->kind == GRANT_DENY) {
		strv_push(a, one->fd < 0 ? &d->mask : &d->denied, one->real);
		return;
	}
	if (one->fd < 0)
		return;
	if (one->kind == GRANT_DEVICE)
		add_device(one, spec);
	else if (one->kind == GRANT_READ)
		add_bind(one, spec)->attr_set |= MOUNT_ATTR_RDONLY;
	else
		add_bind(one, spec);
	add_name(one, spec);
}

int grants_apply(struct grants *g, struct spec *spec, struct defaults *d, struct err *err)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < g->n_grants; i++)
		r = resolve(&g->grants[i], g->arena, err);
	for (size_t i = 0; r == 0 && i < g->n_grants; i++)
		r = check(g, &g->grants[i], err);
	for (size_t i = 0; r == 0 && i < g->n_grants; i++)
		add(&g->grants[i], spec, d, g->arena);
	for (size_t i = 0; r == 0 && i < g->n_grants; i++) {
		const struct grant *one = &g->grants[i];

		if (one->fd >= 0 && (one->kind == GRANT_DENY || one->kind == GRANT_READ))
			r = pin(g, one, spec, err);
	}
	return r;
}
