/* SPDX-License-Identifier: Apache-2.0 */
/*
 * spec.h - what the user wants: one description of a container, whatever face wrote it
 *
 * A superset of the OCI runtime configuration. A face fills it in and spec_validate()
 * looks it over; after that it is const. Everything in it lives in one arena. Ids are as
 * seen inside the container unless a name says `host`.
 */
#pragma once

#include <sys/resource.h>
#include <sys/types.h>

#include "base/arena.h"
#include "base/err.h"
#include "spec/resources.h"

#define SPEC_MAX_FSOPS 4096
#define SPEC_MAX_IDMAPS \
	340 /* the kernel's own limit for one uid_map, user_namespaces(7) */
#define SPEC_MAX_GROUPS	      65536
#define SPEC_MAX_ARGS	      65536
#define SPEC_MAX_PRESERVE_FDS 1024
#define SPEC_MAX_HOOKS	      1024 /* in one list */

/* Namespaces, in the order in which tables list them. */
enum spec_ns {
	NS_USER,
	NS_MOUNT,
	NS_PID,
	NS_NET,
	NS_IPC,
	NS_UTS,
	NS_CGROUP,
	NS_TIME,
	NS_COUNT
};

enum ns_mode {
	NS_MODE_PRIVATE, /* a new one */
	NS_MODE_HOST,	 /* the caller's */
	NS_MODE_PATH,	 /* joined: spec_namespace.path names it */
	/* joined: that of the container spec.joined, while it runs. joined_apply() makes
	 * NS_MODE_PATH of it; nothing is started before. */
	NS_MODE_CONTAINER,
};

struct spec_namespace {
	enum ns_mode mode;
	const char *path; /* for NS_MODE_PATH: /proc/PID/ns/X or a bind of one */
	bool is_below;	  /* NS_PID, with NS_MODE_PATH: a new one, which that one sees */
};

/* One contiguous run of ids: [inside, inside + count) are [host, host + count) outside.
 */
struct idrange {
	uint32_t inside;
	uint32_t host; /* relative to the caller's own ids (podman's) or absolute: see use
			*/
	uint32_t count;
};

enum userns_mode {
	USERNS_DEFAULT, /* container root is the caller, then all subordinate ids */
	USERNS_KEEP_ID, /* the caller keeps uid and gid, root is a subordinate id */
	USERNS_NOMAP,	/* the caller's own id is not in the map */
	USERNS_AUTO,	/* a range that no other running container of urun uses */
	USERNS_HOST, /* as podman has it: for an ordinary user the default map, for root
			none */
	USERNS_EXPLICIT, /* idmaps given, see below */
};

struct spec_userns {
	enum userns_mode mode;
	bool has_keep_uid, has_keep_gid;
	uint32_t keep_uid, keep_gid; /* --userns=keep-id:uid=,gid= */
	uint32_t auto_size;	     /* --userns=auto:size=; 0: urun chooses */
	/* USERNS_EXPLICIT. podman's rule for an ordinary user: `host` counts in the
	 * intermediate map, where 0 is the caller and 1.. are the subordinate ids, unless
	 * maps_are_absolute (OCI linux.uidMappings, or podman's @ prefix). */
	struct idrange *uids, *gids;
	size_t n_uids, n_gids;
	bool maps_are_absolute;
	/* The namespace is joined, and all above is what is known of it. */
	bool is_known;
	/* The caller alone, with these ids, and no helper: MAP_SINGLE. */
	bool is_own;
	uint32_t own_uid, own_gid;
	/* With is_own: somebody else writes the maps, and something to read comes when they are. */
	bool has_map_fd;
	int map_fd;
	int told_fd; /* where he is told for whom, and waits for the end: the launcher's alone */
	bool has_after; /* the payload goes on in this one, which is below */
	int after_fd;
	bool has_no_more;     /* nobody in it can make another */
	bool is_no_more_sure; /* whoever has seen to that: it is tried, and must fail */
};

enum spec_root_kind {
	ROOT_DIR,    /* a folder on the host */
	ROOT_HOST,   /* the host's own tree, caller's home and run folders hidden */
	ROOT_LAYERS, /* an image's layers, and a folder for the changes */
	ROOT_EMPTY,  /* a tmpfs: all that is in it, the operations make */
};

enum storage_driver {
	STORAGE_AUTO, /* native overlay, else fuse-overlayfs; urun says which */
	STORAGE_OVERLAY,
	STORAGE_FUSE,
};

/* Beside the folder of the layers: see image/store.c. */
#define SPEC_BASE_LAYER "../base"

struct spec_root {
	enum spec_root_kind kind;
	const char *path;    /* ROOT_DIR: host path; ROOT_LAYERS: what holds the layers */
	struct strv layers;  /* ROOT_LAYERS: below path, the top one first */
	const char *changes; /* ROOT_LAYERS: folder with "upper" and "work" in it */
	bool is_volatile;    /* ROOT_LAYERS: the changes need not outlive a crash */
	bool want_overlay;   /* changes go to a throw-away upper folder */
	bool is_readonly;    /* --read-only, OCI root.readonly */
	enum storage_driver driver;
	uint64_t propagation; /* MS_SLAVE etc.; 0: MS_SLAVE */
};

/* The filesystem is one ordered array of operations. Destinations are paths inside the
 * container and are resolved there: no link leads out of it. */
enum fsop_kind {
	FSOP_BIND, /* host path `source` at `dest` */
	FSOP_FS, /* a new filesystem `fstype` with `data` at `dest`, of `source` if any */
	FSOP_TMPFS,    /* tmpfs: size_bytes, mode; is_copyup copies what is below */
	FSOP_DEVTREE,  /* the standard /dev: tmpfs, nodes, links, devpts, shm is separate
			*/
	FSOP_DEVICE,   /* the host's device node `source` at `dest` */
	FSOP_DIR,      /* a folder, made when missing */
	FSOP_FILE,     /* a file of urun's own with `content`, bound over `dest` */
	FSOP_SYMLINK,  /* `dest` -> `source`, unless something is there */
	FSOP_OVERLAY,  /* a throw-away overlay over host folder `source` at `dest` (-v :O)
			*/
	FSOP_MASK,     /* `dest` made unreadable when it is there */
	FSOP_READONLY, /* `dest` made read-only when it is there, mounts below it too */
	FSOP_REMOUNT,  /* the mount at `dest`, and no other, made read-only */
	FSOP_COPY,     /* a file at `dest` with what @fd has */
	FSOP_CHMOD,    /* `mode` for what is at `dest` */
	FSOP_COUNT
};

struct fsop {
	enum fsop_kind kind;
	const char *source;
	/* A descriptor of the caller's, in the place of @source or @content; the builder has it, too. */
	bool has_fd;
	int fd;
	const char *dest; /* absolute, cleaned: no "." or ".." */
	/* FSOP_BIND of a volume: its name, "" for one without; NULL for a folder. Whoever
	 * has the store makes it and sets @source. */
	const char *volume;
	const char *image; /* that asks for it, by its VOLUME or WORKDIR; or NULL */
	/* FSOP_OVERLAY in the place of @source: folders of the host, the top one first; where changes go,
	 * and the folder that the kernel works in. @upper NULL: nowhere, or with is_throwaway to a folder
	 * that goes with the container. */
	struct strv layers;
	const char *upper, *work;
	bool is_throwaway;
	const char *fstype; /* FSOP_FS */
	const char *data;   /* FSOP_FS: "key=value,..." for the filesystem; may be NULL */
	const void *content; /* FSOP_FILE */
	size_t content_len;
	uint64_t attr_set; /* MOUNT_ATTR_* */
	uint64_t attr_clear;
	bool is_attr_recursive; /* attributes reach the mounts below, too */
	bool is_attr_partial; /* those of them that cannot be changed stay as they are */
	bool is_recursive;    /* FSOP_BIND: rbind */
	/* FSOP_BIND: the files' owners are mapped: by these ranges, where `inside` is an id of the
	 * filesystem and `host` one of the host; by those of the container when there are none. */
	bool is_idmapped, is_idmap_recursive;
	struct idrange *uids, *gids;
	size_t n_uids, n_gids;
	bool is_source_link; /* FSOP_BIND: of a link, the link itself is bound */
	bool is_dest_link;   /* FSOP_BIND: over a link, not over what it leads to */
	bool is_link_copied; /* FSOP_BIND: of a link, one like it is made at @dest */
	bool is_exact; /* FSOP_SYMLINK: what is there has to be the same; FSOP_MASK: it has
				 to be there */
	mode_t parent_mode;   /* of folders above @dest that are made; 0: 0755 */
	uint64_t propagation; /* MS_PRIVATE and friends, | MS_REC for the r forms; 0:
				   rprivate */
	uint32_t mode;	      /* FSOP_TMPFS, FSOP_DIR, FSOP_FILE; with has_mode */
	bool has_mode;
	uint64_t size_bytes; /* FSOP_TMPFS: 0 leaves the kernel's default */
	bool is_copyup;	     /* FSOP_TMPFS; FSOP_BIND: of a volume that is fresh */
	bool is_owned;	     /* FSOP_BIND of a volume: given to the container's user */
	bool needs_folder; /* FSOP_FILE: nothing when the folder that it goes into is missing */
	bool is_source_optional; /* FSOP_BIND: nothing, without a source */
	bool is_optional; /* a missing source, target or refused filesystem is no error */
	bool is_default;  /* put there by urun, not by the caller: sorts first, may be
			     overridden by an operation of the caller on the same dest */
};

struct spec_rlimit {
	int resource;	     /* RLIMIT_NOFILE... */
	uint64_t soft, hard; /* RLIM_INFINITY allowed */
};

struct spec_sysctl {
	const char *key; /* with dots, as in sysctl(8) */
	const char *value;
};

/* Capability sets are bit masks: bit n is capability n. */
struct spec_caps {
	/* The faces compute these; has_sets says that an OCI document gave all five. */
	bool has_sets;
	uint64_t bounding, effective, permitted, inheritable, ambient;
	/* podman's way: the default list, then these. Bit masks; ALL is every bit. */
	uint64_t add, drop;
	bool want_none; /* start from nothing instead of the default list (host:) */
	bool want_all;	/* --privileged */
};

struct spec_user {
	/* `name` as given by -u: "user", "user:group", "1000", "1000:1000"; NULL: 0:0.
	 * Names are looked up in the rootfs's own passwd and group by the builder. */
	const char *name;
	const char *image; /* that @name comes from, by its USER; or NULL */
	bool has_ids;	   /* OCI: uid and gid are given as numbers */
	bool is_caller;	   /* whoever the caller is in the user namespace */
	uint32_t uid, gid;
	bool keeps_uid, keeps_gid; /* with @has_ids: but this is the caller's in it */
	struct strv groups;	   /* --group-add: names or numbers */
	uint32_t *gids;		   /* OCI additionalGids */
	size_t n_gids;
	bool keep_groups; /* --group-add keep-groups: the caller's groups stay */
};

/* Who connects a private network namespace to the outside. */
enum net_backend {
	NET_NONE,	 /* nobody: the loopback interface alone */
	NET_SLIRP4NETNS, /* a TCP/IP stack of its own, and NAT */
	NET_PASTA,	 /* the host's addresses, connection by connection */
	NET_COUNT
};

/* A run of ports that the host's are connected to. */
struct spec_port {
	const char *host_ip; /* numeric; NULL: every address of the host */
	uint16_t host_port;  /* 0: any that are free */
	uint16_t port;	     /* inside */
	uint16_t count;	     /* so many, counted up on both sides */
	bool is_udp;
};

#define SPEC_MAX_PORTS 4096 /* counted one by one */

/* What stands for whom in the subnet of a network, slirp4netns(1). pasta answers questions for
 * names at the same address. */
#define NET_GATEWAY 2	/* the host */
#define NET_DNS	    3	/* the host's resolver */
#define NET_GUEST   100 /* the container */
#define NET_DNS_IP6 "fd00::3"

/* With ns[NS_NET] private. */
struct spec_net {
	enum net_backend backend;
	bool allow_host_loopback; /* the container may connect to the host's 127.0.0.1 */
	bool want_ipv6;
	uint32_t mtu;	 /* NET_SLIRP4NETNS */
	uint32_t subnet; /* NET_SLIRP4NETNS: host byte order */
	uint32_t prefix_len;
	const char *outbound_addr, *outbound_addr6; /* address or interface; NULL: any */
	struct strv words;			    /* NET_PASTA: its own options */
	struct spec_port *ports;
	size_t n_ports;
};

/* In the terms of sched_setattr(2). */
struct spec_scheduler {
	bool is_set;
	uint32_t policy;   /* SCHED_* */
	int32_t nice;	   /* SCHED_OTHER, SCHED_BATCH: -20 to 19 */
	uint32_t priority; /* SCHED_FIFO, SCHED_RR: 1 to 99 */
	uint32_t flags;	   /* SCHED_FLAG_* */
	uint64_t runtime_ns, deadline_ns, period_ns; /* SCHED_DEADLINE */
};

/* In the terms of ioprio_set(2). */
struct spec_io_priority {
	uint32_t class
		; /* IOPRIO_CLASS_*: 1 real-time, 2 best-effort, 3 idle; 0: not set */
	uint32_t level; /* 0, the first to be served, to 7 */
};

struct spec_process {
	struct strv args;  /* the command; at least one once validated */
	const char *argv0; /* NULL: args[0] */
	struct strv
		env; /* KEY=VALUE, complete but for HOME, HOSTNAME, TERM, PATH defaults */
	const char *cwd;  /* absolute; NULL: "/" */
	struct strv cwds; /* without @cwd: the first that can be entered, or "/" */
	struct spec_user user;
	bool has_umask;
	uint32_t umask;
	bool want_terminal; /* -t */
	/* Of the terminal; 0: as the caller's. */
	uint16_t console_rows, console_columns;
	bool want_stdin;       /* -i; else /dev/null */
	bool want_init;	       /* --init: urun-init is PID 1 */
	uint32_t preserve_fds; /* 3 .. 3+n-1 reach the payload */
	int *kept_fds;	       /* and these of the caller's */
	size_t n_kept_fds;
	bool want_caller_stdio; /* standard streams are the caller's, terminals too */
	bool has_no_stream[3];	/* but for these, which the payload does not get */
	bool keeps_session;	/* and the session */
	bool keeps_running;	/* the launcher's death is not its own */
	bool spares_others; /* what is left when it has ended by itself goes on, but in a pid namespace */
	/* PID 1 is a fork of the builder, which reaps; the launcher ends with the payload, and the
	 * others go on. */
	bool want_reaper;
	bool has_block_fd; /* something is read from it before the command is executed */
	int block_fd;
	int *sync_fds; /* with want_reaper: open for as long as that lives */
	size_t n_sync_fds;
	struct strv lock_files; /* with want_reaper: locked for as long as that lives */
	struct spec_rlimit *rlimits;
	size_t n_rlimits;
	bool has_oom_score_adj;
	int oom_score_adj;
	struct spec_scheduler scheduler;
	struct spec_io_priority io_priority;
	/* For an exec, "0-3,7" or NULL: where it runs until it is in the container's cgroup, and
	 * from then on. */
	const char *cpus_at_first, *cpus;
	uint32_t timeout_s; /* 0: none */
};

enum seccomp_mode {
	SECCOMP_DEFAULT, /* policy/seccomp.json, compiled when urun was built */
	SECCOMP_PROFILE, /* a profile file in the containers' JSON format */
	SECCOMP_OFF,
};

struct spec_security {
	struct spec_caps caps;
	bool has_new_privs; /* no-new-privileges switched off */
	enum seccomp_mode seccomp;
	const char *seccomp_path; /* SECCOMP_PROFILE */
	const char *seccomp_json; /* OCI linux.seccomp as text, or NULL */
	/* Of seccomp_json: the socket of who answers for SCMP_ACT_NOTIFY, and what it is told
	 * besides; NULL: nobody is asked. */
	const char *listener_path, *listener_metadata;
	const char *apparmor_profile; /* NULL: none */
	const char *selinux_label;    /* NULL: none */
	const char *mount_label;      /* SELinux context of new filesystems; NULL: none */
	bool is_privileged;	      /* all host devices, nothing masked */
	bool keep_keyring;	      /* OCI --no-new-keyring */
	/* Programs as the kernel takes them, seccomp(2), to be loaded in this order. */
	int *filter_fds;
	size_t n_filter_fds;
};

/* What /etc/resolv.conf is made of: what was asked for, and else what the host's says. */
struct spec_resolver {
	bool is_followed; /* there is such a file, and the host's changes change it */
	struct strv servers, searches, options;
};

/* Clocks that a time namespace shifts, time_namespaces(7). */
enum spec_time_clock { TIME_MONOTONIC, TIME_BOOTTIME, TIME_COUNT };

struct spec_time_offset {
	int64_t secs;
	uint32_t nanosecs; /* forward, below a second */
};

/* When the programs of a list are run, in the order of the moments. */
enum spec_hook_kind {
	HOOK_PRESTART,	     /* namespaces are made; the old name of the next */
	HOOK_CREATE_RUNTIME, /* namespaces are made, before the root is entered: outside */
	HOOK_CREATE_CONTAINER, /* the same moment, inside the container's namespaces */
	HOOK_START_CONTAINER, /* started, before the payload: a program of the container */
	HOOK_POSTSTART,	      /* the payload runs: outside */
	HOOK_POSTSTOP,	      /* it is deleted: outside */
	HOOK_COUNT
};

struct spec_hook {
	const char *path;   /* absolute */
	struct strv args;   /* args[0] is argv[0]; none: @path is */
	struct strv env;    /* NAME=VALUE, complete: nothing is inherited */
	uint32_t timeout_s; /* 0: none */
};

struct spec_hooks {
	struct spec_hook *hooks;
	size_t n_hooks;
};

struct spec {
	struct arena *arena;
	const char *name;     /* --name, or NULL */
	const char *id;	      /* 64 hex digits, or the engine's own id */
	const char *hostname; /* NULL: the first 12 of id, or the host's with uts=host */
	const char *domainname;
	struct spec_root root;
	struct spec_process process;
	struct spec_namespace ns[NS_COUNT];
	const char
		*joined; /* name or id of a container, for NS_MODE_CONTAINER; or NULL */
	struct spec_net net;
	struct spec_resolver resolver;
	struct spec_userns userns;
	struct spec_security security;
	struct spec_resources resources;
	struct spec_cgroup cgroup;
	struct fsop *fsops;
	size_t n_fsops;
	struct spec_sysctl *sysctls;
	size_t n_sysctls;
	bool has_time_offsets; /* goes with a time namespace of its own */
	struct spec_time_offset time_offsets[TIME_COUNT];
	bool has_personality;
	uint32_t personality; /* personality(2): PER_LINUX 0, PER_LINUX32 8 */
	struct spec_hooks hooks[HOOK_COUNT];
	struct strv annotations; /* KEY=VALUE, inert */
	const char *pidfile;	 /* NULL: none */
	bool is_container_env;	 /* podman's habits: /run/.containerenv, HOSTNAME,
				    container= */

	/* Keys of its document that are not known, where they are wanted. */
	bool want_unknown;
	struct strv unknown;

	/* How it is started; no document says so. */
	const char *bundle; /* of an engine's container, absolute; or NULL */
	bool is_exec;	    /* one process more in a container that runs */
	bool is_announced; /* the launcher is told when all is set up, and may still refuse */
	bool wants_ns_numbers; /* is_announced: the launcher is told those of its namespaces */
	bool is_detached;      /* the payload outlives its launcher */
	bool is_held; /* is_detached: and is executed when it is told to, at a gate */
};

/**
 * spec_init() - an empty spec with every namespace private
 * @spec: filled
 * @a:    borrowed for the spec's life; all strings of the spec live there
 */
void spec_init(struct spec *spec, struct arena *a);

/**
 * spec_add_fsop() - append one operation
 *
 * Return: the new operation, zeroed but for kind and dest (cleaned of ".", ".." and
 * double slashes; made absolute), until the next call.
 */
struct fsop *spec_add_fsop(struct spec *spec, enum fsop_kind kind, const char *dest);

/**
 * spec_clean_path() - an absolute path without ".", ".." and double slashes
 * @a:    owns the result
 * @path: any path; a relative one counts from "/"
 *
 * ".." above the root stays at the root, as in the kernel.
 */
const char *spec_clean_path(struct arena *a, const char *path);

/**
 * spec_validate() - look a finished spec over for what no plan could do
 *
 * Return: 0; -EINVAL with a message that names the setting by its podman option.
 */
int spec_validate(const struct spec *spec, struct err *err);

/* "user", "mnt", "pid", "net", "ipc", "uts", "cgroup", "time": the file in /proc/PID/ns.
 */
const char *spec_ns_name(enum spec_ns ns);
/* CLONE_NEW* of a namespace. */
uint64_t spec_ns_flag(enum spec_ns ns);
/* Why it is no AppArmor profile and no SELinux context; NULL: it may be one. */
const char *spec_refuse_label(const char *label);
/* Does an annotation of crun's ask for the caller's groups? OCI has no word for it. */
bool spec_wants_kept_groups(const struct spec *spec);
/* Does the launcher hear of the payload before it is executed? */
bool spec_is_announced(const struct spec *spec);
/* Is it a folder of the host, or a volume, that was asked for? */
bool spec_is_users_mount(const struct fsop *op);

/* --- resolver.c --- */

#define SPEC_RESOLV_CONF     "/etc/resolv.conf"
#define SPEC_MAX_RESOLV_CONF (64 * 1024)

/**
 * spec_resolver_text() - the container's /etc/resolv.conf
 * @s:    borrowed
 * @host: the content of the host's
 * @own:  borrowed: addresses of the host that pasta gives the container as well, which are not the
 *        host to it; NULL: none
 *
 * slirp4netns asks whatever the host's file names at that time. pasta keeps to what it has found at
 * its start: the container asks the host's servers itself, where not one is for the host alone.
 *
 * Return: from @a.
 */
const char *spec_resolver_text(const struct spec *s, const char *host,
			       const struct strv *own, struct arena *a);
/* Where the backend itself answers. */
const char *spec_resolver_backend(const struct spec *s, bool is_ip6, struct arena *a);
/* Does such a text name it? */
bool spec_resolver_asks_backend(const struct spec *s, const char *text, bool is_ip6);
/* Why a word cannot stand in it; NULL: it can. */
const char *spec_resolver_refuse_word(const char *word, bool is_address);
/* Is that operation the file that is made of it, which the host's changes change? */
bool spec_resolver_is_for(const struct spec *s, const struct fsop *op);
/* The one that shows: the last; or NULL. */
struct fsop *spec_resolver_op(const struct spec *s);

/* --- network.c --- */

#define NET_MIN_MTU 1000
#define NET_MAX_MTU 65521

/* One address of a network's subnet, dotted; 0: the subnet's own. */
const char *spec_net_address(const struct spec_net *n, uint32_t host, struct arena *a);
/* An address of that kind, or what may be the name of an interface? */
bool spec_net_is_outbound(const char *value, bool is_ip6);
/* The interface of the host whose addresses pasta is told to give; NULL: that of the way to the world. */
const char *spec_net_pasta_interface(const struct spec_net *n);
/* Is pasta told to leave that family out? */
bool spec_net_pasta_lacks(const struct spec_net *n, bool is_ip6);
/* Why a word is not handed to pasta: what would take the namespace or the process from urun is not,
 * however getopt_long(3) reads it. NULL: it is. */
const char *spec_net_refuse_pasta_word(const char *word);

/* "bind", "fs", "tmpfs", ... for printing. */
const char *fsop_kind_name(enum fsop_kind kind);
