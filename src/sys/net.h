/* SPDX-License-Identifier: Apache-2.0 */
/*
 * net.h - interfaces of the network namespace that this process is in
 */
#pragma once

#include "base/err.h"

/**
 * net_loopback_up() - set "lo" up; the kernel gives it 127.0.0.1 and ::1
 *
 * Runs in the builder, with CAP_NET_ADMIN over its own network namespace.
 * Source: netdevice(7).
 * Return: 0 or a negative errno.
 */
int net_loopback_up(void);
