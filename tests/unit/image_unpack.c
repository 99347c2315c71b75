// SPDX-License-Identifier: Apache-2.0
/*
 * image_unpack.c - tests of a hostile tar stream becoming a folder
 *
 * Streams are written here byte by byte, as no tar program would. A case is a list of entries
 * and the tree that has to come of it, as text, or the error. Beside the folder is another one
 * that no case may change.
 */
#include "unpack.h"

#include <dirent.h>
#include <grp.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <zlib.h>
#include <zstd.h>

#include "hash.h"
#include "support.h"
#include "sys/dir.h"
#include "sys/fd.h"

/* --- streams --- */

#define BLOCK	  512
#define NAME_MAX_ 100
#define MTIME	  1000000000 /* 2001-09-09 */

/* One entry. @type: a tar type flag. @text: content, or what a link leads to, or "MAJOR,MINOR". */
struct in {
	const char *name;
	char type;
	unsigned mode;
	const char *text;
	const char *pax; /* "key=value" records, separated by newlines */
};

struct tar {
	char *at;
	size_t len, size;
	uint32_t uid, gid;
};

static void tar_add(struct tar *t, const void *bytes, size_t len)
{
	if (t->len + len + 2 * BLOCK > t->size) {
		t->size = (t->len + len + 2 * BLOCK) * 2;
		t->at = realloc(t->at, t->size);
		assert_non_null(t->at);
	}
	if (bytes)
		memcpy(t->at + t->len, bytes, len);
	else
		memset(t->at + t->len, 0, len);
	t->len += len;
}

static void tar_pad(struct tar *t)
{
	tar_add(t, NULL, (BLOCK - t->len % BLOCK) % BLOCK);
}

struct header {
	const char *name, *link;
	char type;
	unsigned mode;
	uint64_t size;
	unsigned major, minor;
};

static void put_octal(char *at, int digits, uint64_t value)
{
	char text[32];

	snprintf(text, sizeof(text), "%0*llo", digits, (unsigned long long)value);
	memcpy(at, text, (size_t)digits + 1);
}

/* Source: pax(1), "ustar Interchange Format". */
static void tar_header(struct tar *t, const struct header *h)
{
	char b[BLOCK] = {0};
	unsigned sum = 0;

	memcpy(b, h->name, strnlen(h->name, NAME_MAX_));
	put_octal(b + 100, 7, h->mode);
	put_octal(b + 108, 7, t->uid);
	put_octal(b + 116, 7, t->gid);
	put_octal(b + 124, 11, h->size);
	put_octal(b + 136, 11, MTIME);
	memset(b + 148, ' ', 8);
	b[156] = h->type;
	if (h->link)
		memcpy(b + 157, h->link, strnlen(h->link, NAME_MAX_));
	memcpy(b + 257, "ustar\00000", 8);
	put_octal(b + 329, 7, h->major);
	put_octal(b + 337, 7, h->minor);
	for (int i = 0; i < BLOCK; i++)
		sum += (unsigned char)b[i];
	put_octal(b + 148, 6, sum);
	tar_add(t, b, BLOCK);
}

/* One record: its own length, a blank, key=value and a newline. */
static void pax_record(struct tar *t, const char *text, size_t len)
{
	size_t total = len + 3;
	char number[24];

	while ((size_t)snprintf(number, sizeof(number), "%zu", total) + len + 2 != total)
		total++;
	tar_add(t, number, strlen(number));
	tar_add(t, " ", 1);
	tar_add(t, text, len);
	tar_add(t, "\n", 1);
}

static void tar_pax(struct tar *t, const char *records)
{
	struct tar body = {0};

	for (const char *at = records; *at;) {
		size_t len = strcspn(at, "\n");

		pax_record(&body, at, len);
		at += len + (at[len] != '\0');
	}
	tar_header(t, &(struct header){.name = "pax", .type = 'x', .size = body.len});
	tar_add(t, body.at, body.len);
	tar_pad(t);
	free(body.at);
}

/* A name of any length, as GNU tar has it. */
static void tar_long(struct tar *t, char type, const char *name)
{
	size_t len = strlen(name) + 1;

	tar_header(t,
		   &(struct header){.name = "././@LongLink", .type = type, .size = len});
	tar_add(t, name, len);
	tar_pad(t);
}

static void tar_entry(struct tar *t, const struct in *in)
{
	bool is_link = in->type == '1' || in->type == '2';
	bool is_device = in->type == '3' || in->type == '4';
	struct header h = {.name = in->name, .type = in->type, .mode = in->mode};

	if (in->pax)
		tar_pax(t, in->pax);
	if (strlen(in->name) > NAME_MAX_)
		tar_long(t, 'L', in->name);
	if (is_link)
		h.link = in->text;
	else if (is_device)
		assert_int_equal(sscanf(in->text, "%u,%u", &h.major, &h.minor), 2);
	else
		h.size = in->text ? strlen(in->text) : 0;
	if (is_link && strlen(in->text) > NAME_MAX_)
		tar_long(t, 'K', in->text);
	tar_header(t, &h);
	if (h.size > 0)
		tar_add(t, in->text, h.size);
	tar_pad(t);
}

static void tar_end(struct tar *t)
{
	tar_add(t, NULL, 2 * BLOCK);
}

static struct tar make_tar(const struct in *in, size_t n)
{
	struct tar t = {.uid = geteuid(), .gid = getegid()};

	for (size_t i = 0; i < n && in[i].name; i++)
		tar_entry(&t, &in[i]);
	tar_end(&t);
	return t;
}

/* --- unpacking --- */

static int open_blob(const void *bytes, size_t len)
{
	int fd = memfd_create("blob", MFD_CLOEXEC);

	CHECK(fd >= 0);
	CHECK_INT(fd_write_all(fd, bytes, len), 0);
	CHECK_INT(lseek(fd, 0, SEEK_SET), 0);
	return fd;
}

static struct unpack_options default_options(void)
{
	return (struct unpack_options){.limits = unpack_default_limits};
}

static int unpack_bytes(const void *bytes, size_t len, int tree,
			const struct unpack_options *o, struct unpack_result *ret,
			struct err *err)
{
	_cleanup_fd_ int blob = open_blob(bytes, len);
	int fds = count_fds(), r = unpack_layer(blob, tree, o, ret, err);

	CHECK_INT(count_fds(), fds);
	if (r < 0)
		CHECK_INT(err->code, r);
	return r;
}

/* The folder that is filled, made anew. */
static int make_tree(struct folder *f)
{
	make_dir(f->fd, "tree", 0755);
	return fd_open(f->fd, "tree", O_RDONLY | O_DIRECTORY);
}

static void remove_all(int dir, const char *name)
{
	struct strv names = {0};
	_cleanup_arena_ struct arena a = {0};
	int fd;

	if (unlinkat(dir, name, 0) == 0)
		return;
	fd = fd_open(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
	if (fd < 0 && fchmodat(dir, name, 0700, 0) == 0)
		fd = fd_open(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
	CHECK(fd >= 0);
	CHECK_INT(fchmod(fd, 0700), 0);
	CHECK_INT(dir_list(fd, &a, &names), 0);
	for (size_t i = 0; i < names.n; i++)
		remove_all(fd, names.v[i]);
	close(fd);
	CHECK_INT(unlinkat(dir, name, AT_REMOVEDIR), 0);
}

/* --- trees as text --- */

struct text {
	char at[16384];
	size_t len;
};

static _printf_(2, 3) void say(struct text *t, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	t->len += (size_t)vsnprintf(t->at + t->len, sizeof(t->at) - t->len, fmt, ap);
	va_end(ap);
	CHECK(t->len < sizeof(t->at));
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static bool is_opaque(int fd)
{
	char a[8] = "", b[8] = "";
	ssize_t n = fgetxattr(fd, "user.overlay.opaque", a, sizeof(a) - 1);
	ssize_t m = fgetxattr(fd, "user.fuseoverlayfs.opaque", b, sizeof(b) - 1);

	CHECK_INT(n, m);
	CHECK(n < 0 || (strcmp(a, "y") == 0 && strcmp(b, "y") == 0));
	return n > 0;
}

static void show_folder(struct text *t, int fd, const char *path);

static void show_one(struct text *t, int dir, const char *name, const char *path)
{
	char target[5000] = "";
	_cleanup_fd_ int fd = -EBADF;
	struct stat st;

	CHECK_INT(fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW), 0);
	switch (st.st_mode & S_IFMT) {
	case S_IFDIR:
		/* to be looked into */
		CHECK_INT(fchmodat(dir, name, st.st_mode | 0700, 0), 0);
		fd = fd_open(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
		say(t, "%s %o%s|", path, st.st_mode & 07777, is_opaque(fd) ? " opq" : "");
		show_folder(t, fd, path);
		break;
	case S_IFLNK:
		CHECK(readlinkat(dir, name, target, sizeof(target) - 1) > 0);
		say(t, "%s>%s|", path, target);
		break;
	case S_IFREG:
		if (!(st.st_mode & 0400))
			CHECK_INT(fchmodat(dir, name, st.st_mode | 0400, 0), 0);
		say(t, "%s=%s %o", path, read_text(dir, name), st.st_mode & 07777);
		say(t, st.st_nlink > 1 ? " x%d|" : "|", (int)st.st_nlink);
		break;
	case S_IFIFO:
		say(t, "%s fifo %o|", path, st.st_mode & 07777);
		break;
	default:
		if (S_ISCHR(st.st_mode) && st.st_rdev == 0)
			say(t, "%s gone|", path);
		else
			say(t, "%s %s %u,%u %o|", path,
			    S_ISCHR(st.st_mode) ? "char" : "block", major(st.st_rdev),
			    minor(st.st_rdev), st.st_mode & 07777);
	}
}

static void show_folder(struct text *t, int fd, const char *path)
{
	_cleanup_arena_ struct arena a = {0};
	struct strv names = {0};

	CHECK_INT(dir_list(fd, &a, &names), 0);
	if (names.n > 0)
		qsort(names.v, names.n, sizeof(*names.v), by_name);
	for (size_t i = 0; i < names.n; i++)
		show_one(t, fd, names.v[i],
			 path[0] ? arena_printf(&a, "%s/%s", path, names.v[i])
				 : names.v[i]);
}

/* --- cases --- */

struct one_case {
	struct in in[8];
	int r;
	const char *want; /* the tree, or a part of the error */
};

static void check_outside(struct folder *f)
{
	struct stat st;

	CHECK_STR(read_text(f->fd, "outside/secret"), "secret");
	CHECK_INT(fstatat(f->fd, "outside/secret", &st, 0), 0);
	CHECK_INT(st.st_nlink, 1);
	CHECK_INT(st.st_mode & 07777, 0644);
	CHECK_INT(fstatat(f->fd, "outside", &st, 0), 0);
	CHECK_INT(st.st_mtime, MTIME + 1);
	CHECK_INT(st.st_mode & 07777, 0755);
}

static void make_outside(struct folder *f)
{
	struct timespec times[2] = {{.tv_sec = MTIME + 1}, {.tv_sec = MTIME + 1}};

	make_dir(f->fd, "outside", 0755);
	make_file(f->fd, "outside/secret", "secret");
	CHECK_INT(utimensat(f->fd, "outside", times, 0), 0);
}

static void run_case(struct folder *f, const struct one_case *c,
		     const struct unpack_options *o)
{
	struct tar t = make_tar(c->in, ARRAY_SIZE(c->in));
	int tree = make_tree(f), r;
	struct unpack_result result = {.entries = 12345};
	struct err err = {0};
	struct text text = {0};

	r = unpack_bytes(t.at, t.len, tree, o, &result, &err);
	check_outside(f);
	if (r < 0 && c->r == 0)
		CHECK_STR(err.message, c->want);
	CHECK_INT(r, c->r);
	if (r == 0) {
		show_folder(&text, tree, "");
		CHECK_STR(text.at, c->want);
	} else {
		if (!strstr(err.message, c->want))
			CHECK_STR(err.message, c->want);
		CHECK_INT(result.entries, 12345);
	}
	close(tree);
	remove_all(f->fd, "tree");
	free(t.at);
}

static void run_cases_with(struct folder *f, const struct one_case *cases, size_t n,
			   const struct unpack_options *o)
{
	make_outside(f);
	for (size_t i = 0; i < n; i++) {
		check_context("case %zu", i);
		run_case(f, &cases[i], o);
	}
	check_no_context();
}

static void run_cases(struct folder *f, const struct one_case *cases, size_t n)
{
	struct unpack_options o = default_options();

	run_cases_with(f, cases, n, &o);
}
#define RUN_CASES(f, cases) run_cases((f), (cases), ARRAY_SIZE(cases))

#define FILE_(name, text)             \
	{                             \
		name, '0', 0644, text \
	}
#define DIR_(name)              \
	{                       \
		name, '5', 0755 \
	}
#define LINK_(name, to)             \
	{                           \
		name, '2', 0777, to \
	}
#define HARD_(name, to)             \
	{                           \
		name, '1', 0644, to \
	}
#define GONE_(name)                 \
	{                           \
		name, '0', 0644, "" \
	}

static void test_kinds(void **state)
{
	static const struct one_case cases[] = {
		{{{NULL}}, 0, ""},
		{{FILE_("a", "text"), {"b", '0', 04711, "x"}, {"c", '0', 0, ""}},
		 0,
		 "a=text 644|b=x 4711|c= 0|"},
		{{DIR_("d"),
		  {"d/e/", '5', 01777},
		  {"f", '5', 02755},
		  FILE_("d/e/x", "1")},
		 0,
		 "d 755|d/e 1777|d/e/x=1 644|f 2755|"},
		/* a folder that nobody may write in, and one that is not listed itself */
		{{{"r", '5', 0555},
		  FILE_("r/x", "1"),
		  {"r/s", '5', 0},
		  FILE_("r/s/y", "2")},
		 0,
		 "r 555|r/s 0|r/s/y=2 644|r/x=1 644|"},
		{{FILE_("a/b/c", "1"), FILE_("a/d", "2")},
		 0,
		 "a 755|a/b 755|a/b/c=1 644|a/d=2 644|"},
		{{LINK_("l", "../../outside/secret"), LINK_("m", "/etc/passwd"),
		  LINK_("n", "\xff\x01")},
		 0,
		 "l>../../outside/secret|m>/etc/passwd|n>\xff\x01|"},
		{{FILE_("a", "text"), HARD_("d/b", "a"), HARD_("c", "/./d//b")},
		 0,
		 "a=text 644 x3|c=text 644 x3|d 755|d/b=text 644 x3|"},
		{{LINK_("l", "x"), HARD_("m", "l")}, 0, "l>x|m>x|"},
		{{{"p", '6', 0640}, {"q", '6', 06666}}, 0, "p fifo 640|q fifo 6666|"},
		{{{"contiguous", '7', 0600, "x"}}, 0, "contiguous=x 600|"},
		/* left and entered again, while it may not be written in */
		{{{"r", '5', 0555},
		  DIR_("s"),
		  FILE_("r/x", "1"),
		  FILE_("s/y", "2"),
		  FILE_("r/z", "3")},
		 0,
		 "r 555|r/x=1 644|r/z=3 644|s 755|s/y=2 644|"},
	};

	RUN_CASES(*state, cases);
}

static void test_devices(void **state)
{
	static const struct one_case made[] = {
		{{{"null", '3', 0666, "1,3"}, {"loop", '4', 0660, "7,300"}},
		 0,
		 "loop block 7,300 660|null char 1,3 666|"},
	};
	static const struct one_case left_out[] = {
		{{{"null", '3', 0666, "1,3"},
		  {"loop", '4', 0660, "7,0"},
		  FILE_("a", "1")},
		 0,
		 "a=1 644|"},
		{{FILE_("null", "1"), {"null", '3', 0666, "1,3"}}, 0, ""},
	};
	static const struct one_case refused[] = {
		{{{"a", '3', 0, "0,0"}},
		 -EPERM,
		 "entry 'a' is refused: it is a whiteout of"},
	};
	struct folder *f = *state;

	RUN_CASES(f, refused);
	remove_all(f->fd, "outside");
	if (mknodat(f->fd, "probe", S_IFCHR | 0600, makedev(1, 3)) == 0)
		RUN_CASES(f, made);
	else
		RUN_CASES(f, left_out);
}

static char *repeat(const char *s, size_t n)
{
	size_t len = strlen(s);
	char *all = malloc(len * n + 8);

	assert_non_null(all);
	for (size_t i = 0; i < n; i++)
		memcpy(all + i * len, s, len);
	all[len * n] = '\0';
	return all;
}

static void test_names(void **state)
{
	static const struct one_case cases[] = {
		{{FILE_("/a", "1"), FILE_("./b", "2"), FILE_(".//c/./d//", "")},
		 0,
		 "a=1 644|b=2 644|c 755|c/d 644|"},
		{{FILE_("//../x", "1")},
		 -EPERM,
		 "entry '//../x' is refused: it has '..'"},
		{{FILE_("..", "1")}, -EPERM, "'..' is refused: it has '..'"},
		{{FILE_("a/../../outside/secret", "1")}, -EPERM, "it has '..'"},
		{{DIR_("a/..")}, -EPERM, "it has '..'"},
		{{FILE_("...", "1"), FILE_("..a", "2"), FILE_("a..", "3")},
		 0,
		 "...=1 644|..a=2 644|a..=3 644|"},
		{{FILE_("\x1b[31m\n", "1"), FILE_("\x1b[31m\n/x", "1")},
		 -EPERM,
		 "entry '\\x1b[31m\\x0a/x' is refused"},
		{{{"pax", '0', 0644, "1", "path=a/../b"}}, -EPERM, "it has '..'"},
		{{{"pax", '0', 0644, "1",
		   "path=gr\xc3\xbc\xc3\x9f"
		   "e"},
		  {"pax", '0', 0644, "2", "path=bad\xff"}},
		 0,
		 "bad\xff=2 644|gr\xc3\xbc\xc3\x9f"
		 "e=1 644|"},
		{{{"./", '5', 0700}, {"", '5', 0700}}, -EPERM, "it has no name"},
		{{FILE_(".", "x")}, -EPERM, "the root is a folder"},
		{{LINK_("/", "x")}, -EPERM, "the root is a folder"},
		{{LINK_(".", "x")}, -EPERM, "the root is a folder"},
		{{FILE_("a", "x"), HARD_("/", "a")}, -EPERM, "the root is a folder"},
		{{{".", '6', 0644}}, -EPERM, "the root is a folder"},
	};

	RUN_CASES(*state, cases);
}

static void test_long_names(void **state)
{
	_cleanup_free_ char *most = repeat("n", 255), *more = repeat("n", 256);
	_cleanup_free_ char *path = repeat("abcdefg/", 256);
	_cleanup_free_ char *long_path = repeat("abcdefghijklmno/", 256);
	_cleanup_free_ char *longer = repeat("abcdefghijklmno/", 257);
	struct one_case cases[] = {
		{{FILE_(most, "1")}, 0, NULL},
		{{FILE_(more, "1")}, -EPERM, "a component of its name is too long"},
		{{FILE_("a", "1"), HARD_("b", more)}, -EPERM, "too long"},
		{{LINK_("l", path)}, 0, NULL},
		{{DIR_(longer)}, -EPERM, "its name is too long"},
	};
	char first[300], second[3000];
	struct folder *f = *state;
	struct tar t;
	struct unpack_options o = default_options();
	struct unpack_result result;
	struct err err = {0};
	int tree;

	snprintf(first, sizeof(first), "%s=1 644|", most);
	cases[0].want = first;
	snprintf(second, sizeof(second), "l>%s|", path);
	cases[3].want = second;
	RUN_CASES(f, cases);
	/* 256 folders in each other are the most, and can be removed again. */
	t = make_tar((struct in[]){DIR_(long_path), FILE_("abcdefghijklmno", "1")}, 2);
	tree = make_tree(f);
	CHECK_INT(unpack_bytes(t.at, t.len, tree, &o, &result, &err), 0);
	CHECK_STR(read_text(tree, "abcdefghijklmno"), "1");
	close(tree);
	free(t.at);
}

static void test_links_in_the_way(void **state)
{
	static const struct one_case cases[] = {
		{{LINK_("l", "../outside"), FILE_("l/secret", "changed")},
		 -EPERM,
		 "entry 'l/secret' is refused: its way leads over"},
		{{LINK_("l", "../outside"), FILE_("l/new", "made")}, -EPERM, "its way"},
		{{LINK_("l", "/tmp"), DIR_("l/new/")}, -EPERM, "its way"},
		{{DIR_("d"), LINK_("d/l", "../.."), DIR_("d/l/outside/x")},
		 -EPERM,
		 "its way"},
		{{LINK_("l", "."), FILE_("l/x", "1")}, -EPERM, "its way"},
		{{LINK_("l", "../outside/secret"), FILE_("l", "mine")}, 0, "l=mine 644|"},
		{{FILE_("a", "1"), FILE_("a/b", "2")}, -EPERM, "its way"},
		{{{"p", '6', 0644}, FILE_("p/b", "2")}, -EPERM, "its way"},
		{{LINK_("l", "../outside"), GONE_("l/.wh.secret")}, -EPERM, "its way"},
		{{LINK_("l", "../outside"), GONE_("l/.wh..wh..opq")}, -EPERM, "its way"},
		{{LINK_("l", "../outside"), {"l", '5', 0700}}, 0, "l 700 opq|"},
		{{LINK_("l", "../outside"), {"l", '5', 0700}, FILE_("l/secret", "2")},
		 0,
		 "l 700 opq|l/secret=2 644|"},
	};

	RUN_CASES(*state, cases);
}

static void test_hard_links(void **state)
{
	static const struct one_case cases[] = {
		{{HARD_("h", "../outside/secret")}, -EPERM, "it has '..'"},
		{{HARD_("h", "/etc/passwd")},
		 -EPERM,
		 "what it is a hard link to, '/etc/passwd', is not in this layer"},
		{{LINK_("l", "../outside"), HARD_("h", "l/secret")},
		 -EPERM,
		 "not in this layer"},
		{{LINK_("l", "../outside/secret"), HARD_("h", "l"), FILE_("h", "2")},
		 0,
		 "h=2 644|l>../outside/secret|"},
		{{HARD_("h", "later"), FILE_("later", "1")}, -EPERM, "not in this layer"},
		{{DIR_("d"), HARD_("h", "d")}, -EPERM, "it is a hard link to a folder"},
		{{HARD_("h", ".")}, -EPERM, "a hard link to the root folder"},
		{{HARD_("h", "h")}, -EPERM, "not in this layer"},
		{{FILE_("h", "1"), HARD_("h", "h")}, 0, "h=1 644|"},
		{{FILE_("a", "1"), HARD_("h", "a"), HARD_("h", "a")},
		 0,
		 "a=1 644 x2|h=1 644 x2|"},
		{{GONE_(".wh.a"), HARD_("h", "a")}, -EPERM, "not in this layer"},
		{{FILE_("a", "1"), HARD_("h", "a/b")}, -EPERM, "not in this layer"},
		{{FILE_("d/a", "1"), HARD_("d", "d/a")}, -EPERM, "not in this layer"},
		{{FILE_("a", "1"), HARD_("b", "a"), FILE_("b", "2")},
		 0,
		 "a=1 644|b=2 644|"},
		{{FILE_("a", "1"), DIR_("h"), FILE_("h/x", "2"), HARD_("h", "a")},
		 0,
		 "a=1 644 x2|h=1 644 x2|"},
		{{FILE_("x/y/a", "1"), HARD_("x/z/b", "x/y/a"), HARD_("x/y/c", "x/z/b")},
		 0,
		 "x 755|x/y 755|x/y/a=1 644 x3|x/y/c=1 644 x3|x/z 755|x/z/b=1 644 x3|"},
	};

	RUN_CASES(*state, cases);
}

static void test_last_wins(void **state)
{
	static const struct one_case cases[] = {
		{{FILE_("a", "first"), {"a", '0', 0600, "2"}}, 0, "a=2 600|"},
		{{FILE_("a", "1"), LINK_("a", "b")}, 0, "a>b|"},
		{{LINK_("a", "b"), {"a", '6', 0600}}, 0, "a fifo 600|"},
		{{DIR_("a"), FILE_("a/b/c", "1"), FILE_("a/d", "1"), FILE_("a", "2")},
		 0,
		 "a=2 644|"},
		{{{"a", '5', 0500},
		  {"a/b", '5', 0500},
		  FILE_("a/b/c", "1"),
		  LINK_("a", "2")},
		 0,
		 "a>2|"},
		{{DIR_("a"), FILE_("a/b", "1"), {"a", '5', 0700}, FILE_("a/c", "2")},
		 0,
		 "a 700|a/b=1 644|a/c=2 644|"},
		/* what was a folder in lower layers is hidden by the file before it */
		{{FILE_("a", "1"), DIR_("a"), FILE_("a/x", "2")},
		 0,
		 "a 755 opq|a/x=2 644|"},
		/* a folder, its mode and times after what is in it */
		{{FILE_("a/b", "1"), {"a", '5', 0511}}, 0, "a 511|a/b=1 644|"},
	};

	RUN_CASES(*state, cases);
}

static void test_whiteouts(void **state)
{
	static const struct one_case cases[] = {
		{{GONE_(".wh.a"), GONE_("d/.wh.b")}, 0, "a gone|d 755|d/b gone|"},
		{{GONE_(".wh.a"), GONE_(".wh.a")}, 0, "a gone|"},
		{{LINK_(".wh.a", "x"), DIR_(".wh.b"), HARD_(".wh.c", ".wh..wh.aufs")},
		 0,
		 "a gone|b gone|c gone|"},
		/* the layer's own name wins, whichever comes first */
		{{GONE_(".wh.a"), FILE_("a", "1")}, 0, "a=1 644|"},
		{{FILE_("a", "1"), GONE_(".wh.a")}, 0, "a=1 644|"},
		{{GONE_(".wh.a"), LINK_("a", "b")}, 0, "a>b|"},
		{{LINK_("a", "b"), GONE_(".wh.a")}, 0, "a>b|"},
		{{FILE_("b", "1"), GONE_(".wh.a"), HARD_("a", "b")},
		 0,
		 "a=1 644 x2|b=1 644 x2|"},
		/* a folder in place of one that was deleted shows nothing of it */
		{{GONE_(".wh.a"), DIR_("a"), FILE_("a/b", "1")},
		 0,
		 "a 755 opq|a/b=1 644|"},
		{{DIR_("a"), FILE_("a/b", "1"), GONE_(".wh.a")},
		 0,
		 "a 755 opq|a/b=1 644|"},
		{{{"a", '5', 0555}, GONE_(".wh.a"), FILE_("a/b", "1")},
		 0,
		 "a 555 opq|a/b=1 644|"},
		{{GONE_(".wh.a"), FILE_("a/b", "1")}, 0, "a 755 opq|a/b=1 644|"},
		{{FILE_("a/b", "1"), GONE_(".wh.a")}, 0, "a 755 opq|a/b=1 644|"},
		{{GONE_(".wh.a"), GONE_("a/.wh..wh..opq")}, 0, "a 755 opq|"},
		{{FILE_("a", "1"), GONE_(".wh.a"), DIR_("a")}, 0, "a 755 opq|"},
		{{DIR_("a"), GONE_(".wh.a"), FILE_("a", "1"), DIR_("a")},
		 0,
		 "a 755 opq|"},
		/* opaque markers */
		{{GONE_("a/.wh..wh..opq"), FILE_("a/b", "1")}, 0, "a 755 opq|a/b=1 644|"},
		{{{"a", '5', 0500}, FILE_("a/b", "1"), GONE_("a/.wh..wh..opq")},
		 0,
		 "a 500 opq|a/b=1 644|"},
		{{GONE_("a/.wh..wh..opq"), {"a", '5', 0711}}, 0, "a 711 opq|"},
		/* of aufs */
		{{GONE_(".wh..wh.aufs"), DIR_(".wh..wh.plnk"),
		  FILE_(".wh..wh.plnk/1.2", "x"), FILE_("a/.wh..wh.orph/x", "1"),
		  FILE_(".wh..wh..opq/x", "1")},
		 0,
		 ""},
		/* of nothing */
		{{GONE_(".wh.")}, -EPERM, "it is a whiteout of no name"},
		{{GONE_(".wh..")}, -EPERM, "it is a whiteout of no name"},
		{{GONE_("a/.wh...")}, -EPERM, "it is a whiteout of no name"},
		{{GONE_(".wh..../x")}, -EPERM, "it is in a whiteout"},
		{{FILE_(".wh.a/x", "1")}, -EPERM, "it is in a whiteout"},
		{{GONE_(".wh....")}, 0, "... gone|"},
	};

	RUN_CASES(*state, cases);
}

static void test_opaque_root(void **state)
{
	static const struct one_case one = {{GONE_(".wh..wh..opq"), FILE_("a", "1")}};
	struct tar t = make_tar(one.in, 2);
	struct unpack_options o = default_options();
	struct unpack_result result;
	struct err err = {0};
	int tree = make_tree(*state);

	CHECK_INT(unpack_bytes(t.at, t.len, tree, &o, &result, &err), 0);
	CHECK(is_opaque(tree));
	CHECK_INT(result.entries, 2);
	close(tree);
	free(t.at);
}

/* --- attributes --- */

static void check_xattr(int dir, const char *name, const char *key, const char *want)
{
	_cleanup_fd_ int fd = fd_open(dir, name, O_RDONLY | O_NOFOLLOW);
	char value[256];
	ssize_t n;

	CHECK(fd >= 0);
	n = fgetxattr(fd, key, value, sizeof(value) - 1);
	value[n < 0 ? 0 : n] = '\0';
	CHECK_STR(n < 0 ? NULL : value, want);
}

static void check_time(int dir, const char *name, int64_t s, long ns)
{
	struct stat st;

	CHECK_INT(fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW), 0);
	CHECK_INT(st.st_mtim.tv_sec, s);
	CHECK_INT(st.st_mtim.tv_nsec, ns);
}

static int unpack_list(struct folder *f, const struct in *in, size_t n,
		       const struct unpack_options *o)
{
	struct tar t = make_tar(in, n);
	struct unpack_result result;
	struct err err = {0};
	int tree = make_tree(f), r;

	r = unpack_bytes(t.at, t.len, tree, o, &result, &err);
	CHECK_STR(err.message, "");
	CHECK_INT(r, 0);
	free(t.at);
	return tree;
}

static void test_times(void **state)
{
	static const struct in in[] = {
		{"d", '5', 0755, NULL, "mtime=1234567890.123456789"},
		{"d/f", '0', 0644, "x", "mtime=-5\natime=77.5"},
		{"d/l", '2', 0777, "x", "mtime=4.000000001"},
		{"d/p", '6', 0600, NULL, "mtime=5.5"},
		{"e", '5', 0755, NULL, "mtime=3"},
		FILE_("d/again", "1"),
		GONE_("e/.wh.x"),
		{".", '5', 0750, NULL, "mtime=99"},
	};
	struct unpack_options o = default_options();
	int tree = unpack_list(*state, in, ARRAY_SIZE(in), &o);
	struct stat st;

	check_time(tree, "d", 1234567890, 123456789);
	check_time(tree, "d/f", -5, 0);
	CHECK_INT(fstatat(tree, "d/f", &st, 0), 0);
	CHECK_INT(st.st_atim.tv_sec, 77);
	CHECK_INT(st.st_atim.tv_nsec, 500000000);
	check_time(tree, "d/l", 4, 1);
	check_time(tree, "d/p", 5, 500000000);
	check_time(tree, "d/again", MTIME, 0);
	check_time(tree, "e", 3, 0);
	check_time(tree, ".", 99, 0);
	CHECK_INT(fd_stat(tree, &st), 0);
	CHECK_INT(st.st_mode & 07777, 0750);
	close(tree);
}

static void test_xattrs(void **state)
{
	static const char records[] =
		"SCHILY.xattr.user.mine=a value\n"
		"SCHILY.xattr.user.overlay.opaque=y\n"
		"SCHILY.xattr.user.overlay.redirect=/etc\n"
		"SCHILY.xattr.user.fuseoverlayfs.origin=x\n"
		"SCHILY.xattr.user.containers.override_stat=0:0:4755\n"
		"SCHILY.xattr.trusted.overlay.opaque=y\n"
		"SCHILY.xattr.security.selinux=x";
	static const struct in in[] = {{"f", '0', 0444, "x", records},
				       {"d", '5', 0555, NULL, records},
				       {"l", '2', 0777, "f", records}};
	struct unpack_options o = default_options();
	int tree = unpack_list(*state, in, ARRAY_SIZE(in), &o);
	struct stat st;

	for (int i = 0; i < 2; i++) {
		const char *name = i ? "d" : "f";

		check_xattr(tree, name, "user.mine", "a value");
		check_xattr(tree, name, "user.overlay.opaque", NULL);
		check_xattr(tree, name, "user.overlay.redirect", NULL);
		check_xattr(tree, name, "user.fuseoverlayfs.origin", NULL);
		check_xattr(tree, name, "user.containers.override_stat", NULL);
		check_xattr(tree, name, "trusted.overlay.opaque", NULL);
		check_xattr(tree, name, "security.selinux", NULL);
		CHECK_INT(fstatat(tree, name, &st, 0), 0);
		CHECK_INT(st.st_mode & 07777, i ? 0555 : 0444);
	}
	close(tree);
}

/* cap_net_bind_service=ep as version 2 of struct vfs_cap_data; pax values may hold NUL. */
static void test_capability(void **state)
{
	static const char value[] = "SCHILY.xattr.security.capability="
				    "\1\0\0\2\0\4\0\0\0\0\0\0\0\0\0\0\0\0\0";
	struct tar t = {0}, body = {0};
	struct unpack_options o = default_options();
	struct unpack_result result;
	struct err err = {0};
	int tree = make_tree(*state);
	char got[64];

	if (geteuid() != 0)
		skip_because("only root sets capabilities");
	pax_record(&body, value, sizeof(value)); /* 20 bytes: the last NUL as well */
	tar_header(&t, &(struct header){.name = "pax", .type = 'x', .size = body.len});
	tar_add(&t, body.at, body.len);
	tar_pad(&t);
	tar_entry(&t, &(struct in){"f", '0', 04755, "program"});
	tar_end(&t);
	CHECK_INT(unpack_bytes(t.at, t.len, tree, &o, &result, &err), 0);
	CHECK_INT(fchdir(tree), 0);
	CHECK_INT(getxattr("f", "security.capability", got, sizeof(got)), 20);
	CHECK(memcmp(got, value + sizeof(value) - 20, 20) == 0);
	CHECK_INT(chdir("/"), 0);
	close(tree);
	free(t.at);
	free(body.at);
}

/* The tree's own set-group-id bit is not handed on to what is in it. */
static void test_setgid_tree(void **state)
{
	struct folder *f = *state;
	struct tar t = make_tar((struct in[]){DIR_("d"), FILE_("f", "1")}, 2);
	struct unpack_options o = default_options();
	struct unpack_result result;
	struct err err = {0};
	int tree = make_tree(f);
	struct stat st;

	if (geteuid() == 0)
		CHECK_INT(fchown(tree, 0, 12), 0);
	CHECK_INT(fchmod(tree, 02755), 0);
	CHECK_INT(unpack_bytes(t.at, t.len, tree, &o, &result, &err), 0);
	CHECK_INT(fstatat(tree, "d", &st, 0), 0);
	CHECK_INT(st.st_mode & 07777, 0755);
	CHECK_INT(st.st_gid, getegid());
	CHECK_INT(fstatat(tree, "f", &st, 0), 0);
	CHECK_INT(st.st_gid, getegid());
	CHECK_INT(fd_stat(tree, &st), 0);
	CHECK_INT(st.st_mode & 07777, 02755);
	close(tree);
	free(t.at);
}

static void test_owners(void **state)
{
	struct tar t = {.uid = 12, .gid = 34};
	struct unpack_options o = default_options();
	struct unpack_result result;
	struct err err = {0};
	int tree = make_tree(*state);
	static const char *const names[] = {"f", "d", "l", "p"};
	struct stat st;

	if (geteuid() != 0)
		skip_because("only root gives files away");
	tar_entry(&t, &(struct in){"f", '0', 06755, "x"});
	tar_entry(&t, &(struct in){"d", '5', 02775});
	tar_entry(&t, &(struct in)LINK_("l", "/etc/passwd"));
	tar_entry(&t, &(struct in){"p", '6', 0600});
	t.uid = t.gid = 0;
	tar_entry(&t, &(struct in)FILE_("d/x", "1"));
	tar_end(&t);
	CHECK_INT(unpack_bytes(t.at, t.len, tree, &o, &result, &err), 0);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		CHECK_INT(fstatat(tree, names[i], &st, AT_SYMLINK_NOFOLLOW), 0);
		CHECK_INT(st.st_uid, 12);
		CHECK_INT(st.st_gid, 34);
	}
	CHECK_INT(fstatat(tree, "f", &st, 0), 0);
	CHECK_INT(st.st_mode & 07777, 06755);
	CHECK_INT(fstatat(tree, "d", &st, 0), 0);
	CHECK_INT(st.st_mode & 07777, 02775);
	CHECK_INT(fstatat(tree, "d/x", &st, 0), 0);
	CHECK_INT(st.st_gid, 0);
	CHECK_INT(fstatat(AT_FDCWD, "/etc/passwd", &st, 0), 0);
	CHECK_INT(st.st_uid, 0);
	close(tree);
	free(t.at);
}

struct owner_case {
	struct folder *folder;
	uint32_t uid, gid;
	const char *want, *hint;
};

static void child_unmapped(void *data)
{
	const struct owner_case *c = data;
	struct tar t = {.uid = c->uid, .gid = c->gid};
	struct unpack_options o = default_options();
	struct unpack_result result;
	struct err err = {0};
	int tree = make_tree(c->folder);

	enter_userns(0, 0);
	tar_entry(&t, &(struct in)FILE_("x", "1"));
	tar_end(&t);
	CHECK_INT(unpack_bytes(t.at, t.len, tree, &o, &result, &err), -EINVAL);
	CHECK_STR(err.message, c->want);
	CHECK(strstr(err.hint, c->hint) != NULL);
	remove_all(c->folder->fd, "tree");
}

static void test_unmapped(void **state)
{
	struct owner_case cases[] = {
		{*state, 5, 0, "entry 'x': user id 5 has no place among the mapped ids",
		 "sudo usermod --add-subuids"},
		{*state, 0, 6, "entry 'x': group id 6 has no place among the mapped ids",
		 "sudo usermod --add-subgids"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		in_child(child_unmapped, &cases[i]);
}

static void test_huge_owner(void **state)
{
	static const struct one_case cases[] = {
		{{{"a", '0', 0644, "1", "uid=4294967295"}},
		 -EINVAL,
		 "entry 'a': user id 4294967295 has no place"},
		{{{"a", '0', 0644, "1", "gid=4294967296"}},
		 -EINVAL,
		 "entry 'a': group id 4294967296 has no place"},
	};

	RUN_CASES(*state, cases);
}

#define OVERRIDE "user.containers.override_stat"

static void child_squash(void *data)
{
	static const struct in in[] = {
		{"f", '0', 04511, "x"}, {"none", '0', 0, "y"},
		{"d", '5', 01070},	{"d/x", '0', 0644, "1"},
		{"l", '2', 0777, "f"},	{"null", '3', 0666, "1,3"},
		GONE_("d/.wh.gone"),	{"p", '6', 0222},
	};
	struct unpack_options o = default_options();
	struct tar t = {.uid = 12, .gid = 3456};
	struct unpack_result result;
	struct text text = {0};
	struct err err = {0};
	int tree = make_tree(data);
	struct stat st;

	enter_userns(0, 0);
	o.want_squash = true;
	for (size_t i = 0; i < ARRAY_SIZE(in); i++)
		tar_entry(&t, &in[i]);
	tar_end(&t);
	CHECK_INT(unpack_bytes(t.at, t.len, tree, &o, &result, &err), 0);
	check_xattr(tree, ".", OVERRIDE, "0:0:0755");
	check_xattr(tree, "f", OVERRIDE, "12:3456:04511");
	check_xattr(tree, "none", OVERRIDE, "12:3456:00");
	check_xattr(tree, "d", OVERRIDE, "12:3456:01070");
	check_xattr(tree, "null", OVERRIDE, "12:3456:0666:char-1-3");
	CHECK_INT(fstatat(tree, "null", &st, 0), 0);
	CHECK(S_ISREG(st.st_mode) && (st.st_mode & 07777) == 0 && st.st_size == 0);
	CHECK_INT(fchmodat(tree, "null", 0400, 0), 0);
	show_folder(&text, tree, "");
	CHECK_STR(text.at,
		  "d 1770|d/gone gone|d/x=1 644|f=x 4711|l>f|none=y 600|null= 400|"
		  "p fifo 622|");
	remove_all(((struct folder *)data)->fd, "tree");
}

static void test_squash(void **state)
{
	in_child(child_squash, *state);
}

/* --- sparse files --- */

/* The oldest form, of GNU tar: where data is stands in the header itself. */
static void test_sparse_gnu(void **state)
{
	struct tar t = {.uid = geteuid(), .gid = getegid()};
	struct unpack_options o = default_options();
	struct unpack_result result;
	struct err err = {0};
	char *h, data[1024], got[8] = "";
	int tree = make_tree(*state);
	unsigned sum = 0;
	struct stat st;

	tar_header(&t, &(struct header){
			       .name = "s", .type = 'S', .mode = 0644, .size = 1024});
	h = t.at;
	memcpy(h + 257, "ustar  ", 8);
	memset(h + 329, 0, 16);
	put_octal(h + 386, 11, 1 << 20);
	put_octal(h + 398, 11, 512);
	put_octal(h + 410, 11, 8 << 20);
	put_octal(h + 422, 11, 512);
	put_octal(h + 483, 11, 16 << 20);
	memset(h + 148, ' ', 8);
	for (int i = 0; i < BLOCK; i++)
		sum += (unsigned char)h[i];
	put_octal(h + 148, 6, sum);
	memset(data, 'a', 512);
	memset(data + 512, 'b', 512);
	tar_add(&t, data, sizeof(data));
	tar_end(&t);
	CHECK_INT(unpack_bytes(t.at, t.len, tree, &o, &result, &err), 0);
	CHECK_INT(fstatat(tree, "s", &st, 0), 0);
	CHECK_INT(st.st_size, 16 << 20);
	CHECK(st.st_blocks * 512 < 1 << 20);
	{
		_cleanup_fd_ int fd = fd_open(tree, "s", O_RDONLY);

		CHECK_INT(pread(fd, got, 4, (1 << 20) + 510), 4);
		CHECK(memcmp(got, "aa\0\0", 4) == 0);
		CHECK_INT(pread(fd, got, 4, (8 << 20) - 2), 4);
		CHECK(memcmp(got, "\0\0bb", 4) == 0);
	}
	close(tree);
	free(t.at);
}

static void test_sparse_pax(void **state)
{
	static const struct in in[] = {
		{"GNUSparseFile.0/s", '0', 0644, "abc",
		 "GNU.sparse.name=s\n"
		 "GNU.sparse.size=10000000\nGNU.sparse.numblocks=1\n"
		 "GNU.sparse.map=5000000,3"},
		{"hole", '0', 0644, "",
		 "GNU.sparse.name=hole\n"
		 "GNU.sparse.size=7000000\nGNU.sparse.numblocks=1\n"
		 "GNU.sparse.map=7000000,0"},
	};
	struct unpack_options o = default_options();
	int tree = unpack_list(*state, in, ARRAY_SIZE(in), &o);
	_cleanup_fd_ int fd = fd_open(tree, "s", O_RDONLY);
	char got[8] = "";
	struct stat st;

	CHECK_INT(fd_stat(fd, &st), 0);
	CHECK_INT(st.st_size, 10000000);
	CHECK(st.st_blocks * 512 < 1 << 20);
	CHECK_INT(pread(fd, got, 5, 4999999), 5);
	CHECK(memcmp(got, "\0abc\0", 5) == 0);
	CHECK_INT(fstatat(tree, "hole", &st, 0), 0);
	CHECK_INT(st.st_size, 7000000);
	CHECK(st.st_blocks * 512 < 1 << 20);
	close(tree);
}

/* --- limits --- */

static void test_limits(void **state)
{
	static const struct one_case bytes[] = {
		{{FILE_("a", "12345"), FILE_("b", "12345")},
		 0,
		 "a=12345 644|b=12345 644|"},
		{{FILE_("a", "12345"), FILE_("b", "123456")},
		 -EFBIG,
		 "entry 'b': the layer has more than 10 bytes of files"},
		{{{"s", '0', 0644, "",
		   "GNU.sparse.name=s\n"
		   "GNU.sparse.size=11\nGNU.sparse.numblocks=1\nGNU.sparse.map=11,0"}},
		 -EFBIG,
		 "more than 10 bytes"},
	};
	static const struct one_case entries[] = {
		{{FILE_("a", ""), DIR_("b")}, 0, "a= 644|b 755|"},
		{{FILE_("a", ""), DIR_("b"), GONE_(".wh.c")},
		 -EFBIG,
		 "the layer has more than 2 entries"},
	};
	static const struct one_case depth[] = {
		{{FILE_("a/b/c", "1")}, 0, "a 755|a/b 755|a/b/c=1 644|"},
		{{FILE_("a/b/c/d", "1")}, -EFBIG, "more than 3 folders in folders"},
	};
	struct unpack_options o = default_options();
	struct folder *f = *state;

	o.limits.max_bytes = 10;
	run_cases_with(f, bytes, ARRAY_SIZE(bytes), &o);
	remove_all(f->fd, "outside");
	o = default_options();
	o.limits.max_entries = 2;
	run_cases_with(f, entries, ARRAY_SIZE(entries), &o);
	remove_all(f->fd, "outside");
	o = default_options();
	o.limits.max_depth = 3;
	run_cases_with(f, depth, ARRAY_SIZE(depth), &o);
}

static int unpack_in(struct folder *f, const struct tar *t,
		     const struct unpack_options *o, struct unpack_result *result,
		     struct err *err)
{
	int tree = make_tree(f);
	int r = unpack_bytes(t->at, t->len, tree, o, result, err);

	close(tree);
	remove_all(f->fd, "tree");
	return r;
}

/* What is behind the archive's end is read, and has a limit too. */
static void test_endless_end(void **state)
{
	struct unpack_options o = default_options();
	struct tar t = make_tar(NULL, 0);
	struct unpack_result result;
	struct err err = {0};

	o.limits.max_bytes = 1 << 20;
	o.limits.max_entries = 1;
	tar_add(&t, NULL, 3 << 20);
	CHECK_INT(unpack_in(*state, &t, &o, &result, &err), -EFBIG);
	CHECK(strstr(err.message, "more than 1052672 bytes") != NULL);
	free(t.at);
}

static void test_huge_headers(void **state)
{
	_cleanup_free_ char *name = repeat("abcdefgh", 300000);
	_cleanup_free_ char *map = repeat("0\n0\n", 1200000);
	struct unpack_options o = default_options();
	struct unpack_result result;
	struct tar t = {0};
	struct err err = {0};

	tar_long(&t, 'L', name);
	tar_entry(&t, &(struct in)FILE_("x", "1"));
	tar_end(&t);
	CHECK(unpack_in(*state, &t, &o, &result, &err) < 0);
	free(t.at);
	/* A map of holes in front of the content has a length that only the stream limits. */
	t = (struct tar){.uid = geteuid(), .gid = getegid()};
	tar_pax(&t, "GNU.sparse.major=1\nGNU.sparse.minor=0\nGNU.sparse.name=s\n"
		    "GNU.sparse.realsize=5000000");
	memcpy(map, "2000000\n", 8);
	tar_entry(&t, &(struct in)FILE_("s", map));
	tar_end(&t);
	CHECK_INT(unpack_in(*state, &t, &o, &result, &err), -EFBIG);
	CHECK(strstr(err.message, "a header of more than 768 KiB") != NULL);
	free(t.at);
}

/* A pipe that nobody writes to. */
static void test_time_limit(void **state)
{
	struct unpack_options o = default_options();
	struct unpack_result result;
	struct err err = {0};
	int tree = make_tree(*state), ends[2];

	o.limits.max_seconds = 1;
	CHECK_INT(fd_pipe(ends), 0);
	CHECK_INT(unpack_layer(ends[0], tree, &o, &result, &err), -ETIMEDOUT);
	CHECK_STR(err.message, "unpacking the layer took more than 1 seconds");
	close(ends[0]);
	close(ends[1]);
	close(tree);
}

/* The writer fails while the reader waits for a pipe that stays open. */
static void test_waiting_reader(void **state)
{
	struct tar t = make_tar((struct in[]){FILE_("..", "1")}, 1);
	struct unpack_options o = default_options();
	struct unpack_result result;
	struct err err = {0};
	int tree = make_tree(*state), ends[2];

	tar_add(&t, NULL, 256 << 10); /* no buffer stays half full */
	CHECK_INT(fd_pipe(ends), 0);
	fcntl(ends[1], F_SETPIPE_SZ, 1 << 20);
	CHECK_INT(fd_write_all(ends[1], t.at, t.len), 0);
	CHECK_INT(unpack_layer(ends[0], tree, &o, &result, &err), -EPERM);
	close(ends[0]);
	close(ends[1]);
	close(tree);
	free(t.at);
}

/* --- streams --- */

static struct tar squeeze(const struct tar *t, bool want_zstd)
{
	struct tar out = {0};
	z_stream z = {0};

	tar_add(&out, NULL, t->len + 100000);
	if (want_zstd) {
		out.len = ZSTD_compress(out.at, out.len, t->at, t->len, 3);
		assert_false(ZSTD_isError(out.len));
		return out;
	}
	assert_int_equal(deflateInit2(&z, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY),
			 Z_OK);
	z.next_in = (uint8_t *)t->at;
	z.avail_in = (uInt)t->len;
	z.next_out = (uint8_t *)out.at;
	z.avail_out = (uInt)out.len;
	assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
	out.len -= z.avail_out;
	deflateEnd(&z);
	return out;
}

static void check_digest(const struct tar *t, const struct unpack_result *result)
{
	struct hash *h = hash_new();
	struct digest want;

	hash_add(h, t->at, t->len);
	hash_end(h, &want);
	CHECK_STR(result->diff_id.text, want.text);
	CHECK_INT(result->stream_bytes, t->len);
}

/* Some files of many sizes, around those of blocks and buffers. */
static struct tar make_mixed(void)
{
	struct tar t = {.uid = geteuid(), .gid = getegid()};
	struct dice dice = {.state = 11};

	for (uint32_t i = 0; i < 60; i++) {
		uint32_t len = i < 50 ? dice_roll(&dice, 2000) : dice_roll(&dice, 400000);
		char *text = malloc(len + 1), name[32];

		assert_non_null(text);
		for (uint32_t k = 0; k < len; k++)
			text[k] = (char)('a' + dice_roll(&dice, 26));
		text[len] = '\0';
		snprintf(name, sizeof(name), "d%u/f%u", i % 7, i);
		tar_entry(&t, &(struct in)FILE_(name, text));
		free(text);
	}
	tar_end(&t);
	return t;
}

static void test_diff_id(void **state)
{
	struct tar t = make_mixed(), zeros = {0};
	struct unpack_options o = default_options();
	struct unpack_result result;
	struct err err = {0};

	tar_add(&t, NULL, 700000); /* longer than a buffer */
	tar_add(&t, "the very end", 12);
	for (int i = 0; i < 3; i++) {
		struct tar in = i == 0 ? t : squeeze(&t, i == 1);

		CHECK_INT(unpack_in(*state, &in, &o, &result, &err), 0);
		CHECK_INT(result.entries, 60);
		check_digest(&t, &result);
		if (i > 0)
			free(in.at);
	}
	tar_add(&zeros, NULL, 1024);
	CHECK_INT(unpack_in(*state, &zeros, &o, &result, &err), 0);
	CHECK_STR(result.diff_id.text, "sha256:5f70bf18a086007016e948b04aed3b82"
				       "103a36bea41755b6cddfaf10ace3c6ef");
	zeros.len = 0;
	CHECK_INT(unpack_in(*state, &zeros, &o, &result, &err), 0);
	CHECK_STR(result.diff_id.text, "sha256:e3b0c44298fc1c149afbf4c8996fb924"
				       "27ae41e4649b934ca495991b7852b855");
	CHECK_INT(result.entries, 0);
	free(zeros.at);
	free(t.at);
}

/* Where a stream ends between two entries it is a whole one, as for tar(1); the digest tells. */
static void test_cut(void **state)
{
	struct tar t = make_mixed(), in[3];
	struct unpack_options o = default_options();

	in[0] = t;
	in[1] = squeeze(&t, false);
	in[2] = squeeze(&t, true);
	for (size_t k = 0; k < ARRAY_SIZE(in); k++) {
		struct dice dice = {.state = k};

		for (int i = 0; i < 40; i++) {
			struct unpack_result result;
			struct err err = {0};
			struct tar cut = in[k];

			cut.len = 4 + dice_roll(&dice, (uint32_t)cut.len - 1100);
			cut.len |= 1;
			check_context("stream %zu cut to %zu", k, cut.len);
			CHECK_INT(unpack_in(*state, &cut, &o, &result, &err), -EBADMSG);
		}
	}
	check_no_context();
	in[1].at[in[1].len - 8] ^= 1;
	for (int i = 0; i < 1; i++) {
		struct unpack_result result;
		struct err err = {0};

		CHECK_INT(unpack_in(*state, &in[1], &o, &result, &err), -EBADMSG);
		CHECK(strstr(err.message, "checksum") != NULL);
	}
	for (size_t k = 0; k < ARRAY_SIZE(in); k++)
		free(in[k].at);
}

static void test_damaged(void **state)
{
	static const char xz[] = "\xfd"
				 "7zXZ";
	static const char *const streams[] = {"garbage", "BZh91AY&SY", xz};
	struct tar t = make_tar((struct in[]){FILE_("a", "1"), FILE_("b", "2")}, 2);
	struct unpack_options o = default_options();
	struct unpack_result result;
	struct err err = {0};

	for (size_t i = 0; i < ARRAY_SIZE(streams); i++) {
		struct tar bad = {0};

		tar_add(&bad, streams[i], strlen(streams[i]));
		CHECK_INT(unpack_in(*state, &bad, &o, &result, &err), -EBADMSG);
		tar_add(&bad, NULL, 5000);
		CHECK_INT(unpack_in(*state, &bad, &o, &result, &err), -EBADMSG);
		free(bad.at);
	}
	t.at[2 * BLOCK + 20] ^= 1; /* the second header: its checksum is wrong */
	CHECK_INT(unpack_in(*state, &t, &o, &result, &err), -EBADMSG);
	free(t.at);
	/* a record that says another length than it has */
	t = (struct tar){0};
	tar_header(&t, &(struct header){.name = "pax", .type = 'x', .size = 11});
	tar_add(&t, "12 path=ab\n", 11);
	tar_pad(&t);
	tar_entry(&t, &(struct in)FILE_("a", "1"));
	tar_end(&t);
	CHECK_INT(unpack_in(*state, &t, &o, &result, &err), -EBADMSG);
	free(t.at);
}

/* --- many ids, beside tar(1) --- */

static void write_map(pid_t pid, const char *file)
{
	static const char map[] = "0 100000 65536";
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, file);
	fd = fd_open(AT_FDCWD, path, O_WRONLY);
	if (fd < 0 || write(fd, map, strlen(map)) < 0)
		_exit(1);
	close(fd);
}

/* Becomes root of a user namespace with 65536 ids. */
static void enter_many_ids(void)
{
	int ends[2], status;
	pid_t self = getpid(), pid;
	char c;

	CHECK_INT(pipe(ends), 0);
	pid = fork();
	CHECK(pid >= 0);
	if (pid == 0) {
		close(ends[1]);
		if (read(ends[0], &c, 1) != 1)
			_exit(1);
		write_map(self, "uid_map");
		write_map(self, "gid_map");
		_exit(0);
	}
	if (unshare(CLONE_NEWUSER) < 0)
		skip_because("no user namespace can be made");
	CHECK_INT(write(ends[1], "x", 1), 1);
	CHECK_INT(waitpid(pid, &status, 0), pid);
	if (status != 0)
		skip_because("not all ids can be mapped");
	CHECK_INT(setresgid(0, 0, 0), 0);
	CHECK_INT(setgroups(0, NULL), 0);
	CHECK_INT(setresuid(0, 0, 0), 0);
}

/* As tar(1) makes it. */
static void run_tar(int blob, int tree)
{
	int status;
	pid_t pid = fork();

	CHECK(pid >= 0);
	if (pid == 0) {
		umask(022);
		if (fchdir(tree) < 0 || dup2(blob, 0) < 0)
			_exit(1);
		execlp("tar", "tar", "-xpS", "--numeric-owner", "--xattrs",
		       "--xattrs-include=user.*", "-f", "-", NULL);
		_exit(77);
	}
	CHECK_INT(waitpid(pid, &status, 0), pid);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 77)
		skip_because("there is no tar(1)");
	CHECK_INT(status, 0);
}

static void compare(int a, int b, const char *path)
{
	_cleanup_fd_ int fa = -EBADF, fb = -EBADF;
	_cleanup_arena_ struct arena mem = {0};
	struct strv na = {0}, nb = {0};
	struct stat sa, sb;
	char va[64], vb[64];

	check_context("'%s'", path);
	CHECK_INT(fstatat(a, path, &sa, AT_SYMLINK_NOFOLLOW), 0);
	CHECK_INT(fstatat(b, path, &sb, AT_SYMLINK_NOFOLLOW), 0);
	CHECK_INT(sa.st_mode, sb.st_mode);
	CHECK_INT(sa.st_uid, sb.st_uid);
	CHECK_INT(sa.st_gid, sb.st_gid);
	CHECK_INT(sa.st_nlink, sb.st_nlink);
	CHECK_INT(sa.st_mtim.tv_sec, sb.st_mtim.tv_sec);
	CHECK_INT(sa.st_mtim.tv_nsec, sb.st_mtim.tv_nsec);
	if (!S_ISDIR(sa.st_mode))
		CHECK_INT(sa.st_size, sb.st_size);
	if (!S_ISREG(sa.st_mode) && !S_ISDIR(sa.st_mode))
		return;
	fa = fd_open(a, path, O_RDONLY);
	fb = fd_open(b, path, O_RDONLY);
	CHECK(fa >= 0 && fb >= 0);
	CHECK_INT(fgetxattr(fa, "user.x", va, sizeof(va)),
		  fgetxattr(fb, "user.x", vb, sizeof(vb)));
	if (S_ISREG(sa.st_mode)) {
		/* tar(1) makes holes of all zeros, here only of what the archive says. */
		CHECK(sa.st_blocks <= sb.st_blocks + 8);
		CHECK_INT(lseek(fa, 0, SEEK_DATA), lseek(fb, 0, SEEK_DATA));
		return;
	}
	CHECK_INT(dir_list(fa, &mem, &na), 0);
	CHECK_INT(dir_list(fb, &mem, &nb), 0);
	CHECK_INT(na.n, nb.n);
	for (size_t i = 0; i < na.n; i++)
		compare(fa, fb, na.v[i]);
}

static void add_owned(struct tar *t, uint32_t uid, uint32_t gid, struct in in)
{
	t->uid = uid;
	t->gid = gid;
	tar_entry(t, &in);
}

static struct tar make_owned(void)
{
	struct tar t = {0};

	add_owned(&t, 0, 0, (struct in){".", '5', 0755});
	add_owned(&t, 1000, 50, (struct in){"d", '5', 02775, NULL, "mtime=7.125"});
	add_owned(&t, 65535, 65535,
		  (struct in){"d/f", '0', 0640, "text", "SCHILY.xattr.user.x=value"});
	add_owned(&t, 0, 5, (struct in){"d/suid", '0', 04755, "x"});
	add_owned(&t, 7, 0, (struct in){"d/sgid", '0', 02711, "x", "mtime=9.000000009"});
	add_owned(&t, 0, 0, (struct in)HARD_("h", "d/suid"));
	add_owned(&t, 3, 4, (struct in){"l", '2', 0777, "d/f", "mtime=8.5"});
	add_owned(&t, 3, 4, (struct in){"p", '6', 0600, NULL});
	add_owned(&t, 8, 8, (struct in){"r", '5', 0500, NULL, "SCHILY.xattr.user.x=va"});
	add_owned(&t, 9, 9, (struct in){"r/x", '0', 0, "hidden"});
	add_owned(&t, 9, 9,
		  (struct in){"GNUSparseFile.0/s", '0', 0644, "abc",
			      "GNU.sparse.name=s\nGNU.sparse.size=10000000\n"
			      "GNU.sparse.numblocks=2\nGNU.sparse.map=4096000,3,10000000,"
			      "0"});
	tar_end(&t);
	return t;
}

static void child_many_ids(void *data)
{
	struct folder *f = data;
	struct unpack_options o = default_options();
	struct tar t = make_owned();
	struct unpack_result result;
	struct err err = {0};
	int blob = open_blob(t.at, t.len), ours, theirs;

	make_dir(f->fd, "ours", 0755);
	make_dir(f->fd, "theirs", 0755);
	CHECK_INT(fchownat(f->fd, "ours", 100000, 100000, 0), 0);
	CHECK_INT(fchownat(f->fd, "theirs", 100000, 100000, 0), 0);
	ours = fd_open(f->fd, "ours", O_RDONLY | O_DIRECTORY);
	theirs = fd_open(f->fd, "theirs", O_RDONLY | O_DIRECTORY);
	enter_many_ids();
	CHECK_INT(unpack_layer(blob, ours, &o, &result, &err), 0);
	CHECK_INT(lseek(blob, 0, SEEK_SET), 0);
	run_tar(blob, theirs);
	compare(ours, theirs, ".");
}

static void test_many_ids(void **state)
{
	if (geteuid() != 0)
		skip_because("only root maps many ids without a helper");
	in_child(child_many_ids, *state);
}

/* --- confinement --- */

static void *say_hello(void *data)
{
	*(int *)data = 1;
	return NULL;
}

static void child_confined(void *data)
{
	struct folder *f = data;
	struct tar t = make_mixed();
	int tree = make_tree(f), outside, hello = 0;
	struct unpack_options o = default_options();
	struct unpack_result result;
	struct err err = {0};
	struct rlimit l;
	pthread_t thread;

	make_outside(f);
	hash_free(hash_new());
	CHECK_INT(unpack_confine(tree, &err), 0);
	outside = openat(f->fd, "outside/secret", O_WRONLY);
	CHECK_INT(outside < 0 ? errno : 0, EACCES);
	CHECK_INT(openat(f->fd, "outside/secret", O_RDONLY), -1);
	CHECK_INT(openat(f->fd, "outside/new", O_WRONLY | O_CREAT, 0600), -1);
	CHECK_INT(unlinkat(f->fd, "outside/secret", 0), -1);
	CHECK_INT(mkdirat(f->fd, "new", 0700), -1);
	CHECK_INT(linkat(f->fd, "outside/secret", tree, "x", 0), -1);
	CHECK_INT(renameat(f->fd, "outside/secret", tree, "x"), -1);
	CHECK_INT(socket(AF_UNIX, SOCK_STREAM, 0), -1);
	CHECK_INT(errno, EPERM);
	CHECK_INT(fork(), -1);
	CHECK_INT(execl("/bin/true", "true", NULL), -1);
	CHECK_INT(errno, EPERM);
	CHECK_INT(unshare(CLONE_NEWUSER), -1);
	CHECK_INT(errno, EPERM);
	CHECK_INT(kill(getppid(), 0), -1);
	CHECK_INT(getrlimit(RLIMIT_CORE, &l), 0);
	CHECK_INT(l.rlim_max, 0);
	CHECK_INT(pthread_create(&thread, NULL, say_hello, &hello), 0);
	CHECK_INT(pthread_join(thread, NULL), 0);
	CHECK_INT(hello, 1);
	/* What it is for still works. */
	{
		_cleanup_fd_ int blob = open_blob(t.at, t.len);

		CHECK_INT(unpack_layer(blob, tree, &o, &result, &err), 0);
	}
	check_digest(&t, &result);
	CHECK_INT(openat(tree, "d0/f0", O_WRONLY | O_CLOEXEC) >= 0, 1);
}

static void test_confine(void **state)
{
	in_child(child_confined, *state);
}

/* --- the program --- */

static void child_main(void *data)
{
	struct tar t = make_tar((struct in[]){FILE_("a", "1")}, 1);
	int blob = open_blob(t.at, t.len), tree = make_tree(data), out = open_blob("", 0);
	char option[32], *argv[] = {(char *)"unpack", option, NULL};
	char text[2000] = "", want[300];
	struct hash *h = hash_new();
	struct digest d;
	int code;

	hash_add(h, t.at, t.len);
	hash_end(h, &d);
	snprintf(option, sizeof(option), "--tree=%d", tree);
	CHECK_INT(dup2(blob, 0), 0);
	CHECK_INT(dup2(out, 1), 1);
	code = unpack_main(2, argv);
	CHECK(pread(1, text, sizeof(text) - 1, 0) > 0);
	snprintf(want, sizeof(want), "{\"diffId\":\"%s\",\"bytes\":2048,\"entries\":1}\n",
		 d.text);
	CHECK_STR(text, want);
	CHECK_INT(code, 0);
}

static void child_main_refuses(void *data)
{
	struct tar t = make_tar((struct in[]){FILE_("\x1b..", "1"), FILE_("..", "1")}, 2);
	int blob = open_blob(t.at, t.len), tree = make_tree(data), out = open_blob("", 0);
	char option[32], text[2000] = "";
	char *argv[] = {(char *)"unpack", (char *)"--squash", option, NULL};

	snprintf(option, sizeof(option), "--tree=%d", tree);
	CHECK_INT(dup2(blob, 0), 0);
	CHECK_INT(dup2(out, 1), 1);
	CHECK_INT(unpack_main(3, argv), 125);
	CHECK(pread(1, text, sizeof(text) - 1, 0) > 0);
	CHECK_STR(text, "{\"error\":\"entry '..' is refused: it has '..' in a name\"}\n");
}

static void test_main(void **state)
{
	struct folder *f = *state;

	in_child(child_main, f);
	remove_all(f->fd, "tree");
	in_child(child_main_refuses, f);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST_IN_FOLDER(test_kinds),
		TEST_IN_FOLDER(test_devices),
		TEST_IN_FOLDER(test_names),
		TEST_IN_FOLDER(test_long_names),
		TEST_IN_FOLDER(test_links_in_the_way),
		TEST_IN_FOLDER(test_hard_links),
		TEST_IN_FOLDER(test_last_wins),
		TEST_IN_FOLDER(test_whiteouts),
		TEST_IN_FOLDER(test_opaque_root),
		TEST_IN_FOLDER(test_times),
		TEST_IN_FOLDER(test_xattrs),
		TEST_IN_FOLDER(test_capability),
		TEST_IN_FOLDER(test_setgid_tree),
		TEST_IN_FOLDER(test_owners),
		TEST_IN_FOLDER(test_unmapped),
		TEST_IN_FOLDER(test_huge_owner),
		TEST_IN_FOLDER(test_squash),
		TEST_IN_FOLDER(test_sparse_gnu),
		TEST_IN_FOLDER(test_sparse_pax),
		TEST_IN_FOLDER(test_limits),
		TEST_IN_FOLDER(test_endless_end),
		TEST_IN_FOLDER(test_huge_headers),
		TEST_IN_FOLDER(test_time_limit),
		TEST_IN_FOLDER(test_waiting_reader),
		TEST_IN_FOLDER(test_diff_id),
		TEST_IN_FOLDER(test_cut),
		TEST_IN_FOLDER(test_damaged),
		TEST_IN_FOLDER(test_many_ids),
		TEST_IN_FOLDER(test_confine),
		TEST_IN_FOLDER(test_main),
	};

	return UNIT_RUN(tests);
}
