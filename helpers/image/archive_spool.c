// SPDX-License-Identifier: Apache-2.0
/*
 * archive_spool.c - an archive that cannot be read at any place becomes a file that can
 *
 * Blobs are read from their places in the archive, by several threads and more than once. What
 * comes through a pipe or is compressed as a whole goes into a file without a name first.
 */
#include <archive.h>
#include <archive_entry.h>
#include <stdio.h>
#include <string.h>

#include "archive.h"
#include "archive_table.h"
#include "inflate.h"
#include "sys/fd.h"

#define MAGIC_BYTES 6

struct filter {
	const char *name;
	const char *magic;
	int (*add)(struct archive *a);
};

static const struct filter filters[] = {
	{"gzip", "\x1f\x8b", archive_read_support_filter_gzip},
	{"zstd", "\x28\xb5\x2f\xfd", archive_read_support_filter_zstd},
	{"xz", "\xfd\x37zXZ", archive_read_support_filter_xz},
	{"bzip2", "BZh", archive_read_support_filter_bzip2},
};

static const struct filter *find_filter(const char *head, size_t len)
{
	for (size_t i = 0; i < ARRAY_SIZE(filters); i++) {
		size_t n = strlen(filters[i].magic);

		if (len >= n && memcmp(head, filters[i].magic, n) == 0)
			return &filters[i];
	}
	return NULL;
}

/* A file that is gone with its last descriptor. */
static int open_unnamed(struct err *err)
{
	const char *dir = getenv("TMPDIR");
	char path[4096];
	int fd;

	if (!dir || dir[0] != '/')
		dir = "/var/tmp";
	fd = fd_create(AT_FDCWD, dir, O_RDWR | O_TMPFILE | O_EXCL, 0600);
	if (fd >= 0)
		return fd;
	/* Some filesystems have no O_TMPFILE. */
	if (snprintf(path, sizeof(path), "%s/urun-XXXXXX", dir) >= (int)sizeof(path))
		return err_set(err, -ENAMETOOLONG, "temporary file in '%s'",
			       shown(dir).text);
	fd = mkostemp(path, O_CLOEXEC);
	if (fd < 0) {
		int r = -errno;

		err_set(err, r, "make a temporary file in '%s'", shown(dir).text);
		return err_hint(err, r, "TMPDIR can name another folder.");
	}
	unlink(path);
	return fd;
}

struct spool {
	struct archive *archive;
	const char *name;
	int in, out;
	char *buf;
	size_t head_len; /* bytes that were read to see what it is */
	uint64_t total;
};

static void spool_end(struct spool *s)
{
	archive_read_free(s->archive);
	free(s->buf);
}

static int read_some(int fd, char *buf, size_t len)
{
	int n;

	do
		n = fd_read_now(fd, buf, len);
	while (n == -EAGAIN);
	return n;
}

static la_ssize_t spool_read(struct archive *a, void *data, const void **ret)
{
	struct spool *s = data;
	int n = (int)s->head_len;

	*ret = s->buf;
	s->head_len = 0;
	if (n == 0)
		n = read_some(s->in, s->buf, FILES_BUFFER_BYTES);
	if (n >= 0)
		return n;
	archive_set_error(a, -n, "%s", strerror(-n));
	return -1;
}

static int say_spool(const struct spool *s, struct err *err)
{
	const char *why = archive_error_string(s->archive);

	return err_say(err, -EBADMSG, "'%s' is damaged: %s", s->name,
		       why ? shown(why).text : "no reason given");
}

/* As for layers: a few bytes that become very many are an attack. */
static int check_size(const struct spool *s, struct err *err)
{
	uint64_t in = (uint64_t)archive_filter_bytes(s->archive, -1);

	if (s->total > ARCHIVE_MAX_BYTES ||
	    (s->total > INFLATE_FREE_BYTES && s->total / INFLATE_MAX_RATIO > in))
		return err_say(err, -EFBIG, "'%s' becomes too big when it is unpacked",
			       s->name);
	return 0;
}

static int spool_copy(struct spool *s, struct err *err)
{
	for (;;) {
		const void *block;
		la_int64_t at;
		size_t len;
		int r = archive_read_data_block(s->archive, &block, &len, &at);

		if (r == ARCHIVE_EOF)
			return 0;
		if (r != ARCHIVE_OK)
			return say_spool(s, err);
		s->total += len;
		r = check_size(s, err);
		if (r < 0)
			return r;
		r = fd_write_all(s->out, block, len);
		if (r < 0) {
			err_set(err, r, "unpack '%s' into a temporary file", s->name);
			return err_hint(err, r, "TMPDIR can name another folder.");
		}
	}
}

/* Reads enough to see what it is. */
static int read_head(struct spool *s, struct err *err)
{
	s->buf = malloc(FILES_BUFFER_BYTES);
	s->archive = archive_read_new();
	if (!s->buf || !s->archive)
		return err_set(err, -ENOMEM, "read '%s'", s->name);
	while (s->head_len < MAGIC_BYTES) {
		int n = read_some(s->in, s->buf + s->head_len,
				  FILES_BUFFER_BYTES - s->head_len);

		if (n < 0)
			return err_set(err, n, "read '%s'", s->name);
		if (n == 0)
			return 0;
		s->head_len += (size_t)n;
	}
	return 0;
}

static int spool(int in, const char *name, int *ret_fd, struct err *err)
{
	_cleanup_fd_ int out = open_unnamed(err);
	_cleanup_(spool_end) struct spool s = {.in = in, .out = out, .name = name};
	const struct filter *filter;
	struct archive_entry *e;
	int r = out < 0 ? out : read_head(&s, err);

	if (r < 0)
		return r;
	filter = find_filter(s.buf, s.head_len);
	/* A warning says that another program would be started for it. */
	if (filter && filter->add(s.archive) != ARCHIVE_OK)
		return err_say(err, -ENOTSUP,
			       "'%s' is compressed by %s, which this "
			       "libarchive cannot undo",
			       name, filter->name);
	archive_read_support_format_raw(s.archive);
	if (s.head_len > 0) {
		if (archive_read_open(s.archive, &s, NULL, spool_read, NULL) !=
			    ARCHIVE_OK ||
		    archive_read_next_header(s.archive, &e) != ARCHIVE_OK)
			return say_spool(&s, err);
		r = spool_copy(&s, err);
	}
	if (r == 0)
		*ret_fd = fd_take(&out);
	return r;
}

/* Can it be read at any place as it is? 1, 0 or a negative errno. */
static int is_plain(int fd, const char *name, struct err *err)
{
	char head[MAGIC_BYTES];
	struct stat st;
	ssize_t n;
	int r = fd_stat(fd, &st);

	if (r < 0)
		return err_set(err, r, "stat '%s'", name);
	if (S_ISDIR(st.st_mode)) {
		err_set(err, -EISDIR, "archive '%s'", name);
		return err_hint(err, -EISDIR, "A folder is oci:DIR or dir:DIR.");
	}
	if (S_ISCHR(st.st_mode) || S_ISBLK(st.st_mode))
		return err_say(err, -EINVAL, "archive '%s' is a device", name);
	/* A redirected file may have been read already up to some place. */
	if (!S_ISREG(st.st_mode) || lseek(fd, 0, SEEK_CUR) != 0)
		return 0;
	n = pread(fd, head, sizeof(head), 0);
	if (n < 0)
		return err_set(err, -errno, "read '%s'", name);
	return !find_filter(head, (size_t)n);
}

int archive_open_plain(const char *path, int *ret_fd, struct err *err)
{
	bool is_stdin = strcmp(path, "-") == 0 || strcmp(path, "/dev/stdin") == 0;
	_cleanup_fd_ int fd = is_stdin ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3)
				       : fd_open(AT_FDCWD, path, O_RDONLY | O_NOCTTY);
	struct shown name = shown(is_stdin ? "standard input" : path);
	int r;

	if (fd < 0)
		return err_set(err, is_stdin ? -errno : fd, "open archive '%s'",
			       name.text);
	r = is_plain(fd, name.text, err);
	if (r < 0)
		return r;
	if (r == 0)
		return spool(fd, name.text, ret_fd, err);
	*ret_fd = fd_take(&fd);
	return 0;
}
