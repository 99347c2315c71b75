/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mountopt.h - the option words of mount(8) that concern the mount itself
 */
#pragma once

#include "spec/spec.h"

/**
 * mountopt_apply() - apply one word to an operation
 * @word: "ro", "nosuid", "rprivate", "rbind", ...; borrowed, need not outlive the call
 * @op:   changed
 *
 * The r-forms of attributes (rro, rnosuid...) reach the mounts below, as mount_setattr(2) does.
 * Return: 1 when the word was one, 0 when it is none (an option of the filesystem, a typing
 * error): the caller judges.
 */
int mountopt_apply(const char *word, struct fsop *op);

/* All such words, and the others that an engine's document may have, in @a. */
void mountopt_names(struct arena *a, struct strv *ret);
