/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mnt.h - mounting by descriptor
 *
 * Sources and targets are descriptors, so that nobody can swap a path between a check and
 * the mount. New filesystems go through mount(2) on /proc/self/fd/N, which is one system
 * call where fsopen(2) needs eight; binds go through open_tree(2), mount_setattr(2) and
 * move_mount(2), which can do what mount(2) cannot: read-only all the way down. Where
 * those are missing (before Linux 5.12) or refused, mount(2) and a walk of the mounts
 * below serve.
 *
 * All of it runs in the builder, with CAP_SYS_ADMIN over its own mount namespace, and
 * needs the caller's /proc at "/proc" (before pivot).
 */
#pragma once

#include "base/err.h"
#include "base/mountattr.h"
#include "sys/fd.h"

struct mnt_attr {
	uint64_t set;	   /* MOUNT_ATTR_* */
	uint64_t clear;	   /* MOUNT_ATTR_*; locked ones are refused by the kernel */
	bool is_recursive; /* for the mounts below as well */
	size_t *n_kept; /* counts those below that cannot be changed; NULL: that fails */
	uint64_t propagation; /* MS_PRIVATE, MS_SLAVE, MS_SHARED, MS_UNBINDABLE; | MS_REC;
				 0: leave */
};

/* A place in a tree: where a mount goes. */
struct mnt_target {
	int root; /* borrowed: the tree's root */
	const char
		*path; /* borrowed: the place in it, for finding the mount afterwards */
	int fd;	       /* borrowed: O_PATH descriptor of the place */
};

/**
 * mnt_attach_fs() - mount a new filesystem
 * @fstype: "proc", "tmpfs", ...
 * @source: what mountinfo shows
 * @data:   "key=value,...", may be NULL
 * @attr:   is_recursive and clear do not matter; NULL: none
 * @to:     where
 * @ret_fd: if not NULL, O_PATH descriptor of the new mount's root, owned by the caller
 *
 * Return: 0 or a negative errno of mount(2).
 */
int mnt_attach_fs(const char *fstype, const char *source, const char *data,
		  const struct mnt_attr *attr, const struct mnt_target *to, int *ret_fd);

/**
 * mnt_attach_overlay() - mount the kernel's overlay
 * @lowers: borrowed descriptors, the top one first
 * @upper, @work: borrowed; of one filesystem; -1 for an overlay that nobody can write
 * @options: more, "userxattr,volatile"; or NULL
 *
 * With more lower folders than fit into the one page of mount(2)'s options: by fsconfig(2) and
 * lowerdir+ (Linux 6.5). Return: 0; -E2BIG where that is missing; another negative errno.
 */
int mnt_attach_overlay(const int *lowers, size_t n_lowers, int upper, int work,
		       const char *options, const struct mnt_attr *attr,
		       const struct mnt_target *to, int *ret_fd);

/**
 * mnt_attach_bind() - bind what a descriptor stands on
 * @from:         borrowed O_PATH descriptor, opened in the builder's own mount namespace
 * @is_recursive: mounts below come along; without it a user namespace refuses (-EINVAL)
 * to reveal what inherited mounts cover
 * @attr, @to, @ret_fd: as above
 *
 * Return: 0 or a negative errno.
 */
int mnt_attach_bind(int from, bool is_recursive, const struct mnt_attr *attr,
		    const struct mnt_target *to, int *ret_fd);

/**
 * mnt_own_proc() - a procfs at "/proc", for this process and those that it starts
 *
 * Where nobody has mounted one. The process moves into a mount namespace of its own, and nobody else sees the
 * mount.
 *
 * Needs CAP_SYS_ADMIN over the mount and the pid namespace, and in a user namespace a procfs that is in sight
 * elsewhere, mount_namespaces(7).
 * Return: 0; -ENOENT where there is no folder "/proc"; -EINVAL where "/" is no mount (a chroot), so that the
 * mount would be everybody's; another negative errno of unshare(2) and mount(2).
 */
int mnt_own_proc(void);

/**
 * mnt_copy_here() - a copy of one mount of this process's namespace, attached nowhere
 * @path: where it stands
 *
 * What is mounted on it does not come along. It is there until the descriptor is closed, unless
 * it was attached by mnt_attach_copy(), which may be in another namespace. Source: open_tree(2),
 * Linux 5.2. Return: an O_PATH descriptor, owned by the caller; or a negative errno.
 */
int mnt_copy_here(const char *path);
/**
 * mnt_copy_idmapped() - a copy of what a descriptor stands on, whose files have other owners
 * @from:   borrowed O_PATH descriptor of this process's mount namespace
 * @is_recursive: mounts below come along
 * @is_map_recursive: and their files have other owners, too
 * @userns: borrowed: an id of a filesystem is one of it
 *
 * Needs CAP_SYS_ADMIN over the user namespace that the filesystem belongs to: for those of the host
 * real root has it. Source: mount_setattr(2), MOUNT_ATTR_IDMAP, Linux 5.12. Return: as above; -EINVAL
 * for a filesystem that cannot.
 */
int mnt_copy_idmapped(int from, bool is_recursive, bool is_map_recursive, int userns);
int mnt_attach_copy(int copy, const struct mnt_target *to);

/* umount2(2); lazily when @is_forced: it is gone from the tree, and ends with its last user. */
int mnt_end(int dir, const char *name, bool is_forced);

/**
 * mnt_attach_device() - bind a device node by its name into a folder that nobody else has
 * @from: borrowed descriptor of the folder that has the node, as for mnt_attach_bind()
 * @name: in both folders; in @to it is made
 * @rdev: what the node must be
 * @attr: not recursive
 * @to:   borrowed descriptor of a folder of this process's own making
 *
 * Does what opening both and mnt_attach_bind() would do, in half the system calls.
 * Return: 0; -ENODEV when it is another device, -ENOSYS or -EPERM when the new mount calls
 * are refused and nothing was made, or another negative errno.
 */
int mnt_attach_device(int from, const char *name, dev_t rdev, const struct mnt_attr *attr,
		      int to);

/**
 * mnt_change() - change the attributes of a mount that is attached already
 * @mount: borrowed descriptor of the mount's root
 */
int mnt_change(int mount, const struct mnt_attr *attr);

/* Makes all mounts below one read-only, and leaves that one as it is.
 * 0 or a negative errno. */
int mnt_make_readonly_below(int mount);

/* From here on no mount of this namespace reaches the caller's: "/" and all below it
 * become slaves. 0 or a negative errno. */
int mnt_detach_propagation(void);

/**
 * mnt_cover() - mount a tmpfs over a folder of the caller's tree
 * @path:   of this mount namespace
 * @data:   options of the tmpfs
 * @ret_fd: O_PATH descriptor of the tmpfs, owned by the caller
 * Return: 0 or a negative errno.
 */
int mnt_cover(const char *path, const char *data, int *ret_fd);

/**
 * mnt_cover_link() - where a symbolic link stands, have what it leads to
 *
 * In a new mount namespace of this process, which needs CAP_SYS_ADMIN over its user namespace.
 * Return: 0 or a negative errno.
 */
int mnt_cover_link(const char *path);

/**
 * mnt_protect_file() - replace a file's descriptor by one on a read-only mount of it
 * @fd: O_PATH descriptor; closed and replaced on success
 *
 * What is executed through it cannot be opened for writing through /proc/PID/exe. Stays
 * as it is, with 0, where the caller's ids cannot write the file anyway and binds are
 * refused. Return: 0 or a negative errno.
 */
int mnt_protect_file(int *fd);

/**
 * mnt_pivot() - make a mount the root of this process's mount namespace
 * @root: borrowed descriptor of the new root, a mount point
 *
 * The old root and all that is mounted below it go away from this namespace, and the
 * process stands in the new "/": that is checked.
 * Source: pivot_root(2), "pivot_root(".", ".")".
 * Return: 0 or a negative errno.
 */
int mnt_pivot(int root);

/* Are two descriptors on one mount? 1, 0 or a negative errno. Source: proc_pid_fdinfo(5). */
int mnt_is_same(int a, int b);
