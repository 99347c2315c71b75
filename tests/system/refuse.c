// SPDX-License-Identifier: Apache-2.0
/*
 * refuse.c - urun-refuse: run a command with chosen system calls refused
 *
 *	urun-refuse ERRNO NAME[,NAME...] COMMAND [ARG...]
 *
 * ERRNO is ENOSYS, as on an old kernel, or EPERM, as below a filter that does not know the
 * call: for the tests of the fallbacks; EIO or EDQUOT, as on a disk that is broken or used up.
 * Sets no_new_privs, so newuidmap does not work below it.
 */
#include <errno.h>
#include <seccomp.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static int number_of(const char *name)
{
	static const struct {
		const char *name;
		int number;
	} known[] = {
		{"ENOSYS", ENOSYS}, {"EPERM", EPERM}, {"EIO", EIO}, {"EDQUOT", EDQUOT}};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (strcmp(known[i].name, name) == 0)
			return known[i].number;
	return -1;
}

int main(int argc, char **argv)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
	int number = argc < 4 ? -1 : number_of(argv[1]);
	char *name;

	if (number < 0 || !filter) {
		fprintf(stderr, "usage: urun-refuse ENOSYS|EPERM|EIO|EDQUOT NAME[,NAME] "
				"COMMAND...\n");
		return 125;
	}
	while ((name = strsep(&argv[2], ","))) {
		int nr = seccomp_syscall_resolve_name(name);

		if (nr == __NR_SCMP_ERROR ||
		    seccomp_rule_add(filter, SCMP_ACT_ERRNO((unsigned int)number), nr,
				     0) < 0) {
			fprintf(stderr, "urun-refuse: no system call '%s'\n", name);
			return 125;
		}
	}
	if (seccomp_load(filter) < 0) {
		fprintf(stderr, "urun-refuse: the filter cannot be loaded\n");
		return 125;
	}
	execvp(argv[3], argv + 3);
	fprintf(stderr, "urun-refuse: '%s': %s\n", argv[3], strerror(errno));
	return 127;
}
