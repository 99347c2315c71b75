// SPDX-License-Identifier: Apache-2.0
/*
 * template.c - fuzz target: a template, and the document that it is filled with
 *
 * The template ends at the first NUL; the document is behind it, or one of the target's own.
 */
#include "cli/urun/template.h"

#include <string.h>

#include "cli/urun/format.h"
#include "fuzz.h"

static const char own[] =
	"{\"Id\":\"abc\",\"Size\":42,\"Yes\":true,\"None\":[],\"Env\":[\"A=1\",\"B=2\"],"
	"\"Config\":{\"Labels\":{\"a\":\"b\",\"c\":\"\\u001b\"},\"User\":\"\"},"
	"\"Mounts\":[{\"Name\":\"x\"},{\"Name\":\"y\"}]}";

static const char *const maps[] = {"Labels", NULL};

static void check_out(const char *out, struct arena *a)
{
	const char *safe = format_escape(out, a), *lines = format_align(safe, a);

	for (const char *c = safe; *c; c++)
		fuzz_check((unsigned char)*c >= 0x20 || *c == '\n' || *c == '\t',
			   "a control character was left");
	fuzz_check(strlen(out) <= TEMPLATE_MAX_OUTPUT + JSON_MAX_BYTES * 8u, "too much");
	fuzz_check(lines != NULL, "no lines");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_arena_ struct arena a = {0};
	_cleanup_json_ struct json *doc = NULL;
	const char *text = arena_strndup(&a, (const char *)data, size),
		   *out = "untouched";
	size_t len = strlen(text);
	struct template_data fill = {.maps = maps};
	const struct template *t;
	struct err err = {0};
	int r;

	if (len + 1 >= size ||
	    json_parse((const char *)data + len + 1, size - len - 1, &doc, NULL) < 0)
		fuzz_check(json_parse(own, strlen(own), &doc, &err) == 0, "%s",
			   err.message);
	fill.value = doc;
	r = template_parse(text, &a, &t, &err);
	if (r == 0)
		r = template_run(t, &fill, &a, &out, &err);
	if (r < 0) {
		fuzz_check_err(r, &err);
		fuzz_check(strcmp(out, "untouched") == 0, "a failure left something");
		return 0;
	}
	check_out(out, &a);
	return 0;
}
