/* SPDX-License-Identifier: Apache-2.0 */
/*
 * save.h - what the two ways to save images share
 */
#pragma once

#include "archive.h"
#include "command.h"

struct save_list {
	struct archive_image *v;
	size_t n;
};

/* Into the folder c->output, an OCI layout or what "dir:" reads: made beside, and renamed. */
int save_folder(struct command *c, const struct save_list *l, struct err *err);

/* --- what save_folder.c and save_layout.c share --- */

#define SAVE_FILE_MODE	 0666
#define SAVE_FOLDER_MODE 0777
#define SAVE_REF_NAME	 "org.opencontainers.image.ref.name"

/* A folder that is being made, beside where it goes. */
struct folder {
	int parent, dir, blobs; /* owned */
	const char *name, *temporary;
};
#define NO_FOLDER ((struct folder){-EBADF, -EBADF, -EBADF, NULL, NULL})

/* Makes @f->dir below @f->parent, called by @name and this process, for folder_end(). */
int folder_begin(struct folder *f, struct command *c, const char *name, struct err *err);
void folder_end(struct folder *f);

/* All blobs of the images, in "blobs/sha256" of @f->dir, which becomes @f->blobs. */
int save_layout_blobs(struct command *c, const struct save_list *l, struct folder *f,
		      struct err *err);
/* An entry of an index for each. @list: an array */
void save_put_entries(struct json *list, const struct save_list *l);

/* Into the layout that c->output is. Return: 1; 0 when it is none; a negative errno. */
int save_into_layout(struct command *c, const struct save_list *l, struct err *err);
