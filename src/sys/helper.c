// SPDX-License-Identifier: Apache-2.0
/*
 * helper.c - see helper.h
 */
#include "sys/helper.h"

#include <limits.h>
#include <link.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/syscall.h>
#include <time.h>

#include "sys/fd.h"
#include "sys/mnt.h"

#define MAX_TRIES 250 /* half a second */

#ifndef URUN_LIBEXECDIR
#define URUN_LIBEXECDIR "/usr/libexec/urun"
#endif
#ifndef MFD_EXEC
#define MFD_EXEC 0x0010U
#endif
#ifndef F_SEAL_SEAL
#define F_SEAL_SEAL   0x0001
#define F_SEAL_SHRINK 0x0002
#define F_SEAL_GROW   0x0004
#define F_SEAL_WRITE  0x0008
#endif

#define SELF  "/proc/self/exe"
#define SEALS (F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE)
/* For the sealed copy: where the file was, and that /proc is urun's own. */
#define ENV_SELF "_URUN_SELF"
#define ENV_PROC "_URUN_PROC"

static bool has_own_proc;

/* The folder of the running binary; empty when it cannot be told. */
static void own_folder(char dir[static PATH_MAX])
{
	const char *from = getenv(ENV_SELF);
	char *slash;
	ssize_t n;

	if (from && from[0] == '/' && strlen(from) < PATH_MAX) {
		memcpy(dir, from, strlen(from) + 1);
	} else {
		n = readlink(SELF, dir, PATH_MAX - 1);
		dir[n < 0 ? 0 : n] = '\0';
	}
	slash = strrchr(dir, '/');
	if (slash)
		*slash = '\0';
	else
		dir[0] = '\0';
}

const char *helper_path(const char *name, struct arena *a)
{
	char dir[PATH_MAX];

	own_folder(dir);
	if (dir[0]) {
		const char *beside = arena_printf(a, "%s/%s", dir, name);

		if (access(beside, X_OK) == 0)
			return beside;
	}
	return arena_printf(a, "%s/%s", URUN_LIBEXECDIR, name);
}

/* Can a container of this caller get write access to the file? Its owner can give it to
 * himself, and any owner but root may be one of the container's ids. */
static bool is_writable(const struct stat *st)
{
	return geteuid() == 0 || st->st_uid != 0 || (st->st_mode & (S_IWGRP | S_IWOTH));
}

/* Is the file that runs the sealed copy already? */
static bool is_sealed(const struct stat *st)
{
	_cleanup_fd_ int fd = -EBADF;

	if (st->st_nlink != 0)
		return false;
	fd = fd_open(AT_FDCWD, SELF, O_RDONLY);
	return fd >= 0 && fcntl(fd, F_GET_SEALS) == SEALS;
}

/* On a busy machine the kernel may hold a page of the copy for a moment: EBUSY, fcntl(2). */
static int seal(int copy)
{
	const struct timespec moment = {.tv_nsec = 2000000};

	for (int tries = 0; fcntl(copy, F_ADD_SEALS, SEALS) < 0; tries++) {
		if (errno != EBUSY || tries == MAX_TRIES)
			return -errno;
		nanosleep(&moment, NULL);
	}
	return 0;
}

static int find_end(struct dl_phdr_info *info, size_t size, void *data)
{
	off_t *end = data;

	(void)size;
	for (size_t i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *p = &info->dlpi_phdr[i];

		if (p->p_type == PT_LOAD)
			*end = MAX(*end, (off_t)(p->p_offset + p->p_filesz));
	}
	return 1; /* the program itself comes first */
}

/* How much of its file a program is made of: what is for a debugger stands behind that, and may be the larger
 * part. */
static off_t length_loaded(const struct stat *st)
{
	off_t end = 0;

	dl_iterate_phdr(find_end, &end);
	return end > 0 && end < st->st_size ? end : st->st_size;
}

static int make_sealed_copy(int *ret_fd)
{
	_cleanup_fd_ int self = fd_open(AT_FDCWD, SELF, O_RDONLY);
	_cleanup_fd_ int copy = -EBADF;
	struct stat st;
	off_t done = 0, length;
	int r;

	if (self < 0)
		return self;
	r = fd_stat(self, &st);
	if (r < 0)
		return r;
	length = length_loaded(&st);
	copy = (int)syscall(SYS_memfd_create, "urun",
			    MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_EXEC);
	if (copy < 0 && errno == EINVAL) /* before Linux 6.3 */
		copy = (int)syscall(SYS_memfd_create, "urun",
				    MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (copy < 0)
		return -errno;
	while (done < length) {
		ssize_t n = sendfile(copy, self, &done, (size_t)(length - done));

		if (n <= 0)
			return n < 0 ? -errno : -EIO;
	}
	r = seal(copy);
	if (r == 0)
		*ret_fd = fd_take(&copy);
	return r;
}

static int find_self(struct stat *st)
{
	if (stat(SELF, st) == 0)
		return 0;
	if (errno != ENOENT)
		return -errno;
	if (mnt_own_proc() < 0)
		return -ENOENT; /* the kernel's reason would be no help */
	has_own_proc = true;
	return stat(SELF, st) < 0 ? -errno : 0;
}

void helper_find_proc(void)
{
	struct stat st;

	find_self(&st);
}

bool helper_has_own_proc(void)
{
	return has_own_proc;
}

bool helper_is_own_variable(const char *pair)
{
	return strncmp(pair, ENV_SELF "=", sizeof(ENV_SELF)) == 0 ||
	       strncmp(pair, ENV_PROC "=", sizeof(ENV_PROC)) == 0;
}

int helper_protect_self(char **argv, struct err *err)
{
	_cleanup_fd_ int copy = -EBADF;
	char path[PATH_MAX];
	struct stat st;
	ssize_t n;
	int r;

	r = find_self(&st);
	if (r < 0) {
		err_set(err, r, "own program through %s", SELF);
		return err_hint(err, r, "urun needs /proc: mount -t proc proc /proc");
	}
	if (!is_writable(&st))
		return 0;
	if (is_sealed(&st)) {
		has_own_proc = getenv(ENV_PROC) != NULL;
		return 0;
	}
	n = readlink(SELF, path, sizeof(path) - 1);
	if (n < 0)
		return err_set(err, -errno, "own program through %s", SELF);
	path[n] = '\0';
	r = make_sealed_copy(&copy);
	if (r == 0 && (setenv(ENV_SELF, path, 1) < 0 ||
		       (has_own_proc ? setenv(ENV_PROC, "", 1) : unsetenv(ENV_PROC)) < 0))
		r = -errno;
	if (r == 0) {
		syscall(SYS_execveat, copy, "", argv, environ, AT_EMPTY_PATH);
		r = -errno;
	}
	err_set(err, r, "run a sealed copy of '%s'", path);
	return err_hint(
		err, r,
		"A container could overwrite a program that its user owns. Install urun "
		"as root (make install), or allow executable memory files: sysctl "
		"vm.memfd_noexec=0");
}
