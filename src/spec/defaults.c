// SPDX-License-Identifier: Apache-2.0
/*
 * defaults.c - see defaults.h
 *
 * Which paths are masked and read-only is podman's list and what its peers added since.
 */
#include "spec/defaults.h"

#include <fnmatch.h>
#include <string.h>

#include "base/mountattr.h"

static const char *const masked[] = {
	"/proc/acpi",	       "/proc/interrupts",
	"/proc/kcore",	       "/proc/keys",
	"/proc/latency_stats", "/proc/sched_debug",
	"/proc/scsi",	       "/proc/timer_list",
	"/proc/timer_stats",   "/sys/devices/virtual/powercap",
	"/sys/firmware",       "/sys/fs/selinux",
};

static const char *const readonly[] = {
	"/proc/asound", "/proc/bus", "/proc/fs",
	"/proc/irq",	"/proc/sys", "/proc/sysrq-trigger",
};

/* host: shows the system, not what people and daemons keep there: sockets, keys, histories. And
 * programs in a read-only system need a place for their files: podman's list, too. */
static const struct {
	const char *path;
	uint32_t mode;
} fresh[] = {
	{"/run", 0755},
	{"/tmp", 01777},
	{"/var/tmp", 01777},
};

#define NOEXEC (MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC)

/* A list in the making, and the caller's operations that may replace parts of it. */
struct builder {
	struct spec *out;
	const struct fsop *user;
	size_t n_user;
};

static bool is_replaced(const struct builder *b, const char *dest)
{
	for (size_t i = 0; i < b->n_user; i++)
		if (b->user[i].kind != FSOP_DEVICE && strcmp(b->user[i].dest, dest) == 0)
			return true;
	return false;
}

/* A standard operation; one that the caller replaced goes to @unused. */
static struct fsop *add(struct builder *b, enum fsop_kind kind, const char *dest,
			struct fsop *unused)
{
	struct fsop *op =
		is_replaced(b, dest) ? unused : spec_add_fsop(b->out, kind, dest);

	op->is_default = true;
	return op;
}

static void add_fs(struct builder *b, const char *fstype, const char *dest, uint64_t attr,
		   const char *data)
{
	struct fsop unused, *op = add(b, FSOP_FS, dest, &unused);

	op->fstype = fstype;
	op->attr_set = attr;
	op->is_attr_recursive = true;
	op->data = data;
}

/* A rootfs that the caller cannot write may have no place for it: that is an error only when
 * the content was asked for. */
static void add_file(struct builder *b, const char *dest, const char *content,
		     bool is_asked)
{
	struct fsop unused, *op;

	if (!content)
		return;
	op = add(b, FSOP_FILE, dest, &unused);
	op->content = content;
	op->content_len = strlen(content);
	op->is_optional = !is_asked;
	op->attr_set = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV;
	/* As podman's are. The launcher follows the host's resolv.conf all the same: it has the file
	 * from where it was made. */
	if (b->out->root.is_readonly)
		op->attr_set |= MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOEXEC;
}

static void add_fresh(struct builder *b, const struct defaults *d, const char *path,
		      uint32_t mode)
{
	bool is_hidden = b->out->root.kind == ROOT_HOST;
	struct fsop unused, *op;

	if (!is_hidden && !(b->out->root.is_readonly && d->want_read_only_tmpfs))
		return;
	op = add(b, FSOP_TMPFS, path, &unused);
	op->attr_set = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV;
	op->has_mode = true;
	op->mode = mode;
	/* A system without such a folder has no place for it. */
	op->is_optional = !is_hidden;
	op->is_copyup = !is_hidden;
}

/* POSIX shared memory: the host's with its ipc namespace, as a new one would share nothing. */
static void add_shm(struct builder *b, const struct defaults *d)
{
	bool is_host = b->out->ns[NS_IPC].mode == NS_MODE_HOST;
	struct fsop unused, *op;

	if (d->has_no_shm)
		return;
	op = add(b, is_host ? FSOP_BIND : FSOP_TMPFS, "/dev/shm", &unused);
	op->attr_set = NOEXEC;
	if (is_host) {
		op->source = "/dev/shm";
		return;
	}
	op->size_bytes = d->shm_size_bytes;
	op->data = d->shm_size_bytes ? NULL : "size=0"; /* no limit, tmpfs(5) */
	op->mode = 01777;
	op->has_mode = true;
}

static void add_standard(struct builder *b, const struct defaults *d)
{
	const struct spec_security *s = &b->out->security;
	uint64_t sys = NOEXEC | (s->is_privileged ? 0 : MOUNT_ATTR_RDONLY);
	struct fsop unused;

	add_fs(b, "proc", "/proc", NOEXEC, d->proc_options);
	add(b, FSOP_DEVTREE, "/dev", &unused);
	add_shm(b, d);
	add_fs(b, "mqueue", "/dev/mqueue", NOEXEC, NULL);
	add_fs(b, "sysfs", "/sys", sys, NULL);
	add_fs(b, "cgroup2", "/sys/fs/cgroup", sys, NULL);
	/* A kernel without cgroup v2, or one that shows it to nobody: there is nothing to see. */
	if (b->out->n_fsops > 0)
		b->out->fsops[b->out->n_fsops - 1].is_optional |=
			strcmp(b->out->fsops[b->out->n_fsops - 1].dest,
			       "/sys/fs/cgroup") == 0;
	for (size_t i = 0; i < ARRAY_SIZE(fresh); i++)
		add_fresh(b, d, fresh[i].path, fresh[i].mode);
	add_file(b, "/etc/hosts", d->hosts, d->is_hosts_asked);
	add_file(b, "/etc/hostname", d->hostname_file, false);
	add_file(b, SPEC_RESOLV_CONF, d->resolv_conf, d->is_resolv_conf_asked);
	if (b->out->is_container_env)
		add_file(b, "/run/.containerenv",
			 arena_printf(b->out->arena,
				      "engine=\"urun\"\nname=\"%s\"\nid=\"%s\"\n",
				      b->out->name ? b->out->name : "",
				      b->out->id ? b->out->id : ""),
			 false);
}

static size_t depth(const char *path)
{
	size_t n = 0;

	for (; *path; path++)
		n += *path == '/' && path[1];
	return n;
}

/* By depth, and in the caller's order where that is equal: a stable insertion. */
static void add_user(struct builder *b)
{
	size_t deepest = 0;

	for (size_t i = 0; i < b->n_user; i++)
		deepest = MAX(deepest, depth(b->user[i].dest));
	for (size_t level = 0; level <= deepest; level++)
		for (size_t i = 0; i < b->n_user; i++)
			if (depth(b->user[i].dest) == level)
				*ARR_PUSH(b->out->arena, b->out, fsops) = b->user[i];
}

static bool is_unmasked(const struct defaults *d, const char *path)
{
	for (size_t i = 0; i < d->unmask.n; i++)
		if (fnmatch(d->unmask.v[i], path, FNM_PATHNAME) == 0)
			return true;
	return strv_has(&d->unmask, "ALL") || strv_has(&d->unmask, "all");
}

static void add_masks(struct builder *b, const struct defaults *d)
{
	bool is_open = b->out->security.is_privileged;

	for (size_t i = 0; !is_open && i < ARRAY_SIZE(masked); i++)
		if (!is_unmasked(d, masked[i]))
			spec_add_fsop(b->out, FSOP_MASK, masked[i])->is_default = true;
	for (size_t i = 0; !is_open && i < ARRAY_SIZE(readonly); i++)
		if (!is_unmasked(d, readonly[i]))
			spec_add_fsop(b->out, FSOP_READONLY, readonly[i])->is_default =
				true;
	for (size_t i = 0; i < d->mask.n; i++)
		spec_add_fsop(b->out, FSOP_MASK, d->mask.v[i]);
	for (size_t i = 0; i < d->denied.n; i++)
		spec_add_fsop(b->out, FSOP_MASK, d->denied.v[i])->is_exact = true;
}

void defaults_apply(struct spec *spec, const struct defaults *d)
{
	struct builder b = {.out = spec, .user = spec->fsops, .n_user = spec->n_fsops};

	spec->fsops = NULL;
	spec->n_fsops = 0;
	add_standard(&b, d);
	add_user(&b);
	add_masks(&b, d);
}

void defaults_hidden(struct arena *a, struct strv *ret_masked, struct strv *ret_readonly)
{
	for (size_t i = 0; i < ARRAY_SIZE(masked); i++)
		strv_push(a, ret_masked, masked[i]);
	for (size_t i = 0; i < ARRAY_SIZE(readonly); i++)
		strv_push(a, ret_readonly, readonly[i]);
}
