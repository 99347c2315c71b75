// SPDX-License-Identifier: Apache-2.0
/*
 * plan_json.c - a plan as `--print-plan` shows it
 */
#include "base/json.h"
#include "base/parse.h"
#include "plan/plan.h"
#include "spec/words.h"

static void put_ranges(struct json *obj, const char *key, const struct idrange *v,
		       size_t n)
{
	struct json *arr = json_put_array(obj, key);

	for (size_t i = 0; i < n; i++) {
		struct json *e = json_add_object(arr);

		json_put_int(e, "containerID", v[i].inside);
		json_put_int(e, "hostID", v[i].host);
		json_put_int(e, "size", v[i].count);
	}
}

static void put_map(struct json *doc, const struct plan_map *m)
{
	static const char *const rungs[] = {
		[MAP_NONE] = "none",
		[MAP_RANGES] = "newuidmap",
		[MAP_SINGLE] = "single",
		[MAP_DIRECT] = "direct",
	};
	struct json *obj = json_put_object(doc, "idMap");

	json_put_str(obj, "rung", rungs[m->rung]);
	json_put_bool(obj, "denySetgroups", m->deny_setgroups);
	if (m->auto_size)
		json_put_int(obj, "autoSize", m->auto_size);
	put_ranges(obj, "uids", m->uids, m->n_uids);
	put_ranges(obj, "gids", m->gids, m->n_gids);
}

static void put_caps(struct json *obj, const char *key, uint64_t set)
{
	struct json *arr = json_put_array(obj, key);

	for (unsigned int i = 0; i <= cap_last(); i++)
		if (set & (1ULL << i))
			json_add_str(arr, cap_name(i));
}

static void put_ops(struct json *doc, const struct plan *p)
{
	struct json *arr = json_put_array(doc, "operations");

	for (size_t i = 0; i < p->n_ops; i++) {
		const struct fsop *op = &p->ops[i];
		struct json *e = json_add_object(arr);

		json_put_str(e, "kind", fsop_kind_name(op->kind));
		json_put_str(e, "dest", op->dest);
		json_put_str(e, "source", op->source);
		json_put_str(e, "type", op->fstype);
		json_put_str(e, "data", op->data);
		if (op->attr_set)
			json_put_int(e, "attrSet", (int64_t)op->attr_set);
		if (op->attr_clear)
			json_put_int(e, "attrClear", (int64_t)op->attr_clear);
		if (op->is_recursive)
			json_put_bool(e, "recursive", true);
		if (op->is_idmapped)
			json_put_bool(e, "idMapped", true);
		if (op->is_source_link)
			json_put_bool(e, "sourceNoFollow", true);
		if (op->is_dest_link)
			json_put_bool(e, "destNoFollow", true);
		if (op->is_link_copied)
			json_put_bool(e, "copySymlink", true);
		if (op->is_attr_recursive)
			json_put_bool(e, "attrRecursive", true);
		if (op->is_attr_partial)
			json_put_bool(e, "attrPartial", true);
		if (op->size_bytes)
			json_put_int(e, "sizeBytes", (int64_t)op->size_bytes);
		if (op->is_optional)
			json_put_bool(e, "optional", true);
	}
}

static void put_cgroup(struct json *doc, const struct plan_cgroup *c, struct arena *a)
{
	static const char *const places[] = {
		[CGROUP_PLACE_OWN] = "own",
		[CGROUP_PLACE_SCOPE] = "scope",
	};
	struct json *obj, *arr;

	if (c->place == CGROUP_PLACE_NONE)
		return;
	obj = json_put_object(doc, "cgroup");
	json_put_str(obj, "place", places[c->place]);
	json_put_str(obj, "base", c->base);
	if (c->is_base_own)
		json_put_bool(obj, "moveCaller", true);
	json_put_str(obj, "slice", c->slice);
	json_put_str(obj, "name", c->name);
	if (c->want_parents)
		json_put_bool(obj, "makeParents", true);
	if (c->is_optional)
		json_put_bool(obj, "optional", true);
	json_put_str(obj, "controllers", cgroup_controller_names(c->needed, a));
	arr = json_put_array(obj, "settings");
	for (size_t i = 0; i < c->n_settings; i++) {
		const struct cgroup_setting *s = &c->settings[i];
		struct json *e = json_add_object(arr);

		json_put_str(e, "file", s->file);
		json_put_str(e, "value", s->value);
		json_put_str(e, "otherFile", s->alt_file);
		json_put_str(e, "otherValue", s->alt_value);
		if (c->place == CGROUP_PLACE_SCOPE)
			json_put_str(e, "property", s->property);
		if (s->is_optional)
			json_put_bool(e, "optional", true);
	}
}

struct json *plan_to_json(const struct plan *p)
{
	static const char *const filters[] = {
		[PLAN_SECCOMP_OFF] = "none",
		[PLAN_SECCOMP_BUILTIN_DEFAULT] = "built-in, default capabilities",
		[PLAN_SECCOMP_BUILTIN_NONE] = "built-in, no capabilities",
		[PLAN_SECCOMP_COMPILE] = "compiled",
	};
	struct json *doc = json_new_object(), *caps, *names;

	put_map(doc, &p->map);
	names = json_put_array(doc, "newNamespaces");
	for (int i = 0; i < NS_COUNT; i++)
		if (p->clone_flags & spec_ns_flag((enum spec_ns)i))
			json_add_str(names, spec_ns_name((enum spec_ns)i));
	if (p->want_time_offsets)
		json_add_str(names, "time, with offsets");
	names = json_put_array(doc, "joinedNamespaces");
	for (int i = 0; i < NS_COUNT; i++)
		if (p->spec->ns[i].mode == NS_MODE_PATH)
			json_add_str(names, p->spec->ns[i].path);
	json_put_int(doc, "uid", p->uid);
	json_put_int(doc, "gid", p->gid);
	json_put_str(doc, "hostname", p->hostname);
	json_put_bool(doc, "loopback", p->want_loopback);
	if (p->want_network)
		json_put_str(doc, "network", words_network[p->spec->net.backend]);
	if (p->want_shift)
		json_put_bool(doc, "shiftIds", true);
	caps = json_put_object(doc, "capabilities");
	put_caps(caps, "bounding", p->caps.bounding);
	put_caps(caps, "effective", p->caps.effective);
	put_caps(caps, "permitted", p->caps.permitted);
	put_caps(caps, "inheritable", p->caps.inheritable);
	put_caps(caps, "ambient", p->caps.ambient);
	if (p->want_owners)
		json_put_bool(doc, "emulateOwners", true);
	json_put_bool(doc, "noNewPrivileges", p->want_no_new_privs);
	json_put_str(doc, "seccomp", filters[p->seccomp]);
	put_cgroup(doc, &p->cgroup, p->spec->arena);
	if (p->n_devices)
		json_put_int(doc, "deviceRules", (int64_t)p->n_devices);
	if (p->want_nodev)
		json_put_bool(doc, "noDevices", true);
	if (p->most_processes)
		json_put_int(doc, "mostProcesses", (int64_t)p->most_processes);
	if (p->most_data_bytes)
		json_put_int(doc, "mostDataBytes", (int64_t)p->most_data_bytes);
	put_ops(doc, p);
	json_put_strv(doc, "notes", &p->notes);
	return doc;
}
