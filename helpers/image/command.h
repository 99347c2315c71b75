/* SPDX-License-Identifier: Apache-2.0 */
/*
 * command.h - the commands of urun-image, and what they have in common
 *
 *	urun-image COMMAND [--store=DIR] [--userns-fd=N] [--squash] [OPTIONS] [WORD...]
 *
 * Called by urun only. Standard output carries one JSON document for it; what people read goes
 * to standard error. Exit code 0, 125, or STORE_EXIT_FULL.
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
	/* of commit, import, save */
	struct strv changes;
	const char *author, *message, *format;
	const char *output; /* a folder */
	int out;	    /* borrowed; -1: none */
	bool is_multi;
	bool is_fuse; /* fuse-overlayfs wrote the container's changes */
	const char *
		manifest; /* of push, save: "oci", "v2s2"; NULL: as it is, or as @format */
	const char *name; /* of save: instead of the image's own; "": none */
	/* of login, logout, search, which need no store */
	bool is_get, is_all, want_tags;
	uint32_t limit; /* 0: the default */
	char **words;	/* behind the options */
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

/**
 * load() - bring all images of an archive or a folder
 *
 * words: its path, or "-". Answers {"images": [{"name": or none, "id": }...]}.
 */
int load(struct command *c, struct err *err);

/* Writes images to c->out or c->output, as c->format says. words: images. Answers {"digest": of the
 * first one's manifest}. */
int save(struct command *c, struct err *err);

/* A new image of a container and what it has changed. words: the container's id, perhaps a name.
 * Answers as new_image_put(). */
int commit(struct command *c, struct err *err);

/* A new image of a tar archive. words: its path, or "-", perhaps a name. The same answer. */
int import_tar(struct command *c, struct err *err);

/**
 * push() - send an image to a registry
 *
 * words: the image; where to, a reference: without it the image's own name. Answers {"digest": of
 * the manifest, "name": where it is now}.
 */
int push(struct command *c, struct err *err);

/**
 * login() - check credentials and store them
 *
 * words: the registry, or none for the first that is searched. With credentials answers
 * {"registry", "where": they are now}; without {"registry", "user": of those that are stored,
 * "works": are they good? not with c->is_get}.
 */
int login(struct command *c, struct err *err);

/* Removes credentials. words: the registry, or none. Answers {"registry", "stillIn": a file of
 * another program that has some}. */
int logout(struct command *c, struct err *err);

/* What registries have. words: a text, or with c->want_tags a repository. Answers {"results":
 * [{"Index", "Name"...}], "failures": [messages of registries that did not answer]}. */
int search(struct command *c, struct err *err);
