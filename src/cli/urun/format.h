/* SPDX-License-Identifier: Apache-2.0 */
/*
 * format.h - what verbs that list things share: --format, --filter, sizes, times
 */
#pragma once

#include <time.h>

#include "base/json.h"

/* What stands above a column when it is not the field's own name. */
struct format_heading {
	const char *field, *heading;
};

struct format {
	const char *text; /* --format; NULL: the verb's own table */
	const char *own;  /* that table: a template behind "table " */
	const struct format_heading *headings; /* ended by a NULL field */
	const char *const *maps;	       /* as for templates */
	bool has_no_heading;
};

/* Is it --format json? */
bool format_is_json(const char *text);

/**
 * format_check() - read --format, so that a mistake is told before anything is done
 * Return: 0; -EINVAL.
 */
int format_check(const char *text, struct arena *a, struct err *err);

/**
 * format_rows() - print rows by a template, the columns one below the other
 * @rows: an array of objects; the first says which fields there are, and is no row
 *
 * What others wrote cannot move the cursor of a terminal.
 * Return: 0; a negative errno with @err filled.
 */
int format_rows(const struct format *f, const struct json *rows, struct arena *a,
		struct err *err);

/* Cells that end in a tab become columns; as podman's tables: 12 wide at least, 2 apart. */
const char *format_align(const char *text, struct arena *a);

/* Control characters but line breaks and tabs, written out. */
const char *format_escape(const char *text, struct arena *a);

/* What verbs that list have in common: first in the options of a verb, for these setters. */
struct format_options {
	struct arena arena; /* for arena_free() */
	const char *format;
	struct strv filters; /* as they were typed */
};

int format_set_format(void *options, const char *value, struct err *err);
int format_set_filter(void *options, const char *value, struct err *err);

/* Puts KEY=VALUE pairs as an object. */
void format_put_pairs(struct json *o, const char *key, const struct strv *pairs,
		      struct arena *a);

/* A value of --sort, in a table that is ended by a NULL name; the first one is the default. */
struct format_order {
	const char *name;
	int (*compare)(const void *a, const void *b);
};

/* For setters: -EINVAL names all that there are. */
int format_set_order(const struct format_order *orders, const char *value,
		     const char **ret, struct err *err);
/* @name: of the order, NULL for the default */
void format_sort(const struct format_order *orders, const char *name, void *v, size_t n,
		 size_t size);

/* "1.23 MB" */
const char *format_size(uint64_t bytes, struct arena *a);

/* RFC 3339 to seconds. 0 or -EINVAL. */
int format_parse_time(const char *text, time_t *ret);
/* "2026-01-31 12:00:00 +0000 UTC"; "" for what is no time. */
const char *format_time(const char *rfc3339, struct arena *a);
/* To the nanosecond: which of two is the later one. 0 or -EINVAL. */
int format_parse_exact(const char *text, struct timespec *ret);
/* Below 0, 0, or above 0; what is no time is before all others. */
int format_compare_times(const char *a, const char *b);
/* "3 weeks" */
const char *format_duration(time_t seconds, struct arena *a);
/* "1h2m3.5s", "12.5ms": as Go's Duration.String(). */
const char *format_exact_duration(int64_t ns, struct arena *a);
/* "3 weeks ago" */
const char *format_since(const char *rfc3339, time_t now, struct arena *a);

/* set_format() and set_filter(), for a verb whose options have @format, @filters and @arena. */
#define FORMAT_SETTERS(type)                                                    \
	static int set_format(void *target, const char *value, struct err *err) \
	{                                                                       \
		type *o = target;                                               \
                                                                                \
		o->format = value;                                              \
		return format_check(value, &o->arena, err);                     \
	}                                                                       \
                                                                                \
	static int set_filter(void *target, const char *value, struct err *err) \
	{                                                                       \
		type *o = target;                                               \
                                                                                \
		(void)err;                                                      \
		strv_push(&o->arena, &o->filters, value);                       \
		return 0;                                                       \
	}

/* --filter KEY=VALUE. */
struct filter {
	const char *key, *value;
	void *data; /* of whoever reads the value */
};

struct filters {
	struct filter *v;
	size_t n_v;
};

/* @known: keys, ended by NULL. -EINVAL names the one that is not known. */
int filters_read(const struct strv *texts, const char *const *known, struct arena *a,
		 struct filters *ret, struct err *err);
/* Does a thing that has the labels and was made then fit all filters? Keys: those of @passes, which
 * is asked for each. All keys have to fit; of one key, any value, but all labels:
 * podman-images(1). */
bool filters_pass(const struct filters *f,
		  bool (*passes)(const void *thing, const struct filter *f),
		  const void *thing);
/* Of until=: "24h", "1h30m" before now, RFC 3339, or seconds since 1970. 0 or -EINVAL. */
int filter_read_until(const char *text, struct arena *a, time_t *ret, struct err *err);
/* "KEY" or "KEY=VALUE" among KEY=VALUE pairs. */
bool filter_has_label(const struct strv *labels, const char *wanted);
