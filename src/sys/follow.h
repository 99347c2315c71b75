/* SPDX-License-Identifier: Apache-2.0 */
/*
 * follow.h - where a path leads, and by which links
 */
#pragma once

#include "base/arena.h"
#include "sys/fd.h"

struct follow {
	int fd; /* O_PATH, owned by the caller; -1: it is not there */
	const char *
		real; /* its path without links; of what is not there, that of the last folder on
			     the way that is */
	struct strv
		links; /* the paths, themselves without links, of those that were followed */
};

/**
 * follow_path() - resolve a path of this process's tree by hand
 * @path: absolute
 * @a:    owns what is returned
 *
 * As path_resolution(7) has it, at most 40 links. A link of procfs counts as the text that it shows.
 * Return: 0; -ENOENT when something on the way is missing, or is no folder; -ELOOP; another negative
 * errno.
 */
int follow_path(const char *path, struct arena *a, struct follow *ret);
