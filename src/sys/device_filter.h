/* SPDX-License-Identifier: Apache-2.0 */
/*
 * device_filter.h - which devices the processes of a cgroup may open and make
 *
 * For root alone: an ordinary user cannot make a device node that anybody could open, and opens what
 * his own rights allow. Source: bpf(2), BPF_PROG_TYPE_CGROUP_DEVICE; cgroup-v2.rst, "Device controller".
 */
#pragma once

#include "base/err.h"

#define DEVICE_READ  1u
#define DEVICE_WRITE 2u
#define DEVICE_MAKE  4u

/* One rule: what it says of a device holds unless a later one says otherwise. */
struct device_rule {
	bool is_allowed;
	char type;	      /* 'a', 'b' or 'c' */
	int64_t major, minor; /* -1: any */
	unsigned int access;  /* DEVICE_* */
};

#define DEVICE_MAX_RULES 512

/**
 * device_filter_attach() - filter the devices of a cgroup
 * @cgroup: borrowed; of cgroup v2
 * @rules:  in their order; what none of them names is denied
 *
 * Needs CAP_BPF or CAP_SYS_ADMIN in the first user namespace. It is there for as long as the cgroup.
 * Return: 0; -EPERM, -ENOSYS where it cannot be had; another negative errno.
 */
int device_filter_attach(int cgroup, const struct device_rule *rules, size_t n);

/**
 * device_filter_allows() - what the filter of these rules says: the same in C, for tests
 * @access: DEVICE_*, all that is asked for at once
 */
bool device_filter_allows(const struct device_rule *rules, size_t n, char type,
			  int64_t major, int64_t minor, unsigned int access);
