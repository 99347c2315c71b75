// SPDX-License-Identifier: Apache-2.0
/*
 * plan.c - see plan.h
 */
#include "plan/plan.h"

#include <string.h>

#include "base/mountattr.h"
#include "base/parse.h"
#include "plan/cgroup.h"
#include "plan/devices.h"
#include "plan/idmap.h"

uint64_t plan_known_caps(void)
{
	unsigned int last = cap_last();

	return last >= 63 ? ~0ULL : (1ULL << (last + 1)) - 1;
}

static void plan_namespaces(struct plan *p)
{
	/* All that it needs is there, and the engine knows where. */
	if (p->spec->is_exec) {
		p->want_join = true;
		p->map.is_there = true;
		return;
	}
	for (int i = 0; i < NS_COUNT; i++) {
		const struct spec_namespace *ns = &p->spec->ns[i];

		if (i == NS_USER && p->map.rung == MAP_NONE &&
		    ns->mode == NS_MODE_PRIVATE)
			continue; /* root with --userns=host */
		if (i == NS_TIME && p->spec->has_time_offsets) {
			p->want_time_offsets = true;
			continue;
		}
		if (ns->mode == NS_MODE_PRIVATE || ns->is_below)
			p->clone_flags |= spec_ns_flag((enum spec_ns)i);
		if (ns->mode == NS_MODE_PATH)
			p->want_join = true;
	}
	p->want_loopback = p->spec->ns[NS_NET].mode == NS_MODE_PRIVATE;
	p->want_network = p->want_loopback && p->spec->net.backend != NET_NONE;
}

/* "What podman gives, and how -u, --cap-add and --cap-drop change it." */
static void plan_caps(struct plan *p)
{
	const struct spec_caps *c = &p->spec->security.caps;
	uint64_t known = plan_known_caps(), base, set;

	if (c->has_sets) {
		p->caps = (struct plan_caps){
			.bounding = c->bounding & known,
			.permitted = c->permitted & known,
			.effective = c->effective & known,
			.inheritable = c->inheritable & known,
			/* Others cannot be raised, capabilities(7). */
			.ambient = c->ambient & c->permitted & c->inheritable & known,
			.is_fixed = true,
		};
		return;
	}
	base = c->want_all ? known : c->want_none ? 0 : PLAN_DEFAULT_CAPS;
	/* "all" is the coarser word, so the one that names capabilities refines it. */
	if ((c->add & known) == known)
		set = known & ~c->drop;
	else
		set = (base & ~c->drop) | c->add;
	set &= known;
	p->caps = (struct plan_caps){
		.bounding = set,
		.permitted = set,
		.effective = set,
		.nonroot = c->add & set,
	};
}

static int check_seccomp(const struct spec *s, struct err *err)
{
	const struct spec_security *sec = &s->security;

	if (sec->seccomp == SECCOMP_PROFILE && !sec->seccomp_path && !sec->seccomp_json)
		return err_say(err, -EINVAL, "seccomp: no profile is given");
	/* Who starts it has to hand the listener on, and urun's own containers have nobody who asks. */
	if (sec->listener_path && !s->bundle)
		return err_say(err, -ENOTSUP,
			       "linux.seccomp.listenerPath: SCMP_ACT_NOTIFY is for "
			       "containers of urun-oci");
	return 0;
}

static void plan_seccomp(struct plan *p)
{
	const struct spec_security *s = &p->spec->security;

	p->want_no_new_privs = !s->has_new_privs;
	if (s->seccomp == SECCOMP_OFF)
		p->seccomp = PLAN_SECCOMP_OFF;
	else if (s->seccomp == SECCOMP_PROFILE)
		p->seccomp = PLAN_SECCOMP_COMPILE;
	else if (p->caps.bounding == PLAN_DEFAULT_CAPS)
		p->seccomp = PLAN_SECCOMP_BUILTIN_DEFAULT;
	else if (p->caps.bounding == 0)
		p->seccomp = PLAN_SECCOMP_BUILTIN_NONE;
	else
		p->seccomp = PLAN_SECCOMP_COMPILE;
}

/* A filesystem that shows a namespace can be mounted anew only in a namespace of our own;
 * else the caller's own view of it is bound. */
static void use_host_view(const struct plan *p, struct fsop *op)
{
	static const struct {
		const char *fstype;
		enum spec_ns ns;
		const char *path;
	} views[] = {
		{"proc", NS_PID, "/proc"},
		{"sysfs", NS_NET, "/sys"},
		{"mqueue", NS_IPC, "/dev/mqueue"},
		{"cgroup2", NS_CGROUP, "/sys/fs/cgroup"},
		{"cgroup", NS_CGROUP, "/sys/fs/cgroup"},
	};

	if (op->kind != FSOP_FS || !op->fstype)
		return;
	for (size_t i = 0; i < ARRAY_SIZE(views); i++) {
		if (strcmp(op->fstype, views[i].fstype) != 0 ||
		    p->spec->ns[views[i].ns].mode != NS_MODE_HOST)
			continue;
		/* Who puts an empty root together asks for nothing that may be missing. */
		if (views[i].ns == NS_IPC && p->spec->root.kind == ROOT_EMPTY)
			continue;
		op->kind = FSOP_BIND;
		op->source = views[i].path;
		op->is_optional |= views[i].ns == NS_IPC; /* mounted on few hosts */
		op->is_recursive = true;
		op->is_attr_recursive = true;
		op->propagation = MS_SLAVE | MS_REC;
	}
}

const char *const plan_own_folders[] = {"/proc", "/sys",     "/dev", "/run",
					"/tmp",	 "/var/tmp", NULL};

/* Is it a filesystem that no overlay can stand on, or one that is better shown as it is? */
static bool is_shown_as_is(const char *fstype)
{
	static const char *const types[] = {
		"squashfs", "erofs", "iso9660", "tmpfs", "ramfs", "autofs",
		"vfat",	    "msdos", "exfat",	"ntfs3", "fuse",
	};

	for (size_t i = 0; fstype && i < ARRAY_SIZE(types); i++)
		if (strcmp(fstype, types[i]) == 0)
			return true;
	return false;
}

/* The host's tree is put together from the entries of its root folder. For one that can be changed, the
 * kernel refuses an overlay over a folder with mounts below, which a user namespace may not
 * uncover: a folder without any gets an overlay of its own; one with some is made anew, entry by
 * entry. */
static struct fsop host_op(const struct plan *p, const struct host_entry *e)
{
	struct fsop op = {.source = e->path,
			  .dest = e->path,
			  .is_default = true,
			  .is_optional = true,
			  .attr_set = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV};

	if (e->kind == HOST_ENTRY_LINK) {
		op.kind = FSOP_SYMLINK;
		op.source = e->target;
	} else if (!p->spec->root.want_overlay || e->kind == HOST_ENTRY_FILE ||
		   (e->is_closed && !e->is_private) || is_shown_as_is(e->fstype)) {
		op.kind = FSOP_BIND;
		op.attr_set |= MOUNT_ATTR_RDONLY;
		op.is_recursive = op.is_attr_recursive = true;
	} else if (e->has_mounts_below || e->is_private) {
		/* What the caller may not enter would be an overlay that shows nothing. */
		op.kind = FSOP_DIR;
		op.mode = e->mode;
		op.has_mode = true;
	} else {
		op.kind = FSOP_OVERLAY;
		if (p->spec->root.is_readonly)
			op.attr_set |= MOUNT_ATTR_RDONLY;
	}
	return op;
}

/* apt becomes another user to download, and looks whether it did. */
static struct fsop apt_op(const struct plan *p)
{
	static const char content[] = "APT::Sandbox::User \"root\";\n";

	return (struct fsop){
		.kind = FSOP_FILE,
		.dest = PLAN_APT_CONF,
		.content = content,
		.content_len = sizeof(content) - 1,
		.attr_set = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV |
			    (p->spec->root.is_readonly ? MOUNT_ATTR_RDONLY : 0),
		.is_optional = true,
		.needs_folder = true,
		.is_default = true,
	};
}

/* As it is, a folder comes with all that is below. */
static bool is_part_of_tree(const struct plan *p, const struct host_entry *e)
{
	return p->spec->root.want_overlay || !strchr(e->path + 1, '/');
}

/* Empty, in the place of the caller's own. */
static struct fsop home_op(const struct plan *p, const char *home, struct arena *a)
{
	struct fsop op = {
		.kind = FSOP_TMPFS,
		.dest = home,
		.attr_set = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV,
		.has_mode = true,
		.mode = 0700,
		.is_default = true,
	};

	/* --userns keep-id: the payload is the caller, and not root. */
	if ((p->uid != 0 || p->gid != 0) && !p->spec->userns.is_own)
		op.data = arena_printf(a, "uid=%u,gid=%u", p->uid, p->gid);
	return op;
}

struct op_list {
	struct fsop *ops;
	size_t n_ops;
	struct arena *arena;
};

static void push_op(struct op_list *l, struct fsop op)
{
	*ARR_PUSH(l->arena, l, ops) = op;
}

static void push_homes(struct op_list *l, const struct plan *p)
{
	for (size_t i = 0; p->spec->root.kind == ROOT_HOST && i < p->host->homes.n; i++)
		push_op(l, home_op(p, p->host->homes.v[i], l->arena));
}

static void plan_ops(struct plan *p, struct arena *a)
{
	struct op_list l = {.arena = a};
	const struct spec *spec = p->spec;
	size_t n_standard = 0;

	for (size_t i = 0; spec->root.kind == ROOT_HOST && i < p->host->n_entries; i++)
		if (is_part_of_tree(p, &p->host->entries[i]))
			push_op(&l, host_op(p, &p->host->entries[i]));
	/* A home may be below /tmp, and what the caller wants to see may be in it. */
	while (n_standard < spec->n_fsops && spec->fsops[n_standard].is_default &&
	       spec->fsops[n_standard].kind != FSOP_MASK &&
	       spec->fsops[n_standard].kind != FSOP_READONLY)
		n_standard++;
	for (size_t i = 0; i < spec->n_fsops; i++) {
		if (i == n_standard)
			push_homes(&l, p);
		push_op(&l, spec->fsops[i]);
		use_host_view(p, &l.ops[l.n_ops - 1]);
	}
	if (n_standard == spec->n_fsops)
		push_homes(&l, p);
	if (p->want_owners)
		push_op(&l, apt_op(p));
	p->ops = l.ops;
	p->n_ops = l.n_ops;
}

/* The id that digits give. Return: 1; 0 for a name, which the builder looks up, or -EINVAL. */
static int read_id(const char *text, size_t len, const char *name, uint32_t *ret,
		   struct err *err)
{
	char digits[16];

	if (len == 0 || strspn(text, "0123456789") < len)
		return 0;
	if (len >= sizeof(digits))
		return err_say(err, -EINVAL, "user '%s': no such id", name);
	memcpy(digits, text, len);
	digits[len] = '\0';
	if (parse_id(digits, ret) < 0)
		return err_say(err, -EINVAL,
			       "user '%s': an id is a number from 0 to 4294967294", name);
	return 1;
}

int plan_say_unmapped(const struct plan *p, bool is_user, uint32_t id, struct err *err)
{
	const struct spec_user *u = &p->spec->process.user;

	if (u->image)
		err_say(err, -EINVAL,
			"USER '%s' of image '%s': %s id %u is not mapped into the "
			"container",
			u->name, u->image, is_user ? "user" : "group", id);
	else
		err_say(err, -EINVAL, "%s id %u is not mapped into the container",
			is_user ? "user" : "group", id);
	if (p->spec->userns.mode == USERNS_EXPLICIT)
		return err_hint(err, -EINVAL,
				"--uidmap and --gidmap leave it out: map it, or choose "
				"another with -u");
	if (p->map.rung == MAP_SINGLE)
		return err_hint(err, -EINVAL,
				"Only one id is mapped. sudo usermod --add-subuids "
				"100000-165535 --add-subgids 100000-165535 %s gives more",
				p->host->user);
	if (p->spec->userns.mode == USERNS_AUTO)
		return err_hint(
			err, -EINVAL,
			"--userns auto:size=%llu would have it; or choose another "
			"user with -u",
			id + 1ULL);
	if (p->spec->userns.mode != USERNS_DEFAULT)
		return err_hint(err, -EINVAL, "Choose another user with -u");
	return err_hint(err, -EINVAL,
			"--userns keep-id:%s=%u makes your own %s id this one; or choose "
			"another user with -u",
			is_user ? "uid" : "gid", id, is_user ? "user" : "group");
}

static int check_ids(const struct plan *p, struct err *err)
{
	const struct spec_user *u = &p->spec->process.user;
	uint32_t uid = u->has_ids ? u->uid : p->uid, gid = u->has_ids ? u->gid : p->gid;
	int has_uid = !u->keeps_uid, has_gid = !u->keeps_gid;
	bool is_user;

	if (u->is_caller)
		return 0;
	if (!u->has_ids && u->name) {
		size_t len = strcspn(u->name, ":");
		const char *group = u->name + len + (u->name[len] == ':');

		has_uid = read_id(u->name, len, u->name, &uid, err);
		if (has_uid >= 0)
			has_gid = read_id(group, strlen(group), u->name, &gid, err);
		if (has_uid < 0 || has_gid < 0)
			return -EINVAL;
	}
	is_user = has_uid && !plan_has_uid(p, uid);
	if (is_user || (has_gid && !plan_has_gid(p, gid)))
		return plan_say_unmapped(p, is_user, is_user ? uid : gid, err);
	return 0;
}

/* Files of an image have the owners that the image says, seen from the default map. */
static void plan_root(struct plan *p)
{
	const struct spec_root *root = &p->spec->root;

	p->driver = root->driver;
	p->want_shift = root->kind == ROOT_LAYERS && p->map.rung != MAP_NONE &&
			p->map.rung != MAP_SINGLE &&
			(p->spec->userns.mode != USERNS_DEFAULT ||
			 (p->host->is_root && p->host->is_identity_userns));
	if (p->want_shift)
		p->driver = STORAGE_FUSE;
}

/* Ids of a filesystem are mapped by who has rights over it. */
static int check_idmapped(const struct plan *p, struct err *err)
{
	for (size_t i = 0; i < p->spec->n_fsops; i++) {
		const struct fsop *op = &p->spec->fsops[i];

		if (!op->is_idmapped)
			continue;
		if (!p->host->is_root || !p->host->is_identity_userns)
			return err_say(
				err, -EPERM,
				"mount on '%s': only real root may map the ids of a "
				"host's filesystem",
				op->dest);
		if (op->n_uids == 0 && p->map.n_uids == 0)
			return err_say(
				err, -EINVAL,
				"mount on '%s': an id map is needed: the container "
				"has none",
				op->dest);
	}
	return 0;
}

int plan_build(struct plan *p, const struct spec *spec, const struct host *host,
	       struct arena *a, struct err *err)
{
	int r;

	*p = (struct plan){.spec = spec, .host = host};
	plan_caps(p);
	r = idmap_build(p, a, err);
	if (r < 0)
		return r;
	p->map.deny_setgroups |= host->is_setgroups_denied;
	r = check_ids(p, err);
	if (r == 0)
		r = check_seccomp(spec, err);
	if (r == 0)
		r = check_idmapped(p, err);
	if (r < 0)
		return r;
	plan_namespaces(p);
	plan_seccomp(p);
	plan_ops(p, a);
	plan_root(p);
	r = cgroup_build(p, a, err);
	if (r < 0)
		return r;
	devices_build(p, a);
	/* By the map that it is mounted with: one within that comes later. */
	p->want_tty_gid =
		p->map.rung != MAP_NONE && !p->want_nested && plan_has_gid(p, 5);
	p->hostname = spec->hostname;
	/* An engine says what it wants to be changed. */
	if (!p->hostname && spec->ns[NS_UTS].mode == NS_MODE_PRIVATE && spec->id &&
	    !spec->bundle)
		p->hostname = arena_strndup(a, spec->id, 12);
	return 0;
}
