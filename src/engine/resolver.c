// SPDX-License-Identifier: Apache-2.0
/*
 * resolver.c - see resolver.h
 *
 * A VPN, another network, a resolver that is switched on: the host's file is written anew, or its
 * link leads elsewhere. The C library inside looks at the file's time, and reads it again.
 */
#include "engine/resolver.h"

#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "sys/fd.h"
#include "sys/net.h"
#include "sys/process.h"
#include "sys/watch.h"

const char *resolver_text(const struct spec *spec, const char *host, struct arena *a)
{
	struct strv own = {0};

	if (spec->net.backend == NET_PASTA)
		net_read_addresses(spec_net_pasta_interface(&spec->net), a, &own);
	return spec_resolver_text(spec, host, &own, a);
}

/* pasta was not started to ask for the container: better the servers that were. */
static bool is_unheard(const struct spec *spec, const char *text)
{
	const struct fsop *op = spec_resolver_op(spec);

	if (spec->net.backend != NET_PASTA || !op)
		return false;
	for (int is_ip6 = 0; is_ip6 <= 1; is_ip6++)
		if (!spec_resolver_asks_backend(spec, op->content, is_ip6) &&
		    spec_resolver_asks_backend(spec, text, is_ip6))
			return true;
	return false;
}

/* Does a file have that text, but for empty lines at its end? */
static bool is_same(const char *has, const char *text)
{
	size_t len = strlen(text);

	return strncmp(has, text, len) == 0 && has[len + strspn(has + len, "\n")] == '\0';
}

/* As long as what it goes over, so that one write is all: a reader sees the old or the new. */
static const char *cover(const char *text, size_t old_len, struct arena *a)
{
	size_t len = strlen(text), all = MAX(len, old_len);
	char *copy = arena_alloc(a, all + 1);

	memset(copy, '\n', all);
	memcpy(copy, text, len);
	copy[all] = '\0';
	return copy;
}

/* What the container has written itself stays. Return: exit code, 0 when the text is there. */
static int write_text(const struct resolver *r)
{
	_cleanup_arena_ struct arena a = {0};
	const char *text;
	char *has;
	size_t len;

	if (fd_read_whole(r->file, &a, SPEC_MAX_RESOLV_CONF, &has, &len) < 0 ||
	    !is_same(has, r->said))
		return 1;
	text = cover(r->next, len, &a);
	return fd_overwrite(r->file, text, strlen(text)) < 0;
}

/* In a process of its own: whoever has the file open can make it wait, and not even a kill would end
 * that. */
static void start_writer(struct resolver *r)
{
	pid_t pid = process_clone(0, -1, &r->writer);

	if (pid != 0)
		return;
	process_die_with_parent(SIGKILL);
	fd_close_all_but(0, &r->file, 1);
	_exit(write_text(r));
}

static void update(struct resolver *r, const struct spec *spec)
{
	char *host;
	size_t len;

	arena_free(&r->next_text);
	/* Without a content it is being written: that it has been is told. */
	if (fd_read_file(SPEC_RESOLV_CONF, &r->next_text, SPEC_MAX_RESOLV_CONF, &host,
			 &len) < 0 ||
	    len == 0)
		return;
	r->next = resolver_text(spec, host, &r->next_text);
	if (strcmp(r->said, r->next) != 0 && !is_unheard(spec, r->next))
		start_writer(r);
}

/* Takes note of a writer that has ended. Return: 1 when the text is there; 0; -EAGAIN: it writes. */
static int end_writer(struct resolver *r)
{
	int code = 1;

	if (r->writer < 0)
		return 0;
	if (process_try_wait(r->writer, &code) == 0)
		return -EAGAIN;
	fd_close(&r->writer);
	if (code != 0)
		return 0;
	arena_free(&r->text);
	r->text = r->next_text;
	r->said = r->next;
	r->next_text = (struct arena){0};
	return 1;
}

void resolver_take(struct resolver *r, const struct spec *spec, int file)
{
	const struct fsop *op = spec_resolver_op(spec);

	r->file = file;
	r->said = op ? op->content : "";
}

int resolver_watch(struct resolver *r, const struct spec *spec)
{
	int result;

	r->watch = watch_open();
	result = r->watch < 0 ? r->watch : watch_file(r->watch, SPEC_RESOLV_CONF);
	if (result < 0)
		fd_close(&r->watch);
	else
		update(r, spec); /* what has happened since it was read */
	return result;
}

size_t resolver_poll(const struct resolver *r, struct pollfd *fds)
{
	size_t n = 0;

	if (r->watch >= 0 && r->writer < 0)
		fds[n++] = (struct pollfd){.fd = r->watch, .events = POLLIN};
	if (r->writer >= 0)
		fds[n++] = (struct pollfd){.fd = r->writer, .events = POLLIN};
	return n;
}

int resolver_move(struct resolver *r, const struct spec *spec)
{
	int result = end_writer(r);

	if (result == -EAGAIN)
		return 0;
	watch_drain(r->watch);
	watch_file(r->watch, SPEC_RESOLV_CONF);
	update(r, spec);
	return result;
}

void resolver_close(struct resolver *r)
{
	/* It may wait for a process of another container: not this one for it. */
	if (r->writer >= 0)
		process_kill(r->writer, SIGKILL);
	fd_close(&r->writer);
	fd_close(&r->watch);
	fd_close(&r->file);
	arena_free(&r->text);
	arena_free(&r->next_text);
}
