/* SPDX-License-Identifier: Apache-2.0 */
/*
 * seccomp_program.h - from a profile to a program of the kernel's classic BPF
 *
 * System calls are sorted by number into ranges that end alike, and found by binary search:
 * the program is a quarter as long as libseccomp's list of comparisons, and loads in a quarter
 * of the time. Rules that look at arguments become a block at the leaf of the tree: tried in
 * the order of the profile, before a rule of the same call that does not look.
 */
#pragma once

#include <linux/filter.h>

#include "spec/seccomp_profile.h"

struct seccomp_code {
	struct sock_filter *insns;
	size_t n_insns;
};

/* What a profile's conditions are judged by. */
struct seccomp_target {
	uint64_t caps;
	const char *kernel; /* uname's release */
	/* It stands beside another program, which says what happens to calls of other
	 * architectures: here they get the profile's default. */
	bool is_beside;
};

/**
 * seccomp_program_make() - compile a profile for this machine's architecture
 * @p:   borrowed
 * @t:   borrowed
 * @a:   owns the program
 * @ret: filled
 * @err: filled on failure
 *
 * Names that the running libseccomp does not know are skipped. Calls of an architecture that
 * the profile does not ask for, and x32's, get ENOSYS, but for @t->is_beside.
 * Return: 0; -E2BIG for a program over BPF_MAXINSNS.
 */
int seccomp_program_make(const struct seccomp_profile *p, const struct seccomp_target *t,
			 struct arena *a, struct seccomp_code *ret, struct err *err);
