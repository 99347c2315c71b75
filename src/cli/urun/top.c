// SPDX-License-Identifier: Apache-2.0
/*
 * top.c - top: the processes of a container, seen from the host
 *
 * Nothing is executed inside: a container without ps can be looked at, and one with a ps of its own makes
 * nothing up. What its processes are called they say themselves: that is cut and escaped.
 */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/parse.h"
#include "cli/urun/cmd.h"
#include "cli/urun/format.h"
#include "cli/urun/running.h"
#include "cli/urun/verb.h"
#include "sys/fd.h"
#include "sys/proc_list.h"
#include "sys/process.h"
#include "sys/userdb.h"

#define DEFAULT_FIELDS "user,pid,ppid,pcpu,etime,tty,time,command"
#define MAX_FIELDS     63u /* columns, as format_align() has them */
#define UNKNOWN	       "?"
#define OVERFLOW_ID \
	65534 /* what the kernel says of an id without a number: user_namespaces(7) */

struct top_options {
	bool is_latest;
};

static int set_latest(void *target, const char *value, struct err *err)
{
	return options_bool(value, &((struct top_options *)target)->is_latest, err);
}

/* Names that were looked up. */
struct name {
	int root;
	uint32_t id;
	bool is_group;
	const char *text;
};

/* What is looked at. */
struct top {
	struct arena *arena;
	struct proc_map uids, gids;
	int root;      /* of the container, or -1: owned */
	int host_root; /* or -1: owned */
	struct name *names;
	size_t n_names;
};

static void close_top(struct top *t)
{
	fd_close(&t->root);
	fd_close(&t->host_root);
}

/* --- users and groups --- */

static const char *read_name(struct top *t, int root, uint32_t id, bool is_group)
{
	const char *name = NULL;

	if (root >= 0)
		name = is_group ? userdb_group_name(root, id, t->arena)
				: userdb_user_name(root, id, t->arena);
	return name ? name : arena_printf(t->arena, "%u", id);
}

static const char *name_of(struct top *t, int root, uint32_t id, bool is_group)
{
	struct name *found;

	for (size_t i = 0; i < t->n_names; i++) {
		const struct name *n = &t->names[i];

		if (n->root == root && n->id == id && n->is_group == is_group)
			return n->text;
	}
	found = ARR_PUSH(t->arena, t, names);
	*found = (struct name){root, id, is_group, read_name(t, root, id, is_group)};
	return found->text;
}

/* As a process inside would be told. */
static const char *inside_name(struct top *t, uint32_t id, bool is_group)
{
	uint32_t inside = OVERFLOW_ID;

	proc_map_inside(is_group ? &t->gids : &t->uids, id, &inside);
	return name_of(t, t->root, inside, is_group);
}

static const char *user(struct top *t, const struct proc *p)
{
	return inside_name(t, p->euid, false);
}

static const char *ruser(struct top *t, const struct proc *p)
{
	return inside_name(t, p->ruid, false);
}

static const char *group(struct top *t, const struct proc *p)
{
	return inside_name(t, p->egid, true);
}

static const char *rgroup(struct top *t, const struct proc *p)
{
	return inside_name(t, p->rgid, true);
}

static const char *huser(struct top *t, const struct proc *p)
{
	return name_of(t, t->host_root, p->euid, false);
}

static const char *hgroup(struct top *t, const struct proc *p)
{
	return name_of(t, t->host_root, p->egid, true);
}

static const char *all_groups(struct top *t, const struct proc *p, bool is_hosts)
{
	const char *text = "";

	for (size_t i = 0; i < p->n_groups; i++)
		text = arena_printf(t->arena, "%s%s%s", text, i > 0 ? "," : "",
				    is_hosts
					    ? name_of(t, t->host_root, p->groups[i], true)
					    : inside_name(t, p->groups[i], true));
	return text;
}

static const char *groups(struct top *t, const struct proc *p)
{
	return all_groups(t, p, false);
}

static const char *hgroups(struct top *t, const struct proc *p)
{
	return all_groups(t, p, true);
}

/* --- numbers --- */

/* A process that was put there from outside may have none inside. */
static const char *number(struct top *t, pid_t pid)
{
	return pid ? arena_printf(t->arena, "%d", (int)pid) : UNKNOWN;
}

static const char *pid(struct top *t, const struct proc *p)
{
	return number(t, p->pid_inside);
}

static const char *ppid(struct top *t, const struct proc *p)
{
	return arena_printf(t->arena, "%d", (int)p->ppid_inside);
}

static const char *pgid(struct top *t, const struct proc *p)
{
	return number(t, p->pgid_inside);
}

static const char *hpid(struct top *t, const struct proc *p)
{
	return number(t, p->pid);
}

static const char *nice_level(struct top *t, const struct proc *p)
{
	return arena_printf(t->arena, "%lld", (long long)p->nice);
}

/* In KiB, as ps(1). */
static const char *vsz(struct top *t, const struct proc *p)
{
	return arena_printf(t->arena, "%llu", (unsigned long long)(p->vsz_bytes >> 10));
}

static const char *rss(struct top *t, const struct proc *p)
{
	return arena_printf(t->arena, "%llu", (unsigned long long)(p->rss_bytes >> 10));
}

/* --- times --- */

/* Of one processor, over its whole life. */
static const char *pcpu(struct top *t, const struct proc *p)
{
	double share = p->age_ms > 0 ? 100.0 * (double)p->cpu_ms / (double)p->age_ms : 0;

	return arena_printf(t->arena, "%.3f", share);
}

static const char *etime(struct top *t, const struct proc *p)
{
	return format_exact_duration(p->age_ms * 1000000, t->arena);
}

static const char *cpu_time(struct top *t, const struct proc *p)
{
	return format_exact_duration(p->cpu_ms * 1000000, t->arena);
}

static const char *stime(struct top *t, const struct proc *p)
{
	time_t start = time(NULL) - p->age_ms / 1000;
	struct tm tm;
	char text[64];

	if (!localtime_r(&start, &tm) ||
	    strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S %z %Z", &tm) == 0)
		return UNKNOWN;
	return arena_strdup(t->arena, text);
}

/* --- words --- */

/* The numbers that the kernel has given to terminals, devices.txt. */
static const char *tty(struct top *t, const struct proc *p)
{
	uint32_t major = p->tty_major, minor = p->tty_minor;

	if (major >= 136 && major <= 143)
		return arena_printf(t->arena, "pts/%u", minor + ((major - 136) << 8));
	if (major == 4)
		return minor < 64 ? arena_printf(t->arena, "tty%u", minor)
				  : arena_printf(t->arena, "ttyS%u", minor - 64);
	return major || minor ? arena_printf(t->arena, "%u:%u", major, minor) : UNKNOWN;
}

static const char *comm(struct top *t, const struct proc *p)
{
	(void)t;
	return p->comm;
}

static const char *args(struct top *t, const struct proc *p)
{
	return p->args[0] ? p->args : arena_printf(t->arena, "[%s]", p->comm);
}

static const char *state(struct top *t, const struct proc *p)
{
	return arena_printf(t->arena, "%c", p->state);
}

static const char *seccomp(struct top *t, const struct proc *p)
{
	static const char *const modes[] = {"disabled", "strict", "filter"};

	(void)t;
	return p->seccomp >= 0 && p->seccomp < (int)ARRAY_SIZE(modes) ? modes[p->seccomp]
								      : UNKNOWN;
}

static const char *label(struct top *t, const struct proc *p)
{
	(void)t;
	return p->label ? p->label : UNKNOWN;
}

static const char *capabilities(struct top *t, const struct proc *p, enum proc_caps which)
{
	uint64_t set = p->caps[which], all = (UINT64_C(2) << cap_last()) - 1;
	const char *text = "";

	if (set == 0 || set == all)
		return set ? "full" : "none";
	for (unsigned int i = 0; i < 64; i++) {
		const char *name = cap_name(i);

		if (!(set & (UINT64_C(1) << i)))
			continue;
		/* "CAP_CHOWN": CHOWN; a number for one that is newer than this program. */
		text = name ? arena_printf(t->arena, "%s%s%s", text, text[0] ? "," : "",
					   name + strlen("CAP_"))
			    : arena_printf(t->arena, "%s%s%u", text, text[0] ? "," : "",
					   i);
	}
	return text;
}

#define CAPS(name, which)                                            \
	static const char *name(struct top *t, const struct proc *p) \
	{                                                            \
		return capabilities(t, p, which);                    \
	}

CAPS(capinh, PROC_CAPS_INHERITABLE)
CAPS(capprm, PROC_CAPS_PERMITTED)
CAPS(capeff, PROC_CAPS_EFFECTIVE)
CAPS(capbnd, PROC_CAPS_BOUNDING)
CAPS(capamb, PROC_CAPS_AMBIENT)

/* --- fields --- */

/* Names and headings are podman's, the codes ps(1)'s. */
static const struct field {
	const char *name, *code, *heading;
	const char *(*text)(struct top *t, const struct proc *p);
} fields[] = {
	{"args", "%a", "COMMAND", args},
	{"capamb", NULL, "AMBIENT CAPS", capamb},
	{"capbnd", NULL, "BOUNDING CAPS", capbnd},
	{"capeff", NULL, "EFFECTIVE CAPS", capeff},
	{"capinh", NULL, "INHERITED CAPS", capinh},
	{"capprm", NULL, "PERMITTED CAPS", capprm},
	{"comm", "%c", "COMMAND", comm},
	{"command", NULL, "COMMAND", args},
	{"etime", "%t", "ELAPSED", etime},
	{"group", "%G", "GROUP", group},
	{"groups", NULL, "GROUPS", groups},
	{"hgroup", NULL, "HGROUP", hgroup},
	{"hgroups", NULL, "HGROUPS", hgroups},
	{"hpid", NULL, "HPID", hpid},
	{"huser", NULL, "HUSER", huser},
	{"label", NULL, "LABEL", label},
	{"nice", "%n", "NI", nice_level},
	{"pcpu", "%C", "%CPU", pcpu},
	{"pgid", "%r", "PGID", pgid},
	{"pid", "%p", "PID", pid},
	{"ppid", "%P", "PPID", ppid},
	{"rgroup", "%g", "RGROUP", rgroup},
	{"rss", NULL, "RSS", rss},
	{"ruser", "%u", "RUSER", ruser},
	{"seccomp", NULL, "SECCOMP", seccomp},
	{"state", NULL, "STATE", state},
	{"stime", NULL, "STIME", stime},
	{"time", "%x", "TIME", cpu_time},
	{"tty", "%y", "TTY", tty},
	{"user", "%U", "USER", user},
	{"vsz", "%z", "VSZ", vsz},
};

struct columns {
	const struct field *v[MAX_FIELDS];
	size_t n;
};

static const struct field *find_field(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(fields); i++)
		if (strcmp(name, fields[i].name) == 0 ||
		    (fields[i].code && strcmp(name, fields[i].code) == 0))
			return &fields[i];
	return NULL;
}

static int fail_field(const char *name, struct err *err)
{
	char all[512] = "";

	for (size_t i = 0; i < ARRAY_SIZE(fields); i++) {
		size_t len = strlen(all);

		snprintf(all + len, sizeof(all) - len, "%s%s", i > 0 ? " " : "",
			 fields[i].name);
	}
	err_say(err, -EINVAL, "unknown field '%s'", name);
	return err_hint(err, -EINVAL,
			"There are %s\nOptions of ps are none: it is not executed inside",
			all);
}

/* Fields of one word: "pid,user". */
static int add_fields(struct columns *columns, const char *word, struct arena *a,
		      struct err *err)
{
	char *rest = arena_strdup(a, word), *name;

	while ((name = strsep(&rest, ","))) {
		const struct field *field = find_field(name);

		if (!field)
			return fail_field(name, err);
		if (columns->n == MAX_FIELDS)
			return err_say(err, -E2BIG, "more than %u fields", MAX_FIELDS);
		columns->v[columns->n++] = field;
	}
	return 0;
}

static int read_fields(char **words, struct arena *a, struct columns *ret,
		       struct err *err)
{
	int r = 0;

	if (!*words)
		return add_fields(ret, DEFAULT_FIELDS, a, err);
	for (; r == 0 && *words; words++)
		r = add_fields(ret, *words, a, err);
	return r;
}

/* --- printing --- */

/* Also line breaks and tabs, which format_escape() leaves: a cell is no two. */
static const char *escaped(const char *text, struct arena *a)
{
	size_t size = strlen(text) * 4 + 1;
	char *out = arena_alloc(a, size);

	text_escape(out, size, text);
	return out;
}

static void print(struct top *t, const struct columns *columns, const struct proc *v,
		  size_t n)
{
	struct strv lines = {0};
	size_t size = 1;
	char *whole, *to;

	for (size_t i = 0; i <= n; i++) {
		for (size_t k = 0; k < columns->n; k++) {
			const struct field *f = columns->v[k];
			const char *text = i == 0 ? f->heading : f->text(t, &v[i - 1]);

			strv_pushf(t->arena, &lines, "%s%c", escaped(text, t->arena),
				   k + 1 < columns->n ? '\t' : '\n');
			size += strlen(lines.v[lines.n - 1]);
		}
	}
	whole = to = arena_alloc(t->arena, size);
	for (size_t i = 0; i < lines.n; i++)
		to = stpcpy(to, lines.v[i]);
	fputs(format_align(whole, t->arena), stdout);
}

/* --- the verb --- */

/* Its root and its maps; what cannot be read is not translated: numbers stay. */
static void open_top(struct top *t, pid_t first)
{
	_cleanup_fd_ int dir = proc_open(first);

	t->host_root = fd_open(AT_FDCWD, "/", O_PATH | O_DIRECTORY);
	if (dir < 0)
		return;
	t->root = fd_open(dir, "root", O_PATH | O_DIRECTORY);
	proc_read_map(dir, "uid_map", t->arena, &t->uids);
	proc_read_map(dir, "gid_map", t->arena, &t->gids);
}

static int show(struct images *m, const struct container *c,
		const struct columns *columns, struct err *err)
{
	_cleanup_(close_top) struct top t = {
		.arena = m->arena, .root = -EBADF, .host_root = -EBADF};
	_cleanup_fd_ int pidfd = -EBADF;
	struct proc_query query = {0};
	struct container_state s;
	struct proc *v;
	size_t n = 0;
	int r = running_process(m, c, &pidfd, &query.first, err);

	if (r < 0)
		return r;
	container_read_state(&m->store, c, m->arena, &s);
	query.cgroup = s.cgroup;
	open_top(&t, query.first);
	r = proc_list(&query, m->arena, &v, &n, err);
	/* As long as it is there, its number was no other's. */
	if (process_await(pidfd, 0) != 0)
		return err_say(err, -ESRCH, "container %.12s has just ended", c->id);
	if (r < 0) {
		err_prefix(err, "container %.12s", c->id);
		return r;
	}
	print(&t, columns, v, n);
	return 0;
}

static int top(struct images *m, void *options, char **words, struct err *err)
{
	const struct top_options *o = options;
	struct columns columns = {0};
	struct container c = {0};
	int r;

	if (!o->is_latest && !*words)
		return err_say(err, -EINVAL, "a container, or --latest");
	r = read_fields(words + !o->is_latest, m->arena, &columns, err);
	if (r < 0)
		return r;
	r = o->is_latest ? running_latest(m, &c, err)
			 : container_find_any(&m->store, words[0], m->arena, &c, err);
	return r < 0 ? r : show(m, &c, &columns, err);
}

static const struct option top_options[] = {
	{"latest", 'l', NULL, "of the container that was made last", set_latest},
	{0},
};

const struct verb verb_top = {
	{"top", "[OPTIONS] CONTAINER [FIELD[,FIELD...]...]",
	 "List the processes of a container. Fields are podman's: pid user args...",
	 top_options},
	0,
	-1,
	top,
};

int cmd_top(int argc, char **argv)
{
	struct top_options o = {0};

	return verb_run(&verb_top, &o, argc, argv);
}
