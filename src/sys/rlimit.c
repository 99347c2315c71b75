// SPDX-License-Identifier: Apache-2.0
/*
 * rlimit.c - see rlimit.h
 */
#include "sys/rlimit.h"

#include <sys/resource.h>

int rlimit_set(int resource, uint64_t soft, uint64_t hard)
{
	struct rlimit limit = {
		.rlim_cur = soft == UINT64_MAX ? RLIM_INFINITY : (rlim_t)soft,
		.rlim_max = hard == UINT64_MAX ? RLIM_INFINITY : (rlim_t)hard,
	};

	return setrlimit(resource, &limit) < 0 ? -errno : 0;
}
