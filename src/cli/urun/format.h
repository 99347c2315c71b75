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

/* "1.23 MB" */
const char *format_size(uint64_t bytes, struct arena *a);

/* RFC 3339 to seconds. 0 or -EINVAL. */
int format_parse_time(const char *text, time_t *ret);
/* "2026-01-31 12:00:00 +0000 UTC"; "" for what is no time. */
const char *format_time(const char *rfc3339, struct arena *a);
/* "3 weeks ago" */
const char *format_since(const char *rfc3339, time_t now, struct arena *a);

/* --filter KEY=VALUE. */
struct filter {
	const char *key, *value;
};

struct filters {
	struct filter *v;
	size_t n_v;
};

/* @known: keys, ended by NULL. -EINVAL names the one that is not known. */
int filters_read(const struct strv *texts, const char *const *known, struct arena *a,
		 struct filters *ret, struct err *err);
/* "KEY" or "KEY=VALUE" among KEY=VALUE pairs. */
bool filter_has_label(const struct strv *labels, const char *wanted);
