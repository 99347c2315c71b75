// SPDX-License-Identifier: Apache-2.0
/*
 * slirp4netns.c - a TCP/IP stack of its own between the container and the host's sockets
 *
 * It runs as root of the container's user namespace, which its sandbox needs, in the host's network
 * and process namespaces: no process of the container sees it, but
 * with --pid host. Source: slirp4netns(1).
 */
#include <stdlib.h>
#include <string.h>

#include "stage/net.h"
#include "sys/mnt.h"
#include "sys/net.h"

/* Its sandbox has /etc and /run, and no other place that a link could lead to: there the file is
 * mounted over the link, in a mount namespace of its own. */
static int show_resolv_conf(void)
{
	return mnt_cover_link(SPEC_RESOLV_CONF);
}

static bool is_led_away(void)
{
	char *real = realpath(SPEC_RESOLV_CONF, NULL);
	bool is_away =
		real && strncmp(real, "/etc/", 5) != 0 && strncmp(real, "/run/", 5) != 0;

	free(real);
	return is_away;
}

static void add_options(struct strv *argv, const struct spec_net *n, struct arena *a)
{
	strv_pushf(a, argv, "--mtu=%u", n->mtu);
	strv_pushf(a, argv, "--cidr=%s/%u", spec_net_address(n, 0, a), n->prefix_len);
	if (!n->allow_host_loopback)
		strv_push(a, argv, "--disable-host-loopback");
	if (n->want_ipv6)
		strv_push(a, argv, "--enable-ipv6");
	if (n->outbound_addr)
		strv_pushf(a, argv, "--outbound-addr=%s", n->outbound_addr);
	if (n->outbound_addr6)
		strv_pushf(a, argv, "--outbound-addr6=%s", n->outbound_addr6);
}

static void describe(const struct run *run, const struct net_place *at,
		     struct net_command *c)
{
	static const char *const fixed[] = {
		"slirp4netns",	    "--configure",	 "--enable-sandbox",
		"--enable-seccomp", "--netns-type=path",
	};
	struct arena *a = run->arena;

	c->path = SLIRP4NETNS_PATH;
	c->is_inside = true;
	c->prepare = is_led_away() ? show_resolv_conf : NULL;
	for (size_t i = 0; i < ARRAY_SIZE(fixed); i++)
		strv_push(a, &c->argv, fixed[i]);
	add_options(&c->argv, &run->plan->spec->net, a);
	strv_pushf(a, &c->argv, "--ready-fd=%d", c->ready);
	strv_pushf(a, &c->argv, "--exit-fd=%d", c->hold);
	strv_pushf(a, &c->argv, "/proc/self/fd/%d", at->netns);
	strv_push(a, &c->argv, "tap0");
}

const struct net_program net_slirp4netns = {"slirp4netns", "slirp4netns", false,
					    describe};
