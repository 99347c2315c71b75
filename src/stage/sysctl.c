// SPDX-License-Identifier: Apache-2.0
/*
 * sysctl.c - --sysctl, for the keys that belong to a namespace
 *
 * Written through the caller's own /proc, which shows the namespaces of whoever writes:
 * the rootfs is not mounted yet, so nothing hostile can stand in the way
 * (CVE-2025-52881). Which keys are allowed was decided when the spec was made.
 */
#include <string.h>

#include "stage/stage.h"

static bool wanted(const struct plan *plan)
{
	return plan->spec->n_sysctls > 0;
}

static int apply(struct run *run, struct err *err)
{
	for (size_t i = 0; i < run->plan->spec->n_sysctls; i++) {
		const struct spec_sysctl *s = &run->plan->spec->sysctls[i];
		char *path = arena_printf(run->arena, "/proc/sys/%s", s->key);
		int r;

		for (char *c = path + strlen("/proc/sys/"); *c; c++)
			if (*c == '.')
				*c = '/';
		r = fd_write_file(AT_FDCWD, path, s->value);
		if (r < 0)
			return err_set(err, r, "sysctl %s=%s", s->key, s->value);
	}
	return 0;
}

const struct stage stage_sysctl = {"sysctl", PHASE_NS, wanted, apply};
