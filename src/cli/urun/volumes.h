/* SPDX-License-Identifier: Apache-2.0 */
/*
 * volumes.h - volumes of containers, and what the verbs that remove things share
 */
#pragma once

#include "cli/urun/images.h"
#include "cli/urun/request.h"
#include "image/volume.h"

/* The volumes of one container, while it runs. */
struct volumes {
	struct strv names;     /* of the store */
	struct strv anonymous; /* among them, or the container's own */
	int *locks;	       /* owned */
	size_t n_locks;
};

/**
 * volumes_place() - name those without a name, and set the sources of all
 * @q: read; the spec's operations are changed. Nothing is made yet
 */
int volumes_place(struct images *m, struct request *q, struct volumes *v,
		  struct err *err);

/* Makes those that are not there, and holds them. The caller holds "store" shared. */
int volumes_take(struct images *m, const struct request *q, struct volumes *v,
		 struct err *err);

/* Makes those of a throw-away container, in its folder. */
int volumes_make_own(int container, const struct request *q, const struct volumes *v,
		     struct err *err);

void volumes_release(struct volumes *v);

/* For a container that was not made: those without a name are nobody's. */
void volumes_undo(struct images *m, struct volumes *v);

/**
 * volumes_remove() - remove a volume that nothing uses
 * Return: 0; -ENOENT; -EBUSY, and @err names the container.
 */
int volumes_remove(struct images *m, const char *name, struct err *err);

/* Asks on standard output and reads an answer, unless @is_forced. 0; -ECANCELED for no. */
int volumes_confirm(const char *question, bool is_forced, struct err *err);
