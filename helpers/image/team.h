/* SPDX-License-Identifier: Apache-2.0 */
/*
 * team.h - several pieces of work at once
 */
#pragma once

#include "base/err.h"

/**
 * team_run() - do pieces of work 0 to @n - 1, several at a time
 * @one:  does one; called by several threads at once, each time with another @i
 * @data: handed to it
 * @err:  filled by the first that failed
 *
 * After a failure no further piece is begun; those that are under way are waited for. Return: 0
 * or what the first that failed returned.
 */
int team_run(size_t n, int (*one)(void *data, size_t i, struct err *err), void *data,
	     struct err *err);
