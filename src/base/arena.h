/* SPDX-License-Identifier: Apache-2.0 */
/*
 * arena.h - memory that lives exactly as long as one spec and its plan
 *
 * A start makes some dozens of small strings and arrays that all die together. One arena
 * holds them; nobody frees a part. The first chunk is the caller's own (static) memory,
 * so that an ordinary start never calls malloc.
 */
#pragma once

#include <stdarg.h>

#include "base/macros.h"

struct arena_chunk;
struct arena {
	char *next;
	size_t left_bytes;
	struct arena_chunk *chunks; /* malloc'ed ones, newest first */
};

/**
 * arena_init() - start with memory that the caller lends
 * @a:    filled
 * @mem:  borrowed until arena_free(); may be NULL
 * @size: bytes in @mem
 */
void arena_init(struct arena *a, void *mem, size_t size);

/**
 * arena_free() - give back all that was allocated, leaving an empty arena
 * @a: an initialised arena
 */
void arena_free(struct arena *a);
#define _cleanup_arena_ _cleanup_(arena_free)

/**
 * arena_alloc() - zeroed memory, aligned for any type
 * @a:    the arena that owns it
 * @size: bytes
 *
 * Running out of memory ends the process with exit code 125 and a line on stderr: Linux
 * overcommits, so no caller could do better, and the builder's death is reported anyway.
 *
 * Return: never NULL.
 */
void *arena_alloc(struct arena *a, size_t size) _returns_nonnull_;

/* One zeroed object of a type. */
#define arena_new(a, type) ((type *)arena_alloc((a), sizeof(type)))

char *arena_strdup(struct arena *a, const char *s) _returns_nonnull_;
char *arena_strndup(struct arena *a, const char *s, size_t len) _returns_nonnull_;
char *arena_printf(struct arena *a, const char *fmt, ...)
	_printf_(2, 3) _returns_nonnull_;
char *arena_vprintf(struct arena *a, const char *fmt, va_list ap)
	_printf_(2, 0) _returns_nonnull_;

/**
 * arena_grow() - make room for one more element in an array that an arena holds
 * @a:     the arena
 * @items: the array, NULL when empty
 * @count: elements in use
 * @size:  bytes of one element
 *
 * Grows at powers of two, so a caller needs no capacity field. For ARR_PUSH().
 *
 * Return: the array, with room for element @count.
 */
void *arena_grow(struct arena *a, void *items, size_t count,
		 size_t size) _returns_nonnull_;

/* Adds a zeroed element to {items, count} members named `f` and `n_f`, and points at it.
 */
#define ARR_PUSH(a, s, f)                                               \
	((s)->f = arena_grow((a), (s)->f, (s)->n_##f, sizeof(*(s)->f)), \
	 &(s)->f[(s)->n_##f++])

/* A list of strings; `v` is NULL-terminated whenever it is not NULL. */
struct strv {
	char **v;
	size_t n;
};

/**
 * strv_push() - add a string that is borrowed for the arena's life
 */
void strv_push(struct arena *a, struct strv *s, const char *item);

/* Adds a formatted copy. */
void strv_pushf(struct arena *a, struct strv *s, const char *fmt, ...) _printf_(3, 4);

/* True when @item is one of the strings. */
bool strv_has(const struct strv *s, const char *item);

/* In the order of the bytes. */
void strv_sort(struct strv *s);

/* The value of KEY in a list of KEY=VALUE, or NULL; the last one wins. */
const char *strv_env_get(const struct strv *s, const char *key);

/* The same of a list that ends in NULL, such as environ(7), where the first one counts. @list: may be NULL.
 * @len: of @key. */
const char *environ_get(char *const *list, const char *key, size_t len);

/* Sets KEY=VALUE in a list, in place of an earlier KEY. @pair is borrowed. */
void strv_env_set(struct arena *a, struct strv *s, const char *pair);
/* Takes KEY=... out. */
void strv_env_unset(struct strv *s, const char *key);
