// SPDX-License-Identifier: Apache-2.0
/*
 * newid.c - see newid.h
 */
#include "sys/newid.h"

#include <sys/random.h>

int newid_make(char id[static NEWID_LEN + 1])
{
	static const char hex[] = "0123456789abcdef";
	unsigned char bytes[NEWID_LEN / 2];
	ssize_t n;

	do
		n = getrandom(bytes, sizeof(bytes), 0);
	while (n < 0 && errno == EINTR);
	if (n != sizeof(bytes))
		return n < 0 ? -errno : -EIO;
	for (size_t i = 0; i < sizeof(bytes); i++) {
		id[2 * i] = hex[bytes[i] >> 4];
		id[2 * i + 1] = hex[bytes[i] & 15];
	}
	id[NEWID_LEN] = '\0';
	return 0;
}

int newid_beside(const char *name, struct arena *a, const char **ret)
{
	char id[NEWID_LEN + 1];
	int r = newid_make(id);

	if (r == 0)
		*ret = arena_printf(a, ".%.200s.%.16s", name, id);
	return r;
}
