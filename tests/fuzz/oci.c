// SPDX-License-Identifier: Apache-2.0
/*
 * oci.c - fuzz target: a config.json, read, written, read again, and planned
 */
#include "spec/oci.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_arena_ struct arena a = {0};
	struct err err = {0};
	struct spec spec;
	int r;

	spec_init(&spec, &a);
	r = spec_from_oci(&spec, (const char *)data, size, "/bundle", &err);
	if (r < 0) {
		fuzz_check_err(r, &err);
		return 0;
	}
	fuzz_check_round_trip(&spec, "/bundle");
	r = spec_validate(&spec, &err);
	if (r < 0)
		fuzz_check_err(r, &err);
	else
		fuzz_check_plans(&spec);
	return 0;
}
