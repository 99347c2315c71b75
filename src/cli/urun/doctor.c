// SPDX-License-Identifier: Apache-2.0
/*
 * doctor.c - `urun doctor`: what works here, what is lost, and the command that mends it
 */
#include <stdio.h>

#include "base/json.h"
#include "cli/options.h"
#include "cli/urun/cmd.h"
#include "sys/probe.h"

static int set_json(void *target, const char *value, struct err *err)
{
	return options_bool(value, target, err);
}

static const struct option doctor_options[] = {
	{"json", 0, NULL, "print JSON", set_json},
	{0},
};

static const struct option_table doctor_table = {
	"doctor",
	"[OPTIONS]",
	"Try what containers need on this host. Ends with 1 when none can run.",
	doctor_options,
};

static const char *const words[] = {
	[PROBE_OK] = "ok",
	[PROBE_DEGRADED] = "warn",
	[PROBE_FAILED] = "fail",
};

static int print_json(const struct probe_results *r)
{
	struct json *doc = json_new_object(), *arr = json_put_array(doc, "probes");

	for (size_t i = 0; i < r->n_v; i++) {
		struct json *e = json_add_object(arr);

		json_put_str(e, "name", r->v[i].name);
		json_put_str(e, "status", words[r->v[i].status]);
		json_put_str(e, "detail", r->v[i].detail);
		json_put_str(e, "lost", r->v[i].lost);
		json_put_str(e, "mend", r->v[i].mend);
	}
	return cmd_print_json(doc);
}

static int print_text(const struct probe_results *r)
{
	for (size_t i = 0; i < r->n_v; i++) {
		printf("%-5s %-26s %s\n", words[r->v[i].status], r->v[i].name,
		       r->v[i].detail);
		if (r->v[i].lost)
			printf("      lost: %s\n      mend: %s\n", r->v[i].lost,
			       r->v[i].mend);
	}
	return cmd_flush();
}

int cmd_doctor(int argc, char **argv)
{
	_cleanup_arena_ struct arena a = {0};
	bool want_help = false, is_json = false;
	struct probe_results results;
	struct err err = {0};
	struct host host;
	int r = options_read_only(&doctor_table, argc, argv, &is_json, &want_help, &err);

	if (r == 0 && want_help) {
		options_print_help(&doctor_table);
		return cmd_flush();
	}
	if (r == 0)
		r = host_read(&host, &a, true, &err);
	if (r < 0)
		return cmd_fail(&err);
	probe_all(&host, &a, &results);
	r = is_json ? print_json(&results) : print_text(&results);
	for (size_t i = 0; r == 0 && i < results.n_v; i++)
		if (results.v[i].status == PROBE_FAILED)
			r = 1;
	return r;
}
