// SPDX-License-Identifier: Apache-2.0
/*
 * fuzz.c - see fuzz.h
 */
#include "fuzz.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "plan/plan.h"
#include "spec/oci.h"

void fuzz_fail(const char *claim, const char *fmt, ...)
{
	va_list ap;

	fprintf(stderr, "wrong: %s: ", claim);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	abort();
}

void fuzz_check_err(int r, const struct err *err)
{
	fuzz_check(r < 0 && r >= -4095, "%d is no negative errno", r);
	fuzz_check(err->code == r, "returned %d, said %d: %s", r, err->code,
		   err->message);
	fuzz_check(err->message[0], "no message for %d", r);
	fuzz_check(strnlen(err->message, sizeof(err->message)) < sizeof(err->message),
		   "a message without end");
}

static char *write_spec(const struct spec *spec)
{
	_cleanup_json_ struct json *doc = spec_to_oci(spec);
	char *text = json_text(doc, false);

	fuzz_check(text, "the spec cannot be written");
	return text;
}

void fuzz_check_round_trip(const struct spec *spec, const char *bundle)
{
	_cleanup_free_ char *first = write_spec(spec), *second = NULL;
	_cleanup_arena_ struct arena a = {0};
	struct spec again;
	struct err err = {0};
	int r;

	/* What was given in short words may be too long when it is written in full. */
	if (strlen(first) > JSON_MAX_BYTES)
		return;
	spec_init(&again, &a);
	r = spec_from_oci(&again, first, strlen(first), bundle, &err);
	fuzz_check(r == 0, "%s in %s", err.message, first);
	second = write_spec(&again);
	fuzz_check(strcmp(first, second) == 0, "%s became %s", first, second);
}

static void check_plan(const struct spec *spec, const struct host *host, bool want_json)
{
	_cleanup_json_ struct json *doc = NULL;
	_cleanup_arena_ struct arena a = {0};
	struct err err = {0};
	struct plan plan;
	int r = plan_build(&plan, spec, host, &a, &err);

	if (r < 0) {
		fuzz_check_err(r, &err);
		return;
	}
	fuzz_check(plan.n_ops >= spec->n_fsops, "%zu operations", plan.n_ops);
	if (!want_json)
		return; /* once is slow enough */
	doc = plan_to_json(&plan);
	fuzz_check(doc, "the plan cannot be written");
}

void fuzz_check_plans(const struct spec *spec)
{
	static struct subid_range subs[] = {{100000, 65536}, {300000, 1000}};
	static struct host_entry entries[] = {
		{.path = "/bin", .kind = HOST_ENTRY_LINK, .target = "usr/bin"},
		{.path = "/home", .mode = 0755, .has_mounts_below = true},
		{.path = "/home/media", .fstype = "vfat", .mode = 0755},
		{.path = "/root", .mode = 0700, .is_private = true},
		{.path = "/swapfile", .kind = HOST_ENTRY_FILE},
		{.path = "/usr", .mode = 0755},
	};
	struct host host = {
		.uid = 1000,
		.gid = 1000,
		.user = "dev",
		.home = "/home/dev",
		.cwd = "/home/dev",
		.is_identity_userns = true,
		.subuids = subs,
		.subgids = subs,
		.n_subuids = ARRAY_SIZE(subs),
		.n_subgids = ARRAY_SIZE(subs),
		.has_newuidmap = true,
		.has_newgidmap = true,
		.entries = entries,
		.n_entries = ARRAY_SIZE(entries),
	};

	check_plan(spec, &host, true);
	host.n_subuids = host.n_subgids = 0;
	check_plan(spec, &host, false);
	host.uid = host.gid = 0;
	host.is_root = true;
	check_plan(spec, &host, false);
}
