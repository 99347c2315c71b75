// SPDX-License-Identifier: Apache-2.0
/*
 * mountopt.c - see mountopt.h
 */
#include "spec/mountopt.h"

#include <string.h>

#include "base/mountattr.h"

static const struct {
	const char *word;
	uint64_t set, clear;
	bool is_recursive;
} attrs[] = {
	{"ro", MOUNT_ATTR_RDONLY, 0, false},
	{"rw", 0, MOUNT_ATTR_RDONLY, false},
	{"nosuid", MOUNT_ATTR_NOSUID, 0, false},
	{"suid", 0, MOUNT_ATTR_NOSUID, false},
	{"nodev", MOUNT_ATTR_NODEV, 0, false},
	{"dev", 0, MOUNT_ATTR_NODEV, false},
	{"noexec", MOUNT_ATTR_NOEXEC, 0, false},
	{"exec", 0, MOUNT_ATTR_NOEXEC, false},
	{"noatime", MOUNT_ATTR_NOATIME, 0, false},
	{"atime", 0, MOUNT_ATTR_NOATIME, false},
	{"relatime", 0, MOUNT_ATTR__ATIME, false},
	{"strictatime", MOUNT_ATTR_STRICTATIME, 0, false},
	{"norelatime", 0, MOUNT_ATTR__ATIME, false},
	{"nostrictatime", 0, MOUNT_ATTR__ATIME, false},
	{"nodiratime", MOUNT_ATTR_NODIRATIME, 0, false},
	{"diratime", 0, MOUNT_ATTR_NODIRATIME, false},
	{"nosymfollow", MOUNT_ATTR_NOSYMFOLLOW, 0, false},
	{"symfollow", 0, MOUNT_ATTR_NOSYMFOLLOW, false},
	{"rro", MOUNT_ATTR_RDONLY, 0, true},
	{"rrw", 0, MOUNT_ATTR_RDONLY, true},
	{"rnosuid", MOUNT_ATTR_NOSUID, 0, true},
	{"rsuid", 0, MOUNT_ATTR_NOSUID, true},
	{"rnodev", MOUNT_ATTR_NODEV, 0, true},
	{"rdev", 0, MOUNT_ATTR_NODEV, true},
	{"rnoexec", MOUNT_ATTR_NOEXEC, 0, true},
	{"rexec", 0, MOUNT_ATTR_NOEXEC, true},
	{"rnoatime", MOUNT_ATTR_NOATIME, 0, true},
	{"ratime", 0, MOUNT_ATTR_NOATIME, true},
	{"rrelatime", 0, MOUNT_ATTR__ATIME, true},
	{"rstrictatime", MOUNT_ATTR_STRICTATIME, 0, true},
	{"rnorelatime", 0, MOUNT_ATTR__ATIME, true},
	{"rnostrictatime", 0, MOUNT_ATTR__ATIME, true},
	{"rnodiratime", MOUNT_ATTR_NODIRATIME, 0, true},
	{"rdiratime", 0, MOUNT_ATTR_NODIRATIME, true},
	{"rnosymfollow", MOUNT_ATTR_NOSYMFOLLOW, 0, true},
	{"rsymfollow", 0, MOUNT_ATTR_NOSYMFOLLOW, true},
};

static const struct {
	const char *word;
	uint64_t propagation;
} propagations[] = {
	{"private", MS_PRIVATE},       {"rprivate", MS_PRIVATE | MS_REC},
	{"slave", MS_SLAVE},	       {"rslave", MS_SLAVE | MS_REC},
	{"shared", MS_SHARED},	       {"rshared", MS_SHARED | MS_REC},
	{"unbindable", MS_UNBINDABLE}, {"runbindable", MS_UNBINDABLE | MS_REC},
};

int mountopt_apply(const char *word, struct fsop *op)
{
	for (size_t i = 0; i < ARRAY_SIZE(attrs); i++) {
		if (strcmp(word, attrs[i].word) != 0)
			continue;
		/* The last word wins: "ro,rw" is rw. The access times are one field, for which
		 * mount_setattr(2) takes one value. */
		if ((attrs[i].set | attrs[i].clear) & MOUNT_ATTR__ATIME) {
			op->attr_set &= ~(uint64_t)MOUNT_ATTR__ATIME;
			op->attr_clear &= ~(uint64_t)MOUNT_ATTR__ATIME;
		}
		op->attr_set = (op->attr_set & ~attrs[i].clear) | attrs[i].set;
		op->attr_clear = (op->attr_clear & ~attrs[i].set) | attrs[i].clear;
		op->is_attr_recursive |= attrs[i].is_recursive;
		return 1;
	}
	for (size_t i = 0; i < ARRAY_SIZE(propagations); i++) {
		if (strcmp(word, propagations[i].word) == 0) {
			op->propagation = propagations[i].propagation;
			return 1;
		}
	}
	if (strcmp(word, "bind") == 0 || strcmp(word, "rbind") == 0) {
		op->is_recursive = word[0] == 'r';
		return 1;
	}
	return strcmp(word, "defaults") == 0;
}

void mountopt_names(struct arena *a, struct strv *ret)
{
	/* What oci_read_mounts.c takes besides, of some kinds of mounts. */
	static const char *const others[] = {
		"async",      "copy-symlink", "defaults", "dest-nofollow", "dirsync",
		"idmap",      "lazytime",     "loud",	  "mand",	   "noiversion",
		"nolazytime", "nomand",	      "ridmap",	  "silent",	   "src-nofollow",
		"sync",	      "tmpcopyup"};

	for (size_t i = 0; i < ARRAY_SIZE(attrs); i++)
		strv_push(a, ret, attrs[i].word);
	for (size_t i = 0; i < ARRAY_SIZE(propagations); i++)
		strv_push(a, ret, propagations[i].word);
	strv_push(a, ret, "bind");
	strv_push(a, ret, "rbind");
	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		strv_push(a, ret, others[i]);
}
