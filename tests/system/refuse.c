// SPDX-License-Identifier: Apache-2.0
/*
 * refuse.c - urun-refuse: run a command with chosen system calls refused
 *
 *	urun-refuse ERRNO NAME[,NAME...] COMMAND [ARG...]
 *
 * ERRNO is ENOSYS, as on an old kernel, or EPERM, as below a filter that does not know the
 * call. For the tests of the fallbacks. Sets no_new_privs, so newuidmap does not work below it.
 */
#include <errno.h>
#include <seccomp.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
	int number = ENOSYS;
	char *name;

	if (argc < 4 || !filter) {
		fprintf(stderr,
			"usage: urun-refuse ENOSYS|EPERM NAME[,NAME] COMMAND...\n");
		return 125;
	}
	if (strcmp(argv[1], "EPERM") == 0)
		number = EPERM;
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
