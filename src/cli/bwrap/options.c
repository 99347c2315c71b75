// SPDX-License-Identifier: Apache-2.0
/*
 * options.c - read bubblewrap's command line
 *
 * Each value is an argument of its own. Operations on files are noted in their order; of the others the
 * last one counts. Source: bwrap(1).
 */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mountattr.h"
#include "base/parse.h"
#include "cli/bwrap/bwrap.h"
#include "sys/fd.h"

#define MAX_ARGS_BYTES (16 << 20)
#define OVERLAY_SRC                                                          \
	"--overlay-src must be followed by another --overlay-src or one of " \
	"--overlay, --tmp-overlay, or --ro-overlay"

struct bwrap_option {
	const char *name;   /* without "--" */
	const char *values; /* as the usage has them; NULL: none */
	const char *text;
	/* @v: the values. 0, or -EINVAL with @err filled. */
	int (*take)(struct bwrap *b, char **v, struct err *err);
};

/* --- values --- */

static int read_fd(const char *text, const char *option, int *ret, struct err *err)
{
	if (parse_int(text, ret) < 0 || *ret < 0)
		return err_say(err, -EINVAL, "Invalid fd: %s", text);
	if (!fd_is_open(*ret))
		return err_say(err, -EBADF, "--%s: descriptor %d is not open", option,
			       *ret);
	return 0;
}

static int read_octal(const char *text, const char *option, uint32_t *ret,
		      struct err *err)
{
	if (parse_octal(text, 07777, ret) < 0)
		return err_say(err, -EINVAL, "--%s takes an octal argument <= 07777",
			       option);
	return 0;
}

#define TEXT(name, member)                                          \
	static int name(struct bwrap *b, char **v, struct err *err) \
	{                                                           \
		(void)err;                                          \
		b->member = v[0];                                   \
		return 0;                                           \
	}

#define FD(name, option, member)                                    \
	static int name(struct bwrap *b, char **v, struct err *err) \
	{                                                           \
		return read_fd(v[0], option, &b->member, err);      \
	}

/* With what tells that there is one. */
#define OWN_FD(name, option, has, member)                           \
	static int name(struct bwrap *b, char **v, struct err *err) \
	{                                                           \
		b->has = true;                                      \
		return read_fd(v[0], option, &b->member, err);      \
	}

/* --- operations on files --- */

static struct fsop *add(struct bwrap *b, enum fsop_kind kind, const char *dest,
			bool has_own_perms, uint32_t perms)
{
	struct fsop *op = spec_add_fsop(&b->spec, kind, dest);

	op->attr_set = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV;
	op->has_mode = b->has_perms || has_own_perms;
	op->mode = b->has_perms ? b->perms : perms;
	/* Folders above are as closed to others as it is. */
	op->parent_mode = 0755;
	if (op->has_mode && !(op->mode & 0070))
		op->parent_mode &= ~0070u;
	if (op->has_mode && !(op->mode & 0007))
		op->parent_mode &= ~0007u;
	b->has_perms = false;
	return op;
}

static struct fsop *add_bind(struct bwrap *b, const char *dest, uint64_t set,
			     uint64_t clear)
{
	struct fsop *op = add(b, FSOP_BIND, dest, false, 0);

	op->attr_set = (op->attr_set | set) & ~clear;
	op->is_recursive = op->is_attr_recursive = true;
	/* What the host mounts there later is seen. */
	op->propagation = MS_SLAVE | MS_REC;
	return op;
}

/* A link of procfs leads to a mount of the caller's namespace, which is not the sandbox's: its text leads to
 * the same file there. */
static const char *find_source(struct bwrap *b, const char *path)
{
	static const char *const magic[] = {"/proc/", "/dev/fd/", "/dev/std"};
	char real[PATH_MAX];

	for (size_t i = 0; i < ARRAY_SIZE(magic); i++)
		if (strncmp(path, magic[i], strlen(magic[i])) == 0 &&
		    realpath(path, real))
			return arena_strdup(b->arena, real);
	return path;
}

static int bind_path(struct bwrap *b, char **v, uint64_t set, uint64_t clear, bool is_try)
{
	struct fsop *op = add_bind(b, v[1], set, clear);

	op->source = find_source(b, v[0]);
	op->is_source_optional = is_try;
	return 0;
}

static int take_bind(struct bwrap *b, char **v, struct err *err)
{
	(void)err;
	return bind_path(b, v, 0, 0, false);
}

static int take_bind_try(struct bwrap *b, char **v, struct err *err)
{
	(void)err;
	return bind_path(b, v, 0, 0, true);
}

static int take_dev_bind(struct bwrap *b, char **v, struct err *err)
{
	(void)err;
	return bind_path(b, v, 0, MOUNT_ATTR_NODEV, false);
}

static int take_dev_bind_try(struct bwrap *b, char **v, struct err *err)
{
	(void)err;
	return bind_path(b, v, 0, MOUNT_ATTR_NODEV, true);
}

static int take_ro_bind(struct bwrap *b, char **v, struct err *err)
{
	(void)err;
	return bind_path(b, v, MOUNT_ATTR_RDONLY, 0, false);
}

static int take_ro_bind_try(struct bwrap *b, char **v, struct err *err)
{
	(void)err;
	return bind_path(b, v, MOUNT_ATTR_RDONLY, 0, true);
}

static int bind_fd(struct bwrap *b, char **v, const char *option, uint64_t set,
		   struct err *err)
{
	struct fsop *op;
	int fd, r = read_fd(v[0], option, &fd, err);

	if (r < 0)
		return r;
	op = add_bind(b, v[1], set, 0);
	op->has_fd = true;
	op->fd = fd;
	return 0;
}

static int take_bind_fd(struct bwrap *b, char **v, struct err *err)
{
	return bind_fd(b, v, "bind-fd", 0, err);
}

static int take_ro_bind_fd(struct bwrap *b, char **v, struct err *err)
{
	return bind_fd(b, v, "ro-bind-fd", MOUNT_ATTR_RDONLY, err);
}

static int take_remount_ro(struct bwrap *b, char **v, struct err *err)
{
	(void)err;
	add(b, FSOP_REMOUNT, v[0], false, 0);
	return 0;
}

static struct fsop *add_fs(struct bwrap *b, const char *type, const char *dest)
{
	struct fsop *op = add(b, FSOP_FS, dest, false, 0);

	op->fstype = type;
	op->attr_set |= MOUNT_ATTR_NOEXEC;
	return op;
}

/* Whoever may write there could do so to the host: these are the machine's, not the namespace's. */
static int take_proc(struct bwrap *b, char **v, struct err *err)
{
	static const char *const closed[] = {"sys", "sysrq-trigger", "irq", "bus"};

	(void)err;
	add_fs(b, "proc", v[0]);
	for (size_t i = 0; geteuid() == 0 && i < ARRAY_SIZE(closed); i++)
		add(b, FSOP_READONLY, arena_printf(b->arena, "%s/%s", v[0], closed[i]),
		    false, 0);
	return 0;
}

/* The console is the terminal that is written to, where it is one. */
static int take_dev(struct bwrap *b, char **v, struct err *err)
{
	const char *terminal = isatty(STDOUT_FILENO) ? ttyname(STDOUT_FILENO) : NULL;
	struct fsop *op = add(b, FSOP_DEVTREE, v[0], true, 0755);

	(void)err;
	op->attr_set = MOUNT_ATTR_NOSUID;
	if (terminal) {
		op = add(b, FSOP_BIND, arena_printf(b->arena, "%s/console", v[0]), false,
			 0);
		op->source = arena_strdup(b->arena, terminal);
		op->attr_set = MOUNT_ATTR_NOSUID;
	}
	return 0;
}

static int take_tmpfs(struct bwrap *b, char **v, struct err *err)
{
	struct fsop *op = add(b, FSOP_TMPFS, v[0], true, 0755);

	(void)err;
	op->size_bytes = b->has_size ? b->size_bytes : 0;
	b->has_size = false;
	return 0;
}

static int take_mqueue(struct bwrap *b, char **v, struct err *err)
{
	(void)err;
	add_fs(b, "mqueue", v[0]);
	return 0;
}

static int take_dir(struct bwrap *b, char **v, struct err *err)
{
	(void)err;
	add(b, FSOP_DIR, v[0], true, 0755);
	return 0;
}

/* What is read from a descriptor can be read once. */
static bool is_read(const struct bwrap *b, int fd)
{
	for (size_t i = 0; i < b->spec.n_fsops; i++) {
		const struct fsop *op = &b->spec.fsops[i];

		if (op->has_fd && op->fd == fd && op->kind != FSOP_BIND)
			return true;
	}
	return false;
}

static int from_fd(struct bwrap *b, char **v, const char *option, enum fsop_kind kind,
		   uint32_t perms, uint64_t set, struct err *err)
{
	struct fsop *op;
	int fd, r = read_fd(v[0], option, &fd, err);

	if (r < 0)
		return r;
	if (is_read(b, fd))
		return err_say(err, -EINVAL,
			       "--%s: descriptor %d is given to an operation before it",
			       option, fd);
	op = add(b, kind, v[1], true, perms);
	op->has_fd = true;
	op->fd = fd;
	op->attr_set |= set;
	return 0;
}

static int take_file(struct bwrap *b, char **v, struct err *err)
{
	return from_fd(b, v, "file", FSOP_COPY, 0666, 0, err);
}

static int take_bind_data(struct bwrap *b, char **v, struct err *err)
{
	return from_fd(b, v, "bind-data", FSOP_FILE, 0600, 0, err);
}

static int take_ro_bind_data(struct bwrap *b, char **v, struct err *err)
{
	return from_fd(b, v, "ro-bind-data", FSOP_FILE, 0600, MOUNT_ATTR_RDONLY, err);
}

static int take_overlay_src(struct bwrap *b, char **v, struct err *err)
{
	(void)err;
	strv_push(b->arena, &b->layers, v[0]);
	return 0;
}

static int add_overlay(struct bwrap *b, const char *option, const char *dest,
		       size_t n_least, struct fsop **ret, struct err *err)
{
	struct fsop *op;

	if (b->layers.n < n_least)
		return err_say(err, -EINVAL, "--%s requires at least %s --overlay-src",
			       option, n_least == 1 ? "one" : "two");
	op = add(b, FSOP_OVERLAY, dest, false, 0);
	for (size_t i = b->layers.n; i-- > 0;)
		strv_push(b->arena, &op->layers, b->layers.v[i]);
	b->layers = (struct strv){0};
	*ret = op;
	return 0;
}

static int take_overlay(struct bwrap *b, char **v, struct err *err)
{
	struct fsop *op;
	int r = add_overlay(b, "overlay", v[2], 1, &op, err);

	if (r < 0)
		return r;
	op->upper = v[0];
	op->work = v[1];
	return 0;
}

static int take_tmp_overlay(struct bwrap *b, char **v, struct err *err)
{
	struct fsop *op;
	int r = add_overlay(b, "tmp-overlay", v[0], 1, &op, err);

	if (r == 0)
		op->is_throwaway = true;
	return r;
}

static int take_ro_overlay(struct bwrap *b, char **v, struct err *err)
{
	struct fsop *op;
	int r = add_overlay(b, "ro-overlay", v[0], 2, &op, err);

	if (r == 0)
		op->attr_set |= MOUNT_ATTR_RDONLY;
	return r;
}

static int take_symlink(struct bwrap *b, char **v, struct err *err)
{
	struct fsop *op = add(b, FSOP_SYMLINK, v[1], false, 0);

	(void)err;
	op->source = v[0];
	op->is_exact = true;
	return 0;
}

static int take_chmod(struct bwrap *b, char **v, struct err *err)
{
	uint32_t mode;
	int r = read_octal(v[0], "chmod", &mode, err);

	if (r == 0)
		add(b, FSOP_CHMOD, v[1], false, 0)->mode = mode;
	return r;
}

static int take_perms(struct bwrap *b, char **v, struct err *err)
{
	int r = read_octal(v[0], "perms", &b->perms, err);

	b->has_perms = r == 0;
	return r;
}

static int take_size(struct bwrap *b, char **v, struct err *err)
{
	if (parse_u64(v[0], &b->size_bytes) < 0 || b->size_bytes == 0)
		return err_say(err, -EINVAL, "--size takes a non-zero number of bytes");
	b->has_size = true;
	return 0;
}

/* --- namespaces --- */

#define UNSHARE(name, ns)                                           \
	static int name(struct bwrap *b, char **v, struct err *err) \
	{                                                           \
		(void)v, (void)err;                                 \
		b->unshare[ns] = true;                              \
		return 0;                                           \
	}
UNSHARE(take_unshare_ipc, NS_IPC)
UNSHARE(take_unshare_pid, NS_PID)
UNSHARE(take_unshare_net, NS_NET)
UNSHARE(take_unshare_uts, NS_UTS)
UNSHARE(take_unshare_cgroup, NS_CGROUP)

static int take_unshare_user(struct bwrap *b, char **v, struct err *err)
{
	(void)v, (void)err;
	b->unshare[NS_USER] = b->has_asked_user = true;
	return 0;
}

#define FLAG(name, member)                                          \
	static int name(struct bwrap *b, char **v, struct err *err) \
	{                                                           \
		(void)v, (void)err;                                 \
		b->member = true;                                   \
		return 0;                                           \
	}
FLAG(take_unshare_user_try, try_user)
FLAG(take_unshare_cgroup_try, try_cgroup)
FLAG(take_disable_userns, want_no_userns)
FLAG(take_assert_userns, want_no_userns_asserted)
FLAG(take_as_pid_1, is_pid_1)
FLAG(take_die_with_parent, dies_with_parent)
FLAG(take_no_boundary, is_no_boundary)
FLAG(take_level_prefix, want_level_prefix)
FLAG(take_help, want_help)
FLAG(take_version, want_version)

static int take_unshare_all(struct bwrap *b, char **v, struct err *err)
{
	(void)v, (void)err;
	b->try_user = b->try_cgroup = true;
	b->unshare[NS_IPC] = b->unshare[NS_PID] = true;
	b->unshare[NS_NET] = b->unshare[NS_UTS] = true;
	return 0;
}

static int take_share_net(struct bwrap *b, char **v, struct err *err)
{
	(void)v, (void)err;
	b->unshare[NS_NET] = false;
	return 0;
}

FD(take_userns, "userns", userns)
FD(take_pidns, "pidns", pidns)
OWN_FD(take_userns2, "userns2", spec.userns.has_after, spec.userns.after_fd)
OWN_FD(take_map_fd, "userns-block-fd", spec.userns.has_map_fd, spec.userns.map_fd)
TEXT(take_hostname, spec.hostname)

static int read_number(const char *text, const char *option, uint32_t *ret,
		       struct err *err)
{
	if (parse_id(text, ret) < 0)
		return err_say(err, -EINVAL, "Invalid %s: %s", option, text);
	return 0;
}

static int take_uid(struct bwrap *b, char **v, struct err *err)
{
	b->has_uid = true;
	return read_number(v[0], "uid", &b->uid, err);
}

static int take_gid(struct bwrap *b, char **v, struct err *err)
{
	b->has_gid = true;
	return read_number(v[0], "gid", &b->gid, err);
}

/* --- the process --- */

static int take_chdir(struct bwrap *b, char **v, struct err *err)
{
	if (!v[0][0])
		return err_say(err, -ENOENT,
			       "Can't chdir to : No such file or directory");
	b->chdir = v[0];
	return 0;
}

TEXT(take_argv0, spec.process.argv0)
TEXT(take_exec_label, spec.security.selinux_label)
TEXT(take_file_label, spec.security.mount_label)
FD(take_info_fd, "info-fd", info_fd)
FD(take_status_fd, "json-status-fd", status_fd)
OWN_FD(take_block_fd, "block-fd", spec.process.has_block_fd, spec.process.block_fd)

/* Each of them, since bubblewrap 0.13.1. */
static int take_sync_fd(struct bwrap *b, char **v, struct err *err)
{
	int fd, r = read_fd(v[0], "sync-fd", &fd, err);

	if (r == 0)
		*ARR_PUSH(b->arena, &b->spec.process, sync_fds) = fd;
	return r;
}

static int take_setenv(struct bwrap *b, char **v, struct err *err)
{
	if (!v[0][0] || strchr(v[0], '='))
		return err_say(err, -EINVAL, "setenv failed: '%s' is no name", v[0]);
	strv_env_set(b->arena, &b->spec.process.env,
		     arena_printf(b->arena, "%s=%s", v[0], v[1]));
	return 0;
}

static int take_unsetenv(struct bwrap *b, char **v, struct err *err)
{
	if (!v[0][0] || strchr(v[0], '='))
		return err_say(err, -EINVAL, "unsetenv failed: '%s' is no name", v[0]);
	strv_env_unset(&b->spec.process.env, v[0]);
	return 0;
}

static int take_clearenv(struct bwrap *b, char **v, struct err *err)
{
	const char *pwd = strv_env_get(&b->spec.process.env, "PWD");

	(void)v, (void)err;
	pwd = pwd ? arena_printf(b->arena, "PWD=%s", pwd) : NULL;
	b->spec.process.env = (struct strv){0};
	if (pwd)
		strv_push(b->arena, &b->spec.process.env, pwd);
	return 0;
}

static int take_lock_file(struct bwrap *b, char **v, struct err *err)
{
	(void)err;
	strv_push(b->arena, &b->spec.process.lock_files, v[0]);
	return 0;
}

static int add_filter(struct bwrap *b, char **v, const char *option, struct err *err)
{
	struct spec_security *s = &b->spec.security;
	int fd, r = read_fd(v[0], option, &fd, err);

	if (r < 0)
		return r;
	if (b->filter_option && strcmp(b->filter_option, option) != 0)
		return err_say(err, -EINVAL,
			       "--seccomp cannot be combined with --add-seccomp-fd");
	/* Of --seccomp the last one counts. */
	if (strcmp(option, "seccomp") == 0)
		s->n_filter_fds = 0;
	b->filter_option = option;
	*ARR_PUSH(b->arena, s, filter_fds) = fd;
	return 0;
}

static int take_seccomp(struct bwrap *b, char **v, struct err *err)
{
	return add_filter(b, v, "seccomp", err);
}

static int take_add_seccomp(struct bwrap *b, char **v, struct err *err)
{
	return add_filter(b, v, "add-seccomp-fd", err);
}

static int take_new_session(struct bwrap *b, char **v, struct err *err)
{
	(void)v, (void)err;
	b->spec.process.keeps_session = false;
	return 0;
}

static int read_cap(const char *text, uint64_t *ret, struct err *err)
{
	unsigned int cap;

	if (strcasecmp(text, "ALL") == 0)
		*ret = ~0ULL;
	else if (parse_cap(text, &cap) == 0)
		*ret = 1ULL << cap;
	else
		return err_say(err, -EINVAL, "unknown cap: %s", text);
	return 0;
}

static int take_cap_add(struct bwrap *b, char **v, struct err *err)
{
	uint64_t caps = 0;
	int r = read_cap(v[0], &caps, err);

	b->has_asked_caps = true;
	b->caps |= caps;
	return r;
}

static int take_cap_drop(struct bwrap *b, char **v, struct err *err)
{
	uint64_t caps = 0;
	int r = read_cap(v[0], &caps, err);

	b->has_asked_caps = true;
	b->caps &= ~caps;
	return r;
}

static int take_args(struct bwrap *b, char **v, struct err *err);

/* --- all of them, as the usage lists them --- */

static const struct bwrap_option options[] = {
	{"help", NULL, "Print this and exit", take_help},
	{"version", NULL, "Print the version and exit", take_version},
	{"args", "FD", "Read options from FD, each ended by a zero byte", take_args},
	{"argv0", "VALUE", "The command's own name for itself", take_argv0},
	{"level-prefix", NULL, "Begin messages with a level, as <3>", take_level_prefix},
	{"unshare-all", NULL, "New namespaces of all kinds", take_unshare_all},
	{"share-net", NULL, "Keep the network, behind --unshare-all", take_share_net},
	{"unshare-user", NULL, "A new user namespace", take_unshare_user},
	{"unshare-user-try", NULL, "The same, where it can be had",
	 take_unshare_user_try},
	{"unshare-ipc", NULL, "A new ipc namespace", take_unshare_ipc},
	{"unshare-pid", NULL, "A new pid namespace", take_unshare_pid},
	{"unshare-net", NULL, "A new network namespace, without a network",
	 take_unshare_net},
	{"unshare-uts", NULL, "A new uts namespace", take_unshare_uts},
	{"unshare-cgroup", NULL, "A new cgroup namespace", take_unshare_cgroup},
	{"unshare-cgroup-try", NULL, "The same, where it can be had",
	 take_unshare_cgroup_try},
	{"userns", "FD", "Enter this user namespace", take_userns},
	{"userns2", "FD", "The command goes on in this one", take_userns2},
	{"disable-userns", NULL, "No user namespaces can be made inside",
	 take_disable_userns},
	{"assert-userns-disabled", NULL, "Fail where they can", take_assert_userns},
	{"pidns", "FD", "Enter this pid namespace", take_pidns},
	{"uid", "UID", "The user id inside", take_uid},
	{"gid", "GID", "The group id inside", take_gid},
	{"hostname", "NAME", "The host's name inside (with --unshare-uts)",
	 take_hostname},
	{"chdir", "DIR", "The working folder", take_chdir},
	{"clearenv", NULL, "Unset all variables but PWD", take_clearenv},
	{"setenv", "VAR VALUE", "Set a variable", take_setenv},
	{"unsetenv", "VAR", "Unset a variable", take_unsetenv},
	{"lock-file", "DEST", "Lock this file for as long as the sandbox is there",
	 take_lock_file},
	{"sync-fd", "FD", "Keep this open as long", take_sync_fd},
	{"bind", "SRC DEST", "Show SRC of the host at DEST", take_bind},
	{"bind-try", "SRC DEST", "The same, where there is one", take_bind_try},
	{"dev-bind", "SRC DEST", "The same, with its devices", take_dev_bind},
	{"dev-bind-try", "SRC DEST", "The same, where there is one", take_dev_bind_try},
	{"ro-bind", "SRC DEST", "Show SRC of the host at DEST, read-only", take_ro_bind},
	{"ro-bind-try", "SRC DEST", "The same, where there is one", take_ro_bind_try},
	{"bind-fd", "FD DEST", "Show what FD stands on at DEST", take_bind_fd},
	{"ro-bind-fd", "FD DEST", "The same, read-only", take_ro_bind_fd},
	{"remount-ro", "DEST", "Make the mount at DEST read-only, and none below it",
	 take_remount_ro},
	{"overlay-src", "SRC", "A folder of the next overlay, on top of those before",
	 take_overlay_src},
	{"overlay", "RWSRC WORKDIR DEST", "An overlay at DEST, whose changes go to RWSRC",
	 take_overlay},
	{"tmp-overlay", "DEST", "The same, and changes are gone after", take_tmp_overlay},
	{"ro-overlay", "DEST", "The same, without changes", take_ro_overlay},
	{"exec-label", "LABEL", "SELinux context of the command", take_exec_label},
	{"file-label", "LABEL", "SELinux context of new files", take_file_label},
	{"proc", "DEST", "A procfs at DEST", take_proc},
	{"dev", "DEST", "A /dev with the usual devices at DEST", take_dev},
	{"tmpfs", "DEST", "A tmpfs at DEST", take_tmpfs},
	{"mqueue", "DEST", "POSIX message queues at DEST", take_mqueue},
	{"dir", "DEST", "A folder", take_dir},
	{"file", "FD DEST", "A file with what FD has", take_file},
	{"bind-data", "FD DEST", "The same, mounted at DEST", take_bind_data},
	{"ro-bind-data", "FD DEST", "The same, read-only", take_ro_bind_data},
	{"symlink", "SRC DEST", "A symbolic link at DEST that says SRC", take_symlink},
	{"seccomp", "FD", "Load the compiled filter that FD has", take_seccomp},
	{"add-seccomp-fd", "FD", "The same, also several times", take_add_seccomp},
	{"block-fd", "FD", "Wait until there is something to read", take_block_fd},
	{"userns-block-fd", "FD", "Others write the id maps, and then to FD",
	 take_map_fd},
	{"info-fd", "FD", "Write to FD, in JSON, which process it is", take_info_fd},
	{"json-status-fd", "FD", "The same, and at the end the exit code",
	 take_status_fd},
	{"new-session", NULL, "A new session, without the terminal", take_new_session},
	{"die-with-parent", NULL, "End with the process that has called",
	 take_die_with_parent},
	{"as-pid-1", NULL, "The command is process 1 itself", take_as_pid_1},
	{"not-a-security-boundary", NULL,
	 "Mounts below a bind that cannot be changed stay as they are", take_no_boundary},
	{"cap-add", "CAP", "Keep this capability, or ALL", take_cap_add},
	{"cap-drop", "CAP", "Give it up", take_cap_drop},
	{"perms", "OCTAL", "The mode of what the next option makes", take_perms},
	{"size", "BYTES", "The size of the next --tmpfs", take_size},
	{"chmod", "OCTAL PATH", "Change a mode", take_chmod},
};

void bwrap_print_usage(const struct bwrap *b, bool is_error)
{
	FILE *out = is_error ? stderr : stdout;

	fprintf(out, "usage: %s [OPTIONS...] [--] COMMAND [ARGS...]\n\n", b->program);
	for (size_t i = 0; i < ARRAY_SIZE(options); i++) {
		const struct bwrap_option *o = &options[i];
		char left[40];

		snprintf(left, sizeof(left), "--%s%s%s", o->name, o->values ? " " : "",
			 o->values ? o->values : "");
		fprintf(out, "    %-28s %s\n", left, o->text);
	}
}

/* "-" is a hyphen in a manual page's text, and not the sign of an option. */
static void print_roff(const char *text)
{
	for (; *text; text++)
		printf(*text == '-' ? "\\-" : "%c", *text);
}

void bwrap_print_man(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(options); i++) {
		const struct bwrap_option *o = &options[i];

		printf(".TP\n\\fB\\-\\-");
		print_roff(o->name);
		printf("\\fR");
		if (o->values)
			printf(" \\fI%s\\fR", o->values);
		printf("\n%s.\n", o->text);
	}
}

/* --- reading --- */

static int n_values(const struct bwrap_option *o)
{
	int n = o->values != NULL;

	for (const char *c = o->values; c && *c; c++)
		n += *c == ' ';
	return n;
}

static int say_values(const struct bwrap_option *o, struct err *err)
{
	static const char *const words[] = {"no arguments", "an argument",
					    "two arguments", "three arguments"};

	return err_say(err, -EINVAL, "--%s takes %s", o->name, words[n_values(o)]);
}

static const struct bwrap_option *find(const char *word)
{
	for (size_t i = 0; i < ARRAY_SIZE(options); i++)
		if (strcmp(word + 2, options[i].name) == 0)
			return &options[i];
	return NULL;
}

/* What an option before it was to be about. */
static int check_modifiers(const struct bwrap *b, const struct bwrap_option *o,
			   struct err *err)
{
	static const char *const sized[] = {"tmpfs", "perms"};
	static const char *const permed[] = {"size",	  "tmpfs",	  "dir", "file",
					     "bind-data", "ro-bind-data", "dev"};
	static const char *const layered[] = {"overlay-src", "overlay", "tmp-overlay",
					      "ro-overlay"};
	bool is_sized = !b->has_size, is_permed = !b->has_perms,
	     is_layered = b->layers.n == 0;

	for (size_t i = 0; i < ARRAY_SIZE(sized); i++)
		is_sized |= strcmp(o->name, sized[i]) == 0;
	for (size_t i = 0; i < ARRAY_SIZE(permed); i++)
		is_permed |= strcmp(o->name, permed[i]) == 0;
	for (size_t i = 0; i < ARRAY_SIZE(layered); i++)
		is_layered |= strcmp(o->name, layered[i]) == 0;
	if (!is_layered)
		return err_say(err, -EINVAL, OVERLAY_SRC);
	if ((b->has_perms && strcmp(o->name, "perms") == 0) ||
	    (b->has_size && strcmp(o->name, "size") == 0))
		return err_say(err, -EINVAL, "--%s given twice for the same action",
			       o->name);
	if (!is_sized)
		return err_say(err, -EINVAL, "--size must be followed by --tmpfs");
	if (!is_permed)
		return err_say(
			err, -EINVAL,
			"--perms must be followed by an option that creates a file");
	return 0;
}

/* Return: how many words are read, up to the command; or -EINVAL. */
static int read_words(struct bwrap *b, int argc, char **argv, struct err *err)
{
	int i = 0;

	while (i < argc && strncmp(argv[i], "--", 2) == 0) {
		const struct bwrap_option *o;
		int n, r;

		if (!argv[i][2])
			return i + 1;
		o = find(argv[i]);
		if (!o)
			return err_say(err, -EINVAL, "Unknown option %s", argv[i]);
		n = n_values(o);
		if (argc - i - 1 < n)
			return say_values(o, err);
		r = check_modifiers(b, o, err);
		if (r == 0)
			r = o->take(b, argv + i + 1, err);
		if (r < 0)
			return r;
		i += 1 + n;
		if (b->want_help || b->want_version)
			break;
	}
	if (i < argc && argv[i][0] == '-')
		return err_say(err, -EINVAL, "Unknown option %s", argv[i]);
	return i;
}

/* Only options: the command is on the command line. */
static int take_args(struct bwrap *b, char **v, struct err *err)
{
	struct strv words = {0};
	char *text;
	size_t len;
	int fd, r = read_fd(v[0], "args", &fd, err);

	if (b->is_in_file)
		return err_say(err, -EINVAL, "--args not supported in arguments file");
	if (r < 0)
		return r;
	r = fd_read_all(fd, b->arena, MAX_ARGS_BYTES, &text, &len);
	if (r < 0)
		return err_set(err, r, "can't read --args data");
	fd_let_go(fd);
	for (size_t at = 0; at < len; at += strlen(text + at) + 1)
		strv_push(b->arena, &words, text + at);
	b->n_args += words.n;
	if (b->n_args > BWRAP_MAX_ARGS)
		return err_say(err, -EINVAL, "Exceeded maximum number of arguments %d",
			       BWRAP_MAX_ARGS);
	b->is_in_file = true;
	r = read_words(b, (int)words.n, words.v, err);
	b->is_in_file = false;
	/* As in bubblewrap, what stands behind the options there is nothing. */
	return MIN(r, 0);
}

int bwrap_read(struct bwrap *b, int argc, char **argv, struct err *err)
{
	int n;

	b->n_args += (size_t)argc;
	if (b->n_args > BWRAP_MAX_ARGS)
		return err_say(err, -EINVAL, "Exceeded maximum number of arguments %d",
			       BWRAP_MAX_ARGS);
	n = read_words(b, argc, argv, err);
	if (n < 0 || b->want_help || b->want_version)
		return MIN(n, 0);
	if (b->layers.n)
		return err_say(err, -EINVAL, OVERLAY_SRC);
	if (b->has_size)
		return err_say(err, -EINVAL, "--size must be followed by --tmpfs");
	for (int i = n; i < argc; i++)
		strv_push(b->arena, &b->spec.process.args, argv[i]);
	return b->spec.process.args.n ? 0 : -ENODATA;
}
