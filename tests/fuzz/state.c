// SPDX-License-Identifier: Apache-2.0
/*
 * state.c - fuzz target: the state of an engine's container, as a file has it
 */
#include "engine/state.h"

#include <string.h>

#include "base/json.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_arena_ struct arena a = {0};
	struct state s, again;
	struct err err = {0};
	const char *text, *twice;
	int r = state_parse((const char *)data, size, "box", &a, &s, &err);

	fuzz_check(strcmp(s.id, "box") == 0, "%s", s.id);
	if (r < 0) {
		fuzz_check_err(r, &err);
		return 0;
	}
	fuzz_check(s.bundle && s.rootfs && s.created && s.owner, "something is missing");
	for (size_t i = 0; i < s.annotations.n; i++)
		fuzz_check(strchr(s.annotations.v[i], '=') != NULL, "%s",
			   s.annotations.v[i]);
	text = state_text(&s, &a);
	r = state_parse(text, strlen(text), "box", &a, &again, &err);
	fuzz_check(r == 0, "%s: %s", err.message, text);
	twice = state_text(&again, &a);
	fuzz_check(strcmp(text, twice) == 0, "%s became %s", text, twice);
	json_free(state_to_json(&s, STATE_STOPPED, 0));
	return 0;
}
