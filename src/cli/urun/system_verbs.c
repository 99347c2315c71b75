// SPDX-License-Identifier: Apache-2.0
/*
 * system_verbs.c - system df, system prune, image prune, container prune, system fsck
 */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/parse.h"
#include "cli/urun/cmd.h"
#include "cli/urun/containers.h"
#include "cli/urun/format.h"
#include "cli/urun/list.h"
#include "cli/urun/verb.h"
#include "cli/urun/volumes.h"
#include "image/fsck.h"
#include "sys/fd.h"

#define ID_LEN 12 /* of what is shown of an id */

struct system_options {
	bool is_all, is_verbose, is_forced, want_volumes, want_repair, is_quick;
	const char *format;
	struct arena arena;
	struct strv filters;
	int code; /* of fsck */
};

static struct system_options *of(void *target)
{
	return target;
}

#define SET_BOOL(name, field)                                             \
	static int name(void *target, const char *value, struct err *err) \
	{                                                                 \
		return options_bool(value, &of(target)->field, err);      \
	}

SET_BOOL(set_all, is_all)
SET_BOOL(set_verbose, is_verbose)
SET_BOOL(set_force, is_forced)
SET_BOOL(set_volumes, want_volumes)
SET_BOOL(set_repair, want_repair)
SET_BOOL(set_quick, is_quick)

FORMAT_SETTERS(struct system_options)

static int run_verb(const struct verb *v, int argc, char **argv)
{
	struct system_options o = {0};
	int code = verb_run(v, &o, argc, argv);

	arena_free(&o.arena);
	return code ? code : o.code;
}

/* --- what is there --- */

/* An image that is told apart from others by its manifest. */
struct one_image {
	struct store_entry entry;
	struct store_image image;
	struct strv parts; /* its blobs and layers, as paths in the store */
	size_t n_containers;
	uint64_t size, shared;
};

struct one_container {
	const struct container *record;
	bool is_running;
	uint64_t size;
};

struct one_volume {
	struct volume record;
	size_t n_containers;
	uint64_t size;
};

struct contents {
	struct one_image *images;
	size_t n_images;
	struct one_container *containers;
	size_t n_containers;
	struct one_volume *volumes;
	size_t n_volumes;
	struct container *records;
};

static void add_parts(struct images *m, struct one_image *i)
{
	const struct manifest *manifest = &i->image.manifest;
	const struct image_config *c = &i->image.config;
	static const char *const folders[] = {"layers", "squashed"};

	strv_pushf(m->arena, &i->parts, "blobs/sha256/%s",
		   digest_hex(&i->entry.manifest.digest));
	strv_pushf(m->arena, &i->parts, "blobs/sha256/%s",
		   digest_hex(&manifest->config.digest));
	for (size_t k = 0; k < manifest->n_layers; k++)
		strv_pushf(m->arena, &i->parts, "blobs/sha256/%s",
			   digest_hex(&manifest->layers[k].digest));
	for (size_t f = 0; f < ARRAY_SIZE(folders); f++)
		for (size_t k = 0; k < c->n_diff_ids; k++)
			strv_pushf(m->arena, &i->parts, "%s/%s", folders[f],
				   digest_hex(&c->diff_ids[k]));
}

/* Is it used by a container? Its layers alone may be, when the image was forgotten. */
static bool is_of(const struct container *c, const struct store_image *image)
{
	return digest_equal(&c->image_id, &image->manifest.config.digest);
}

static int find_images(struct images *m, struct contents *all, struct err *err)
{
	const struct platform p = platform_native();
	struct store_entry *entries;
	struct strv seen = {0};
	size_t n;
	int r = store_list(&m->store, m->arena, &entries, &n, err);

	for (size_t i = 0; r == 0 && i < n; i++) {
		struct one_image one = {.entry = entries[i]};
		struct err why = {0};

		if (strv_has(&seen, entries[i].manifest.digest.text))
			continue;
		strv_push(m->arena, &seen, entries[i].manifest.digest.text);
		if (store_read(&m->store, &entries[i], &p, m->arena, &one.image, &why) <
		    0) {
			cmd_note(why.message);
			continue;
		}
		for (size_t k = 0; k < all->n_containers; k++)
			one.n_containers += is_of(all->containers[k].record, &one.image);
		add_parts(m, &one);
		*ARR_PUSH(m->arena, all, images) = one;
	}
	return r;
}

static int find_volumes(struct images *m, struct contents *all, struct err *err)
{
	struct volume *v;
	size_t n;
	int r = volume_list(&m->store, m->arena, &v, &n, err);

	for (size_t i = 0; r == 0 && i < n; i++) {
		struct one_volume *one = ARR_PUSH(m->arena, all, volumes);

		one->record = v[i];
		for (size_t k = 0; k < all->n_containers; k++)
			one->n_containers +=
				strv_has(&all->containers[k].record->volumes, v[i].name);
	}
	return r;
}

static int find_all(struct images *m, struct contents *all, struct err *err)
{
	size_t n;
	int r = container_list(&m->store, m->arena, &all->records, &n, err);

	for (size_t i = 0; r == 0 && i < n; i++)
		*ARR_PUSH(m->arena, all, containers) = (struct one_container){
			.record = &all->records[i],
			.is_running =
				container_is_held(&m->store, &all->records[i], m->arena)};
	if (r == 0)
		r = find_images(m, all, err);
	return r < 0 ? r : find_volumes(m, all, err);
}

/* Each part once, and who has it. */
struct parts {
	struct strv paths;
	uint64_t *sizes;
	unsigned int *users; /* images that have it */
	bool *is_active;     /* one of them is used by a container */
};

static size_t place_of(const struct strv *paths, const char *path)
{
	for (size_t i = 0; i < paths->n; i++)
		if (strcmp(paths->v[i], path) == 0)
			return i;
	return paths->n;
}

static void find_parts(struct images *m, const struct contents *all, struct parts *p)
{
	for (size_t i = 0; i < all->n_images; i++)
		for (size_t k = 0; k < all->images[i].parts.n; k++)
			if (!strv_has(&p->paths, all->images[i].parts.v[k]))
				strv_push(m->arena, &p->paths, all->images[i].parts.v[k]);
	p->sizes = arena_alloc(m->arena, (p->paths.n + 1) * sizeof(*p->sizes));
	p->users = arena_alloc(m->arena, (p->paths.n + 1) * sizeof(*p->users));
	p->is_active = arena_alloc(m->arena, (p->paths.n + 1) * sizeof(*p->is_active));
	images_measure(m, &p->paths, p->sizes);
	for (size_t i = 0; i < all->n_images; i++) {
		const struct one_image *one = &all->images[i];
		struct strv mine = {0};

		for (size_t k = 0; k < one->parts.n; k++) {
			size_t at = place_of(&p->paths, one->parts.v[k]);

			if (strv_has(&mine, one->parts.v[k]))
				continue; /* the same layer twice */
			strv_push(m->arena, &mine, one->parts.v[k]);
			p->users[at]++;
			p->is_active[at] |= one->n_containers > 0;
		}
	}
	for (size_t i = 0; i < all->n_images; i++)
		for (size_t k = 0; k < all->images[i].parts.n; k++) {
			size_t at = place_of(&p->paths, all->images[i].parts.v[k]);

			if (k != place_of(&all->images[i].parts, p->paths.v[at]))
				continue;
			all->images[i].size += p->sizes[at];
			all->images[i].shared += p->users[at] > 1 ? p->sizes[at] : 0;
		}
}

static void measure_rest(struct images *m, struct contents *all)
{
	struct strv paths = {0};
	uint64_t *sizes;

	for (size_t i = 0; i < all->n_containers; i++) {
		const struct container *c = all->containers[i].record;

		strv_push(m->arena, &paths, container_folder(c, m->arena));
	}
	for (size_t i = 0; i < all->n_volumes; i++)
		strv_pushf(m->arena, &paths, "volumes/%s", all->volumes[i].record.name);
	sizes = arena_alloc(m->arena, (paths.n + 1) * sizeof(*sizes));
	images_measure(m, &paths, sizes);
	for (size_t i = 0; i < all->n_containers; i++)
		all->containers[i].size = *sizes++;
	for (size_t i = 0; i < all->n_volumes; i++)
		all->volumes[i].size = *sizes++;
}

/* --- df --- */

struct sum {
	const char *type;
	size_t total, active;
	uint64_t size, reclaimable;
};

static void sum_up(const struct contents *all, const struct parts *p, struct sum sums[3])
{
	sums[0] = (struct sum){.type = "Images", .total = all->n_images};
	sums[1] = (struct sum){.type = "Containers", .total = all->n_containers};
	sums[2] = (struct sum){.type = "Local Volumes", .total = all->n_volumes};
	for (size_t i = 0; i < all->n_images; i++)
		sums[0].active += all->images[i].n_containers > 0;
	for (size_t i = 0; i < p->paths.n; i++) {
		sums[0].size += p->sizes[i];
		sums[0].reclaimable += p->is_active[i] ? 0 : p->sizes[i];
	}
	for (size_t i = 0; i < all->n_containers; i++) {
		const struct one_container *c = &all->containers[i];

		sums[1].active += c->is_running;
		sums[1].size += c->size;
		sums[1].reclaimable += c->is_running ? 0 : c->size;
	}
	for (size_t i = 0; i < all->n_volumes; i++) {
		const struct one_volume *v = &all->volumes[i];

		sums[2].active += v->n_containers > 0;
		sums[2].size += v->size;
		sums[2].reclaimable += v->n_containers > 0 ? 0 : v->size;
	}
}

static void put_sum(struct json *list, const struct sum *s, bool is_json, struct arena *a)
{
	struct json *o = json_add_object(list);
	uint64_t percent = s->size ? s->reclaimable * 100 / s->size : 0;

	json_put_str(o, "Type", s->type);
	json_put_int(o, "Total", (int64_t)s->total);
	json_put_int(o, "Active", (int64_t)s->active);
	if (is_json) {
		json_put_int(o, "Size", (int64_t)s->size);
		json_put_int(o, "Reclaimable", (int64_t)s->reclaimable);
		return;
	}
	json_put_str(o, "Size", format_size(s->size, a));
	json_put_str(o, "Reclaimable",
		     arena_printf(a, "%s (%u%%)", format_size(s->reclaimable, a),
				  (unsigned int)percent));
}

static int print_rows(struct images *m, const char *title, const char *own,
		      const struct json *rows, struct err *err)
{
	struct format f = {.own = own};

	printf("%s\n\n", title);
	return format_rows(&f, rows, m->arena, err);
}

static int print_images(struct images *m, const struct contents *all, struct err *err)
{
	_cleanup_json_ struct json *rows = json_new_array();

	for (size_t i = 0; i <= all->n_images; i++) {
		const struct one_image *one = &all->images[i ? i - 1 : 0];
		struct json *o = json_add_object(rows);
		bool is_row = i > 0;

		json_put_str(o, "Image",
			     is_row ? one->entry.name ? one->entry.name : "<none>" : "");
		json_put_str(
			o, "ImageID",
			is_row ? arena_strndup(
					 m->arena,
					 digest_hex(&one->image.manifest.config.digest),
					 ID_LEN)
			       : "");
		json_put_str(o, "Size", is_row ? format_size(one->size, m->arena) : "");
		json_put_str(o, "SharedSize",
			     is_row ? format_size(one->shared, m->arena) : "");
		json_put_str(o, "UniqueSize",
			     is_row ? format_size(one->size - one->shared, m->arena)
				    : "");
		json_put_int(o, "Containers", is_row ? (int64_t)one->n_containers : 0);
	}
	return print_rows(m, "Images space usage:",
			  "{{.Image}}\t{{.ImageID}}\t{{.Size}}\t{{.SharedSize}}\t"
			  "{{.UniqueSize}}\t{{.Containers}}",
			  rows, err);
}

static int print_containers(struct images *m, const struct contents *all, struct err *err)
{
	_cleanup_json_ struct json *rows = json_new_array();

	for (size_t i = 0; i <= all->n_containers; i++) {
		const struct one_container *one = &all->containers[i ? i - 1 : 0];
		const struct container *c = i ? one->record : NULL;
		struct json *o = json_add_object(rows);

		json_put_str(o, "ContainerID",
			     c ? arena_strndup(m->arena, c->id, ID_LEN) : "");
		json_put_str(o, "Image", c && c->image ? c->image : "");
		json_put_str(o, "Size", c ? format_size(one->size, m->arena) : "");
		json_put_str(o, "Status", c && one->is_running ? "running" : "exited");
		json_put_str(o, "Names", c && c->name ? c->name : "");
	}
	return print_rows(
		m, "\nContainers space usage:",
		"{{.ContainerID}}\t{{.Image}}\t{{.Size}}\t{{.Status}}\t{{.Names}}", rows,
		err);
}

static int print_volumes(struct images *m, const struct contents *all, struct err *err)
{
	_cleanup_json_ struct json *rows = json_new_array();

	for (size_t i = 0; i <= all->n_volumes; i++) {
		const struct one_volume *one = &all->volumes[i ? i - 1 : 0];
		struct json *o = json_add_object(rows);

		json_put_str(o, "VolumeName", i ? one->record.name : "");
		json_put_int(o, "Links", i ? (int64_t)one->n_containers : 0);
		json_put_str(o, "Size", i ? format_size(one->size, m->arena) : "");
	}
	return print_rows(m, "\nLocal Volumes space usage:",
			  "{{.VolumeName}}\t{{.Links}}\t{{.Size}}", rows, err);
}

static int print_sums(struct images *m, const struct system_options *o,
		      const struct sum sums[3], struct err *err)
{
	_cleanup_json_ struct json *rows = json_new_array();
	struct format f = {.text = o->format,
			   .own = "{{.Type}}\t{{.Total}}\t{{.Active}}\t{{.Size}}\t"
				  "{{.Reclaimable}}"};
	bool is_json = format_is_json(o->format);
	int r;

	if (!is_json)
		put_sum(rows, &sums[0], false, m->arena);
	for (int i = 0; i < 3; i++)
		put_sum(rows, &sums[i], is_json, m->arena);
	if (!is_json)
		return format_rows(&f, rows, m->arena, err);
	r = cmd_print_json(rows);
	rows = NULL;
	return r ? -EIO : 0;
}

static int df(struct images *m, void *options, char **words, struct err *err)
{
	struct system_options *o = options;
	struct contents all = {0};
	struct parts parts = {0};
	struct sum sums[3];
	int r;

	(void)words;
	if (o->is_verbose && o->format)
		return err_say(err, -EINVAL, "--verbose does not go with --format");
	r = find_all(m, &all, err);
	if (r < 0)
		return r;
	find_parts(m, &all, &parts);
	measure_rest(m, &all);
	sum_up(&all, &parts, sums);
	if (!o->is_verbose)
		return print_sums(m, o, sums, err);
	r = print_images(m, &all, err);
	if (r == 0)
		r = print_containers(m, &all, err);
	return r < 0 ? r : print_volumes(m, &all, err);
}

static const struct option df_options[] = {
	{"format", 0, "FORMAT", "json, or a template: {{.Type}} {{.Size}}", set_format},
	{"verbose", 'v', NULL, "each image, container and volume", set_verbose},
	{0},
};

const struct verb verb_system_df = {
	{"system df", "[OPTIONS]", "Show how much of the disk the store takes.",
	 df_options},
	0,
	0,
	df,
};

int cmd_system_df(int argc, char **argv)
{
	return run_verb(&verb_system_df, argc, argv);
}

/* --- prune --- */

struct pruning {
	struct images *images;
	const struct system_options *options;
	struct filters filters;
	time_t until;
	bool has_until;
	uint64_t freed;
};

static int read_prune_filters(struct pruning *p, struct err *err)
{
	static const char *const known[] = {"label", "label!", "until", NULL};
	int r = filters_read(&p->options->filters, known, p->images->arena, &p->filters,
			     err);

	for (size_t i = 0; r == 0 && i < p->filters.n_v; i++) {
		if (strcmp(p->filters.v[i].key, "until") != 0)
			continue;
		p->has_until = true;
		r = filter_read_until(p->filters.v[i].value, p->images->arena, &p->until,
				      err);
	}
	return r;
}

static bool passes(const struct pruning *p, const char *created,
		   const struct strv *labels)
{
	time_t made;

	if (p->has_until && (format_parse_time(created, &made) < 0 || made >= p->until))
		return false;
	for (size_t i = 0; i < p->filters.n_v; i++) {
		const struct filter *f = &p->filters.v[i];

		if (strncmp(f->key, "label", 5) == 0 &&
		    filter_has_label(labels, f->value) != (f->key[5] == '\0'))
			return false;
	}
	return true;
}

static uint64_t measure_one(struct images *m, const char *path)
{
	struct strv paths = {0};
	uint64_t size = 0;

	strv_push(m->arena, &paths, path);
	images_measure(m, &paths, &size);
	return size;
}

/* One that runs, or is being removed by somebody else, stays. */
static int prune_container(struct pruning *p, const struct container *c, struct err *err)
{
	struct images *m = p->images;
	_cleanup_fd_ int lock = -EBADF;
	uint64_t size;
	int r = container_hold(&m->store, c, m->arena, &lock, NULL);

	if (r < 0)
		return 0;
	size = measure_one(m, container_folder(c, m->arena));
	r = containers_discard(m, c, err);
	if (r < 0)
		return r;
	p->freed += size;
	printf("%s\n", c->id);
	return 0;
}

static int prune_containers(struct pruning *p, struct err *err)
{
	struct images *m = p->images;
	struct container *v;
	size_t n;
	int r = container_list(&m->store, m->arena, &v, &n, err);

	for (size_t i = 0; r == 0 && i < n; i++) {
		struct strv labels = {0};

		if (v[i].is_throwaway)
			continue;
		list_read_labels(m, &v[i], &labels);
		if (passes(p, v[i].created, &labels))
			r = prune_container(p, &v[i], err);
	}
	return r;
}

/* What only those images had, that are gone now, and what nothing else has. */
static int collect(struct pruning *p, struct err *err)
{
	struct images *m = p->images;
	_cleanup_fd_ int lock = -EBADF;
	struct store_garbage g = {0};
	struct strv paths = {0};
	uint64_t *sizes;
	int r = store_lock(&m->store, "store", true, false, &lock, err);

	if (r == -EAGAIN) {
		cmd_note("somebody is at work in the store: what nothing needs there is "
			 "left for the next time");
		return 0;
	}
	if (r == 0)
		r = store_find_garbage(&m->store, m->arena, &g, err);
	if (r < 0)
		return r;
	for (size_t i = 0; i < g.blobs.n; i++)
		strv_push(m->arena, &paths, g.blobs.v[i]);
	for (size_t i = 0; i < g.layers.n; i++)
		strv_push(m->arena, &paths, g.layers.v[i]);
	sizes = arena_alloc(m->arena, (paths.n + 1) * sizeof(*sizes));
	images_measure(m, &paths, sizes);
	fd_close(&lock);
	r = images_collect(m, NULL, err);
	for (size_t i = 0; r == 0 && i < paths.n; i++) {
		_cleanup_fd_ int still = fd_open(m->store.dir, paths.v[i], O_PATH);

		p->freed += still == -ENOENT ? sizes[i] : 0;
	}
	return r;
}

static bool has_name(const struct store_entry *entries, size_t n, const struct digest *d)
{
	for (size_t i = 0; i < n; i++)
		if (entries[i].name && digest_equal(&entries[i].manifest.digest, d))
			return true;
	return false;
}

/* The entries that it had when it was looked at: a name that it got meanwhile keeps it. */
static int drop_image(struct pruning *p, const struct one_image *one,
		      const struct store_entry *entries, size_t n, struct err *err)
{
	bool is_dropped = false;
	int r = 0;

	for (size_t i = 0; r == 0 && i < n; i++) {
		if (!digest_equal(&entries[i].manifest.digest,
				  &one->entry.manifest.digest))
			continue;
		r = store_drop(&p->images->store, &entries[i], false, err);
		is_dropped |= r == 0;
		r = r == -ENOENT ? 0 : r;
	}
	if (is_dropped)
		printf("%s\n", digest_hex(&one->image.manifest.config.digest));
	return r;
}

static int drop_images(struct pruning *p, bool is_all, struct err *err)
{
	struct images *m = p->images;
	_cleanup_fd_ int lock = -EBADF;
	struct contents all = {0};
	struct store_entry *entries;
	size_t n;
	int r = store_lock(&m->store, "store", false, true, &lock, err);

	if (r == 0)
		r = store_list(&m->store, m->arena, &entries, &n, err);
	if (r == 0)
		r = find_all(m, &all, err);
	for (size_t i = 0; r == 0 && i < all.n_images; i++) {
		const struct one_image *one = &all.images[i];
		const struct image_config *c = &one->image.config;

		if (one->n_containers == 0 &&
		    (is_all || !has_name(entries, n, &one->entry.manifest.digest)) &&
		    passes(p, c->created, &c->labels))
			r = drop_image(p, one, entries, n, err);
	}
	return r;
}

static int prune_images(struct pruning *p, bool is_all, struct err *err)
{
	int r = drop_images(p, is_all, err);

	return r < 0 ? r : collect(p, err);
}

static int prune_volumes(struct pruning *p, struct err *err)
{
	struct images *m = p->images;
	struct volume *v;
	size_t n;
	int r = volume_list(&m->store, m->arena, &v, &n, err);

	for (size_t i = 0; r == 0 && i < n; i++) {
		uint64_t size;

		if (!passes(p, v[i].created, &v[i].labels))
			continue;
		size = measure_one(m, arena_printf(m->arena, "volumes/%s", v[i].name));
		r = volumes_remove(m, v[i].name, err);
		if (r == 0) {
			p->freed += size;
			printf("%s\n", v[i].name);
		} else if (r == -EBUSY || r == -ENOENT) {
			r = 0;
		}
	}
	return r;
}

static void report(const struct pruning *p)
{
	printf("Total reclaimed space: %s\n", format_size(p->freed, p->images->arena));
}

static int container_prune(struct images *m, void *options, char **words, struct err *err)
{
	struct pruning p = {.images = m, .options = options};
	int r = read_prune_filters(&p, err);

	(void)words;
	if (r == 0)
		r = volumes_confirm("WARNING! This removes all containers that do not "
				    "run. Continue?",
				    p.options->is_forced, err);
	if (r == 0)
		r = prune_containers(&p, err);
	if (r == 0)
		report(&p);
	return r;
}

static int image_prune(struct images *m, void *options, char **words, struct err *err)
{
	struct pruning p = {.images = m, .options = options};
	int r = read_prune_filters(&p, err);

	(void)words;
	if (r == 0)
		r = volumes_confirm(
			p.options->is_all
				? "WARNING! This removes all images that no container "
				  "uses. Continue?"
				: "WARNING! This removes all images without a name. "
				  "Continue?",
			p.options->is_forced, err);
	if (r == 0)
		r = prune_images(&p, p.options->is_all, err);
	if (r == 0)
		report(&p);
	return r;
}

static int system_prune(struct images *m, void *options, char **words, struct err *err)
{
	struct pruning p = {.images = m, .options = options};
	const struct system_options *o = options;
	int r = read_prune_filters(&p, err);

	(void)words;
	if (r == 0)
		r = volumes_confirm(
			arena_printf(m->arena,
				     "WARNING! This removes all containers that do not "
				     "run,\nall images %s%s. Continue?",
				     o->is_all ? "that no container uses"
					       : "without a name",
				     o->want_volumes
					     ? ",\nand all volumes that no container uses"
					     : ""),
			o->is_forced, err);
	if (r < 0)
		return r;
	printf("Deleted Containers\n");
	r = prune_containers(&p, err);
	if (r == 0 && o->want_volumes) {
		printf("Deleted Volumes\n");
		r = prune_volumes(&p, err);
	}
	if (r == 0) {
		printf("Deleted Images\n");
		r = prune_images(&p, o->is_all, err);
	}
	if (r == 0) {
		images_sweep(m);
		report(&p);
	}
	return r;
}

#define FILTER                                                                         \
	{                                                                              \
		"filter", 0, "KEY=VALUE",                                              \
			"only some: until=24h, label=KEY[=VALUE], label!=KEY[=VALUE]", \
			set_filter                                                     \
	}
#define FORCE                                               \
	{                                                   \
		"force", 'f', NULL, "do not ask", set_force \
	}

static const struct option container_prune_options[] = {FILTER, FORCE, {0}};
static const struct option image_prune_options[] = {
	{"all", 'a', NULL, "all that no container uses, also those with a name", set_all},
	FILTER,
	FORCE,
	{0},
};
static const struct option system_prune_options[] = {
	{"all", 'a', NULL, "all images that no container uses, also those with a name",
	 set_all},
	FILTER,
	FORCE,
	{"volumes", 0, NULL, "volumes that no container uses, too", set_volumes},
	{0},
};

const struct verb verb_container_prune = {
	{"container prune", "[OPTIONS]", "Remove all containers that do not run.",
	 container_prune_options},
	0,
	0,
	container_prune,
};
const struct verb verb_image_prune = {
	{"image prune", "[OPTIONS]", "Remove images that nothing uses.",
	 image_prune_options},
	0,
	0,
	image_prune,
};
const struct verb verb_system_prune = {
	{"system prune", "[OPTIONS]",
	 "Remove containers that do not run, and images that nothing uses.",
	 system_prune_options},
	0,
	0,
	system_prune,
};

int cmd_container_prune(int argc, char **argv)
{
	return run_verb(&verb_container_prune, argc, argv);
}

int cmd_image_prune(int argc, char **argv)
{
	return run_verb(&verb_image_prune, argc, argv);
}

int cmd_system_prune(int argc, char **argv)
{
	return run_verb(&verb_system_prune, argc, argv);
}

/* --- fsck --- */

static void print_finding(void *data, const char *where, const char *what,
			  const char *mend)
{
	struct arena *a = data;

	printf("%s\n",
	       format_escape(arena_printf(a, "%s: %s: %s", where, what, mend), a));
}

/* Names of blobs that are not what they are called. */
static int find_damaged(struct images *m, struct strv *ret, struct err *err)
{
	_cleanup_json_ struct json *answer = NULL;
	struct json_at root, list;
	struct strv words = {0};
	int r;

	strv_push(m->arena, &words, "verify-blobs");
	r = images_helper(m, &words, &answer, err);
	if (r < 0)
		return r;
	root = json_root(answer);
	list = json_key(&root, "damaged");
	return json_read_strv(&list, m->arena, ret, err);
}

static int check(struct images *m, const struct system_options *o,
		 unsigned int *ret_findings, struct err *err)
{
	_cleanup_fd_ int lock = -EBADF;
	struct strv damaged = {0};
	struct fsck f = {.store = &m->store,
			 .arena = m->arena,
			 .want_repair = o->want_repair,
			 .damaged = &damaged,
			 .say = print_finding,
			 .data = m->arena};
	int r = store_lock(&m->store, "store", true, false, &lock, err);

	if (r == -EAGAIN) {
		err_say(err, r, "somebody is at work in '%s'", m->store.path);
		return err_hint(err, r, "Try again when that is done");
	}
	if (r == 0 && !o->is_quick)
		r = find_damaged(m, &damaged, err);
	if (r == 0)
		r = fsck_store(&f, err);
	*ret_findings = f.n_findings;
	return r;
}

static int system_fsck(struct images *m, void *options, char **words, struct err *err)
{
	struct system_options *o = options;
	unsigned int n = 0;
	int r = check(m, o, &n, err);

	(void)words;
	if (r < 0)
		return r;
	o->code = n > 0;
	if (o->want_repair)
		images_sweep(m);
	return 0;
}

static const struct option fsck_options[] = {
	{"quick", 0, NULL, "compute no digests", set_quick},
	{"repair", 0, NULL,
	 "mend what is found; no container's changes are removed, and no "
	 "volume's data",
	 set_repair},
	{0},
};

const struct verb verb_system_fsck = {
	{"system fsck", "[OPTIONS]",
	 "Check all that is in the store. Ends with 0 when all is well, with 1 when not.",
	 fsck_options},
	0,
	0,
	system_fsck,
};

int cmd_system_fsck(int argc, char **argv)
{
	return run_verb(&verb_system_fsck, argc, argv);
}
