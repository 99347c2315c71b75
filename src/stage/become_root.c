// SPDX-License-Identifier: Apache-2.0
/*
 * become_root.c - the builder goes on as the container's root, and out of sight
 *
 * With the default map it is root already: the caller's id is container root. Other maps
 * give root another id, and files that the set-up makes should belong to it.
 */
#include <signal.h>
#include <sys/stat.h>

#include "stage/stage.h"
#include "sys/cred.h"
#include "sys/process.h"

static int apply(struct run *run, struct err *err)
{
	const struct plan *p = run->plan;
	int r;

	if (p->map.rung != MAP_NONE && !p->spec->userns.is_own && plan_has_uid(p, 0) &&
	    plan_has_gid(p, 0)) {
		r = cred_set_ids(0, 0, NULL, 0);
		if (r < 0)
			return err_set(err, r, "become root of the container");
		/* The change of ids forgot it. */
		r = process_die_with_parent(SIGKILL);
		if (r < 0)
			return err_set(err, r, "tie the builder to its launcher");
	}
	/* Nobody who shares a namespace may trace the builder, or open its files through
	 * /proc; exec makes the payload traceable again. Who writes its maps goes on looking at it. */
	r = cred_set_dumpable(p->spec->userns.has_map_fd && reaper_is_in_sight(p));
	if (r < 0)
		return err_set(err, r, "make the builder undumpable");
	/* Of an empty root each operation has its own mode. */
	umask(p->spec->root.kind == ROOT_EMPTY ? 0 : 0022);
	return 0;
}

const struct stage stage_become_root = {"become-root", PHASE_NS, NULL, apply, true};
