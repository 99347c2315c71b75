// SPDX-License-Identifier: Apache-2.0
/*
 * sys_uts.c - tests of the machine's names
 */
#include "sys/uts.h"

#include <sched.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/arena.h"
#include "support.h"

static void child_names(void *data)
{
	_cleanup_arena_ struct arena a = {0};
	struct utsname names;
	char longest[65];

	enter_userns(CLONE_NEWUTS, 0);
	CHECK_INT(uts_set_hostname("box"), 0);
	CHECK_STR(uts_hostname(&a), "box");
	CHECK_INT(uts_set_domainname("example.org"), 0);
	CHECK_INT(uname(&names), 0);
	CHECK_STR(names.nodename, "box");
	CHECK_STR(names.domainname, "example.org");
	CHECK_STR(uts_kernel(&a), names.release);
	CHECK_STR(uts_machine(&a), names.machine);
	/* 64 characters, and not one more */
	memset(longest, 'x', 64);
	longest[64] = '\0';
	CHECK_INT(uts_set_hostname(longest), 0);
	CHECK_STR(uts_hostname(&a), longest);
	CHECK_INT(uts_set_hostname("12345678901234567890123456789012345678901234567890"
				   "123456789012345"),
		  -EINVAL);
	CHECK_STR(uts_hostname(&a), longest);
}

static void test_names(void **state)
{
	in_child(child_names, NULL);
}

/* Without a namespace of one's own. */
static void test_denied(void **state)
{
	if (geteuid() == 0)
		skip_because("root may name the machine");
	CHECK_INT(uts_set_hostname("box"), -EPERM);
	CHECK_INT(uts_set_domainname("box"), -EPERM);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {TEST(test_names), TEST(test_denied)};

	return UNIT_RUN(tests);
}
