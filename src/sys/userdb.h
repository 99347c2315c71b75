/* SPDX-License-Identifier: Apache-2.0 */
/*
 * userdb.h - users and groups of a rootfs, read from its own passwd and group
 *
 * No getpwnam(3): with a foreign root it would load foreign NSS modules (CVE-2019-14271).
 * The files are hostile: a FIFO or a device is refused without blocking, a huge file is
 * read as a stream up to USERDB_MAX_BYTES, an overlong line is skipped.
 */
#pragma once

#include "base/arena.h"
#include "base/err.h"

#define USERDB_MAX_BYTES  (16u << 20)
#define USERDB_MAX_LINE	  4096u
#define USERDB_MAX_GROUPS 1024u

struct userdb_user {
	uint32_t uid, gid;
	const char *name; /* "" when the uid has no entry */
	const char *home; /* "/" when there is no entry */
	uint32_t *gids;	  /* supplementary, from group's member lists */
	size_t n_gids;
};

/**
 * userdb_resolve() - find whom `-u` means
 * @root: borrowed descriptor of the rootfs
 * @who:  "user", "user:group", "uid", "uid:gid"; names and numbers mix. NULL means "0:0".
 *        All digits are always an id, never a name.
 * @a:    owns what @ret points to
 * @ret:  filled; untouched on failure
 * @err:  names the user or group and the file in which it was looked for
 *
 * A number without an entry is allowed: gid 0 (podman's rule), home "/". Supplementary groups
 * come from the member lists of /etc/group, unless a group was given, as podman does. A passwd
 * that may not be read counts as none for "uid:gid", as with runc, and fails the others.
 * Runs in the builder with the rootfs mounted, before ids are dropped.
 * Return: 0; -ENOENT for an unknown name, -EINVAL for a bad number, -EFTYPE-like -EINVAL
 * for a passwd that is no regular file, or a negative errno of open.
 */
int userdb_resolve(int root, const char *who, struct arena *a, struct userdb_user *ret,
		   struct err *err);

/**
 * userdb_group() - the gid of one --group-add value
 * Return: 0; -ENOENT or another negative errno with @err filled.
 */
int userdb_group(int root, const char *group, struct arena *a, uint32_t *ret_gid,
		 struct err *err);

/* The name of an id, in the passwd or the group of a rootfs; NULL: none, or it cannot be read. */
const char *userdb_user_name(int root, uint32_t uid, struct arena *a);
const char *userdb_group_name(int root, uint32_t gid, struct arena *a);
