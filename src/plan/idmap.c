// SPDX-License-Identifier: Apache-2.0
/*
 * idmap.c - see idmap.h
 *
 * The caller's subordinate ids are seen as one line: place 0 is the caller itself, places
 * 1, 2, ... are the ids of all ranges, one after the other. podman calls it the
 * intermediate map. Every mode is a walk over pieces of that line.
 */
#include "plan/idmap.h"

#include <linux/capability.h>

#define AUTO_DEFAULT_SIZE 65536u

/* One kind of id: users or groups. */
struct line {
	const char *what;   /* "user", "group" */
	const char *option; /* of usermod(8) */
	const char *file;
	uint32_t own;
	const struct subid_range *subs;
	size_t n_subs;
};

struct ranges {
	struct idrange *v;
	size_t n_v;
};

static struct line uid_line(const struct host *h)
{
	return (struct line){"user", "--add-subuids", "/etc/subuid",
			     h->uid, h->subuids,      h->n_subuids};
}

static struct line gid_line(const struct host *h)
{
	return (struct line){"group", "--add-subgids", "/etc/subgid",
			     h->gid,  h->subgids,      h->n_subgids};
}

static uint64_t line_len(const struct line *l)
{
	uint64_t len = 1;

	for (size_t i = 0; i < l->n_subs; i++)
		len += l->subs[i].count;
	return len;
}

static void add_range(struct ranges *r, struct arena *a, uint32_t inside, uint32_t host,
		      uint64_t count)
{
	struct idrange *e;

	if (count == 0)
		return;
	e = ARR_PUSH(a, r, v);
	*e = (struct idrange){.inside = inside, .host = host, .count = (uint32_t)count};
}

/* Maps [inside, inside + count) to the places from @at on. False when the line is too
 * short. */
static bool map_places(const struct line *l, struct ranges *r, struct arena *a,
		       uint32_t inside, uint64_t at, uint64_t count)
{
	uint64_t start = 1;

	if (at + count > line_len(l))
		return false;
	if (at == 0 && count > 0) {
		add_range(r, a, inside, l->own, 1);
		inside++, at++, count--;
	}
	for (size_t i = 0; i < l->n_subs && count > 0; start += l->subs[i++].count) {
		uint64_t skip, n;

		if (at >= start + l->subs[i].count)
			continue;
		skip = at - start;
		n = MIN(l->subs[i].count - skip, count);
		add_range(r, a, inside, l->subs[i].start + (uint32_t)skip, n);
		inside += (uint32_t)n, at += n, count -= n;
	}
	return true;
}

/* keep-id: the caller's id keeps its number, the subordinate ids fill up from 0 around
 * it. */
static void map_keep(const struct line *l, struct ranges *r, struct arena *a,
		     uint32_t kept)
{
	uint64_t subs = line_len(l) - 1, below = MIN(kept, subs);

	map_places(l, r, a, 0, 1, below);
	add_range(r, a, kept, l->own, 1);
	if (subs > below)
		map_places(l, r, a, kept + 1, 1 + below,
			   MIN(subs - below, (uint64_t)UINT32_MAX - kept - 1));
}

/* The first id of [first, first + count) that is not the caller's to give; the range's end
 * when all are. As newuidmap(1) has it: the own id alone, or subordinate ids, over the end of
 * one range into the next that follows it. */
static uint64_t first_foreign(const struct line *l, uint32_t first, uint32_t count)
{
	uint64_t at = first, end = at + count;

	if (first == l->own)
		return at + 1;
	for (size_t i = 0; i < l->n_subs && at < end; i++) {
		uint64_t start = l->subs[i].start;

		if (at < start || at >= start + l->subs[i].count)
			continue;
		at = start + l->subs[i].count;
		i = SIZE_MAX; /* from the beginning: they are in no order */
	}
	return MIN(at, end);
}

static int say_outside(const struct line *l, const struct host *h, uint64_t id,
		       struct err *err)
{
	err_say(err, -EINVAL,
		"%s id %llu lies outside the ids of '%s': its own %u and %llu "
		"subordinate ones "
		"in %s",
		l->what, (unsigned long long)id, h->user, l->own,
		(unsigned long long)line_len(l) - 1, l->file);
	return err_hint(err, -EINVAL, "sudo usermod %s FIRST-LAST %s adds a range",
			l->option, h->user);
}

static bool overlap(uint32_t a, uint32_t n_a, uint32_t b, uint32_t n_b)
{
	return a < (uint64_t)b + n_b && b < (uint64_t)a + n_a;
}

/* No id twice, on either side: user_namespaces(7). */
static int check_twice(const struct line *l, const struct ranges *r, struct err *err)
{
	for (size_t i = 0; i < r->n_v; i++)
		for (size_t k = i + 1; k < r->n_v; k++) {
			const struct idrange *a = &r->v[i], *b = &r->v[k];

			if (overlap(a->inside, a->count, b->inside, b->count))
				return err_say(err, -EINVAL,
					       "id map: %s id %u is mapped twice",
					       l->what, MAX(a->inside, b->inside));
			if (overlap(a->host, a->count, b->host, b->count))
				return err_say(err, -EINVAL,
					       "id map: %s id %u of the host is mapped "
					       "twice",
					       l->what, MAX(a->host, b->host));
		}
	return 0;
}

/* By the id inside. */
static void sort_ranges(struct ranges *r)
{
	for (size_t i = 1; i < r->n_v; i++)
		for (size_t k = i; k > 0 && r->v[k].inside < r->v[k - 1].inside; k--) {
			struct idrange later = r->v[k - 1];

			r->v[k - 1] = r->v[k];
			r->v[k] = later;
		}
}

/* --uidmap and --gidmap, linux.uidMappings. */
static int map_explicit(const struct plan *p, const struct line *l,
			const struct idrange *maps, size_t n, struct ranges *r,
			struct arena *a, struct err *err)
{
	for (size_t i = 0; i < n; i++) {
		const struct idrange *m = &maps[i];

		if ((uint64_t)m->inside + m->count > UINT32_MAX)
			return err_say(err, -EINVAL,
				       "id map %u:%u:%u: ids inside end at 4294967294",
				       m->inside, m->host, m->count);
		if (p->spec->userns.maps_are_absolute || p->host->is_root) {
			uint64_t end = (uint64_t)m->host + m->count;
			uint64_t foreign = p->host->is_root
						   ? MIN(end, (uint64_t)UINT32_MAX)
						   : first_foreign(l, m->host, m->count);

			if (foreign < end && p->host->is_root)
				return err_say(err, -EINVAL,
					       "id map %u:%u:%u: ids of the host end at "
					       "4294967294",
					       m->inside, m->host, m->count);
			if (foreign < end)
				return say_outside(l, p->host, foreign, err);
			add_range(r, a, m->inside, m->host, m->count);
		} else if (!map_places(l, r, a, m->inside, m->host, m->count)) {
			return say_outside(l, p->host, MAX(m->host, line_len(l)), err);
		}
	}
	sort_ranges(r);
	return check_twice(l, r, err);
}

static int map_one(const struct plan *p, const struct line *l, bool is_user,
		   struct ranges *r, struct arena *a, struct err *err)
{
	const struct spec_userns *u = &p->spec->userns;
	bool has_kept = is_user ? u->has_keep_uid : u->has_keep_gid;

	switch (u->mode) {
	case USERNS_KEEP_ID:
		map_keep(l, r, a,
			 has_kept ? (is_user ? u->keep_uid : u->keep_gid) : l->own);
		return 0;
	case USERNS_NOMAP:
		map_places(l, r, a, 0, 1, line_len(l) - 1);
		return 0;
	case USERNS_EXPLICIT: {
		/* One list given serves for both, as podman has it. */
		bool use_uids = is_user ? u->n_uids > 0 : u->n_gids == 0;

		return map_explicit(p, l, use_uids ? u->uids : u->gids,
				    use_uids ? u->n_uids : u->n_gids, r, a, err);
	}
	case USERNS_DEFAULT:
	case USERNS_HOST:
	case USERNS_AUTO: /* build_auto() */
		break;
	}
	map_places(l, r, a, 0, 0, line_len(l));
	return 0;
}

static bool is_first_of_line(const struct idrange *v, size_t n)
{
	return n == 1 && v[0].count == 1 && v[0].host == 0;
}

bool idmap_wants_subids(const struct spec *spec)
{
	const struct spec_userns *u = &spec->userns;

	/* To know the map of the one that is joined. */
	if (spec->ns[NS_USER].mode == NS_MODE_CONTAINER || u->is_known)
		return true;
	if (spec->ns[NS_USER].mode != NS_MODE_PRIVATE || u->is_own)
		return false;
	return u->mode != USERNS_EXPLICIT || u->maps_are_absolute ||
	       !is_first_of_line(u->uids, u->n_uids) ||
	       !is_first_of_line(u->gids, u->n_gids);
}

static bool is_only_own(const struct ranges *r, uint32_t own)
{
	return r->n_v == 1 && r->v[0].count == 1 && r->v[0].host == own;
}

/* What keeps the caller from a map of many ids; NULL when nothing does. */
static const char *no_ranges_reason(const struct host *h, struct arena *a,
				    const char **ret_mend)
{
	if (h->n_subuids == 0 || h->n_subgids == 0) {
		*ret_mend = arena_printf(
			a,
			"sudo usermod --add-subuids 100000-165535 --add-subgids "
			"100000-165535 %s",
			h->user);
		return arena_printf(a, "'%s' has no subordinate ids in %s", h->user,
				    h->n_subuids == 0 ? "/etc/subuid" : "/etc/subgid");
	}
	if (!h->has_newuidmap || !h->has_newgidmap) {
		*ret_mend = "install newuidmap and newgidmap (package uidmap or "
			    "shadow-utils)";
		return arena_printf(a, "%s is not installed",
				    h->has_newuidmap ? "newgidmap" : "newuidmap");
	}
	return NULL;
}

/* The payload's ids when the caller names none. */
static void default_ids(struct plan *p)
{
	const struct spec_userns *u = &p->spec->userns;

	if (u->mode != USERNS_KEEP_ID || p->spec->ns[NS_USER].mode != NS_MODE_PRIVATE)
		return;
	p->uid = u->has_keep_uid ? u->keep_uid : p->host->uid;
	p->gid = u->has_keep_gid ? u->keep_gid : p->host->gid;
}

static int build_auto(struct plan *p, struct arena *a, struct err *err)
{
	struct line users = uid_line(p->host), groups = gid_line(p->host);
	uint64_t there = MIN(line_len(&users), line_len(&groups)) - 1;
	const char *mend, *reason = no_ranges_reason(p->host, a, &mend);

	if (reason && !p->host->is_root) {
		err_say(err, -EPERM, "--userns=auto: %s", reason);
		return err_hint(err, -EPERM, "%s", mend);
	}
	p->map.rung = MAP_RANGES;
	p->map.auto_size = p->spec->userns.auto_size;
	if (p->map.auto_size == 0)
		/* Leave room for others where one default would take the whole line. */
		p->map.auto_size =
			(uint32_t)(there > AUTO_DEFAULT_SIZE ? AUTO_DEFAULT_SIZE
							     : MAX(there / 4, 1u));
	if (p->map.auto_size > there) {
		err_say(err, -EINVAL,
			"--userns=auto:size=%u: '%s' has %llu subordinate ids",
			p->map.auto_size, p->host->user, (unsigned long long)there);
		return err_hint(err, -EINVAL,
				"sudo usermod --add-subuids FIRST-LAST "
				"--add-subgids FIRST-LAST %s adds a range",
				p->host->user);
	}
	return 0;
}

/* Without ranges: what is left of each mode with the caller's own id alone. */
static int build_single(struct plan *p, const char *reason, const char *mend,
			struct arena *a, struct err *err)
{
	const struct spec_userns *u = &p->spec->userns;
	struct ranges uids = {0}, gids = {0};

	if (u->mode == USERNS_NOMAP || u->mode == USERNS_EXPLICIT) {
		err_say(err, -EPERM, "%s needs subordinate ids: %s",
			u->mode == USERNS_NOMAP ? "--userns=nomap" : "this id map",
			reason);
		return err_hint(err, -EPERM, "%s", mend);
	}
	add_range(&uids, a, p->uid, p->host->uid, 1);
	add_range(&gids, a, p->gid, p->host->gid, 1);
	p->map = (struct plan_map){
		.rung = MAP_SINGLE,
		.is_there = p->map.is_there,
		.uids = uids.v,
		.gids = gids.v,
		.n_uids = 1,
		.n_gids = 1,
		.deny_setgroups = true,
	};
	p->want_owners = p->uid == 0 && (p->caps.bounding & 1ULL << CAP_CHOWN);
	strv_pushf(a, &p->notes, "only one user id inside%s: %s; to have more: %s",
		   p->want_owners ? " (owners of files are emulated)" : "", reason, mend);
	return 0;
}

/* Root of a namespace like that of `urun unshare` without subordinate ids. */
static bool has_one_id(const struct host *h)
{
	return h->n_own_uids == 1 && h->own_uids[0].count == 1;
}

/* It is there as it is, whatever the caller could map today. */
static void take_known(struct plan *p)
{
	const struct spec_userns *u = &p->spec->userns;
	bool is_single = !p->host->is_root && u->n_uids == 1 && u->uids[0].count == 1 &&
			 u->n_gids == 1 && u->gids[0].count == 1;

	p->map.uids = u->uids;
	p->map.gids = u->gids;
	p->map.n_uids = u->n_uids;
	p->map.n_gids = u->n_gids;
	p->map.rung = p->host->is_root ? MAP_DIRECT : is_single ? MAP_SINGLE : MAP_RANGES;
	p->map.deny_setgroups = is_single;
}

/* devpts is made by root, and is root's. */
static bool makes_devpts(const struct spec *s)
{
	for (size_t i = 0; i < s->n_fsops; i++)
		if (s->fsops[i].kind == FSOP_DEVTREE)
			return true;
	return false;
}

static void build_own(struct plan *p, struct arena *a)
{
	const struct spec_userns *u = &p->spec->userns;
	bool want_root = makes_devpts(p->spec) && (u->own_uid != 0 || u->own_gid != 0);
	struct ranges uids = {0}, gids = {0};

	p->uid = u->own_uid;
	p->gid = u->own_gid;
	/* Who writes the map himself has what is in it. */
	want_root = want_root && !u->has_map_fd;
	p->want_nested = want_root || u->has_no_more;
	add_range(&uids, a, want_root ? 0 : p->uid, p->host->uid, 1);
	add_range(&gids, a, want_root ? 0 : p->gid, p->host->gid, 1);
	p->map = (struct plan_map){
		.rung = MAP_SINGLE,
		.uids = uids.v,
		.gids = gids.v,
		.n_uids = 1,
		.n_gids = 1,
		.deny_setgroups = true,
	};
	/* What is there then, nobody knows now. */
	if (u->has_map_fd)
		p->map.rung = MAP_RANGES;
}

int idmap_build(struct plan *p, struct arena *a, struct err *err)
{
	const struct spec_userns *u = &p->spec->userns;
	const struct host *h = p->host;
	struct line users = uid_line(h), groups = gid_line(h);
	struct ranges uids = {0}, gids = {0};
	const char *mend = NULL, *reason;
	int r;

	p->map.rung = MAP_NONE;
	p->map.is_there = u->is_known;
	if ((p->spec->ns[NS_USER].mode != NS_MODE_PRIVATE && !u->is_known) ||
	    (u->mode == USERNS_HOST && h->is_root))
		return 0;
	if (u->mode == USERNS_NOMAP && h->is_root)
		return err_say(
			err, -EINVAL,
			"--userns=nomap is not for root: there is no id to keep out");
	if (u->is_own) {
		build_own(p, a);
		return 0;
	}
	default_ids(p);
	if (u->is_known && u->mode == USERNS_EXPLICIT) {
		take_known(p);
		return 0;
	}
	if (u->mode == USERNS_AUTO)
		return build_auto(p, a, err);
	if (h->is_root && u->mode != USERNS_EXPLICIT) {
		if (has_one_id(h))
			return build_single(p, "the user namespace around it has no more",
					    "start it outside of that", a, err);
		p->map.rung = MAP_DIRECT;
		return 0;
	}
	reason = no_ranges_reason(h, a, &mend);
	if (reason && u->mode != USERNS_EXPLICIT)
		return build_single(p, reason, mend, a, err);
	r = map_one(p, &users, true, &uids, a, err);
	if (r == 0)
		r = map_one(p, &groups, false, &gids, a, err);
	if (r < 0)
		return r;
	p->map.uids = uids.v;
	p->map.gids = gids.v;
	p->map.n_uids = uids.n_v;
	p->map.n_gids = gids.n_v;
	p->map.rung = h->is_root ? MAP_DIRECT : MAP_RANGES;
	if (!h->is_root && is_only_own(&uids, h->uid) && is_only_own(&gids, h->gid)) {
		p->map.rung = MAP_SINGLE;
		p->map.deny_setgroups = true;
	}
	if (p->map.rung == MAP_RANGES && reason)
		return build_single(p, reason, mend, a, err);
	if (p->map.n_uids > SPEC_MAX_IDMAPS || p->map.n_gids > SPEC_MAX_IDMAPS)
		return err_say(err, -EINVAL, "id map: %zu ranges, the kernel takes %d",
			       MAX(p->map.n_uids, p->map.n_gids), SPEC_MAX_IDMAPS);
	return 0;
}

static bool ranges_have(const struct idrange *v, size_t n, uint32_t id)
{
	for (size_t i = 0; i < n; i++)
		if (id >= v[i].inside && id - v[i].inside < v[i].count)
			return true;
	return false;
}

static bool own_have(const struct subid_range *v, size_t n, uint32_t id)
{
	for (size_t i = 0; i < n; i++)
		if (id >= v[i].start && id - v[i].start < v[i].count)
			return true;
	return n == 0;
}

bool plan_has_uid(const struct plan *p, uint32_t uid)
{
	if (p->want_nested)
		return uid == p->uid;
	if (p->map.auto_size > 0)
		return uid < p->map.auto_size;
	/* Without ranges every id of the caller's own namespace keeps its number. */
	return p->map.n_uids == 0 ? own_have(p->host->own_uids, p->host->n_own_uids, uid)
				  : ranges_have(p->map.uids, p->map.n_uids, uid);
}

bool plan_has_gid(const struct plan *p, uint32_t gid)
{
	if (p->want_nested)
		return gid == p->gid;
	if (p->map.auto_size > 0)
		return gid < p->map.auto_size;
	return p->map.n_gids == 0 ? own_have(p->host->own_gids, p->host->n_own_gids, gid)
				  : ranges_have(p->map.gids, p->map.n_gids, gid);
}
