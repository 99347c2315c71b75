/* SPDX-License-Identifier: Apache-2.0 */
/*
 * list.h - what a container is told apart by
 */
#pragma once

#include "cli/urun/images.h"

/* Its labels as KEY=VALUE, and its command; of a throw-away one nothing is known. */
void list_read_config(struct images *m, const struct container *c,
		      const char **ret_command, struct strv *ret_labels);
