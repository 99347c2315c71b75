// SPDX-License-Identifier: Apache-2.0
/*
 * sys_host.c - tests of what is found out about the caller and the machine
 *
 * Most run in a user and mount namespace with an /etc of their own.
 */
#include "sys/host.h"

#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include "support.h"
#include "sys/cred.h"
#include "sys/fd.h"

#define INSIDE 4711 /* what the caller's ids are called in the namespace */

/* The files of a made-up /etc; NULL: not there. */
struct etc {
	const char *passwd, *subuid, *subgid, *nsswitch;
	struct folder *folder;
};

static void put_file(const char *path, const char *content)
{
	if (content)
		make_file(AT_FDCWD, path, content);
}

/* For a child: from here on /etc holds only what is given. */
static void enter_etc(const struct etc *etc)
{
	enter_userns(CLONE_NEWNS, INSIDE);
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    mount("tmpfs", "/etc", "tmpfs", 0, NULL) < 0)
		skip_because("nothing can be mounted over /etc: %s", strerror(errno));
	put_file("/etc/passwd", etc->passwd);
	put_file("/etc/subuid", etc->subuid);
	put_file("/etc/subgid", etc->subgid);
	put_file("/etc/nsswitch.conf", etc->nsswitch);
}

static void clear_env(void)
{
	unsetenv("XDG_RUNTIME_DIR");
	unsetenv("XDG_CACHE_HOME");
	unsetenv("XDG_DATA_HOME");
	unsetenv("URUN_ROOT");
	unsetenv("HOME");
}

static void check_ranges(const struct subid_range *is, size_t n_is,
			 const struct subid_range *want, size_t n_want)
{
	CHECK_INT(n_is, n_want);
	for (size_t i = 0; i < n_want; i++) {
		CHECK_INT(is[i].start, want[i].start);
		CHECK_INT(is[i].count, want[i].count);
	}
}
#define CHECK_RANGES(is, n, ...)                                         \
	check_ranges(is, n, (const struct subid_range[]){__VA_ARGS__},   \
		     sizeof((const struct subid_range[]){__VA_ARGS__}) / \
			     sizeof(struct subid_range))

static const char passwd[] = "root:x:0:0::/root:/bin/sh\n"
			     "me:x:4711:4711::/home/me:/bin/sh\n"
			     "again:x:4711:4711::/home/again:/bin/sh\n";

static void read_host(struct host *h, struct arena *a, bool want_subids)
{
	struct err err = {0};

	memset(h, 0x5a, sizeof(*h));
	CHECK_INT(host_read(h, a, want_subids, &err), 0);
}

/* --- the caller --- */

static void test_ids(void **state)
{
	_cleanup_arena_ struct arena a = {0};
	struct host h;
	char cwd[PATH_MAX];

	read_host(&h, &a, false);
	CHECK_INT(h.uid, geteuid());
	CHECK_INT(h.gid, getegid());
	CHECK_INT(h.is_root, geteuid() == 0);
	CHECK(h.user != NULL && h.user[0]);
	CHECK_STR(h.cwd, getcwd(cwd, sizeof(cwd)));
	CHECK(h.subuids == NULL && h.n_subuids == 0);
	CHECK(h.subgids == NULL && h.n_subgids == 0);
	CHECK(h.entries == NULL && h.n_entries == 0);
	CHECK_INT(h.has_newuidmap, access("/usr/bin/newuidmap", X_OK) == 0);
}

static void child_passwd(void *data)
{
	_cleanup_arena_ struct arena a = {0};
	struct host h;

	enter_etc(data);
	clear_env();
	read_host(&h, &a, false);
	CHECK_INT(h.uid, INSIDE);
	CHECK(!h.is_root);
	CHECK_STR(h.user, "me");
	CHECK_STR(h.home, "/home/me");
	CHECK_STR(h.cache_dir, "/home/me/.cache/urun");
	CHECK_STR(h.runtime_dir, NULL);
	setenv("HOME", "/elsewhere", 1);
	read_host(&h, &a, false);
	CHECK_STR(h.home, "/elsewhere");
	CHECK_STR(h.passwd_home, "/home/me");
	CHECK_STR(h.cache_dir, "/elsewhere/.cache/urun");
	setenv("HOME", "", 1);
	read_host(&h, &a, false);
	CHECK_STR(h.home, "/home/me");
	setenv("HOME", "/elsewhere//", 1);
	read_host(&h, &a, false);
	CHECK_STR(h.cache_dir, "/elsewhere/.cache/urun");
	setenv("HOME", "/", 1);
	read_host(&h, &a, false);
	CHECK_STR(h.home, "/");
	CHECK_STR(h.cache_dir, "/.cache/urun");
	CHECK_STR(h.data_dir, "/.local/share/urun");
	setenv("XDG_DATA_HOME", "/", 1);
	read_host(&h, &a, false);
	CHECK_STR(h.data_dir, "/urun");
	setenv("HOME", "/home/me", 1);
	setenv("XDG_DATA_HOME", "data", 1);
	read_host(&h, &a, false);
	CHECK_STR(h.data_dir, "/home/me/.local/share/urun");
	setenv("XDG_CACHE_HOME", "/cache", 1);
	read_host(&h, &a, false);
	CHECK_STR(h.cache_dir, "/cache/urun");
	setenv("XDG_CACHE_HOME", "cache", 1);
	read_host(&h, &a, false);
	CHECK_STR(h.cache_dir, "/home/me/.cache/urun");
}

/* Not passed over: a store that is looked for elsewhere is not found. */
static void child_relative(void *data)
{
	_cleanup_arena_ struct arena a = {0};
	struct err err = {0};
	struct host h;

	clear_env();
	setenv("HOME", "relative", 1);
	CHECK_INT(host_read(&h, &a, false, &err), -EINVAL);
	CHECK_STR(err.message, "HOME is 'relative', which is no absolute path");
	CHECK_STR(err.hint, "Set it to a path that begins with '/'");
	setenv("HOME", "/", 1);
	setenv("URUN_ROOT", "./store", 1);
	CHECK_INT(host_read(&h, &a, false, &err), -EINVAL);
	CHECK_STR(err.message, "URUN_ROOT is './store', which is no absolute path");
	setenv("URUN_ROOT", "", 1);
	CHECK_INT(host_read(&h, &a, false, &err), 0);
}

static void test_relative(void **state)
{
	in_child(child_relative, NULL);
}

static void test_passwd(void **state)
{
	const struct etc etc = {.passwd = passwd};

	in_child(child_passwd, (void *)&etc);
}

/* Somebody whom no file knows goes by the number. */
static void child_no_passwd(void *data)
{
	_cleanup_arena_ struct arena a = {0};
	struct host h;

	enter_etc(data);
	clear_env();
	read_host(&h, &a, false);
	CHECK_STR(h.user, "4711");
	CHECK_STR(h.home, NULL);
	CHECK_STR(h.passwd_home, NULL);
	CHECK_STR(h.cache_dir, NULL);
}

static void test_no_passwd(void **state)
{
	static const struct etc cases[] = {
		{.passwd = NULL},
		{.passwd = ""},
		{.passwd = "root:x:0:0::/root:/bin/sh\n"},
		{.passwd = "me:x:4711x:4711::/home/me:/bin/sh\nme:x:4711:4711\n"},
		{.passwd = "over:x:4294972007:4711::/home/me:/bin/sh\n"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		in_child(child_no_passwd, (void *)&cases[i]);
}

/* A place for state is a folder of the caller's own that nobody else may enter. */
static void test_runtime_dir(void **state)
{
	struct folder *f = *state;
	_cleanup_arena_ struct arena a = {0};
	char path[PATH_MAX];
	struct host h;

	make_dir(f->fd, "dir", 0700);
	make_file(f->fd, "file", "");
	snprintf(path, sizeof(path), "%s/dir", f->path);
	setenv("XDG_RUNTIME_DIR", path, 1);
	read_host(&h, &a, false);
	CHECK_STR(h.runtime_dir, path);
	for (mode_t bit = 01; bit <= 040; bit <<= 1) {
		CHECK_INT(chmod(path, 0700 | bit), 0);
		read_host(&h, &a, false);
		check_context("mode %o", 0700 | bit);
		CHECK_STR(h.runtime_dir, NULL);
	}
	check_no_context();
	CHECK_INT(chmod(path, 0700), 0);
	CHECK_INT(chdir(f->path), 0);
	setenv("XDG_RUNTIME_DIR", "dir", 1);
	read_host(&h, &a, false);
	CHECK_STR(h.runtime_dir, NULL);
	CHECK_INT(chdir("/"), 0);
	setenv("XDG_RUNTIME_DIR", "/none/such", 1);
	read_host(&h, &a, false);
	CHECK_STR(h.runtime_dir, NULL);
	snprintf(path, sizeof(path), "%s/file", f->path);
	CHECK_INT(chmod(path, 0600), 0);
	setenv("XDG_RUNTIME_DIR", path, 1);
	read_host(&h, &a, false);
	CHECK_STR(h.runtime_dir, NULL);
	unsetenv("XDG_RUNTIME_DIR");
}

static void child_foreign_runtime_dir(void *data)
{
	_cleanup_arena_ struct arena a = {0};
	struct host h;

	/* The folder is the caller's, and the caller becomes somebody else. */
	setenv("XDG_RUNTIME_DIR", ((struct folder *)data)->path, 1);
	read_host(&h, &a, false);
	CHECK_STR(h.runtime_dir, ((struct folder *)data)->path);
	if (setresuid(INSIDE, INSIDE, INSIDE) < 0)
		skip_because("the caller has no other id: %s", strerror(errno));
	read_host(&h, &a, false);
	CHECK_STR(h.runtime_dir, NULL);
}

static void test_foreign_runtime_dir(void **state)
{
	if (geteuid() != 0)
		skip_because("only root can become somebody else");
	in_child(child_foreign_runtime_dir, *state);
}

static void child_identity(void *data)
{
	_cleanup_arena_ struct arena a = {0};
	struct host h;

	enter_userns(0, 0);
	read_host(&h, &a, false);
	CHECK(h.is_root);
	CHECK(!h.is_identity_userns);
}

static void test_identity_userns(void **state)
{
	in_child(child_identity, NULL);
}

/* --- subordinate ids --- */

static void child_subids(void *data)
{
	_cleanup_arena_ struct arena a = {0};
	struct host h;

	enter_etc(data);
	clear_env();
	read_host(&h, &a, true);
	CHECK_RANGES(h.subuids, h.n_subuids, {100000, 65536}, {300000, 10}, {500000, 1});
	CHECK_RANGES(h.subgids, h.n_subgids, {200000, 65536});
}

/* By name and by number, in the order of the file; of nobody else. */
static void test_subids(void **state)
{
	const struct etc etc = {
		.passwd = passwd,
		.subuid = "other:1:1\n"
			  "me:100000:65536\n"
			  "4711:300000:10\n"
			  "47110:1:1\n"
			  "mee:1:1\n"
			  "m:1:1\n"
			  "# me:1:1\n"
			  " me:1:1\n"
			  "again:1:1\n"
			  "me:500000:1",
		.subgid = "me:200000:65536\n",
	};

	in_child(child_subids, (void *)&etc);
}

static void child_bad_subids(void *data)
{
	_cleanup_arena_ struct arena a = {0};
	struct host h;

	enter_etc(data);
	clear_env();
	read_host(&h, &a, true);
	CHECK_RANGES(h.subuids, h.n_subuids, {7000, 10}, {4294967290, 5});
	CHECK_INT(h.n_subgids, 0);
}

/* Lines that are none, and ranges that hold no id or ids that are none. */
static void test_bad_subids(void **state)
{
	const struct etc etc = {
		.passwd = passwd,
		.subuid = "me\n"
			  "me:\n"
			  "me:5000\n"
			  "me:5000:\n"
			  "me::10\n"
			  "me:5000:10:10\n"
			  "me:-5000:10\n"
			  "me:0x5000:10\n"
			  "me: 5000:10\n"
			  "me:5000:10 \n"
			  "me:5000:0\n"
			  "me:4294967296:10\n"
			  "me:5000:4294967296\n"
			  "me:4294967295:1\n"
			  "me:4294967290:7\n"
			  "me:7000:10\n"
			  "me:4294967290:5\n",
		/* no file of groups */
	};

	in_child(child_bad_subids, (void *)&etc);
}

static void child_overlap(void *data)
{
	_cleanup_arena_ struct arena a = {0};
	struct host h;

	enter_etc(data);
	clear_env();
	read_host(&h, &a, true);
	CHECK_RANGES(h.subuids, h.n_subuids, {10000, 100}, {10100, 50}, {9900, 100},
		     {20000, 1});
	CHECK_RANGES(h.subgids, h.n_subgids, {4712, 10}, {4611, 99}, {4710, 1});
}

/* No id twice, and never the caller's own: the kernel would refuse the map. */
static void test_overlapping_subids(void **state)
{
	const struct etc etc = {
		.passwd = passwd,
		.subuid = "me:10000:100\n"
			  "me:10000:100\n"
			  "me:10099:1\n"
			  "me:10099:50\n"
			  "me:10100:50\n"
			  "me:9900:101\n"
			  "me:9900:100\n"
			  "me:9000:5000\n"
			  "me:10050:1\n"
			  "me:4711:1\n"
			  "me:4000:712\n"
			  "me:0:65536\n"
			  "me:20000:1\n",
		.subgid = "me:4711:100\n"
			  "me:4712:10\n"
			  "me:4611:101\n"
			  "me:4611:99\n"
			  "me:4710:1\n",
	};

	in_child(child_overlap, (void *)&etc);
}

static void child_many(void *data)
{
	_cleanup_arena_ struct arena a = {0};
	struct host h;

	enter_etc(data);
	clear_env();
	read_host(&h, &a, true);
	CHECK_INT(h.n_subuids, HOST_MAX_SUBIDS);
	for (uint32_t i = 0; i < HOST_MAX_SUBIDS; i++)
		CHECK_INT(h.subuids[i].start, 100000 + 10 * i);
}

static void test_many_subids(void **state)
{
	static char text[200 * 32];
	const struct etc etc = {.passwd = passwd, .subuid = text};
	size_t len = 0;

	for (uint32_t i = 0; i < 200; i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len, "me:%u:10\n",
					100000 + 10 * i);
	in_child(child_many, (void *)&etc);
}

/* --- another source of subordinate ids --- */

/* Puts a program in urun-subid's place, beside the file that the caller says it runs. */
static void fake_helper(struct folder *f, const char *script)
{
	char path[PATH_MAX];

	make_file(f->fd, "urun-subid", script);
	CHECK_INT(fchmodat(f->fd, "urun-subid", 0755, 0), 0);
	snprintf(path, sizeof(path), "%s/urun", f->path);
	setenv("_URUN_SELF", path, 1);
}

static const char helper[] = "#!/bin/sh\n"
			     "echo user name-from-nss\n"
			     "echo uid 100000 65536\n"
			     "echo uid 100001 5\n"
			     "echo gid 200000 10\n"
			     "echo gid x 10\n"
			     "echo gid 1\n"
			     "echo nonsense\n"
			     "echo uid 4711 1\n"
			     "echo uid 300000 10\n";

static void child_other_source(void *data)
{
	const struct etc *etc = data;
	_cleanup_arena_ struct arena a = {0};
	struct host h;

	enter_etc(etc);
	clear_env();
	fake_helper(etc->folder, helper);
	read_host(&h, &a, true);
	CHECK_RANGES(h.subuids, h.n_subuids, {100000, 65536}, {300000, 10});
	CHECK_RANGES(h.subgids, h.n_subgids, {200000, 10});
	CHECK_STR(h.user, "name-from-nss");
}

static void child_files(void *data)
{
	const struct etc *etc = data;
	_cleanup_arena_ struct arena a = {0};
	struct host h;

	enter_etc(etc);
	clear_env();
	fake_helper(etc->folder, helper);
	read_host(&h, &a, true);
	CHECK_RANGES(h.subuids, h.n_subuids, {77000, 7});
	CHECK_RANGES(h.subgids, h.n_subgids, {88000, 8});
	CHECK_STR(h.user, "me");
}

static void test_nsswitch(void **state)
{
	static const struct {
		const char *nsswitch;
		bool is_files;
	} cases[] = {
		{NULL, true},
		{"", true},
		{"passwd: files sss\n", true},
		{"subid: files\n", true},
		{"subid:files\n", true},
		{"  subid:\t files # comment\n", true},
		{"# subid: sss\nsubid: files\n", true},
		{"subid: sss\n", false},
		{"passwd: files\nsubid:\tsss files\n", false},
		{"subid: filesystem\n", false},
		{"subid:\n", false},
	};
	struct etc etc = {
		.passwd = passwd,
		.subuid = "me:77000:7\n",
		.subgid = "me:88000:8\n",
		.folder = *state,
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		etc.nsswitch = cases[i].nsswitch;
		check_context("'%s'", cases[i].nsswitch);
		in_child(cases[i].is_files ? child_files : child_other_source, &etc);
	}
	/* In no passwd file: the name comes from elsewhere, so the ids may, too. */
	etc.nsswitch = NULL;
	etc.passwd = "root:x:0:0::/root:/bin/sh\n";
	in_child(child_other_source, &etc);
}

/* A helper that is missing, fails or says too much: no ranges, no failure. */
static void child_bad_helper(void *data)
{
	const struct etc *etc = data;
	_cleanup_arena_ struct arena a = {0};
	struct host h;

	enter_etc(etc);
	clear_env();
	fake_helper(etc->folder, etc->subuid);
	read_host(&h, &a, true);
	CHECK_INT(h.n_subuids, 0);
	CHECK_INT(h.n_subgids, 0);
}

static void test_bad_helper(void **state)
{
	static const char *const scripts[] = {
		"#!/bin/sh\nexit 1\n",
		"#!/bin/sh\nkill -9 $$\n",
		"#!/no/such/shell\n",
		"#!/bin/sh\nexec cat /dev/zero\n",
	};
	struct etc etc = {.passwd = passwd, .nsswitch = "subid: sss\n", .folder = *state};

	for (size_t i = 0; i < ARRAY_SIZE(scripts); i++) {
		etc.subuid = scripts[i];
		in_child(child_bad_helper, &etc);
	}
}

/* --- the caller's tree --- */

/* For a child: an empty root folder of its own, with the kernel's /proc. */
static void enter_root(struct folder *f)
{
	char path[PATH_MAX];

	enter_userns(CLONE_NEWNS, INSIDE);
	if (mount("tmpfs", f->path, "tmpfs", 0, NULL) < 0)
		skip_because("nothing can be mounted: %s", strerror(errno));
	snprintf(path, sizeof(path), "%s/proc", f->path);
	CHECK_INT(mkdir(path, 0755), 0);
	CHECK_INT(mount("/proc", path, NULL, MS_BIND | MS_REC, NULL), 0);
	CHECK_INT(chroot(f->path), 0);
	CHECK_INT(chdir("/"), 0);
	umask(0);
}

static void mount_at(const char *path, const char *fstype)
{
	CHECK_INT(mount("none", path, fstype, 0, NULL), 0);
}

/* Checks one entry. @target and @fstype may be NULL. */
static void check_entry(const struct host *h, const char *path, enum host_entry_kind kind,
			uint32_t mode, const char *target, const char *fstype,
			bool has_mounts_below)
{
	const struct host_entry *e = NULL;

	check_context("%s", path);
	for (size_t i = 0; i < h->n_entries; i++) {
		if (strcmp(h->entries[i].path, path) != 0)
			continue;
		CHECK(e == NULL); /* once */
		e = &h->entries[i];
	}
	CHECK(e != NULL);
	CHECK_INT(e->kind, kind);
	if (kind != HOST_ENTRY_LINK)
		CHECK_INT(e->mode, mode);
	CHECK_STR(e->target, target);
	CHECK_STR(e->fstype, fstype);
	CHECK_INT(e->has_mounts_below, has_mounts_below);
	CHECK(!e->is_closed);
}

/* Each folder comes before what is in it. */
static void check_parents_first(const struct host *h)
{
	for (size_t i = 0; i < h->n_entries; i++) {
		const char *path = h->entries[i].path;
		size_t len = (size_t)(strrchr(path, '/') - path);
		bool is_found = len == 0;

		for (size_t k = 0; k < i; k++)
			if (strlen(h->entries[k].path) == len &&
			    strncmp(h->entries[k].path, path, len) == 0)
				is_found = true;
		check_context("%s", path);
		CHECK(is_found);
	}
}

static const char *const left[] = {"/proc", "/left", NULL};

static void child_tree(void *data)
{
	_cleanup_arena_ struct arena a = {0};
	struct host h = {0};
	struct err err = {0};

	enter_root(data);
	make_dir(AT_FDCWD, "/etc", 0751);
	make_dir(AT_FDCWD, "/etc/below", 0755);
	make_link(AT_FDCWD, "/bin", "usr/bin");
	make_file(AT_FDCWD, "/file", "");
	make_fifo(AT_FDCWD, "/fifo");
	make_dir(AT_FDCWD, "/left", 0755);
	make_dir(AT_FDCWD, "/left/m", 0755);
	mount_at("/left/m", "tmpfs");
	make_dir(AT_FDCWD, "/mnt", 0755);
	make_dir(AT_FDCWD, "/mnt/a", 0755);
	make_dir(AT_FDCWD, "/mnt/b", 01777);
	make_link(AT_FDCWD, "/mnt/c", "a");
	mount_at("/mnt/a", "ramfs");
	make_dir(AT_FDCWD, "/mnt/a/in", 0755);
	make_dir(AT_FDCWD, "/mn", 0755);
	make_dir(AT_FDCWD, "/s p\n", 0755);
	make_dir(AT_FDCWD, "/s p\n/\\040", 0755);
	mount_at("/s p\n/\\040", "tmpfs");
	make_dir(AT_FDCWD, "/over", 0755);
	mount_at("/over", "tmpfs");
	mount_at("/over", "ramfs");
	make_dir(AT_FDCWD, "/nest", 0755);
	mount_at("/nest", "tmpfs");
	make_dir(AT_FDCWD, "/nest/n", 0755);
	make_dir(AT_FDCWD, "/nest/other", 0755);
	mount_at("/nest/n", "ramfs");
	CHECK_INT(host_read_tree(&h, left, &a, &err), 0);
	check_parents_first(&h);
#define FOLDER HOST_ENTRY_FOLDER
	check_entry(&h, "/etc", FOLDER, 0751, NULL, NULL, false);
	check_entry(&h, "/bin", HOST_ENTRY_LINK, 0, "usr/bin", NULL, false);
	check_entry(&h, "/file", HOST_ENTRY_FILE, 0644, NULL, NULL, false);
	check_entry(&h, "/mnt", FOLDER, 0755, NULL, NULL, true);
	check_entry(&h, "/mnt/a", FOLDER, 0755, NULL, "ramfs", false);
	check_entry(&h, "/mnt/b", FOLDER, 01777, NULL, NULL, false);
	check_entry(&h, "/mnt/c", HOST_ENTRY_LINK, 0, "a", NULL, false);
	check_entry(&h, "/mn", FOLDER, 0755, NULL, NULL, false);
	check_entry(&h, "/s p\n", FOLDER, 0755, NULL, NULL, true);
	check_entry(&h, "/s p\n/\\040", FOLDER, 01777, NULL, "tmpfs", false);
	check_entry(&h, "/over", FOLDER, 0755, NULL, "ramfs", false);
	check_entry(&h, "/nest", FOLDER, 01777, NULL, "tmpfs", true);
	check_entry(&h, "/nest/n", FOLDER, 0755, NULL, "ramfs", false);
	check_entry(&h, "/nest/other", FOLDER, 0755, NULL, NULL, false);
#undef FOLDER
	check_no_context();
	/* no pipe, no folder that is left out, nothing below what has no mounts below */
	CHECK_INT(h.n_entries, 14);
}

static void test_tree(void **state)
{
	in_child(child_tree, *state);
}

static const struct host_entry *find_entry(const struct host *h, const char *path)
{
	for (size_t i = 0; i < h->n_entries; i++)
		if (strcmp(h->entries[i].path, path) == 0)
			return &h->entries[i];
	return NULL;
}

/* Folders that cannot be read, or hold too much, are said to be closed; those below them are
 * not in the list. */
static void child_closed(void *data)
{
	_cleanup_arena_ struct arena a = {0};
	const struct host_entry *e;
	struct host h = {0};
	char path[64];

	enter_root(data);
	make_dir(AT_FDCWD, "/secret", 0755);
	make_dir(AT_FDCWD, "/secret/m", 0755);
	mount_at("/secret/m", "tmpfs");
	make_dir(AT_FDCWD, "/private", 0600);
	make_dir(AT_FDCWD, "/crowd", 0755);
	for (int i = 0; i < 600; i++) {
		snprintf(path, sizeof(path), "/crowd/%d", i);
		make_dir(AT_FDCWD, path, 0755);
	}
	mount_at("/crowd/7", "tmpfs");
	CHECK_INT(chmod("/secret", 0), 0);
	/* An ordinary user has no capability that would open it. */
	CHECK_INT(cred_set_caps(0, 0, 0, 0), 0);
	CHECK_INT(host_read_tree(&h, left, &a, NULL), 0);
	e = find_entry(&h, "/secret");
	CHECK(e && e->is_closed && e->has_mounts_below && e->is_private);
	CHECK(!find_entry(&h, "/secret/m"));
	e = find_entry(&h, "/private");
	CHECK(e && e->is_private && !e->is_closed);
	e = find_entry(&h, "/crowd");
	CHECK(e && e->is_closed && !e->is_private);
	CHECK_INT(h.n_entries, 3);
}

static void test_closed(void **state)
{
	in_child(child_closed, *state);
}

/* What must not be seen inside, by the names that no link hides. */
static void child_homes(void *data)
{
	_cleanup_arena_ struct arena a = {0};
	struct host h = {.home = "/link/./me", .passwd_home = "/home/me"};
	struct host other = {.home = "/home/../home//other/", .passwd_home = "/home/me"};
	struct host root = {.home = "/", .passwd_home = "/none"};
	struct host nobody = {.home = NULL};

	enter_root(data);
	make_dir(AT_FDCWD, "/home", 0755);
	make_dir(AT_FDCWD, "/home/me", 0755);
	make_dir(AT_FDCWD, "/home/other", 0755);
	make_link(AT_FDCWD, "/link", "home");
	CHECK_INT(host_read_tree(&h, left, &a, NULL), 0);
	CHECK_INT(h.homes.n, 1);
	CHECK_STR(h.homes.v[0], "/home/me");
	CHECK_INT(host_read_tree(&other, left, &a, NULL), 0);
	CHECK_INT(other.homes.n, 2);
	CHECK_STR(other.homes.v[0], "/home/other");
	CHECK_STR(other.homes.v[1], "/home/me");
	/* not all of the system, and nothing that is not there */
	CHECK_INT(host_read_tree(&root, left, &a, NULL), 0);
	CHECK_INT(root.homes.n, 0);
	CHECK_INT(host_read_tree(&nobody, left, &a, NULL), 0);
	CHECK_INT(nobody.homes.n, 0);
}

static void test_homes(void **state)
{
	in_child(child_homes, *state);
}

/* An overlay of many layers has a line in mountinfo that is far longer than others. Here a name
 * makes it long: each of its newlines is written as four characters. */
static void child_long_line(void *data)
{
	_cleanup_arena_ struct arena a = {0};
	struct host h = {0};
	char path[PATH_MAX] = "";

	enter_root(data);
	for (int i = 0; i < 5; i++) {
		size_t len = strlen(path);

		path[len] = '/';
		memset(path + len + 1, '\n', NAME_MAX);
		path[len + 1 + NAME_MAX] = '\0';
		make_dir(AT_FDCWD, path, 0755);
	}
	mount_at(path, "tmpfs");
	CHECK_INT(host_read_tree(&h, left, &a, NULL), 0);
	CHECK_INT(h.n_entries, 5);
	CHECK_STR(h.entries[4].path, path);
	CHECK_STR(h.entries[4].fstype, "tmpfs");
}

static void test_long_line(void **state)
{
	in_child(child_long_line, *state);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(test_ids),
		TEST(test_passwd),
		TEST(test_relative),
		TEST(test_no_passwd),
		TEST_IN_FOLDER(test_runtime_dir),
		TEST_IN_FOLDER(test_foreign_runtime_dir),
		TEST(test_identity_userns),
		TEST(test_subids),
		TEST(test_bad_subids),
		TEST(test_overlapping_subids),
		TEST(test_many_subids),
		TEST_IN_FOLDER(test_nsswitch),
		TEST_IN_FOLDER(test_bad_helper),
		TEST_IN_FOLDER(test_tree),
		TEST_IN_FOLDER(test_closed),
		TEST_IN_FOLDER(test_homes),
		TEST_IN_FOLDER(test_long_line),
	};

	return UNIT_RUN(tests);
}
