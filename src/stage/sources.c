// SPDX-License-Identifier: Apache-2.0
/*
 * sources.c - open everything that comes from the host
 *
 * By the builder, in its own mount namespace (the kernel binds from nowhere else), but
 * still with the caller's rights and the caller's root: paths mean what they meant on the
 * command line. From here on only the descriptors are used.
 */
#include <sys/sysmacros.h>

#include "image/store.h"
#include "stage/stage.h"
#include "sys/cred.h"
#include "sys/dir.h"
#include "sys/helper.h"

static int open_device(const char *path, int *ret, struct err *err)
{
	_cleanup_fd_ int fd = fd_open(AT_FDCWD, path, O_PATH);
	struct stat st;
	int r;

	if (fd < 0)
		return err_set(err, fd, "device '%s'", path);
	r = fd_stat(fd, &st);
	if (r < 0)
		return err_set(err, r, "stat device '%s'", path);
	if (!S_ISCHR(st.st_mode) && !S_ISBLK(st.st_mode))
		return err_say(err, -ENODEV, "device '%s': it is no device node", path);
	*ret = fd_take(&fd);
	return 0;
}

/* A descriptor of the caller's is of his mount namespace, and nothing is bound from there: its place in this
 * one is found by its path, and has to be the same file. */
static int find_fd(const struct fsop *op, struct arena *a, int *ret, struct err *err)
{
	const char *path = "";
	int r = dir_read_link(AT_FDCWD, fd_path(op->fd).path, a, &path);
	_cleanup_fd_ int fd = r < 0 ? r : fd_open(AT_FDCWD, path, O_PATH | O_NOFOLLOW);

	r = fd < 0 ? fd : fd_is_same(fd, op->fd);
	if (r < 0)
		return err_set(err, r, "descriptor %d for '%s': find it at '%s'", op->fd,
			       op->dest, path);
	if (r == 0)
		return err_say(err, -ESTALE,
			       "descriptor %d for '%s': something else stands at '%s'",
			       op->fd, op->dest, path);
	*ret = fd_take(&fd);
	return 0;
}

int sources_say(const char *path, int code, struct err *err)
{
	err_set(err, code, "mount source '%s'", path);
	return err_about(err, code, ERR_ABOUT_SOURCE, path);
}

static int open_source(const struct fsop *op, struct arena *a, int *ret, struct err *err)
{
	int flags = O_PATH, fd;

	if (op->kind == FSOP_DEVICE)
		return open_device(op->source, ret, err);
	/* Several folders: see open_folders(). */
	if ((op->kind != FSOP_BIND && op->kind != FSOP_OVERLAY) || op->layers.n)
		return 0;
	if (op->has_fd)
		return find_fd(op, a, ret, err);
	if (op->is_source_link || op->is_link_copied)
		flags |= O_NOFOLLOW;
	fd = fd_open(AT_FDCWD, op->source, flags);
	if (fd < 0) {
		sources_say(op->source, fd, err);
		if (fd == -ENOENT)
			err_hint(err, fd,
				 "Make it first; urun does not make folders on the host");
		return fd;
	}
	*ret = fd;
	return 0;
}

/* The layers of an overlay, then where changes go and the folder that the kernel works in, or -1. */
static int open_folders(const struct fsop *op, struct arena *a, int **ret,
			struct err *err)
{
	size_t n = op->layers.n + 2;
	int *fds = arena_alloc(a, n * sizeof(*fds));

	*ret = fds;
	for (size_t i = 0; i < n; i++) {
		const char *path = i < op->layers.n    ? op->layers.v[i]
				   : i == op->layers.n ? op->upper
						       : op->work;

		fds[i] = -EBADF;
		if (!path)
			continue;
		fds[i] = fd_open(AT_FDCWD, path, O_PATH | O_DIRECTORY);
		if (fds[i] < 0)
			return sources_say(path, fds[i], err);
	}
	return 0;
}

static int open_root(struct run *run, struct err *err)
{
	const struct spec_root *root = &run->plan->spec->root;
	const char *path = root->kind == ROOT_HOST ? "/" : root->path;
	int fd = fd_open(AT_FDCWD, path, O_PATH | O_DIRECTORY);

	if (fd < 0) {
		err_set(err, fd, "rootfs '%s'", path);
		if (fd == -ENOENT)
			err_hint(err, fd,
				 "Give a folder that holds a Linux userland, or 'host:'");
		else if (fd == -EACCES)
			err_hint(err, fd,
				 "Every folder on the way must be searchable (chmod +x)");
		return fd;
	}
	run->root_source = fd;
	return 0;
}

static int open_below(const char *folder, const char *name)
{
	_cleanup_fd_ int dir = fd_open(AT_FDCWD, folder, O_PATH | O_DIRECTORY);

	return dir < 0 ? dir : fd_open(dir, name, O_PATH | O_DIRECTORY | O_NOFOLLOW);
}

/* The layers, and where changes to them go. */
static int open_layers(struct run *run, struct err *err)
{
	const struct spec_root *root = &run->plan->spec->root;

	run->layers = arena_alloc(run->arena, (root->layers.n + 1) * sizeof(int));
	for (size_t i = 0; i < root->layers.n; i++) {
		const char *name = root->layers.v[i];

		run->layers[i] = fd_open(run->root_source, name, O_PATH | O_DIRECTORY);
		if (run->layers[i] < 0) {
			err_set(err, run->layers[i], "layer '%s/%s'", root->path, name);
			return err_hint(err, run->layers[i],
					"urun pull brings back what was lost");
		}
	}
	/* A store of an earlier urun has none: then what is mounted over is made anew. */
	if (root->layers.n < STORE_MAX_ABOVE_BASE) {
		run->layers[root->layers.n] =
			fd_open(run->root_source, SPEC_BASE_LAYER, O_PATH | O_DIRECTORY);
		run->has_base = run->layers[root->layers.n] >= 0;
	}
	run->upper = open_below(root->changes, "upper");
	run->work = open_below(root->changes, "work");
	return run->upper < 0 || run->work < 0 ? err_set(err, MIN(run->upper, run->work),
							 "container '%s'", root->changes)
					       : 0;
}

/* The host's devices, and the one that set-up itself relies on: the real one, whatever the
 * rootfs has. */
static int open_dev(struct run *run, struct err *err)
{
	struct stat st;
	int r;

	run->dev = fd_open(AT_FDCWD, "/dev", O_PATH | O_DIRECTORY);
	if (run->dev < 0)
		return err_set(err, run->dev, "open the host's /dev");
	run->null = fd_open(run->dev, "null", O_PATH | O_NOFOLLOW);
	if (run->null < 0)
		return err_set(err, run->null, "device '/dev/null' of the host");
	r = fd_stat(run->null, &st);
	if (r < 0 || st.st_rdev != makedev(1, 3))
		return err_say(err, r < 0 ? r : -ENODEV,
			       "'/dev/null' of the host is not 1:3");
	return 0;
}

static int open_all(struct run *run, struct err *err)
{
	const struct plan *p = run->plan;
	int r;

	r = p->spec->root.kind == ROOT_EMPTY ? 0 : open_root(run, err);
	if (r == 0 && p->spec->root.kind == ROOT_LAYERS)
		r = open_layers(run, err);
	if (r == 0)
		r = open_dev(run, err);
	if (r < 0)
		return r;
	run->sources = arena_alloc(run->arena, sizeof(int) * (p->n_ops + 1));
	run->folders = arena_alloc(run->arena, sizeof(int *) * (p->n_ops + 1));
	for (size_t i = 0; i < p->n_ops; i++) {
		struct err why = {0};

		run->sources[i] = -EBADF;
		if (p->ops[i].is_idmapped) {
			run->sources[i] = fd_take(&run->idmapped[i]);
			continue;
		}
		r = p->ops[i].layers.n
			    ? open_folders(&p->ops[i], run->arena, &run->folders[i], &why)
			    : open_source(&p->ops[i], run->arena, &run->sources[i], &why);
		if (r == -ENOENT && p->ops[i].is_source_optional)
			continue;
		if (r < 0 && !p->ops[i].is_optional) {
			*err = why;
			return r;
		}
	}
	if (p->spec->process.want_init || reaper_is_program(p)) {
		const char *path = helper_path(p->spec->process.want_init ? "urun-init"
									  : "urun-reaper",
					       run->arena);

		run->init = fd_open(AT_FDCWD, path, O_PATH);
		if (run->init < 0) {
			err_set(err, run->init, "process 1 of the container: '%s'", path);
			return err_hint(err, run->init,
					"It is installed with urun: make install");
		}
	}
	return 0;
}

/* The id maps may be written at any moment, and with them come rights over all their ids: what
 * can be opened would depend on who is faster. Root has such rights anyway, and waits for the
 * maps (engine/builder.c). */
static int apply(struct run *run, struct err *err)
{
	bool is_resting = !run->plan->host->is_root;
	int r = is_resting ? cred_rest_caps(true) : 0, r2;

	if (r < 0)
		return err_set(err, r, "put the builder's capabilities to rest");
	r = open_all(run, err);
	r2 = is_resting ? cred_rest_caps(false) : 0;
	if (r == 0 && r2 < 0)
		return err_set(err, r2, "take the builder's capabilities up again");
	return r;
}

const struct stage stage_sources = {"sources", PHASE_EARLY, NULL, apply};
