// SPDX-License-Identifier: Apache-2.0
/*
 * arena.c - see arena.h
 */
#include "base/arena.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define CHUNK_BYTES (64u << 10)
#define ALIGNMENT   _Alignof(max_align_t)

struct arena_chunk {
	struct arena_chunk *next;
	max_align_t memory[];
};

static _noreturn_ void out_of_memory(void)
{
	static const char text[] = "urun: out of memory\n";

	(void)!write(STDERR_FILENO, text, sizeof(text) - 1);
	_exit(125);
}

void arena_init(struct arena *a, void *mem, size_t size)
{
	size_t skip = mem ? (ALIGNMENT - (uintptr_t)mem % ALIGNMENT) % ALIGNMENT : 0;

	*a = (struct arena){0};
	if (mem && size > skip) {
		a->next = (char *)mem + skip;
		a->left_bytes = size - skip;
	}
}

void arena_free(struct arena *a)
{
	while (a->chunks) {
		struct arena_chunk *c = a->chunks;

		a->chunks = c->next;
		free(c);
	}
	*a = (struct arena){0};
}

static struct arena_chunk *add_chunk(struct arena *a, size_t size)
{
	struct arena_chunk *c = malloc(sizeof(*c) + size);

	if (!c)
		out_of_memory();
	c->next = a->chunks;
	a->chunks = c;
	return c;
}

void *arena_alloc(struct arena *a, size_t size)
{
	void *p;

	if (size > SIZE_MAX / 2)
		out_of_memory();
	size = (MAX(size, (size_t)1) + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
	if (size > a->left_bytes && size >= CHUNK_BYTES / 4)
		/* A large one gets a chunk of its own; the current one goes on. */
		return memset(add_chunk(a, size)->memory, 0, size);
	if (size > a->left_bytes) {
		a->next = (char *)add_chunk(a, CHUNK_BYTES)->memory;
		a->left_bytes = CHUNK_BYTES;
	}
	p = a->next;
	a->next += size;
	a->left_bytes -= size;
	return memset(p, 0, size);
}

char *arena_strndup(struct arena *a, const char *s, size_t len)
{
	size_t n = strnlen(s, len);
	char *copy = arena_alloc(a, n + 1);

	memcpy(copy, s, n);
	return copy;
}

char *arena_strdup(struct arena *a, const char *s)
{
	return arena_strndup(a, s, strlen(s));
}

char *arena_vprintf(struct arena *a, const char *fmt, va_list ap)
{
	va_list copy;
	char *text;
	int len;

	va_copy(copy, ap);
	len = vsnprintf(NULL, 0, fmt, copy);
	va_end(copy);
	if (len < 0)
		out_of_memory();
	text = arena_alloc(a, (size_t)len + 1);
	vsnprintf(text, (size_t)len + 1, fmt, ap);
	return text;
}

char *arena_printf(struct arena *a, const char *fmt, ...)
{
	va_list ap;
	char *text;

	va_start(ap, fmt);
	text = arena_vprintf(a, fmt, ap);
	va_end(ap);
	return text;
}

void *arena_grow(struct arena *a, void *items, size_t count, size_t size)
{
	void *bigger;

	/* Full when the count is a power of two: 0, 4, 8, 16, ... */
	if (count != 0 && (count < 4 || (count & (count - 1)) != 0)) {
		memset((char *)items + count * size, 0, size);
		return items;
	}
	if (count > SIZE_MAX / 4 / size)
		out_of_memory();
	bigger = arena_alloc(a, MAX(count * 2, (size_t)4) * size);
	if (count > 0)
		memcpy(bigger, items, count * size);
	return bigger;
}

void strv_push(struct arena *a, struct strv *s, const char *item)
{
	/* One place more than the count, for the NULL that ends the list. */
	s->v = s->n == 0 ? arena_alloc(a, 4 * sizeof(*s->v)) : s->v;
	if (s->n + 1 >= 4 && ((s->n + 1) & s->n) == 0) {
		char **bigger = arena_alloc(a, (s->n + 1) * 2 * sizeof(*s->v));

		memcpy(bigger, s->v, s->n * sizeof(*s->v));
		s->v = bigger;
	}
	s->v[s->n++] = (char *)item;
	s->v[s->n] = NULL;
}

void strv_pushf(struct arena *a, struct strv *s, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	strv_push(a, s, arena_vprintf(a, fmt, ap));
	va_end(ap);
}

bool strv_has(const struct strv *s, const char *item)
{
	for (size_t i = 0; i < s->n; i++)
		if (strcmp(s->v[i], item) == 0)
			return true;
	return false;
}

static int compare_items(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

void strv_sort(struct strv *s)
{
	if (s->n > 1)
		qsort(s->v, s->n, sizeof(*s->v), compare_items);
}

static bool is_key(const char *pair, const char *key, size_t len)
{
	return strncmp(pair, key, len) == 0 && pair[len] == '=';
}

const char *strv_env_get(const struct strv *s, const char *key)
{
	size_t len = strlen(key);

	for (size_t i = s->n; i > 0; i--)
		if (is_key(s->v[i - 1], key, len))
			return s->v[i - 1] + len + 1;
	return NULL;
}

const char *environ_get(char *const *list, const char *key, size_t len)
{
	for (; list && *list; list++)
		if (is_key(*list, key, len))
			return *list + len + 1;
	return NULL;
}

void strv_env_set(struct arena *a, struct strv *s, const char *pair)
{
	size_t len = strcspn(pair, "="), kept = 0;
	bool is_set = false;

	for (size_t i = 0; i < s->n; i++) {
		if (!is_key(s->v[i], pair, len)) {
			s->v[kept++] = s->v[i];
		} else if (!is_set) {
			s->v[kept++] = (char *)pair;
			is_set = true;
		}
	}
	if (s->n > 0)
		s->v[kept] = NULL;
	s->n = kept;
	if (!is_set)
		strv_push(a, s, pair);
}

void strv_env_unset(struct strv *s, const char *key)
{
	size_t len = strlen(key), n = 0;

	for (size_t i = 0; i < s->n; i++)
		if (strncmp(s->v[i], key, len) != 0 || s->v[i][len] != '=')
			s->v[n++] = s->v[i];
	s->n = n;
	if (s->v)
		s->v[n] = NULL;
}
