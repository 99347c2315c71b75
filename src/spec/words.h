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

/* The place of a word in such a list, or -1. */
int words_find(const char *const *list, const char *word);

/* "user", "mount", "pid", "network", "ipc", "uts", "cgroup", "time": OCI's names. */
const char *words_oci_ns(enum spec_ns ns);

/* "rprivate" and so on, as mount(8) says it; NULL for 0. */
const char *words_propagation(uint64_t propagation);

struct json;
/* The attributes as a list of words, nothing when there are none. */
void words_put_attrs(struct json *obj, const char *key, uint64_t attrs);
/* The attribute of one word, 0 when there is none. */
uint64_t words_attr(const char *word);
