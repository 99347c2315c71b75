/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hooks.h - programs that an engine wants to be run at moments of a container's life
 */
#pragma once

#include "stage/stage.h"

/**
 * hooks_run() - run one list of hooks, one after the other
 * @spec:   whose; id and bundle are set
 * @kind:   which list
 * @status: of the container, as they are told on standard input
 * @pid:    its first process, as they see it; 0: none
 * @a:      borrowed
 *
 * Each gets its own environment alone, and must end with 0, within its time. They run with the rights,
 * and in the namespaces, of this process, and die with it.
 * Return: 0; what the first that failed is told of in @err: the others are not run then.
 */
int hooks_run(const struct spec *spec, enum spec_hook_kind kind, const char *status,
	      pid_t pid, struct arena *a, struct err *err);

/**
 * hooks_run_all() - the same, where one that fails stops nothing
 * @note: told of each failure
 */
void hooks_run_all(const struct spec *spec, enum spec_hook_kind kind, const char *status,
		   pid_t pid, struct arena *a, void (*note)(const char *text));
