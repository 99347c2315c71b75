// SPDX-License-Identifier: Apache-2.0
/*
 * oci_read_network.c - "network" and "resolver" below "org.urun"
 *
 * Who connects the network namespace, and who resolves names.
 */
#include <stddef.h>
#include <string.h>

#include "base/parse.h"
#include "spec/oci_parts.h"
#include "spec/words.h"

#define MAX_WORDS 256

static int read_protocol(struct oci *o, const struct json_at *at, struct spec_port *p)
{
	static const char *const protocols[] = {"tcp", "udp", NULL};
	int which = 0, r = oci_read_word(o, at, protocols, &which);

	p->is_udp = which == 1;
	return r;
}

static int read_port(struct oci *o, const struct json_at *at)
{
	struct spec_port *p = ARR_PUSH(o->spec->arena, &o->spec->net, ports);
	struct numbers {
		uint32_t host_port, port, count;
	} n = {0};
	static const struct oci_field numbers[] = {
		{"hostPort", OCI_NUMBER, offsetof(struct numbers, host_port), 65535},
		{"port", OCI_NUMBER, offsetof(struct numbers, port), 65535},
		{"count", OCI_NUMBER, offsetof(struct numbers, count), 65535},
		{0},
	};
	static const struct oci_field texts[] = {
		{"hostIp", OCI_STRING, offsetof(struct spec_port, host_ip), 0},
		{0},
	};
	struct json_at protocol = json_key(at, "protocol"), port = json_key(at, "port"),
		       ip = json_key(at, "hostIp");
	int r;

	*p = (struct spec_port){0};
	r = oci_read_fields(o, at, numbers, &n);
	if (r == 0)
		r = oci_read_fields(o, at, texts, p);
	if (r == 0)
		r = read_protocol(o, &protocol, p);
	if (r < 0)
		return r;
	if (p->host_ip && !parse_is_ip4(p->host_ip) && !parse_is_ip6(p->host_ip))
		return json_invalid(&ip, o->err, "no IP address");
	if (n.port == 0 || n.count == 0 || n.port + n.count > 65536 ||
	    n.host_port + n.count > 65536)
		return json_invalid(&port, o->err, "no range of ports");
	p->host_port = (uint16_t)n.host_port;
	p->port = (uint16_t)n.port;
	p->count = (uint16_t)n.count;
	return 0;
}

static int check_subnet(struct oci *o, const struct json_at *at)
{
	const struct spec_net *n = &o->spec->net;

	if (n->prefix_len < 1 || n->prefix_len > 25 ||
	    n->subnet & ~(~0u << (32 - n->prefix_len)))
		return json_invalid(at, o->err, "no subnet of 1 to 25 bits");
	return 0;
}

/* What the command line refuses is refused here as well. */
static int check_values(struct oci *o, const struct json_at *at)
{
	const struct spec_net *n = &o->spec->net;
	struct json_at mtu = json_key(at, "mtu"), v4 = json_key(at, "outboundAddress"),
		       v6 = json_key(at, "outboundAddress6"),
		       words = json_key(at, "options");
	const char *why;

	if (n->mtu < NET_MIN_MTU && json_is_present(&mtu))
		return json_invalid(&mtu, o->err, "below %d", NET_MIN_MTU);
	if (n->outbound_addr && !spec_net_is_outbound(n->outbound_addr, false))
		return json_invalid(&v4, o->err, "no address and no interface");
	if (n->outbound_addr6 && !spec_net_is_outbound(n->outbound_addr6, true))
		return json_invalid(&v6, o->err, "no address and no interface");
	for (size_t i = 0; i < n->words.n; i++)
		if ((why = spec_net_refuse_pasta_word(n->words.v[i])))
			return json_invalid(&words, o->err, "'%s': %s", n->words.v[i],
					    why);
	return 0;
}

static int check_sum(struct oci *o, const struct json_at *at)
{
	size_t sum = 0;

	for (size_t i = 0; i < o->spec->net.n_ports; i++)
		sum += o->spec->net.ports[i].count;
	return sum > SPEC_MAX_PORTS
		       ? json_invalid(at, o->err, "more than %d ports", SPEC_MAX_PORTS)
		       : 0;
}

int oci_read_network(struct oci *o)
{
	static const struct oci_field fields[] = {
		{"allowHostLoopback", OCI_BOOL,
		 offsetof(struct spec_net, allow_host_loopback), 0},
		{"ipv6", OCI_BOOL, offsetof(struct spec_net, want_ipv6), 0},
		{"mtu", OCI_NUMBER, offsetof(struct spec_net, mtu), NET_MAX_MTU},
		{"subnet", OCI_NUMBER, offsetof(struct spec_net, subnet), UINT32_MAX},
		{"prefixLength", OCI_NUMBER, offsetof(struct spec_net, prefix_len), 25},
		{"outboundAddress", OCI_STRING, offsetof(struct spec_net, outbound_addr),
		 0},
		{"outboundAddress6", OCI_STRING,
		 offsetof(struct spec_net, outbound_addr6), 0},
		{"options", OCI_STRINGS, offsetof(struct spec_net, words), MAX_WORDS},
		{0},
	};
	struct json_at at = json_key(&o->own, "network"),
		       backend = json_key(&at, "backend"), ports = json_key(&at, "ports"),
		       subnet = json_key(&at, "subnet");
	int which = NET_NONE, r = oci_read_word(o, &backend, words_network, &which);

	if (r < 0 || !json_is_present(&at))
		return r;
	o->spec->net.backend = (enum net_backend)which;
	r = oci_read_fields(o, &at, fields, &o->spec->net);
	if (r == 0)
		r = check_subnet(o, &subnet);
	if (r == 0)
		r = check_values(o, &at);
	if (r == 0)
		r = oci_read_each(o, &ports, SPEC_MAX_PORTS, read_port);
	return r < 0 ? r : check_sum(o, &ports);
}

static int check_words(struct oci *o, const struct json_at *at, const struct strv *words,
		       bool is_address)
{
	const char *why;

	for (size_t i = 0; i < words->n; i++)
		if ((why = spec_resolver_refuse_word(words->v[i], is_address)))
			return json_invalid(at, o->err, "'%s': %s", words->v[i], why);
	return 0;
}

int oci_read_resolver(struct oci *o)
{
	static const struct oci_field fields[] = {
		{"servers", OCI_STRINGS, offsetof(struct spec_resolver, servers),
		 MAX_WORDS},
		{"searches", OCI_STRINGS, offsetof(struct spec_resolver, searches),
		 MAX_WORDS},
		{"options", OCI_STRINGS, offsetof(struct spec_resolver, options),
		 MAX_WORDS},
		{0},
	};
	struct spec_resolver *v = &o->spec->resolver;
	struct json_at at = json_key(&o->own, "resolver"),
		       servers = json_key(&at, "servers"),
		       searches = json_key(&at, "searches"),
		       options = json_key(&at, "options");
	int r;

	if (!json_is_present(&at))
		return 0;
	v->is_followed = true;
	r = oci_read_fields(o, &at, fields, v);
	if (r == 0)
		r = check_words(o, &servers, &v->servers, true);
	if (r == 0)
		r = check_words(o, &searches, &v->searches, false);
	return r < 0 ? r : check_words(o, &options, &v->options, false);
}
