// SPDX-License-Identifier: Apache-2.0
/*
 * cgroup.c - see cgroup.h
 */
#include "sys/cgroup.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>

#include "base/parse.h"
#include "sys/clock.h"
#include "sys/dir.h"
#include "sys/fd.h"
#include "sys/lock.h"
#include "sys/process.h"

static void close_stream(FILE **f)
{
	if (*f)
		fclose(*f);
}
#define _cleanup_fclose_ _cleanup_(close_stream)

#define MAX_REMOVALS	 100000 /* of folders that a container made in its own */
#define FREEZE_MS	 1000
#define LOCK_MS		 2000
#define MAX_ROUNDS	 100 /* of moving: whoever forks is moved in the next */
#define TURN_MS		 20  /* notices of cgroup.events may be late, cgroup-v2.rst */

static const char *const names[CGROUP_CONTROLLERS] = {
	"cpu", "cpuset", "hugetlb", "io", "memory", "pids", "rdma", "misc",
};

const char *cgroup_layout_name(enum cgroup_layout layout)
{
	static const char *const words[] = {"v2", "hybrid", "v1", "none"};

	return words[layout];
}

static bool is_fs(const char *path, unsigned long magic)
{
	struct statfs fs;

	return statfs(path, &fs) == 0 && (unsigned long)fs.f_type == magic;
}

enum cgroup_layout cgroup_layout(void)
{
	const unsigned long cgroup2 = 0x63677270, tmpfs = 0x01021994;

	if (is_fs(CGROUP_ROOT, cgroup2))
		return CGROUP_UNIFIED;
	if (!is_fs(CGROUP_ROOT, tmpfs))
		return CGROUP_NOWHERE;
	return is_fs(CGROUP_ROOT "/unified", cgroup2) ? CGROUP_HYBRID : CGROUP_LEGACY;
}

const char *cgroup_controller_names(uint32_t mask, struct arena *a)
{
	const char *text = "";

	for (int i = 0; i < CGROUP_CONTROLLERS; i++)
		if (mask & (1u << i))
			text = arena_printf(a, "%s%s%s", text, text[0] ? " " : "",
					    names[i]);
	return text;
}

static uint32_t bit_of(const char *word, size_t len)
{
	for (int i = 0; i < CGROUP_CONTROLLERS; i++)
		if (strlen(names[i]) == len && memcmp(names[i], word, len) == 0)
			return 1u << i;
	return 0;
}

uint32_t cgroup_controller_of(const char *file)
{
	return bit_of(file, strcspn(file, "."));
}

int cgroup_open(const char *path)
{
	static const char root[] = CGROUP_ROOT;
	char whole[4096 + sizeof(root)];
	size_t len = strlen(path);

	if (len >= 4096)
		return -ENAMETOOLONG;
	memcpy(whole, root, sizeof(root) - 1);
	memcpy(whole + sizeof(root) - 1, path, len + 1);
	return fd_open(AT_FDCWD, whole, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
}

int cgroup_stamp(int cgroup, struct cgroup_stamp *ret)
{
	_cleanup_arena_ struct arena a = {0};
	const char *boot = "";
	struct stat st;
	int r = fd_stat(cgroup, &st);

	if (r == 0)
		r = process_boot(&a, &boot);
	if (r == 0)
		snprintf(ret->text, sizeof(ret->text), "%llu %s",
			 (unsigned long long)st.st_ino, boot);
	return r;
}

int cgroup_path_of(pid_t pid, struct arena *a, const char **ret)
{
	const char *path =
		pid ? arena_printf(a, "/proc/%d/cgroup", (int)pid) : "/proc/self/cgroup";
	char *text, *line;
	int r = fd_read_file(path, a, CGROUP_MAX_FILE, &text, NULL);

	if (r < 0)
		return r;
	while ((line = strsep(&text, "\n"))) {
		if (strncmp(line, "0::/", 4) != 0)
			continue;
		*ret = line + 3;
		return 0;
	}
	return -ENOENT;
}

int cgroup_disk_of(const char *path, uint32_t *ret_major, uint32_t *ret_minor)
{
	char partition[64], disk[64], text[32] = "";
	_cleanup_fd_ int fd = -EBADF;
	struct stat st;

	if (stat(path, &st) < 0)
		return -errno;
	if (!S_ISBLK(st.st_mode))
		return -ENOTBLK;
	*ret_major = major(st.st_rdev);
	*ret_minor = minor(st.st_rdev);
	snprintf(partition, sizeof(partition), "/sys/dev/block/%u:%u/partition",
		 *ret_major, *ret_minor);
	snprintf(disk, sizeof(disk), "/sys/dev/block/%u:%u/../dev", *ret_major,
		 *ret_minor);
	if (access(partition, F_OK) < 0)
		return 0;
	fd = fd_open(AT_FDCWD, disk, O_RDONLY);
	if (fd >= 0 && read(fd, text, sizeof(text) - 1) > 0)
		sscanf(text, "%u:%u", ret_major, ret_minor);
	return 0;
}

/* Is the folder behind a descriptor the one that has this name now? */
static bool is_there(int fd, int parent, const char *name)
{
	struct stat ours, there;

	return fstat(fd, &ours) == 0 &&
	       fstatat(parent, name, &there, AT_SYMLINK_NOFOLLOW) == 0 &&
	       ours.st_ino == there.st_ino;
}

int cgroup_take_empty(int parent, const char *name, int *ret)
{
	_cleanup_fd_ int fd = fd_open(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
	int64_t populated = 1, is_frozen = 0;
	int r = fd < 0 ? fd : lock_file(fd, true, false);

	if (r == 0)
		r = cgroup_read_key(fd, "cgroup.events", "populated", &populated);
	if (r == -EAGAIN || (r == 0 && (populated || !is_there(fd, parent, name))))
		return -EBUSY;
	/* Whoever came in would stop. */
	if (r == 0 && cgroup_read_number(fd, "cgroup.freeze", &is_frozen) == 0 &&
	    is_frozen)
		r = cgroup_write(fd, "cgroup.freeze", "0");
	if (r == 0)
		*ret = fd_take(&fd);
	return r;
}

int cgroup_make(int parent, const char *name, int *ret)
{
	int64_t deadline = clock_now_ms() + LOCK_MS;

	/* Who sweeps may come between making it and locking it, and remove it: then it is made anew.
	 * Only who has the lock may remove it. The lock can be taken by all that see the folder, those
	 * inside of other containers as well, so that nobody waits for it without a limit. */
	do {
		_cleanup_fd_ int fd = -EBADF;

		if (mkdirat(parent, name, 0755) < 0)
			return -errno;
		fd = fd_open(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
		if (fd < 0 && fd != -ENOENT) {
			dir_unlink(parent, name, AT_REMOVEDIR);
			return fd;
		}
		while (fd >= 0 && is_there(fd, parent, name)) {
			if (lock_file(fd, true, false) == 0) {
				if (!is_there(fd, parent, name))
					break;
				*ret = fd_take(&fd);
				return 0;
			}
			if (clock_now_ms() >= deadline)
				return -EBUSY;
			poll(NULL, 0, 1);
		}
	} while (clock_now_ms() < deadline);
	return -EBUSY;
}

int cgroup_write(int cgroup, const char *file, const char *value)
{
	return fd_write_file(cgroup, file, value);
}

int cgroup_read(int cgroup, const char *file, struct arena *a, char **ret)
{
	_cleanup_fd_ int fd = fd_open(cgroup, file, O_RDONLY | O_NOFOLLOW);

	return fd < 0 ? fd : fd_read_all(fd, a, CGROUP_MAX_FILE, ret, NULL);
}

/* Into memory of the caller's, for who has none to spare. */
static int read_small(int cgroup, const char *file, char *buf, size_t size)
{
	_cleanup_fd_ int fd = fd_open(cgroup, file, O_RDONLY | O_NOFOLLOW);
	ssize_t n;

	if (fd < 0)
		return fd;
	n = read(fd, buf, size - 1);
	if (n < 0)
		return -errno;
	buf[n] = '\0';
	return 0;
}

static int to_number(const char *text, int64_t *ret)
{
	char *end;

	if (strncmp(text, "max", 3) == 0) {
		*ret = INT64_MAX;
		return 0;
	}
	errno = 0;
	*ret = strtoll(text, &end, 10);
	return errno || end == text ? -EINVAL : 0;
}

int cgroup_read_number(int cgroup, const char *file, int64_t *ret)
{
	char buf[64];
	int r = read_small(cgroup, file, buf, sizeof(buf));

	return r < 0 ? r : to_number(buf, ret);
}

static int find_key(const char *text, const char *key, int64_t *ret)
{
	size_t len = strlen(key);

	for (const char *line = text; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (strncmp(line, key, len) == 0 && line[len] == ' ')
			return to_number(line + len + 1, ret);
	}
	return -ENOENT;
}

int cgroup_read_key(int cgroup, const char *file, const char *key, int64_t *ret)
{
	char buf[4096];
	int r = read_small(cgroup, file, buf, sizeof(buf));

	return r < 0 ? r : find_key(buf, key, ret);
}

uint32_t cgroup_controllers(int cgroup, const char *file)
{
	char buf[512];
	uint32_t mask = 0;

	if (read_small(cgroup, file, buf, sizeof(buf)) < 0)
		return 0;
	for (const char *word = buf; *word;) {
		size_t len = strcspn(word, " \n");

		mask |= bit_of(word, len);
		word += len + (word[len] != '\0');
	}
	return mask;
}

int cgroup_enable(int cgroup, uint32_t mask)
{
	int ret = 0;

	mask &= ~cgroup_controllers(cgroup, "cgroup.subtree_control");
	for (int i = 0; i < CGROUP_CONTROLLERS; i++) {
		char word[16];
		int r;

		if (!(mask & (1u << i)))
			continue;
		snprintf(word, sizeof(word), "+%s", names[i]);
		r = cgroup_write(cgroup, "cgroup.subtree_control", word);
		if (r < 0 && ret == 0)
			ret = r;
	}
	return ret;
}

int cgroup_move(int cgroup, pid_t pid)
{
	char text[16];

	snprintf(text, sizeof(text), "%d", (int)pid);
	return cgroup_write(cgroup, "cgroup.procs", text);
}

/* How many there were, and that were moved. */
static int move_some(int from, int to, int *ret_moved)
{
	_cleanup_fd_ int fd = fd_open(from, "cgroup.procs", O_RDONLY);
	_cleanup_fclose_ FILE *f = fd < 0 ? NULL : fdopen(fd, "re");
	int pid, n = 0;

	*ret_moved = 0;
	if (!f)
		return -EIO;
	fd_take(&fd);
	while (fscanf(f, "%d", &pid) == 1) {
		n++;
		/* 0: of another pid namespace; written, it would mean this process. */
		*ret_moved += pid > 0 && cgroup_move(to, pid) == 0;
	}
	return n;
}

int cgroup_move_all(int from, int to)
{
	for (int i = 0; i < MAX_ROUNDS; i++) {
		int moved, n = move_some(from, to, &moved);

		if (n <= 0)
			return n;
		if (moved == 0)
			break;
	}
	return -EBUSY;
}

/* Before Linux 5.14. Frozen, so that nobody forks away or ends and gives its number to another; those
 * that a signal ends are out of the list by the next turn. A guard does this as well: nothing is
 * allocated. */
static int kill_one_by_one(int cgroup)
{
	int r = cgroup_freeze(cgroup, true, FREEZE_MS);

	if (r < 0 && r != -ETIMEDOUT)
		return r;
	for (int i = 0; i < MAX_ROUNDS; i++) {
		char buf[2048];

		if (read_small(cgroup, "cgroup.procs", buf, sizeof(buf)) < 0 || !buf[0])
			break;
		/* The last number may be cut off: it comes again. */
		for (char *line = buf, *end; (end = strchr(line, '\n')); line = end + 1) {
			int64_t pid;

			/* 0: of another pid namespace, which nobody can name here. */
			if (to_number(line, &pid) == 0 && pid > 0)
				kill((pid_t)pid, SIGKILL);
		}
		poll(NULL, 0, 1);
	}
	return cgroup_write(cgroup, "cgroup.freeze", "0");
}

int cgroup_kill(int cgroup)
{
	int r = cgroup_write(cgroup, "cgroup.kill", "1");

	return r == -ENOENT ? kill_one_by_one(cgroup) : r;
}

/* Until a key of cgroup.events has a value. The kernel gives notice by POLLPRI of what is new since
 * the same descriptor was read. */
static int wait_for(int cgroup, const char *key, int64_t wanted, int wait_ms)
{
	_cleanup_fd_ int events = fd_open(cgroup, "cgroup.events", O_RDONLY | O_NOFOLLOW);
	int64_t deadline = clock_now_ms() + wait_ms, value;

	if (events < 0)
		return events;
	while (true) {
		struct pollfd p = {.fd = events, .events = POLLPRI};
		char buf[256];
		ssize_t n = pread(events, buf, sizeof(buf) - 1, 0);
		int r;

		if (n < 0)
			return -errno;
		buf[n] = '\0';
		r = find_key(buf, key, &value);
		if (r < 0 || value == wanted)
			return r;
		if (clock_now_ms() >= deadline)
			return -ETIMEDOUT;
		poll(&p, 1, TURN_MS);
	}
}

int cgroup_freeze(int cgroup, bool is_frozen, int wait_ms)
{
	int r = cgroup_write(cgroup, "cgroup.freeze", is_frozen ? "1" : "0");

	return r < 0 ? r : wait_for(cgroup, "frozen", is_frozen, wait_ms);
}

bool cgroup_is_frozen(int cgroup)
{
	int64_t value = 0;

	return cgroup_read_key(cgroup, "cgroup.events", "frozen", &value) == 0 &&
	       value == 1;
}

int cgroup_wait_empty(int cgroup, int wait_ms)
{
	return wait_for(cgroup, "populated", 0, wait_ms);
}

/* The first folder in it. Nothing is allocated: a guard must not. Return: is there one? */
static bool find_folder(int dir, char *ret, size_t size)
{
	struct dir_names entries = {.dir = dir};
	const char *name;
	unsigned char type;

	while ((name = dir_next_name(&entries, &type))) {
		if (type != DT_DIR || strlen(name) >= size)
			continue;
		memcpy(ret, name, strlen(name) + 1);
		return true;
	}
	return false;
}

/* Removes the first folder without folders that is found on the way down. */
static int remove_deepest(int parent, const char *name)
{
	char at[NAME_MAX + 1], below[NAME_MAX + 1];
	_cleanup_fd_ int up = fd_open(parent, ".", O_RDONLY | O_DIRECTORY);

	snprintf(at, sizeof(at), "%s", name);
	while (true) {
		_cleanup_fd_ int dir =
			fd_open(up, at, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);

		if (dir < 0)
			return dir;
		if (!find_folder(dir, below, sizeof(below)))
			return dir_unlink(up, at, AT_REMOVEDIR);
		fd_close(&up);
		up = fd_take(&dir);
		memcpy(at, below, sizeof(at));
	}
}

int cgroup_remove(int parent, const char *name)
{
	int r = dir_unlink(parent, name, AT_REMOVEDIR);

	/* However deep, and however many: what was made there is what the caller allowed. */
	for (int i = 0; (r == -EBUSY || r == -ENOTEMPTY) && i < MAX_REMOVALS; i++) {
		r = remove_deepest(parent, name);
		if (r == 0)
			r = dir_unlink(parent, name, AT_REMOVEDIR);
		else if (r == -EBUSY)
			break;
	}
	return r == -ENOTEMPTY ? -EBUSY : r == -ENOENT ? 0 : r;
}

/* @prefix, and then an id: nobody else's folder is called so. */
static bool is_ours(const char *name, const char *prefix)
{
	size_t len = strlen(prefix);

	return strncmp(name, prefix, len) == 0 && strlen(name + len) == CGROUP_ID_LEN &&
	       strspn(name + len, "0123456789abcdef") == CGROUP_ID_LEN;
}

void cgroup_sweep(int parent, const char *prefix, struct arena *a)
{
	struct strv list = {0};

	if (dir_list(parent, a, &list) < 0)
		return;
	for (size_t i = 0; i < list.n; i++) {
		_cleanup_fd_ int fd = -EBADF;
		int64_t populated = 1;

		if (!is_ours(list.v[i], prefix))
			continue;
		fd = fd_open(parent, list.v[i], O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
		if (fd < 0 || lock_file(fd, true, false) < 0)
			continue;
		if (cgroup_read_key(fd, "cgroup.events", "populated", &populated) == 0 &&
		    populated == 0)
			cgroup_remove(parent, list.v[i]);
	}
}

bool cgroup_can_enter(const char *path)
{
	_cleanup_arena_ struct arena a = {0};
	_cleanup_fd_ int above = -EBADF;
	const char *own;
	size_t common = 0;

	if (cgroup_path_of(0, &a, &own) < 0)
		return false;
	for (size_t i = 0;; i++) {
		bool is_end_of_own = !own[i] || own[i] == '/',
		     is_end_of_path = !path[i] || path[i] == '/';

		if (is_end_of_own && is_end_of_path)
			common = i;
		if (!own[i] || !path[i] || own[i] != path[i])
			break;
	}
	above = cgroup_open(arena_strndup(&a, path, common));
	return above >= 0 && faccessat(above, "cgroup.procs", W_OK, AT_EACCESS) == 0;
}
