// SPDX-License-Identifier: Apache-2.0
/*
 * userdb.c - see userdb.h
 */
#include "sys/userdb.h"

#include <string.h>

#include "base/parse.h"
#include "sys/fd.h"
#include "sys/lines.h"
#include "sys/path.h"

/* The user that is looked for: by name, or by id when @name is NULL. */
struct user_query {
	const char *name;
	uint32_t uid;
	struct arena *arena;
	struct userdb_user *found;
	bool is_found;
};

struct group_query {
	const char *name; /* group that is looked for, or NULL */
	uint32_t gid;
	bool is_found;
	const char *member; /* whose groups are gathered, or NULL */
	struct arena *arena;
	struct userdb_user *user;
};

static bool match_user(char *line, void *data)
{
	struct user_query *q = data;
	uint32_t uid, gid;
	char *f[7];

	if (lines_split(line, ':', f, 7) != 7 || f[0][0] == '\0' ||
	    parse_id(f[2], &uid) < 0 || parse_id(f[3], &gid) < 0)
		return true;
	if (q->name ? strcmp(f[0], q->name) != 0 : uid != q->uid)
		return true;
	q->is_found = true;
	q->found->uid = uid;
	q->found->gid = gid;
	q->found->name = arena_strdup(q->arena, f[0]);
	q->found->home = arena_strdup(q->arena, f[5][0] == '/' ? f[5] : "/");
	return false;
}

static bool is_member(const char *members, const char *name)
{
	size_t len = strlen(name);

	while (*members) {
		size_t n = strcspn(members, ",");

		if (n == len && strncmp(members, name, len) == 0)
			return true;
		members += n + (members[n] == ',');
	}
	return false;
}

static bool match_group(char *line, void *data)
{
	struct group_query *q = data;
	uint32_t gid;
	char *f[4];

	if (lines_split(line, ':', f, 4) != 4 || parse_id(f[2], &gid) < 0)
		return true;
	if (q->name && strcmp(f[0], q->name) == 0) {
		q->gid = gid;
		q->is_found = true;
		return false;
	}
	if (q->member && q->user->n_gids < USERDB_MAX_GROUPS &&
	    is_member(f[3], q->member))
		*ARR_PUSH(q->arena, q->user, gids) = gid;
	return true;
}

/* Reads one file of the rootfs. Return: 0; -ENOENT when there is none. */
static int scan(int root, const char *path, lines_fn fn, void *data, struct err *err)
{
	_cleanup_fd_ int fd = path_open_in(root, path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
	struct stat st;
	int r;

	if (fd == -ENOENT || fd == -ENOTDIR)
		return -ENOENT;
	if (fd < 0)
		return err_set(err, fd, "open the container's %s", path);
	r = fd_stat(fd, &st);
	if (r < 0)
		return err_set(err, r, "stat the container's %s", path);
	if (!S_ISREG(st.st_mode))
		return err_say(err, -EINVAL, "the container's %s is no regular file",
			       path);
	r = lines_read_fd(fd, USERDB_MAX_BYTES, fn, data);
	if (r == -EFBIG)
		return err_say(err, r, "the container's %s is larger than %u MiB", path,
			       USERDB_MAX_BYTES >> 20);
	return r < 0 ? err_set(err, r, "read the container's %s", path) : 0;
}

/* Digits are an id and never a name, or "4294967296" could be a user that the rootfs's author
 * invented (CVE-2026-46680). Return: 1 for an id, 0 for a name, -EINVAL for a bad id. */
static int read_id(const char *text, const char *what, uint32_t *ret, struct err *err)
{
	if (text[strspn(text, "0123456789")] != '\0')
		return 0;
	if (parse_id(text, ret) < 0)
		return err_say(err, -EINVAL, "%s id '%s': a number from 0 to 4294967294",
			       what, text);
	return 1;
}

static int find_user(int root, const char *who, bool has_group, struct arena *a,
		     struct userdb_user *ret, struct err *err)
{
	struct user_query q = {.arena = a, .found = ret};
	struct err unread = {0};
	int is_id = read_id(who, "user", &q.uid, err), r;

	if (is_id < 0)
		return is_id;
	if (!is_id)
		q.name = who;
	else
		*ret = (struct userdb_user){.uid = q.uid, .name = "", .home = "/"};
	r = scan(root, "/etc/passwd", match_user, &q, &unread);
	/* Two numbers say it all but for the home folder: for that, a passwd which the
	 * container's ids may not read is like none. */
	if (r == -EACCES && is_id && has_group)
		return 0;
	if (r < 0 && r != -ENOENT) {
		if (err)
			*err = unread;
		return r;
	}
	if (q.is_found || is_id)
		return 0;
	err_say(err, -ENOENT, "user '%s': %s", who,
		r == -ENOENT ? "the container has no /etc/passwd"
			     : "not in its /etc/passwd");
	return err_hint(err, -ENOENT, "A number needs no entry: -u UID[:GID]");
}

int userdb_group(int root, const char *group, struct arena *a, uint32_t *ret_gid,
		 struct err *err)
{
	struct group_query q = {.name = group, .arena = a};
	uint32_t gid;
	int r = read_id(group, "group", &gid, err);

	if (r < 0)
		return r;
	if (r == 1) {
		*ret_gid = gid;
		return 0;
	}
	r = scan(root, "/etc/group", match_group, &q, err);
	if (r < 0 && r != -ENOENT)
		return r;
	if (!q.is_found)
		return err_say(err, -ENOENT, "group '%s': %s", group,
			       r == -ENOENT ? "the container has no /etc/group"
					    : "not in its /etc/group");
	*ret_gid = q.gid;
	return 0;
}

int userdb_resolve(int root, const char *who, struct arena *a, struct userdb_user *ret,
		   struct err *err)
{
	const char *colon, *group;
	struct userdb_user user = {.name = "", .home = "/"};
	int r;

	if (!who || !*who)
		who = "0:0";
	colon = strchr(who, ':');
	group = colon ? colon + 1 : NULL;
	if (colon == who || (group && (!*group || strchr(group, ':'))))
		return err_say(err, -EINVAL, "user '%s': expected USER[:GROUP]", who);
	r = find_user(root, colon ? arena_strndup(a, who, (size_t)(colon - who)) : who,
		      group != NULL, a, &user, err);
	if (r == 0 && group)
		r = userdb_group(root, group, a, &user.gid, err);
	if (r < 0)
		return r;
	if (!group && user.name[0]) {
		struct group_query q = {.member = user.name, .arena = a, .user = &user};

		r = scan(root, "/etc/group", match_group, &q, err);
		if (r < 0 && r != -ENOENT)
			return r;
	}
	*ret = user;
	return 0;
}

const char *userdb_user_name(int root, uint32_t uid, struct arena *a)
{
	struct userdb_user found = {0};
	struct user_query q = {.uid = uid, .arena = a, .found = &found};

	scan(root, "/etc/passwd", match_user, &q, NULL);
	return found.name;
}

struct group_name_query {
	uint32_t gid;
	struct arena *arena;
	const char *found;
};

static bool match_gid(char *line, void *data)
{
	struct group_name_query *q = data;
	uint32_t gid;
	char *f[4];

	if (lines_split(line, ':', f, 4) != 4 || f[0][0] == '\0' ||
	    parse_id(f[2], &gid) < 0 || gid != q->gid)
		return true;
	q->found = arena_strdup(q->arena, f[0]);
	return false;
}

const char *userdb_group_name(int root, uint32_t gid, struct arena *a)
{
	struct group_name_query q = {.gid = gid, .arena = a};

	scan(root, "/etc/group", match_gid, &q, NULL);
	return q.found;
}
