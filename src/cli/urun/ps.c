// SPDX-License-Identifier: Apache-2.0
/*
 * ps.c - ps: containers, as a table, by a template, or as JSON
 */
#include <regex.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/parse.h"
#include "cli/urun/cmd.h"
#include "cli/urun/format.h"
#include "cli/urun/images.h"
#include "cli/urun/list.h"
#include "cli/urun/verb.h"
#include "spec/oci.h"
#include "sys/fd.h"
#include "sys/process.h"

#define ID_LEN	    12 /* of what is shown of an id */
#define COMMAND_LEN 20
#define NO_TIME	    (-62135596800LL) /* the year 1: what podman has for "never" */

struct ps_options {
	struct format_options format; /* first: format_set_format() and others */
	bool is_all, is_quiet, no_trunc, has_no_heading;
	bool want_size, want_ns, is_latest;
	int last; /* 0: all */
	const char *sort;
};

#define SET_BOOL(name, field)                                                           \
	static int name(void *target, const char *value, struct err *err)               \
	{                                                                               \
		return options_bool(value, &((struct ps_options *)target)->field, err); \
	}

SET_BOOL(set_all, is_all)
SET_BOOL(set_quiet, is_quiet)
SET_BOOL(set_no_trunc, no_trunc)
SET_BOOL(set_noheading, has_no_heading)
SET_BOOL(set_size, want_size)
SET_BOOL(set_ns, want_ns)
SET_BOOL(set_latest, is_latest)

static int set_last(void *target, const char *value, struct err *err)
{
	struct ps_options *o = target;

	if (parse_int(value, &o->last) < 0 || o->last < 1)
		return err_say(err, -EINVAL, "'%s': a number, 1 or more", value);
	return 0;
}

/* Numbers of the namespaces, in the order of podman's columns. */
static const struct {
	const char *file, *field, *json;
} namespaces[] = {
	{"cgroup", "CGROUPNS", "Cgroup"},
	{"ipc", "IPC", "Ipc"},
	{"mnt", "MNT", "Mnt"},
	{"net", "NET", "Net"},
	{"pid", "PIDNS", "Pidns"},
	{"user", "USERNS", "User"},
	{"uts", "UTS", "Uts"},
};

struct row {
	const struct container *container;
	struct container_state state;
	const char *state_name, *status;
	struct strv args, labels, mounts;
	const char *command; /* the words in one line */
	uint64_t ns[ARRAY_SIZE(namespaces)];
	struct container_port *ports; /* of one that runs */
	size_t n_ports;
	uint64_t own_bytes, image_bytes;
};

struct rows {
	struct row *v;
	size_t n_v;
};

/* --- reading --- */

/* What is known of how it is made: of a throw-away one, what its record says. */
static void read_config(struct images *m, const struct container *c, struct row *row)
{
	_cleanup_fd_ int dir = fd_open(AT_FDCWD, container_path(&m->store, c, m->arena),
				       O_PATH | O_DIRECTORY);
	struct spec spec;
	char *text;
	size_t len;

	row->args = c->args;
	row->labels = c->labels;
	row->mounts = c->mounts;
	spec_init(&spec, m->arena);
	if (c->is_throwaway || dir < 0 ||
	    container_read_config(dir, m->arena, &text, &len, NULL) < 0 ||
	    spec_from_oci(&spec, text, len, NULL, NULL) < 0)
		return;
	row->args = spec.process.args;
	row->labels = spec.annotations;
	for (size_t i = 0; i < spec.n_fsops; i++)
		if (spec_is_users_mount(&spec.fsops[i]))
			strv_push(m->arena, &row->mounts, spec.fsops[i].dest);
}

void list_read_labels(struct images *m, const struct container *c, struct strv *ret)
{
	struct row row = {0};

	read_config(m, c, &row);
	*ret = row.labels;
}

static const char *ended_text(const struct container_state *s, struct arena *a)
{
	const char *code = arena_printf(a, "Exited (%d)", s->code);

	return s->finished ? arena_printf(a, "%s %s", code,
					  format_since(s->finished, time(NULL), a))
			   : code;
}

static const char *running_text(const struct container_state *s, struct arena *a)
{
	time_t started = 0;

	if (format_parse_time(s->started, &started) < 0)
		return "Up";
	return arena_printf(a, "Up %s", format_duration(time(NULL) - started, a));
}

static void read_row(struct images *m, const struct container *c, struct row *row)
{
	struct container_state *s = &row->state;

	*row = (struct row){.container = c, .command = ""};
	container_read_state(&m->store, c, m->arena, s);
	if (s->is_running)
		container_read_ports(&m->store, c, m->arena, &row->ports, &row->n_ports,
				     NULL);
	row->state_name = s->is_paused	  ? "paused"
			  : s->is_running ? "running"
			  : s->has_run	  ? "exited"
					  : "created";
	row->status = s->is_paused    ? "Paused"
		      : s->is_running ? running_text(s, m->arena)
		      : s->has_run    ? ended_text(s, m->arena)
				      : "Created";
	read_config(m, c, row);
	for (size_t i = 0; i < row->args.n; i++)
		row->command = arena_printf(m->arena, "%s%s%s", row->command,
					    i > 0 ? " " : "", row->args.v[i]);
}

static void read_namespaces(struct row *row)
{
	for (size_t i = 0; row->state.pid && i < ARRAY_SIZE(namespaces); i++)
		process_ns_number(row->state.pid, namespaces[i].file, &row->ns[i]);
}

/* Places in a list of what is to be measured; each but once. */
static size_t place_of(struct strv *paths, const char *path, struct arena *a)
{
	for (size_t i = 0; i < paths->n; i++)
		if (strcmp(paths->v[i], path) == 0)
			return i;
	strv_push(a, paths, path);
	return paths->n - 1;
}

static const char *layer_path(const struct container *c, size_t i, struct arena *a)
{
	return arena_printf(a, "%s/%s", c->is_squashed ? "squashed" : "layers",
			    digest_hex(&c->layers[i]));
}

static const char *changes_path(const struct container *c, struct arena *a)
{
	return arena_printf(
		a, c->is_throwaway ? "tmp/run-%s/upper" : "containers/%s/upper", c->id);
}

static void measure(struct images *m, struct rows *rows)
{
	struct strv paths = {0};
	uint64_t *sizes;

	for (size_t i = 0; i < rows->n_v; i++) {
		const struct container *c = rows->v[i].container;

		place_of(&paths, changes_path(c, m->arena), m->arena);
		for (size_t k = 0; k < c->n_layers; k++)
			place_of(&paths, layer_path(c, k, m->arena), m->arena);
	}
	sizes = arena_alloc(m->arena, (paths.n + 1) * sizeof(*sizes));
	images_measure(m, &paths, sizes);
	for (size_t i = 0; i < rows->n_v; i++) {
		struct row *row = &rows->v[i];
		const struct container *c = row->container;

		row->own_bytes =
			sizes[place_of(&paths, changes_path(c, m->arena), m->arena)];
		for (size_t k = 0; k < c->n_layers; k++)
			row->image_bytes += sizes[place_of(
				&paths, layer_path(c, k, m->arena), m->arena)];
	}
}

/* --- filters --- */

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

static bool passes(const void *thing, const struct filter *f)
{
	const struct row *row = thing;
	const struct container *c = row->container;

	if (strcmp(f->key, "name") == 0)
		return c->name && regexec(f->data, c->name, 0, NULL, 0) == 0;
	if (strcmp(f->key, "id") == 0)
		return strncmp(c->id, f->value, strlen(f->value)) == 0 ||
		       regexec(f->data, c->id, 0, NULL, 0) == 0;
	if (strcmp(f->key, "status") == 0)
		return strcmp(row->state_name, f->value) == 0;
	if (strcmp(f->key, "exited") == 0)
		return strcmp(row->state_name, "exited") == 0 &&
		       row->state.code == *(const int *)f->data;
	if (strcmp(f->key, "ancestor") == 0)
		return is_made_of(c, f->value);
	if (strcmp(f->key, "volume") == 0)
		return strv_has(&c->volumes, f->value) ||
		       strv_has(&row->mounts, f->value);
	if (strcmp(f->key, "before") == 0)
		return format_compare_times(c->created, f->data) < 0;
	if (strcmp(f->key, "since") == 0)
		return format_compare_times(c->created, f->data) > 0;
	return filter_has_label(&row->labels, f->value);
}

static int read_pattern(struct filter *f, struct arena *a, struct err *err)
{
	regex_t *pattern = arena_alloc(a, sizeof(*pattern));

	if (regcomp(pattern, f->value, REG_EXTENDED | REG_NOSUB) != 0)
		return err_say(err, -EINVAL,
			       "--filter %s=%s: it is no regular expression", f->key,
			       f->value);
	f->data = pattern;
	return 0;
}

static int read_code(struct filter *f, struct arena *a, struct err *err)
{
	int *code = arena_alloc(a, sizeof(*code));

	if (parse_int(f->value, code) < 0 || *code < 0 || *code > 255)
		return err_say(err, -EINVAL, "--filter exited=%s: a number from 0 to 255",
			       f->value);
	f->data = code;
	return 0;
}

static int read_status(const struct filter *f, struct err *err)
{
	static const char *const states[] = {"created", "exited", "paused", "running"};

	for (size_t i = 0; i < ARRAY_SIZE(states); i++)
		if (strcmp(f->value, states[i]) == 0)
			return 0;
	return err_say(err, -EINVAL,
		       "--filter status=%s: created, exited, paused or running",
		       f->value);
}

/* before=, since=: when that one was made. */
static int read_other(struct images *m, struct filter *f, struct err *err)
{
	struct container c = {0};
	int r = container_find_any(&m->store, f->value, m->arena, &c, err);

	if (r == 0 && !c.created)
		r = err_say(err, -EINVAL, "container %.12s does not say when it was made",
			    c.id);
	if (r < 0) {
		err_prefix(err, "--filter %s", f->key);
		return r;
	}
	f->data = (void *)c.created;
	return 0;
}

static int read_filters(struct images *m, const struct ps_options *o, struct filters *ret,
			bool *ret_wants_ended, struct err *err)
{
	static const char *const known[] = {"ancestor", "before", "exited", "id",
					    "label",	"name",	  "since",  "status",
					    "volume",	NULL};
	int r = filters_read(&o->format.filters, known, m->arena, ret, err);

	for (size_t i = 0; r == 0 && i < ret->n_v; i++) {
		struct filter *f = &ret->v[i];
		bool is_status = strcmp(f->key, "status") == 0;
		bool is_exited = strcmp(f->key, "exited") == 0;

		*ret_wants_ended |= is_status || is_exited;
		if (is_status)
			r = read_status(f, err);
		else if (is_exited)
			r = read_code(f, m->arena, err);
		else if (strcmp(f->key, "name") == 0 || strcmp(f->key, "id") == 0)
			r = read_pattern(f, m->arena, err);
		else if (strcmp(f->key, "before") == 0 || strcmp(f->key, "since") == 0)
			r = read_other(m, f, err);
	}
	return r;
}

/* Their patterns are the library's own memory. */
static void free_filters(struct filters *f)
{
	for (size_t i = 0; i < f->n_v; i++)
		if (f->v[i].data &&
		    (strcmp(f->v[i].key, "name") == 0 || strcmp(f->v[i].key, "id") == 0))
			regfree(f->v[i].data);
}

/* --- order --- */

static int by_created(const void *a, const void *b)
{
	const struct row *x = a, *y = b;
	int r = format_compare_times(x->container->created, y->container->created);

	return r != 0 ? r : strcmp(x->container->id, y->container->id);
}

static const char *name_of(const struct container *c)
{
	return c->name ? c->name : "";
}

static const char *image_of(const struct container *c)
{
	return c->image ? c->image : c->image_id.text;
}

#define BY_TEXT(what, x, y)                            \
	static int what(const void *a, const void *b)  \
	{                                              \
		const struct row *row = a, *other = b; \
		int r = strcmp(x, y);                  \
                                                       \
		return r != 0 ? r : by_created(a, b);  \
	}

BY_TEXT(by_command, row->command, other->command)
BY_TEXT(by_id, row->container->id, other->container->id)
BY_TEXT(by_image, image_of(row->container), image_of(other->container))
BY_TEXT(by_names, name_of(row->container), name_of(other->container))
BY_TEXT(by_status, row->state_name, other->state_name)

static int by_started(const void *a, const void *b)
{
	const struct row *x = a, *y = b;
	int r = format_compare_times(x->state.started, y->state.started);

	return r != 0 ? r : by_created(a, b);
}

static int by_size(const void *a, const void *b)
{
	const struct row *x = a, *y = b;
	uint64_t one = x->own_bytes + x->image_bytes, two = y->own_bytes + y->image_bytes;

	return one != two ? (one > two) - (one < two) : by_created(a, b);
}

static const struct format_order orders[] = {
	{"created", by_created}, {"command", by_command}, {"id", by_id},
	{"image", by_image},	 {"names", by_names},	  {"runningfor", by_started},
	{"size", by_size},	 {"status", by_status},	  {0},
};

static int set_sort(void *target, const char *value, struct err *err)
{
	return format_set_order(orders, value, &((struct ps_options *)target)->sort, err);
}

/* --- printing --- */

static int64_t unix_time(const char *text)
{
	time_t t = 0;

	return format_parse_time(text, &t) < 0 ? NO_TIME : (int64_t)t;
}

/* "12kB" */
static const char *short_size(uint64_t bytes, struct arena *a)
{
	char *text = arena_strdup(a, format_size(bytes, a)), *space = strchr(text, ' ');

	if (space)
		memmove(space, space + 1, strlen(space));
	return text;
}

/* What is the same in templates and in JSON. */
static void put_common(struct json *o, const struct row *row, struct arena *a)
{
	const struct container_state *s = &row->state;

	json_put_bool(o, "AutoRemove", row->container->is_throwaway);
	json_put_bool(o, "Exited", !s->is_running && s->has_run);
	json_put_int(o, "ExitedAt", unix_time(s->finished));
	json_put_int(o, "ExitCode", s->code);
	json_put_bool(o, "IsInfra", false);
	format_put_pairs(o, "Labels", &row->labels, a);
	json_put_strv(o, "Mounts", &row->mounts);
	json_put_int(o, "Pid", s->pid);
	json_put_str(o, "Pod", "");
	json_put_str(o, "PodName", "");
	json_put_int(o, "StartedAt", unix_time(s->started));
	json_put_str(o, "State", row->state_name);
	json_put_str(o, "Status", row->status);
}

static const char *ns_text(const struct row *row, size_t i, struct arena *a)
{
	return row->ns[i] ? arena_printf(a, "%llu", (unsigned long long)row->ns[i]) : "";
}

static const char *ports_text(const struct row *row, struct arena *a)
{
	const char *text = "";

	for (size_t i = 0; i < row->n_ports; i++) {
		const struct container_port *p = &row->ports[i];

		text = arena_printf(a, "%s%s%s:%u->%u/%s", text, i ? ", " : "",
				    p->host_ip, p->host_port, p->port,
				    p->is_udp ? "udp" : "tcp");
	}
	return text;
}

static void put_ports(struct json *list, const struct row *row)
{
	for (size_t i = 0; i < row->n_ports; i++) {
		const struct container_port *p = &row->ports[i];
		struct json *e = json_add_object(list);

		json_put_str(e, "host_ip",
			     strcmp(p->host_ip, "0.0.0.0") ? p->host_ip : "");
		json_put_int(e, "container_port", p->port);
		json_put_int(e, "host_port", p->host_port);
		json_put_int(e, "range", 1);
		json_put_str(e, "protocol", p->is_udp ? "udp" : "tcp");
	}
}

/* For templates, by the names that podman has. */
static void put_row(struct json *list, const struct row *row, const struct ps_options *o,
		    struct arena *a)
{
	struct json *r = json_add_object(list), *ns;
	const struct container *c = row->container;
	const char *command = row->command, *id = c->id;
	const char *image_id = digest_hex(&c->image_id);
	const char *since = format_since(c->created, time(NULL), a);

	if (!o->no_trunc) {
		id = arena_strndup(a, id, strnlen(id, ID_LEN));
		image_id = arena_strndup(a, image_id, strnlen(image_id, ID_LEN));
		if (strlen(command) > COMMAND_LEN)
			command = arena_printf(a, "%.*s...", COMMAND_LEN - 3, command);
	}
	json_put_str(r, "ID", id);
	json_put_str(r, "Id", c->id);
	json_put_str(r, "Image", image_of(c));
	json_put_str(r, "ImageID", image_id);
	json_put_str(r, "Command", command);
	json_put_str(r, "CreatedAt", format_time(c->created, a));
	json_put_str(r, "Created", format_time(c->created, a));
	json_put_str(r, "CreatedHuman", since);
	json_put_str(r, "RunningFor", since);
	json_put_str(r, "Names", name_of(c));
	json_put_str(r, "Networks", "");
	json_put_str(r, "Ports", ports_text(row, a));
	json_put_str(r, "Size",
		     arena_printf(a, "%s (virtual %s)", short_size(row->own_bytes, a),
				  short_size(row->own_bytes + row->image_bytes, a)));
	put_common(r, row, a);
	ns = json_put_object(r, "Namespaces");
	for (size_t i = 0; i < ARRAY_SIZE(namespaces); i++) {
		json_put_str(r, namespaces[i].field, ns_text(row, i, a));
		json_put_str(ns, namespaces[i].field, ns_text(row, i, a));
	}
	json_put_str(r, "Cgroup", ns_text(row, 0, a));
}

static void put_json(struct json *list, const struct row *row, const struct ps_options *o,
		     struct arena *a)
{
	const struct container *c = row->container;
	struct json *r = json_add_object(list), *names, *ns, *size;

	put_common(r, row, a);
	json_put_strv(r, "Command", &row->args);
	json_put_int(r, "Created", unix_time(c->created));
	json_put_str(r, "CreatedAt", format_since(c->created, time(NULL), a));
	json_put_str(r, "Id", c->id);
	json_put_str(r, "Image", image_of(c));
	json_put_str(r, "ImageID", digest_hex(&c->image_id));
	names = json_put_array(r, "Names");
	if (c->name)
		json_add_str(names, c->name);
	ns = json_put_object(r, "Namespaces");
	for (size_t i = 0; o->want_ns && i < ARRAY_SIZE(namespaces); i++)
		if (row->ns[i])
			json_put_str(ns, namespaces[i].json, ns_text(row, i, a));
	json_put_array(r, "Networks");
	put_ports(json_put_array(r, "Ports"), row);
	if (!o->want_size)
		return;
	size = json_put_object(r, "Size");
	json_put_int(size, "rootFsSize", (int64_t)row->image_bytes);
	json_put_int(size, "rwSize", (int64_t)row->own_bytes);
}

static int print_table(struct images *m, const struct ps_options *o,
		       const struct rows *rows, struct err *err)
{
	static const struct format_heading headings[] = {{"ID", "CONTAINER ID"},
							 {"ImageID", "IMAGE ID"},
							 {"RunningFor", "CREATED"},
							 {0}};
	static const char *const maps[] = {"Labels", NULL};
	static const struct container none = {.id = ""};
	static const struct row fields = {
		.container = &none, .state_name = "", .status = "", .command = ""};
	_cleanup_json_ struct json *doc = json_new_array();
	struct format f = {.text = o->format.format,
			   .own = "{{.ID}}\t{{.Image}}\t{{.Command}}\t{{.RunningFor}}\t"
				  "{{.Status}}\t{{.Ports}}\t{{.Names}}",
			   .headings = headings,
			   .maps = maps,
			   .has_no_heading = o->has_no_heading};

	if (o->want_size)
		f.own = "{{.ID}}\t{{.Image}}\t{{.Command}}\t{{.RunningFor}}\t{{.Status}}"
			"\t"
			"{{.Ports}}\t{{.Names}}\t{{.Size}}";
	if (o->want_ns)
		f.own = "{{.ID}}\t{{.Names}}\t{{.Pid}}\t{{.CGROUPNS}}\t{{.IPC}}\t{{.MNT}}"
			"\t"
			"{{.NET}}\t{{.PIDNS}}\t{{.USERNS}}\t{{.UTS}}";
	if (o->is_quiet && !f.text)
		f.text = "{{.ID}}";
	put_row(doc, &fields, o, m->arena);
	for (size_t i = 0; i < rows->n_v; i++)
		put_row(doc, &rows->v[i], o, m->arena);
	return format_rows(&f, doc, m->arena, err);
}

static int print_json(struct images *m, const struct ps_options *o,
		      const struct rows *rows)
{
	struct json *doc = json_new_array();

	for (size_t i = 0; i < rows->n_v; i++)
		put_json(doc, &rows->v[i], o, m->arena);
	return cmd_print_json(doc) ? -EIO : 0;
}

/* --- the verb --- */

static int check_options(const struct ps_options *o, struct err *err)
{
	if (o->is_latest && o->last)
		return err_say(err, -EINVAL, "--latest does not go with --last");
	if (o->is_quiet && (o->want_size || o->want_ns))
		return err_say(err, -EINVAL, "--quiet does not go with --size or --ns");
	if (o->want_size && o->want_ns)
		return err_say(err, -EINVAL, "--size does not go with --ns");
	return 0;
}

/* Those that are to be shown, in no order. */
static int select_rows(struct images *m, const struct ps_options *o, struct rows *ret,
		       struct err *err)
{
	bool is_all = o->is_all || o->is_latest || o->last;
	struct filters filters = {0};
	struct container *v;
	size_t n = 0;
	int r = read_filters(m, o, &filters, &is_all, err);

	if (r == 0)
		r = container_list(&m->store, m->arena, &v, &n, err);
	for (size_t i = 0; r == 0 && i < n; i++) {
		struct row row;

		/* What a killed launcher left has no name any more, and no use. */
		if (v[i].is_throwaway && !container_is_held(&m->store, &v[i], m->arena))
			continue;
		read_row(m, &v[i], &row);
		if ((is_all || row.state.is_running) &&
		    filters_pass(&filters, passes, &row))
			*ARR_PUSH(m->arena, ret, v) = row;
	}
	free_filters(&filters);
	return r;
}

static void keep_last(struct rows *rows, size_t n)
{
	if (rows->n_v <= n)
		return;
	format_sort(orders, NULL, rows->v, rows->n_v, sizeof(*rows->v));
	rows->v += rows->n_v - n;
	rows->n_v = n;
}

/* Does somebody look at it? To measure takes time. */
static bool needs_size(const struct ps_options *o)
{
	const char *format = o->format.format;

	return o->want_size || (o->sort && strcmp(o->sort, "size") == 0) ||
	       (format && strstr(format, "Size"));
}

static int ps(struct images *m, void *options, char **words, struct err *err)
{
	const struct ps_options *o = options;
	struct rows rows = {0};
	int r = check_options(o, err);

	(void)words;
	if (r == 0)
		r = select_rows(m, o, &rows, err);
	if (r < 0)
		return r;
	if (o->is_latest || o->last)
		keep_last(&rows, o->is_latest ? 1 : (size_t)o->last);
	if (needs_size(o))
		measure(m, &rows);
	for (size_t i = 0; i < rows.n_v; i++)
		read_namespaces(&rows.v[i]);
	format_sort(orders, o->sort, rows.v, rows.n_v, sizeof(*rows.v));
	return format_is_json(o->format.format) ? print_json(m, o, &rows)
						: print_table(m, o, &rows, err);
}

static const struct option ps_options[] = {
	{"all", 'a', NULL, "those that do not run as well", set_all},
	{"filter", 'f', "KEY=VALUE",
	 "only some: name=PATTERN, id=PATTERN, status=created|running|paused|exited, "
	 "exited=CODE, "
	 "ancestor=IMAGE, before=CONTAINER, since=CONTAINER, volume=NAME|FOLDER, "
	 "label=KEY[=VALUE]",
	 format_set_filter},
	{"format", 0, "FORMAT", "json, table, or a template: {{.ID}} {{.Names}}",
	 format_set_format},
	{"last", 'n', "N", "the N that were made last, running or not", set_last},
	{"latest", 'l', NULL, "the one that was made last, running or not", set_latest},
	{"namespace", 0, NULL, "as --ns", set_ns},
	{"no-trunc", 0, NULL, "show whole ids and commands", set_no_trunc},
	{"noheading", 0, NULL, "no line of headings", set_noheading},
	{"ns", 0, NULL, "show the namespaces of those that run", set_ns},
	{"quiet", 'q', NULL, "print ids only", set_quiet},
	{"size", 's', NULL,
	 "show how much of the disk their changes take, and all of their files",
	 set_size},
	{"sort", 0, "FIELD",
	 "by created (the default), command, id, image, names, runningfor, size or "
	 "status",
	 set_sort},
	{0},
};

const struct verb verb_ps = {
	{"ps", "[OPTIONS]",
	 "List containers: those that run, or all that are kept.\n"
	 "What runs without an image is listed when it has a name or a limit.",
	 ps_options},
	0,
	0,
	ps,
};

int cmd_ps(int argc, char **argv)
{
	struct ps_options o = {0};
	int code = verb_run(&verb_ps, &o, argc, argv);

	arena_free(&o.format.arena);
	return code;
}
