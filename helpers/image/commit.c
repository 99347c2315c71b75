// SPDX-License-Identifier: Apache-2.0
/*
 * commit.c - what a container has changed becomes a layer, and with its image a new image
 */
#include <string.h>
#include <unistd.h>

#include "base/json.h"
#include "changes.h"
#include "command.h"
#include "files.h"
#include "image/container.h"
#include "new_image.h"
#include "new_layer.h"
#include "pack.h"
#include "plan/plan.h"
#include "spec/oci.h"
#include "sys/clock.h"
#include "sys/fd.h"
#include "sys/helper.h"
#include "sys/process.h"

/* --- the layer --- */

struct packing {
	int pidfd, from;
};

static void packing_end(struct packing *p)
{
	int code;

	fd_close(&p->from);
	if (p->pidfd >= 0) {
		process_kill(p->pidfd, SIGKILL);
		process_wait(p->pidfd, &code);
	}
	fd_close(&p->pidfd);
}

/* Files that are there only so that something could be mounted on them are no change. */
static void push_skips(struct arena *a, const struct spec *spec, struct strv *argv)
{
	strv_pushf(a, argv, "--skip=%s", &PLAN_APT_CONF[1]);
	for (size_t i = 0; i < spec->n_fsops; i++)
		strv_pushf(a, argv, "--skip=%s",
			   spec->fsops[i].dest + strspn(spec->fsops[i].dest, "/"));
}

static int start_packing(const struct command *c, const struct container *container,
			 const struct spec *spec, struct packing *ret, struct err *err)
{
	const char *path = arena_printf(c->arena, "%s/upper",
					container_path(&c->store, container, c->arena));
	/* Which the caller may not be able to read. */
	_cleanup_fd_ int tree = fd_open(AT_FDCWD, path, O_PATH | O_DIRECTORY),
			 to = -EBADF;
	int ends[2], keep[] = {-1, -1}, r;
	struct strv argv = {0};
	struct spawn spawn = {.path = helper_path("urun-image", c->arena),
			      .stdio = {-1, -1, STDERR_FILENO},
			      .userns = c->userns,
			      .mntns = -1,
			      .keep = keep};

	if (tree < 0)
		return err_set(err, tree, "open '%s'", path);
	r = fd_pipe(ends);
	if (r < 0)
		return err_set(err, r, "make a pipe");
	ret->from = ends[0];
	to = ends[1];
	strv_push(c->arena, &argv, "urun-image");
	strv_push(c->arena, &argv, "pack");
	strv_push(c->arena, &argv, "--layer");
	strv_pushf(c->arena, &argv, "--tree=%d", tree);
	if (container->is_squashed)
		strv_push(c->arena, &argv, "--squash");
	if (c->is_fuse)
		strv_push(c->arena, &argv, "--fuse");
	push_skips(c->arena, spec, &argv);
	keep[0] = tree;
	spawn.argv = argv.v;
	spawn.stdio[1] = to;
	r = process_spawn(&spawn, &ret->pidfd);
	return r < 0 ? err_set(err, r, "run '%s'", spawn.path) : 0;
}

static int take_stream(struct packing *p, struct sink *to, struct err *err)
{
	_cleanup_free_ char *buffer = malloc(FILES_BUFFER_BYTES);
	int n, code, r = buffer ? 0 : err_set(err, -ENOMEM, "read a layer");

	while (r == 0 && (n = fd_read_now(p->from, buffer, FILES_BUFFER_BYTES)) != 0) {
		if (n == -EAGAIN)
			continue;
		r = n < 0 ? err_set(err, n, "read a layer")
			  : sink_write(to, buffer, (size_t)n, err);
	}
	if (r < 0)
		return r;
	r = process_wait(p->pidfd, &code);
	fd_close(&p->pidfd);
	if (r < 0)
		return err_set(err, r, "wait for the packing process");
	if (code > 128)
		return err_say(err, -EPIPE, "the packing process was killed");
	/* It has said why. */
	return code ? -ECANCELED : 0;
}

static int pack_changes(const struct command *c, const struct container *container,
			const struct spec *spec, struct new_image *image, struct err *err)
{
	_cleanup_(packing_end) struct packing p = {-EBADF, -EBADF};
	_cleanup_(new_layer_freep) struct new_layer *l = new_layer_begin(&c->store, err);
	int r = l ? start_packing(c, container, spec, &p, err) : err->code;

	if (r == 0)
		r = take_stream(&p, new_layer_sink(l), err);
	return r < 0 ? r : new_layer_finish(l, &image->layer, &image->diff_id, err);
}

/* --- the config --- */

/* The image that the container was made of: its blobs are needed, not only its layers. */
static int find_base(const struct command *c, const struct container *container,
		     struct store_image *ret, struct err *err)
{
	struct store_entry *entries;
	size_t n;
	int r = store_list(&c->store, c->arena, &entries, &n, err);

	if (r < 0)
		return r;
	for (size_t i = 0; i < n; i++)
		if (store_read(&c->store, &entries[i], &c->source.platform, c->arena, ret,
			       NULL) == 0 &&
		    digest_equal(&ret->manifest.config.digest, &container->image_id))
			return 0;
	err_say(err, -ENOENT,
		"the image that it was made of is not in the store any more");
	return err_hint(err, -ENOENT, "Pull it again: urun pull %s",
			container->image ? container->image
					 : digest_hex(&container->image_id));
}

static bool begins_with(const struct strv *words, const struct strv *start)
{
	if (start->n > words->n)
		return false;
	for (size_t i = 0; i < start->n; i++)
		if (strcmp(words->v[i], start->v[i]) != 0)
			return false;
	return true;
}

/* The container's command is the new image's: the words behind the entrypoint, or when it had
 * another one, all of them. */
static void put_command(struct arena *a, const struct strv *args,
			const struct image_config *base, struct json *config)
{
	bool has_entrypoint = begins_with(args, &base->entrypoint);
	struct strv cmd = {0};

	if (!has_entrypoint)
		json_remove(config, "Entrypoint");
	for (size_t i = has_entrypoint ? base->entrypoint.n : 0; i < args->n; i++)
		strv_push(a, &cmd, args->v[i]);
	if (cmd.n > 0)
		json_put_strv(config, "Cmd", &cmd);
	else
		json_remove(config, "Cmd");
}

/* But for what every container gets by itself. */
static void put_env(struct arena *a, const struct strv *env,
		    const struct image_config *base, struct json *config)
{
	static const char *const own[] = {"container=", "HOSTNAME=", "HOME=", "TERM="};
	struct strv all = {0};

	for (size_t i = 0; i < base->env.n; i++)
		strv_push(a, &all, base->env.v[i]);
	for (size_t i = 0; i < env->n; i++) {
		bool is_own = false;

		for (size_t k = 0; k < ARRAY_SIZE(own); k++)
			is_own |= strncmp(env->v[i], own[k], strlen(own[k])) == 0;
		if (!is_own)
			strv_env_set(a, &all, env->v[i]);
	}
	json_put_strv(config, "Env", &all);
}

static void put_labels(struct arena *a, const struct strv *labels, struct json *config)
{
	struct json *o = labels->n > 0 ? json_get(config, "Labels") : NULL;
	struct json_at at = json_root(o);

	if (labels->n > 0 && (!o || json_kind(&at) != JSON_KIND_OBJECT))
		o = json_put_object(config, "Labels");
	for (size_t i = 0; i < labels->n; i++) {
		const char *pair = labels->v[i], *value = strchr(pair, '=');

		if (value)
			json_put_str(o, arena_strndup(a, pair, (size_t)(value - pair)),
				     value + 1);
	}
}

/* As the container was run: podman-commit(1) and docker do so, too. */
static void put_run(struct arena *a, const struct spec *spec,
		    const struct image_config *base, struct json *config)
{
	const struct spec_process *p = &spec->process;
	bool has_folder = p->cwd && strcmp(p->cwd, "/") != 0;

	put_command(a, &p->args, base, config);
	put_env(a, &p->env, base, config);
	put_labels(a, &spec->annotations, config);
	if (p->user.name)
		json_put_str(config, "User", p->user.name);
	if (has_folder || base->working_dir)
		json_put_str(config, "WorkingDir", p->cwd ? p->cwd : "/");
}

static int read_spec(const struct command *c, const struct container *container,
		     struct spec *ret, struct err *err)
{
	const char *path = container_path(&c->store, container, c->arena);
	_cleanup_fd_ int dir = fd_open(AT_FDCWD, path, O_PATH | O_DIRECTORY);
	char *text;
	size_t len;
	int r = dir < 0 ? err_set(err, dir, "'%s'", path)
			: container_read_config(dir, c->arena, &text, &len, err);

	spec_init(ret, c->arena);
	return r < 0 ? r : spec_from_oci(ret, text, len, NULL, err);
}

static const char *join(struct arena *a, const struct strv *words)
{
	const char *text = words->n > 0 ? words->v[0] : "";

	for (size_t i = 1; i < words->n; i++)
		text = arena_printf(a, "%s %s", text, words->v[i]);
	return text;
}

static int make_image(struct command *c, const struct container *container,
		      struct new_image *image, struct err *err)
{
	struct store_image *base = arena_new(c->arena, struct store_image);
	struct json *config;
	struct spec spec;
	int r = read_spec(c, container, &spec, err);

	if (r == 0)
		r = find_base(c, container, base, err);
	if (r == 0)
		r = json_parse(base->config_text, strlen(base->config_text), &image->doc,
			       err);
	if (r < 0)
		return r;
	image->base = base;
	config = new_image_config(image->doc);
	put_run(c->arena, &spec, &base->config, config);
	r = changes_apply(config, &c->changes, c->arena, err);
	if (r < 0)
		return r;
	image->step = (struct image_history){
		.created = clock_now_text(c->arena),
		.created_by = join(c->arena, &spec.process.args),
		.comment = c->message,
	};
	r = pack_changes(c, container, &spec, image, err);
	return r < 0 ? r : new_image_put(c, image, err);
}

static void free_image(struct new_image *image)
{
	json_free(image->doc);
}

int commit(struct command *c, struct err *err)
{
	_cleanup_(free_image) struct new_image image = {
		.is_docker = c->format && strcmp(c->format, "docker") == 0};
	_cleanup_fd_ int lock = -EBADF;
	struct container container = {0};
	int r;

	if (c->n_words < 1 || c->n_words > 2)
		return err_say(err, -EINVAL, "commit: a container, and perhaps a name");
	r = c->n_words == 2 ? new_image_name(c->words[1], c->arena, &image.name, err) : 0;
	if (r == 0)
		r = store_lock(&c->store, "store", false, true, &lock, err);
	if (r == 0)
		r = container_find(&c->store, c->words[0], c->arena, &container, err);
	if (r < 0)
		return r;
	r = make_image(c, &container, &image, err);
	if (r < 0 && err->message[0])
		err_prefix(err, "commit container %.12s", container.id);
	return r;
}
