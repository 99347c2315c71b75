/* SPDX-License-Identifier: Apache-2.0 */
/*
 * net.h - interfaces of the network namespace that this process is in
 */
#pragma once

#include "base/arena.h"
#include "base/err.h"

#ifndef SLIRP4NETNS_PATH
#define SLIRP4NETNS_PATH "/usr/bin/slirp4netns"
#endif
#ifndef PASTA_PATH
#define PASTA_PATH "/usr/bin/pasta"
#endif

/* What a container's network can be connected with. */
struct net_facts {
	bool has_slirp4netns, has_pasta;
	bool has_tun;	  /* /dev/net/tun can be opened by this user */
	char host_ip[46]; /* where others reach this host; "": nowhere */
};
void net_read_facts(struct net_facts *ret);

/**
 * net_read_addresses() - the addresses of one interface, of both families
 * @interface: NULL: for each family the one that leads to the world
 * @a:         owns them
 * @ret:       numeric, added to
 *
 * What cannot be found out is left out. Source: getifaddrs(3).
 */
void net_read_addresses(const char *interface, struct arena *a, struct strv *ret);

/**
 * net_loopback_up() - set "lo" up; the kernel gives it 127.0.0.1 and ::1
 *
 * Runs in the builder, with CAP_NET_ADMIN over its own network namespace.
 * Source: netdevice(7).
 * Return: 0 or a negative errno.
 */
int net_loopback_up(void);

/* IPv6 addresses of interfaces that come later are good at once, and not after a second. Source:
 * the kernel's networking/ip-sysctl.rst, accept_dad. Return: 0, also where there is no IPv6. */
int net_skip_dad(void);

/**
 * net_bind() - take a port of this host
 * @ip:       numeric; NULL: every address, of both families where the kernel has them
 * @port:     0: any that is free
 * @ret_port: the one that it became
 *
 * Return: a non-blocking socket that listens, or one for datagrams, owned by the caller; or a
 * negative errno: -EADDRINUSE, -EACCES for a port that is root's, -EADDRNOTAVAIL.
 */
int net_bind(const char *ip, uint16_t port, bool is_udp, uint16_t *ret_port);
