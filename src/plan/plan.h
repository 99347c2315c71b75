/* SPDX-License-Identifier: Apache-2.0 */
/*
 * plan.h - from what is wanted (struct spec) and what is there (struct host) to what is
 * done
 *
 * plan_build() is a pure function: no system call, no clock, no environment. The result
 * is immutable, and the stages execute it. `--print-plan` shows it.
 */
#pragma once

#include "base/arena.h"
#include "base/err.h"
#include "spec/spec.h"
#include "sys/host.h"

/* On which rung of the id-mapping ladder the container stands. */
enum plan_map_rung {
	MAP_NONE,   /* no user namespace of its own, or a joined one that is not known */
	MAP_RANGES, /* newuidmap and newgidmap write the maps */
	MAP_SINGLE, /* one id, written by the builder itself */
	/* The launcher may write any map itself (CAP_SETUID): no helper needed. Without
	 * ranges in the plan every id of the caller's own namespace keeps its number. */
	MAP_DIRECT,
};

enum plan_seccomp {
	PLAN_SECCOMP_OFF,
	PLAN_SECCOMP_BUILTIN_DEFAULT, /* default profile, podman's default capabilities */
	PLAN_SECCOMP_BUILTIN_NONE,    /* default profile, no capabilities */
	PLAN_SECCOMP_COMPILE,	      /* urun-seccomp compiles it, or its cache has it */
};

struct plan_map {
	enum plan_map_rung rung;
	bool is_there; /* the namespace is joined: nobody has to write the map */
	struct idrange *uids, *gids; /* host ids absolute, sorted by inside */
	size_t n_uids, n_gids;
	/* Not 0: --userns=auto. The launcher reserves so many ids of the subordinate
	 * ranges that no other container holds, and the map starts there: uids and gids
	 * are empty here. */
	uint32_t auto_size;
	bool deny_setgroups; /* user_namespaces(7): before an unprivileged gid_map */
};

struct plan_caps {
	uint64_t bounding, permitted, effective, inheritable, ambient;
	/* For a payload whose uid turns out not to be 0 (known once the rootfs's passwd
	 * was read): only what was asked for by name stays. */
	uint64_t nonroot;
	bool is_fixed; /* an OCI document named all sets: the same for every uid */
};

enum plan_cgroup_place {
	CGROUP_PLACE_NONE,  /* the caller's */
	CGROUP_PLACE_OWN,   /* below a folder that the caller has */
	CGROUP_PLACE_SCOPE, /* in a scope that systemd makes */
};

/* One write to a file of the container's cgroup. */
struct cgroup_setting {
	const char *file, *value;
	const char *alt_file, *alt_value; /* where there is no such file; or NULL */
	bool is_optional;		  /* where there is none of them, nothing */
	/* What counts among the folders of one parent. In a scope the container's has but the
	 * launcher's beside it: so it is a property of the scope as well, "CPUWeight=100". */
	const char *property;
};

struct plan_cgroup {
	enum plan_cgroup_place place;
	/* CGROUP_PLACE_OWN: below the root of cgroups. CGROUP_PLACE_SCOPE: NULL; or to be used
	 * instead, when systemd says that the caller's own was given to it. */
	const char *base;
	bool is_base_own;  /* the launcher is in it */
	const char *slice; /* CGROUP_PLACE_SCOPE: "NAME.slice", NULL for the usual one */
	/* What it is called: a folder, or "NAME.scope"; NULL: "urun-" and the id. */
	const char *name;
	bool want_parents; /* folders above it are made, too */
	/* Nothing depends on it: where it cannot be made there is none. */
	bool is_optional;
	bool is_update; /* it has limits already: those that are lifted are written, too */
	uint32_t needed; /* controllers, a mask of enum cgroup_controller */
	struct cgroup_setting *settings;
	size_t n_settings;
};

struct plan {
	const struct spec *spec; /* borrowed */
	const struct host *host; /* borrowed */
	uint64_t clone_flags;	 /* CLONE_NEW* of the private namespaces */
	bool want_join;		 /* at least one namespace is joined by path */
	struct plan_map map;
	struct plan_caps caps;
	enum plan_seccomp seccomp;
	/* There is one id because there are no ranges, and root inside: chown(2) and setuid(2)
	 * with their families seem to work and do nothing, so that packages install. */
	bool want_owners;
	/* Behind the set-up another user namespace, in which the payload has the ids that were asked for:
	 * what was made was made by root. */
	bool want_nested;
	bool want_no_new_privs;
	/* The time namespace is not made with the others: its clocks are to be set first. */
	bool want_time_offsets;
	bool want_loopback;   /* private net namespace: lo goes up */
	bool want_network;    /* it is connected by spec->net.backend */
	uint32_t uid, gid;    /* of the payload, when -u does not say otherwise */
	const char *hostname; /* NULL: leave */
	struct fsop *ops;     /* in the order in which they are done, root excluded */
	size_t n_ops;
	bool want_tty_gid;	    /* gid 5 is in the map */
	enum storage_driver driver; /* of the root's overlay and the others */
	/* ROOT_LAYERS are owned as the default map has it, and this map is another: the ids
	 * have to be shifted, by a fuse-overlayfs in the default map. */
	bool want_shift;
	struct plan_cgroup cgroup;
	struct device_rule *devices; /* what its cgroup lets it open; none: no filter */
	size_t n_devices;
	bool want_nodev; /* device nodes of the rootfs do not work */
	/* In the place of a cgroup: limits of setrlimit(2), unless a stricter one is there. 0: none */
	uint64_t most_processes, most_data_bytes;
	struct strv notes; /* for stderr, once each: "what; how to mend" */
};

/**
 * plan_build() - decide everything that can be decided before the first system call
 * @plan: filled; what it points to lives in @a
 * @spec: validated, borrowed for the plan's life
 * @host: borrowed for the plan's life
 * @a:    borrowed
 * @err:  names the option that cannot be had, and the mend
 *
 * Return: 0; -EINVAL for options that contradict, -ENOTSUP or -EPERM for what this host
 * cannot give.
 */
int plan_build(struct plan *plan, const struct spec *spec, const struct host *host,
	       struct arena *a, struct err *err);

/* Has the container user @uid, group @gid? Joined and inherited user namespaces are not
 * known here: they count as having all. */
bool plan_has_uid(const struct plan *plan, uint32_t uid);
bool plan_has_gid(const struct plan *plan, uint32_t gid);

/* Says that the container's user, or group, has an id outside of the map, and how to mend it.
 * Return: -EINVAL. */
int plan_say_unmapped(const struct plan *plan, bool is_user, uint32_t id,
		      struct err *err);

/* Folders that a container of `host:` has of its own, ended by NULL: for host_read_tree(). */
extern const char *const plan_own_folders[];

/* The capability bits that have a name. */
uint64_t plan_known_caps(void);
/* podman's default list. */
#define PLAN_DEFAULT_CAPS 0x800405fbULL

/* With want_owners, where the image has apt. */
#define PLAN_APT_CONF "/etc/apt/apt.conf.d/99urun"

struct json;
/**
 * plan_to_json() - the plan as `--print-plan` shows it
 * Return: a document for json_free().
 */
struct json *plan_to_json(const struct plan *plan);
