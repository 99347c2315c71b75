/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pull.h - the steps by which every image comes into the store, wherever it is from
 */
#pragma once

#include "command.h"

/**
 * pull_layers() - bring and unpack all layers of an image, several at once
 * @source: NULL: the blobs must be in the store
 */
int pull_layers(struct command *c, struct source *source, const struct manifest *m,
		const struct image_config *config, struct err *err);

struct pulled {
	struct descriptor manifest;
	struct digest id; /* of the config */
};

/**
 * pull_image() - bring an image of a source: documents and layers, but no name
 * @c:             "store" is held shared
 * @want_manifest: that of the source; else one that is there with the same config will do: it is
 *                 the same image, in other blobs
 */
int pull_image(struct command *c, struct source *source, bool want_manifest,
	       struct pulled *ret, struct err *err);

/* To the disk: after it, images may be named. After a crash one is whole, or not there. */
int pull_sync(struct command *c, struct err *err);

/* What an image is called in the store that has this name in a layout or an archive at @path; NULL
 * when it gets none. @path: NULL when that has no name. */
const char *pull_name(const char *name, const char *path, struct arena *a);
