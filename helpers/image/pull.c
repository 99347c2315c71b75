// SPDX-License-Identifier: Apache-2.0
/*
 * pull.c - an image into the store: manifest, config, then all layers at once
 */
#include <pthread.h>
#include <string.h>
#include <unistd.h>

#include "archive.h"
#include "base/json.h"
#include "command.h"
#include "hash.h"
#include "layer.h"
#include "sys/fd.h"

#define MIN_THREADS 3 /* a network is slower than a processor */
#define MAX_THREADS 8

/* What the threads share. */
struct team {
	struct command *command;
	struct source *source;
	const struct manifest *manifest;
	const struct image_config *config;
	struct progress *progress;
	pthread_mutex_t lock;
	size_t next;
	int r;
	struct err err; /* of the first that failed */
};

/* The same layer twice in an image is brought once. */
static bool is_repeated(const struct team *t, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (digest_equal(&t->manifest->layers[k].digest,
				 &t->manifest->layers[i].digest) &&
		    digest_equal(&t->config->diff_ids[k], &t->config->diff_ids[i]))
			return true;
	return false;
}

static bool take_next(struct team *t, size_t *ret)
{
	bool has_any;

	pthread_mutex_lock(&t->lock);
	while (t->next < t->manifest->n_layers && is_repeated(t, t->next))
		t->next++;
	has_any = t->r == 0 && t->next < t->manifest->n_layers;
	*ret = t->next++;
	pthread_mutex_unlock(&t->lock);
	return has_any;
}

static void *work(void *data)
{
	_cleanup_arena_ struct arena a = {0};
	struct team *t = data;
	struct err err = {0};
	size_t i;

	while (take_next(t, &i)) {
		struct layer_job job = {
			.store = &t->command->store,
			.source = t->source,
			.blob = &t->manifest->layers[i],
			.diff_id = &t->config->diff_ids[i],
			.userns = t->command->userns,
			.is_squashed = t->command->is_squashed,
			.progress = t->progress,
			.index = i,
		};
		int r = layer_bring(&job, &a, &err);

		if (r == 0)
			continue;
		pthread_mutex_lock(&t->lock);
		if (t->r == 0) {
			t->r = r;
			t->err = err;
		}
		pthread_mutex_unlock(&t->lock);
	}
	return NULL;
}

static int run_team(struct team *t, struct err *err)
{
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);
	size_t n = (size_t)MIN(MAX(cpus, MIN_THREADS), MAX_THREADS), n_started = 0;
	pthread_t threads[MAX_THREADS];

	pthread_mutex_init(&t->lock, NULL);
	n = MIN(n, t->manifest->n_layers);
	while (n_started < n && pthread_create(&threads[n_started], NULL, work, t) == 0)
		n_started++;
	/* Not even one: without help, then. */
	if (n > 0 && n_started == 0)
		work(t);
	for (size_t i = 0; i < n_started; i++)
		pthread_join(threads[i], NULL);
	pthread_mutex_destroy(&t->lock);
	if (t->r < 0)
		*err = t->err;
	return t->r;
}

static int bring_layers(struct command *c, struct source *source,
			const struct manifest *m, const struct image_config *config,
			struct err *err)
{
	struct team t = {.command = c, .source = source, .manifest = m, .config = config};
	int r;

	t.progress = progress_new(m->n_layers, c->is_quiet);
	if (!t.progress)
		return err_set(err, -ENOMEM, "bring layers");
	for (size_t i = 0; i < m->n_layers; i++)
		progress_name(t.progress, i, &m->layers[i].digest, m->layers[i].size);
	r = run_team(&t, err);
	progress_free(t.progress);
	return r;
}

/* --- the documents --- */

struct memory_sink {
	struct sink sink;
	char *text;
	size_t len, size;
};

static int take_document(struct sink *s, const void *bytes, size_t len, struct err *err)
{
	struct memory_sink *m = (struct memory_sink *)s;

	if (len > m->size - m->len)
		return err_say(err, -EFBIG, "it is longer than it should be");
	memcpy(m->text + m->len, bytes, len);
	m->len += len;
	return 0;
}

static int get_config(struct source *source, const struct descriptor *d, struct arena *a,
		      struct document *ret, struct err *err)
{
	struct memory_sink m = {.sink = {take_document}};
	struct hash *hash;
	int r;

	if (d->size > MANIFEST_MAX_BYTES)
		return err_say(err, -EFBIG, "config %s: %llu bytes, more than %u",
			       d->digest.text, (unsigned long long)d->size,
			       MANIFEST_MAX_BYTES);
	m.size = (size_t)d->size;
	m.text = arena_alloc(a, m.size + 1);
	r = source->ops->blob(source, d, 0, &m.sink, err);
	hash = r == 0 ? hash_new() : NULL;
	if (r == 0 && !hash)
		r = err_set(err, -ENOMEM, "hash");
	if (r < 0)
		return r;
	hash_add(hash, m.text, m.len);
	hash_end(hash, &ret->digest);
	if (!digest_equal(&ret->digest, &d->digest))
		return err_say(err, -EBADMSG, "config %s: its digest is %s",
			       d->digest.text, ret->digest.text);
	ret->text = m.text;
	ret->len = m.len;
	return 0;
}

/* The manifest for this platform: the document itself, or one that the index has. */
static int get_manifest(struct command *c, struct source *source, struct document *doc,
			struct manifest *m, struct err *err)
{
	const struct descriptor *d;
	int r = source->ops->manifest(source, NULL, c->arena, doc, err);

	if (r == 0)
		r = manifest_parse(doc->text, doc->len, doc->media_type, c->arena, m,
				   err);
	if (r < 0 || !m->is_index)
		return r;
	d = manifest_choose(m, &c->source.platform);
	if (!d)
		return err_say(err, -ENOENT, "'%s': there is no image for %s/%s%s%s",
			       source->name, c->source.platform.os,
			       c->source.platform.architecture,
			       c->source.platform.variant ? "/" : "",
			       c->source.platform.variant ? c->source.platform.variant
							  : "");
	r = source->ops->manifest(source, &d->digest, c->arena, doc, err);
	if (r == 0)
		r = manifest_parse(doc->text, doc->len,
				   doc->media_type ? doc->media_type : d->media_type,
				   c->arena, m, err);
	if (r == 0 && m->is_index)
		r = err_say(err, -EINVAL, "'%s': an index in an index", source->name);
	return r;
}

/* "/x/My image.tar" makes "my-image". */
static const char *name_of_path(const char *path, struct arena *a)
{
	size_t len = strlen(path), start;
	char *name;

	while (len > 1 && path[len - 1] == '/')
		len--;
	for (start = len; start > 0 && path[start - 1] != '/'; start--)
		;
	if (len - start > 4 && strncmp(path + len - 4, ".tar", 4) == 0)
		len -= 4;
	name = arena_strndup(a, path + start, len - start);
	for (char *c = name; *c; c++) {
		if (*c >= 'A' && *c <= 'Z')
			*c = (char)(*c - 'A' + 'a');
		else if (!(*c >= 'a' && *c <= 'z') && !(*c >= '0' && *c <= '9'))
			*c = '-';
	}
	return name + strspn(name, "-");
}

/* What the image is called in the store: NULL when it came without a name. One in a layout is
 * often called by its tag alone. */
static const char *name_of(const struct image_ref *ref, const struct source *source,
			   struct arena *a)
{
	const char *name = ref->name;
	struct image_ref named;

	if (ref->transport == REF_REGISTRY)
		return source->name;
	if (!name || name[0] == '@')
		name = name_of_path(ref->path, a);
	else if (!strpbrk(name, "/:"))
		name = arena_printf(a, "%s:%s", name_of_path(ref->path, a), name);
	if (ref_parse(name, a, &named, NULL) < 0 || named.transport != REF_REGISTRY ||
	    named.has_digest)
		return NULL;
	if (!named.registry)
		named = ref_qualify(&named, "localhost", a);
	return ref_text(&named, a);
}

/* On the disk before it is named: after a crash an image is whole, or not there. */
static int finish(struct command *c, const struct descriptor *d, const char *name,
		  struct err *err)
{
	int r = fd_sync_filesystem(c->store.dir);

	if (r < 0)
		return err_set(err, r, "write '%s' to the disk", c->store.path);
	return store_name(&c->store, d, name, err);
}

static int pull_from(struct command *c, const struct image_ref *ref,
		     struct source *source, struct err *err)
{
	struct document doc = {0}, config_doc = {0};
	struct descriptor d = {0};
	struct image_config config;
	struct manifest m;
	const char *name;
	int r = get_manifest(c, source, &doc, &m, err);

	if (r == 0)
		r = get_config(source, &m.config, c->arena, &config_doc, err);
	if (r == 0)
		r = image_config_parse(config_doc.text, config_doc.len, c->arena, &config,
				       err);
	if (r == 0 && config.n_diff_ids != m.n_layers)
		r = err_say(err, -EINVAL, "the manifest has %zu layers, the config %zu",
			    m.n_layers, config.n_diff_ids);
	if (r == 0)
		r = bring_layers(c, source, &m, &config, err);
	if (r == 0)
		r = layer_put_document(&c->store, &config_doc, err);
	if (r == 0)
		r = layer_put_document(&c->store, &doc, err);
	if (r < 0)
		return r;
	d.media_type = m.media_type;
	d.digest = doc.digest;
	d.size = doc.len;
	name = name_of(ref, source, c->arena);
	r = finish(c, &d, name, err);
	json_put_str(c->answer, "digest", doc.digest.text);
	json_put_str(c->answer, "name", name);
	return r;
}

int pull(struct command *c, struct err *err)
{
	_cleanup_source_ struct source *source = NULL;
	_cleanup_fd_ int lock = -EBADF;
	struct image_ref ref;
	int r;

	if (c->n_words != 1)
		return err_say(err, -EINVAL, "pull: one reference");
	r = ref_parse(c->words[0], c->arena, &ref, err);
	if (r == 0)
		r = store_lock(&c->store, "store", false, true, &lock, err);
	if (r == 0)
		r = source_open(&ref, &c->source, c->arena, &source, err);
	if (r == 0) {
		r = pull_from(c, &ref, source, err);
		if (r < 0)
			err_prefix(err, "pull '%s'", c->words[0]);
	}
	return r;
}

int unpack_image(struct command *c, struct err *err)
{
	struct store_entry entry = {0};
	_cleanup_fd_ int lock = -EBADF;
	struct store_image image;
	int r;

	if (c->n_words != 1 ||
	    digest_parse(c->words[0], strlen(c->words[0]), &entry.manifest.digest) < 0)
		return err_say(err, -EINVAL, "unpack-image: the digest of a manifest");
	r = store_lock(&c->store, "store", false, true, &lock, err);
	if (r == 0)
		r = store_read(&c->store, &entry, &c->source.platform, c->arena, &image,
			       err);
	if (r == 0)
		r = bring_layers(c, NULL, &image.manifest, &image.config, err);
	if (r == 0) {
		r = fd_sync_filesystem(c->store.dir);
		if (r < 0)
			err_set(err, r, "write '%s' to the disk", c->store.path);
	}
	return r;
}
