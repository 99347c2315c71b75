// SPDX-License-Identifier: Apache-2.0
/*
 * subid.c - urun-subid: the caller's subordinate ids, as libsubid knows them
 *
 * Prints "user NAME", then "uid START COUNT" and "gid START COUNT" for each range. urun reads
 * the files itself where they are the source; this asks sssd and others, through NSS.
 */
#include <pwd.h>
#include <shadow/subid.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static int print_ranges(const char *what, int (*get)(const char *, struct subid_range **),
			const char *user)
{
	struct subid_range *ranges = NULL;
	int n = get(user, &ranges);

	for (int i = 0; i < n; i++)
		printf("%s %lu %lu\n", what, ranges[i].start, ranges[i].count);
	free(ranges);
	return n < 0 ? 1 : 0;
}

int main(void)
{
	const struct passwd *pw = getpwuid(geteuid());
	int r;

	if (!pw) {
		fprintf(stderr, "urun-subid: uid %u has no name\n", geteuid());
		return 1;
	}
	printf("user %s\n", pw->pw_name);
	r = print_ranges("uid", subid_get_uid_ranges, pw->pw_name);
	r |= print_ranges("gid", subid_get_gid_ranges, pw->pw_name);
	return r;
}
