/* SPDX-License-Identifier: Apache-2.0 */
/*
 * signals.h - signals as events: blocked, and read from a descriptor
 */
#pragma once

#include <signal.h>

#include "base/err.h"

struct signals_saved {
	sigset_t mask;
	/* SIGNALS_BIT() of those that the caller of this program had set to be ignored, and of
	 * SIGXFSZ */
	uint64_t ignored;
};

struct signals_info {
	int signo;
	bool is_from_kernel; /* not sent by a process */
};

/* What a signal does to a process that has no handler for it, signal(7). */
enum signals_default {
	SIGNALS_TERMINATE,
	SIGNALS_IGNORE,
	SIGNALS_STOP,
	SIGNALS_CONTINUE,
};

#define SIGNALS_BIT(signo) (1ULL << ((signo)-1))

/* Default dispositions for all signals and an empty mask: for a child before exec, which does
 * away with handlers by itself. Once signals_take() was called, for those that it found
 * ignored: no signal may be set so after it. */
void signals_reset(void);

/* A file that may not grow is an error to be told, not a signal to die by. */
void signals_ignore_file_limit(void);

/* Blocks all signals; @ret_fd, close-on-exec, reads them. SIGCHLD gets its default: where it
 * is ignored, the kernel reaps children before anybody can ask. 0 or a negative errno. */
int signals_take(struct signals_saved *saved, int *ret_fd);
void signals_give_back(const struct signals_saved *saved);

/* Return: 1 with the next signal, 0 when there is none, or a negative errno. */
int signals_read(int fd, struct signals_info *ret);

/* The same, and waits for one. */
int signals_wait(int fd, struct signals_info *ret);

enum signals_default signals_default(int signo);

/* Is it for this program? Not what nohup(1) ignores, nor what a terminal sends to a job that a shell
 * has put into the background; a kill(1) is meant. */
bool signals_is_meant(const struct signals_info *info, const struct signals_saved *saved);

/**
 * signals_take_ending() - take what has come: does any of it end this program?
 * @fd:    of signals_take(), borrowed
 * @saved: likewise
 *
 * What is not meant does not, nor does the SIGPIPE of a write of its own.
 */
bool signals_take_ending(int fd, const struct signals_saved *saved);

/* Has a signal come, not read yet, that ends a process? */
bool signals_has_ending(void);

/* A descriptor, owned by the caller, that polls readable once one of those has come; reading it is not what it
 * is for. Not for a SIGHUP that nohup(1) has set to be ignored. Or a negative errno. */
int signals_open_ending(void);

/* Stops this process until somebody continues it. */
void signals_stop_self(void);
