// SPDX-License-Identifier: Apache-2.0
/*
 * watch.c - see watch.h
 */
#include "sys/watch.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#define MAX_LINKS 40 /* as the kernel has it, path_resolution(7) */

int watch_open(void)
{
	int fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);

	return fd < 0 ? -errno : fd;
}

/* A folder: files in it that are written and closed, made, renamed or removed; a file: written and
 * closed. */
static int add(int watch, const char *path)
{
	const uint32_t events = IN_CLOSE_WRITE | IN_CREATE | IN_MOVED_TO | IN_DELETE;

	return inotify_add_watch(watch, path, events) < 0 ? -errno : 0;
}

/* Where the folder that a file is in is missing, the nearest above it that is there. */
static int add_folder_of(int watch, const char *path)
{
	char folder[PATH_MAX];
	char *slash;
	int r;

	snprintf(folder, sizeof(folder), "%s", path);
	do {
		slash = strrchr(folder, '/');
		if (!slash)
			return -EINVAL;
		*slash = '\0';
		r = add(watch, *folder ? folder : "/");
	} while (r == -ENOENT && *folder);
	return r;
}

/* Takes one step where @path is a link. Return: is it one? */
static bool follow(char path[PATH_MAX])
{
	char target[PATH_MAX], next[2 * PATH_MAX];
	ssize_t n = readlink(path, target, sizeof(target) - 1);
	int len;

	if (n < 0)
		return false;
	target[n] = '\0';
	if (target[0] == '/')
		len = snprintf(next, sizeof(next), "%s", target);
	else
		len = snprintf(next, sizeof(next), "%.*s%s",
			       (int)(strrchr(path, '/') - path + 1), path, target);
	if (len >= PATH_MAX)
		return false;
	memcpy(path, next, (size_t)len + 1);
	return true;
}

int watch_file(int watch, const char *path)
{
	char at[PATH_MAX];
	int r, left = MAX_LINKS;

	snprintf(at, sizeof(at), "%s", path);
	do
		r = add_folder_of(watch, at);
	while (r == 0 && left-- > 0 && follow(at));
	/* By itself, too: it may be mounted there. */
	if (r == 0 && add(watch, path) == -ENOSPC)
		r = -ENOSPC;
	return r;
}

void watch_drain(int watch)
{
	char events[4096];

	while (read(watch, events, sizeof(events)) > 0)
		;
}
