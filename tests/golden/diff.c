// SPDX-License-Identifier: Apache-2.0
/*
 * diff.c - see diff.h
 *
 * By the longest common subsequence of lines, the textbook's way: a table of both
 * lengths.
 */
#include "diff.h"

#include <string.h>

#include "base/arena.h"

#define CONTEXT	  2u
#define MAX_TABLE (16u << 20)

/* One line of the edit script: ' ', '-' or '+'. */
struct edit {
	const char *text;
	size_t want, have; /* lines of each side before this one */
	char mark;
};

struct script {
	struct edit *edits;
	size_t n_edits;
};

static struct strv split(struct arena *a, const char *text)
{
	struct strv lines = {0};
	char *copy = arena_strdup(a, text ? text : ""), *line;

	if (!*copy)
		return lines;
	if (copy[strlen(copy) - 1] == '\n')
		copy[strlen(copy) - 1] = '\0';
	while ((line = strsep(&copy, "\n")))
		strv_push(a, &lines, line);
	return lines;
}

static void add(struct arena *a, struct script *s, char mark, const char *text,
		size_t want, size_t have)
{
	*ARR_PUSH(a, s, edits) = (struct edit){text, want, have, mark};
}

static struct script compare(struct arena *a, const struct strv *x, const struct strv *y)
{
	/* len[i][k]: of the subsequence that lines i.. and k.. have in common */
	size_t row = y->n + 1, i = 0, k = 0;
	unsigned int *len = arena_alloc(a, (x->n + 1) * row * sizeof(*len));
	struct script s = {0};

	for (i = x->n; i-- > 0;)
		for (k = y->n; k-- > 0;)
			len[i * row + k] = strcmp(x->v[i], y->v[k]) == 0
						   ? len[(i + 1) * row + k + 1] + 1
						   : MAX(len[(i + 1) * row + k],
							 len[i * row + k + 1]);
	for (i = k = 0; i < x->n || k < y->n;) {
		if (i < x->n && k < y->n && strcmp(x->v[i], y->v[k]) == 0) {
			add(a, &s, ' ', x->v[i], i, k);
			i++, k++;
		} else if (k == y->n ||
			   (i < x->n && len[(i + 1) * row + k] >= len[i * row + k + 1])) {
			add(a, &s, '-', x->v[i], i, k);
			i++;
		} else {
			add(a, &s, '+', y->v[k], i, k);
			k++;
		}
	}
	return s;
}

static bool is_near_change(const struct script *s, size_t at)
{
	size_t first = at > CONTEXT ? at - CONTEXT : 0;

	for (size_t i = first; i < s->n_edits && i <= at + CONTEXT; i++)
		if (s->edits[i].mark != ' ')
			return true;
	return false;
}

static void print_script(FILE *out, const char *prefix, const struct script *s)
{
	bool is_inside = false;

	for (size_t i = 0; i < s->n_edits; i++) {
		const struct edit *e = &s->edits[i];

		if (!is_near_change(s, i)) {
			is_inside = false;
			continue;
		}
		if (!is_inside)
			fprintf(out, "%s@@ -%zu +%zu @@\n", prefix, e->want + 1,
				e->have + 1);
		is_inside = true;
		fprintf(out, "%s%c%s\n", prefix, e->mark, e->text);
	}
}

void diff_print(FILE *out, const char *prefix, const char *name, const char *want,
		const char *have)
{
	_cleanup_arena_ struct arena a;
	struct script s;
	struct strv x, y;

	arena_init(&a, NULL, 0);
	x = split(&a, want);
	y = split(&a, have);
	fprintf(out, "%s--- %s%s\n", prefix, want ? "" : "no ", name);
	fprintf(out, "%s+++ %s%s, as it is\n", prefix, have ? "" : "no ", name);
	if ((x.n + 1) * (y.n + 1) > MAX_TABLE) {
		fprintf(out, "%s%zu and %zu lines: too long to be shown\n", prefix, x.n,
			y.n);
		return;
	}
	s = compare(&a, &x, &y);
	print_script(out, prefix, &s);
}
