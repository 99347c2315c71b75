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
