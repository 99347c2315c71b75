// SPDX-License-Identifier: Apache-2.0
/*
 * host_cgroup.c - see host_read_cgroup() in host.h
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <sys/xattr.h>

#include "base/parse.h"
#include "sys/fd.h"
#include "sys/host.h"

static bool has(const char *path, const char *name, struct arena *a)
{
	return faccessat(AT_FDCWD, arena_printf(a, "%s%s/%s", CGROUP_ROOT, path, name),
			 F_OK, AT_EACCESS) == 0;
}

/* May the caller make folders there, move processes in, and give controllers on? */
static bool is_writable(const char *path, struct arena *a)
{
	static const char *const names[] = {"", "cgroup.procs", "cgroup.subtree_control"};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (faccessat(AT_FDCWD,
			      arena_printf(a, "%s%s/%s", CGROUP_ROOT, path, names[i]),
			      W_OK, AT_EACCESS) < 0)
			return false;
	return true;
}

static bool is_marked(const char *path, struct arena *a)
{
	static const char *const marks[] = {"user.delegate", "trusted.delegate"};
	const char *whole = arena_printf(a, "%s%s", CGROUP_ROOT, path);
	char value[2];

	for (size_t i = 0; i < ARRAY_SIZE(marks); i++)
		if (getxattr(whole, marks[i], value, sizeof(value)) == 1 &&
		    value[0] == '1')
			return true;
	return false;
}

/* Whoever can write it may not yet do so: what systemd has not given away is its own. Where there is no
 * systemd, whoever made the folder the caller's meant it. The root of a cgroup namespace is the
 * container's that urun runs in; the host's own has no cgroup.type. */
static bool can_be_base(const char *path, struct arena *a)
{
	return is_writable(path, a) && !has(path, "init.scope", a) &&
	       (path[0] || has(path, "cgroup.type", a));
}

static bool has_processes(const char *path, struct arena *a)
{
	char *text = NULL;
	_cleanup_fd_ int fd = cgroup_open(path);

	return fd < 0 || cgroup_read(fd, "cgroup.procs", a, &text) < 0 || text[0];
}

static void find_base(struct host_cgroup *c, struct arena *a)
{
	/* "/" is "": names are put behind it. */
	const char *own = strcmp(c->own, "/") == 0 ? "" : c->own,
		   *slash = strrchr(own, '/');
	_cleanup_fd_ int fd = -EBADF;

	if (strstr(own, "/.."))
		return; /* outside of what this cgroup namespace shows */
	/* The one above first: where it has no processes, nobody has to be moved. */
	if (slash) {
		const char *up = arena_strndup(a, own, (size_t)(slash - own));

		if (can_be_base(up, a) &&
		    (!c->is_systemd || is_marked(up, a) ||
		     strcmp(slash + 1, CGROUP_CALLER) == 0) &&
		    !has_processes(up, a)) {
			c->base = up;
			c->is_base_sure = true;
		}
	}
	if (!c->base && can_be_base(own, a)) {
		c->base = own;
		c->is_base_own = true;
		c->is_base_sure = !c->is_systemd || !own[0] || is_marked(own, a);
	}
	if (!c->base)
		return;
	fd = cgroup_open(c->base);
	c->base_controllers = fd < 0 ? 0 : cgroup_controllers(fd, "cgroup.controllers");
}

static bool is_socket(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISSOCK(st.st_mode);
}

/* Whose session it is: one that is root of his own user namespace is called by his slice. */
static bool find_owner(const struct host *h, uint32_t *ret)
{
	static const char slice[] = "/user.slice/user-";
	char digits[16];
	size_t len;

	if (!h->is_root) {
		*ret = h->uid;
		return true;
	}
	if (!h->cgroup.own || strncmp(h->cgroup.own, slice, strlen(slice)) != 0)
		return false;
	len = strspn(h->cgroup.own + strlen(slice), "0123456789");
	snprintf(digits, sizeof(digits), "%.*s", (int)MIN(len, sizeof(digits) - 1),
		 h->cgroup.own + strlen(slice));
	return parse_id(digits, ret) == 0;
}

/* What the manager itself has is what it can give. */
static void find_manager(struct host *h, struct arena *a)
{
	struct host_cgroup *c = &h->cgroup;
	const char *dir =
		h->runtime_dir ? h->runtime_dir : arena_printf(a, "/run/user/%u", h->uid);
	const char *unit = "";
	_cleanup_fd_ int fd = -EBADF;
	uint32_t uid;

	if (h->is_root && h->is_identity_userns) {
		c->has_manager = is_socket("/run/systemd/private");
	} else if (find_owner(h, &uid)) {
		c->has_manager = is_socket(arena_printf(a, "%s/systemd/private", dir)) ||
				 is_socket(arena_printf(a, "%s/bus", dir));
		unit = arena_printf(a, "/user.slice/user-%u.slice/user@%u.service", uid,
				    uid);
	}
	if (!c->has_manager)
		return;
	fd = cgroup_open(unit);
	c->manager_controllers =
		fd < 0 ? 0 : cgroup_controllers(fd, "cgroup.controllers");
}

/* Is the kernel of that version or a later one? Whether RLIMIT_NPROC counts by user namespaces shows only
 * to who starts as many processes as the user may have. */
static bool is_kernel(int major, int minor)
{
	struct utsname u;
	int has_major = 0, has_minor = 0;

	return uname(&u) == 0 &&
	       sscanf(u.release, "%d.%d", &has_major, &has_minor) == 2 &&
	       (has_major > major || (has_major == major && has_minor >= minor));
}

void host_read_cgroup(struct host *h, struct arena *a)
{
	struct host_cgroup *c = &h->cgroup;
	_cleanup_fd_ int root = -EBADF;
	struct stat st;

	*c = (struct host_cgroup){.layout = cgroup_layout()};
	c->is_systemd = stat("/run/systemd/system", &st) == 0;
	c->has_rlimits_of_userns = is_kernel(5, 14);
	if (c->layout != CGROUP_UNIFIED)
		return;
	root = cgroup_open("");
	c->kernel_controllers =
		root < 0 ? 0 : cgroup_controllers(root, "cgroup.controllers");
	c->is_readonly =
		faccessat(root, "cgroup.procs", W_OK, AT_EACCESS) < 0 && errno == EROFS;
	if (cgroup_path_of(0, a, &c->own) == 0)
		find_base(c, a);
	if (c->is_systemd)
		find_manager(h, a);
}
