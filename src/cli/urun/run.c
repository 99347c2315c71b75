// SPDX-License-Identifier: Apache-2.0
/*
 * run.c - `urun run`, `urun create`, `urun sandbox`: a command line to a spec, a plan, and an exit code
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/json.h"
#include "cli/urun/cmd.h"
#include "cli/urun/containers.h"
#include "cli/urun/images.h"
#include "cli/urun/network.h"
#include "cli/urun/request.h"
#include "cli/urun/sandbox.h"
#include "cli/urun/volumes.h"
#include "engine/joined.h"
#include "engine/run.h"
#include "plan/idmap.h"
#include "spec/oci.h"
#include "sys/clock.h"
#include "sys/dir.h"
#include "sys/fd.h"
#include "sys/helper.h"
#include "sys/host.h"
#include "sys/lock.h"
#include "sys/newid.h"

static int check_preserved(uint32_t n, struct err *err)
{
	for (uint32_t i = 0; i < n; i++)
		if (!fd_is_open((int)(3 + i)))
			return err_say(err, -EBADF,
				       "--preserve-fds %u: descriptor %u is not open", n,
				       3 + i);
	return 0;
}

/* A name is held by a lock on a file, which goes with this process however it ends. */
static int take_name(const struct host *host, const struct request *q, struct lock *ret,
		     struct err *err)
{
	const char *name = q->spec.name;
	int r;

	if (!name)
		return 0;
	if (!host->runtime_dir) {
		err_say(err, -ENOENT,
			"--name '%s': no XDG_RUNTIME_DIR to note the name in", name);
		return err_hint(err, -ENOENT,
				"Set it to a folder of your own with mode 0700");
	}
	r = lock_take(host->runtime_dir, "urun/names", name, ret);
	if (r == -EAGAIN) {
		err_say(err, r, "--name '%s': a running container has this name", name);
		return err_hint(err, r, "Choose another name, or end that container");
	}
	return r < 0 ? err_set(err, r, "--name '%s': note it in '%s/urun/names'", name,
			       host->runtime_dir)
		     : 0;
}

/* Before anything is made: it is filled when there is a container. */
static int open_cidfile(const struct request *q, int *ret, struct err *err)
{
	int fd = q->cidfile ? fd_create(AT_FDCWD, q->cidfile, O_WRONLY | O_CREAT | O_EXCL,
					0644)
			    : -EBADF;

	*ret = fd;
	if (!q->cidfile || fd >= 0)
		return 0;
	if (fd != -EEXIST)
		return err_set(err, fd, "--cidfile '%s'", q->cidfile);
	err_say(err, fd, "--cidfile '%s': it is there already", q->cidfile);
	return err_hint(err, fd,
			"It may tell the id of a container that is in use. Remove it, or "
			"choose another name");
}

static int write_cidfile(const struct request *q, int fd, struct err *err)
{
	int r = fd < 0 ? 0 : fd_write_all(fd, q->spec.id, strlen(q->spec.id));

	return r < 0 ? err_set(err, r, "--cidfile '%s'", q->cidfile) : 0;
}

static int read_host(struct host *host, const struct spec *spec, struct arena *a,
		     struct err *err)
{
	int r = host_read(host, a, idmap_wants_subids(spec), err);

	return r == 0 && spec->root.kind == ROOT_HOST
		       ? host_read_tree(host, plan_own_folders, a, err)
		       : r;
}

/* What an image needs on top: its store, its container's folder. */
struct session {
	struct request *request;
	struct images images;
	struct store_image image;
	int lock;   /* the container's folder, or -1 */
	int shared; /* "store", until the container is made, or -1 */
	struct volumes volumes;
	struct joined joined;
	struct spec_namespace asked_ns[NS_COUNT]; /* before joined_open() */
	struct spec_userns asked_userns;
};

/* Whoever is not in the map can own nothing in a volume. */
static bool is_caller_mapped(const struct spec_userns *u, uint32_t uid)
{
	if (u->mode != USERNS_EXPLICIT)
		return u->mode != USERNS_AUTO && u->mode != USERNS_NOMAP;
	for (size_t i = 0; i < u->n_uids; i++) {
		uint32_t caller = u->maps_are_absolute ? uid : 0;

		if (u->uids[i].host <= caller &&
		    caller - u->uids[i].host < u->uids[i].count)
			return true;
	}
	return u->n_uids == 0;
}

/* What the image wants to be kept outside of its layers; in a container whose ids cannot own
 * that, it stays with the container's own changes. */
static int add_image_volumes(struct request *q, const struct spec_userns *u, uint32_t uid,
			     struct err *err)
{
	if (q->config->volumes.n == 0)
		return 0;
	if (is_caller_mapped(u, uid))
		return request_add_volumes(q, err);
	cmd_note("the image's volumes are kept with the container: with this id map they "
		 "cannot be outside of it");
	return 0;
}

/* With what it joins: that decides which ids there are. */
static int open_store(struct session *s, struct err *err)
{
	struct request *q = s->request;
	int r = images_open(&s->images, err);

	if (r == 0 && !q->is_create && !q->print_spec)
		r = joined_open(&s->images.store, &s->images.host, &q->spec, &s->joined,
				err);
	return r;
}

/* The image's config is needed for the spec, before anything else. */
static int get_image(struct session *s, struct err *err)
{
	struct request *q = s->request;
	int r = open_store(s, err);

	/* Until a container says so, nothing keeps what was found. */
	if (r == 0)
		r = store_lock(&s->images.store, "store", false, true, &s->shared, err);
	if (r == 0)
		r = images_get(&s->images, q->image, q->when, &q->pull, &s->image, err);
	if (r < 0)
		return r;
	q->config = &s->image.config;
	q->spec.root.path = store_layers_path(&s->images.store, false, q->arena);
	return add_image_volumes(
		q, s->joined.pidfd < 0 ? &q->spec.userns : &s->joined.userns,
		s->images.host.uid, err);
}

/* From the top down to the first that hides all below: the kernel asks no root folder of a layer
 * whether it is opaque. */
static void push_layers(struct session *s, bool is_squashed)
{
	struct spec_root *root = &s->request->spec.root;
	const struct image_config *c = &s->image.config;

	for (size_t i = c->n_diff_ids; i > 0; i--) {
		const struct digest *d = &c->diff_ids[i - 1];
		_cleanup_fd_ int tree = store_layer(&s->images.store, d, is_squashed);

		strv_pushf(s->request->arena, &root->layers, "%s/tree", digest_hex(d));
		if (tree >= 0 && fd_is_opaque(tree))
			break;
	}
}

/* As it was asked for: what it joins is another one each time. */
static char *config_text(const struct session *s)
{
	struct spec asked = s->request->spec;
	struct json *doc;
	char *text;

	memcpy(asked.ns, s->asked_ns, sizeof(asked.ns));
	asked.userns = s->asked_userns;
	doc = spec_to_oci(&asked);
	text = json_text(doc, false);

	json_free(doc);
	return text;
}

/* What `urun ps` shows of a container without a config.json. */
static void describe(struct container *c, const struct spec *spec, struct arena *a)
{
	struct strv mounts = {0};

	for (size_t i = 0; i < spec->n_fsops; i++)
		if (spec_is_users_mount(&spec->fsops[i]))
			strv_push(a, &mounts, spec->fsops[i].dest);
	container_keep(&c->args, &spec->process.args, a);
	container_keep(&c->labels, &spec->annotations, a);
	container_keep(&c->mounts, &mounts, a);
}

/* With one id? What is joined is not there yet when a container is created: like most of them. */
static int choose_form(struct session *s, const struct plan *plan, bool *ret,
		       struct err *err)
{
	bool is_open = s->request->is_create && s->request->spec.joined;
	int r = is_open ? images_open_userns(&s->images, err) : 0;

	*ret = is_open ? s->images.userns.is_squashed : plan->map.rung == MAP_SINGLE;
	return r;
}

/* The layers, in the form that this container's ids can use, and a folder for its changes. */
static int make_container(struct session *s, const struct plan *plan, struct err *err)
{
	struct request *q = s->request;
	struct spec_root *root = &q->spec.root;
	const struct image_config *c = &s->image.config;
	struct container record = {
		.id = q->spec.id,
		.name = q->spec.name,
		.image = s->image.entry.name,
		.image_id = s->image.manifest.config.digest,
		.created = clock_now_exact(q->arena),
		.layers = c->diff_ids,
		.n_layers = c->n_diff_ids,
		.is_throwaway = q->want_rm,
		.volumes = s->volumes.names,
	};
	_cleanup_free_ char *config = NULL;
	int r = 0;

	r = choose_form(s, plan, &record.is_squashed, err);
	if (r == 0 && c->n_diff_ids == 0)
		r = err_say(err, -EINVAL,
			    "image '%s' has no layer: there is nothing to run", q->image);
	if (r == 0)
		r = images_unpack(&s->images, &s->image, record.is_squashed, err);
	root->path = store_layers_path(&s->images.store, record.is_squashed, q->arena);
	push_layers(s, record.is_squashed);
	if (r == 0)
		r = volumes_take(&s->images, q, &s->volumes, err);
	if (q->want_rm)
		describe(&record, &q->spec, q->arena);
	root->is_volatile = q->want_rm;
	root->changes = container_path(&s->images.store, &record, q->arena);
	if (r == 0 && !q->want_rm)
		config = config_text(s);
	if (r == 0)
		r = container_make(&s->images.store, &record, config, q->arena, &s->lock,
				   err);
	if (r < 0)
		volumes_undo(&s->images, &s->volumes);
	if (r == 0)
		r = volumes_make_own(s->lock, q, &s->volumes, err);
	fd_close(&s->shared);
	return r;
}

/* What the container was made of, for `urun ps`. */
static const char *source_of(const struct request *q)
{
	const struct spec_root *root = &q->spec.root;

	if (q->sandbox)
		return "sandbox";
	return root->kind == ROOT_HOST ? "host:"
				       : arena_printf(q->arena, "rootfs:%s", root->path);
}

/* Has somebody a reason to look at it from outside? */
static bool wants_record(const struct request *q)
{
	return !q->image && (q->spec.name || spec_wants_cgroup(&q->spec));
}

/* Without an image there is nothing to keep: a record for as long as it runs, that others see it by. */
static int make_record(struct session *s, struct err *err)
{
	struct request *q = s->request;
	struct store *store = &s->images.store;
	struct container record = {
		.id = q->spec.id,
		.name = q->spec.name,
		.image = source_of(q),
		.created = clock_now_exact(q->arena),
		.is_throwaway = true,
		.volumes = s->volumes.names,
	};
	int r = store->dir < 0 ? store_open(s->images.host.data_dir, store, err) : 0;

	describe(&record, &q->spec, q->arena);
	/* What killed ones have left makes each look at all names longer. */
	if (r == 0)
		images_sweep(&s->images);
	if (r == 0)
		r = store_lock(store, "store", false, q->spec.name != NULL, &s->shared,
			       err);
	if (r == -EAGAIN)
		err_say(err, r, "the store is in use by another command");
	if (r == 0)
		r = container_make(store, &record, NULL, q->arena, &s->lock, err);
	fd_close(&s->shared);
	/* A sandbox has no --replace. */
	if (r == -EEXIST && q->sandbox)
		err_hint(err, r, "urun rm %s, or choose another", q->spec.name);
	/* The name was asked for; that it is seen was not. */
	if (r < 0 && !q->spec.name) {
		cmd_note(arena_printf(q->arena,
				      "urun ps and stats do not show this container: %s",
				      err->message));
		return 0;
	}
	return r;
}

/* Is nothing of it left when it has ended? */
static bool is_throwaway(const struct request *q)
{
	return q->want_rm || !q->image;
}

/* Of a container without an image: its record may be none, and the locks keep its volumes. */
static int take_volumes(struct session *s, struct err *err)
{
	_cleanup_fd_ int shared = -EBADF;
	int r = store_lock(&s->images.store, "store", false, true, &shared, err);

	return r < 0 ? r : volumes_take(&s->images, s->request, &s->volumes, err);
}

static void end_session(struct session *s)
{
	struct request *q = s->request;

	if (s->lock >= 0 && is_throwaway(q))
		images_remove_held(&s->images,
				   arena_printf(q->arena, "run-%s", q->spec.id));
	fd_close(&s->lock);
	fd_close(&s->shared);
	volumes_release(&s->volumes);
	/* What others left, when they were killed. */
	if (s->images.store.dir >= 0)
		images_tidy(&s->images);
	joined_close(&s->joined);
	images_close(&s->images);
}

/* Of those without a name, nobody else has made anything. */
static bool has_unowned_volume(const struct spec *spec)
{
	for (size_t i = 0; i < spec->n_fsops; i++) {
		const struct fsop *op = &spec->fsops[i];

		if (op->volume && !op->is_owned && strlen(op->volume) != NEWID_LEN)
			return true;
	}
	return false;
}

/* --replace. Nothing is removed before all else is there that the new one needs. */
static int replace(struct session *s, const struct plan *plan, struct err *err)
{
	static const struct container_removal how = {.is_forced = true,
						     .grace_ms = REMOVAL_GRACE_MS};
	struct request *q = s->request;
	struct images *m = &s->images;
	struct container c = {0};
	int r = 0;

	if (!q->want_replace)
		return 0;
	if (q->image)
		r = images_unpack(m, &s->image, plan->map.rung == MAP_SINGLE, err);
	else if (m->store.dir < 0)
		r = images_open(m, err);
	if (r == 0)
		r = container_find_name(&m->store, q->spec.name, q->arena, &c, err);
	if (r == 0)
		r = containers_remove(m, &c, &how, err);
	return r == -ENOENT ? 0 : r;
}

static int run_container(struct session *s, const struct plan *plan, int cidfile,
			 int *ret_code, struct err *err)
{
	struct request *q = s->request;
	_cleanup_(lock_drop) struct lock name = {.fd = -EBADF};
	struct engine_job job;
	int r;

	for (size_t i = 0; i < q->notes.n; i++)
		cmd_note(q->notes.v[i]);
	for (size_t i = 0; i < plan->notes.n; i++)
		cmd_note(plan->notes.v[i]);
	r = replace(s, plan, err);
	if (r == 0 && !q->is_create)
		r = take_name(plan->host, q, &name, err);
	if (r == 0 && q->image)
		r = make_container(s, plan, err);
	else if (r == 0 && q->has_volumes)
		r = take_volumes(s, err);
	if (r == 0 && wants_record(q))
		r = make_record(s, err);
	if (r == 0 && plan->want_shift && has_unowned_volume(&q->spec))
		cmd_note("files in volumes keep their ids: what a container with another "
			 "id map has made there belongs to somebody else in this one; "
			 "option U gives all to this container's user");
	if (r == 0 && plan->want_shift && !q->is_create)
		r = images_open_userns(&s->images, err);
	if (r == 0)
		r = write_cidfile(q, cidfile, err);
	if (r < 0)
		return r;
	if (q->is_create) {
		printf("%s\n", q->spec.id);
		*ret_code = cmd_flush();
		return 0;
	}
	r = joined_finish(&s->joined, plan, q->arena, err);
	if (r < 0)
		return r;
	job = ENGINE_JOB(plan, q->arena, cmd_note);
	job.userns = s->images.userns.fd;
	job.folder = s->lock;
	r = engine_run(&job, ret_code, err);
	if (r < 0 && q->sandbox)
		sandbox_explain(q, err);
	if (r == 0 && s->lock >= 0 && !is_throwaway(q))
		container_set_ended(s->lock, *ret_code, q->arena);
	return r;
}

static int run_plan(struct session *s, const struct plan *plan, int *ret_code,
		    struct err *err)
{
	const char *path = s->request->cidfile;
	_cleanup_fd_ int cidfile = -EBADF;
	int r = open_cidfile(s->request, &cidfile, err);

	if (r < 0)
		return r;
	r = run_container(s, plan, cidfile, ret_code, err);
	/* There was no container, and the next try needs the name. */
	if (r < 0 && path)
		dir_remove_file_host(path);
	return r;
}

static int start(struct session *s, int *ret_code, struct err *err)
{
	struct request *q = s->request;
	struct host *host = &s->images.host;
	struct plan plan;
	int r;

	memcpy(s->asked_ns, q->spec.ns, sizeof(s->asked_ns));
	s->asked_userns = q->spec.userns;
	joined_apply(&s->joined, &q->spec);
	r = spec_validate(&q->spec, err);
	if (r == 0 && spec_wants_cgroup(&q->spec))
		host_read_cgroup(host, q->arena);
	if (r == 0)
		r = plan_build(&plan, &q->spec, host, q->arena, err);
	if (r < 0)
		return r;
	if (q->print_plan) {
		*ret_code = cmd_print_json(plan_to_json(&plan));
		return 0;
	}
	return run_plan(s, &plan, ret_code, err);
}

static int run_request(struct session *s, int *ret_code, struct err *err)
{
	struct request *q = s->request;
	int r = q->image			   ? get_image(s, err)
		: q->has_volumes || q->spec.joined ? open_store(s, err)
						   : 0;

	if (r == 0 && q->has_volumes)
		r = volumes_place(&s->images, q, &s->volumes, err);
	/* An image's store has read it already. */
	if (r == 0 && !q->image)
		r = read_host(&s->images.host, &q->spec, q->arena, err);
	if (r == 0 && network_is_wanted(q)) {
		net_read_facts(&q->net);
		network_look_at_map(q, &s->images.host);
	}
	if (r == 0)
		r = request_build(q, err);
	if (r < 0)
		return r;
	if (q->print_spec) {
		*ret_code = cmd_print_json(spec_to_oci(&q->spec));
		return 0;
	}
	return start(s, ret_code, err);
}

/* A verb that starts a container, or would. */
struct starter {
	const struct option_table *table;
	int (*read)(struct request *q, int argc, char **argv, bool *ret_help,
		    struct err *err);
	bool is_create;
};

static int run_verb(const struct starter *v, int argc, char **argv)
{
	static char memory[65536];
	struct arena a;
	struct request q = {.arena = &a, .environ = environ, .is_create = v->is_create};
	struct session s = {.request = &q,
			    .images = IMAGES_NONE(&a),
			    .lock = -EBADF,
			    .shared = -EBADF,
			    .joined = JOINED_NONE};
	struct err err = {0};
	bool want_help = false;
	char id[NEWID_LEN + 1];
	int code = 0, r;

	arena_init(&a, memory, sizeof(memory));
	r = newid_make(id);
	if (r < 0) {
		err_set(&err, r, "make an id");
		return cmd_fail(&err);
	}
	q.spec.id = id;
	r = v->read(&q, argc, argv, &want_help, &err);
	if (r == 0 && want_help) {
		options_print_help(v->table);
		return cmd_flush();
	}
	/* Before anything else is open: what is urun's own is not for the payload. */
	if (r == 0 && !v->is_create && !q.print_spec && !q.print_plan)
		r = check_preserved(q.spec.process.preserve_fds, &err);
	if (r == 0)
		r = run_request(&s, &code, &err);
	end_session(&s);
	arena_free(&a);
	return r < 0 ? cmd_fail(&err) : code;
}

int cmd_run(int argc, char **argv)
{
	static const struct starter verb = {&run_table, request_read, false};

	return run_verb(&verb, argc, argv);
}

int cmd_create(int argc, char **argv)
{
	static const struct starter verb = {&create_table, request_read, true};

	return run_verb(&verb, argc, argv);
}

int cmd_sandbox(int argc, char **argv)
{
	static const struct starter verb = {&sandbox_table, sandbox_read, false};

	return run_verb(&verb, argc, argv);
}
