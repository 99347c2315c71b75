// SPDX-License-Identifier: Apache-2.0
/*
 * list.c - images, ps: what is in the store, as tables, templates and JSON
 */
#include <fnmatch.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/parse.h"
#include "cli/urun/cmd.h"
#include "cli/urun/format.h"
#include "cli/urun/images.h"
#include "cli/urun/list.h"
#include "cli/urun/verb.h"
#include "sys/fd.h"

#define ID_LEN 12 /* of what is shown of an id */

struct list_options {
	bool is_all, is_quiet, no_trunc, want_digests, has_no_heading;
	const char *format;
	struct arena arena;
	struct strv filters;
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

static int set_format(void *target, const char *value, struct err *err)
{
	of(target)->format = value;
	return format_check(value, &of(target)->arena, err);
}

static int set_filter(void *target, const char *value, struct err *err)
{
	(void)err;
	strv_push(&of(target)->arena, &of(target)->filters, value);
	return 0;
}

static int run_verb(const struct verb *v, int argc, char **argv)
{
	struct list_options o = {0};
	int code = verb_run(v, &o, argc, argv);

	arena_free(&o.arena);
	return code;
}

static const char *const maps[] = {"Labels", NULL};

static void put_labels(struct json *row, const struct strv *labels, struct arena *a)
{
	struct json *o = json_put_object(row, "Labels");

	for (size_t i = 0; i < labels->n; i++) {
		size_t len = strcspn(labels->v[i], "=");

		json_put_str(o, arena_strndup(a, labels->v[i], len),
			     labels->v[i][len] ? labels->v[i] + len + 1 : "");
	}
}

static const char *shown_id(const char *hex, const struct list_options *o,
			    struct arena *a)
{
	return o->no_trunc ? hex : arena_strndup(a, hex, ID_LEN);
}

/* --- images --- */

struct row {
	const char *repository, *tag;
	struct store_image image;
	uint64_t size;
};

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

/* For templates, by the names that podman has. @row: NULL for the fields alone. */
static void put_image(struct json *list, const struct row *row,
		      const struct list_options *o, struct arena *a)
{
	static const char *const fields[] = {"ID",	"Id",		"Repository",
					     "Tag",	"Digest",	"CreatedAt",
					     "Created", "CreatedSince", "CreatedTime",
					     "Size",	"VirtualSize",	"Names",
					     "History"};
	struct json *r = json_add_object(list);
	const struct image_config *c;
	const char *hex, *size;

	if (!row) {
		for (size_t i = 0; i < ARRAY_SIZE(fields); i++)
			json_put_str(r, fields[i], "");
		json_put_object(r, "Labels");
		return;
	}
	c = &row->image.config;
	hex = digest_hex(&row->image.manifest.config.digest);
	size = format_size(row->size, a);
	json_put_str(r, "ID", shown_id(hex, o, a));
	json_put_str(r, "Repository", row->repository);
	json_put_str(r, "Tag", row->tag);
	json_put_str(r, "Digest", row->image.entry.manifest.digest.text);
	json_put_str(r, "CreatedAt", format_time(c->created, a));
	json_put_str(r, "CreatedTime", format_time(c->created, a));
	json_put_str(r, "Created", format_since(c->created, time(NULL), a));
	json_put_str(r, "CreatedSince", format_since(c->created, time(NULL), a));
	json_put_str(r, "Size", size);
	json_put_str(r, "VirtualSize", size);
	json_put_str(r, "Names", row->image.entry.name ? row->image.entry.name : "");
	json_put_str(r, "History", "");
	put_labels(r, &c->labels, a);
}

static void put_image_json(struct json *list, const struct row *row, struct arena *a)
{
	struct json *o = json_add_object(list), *names;

	json_put_str(o, "Id", digest_hex(&row->image.manifest.config.digest));
	json_put_str(o, "Digest", row->image.entry.manifest.digest.text);
	names = json_put_array(o, "Names");
	if (row->image.entry.name)
		json_add_str(names, row->image.entry.name);
	json_put_str(o, "Repository", row->repository);
	json_put_str(o, "Tag", row->tag);
	json_put_str(o, "CreatedAt", row->image.config.created);
	json_put_int(o, "Size", (int64_t)row->size);
	put_labels(o, &row->image.config.labels, a);
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

struct image_filter {
	const struct filter *filter;
	time_t than;	/* before, since */
	bool is_wanted; /* dangling */
};

static int read_image_filter(struct images *m, const struct filter *f,
			     struct image_filter *ret, struct err *err)
{
	struct store_entry entry;
	struct row row;
	int r;

	*ret = (struct image_filter){.filter = f};
	if (strcmp(f->key, "dangling") == 0)
		return parse_bool(f->value, &ret->is_wanted) < 0
			       ? err_say(err, -EINVAL,
					 "--filter dangling=%s: true or false", f->value)
			       : 0;
	if (strcmp(f->key, "before") != 0 && strcmp(f->key, "since") != 0)
		return 0;
	r = store_find(&m->store, f->value, m->arena, &entry, err);
	if (r < 0)
		return r;
	if (!make_row(m, &entry, &row) ||
	    format_parse_time(row.image.config.created, &ret->than) < 0)
		return err_say(err, -EINVAL,
			       "--filter %s=%s: the image does not say when it was made",
			       f->key, f->value);
	return 0;
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

static bool passes_image(const struct row *row, const struct image_filter *f)
{
	const char *key = f->filter->key, *value = f->filter->value;
	time_t made;

	if (strcmp(key, "dangling") == 0)
		return (row->image.entry.name == NULL) == f->is_wanted;
	if (strcmp(key, "label") == 0)
		return filter_has_label(&row->image.config.labels, value);
	if (strcmp(key, "reference") == 0)
		return matches_reference(row, value);
	if (format_parse_time(row->image.config.created, &made) < 0)
		return false;
	return key[0] == 'b' ? made < f->than : made > f->than;
}

/* All keys have to fit; of one key, any value, but all labels: podman-images(1). */
static bool passes_images(const struct row *row, const struct image_filter *f, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		bool is_fit = passes_image(row, &f[i]);

		for (size_t k = 0; k < n && strcmp(f[i].filter->key, "label") != 0; k++)
			is_fit |= strcmp(f[i].filter->key, f[k].filter->key) == 0 &&
				  passes_image(row, &f[k]);
		if (!is_fit)
			return false;
	}
	return true;
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

static int print_images(struct images *m, const struct list_options *o,
			const struct json *rows, struct err *err)
{
	static const struct format_heading headings[] = {
		{"ID", "IMAGE ID"}, {"CreatedSince", "CREATED"}, {0}};
	struct format f = {
		.text = o->format,
		.own = "{{.Repository}}\t{{.Tag}}\t{{.ID}}\t{{.CreatedSince}}\t"
		       "{{.Size}}",
		.headings = headings,
		.maps = maps,
		.has_no_heading = o->has_no_heading};

	if (o->want_digests)
		f.own = "{{.Repository}}\t{{.Tag}}\t{{.Digest}}\t{{.ID}}\t"
			"{{.CreatedSince}}\t{{.Size}}";
	if (o->is_quiet)
		f.text = "{{.ID}}";
	return format_rows(&f, rows, m->arena, err);
}

static int read_image_filters(struct images *m, const struct list_options *o,
			      struct image_filter **ret, size_t *ret_n, struct err *err)
{
	static const char *const known[] = {"before",	 "dangling", "label",
					    "reference", "since",    NULL};
	struct filters filters = {0};
	int r = filters_read(&o->filters, known, m->arena, &filters, err);

	*ret = arena_alloc(m->arena, (filters.n_v + 1) * sizeof(**ret));
	for (size_t i = 0; r == 0 && i < filters.n_v; i++)
		r = read_image_filter(m, &filters.v[i], &(*ret)[i], err);
	*ret_n = filters.n_v;
	return r;
}

static int list_images(struct images *m, void *options, char **words, struct err *err)
{
	struct list_options *o = options;
	bool is_json = format_is_json(o->format);
	_cleanup_json_ struct json *doc = json_new_array();
	struct image_filter *filters = NULL;
	struct store_entry *entries;
	size_t n, n_filters = 0;
	int r = read_image_filters(m, o, &filters, &n_filters, err);

	if (r == 0)
		r = store_list(&m->store, m->arena, &entries, &n, err);
	if (r < 0)
		return r;
	if (!is_json)
		put_image(doc, NULL, o, m->arena);
	for (size_t i = 0; i < n; i++) {
		struct row row;

		if (!make_row(m, &entries[i], &row) ||
		    (*words && !is_named(&row, *words)) ||
		    !passes_images(&row, filters, n_filters))
			continue;
		if (is_json)
			put_image_json(doc, &row, m->arena);
		else
			put_image(doc, &row, o, m->arena);
	}
	if (!is_json)
		return print_images(m, o, doc, err);
	n = (size_t)cmd_print_json(doc);
	doc = NULL;
	return n ? -EIO : 0;
}

static const struct option images_options[] = {
	{"all", 'a', NULL, "as podman has it: all that there are, which is the default",
	 set_all},
	{"digests", 0, NULL, "show the manifests' digests", set_digests},
	{"filter", 'f', "KEY=VALUE",
	 "only some: dangling=true, reference=PATTERN, label=KEY[=VALUE], before=IMAGE, "
	 "since=IMAGE",
	 set_filter},
	{"format", 0, "FORMAT", "json, table, or a template: {{.Repository}}:{{.Tag}}",
	 set_format},
	{"no-trunc", 0, NULL, "show whole ids", set_no_trunc},
	{"noheading", 'n', NULL, "no line of headings", set_noheading},
	{"quiet", 'q', NULL, "print ids only", set_quiet},
	{0},
};

const struct verb verb_images = {
	{"images", "[OPTIONS] [NAME]", "List the images in the store.", images_options},
	0,
	1,
	list_images,
};

int cmd_images(int argc, char **argv)
{
	return run_verb(&verb_images, argc, argv);
}

/* --- ps --- */

struct process_row {
	const struct container *container;
	const char *state, *status, *command;
	int code;
	struct strv labels;
};

void list_read_config(struct images *m, const struct container *c,
		      const char **ret_command, struct strv *ret_labels)
{
	_cleanup_json_ struct json *doc = NULL;
	_cleanup_fd_ int dir = fd_open(AT_FDCWD, container_path(&m->store, c, m->arena),
				       O_PATH | O_DIRECTORY);
	struct json_at root, process, args, notes, item;
	struct strv words = {0};
	char *text;
	size_t len;

	*ret_command = "";
	if (dir < 0 || container_read_config(dir, m->arena, &text, &len, NULL) < 0 ||
	    json_parse(text, len, &doc, NULL) < 0)
		return;
	root = json_root(doc);
	process = json_key(&root, "process");
	args = json_key(&process, "args");
	notes = json_key(&root, "annotations");
	json_read_strv(&args, m->arena, &words, NULL);
	for (size_t i = 0; i < words.n; i++)
		*ret_command = arena_printf(m->arena, "%s%s%s", *ret_command,
					    i > 0 ? " " : "", words.v[i]);
	for (size_t i = 0; i < json_count(&notes); i++) {
		const char *key = json_member(&notes, i, &item), *value = "";

		json_read_str(&item, m->arena, &value, NULL);
		strv_pushf(m->arena, ret_labels, "%s=%s", key, value);
	}
}

static void make_process_row(struct images *m, const struct container *c,
			     struct process_row *row)
{
	*row = (struct process_row){.container = c,
				    .code = container_exit_code(&m->store, c, m->arena)};
	if (container_is_held(&m->store, c, m->arena))
		row->state = row->status = "running";
	else if (row->code < 0)
		row->state = row->status = "created";
	else {
		row->state = "exited";
		row->status = arena_printf(m->arena, "exited (%d)", row->code);
	}
	list_read_config(m, c, &row->command, &row->labels);
}

static void put_process(struct json *list, const struct process_row *row,
			const struct list_options *o, struct arena *a)
{
	static const char *const fields[] = {"ID",	     "Id",	"Image",
					     "ImageID",	     "Command", "CreatedAt",
					     "CreatedHuman", "Created", "RunningFor",
					     "Status",	     "State",	"Names",
					     "ExitCode"};
	struct json *r = json_add_object(list);
	const struct container *c;
	const char *command;

	if (!row) {
		for (size_t i = 0; i < ARRAY_SIZE(fields); i++)
			json_put_str(r, fields[i], "");
		json_put_object(r, "Labels");
		return;
	}
	c = row->container;
	command = row->command;
	if (!o->no_trunc && strlen(command) > 20)
		command = arena_printf(a, "%.17s...", command);
	json_put_str(r, "ID", shown_id(c->id, o, a));
	json_put_str(r, "Image", c->image ? c->image : c->image_id.text);
	json_put_str(r, "ImageID", shown_id(digest_hex(&c->image_id), o, a));
	json_put_str(r, "Command", command);
	json_put_str(r, "CreatedAt", format_time(c->created, a));
	json_put_str(r, "Created", format_since(c->created, time(NULL), a));
	json_put_str(r, "CreatedHuman", format_since(c->created, time(NULL), a));
	json_put_str(r, "RunningFor", format_since(c->created, time(NULL), a));
	json_put_str(r, "Status", row->status);
	json_put_str(r, "State", row->state);
	json_put_str(r, "Names", c->name ? c->name : "");
	json_put_int(r, "ExitCode", row->code < 0 ? 0 : row->code);
	put_labels(r, &row->labels, a);
}

static void put_process_json(struct json *list, const struct process_row *row,
			     struct arena *a)
{
	const struct container *c = row->container;
	struct json *o = json_add_object(list), *names;

	json_put_str(o, "Id", c->id);
	json_put_str(o, "Image", c->image);
	json_put_str(o, "ImageID", digest_hex(&c->image_id));
	json_put_str(o, "CreatedAt", c->created);
	json_put_str(o, "State", row->state);
	json_put_str(o, "Status", row->status);
	names = json_put_array(o, "Names");
	if (c->name)
		json_add_str(names, c->name);
	put_labels(o, &row->labels, a);
}

/* An image by its id, its name, or the end of that. */
static bool is_made_of(const struct container *c, const char *word)
{
	const char *name = c->image ? c->image : "";
	size_t len = strlen(word), all = strlen(name);
	const char *colon = strrchr(name, ':'), *slash;

	if (len >= 3 && strncmp(digest_hex(&c->image_id), word, len) == 0)
		return true;
	if (!strchr(word, ':') && colon && !strchr(colon, '/'))
		all = (size_t)(colon - name);
	if (all < len || strncmp(name + all - len, word, len) != 0)
		return false;
	slash = name + all - len;
	return slash == name || slash[-1] == '/';
}

static bool passes_process(const struct process_row *row, const struct filter *f)
{
	const struct container *c = row->container;

	if (strcmp(f->key, "name") == 0)
		return c->name && strstr(c->name, f->value);
	if (strcmp(f->key, "id") == 0)
		return strncmp(c->id, f->value, strlen(f->value)) == 0;
	if (strcmp(f->key, "status") == 0)
		return strcmp(row->state, f->value) == 0;
	if (strcmp(f->key, "ancestor") == 0)
		return is_made_of(c, f->value);
	return filter_has_label(&row->labels, f->value);
}

static bool passes_processes(const struct process_row *row, const struct filters *f)
{
	for (size_t i = 0; i < f->n_v; i++) {
		bool is_fit = passes_process(row, &f->v[i]);

		for (size_t k = 0; k < f->n_v && strcmp(f->v[i].key, "label") != 0; k++)
			is_fit |= strcmp(f->v[i].key, f->v[k].key) == 0 &&
				  passes_process(row, &f->v[k]);
		if (!is_fit)
			return false;
	}
	return true;
}

static int read_process_filters(const struct list_options *o, struct arena *a,
				struct filters *ret, bool *ret_has_status,
				struct err *err)
{
	static const char *const known[] = {"ancestor", "id",	  "label",
					    "name",	"status", NULL};
	static const char *const states[] = {"created", "exited", "running"};
	int r = filters_read(&o->filters, known, a, ret, err);

	for (size_t i = 0; r == 0 && i < ret->n_v; i++) {
		bool is_known = strcmp(ret->v[i].key, "status") != 0;

		*ret_has_status |= !is_known;
		for (size_t k = 0; k < ARRAY_SIZE(states); k++)
			is_known |= strcmp(ret->v[i].value, states[k]) == 0;
		if (!is_known)
			r = err_say(err, -EINVAL,
				    "--filter status=%s: created, exited or running",
				    ret->v[i].value);
	}
	return r;
}

static int print_processes(struct images *m, const struct list_options *o,
			   const struct json *rows, struct err *err)
{
	static const struct format_heading headings[] = {{"ID", "CONTAINER ID"},
							 {"ImageID", "IMAGE ID"},
							 {"RunningFor", "CREATED"},
							 {0}};
	struct format f = {.text = o->is_quiet ? "{{.ID}}" : o->format,
			   .own = "{{.ID}}\t{{.Image}}\t{{.Command}}\t{{.RunningFor}}\t"
				  "{{.Status}}\t{{.Names}}",
			   .headings = headings,
			   .maps = maps,
			   .has_no_heading = o->has_no_heading};

	return format_rows(&f, rows, m->arena, err);
}

static int ps(struct images *m, void *options, char **words, struct err *err)
{
	const struct list_options *o = options;
	bool is_json = format_is_json(o->format), has_status = false;
	_cleanup_json_ struct json *doc = json_new_array();
	struct filters filters = {0};
	struct container *v;
	size_t n;
	int r = read_process_filters(o, m->arena, &filters, &has_status, err);

	(void)words;
	if (r == 0)
		r = container_list(&m->store, m->arena, &v, &n, err);
	if (r < 0)
		return r;
	if (!is_json)
		put_process(doc, NULL, o, m->arena);
	for (size_t i = 0; i < n; i++) {
		struct process_row row;

		make_process_row(m, &v[i], &row);
		if ((!o->is_all && !has_status && strcmp(row.state, "running") != 0) ||
		    !passes_processes(&row, &filters))
			continue;
		if (is_json)
			put_process_json(doc, &row, m->arena);
		else
			put_process(doc, &row, o, m->arena);
	}
	if (!is_json)
		return print_processes(m, o, doc, err);
	r = cmd_print_json(doc);
	doc = NULL;
	return r ? -EIO : 0;
}

static const struct option ps_options[] = {
	{"all", 'a', NULL, "those that do not run as well", set_all},
	{"filter", 'f', "KEY=VALUE",
	 "only some: name=PART, id=BEGINNING, status=running, ancestor=IMAGE, "
	 "label=KEY[=VALUE]",
	 set_filter},
	{"format", 0, "FORMAT", "json, table, or a template: {{.ID}} {{.Names}}",
	 set_format},
	{"no-trunc", 0, NULL, "show whole ids and commands", set_no_trunc},
	{"noheading", 0, NULL, "no line of headings", set_noheading},
	{"quiet", 'q', NULL, "print ids only", set_quiet},
	{0},
};

const struct verb verb_ps = {
	{"ps", "[OPTIONS]",
	 "List containers of images: those that run, or all that are kept.", ps_options},
	0,
	0,
	ps,
};

int cmd_ps(int argc, char **argv)
{
	return run_verb(&verb_ps, argc, argv);
}
