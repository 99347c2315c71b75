// SPDX-License-Identifier: Apache-2.0
/*
 * words.c - see words.h
 */
#include "spec/words.h"

#include <string.h>

#include "base/json.h"
#include "base/mountattr.h"

const char *const words_seccomp[] = {"default", "profile", "unconfined", NULL};
const char *const words_userns[] = {"default", "keep-id",  "nomap", "auto",
				    "host",    "explicit", NULL};
const char *const words_network[] = {"none", "slirp4netns", "pasta", NULL};
const char *const words_cgroups[] = {"auto", "enabled", "disabled", "split", NULL};
const char *const words_clocks[] = {"monotonic", "boottime", NULL};
const char *const words_domains[] = {"LINUX", "LINUX32", NULL};
const uint32_t words_domain_values[] = {0, 8};
const char *const words_hooks[] = {"prestart",
				   "createRuntime",
				   "createContainer",
				   "startContainer",
				   "poststart",
				   "poststop",
				   NULL};
const char *const words_oci_io[] = {
	"weightDevice",		  "throttleReadBpsDevice",   "throttleWriteBpsDevice",
	"throttleReadIOPSDevice", "throttleWriteIOPSDevice", NULL};
const char *const words_driver[] = {"auto", "overlay", "fuse-overlayfs", NULL};

static const char *const oci_ns[NS_COUNT] = {
	[NS_USER] = "user",	[NS_MOUNT] = "mount", [NS_PID] = "pid",
	[NS_NET] = "network",	[NS_IPC] = "ipc",     [NS_UTS] = "uts",
	[NS_CGROUP] = "cgroup", [NS_TIME] = "time",
};

static const struct {
	const char *word;
	uint64_t value;
} attrs[] =
	{
		/* All bits of the access times: cleared, they leave the kernel's default. */
		{"relatime", MOUNT_ATTR__ATIME},
		{"ro", MOUNT_ATTR_RDONLY},
		{"nosuid", MOUNT_ATTR_NOSUID},
		{"nodev", MOUNT_ATTR_NODEV},
		{"noexec", MOUNT_ATTR_NOEXEC},
		{"noatime", MOUNT_ATTR_NOATIME},
		{"strictatime", MOUNT_ATTR_STRICTATIME},
		{"nodiratime", MOUNT_ATTR_NODIRATIME},
		{"nosymfollow", MOUNT_ATTR_NOSYMFOLLOW},
},
  propagations[] = {
	  {"private", MS_PRIVATE},	 {"rprivate", MS_PRIVATE | MS_REC},
	  {"slave", MS_SLAVE},		 {"rslave", MS_SLAVE | MS_REC},
	  {"shared", MS_SHARED},	 {"rshared", MS_SHARED | MS_REC},
	  {"unbindable", MS_UNBINDABLE}, {"runbindable", MS_UNBINDABLE | MS_REC},
};

int words_find(const char *const *list, const char *word)
{
	for (int i = 0; list[i]; i++)
		if (strcmp(list[i], word) == 0)
			return i;
	return -1;
}

const char *words_oci_ns(enum spec_ns ns)
{
	return oci_ns[ns];
}

const char *words_propagation(uint64_t propagation)
{
	for (size_t i = 0; i < ARRAY_SIZE(propagations); i++)
		if (propagations[i].value == propagation)
			return propagations[i].word;
	return NULL;
}

uint64_t words_propagation_find(const char *word)
{
	for (size_t i = 0; i < ARRAY_SIZE(propagations); i++)
		if (strcmp(propagations[i].word, word) == 0)
			return propagations[i].value;
	return 0;
}

int words_sysctl_ns(const char *key)
{
	static const struct {
		const char *name; /* a dot at the end: all that begins so */
		enum spec_ns ns;
	} known[] = {
		{"net.", NS_NET},	   {"fs.mqueue.", NS_IPC},
		{"kernel.msgmax", NS_IPC}, {"kernel.msgmnb", NS_IPC},
		{"kernel.msgmni", NS_IPC}, {"kernel.sem", NS_IPC},
		{"kernel.shmall", NS_IPC}, {"kernel.shmmax", NS_IPC},
		{"kernel.shmmni", NS_IPC}, {"kernel.shm_rmid_forced", NS_IPC},
	};

	if (strstr(key, "..") || strchr(key, '/'))
		return -1;
	for (size_t i = 0; i < ARRAY_SIZE(known); i++) {
		size_t len = strlen(known[i].name);
		bool is_tree = known[i].name[len - 1] == '.';

		if (strncmp(key, known[i].name, len) == 0 && (is_tree || !key[len]))
			return (int)known[i].ns;
	}
	return -1;
}

void words_put_attrs(struct json *obj, const char *key, uint64_t set)
{
	struct json *arr = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(attrs); i++) {
		if ((set & attrs[i].value) != attrs[i].value)
			continue;
		set &= ~attrs[i].value;
		if (!arr)
			arr = json_put_array(obj, key);
		json_add_str(arr, attrs[i].word);
	}
}

uint64_t words_attr(const char *word)
{
	for (size_t i = 0; i < ARRAY_SIZE(attrs); i++)
		if (strcmp(attrs[i].word, word) == 0)
			return attrs[i].value;
	return 0;
}
