// SPDX-License-Identifier: Apache-2.0
/*
 * resolver.c - see resolver.h
 *
 * A VPN, another network, a resolver that is switched on: the host's file is written anew, or its
 * link leads elsewhere. The C library inside looks at the file's time, and reads it again.
 */
#include "engine/resolver.h"

#include <stdlib.h>
#include <string.h>

#include "sys/fd.h"
#include "sys/watch.h"

/* Where the name stands, where its link leads, and the file itself: it may be mounted there. */
static int watch_all(int watch)
{
	char *real = realpath(SPEC_RESOLV_CONF, NULL);
	int r = watch_add(watch, "/etc");

	if (r == 0 && real) {
		watch_add(watch, real);
		*strrchr(real, '/') = '\0';
		watch_add(watch, *real ? real : "/");
	}
	free(real);
	return r;
}

/* pasta was not started to ask for the container: better the servers that were. */
static bool is_unheard(const struct spec *spec, const char *text)
{
	const struct fsop *op = spec_resolver_op(spec);

	return spec->net.backend == NET_PASTA && op &&
	       !spec_resolver_asks_backend(spec, op->content) &&
	       spec_resolver_asks_backend(spec, text);
}

/* It is being written, perhaps, where there is nothing: that it has been is told. */
static void update(struct resolver *r, const struct spec *spec)
{
	struct arena a = {0};
	const char *text;
	char *host, *has;
	size_t len, has_len;

	if (fd_read_file(SPEC_RESOLV_CONF, &a, SPEC_MAX_RESOLV_CONF, &host, &len) < 0 ||
	    len == 0 ||
	    fd_read_whole(r->file, &a, SPEC_MAX_RESOLV_CONF, &has, &has_len) < 0) {
		arena_free(&a);
		return;
	}
	text = spec_resolver_text(spec, host, &a);
	if (strcmp(text, r->said) == 0 || strcmp(has, r->said) != 0 ||
	    is_unheard(spec, text)) {
		arena_free(&a);
		return;
	}
	fd_rewrite(r->file, text, strlen(text));
	arena_free(&r->text);
	r->text = a;
	r->said = text;
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
	result = r->watch < 0 ? r->watch : watch_all(r->watch);
	if (result == 0)
		update(r, spec); /* what has happened since it was read */
	return result;
}

void resolver_move(struct resolver *r, const struct spec *spec)
{
	watch_drain(r->watch);
	watch_all(r->watch);
	update(r, spec);
}

void resolver_close(struct resolver *r)
{
	fd_close(&r->watch);
	fd_close(&r->file);
	arena_free(&r->text);
}
