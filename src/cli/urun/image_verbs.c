// SPDX-License-Identifier: Apache-2.0
/*
 * image_verbs.c - pull, rmi, image exists, tag, untag
 */
#include <stdio.h>
#include <string.h>

#include "cli/urun/cmd.h"
#include "cli/urun/images.h"
#include "cli/urun/verb.h"
#include "sys/fd.h"

#define MAX_TAGS 10000 /* as `urun search --list-tags` gives at most */

struct verb_options {
	struct pull_options pull;
	bool is_quiet, is_all, is_forced, is_ignored;
	int code; /* of rmi and `image exists` */
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
SET_BOOL(set_ignore, is_ignored)
SET_STR(set_policy, pull.policy)

/* --- pull --- */

static int pull_one(struct images *m, const char *ref, const struct pull_options *o,
		    struct err *err)
{
	struct digest digest;
	int r = images_pull(m, ref, o, &digest, err);

	if (r == 0)
		printf("%s\n", digest.text);
	return r;
}

/* All that its registry lists. */
static int pull_all(struct images *m, const char *repository,
		    const struct pull_options *o, struct err *err)
{
	_cleanup_json_ struct json *answer = NULL;
	struct strv argv = {0};
	struct json_at root, list;
	int r;

	strv_push(m->arena, &argv, "search");
	r = images_push_registry(m, &o->registry, &argv, err);
	if (r < 0)
		return r;
	strv_pushf(m->arena, &argv, "--limit=%d", MAX_TAGS);
	strv_push(m->arena, &argv, "--list-tags");
	strv_push(m->arena, &argv, "--");
	strv_push(m->arena, &argv, repository);
	r = images_helper(m, &argv, &answer, err);
	root = json_root(answer);
	list = json_key(&root, "results");
	if (r == 0 && json_count(&list) == 0)
		r = err_say(err, -ENOENT,
			    "pull --all-tags '%s': its registry lists no tag",
			    repository);
	for (size_t i = 0, n = r < 0 ? 0 : json_count(&list); r == 0 && i < n; i++) {
		struct json_at one = json_index(&list, i), name = json_key(&one, "Name"),
			       tag = json_key(&one, "Tag");
		const char *text = "", *word = "";

		r = json_read_str(&name, m->arena, &text, err);
		if (r == 0)
			r = json_read_str(&tag, m->arena, &word, err);
		if (r == 0)
			r = pull_one(m, arena_printf(m->arena, "%s:%s", text, word), o,
				     err);
	}
	return r;
}

static int pull(struct images *m, void *options, char **words, struct err *err)
{
	struct verb_options *o = options;
	int r = 0;

	o->pull.is_quiet = o->is_quiet;
	for (; r == 0 && *words; words++)
		r = o->is_all ? pull_all(m, *words, &o->pull, err)
			      : pull_one(m, *words, &o->pull, err);
	return r;
}

static const struct option pull_options[] = {
	{"all-tags", 'a', NULL, "bring all tags of a repository, named without one",
	 set_all},
	{"arch", 0, "ARCH", "of an image that is there for several: its architecture",
	 registry_set_arch},
	{"authfile", 0, "FILE", "credentials, instead of podman's and docker's files",
	 registry_set_authfile},
	{"cert-dir", 0, "DIR", "certificates for this registry", registry_set_cert_dir},
	{"creds", 0, "USER[:PASSWORD]",
	 "credentials for this registry; a password that is not given is asked for",
	 registry_set_creds},
	{"os", 0, "OS", "of an image that is there for several: its system",
	 registry_set_os},
	{"platform", 0, "OS/ARCH", "of an image that is there for several",
	 registry_set_platform},
	{"quiet", 'q', NULL, "print no progress", set_quiet},
	{"signature-policy", 0, "FILE", "instead of policy.json", set_policy},
	{"tls-verify", 0, NULL, "check the registry's certificate (the default)",
	 registry_set_tls_verify},
	{"variant", 0, "VARIANT",
	 "of an image that is there for several: the variant of --arch",
	 registry_set_variant},
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

/* Is only a name meant, one of several? Not by an id or a digest. */
static bool is_one_name(struct images *m, const char *word,
			const struct store_entry *entry, const struct store_image *image)
{
	const char *id = digest_hex(&image->manifest.config.digest);
	struct store_entry *v;
	size_t n = 0, n_names = 0;

	if (strncmp(id, word, strlen(word)) == 0 || strncmp(word, "sha256:", 7) == 0 ||
	    store_list(&m->store, m->arena, &v, &n, NULL) < 0)
		return false;
	for (size_t i = 0; i < n; i++)
		n_names += digest_equal(&v[i].manifest.digest, &entry->manifest.digest);
	return n_names > 1;
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
	if (r == 0 && !o->is_forced && !is_one_name(m, word, &entry, &image))
		r = check_unused(m, &image, err);
	if (r == -EBUSY) {
		err_prefix(err, "remove image '%s'", word);
		return r;
	}
	r = o->is_forced ? store_forget(&m->store, &entry.manifest.digest, err)
			 : store_drop(&m->store, &entry, false, err);
	if (r == 0)
		printf("%s\n", entry.name ? entry.name : entry.manifest.digest.text);
	return r;
}

/* One that has gone meanwhile, with all of its names or by somebody else, is no loss. */
static int remove_all_images(struct images *m, const struct verb_options *o,
			     struct verb_outcome *outcome, struct err *err)
{
	struct store_entry *entries;
	size_t n = 0;
	int r = store_list(&m->store, m->arena, &entries, &n, err);

	for (size_t i = 0; r == 0 && i < n; i++) {
		struct err why = {0};
		int one = remove_image(m, entries[i].manifest.digest.text, o, &why);

		verb_note(outcome, one == -ENOENT ? 0 : one, &why);
	}
	return r;
}

static int remove_images(struct images *m, const struct verb_options *o, char **words,
			 struct verb_outcome *outcome, struct err *err)
{
	_cleanup_fd_ int lock = -EBADF;
	int r = store_lock(&m->store, "store", false, true, &lock, err);

	if (r == 0 && o->is_all)
		r = remove_all_images(m, o, outcome, err);
	for (; r == 0 && *words; words++) {
		struct err why = {0};
		int one = remove_image(m, *words, o, &why);

		/* As podman has it: who forces wants it to be away. */
		if (one == -ENOENT && (o->is_ignored || o->is_forced))
			one = 0;
		verb_note(outcome, one, &why);
	}
	return r;
}

static int rmi(struct images *m, void *options, char **words, struct err *err)
{
	struct verb_options *o = options;
	struct verb_outcome outcome = {0};
	struct err why = {0};
	int r = verb_check_all(&verb_rmi, o->is_all, *words, err);

	if (r == 0 && !*words && !o->is_all)
		r = err_say(err, -EINVAL, "no image: give a name, or --all");
	if (r < 0)
		return r;
	r = remove_images(m, o, words, &outcome, err);
	/* Whatever was refused: what the others only had is of no use any more. */
	if (images_collect(m, NULL, &why) < 0)
		verb_note(&outcome, -EIO, &why);
	o->code = verb_exit_code(&outcome);
	return r;
}

static const struct option rmi_options[] = {
	{"all", 'a', NULL, "all images", set_all},
	{"force", 'f', NULL, "all names of it, and though containers use it", set_force},
	{"ignore", 'i', NULL, "an image that is not there is no failure", set_ignore},
	{0},
};

const struct verb verb_rmi = {
	{"rmi", "[OPTIONS] IMAGE...",
	 "Remove images, and what only they need.\nOne that cannot be removed does not "
	 "keep the others.",
	 rmi_options},
	0,
	-1,
	rmi,
};

int cmd_rmi(int argc, char **argv)
{
	struct verb_options o = {0};
	int code = verb_run(&verb_rmi, &o, argc, argv);

	return code ? code : o.code;
}

static const struct option no_options[] = {{0}};

static int image_exists(struct images *m, void *options, char **words, struct err *err)
{
	struct verb_options *o = options;
	struct store_entry entry;
	int r = store_find(&m->store, words[0], m->arena, &entry, err);

	o->code = r == -ENOENT ? VERB_EXIT_MISSING : 0;
	return r == -ENOENT ? 0 : r;
}

const struct verb verb_image_exists = {
	{"image exists", "IMAGE",
	 "End with 0 when the image is in the store, with 1 when not.", no_options},
	1,
	1,
	image_exists,
};

int cmd_image_exists(int argc, char **argv)
{
	struct verb_options o = {0};
	int code = verb_run(&verb_image_exists, &o, argc, argv);

	return code ? code : o.code;
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
	_cleanup_fd_ int lock = -EBADF;
	struct store_entry entry;
	const char *name = NULL;
	/* What was found has to be there until it is named. */
	int r = store_lock(&m->store, "store", false, true, &lock, err);

	(void)options;
	if (r == 0)
		r = store_find(&m->store, words[0], m->arena, &entry, err);
	for (size_t i = 1; r == 0 && words[i]; i++) {
		r = full_name(m, words[i], &name, err);
		if (r == 0)
			r = store_name(&m->store, &entry.manifest, name, err);
	}
	return r;
}

static int untag(struct images *m, void *options, char **words, struct err *err)
{
	_cleanup_fd_ int lock = -EBADF;
	struct store_entry entry;
	int r = store_lock(&m->store, "store", false, true, &lock, err);

	(void)options;
	for (; r == 0 && *words; words++) {
		r = store_find(&m->store, *words, m->arena, &entry, err);
		if (r == 0 && entry.name)
			r = store_drop(&m->store, &entry, true, err);
	}
	return r;
}

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
