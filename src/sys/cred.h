/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cred.h - ids, groups, capabilities and the other things that a process is judged by
 *
 * All of it runs in the builder, after the maps were written. Sets are bit masks: bit n
 * is capability n.
 */
#pragma once

#include <sys/types.h>

#include "base/err.h"

/* Real, effective and saved ids, and with them the supplementary groups when @gids is not
 * NULL (an empty list clears them). 0 or a negative errno. */
int cred_set_ids(uid_t uid, gid_t gid, const gid_t *gids, size_t n_gids);

/* Only ids, keeping permitted capabilities across the change from uid 0. */
int cred_keep_caps(bool is_kept);

/* Drops from the bounding set what is not in @keep. 0 or a negative errno. */
int cred_limit_bounding(uint64_t keep);

/* Sets the three sets, then exactly @ambient. 0 or a negative errno. */
int cred_set_caps(uint64_t effective, uint64_t permitted, uint64_t inheritable,
		  uint64_t ambient);

/* Puts the effective capabilities to rest, and takes all that are permitted up again. */
int cred_rest_caps(bool is_resting);

/* Behind a fork: the next program has this capability as well, whoever it runs as. 0 or a negative
 * errno. */
int cred_pass_cap(int cap);

/* Is this capability (CAP_...) in effect? */
bool cred_has_cap(int cap);

int cred_no_new_privs(void);
/* Does a seccomp filter judge this process's system calls? */
bool cred_has_filter(void);
/* Can no program that this process runs gain rights? */
bool cred_has_no_new_privs(void);
int cred_set_dumpable(bool is_dumpable);

/* A new, empty session keyring in place of the caller's. ENOSYS (no keyrings in the
 * kernel) is no failure. 0 or a negative errno. */
int cred_new_keyring(void);
