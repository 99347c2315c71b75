/* SPDX-License-Identifier: Apache-2.0 */
/*
 * new_image.h - an image that is made here: another one and a layer, or a layer alone
 */
#pragma once

#include "command.h"

struct new_image {
	struct store_image *base; /* NULL: it has this layer only */
	struct json *doc;	  /* its config: changed, and written */
	struct descriptor layer;  /* in the store */
	struct digest diff_id;
	bool is_docker; /* the manifest is Docker's, not OCI's */
	struct image_history step;
	const char *name; /* or NULL */
};

/* The member "config" of a config, made when there is none. */
struct json *new_image_config(struct json *doc);

/**
 * new_image_put() - unpack the layer, write the documents, name the image
 * @c: "store" is held shared; c->author and c->message are its author and comment. Answers
 *     {"id": , "digest": , "name": }
 */
int new_image_put(struct command *c, struct new_image *image, struct err *err);

/* The name as it is given to an image; -EINVAL. */
int new_image_name(const char *typed, struct arena *a, const char **ret, struct err *err);
