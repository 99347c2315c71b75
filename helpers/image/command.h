/* SPDX-License-Identifier: Apache-2.0 */
/*
 * command.h - the commands of urun-image, and what they have in common
 *
 *	urun-image COMMAND --store=DIR [--userns-fd=N] [--squash] [OPTIONS] [WORD...]
 *
 * Called by urun only. Standard output carries one JSON document for it; what people read goes
 * to standard error. Exit code 0 or 125.
 */
#pragma once

#include "image/store.h"
#include "source.h"

struct command {
	struct arena *arena;
	struct store store;
	int userns; /* borrowed; -1: none is needed */
	bool is_squashed, is_quiet;
	const char *platform;
	struct source_options source;
	char **words; /* behind the options */
	size_t n_words;
	struct json *answer;
};

/**
 * pull() - bring an image, with all of its layers, into the store
 *
 * words: a reference. Answers {"digest": of the manifest, "name": or none}.
 */
int pull(struct command *c, struct err *err);

/* Computes the digest of each blob in the store. Answers {"damaged": [HEX...]}. */
int verify_blobs(struct command *c, struct err *err);

/* Unpacks what is missing of an image in the store. words: the digest of its manifest. */
int unpack_image(struct command *c, struct err *err);
