// SPDX-License-Identifier: Apache-2.0
/*
 * ref.c - fuzz target: what a user calls an image
 */
#include "image/ref.h"

#include <string.h>

#include "fuzz.h"

static bool is_name(const char *s)
{
	return s[strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789._-/")] == '\0';
}

/* The parts become URLs, file names and headers. */
static void check_parts(const struct image_ref *ref)
{
	struct digest again;

	fuzz_check(is_name(ref->repository), "%s", ref->repository);
	fuzz_check(ref->repository[0] && !strstr(ref->repository, "//") &&
			   !strstr(ref->repository, ".."),
		   "%s", ref->repository);
	fuzz_check(strlen(ref->repository) <= 255, "%s", ref->repository);
	if (ref->registry)
		fuzz_check(ref->registry[strcspn(ref->registry, "/@ %\\?#")] == '\0',
			   "%s", ref->registry);
	fuzz_check(ref->tag || ref->has_digest, "neither tag nor digest");
	if (ref->tag)
		fuzz_check(strlen(ref->tag) <= 128 && !strpbrk(ref->tag, "/@: %"), "%s",
			   ref->tag);
	if (ref->has_digest)
		fuzz_check(digest_parse(ref->digest.text, strlen(ref->digest.text),
					&again) == 0,
			   "%s", ref->digest.text);
}

static void check_same(const struct image_ref *ref, struct arena *a)
{
	const char *text = ref_text(ref, a), *again;
	struct image_ref reread;
	struct err err = {0};

	fuzz_check(ref_parse(text, a, &reread, &err) == 0, "'%s': %s", text, err.message);
	again = ref_text(&reread, a);
	fuzz_check(strcmp(text, again) == 0, "'%s' became '%s'", text, again);
	fuzz_check(reread.transport == ref->transport, "%s", text);
}

static void check_qualified(const struct image_ref *ref, struct arena *a)
{
	struct image_ref full = ref_qualify(ref, "docker.io", a);

	fuzz_check(full.registry && strchr(full.repository, '/'), "%s",
		   ref_text(&full, a));
	check_parts(&full);
	check_same(&full, a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_arena_ struct arena a = {0};
	const char *text = arena_strndup(&a, (const char *)data, size);
	struct image_ref ref = {.name = "before"};
	struct err err = {0};
	int r = ref_parse(text, &a, &ref, &err);

	if (r < 0) {
		fuzz_check_err(r, &err);
		fuzz_check(strcmp(ref.name, "before") == 0, "a failure left something");
		return 0;
	}
	if (ref.transport != REF_REGISTRY) {
		fuzz_check(ref.transport == REF_HOST || ref.path[0], "no path");
		check_same(&ref, &a);
		return 0;
	}
	check_parts(&ref);
	if (ref.registry)
		check_same(&ref, &a);
	else if (strlen(ref.repository) < 200)
		check_qualified(&ref, &a);
	return 0;
}
