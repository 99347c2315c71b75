/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fsck.h - look the whole store over, and mend it
 *
 * What is mended is what cannot be right: nothing that could be somebody's data is removed. A
 * container without a record that has changes in it goes to lost/ in the store, where a user
 * finds it.
 */
#pragma once

#include "image/volume.h"

struct fsck {
	const struct store *store;
	struct arena *arena;
	bool want_repair;
	const struct strv *damaged; /* names of blobs whose digest is another */
	/* Told of each finding: where it is, what is wrong, and what was done or would mend
	 * it. */
	void (*say)(void *data, const char *where, const char *what, const char *mend);
	void *data;
	unsigned int n_findings;
	bool has_index; /* set by the checks */
};

/**
 * fsck_store() - all checks, in an order in which what one mends is right for the next
 * @f: the caller holds "store" exclusively
 *
 * What has to be removed as root of the namespace of the files is moved to tmp: a sweep follows.
 * Return: 0, also with findings; a negative errno when the store cannot be looked at.
 */
int fsck_store(struct fsck *f, struct err *err);
