// SPDX-License-Identifier: Apache-2.0
/*
 * sched.c - see sched.h
 */
#include "sys/sched.h"

#include <limits.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define WHO_PROCESS 1 /* IOPRIO_WHO_PROCESS */
#define CLASS_SHIFT 13
#define MAX_CPUS    10000 /* four digits */
#define WORD_BITS   (sizeof(unsigned long) * CHAR_BIT)

int sched_set(const struct sched_params *params)
{
	struct sched_params p = *params;

	p.size = sizeof(p);
	return syscall(SYS_sched_setattr, 0, &p, 0) < 0 ? -errno : 0;
}

int sched_set_io(uint32_t class, uint32_t level)
{
	return syscall(SYS_ioprio_set, WHO_PROCESS, 0, class << CLASS_SHIFT | level) < 0
		       ? -errno
		       : 0;
}

/* The end of the number at @s; NULL when there is none. */
static const char *read_cpu(const char *s, unsigned int *ret)
{
	const char *begin = s;

	for (*ret = 0; *s >= '0' && *s <= '9' && *ret < MAX_CPUS; s++)
		*ret = *ret * 10 + (unsigned int)(*s - '0');
	return s == begin || *ret >= MAX_CPUS ? NULL : s;
}

int sched_set_cpus(const char *list)
{
	unsigned long mask[MAX_CPUS / WORD_BITS + 1];

	memset(mask, list ? 0 : 0xff, sizeof(mask));
	while (list && *list) {
		unsigned int first, last;

		list = read_cpu(list, &first);
		last = first;
		if (list && *list == '-')
			list = read_cpu(list + 1, &last);
		if (!list || last < first || (*list && *list != ','))
			return -EINVAL;
		list += *list == ',';
		for (unsigned int i = first; i <= last; i++)
			mask[i / WORD_BITS] |= 1ul << i % WORD_BITS;
	}
	return syscall(SYS_sched_setaffinity, 0, sizeof(mask), mask) < 0 ? -errno : 0;
}
