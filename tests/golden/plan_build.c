// SPDX-License-Identifier: Apache-2.0
/*
 * plan_build.c - plan_build(): namespaces, capabilities, filter, ids and operations
 */
#include <string.h>
#include <sys/mount.h>

#include "base/mountattr.h"
#include "base/parse.h"
#include "plan/plan.h"
#include "test.h"

#define ALL	((1ULL << 41) - 1)
#define DEFAULT PLAN_DEFAULT_CAPS

struct world {
	struct arena *arena;
	struct spec spec;
	struct host host;
	struct plan plan;
};

static struct world *new_world(void **state)
{
	struct world *w = arena_new(*state, struct world);

	w->arena = *state;
	spec_init(&w->spec, w->arena);
	w->spec.root.path = "/srv/rootfs";
	w->spec.id = "0123456789abcdef";
	strv_push(w->arena, &w->spec.process.args, "true");
	w->host = (struct host){.uid = 1000,
				.gid = 1000,
				.user = "dev",
				.has_newuidmap = true,
				.has_newgidmap = true};
	*ARR_PUSH(w->arena, &w->host, subuids) = (struct subid_range){100000, 1000};
	*ARR_PUSH(w->arena, &w->host, subgids) = (struct subid_range){100000, 500};
	return w;
}

static int build(struct world *w, struct err *err)
{
	return plan_build(&w->plan, &w->spec, &w->host, w->arena, err);
}

static struct plan *must_build(struct world *w)
{
	struct err err = {0};

	if (build(w, &err) != 0)
		fail_msg("%s", err.message);
	return &w->plan;
}

static void test_borrows(void **state)
{
	struct world *w = new_world(state);
	const struct plan *p = must_build(w);

	assert_ptr_equal(p->spec, &w->spec);
	assert_ptr_equal(p->host, &w->host);
	assert_int_equal(p->uid, 0);
	assert_int_equal(p->gid, 0);
	assert_int_equal(p->n_ops, 0);
}

static void test_namespaces(void **state)
{
	uint64_t private = 0;

	for (int i = 0; i < NS_COUNT; i++)
	private |= i == NS_TIME ? 0 : spec_ns_flag((enum spec_ns)i);
	for (int i = 0; i < NS_COUNT; i++) {
		struct world *w = new_world(state);
		uint64_t flag = spec_ns_flag((enum spec_ns)i);

		assert_int_equal(must_build(w)->clone_flags, private);
		assert_false(w->plan.want_join);
		assert_true(w->plan.want_loopback);
		w->spec.ns[i].mode = NS_MODE_HOST;
		assert_int_equal(must_build(w)->clone_flags, private & ~flag);
		assert_false(w->plan.want_join);
		assert_int_equal(w->plan.want_loopback, i != NS_NET);
		w->spec.ns[i] = (struct spec_namespace){NS_MODE_PATH, "/ns"};
		assert_int_equal(must_build(w)->clone_flags, private & ~flag);
		assert_true(w->plan.want_join);
		assert_int_equal(w->plan.want_loopback, i != NS_NET);
		w->spec.ns[i] = (struct spec_namespace){NS_MODE_PRIVATE, NULL};
		assert_int_equal(must_build(w)->clone_flags, private | flag);
	}
}

static void test_root_on_the_host(void **state)
{
	struct world *w = new_world(state);

	w->host.is_root = true;
	w->spec.userns.mode = USERNS_HOST;
	assert_int_equal(must_build(w)->clone_flags & spec_ns_flag(NS_USER), 0);
	assert_false(w->plan.want_join);
	assert_false(w->plan.want_tty_gid);
}

static void test_hostname(void **state)
{
	struct world *w = new_world(state);

	assert_string_equal(must_build(w)->hostname, "0123456789ab");
	w->spec.ns[NS_UTS].mode = NS_MODE_HOST;
	assert_null(must_build(w)->hostname);
	w->spec.ns[NS_UTS] = (struct spec_namespace){NS_MODE_PATH, "/ns"};
	assert_null(must_build(w)->hostname);
	w->spec.hostname = "box";
	assert_string_equal(must_build(w)->hostname, "box");
	w->spec.ns[NS_UTS].mode = NS_MODE_PRIVATE;
	assert_string_equal(must_build(w)->hostname, "box");
	w->spec.hostname = NULL;
	w->spec.id = NULL;
	assert_null(must_build(w)->hostname);
}

static void test_known_caps(void **state)
{
	(void)state;
	assert_int_equal(cap_last(), 40);
	assert_int_equal(plan_known_caps(), ALL);
}

/* podman's list, name by name. */
static void test_default_caps(void **state)
{
	static const char *const names[] = {
		"CHOWN",   "DAC_OVERRIDE",     "FOWNER",     "FSETID",
		"KILL",	   "NET_BIND_SERVICE", "SETFCAP",    "SETGID",
		"SETPCAP", "SETUID",	       "SYS_CHROOT",
	};
	uint64_t set = 0;
	unsigned int cap;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		assert_int_equal(parse_cap(names[i], &cap), 0);
		set |= 1ULL << cap;
	}
	assert_int_equal(set, PLAN_DEFAULT_CAPS);
}

static void test_caps(void **state)
{
	static const struct {
		bool want_none, want_all;
		uint64_t add, drop, set, nonroot;
	} cases[] = {
		{.set = DEFAULT},
		{.want_none = true, .set = 0},
		{.want_all = true, .set = ALL},
		{.add = 1 << 21, .set = DEFAULT | 1 << 21, .nonroot = 1 << 21},
		{.drop = 1, .set = DEFAULT & ~1ULL},
		{.drop = 1 << 21, .set = DEFAULT},
		{.drop = ~0ULL, .set = 0},
		{.drop = ~0ULL, .add = 1, .set = 1, .nonroot = 1},
		{.add = ~0ULL, .set = ALL, .nonroot = ALL},
		{.add = ~0ULL, .drop = 1, .set = ALL & ~1ULL, .nonroot = ALL & ~1ULL},
		{.want_none = true, .add = 6, .set = 6, .nonroot = 6},
		{.want_none = true, .drop = 6, .set = 0},
		{.want_none = true, .add = ~0ULL, .set = ALL, .nonroot = ALL},
		{.want_all = true, .drop = 6, .set = ALL & ~6ULL},
		/* Bits that are no capability. */
		{.add = 1ULL << 50, .set = DEFAULT},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct world *w = new_world(state);
		struct spec_caps *c = &w->spec.security.caps;
		const struct plan_caps *p = &must_build(w)->caps;

		c->want_none = cases[i].want_none;
		c->want_all = cases[i].want_all;
		c->add = cases[i].add;
		c->drop = cases[i].drop;
		must_build(w);
		assert_int_equal(p->bounding, cases[i].set);
		assert_int_equal(p->permitted, cases[i].set);
		assert_int_equal(p->effective, cases[i].set);
		assert_int_equal(p->inheritable, 0);
		assert_int_equal(p->ambient, 0);
		assert_int_equal(p->nonroot, cases[i].nonroot);
		assert_false(p->is_fixed);
	}
}

static void test_caps_of_a_document(void **state)
{
	struct world *w = new_world(state);
	const struct plan_caps *p = &w->plan.caps;

	w->spec.security.caps = (struct spec_caps){.has_sets = true,
						   .bounding = ~0ULL,
						   .effective = 1,
						   .permitted = 3,
						   .inheritable = 2 | 4 | 1ULL << 60,
						   .ambient = 2 | 4 | 8,
						   .want_all = true,
						   .add = 16};
	must_build(w);
	assert_int_equal(p->bounding, ALL);
	assert_int_equal(p->effective, 1);
	assert_int_equal(p->permitted, 3);
	assert_int_equal(p->inheritable, 2 | 4);
	/* What is permitted and inheritable. */
	assert_int_equal(p->ambient, 2);
	assert_int_equal(p->nonroot, 0);
	assert_true(p->is_fixed);
}

static void test_filter(void **state)
{
	struct world *w = new_world(state);
	struct spec_security *s = &w->spec.security;

	assert_int_equal(must_build(w)->seccomp, PLAN_SECCOMP_BUILTIN_DEFAULT);
	s->caps.drop = ~0ULL;
	assert_int_equal(must_build(w)->seccomp, PLAN_SECCOMP_BUILTIN_NONE);
	s->caps.add = 1;
	assert_int_equal(must_build(w)->seccomp, PLAN_SECCOMP_COMPILE);
	s->caps = (struct spec_caps){0};
	s->seccomp = SECCOMP_PROFILE;
	s->seccomp_path = "/etc/profile.json";
	assert_int_equal(must_build(w)->seccomp, PLAN_SECCOMP_COMPILE);
	s->seccomp = SECCOMP_OFF;
	assert_int_equal(must_build(w)->seccomp, PLAN_SECCOMP_OFF);
}

static void test_filter_of_document(void **state)
{
	struct world *w = new_world(state);

	w->spec.security.seccomp = SECCOMP_PROFILE;
	assert_refused(build(w, refused_err), -EINVAL, "seccomp: no profile is given");
	w->spec.security.seccomp_json = "{}";
	assert_int_equal(must_build(w)->seccomp, PLAN_SECCOMP_COMPILE);
	w->spec.security.listener_path = "/run/x";
	assert_refused(build(w, refused_err), -ENOTSUP,
		       "linux.seccomp.listenerPath: SCMP_ACT_NOTIFY is for containers of "
		       "urun-oci");
	w->spec.bundle = "/bundle";
	must_build(w);
}

/* Whoever has no rights over a filesystem cannot map its ids. */
static void test_idmapped(void **state)
{
	struct world *w = new_world(state);
	struct fsop *op = spec_add_fsop(&w->spec, FSOP_BIND, "/x");

	op->source = "/s";
	op->is_idmapped = true;
	assert_refused(build(w, refused_err), -EPERM,
		       "mount on '/x': only real root may map the ids of a host's "
		       "filesystem");
	w->host.is_root = true;
	assert_refused(build(w, refused_err), -EPERM,
		       "mount on '/x': only real root may map the ids of a host's "
		       "filesystem");
	w->host.is_identity_userns = true;
	w->spec.userns.mode = USERNS_HOST;
	assert_refused(build(w, refused_err), -EINVAL,
		       "mount on '/x': an id map is needed: the container has none");
	*ARR_PUSH(w->spec.arena, &w->spec.fsops[0], uids) = (struct idrange){0, 1, 1};
	must_build(w);
}

static void test_time(void **state)
{
	struct world *w = new_world(state);
	const uint64_t flag = spec_ns_flag(NS_TIME);

	assert_int_equal(must_build(w)->clone_flags & flag, 0);
	w->spec.ns[NS_TIME].mode = NS_MODE_PRIVATE;
	assert_int_equal(must_build(w)->clone_flags & flag, flag);
	assert_false(must_build(w)->want_time_offsets);
	/* Not with the others: a clone into it would freeze its clocks. */
	w->spec.has_time_offsets = true;
	assert_int_equal(must_build(w)->clone_flags & flag, 0);
	assert_true(must_build(w)->want_time_offsets);
}

static void test_new_privileges(void **state)
{
	struct world *w = new_world(state);

	assert_true(must_build(w)->want_no_new_privs);
	w->spec.security.is_privileged = true;
	assert_true(must_build(w)->want_no_new_privs);
	w->spec.security.has_new_privs = true;
	assert_false(must_build(w)->want_no_new_privs);
}

static void test_tty_group(void **state)
{
	struct world *w = new_world(state);

	assert_true(must_build(w)->want_tty_gid);
	w->host.subgids[0].count = 4; /* groups 0 to 4 */
	assert_false(must_build(w)->want_tty_gid);
	w->host.subgids[0].count = 5;
	assert_true(must_build(w)->want_tty_gid);
	w->host.n_subuids = 0;
	assert_false(must_build(w)->want_tty_gid);
}

/* Who the payload is: what is known here is checked here, the rest where passwd is
 * read. */
static void test_user(void **state)
{
	static const struct {
		const char *name, *message;
	} cases[] = {
		{NULL, NULL},
		{"1000", NULL},
		{"1000:500", NULL},
		{"0:0", NULL},
		{"alice", NULL},
		{"alice:staff", NULL},
		{"1000:staff", NULL},
		{"1001", "user id 1001 is not mapped into the container"},
		{"1001:0", "user id 1001 is not mapped into the container"},
		{"1001x", NULL}, /* a name that begins with digits */
		{"0:501", "group id 501 is not mapped into the container"},
		{"alice:501", "group id 501 is not mapped into the container"},
		{"1001:501", "user id 1001 is not mapped into the container"},
		{"4294967295",
		 "user '4294967295': an id is a number from 0 to 4294967294"},
		{"0:4294967295",
		 "user '0:4294967295': an id is a number from 0 to 4294967294"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct world *w = new_world(state);

		w->spec.process.user.name = cases[i].name;
		if (cases[i].message)
			assert_refused(build(w, refused_err), -EINVAL, cases[i].message);
		else
			must_build(w);
	}
}

static void test_user_of_a_document(void **state)
{
	struct world *w = new_world(state);
	struct spec_user *u = &w->spec.process.user;

	u->has_ids = true;
	u->uid = 1000;
	u->gid = 500;
	must_build(w);
	u->gid = 501;
	assert_refused(build(w, refused_err), -EINVAL,
		       "group id 501 is not mapped into the container");
	u->uid = 1001;
	assert_refused(build(w, refused_err), -EINVAL,
		       "user id 1001 is not mapped into the container");
}

/* Where id 0 is not mapped, only a payload that is to be 0 is refused. */
static void test_user_without_root(void **state)
{
	static const struct {
		const char *name;
		bool is_good;
	} cases[] = {
		{NULL, false},	    {"0", false},	 {"1000", true},
		{"1000:0", false},  {"1000:1000", true}, {"alice", true},
		{"alice:0", false},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct world *w = new_world(state);
		struct err err = {0};

		w->spec.userns.mode = USERNS_EXPLICIT;
		*ARR_PUSH(w->arena, &w->spec.userns, uids) = (struct idrange){1000, 0, 1};
		w->spec.process.user.name = cases[i].name;
		if (build(w, &err) != (cases[i].is_good ? 0 : -EINVAL))
			fail_msg("-u %s: %s", cases[i].name ? cases[i].name : "",
				 err.message);
	}
}

static void test_hint_of_unmapped_user(void **state)
{
	struct world *w = new_world(state);
	struct err err = {0};

	w->spec.process.user.name = "5000";
	assert_int_equal(build(w, &err), -EINVAL);
	assert_string_equal(err.hint,
			    "--userns keep-id:uid=5000 makes your own user id this one; "
			    "or choose another user with -u");
	w->spec.process.user.image = "app";
	assert_int_equal(build(w, &err), -EINVAL);
	assert_string_equal(err.message, "USER '5000' of image 'app': user id 5000 is "
					 "not mapped into the container");
	w->spec.userns.mode = USERNS_AUTO;
	assert_int_equal(build(w, &err), -EINVAL);
	assert_string_equal(err.hint, "--userns auto:size=5001 would have it; or choose "
				      "another user with -u");
	w->spec.userns.mode = USERNS_DEFAULT;
	w->host.n_subuids = 0;
	assert_int_equal(build(w, &err), -EINVAL);
	assert_string_equal(err.hint,
			    "Only one id is mapped. sudo usermod --add-subuids "
			    "100000-165535 --add-subgids 100000-165535 dev gives more");
}

/* The spec's operations in their order, unchanged; the spec itself is left alone. */
static void test_operations(void **state)
{
	struct world *w = new_world(state);
	struct fsop *op = spec_add_fsop(&w->spec, FSOP_TMPFS, "/a");
	const struct plan *p;

	op->size_bytes = 5;
	spec_add_fsop(&w->spec, FSOP_BIND, "/b")->source = "/src";
	spec_add_fsop(&w->spec, FSOP_FS, "/proc")->fstype = "proc";
	spec_add_fsop(&w->spec, FSOP_MASK, "/proc/kcore");
	p = must_build(w);
	assert_int_equal(p->n_ops, 4);
	for (size_t i = 0; i < p->n_ops; i++) {
		const struct fsop *is = &p->ops[i], *want = &w->spec.fsops[i];

		assert_int_equal(is->kind, want->kind);
		assert_ptr_equal(is->dest, want->dest);
		assert_ptr_equal(is->source, want->source);
		assert_ptr_equal(is->fstype, want->fstype);
		assert_int_equal(is->size_bytes, want->size_bytes);
		assert_int_equal(is->attr_set, want->attr_set);
	}
}

/* Of a namespace of the host's the host's view is bound, and only then. */
static void test_host_views(void **state)
{
	static const struct {
		const char *fstype, *path;
		enum spec_ns ns;
	} views[] = {
		{"proc", "/proc", NS_PID},
		{"sysfs", "/sys", NS_NET},
		{"mqueue", "/dev/mqueue", NS_IPC},
		{"cgroup2", "/sys/fs/cgroup", NS_CGROUP},
		{"cgroup", "/sys/fs/cgroup", NS_CGROUP},
	};

	for (size_t i = 0; i < ARRAY_SIZE(views); i++)
		for (int ns = 0; ns < NS_COUNT; ns++) {
			struct world *w = new_world(state);
			struct fsop *op = spec_add_fsop(&w->spec, FSOP_FS, "/x");
			const struct fsop *out;

			op->fstype = views[i].fstype;
			op->attr_set = MOUNT_ATTR_RDONLY;
			op->is_optional = true;
			w->spec.ns[ns].mode = NS_MODE_HOST;
			out = must_build(w)->ops;
			assert_string_equal(out->dest, "/x");
			assert_int_equal(out->attr_set, MOUNT_ATTR_RDONLY);
			assert_true(out->is_optional);
			assert_int_equal(op->kind, FSOP_FS);
			if ((enum spec_ns)ns != views[i].ns) {
				assert_int_equal(out->kind, FSOP_FS);
				assert_null(out->source);
				continue;
			}
			assert_int_equal(out->kind, FSOP_BIND);
			assert_string_equal(out->source, views[i].path);
			assert_true(out->is_recursive);
			assert_true(out->is_attr_recursive);
			assert_int_equal(out->propagation, MS_SLAVE | MS_REC);
		}
}

static void test_joined_namespaces_have_no_host_view(void **state)
{
	struct world *w = new_world(state);

	spec_add_fsop(&w->spec, FSOP_FS, "/proc")->fstype = "proc";
	spec_add_fsop(&w->spec, FSOP_FS, "/tmpfs")->fstype = "tmpfs";
	for (int i = 0; i < NS_COUNT; i++)
		if (i != NS_MOUNT)
			w->spec.ns[i] = (struct spec_namespace){NS_MODE_PATH, "/ns"};
	must_build(w);
	assert_int_equal(w->plan.ops[0].kind, FSOP_FS);
	assert_int_equal(w->plan.ops[1].kind, FSOP_FS);
}

static void add_entry(struct world *w, struct host_entry e)
{
	*ARR_PUSH(w->arena, &w->host, entries) = e;
}

static void test_host_tree_of_a_folder(void **state)
{
	struct world *w = new_world(state);

	add_entry(w, (struct host_entry){.path = "/usr"});
	assert_int_equal(must_build(w)->n_ops, 0);
	w->spec.root.kind = ROOT_HOST;
	assert_int_equal(must_build(w)->n_ops, 1);
}

/* One entry each: what stands there decides what becomes of it. */
static void test_host_entries(void **state)
{
#define AS_IS (MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_RDONLY)
#define OWN   (MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV)
	static const struct {
		struct host_entry e;
		enum fsop_kind kind;
		uint64_t attr;
	} cases[] = {
		{{.path = "/x", .mode = 0755}, FSOP_OVERLAY, OWN},
		{{.path = "/x", .fstype = "ext4"}, FSOP_OVERLAY, OWN},
		{{.path = "/x", .fstype = "overlay"}, FSOP_OVERLAY, OWN},
		{{.path = "/x", .fstype = "squashfs"}, FSOP_BIND, AS_IS},
		{{.path = "/x", .fstype = "erofs"}, FSOP_BIND, AS_IS},
		{{.path = "/x", .fstype = "iso9660"}, FSOP_BIND, AS_IS},
		{{.path = "/x", .fstype = "tmpfs"}, FSOP_BIND, AS_IS},
		{{.path = "/x", .fstype = "vfat"}, FSOP_BIND, AS_IS},
		{{.path = "/x", .fstype = "autofs"}, FSOP_BIND, AS_IS},
		{{.path = "/x", .has_mounts_below = true, .mode = 0751}, FSOP_DIR, OWN},
		{{.path = "/x", .has_mounts_below = true, .fstype = "tmpfs"},
		 FSOP_BIND,
		 AS_IS},
		{{.path = "/x", .has_mounts_below = true, .is_closed = true},
		 FSOP_BIND,
		 AS_IS},
		{{.path = "/x", .is_private = true, .mode = 0700}, FSOP_DIR, OWN},
		{{.path = "/x",
		  .is_private = true,
		  .is_closed = true,
		  .has_mounts_below = true},
		 FSOP_DIR,
		 OWN},
		{{.path = "/x", .kind = HOST_ENTRY_FILE}, FSOP_BIND, AS_IS},
		{{.path = "/x", .kind = HOST_ENTRY_LINK, .target = "usr/x"},
		 FSOP_SYMLINK,
		 OWN},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct world *w = new_world(state);
		const struct fsop *op;

		w->spec.root.kind = ROOT_HOST;
		w->spec.root.want_overlay = true;
		add_entry(w, cases[i].e);
		op = must_build(w)->ops;
		assert_int_equal(w->plan.n_ops, 1);
		assert_string_equal(op->dest, "/x");
		assert_string_equal(op->source,
				    cases[i].e.target ? cases[i].e.target : "/x");
		assert_int_equal(op->kind, cases[i].kind);
		assert_int_equal(op->attr_set, cases[i].attr);
		assert_int_equal(op->is_recursive, cases[i].kind == FSOP_BIND);
		assert_int_equal(op->is_attr_recursive, cases[i].kind == FSOP_BIND);
		assert_int_equal(op->has_mode, cases[i].kind == FSOP_DIR);
		assert_int_equal(op->mode,
				 cases[i].kind == FSOP_DIR ? cases[i].e.mode : 0);
		assert_true(op->is_default);
		assert_true(op->is_optional);
	}
}

/* Nothing is to be changed: folders come with all that is below. */
static void test_host_as_it_is(void **state)
{
	static const struct host_entry entries[] = {
		{.path = "/x", .fstype = "ext4"},
		{.path = "/y", .has_mounts_below = true, .mode = 0751},
		{.path = "/y/below", .fstype = "ext4"},
		{.path = "/z", .kind = HOST_ENTRY_LINK, .target = "usr/z"},
	};
	struct world *w = new_world(state);

	w->spec.root.kind = ROOT_HOST;
	for (size_t i = 0; i < ARRAY_SIZE(entries); i++)
		add_entry(w, entries[i]);
	must_build(w);
	assert_int_equal(w->plan.n_ops, 3);
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(w->plan.ops[i].kind, FSOP_BIND);
		assert_int_equal(w->plan.ops[i].attr_set, AS_IS);
		assert_true(w->plan.ops[i].is_recursive &&
			    w->plan.ops[i].is_attr_recursive);
	}
	assert_string_equal(w->plan.ops[1].dest, "/y");
	assert_int_equal(w->plan.ops[2].kind, FSOP_SYMLINK);
}

static void test_host_tree_comes_first(void **state)
{
	struct world *w = new_world(state);

	w->spec.root.kind = ROOT_HOST;
	w->spec.root.is_readonly = true;
	add_entry(w, (struct host_entry){.path = "/etc"});
	add_entry(w, (struct host_entry){.path = "/usr"});
	spec_add_fsop(&w->spec, FSOP_TMPFS, "/tmp");
	must_build(w);
	assert_int_equal(w->plan.n_ops, 3);
	assert_string_equal(w->plan.ops[0].dest, "/etc");
	assert_int_equal(w->plan.ops[0].attr_set, AS_IS);
	assert_string_equal(w->plan.ops[1].dest, "/usr");
	assert_string_equal(w->plan.ops[2].dest, "/tmp");
	assert_int_equal(w->plan.ops[2].attr_set, 0);
}

/* host_read_tree() leaves out what a container of host: has of its own. */
static void test_own_folders(void **state)
{
	static const char *const want[] = {"/proc", "/sys", "/dev",
					   "/run",  "/tmp", "/var/tmp"};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(want); i++)
		assert_string_equal(plan_own_folders[i], want[i]);
	assert_null(plan_own_folders[ARRAY_SIZE(want)]);
}

static void test_errors_of_the_map(void **state)
{
	struct world *w = new_world(state);

	w->spec.userns.mode = USERNS_NOMAP;
	w->host.has_newuidmap = false;
	assert_refused(build(w, refused_err), -EPERM,
		       "--userns=nomap needs subordinate ids: newuidmap is not "
		       "installed");
	assert_int_equal(build(w, NULL), -EPERM);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_borrows),
		TEST(test_namespaces),
		TEST(test_root_on_the_host),
		TEST(test_hostname),
		TEST(test_known_caps),
		TEST(test_default_caps),
		TEST(test_caps),
		TEST(test_caps_of_a_document),
		TEST(test_filter),
		TEST(test_filter_of_document),
		TEST(test_idmapped),
		TEST(test_time),
		TEST(test_new_privileges),
		TEST(test_tty_group),
		TEST(test_user),
		TEST(test_user_of_a_document),
		TEST(test_user_without_root),
		TEST(test_hint_of_unmapped_user),
		TEST(test_operations),
		TEST(test_host_views),
		TEST(test_joined_namespaces_have_no_host_view),
		TEST(test_host_tree_of_a_folder),
		TEST(test_host_entries),
		TEST(test_host_as_it_is),
		TEST(test_host_tree_comes_first),
		TEST(test_own_folders),
		TEST(test_errors_of_the_map),
	};

	return cmocka_run_group_tests_name("plan_build", tests, NULL, NULL);
}
