/* SPDX-License-Identifier: Apache-2.0 */
/*
 * progress.h - what is being brought, on standard error
 *
 * A terminal gets a bar for each blob; anything else a line when a blob begins and when it is
 * there. Safe to be used by several threads.
 */
#pragma once

#include "image/digest.h"

struct progress;

enum progress_state { PROGRESS_WAITS, PROGRESS_COMES, PROGRESS_DONE, PROGRESS_THERE };

/* @n: blobs. @is_quiet: nothing is printed. NULL when out of memory. */
struct progress *progress_new(size_t n, bool is_quiet);
void progress_free(struct progress *p); /* NULL is nothing */

/* Sets what is known of blob @i; sizes in bytes. */
void progress_name(struct progress *p, size_t i, const struct digest *d, uint64_t bytes);
void progress_state(struct progress *p, size_t i, enum progress_state state);
void progress_add(struct progress *p, size_t i, uint64_t bytes);
/* What is being sent: so many in all. */
void progress_set(struct progress *p, size_t i, uint64_t bytes);
