// SPDX-License-Identifier: Apache-2.0
/*
 * features.c - urun-oci features: what a document may ask for
 *
 * Source: OCI runtime specification 1.2, features.md and features-linux.md.
 */
#include "base/json.h"
#include "base/parse.h"
#include "cli/oci/oci.h"
#include "spec/mountopt.h"
#include "spec/seccomp_profile.h"
#include "spec/spec.h"
#include "spec/words.h"

static const struct option no_options[] = {{0}};

static void put_words(struct json *to, const char *key, const char *const *words)
{
	struct json *list = json_put_array(to, key);

	for (; *words; words++)
		json_add_str(list, *words);
}

static void put_namespaces(struct json *linux_)
{
	struct json *list = json_put_array(linux_, "namespaces");

	for (int i = 0; i < NS_COUNT; i++)
		json_add_str(list, words_oci_ns((enum spec_ns)i));
}

static void put_caps(struct json *linux_)
{
	struct json *list = json_put_array(linux_, "capabilities");

	for (unsigned int i = 0; i <= cap_last(); i++)
		json_add_str(list, cap_name(i));
}

static void put_cgroup(struct json *linux_)
{
	struct json *cgroup = json_put_object(linux_, "cgroup");

	json_put_bool(cgroup, "v1", false);
	json_put_bool(cgroup, "v2", true);
	json_put_bool(cgroup, "systemd", true);
	json_put_bool(cgroup, "systemdUser", true);
	json_put_bool(cgroup, "rdma", true);
}

static void put_seccomp(struct json *linux_, struct arena *a)
{
	struct json *seccomp = json_put_object(linux_, "seccomp");
	struct strv actions = {0}, operators = {0};

	seccomp_profile_words(a, &actions, &operators);
	json_put_bool(seccomp, "enabled", true);
	json_put_strv(seccomp, "actions", &actions);
	json_put_strv(seccomp, "operators", &operators);
}

/* What the program knows to do; whether the kernel can is another question. */
static void put_others(struct json *linux_)
{
	static const struct {
		const char *key;
		bool is_known;
	} others[] = {
		{"apparmor", true},    {"selinux", true},	{"intelRdt", false},
		{"netDevices", false}, {"memoryPolicy", false},
	};
	struct json *extensions = json_put_object(linux_, "mountExtensions");

	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		json_put_bool(json_put_object(linux_, others[i].key), "enabled",
			      others[i].is_known);
	json_put_bool(json_put_object(extensions, "idmap"), "enabled", true);
}

static void put_annotations(struct json *doc)
{
	static const char *const unsafe[] = {"run.oci.", NULL};

	json_put_str(json_put_object(doc, "annotations"), "org.urun.version",
		     PACKAGE_VERSION);
	put_words(doc, "potentiallyUnsafeConfigAnnotations", unsafe);
}

static int cmd_features(struct oci_run *run, int argc, char **argv)
{
	static const char *const hooks[] = {"prestart",
					    "createRuntime",
					    "createContainer",
					    "startContainer",
					    "poststart",
					    "poststop",
					    NULL};
	struct strv options = {0};
	struct json *doc, *linux_;
	struct err err = {0};
	bool want_help = false;
	int r = options_read_only(&oci_features.table, argc, argv, NULL, &want_help,
				  &err);

	if (r < 0)
		return oci_fail(&err);
	if (want_help) {
		options_print_help(&oci_features.table);
		return oci_flush();
	}
	doc = json_new_object();
	json_put_str(doc, "ociVersionMin", "1.0.0");
	json_put_str(doc, "ociVersionMax", "1.2.0");
	put_words(doc, "hooks", hooks);
	mountopt_names(run->arena, &options);
	json_put_strv(doc, "mountOptions", &options);
	linux_ = json_put_object(doc, "linux");
	put_namespaces(linux_);
	put_caps(linux_);
	put_cgroup(linux_);
	put_seccomp(linux_, run->arena);
	put_others(linux_);
	put_annotations(doc);
	return oci_print_json(doc);
}

const struct oci_command oci_features = {
	{"features", "", "print what a document may ask for, as JSON", no_options,
	 "urun-oci"},
	cmd_features,
	false,
};
