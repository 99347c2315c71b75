// SPDX-License-Identifier: Apache-2.0
/*
 * sys_userdb.c - tests of the users and groups of a rootfs
 */
#include "sys/userdb.h"

#include <stdio.h>
#include <string.h>
#include <sys/sysmacros.h>

#include "support.h"
#include "sys/dir.h"
#include "sys/fd.h"

static const char passwd[] = "root:x:0:0:root:/root:/bin/sh\n"
			     "# a comment\n"
			     "\n"
			     "broken\n"
			     "short:x:7:7:six fields:/short\n"
			     ":x:8:8:no name:/:/bin/sh\n"
			     "minus:x:-1:0::/:\n"
			     "hex:x:0x10:0::/:\n"
			     "blank:x: 9:9::/:\n"
			     "over:x:4294967296:0::/:\n"
			     "none:x:4294967295:0::/:\n"
			     "nogid:x:10:x::/:\n"
			     "daemon:x:1:1:daemon:/usr/sbin:/usr/sbin/nologin\n"
			     "alice:x:1000:1001:Alice,,,:/home/alice:/bin/bash\n"
			     "alice:x:2000:2001:another:/home/other:/bin/bash\n"
			     "twin:x:1000:3001::/home/twin:\n"
			     "nohome:x:1002:1002::relative:/bin/sh\n"
			     "emptyhome:x:1003:1003:::/bin/sh\n"
			     "max:x:4294967294:4294967294::/max:\n"
			     "1234:x:0:0:digits:/digits:/bin/sh\n"
			     "4294967296:x:0:0:digits:/digits:/bin/sh\n"
			     "12ab:x:1212:1212::/12ab:/bin/sh\n"
			     "colons:x:1004:1004::/c:a:b:c\n"
			     "last:x:1005:1005::/last:/bin/sh";

static const char group[] = "root:x:0:\n"
			    "broken:x\n"
			    "nogid:x:x:alice\n"
			    "over:x:4294967296:alice\n"
			    "daemon:x:1:\n"
			    "wheel:x:10:root,alice\n"
			    "video:x:44:alice\n"
			    "audio:x:29:bob,alice,carol\n"
			    "prefix:x:50:alic,alicex,xalice, alice\n"
			    "own:x:1001:\n"
			    "again:x:51:alice,alice\n"
			    "empty:x:52:,,\n"
			    "max:x:4294967294:alice\n"
			    "1234:x:99:alice\n"
			    "wheel:x:11:alice\n"
			    "tail:x:53:alice";

static void fill(struct folder *f)
{
	make_dir(f->fd, "etc", 0755);
	make_file(f->fd, "etc/passwd", passwd);
	make_file(f->fd, "etc/group", group);
}

struct want {
	const char *who;
	uint32_t uid, gid;
	const char *name, *home;
};

static void check_users(int root, const struct want *wants, size_t n)
{
	_cleanup_arena_ struct arena a = {0};

	for (size_t i = 0; i < n; i++) {
		struct userdb_user u = {.uid = 42};
		struct err err = {0};
		int r = userdb_resolve(root, wants[i].who, &a, &u, &err);

		check_context("%s: %s", wants[i].who, err.message);
		CHECK_INT(r, 0);
		CHECK_INT(u.uid, wants[i].uid);
		CHECK_INT(u.gid, wants[i].gid);
		CHECK_STR(u.name, wants[i].name);
		CHECK_STR(u.home, wants[i].home);
	}
}

static void test_users(void **state)
{
	static const struct want wants[] = {
		{NULL, 0, 0, "root", "/root"},
		{"", 0, 0, "root", "/root"},
		{"root", 0, 0, "root", "/root"},
		{"0", 0, 0, "root", "/root"},
		{"daemon", 1, 1, "daemon", "/usr/sbin"},
		/* the first of two */
		{"alice", 1000, 1001, "alice", "/home/alice"},
		{"1000", 1000, 1001, "alice", "/home/alice"},
		{"twin", 1000, 3001, "twin", "/home/twin"},
		{"0001000", 1000, 1001, "alice", "/home/alice"},
		/* no place to go to: "/" */
		{"nohome", 1002, 1002, "nohome", "/"},
		{"emptyhome", 1003, 1003, "emptyhome", "/"},
		{"max", 4294967294, 4294967294, "max", "/max"},
		{"4294967294", 4294967294, 4294967294, "max", "/max"},
		{"12ab", 1212, 1212, "12ab", "/12ab"},
		{"colons", 1004, 1004, "colons", "/c"},
		{"last", 1005, 1005, "last", "/last"},
		{"1005", 1005, 1005, "last", "/last"},
		/* no entry: only the number counts */
		{"77", 77, 0, "", "/"},
		{"2000", 2000, 2001, "alice", "/home/other"},
		/* digits are an id, whatever names there are */
		{"1234", 1234, 0, "", "/"},
	};
	struct folder *f = *state;

	fill(f);
	check_users(f->fd, wants, ARRAY_SIZE(wants));
}

static void test_users_and_groups(void **state)
{
	static const struct want wants[] = {
		{"alice:wheel", 1000, 10, "alice", "/home/alice"},
		{"alice:55", 1000, 55, "alice", "/home/alice"},
		{"1000:44", 1000, 44, "alice", "/home/alice"},
		{"1000:video", 1000, 44, "alice", "/home/alice"},
		{"77:78", 77, 78, "", "/"},
		{"77:audio", 77, 29, "", "/"},
		{"0:0", 0, 0, "root", "/root"},
		{"root:4294967294", 0, 4294967294, "root", "/root"},
		{"alice:1234", 1000, 1234, "alice", "/home/alice"},
		{"alice:tail", 1000, 53, "alice", "/home/alice"},
	};
	struct folder *f = *state;

	fill(f);
	check_users(f->fd, wants, ARRAY_SIZE(wants));
}

/* What must not be found, and what it says. @ret stays as it is. */
static void test_refused(void **state)
{
	static const struct {
		const char *who;
		int error;
		const char *message;
	} cases[] = {
		{"bob", ENOENT, "user 'bob': not in its /etc/passwd"},
		{"alic", ENOENT, "user 'alic': not in its /etc/passwd"},
		{"alicex", ENOENT, NULL},
		{"Alice", ENOENT, NULL},
		{" alice", ENOENT, NULL},
		{"alice ", ENOENT, NULL},
		{"broken", ENOENT, NULL},
		{"short", ENOENT, NULL},
		{"minus", ENOENT, NULL},
		{"hex", ENOENT, NULL},
		{"blank", ENOENT, NULL},
		{"over", ENOENT, NULL},
		{"none", ENOENT, NULL},
		{"nogid", ENOENT, NULL},
		{"# a comment", ENOENT, NULL},
		{"-1", ENOENT, NULL},
		{"+0", ENOENT, NULL},
		{"0x0", ENOENT, NULL},
		{" 0", ENOENT, NULL},
		{"1.0", ENOENT, NULL},
		{"4294967296", EINVAL,
		 "user id '4294967296': a number from 0 to 4294967294"},
		{"4294967295", EINVAL,
		 "user id '4294967295': a number from 0 to 4294967294"},
		{"18446744073709551616", EINVAL, NULL},
		{"99999999999999999999999999", EINVAL, NULL},
		{"alice:4294967296", EINVAL,
		 "group id '4294967296': a number from 0 to 4294967294"},
		{"0:4294967295", EINVAL, NULL},
		{"alice:nowhere", ENOENT, "group 'nowhere': not in its /etc/group"},
		{"alice:over", ENOENT, NULL},
		{"alice:nogid", ENOENT, NULL},
		{"alice:broken", ENOENT, NULL},
		{"alice:whee", ENOENT, NULL},
		{"nobody-here:0", ENOENT, NULL},
		{":", EINVAL, "user ':': expected USER[:GROUP]"},
		{":wheel", EINVAL, "user ':wheel': expected USER[:GROUP]"},
		{"alice:", EINVAL, "user 'alice:': expected USER[:GROUP]"},
		{"alice:wheel:", EINVAL, NULL},
		{"1:2:3", EINVAL, NULL},
	};
	struct folder *f = *state;
	_cleanup_arena_ struct arena a = {0};

	fill(f);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct userdb_user u = {.uid = 42, .gid = 43, .name = "n", .n_gids = 44};
		struct err err = {0};

		check_context("%s", cases[i].who);
		CHECK_INT(userdb_resolve(f->fd, cases[i].who, &a, &u, &err),
			  -cases[i].error);
		CHECK_INT(err.code, -cases[i].error);
		if (cases[i].message)
			CHECK_STR(err.message, cases[i].message);
		CHECK(u.uid == 42 && u.gid == 43 && u.n_gids == 44);
		CHECK_STR(u.name, "n");
		CHECK_INT(userdb_resolve(f->fd, cases[i].who, &a, &u, NULL),
			  -cases[i].error);
	}
}

static void check_gids(int root, const char *who, const uint32_t *gids, size_t n)
{
	_cleanup_arena_ struct arena a = {0};
	struct userdb_user u;

	check_context("%s", who);
	CHECK_INT(userdb_resolve(root, who, &a, &u, NULL), 0);
	CHECK_INT(u.n_gids, n);
	for (size_t i = 0; i < n; i++)
		CHECK_INT(u.gids[i], gids[i]);
}

/* Whole names only, in the order of the file; none when a group was given. */
static void test_member_lists(void **state)
{
	static const uint32_t of_alice[] = {10, 44, 29, 51, 4294967294, 99, 11, 53};
	static const uint32_t of_root[] = {10};
	struct folder *f = *state;

	fill(f);
	check_gids(f->fd, "alice", of_alice, ARRAY_SIZE(of_alice));
	check_gids(f->fd, "1000", of_alice, ARRAY_SIZE(of_alice));
	check_gids(f->fd, "root", of_root, 1);
	check_gids(f->fd, NULL, NULL, 0);
	check_gids(f->fd, "0", of_root, 1);
	check_gids(f->fd, "daemon", NULL, 0);
	check_gids(f->fd, "twin", NULL, 0);
	check_gids(f->fd, "77", NULL, 0);
	check_gids(f->fd, "alice:wheel", NULL, 0);
	check_gids(f->fd, "1000:0", NULL, 0);
}

/* More groups than anybody is given: cut, not refused. */
static void test_many_groups(void **state)
{
	static char text[64 * (USERDB_MAX_GROUPS + 100)];
	struct folder *f = *state;
	_cleanup_arena_ struct arena a = {0};
	struct userdb_user u;
	size_t len = 0;

	fill(f);
	for (uint32_t i = 0; i < USERDB_MAX_GROUPS + 100; i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len,
					"g%u:x:%u:daemon\n", i, 5000 + i);
	make_file(f->fd, "etc/group", text);
	CHECK_INT(userdb_resolve(f->fd, "daemon", &a, &u, NULL), 0);
	CHECK_INT(u.n_gids, USERDB_MAX_GROUPS);
	for (uint32_t i = 0; i < USERDB_MAX_GROUPS; i++)
		CHECK_INT(u.gids[i], 5000 + i);
}

static void test_group(void **state)
{
	struct folder *f = *state;
	_cleanup_arena_ struct arena a = {0};
	struct err err = {0};
	uint32_t gid = 42;

	fill(f);
	CHECK_INT(userdb_group(f->fd, "none-such", &a, &gid, &err), -ENOENT);
	CHECK_STR(err.message, "group 'none-such': not in its /etc/group");
	CHECK_INT(userdb_group(f->fd, "4294967295", &a, &gid, &err), -EINVAL);
	CHECK_INT(userdb_group(f->fd, "over", &a, &gid, &err), -ENOENT);
	CHECK_INT(gid, 42);
	CHECK_INT(userdb_group(f->fd, "wheel", &a, &gid, NULL), 0);
	CHECK_INT(gid, 10);
	CHECK_INT(userdb_group(f->fd, "tail", &a, &gid, NULL), 0);
	CHECK_INT(gid, 53);
	CHECK_INT(userdb_group(f->fd, "1234", &a, &gid, NULL), 0);
	CHECK_INT(gid, 1234);
	CHECK_INT(userdb_group(f->fd, "5555", &a, &gid, NULL), 0);
	CHECK_INT(gid, 5555);
}

/* A root folder without any files: numbers do, names say why not. */
static void test_no_files(void **state)
{
	struct folder *f = *state;
	_cleanup_arena_ struct arena a = {0};
	static const struct want wants[] = {
		{NULL, 0, 0, "", "/"},
		{"1000", 1000, 0, "", "/"},
		{"1000:5", 1000, 5, "", "/"},
	};
	struct userdb_user u;
	struct err err = {0};

	for (int i = 0; i < 2; i++) {
		check_users(f->fd, wants, ARRAY_SIZE(wants));
		check_no_context();
		CHECK_INT(userdb_resolve(f->fd, "root", &a, &u, &err), -ENOENT);
		CHECK_STR(err.message, "user 'root': the container has no /etc/passwd");
		CHECK(err.hint[0]);
		CHECK_INT(userdb_resolve(f->fd, "1:users", &a, &u, &err), -ENOENT);
		CHECK_STR(err.message, "group 'users': the container has no /etc/group");
		/* again with a file where the folder would be */
		if (i == 0)
			make_file(f->fd, "etc", "");
	}
}

/* Nothing of that kind blocks or is read. */
static void check_bad_file(int root, const char *name, int error)
{
	_cleanup_arena_ struct arena a = {0};
	struct userdb_user u = {.uid = 42};
	struct err err = {0};
	bool is_passwd = strcmp(name, "passwd") == 0;
	uint32_t gid;
	char message[128];
	int r = is_passwd ? userdb_resolve(root, "alice", &a, &u, &err)
			  : userdb_group(root, "wheel", &a, &gid, &err);

	CHECK_INT(r, -error);
	if (error == EINVAL) {
		snprintf(message, sizeof(message),
			 "the container's /etc/%s is no regular file", name);
		CHECK_STR(err.message, message);
	}
	/* Supplementary groups need the file, too. */
	if (!is_passwd && error != ENOENT)
		CHECK_INT(userdb_resolve(root, "daemon", &a, &u, NULL), -error);
	CHECK_INT(u.uid, 42);
}

static void test_no_regular_file(void **state)
{
	static const char *const names[] = {"passwd", "group"};
	struct folder *f = *state;

	fill(f);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		const char *name = names[i];
		char path[32];

		snprintf(path, sizeof(path), "etc/%s", name);
		check_context("%s: fifo", name);
		CHECK_INT(unlinkat(f->fd, path, 0), 0);
		make_fifo(f->fd, path);
		check_bad_file(f->fd, name, EINVAL);
		check_context("%s: folder", name);
		CHECK_INT(unlinkat(f->fd, path, 0), 0);
		make_dir(f->fd, path, 0755);
		check_bad_file(f->fd, name, EINVAL);
		check_context("%s: dangling link", name);
		CHECK_INT(unlinkat(f->fd, path, AT_REMOVEDIR), 0);
		make_link(f->fd, path, "../../../../../../etc/no-such-file");
		check_bad_file(f->fd, name, ENOENT);
		check_context("%s: loop", name);
		CHECK_INT(unlinkat(f->fd, path, 0), 0);
		make_link(f->fd, path, name);
		check_bad_file(f->fd, name, ELOOP);
		CHECK_INT(unlinkat(f->fd, path, 0), 0);
		make_file(f->fd, path, i == 0 ? passwd : group);
	}
}

static void test_device(void **state)
{
	struct folder *f = *state;

	fill(f);
	CHECK_INT(unlinkat(f->fd, "etc/passwd", 0), 0);
	if (mknodat(f->fd, "etc/passwd", S_IFCHR | 0644, makedev(1, 5)) < 0)
		skip_because("no device can be made: %s", strerror(errno));
	check_bad_file(f->fd, "passwd", EINVAL);
}

/* Links lead to files of the rootfs, never to the host's. */
static void test_links(void **state)
{
	static const struct want wants[] = {{"daemon", 1, 1, "daemon", "/usr/sbin"}};
	struct folder *f = *state;
	_cleanup_arena_ struct arena a = {0};
	struct userdb_user u;

	fill(f);
	make_dir(f->fd, "usr", 0755);
	CHECK_INT(renameat(f->fd, "etc/passwd", f->fd, "usr/passwd"), 0);
	make_link(f->fd, "etc/passwd", "/usr/passwd");
	check_users(f->fd, wants, 1);
	CHECK_INT(unlinkat(f->fd, "etc/passwd", 0), 0);
	make_link(f->fd, "etc/passwd", "../../../../usr/passwd");
	check_users(f->fd, wants, 1);
	/* The whole folder is a link to the host's: in the rootfs it is itself. */
	CHECK_INT(unlinkat(f->fd, "etc/passwd", 0), 0);
	CHECK_INT(unlinkat(f->fd, "etc/group", 0), 0);
	CHECK_INT(unlinkat(f->fd, "etc", AT_REMOVEDIR), 0);
	make_link(f->fd, "etc", "/etc");
	check_no_context();
	CHECK_INT(userdb_resolve(f->fd, "root", &a, &u, NULL), -ELOOP);
}

static void test_unreadable(void **state)
{
	struct folder *f = *state;
	_cleanup_arena_ struct arena a = {0};
	struct userdb_user u;
	struct err err = {0};

	fill(f);
	CHECK_INT(fchmodat(f->fd, "etc/passwd", 0, 0), 0);
	if (faccessat(f->fd, "etc/passwd", R_OK, 0) == 0)
		skip_because("root may read everything");
	CHECK_INT(userdb_resolve(f->fd, "alice", &a, &u, &err), -EACCES);
	CHECK_STR(err.message, "open the container's /etc/passwd: Permission denied");
	/* Only where it would not say more than the home folder is it done without. */
	CHECK_INT(userdb_resolve(f->fd, "1000", &a, &u, NULL), -EACCES);
	CHECK_INT(userdb_resolve(f->fd, "alice:1001", &a, &u, NULL), -EACCES);
	err = (struct err){0};
	CHECK_INT(userdb_resolve(f->fd, "1000:1001", &a, &u, &err), 0);
	CHECK_INT(u.uid, 1000);
	CHECK_INT(u.gid, 1001);
	CHECK_STR(u.name, "");
	CHECK_STR(u.home, "/");
	CHECK_STR(err.message, "");
}

/* Huge, sparse, and with the entry at its end: given up at the limit. */
static void test_huge_file(void **state)
{
	static const char entry[] = "\nlate:x:5:5::/late:/bin/sh\n";
	struct folder *f = *state;
	_cleanup_arena_ struct arena a = {0};
	_cleanup_fd_ int fd = -EBADF;
	struct userdb_user u;
	struct err err = {0};

	fill(f);
	fd = fd_open(f->fd, "etc/passwd", O_RDWR);
	/* Just at the limit it is still read. */
	CHECK_INT(pwrite(fd, entry, sizeof(entry) - 1,
			 (off_t)(USERDB_MAX_BYTES - (sizeof(entry) - 1))),
		  sizeof(entry) - 1);
	CHECK_INT(userdb_resolve(f->fd, "late", &a, &u, &err), 0);
	CHECK_INT(u.uid, 5);
	if (ftruncate(fd, (off_t)1 << 40) < 0)
		CHECK_INT(ftruncate(fd, (off_t)1 << 31), 0);
	CHECK_INT(userdb_resolve(f->fd, "later", &a, &u, &err), -EFBIG);
	CHECK_STR(err.message, "the container's /etc/passwd is larger than 16 MiB");
	CHECK_INT(userdb_resolve(f->fd, "4242", &a, &u, &err), -EFBIG);
	/* What is found early is found. */
	CHECK_INT(userdb_resolve(f->fd, "daemon", &a, &u, &err), 0);
	CHECK_INT(u.uid, 1);
}

/* An overlong line is skipped whole: its tail is no line of its own. */
static void test_overlong_lines(void **state)
{
	static char text[200000];
	struct folder *f = *state;
	_cleanup_arena_ struct arena a = {0};
	struct userdb_user u;
	size_t len = 5000;

	fill(f);
	memset(text, 'x', sizeof(text));
	/* at each distance from the buffer's end, what would be an entry for root */
	for (int i = 0; i < 300; i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len,
					"evil:x:0:0::/:%.*s", 1 + i % 40,
					"........................................");
	text[len++] = '\n';
	len += (size_t)snprintf(text + len, sizeof(text) - len,
				"good:x:7:7::/good:/bin/sh\n");
	make_file(f->fd, "etc/passwd", text);
	CHECK_INT(userdb_resolve(f->fd, "evil", &a, &u, NULL), -ENOENT);
	CHECK_INT(userdb_resolve(f->fd, "good", &a, &u, NULL), 0);
	CHECK_INT(u.uid, 7);
}

static void test_no_leak(void **state)
{
	struct folder *f = *state;
	_cleanup_arena_ struct arena a = {0};
	struct userdb_user u;
	int before = count_fds();

	userdb_resolve(f->fd, "alice", &a, &u, NULL);
	fill(f);
	userdb_resolve(f->fd, "alice", &a, &u, NULL);
	userdb_resolve(f->fd, "bob:wheel", &a, &u, NULL);
	userdb_resolve(f->fd, "0:wheel", &a, &u, NULL);
	CHECK_INT(count_fds(), before);
}

static void test_names(void **state)
{
	_cleanup_arena_ struct arena a = {0};
	struct folder *f = *state;

	CHECK_STR(userdb_user_name(f->fd, 0, &a), NULL);
	CHECK_STR(userdb_group_name(f->fd, 0, &a), NULL);
	fill(f);
	/* The first one that has the id. */
	CHECK_STR(userdb_user_name(f->fd, 0, &a), "root");
	CHECK_STR(userdb_user_name(f->fd, 1000, &a), "alice");
	CHECK_STR(userdb_user_name(f->fd, 4294967294, &a), "max");
	CHECK_STR(userdb_user_name(f->fd, 8, &a), NULL);
	CHECK_STR(userdb_user_name(f->fd, 7, &a), NULL);
	CHECK_STR(userdb_group_name(f->fd, 0, &a), "root");
	CHECK_STR(userdb_group_name(f->fd, 53, &a), "tail");
	CHECK_STR(userdb_group_name(f->fd, 7, &a), NULL);
	dir_unlink(f->fd, "etc/passwd", 0);
	make_fifo(f->fd, "etc/passwd");
	CHECK_STR(userdb_user_name(f->fd, 0, &a), NULL);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST_IN_FOLDER(test_users),
		TEST_IN_FOLDER(test_users_and_groups),
		TEST_IN_FOLDER(test_refused),
		TEST_IN_FOLDER(test_member_lists),
		TEST_IN_FOLDER(test_many_groups),
		TEST_IN_FOLDER(test_group),
		TEST_IN_FOLDER(test_no_files),
		TEST_IN_FOLDER(test_no_regular_file),
		TEST_IN_FOLDER(test_device),
		TEST_IN_FOLDER(test_links),
		TEST_IN_FOLDER(test_unreadable),
		TEST_IN_FOLDER(test_huge_file),
		TEST_IN_FOLDER(test_overlong_lines),
		TEST_IN_FOLDER(test_no_leak),
		TEST_IN_FOLDER(test_names),
	};

	return UNIT_RUN(tests);
}
