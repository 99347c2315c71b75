// SPDX-License-Identifier: Apache-2.0
/*
 * user.c - whom -u means: looked up in the container's own passwd and group
 */
#include "stage/stage.h"

static int check_mapped(const struct run *run, struct err *err)
{
	const struct userdb_user *u = &run->user;
	bool is_user = !plan_has_uid(run->plan, u->uid);

	if (!is_user && plan_has_gid(run->plan, u->gid))
		return 0;
	plan_say_unmapped(run->plan, is_user, is_user ? u->uid : u->gid, err);
	if (!run->plan->spec->process.user.image)
		err_prefix(err, "user '%s'",
			   u->name && u->name[0] ? u->name
						 : run->plan->spec->process.user.name);
	return -EINVAL;
}

/* What is asked for by the image, and not by the caller, is said to be so. */
static int say_whose(const struct spec_user *want, int r, struct err *err)
{
	if (want->image)
		err_prefix(err, "USER of image '%s'", want->image);
	return r;
}

static int add_gid(struct run *run, uint32_t gid, const char *what, struct err *err)
{
	struct userdb_user *u = &run->user;

	if (!plan_has_gid(run->plan, gid))
		return err_say(err, -EINVAL,
			       "group id %u%s%s is not mapped into the container", gid,
			       what ? " of --group-add " : "", what ? what : "");
	for (size_t i = 0; i < u->n_gids; i++)
		if (u->gids[i] == gid)
			return 0;
	*ARR_PUSH(run->arena, u, gids) = gid;
	return 0;
}

static int apply(struct run *run, struct err *err)
{
	const struct spec_user *want = &run->plan->spec->process.user;
	_cleanup_fd_ int root = fd_open(AT_FDCWD, "/", O_PATH | O_DIRECTORY);
	const char *who = want->name;
	int r;

	if (root < 0)
		return err_set(err, root, "open '/' of the container");
	if (want->has_ids)
		who = arena_printf(run->arena, "%u:%u",
				   want->keeps_uid ? geteuid() : want->uid,
				   want->keeps_gid ? getegid() : want->gid);
	else if (!who)
		who = arena_printf(run->arena, "%u:%u", run->plan->uid, run->plan->gid);
	r = userdb_resolve(root, who, run->arena, &run->user, err);
	if (r < 0)
		return say_whose(want, r, err);
	r = check_mapped(run, err);
	if (r < 0)
		return r;
	/* The groups of passwd that the map has no place for cannot be had by anybody. */
	for (size_t i = 0, n = run->user.n_gids, kept = 0; i < n; i++) {
		if (plan_has_gid(run->plan, run->user.gids[i]))
			run->user.gids[kept++] = run->user.gids[i];
		if (i + 1 == n)
			run->user.n_gids = kept;
	}
	for (size_t i = 0; i < want->n_gids && r == 0; i++)
		r = add_gid(run, want->gids[i], NULL, err);
	for (size_t i = 0; i < want->groups.n && r == 0; i++) {
		uint32_t gid;

		r = userdb_group(root, want->groups.v[i], run->arena, &gid, err);
		if (r == 0)
			r = add_gid(run, gid, want->groups.v[i], err);
	}
	return r;
}

static bool wanted(const struct plan *plan)
{
	return !plan->spec->process.user.is_caller;
}

const struct stage stage_user = {"user", PHASE_LOCK, wanted, apply, true};
