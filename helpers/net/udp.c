// SPDX-License-Identifier: Apache-2.0
/*
 * udp.c - datagrams to a published port, and the answers back to who sent them
 *
 * Each sender gets a socket inside, until both are silent for a while. The answers leave from the
 * address that was asked: a sender drops what comes from any other one of the host's.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net/forward.h"

#define IDLE_MS	  60000 /* as conntrack(8) has it for a stream of datagrams, halved */
#define MAX_PEERS 4096
#define N_BUCKETS 4096
#define BATCH	  64 /* datagrams of one socket; then it is another's turn */

/* Who sent a datagram, and which of the host's addresses it asked. No padding that is not zero:
 * two of them are the same where their bytes are. */
struct way {
	struct sockaddr_storage from;
	socklen_t from_len;
	int asked_family; /* 0: not known */
	union {
		struct in_addr in;
		struct in6_addr in6;
	} asked;
};

struct peer {
	struct source source;
	struct port *port;
	int fd; /* connected to the container */
	struct way way;
	int64_t used_ms;
	struct peer *next;	      /* in its bucket */
	struct peer *younger, *older; /* by use */
};

static struct peer *buckets[N_BUCKETS];
static struct peer *youngest, *oldest;
static size_t n_peers;
static bool is_stopped;
/* One at a time is on its way. */
static char datagram[65536];

static size_t bucket_of(const struct port *p, const struct way *w)
{
	const unsigned char *bytes = (const unsigned char *)w;
	size_t hash = (size_t)p->fd;

	for (size_t i = 0; i < sizeof(*w); i++)
		hash = hash * 31 + bytes[i];
	return hash % N_BUCKETS;
}

static void unlink_by_use(struct peer *p)
{
	if (p->younger)
		p->younger->older = p->older;
	else if (youngest == p)
		youngest = p->older;
	if (p->older)
		p->older->younger = p->younger;
	else if (oldest == p)
		oldest = p->younger;
	p->younger = p->older = NULL;
}

static void use(struct peer *p)
{
	unlink_by_use(p);
	p->used_ms = now_ms();
	p->older = youngest;
	if (youngest)
		youngest->younger = p;
	youngest = p;
	if (!oldest)
		oldest = p;
}

/* Not while events are handled that may tell of it: udp_expire() does. */
static void forget(struct peer *p)
{
	struct peer **at = &buckets[bucket_of(p->port, &p->way)];

	while (*at != p)
		at = &(*at)->next;
	*at = p->next;
	unlink_by_use(p);
	close(p->fd);
	free(p);
	n_peers--;
}

/* --- the host's side: ip(7) and ipv6(7) on IP_PKTINFO and IPV6_RECVPKTINFO --- */

union control {
	struct cmsghdr align;
	char bytes[CMSG_SPACE(sizeof(struct in_pktinfo)) +
		   CMSG_SPACE(sizeof(struct in6_pktinfo))];
};

static void note_asked(struct way *w, struct cmsghdr *c)
{
	struct in6_pktinfo v6;
	struct in_pktinfo v4;

	if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO) {
		/* The host's own address, where a whole network was asked. */
		memcpy(&v4, CMSG_DATA(c), sizeof(v4));
		w->asked_family = AF_INET;
		w->asked.in = v4.ipi_spec_dst;
	} else if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO) {
		memcpy(&v6, CMSG_DATA(c), sizeof(v6));
		if (IN6_IS_ADDR_V4MAPPED(&v6.ipi6_addr) ||
		    IN6_IS_ADDR_MULTICAST(&v6.ipi6_addr))
			return;
		w->asked_family = AF_INET6;
		w->asked.in6 = v6.ipi6_addr;
	}
}

static ssize_t receive_one(const struct port *port, struct way *ret)
{
	union control control;
	struct iovec bytes = {datagram, sizeof(datagram)};
	struct msghdr m = {.msg_name = &ret->from,
			   .msg_namelen = sizeof(ret->from),
			   .msg_iov = &bytes,
			   .msg_iovlen = 1,
			   .msg_control = &control,
			   .msg_controllen = sizeof(control)};
	ssize_t n;

	memset(ret, 0, sizeof(*ret));
	n = recvmsg(port->fd, &m, 0);
	if (n < 0)
		return n;
	ret->from_len = m.msg_namelen;
	for (struct cmsghdr *c = CMSG_FIRSTHDR(&m); c; c = CMSG_NXTHDR(&m, c))
		note_asked(ret, c);
	return n;
}

static void put(struct msghdr *m, int level, int type, const void *data, size_t size)
{
	struct cmsghdr *c = m->msg_control;

	*c = (struct cmsghdr){
		.cmsg_level = level, .cmsg_type = type, .cmsg_len = CMSG_LEN(size)};
	memcpy(CMSG_DATA(c), data, size);
	m->msg_controllen = CMSG_SPACE(size);
}

/* By whatever interface leads there. */
static void send_back(struct peer *p, size_t len)
{
	union control control = {0};
	struct way *w = &p->way;
	struct iovec bytes = {datagram, len};
	struct msghdr m = {.msg_name = &w->from,
			   .msg_namelen = w->from_len,
			   .msg_iov = &bytes,
			   .msg_iovlen = 1,
			   .msg_control = &control};
	const struct in_pktinfo v4 = {.ipi_spec_dst = w->asked.in};
	const struct in6_pktinfo v6 = {.ipi6_addr = w->asked.in6};

	if (w->asked_family == AF_INET)
		put(&m, IPPROTO_IP, IP_PKTINFO, &v4, sizeof(v4));
	else if (w->asked_family == AF_INET6)
		put(&m, IPPROTO_IPV6, IPV6_PKTINFO, &v6, sizeof(v6));
	else
		m.msg_control = NULL;
	(void)!sendmsg(p->port->fd, &m, 0);
}

/* --- the container's --- */

static void answer(struct source *s, uint32_t events)
{
	struct peer *p = (struct peer *)s;

	(void)events;
	for (int i = 0; i < BATCH; i++) {
		ssize_t n = recv(p->fd, datagram, sizeof(datagram), 0);

		/* ECONNREFUSED: nobody listens inside, now. */
		if (n < 0 && (errno == EINTR || errno == ECONNREFUSED))
			continue;
		if (n < 0)
			return;
		use(p);
		send_back(p, (size_t)n);
	}
	watch_again(p->fd, s, EPOLLIN);
}

static struct peer *find(const struct port *port, const struct way *w)
{
	struct peer *p = buckets[bucket_of(port, w)];

	while (p && (p->port != port || memcmp(&p->way, w, sizeof(*w)) != 0))
		p = p->next;
	return p;
}

static struct peer *add(struct port *port, const struct way *w)
{
	size_t bucket = bucket_of(port, w);
	struct peer *p;

	/* A flood of senders: the datagram is dropped, as by any router. */
	if (n_peers == MAX_PEERS || !port_address(port))
		return NULL;
	p = calloc(1, sizeof(*p));
	if (!p)
		return NULL;
	p->source.handle = answer;
	p->port = port;
	memcpy(&p->way, w, sizeof(*w));
	p->fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (p->fd < 0 ||
	    connect(p->fd, (struct sockaddr *)&port->to, sizeof(port->to)) < 0 ||
	    !watch(p->fd, &p->source, EPOLLIN)) {
		if (p->fd >= 0)
			close(p->fd);
		free(p);
		return NULL;
	}
	p->next = buckets[bucket];
	buckets[bucket] = p;
	n_peers++;
	return p;
}

static void receive(struct source *s, uint32_t events)
{
	struct port *port = (struct port *)s;

	(void)events;
	if (is_stopped)
		return;
	for (int i = 0; i < BATCH; i++) {
		struct way way;
		ssize_t n = receive_one(port, &way);
		struct peer *p;

		if (n < 0 && (errno == EINTR || errno == ECONNREFUSED))
			continue;
		if (n < 0)
			return;
		p = find(port, &way);
		if (!p)
			p = add(port, &way);
		if (!p)
			continue;
		use(p);
		(void)!send(p->fd, datagram, (size_t)n, 0);
	}
	watch_again(port->fd, s, EPOLLIN);
}

bool udp_serve(struct port *p)
{
	/* A socket of both families gets both kinds. */
	(void)!setsockopt(p->fd, IPPROTO_IP, IP_PKTINFO, &(int){1}, sizeof(int));
	(void)!setsockopt(p->fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, &(int){1}, sizeof(int));
	p->source.handle = receive;
	return watch(p->fd, &p->source, EPOLLIN);
}

void udp_stop(void)
{
	is_stopped = true;
}

int udp_expire(void)
{
	int64_t now = now_ms();

	while (oldest && (n_peers == MAX_PEERS || now - oldest->used_ms >= IDLE_MS))
		forget(oldest);
	return oldest ? (int)(oldest->used_ms + IDLE_MS - now) : -1;
}
