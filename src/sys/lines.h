/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lines.h - files of lines, read as a stream: passwd(5) and its kind
 */
#pragma once

#include "base/macros.h"

#define LINES_MAX 4096u /* longer lines are left out whole */

/* Gets one line without its newline, writable. False: enough. */
typedef bool (*lines_fn)(char *line, void *data);

/**
 * lines_read() - call @fn for each line of a regular file
 * @path: of the host; opened without blocking
 *
 * Return: 0; -EINVAL for a FIFO, device or folder, or a negative errno of open(2) or read(2).
 */
int lines_read(const char *path, lines_fn fn, void *data);

/**
 * lines_read_fd() - the same for an open descriptor, at most @max bytes of it
 * Return: 0; 1 when @fn said enough; -EFBIG when @max bytes were not all; a negative errno.
 */
int lines_read_fd(int fd, size_t max, lines_fn fn, void *data);

/**
 * lines_split() - cut a line in place
 * @separator: a character; several blanks in a row count as one when it is ' '
 * @max:       fields at most; the last one keeps the rest
 *
 * Return: how many fields there are.
 */
size_t lines_split(char *line, char separator, char **fields, size_t max);

/* Undoes the \ooo escapes of mountinfo and fstab in place, proc(5). */
void lines_unescape(char *s);
