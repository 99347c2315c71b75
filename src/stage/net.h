/* SPDX-License-Identifier: Apache-2.0 */
/*
 * net.h - who connects a container's network namespace: one program, one file for each kind
 *
 * A server runs beside the container, with the host's network in one hand and the container's in
 * the other. It is the launcher's child and ends with it.
 */
#pragma once

#include "stage/stage.h"

struct net_program;

/* A program that serves a container's network. */
struct net_server {
	const struct net_program *program;
	int pidfd;  /* owned, or -1 */
	int pid;    /* nobody else's as long as @pidfd was not waited for */
	int ready;  /* owned: a byte comes when it serves, the end when it does not */
	int hold;   /* owned: it ends when this is closed */
	int output; /* owned: what it says */
	int userns; /* owned: for it to open by this process's number, until it serves */
};

#define NET_SERVER_NONE \
	((struct net_server){NULL, -EBADF, 0, -EBADF, -EBADF, -EBADF, -EBADF})

/* The namespaces of a container, borrowed. */
struct net_place {
	int netns;
	int userns; /* that owns it; -1: the caller's own */
};

/* How a program is run. */
struct net_command {
	const char *path;
	struct strv argv;
	bool is_inside;	      /* as root of the container's user namespace */
	int (*prepare)(void); /* see struct spawn */
	int *keep; /* descriptors that it gets besides those of its command line */
	size_t n_keep;
	int in, out; /* standard input and output, borrowed; -1: none */
	/* Given: ends of its pipes, to say that it is ready, and that closes when it is to end. */
	int ready, hold;
};

struct net_program {
	const char *name;
	const char *package; /* NULL: a part of urun */
	bool wants_end; /* it has something to hand on when the container has ended */
	/* Fills @c but for what is given. */
	void (*describe)(const struct run *run, const struct net_place *at,
			 struct net_command *c);
};

extern const struct net_program net_slirp4netns, net_pasta, net_ports;

/* The one that a spec names. */
const struct net_program *net_program_of(const struct spec *spec);

/**
 * net_program_start() - launcher, ids are mapped: start it
 * @ret: for the caller to close, after a failure as well
 *
 * Return: 0 or a negative errno with @err filled.
 */
int net_program_start(const struct net_program *p, const struct run *run,
		      const struct net_place *at, struct net_server *ret,
		      struct err *err);
