/* SPDX-License-Identifier: Apache-2.0 */
/*
 * list.h - what a container is told apart by
 */
#pragma once

#include "cli/urun/images.h"

/* Its labels as KEY=VALUE. */
void list_read_labels(struct images *m, const struct container *c, struct strv *ret);
