// SPDX-License-Identifier: Apache-2.0
/*
 * port.c - port: where the published ports of a container are
 */
#include <stdio.h>
#include <string.h>

#include "base/parse.h"
#include "cli/urun/cmd.h"
#include "cli/urun/verb.h"
#include "sys/fd.h"

struct port_options {
	bool is_all;
};

static int set_all(void *target, const char *value, struct err *err)
{
	return options_bool(value, &((struct port_options *)target)->is_all, err);
}

/* "80" is "80/tcp". */
static int read_port(const char *word, struct arena *a, const char **ret, struct err *err)
{
	char *copy = arena_strdup(a, word), *slash = strchr(copy, '/');
	const char *protocol = slash ? slash + 1 : "tcp";
	uint32_t number;

	if (slash)
		*slash = '\0';
	if (parse_u32(copy, &number) < 0 || number < 1 || number > 65535 ||
	    (strcmp(protocol, "tcp") != 0 && strcmp(protocol, "udp") != 0))
		return err_say(err, -EINVAL, "'%s': expected PORT[/tcp|/udp]", word);
	*ret = arena_printf(a, "%u/%s", number, protocol);
	return 0;
}

/* @want: NULL for all. Return: how many were printed. */
static size_t print(const struct container_port *v, size_t n, const char *id,
		    const char *want, struct arena *a)
{
	size_t n_printed = 0;

	for (size_t i = 0; i < n; i++) {
		const char *port =
			arena_printf(a, "%u/%s", v[i].port, v[i].is_udp ? "udp" : "tcp");
		const char *at =
			arena_printf(a, strchr(v[i].host_ip, ':') ? "[%s]:%u" : "%s:%u",
				     v[i].host_ip, v[i].host_port);

		if (want && strcmp(want, port) != 0)
			continue;
		if (id)
			printf("%.12s\t", id);
		if (!want)
			printf("%s -> ", port);
		printf("%s\n", at);
		n_printed++;
	}
	return n_printed;
}

static int print_all(struct images *m, struct err *err)
{
	struct container *v;
	size_t n;
	int r = container_list(&m->store, m->arena, &v, &n, err);

	for (size_t i = 0; r == 0 && i < n; i++) {
		struct container_port *ports;
		size_t n_ports;

		if (!container_is_held(&m->store, &v[i], m->arena))
			continue;
		r = container_read_ports(&m->store, &v[i], m->arena, &ports, &n_ports,
					 err);
		if (r == 0)
			print(ports, n_ports, v[i].id, NULL, m->arena);
	}
	return r;
}

static int port(struct images *m, void *options, char **words, struct err *err)
{
	const struct port_options *o = options;
	struct container c = {0};
	struct container_port *v = NULL;
	const char *want = NULL;
	size_t n = 0;
	int r = verb_check_all(&verb_port, o->is_all, words[0], err);

	if (r == 0 && !o->is_all && !words[0])
		r = err_say(err, -EINVAL, "a container, or --all");
	if (r < 0 || o->is_all)
		return r < 0 ? r : print_all(m, err);
	r = container_find_any(&m->store, words[0], m->arena, &c, err);
	if (r == 0 && words[1])
		r = read_port(words[1], m->arena, &want, err);
	if (r == 0 && container_is_held(&m->store, &c, m->arena))
		r = container_read_ports(&m->store, &c, m->arena, &v, &n, err);
	if (r < 0 || print(v, n, NULL, want, m->arena) > 0 || !want)
		return r;
	err_say(err, -ENOENT, "container %.12s does not publish %s", c.id, want);
	return err_hint(err, -ENOENT, "urun port %.12s shows what it does", c.id);
}

static const struct option port_options[] = {
	{"all", 'a', NULL, "those of all containers that run", set_all},
	{0},
};

const struct verb verb_port = {
	{"port", "[OPTIONS] CONTAINER [PORT[/udp]]",
	 "Show which ports of the host lead into a container that runs.", port_options},
	0,
	2,
	port,
};

int cmd_port(int argc, char **argv)
{
	struct port_options o = {0};

	return verb_run(&verb_port, &o, argc, argv);
}
