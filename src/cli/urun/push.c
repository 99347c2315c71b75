// SPDX-License-Identifier: Apache-2.0
/*
 * push.c - push: an image to a registry, or as podman has it to a file
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/urun/cmd.h"
#include "cli/urun/images.h"
#include "cli/urun/registry_options.h"
#include "cli/urun/verb.h"
#include "image/ref.h"
#include "sys/dir.h"
#include "sys/outfile.h"

struct push_options {
	struct registry_options registry;
	const char *format, *digestfile;
	bool is_quiet, remove_signatures;
};

static struct push_options *of(void *target)
{
	return target;
}

static int set_quiet(void *target, const char *value, struct err *err)
{
	return options_bool(value, &of(target)->is_quiet, err);
}

static int set_remove_signatures(void *target, const char *value, struct err *err)
{
	return options_bool(value, &of(target)->remove_signatures, err);
}

static int set_digestfile(void *target, const char *value, struct err *err)
{
	(void)err;
	of(target)->digestfile = value;
	return 0;
}

static int set_format(void *target, const char *value, struct err *err)
{
	if (strcmp(value, "oci") != 0 && strcmp(value, "v2s2") != 0)
		return err_say(err, -EINVAL, "'%s': expected one of oci, v2s2", value);
	of(target)->format = value;
	return 0;
}

/* --- to a file or a folder: what `urun save` does --- */

/* What podman calls oci:, oci-archive:, docker-archive: and dir:. */
static const char *save_format(enum ref_transport transport)
{
	switch (transport) {
	case REF_OCI:
		return "oci-dir";
	case REF_OCI_ARCHIVE:
		return "oci-archive";
	case REF_DOCKER_ARCHIVE:
		return "docker-archive";
	case REF_DIR:
		return "dir";
	case REF_REGISTRY:
	case REF_ROOTFS:
	case REF_HOST:
		break;
	}
	return NULL;
}

/* A layout has one kind of manifests, an archive of docker's none, a folder any. */
static int check_file(const struct image_ref *to, const struct push_options *o,
		      const char *typed, struct err *err)
{
	const char *option = registry_first_option(&o->registry);
	bool is_oci = to->transport == REF_OCI || to->transport == REF_OCI_ARCHIVE;

	if (option)
		return err_say(err, -EINVAL, "--%s: '%s' is in no registry", option,
			       typed);
	if (o->format && to->transport != REF_DIR &&
	    strcmp(o->format, is_oci ? "oci" : "v2s2") != 0)
		return err_say(err, -ENOTSUP, "--format %s: '%s' cannot have it",
			       o->format, typed);
	if (o->digestfile && to->transport == REF_DOCKER_ARCHIVE)
		return err_say(err, -ENOTSUP,
			       "--digestfile: '%s' has no manifest that has a digest",
			       typed);
	return 0;
}

/* The name that the image gets there; "": none. */
static int name_there(struct images *m, const struct image_ref *to, const char **ret,
		      struct err *err)
{
	struct image_ref ref;
	int r;

	*ret = to->name ? to->name : "";
	if (to->transport != REF_DOCKER_ARCHIVE || !to->name)
		return 0;
	r = ref_parse(to->name, m->arena, &ref, err);
	if (r < 0)
		return r;
	if (ref.transport != REF_REGISTRY || ref.has_digest)
		return err_say(err, -EINVAL, "'%s': a name, with a tag or without",
			       to->name);
	if (!ref.registry)
		ref = ref_qualify(&ref, "docker.io", m->arena);
	*ret = ref_text(&ref, m->arena);
	return 0;
}

static int save_to(struct images *m, const struct image_ref *to, const char *image,
		   struct strv *words, struct json **answer, struct err *err)
{
	_cleanup_outfile_ struct outfile file = OUTFILE_NONE;
	bool is_folder = to->transport == REF_OCI || to->transport == REF_DIR;
	int r = is_folder ? 0 : outfile_open(to->path, m->arena, &file, err);

	if (r < 0)
		return r;
	if (is_folder)
		strv_pushf(m->arena, words, "--output=%s", to->path);
	else
		strv_pushf(m->arena, words, "--out-fd=%d", file.fd);
	strv_push(m->arena, words, "--");
	strv_push(m->arena, words, image);
	m->out = file.fd;
	r = images_helper(m, words, answer, err);
	m->out = -1;
	return r < 0 || is_folder ? r : outfile_finish(&file, err);
}

static int push_to_file(struct images *m, const struct push_options *o,
			const struct image_ref *to, char **typed, struct json **answer,
			struct err *err)
{
	struct strv words = {0};
	const char *name = "";
	int r = check_file(to, o, typed[1], err);

	if (r == 0)
		r = name_there(m, to, &name, err);
	if (r < 0)
		return r;
	strv_push(m->arena, &words, "save");
	strv_pushf(m->arena, &words, "--format=%s", save_format(to->transport));
	strv_pushf(m->arena, &words, "--name=%s", name);
	if (o->format && to->transport != REF_DOCKER_ARCHIVE)
		strv_pushf(m->arena, &words, "--manifest=%s", o->format);
	return save_to(m, to, typed[0], &words, answer, err);
}

/* --- to a registry --- */

static int push_to_registry(struct images *m, const struct push_options *o, char **typed,
			    struct json **answer, struct err *err)
{
	struct strv words = {0};
	int r;

	strv_push(m->arena, &words, "push");
	r = images_push_registry(m, &o->registry, &words, err);
	if (r < 0)
		return r;
	if (o->format)
		strv_pushf(m->arena, &words, "--manifest=%s", o->format);
	if (o->is_quiet)
		strv_push(m->arena, &words, "--quiet");
	strv_push(m->arena, &words, "--");
	for (; *typed; typed++)
		strv_push(m->arena, &words, *typed);
	return images_helper(m, &words, answer, err);
}

static int write_digest(struct images *m, const struct push_options *o,
			const struct json *answer, struct err *err)
{
	const char *digest = images_answer(m, answer, "digest");
	int r;

	if (!o->digestfile)
		return 0;
	if (!digest)
		return err_say(err, -EBADMSG, "urun-image gave no digest");
	r = dir_replace_file_host(o->digestfile, digest, 0644);
	return r < 0 ? err_set(err, r, "--digestfile '%s'", o->digestfile) : 0;
}

/* Other programs' storage: they load what `urun save` writes. */
static int check_storage(char *const *words, struct err *err)
{
	static const struct {
		const char *prefix, *program;
	} others[] = {{"docker-daemon:", "docker"}, {"containers-storage:", "podman"}};

	for (size_t i = 0; words[1] && i < ARRAY_SIZE(others); i++) {
		if (strncmp(words[1], others[i].prefix, strlen(others[i].prefix)) != 0)
			continue;
		err_say(err, -ENOTSUP, "push to '%s': %s's own storage is not written to",
			words[1], others[i].program);
		return err_hint(err, -ENOTSUP, "urun save %s | %s load", words[0],
				others[i].program);
	}
	return 0;
}

static int push(struct images *m, void *options, char **words, struct err *err)
{
	const struct push_options *o = options;
	_cleanup_json_ struct json *answer = NULL;
	struct image_ref to = {.transport = REF_REGISTRY};
	int r = check_storage(words, err);

	if (r == 0 && words[1])
		r = ref_parse(words[1], m->arena, &to, err);
	if (r == 0 && to.transport == REF_REGISTRY)
		r = push_to_registry(m, o, words, &answer, err);
	else if (r == 0 && save_format(to.transport))
		r = push_to_file(m, o, &to, words, &answer, err);
	else if (r == 0)
		r = err_say(err, -EINVAL, "push to '%s': that is no place for images",
			    words[1]);
	return r < 0 ? r : write_digest(m, o, answer, err);
}

static const struct option options[] = {
	{"authfile", 0, "FILE", "credentials, instead of podman's and docker's files",
	 registry_set_authfile},
	{"cert-dir", 0, "DIR", "certificates for this registry", registry_set_cert_dir},
	{"creds", 0, "USER[:PASSWORD]",
	 "credentials for this registry; a password that is not given is asked for",
	 registry_set_creds},
	{"digestfile", 0, "FILE", "write the digest of the manifest to a file",
	 set_digestfile},
	{"format", 'f', "FORMAT",
	 "of the manifest: oci or v2s2, Docker's; without it as the image has it",
	 set_format},
	{"quiet", 'q', NULL, "print no progress", set_quiet},
	{"remove-signatures", 0, NULL,
	 "send no signatures: so it is without it, too, for the store keeps none",
	 set_remove_signatures},
	{"tls-verify", 0, NULL, "check the registry's certificate (the default)",
	 registry_set_tls_verify},
	{0},
};

const struct verb verb_push = {
	{"push", "[OPTIONS] IMAGE [DESTINATION]",
	 "Send an image to a registry, to its own name if no other is given; or write\n"
	 "it to oci:DIR[:NAME], a new layout or one with other images, to a new folder\n"
	 "dir:DIR, or to oci-archive:FILE[:NAME] or docker-archive:FILE[:NAME].",
	 options},
	1,
	2,
	push,
	false,
};

int cmd_push(int argc, char **argv)
{
	struct push_options o = {0};

	return verb_run(&verb_push, &o, argc, argv);
}
