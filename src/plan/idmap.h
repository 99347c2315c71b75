/* SPDX-License-Identifier: Apache-2.0 */
/*
 * idmap.h - which ids of the host stand behind which ids inside
 */
#pragma once

#include "plan/plan.h"

/**
 * idmap_build() - choose the rung of the ladder and write the ranges
 * @plan: spec and host are set; map, uid, gid and notes are filled
 * @a:    owns the ranges
 * @err:  names the id that lies outside every range, or what is missing and the mend
 *
 * Pure. Source: user_namespaces(7), newuidmap(1), podman-run(1) for the spellings.
 * Return: 0, -EINVAL or -EPERM.
 */
int idmap_build(struct plan *plan, struct arena *a, struct err *err);

/* Are subordinate ids asked for? Not by maps of the caller's own ids alone. Pure. */
bool idmap_wants_subids(const struct spec *spec);
