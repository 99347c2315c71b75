// SPDX-License-Identifier: Apache-2.0
/*
 * mounts.c - the filesystem of the container, one operation after the other
 *
 * The list is the plan's, in the order of the plan; this file only knows how one
 * operation of each kind is done. Every target is resolved inside the container's root to
 * a descriptor, and the mount goes there (CVE-2021-30465, CVE-2024-45310).
 */
#include <stdio.h>
#include <string.h>
#include <sys/vfs.h>

#include "stage/stage.h"
#include "sys/copy.h"
#include "sys/dir.h"
#include "sys/lock.h"
#include "sys/lsm.h"
#include "sys/mnt.h"
#include "sys/path.h"
#include "sys/tree.h"

#ifndef PROC_SUPER_MAGIC
#define PROC_SUPER_MAGIC 0x9fa0
#endif

/* One operation while it is done. */
struct job {
	struct run *run;
	const struct fsop *op;
	int source;	    /* borrowed, or -1 */
	const int *folders; /* see run.folders; borrowed */
	struct mnt_attr attr;
	bool *is_half; /* set when it hides what is below and is not what it should be */
};

/* Nothing of the caller's may cover a part of /proc: what urun or a tool inside writes
 * there would go elsewhere (CVE-2019-16884). */
static int refuse_in_proc(const struct job *j, int target, struct err *err)
{
	const struct fsop *op = j->op;
	struct statfs fs;

	/* An empty root is the caller's own to fill, and its /proc is not urun's. */
	if (op->is_default || j->run->plan->spec->root.kind == ROOT_EMPTY)
		return 0;
	/* In the place of /proc only another procfs may stand (CVE-2019-19921). */
	if (strcmp(op->dest, "/proc") == 0) {
		if (op->kind == FSOP_FS
			    ? strcmp(op->fstype, "proc") == 0
			    : op->kind == FSOP_BIND && fstatfs(j->source, &fs) == 0 &&
				      fs.f_type == PROC_SUPER_MAGIC)
			return 0;
		return err_say(err, -EPERM, "mount on '/proc': it is no procfs");
	}
	if (fstatfs(target, &fs) < 0 || fs.f_type != PROC_SUPER_MAGIC)
		return 0;
	err_say(err, -EPERM, "mount on '%s': nothing can be mounted inside /proc",
		op->dest);
	return err_hint(err, -EPERM, "--security-opt mask=PATH hides a file of /proc");
}

/* The link itself, where one is. Return: an O_PATH descriptor; -ENOENT for what is no link. */
static int open_link(const struct job *j)
{
	_cleanup_fd_ int fd =
		path_open_in(j->run->root, j->op->dest, O_PATH | O_NOFOLLOW);
	struct stat st;
	int r = fd < 0 ? fd : fd_stat(fd, &st);

	if (r < 0)
		return r;
	return S_ISLNK(st.st_mode) ? fd_take(&fd) : -ENOENT;
}

/* Those above @dest, where they are to be closed to others as it is. */
static int make_parents(const struct job *j)
{
	const char *name;
	_cleanup_fd_ int dir = -EBADF;

	if (!j->op->parent_mode)
		return 0;
	dir = path_open_parent_in(j->run->root, j->op->dest, j->op->parent_mode, &name);
	return MIN(dir, 0);
}

/* What covers "/" is the root from then on: it must not be what is covered. */
static int take_root(const struct job *j, int *mount, struct err *err)
{
	if (strcmp(j->op->dest, "/") != 0)
		return 0;
	if (*mount < 0 || mnt_is_same(*mount, j->run->root) != 0) {
		err_say(err, -ENOTSUP, "mount %s on '/': what it covers stays open",
			fsop_kind_name(j->op->kind));
		return err_hint(err, -ENOTSUP,
				"A seccomp filter may refuse openat2(2): let it pass");
	}
	fd_close(&j->run->root);
	j->run->root = fd_take(mount);
	return 0;
}

/* Of a file that is made to be mounted over: on an empty root, where callers bind the host's folders first,
 * it may be theirs, and is not to be taken for one that can be written. */
static mode_t place_mode(const struct job *j)
{
	return j->run->plan->spec->root.kind == ROOT_EMPTY ? 0444 : 0644;
}

static int open_place(const struct job *j, bool want_dir)
{
	int root = j->run->root, fd = j->op->is_dest_link ? open_link(j) : -ENOENT, r;

	if (fd != -ENOENT)
		return fd;
	if (strcmp(j->op->dest, "/") == 0)
		return fd_dup(root);
	r = make_parents(j);
	if (r < 0)
		return r;
	return want_dir ? path_make_dir_in(root, j->op->dest, 0755)
			: path_make_file_in(root, j->op->dest, place_mode(j));
}

static int open_target(const struct job *j, bool want_dir, int *ret, struct err *err)
{
	int fd = open_place(j, want_dir), r;

	if (fd < 0) {
		err_set(err, fd, "mount target '%s' in the rootfs", j->op->dest);
		err_about(err, fd,
			  want_dir ? ERR_ABOUT_FOLDER_PLACE : ERR_ABOUT_FILE_PLACE,
			  j->op->dest);
		if (fd == -EACCES || fd == -EROFS || fd == -EPERM)
			err_hint(err, fd,
				 "It is missing and cannot be made there; make it in the "
				 "rootfs, or "
				 "use a throw-away overlay: --rootfs DIR:O");
		return fd;
	}
	r = refuse_in_proc(j, fd, err);
	if (r < 0) {
		close(fd);
		return r;
	}
	*ret = fd;
	return 0;
}

/* Removes what a copy that was broken off has left: nothing else has been there yet. */
static int empty_folder(const struct run *run, int dir)
{
	struct strv names = {0};
	int r = dir_list(dir, run->arena, &names);

	for (size_t i = 0; r == 0 && i < names.n; i++)
		r = tree_remove(dir, names.v[i]);
	return r;
}

/* @fresh is held. What somebody has put there already stays as it is. */
static int fill_held(const struct job *j, int fresh, int target, struct err *err)
{
	_cleanup_fd_ int data = fd_open(j->source, ".", O_RDONLY | O_DIRECTORY);
	struct strv names = {0};
	struct stat was = {0}, st = {0};
	int r = data < 0 ? data : dir_list(data, j->run->arena, &names);

	if (r == 0)
		r = fd_stat(fresh, &was);
	if (r == 0 && was.st_size > 0)
		r = empty_folder(j->run, data);
	else if (r == 0 && names.n > 0)
		return 0;
	if (r == 0 && target >= 0)
		r = fd_stat(target, &st);
	if (r < 0)
		return err_set(err, r, "open it");
	r = fd_write_all(fresh, "x", 1);
	if (r < 0)
		return err_set(err, r, "note that it is begun");
	/* The image has no such folder: the volume stays its maker's. */
	if (target < 0)
		return 0;
	r = copyup_tree(target, data, err);
	if (r == 0) {
		r = copy_owner(data, &st);
		if (r < 0)
			err_set(err, r, "give it the folder's owner");
	}
	/* A half is of no use, and may be what fills the disk; the next begins anew. */
	if (r < 0)
		empty_folder(j->run, data);
	return r;
}

/* A volume that nobody has used yet gets what is at its place in the image: see image/volume.h.
 * Several containers may be at it, and one fills it. @target: -1 when the image has none. */
static int fill_volume(const struct job *j, int target, struct err *err)
{
	_cleanup_fd_ int fresh = fd_open(j->source, "../fresh", O_RDWR | O_NOFOLLOW);
	struct stat st;
	int r;

	if (fresh == -ENOENT)
		return 0;
	r = fresh < 0 ? fresh : lock_file(fresh, true, true);
	if (r == 0)
		r = fd_stat(fresh, &st);
	if (r == 0 && st.st_nlink == 0)
		return 0; /* another was faster */
	if (r < 0) {
		err_set(err, r, "fill volume '%s' at '%s'", j->op->source, j->op->dest);
		return err_hint(err, r,
				"Its owner is not in this container's id map: option "
				"nocopy leaves it empty");
	}
	r = fill_held(j, fresh, target, err);
	if (r < 0) {
		err_prefix(err, "fill volume '%s' at '%s'", j->op->source, j->op->dest);
		return r;
	}
	r = dir_unlink(j->source, "../fresh", 0);
	return r < 0 ? err_set(err, r, "volume '%s'", j->op->source) : 0;
}

/* A link like the source's, unless there is one that says the same. */
static int copy_link(const struct job *j, struct err *err)
{
	struct arena *a = j->run->arena;
	const char *name, *text = NULL, *is = NULL;
	_cleanup_fd_ int dir =
		path_open_parent_in(j->run->root, j->op->dest, 0755, &name);
	int r = dir < 0 ? dir : dir_read_link(j->source, "", a, &text);

	if (r == 0)
		r = dir_symlink(text, dir, name);
	if (r == -EEXIST && dir_read_link(dir, name, a, &is) == 0 &&
	    strcmp(is, text) == 0)
		return 0;
	return r < 0 ? err_set(err, r, "copy link '%s' to '%s'", j->op->source,
			       j->op->dest)
		     : 0;
}

/* Where the caller has no /proc, what shows the caller's "/" shows none. */
static int cover_own_proc(const struct job *j, struct err *err)
{
	const struct mnt_attr attr = {.set = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID |
					     MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC};
	const char *place = arena_printf(j->run->arena, "%s/proc", j->op->dest);
	_cleanup_fd_ int at = path_open_in(j->run->root, place, O_PATH | O_DIRECTORY);
	const struct mnt_target to = {j->run->root, place, at};
	int r = at < 0 ? at
		       : mnt_attach_fs("tmpfs", "tmpfs", "mode=0555", &attr, &to, NULL);

	return r < 0 ? err_set(err, r, "cover urun's own /proc at '%s'", place) : 0;
}

static bool brings_own_proc(const struct job *j)
{
	_cleanup_fd_ int top = -EBADF;

	if (!j->run->plan->host->has_own_proc || !j->op->is_recursive)
		return false;
	top = fd_open(AT_FDCWD, "/", O_PATH | O_DIRECTORY);
	return fd_is_same(top, j->source) == 1 && mnt_is_same(top, j->source) == 1;
}

static int do_bind(const struct job *j, struct err *err)
{
	_cleanup_fd_ int at = -EBADF, was = -EBADF, made = -EBADF;
	struct mnt_target to = {j->run->root, j->op->dest, -EBADF};
	const char *source = j->op->has_fd ? "a descriptor" : j->op->source;
	bool is_root = strcmp(j->op->dest, "/") == 0;
	struct stat st;
	int r;

	r = fd_stat(j->source, &st);
	if (r < 0)
		return err_set(err, r, "stat mount source '%s'", source);
	if (j->op->is_link_copied && S_ISLNK(st.st_mode))
		return copy_link(j, err);
	if (j->op->is_copyup)
		was = path_open_in(j->run->root, j->op->dest, O_PATH | O_DIRECTORY);
	r = open_target(j, S_ISDIR(st.st_mode), &at, err);
	if (r < 0)
		return r;
	to.fd = at;
	if (j->op->is_copyup) {
		r = fill_volume(j, was, err);
		if (r < 0)
			return r;
	}
	/* Made by the launcher, with its attributes. */
	r = j->op->is_idmapped ? mnt_attach_copy(j->source, &to)
			       : mnt_attach_bind(j->source, j->op->is_recursive, &j->attr,
						 &to, is_root ? &made : NULL);
	if (r < 0)
		return err_set(err, r, "bind '%s' at '%s'", source, j->op->dest);
	r = take_root(j, &made, err);
	return r == 0 && brings_own_proc(j) ? cover_own_proc(j, err) : r;
}

/* What mount(8) users know of a refused procfs: it has a reason, and it is not obvious.
 */
static int say_fs(const struct job *j, int r, struct err *err)
{
	err_set(err, r, "mount %s on '%s'", j->op->fstype, j->op->dest);
	if (strcmp(j->op->fstype, "proc") == 0)
		err_about(err, r, ERR_ABOUT_PROC, j->op->dest);
	if (r == -EPERM && err->about == ERR_ABOUT_PROC)
		err_hint(err, r,
			 "The host's own /proc is partly hidden, as in a container: give "
			 "--pid host, or start that container with --security-opt "
			 "unmask=ALL");
	return r;
}

/* Those whose files have no labels of their own; what the kernel makes up has. */
static bool takes_label(const char *fstype)
{
	static const char *const types[] = {"devpts", "ramfs", "tmpfs", "overlay"};

	for (size_t i = 0; i < ARRAY_SIZE(types); i++)
		if (strcmp(fstype, types[i]) == 0)
			return true;
	return false;
}

static int do_fs(const struct job *j, struct err *err)
{
	const char *type = j->op->fstype,
		   *label = j->run->plan->spec->security.mount_label;
	const char *data =
		takes_label(type) ? label_mount_data(j->run, j->op->data) : j->op->data;
	/* In a user namespace it takes none from the mount. */
	bool is_labelled = label && strcmp(type, "mqueue") == 0;
	bool is_root = strcmp(j->op->dest, "/") == 0;
	_cleanup_fd_ int at = -EBADF, made = -EBADF;
	struct mnt_target to = {j->run->root, j->op->dest, -EBADF};
	int r = open_target(j, true, &at, err);

	if (r < 0)
		return r;
	to.fd = at;
	r = mnt_attach_fs(type, j->op->source ? j->op->source : type, data, &j->attr, &to,
			  is_labelled || is_root ? &made : NULL);
	if (r < 0)
		return say_fs(j, r, err);
	r = is_labelled ? lsm_label_file(made, label) : 0;
	return r < 0 ? err_set(err, r, "label '%s' as '%s'", j->op->dest, label)
		     : take_root(j, &made, err);
}

static int do_tmpfs(const struct job *j, struct err *err)
{
	_cleanup_fd_ int at = -EBADF, made = -EBADF;
	struct mnt_target to = {j->run->root, j->op->dest, -EBADF};
	struct mnt_attr attr = j->attr;
	struct arena *a = j->run->arena;
	struct stat st;
	const char *data;
	int r = open_target(j, true, &at, err);

	if (r < 0)
		return r;
	to.fd = at;
	r = fd_stat(at, &st);
	if (r < 0)
		return err_set(err, r, "stat '%s'", j->op->dest);
	data = arena_printf(a, "mode=%o",
			    j->op->has_mode ? j->op->mode : st.st_mode & 07777);
	if (j->op->size_bytes)
		data = arena_printf(a, "%s,size=%llu", data,
				    (unsigned long long)j->op->size_bytes);
	if (j->op->data && j->op->data[0])
		data = arena_printf(a, "%s,%s", data, j->op->data);
	if (j->op->is_copyup)
		attr.set &= ~(uint64_t)MOUNT_ATTR_RDONLY; /* until it is filled */
	data = label_mount_data(j->run, data);
	r = mnt_attach_fs("tmpfs", "tmpfs", data, &attr, &to, &made);
	if (r < 0)
		return err_set(err, r, "mount a tmpfs on '%s' (%s)", j->op->dest, data);
	if (!j->op->is_copyup)
		return take_root(j, &made, err);
	r = copyup_tree(at, made, err);
	if (r < 0) {
		*j->is_half = true;
		err_prefix(err, "tmpfs on '%s'", j->op->dest);
		return j->op->is_default
			       ? err_hint(err, r,
					  "--read-only-tmpfs=false does without "
					  "it, and --tmpfs %s:notmpcopyup copies "
					  "nothing",
					  j->op->dest)
			       : r;
	}
	r = mnt_change(made, &j->attr);
	return r < 0 ? err_set(err, r, "change the tmpfs on '%s'", j->op->dest) : 0;
}

static int do_devtree(const struct job *j, struct err *err)
{
	return devtree_attach(j->run, j->op, err);
}

static int do_device(const struct job *j, struct err *err)
{
	_cleanup_fd_ int at = -EBADF;
	struct mnt_target to = {j->run->root, j->op->dest, -EBADF};
	int r = open_target(j, false, &at, err);

	if (r < 0)
		return r;
	to.fd = at;
	r = mnt_attach_bind(j->source, false, &j->attr, &to, NULL);
	if (r < 0)
		return err_set(err, r, "bind device '%s' at '%s'", j->op->source,
			       j->op->dest);
	return 0;
}

static int do_dir(const struct job *j, struct err *err)
{
	mode_t mode = j->op->has_mode ? j->op->mode : 0755;
	_cleanup_fd_ int fd = -EBADF;
	int r = make_parents(j);

	fd = r < 0 ? r : path_make_dir_in(j->run->root, j->op->dest, mode);
	return fd < 0 ? err_set(err, fd, "make folder '%s'", j->op->dest) : 0;
}

static bool has_folder(const struct job *j)
{
	const char *name;
	_cleanup_fd_ int dir = path_open_parent_in(j->run->root, j->op->dest, 0, &name);

	return dir >= 0;
}

/* Of several that stand on one another, the one that shows. */
static const struct fsop *last_resolver_file(const struct plan *p)
{
	for (size_t i = p->n_ops; i-- > 0;)
		if (spec_resolver_is_for(p->spec, &p->ops[i]))
			return &p->ops[i];
	return NULL;
}

static int do_file(const struct job *j, struct err *err)
{
	const char *name = arena_printf(j->run->arena, "file%zu",
					(size_t)(j->op - j->run->plan->ops));
	mode_t mode = j->op->has_mode ? j->op->mode : 0644;
	_cleanup_fd_ int at = -EBADF, file = -EBADF;
	struct mnt_target to = {j->run->root, j->op->dest, -EBADF};
	struct mnt_attr attr = j->attr;
	int r;

	if (j->op->needs_folder && !has_folder(j))
		return 0;
	file = fd_create(j->run->files, name, O_RDWR | O_CREAT | O_EXCL, mode);
	if (file < 0)
		return err_set(err, file, "make the file for '%s'", j->op->dest);
	r = j->op->has_fd ? copy_rest(j->op->fd, file)
			  : fd_write_all(file, j->op->content, j->op->content_len);
	if (r < 0)
		return err_set(err, r, "write the file for '%s'", j->op->dest);
	r = open_target(j, false, &at, err);
	if (r < 0)
		return r;
	/* The launcher writes it anew when the host's is another one. */
	if (j->op == last_resolver_file(j->run->plan)) {
		r = channel_send_fds(&j->run->channel, MSG_RESOLVER, &file, 1, 0);
		if (r < 0)
			return err_set(err, r, "hand over the file for '%s'",
				       j->op->dest);
	}
	to.fd = at;
	attr.is_recursive = true; /* one mount it is: all of it in one call */
	r = mnt_attach_bind(file, false, &attr, &to, NULL);
	return r < 0 ? err_set(err, r, "bind a file of urun's at '%s'", j->op->dest) : 0;
}

static int do_symlink(const struct job *j, struct err *err)
{
	mode_t mode = j->op->parent_mode ? j->op->parent_mode : 0755;
	const char *name, *is = NULL;
	_cleanup_fd_ int dir =
		path_open_parent_in(j->run->root, j->op->dest, mode, &name);
	int r = dir < 0 ? dir : dir_symlink(j->op->source, dir, name);

	if (r == -EEXIST &&
	    (!j->op->is_exact || (dir_read_link(dir, name, j->run->arena, &is) == 0 &&
				  strcmp(is, j->op->source) == 0)))
		return 0;
	if (r == -EEXIST)
		err_say(err, r, "link '%s' to '%s': %s%s is there", j->op->dest,
			j->op->source, is ? "one to " : "something else", is ? is : "");
	else if (r < 0)
		err_set(err, r, "link '%s'", j->op->dest);
	return r < 0 ? err_about(err, r, ERR_ABOUT_LINK, j->op->dest) : 0;
}

/* Where a file is, it is written anew. */
static int do_copy(const struct job *j, struct err *err)
{
	mode_t mode = j->op->parent_mode ? j->op->parent_mode : 0755;
	const char *name;
	_cleanup_fd_ int dir =
		path_open_parent_in(j->run->root, j->op->dest, mode, &name);
	_cleanup_fd_ int file = -EBADF;
	int r;

	file = dir < 0 ? dir
		       : fd_create(dir, name, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW,
				   j->op->mode);
	if (file < 0)
		return err_set(err, file, "make file '%s'", j->op->dest);
	r = copy_rest(j->op->fd, file);
	return r < 0 ? err_set(err, r, "copy descriptor %d to '%s'", j->op->fd,
			       j->op->dest)
		     : 0;
}

static int do_chmod(const struct job *j, struct err *err)
{
	_cleanup_fd_ int fd = path_open_in(j->run->root, j->op->dest, O_PATH);
	int r = fd < 0 ? fd : fd_chmod(fd, j->op->mode);

	return r < 0 ? err_set(err, r, "change the mode of '%s'", j->op->dest) : 0;
}

static int do_remount(const struct job *j, struct err *err)
{
	const struct mnt_attr attr = {.set = MOUNT_ATTR_RDONLY};
	_cleanup_fd_ int fd = strcmp(j->op->dest, "/") == 0
				      ? fd_dup(j->run->root)
				      : path_open_in(j->run->root, j->op->dest, O_PATH);
	int r = fd < 0 ? fd : mnt_change(fd, &attr);

	if (r == -EINVAL)
		return err_say(err, r, "make '%s' read-only: it is no mount point",
			       j->op->dest);
	return r < 0 ? err_set(err, r, "make '%s' read-only", j->op->dest) : 0;
}

static int do_overlay(const struct job *j, struct err *err)
{
	_cleanup_fd_ int at = -EBADF, made = -EBADF;
	struct mnt_target to = {j->run->root, j->op->dest, -EBADF};
	struct stat st;
	int r;

	if (j->op->layers.n) {
		r = open_target(j, true, &at, err);
		to.fd = at;
		if (r == 0)
			r = overlay_attach_folders(j->run, j->op, j->folders, &j->attr,
						   &to, &made, err);
		return r < 0 ? r : take_root(j, &made, err);
	}
	r = fd_stat(j->source, &st);
	if (r < 0)
		return err_set(err, r, "stat mount source '%s'", j->op->source);
	/* A single file cannot be a layer: it is shown as it is. */
	if (!S_ISDIR(st.st_mode)) {
		struct job bind = *j;

		bind.attr.set |= MOUNT_ATTR_RDONLY;
		return do_bind(&bind, err);
	}
	r = open_target(j, true, &at, err);
	if (r < 0)
		return r;
	to.fd = at;
	return overlay_attach(j->run, j->source, &j->attr, &to, j->op->source,
			      j->op->is_default ? "host:" : NULL, NULL, err);
}

/* Opens what a mask or a read-only path names. Return: a descriptor, -ENOENT when it is
 * not there to be protected. */
static int open_existing(const struct job *j)
{
	int fd = path_open_in(j->run->root, j->op->dest, O_PATH);

	return fd == -ENOTDIR || fd == -EACCES ? -ENOENT : fd;
}

/* One empty folder stands for all: a filesystem for each would be made now and taken apart
 * when the container ends. */
static int mask_dir(const struct run *run, const struct mnt_attr *attr,
		    const struct mnt_target *to)
{
	_cleanup_fd_ int empty = dir_make(run->files, "masked", 0555);

	return empty < 0 ? empty : mnt_attach_bind(empty, false, attr, to, NULL);
}

static int do_mask(const struct job *j, struct err *err)
{
	_cleanup_fd_ int at = open_existing(j);
	struct mnt_target to = {j->run->root, j->op->dest, at};
	struct mnt_attr attr = {.set = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID |
				       MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC,
				.propagation = MS_PRIVATE};
	struct mnt_attr none = {.set = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC,
				.propagation = MS_PRIVATE};
	struct stat st;
	int r;

	if (at == -ENOENT && !j->op->is_exact)
		return 0;
	r = at < 0 ? at : fd_stat(at, &st);
	if (r == 0 && S_ISDIR(st.st_mode))
		r = mask_dir(j->run, &attr, &to);
	else if (r == 0)
		/* The host's own /dev/null, whatever the container's is (CVE-2025-31133).
		 */
		r = mnt_attach_bind(j->run->null, false, &none, &to, NULL);
	return r < 0 ? err_set(err, r, "mask '%s'", j->op->dest) : 0;
}

static int do_readonly(const struct job *j, struct err *err)
{
	_cleanup_fd_ int at = open_existing(j);
	struct mnt_target to = {j->run->root, j->op->dest, at};
	struct mnt_attr attr = {.set = MOUNT_ATTR_RDONLY, .is_recursive = true};
	int r;

	if (at == -ENOENT)
		return 0;
	r = at < 0 ? at : mnt_attach_bind(at, true, &attr, &to, NULL);
	return r < 0 ? err_set(err, r, "make '%s' read-only", j->op->dest) : 0;
}

static int (*const do_op[FSOP_COUNT])(const struct job *, struct err *) = {
	[FSOP_BIND] = do_bind,	       [FSOP_FS] = do_fs,
	[FSOP_TMPFS] = do_tmpfs,       [FSOP_DEVTREE] = do_devtree,
	[FSOP_DEVICE] = do_device,     [FSOP_DIR] = do_dir,
	[FSOP_FILE] = do_file,	       [FSOP_SYMLINK] = do_symlink,
	[FSOP_OVERLAY] = do_overlay,   [FSOP_MASK] = do_mask,
	[FSOP_READONLY] = do_readonly, [FSOP_REMOUNT] = do_remount,
	[FSOP_COPY] = do_copy,	       [FSOP_CHMOD] = do_chmod,
};

/* What is asked for by the image, and not by the caller, is said to be so. */
static int say_whose(const struct fsop *op, int r, struct err *err)
{
	bool is_folder = op->kind == FSOP_DIR;

	if (!op->image)
		return r;
	err_prefix(err, "%s '%s' of image '%s'", is_folder ? "WORKDIR" : "VOLUME",
		   op->dest, op->image);
	if (r != -ENOTDIR && r != -EEXIST)
		return r;
	return is_folder ? err_hint(err, r, "-w FOLDER, as -w /, starts it elsewhere")
			 : err_hint(err, r,
				    "It is a file in the image: -v FILE:%s puts another "
				    "in its place",
				    op->dest);
}

static bool needs_source(enum fsop_kind kind)
{
	return kind == FSOP_BIND || kind == FSOP_DEVICE || kind == FSOP_OVERLAY;
}

static int say_kept(struct run *run, const struct fsop *op, size_t n, struct err *err)
{
	struct err note = {0};
	int r;

	err_say(&note, -EPERM,
		"mounts below '%s' keep their own flags, they cannot be changed: %zu",
		op->dest, n);
	r = channel_send_err(&run->channel, MSG_NOTE, &note);
	return r < 0 ? err_set(err, r, "tell the launcher") : 0;
}

static int apply(struct run *run, struct err *err)
{
	for (size_t i = 0; i < run->plan->n_ops; i++) {
		const struct fsop *op = &run->plan->ops[i];
		bool is_half = false;
		size_t n_kept = 0;
		struct job job = {
			.run = run,
			.op = op,
			.source = run->sources[i],
			.folders = run->folders[i],
			.is_half = &is_half,
		};
		struct err why = {0};
		int r;

		if (needs_source(op->kind) && job.source < 0 && op->layers.n == 0)
			continue; /* optional and not there: sources.c let it pass */
		job.attr = (struct mnt_attr){
			.set = op->attr_set,
			.clear = op->attr_clear,
			.is_recursive = op->is_attr_recursive,
			.n_kept = op->is_attr_partial ? &n_kept : NULL,
			.propagation =
				op->propagation ? op->propagation : MS_PRIVATE | MS_REC,
		};
		r = do_op[op->kind](&job, &why);
		fd_close(&run->sources[i]);
		if (r == 0 && n_kept > 0)
			r = say_kept(run, op, n_kept, &why);
		/* A folder of host: that no overlay can stand on is left out; but a driver
		 * that was asked for and does not work is an error. */
		if (r < 0 && (!op->is_optional || is_half ||
			      (op->kind == FSOP_OVERLAY &&
			       run->plan->spec->root.driver != STORAGE_AUTO))) {
			*err = why;
			return say_whose(op, r, err);
		}
	}
	return 0;
}

const struct stage stage_mounts = {"mounts", PHASE_ROOT, NULL, apply};
