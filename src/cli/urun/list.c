// SPDX-License-Identifier: Apache-2.0
/*
 * list.c - images: what is in the store, as a table, by a template, or as JSON
 */
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/parse.h"
#include "cli/urun/cmd.h"
#include "cli/urun/format.h"
#include "cli/urun/images.h"
#include "cli/urun/verb.h"

#define ID_LEN 12 /* of what is shown of an id */

struct list_options {
	struct format_options format; /* first: format_set_format() and others */
	bool is_all, is_quiet, no_trunc, want_digests, has_no_heading;
	const char *sort;
};

static struct list_options *of(void *target)
{
	return target;
}

#define SET_BOOL(name, field)                                             \
	static int name(void *target, const char *value, struct err *err) \
	{                                                                 \
		return options_bool(value, &of(target)->field, err);      \
	}

SET_BOOL(set_all, is_all)
SET_BOOL(set_quiet, is_quiet)
SET_BOOL(set_no_trunc, no_trunc)
SET_BOOL(set_digests, want_digests)
SET_BOOL(set_noheading, has_no_heading)

/* One name of an image, or an image without any. */
struct row {
	const char *repository, *tag;
	struct store_image image;
	uint64_t size;
	struct strv names, digests; /* of the image; its own name first */
	size_t n_containers;
	size_t place; /* in the store */
};

struct rows {
	struct row *v;
	size_t n_v;
};

/* --- reading --- */

static uint64_t size_of(const struct store_image *i)
{
	uint64_t sum = i->manifest.config.size;

	for (size_t k = 0; k < i->manifest.n_layers; k++)
		sum += i->manifest.layers[k].size;
	return sum;
}

/* "docker.io/library/debian:12" in two parts. */
static void split_name(const char *name, struct arena *a, struct row *row)
{
	const char *colon = name ? strrchr(name, ':') : NULL;

	row->repository = name ? name : "<none>";
	row->tag = "<none>";
	if (!colon || strchr(colon, '/'))
		return;
	row->repository = arena_strndup(a, name, (size_t)(colon - name));
	row->tag = colon + 1;
}

/* An image that cannot be read is told of, and the others are listed. */
static bool make_row(struct images *m, const struct store_entry *e, struct row *row)
{
	const struct platform p = platform_native();
	struct err err = {0};

	*row = (struct row){0};
	if (store_read(&m->store, e, &p, m->arena, &row->image, &err) < 0) {
		cmd_note(err.message);
		return false;
	}
	/* of an index, what the name leads to */
	row->image.entry.manifest = e->manifest;
	row->size = size_of(&row->image);
	split_name(e->name, m->arena, row);
	return true;
}

static void add_name(struct row *row, const struct row *other, struct arena *a)
{
	const char *digest;

	if (!other->image.entry.name)
		return;
	digest = arena_printf(a, "%s@%s", other->repository,
			      other->image.entry.manifest.digest.text);
	strv_push(a, &row->names, other->image.entry.name);
	if (!strv_has(&row->digests, digest))
		strv_push(a, &row->digests, digest);
}

/* What can be said only when all are known. */
static int relate(struct images *m, struct rows *rows, struct err *err)
{
	struct container *c;
	size_t n = 0;
	int r = container_list(&m->store, m->arena, &c, &n, err);

	for (size_t i = 0; i < rows->n_v; i++) {
		struct row *row = &rows->v[i];
		const struct digest *id = &row->image.manifest.config.digest;

		add_name(row, row, m->arena);
		for (size_t k = 0; k < rows->n_v; k++)
			if (k != i &&
			    digest_equal(&rows->v[k].image.entry.manifest.digest,
					 &row->image.entry.manifest.digest))
				add_name(row, &rows->v[k], m->arena);
		for (size_t k = 0; k < n; k++)
			row->n_containers += digest_equal(&c[k].image_id, id);
	}
	return r;
}

/* --- filters --- */

struct image_filter {
	time_t than;	/* before, since, until */
	bool is_wanted; /* containers, dangling, readonly */
};

static int read_other(struct images *m, const struct filter *f, time_t *ret,
		      struct err *err)
{
	struct store_entry entry;
	struct row row;
	int r = store_find(&m->store, f->value, m->arena, &entry, err);

	if (r < 0)
		return r;
	if (!make_row(m, &entry, &row) ||
	    format_parse_time(row.image.config.created, ret) < 0)
		return err_say(err, -EINVAL,
			       "--filter %s=%s: the image does not say when it was made",
			       f->key, f->value);
	return 0;
}

static int read_bool(const struct filter *f, bool *ret, struct err *err)
{
	return parse_bool(f->value, ret) < 0
		       ? err_say(err, -EINVAL, "--filter %s=%s: true or false", f->key,
				 f->value)
		       : 0;
}

static bool is_one_of(const char *key, const char *const *keys)
{
	while (*keys && strcmp(*keys, key) != 0)
		keys++;
	return *keys != NULL;
}

static int read_filter(struct images *m, struct filter *f, struct err *err)
{
	static const char *const bools[] = {"containers", "dangling", "readonly", NULL};
	static const char *const others[] = {"after", "before", "since", NULL};
	struct image_filter *data = arena_alloc(m->arena, sizeof(*data));

	*data = (struct image_filter){0};
	f->data = data;
	if (is_one_of(f->key, bools))
		return read_bool(f, &data->is_wanted, err);
	if (is_one_of(f->key, others))
		return read_other(m, f, &data->than, err);
	if (strcmp(f->key, "until") == 0)
		return filter_read_until(f->value, m->arena, &data->than, err);
	return 0;
}

static int read_filters(struct images *m, const struct list_options *o,
			struct filters *ret, struct err *err)
{
	static const char *const known[] = {"after",	"before",   "containers",
					    "dangling", "id",	    "label",
					    "label!",	"readonly", "reference",
					    "since",	"until",    NULL};
	int r = filters_read(&o->format.filters, known, m->arena, ret, err);

	for (size_t i = 0; r == 0 && i < ret->n_v; i++)
		r = read_filter(m, &ret->v[i], err);
	return r;
}

static bool matches_reference(const struct row *row, const char *pattern)
{
	const char *name = row->image.entry.name, *last, *last_repository;

	if (!name)
		return false;
	last = strrchr(name, '/');
	last_repository = strrchr(row->repository, '/');
	return fnmatch(pattern, name, FNM_PATHNAME) == 0 ||
	       fnmatch(pattern, row->repository, FNM_PATHNAME) == 0 ||
	       (last && fnmatch(pattern, last + 1, FNM_PATHNAME) == 0) ||
	       (last_repository &&
		fnmatch(pattern, last_repository + 1, FNM_PATHNAME) == 0);
}

static bool has_id(const struct row *row, const char *digits)
{
	if (strncmp(digits, "sha256:", 7) == 0)
		digits += 7;
	return *digits && strncmp(digest_hex(&row->image.manifest.config.digest), digits,
				  strlen(digits)) == 0;
}

static bool passes(const void *thing, const struct filter *f)
{
	const struct row *row = thing;
	const struct image_filter *data = f->data;
	const char *key = f->key;
	time_t made;

	if (strcmp(key, "dangling") == 0)
		return (row->image.entry.name == NULL) == data->is_wanted;
	if (strcmp(key, "containers") == 0)
		return (row->n_containers > 0) == data->is_wanted;
	if (strcmp(key, "readonly") == 0)
		return !data->is_wanted; /* all in the store can be removed */
	if (strcmp(key, "id") == 0)
		return has_id(row, f->value);
	if (strncmp(key, "label", 5) == 0)
		return filter_has_label(&row->image.config.labels, f->value) == !key[5];
	if (strcmp(key, "reference") == 0)
		return matches_reference(row, f->value);
	if (format_parse_time(row->image.config.created, &made) < 0)
		return false;
	/* before, until; after, since */
	return key[0] == 'b' || key[0] == 'u' ? made < data->than : made > data->than;
}

static bool is_named(const struct row *row, const char *word)
{
	size_t len = strlen(word), all = strlen(row->repository);

	if (strcmp(word, row->repository) == 0 ||
	    (row->image.entry.name && strcmp(word, row->image.entry.name) == 0))
		return true;
	return all > len && row->repository[all - len - 1] == '/' &&
	       strcmp(row->repository + all - len, word) == 0;
}

/* --- order --- */

static int by_place(const void *a, const void *b)
{
	const struct row *x = a, *y = b;

	return (x->place > y->place) - (x->place < y->place);
}

/* The last one first. */
static int by_created(const void *a, const void *b)
{
	const struct row *x = a, *y = b;
	int r = format_compare_times(y->image.config.created, x->image.config.created);

	return r != 0 ? r : by_place(a, b);
}

static int by_id(const void *a, const void *b)
{
	const struct row *x = a, *y = b;
	int r = strcmp(x->image.manifest.config.digest.text,
		       y->image.manifest.config.digest.text);

	return r != 0 ? r : by_place(a, b);
}

static int by_repository(const void *a, const void *b)
{
	const struct row *x = a, *y = b;
	int r = strcmp(x->repository, y->repository);

	return r != 0 ? r : by_created(a, b);
}

static int by_tag(const void *a, const void *b)
{
	const struct row *x = a, *y = b;
	int r = strcmp(x->tag, y->tag);

	return r != 0 ? r : by_created(a, b);
}

static int by_size(const void *a, const void *b)
{
	const struct row *x = a, *y = b;

	return x->size != y->size ? (x->size > y->size) - (x->size < y->size)
				  : by_created(a, b);
}

static const struct format_order orders[] = {
	{"created", by_created}, {"id", by_id},	  {"repository", by_repository},
	{"size", by_size},	 {"tag", by_tag}, {0},
};

static int set_sort(void *target, const char *value, struct err *err)
{
	return format_set_order(orders, value, &of(target)->sort, err);
}

/* --- printing --- */

/* For templates, by the names that podman has. */
static void put_row(struct json *list, const struct row *row,
		    const struct list_options *o, struct arena *a)
{
	struct json *r = json_add_object(list);
	const struct image_config *c = &row->image.config;
	const char *hex = digest_hex(&row->image.manifest.config.digest);
	const char *since = format_since(c->created, time(NULL), a);

	json_put_str(r, "ID",
		     o->no_trunc ? row->image.manifest.config.digest.text
				 : arena_strndup(a, hex, strnlen(hex, ID_LEN)));
	json_put_str(r, "Id", hex);
	json_put_str(r, "Repository", row->repository);
	json_put_str(r, "Tag", row->tag);
	json_put_str(r, "Digest", row->image.entry.manifest.digest.text);
	json_put_str(r, "CreatedAt", format_time(c->created, a));
	json_put_str(r, "CreatedTime", format_time(c->created, a));
	json_put_str(r, "Created", since);
	json_put_str(r, "CreatedSince", since);
	json_put_str(r, "Size", format_size(row->size, a));
	json_put_int(r, "VirtualSize", (int64_t)row->size);
	json_put_strv(r, "Names", &row->names);
	json_put_strv(r, "RepoTags", &row->names);
	json_put_strv(r, "RepoDigests", &row->digests);
	json_put_int(r, "Containers", (int64_t)row->n_containers);
	json_put_bool(r, "Dangling", !row->image.entry.name);
	json_put_bool(r, "ReadOnly", false);
	format_put_pairs(r, "Labels", &c->labels, a);
}

static void put_json(struct json *list, const struct row *row, struct arena *a)
{
	struct json *o = json_add_object(list);
	const char *created = row->image.config.created;
	time_t made;

	json_put_str(o, "Id", digest_hex(&row->image.manifest.config.digest));
	json_put_str(o, "ParentId", "");
	json_put_strv(o, "RepoTags", &row->names);
	json_put_strv(o, "RepoDigests", &row->digests);
	json_put_int(o, "Size", (int64_t)row->size);
	json_put_int(o, "SharedSize", 0);
	json_put_int(o, "VirtualSize", (int64_t)row->size);
	format_put_pairs(o, "Labels", &row->image.config.labels, a);
	json_put_int(o, "Containers", (int64_t)row->n_containers);
	if (!row->image.entry.name)
		json_put_bool(o, "Dangling", true);
	json_put_strv(o, "Names", &row->names);
	json_put_str(o, "Digest", row->image.entry.manifest.digest.text);
	if (format_parse_time(created, &made) == 0)
		json_put_int(o, "Created", (int64_t)made);
	json_put_str(o, "CreatedAt", created);
	json_put_str(o, "Repository", row->repository);
	json_put_str(o, "Tag", row->tag);
}

/* Each id once, though an image may have several names. */
static void print_ids(const struct rows *rows, const struct list_options *o,
		      struct arena *a)
{
	struct strv seen = {0};

	for (size_t i = 0; i < rows->n_v; i++) {
		const struct digest *id = &rows->v[i].image.manifest.config.digest;

		if (strv_has(&seen, id->text))
			continue;
		strv_push(a, &seen, id->text);
		if (o->no_trunc)
			printf("%s\n", id->text);
		else
			printf("%.*s\n", ID_LEN, digest_hex(id));
	}
}

static int print_table(struct images *m, const struct list_options *o,
		       const struct rows *rows, struct err *err)
{
	static const struct format_heading headings[] = {
		{"ID", "IMAGE ID"}, {"CreatedSince", "CREATED"}, {0}};
	static const char *const maps[] = {"Labels", NULL};
	static const struct row fields = {.repository = "", .tag = ""};
	_cleanup_json_ struct json *doc = json_new_array();
	struct format f = {
		.text = o->format.format,
		.own = "{{.Repository}}\t{{.Tag}}\t{{.ID}}\t{{.CreatedSince}}\t"
		       "{{.Size}}",
		.headings = headings,
		.maps = maps,
		.has_no_heading = o->has_no_heading};

	if (o->want_digests)
		f.own = "{{.Repository}}\t{{.Tag}}\t{{.Digest}}\t{{.ID}}\t"
			"{{.CreatedSince}}\t{{.Size}}";
	put_row(doc, &fields, o, m->arena);
	for (size_t i = 0; i < rows->n_v; i++)
		put_row(doc, &rows->v[i], o, m->arena);
	return format_rows(&f, doc, m->arena, err);
}

static int print_json(struct images *m, const struct rows *rows)
{
	struct json *doc = json_new_array();

	for (size_t i = 0; i < rows->n_v; i++)
		put_json(doc, &rows->v[i], m->arena);
	return cmd_print_json(doc) ? -EIO : 0;
}

/* --- the verb --- */

static int read_all(struct images *m, struct rows *ret, struct err *err)
{
	struct store_entry *entries;
	size_t n = 0;
	int r = store_list(&m->store, m->arena, &entries, &n, err);

	for (size_t i = 0; r == 0 && i < n; i++) {
		struct row row;

		if (!make_row(m, &entries[i], &row))
			continue;
		row.place = i;
		*ARR_PUSH(m->arena, ret, v) = row;
	}
	return r < 0 ? r : relate(m, ret, err);
}

static int list_images(struct images *m, void *options, char **words, struct err *err)
{
	const struct list_options *o = options;
	struct filters filters = {0};
	struct rows all = {0}, rows = {0};
	int r = read_filters(m, o, &filters, err);

	if (r == 0)
		r = read_all(m, &all, err);
	if (r < 0)
		return r;
	for (size_t i = 0; i < all.n_v; i++)
		if ((!*words || is_named(&all.v[i], *words) ||
		     matches_reference(&all.v[i], *words)) &&
		    filters_pass(&filters, passes, &all.v[i]))
			*ARR_PUSH(m->arena, &rows, v) = all.v[i];
	format_sort(orders, o->sort, rows.v, rows.n_v, sizeof(*rows.v));
	if (format_is_json(o->format.format))
		return print_json(m, &rows);
	if (!o->is_quiet)
		return print_table(m, o, &rows, err);
	print_ids(&rows, o, m->arena);
	return 0;
}

static const struct option images_options[] = {
	{"all", 'a', NULL, "as podman has it: all that there are, which is the default",
	 set_all},
	{"digests", 0, NULL, "show the manifests' digests", set_digests},
	{"filter", 'f', "KEY=VALUE",
	 "only some: dangling=true, containers=true, reference=PATTERN, id=DIGITS, "
	 "label=KEY[=VALUE], label!=KEY[=VALUE], before=IMAGE, since=IMAGE, "
	 "until=24h, readonly=false",
	 format_set_filter},
	{"format", 0, "FORMAT", "json, table, or a template: {{.Repository}}:{{.Tag}}",
	 format_set_format},
	{"no-trunc", 0, NULL, "show whole ids", set_no_trunc},
	{"noheading", 'n', NULL, "no line of headings", set_noheading},
	{"quiet", 'q', NULL, "print ids only", set_quiet},
	{"sort", 0, "FIELD",
	 "by created, the last first (the default), id, repository, size or tag",
	 set_sort},
	{0},
};

const struct verb verb_images = {
	{"images", "[OPTIONS] [NAME]",
	 "List the images in the store; NAME may be a pattern: 'deb*'.", images_options},
	0,
	1,
	list_images,
};

int cmd_images(int argc, char **argv)
{
	struct list_options o = {0};
	int code = verb_run(&verb_images, &o, argc, argv);

	arena_free(&o.format.arena);
	return code;
}
