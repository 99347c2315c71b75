// SPDX-License-Identifier: Apache-2.0
/*
 * rlimit.c - see rlimit.h
 */
#include "sys/rlimit.h"

#include <sys/syscall.h>
#include <unistd.h>

int rlimit_set(int resource, uint64_t soft, uint64_t hard)
{
	/* The kernel's RLIM64_INFINITY is all bits, as here. */
	const uint64_t limit[2] = {soft, hard};

	/* glibc makes an enum of the number, musl does not: prlimit(2) takes it in both. */
	return syscall(SYS_prlimit64, 0, resource, limit, NULL) < 0 ? -errno : 0;
}

int rlimit_lower(int resource, uint64_t most)
{
	uint64_t limit[2];

	if (syscall(SYS_prlimit64, 0, resource, NULL, limit) < 0)
		return -errno;
	return rlimit_set(resource, MIN(limit[0], most), MIN(limit[1], most));
}

int rlimit_want(int resource, uint64_t soft)
{
	uint64_t limit[2];

	if (syscall(SYS_prlimit64, 0, resource, NULL, limit) < 0)
		return -errno;
	soft = MIN(soft, limit[1]);
	return soft > limit[0] ? rlimit_set(resource, soft, limit[1]) : 0;
}

int rlimit_raise(int resource, uint64_t hard)
{
	uint64_t limit[2];

	if (syscall(SYS_prlimit64, 0, resource, NULL, limit) < 0)
		return -errno;
	return hard > limit[1] ? rlimit_set(resource, limit[0], hard) : 0;
}
