/* SPDX-License-Identifier: Apache-2.0 */
/*
 * macros.h - small things that every file needs: attributes, sizes, cleanup
 */
#pragma once

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#define ARRAY_SIZE(a)	  (sizeof(a) / sizeof((a)[0]))
#define MIN(a, b)	  ((a) < (b) ? (a) : (b))
#define MAX(a, b)	  ((a) > (b) ? (a) : (b))

#define _cleanup_(f)	  __attribute__((cleanup(f)))
#define _printf_(f, a)	  __attribute__((format(printf, f, a)))
#define _noreturn_	  __attribute__((noreturn))
#define _unused_	  __attribute__((unused))
#define _warn_unused_	  __attribute__((warn_unused_result))
#define _returns_nonnull_ __attribute__((returns_nonnull))

/* Frees the pointer that the attribute stands on; for _cleanup_free_ only. */
static inline void cleanup_free(void *p)
{
	free(*(void **)p);
}
#define _cleanup_free_ _cleanup_(cleanup_free)
