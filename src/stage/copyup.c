// SPDX-License-Identifier: Apache-2.0
/*
 * copyup.c - fill a new tmpfs with what it covers (tmpcopyup)
 *
 * Both trees may change under our hands: everything goes by descriptor, and no link is
 * followed. Special files are left out: a tmpfs of the container cannot hold nodes.
 */
#include "stage/stage.h"

#include "sys/copy.h"
#include "sys/dir.h"

#define MAX_DEPTH 128

static int copy_dir(int from, int to, int depth, struct err *err);

static int copy_file(int from, int to, const char *name, const struct stat *st)
{
	_cleanup_fd_ int in = fd_open(from, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
	_cleanup_fd_ int out = -EBADF;

	if (in < 0)
		return in;
	out = fd_create(to, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0600);
	if (out < 0)
		return out;
	return copy_whole(in, out, st);
}

static int copy_entry(int from, int to, const char *name, int depth, struct err *err)
{
	_cleanup_fd_ int entry = fd_open(from, name, O_PATH | O_NOFOLLOW);
	_cleanup_fd_ int in = -EBADF, out = -EBADF;
	struct stat st;
	int r;

	if (entry < 0)
		return err_set(err, entry, "copy '%s'", name);
	r = fd_stat(entry, &st);
	if (r == 0 && S_ISLNK(st.st_mode))
		r = copy_symlink(entry, to, name, &st);
	else if (r == 0 && S_ISREG(st.st_mode))
		r = copy_file(from, to, name, &st);
	if (r < 0)
		return err_set(err, r, "copy '%s'", name);
	if (!S_ISDIR(st.st_mode))
		return 0;
	in = fd_open(from, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
	out = dir_make(to, name, 0700);
	if (in < 0 || out < 0)
		return err_set(err, in < 0 ? in : out, "copy folder '%s'", name);
	r = copy_dir(in, out, depth + 1, err);
	if (r < 0)
		return r;
	r = copy_owner(out, &st);
	return r < 0 ? err_set(err, r, "copy folder '%s'", name) : 0;
}

static int copy_dir(int from, int to, int depth, struct err *err)
{
	_cleanup_arena_ struct arena a = {0};
	struct strv names = {0};
	int r;

	if (depth > MAX_DEPTH)
		return err_say(err, -ELOOP, "copy: folders nest deeper than %d",
			       MAX_DEPTH);
	r = dir_list(from, &a, &names);
	if (r < 0)
		return err_set(err, r, "list a folder");
	for (size_t i = 0; i < names.n; i++) {
		r = copy_entry(from, to, names.v[i], depth, err);
		if (r < 0)
			return r;
	}
	return 0;
}

int copyup_tree(int from, int to, struct err *err)
{
	_cleanup_fd_ int in =
		fd_open(AT_FDCWD, fd_path(from).path, O_RDONLY | O_DIRECTORY);

	if (in < 0)
		return err_set(err, in, "open the folder below");
	return copy_dir(in, to, 0, err);
}
