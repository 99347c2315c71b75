/* SPDX-License-Identifier: Apache-2.0 */
/*
 * parse.h - the only way in which text becomes a number
 *
 * Strict everywhere: the whole string, no sign, no blanks, no overflow. "4294967296" is
 * not user 0, and "0x10" is not 16 (CVE-2024-40635, CVE-2026-30892).
 */
#pragma once

#include <sys/types.h>

#include "base/macros.h"

/* All parsers: 0, -EINVAL for text that is no number, -ERANGE for one that does not fit;
 * the result is untouched on failure. */
int parse_u64(const char *s, uint64_t *ret);
int parse_u32(const char *s, uint32_t *ret);
int parse_i64(const char *s, int64_t *ret);
/* 0 to 2147483647 */
int parse_int(const char *s, int *ret);
/* Octal, as in modes and umasks: "22", "0755"; at most @max */
int parse_octal(const char *s, uint32_t max, uint32_t *ret);
/* A uid or gid: 0 to 4294967294 (the last value means "none" to the kernel) */
int parse_id(const char *s, uint32_t *ret);
/* "64m", "1.5g", "512": b, k, m, g, t in either case, "kb" and "kib" too; powers of 1024
 */
int parse_size(const char *s, uint64_t *ret_bytes);
/* "90s", "1m30s", "1.5h", "0": numbers with ns, us, ms, s, m or h behind each, as Go's
 * time.ParseDuration() takes them, but none that is negative. */
int parse_duration(const char *s, int64_t *ret_ns);
/* true/false/1/0/yes/no/on/off as Go's flag package and people write them */
int parse_bool(const char *s, bool *ret);
/* "TERM", "SIGTERM", "15", "RTMIN+3" */
int parse_signal(const char *s, int *ret);
/* "CAP_NET_ADMIN", "net_admin" in any case -> its number */
int parse_cap(const char *s, unsigned int *ret);
/* The CAP_... name of a number, or NULL */
const char *cap_name(unsigned int cap);
/* Highest capability that has a name here */
unsigned int cap_last(void);
/* "nofile" -> RLIMIT_NOFILE, also "RLIMIT_NOFILE" */
int parse_rlimit(const char *s, int *ret);
/* "RLIMIT_NOFILE" of RLIMIT_NOFILE, or NULL */
const char *rlimit_name(int resource);
/* The name of a signal without SIG, "TERM"; NULL for a number that has none */
const char *signal_name(int signo);

/* Is it a numeric address of that family, inet_pton(3)? */
bool parse_is_ip4(const char *s);
bool parse_is_ip6(const char *s);
