// SPDX-License-Identifier: Apache-2.0
/*
 * bwrap.c - fuzz target: bubblewrap's command line, words ended by a zero byte, and the plan that comes of it
 *
 * What is read by --args goes the same way, and is not read here: a descriptor would be the fuzzer's own.
 */
#include <string.h>

#include "cli/bwrap/bwrap.h"
#include "fuzz.h"

#define MAX_WORDS 512

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_arena_ struct arena a = {0};
	struct bwrap b = {.arena = &a,
			  .program = "bwrap",
			  .userns = -1,
			  .pidns = -1,
			  .info_fd = -1,
			  .status_fd = -1};
	struct err err = {0};
	struct strv words = {0};
	char *text = arena_alloc(&a, size + 1);
	int r;

	memcpy(text, data, size);
	for (size_t at = 0; at < size && words.n < MAX_WORDS; at += strlen(text + at) + 1)
		strv_push(&a, &words, text + at);
	for (size_t i = 0; i < words.n; i++)
		if (strcmp(words.v[i], "--args") == 0)
			return 0;
	spec_init(&b.spec, &a);
	r = bwrap_read(&b, (int)words.n, words.v, &err);
	if (r == 0 && !b.want_help && !b.want_version)
		r = bwrap_to_spec(&b, &err);
	else if (r == 0 || r == -ENODATA)
		return 0;
	if (r == 0)
		r = spec_validate(&b.spec, &err);
	if (r < 0)
		fuzz_check_err(r, &err);
	else
		fuzz_check_plans(&b.spec);
	return 0;
}
