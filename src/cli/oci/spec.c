// SPDX-License-Identifier: Apache-2.0
/*
 * spec.c - urun-oci spec: a config.json to begin with
 */
#include <string.h>
#include <unistd.h>

#include "base/json.h"
#include "base/parse.h"
#include "cli/oci/oci.h"
#include "plan/plan.h"
#include "spec/defaults.h"
#include "sys/fd.h"

struct asked {
	const char *bundle, *file;
	bool is_rootless;
};

static int set_bundle(void *target, const char *value, struct err *err)
{
	(void)err;
	((struct asked *)target)->bundle = value;
	return 0;
}

static int set_file(void *target, const char *value, struct err *err)
{
	(void)err;
	((struct asked *)target)->file = value;
	return 0;
}

static int set_rootless(void *target, const char *value, struct err *err)
{
	return options_bool(value, &((struct asked *)target)->is_rootless, err);
}

static const struct option spec_options[] = {
	{"bundle", 'b', "DIR", "write it into this folder (.)", set_bundle},
	{"file", 'f', "FILE", "write it to this file", set_file},
	{"rootless", 0, NULL, "for an ordinary user: a user namespace with one id",
	 set_rootless},
	{0},
};

static void put_words(struct json *to, const char *key, const char *const *words)
{
	struct json *list = json_put_array(to, key);

	for (; *words; words++)
		json_add_str(list, *words);
}

/* What a shell needs, with podman's capabilities. */
static void put_process(struct json *doc)
{
	static const char *const args[] = {"sh", NULL};
	static const char *const env[] = {
		"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
		"TERM=xterm", NULL};
	static const char *const sets[] = {"bounding", "effective", "permitted"};
	struct json *process = json_put_object(doc, "process"),
		    *user = json_put_object(process, "user"), *caps, *limits, *limit;

	json_put_bool(process, "terminal", true);
	json_put_int(user, "uid", 0);
	json_put_int(user, "gid", 0);
	put_words(process, "args", args);
	put_words(process, "env", env);
	json_put_str(process, "cwd", "/");
	caps = json_put_object(process, "capabilities");
	for (size_t i = 0; i < ARRAY_SIZE(sets); i++) {
		struct json *list = json_put_array(caps, sets[i]);

		for (unsigned int cap = 0; cap <= cap_last(); cap++)
			if (PLAN_DEFAULT_CAPS & 1ULL << cap)
				json_add_str(list, cap_name(cap));
	}
	limits = json_put_array(process, "rlimits");
	limit = json_add_object(limits);
	json_put_str(limit, "type", "RLIMIT_NOFILE");
	json_put_int(limit, "hard", 1024);
	json_put_int(limit, "soft", 1024);
	json_put_bool(process, "noNewPrivileges", true);
}

static const struct {
	const char *destination, *type, *source;
	const char *options[8];
} mounts[] = {
	{"/proc", "proc", "proc", {NULL}},
	{"/dev",
	 "tmpfs",
	 "tmpfs",
	 {"nosuid", "strictatime", "mode=755", "size=65536k", NULL}},
	{"/dev/pts",
	 "devpts",
	 "devpts",
	 {"nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5",
	  NULL}},
	{"/dev/shm",
	 "tmpfs",
	 "shm",
	 {"nosuid", "noexec", "nodev", "mode=1777", "size=65536k", NULL}},
	{"/dev/mqueue", "mqueue", "mqueue", {"nosuid", "noexec", "nodev", NULL}},
	{"/sys", "sysfs", "sysfs", {"nosuid", "noexec", "nodev", "ro", NULL}},
	{"/sys/fs/cgroup",
	 "cgroup",
	 "cgroup",
	 {"nosuid", "noexec", "nodev", "relatime", "ro", NULL}},
};

/* One id has no group 5, and who has not made the network has no sysfs of it. */
static void put_mounts(struct json *doc, bool is_rootless)
{
	struct json *list = json_put_array(doc, "mounts");

	for (size_t i = 0; i < ARRAY_SIZE(mounts); i++) {
		struct json *m = json_add_object(list), *options;
		bool is_bind = is_rootless && strcmp(mounts[i].type, "sysfs") == 0;

		json_put_str(m, "destination", mounts[i].destination);
		json_put_str(m, "type", is_bind ? "none" : mounts[i].type);
		json_put_str(m, "source", is_bind ? "/sys" : mounts[i].source);
		if (!mounts[i].options[0])
			continue;
		options = json_put_array(m, "options");
		if (is_bind)
			json_add_str(options, "rbind");
		for (const char *const *o = mounts[i].options; *o; o++)
			if (!is_rootless || strcmp(*o, "gid=5") != 0)
				json_add_str(options, *o);
	}
}

static void put_map(struct json *linux_, const char *key, uint32_t host)
{
	struct json *range = json_add_object(json_put_array(linux_, key));

	json_put_int(range, "containerID", 0);
	json_put_int(range, "hostID", host);
	json_put_int(range, "size", 1);
}

static void put_linux(struct json *doc, bool is_rootless, struct arena *a)
{
	static const char *const kinds[] = {"pid",    "ipc",  "uts",	"mount",
					    "cgroup", "user", "network"};
	struct json *linux_ = json_put_object(doc, "linux"), *list;
	struct strv masked = {0}, readonly = {0};

	if (is_rootless) {
		put_map(linux_, "uidMappings", geteuid());
		put_map(linux_, "gidMappings", getegid());
	}
	list = json_put_array(linux_, "namespaces");
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (strcmp(kinds[i], is_rootless ? "network" : "user") != 0)
			json_put_str(json_add_object(list), "type", kinds[i]);
	defaults_hidden(a, &masked, &readonly);
	json_put_strv(linux_, "maskedPaths", &masked);
	json_put_strv(linux_, "readonlyPaths", &readonly);
}

static struct json *make(const struct asked *asked, struct arena *a)
{
	struct json *doc = json_new_object(), *root;

	json_put_str(doc, "ociVersion", "1.2.0");
	put_process(doc);
	root = json_put_object(doc, "root");
	json_put_str(root, "path", "rootfs");
	json_put_bool(root, "readonly", true);
	json_put_str(doc, "hostname", "urun");
	put_mounts(doc, asked->is_rootless);
	put_linux(doc, asked->is_rootless, a);
	return doc;
}

/* Nobody's config.json is lost. */
static int write_new(const char *path, const char *text, struct err *err)
{
	_cleanup_fd_ int fd =
		fd_create(AT_FDCWD, path, O_WRONLY | O_CREAT | O_EXCL, 0666);
	int r = fd < 0 ? fd : fd_write_all(fd, text, strlen(text));

	if (r == 0)
		return 0;
	err_set(err, r, "write '%s'", path);
	return r == -EEXIST
		       ? err_hint(err, r, "Remove it first, or choose another: --file")
		       : r;
}

static int cmd_spec(struct oci_run *run, int argc, char **argv)
{
	struct asked asked = {.bundle = "."};
	_cleanup_json_ struct json *doc = NULL;
	_cleanup_free_ char *text = NULL;
	struct err err = {0};
	bool want_help = false;
	int r = options_read_only(&oci_spec.table, argc, argv, &asked, &want_help, &err);

	if (r == 0 && want_help) {
		options_print_help(&oci_spec.table);
		return oci_flush();
	}
	if (r < 0)
		return oci_fail(&err);
	doc = make(&asked, run->arena);
	text = json_text(doc, true);
	if (!text)
		r = err_set(&err, -ENOMEM, "write config.json");
	else
		r = write_new(asked.file ? asked.file
					 : arena_printf(run->arena, "%s/config.json",
							asked.bundle),
			      text, &err);
	return r < 0 ? oci_fail(&err) : 0;
}

const struct oci_command oci_spec = {
	{"spec", "[OPTIONS]", "write a config.json to begin with", spec_options,
	 "urun-oci"},
	cmd_spec,
	false,
};
