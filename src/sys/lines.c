// SPDX-License-Identifier: Apache-2.0
/*
 * lines.c - see lines.h
 */
#include "sys/lines.h"

#include <string.h>

#include "sys/fd.h"

/* Hands out the whole lines of a buffer. Return: bytes used up; sets @is_done. */
static size_t take_lines(char *buf, size_t len, bool *is_skipping, lines_fn fn,
			 void *data, bool *is_done)
{
	size_t start = 0;

	while (!*is_done) {
		char *end = memchr(buf + start, '\n', len - start);

		if (!end)
			return start;
		*end = '\0';
		if (!*is_skipping && !fn(buf + start, data))
			*is_done = true;
		*is_skipping = false;
		start = (size_t)(end - buf) + 1;
	}
	return start;
}

int lines_read_fd(int fd, size_t max, lines_fn fn, void *data)
{
	char buf[LINES_MAX + 2]; /* a line, its newline and a NUL */
	bool is_skipping = false, is_done = false;
	size_t len = 0, total = 0;

	for (;;) {
		int n = fd_read_now(fd, buf + len, LINES_MAX + 1 - len);
		size_t used;

		if (n == -EAGAIN)
			continue;
		if (n < 0)
			return n;
		if (n == 0)
			break;
		len += (size_t)n;
		total += (size_t)n;
		used = take_lines(buf, len, &is_skipping, fn, data, &is_done);
		if (is_done)
			return 1;
		len -= used;
		memmove(buf, buf + used, len);
		if (len == LINES_MAX + 1) {
			is_skipping = true;
			len = 0;
		}
		if (total > max)
			return -EFBIG;
	}
	/* The last line may lack its newline. */
	buf[len] = '\0';
	return len > 0 && !is_skipping && !fn(buf, data) ? 1 : 0;
}

int lines_read(const char *path, lines_fn fn, void *data)
{
	_cleanup_fd_ int fd = fd_open(AT_FDCWD, path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
	struct stat st;
	int r;

	if (fd < 0)
		return fd;
	r = fd_stat(fd, &st);
	if (r == 0 && !S_ISREG(st.st_mode))
		r = -EINVAL;
	if (r < 0)
		return r;
	r = lines_read_fd(fd, SIZE_MAX, fn, data);
	return r < 0 ? r : 0;
}

size_t lines_split(char *line, char separator, char **fields, size_t max)
{
	size_t n = 0;

	while (n < max) {
		if (separator == ' ')
			line += strspn(line, " \t");
		fields[n++] = line;
		line = strchr(line, separator);
		if (!line || n == max)
			break;
		*line++ = '\0';
		if (separator == ' ' && line[strspn(line, " \t")] == '\0')
			break;
	}
	return n;
}

void lines_unescape(char *s)
{
	char *to = s;

	while (*s) {
		if (s[0] == '\\' && s[1] >= '0' && s[1] <= '3' && s[2] >= '0' &&
		    s[2] <= '7' && s[3] >= '0' && s[3] <= '7') {
			*to++ = (char)((s[1] - '0') * 64 + (s[2] - '0') * 8 +
				       (s[3] - '0'));
			s += 4;
		} else {
			*to++ = *s++;
		}
	}
	*to = '\0';
}
