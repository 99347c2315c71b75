// SPDX-License-Identifier: Apache-2.0
/*
 * image_pack.c - tests of a hostile folder becoming a tar stream
 *
 * What comes out is said as text, one line for each entry, by a reader that is not unpack.c.
 */
#include "pack.h"

#include <archive.h>
#include <archive_entry.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <sys/xattr.h>

#include "support.h"
#include "sys/dir.h"
#include "sys/fd.h"
#include "unpack.h"

struct out {
	char text[8192];
	int stream; /* a file with it */
	int r;
	struct err err;
};

static void say(struct out *o, const char *fmt, ...) _printf_(2, 3);
static void say(struct out *o, const char *fmt, ...)
{
	size_t len = strlen(o->text);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(o->text + len, sizeof(o->text) - len, fmt, ap);
	va_end(ap);
}

/* Attributes come in the opposite of their order in the stream. */
static void say_entry(struct out *o, struct archive_entry *e)
{
	const char *name, *to = archive_entry_symlink(e);
	const void *value;
	size_t size;

	if (archive_entry_hardlink(e)) {
		say(o, "%s = %s\n", archive_entry_pathname(e), archive_entry_hardlink(e));
		return;
	}
	say(o, "%s %o %o", archive_entry_pathname(e), archive_entry_filetype(e) >> 12,
	    archive_entry_perm(e));
	if (archive_entry_size(e) > 0)
		say(o, " %lld", (long long)archive_entry_size(e));
	if (to)
		say(o, " -> %s", to);
	if (archive_entry_sparse_reset(e) > 0)
		say(o, " sparse");
	archive_entry_xattr_reset(e);
	while (archive_entry_xattr_next(e, &name, &value, &size) == ARCHIVE_OK)
		say(o, " %s=%.*s", name, (int)size, (const char *)value);
	say(o, "\n");
}

static void read_stream(struct out *o)
{
	struct archive *a = archive_read_new();
	struct archive_entry *e;
	int r;

	lseek(o->stream, 0, SEEK_SET);
	archive_read_support_format_tar(a);
	archive_read_support_format_empty(a);
	CHECK_INT(archive_read_open_fd(a, o->stream, 65536), ARCHIVE_OK);
	while ((r = archive_read_next_header(a, &e)) >= ARCHIVE_WARN && r != ARCHIVE_EOF)
		say_entry(o, e);
	CHECK_INT(r, ARCHIVE_EOF);
	archive_read_free(a);
}

/* Packs the folder "tree" of a test's folder. */
static struct out pack(const struct folder *f, const struct pack_options *options)
{
	_cleanup_fd_ int tree = fd_open(f->fd, "tree", O_PATH | O_DIRECTORY);
	struct out o = {.stream = fd_create(f->fd, ".", O_RDWR | O_TMPFILE, 0600)};

	CHECK(tree >= 0);
	CHECK(o.stream >= 0);
	o.r = pack_tree(o.stream, tree, options, &o.err);
	if (o.r == 0)
		read_stream(&o);
	return o;
}

static void check(const struct folder *f, const struct pack_options *options,
		  const char *want)
{
	struct out o = pack(f, options);

	CHECK_STR(o.err.message, "");
	CHECK_INT(o.r, 0);
	CHECK_STR(o.text, want);
	fd_close(&o.stream);
}

static void check_refused(const struct folder *f, const struct pack_options *options,
			  int code, const char *message)
{
	struct out o = pack(f, options);

	CHECK_INT(o.r, code);
	CHECK_STR(o.err.message, message);
	fd_close(&o.stream);
}

static void set_xattr(int dir, const char *path, const char *name, const char *value)
{
	_cleanup_fd_ int fd = fd_open(dir, path, O_RDONLY);

	if (fsetxattr(fd, name, value, strlen(value), 0) < 0)
		skip_because("no user.* attributes here");
}

static void make_device(int dir, const char *path)
{
	if (mknodat(dir, path, S_IFCHR | 0600, makedev(0, 0)) < 0)
		skip_because("no whiteouts here");
}

/* --- plain trees --- */

static void test_kinds_in_order(void **state)
{
	const struct folder *f = *state;
	_cleanup_fd_ int socket_fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct sockaddr_un name = {.sun_family = AF_UNIX};

	make_dir(f->fd, "tree", 0755);
	make_dir(f->fd, "tree/b", 02750);
	make_file(f->fd, "tree/b/z", "12345");
	make_file(f->fd, "tree/b/.wh.a", "");
	make_file(f->fd, "tree/c", "");
	make_link(f->fd, "tree/B", "../../etc/passwd");
	make_fifo(f->fd, "tree/a");
	CHECK_INT(linkat(f->fd, "tree/b/z", f->fd, "tree/d", 0), 0);
	snprintf(name.sun_path, sizeof(name.sun_path), "%.80s/tree/socket", f->path);
	CHECK_INT(bind(socket_fd, (struct sockaddr *)&name, sizeof(name)), 0);
	set_xattr(f->fd, "tree/c", "user.two", "2");
	set_xattr(f->fd, "tree/c", "user.one", "1");
	set_xattr(f->fd, "tree/b", "user.dir", "d");
	set_xattr(f->fd, "tree/b", "user.overlay.opaque", "y");
	set_xattr(f->fd, "tree/c", "user.containers.override_stat", "1:2:0644");
	check(f, &(struct pack_options){0},
	      "B 12 777 -> ../../etc/passwd\n"
	      "a 1 644\n"
	      "b/ 4 2750 user.dir=d\n"
	      "b/.wh.a 10 644\n"
	      "b/z 10 644 5\n"
	      "c 10 644 user.two=2 user.one=1\n"
	      "d = b/z\n");
}

static void test_names(void **state)
{
	const struct folder *f = *state;
	char name[256] = "tree/", want[600];

	make_dir(f->fd, "tree", 0755);
	memset(name + 5, 'n', 200);
	make_file(f->fd, name, "");
	make_file(f->fd, "tree/\xc3\xa4", "");
	make_file(f->fd, "tree/a\nb", "");
	make_file(f->fd, "tree/\xff\xfe", "");
	snprintf(want, sizeof(want),
		 "top/ 4 755\ntop/a\nb 10 644\ntop/%s 10 644\ntop/\xc3\xa4 10 644\n"
		 "top/\xff\xfe 10 644\n",
		 name + 5);
	check(f, &(struct pack_options){.name = "top"}, want);
}

static void test_a_single_file(void **state)
{
	const struct folder *f = *state;
	_cleanup_fd_ int file = -EBADF;
	struct out o = {.stream = fd_create(f->fd, ".", O_RDWR | O_TMPFILE, 0600)};

	make_file(f->fd, "file", "text");
	file = fd_open(f->fd, "file", O_RDONLY);
	CHECK_INT(pack_tree(o.stream, file, &(struct pack_options){.name = "renamed"},
			    &o.err),
		  0);
	read_stream(&o);
	CHECK_STR(o.text, "renamed 10 644 4\n");
	fd_close(&o.stream);
}

static void test_holes_stay_holes(void **state)
{
	const struct folder *f = *state;
	_cleanup_fd_ int mixed = -EBADF, hole = -EBADF;
	struct stat st;
	struct out o;

	make_dir(f->fd, "tree", 0755);
	make_file(f->fd, "tree/mixed", "begin");
	make_file(f->fd, "tree/hole", "");
	mixed = fd_open(f->fd, "tree/mixed", O_WRONLY);
	hole = fd_open(f->fd, "tree/hole", O_WRONLY);
	CHECK_INT(pwrite(mixed, "end", 3, 32 << 20), 3);
	CHECK_INT(ftruncate(hole, 64 << 20), 0);
	o = pack(f, &(struct pack_options){0});
	CHECK_INT(o.r, 0);
	CHECK_STR(o.text, "hole 10 644 67108864 sparse\nmixed 10 644 33554435 sparse\n");
	CHECK_INT(fd_stat(o.stream, &st), 0);
	CHECK(st.st_size < 65536);
	fd_close(&o.stream);
}

static void test_the_same_tree_gives_the_same_bytes(void **state)
{
	const struct folder *f = *state;
	_cleanup_fd_ int one = -EBADF, two = -EBADF;
	static char a[1 << 16], b[1 << 16];
	struct timespec times[2] = {{.tv_sec = 5}, {.tv_sec = 7, .tv_nsec = 123456789}};
	ssize_t n;

	make_dir(f->fd, "tree", 0755);
	make_file(f->fd, "tree/x", "x");
	make_file(f->fd, "tree/y", "y");
	CHECK_INT(utimensat(f->fd, "tree/x", times, 0), 0);
	one = pack(f, &(struct pack_options){0}).stream;
	/* Other inode numbers, another time of access and change. */
	CHECK_INT(renameat(f->fd, "tree/x", f->fd, "old"), 0);
	make_file(f->fd, "tree/x", "x");
	times[0].tv_sec = 99;
	CHECK_INT(utimensat(f->fd, "tree/x", times, 0), 0);
	two = pack(f, &(struct pack_options){0}).stream;
	n = pread(one, a, sizeof(a), 0);
	CHECK(n > 1024);
	CHECK_INT(pread(two, b, sizeof(b), 0), n);
	CHECK_INT(memcmp(a, b, (size_t)n), 0);
	CHECK(memmem(a, (size_t)n, "mtime=7.123456789", 17));
}

/* --- layers --- */

static void test_marks_of_the_kernel(void **state)
{
	const struct folder *f = *state;

	make_dir(f->fd, "tree", 0755);
	make_dir(f->fd, "tree/opaque", 0700);
	make_file(f->fd, "tree/opaque/x", "");
	make_dir(f->fd, "tree/touched", 0755);
	make_device(f->fd, "tree/gone");
	set_xattr(f->fd, "tree/opaque", "user.overlay.opaque", "y");
	/* Copied up from a layer, where it says what has been said there. */
	set_xattr(f->fd, "tree/touched", "user.fuseoverlayfs.opaque", "y");
	check(f, &(struct pack_options){.is_layer = true},
	      ".wh.gone 10 600\n"
	      "opaque/ 4 700\n"
	      "opaque/.wh..wh..opq 10 600\n"
	      "opaque/x 10 644\n"
	      "touched/ 4 755\n");
}

static void test_marks_of_fuse_overlayfs(void **state)
{
	const struct folder *f = *state;

	make_dir(f->fd, "tree", 0755);
	make_dir(f->fd, "tree/d", 0755);
	make_file(f->fd, "tree/d/.wh..wh..opq", "");
	make_device(f->fd, "tree/d/.wh..opq");
	make_file(f->fd, "tree/d/.wh.gone", "");
	make_device(f->fd, "tree/d/also");
	check(f, &(struct pack_options){.is_layer = true, .is_fuse = true},
	      "d/ 4 755\n"
	      "d/.wh..wh..opq 10 600\n"
	      "d/.wh.gone 10 600\n"
	      "d/.wh.also 10 600\n");
	/* To the kernel's overlay they are files, which no layer can have. */
	check_refused(f, &(struct pack_options){.is_layer = true}, -EPERM,
		      "'d/.wh..opq': no file in a layer can have a name like this");
}

static void test_names_that_are_no_marks(void **state)
{
	static const char *const names[] = {".wh.", ".wh..", ".wh...", ".wh..wh.x",
					    ".wh.dir"};
	const struct folder *f = *state;
	struct pack_options o = {.is_layer = true, .is_fuse = true};

	make_dir(f->fd, "tree", 0755);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		char path[64], want[128];

		check_context("name '%s'", names[i]);
		snprintf(path, sizeof(path), "tree/%s", names[i]);
		if (strcmp(names[i], ".wh.dir") == 0)
			make_dir(f->fd, path, 0755);
		else
			make_file(f->fd, path, "");
		snprintf(want, sizeof(want),
			 "'/%s': no file in a layer can have a name like this", names[i]);
		check_refused(f, &o, -EPERM, want);
		dir_unlink(f->fd, path, strcmp(names[i], ".wh.dir") ? 0 : AT_REMOVEDIR);
	}
	check_no_context();
}

static void test_owners_from_the_attribute(void **state)
{
	const struct folder *f = *state;
	_cleanup_fd_ int stream = -EBADF;
	static char bytes[1 << 16];
	ssize_t n;

	make_dir(f->fd, "tree", 0755);
	make_file(f->fd, "tree/kept", "");
	make_file(f->fd, "tree/odd", "");
	CHECK_INT(fchmodat(f->fd, "tree/kept", 0640, 0), 0);
	set_xattr(f->fd, "tree/kept", "user.containers.override_stat", "1000:2000:0440");
	set_xattr(f->fd, "tree/odd", "user.containers.override_stat", "-1:0:x");
	check(f, &(struct pack_options){.want_squash = true},
	      "kept 10 440\nodd 10 644\n");
	stream = pack(f, &(struct pack_options){.want_squash = true}).stream;
	n = pread(stream, bytes, sizeof(bytes), 0);
	CHECK(memmem(bytes, (size_t)n, "001750 \000003720 ", 15)); /* 1000, 2000 */
}

static void test_empty_files_below_mounts(void **state)
{
	const struct folder *f = *state;
	struct pack_options o = {.is_layer = true};
	char *skips[] = {(char *)"etc/hosts", (char *)"etc/full", NULL};

	o.skips = (struct strv){skips, 2};
	make_dir(f->fd, "tree", 0755);
	make_dir(f->fd, "tree/etc", 0755);
	make_file(f->fd, "tree/etc/hosts", "");
	make_file(f->fd, "tree/etc/full", "x");
	make_file(f->fd, "tree/hosts", "");
	check(f, &o, "etc/ 4 755\netc/full 10 644 1\nhosts 10 644\n");
}

/* --- limits --- */

static void test_too_deep(void **state)
{
	const struct folder *f = *state;
	int fd = dir_make(f->fd, "tree", 0755);

	for (int i = 0; i < 300; i++) {
		int next = dir_make(fd, "d", 0755);

		CHECK(next >= 0);
		fd_close(&fd);
		fd = next;
	}
	fd_close(&fd);
	CHECK_INT(pack(f, &(struct pack_options){0}).r, -EFBIG);
}

static void test_too_big(void **state)
{
	const struct folder *f = *state;
	_cleanup_fd_ int fd = -EBADF;

	make_dir(f->fd, "tree", 0755);
	make_file(f->fd, "tree/huge", "");
	fd = fd_open(f->fd, "tree/huge", O_WRONLY);
	if (ftruncate(fd, (off_t)1 << 42) < 0)
		skip_because("no such large files here");
	check_refused(f, &(struct pack_options){0}, -EFBIG,
		      "'huge': the files are too big for an archive");
}

static void write_to_nobody(void *data)
{
	const struct folder *f = data;
	_cleanup_fd_ int tree = fd_open(f->fd, "tree", O_PATH | O_DIRECTORY);
	int ends[2];

	signal(SIGPIPE, SIG_IGN);
	CHECK_INT(fd_pipe(ends), 0);
	fd_close(&ends[0]);
	CHECK_INT(pack_tree(ends[1], tree, &(struct pack_options){0}, NULL), -EPIPE);
}

static void test_nobody_reads(void **state)
{
	struct folder *f = *state;

	make_dir(f->fd, "tree", 0755);
	make_file(f->fd, "tree/x", "x");
	in_child(write_to_nobody, f);
}

static void read_confined(void *data)
{
	const struct folder *f = data;
	_cleanup_fd_ int tree = fd_open(f->fd, "tree", O_PATH | O_DIRECTORY);
	int fd;

	CHECK_INT(unpack_confine_reader(tree, NULL), 0);
	fd = fd_open(tree, "x", O_RDONLY);
	CHECK(fd >= 0);
	fd = fd_create(tree, "new", O_WRONLY | O_CREAT, 0600);
	if (fd >= 0)
		skip_because("no landlock here");
	CHECK_INT(fd, -EACCES);
	CHECK_INT(fd_open(tree, "x", O_WRONLY), -EACCES);
	CHECK_INT(fd_open(f->fd, "outside", O_RDONLY), -EACCES);
	CHECK_INT(dir_unlink(tree, "x", 0), -EACCES);
}

static void test_a_reader_can_only_read(void **state)
{
	struct folder *f = *state;

	make_dir(f->fd, "tree", 0755);
	make_file(f->fd, "tree/x", "x");
	make_file(f->fd, "outside", "x");
	in_child(read_confined, f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST_IN_FOLDER(test_kinds_in_order),
		TEST_IN_FOLDER(test_names),
		TEST_IN_FOLDER(test_a_single_file),
		TEST_IN_FOLDER(test_holes_stay_holes),
		TEST_IN_FOLDER(test_the_same_tree_gives_the_same_bytes),
		TEST_IN_FOLDER(test_marks_of_the_kernel),
		TEST_IN_FOLDER(test_marks_of_fuse_overlayfs),
		TEST_IN_FOLDER(test_names_that_are_no_marks),
		TEST_IN_FOLDER(test_owners_from_the_attribute),
		TEST_IN_FOLDER(test_empty_files_below_mounts),
		TEST_IN_FOLDER(test_too_deep),
		TEST_IN_FOLDER(test_too_big),
		TEST_IN_FOLDER(test_nobody_reads),
		TEST_IN_FOLDER(test_a_reader_can_only_read),
	};

	return UNIT_RUN(tests);
}
