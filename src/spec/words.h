/* SPDX-License-Identifier: Apache-2.0 */
/*
 * words.h - the words that a spec's values have in JSON, for the writer and the reader
 */
#pragma once

#include "spec/spec.h"

/* By the value of their enum; ended by NULL. */
extern const char *const words_seccomp[];
extern const char *const words_userns[];
extern const char *const words_driver[];
extern const char *const words_network[];
extern const char *const words_cgroups[];
extern const char *const words_clocks[];  /* of linux.timeOffsets */
extern const char *const words_domains[]; /* of personality(2), as OCI has them */
extern const uint32_t words_domain_values[];
extern const char *const words_hooks[];	 /* the lists of OCI's hooks */
extern const char *const words_oci_io[]; /* the lists of linux.resources.blockIO */

/* The place of a word in such a list, or -1. */
int words_find(const char *const *list, const char *word);

/* "user", "mount", "pid", "network", "ipc", "uts", "cgroup", "time": OCI's names. */
const char *words_oci_ns(enum spec_ns ns);

/* "rprivate" and so on, as mount(8) says it; NULL for 0. */
const char *words_propagation(uint64_t propagation);

/* The value of such a word, 0 when it is none. */
uint64_t words_propagation_find(const char *word);

/* The namespace that a kernel parameter such as "net.core.somaxconn" belongs to, or -1: any
 * other would change the host (CVE-2022-0811 smuggled one in). */
int words_sysctl_ns(const char *key);

struct json;
/* The attributes as a list of words, nothing when there are none. */
void words_put_attrs(struct json *obj, const char *key, uint64_t attrs);
/* The attribute of one word, 0 when there is none. */
uint64_t words_attr(const char *word);
