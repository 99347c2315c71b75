// SPDX-License-Identifier: Apache-2.0
/*
 * history.c - history: how an image came to be, the last step first
 */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "cli/urun/cmd.h"
#include "cli/urun/format.h"
#include "cli/urun/images.h"
#include "cli/urun/verb.h"

#define ID_LEN	12 /* of what is shown of an id */
#define BY_LEN	45 /* of what is shown of a command */
#define MISSING "<missing>"

struct history_options {
	struct format_options format; /* first: format_set_format() */
	bool is_quiet, no_trunc, is_raw;
};

static int set_quiet(void *target, const char *value, struct err *err)
{
	return options_bool(value, &((struct history_options *)target)->is_quiet, err);
}

static int set_no_trunc(void *target, const char *value, struct err *err)
{
	return options_bool(value, &((struct history_options *)target)->no_trunc, err);
}

static int set_human(void *target, const char *value, struct err *err)
{
	bool is_human = true;
	int r = options_bool(value, &is_human, err);

	((struct history_options *)target)->is_raw = !is_human;
	return r;
}

/* One step. Only the last one has an id of its own: the image's. */
struct step {
	const struct image_history *history;
	const char *id;
	uint64_t size;
	struct strv tags;
};

static void put_step(struct json *list, const struct step *s,
		     const struct history_options *o, struct arena *a)
{
	struct json *r = json_add_object(list);
	const char *created = s->history->created, *by = s->history->created_by;
	const char *since = format_since(created, time(NULL), a), *id = s->id;

	created = created ? created : "";
	by = by ? by : "";
	if (!o->no_trunc && strcmp(id, MISSING) != 0)
		id = arena_strndup(a, id, strnlen(id, ID_LEN));
	if (!o->no_trunc && strlen(by) > BY_LEN)
		by = arena_printf(a, "%.*s...", BY_LEN - 3, by);
	json_put_str(r, "ID", id);
	json_put_str(r, "Id", s->id);
	json_put_str(r, "Created", o->is_raw ? created : since);
	json_put_str(r, "CreatedAt", format_time(created, a));
	json_put_str(r, "CreatedSince", o->is_raw ? created : since);
	json_put_str(r, "CreatedBy", by);
	if (o->is_raw)
		json_put_int(r, "Size", (int64_t)s->size);
	else
		json_put_str(r, "Size", format_size(s->size, a));
	json_put_str(r, "Comment", s->history->comment ? s->history->comment : "");
	json_put_strv(r, "Tags", &s->tags);
}

static void put_json(struct json *list, const struct step *s)
{
	struct json *r = json_add_object(list);

	json_put_str(r, "id", s->id);
	json_put_str(r, "created", s->history->created);
	json_put_str(r, "Created", s->history->created);
	json_put_str(r, "CreatedBy", s->history->created_by);
	json_put_int(r, "size", (int64_t)s->size);
	json_put_str(r, "comment", s->history->comment);
	if (s->tags.n > 0)
		json_put_strv(r, "tags", &s->tags);
}

/* All names of the image, for its last step. */
static int read_tags(struct images *m, const struct store_entry *e, struct strv *ret,
		     struct err *err)
{
	struct store_entry *entries;
	size_t n = 0;
	int r = store_list(&m->store, m->arena, &entries, &n, err);

	for (size_t i = 0; i < n; i++)
		if (entries[i].name &&
		    digest_equal(&entries[i].manifest.digest, &e->manifest.digest))
			strv_push(m->arena, ret, entries[i].name);
	return r;
}

struct steps {
	struct step *v;
	size_t n_v;
};

static int read_steps(struct images *m, const char *word, struct steps *ret,
		      struct err *err)
{
	const struct platform p = platform_native();
	struct store_entry entry;
	struct store_image *image = arena_alloc(m->arena, sizeof(*image));
	struct strv tags = {0};
	size_t layer;
	int r = store_find(&m->store, word, m->arena, &entry, err);

	if (r == 0)
		r = store_read(&m->store, &entry, &p, m->arena, image, err);
	if (r == 0)
		r = read_tags(m, &entry, &tags, err);
	if (r < 0)
		return r;
	layer = image->manifest.n_layers;
	for (size_t i = image->config.n_history; i > 0; i--) {
		struct step s = {.history = &image->config.history[i - 1], .id = MISSING};

		if (!s.history->is_empty_layer && layer > 0)
			s.size = image->manifest.layers[--layer].size;
		if (ret->n_v == 0) {
			s.id = digest_hex(&image->manifest.config.digest);
			s.tags = tags;
		}
		*ARR_PUSH(m->arena, ret, v) = s;
	}
	return 0;
}

static int print_table(struct images *m, const struct history_options *o,
		       const struct steps *steps, struct err *err)
{
	static const struct format_heading headings[] = {
		{"ID", "ID"}, {"CreatedSince", "CREATED"}, {0}};
	static const struct image_history none = {0};
	static const struct step fields = {.history = &none, .id = ""};
	_cleanup_json_ struct json *doc = json_new_array();
	struct format f = {.text = o->format.format,
			   .own = "{{.ID}}\t{{.Created}}\t{{.CreatedBy}}\t{{.Size}}\t"
				  "{{.Comment}}",
			   .headings = headings};

	if (o->is_quiet && !f.text)
		f.text = "{{.ID}}";
	put_step(doc, &fields, o, m->arena);
	for (size_t i = 0; i < steps->n_v; i++)
		put_step(doc, &steps->v[i], o, m->arena);
	return format_rows(&f, doc, m->arena, err);
}

static int history(struct images *m, void *options, char **words, struct err *err)
{
	const struct history_options *o = options;
	struct steps steps = {0};
	struct json *doc;
	int r = read_steps(m, words[0], &steps, err);

	if (r < 0)
		return r;
	if (!format_is_json(o->format.format))
		return print_table(m, o, &steps, err);
	doc = json_new_array();
	for (size_t i = 0; i < steps.n_v; i++)
		put_json(doc, &steps.v[i]);
	return cmd_print_json(doc) ? -EIO : 0;
}

static const struct option history_options[] = {
	{"format", 0, "FORMAT", "json, table, or a template: {{.CreatedBy}}",
	 format_set_format},
	{"human", 'H', NULL,
	 "ages and sizes for people (the default); =false: times and bytes", set_human},
	{"no-trunc", 0, NULL, "show whole ids and commands", set_no_trunc},
	{"quiet", 'q', NULL, "print ids only", set_quiet},
	{0},
};

const struct verb verb_history = {
	{"history", "[OPTIONS] IMAGE", "How an image came to be, the last step first.",
	 history_options},
	1,
	1,
	history,
};

int cmd_history(int argc, char **argv)
{
	struct history_options o = {0};
	int code = verb_run(&verb_history, &o, argc, argv);

	arena_free(&o.format.arena);
	return code;
}
