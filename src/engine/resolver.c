// SPDX-License-Identifier: Apache-2.0
/*
 * resolver.c - see resolver.h
 *
 * A VPN, another network, a resolver that is switched on: the host's file is written anew, or its
 * link leads elsewhere. The C library inside looks at the file's time, and reads it again.
 */
#include "engine/resolver.h"

#include <string.h>

#include "sys/fd.h"
#include "sys/watch.h"

/* pasta was not started to ask for the container: better the servers that were. */
static bool is_unheard(const struct spec *spec, const char *text)
{
	const struct fsop *op = spec_resolver_op(spec);

	return spec->net.backend == NET_PASTA && op &&
	       !spec_resolver_asks_backend(spec, op->content) &&
	       spec_resolver_asks_backend(spec, text);
}

/* Does it say the same, but for empty lines at its end? */
static bool is_same(const char *said, const char *text)
{
	size_t len = strlen(text);

	return strncmp(said, text, len) == 0 &&
	       said[len + strspn(said + len, "\n")] == '\0';
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

static int update(struct resolver *r, const struct spec *spec)
{
	_cleanup_arena_ struct arena a = {0};
	const char *text;
	char *host, *has;
	size_t len, has_len;

	/* Without a content it is being written: that it has been is told. */
	if (fd_read_file(SPEC_RESOLV_CONF, &a, SPEC_MAX_RESOLV_CONF, &host, &len) < 0 ||
	    len == 0 ||
	    fd_read_whole(r->file, &a, SPEC_MAX_RESOLV_CONF, &has, &has_len) < 0)
		return 0;
	text = spec_resolver_text(spec, host, &a);
	if (is_same(r->said, text) || strcmp(has, r->said) != 0 || is_unheard(spec, text))
		return 0;
	text = cover(text, has_len, &a);
	if (fd_overwrite(r->file, text, strlen(text)) < 0)
		return 0;
	arena_free(&r->text);
	r->text = a;
	a = (struct arena){0};
	r->said = text;
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
	if (result == 0)
		return update(r, spec); /* what has happened since it was read */
	fd_close(&r->watch);
	return result;
}

int resolver_move(struct resolver *r, const struct spec *spec)
{
	watch_drain(r->watch);
	watch_file(r->watch, SPEC_RESOLV_CONF);
	return update(r, spec);
}

void resolver_close(struct resolver *r)
{
	fd_close(&r->watch);
	fd_close(&r->file);
	arena_free(&r->text);
}
