/* SPDX-License-Identifier: Apache-2.0 */
/*
 * diff.h - how two texts differ, line by line
 */
#pragma once

#include <stdio.h>

/**
 * diff_print() - print a unified diff
 * @out:    gets it
 * @prefix: before each line, "# " in TAP
 * @name:   of what is compared
 * @want:   what was expected; NULL: there was nothing
 * @have:   what there is; NULL: nothing
 */
void diff_print(FILE *out, const char *prefix, const char *name, const char *want,
		const char *have);
