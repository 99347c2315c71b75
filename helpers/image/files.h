/* SPDX-License-Identifier: Apache-2.0 */
/*
 * files.h - named pieces of bytes, in a folder or in an archive, and what sources do with them
 *
 * An image layout is the same thing in a folder and in a tar archive: a name leads to bytes in an
 * open file. Everything is read by pread(2), so that several threads may read at once.
 */
#pragma once

#include "source.h"

#define FILES_BUFFER_BYTES (256u << 10)

/* Where bytes are. */
struct extent {
	int fd;
	bool is_own; /* the descriptor is closed with the extent; else it is the archive's */
	uint64_t offset, size;
};

void extent_close(struct extent *e);
#define _cleanup_extent_ _cleanup_(extent_close)
#define EXTENT_NONE	 ((struct extent){.fd = -EBADF})

struct files {
	/* Return: 0; -ENOENT when there is no such file; another negative errno. No message
	 * is needed for -ENOENT. Safe to be called by several threads. */
	int (*find)(const struct files *f, const char *name, struct extent *ret,
		    struct err *err);
	void (*close)(struct files *f);
	const char *name; /* of the whole, fit to be printed */
};

static inline void files_close(struct files **f)
{
	if (*f)
		(*f)->close(*f);
	*f = NULL;
}
#define _cleanup_files_ _cleanup_(files_close)

/**
 * files_open_folder() - the files below a folder that somebody else may have made
 * @path: of the host
 * @name: for messages; copied
 *
 * Links are followed inside of the folder only, and never as the last part of a name. What is no
 * regular file is refused. Return: 0 or a negative errno with @err filled.
 */
int files_open_folder(const char *path, const char *name, struct files **ret,
		      struct err *err);

/* Like find, with a message when there is none. */
int files_find(const struct files *f, const char *name, struct extent *ret,
	       struct err *err);

/* One small file as a string that ends in NUL; -EFBIG over @max, -ENOENT with a message. */
int files_read(const struct files *f, const char *name, size_t max, struct arena *a,
	       char **ret, size_t *ret_len, struct err *err);

/* The same of an extent; @name is for messages. */
int extent_read(const struct extent *e, const char *name, size_t max, struct arena *a,
		char **ret, size_t *ret_len, struct err *err);

/* Hash of all of it. */
int extent_digest(const struct extent *e, const char *name, struct digest *ret,
		  struct err *err);

/**
 * files_document() - one manifest, index or config
 * @want: its digest, which is checked; NULL when any is right
 */
int files_document(const struct files *f, const char *name, const struct digest *want,
		   struct arena *a, struct document *ret, struct err *err);

/**
 * extent_send() - send a blob from @offset on; does the work of source_ops.blob
 * @e:    where it is
 * @d:    what it should be: another size is an error
 * @name: of the source
 */
int extent_send(const struct extent *e, const struct descriptor *d, uint64_t offset,
		const char *name, struct sink *to, struct err *err);

/* Text from outside, fit to be part of a message. */
struct shown {
	char text[320];
};
struct shown shown(const char *text);

/* "oci:PATH" and the like, escaped. */
const char *files_name(const char *transport, const struct image_ref *ref,
		       struct arena *a);

/**
 * layout_open() - an OCI image layout in whatever files it is
 * @f:    owned by the source, also on failure
 * @ref:  its name says which image is meant
 *
 * Source: OCI image specification 1.1, image-layout.md.
 */
int layout_open(struct files *f, const struct image_ref *ref, struct source **ret,
		struct err *err);

/* The names of its images; one without a name is "@N". */
int layout_names(const struct files *f, struct arena *a, struct strv *ret,
		 struct err *err);

/* "@N", the place of an image in an archive, counted from 0. -EINVAL for anything else. */
int files_parse_index(const char *name, size_t n, size_t *ret);

/* "'a', 'b', and 7 more" of the names for a hint; "" when there are none. */
const char *files_list_names(const struct strv *names, struct arena *a);
