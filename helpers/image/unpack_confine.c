// SPDX-License-Identifier: Apache-2.0
/*
 * unpack_confine.c - see unpack_confine() in unpack.h
 *
 * Whoever takes over a decompressor or the tar reader is left with: the blob, the layer's folder,
 * one line to say, memory and time.
 */
#include "unpack.h"

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <seccomp.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "sys/fd.h"
#include "sys/rlimit.h"

/* --- landlock --- */

/* The kernel's own header may be older than the kernel. Source: linux/landlock.h, Linux 6.12. */
struct landlock_ruleset {
	uint64_t fs, net, scopes;
};
struct landlock_beneath {
	uint64_t allowed;
	int32_t parent;
} __attribute__((packed));

#ifndef SYS_landlock_create_ruleset
#define SYS_landlock_create_ruleset 444
#define SYS_landlock_add_rule	    445
#define SYS_landlock_restrict_self  446
#endif

#define GET_VERSION	  1u
#define RULE_PATH_BENEATH 1

enum {
	FS_EXECUTE = 1 << 0,
	FS_WRITE_FILE = 1 << 1,
	FS_READ_FILE = 1 << 2,
	FS_READ_DIR = 1 << 3,
	FS_ALL_1 = (1 << 13) - 1, /* the above, and all kinds of making and removing */
	FS_REFER = 1 << 13,
	FS_TRUNCATE = 1 << 14,
	FS_IOCTL_DEV = 1 << 15,
	NET_BIND_AND_CONNECT = 3,
	SCOPE_ABSTRACT_SOCKET_AND_SIGNAL = 3,
};

/* What each version of the interface can restrict. */
static struct landlock_ruleset get_handled(long abi)
{
	struct landlock_ruleset r = {.fs = FS_ALL_1};

	if (abi >= 2)
		r.fs |= FS_REFER;
	if (abi >= 3)
		r.fs |= FS_TRUNCATE;
	if (abi >= 4)
		r.net = NET_BIND_AND_CONNECT;
	if (abi >= 5)
		r.fs |= FS_IOCTL_DEV;
	if (abi >= 6)
		r.scopes = SCOPE_ABSTRACT_SOCKET_AND_SIGNAL;
	return r;
}

static size_t ruleset_size(long abi)
{
	if (abi >= 6)
		return sizeof(struct landlock_ruleset);
	return abi >= 4 ? offsetof(struct landlock_ruleset, scopes)
			: offsetof(struct landlock_ruleset, net);
}

/* Nothing is ever executed, and no ioctl is for a device in a layer. */
static int restrict_files(int tree, bool is_readonly, long abi, struct err *err)
{
	struct landlock_ruleset handled = get_handled(abi);
	uint64_t wanted = is_readonly ? FS_READ_FILE | FS_READ_DIR
				      : ~(uint64_t)(FS_EXECUTE | FS_IOCTL_DEV);
	struct landlock_beneath rule = {
		.allowed = handled.fs & wanted,
		.parent = tree,
	};
	struct stat st;
	_cleanup_fd_ int set =
		(int)syscall(SYS_landlock_create_ruleset, &handled, ruleset_size(abi), 0);

	/* A single file has no folders below it. */
	if (is_readonly && fd_stat(tree, &st) == 0 && !S_ISDIR(st.st_mode))
		rule.allowed = FS_READ_FILE;
	if (set < 0 ||
	    syscall(SYS_landlock_add_rule, set, RULE_PATH_BENEATH, &rule, 0) < 0 ||
	    syscall(SYS_landlock_restrict_self, set, 0) < 0)
		return err_set(err, -errno,
			       "restrict the unpacker to the layer's folder");
	return 0;
}

static int use_landlock(int tree, bool is_readonly, struct err *err)
{
	long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, GET_VERSION);

	/* Not built in, not switched on, or refused by an outer filter. */
	if (abi < 1)
		return 0;
	return restrict_files(tree, is_readonly, abi, err);
}

/* --- seccomp --- */

/* Calls that lead out of this process or reach much of the kernel. Names that the build's
 * libseccomp does not know are left out. */
static const char *const refused_calls[] = {
	"accept",
	"accept4",
	"add_key",
	"bind",
	"bpf",
	"chroot",
	"connect",
	"execve",
	"execveat",
	"fanotify_init",
	"finit_module",
	"fork",
	"fsconfig",
	"fsmount",
	"fsopen",
	"fspick",
	"init_module",
	"io_setup",
	"io_uring_enter",
	"io_uring_register",
	"io_uring_setup",
	"kcmp",
	"kexec_file_load",
	"kexec_load",
	"keyctl",
	"kill",
	"listen",
	"mount",
	"mount_setattr",
	"move_mount",
	"name_to_handle_at",
	"open_by_handle_at",
	"open_tree",
	"perf_event_open",
	"pidfd_getfd",
	"pidfd_open",
	"pidfd_send_signal",
	"pivot_root",
	"process_madvise",
	"process_vm_readv",
	"process_vm_writev",
	"ptrace",
	"recvmmsg",
	"recvmsg",
	"request_key",
	"rt_sigqueueinfo",
	"rt_tgsigqueueinfo",
	"sendmmsg",
	"sendmsg",
	"sendto",
	"setns",
	"shmat",
	"shmget",
	"socket",
	"socketpair",
	"swapon",
	"tkill",
	"umount2",
	"unshare",
	"userfaultfd",
	"vfork",
	"vmsplice",
};

static int refuse_call(scmp_filter_ctx ctx, const char *name)
{
	int nr = seccomp_syscall_resolve_name(name);

	if (nr == __NR_SCMP_ERROR)
		return 0;
	/* Negative numbers are calls that this machine does not have. */
	return nr < 0 ? 0 : seccomp_rule_add(ctx, SCMP_ACT_ERRNO(EPERM), nr, 0);
}

/* Threads only. The flags of clone3(2) are in memory, where a filter cannot see them: it is not
 * there, and libc takes clone(2). */
static int refuse_processes(scmp_filter_ctx ctx)
{
#ifdef __s390__
	const unsigned flags = 1;
#else
	const unsigned flags = 0;
#endif
	int nr = seccomp_syscall_resolve_name("clone3"), r = 0;

	if (nr >= 0)
		r = seccomp_rule_add(ctx, SCMP_ACT_ERRNO(ENOSYS), nr, 0);
	if (r < 0)
		return r;
	return seccomp_rule_add(ctx, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(clone), 1,
				SCMP_CMP(flags, SCMP_CMP_MASKED_EQ, CLONE_THREAD, 0));
}

/* Signals, as abort(3) sends them, and limits are this process's own affair. */
static int refuse_others(scmp_filter_ctx ctx)
{
	int r = seccomp_rule_add(ctx, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(tgkill), 1,
				 SCMP_A0(SCMP_CMP_NE, (scmp_datum_t)getpid()));

	if (r < 0)
		return r;
	return seccomp_rule_add(ctx, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(prlimit64), 1,
				SCMP_A0(SCMP_CMP_NE, 0));
}

static int make_filter(scmp_filter_ctx ctx)
{
	int r = seccomp_attr_set(ctx, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);

	if (r == 0)
		r = refuse_processes(ctx);
	if (r == 0)
		r = refuse_others(ctx);
	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(refused_calls); i++)
		r = refuse_call(ctx, refused_calls[i]);
	return r;
}

/* libseccomp's own seccomp_load() is not to be had here: the core has one of that name. */
static int load(const struct sock_fprog *prog)
{
	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, prog) == 0)
		return 0;
	/* A kernel without filters, or an outer filter that refuses more of them: what is left
	 * are landlock, and the user namespace. */
	if (errno == EPERM || errno == ENOSYS || prctl(PR_GET_SECCOMP) < 0)
		return 0;
	return -errno;
}

static int export_and_load(scmp_filter_ctx ctx)
{
	_cleanup_fd_ int fd = memfd_create("filter", MFD_CLOEXEC);
	_cleanup_arena_ struct arena a = {0};
	struct sock_fprog prog;
	size_t len = 0;
	char *bytes;
	int r = fd < 0 ? -errno : seccomp_export_bpf(ctx, fd);

	if (r == 0 && lseek(fd, 0, SEEK_SET) < 0)
		r = -errno;
	if (r == 0)
		r = fd_read_all(fd, &a, BPF_MAXINSNS * sizeof(*prog.filter), &bytes,
				&len);
	if (r < 0)
		return r;
	prog.len = (unsigned short)(len / sizeof(*prog.filter));
	prog.filter = (void *)bytes; /* of an arena: aligned for any type */
	return load(&prog);
}

static int use_seccomp(struct err *err)
{
	scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_ALLOW);
	int r = ctx ? make_filter(ctx) : -ENOMEM;

	if (r == 0)
		r = export_and_load(ctx);
	seccomp_release(ctx);
	return r < 0 ? err_set(err, r, "load the unpacker's seccomp filter") : 0;
}

/* --- limits --- */

#define MAX_FDS	       1024u	    /* twice the default depth, and some */
#define MAX_DATA_BYTES (192u << 20) /* the largest window of zstd, and some */

/* A sanitizer's, of any size. gcc and clang tell it differently. */
#ifdef __SANITIZE_ADDRESS__
#define HAS_SHADOW_MEMORY
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define HAS_SHADOW_MEMORY
#endif
#endif

#ifdef HAS_SHADOW_MEMORY
int __lsan_is_turned_off(void);

/* The leak checker traces the process from another one, which is refused. */
int __lsan_is_turned_off(void)
{
	return prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1;
}
#endif

/* Lowers one limit, the hard one as well. */
static int lower(int resource, rlim_t to)
{
	struct rlimit l;

	if (syscall(SYS_prlimit64, 0, resource, NULL, &l) < 0)
		return -errno;
	to = MIN(l.rlim_max, to);
	return rlimit_set(resource, to, to);
}

/* RLIMIT_NPROC counts all processes of the user, so that it cannot say "one more thread": the
 * filter refuses new processes instead. */
static int set_limits(struct err *err)
{
	int r = lower(RLIMIT_CORE, 0);

	if (r == 0)
		r = lower(RLIMIT_NOFILE, MAX_FDS);
	if (r == 0)
		r = lower(RLIMIT_MEMLOCK, 0);
#ifndef HAS_SHADOW_MEMORY
	if (r == 0)
		r = lower(RLIMIT_DATA, MAX_DATA_BYTES);
#endif
	return r < 0 ? err_set(err, r, "limit the unpacker") : 0;
}

static int confine(int tree, bool is_readonly, struct err *err)
{
	int r = set_limits(err);

	if (r < 0)
		return r;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
	    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
		return err_set(err, -errno, "give up privileges of the unpacker");
	r = use_landlock(tree, is_readonly, err);
	return r < 0 ? r : use_seccomp(err);
}

int unpack_confine(int tree, struct err *err)
{
	return confine(tree, false, err);
}

int unpack_confine_reader(int tree, struct err *err)
{
	return confine(tree, true, err);
}
