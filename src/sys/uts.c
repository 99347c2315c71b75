// SPDX-License-Identifier: Apache-2.0
/*
 * uts.c - see uts.h
 */
#include "sys/uts.h"

#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/arena.h"

int uts_set_hostname(const char *name)
{
	return sethostname(name, strlen(name)) < 0 ? -errno : 0;
}

int uts_set_domainname(const char *name)
{
	return setdomainname(name, strlen(name)) < 0 ? -errno : 0;
}

const char *uts_hostname(struct arena *a)
{
	struct utsname names;

	return uname(&names) < 0 ? "localhost" : arena_strdup(a, names.nodename);
}

const char *uts_kernel(struct arena *a)
{
	struct utsname names;

	return uname(&names) < 0 ? "" : arena_strdup(a, names.release);
}

const char *uts_machine(struct arena *a)
{
	struct utsname names;

	return uname(&names) < 0 ? "" : arena_strdup(a, names.machine);
}
