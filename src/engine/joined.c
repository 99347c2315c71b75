// SPDX-License-Identifier: Apache-2.0
/*
 * joined.c - see joined.h
 *
 * Source: namespaces(7), ioctl_ns(2), user_namespaces(7).
 */
#include "engine/joined.h"

#include <stdio.h>
#include <string.h>

#include "base/parse.h"
#include "plan/plan.h"
#include "sys/fd.h"
#include "sys/lines.h"
#include "sys/process.h"

void joined_close(struct joined *j)
{
	for (int i = 0; i < NS_COUNT; i++)
		fd_close(&j->fds[i]);
	fd_close(&j->folder);
	fd_close(&j->pidfd);
}

const char *joined_text_of(const struct fsop *op)
{
	if (op->kind != FSOP_FILE || !op->is_default)
		return NULL;
	if (strcmp(op->dest, "/etc/hosts") == 0)
		return "hosts";
	return strcmp(op->dest, SPEC_RESOLV_CONF) == 0 ? "resolv.conf" : NULL;
}

/* --- the namespaces --- */

static int open_ns(pid_t pid, enum spec_ns ns)
{
	char path[48];

	snprintf(path, sizeof(path), "/proc/%d/ns/%s", (int)pid, spec_ns_name(ns));
	return fd_open(AT_FDCWD, path, O_RDONLY);
}

static int is_own(int fd, enum spec_ns ns)
{
	char path[32];
	_cleanup_fd_ int own = -EBADF;

	snprintf(path, sizeof(path), "/proc/self/ns/%s", spec_ns_name(ns));
	own = fd_open(AT_FDCWD, path, O_RDONLY);
	return own < 0 ? own : fd_is_same(own, fd);
}

/* A payload that makes namespaces of its own makes them in a user namespace below the container's:
 * its maps and its rights are the payload's to choose. */
static int check_owners(const struct joined *j)
{
	int user = j->fds[NS_USER], r;
	_cleanup_fd_ int parent = user < 0 ? -EBADF : process_ns_parent(user);

	if (user >= 0) {
		r = parent < 0 ? parent : is_own(parent, NS_USER);
		if (r <= 0)
			return r < 0 ? r : -EXDEV;
	}
	for (int i = 0; i < NS_COUNT; i++) {
		_cleanup_fd_ int owner = -EBADF;

		if (i == NS_USER || j->fds[i] < 0)
			continue;
		owner = process_ns_owner(j->fds[i]);
		r = owner < 0	? owner
		    : user >= 0 ? fd_is_same(owner, user)
				: is_own(owner, NS_USER);
		if (r <= 0)
			return r < 0 ? r : -EXDEV;
	}
	return 0;
}

static int open_all(const struct spec *spec, pid_t pid, struct joined *j)
{
	for (int i = 0; i < NS_COUNT; i++) {
		struct spec_namespace *ns = &j->ns[i];
		int r;

		if (ns->mode != NS_MODE_CONTAINER)
			continue;
		j->fds[i] = open_ns(pid, (enum spec_ns)i);
		r = j->fds[i] < 0 ? j->fds[i] : is_own(j->fds[i], (enum spec_ns)i);
		if (r < 0)
			return r;
		*ns = (struct spec_namespace){
			.mode = NS_MODE_PATH,
			.path = arena_printf(spec->arena, "/proc/self/fd/%d", j->fds[i])};
		if (r == 0)
			continue;
		fd_close(&j->fds[i]);
		*ns = (struct spec_namespace){.mode = NS_MODE_HOST};
		/* Root's, with no map. */
		if (i == NS_USER) {
			ns->mode = NS_MODE_PRIVATE;
			j->userns.mode = USERNS_HOST;
		}
	}
	return check_owners(j);
}

/* --- what is known of the user namespace --- */

struct map {
	struct arena *arena;
	struct idrange *ranges;
	size_t n_ranges;
	bool is_broken;
};

static bool take_range(char *line, void *data)
{
	struct map *m = data;
	struct idrange *range = ARR_PUSH(m->arena, m, ranges);
	char *field[3];

	m->is_broken |= lines_split(line, ' ', field, 3) != 3 ||
			parse_u32(field[0], &range->inside) < 0 ||
			parse_u32(field[1], &range->host) < 0 ||
			parse_u32(field[2], &range->count) < 0;
	return !m->is_broken;
}

static int read_map(pid_t pid, const char *name, struct arena *a, struct idrange **ret,
		    size_t *ret_n)
{
	struct map m = {.arena = a};
	int r = lines_read(arena_printf(a, "/proc/%d/%s", (int)pid, name), take_range,
			   &m);

	*ret = m.ranges;
	*ret_n = m.n_ranges;
	return r < 0 ? r : m.is_broken || m.n_ranges == 0 ? -EBADMSG : 0;
}

static bool is_equal(const struct idrange *a, size_t n_a, const struct idrange *b,
		     size_t n_b)
{
	for (size_t i = 0; i < n_a && n_a == n_b; i++)
		if (a[i].inside != b[i].inside || a[i].host != b[i].host ||
		    a[i].count != b[i].count)
			return false;
	return n_a == n_b;
}

/* Root's: every id that there is keeps its number. */
static bool is_identity(const struct idrange *v, size_t n, const struct subid_range *own,
			size_t n_own)
{
	for (size_t i = 0; i < n && n == n_own; i++)
		if (v[i].inside != own[i].start || v[i].host != own[i].start ||
		    v[i].count != own[i].count)
			return false;
	return n == n_own;
}

/* The map of a container that asks for none: files of images have their owners in it. */
static bool is_default(const struct spec_userns *u, const struct host *host,
		       struct arena *a)
{
	struct spec spec;
	struct plan plan;

	spec_init(&spec, a);
	if (plan_build(&plan, &spec, host, a, NULL) < 0)
		return false;
	if (plan.map.rung == MAP_DIRECT && plan.map.n_uids == 0)
		return is_identity(u->uids, u->n_uids, host->own_uids,
				   host->n_own_uids) &&
		       is_identity(u->gids, u->n_gids, host->own_gids, host->n_own_gids);
	return is_equal(u->uids, u->n_uids, plan.map.uids, plan.map.n_uids) &&
	       is_equal(u->gids, u->n_gids, plan.map.gids, plan.map.n_gids);
}

static int learn_map(const struct spec *spec, const struct host *host, pid_t pid,
		     struct spec_userns *ret)
{
	struct spec_userns u = {
		.mode = USERNS_EXPLICIT, .maps_are_absolute = true, .is_known = true};
	int r = read_map(pid, "uid_map", spec->arena, &u.uids, &u.n_uids);

	if (r == 0)
		r = read_map(pid, "gid_map", spec->arena, &u.gids, &u.n_gids);
	if (r < 0)
		return r;
	if (is_default(&u, host, spec->arena))
		u = (struct spec_userns){.is_known = true};
	*ret = u;
	return 0;
}

/* --- all of it --- */

static int say(int r, const char *name, struct err *err)
{
	if (r == -ESRCH || r == -ENOENT) {
		err_say(err, -ESRCH, "container:%s: container '%s' is not running", name,
			name);
		return err_hint(err, -ESRCH, "urun start %s, in another terminal", name);
	}
	if (r == -EXDEV) {
		err_say(err, -EPERM,
			"container:%s: its first process has left the namespaces that it "
			"was started in",
			name);
		return err_hint(
			err, -EPERM,
			"A program that makes containers itself cannot be joined");
	}
	err_set(err, r, "container:%s: join its namespaces", name);
	if (r != -EACCES && r != -EPERM)
		return r;
	return err_hint(
		err, r,
		"It was started in another user namespace, or by another user, or it "
		"is a sandbox: nobody joins that");
}

int joined_open(const struct store *s, const struct host *host, const struct spec *spec,
		struct joined *ret, struct err *err)
{
	_cleanup_joined_ struct joined j = JOINED_NONE;
	_cleanup_fd_ int folder = -EBADF, pidfd = -EBADF;
	bool wants_net = spec->ns[NS_NET].mode == NS_MODE_CONTAINER;
	const char *stamp = NULL;
	struct container c = {0};
	pid_t pid = 0;
	int r;

	if (!spec->joined)
		return 0;
	memcpy(j.ns, spec->ns, sizeof(j.ns));
	j.userns = spec->userns;
	r = container_find_any(s, spec->joined, spec->arena, &c, err);
	if (r < 0)
		return r;
	folder = fd_open(s->dir, container_folder(&c, spec->arena),
			 O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
	r = folder < 0 ? folder : container_read_process(folder, spec->arena, &stamp);
	if (r == 0) {
		pidfd = process_open_stamped(stamp, &pid);
		r = MIN(pidfd, 0);
	}
	if (r == 0)
		r = open_all(spec, pid, &j);
	if (r == 0 && j.fds[NS_USER] >= 0)
		r = learn_map(spec, host, pid, &j.userns);
	/* It is there still: so all of this was its own. */
	if (r == 0 && process_await(pidfd, 0) != 0)
		r = -ESRCH;
	if (r < 0)
		return say(r, spec->joined, err);
	j.pidfd = fd_take(&pidfd);
	if (wants_net)
		j.folder = fd_take(&folder);
	*ret = j;
	j = JOINED_NONE;
	return 0;
}

void joined_apply(const struct joined *j, struct spec *spec)
{
	if (j->pidfd < 0)
		return;
	memcpy(spec->ns, j->ns, sizeof(spec->ns));
	spec->userns = j->userns;
}

int joined_finish(const struct joined *j, const struct plan *plan, struct arena *a,
		  struct err *err)
{
	/* It may have ended while an image was pulled. */
	if (j->pidfd >= 0 && process_await(j->pidfd, 0) != 0)
		return say(-ESRCH, plan->spec->joined, err);
	for (size_t i = 0; j->folder >= 0 && i < plan->n_ops; i++) {
		struct fsop *op = &plan->ops[i];
		const char *name = joined_text_of(op);
		char *text;
		int r;

		if (!name)
			continue;
		r = container_read_text(j->folder, name, a, &text);
		if (r == -ENOENT)
			continue;
		if (r < 0)
			return err_set(err, r, "container:%s: read its %s",
				       plan->spec->joined, op->dest);
		if (strcmp(name, "hosts") == 0)
			text = arena_printf(a, "%.*s%s", (int)op->content_len,
					    (const char *)op->content, text);
		else if (!op->is_optional)
			continue; /* --dns says it */
		op->content = text;
		op->content_len = strlen(text);
	}
	return 0;
}
