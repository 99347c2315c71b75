/* SPDX-License-Identifier: Apache-2.0 */
/*
 * resolver.h - the container's /etc/resolv.conf follows the host's, while it runs
 *
 * All of it in the launcher, as the caller.
 */
#pragma once

#include <poll.h>

#include "spec/spec.h"

#define RESOLVER_MAX_POLLS 1

struct resolver {
	int watch; /* owned: polls readable when the host's file may be another one; or -1 */
	int file;		      /* owned: the container's; or -1 */
	int writer;		      /* owned: pidfd of who writes @next there; or -1 */
	struct arena text, next_text; /* of the following */
	const char *said;	      /* what urun has written there */
	const char *next;
};

#define RESOLVER_NONE \
	((struct resolver){.watch = -EBADF, .file = -EBADF, .writer = -EBADF})

/**
 * resolver_text() - the container's resolv.conf, on the host as it is now
 * @spec: borrowed
 * @host: the content of the host's file
 *
 * Return: from @a; see spec_resolver_text().
 */
const char *resolver_text(const struct spec *spec, const char *host, struct arena *a);

/**
 * resolver_take() - have the container's file
 * @r:    RESOLVER_NONE until now
 * @spec: borrowed
 * @file: open for reading and writing; owned from now on
 */
void resolver_take(struct resolver *r, const struct spec *spec, int file);

/**
 * resolver_watch() - follow the host's file from now on
 * @r:    has the container's file
 * @spec: borrowed
 *
 * Not for containers that end at once: what watches takes the kernel ten milliseconds to give up.
 *
 * Return: 0; -EMFILE or -ENOSPC when the user watches as much as the host allows; another negative
 * errno: the container goes on with what is there.
 */
int resolver_watch(struct resolver *r, const struct spec *spec);

/* What it waits for. Return: how many were added to @fds, RESOLVER_MAX_POLLS at most. */
size_t resolver_poll(const struct resolver *r, struct pollfd *fds);

/**
 * resolver_move() - something has happened: write what the host's file says now
 * @r:    watches
 * @spec: borrowed
 *
 * What the container has written itself stays.
 *
 * Return: 1 when the container's file is another one now, or 0.
 */
int resolver_move(struct resolver *r, const struct spec *spec);

/* Gives up both descriptors of @r. */
void resolver_close(struct resolver *r);
