/* SPDX-License-Identifier: Apache-2.0 */
/*
 * forward.h - what the parts of urun-net share: one loop over epoll(7), one owner for each source
 */
#pragma once

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Whatever epoll can tell of begins with this. */
struct source {
	void (*handle)(struct source *s, uint32_t events);
};

/* One published port. */
struct port {
	struct source source;
	int fd; /* the host's socket */
	struct sockaddr_in to;
	/* Of tcp.c: it waits for a descriptor. */
	struct port *next_held;
	bool is_held;
};

extern int epoll_fd;

/* Where the port is inside: known at the first connection, where the address is not given. Return:
 * success, or errno says why not. */
bool port_address(struct port *p);

/* The edge of something that was not handled to its end comes once more. */
void watch_again(int fd, struct source *s, uint32_t events);

/* Edge-triggered, for reading and writing. Return: success. */
bool watch(int fd, struct source *s, uint32_t events);

/* The earlier of two times to wait, where -1 is never. */
int sooner(int a, int b);

/* Milliseconds of the monotonic clock. */
int64_t now_ms(void);

/* --- pipes.c: kernel buffers for splice(2), kept for the next who needs one --- */

#define PIPE_BYTES (512u * 1024)

struct pipe {
	int read, write;
};
#define NO_PIPE ((struct pipe){-1, -1})

bool pipe_take(struct pipe *ret);
/* An empty one, for the next who needs one. */
void pipe_give(struct pipe *p);
void pipe_close(struct pipe *p);
/* Those that are kept: for the sake of their descriptors. Return: were there any? */
bool pipes_close(void);

/* --- flow.c --- */

/* A socket of a connection. */
struct side {
	int fd;
	bool is_broken; /* by a reset, or an error */
};

/* Whatever closes it, this process's end as well, resets it; or not. */
void side_want_reset(int fd, bool is_wanted);

/* One direction. */
struct flow {
	struct side *from, *to; /* borrowed */
	struct pipe pipe;
	size_t held;   /* bytes in the pipe */
	bool is_ended; /* nothing more comes */
	bool is_shut;  /* and the other side knows */
};

#define FLOW(from, to) ((struct flow){(from), (to), NO_PIPE, 0, false, false})

/* Moves what can be moved; @f->from and @f->to may be broken after it. Return: there may be more. */
bool flow_move(struct flow *f);
/* Has all that came been given to the other side, and does nothing more come? */
bool flow_is_done(const struct flow *f);
/* Drops what it holds. */
void flow_close(struct flow *f);

/* --- tcp.c --- */

/* Return: success, or errno says why not. */
bool tcp_listen(struct port *p);
/* Forgets those that have ended: once the events that came together are handled. */
void tcp_sweep(void);
/* Does what it is time for: ports that had to stop accepting, resets that wait for their bytes.
 * Return: milliseconds until the next; -1: there is none. */
int tcp_due(void);
/* Goes on with those that had more to do than was fair. Return: are there any left? */
bool tcp_go_on(void);
/* Accepts no more. */
void tcp_stop(void);
/* Is there a client that has not got all that the container has sent? */
bool tcp_is_owed(void);

/* --- udp.c --- */

/* Return: success, or errno says why not. */
bool udp_serve(struct port *p);
/* Takes no more from outside; answers are still handed on. */
void udp_stop(void);
/* Forgets who was silent for long. Return: milliseconds until that is to be done next; -1: never. */
int udp_expire(void);
