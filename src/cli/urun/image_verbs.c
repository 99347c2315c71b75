// SPDX-License-Identifier: Apache-2.0
/*
 * image_verbs.c - pull, rmi, tag, untag, history
 */
#include <stdio.h>
#include <string.h>

#include "cli/urun/cmd.h"
#include "cli/urun/format.h"
#include "cli/urun/images.h"
#include "cli/urun/verb.h"

struct verb_options {
	struct pull_options pull;
	bool is_quiet, is_all, is_forced, no_trunc;
};

static struct verb_options *of(void *target)
{
	return target;
}

#define SET_BOOL(name, field)                                             \
	static int name(void *target, const char *value, struct err *err) \
	{                                                                 \
		return options_bool(value, &of(target)->field, err);      \
	}
#define SET_STR(name, field)                                              \
	static int name(void *target, const char *value, struct err *err) \
	{                                                                 \
		(void)err;                                                \
		of(target)->field = value;                                \
		return 0;                                                 \
	}

SET_BOOL(set_quiet, is_quiet)
SET_BOOL(set_all, is_all)
SET_BOOL(set_force, is_forced)
SET_BOOL(set_no_trunc, no_trunc)
SET_STR(set_authfile, pull.authfile)
SET_STR(set_cert_dir, pull.cert_dir)
SET_STR(set_policy, pull.policy)

static int set_creds(void *target, const char *value, struct err *err)
{
	if (!strchr(value, ':'))
		return err_say(err, -EINVAL, "USER:PASSWORD");
	of(target)->pull.creds = value;
	return 0;
}

static int set_tls_verify(void *target, const char *value, struct err *err)
{
	of(target)->pull.has_tls_verify = true;
	return options_bool(value, &of(target)->pull.want_tls_verify, err);
}

static int set_platform(void *target, const char *value, struct err *err)
{
	_cleanup_arena_ struct arena a = {0};
	struct platform p;

	if (platform_parse(value, &a, &p) < 0)
		return err_say(err, -EINVAL,
			       "'%s': OS/ARCHITECTURE[/VARIANT], linux/arm64", value);
	of(target)->pull.platform = value;
	return 0;
}

/* --- pull --- */

static int pull(struct images *m, void *options, char **words, struct err *err)
{
	struct verb_options *o = options;
	for (; *words; words++) {
		struct digest digest;
		int r;

		o->pull.is_quiet = o->is_quiet;
		r = images_pull(m, *words, &o->pull, &digest, err);
		if (r < 0)
			return r;
		printf("%s\n", digest.text);
	}
	return 0;
}

static const struct option pull_options[] = {
	{"authfile", 0, "FILE", "credentials, instead of podman's and docker's files",
	 set_authfile},
	{"cert-dir", 0, "DIR", "certificates for this registry", set_cert_dir},
	{"creds", 0, "USER:PASSWORD", "credentials for this registry", set_creds},
	{"platform", 0, "OS/ARCH", "of an image that is there for several", set_platform},
	{"quiet", 'q', NULL, "print no progress", set_quiet},
	{"signature-policy", 0, "FILE", "instead of policy.json", set_policy},
	{"tls-verify", 0, NULL, "check the registry's certificate (the default)",
	 set_tls_verify},
	{0},
};

const struct verb verb_pull = {
	{"pull", "[OPTIONS] IMAGE...",
	 "Bring images into the store: from a registry, or from oci:DIR, "
	 "oci-archive:FILE,\ndocker-archive:FILE or dir:DIR.",
	 pull_options},
	1,
	-1,
	pull,
};

int cmd_pull(int argc, char **argv)
{
	struct verb_options o = {0};

	return verb_run(&verb_pull, &o, argc, argv);
}

/* --- rmi, tag, untag --- */

/* Is a container made of it? */
static int check_unused(struct images *m, const struct store_image *image,
			struct err *err)
{
	struct container *v;
	size_t n;
	int r = container_list(&m->store, m->arena, &v, &n, err);

	for (size_t i = 0; r == 0 && i < n; i++) {
		if (!digest_equal(&v[i].image_id, &image->manifest.config.digest))
			continue;
		err_say(err, -EBUSY, "container %.12s uses the image", v[i].id);
		return err_hint(err, -EBUSY,
				"urun rm %.12s, or --force: the container "
				"keeps its layers",
				v[i].id);
	}
	return r;
}

/* A name only goes with the name, as long as the image has others. */
static int remove_image(struct images *m, const char *word, const struct verb_options *o,
			struct err *err)
{
	const struct platform p = platform_native();
	struct store_entry entry;
	struct store_image image;
	int r = store_find(&m->store, word, m->arena, &entry, err);

	if (r < 0)
		return r;
	r = store_read(&m->store, &entry, &p, m->arena, &image, NULL);
	if (r == 0 && !o->is_forced)
		r = check_unused(m, &image, err);
	if (r == -EBUSY) {
		err_prefix(err, "remove image '%s'", word);
		return r;
	}
	r = entry.name && !o->is_forced
		    ? store_unname(&m->store, entry.name, false, err)
		    : store_forget(&m->store, &entry.manifest.digest, err);
	if (r == 0)
		printf("%s\n", entry.name ? entry.name : entry.manifest.digest.text);
	return r;
}

static int rmi(struct images *m, void *options, char **words, struct err *err)
{
	struct verb_options *o = options;
	int r = 0;

	if (o->is_all && !*words) {
		struct store_entry *entries;
		size_t n = 0;

		r = store_list(&m->store, m->arena, &entries, &n, err);
		for (size_t i = 0; r == 0 && i < n; i++)
			r = remove_image(m, entries[i].manifest.digest.text, o, err);
	} else if (!*words) {
		r = err_say(err, -EINVAL, "no image: give a name, or --all");
	}
	for (; r == 0 && *words; words++)
		r = remove_image(m, *words, o, err);
	return r < 0 ? r : images_collect(m, NULL, err);
}

static const struct option rmi_options[] = {
	{"all", 'a', NULL, "all images", set_all},
	{"force", 'f', NULL, "all names of it, and though containers use it", set_force},
	{0},
};

const struct verb verb_rmi = {
	{"rmi", "[OPTIONS] IMAGE...", "Remove images, and what only they need.",
	 rmi_options},
	0,
	-1,
	rmi,
};

int cmd_rmi(int argc, char **argv)
{
	struct verb_options o = {0};

	return verb_run(&verb_rmi, &o, argc, argv);
}

/* The name that a word is as a tag: "mine" becomes "localhost/mine:latest". */
static int full_name(struct images *m, const char *word, const char **ret,
		     struct err *err)
{
	struct image_ref ref;
	int r = ref_parse(word, m->arena, &ref, err);

	if (r < 0)
		return r;
	if (ref.transport != REF_REGISTRY || ref.has_digest)
		return err_say(err, -EINVAL, "'%s': a name, with a tag or without", word);
	if (!ref.registry)
		ref = ref_qualify(&ref, "localhost", m->arena);
	*ret = ref_text(&ref, m->arena);
	return 0;
}

static int tag(struct images *m, void *options, char **words, struct err *err)
{
	struct store_entry entry;
	const char *name = NULL;
	int r = store_find(&m->store, words[0], m->arena, &entry, err);

	(void)options;
	for (size_t i = 1; r == 0 && words[i]; i++) {
		r = full_name(m, words[i], &name, err);
		if (r == 0)
			r = store_name(&m->store, &entry.manifest, name, err);
	}
	return r;
}

static int untag(struct images *m, void *options, char **words, struct err *err)
{
	struct store_entry entry;
	int r = 0;

	(void)options;
	for (; r == 0 && *words; words++) {
		r = store_find(&m->store, *words, m->arena, &entry, err);
		if (r == 0 && entry.name)
			r = store_unname(&m->store, entry.name, true, err);
	}
	return r;
}

static const struct option no_options[] = {{0}};

const struct verb verb_tag = {
	{"tag", "IMAGE NAME...", "Give an image more names.", no_options}, 2, -1, tag};
const struct verb verb_untag = {{"untag", "NAME...", "Take names away; the images stay.",
				 no_options},
				1,
				-1,
				untag};

int cmd_tag(int argc, char **argv)
{
	struct verb_options o = {0};

	return verb_run(&verb_tag, &o, argc, argv);
}

int cmd_untag(int argc, char **argv)
{
	struct verb_options o = {0};

	return verb_run(&verb_untag, &o, argc, argv);
}

/* --- history --- */

static int history(struct images *m, void *options, char **words, struct err *err)
{
	struct verb_options *o = options;
	const struct platform p = platform_native();
	struct store_entry entry;
	struct store_image image;
	size_t layer;
	int r = store_find(&m->store, words[0], m->arena, &entry, err);

	if (r == 0)
		r = store_read(&m->store, &entry, &p, m->arena, &image, err);
	if (r < 0)
		return r;
	layer = image.manifest.n_layers;
	printf("%-20s  %-10s  %s\n", "CREATED", "SIZE", "CREATED BY");
	for (size_t i = image.config.n_history; i > 0; i--) {
		const struct image_history *h = &image.config.history[i - 1];
		const char *size = "0 B";
		char by[2048];

		if (!h->is_empty_layer && layer > 0)
			size = format_size(image.manifest.layers[--layer].size, m->arena);
		text_escape(by, sizeof(by), h->created_by ? h->created_by : "");
		printf("%-20.20s  %-10s  %.*s\n", h->created ? h->created : "", size,
		       o->no_trunc ? (int)sizeof(by) : 60, by);
	}
	return 0;
}

static const struct option history_options[] = {
	{"no-trunc", 0, NULL, "show whole lines", set_no_trunc},
	{0},
};

const struct verb verb_history = {
	{"history", "[OPTIONS] IMAGE", "How an image came to be, the last step first.",
	 history_options},
	1,
	1,
	history,
};

int cmd_history(int argc, char **argv)
{
	struct verb_options o = {0};

	return verb_run(&verb_history, &o, argc, argv);
}
