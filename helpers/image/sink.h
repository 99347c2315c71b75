/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sink.h - where bytes go as they come
 *
 * A struct with a sink as its first member is one; write() finds the rest behind it.
 */
#pragma once

#include "base/err.h"

struct sink {
	/* Takes all of it. Return: 0, or a negative errno with @err filled: whoever sends
	 * stops and hands that on. */
	int (*write)(struct sink *s, const void *bytes, size_t len, struct err *err);
};

static inline int sink_write(struct sink *s, const void *bytes, size_t len,
			     struct err *err)
{
	return s->write(s, bytes, len, err);
}

/* Told how many bytes of what is being sent are on their way; fewer than before when it begins
 * anew. */
struct meter {
	void (*sent)(struct meter *m, uint64_t bytes);
};
