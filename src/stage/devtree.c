// SPDX-License-Identifier: Apache-2.0
/*
 * devtree.c - the standard /dev
 *
 * A tmpfs of its own, filled by descriptor: whatever the rootfs has at /dev, a link to a
 * folder of the host for one (CVE-2026-47766), is not written to. The nodes are the
 * host's, opened in sources.c's way and checked to be what their names say.
 */
#include <sys/sysmacros.h>

#include "stage/stage.h"
#include "sys/dir.h"
#include "sys/mnt.h"
#include "sys/path.h"

#define DEFAULT_SIZE (64u << 20)

static const struct {
	const char *name;
	unsigned int minor;
	unsigned int major;
} nodes[] = {
	{"null", 3, 1},	  {"zero", 5, 1},    {"full", 7, 1},
	{"random", 8, 1}, {"urandom", 9, 1}, {"tty", 0, 5},
};

static const struct {
	const char *name, *target;
} links[] = {
	{"fd", "/proc/self/fd"},       {"stdin", "/proc/self/fd/0"},
	{"stdout", "/proc/self/fd/1"}, {"stderr", "/proc/self/fd/2"},
	{"core", "/proc/kcore"},       {"ptmx", "pts/ptmx"},
};

const char *devtree_node(size_t n)
{
	return n < ARRAY_SIZE(nodes) ? nodes[n].name : NULL;
}

static int bind_node(int dev, const char *name, int source, struct err *err)
{
	_cleanup_fd_ int at =
		fd_create(dev, name, O_CREAT | O_EXCL | O_NOFOLLOW | O_WRONLY, 0666);
	struct mnt_attr attr = {.set = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC,
				.propagation = MS_PRIVATE};
	struct mnt_target to = {dev, name, at};
	int r;

	if (at < 0)
		return err_set(err, at, "make /dev/%s", name);
	r = mnt_attach_bind(source, false, &attr, &to, NULL);
	return r < 0 ? err_set(err, r, "bind /dev/%s", name) : 0;
}

static int add_node(const struct run *run, int dev, const char *name, dev_t rdev,
		    struct err *err)
{
	struct mnt_attr attr = {.set = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC,
				.propagation = MS_PRIVATE};
	int r = mnt_attach_device(run->dev, name, rdev, &attr, dev);
	_cleanup_fd_ int source = -EBADF;
	struct stat st;

	if (r == 0)
		return 0;
	/* The longer way serves where the new calls are refused, and tells what is wrong. */
	source = fd_open(run->dev, name, O_PATH | O_NOFOLLOW);
	if (source < 0)
		return err_set(err, source, "device '/dev/%s' of the host", name);
	r = fd_stat(source, &st);
	if (r < 0 || !S_ISCHR(st.st_mode) || st.st_rdev != rdev)
		return err_say(err, -ENODEV, "'/dev/%s' of the host is not device %u:%u",
			       name, major(rdev), minor(rdev));
	return bind_node(dev, name, source, err);
}

/* A pty world of its own; gid 5 is "tty", where it is mapped. */
static int add_devpts(struct run *run, int dev, struct err *err)
{
	_cleanup_fd_ int at = dir_make(dev, "pts", 0755);
	struct mnt_target to = {dev, "pts", at};
	struct mnt_attr attr = {.set = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC};
	int r;

	if (at < 0)
		return err_set(err, at, "make /dev/pts");
	r = mnt_attach_fs(
		"devpts", "devpts",
		label_mount_data(run,
				 run->plan->want_tty_gid
					 ? "newinstance,ptmxmode=0666,mode=0620,gid=5"
					 : "newinstance,ptmxmode=0666,mode=0620"),
		&attr, &to, NULL);
	return r < 0 ? err_set(err, r, "mount devpts") : 0;
}

/* --privileged: what else the host's /dev has, as far as the caller may open it there. */
static int add_host_nodes(const struct run *run, int dev, struct err *err)
{
	_cleanup_fd_ int host = fd_open(run->dev, ".", O_RDONLY | O_DIRECTORY);
	struct strv names = {0};
	int r;

	if (host < 0)
		return err_set(err, host, "open the host's /dev");
	r = dir_list(host, run->arena, &names);
	for (size_t i = 0; r == 0 && i < names.n; i++) {
		_cleanup_fd_ int source = fd_open(host, names.v[i], O_PATH | O_NOFOLLOW);
		_cleanup_fd_ int there = fd_open(dev, names.v[i], O_PATH | O_NOFOLLOW);
		struct stat st;

		if (source < 0 || there >= 0 || fd_stat(source, &st) < 0 ||
		    (!S_ISCHR(st.st_mode) && !S_ISBLK(st.st_mode)))
			continue;
		r = bind_node(dev, names.v[i], source, err);
	}
	return r;
}

int devtree_attach(struct run *run, const struct fsop *op, struct err *err)
{
	_cleanup_fd_ int at = path_make_dir_in(run->root, op->dest, 0755);
	_cleanup_fd_ int dev = -EBADF, shm = -EBADF, queues = -EBADF;
	struct mnt_target to = {run->root, op->dest, at};
	struct mnt_attr attr = {.set = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC |
				       MOUNT_ATTR_STRICTATIME | op->attr_set};
	const char *data = arena_printf(
		run->arena, "mode=%o,size=%llu", op->has_mode ? op->mode : 0755,
		(unsigned long long)(op->size_bytes ? op->size_bytes : DEFAULT_SIZE));
	bool is_bare;
	int r;

	if (at < 0)
		return err_set(err, at, "make '%s'", op->dest);
	r = mnt_attach_fs("tmpfs", "tmpfs", label_mount_data(run, data), &attr, &to,
			  &dev);
	if (r < 0)
		return err_set(err, r, "mount a tmpfs on '%s'", op->dest);
	for (size_t i = 0; i < ARRAY_SIZE(nodes); i++) {
		r = add_node(run, dev, nodes[i].name,
			     makedev(nodes[i].major, nodes[i].minor), err);
		if (r < 0)
			return r;
	}
	for (size_t i = 0; i < ARRAY_SIZE(links); i++) {
		r = dir_symlink(links[i].target, dev, links[i].name);
		if (r < 0)
			return err_set(err, r, "link /dev/%s", links[i].name);
	}
	r = add_devpts(run, dev, err);
	if (r == 0 && run->plan->spec->security.is_privileged)
		r = add_host_nodes(run, dev, err);
	if (r < 0)
		return r;
	/* Targets of the mounts that follow; also there when those were replaced. On an empty root nothing
	 * follows but what was asked for. */
	is_bare = run->plan->spec->root.kind == ROOT_EMPTY;
	shm = dir_make(dev, "shm", is_bare ? 0755 : 01777);
	if (shm >= 0 && !is_bare)
		queues = dir_make(dev, "mqueue", 01777);
	r = is_bare ? shm : MIN(shm, queues);
	return r < 0 ? err_set(err, r, "make folders in /dev") : 0;
}
