/* SPDX-License-Identifier: Apache-2.0 */
/*
 * volume.h - folders that outlive containers
 *
 *	volumes/NAME/volume.json	a record: when it was made, labels
 *	volumes/NAME/_data		what containers see; owners as the default map puts them
 *	volumes/NAME/fresh		there until the first container has filled it with what
 *					its image has at that place: empty, or "x" meanwhile
 *
 * volumes/NAME itself is held, flock(2): shared by whoever runs a container with it, exclusively
 * by whoever removes it. A container that is kept names its volumes in its record. Those without
 * a name of a throw-away container are in that container's own folder, and go with it.
 */
#pragma once

#include "image/container.h"

#define VOLUME_MAX_NAME 200

struct volume {
	const char *name;
	const char *created; /* RFC 3339, UTC */
	struct strv labels;  /* KEY=VALUE */
	bool is_anonymous;
};

/* A name becomes a name of a folder. -EINVAL with @err filled. */
int volume_check_name(const char *name, struct err *err);

/* ".../volumes/NAME/_data" */
const char *volume_path(const struct store *s, const char *name, struct arena *a);

/**
 * volume_make() - a new, empty volume
 * @s:  the caller holds "store" shared
 * @v:  borrowed
 *
 * Return: 0; -EEXIST when there is one of this name; another negative errno with @err filled.
 */
int volume_make(const struct store *s, const struct volume *v, struct arena *a,
		struct err *err);

/* The folders of a volume, in a folder that is there: for a container's own. */
int volume_fill_folder(int dir, const struct volume *v);

int volume_write_record(int dir, const struct volume *v);

/* -ENOENT when there is none. */
int volume_read(const struct store *s, const char *name, struct arena *a,
		struct volume *ret, struct err *err);

/* A name, or the beginning of one. -ENOENT, -EEXIST when several begin so. */
int volume_find(const struct store *s, const char *typed, struct arena *a,
		struct volume *ret, struct err *err);

/* All volumes, by name. One that cannot be read has no more than its name. */
int volume_list(const struct store *s, struct arena *a, struct volume **ret,
		size_t *ret_n, struct err *err);

/**
 * volume_hold() - see to it that nobody removes a volume
 * @is_exclusive: by who removes it himself: -EBUSY when it is used
 *
 * Return: 0; -ENOENT, also when it was removed meanwhile; -EBUSY; another negative errno.
 */
int volume_hold(const struct store *s, const char *name, bool is_exclusive,
		struct arena *a, int *ret_fd);

/* The container whose record names a volume, or NULL. */
const struct container *volume_user(const char *name, const struct container *containers,
				    size_t n);
