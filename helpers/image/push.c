// SPDX-License-Identifier: Apache-2.0
/*
 * push.c - an image of the store into a registry: all blobs at once, then the manifest
 *
 * All of the store that is needed is opened first. The registry may take its time after that:
 * nobody has to wait for it to remove this image, or what nothing needs.
 */
#include <string.h>
#include <sys/resource.h>

#include "base/json.h"
#include "command.h"
#include "image/document.h"
#include "progress.h"
#include "registries.h"
#include "registry.h"
#include "saved.h"
#include "sys/fd.h"
#include "sys/rlimit.h"
#include "team.h"

#define MAX_NEIGHBOURS 256
#define OTHER_FILES    256 /* connections, certificates, the store */

/* Another image of the store whose name is in the same registry: it may have the same blobs
 * there. */
struct neighbour {
	const char *repository;
	struct manifest manifest;
};

struct pushing {
	struct command *command;
	struct registry *registry;
	struct image_ref to;
	struct saved image;
	struct neighbour *neighbours;
	size_t n_neighbours;
	const struct descriptor **blobs; /* each once; the config is the last */
	int *files; /* owned: of each blob, or why there is none: a negative errno */
	size_t n;
	struct progress *progress;
};

/* --- blobs --- */

static bool has_blob(const struct manifest *m, const struct digest *d)
{
	if (digest_equal(&m->config.digest, d))
		return true;
	for (size_t i = 0; i < m->n_layers; i++)
		if (digest_equal(&m->layers[i].digest, d))
			return true;
	return false;
}

/* The repository that a blob may be taken from, or NULL. */
static const char *find_neighbour(const struct pushing *p, const struct digest *d)
{
	for (size_t i = 0; i < p->n_neighbours; i++)
		if (has_blob(&p->neighbours[i].manifest, d))
			return p->neighbours[i].repository;
	return NULL;
}

struct blob_meter {
	struct meter meter; /* first */
	struct progress *progress;
	size_t index;
};

static void show_sent(struct meter *m, uint64_t bytes)
{
	const struct blob_meter *b = (struct blob_meter *)m;

	progress_set(b->progress, b->index, bytes);
}

static int check_blob(const struct pushing *p, size_t i, struct err *err)
{
	const char *digest = p->blobs[i]->digest.text;
	int r = p->files[i];

	if (r != -ENOENT)
		return r < 0 ? err_set(err, r, "blob %s", digest) : 0;
	err_say(err, r, "blob %s is not in the store, and not in the registry", digest);
	return err_hint(err, r, "urun pull, or urun load, brings the image once more");
}

static int send_blob(void *data, size_t i, struct err *err)
{
	const struct pushing *p = data;
	const struct descriptor *d = p->blobs[i];
	struct blob_meter meter = {{show_sent}, p->progress, i};
	int r = registry_has_blob(p->registry, &d->digest, err);

	if (r > 0)
		progress_state(p->progress, i, PROGRESS_THERE);
	if (r != 0)
		return r < 0 ? r : 0;
	r = check_blob(p, i, err);
	if (r < 0)
		return r;
	progress_state(p->progress, i, PROGRESS_COMES);
	r = registry_push_blob(p->registry, p->files[i], d, find_neighbour(p, &d->digest),
			       &meter.meter, err);
	if (r >= 0)
		progress_state(p->progress, i, r > 0 ? PROGRESS_THERE : PROGRESS_DONE);
	else if (err && strstr(err->message, "DIGEST_INVALID"))
		err_hint(err, r, "urun system fsck looks for blobs that are damaged");
	return r < 0 ? r : 0;
}

static void list_blobs(struct pushing *p)
{
	const struct manifest *m = &p->image.image.manifest;

	p->blobs = arena_alloc(p->command->arena, (m->n_layers + 1) * sizeof(*p->blobs));
	for (size_t i = 0; i <= m->n_layers; i++) {
		const struct descriptor *d = i < m->n_layers ? &m->layers[i] : &m->config;
		bool is_new = true;

		for (size_t k = 0; k < p->n; k++)
			is_new &= !digest_equal(&p->blobs[k]->digest, &d->digest);
		if (is_new)
			p->blobs[p->n++] = d;
	}
}

/* A blob that is missing may be in the registry: it is no failure yet. */
static int open_blobs(struct pushing *p, struct err *err)
{
	const struct command *c = p->command;

	/* As a rule a process has 1024 descriptors. */
	rlimit_want(RLIMIT_NOFILE, p->n + OTHER_FILES);
	p->files = arena_alloc(c->arena, p->n * sizeof(*p->files));
	for (size_t i = 0; i < p->n; i++)
		p->files[i] = -EBADF;
	for (size_t i = 0; i < p->n; i++) {
		p->files[i] = store_blob(&c->store, &p->blobs[i]->digest);
		if (p->files[i] != -EMFILE)
			continue;
		err_set(err, -EMFILE, "open the %zu blobs of '%s'", p->n, c->words[0]);
		return err_hint(err, -EMFILE, "Raise the limit: ulimit -n %zu",
				p->n + OTHER_FILES);
	}
	return 0;
}

static int send_blobs(struct pushing *p, struct err *err)
{
	int r;

	p->progress = progress_new(p->n, p->command->is_quiet);
	if (!p->progress)
		return err_set(err, -ENOMEM, "send blobs");
	for (size_t i = 0; i < p->n; i++)
		progress_name(p->progress, i, &p->blobs[i]->digest, p->blobs[i]->size);
	r = team_run(p->n, send_blob, p, err);
	progress_free(p->progress);
	return r;
}

/* Images that cannot be read are no help, and no hindrance. */
static void find_neighbours(struct pushing *p)
{
	struct command *c = p->command;
	struct store_entry *entries;
	struct store_image image;
	struct image_ref ref;
	size_t n = 0;

	if (store_list(&c->store, c->arena, &entries, &n, NULL) < 0)
		return;
	p->neighbours = arena_alloc(c->arena, MAX_NEIGHBOURS * sizeof(*p->neighbours));
	for (size_t i = 0; i < n && p->n_neighbours < MAX_NEIGHBOURS; i++) {
		if (!entries[i].name ||
		    ref_parse(entries[i].name, c->arena, &ref, NULL) < 0 ||
		    !ref.registry || strcmp(ref.registry, p->to.registry) != 0 ||
		    strcmp(ref.repository, p->to.repository) == 0 ||
		    store_read(&c->store, &entries[i], &c->source.platform, c->arena,
			       &image, NULL) < 0)
			continue;
		p->neighbours[p->n_neighbours++] =
			(struct neighbour){ref.repository, image.manifest};
	}
}

/* --- where to --- */

static bool begins_with(const struct digest *d, const char *hex)
{
	return strncmp(digest_hex(d), hex, strlen(hex)) == 0;
}

/* An id is that of all its names. */
static bool is_by_id(const struct pushing *p, const char *typed)
{
	const char *hex = strncmp(typed, "sha256:", 7) == 0 ? typed + 7 : typed;
	const struct store_image *i = &p->image.image;

	return !strstr(i->entry.name, typed) &&
	       (begins_with(&i->manifest.config.digest, hex) ||
		begins_with(&i->entry.manifest.digest, hex));
}

static int no_destination(const char *typed, const char *why, struct err *err)
{
	err_say(err, -EINVAL, "push '%s': %s", typed, why);
	return err_hint(err, -EINVAL, "urun push %s HOST/NAME:TAG", typed);
}

static int own_name(struct pushing *p, const char *typed, const char **ret,
		    struct err *err)
{
	const char *name = p->image.image.entry.name;

	if (!name)
		return no_destination(typed, "the image has no name to be pushed to",
				      err);
	if (is_by_id(p, typed))
		return no_destination(typed, "an id says not which of its names is meant",
				      err);
	if (strncmp(name, "localhost/", 10) == 0)
		return no_destination(
			typed, "its name is one of this machine, in no registry", err);
	*ret = name;
	return 0;
}

static int choose_destination(struct pushing *p, struct err *err)
{
	struct command *c = p->command;
	const char *text = c->n_words > 1 ? c->words[1] : NULL;
	int r = text ? 0 : own_name(p, c->words[0], &text, err);

	if (r == 0)
		r = ref_parse(text, c->arena, &p->to, err);
	if (r < 0)
		return r;
	if (p->to.transport != REF_REGISTRY)
		return err_say(err, -EINVAL, "push: '%s' is not in a registry", text);
	/* As docker and podman read it. */
	if (!p->to.registry)
		p->to = ref_qualify(&p->to, "docker.io", c->arena);
	if (p->to.has_digest && !digest_equal(&p->to.digest, &p->image.manifest.digest))
		return err_say(err, -EINVAL,
			       "push to '%s': the image has another digest, %s", text,
			       p->image.manifest.digest.text);
	return 0;
}

static int open_destination(struct pushing *p, struct err *err)
{
	struct registries *registries = NULL;
	bool is_plain = false;
	int r = registries_read(p->command->arena, &registries, err);

	if (r == 0)
		r = registries_host(registries, p->to.registry, p->to.repository,
				    &is_plain, err);
	if (r == 0)
		r = registry_open(p->to.registry, p->to.repository, is_plain,
				  &p->command->source, &p->registry, err);
	return r;
}

/* --- all of it --- */

/* Under the lock: what is open stays, though its name is removed. */
static int take_image(struct pushing *p, struct err *err)
{
	struct command *c = p->command;
	_cleanup_fd_ int lock = -EBADF;
	int r = store_lock(&c->store, "store", false, true, &lock, err);

	if (r == 0)
		r = saved_read(&c->store, c->words[0], &c->source.platform,
			       c->manifest ? saved_type(c->manifest) : NULL, c->arena,
			       &p->image, err);
	if (r == -ENOTSUP)
		err_hint(err, r, "Without --format v2s2 it is sent as it is");
	if (r == 0)
		r = choose_destination(p, err);
	if (r < 0)
		return r;
	find_neighbours(p);
	list_blobs(p);
	return open_blobs(p, err);
}

static int send_manifest(struct pushing *p, struct err *err)
{
	const struct document *m = &p->image.manifest;
	const char *reference = p->to.tag ? p->to.tag : m->digest.text;
	int r = registry_push_manifest(p->registry, reference, m, err);

	if (r == -EPROTO && strcmp(m->media_type, OCI_MANIFEST) == 0)
		err_hint(err, r,
			 "An old registry may want Docker's manifest: --format v2s2");
	return r;
}

static int send_image(struct pushing *p, struct err *err)
{
	struct command *c = p->command;
	const char *name = ref_text(&p->to, c->arena);
	int r = open_destination(p, err);

	if (r == 0)
		r = send_blobs(p, err);
	if (r == 0)
		r = send_manifest(p, err);
	registry_close(p->registry);
	if (r < 0) {
		err_prefix(err, "push '%s' to '%s'", c->words[0], name);
		return r;
	}
	json_put_str(c->answer, "digest", p->image.manifest.digest.text);
	json_put_str(c->answer, "name", name);
	return 0;
}

static void close_blobs(struct pushing *p)
{
	for (size_t i = 0; p->files && i < p->n; i++)
		fd_close(&p->files[i]);
}

int push(struct command *c, struct err *err)
{
	_cleanup_(close_blobs) struct pushing p = {.command = c};
	int r;

	if (c->n_words < 1 || c->n_words > 2)
		return err_say(err, -EINVAL, "push: an image, perhaps a destination");
	r = take_image(&p, err);
	return r < 0 ? r : send_image(&p, err);
}
