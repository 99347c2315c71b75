// SPDX-License-Identifier: Apache-2.0
/*
 * archive_verbs.c - save, load, import, export, commit: images and containers in files
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/urun/cmd.h"
#include "cli/urun/images.h"
#include "cli/urun/running.h"
#include "cli/urun/transfer.h"
#include "cli/urun/verb.h"
#include "engine/merged.h"
#include "sys/dir.h"
#include "sys/fd.h"
#include "sys/outfile.h"
#include "sys/tty.h"

struct archive_options {
	const char *input, *output, *format, *message, *author, *platform, *iidfile;
	struct strv changes;
	struct arena *arena; /* of the changes */
	bool is_quiet, is_multi, want_pause;
};

static struct archive_options *of(void *target)
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
SET_BOOL(set_multi, is_multi)
SET_BOOL(set_pause, want_pause)
SET_STR(set_input, input)
SET_STR(set_message, message)
SET_STR(set_author, author)
SET_STR(set_iidfile, iidfile)

/* What every tool takes "-" for; a file of that name is ./- */
static int set_output(void *target, const char *value, struct err *err)
{
	if (!*value)
		return err_say(err, -EINVAL, "an empty name for a file");
	of(target)->output = strcmp(value, "-") == 0 ? NULL : value;
	return 0;
}

static int set_change(void *target, const char *value, struct err *err)
{
	(void)err;
	strv_push(of(target)->arena, &of(target)->changes, value);
	return 0;
}

static int set_word(const char **field, const char *value, const char *const *words,
		    struct err *err)
{
	char list[128] = "";

	for (size_t i = 0; words[i]; i++) {
		size_t len = strlen(list);

		if (strcmp(value, words[i]) == 0) {
			*field = value;
			return 0;
		}
		snprintf(list + len, sizeof(list) - len, "%s%s", i ? ", " : "", words[i]);
	}
	return err_say(err, -EINVAL, "'%s': expected one of %s", value, list);
}

static int set_save_format(void *target, const char *value, struct err *err)
{
	static const char *const words[] = {"docker-archive", "oci-archive", "oci-dir",
					    "docker-dir", NULL};

	return set_word(&of(target)->format, value, words, err);
}

static int set_commit_format(void *target, const char *value, struct err *err)
{
	static const char *const words[] = {"oci", "docker", NULL};

	return set_word(&of(target)->format, value, words, err);
}

static void push_option(struct images *m, struct strv *words, const char *name,
			const char *value)
{
	if (value)
		strv_pushf(m->arena, words, "--%s=%s", name, value);
}

/* Before anything is read that nobody would get. */
static int check_stdout(const char *what, struct err *err)
{
	if (!fd_is_writable(STDOUT_FILENO))
		return cmd_stdout_error(-EBADF, err);
	if (!tty_is(STDOUT_FILENO))
		return 0;
	err_say(err, -ENOTTY, "%s: standard output is a terminal", what);
	return err_hint(err, -ENOTTY, "Give a file with -o, or redirect: > FILE");
}

/* Words of the user may begin with a dash. */
static void push_words(struct images *m, struct strv *to, char **words)
{
	strv_push(m->arena, to, "--");
	for (; *words; words++)
		strv_push(m->arena, to, *words);
}

/* --- save --- */

static bool is_folder_format(const struct archive_options *o)
{
	return strcmp(o->format, "oci-dir") == 0 || strcmp(o->format, "docker-dir") == 0;
}

static int save_archive(struct images *m, const struct archive_options *o,
			struct strv *words, char **images, struct err *err)
{
	_cleanup_outfile_ struct outfile file = OUTFILE_NONE;
	int r = o->output ? outfile_open(o->output, m->arena, &file, err)
			  : check_stdout("save", err);

	if (r < 0)
		return r;
	m->out = file.fd;
	/* Not standard output itself, on which a helper answers. */
	if (!o->output)
		m->out = file.fd = fd_dup(STDOUT_FILENO);
	if (m->out < 0)
		return err_set(err, m->out, "standard output");
	strv_pushf(m->arena, words, "--out-fd=%d", m->out);
	push_option(m, words, "output", o->output);
	push_words(m, words, images);
	r = images_helper(m, words, NULL, err);
	m->out = -1;
	return r < 0 ? r : outfile_finish(&file, err);
}

static int save(struct images *m, void *options, char **images, struct err *err)
{
	struct archive_options *o = options;
	struct strv words = {0};

	if (!o->format)
		o->format = "docker-archive";
	strv_push(m->arena, &words, "save");
	push_option(m, &words, "format", o->format);
	if (o->is_multi)
		strv_push(m->arena, &words, "--multi");
	if (!is_folder_format(o))
		return save_archive(m, o, &words, images, err);
	if (!o->output)
		return err_say(err, -EINVAL, "--format %s: give a folder with -o",
			       o->format);
	push_option(m, &words, "output", o->output);
	push_words(m, &words, images);
	return images_helper(m, &words, NULL, err);
}

static const struct option save_options[] = {
	{"format", 0, "FORMAT",
	 "docker-archive (the default), oci-archive, oci-dir or docker-dir",
	 set_save_format},
	{"multi-image-archive", 'm', NULL,
	 "each word is an image; else those behind the first are names for it",
	 set_multi},
	{"output", 'o', "FILE",
	 "instead of standard output, which is -: there when it is whole", set_output},
	{"quiet", 'q', NULL, "print no progress (nothing is printed)", set_quiet},
	{0},
};

const struct verb verb_save = {
	{"save", "[OPTIONS] IMAGE [NAME...]", "Save images to an archive or a folder.",
	 save_options},
	1,
	-1,
	save,
};

int cmd_save(int argc, char **argv)
{
	struct archive_options o = {0};

	return verb_run(&verb_save, &o, argc, argv);
}

/* --- load --- */

/* What a failure has left whole is of no use: the next try begins anew. */
static int run_helper(struct images *m, const struct strv *words, struct json **ret,
		      struct err *err)
{
	int r = images_helper(m, words, ret, err);

	if (r < 0)
		images_collect(m, NULL, NULL);
	return r;
}

static int print_loaded(struct images *m, const struct json *answer, struct err *err)
{
	struct json_at root = json_root(answer), list = json_key(&root, "images");
	int r = 0;

	for (size_t i = 0; r == 0 && i < json_count(&list); i++) {
		struct json_at one = json_index(&list, i), name = json_key(&one, "name"),
			       id = json_key(&one, "id");
		const char *text = NULL;

		r = json_read_str(json_is_present(&name) ? &name : &id, m->arena, &text,
				  err);
		if (r == 0)
			printf("Loaded image: %s\n", text ? text : "");
	}
	return r;
}

static int load(struct images *m, void *options, char **unused, struct err *err)
{
	const struct archive_options *o = options;
	_cleanup_json_ struct json *answer = NULL;
	struct strv words = {0};
	int r;

	(void)unused;
	if (!o->input && tty_is(STDIN_FILENO)) {
		err_say(err, -ENOTTY, "load: standard input is a terminal");
		return err_hint(err, -ENOTTY, "Give a file with -i, or redirect: < FILE");
	}
	strv_push(m->arena, &words, "load");
	if (o->is_quiet)
		strv_push(m->arena, &words, "--quiet");
	strv_push(m->arena, &words, "--");
	strv_push(m->arena, &words, o->input ? o->input : "-");
	r = run_helper(m, &words, &answer, err);
	return r < 0 ? r : print_loaded(m, answer, err);
}

static const struct option load_options[] = {
	{"input", 'i', "FILE", "an archive or a folder, instead of standard input",
	 set_input},
	{"quiet", 'q', NULL, "print no progress", set_quiet},
	{0},
};

const struct verb verb_load = {
	{"load", "[OPTIONS]",
	 "Load all images of an archive, as docker, podman and skopeo write them.",
	 load_options},
	0,
	0,
	load,
};

int cmd_load(int argc, char **argv)
{
	struct archive_options o = {0};

	return verb_run(&verb_load, &o, argc, argv);
}

/* --- import, commit --- */

/* Does it, and prints the id. */
static int make_image(struct images *m, const struct archive_options *o,
		      struct strv *words, struct err *err)
{
	_cleanup_json_ struct json *answer = NULL;
	struct json_at root, at;
	const char *id = NULL;
	int r = run_helper(m, words, &answer, err);

	if (r < 0)
		return r;
	root = json_root(answer);
	at = json_key(&root, "id");
	r = json_read_str(&at, m->arena, &id, err);
	if (r == 0 && !id)
		r = err_say(err, -EBADMSG, "urun-image gave no id");
	if (r == 0 && o->iidfile)
		r = dir_replace_file_host(o->iidfile, id, 0644);
	if (r < 0)
		return err->message[0] ? r
				       : err_set(err, r, "--iidfile '%s'", o->iidfile);
	printf("%s\n", strncmp(id, "sha256:", 7) == 0 ? id + 7 : id);
	return 0;
}

static void push_changes(struct images *m, const struct archive_options *o,
			 struct strv *words)
{
	for (size_t i = 0; i < o->changes.n; i++)
		push_option(m, words, "change", o->changes.v[i]);
	push_option(m, words, "message", o->message);
}

static bool is_url(const char *path)
{
	return strncmp(path, "http://", 7) == 0 || strncmp(path, "https://", 8) == 0;
}

static int import(struct images *m, void *options, char **words, struct err *err)
{
	const struct archive_options *o = options;
	struct strv argv = {0};

	if (is_url(words[0])) {
		err_say(err, -ENOTSUP,
			"import '%s': a file only, or - for standard input", words[0]);
		return err_hint(err, -ENOTSUP, "curl -L URL | urun import - NAME");
	}
	strv_push(m->arena, &argv, "import");
	if (o->is_quiet)
		strv_push(m->arena, &argv, "--quiet");
	push_changes(m, o, &argv);
	push_words(m, &argv, words);
	return make_image(m, o, &argv, err);
}

static const struct option import_options[] = {
	{"change", 'c', "INSTRUCTION",
	 "CMD, ENTRYPOINT, ENV, EXPOSE, HEALTHCHECK, LABEL, ONBUILD, STOPSIGNAL, USER, "
	 "VOLUME or WORKDIR, as in a Containerfile; again for more",
	 set_change},
	{"message", 'm', "TEXT", "a comment in the image's history", set_message},
	{"quiet", 'q', NULL, "print the image's id only", set_quiet},
	{0},
};

const struct verb verb_import = {
	{"import", "[OPTIONS] FILE|- [NAME]",
	 "Make an image of a tar archive of files, as `urun export` writes it.",
	 import_options},
	1,
	2,
	import,
};

int cmd_import(int argc, char **argv)
{
	_cleanup_arena_ struct arena a = {0};
	struct archive_options o = {.arena = &a};

	return verb_run(&verb_import, &o, argc, argv);
}

/* @ret_folder: held, or of one that runs, open. */
static int hold_for_commit(struct images *m, const struct container *c, int *ret_folder,
			   int *ret_use, bool *ret_is_running, struct err *err)
{
	int r;

	*ret_is_running = container_is_held(&m->store, c, m->arena);
	if (!*ret_is_running)
		return container_hold(&m->store, c, m->arena, ret_folder, err);
	*ret_folder = fd_open(AT_FDCWD, container_path(&m->store, c, m->arena),
			      O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
	/* It may end meanwhile: then nobody is to start, change or remove it. */
	r = *ret_folder < 0 ? *ret_folder : container_use(*ret_folder, false, ret_use);
	return r < 0 ? err_set(err, r, "container %.12s", c->id) : 0;
}

/* What fuse-overlayfs was given may still wait in the kernel for being handed to it. */
static int flush_running(struct images *m, const struct container *c, int folder,
			 struct err *err)
{
	_cleanup_running_ struct running running = RUNNING_NONE;
	_cleanup_merged_ struct merged merged = MERGED_NONE;
	struct merged_ask ask = {.store = &m->store,
				 .container = c,
				 .userns = &m->userns,
				 .inside = &running.inside,
				 .path = "/"};
	int r = inside_open(folder, c->id, m->arena, &running.inside, err);

	if (r == 0)
		r = merged_open(&ask, &merged, err);
	if (r == 0 && (r = fd_sync_filesystem(merged.fd)) < 0)
		err_set(err, r, "write out the files of container %.12s", c->id);
	return r;
}

static int commit(struct images *m, void *options, char **words, struct err *err)
{
	const struct archive_options *o = options;
	_cleanup_fd_ int lock = -EBADF, use = -EBADF;
	_cleanup_pause_ struct pause pause = PAUSE_NONE;
	struct container c = {0};
	struct strv argv = {0};
	bool is_fuse = false, is_running = false;
	int r = container_find(&m->store, words[0], m->arena, &c, err);

	if (r == 0)
		r = hold_for_commit(m, &c, &lock, &use, &is_running, err);
	if (r == 0 && is_running && o->want_pause) {
		r = running_pause(m, &c, &pause, err);
		if (r < 0)
			err_prefix(err, "--pause");
	}
	if (r == 0)
		r = merged_is_fuse(&m->host, lock, m->arena, &is_fuse, NULL, err);
	if (r == 0 && is_fuse && is_running)
		r = flush_running(m, &c, lock, err);
	if (r < 0)
		return r;
	strv_push(m->arena, &argv, "commit");
	if (is_fuse)
		strv_push(m->arena, &argv, "--fuse");
	strv_push(m->arena, &argv, "--quiet");
	push_option(m, &argv, "author", o->author);
	push_option(m, &argv, "format", o->format);
	push_changes(m, o, &argv);
	strv_push(m->arena, &argv, "--");
	strv_push(m->arena, &argv, c.id);
	if (words[1])
		strv_push(m->arena, &argv, words[1]);
	return make_image(m, o, &argv, err);
}

static const struct option commit_options[] = {
	{"author", 'a', "NAME", "who made it", set_author},
	{"change", 'c', "INSTRUCTION",
	 "CMD, ENTRYPOINT, ENV, EXPOSE, HEALTHCHECK, LABEL, ONBUILD, STOPSIGNAL, USER, "
	 "VOLUME or WORKDIR, as in a Containerfile; again for more",
	 set_change},
	{"format", 'f', "FORMAT", "of the manifest: oci (the default) or docker",
	 set_commit_format},
	{"iidfile", 0, "FILE", "write the image's id to a file", set_iidfile},
	{"message", 'm', "TEXT", "a comment in the image's history", set_message},
	{"pause", 'p', NULL,
	 "stop a container that runs for it; it needs a cgroup of its own: see --cgroups",
	 set_pause},
	{"quiet", 'q', NULL, "print the image's id only", set_quiet},
	{0},
};

const struct verb verb_commit = {
	{"commit", "[OPTIONS] CONTAINER [NAME]",
	 "Make an image of a container's own and what the container has changed.",
	 commit_options},
	1,
	2,
	commit,
};

int cmd_commit(int argc, char **argv)
{
	_cleanup_arena_ struct arena a = {0};
	struct archive_options o = {.arena = &a};

	return verb_run(&verb_commit, &o, argc, argv);
}

/* --- export --- */

static int export_to(struct images *m, const struct container *c, int folder,
		     const struct inside *inside, int out, struct err *err)
{
	_cleanup_merged_ struct merged merged = MERGED_NONE;
	struct merged_ask ask = {
		.store = &m->store,
		.container = c,
		.userns = &m->userns,
		.inside = inside,
		.path = inside ? NULL : "/",
	};
	struct packing packing = {
		.is_inside = true, .inside = inside, .is_squashed = c->is_squashed};
	_cleanup_transfer_ struct transfer t = TRANSFER_NONE;
	int r = 0;

	if (!inside)
		r = merged_is_fuse(&m->host, folder, m->arena, &ask.is_fuse,
				   &ask.is_strict, err);
	if (r == 0)
		r = images_open_userns(m, err);
	if (r == 0)
		r = merged_open(&ask, &merged, err);
	packing.tree = merged.fd;
	packing.out = out;
	if (r == 0)
		r = transfer_pack(m, &packing, &t, err);
	return r < 0 ? r : transfer_end(m, &t, err);
}

static int export(struct images *m, void *options, char **words, struct err *err)
{
	const struct archive_options *o = options;
	_cleanup_outfile_ struct outfile file = OUTFILE_NONE;
	_cleanup_running_ struct running running = RUNNING_NONE;
	_cleanup_fd_ int lock = -EBADF;
	struct container c = {0};
	int r = o->output ? 0 : check_stdout("export", err);

	if (r == 0)
		r = running_or_held(m, words[0], &c, &lock, &running, err);
	if (r == 0 && o->output)
		r = outfile_open(o->output, m->arena, &file, err);
	if (r == 0)
		r = export_to(m, &c, lock, running_inside(&running),
			      o->output ? file.fd : STDOUT_FILENO, err);
	return r < 0 ? r : outfile_finish(&file, err);
}

static const struct option export_options[] = {
	{"output", 'o', "FILE",
	 "instead of standard output, which is -: there when it is whole", set_output},
	{0},
};

const struct verb verb_export = {
	{"export", "[OPTIONS] CONTAINER",
	 "Write all files of a container to a tar archive, with no image about them.",
	 export_options},
	1,
	1,
	export,
};

int cmd_export(int argc, char **argv)
{
	struct archive_options o = {0};

	return verb_run(&verb_export, &o, argc, argv);
}
