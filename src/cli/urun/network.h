/* SPDX-License-Identifier: Apache-2.0 */
/*
 * network.h - --network, --publish and what follows from them
 */
#pragma once

#include "cli/urun/request.h"
#include "sys/host.h"

/* Setters of the options. */
int network_set(void *target, const char *value, struct err *err);
int network_set_publish(void *target, const char *value, struct err *err);

/**
 * network_build() - choose the backend, and look the ports over
 * @q: all options are read; of an image, config is set
 *
 * Return: 0; -ENOENT with the mend where there is nothing to connect a network with; -EINVAL.
 */
int network_build(struct request *q, struct err *err);

/* What a container gets that names no network; NET_NONE when nothing is installed. Whether that can
 * be used is another question: @f->has_tun. */
enum net_backend network_default(const struct net_facts *f);

/* slirp4netns cannot do without a root in the id map: notes whether there is one. Before
 * request_build(). */
void network_look_at_map(struct request *q, const struct host *host);

/* Is anything asked for that takes what net_read_facts() finds? */
bool network_is_wanted(const struct request *q);
