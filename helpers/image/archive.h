/* SPDX-License-Identifier: Apache-2.0 */
/*
 * archive.h - images in one file: what `docker save` and `skopeo copy oci-archive:` write
 */
#pragma once

#include "source.h"

enum archive_kind { ARCHIVE_OCI, ARCHIVE_DOCKER };

/* An image to be written: its documents and where its blobs are. */
struct archive_image {
	const struct document *manifest, *config;
	const struct manifest *parsed;
	const char *name; /* reference that it gets in the archive, or NULL */
};

/**
 * archive_write() - write images into one tar archive
 * @out:   borrowed; need not be seekable
 * @blobs: borrowed folder with the blobs, called by their hexadecimal digest
 *
 * docker-archive: layers as plain tar, inflated while they are written, manifest.json and
 * repositories as docker writes them. oci-archive: the blobs as they are, index.json with a
 * ref.name each. Names, owners and times in the archive do not depend on the machine: the same
 * images give the same bytes. Return: 0 or a negative errno with @err filled.
 */
int archive_write(int out, enum archive_kind kind, int blobs,
		  const struct archive_image *images, size_t n_images, struct err *err);

/**
 * archive_open_plain() - open an archive so that it can be read at any place
 * @path:   of the host; "-" or "/dev/stdin" is standard input
 * @ret_fd: the file itself where it is a plain tar archive; what is compressed (gzip, zstd, xz,
 *          bzip2) or comes through a pipe is copied to a file without a name first, in $TMPDIR
 *          or /var/tmp
 *
 * The functions below do so by themselves. A caller that needs several of them, or has standard
 * input, which can be read only once, does it first and calls the rest with fd_path(). Return: 0
 * or a negative errno with @err filled.
 */
int archive_open_plain(const char *path, int *ret_fd, struct err *err);

/* Which kind of archive is it? Looks at its entries; a compressed one (gzip, zstd) too. What has
 * both, as docker writes it since version 25, is docker's: its manifest.json has the whole names,
 * its index.json not always. @name: for messages; NULL: @path */
int archive_detect(const char *path, const char *name, enum archive_kind *ret,
		   struct err *err);

/* The names of the images in an archive, as it gives them. One without a name is
 * "@N", counted from 0, which opens it. */
int archive_names(const char *path, const char *name, enum archive_kind kind,
		  struct arena *a, struct strv *ret, struct err *err);
