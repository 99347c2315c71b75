/* SPDX-License-Identifier: Apache-2.0 */
/*
 * noted.h - what stands in the store of a container that runs, for the verbs that look for it
 *
 * All of it in the launcher, as the caller. What cannot be noted stops no container. Every @folder is
 * the container's in the store, borrowed, or -1 where it has none.
 */
#pragma once

#include "stage/stage.h"

/**
 * noted_network() - the names that who joins its network is to know, and the ports that it has
 * @run:    the payload runs; published ports have their numbers
 * @folder: see above
 * @note:   told of what could not be noted
 *
 * Before noted_process(): who finds the process finds these, too.
 */
void noted_network(const struct run *run, int folder, void (*note)(const char *text));

/* The first process. Last of all: whoever reads it takes the container for one that runs. */
void noted_process(const struct run *run, int folder, void (*note)(const char *text));

/* @text: what its resolv.conf says from now on. */
void noted_resolver(const struct run *run, int folder, const char *text);
