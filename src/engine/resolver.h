/* SPDX-License-Identifier: Apache-2.0 */
/*
 * resolver.h - the container's /etc/resolv.conf follows the host's, while it runs
 */
#pragma once

#include "spec/spec.h"

struct resolver {
	int watch; /* owned: polls readable when the host's file may be another one; or -1 */
	int file;	   /* owned: the container's; or -1 */
	struct arena text; /* of @said */
	const char *said;  /* what urun has written there */
};

#define RESOLVER_NONE ((struct resolver){.watch = -EBADF, .file = -EBADF})

/* Takes the container's file, open for reading and writing, and owns it from now on. */
void resolver_take(struct resolver *r, const struct spec *spec, int file);

/**
 * resolver_watch() - follow the host's file from now on
 *
 * Not for containers that end at once: what watches takes the kernel ten milliseconds to give up.
 *
 * Return: 0; -EMFILE when the user watches as much as the host allows; another negative errno. The
 * container goes on with what is there.
 */
int resolver_watch(struct resolver *r, const struct spec *spec);

/* Something has happened: writes what the host's file says now. What the container has written
 * itself stays. */
void resolver_move(struct resolver *r, const struct spec *spec);

void resolver_close(struct resolver *r);
