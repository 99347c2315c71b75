// SPDX-License-Identifier: Apache-2.0
/*
 * spec_defaults.c - defaults_apply(): what stands around the caller's operations
 */
#include <string.h>

#include "base/mountattr.h"
#include "spec/defaults.h"
#include "test.h"

#define NOEXEC (MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC)

static struct spec *new_spec(void **state)
{
	struct spec *s = arena_new(*state, struct spec);

	spec_init(s, *state);
	s->root.path = "/srv/rootfs";
	return s;
}

/* All targets in order, separated by blanks; the caller's with a '+' before. */
static const char *order(const struct spec *s)
{
	const char *text = "";

	for (size_t i = 0; i < s->n_fsops; i++)
		text = arena_printf(s->arena, "%s%s%s%s", text, i ? " " : "",
				    s->fsops[i].is_default ? "" : "+", s->fsops[i].dest);
	return text;
}

#define STANDARD "/proc /dev /dev/shm /dev/mqueue /sys /sys/fs/cgroup"
#define MASKS                                                                       \
	"/proc/acpi /proc/interrupts /proc/kcore /proc/keys /proc/latency_stats "   \
	"/proc/sched_debug /proc/scsi /proc/timer_list /proc/timer_stats "          \
	"/sys/devices/virtual/powercap /sys/firmware /sys/fs/selinux /proc/asound " \
	"/proc/bus /proc/fs /proc/irq /proc/sys /proc/sysrq-trigger"

static const struct fsop *find(const struct spec *s, const char *dest)
{
	for (size_t i = 0; i < s->n_fsops; i++)
		if (strcmp(s->fsops[i].dest, dest) == 0)
			return &s->fsops[i];
	fail_msg("no operation on '%s'", dest);
	return NULL;
}

static void test_nothing_asked(void **state)
{
	struct spec *s = new_spec(state);
	struct defaults d = {0};

	defaults_apply(s, &d);
	assert_string_equal(order(s), STANDARD " " MASKS);
	for (size_t i = 0; i < s->n_fsops; i++)
		assert_true(s->fsops[i].is_default);
}

static void test_attributes(void **state)
{
	struct spec *s = new_spec(state);
	struct defaults d = {.shm_size_bytes = 4096, .proc_options = "hidepid=2"};
	const struct fsop *op;

	defaults_apply(s, &d);
	op = find(s, "/proc");
	assert_int_equal(op->kind, FSOP_FS);
	assert_string_equal(op->fstype, "proc");
	assert_string_equal(op->data, "hidepid=2");
	assert_int_equal(op->attr_set, NOEXEC);
	assert_int_equal(find(s, "/dev")->kind, FSOP_DEVTREE);
	op = find(s, "/dev/shm");
	assert_int_equal(op->kind, FSOP_TMPFS);
	assert_int_equal(op->size_bytes, 4096);
	assert_true(op->has_mode);
	assert_int_equal(op->mode, 01777);
	assert_int_equal(op->attr_set, NOEXEC);
	assert_string_equal(find(s, "/dev/mqueue")->fstype, "mqueue");
	op = find(s, "/sys");
	assert_string_equal(op->fstype, "sysfs");
	assert_int_equal(op->attr_set, NOEXEC | MOUNT_ATTR_RDONLY);
	assert_false(op->is_optional);
	op = find(s, "/sys/fs/cgroup");
	assert_string_equal(op->fstype, "cgroup2");
	assert_int_equal(op->attr_set, NOEXEC | MOUNT_ATTR_RDONLY);
	assert_true(op->is_optional);
	assert_int_equal(find(s, "/proc/kcore")->kind, FSOP_MASK);
	assert_int_equal(find(s, "/proc/sys")->kind, FSOP_READONLY);
}

static void test_privileged(void **state)
{
	struct spec *s = new_spec(state);
	struct defaults d = {0};

	strv_push(*state, &d.mask, "/secret");
	s->security.is_privileged = true;
	defaults_apply(s, &d);
	assert_string_equal(order(s), STANDARD " +/secret");
	assert_int_equal(find(s, "/sys")->attr_set, NOEXEC);
	assert_int_equal(find(s, "/sys/fs/cgroup")->attr_set, NOEXEC);
}

static void test_files(void **state)
{
	struct spec *s = new_spec(state);
	struct defaults d = {
		.hosts = "hosts", .hostname_file = "", .is_hosts_asked = true};

	s->id = "id";
	s->name = "name";
	s->is_container_env = true;
	defaults_apply(s, &d);
	assert_string_equal(order(s), STANDARD " /etc/hosts /etc/hostname "
					       "/run/.containerenv " MASKS);
	assert_int_equal(find(s, "/etc/hosts")->kind, FSOP_FILE);
	assert_string_equal(find(s, "/etc/hosts")->content, "hosts");
	assert_int_equal(find(s, "/etc/hosts")->content_len, 5);
	assert_false(find(s, "/etc/hosts")->is_optional);
	assert_int_equal(find(s, "/etc/hostname")->content_len, 0);
	assert_true(find(s, "/etc/hostname")->is_optional);
	assert_string_equal(find(s, "/run/.containerenv")->content,
			    "engine=\"urun\"\nname=\"name\"\nid=\"id\"\n");
	assert_true(find(s, "/run/.containerenv")->is_optional);
}

static void test_files_of_a_read_only_root(void **state)
{
	static const char *const files[] = {"/etc/hosts", "/etc/hostname",
					    "/etc/resolv.conf", "/run/.containerenv"};
	struct defaults d = {.hosts = "a", .hostname_file = "b", .resolv_conf = "c"};

	for (int is_readonly = 0; is_readonly <= 1; is_readonly++) {
		struct spec *s = new_spec(state);

		s->is_container_env = true;
		s->root.is_readonly = is_readonly;
		defaults_apply(s, &d);
		for (size_t i = 0; i < ARRAY_SIZE(files); i++)
			assert_int_equal(find(s, files[i])->attr_set,
					 is_readonly
						 ? NOEXEC | MOUNT_ATTR_RDONLY
						 : MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV);
	}
}

static void test_host_root_is_hidden(void **state)
{
	struct spec *s = new_spec(state);
	struct defaults d = {.resolv_conf = "x"};

	s->root.kind = ROOT_HOST;
	defaults_apply(s, &d);
	assert_string_equal(order(s), STANDARD " /run /tmp /var/tmp "
					       "/etc/resolv.conf " MASKS);
	assert_int_equal(find(s, "/run")->kind, FSOP_TMPFS);
	assert_int_equal(find(s, "/run")->mode, 0755);
	assert_int_equal(find(s, "/tmp")->mode, 01777);
	assert_true(find(s, "/tmp")->has_mode);
	/* What hides may not be missing. */
	for (size_t i = 0; i < s->n_fsops; i++)
		if (s->fsops[i].kind == FSOP_TMPFS)
			assert_false(s->fsops[i].is_optional);
}

static void test_folders_are_hidden_of_host_only(void **state)
{
	struct spec *s = new_spec(state);
	struct defaults d = {0};

	defaults_apply(s, &d);
	assert_string_equal(order(s), STANDARD " " MASKS);
}

/* By depth; what is equally deep stays as it was given. */
static void test_order_of_the_callers(void **state)
{
	struct spec *s = new_spec(state);
	struct defaults d = {0};

	spec_add_fsop(s, FSOP_BIND, "/z/y/x")->source = "/";
	spec_add_fsop(s, FSOP_TMPFS, "/z");
	spec_add_fsop(s, FSOP_BIND, "/a/b")->source = "/";
	spec_add_fsop(s, FSOP_BIND, "/a")->source = "/";
	spec_add_fsop(s, FSOP_TMPFS, "/a/a");
	spec_add_fsop(s, FSOP_DEVICE, "/z/y")->source = "/";
	spec_add_fsop(s, FSOP_TMPFS, "/z");
	strv_push(*state, &d.mask, "/a/b/c");
	defaults_apply(s, &d);
	assert_string_equal(order(s), STANDARD
			    " +/z +/a +/z +/a/b +/a/a +/z/y +/z/y/x " MASKS " +/a/b/c");
	assert_int_equal(find(s, "/z/y")->kind, FSOP_DEVICE);
	assert_string_equal(find(s, "/z/y/x")->source, "/");
}

static void test_replaced(void **state)
{
	static const char *const all[] = {
		"/sys/fs/cgroup", "/etc/hosts", "/dev/shm", "/dev/mqueue",	 "/proc",
		"/sys",		  "/dev",	"/tmp",	    "/run/.containerenv"};
	struct spec *s = new_spec(state);
	struct defaults d = {.hosts = "x"};

	s->root.kind = ROOT_HOST;
	s->is_container_env = true;
	for (size_t i = 0; i < ARRAY_SIZE(all); i++)
		spec_add_fsop(s, FSOP_TMPFS, all[i]);
	defaults_apply(s, &d);
	assert_string_equal(order(s),
			    "/run /var/tmp +/proc +/sys +/dev +/tmp +/etc/hosts "
			    "+/dev/shm +/dev/mqueue +/run/.containerenv "
			    "+/sys/fs/cgroup " MASKS);
}

static void test_each_is_replaced_alone(void **state)
{
	static const char *const all[] = {"/proc",	 "/dev", "/dev/shm",
					  "/dev/mqueue", "/sys", "/sys/fs/cgroup"};

	for (size_t i = 0; i < ARRAY_SIZE(all); i++) {
		struct spec *s = new_spec(state);
		struct defaults d = {0};

		spec_add_fsop(s, FSOP_BIND, all[i])->source = "/x";
		defaults_apply(s, &d);
		assert_int_equal(s->n_fsops, 6 + 18);
		assert_int_equal(find(s, all[i])->kind, FSOP_BIND);
		assert_string_equal(s->fsops[5].dest, all[i]);
		/* Only the cgroups may be missing. */
		for (size_t k = 0; k < 5; k++)
			assert_int_equal(s->fsops[k].is_optional,
					 strcmp(s->fsops[k].dest, "/sys/fs/cgroup") == 0);
		assert_false(s->fsops[5].is_optional);
	}
}

static void test_a_device_replaces_nothing(void **state)
{
	struct spec *s = new_spec(state);
	struct defaults d = {0};

	spec_add_fsop(s, FSOP_DEVICE, "/dev/shm")->source = "/dev/null";
	defaults_apply(s, &d);
	assert_string_equal(order(s), STANDARD " +/dev/shm " MASKS);
}

static void unmask(struct spec *s, void **state, const char *path)
{
	struct defaults d = {0};

	strv_push(*state, &d.unmask, "/nothing");
	strv_push(*state, &d.unmask, path);
	defaults_apply(s, &d);
}

static void test_unmask_one(void **state)
{
	struct spec *s = new_spec(state);

	unmask(s, state, "/proc/sys");
	assert_int_equal(s->n_fsops, 6 + 17);
	for (size_t i = 0; i < s->n_fsops; i++)
		assert_string_not_equal(s->fsops[i].dest, "/proc/sys");
}

static void test_unmask_all(void **state)
{
	static const char *const words[] = {"ALL", "all"};

	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		struct spec *s = new_spec(state);

		unmask(s, state, words[i]);
		assert_string_equal(order(s), STANDARD);
	}
}

/* podman-run(1), --security-opt unmask: shell expanded paths. */
static void test_unmask_pattern(void **state)
{
	struct spec *s = new_spec(state);

	unmask(s, state, "/proc/*");
	assert_string_equal(order(s), STANDARD " /sys/devices/virtual/powercap "
					       "/sys/firmware /sys/fs/selinux");
	s = new_spec(state);
	unmask(s, state, "/proc/[st]*");
	assert_string_equal(order(s),
			    STANDARD " /proc/acpi /proc/interrupts /proc/kcore "
				     "/proc/keys /proc/latency_stats "
				     "/sys/devices/virtual/powercap /sys/firmware "
				     "/sys/fs/selinux /proc/asound /proc/bus /proc/fs "
				     "/proc/irq");
	s = new_spec(state);
	unmask(s, state, "/sys/*");
	assert_int_equal(s->n_fsops, 6 + 17);
}

static void test_unmask_is_no_prefix(void **state)
{
	static const char *const words[] = {"/proc", "/proc/", "/proc/key",
					    "/proc/keys/x", "/"};

	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		struct spec *s = new_spec(state);

		unmask(s, state, words[i]);
		assert_int_equal(s->n_fsops, 6 + 18);
	}
}

static void test_mask_stands_last(void **state)
{
	struct spec *s = new_spec(state);
	struct defaults d = {0};

	strv_push(*state, &d.mask, "/proc/keys");
	strv_push(*state, &d.mask, "/b");
	strv_push(*state, &d.unmask, "ALL");
	spec_add_fsop(s, FSOP_TMPFS, "/a/b/c");
	defaults_apply(s, &d);
	assert_string_equal(order(s), STANDARD " +/a/b/c +/proc/keys +/b");
	assert_int_equal(s->fsops[s->n_fsops - 1].kind, FSOP_MASK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_nothing_asked),
		TEST(test_attributes),
		TEST(test_privileged),
		TEST(test_files),
		TEST(test_files_of_a_read_only_root),
		TEST(test_host_root_is_hidden),
		TEST(test_folders_are_hidden_of_host_only),
		TEST(test_order_of_the_callers),
		TEST(test_replaced),
		TEST(test_each_is_replaced_alone),
		TEST(test_a_device_replaces_nothing),
		TEST(test_unmask_one),
		TEST(test_unmask_all),
		TEST(test_unmask_pattern),
		TEST(test_unmask_is_no_prefix),
		TEST(test_mask_stands_last),
	};

	return cmocka_run_group_tests_name("spec_defaults", tests, NULL, NULL);
}
