// SPDX-License-Identifier: Apache-2.0
/*
 * toml.c - fuzz target: a registries.conf, and what it makes of some images
 *
 * What TOML becomes must be JSON that is read as the same again. What an endpoint or a candidate
 * is must be a full name that is read as itself.
 */
#include "toml.h"

#include <string.h>

#include "fuzz.h"
#include "registries.h"

static const char *const images[] = {
	"debian",
	"suse/sle15:1",
	"a.io/b",
	"x.a.io:5000/b/c:1",
	("docker.io/library/"
	 "debian@sha256:0123456789abcdef0123456789abcdef0123456789abcdef"
	 "0123456789abcdef"),
};

static void check_toml(const char *text, size_t len)
{
	_cleanup_json_ struct json *doc = NULL, *again = NULL;
	_cleanup_free_ char *first = NULL, *second = NULL;
	struct err err = {0};
	int r = toml_parse(text, len, &doc, &err);

	if (r < 0) {
		fuzz_check_err(r, &err);
		fuzz_check(!doc, "a failure left something");
		return;
	}
	first = json_text(doc, false);
	fuzz_check(first, "the document cannot be written");
	r = json_parse(first, strlen(first), &again, &err);
	/* Each byte of a string may be six of JSON. */
	if (r == -EFBIG && strlen(first) > JSON_MAX_BYTES)
		return;
	fuzz_check(r == 0, "%s in %s", err.message, first);
	second = json_text(again, false);
	fuzz_check(second && strcmp(first, second) == 0, "%s became %s", first, second);
}

static void check_name(const struct image_ref *ref, struct arena *a)
{
	const char *text = ref_text(ref, a);
	struct image_ref again;
	struct err err = {0};

	fuzz_check(ref->transport == REF_REGISTRY && ref->registry && ref->repository,
		   "'%s' is no full name", text);
	fuzz_check(ref_parse(text, a, &again, &err) == 0, "%s", err.message);
	fuzz_check(strcmp(ref_text(&again, a), text) == 0, "'%s' became '%s'", text,
		   ref_text(&again, a));
}

static void check_image(const struct registries *c, const char *image, struct arena *a)
{
	struct image_ref ref, *found;
	struct endpoint *endpoints;
	struct err err = {0};
	size_t n, n_endpoints;
	int r;

	fuzz_check(ref_parse(image, a, &ref, NULL) == 0, "%s", image);
	r = registries_candidates(c, &ref, a, &found, &n, &err);
	if (r < 0) {
		fuzz_check_err(r, &err);
		return;
	}
	fuzz_check(n > 0, "no candidate for %s", image);
	for (size_t i = 0; i < n; i++) {
		fuzz_check(found[i].registry && found[i].repository, "no full name");
		err = (struct err){0};
		r = registries_endpoints(c, &found[i], a, &endpoints, &n_endpoints, &err);
		if (r < 0) {
			fuzz_check_err(r, &err);
			continue;
		}
		fuzz_check(n_endpoints > 0, "no endpoint for %s", image);
		for (size_t k = 0; k < n_endpoints; k++)
			check_name(&endpoints[k].ref, a);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_arena_ struct arena a = {0};
	const char *text = (const char *)data;
	struct registries *c = NULL;
	struct err err = {0};
	int r;

	check_toml(text, size);
	r = registries_parse(text, size, &a, &c, &err);
	if (r < 0) {
		fuzz_check_err(r, &err);
		return 0;
	}
	for (size_t i = 0; i < ARRAY_SIZE(images); i++)
		check_image(c, images[i], &a);
	return 0;
}
