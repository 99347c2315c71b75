// SPDX-License-Identifier: Apache-2.0
/*
 * tcp.c - connections to a published port, handed on to the container
 *
 * Each side's end and each side's reset reach the other, behind all that the side has sent before.
 * With no descriptor left for sockets clients wait where the kernel keeps them, until a connection
 * ends.
 */
#include <errno.h>
#include <linux/sockios.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net/forward.h"

#define RETRY_MS      200 /* for ports that could not accept */
#define LINGER_MIN_MS 20 /* until bytes have been acknowledged; each time twice as long */
#define LINGER_MAX_MS 1000

struct connection;

/* What epoll tells of: one of the two sockets. */
struct end {
	struct source source;
	struct connection *connection;
	struct side side;
};

enum list {
	IDLE,	   /* an event is to come */
	WAITING,   /* had more to do than was fair */
	LINGERING, /* a reset that has to wait for the bytes before it */
	ENDED,	   /* and told of perhaps once more by the events that came together */
	N_LISTS,
};

struct connection {
	struct end ends[2]; /* the client's, the container's */
	struct flow flows[2];
	bool is_connected;
	int64_t due_ms; /* LINGERING */
	int linger_ms;
	enum list list;
	struct connection *next, *previous;
};

static struct connection *lists[N_LISTS];
/* Ports that could accept no more: file descriptors were used up. */
static struct port *held_back;
static int64_t retry_at_ms;
static bool is_stopped;
/* The container's side of the next connection. */
static int next_guest = -1;

static void link_to(struct connection *c, enum list list)
{
	c->list = list;
	c->previous = NULL;
	c->next = lists[list];
	if (c->next)
		c->next->previous = c;
	lists[list] = c;
}

static void move_to(struct connection *c, enum list list)
{
	if (c->list == list)
		return;
	if (c->next)
		c->next->previous = c->previous;
	if (c->previous)
		c->previous->next = c->next;
	else
		lists[c->list] = c->next;
	link_to(c, list);
}

static void accept_some(struct source *s, uint32_t events);

/* There is room again for those that had to wait. */
static void release_ports(void)
{
	struct port *p = held_back, *next;

	held_back = NULL;
	for (; p; p = next) {
		next = p->next_held;
		p->is_held = false;
		accept_some(&p->source, EPOLLIN);
	}
}

static void close_socket(int fd, bool is_reset)
{
	if (is_reset)
		side_want_reset(fd, true);
	close(fd);
}

static void end_connection(struct connection *c, bool is_reset)
{
	for (size_t i = 0; i < 2; i++) {
		flow_close(&c->flows[i]);
		close_socket(c->ends[i].side.fd, is_reset);
	}
	move_to(c, ENDED);
}

void tcp_sweep(void)
{
	struct connection *c = lists[ENDED], *next;
	bool has_room = c != NULL;

	lists[ENDED] = NULL;
	for (; c; c = next) {
		next = c->next;
		free(c);
	}
	if (has_room)
		release_ports();
}

static bool is_acknowledged(int fd)
{
	int left = 0;

	return ioctl(fd, SIOCOUTQ, &left) < 0 || left == 0;
}

/* One side is gone. What it has sent before is for the other, who learns of the reset when that
 * has arrived: the kernel forgets what is not acknowledged when it sends a reset. */
static void break_off(struct connection *c, size_t broken)
{
	int other = c->ends[!broken].side.fd;

	if (!flow_is_done(&c->flows[broken])) {
		move_to(c, IDLE);
	} else if (is_acknowledged(other)) {
		end_connection(c, true);
	} else if (c->list != LINGERING || now_ms() >= c->due_ms) {
		c->linger_ms = c->linger_ms ? 2 * c->linger_ms : LINGER_MIN_MS;
		if (c->linger_ms > LINGER_MAX_MS)
			c->linger_ms = LINGER_MAX_MS;
		c->due_ms = now_ms() + c->linger_ms;
		move_to(c, LINGERING);
	}
}

static void go_on(struct connection *c)
{
	const struct side *client = &c->ends[0].side, *guest = &c->ends[1].side;
	bool was_broken = client->is_broken || guest->is_broken;
	bool is_more = flow_move(&c->flows[0]), is_broken;

	is_more |= flow_move(&c->flows[1]);
	is_broken = client->is_broken || guest->is_broken;
	if (client->is_broken && guest->is_broken)
		end_connection(c, true);
	else if (is_more || is_broken != was_broken)
		move_to(c, WAITING);
	else if (is_broken)
		break_off(c, client->is_broken ? 0 : 1);
	else if (c->flows[0].is_shut && c->flows[1].is_shut)
		end_connection(c, false);
	else
		move_to(c, IDLE);
}

/* The client's bytes wait until the container has answered. Return: it has. */
static bool has_answered(struct connection *c, const struct end *e, uint32_t events)
{
	const uint32_t failure = EPOLLERR | EPOLLHUP;
	bool is_client = e == &c->ends[0];
	socklen_t len = sizeof(int);
	int why = 0;

	if (!(events & (is_client ? failure : failure | EPOLLOUT)))
		return false;
	(void)!getsockopt(e->side.fd, SOL_SOCKET, SO_ERROR, &why, &len);
	if (is_client || why) {
		end_connection(c, true);
		return false;
	}
	return true;
}

static void handle(struct source *s, uint32_t events)
{
	struct end *e = (struct end *)s;
	struct connection *c = e->connection;

	if (c->list == ENDED)
		return;
	if (!c->is_connected && !has_answered(c, e, events))
		return;
	c->is_connected = true;
	/* Also one that neither direction runs into, as one has ended and the other waits. */
	if (events & EPOLLERR)
		e->side.is_broken = true;
	go_on(c);
}

static void begin(struct port *p, int client)
{
	struct connection *c = calloc(1, sizeof(*c));
	int guest = next_guest;

	if (!c || !port_address(p)) {
		close_socket(client, true);
		free(c);
		return;
	}
	next_guest = -1;
	/* A client that is gone without a word would be kept for ever. */
	(void)!setsockopt(client, SOL_SOCKET, SO_KEEPALIVE, &(int){1}, sizeof(int));
	link_to(c, IDLE);
	c->ends[0] = (struct end){{handle}, c, {client, false}};
	c->ends[1] = (struct end){{handle}, c, {guest, false}};
	for (size_t i = 0; i < 2; i++) {
		c->flows[i] = FLOW(&c->ends[i].side, &c->ends[!i].side);
		(void)!setsockopt(c->ends[i].side.fd, IPPROTO_TCP, 1 /* TCP_NODELAY */,
				  &(int){1}, sizeof(int));
		/* Until its other side has ended, an end would be taken for that one's. */
		side_want_reset(c->ends[i].side.fd, true);
	}
	if ((connect(guest, (struct sockaddr *)&p->to, sizeof(p->to)) < 0 &&
	     errno != EINPROGRESS) ||
	    !watch(client, &c->ends[0].source, EPOLLIN | EPOLLOUT | EPOLLRDHUP) ||
	    !watch(guest, &c->ends[1].source, EPOLLIN | EPOLLOUT | EPOLLRDHUP))
		end_connection(c, true);
}

static bool is_exhausted(void)
{
	return errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == ENOBUFS;
}

/* Descriptors are used up: as soon as a connection ends, its place is this port's. */
static void hold_back(struct port *p)
{
	if (p->is_held)
		return;
	if (!held_back)
		retry_at_ms = now_ms() + RETRY_MS;
	p->is_held = true;
	p->next_held = held_back;
	held_back = p;
}

/* A client is taken only once there is what else it needs: who waits loses nothing. */
static bool can_begin(struct port *p)
{
	if (next_guest < 0)
		next_guest =
			socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	return next_guest >= 0 && (port_address(p) || !is_exhausted());
}

static void accept_some(struct source *s, uint32_t events)
{
	struct port *p = (struct port *)s;

	(void)events;
	while (!is_stopped) {
		int client = can_begin(p) ? accept4(p->fd, NULL, NULL,
						    SOCK_CLOEXEC | SOCK_NONBLOCK)
					  : -1;

		if (client >= 0) {
			begin(p, client);
			continue;
		}
		if (is_exhausted()) {
			if (pipes_close())
				continue;
			hold_back(p);
			return;
		}
		if (errno != EINTR && errno != ECONNABORTED)
			return;
	}
}

static int lingering_ms(int64_t now)
{
	struct connection *c = lists[LINGERING], *next;
	int64_t due = now + LINGER_MAX_MS;

	for (; c; c = next) {
		next = c->next;
		if (now >= c->due_ms)
			go_on(c);
		if (c->list == LINGERING && c->due_ms < due)
			due = c->due_ms;
	}
	return lists[LINGERING] ? (int)(due - now) : -1;
}

int tcp_due(void)
{
	int64_t now = now_ms();

	if (held_back && now >= retry_at_ms)
		release_ports();
	return sooner(lingering_ms(now), held_back ? (int)(retry_at_ms - now) : -1);
}

bool tcp_listen(struct port *p)
{
	p->source.handle = accept_some;
	return watch(p->fd, &p->source, EPOLLIN);
}

bool tcp_go_on(void)
{
	struct connection *c = lists[WAITING], *next;

	for (; c; c = next) {
		next = c->next;
		go_on(c);
	}
	return lists[WAITING] != NULL;
}

void tcp_stop(void)
{
	is_stopped = true;
}

/* What is in the socket goes on without this process, unless the client sends something: the kernel
 * answers that by a reset, and forgets the rest. */
static bool is_delivered(const struct connection *c)
{
	return flow_is_done(&c->flows[1]) &&
	       (c->flows[0].is_ended || is_acknowledged(c->ends[0].side.fd));
}

/* Nobody is left inside who could send more, unless in a container that has joined the network. */
bool tcp_is_owed(void)
{
	for (const struct connection *c = lists[IDLE]; c; c = c->next)
		if (c->is_connected && !is_delivered(c))
			return true;
	return lists[WAITING] || lists[LINGERING];
}
