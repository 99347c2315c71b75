/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dir.h - the names in a folder
 *
 * Of folders by descriptor, where nobody can put a link in the way; and, by functions that end in "_host", of
 * the caller's own.
 */
#pragma once

#include <sys/types.h>

#include "base/arena.h"

/* mkdirat(2): -EEXIST when anything is there. 0 or a negative errno. */
int dir_make_new(int dir, const char *name, mode_t mode);

/* Opens a folder, made when missing; a link in its place is refused.
 * Return: an O_PATH descriptor or a negative errno. */
int dir_make(int dir, const char *name, mode_t mode);

/* mkdirat(2) of each missing folder of "a/b/c" below @dir. Return: an O_PATH descriptor of the
 * last, or a negative errno; a link in the way is refused. */
int dir_make_all(int dir, const char *path, mode_t mode);

/* The same for an absolute path of the caller's own, in which links are followed. 0 or a negative
 * errno. */
int dir_make_all_host(const char *path, mode_t mode);

/* The names in a folder but "." and "..", in the order of the disk. @dir is borrowed and
 * must be readable. */
int dir_list(int dir, struct arena *a, struct strv *ret);

/* A folder that is read where nothing may be allocated. */
struct dir_names {
	int dir; /* borrowed, and read from where it stands */
	long n, at;
	char buf[1024];
};

/* The next name, valid until the next call; NULL: no more, or it cannot be read. @ret_type: DT_..., or NULL. */
const char *dir_next_name(struct dir_names *names, unsigned char *ret_type);

/* symlinkat(2). 0 or a negative errno. */
int dir_symlink(const char *target, int dir, const char *name);

/* What a symbolic link says; @name "": of the O_PATH descriptor of the link itself. The text is from
 * @a. 0 or a negative errno. */
int dir_read_link(int dir, const char *name, struct arena *a, const char **ret);

/* renameat(2): what @to was is gone. 0 or a negative errno. */
int dir_rename(int from_dir, const char *from, int to_dir, const char *to);

/* renameat2(2), over nothing: -EEXIST when @to is there. 0 or a negative errno. */
int dir_rename_new(int from_dir, const char *from, int to_dir, const char *to);

/* unlinkat(2); @flags: 0 or AT_REMOVEDIR. 0 or a negative errno. */
int dir_unlink(int dir, const char *name, int flags);

/* Writes a small file below a folder in one step, and to the disk: a reader sees the old content
 * or the new, also after a power cut. 0 or a negative errno. */
int dir_replace_file(int dir, const char *name, const char *text, mode_t mode);

/* Writes a small file of the caller's: to a temporary name beside it, then renamed, so
 * that a reader sees the old content or the new. 0 or a negative errno. */
int dir_replace_file_host(const char *path, const char *text, mode_t mode);

/* unlink(2) of a file of the caller's. 0 or a negative errno. */
int dir_remove_file_host(const char *path);
