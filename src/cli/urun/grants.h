/* SPDX-License-Identifier: Apache-2.0 */
/*
 * grants.h - paths of the host that a sandbox may read or write, and those that it may not see
 */
#pragma once

#include "spec/defaults.h"
#include "spec/spec.h"

enum grant_kind { GRANT_READ, GRANT_WRITE, GRANT_DENY, GRANT_DEVICE };

struct grant {
	enum grant_kind kind;
	const char *path;   /* as it was given */
	const char *origin; /* "--read", or "policy 'x', line 3: read": for messages */
	bool is_optional;   /* nothing, where there is no such path */
	/* Found by grants_apply(). */
	const char *
		typed; /* absolute and cleaned; NULL where ".." makes that another path */
	const char *
		real; /* without links; of what is not there, the last folder above that is */
	struct strv links; /* that were followed, by their own paths */
	int fd;		   /* O_PATH, until the process ends; -1: it is not there */
};

struct grants {
	struct arena *arena;
	const char *here; /* the working folder, without links; NULL: it has no path */
	struct grant *
		grants; /* in the order in which they were given: the last of a path counts */
	size_t n_grants;
};

/**
 * grants_apply() - from paths to operations of a spec whose root is the host's own tree
 * @g:    found, and kept open: what is mounted is what was looked at
 * @spec: gets the mounts, at the paths that the host has them at
 * @d:    gets what is denied: that is masked last
 *
 * Within one another, the longer path counts, and what is denied stays so. Above a path that is denied or
 * only read, folders that may be written become mounts of their own: rename(2) refuses those, so that the
 * path cannot be made anew beside what is protected. A path that cannot be protected so is refused, and so
 * are links that the command can exchange, or may have planted below the working folder.
 * Return: 0 or a negative errno with @err filled.
 */
int grants_apply(struct grants *g, struct spec *spec, struct defaults *d,
		 struct err *err);

/* Does the command make what is at this path, which has no links, for the host as well? */
bool grants_is_writable(const struct grants *g, const char *path);
