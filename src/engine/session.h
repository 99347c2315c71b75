/* SPDX-License-Identifier: Apache-2.0 */
/*
 * session.h - what the launcher knows of the container that it runs
 *
 * For run.c and the parts of it: steps.c (the builder's messages), terminal.c (the caller's terminal and
 * streams), forward.c (signals).
 */
#pragma once

#include <poll.h>

#include "engine/guard.h"
#include "engine/network.h"
#include "engine/relay.h"
#include "engine/resolver.h"
#include "engine/run.h"
#include "stage/stage.h"
#include "sys/signals.h"
#include "sys/tty.h"

#define IDLE_MS \
	1000 /* a payload that runs for longer is waited for by as little as can be */
#define MAX_FUSE 64 /* overlays that fuse-overlayfs serves for one container */

enum state {
	ST_SETUP,     /* the builder works */
	ST_EXECUTING, /* it is about to execute the payload: EOF means that it did */
	ST_RUNNING,
	ST_HELD, /* it waits for somebody else */
	ST_FAILED,
	ST_COUNT
};

struct session {
	struct run run;
	struct err *err;
	void (*note)(const char *text);
	enum state state;
	int signals; /* signalfd */
	struct signals_saved saved;
	int fuse[MAX_FUSE]; /* pidfds of the servers */
	size_t n_fuse;
	struct network network;
	int64_t network_deadline_ms; /* 0: it is up, or there is none */
	struct resolver resolver;
	struct guard guard;
	struct relay relay;
	int console;	      /* master of the container's pty, owned; or -1 */
	struct tty_state tty; /* the caller's terminal */
	int64_t deadline_ms;  /* of --timeout; 0: none */
	int64_t watch_at_ms; /* resolver_watch(); 0: it does, or there is nothing to follow */
	int folder;	     /* borrowed: the container's, or -1 */
	int emulated_signal; /* ended the payload in place of this signal */
	int code;
	const struct engine_events *events;
	void *data;
	pid_t first_pid;  /* is_exec: of the container */
	bool has_pidfile; /* written by on_ready() */
	bool is_shrunk;	  /* see IDLE_MS */
	bool is_held; /* the payload has ended, and its exit code is another's for now */
	bool has_ended_others;
	bool is_failing; /* the builder is to say why, and not to go on */
	bool is_over;
	bool is_left; /* is_over, and the container is not */
	bool has_code;
};

/* --- steps.c --- */

/* Sends a message to the builder; that it is gone is no failure: its reason, or the end, comes next. 0 or a
 * negative errno with s->err filled. */
int session_answer(struct session *s, enum msg msg);

/* Waits for one message of the builder, and acts on it. 0 or a negative errno with s->err filled. */
int session_take_step(struct session *s);

/* All that the builder has said by now. @ret_has_moved: was there any? The same. */
int session_catch_up(struct session *s, bool *ret_has_moved);

/* Does the builder of this plan ask for anything, or does anything begin with the payload, as what is
 * noted in the container's folder? Else it is enough to hear when something else happens: the channel keeps
 * what was said, and this process sleeps until the payload has ended. */
bool session_is_listened_to(const struct session *s);

/* --- terminal.c --- */

/* The caller's terminal is the container's from now on, when it is this job's turn. */
void session_use_terminal(struct session *s);

/* Stops this process as a shell expects it, and goes on when it is continued. */
void session_stop_self(struct session *s);

/* Connects the caller's streams with those of the payload. */
void session_start_relay(struct session *s);

/* The payload has its own copies of the standard streams and of what is preserved: who reads
 * its output must see the end when it closes them, and who writes its input must get
 * SIGPIPE. */
void session_let_go_of_stdio(struct session *s);

/* Reading a terminal from the background is no input: this process stops, as one that read would.
 * @fds: polled, @n of them. */
void session_check_input(struct session *s, const struct pollfd *fds, size_t n);

/* --- forward.c --- */

/* Acts on all signals that have come, or hands them on to the payload. */
void session_read_signals(struct session *s);
