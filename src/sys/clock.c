// SPDX-License-Identifier: Apache-2.0
/*
 * clock.c - see clock.h
 */
#include "sys/clock.h"

#include <time.h>

const char *clock_now_text(struct arena *a)
{
	time_t now = time(NULL);
	struct tm tm;
	char text[32];

	gmtime_r(&now, &tm);
	strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm);
	return arena_strdup(a, text);
}

const char *clock_text(const struct timespec *t, struct arena *a)
{
	struct tm tm;
	char text[32];

	if (!gmtime_r(&t->tv_sec, &tm))
		return "";
	strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &tm);
	return arena_printf(a, "%s.%09ldZ", text, t->tv_nsec);
}

const char *clock_now_exact(struct arena *a)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return clock_text(&now, a);
}

int64_t clock_now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_BOOTTIME, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

int64_t clock_now_ms(void)
{
	return clock_now_ns() / 1000000;
}
