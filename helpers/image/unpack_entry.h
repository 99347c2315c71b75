/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unpack_entry.h - entries of a tar stream, one after the other, into a folder
 */
#pragma once

#include <archive.h>
#include <archive_entry.h>

#include "unpack.h"

#define ENTRY_MAX_PATH 4096
#define ENTRY_MAX_NAME 255

struct entry_writer;

/**
 * entry_writer_open() - get ready to fill a folder
 * @tree: borrowed descriptor of it
 * @o:    borrowed until entry_writer_free()
 *
 * With want_squash the folder itself gets the attribute of its owner, even when the layer does
 * not name it: fuse-overlayfs looks at no file of a layer whose root folder has none.
 * Return: 0 or a negative errno.
 */
int entry_writer_open(int tree, const struct unpack_options *o, struct entry_writer **ret,
		      struct err *err);

/**
 * entry_writer_add() - one entry
 * @a: borrowed; what the entry holds is read from it
 * @e: borrowed; what archive_read_next_header(3) gave
 *
 * Return: 0; -EPERM for what is refused, -EFBIG over a limit, -EBADMSG when the stream is
 * damaged, -EINVAL for an owner that is not mapped, or another negative errno.
 */
int entry_writer_add(struct entry_writer *w, struct archive *a, struct archive_entry *e,
		     struct err *err);

/* Gives the folders that are still being filled their modes and times. */
int entry_writer_finish(struct entry_writer *w, struct err *err);

uint64_t entry_writer_count(const struct entry_writer *w);

void entry_writer_free(struct entry_writer *w); /* NULL is nothing */
static inline void entry_writer_freep(struct entry_writer **w)
{
	entry_writer_free(*w);
}

/* An error of libarchive: the stream is damaged. @e: the entry it was in, or NULL. */
int entry_damaged(struct archive *a, struct archive_entry *e, struct err *err);
