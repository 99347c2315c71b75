// SPDX-License-Identifier: Apache-2.0
/*
 * network.c - see network.h
 *
 * Source: podman-run(1), --network and --publish; slirp4netns(1); passt(1).
 */
#include "cli/urun/network.h"

#include <arpa/inet.h>
#include <string.h>

#include "base/parse.h"
#include "plan/idmap.h"

#define DEFAULT_MTU	   65520 /* as much as one packet holds; the fastest */
#define MIN_PREFIX	   1
#define MAX_PREFIX	   25	       /* room for NET_GUEST, slirp4netns(1) */
#define DEFAULT_SUBNET	   0x0a000200u /* 10.0.2.0 */
#define DEFAULT_PREFIX_LEN 24

static struct request *of(void *target)
{
	return target;
}

/* --- slirp4netns's options --- */

static int set_subnet(struct spec_net *n, char *value)
{
	char *slash = strchr(value, '/');
	struct in_addr a;
	uint32_t len, mask;

	if (!slash)
		return -EINVAL;
	*slash = '\0';
	if (inet_pton(AF_INET, value, &a) != 1 || parse_u32(slash + 1, &len) < 0 ||
	    len < MIN_PREFIX || len > MAX_PREFIX)
		return -EINVAL;
	mask = ~0u << (32 - len);
	if (ntohl(a.s_addr) & ~mask)
		return -EINVAL;
	n->subnet = ntohl(a.s_addr);
	n->prefix_len = len;
	return 0;
}

static int set_mtu(struct spec_net *n, const char *value)
{
	return parse_u32(value, &n->mtu) < 0 || n->mtu < NET_MIN_MTU ||
			       n->mtu > NET_MAX_MTU
		       ? -EINVAL
		       : 0;
}

static int set_handler(const char *value)
{
	/* "rootlesskit" is podman's name for one that is faster than slirp4netns's own: that is
	 * urun's. */
	return strcmp(value, "rootlesskit") == 0 || strcmp(value, "urun") == 0 ? 0
									       : -EINVAL;
}

static int set_slirp_word(struct request *q, const char *key, const char *value)
{
	struct spec_net *n = &q->spec.net;

	if (strcmp(key, "allow_host_loopback") == 0)
		return parse_bool(value, &n->allow_host_loopback);
	if (strcmp(key, "enable_ipv6") == 0)
		return parse_bool(value, &n->want_ipv6);
	if (strcmp(key, "mtu") == 0)
		return set_mtu(n, value);
	if (strcmp(key, "cidr") == 0)
		return set_subnet(n, arena_strdup(q->arena, value));
	if (strcmp(key, "port_handler") == 0)
		return set_handler(value);
	if (strcmp(key, "outbound_addr") == 0) {
		n->outbound_addr = value;
		return spec_net_is_outbound(value, false) ? 0 : -EINVAL;
	}
	if (strcmp(key, "outbound_addr6") == 0) {
		n->outbound_addr6 = value;
		return spec_net_is_outbound(value, true) ? 0 : -EINVAL;
	}
	return -ENOENT;
}

static int set_slirp(struct request *q, const char *value, struct err *err)
{
	char *words = arena_strdup(q->arena, value), *word;

	q->spec.net.backend = NET_SLIRP4NETNS;
	while ((word = strsep(&words, ","))) {
		char *eq = strchr(word, '=');
		int r;

		if (!*word)
			continue;
		if (!eq)
			return err_say(err, -EINVAL, "'%s': expected OPTION=VALUE", word);
		*eq = '\0';
		r = set_slirp_word(q, word, eq + 1);
		if (r == -ENOENT) {
			err_say(err, -EINVAL, "'%s': slirp4netns has no such option",
				word);
			return err_hint(err, -EINVAL,
					"allow_host_loopback, cidr, enable_ipv6, mtu, "
					"outbound_addr, outbound_addr6, port_handler");
		}
		if (r < 0)
			return err_say(err, -EINVAL, "%s: '%s' is no value for it", word,
				       eq + 1);
	}
	return 0;
}

/* --- --network --- */

/* Its own options, as they are. */
static int set_pasta(struct request *q, const char *value, struct err *err)
{
	char *words = arena_strdup(q->arena, value), *word;

	q->spec.net.backend = NET_PASTA;
	while ((word = strsep(&words, ","))) {
		const char *why;

		if (!*word)
			continue;
		why = spec_net_refuse_pasta_word(word);
		if (why)
			return err_say(err, -EINVAL, "'%s': %s", word, why);
		strv_push(q->arena, &q->spec.net.words, word);
	}
	return 0;
}

int network_set(void *target, const char *value, struct err *err)
{
	struct request *q = of(target);
	size_t len = strcspn(value, ":");
	const char *rest = value[len] ? value + len + 1 : "";

	q->spec.net = (struct spec_net){.ports = q->spec.net.ports,
					.n_ports = q->spec.net.n_ports};
	q->spec.ns[NS_NET] = (struct spec_namespace){0};
	q->is_network_auto = false;
	if (strncmp(value, "slirp4netns", len) == 0 && len == strlen("slirp4netns"))
		return set_slirp(q, rest, err);
	if (strncmp(value, "pasta", len) == 0 && len == strlen("pasta"))
		return set_pasta(q, rest, err);
	/* podman's "private" is whatever is its default. */
	if (strcmp(value, "auto") == 0 || strcmp(value, "private") == 0) {
		q->is_network_auto = true;
		value = "private";
	} else if (strcmp(value, "none") == 0) {
		value = "private";
	} else if (strcmp(value, "host") != 0 && strncmp(value, "ns:", 3) != 0 &&
		   strncmp(value, "container:", 10) != 0) {
		err_say(err, -EINVAL, "'%s': no such network", value);
		return err_hint(err, -EINVAL,
				"auto, slirp4netns, pasta, none, host, ns:PATH and "
				"container:NAME are there");
	}
	return request_set_ns(q, NS_NET, value, err);
}

static const char *name_of(enum net_backend b)
{
	return b == NET_PASTA ? "pasta" : "slirp4netns";
}

static bool is_there(const struct request *q, enum net_backend b)
{
	return b == NET_PASTA ? q->net.has_pasta : q->net.has_slirp4netns;
}

/* Both make their interface by /dev/net/tun. */
static int why_not(const struct request *q, enum net_backend b, struct err *err)
{
	if (!q->net.has_tun) {
		err_say(err, -ENOENT, "network: /dev/net/tun cannot be opened");
		return err_hint(err, -ENOENT,
				"sudo modprobe tun, and sudo chmod 666 /dev/net/tun; or "
				"--network none, or --network host");
	}
	if (b == NET_NONE) {
		err_say(err, -ENOENT, "network: neither slirp4netns nor pasta is there");
		return err_hint(err, -ENOENT,
				"Install the package slirp4netns; or --network none, or "
				"--network host");
	}
	err_say(err, -ENOENT, "--network %s: it is not installed", name_of(b));
	return err_hint(err, -ENOENT, "Install the package %s; or --network none",
			b == NET_PASTA ? "passt" : "slirp4netns");
}

enum net_backend network_default(const struct net_facts *f)
{
	return f->has_slirp4netns ? NET_SLIRP4NETNS : f->has_pasta ? NET_PASTA : NET_NONE;
}

void network_look_at_map(struct request *q, const struct host *host)
{
	struct plan plan = {.spec = &q->spec, .host = host};

	/* It has a root for its devices, whom the command is not: build_own() in plan/idmap.c. */
	if (q->sandbox)
		return;
	/* A map that cannot be is refused later. */
	q->has_no_root = idmap_build(&plan, q->arena, NULL) == 0 &&
			 !(plan_has_uid(&plan, 0) && plan_has_gid(&plan, 0));
}

static int choose_backend(struct request *q, struct err *err)
{
	struct spec_net *n = &q->spec.net;

	if (q->is_network_auto)
		n->backend = q->has_no_root && q->net.has_pasta
				     ? NET_PASTA
				     : network_default(&q->net);
	else if (n->backend == NET_NONE)
		return 0;
	if (q->has_no_root && n->backend == NET_SLIRP4NETNS) {
		err_say(err, -EINVAL,
			"network: slirp4netns needs the ids 0 in the container's id "
			"maps, "
			"which leave them out");
		return err_hint(err, -EINVAL,
				"Install the package passt, for --network pasta; or "
				"--network none, or --network host");
	}
	return n->backend != NET_NONE && is_there(q, n->backend) && q->net.has_tun
		       ? 0
		       : why_not(q, n->backend, err);
}

/* --- ports --- */

static int parse_port(const char *text, uint16_t *ret)
{
	uint32_t v;

	if (parse_u32(text, &v) < 0 || v < 1 || v > 65535)
		return -EINVAL;
	*ret = (uint16_t)v;
	return 0;
}

/* "80" or "80-89". */
static int parse_range(char *text, uint16_t *ret_first, uint16_t *ret_count)
{
	char *dash = strchr(text, '-');
	uint16_t last;

	if (dash)
		*dash = '\0';
	if (parse_port(text, ret_first) < 0 ||
	    parse_port(dash ? dash + 1 : text, &last) < 0 || last < *ret_first)
		return -EINVAL;
	*ret_count = (uint16_t)(last - *ret_first + 1);
	return 0;
}

/* Cuts "IP:" off, "[IP6]:" too. Return: the rest. */
static char *take_ip(char *text, const char **ret_ip)
{
	char *end;

	if (text[0] == '[') {
		end = strstr(text, "]:");
		if (!end)
			return text;
		*ret_ip = text + 1;
		*end = '\0';
		return end + 2;
	}
	end = strchr(text, ':');
	if (!end || !strchr(end + 1, ':'))
		return text;
	*ret_ip = text;
	*end = '\0';
	return end + 1;
}

static int parse_publish(char *text, struct spec_port *ret)
{
	char *slash = strrchr(text, '/'), *colon;
	uint16_t count = 0;

	if (slash) {
		*slash = '\0';
		ret->is_udp = strcmp(slash + 1, "udp") == 0;
		if (!ret->is_udp && strcmp(slash + 1, "tcp") != 0)
			return -EPROTONOSUPPORT;
	}
	text = take_ip(text, &ret->host_ip);
	if (ret->host_ip && !parse_is_ip4(ret->host_ip) && !parse_is_ip6(ret->host_ip))
		return -EADDRNOTAVAIL;
	colon = strchr(text, ':');
	if (colon)
		*colon++ = '\0';
	if (parse_range(colon ? colon : text, &ret->port, &ret->count) < 0)
		return -EINVAL;
	if (!colon || !*text)
		return 0; /* any that are free */
	if (parse_range(text, &ret->host_port, &count) < 0)
		return -EINVAL;
	return count == ret->count ? 0 : -ERANGE;
}

int network_set_publish(void *target, const char *value, struct err *err)
{
	struct request *q = of(target);
	struct spec_port port = {0};
	int r = parse_publish(arena_strdup(q->arena, value), &port);

	if (r == -EPROTONOSUPPORT)
		return err_say(err, -EINVAL, "'%s': the protocol is tcp or udp", value);
	if (r == -EADDRNOTAVAIL)
		return err_say(err, -EINVAL, "'%s': '%s' is no IP address", value,
			       port.host_ip);
	if (r == -ERANGE)
		return err_say(err, -EINVAL,
			       "'%s': as many ports of the host as of the container",
			       value);
	if (r < 0)
		return err_say(
			err, -EINVAL,
			"'%s': expected [[IP:][HOSTPORT]:]PORT[/tcp|/udp]; ports are "
			"1 to 65535, a range is FIRST-LAST",
			value);
	*ARR_PUSH(q->arena, &q->spec.net, ports) = port;
	return 0;
}

static bool is_published(const struct spec_net *n, const struct spec_port *p)
{
	for (size_t i = 0; i < n->n_ports; i++)
		if (n->ports[i].is_udp == p->is_udp && n->ports[i].port <= p->port &&
		    p->port < n->ports[i].port + n->ports[i].count)
			return true;
	return false;
}

static bool is_sctp(const char *text, struct arena *a)
{
	size_t len = strlen(text), tail = strlen("/sctp");
	uint16_t first, count;

	return len > tail && strcmp(text + len - tail, "/sctp") == 0 &&
	       parse_range(arena_strndup(a, text, len - tail), &first, &count) == 0;
}

/* --publish-all: those of the image that --publish does not name. */
static int add_exposed(struct request *q, struct err *err)
{
	size_t n = q->want_all_ports && q->config ? q->config->exposed_ports.n : 0;

	for (size_t i = 0; i < n; i++) {
		const char *text = q->config->exposed_ports.v[i];
		struct spec_port port = {0};

		if (is_sctp(text, q->arena)) {
			strv_pushf(
				q->arena, &q->notes,
				"--publish-all: the image's port %s is left out: tcp and "
				"udp can be published",
				text);
			continue;
		}
		if (strchr(text, ':') ||
		    parse_publish(arena_strdup(q->arena, text), &port) < 0)
			return err_say(err, -EINVAL,
				       "--publish-all: the image's port '%s' is none",
				       text);
		if (!is_published(&q->spec.net, &port))
			*ARR_PUSH(q->arena, &q->spec.net, ports) = port;
	}
	return 0;
}

static int check_ports(struct request *q, struct err *err)
{
	struct spec_net *n = &q->spec.net;
	size_t sum = 0;

	for (size_t i = 0; i < n->n_ports; i++)
		sum += n->ports[i].count;
	if (sum > SPEC_MAX_PORTS)
		return err_say(err, -EINVAL, "--publish: more than %d ports",
			       SPEC_MAX_PORTS);
	if (sum == 0)
		return 0;
	if (q->spec.ns[NS_NET].mode == NS_MODE_HOST) {
		strv_push(q->arena, &q->notes,
			  "--publish has nothing to do: with --network host the "
			  "container's ports are the host's");
		n->n_ports = 0;
		return 0;
	}
	if (q->spec.ns[NS_NET].mode != NS_MODE_PRIVATE)
		return err_say(
			err, -EINVAL,
			"--publish: the ports of a joined network are published by "
			"whoever made it");
	if (n->backend == NET_NONE) {
		err_say(err, -EINVAL,
			"--publish: with --network none there is nothing "
			"to connect to");
		return err_hint(err, -EINVAL,
				q->sandbox ? "Connect it, by --network"
					   : "--network slirp4netns, or leave it out");
	}
	return 0;
}

int network_build(struct request *q, struct err *err)
{
	struct spec_net *n = &q->spec.net;
	int r = add_exposed(q, err);

	if (r == 0 && q->spec.ns[NS_NET].mode == NS_MODE_PRIVATE)
		r = choose_backend(q, err);
	if (r == 0)
		r = check_ports(q, err);
	if (r < 0 || n->backend == NET_NONE)
		return r;
	if (!n->mtu)
		n->mtu = DEFAULT_MTU;
	if (!n->prefix_len) {
		n->subnet = DEFAULT_SUBNET;
		n->prefix_len = DEFAULT_PREFIX_LEN;
	}
	return 0;
}

bool network_is_wanted(const struct request *q)
{
	return q->spec.ns[NS_NET].mode == NS_MODE_PRIVATE &&
	       (q->is_network_auto || q->spec.net.backend != NET_NONE);
}
