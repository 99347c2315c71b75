/* SPDX-License-Identifier: Apache-2.0 */
/*
 * clock.h - the time of day, as records and images have it; and time that passes
 */
#pragma once

#include <stdint.h>
#include <time.h>

#include "base/arena.h"

/* "2026-01-31T12:00:00.123456789Z", RFC 3339; from @a. */
const char *clock_text(const struct timespec *t, struct arena *a);
/* Now, to the nanosecond. */
const char *clock_now_exact(struct arena *a);
/* Now, "2026-01-31T12:00:00Z", RFC 3339; from @a. */
const char *clock_now_text(struct arena *a);
/* Milliseconds since the boot, those asleep too: for deadlines. */
int64_t clock_now_ms(void);
/* The same in nanoseconds: for rates. */
int64_t clock_now_ns(void);
