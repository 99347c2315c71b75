/* SPDX-License-Identifier: Apache-2.0 */
/*
 * newid.h - ids that nobody else has
 */
#pragma once

#include "base/arena.h"

#define NEWID_LEN 64

/* 64 random hexadecimal digits and a NUL. 0 or a negative errno. */
int newid_make(char id[static NEWID_LEN + 1]);

/**
 * newid_beside() - a name for what is made beside its place, and renamed to it when it is whole
 * @name: what it will be called; a long one is cut
 * @a:    owns the result
 * @ret:  ".NAME.DIGITS", where nobody else has anything
 *
 * Not by the number of the process: processes of two namespaces may have the same, and so may
 * somebody's own file. Return: 0 or a negative errno.
 */
int newid_beside(const char *name, struct arena *a, const char **ret);
