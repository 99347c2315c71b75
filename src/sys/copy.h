/* SPDX-License-Identifier: Apache-2.0 */
/*
 * copy.h - copies of files, with what belongs to them
 */
#pragma once

#include <sys/stat.h>

/* Copies what is left to be read of @from, which may be a pipe. 0 or a negative errno. */
int copy_rest(int from, int to);

/* Copies content, then what copy_owner() does. */
int copy_whole(int from, int to, const struct stat *st);

/* Gives a file the owner, mode and times of @st; ids that are not mapped stay the caller's. 0 or a negative
 * errno. */
int copy_owner(int to, const struct stat *st);

/* Makes a link like the one behind an O_PATH descriptor. 0 or a negative errno. */
int copy_symlink(int link, int to_dir, const char *name, const struct stat *st);
