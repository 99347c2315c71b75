// SPDX-License-Identifier: Apache-2.0
/*
 * userdb.c - fuzz target: passwd and group of a rootfs, and whom -u names in them
 *
 * An input is "USER[:GROUP]", a line with a group, and the two files with a line of "--"
 * between them.
 */
#include "sys/userdb.h"

#include <stdio.h>
#include <string.h>

#include "base/parse.h"
#include "fuzz.h"
#include "sys/fd.h"

struct rootfs {
	int root, passwd, group;
	char path[64];
};

static struct rootfs rootfs;

static void remove_rootfs(void)
{
	int etc = fd_open(rootfs.root, "etc", O_PATH | O_DIRECTORY);

	unlinkat(etc, "passwd", 0);
	unlinkat(etc, "group", 0);
	close(etc);
	unlinkat(rootfs.root, "etc", AT_REMOVEDIR);
	rmdir(rootfs.path);
}

/* One folder for all inputs: its files are written anew for each. */
static void make_rootfs(void)
{
	const char *tmp = getenv("TMPDIR");

	if (rootfs.path[0])
		return;
	snprintf(rootfs.path, sizeof(rootfs.path), "%.40s/urun-fuzz-XXXXXX",
		 tmp && tmp[0] ? tmp : "/tmp");
	fuzz_check(mkdtemp(rootfs.path), "%s", rootfs.path);
	rootfs.root = fd_open(AT_FDCWD, rootfs.path, O_RDONLY | O_DIRECTORY);
	fuzz_check(mkdirat(rootfs.root, "etc", 0700) == 0, "%s/etc", rootfs.path);
	rootfs.passwd = fd_create(rootfs.root, "etc/passwd", O_RDWR | O_CREAT, 0600);
	rootfs.group = fd_create(rootfs.root, "etc/group", O_RDWR | O_CREAT, 0600);
	fuzz_check(rootfs.passwd >= 0 && rootfs.group >= 0, "%s/etc", rootfs.path);
	atexit(remove_rootfs);
}

static void write_file(int fd, const char *bytes, size_t len)
{
	fuzz_check(ftruncate(fd, 0) == 0 && pwrite(fd, bytes, len, 0) == (ssize_t)len,
		   "%zu bytes", len);
}

/* Cuts the next line off the input. */
static char *take_line(struct arena *a, const char **at, size_t *left)
{
	const char *end = memchr(*at, '\n', *left);
	size_t len = end ? (size_t)(end - *at) : *left;
	char *line = arena_strndup(a, *at, len);

	*at += len + (end != NULL);
	*left -= len + (end != NULL);
	return line;
}

static void write_files(const char *at, size_t left)
{
	static const char line[] = "\n--\n";
	const char *cut = memmem(at, left, line, strlen(line));
	size_t len = cut ? (size_t)(cut - at) + 1 : left;
	size_t skip = cut ? len + strlen(line) - 1 : len;

	write_file(rootfs.passwd, at, len);
	write_file(rootfs.group, at + skip, left - skip);
}

static void check_user(const char *who, const struct userdb_user *u)
{
	uint32_t id;

	fuzz_check(u->name && !strpbrk(u->name, ":\n"), "a name of several fields");
	fuzz_check(u->home && u->home[0] == '/' && !strchr(u->home, ':'),
		   "a strange home");
	fuzz_check(u->uid != UINT32_MAX && u->gid != UINT32_MAX, "an id that is none");
	fuzz_check(u->n_gids <= USERDB_MAX_GROUPS, "%zu groups", u->n_gids);
	for (size_t i = 0; i < u->n_gids; i++)
		fuzz_check(u->gids[i] != UINT32_MAX, "a group that is none");
	/* All digits are an id, whatever the file says. */
	if (parse_id(who, &id) == 0)
		fuzz_check(u->uid == id, "%s became %u", who, u->uid);
	else if (who[0] && !strchr(who, ':'))
		fuzz_check(strcmp(u->name, who) == 0, "%s became %s", who, u->name);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_arena_ struct arena a = {0};
	const char *at = (const char *)data;
	size_t left = size;
	char *who = take_line(&a, &at, &left), *group = take_line(&a, &at, &left);
	struct userdb_user user = {.uid = 12345};
	struct err err = {0};
	uint32_t gid = UINT32_MAX;
	int r;

	make_rootfs();
	write_files(at, left);
	r = userdb_resolve(rootfs.root, who, &a, &user, &err);
	if (r == 0) {
		check_user(who, &user);
	} else {
		fuzz_check_err(r, &err);
		fuzz_check(user.uid == 12345 && !user.name, "a failure left something");
	}
	r = userdb_group(rootfs.root, group, &a, &gid, &err);
	if (r == 0)
		fuzz_check(gid != UINT32_MAX, "a group that is none");
	else
		fuzz_check_err(r, &err);
	return 0;
}
