// SPDX-License-Identifier: Apache-2.0
/*
 * bundle.c - see bundle.h
 */
#include "engine/bundle.h"

#include <string.h>
#include <unistd.h>

#include "base/json.h"
#include "engine/criu.h"
#include "engine/gate.h"
#include "engine/run.h"
#include "engine/state.h"
#include "plan/idmap.h"
#include "plan/plan.h"
#include "spec/oci.h"
#include "stage/hooks.h"
#include "sys/cgroup.h"
#include "sys/clock.h"
#include "sys/fd.h"
#include "sys/host.h"
#include "sys/process.h"

/* One container on its way. */
struct making {
	const struct bundle *b;
	struct arena *arena;
	struct host host;
	struct spec spec;
	struct plan plan;
	struct state state;
	const char *config; /* text of it */
	size_t config_len;
	int folder;	  /* held, owned; or -1 */
	int gate;	  /* owned, or -1 */
	bool is_released; /* the folder is not held while it runs */
};

/* --- what is wanted --- */

/* Paths of the bundle go into the state, and are read by whoever stands elsewhere. */
static const char *absolute(const struct host *h, const char *path, struct arena *a)
{
	if (path[0] == '/')
		return spec_clean_path(a, path);
	return spec_clean_path(a, arena_printf(a, "%s/%s", h->cwd ? h->cwd : "", path));
}

static int read_config(struct making *m, struct err *err)
{
	const struct bundle *b = m->b;
	const char *folder = absolute(&m->host, b->folder, m->arena);
	const char *path = b->config ? absolute(&m->host, b->config, m->arena)
				     : arena_printf(m->arena, "%s/config.json", folder);
	char *text;
	int r = fd_read_file(path, m->arena, JSON_MAX_BYTES, &text, &m->config_len);

	if (r < 0) {
		err_set(err, r, "read '%s'", path);
		return r == -ENOENT && !b->config
			       ? err_hint(err, r,
					  "A bundle is a folder with config.json and a "
					  "rootfs: urun-oci spec makes the first")
			       : r;
	}
	m->config = text;
	m->spec.bundle = folder;
	m->spec.want_unknown = b->debug != NULL;
	r = spec_from_oci(&m->spec, text, m->config_len, folder, err);
	if (r < 0)
		err_prefix(err, "%s", path);
	for (size_t i = 0; i < m->spec.unknown.n; i++)
		b->debug(arena_printf(m->arena, "%s: %s is ignored: it is not known",
				      path, m->spec.unknown.v[i]));
	m->spec.process.user.keep_groups |= spec_wants_kept_groups(&m->spec);
	return r;
}

static int check_terminal(const struct making *m, struct err *err)
{
	const struct bundle *b = m->b;

	if (b->sockets.console && !b->is_detached)
		return err_say(err, -EINVAL,
			       "--console-socket goes with --detach: the terminal is "
			       "relayed else");
	return sockets_check(&b->sockets, &m->spec, err);
}

/* What only a launcher can give that stays: documents of urun's own ask for it. */
static int check_own(const struct making *m, struct err *err)
{
	const struct spec *s = &m->spec;
	bool has_overlay = s->root.want_overlay || s->root.kind != ROOT_DIR;

	for (size_t i = 0; i < s->n_fsops; i++)
		has_overlay |= s->fsops[i].kind == FSOP_OVERLAY || s->fsops[i].volume;
	if (!has_overlay && !m->plan.want_network && !s->joined &&
	    !s->process.want_init && !s->process.timeout_s && !m->plan.map.auto_size &&
	    !s->resolver.is_followed)
		return 0;
	err_say(err, -ENOTSUP,
		"config.json asks for what urun alone gives, below org.urun: images, "
		"overlays, networks, volumes, --init, --timeout or ids by --userns auto");
	return err_hint(err, -ENOTSUP, "'urun run' starts it; urun-oci runs OCI bundles");
}

/* As runc and crun have it: the payload is the first of its pid namespace. */
static void tell_listen_fds(struct making *m)
{
	struct strv *env = &m->spec.process.env;

	if (m->b->listen_fds == 0)
		return;
	strv_env_set(m->arena, env,
		     arena_printf(m->arena, "LISTEN_FDS=%u", m->b->listen_fds));
	strv_env_set(m->arena, env, "LISTEN_PID=1");
}

static int plan(struct making *m, struct err *err)
{
	const struct bundle *b = m->b;
	struct spec *s = &m->spec;
	int r;

	s->id = b->id;
	s->pidfile = b->pid_file;
	s->is_announced = true;
	s->is_detached = b->is_detached;
	s->is_held = b->is_held;
	s->process.preserve_fds = b->preserve_fds;
	tell_listen_fds(m);
	s->security.keep_keyring |= b->keep_keyring;
	if (b->cgroups == BUNDLE_NO_CGROUP)
		s->cgroup = (struct spec_cgroup){.mode = CGROUPS_DISABLED};
	s->cgroup.is_systemd = b->cgroups == BUNDLE_SYSTEMD;
	r = check_terminal(m, err);
	if (r == 0)
		r = spec_validate(s, err);
	if (r == 0 && b->cgroups != BUNDLE_NO_CGROUP)
		host_read_cgroup(&m->host, m->arena);
	if (r == 0)
		r = plan_build(&m->plan, s, &m->host, m->arena, err);
	return r < 0 ? r : check_own(m, err);
}

/* --- the launcher's events --- */

static int on_console(void *data, int master, struct err *err)
{
	return sockets_give_console(&((const struct making *)data)->b->sockets, master,
				    err);
}

static int on_hooks(void *data, const struct run *run, struct err *err)
{
	const struct making *m = data;
	int r = hooks_run(&m->spec, HOOK_PRESTART, "creating", run->pid, m->arena, err);

	return r < 0 ? r
		     : hooks_run(&m->spec, HOOK_CREATE_RUNTIME, "creating", run->pid,
				 m->arena, err);
}

/* One that is created hears of it when it is started: see engine/lifecycle.c. */
static void on_running(void *data, const struct run *run)
{
	struct making *m = data;

	hooks_run_all(&m->spec, HOOK_POSTSTART, "running", run->pid, m->arena,
		      m->b->note);
	/* It may run for long, and others want to pause, update or delete it. */
	if (!m->b->is_detached) {
		fd_close(&m->folder);
		m->is_released = true;
	}
}

/* ".../NAME.scope/container": it has its name from systemd's part. */
static const char *scope_of(const char *path, struct arena *a)
{
	char *copy = arena_strdup(a, path), *end = strrchr(copy, '/'), *name;

	if (!end)
		return NULL;
	*end = '\0';
	name = strrchr(copy, '/');
	return name ? name + 1 : NULL;
}

/* A creation that is killed behind this leaves it, and whoever deletes the container finds it. */
static int on_placed(void *data, const struct run *run, struct err *err)
{
	struct making *m = data;
	struct cgroup_stamp stamp;
	int r = cgroup_stamp(run->cgroup, &stamp);

	if (r < 0)
		return err_set(err, r, "look at cgroup '%s'", run->cgroup_path);
	m->state.cgroup = run->cgroup_path;
	m->state.cgroup_stamp = arena_strdup(m->arena, stamp.text);
	if (m->plan.cgroup.place == CGROUP_PLACE_SCOPE)
		m->state.scope = m->plan.cgroup.name
					 ? m->plan.cgroup.name
					 : scope_of(run->cgroup_path, m->arena);
	return state_write(m->folder, &m->state, err);
}

static int on_ready(void *data, const struct run *run, struct err *err)
{
	struct making *m = data;
	struct process_stamp stamp;
	int r = process_stamp(run->pid, &stamp);

	if (r < 0)
		return err_set(err, r, "look at the container's first process");
	m->state.process = arena_strdup(m->arena, stamp.text);
	r = state_write(m->folder, &m->state, err);
	return r < 0 ? r : sockets_give_pidfd(&m->b->sockets, run, err);
}

static const struct engine_events events = {.on_placed = on_placed,
					    .on_hooks = on_hooks,
					    .on_ready = on_ready,
					    .on_running = on_running},
				  console_events = {.on_placed = on_placed,
						    .on_console = on_console,
						    .on_hooks = on_hooks,
						    .on_ready = on_ready,
						    .on_running = on_running};

/* --- from there to the end --- */

/* An empty cgroup of the name that the document gives is taken, but not that of a container which has stopped:
 * whoever deletes that would end this one. */
static int check_cgroup(const struct making *m, struct err *err)
{
	const struct plan_cgroup *c = &m->plan.cgroup;
	const char *path = c->place == CGROUP_PLACE_OWN && m->spec.cgroup.path
				   ? arena_printf(m->arena, "%s/%s", c->base, c->name)
				   : NULL;
	_cleanup_fd_ int there = path ? cgroup_open(path) : -EBADF;
	struct strv ids = {0};
	int r = there < 0 ? 0 : state_list(m->b->root, m->arena, &ids, err);

	for (size_t i = 0; i < ids.n; i++) {
		_cleanup_fd_ int folder = -EBADF;
		struct state s;

		if (strcmp(ids.v[i], m->b->id) == 0 ||
		    state_open(m->b->root, ids.v[i], &folder, NULL) < 0 ||
		    state_read(folder, ids.v[i], m->arena, &s, NULL) < 0 || !s.cgroup ||
		    strcmp(s.cgroup, path) != 0)
			continue;
		err_say(err, -EEXIST, "cgroup '%s' is that of container '%s'", path,
			s.id);
		return err_hint(err, -EEXIST,
				"Each container needs a linux.cgroupsPath of its own; "
				"'urun-oci delete %s' makes room",
				s.id);
	}
	return r;
}

static int make_state(struct making *m, struct err *err)
{
	const struct bundle *b = m->b;
	struct process_stamp stamp;
	int r = state_check_id(b->id, err);

	if (r == 0)
		r = state_make(b->root, b->id, &m->folder, err);
	if (r < 0)
		return r;
	m->state = (struct state){
		.id = b->id,
		.bundle = m->spec.bundle,
		.rootfs = m->spec.root.path,
		.created = clock_now_exact(m->arena),
		.owner = m->host.user,
		.annotations = m->spec.annotations,
		.has_hooks = m->spec.hooks[HOOK_POSTSTART].n_hooks ||
			     m->spec.hooks[HOOK_POSTSTOP].n_hooks,
	};
	/* Who finds it unfinished finds us. */
	if (process_stamp(getpid(), &stamp) == 0)
		m->state.creator = arena_strdup(m->arena, stamp.text);
	r = state_write_config(m->folder, m->config, m->config_len, err);
	if (r == 0)
		r = state_write(m->folder, &m->state, err);
	if (r == 0 && b->is_held) {
		r = gate_make(m->folder, &m->gate);
		if (r < 0)
			err_set(err, r, "make the gate of container '%s'", b->id);
	}
	return r;
}

static int run(struct making *m, int *ret_code, struct err *err)
{
	const struct bundle *b = m->b;
	struct engine_job job = ENGINE_JOB(&m->plan, m->arena, b->note);

	for (size_t i = 0; i < m->plan.notes.n; i++)
		b->note(m->plan.notes.v[i]);
	job.gate = m->gate;
	job.events = b->sockets.console ? &console_events : &events;
	job.data = m;
	return b->restored ? criu_restore(&job, b->restored, ret_code, err)
			   : engine_run(&job, ret_code, err);
}

int bundle_run(const struct bundle *b, struct arena *a, int *ret_code, struct err *err)
{
	struct making m = {.b = b, .arena = a, .folder = -EBADF, .gate = -EBADF};
	int r = host_read(&m.host, a, false, err);

	spec_init(&m.spec, a);
	if (r == 0)
		r = read_config(&m, err);
	/* Only some maps need them, and finding them costs. */
	if (r == 0 && idmap_wants_subids(&m.spec))
		r = host_read(&m.host, a, true, err);
	if (r == 0)
		r = plan(&m, err);
	if (r == 0)
		r = check_cgroup(&m, err);
	if (r == 0)
		r = make_state(&m, err);
	*ret_code = 0;
	if (r == 0)
		r = run(&m, ret_code, err);
	/* A signal to this process has ended it before it was done. */
	if (r == 0 && b->is_detached && *ret_code != 0)
		r = err_say(err, -EINTR, "container '%s' was ended by signal %d", b->id,
			    *ret_code - 128);
	/* Somebody may have deleted it meanwhile. */
	if (m.is_released)
		state_hold(b->root, b->id, &m.folder, NULL);
	/* Whatever the creation has begun is undone by hooks, too. */
	if (m.folder >= 0 && (r < 0 || !(b->is_detached || b->is_kept))) {
		hooks_run_all(&m.spec, HOOK_POSTSTOP, "stopped", 0, a, b->note);
		state_remove(b->root, b->id, m.folder, r < 0 ? NULL : err);
	}
	fd_close(&m.gate);
	fd_close(&m.folder);
	return r;
}
