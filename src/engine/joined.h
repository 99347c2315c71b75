/* SPDX-License-Identifier: Apache-2.0 */
/*
 * joined.h - the namespaces of a container that another one joins
 */
#pragma once

#include "base/err.h"
#include "image/container.h"
#include "plan/plan.h"

struct joined {
	int fds[NS_COUNT]; /* namespaces, owned; -1: not joined, or the caller's own */
	int folder;	   /* of the container whose network is joined, owned; or -1 */
	int pidfd;	   /* of its first process, owned; -1: nothing is joined */
	/* What becomes of the spec's, by joined_apply(). */
	struct spec_namespace ns[NS_COUNT];
	struct spec_userns userns;
};

void joined_close(struct joined *j);
#define _cleanup_joined_ _cleanup_(joined_close)
#define JOINED_NONE       \
	((struct joined){ \
		.fds = {-1, -1, -1, -1, -1, -1, -1, -1}, .folder = -1, .pidfd = -1})

/**
 * joined_open() - find what a spec wants to join
 * @s:    the store that spec->joined is in
 * @host: for the map that a container has which asks for none
 * @spec: as it was asked for; its arena owns what is found. Nothing is done when it joins no
 *        container
 * @ret:  for joined_close(), when the container has been started
 *
 * The launcher, with the caller's rights. What is joined belongs to somebody hostile: what has left
 * the container's own user namespace is refused.
 * Return: 0 or a negative errno with @err filled.
 */
int joined_open(const struct store *s, const struct host *host, const struct spec *spec,
		struct joined *ret, struct err *err);

/* NS_MODE_CONTAINER becomes NS_MODE_PATH, or NS_MODE_HOST where the container shares a namespace with
 * the caller; and the spec learns what is known of the user namespace. */
void joined_apply(const struct joined *j, struct spec *spec);

/**
 * joined_finish() - last before the start: does the other container still run?
 *
 * The joined network's resolver, and its names behind the container's own, become the new one's.
 * @plan: its operations change: the texts of files of names, where the user asked for nothing else
 * @a:    owns the texts
 *
 * Return: 0 or a negative errno with @err filled.
 */
int joined_finish(const struct joined *j, const struct plan *plan, struct arena *a,
		  struct err *err);

/* The name by which the text of an operation is noted for who joins the network; else NULL. */
const char *joined_text_of(const struct fsop *op);
