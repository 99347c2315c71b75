// SPDX-License-Identifier: Apache-2.0
/*
 * oci_write.c - spec_to_oci(): see oci.h
 */
#include <string.h>

#include "base/json.h"
#include "base/parse.h"
#include "spec/oci.h"
#include "spec/oci_parts.h"
#include "spec/words.h"

static void put_caps(struct json *obj, const char *key, uint64_t set)
{
	struct json *arr = json_put_array(obj, key);

	for (unsigned int i = 0; i <= cap_last(); i++)
		if (set & (1ULL << i))
			json_add_str(arr, cap_name(i));
}

static void put_ranges(struct json *obj, const char *key, const struct idrange *v,
		       size_t n)
{
	struct json *arr;

	if (n == 0)
		return;
	arr = json_put_array(obj, key);
	for (size_t i = 0; i < n; i++) {
		struct json *e = json_add_object(arr);

		json_put_int(e, "containerID", v[i].inside);
		json_put_int(e, "hostID", v[i].host);
		json_put_int(e, "size", v[i].count);
	}
}

/* A limit is an unsigned number in JSON; "no limit" is the largest signed one, as everywhere. */
static int64_t limit_of(uint64_t v)
{
	return v > INT64_MAX ? INT64_MAX : (int64_t)v;
}

static void put_rlimits(struct json *process, const struct spec_process *p)
{
	struct json *arr;

	if (p->n_rlimits == 0)
		return;
	arr = json_put_array(process, "rlimits");
	for (size_t i = 0; i < p->n_rlimits; i++) {
		struct json *e = json_add_object(arr);

		json_put_str(e, "type", rlimit_name(p->rlimits[i].resource));
		json_put_int(e, "soft", limit_of(p->rlimits[i].soft));
		json_put_int(e, "hard", limit_of(p->rlimits[i].hard));
	}
}

static void put_user(struct json *process, const struct spec_process *p)
{
	const struct spec_user *u = &p->user;
	struct json *user = json_put_object(process, "user"), *arr;

	if (u->has_ids) {
		json_put_int(user, "uid", u->uid);
		json_put_int(user, "gid", u->gid);
	}
	if (p->has_umask)
		json_put_int(user, "umask", p->umask);
	if (u->n_gids == 0)
		return;
	arr = json_put_array(user, "additionalGids");
	for (size_t i = 0; i < u->n_gids; i++)
		json_add_int(arr, u->gids[i]);
}

static void put_process(struct json *doc, const struct spec *s)
{
	const struct spec_process *p = &s->process;
	const struct spec_caps *c = &s->security.caps;
	struct json *process = json_put_object(doc, "process"), *caps;

	json_put_bool(process, "terminal", p->want_terminal);
	if (p->console_rows || p->console_columns) {
		struct json *size = json_put_object(process, "consoleSize");

		json_put_int(size, "height", p->console_rows);
		json_put_int(size, "width", p->console_columns);
	}
	put_user(process, p);
	json_put_strv(process, "args", &p->args);
	json_put_strv(process, "env", &p->env);
	json_put_str(process, "cwd", p->cwd ? p->cwd : "/");
	if (c->has_sets) {
		caps = json_put_object(process, "capabilities");
		put_caps(caps, "bounding", c->bounding);
		put_caps(caps, "effective", c->effective);
		put_caps(caps, "inheritable", c->inheritable);
		put_caps(caps, "permitted", c->permitted);
		put_caps(caps, "ambient", c->ambient);
	}
	put_rlimits(process, p);
	json_put_bool(process, "noNewPrivileges", !s->security.has_new_privs);
	if (p->has_oom_score_adj)
		json_put_int(process, "oomScoreAdj", p->oom_score_adj);
	json_put_str(process, "apparmorProfile", s->security.apparmor_profile);
	json_put_str(process, "selinuxLabel", s->security.selinux_label);
	oci_put_sched(process, p);
}

static void put_fsops(struct json *own, const struct spec *s)
{
	struct json *arr = json_put_array(own, "filesystem");

	for (size_t i = 0; i < s->n_fsops; i++) {
		const struct fsop *op = &s->fsops[i];
		struct json *e = json_add_object(arr);

		json_put_str(e, "kind", fsop_kind_name(op->kind));
		json_put_str(e, "source", op->source);
		json_put_str(e, "destination", op->dest);
		json_put_str(e, "type", op->fstype);
		json_put_str(e, "data", op->data);
		json_put_str(e, "content", op->content);
		words_put_attrs(e, "set", op->attr_set);
		words_put_attrs(e, "clear", op->attr_clear);
		json_put_str(e, "propagation", words_propagation(op->propagation));
		if (op->has_mode)
			json_put_int(e, "mode", op->mode);
		if (op->size_bytes)
			json_put_int(e, "size", limit_of(op->size_bytes));
		if (op->is_attr_recursive)
			json_put_bool(e, "attributesRecursive", true);
		if (op->is_attr_partial)
			json_put_bool(e, "attributesPartial", true);
		if (op->is_recursive)
			json_put_bool(e, "recursive", true);
		if (op->is_idmapped)
			json_put_str(e, "idMap",
				     op->is_idmap_recursive ? "recursive" : "one");
		put_ranges(e, "uidMappings", op->uids, op->n_uids);
		put_ranges(e, "gidMappings", op->gids, op->n_gids);
		if (op->is_source_link)
			json_put_bool(e, "sourceNoFollow", true);
		if (op->is_dest_link)
			json_put_bool(e, "destinationNoFollow", true);
		if (op->is_link_copied)
			json_put_bool(e, "copySymlink", true);
		if (op->is_copyup)
			json_put_bool(e, "copyUp", true);
		if (op->is_owned)
			json_put_bool(e, "owned", true);
		if (op->is_optional)
			json_put_bool(e, "optional", true);
		if (op->is_default)
			json_put_bool(e, "default", true);
	}
}

static void put_joined(struct json *own, const struct spec *s)
{
	struct json *obj, *list;

	if (!s->joined)
		return;
	obj = json_put_object(own, "joined");
	json_put_str(obj, "container", s->joined);
	list = json_put_array(obj, "namespaces");
	for (int i = 0; i < NS_COUNT; i++)
		if (s->ns[i].mode == NS_MODE_CONTAINER)
			json_add_str(list, words_oci_ns((enum spec_ns)i));
}

static void put_namespaces(struct json *linux_, struct json *own, const struct spec *s)
{
	struct json *arr = json_put_array(linux_, "namespaces"), *hosts = NULL;

	for (int i = 0; i < NS_COUNT; i++) {
		const struct spec_namespace *ns = &s->ns[i];
		struct json *e;

		if (ns->mode == NS_MODE_HOST) {
			if (!hosts)
				hosts = json_put_array(own, "hostNamespaces");
			json_add_str(hosts, words_oci_ns((enum spec_ns)i));
			continue;
		}
		e = json_add_object(arr);
		json_put_str(e, "type", words_oci_ns((enum spec_ns)i));
		json_put_str(e, "path", ns->path);
	}
	put_joined(own, s);
}

/* The text was read once, or came from a face: what is no object is left out. */
static void put_seccomp(struct json *linux_, const char *text)
{
	_cleanup_json_ struct json *profile = NULL;
	struct json_at at;

	if (!text || json_parse(text, strlen(text), &profile, NULL) < 0)
		return;
	at = json_root(profile);
	if (json_kind(&at) == JSON_KIND_OBJECT)
		oci_copy_members(json_put_object(linux_, "seccomp"), &at, NULL);
}

static void put_time_offsets(struct json *linux_, const struct spec *s)
{
	struct json *obj, *clock;

	if (!s->has_time_offsets)
		return;
	obj = json_put_object(linux_, "timeOffsets");
	for (int i = 0; i < TIME_COUNT; i++) {
		clock = json_put_object(obj, words_clocks[i]);
		json_put_int(clock, "secs", s->time_offsets[i].secs);
		json_put_int(clock, "nanosecs", s->time_offsets[i].nanosecs);
	}
}

static void put_personality(struct json *linux_, const struct spec *s)
{
	for (size_t i = 0; s->has_personality && words_domains[i]; i++)
		if (words_domain_values[i] == s->personality)
			json_put_str(json_put_object(linux_, "personality"), "domain",
				     words_domains[i]);
}

/* A member whose name somebody typed. A name in JSON is UTF-8 as well: other bytes are
 * shown as \xNN. */
static void put_named(struct json *obj, const struct spec *s, const char *name,
		      size_t len, const char *value)
{
	size_t size = len * 4 + 1;
	char *shown = arena_alloc(s->arena, size);

	text_escape(shown, size, arena_strndup(s->arena, name, len));
	json_put_str(obj, shown, value);
}

static void put_linux(struct json *doc, struct json *own, const struct spec *s)
{
	const struct spec_userns *u = &s->userns;
	struct json *linux_ = json_put_object(doc, "linux"), *sysctls;

	put_namespaces(linux_, own, s);
	if (u->mode == USERNS_EXPLICIT) {
		struct json *maps = u->maps_are_absolute ? linux_ : own;

		put_ranges(maps, "uidMappings", u->uids, u->n_uids);
		put_ranges(maps, "gidMappings", u->gids, u->n_gids);
	}
	if (s->n_sysctls > 0) {
		sysctls = json_put_object(linux_, "sysctl");
		for (size_t i = 0; i < s->n_sysctls; i++)
			put_named(sysctls, s, s->sysctls[i].key,
				  strlen(s->sysctls[i].key), s->sysctls[i].value);
	}
	json_put_str(linux_, "rootfsPropagation", words_propagation(s->root.propagation));
	put_seccomp(linux_, s->security.seccomp_json);
	json_put_str(linux_, "mountLabel", s->security.mount_label);
	put_personality(linux_, s);
	put_time_offsets(linux_, s);
	oci_put_resources(linux_, own, s);
}

static void put_own_security(struct json *own, const struct spec *s)
{
	const struct spec_caps *c = &s->security.caps;

	if (!c->has_sets) {
		struct json *caps = json_put_object(own, "capabilities");

		json_put_str(caps, "base",
			     c->want_all    ? "all"
			     : c->want_none ? "none"
					    : "default");
		put_caps(caps, "add", c->add);
		put_caps(caps, "drop", c->drop);
	}
	json_put_str(own, "seccomp",
		     words_seccomp[s->security.seccomp_json ? SECCOMP_PROFILE
							    : s->security.seccomp]);
	json_put_str(own, "seccompProfile", s->security.seccomp_path);
	if (s->security.is_privileged)
		json_put_bool(own, "privileged", true);
	if (s->security.keep_keyring)
		json_put_bool(own, "keepKeyring", true);
}

static void put_own_userns(struct json *own, const struct spec_userns *u)
{
	struct json *obj = json_put_object(own, "userNamespace");

	json_put_str(obj, "mode", words_userns[u->mode]);
	if (u->has_keep_uid)
		json_put_int(obj, "uid", u->keep_uid);
	if (u->has_keep_gid)
		json_put_int(obj, "gid", u->keep_gid);
	if (u->auto_size)
		json_put_int(obj, "size", u->auto_size);
}

static void put_own_network(struct json *own, const struct spec_net *n)
{
	struct json *obj, *ports;

	if (n->backend == NET_NONE)
		return;
	obj = json_put_object(own, "network");
	json_put_str(obj, "backend", words_network[n->backend]);
	json_put_bool(obj, "allowHostLoopback", n->allow_host_loopback);
	json_put_bool(obj, "ipv6", n->want_ipv6);
	if (n->mtu)
		json_put_int(obj, "mtu", n->mtu);
	json_put_int(obj, "subnet", n->subnet);
	json_put_int(obj, "prefixLength", n->prefix_len);
	json_put_str(obj, "outboundAddress", n->outbound_addr);
	json_put_str(obj, "outboundAddress6", n->outbound_addr6);
	if (n->words.n > 0)
		json_put_strv(obj, "options", &n->words);
	ports = n->n_ports > 0 ? json_put_array(obj, "ports") : NULL;
	for (size_t i = 0; i < n->n_ports; i++) {
		const struct spec_port *p = &n->ports[i];
		struct json *e = json_add_object(ports);

		json_put_str(e, "protocol", p->is_udp ? "udp" : "tcp");
		json_put_str(e, "hostIp", p->host_ip);
		json_put_int(e, "hostPort", p->host_port);
		json_put_int(e, "port", p->port);
		json_put_int(e, "count", p->count);
	}
}

static void put_own_resolver(struct json *own, const struct spec_resolver *r)
{
	struct json *obj;

	if (!r->is_followed)
		return;
	obj = json_put_object(own, "resolver");
	if (r->servers.n > 0)
		json_put_strv(obj, "servers", &r->servers);
	if (r->searches.n > 0)
		json_put_strv(obj, "searches", &r->searches);
	if (r->options.n > 0)
		json_put_strv(obj, "options", &r->options);
}

static void put_own_process(struct json *own, const struct spec_process *p)
{
	json_put_str(own, "user", p->user.name);
	if (p->user.groups.n > 0)
		json_put_strv(own, "groups", &p->user.groups);
	if (p->user.keep_groups)
		json_put_bool(own, "keepGroups", true);
	json_put_str(own, "argv0", p->argv0);
	json_put_bool(own, "stdin", p->want_stdin);
	json_put_bool(own, "init", p->want_init);
	if (p->preserve_fds)
		json_put_int(own, "preserveFds", p->preserve_fds);
	if (p->timeout_s)
		json_put_int(own, "timeout", p->timeout_s);
}

static void put_annotations(struct json *doc, const struct spec *s)
{
	struct json *notes = NULL;

	for (size_t i = 0; i < s->annotations.n; i++) {
		const char *pair = s->annotations.v[i];
		size_t len = strcspn(pair, "=");

		/* OCI has no empty key. */
		if (len == 0)
			continue;
		if (!notes)
			notes = json_put_object(doc, "annotations");
		put_named(notes, s, pair, len, pair + len + (pair[len] == '='));
	}
}

struct json *spec_to_oci(const struct spec *s)
{
	struct json *doc = json_new_object(), *root, *own;

	json_put_str(doc, "ociVersion", "1.2.0");
	root = json_put_object(doc, "root");
	json_put_str(root, "path", s->root.kind == ROOT_HOST ? "/" : s->root.path);
	json_put_bool(root, "readonly", s->root.is_readonly);
	json_put_str(doc, "hostname", s->hostname);
	json_put_str(doc, "domainname", s->domainname);
	put_process(doc, s);
	put_annotations(doc, s);
	oci_put_hooks(doc, s);
	own = json_put_object(doc, "org.urun");
	put_linux(doc, own, s);
	json_put_str(own, "name", s->name);
	json_put_str(own, "root",
		     s->root.kind == ROOT_HOST	   ? "host"
		     : s->root.kind == ROOT_LAYERS ? "layers"
						   : "folder");
	json_put_str(own, "changes", s->root.changes);
	if (s->root.layers.n > 0)
		json_put_strv(own, "layers", &s->root.layers);
	if (s->root.is_volatile)
		json_put_bool(own, "volatile", true);
	json_put_bool(own, "overlay", s->root.want_overlay);
	json_put_str(own, "storageDriver", words_driver[s->root.driver]);
	put_own_process(own, &s->process);
	put_own_userns(own, &s->userns);
	put_own_network(own, &s->net);
	put_own_resolver(own, &s->resolver);
	put_own_security(own, s);
	json_put_bool(own, "containerEnv", s->is_container_env);
	json_put_str(own, "pidfile", s->pidfile);
	put_fsops(own, s);
	return doc;
}
