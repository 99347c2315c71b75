// SPDX-License-Identifier: Apache-2.0
/*
 * creds.c - groups, ids and capabilities of the payload, in the order that locks
 *
 * Bounding set first (it needs CAP_SETPCAP), ids next (CAP_SETUID, CAP_SETGID), the other
 * sets last. Inheritable and ambient end up empty unless they were asked for
 * (CVE-2022-29162).
 */
#include <signal.h>

#include "stage/stage.h"
#include "sys/cred.h"
#include "sys/process.h"

static struct plan_caps caps_for(const struct run *run)
{
	struct plan_caps c = run->plan->caps;

	if (c.is_fixed || run->user.uid == 0)
		return c;
	/* Only what was asked for by name survives exec as an ordinary user, and it does
	 * so as ambient capabilities, capabilities(7). */
	c.permitted = c.effective = c.inheritable = c.ambient = c.nonroot;
	return c;
}

/* A user namespace that was joined by its path may deny setgroups(2), which tells it by EPERM. */
static int set_ids(const struct plan *p, const struct userdb_user *u, const gid_t *gids)
{
	int r = cred_set_ids(u->uid, u->gid, gids, u->n_gids);

	if (r == -EPERM && u->n_gids == 0 && p->spec->ns[NS_USER].mode == NS_MODE_PATH)
		r = cred_set_ids(u->uid, u->gid, NULL, 0);
	return r;
}

static int apply(struct run *run, struct err *err)
{
	const struct plan *p = run->plan;
	const struct userdb_user *u = &run->user;
	struct plan_caps c = caps_for(run);
	static const gid_t no_groups[1];
	const gid_t *gids = u->n_gids ? u->gids : no_groups;
	int r;

	if (p->map.deny_setgroups || p->spec->process.user.keep_groups)
		gids = NULL;
	/* Without no_new_privs only CAP_SYS_ADMIN may load a filter, and it goes now. */
	r = p->want_no_new_privs ? 0 : filter_load(run, err);
	if (r < 0)
		return r;
	r = cred_limit_bounding(c.bounding);
	if (r < 0)
		return err_set(err, r, "limit the bounding capabilities");
	r = cred_keep_caps(true);
	if (r == 0 && !p->spec->process.user.is_caller)
		r = set_ids(p, u, gids);
	if (r < 0)
		return err_set(err, r, "become user %u:%u", u->uid, u->gid);
	r = cred_set_caps(c.effective, c.permitted, c.inheritable, c.ambient);
	if (r == 0)
		r = cred_keep_caps(false);
	if (r < 0)
		return err_set(err, r, "set capabilities");
	if (p->want_no_new_privs) {
		r = cred_no_new_privs();
		if (r < 0)
			return err_set(err, r, "set no_new_privs");
	}
	/* The kernel forgot both when the ids changed. */
	r = cred_set_dumpable(p->spec->userns.has_map_fd && reaper_is_in_sight(p));
	if (r == 0)
		r = process_die_with_parent(SIGKILL);
	if (r < 0)
		return err_set(err, r, "tie the payload to its launcher");
	return 0;
}

const struct stage stage_creds = {"creds", PHASE_LOCK, NULL, apply, true};
