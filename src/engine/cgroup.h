/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cgroup.h - what the launcher does with the container's cgroup once there is one
 */
#pragma once

#include "stage/stage.h"

/* Notes it for who looks for the container, or that there is none. @folder: the container's in the
 * store, or -1. */
void cgroup_note(const struct run *run, int folder, void (*note)(const char *text));

/**
 * cgroup_end() - end what is left in it, note what it tells of the run, and remove it
 * @run:    its cgroup is closed
 * @folder: borrowed, or -1
 * @note:   told when memory ran out
 *
 * The first process has ended. Does nothing where there is no cgroup.
 */
void cgroup_end(struct run *run, int folder, void (*note)(const char *text));

/* Did its limit of memory end the builder? */
bool cgroup_is_too_small(const struct run *run);
