// SPDX-License-Identifier: Apache-2.0
/*
 * search.c - search: what registries have
 */
#include <stdio.h>
#include <string.h>

#include "base/parse.h"
#include "cli/urun/cmd.h"
#include "cli/urun/format.h"
#include "cli/urun/images.h"
#include "cli/urun/registry_options.h"
#include "cli/urun/verb.h"

#define MAX_FOUND	100   /* of one registry, as podman has it */
#define MAX_TAGS	10000 /* what a helper's answer has room for */
#define MAX_DESCRIPTION 44    /* characters, as podman has it */

struct search_options {
	struct registry_options registry;
	const char *format;
	struct arena arena;
	struct strv filters;
	uint32_t limit;
	bool want_tags, no_trunc, is_compatible;
};

static struct search_options *of(void *target)
{
	return target;
}

#define SET_BOOL(name, field)                                             \
	static int name(void *target, const char *value, struct err *err) \
	{                                                                 \
		return options_bool(value, &of(target)->field, err);      \
	}

SET_BOOL(set_tags, want_tags)
SET_BOOL(set_no_trunc, no_trunc)
SET_BOOL(set_compatible, is_compatible)

FORMAT_SETTERS(struct search_options)

static int set_limit(void *target, const char *value, struct err *err)
{
	if (parse_u32(value, &of(target)->limit) < 0)
		return err_say(err, -EINVAL, "'%s': a number", value);
	return 0;
}

static int check_limit(const struct search_options *o, struct err *err)
{
	uint32_t max = o->want_tags ? MAX_TAGS : MAX_FOUND;

	return o->limit <= max ? 0
			       : err_say(err, -EINVAL, "--limit %u: at most %u%s",
					 o->limit, max, o->want_tags ? " tags" : "");
}

/* --- what was found --- */

struct row {
	const char *index, *name, *description, *tag;
	uint32_t stars;
	bool is_official, is_automated;
};

static int read_row(const struct json_at *at, struct arena *a, struct row *ret,
		    struct err *err)
{
	const struct {
		const char *key, **to;
	} texts[] = {{"Index", &ret->index},
		     {"Name", &ret->name},
		     {"Description", &ret->description},
		     {"Tag", &ret->tag}};
	struct json_at stars = json_key(at, "Stars"), official = json_key(at, "Official"),
		       automated = json_key(at, "Automated");
	int r = 0;

	*ret = (struct row){.index = "", .name = "", .description = "", .tag = ""};
	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(texts); i++) {
		struct json_at text = json_key(at, texts[i].key);

		r = json_read_str(&text, a, texts[i].to, err);
	}
	if (r == 0)
		r = json_read_u32(&stars, UINT32_MAX, &ret->stars, err);
	if (r == 0)
		r = json_read_bool(&official, &ret->is_official, err);
	return r < 0 ? r : json_read_bool(&automated, &ret->is_automated, err);
}

/* On one line; and as podman has it no longer than fits. */
static const char *short_text(const char *text, bool no_trunc, struct arena *a)
{
	char *line = arena_strdup(a, text);
	size_t n = 0;

	for (char *c = line; *c; c++) {
		bool is_start = ((unsigned char)*c & 0xc0) != 0x80;

		if (*c == '\n' || *c == '\t' || *c == '\r')
			*c = ' ';
		if (is_start && n++ == MAX_DESCRIPTION && !no_trunc)
			return arena_printf(a, "%.*s...", (int)(c - line), line);
	}
	return line;
}

/* --- filters --- */

struct wanted {
	uint32_t stars;
	/* -1: either */
	int is_official, is_automated;
};

static int read_flag(const struct filter *f, int *ret, struct err *err)
{
	bool value;

	if (parse_bool(f->value, &value) < 0)
		return err_say(err, -EINVAL, "--filter %s=%s: true or false", f->key,
			       f->value);
	*ret = value;
	return 0;
}

static int read_filters(const struct search_options *o, struct arena *a,
			struct wanted *ret, struct err *err)
{
	static const char *const known[] = {"is-automated", "is-official", "stars", NULL};
	struct filters filters = {0};
	int r = filters_read(&o->filters, known, a, &filters, err);

	*ret = (struct wanted){.is_official = -1, .is_automated = -1};
	if (r == 0 && filters.n_v > 0 && o->want_tags)
		r = err_say(err, -EINVAL, "--filter: not with --list-tags");
	for (size_t i = 0; r == 0 && i < filters.n_v; i++) {
		const struct filter *f = &filters.v[i];

		if (strcmp(f->key, "is-official") == 0)
			r = read_flag(f, &ret->is_official, err);
		else if (strcmp(f->key, "is-automated") == 0)
			r = read_flag(f, &ret->is_automated, err);
		else if (parse_u32(f->value, &ret->stars) < 0)
			r = err_say(err, -EINVAL, "--filter stars=%s: a number",
				    f->value);
	}
	return r;
}

static bool is_wanted(const struct wanted *w, const struct row *row)
{
	return row->stars >= w->stars &&
	       (w->is_official < 0 || w->is_official == row->is_official) &&
	       (w->is_automated < 0 || w->is_automated == row->is_automated);
}

/* --- printing --- */

/* By the names that podman has. @row: NULL for the fields alone. */
static void put_row(struct json *list, const struct row *row,
		    const struct search_options *o, struct arena *a)
{
	static const struct row nothing = {"", "", "", "", 0, false, false};
	struct json *r = json_add_object(list);

	if (!row)
		row = &nothing;
	json_put_str(r, "Index", row->index);
	json_put_str(r, "Name", row->name);
	json_put_str(r, "Description", short_text(row->description, o->no_trunc, a));
	json_put_int(r, "Stars", row->stars);
	json_put_str(r, "Official", row->is_official ? "[OK]" : "");
	json_put_str(r, "Automated", row->is_automated ? "[OK]" : "");
	json_put_str(r, "Tag", row->tag);
}

/* {"Name": ..., "Tags": [...]} for each repository. */
static void put_tags(struct json *list, const struct row *row, const char **name,
		     struct json **tags)
{
	if (!*name || strcmp(*name, row->name) != 0) {
		struct json *o = json_add_object(list);

		*name = row->name;
		json_put_str(o, "Name", row->name);
		*tags = json_put_array(o, "Tags");
	}
	json_add_str(*tags, row->tag);
}

static void put_found(struct json *list, const struct row *row)
{
	struct json *o = json_add_object(list);

	json_put_str(o, "Index", row->index);
	json_put_str(o, "Name", row->name);
	json_put_str(o, "Description", row->description);
	json_put_int(o, "Stars", row->stars);
	json_put_str(o, "Official", row->is_official ? "[OK]" : "");
	json_put_str(o, "Automated", row->is_automated ? "[OK]" : "");
	json_put_str(o, "Tag", "");
}

static int print_json(const struct search_options *o, const struct row *rows, size_t n)
{
	struct json *list = json_new_array(), *tags = NULL;
	const char *name = NULL;

	for (size_t i = 0; i < n; i++) {
		if (o->want_tags)
			put_tags(list, &rows[i], &name, &tags);
		else
			put_found(list, &rows[i]);
	}
	return cmd_print_json(list) == 0 ? 0 : -ECANCELED;
}

static int print_rows(const struct search_options *o, const struct row *rows, size_t n,
		      struct arena *a, struct err *err)
{
	_cleanup_json_ struct json *list = json_new_array();
	const char *own = o->want_tags	     ? "{{.Name}}\t{{.Tag}}"
			  : o->is_compatible ? "{{.Name}}\t{{.Description}}\t{{.Stars}}\t"
					       "{{.Official}}\t{{.Automated}}"
					     : "{{.Name}}\t{{.Description}}";
	const struct format f = {.text = o->format, .own = own};

	put_row(list, NULL, o, a);
	for (size_t i = 0; i < n; i++)
		put_row(list, &rows[i], o, a);
	return format_rows(&f, list, a, err);
}

/* What other registries have is of use, but it is not all that was asked for. */
static void tell_failures(struct images *m, const struct json *answer)
{
	struct json_at root = json_root(answer), list = json_key(&root, "failures");
	struct strv texts = {0};

	if (json_read_strv(&list, m->arena, &texts, NULL) < 0)
		return;
	for (size_t i = 0; i < texts.n; i++)
		cmd_note(texts.v[i]);
}

static int print(struct images *m, const struct search_options *o,
		 const struct json *answer, const struct wanted *wanted, struct err *err)
{
	struct json_at root = json_root(answer), list = json_key(&root, "results");
	size_t count = json_count(&list), n = 0;
	struct row *rows = arena_alloc(m->arena, (count + 1) * sizeof(*rows));
	int r = 0;

	for (size_t i = 0; r == 0 && i < count; i++) {
		struct json_at one = json_index(&list, i);

		r = read_row(&one, m->arena, &rows[n], err);
		if (r == 0 && is_wanted(wanted, &rows[n]))
			n++;
	}
	if (r < 0)
		return r;
	return format_is_json(o->format) ? print_json(o, rows, n)
					 : print_rows(o, rows, n, m->arena, err);
}

static int search(struct images *m, void *options, char **words, struct err *err)
{
	const struct search_options *o = options;
	_cleanup_json_ struct json *answer = NULL;
	struct strv argv = {0};
	struct wanted wanted;
	int r = check_limit(o, err);

	if (r == 0)
		r = read_filters(o, m->arena, &wanted, err);
	strv_push(m->arena, &argv, "search");
	if (r == 0)
		r = images_push_registry(m, &o->registry, &argv, err);
	if (r < 0)
		return r;
	if (o->limit)
		strv_pushf(m->arena, &argv, "--limit=%u", o->limit);
	if (o->want_tags)
		strv_push(m->arena, &argv, "--list-tags");
	strv_push(m->arena, &argv, "--");
	strv_push(m->arena, &argv, words[0]);
	r = images_helper(m, &argv, &answer, err);
	if (r < 0)
		return r;
	tell_failures(m, answer);
	return print(m, o, answer, &wanted, err);
}

static const struct option options[] = {
	{"authfile", 0, "FILE", "credentials, instead of podman's and docker's files",
	 registry_set_authfile},
	{"cert-dir", 0, "DIR", "certificates for this registry", registry_set_cert_dir},
	{"compatible", 0, NULL, "show stars, official and automated, too",
	 set_compatible},
	{"creds", 0, "USER[:PASSWORD]",
	 "credentials for this registry; a password that is not given is asked for",
	 registry_set_creds},
	{"filter", 'f', "KEY=VALUE",
	 "is-official=true, is-automated=true, stars=N: so many at least; of a registry "
	 "that has only names, none is official and none has stars",
	 set_filter},
	{"format", 0, "FORMAT", "json, or a Go template; \"table ...\" with headings",
	 set_format},
	{"limit", 0, "N", "so many of each registry: 25, at most 100, or 10000 tags",
	 set_limit},
	{"list-tags", 0, NULL, "the tags of a repository, whose name is TERM", set_tags},
	{"no-trunc", 0, NULL, "show whole descriptions", set_no_trunc},
	{"tls-verify", 0, NULL, "check the registry's certificate (the default)",
	 registry_set_tls_verify},
	{0},
};

const struct verb verb_search = {
	{"search", "[OPTIONS] TERM",
	 "Find images in the registries that short names are searched in, or with\n"
	 "HOST/TERM in one.",
	 options},
	1,
	1,
	search,
	.is_storeless = true,
};

int cmd_search(int argc, char **argv)
{
	struct search_options o = {0};
	int code = verb_run(&verb_search, &o, argc, argv);

	arena_free(&o.arena);
	return code;
}
