// SPDX-License-Identifier: Apache-2.0
/*
 * sandbox.c - what bubblewrap's options mean, as a spec
 */
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/parse.h"
#include "cli/bwrap/bwrap.h"
#include "sys/dir.h"
#include "sys/fd.h"

#define FILES_BESIDE 64 /* descriptors for all else */

/* Is this a kind of namespace that the kernel has, and gives? */
static bool has_kind(struct arena *a, const char *name)
{
	char *most;
	uint64_t n;

	if (access(arena_printf(a, "/proc/self/ns/%s", name), F_OK) < 0)
		return false;
	if (fd_read_file(arena_printf(a, "/proc/sys/user/max_%s_namespaces", name), a, 64,
			 &most, NULL) < 0)
		return true;
	most[strcspn(most, "\n")] = '\0';
	return parse_u64(most, &n) < 0 || n > 0;
}

static int check(const struct bwrap *b, struct err *err)
{
	bool has_userns = b->unshare[NS_USER] || b->userns >= 0;

	if (b->unshare[NS_USER] && b->userns >= 0)
		return err_say(err, -EINVAL,
			       "--userns not compatible with --unshare-user");
	if (b->try_user && b->userns >= 0)
		return err_say(err, -EINVAL,
			       "--userns not compatible with --unshare-user-try");
	if (b->spec.userns.has_map_fd && !b->unshare[NS_USER])
		return err_say(err, -EINVAL, "--userns-block-fd requires --unshare-user");
	if (b->spec.userns.has_map_fd && b->info_fd < 0)
		return err_say(err, -EINVAL,
			       "--userns-block-fd requires --info-fd: nobody knows whose "
			       "maps to write");
	if (b->want_no_userns && b->spec.userns.has_map_fd)
		return err_say(
			err, -EINVAL,
			"--disable-userns is not compatible with --userns-block-fd");
	if (b->want_no_userns && !b->has_asked_user)
		return err_say(err, -EINVAL, "--disable-userns requires --unshare-user");
	if (b->has_uid && b->uid != geteuid() && !has_userns)
		return err_say(err, -EINVAL,
			       "Specifying --uid requires --unshare-user or --userns");
	if (b->has_gid && b->gid != getegid() && !has_userns)
		return err_say(err, -EINVAL,
			       "Specifying --gid requires --unshare-user or --userns");
	if (b->spec.hostname && !b->unshare[NS_UTS])
		return err_say(err, -EINVAL,
			       "Specifying --hostname requires --unshare-uts");
	if (b->is_pid_1 && !b->unshare[NS_PID])
		return err_say(err, -EINVAL,
			       "Specifying --as-pid-1 requires --unshare-pid");
	if (b->is_pid_1 && b->spec.process.lock_files.n > 0)
		return err_say(err, -EINVAL,
			       "Specifying --as-pid-1 and --lock-file is not permitted");
	return 0;
}

static void set_namespaces(struct bwrap *b)
{
	struct spec *s = &b->spec;

	for (int i = 0; i < NS_COUNT; i++)
		s->ns[i].mode = b->unshare[i] ? NS_MODE_PRIVATE : NS_MODE_HOST;
	s->ns[NS_MOUNT].mode = NS_MODE_PRIVATE;
	if (b->userns >= 0) {
		s->ns[NS_USER].mode = NS_MODE_PATH;
		s->ns[NS_USER].path = arena_strdup(b->arena, fd_path(b->userns).path);
	}
	if (b->pidns >= 0) {
		s->ns[NS_PID].mode = NS_MODE_PATH;
		s->ns[NS_PID].path = arena_strdup(b->arena, fd_path(b->pidns).path);
		s->ns[NS_PID].is_below = b->unshare[NS_PID];
	}
	s->net.backend = NET_NONE;
	s->userns.is_own = true;
	s->userns.told_fd = b->info_fd;
	s->userns.own_uid = b->has_uid ? b->uid : geteuid();
	s->userns.own_gid = b->has_gid ? b->gid : getegid();
	s->userns.has_no_more = b->want_no_userns;
	s->userns.is_no_more_sure = b->want_no_userns_asserted;
}

static bool is_listed(const int *fds, size_t n, int fd)
{
	for (size_t i = 0; i < n; i++)
		if (fds[i] == fd)
			return true;
	return false;
}

/* Is it one that an option names, and not for the payload? */
static bool is_ours(const struct bwrap *b, int fd)
{
	const struct spec_process *p = &b->spec.process;
	const struct spec_security *sec = &b->spec.security;

	if (fd == b->info_fd || fd == b->status_fd || fd == b->userns || fd == b->pidns ||
	    (b->spec.userns.has_map_fd && fd == b->spec.userns.map_fd) ||
	    (b->spec.userns.has_after && fd == b->spec.userns.after_fd) ||
	    (p->has_block_fd && fd == p->block_fd) ||
	    is_listed(p->sync_fds, p->n_sync_fds, fd) ||
	    is_listed(sec->filter_fds, sec->n_filter_fds, fd))
		return true;
	for (size_t i = 0; i < b->spec.n_fsops; i++)
		if (b->spec.fsops[i].has_fd && b->spec.fsops[i].fd == fd)
			return true;
	return false;
}

/* All that the caller has left open is for the payload. */
static void keep_descriptors(struct bwrap *b)
{
	struct spec_process *p = &b->spec.process;
	_cleanup_fd_ int dir = fd_open(AT_FDCWD, "/proc/self/fd", O_RDONLY | O_DIRECTORY);
	struct strv names = {0};
	int last = 1024, fd;

	if (dir >= 0 && dir_list(dir, b->arena, &names) == 0)
		last = 0;
	for (size_t i = 0; i < names.n; i++)
		if (parse_int(names.v[i], &fd) == 0 && fd > last)
			last = fd;
	for (fd = 0; fd <= STDERR_FILENO; fd++)
		p->has_no_stream[fd] = is_ours(b, fd);
	for (fd = 3; fd <= last; fd++)
		if (fd != dir && fd_is_inherited(fd) && !is_ours(b, fd))
			*ARR_PUSH(b->arena, p, kept_fds) = fd;
}

static void set_process(struct bwrap *b)
{
	struct spec_process *p = &b->spec.process;
	const char *home = strv_env_get(&p->env, "HOME");
	char here[4096];

	p->want_stdin = p->want_caller_stdio = true;
	/* Where the command is process 1 itself, nobody else could have them: they are left to it. */
	if (b->is_pid_1)
		p->n_sync_fds = 0;
	p->want_reaper = (b->unshare[NS_PID] && !b->is_pid_1) || p->lock_files.n > 0 ||
			 p->n_sync_fds > 0;
	p->keeps_running = !b->dies_with_parent;
	p->spares_others = true;
	p->has_umask = true;
	p->umask = umask(0);
	umask(p->umask);
	/* A joined namespace has its own map, and the caller's place in it. */
	p->user.is_caller = b->userns < 0 || !(b->has_uid || b->has_gid);
	p->user.has_ids = !p->user.is_caller;
	p->user.uid = b->spec.userns.own_uid;
	p->user.gid = b->spec.userns.own_gid;
	p->user.keeps_uid = !b->has_uid;
	p->user.keeps_gid = !b->has_gid;
	p->user.keep_groups = true;
	if (b->chdir) {
		/* From the sandbox's root folder, where bubblewrap stands then. */
		p->cwd = b->chdir[0] == '/' ? b->chdir
					    : arena_printf(b->arena, "/%s", b->chdir);
		strv_env_set(b->arena, &p->env,
			     arena_printf(b->arena, "PWD=%s", b->chdir));
	} else {
		if (fd_getcwd(here, sizeof(here)) == 0 && here[0] == '/')
			strv_push(b->arena, &p->cwds, arena_strdup(b->arena, here));
		if (home)
			strv_push(b->arena, &p->cwds, home);
	}
}

/* Each source is open until it is mounted. The payload has the caller's limit again. */
static void raise_files(struct bwrap *b)
{
	struct spec_process *p = &b->spec.process;
	struct rlimit files;
	size_t n = FILES_BESIDE;

	for (size_t i = 0; i < b->spec.n_fsops; i++)
		n += 1 + b->spec.fsops[i].layers.n;
	if (getrlimit(RLIMIT_NOFILE, &files) < 0 || n <= files.rlim_cur)
		return;
	*ARR_PUSH(b->arena, p, rlimits) =
		(struct spec_rlimit){RLIMIT_NOFILE, files.rlim_cur, files.rlim_max};
	files.rlim_cur = files.rlim_max;
	setrlimit(RLIMIT_NOFILE, &files);
}

static void set_security(struct bwrap *b)
{
	struct spec_security *s = &b->spec.security;

	s->seccomp = SECCOMP_OFF;
	s->keep_keyring = true;
	s->caps = (struct spec_caps){.has_sets = true,
				     .bounding = b->caps,
				     .effective = b->caps,
				     .permitted = b->caps};
	/* Root keeps what it has as root; what is asked for outlives exec as anybody. */
	if (b->has_asked_caps)
		s->caps.inheritable = s->caps.ambient = b->caps;
}

/* --not-a-security-boundary: the view of the files counts, not what it keeps from whom. */
static void allow_partial_binds(struct bwrap *b)
{
	for (size_t i = 0; i < b->spec.n_fsops; i++)
		if (b->spec.fsops[i].kind == FSOP_BIND)
			b->spec.fsops[i].is_attr_partial = true;
}

int bwrap_to_spec(struct bwrap *b, struct err *err)
{
	int r;

	/* Others than root cannot do without. */
	if (b->userns < 0 &&
	    (geteuid() != 0 || (b->try_user && has_kind(b->arena, "user"))))
		b->unshare[NS_USER] = true;
	if (b->try_cgroup && has_kind(b->arena, "cgroup"))
		b->unshare[NS_CGROUP] = true;
	r = check(b, err);
	if (r < 0)
		return r;
	if (b->is_no_boundary)
		allow_partial_binds(b);
	b->spec.root = (struct spec_root){.kind = ROOT_EMPTY};
	b->spec.cgroup = (struct spec_cgroup){.mode = CGROUPS_DISABLED};
	set_namespaces(b);
	set_process(b);
	set_security(b);
	keep_descriptors(b);
	raise_files(b);
	b->spec.wants_ns_numbers = b->spec.is_announced =
		b->info_fd >= 0 || b->status_fd >= 0;
	return 0;
}
