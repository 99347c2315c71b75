/* SPDX-License-Identifier: Apache-2.0 */
/*
 * stage.h - one step of a start, and what all steps share
 *
 * Each stage is one `const struct stage` in a file of this folder; stages.c lists them in
 * the only order in which they ever run. A stage says by wanted() whether a plan needs it
 * and does its work in apply().
 */
#pragma once

#include <sys/types.h>

#include "base/err.h"
#include "plan/plan.h"
#include "sys/channel.h"
#include "sys/fd.h"
#include "sys/seccomp.h"
#include "sys/userdb.h"

enum phase {
	PHASE_HOST,  /* launcher, before there is a builder */
	PHASE_MAP,   /* launcher, while the builder runs PHASE_EARLY */
	PHASE_BIRTH, /* builder, or who joins namespaces for it: before that */
	PHASE_EARLY, /* builder: what needs no mapped id, so that it overlaps with the
			maps */
	PHASE_NS,    /* builder, ids mapped: names, sysctls */
	PHASE_ROOT,  /* builder: rootfs, mounts, pivot */
	PHASE_LOCK,  /* builder: session, user, capabilities, limits */
	PHASE_EXEC,  /* builder: filter, then the payload */
	PHASE_COUNT
};

/* One port of the host that leads into the container. */
struct published {
	int fd; /* owned: a socket that listens, or of datagrams */
	bool is_udp;
	uint16_t port;	    /* inside */
	uint16_t host_port; /* as it was bound */
	const char *host_ip;
};

/* The mutable side of one run. Builder and launcher have a copy each after the clone, and
 * every descriptor in it is owned by the process that the comment names. */
struct run {
	const struct plan *plan; /* borrowed */
	struct arena *arena;	 /* borrowed */
	struct channel channel;	 /* this process's end */

	/* Made by the launcher before the clone, used on both sides. */
	int stdio[3]; /* what the payload gets for 0, 1, 2; -1: its own */
	int relay[3]; /* launcher's ends of pipes that stand for a terminal, or -1 */
	int joins[NS_COUNT];	       /* namespaces to join, or -1 */
	struct seccomp_program filter; /* .filter NULL: none */
	struct seccomp_program owners; /* plan.want_owners: loaded before it */
	struct seccomp_program *given; /* the builder: by descriptors */
	uint32_t auto_start;	 /* first place of --userns=auto in the line of sub-ids */
	int auto_lock;		 /* holds its reservation, or -1 */
	struct published *ports; /* listening sockets of the host */
	size_t n_ports;

	/* launcher: the container's cgroup, or -1; see stage/cgroup.c */
	int cgroup, cgroup_parent;
	const char *cgroup_name; /* in its parent */
	const char *cgroup_path; /* as others find it: below the root of cgroups */
	int cgroup_entered;	 /* is_exec: that of the container, borrowed; or -1 */
	const char *cgroup_note; /* best effort: why there is none after all; or NULL */

	/* launcher */
	int pidfd;	    /* PID 1 inside: the builder, then the payload */
	pid_t pid;	    /* the same, as the launcher sees it */
	const char *spaces; /* spec.wants_ns_numbers: "mnt NUMBER\nnet NUMBER\n..." */
	int userns;	    /* whose root owns the files of an image, or -1 */
	int space; /* the namespace that tells its processes, or -1: see sys/space.h */

	/* builder */
	int root;    /* root of the container's tree */
	int scratch; /* root of the private tmpfs, or -1 */
	int files; /* the same, or what is on it: holds what is bound from there; borrowed */
	int *sources; /* one for each plan operation: its opened source, or -1 */
	int **folders; /* the same of overlays of several: the layers, upper and work, or -1; else NULL */
	int *idmapped; /* by the launcher: for each plan operation a mount that it made, or -1 */
	int root_source; /* the rootfs folder, or what holds the layers */
	int *layers;	 /* ROOT_LAYERS: opened, the top one first */
	bool has_base;	 /* behind them, what stands below all: see image/store.c */
	int upper, work; /* for the changes to them, or -1 */
	int dev;	 /* the host's /dev */
	int null;	 /* its null */
	int console;	 /* slave of the container's pty, or -1 */
	int init;	 /* urun-init or urun-reaper, or -1 */
	int labels[2];	 /* by enum lsm, where one is asked for: see stage/label.c */
	int gate;	 /* is_held: listens for who starts the container; else -1 */
	int proc_self;	 /* where it is needed later: this process, in the host's /proc */
	pid_t outer_pid; /* this process, as the launcher sees it; 0: not told */
	unsigned int n_overlays;
	bool is_net_up;	    /* the launcher has said so */
	bool has_said_fuse; /* that it serves where the native overlay was refused */
	struct userdb_user user;
	bool is_filtered;    /* no_new_privs, and the filters are loaded already */
	const char *command; /* the program, as a path inside */
	struct strv env;
};

struct stage {
	const char *name; /* as in err.stage */
	enum phase phase;
	/* Does this plan need it? NULL: always. Pure. */
	bool (*wanted)(const struct plan *plan);
	/* Does it. Returns 0 or a negative errno with @err filled. */
	int (*apply)(struct run *run, struct err *err);
	/* Also for a process more in a container that runs, whose namespaces and mounts are there:
	 * nothing of what the payload can change is trusted by it, /proc neither. */
	bool is_for_exec;
};

/**
 * cgroup_give() - give controllers to the folders below a cgroup
 * @base:   borrowed
 * @path:   its own, for messages
 * @needed: those that have to be there; what is measured is given as well, where it can be
 *
 * Return: 0 or a negative errno with @err filled.
 */
int cgroup_give(int base, const char *path, uint32_t needed, struct arena *a,
		struct err *err);

/**
 * cgroup_set() - write one limit of a cgroup
 * @cgroup: borrowed
 *
 * Return: 0 or a negative errno with @err filled.
 */
int cgroup_set(int cgroup, const struct cgroup_setting *s, struct err *err);

/**
 * cgroup_set_scope() - have systemd change what is a property of a container's scope as well
 * @path: the container's cgroup; nothing is done where that is in no scope
 *
 * Return: 0 or a negative errno with @err filled.
 */
int cgroup_set_scope(const char *path, const struct plan_cgroup *c, const struct host *h,
		     struct arena *a, struct err *err);

/**
 * cgroup_enter_scope() - have systemd move this process into a container's scope, beside the container
 * @scope: "NAME.scope"
 *
 * Return: 0 or a negative errno with @err filled.
 */
int cgroup_enter_scope(const char *scope, const struct host *h, struct arena *a,
		       struct err *err);

/* Options of a new filesystem, @data or NULL, with the label that all of the container's have. */
const char *label_mount_data(const struct run *run, const char *data);

/* The names of the device nodes in the standard /dev, from 0 on; NULL behind the last. */
const char *devtree_node(size_t n);

/* Closes what neither the payload nor the rest of the start needs. */
int exec_close_fds(const struct run *run, struct err *err);

/* PHASE_EXEC: goes on as the payload, a child of what was the builder; see spec_process.want_reaper. 0, in
 * the child alone, or a negative errno with @err filled. */
int reaper_split(struct run *run, struct err *err);
bool reaper_is_program(const struct plan *p); /* run.init is urun-reaper */
/* Does somebody outside look at this container by the number of its first process, and nobody but the caller's
 * own can: in no namespace of its is anybody who is not the caller's, or may trace others? */
bool reaper_is_in_sight(const struct plan *p);

/* Reads those of spec_security.filter_fds. 0 or a negative errno with @err filled. */
int filter_read(struct run *run, struct err *err);
/* The payload's filters, in their order; see seccomp_load() for what it needs. */
int filter_load(const struct run *run, struct err *err);

/* Launcher, before the clone */
extern const struct stage stage_stdio;	    /* terminals become pipes, stdin /dev/null */
extern const struct stage stage_cgroup;	    /* make it, with its limits */
extern const struct stage stage_filter;	    /* find the compiled seccomp program */
extern const struct stage stage_join;	    /* open the namespaces that are joined */
extern const struct stage stage_idmapped;   /* binds with other owners */
extern const struct stage stage_idmap_auto; /* reserve ids for --userns=auto */
extern const struct stage stage_ports;	    /* bind the published ports */
/* Launcher, beside the builder */
extern const struct stage stage_idmap; /* newuidmap, newgidmap, or directly */
/* Builder */
extern const struct stage stage_idmap_self; /* the single id */
extern const struct stage stage_oom_score;
extern const struct stage stage_label_exec; /* what an exec is labelled */
extern const struct stage stage_label_open; /* the host's files that take a label */
extern const struct stage stage_time;	    /* clocks of its own */
extern const struct stage stage_loopback;
extern const struct stage
	stage_sources; /* open what comes from the host, as the caller */
extern const struct stage stage_become_root;
extern const struct stage stage_network;    /* ask for a connection of the namespace */
extern const struct stage stage_nest_limit; /* no user namespace more */
extern const struct stage stage_nest_open;
extern const struct stage stage_uts;
extern const struct stage stage_sysctl;
extern const struct stage stage_scratch;
extern const struct stage stage_rootfs;
extern const struct stage stage_mounts;
extern const struct stage stage_console;
extern const struct stage stage_hooks; /* those between the tree and its use */
extern const struct stage stage_pivot;
extern const struct stage stage_session;      /* keyring, session, terminal, stdio */
extern const struct stage stage_user;	      /* whom -u means */
extern const struct stage stage_streams;      /* and its terminal and pipes */
extern const struct stage stage_own;	      /* volumes that are to be the user's */
extern const struct stage stage_cwd;	      /* the folder that the command starts in */
extern const struct stage stage_limits_raise; /* those that only root may raise */
extern const struct stage stage_personality;
extern const struct stage stage_sched_first;  /* an exec's CPUs until it is inside */
extern const struct stage stage_sched;	      /* scheduler, I/O priority, CPUs */
extern const struct stage stage_label;	      /* AppArmor profile, SELinux context */
extern const struct stage stage_nest;	      /* a user namespace in the first one */
extern const struct stage stage_nest_after;   /* one that is there */
extern const struct stage stage_nest_check;   /* nobody can make one more */
extern const struct stage stage_creds;	      /* groups, ids, capabilities */
extern const struct stage stage_command;      /* cwd, and where the command is */
extern const struct stage stage_limits;	      /* rlimits, umask */
extern const struct stage stage_network_wait; /* until it is connected */
extern const struct stage stage_hooks_start;  /* those of the container's own */
extern const struct stage stage_exec;

/* All stages in their order, ended by NULL. */
extern const struct stage *const stages[];

/**
 * stages_run() - run the stages of one phase that the plan wants
 * Return: 0, or what the first failing stage returned, with err->stage set.
 */
int stages_run(struct run *run, enum phase phase, struct err *err);

/**
 * stage_wait_for() - builder: wait for one message of the launcher
 * Return: 0; -EPIPE when the launcher is gone, -EBADMSG when it says something else.
 */
int stage_wait_for(struct run *run, enum msg msg, struct err *err);

/* Is the network namespace made by the builder, and not with it? See loopback.c. */
bool stage_makes_net(const struct plan *plan);

/* A path of the host's cannot be opened to be mounted. @code: a negative errno, returned with @err filled. */
int sources_say(const char *path, int code, struct err *err);

/**
 * overlay_attach_root() - builder: the overlay of an image's layers and a container's changes
 * @run:    scratch is mounted
 * @to:     where
 * @ret_fd: its root
 */
struct mnt_target;
int overlay_attach_root(struct run *run, const struct mnt_target *to, int *ret_fd,
			struct err *err);

/**
 * overlay_attach_folders() - builder: the overlay that fsop.layers describes
 * @run:    scratch is mounted
 * @op:     names its folders
 * @folders: these, opened: as run.folders has them
 * @attr:   of the mount
 * @to:     where
 * @ret_fd: its root, owned by the caller
 */
struct mnt_attr;
int overlay_attach_folders(struct run *run, const struct fsop *op, const int *folders,
			   const struct mnt_attr *attr, const struct mnt_target *to,
			   int *ret_fd, struct err *err);

/**
 * overlay_attach() - builder: a throw-away overlay over a folder
 * @run:    scratch is mounted
 * @lower:  borrowed descriptor of the folder
 * @attr:   may be NULL
 * @to:     where
 * @what:   for messages
 * @whole:  what was asked for, of which this is a part, for the note; or NULL
 * @ret_fd: may be NULL
 */
struct mnt_attr;
struct mnt_target;
int overlay_attach(struct run *run, int lower, const struct mnt_attr *attr,
		   const struct mnt_target *to, const char *what, const char *whole,
		   int *ret_fd, struct err *err);

/**
 * devtree_attach() - builder: the standard /dev on a tmpfs of its own
 */
int devtree_attach(struct run *run, const struct fsop *op, struct err *err);

/**
 * copyup_tree() - builder: copy what a folder holds into an empty one
 * @from, @to: borrowed descriptors
 */
int copyup_tree(int from, int to, struct err *err);
