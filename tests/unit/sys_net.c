// SPDX-License-Identifier: Apache-2.0
/*
 * sys_net.c - tests of the interfaces of a network namespace
 */
#include "sys/net.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "support.h"
#include "sys/fd.h"

static bool is_up(int sock)
{
	struct ifreq req = {.ifr_name = "lo"};

	CHECK_INT(ioctl(sock, SIOCGIFFLAGS, &req), 0);
	return req.ifr_flags & IFF_UP;
}

static void child_loopback(void *data)
{
	struct sockaddr_in addr = {.sin_family = AF_INET,
				   .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(addr);
	_cleanup_fd_ int a = -EBADF, b = -EBADF;
	char c = 0;

	enter_userns(CLONE_NEWNET, 0);
	a = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	b = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (a < 0 || b < 0)
		skip_because("the kernel has no IPv4");
	CHECK(!is_up(a));
	CHECK_INT(net_loopback_up(), 0);
	CHECK(is_up(a));
	CHECK_INT(net_loopback_up(), 0);
	/* 127.0.0.1 is there, and what is sent to it comes */
	CHECK_INT(bind(a, (struct sockaddr *)&addr, sizeof(addr)), 0);
	CHECK_INT(getsockname(a, (struct sockaddr *)&addr, &len), 0);
	CHECK_INT(sendto(b, "x", 1, 0, (struct sockaddr *)&addr, sizeof(addr)), 1);
	CHECK_INT(recv(a, &c, 1, 0), 1);
	CHECK_INT(c, 'x');
}

static void test_loopback(void **state)
{
	in_child(child_loopback, NULL);
}

static void test_denied(void **state)
{
	if (geteuid() == 0)
		skip_because("root may change interfaces");
	CHECK_INT(net_loopback_up(), -EPERM);
}

/* The ways to the world are for a test with other hosts: here is none. */
static void child_addresses(void *data)
{
	_cleanup_arena_ struct arena a = {0};
	struct strv none = {0}, lo = {0};

	enter_userns(CLONE_NEWNET, 0);
	CHECK_INT(net_loopback_up(), 0);
	net_read_addresses(NULL, &a, &none);
	CHECK_INT(none.n, 0);
	net_read_addresses("eth77", &a, &none);
	CHECK_INT(none.n, 0);
	net_read_addresses("lo", &a, &lo);
	CHECK(lo.n == 1 || lo.n == 2);
	CHECK_STR(lo.v[0], "127.0.0.1");
	CHECK_STR(lo.v[lo.n - 1], lo.n == 2 ? "::1" : "127.0.0.1");
}

static void test_addresses(void **state)
{
	in_child(child_addresses, NULL);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {TEST(test_loopback), TEST(test_denied),
						  TEST(test_addresses)};

	return UNIT_RUN(tests);
}
