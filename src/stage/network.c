// SPDX-License-Identifier: Apache-2.0
/*
 * network.c - the builder asks for a connection of its network namespace, and waits for it
 *
 * The launcher starts the backend while the root folder is put together. The namespace belongs to
 * the container's user namespace; the payload has no capability over it unless --cap-add gives one.
 */
#include <unistd.h>

#include "stage/net.h"
#include "sys/net.h"
#include "sys/process.h"

static bool wanted(const struct plan *plan)
{
	return plan->want_network;
}

static int apply(struct run *run, struct err *err)
{
	_cleanup_fd_ int netns = fd_open(AT_FDCWD, "/proc/self/ns/net", O_RDONLY),
			 userns = fd_open(AT_FDCWD, "/proc/self/ns/user", O_RDONLY);
	int r = netns < 0 ? netns : userns < 0 ? userns : 0;

	if (r < 0)
		return err_set(err, r, "open the container's network namespace");
	if (run->plan->spec->net.want_ipv6) {
		r = net_skip_dad();
		if (r < 0)
			return err_set(err, r, "make IPv6 addresses good at once");
	}
	r = channel_send_fds(&run->channel, MSG_NET, (int[]){netns, userns}, 2, 0);
	return r < 0 ? err_set(err, r, "ask the launcher for a network") : 0;
}

static int wait_for_it(struct run *run, struct err *err)
{
	return stage_wait_for(run, MSG_NET_UP, err);
}

const struct stage stage_network = {"network", PHASE_NS, wanted, apply};
const struct stage stage_network_wait = {"network", PHASE_LOCK, wanted, wait_for_it};

const struct net_program *net_program_of(const struct spec *spec)
{
	return spec->net.backend == NET_PASTA ? &net_pasta : &net_slirp4netns;
}

/* The other ends of a server's pipes. */
struct ends {
	int ready, hold, output;
};

static void close_ends(struct ends *e)
{
	fd_close(&e->ready);
	fd_close(&e->hold);
	fd_close(&e->output);
}

static int make_pipes(struct net_server *s, struct ends *ret)
{
	int ends[2], r = fd_pipe(ends);

	if (r < 0)
		return r;
	s->ready = ends[0];
	ret->ready = ends[1];
	r = fd_pipe(ends);
	if (r < 0)
		return r;
	s->hold = ends[1];
	ret->hold = ends[0];
	r = fd_pipe(ends);
	if (r < 0)
		return r;
	s->output = ends[0];
	ret->output = ends[1];
	return fd_set_nonblock(s->output);
}

static int spawn(const struct net_program *p, const struct run *run,
		 const struct net_place *at, const struct ends *ends,
		 struct net_server *ret, struct err *err)
{
	struct net_command c = {
		.ready = ends->ready, .hold = ends->hold, .in = -1, .out = -1};
	struct spawn spawn = {.userns = -1, .mntns = -1, .is_server = true};
	int *keep, r;
	size_t n = 0;

	p->describe(run, at, &c);
	keep = arena_alloc(run->arena, (c.n_keep + 4) * sizeof(*keep));
	keep[n++] = ends->ready;
	keep[n++] = ends->hold;
	keep[n++] = at->netns;
	for (size_t i = 0; i < c.n_keep; i++)
		keep[n++] = c.keep[i];
	keep[n] = -1;
	spawn.stdio[STDIN_FILENO] = c.in;
	spawn.stdio[STDOUT_FILENO] = c.out;
	spawn.stdio[STDERR_FILENO] = ends->output;
	spawn.path = c.path;
	spawn.argv = c.argv.v;
	spawn.keep = keep;
	spawn.prepare = c.prepare;
	if (c.is_inside)
		spawn.userns = at->userns;
	r = process_spawn(&spawn, &ret->pidfd);
	if (r >= 0) {
		ret->pid = r;
		return 0;
	}
	err_set(err, r, "run '%s'", c.path);
	if (!p->package)
		return err_hint(err, r, "It is a part of urun: install urun again");
	return r == -ENOENT
		       ? err_hint(err, r, "Install the package %s; or --network none",
				  p->package)
		       : err_hint(err, r, "--network none does without it");
}

int net_program_start(const struct net_program *p, const struct run *run,
		      const struct net_place *at, struct net_server *ret, struct err *err)
{
	struct ends ends = {-EBADF, -EBADF, -EBADF};
	struct net_place own = *at;
	int r = 0;

	*ret = NET_SERVER_NONE;
	ret->program = p;
	if (at->userns >= 0)
		own.userns = ret->userns = r = fd_dup(at->userns);
	if (r >= 0)
		r = make_pipes(ret, &ends);
	if (r < 0)
		err_set(err, r, "make descriptors for %s", p->name);
	else
		r = spawn(p, run, &own, &ends, ret, err);
	close_ends(&ends);
	return r;
}
