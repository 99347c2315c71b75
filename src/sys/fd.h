/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fd.h - file descriptors: owned by attribute, close-on-exec from birth
 */
#pragma once

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/err.h"

static inline void fd_close(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -EBADF;
}
#define _cleanup_fd_ _cleanup_(fd_close)

/* Hands a descriptor over: the variable forgets it. */
static inline int fd_take(int *fd)
{
	int taken = *fd;

	*fd = -EBADF;
	return taken;
}

/* "/proc/self/fd/N" of a descriptor, for calls that take only a path. */
struct fd_path {
	char path[32];
};
struct fd_path fd_path(int fd);

/* openat(2), always with O_CLOEXEC. Return: the descriptor or a negative errno. */
int fd_open(int dir, const char *path, int flags);
int fd_create(int dir, const char *path, int flags, mode_t mode);

/* fstat(2). Return: 0 or a negative errno. */
int fd_stat(int fd, struct stat *st);

/**
 * fd_read_all() - read to the end, up to a limit
 * @fd:      borrowed; read from its current offset
 * @a:       owns the result
 * @max:     more bytes than this is an error
 * @ret:     the bytes, with a NUL behind them; untouched on failure
 * @ret_len: bytes without that NUL; may be NULL
 *
 * Return: 0; -EFBIG over @max, or a negative errno of read(2).
 */
int fd_read_all(int fd, struct arena *a, size_t max, char **ret, size_t *ret_len);

/* The same for a host path that must be a regular file (or a /proc file): opened with
 * O_NONBLOCK, so that no FIFO blocks. -EINVAL for anything else. */
int fd_read_file(const char *path, struct arena *a, size_t max, char **ret,
		 size_t *ret_len);

/* Writes out what a stream holds. Return: 0 or a negative errno, also of an earlier write. */
int fd_flush(FILE *stream);

/* A file in memory that holds these bytes, to be read from its beginning; seen in /proc/PID/fd as
 * @name. Return: the descriptor or a negative errno. Source: memfd_create(2). */
int fd_memory(const char *name, const void *buf, size_t len);

/* Writes everything, over short writes and EINTR. Return: 0 or a negative errno. */
int fd_write_all(int fd, const void *buf, size_t len);

/* The first @max bytes of a file that is open for both, at most; as fd_read_all() else. */
int fd_read_start(int fd, struct arena *a, size_t max, char **ret);

/* What a file that is open for both has from its beginning, as fd_read_all(). */
int fd_read_whole(int fd, struct arena *a, size_t max, char **ret, size_t *ret_len);

/* Writes from the beginning on, by one write(2): nobody reads a part. Return: 0; -ENOSPC when there is
 * no room for all; another negative errno. */
int fd_overwrite(int fd, const void *buf, size_t len);

/* One write(2) of a string to an existing file: for files in /proc and /sys.
 * Return: 0 or a negative errno of open or write. */
int fd_write_file(int dir, const char *path, const char *text);

/* Opens /dev/null on those of 0, 1, 2 that are closed, so that no later descriptor can be
 * taken for one of them. What is written to a closed standard output fails all the same, with
 * -EBADF: it was to be read by somebody. Return: 0 or a negative errno. */
int fd_sanitize_stdio(void);

/* Marks all descriptors >= @first close-on-exec; falls back to a walk of /proc/self/fd
 * where close_range(2) is missing or refused. Return: 0 or a negative errno. */
int fd_cloexec_from(int first);

/* Closes all descriptors >= @first. Return: 0 or a negative errno. */
int fd_close_from(int first);

/* Closes all descriptors >= @first but the @n of @keep; an entry that is < 0 is none.
 * Return: 0 or a negative errno. */
int fd_close_all_but(int first, const int *keep, size_t n);

/* Is it the same file? Compares device and inode. 1, 0 or a negative errno. */
int fd_is_same(int a, int b);

/* Reads and writes never wait: O_NONBLOCK. Return: 0 or a negative errno. */
int fd_set_nonblock(int fd);
/* A pipe, close-on-exec: [0] is read from. 0 or a negative errno. */
int fd_pipe(int ends[2]);

/* Mode of what an O_PATH descriptor stands on (no link). */
int fd_chmod(int fd, mode_t mode);

/* fchown(2) of the user alone. 0 or a negative errno. */
int fd_set_owner(int fd, uint32_t uid);

bool fd_is_folder(int fd);
bool fd_is_device(int fd);
bool fd_is_fuse(int fd);
/* Is it on a filesystem whose files the kernel makes up: procfs, sysfs, cgroups and the like? */
bool fd_is_made_up(int fd);
/* Does a folder hide what overlays have below it, overlayfs.rst: user.overlay.opaque? */
bool fd_is_opaque(int fd);
/* Can the file hold user.* attributes? Tries. */
bool fd_has_user_xattrs(int fd);

/* Another descriptor of the same open file, close-on-exec, above the standard streams; or a
 * negative errno. */
int fd_dup(int fd);
/* With a number of @lowest or above. */
int fd_dup_from(int fd, int lowest);

/* dup2(2) onto a standard stream: stays open over exec. 0 or a negative errno. */
int fd_replace(int fd, int stream);

/* Closes one that may be a standard stream: in that place is /dev/null then, as the number is nobody else's. */
void fd_let_go(int fd);

/* Takes close-on-exec off. 0 or a negative errno. */
int fd_inherit(int fd);

/* chdir(2), getcwd(3): 0 or a negative errno. */
int fd_chdir(const char *path);
int fd_getcwd(char *buf, size_t size);

/* May this process execute the file behind an O_PATH descriptor? 0 or -EACCES. */
int fd_is_executable(int fd);

/* One read(2) or write(2). Return: bytes, 0 at the end, -EAGAIN when it would block or
 * was interrupted, or another negative errno. */
int fd_read_now(int fd, void *buf, size_t len);
int fd_write_now(int fd, const void *buf, size_t len);

/* Reads a byte, or the end, whether the descriptor is one that waits or not. @unless: not any more once this
 * one is readable; or -1. Return: 0; -EINTR for that; another negative errno. */
int fd_await_byte(int fd, int unless);

/* Waits, but not when nobody is left to read what is written to @fd: a pipe without a reader, a terminal that
 * was hung up. Return: 1: nobody is; 0 after @wait_ms; a negative errno. */
int fd_wait_unread(int fd, int wait_ms);

/* fsync(2), and syncfs(2) of the filesystem behind a descriptor. 0 or a negative errno. */
int fd_sync(int fd);
int fd_sync_filesystem(int fd);

/* Makes a file that long, with all of its blocks, posix_fallocate(3). 0 or a negative errno. */
int fd_allocate(int fd, size_t len);

/* Is it an open descriptor? */
bool fd_is_open(int fd);
/* And does exec leave it open? Of those that urun opens, it leaves none. */
bool fd_is_inherited(int fd);
/* Was it opened for writing? */
bool fd_is_writable(int fd);
