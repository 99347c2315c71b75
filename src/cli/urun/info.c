// SPDX-License-Identifier: Apache-2.0
/*
 * info.c - `urun info` and `urun version`
 */
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "cli/options.h"
#include "cli/urun/cmd.h"
#include "cli/urun/format.h"
#include "cli/urun/inspect.h"
#include "cli/urun/network.h"
#include "image/manifest.h"
#include "plan/plan.h"
#include "spec/words.h"
#include "sys/helper.h"
#include "sys/host.h"
#include "sys/probe.h"
#include "sys/uts.h"

#ifndef VERSION
#define VERSION "0"
#endif

struct info_options {
	const char *format; /* NULL: text */
	struct arena arena;
};

static int set_format(void *target, const char *value, struct err *err)
{
	struct info_options *o = target;

	if (strcmp(value, "json") != 0 && strcmp(value, "text") != 0)
		return err_say(err, -EINVAL, "'%s': expected json or text", value);
	o->format = value[0] == 'j' ? value : NULL;
	return 0;
}

static int set_version_format(void *target, const char *value, struct err *err)
{
	struct info_options *o = target;

	o->format = strcmp(value, "text") == 0 ? NULL : value;
	return format_check(o->format, &o->arena, err);
}

static const struct option info_options[] = {
	{"format", 'f', "FORMAT", "text (the default) or json", set_format},
	{0},
};

static const struct option version_options[] = {
	{"format", 'f', "FORMAT",
	 "text (the default), json, or a template: {{.Client.Version}}",
	 set_version_format},
	{0},
};

static const struct option_table info_table = {
	"info",
	"[OPTIONS]",
	"Print what urun knows of this host and of itself.",
	info_options,
};

static const struct option_table version_table = {
	"version",
	"[OPTIONS]",
	"Print the version of urun.",
	version_options,
};

/* Reads the options of a verb without words. Return: -1 to go on, else the exit code. */
static int read_options(const struct option_table *t, int argc, char **argv,
			struct info_options *o)
{
	struct err err = {0};
	bool want_help = false;
	int r = options_read_only(t, argc, argv, o, &want_help, &err);

	if (r == 0 && want_help) {
		options_print_help(t);
		return cmd_flush();
	}
	return r < 0 ? cmd_fail(&err) : -1;
}

/* As podman has it; there is no server. */
static void put_client(struct json *o, struct arena *a)
{
	struct platform p = platform_native();
	struct json *client = json_put_object(o, "Client");

	json_put_str(client, "Version", VERSION);
	json_put_str(client, "OsArch", arena_printf(a, "%s/%s", p.os, p.architecture));
	json_put_str(client, "Os", p.os);
}

static int print_version(const char *format, struct arena *a, struct err *err)
{
	_cleanup_json_ struct json *list = NULL;
	struct json *o;
	int r;

	if (!format) {
		printf("urun version %s\n", VERSION);
		return cmd_flush();
	}
	if (format_is_json(format)) {
		o = json_new_object();
		put_client(o, a);
		return cmd_print_json(o);
	}
	list = json_new_array();
	o = json_add_object(list);
	put_client(o, a);
	/* podman takes {{.Version}}, too. */
	json_put_str(o, "Version", VERSION);
	r = inspect_print(list, format, a, err);
	return r < 0 ? r : cmd_flush();
}

int cmd_version(int argc, char **argv)
{
	struct info_options o = {0};
	struct err err = {0};
	int code = read_options(&version_table, argc, argv, &o);

	if (code < 0)
		code = print_version(o.format, &o.arena, &err);
	arena_free(&o.arena);
	return code < 0 ? cmd_fail(&err) : code;
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

/* What a container is connected by that names no network. */
static void put_network(struct json *doc)
{
	struct json *o = json_put_object(doc, "network");
	struct net_facts facts;
	enum net_backend b;

	net_read_facts(&facts);
	b = network_default(&facts);
	json_put_str(o, "default",
		     b == NET_NONE
			     ? "unavailable: neither slirp4netns nor pasta is installed"
		     : facts.has_tun ? words_network[b]
				     : "unavailable: /dev/net/tun cannot be opened");
	json_put_str(o, "slirp4netns", facts.has_slirp4netns ? SLIRP4NETNS_PATH : NULL);
	json_put_str(o, "pasta", facts.has_pasta ? PASTA_PATH : NULL);
	json_put_str(o, "address", facts.host_ip[0] ? facts.host_ip : NULL);
}

/* Where the cgroups of containers with limits would be, and what could be limited there. */
static void put_limits(struct json *doc, struct host *h, struct arena *a)
{
	const struct host_cgroup *c = &h->cgroup;
	struct json *o = json_put_object(doc, "limits");
	bool is_own;

	host_read_cgroup(h, a);
	is_own = c->base && (c->is_base_sure || !c->has_manager);
	json_put_str(o, "place",
		     is_own	      ? arena_printf(a, "own: %s/", c->base)
		     : c->has_manager ? "scope"
				      : "none: 'urun doctor' says what is missing");
	json_put_str(o, "controllers",
		     cgroup_controller_names(
			     is_own ? c->base_controllers : c->manager_controllers, a));
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
	put_network(doc);
	put_limits(doc, &h, a);
	paths = json_put_object(doc, "paths");
	json_put_str(paths, "runtime", h.runtime_dir);
	json_put_str(paths, "cache", h.cache_dir);
	json_put_str(paths, "urun-init", helper_path("urun-init", a));
	json_put_str(paths, "urun-reaper", helper_path("urun-reaper", a));
	json_put_str(paths, "urun-seccomp", helper_path("urun-seccomp", a));
	json_put_str(paths, "urun-subid", helper_path("urun-subid", a));
	json_put_str(paths, "urun-scope", helper_path("urun-scope", a));
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
	struct info_options o = {0};
	struct json *doc;
	int code = read_options(&info_table, argc, argv, &o);

	if (code >= 0)
		return code;
	doc = gather(&a, &err);
	if (!doc)
		return cmd_fail(&err);
	if (o.format)
		return cmd_print_json(doc);
	print_text(doc);
	json_free(doc);
	return cmd_flush();
}
