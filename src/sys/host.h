/* SPDX-License-Identifier: Apache-2.0 */
/*
 * host.h - facts about the caller and the machine, read once, as plain data
 *
 * plan_build() sees the host through this struct only, so a test can inject a fake one.
 * host_read() gathers just what every start needs; what is needed sometimes has a
 * function of its own. Probing by doing is `urun doctor`'s way: see sys/probe.h.
 */
#pragma once

#include <sys/types.h>

#include "base/arena.h"
#include "base/err.h"
#include "sys/cgroup.h"

#define HOST_MAX_SUBIDS 128

struct subid_range {
	uint32_t start;
	uint32_t count;
};

enum host_entry_kind {
	HOST_ENTRY_FOLDER,
	HOST_ENTRY_LINK,
	HOST_ENTRY_FILE,
};

/* One entry of the caller's tree, for `host:`. */
struct host_entry {
	const char *path;
	enum host_entry_kind kind;
	const char *target; /* HOST_ENTRY_LINK */
	const char *fstype; /* of the mount that stands there, or NULL */
	uint32_t mode;
	/* Mounts stand somewhere below it: its own entries are in the list, behind it. */
	bool has_mounts_below;
	bool is_closed;	 /* they should be, and could not be read */
	bool is_private; /* a folder that the caller may not enter */
};

/* Where the caller may make cgroups. Only filled by host_read_cgroup(). */
struct host_cgroup {
	enum cgroup_layout layout;
	const char *own; /* the caller's, below the root that it sees; or NULL */
	/* The folder of the delegated subtree that it is in, or NULL. Where that is its own, processes
	 * have to leave it before it gives controllers to others. */
	const char *base;
	bool is_base_own;
	/* False: it can be written, and whether it was given away, systemd knows: before version 253
	 * it did not mark the cgroups of users' units. */
	bool is_base_sure;
	uint32_t base_controllers;
	/* The caller's systemd can be asked for a scope, and what it could give. */
	bool has_manager;
	uint32_t manager_controllers;
	bool is_readonly;	     /* the mount of all cgroups */
	uint32_t kernel_controllers; /* that the root, as the caller sees it, has */
	bool is_systemd;	     /* the host's first process is one */
	bool has_rlimits_of_userns;  /* RLIMIT_NPROC counts each user namespace alone */
};

struct host {
	uid_t uid;
	gid_t gid;
	const char *user; /* login name; the uid in digits when there is none */
	const char *home; /* $HOME when absolute, else the passwd entry's, else NULL */
	const char *passwd_home; /* or NULL */
	const char *cwd;
	const char *runtime_dir; /* $XDG_RUNTIME_DIR when it is ours, else NULL */
	const char *cache_dir;	 /* $XDG_CACHE_HOME/urun or ~/.cache/urun, else NULL */
	/* Images and containers: $URUN_ROOT, $XDG_DATA_HOME/urun or ~/.local/share/urun, else
	 * NULL */
	const char *data_dir;
	bool is_identity_userns; /* the caller's own user namespace maps ids one to one */
	bool is_root;		 /* euid 0 */
	bool has_own_proc;	 /* see helper_has_own_proc() */
	uint64_t caps;		 /* the caller's effective set */
	struct subid_range *subuids, *subgids;
	size_t n_subuids, n_subgids;
	/* Root only: the ids that its own namespace has, which are all it can map. */
	struct subid_range *own_uids, *own_gids;
	size_t n_own_uids, n_own_gids;
	bool is_setgroups_denied; /* in the caller's namespace, and so in all below it */
	bool has_newuidmap, has_newgidmap;
	gid_t *groups;
	size_t n_groups;
	/* Only filled for `host:`. */
	struct host_entry *entries;
	size_t n_entries;
	struct host_cgroup cgroup;
	struct strv
		homes; /* the caller's: $HOME and passwd's, cleaned, where they exist */
};

/**
 * host_read() - the facts that every start needs
 * @h: filled; what it points to lives in @a
 * @a: borrowed
 * @want_subids: look up the subordinate ids, too
 *
 * Runs in the launcher. Reads /etc/passwd, /etc/subuid and /etc/subgid at most; asks
 * urun-subid (libsubid) where nsswitch.conf names another source.
 * Return: 0 or a negative errno with @err filled.
 */
int host_read(struct host *h, struct arena *a, bool want_subids, struct err *err);

/**
 * host_read_tree() - list the top of the caller's tree, as deep as there are mounts
 * @h:    entries, parents before their children, and homes are filled
 * @left: folders that are left out with all below them, ended by NULL
 * @a:    owns the entries
 *
 * Runs in the launcher. Reads /proc/self/mountinfo, the root folder, and each folder with a
 * mount below it. Return: 0 or a negative errno with @err filled.
 */
int host_read_tree(struct host *h, const char *const *left, struct arena *a,
		   struct err *err);

/**
 * host_read_cgroup() - find out where the caller may make cgroups
 * @h: uid and runtime_dir are read; cgroup is filled
 * @a: owns the paths
 *
 * Runs in the launcher, for containers with limits. Looks at /proc/self/cgroup, at the owner and mark
 * of that folder and the one above (xattr user.delegate: systemd.resource-control(5)), and for
 * the socket of the caller's systemd. What cannot be read counts as not there.
 */
void host_read_cgroup(struct host *h, struct arena *a);
