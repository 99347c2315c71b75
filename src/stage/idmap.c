// SPDX-License-Identifier: Apache-2.0
/*
 * idmap.c - write the maps of the user namespace
 *
 * newuidmap and newgidmap are the only privileged code that ever runs: by absolute path,
 * with a clean environment, both at once. The builder is held by its pidfd and not
 * reaped, so the number that they get cannot come to mean another process. Source:
 * user_namespaces(7), newuidmap(1).
 */
#include <linux/capability.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>

#include "base/parse.h"
#include "stage/stage.h"
#include "sys/apparmor.h"
#include "sys/cred.h"
#include "sys/dir.h"
#include "sys/lines.h"
#include "sys/lock.h"
#include "sys/process.h"
#include "sys/signals.h"

#ifndef NEWUIDMAP_PATH
#define NEWUIDMAP_PATH "/usr/bin/newuidmap"
#endif
#ifndef NEWGIDMAP_PATH
#define NEWGIDMAP_PATH "/usr/bin/newgidmap"
#endif

#define AUTO_SLOT 1024u /* granularity of --userns=auto reservations, in ids */

struct ids {
	const struct idrange *v;
	size_t n;
};

/* "--userns=auto" gets its ranges from the place that was reserved. */
static struct ids auto_ids(struct run *run, const struct subid_range *subs, size_t n_subs)
{
	struct {
		struct idrange *v;
		size_t n_v;
	} out = {0};
	uint64_t at = run->auto_start, left = run->plan->map.auto_size, start = 0;
	uint32_t inside = 0;

	for (size_t i = 0; i < n_subs && left > 0; start += subs[i++].count) {
		struct idrange *e;
		uint64_t skip, n;

		if (at >= start + subs[i].count)
			continue;
		skip = at - start;
		n = MIN(subs[i].count - skip, left);
		e = ARR_PUSH(run->arena, &out, v);
		*e = (struct idrange){inside, subs[i].start + (uint32_t)skip,
				      (uint32_t)n};
		inside += (uint32_t)n, at += n, left -= n;
	}
	return (struct ids){out.v, out.n_v};
}

static struct ids ids_of(struct run *run, bool is_user)
{
	const struct plan_map *m = &run->plan->map;
	const struct host *h = run->plan->host;

	if (m->auto_size > 0)
		return auto_ids(run, is_user ? h->subuids : h->subgids,
				is_user ? h->n_subuids : h->n_subgids);
	return is_user ? (struct ids){m->uids, m->n_uids}
		       : (struct ids){m->gids, m->n_gids};
}

/* "PID INSIDE OUTSIDE COUNT ...": the command line of newuidmap(1). */
static char **helper_argv(struct run *run, const char *name, struct ids ids)
{
	struct strv argv = {0};

	strv_push(run->arena, &argv, name);
	strv_pushf(run->arena, &argv, "%d", (int)run->pid);
	for (size_t i = 0; i < ids.n; i++) {
		strv_pushf(run->arena, &argv, "%u", ids.v[i].inside);
		strv_pushf(run->arena, &argv, "%u", ids.v[i].host);
		strv_pushf(run->arena, &argv, "%u", ids.v[i].count);
	}
	return argv.v;
}

struct helper {
	const char *path;
	const char *name;
	int pidfd;
	int output; /* read end: what it says when it fails */
};

static int start_helper(struct run *run, struct helper *h, struct ids ids,
			struct err *err)
{
	_cleanup_fd_ int out = -EBADF;
	int ends[2];
	struct spawn spawn = {.stdio = {-1, -1, -1}, .userns = -1, .mntns = -1};
	pid_t pid;
	int r = fd_pipe(ends);

	if (r < 0)
		return err_set(err, r, "make a pipe for %s", h->name);
	h->output = ends[0];
	out = ends[1];
	spawn.path = h->path;
	spawn.argv = helper_argv(run, h->name, ids);
	spawn.stdio[2] = out;
	pid = process_spawn(&spawn, &h->pidfd);
	if (pid < 0) {
		err_set(err, pid, "run '%s'", h->path);
		if (pid == -EAGAIN)
			return err_hint(
				err, pid,
				"This user has too many processes: see ulimit -u, and "
				"pids.max of its cgroup");
		return err_hint(err, pid,
				"Install newuidmap and newgidmap (package uidmap or "
				"shadow-utils); 'urun doctor' looks them over");
	}
	return 0;
}

static int finish_helper(struct run *run, struct helper *h, struct err *err)
{
	char *said = NULL;
	int code = 0, r;

	if (h->pidfd < 0)
		return 0;
	r = fd_read_all(h->output, run->arena, 65536, &said, NULL);
	if (r == 0)
		r = process_wait(h->pidfd, &code);
	if (r < 0)
		return err_set(err, r, "wait for %s", h->name);
	if (code == 0)
		return 0;
	if (cred_has_no_new_privs()) {
		err_say(err, -EPERM,
			"%s cannot write the id map: no_new_privs is set, so it gains no "
			"rights",
			h->name);
		return err_hint(
			err, -EPERM,
			"Start urun outside of what set it (setpriv, NoNewPrivileges= "
			"of systemd, a sandbox); --uidmap 0:0:1 --gidmap 0:0:1 does "
			"without %s",
			h->name);
	}
	said[strcspn(said, "\n")] = '\0';
	err_say(err, -EPERM, "%s refused the id map (exit code %d): %s", h->name, code,
		said[0] ? said : "it gave no reason");
	return err_hint(
		err, -EPERM,
		"'urun doctor' tells what is missing; --uidmap 0:0:1 --gidmap 0:0:1 does "
		"without %s",
		h->name);
}

static int map_by_helpers(struct run *run, struct err *err)
{
	struct helper u = {NEWUIDMAP_PATH, "newuidmap", -EBADF, -EBADF};
	struct helper g = {NEWGIDMAP_PATH, "newgidmap", -EBADF, -EBADF};
	struct err second = {0};
	int r, r2;

	r = start_helper(run, &u, ids_of(run, true), err);
	if (r == 0)
		r = start_helper(run, &g, ids_of(run, false), err);
	/* Both are waited for, whatever the first one says. */
	r2 = finish_helper(run, &u, r == 0 ? err : &second);
	r = r < 0 ? r : r2;
	r2 = finish_helper(run, &g, r == 0 ? err : &second);
	r = r < 0 ? r : r2;
	fd_close(&u.pidfd);
	fd_close(&u.output);
	fd_close(&g.pidfd);
	fd_close(&g.output);
	return r;
}

static int write_map(struct run *run, int proc, const char *file, struct ids ids,
		     const char *own_file, struct err *err)
{
	char *text = arena_printf(run->arena, "%s", "");
	int r;

	for (size_t i = 0; i < ids.n; i++)
		text = arena_printf(run->arena, "%s%u %u %u\n", text, ids.v[i].inside,
				    ids.v[i].host, ids.v[i].count);
	if (ids.n == 0) {
		/* Every id keeps its number: the caller's own map, with inside as
		 * outside. */
		char *own, *line, *field[3];
		uint32_t inside, count;

		r = fd_read_file(own_file, run->arena, 65536, &own, NULL);
		if (r < 0)
			return err_set(err, r, "read '%s'", own_file);
		/* Not by scanf(3): it would bring all of its conversions into the program. */
		while ((line = strsep(&own, "\n")))
			if (lines_split(line, ' ', field, 3) == 3 &&
			    parse_u32(field[0], &inside) == 0 &&
			    parse_u32(field[2], &count) == 0)
				text = arena_printf(run->arena, "%s%u %u %u\n", text,
						    inside, inside, count);
	}
	r = fd_write_file(proc, file, text);
	if (r < 0)
		return err_set(err, r, "write the container's %s", file);
	return 0;
}

/* Whoever writes the map of another process needs capabilities for it, user_namespaces(7). */
static int hint_refused(struct run *run, int code, struct err *err)
{
	static const struct {
		int cap;
		const char *name;
	} wanted[] = {
		{CAP_SETUID, "setuid"}, {CAP_SETGID, "setgid"}, {CAP_SETFCAP, "setfcap"}};
	const char *missing = NULL;
	struct apparmor_cause cause;

	for (size_t i = 0; i < ARRAY_SIZE(wanted); i++)
		if (run->plan->map.rung == MAP_DIRECT && !cred_has_cap(wanted[i].cap))
			missing =
				arena_printf(run->arena, "%s%s%s", missing ? missing : "",
					     missing ? "," : "", wanted[i].name);
	if (missing)
		return err_hint(err, code,
				"Root lacks capabilities here, as in a container: start "
				"that with --cap-add %s",
				missing);
	if (apparmor_restricts_userns(run->arena, &cause))
		return apparmor_hint(&cause, code, err);
	return err_hint(err, code,
			"This host restricts user namespaces; 'urun doctor' tells more");
}

static int map_directly(struct run *run, int proc, struct err *err)
{
	int r = 0;

	if (run->plan->map.deny_setgroups) {
		r = fd_write_file(proc, "setgroups", "deny");
		if (r < 0 && r != -ENOENT)
			return err_set(err, r, "write the container's setgroups");
	}
	r = write_map(run, proc, "gid_map", ids_of(run, false), "/proc/self/gid_map",
		      err);
	if (r == 0)
		r = write_map(run, proc, "uid_map", ids_of(run, true),
			      "/proc/self/uid_map", err);
	return r == -EPERM ? hint_refused(run, r, err) : r;
}

static bool has_map(const struct run *run, const char *name)
{
	const char *path = arena_printf(run->arena, "/proc/%d/%s", (int)run->pid, name);
	char *text;

	return fd_read_file(path, run->arena, 65536, &text, NULL) == 0 && text[0];
}

/* Whoever writes them has been told of the builder. */
static int wait_for_maps(const struct run *run, struct err *err)
{
	static const char *const names[] = {"gid_map", "uid_map"};
	_cleanup_fd_ int ending = signals_open_ending();
	int fd = run->plan->spec->userns.map_fd;
	int r = ending < 0 ? ending : fd_await_byte(fd, ending);

	if (r == -EINTR)
		return err_say(err, r, "a signal came before the id maps");
	if (r < 0)
		return err_set(err, r, "wait for id maps, on descriptor %d", fd);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		if (has_map(run, names[i]))
			continue;
		err_say(err, -ENODATA,
			"nobody has written /proc/%d/%s, which descriptor %d was waited "
			"for",
			(int)run->pid, names[i], fd);
		return err_hint(err, -ENODATA,
				"Write both maps, and then to that descriptor");
	}
	return 0;
}

static bool wants_launcher(const struct plan *plan)
{
	return !plan->map.is_there &&
	       (plan->map.rung == MAP_RANGES || plan->map.rung == MAP_DIRECT);
}

static int apply(struct run *run, struct err *err)
{
	_cleanup_fd_ int proc = -EBADF;
	char path[32];

	if (run->plan->spec->userns.has_map_fd)
		return wait_for_maps(run, err);
	if (run->plan->map.rung == MAP_RANGES)
		return map_by_helpers(run, err);
	snprintf(path, sizeof(path), "/proc/%d", (int)run->pid);
	proc = fd_open(AT_FDCWD, path, O_PATH | O_DIRECTORY);
	if (proc < 0)
		return err_set(err, proc, "open '%s'", path);
	return map_directly(run, proc, err);
}

const struct stage stage_idmap = {"idmap", PHASE_MAP, wants_launcher, apply};

static bool wants_self(const struct plan *plan)
{
	return !plan->map.is_there && plan->map.rung == MAP_SINGLE;
}

/* One id, the writer's own: no help is needed, and no message either. */
static int apply_self(struct run *run, struct err *err)
{
	_cleanup_fd_ int proc = fd_open(AT_FDCWD, "/proc/self", O_PATH | O_DIRECTORY);

	if (proc < 0)
		return err_set(err, proc, "open /proc/self");
	return map_directly(run, proc, err);
}

const struct stage stage_idmap_self = {"idmap", PHASE_EARLY, wants_self, apply_self};

static bool wants_auto(const struct plan *plan)
{
	return plan->map.auto_size > 0;
}

/* Takes the locks of all slots from @slot on. Locks die with this process. */
static int lock_slots(int dir, uint32_t slot, uint32_t n, int *ret_lock)
{
	_cleanup_fd_ int lock =
		fd_create(dir, "ids.lock", O_RDWR | O_CREAT | O_NOFOLLOW, 0600);
	struct flock range = {
		.l_type = F_WRLCK,
		.l_whence = SEEK_SET,
		.l_start = slot,
		.l_len = n,
	};

	if (lock < 0)
		return lock;
	/* One byte of the file stands for one slot; open file description locks let go
	 * when the last copy of the descriptor is closed, however the process ends. */
	if (lock_range(lock, &range) < 0)
		return -EAGAIN;
	*ret_lock = fd_take(&lock);
	return 0;
}

static int apply_auto(struct run *run, struct err *err)
{
	const struct plan *p = run->plan;
	const char *runtime = p->host->runtime_dir;
	uint32_t n_slots = (p->map.auto_size + AUTO_SLOT - 1) / AUTO_SLOT;
	_cleanup_fd_ int dir = -EBADF, base = -EBADF;
	uint64_t there = 0, there_gids = 0;
	int r;

	for (size_t i = 0; i < p->host->n_subuids; i++)
		there += p->host->subuids[i].count;
	for (size_t i = 0; i < p->host->n_subgids; i++)
		there_gids += p->host->subgids[i].count;
	there = MIN(there, there_gids);
	if (!runtime) {
		err_say(err, -ENOENT,
			"--userns=auto: no XDG_RUNTIME_DIR to note the used ids in");
		return err_hint(err, -ENOENT,
				"Log in through a session that sets it, or set it to a "
				"folder of your own with mode 0700");
	}
	base = fd_open(AT_FDCWD, runtime, O_PATH | O_DIRECTORY);
	dir = base < 0 ? base : dir_make(base, "urun", 0700);
	if (dir < 0)
		return err_set(err, dir, "make '%s/urun'", runtime);
	for (uint32_t slot = 0; (uint64_t)slot * AUTO_SLOT + p->map.auto_size <= there;
	     slot++) {
		r = lock_slots(dir, slot, n_slots, &run->auto_lock);
		if (r == 0) {
			run->auto_start = slot * AUTO_SLOT;
			return 0;
		}
		if (r != -EAGAIN)
			return err_set(err, r, "lock '%s/urun/ids.lock'", runtime);
	}
	err_say(err, -EBUSY,
		"--userns=auto: no %u subordinate ids of '%s' are free, %llu in all",
		p->map.auto_size, p->host->user, (unsigned long long)there);
	return err_hint(err, -EBUSY,
			"sudo usermod --add-subuids FIRST-LAST --add-subgids FIRST-LAST "
			"%s gives more; --userns=auto:size=N takes fewer",
			p->host->user);
}

const struct stage stage_idmap_auto = {"idmap", PHASE_HOST, wants_auto, apply_auto};
