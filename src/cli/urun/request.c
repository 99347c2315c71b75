// SPDX-License-Identifier: Apache-2.0
/*
 * request.c - see request.h
 */
#include "cli/urun/request.h"

#include <string.h>

#include "base/json.h"
#include "base/parse.h"
#include "sys/fd.h"
#include "sys/uts.h"

#define DEFAULT_PATH	 "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
#define DEFAULT_SHM_SIZE (64u << 20)
#define MAX_ETC_FILE	 (1u << 20)

static int read_root(struct request *q, const char *word, struct err *err)
{
	struct spec_root *root = &q->spec.root;
	char *path, *options;

	if (!q->is_rootfs && strcmp(word, "host:") == 0) {
		root->kind = ROOT_HOST;
		root->want_overlay = true;
		return 0;
	}
	if (!q->is_rootfs && strncmp(word, "rootfs:", 7) != 0) {
		err_say(err, -ENOTSUP, "'%s': images are not supported by this version",
			word);
		return err_hint(err, -ENOTSUP,
				"Give --rootfs DIR for a folder with a Linux userland, "
				"or host: for "
				"the host's own");
	}
	path = arena_strdup(q->arena, q->is_rootfs ? word : word + 7);
	options = strrchr(path, ':');
	if (options && strcmp(options, ":O") == 0) {
		*options = '\0';
		root->want_overlay = true;
	} else if (options && strncmp(options, ":O,", 3) == 0) {
		return err_say(err, -ENOTSUP,
			       "'%s': ':O' takes no options, it is throw-away", word);
	}
	if (!*path)
		return err_say(err, -EINVAL, "an empty rootfs: give a folder");
	root->path = path;
	return 0;
}

/* --entrypoint: a JSON array of words, or one word. */
static int read_entrypoint(struct request *q, struct err *err)
{
	_cleanup_json_ struct json *doc = NULL;
	struct json_at root;
	int r;

	if (!q->entrypoint || !*q->entrypoint)
		return 0;
	if (q->entrypoint[0] != '[') {
		strv_push(q->arena, &q->spec.process.args, q->entrypoint);
		return 0;
	}
	r = json_parse(q->entrypoint, strlen(q->entrypoint), &doc, err);
	if (r == 0) {
		root = json_root(doc);
		r = json_read_strv(&root, q->arena, &q->spec.process.args, err);
	}
	if (r < 0)
		err_prefix(err, "--entrypoint");
	return r;
}

static const char *caller_env(const struct request *q, const char *name)
{
	size_t len = strlen(name);

	for (char *const *e = q->environ; e && *e; e++)
		if (strncmp(*e, name, len) == 0 && (*e)[len] == '=')
			return *e + len + 1;
	return NULL;
}

static void build_env(struct request *q)
{
	struct strv *env = &q->spec.process.env, all = {0};
	const char *term = caller_env(q, "TERM");

	strv_push(q->arena, &all, DEFAULT_PATH);
	strv_push(q->arena, &all, "container=urun");
	if (q->spec.process.want_terminal)
		strv_pushf(q->arena, &all, "TERM=%s", term ? term : "xterm");
	for (size_t i = 0; !q->unset_all && i < all.n; i++) {
		bool is_unset = false;

		for (size_t k = 0; k < q->unset.n; k++) {
			size_t len = strlen(q->unset.v[k]);

			is_unset |= strncmp(all.v[i], q->unset.v[k], len) == 0 &&
				    all.v[i][len] == '=';
		}
		if (!is_unset)
			strv_push(q->arena, env, all.v[i]);
	}
	for (size_t i = 0; i < q->env.n; i++)
		strv_env_set(q->arena, env, q->env.v[i]);
}

static int read_caps(struct request *q, const struct strv *names, const char *option,
		     uint64_t *ret, struct err *err)
{
	for (size_t i = 0; i < names->n; i++) {
		char *list = arena_strdup(q->arena, names->v[i]), *name;

		while ((name = strsep(&list, ","))) {
			unsigned int cap;

			if (strcmp(name, "all") == 0 || strcmp(name, "ALL") == 0)
				*ret = ~0ULL;
			else if (parse_cap(name, &cap) == 0)
				*ret |= 1ULL << cap;
			else
				return err_say(err, -EINVAL,
					       "%s '%s': no such capability", option,
					       name);
		}
	}
	return 0;
}

static int build_security(struct request *q, struct err *err)
{
	struct spec_security *s = &q->spec.security;
	struct spec_caps *c = &s->caps;
	int r = read_caps(q, &q->cap_add, "--cap-add", &c->add, err);

	if (r == 0)
		r = read_caps(q, &q->cap_drop, "--cap-drop", &c->drop, err);
	if (r < 0)
		return r;
	if (c->add != ~0ULL && c->drop != ~0ULL && (c->add & c->drop))
		return err_say(err, -EINVAL, "a capability is both added and dropped");
	c->want_all = s->is_privileged;
	c->want_none = q->spec.root.kind == ROOT_HOST && !s->is_privileged;
	if (s->is_privileged && s->seccomp == SECCOMP_DEFAULT)
		s->seccomp = SECCOMP_OFF;
	return 0;
}

/* Parameters that belong to a namespace of the container; any other would change the host, or
 * be refused with a bare EPERM (CVE-2022-0811 smuggled one in). */
static int check_sysctl(const struct request *q, const char *key, struct err *err)
{
	static const struct {
		const char *prefix;
		enum spec_ns ns;
	} allowed[] = {
		{"net.", NS_NET},	   {"fs.mqueue.", NS_IPC},
		{"kernel.msgmax", NS_IPC}, {"kernel.msgmnb", NS_IPC},
		{"kernel.msgmni", NS_IPC}, {"kernel.sem", NS_IPC},
		{"kernel.shmall", NS_IPC}, {"kernel.shmmax", NS_IPC},
		{"kernel.shmmni", NS_IPC}, {"kernel.shm_rmid_forced", NS_IPC},
	};

	if (strstr(key, "..") || strchr(key, '/'))
		return err_say(err, -EINVAL, "--sysctl '%s': names are separated by dots",
			       key);
	for (size_t i = 0; i < ARRAY_SIZE(allowed); i++) {
		size_t len = strlen(allowed[i].prefix);
		bool is_tree = allowed[i].prefix[len - 1] == '.';

		if (strncmp(key, allowed[i].prefix, len) != 0 || (!is_tree && key[len]))
			continue;
		if (q->spec.ns[allowed[i].ns].mode == NS_MODE_PRIVATE)
			return 0;
		return err_say(err, -EINVAL,
			       "--sysctl '%s': the %s namespace is not the container's",
			       key, spec_ns_name(allowed[i].ns));
	}
	return err_say(
		err, -EINVAL,
		"--sysctl '%s': not a parameter of a namespace (net.*, fs.mqueue.*, "
		"kernel.msg*, kernel.sem, kernel.shm*)",
		key);
}

static int build_sysctls(struct request *q, struct err *err)
{
	for (size_t i = 0; i < q->sysctls.n; i++) {
		char *key = arena_strdup(q->arena, q->sysctls.v[i]),
		     *value = strchr(key, '=');
		struct spec_sysctl *s;
		int r;

		if (!value || value == key)
			return err_say(err, -EINVAL, "--sysctl '%s': expected KEY=VALUE",
				       key);
		*value++ = '\0';
		r = check_sysctl(q, key, err);
		if (r < 0)
			return r;
		s = ARR_PUSH(q->arena, &q->spec, sysctls);
		*s = (struct spec_sysctl){.key = key, .value = value};
	}
	return 0;
}

static const char *own_hostname(const struct request *q)
{
	if (q->spec.ns[NS_UTS].mode != NS_MODE_PRIVATE)
		return uts_hostname(q->arena);
	if (q->spec.hostname)
		return q->spec.hostname;
	return q->spec.id ? arena_strndup(q->arena, q->spec.id, 12) : "container";
}

static const char *host_file(const struct request *q, const char *path)
{
	char *text;

	return fd_read_file(path, q->arena, MAX_ETC_FILE, &text, NULL) == 0 ? text : "";
}

static int build_hosts(struct request *q, struct err *err)
{
	const char *text, *name = own_hostname(q);

	if (!q->has_hosts)
		return q->add_hosts.n ? err_say(err, -EINVAL,
						"--add-host needs /etc/hosts, and "
						"--no-hosts leaves it alone")
				      : 0;
	/* On the host's own network its names are right inside, too. */
	if (q->spec.ns[NS_NET].mode == NS_MODE_HOST)
		text = host_file(q, "/etc/hosts");
	else
		text = "127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost "
		       "ip6-loopback\n";
	text = arena_printf(q->arena, "%s127.0.0.1\t%s%s%s\n", text, name,
			    q->spec.name ? " " : "", q->spec.name ? q->spec.name : "");
	for (size_t i = 0; i < q->add_hosts.n; i++) {
		const char *entry = q->add_hosts.v[i], *colon = strchr(entry, ':');

		if (!colon || colon == entry || !colon[1] || strpbrk(entry, " \t\n"))
			return err_say(err, -EINVAL, "--add-host '%s': expected NAME:IP",
				       entry);
		text = arena_printf(q->arena, "%s%s\t%.*s\n", text, colon + 1,
				    (int)(colon - entry), entry);
	}
	q->defaults.hosts = text;
	q->defaults.is_hosts_asked = q->add_hosts.n > 0;
	return 0;
}

static int build_resolv_conf(struct request *q, struct err *err)
{
	const char *text = "";

	for (size_t i = 0; i < q->dns.n + q->dns_search.n + q->dns_options.n; i++) {
		const char *v =
			i < q->dns.n ? q->dns.v[i]
			: i < q->dns.n + q->dns_search.n
				? q->dns_search.v[i - q->dns.n]
				: q->dns_options.v[i - q->dns.n - q->dns_search.n];
		const char *key = i < q->dns.n			   ? "nameserver"
				  : i < q->dns.n + q->dns_search.n ? "search"
								   : "options";

		if (!*v || strpbrk(v, " \t\n"))
			return err_say(err, -EINVAL, "--dns '%s': one word each", v);
		text = arena_printf(q->arena, "%s%s %s\n", text, key, v);
	}
	q->defaults.is_resolv_conf_asked = *text;
	if (!*text && q->spec.ns[NS_NET].mode == NS_MODE_PRIVATE)
		text = "# this container has no network\n";
	else if (!*text)
		text = host_file(q, "/etc/resolv.conf");
	q->defaults.resolv_conf = text;
	return 0;
}

static int build_files(struct request *q, struct err *err)
{
	int r = build_hosts(q, err);

	q->defaults.hostname_file = arena_printf(q->arena, "%s\n", own_hostname(q));
	return r < 0 ? r : build_resolv_conf(q, err);
}

static int check_contradictions(const struct request *q, struct err *err)
{
	const struct spec_userns *u = &q->spec.userns;
	const struct spec_user *user = &q->spec.process.user;

	if (u->mode != USERNS_EXPLICIT && u->n_uids + u->n_gids > 0)
		return err_say(err, -EINVAL,
			       "--userns goes with neither --uidmap nor --gidmap");
	if (user->keep_groups && user->groups.n > 0)
		return err_say(err, -EINVAL,
			       "--group-add keep-groups goes with no other group");
	return 0;
}

int request_read(struct request *q, int argc, char **argv, bool *ret_help,
		 struct err *err)
{
	const char *id = q->spec.id;
	int next, r;

	spec_init(&q->spec, q->arena);
	q->spec.id = id;
	q->spec.is_container_env = true;
	q->has_hosts = true;
	q->defaults.shm_size_bytes = DEFAULT_SHM_SIZE;
	r = options_read(&run_table, argc, argv, q, &next, ret_help, err);
	if (r < 0 || *ret_help)
		return r;
	if (next >= argc) {
		err_say(err, -EINVAL, "no rootfs");
		return err_hint(err, -EINVAL,
				"urun run host: COMMAND, or urun run --rootfs DIR "
				"COMMAND; see 'urun run --help'");
	}
	r = read_root(q, argv[next++], err);
	if (r == 0)
		r = read_entrypoint(q, err);
	if (r < 0)
		return r;
	for (; next < argc; next++)
		strv_push(q->arena, &q->spec.process.args, argv[next]);
	r = check_contradictions(q, err);
	if (r == 0)
		r = build_security(q, err);
	if (r == 0)
		r = build_sysctls(q, err);
	if (r == 0)
		r = build_files(q, err);
	if (r < 0)
		return r;
	build_env(q);
	if (q->home && q->home[0] == '/')
		q->defaults.home = spec_clean_path(q->arena, q->home);
	defaults_apply(&q->spec, &q->defaults);
	return spec_validate(&q->spec, err);
}
