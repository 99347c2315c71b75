// SPDX-License-Identifier: Apache-2.0
/*
 * cgroup.c - the container's cgroup, with its limits, before anybody is in it
 *
 * The builder is born there, clone3(2). Last of its phase: what fails before it leaves none.
 */
#include <string.h>
#include <unistd.h>

#include "plan/cgroup.h"
#include "stage/stage.h"
#include "sys/dir.h"
#include "sys/helper.h"
#include "sys/process.h"

#define MAX_SAID     (64u * 1024)
#define IS_DELEGATED 3 /* urun-scope's exit code */

#define SUPERVISOR   "supervisor" /* where the launcher stands in its scope */
#define CONTAINER    "container"
#define PREFIX	     "urun-"

static bool wanted(const struct plan *plan)
{
	return plan->cgroup.place != CGROUP_PLACE_NONE;
}

static const char *shown(const char *path)
{
	return path[0] ? path : "/";
}

/* A folder below, made when missing. */
static int open_below(int parent, const char *name, int *ret)
{
	_cleanup_fd_ int made = dir_make(parent, name, 0755);
	int fd = made < 0 ? made
			  : fd_open(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);

	if (fd < 0)
		return fd;
	*ret = fd;
	return 0;
}

/* Controllers can be given on only by a folder that has no processes itself. */
static int make_room(int base, const char *path, struct err *err)
{
	_cleanup_fd_ int leaf = -EBADF;
	int r = open_below(base, CGROUP_CALLER, &leaf);

	if (r < 0)
		return err_set(err, r, "make cgroup '%s/%s'", path, CGROUP_CALLER);
	r = cgroup_move_all(base, leaf);
	if (r == 0)
		return 0;
	err_set(err, r, "move the processes of cgroup '%s' to '%s/%s'", shown(path), path,
		CGROUP_CALLER);
	return err_hint(err, r,
			"Start urun in a cgroup of its own: systemd-run --user --scope "
			"-p Delegate=yes urun run ...");
}

int cgroup_give(int base, const char *path, uint32_t needed, struct arena *a,
		struct err *err)
{
	uint32_t there = cgroup_controllers(base, "cgroup.controllers"), missing;
	int r = cgroup_enable(base, (needed | CGROUP_MEASURED) & there);

	missing = needed & ~cgroup_controllers(base, "cgroup.subtree_control");
	if (!missing)
		return 0;
	if (missing & ~there)
		return err_say(err, -ENOTSUP, "cgroup '%s' has no controller %s",
			       shown(path), cgroup_controller_names(missing & ~there, a));
	r = r ? r : -EBUSY;
	err_set(err, r, "give controller %s to the cgroups below '%s'",
		cgroup_controller_names(missing, a), shown(path));
	if (r == -EBUSY)
		err_hint(err, r,
			 "Processes stand in that folder: move them to one below it");
	else if (r == -EINVAL)
		err_hint(err, r,
			 "A realtime process is below it, which cpu does not allow");
	return r;
}

static int say_setting(const struct cgroup_setting *s, int r, struct err *err)
{
	err_set(err, r, "limit %s=%s", s->file, s->value);
	if (r == -ENOENT)
		return err_hint(err, r,
				"This kernel has no such file in its cgroups: it may be "
				"built, or booted, without");
	if (r == -ENODEV)
		return err_hint(
			err, r,
			"There is no such disk: partitions have the limits of theirs");
	if (r == -EINVAL || r == -ERANGE)
		return err_hint(err, r, "The kernel refuses the value: cgroup-v2.rst");
	return r;
}

int cgroup_set(int cgroup, const struct cgroup_setting *s, struct err *err)
{
	int r = cgroup_write(cgroup, s->file, s->value);

	if (r == -ENOENT && s->alt_file)
		r = cgroup_write(cgroup, s->alt_file, s->alt_value);
	if (r == -ENOENT && s->is_optional)
		r = 0;
	return r < 0 ? say_setting(s, r, err) : 0;
}

/* @base is handed over. */
static int make(struct run *run, int base, const char *path, const char *name,
		struct err *err)
{
	int r;

	run->cgroup_parent = base;
	r = cgroup_give(base, path, run->plan->cgroup.needed, run->arena, err);
	if (r < 0)
		return r;
	r = cgroup_make(base, name, &run->cgroup);
	/* An engine may have made what it names, and whoever was killed may have left it. */
	if (r == -EEXIST)
		r = cgroup_take_empty(base, name, &run->cgroup);
	if (r == -EBUSY)
		return err_say(err, -EEXIST, "cgroup '%s/%s': processes are in it", path,
			       name);
	if (r < 0)
		return err_set(err, r, "make cgroup '%s/%s'", path, name);
	run->cgroup_name = name;
	run->cgroup_path = arena_printf(run->arena, "%s/%s", path, name);
	for (size_t i = 0; r == 0 && i < run->plan->cgroup.n_settings; i++)
		r = cgroup_set(run->cgroup, &run->plan->cgroup.settings[i], err);
	if (r == 0 && run->plan->n_devices) {
		r = device_filter_attach(run->cgroup, run->plan->devices,
					 run->plan->n_devices);
		if (r < 0)
			err_set(err, r, "filter the devices of cgroup '%s'",
				run->cgroup_path);
	}
	return r;
}

/* Each folder of a path, made when missing; all give on what the last one is to have. */
static int open_parents(const struct run *run, const char *path, int *ret,
			struct err *err)
{
	char *rest = arena_strdup(run->arena, path), *part;
	const char *done = "";
	_cleanup_fd_ int at = cgroup_open("");
	int r = MIN(at, 0);

	while (r == 0 && (part = strsep(&rest, "/"))) {
		int next = -EBADF;

		if (!part[0])
			continue;
		r = cgroup_give(at, done, run->plan->cgroup.needed, run->arena, err);
		if (r < 0)
			return r;
		r = open_below(at, part, &next);
		fd_close(&at);
		at = next;
		done = arena_printf(run->arena, "%s/%s", done, part);
	}
	if (r < 0)
		return err_set(err, r, "make cgroup '%s'", shown(done));
	*ret = fd_take(&at);
	return 0;
}

static int open_base(const struct run *run, int *ret, struct err *err)
{
	const struct plan_cgroup *c = &run->plan->cgroup;
	int fd;

	if (c->want_parents)
		return open_parents(run, c->base, ret, err);
	fd = cgroup_open(c->base);
	if (fd < 0)
		return err_set(err, fd, "cgroup '%s'", shown(c->base));
	*ret = fd;
	return 0;
}

static int make_own(struct run *run, struct err *err)
{
	const struct plan_cgroup *c = &run->plan->cgroup;
	_cleanup_fd_ int base = -EBADF;
	int r = open_base(run, &base, err);

	if (r < 0)
		return r;
	if (!c->want_parents)
		cgroup_sweep(base, PREFIX, run->arena);
	if (c->is_base_own)
		r = make_room(base, c->base, err);
	return r < 0 ? r
		     : make(run, fd_take(&base), c->base,
			    c->name ? c->name
				    : arena_printf(run->arena, PREFIX "%.*s",
						   CGROUP_ID_LEN, run->plan->spec->id),
			    err);
}

/* @argv: begun by begin_asking(). Return: the exit code of urun-scope, 0 or IS_DELEGATED. */
static int ask_systemd(struct strv *argv, struct arena *a, struct err *err)
{
	_cleanup_fd_ int said = -EBADF, theirs = -EBADF, pidfd = -EBADF;
	struct spawn spawn = {.path = helper_path("urun-scope", a),
			      .argv = argv->v,
			      .stdio = {-1, -1, -1},
			      .userns = -1,
			      .mntns = -1};
	char *text = NULL;
	int ends[2], code, r = fd_pipe(ends);

	if (r < 0)
		return err_set(err, r, "a pipe for urun-scope");
	said = ends[0];
	theirs = ends[1];
	spawn.stdio[2] = theirs;
	r = process_spawn(&spawn, &pidfd);
	fd_close(&theirs);
	if (r < 0) {
		err_set(err, r, "start '%s' for limits", spawn.path);
		return r == -ENOENT ? err_hint(err, r,
					       "It is built where libsystemd is: "
					       "'./autogen.sh "
					       "--packages' installs that")
				    : r;
	}
	r = fd_read_all(said, a, MAX_SAID, &text, NULL);
	fd_close(&said);
	process_wait(pidfd, &code);
	if (r == 0 && (code == 0 || code == IS_DELEGATED))
		return code;
	if (text)
		text[strcspn(text, "\n")] = '\0';
	err_say(err, -EIO, "ask systemd for limits: %s",
		text && text[0] ? text : "it did not answer");
	return err_hint(err, -EIO,
			"systemctl --user status shows whether it is well; --limits "
			"best-effort goes on without");
}

/* Who is root of a user namespace alone has a systemd of his own. */
static bool is_system(const struct host *h)
{
	return h->is_root && h->is_identity_userns;
}

static void begin_asking(struct strv *argv, const struct host *h, const char *unit,
			 struct arena *a)
{
	strv_push(a, argv, "urun-scope");
	strv_push(a, argv, is_system(h) ? "system" : "user");
	strv_push(a, argv,
		  h->runtime_dir ? h->runtime_dir
				 : arena_printf(a, "/run/user/%u", h->uid));
	strv_push(a, argv, unit);
}

/* Return: were there any? */
static bool push_properties(struct strv *argv, const struct plan_cgroup *c,
			    struct arena *a)
{
	bool has_any = false;

	for (size_t i = 0; i < c->n_settings; i++) {
		if (!c->settings[i].property)
			continue;
		strv_push(a, argv, c->settings[i].property);
		has_any = true;
	}
	return has_any;
}

int cgroup_set_scope(const char *path, const struct plan_cgroup *c, const struct host *h,
		     struct arena *a, struct err *err)
{
	static const char end[] = ".scope/" CONTAINER;
	size_t len = strlen(path);
	char *copy = arena_strdup(a, path);
	struct strv argv = {0};

	if (len < sizeof(end) || strcmp(path + len - strlen(end), end) != 0)
		return 0;
	*strrchr(copy, '/') = '\0';
	begin_asking(&argv, h, strrchr(copy, '/') + 1, a);
	strv_push(a, &argv, "set");
	return push_properties(&argv, c, a) ? ask_systemd(&argv, a, err) : 0;
}

int cgroup_enter_scope(const char *scope, const struct host *h, struct arena *a,
		       struct err *err)
{
	struct strv argv = {0};

	begin_asking(&argv, h, scope, a);
	strv_push(a, &argv, "attach");
	strv_push(a, &argv, "/" SUPERVISOR);
	strv_pushf(a, &argv, "%d", (int)getpid());
	return ask_systemd(&argv, a, err);
}

/* Return: 0 when the launcher is in the new scope; IS_DELEGATED when its own cgroup is one that it may
 * use. */
static int ask_for_scope(const struct run *run, const char *unit, struct err *err)
{
	const struct plan_cgroup *c = &run->plan->cgroup;
	const struct host *h = run->plan->host;
	struct strv argv = {0};

	begin_asking(&argv, h, unit, run->arena);
	strv_push(run->arena, &argv, "start");
	strv_push(run->arena, &argv,
		  c->slice	 ? c->slice
		  : is_system(h) ? ""
				 : "user.slice");
	strv_pushf(run->arena, &argv, "%d", (int)getpid());
	if (c->base)
		strv_push(run->arena, &argv, "unless-delegated");
	push_properties(&argv, c, run->arena);
	return ask_systemd(&argv, run->arena, err);
}

/* The launcher is in the scope now, and leaves its folder for one below. Its name is this run's: systemd
 * may not yet have noticed that the last run's is empty. */
static int make_scope(struct run *run, struct err *err)
{
	const struct plan *plan = run->plan;
	const char *unit = plan->cgroup.name
				   ? plan->cgroup.name
				   : arena_printf(run->arena, PREFIX "%.*s-%d.scope",
						  CGROUP_ID_LEN, plan->spec->id,
						  (int)getpid()),
		   *path = NULL, *last;
	_cleanup_fd_ int base = -EBADF, ours = -EBADF;
	int r = ask_for_scope(run, unit, err);

	if (r != 0)
		return r < 0 ? r : make_own(run, err);
	cgroup_path_of(0, run->arena, &path);
	last = path ? strrchr(path, '/') : NULL;
	if (!last || strcmp(last + 1, unit) != 0)
		return err_say(err, -EIO,
			       "systemd has made scope '%s', and this process is in '%s'",
			       unit, path ? path : "none");
	base = cgroup_open(path);
	r = base < 0 ? base : open_below(base, SUPERVISOR, &ours);
	if (r == 0)
		r = cgroup_move_all(base, ours);
	if (r < 0)
		return err_set(err, r, "move urun to '%s' in scope '%s'", SUPERVISOR,
			       path);
	return make(run, fd_take(&base), path, CONTAINER, err);
}

/* What was made of it goes, and the container goes on without: stage/limits.c does what rlimits can. */
static int go_without(struct run *run, const struct err *why)
{
	const struct spec_resources *r = &run->plan->spec->resources;

	if (run->cgroup >= 0)
		cgroup_remove(run->cgroup_parent, run->cgroup_name);
	fd_close(&run->cgroup);
	fd_close(&run->cgroup_parent);
	run->cgroup_note = arena_printf(
		run->arena,
		"there is no cgroup for limits (--limits best-effort): %s%s%s",
		why->message,
		r->memory > 0 ? "; memory is limited for each process alone" : "",
		r->pids > 0 ? "; processes are counted for each user alone" : "");
	return 0;
}

static int make_folder(struct run *run, struct err *err)
{
	if (!process_can_be_born_in_cgroup()) {
		err_say(err, -ENOSYS,
			"a process cannot be made in a cgroup: a seccomp filter refuses "
			"clone3(2)");
		return err_hint(
			err, -ENOSYS,
			"Start the container around urun with --security-opt "
			"seccomp=unconfined; --limits best-effort goes on without");
	}
	return run->plan->cgroup.place == CGROUP_PLACE_SCOPE ? make_scope(run, err)
							     : make_own(run, err);
}

static int apply(struct run *run, struct err *err)
{
	const struct plan *plan = run->plan;
	struct err why = {0};
	int r = make_folder(run, &why);

	/* Somebody else's is nothing to do without. */
	if (r < 0 && r != -EEXIST && plan->cgroup.is_optional) {
		go_without(run, &why);
		run->cgroup_note = NULL;
		return 0;
	}
	/* A value that the kernel does not take is a mistake on any host. */
	if (r < 0 && r != -EINVAL && r != -ERANGE && plan->spec->cgroup.is_best_effort)
		return go_without(run, &why);
	if (r < 0)
		*err = why;
	return r;
}

const struct stage stage_cgroup = {"cgroup", PHASE_HOST, wanted, apply};
