// SPDX-License-Identifier: Apache-2.0
/*
 * limits.c - --ulimit and --umask: last, so that the set-up itself is not under them
 */
#include <sys/stat.h>

#include "base/parse.h"
#include "stage/stage.h"
#include "sys/rlimit.h"

static int apply(struct run *run, struct err *err)
{
	const struct spec_process *p = &run->plan->spec->process;

	for (size_t i = 0; i < run->plan->n_rlimits; i++) {
		const struct spec_rlimit *l = &run->plan->rlimits[i];
		int r = rlimit_set(l->resource, l->soft, l->hard);

		if (r == 0)
			continue;
		err_set(err, r, "%s soft %llu hard %llu", rlimit_name(l->resource),
			(unsigned long long)l->soft, (unsigned long long)l->hard);
		if (r == -EPERM)
			err_hint(err, r,
				 "An ordinary user cannot raise a hard limit: see "
				 "'ulimit -H "
				 "-a', and /etc/security/limits.conf for more");
		return r;
	}
	umask(p->has_umask ? p->umask : 0022);
	return 0;
}

const struct stage stage_limits = {"limits", PHASE_LOCK, NULL, apply};
