// SPDX-License-Identifier: Apache-2.0
/*
 * pack.c - see pack.h
 */
#include "pack.h"

#include <archive.h>
#include <archive_entry.h>
#include <locale.h>
#include <stdio.h>
#include <string.h>
#include <sys/xattr.h>

#include "base/parse.h"
#include "image/store.h"
#include "sys/dir.h"
#include "sys/fd.h"
#include "sys/process.h"
#include "sys/upper.h"
#include "unpack.h"

#define MAX_PATH 4096u
#define MAX_EXTENTS \
	65536u /* of one file; what is behind them is written with its zeros */
#define MAX_XATTRS   65536u /* bytes of names, and of a value: xattr(7) */
#define BUFFER_BYTES (256u << 10)
#define OVERRIDE     "user.containers.override_stat"
#define FOLDER_FLAGS (O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_NONBLOCK)
#define FILE_FLAGS   (O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY)

struct pack {
	const struct pack_options *o;
	const struct unpack_limits *limits;
	struct archive *archive;
	struct archive_entry_linkresolver *links;
	int out, error; /* error: nothing is written any more */
	char *buffer;
	uint64_t n_bytes, n_entries;
	char path[MAX_PATH + 1]; /* of the entry */
};

/* --- errors --- */

struct shown {
	char text[512];
};

static struct shown show(const char *text)
{
	struct shown s;

	text_escape(s.text, sizeof(s.text), text);
	return s;
}

static int failed(const struct pack *p, struct err *err, int r, const char *what)
{
	return err_set(err, r, "%s '%s'", what, show(p->path).text);
}

static int refuse(const struct pack *p, struct err *err, int r, const char *why)
{
	return err_say(err, r, "'%s': %s", show(p->path).text, why);
}

/* --- the stream --- */

/* libarchive never hears of a failure, as in archive_write.c. */
static la_ssize_t write_block(struct archive *a, void *data, const void *block,
			      size_t len)
{
	struct pack *p = data;

	(void)a;
	if (p->error == 0)
		p->error = fd_write_all(p->out, block, len);
	return (la_ssize_t)len;
}

static int check_write(const struct pack *p, bool is_good, struct err *err)
{
	int code = p->error ? p->error : -archive_errno(p->archive);

	if (is_good && p->error == 0)
		return 0;
	return failed(p, err, code < 0 ? code : -EIO, "write to the archive");
}

/* A name that is no UTF-8 is written as it is, with a warning. */
static int write_header(struct pack *p, struct archive_entry *e, struct err *err)
{
	if (p->n_entries++ >= p->limits->max_entries)
		return refuse(p, err, -EFBIG, "there are too many files");
	return check_write(p, archive_write_header(p->archive, e) >= ARCHIVE_WARN, err);
}

static int write_data(struct pack *p, const void *bytes, size_t len, struct err *err)
{
	return check_write(
		p, archive_write_data(p->archive, bytes, len) == (la_ssize_t)len, err);
}

/* --- entries --- */

/* Nothing that overlay drivers keep to themselves. */
static bool is_wanted_xattr(const char *name)
{
	static const char *const left[] = {"user.overlay.", "user.fuseoverlayfs.",
					   "user.containers."};

	for (size_t i = 0; i < ARRAY_SIZE(left); i++)
		if (strncmp(name, left[i], strlen(left[i])) == 0)
			return false;
	return strncmp(name, "user.", 5) == 0 || strcmp(name, "security.capability") == 0;
}

static int add_xattr(const struct pack *p, int fd, const char *name,
		     struct archive_entry *e, struct err *err)
{
	_cleanup_free_ char *value = malloc(MAX_XATTRS);
	ssize_t n = value ? fgetxattr(fd, name, value, MAX_XATTRS) : -1;

	if (!value)
		return failed(p, err, -ENOMEM, "read");
	if (n < 0 && errno == ENODATA)
		return 0;
	if (n < 0)
		return failed(p, err, -errno, "read an attribute of");
	archive_entry_xattr_add_entry(e, name, value, (size_t)n);
	return 0;
}

static int add_xattrs(const struct pack *p, int fd, struct archive_entry *e,
		      struct err *err)
{
	_cleanup_free_ char *list = malloc(MAX_XATTRS);
	_cleanup_arena_ struct arena a = {0};
	ssize_t n = list ? flistxattr(fd, list, MAX_XATTRS) : -1;
	struct strv names = {0};
	int r = 0;

	if (!list)
		return failed(p, err, -ENOMEM, "read");
	if (n < 0 && errno != EOPNOTSUPP)
		return failed(p, err, -errno, "list the attributes of");
	for (ssize_t at = 0; at < n; at += (ssize_t)strlen(list + at) + 1)
		if (is_wanted_xattr(list + at))
			strv_push(&a, &names, list + at);
	strv_sort(&names);
	/* libarchive puts each before those that it has. */
	for (size_t i = names.n; r == 0 && i > 0; i--)
		r = add_xattr(p, fd, names.v[i - 1], e, err);
	return r;
}

/* "UID:GID:0MODE". What is no such text says nothing. */
static void apply_override(int fd, struct archive_entry *e)
{
	char text[128], *fields[4], *at = text;
	ssize_t n = fgetxattr(fd, OVERRIDE, text, sizeof(text) - 1);
	mode_t always = archive_entry_filetype(e) == AE_IFDIR ? 0700 : 0600;
	uint32_t uid, gid, mode;

	if (n < 0)
		return;
	text[n] = '\0';
	for (size_t i = 0; i < ARRAY_SIZE(fields); i++)
		fields[i] = strsep(&at, ":");
	if (!fields[2] || fields[3] || parse_id(fields[0], &uid) < 0 ||
	    parse_id(fields[1], &gid) < 0 || parse_octal(fields[2], 07777, &mode) < 0)
		return;
	archive_entry_set_uid(e, uid);
	archive_entry_set_gid(e, gid);
	/* One that was changed since counts as it is. */
	if (archive_entry_perm(e) == (mode | always))
		archive_entry_set_perm(e, mode);
}

static void fill_entry(const struct pack *p, const struct stat *st,
		       struct archive_entry *e)
{
	char name[sizeof(p->path) + 1];

	snprintf(name, sizeof(name), "%s%s", p->path, S_ISDIR(st->st_mode) ? "/" : "");
	archive_entry_set_pathname(e, name);
	archive_entry_set_filetype(e, st->st_mode & S_IFMT);
	archive_entry_set_perm(e, st->st_mode & 07777);
	archive_entry_set_uid(e, st->st_uid);
	archive_entry_set_gid(e, st->st_gid);
	archive_entry_set_mtime(e, st->st_mtim.tv_sec, st->st_mtim.tv_nsec);
	archive_entry_set_size(e, S_ISREG(st->st_mode) ? st->st_size : 0);
	/* For the finding of hard links. */
	archive_entry_set_dev(e, st->st_dev);
	archive_entry_set_ino(e, (la_int64_t)st->st_ino);
	archive_entry_set_nlink(e, (unsigned)st->st_nlink);
	if (S_ISCHR(st->st_mode) || S_ISBLK(st->st_mode))
		archive_entry_set_rdev(e, st->st_rdev);
}

/* The same file a second time becomes a link to the first. */
static void find_link(struct pack *p, struct archive_entry *e)
{
	struct archive_entry *same = e, *none = NULL;

	archive_entry_linkify(p->links, &same, &none);
}

static void free_entry(struct archive_entry **e)
{
	archive_entry_free(*e);
}
#define _cleanup_entry_ _cleanup_(free_entry)

/* --- files --- */

/* Where a file has content: start, end, start, ... Nothing for one without holes. */
struct extents {
	int64_t *v;
	size_t n_v;
};

static void find_extents(int fd, int64_t size, struct arena *a, struct extents *x)
{
	int64_t at = 0;

	while (at < size) {
		int64_t data = lseek(fd, at, SEEK_DATA), hole = -1;

		if (data < 0 && errno == ENXIO)
			break;
		/* A filesystem that does not tell, or one that lies: FUSE may be the payload's. */
		if (data < at)
			data = at;
		else if (x->n_v < MAX_EXTENTS * 2)
			hole = lseek(fd, data, SEEK_HOLE);
		if (hole <= data || hole > size)
			hole = size;
		if (data < size) {
			*ARR_PUSH(a, x, v) = data;
			*ARR_PUSH(a, x, v) = hole;
		}
		at = hole;
	}
	if (x->n_v == 2 && x->v[0] == 0 && x->v[1] == size)
		x->n_v = 0;
	/* Nothing but a hole: libarchive wants one piece, of no length. */
	for (size_t i = x->n_v; i < 2 && size > 0 && at < size; i++)
		*ARR_PUSH(a, x, v) = 0;
}

static int send_data(struct pack *p, int fd, int64_t at, int64_t end, struct err *err)
{
	while (at < end) {
		size_t want = (size_t)MIN((int64_t)BUFFER_BYTES, end - at);
		ssize_t n = pread(fd, p->buffer, want, at);
		int r;

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return failed(p, err, -errno, "read");
		if (n == 0)
			return refuse(p, err, -EAGAIN, "it was cut while it was read");
		r = write_data(p, p->buffer, (size_t)n, err);
		if (r < 0)
			return r;
		at += n;
	}
	return 0;
}

/* libarchive counts the bytes of holes, and leaves them out. */
static int send_hole(struct pack *p, int64_t len, struct err *err)
{
	int r = 0;

	memset(p->buffer, 0, BUFFER_BYTES);
	while (r == 0 && len > 0) {
		size_t n = (size_t)MIN((int64_t)BUFFER_BYTES, len);

		r = write_data(p, p->buffer, n, err);
		len -= (int64_t)n;
	}
	return r;
}

static int send_content(struct pack *p, int fd, int64_t size, const struct extents *x,
			struct err *err)
{
	int64_t at = 0;
	int r = 0;

	if (x->n_v == 0)
		return send_data(p, fd, 0, size, err);
	for (size_t i = 0; r == 0 && i < x->n_v; i += 2) {
		r = send_hole(p, x->v[i] - at, err);
		if (r == 0)
			r = send_data(p, fd, x->v[i], x->v[i + 1], err);
		at = x->v[i + 1];
	}
	return r < 0 ? r : send_hole(p, size - at, err);
}

/* An open file. */
static int pack_file(struct pack *p, int fd, const struct stat *st, struct err *err)
{
	_cleanup_arena_ struct arena a = {0};
	_cleanup_entry_ struct archive_entry *e = archive_entry_new();
	struct extents x = {0};
	int r;

	if (!e)
		return failed(p, err, -ENOMEM, "read");
	if ((uint64_t)st->st_size > p->limits->max_bytes - p->n_bytes)
		return refuse(p, err, -EFBIG, "the files are too big for an archive");
	p->n_bytes += (uint64_t)st->st_size;
	fill_entry(p, st, e);
	find_link(p, e);
	if (archive_entry_hardlink(e))
		return write_header(p, e, err);
	r = add_xattrs(p, fd, e, err);
	if (r == 0 && p->o->want_squash)
		apply_override(fd, e);
	find_extents(fd, st->st_size, &a, &x);
	for (size_t i = 0; i < x.n_v; i += 2)
		archive_entry_sparse_add_entry(e, x.v[i], x.v[i + 1] - x.v[i]);
	if (r == 0)
		r = write_header(p, e, err);
	return r < 0 ? r : send_content(p, fd, st->st_size, &x, err);
}

/* What has no content, and is not opened. */
static int pack_other(struct pack *p, int dir, const char *name, const struct stat *st,
		      struct err *err)
{
	_cleanup_entry_ struct archive_entry *e = archive_entry_new();
	char target[MAX_PATH + 1];
	ssize_t n;

	if (!e)
		return failed(p, err, -ENOMEM, "read");
	fill_entry(p, st, e);
	if (S_ISLNK(st->st_mode)) {
		n = readlinkat(dir, name, target, sizeof(target) - 1);
		if (n < 0)
			return failed(p, err, -errno, "read the link");
		target[n] = '\0';
		archive_entry_set_symlink(e, target);
	}
	find_link(p, e);
	return write_header(p, e, err);
}

/* --- layers --- */

/* Adds a component to the path. */
static int enter_name(struct pack *p, const char *prefix, const char *name,
		      struct err *err)
{
	size_t len = strlen(p->path), left = sizeof(p->path) - len;
	int n = snprintf(p->path + len, left, "%s%s%s", len ? "/" : "", prefix, name);

	return n >= (int)left ? refuse(p, err, -ENAMETOOLONG, "its name is too long") : 0;
}

static int write_whiteout(struct pack *p, const char *prefix, const char *name,
			  struct err *err)
{
	static const struct stat st = {.st_mode = S_IFREG | 0600, .st_nlink = 1};
	_cleanup_entry_ struct archive_entry *e = archive_entry_new();
	size_t len = strlen(p->path);
	int r = e ? enter_name(p, prefix, name, err) : failed(p, err, -ENOMEM, "write");

	if (r == 0) {
		fill_entry(p, &st, e);
		r = write_header(p, e, err);
	}
	p->path[len] = '\0';
	return r;
}

/* The attribute that fuse-overlayfs has counts for nothing: the kernel's overlay copies it up from
 * layers like any other. With it there is always the file. */
static bool is_opaque(const struct pack *p, int fd)
{
	struct stat st;

	return fd_is_opaque(fd) ||
	       (p->o->is_fuse && fstatat(fd, WH_OPAQUE, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
		S_ISREG(st.st_mode));
}

/* A name that means something to who unpacks a layer. fuse-overlayfs writes some where it may make
 * no devices, and hides others of its own by devices. */
static int pack_marked(struct pack *p, const char *name, const struct stat *st,
		       struct err *err)
{
	if (p->o->is_fuse && (strcmp(name, WH_OPAQUE) == 0 || upper_is_whiteout(st)))
		return 0;
	if (p->o->is_fuse && upper_hidden_name(name, st))
		return write_whiteout(p, "", name, err);
	return err_hint(err,
			err_say(err, -EPERM,
				"'%s/%s': no file in a layer can have a name like this",
				show(p->path).text, show(name).text),
			"Give it a name that does not begin with .wh.");
}

/* --- folders --- */

static int pack_name(struct pack *p, int dir, const char *name, unsigned depth,
		     struct err *err);

static bool is_skipped(const struct pack *p, const struct stat *st)
{
	return S_ISREG(st->st_mode) && st->st_size == 0 &&
	       strv_has(&p->o->skips, p->path);
}

static int pack_content(struct pack *p, int fd, unsigned depth, struct err *err)
{
	_cleanup_arena_ struct arena a = {0};
	struct strv names = {0};
	int r = dir_list(fd, &a, &names);

	if (r < 0)
		return failed(p, err, r, "list");
	if (depth > p->limits->max_depth)
		return refuse(p, err, -EFBIG, "there are too many folders in folders");
	strv_sort(&names);
	if (p->o->is_layer && is_opaque(p, fd))
		r = write_whiteout(p, "", WH_OPAQUE, err);
	for (size_t i = 0; r == 0 && i < names.n; i++)
		r = pack_name(p, fd, names.v[i], depth, err);
	return r;
}

static int pack_folder(struct pack *p, int fd, const struct stat *st, unsigned depth,
		       struct err *err)
{
	struct archive_entry *e = archive_entry_new();
	int r;

	if (!e)
		return failed(p, err, -ENOMEM, "read");
	fill_entry(p, st, e);
	r = add_xattrs(p, fd, e, err);
	if (r == 0 && p->o->want_squash)
		apply_override(fd, e);
	if (r == 0)
		r = write_header(p, e, err);
	archive_entry_free(e); /* not kept for all that is below */
	return r < 0 ? r : pack_content(p, fd, depth + 1, err);
}

/* With the path of it set. What was one kind a moment ago may be another one now. */
static int pack_by_kind(struct pack *p, int dir, const char *name, unsigned depth,
			struct err *err)
{
	_cleanup_fd_ int fd = -EBADF;
	struct stat st;
	int r;

	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return failed(p, err, -errno, "look at");
	if (is_skipped(p, &st) || S_ISSOCK(st.st_mode))
		return 0;
	if (!S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode))
		return pack_other(p, dir, name, &st, err);
	fd = fd_open(dir, name, S_ISDIR(st.st_mode) ? FOLDER_FLAGS : FILE_FLAGS);
	r = fd < 0 ? fd : fd_stat(fd, &st);
	if (r < 0)
		return failed(p, err, r, "read");
	if (S_ISDIR(st.st_mode) && fd_is_made_up(fd))
		return 0;
	if (S_ISDIR(st.st_mode))
		return pack_folder(p, fd, &st, depth, err);
	return S_ISREG(st.st_mode) ? pack_file(p, fd, &st, err)
				   : refuse(p, err, -EAGAIN, "it changed meanwhile");
}

static int pack_name(struct pack *p, int dir, const char *name, unsigned depth,
		     struct err *err)
{
	size_t len = strlen(p->path);
	struct stat st;
	int r;

	if (p->o->is_layer && fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0) {
		if (strncmp(name, WH, strlen(WH)) == 0)
			return pack_marked(p, name, &st, err);
		if (upper_is_whiteout(&st))
			return write_whiteout(p, WH, name, err);
	}
	r = enter_name(p, "", name, err);
	if (r == 0)
		r = pack_by_kind(p, dir, name, depth, err);
	p->path[len] = '\0';
	return r;
}

/* --- all of it --- */

static int pack_top(struct pack *p, int tree, struct err *err)
{
	_cleanup_fd_ int folder = fd_open(tree, ".", O_RDONLY | O_DIRECTORY);
	struct stat st;
	int r = fd_stat(tree, &st);

	if (r < 0)
		return err_set(err, r, "look at what is to be packed");
	if (S_ISDIR(st.st_mode) && folder < 0)
		return err_set(err, folder, "open what is to be packed");
	if (!p->o->name)
		return pack_content(p, folder, 0, err);
	r = enter_name(p, "", p->o->name, err);
	if (r < 0)
		return r;
	if (S_ISDIR(st.st_mode))
		return pack_folder(p, folder, &st, 0, err);
	return S_ISREG(st.st_mode)
		       ? pack_file(p, tree, &st, err)
		       : refuse(p, err, -EINVAL, "it is neither a file nor a folder");
}

static int pack_start(struct pack *p, struct err *err)
{
	int r;

	p->buffer = malloc(BUFFER_BYTES);
	p->archive = archive_write_new();
	p->links = archive_entry_linkresolver_new();
	if (!p->buffer || !p->archive || !p->links)
		return err_set(err, -ENOMEM, "pack files");
	archive_entry_linkresolver_set_strategy(p->links,
						ARCHIVE_FORMAT_TAR_PAX_INTERCHANGE);
	archive_write_set_format_pax(p->archive);
	archive_write_set_format_option(p->archive, "pax", "xattrheader", "SCHILY");
	archive_write_set_bytes_per_block(p->archive, BUFFER_BYTES);
	archive_write_set_bytes_in_last_block(p->archive, 1);
	r = archive_write_open(p->archive, p, NULL, write_block, NULL);
	return check_write(p, r == ARCHIVE_OK, err);
}

static void pack_end(struct pack *p)
{
	archive_entry_linkresolver_free(p->links);
	archive_write_free(p->archive);
	free(p->buffer);
}

int pack_tree(int out, int tree, const struct pack_options *o, struct err *err)
{
	_cleanup_(pack_end) struct pack p = {
		.o = o, .limits = &unpack_default_limits, .out = out};
	int r = pack_start(&p, err);

	if (r == 0)
		r = pack_top(&p, tree, err);
	if (r < 0) {
		/* What is there is not made to look whole. */
		p.error = r;
		return r;
	}
	r = archive_write_close(p.archive);
	return check_write(&p, r == ARCHIVE_OK, err);
}

/* --- the program --- */

static const char *value_of(const char *word, const char *option)
{
	size_t len = strlen(option);

	return strncmp(word, option, len) == 0 ? word + len : NULL;
}

static int read_word(const char *word, struct arena *a, struct pack_options *o, int *tree,
		     int *join)
{
	const char *value;

	if (strcmp(word, "--layer") == 0)
		o->is_layer = true;
	else if (strcmp(word, "--fuse") == 0)
		o->is_fuse = true;
	else if (strcmp(word, "--squash") == 0)
		o->want_squash = true;
	else if ((value = value_of(word, "--name=")))
		o->name = value;
	else if ((value = value_of(word, "--skip=")))
		strv_push(a, &o->skips, value);
	else if ((value = value_of(word, "--tree=")))
		return parse_int(value, tree);
	else if ((value = value_of(word, "--join=")))
		return parse_int(value, join);
	else
		return -EINVAL;
	return 0;
}

static int pack_confined(int tree, const struct pack_options *o, struct err *err)
{
	int r = unpack_confine_reader(tree, err);

	return r < 0 ? r : pack_tree(STDOUT_FILENO, tree, o, err);
}

int pack_main(int argc, char **argv)
{
	_cleanup_arena_ struct arena a = {0};
	struct pack_options o = {0};
	struct err err = {0};
	int tree = -1, join = -1, r = 0;

	/* libarchive asks the locale whether names are UTF-8. */
	setlocale(LC_CTYPE, "C.UTF-8");
	for (int i = 1; r == 0 && i < argc; i++)
		r = read_word(argv[i], &a, &o, &tree, &join);
	if (r < 0 || tree < 0)
		r = err_say(&err, -EINVAL, "urun-image is for urun to call");
	else
		r = join < 0 ? 0 : process_enter_hidden(join, -1);
	if (r < 0 && !err.message[0])
		err_set(&err, r, "enter the container's user namespace");
	if (r == 0)
		r = pack_confined(tree, &o, &err);
	if (r < 0 && r != -EPIPE)
		fprintf(stderr, "urun: %s\n%s%s%s", err.message, err.hint[0] ? "  " : "",
			err.hint, err.hint[0] ? "\n" : "");
	return r == 0 ? 0 : r == -EPIPE ? STORE_EXIT_UNREAD : ERR_EXIT_FAILED;
}
