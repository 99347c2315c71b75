// SPDX-License-Identifier: Apache-2.0
/*
 * plan_engine.c - what is decided for containers of engines alone: where their cgroups are, and which
 * devices root's may open
 */
#include "base/mountattr.h"
#include "plan/cgroup.h"
#include "plan/devices.h"
#include "test.h"

#include <string.h>

#define BITS ((1u << CGROUP_CPU) | (1u << CGROUP_MEMORY) | (1u << CGROUP_PIDS))

/* Kinds of hosts. */
static const struct host v1 = {
	.uid = 1000, .user = "user", .cgroup = {.layout = CGROUP_HYBRID}};
static const struct host bare = {
	.uid = 1000,
	.user = "user",
	.cgroup = {.layout = CGROUP_UNIFIED, .kernel_controllers = BITS, .own = "/x"}};
static const struct host delegated = {.uid = 1000,
				      .user = "user",
				      .cgroup = {.layout = CGROUP_UNIFIED,
						 .kernel_controllers = BITS,
						 .own = "/d/x",
						 .base = "/d",
						 .is_base_sure = true,
						 .base_controllers = BITS}};
static const struct host session = {.uid = 1000,
				    .user = "user",
				    .cgroup = {.layout = CGROUP_UNIFIED,
					       .kernel_controllers = BITS,
					       .own = "/s",
					       .has_manager = true,
					       .manager_controllers = BITS,
					       .is_systemd = true}};
static const struct host root = {.is_root = true,
				 .is_identity_userns = true,
				 .user = "root",
				 .cgroup = {.layout = CGROUP_UNIFIED,
					    .kernel_controllers = BITS,
					    .own = "/s",
					    .has_manager = true,
					    .manager_controllers = BITS,
					    .is_systemd = true}};
/* Root of a user namespace alone, as under rootless podman. */
static const struct host inner = {.is_root = true,
				  .user = "root",
				  .cgroup = {.layout = CGROUP_UNIFIED,
					     .kernel_controllers = BITS,
					     .own = "/s",
					     .has_manager = true,
					     .manager_controllers = BITS,
					     .is_systemd = true}};

static const struct {
	const struct host *host;
	const char *path;
	bool is_systemd, is_disabled;
	int64_t pids;
	const char *want; /* "place base name slice", or what is said */
} places[] = {
	{&v1, NULL, false, false, 0, "none"},
	{&v1, "/a/b", false, false, 0, "none"},
	{&v1, NULL, false, false, 5,
	 "limits need cgroup v2, and this host has v1 with an empty v2 beside it"},
	{&bare, NULL, false, false, 0, "none"},
	{&bare, NULL, false, false, 5, "limits need a cgroup, and '/x' is not yours"},
	{&bare, "/a/b", false, false, 0, "own /a b - optional parents"},
	{&bare, "/a/b", false, false, 5, "own /a b - parents"},
	{&bare, "a//b/../c", false, false, 5, "own /a c - parents"},
	{&bare, "/", false, false, 0,
	 "linux.cgroupsPath: '/' is the root of all cgroups"},
	{&bare, NULL, true, false, 0,
	 "--systemd-cgroup: there is no systemd that could be asked for a scope"},
	{&delegated, NULL, false, false, 0, "own /d urun-oci-box - optional"},
	{&delegated, NULL, false, false, 5, "own /d urun-oci-box -"},
	{&delegated, NULL, false, true, 0, "none"},
	{&session, NULL, false, false, 0, "none"},
	{&session, NULL, false, false, 5, "scope - urun-oci-box.scope -"},
	{&session, NULL, true, false, 0, "scope - - - optional"},
	{&session, "user.slice:libpod:abc", true, false, 5,
	 "scope - libpod-abc.scope user.slice"},
	{&session, ":libpod:abc", true, false, 5, "scope - libpod-abc.scope -"},
	{&session, "user.slice::abc", true, false, 0,
	 "scope - abc.scope user.slice optional"},
	{&session, "/a/b", true, false, 0,
	 "linux.cgroupsPath: expected SLICE:PREFIX:NAME, got '/a/b'"},
	{&session, "a:b:c/d", true, false, 0,
	 "linux.cgroupsPath: 'a:b:c/d' cannot be the name of a scope"},
	{&inner, "user.slice:libpod:abc", true, false, 5,
	 "scope - libpod-abc.scope user.slice"},
	{&root, NULL, false, false, 0, "own  urun-oci-box - optional parents"},
	{&root, "/docker/abc", false, false, 5, "own /docker abc - parents"},
	{&root, "system.slice:docker:abc", true, false, 5,
	 "scope - docker-abc.scope system.slice"},
};

static const char *or_dash(const char *text)
{
	return text ? text : "-";
}

static const char *place_of(const struct plan_cgroup *c, struct arena *a)
{
	static const char *const names[] = {"none", "own", "scope"};

	if (c->place == CGROUP_PLACE_NONE)
		return "none";
	return arena_printf(a, "%s %s %s %s%s%s", names[c->place], or_dash(c->base),
			    or_dash(c->name), or_dash(c->slice),
			    c->is_optional ? " optional" : "",
			    c->want_parents ? " parents" : "");
}

static void test_places(void **state)
{
	struct arena *a = *state;

	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		struct spec spec;
		struct err err = {0};
		struct plan p = {.spec = &spec, .host = places[i].host};
		int r;

		spec_init(&spec, a);
		spec.id = "box";
		spec.bundle = "/bundle";
		spec.resources.pids = places[i].pids;
		spec.cgroup.path = places[i].path;
		spec.cgroup.is_systemd = places[i].is_systemd;
		if (places[i].is_disabled)
			spec.cgroup.mode = CGROUPS_DISABLED;
		r = cgroup_build(&p, a, &err);
		assert_string_equal(r < 0 ? err.message : place_of(&p.cgroup, a),
				    places[i].want);
		/* urun's own option is none of urun-oci's. */
		assert_null(strstr(err.hint, "--limits"));
	}
}

/* --- devices --- */

#define ALL (DEVICE_READ | DEVICE_WRITE | DEVICE_MAKE)

static struct device_rule none_but_fuse[] = {{false, 'a', -1, -1, ALL},
					     {true, 'c', 10, 229, DEVICE_READ}};
static struct device_rule all[] = {{false, 'a', -1, -1, ALL}, {true, 'a', -1, -1, ALL}};

static struct plan with_rules(struct spec *spec, const struct host *host,
			      struct device_rule *rules, size_t n, struct arena *a)
{
	struct plan p = {.spec = spec, .host = host};

	spec_init(spec, a);
	spec->bundle = "/bundle";
	spec->ns[NS_USER].mode = NS_MODE_HOST;
	spec->resources.devices = rules;
	spec->resources.n_devices = n;
	p.caps.bounding = p.caps.effective = PLAN_DEFAULT_CAPS | 1ULL << 27;
	p.ops = arena_alloc(a, 3 * sizeof(*p.ops));
	p.ops[0] = (struct fsop){.kind = FSOP_TMPFS, .dest = "/dev"};
	p.ops[1] = (struct fsop){.kind = FSOP_FS, .fstype = "devpts", .dest = "/dev/pts"};
	p.ops[2] = (struct fsop){.kind = FSOP_BIND, .dest = "/data"};
	p.n_ops = 3;
	p.cgroup.place = CGROUP_PLACE_OWN;
	p.cgroup.is_optional = true;
	return p;
}

static void test_filter(void **state)
{
	struct spec spec;
	struct plan p = with_rules(&spec, &root, none_but_fuse, 2, *state);

	devices_build(&p, *state);
	assert_false(p.cgroup.is_optional || p.want_nodev);
	assert_true(
		device_filter_allows(p.devices, p.n_devices, 'c', 10, 229, DEVICE_READ));
	assert_false(
		device_filter_allows(p.devices, p.n_devices, 'c', 10, 229, DEVICE_WRITE));
	assert_true(device_filter_allows(p.devices, p.n_devices, 'c', 1, 3,
					 DEVICE_READ | DEVICE_WRITE));
	assert_true(
		device_filter_allows(p.devices, p.n_devices, 'c', 136, 7, DEVICE_READ));
	assert_true(device_filter_allows(p.devices, p.n_devices, 'b', 8, 0, DEVICE_MAKE));
	assert_false(
		device_filter_allows(p.devices, p.n_devices, 'b', 8, 0, DEVICE_READ));
	assert_int_equal(p.caps.bounding, PLAN_DEFAULT_CAPS | 1ULL << 27);
}

static void test_rules_add_up(void **state)
{
	struct device_rule rules[] = {
		{false, 'a', -1, -1, ALL},	    {true, 'c', 10, 200, DEVICE_READ},
		{true, 'c', 10, 201, DEVICE_READ},  {true, 'c', 10, 200, DEVICE_WRITE},
		{false, 'c', 10, 201, DEVICE_READ}, {true, 'c', 10, 201, DEVICE_WRITE}};
	struct spec spec;
	struct plan p = with_rules(&spec, &root, rules, ARRAY_SIZE(rules), *state);

	devices_build(&p, *state);
	assert_true(device_filter_allows(p.devices, p.n_devices, 'c', 10, 200,
					 DEVICE_READ | DEVICE_WRITE));
	assert_false(device_filter_allows(p.devices, p.n_devices, 'c', 10, 201,
					  DEVICE_READ | DEVICE_WRITE));
	assert_true(
		device_filter_allows(p.devices, p.n_devices, 'c', 10, 201, DEVICE_WRITE));
}

/* Nodes do not work in what the payload can write, and the caller's folder is the caller's. */
static void test_without_cgroup(void **state)
{
	struct spec spec;
	struct plan p = with_rules(&spec, &root, none_but_fuse, 2, *state);

	p.cgroup.place = CGROUP_PLACE_NONE;
	devices_build(&p, *state);
	assert_true(p.want_nodev);
	assert_int_equal(p.n_devices, 0);
	assert_int_equal(p.caps.bounding, PLAN_DEFAULT_CAPS);
	assert_int_equal(p.caps.effective, PLAN_DEFAULT_CAPS);
	assert_int_equal(p.ops[0].attr_set, MOUNT_ATTR_NODEV);
	assert_int_equal(p.ops[1].attr_set, 0);
	assert_int_equal(p.ops[2].attr_set, 0);
	assert_int_equal(p.notes.n, 1);
}

/* Not asked for, or nobody could do harm. */
static void test_no_filter(void **state)
{
	struct spec spec;
	struct plan p;

	for (int i = 0; i < 3; i++) {
		p = with_rules(&spec,
			       i == 0	? &session
			       : i == 1 ? &inner
					: &root,
			       i == 2 ? all : none_but_fuse, 2, *state);
		devices_build(&p, *state);
		assert_int_equal(p.n_devices, 0);
		assert_false(p.want_nodev);
		assert_true(p.cgroup.is_optional);
	}
}

/* A user namespace of its own keeps no node of the rootfs from working; and nobody asked for any. */
static void test_always(void **state)
{
	struct spec spec;
	struct plan p = with_rules(&spec, &root, NULL, 0, *state);

	spec.ns[NS_USER].mode = NS_MODE_PRIVATE;
	devices_build(&p, *state);
	assert_true(p.n_devices > 0);
	assert_false(
		device_filter_allows(p.devices, p.n_devices, 'b', 8, 0, DEVICE_READ));
	assert_true(device_filter_allows(p.devices, p.n_devices, 'c', 1, 3, DEVICE_READ));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(test_places),	   TEST(test_filter),	 TEST(test_rules_add_up),
		TEST(test_without_cgroup), TEST(test_no_filter), TEST(test_always),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
