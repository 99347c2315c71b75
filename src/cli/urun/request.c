// SPDX-License-Identifier: Apache-2.0
/*
 * request.c - see request.h
 */
#include "cli/urun/request.h"

#include <string.h>

#include "base/json.h"
#include "base/parse.h"
#include "cli/urun/network.h"
#include "sys/fd.h"
#include "sys/net.h"
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
		if (word[0] == '/' || word[0] == '.') {
			err_say(err, -EINVAL, "'%s': an image's name is no path", word);
			return err_hint(
				err, -EINVAL,
				"For a folder with a Linux userland: --rootfs DIR, "
				"or rootfs:DIR\nFor an archive of an image: "
				"oci-archive:FILE, or docker-archive:FILE");
		}
		root->kind = ROOT_LAYERS;
		q->image = word;
		return 0;
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

static struct strv copy_words(const struct request *q, const struct strv *from)
{
	struct strv words = {0};

	for (size_t i = 0; i < from->n; i++)
		strv_push(q->arena, &words, from->v[i]);
	return words;
}

/* --entrypoint: a JSON array of words, or one word. */
static int read_entrypoint(struct request *q, struct err *err)
{
	_cleanup_json_ struct json *doc = NULL;
	struct json_at root;
	int r;

	if (!q->entrypoint && q->config)
		q->spec.process.args = copy_words(q, &q->config->entrypoint);
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

/* The entrypoint, then the caller's words, or else the image's, which are made for its own
 * entrypoint only. */
static int build_args(struct request *q, struct err *err)
{
	const struct strv *words = &q->words;
	int r = read_entrypoint(q, err);

	if (words->n == 0 && q->config && !q->entrypoint)
		words = &q->config->cmd;
	for (size_t i = 0; r == 0 && i < words->n; i++)
		strv_push(q->arena, &q->spec.process.args, words->v[i]);
	if (r == 0 && q->config && q->spec.process.args.n == 0) {
		err_say(err, -EINVAL, "'%s' has no command of its own", q->image);
		return err_hint(err, -EINVAL, "Give one: urun run %s COMMAND", q->image);
	}
	return r;
}

/* What else an image says about how it is run. */
static void build_from_config(struct request *q)
{
	const struct image_config *c = q->config;
	struct spec_process *p = &q->spec.process;

	if (!c)
		return;
	if (!p->user.name && c->user && c->user[0]) {
		p->user.name = c->user;
		p->user.image = q->image;
	}
	if (!p->cwd && c->working_dir && c->working_dir[0] &&
	    strcmp(spec_clean_path(q->arena, c->working_dir), "/") != 0) {
		struct fsop *op = spec_add_fsop(&q->spec, FSOP_DIR, c->working_dir);

		op->is_default = true;
		op->image = q->image;
		p->cwd = op->dest;
	}
	for (size_t i = 0; i < c->labels.n; i++)
		strv_push(q->arena, &q->spec.annotations, c->labels.v[i]);
}

static bool is_mounted_on(const struct spec *spec, const char *dest)
{
	for (size_t i = 0; i < spec->n_fsops; i++)
		if (strcmp(spec->fsops[i].dest, dest) == 0)
			return true;
	return false;
}

static int compare_dests(const void *a, const void *b)
{
	return strcmp(((const struct fsop *)a)->dest, ((const struct fsop *)b)->dest);
}

/* Before what the caller mounts, which may be below them; a folder before what is in it. */
int request_add_volumes(struct request *q, struct err *err)
{
	struct spec *spec = &q->spec;
	size_t n_asked = spec->n_fsops, n_new;
	struct fsop *all;

	for (size_t i = 0; q->config && i < q->config->volumes.n; i++) {
		const char *path = q->config->volumes.v[i];

		if (path[0] != '/')
			return err_say(err, -EINVAL,
				       "image '%s': its volume '%s' is no absolute path",
				       q->image, path);
		if (!is_mounted_on(spec, spec_clean_path(q->arena, path)))
			request_add_volume(q, "", path)->image = q->image;
	}
	n_new = spec->n_fsops - n_asked;
	if (n_new == 0)
		return 0;
	all = arena_alloc(q->arena, spec->n_fsops * sizeof(*all));
	memcpy(all, spec->fsops + n_asked, n_new * sizeof(*all));
	memcpy(all + n_new, spec->fsops, n_asked * sizeof(*all));
	qsort(all, n_new, sizeof(*all), compare_dests);
	memcpy(spec->fsops, all, spec->n_fsops * sizeof(*all));
	return 0;
}

static void build_env(struct request *q)
{
	struct strv *env = &q->spec.process.env, all = {0};
	const char *term = environ_get(q->environ, "TERM", strlen("TERM"));

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
	for (size_t i = 0; q->config && i < q->config->env.n; i++)
		strv_env_set(q->arena, env, q->config->env.v[i]);
	for (size_t i = 0; i < q->file_env.n; i++)
		strv_env_set(q->arena, env, q->file_env.v[i]);
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
	if (c->add == ~0ULL && c->drop == ~0ULL)
		return err_say(err, -EINVAL,
			       "--cap-add all does not go with --cap-drop all");
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

/* NULL: nobody knows before the namespace is joined. */
static const char *own_hostname(const struct request *q)
{
	if (q->spec.ns[NS_UTS].mode == NS_MODE_HOST)
		return uts_hostname(q->arena);
	if (q->spec.ns[NS_UTS].mode != NS_MODE_PRIVATE)
		return NULL;
	if (q->spec.hostname)
		return q->spec.hostname;
	return q->spec.id ? arena_strndup(q->arena, q->spec.id, 12) : "container";
}

static const char *host_file(const struct request *q, const char *path, size_t max)
{
	char *text;

	return fd_read_file(path, q->arena, max, &text, NULL) == 0 ? text : "";
}

/* Where the host is reached from inside; NULL: nobody knows. */
static const char *host_address(struct request *q)
{
	const struct spec_net *n = &q->spec.net;

	if (q->spec.ns[NS_NET].mode != NS_MODE_PRIVATE)
		return q->spec.ns[NS_NET].mode == NS_MODE_HOST ? "127.0.0.1" : NULL;
	if (n->backend != NET_SLIRP4NETNS)
		return NULL;
	return n->allow_host_loopback
		       ? spec_net_address(&q->spec.net, NET_GATEWAY, q->arena)
	       : q->net.host_ip[0] ? q->net.host_ip
				   : NULL;
}

/* "NAME[;NAME...]:IP" as a line of hosts(5). */
static int host_line(struct request *q, const char *entry, const char **ret,
		     struct err *err)
{
	char *names = arena_strdup(q->arena, entry), *ip = strchr(names, ':');

	if (!ip || ip == names || !ip[1] || strpbrk(entry, " \t\n"))
		return err_say(err, -EINVAL, "--add-host '%s': expected NAME:IP", entry);
	*ip++ = '\0';
	if (strcmp(ip, "host-gateway") == 0) {
		ip = arena_strdup(q->arena, host_address(q) ? host_address(q) : "");
		if (!*ip) {
			err_say(err, -ENOTSUP,
				"--add-host '%s': on this network the host has no "
				"address",
				entry);
			return err_hint(err, -ENOTSUP, "--network slirp4netns gives one");
		}
	}
	if (!parse_is_ip4(ip) && !parse_is_ip6(ip))
		return err_say(err, -EINVAL, "--add-host '%s': '%s' is no IP address",
			       entry, ip);
	for (char *c = names; *c; c++)
		*c = *c == ';' ? ' ' : *c;
	*ret = arena_printf(q->arena, "%s\t%s\n", ip, names);
	return 0;
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
		text = host_file(q, "/etc/hosts", MAX_ETC_FILE);
	else
		text = "127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost "
		       "ip6-loopback\n";
	/* podman's and docker's names of the host. */
	if (q->spec.net.backend != NET_NONE && host_address(q))
		text = arena_printf(
			q->arena, "%s%s\thost.containers.internal host.docker.internal\n",
			text, host_address(q));
	if (name || q->spec.name)
		text = arena_printf(q->arena, "%s%s\t%s%s%s\n", text,
				    q->spec.net.backend == NET_SLIRP4NETNS
					    ? spec_net_address(&q->spec.net, NET_GUEST,
							       q->arena)
					    : "127.0.0.1",
				    name ? name : "", name && q->spec.name ? " " : "",
				    q->spec.name ? q->spec.name : "");
	/* The first line with a name counts: the caller's stand before all others. */
	for (size_t i = q->add_hosts.n; i-- > 0;) {
		const char *line = NULL;
		int r = host_line(q, q->add_hosts.v[i], &line, err);

		if (r < 0)
			return r;
		text = arena_printf(q->arena, "%s%s", line, text);
	}
	q->defaults.hosts = text;
	q->defaults.is_hosts_asked = q->add_hosts.n > 0;
	return 0;
}

static int check_resolver_words(struct request *q, const char *option,
				const struct strv *words, struct err *err)
{
	const char *why;

	for (size_t i = 0; i < words->n; i++)
		if ((why = spec_resolver_refuse_word(words->v[i], words == &q->dns)))
			return err_say(err, -EINVAL, "--%s '%s': %s", option, words->v[i],
				       why);
	return 0;
}

static int build_resolv_conf(struct request *q, struct err *err)
{
	bool is_alone = q->spec.ns[NS_NET].mode == NS_MODE_PRIVATE &&
			q->spec.net.backend == NET_NONE;
	struct spec_resolver *to = &q->spec.resolver;
	size_t n = q->dns.n + q->dns_search.n + q->dns_options.n;
	struct strv own = {0};
	const char *host;
	int r;

	if (strv_has(&q->dns, "none"))
		return n == 1 ? 0
			      : err_say(err, -EINVAL,
					"--dns none leaves " SPEC_RESOLV_CONF " alone: "
					"no other --dns option goes with it");
	r = check_resolver_words(q, "dns", &q->dns, err);
	if (r == 0)
		r = check_resolver_words(q, "dns-search", &q->dns_search, err);
	if (r == 0)
		r = check_resolver_words(q, "dns-option", &q->dns_options, err);
	if (r < 0)
		return r;
	*to = (struct spec_resolver){
		.servers = q->dns, .searches = q->dns_search, .options = q->dns_options};
	to->is_followed = !is_alone && q->spec.ns[NS_NET].mode != NS_MODE_CONTAINER;
	q->defaults.is_resolv_conf_asked = n > 0;
	if (q->spec.net.backend == NET_PASTA)
		net_read_addresses(spec_net_pasta_interface(&q->spec.net), q->arena,
				   &own);
	host = is_alone ? "" : host_file(q, SPEC_RESOLV_CONF, SPEC_MAX_RESOLV_CONF);
	q->defaults.resolv_conf = spec_resolver_text(&q->spec, host, &own, q->arena);
	return 0;
}

static int build_files(struct request *q, struct err *err)
{
	int r = build_hosts(q, err);

	if (own_hostname(q))
		q->defaults.hostname_file =
			arena_printf(q->arena, "%s\n", own_hostname(q));
	return r < 0 ? r : build_resolv_conf(q, err);
}

static int check_contradictions(const struct request *q, struct err *err)
{
	const struct spec_userns *u = &q->spec.userns;
	const struct spec_user *user = &q->spec.process.user;

	if ((q->has_userns || u->mode != USERNS_EXPLICIT) && u->n_uids + u->n_gids > 0)
		return err_say(err, -EINVAL,
			       "--userns goes with neither --uidmap nor --gidmap");
	if (q->has_shm_size && q->spec.ns[NS_IPC].mode == NS_MODE_HOST)
		return err_say(
			err, -EINVAL,
			"--shm-size does not go with --ipc host: /dev/shm is the host's");
	if (q->want_replace && !q->spec.name) {
		err_say(err, -EINVAL, "--replace: no --name says which container");
		return err_hint(err, -EINVAL,
				"Give the name, too: --name NAME --replace");
	}
	if (user->keep_groups && user->groups.n > 0)
		return err_say(err, -EINVAL,
			       "--group-add keep-groups goes with no other group");
	return 0;
}

/* One container's: the namespaces of two have different owners, and nobody can enter both. What it
 * has made can be entered from its user namespace alone. */
static int read_joined(struct request *q, struct err *err)
{
	struct spec_namespace *ns = q->spec.ns, *user = &ns[NS_USER];
	const char *name = NULL;

	for (int i = 0; i < NS_COUNT; i++) {
		if (ns[i].mode != NS_MODE_CONTAINER)
			continue;
		if (name && strcmp(name, ns[i].path) != 0)
			return err_say(err, -EINVAL,
				       "container:%s and container:%s: the namespaces of "
				       "one container only can be joined",
				       name, ns[i].path);
		name = ns[i].path;
		ns[i].path = NULL;
	}
	if (!name)
		return 0;
	if (user->mode != NS_MODE_CONTAINER &&
	    (q->has_userns || q->spec.userns.mode != USERNS_DEFAULT)) {
		err_say(err, -EINVAL,
			"container:%s: its user namespace is joined as well, and goes "
			"with "
			"no other one",
			name);
		return err_hint(err, -EINVAL,
				"Leave --userns, --uidmap and --gidmap out");
	}
	if (q->spec.name && strcmp(q->spec.name, name) == 0)
		return err_say(err, -EINVAL,
			       "container:%s: that is this container itself", name);
	*user = (struct spec_namespace){.mode = NS_MODE_CONTAINER};
	q->spec.joined = name;
	return 0;
}

/* What is only for images would be ignored. */
static int check_no_registry(const struct request *q, struct err *err)
{
	const char *option = registry_first_option(&q->pull.registry);

	if (!option)
		option = registry_platform_option(&q->pull);
	if (!option)
		return 0;
	err_say(err, -EINVAL, "--%s is for images, and this is a folder", option);
	return err_hint(err, -EINVAL, "Leave it out, or name an image");
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
	q->is_network_auto = true;
	q->defaults.shm_size_bytes = DEFAULT_SHM_SIZE;
	q->defaults.want_read_only_tmpfs = true;
	r = options_read(q->is_create ? &create_table : &run_table, argc, argv, q, &next,
			 ret_help, err);
	if (r < 0 || *ret_help)
		return r;
	if (next >= argc) {
		err_say(err, -EINVAL, "no image");
		return err_hint(err, -EINVAL,
				"urun run IMAGE COMMAND, urun run host: COMMAND, or urun "
				"run --rootfs DIR COMMAND; see 'urun run --help'");
	}
	r = read_root(q, argv[next++], err);
	if (r == 0 && !q->image && q->has_rm && !q->want_rm)
		return err_say(err, -ENOTSUP,
			       "--rm=false: only containers of images are kept");
	if (r == 0 && q->is_create && (!q->image || q->want_rm))
		return err_say(err, -ENOTSUP,
			       "create%s: only containers of images are kept",
			       q->want_rm ? " --rm" : "");
	if (r == 0 && !q->image)
		r = check_no_registry(q, err);
	for (; next < argc; next++)
		strv_push(q->arena, &q->words, argv[next]);
	if (r == 0)
		r = check_contradictions(q, err);
	return r < 0 ? r : read_joined(q, err);
}

/* podman's: as much swap as memory, when nobody says otherwise. */
static void build_swap(struct spec_resources *r)
{
	if (r->memory <= 0 || r->memory_swap)
		return;
	r->memory_swap = spec_implied_swap(r->memory);
	r->is_swap_implied = true;
}

int request_build(struct request *q, struct err *err)
{
	int r = build_args(q, err);

	build_from_config(q);
	if (r == 0)
		r = network_build(q, err);
	if (r == 0)
		r = build_security(q, err);
	if (r == 0)
		r = build_sysctls(q, err);
	if (r == 0)
		r = build_files(q, err);
	if (r < 0)
		return r;
	if (q->spec.resources.cpu_period_us && !q->spec.resources.cpu_quota_us)
		return err_say(err, -EINVAL,
			       "--cpu-period: it is what --cpu-quota counts in, and goes "
			       "with that");
	build_swap(&q->spec.resources);
	build_env(q);
	defaults_apply(&q->spec, &q->defaults);
	return spec_validate(&q->spec, err);
}
