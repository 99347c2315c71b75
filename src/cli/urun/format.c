// SPDX-License-Identifier: Apache-2.0
/*
 * format.c - see format.h
 */
#include "cli/urun/format.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/parse.h"
#include "cli/urun/template.h"
#include "sys/tty.h"

#define MIN_COLUMN  12
#define COLUMN_GAP  2
#define MAX_COLUMNS 64
#define TABLE	    "table "

/* --- columns --- */

/* Characters, not bytes. */
static size_t width_of(const char *text, size_t len)
{
	size_t n = 0;

	for (size_t i = 0; i < len; i++)
		n += ((unsigned char)text[i] & 0xc0) != 0x80;
	return n;
}

struct line {
	const char *cells[MAX_COLUMNS];
	size_t lens[MAX_COLUMNS];
	size_t n; /* cells; the last one ends the line, and is in no column */
};

struct lines {
	struct line *v;
	size_t n_v;
};

static void split_line(struct line *line, const char *text, size_t len)
{
	while (line->n < MAX_COLUMNS) {
		const char *tab =
			line->n + 1 < MAX_COLUMNS ? memchr(text, '\t', len) : NULL;
		size_t cell = tab ? (size_t)(tab - text) : len;

		line->cells[line->n] = text;
		line->lens[line->n++] = cell;
		if (!tab)
			return;
		text += cell + 1;
		len -= cell + 1;
	}
}

/* Lines in a row that have a column have it in the same width. */
static size_t column_width(const struct lines *lines, size_t line, size_t column)
{
	size_t first = line, width = MIN_COLUMN;

	while (first > 0 && lines->v[first - 1].n > column + 1)
		first--;
	for (size_t i = first; i < lines->n_v && lines->v[i].n > column + 1; i++)
		width = MAX(width, width_of(lines->v[i].cells[column],
					    lines->v[i].lens[column]) +
					   COLUMN_GAP);
	return width;
}

static char *put(char *to, const char *from, size_t len)
{
	memcpy(to, from, len);
	return to + len;
}

static char *put_line(char *to, const struct line *line, const size_t *widths)
{
	for (size_t k = 0; k < line->n; k++) {
		to = put(to, line->cells[k], line->lens[k]);
		if (k + 1 == line->n)
			break;
		for (size_t w = width_of(line->cells[k], line->lens[k]); w < widths[k];
		     w++)
			*to++ = ' ';
	}
	return to;
}

const char *format_align(const char *text, struct arena *a)
{
	struct lines lines = {0};
	size_t size = strlen(text) + 1;
	size_t(*widths)[MAX_COLUMNS];
	char *out, *to;

	if (!strchr(text, '\t'))
		return text;
	for (const char *c = text; *c;) {
		size_t len = strcspn(c, "\n");

		split_line(ARR_PUSH(a, &lines, v), c, len);
		c += len + (c[len] == '\n');
	}
	widths = arena_alloc(a, lines.n_v * sizeof(*widths));
	for (size_t i = 0; i < lines.n_v; i++)
		for (size_t k = 0; k + 1 < lines.v[i].n; k++) {
			bool is_same = i > 0 && lines.v[i - 1].n > k + 1;

			widths[i][k] =
				is_same ? widths[i - 1][k] : column_width(&lines, i, k);
			size += widths[i][k];
		}
	out = to = arena_alloc(a, size + lines.n_v);
	for (size_t i = 0; i < lines.n_v; i++) {
		to = put_line(to, &lines.v[i], widths[i]);
		*to++ = '\n';
	}
	*to = '\0';
	return out;
}

const char *format_escape(const char *text, struct arena *a)
{
	size_t size = strlen(text) * 4 + 1;
	char *out = arena_alloc(a, size), *to = out;

	for (;;) {
		size_t len = strcspn(text, "\n\t");

		text_escape(to, size - (size_t)(to - out), arena_strndup(a, text, len));
		to += strlen(to);
		if (!text[len])
			return out;
		*to++ = text[len];
		*to = '\0';
		text += len + 1;
	}
}

/* --- templates --- */

bool format_is_json(const char *text)
{
	return text && (strcmp(text, "json") == 0 || strcmp(text, "{{json .}}") == 0 ||
			strcmp(text, "{{ json . }}") == 0);
}

static bool is_table(const char *text)
{
	return strncmp(text, TABLE, strlen(TABLE)) == 0;
}

int format_check(const char *text, struct arena *a, struct err *err)
{
	const struct template *t;

	if (!text || format_is_json(text) || strcmp(text, "table") == 0)
		return 0;
	if (!text[0])
		return err_say(err, -EINVAL, "--format: an empty template");
	return template_parse(is_table(text) ? text + strlen(TABLE) : text, a, &t, err);
}

static const char *heading_of(const struct format *f, const char *field, struct arena *a)
{
	const struct format_heading *h = f->headings;
	char *text = arena_alloc(a, strlen(field) * 2 + 1), *to = text;

	for (; h && h->field; h++)
		if (strcmp(h->field, field) == 0)
			return h->heading;
	for (const char *c = field; *c; c++) {
		bool is_upper = *c >= 'A' && *c <= 'Z';

		/* "CreatedAt": CREATED AT */
		if (is_upper && c > field && c[-1] >= 'a' && c[-1] <= 'z')
			*to++ = ' ';
		*to++ = *c >= 'a' && *c <= 'z' ? (char)(*c - 'a' + 'A') : *c;
	}
	return text;
}

static struct json *headings(const struct format *f, const struct json *fields,
			     struct arena *a)
{
	struct json_at at = json_root(fields), item;
	struct json *row = json_new_object();

	for (size_t i = 0; i < json_count(&at); i++) {
		const char *field = json_member(&at, i, &item);

		json_put_str(row, field, heading_of(f, field, a));
	}
	return row;
}

static const char *run_row(const struct template *t, const struct format *f,
			   const struct json *row, struct arena *a, int *r,
			   struct err *err)
{
	struct template_data data = {row, f->maps};
	const char *text = "";
	size_t len;

	*r = template_run(t, &data, a, &text, err);
	len = strlen(text);
	return len > 0 && text[len - 1] == '\n' ? text : arena_printf(a, "%s\n", text);
}

/* The template with the names of the fields in their place. What it does besides is nothing that
 * names can be asked for: then there is no heading. */
static const char *run_headings(const struct template *t, const struct format *f,
				const struct json *rows, struct arena *a)
{
	struct json_at all = json_root(rows), first = json_index(&all, 0);
	_cleanup_json_ struct json *names = headings(f, first.value, a);
	const char *text;
	int r;

	text = run_row(t, f, names, a, &r, NULL);
	return r < 0 ? "" : text;
}

int format_rows(const struct format *f, const struct json *rows, struct arena *a,
		struct err *err)
{
	bool is_own = !f->text || strcmp(f->text, "table") == 0;
	const char *text = is_own ? f->own : f->text, *out;
	struct json_at all = json_root(rows);
	bool has_heading = is_own || is_table(text), is_safe;
	const struct template *t;
	struct strv parts = {0};
	char *whole, *to;
	size_t size = 1;
	int r = template_parse(is_table(text) ? text + strlen(TABLE) : text, a, &t, err);

	if (r < 0)
		return r;
	if (has_heading && !f->has_no_heading)
		strv_push(a, &parts, run_headings(t, f, rows, a));
	for (size_t i = 1; r == 0 && i < json_count(&all); i++) {
		struct json_at row = json_index(&all, i);

		strv_push(a, &parts, run_row(t, f, row.value, a, &r, err));
	}
	/* A mistake is one, though there is nothing to be listed. */
	if (r == 0 && json_count(&all) == 1) {
		struct json_at row = json_index(&all, 0);

		run_row(t, f, row.value, a, &r, err);
	}
	for (size_t i = 0; i < parts.n; i++)
		size += strlen(parts.v[i]);
	whole = to = arena_alloc(a, size);
	for (size_t i = 0; i < parts.n; i++)
		to = put(to, parts.v[i], strlen(parts.v[i]));
	is_safe = !has_heading && !tty_is(STDOUT_FILENO);
	out = format_align(is_safe ? whole : format_escape(whole, a), a);
	if (r == 0)
		fputs(out, stdout);
	return r;
}

/* --- options --- */

int format_set_format(void *options, const char *value, struct err *err)
{
	struct format_options *o = options;

	o->format = value;
	return format_check(value, &o->arena, err);
}

int format_set_filter(void *options, const char *value, struct err *err)
{
	struct format_options *o = options;

	(void)err;
	strv_push(&o->arena, &o->filters, value);
	return 0;
}

void format_put_pairs(struct json *o, const char *key, const struct strv *pairs,
		      struct arena *a)
{
	struct json *map = json_put_object(o, key);

	for (size_t i = 0; i < pairs->n; i++) {
		size_t len = strcspn(pairs->v[i], "=");

		json_put_str(map, arena_strndup(a, pairs->v[i], len),
			     pairs->v[i][len] ? pairs->v[i] + len + 1 : "");
	}
}

int format_set_order(const struct format_order *orders, const char *value,
		     const char **ret, struct err *err)
{
	char names[128] = "";

	for (const struct format_order *o = orders; o->name; o++) {
		size_t len = strlen(names);

		if (strcmp(o->name, value) == 0) {
			*ret = o->name;
			return 0;
		}
		snprintf(names + len, sizeof(names) - len, "%s%s",
			 len == 0    ? ""
			 : o[1].name ? ", "
				     : " or ",
			 o->name);
	}
	return err_say(err, -EINVAL, "'%s': %s", value, names);
}

void format_sort(const struct format_order *orders, const char *name, void *v, size_t n,
		 size_t size)
{
	while (name && orders->name && strcmp(orders->name, name) != 0)
		orders++;
	if (n > 0 && orders->name)
		qsort(v, n, size, orders->compare);
}

/* --- sizes and times --- */

const char *format_size(uint64_t bytes, struct arena *a)
{
	static const char *const units[] = {"B", "kB", "MB", "GB", "TB"};
	double value = (double)bytes;
	size_t unit = 0;

	for (; value >= 999.5 && unit + 1 < ARRAY_SIZE(units); unit++)
		value /= 1000;
	return unit == 0 ? arena_printf(a, "%.0f %s", value, units[unit])
			 : arena_printf(a, "%.3g %s", value, units[unit]);
}

/* @len digits of @text. */
static int digits(const char *text, size_t len, int max, int *ret)
{
	char copy[8];

	if (len >= sizeof(copy) || strnlen(text, len) < len ||
	    strspn(text, "0123456789") < len)
		return -EINVAL;
	memcpy(copy, text, len);
	copy[len] = '\0';
	return parse_int(copy, ret) < 0 || *ret > max ? -EINVAL : 0;
}

/* "Z", "+02:00" */
static int parse_zone(const char *text, int *ret_seconds)
{
	int hours, minutes;

	*ret_seconds = 0;
	if ((text[0] == 'Z' || text[0] == 'z') && !text[1])
		return 0;
	if ((text[0] != '+' && text[0] != '-') || strlen(text) != 6 || text[3] != ':' ||
	    digits(text + 1, 2, 23, &hours) < 0 || digits(text + 4, 2, 59, &minutes) < 0)
		return -EINVAL;
	*ret_seconds = (hours * 60 + minutes) * (text[0] == '-' ? -60 : 60);
	return 0;
}

int format_parse_exact(const char *text, struct timespec *ret)
{
	struct tm tm = {0};
	int offset;
	long ns = 0;

	if (!text || strlen(text) < 20 || text[4] != '-' || text[7] != '-' ||
	    (text[10] != 'T' && text[10] != 't') || text[13] != ':' || text[16] != ':' ||
	    digits(text, 4, 9999, &tm.tm_year) < 0 ||
	    digits(text + 5, 2, 12, &tm.tm_mon) < 0 ||
	    digits(text + 8, 2, 31, &tm.tm_mday) < 0 ||
	    digits(text + 11, 2, 23, &tm.tm_hour) < 0 ||
	    digits(text + 14, 2, 59, &tm.tm_min) < 0 ||
	    digits(text + 17, 2, 60, &tm.tm_sec) < 0)
		return -EINVAL;
	text += 19;
	if (*text == '.') {
		text++;
		for (long unit = 100000000; *text >= '0' && *text <= '9'; unit /= 10)
			ns += (*text++ - '0') * unit;
	}
	if (parse_zone(text, &offset) < 0)
		return -EINVAL;
	tm.tm_year -= 1900;
	tm.tm_mon -= 1;
	*ret = (struct timespec){.tv_sec = timegm(&tm) - offset, .tv_nsec = ns};
	return 0;
}

int format_parse_time(const char *text, time_t *ret)
{
	struct timespec t = {0};
	int r = format_parse_exact(text, &t);

	if (r == 0)
		*ret = t.tv_sec;
	return r;
}

int format_compare_times(const char *a, const char *b)
{
	struct timespec x = {0}, y = {0};
	bool has_x = format_parse_exact(a, &x) == 0,
	     has_y = format_parse_exact(b, &y) == 0;

	if (!has_x || !has_y)
		return has_x - has_y;
	if (x.tv_sec != y.tv_sec)
		return x.tv_sec < y.tv_sec ? -1 : 1;
	return (x.tv_nsec > y.tv_nsec) - (x.tv_nsec < y.tv_nsec);
}

const char *format_time(const char *rfc3339, struct arena *a)
{
	time_t t = 0;
	struct tm tm;
	char text[64];

	if (format_parse_time(rfc3339, &t) < 0 || !gmtime_r(&t, &tm))
		return "";
	strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S +0000 UTC", &tm);
	return arena_strdup(a, text);
}

/* @value without zeros at its end: "1.5", "20" */
static const char *short_decimal(double value, int places, struct arena *a)
{
	char *text = arena_printf(a, "%.*f", places, value), *end = text + strlen(text);

	while (places > 0 && end[-1] == '0')
		*--end = '\0';
	if (end[-1] == '.')
		end[-1] = '\0';
	return text;
}

const char *format_exact_duration(int64_t ns, struct arena *a)
{
	int64_t seconds = ns / 1000000000, rest = ns % 1000000000;
	const char *last;

	if (ns <= 0)
		return "0s";
	if (ns < 1000)
		return arena_printf(a, "%lldns", (long long)ns);
	if (ns < 1000000)
		return arena_printf(a, "%s\u00b5s",
				    short_decimal((double)ns / 1e3, 3, a));
	if (seconds == 0)
		return arena_printf(a, "%sms", short_decimal((double)ns / 1e6, 6, a));
	last = short_decimal((double)(seconds % 60) + (double)rest / 1e9, 9, a);
	if (seconds < 60)
		return arena_printf(a, "%ss", last);
	if (seconds < 3600)
		return arena_printf(a, "%lldm%ss", (long long)(seconds / 60), last);
	return arena_printf(a, "%lldh%lldm%ss", (long long)(seconds / 3600),
			    (long long)(seconds / 60 % 60), last);
}

const char *format_duration(time_t seconds, struct arena *a)
{
	static const struct {
		long long below, unit; /* seconds */
		const char *name;
	} steps[] = {
		{60, 1, "seconds"},
		{3600, 60, "minutes"},
		{48 * 3600, 3600, "hours"},
		{14 * 86400, 86400, "days"},
		{60 * 86400, 604800, "weeks"},
		{730 * 86400, 30 * 86400, "months"},
	};
	long long age = seconds;

	if (age < 1)
		return "Less than a second";
	if (age == 1)
		return "1 second";
	if (age >= 60 && age < 120)
		return "About a minute";
	if (age >= 3600 && age < 7200)
		return "About an hour";
	for (size_t i = 0; i < ARRAY_SIZE(steps); i++)
		if (age < steps[i].below)
			return arena_printf(a, "%lld %s", age / steps[i].unit,
					    steps[i].name);
	return arena_printf(a, "%lld years", age / (365LL * 86400));
}

const char *format_since(const char *rfc3339, time_t now, struct arena *a)
{
	time_t t = 0;

	if (format_parse_time(rfc3339, &t) < 0)
		return "";
	return arena_printf(a, "%s ago", format_duration(now - t, a));
}

/* --- filters --- */

int filters_read(const struct strv *texts, const char *const *known, struct arena *a,
		 struct filters *ret, struct err *err)
{
	for (size_t i = 0; i < texts->n; i++) {
		char *key = arena_strdup(a, texts->v[i]), *value = strchr(key, '=');
		const char *const *k = known;
		const char *names = "";

		if (!value || value == key)
			return err_say(err, -EINVAL, "--filter '%s': KEY=VALUE",
				       texts->v[i]);
		*value++ = '\0';
		for (; *k && strcmp(*k, key) != 0; k++)
			names = arena_printf(a, "%s %s", names, *k);
		if (!*k) {
			err_say(err, -EINVAL, "--filter: there is no filter '%s'", key);
			return err_hint(err, -EINVAL, "There are:%s", names);
		}
		*ARR_PUSH(a, ret, v) = (struct filter){.key = key, .value = value};
	}
	return 0;
}

bool filter_has_label(const struct strv *labels, const char *wanted)
{
	const char *equals = strchr(wanted, '=');
	size_t len = equals ? (size_t)(equals - wanted) : strlen(wanted);

	for (size_t i = 0; i < labels->n; i++)
		if (strncmp(labels->v[i], wanted, len) == 0 &&
		    (labels->v[i][len] == '=' || labels->v[i][len] == '\0') &&
		    (!equals || strcmp(labels->v[i], wanted) == 0))
			return true;
	return false;
}

bool filters_pass(const struct filters *f,
		  bool (*passes)(const void *thing, const struct filter *f),
		  const void *thing)
{
	for (size_t i = 0; i < f->n_v; i++) {
		bool is_fit = passes(thing, &f->v[i]);

		for (size_t k = 0; k < f->n_v && strncmp(f->v[i].key, "label", 5) != 0;
		     k++)
			is_fit |= strcmp(f->v[i].key, f->v[k].key) == 0 &&
				  passes(thing, &f->v[k]);
		if (!is_fit)
			return false;
	}
	return true;
}

/* "24h", "1h30m": before now. */
static int parse_age(const char *text, struct arena *a, time_t *ret_seconds)
{
	static const struct {
		char unit;
		time_t seconds;
	} units[] = {{'h', 3600}, {'m', 60}, {'s', 1}};
	time_t sum = 0;

	if (!text[0])
		return -EINVAL;
	while (*text) {
		size_t len = strspn(text, "0123456789"), i = 0;
		int n;

		while (i < ARRAY_SIZE(units) && units[i].unit != text[len])
			i++;
		if (i == ARRAY_SIZE(units) ||
		    parse_int(arena_strndup(a, text, len), &n) < 0)
			return -EINVAL;
		sum += n * units[i].seconds;
		text += len + 1;
	}
	*ret_seconds = sum;
	return 0;
}

int filter_read_until(const char *text, struct arena *a, time_t *ret, struct err *err)
{
	uint64_t stamp;
	time_t age;

	if (format_parse_time(text, ret) == 0)
		return 0;
	if (parse_u64(text, &stamp) == 0 && stamp <= INT64_MAX) {
		*ret = (time_t)stamp;
		return 0;
	}
	if (parse_age(text, a, &age) < 0)
		return err_say(err, -EINVAL,
			       "--filter until=%s: a time (2026-01-31T12:00:00Z, or "
			       "seconds since 1970), or how long ago (24h, 1h30m)",
			       text);
	*ret = time(NULL) - age;
	return 0;
}
