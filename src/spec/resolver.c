// SPDX-License-Identifier: Apache-2.0
/*
 * resolver.c - who answers a container's questions for names
 *
 * Source: resolv.conf(5).
 */
#include <arpa/inet.h>
#include <string.h>

#include "base/parse.h"
#include "spec/spec.h"

/* What stands behind a key. Return: NULL when the line has another. */
static const char *value_of(const char *line, const char *key)
{
	size_t len = strcspn(line, " \t");

	if (len != strlen(key) || strncmp(line, key, len) != 0)
		return NULL;
	return line + len + strspn(line + len, " \t");
}

/* The host's lines with a key. */
static const char *lines_with(const char *host, const char *key, struct arena *a)
{
	char *copy = arena_strdup(a, host), *line;
	const char *text = "";

	while ((line = strsep(&copy, "\n")))
		if (value_of(line, key))
			text = arena_printf(a, "%s%s\n", text, line);
	return text;
}

/* An address in whatever spelling; one of IPv4 is among those of IPv6, RFC 4291. */
static bool read_address(const char *text, struct in6_addr *ret)
{
	*ret = (struct in6_addr){.s6_addr = {[10] = 0xff, [11] = 0xff}};
	return inet_pton(AF_INET, text, &ret->s6_addr[12]) == 1 ||
	       inet_pton(AF_INET6, text, ret) == 1;
}

static bool is_among(const struct in6_addr *address, const struct strv *v)
{
	struct in6_addr one;

	for (size_t i = 0; v && i < v->n; i++)
		if (read_address(v->v[i], &one) &&
		    memcmp(&one, address, sizeof(one)) == 0)
			return true;
	return false;
}

/* Loopback, or what the container has for its own, or no plain address: of one interface, for one. */
static bool is_of_the_host_alone(const char *text, const struct strv *own)
{
	struct in6_addr a;

	if (!read_address(text, &a))
		return true;
	if (IN6_IS_ADDR_V4MAPPED(&a))
		return a.s6_addr[12] == 127 ||
		       memcmp(&a.s6_addr[12], (uint8_t[4]){0}, 4) == 0 ||
		       is_among(&a, own);
	return IN6_IS_ADDR_LOOPBACK(&a) || IN6_IS_ADDR_UNSPECIFIED(&a) ||
	       is_among(&a, own);
}

/* The backend's own stands for all that only the host can reach: by IPv4 for those of IPv4, as pasta
 * knows the others by theirs alone. */
static const char *servers_of_pasta(const struct spec *s, const char *host,
				    const struct strv *own, struct arena *a)
{
	char *copy = arena_strdup(a, host), *line;
	const char *text = "", *backend = "", *address;
	bool wants_all = strv_has(&s->net.words, "--map-gw"), is_ip6,
	     lacks_ip4 = spec_net_pasta_lacks(&s->net, false);

	while ((line = strsep(&copy, "\n"))) {
		address = value_of(line, "nameserver");
		if (!address)
			continue;
		address = arena_strndup(a, address, strcspn(address, " \t"));
		is_ip6 = parse_is_ip6(address);
		if ((is_ip6 || parse_is_ip4(address)) &&
		    spec_net_pasta_lacks(&s->net, is_ip6))
			continue; /* no way leads there */
		is_ip6 |= lacks_ip4;
		if (!wants_all && !is_of_the_host_alone(address, own))
			text = arena_printf(a, "%snameserver %s\n", text, address);
		else if (!spec_resolver_asks_backend(s, backend, is_ip6))
			backend = arena_printf(a, "%snameserver %s\n", backend,
					       spec_resolver_backend(s, is_ip6, a));
	}
	/* With one that is the host's alone, it is the first that counts: what the others know may
	 * be less. */
	if (*backend)
		return backend;
	return *text ? text
		     : arena_printf(a, "nameserver %s\n",
				    spec_resolver_backend(s, lacks_ip4, a));
}

static const char *servers(const struct spec *s, const char *host, const struct strv *own,
			   struct arena *a)
{
	const char *text = "";

	for (size_t i = 0; i < s->resolver.servers.n; i++)
		text = arena_printf(a, "%snameserver %s\n", text,
				    s->resolver.servers.v[i]);
	if (s->resolver.servers.n > 0)
		return text;
	if (s->net.backend == NET_PASTA)
		return servers_of_pasta(s, host, own, a);
	return s->net.backend == NET_SLIRP4NETNS
		       ? arena_printf(a, "nameserver %s\n",
				      spec_resolver_backend(s, false, a))
		       : lines_with(host, "nameserver", a);
}

/* "domain" is the old word for a list of one; of both, the last line that says any
 * counts. */
static const char *searches_of_host(const char *host, struct arena *a)
{
	char *copy = arena_strdup(a, host), *line;
	const char *text = "", *value;

	while ((line = strsep(&copy, "\n"))) {
		if ((value = value_of(line, "search")) && *value)
			text = arena_printf(a, "%s\n", line);
		else if ((value = value_of(line, "domain")) && *value)
			text = arena_printf(a, "search %.*s\n",
					    (int)strcspn(value, " \t"), value);
	}
	return text;
}

/* "search a b"; "." alone: none. */
static const char *searches(const struct spec *s, const char *host, struct arena *a)
{
	const char *text = "";

	if (s->resolver.searches.n == 0)
		return searches_of_host(host, a);
	for (size_t i = 0; i < s->resolver.searches.n; i++)
		if (strcmp(s->resolver.searches.v[i], ".") != 0)
			text = arena_printf(a, "%s %s", text, s->resolver.searches.v[i]);
	return *text ? arena_printf(a, "search%s\n", text) : "";
}

static const char *options(const struct spec *s, const char *host, struct arena *a)
{
	const char *text = "";

	if (s->resolver.options.n == 0)
		return lines_with(host, "options", a);
	for (size_t i = 0; i < s->resolver.options.n; i++)
		text = arena_printf(a, "%soptions %s\n", text, s->resolver.options.v[i]);
	return text;
}

const char *spec_resolver_text(const struct spec *s, const char *host,
			       const struct strv *own, struct arena *a)
{
	const struct spec_resolver *r = &s->resolver;
	bool is_asked = r->servers.n + r->searches.n + r->options.n > 0;

	if (!is_asked && s->net.backend == NET_NONE)
		return s->ns[NS_NET].mode == NS_MODE_PRIVATE
			       ? "# this container has no network\n"
			       : host;
	return arena_printf(a, "%s%s%s", servers(s, host, own, a), searches(s, host, a),
			    options(s, host, a));
}

const char *spec_resolver_backend(const struct spec *s, bool is_ip6, struct arena *a)
{
	return is_ip6 ? NET_DNS_IP6 : spec_net_address(&s->net, NET_DNS, a);
}

bool spec_resolver_asks_backend(const struct spec *s, const char *text, bool is_ip6)
{
	_cleanup_arena_ struct arena a = {0};

	return strstr(text, arena_printf(&a, "nameserver %s\n",
					 spec_resolver_backend(s, is_ip6, &a)));
}

const char *spec_resolver_refuse_word(const char *word, bool is_address)
{
	if (!*word || strpbrk(word, " \t\n"))
		return "one word each";
	return is_address && !parse_is_ip4(word) && !parse_is_ip6(word) ? "no IP address"
									: NULL;
}

bool spec_resolver_is_for(const struct spec *s, const struct fsop *op)
{
	return s->resolver.is_followed && op->kind == FSOP_FILE &&
	       strcmp(op->dest, SPEC_RESOLV_CONF) == 0;
}

struct fsop *spec_resolver_op(const struct spec *s)
{
	for (size_t i = s->n_fsops; i-- > 0;)
		if (spec_resolver_is_for(s, &s->fsops[i]))
			return &s->fsops[i];
	return NULL;
}
