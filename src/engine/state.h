/* SPDX-License-Identifier: Apache-2.0 */
/*
 * state.h - the folder in which an engine's container is known: see docs/architecture.md
 *
 * Nothing in it says how the container is doing: that is seen. A process that is named is named with
 * its start and boot (process_stamp()), so that its number cannot come to mean another.
 */
#pragma once

#include "base/arena.h"
#include "base/err.h"

#define STATE_MAX_ID 255 /* it is the name of a folder */

enum state_status {
	STATE_CREATING, /* or it was never finished */
	STATE_CREATED,
	STATE_RUNNING,
	STATE_PAUSED,
	STATE_STOPPED,
};

/* What stands in state.json. All of it lives in an arena. */
struct state {
	const char *id;
	const char *bundle;  /* absolute */
	const char *rootfs;  /* absolute */
	const char *created; /* RFC 3339 */
	const char *owner;   /* login name, or the uid in digits */
	/* Stamps: of who makes it, or has made it; of the first process, NULL: there was none yet. */
	const char *creator, *process;
	const char *cgroup; /* below the root of cgroups; NULL: none of its own */
	const char *
		cgroup_stamp; /* what tells it from another that may get its name; or NULL */
	/* What systemd called it, "NAME.scope"; or NULL */
	const char *scope;
	struct strv annotations; /* KEY=VALUE */
	bool has_hooks; /* config.json has some for after its start, or after its end */
};

/**
 * state_root() - the folder that holds the folders
 * @path:      --root; NULL: the caller's usual one
 * @want_make: make it where it is missing
 * @a:         borrowed
 * @ret:       owned by the caller; -EBADF, which all here take for an empty folder, when it is not there
 *
 * Return: 0 or a negative errno with @err filled.
 */
int state_root(const char *path, bool want_make, struct arena *a, int *ret,
	       struct err *err);

/* Is it a name that a container can have? 0; -EINVAL with @err filled. */
int state_check_id(const char *id, struct err *err);

/**
 * state_make() - make the folder of a new container, and hold it
 * @root: borrowed
 * @ret:  owned by the caller: it is locked for as long as that is open
 *
 * Return: 0; -EEXIST when there is one; another negative errno with @err filled.
 */
int state_make(int root, const char *id, int *ret, struct err *err);

/**
 * state_open() - find the folder of a container
 * @root: borrowed
 * @ret:  owned by the caller
 *
 * Return: 0; -ENOENT with @err filled.
 */
int state_open(int root, const char *id, int *ret, struct err *err);

/* As state_open(), and holds it: who else changes the container is waited for, but not for ever.
 * -EBUSY. */
int state_hold(int root, const char *id, int *ret, struct err *err);

/* The ids of all that are there, in the order of the alphabet. */
int state_list(int root, struct arena *a, struct strv *ret, struct err *err);

/* Writes state.json beside it and renames it. */
int state_write(int folder, const struct state *s, struct err *err);
/* What is written, from @a; NULL when out of memory. */
char *state_text(const struct state *s, struct arena *a);

/**
 * state_read() - read state.json
 * @id:  for messages
 * @a:   owns what is read
 * @ret: filled; of a container whose creation has not come that far only the id. A cgroup of that name that
 *       is another's is none
 *
 * Return: 0, or a negative errno with @err filled, which names what is broken.
 */
int state_read(int folder, const char *id, struct arena *a, struct state *ret,
	       struct err *err);

/* The same of a text: for tests. */
int state_parse(const char *text, size_t len, const char *id, struct arena *a,
		struct state *ret, struct err *err);

/**
 * state_status() - see how a container is doing
 * @folder:    borrowed
 * @s:         as it was read from there
 * @ret_pidfd: its first process, owned by the caller, or -1 when that is gone; NULL: not wanted
 * @ret_pid:   its number, 0 when it is gone; NULL: not wanted
 */
enum state_status state_status(int folder, const struct state *s, int *ret_pidfd,
			       pid_t *ret_pid);
/* "creating", "created", "running", "paused", "stopped" */
const char *state_status_name(enum state_status status);

struct json;
/* As the specification has it, and crun; for json_free(). */
struct json *state_to_json(const struct state *s, enum state_status status, pid_t pid);

/* config.json, as it was when the container was made. */
int state_write_config(int folder, const char *text, size_t len, struct err *err);
int state_read_config(int folder, const char *id, struct arena *a, char **ret,
		      size_t *ret_len, struct err *err);

/* Removes what state_remove() of one that was killed has left. */
void state_sweep(int root);

/**
 * state_remove() - remove the folder with all that is in it
 * @folder: held; borrowed
 *
 * Return: 0 or a negative errno with @err filled.
 */
int state_remove(int root, const char *id, int folder, struct err *err);
