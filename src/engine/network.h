/* SPDX-License-Identifier: Apache-2.0 */
/*
 * network.h - the programs that connect a container's network, for as long as it runs
 *
 * The backend of the plan, and urun-net where ports are published.
 */
#pragma once

#include <poll.h>

#include "stage/net.h"
#include "sys/signals.h"

#define NETWORK_MAX_SERVERS 2
#define NETWORK_MAX_POLLS   (3 * NETWORK_MAX_SERVERS)

struct network {
	struct net_server servers[NETWORK_MAX_SERVERS];
	struct network_words {
		char first[512], last[512]; /* of all that it said; may overlap */
	} said[NETWORK_MAX_SERVERS];
	size_t n;
	bool is_up;
};

/**
 * network_start() - start them; they go on while the builder works
 * @netns:  borrowed
 * @userns: borrowed; -1 where the container has none of its own
 *
 * Return: 0 or a negative errno with @err filled.
 */
int network_start(struct network *n, struct run *run, int netns, int userns,
		  struct err *err);

/* What they wait for. Return: how many were added to @fds, NETWORK_MAX_POLLS at most. */
size_t network_poll(const struct network *n, struct pollfd *fds);

/**
 * network_move() - take note of what happened to them
 * @fds:  as network_poll() left them, with results
 * @note: told of one that ended while the container goes on
 *
 * Return: 1 when all of them serve now; 0; a negative errno with @err filled when one ended before.
 */
int network_move(struct network *n, const struct pollfd *fds, size_t n_fds,
		 void (*note)(const char *text), struct arena *a, struct err *err);

/* They take too long: names the first that is not ready. Return: -ENETDOWN. */
int network_give_up(struct network *n, struct arena *a, struct err *err);

/* The container has ended: what it has sent to clients of published ports is handed on from now on, and
 * no more is taken. */
void network_end(struct network *n);

/**
 * network_drain() - wait until that has arrived, for three seconds at most
 * @signals: signalfd, borrowed: a signal that ends this program ends the waiting
 * @saved:   of signals_take(), borrowed
 */
void network_drain(struct network *n, int signals, const struct signals_saved *saved);

/* Ends them and waits for that. */
void network_stop(struct network *n);
