/* SPDX-License-Identifier: Apache-2.0 */
/*
 * inspect.h - how things are shown one by one
 */
#pragma once

#include "base/json.h"

/* Prints an array: whole, or each of its objects by a template. 0 or a negative errno. */
int inspect_print(const struct json *list, const char *format, struct arena *a,
		  struct err *err);
