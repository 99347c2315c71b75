// SPDX-License-Identifier: Apache-2.0
/*
 * floor.c - the least that a start can cost
 *
 *	urun-bench-floor [--uids WORDS --gids WORDS] [--locks] ROOTFS COMMAND [ARG...]
 *
 * Makes what `urun run --rootfs` makes by default, and nothing else: the same namespaces,
 * the same id maps, the same mounts, then the command; no option, no check, no message
 * that says what to do. It is what urun's start is compared to, and no program to run
 * anything with.
 *
 * --uids and --gids are for newuidmap(1) and newgidmap(1): "INSIDE OUTSIDE COUNT ...",
 * separated by spaces. Without them the caller's one id becomes root. --locks adds what
 * urun does to lock the container: masks, read-only mounts, capabilities, a filter that
 * allows everything.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef NEWUIDMAP_PATH
#define NEWUIDMAP_PATH "/usr/bin/newuidmap"
#endif
#ifndef NEWGIDMAP_PATH
#define NEWGIDMAP_PATH "/usr/bin/newgidmap"
#endif

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define MAX_WORDS     64
#define NAMESPACES                                                                  \
	(CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWIPC | \
	 CLONE_NEWUTS | CLONE_NEWCGROUP)

struct options {
	char *uids, *gids; /* NULL: one id */
	bool want_locks;
	const char *root;
	char **command;
};

static __attribute__((noreturn)) void die(const char *what)
{
	fprintf(stderr, "urun-bench-floor: %s: %s\n", what, strerror(errno));
	_exit(125);
}

static void must(long r, const char *what)
{
	if (r < 0)
		die(what);
}

static void write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);

	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		die(path);
	close(fd);
}

/* The file of this process in /proc exists once the clone is done: no second process
 * needed. */
static void map_one_id(uid_t uid, gid_t gid)
{
	char text[32];

	write_file("/proc/self/setgroups", "deny");
	snprintf(text, sizeof(text), "0 %u 1\n", gid);
	write_file("/proc/self/gid_map", text);
	snprintf(text, sizeof(text), "0 %u 1\n", uid);
	write_file("/proc/self/uid_map", text);
}

static pid_t run_mapper(const char *path, pid_t child, char *words)
{
	char *argv[MAX_WORDS + 3], number[16], *word;
	static char *const no_env[] = {NULL};
	unsigned int n = 0;
	pid_t pid;

	snprintf(number, sizeof(number), "%d", child);
	argv[n++] = (char *)path;
	argv[n++] = number;
	while (n < MAX_WORDS + 2 && (word = strsep(&words, " ")))
		argv[n++] = word;
	argv[n] = NULL;
	pid = vfork();
	if (pid == 0) {
		execve(path, argv, no_env);
		_exit(127);
	}
	must(pid, "vfork");
	return pid;
}

static void map_ids(const struct options *o, pid_t child)
{
	int status_u = 1, status_g = 1;
	pid_t u = run_mapper(NEWUIDMAP_PATH, child, o->uids);
	pid_t g = run_mapper(NEWGIDMAP_PATH, child, o->gids);

	waitpid(u, &status_u, 0);
	waitpid(g, &status_g, 0);
	if (status_u || status_g) {
		errno = EPERM;
		die("newuidmap, newgidmap");
	}
}

static void raise_loopback(void)
{
	struct ifreq lo = {.ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	must(fd, "socket");
	must(ioctl(fd, SIOCSIFFLAGS, &lo), "bring up lo");
	close(fd);
}

static void mount_fs(const char *type, const char *at, unsigned long flags,
		     const char *data)
{
	must(mount(type, at, type, flags, data), at);
}

static void bind_mount(const char *from, const char *at)
{
	must(mount(from, at, NULL, MS_BIND, NULL), at);
}

/* Works in the root folder that is being made: all paths are relative to it. */
static void make_dev(bool has_tty_group)
{
	static const char *const nodes[] = {"null",   "zero",	 "full",
					    "random", "urandom", "tty"};
	static const char *const links[][2] = {
		{"/proc/self/fd", "dev/fd"},	   {"/proc/self/fd/0", "dev/stdin"},
		{"/proc/self/fd/1", "dev/stdout"}, {"/proc/self/fd/2", "dev/stderr"},
		{"/proc/kcore", "dev/core"},	   {"pts/ptmx", "dev/ptmx"},
	};
	char from[32], at[32];

	mount_fs("tmpfs", "dev", MS_NOSUID | MS_NOEXEC, "mode=755,size=65536k");
	for (unsigned int i = 0; i < ARRAY_SIZE(nodes); i++) {
		snprintf(from, sizeof(from), "/dev/%s", nodes[i]);
		snprintf(at, sizeof(at), "dev/%s", nodes[i]);
		must(mknod(at, S_IFREG | 0666, 0), at);
		bind_mount(from, at);
	}
	for (unsigned int i = 0; i < ARRAY_SIZE(links); i++)
		must(symlink(links[i][0], links[i][1]), links[i][1]);
	must(mkdir("dev/pts", 0755), "dev/pts");
	must(mkdir("dev/shm", 01777), "dev/shm");
	must(mkdir("dev/mqueue", 01777), "dev/mqueue");
	mount_fs("devpts", "dev/pts", MS_NOSUID | MS_NOEXEC,
		 has_tty_group ? "newinstance,ptmxmode=0666,mode=0620,gid=5"
			       : "newinstance,ptmxmode=0666,mode=0620");
	mount_fs("tmpfs", "dev/shm", MS_NOSUID | MS_NODEV | MS_NOEXEC,
		 "mode=1777,size=65536k");
	mount_fs("mqueue", "dev/mqueue", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL);
}

/* The four files that a container has of its own. Their names go, the mounts keep them.
 * */
static void bind_files(void)
{
	static const char *const files[] = {"etc/hosts", "etc/hostname",
					    "etc/resolv.conf", "run/.containerenv"};

	for (unsigned int i = 0; i < ARRAY_SIZE(files); i++) {
		write_file("dev/file", "a line of text\n");
		bind_mount("dev/file", files[i]);
		must(unlink("dev/file"), "dev/file");
	}
}

static void make_tree(const struct options *o)
{
	unsigned long noexec = MS_NOSUID | MS_NODEV | MS_NOEXEC;

	must(mount(NULL, "/", NULL, MS_SLAVE | MS_REC, NULL), "make / a slave");
	must(mount(o->root, o->root, NULL, MS_BIND | MS_REC, NULL), o->root);
	must(chdir(o->root), o->root);
	mount_fs("proc", "proc", noexec, NULL);
	make_dev(o->gids != NULL);
	mount_fs("sysfs", "sys", noexec | MS_RDONLY, NULL);
	/* Not there without cgroup v2 in the kernel; urun goes on, too. */
	(void)!mount("cgroup2", "sys/fs/cgroup", "cgroup2", noexec | MS_RDONLY, NULL);
	bind_files();
	must(sethostname("floor", 5), "host name");
}

static void pivot(void)
{
	must(syscall(SYS_pivot_root, ".", "."), "pivot_root");
	must(umount2(".", MNT_DETACH), "unmount the old root");
	must(chdir("/"), "/");
}

/* The paths that urun masks and that this kernel has are few: the rest fails at once. */
static void mask_paths(void)
{
	static const char *const masked[] = {
		"/proc/acpi",	       "/proc/interrupts",
		"/proc/kcore",	       "/proc/keys",
		"/proc/latency_stats", "/proc/sched_debug",
		"/proc/scsi",	       "/proc/timer_list",
		"/proc/timer_stats",   "/sys/devices/virtual/powercap",
		"/sys/firmware",       "/sys/fs/selinux",
	};
	static const char *const readonly[] = {"/proc/asound", "/proc/bus",
					       "/proc/fs",     "/proc/irq",
					       "/proc/sys",    "/proc/sysrq-trigger"};
	unsigned long noexec = MS_NOSUID | MS_NODEV | MS_NOEXEC;

	for (unsigned int i = 0; i < ARRAY_SIZE(masked); i++) {
		if (mount("/dev/null", masked[i], NULL, MS_BIND, NULL) < 0 &&
		    errno == ENOTDIR)
			mount_fs("tmpfs", masked[i], noexec | MS_RDONLY,
				 "size=0,nr_inodes=1,mode=0755");
	}
	for (unsigned int i = 0; i < ARRAY_SIZE(readonly); i++) {
		if (mount(readonly[i], readonly[i], NULL, MS_BIND | MS_REC, NULL) == 0)
			must(mount(NULL, readonly[i], NULL,
				   MS_REMOUNT | MS_BIND | MS_RDONLY | noexec, NULL),
			     readonly[i]);
	}
}

static void drop_rights(void)
{
	struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct sets[2] = {{0}};
	struct sock_filter allow[] = {BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)};
	struct sock_fprog program = {.len = 1, .filter = allow};

	for (int cap = 0; prctl(PR_CAPBSET_READ, cap, 0, 0, 0) >= 0; cap++)
		must(prctl(PR_CAPBSET_DROP, cap, 0, 0, 0), "bounding set");
	must(syscall(SYS_capset, &head, sets), "capabilities");
	must(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "no_new_privs");
	must(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program), "filter");
}

static __attribute__((noreturn)) void run_child(const struct options *o, uid_t uid,
						gid_t gid, const int ready[2])
{
	static char path[] =
		"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
	char *env[] = {path, NULL}, byte;

	raise_loopback();
	if (o->uids) {
		close(ready[1]);
		if (read(ready[0], &byte, 1) != 1)
			_exit(125);
	} else {
		map_one_id(uid, gid);
	}
	make_tree(o);
	pivot();
	if (o->want_locks) {
		mask_paths();
		drop_rights();
	}
	execve(o->command[0], o->command, env);
	die(o->command[0]);
}

static void read_options(struct options *o, int argc, char **argv)
{
	int i = 1;

	for (; i < argc && strncmp(argv[i], "--", 2) == 0; i++) {
		if (strcmp(argv[i], "--locks") == 0)
			o->want_locks = true;
		else if (strcmp(argv[i], "--uids") == 0 && i + 1 < argc)
			o->uids = argv[++i];
		else if (strcmp(argv[i], "--gids") == 0 && i + 1 < argc)
			o->gids = argv[++i];
	}
	if (argc - i < 2 || !o->uids != !o->gids) {
		fprintf(stderr, "usage: urun-bench-floor [--uids WORDS --gids WORDS] "
				"[--locks] ROOTFS COMMAND [ARG...]\n");
		exit(2);
	}
	o->root = argv[i];
	o->command = argv + i + 1;
}

int main(int argc, char **argv)
{
	struct options o = {0};
	uid_t uid = getuid();
	gid_t gid = getgid();
	int ready[2] = {-1, -1}, status;
	long child;

	read_options(&o, argc, argv);
	if (o.uids)
		must(pipe2(ready, O_CLOEXEC), "pipe");
#if defined(__s390__) || defined(__CRIS__)
	child = syscall(SYS_clone, NULL, NAMESPACES | SIGCHLD, NULL, NULL, NULL);
#else
	child = syscall(SYS_clone, NAMESPACES | SIGCHLD, NULL, NULL, NULL, NULL);
#endif
	if (child == 0)
		run_child(&o, uid, gid, ready);
	must(child, "clone");
	if (o.uids) {
		map_ids(&o, (pid_t)child);
		must(write(ready[1], "", 1), "pipe");
	}
	must(waitpid((pid_t)child, &status, 0), "wait");
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
