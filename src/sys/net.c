// SPDX-License-Identifier: Apache-2.0
/*
 * net.c - see net.h
 */
#include "sys/net.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "sys/fd.h"

/* Addresses of documents, RFC 5737 and 3849: nobody's, and so at the end of the way to the world. */
#define WORLD_IP4 "192.0.2.1"
#define WORLD_IP6 "2001:db8::1"

union address {
	struct sockaddr any;
	struct sockaddr_in in;
	struct sockaddr_in6 in6;
};

static socklen_t address_of(const char *ip, uint16_t port, union address *ret)
{
	*ret = (union address){0};
	if (ip && inet_pton(AF_INET, ip, &ret->in.sin_addr) == 1) {
		ret->in.sin_family = AF_INET;
		ret->in.sin_port = htons(port);
		return sizeof(ret->in);
	}
	ret->in6.sin6_family = AF_INET6;
	ret->in6.sin6_port = htons(port);
	if (ip && inet_pton(AF_INET6, ip, &ret->in6.sin6_addr) != 1)
		return 0;
	return sizeof(ret->in6);
}

static void print_address(const union address *a, char ret[INET6_ADDRSTRLEN])
{
	const void *at = a->any.sa_family == AF_INET ? (const void *)&a->in.sin_addr
						     : (const void *)&a->in6.sin6_addr;

	ret[0] = '\0';
	inet_ntop(a->any.sa_family, at, ret, INET6_ADDRSTRLEN);
}

/* The one that packets to there carry: connecting a datagram socket sends none. */
static void read_own_address(const char *to, char ret[INET6_ADDRSTRLEN])
{
	union address a;
	socklen_t len = address_of(to, 9, &a);
	_cleanup_fd_ int sock = socket(a.any.sa_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	ret[0] = '\0';
	if (sock < 0 || connect(sock, &a.any, len) < 0)
		return;
	len = sizeof(a);
	if (getsockname(sock, &a.any, &len) == 0)
		print_address(&a, ret);
}

/* Of an interface's addresses. Return: false for what is none of an IP. */
static bool print_one(const struct ifaddrs *i, char ret[INET6_ADDRSTRLEN])
{
	union address a;

	if (!i->ifa_addr ||
	    (i->ifa_addr->sa_family != AF_INET && i->ifa_addr->sa_family != AF_INET6))
		return false;
	memcpy(&a, i->ifa_addr,
	       i->ifa_addr->sa_family == AF_INET ? sizeof(a.in) : sizeof(a.in6));
	print_address(&a, ret);
	return true;
}

/* The name of the interface with that address; NULL: there is none. */
static const char *interface_of(const struct ifaddrs *all, const char *address)
{
	char one[INET6_ADDRSTRLEN];

	for (; all; all = all->ifa_next)
		if (print_one(all, one) && strcmp(one, address) == 0)
			return all->ifa_name;
	return NULL;
}

static void add_addresses(const struct ifaddrs *all, const char *interface, int family,
			  struct arena *a, struct strv *ret)
{
	char one[INET6_ADDRSTRLEN];

	for (; interface && all; all = all->ifa_next)
		if (strcmp(all->ifa_name, interface) == 0 && print_one(all, one) &&
		    all->ifa_addr->sa_family == family)
			strv_pushf(a, ret, "%s", one);
}

void net_read_addresses(const char *interface, struct arena *a, struct strv *ret)
{
	char ip4[INET6_ADDRSTRLEN], ip6[INET6_ADDRSTRLEN];
	struct ifaddrs *all;

	if (getifaddrs(&all) < 0)
		return;
	read_own_address(WORLD_IP4, ip4);
	read_own_address(WORLD_IP6, ip6);
	add_addresses(all, interface ? interface : interface_of(all, ip4), AF_INET, a,
		      ret);
	add_addresses(all, interface ? interface : interface_of(all, ip6), AF_INET6, a,
		      ret);
	freeifaddrs(all);
}

void net_read_facts(struct net_facts *ret)
{
	ret->has_slirp4netns = access(SLIRP4NETNS_PATH, X_OK) == 0;
	ret->has_pasta = access(PASTA_PATH, X_OK) == 0;
	read_own_address(WORLD_IP4, ret->host_ip);
	ret->has_tun = access("/dev/net/tun", R_OK | W_OK) == 0;
}

int net_skip_dad(void)
{
	int r = fd_write_file(AT_FDCWD, "/proc/sys/net/ipv6/conf/default/accept_dad",
			      "0");

	return r == -ENOENT ? 0 : r;
}

int net_loopback_up(void)
{
	_cleanup_fd_ int sock = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct ifreq req = {.ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING};

	/* A kernel without IPv4 has another family to ask through. */
	if (sock < 0 && errno == EAFNOSUPPORT)
		sock = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (sock < 0)
		return -errno;
	return ioctl(sock, SIOCSIFFLAGS, &req) < 0 ? -errno : 0;
}

#define BACKLOG 1024

static int bind_to(const union address *a, socklen_t len, bool is_udp, bool is_dual)
{
	int type = (is_udp ? SOCK_DGRAM : SOCK_STREAM) | SOCK_CLOEXEC | SOCK_NONBLOCK;
	_cleanup_fd_ int fd = socket(a->any.sa_family, type, 0);

	if (fd < 0)
		return -errno;
	if (!is_udp)
		(void)!setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &(int){1}, sizeof(int));
	if (a->any.sa_family == AF_INET6 &&
	    setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &(int){!is_dual}, sizeof(int)) < 0)
		return -errno;
	if (bind(fd, &a->any, len) < 0 || (!is_udp && listen(fd, BACKLOG) < 0))
		return -errno;
	return fd_take(&fd);
}

/* Every address: both families by one socket, IPv4 alone where the kernel has no other. */
int net_bind(const char *ip, uint16_t port, bool is_udp, uint16_t *ret_port)
{
	union address a;
	socklen_t len = address_of(ip, port, &a);
	int fd = len == 0 ? -EINVAL : bind_to(&a, len, is_udp, !ip), r;

	if (!ip && (fd == -EAFNOSUPPORT || fd == -EADDRNOTAVAIL)) {
		len = address_of("0.0.0.0", port, &a);
		fd = bind_to(&a, len, is_udp, false);
	}
	if (fd < 0)
		return fd;
	len = sizeof(a);
	if (getsockname(fd, &a.any, &len) < 0) {
		r = -errno;
		close(fd);
		return r;
	}
	*ret_port = ntohs(a.any.sa_family == AF_INET ? a.in.sin_port : a.in6.sin6_port);
	return fd;
}
