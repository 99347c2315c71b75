// SPDX-License-Identifier: Apache-2.0
/*
 * archive.c - fuzz target: an archive of images, from its bytes to its manifests and blobs
 *
 * An input is the archive, whatever it is packed with.
 */
#include "archive.h"

#include <string.h>
#include <sys/mman.h>

#include "fuzz.h"
#include "sys/fd.h"

#define MAX_TRIED_NAMES 4
#define MAX_TRIED_BLOBS 4

/* No registry is asked. */
int source_open_registry(const struct image_ref *ref, const struct source_options *o,
			 struct arena *a, struct source **ret, struct err *err)
{
	return err_say(err, -ENETDOWN, "%s", ref->repository);
}

struct counter {
	struct sink sink;
	uint64_t bytes;
};

static int count_write(struct sink *s, const void *bytes, size_t len, struct err *err)
{
	((struct counter *)s)->bytes += len;
	return 0;
}

static void try_blob(struct source *s, const struct descriptor *d)
{
	struct counter c = {.sink = {count_write}};
	struct err err = {0};
	int r = s->ops->blob(s, d, 0, &c.sink, &err);

	if (r < 0)
		fuzz_check_err(r, &err);
	else
		fuzz_check(c.bytes == d->size, "%llu bytes of %llu",
			   (unsigned long long)c.bytes, (unsigned long long)d->size);
}

static void try_source(struct source *s, bool is_docker)
{
	_cleanup_arena_ struct arena a = {0};
	struct document doc = {0};
	struct manifest m = {0};
	struct err err = {0};
	int r = s->ops->manifest(s, NULL, &a, &doc, &err);

	if (r < 0) {
		fuzz_check(!is_docker, "no manifest was made up: %s", err.message);
		fuzz_check_err(r, &err);
		return;
	}
	fuzz_check(strlen(doc.text) <= doc.len, "a manifest without end");
	r = manifest_parse(doc.text, doc.len, doc.media_type, &a, &m, &err);
	if (r < 0) {
		fuzz_check(!is_docker, "a bad manifest was made up: %s", err.message);
		fuzz_check_err(r, &err);
		return;
	}
	try_blob(s, &m.config);
	for (size_t i = 0; i < m.n_layers && i < MAX_TRIED_BLOBS; i++)
		try_blob(s, &m.layers[i]);
}

static void try_open(const char *path, enum archive_kind kind, const char *name)
{
	_cleanup_arena_ struct arena a = {0};
	_cleanup_source_ struct source *s = NULL;
	struct image_ref ref = {.path = path, .name = name};
	struct err err = {0};
	int r;

	ref.transport = kind == ARCHIVE_OCI ? REF_OCI_ARCHIVE : REF_DOCKER_ARCHIVE;
	r = source_open(&ref, NULL, &a, &s, &err);
	if (r < 0)
		fuzz_check_err(r, &err);
	else
		try_source(s, kind == ARCHIVE_DOCKER);
}

static void try_kind(const char *path, enum archive_kind kind)
{
	_cleanup_arena_ struct arena a = {0};
	struct strv names = {0};
	struct err err = {0};
	int r = archive_names(path, NULL, kind, &a, &names, &err);

	try_open(path, kind, NULL);
	if (r < 0) {
		fuzz_check_err(r, &err);
		return;
	}
	for (size_t i = 0; i < names.n && i < MAX_TRIED_NAMES; i++)
		try_open(path, kind, names.v[i]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_fd_ int file = memfd_create("archive", MFD_CLOEXEC), plain = -EBADF;
	enum archive_kind kind;
	struct fd_path path;
	struct err err = {0};
	int r;

	fuzz_check(file >= 0 && fd_write_all(file, data, size) == 0, "a file in memory");
	r = archive_open_plain(fd_path(file).path, &plain, &err);
	if (r == 0) {
		path = fd_path(plain);
		r = archive_detect(path.path, NULL, &kind, &err);
	}
	if (r < 0) {
		fuzz_check_err(r, &err);
		return 0;
	}
	try_kind(path.path, kind);
	try_kind(path.path, kind == ARCHIVE_OCI ? ARCHIVE_DOCKER : ARCHIVE_OCI);
	return 0;
}
