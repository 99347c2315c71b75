// SPDX-License-Identifier: Apache-2.0
/*
 * sys_lines.c - tests of files that are read line by line
 */
#include "sys/lines.h"

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "support.h"
#include "sys/fd.h"

/* Gathers lines; says "enough" after @stop_after of them, when that is not 0. */
struct lines {
	struct arena arena;
	struct strv v;
	size_t stop_after;
};

static bool gather(char *line, void *data)
{
	struct lines *l = data;
	char *copy = arena_strdup(&l->arena, line);

	strv_push(&l->arena, &l->v, copy);
	/* writable, to its end */
	memset(line, 'X', strlen(line));
	return l->v.n != l->stop_after;
}

static void free_lines(struct lines *l)
{
	arena_free(&l->arena);
}
#define _cleanup_lines_ _cleanup_(free_lines)

/* A file in memory that is read from its beginning. */
static int file_of(const char *text, size_t len)
{
	int fd = memfd_create("lines", MFD_CLOEXEC);

	CHECK(fd >= 0);
	CHECK_INT(fd_write_all(fd, text, len), 0);
	CHECK_INT(lseek(fd, 0, SEEK_SET), 0);
	return fd;
}

static int read_lines(const char *text, size_t len, size_t max, struct lines *l)
{
	_cleanup_fd_ int fd = file_of(text, len);

	return lines_read_fd(fd, max, gather, l);
}

static void check_lines(const char *text, const char *const *want, size_t n)
{
	_cleanup_lines_ struct lines l = {.stop_after = 0};

	check_context("'%s'", text);
	CHECK_INT(read_lines(text, strlen(text), SIZE_MAX, &l), 0);
	CHECK_INT(l.v.n, n);
	for (size_t i = 0; i < n; i++)
		CHECK_STR(l.v.v[i], want[i]);
}
#define CHECK_LINES(text, ...)                                          \
	check_lines(text, (const char *const[]){"", ##__VA_ARGS__} + 1, \
		    ARRAY_SIZE(((const char *const[]){"", ##__VA_ARGS__})) - 1)

static void test_lines(void **state)
{
	CHECK_LINES("");
	CHECK_LINES("\n", "");
	CHECK_LINES("a", "a");
	CHECK_LINES("a\n", "a");
	CHECK_LINES("a\nb", "a", "b");
	CHECK_LINES("a\nb\n", "a", "b");
	CHECK_LINES("\n\na\n\n", "", "", "a", "");
	CHECK_LINES("a\r\n b \n", "a\r", " b ");
}

/* Lines of every length around a boundary, so that each falls on the end of the buffer. */
static void test_boundaries(void **state)
{
	static char text[3 * LINES_MAX];

	for (size_t first = LINES_MAX - 20; first < LINES_MAX - 1; first++) {
		_cleanup_lines_ struct lines l = {.stop_after = 0};

		check_context("%zu bytes", first);
		memset(text, 'a', first);
		text[first] = '\n';
		memcpy(text + first + 1, "second line\n\nlast", 17);
		CHECK_INT(read_lines(text, first + 1 + 17, SIZE_MAX, &l), 0);
		CHECK_INT(l.v.n, 4);
		CHECK_INT(strlen(l.v.v[0]), first);
		CHECK_STR(l.v.v[1], "second line");
		CHECK_STR(l.v.v[2], "");
		CHECK_STR(l.v.v[3], "last");
	}
}

/* The longest line that is handed out, and longer ones: left out whole, wherever they are. */
static void test_overlong(void **state)
{
	static const size_t lengths[] = {
		LINES_MAX - 1,	   LINES_MAX,	      LINES_MAX + 1,
		LINES_MAX + 2,	   2 * LINES_MAX - 1, 2 * LINES_MAX,
		2 * LINES_MAX + 1, 10 * LINES_MAX,    100000};
	static char text[100100];

	for (size_t i = 0; i < ARRAY_SIZE(lengths); i++) {
		for (int is_last = 0; is_last < 2; is_last++) {
			_cleanup_lines_ struct lines l = {.stop_after = 0};
			size_t len = lengths[i], want = len <= LINES_MAX ? 3 : 2;

			check_context("%zu bytes, last: %d", len, is_last);
			memcpy(text, "one\n", 4);
			memset(text + 4, 'x', len);
			memcpy(text + 4 + len, is_last ? "" : "\n", is_last ? 0 : 1);
			if (is_last)
				want--;
			else
				memcpy(text + 5 + len, "two\n", 4);
			CHECK_INT(read_lines(text, 4 + len + (is_last ? 0 : 5), SIZE_MAX,
					     &l),
				  0);
			CHECK_INT(l.v.n, want);
			CHECK_STR(l.v.v[0], "one");
			if (len <= LINES_MAX)
				CHECK_INT(strlen(l.v.v[1]), len);
			if (!is_last)
				CHECK_STR(l.v.v[want - 1], "two");
		}
	}
}

static void test_nul(void **state)
{
	_cleanup_lines_ struct lines l = {.stop_after = 0};

	CHECK_INT(read_lines("a\0b\n\0\nc", 7, SIZE_MAX, &l), 0);
	CHECK_INT(l.v.n, 3);
	CHECK_STR(l.v.v[0], "a");
	CHECK_STR(l.v.v[1], "");
	CHECK_STR(l.v.v[2], "c");
}

static void test_enough(void **state)
{
	for (size_t stop = 1; stop < 4; stop++) {
		_cleanup_lines_ struct lines l = {.stop_after = stop};

		check_context("enough after %zu", stop);
		CHECK_INT(read_lines("a\nb\nc\nd\n", 8, SIZE_MAX, &l), 1);
		CHECK_INT(l.v.n, stop);
	}
}

static void test_enough_at_last_line(void **state)
{
	_cleanup_lines_ struct lines l = {.stop_after = 2};
	_cleanup_lines_ struct lines no_newline = {.stop_after = 2};

	CHECK_INT(read_lines("a\nb\n", 4, SIZE_MAX, &l), 1);
	CHECK_INT(read_lines("a\nb", 3, SIZE_MAX, &no_newline), 1);
	CHECK_INT(no_newline.v.n, 2);
}

static void test_limit(void **state)
{
	static char text[3 * LINES_MAX];
	_cleanup_lines_ struct lines l = {.stop_after = 0}, early = {.stop_after = 1};

	memset(text, '\n', sizeof(text));
	CHECK_INT(read_lines(text, sizeof(text), sizeof(text), &l), 0);
	CHECK_INT(l.v.n, sizeof(text));
	CHECK_INT(read_lines(text, sizeof(text), sizeof(text) - 1, &l), -EFBIG);
	CHECK_INT(read_lines(text, sizeof(text), 0, &l), -EFBIG);
	CHECK_INT(read_lines("", 0, 0, &l), 0);
	/* What was found before the limit counts. */
	CHECK_INT(read_lines(text, sizeof(text), LINES_MAX, &early), 1);
	/* One line without end is given up as well. */
	memset(text, 'x', sizeof(text));
	CHECK_INT(read_lines(text, sizeof(text), sizeof(text) - 1, &l), -EFBIG);
}

/* A file that never ends is read up to the limit, and no line of it is kept. */
static void test_endless(void **state)
{
	_cleanup_lines_ struct lines l = {.stop_after = 0};
	_cleanup_fd_ int fd = fd_open(AT_FDCWD, "/dev/zero", O_RDONLY);

	CHECK_INT(lines_read_fd(fd, 1 << 20, gather, &l), -EFBIG);
	CHECK_INT(l.v.n, 0);
	CHECK_INT(lines_read_fd(-1, 10, gather, &l), -EBADF);
}

static void test_read_path(void **state)
{
	struct folder *f = *state;
	_cleanup_lines_ struct lines l = {.stop_after = 0}, one = {.stop_after = 1};
	char path[PATH_MAX];

	make_file(f->fd, "file", "a\nb\n");
	make_fifo(f->fd, "fifo");
	snprintf(path, sizeof(path), "%s/file", f->path);
	CHECK_INT(lines_read(path, gather, &l), 0);
	CHECK_INT(l.v.n, 2);
	/* enough is no failure */
	CHECK_INT(lines_read(path, gather, &one), 0);
	CHECK_INT(one.v.n, 1);
	CHECK_INT(lines_read("/proc/self/status", gather, &l), 0);
	CHECK(l.v.n > 10);
	l.v.n = 0;
	snprintf(path, sizeof(path), "%s/fifo", f->path);
	CHECK_INT(lines_read(path, gather, &l), -EINVAL);
	CHECK_INT(lines_read("/dev/zero", gather, &l), -EINVAL);
	CHECK_INT(lines_read("/dev/null", gather, &l), -EINVAL);
	CHECK_INT(lines_read(f->path, gather, &l), -EINVAL);
	snprintf(path, sizeof(path), "%s/none", f->path);
	CHECK_INT(lines_read(path, gather, &l), -ENOENT);
	CHECK_INT(l.v.n, 0);
}

static void test_split(void **state)
{
	static const struct {
		const char *line;
		char separator;
		size_t max, n;
		const char *fields[6];
	} cases[] = {
		{"a:b:c", ':', 6, 3, {"a", "b", "c"}},
		{"a:b:c", ':', 3, 3, {"a", "b", "c"}},
		{"a:b:c", ':', 2, 2, {"a", "b:c"}},
		{"a:b:c", ':', 1, 1, {"a:b:c"}},
		{"", ':', 3, 1, {""}},
		{":", ':', 3, 2, {"", ""}},
		{"::", ':', 3, 3, {"", "", ""}},
		{"a::c:", ':', 6, 4, {"a", "", "c", ""}},
		{"a b:c d", ':', 6, 2, {"a b", "c d"}},
		{"a b c", ' ', 6, 3, {"a", "b", "c"}},
		{"  a   b  c", ' ', 6, 3, {"a", "b", "c"}},
		{"         0          0 4294967295", ' ', 3, 3, {"0", "0", "4294967295"}},
		{"a b c d", ' ', 3, 3, {"a", "b", "c d"}},
		{"a b ", ' ', 6, 2, {"a", "b"}},
		{"a b   ", ' ', 6, 2, {"a", "b"}},
		{"a \t b", ' ', 6, 2, {"a", "b"}},
		{"a", ' ', 6, 1, {"a"}},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char line[64], *fields[7];

		memset(fields, 0, sizeof(fields));
		snprintf(line, sizeof(line), "%s", cases[i].line);
		check_context("'%s' at most %zu", cases[i].line, cases[i].max);
		CHECK_INT(lines_split(line, cases[i].separator, fields, cases[i].max),
			  cases[i].n);
		for (size_t k = 0; k < cases[i].n; k++)
			CHECK_STR(fields[k], cases[i].fields[k]);
		CHECK(fields[cases[i].n] == NULL);
	}
}

static void test_unescape(void **state)
{
	static const struct {
		const char *text, *want;
	} cases[] = {
		{"", ""},
		{"/plain", "/plain"},
		{"/a\\040b", "/a b"},
		{"\\011\\012\\134\\043", "\t\n\\#"},
		{"\\134040", "\\040"}, /* once, not twice */
		{"\\303\\244\\377", "\xc3\xa4\xff"},
		{"\\", "\\"},
		{"\\0", "\\0"},
		{"\\04", "\\04"},
		{"\\04x", "\\04x"},
		{"\\048", "\\048"},
		{"\\400", "\\400"},
		{"\\\\040", "\\ "},
		{"a\\040", "a "},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char text[64];

		snprintf(text, sizeof(text), "%s", cases[i].text);
		lines_unescape(text);
		CHECK_STR(text, cases[i].want);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(test_lines), TEST(test_boundaries), TEST(test_overlong),
		TEST(test_nul),	  TEST(test_enough),	 TEST(test_enough_at_last_line),
		TEST(test_limit), TEST(test_endless),	 TEST_IN_FOLDER(test_read_path),
		TEST(test_split), TEST(test_unescape),
	};

	return UNIT_RUN(tests);
}
