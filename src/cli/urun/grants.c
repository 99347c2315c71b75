// SPDX-License-Identifier: Apache-2.0
/*
 * grants.c - see grants.h
 */
#include "cli/urun/grants.h"

#include <ctype.h>
#include <string.h>

#include "base/mountattr.h"
#include "sys/fd.h"
#include "sys/follow.h"

/* Is @path @folder itself, or something in it? */
static bool is_within(const char *path, const char *folder)
{
	size_t len = strcmp(folder, "/") == 0 ? 0 : strlen(folder);

	return strncmp(path, folder, len) == 0 && (path[len] == '\0' || path[len] == '/');
}

/* A sandbox has its own: what the host has there says nothing about it. */
static bool is_own_folder(const char *path)
{
	return is_within(path, "/proc") || is_within(path, "/sys") ||
	       is_within(path, "/dev");
}

static int refuse(const struct grant *g, int code, const char *why, const char *mend,
		  struct err *err)
{
	err_say(err, code, "%s '%s': %s", g->origin, g->path, why);
	return err_hint(err, code, "%s", mend);
}

/* --- what a path is --- */

/* Of the sandbox's own folders, only names are known: which processes it has is not. */
static int check_own_denied(const struct grant *g, struct err *err)
{
	const char *rest = g->typed + strlen("/proc");

	if (!is_within(g->typed, "/proc") ||
	    (*rest && !is_within(rest, "/self") && !is_within(rest, "/thread-self") &&
	     !isdigit((unsigned char)rest[1])))
		return 0;
	return refuse(g, -EINVAL, "what processes have there cannot be hidden",
		      "Name what it leads to, or leave it out", err);
}

static int check_missing_grant(const struct grant *g, struct err *err)
{
	static const char *const options[] = {
		[GRANT_READ] = "read",
		[GRANT_WRITE] = "write",
		[GRANT_DENY] = "deny",
		[GRANT_DEVICE] = "device",
	};

	if (g->is_optional || g->kind == GRANT_DENY)
		return 0;
	err_say(err, -ENOENT, "%s '%s': there is no such file or folder", g->origin,
		g->path);
	return err_hint(err, -ENOENT,
			"Make it first, or use the option %s-try, which goes on without",
			options[g->kind]);
}

static int check_place(const struct grant *g, struct err *err)
{
	if (strcmp(g->real, "/") == 0 && g->kind == GRANT_DENY)
		return refuse(g, -EINVAL, "without the host's tree there is no command",
			      "Name folders in it", err);
	if (strcmp(g->real, "/") == 0)
		return refuse(g, -EINVAL, "all of the host's tree",
			      "It is there already, to be read. Name folders in it", err);
	if (g->kind == GRANT_DEVICE && fd_is_folder(g->fd) && !is_within(g->real, "/dev"))
		return refuse(g, -EINVAL, "a folder of devices is one in /dev",
			      "--read or --write grants others", err);
	if (g->kind == GRANT_DEVICE && !fd_is_folder(g->fd) && !fd_is_device(g->fd))
		return refuse(g, -EINVAL, "it is no device",
			      "--read or --write grants files", err);
	if (g->kind != GRANT_DEVICE && is_own_folder(g->real))
		return refuse(g, -EINVAL, "the sandbox has a folder of its own there",
			      "Devices are granted by --device PATH", err);
	return 0;
}

static int resolve(const struct grants *all, struct grant *g, struct err *err)
{
	struct arena *a = all->arena;
	struct follow found;
	const char *path = g->path;
	int r;

	if (!*path)
		return refuse(g, -EINVAL, "no path", "Give one", err);
	if (path[0] != '/' && !all->here)
		return refuse(g, -ENOENT, "the current folder has no path here",
			      "Change to a folder that is there, or give absolute paths",
			      err);
	if (path[0] != '/')
		path = arena_printf(a, "%s/%s", all->here, path);
	g->typed = strstr(path, "/..") ? NULL : spec_clean_path(a, path);
	if (g->kind == GRANT_DENY && g->typed && is_own_folder(g->typed)) {
		g->real = g->typed;
		return check_own_denied(g, err);
	}
	r = follow_path(path, a, &found);
	/* Whom the caller cannot reach, the command cannot either. */
	if (r == -EACCES && (g->is_optional || g->kind == GRANT_DENY))
		r = -ENOENT;
	g->fd = found.fd;
	g->real = found.real;
	g->links = found.links;
	if (r == -ENOENT)
		return check_missing_grant(g, err);
	return r < 0 ? err_set(err, r, "%s '%s'", g->origin, g->path)
		     : check_place(g, err);
}

/* --- what it is beside others --- */

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

bool grants_is_writable(const struct grants *g, const char *path)
{
	const struct grant *by = decides(g, path);

	return by && by->kind == GRANT_WRITE;
}

/* The command can exchange links where it may write; and it may have put some there in an earlier run, where
 * it worked: those do not lead out of there. */
static int check_links(const struct grants *g, const struct grant *one, struct err *err)
{
	bool is_relative = one->path[0] != '/' && g->here;

	for (size_t i = 0; i < one->links.n; i++) {
		const char *link = one->links.v[i];
		const struct grant *by = decides(g, link);

		if (by && by->kind == GRANT_WRITE)
			err_say(err, -EXDEV,
				"%s '%s': '%s' is a link in '%s', which the command may "
				"write",
				one->origin, one->path, link, by->path);
		else if (is_relative && is_within(link, g->here) &&
			 !is_within(one->real, g->here))
			err_say(err, -EXDEV,
				"%s '%s': '%s' is a link that leads out of the current "
				"folder",
				one->origin, one->path, link);
		else
			continue;
		return err_hint(err, -EXDEV,
				"If that is meant, name what it leads to: '%s'",
				one->real);
	}
	return 0;
}

static const struct grant *denies(const struct grants *g, const char *path)
{
	for (size_t i = 0; i < g->n_grants; i++) {
		const struct grant *d = &g->grants[i];

		if (d->kind == GRANT_DENY && d->fd >= 0 && is_within(path, d->real))
			return d;
	}
	return NULL;
}

/* With the folder around it? */
static bool is_denied_above(const struct grants *g, const char *path)
{
	for (size_t i = 0; i < g->n_grants; i++) {
		const struct grant *d = &g->grants[i];

		if (d->kind == GRANT_DENY && d->fd >= 0 && is_within(path, d->real) &&
		    strcmp(path, d->real) != 0)
			return true;
	}
	return false;
}

static int check_denied(const struct grants *g, const struct grant *one, struct err *err)
{
	const struct grant *d = denies(g, one->real);

	if (!d)
		return 0;
	err_say(err, -EINVAL, "%s '%s': it is denied by %s '%s'", one->origin, one->path,
		d->origin, d->path);
	return err_hint(err, -EINVAL,
			"What is denied stays so, whatever is granted in it: leave one "
			"of them out");
}

/* Nothing can be mounted where nothing is, and nothing is made on the host: that it is missing has to stay
 * so. */
static int check_missing(const struct grants *g, const struct grant *one, struct err *err)
{
	if (one->is_optional || !grants_is_writable(g, one->real))
		return 0;
	err_say(err, -ENOENT,
		"%s '%s': it is not there, and the command could make it: '%s' may be "
		"written",
		one->origin, one->path, decides(g, one->real)->path);
	return err_hint(err, -ENOENT,
			"Make it first, then it is hidden; or use the option deny-try, "
			"which goes on without");
}

static int check(const struct grants *g, const struct grant *one, struct err *err)
{
	int r = 0;

	if (one->kind == GRANT_DENY && one->fd < 0)
		return one->typed && is_own_folder(one->typed)
			       ? 0
			       : check_missing(g, one, err);
	if (one->fd < 0)
		return 0;
	if (one->kind != GRANT_DENY)
		r = check_denied(g, one, err);
	return r == 0 ? check_links(g, one, err) : r;
}

/* --- operations --- */

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

	if (!g->typed || strcmp(g->typed, g->real) == 0)
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
	} else {
		op = spec_add_fsop(spec, FSOP_DEVICE, g->real);
		op->source = g->real;
	}
	op->attr_set = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC;
}

/* Where something is granted, what is denied is there to be masked; elsewhere it may be hidden with what is
 * around it. */
static void add_denied(const struct grants *g, const struct grant *one,
		       struct defaults *d)
{
	if (one->fd < 0 && !(one->typed && is_own_folder(one->typed)))
		return;
	if (is_denied_above(g, one->real))
		return;
	strv_push(g->arena, one->fd >= 0 && decides(g, one->real) ? &d->denied : &d->mask,
		  one->real);
}

static void add(const struct grants *g, const struct grant *one, struct spec *spec,
		struct defaults *d)
{
	if (one->kind == GRANT_DENY) {
		add_denied(g, one, d);
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

static bool is_bound(const struct spec *spec, const char *dest)
{
	for (size_t i = 0; i < spec->n_fsops; i++)
		if (spec->fsops[i].kind == FSOP_BIND &&
		    strcmp(spec->fsops[i].dest, dest) == 0)
			return true;
	return false;
}

/* The folders above it that could be moved away become mounts. */
static int pin(const struct grants *g, const struct grant *one, struct spec *spec,
	       struct err *err)
{
	for (const char *end = strchr(one->real + 1, '/'); end;
	     end = strchr(end + 1, '/')) {
		struct grant above = {
			.real = arena_strndup(g->arena, one->real,
					      (size_t)(end - one->real)),
		};

		if (!grants_is_writable(g, above.real) || is_bound(spec, above.real))
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

int grants_apply(struct grants *g, struct spec *spec, struct defaults *d, struct err *err)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < g->n_grants; i++)
		r = resolve(g, &g->grants[i], err);
	for (size_t i = 0; r == 0 && i < g->n_grants; i++)
		r = check(g, &g->grants[i], err);
	for (size_t i = 0; r == 0 && i < g->n_grants; i++)
		add(g, &g->grants[i], spec, d);
	for (size_t i = 0; r == 0 && i < g->n_grants; i++) {
		const struct grant *one = &g->grants[i];

		if (one->fd >= 0 && (one->kind == GRANT_DENY || one->kind == GRANT_READ))
			r = pin(g, one, spec, err);
	}
	return r;
}
