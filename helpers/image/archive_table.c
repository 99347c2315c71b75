// SPDX-License-Identifier: Apache-2.0
/*
 * archive_table.c - see archive_table.h
 */
#include "archive_table.h"

#include <archive.h>
#include <archive_entry.h>
#include <string.h>

#include "archive.h"
#include "sys/fd.h"

#define MAX_LINKS	 8
#define SCAN_BLOCK_BYTES 16384u

struct member {
	const char *name; /* "a/b": no "." or ".." in it, no slash at either end */
	const char *link; /* of a link, what it leads to; NULL: a file */
	bool is_hard;	  /* @link is counted from the top */
	uint64_t offset, size;
	size_t order; /* in the archive */
};

struct table {
	struct files files;
	int fd;
	struct arena own;
	struct member *members; /* by name, each name once */
	size_t n_members;
	size_t names_bytes, n_seen;
};

/* --- names --- */

/* Appends the parts of @path to @out, where @len bytes are already. */
static int walk_name(const char *path, size_t len, char out[ARCHIVE_MAX_NAME_BYTES + 1])
{
	while (*path) {
		size_t n = strcspn(path, "/");

		if (n == 2 && path[0] == '.' && path[1] == '.') {
			if (len == 0)
				return -EPERM;
			while (len > 0 && out[len - 1] != '/')
				len--;
			len -= len > 0;
		} else if (n > 0 && !(n == 1 && path[0] == '.')) {
			if (len + (len > 0) + n > ARCHIVE_MAX_NAME_BYTES)
				return -ENAMETOOLONG;
			if (len > 0)
				out[len++] = '/';
			memcpy(out + len, path, n);
			len += n;
		}
		path += n;
		path += *path == '/';
	}
	out[len] = '\0';
	return 0;
}

/* What a link leads to, as a name of the archive. */
static int follow_link(const struct member *m, char out[ARCHIVE_MAX_NAME_BYTES + 1])
{
	const char *slash = m->is_hard ? NULL : strrchr(m->name, '/');
	size_t len = slash ? (size_t)(slash - m->name) : 0;

	if (!m->is_hard && m->link[0] == '/')
		return -EPERM;
	memcpy(out, m->name, len);
	return walk_name(m->link, len, out);
}

static bool has_dotdot(const char *path)
{
	for (; *path; path += *path == '/') {
		size_t n = strcspn(path, "/");

		if (n == 2 && path[0] == '.' && path[1] == '.')
			return true;
		path += n;
	}
	return false;
}

/* --- the look through an archive --- */

struct scan {
	struct table *table;
	struct archive *archive;
	uint64_t pos, size; /* of the file */
	size_t read_bytes;  /* since the last member was seen */
	char block[SCAN_BLOCK_BYTES];
};

/* libarchive keeps a list of what a sparse file consists of, as long as the file says: so there
 * is a limit to what one member may have it read. The content of members is jumped over. */
static la_ssize_t scan_read(struct archive *a, void *data, const void **ret)
{
	struct scan *s = data;
	size_t len = (size_t)MIN(sizeof(s->block), s->size - s->pos);
	ssize_t n;

	if (s->read_bytes > ARCHIVE_MAX_HEADER_BYTES) {
		archive_set_error(a, EFBIG, "a header of more than %u bytes",
				  ARCHIVE_MAX_HEADER_BYTES);
		return -1;
	}
	do
		n = pread(s->table->fd, s->block, len, (off_t)s->pos);
	while (n < 0 && errno == EINTR);
	if (n < 0) {
		archive_set_error(a, errno, "%s", strerror(errno));
		return -1;
	}
	s->pos += (uint64_t)n;
	s->read_bytes += (size_t)n;
	*ret = s->block;
	return n;
}

static la_int64_t scan_skip(struct archive *a, void *data, la_int64_t request)
{
	struct scan *s = data;
	uint64_t len = MIN((uint64_t)request, s->size - s->pos);

	(void)a;
	s->pos += len;
	return (la_int64_t)len;
}

static void scan_end(struct scan **s)
{
	if (*s)
		archive_read_free((*s)->archive);
	free(*s);
}

static int say_damaged(const struct scan *s, struct err *err)
{
	const char *why = archive_error_string(s->archive);
	int code = archive_errno(s->archive);

	if (s->table->n_seen == 0 && code != EFBIG)
		return err_say(err, -EBADMSG, "'%s' is no tar archive",
			       s->table->files.name);
	return err_say(err, code == EFBIG || code == EIO ? -code : -EBADMSG,
		       "'%s' is damaged behind member %zu: %s", s->table->files.name,
		       s->table->n_seen, why ? shown(why).text : "no reason given");
}

static const char *keep(struct table *t, const char *text)
{
	t->names_bytes += strlen(text) + 1;
	return arena_strdup(&t->own, text);
}

/* What may not be in such an archive at all. */
static int refuse_odd(const struct table *t, struct archive_entry *e, const char *name,
		      struct err *err)
{
	const char *what = NULL;
	mode_t kind = archive_entry_filetype(e);
	bool is_link = archive_entry_hardlink(e) || kind == AE_IFLNK;

	if (strlen(name) > ARCHIVE_MAX_NAME_BYTES)
		return err_say(err, -ENAMETOOLONG,
			       "member '%.60s...' of '%s': its name is too long",
			       shown(name).text, t->files.name);
	if (has_dotdot(name))
		what = "leads out of the archive";
	else if (!is_link && kind != AE_IFREG && kind != AE_IFDIR)
		what = "is neither a file nor a folder";
	else if (archive_entry_sparse_count(e) > 0)
		what = "is a sparse file";
	else if (is_link && archive_entry_size(e) > 0)
		what = "is a link with content";
	if (what)
		return err_say(err, -EPERM, "member '%s' of '%s' %s", shown(name).text,
			       t->files.name, what);
	return 0;
}

static int add_member(struct scan *s, struct archive_entry *e, const char *name,
		      struct err *err)
{
	struct table *t = s->table;
	const char *link = archive_entry_hardlink(e);
	char clean[ARCHIVE_MAX_NAME_BYTES + 1];
	struct member m = {.is_hard = link, .order = t->n_seen};
	int64_t size = archive_entry_size(e);

	if (archive_entry_filetype(e) == AE_IFDIR && !link)
		return 0;
	if (!link && archive_entry_filetype(e) == AE_IFLNK)
		link = archive_entry_symlink(e);
	if (walk_name(name, 0, clean) < 0 || (link && !*link))
		return err_say(err, -EINVAL, "member '%s' of '%s' has no good name",
			       shown(name).text, t->files.name);
	m.offset = (uint64_t)archive_filter_bytes(s->archive, 0);
	m.size = (uint64_t)size;
	if (!link && (size < 0 || m.offset > s->size || m.size > s->size - m.offset))
		return err_say(err, -EBADMSG, "member '%s' of '%s' is cut short",
			       shown(name).text, t->files.name);
	m.name = keep(t, clean);
	m.link = link ? keep(t, link) : NULL;
	*ARR_PUSH(&t->own, t, members) = m;
	return 0;
}

static int see_entry(struct scan *s, struct archive_entry *e, struct err *err)
{
	struct table *t = s->table;
	const char *name = archive_entry_pathname(e);
	int r;

	s->read_bytes = 0;
	if (++t->n_seen > ARCHIVE_MAX_MEMBERS)
		return err_say(err, -EFBIG, "'%s' has more than %d members",
			       t->files.name, ARCHIVE_MAX_MEMBERS);
	/* One that cannot be said in this locale: nothing in an image is called so. */
	if (!name)
		return 0;
	r = refuse_odd(t, e, name, err);
	if (r == 0)
		r = add_member(s, e, name, err);
	if (r == 0 && t->names_bytes > ARCHIVE_MAX_NAMES_BYTES)
		r = err_say(err, -EFBIG, "'%s' has names of more than %u bytes",
			    t->files.name, ARCHIVE_MAX_NAMES_BYTES);
	return r;
}

static int scan_all(struct scan *s, struct err *err)
{
	struct archive_entry *e;
	int r;

	for (;;) {
		r = archive_read_next_header(s->archive, &e);
		if (r == ARCHIVE_EOF)
			return 0;
		/* A warning is about what is not used here: times, owners, attributes. */
		if (r != ARCHIVE_OK && r != ARCHIVE_WARN)
			return say_damaged(s, err);
		r = see_entry(s, e, err);
		if (r < 0)
			return r;
	}
}

static int scan(struct table *t, struct err *err)
{
	_cleanup_(scan_end) struct scan *s = calloc(1, sizeof(*s));
	struct stat st;
	int r;

	if (s)
		s->archive = archive_read_new();
	if (!s || !s->archive)
		return err_set(err, -ENOMEM, "open '%s'", t->files.name);
	s->table = t;
	r = fd_stat(t->fd, &st);
	if (r < 0)
		return err_set(err, r, "stat '%s'", t->files.name);
	s->size = (uint64_t)st.st_size;
	if (s->size == 0)
		return err_say(err, -EBADMSG, "'%s' is empty", t->files.name);
	archive_read_support_format_tar(s->archive);
	archive_read_set_callback_data(s->archive, s);
	archive_read_set_read_callback(s->archive, scan_read);
	archive_read_set_skip_callback(s->archive, scan_skip);
	if (archive_read_open1(s->archive) != ARCHIVE_OK)
		return say_damaged(s, err);
	return scan_all(s, err);
}

/* --- the table --- */

static int by_name(const void *one, const void *other)
{
	const struct member *a = one, *b = other;
	int r = strcmp(a->name, b->name);

	return r ? r : (a->order > b->order) - (a->order < b->order);
}

static int compare_name(const void *name, const void *member)
{
	return strcmp(name, ((const struct member *)member)->name);
}

/* Sorts, and leaves the last of each name. */
static void finish(struct table *t)
{
	size_t n = 0;

	if (t->n_members == 0)
		return;
	qsort(t->members, t->n_members, sizeof(*t->members), by_name);
	for (size_t i = 0; i < t->n_members; i++) {
		if (n > 0 && strcmp(t->members[n - 1].name, t->members[i].name) == 0)
			n--;
		t->members[n++] = t->members[i];
	}
	t->n_members = n;
}

static int table_find(const struct files *f, const char *name, struct extent *ret,
		      struct err *err)
{
	const struct table *t = (const struct table *)f;
	char path[ARCHIVE_MAX_NAME_BYTES + 1];
	const struct member *m;
	int r = walk_name(name, 0, path);

	for (int i = 0; r == 0 && i <= MAX_LINKS; i++) {
		m = t->n_members ? bsearch(path, t->members, t->n_members, sizeof(*m),
					   compare_name)
				 : NULL;
		if (!m)
			return -ENOENT;
		if (!m->link) {
			*ret = (struct extent){
				.fd = t->fd, .offset = m->offset, .size = m->size};
			return 0;
		}
		r = follow_link(m, path);
	}
	if (r == -EPERM)
		return err_say(err, r, "'%s' leads out of '%s'", shown(name).text,
			       f->name);
	return err_set(err, r < 0 ? r : -ELOOP, "'%s' in '%s'", shown(name).text,
		       f->name);
}

static void table_close(struct files *f)
{
	struct table *t = (struct table *)f;

	fd_close(&t->fd);
	arena_free(&t->own);
	free(t);
}

int archive_table_open(const char *path, const char *name, struct files **ret,
		       struct err *err)
{
	_cleanup_files_ struct files *f = NULL;
	_cleanup_fd_ int fd = -EBADF;
	struct table *t;
	int r = archive_open_plain(path, &fd, err);

	if (r < 0)
		return r;
	t = calloc(1, sizeof(*t));
	if (!t)
		return err_set(err, -ENOMEM, "open '%s'", name);
	t->fd = fd_take(&fd);
	t->files = (struct files){.find = table_find, .close = table_close};
	t->files.name = arena_strdup(&t->own, name);
	f = &t->files;
	r = scan(t, err);
	if (r < 0)
		return r;
	finish(t);
	f = NULL;
	*ret = &t->files;
	return 0;
}
