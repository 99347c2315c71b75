// SPDX-License-Identifier: Apache-2.0
/*
 * host.c - see host.h
 *
 * The program is static, so the C library's name service is not there. /etc/passwd,
 * /etc/subuid and /etc/subgid are read here, in the form that passwd(5) and subuid(5) give;
 * where nsswitch.conf names another source, or the caller is in no passwd file, urun-subid
 * asks libsubid.
 */
#include "sys/host.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/parse.h"
#include "sys/dir.h"
#include "sys/fd.h"
#include "sys/helper.h"
#include "sys/lines.h"
#include "sys/process.h"

#ifndef NEWUIDMAP_PATH
#define NEWUIDMAP_PATH "/usr/bin/newuidmap"
#endif
#ifndef NEWGIDMAP_PATH
#define NEWGIDMAP_PATH "/usr/bin/newgidmap"
#endif
#define MAX_TREE_DEPTH	16 /* how deep mounts are looked for below "/" */
#define MAX_MOUNTINFO	(16u << 20)
#define MAX_TREE_FOLDER 512 /* entries of a folder that has mounts below */

/* What is looked for in passwd(5), and what was found. */
struct entry {
	uid_t uid;
	struct host *host;
	struct arena *arena;
	bool is_found;
};

static bool take_passwd(char *line, void *data)
{
	struct entry *e = data;
	char *field[7];
	uint32_t uid;

	if (lines_split(line, ':', field, 7) != 7 || parse_id(field[2], &uid) < 0 ||
	    uid != e->uid)
		return true;
	e->is_found = true;
	e->host->user = arena_strdup(e->arena, field[0]);
	if (field[5][0] == '/')
		e->host->passwd_home = arena_strdup(e->arena, field[5]);
	return false;
}

struct subid_reader {
	const char *user;
	char uid[16];
	struct arena *arena;
	struct subid_range *ranges;
	size_t n_ranges;
	uint32_t own; /* an id that no range may hold */
};

static void add_range(struct subid_reader *r, uint32_t start, uint32_t count)
{
	uint64_t end = (uint64_t)start + count;

	if (count == 0 || end > UINT32_MAX || r->n_ranges == HOST_MAX_SUBIDS)
		return;
	/* A range with the caller's own id, or one that overlaps an earlier one, would give one
	 * host id two places: newuidmap lets it pass, the kernel does not. */
	if (r->own >= start && r->own < end)
		return;
	for (size_t i = 0; i < r->n_ranges; i++)
		if (start < (uint64_t)r->ranges[i].start + r->ranges[i].count &&
		    r->ranges[i].start < end)
			return;
	*ARR_PUSH(r->arena, r, ranges) = (struct subid_range){start, count};
}

static bool take_subid(char *line, void *data)
{
	struct subid_reader *r = data;
	uint32_t start, count;
	char *field[3];

	if (lines_split(line, ':', field, 3) != 3)
		return true;
	if (strcmp(field[0], r->user) != 0 && strcmp(field[0], r->uid) != 0)
		return true;
	if (parse_u32(field[1], &start) == 0 && parse_u32(field[2], &count) == 0)
		add_range(r, start, count);
	return true;
}

static bool take_nsswitch(char *line, void *data)
{
	char *words = line + strspn(line, " \t");

	if (strncmp(words, "subid:", 6) != 0)
		return true;
	words += 6;
	words += strspn(words, " \t");
	*(bool *)data = strcspn(words, " \t#") == 5 && strncmp(words, "files", 5) == 0;
	return false;
}

/* Do subordinate ids come from the files? So they do when nsswitch.conf is silent. */
static bool uses_files(void)
{
	bool is_files = true;

	lines_read("/etc/nsswitch.conf", take_nsswitch, &is_files);
	return is_files;
}

/* "uid START COUNT" and "gid START COUNT" lines, and "user NAME". */
static void take_helper_line(char *line, struct host *h, struct subid_reader *uids,
			     struct subid_reader *gids, struct arena *a)
{
	uint32_t start, count;
	char *field[3];
	size_t n = lines_split(line, ' ', field, 3);

	if (n == 2 && strcmp(field[0], "user") == 0)
		h->user = arena_strdup(a, field[1]);
	if (n != 3 || parse_u32(field[1], &start) < 0 || parse_u32(field[2], &count) < 0)
		return;
	if (strcmp(field[0], "uid") == 0)
		add_range(uids, start, count);
	else if (strcmp(field[0], "gid") == 0)
		add_range(gids, start, count);
}

static int ask_libsubid(struct host *h, struct subid_reader *uids,
			struct subid_reader *gids, struct arena *a)
{
	_cleanup_fd_ int out_read = -EBADF, out = -EBADF, pidfd = -EBADF;
	struct spawn spawn = {.stdio = {-1, -1, -1}, .userns = -1, .mntns = -1};
	struct strv argv = {0};
	char *text, *line;
	int ends[2], code, r;

	r = fd_pipe(ends);
	if (r < 0)
		return r;
	out_read = ends[0];
	out = ends[1];
	strv_push(a, &argv, "urun-subid");
	spawn.path = helper_path("urun-subid", a);
	spawn.argv = argv.v;
	spawn.stdio[1] = out;
	r = process_spawn(&spawn, &pidfd);
	if (r < 0)
		return r;
	fd_close(&out);
	r = fd_read_all(out_read, a, 1 << 20, &text, NULL);
	/* One that says too much is not waited for to say it all. */
	fd_close(&out_read);
	process_wait(pidfd, &code);
	if (r < 0)
		return r;
	while ((line = strsep(&text, "\n")))
		take_helper_line(line, h, uids, gids, a);
	return 0;
}

static void read_subids(struct host *h, bool is_in_passwd, struct arena *a)
{
	struct subid_reader uids = {.arena = a, .user = h->user, .own = h->uid};
	struct subid_reader gids = {.arena = a, .user = h->user, .own = h->gid};

	snprintf(uids.uid, sizeof(uids.uid), "%u", h->uid);
	memcpy(gids.uid, uids.uid, sizeof(gids.uid));
	if (is_in_passwd && uses_files()) {
		lines_read("/etc/subuid", take_subid, &uids);
		lines_read("/etc/subgid", take_subid, &gids);
	} else {
		ask_libsubid(h, &uids, &gids, a);
	}
	h->subuids = uids.ranges;
	h->n_subuids = uids.n_ranges;
	h->subgids = gids.ranges;
	h->n_subgids = gids.n_ranges;
}

/* "//.cache" is no nice name for what HOME=/ has. */
static const char *path_below(const char *folder, const char *name, struct arena *a)
{
	size_t len = strlen(folder);

	while (len > 0 && folder[len - 1] == '/')
		len--;
	return arena_printf(a, "%.*s/%s", (int)len, folder, name);
}

/* What says where the caller's own things are is not passed over: they would be looked for
 * elsewhere, and not be found. The folders of the XDG specification are, as that wants it. */
static int check_env(struct err *err)
{
	static const char *const names[] = {"HOME", "URUN_ROOT"};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		const char *value = getenv(names[i]);

		if (!value || !*value || value[0] == '/')
			continue;
		err_say(err, -EINVAL, "%s is '%s', which is no absolute path", names[i],
			value);
		return err_hint(err, -EINVAL, "Set it to a path that begins with '/'");
	}
	return 0;
}

static void read_dirs(struct host *h, struct arena *a)
{
	const char *runtime = getenv("XDG_RUNTIME_DIR"),
		   *cache = getenv("XDG_CACHE_HOME"), *data = getenv("XDG_DATA_HOME"),
		   *root = getenv("URUN_ROOT");
	const char *home = getenv("HOME");
	char cwd[PATH_MAX];
	struct stat st;

	/* A folder of somebody else's, or one that others write, is no place for state. */
	if (runtime && runtime[0] == '/' && stat(runtime, &st) == 0 &&
	    S_ISDIR(st.st_mode) && st.st_uid == h->uid && !(st.st_mode & 077))
		h->runtime_dir = runtime;
	if (home && home[0] == '/')
		h->home = home;
	if (cache && cache[0] == '/')
		h->cache_dir = path_below(cache, "urun", a);
	if (root && root[0] == '/')
		h->data_dir = root;
	else if (data && data[0] == '/')
		h->data_dir = path_below(data, "urun", a);
	h->cwd = getcwd(cwd, sizeof(cwd)) ? arena_strdup(a, cwd) : "/";
}

/* "0 0 4294967295" in uid_map: the first user namespace, or one that looks like it. */
static bool is_identity(struct arena *a)
{
	char *text, *field[3];

	if (fd_read_file("/proc/self/uid_map", a, 65536, &text, NULL) < 0)
		return true;
	text[strcspn(text, "\n")] = '\0';
	return lines_split(text, ' ', field, 3) == 3 && strcmp(field[0], "0") == 0 &&
	       strcmp(field[1], "0") == 0 && strcmp(field[2], "4294967295") == 0;
}

struct own_map {
	struct arena *arena;
	struct subid_range *ranges;
	size_t n_ranges;
};

static bool take_own(char *line, void *data)
{
	struct own_map *m = data;
	uint32_t start, count;
	char *field[3];

	if (lines_split(line, ' ', field, 3) == 3 && parse_u32(field[0], &start) == 0 &&
	    parse_u32(field[2], &count) == 0)
		*ARR_PUSH(m->arena, m, ranges) = (struct subid_range){start, count};
	return true;
}

static bool is_setgroups_denied(struct arena *a)
{
	char *text;

	return fd_read_file("/proc/self/setgroups", a, 64, &text, NULL) == 0 &&
	       strncmp(text, "deny", 4) == 0;
}

static void read_own_map(const char *path, struct arena *a, struct subid_range **ret,
			 size_t *ret_n)
{
	struct own_map m = {.arena = a};

	lines_read(path, take_own, &m);
	*ret = m.ranges;
	*ret_n = m.n_ranges;
}

int host_read(struct host *h, struct arena *a, bool want_subids, struct err *err)
{
	struct entry entry = {.host = h, .arena = a};
	int r = check_env(err);

	if (r < 0)
		return r;
	*h = (struct host){.uid = geteuid(), .gid = getegid()};
	h->is_root = h->uid == 0;
	h->has_own_proc = helper_has_own_proc();
	read_dirs(h, a);
	h->user = arena_printf(a, "%u", h->uid);
	entry.uid = h->uid;
	r = lines_read("/etc/passwd", take_passwd, &entry);
	/* A host without the file is one thing; a caller at its limits would be told nonsense. */
	if (r == -EMFILE || r == -ENFILE || r == -ENOMEM)
		return err_set(err, r, "read /etc/passwd");
	if (!h->home)
		h->home = h->passwd_home;
	if (h->home && !h->cache_dir)
		h->cache_dir = path_below(h->home, ".cache/urun", a);
	if (h->home && !h->data_dir)
		h->data_dir = path_below(h->home, ".local/share/urun", a);
	h->is_identity_userns = !h->is_root || is_identity(a);
	if (h->is_root) {
		h->is_setgroups_denied = is_setgroups_denied(a);
		read_own_map("/proc/self/uid_map", a, &h->own_uids, &h->n_own_uids);
		read_own_map("/proc/self/gid_map", a, &h->own_gids, &h->n_own_gids);
	}
	h->has_newuidmap = access(NEWUIDMAP_PATH, X_OK) == 0;
	h->has_newgidmap = access(NEWGIDMAP_PATH, X_OK) == 0;
	if (want_subids)
		read_subids(h, entry.is_found, a);
	return 0;
}

/* A mount of the caller's namespace. */
struct host_mount {
	const char *target, *fstype;
};

struct tree_reader {
	struct host *host;
	struct arena *arena;
	const char *const *left;
	struct host_mount *mounts;
	size_t n_mounts;
};

static bool take_mount(char *line, void *data)
{
	struct tree_reader *r = data;
	char *field[6], *rest = strstr(line, " - ");
	struct host_mount *m;

	if (!rest)
		return true;
	*rest = '\0';
	rest += 3;
	if (lines_split(line, ' ', field, 6) != 6)
		return true;
	lines_unescape(field[4]);
	rest[strcspn(rest, " ")] = '\0';
	/* A mount over an earlier one hides it. */
	for (size_t i = 0; i < r->n_mounts; i++) {
		if (strcmp(r->mounts[i].target, field[4]) == 0) {
			r->mounts[i].fstype = arena_strdup(r->arena, rest);
			return true;
		}
	}
	m = ARR_PUSH(r->arena, r, mounts);
	m->target = arena_strdup(r->arena, field[4]);
	m->fstype = arena_strdup(r->arena, rest);
	return true;
}

static bool is_left(const struct tree_reader *r, const char *path)
{
	for (const char *const *left = r->left; *left; left++)
		if (strcmp(path, *left) == 0)
			return true;
	return false;
}

/* What stands at a path: the filesystem mounted there, and whether any is below. */
static void look_at_mounts(const struct tree_reader *r, struct host_entry *e)
{
	size_t len = strlen(e->path);

	for (size_t i = 0; i < r->n_mounts; i++) {
		const char *target = r->mounts[i].target;

		if (strncmp(target, e->path, len) != 0)
			continue;
		if (target[len] == '\0')
			e->fstype = r->mounts[i].fstype;
		else if (target[len] == '/')
			e->has_mounts_below = true;
	}
}

static int add_entries(struct tree_reader *r, const char *path, int depth);

static int add_entry(struct tree_reader *r, int dir, const char *path, const char *name,
		     int depth)
{
	struct host_entry e = {.path = arena_printf(r->arena, "%s/%s", path, name)};
	struct stat st;
	size_t at;

	if (is_left(r, e.path) || fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return 0;
	e.mode = st.st_mode & 07777;
	look_at_mounts(r, &e);
	if (S_ISLNK(st.st_mode)) {
		char target[PATH_MAX];
		ssize_t n = readlinkat(dir, name, target, sizeof(target) - 1);

		if (n < 0)
			return 0;
		e.kind = HOST_ENTRY_LINK;
		e.target = arena_strndup(r->arena, target, (size_t)n);
	} else if (S_ISREG(st.st_mode)) {
		e.kind = HOST_ENTRY_FILE;
	} else if (S_ISDIR(st.st_mode)) {
		/* Not faccessat(3), which a filter may refuse: it is faccessat2(2). */
		e.is_private = access(e.path, X_OK) < 0;
	} else {
		return 0; /* sockets, FIFOs and devices are no part of a system's tree */
	}
	at = r->host->n_entries;
	*ARR_PUSH(r->arena, r->host, entries) = e;
	if (!e.has_mounts_below)
		return 0;
	if (depth == MAX_TREE_DEPTH || add_entries(r, e.path, depth + 1) < 0) {
		r->host->n_entries = at + 1;
		r->host->entries[at].is_closed = true;
	}
	return 0;
}

/* The entries of one folder; a negative errno when it is not to be listed. */
static int add_entries(struct tree_reader *r, const char *path, int depth)
{
	_cleanup_fd_ int dir = fd_open(AT_FDCWD, *path ? path : "/",
				       O_RDONLY | O_DIRECTORY | O_NONBLOCK);
	struct strv names = {0};
	int ret = dir < 0 ? dir : dir_list(dir, r->arena, &names);

	if (ret == 0 && names.n > MAX_TREE_FOLDER)
		ret = -E2BIG;
	for (size_t i = 0; ret == 0 && i < names.n; i++)
		ret = add_entry(r, dir, path, names.v[i], depth);
	return ret;
}

/* As a container must not see: resolved, because a link would be another name for it. */
static void add_home(struct host *h, const char *home, struct arena *a)
{
	char real[PATH_MAX];
	struct stat st;

	/* HOME=/dev/null is as good as none. */
	if (home && realpath(home, real) && strcmp(real, "/") != 0 &&
	    stat(real, &st) == 0 && S_ISDIR(st.st_mode) && !strv_has(&h->homes, real))
		strv_push(a, &h->homes, arena_strdup(a, real));
}

int host_read_tree(struct host *h, const char *const *left, struct arena *a,
		   struct err *err)
{
	struct tree_reader reader = {.host = h, .arena = a, .left = left};
	char *text, *line;
	/* Not by lines_read(): an overlay of many layers has a line of any length. */
	int r = fd_read_file("/proc/self/mountinfo", a, MAX_MOUNTINFO, &text, NULL);

	if (r < 0)
		return err_set(err, r, "read /proc/self/mountinfo");
	while ((line = strsep(&text, "\n")))
		take_mount(line, &reader);
	add_home(h, h->home, a);
	add_home(h, h->passwd_home, a);
	r = add_entries(&reader, "", 0);
	return r < 0 ? err_set(err, r, "list the host's root folder") : 0;
}
