/* SPDX-License-Identifier: Apache-2.0 */
/*
 * saved.h - an image of the store as it goes elsewhere: into archives, folders, registries
 */
#pragma once

#include "image/store.h"
#include "source.h"

struct saved {
	struct store_image image;
	struct document manifest, config;
};

/**
 * saved_read() - read an image, with a manifest of the kind that is wanted
 * @typed: as for store_find()
 * @type:  OCI_MANIFEST or DOCKER_MANIFEST; NULL: the one that it has
 *
 * The image's id is that of its config, and stays. Return: 0; -ENOTSUP when that kind cannot have
 * its layers; another negative errno with @err filled.
 */
int saved_read(const struct store *s, const char *typed, const struct platform *p,
	       const char *type, struct arena *a, struct saved *ret, struct err *err);

/* The type that "oci" or "v2s2" stands for. */
const char *saved_type(const char *format);
