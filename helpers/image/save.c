// SPDX-License-Identifier: Apache-2.0
/*
 * save.c - images of the store into an archive or a folder
 */
#include <string.h>

#include "archive.h"
#include "base/json.h"
#include "command.h"
#include "files.h"
#include "image/document.h"
#include "save.h"
#include "saved.h"
#include "sys/fd.h"

#define MAX_SAVED 1000

/* --- images --- */

/* The kind that the format has, whatever the image came with: readers of layouts look for no
 * other. An archive of docker's has no manifests. NULL: as it is. */
static const char *manifest_type(const struct command *c)
{
	if (c->manifest)
		return saved_type(c->manifest);
	if (strcmp(c->format, "docker-archive") == 0 || strcmp(c->format, "dir") == 0)
		return NULL;
	return strncmp(c->format, "docker", 6) == 0 ? DOCKER_MANIFEST : OCI_MANIFEST;
}

static int read_image(struct command *c, const char *typed, struct saved *ret,
		      struct err *err)
{
	return saved_read(&c->store, typed, &c->source.platform, manifest_type(c),
			  c->arena, ret, err);
}

static bool begins_with(const char *s, const char *prefix)
{
	return strncmp(s, prefix, strlen(prefix)) == 0;
}

/* By an id or a digest the image is meant, and none of its names. */
static bool is_by_name(const struct saved *s, const char *typed)
{
	const char *hex = begins_with(typed, "sha256:") ? typed + 7 : typed;

	return s->image.entry.name &&
	       (strstr(s->image.entry.name, typed) ||
		(!begins_with(digest_hex(&s->config.digest), hex) &&
		 !begins_with(digest_hex(&s->manifest.digest), hex)));
}

static void list_add(struct save_list *l, const struct saved *s, const char *name)
{
	for (size_t i = 0; i < l->n; i++)
		if (digest_equal(&l->v[i].config->digest, &s->config.digest) &&
		    (!name || (l->v[i].name && strcmp(l->v[i].name, name) == 0)))
			return; /* the same once more */
	l->v[l->n++] = (struct archive_image){
		.manifest = &s->manifest,
		.config = &s->config,
		.parsed = &s->image.manifest,
		.name = name,
	};
}

/* One more name for the first image. */
static int add_name(struct command *c, const char *typed, const struct saved *first,
		    struct save_list *l, struct err *err)
{
	struct image_ref ref;
	int r = ref_parse(typed, c->arena, &ref, err);

	if (r < 0)
		return r;
	if (ref.transport != REF_REGISTRY || ref.has_digest)
		return err_say(err, -EINVAL, "'%s': a name, with a tag or without",
			       typed);
	if (!ref.registry)
		ref = ref_qualify(&ref, "localhost", c->arena);
	list_add(l, first, ref_text(&ref, c->arena));
	return 0;
}

/* A word behind the first is one more name for that image, as podman has it, or with
 * --multi-image-archive an image. One that is another image's name is most likely meant as that,
 * as docker has it. */
static int add_word(struct command *c, size_t i, struct saved *all, struct save_list *l,
		    struct err *err)
{
	const char *typed = c->words[i];
	struct err missing = {0};
	int r = read_image(c, typed, &all[i], &missing);

	if (r == 0 && (i == 0 || c->is_multi)) {
		list_add(l, &all[i],
			 c->name		      ? c->name[0] ? c->name : NULL
			 : is_by_name(&all[i], typed) ? all[i].image.entry.name
						      : NULL);
		return 0;
	}
	if (r == 0 && !digest_equal(&all[i].config.digest, &all[0].config.digest)) {
		err_say(err, -EINVAL, "'%s' is another image than '%s'", typed,
			c->words[0]);
		return err_hint(err, -EINVAL,
				"-m saves several images; without it the words behind "
				"the first are more names for that one");
	}
	if (r < 0 && (r != -ENOENT || i == 0 || c->is_multi)) {
		*err = missing;
		return r;
	}
	return add_name(c, typed, &all[0], l, err);
}

static int read_words(struct command *c, struct save_list *l, struct err *err)
{
	struct saved *all;
	int r = 0;

	if (c->n_words == 0 || c->n_words > MAX_SAVED)
		return err_say(err, -EINVAL, "save: 1 to %d images", MAX_SAVED);
	all = arena_alloc(c->arena, c->n_words * sizeof(*all));
	l->v = arena_alloc(c->arena, c->n_words * sizeof(*l->v));
	for (size_t i = 0; r == 0 && i < c->n_words; i++)
		r = add_word(c, i, all, l, err);
	return r;
}

static int save_archive(const struct command *c, const struct save_list *l,
			struct err *err)
{
	_cleanup_fd_ int blobs =
		fd_open(c->store.dir, "blobs/sha256", O_RDONLY | O_DIRECTORY);
	bool is_oci = strcmp(c->format, "oci-archive") == 0;

	if (blobs < 0)
		return err_set(err, blobs, "'%s/blobs'", c->store.path);
	return archive_write(c->out, is_oci ? ARCHIVE_OCI : ARCHIVE_DOCKER, blobs, l->v,
			     l->n, err);
}

/* @c->output is where an archive goes, too, when that has a name; who makes a folder says so. */
static int say(const struct command *c, int r, struct err *err)
{
	const char *to = c->output ? arena_printf(c->arena, "'%s'", shown(c->output).text)
				   : "standard output";

	err_prefix(err, "save '%s'%s%s", shown(c->words[0]).text,
		   c->out >= 0 ? " to " : "", c->out >= 0 ? to : "");
	if ((r != -ENOSPC && r != -EDQUOT) || err->hint[0])
		return r;
	return err_hint(err, r, "Make room there, or choose another place: -o FILE");
}

int save(struct command *c, struct err *err)
{
	_cleanup_fd_ int lock = -EBADF;
	struct save_list l = {0};
	int r;

	if (!c->format || (c->out < 0 && !c->output))
		return err_say(err, -EINVAL, "save: no place to write to");
	r = store_lock(&c->store, "store", false, true, &lock, err);
	if (r == 0)
		r = read_words(c, &l, err);
	if (r < 0)
		return r;
	json_put_str(c->answer, "digest", l.v[0].manifest->digest.text);
	r = c->out >= 0 ? save_archive(c, &l, err) : save_folder(c, &l, err);
	return r < 0 ? say(c, r, err) : 0;
}
