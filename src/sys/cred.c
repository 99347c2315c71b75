// SPDX-License-Identifier: Apache-2.0
/*
 * cred.c - see cred.h
 */
#include "sys/cred.h"

#include <grp.h>
#include <sys/capability.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define KEYCTL_JOIN_SESSION_KEYRING 1

int cred_set_ids(uid_t uid, gid_t gid, const gid_t *gids, size_t n_gids)
{
	if (gids && setgroups(n_gids, gids) < 0)
		return -errno;
	if (setresgid(gid, gid, gid) < 0 || setresuid(uid, uid, uid) < 0)
		return -errno;
	return 0;
}

int cred_keep_caps(bool is_kept)
{
	return prctl(PR_SET_KEEPCAPS, is_kept ? 1 : 0, 0, 0, 0) < 0 ? -errno : 0;
}

int cred_limit_bounding(uint64_t keep)
{
	for (unsigned long cap = 0; cap < 64; cap++) {
		if (keep & (1ULL << cap))
			continue;
		if (prctl(PR_CAPBSET_DROP, cap, 0, 0, 0) < 0)
			/* EINVAL: past the last one that this kernel knows */
			return errno == EINVAL ? 0 : -errno;
	}
	return 0;
}

static int fill_flag(cap_t caps, cap_flag_t flag, uint64_t set)
{
	for (cap_value_t cap = 0; cap < cap_max_bits(); cap++)
		if ((set & (1ULL << cap)) &&
		    cap_set_flag(caps, flag, 1, &cap, CAP_SET) < 0)
			return -errno;
	return 0;
}

static void free_caps(cap_t *caps)
{
	if (*caps)
		cap_free(*caps);
}

int cred_rest_caps(bool is_resting)
{
	_cleanup_(free_caps) cap_t caps = cap_get_proc();

	if (!caps || cap_clear_flag(caps, CAP_EFFECTIVE) < 0)
		return -errno;
	for (cap_value_t cap = 0; !is_resting && cap < cap_max_bits(); cap++) {
		cap_flag_value_t has;

		if (cap_get_flag(caps, cap, CAP_PERMITTED, &has) == 0 && has == CAP_SET &&
		    cap_set_flag(caps, CAP_EFFECTIVE, 1, &cap, CAP_SET) < 0)
			return -errno;
	}
	return cap_set_proc(caps) < 0 ? -errno : 0;
}

int cred_set_caps(uint64_t effective, uint64_t permitted, uint64_t inheritable,
		  uint64_t ambient)
{
	_cleanup_(free_caps) cap_t caps = cap_init();
	int r;

	if (!caps)
		return -ENOMEM;
	r = fill_flag(caps, CAP_EFFECTIVE, effective);
	if (r == 0)
		r = fill_flag(caps, CAP_PERMITTED, permitted);
	if (r == 0)
		r = fill_flag(caps, CAP_INHERITABLE, inheritable);
	if (r < 0)
		return r;
	/* cap_reset_ambient(3) would ask for each capability in turn. */
	if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) < 0 ||
	    cap_set_proc(caps) < 0)
		return -errno;
	for (cap_value_t cap = 0; cap < cap_max_bits(); cap++)
		if ((ambient & (1ULL << cap)) && cap_set_ambient(cap, CAP_SET) < 0)
			return -errno;
	return 0;
}

/* By plain system calls: the C library's allocator is the parent's there. */
int cred_pass_cap(int cap)
{
	struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
	struct __user_cap_data_struct sets[2];

	if (syscall(SYS_capget, &header, sets) < 0)
		return -errno;
	sets[cap / 32].inheritable |= 1u << cap % 32;
	if (syscall(SYS_capset, &header, sets) < 0 ||
	    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, cap, 0, 0) < 0)
		return -errno;
	return 0;
}

bool cred_has_cap(int cap)
{
	_cleanup_(free_caps) cap_t caps = cap_get_proc();
	cap_flag_value_t has = CAP_CLEAR;

	return caps && cap_get_flag(caps, cap, CAP_EFFECTIVE, &has) == 0 &&
	       has == CAP_SET;
}

int cred_no_new_privs(void)
{
	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ? -errno : 0;
}

bool cred_has_filter(void)
{
	return prctl(PR_GET_SECCOMP, 0, 0, 0, 0) > 0;
}

bool cred_has_no_new_privs(void)
{
	return prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1;
}

int cred_set_dumpable(bool is_dumpable)
{
	return prctl(PR_SET_DUMPABLE, is_dumpable ? 1 : 0, 0, 0, 0) < 0 ? -errno : 0;
}

int cred_new_keyring(void)
{
	/* Refused by a filter: the payload inherits it, and can reach no keyring either. */
	if (syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL) >= 0 ||
	    errno == ENOSYS || errno == EPERM)
		return 0;
	return -errno;
}
