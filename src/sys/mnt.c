// SPDX-License-Identifier: Apache-2.0
/*
 * mnt.c - see mnt.h
 */
#include "sys/mnt.h"

#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>

#include "base/parse.h"
#include "sys/lines.h"
#include "sys/path.h"

#ifndef SYS_open_tree
#define SYS_open_tree  428
#define SYS_move_mount 429
#endif
#ifndef SYS_mount_setattr
#define SYS_mount_setattr 442
#endif
#define TREE_CLONE     1
#define TREE_RECURSIVE 0x8000
#define ATTR_IDMAP     0x00100000 /* MOUNT_ATTR_IDMAP, Linux 5.12 */
#define MOVE_FROM_FD   0x04	  /* MOVE_MOUNT_F_EMPTY_PATH */
#define MOVE_BY_FD     0x44	  /* MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH */

#ifndef SYS_fsopen
#define SYS_fsopen   430
#define SYS_fsconfig 431
#define SYS_fsmount  432
#endif
/* linux/mount.h, as of Linux 5.2 */
#define FSOPEN_CLOSE_ON_EXEC  1
#define FSMOUNT_CLOSE_ON_EXEC 1
#define FSCONFIG_FLAG	      0
#define FSCONFIG_STRING	      1
#define FSCONFIG_CREATE	      6
#define MOUNT_DATA_BYTES      4096 /* what mount(2) takes: a page */

#define MAX_MOUNTINFO	      (16u << 20)
#define MAX_BELOW	      4096 /* mounts below one bind that the fallback visits */

/* struct mount_attr of linux/mount.h */
struct setattr_args {
	uint64_t attr_set;
	uint64_t attr_clr;
	uint64_t propagation;
	uint64_t userns_fd;
};

/* The bits that mount(2) spells differently. */
static const struct {
	uint64_t attr;
	unsigned long flag;
} attr_flags[] = {
	{MOUNT_ATTR_RDONLY, MS_RDONLY},		{MOUNT_ATTR_NOSUID, MS_NOSUID},
	{MOUNT_ATTR_NODEV, MS_NODEV},		{MOUNT_ATTR_NOEXEC, MS_NOEXEC},
	{MOUNT_ATTR_NOATIME, MS_NOATIME},	{MOUNT_ATTR_STRICTATIME, MS_STRICTATIME},
	{MOUNT_ATTR_NODIRATIME, MS_NODIRATIME}, {MOUNT_ATTR_NOSYMFOLLOW, 256},
};

static unsigned long flags_of(uint64_t attr)
{
	unsigned long flags = 0;

	for (size_t i = 0; i < ARRAY_SIZE(attr_flags); i++)
		if (attr & attr_flags[i].attr)
			flags |= attr_flags[i].flag;
	return flags;
}

/* Was the call refused as a whole, rather than this use of it? A seccomp filter answers
 * ENOSYS or EPERM; EPERM may be the kernel's real answer, and then mount(2) gives it too.
 */
static bool is_refused(int r)
{
	return r == -ENOSYS || r == -EPERM;
}

static int do_mount(const char *source, int to, const char *fstype, unsigned long flags,
		    const char *data)
{
	return mount(source, fd_path(to).path, fstype, flags, data) < 0 ? -errno : 0;
}

/* Mounts on a folder. From inside it, as ".": a path through /proc would have the kernel make
 * a process's folder there, and one for each descriptor, at every mount. */
static int mount_at(const char *source, int to, const char *fstype, unsigned long flags,
		    const char *data)
{
	if (fchdir(to) < 0) /* not searchable */
		return do_mount(source, to, fstype, flags, data);
	return mount(source, ".", fstype, flags, data) < 0 ? -errno : 0;
}

/* The target's descriptor stands below what was just mounted there: look it up again. From the root, "/" is
 * that descriptor once more, and ".." what is on top of it. */
static int reopen(const struct mnt_target *to)
{
	return path_open_in(to->root, strcmp(to->path, "/") == 0 ? "/.." : to->path,
			    O_PATH);
}

int mnt_attach_fs(const char *fstype, const char *source, const char *data,
		  const struct mnt_attr *attr, const struct mnt_target *to, int *ret_fd)
{
	int r = mount_at(source, to->fd, fstype, flags_of(attr ? attr->set : 0), data);

	if (r < 0)
		return r;
	if (attr && attr->propagation &&
	    (attr->propagation & ~(uint64_t)MS_REC) != MS_PRIVATE) {
		_cleanup_fd_ int fd = reopen(to);

		r = fd < 0 ? fd : do_mount(NULL, fd, NULL, attr->propagation, NULL);
		if (r < 0)
			return r;
	}
	if (!ret_fd)
		return 0;
	r = reopen(to);
	if (r < 0)
		return r;
	*ret_fd = r;
	return 0;
}

/* One option of a filesystem that is being made; "key" or "key=value". */
static int configure(int fs, const char *key, const char *value)
{
	return syscall(SYS_fsconfig, fs, value ? FSCONFIG_STRING : FSCONFIG_FLAG, key,
		       value, 0) < 0
		       ? -errno
		       : 0;
}

static int configure_overlay(int fs, const int *lowers, size_t n_lowers, int upper,
			     int work, const char *options)
{
	_cleanup_arena_ struct arena a = {0};
	char *list = options ? arena_strdup(&a, options) : NULL, *word;
	int r = 0;

	for (size_t i = 0; r == 0 && i < n_lowers; i++)
		r = configure(fs, "lowerdir+", fd_path(lowers[i]).path);
	/* Not known before Linux 6.5. */
	if (r == -EINVAL)
		return -E2BIG;
	if (r == 0 && upper >= 0)
		r = configure(fs, "upperdir", fd_path(upper).path);
	if (r == 0 && upper >= 0)
		r = configure(fs, "workdir", fd_path(work).path);
	while (r == 0 && (word = strsep(&list, ",")))
		r = configure(fs, word, NULL);
	return r;
}

static int overlay_by_fsconfig(const int *lowers, size_t n_lowers, int upper, int work,
			       const char *options, uint64_t attr,
			       const struct mnt_target *to, int *ret_fd)
{
	_cleanup_fd_ int fs = (int)syscall(SYS_fsopen, "overlay", FSOPEN_CLOSE_ON_EXEC);
	_cleanup_fd_ int mount = -EBADF;
	int r;

	if (fs < 0)
		return is_refused(-errno) ? -E2BIG : -errno;
	r = configure_overlay(fs, lowers, n_lowers, upper, work, options);
	if (r < 0)
		return r;
	if (syscall(SYS_fsconfig, fs, FSCONFIG_CREATE, NULL, NULL, 0) < 0)
		return -errno;
	mount = (int)syscall(SYS_fsmount, fs, FSMOUNT_CLOSE_ON_EXEC, attr);
	if (mount < 0 || syscall(SYS_move_mount, mount, "", to->fd, "", MOVE_BY_FD) < 0)
		return -errno;
	if (ret_fd)
		*ret_fd = fd_take(&mount);
	return 0;
}

int mnt_attach_overlay(const int *lowers, size_t n_lowers, int upper, int work,
		       const char *options, const struct mnt_attr *attr,
		       const struct mnt_target *to, int *ret_fd)
{
	char data[MOUNT_DATA_BYTES];
	size_t len = 0;

	for (size_t i = 0; i < n_lowers && len < sizeof(data); i++)
		len += (size_t)snprintf(data + len, sizeof(data) - len, "%s%s",
					i == 0 ? "lowerdir=" : ":",
					fd_path(lowers[i]).path);
	if (len < sizeof(data) && upper >= 0)
		len += (size_t)snprintf(data + len, sizeof(data) - len,
					",upperdir=%s,workdir=%s", fd_path(upper).path,
					fd_path(work).path);
	if (len < sizeof(data) && options)
		len += (size_t)snprintf(data + len, sizeof(data) - len, ",%s", options);
	if (len < sizeof(data))
		return mnt_attach_fs("overlay", "overlay", data, attr, to, ret_fd);
	return overlay_by_fsconfig(lowers, n_lowers, upper, work, options,
				   attr ? attr->set : 0, to, ret_fd);
}

/* One remount by mount(2). What the mount already refuses has to be said again: the
 * kernel takes a missing flag for a wish to lose it, and it is locked. */
static int remount_one(int mount, const struct mnt_attr *attr)
{
	unsigned long flags = flags_of(attr->set), clear = flags_of(attr->clear);
	static const struct {
		unsigned long st, ms;
	} kept[] = {
		{0x0001, MS_RDONLY},   {0x0002, MS_NOSUID},  {0x0004, MS_NODEV},
		{0x0008, MS_NOEXEC},   {0x0400, MS_NOATIME}, {0x0800, MS_NODIRATIME},
		{0x1000, MS_RELATIME}, {0x2000, 256},
	};
	struct statvfs fs;

	if (fstatvfs(mount, &fs) < 0)
		return -errno;
	for (size_t i = 0; i < ARRAY_SIZE(kept); i++)
		if ((fs.f_flag & kept[i].st) && !(clear & kept[i].ms))
			flags |= kept[i].ms;
	/* One of three, and what was asked for wins. */
	if (attr->set & MOUNT_ATTR__ATIME)
		flags &= ~(unsigned long)MS_RELATIME;
	if (attr->set & MOUNT_ATTR_STRICTATIME)
		flags &= ~(unsigned long)MS_NOATIME;
	if (!(flags & (MS_NOATIME | MS_RELATIME)))
		flags |= MS_STRICTATIME;
	return do_mount(NULL, mount, NULL, MS_REMOUNT | MS_BIND | flags, NULL);
}

/* The kernel's number of the mount that a descriptor is on, from its fdinfo. */
static int mount_id(int fd, struct arena *a, int *ret_id)
{
	char path[48], *text, *line;
	_cleanup_fd_ int info = -EBADF;
	int r;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	info = fd_open(AT_FDCWD, path, O_RDONLY);
	if (info < 0)
		return info;
	r = fd_read_all(info, a, 65536, &text, NULL);
	if (r < 0)
		return r;
	line = strstr(text, "mnt_id:");
	if (!line)
		return -ENODATA;
	line += strlen("mnt_id:");
	line += strspn(line, " \t");
	line[strcspn(line, "\n")] = '\0';
	return parse_int(line, ret_id);
}

int mnt_is_same(int a, int b)
{
	_cleanup_arena_ struct arena arena = {0};
	int id, other, r = mount_id(a, &arena, &id);

	if (r == 0)
		r = mount_id(b, &arena, &other);
	return r < 0 ? r : id == other;
}

/* One line of mountinfo: "id parent major:minor root target ...", proc(5). */
struct mount_line {
	int id, parent;
	char *target;
};

static char *next_word(char **text)
{
	char *word = *text + strspn(*text, " ");

	*text = word + strcspn(word, " \n");
	if (**text)
		*(*text)++ = '\0';
	return word;
}

static int read_mounts(struct arena *a, struct mount_line **ret, size_t *ret_n)
{
	struct mount_line *lines = NULL;
	size_t n = 0;
	char *text;
	int r = fd_read_file("/proc/self/mountinfo", a, MAX_MOUNTINFO, &text, NULL);

	if (r < 0)
		return r;
	while (*text) {
		char *end = text + strcspn(text, "\n"), *line = text;
		struct mount_line m;

		text = *end ? end + 1 : end;
		*end = '\0';
		if (parse_int(next_word(&line), &m.id) < 0 ||
		    parse_int(next_word(&line), &m.parent) < 0)
			continue;
		next_word(&line);
		next_word(&line);
		m.target = next_word(&line);
		lines_unescape(m.target);
		lines = arena_grow(a, lines, n, sizeof(*lines));
		lines[n++] = m;
	}
	*ret = lines;
	*ret_n = n;
	return 0;
}

/* Remounts one mount found in mountinfo, if the path still leads to that very mount. */
static int remount_below(const struct mount_line *m, const struct mnt_attr *attr,
			 struct arena *a)
{
	_cleanup_fd_ int fd = fd_open(AT_FDCWD, m->target, O_PATH | O_NOFOLLOW);
	int id, r;

	if (fd < 0)
		return fd;
	r = mount_id(fd, a, &id);
	if (r < 0)
		return r;
	/* Another mount covers it: nobody can reach this one through a path. */
	return id == m->id ? remount_one(fd, attr) : 0;
}

/* The fallback for AT_RECURSIVE: every mount below, found by its parents' numbers. */
static int remount_tree(int mount, const struct mnt_attr *attr)
{
	_cleanup_arena_ struct arena a = {0};
	struct mount_line *lines = NULL;
	int ids[MAX_BELOW], r;
	size_t n_lines = 0, n_ids = 0;

	r = mount_id(mount, &a, &ids[n_ids++]);
	if (r == 0)
		r = remount_one(mount, attr);
	if (r == 0)
		r = read_mounts(&a, &lines, &n_lines);
	if (r < 0)
		return r;
	/* A mount is listed after its parent, so one pass finds all generations. */
	for (size_t i = 0; i < n_lines; i++) {
		bool is_below = false;

		for (size_t k = 0; k < n_ids && !is_below; k++)
			is_below = ids[k] == lines[i].parent;
		if (!is_below)
			continue;
		if (n_ids == ARRAY_SIZE(ids))
			return -E2BIG;
		ids[n_ids++] = lines[i].id;
		r = remount_below(&lines[i], attr, &a);
		if (r < 0 && !attr->n_kept)
			return r;
		if (r < 0)
			++*attr->n_kept;
	}
	return 0;
}

static int change_by_mount(int mount, const struct mnt_attr *attr)
{
	int r = 0;

	if (attr->set || attr->clear)
		r = attr->is_recursive ? remount_tree(mount, attr)
				       : remount_one(mount, attr);
	if (r == 0 && attr->propagation)
		r = do_mount(NULL, mount, NULL, attr->propagation, NULL);
	return r;
}

static int setattr(int mount, bool is_recursive, uint64_t set, uint64_t clear,
		   uint64_t propagation)
{
	struct setattr_args args = {.attr_set = set, .attr_clr = clear};

	args.propagation = propagation & ~(uint64_t)MS_REC;
	/* The kernel wants the whole atime field cleared when one of it is set. */
	if (set & MOUNT_ATTR__ATIME)
		args.attr_clr |= MOUNT_ATTR__ATIME;
	return syscall(SYS_mount_setattr, mount, "",
		       AT_EMPTY_PATH | (is_recursive ? TREE_RECURSIVE : 0), &args,
		       sizeof(args)) < 0
		       ? -errno
		       : 0;
}

static int change_by_setattr(int mount, const struct mnt_attr *attr)
{
	bool is_rec_prop = attr->propagation & MS_REC;
	int r;

	if (!attr->set && !attr->clear && !attr->propagation)
		return 0;
	if (!attr->propagation || is_rec_prop == attr->is_recursive)
		return setattr(mount, attr->is_recursive, attr->set, attr->clear,
			       attr->propagation);
	r = setattr(mount, attr->is_recursive, attr->set, attr->clear, 0);
	return r < 0 ? r : setattr(mount, is_rec_prop, 0, 0, attr->propagation);
}

int mnt_change(int mount, const struct mnt_attr *attr)
{
	int r = change_by_setattr(mount, attr);

	return is_refused(r) ? change_by_mount(mount, attr) : r;
}

/* Without the new calls: bind in place, then change what is there. */
static int bind_by_mount(int from, bool is_recursive, const struct mnt_attr *attr,
			 const struct mnt_target *to, int *ret_fd)
{
	_cleanup_fd_ int fd = -EBADF;
	int r;

	r = do_mount(fd_path(from).path, to->fd, NULL,
		     MS_BIND | (is_recursive ? MS_REC : 0), NULL);
	if (r < 0)
		return r;
	fd = reopen(to);
	if (fd < 0)
		return fd;
	if (attr) {
		r = change_by_mount(fd, attr);
		if (r < 0)
			return r;
	}
	if (ret_fd)
		*ret_fd = fd_take(&fd);
	return 0;
}

int mnt_attach_bind(int from, bool is_recursive, const struct mnt_attr *attr,
		    const struct mnt_target *to, int *ret_fd)
{
	_cleanup_fd_ int tree = -EBADF;
	int r;

	tree = (int)syscall(SYS_open_tree, from, "",
			    AT_EMPTY_PATH | TREE_CLONE | O_CLOEXEC |
				    (is_recursive ? TREE_RECURSIVE : 0));
	if (tree < 0) {
		r = -errno;
		return is_refused(r) ? bind_by_mount(from, is_recursive, attr, to, ret_fd)
				     : r;
	}
	/* Attributes while it is still detached: the payload never sees it without them.
	 */
	r = attr ? change_by_setattr(tree, attr) : 0;
	if (is_refused(r))
		return bind_by_mount(from, is_recursive, attr, to, ret_fd);
	if (r < 0)
		return r;
	if (syscall(SYS_move_mount, tree, "", to->fd, "", MOVE_BY_FD) < 0) {
		r = -errno;
		return is_refused(r) ? bind_by_mount(from, is_recursive, attr, to, ret_fd)
				     : r;
	}
	if (ret_fd)
		*ret_fd = fd_take(&tree);
	return 0;
}

int mnt_own_proc(void)
{
	const unsigned long flags = MS_NOSUID | MS_NODEV | MS_NOEXEC;

	if (access("/proc", F_OK) < 0 || unshare(CLONE_NEWNS) < 0 ||
	    mount(NULL, "/", NULL, MS_SLAVE, NULL) < 0)
		return -errno;
	/* What may be there is no procfs, and may be shared. */
	if (mount(NULL, "/proc", NULL, MS_SLAVE, NULL) < 0 && errno != EINVAL)
		return -errno;
	if (mount("proc", "/proc", "proc", flags, NULL) < 0)
		return -errno;
	return 0;
}

int mnt_copy_here(const char *path)
{
	long fd = syscall(SYS_open_tree, AT_FDCWD, path, TREE_CLONE | O_CLOEXEC);

	return fd < 0 ? -errno : (int)fd;
}

int mnt_copy_idmapped(int from, bool is_recursive, bool is_map_recursive, int userns)
{
	struct setattr_args args = {.attr_set = ATTR_IDMAP,
				    .userns_fd = (uint64_t)userns};
	_cleanup_fd_ int copy = (int)syscall(SYS_open_tree, from, "",
					     AT_EMPTY_PATH | TREE_CLONE | O_CLOEXEC |
						     (is_recursive ? TREE_RECURSIVE : 0));

	if (copy < 0)
		return -errno;
	if (syscall(SYS_mount_setattr, copy, "",
		    AT_EMPTY_PATH | (is_map_recursive ? TREE_RECURSIVE : 0), &args,
		    sizeof(args)) < 0)
		return -errno;
	return fd_take(&copy);
}

int mnt_attach_copy(int copy, const struct mnt_target *to)
{
	return syscall(SYS_move_mount, copy, "", to->fd, "", MOVE_BY_FD) < 0 ? -errno : 0;
}

int mnt_end(int dir, const char *name, bool is_forced)
{
	if (fchdir(dir) < 0)
		return -errno;
	return umount2(name, UMOUNT_NOFOLLOW | (is_forced ? MNT_DETACH : 0)) < 0 ? -errno
										 : 0;
}

int mnt_attach_device(int from, const char *name, dev_t rdev, const struct mnt_attr *attr,
		      int to)
{
	_cleanup_fd_ int tree = (int)syscall(
		SYS_open_tree, from, name, TREE_CLONE | O_CLOEXEC | AT_SYMLINK_NOFOLLOW);
	struct stat st;
	int r;

	if (tree < 0)
		return -errno;
	r = fd_stat(tree, &st);
	if (r < 0 || !S_ISCHR(st.st_mode) || st.st_rdev != rdev)
		return r < 0 ? r : -ENODEV;
	r = setattr(tree, false, attr->set, attr->clear, attr->propagation);
	if (r < 0)
		return r;
	if (mknodat(to, name, S_IFREG | 0666, 0) < 0)
		return -errno;
	if (syscall(SYS_move_mount, tree, "", to, name, MOVE_FROM_FD) == 0)
		return 0;
	r = -errno;
	unlinkat(to, name, 0);
	return r;
}

int mnt_make_readonly_below(int mount)
{
	struct mnt_attr all = {.set = MOUNT_ATTR_RDONLY, .is_recursive = true};
	struct mnt_attr top = {.clear = MOUNT_ATTR_RDONLY};
	struct statvfs fs;
	int r;

	if (fstatvfs(mount, &fs) < 0)
		return -errno;
	r = mnt_change(mount, &all);
	return r < 0 || (fs.f_flag & ST_RDONLY) ? r : mnt_change(mount, &top);
}

int mnt_detach_propagation(void)
{
	return mount(NULL, "/", NULL, MS_SLAVE | MS_REC, NULL) < 0 ? -errno : 0;
}

int mnt_cover(const char *path, const char *data, int *ret_fd)
{
	int fd;

	if (mount("tmpfs", path, "tmpfs", MS_NOSUID | MS_NODEV, data) < 0)
		return -errno;
	fd = fd_open(AT_FDCWD, path, O_PATH | O_DIRECTORY);
	if (fd < 0)
		return fd;
	*ret_fd = fd;
	return 0;
}

int mnt_cover_link(const char *path)
{
	_cleanup_fd_ int link = -EBADF, tree = -EBADF;
	int r;

	if (unshare(CLONE_NEWNS) < 0)
		return -errno;
	r = mnt_detach_propagation();
	if (r < 0)
		return r;
	link = fd_open(AT_FDCWD, path, O_PATH | O_NOFOLLOW);
	tree = mnt_copy_here(path);
	if (link < 0 || tree < 0)
		return link < 0 ? link : tree;
	return syscall(SYS_move_mount, tree, "", link, "", MOVE_BY_FD) < 0 ? -errno : 0;
}

int mnt_protect_file(int *fd)
{
	_cleanup_fd_ int tree = (int)syscall(SYS_open_tree, *fd, "",
					     AT_EMPTY_PATH | TREE_CLONE | O_CLOEXEC);
	struct stat st;
	int r = tree < 0 ? -errno
			 : setattr(tree, false,
				   MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID |
					   MOUNT_ATTR_NODEV,
				   0, 0);

	if (is_refused(r) && fd_stat(*fd, &st) == 0 && st.st_uid != geteuid() &&
	    access(fd_path(*fd).path, W_OK) < 0)
		return 0;
	if (r < 0)
		return r;
	fd_close(fd);
	*fd = fd_take(&tree);
	return 0;
}

int mnt_pivot(int root)
{
	_cleanup_fd_ int now = -EBADF;
	int r;

	/* The old root ends up on top of the new one, and "." is it: detaching it leaves
	 * the new root alone. */
	if (fchdir(root) < 0 || syscall(SYS_pivot_root, ".", ".") < 0 ||
	    umount2(".", MNT_DETACH) < 0 || chdir("/") < 0)
		return -errno;
	now = fd_open(AT_FDCWD, "/", O_PATH | O_DIRECTORY);
	r = now < 0 ? now : fd_is_same(now, root);
	return r == 1 ? 0 : r < 0 ? r : -EXDEV;
}
