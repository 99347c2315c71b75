// SPDX-License-Identifier: Apache-2.0
/*
 * process.c - fuzz target: a process object as an exec is given it, in a container's document
 */
#include <string.h>

#include "fuzz.h"
#include "spec/oci.h"

/* Its own process has all that nothing may be left of. */
static const char container[] = "{\"ociVersion\":\"1.2.0\",\"root\":{\"path\":\"/srv/"
				"rootfs\"},\"linux\":{\"namespaces\":"
				"[{\"type\":\"mount\"},{\"type\":\"user\"},{\"type\":"
				"\"pid\"}]},\"process\":{\"args\":"
				"[\"sh\"],\"terminal\":true,\"env\":[\"CONTAINER=1\"],"
				"\"capabilities\":{\"bounding\":"
				"[\"CAP_KILL\"]},\"apparmorProfile\":\"container\","
				"\"selinuxLabel\":\"container\"}}";

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_arena_ struct arena a = {0};
	struct err err = {0};
	struct spec spec;
	int r;

	spec_init(&spec, &a);
	r = spec_from_oci(&spec, container, strlen(container), NULL, &err);
	fuzz_check(r == 0, "%s", err.message);
	r = spec_read_process(&spec, (const char *)data, size, &err);
	if (r < 0) {
		fuzz_check_err(r, &err);
		return 0;
	}
	fuzz_check_round_trip(&spec, NULL);
	r = spec_validate(&spec, &err);
	if (r < 0)
		fuzz_check_err(r, &err);
	else
		fuzz_check_plans(&spec);
	return 0;
}
