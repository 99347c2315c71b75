// SPDX-License-Identifier: Apache-2.0
/*
 * net.c - see net.h
 */
#include "sys/net.h"

#include <net/if.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "sys/fd.h"

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
