/* SPDX-License-Identifier: Apache-2.0 */
/*
 * containers.h - removing containers
 */
#pragma once

#include "cli/urun/images.h"

struct container_removal {
	bool is_forced;	   /* one that runs is ended first */
	bool want_volumes; /* those without a name go with it */
	int grace_ms;	   /* see end_container() */
};

#define REMOVAL_GRACE_MS 10000 /* as podman's */

/**
 * containers_remove() - remove a container
 * @c: as it was found
 *
 * Return: 0, also when a forced one has gone by itself; -EBUSY when it runs; -EUSERS when its files
 * are in use; another negative errno with @err filled.
 */
int containers_remove(struct images *m, const struct container *c,
		      const struct container_removal *how, struct err *err);

/* The last step of it, for who holds the container. */
int containers_discard(struct images *m, const struct container *c, struct err *err);
