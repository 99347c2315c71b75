/* SPDX-License-Identifier: Apache-2.0 */
/*
 * base64.h - RFC 4648, with padding, and strict: one text for the same bytes
 */
#pragma once

#include "base/arena.h"

const char *base64_encode(const char *text, struct arena *a);

/* Return: the bytes with a NUL behind them, or NULL for what is no base64. */
char *base64_decode(const char *in, struct arena *a, size_t *ret_len);
