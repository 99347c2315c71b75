// SPDX-License-Identifier: Apache-2.0
/*
 * random.c - see random.h
 */
#include "sys/random.h"

#include <sys/random.h>

int random_id(char id[static RANDOM_ID_LEN + 1])
{
	static const char hex[] = "0123456789abcdef";
	unsigned char bytes[RANDOM_ID_LEN / 2];
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
	id[RANDOM_ID_LEN] = '\0';
	return 0;
}
