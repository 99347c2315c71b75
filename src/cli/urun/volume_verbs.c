// SPDX-License-Identifier: Apache-2.0
/*
 * volume_verbs.c - volume create, exists, inspect, ls, prune, rm
 */
#include <stdio.h>
#include <string.h>

#include "base/parse.h"
#include "cli/urun/cmd.h"
#include "cli/urun/containers.h"
#include "cli/urun/format.h"
#include "cli/urun/inspect.h"
#include "cli/urun/verb.h"
#include "cli/urun/volumes.h"
#include "sys/clock.h"
#include "sys/fd.h"
#include "sys/newid.h"

struct volume_options {
	bool is_all, is_quiet, is_forced, has_no_heading;
	const char *format;
	struct arena arena;
	struct strv labels, filters;
	int code; /* of `volume exists` and rm */
};

static struct volume_options *of(void *target)
{
	return target;
}

#define SET_BOOL(name, field)                                             \
	static int name(void *target, const char *value, struct err *err) \
	{                                                                 \
		return options_bool(value, &of(target)->field, err);      \
	}
#define SET_LIST(name, field)                                             \
	static int name(void *target, const char *value, struct err *err) \
	{                                                                 \
		(void)err;                                                \
		strv_push(&of(target)->arena, &of(target)->field, value); \
		return 0;                                                 \
	}

SET_BOOL(set_all, is_all)
SET_BOOL(set_quiet, is_quiet)
SET_BOOL(set_force, is_forced)
SET_BOOL(set_noheading, has_no_heading)
SET_LIST(set_label, labels)
FORMAT_SETTERS(struct volume_options)

static int set_driver(void *target, const char *value, struct err *err)
{
	(void)target;
	return strcmp(value, "local") == 0
		       ? 0
		       : err_say(err, -ENOTSUP, "'%s': local is the only driver", value);
}

static int run_verb(const struct verb *v, int argc, char **argv)
{
	struct volume_options o = {0};
	int code = verb_run(v, &o, argc, argv);

	arena_free(&o.arena);
	return code ? code : o.code;
}

/* --- create --- */

static int create(struct images *m, void *options, char **words, struct err *err)
{
	struct volume_options *o = options;
	char id[NEWID_LEN + 1];
	struct volume v = {
		.name = *words, .created = clock_now_text(m->arena), .labels = o->labels};
	_cleanup_fd_ int lock = -EBADF;
	int r = 0;

	if (!v.name) {
		r = newid_make(id);
		if (r < 0)
			return err_set(err, r, "make an id");
		v.name = id;
		v.is_anonymous = true;
	}
	r = store_lock(&m->store, "store", false, true, &lock, err);
	if (r == 0)
		r = volume_make(&m->store, &v, m->arena, err);
	if (r == 0)
		printf("%s\n", v.name);
	return r;
}

static const struct option create_options[] = {
	{"driver", 'd', "DRIVER", "local", set_driver},
	{"label", 'l', "KEY=VALUE", "a note", set_label},
	{0},
};

const struct verb verb_volume_create = {
	{"volume create", "[OPTIONS] [NAME]", "Make a volume, and print its name.",
	 create_options},
	0,
	1,
	create,
};

int cmd_volume_create(int argc, char **argv)
{
	return run_verb(&verb_volume_create, argc, argv);
}

/* --- exists --- */

static const struct option no_options[] = {{0}};

static int exists(struct images *m, void *options, char **words, struct err *err)
{
	struct volume v;
	int r = volume_read(&m->store, words[0], m->arena, &v, err);

	/* What cannot be a name is the name of none. */
	if (r == -EINVAL && words[0][0] && volume_check_name(words[0], NULL) == -EINVAL)
		r = -ENOENT;
	of(options)->code = r == -ENOENT ? VERB_EXIT_MISSING : 0;
	return r == -ENOENT ? 0 : r;
}

const struct verb verb_volume_exists = {
	{"volume exists", "NAME",
	 "End with 0 when there is such a volume, with 1 when not.", no_options},
	1,
	1,
	exists,
};

int cmd_volume_exists(int argc, char **argv)
{
	return run_verb(&verb_volume_exists, argc, argv);
}

/* --- inspect, ls --- */

static const char *const maps[] = {"Labels", "Options", NULL};

static void put_volume(struct images *m, struct json *list, const struct volume *v,
		       const char *created)
{
	struct json *o = json_add_object(list), *labels;
	_cleanup_fd_ int fresh =
		fd_open(m->store.dir, arena_printf(m->arena, "volumes/%s/fresh", v->name),
			O_PATH | O_NOFOLLOW);

	json_put_str(o, "Name", v->name);
	json_put_str(o, "Driver", "local");
	json_put_str(o, "Mountpoint", volume_path(&m->store, v->name, m->arena));
	json_put_str(o, "CreatedAt", created ? created : "");
	labels = json_put_object(o, "Labels");
	for (size_t i = 0; i < v->labels.n; i++) {
		size_t len = strcspn(v->labels.v[i], "=");

		json_put_str(labels, arena_strndup(m->arena, v->labels.v[i], len),
			     v->labels.v[i][len] ? v->labels.v[i] + len + 1 : "");
	}
	json_put_str(o, "Scope", "local");
	json_put_object(o, "Options");
	json_put_bool(o, "Anonymous", v->is_anonymous);
	json_put_bool(o, "NeedsCopyUp", fresh >= 0);
}

static int inspect_all(struct images *m, struct json *list, struct err *err)
{
	struct volume *v;
	size_t n;
	int r = volume_list(&m->store, m->arena, &v, &n, err);

	for (size_t i = 0; r == 0 && i < n; i++)
		put_volume(m, list, &v[i], v[i].created);
	return r;
}

static int inspect(struct images *m, void *options, char **words, struct err *err)
{
	struct volume_options *o = options;
	_cleanup_json_ struct json *list = json_new_array();
	int r = 0;

	if (!*words && !o->is_all)
		return err_say(err, -EINVAL, "no volume: give a name, or --all");
	if (o->is_all)
		r = inspect_all(m, list, err);
	for (; r == 0 && !o->is_all && *words; words++) {
		struct volume v;

		r = volume_find(&m->store, *words, m->arena, &v, err);
		if (r == 0)
			put_volume(m, list, &v, v.created);
	}
	return r < 0 ? r : inspect_print(list, o->format, m->arena, err);
}

static const struct option inspect_options[] = {
	{"all", 'a', NULL, "all volumes", set_all},
	{"format", 'f', "FORMAT", "json, or a template: {{.Mountpoint}}", set_format},
	{0},
};

const struct verb verb_volume_inspect = {
	{"volume inspect", "[OPTIONS] NAME...",
	 "Show all that is known of volumes, as JSON.", inspect_options},
	0,
	-1,
	inspect,
};

int cmd_volume_inspect(int argc, char **argv)
{
	return run_verb(&verb_volume_inspect, argc, argv);
}

struct volume_filters {
	struct filters all;
	struct container *containers;
	size_t n_containers;
};

static int read_filters(struct images *m, const struct volume_options *o,
			struct volume_filters *ret, struct err *err)
{
	static const char *const known[] = {"dangling", "driver", "label",
					    "name",	"scope",  NULL};
	bool is_wanted;
	int r = filters_read(&o->filters, known, m->arena, &ret->all, err);

	for (size_t i = 0; r == 0 && i < ret->all.n_v; i++)
		if (strcmp(ret->all.v[i].key, "dangling") == 0 &&
		    parse_bool(ret->all.v[i].value, &is_wanted) < 0)
			r = err_say(err, -EINVAL, "--filter dangling=%s: true or false",
				    ret->all.v[i].value);
	return r < 0 ? r
		     : container_list(&m->store, m->arena, &ret->containers,
				      &ret->n_containers, err);
}

static bool passes(const struct volume *v, const struct volume_filters *f)
{
	for (size_t i = 0; i < f->all.n_v; i++) {
		const char *key = f->all.v[i].key, *value = f->all.v[i].value;
		bool is_wanted = false, is_fit = true;

		if (strcmp(key, "name") == 0)
			is_fit = strstr(v->name, value) != NULL;
		else if (strcmp(key, "label") == 0)
			is_fit = filter_has_label(&v->labels, value);
		else if (strcmp(key, "driver") == 0 || strcmp(key, "scope") == 0)
			is_fit = strcmp(value, "local") == 0;
		else if (parse_bool(value, &is_wanted) == 0)
			is_fit = !volume_user(v->name, f->containers, f->n_containers) ==
				 is_wanted;
		if (!is_fit)
			return false;
	}
	return true;
}

static int print_volumes(struct images *m, const struct volume_options *o,
			 const struct json *rows, struct err *err)
{
	static const struct format_heading headings[] = {{"Name", "VOLUME NAME"}, {0}};
	struct format f = {.text = o->is_quiet ? "{{.Name}}" : o->format,
			   .own = "{{.Driver}}\t{{.Name}}",
			   .headings = headings,
			   .maps = maps,
			   .has_no_heading = o->has_no_heading};

	return format_rows(&f, rows, m->arena, err);
}

static int ls(struct images *m, void *options, char **words, struct err *err)
{
	struct volume_options *o = options;
	_cleanup_json_ struct json *rows = json_new_array();
	bool is_json = format_is_json(o->format);
	struct volume_filters filters = {0};
	struct volume *v, sample = {.name = "none"};
	size_t n;
	int r = read_filters(m, o, &filters, err);

	(void)words;
	if (r == 0)
		r = volume_list(&m->store, m->arena, &v, &n, err);
	if (r < 0)
		return r;
	if (!is_json)
		put_volume(m, rows, &sample, "");
	for (size_t i = 0; i < n; i++)
		if (passes(&v[i], &filters))
			put_volume(m, rows, &v[i],
				   is_json ? v[i].created
					   : format_time(v[i].created, m->arena));
	return is_json ? inspect_print(rows, NULL, m->arena, err)
		       : print_volumes(m, o, rows, err);
}

static const struct option ls_options[] = {
	{"filter", 'f', "KEY=VALUE",
	 "only some: name=PART, label=KEY[=VALUE], dangling=true, driver=local, "
	 "scope=local",
	 set_filter},
	{"format", 0, "FORMAT", "json, table, or a template: {{.Name}}", set_format},
	{"noheading", 'n', NULL, "no line of headings", set_noheading},
	{"quiet", 'q', NULL, "print names only", set_quiet},
	{0},
};

const struct verb verb_volume_ls = {
	{"volume ls", "[OPTIONS]", "List the volumes.", ls_options},
	0,
	0,
	ls,
};

int cmd_volume_ls(int argc, char **argv)
{
	return run_verb(&verb_volume_ls, argc, argv);
}

/* --- rm, prune --- */

/* Those that use it, and end for it. */
static int remove_users(struct images *m, const char *name, struct err *err)
{
	static const struct container_removal how = {.is_forced = true,
						     .grace_ms = REMOVAL_GRACE_MS};
	struct container *v;
	size_t n;
	int r = container_list(&m->store, m->arena, &v, &n, err);

	for (size_t i = 0; r == 0 && i < n; i++)
		if (strv_has(&v[i].volumes, name))
			r = containers_remove(m, &v[i], &how, err);
	return r;
}

static int remove_one(struct images *m, const char *word, bool is_forced, struct err *err)
{
	struct volume v = {0};
	int r = volume_find(&m->store, word, m->arena, &v, err);
	const char *name = v.name ? v.name : word;

	if (r == -EEXIST || r == -EINVAL || r == -ENOENT)
		return r;
	/* One whose record is gone goes as well. */
	r = is_forced ? remove_users(m, name, err) : 0;
	if (r == 0)
		r = volumes_remove(m, name, err);
	if (r == 0)
		printf("%s\n", name);
	return r;
}

/* Those that are used stay. */
static int remove_unused(struct images *m, const struct volume_filters *f,
			 struct err *err)
{
	struct volume *v;
	size_t n;
	int r = volume_list(&m->store, m->arena, &v, &n, err);

	for (size_t i = 0; r == 0 && i < n; i++) {
		if (f && !passes(&v[i], f))
			continue;
		r = volumes_remove(m, v[i].name, err);
		if (r == 0)
			printf("%s\n", v[i].name);
		else if (r == -EBUSY || r == -ENOENT)
			r = 0;
	}
	return r;
}

static int rm(struct images *m, void *options, char **words, struct err *err)
{
	struct volume_options *o = options;
	struct verb_outcome outcome = {0};
	int r = verb_check_all(&verb_volume_rm, o->is_all, *words, err);

	if (r == 0 && !*words && !o->is_all)
		r = err_say(err, -EINVAL, "no volume: give a name, or --all");
	if (r < 0 || o->is_all)
		return r < 0 ? r : remove_unused(m, NULL, err);
	for (; *words; words++) {
		struct err why = {0};
		int one = remove_one(m, *words, o->is_forced, &why);

		if (one != -ENOENT || !o->is_forced)
			verb_note(&outcome, one, &why);
	}
	o->code = verb_exit_code(&outcome);
	return 0;
}

static const struct option rm_options[] = {
	{"all", 'a', NULL, "all that no container uses", set_all},
	{"force", 'f', NULL,
	 "containers that use it are removed first, even if they run; one that is not "
	 "there "
	 "is no failure",
	 set_force},
	{0},
};

const struct verb verb_volume_rm = {
	{"volume rm", "[OPTIONS] NAME...",
	 "Remove volumes that no container uses.\nOne that cannot be removed does not "
	 "keep the others.",
	 rm_options},
	0,
	-1,
	rm,
};

int cmd_volume_rm(int argc, char **argv)
{
	return run_verb(&verb_volume_rm, argc, argv);
}

static int prune(struct images *m, void *options, char **words, struct err *err)
{
	struct volume_options *o = options;
	struct volume_filters filters = {0};
	int r = read_filters(m, o, &filters, err);

	(void)words;
	if (r == 0)
		r = volumes_confirm("WARNING! This removes all volumes that no container "
				    "uses. Continue?",
				    o->is_forced, err);
	return r < 0 ? r : remove_unused(m, &filters, err);
}

static const struct option prune_options[] = {
	{"filter", 0, "KEY=VALUE", "only some: name=PART, label=KEY[=VALUE]", set_filter},
	{"force", 'f', NULL, "do not ask", set_force},
	{0},
};

const struct verb verb_volume_prune = {
	{"volume prune", "[OPTIONS]", "Remove all volumes that no container uses.",
	 prune_options},
	0,
	0,
	prune,
};

int cmd_volume_prune(int argc, char **argv)
{
	return run_verb(&verb_volume_prune, argc, argv);
}
