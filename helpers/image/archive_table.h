/* SPDX-License-Identifier: Apache-2.0 */
/*
 * archive_table.h - where the members of a tar archive are, found by one look through it
 *
 * The archive is hostile. Of its members only names, places and sizes are kept, with limits; a
 * sparse file, a device, a name with "..", and a size beyond the end of the file are refused. Of
 * members with the same name the last one counts, as for tar(1).
 */
#pragma once

#include "files.h"

#define ARCHIVE_MAX_MEMBERS	 20000
#define ARCHIVE_MAX_NAME_BYTES	 4096
#define ARCHIVE_MAX_NAMES_BYTES	 (8u << 20) /* of all names */
#define ARCHIVE_MAX_HEADER_BYTES (4u << 20) /* of one member, with all that extends it */
#define ARCHIVE_MAX_BYTES	 (1ull << 40) /* of what is spooled */

/**
 * archive_table_open() - the members of an archive as files
 * @path: of the host, or "-"; see archive_open_plain()
 * @name: for messages; copied
 *
 * A name may lead over symbolic and hard links of the archive, as in what older versions of
 * docker wrote. Return: 0 or a negative errno with @err filled.
 */
int archive_table_open(const char *path, const char *name, struct files **ret,
		       struct err *err);

/* Of docker: see archive_docker.c. */
int docker_open(struct files *f, const struct image_ref *ref, struct source **ret,
		struct err *err);
int docker_names(const struct files *f, struct arena *a, struct strv *ret,
		 struct err *err);
