// SPDX-License-Identifier: Apache-2.0
/*
 * outfile.c - see outfile.h
 */
#include "sys/outfile.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "sys/dir.h"
#include "sys/fd.h"
#include "sys/newid.h"

#define NEW_MODE 0666 /* the caller's umask applies */

/* Is it something that cannot be replaced, and is written to instead? */
static int open_special(const char *path, struct outfile *o)
{
	struct stat st;

	if (stat(path, &st) < 0)
		return errno == ENOENT ? 0 : -errno;
	if (S_ISDIR(st.st_mode))
		return -EISDIR;
	if (S_ISREG(st.st_mode))
		return 0;
	o->fd = fd_open(AT_FDCWD, path, O_WRONLY | O_NOCTTY);
	return o->fd < 0 ? o->fd : 1;
}

/* Where the file is, or will be. */
static int open_folder(const char *path, struct arena *a, struct outfile *o,
		       struct err *err)
{
	_cleanup_free_ char *real = realpath(path, NULL);
	char *folder = arena_strdup(a, real ? real : path), *slash = strrchr(folder, '/');
	const char *where;

	o->name = slash ? slash + 1 : folder;
	if (!o->name[0])
		return err_set(err, -EISDIR, "write '%s'", path);
	if (slash)
		*slash = '\0';
	where = !slash ? "." : folder[0] ? folder : "/";
	o->dir = fd_open(AT_FDCWD, where, O_RDONLY | O_DIRECTORY);
	if (o->dir != -ENOENT)
		return o->dir < 0 ? err_set(err, o->dir, "write '%s'", path) : 0;
	err_say(err, -ENOENT, "write '%s': there is no folder '%s'", path, where);
	return err_hint(err, -ENOENT, "mkdir -p %s", where);
}

static int make_new(struct arena *a, struct outfile *o)
{
	const char *name = NULL;
	int r;

	o->fd = fd_create(o->dir, ".", O_WRONLY | O_TMPFILE, NEW_MODE);
	if (o->fd >= 0)
		return 0;
	/* Not every filesystem has files without a name. */
	r = newid_beside(o->name, a, &name);
	if (r < 0)
		return r;
	o->fd = fd_create(o->dir, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW,
			  NEW_MODE);
	if (o->fd < 0)
		return o->fd;
	o->temporary = name;
	return 0;
}

int outfile_open(const char *path, struct arena *a, struct outfile *ret, struct err *err)
{
	_cleanup_outfile_ struct outfile o = OUTFILE_NONE;
	int r = open_special(path, &o);

	if (r < 0)
		return err_set(err, r, "write '%s'", path);
	if (r == 0) {
		r = open_folder(path, a, &o, err);
		if (r < 0)
			return r;
		r = make_new(a, &o);
		if (r < 0)
			return err_set(err, r, "write '%s'", path);
	}
	*ret = o;
	o = OUTFILE_NONE;
	return 0;
}

static int give_name(struct outfile *o, struct arena *a)
{
	const char *name = NULL;
	int r = o->temporary ? 0 : newid_beside(o->name, a, &name);

	if (o->temporary || r < 0)
		return r;
	if (linkat(AT_FDCWD, fd_path(o->fd).path, o->dir, name, AT_SYMLINK_FOLLOW) < 0)
		return -errno;
	o->temporary = name;
	return 0;
}

/* Of the file that is replaced: one that is private stays so. */
static int take_mode(const struct outfile *o)
{
	struct stat st;

	if (fstatat(o->dir, o->name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 : -errno;
	return fchmod(o->fd, st.st_mode & 0777) < 0 ? -errno : 0;
}

int outfile_finish(struct outfile *o, struct err *err)
{
	_cleanup_arena_ struct arena a = {0};
	int r;

	if (o->dir < 0)
		return 0;
	r = take_mode(o);
	if (r == 0)
		r = fd_sync(o->fd);
	if (r == 0)
		r = give_name(o, &a);
	if (r == 0)
		r = dir_rename(o->dir, o->temporary, o->dir, o->name);
	if (r < 0)
		err_set(err, r, "write '%s'", o->name);
	else
		o->temporary = NULL;
	outfile_close(o);
	return r;
}

void outfile_close(struct outfile *o)
{
	if (o->dir >= 0 && o->temporary)
		dir_unlink(o->dir, o->temporary, 0);
	fd_close(&o->fd);
	fd_close(&o->dir);
	o->temporary = NULL;
}
