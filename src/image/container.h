/* SPDX-License-Identifier: Apache-2.0 */
/*
 * container.h - containers in the store: a record, and the folders of their changes
 *
 * A container that is to stay is containers/ID, a throw-away one (--rm) tmp/run-ID: what a killed
 * launcher leaves in tmp is removed by whoever comes next. The folder itself is locked, flock(2),
 * for as long as the container is made, runs, or is removed.
 */
#pragma once

#include "image/store.h"

#define CONTAINER_ID_LEN 64

struct container {
	const char *id;
	const char *name;  /* or NULL */
	const char *image; /* the name that it was started by, or NULL */
	struct digest image_id;
	const char *created;   /* RFC 3339, UTC */
	struct digest *layers; /* diff ids, bottom first */
	size_t n_layers;
	struct strv volumes; /* names of those that it has: see volume.h */
	bool is_squashed;
	bool is_throwaway;
};

/* Where its folder is, an absolute path. */
const char *container_path(const struct store *s, const struct container *c,
			   struct arena *a);

/**
 * container_make() - record a container and make its folders
 * @s:       the caller holds "store" shared
 * @c:       borrowed
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
 * Return: 0; -ENOENT; -EEXIST when several begin so.
 */
int container_find(const struct store *s, const char *typed, struct arena *a,
		   struct container *ret, struct err *err);

/* The record in a container's folder. 0 or a negative errno with @err filled. */
int container_read(int dir, struct arena *a, struct container *ret, struct err *err);

/* Holds a kept container. -EBUSY with @err filled when it runs. */
int container_hold(const struct store *s, const struct container *c, struct arena *a,
		   int *ret_dir, struct err *err);

/* Does it run now, or is it being made or removed? */
bool container_is_held(const struct store *s, const struct container *c, struct arena *a);

/* Its config.json, and the exit code of its last run: -1 when it has none yet. */
int container_read_config(int dir, struct arena *a, char **ret, size_t *ret_len,
			  struct err *err);
int container_exit_code(const struct store *s, const struct container *c,
			struct arena *a);
/* Notes the exit code. 0 or a negative errno. */
int container_set_exit_code(int dir, int code);

/* All containers, throw-away ones too. A record that cannot be read is an error: what it needs
 * is not known. */
int container_list(const struct store *s, struct arena *a, struct container **ret,
		   size_t *ret_n, struct err *err);

/**
 * container_discard() - move a container's folder, or any other, to where it is removed
 * @from: "containers/ID"
 * Return: 0, and the name in tmp; or a negative errno.
 */
int container_discard(const struct store *s, const char *from, struct arena *a,
		      const char **ret_name, struct err *err);

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
