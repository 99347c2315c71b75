// SPDX-License-Identifier: Apache-2.0
/*
 * spec_validate.c - what spec_validate() lets pass, and what it says of the rest
 *
 * Each test takes a spec that is good and makes one thing of it wrong.
 */
#include <string.h>
#include <sys/resource.h>

#include "spec/spec.h"
#include "test.h"

static struct spec *good_spec(void **state)
{
	struct spec *s = arena_new(*state, struct spec);

	spec_init(s, *state);
	s->root.path = "/srv/rootfs";
	strv_push(s->arena, &s->process.args, "true");
	return s;
}

#define assert_invalid(s, message) \
	assert_refused(spec_validate(s, refused_err), -EINVAL, message)

static void assert_valid(const struct spec *s)
{
	struct err err = {0};

	if (spec_validate(s, &err) != 0)
		fail_msg("%s", err.message);
}

static void test_init(void **state)
{
	struct spec s;

	memset(&s, 0xff, sizeof(s));
	spec_init(&s, *state);
	for (int i = 0; i < NS_COUNT; i++) {
		assert_int_equal(s.ns[i].mode,
				 i == NS_TIME ? NS_MODE_HOST : NS_MODE_PRIVATE);
		assert_null(s.ns[i].path);
	}
	assert_int_equal(s.n_fsops, 0);
	assert_int_equal(s.userns.mode, USERNS_DEFAULT);
	assert_int_equal(s.security.seccomp, SECCOMP_DEFAULT);
	assert_false(s.security.has_new_privs);
	assert_ptr_equal(s.arena, *state);
}

static void test_names(void **state)
{
	static const char *const names[] = {"user", "mnt", "pid",    "net",
					    "ipc",  "uts", "cgroup", "time"};
	static const uint64_t flags[] = {0x10000000, 0x20000,	0x20000000, 0x40000000,
					 0x8000000,  0x4000000, 0x2000000,  0x80};

	for (int i = 0; i < NS_COUNT; i++) {
		assert_string_equal(spec_ns_name((enum spec_ns)i), names[i]);
		assert_int_equal(spec_ns_flag((enum spec_ns)i), flags[i]);
	}
	for (int i = 0; i < FSOP_COUNT; i++)
		assert_non_null(fsop_kind_name((enum fsop_kind)i));
	assert_string_equal(fsop_kind_name(FSOP_COUNT), "unknown");
}

static void test_good_one(void **state)
{
	assert_valid(good_spec(state));
}

static void test_add_fsop(void **state)
{
	struct spec *s = good_spec(state);
	struct fsop *op = spec_add_fsop(s, FSOP_DIR, "a/../b//");

	assert_int_equal(op->kind, FSOP_DIR);
	assert_string_equal(op->dest, "/b");
	assert_null(op->source);
	assert_int_equal(op->attr_set, 0);
	assert_false(op->is_default);
	for (int i = 0; i < 100; i++)
		spec_add_fsop(s, FSOP_MASK, arena_printf(s->arena, "/%d", i));
	assert_int_equal(s->n_fsops, 101);
	assert_string_equal(s->fsops[0].dest, "/b");
	assert_string_equal(s->fsops[100].dest, "/99");
	assert_valid(s);
}

static void test_rootfs(void **state)
{
	struct spec *s = good_spec(state);

	s->root.path = NULL;
	assert_invalid(s, "no rootfs: give --rootfs DIR, or host:");
	s->root.path = "";
	assert_invalid(s, "no rootfs: give --rootfs DIR, or host:");
	s->root.kind = ROOT_HOST;
	assert_valid(s);
}

static void test_mount_namespace_is_new(void **state)
{
	struct spec *s = good_spec(state);

	s->ns[NS_MOUNT].mode = NS_MODE_HOST;
	assert_invalid(s, "the mount namespace is always a new one");
	s->ns[NS_MOUNT] = (struct spec_namespace){NS_MODE_PATH, "/proc/1/ns/mnt"};
	assert_invalid(s, "the mount namespace is always a new one");
}

static void test_joined_namespaces_have_a_container(void **state)
{
	struct spec *s = good_spec(state);

	s->ns[NS_NET].mode = NS_MODE_CONTAINER;
	assert_invalid(s, "net namespace: no container to join");
	s->joined = "";
	assert_invalid(s, "net namespace: no container to join");
	s->joined = "web";
	assert_valid(s);
}

static void test_joined_namespaces_have_a_path(void **state)
{
	for (int i = 0; i < NS_COUNT; i++) {
		struct spec *s = good_spec(state);
		const char *message =
			arena_printf(*state, "%s namespace: no path to join",
				     spec_ns_name((enum spec_ns)i));

		if (i == NS_MOUNT)
			continue;
		s->ns[i].mode = NS_MODE_PATH;
		assert_invalid(s, message);
		s->ns[i].path = "";
		assert_invalid(s, message);
		s->ns[i].path = "/ns";
		assert_valid(s);
	}
}

static void test_command(void **state)
{
	struct spec *s = good_spec(state);

	s->process.args.n = 0;
	assert_invalid(s, "no command: give one behind the rootfs");
	s->process.args.n = SPEC_MAX_ARGS;
	assert_valid(s);
	s->process.args.n = SPEC_MAX_ARGS + 1;
	assert_invalid(s, "65537 arguments: at most 65536");
}

static void test_working_folder(void **state)
{
	struct spec *s = good_spec(state);

	s->process.cwd = "/src";
	assert_valid(s);
	s->process.cwd = "src";
	assert_invalid(s, "-w 'src': the working folder is an absolute path");
	s->process.cwd = "";
	assert_invalid(s, "-w '': the working folder is an absolute path");
}

static void test_environment(void **state)
{
	static const char *const good[] = {"A=", "A=b", "A B=c", "A==", "1=2"};
	static const char *const wrong[] = {"A", "", "=", "=A"};

	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		struct spec *s = good_spec(state);

		strv_push(s->arena, &s->process.env, good[i]);
		assert_valid(s);
	}
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		struct spec *s = good_spec(state);

		strv_push(s->arena, &s->process.env, "A=b");
		strv_push(s->arena, &s->process.env, wrong[i]);
		assert_invalid(s, arena_printf(*state,
					       "environment '%s': it is no NAME=VALUE",
					       wrong[i]));
	}
}

static void test_limits(void **state)
{
	struct spec *s = good_spec(state);
	struct spec_rlimit *r = ARR_PUSH(s->arena, &s->process, rlimits);

	*r = (struct spec_rlimit){RLIMIT_CORE, 5, 5};
	assert_valid(s);
	r->hard = UINT64_MAX;
	assert_valid(s);
	r->hard = 4;
	assert_invalid(s, "--ulimit: soft limit 5 above hard limit 4");
	r->soft = r->hard = UINT64_MAX;
	assert_valid(s);
}

static void test_counts(void **state)
{
	struct spec *s = good_spec(state);

	s->process.preserve_fds = SPEC_MAX_PRESERVE_FDS;
	assert_valid(s);
	s->process.preserve_fds++;
	assert_invalid(s, "--preserve-fds 1025: at most 1024");
	s->process.preserve_fds = UINT32_MAX;
	assert_invalid(s, "--preserve-fds 4294967295: at most 1024");
	s->process.preserve_fds = 0;
	s->process.user.n_gids = SPEC_MAX_GROUPS;
	assert_valid(s);
	s->process.user.n_gids++;
	assert_invalid(s, "65537 additional groups: at most 65536");
}

static void test_hostname(void **state)
{
	struct spec *s = good_spec(state);
	char name[66] = {0};

	memset(name, 'a', 64);
	s->hostname = name;
	assert_valid(s);
	name[64] = 'a';
	assert_invalid(s, "--hostname: 1 to 64 characters");
	s->hostname = "";
	assert_invalid(s, "--hostname: 1 to 64 characters");
	s->hostname = "box";
	s->ns[NS_UTS] = (struct spec_namespace){NS_MODE_PATH, "/ns"};
	assert_valid(s);
	s->ns[NS_UTS] = (struct spec_namespace){NS_MODE_HOST, NULL};
	assert_invalid(s, "--hostname 'box' with --uts host would rename the host");
	s->hostname = NULL;
	s->domainname = "example";
	assert_invalid(s, "domainname 'example' without a UTS namespace would rename the "
			  "host's domain");
	s->domainname = NULL;
	assert_valid(s);
}

static void test_user_namespace(void **state)
{
	struct spec *s = good_spec(state);

	s->userns.mode = USERNS_EXPLICIT;
	assert_invalid(s, "an id map without a range");
	*ARR_PUSH(s->arena, &s->userns, uids) = (struct idrange){0, 0, 1};
	assert_valid(s);
	s->ns[NS_USER] = (struct spec_namespace){NS_MODE_PATH, "/ns"};
	assert_invalid(s, "a joined user namespace goes with no other id map");
	s->userns.is_known = true;
	assert_valid(s);
	s->userns.is_known = false;
	s->userns.mode = USERNS_KEEP_ID;
	assert_invalid(s, "a joined user namespace goes with no other id map");
	s->userns.mode = USERNS_DEFAULT;
	assert_valid(s);
}

static void test_id_maps(void **state)
{
	struct spec *s = good_spec(state);
	struct idrange *maps = arena_alloc(*state, sizeof(*maps) * (SPEC_MAX_IDMAPS + 1));

	for (uint32_t i = 0; i <= SPEC_MAX_IDMAPS; i++)
		maps[i] = (struct idrange){i, i, 1};
	s->userns.mode = USERNS_EXPLICIT;
	s->userns.uids = s->userns.gids = maps;
	s->userns.n_uids = s->userns.n_gids = SPEC_MAX_IDMAPS;
	assert_valid(s);
	s->userns.n_uids = SPEC_MAX_IDMAPS + 1;
	assert_invalid(s, "--uidmap: 341 ranges, the kernel takes 340");
	s->userns.n_uids = 1;
	s->userns.n_gids = SPEC_MAX_IDMAPS + 1;
	assert_invalid(s, "--gidmap: 341 ranges, the kernel takes 340");
	s->userns.n_gids = 3;
	maps[2] = (struct idrange){5, 6, 0};
	assert_invalid(s, "--gidmap 5:6:0: an empty range");
	s->userns.n_uids = 3;
	assert_invalid(s, "--uidmap 5:6:0: an empty range");
}

static void test_sources(void **state)
{
	static const struct {
		enum fsop_kind kind;
		bool needs_source;
	} kinds[] = {
		{FSOP_BIND, true},	{FSOP_TMPFS, false},  {FSOP_DEVTREE, false},
		{FSOP_DEVICE, true},	{FSOP_DIR, false},    {FSOP_FILE, false},
		{FSOP_SYMLINK, true},	{FSOP_OVERLAY, true}, {FSOP_MASK, false},
		{FSOP_READONLY, false},
	};

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		struct spec *s = good_spec(state);
		struct fsop *op = spec_add_fsop(s, kinds[i].kind, "/a");

		if (kinds[i].needs_source) {
			const char *message =
				arena_printf(*state, "%s at '/a': no source",
					     fsop_kind_name(kinds[i].kind));

			assert_invalid(s, message);
			op->source = "";
			assert_invalid(s, message);
			op->source = "/b";
		}
		assert_valid(s);
	}
}

static void test_filesystem_type(void **state)
{
	struct spec *s = good_spec(state);
	struct fsop *op = spec_add_fsop(s, FSOP_FS, "/proc");

	assert_invalid(s, "mount on '/proc': no filesystem type");
	op->fstype = "";
	assert_invalid(s, "mount on '/proc': no filesystem type");
	op->fstype = "proc";
	assert_valid(s);
}

static void test_nothing_on_the_root(void **state)
{
	struct spec *s = good_spec(state);
	struct fsop *op = spec_add_fsop(s, FSOP_BIND, "/x/..");

	op->source = "/b";
	assert_invalid(s, "bind: nothing can be mounted on '/' itself");
	op->kind = FSOP_MASK;
	assert_invalid(s, "mask: nothing can be mounted on '/' itself");
	op->kind = FSOP_READONLY;
	assert_valid(s);
}

static void test_many_operations(void **state)
{
	struct spec *s = good_spec(state);

	for (int i = 0; i < SPEC_MAX_FSOPS; i++)
		spec_add_fsop(s, FSOP_MASK, "/a");
	assert_valid(s);
	spec_add_fsop(s, FSOP_MASK, "/a");
	assert_invalid(s, "4097 mounts: at most 4096");
}

static void test_no_error_wanted(void **state)
{
	struct spec *s = good_spec(state);

	s->process.args.n = 0;
	assert_int_equal(spec_validate(s, NULL), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_init),
		TEST(test_names),
		TEST(test_good_one),
		TEST(test_add_fsop),
		TEST(test_rootfs),
		TEST(test_mount_namespace_is_new),
		TEST(test_joined_namespaces_have_a_path),
		TEST(test_joined_namespaces_have_a_container),
		TEST(test_command),
		TEST(test_working_folder),
		TEST(test_environment),
		TEST(test_limits),
		TEST(test_counts),
		TEST(test_hostname),
		TEST(test_user_namespace),
		TEST(test_id_maps),
		TEST(test_sources),
		TEST(test_filesystem_type),
		TEST(test_nothing_on_the_root),
		TEST(test_many_operations),
		TEST(test_no_error_wanted),
	};

	return cmocka_run_group_tests_name("spec_validate", tests, NULL, NULL);
}
