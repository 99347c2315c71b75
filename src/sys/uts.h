/* SPDX-License-Identifier: Apache-2.0 */
/*
 * uts.h - names of the uts namespace that this process is in
 */
#pragma once

#include "base/macros.h"

/* Need CAP_SYS_ADMIN over the uts namespace. 0 or a negative errno. */
int uts_set_hostname(const char *name);
int uts_set_domainname(const char *name);

struct arena;
/* The host name of this process's uts namespace, owned by the arena. */
const char *uts_hostname(struct arena *a);
/* Release and machine of the kernel, owned by the arena. */
const char *uts_kernel(struct arena *a);
const char *uts_machine(struct arena *a);
