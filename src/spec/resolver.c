// SPDX-License-Identifier: Apache-2.0
/*
 * resolver.c - who answers a container's questions for names
 *
 * Source: resolv.conf(5).
 */
#include <string.h>
#include <strings.h>

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

/* Loopback, also in its other spellings, or no plain address: of one interface, for one. */
static bool is_of_the_host_alone(const char *address)
{
	return strncmp(address, "127.", 4) == 0 || strcmp(address, "0.0.0.0") == 0 ||
	       strcmp(address, "::1") == 0 || strcmp(address, "::") == 0 ||
	       strncasecmp(address, "::ffff:127.", 11) == 0 ||
	       (!parse_is_ip4(address) && !parse_is_ip6(address));
}

/* The backend's own stands for all that only the host can reach. */
static const char *servers_of_pasta(const struct spec *s, const char *host,
				    struct arena *a)
{
	char *copy = arena_strdup(a, host), *line;
	const char *text = "", *address;
	bool needs_own = strv_has(&s->net.words, "--map-gw");

	while (!needs_own && (line = strsep(&copy, "\n"))) {
		address = value_of(line, "nameserver");
		if (!address)
			continue;
		address = arena_strndup(a, address, strcspn(address, " \t"));
		if (is_of_the_host_alone(address))
			needs_own = true;
		else
			text = arena_printf(a, "%snameserver %s\n", text, address);
	}
	/* With one that is the host's alone, it is the first that counts: what the others know may
	 * be less. */
	return needs_own || !*text ? arena_printf(a, "nameserver %s\n",
						  spec_net_address(&s->net, NET_DNS, a))
				   : text;
}

static const char *servers(const struct spec *s, const char *host, struct arena *a)
{
	const char *text = "";

	for (size_t i = 0; i < s->resolver.servers.n; i++)
		text = arena_printf(a, "%snameserver %s\n", text,
				    s->resolver.servers.v[i]);
	if (s->resolver.servers.n > 0)
		return text;
	if (s->net.backend == NET_PASTA)
		return servers_of_pasta(s, host, a);
	return s->net.backend == NET_SLIRP4NETNS
		       ? arena_printf(a, "nameserver %s\n",
				      spec_net_address(&s->net, NET_DNS, a))
		       : lines_with(host, "nameserver", a);
}

/* "search a b"; "." alone: none. */
static const char *searches(const struct spec *s, const char *host, struct arena *a)
{
	const char *text = "";

	if (s->resolver.searches.n == 0)
		return lines_with(host, "search", a);
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

const char *spec_resolver_text(const struct spec *s, const char *host, struct arena *a)
{
	const struct spec_resolver *r = &s->resolver;
	bool is_asked = r->servers.n + r->searches.n + r->options.n > 0;

	if (!is_asked && s->net.backend == NET_NONE)
		return s->ns[NS_NET].mode == NS_MODE_PRIVATE
			       ? "# this container has no network\n"
			       : host;
	return arena_printf(a, "%s%s%s", servers(s, host, a), searches(s, host, a),
			    options(s, host, a));
}

bool spec_resolver_asks_backend(const struct spec *s, const char *text)
{
	_cleanup_arena_ struct arena a = {0};

	return strstr(text, arena_printf(&a, "nameserver %s\n",
					 spec_net_address(&s->net, NET_DNS, &a)));
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
