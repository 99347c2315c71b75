// SPDX-License-Identifier: Apache-2.0
/*
 * images.c - see images.h
 */
#include "cli/urun/images.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/urun/cmd.h"
#include "cli/urun/format.h"
#include "sys/dir.h"
#include "sys/fd.h"
#include "sys/helper.h"
#include "sys/process.h"
#include "sys/tree.h"

#define MAX_ANSWER (4u << 20)
#define CREDS	   "URUN_CREDS="

int images_open(struct images *m, struct err *err)
{
	int r = host_read(&m->host, m->arena, true, err);

	return r < 0 ? r : store_open(m->host.data_dir, &m->store, err);
}

int images_open_userns(struct images *m, struct err *err)
{
	int r;

	if (m->has_userns)
		return 0;
	r = userns_open(&m->host, m->arena, &m->userns, NULL, err);
	m->has_userns = r == 0;
	return r;
}

void images_close(struct images *m)
{
	store_close(&m->store);
	userns_close(&m->userns);
}

static int read_answer(int from, struct arena *a, struct json **ret, struct err *err)
{
	char *text;
	size_t len;
	int r = fd_read_all(from, a, MAX_ANSWER, &text, &len);

	if (r < 0)
		return err_set(err, r, "read the answer of urun-image");
	if (!ret || len == 0)
		return 0;
	return json_parse(text, len, ret, err);
}

int images_helper(struct images *m, const struct strv *words, struct json **ret,
		  struct err *err)
{
	_cleanup_fd_ int from = -EBADF, to = -EBADF, pidfd = -EBADF;
	int keep[] = {-1, -1, -1}, n_keep = 0;
	struct spawn spawn = {.stdio = {STDIN_FILENO, -1, STDERR_FILENO},
			      .userns = -1,
			      .mntns = -1,
			      .keep = keep};
	struct strv argv = {0}, env = {0};
	bool has_store = m->store.dir >= 0;
	int ends[2], code = 0, r = has_store ? images_open_userns(m, err) : 0;

	if (r < 0)
		return r;
	if (m->userns.fd >= 0)
		keep[n_keep++] = m->userns.fd;
	if (m->out >= 0)
		keep[n_keep++] = m->out;
	r = fd_pipe(ends);
	if (r < 0)
		return err_set(err, r, "make a pipe to urun-image");
	from = ends[0];
	to = ends[1];
	strv_push(m->arena, &argv, "urun-image");
	strv_push(m->arena, &argv, words->v[0]);
	if (has_store)
		strv_pushf(m->arena, &argv, "--store=%s", m->store.path);
	if (m->userns.fd >= 0)
		strv_pushf(m->arena, &argv, "--userns-fd=%d", m->userns.fd);
	if (m->userns.is_squashed)
		strv_push(m->arena, &argv, "--squash");
	for (size_t i = 1; i < words->n; i++)
		strv_push(m->arena, &argv, words->v[i]);
	spawn.path = helper_path("urun-image", m->arena);
	spawn.argv = argv.v;
	for (char *const *e = environ; e && *e; e++)
		if (strncmp(*e, CREDS, strlen(CREDS)) != 0)
			strv_push(m->arena, &env, *e);
	/* Not an option: everybody may read a command line. */
	if (m->creds)
		strv_pushf(m->arena, &env, CREDS "%s", m->creds);
	spawn.env = env.v;
	spawn.stdio[1] = to;
	r = process_spawn(&spawn, &pidfd);
	if (r < 0) {
		err_set(err, r, "run '%s'", spawn.path);
		return err_hint(err, r, "It is installed with urun: make install");
	}
	fd_close(&to);
	r = read_answer(from, m->arena, ret, err);
	fd_close(&from);
	process_wait(pidfd, &code);
	m->is_full = code == STORE_EXIT_FULL;
	if (has_store)
		images_tidy(m);
	/* It could not say so itself. */
	if (code > 128)
		return err_say(err, -ECANCELED,
			       "urun-image, at '%s', was ended by signal %d", words->v[0],
			       code - 128);
	return code != 0 ? -ECANCELED : r;
}

static void push_option(struct images *m, struct strv *words, const char *name,
			const char *value)
{
	if (value)
		strv_pushf(m->arena, words, "--%s=%s", name, value);
}

static int take_creds(struct images *m, const struct registry_options *o, struct err *err)
{
	static const struct registry_question question = {
		.who = "--creds USER",
		.prompt = "Password: ",
		.hint = "--creds USER:PASSWORD, or urun login, which can read it from a "
			"file",
		.is_secret = true,
	};
	const char *password = NULL;
	int r;

	if (!o->creds || strchr(o->creds, ':')) {
		m->creds = o->creds;
		return 0;
	}
	/* Of several images each is brought by a helper of its own. */
	if (m->creds)
		return 0;
	r = registry_ask(&question, m->arena, &password, err);
	if (r == 0)
		m->creds = arena_printf(m->arena, "%s:%s", o->creds, password);
	return r;
}

int images_push_registry(struct images *m, const struct registry_options *o,
			 struct strv *words, struct err *err)
{
	push_option(m, words, "authfile", o->authfile);
	push_option(m, words, "cert-dir", o->cert_dir);
	if (o->has_tls_verify)
		push_option(m, words, "tls-verify",
			    o->want_tls_verify ? "true" : "false");
	return take_creds(m, o, err);
}

const char *images_answer(struct images *m, const struct json *answer, const char *key)
{
	struct json_at root = json_root(answer), at = json_key(&root, key);
	const char *text = NULL;

	if (json_read_str(&at, m->arena, &text, NULL) < 0 || !text)
		return NULL;
	return format_escape(text, m->arena);
}

int images_pull(struct images *m, const char *ref, const struct pull_options *o,
		struct digest *ret_digest, struct err *err)
{
	_cleanup_json_ struct json *answer = NULL;
	struct json_at root, at;
	struct strv words = {0};
	const char *digest = "";
	int r;

	strv_push(m->arena, &words, "pull");
	push_option(m, &words, "platform", registry_platform(o, m->arena));
	r = images_push_registry(m, &o->registry, &words, err);
	if (r < 0)
		return r;
	push_option(m, &words, "signature-policy", o->policy);
	if (o->is_quiet)
		strv_push(m->arena, &words, "--quiet");
	strv_push(m->arena, &words, ref);
	r = images_helper(m, &words, &answer, err);
	if (r < 0)
		return r;
	root = json_root(answer);
	at = json_key(&root, "digest");
	r = json_read_str(&at, m->arena, &digest, err);
	if (r == 0 && digest_parse(digest, strlen(digest), ret_digest) < 0)
		r = err_say(err, -EBADMSG, "urun-image gave no digest");
	return r;
}

/* The kernel says "Exec format error" only, if that: emulators may be there for others. */
static int check_platform(struct images *m, const char *typed, const char *platform,
			  const struct platform *p, const struct image_config *config,
			  struct err *err)
{
	const char *os = config->os ? config->os : "",
		   *arch = config->architecture ? config->architecture : "";

	if (platform_fits(p, config))
		return 0;
	if (!platform) {
		cmd_note(arena_printf(m->arena,
				      "image '%s' is for %s/%s, this machine is %s/%s: "
				      "without an emulator its programs do not run",
				      typed, os, arch, p->os, p->architecture));
		return 0;
	}
	err_say(err, -ENOEXEC,
		"image '%s': the one in the store is for %s/%s, not for %s", typed, os,
		arch, platform);
	return err_hint(err, -ENOEXEC,
			"urun pull --platform %s IMAGE brings another one, where there "
			"is one",
			platform);
}

static int read_found(struct images *m, const struct store_entry *e, const char *typed,
		      const char *platform, struct store_image *ret, struct err *err)
{
	struct platform p = platform_native();
	int r;

	if (platform)
		platform_parse(platform, m->arena, &p);
	r = store_read(&m->store, e, &p, m->arena, ret, err);
	return r < 0 ? r : check_platform(m, typed, platform, &p, &ret->config, err);
}

int images_get(struct images *m, const char *typed, const char *when,
	       const struct pull_options *o, struct store_image *ret, struct err *err)
{
	bool is_always =
		when && (strcmp(when, "always") == 0 || strcmp(when, "newer") == 0);
	bool is_never = when && strcmp(when, "never") == 0;
	struct store_entry entry;
	struct err missing = {0};
	struct digest digest;
	int r = is_always ? -ENOENT
			  : store_find(&m->store, typed, m->arena, &entry, &missing);

	if (r == -ENOENT && !is_never) {
		r = images_pull(m, typed, o, &digest, err);
		/* What is there will do, when there is nothing newer to be had. */
		if (r < 0 && (!is_always || strcmp(when, "newer") != 0))
			return r;
		r = store_find(&m->store, r < 0 ? typed : digest.text, m->arena, &entry,
			       err);
	} else if (r < 0) {
		*err = missing;
	}
	return r < 0 ? r
		     : read_found(m, &entry, typed, registry_platform(o, m->arena), ret,
				  err);
}

int images_unpack(struct images *m, const struct store_image *image, bool is_squashed,
		  struct err *err)
{
	struct strv words = {0};
	bool is_whole = true;

	for (size_t i = 0; i < image->config.n_diff_ids; i++) {
		_cleanup_fd_ int fd =
			store_layer(&m->store, &image->config.diff_ids[i], is_squashed);

		is_whole &= fd >= 0;
	}
	if (is_whole)
		return 0;
	strv_push(m->arena, &words, "unpack-image");
	if (is_squashed)
		strv_push(m->arena, &words, "--squash");
	strv_push(m->arena, &words, image->entry.manifest.digest.text);
	return images_helper(m, &words, NULL, err);
}

#define MEASURE_BATCH 4096 /* of numbers that a pipe holds, pipe(7) */

struct measuring {
	const struct images *images;
	char *const *paths;
	size_t n;
	int to;
};

static int measure_in_userns(void *data)
{
	const struct measuring *w = data;
	uint64_t sizes[MEASURE_BATCH];

	for (size_t i = 0; i < w->n; i++)
		sizes[i] = tree_usage(w->images->store.dir, w->paths[i]);
	return fd_write_all(w->to, sizes, w->n * sizeof(sizes[0]));
}

static void measure(struct images *m, char *const *paths, size_t n, uint64_t *sizes)
{
	_cleanup_fd_ int from = -EBADF, to = -EBADF;
	struct measuring work = {m, paths, n, -1};
	char *answer;
	size_t len;
	int ends[2];

	if (fd_pipe(ends) < 0)
		return;
	from = ends[0];
	work.to = to = ends[1];
	if (userns_call(&m->userns, measure_in_userns, &work) < 0)
		return;
	fd_close(&to);
	if (fd_read_all(from, m->arena, n * sizeof(*sizes), &answer, &len) == 0 &&
	    len == n * sizeof(*sizes))
		memcpy(sizes, answer, len);
}

void images_measure(struct images *m, const struct strv *paths, uint64_t *sizes)
{
	bool has_userns = images_open_userns(m, NULL) == 0;

	for (size_t i = 0; i < paths->n; i++)
		sizes[i] = has_userns ? 0 : tree_usage(m->store.dir, paths->v[i]);
	for (size_t i = 0; has_userns && i < paths->n; i += MEASURE_BATCH)
		measure(m, paths->v + i, MIN(paths->n - i, (size_t)MEASURE_BATCH),
			sizes + i);
}

struct removal {
	const struct store *store;
	const struct leftovers *leftovers;
};

/* In the namespace that owns the files. */
static int remove_in_userns(void *data)
{
	const struct removal *r = data;

	return leftovers_remove(r->store, r->leftovers);
}

/* Most of what is to be removed is the caller's own; making a namespace costs more than that. */
static int remove_leftovers(struct images *m, const struct leftovers *l)
{
	struct removal removal = {&m->store, l};
	int r = leftovers_remove(&m->store, l);

	if (r != -EACCES && r != -EPERM)
		return r;
	r = images_open_userns(m, NULL);
	return r < 0 ? r : userns_call(&m->userns, remove_in_userns, &removal);
}

int images_remove_held(struct images *m, const char *name)
{
	struct leftovers l = {0};

	strv_push(m->arena, &l.names, name);
	return remove_leftovers(m, &l);
}

void images_sweep(struct images *m)
{
	_cleanup_(leftovers_close) struct leftovers l = {0};
	_cleanup_fd_ int lock = -EBADF;

	if (store_lock(&m->store, "store", true, false, &lock, NULL) < 0)
		return;
	if (leftovers_take(&m->store, m->arena, &l) == 0 && l.names.n > 0) {
		/* Nobody has to wait for the removal. */
		fd_close(&lock);
		remove_leftovers(m, &l);
	}
}

static int collect(struct images *m, struct store_garbage *g, struct leftovers *l,
		   struct err *err)
{
	_cleanup_fd_ int lock = -EBADF;
	int r = store_lock(&m->store, "store", true, false, &lock, err);

	if (r == 0)
		r = store_find_garbage(&m->store, m->arena, g, err);
	for (size_t i = 0; r == 0 && i < g->blobs.n; i++) {
		r = dir_unlink(m->store.dir, g->blobs.v[i], 0);
		if (r < 0)
			err_set(err, r, "remove '%s/%s'", m->store.path, g->blobs.v[i]);
	}
	/* Moved first: a half of a layer must not be taken for a whole. */
	for (size_t i = 0; r == 0 && i < g->layers.n; i++) {
		const char *name;

		r = container_discard(&m->store, g->layers.v[i], m->arena, &name, err);
	}
	if (r == 0)
		r = leftovers_take(&m->store, m->arena, l);
	return r;
}

void images_tidy(struct images *m)
{
	if (m->is_full)
		images_collect(m, NULL, NULL);
	else
		images_sweep(m);
}

int images_collect(struct images *m, uint64_t *ret_freed, struct err *err)
{
	_cleanup_(leftovers_close) struct leftovers l = {0};
	struct store_garbage g = {0};
	int r = collect(m, &g, &l, err);

	if (r == -EAGAIN)
		return 0;
	if (r == 0 && l.names.n > 0) {
		r = remove_leftovers(m, &l);
		if (r < 0)
			err_set(err, r, "remove what nobody needs in '%s/tmp'",
				m->store.path);
	}
	if (r == 0 && ret_freed)
		*ret_freed = g.blob_bytes;
	return r;
}
