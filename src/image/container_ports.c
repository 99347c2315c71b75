// SPDX-License-Identifier: Apache-2.0
/*
 * container_ports.c - which ports lead into a container that runs
 *
 * The file "ports" in its folder: "PROTOCOL PORT IP HOSTPORT", a line each.
 */
#include <stdio.h>
#include <string.h>

#include "base/parse.h"
#include "image/container.h"
#include "sys/dir.h"
#include "sys/fd.h"
#include "sys/lines.h"

#define PORTS	  "ports"
#define MAX_PORTS (1u << 20)
#define FIELDS	  4
#define MAX_LINE  80 /* an address has at most 45 characters */

int container_set_ports(int dir, const struct container_port *v, size_t n,
			struct arena *a)
{
	char *text = arena_alloc(a, n * MAX_LINE + 1);
	_cleanup_fd_ int fd = -EBADF;
	size_t len = 0;
	int r = dir_unlink(dir, PORTS, 0);

	if ((r < 0 && r != -ENOENT) || n == 0)
		return r == -ENOENT ? 0 : r;
	for (size_t i = 0; i < n; i++)
		len += (size_t)snprintf(text + len, MAX_LINE, "%s %u %s %u\n",
					v[i].is_udp ? "udp" : "tcp", v[i].port,
					v[i].host_ip, v[i].host_port);
	fd = fd_create(dir, PORTS, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0600);
	return fd < 0 ? fd : fd_write_all(fd, text, len);
}

static int parse(char *line, struct container_port *ret)
{
	char *fields[FIELDS];
	uint32_t port, host_port;

	if (lines_split(line, ' ', fields, FIELDS) != FIELDS ||
	    parse_u32(fields[1], &port) < 0 || parse_u32(fields[3], &host_port) < 0)
		return -EBADMSG;
	*ret = (struct container_port){.is_udp = strcmp(fields[0], "udp") == 0,
				       .port = (uint16_t)port,
				       .host_port = (uint16_t)host_port,
				       .host_ip = fields[2]};
	return 0;
}

int container_read_ports(const struct store *s, const struct container *c,
			 struct arena *a, struct container_port **ret, size_t *ret_n,
			 struct err *err)
{
	const char *path = arena_printf(a, "%s/" PORTS, container_folder(c, a));
	_cleanup_fd_ int fd = fd_open(s->dir, path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
	struct list {
		struct container_port *v;
		size_t n_v;
	} list = {0};
	char *text, *line;
	int r = fd < 0 ? fd : fd_read_all(fd, a, MAX_PORTS, &text, NULL);

	*ret = NULL;
	*ret_n = 0;
	if (r == -ENOENT)
		return 0;
	while (r == 0 && (line = strsep(&text, "\n")) && *line)
		r = parse(line, ARR_PUSH(a, &list, v));
	if (r < 0)
		return err_set(err, r, "ports of container %.12s", c->id);
	*ret = list.v;
	*ret_n = list.n_v;
	return 0;
}
