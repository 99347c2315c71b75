// SPDX-License-Identifier: Apache-2.0
/*
 * archive_read.c - oci-archive: and docker-archive:, see archive.h
 */
#include "archive.h"
#include "archive_table.h"

/* 1, 0 or a negative errno. */
static int has_file(const struct files *f, const char *name, struct err *err)
{
	_cleanup_extent_ struct extent e = EXTENT_NONE;
	int r = f->find(f, name, &e, err);

	return r == -ENOENT ? 0 : r < 0 ? r : 1;
}

static int detect(const struct files *f, enum archive_kind *ret, struct err *err)
{
	int r = has_file(f, "manifest.json", err);

	if (r == 0) {
		r = has_file(f, "oci-layout", err);
		if (r > 0)
			*ret = ARCHIVE_OCI;
	} else if (r > 0) {
		*ret = ARCHIVE_DOCKER;
	}
	if (r != 0)
		return MIN(r, 0);
	err_say(err, -EINVAL,
		"'%s' is no archive of images: there is neither "
		"'manifest.json' nor 'oci-layout' in it",
		f->name);
	if (has_file(f, "repositories", NULL) > 0)
		err_hint(err, -EINVAL,
			 "It comes from a docker before 1.10: load it with "
			 "a newer one and save it again.");
	else
		err_hint(err, -EINVAL,
			 "A tar archive of files becomes an image by urun import");
	return -EINVAL;
}

int archive_detect(const char *path, const char *name, enum archive_kind *ret,
		   struct err *err)
{
	_cleanup_files_ struct files *f = NULL;
	int r = archive_table_open(path, shown(name ? name : path).text, &f, err);

	return r < 0 ? r : detect(f, ret, err);
}

int archive_names(const char *path, const char *name, enum archive_kind kind,
		  struct arena *a, struct strv *ret, struct err *err)
{
	_cleanup_files_ struct files *f = NULL;
	int r = archive_table_open(path, shown(name ? name : path).text, &f, err);

	if (r < 0)
		return r;
	return kind == ARCHIVE_OCI ? layout_names(f, a, ret, err)
				   : docker_names(f, a, ret, err);
}

int source_open_archive(const struct image_ref *ref, const struct source_options *o,
			struct arena *a, struct source **ret, struct err *err)
{
	bool is_oci = ref->transport == REF_OCI_ARCHIVE;
	const char *name = files_name(is_oci ? "oci-archive" : "docker-archive", ref, a);
	struct files *f = NULL;
	int r = archive_table_open(ref->path, name, &f, err);

	(void)o;
	if (r < 0)
		return r;
	return is_oci ? layout_open(f, ref, ret, err) : docker_open(f, ref, ret, err);
}
