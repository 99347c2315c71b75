/* SPDX-License-Identifier: Apache-2.0 */
/*
 * builder.h - the process that becomes PID 1 of the container
 */
#pragma once

#include "stage/stage.h"

/**
 * builder_start() - make the builder in its namespaces
 * @run:  launcher's side; channel, pidfd and pid are filled
 * @err:  filled on failure
 *
 * Does not return in the builder. With namespaces that are joined, a joiner enters them
 * and makes the builder as its own sibling (CLONE_PARENT), so that the launcher is the
 * parent of the builder in every case. Return: 0 or a negative errno.
 */
int builder_start(struct run *run, struct err *err);
