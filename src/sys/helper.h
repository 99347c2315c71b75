/* SPDX-License-Identifier: Apache-2.0 */
/*
 * helper.h - urun's own programs: where the helpers are, and that nobody inside can write
 * us
 */
#pragma once

#include "base/arena.h"
#include "base/err.h"

/**
 * helper_path() - where a helper of urun's own is
 * @name: "urun-init"
 * @a:    owns the result
 *
 * Beside the running binary first (a build tree, an unpacked folder), then in libexec.
 * Return: an absolute path; the libexec one when neither is there, so that the error
 * names it.
 */
const char *helper_path(const char *name, struct arena *a);

/**
 * helper_protect_self() - make sure that no container can write this program
 * @argv: handed to the program again
 * @err:  filled on failure
 *
 * The builder is a fork of the launcher, so for a moment /proc/self/exe inside leads to
 * this very file (CVE-2019-5736). Where the file belongs to root and the caller is not
 * root, no id of a container can write it, and nothing is done. Where the caller owns it,
 * or is root, the program executes a sealed copy of itself in memory, which nobody can
 * write.
 *
 * What urun opens by "/proc" it opens from here on: where none is mounted, root gets mnt_own_proc().
 *
 * Runs in the launcher, first thing of every command that starts a container.
 * Return: 0 when safe; a negative errno when it is not and no copy can be made. Does not
 * return when it executes the copy.
 */
int helper_protect_self(char **argv, struct err *err);

/* That of helper_protect_self() alone, for what starts nothing: without it a verb does what it can. */
void helper_find_proc(void);

/* Is "/proc" the one that these two have mounted? */
bool helper_has_own_proc(void);

/* Is "NAME=VALUE" between two executions of this program, and for nobody else? */
bool helper_is_own_variable(const char *pair);
