// SPDX-License-Identifier: Apache-2.0
/*
 * lsm.c - see lsm.h
 */
#include "sys/lsm.h"

#include <string.h>
#include <sys/vfs.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "sys/fd.h"

#ifndef PROC_SUPER_MAGIC
#define PROC_SUPER_MAGIC 0x9fa0
#endif
#define MAX_FILESYSTEMS 65536

const char *lsm_name(enum lsm lsm)
{
	return lsm == LSM_APPARMOR ? "AppArmor" : "SELinux";
}

bool lsm_is_on(enum lsm lsm)
{
	_cleanup_arena_ struct arena a = {0};
	char *text;

	if (lsm == LSM_APPARMOR)
		return fd_read_file("/sys/module/apparmor/parameters/enabled", &a, 16,
				    &text, NULL) == 0 &&
		       text[0] == 'Y';
	/* It is registered only when it was not switched off at boot. */
	return fd_read_file("/proc/filesystems", &a, MAX_FILESYSTEMS, &text, NULL) == 0 &&
	       strstr(text, "\tselinuxfs\n");
}

int lsm_open_exec(enum lsm lsm)
{
	_cleanup_fd_ int fd = -ENOENT;
	struct statfs fs;

	if (lsm == LSM_APPARMOR)
		fd = fd_open(AT_FDCWD, "/proc/self/attr/apparmor/exec",
			     O_WRONLY | O_NOFOLLOW);
	if (fd == -ENOENT) /* SELinux's only one; AppArmor's before Linux 5.8 */
		fd = fd_open(AT_FDCWD, "/proc/self/attr/exec", O_WRONLY | O_NOFOLLOW);
	if (fd < 0)
		return fd;
	if (fstatfs(fd, &fs) < 0)
		return -errno;
	return (unsigned long)fs.f_type == PROC_SUPER_MAGIC ? fd_take(&fd) : -EXDEV;
}

int lsm_set_exec(int fd, enum lsm lsm, const char *label)
{
	_cleanup_arena_ struct arena a = {0};
	const char *text =
		lsm == LSM_APPARMOR ? arena_printf(&a, "exec %s", label) : label;
	size_t len = strlen(text);
	ssize_t n;

	/* One write: a rest would be another label. */
	do
		n = write(fd, text, len);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	return (size_t)n == len ? 0 : -EIO;
}

int lsm_label_file(int fd, const char *label)
{
	return setxattr(fd_path(fd).path, "security.selinux", label, strlen(label) + 1,
			0) < 0
		       ? -errno
		       : 0;
}
