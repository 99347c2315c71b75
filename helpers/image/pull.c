// SPDX-License-Identifier: Apache-2.0
/*
 * pull.c - an image into the store: manifest, config, then all layers at once
 */
#include <string.h>

#include "archive.h"
#include "base/json.h"
#include "command.h"
#include "hash.h"
#include "layer.h"
#include "pull.h"
#include "sys/fd.h"
#include "team.h"

/* What bringing each layer needs. */
struct bringing {
	struct command *command;
	struct source *source;
	const struct manifest *manifest;
	const struct image_config *config;
	struct progress *progress;
};

/* The same layer twice in an image is brought once. */
static bool is_repeated(const struct bringing *b, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (digest_equal(&b->manifest->layers[k].digest,
				 &b->manifest->layers[i].digest) &&
		    digest_equal(&b->config->diff_ids[k], &b->config->diff_ids[i]))
			return true;
	return false;
}

static int bring_layer(void *data, size_t i, struct err *err)
{
	_cleanup_arena_ struct arena a = {0};
	const struct bringing *b = data;
	struct layer_job job = {
		.store = &b->command->store,
		.source = b->source,
		.blob = &b->manifest->layers[i],
		.diff_id = &b->config->diff_ids[i],
		.userns = b->command->userns,
		.is_squashed = b->command->is_squashed,
		.progress = b->progress,
		.index = i,
	};

	return is_repeated(b, i) ? 0 : layer_bring(&job, &a, err);
}

int pull_layers(struct command *c, struct source *source, const struct manifest *m,
		const struct image_config *config, struct err *err)
{
	struct bringing b = {c, source, m, config,
			     progress_new(m->n_layers, c->is_quiet)};
	int r;

	if (!b.progress)
		return err_set(err, -ENOMEM, "bring layers");
	for (size_t i = 0; i < m->n_layers; i++)
		progress_name(b.progress, i, &m->layers[i].digest, m->layers[i].size);
	r = team_run(m->n_layers, bring_layer, &b, err);
	progress_free(b.progress);
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

/* One in a layout is often called by its tag alone. */
const char *pull_name(const char *name, const char *path, struct arena *a)
{
	bool has_name = name && name[0] != '@';
	struct image_ref named;

	if (!path && (!has_name || !strpbrk(name, "/:")))
		return NULL;
	if (!has_name)
		name = name_of_path(path, a);
	else if (!strpbrk(name, "/:"))
		name = arena_printf(a, "%s:%s", name_of_path(path, a), name);
	if (ref_parse(name, a, &named, NULL) < 0 || named.transport != REF_REGISTRY ||
	    named.has_digest)
		return NULL;
	if (!named.registry)
		named = ref_qualify(&named, "localhost", a);
	return ref_text(&named, a);
}

int pull_sync(struct command *c, struct err *err)
{
	int r = fd_sync_filesystem(c->store.dir);

	return r < 0 ? err_set(err, r, "write '%s' to the disk", c->store.path) : 0;
}

/* Is the same image there, with another manifest? What is missing of it is unpacked. */
static bool is_there(struct command *c, const struct digest *id, struct pulled *ret)
{
	struct store_entry *entries;
	struct store_image image;
	size_t n;

	if (store_list(&c->store, c->arena, &entries, &n, NULL) < 0)
		return false;
	for (size_t i = 0; i < n; i++) {
		if (store_read(&c->store, &entries[i], &c->source.platform, c->arena,
			       &image, NULL) < 0 ||
		    image.manifest.is_index ||
		    !digest_equal(&image.manifest.config.digest, id) ||
		    pull_layers(c, NULL, &image.manifest, &image.config, NULL) < 0)
			continue;
		*ret = (struct pulled){image.entry.manifest, *id};
		return true;
	}
	return false;
}

/* An image that is alone is what there is, if nobody asked for another machine's. */
static int check_platform(struct command *c, const struct source *source,
			  const struct image_config *config, struct err *err)
{
	const struct platform *p = &c->source.platform;

	if (!c->source.is_platform_asked || platform_fits(p, config))
		return 0;
	return err_say(err, -ENOENT,
		       "'%s' is one image, for %s/%s: there is none for %s/%s",
		       source->name, config->os ? config->os : "",
		       config->architecture ? config->architecture : "", p->os,
		       p->architecture);
}

int pull_image(struct command *c, struct source *source, bool want_manifest,
	       struct pulled *ret, struct err *err)
{
	struct document doc = {0}, config_doc = {0};
	struct image_config config;
	struct manifest m;
	int r = get_manifest(c, source, &doc, &m, err);

	if (r == 0)
		r = get_config(source, &m.config, c->arena, &config_doc, err);
	if (r == 0)
		r = image_config_parse(config_doc.text, config_doc.len, c->arena, &config,
				       err);
	if (r == 0)
		r = check_platform(c, source, &config, err);
	if (r == 0 && config.n_diff_ids != m.n_layers)
		r = err_say(err, -EINVAL, "the manifest has %zu layers, the config %zu",
			    m.n_layers, config.n_diff_ids);
	if (r == 0 && !want_manifest && is_there(c, &m.config.digest, ret))
		return 0;
	if (r == 0)
		r = pull_layers(c, source, &m, &config, err);
	if (r == 0)
		r = layer_put_document(&c->store, &config_doc, err);
	if (r == 0)
		r = layer_put_document(&c->store, &doc, err);
	if (r < 0)
		return r;
	*ret = (struct pulled){.id = m.config.digest};
	ret->manifest.media_type = m.media_type;
	ret->manifest.digest = doc.digest;
	ret->manifest.size = doc.len;
	return 0;
}

static int pull_from(struct command *c, const struct image_ref *ref,
		     struct source *source, struct err *err)
{
	struct pulled image;
	const char *name;
	int r = pull_image(c, source, true, &image, err);

	if (r < 0)
		return r;
	name = ref->transport == REF_REGISTRY ? source->name
					      : pull_name(ref->name, ref->path, c->arena);
	r = pull_sync(c, err);
	if (r == 0)
		r = store_name(&c->store, &image.manifest, name, err);
	json_put_str(c->answer, "digest", image.manifest.digest.text);
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
		r = pull_layers(c, NULL, &image.manifest, &image.config, err);
	return r < 0 ? r : pull_sync(c, err);
}
