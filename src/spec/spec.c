// SPDX-License-Identifier: Apache-2.0
/*
 * spec.c - see spec.h
 */
#include "spec/spec.h"

#include <sched.h>
#include <string.h>

#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME 0x80
#endif
#define MAX_HOSTNAME 64
#define MAX_LABEL    4000 /* with a word before it, what /proc/PID/attr takes at once */

static const struct {
	const char *name;
	uint64_t flag;
} namespaces[NS_COUNT] = {
	[NS_USER] = {"user", CLONE_NEWUSER},	   [NS_MOUNT] = {"mnt", CLONE_NEWNS},
	[NS_PID] = {"pid", CLONE_NEWPID},	   [NS_NET] = {"net", CLONE_NEWNET},
	[NS_IPC] = {"ipc", CLONE_NEWIPC},	   [NS_UTS] = {"uts", CLONE_NEWUTS},
	[NS_CGROUP] = {"cgroup", CLONE_NEWCGROUP}, [NS_TIME] = {"time", CLONE_NEWTIME},
};

static const char *const kinds[FSOP_COUNT] = {
	[FSOP_BIND] = "bind",	      [FSOP_FS] = "fs",
	[FSOP_TMPFS] = "tmpfs",	      [FSOP_DEVTREE] = "devtree",
	[FSOP_DEVICE] = "device",     [FSOP_DIR] = "dir",
	[FSOP_FILE] = "file",	      [FSOP_SYMLINK] = "symlink",
	[FSOP_OVERLAY] = "overlay",   [FSOP_MASK] = "mask",
	[FSOP_READONLY] = "readonly", [FSOP_REMOUNT] = "remount",
	[FSOP_COPY] = "copy",	      [FSOP_CHMOD] = "chmod",
};

const char *spec_ns_name(enum spec_ns ns)
{
	return namespaces[ns].name;
}

uint64_t spec_ns_flag(enum spec_ns ns)
{
	return namespaces[ns].flag;
}

const char *fsop_kind_name(enum fsop_kind kind)
{
	return (unsigned)kind < FSOP_COUNT ? kinds[kind] : "unknown";
}

void spec_init(struct spec *spec, struct arena *a)
{
	*spec = (struct spec){.arena = a};
	spec->ns[NS_TIME].mode = NS_MODE_HOST;
}

const char *spec_clean_path(struct arena *a, const char *path)
{
	char *out = arena_alloc(a, strlen(path) + 2);
	size_t len = 0;

	while (*path) {
		size_t n = strcspn(path, "/");

		if (n == 2 && path[0] == '.' && path[1] == '.') {
			while (len > 0 && out[--len] != '/')
				;
		} else if (n > 0 && !(n == 1 && path[0] == '.')) {
			out[len++] = '/';
			memcpy(out + len, path, n);
			len += n;
		}
		path += n + (path[n] == '/');
	}
	if (len == 0)
		out[len++] = '/';
	out[len] = '\0';
	return out;
}

struct fsop *spec_add_fsop(struct spec *spec, enum fsop_kind kind, const char *dest)
{
	struct fsop *op = ARR_PUSH(spec->arena, spec, fsops);

	op->kind = kind;
	op->dest = spec_clean_path(spec->arena, dest);
	return op;
}

static int check_fsops(const struct spec *spec, struct err *err)
{
	if (spec->n_fsops > SPEC_MAX_FSOPS)
		return err_say(err, -EINVAL, "%zu mounts: at most %d", spec->n_fsops,
			       SPEC_MAX_FSOPS);
	for (size_t i = 0; i < spec->n_fsops; i++) {
		const struct fsop *op = &spec->fsops[i];
		bool needs_source = op->kind == FSOP_BIND || op->kind == FSOP_DEVICE ||
				    op->kind == FSOP_OVERLAY || op->kind == FSOP_SYMLINK;

		if (needs_source && !op->has_fd && op->layers.n == 0 &&
		    (!op->source || !op->source[0]))
			return err_say(err, -EINVAL, "%s at '%s': no source",
				       fsop_kind_name(op->kind), op->dest);
		if (op->kind == FSOP_COPY && !op->has_fd)
			return err_say(err, -EINVAL, "%s at '%s': no descriptor",
				       fsop_kind_name(op->kind), op->dest);
		if (op->kind == FSOP_FS && (!op->fstype || !op->fstype[0]))
			return err_say(err, -EINVAL, "mount on '%s': no filesystem type",
				       op->dest);
		if (strcmp(op->dest, "/") == 0 && op->kind != FSOP_READONLY &&
		    spec->root.kind != ROOT_EMPTY)
			return err_say(err, -EINVAL,
				       "%s: nothing can be mounted on '/' itself",
				       fsop_kind_name(op->kind));
	}
	return 0;
}

static int check_hostname(const struct spec *spec, struct err *err)
{
	const char *name = spec->hostname;

	if (!name)
		return 0;
	if (spec->ns[NS_UTS].mode == NS_MODE_HOST)
		return err_say(err, -EINVAL,
			       "--hostname '%s' with --uts host would rename the host",
			       name);
	if (spec->ns[NS_UTS].mode == NS_MODE_CONTAINER)
		return err_say(
			err, -EINVAL,
			"--hostname '%s' with --uts container: would rename the other "
			"container",
			name);
	if (!name[0] || strlen(name) > MAX_HOSTNAME)
		return err_say(err, -EINVAL, "--hostname: 1 to %d characters",
			       MAX_HOSTNAME);
	/* The name goes into /etc/hosts, where a line break would begin another entry. */
	for (const char *c = name; *c; c++)
		if ((unsigned char)*c <= ' ' || *c == 0x7f)
			return err_say(err, -EINVAL,
				       "--hostname '%s': no spaces or control characters",
				       name);
	return 0;
}

/* Whose it is without a namespace for it is the same as with the host's name. */
static int check_domainname(const struct spec *spec, struct err *err)
{
	const char *name = spec->domainname;

	if (!name)
		return 0;
	if (spec->ns[NS_UTS].mode == NS_MODE_HOST)
		return err_say(err, -EINVAL,
			       "domainname '%s' without a UTS namespace would rename the "
			       "host's domain",
			       name);
	if (strlen(name) > MAX_HOSTNAME)
		return err_say(err, -EINVAL, "domainname: at most %d characters",
			       MAX_HOSTNAME);
	return 0;
}

static int check_process(const struct spec *spec, struct err *err)
{
	const struct spec_process *p = &spec->process;

	if (p->args.n == 0)
		return err_say(err, -EINVAL, "no command: give one behind the rootfs");
	if (p->args.n > SPEC_MAX_ARGS)
		return err_say(err, -EINVAL, "%zu arguments: at most %d", p->args.n,
			       SPEC_MAX_ARGS);
	if (p->cwd && p->cwd[0] != '/')
		return err_say(err, -EINVAL,
			       "-w '%s': the working folder is an absolute path", p->cwd);
	for (size_t i = 0; i < p->env.n; i++)
		if (p->env.v[i][0] == '=' || !strchr(p->env.v[i], '='))
			return err_say(err, -EINVAL,
				       "environment '%s': it is no NAME=VALUE",
				       p->env.v[i]);
	for (size_t i = 0; i < p->n_rlimits; i++)
		if (p->rlimits[i].soft > p->rlimits[i].hard)
			return err_say(err, -EINVAL,
				       "--ulimit: soft limit %llu above hard limit %llu",
				       (unsigned long long)p->rlimits[i].soft,
				       (unsigned long long)p->rlimits[i].hard);
	if (p->preserve_fds > SPEC_MAX_PRESERVE_FDS)
		return err_say(err, -EINVAL, "--preserve-fds %u: at most %d",
			       p->preserve_fds, SPEC_MAX_PRESERVE_FDS);
	if (p->user.n_gids > SPEC_MAX_GROUPS)
		return err_say(err, -EINVAL, "%zu additional groups: at most %d",
			       p->user.n_gids, SPEC_MAX_GROUPS);
	return 0;
}

static int check_maps(const struct idrange *maps, size_t n, const char *option,
		      struct err *err)
{
	if (n > SPEC_MAX_IDMAPS)
		return err_say(err, -EINVAL, "%s: %zu ranges, the kernel takes %d",
			       option, n, SPEC_MAX_IDMAPS);
	for (size_t i = 0; i < n; i++)
		if (maps[i].count == 0)
			return err_say(err, -EINVAL, "%s %u:%u:0: an empty range", option,
				       maps[i].inside, maps[i].host);
	return 0;
}

static int check_userns(const struct spec *spec, struct err *err)
{
	const struct spec_userns *u = &spec->userns;
	int r;

	if ((spec->ns[NS_USER].mode == NS_MODE_PATH ||
	     spec->ns[NS_USER].mode == NS_MODE_CONTAINER) &&
	    u->mode != USERNS_DEFAULT && !u->is_known)
		return err_say(err, -EINVAL,
			       "a joined user namespace goes with no other id map");
	if (u->mode == USERNS_EXPLICIT && u->n_uids + u->n_gids == 0)
		return err_say(err, -EINVAL, "an id map without a range");
	r = check_maps(u->uids, u->n_uids, "--uidmap", err);
	return r < 0 ? r : check_maps(u->gids, u->n_gids, "--gidmap", err);
}

int spec_validate(const struct spec *spec, struct err *err)
{
	int r;

	if (spec->has_time_offsets && spec->ns[NS_TIME].mode != NS_MODE_PRIVATE)
		return err_say(err, -EINVAL,
			       "offsets of clocks go with a time namespace of one's own");

	if (spec->root.kind != ROOT_HOST && spec->root.kind != ROOT_EMPTY &&
	    (!spec->root.path || !spec->root.path[0]))
		return err_say(err, -EINVAL, "no rootfs: give --rootfs DIR, or host:");
	if (spec->ns[NS_MOUNT].mode != NS_MODE_PRIVATE)
		return err_say(err, -EINVAL, "the mount namespace is always a new one");
	for (int i = 0; i < NS_COUNT; i++) {
		if (spec->ns[i].mode == NS_MODE_PATH &&
		    (!spec->ns[i].path || !spec->ns[i].path[0]))
			return err_say(err, -EINVAL, "%s namespace: no path to join",
				       spec_ns_name((enum spec_ns)i));
		if (spec->ns[i].mode == NS_MODE_CONTAINER &&
		    (!spec->joined || !spec->joined[0]))
			return err_say(err, -EINVAL, "%s namespace: no container to join",
				       spec_ns_name((enum spec_ns)i));
	}
	r = check_process(spec, err);
	if (r == 0)
		r = check_hostname(spec, err);
	if (r == 0)
		r = check_domainname(spec, err);
	if (r == 0)
		r = check_userns(spec, err);
	if (r == 0)
		r = check_fsops(spec, err);
	if (r == 0)
		r = spec_resources_validate(spec, err);
	return r;
}

const char *spec_refuse_label(const char *label)
{
	if (strlen(label) > MAX_LABEL)
		return "longer than 4000 bytes";
	for (const char *c = label; *c; c++)
		if ((unsigned char)*c < ' ' || *c == 0x7f)
			return "no control characters";
	return NULL;
}

bool spec_wants_kept_groups(const struct spec *spec)
{
	const char *keep =
		strv_env_get(&spec->annotations, "run.oci.keep_original_groups");

	return keep && strcmp(keep, "0") != 0;
}

bool spec_is_announced(const struct spec *spec)
{
	return spec->pidfile || spec->is_announced || spec->is_detached;
}

bool spec_is_users_mount(const struct fsop *op)
{
	return op->kind == FSOP_BIND && !op->is_default && op->source;
}
