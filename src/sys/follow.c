// SPDX-License-Identifier: Apache-2.0
/*
 * follow.c - see follow.h
 */
#include "sys/follow.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "sys/dir.h"

#define MAX_LINKS 40 /* as the kernel, path_resolution(7) */

struct way {
	struct arena *arena;
	int dir;	  /* where it stands, O_PATH */
	const char *real; /* the path of that: "" for the root */
	const char *rest; /* what is still to be resolved */
	struct strv links;
};

/* From the root once more, on another path: ".." has no other meaning where there are no links. */
static int restart(struct way *w, const char *rest)
{
	fd_close(&w->dir);
	w->dir = fd_open(AT_FDCWD, "/", O_PATH | O_DIRECTORY);
	w->real = "";
	w->rest = rest;
	return w->dir < 0 ? w->dir : 0;
}

static int go_up(struct way *w)
{
	const char *end = strrchr(w->real, '/');

	return restart(w, arena_printf(w->arena, "%.*s/%s",
				       end ? (int)(end - w->real) : 0, w->real, w->rest));
}

static int go_by_link(struct way *w, const char *name)
{
	const char *target;
	int r = dir_read_link(w->dir, name, w->arena, &target);

	if (r < 0)
		return r;
	if (w->links.n == MAX_LINKS)
		return -ELOOP;
	strv_pushf(w->arena, &w->links, "%s/%s", w->real, name);
	return restart(w, target[0] == '/'
				  ? arena_printf(w->arena, "%s/%s", target, w->rest)
				  : arena_printf(w->arena, "%s/%s/%s", w->real, target,
						 w->rest));
}

static int step(struct way *w)
{
	size_t len;
	char *name;
	struct stat st;
	int fd, r;

	w->rest += strspn(w->rest, "/");
	len = strcspn(w->rest, "/");
	name = arena_strndup(w->arena, w->rest, len);
	w->rest += len;
	if (strcmp(name, ".") == 0)
		return 0;
	if (strcmp(name, "..") == 0)
		return go_up(w);
	fd = fd_open(w->dir, name, O_PATH | O_NOFOLLOW);
	if (fd < 0)
		return fd == -ENOTDIR ? -ENOENT : fd;
	r = fd_stat(fd, &st);
	if (r < 0 || S_ISLNK(st.st_mode)) {
		close(fd);
		return r < 0 ? r : go_by_link(w, name);
	}
	fd_close(&w->dir);
	w->dir = fd;
	w->real = arena_printf(w->arena, "%s/%s", w->real, name);
	return 0;
}

int follow_path(const char *path, struct arena *a, struct follow *ret)
{
	struct way w = {.arena = a, .dir = -EBADF};
	int r = restart(&w, path);

	while (r == 0 && w.rest[strspn(w.rest, "/")])
		r = step(&w);
	*ret = (struct follow){
		.fd = -1, .real = *w.real ? w.real : "/", .links = w.links};
	if (r == 0)
		ret->fd = fd_take(&w.dir);
	fd_close(&w.dir);
	return r;
}
