// SPDX-License-Identifier: Apache-2.0
/*
 * unpack.c - fuzz target: one layer, from its blob to a folder
 *
 * The first byte has the options, the rest is the blob: plain or compressed. In a plain one the
 * checksums of headers can be put right first, or hardly a change would come further. What comes
 * of it is in a folder of a temporary filesystem, beside another one that must stay as it is.
 */
#include "unpack.h"

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "fuzz.h"
#include "sys/dir.h"
#include "sys/fd.h"

#define MAX_INPUT (256u << 10)
#define BLOCK	  512

enum { WANT_SQUASH = 1, WANT_CHECKSUMS = 2 };

static struct {
	char path[64];
	int root, blob;
	uint8_t bytes[MAX_INPUT];
	struct stat outside, secret;
} place;

static void remove_any(int dir, const char *name)
{
	_cleanup_arena_ struct arena a = {0};
	_cleanup_fd_ int fd = -EBADF;
	struct strv names = {0};

	if (unlinkat(dir, name, 0) == 0 || unlinkat(dir, name, AT_REMOVEDIR) == 0)
		return;
	fd = fd_open(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
	if (fd < 0 && fchmodat(dir, name, 0700, 0) == 0)
		fd = fd_open(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
	if (fd < 0 || fchmod(fd, 0700) < 0 || dir_list(fd, &a, &names) < 0)
		return;
	for (size_t i = 0; i < names.n; i++)
		remove_any(fd, names.v[i]);
	unlinkat(dir, name, AT_REMOVEDIR);
}

static void remove_place(void)
{
	remove_any(place.root, "tree");
	remove_any(place.root, "outside");
	rmdir(place.path);
}

static void stat_outside(struct stat *folder, struct stat *file)
{
	fuzz_check(fstatat(place.root, "outside", folder, 0) == 0, "%s", place.path);
	fuzz_check(fstatat(place.root, "outside/secret", file, 0) == 0, "%s", place.path);
}

/* One place for all inputs, in memory where that can be. */
static void make_place(void)
{
	int fd;

	if (place.path[0])
		return;
	snprintf(place.path, sizeof(place.path), "%s/urun-fuzz-XXXXXX",
		 access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
	fuzz_check(mkdtemp(place.path), "%s", place.path);
	place.root = fd_open(AT_FDCWD, place.path, O_RDONLY | O_DIRECTORY);
	fuzz_check(mkdirat(place.root, "outside", 0755) == 0, "%s", place.path);
	fd = fd_create(place.root, "outside/secret", O_WRONLY | O_CREAT, 0644);
	fuzz_check(fd >= 0 && fd_write_all(fd, "secret", 6) == 0, "%s", place.path);
	close(fd);
	place.blob = memfd_create("blob", MFD_CLOEXEC);
	fuzz_check(place.blob >= 0, "no memory for the blob");
	stat_outside(&place.outside, &place.secret);
	atexit(remove_place);
}

static bool is_same(const struct stat *a, const struct stat *b)
{
	return a->st_ino == b->st_ino && a->st_mode == b->st_mode &&
	       a->st_nlink == b->st_nlink && a->st_size == b->st_size &&
	       a->st_uid == b->st_uid && a->st_ctim.tv_sec == b->st_ctim.tv_sec &&
	       a->st_ctim.tv_nsec == b->st_ctim.tv_nsec;
}

static void check_outside(void)
{
	struct stat folder, secret;

	stat_outside(&folder, &secret);
	fuzz_check(is_same(&folder, &place.outside), "the folder outside was changed");
	fuzz_check(is_same(&secret, &place.secret), "the file outside was changed");
}

/* Source: pax(1): the sum of all bytes, those of the sum itself taken as blanks. */
static void mend_checksum(uint8_t *block)
{
	char text[8];
	unsigned sum = 0;

	memset(block + 148, ' ', 8);
	for (int i = 0; i < BLOCK; i++)
		sum += block[i];
	snprintf(text, sizeof(text), "%06o", sum);
	memcpy(block + 148, text, 7);
}

static void put_blob(uint8_t *data, size_t size, bool want_checksums)
{
	for (size_t at = 0; want_checksums && at + BLOCK <= size; at += BLOCK)
		if (memcmp(data + at + 257, "ustar", 5) == 0)
			mend_checksum(data + at);
	fuzz_check(ftruncate(place.blob, 0) == 0 &&
			   pwrite(place.blob, data, size, 0) == (ssize_t)size &&
			   lseek(place.blob, 0, SEEK_SET) == 0,
		   "%zu bytes", size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char root_of_names[] = "tree";
	struct unpack_options o = {.limits = {.max_bytes = 1 << 20,
					      .max_entries = 200,
					      .max_depth = 16,
					      .max_seconds = 30}};
	struct unpack_result result = {.entries = 12345};
	struct err err = {0};
	int tree, r;

	if (size == 0 || size > MAX_INPUT)
		return 0;
	make_place();
	memcpy(place.bytes, data, size);
	put_blob(place.bytes + 1, size - 1, data[0] & WANT_CHECKSUMS);
	o.want_squash = data[0] & WANT_SQUASH;
	fuzz_check(mkdirat(place.root, root_of_names, 0755) == 0, "%s", place.path);
	tree = fd_open(place.root, root_of_names, O_RDONLY | O_DIRECTORY);
	r = unpack_layer(place.blob, tree, &o, &result, &err);
	close(tree);
	if (r < 0) {
		fuzz_check_err(r, &err);
		fuzz_check(result.entries == 12345, "a failure left something");
	} else {
		fuzz_check(result.entries <= o.limits.max_entries, "too many entries");
	}
	check_outside();
	remove_any(place.root, root_of_names);
	fuzz_check(faccessat(place.root, root_of_names, F_OK, AT_SYMLINK_NOFOLLOW) < 0,
		   "the tree cannot be removed");
	return 0;
}
