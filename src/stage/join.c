// SPDX-License-Identifier: Apache-2.0
/*
 * join.c - open the namespaces that are joined by path
 *
 * Only opened here, by the launcher and with the caller's rights; the joiner enters them
 * (engine/builder.c).
 */
#include <string.h>

#include "stage/stage.h"

static bool wanted(const struct plan *plan)
{
	return plan->want_join;
}

static int apply(struct run *run, struct err *err)
{
	for (int i = 0; i < NS_COUNT; i++) {
		const struct spec_namespace *ns = &run->plan->spec->ns[i];
		int fd;

		if (ns->mode != NS_MODE_PATH)
			continue;
		fd = fd_open(AT_FDCWD, ns->path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
		if (fd < 0)
			return err_set(err, fd, "%s namespace '%s'",
				       spec_ns_name((enum spec_ns)i), ns->path);
		run->joins[i] = fd;
	}
	return 0;
}

const struct stage stage_join = {"join", PHASE_HOST, wanted, apply};
