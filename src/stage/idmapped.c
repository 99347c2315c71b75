// SPDX-License-Identifier: Apache-2.0
/*
 * idmapped.c - binds whose files have other owners inside
 *
 * Only who has CAP_SYS_ADMIN over the user namespace of the filesystem may map its ids, and the
 * container's root has not: the launcher makes the mount, attached nowhere, and the builder puts it
 * into its place.
 */
#include <sched.h>
#include <signal.h>
#include <unistd.h>

#include "stage/stage.h"
#include "sys/mnt.h"
#include "sys/process.h"

static bool wanted(const struct plan *plan)
{
	for (size_t i = 0; i < plan->n_ops; i++)
		if (plan->ops[i].is_idmapped)
			return true;
	return false;
}

static int write_map(pid_t pid, const char *file, const struct idrange *v, size_t n,
		     struct arena *a)
{
	const char *text = "";

	for (size_t i = 0; i < n; i++)
		text = arena_printf(a, "%s%u %u %u\n", text, v[i].inside, v[i].host,
				    v[i].count);
	return fd_write_file(AT_FDCWD, arena_printf(a, "/proc/%d/%s", (int)pid, file),
			     text);
}

/* A user namespace is what mount_setattr(2) takes a map from; its process only has to be there. */
static int make_userns(const struct fsop *op, const struct plan_map *map, struct arena *a,
		       int *ret)
{
	bool has_own = op->n_uids > 0;
	_cleanup_fd_ int pidfd = -EBADF;
	pid_t pid = process_clone(CLONE_NEWUSER, -1, &pidfd);
	int code, r;

	if (pid == 0) {
		process_die_with_parent(SIGKILL);
		for (;;)
			pause();
	}
	if (pid < 0)
		return pid;
	r = write_map(pid, "gid_map", has_own ? op->gids : map->gids,
		      has_own ? op->n_gids : map->n_gids, a);
	if (r == 0)
		r = write_map(pid, "uid_map", has_own ? op->uids : map->uids,
			      has_own ? op->n_uids : map->n_uids, a);
	if (r == 0)
		r = fd_open(AT_FDCWD, arena_printf(a, "/proc/%d/ns/user", (int)pid),
			    O_RDONLY);
	process_kill(pidfd, SIGKILL);
	process_wait(pidfd, &code);
	if (r < 0)
		return r;
	*ret = r;
	return 0;
}

static int make_one(struct run *run, const struct fsop *op, int *ret, struct err *err)
{
	const struct mnt_attr attr = {
		.set = op->attr_set,
		.clear = op->attr_clear,
		.is_recursive = op->is_attr_recursive,
		.propagation = op->propagation ? op->propagation : MS_PRIVATE | MS_REC,
	};
	_cleanup_fd_ int from = fd_open(AT_FDCWD, op->source, O_PATH);
	_cleanup_fd_ int userns = -EBADF, copy = -EBADF;
	int r;

	if (from < 0)
		return sources_say(op->source, from, err);
	r = make_userns(op, &run->plan->map, run->arena, &userns);
	if (r < 0)
		return err_set(err, r, "make the id map of the mount at '%s'", op->dest);
	copy = mnt_copy_idmapped(from, op->is_recursive, op->is_idmap_recursive, userns);
	if (copy < 0) {
		err_set(err, copy, "map the ids of '%s' at '%s'", op->source, op->dest);
		if (copy == -EINVAL)
			return err_hint(err, copy,
					"Its filesystem, or this kernel, cannot map ids");
		return copy;
	}
	r = mnt_change(copy, &attr);
	if (r < 0)
		return err_set(err, r, "change the mount of '%s'", op->source);
	*ret = fd_take(&copy);
	return 0;
}

static int apply(struct run *run, struct err *err)
{
	const struct plan *p = run->plan;
	int r = 0;

	run->idmapped = arena_alloc(run->arena, sizeof(int) * (p->n_ops + 1));
	for (size_t i = 0; i < p->n_ops; i++) {
		run->idmapped[i] = -EBADF;
		if (r == 0 && p->ops[i].is_idmapped)
			r = make_one(run, &p->ops[i], &run->idmapped[i], err);
	}
	return r;
}

const struct stage stage_idmapped = {"idmapped", PHASE_HOST, wanted, apply};
