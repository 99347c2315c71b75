// SPDX-License-Identifier: Apache-2.0
/*
 * proc_list.c - see proc_list.h
 */
#include "sys/proc_list.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/parse.h"
#include "sys/cgroup.h"
#include "sys/clock.h"
#include "sys/dir.h"
#include "sys/fd.h"
#include "sys/process.h"

#define MAX_FILE (64u * 1024)
#define MAX_MAP	 340u /* ranges: user_namespaces(7) */

/* --- the files of one process --- */

/* The kernel says so of what has ended, in the one or the other way. */
static int gone(int r)
{
	return r == -ENOENT ? -ESRCH : r;
}

int proc_open(pid_t pid)
{
	char path[32];

	snprintf(path, sizeof(path), "/proc/%d", (int)pid);
	return gone(fd_open(AT_FDCWD, path, O_RDONLY | O_DIRECTORY));
}

/* At most @size - 1 bytes, terminated. Return: how many; a negative errno. */
static ssize_t read_start(int dir, const char *file, char *buf, size_t size)
{
	_cleanup_fd_ int fd = fd_open(dir, file, O_RDONLY);
	size_t len = 0;
	ssize_t n = 1;

	if (fd < 0)
		return fd;
	while (n > 0 && len + 1 < size) {
		n = read(fd, buf + len, size - 1 - len);
		if (n < 0)
			return -errno;
		len += (size_t)n;
	}
	buf[len] = '\0';
	return (ssize_t)len;
}

static int64_t ticks_to_ms(uint64_t ticks)
{
	long hz = sysconf(_SC_CLK_TCK);

	return (int64_t)(ticks * 1000 / (uint64_t)(hz > 0 ? hz : 100));
}

/* The name may hold blanks and parentheses: the last one ends it. */
static int read_stat(int dir, struct arena *a, struct proc *p)
{
	char buf[1024], *open, *close;
	unsigned long long user, system, start, vsz;
	long long nice, rss;
	int pid, ppid, tty;
	ssize_t n = read_start(dir, "stat", buf, sizeof(buf));

	if (n < 0)
		return gone((int)n);
	open = strchr(buf, '(');
	close = strrchr(buf, ')');
	if (sscanf(buf, "%d", &pid) != 1 || !open || !close || close < open ||
	    sscanf(close + 1,
		   " %c %d %*d %*d %d %*d %*u %*u %*u %*u %*u %llu %llu %*d %*d %*d %lld"
		   " %*d %*d %llu %llu %lld",
		   &p->state, &ppid, &tty, &user, &system, &nice, &start, &vsz,
		   &rss) != 9)
		return -EBADMSG;
	p->pid = pid;
	p->ppid = ppid;
	p->comm = arena_strndup(a, open + 1, (size_t)(close - open - 1));
	/* As the kernel packs them: new_encode_dev(). */
	p->tty_major = ((uint32_t)tty >> 8) & 0xfff;
	p->tty_minor = ((uint32_t)tty & 0xff) | (((uint32_t)tty >> 12) & 0xfff00);
	p->cpu_ms = ticks_to_ms(user + system);
	p->nice = nice;
	p->start_ticks = start;
	p->vsz_bytes = vsz;
	p->rss_bytes = rss > 0 ? (uint64_t)rss * (uint64_t)sysconf(_SC_PAGESIZE) : 0;
	return 0;
}

static size_t read_pids(const char *text, pid_t *ret)
{
	size_t n = 0;
	int used, pid;

	for (; n < PROC_MAX_DEPTH && sscanf(text, "%d%n", &pid, &used) == 1; n++) {
		ret[n] = pid;
		text += used;
	}
	return n;
}

static void read_groups(const char *text, struct proc *p)
{
	uint32_t id;
	int used;

	p->n_groups = 0;
	while (p->n_groups < PROC_MAX_GROUPS &&
	       sscanf(text, "%" SCNu32 "%n", &id, &used) == 1) {
		p->groups[p->n_groups++] = id;
		text += used;
	}
}

static void read_status_line(const char *key, const char *value, struct proc *p)
{
	static const char *const caps[PROC_CAPS_SETS] = {
		[PROC_CAPS_INHERITABLE] = "CapInh", [PROC_CAPS_PERMITTED] = "CapPrm",
		[PROC_CAPS_EFFECTIVE] = "CapEff",   [PROC_CAPS_BOUNDING] = "CapBnd",
		[PROC_CAPS_AMBIENT] = "CapAmb",
	};

	if (strcmp(key, "Uid") == 0)
		sscanf(value, "%" SCNu32 " %" SCNu32, &p->ruid, &p->euid);
	else if (strcmp(key, "Gid") == 0)
		sscanf(value, "%" SCNu32 " %" SCNu32, &p->rgid, &p->egid);
	else if (strcmp(key, "Groups") == 0)
		read_groups(value, p);
	else if (strcmp(key, "NSpid") == 0)
		p->n_pids = read_pids(value, p->pids);
	else if (strcmp(key, "NSpgid") == 0)
		p->n_pgids = read_pids(value, p->pgids);
	else if (strcmp(key, "Seccomp") == 0)
		sscanf(value, "%d", &p->seccomp);
	for (size_t i = 0; i < PROC_CAPS_SETS; i++)
		if (strcmp(key, caps[i]) == 0)
			sscanf(value, "%" SCNx64, &p->caps[i]);
}

/* Its first line has the name, in which the kernel writes out line breaks: no line is the payload's. */
static int read_status(int dir, struct arena *a, struct proc *p)
{
	_cleanup_fd_ int fd = fd_open(dir, "status", O_RDONLY);
	char *text, *line;
	int r = fd < 0 ? fd : fd_read_all(fd, a, MAX_FILE, &text, NULL);

	if (r < 0)
		return gone(r);
	p->seccomp = -1;
	p->ruid = p->euid = p->rgid = p->egid = UINT32_MAX;
	while ((line = strsep(&text, "\n"))) {
		char *key = strsep(&line, ":");

		if (line)
			read_status_line(key, line, p);
	}
	return p->euid == UINT32_MAX || p->egid == UINT32_MAX ? -EBADMSG : 0;
}

static const char *read_args(int dir, struct arena *a)
{
	char buf[PROC_MAX_ARGS + 1];
	ssize_t n = read_start(dir, "cmdline", buf, sizeof(buf));

	while (n > 0 && buf[n - 1] == '\0')
		n--;
	for (ssize_t i = 0; i < n; i++)
		if (buf[i] == '\0')
			buf[i] = ' ';
	return arena_strndup(a, buf, n > 0 ? (size_t)n : 0);
}

static const char *read_label(int dir, struct arena *a)
{
	char buf[512];
	ssize_t n = read_start(dir, "attr/current", buf, sizeof(buf));

	return n <= 0 ? NULL : arena_strndup(a, buf, strcspn(buf, "\n"));
}

int proc_read(int dir, struct arena *a, struct proc *ret)
{
	struct proc p = {0};
	int r = read_stat(dir, a, &p);

	if (r == 0)
		r = read_status(dir, a, &p);
	if (r < 0)
		return r;
	p.args = read_args(dir, a);
	p.label = read_label(dir, a);
	*ret = p;
	return 0;
}

/* --- ids --- */

int proc_read_map(int dir, const char *file, struct arena *a, struct proc_map *ret)
{
	_cleanup_fd_ int fd = fd_open(dir, file, O_RDONLY);
	struct proc_map map = {0};
	char *text, *line;
	int r = fd < 0 ? fd : fd_read_all(fd, a, MAX_FILE, &text, NULL);

	if (r < 0)
		return gone(r);
	while ((line = strsep(&text, "\n")) && map.n_v < MAX_MAP) {
		struct proc_map_range range;

		if (sscanf(line, "%" SCNu32 " %" SCNu32 " %" SCNu32, &range.inside,
			   &range.outside, &range.count) == 3)
			*ARR_PUSH(a, &map, v) = range;
	}
	*ret = map;
	return 0;
}

bool proc_map_inside(const struct proc_map *m, uint32_t outside, uint32_t *ret)
{
	for (size_t i = 0; i < m->n_v; i++) {
		const struct proc_map_range *r = &m->v[i];

		if (outside < r->outside || outside - r->outside >= r->count)
			continue;
		*ret = r->inside + (outside - r->outside);
		return true;
	}
	return false;
}

/* --- all processes --- */

struct found {
	pid_t pid, ppid;
	uint64_t start_ticks;
	bool is_wanted;
};

struct walk {
	const struct proc_query *query;
	uint64_t pidns, mntns; /* of the first process */
	bool is_shared_pidns;
	struct found *v;
	size_t n_v;
};

/* As process_ns_number() has it; 0: of somebody whose namespaces are none of the caller's business. */
static uint64_t ns_number(int dir, const char *file)
{
	struct stat st;

	return fstatat(dir, file, &st, 0) < 0 ? 0 : st.st_ino;
}

/* Is it in the folder, or in one below? */
static bool is_in_cgroup(int dir, const char *cgroup, struct arena *a)
{
	_cleanup_fd_ int fd = fd_open(dir, "cgroup", O_RDONLY);
	size_t len = strlen(cgroup);
	char *text, *line;

	if (fd < 0 || fd_read_all(fd, a, MAX_FILE, &text, NULL) < 0)
		return false;
	while ((line = strsep(&text, "\n")))
		if (strncmp(line, "0::", 3) == 0 && strncmp(line + 3, cgroup, len) == 0 &&
		    (line[3 + len] == '\0' || line[3 + len] == '/' ||
		     line[3 + len] == ' ')) /* " (deleted)" */
			return true;
	return false;
}

static bool is_wanted(const struct walk *w, int dir, pid_t pid, struct arena *a)
{
	if (pid == w->query->first)
		return true;
	if (w->query->cgroup)
		return is_in_cgroup(dir, w->query->cgroup, a);
	return w->is_shared_pidns ? w->mntns && ns_number(dir, "ns/mnt") == w->mntns
				  : w->pidns && ns_number(dir, "ns/pid") == w->pidns;
}

static void look_at(struct walk *w, pid_t pid, struct arena *a)
{
	_cleanup_arena_ struct arena scratch = {0};
	_cleanup_fd_ int dir = proc_open(pid);
	struct proc p = {0};

	if (dir < 0 || read_stat(dir, &scratch, &p) < 0)
		return;
	*ARR_PUSH(a, w, v) = (struct found){pid, p.ppid, p.start_ticks,
					    is_wanted(w, dir, pid, &scratch)};
}

static int by_pid(const void *a, const void *b)
{
	const struct found *x = a, *y = b;

	return (x->pid > y->pid) - (x->pid < y->pid);
}

static const struct found *find(const struct walk *w, pid_t pid)
{
	struct found key = {.pid = pid};

	return w->n_v ? bsearch(&key, w->v, w->n_v, sizeof(*w->v), by_pid) : NULL;
}

/* Children of those that are wanted. Numbers are given in order but for their wrap: most of the time one
 * round is all. */
static void want_descendants(struct walk *w)
{
	bool has_changed = true;

	while (has_changed) {
		has_changed = false;
		for (size_t i = 0; i < w->n_v; i++) {
			struct found *f = &w->v[i];
			const struct found *parent =
				f->is_wanted ? NULL : find(w, f->ppid);

			if (!parent || !parent->is_wanted)
				continue;
			f->is_wanted = has_changed = true;
		}
	}
}

static int walk_all(struct walk *w, struct arena *a, struct err *err)
{
	_cleanup_arena_ struct arena scratch = {0};
	_cleanup_fd_ int proc = fd_open(AT_FDCWD, "/proc", O_RDONLY | O_DIRECTORY);
	struct strv names = {0};
	int r = proc < 0 ? proc : dir_list(proc, &scratch, &names), pid;

	if (r < 0)
		return err_set(err, r, "list the processes in /proc");
	for (size_t i = 0; i < names.n; i++)
		if (parse_int(names.v[i], &pid) == 0)
			look_at(w, pid, a);
	if (w->n_v)
		qsort(w->v, w->n_v, sizeof(*w->v), by_pid);
	if (!w->query->cgroup)
		want_descendants(w);
	return 0;
}

/* In the namespace of the first process, which is at @level of all that this program sees. */
static pid_t number_of(pid_t pid, size_t level)
{
	_cleanup_arena_ struct arena scratch = {0};
	_cleanup_fd_ int dir = pid > 0 ? proc_open(pid) : -ESRCH;
	struct proc p = {0};

	if (dir < 0 || read_status(dir, &scratch, &p) < 0)
		return 0;
	return p.n_pids > level ? p.pids[level] : 0;
}

static int read_found(const struct found *f, struct arena *a, struct proc *ret)
{
	_cleanup_fd_ int dir = proc_open(f->pid);
	int r = dir < 0 ? dir : proc_read(dir, a, ret);

	return r == 0 && ret->start_ticks != f->start_ticks ? -ESRCH : r;
}

struct procs {
	struct proc *v;
	size_t n_v;
};

static int read_wanted(const struct walk *w, size_t level, struct arena *a,
		       struct procs *ret, struct err *err)
{
	for (size_t i = 0; i < w->n_v; i++) {
		struct proc p;
		int r = w->v[i].is_wanted ? read_found(&w->v[i], a, &p) : -ESRCH;

		/* Gone, or, with hidepid, hidden. */
		if (r == -ESRCH || r == -EACCES || r == -EPERM)
			continue;
		if (r < 0)
			return err_set(err, r, "read /proc/%d", (int)w->v[i].pid);
		if (ret->n_v == PROC_MAX_PROCESSES)
			return err_say(err, -E2BIG, "more than %u processes",
				       PROC_MAX_PROCESSES);
		p.pid_inside = p.n_pids > level ? p.pids[level] : 0;
		p.pgid_inside = p.n_pgids > level ? p.pgids[level] : 0;
		p.ppid_inside = number_of(p.ppid, level);
		p.age_ms = MAX(clock_now_ms() - ticks_to_ms(p.start_ticks), 0);
		*ARR_PUSH(a, ret, v) = p;
	}
	return 0;
}

/* Of its pid namespace: else that is another's, a pod's for one. */
static bool is_first(const struct proc *p)
{
	return p->n_pids > 0 && p->pids[p->n_pids - 1] == 1;
}

bool proc_shares_pidns(pid_t first)
{
	_cleanup_arena_ struct arena scratch = {0};
	_cleanup_fd_ int dir = proc_open(first);
	struct proc p = {0};
	uint64_t own = 0, its = 1;

	if (dir < 0 || read_status(dir, &scratch, &p) < 0)
		return false;
	process_ns_number(getpid(), "pid", &own);
	process_ns_number(first, "pid", &its);
	return own == its || !is_first(&p);
}

int proc_list(const struct proc_query *q, struct arena *a, struct proc **ret,
	      size_t *ret_n, struct err *err)
{
	_cleanup_fd_ int dir = proc_open(q->first);
	struct walk w = {.query = q};
	struct procs procs = {0};
	struct proc first;
	uint64_t own = 0;
	int r = dir < 0 ? dir : proc_read(dir, a, &first);

	if (r < 0)
		return err_set(err, r, "read /proc/%d", (int)q->first);
	w.pidns = ns_number(dir, "ns/pid");
	w.mntns = ns_number(dir, "ns/mnt");
	process_ns_number(getpid(), "pid", &own);
	w.is_shared_pidns = w.pidns == own || !is_first(&first);
	r = walk_all(&w, a, err);
	if (r == 0)
		r = read_wanted(&w, first.n_pids ? first.n_pids - 1 : 0, a, &procs, err);
	if (r < 0)
		return r;
	*ret = procs.v;
	*ret_n = procs.n_v;
	return 0;
}
