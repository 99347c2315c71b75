// SPDX-License-Identifier: Apache-2.0
/*
 * noted.c - see noted.h
 */
#include "engine/noted.h"

#include <string.h>

#include "engine/joined.h"
#include "image/container.h"
#include "sys/process.h"

/* Does it have a network that another container can join? */
static bool has_names(const struct run *run)
{
	return run->plan->want_network || run->plan->spec->joined;
}

static void note_ports(const struct run *run, int folder, void (*note)(const char *text))
{
	struct container_port *v =
		arena_alloc(run->arena, (run->n_ports + 1) * sizeof(*v));

	for (size_t i = 0; i < run->n_ports; i++) {
		const struct published *p = &run->ports[i];

		v[i] = (struct container_port){.is_udp = p->is_udp,
					       .port = p->port,
					       .host_port = p->host_port,
					       .host_ip = p->host_ip ? p->host_ip
								     : "0.0.0.0"};
	}
	if (container_set_ports(folder, v, run->n_ports, run->arena) < 0)
		note("the ports could not be noted in the store: 'urun port' and "
		     "'urun ps' do not show them");
}

static void note_names(const struct run *run, int folder, void (*note)(const char *text))
{
	const struct plan *p = run->plan;

	for (size_t i = 0; i < p->n_ops; i++) {
		const struct fsop *op = &p->ops[i];
		const char *name = joined_text_of(op);

		if (name &&
		    container_set_text(folder, name, op->content, op->content_len) < 0)
			note("the names of this network could not be noted in the "
			     "store: who joins it has the host's");
	}
}

void noted_network(const struct run *run, int folder, void (*note)(const char *text))
{
	if (folder >= 0 && has_names(run))
		note_names(run, folder, note);
	if (folder >= 0 && run->plan->spec->net.n_ports > 0)
		note_ports(run, folder, note);
}

void noted_process(const struct run *run, int folder, void (*note)(const char *text))
{
	struct process_stamp stamp;
	struct err why = {0};
	int r;

	if (folder < 0)
		return;
	r = process_stamp(run->pid, &stamp);
	/* It may have ended. */
	if (r < 0)
		return;
	r = container_set_process(folder, stamp.text);
	if (r < 0) {
		err_set(&why, r,
			"its process is not in the store, and 'urun ps', 'top' and 'rm' "
			"take it for one that has ended");
		note(why.message);
	}
}

void noted_resolver(const struct run *run, int folder, const char *text)
{
	if (folder >= 0 && has_names(run))
		container_set_text(folder, "resolv.conf", text, strlen(text));
}
