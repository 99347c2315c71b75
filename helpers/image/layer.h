/* SPDX-License-Identifier: Apache-2.0 */
/*
 * layer.h - one layer into the store: downloaded, hashed, inflated and unpacked at once
 *
 * The bytes go two ways as they come: into a file in tmp, and through a pipe to a process of
 * their own that unpacks them (unpack.h). What is whole and right is renamed to where it
 * belongs. A download that was broken off goes on where it was.
 */
#pragma once

#include "image/store.h"
#include "progress.h"
#include "source.h"

struct layer_job {
	const struct store *store;
	struct source *source; /* NULL: the blob must be in the store */
	const struct descriptor *blob;
	const struct digest *diff_id;
	int userns; /* that owns the store's files, or -1 */
	bool is_squashed;
	struct progress *progress;
	size_t index; /* of the progress's blobs */
};

/**
 * layer_bring() - make sure that a layer's blob is in the store, and that it is unpacked
 *
 * Waits for whoever is at the same blob, and then finds it there. Several threads may be in here,
 * with different blobs. Return: 0 or a negative errno with @err filled.
 */
int layer_bring(const struct layer_job *j, struct arena *a, struct err *err);

/* Writes a small document to where blobs are. */
int layer_put_document(const struct store *s, const struct document *doc,
		       struct err *err);
