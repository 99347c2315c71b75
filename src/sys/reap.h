/* SPDX-License-Identifier: Apache-2.0 */
/*
 * reap.h - what a sandbox's PID 1 does beside its payload
 */
#pragma once

#include <sys/types.h>

#include "sys/channel.h"

struct reap {
	int channel;	    /* borrowed: to the launcher */
	int started;	    /* borrowed: ends when the payload is executed */
	int pidfd;	    /* borrowed: the payload's */
	pid_t payload;	    /* a child of this process */
	bool keeps_session; /* the terminal's signals reach the payload without help */
};

/**
 * reap_serve() - tell the launcher of the payload's start and end, and wait for all children
 *
 * Signals that come from outside are handed on. Runs without any rights; does not return: the exit code is the
 * payload's. With the payload's end nobody is left to be told.
 */
_noreturn_ void reap_serve(const struct reap *r);
