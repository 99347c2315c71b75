// SPDX-License-Identifier: Apache-2.0
/*
 * sys_mnt.c - tests of mounting by descriptor
 *
 * Each runs in a user and mount namespace of its own, on a tmpfs, and once more for each way
 * in which the newer system calls can be missing.
 */
#include "sys/mnt.h"

#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>

#include "support.h"
#include "sys/path.h"

#ifndef SYS_open_tree
#define SYS_open_tree  428
#define SYS_move_mount 429
#endif
#ifndef SYS_mount_setattr
#define SYS_mount_setattr 442
#endif
/* of statvfs(3), which not every C library names */
#define FLAG_RDONLY	 0x0001ul
#define FLAG_NOSUID	 0x0002ul
#define FLAG_NODEV	 0x0004ul
#define FLAG_NOEXEC	 0x0008ul
#define FLAG_NOATIME	 0x0400ul
#define FLAG_NODIRATIME	 0x0800ul
#define FLAG_RELATIME	 0x1000ul
#define FLAG_NOSYMFOLLOW 0x2000ul
#define FLAGS_ALL	 0x3c0ful
#define NO_SYMFOLLOW	 256ul /* MS_NOSYMFOLLOW */

#define REFUSE_OPEN_TREE 1
#define REFUSE_SETATTR	 2
#define REFUSE_MOVE	 4

static const struct way {
	const char *name;
	int calls, error;
} ways[] = {
	{"new calls", 0, 0},
	{"none of them, ENOSYS", 7, ENOSYS},
	{"none of them, EPERM", 7, EPERM},
	{"no mount_setattr", REFUSE_SETATTR, ENOSYS}, /* Linux 5.2 to 5.11 */
	{"no move_mount", REFUSE_MOVE, EPERM},
};

struct area {
	struct folder *folder;
	const struct way *way;
	unsigned long flags; /* MS_* of what is mounted at src/sub */
	int root;
};

static void take_way(const struct area *a)
{
	static const long calls[] = {SYS_open_tree, SYS_mount_setattr, SYS_move_mount};

	for (int i = 0; i < 3; i++)
		if (a->way->calls & (1 << i))
			refuse_call(calls[i], a->way->error);
	check_context("%s", a->way->name);
}

static void must_mount(const char *source, const char *to, const char *fstype,
		       unsigned long flags, const char *data)
{
	int r = mount(source, to, fstype, flags, data);

	CHECK_INT(r < 0 ? -errno : 0, 0);
}

/* An area of the caller's own: source folders with mounts below, and places to bind them to.
 *
 * /src, /src/file, /src/sub (a mount, twice), /src/sub/deep (a mount), "/src/s p\n" (a mount),
 * /dst, /dst-file */
static void make_area(struct area *a)
{
	enter_userns(CLONE_NEWNS, 0);
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    mount("tmpfs", a->folder->path, "tmpfs", 0, NULL) < 0)
		skip_because("nothing can be mounted: %s", strerror(errno));
	umask(022);
	a->root = open(a->folder->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	CHECK(a->root >= 0);
	CHECK_INT(chdir(a->folder->path), 0);
	make_dir(a->root, "src", 0755);
	make_file(a->root, "src/file", "text");
	make_dir(a->root, "src/sub", 0755);
	make_dir(a->root, "src/s p\n", 0755);
	make_dir(a->root, "dst", 0755);
	make_file(a->root, "dst-file", "covered");
	must_mount("covered", "src/sub", "tmpfs", 0, NULL);
	must_mount("sub", "src/sub", "tmpfs", a->flags, NULL);
	if (!(a->flags & MS_RDONLY)) {
		make_file(a->root, "src/sub/in", "sub");
		make_dir(a->root, "src/sub/deep", 0755);
		must_mount("deep", "src/sub/deep", "tmpfs", 0, NULL);
	}
	must_mount("space", "src/s p\n", "tmpfs", 0, NULL);
}

static void in_each_way(struct folder *f, void (*body)(void *))
{
	for (size_t i = 0; i < ARRAY_SIZE(ways); i++) {
		struct area a = {.folder = f, .way = &ways[i]};

		in_child(body, &a);
	}
}

static int bind_at(const struct area *a, const char *from, const char *to,
		   bool is_recursive, const struct mnt_attr *attr, int *ret_fd)
{
	_cleanup_fd_ int source = path_open_in(a->root, from, O_PATH);
	_cleanup_fd_ int target = path_open_in(a->root, to, O_PATH);
	const struct mnt_target place = {.root = a->root, .path = to, .fd = target};

	CHECK(source >= 0 && target >= 0);
	return mnt_attach_bind(source, is_recursive, attr, &place, ret_fd);
}

/* Can a file be made in a folder? 0 or the negative errno. */
static int try_write(int dir, const char *folder)
{
	char path[PATH_MAX];
	int fd;

	snprintf(path, sizeof(path), "%s/new", folder);
	fd = openat(dir, path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	close(fd);
	unlinkat(dir, path, 0);
	return 0;
}

static unsigned long flags_at(int dir, const char *path)
{
	_cleanup_fd_ int fd = openat(dir, path, O_PATH | O_CLOEXEC);
	struct statvfs fs;

	CHECK(fd >= 0);
	CHECK_INT(fstatvfs(fd, &fs), 0);
	return fs.f_flag & FLAGS_ALL;
}

/* The optional fields of the topmost mount at a path below the area: "shared master", "". */
static const char *propagation_at(const struct area *a, const char *path)
{
	static char found[128];
	FILE *in = fopen("/proc/self/mountinfo", "re");
	char line[4096], target[PATH_MAX], want[PATH_MAX];

	CHECK(in != NULL);
	snprintf(want, sizeof(want), "%s/%s", a->folder->path, path);
	snprintf(found, sizeof(found), "not mounted");
	while (fgets(line, sizeof(line), in)) {
		char *next = line, *word;
		int n = 0;

		while ((word = strsep(&next, " ")) && strcmp(word, "-") != 0) {
			if (++n == 5)
				snprintf(target, sizeof(target), "%s", word);
			if (n == 5 && strcmp(target, want) == 0)
				found[0] = '\0';
			if (n < 7 || strcmp(target, want) != 0)
				continue;
			word[strcspn(word, ":")] = '\0';
			snprintf(found + strlen(found), sizeof(found) - strlen(found),
				 "%s%s", found[0] ? " " : "", word);
		}
	}
	fclose(in);
	return found;
}

/* --- binds --- */

static void child_bind_readonly(void *data)
{
	static const char *const folders[] = {"", "/sub", "/sub/deep", "/s p\n"};
	const struct mnt_attr attr = {
		.set = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV,
		.is_recursive = true,
	};
	struct area *a = data;
	_cleanup_fd_ int fd = -EBADF, src = -EBADF;

	make_area(a);
	take_way(a);
	CHECK_INT(bind_at(a, "/src", "/dst", true, &attr, &fd), 0);
	CHECK_INT(fcntl(fd, F_GETFD), FD_CLOEXEC);
	for (size_t i = 0; i < ARRAY_SIZE(folders); i++) {
		char path[64];

		snprintf(path, sizeof(path), "dst%s", folders[i]);
		check_context("%s: %s", a->way->name, path);
		CHECK_INT(try_write(a->root, path), -EROFS);
		CHECK_INT(flags_at(a->root, path),
			  FLAG_RDONLY | FLAG_NOSUID | FLAG_NODEV | FLAG_RELATIME);
		/* The source is as it was. */
		snprintf(path, sizeof(path), "src%s", folders[i]);
		CHECK_INT(try_write(a->root, path), 0);
		CHECK_INT(flags_at(a->root, path), FLAG_RELATIME);
	}
	check_context("%s", a->way->name);
	CHECK_STR(read_text(a->root, "dst/file"), "text");
	CHECK_STR(read_text(a->root, "dst/sub/in"), "sub");
	/* The descriptor is of the new mount, not of what it covers or shows. */
	src = openat(a->root, "src", O_PATH | O_CLOEXEC);
	CHECK_INT(fd_is_same(fd, src), 1);
	CHECK_INT(try_write(fd, "."), -EROFS);
	CHECK_INT(try_write(fd, "sub"), -EROFS);
}

static void test_bind_readonly(void **state)
{
	in_each_way(*state, child_bind_readonly);
}

static void child_bind_plain(void *data)
{
	struct area *a = data;
	_cleanup_fd_ int fd = -EBADF;
	int before;

	make_area(a);
	take_way(a);
	before = count_fds();
	CHECK_INT(bind_at(a, "/src", "/dst", true, NULL, NULL), 0);
	CHECK_INT(count_fds(), before);
	CHECK_INT(try_write(a->root, "dst"), 0);
	CHECK_INT(try_write(a->root, "dst/sub/deep"), 0);
	CHECK_STR(read_text(a->root, "dst/sub/in"), "sub");
	/* on top of it: only the folder itself */
	CHECK_INT(bind_at(a, "/src", "/dst", false, NULL, &fd), 0);
	CHECK_STR(read_text(a->root, "dst/file"), "text");
	CHECK_STR(read_text(a->root, "dst/sub/in"), NULL);
	CHECK_STR(read_text(fd, "sub/in"), NULL);
	/* changes are seen in the source */
	make_file(fd, "made", "here");
	CHECK_STR(read_text(a->root, "src/made"), "here");
}

static void test_bind_plain(void **state)
{
	in_each_way(*state, child_bind_plain);
}

/* The mounts below come along as they are. */
static void child_bind_readonly_top(void *data)
{
	const struct mnt_attr attr = {.set = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOEXEC};
	struct area *a = data;

	make_area(a);
	take_way(a);
	CHECK_INT(bind_at(a, "/src", "/dst", true, &attr, NULL), 0);
	CHECK_INT(try_write(a->root, "dst"), -EROFS);
	CHECK_INT(flags_at(a->root, "dst"), FLAG_RDONLY | FLAG_NOEXEC | FLAG_RELATIME);
	CHECK_INT(try_write(a->root, "dst/sub"), 0);
	CHECK_INT(try_write(a->root, "dst/sub/deep"), 0);
	CHECK_INT(flags_at(a->root, "dst/sub"), FLAG_RELATIME);
}

static void test_bind_readonly_top(void **state)
{
	in_each_way(*state, child_bind_readonly_top);
}

static void child_bind_file(void *data)
{
	const struct mnt_attr attr = {.set = MOUNT_ATTR_RDONLY, .is_recursive = true};
	struct area *a = data;
	_cleanup_fd_ int fd = -EBADF;
	int r;

	make_area(a);
	take_way(a);
	CHECK_INT(bind_at(a, "/src/file", "/dst-file", true, &attr, &fd), 0);
	CHECK_STR(read_text(a->root, "dst-file"), "text");
	CHECK_INT(openat(a->root, "dst-file", O_WRONLY), -1);
	CHECK_INT(errno, EROFS);
	CHECK_INT(open(fd_path(fd).path, O_WRONLY), -1);
	CHECK_INT(errno, EROFS);
	/* the wrong kind of place: move_mount(2) and mount(2) say it in their own ways */
	r = a->way->calls & (REFUSE_OPEN_TREE | REFUSE_MOVE) ? -ENOTDIR : -EINVAL;
	CHECK_INT(bind_at(a, "/src", "/dst-file", true, NULL, NULL), r);
	CHECK_INT(bind_at(a, "/src/file", "/dst", true, NULL, NULL), r);
}

static void test_bind_file(void **state)
{
	in_each_way(*state, child_bind_file);
}

/* Every attribute that a spec can ask for, by the names of mount(2). */
static void child_bind_attributes(void *data)
{
	static const struct {
		uint64_t set;
		unsigned long flags;
	} cases[] = {
		{MOUNT_ATTR_NOSUID, FLAG_NOSUID | FLAG_RELATIME},
		{MOUNT_ATTR_NODEV, FLAG_NODEV | FLAG_RELATIME},
		{MOUNT_ATTR_NOEXEC, FLAG_NOEXEC | FLAG_RELATIME},
		{MOUNT_ATTR_NOATIME, FLAG_NOATIME},
		{MOUNT_ATTR_STRICTATIME, 0},
		{MOUNT_ATTR_NODIRATIME, FLAG_NODIRATIME | FLAG_RELATIME},
		{MOUNT_ATTR_NOATIME | MOUNT_ATTR_NODIRATIME,
		 FLAG_NOATIME | FLAG_NODIRATIME},
		{MOUNT_ATTR_STRICTATIME | MOUNT_ATTR_RDONLY, FLAG_RDONLY},
		{MOUNT_ATTR_NOSYMFOLLOW, FLAG_NOSYMFOLLOW | FLAG_RELATIME},
	};
	struct area *a = data;

	make_area(a);
	take_way(a);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct mnt_attr attr = {.set = cases[i].set, .is_recursive = true};

		check_context("%s: attributes %llx", a->way->name,
			      (unsigned long long)attr.set);
		CHECK_INT(bind_at(a, "/src", "/dst", true, &attr, NULL), 0);
		CHECK_INT(flags_at(a->root, "dst"), cases[i].flags);
		CHECK_INT(flags_at(a->root, "dst/sub"), cases[i].flags);
		CHECK_INT(umount2("dst", MNT_DETACH), 0);
	}
}

static void test_bind_attributes(void **state)
{
	in_each_way(*state, child_bind_attributes);
}

/* --- changes --- */

/* One more attribute leaves the others as they are. */
static void child_change_keeps(void *data)
{
	static const unsigned long kept[] = {
		0,
		MS_NOSUID,
		MS_NODEV,
		MS_NOEXEC,
		MS_NOSUID | MS_NODEV | MS_NOEXEC,
		MS_NOATIME,
		MS_STRICTATIME,
		MS_NODIRATIME,
		MS_NOATIME | MS_NODIRATIME,
		MS_STRICTATIME | MS_NODIRATIME,
		NO_SYMFOLLOW,
		MS_RDONLY,
	};
	const struct mnt_attr attr = {.set = MOUNT_ATTR_RDONLY};
	struct area *a = data;

	make_area(a);
	take_way(a);
	for (size_t i = 0; i < ARRAY_SIZE(kept); i++) {
		_cleanup_fd_ int fd = -EBADF;
		unsigned long before;

		check_context("%s: flags %lx", a->way->name, kept[i]);
		must_mount("x", "dst", "tmpfs", kept[i], NULL);
		before = flags_at(a->root, "dst");
		fd = openat(a->root, "dst", O_PATH | O_CLOEXEC);
		CHECK_INT(mnt_change(fd, &attr), 0);
		CHECK_INT(flags_at(a->root, "dst"), before | FLAG_RDONLY);
		CHECK_INT(umount2("dst", MNT_DETACH), 0);
	}
}

static void test_change_keeps(void **state)
{
	in_each_way(*state, child_change_keeps);
}

static void child_change(void *data)
{
	const struct mnt_attr rdonly = {.set = MOUNT_ATTR_RDONLY, .is_recursive = true};
	const struct mnt_attr top = {.clear = MOUNT_ATTR_RDONLY};
	const struct mnt_attr both = {.set = MOUNT_ATTR_NOEXEC,
				      .clear = MOUNT_ATTR_RDONLY,
				      .is_recursive = true};
	const struct mnt_attr nothing = {.is_recursive = true};
	struct area *a = data;
	_cleanup_fd_ int fd = -EBADF, no_mount = -EBADF;

	make_area(a);
	CHECK_INT(bind_at(a, "/src", "/dst", true, NULL, NULL), 0);
	take_way(a);
	fd = openat(a->root, "dst", O_PATH | O_CLOEXEC);
	CHECK_INT(mnt_change(fd, &nothing), 0);
	CHECK_INT(flags_at(a->root, "dst"), FLAG_RELATIME);
	CHECK_INT(mnt_change(fd, &rdonly), 0);
	CHECK_INT(try_write(a->root, "dst"), -EROFS);
	CHECK_INT(try_write(a->root, "dst/sub"), -EROFS);
	CHECK_INT(try_write(a->root, "dst/sub/deep"), -EROFS);
	CHECK_INT(try_write(a->root, "dst/s p\n"), -EROFS);
	CHECK_INT(mnt_change(fd, &top), 0);
	CHECK_INT(try_write(a->root, "dst"), 0);
	CHECK_INT(try_write(a->root, "dst/sub"), -EROFS);
	CHECK_INT(mnt_change(fd, &both), 0);
	CHECK_INT(try_write(a->root, "dst/sub/deep"), 0);
	CHECK_INT(flags_at(a->root, "dst/sub/deep"), FLAG_NOEXEC | FLAG_RELATIME);
	CHECK_INT(flags_at(a->root, "src/sub/deep"), FLAG_RELATIME);
	/* a folder that is no mount's root */
	no_mount = openat(a->root, "src/sub", O_PATH | O_CLOEXEC);
	CHECK_INT(mkdirat(no_mount, "plain", 0755), 0);
	fd_close(&no_mount);
	no_mount = openat(a->root, "src/sub/plain", O_PATH | O_CLOEXEC);
	CHECK_INT(mnt_change(no_mount, &rdonly), -EINVAL);
	CHECK_INT(try_write(a->root, "src/sub"), 0);
}

static void test_change(void **state)
{
	in_each_way(*state, child_change);
}

/* What an outer user namespace refuses stays refused, and is no reason to fail. */
static void child_locked(void *data)
{
	const struct mnt_attr rdonly = {.set = MOUNT_ATTR_RDONLY, .is_recursive = true};
	const struct mnt_attr no_noexec = {.clear = MOUNT_ATTR_NOEXEC};
	struct area *a = data;
	_cleanup_fd_ int fd = -EBADF;
	unsigned long before;

	make_area(a);
	enter_userns(CLONE_NEWNS, 0);
	/* the mounts are copies: look them up again */
	close(a->root);
	a->root = open(a->folder->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	CHECK_INT(chdir(a->folder->path), 0);
	before = flags_at(a->root, "src/sub");
	take_way(a);
	check_context("%s: flags %lx", a->way->name, a->flags);
	CHECK_INT(bind_at(a, "/src", "/dst", true, &rdonly, NULL), 0);
	CHECK_INT(try_write(a->root, "dst"), -EROFS);
	CHECK_INT(try_write(a->root, "dst/sub"), -EROFS);
	CHECK_INT(flags_at(a->root, "dst/sub"), before | FLAG_RDONLY);
	CHECK_INT(flags_at(a->root, "src/sub"), before);
	if (a->flags & MS_NOEXEC) {
		fd = openat(a->root, "dst/sub", O_PATH | O_CLOEXEC);
		CHECK_INT(mnt_change(fd, &no_noexec), -EPERM);
		CHECK_INT(flags_at(a->root, "dst/sub"), before | FLAG_RDONLY);
	}
	/* Mounts that cover something may not be taken off by leaving them behind. */
	CHECK_INT(bind_at(a, "/src", "/dst", false, NULL, NULL), -EINVAL);
}

static void test_locked(void **state)
{
	static const unsigned long flags[] = {
		MS_NOSUID | MS_NODEV,
		MS_NOSUID | MS_NODEV | MS_NOEXEC,
		MS_RDONLY | MS_NOEXEC,
		MS_NOATIME,
		MS_STRICTATIME,
		MS_NODIRATIME,
		MS_STRICTATIME | MS_NODIRATIME,
	};

	for (size_t k = 0; k < ARRAY_SIZE(flags); k++) {
		for (size_t i = 0; i < ARRAY_SIZE(ways); i++) {
			struct area a = {
				.folder = *state, .way = &ways[i], .flags = flags[k]};

			in_child(child_locked, &a);
		}
	}
}

/* --- propagation --- */

/* @is_recursive: of the attributes; with MS_REC or without. */
static void child_propagation(void *data)
{
	static const struct {
		unsigned long propagation;
		const char *name;
	} kinds[] = {
		{MS_PRIVATE, ""},
		{MS_SLAVE, "master"},
		{MS_SHARED, "shared"},
		{MS_UNBINDABLE, "unbindable"},
	};
	struct area *a = data;

	make_area(a);
	/* The place stays private, or what is mounted there would be shared at once. */
	must_mount("src", "src", NULL, MS_BIND | MS_REC, NULL);
	must_mount(NULL, "src", NULL, MS_SHARED | MS_REC, NULL);
	take_way(a);
	for (size_t i = 0; i < ARRAY_SIZE(kinds) * 8; i++) {
		unsigned long propagation = kinds[i / 8].propagation;
		bool is_rec = i & 1, is_attr_rec = i & 2, is_change = i & 4;
		const struct mnt_attr attr = {
			.set = MOUNT_ATTR_NOEXEC,
			.is_recursive = is_attr_rec,
			.propagation = propagation | (is_rec ? MS_REC : 0),
		};
		_cleanup_fd_ int fd = -EBADF;

		check_context("%s: kind '%s', recursive %d, attributes %d, change %d",
			      a->way->name, kinds[i / 8].name, is_rec, is_attr_rec,
			      is_change);
		CHECK_INT(bind_at(a, "/src", "/dst", true, is_change ? NULL : &attr, &fd),
			  0);
		if (is_change)
			CHECK_INT(mnt_change(fd, &attr), 0);
		CHECK_STR(propagation_at(a, "dst"), kinds[i / 8].name);
		/* Those below are of the source's peer group otherwise. */
		CHECK_STR(propagation_at(a, "dst/sub"),
			  is_rec ? kinds[i / 8].name : "shared");
		CHECK_INT(flags_at(a->root, "dst"), FLAG_NOEXEC | FLAG_RELATIME);
		CHECK_INT(flags_at(a->root, "dst/sub"),
			  (is_attr_rec ? FLAG_NOEXEC : 0) | FLAG_RELATIME);
		/* or the mounts below would go from the source as well */
		must_mount(NULL, "dst", NULL, MS_PRIVATE | MS_REC, NULL);
		CHECK_INT(umount2("dst", MNT_DETACH), 0);
	}
}

static void test_propagation(void **state)
{
	in_each_way(*state, child_propagation);
}

static void child_detach_propagation(void *data)
{
	struct area *a = data;

	make_area(a);
	must_mount(NULL, "/", NULL, MS_SHARED | MS_REC, NULL);
	must_mount(NULL, "src/sub", NULL, MS_PRIVATE, NULL);
	CHECK_STR(propagation_at(a, "src/sub/deep"), "shared");
	CHECK_INT(mnt_detach_propagation(), 0);
	/* Slaves of themselves alone are private. */
	CHECK_STR(propagation_at(a, "src/sub/deep"), "");
	CHECK_STR(propagation_at(a, "src/sub"), "");
	CHECK_INT(mnt_detach_propagation(), 0);
}

static void test_detach_propagation(void **state)
{
	struct area a = {.folder = *state, .way = &ways[0]};

	in_child(child_detach_propagation, &a);
}

static void child_own_proc(void *data)
{
	struct stat st;

	(void)data;
	must_mount("none", "/proc", "tmpfs", 0, NULL);
	CHECK_INT(stat("/proc/self", &st), -1);
	CHECK_INT(mnt_own_proc(), 0);
	CHECK_INT(stat("/proc/self/exe", &st), 0);
}

/* The kernel lets who owns a pid namespace mount its procfs. */
static void child_own_pids(void *data)
{
	make_area(data);
	CHECK_INT(unshare(CLONE_NEWPID), 0);
	in_child(child_own_proc, NULL);
}

static void test_own_proc(void **state)
{
	struct area a = {.folder = *state, .way = &ways[0]};

	in_child(child_own_pids, &a);
}

/* --- new filesystems --- */

static void child_attach_fs(void *data)
{
	const struct mnt_attr attr = {.set = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV |
					     MOUNT_ATTR_NOEXEC};
	const struct mnt_attr rdonly = {.set = MOUNT_ATTR_RDONLY,
					.propagation = MS_SHARED};
	struct area *a = data;
	_cleanup_fd_ int place = -EBADF, fd = -EBADF, again = -EBADF;
	struct mnt_target to = {.root = a->root, .path = "/dst"};
	struct stat st;
	int before;

	make_area(a);
	to.root = a->root;
	make_file(a->root, "dst/covered", "");
	take_way(a);
	place = path_open_in(a->root, "/dst", O_PATH);
	to.fd = place;
	CHECK_INT(mnt_attach_fs("no-such-fs", "x", NULL, NULL, &to, &fd), -ENODEV);
	CHECK_INT(mnt_attach_fs("tmpfs", "x", "nonsense=1", NULL, &to, &fd), -EINVAL);
	CHECK_INT(fd, -EBADF);
	CHECK_STR(propagation_at(a, "dst"), "not mounted");
	CHECK_INT(mnt_attach_fs("tmpfs", "x", "mode=0711,size=64k", &attr, &to, &fd), 0);
	CHECK_INT(flags_at(a->root, "dst"),
		  FLAG_NOSUID | FLAG_NODEV | FLAG_NOEXEC | FLAG_RELATIME);
	again = path_open_in(a->root, "/dst", O_PATH);
	CHECK_INT(fd_is_same(fd, again), 1);
	CHECK_INT(fd_is_same(fd, place), 0);
	CHECK_INT(fd_stat(fd, &st), 0);
	CHECK_INT(st.st_mode, S_IFDIR | 0711);
	CHECK_INT(faccessat(a->root, "dst/covered", F_OK, 0), -1);
	CHECK_STR(propagation_at(a, "dst"), "");
	/* over it, by its own descriptor */
	to.fd = fd;
	before = count_fds();
	CHECK_INT(mnt_attach_fs("tmpfs", "x", NULL, &rdonly, &to, NULL), 0);
	CHECK_INT(count_fds(), before);
	CHECK_INT(try_write(a->root, "dst"), -EROFS);
	CHECK_STR(propagation_at(a, "dst"), "shared");
}

static void test_attach_fs(void **state)
{
	in_each_way(*state, child_attach_fs);
}

static void child_cover(void *data)
{
	struct area *a = data;
	_cleanup_fd_ int fd = -EBADF, again = -EBADF;
	char path[PATH_MAX];
	struct stat st;

	make_area(a);
	snprintf(path, sizeof(path), "%s/src", a->folder->path);
	CHECK_INT(mnt_cover(path, "mode=0750", &fd), 0);
	CHECK_STR(read_text(a->root, "src/file"), NULL);
	again = openat(a->root, "src", O_PATH | O_CLOEXEC);
	CHECK_INT(fd_is_same(fd, again), 1);
	CHECK_INT(fd_stat(fd, &st), 0);
	CHECK_INT(st.st_mode, S_IFDIR | 0750);
	CHECK_INT(flags_at(a->root, "src"), FLAG_NOSUID | FLAG_NODEV | FLAG_RELATIME);
	CHECK_INT(mnt_cover("/no/such/folder", NULL, &fd), -ENOENT);
}

static void test_cover(void **state)
{
	struct area a = {.folder = *state, .way = &ways[0]};

	in_child(child_cover, &a);
}

/* --- files that are executed --- */

static void child_protect_file(void *data)
{
	struct area *a = data;
	_cleanup_fd_ int fd = -EBADF, file = -EBADF;

	make_area(a);
	file = path_open_in(a->root, "/src/file", O_PATH);
	fd = path_open_in(a->root, "/src/file", O_PATH);
	CHECK_INT(mnt_protect_file(&fd), 0);
	CHECK_INT(fd_is_same(fd, file), 1);
	CHECK_INT(fcntl(fd, F_GETFD), FD_CLOEXEC);
	CHECK_INT(open(fd_path(fd).path, O_WRONLY), -1);
	CHECK_INT(errno, EROFS);
	CHECK_INT(open(fd_path(fd).path, O_RDWR), -1);
	/* the file itself is not changed */
	make_file(a->root, "src/file", "other");
	CHECK_STR(read_text(AT_FDCWD, fd_path(fd).path), "other");
}

static void test_protect_file(void **state)
{
	struct area a = {.folder = *state, .way = &ways[0]};

	in_child(child_protect_file, &a);
}

/* Without the calls: an own file cannot be protected, and that is said. */
static void child_protect_own_file(void *data)
{
	struct area *a = data;
	_cleanup_fd_ int fd = -EBADF;
	int was;

	make_area(a);
	take_way(a);
	fd = was = path_open_in(a->root, "/src/file", O_PATH);
	CHECK_INT(mnt_protect_file(&fd), -a->way->error);
	CHECK_INT(fd, was);
	CHECK(fd_is_open(fd));
}

/* A file that the caller's ids cannot write needs no protection. */
static void child_protect_foreign_file(void *data)
{
	struct area *a = data;
	_cleanup_fd_ int fd = -EBADF;
	int was;

	make_area(a);
	take_way(a);
	fd = was = open("/etc/passwd", O_PATH | O_CLOEXEC);
	CHECK_INT(mnt_protect_file(&fd), 0);
	CHECK_INT(fd, was);
	CHECK(fd_is_open(fd));
}

static void test_protect_file_refused(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(ways); i++) {
		struct area a = {.folder = *state, .way = &ways[i]};

		if (ways[i].calls & (REFUSE_OPEN_TREE | REFUSE_SETATTR))
			in_child(child_protect_own_file, &a);
	}
}

static void test_protect_foreign_file(void **state)
{
	if (geteuid() == 0)
		skip_because("root owns /etc/passwd");
	for (size_t i = 0; i < ARRAY_SIZE(ways); i++) {
		struct area a = {.folder = *state, .way = &ways[i]};

		if (ways[i].calls & (REFUSE_OPEN_TREE | REFUSE_SETATTR))
			in_child(child_protect_foreign_file, &a);
	}
}

/* --- a new root --- */

static void child_pivot(void *data)
{
	struct area *a = data;
	_cleanup_fd_ int no_mount = -EBADF, old = open("/", O_PATH | O_CLOEXEC),
			 now = -EBADF;
	char cwd[PATH_MAX];
	struct stat st;

	make_area(a);
	/* no mount point: nothing is changed */
	no_mount = openat(a->root, "dst", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	CHECK_INT(mnt_pivot(no_mount), -EINVAL);
	now = open("/", O_PATH | O_CLOEXEC);
	CHECK_INT(fd_is_same(now, old), 1);
	CHECK_INT(mnt_pivot(a->root), 0);
	CHECK_STR(getcwd(cwd, sizeof(cwd)), "/");
	CHECK_STR(read_text(AT_FDCWD, "/src/file"), "text");
	CHECK_STR(read_text(AT_FDCWD, "/src/sub/in"), "sub");
	fd_close(&now);
	now = open("/..", O_PATH | O_CLOEXEC);
	CHECK_INT(fd_is_same(now, a->root), 1);
	CHECK_INT(stat(a->folder->path, &st), -1);
	CHECK_INT(stat("/proc/self", &st), -1);
}

static void test_pivot(void **state)
{
	struct area a = {.folder = *state, .way = &ways[0]};

	in_child(child_pivot, &a);
}

/* --- no privileges --- */

static void child_denied(void *data)
{
	struct area *a = data;
	const struct mnt_attr attr = {.set = MOUNT_ATTR_RDONLY, .is_recursive = true};
	_cleanup_fd_ int root = open(a->folder->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	const struct mnt_target to = {.root = root, .path = "/", .fd = root};
	int fd = -EBADF;

	CHECK(root >= 0);
	take_way(a);
	CHECK_INT(mnt_attach_bind(root, true, &attr, &to, &fd), -EPERM);
	CHECK_INT(mnt_attach_fs("tmpfs", "x", NULL, NULL, &to, &fd), -EPERM);
	CHECK_INT(mnt_change(root, &attr), -EPERM);
	CHECK_INT(mnt_detach_propagation(), -EPERM);
	CHECK_INT(mnt_cover(a->folder->path, NULL, &fd), -EPERM);
	CHECK_INT(fd, -EBADF);
}

static void test_denied(void **state)
{
	if (geteuid() == 0)
		skip_because("root may mount");
	in_each_way(*state, child_denied);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST_IN_FOLDER(test_bind_readonly),
		TEST_IN_FOLDER(test_bind_plain),
		TEST_IN_FOLDER(test_bind_readonly_top),
		TEST_IN_FOLDER(test_bind_file),
		TEST_IN_FOLDER(test_bind_attributes),
		TEST_IN_FOLDER(test_change_keeps),
		TEST_IN_FOLDER(test_change),
		TEST_IN_FOLDER(test_locked),
		TEST_IN_FOLDER(test_propagation),
		TEST_IN_FOLDER(test_detach_propagation),
		TEST_IN_FOLDER(test_own_proc),
		TEST_IN_FOLDER(test_attach_fs),
		TEST_IN_FOLDER(test_cover),
		TEST_IN_FOLDER(test_protect_file),
		TEST_IN_FOLDER(test_protect_file_refused),
		TEST_IN_FOLDER(test_protect_foreign_file),
		TEST_IN_FOLDER(test_pivot),
		TEST_IN_FOLDER(test_denied),
	};

	return UNIT_RUN(tests);
}
