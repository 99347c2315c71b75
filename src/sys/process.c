// SPDX-License-Identifier: Apache-2.0
/*
 * process.c - see process.h
 */
#include "sys/process.h"

#include <link.h>
#include <linux/nsfs.h>
#include <linux/sched.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/parse.h"
#include "sys/fd.h"
#include "sys/signals.h"

#ifndef SYS_clone3
#define SYS_clone3 435
#endif
#ifndef SYS_pidfd_open
#define SYS_pidfd_open 434
#endif
#ifndef SYS_pidfd_send_signal
#define SYS_pidfd_send_signal 424
#endif
#ifndef CLONE_INTO_CGROUP
#define CLONE_INTO_CGROUP 0x200000000ULL
#endif
#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME 0x80
#endif
#ifndef P_PIDFD
#define P_PIDFD 3
#endif

#define END_ROUNDS 200 /* with growing waits, some 15 seconds */

/* struct clone_args of linux/sched.h, as of Linux 5.7 */
struct clone3_args {
	uint64_t flags, pidfd, child_tid, parent_tid, exit_signal;
	uint64_t stack, stack_size, tls, set_tid, set_tid_size, cgroup;
};

static pid_t old_clone(uint64_t flags, int cgroup, int *pidfd)
{
	unsigned long f = (unsigned long)flags | CLONE_PIDFD | SIGCHLD;
	long pid;

	if (cgroup >= 0)
		return -ENOSYS;
	if (flags & CLONE_NEWTIME)
		return -ENOTSUP;
#if defined(__s390__) || defined(__CRIS__)
	pid = syscall(SYS_clone, NULL, f, pidfd, NULL, 0);
#else
	pid = syscall(SYS_clone, f, NULL, pidfd, NULL, 0);
#endif
	return pid < 0 ? -errno : (pid_t)pid;
}

pid_t process_clone(uint64_t flags, int cgroup, int *ret_pidfd)
{
	int pidfd = -1;
	struct clone3_args args = {
		.flags = flags | CLONE_PIDFD | (cgroup >= 0 ? CLONE_INTO_CGROUP : 0),
		.pidfd = (uint64_t)(uintptr_t)&pidfd,
		/* CLONE_PARENT: the child signals the way this process does */
		.exit_signal = flags & CLONE_PARENT ? 0 : SIGCHLD,
		.cgroup = cgroup >= 0 ? (uint64_t)cgroup : 0,
	};
	long pid = syscall(SYS_clone3, &args, sizeof(args));

	/* EPERM: a filter's, or the kernel's, which old_clone() then gets as well. */
	if (pid < 0 && (errno == ENOSYS ||
			(errno == EPERM && cgroup < 0 && !(flags & CLONE_NEWTIME))))
		pid = old_clone(flags, cgroup, &pidfd);
	else if (pid < 0)
		pid = -errno;
	if (pid > 0)
		*ret_pidfd = pidfd;
	return (pid_t)pid;
}

bool process_can_be_born_in_cgroup(void)
{
	/* The kernel refuses the size, a filter the call. */
	return syscall(SYS_clone3, NULL, 0) == 0 || (errno != ENOSYS && errno != EPERM);
}

int process_share(int (*fn)(void *data), void *data, void *stack_top, int *ret_pidfd)
{
	int pidfd = -1;

	if (clone(fn, stack_top, CLONE_VM | CLONE_FILES | CLONE_PIDFD, data, &pidfd) < 0)
		return -errno;
	*ret_pidfd = pidfd;
	return 0;
}

void process_block_signals(sigset_t *ret_old)
{
	sigset_t all;

	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, ret_old);
}

int process_die_with_parent(int signo)
{
	return prctl(PR_SET_PDEATHSIG, signo, 0, 0, 0) < 0 ? -errno : 0;
}

static int enter_namespaces(const struct spawn *s)
{
	if (s->userns < 0)
		return 0;
	if (setns(s->userns, CLONE_NEWUSER) < 0)
		return -errno;
	/* A copy: what happens in the original later, a pivot for one, is not seen. */
	if (s->mntns >= 0 &&
	    (setns(s->mntns, CLONE_NEWNS) < 0 || unshare(CLONE_NEWNS) < 0))
		return -errno;
	/* Not mapped: the helper goes on as the caller, with the capabilities that joining
	 * gave. The C library's own calls would do it for all threads of the parent, whose
	 * memory this is, and take a lock there that a kill of this process leaves taken. */
	(void)!syscall(SYS_setresgid, 0, 0, 0);
	(void)!syscall(SYS_setresuid, 0, 0, 0);
	/* The change of ids took this back. */
	return process_die_with_parent(SIGKILL);
}

/* In the child of process_spawn(): everything between the fork and the exec. */
static int spawn_child(const struct spawn *s, pid_t parent)
{
	static char env_path[] = "PATH=/usr/sbin:/usr/bin:/sbin:/bin",
		    env_lc[] = "LC_ALL=C";
	static char *const env[] = {env_path, env_lc, NULL};
	int null = -1, copies[3], r = process_die_with_parent(SIGKILL);

	if (r < 0)
		return r;
	if (getppid() != parent)
		return -ESRCH;
	for (int i = 0; i < 3; i++) {
		if (s->stdio[i] < 0 && null < 0)
			null = fd_open(AT_FDCWD, "/dev/null", O_RDWR);
		if (s->stdio[i] < 0 && null < 0)
			return null;
		/* Copies above 2 first: one of them may be another's target. */
		copies[i] =
			fcntl(s->stdio[i] < 0 ? null : s->stdio[i], F_DUPFD_CLOEXEC, 3);
		if (copies[i] < 0)
			return -errno;
	}
	for (int i = 0; i < 3; i++)
		if (dup2(copies[i], i) < 0)
			return -errno;
	/* Nor anything that the caller left open. */
	r = fd_cloexec_from(3);
	if (r < 0)
		return r;
	for (const int *fd = s->keep; fd && *fd >= 0; fd++)
		if (fcntl(*fd, F_SETFD, 0) < 0)
			return -errno;
	if (s->is_server)
		setsid();
	r = enter_namespaces(s);
	if (r < 0)
		return r;
	r = s->prepare ? s->prepare() : 0;
	if (r < 0)
		return r;
	signals_reset();
	execve(s->path, s->argv, s->env ? s->env : env);
	return -errno;
}

pid_t process_spawn(const struct spawn *s, int *ret_pidfd)
{
	pid_t parent = getpid(), pid;
	/* Written by the child: vfork(2) shares the memory and waits for the exec. */
	volatile int failure = 0;
	int pidfd, code;

	pid = vfork();
	if (pid < 0)
		return -errno;
	if (pid == 0) {
		failure = spawn_child(s, parent);
		_exit(127);
	}
	/* The child is not reaped yet, so its number is still its own. */
	pidfd = process_open(pid);
	if (pidfd >= 0 && failure == 0) {
		*ret_pidfd = pidfd;
		return pid;
	}
	if (pidfd >= 0) {
		process_wait(pidfd, &code);
		close(pidfd);
		return failure;
	}
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	return failure < 0 ? failure : pidfd;
}

static int wait_flags(int pidfd, int flags, int *ret_code)
{
	siginfo_t info = {0};
	int r;

	do
		r = waitid(P_PIDFD, (id_t)pidfd, &info, WEXITED | __WALL | flags);
	while (r < 0 && errno == EINTR);
	if (r < 0)
		return -errno;
	if (info.si_pid == 0)
		return 0;
	*ret_code = info.si_code == CLD_EXITED ? info.si_status : 128 + info.si_status;
	return 1;
}

int process_wait(int pidfd, int *ret_code)
{
	int r = wait_flags(pidfd, 0, ret_code);

	return r < 0 ? r : 0;
}

int process_try_wait(int pidfd, int *ret_code)
{
	return wait_flags(pidfd, WNOHANG, ret_code);
}

int process_kill(int pidfd, int signo)
{
	return syscall(SYS_pidfd_send_signal, pidfd, signo, NULL, 0) < 0 ? -errno : 0;
}

int process_kill_group(pid_t leader, int signo)
{
	return kill(-leader, signo) < 0 ? -errno : 0;
}

int process_open(pid_t pid)
{
	int fd = (int)syscall(SYS_pidfd_open, pid, 0);

	/* pidfds are close-on-exec from birth, pidfd_open(2) */
	return fd < 0 ? -errno : fd;
}

bool process_is_in_proc(void)
{
	char text[16], own[16];
	ssize_t n = readlink("/proc/self", text, sizeof(text) - 1);

	if (n < 0)
		return false;
	text[n] = '\0';
	snprintf(own, sizeof(own), "%d", (int)getpid());
	return strcmp(text, own) == 0;
}

int process_ns_number(pid_t pid, const char *name, uint64_t *ret)
{
	char path[48];
	struct stat st;

	snprintf(path, sizeof(path), "/proc/%d/ns/%s", (int)pid, name);
	if (stat(path, &st) < 0)
		return -errno;
	*ret = st.st_ino;
	return 0;
}

int process_ns_owner(int ns)
{
	int fd = ioctl(ns, NS_GET_USERNS);

	return fd < 0 ? -errno : fd;
}

int process_ns_parent(int userns)
{
	int fd = ioctl(userns, NS_GET_PARENT);

	return fd < 0 ? -errno : fd;
}

/* proc_pid_stat(5) */
#define PARENT_FIELD 4
#define START_FIELD  22

static int stat_field(pid_t pid, int number, struct arena *a, const char **ret)
{
	char path[48], *stat, *at, *field = NULL;
	int r;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	r = fd_read_file(path, a, 65536, &stat, NULL);
	if (r < 0)
		return r == -ENOENT ? -ESRCH : r;
	/* The second field is a name of any kind, in parentheses. */
	at = strrchr(stat, ')');
	for (int i = 2; at && i <= number; i++)
		field = strsep(&at, " ");
	if (!field || !*field)
		return -ENODATA;
	*ret = field;
	return 0;
}

int process_number(int pidfd, pid_t *ret)
{
	_cleanup_arena_ struct arena a = {0};
	char path[64], *text, *line;
	int r, pid;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", pidfd);
	r = fd_read_file(path, &a, 4096, &text, NULL);
	while (r == 0 && (line = strsep(&text, "\n"))) {
		if (strncmp(line, "Pid:\t", 5) != 0)
			continue;
		if (parse_int(line + 5, &pid) < 0 || pid <= 0)
			return -ESRCH;
		*ret = pid;
		return 0;
	}
	return r < 0 ? r : -EBADF;
}

int process_open_parent(int pidfd, pid_t pid)
{
	_cleanup_arena_ struct arena a = {0};
	_cleanup_fd_ int parent = -EBADF;
	const char *field, *again;
	int number, r = stat_field(pid, PARENT_FIELD, &a, &field);

	if (r < 0)
		return r;
	if (parse_int(field, &number) < 0 || number <= 0)
		return -ESRCH;
	parent = process_open(number);
	if (parent < 0)
		return parent;
	/* Still the parent, so that nobody else had its number in between; and still the child. */
	r = stat_field(pid, PARENT_FIELD, &a, &again);
	if (r < 0)
		return r;
	if (strcmp(field, again) != 0 || process_kill(pidfd, 0) < 0)
		return -ESRCH;
	return fd_take(&parent);
}

int process_await(int pidfd, int wait_ms)
{
	struct pollfd p = {.fd = pidfd, .events = POLLIN};
	int r = poll(&p, 1, wait_ms);

	if (r < 0)
		return errno == EINTR ? 0 : -errno;
	return r;
}

int process_boot(struct arena *a, const char **ret)
{
	char *boot;
	int r = fd_read_file("/proc/sys/kernel/random/boot_id", a, 128, &boot, NULL);

	if (r < 0)
		return r;
	boot[strcspn(boot, "\n")] = '\0';
	*ret = boot;
	return 0;
}

int process_stamp(pid_t pid, struct process_stamp *ret)
{
	_cleanup_arena_ struct arena a = {0};
	const char *field, *boot = "";
	int r = stat_field(pid, START_FIELD, &a, &field);

	if (r == 0)
		r = process_boot(&a, &boot);
	if (r < 0)
		return r == -ENOENT ? -ESRCH : r;
	snprintf(ret->text, sizeof(ret->text), "%d %s %s", (int)pid, field, boot);
	return 0;
}

int process_open_stamped(const char *stamp, pid_t *ret_pid)
{
	_cleanup_fd_ int pidfd = -EBADF;
	struct process_stamp now;
	char digits[16];
	int pid, r;

	snprintf(digits, sizeof(digits), "%.*s", (int)MIN(strcspn(stamp, " "), 15u),
		 stamp);
	if (parse_int(digits, &pid) < 0 || pid <= 0)
		return -ESRCH;
	/* In this order: who has the stamp now has had the number since before this. */
	pidfd = process_open(pid);
	r = pidfd < 0 ? pidfd : process_stamp(pid, &now);
	if (r < 0)
		return r == -EINVAL ? -ESRCH : r;
	if (strcmp(stamp, now.text) != 0)
		return -ESRCH;
	*ret_pid = pid;
	return fd_take(&pidfd);
}

/* "SigCgt:\t0000000000010000" of /proc/PID/status as a bit mask. */
static int status_mask(const char *status, const char *key, uint64_t *ret)
{
	const char *at = strstr(status, key);
	char digits[17];
	char *end;

	if (!at)
		return -ENODATA;
	at += strlen(key);
	at += strspn(at, " \t");
	if (strspn(at, "0123456789abcdef") != 16)
		return -ENODATA;
	memcpy(digits, at, 16);
	digits[16] = '\0';
	*ret = strtoull(digits, &end, 16);
	return 0;
}

int process_disposition(pid_t pid, int signo, enum process_disposition *ret)
{
	_cleanup_arena_ struct arena a = {0};
	uint64_t bit = 1ULL << (signo - 1), blocked, ignored, caught;
	char path[48], *text;
	int r;

	snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	r = fd_read_file(path, &a, 65536, &text, NULL);
	if (r == 0)
		r = status_mask(text, "\nSigBlk:", &blocked);
	if (r == 0)
		r = status_mask(text, "\nSigIgn:", &ignored);
	if (r == 0)
		r = status_mask(text, "\nSigCgt:", &caught);
	if (r < 0)
		return r;
	*ret = (caught | blocked) & bit ? PROCESS_SIGNAL_HANDLED
	       : ignored & bit		? PROCESS_SIGNAL_IGNORED
					: PROCESS_SIGNAL_DEFAULT;
	return 0;
}

static int shrink_object(struct dl_phdr_info *info, size_t size, void *data)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);

	(void)size;
	(void)data;
	for (size_t i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *p = &info->dlpi_phdr[i];
		uintptr_t start = (info->dlpi_addr + p->p_vaddr) / page * page;
		uintptr_t end = info->dlpi_addr + p->p_vaddr + p->p_memsz;

		if (p->p_type == PT_LOAD && !(p->p_flags & PF_W))
			madvise((void *)start, end - start, MADV_DONTNEED);
	}
	return 0;
}

void process_shrink(void)
{
	dl_iterate_phdr(shrink_object, NULL);
}

int process_adopt_orphans(void)
{
	return prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) < 0 ? -errno : 0;
}

static bool has_ended(int pid)
{
	siginfo_t info = {0};

	return waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT | __WALL) <
		       0 ||
	       info.si_pid == pid;
}

/* One that is ending has no namespaces any more, and still has its children. */
static bool is_contained(int pid)
{
	struct stat own, its;
	char path[48];

	snprintf(path, sizeof(path), "/proc/%d/ns/mnt", pid);
	if (stat("/proc/self/ns/mnt", &own) < 0)
		return false;
	if (stat(path, &its) < 0)
		return errno == ENOENT && !has_ended(pid);
	return own.st_ino != its.st_ino;
}

/* Each child of a container gets a signal. Were there any? */
static bool signal_contained(int signo)
{
	_cleanup_arena_ struct arena a = {0};
	char *text, *word;
	bool has_any = false;
	int pid;

	if (fd_read_file("/proc/thread-self/children", &a, 1 << 20, &text, NULL) < 0)
		return false;
	while ((word = strsep(&text, " "))) {
		/* Not reaped yet, so the number is still its own. */
		if (parse_int(word, &pid) < 0 || !is_contained(pid))
			continue;
		has_any |= kill(pid, signo) == 0;
	}
	return has_any;
}

void process_signal_contained(int signo)
{
	signal_contained(signo);
}

void process_end_contained(void)
{
	/* What a child leaves comes to this process when that child ends: once more. Who ends only with
	 * another is not waited for. */
	for (int i = 0; i < END_ROUNDS && signal_contained(SIGKILL); i++)
		poll(NULL, 0, MIN(i, 100));
}

int process_set_personality(uint32_t domain)
{
	return personality(domain) < 0 ? -errno : 0;
}

int process_unshare(int flags)
{
	return unshare(flags) < 0 ? -errno : 0;
}

int process_make_time(const char *offsets)
{
	_cleanup_fd_ int ns = -EBADF;
	int r = process_unshare(CLONE_NEWTIME);

	if (r == 0)
		r = fd_write_file(AT_FDCWD, "/proc/self/timens_offsets", offsets);
	if (r < 0)
		return r;
	ns = fd_open(AT_FDCWD, "/proc/self/ns/time_for_children", O_RDONLY);
	return ns < 0 ? ns : process_join(ns, CLONE_NEWTIME);
}

int process_join(int ns, uint64_t type)
{
	return setns(ns, (int)type) < 0 ? -errno : 0;
}

int process_enter_hidden(int userns, int mntns)
{
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
		return -errno;
	if (userns >= 0 && setns(userns, CLONE_NEWUSER) < 0)
		return -errno;
	if (mntns >= 0 && setns(mntns, CLONE_NEWNS) < 0)
		return -errno;
	if (userns < 0)
		return 0;
	/* Not mapped: it goes on with all rights over the namespace, and another number. */
	(void)!setresgid(0, 0, 0);
	(void)!setresuid(0, 0, 0);
	/* A change of ids forgets both. */
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
		return -errno;
	return process_die_with_parent(SIGKILL);
}

bool process_reap(pid_t pid, int *ret_code, bool *ret_has_reaped, bool *ret_has_any)
{
	bool has_ended = false;
	int status;
	pid_t one;

	*ret_has_reaped = false;
	while ((one = waitpid(-1, &status, WNOHANG)) > 0) {
		*ret_has_reaped = true;
		if (one != pid)
			continue;
		has_ended = true;
		*ret_code =
			WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
	}
	*ret_has_any = one == 0;
	return has_ended;
}

bool process_has_stopped(pid_t pid)
{
	siginfo_t info = {0};

	return waitid(P_PID, (id_t)pid, &info, WSTOPPED | WNOHANG) == 0 &&
	       info.si_pid == pid;
}

int process_exec_found(char *const argv[], char *const env[])
{
	execvpe(argv[0], argv, env);
	return -errno;
}

int process_exec(const char *path, char *const argv[], char *const env[])
{
	execve(path, argv, env);
	return -errno;
}

int process_exec_fd(int fd, char *const argv[], char *const env[])
{
	syscall(SYS_execveat, fd, "", argv, env, AT_EMPTY_PATH);
	return -errno;
}
