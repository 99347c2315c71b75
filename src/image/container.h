/* SPDX-License-Identifier: Apache-2.0 */
/*
 * container.h - containers in the store: a record, and the folders of their changes
 *
 * A container that is to stay is containers/ID, a throw-away one (--rm, or without an image) tmp/run-ID: what a killed
 * launcher leaves in tmp is removed by whoever comes next. The folder itself is locked, flock(2),
 * for as long as the container is made, runs, or is removed. Its record is locked, shared, by whoever
 * uses the mounts of one that runs, exclusively by whoever has mounted one that does not. Only the
 * first is told by a launcher's note of its process, see container_set_process().
 */
#pragma once

#include "image/store.h"

#define CONTAINER_ID_LEN  64
#define CONTAINER_EXIT	  "exit"    /* in its folder: see container_set_ended() */
#define CONTAINER_CGROUP  "cgroup"  /* in its folder: see container_set_cgroup() */
#define CONTAINER_USAGE	  "usage"   /* in its folder: see container_set_usage() */
#define CONTAINER_PROCESS "process" /* in its folder: see container_set_process() */

struct container {
	const char *id;
	const char *name; /* NULL only for container_make(), and in a record */
	/* The name that it was started by, or NULL. Without an image "host:", "rootfs:PATH" or "sandbox". */
	const char *image;
	struct digest image_id;
	const char *created;   /* RFC 3339, UTC */
	struct digest *layers; /* diff ids, bottom first */
	size_t n_layers;
	struct strv volumes; /* names of those that it has: see volume.h */
	/* Of a throw-away one, which has no config.json: to list it by. See container_keep(). */
	struct strv args, labels, mounts;
	bool is_squashed;
	bool is_throwaway;
	bool has_own_name; /* nobody has given it, and no record has it */
};

/**
 * container_keep() - copy words into a record, as many as may be there
 *
 * Nothing may make a record so large that it is not read any more: what is left out behind
 * some kilobytes is noted by a last word, "...". Source: MAX_RECORD.
 */
void container_keep(struct strv *record, const struct strv *words, struct arena *a);

/* "containers/ID", "tmp/run-ID": its folder in the store. */
const char *container_folder(const struct container *c, struct arena *a);

/* Where its folder is, an absolute path. */
const char *container_path(const struct store *s, const struct container *c,
			   struct arena *a);

/**
 * container_make() - record a container, and make its folders where it has layers
 * @s:       the caller holds "store" shared
 * @c:       borrowed; one that is kept and has no name gets one
 * @config:  text for config.json, or NULL
 * @a:       borrowed
 * @ret_dir: its folder, locked until this is closed; owned by the caller
 *
 * Return: 0; -EEXIST when the id or the name is taken; another negative errno with @err filled.
 */
int container_make(const struct store *s, const struct container *c, const char *config,
		   struct arena *a, int *ret_dir, struct err *err);

/**
 * container_find() - the kept container that the user means
 * @typed: a name, an id, or its first digits
 *
 * Return: 0; -ENOENT, for nothing else; -EEXIST when several begin so.
 */
int container_find(const struct store *s, const char *typed, struct arena *a,
		   struct container *ret, struct err *err);

/* The record in a container's folder. 0 or a negative errno with @err filled. */
int container_read(int dir, struct arena *a, struct container *ret, struct err *err);

/* Also a throw-away one, which is there only while it runs. */
int container_find_any(const struct store *s, const char *typed, struct arena *a,
		       struct container *ret, struct err *err);

/* Also by its whole name only. */
int container_find_name(const struct store *s, const char *name, struct arena *a,
			struct container *ret, struct err *err);

/* Holds a container. With @err filled: -EBUSY when it runs, -EUSERS when somebody uses its files;
 * -ENOENT when it is not there any more. */
int container_hold(const struct store *s, const struct container *c, struct arena *a,
		   int *ret_dir, struct err *err);

/* Does it run now, or is it being made or removed? */
bool container_is_held(const struct store *s, const struct container *c, struct arena *a);

/**
 * container_use() - see to it that nobody starts, changes or removes a container
 * @dir:          its folder, borrowed
 * @is_exclusive: nobody else uses it either
 * @ret_lock:     owned by the caller
 *
 * Not held by it: one that runs goes on running. Return: 0; -EBUSY; another negative errno.
 */
int container_use(int dir, bool is_exclusive, int *ret_lock);

/* Notes the first process of a container that runs, as process_stamp() has it; NULL: it does not
 * any more. 0 or a negative errno. */
int container_set_process(int dir, const char *stamp);
/* -ESRCH when there is none. */
int container_read_process(int dir, struct arena *a, const char **ret);

/* Its config.json. */
int container_read_config(int dir, struct arena *a, char **ret, size_t *ret_len,
			  struct err *err);
/* Waits until nobody else changes it; no other lock is taken meanwhile. @ret: owned by the caller; who starts the container reads without.
 * 0 or a negative errno. */
int container_lock_config(int dir, int *ret);
/* Writes it anew, locked. 0 or a negative errno. */
int container_set_config(int dir, const char *text);
/* A port of the host that leads into a container. */
struct container_port {
	bool is_udp;
	uint16_t port, host_port;
	const char *host_ip; /* "0.0.0.0" for every address */
};

/**
 * container_set_ports() - note them, for who asks while it runs
 * @dir: the container's folder
 *
 * Return: 0 or a negative errno.
 */
int container_set_ports(int dir, const struct container_port *v, size_t n,
			struct arena *a);

/* Those of one that runs; none where none were noted. 0 or a negative errno with @err filled. */
int container_read_ports(const struct store *s, const struct container *c,
			 struct arena *a, struct container_port **ret, size_t *ret_n,
			 struct err *err);

/* A text of a container that runs, for those that join its network: "hosts", "resolv.conf". Who reads
 * it at that time sees the old or the new one. @dir: the container's folder. 0 or a negative errno. */
int container_set_text(int dir, const char *name, const void *text, size_t len);
/* -ENOENT when none was noted. */
int container_read_text(int dir, const char *name, struct arena *a, char **ret);

/* The cgroup of its own that one which runs has, below the root of cgroups; NULL: none. 0 or a negative
 * errno; -ENOENT when there is none. */
int container_set_cgroup(int dir, const char *path);
int container_read_cgroup(int dir, struct arena *a, char **ret);

/* What the cgroup of the last run has told; 0: it has not, or there was none. */
struct container_usage {
	bool is_known;	     /* somebody has looked */
	int64_t oom_kills;   /* processes that the kernel killed because memory ran out */
	int64_t memory_peak; /* bytes */
};
/* NULL: nothing is known. 0 or a negative errno. */
int container_set_usage(int dir, const struct container_usage *u);

/* What is known of its last run. */
struct container_state {
	bool is_running; /* or it is being made or removed: container_is_held() */
	bool has_run;
	int code;  /* of the run that has ended */
	pid_t pid; /* of its first process, while that is alive; else 0 */
	/* RFC 3339, UTC, or NULL: not known. When the launcher was killed, so was the
	 * container, and nobody noted when. */
	const char *started, *finished;
	struct container_usage usage; /* of a run that has ended */
	const char *cgroup;	      /* of one that runs, or NULL */
	bool is_paused;		      /* by its cgroup */
};

/**
 * container_read_state() - does it run, and how did its last run end?
 *
 * The start is the time of the note of its process. That stays until container_set_ended(), so
 * that one that nobody holds tells of a launcher that was killed.
 */
void container_read_state(const struct store *s, const struct container *c,
			  struct arena *a, struct container_state *ret);

/* Notes the end of a run: its code, its start, and now. 0 or a negative errno. */
int container_set_ended(int dir, int code, struct arena *a);

/* All containers, throw-away ones too; each has a name. A record that cannot be read is an error:
 * what it needs is not known. */
int container_list(const struct store *s, struct arena *a, struct container **ret,
		   size_t *ret_n, struct err *err);

/**
 * container_discard() - move a container's folder, or any other, to where it is removed
 * @from: "containers/ID"
 * Return: 0, and the name in tmp; or a negative errno.
 */
int container_discard(const struct store *s, const char *from, struct arena *a,
		      const char **ret_name, struct err *err);

/* Names of two words for those that have none. No two get the same. */
void container_name_all(struct container *v, size_t n, struct arena *a);

/* A name that none of @v has, and one for when nobody knows which there are. */
const char *container_name_new(const char *id, const struct container *v, size_t n,
			       struct arena *a);
const char *container_name_unseen(const char *id, struct arena *a);

/* Things in tmp that are to be removed, and held meanwhile. */
struct leftovers {
	struct strv names;
	int *locks; /* owned: one for each name */
	size_t n_locks;
};

/**
 * leftovers_take() - find what nobody holds in tmp, and hold it
 *
 * The caller holds "store" exclusively, so that nobody is between making a folder and holding
 * it; only for as long as this takes. Parts of blobs are left for the next to pull them.
 */
int leftovers_take(const struct store *s, struct arena *a, struct leftovers *ret);

/* Removes them. Runs as root of the user namespace that owns the files. 0 or the first negative
 * errno. */
int leftovers_remove(const struct store *s, const struct leftovers *l);
void leftovers_close(struct leftovers *l);
