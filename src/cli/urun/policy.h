/* SPDX-License-Identifier: Apache-2.0 */
/*
 * policy.h - files with options of `urun sandbox`: see urun-policy(5)
 */
#pragma once

#include "base/arena.h"
#include "base/err.h"

#define POLICY_DEFAULT "sandbox"

struct policy_reader {
	struct arena *arena;
	char *const *environ; /* for "${NAME}" and "~"; borrowed */
	/* One line: an option's name, and its value or NULL. @origin names file, line and option, in the
	 * arena. 0 or a negative errno with @err filled: reading ends. */
	int (*apply)(void *target, const char *name, const char *value,
		     const char *origin, struct err *err);
	void *target;
};

/**
 * policy_read() - hand on all lines of a policy, and of those that it includes
 * @name: looked for in $XDG_CONFIG_HOME/urun/policy (~/.config/urun/policy), /etc/urun/policy and
 *	  what urun has built in; with a slash in it, the path of a file
 *
 * Return: 0; -ENOENT for a policy that is nowhere; -EINVAL for a line that cannot be read; what
 * @apply returned.
 */
int policy_read(const struct policy_reader *r, const char *name, struct err *err);
