// SPDX-License-Identifier: Apache-2.0
/*
 * source_dir.c - dir:DIR, the plain files that skopeo writes
 *
 *	version			"Directory Transport Version: 1.1"
 *	manifest.json		the top document
 *	HEX.manifest.json	what an index names, when all of it was copied
 *	HEX			blobs
 */
#include <string.h>

#include "files.h"

#define MAX_VERSION_BYTES 4096u

struct source_dir {
	struct source source;
	struct files *files;
};

static int dir_manifest(struct source *s, const struct digest *want, struct arena *a,
			struct document *ret, struct err *err)
{
	const struct files *f = ((struct source_dir *)s)->files;
	_cleanup_extent_ struct extent e = EXTENT_NONE;
	const char *name;
	int r;

	if (!want)
		return files_document(f, "manifest.json", NULL, a, ret, err);
	name = arena_printf(a, "%s.manifest.json", digest_hex(want));
	r = f->find(f, name, &e, err);
	if (r < 0 && r != -ENOENT)
		return r;
	return files_document(f, r < 0 ? "manifest.json" : name, want, a, ret, err);
}

static int dir_blob(struct source *s, const struct descriptor *d, uint64_t offset,
		    struct sink *to, struct err *err)
{
	const struct files *f = ((struct source_dir *)s)->files;
	_cleanup_extent_ struct extent e = EXTENT_NONE;
	int r = files_find(f, digest_hex(&d->digest), &e, err);

	return r < 0 ? r : extent_send(&e, d, offset, s->name, to, err);
}

static void dir_close(struct source *s)
{
	struct source_dir *dir = (struct source_dir *)s;

	files_close(&dir->files);
	free(dir);
}

static const struct source_ops dir_ops = {dir_manifest, dir_blob, dir_close};

/* Another format would be called 2.0; a folder without the file is an old one. */
static int check_version(const struct files *f, struct err *err)
{
	static const char want[] = "Directory Transport Version: 1.";
	_cleanup_arena_ struct arena a = {0};
	_cleanup_extent_ struct extent e = EXTENT_NONE;
	char *text;
	size_t len;
	int r = f->find(f, "version", &e, err);

	if (r == -ENOENT)
		return 0;
	if (r == 0)
		r = extent_read(&e, "version", MAX_VERSION_BYTES, &a, &text, &len, err);
	if (r < 0)
		return r;
	if (strncmp(text, want, strlen(want)) != 0)
		return err_say(err, -ENOTSUP, "'%s' has a version that is not known: %s",
			       f->name, shown(text).text);
	return 0;
}

int source_open_dir(const struct image_ref *ref, const struct source_options *o,
		    struct arena *a, struct source **ret, struct err *err)
{
	_cleanup_files_ struct files *f = NULL;
	_cleanup_extent_ struct extent e = EXTENT_NONE;
	struct source_dir *s;
	int r;

	(void)o;
	r = files_open_folder(ref->path, files_name("dir", ref, a), &f, err);
	if (r == 0)
		r = check_version(f, err);
	if (r == 0)
		r = files_find(f, "manifest.json", &e, err);
	if (r < 0)
		return r;
	s = calloc(1, sizeof(*s));
	if (!s)
		return err_set(err, -ENOMEM, "open '%s'", f->name);
	s->files = f;
	s->source = (struct source){.ops = &dir_ops, .name = f->name};
	f = NULL;
	*ret = &s->source;
	return 0;
}
