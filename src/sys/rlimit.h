/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rlimit.h - resource limits of this process
 */
#pragma once

#include "base/macros.h"

/* setrlimit(2); UINT64_MAX is "unlimited". 0 or a negative errno. */
int rlimit_set(int resource, uint64_t soft, uint64_t hard);

/* Lowers both to @most, where they are above it. 0 or a negative errno. */
int rlimit_lower(int resource, uint64_t most);

/* Raises the soft limit to @soft, as far as the hard one lets it; lowers none. 0 or a negative
 * errno. */
int rlimit_want(int resource, uint64_t soft);

/* Raises the hard limit to @hard where it is lower, and leaves the soft one; 0 or a negative errno. */
int rlimit_raise(int resource, uint64_t hard);
