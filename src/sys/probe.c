// SPDX-License-Identifier: Apache-2.0
/*
 * probe.c - see probe.h
 */
#include "sys/probe.h"

#include <linux/seccomp.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/un.h>

#include "sys/apparmor.h"
#include "sys/cgroup.h"
#include "sys/cred.h"
#include "sys/fd.h"
#include "sys/helper.h"
#include "sys/process.h"

#ifndef NEWUIDMAP_PATH
#define NEWUIDMAP_PATH "/usr/bin/newuidmap"
#define NEWGIDMAP_PATH "/usr/bin/newgidmap"
#endif
#ifndef FUSE_OVERLAYFS_PATH
#define FUSE_OVERLAYFS_PATH "/usr/bin/fuse-overlayfs"
#endif
#ifndef SYS_landlock_create_ruleset
#define SYS_landlock_create_ruleset 444
#endif

struct probing {
	const struct host *host;
	struct arena *arena;
	struct probe_results *results;
	bool has_userns;
	const char
		*missing; /* the probe that failed, and that others depend on; or NULL */
};

static void report(struct probing *p, const char *name, enum probe_status status,
		   const char *detail, const char *lost, const char *mend)
{
	*ARR_PUSH(p->arena, p->results, v) = (struct probe_result){
		.name = name,
		.status = status,
		.detail = detail,
		.lost = status == PROBE_OK ? NULL : lost,
		.mend = status == PROBE_OK ? NULL : mend,
	};
}

/* What depends on another probe that failed has no mend of its own. */
static bool report_missing(struct probing *p, const char *name, enum probe_status status,
			   const char *lost)
{
	if (!p->missing)
		return false;
	report(p, name, status, arena_printf(p->arena, "not without %s", p->missing),
	       lost, arena_printf(p->arena, "see %s", p->missing));
	return true;
}

/* --- in a child --- */

static int write_own_map(const struct host *h)
{
	char text[64];
	int r;

	r = fd_write_file(AT_FDCWD, "/proc/self/setgroups", "deny");
	if (r < 0 && r != -ENOENT)
		return r;
	snprintf(text, sizeof(text), "0 %u 1", h->gid);
	r = fd_write_file(AT_FDCWD, "/proc/self/gid_map", text);
	snprintf(text, sizeof(text), "0 %u 1", h->uid);
	return r < 0 ? r : fd_write_file(AT_FDCWD, "/proc/self/uid_map", text);
}

static int child_userns(const struct host *h)
{
	return write_own_map(h);
}

static int child_mount(const struct host *h)
{
	int r = write_own_map(h);

	if (r < 0)
		return r;
	return mount("tmpfs", "/dev", "tmpfs", 0, NULL) < 0 ? -errno : 0;
}

static int child_proc(const struct host *h)
{
	int r = child_mount(h);

	if (r < 0)
		return r;
	if (mkdir("/dev/proc", 0755) < 0)
		return -errno;
	return mount("proc", "/dev/proc", "proc", 0, NULL) < 0 ? -errno : 0;
}

static int child_overlay(const struct host *h)
{
	static const char *const dirs[] = {"/dev/l", "/dev/u", "/dev/w", "/dev/m"};
	int r = child_mount(h);

	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(dirs); i++)
		r = mkdir(dirs[i], 0755) < 0 ? -errno : 0;
	if (r < 0)
		return r;
	return mount("overlay", "/dev/m", "overlay", 0,
		     "lowerdir=/dev/l,upperdir=/dev/u,workdir=/dev/w,userxattr") < 0
		       ? -errno
		       : 0;
}

static int child_xattr(const struct host *h)
{
	_cleanup_fd_ int fd = -EBADF;
	int r = child_mount(h);

	if (r < 0)
		return r;
	fd = fd_open(AT_FDCWD, "/dev", O_RDONLY | O_DIRECTORY);
	return fd >= 0 && fd_has_user_xattrs(fd) ? 0 : -EOPNOTSUPP;
}

/* Runs one check in a child with new namespaces. Return: 0 or its negative errno. */
static int in_child(uint64_t flags, int (*check)(const struct host *),
		    const struct host *h)
{
	_cleanup_fd_ int pidfd = -EBADF;
	int code = 0, r;
	pid_t pid = process_clone(flags, -1, &pidfd);

	if (pid < 0)
		return pid;
	if (pid == 0) {
		process_die_with_parent(SIGKILL);
		_exit(-check(h) & 127);
	}
	r = process_wait(pidfd, &code);
	return r < 0 ? r : code >= 128 ? -EIO : -code;
}

/* --- the probes --- */

static long read_number(const char *path, struct arena *a, long missing)
{
	char *text;

	return fd_read_file(path, a, 64, &text, NULL) < 0 ? missing
							  : strtol(text, NULL, 10);
}

static void probe_userns(struct probing *p)
{
	int r = in_child(CLONE_NEWUSER, child_userns, p->host);
	const char *detail = r == 0 ? "can be made" : strerror(-r);
	const char *mend =
		"see the kernel's log: a security module or a container refuses it";
	struct apparmor_cause cause;

	p->has_userns = r == 0;
	p->missing = r == 0 ? NULL : "user namespaces";
	if (read_number("/proc/sys/kernel/unprivileged_userns_clone", p->arena, 1) == 0)
		mend = "sudo sysctl kernel.unprivileged_userns_clone=1";
	else if (read_number("/proc/sys/user/max_user_namespaces", p->arena, 1) == 0)
		mend = "sudo sysctl user.max_user_namespaces=65536";
	else if (r < 0 && apparmor_restricts_userns(p->arena, &cause))
		detail = cause.what, mend = cause.mend;
	report(p, "user namespaces", r == 0 ? PROBE_OK : PROBE_FAILED, detail,
	       "no container can run", mend);
}

/* No start can do without a /proc; what the others find then would mislead. */
static bool probe_own_proc(struct probing *p)
{
	bool is_there = access("/proc/self/exe", F_OK) == 0;

	report(p, "/proc", is_there ? PROBE_OK : PROBE_FAILED,
	       is_there ? "mounted" : "not mounted", "no container can run",
	       "mount -t proc proc /proc");
	return is_there;
}

/* Each kind has a limit of its own. */
static void probe_namespaces(struct probing *p)
{
	static const struct {
		uint64_t flag;
		const char *name;
	} kinds[] = {
		{CLONE_NEWNS, "mnt"},  {CLONE_NEWPID, "pid"}, {CLONE_NEWNET, "net"},
		{CLONE_NEWIPC, "ipc"}, {CLONE_NEWUTS, "uts"}, {CLONE_NEWCGROUP, "cgroup"},
	};

	for (size_t i = 0; p->has_userns && i < ARRAY_SIZE(kinds); i++) {
		int r = in_child(CLONE_NEWUSER | kinds[i].flag, child_userns, p->host);

		if (r == 0)
			continue;
		/* The mounts that are tried need these. */
		if (kinds[i].flag & (CLONE_NEWNS | CLONE_NEWPID))
			p->missing = "other namespaces";
		report(p, "other namespaces", PROBE_FAILED,
		       arena_printf(p->arena, "%s: %s", kinds[i].name, strerror(-r)),
		       "no container can run",
		       r == -ENOSPC || r == -EUSERS
			       ? arena_printf(p->arena,
					      "sudo sysctl user.max_%s_namespaces=65536",
					      kinds[i].name)
			       : "see the kernel's log: a security module or a container "
				 "refuses it");
		return;
	}
	report(p, "other namespaces", p->has_userns ? PROBE_OK : PROBE_FAILED,
	       p->has_userns ? "can be made" : "not without user namespaces",
	       "no container can run", "see user namespaces");
}

static void probe_mount_right(struct probing *p)
{
	static const char name[] = "mounts in user namespaces";
	struct apparmor_cause cause = {NULL, "see the kernel's log: a security module or "
					     "a container refuses it"};
	int r;

	if (report_missing(p, name, PROBE_FAILED, "no container can run"))
		return;
	r = in_child(CLONE_NEWUSER | CLONE_NEWNS, child_mount, p->host);
	p->missing = r == 0 ? NULL : name;
	if (r < 0 && !apparmor_restricts_userns(p->arena, &cause))
		cause.what = strerror(-r);
	report(p, name, r == 0 ? PROBE_OK : PROBE_FAILED, r == 0 ? "allowed" : cause.what,
	       "no container can run", cause.mend);
}

static int wait_for_end(const struct host *h)
{
	(void)h;
	pause();
	return 0;
}

/* Lets one helper map one subordinate id into a child that waits. */
static int try_helper(struct probing *p, const char *path, const char *name, uint32_t own,
		      const struct subid_range *sub, int child_pid)
{
	_cleanup_fd_ int pidfd = -EBADF;
	struct spawn spawn = {
		.path = path, .stdio = {-1, -1, -1}, .userns = -1, .mntns = -1};
	struct strv argv = {0};
	int code, r;

	strv_push(p->arena, &argv, name);
	strv_pushf(p->arena, &argv, "%d", child_pid);
	strv_push(p->arena, &argv, "0");
	strv_pushf(p->arena, &argv, "%u", own);
	strv_push(p->arena, &argv, "1");
	strv_push(p->arena, &argv, "1");
	strv_pushf(p->arena, &argv, "%u", sub->start);
	strv_push(p->arena, &argv, "1");
	spawn.argv = argv.v;
	r = process_spawn(&spawn, &pidfd);
	if (r < 0)
		return r;
	r = process_wait(pidfd, &code);
	return r < 0 ? r : code == 0 ? 0 : -EPERM;
}

static const char *helper_rights(const char *path)
{
	struct stat st;

	if (cred_has_no_new_privs())
		return "gains no rights: no_new_privs is set";
	if (stat(path, &st) < 0)
		return "not installed";
	return st.st_mode & S_ISUID
		       ? "is set-uid and refuses"
		       : "has no set-uid bit, and its file capability does not work";
}

static void probe_newidmap(struct probing *p)
{
	static const char mend[] =
		"install the package uidmap (Debian, Ubuntu), shadow-utils "
		"(Fedora), shadow (Arch, SUSE) or shadow-uidmap (Alpine)";
	static const char bits[] = "sudo chmod u+s " NEWUIDMAP_PATH " " NEWGIDMAP_PATH;
	const struct host *h = p->host;
	_cleanup_fd_ int pidfd = -EBADF;
	const char *lost = "only one user id inside a container", *name;
	int code, r, r2, failed;
	pid_t pid;

	if (!h->has_newuidmap || !h->has_newgidmap) {
		report(p, "newuidmap, newgidmap", PROBE_DEGRADED, "not installed", lost,
		       mend);
		return;
	}
	if (!h->n_subuids || !h->n_subgids || !p->has_userns)
		return; /* the other probes tell */
	pid = process_clone(CLONE_NEWUSER, -1, &pidfd);
	if (pid == 0) {
		process_die_with_parent(SIGKILL);
		_exit(wait_for_end(h));
	}
	if (pid < 0)
		return;
	r = try_helper(p, NEWUIDMAP_PATH, "newuidmap", h->uid, &h->subuids[0], pid);
	r2 = try_helper(p, NEWGIDMAP_PATH, "newgidmap", h->gid, &h->subgids[0], pid);
	process_kill(pidfd, SIGKILL);
	process_wait(pidfd, &code);
	failed = r ? r : r2;
	name = r ? "newuidmap" : "newgidmap";
	report(p, "newuidmap, newgidmap", r == 0 && r2 == 0 ? PROBE_OK : PROBE_DEGRADED,
	       r == 0 && r2 == 0 ? "write maps"
	       : failed != -EPERM
		       ? arena_printf(p->arena, "%s: %s", name, strerror(-failed))
		       : arena_printf(p->arena, "%s %s", name,
				      helper_rights(r ? NEWUIDMAP_PATH : NEWGIDMAP_PATH)),
	       lost,
	       failed == -EMFILE	 ? "ulimit -n 1024"
	       : failed == -EAGAIN	 ? "ulimit -u 1024"
	       : cred_has_no_new_privs() ? "start urun outside of what set it: setpriv, "
					   "NoNewPrivileges= of "
					   "systemd, a sandbox"
					 : bits);
}

static void probe_subids(struct probing *p)
{
	const struct host *h = p->host;
	uint64_t uids = 0, gids = 0;
	bool is_enough;

	for (size_t i = 0; i < h->n_subuids; i++)
		uids += h->subuids[i].count;
	for (size_t i = 0; i < h->n_subgids; i++)
		gids += h->subgids[i].count;
	is_enough = (uids >= 65535 && gids >= 65535) || h->is_root;
	report(p, "subordinate ids", is_enough ? PROBE_OK : PROBE_DEGRADED,
	       arena_printf(p->arena, "%llu user ids, %llu group ids",
			    (unsigned long long)uids, (unsigned long long)gids),
	       uids && gids ? "users of a rootfs above those ids cannot be had"
			    : "only one user id inside a container",
	       arena_printf(p->arena,
			    "sudo usermod --add-subuids 100000-165535 --add-subgids "
			    "100000-165535 %s",
			    h->user));
}

static void probe_mount(struct probing *p, const char *name,
			int (*check)(const struct host *), const char *works,
			const char *lost, const char *mend)
{
	const uint64_t flags = CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID;
	int r;

	if (report_missing(p, name, PROBE_DEGRADED, lost))
		return;
	r = in_child(flags, check, p->host);
	report(p, name, r == 0 ? PROBE_OK : PROBE_DEGRADED, r == 0 ? works : strerror(-r),
	       lost, mend);
}

static void probe_mounts(struct probing *p)
{
	probe_mount(p, "a /proc of its own", child_proc, "can be mounted",
		    "containers run only with --pid host",
		    "this is a container whose /proc is partly hidden: start it with "
		    "--security-opt unmask=ALL");
	probe_mount(p, "native overlay", child_overlay, "works in a user namespace",
		    "overlays need fuse-overlayfs, which is slower",
		    "use Linux 5.11 or later");
	probe_mount(p, "user attributes on tmpfs", child_xattr, "stored",
		    "throw-away overlays need fuse-overlayfs, which is slower",
		    "use Linux 6.6 or later");
}

static void probe_device(struct probing *p, const char *path, dev_t number,
			 const char *lost, const char *mend)
{
	_cleanup_fd_ int fd = fd_open(AT_FDCWD, path, O_RDWR | O_NONBLOCK);
	struct stat st;
	int r = fd < 0 ? fd : fd_stat(fd, &st);

	if (r == 0 && (!S_ISCHR(st.st_mode) || st.st_rdev != number))
		r = -ENODEV;
	report(p, path, r >= 0 ? PROBE_OK : PROBE_DEGRADED,
	       r >= 0 ? "can be opened" : strerror(-r), lost, mend);
}

static void probe_program(struct probing *p, const char *name, const char *path,
			  const char *lost, const char *mend)
{
	bool is_there = access(path, X_OK) == 0;

	report(p, name, is_there ? PROBE_OK : PROBE_DEGRADED,
	       is_there ? path : "not installed", lost, mend);
}

const char *probe_cgroup_version(void)
{
	return cgroup_layout_name(cgroup_layout());
}

#define NO_LIMITS "no limits on memory, CPU and processes"

/* What a container with limits needs as a rule; others are asked for seldom. */
#define USUAL (1u << CGROUP_CPU | 1u << CGROUP_MEMORY | 1u << CGROUP_PIDS)

static const char *all_names(uint32_t mask, struct arena *a)
{
	return mask ? cgroup_controller_names(mask, a) : "nothing";
}

/* The user's systemd is there: what was it given? */
static void probe_manager(struct probing *p, const struct host_cgroup *c)
{
	uint32_t missing = USUAL & ~c->manager_controllers;
	struct arena *a = p->arena;
	const char *detail =
		arena_printf(a, "systemd gives %s", all_names(c->manager_controllers, a));

	if (access(helper_path("urun-scope", a), X_OK) < 0) {
		report(p, "cgroup delegation", PROBE_DEGRADED,
		       "urun-scope is missing, which asks systemd", NO_LIMITS,
		       "build urun where libsystemd is: './autogen.sh --packages'");
		return;
	}
	report(p, "cgroup delegation", missing ? PROBE_DEGRADED : PROBE_OK, detail,
	       missing == USUAL
		       ? NO_LIMITS
		       : arena_printf(a, "no limits by %s", all_names(missing, a)),
	       arena_printf(a,
			    "sudo mkdir -p /etc/systemd/system/user@.service.d; printf "
			    "'[Service]\\nDelegate=%s\\n' | sudo tee "
			    "/etc/systemd/system/user@.service.d/delegate.conf; sudo "
			    "systemctl "
			    "daemon-reload; and log in again",
			    cgroup_controller_names(c->manager_controllers | USUAL, a)));
}

static void probe_cgroup(struct probing *p)
{
	struct host host = *p->host;
	const struct host_cgroup *c = &host.cgroup;
	struct arena *a = p->arena;

	host_read_cgroup(&host, a);
	if (c->layout != CGROUP_UNIFIED)
		report(p, "cgroup delegation", PROBE_DEGRADED,
		       arena_printf(a, "cgroup is %s, delegation needs v2",
				    cgroup_layout_name(c->layout)),
		       NO_LIMITS, "boot with systemd.unified_cgroup_hierarchy=1");
	else if (c->base && (!c->has_manager ||
			     (c->is_base_sure && !(USUAL & ~c->base_controllers))))
		report(p, "cgroup delegation", PROBE_OK,
		       arena_printf(a, "'%s/' is yours, with %s", c->base,
				    all_names(c->base_controllers, a)),
		       NULL, NULL);
	else if (c->has_manager)
		probe_manager(p, c);
	else
		report(p, "cgroup delegation", PROBE_DEGRADED,
		       "the caller's own cgroup cannot be written", NO_LIMITS,
		       c->is_systemd
			       ? arena_printf(a,
					      "log in through a session, or: sudo "
					      "loginctl "
					      "enable-linger %s",
					      p->host->user)
			       : "'urun run --memory 1g host: true' says how to get one");
}

static void probe_bus(struct probing *p)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	_cleanup_fd_ int sock = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	const char *dir = p->host->runtime_dir;
	int r = -ENOENT;

	if (dir && snprintf(addr.sun_path, sizeof(addr.sun_path), "%s/bus", dir) <
			   (int)sizeof(addr.sun_path))
		r = connect(sock, (struct sockaddr *)&addr, sizeof(addr)) < 0 ? -errno
									      : 0;
	report(p, "user bus", r == 0 ? PROBE_OK : PROBE_DEGRADED,
	       r == 0 ? "answers"
	       : dir  ? strerror(-r)
		      : "no XDG_RUNTIME_DIR",
	       "systemd cannot be asked for a scope with limits",
	       arena_printf(p->arena,
			    "log in through a session, or: sudo loginctl enable-linger "
			    "%s",
			    p->host->user));
}

static void probe_kernel(struct probing *p)
{
	int abi = (int)syscall(SYS_landlock_create_ruleset, NULL, 0, 1);
	_cleanup_fd_ int memory = (int)syscall(SYS_memfd_create, "urun", 0x0010U);
	bool has_filter = prctl(PR_GET_SECCOMP, 0, 0, 0, 0) >= 0;

	report(p, "landlock", abi > 0 ? PROBE_OK : PROBE_DEGRADED,
	       abi > 0 ? arena_printf(p->arena, "ABI %d", abi) : "not in this kernel",
	       "a second wall around containers that share namespaces is missing",
	       "use a kernel with CONFIG_SECURITY_LANDLOCK");
	report(p, "seccomp", has_filter ? PROBE_OK : PROBE_DEGRADED,
	       has_filter ? "filters can be loaded" : "not in this kernel",
	       "containers run only with --security-opt seccomp=unconfined",
	       "use a kernel with CONFIG_SECCOMP_FILTER");
	report(p, "executable memory files",
	       memory >= 0 || errno == EINVAL ? PROBE_OK : PROBE_DEGRADED,
	       memory >= 0 || errno == EINVAL ? "allowed" : strerror(errno),
	       "urun runs only where its user cannot write it",
	       "sudo sysctl vm.memfd_noexec=0, or install urun as root");
}

void probe_all(const struct host *host, struct arena *a, struct probe_results *ret)
{
	struct probing p = {.host = host, .arena = a, .results = ret};

	*ret = (struct probe_results){0};
	if (!probe_own_proc(&p))
		return;
	probe_userns(&p);
	probe_namespaces(&p);
	probe_mount_right(&p);
	probe_newidmap(&p);
	probe_subids(&p);
	probe_mounts(&p);
	probe_device(&p, "/dev/fuse", makedev(10, 229), "fuse-overlayfs cannot run",
		     "sudo modprobe fuse; sudo chmod 666 /dev/fuse");
	probe_program(&p, "fuse-overlayfs", FUSE_OVERLAYFS_PATH,
		      "no overlays where the kernel's own is refused",
		      "install the package fuse-overlayfs");
	probe_device(&p, "/dev/net/tun", makedev(10, 200),
		     "no network: each container needs --network none, or host",
		     "sudo modprobe tun; sudo chmod 666 /dev/net/tun");
	probe_program(&p, "slirp4netns", SLIRP4NETNS_PATH,
		      "the default network has to be pasta's",
		      "install the package slirp4netns");
	probe_program(&p, "pasta", PASTA_PATH, "no --network pasta",
		      "install the package passt");
	probe_cgroup(&p);
	probe_bus(&p);
	probe_kernel(&p);
}
