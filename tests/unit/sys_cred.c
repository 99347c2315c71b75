// SPDX-License-Identifier: Apache-2.0
/*
 * sys_cred.c - tests of ids and capabilities
 *
 * All run in a user namespace, where the caller has all capabilities.
 */
#include "sys/cred.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "support.h"

#define CAP(n)	  (1ull << (n))
#define CHOWN	  CAP(0)
#define KILL	  CAP(5)
#define NET_ADMIN CAP(12)
#define SETPCAP	  CAP(8)

/* One line of /proc/self/status: a set of capabilities. */
static uint64_t status_set(const char *key)
{
	const char *at = strstr(read_text(AT_FDCWD, "/proc/self/status"), key);

	CHECK(at != NULL);
	return strtoull(at + strlen(key), NULL, 16);
}

static void check_sets(uint64_t effective, uint64_t permitted, uint64_t inheritable,
		       uint64_t ambient)
{
	CHECK_INT(status_set("\nCapEff:"), effective);
	CHECK_INT(status_set("\nCapPrm:"), permitted);
	CHECK_INT(status_set("\nCapInh:"), inheritable);
	CHECK_INT(status_set("\nCapAmb:"), ambient);
}

static void child_caps(void *data)
{
	enter_userns(0, 0);
	CHECK_INT(cred_set_caps(CHOWN | KILL, CHOWN | KILL | NET_ADMIN, CHOWN | NET_ADMIN,
				CHOWN | NET_ADMIN),
		  0);
	check_sets(CHOWN | KILL, CHOWN | KILL | NET_ADMIN, CHOWN | NET_ADMIN,
		   CHOWN | NET_ADMIN);
	/* fewer: the ambient set goes with them */
	CHECK_INT(cred_set_caps(KILL, KILL, 0, 0), 0);
	check_sets(KILL, KILL, 0, 0);
	/* what was given up does not come back */
	CHECK_INT(cred_set_caps(CHOWN, CHOWN, 0, 0), -EPERM);
	check_sets(KILL, KILL, 0, 0);
	/* effective, but not permitted */
	CHECK_INT(cred_set_caps(KILL, 0, 0, 0), -EPERM);
	CHECK_INT(cred_set_caps(0, 0, 0, 0), 0);
	check_sets(0, 0, 0, 0);
}

static void test_caps(void **state)
{
	in_child(child_caps, NULL);
}

/* Ambient without inheritable is refused by the kernel. */
static void child_bad_ambient(void *data)
{
	enter_userns(0, 0);
	CHECK_INT(cred_set_caps(CHOWN, CHOWN, 0, CHOWN), -EPERM);
	CHECK_INT(status_set("\nCapAmb:"), 0);
}

static void test_bad_ambient(void **state)
{
	in_child(child_bad_ambient, NULL);
}

static void child_bounding(void *data)
{
	enter_userns(0, 0);
	CHECK_INT(cred_limit_bounding(CHOWN | KILL | SETPCAP), 0);
	CHECK_INT(status_set("\nCapBnd:"), CHOWN | KILL | SETPCAP);
	CHECK_INT(cred_limit_bounding(CHOWN), 0);
	CHECK_INT(status_set("\nCapBnd:"), CHOWN);
	/* without CAP_SETPCAP */
	CHECK_INT(cred_set_caps(CHOWN, CHOWN, 0, 0), 0);
	CHECK_INT(cred_limit_bounding(0), -EPERM);
	CHECK_INT(status_set("\nCapBnd:"), CHOWN);
}

static void test_bounding(void **state)
{
	in_child(child_bounding, NULL);
}

static void child_ids(void *data)
{
	const gid_t groups[] = {4711};
	uid_t r, e, s;

	enter_userns(0, 4711);
	CHECK_INT(cred_set_ids(4711, 4711, NULL, 0), 0);
	CHECK_INT(getresuid(&r, &e, &s), 0);
	CHECK(r == 4711 && e == 4711 && s == 4711);
	CHECK_INT(getresgid(&r, &e, &s), 0);
	CHECK(r == 4711 && e == 4711 && s == 4711);
	/* ids that are not mapped */
	CHECK_INT(cred_set_ids(0, 4711, NULL, 0), -EINVAL);
	CHECK_INT(cred_set_ids(4711, 0, NULL, 0), -EINVAL);
	/* setgroups(2) is denied with a map of one's own */
	CHECK_INT(cred_set_ids(4711, 4711, groups, 1), -EPERM);
	CHECK_INT(cred_set_ids(4711, 4711, groups, 0), -EPERM);
}

static void test_ids(void **state)
{
	in_child(child_ids, NULL);
}

/* Groups, and a change of all three ids that takes the capabilities along or not. */
static void child_ids_as_root(void *data)
{
	const gid_t groups[] = {7, 4711};
	gid_t is[8];
	uid_t r, e, s;

	if (cred_set_ids(0, 0, groups, 2) < 0)
		skip_because("groups cannot be set here");
	CHECK_INT(getgroups(8, is), 2);
	CHECK(is[0] == 7 && is[1] == 4711);
	CHECK_INT(cred_set_ids(0, 0, NULL, 0), 0);
	CHECK_INT(getgroups(8, is), 2);
	CHECK_INT(cred_set_ids(0, 0, groups, 0), 0);
	CHECK_INT(getgroups(8, is), 0);
	CHECK_INT(cred_keep_caps(*(bool *)data), 0);
	CHECK_INT(cred_set_ids(1234, 4321, groups, 1), 0);
	CHECK_INT(getresuid(&r, &e, &s), 0);
	CHECK(r == 1234 && e == 1234 && s == 1234);
	CHECK_INT(getresgid(&r, &e, &s), 0);
	CHECK(r == 4321 && e == 4321 && s == 4321);
	CHECK_INT(status_set("\nCapEff:"), 0);
	CHECK_INT(status_set("\nCapPrm:") != 0, *(bool *)data);
}

static void test_ids_as_root(void **state)
{
	bool is_kept = false;

	if (geteuid() != 0)
		skip_because("only root can become somebody else");
	in_child(child_ids_as_root, &is_kept);
	is_kept = true;
	in_child(child_ids_as_root, &is_kept);
}

static void child_flags(void *data)
{
	CHECK_INT(cred_set_dumpable(false), 0);
	CHECK_INT(prctl(PR_GET_DUMPABLE), 0);
	CHECK_INT(cred_set_dumpable(true), 0);
	CHECK_INT(prctl(PR_GET_DUMPABLE), 1);
	CHECK_INT(cred_no_new_privs(), 0);
	CHECK_INT(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0), 1);
	CHECK_INT(cred_new_keyring(), 0);
}

static void test_flags(void **state)
{
	in_child(child_flags, NULL);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(test_caps), TEST(test_bad_ambient), TEST(test_bounding),
		TEST(test_ids),	 TEST(test_ids_as_root), TEST(test_flags),
	};

	return UNIT_RUN(tests);
}
