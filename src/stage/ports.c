// SPDX-License-Identifier: Apache-2.0
/*
 * ports.c - published ports: bound before there is a container, served by urun-net
 *
 * A port that is taken or forbidden is found out here, before anything starts. urun-net gets the
 * sockets and lives in the container's network namespace: it can reach nothing of the host's but
 * through them.
 */
#include <linux/capability.h>
#include <string.h>
#include <sys/resource.h>

#include "base/parse.h"
#include "stage/net.h"
#include "sys/cred.h"
#include "sys/helper.h"
#include "sys/net.h"

#define NET_HELPER "urun-net"

static bool wanted(const struct plan *plan)
{
	return plan->want_network && plan->spec->net.n_ports > 0;
}

static int say_refused(const struct published *p, int r, struct arena *a, struct err *err)
{
	const char *kind = p->is_udp ? "udp" : "tcp";
	char *first = NULL;

	err_set(err, r, "publish port %s%s%u/%s", p->host_ip ? p->host_ip : "",
		p->host_ip ? ":" : "", p->host_port, kind);
	if (r == -EADDRINUSE)
		return err_hint(
			err, r,
			"Choose another; 'ss -lnp%c sport = :%u' shows who has it",
			kind[0], p->host_port);
	if (r == -EADDRNOTAVAIL)
		return err_hint(err, r, "No interface of this host has the address");
	if (r == -EMFILE || r == -ENFILE)
		return err_hint(err, r, "Each port is an open file: see ulimit -n");
	if (r != -EACCES)
		return r;
	if (fd_read_file("/proc/sys/net/ipv4/ip_unprivileged_port_start", a, 32, &first,
			 NULL) < 0)
		first = arena_strdup(a, "1024");
	first[strcspn(first, "\n")] = '\0';
	return err_hint(err, r,
			"Ports below %s are root's here: choose another, or sudo sysctl "
			"net.ipv4.ip_unprivileged_port_start=%u",
			first, p->host_port);
}

/* The low numbers are for what the caller's limit is meant for. */
static void move_up(struct published *p, uint64_t first)
{
	int high = first < INT32_MAX ? fd_dup_from(p->fd, (int)first) : -EMFILE;

	if (high < 0)
		return;
	fd_close(&p->fd);
	p->fd = high;
}

static int bind_range(struct run *run, const struct spec_port *range, uint64_t first,
		      struct err *err)
{
	for (uint16_t i = 0; i < range->count; i++) {
		struct published *p = &run->ports[run->n_ports];

		*p = (struct published){
			.is_udp = range->is_udp,
			.port = (uint16_t)(range->port + i),
			.host_ip = range->host_ip,
			.host_port =
				(uint16_t)(range->host_port ? range->host_port + i : 0),
		};
		p->fd = net_bind(p->host_ip, p->host_port, p->is_udp, &p->host_port);
		if (p->fd < 0)
			return say_refused(p, p->fd, run->arena, err);
		move_up(p, first);
		run->n_ports++;
	}
	return 0;
}

/* Each is a descriptor, until urun-net has them: as many as the caller may have at all. What the
 * payload gets is not changed. */
static int apply(struct run *run, struct err *err)
{
	const struct spec_net *n = &run->plan->spec->net;
	struct rlimit old, high;
	size_t sum = 0;
	int r = 0;

	for (size_t i = 0; i < n->n_ports; i++)
		sum += n->ports[i].count;
	run->ports = arena_alloc(run->arena, sum * sizeof(*run->ports));
	getrlimit(RLIMIT_NOFILE, &old);
	high = (struct rlimit){old.rlim_max, old.rlim_max};
	setrlimit(RLIMIT_NOFILE, &high);
	for (size_t i = 0; r == 0 && i < n->n_ports; i++)
		r = bind_range(run, &n->ports[i], old.rlim_cur, err);
	setrlimit(RLIMIT_NOFILE, &old);
	return r;
}

const struct stage stage_ports = {"ports", PHASE_HOST, wanted, apply};

/* --- urun-net --- */

/* To enter the network namespace takes it, and without a root no program has it by itself. */
static int keep_right_to_enter(void)
{
	return cred_pass_cap(CAP_SYS_ADMIN);
}

static void describe(const struct run *run, const struct net_place *at,
		     struct net_command *c)
{
	const struct spec_net *n = &run->plan->spec->net;
	struct arena *a = run->arena;

	c->prepare = plan_has_uid(run->plan, 0) ? NULL : keep_right_to_enter;
	c->path = helper_path(NET_HELPER, a);
	c->is_inside = true;
	strv_push(a, &c->argv, NET_HELPER);
	strv_pushf(a, &c->argv, "%d", at->netns);
	strv_pushf(a, &c->argv, "%d", c->ready);
	strv_pushf(a, &c->argv, "%d", c->hold);
	/* With pasta it is the host's, which pasta finds, and urun-net asks for. */
	strv_push(a, &c->argv,
		  n->backend == NET_PASTA ? "0.0.0.0"
					  : spec_net_address(n, NET_GUEST, a));
	c->keep = arena_alloc(a, run->n_ports * sizeof(*c->keep));
	for (size_t i = 0; i < run->n_ports; i++) {
		const struct published *p = &run->ports[i];

		c->keep[c->n_keep++] = p->fd;
		strv_pushf(a, &c->argv, "%s:%d:%u", p->is_udp ? "udp" : "tcp", p->fd,
			   p->port);
	}
}

const struct net_program net_ports = {NET_HELPER, NULL, true, describe};
