// SPDX-License-Identifier: Apache-2.0
/*
 * info.c - `urun info` and `urun version`
 */
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "cli/urun/cmd.h"
#include "cli/urun/options.h"
#include "plan/plan.h"
#include "sys/helper.h"
#include "sys/host.h"
#include "sys/probe.h"
#include "sys/uts.h"

#ifndef VERSION
#define VERSION "0"
#endif

struct format {
	bool is_json;
};

static int set_format(void *target, const char *value, struct err *err)
{
	struct format *f = target;

	if (strcmp(value, "json") != 0 && strcmp(value, "text") != 0)
		return err_say(err, -EINVAL, "'%s': expected json or text", value);
	f->is_json = value[0] == 'j';
	return 0;
}

static const struct option format_options[] = {
	{"format", 'f', "FORMAT", "text (the default) or json", set_format},
	{0},
};

static const struct option_table info_table = {
	"info",
	"[OPTIONS]",
	"Print what urun knows of this host and of itself.",
	format_options,
};

static const struct option_table version_table = {
	"version",
	"[OPTIONS]",
	"Print the version of urun.",
	format_options,
};

/* Reads the options of a verb without words. Return: -1 to go on, else the exit code. */
static int read_format(const struct option_table *t, int argc, char **argv,
		       struct format *f)
{
	struct err err = {0};
	bool want_help = false;
	int next, r = options_read(t, argc, argv, f, &next, &want_help, &err);

	if (r == 0 && want_help) {
		options_print_help(t);
		return cmd_flush();
	}
	if (r == 0 && next < argc)
		r = err_say(&err, -EINVAL, "'urun %s' takes no word '%s'", t->verb,
			    argv[next]);
	return r < 0 ? cmd_fail(&err) : -1;
}

int cmd_version(int argc, char **argv)
{
	struct format f = {0};
	int code = read_format(&version_table, argc, argv, &f);
	struct json *doc;

	if (code >= 0)
		return code;
	if (!f.is_json) {
		printf("urun version %s\n", VERSION);
		return cmd_flush();
	}
	doc = json_new_object();
	json_put_str(doc, "version", VERSION);
	return cmd_print_json(doc);
}

static const char *rung_text(const struct host *h)
{
	if (h->is_root)
		return "root: every id keeps its number";
	if (!h->has_newuidmap || !h->has_newgidmap)
		return "one id: newuidmap or newgidmap is missing";
	return h->n_subuids && h->n_subgids
		       ? "all subordinate ids, by newuidmap and newgidmap"
		       : "one id: no subordinate ids";
}

static uint64_t count_ids(const struct subid_range *v, size_t n)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < n; i++)
		sum += v[i].count;
	return sum;
}

static struct json *gather(struct arena *a, struct err *err)
{
	struct json *doc = json_new_object(), *host, *ids, *paths;
	struct host h;
	int r = host_read(&h, a, true, err);

	if (r < 0) {
		json_free(doc);
		return NULL;
	}
	json_put_str(doc, "version", VERSION);
	host = json_put_object(doc, "host");
	json_put_str(host, "kernel", uts_kernel(a));
	json_put_str(host, "architecture", uts_machine(a));
	json_put_str(host, "hostname", uts_hostname(a));
	json_put_str(host, "cgroups", probe_cgroup_version());
	ids = json_put_object(doc, "ids");
	json_put_str(ids, "user", h.user);
	json_put_int(ids, "uid", h.uid);
	json_put_int(ids, "gid", h.gid);
	json_put_int(ids, "subordinateUids", (int64_t)count_ids(h.subuids, h.n_subuids));
	json_put_int(ids, "subordinateGids", (int64_t)count_ids(h.subgids, h.n_subgids));
	json_put_str(ids, "map", rung_text(&h));
	paths = json_put_object(doc, "paths");
	json_put_str(paths, "runtime", h.runtime_dir);
	json_put_str(paths, "cache", h.cache_dir);
	json_put_str(paths, "urun-init", helper_path("urun-init", a));
	json_put_str(paths, "urun-seccomp", helper_path("urun-seccomp", a));
	json_put_str(paths, "urun-subid", helper_path("urun-subid", a));
	return doc;
}

/* "group:" and indented "key: value" lines of a document of two levels. */
static void print_text(const struct json *doc)
{
	struct json_at root = json_root(doc), group, item;
	struct arena a = {0};
	const char *key, *name;

	for (size_t i = 0; (key = json_member(&root, i, &group)); i++) {
		const char *text = NULL;
		int64_t number = 0;

		if (json_kind(&group) == JSON_KIND_STRING) {
			json_read_str(&group, &a, &text, NULL);
			printf("%s: %s\n", key, text);
			continue;
		}
		printf("%s:\n", key);
		for (size_t k = 0; (name = json_member(&group, k, &item)); k++) {
			if (json_kind(&item) == JSON_KIND_INTEGER) {
				json_read_i64(&item, INT64_MIN, INT64_MAX, &number, NULL);
				printf("  %s: %lld\n", name, (long long)number);
			} else {
				json_read_str(&item, &a, &text, NULL);
				printf("  %s: %s\n", name, text ? text : "");
			}
		}
	}
	arena_free(&a);
}

int cmd_info(int argc, char **argv)
{
	_cleanup_arena_ struct arena a = {0};
	struct err err = {0};
	struct format f = {0};
	struct json *doc;
	int code = read_format(&info_table, argc, argv, &f);

	if (code >= 0)
		return code;
	doc = gather(&a, &err);
	if (!doc)
		return cmd_fail(&err);
	if (f.is_json)
		return cmd_print_json(doc);
	print_text(doc);
	json_free(doc);
	return cmd_flush();
}
