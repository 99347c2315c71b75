// SPDX-License-Identifier: Apache-2.0
/*
 * enter.c - see enter.h
 */
#include "engine/enter.h"

#include <stdio.h>
#include <string.h>

#include "base/parse.h"
#include "engine/run.h"
#include "engine/state.h"
#include "plan/idmap.h"
#include "spec/oci.h"
#include "sys/cgroup.h"
#include "sys/fd.h"
#include "sys/host.h"
#include "sys/process.h"

/* For a first process to be executed. */
#define EXEC_MS	   10
#define EXEC_TRIES 200

struct entry {
	const struct enter *e;
	struct arena *arena;
	struct host host;
	struct spec spec;
	struct plan plan;
	struct state state;
	int folder; /* owned */
	int pidfd;  /* of the first process, owned */
	pid_t pid;
	int joins[NS_COUNT]; /* owned */
	int cgroup;	     /* owned, or -1 */
};

static void entry_close(struct entry *t)
{
	fd_close(&t->folder);
	fd_close(&t->pidfd);
	fd_close(&t->cgroup);
	for (int i = 0; i < NS_COUNT; i++)
		fd_close(&t->joins[i]);
}

/* --- where --- */

static int find(struct entry *t, struct err *err)
{
	const struct enter *e = t->e;
	enum state_status status;
	int r = state_open(e->root, e->id, &t->folder, err);

	if (r == 0)
		r = state_read(t->folder, e->id, t->arena, &t->state, err);
	if (r < 0)
		return r;
	status = state_status(t->folder, &t->state, &t->pidfd, &t->pid);
	if (status == STATE_PAUSED && !e->ignores_pause) {
		err_say(err, -EBUSY, "cannot exec in container '%s': it is paused",
			e->id);
		return err_hint(err, -EBUSY,
				"urun-oci resume %s, or --ignore-paused to wait for that",
				e->id);
	}
	if (t->pidfd < 0)
		return err_say(err, -ESRCH,
			       "cannot exec in container '%s': container not running, it "
			       "is %s",
			       e->id, state_status_name(status));
	if (status == STATE_CREATED)
		return err_say(err, -EINVAL,
			       "cannot exec in container '%s': it is created and not "
			       "started",
			       e->id);
	return 0;
}

/* One that is the caller's own as well needs no joining, and the user namespace takes none. */
static int open_namespace(struct entry *t, int ns, struct err *err)
{
	const char *name = spec_ns_name((enum spec_ns)ns);
	_cleanup_fd_ int own = -EBADF, its = -EBADF;
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/ns/%s", (int)t->pid, name);
	its = fd_open(AT_FDCWD, path, O_RDONLY);
	snprintf(path, sizeof(path), "/proc/self/ns/%s", name);
	own = fd_open(AT_FDCWD, path, O_RDONLY);
	/* A kernel without that kind has neither. */
	if (own == -ENOENT)
		return 0;
	if (its < 0)
		return err_set(err, its, "open the %s namespace of container '%s'", name,
			       t->e->id);
	if (own < 0 || fd_is_same(own, its) != 1)
		t->joins[ns] = fd_take(&its);
	return 0;
}

/* Of a `run` the state says that it runs a moment before the command is executed: until then nobody may look
 * at its first process. */
static int open_namespaces(struct entry *t, struct err *err)
{
	int r;

	for (int tries = 0; tries < EXEC_TRIES; tries++) {
		r = 0;
		for (int i = 0; r == 0 && i < NS_COUNT; i++) {
			fd_close(&t->joins[i]);
			r = open_namespace(t, i, err);
		}
		if ((r != -EACCES && r != -EPERM) ||
		    process_await(t->pidfd, EXEC_MS) != 0)
			break;
	}
	/* It is there still: so all of these are its own. */
	if (process_await(t->pidfd, 0) == 1)
		return err_say(err, -ESRCH,
			       "cannot exec in container '%s': container not running, it "
			       "has ended",
			       t->e->id);
	return r;
}

static int open_cgroup(struct entry *t, struct err *err)
{
	const struct enter *e = t->e;
	const char *path = t->state.cgroup;

	if (!path) {
		if (!e->cgroup)
			return 0;
		return err_say(err, -ENOTSUP,
			       "--cgroup '%s': container '%s' has no cgroup of its own",
			       e->cgroup, e->id);
	}
	if (e->cgroup)
		path = arena_printf(t->arena, "%s%s", path,
				    spec_clean_path(t->arena, e->cgroup));
	t->cgroup = cgroup_open(path);
	if (t->cgroup < 0)
		return err_set(err, t->cgroup, "cgroup '%s'", path);
	if (!t->state.scope || cgroup_can_enter(path))
		return 0;
	/* A login session's own cgroup is not the user's: only systemd leads from there. */
	return cgroup_enter_scope(t->state.scope, &t->host, t->arena, err);
}

/* --- what --- */

static void add_caps(struct spec_caps *c, uint64_t caps)
{
	c->bounding |= caps;
	c->permitted |= caps;
	c->effective |= caps;
	c->inheritable |= caps;
	c->ambient |= caps;
}

static void change(struct spec *s, const struct enter *e)
{
	struct spec_process *p = &s->process;

	p->args = e->args;
	p->want_terminal = e->want_terminal;
	for (size_t i = 0; i < e->env.n; i++)
		strv_env_set(s->arena, &p->env, e->env.v[i]);
	if (e->cwd)
		p->cwd = e->cwd;
	if (e->has_ids) {
		p->user.has_ids = true;
		p->user.uid = e->uid;
		p->user.gid = e->gid;
	}
	if (e->n_gids) {
		p->user.gids = e->gids;
		p->user.n_gids = e->n_gids;
	}
	if (e->caps)
		add_caps(&s->security.caps, e->caps);
	if (e->want_no_new_privs)
		s->security.has_new_privs = false;
}

static int read_process(struct entry *t, struct err *err)
{
	const struct enter *e = t->e;
	struct spec *s = &t->spec;
	char *text;
	size_t len;
	int r = state_read_config(t->folder, e->id, t->arena, &text, &len, err);

	spec_init(s, t->arena);
	if (r == 0)
		r = spec_from_oci(s, text, len, t->state.bundle, err);
	if (r < 0)
		return r;
	s->bundle = t->state.bundle;
	s->id = e->id;
	if (!e->process_json)
		change(s, e);
	else
		r = spec_read_process(s, e->process_json, e->process_len, err);
	if (r < 0)
		err_prefix(err, "--process");
	s->process.user.keep_groups |= spec_wants_kept_groups(s);
	/* A terminal asked for by an option is meant as well. */
	s->process.want_terminal |= e->want_terminal;
	/* A word for no profile, as in a document. */
	if (e->apparmor)
		s->security.apparmor_profile =
			strcmp(e->apparmor, "unconfined") == 0 ? NULL : e->apparmor;
	if (e->selinux)
		s->security.selinux_label = e->selinux;
	return r;
}

static int plan(struct entry *t, struct err *err)
{
	const struct enter *e = t->e;
	struct spec *s = &t->spec;
	int r;

	s->pidfile = e->pid_file;
	s->is_exec = true;
	s->is_announced = e->sockets.pidfd != NULL;
	s->is_detached = e->is_detached;
	s->process.preserve_fds = e->preserve_fds;
	/* They are there, and were made by who made the container. */
	s->resources = (struct spec_resources){0};
	s->cgroup = (struct spec_cgroup){.mode = CGROUPS_DISABLED};
	r = sockets_check(&e->sockets, s, err);
	if (r == 0)
		r = spec_validate(s, err);
	return r < 0 ? r : plan_build(&t->plan, s, &t->host, t->arena, err);
}

/* --- doing it --- */

static int on_console(void *data, int master, struct err *err)
{
	return sockets_give_console(&((const struct entry *)data)->e->sockets, master,
				    err);
}

static int on_ready(void *data, const struct run *run, struct err *err)
{
	return sockets_give_pidfd(&((const struct entry *)data)->e->sockets, run, err);
}

static const struct engine_events events = {.on_ready = on_ready},
				  console_events = {.on_console = on_console,
						    .on_ready = on_ready};

int enter_run(const struct enter *e, struct arena *a, int *ret_code, struct err *err)
{
	_cleanup_(entry_close) struct entry t = {
		.e = e, .arena = a, .folder = -EBADF, .pidfd = -EBADF, .cgroup = -EBADF};
	struct engine_job job;
	int r;

	for (int i = 0; i < NS_COUNT; i++)
		t.joins[i] = -EBADF;
	r = find(&t, err);
	if (r == 0)
		r = open_namespaces(&t, err);
	if (r == 0)
		r = host_read(&t.host, a, false, err);
	if (r == 0)
		r = open_cgroup(&t, err);
	if (r == 0)
		r = read_process(&t, err);
	if (r == 0 && idmap_wants_subids(&t.spec))
		r = host_read(&t.host, a, true, err);
	if (r == 0)
		r = plan(&t, err);
	if (r < 0)
		return r;
	job = ENGINE_JOB(&t.plan, a, e->note);
	job.joins = t.joins;
	job.cgroup = t.cgroup;
	job.first_pid = t.pid;
	job.events = e->sockets.console ? &console_events : &events;
	job.data = &t;
	*ret_code = 0;
	return engine_run(&job, ret_code, err);
}
