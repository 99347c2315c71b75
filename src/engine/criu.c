// SPDX-License-Identifier: Apache-2.0
/*
 * criu.c - see criu.h
 */
#include "engine/criu.h"

#include <poll.h>
#include <string.h>

#include "base/json.h"
#include "base/parse.h"
#include "engine/cgroup.h"
#include "engine/state.h"
#include "spec/oci.h"
#include "sys/cgroup.h"
#include "sys/dir.h"
#include "sys/helper.h"
#include "sys/mnt.h"
#include "sys/path.h"
#include "sys/process.h"
#include "sys/signals.h"

#define END_MS	       10000 /* for processes that criu has killed to be gone */
#define MAX_PROC_BYTES (4 << 20)
/* What 0, 1 and 2 were: the name is runc's, and engines take the file along. */
#define STREAMS "descriptors.json"

/* One call of urun-criu. */
struct call {
	const struct criu_asked *asked;
	struct arena *arena;
	const struct plan *plan;
	int images;	  /* owned */
	const char *path; /* of it, absolute */
	struct strv words;
	int keep[5]; /* descriptors for it, ended by -1 */
	size_t n_keep;
	int joined[2]; /* owned: namespaces among them */
};

static void call_close(struct call *c)
{
	fd_close(&c->images);
	for (size_t i = 0; i < ARRAY_SIZE(c->joined); i++)
		fd_close(&c->joined[i]);
}
#define _cleanup_call_ _cleanup_(call_close)

static struct call call_of(const struct criu_asked *asked, const struct plan *plan,
			   struct arena *a)
{
	return (struct call){.asked = asked,
			     .arena = a,
			     .plan = plan,
			     .images = -EBADF,
			     .joined = {-EBADF, -EBADF}};
}

static void keep(struct call *c, int fd)
{
	c->keep[c->n_keep++] = fd;
	c->keep[c->n_keep] = -1;
}

/* criu's folders are there, and that of the images is open. */
static int open_folders(struct call *c, bool want_make, struct err *err)
{
	const struct criu_asked *asked = c->asked;
	int r = want_make ? dir_make_all_host(asked->images, 0700) : 0;

	if (r == 0) {
		c->images = fd_open(AT_FDCWD, asked->images, O_RDONLY | O_DIRECTORY);
		r = MIN(c->images, 0);
	}
	if (r == 0)
		r = dir_read_link(AT_FDCWD, fd_path(c->images).path, c->arena, &c->path);
	if (r < 0)
		return err_set(err, r, "folder '%s' of --image-path", asked->images);
	r = asked->work ? dir_make_all_host(asked->work, 0700) : 0;
	return r < 0 ? err_set(err, r, "folder '%s' of --work-path", asked->work) : 0;
}

static int check_root(const struct host *h, const char *what, struct err *err)
{
	if (h->is_root && h->is_identity_userns)
		return 0;
	err_say(err, -EPERM, "cannot %s: criu needs the host's root", what);
	return err_hint(err, -EPERM,
			"Containers of ordinary users can be stopped and started anew");
}

/* --- what is outside of the container --- */

/* The path of a mount as the kernel has it, without links. */
static const char *resolved(int root, const char *path, struct arena *a)
{
	_cleanup_fd_ int fd = path_open_in(root, path, O_PATH);
	const char *target = path;

	if (fd >= 0)
		dir_read_link(AT_FDCWD, fd_path(fd).path, a, &target);
	return target;
}

/* A mount that criu is not to look into: @source is what will be there again. @root: of the container
 * that is written; -1: it is restored. Mounts are known by the paths that config.json has. */
static void add_outside(struct call *c, int root, const char *dest, const char *source)
{
	if (root >= 0)
		strv_pushf(c->arena, &c->words, "external=mnt[%s]:%s",
			   resolved(root, dest, c->arena), dest);
	else
		strv_pushf(c->arena, &c->words, "external=mnt[%s]:%s", dest, source);
}

/* What hides a folder is an empty one, which urun-criu makes in the place of its files, and is known by the
 * '/' behind its name. */
static void add_mask(struct call *c, int root, const char *dest)
{
	_cleanup_fd_ int fd = root < 0 ? -EBADF : path_open_in(root, dest, O_PATH);
	const char *as_folder = arena_printf(c->arena, "%s/", dest);

	if (root < 0 || (fd >= 0 && !fd_is_folder(fd)))
		add_outside(c, root, dest, "/dev/null");
	if (root < 0 || (fd >= 0 && fd_is_folder(fd)))
		add_outside(c, root, as_folder, c->path);
}

static void add_mounts(struct call *c, int root)
{
	for (size_t i = 0; i < c->plan->n_ops; i++) {
		const struct fsop *op = &c->plan->ops[i];

		if (op->kind == FSOP_BIND || op->kind == FSOP_DEVICE)
			add_outside(c, root, op->dest, op->source);
		else if (op->kind == FSOP_MASK)
			add_mask(c, root, op->dest);
		for (size_t n = 0; op->kind == FSOP_DEVTREE && devtree_node(n); n++)
			add_outside(c, root,
				    arena_printf(c->arena, "%s/%s", op->dest,
						 devtree_node(n)),
				    arena_printf(c->arena, "/dev/%s", devtree_node(n)));
	}
}

static const struct {
	enum spec_ns ns;
	const char *name;
} outside_ns[] = {{NS_NET, "extRootNetNS"}, {NS_PID, "extRootPidNS"}};

/* Namespaces that others made, of a container that is written. */
static int name_namespaces(struct call *c, pid_t pid, struct err *err)
{
	for (size_t i = 0; i < ARRAY_SIZE(outside_ns); i++) {
		const char *name = spec_ns_name(outside_ns[i].ns);
		uint64_t number;
		int r;

		if (c->plan->spec->ns[outside_ns[i].ns].mode != NS_MODE_PATH)
			continue;
		r = process_ns_number(pid, name, &number);
		if (r < 0)
			return err_set(err, r, "look at the %s namespace", name);
		strv_pushf(c->arena, &c->words, "external=%s[%llu]:%s", name,
			   (unsigned long long)number, outside_ns[i].name);
	}
	return 0;
}

/* The same, of one that is restored. */
static int open_namespaces(struct call *c, struct err *err)
{
	for (size_t i = 0; i < ARRAY_SIZE(outside_ns); i++) {
		const struct spec_namespace *ns = &c->plan->spec->ns[outside_ns[i].ns];

		if (ns->mode != NS_MODE_PATH)
			continue;
		c->joined[i] = fd_open(AT_FDCWD, ns->path, O_RDONLY);
		if (c->joined[i] < 0)
			return err_set(err, c->joined[i], "namespace '%s'", ns->path);
		strv_pushf(c->arena, &c->words, "inherit=%d:%s", c->joined[i],
			   outside_ns[i].name);
		keep(c, c->joined[i]);
	}
	return 0;
}

/* criu makes all namespaces but those two anew. */
static int check_namespaces(const struct spec *s, struct err *err)
{
	for (int i = 0; i < NS_COUNT; i++)
		if (s->ns[i].mode == NS_MODE_PATH && i != NS_NET && i != NS_PID)
			return err_say(err, -ENOTSUP,
				       "linux.namespaces: criu cannot bring a container "
				       "back into a %s namespace that others have",
				       spec_ns_name((enum spec_ns)i));
	return 0;
}

/* --- the standard streams --- */

/* Is it one of the container's mounts? mountinfo begins each line with the number. */
static bool has_mount(const struct call *c, pid_t pid, const char *number)
{
	char *text, *line, *rest;
	size_t len = strlen(number);

	if (fd_read_file(arena_printf(c->arena, "/proc/%d/mountinfo", (int)pid), c->arena,
			 MAX_PROC_BYTES, &text, NULL) < 0)
		return false;
	for (line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
		if (strncmp(line, number, len) == 0 && line[len] == ' ')
			return true;
	return false;
}

/* What criu calls a file on a mount that the container does not have; NULL: it has, or it is no file. */
static const char *outside_file(const struct call *c, pid_t pid, int stream)
{
	static const char key[] = "mnt_id:";
	const char *path = arena_printf(c->arena, "/proc/%d/fd/%d", (int)pid, stream);
	_cleanup_fd_ int fd = fd_open(AT_FDCWD, path, O_PATH);
	const char *target = "";
	char *text, *number;
	uint32_t mount;
	struct stat st;

	/* "pipe:[...]", "socket:[...]" */
	if (fd < 0 || fd_stat(fd, &st) < 0 ||
	    dir_read_link(AT_FDCWD, path, c->arena, &target) < 0 || target[0] != '/' ||
	    fd_read_file(arena_printf(c->arena, "/proc/%d/fdinfo/%d", (int)pid, stream),
			 c->arena, MAX_PROC_BYTES, &text, NULL) < 0)
		return NULL;
	number = strstr(text, key);
	if (!number)
		return NULL;
	number += strlen(key);
	number += strspn(number, " \t");
	number[strcspn(number, "\n")] = '\0';
	if (parse_u32(number, &mount) < 0 || has_mount(c, pid, number))
		return NULL;
	return arena_printf(c->arena, "file[%x:%llx]", mount,
			    (unsigned long long)st.st_ino);
}

/* Whoever restores the container has others in their places. */
static int write_streams(struct call *c, pid_t pid, struct err *err)
{
	_cleanup_json_ struct json *doc = json_new_array();
	char *text;
	int r;

	for (int i = 0; i < 3; i++) {
		const char *file = outside_file(c, pid, i), *target = file ? file : "";

		if (file)
			strv_pushf(c->arena, &c->words, "external=%s", file);
		else
			dir_read_link(AT_FDCWD,
				      arena_printf(c->arena, "/proc/%d/fd/%d", (int)pid,
						   i),
				      c->arena, &target);
		json_add_str(doc, target);
	}
	text = json_text(doc, false);
	r = text ? dir_replace_file(c->images, STREAMS, text, 0600) : -ENOMEM;
	free(text);
	return r < 0 ? err_set(err, r, "write '%s/%s'", c->asked->images, STREAMS) : 0;
}

/* Those of this process are in their places. */
static int read_streams(struct call *c, struct err *err)
{
	_cleanup_fd_ int file = fd_open(c->images, STREAMS, O_RDONLY | O_NONBLOCK);
	_cleanup_json_ struct json *doc = NULL;
	struct strv was = {0};
	struct json_at at;
	size_t len;
	char *text;
	int r = file == -ENOENT ? 0
		: file < 0	? file
			   : fd_read_all(file, c->arena, JSON_MAX_BYTES, &text, &len);

	if (r < 0)
		return err_set(err, r, "read '%s/%s'", c->asked->images, STREAMS);
	if (file < 0)
		return 0;
	r = json_parse(text, len, &doc, err);
	if (r == 0) {
		at = json_root(doc);
		r = json_read_strv(&at, c->arena, &was, err);
	}
	if (r < 0)
		err_prefix(err, "%s/%s", c->asked->images, STREAMS);
	for (size_t i = 0; r == 0 && i < MIN(was.n, (size_t)3); i++)
		if (strncmp(was.v[i], "pipe:", 5) == 0 ||
		    strncmp(was.v[i], "file[", 5) == 0)
			strv_pushf(c->arena, &c->words, "inherit=%zu:%s", i, was.v[i]);
	return r;
}

/* --- talking to urun-criu --- */

static int spawn(struct call *c, const char *verb, struct channel *ret, int *ret_pidfd,
		 struct err *err)
{
	struct channel theirs = {-EBADF};
	struct strv argv = {0};
	struct spawn s = {.path = helper_path("urun-criu", c->arena),
			  .stdio = {0, 1, 2},
			  .keep = c->keep,
			  .userns = -1,
			  .mntns = -1};
	int r = channel_pair(ret, &theirs);

	if (r < 0)
		return err_set(err, r, "a channel for urun-criu");
	keep(c, theirs.fd);
	strv_push(c->arena, &argv, "urun-criu");
	strv_push(c->arena, &argv, verb);
	strv_pushf(c->arena, &argv, "%d", theirs.fd);
	strv_push(c->arena, &argv, c->path);
	strv_push(c->arena, &argv, c->asked->work ? c->asked->work : c->path);
	for (size_t i = 0; i < c->asked->words.n; i++)
		strv_push(c->arena, &argv, c->asked->words.v[i]);
	for (size_t i = 0; i < c->words.n; i++)
		strv_push(c->arena, &argv, c->words.v[i]);
	s.argv = argv.v;
	r = process_spawn(&s, ret_pidfd);
	channel_close(&theirs);
	if (r >= 0)
		return 0;
	channel_close(ret);
	err_set(err, r, "start '%s'", s.path);
	return r == -ENOENT
		       ? err_hint(err, r,
				  "It is built where criu's library is: install criu, "
				  "and build urun again")
		       : r;
}

/* --- what criu forgets --- */

/* @path: in the container, whose root this process stands in */
static int set_attributes(const char *path, const struct mnt_attr *attr)
{
	_cleanup_fd_ int root = fd_open(AT_FDCWD, "/", O_PATH | O_DIRECTORY),
			 fd = root < 0 ? root : path_open_in(root, path, O_PATH);
	int r = fd < 0 ? fd : mnt_change(fd, attr);

	/* It was optional, or hides nothing: all that there were are mounted. */
	return r == -ENOENT || r == -EINVAL ? 0 : r;
}

static int set_all_attributes(const struct plan *p, struct arena *a)
{
	const struct mnt_attr node = {.set = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC};
	int r = 0;

	for (size_t i = 0; r == 0 && i < p->n_ops; i++) {
		const struct fsop *op = &p->ops[i];

		if (op->kind == FSOP_BIND || op->kind == FSOP_DEVICE)
			r = set_attributes(
				op->dest, &(struct mnt_attr){
						  .set = op->attr_set,
						  .is_recursive = op->is_attr_recursive});
		else if (op->kind == FSOP_MASK)
			r = set_attributes(op->dest, &node);
		for (size_t n = 0; op->kind == FSOP_DEVTREE && devtree_node(n); n++)
			r = r < 0 ? r
				  : set_attributes(arena_printf(a, "%s/%s", op->dest,
								devtree_node(n)),
						   &node);
	}
	return r;
}

/* criu takes two mounts from outside that have one source for copies of each other, and one of them is
 * left without its attributes, read-only for one. Nothing in the container runs yet. */
static int restore_attributes(const struct engine_job *job, pid_t pid, struct err *err)
{
	_cleanup_fd_ int mntns =
		fd_open(AT_FDCWD, arena_printf(job->arena, "/proc/%d/ns/mnt", (int)pid),
			O_RDONLY);
	_cleanup_fd_ int child = -EBADF;
	int code = 1, r = mntns < 0 ? mntns : process_clone(0, -1, &child);

	if (r == 0 && mntns >= 0) {
		r = process_enter_hidden(-1, mntns);
		_exit(r < 0 || set_all_attributes(job->plan, job->arena) < 0);
	}
	if (r > 0)
		r = process_wait(child, &code);
	if (r == 0 && code != 0)
		r = -EIO;
	return r < 0 ? err_set(err, r, "set the attributes of the container's mounts")
		     : 0;
}

struct talk {
	const struct engine_job *job; /* NULL: nothing is restored */
	struct run *run;
	bool is_done;
};

static int on_hooks(struct talk *t, const struct channel *c, pid_t pid, struct err *err)
{
	t->run->pid = pid;
	if (t->job->events->on_hooks) {
		int r = t->job->events->on_hooks(t->job->data, t->run, err);

		if (r < 0)
			return r;
	}
	return channel_send(c, MSG_GO);
}

static int on_ready(struct talk *t, const struct channel *c, pid_t pid, struct err *err)
{
	const char *path = t->job->plan->spec->pidfile;
	int r;

	t->run->pid = pid;
	t->run->pidfd = process_open(pid);
	if (t->run->pidfd < 0)
		return err_set(err, t->run->pidfd, "hold the first process");
	r = restore_attributes(t->job, pid, err);
	if (r == 0)
		r = t->job->events->on_ready(t->job->data, t->run, err);
	if (r == 0 && path) {
		r = dir_replace_file_host(
			path, arena_printf(t->job->arena, "%d", (int)pid), 0644);
		if (r < 0)
			err_set(err, r, "pid file '%s'", path);
	}
	return r < 0 ? r : channel_send(c, MSG_GO);
}

static int on_console(const struct talk *t, struct frame *f, struct err *err)
{
	if (f->n_fds != 1 || !t->job->events->on_console)
		return err_say(err, -EBADMSG, "criu has a terminal that nobody wants");
	f->n_fds = 0;
	return t->job->events->on_console(t->job->data, f->fds[0], err);
}

static int hear_one(struct talk *t, const struct channel *c, struct frame *f,
		    struct err *err)
{
	bool is_restored = t->job != NULL && f->value > 0 && f->value <= INT32_MAX;

	if (f->msg == MSG_ERROR) {
		*err = f->err;
		return err->code ? err->code : -EIO;
	}
	if (f->msg == MSG_EXEC) {
		t->is_done = true;
		return 0;
	}
	if (f->msg == MSG_HOOKS && is_restored)
		return on_hooks(t, c, (pid_t)f->value, err);
	if (f->msg == MSG_READY && is_restored && t->run->pidfd < 0)
		return on_ready(t, c, (pid_t)f->value, err);
	if (f->msg == MSG_CONSOLE && t->job)
		return on_console(t, f, err);
	return err_say(err, -EBADMSG, "urun-criu said %s", msg_name(f->msg));
}

/* Until it ends. */
static int hear(struct talk *t, const struct channel *c, struct err *err)
{
	for (;;) {
		struct frame f = {0};
		int r = channel_recv(c, &f);

		if (r == -EPIPE && t->is_done)
			return 0;
		if (r == -EPIPE)
			return err_say(err, r, "urun-criu was killed, or cannot be run");
		if (r < 0)
			return err_set(err, r, "listen to urun-criu");
		r = hear_one(t, c, &f, err);
		while (f.n_fds > 0)
			fd_close(&f.fds[--f.n_fds]);
		if (r < 0)
			return r;
	}
}

static int talk(struct call *c, const char *verb, struct talk *t, struct err *err)
{
	struct channel channel = {-EBADF};
	_cleanup_fd_ int pidfd = -EBADF;
	int code, r = spawn(c, verb, &channel, &pidfd, err);

	if (r < 0)
		return r;
	r = hear(t, &channel, err);
	/* Without an answer it gives up, and undoes what it has begun. */
	channel_close(&channel);
	process_wait(pidfd, &code);
	return r;
}

/* --- checkpoint --- */

struct written {
	struct host host;
	struct spec spec;
	struct plan plan;
	struct state state;
	int folder, pidfd; /* owned */
	pid_t pid;
};

static void written_close(struct written *w)
{
	fd_close(&w->folder);
	fd_close(&w->pidfd);
}
#define _cleanup_written_ _cleanup_(written_close)

static int find(const struct lifecycle *l, struct written *w, struct err *err)
{
	enum state_status status;
	int r = state_hold(l->root, l->id, &w->folder, err);

	if (r == 0)
		r = state_read(w->folder, l->id, l->arena, &w->state, err);
	if (r < 0)
		return r;
	status = state_status(w->folder, &w->state, &w->pidfd, &w->pid);
	if (status == STATE_RUNNING || status == STATE_PAUSED)
		return 0;
	return err_say(err, -EINVAL,
		       "cannot checkpoint container '%s' in the %s state: container not "
		       "running",
		       l->id, state_status_name(status));
}

static int read_plan(const struct lifecycle *l, struct written *w, struct err *err)
{
	size_t len;
	char *text;
	int r = state_read_config(w->folder, l->id, l->arena, &text, &len, err);

	spec_init(&w->spec, l->arena);
	if (r == 0)
		r = spec_from_oci(&w->spec, text, len, w->state.bundle, err);
	if (r == 0) {
		w->spec.id = l->id;
		w->spec.is_detached = true;
		/* Its cgroup is known already. */
		w->spec.cgroup = (struct spec_cgroup){.mode = CGROUPS_DISABLED};
		w->spec.resources = (struct spec_resources){0};
		r = plan_build(&w->plan, &w->spec, &w->host, l->arena, err);
	}
	return r;
}

static int dump(const struct lifecycle *l, struct written *w,
		const struct criu_asked *asked, struct err *err)
{
	_cleanup_call_ struct call c = call_of(asked, &w->plan, l->arena);
	_cleanup_fd_ int root = fd_open(
		AT_FDCWD, arena_printf(l->arena, "/proc/%d/root", (int)w->pid), O_PATH);
	struct talk t = {0};
	int r = root < 0 ? err_set(err, root, "the root of container '%s'", l->id)
			 : open_folders(&c, true, err);

	if (r == 0)
		r = name_namespaces(&c, w->pid, err);
	if (r == 0 && !asked->is_pre_dump)
		r = write_streams(&c, w->pid, err);
	if (r < 0)
		return r;
	add_mounts(&c, root);
	strv_pushf(l->arena, &c.words, "pid=%d", (int)w->pid);
	strv_pushf(l->arena, &c.words, "root=%s", w->state.rootfs);
	if (w->state.cgroup)
		strv_pushf(l->arena, &c.words, "freeze-cgroup=%s%s", CGROUP_ROOT,
			   w->state.cgroup);
	if (process_await(w->pidfd, 0) == 1)
		return err_say(err, -ESRCH, "container '%s' has ended", l->id);
	return talk(&c, asked->is_pre_dump ? "pre-dump" : "dump", &t, err);
}

int criu_checkpoint(const struct lifecycle *l, const struct criu_asked *asked,
		    struct err *err)
{
	_cleanup_written_ struct written w = {.folder = -EBADF, .pidfd = -EBADF};
	int r = host_read(&w.host, l->arena, false, err);

	if (r == 0)
		r = check_root(&w.host, "checkpoint a container", err);
	if (r == 0)
		r = find(l, &w, err);
	if (r == 0)
		r = read_plan(l, &w, err);
	if (r == 0)
		r = check_namespaces(&w.spec, err);
	if (r == 0)
		r = dump(l, &w, asked, err);
	if (r < 0)
		return r;
	if (!asked->goes_on && process_await(w.pidfd, END_MS) != 1)
		return err_say(err, -ETIMEDOUT,
			       "container '%s' is written, and does not end", l->id);
	return 0;
}

/* --- restore --- */

static bool is_mount(const struct fsop *op)
{
	return op->kind == FSOP_BIND || op->kind == FSOP_FS || op->kind == FSOP_TMPFS ||
	       op->kind == FSOP_DEVTREE || op->kind == FSOP_DEVICE;
}

static bool is_below(const char *path, const char *folder)
{
	size_t len = strlen(folder);

	return strncmp(path, folder, len) == 0 && path[len] == '/';
}

/* What stands on another mount comes back with that. */
static bool is_on_rootfs(const struct plan *p, const struct fsop *op)
{
	for (size_t i = 0; i < p->n_ops; i++)
		if (is_mount(&p->ops[i]) && is_below(op->dest, p->ops[i].dest))
			return false;
	return true;
}

/* Places for mounts: the rootfs may be a new one. */
static int make_places(const struct plan *p, struct err *err)
{
	_cleanup_fd_ int root =
		fd_open(AT_FDCWD, p->spec->root.path, O_PATH | O_DIRECTORY);

	if (root < 0)
		return err_set(err, root, "rootfs '%s'", p->spec->root.path);
	for (size_t i = 0; i < p->n_ops; i++) {
		const struct fsop *op = &p->ops[i];
		_cleanup_fd_ int source = -EBADF, at = -EBADF;

		if (!is_mount(op) || !is_on_rootfs(p, op))
			continue;
		if (op->kind == FSOP_BIND) {
			source = fd_open(AT_FDCWD, op->source, O_PATH);
			if (source < 0 && op->is_optional)
				continue;
			if (source < 0)
				return err_set(err, source, "'%s' for a mount on '%s'",
					       op->source, op->dest);
		}
		at = op->kind == FSOP_DEVICE || (source >= 0 && !fd_is_folder(source))
			     ? path_make_file_in(root, op->dest, 0644)
			     : path_make_dir_in(root, op->dest, 0755);
		if (at < 0)
			return err_set(err, at, "mount target '%s' in the rootfs",
				       op->dest);
	}
	return 0;
}

static int check_restore(const struct plan *p, struct err *err)
{
	const struct spec *s = p->spec;

	if (s->process.want_terminal && !s->is_detached)
		return err_say(err, -ENOTSUP,
			       "process.terminal: a terminal that is restored goes to "
			       "--console-socket, with --detach");
	return check_namespaces(s, err);
}

/* In the foreground: its signals are this process's. */
static int wait_for(const struct run *run, int *ret_code)
{
	struct signals_saved saved;
	struct signals_info info;
	_cleanup_fd_ int signals = -EBADF;
	int r = signals_take(&saved, &signals);

	if (r < 0)
		return r;
	while ((r = process_try_wait(run->pidfd, ret_code)) == 0) {
		struct pollfd fds[] = {{.fd = signals, .events = POLLIN},
				       {.fd = run->pidfd, .events = POLLIN}};

		poll(fds, ARRAY_SIZE(fds), -1);
		while (signals_read(signals, &info) > 0)
			if (info.signo != SIGCHLD && signals_is_meant(&info, &saved))
				process_kill(run->pidfd, info.signo);
	}
	signals_give_back(&saved);
	return MIN(r, 0);
}

static int restore(const struct engine_job *job, const struct criu_asked *asked,
		   struct run *run, struct err *err)
{
	_cleanup_call_ struct call c = call_of(asked, job->plan, job->arena);
	struct talk t = {.job = job, .run = run};
	int r = open_folders(&c, false, err);

	if (r == 0)
		r = open_namespaces(&c, err);
	if (r == 0)
		r = read_streams(&c, err);
	if (r == 0)
		r = make_places(job->plan, err);
	if (r == 0 && stage_cgroup.wanted(job->plan))
		r = stage_cgroup.apply(run, err);
	if (r == 0 && run->cgroup >= 0 && job->events->on_placed)
		r = job->events->on_placed(job->data, run, err);
	if (r < 0)
		return r;
	add_mounts(&c, -1);
	strv_pushf(job->arena, &c.words, "root=%s", job->plan->spec->root.path);
	if (job->plan->want_no_new_privs)
		strv_push(job->arena, &c.words, "no-new-privs");
	/* criu reads its files as root of the container's user namespace, too. */
	if (job->plan->map.n_gids > 0 && job->plan->map.gids[0].inside == 0)
		strv_pushf(job->arena, &c.words, "group=%u", job->plan->map.gids[0].host);
	if (run->cgroup >= 0) {
		/* criu would make the one that it remembers. */
		strv_pushf(job->arena, &c.words, "cgroup-root=%s", run->cgroup_path);
		strv_pushf(job->arena, &c.words, "cgroup=%d", run->cgroup);
		keep(&c, run->cgroup);
	}
	return talk(&c, "restore", &t, err);
}

int criu_restore(const struct engine_job *job, const struct criu_asked *asked,
		 int *ret_code, struct err *err)
{
	struct run run = {.plan = job->plan,
			  .arena = job->arena,
			  .cgroup = -EBADF,
			  .cgroup_parent = -EBADF,
			  .cgroup_entered = -EBADF,
			  .pidfd = -EBADF};
	bool is_left = false;
	int code, r = check_root(job->plan->host, "restore a container", err);

	if (r == 0)
		r = check_restore(job->plan, err);
	/* In the foreground the first process is to be this one's child when urun-criu has ended. */
	if (r == 0 && !job->plan->spec->is_detached && (r = process_adopt_orphans()) < 0)
		err_set(err, r, "become the parent of orphans");
	if (r == 0)
		r = restore(job, asked, &run, err);
	if (r == 0) {
		job->events->on_running(job->data, &run);
		is_left = job->plan->spec->is_detached;
		if (!is_left)
			r = wait_for(&run, ret_code);
	} else if (run.pidfd >= 0) {
		process_kill(run.pidfd, SIGKILL);
		process_try_wait(run.pidfd, &code);
	}
	if (!is_left)
		cgroup_end(&run, -1, job->note);
	fd_close(&run.cgroup);
	fd_close(&run.cgroup_parent);
	fd_close(&run.pidfd);
	return r;
}
