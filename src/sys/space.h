/* SPDX-License-Identifier: Apache-2.0 */
/*
 * space.h - all processes of a namespace
 *
 * What knows a container's processes where they are in the pid namespace of others, and have no cgroup of
 * their own: each is in the container's user namespace or in one below, and none of them can leave it. Of a
 * container without one it is the mount namespace, which who may make another one leaves. Neither allocates
 * memory: a guard calls this.
 * Source: namespaces(7), user_namespaces(7), ioctl_nsfs(2).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/**
 * space_open() - hold the namespace that this process is in
 * @is_user: its user namespace; else its mount namespace
 *
 * While the descriptor is open, the namespace is nobody else's. Return: the descriptor, owned by the caller; or
 * a negative errno: the host's /proc has to be there.
 */
int space_open(bool is_user);

/**
 * space_end() - SIGKILL for all that are in a namespace, or below it
 * @space:   of space_open(), borrowed; nothing is done where it is the caller's own
 * @is_user: as it was opened
 * @spared:  pids that are not meant though they are there; @n_spared of them
 *
 * Until some rounds find none, for they may fork meanwhile, and who goes on from process to process may be missed
 * by one; but not for ever: who waits for hardware ends with that.
 * Runs as the caller's user, in the pid namespace that /proc is of; where it is another's, nothing is done. Not
 * found is who executes a program that nobody may read.
 */
void space_end(int space, bool is_user, const int *spared, size_t n_spared);
