/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sockets.h - what an engine wants to be handed of a process that it has started
 */
#pragma once

#include "base/err.h"
#include "plan/plan.h"
#include "stage/stage.h"

/* Paths of stream sockets that somebody listens at, or NULL. */
struct sockets {
	const char *console; /* --console-socket: gets the master of the terminal */
	const char *pidfd;   /* --pidfd-socket */
};

/* Does the one for the terminal fit what is started? 0; -EINVAL with @err filled. */
int sockets_check(const struct sockets *s, const struct spec *spec, struct err *err);

/* Hands them over. @master is closed. 0 or a negative errno with @err filled. */
int sockets_give_console(const struct sockets *s, int master, struct err *err);
int sockets_give_pidfd(const struct sockets *s, const struct run *run, struct err *err);
