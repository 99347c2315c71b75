// SPDX-License-Identifier: Apache-2.0
/*
 * oci_unknown.c - what a document says that nobody here understands
 *
 * The specification wants it to be ignored. Who looks for a fault is told: a key that is spelt wrongly
 * looks like this.
 */
#include <string.h>

#include "spec/oci_parts.h"

/* The keys of the objects that people write, ended by NULL. */
static const char *const top[] = {"annotations", "domainname", "hooks",	     "hostname",
				  "linux",	 "mounts",     "ociVersion", "org.urun",
				  "process",	 "root",       "solaris",    "vm",
				  "windows",	 "zos",	       NULL};
static const char *const process[] = {"apparmorProfile",
				      "args",
				      "capabilities",
				      "commandLine",
				      "consoleSize",
				      "cwd",
				      "env",
				      "execCPUAffinity",
				      "ioPriority",
				      "noNewPrivileges",
				      "oomScoreAdj",
				      "rlimits",
				      "scheduler",
				      "selinuxLabel",
				      "terminal",
				      "user",
				      NULL};
static const char *const user[] = {"additionalGids", "gid",	 "uid",
				   "umask",	     "username", NULL};
static const char *const root[] = {"path", "readonly", NULL};
static const char *const linux_keys[] = {
	"cgroupsPath",	     "devices",	      "gidMappings",
	"intelRdt",	     "maskedPaths",   "memoryPolicy",
	"mountLabel",	     "namespaces",    "netDevices",
	"personality",	     "readonlyPaths", "resources",
	"rootfsPropagation", "seccomp",	      "sysctl",
	"timeOffsets",	     "uidMappings",   NULL};
static const char *const resources[] = {"blockIO", "cpu",     "devices", "hugepageLimits",
					"memory",  "network", "pids",	 "rdma",
					"unified", NULL};
static const char *const mount[] = {"destination", "gidMappings", "options", "source",
				    "type",	   "uidMappings", NULL};

static bool is_known(const char *key, const char *const *keys)
{
	while (*keys && strcmp(*keys, key) != 0)
		keys++;
	return *keys != NULL;
}

static void look(struct oci *o, const struct json_at *at, const char *path,
		 const char *const *keys)
{
	struct spec *s = o->spec;

	for (size_t i = 0; i < MIN(json_count(at), (size_t)OCI_MAX_MEMBERS); i++) {
		struct json_at item;
		const char *key = json_member(at, i, &item);

		if (key && !is_known(key, keys))
			strv_pushf(s->arena, &s->unknown, "%s%s", path, key);
	}
}

int oci_find_unknown(struct oci *o)
{
	struct json_at at_user = json_key(&o->process, "user"),
		       at_root = json_key(&o->doc, "root"),
		       at_resources = json_key(&o->linux_, "resources"),
		       mounts = json_key(&o->doc, "mounts");

	if (!o->spec->want_unknown)
		return 0;
	look(o, &o->doc, "", top);
	look(o, &o->process, "process.", process);
	look(o, &at_user, "process.user.", user);
	look(o, &at_root, "root.", root);
	look(o, &o->linux_, "linux.", linux_keys);
	look(o, &at_resources, "linux.resources.", resources);
	for (size_t i = 0; i < MIN(json_count(&mounts), (size_t)SPEC_MAX_FSOPS); i++) {
		struct json_at item = json_index(&mounts, i);

		look(o, &item, "mounts[].", mount);
	}
	return 0;
}
