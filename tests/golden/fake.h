/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fake.h - a machine that is the same everywhere
 *
 * The linker puts fake.c in the place of the functions by which the command line asks
 * the machine (--wrap): /dev/vda and /dev/vdb are disks; /etc/hosts and /etc/resolv.conf are "etc-hosts" and
 * "etc-resolv.conf" of the current folder, any other absolute path does not exist, the
 * host's name is "fakehost", and its addresses are 198.51.100.5 and 2001:db8:5::5.
 */
#pragma once

#include "sys/host.h"
#include "sys/net.h"

/* What the container's id is in every case. */
#define FAKE_ID "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

struct fake {
	struct host host;
	struct net_facts net;
	struct strv env; /* the caller's environment */
};

/**
 * fake_init() - the host of a case that says nothing about it
 * @f: filled: user 'dev', 1000:1000, 65536 subordinate ids from 100000 on, newuidmap and
 *     newgidmap installed, nothing to connect a network with, a systemd that gives cpu, memory and pids, TERM, HOME and PATH in the environment
 * @a: borrowed
 */
void fake_init(struct fake *f, struct arena *a);

/**
 * fake_read() - change what a text names
 * @f:    fake_init() was called
 * @text: borrowed: lines of "KEY VALUE...". Keys: uid, gid, user, home, root, newuidmap,
 *        newgidmap, slirp4netns, pasta, tun (yes or no); ip (the host's address); subuid, subgid (START COUNT, or none); env (NAME=VALUE,
 *        or none); folder, link, file, cgroup, base, manager, kernel, systemd, rlimits (see fake.c).
 *        Lists begin empty with "none"
 * @err:  names the line
 *
 * Return: 0 or -EINVAL.
 */
int fake_read(struct fake *f, const char *text, struct arena *a, struct err *err);
