// SPDX-License-Identifier: Apache-2.0
/*
 * plan_idmap.c - idmap_build(): any ranges come to a map that the kernel takes
 *
 * Random hosts from a fixed seed. Each map is written out id by id and compared with what
 * the mode means, which is easily said for a list of single ids: the "line", of which
 * place 0 is the caller and the others are the subordinate ids in their order.
 */
#include <stdio.h>
#include <string.h>

#include "plan/idmap.h"
#include "test.h"

#define ROUNDS	   3000
#define MAX_IDS	   2048
#define MAX_RANGES 5u
#define LAST_ID	   (UINT32_MAX - 1)

struct pair {
	uint32_t inside, host;
};

/* A list of ids: pairs of a map, or the line with the places as `inside`. */
struct ids {
	struct pair v[MAX_IDS];
	size_t n;
};

struct world {
	struct arena *arena;
	struct host host;
	struct spec spec;
	struct plan plan;
	struct ids users, groups; /* the lines */
	uint64_t seed;
};

static uint32_t draw(struct world *w, uint32_t below)
{
	w->seed ^= w->seed << 13;
	w->seed ^= w->seed >> 7;
	w->seed ^= w->seed << 17;
	return (uint32_t)((w->seed >> 11) % below);
}

static void add_id(struct ids *ids, uint32_t inside, uint32_t host)
{
	assert_true(ids->n < MAX_IDS);
	ids->v[ids->n++] = (struct pair){inside, host};
}

static bool has_host(const struct ids *ids, uint64_t first, uint64_t count)
{
	for (size_t i = 0; i < ids->n; i++)
		if (ids->v[i].host >= first && ids->v[i].host - first < count)
			return true;
	return false;
}

/* Up to MAX_RANGES ranges that touch neither each other nor the own id. */
static size_t draw_ranges(struct world *w, struct subid_range *v, struct ids *line)
{
	size_t want = 1 + draw(w, MAX_RANGES), n = 0;

	for (int tries = 0; n < want && tries < 100; tries++) {
		uint32_t count = 1 + draw(w, 40);
		/* Close together, so that some follow each other; or at the end of all
		 * ids. */
		uint32_t start = draw(w, 8) ? 100000 + draw(w, 300)
					    : LAST_ID - draw(w, 200) - count + 1;

		if (has_host(line, start, count))
			continue;
		v[n++] = (struct subid_range){start, count};
		for (uint32_t i = 0; i < count; i++)
			add_id(line, (uint32_t)line->n, start + i);
	}
	return n;
}

static uint32_t draw_own(struct world *w)
{
	static const uint32_t usual[] = {1, 1000, 100100, 65534, LAST_ID};

	return draw(w, 2) ? usual[draw(w, 5)] : 1 + draw(w, LAST_ID);
}

/* A new caller with subordinate ids of both kinds. */
static void draw_host(struct world *w)
{
	w->users.n = w->groups.n = 0;
	w->host = (struct host){.uid = draw_own(w),
				.gid = draw_own(w),
				.user = "dev",
				.has_newuidmap = true,
				.has_newgidmap = true};
	w->host.subuids = arena_alloc(w->arena, MAX_RANGES * sizeof(*w->host.subuids));
	w->host.subgids = arena_alloc(w->arena, MAX_RANGES * sizeof(*w->host.subgids));
	add_id(&w->users, 0, w->host.uid);
	add_id(&w->groups, 0, w->host.gid);
	w->host.n_subuids = draw_ranges(w, w->host.subuids, &w->users);
	w->host.n_subgids = draw_ranges(w, w->host.subgids, &w->groups);
	spec_init(&w->spec, w->arena);
}

static struct world *new_world(void **state)
{
	struct world *w = arena_new(*state, struct world);

	w->arena = *state;
	w->seed = 0x2545f4914f6cdd1dULL;
	draw_host(w);
	return w;
}

static int build(struct world *w, struct err *err)
{
	w->plan = (struct plan){.spec = &w->spec, .host = &w->host};
	return idmap_build(&w->plan, w->arena, err);
}

static void must_build(struct world *w)
{
	struct err err = {0};

	if (build(w, &err) != 0)
		fail_msg("%s", err.message);
}

static int by_host(const void *a, const void *b)
{
	const struct pair *x = a, *y = b;

	return (x->host > y->host) - (x->host < y->host);
}

/* What every map has to be for the kernel, and for the caller not to give what is not
 * his. */
static void check_ranges(const struct idrange *v, size_t n, const struct ids *line)
{
	struct ids *ids = calloc(1, sizeof(*ids));

	assert_non_null(ids);
	for (size_t i = 0; i < n; i++) {
		assert_true(v[i].count > 0);
		assert_true((uint64_t)v[i].inside + v[i].count <= (uint64_t)LAST_ID + 1);
		assert_true((uint64_t)v[i].host + v[i].count <= (uint64_t)LAST_ID + 1);
		/* Sorted, and no id inside twice. */
		if (i > 0)
			assert_true(v[i].inside >=
				    (uint64_t)v[i - 1].inside + v[i - 1].count);
		for (uint32_t k = 0; k < v[i].count; k++)
			add_id(ids, v[i].inside + k, v[i].host + k);
	}
	qsort(ids->v, ids->n, sizeof(ids->v[0]), by_host);
	for (size_t i = 0; i < ids->n; i++) {
		if (i > 0)
			assert_int_not_equal(ids->v[i].host, ids->v[i - 1].host);
		assert_true(!line || has_host(line, ids->v[i].host, 1));
	}
	free(ids);
}

/* The map is exactly this list, which is sorted by the id inside. */
static void check_is(const struct idrange *v, size_t n, const struct ids *want)
{
	size_t at = 0;

	for (size_t i = 0; i < n; i++)
		for (uint32_t k = 0; k < v[i].count; k++, at++) {
			assert_true(at < want->n);
			assert_int_equal(v[i].inside + k, want->v[at].inside);
			assert_int_equal(v[i].host + k, want->v[at].host);
		}
	assert_int_equal(at, want->n);
}

/* plan_has_uid() and plan_has_gid() against the list, around each of its ends. */
static void check_has(const struct plan *p, bool (*has)(const struct plan *, uint32_t),
		      const struct ids *want)
{
	for (size_t i = 0; i < want->n; i++) {
		uint32_t id = want->v[i].inside;
		bool has_next = i + 1 < want->n && want->v[i + 1].inside == id + 1;

		assert_true(has(p, id));
		assert_int_equal(has(p, id + 1), has_next);
		if (i == 0 && id > 0)
			assert_false(has(p, id - 1));
	}
	assert_false(has(p, UINT32_MAX));
}

static void check_map(struct world *w, const struct ids *users, const struct ids *groups)
{
	const struct plan_map *m = &w->plan.map;

	check_ranges(m->uids, m->n_uids, &w->users);
	check_ranges(m->gids, m->n_gids, &w->groups);
	check_is(m->uids, m->n_uids, users);
	check_is(m->gids, m->n_gids, groups);
	check_has(&w->plan, plan_has_uid, users);
	check_has(&w->plan, plan_has_gid, groups);
	assert_int_equal(m->auto_size, 0);
	assert_int_equal(w->plan.notes.n, 0);
}

static void test_default(void **state)
{
	struct world *w = new_world(state);

	for (int i = 0; i < ROUNDS; i++) {
		draw_host(w);
		w->spec.userns.mode = i % 2 ? USERNS_DEFAULT : USERNS_HOST;
		must_build(w);
		check_map(w, &w->users, &w->groups);
		assert_int_equal(w->plan.map.rung, MAP_RANGES);
		assert_false(w->plan.map.deny_setgroups);
		assert_int_equal(w->plan.uid, 0);
		assert_int_equal(w->plan.gid, 0);
	}
}

static void test_nomap(void **state)
{
	struct world *w = new_world(state);

	for (int i = 0; i < ROUNDS; i++) {
		struct ids users = {0}, groups = {0};

		draw_host(w);
		w->spec.userns.mode = USERNS_NOMAP;
		for (size_t k = 1; k < w->users.n; k++)
			add_id(&users, (uint32_t)k - 1, w->users.v[k].host);
		for (size_t k = 1; k < w->groups.n; k++)
			add_id(&groups, (uint32_t)k - 1, w->groups.v[k].host);
		must_build(w);
		check_map(w, &users, &groups);
		for (size_t k = 0; k < w->plan.map.n_uids; k++)
			assert_true(w->host.uid - w->plan.map.uids[k].host >=
				    w->plan.map.uids[k].count);
	}
}

/* The own id at its place, the others around it in their order, none of them beyond
 * the last id that there is. */
static void keep(const struct ids *line, uint32_t kept, struct ids *ret)
{
	bool is_placed = false;

	for (size_t k = 1; k <= line->n; k++) {
		uint64_t inside = k - 1 + is_placed;

		if (!is_placed && (inside == kept || k == line->n)) {
			add_id(ret, kept, line->v[0].host);
			is_placed = true;
			inside++;
		}
		if (k < line->n && inside <= LAST_ID)
			add_id(ret, (uint32_t)inside, line->v[k].host);
	}
}

static void check_keep(struct world *w, uint32_t uid, uint32_t gid)
{
	struct ids users = {0}, groups = {0};

	keep(&w->users, uid, &users);
	keep(&w->groups, gid, &groups);
	must_build(w);
	check_map(w, &users, &groups);
	assert_int_equal(w->plan.uid, uid);
	assert_int_equal(w->plan.gid, gid);
	assert_int_equal(w->plan.map.rung, MAP_RANGES);
}

static void test_keep_id(void **state)
{
	struct world *w = new_world(state);

	for (int i = 0; i < ROUNDS; i++) {
		draw_host(w);
		w->spec.userns.mode = USERNS_KEEP_ID;
		check_keep(w, w->host.uid, w->host.gid);
	}
}

static void test_keep_id_elsewhere(void **state)
{
	struct world *w = new_world(state);

	for (int i = 0; i < ROUNDS; i++) {
		uint32_t uid, gid;

		draw_host(w);
		uid = draw(w, 8) ? draw(w, 60) : LAST_ID - draw(w, 3);
		gid = draw(w, 8) ? draw(w, 60) : LAST_ID - draw(w, 3);
		w->spec.userns = (struct spec_userns){.mode = USERNS_KEEP_ID,
						      .has_keep_uid = draw(w, 4),
						      .has_keep_gid = draw(w, 4),
						      .keep_uid = uid,
						      .keep_gid = gid};
		check_keep(w, w->spec.userns.has_keep_uid ? uid : w->host.uid,
			   w->spec.userns.has_keep_gid ? gid : w->host.gid);
	}
}

/* All small cases: two ranges of up to four ids, the kept id within, at and behind
 * their end. */
static void test_keep_id_small(void **state)
{
	struct world *w = new_world(state);

	for (uint32_t a = 1; a <= 4; a++)
		for (uint32_t b = 0; b <= 4; b++)
			for (uint32_t kept = 0; kept <= 10; kept++) {
				struct subid_range ranges[] = {{500, a}, {900, b}};

				w->host.uid = w->host.gid = 7;
				w->host.subuids = w->host.subgids = ranges;
				w->host.n_subuids = w->host.n_subgids = b ? 2 : 1;
				w->users.n = 0;
				add_id(&w->users, 0, 7);
				for (uint32_t i = 0; i < a; i++)
					add_id(&w->users, 1 + i, 500 + i);
				for (uint32_t i = 0; i < b; i++)
					add_id(&w->users, 1 + a + i, 900 + i);
				w->groups = w->users;
				w->spec.userns =
					(struct spec_userns){.mode = USERNS_KEEP_ID,
							     .has_keep_uid = true,
							     .has_keep_gid = true,
							     .keep_uid = kept,
							     .keep_gid = kept};
				check_keep(w, kept, kept);
			}
}

static int by_inside(const void *a, const void *b)
{
	const struct pair *x = a, *y = b;

	return (x->inside > y->inside) - (x->inside < y->inside);
}

/* Cuts the line into pieces, leaves some out, and gives each a place inside that is its
 * own;
 * @want gets what the kernel is to see. */
static void draw_pieces(struct world *w, const struct ids *line, bool is_absolute,
			struct idrange **ret, size_t *ret_n, struct ids *want)
{
	struct {
		struct idrange *v;
		size_t n_v;
	} out = {0};
	/* Places inside go down while places of the line go up: given unsorted. */
	uint32_t inside = 5000;
	size_t at = 0;

	while (at < line->n) {
		uint32_t n = 1 + draw(w, 12);

		/* An absolute range may not go over the end of one of the host's. */
		for (uint32_t k = 1; is_absolute && k < n && at + k < line->n; k++)
			if (at == 0 ||
			    line->v[at + k].host != line->v[at + k - 1].host + 1)
				n = k;
		n = MIN(n, (uint32_t)(line->n - at));
		inside -= n + draw(w, 3);
		if (draw(w, 4)) {
			*ARR_PUSH(w->arena, &out, v) = (struct idrange){
				inside, is_absolute ? line->v[at].host : (uint32_t)at, n};
			for (uint32_t k = 0; k < n; k++)
				add_id(want, inside + k, line->v[at + k].host);
		}
		at += n;
	}
	qsort(want->v, want->n, sizeof(want->v[0]), by_inside);
	*ret = out.v;
	*ret_n = out.n_v;
}

static void test_explicit(void **state)
{
	struct world *w = new_world(state);

	for (int i = 0; i < ROUNDS; i++) {
		struct spec_userns *u = &w->spec.userns;
		struct ids users = {0}, groups = {0};

		draw_host(w);
		u->mode = USERNS_EXPLICIT;
		u->maps_are_absolute = draw(w, 2);
		draw_pieces(w, &w->users, u->maps_are_absolute, &u->uids, &u->n_uids,
			    &users);
		draw_pieces(w, &w->groups, u->maps_are_absolute, &u->gids, &u->n_gids,
			    &groups);
		if (u->n_uids == 0 || u->n_gids == 0)
			continue; /* the other list would serve for both */
		must_build(w);
		check_map(w, &users, &groups);
	}
}

/* With one list given for both kinds the line of each kind is what it counts in. */
static void test_explicit_for_both(void **state)
{
	struct world *w = new_world(state);

	for (int i = 0; i < ROUNDS; i++) {
		struct spec_userns *u = &w->spec.userns;
		struct idrange one = {.inside = draw(w, 100)};
		struct ids users = {0}, groups = {0};
		size_t len;

		draw_host(w);
		len = MIN(w->users.n, w->groups.n);
		one.host = draw(w, (uint32_t)len);
		one.count = 1 + draw(w, (uint32_t)len - one.host);
		u->mode = USERNS_EXPLICIT;
		*(draw(w, 2) ? &u->uids : &u->gids) = &one;
		u->n_uids = u->uids ? 1 : 0;
		u->n_gids = u->gids ? 1 : 0;
		for (uint32_t k = 0; k < one.count; k++) {
			add_id(&users, one.inside + k, w->users.v[one.host + k].host);
			add_id(&groups, one.inside + k, w->groups.v[one.host + k].host);
		}
		must_build(w);
		check_map(w, &users, &groups);
		assert_int_equal(w->plan.map.rung, one.host == 0 && one.count == 1
							   ? MAP_SINGLE
							   : MAP_RANGES);
	}
}

/* Does the map give every id that was asked for, and no other? */
static void check_given(const struct idrange *asked, size_t n_asked,
			const struct idrange *v, size_t n)
{
	uint64_t there = 0, wanted = 0;

	for (size_t i = 0; i < n_asked; i++)
		wanted += asked[i].count;
	for (size_t i = 0; i < n; i++)
		there += v[i].count;
	assert_int_equal(there, wanted);
}

/* Nonsense of all kinds: it is refused, or it is a map. */
static void test_explicit_nonsense(void **state)
{
	struct world *w = new_world(state);
	size_t n_refused = 0;

	for (int i = 0; i < ROUNDS * 4; i++) {
		struct spec_userns *u = &w->spec.userns;
		struct idrange maps[3];
		struct err err = {0};
		bool is_root = draw(w, 3) == 0;
		int r;

		draw_host(w);
		w->host.is_root = is_root;
		u->mode = USERNS_EXPLICIT;
		u->maps_are_absolute = draw(w, 2);
		for (size_t k = 0; k < ARRAY_SIZE(maps); k++) {
			uint32_t base = draw(w, 4)   ? 0
					: is_root    ? UINT32_MAX - 20
					: draw(w, 2) ? 100000
						     : UINT32_MAX - 20;

			maps[k] = (struct idrange){draw(w, 6) ? draw(w, 40)
							      : UINT32_MAX - draw(w, 20),
						   base + draw(w, 21), 1 + draw(w, 12)};
		}
		u->uids = u->gids = maps;
		u->n_uids = u->n_gids = 1 + draw(w, 3);
		r = build(w, &err);
		if (r < 0) {
			assert_int_equal(r, -EINVAL);
			assert_int_equal(err.code, -EINVAL);
			assert_string_not_equal(err.message, "");
			n_refused++;
			continue;
		}
		check_ranges(w->plan.map.uids, w->plan.map.n_uids,
			     is_root ? NULL : &w->users);
		check_ranges(w->plan.map.gids, w->plan.map.n_gids,
			     is_root ? NULL : &w->groups);
		check_given(maps, u->n_uids, w->plan.map.uids, w->plan.map.n_uids);
		check_given(maps, u->n_gids, w->plan.map.gids, w->plan.map.n_gids);
	}
	/* Both ends of the road were gone to. */
	assert_in_range(n_refused, ROUNDS, ROUNDS * 4 - ROUNDS / 4);
}

static void explicit_of(struct world *w, struct idrange *maps, size_t n)
{
	w->spec.userns = (struct spec_userns){.mode = USERNS_EXPLICIT,
					      .uids = maps,
					      .n_uids = n,
					      .gids = maps,
					      .n_gids = n};
}

static void test_host_id_twice(void **state)
{
	struct world *w = new_world(state);
	struct subid_range range = {100, 10};
	struct idrange maps[] = {{0, 0, 3}, {10, 2, 1}};

	w->host.uid = w->host.gid = 7;
	w->host.subuids = w->host.subgids = &range;
	w->host.n_subuids = w->host.n_subgids = 1;
	explicit_of(w, maps, 2);
	assert_int_equal(build(w, NULL), -EINVAL);
	maps[1].host = 3;
	assert_int_equal(build(w, NULL), 0);
	maps[1] = (struct idrange){3, 2, 2};
	assert_int_equal(build(w, NULL), -EINVAL);
	maps[1] = (struct idrange){2, 5, 1};
	assert_refused(build(w, refused_err), -EINVAL,
		       "id map: user id 2 is mapped twice");
}

static void test_ends_of_the_id_space(void **state)
{
	struct world *w = new_world(state);
	struct subid_range range = {UINT32_MAX - 10, 10};
	struct idrange map = {UINT32_MAX - 11, 0, 11};

	w->host.uid = w->host.gid = 7;
	w->host.subuids = w->host.subgids = &range;
	w->host.n_subuids = w->host.n_subgids = 1;
	explicit_of(w, &map, 1);
	assert_int_equal(build(w, NULL), 0);
	assert_true(plan_has_uid(&w->plan, LAST_ID));
	map.inside++;
	assert_refused(build(w, refused_err), -EINVAL,
		       "id map 4294967285:0:11: ids inside end at 4294967294");
	map = (struct idrange){0, UINT32_MAX, UINT32_MAX};
	assert_int_equal(build(w, NULL), -EINVAL);
	map = (struct idrange){0, UINT32_MAX - 10, 10};
	w->spec.userns.maps_are_absolute = true;
	assert_int_equal(build(w, NULL), 0);
	map.count = 11;
	assert_int_equal(build(w, NULL), -EINVAL);
	w->host.is_root = true;
	assert_int_equal(build(w, NULL), -EINVAL);
}

/* The kernel takes 340 ranges. A map within that can come to more, over many host
 * ranges. */
static void test_too_many_ranges(void **state)
{
	struct world *w = new_world(state);
	struct subid_range *subs = arena_alloc(*state, HOST_MAX_SUBIDS * sizeof(*subs));
	struct idrange *maps = arena_alloc(*state, SPEC_MAX_IDMAPS * sizeof(*maps));

	/* Places 0 to 128 are a range each, the last one has many. */
	for (uint32_t i = 0; i < HOST_MAX_SUBIDS; i++)
		subs[i] = (struct subid_range){100000 + 2 * i, 1};
	subs[HOST_MAX_SUBIDS - 1].count = 1000;
	w->host.uid = w->host.gid = 7;
	w->host.subuids = w->host.subgids = subs;
	w->host.n_subuids = w->host.n_subgids = HOST_MAX_SUBIDS;
	maps[0] = (struct idrange){0, 0, 1 + HOST_MAX_SUBIDS};
	for (uint32_t i = 1; i < SPEC_MAX_IDMAPS; i++)
		maps[i] = (struct idrange){1000 + i, HOST_MAX_SUBIDS + i, 1};
	explicit_of(w, maps, 1 + SPEC_MAX_IDMAPS - (1 + HOST_MAX_SUBIDS));
	must_build(w);
	assert_int_equal(w->plan.map.n_uids, SPEC_MAX_IDMAPS);
	explicit_of(w, maps, 2 + SPEC_MAX_IDMAPS - (1 + HOST_MAX_SUBIDS));
	assert_refused(build(w, refused_err), -EINVAL,
		       "id map: 341 ranges, the kernel takes 340");
	w->spec.userns = (struct spec_userns){.mode = USERNS_DEFAULT};
	must_build(w);
	assert_int_equal(w->plan.map.n_uids, 1 + HOST_MAX_SUBIDS);
}

static void test_auto(void **state)
{
	struct world *w = new_world(state);

	for (int i = 0; i < ROUNDS; i++) {
		uint32_t there, asked = draw(w, 120);
		struct err err = {0};
		int r;

		draw_host(w);
		there = (uint32_t)MIN(w->users.n, w->groups.n) - 1;
		w->spec.userns =
			(struct spec_userns){.mode = USERNS_AUTO, .auto_size = asked};
		r = build(w, &err);
		if (asked > there) {
			assert_int_equal(r, -EINVAL);
			assert_string_equal(err.message,
					    arena_printf(*state,
							 "--userns=auto:size=%u: 'dev' "
							 "has %u subordinate ids",
							 asked, there));
			continue;
		}
		assert_int_equal(r, 0);
		assert_int_equal(w->plan.map.rung, MAP_RANGES);
		assert_int_equal(w->plan.map.n_uids + w->plan.map.n_gids, 0);
		assert_int_equal(w->plan.map.auto_size, asked	    ? asked
							: there < 4 ? 1
								    : there / 4);
		assert_true(plan_has_uid(&w->plan, w->plan.map.auto_size - 1));
		assert_false(plan_has_uid(&w->plan, w->plan.map.auto_size));
		assert_true(plan_has_gid(&w->plan, w->plan.map.auto_size - 1));
		assert_false(plan_has_gid(&w->plan, w->plan.map.auto_size));
	}
}

/* The ladder: what is missing decides, and the mode decides whether that is an error. */
static void test_ladder(void **state)
{
	static const struct subid_range range = {100000, 65536};
	static const enum userns_mode modes[] = {USERNS_DEFAULT, USERNS_KEEP_ID,
						 USERNS_NOMAP, USERNS_AUTO, USERNS_HOST};
	struct world *w = new_world(state);

	for (unsigned int i = 0; i < 16 * ARRAY_SIZE(modes); i++) {
		enum userns_mode mode = modes[i / 16];
		bool is_whole = i % 16 == 15;
		struct host *h = &w->host;
		int r;

		*h = (struct host){.uid = 1000,
				   .gid = 100,
				   .user = "dev",
				   .subuids = (struct subid_range *)&range,
				   .subgids = (struct subid_range *)&range,
				   .n_subuids = i & 1,
				   .n_subgids = i >> 1 & 1,
				   .has_newuidmap = i & 4,
				   .has_newgidmap = i & 8};
		w->spec.userns = (struct spec_userns){.mode = mode};
		r = build(w, NULL);
		if (!is_whole && (mode == USERNS_NOMAP || mode == USERNS_AUTO)) {
			assert_int_equal(r, -EPERM);
			continue;
		}
		assert_int_equal(r, 0);
		assert_int_equal(w->plan.map.rung, is_whole ? MAP_RANGES : MAP_SINGLE);
		assert_int_equal(w->plan.map.deny_setgroups, !is_whole);
		assert_int_equal(w->plan.notes.n, is_whole ? 0 : 1);
		if (is_whole)
			continue;
		assert_int_equal(w->plan.map.n_uids, 1);
		assert_int_equal(w->plan.map.n_gids, 1);
		assert_int_equal(w->plan.map.uids[0].inside,
				 mode == USERNS_KEEP_ID ? 1000 : 0);
		assert_int_equal(w->plan.map.uids[0].host, 1000);
		assert_int_equal(w->plan.map.uids[0].count, 1);
		assert_int_equal(w->plan.map.gids[0].inside,
				 mode == USERNS_KEEP_ID ? 100 : 0);
		assert_int_equal(w->plan.map.gids[0].host, 100);
	}
}

static void test_ladder_says_why(void **state)
{
	static const struct {
		bool no_subuids, no_subgids, no_newuidmap, no_newgidmap;
		const char *note;
	} cases[] = {
		{.no_subuids = true,
		 .no_newuidmap = true,
		 .note = "only one user id inside: 'dev' has no subordinate ids in "
			 "/etc/subuid; to have more: sudo usermod --add-subuids "
			 "100000-165535 --add-subgids 100000-165535 dev"},
		{.no_subgids = true,
		 .note = "only one user id inside: 'dev' has no subordinate ids in "
			 "/etc/subgid; to have more: sudo usermod --add-subuids "
			 "100000-165535 --add-subgids 100000-165535 dev"},
		{.no_newuidmap = true,
		 .note = "only one user id inside: newuidmap is not installed; to have "
			 "more: install newuidmap and newgidmap (package uidmap or "
			 "shadow-utils)"},
		{.no_newgidmap = true,
		 .note = "only one user id inside: newgidmap is not installed; to have "
			 "more: install newuidmap and newgidmap (package uidmap or "
			 "shadow-utils)"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct world *w = new_world(state);

		if (cases[i].no_subuids)
			w->host.n_subuids = 0;
		if (cases[i].no_subgids)
			w->host.n_subgids = 0;
		w->host.has_newuidmap = !cases[i].no_newuidmap;
		w->host.has_newgidmap = !cases[i].no_newgidmap;
		must_build(w);
		assert_int_equal(w->plan.notes.n, 1);
		assert_string_equal(w->plan.notes.v[0], cases[i].note);
	}
}

static void test_no_map(void **state)
{
	struct world *w = new_world(state);

	for (int i = 0; i < 3; i++) {
		w->spec.ns[NS_USER].mode = i == 0   ? NS_MODE_HOST
					   : i == 1 ? NS_MODE_PATH
						    : NS_MODE_PRIVATE;
		if (i == 2) {
			w->spec.userns.mode = USERNS_HOST;
			w->host.is_root = true;
		}
		must_build(w);
		assert_int_equal(w->plan.map.rung, MAP_NONE);
		assert_int_equal(w->plan.map.n_uids + w->plan.map.n_gids, 0);
		/* Not known here: as if it had all. */
		assert_true(plan_has_uid(&w->plan, 0));
		assert_true(plan_has_uid(&w->plan, LAST_ID));
		assert_true(plan_has_gid(&w->plan, 12345));
	}
}

static void test_root(void **state)
{
	static const enum userns_mode modes[] = {USERNS_DEFAULT, USERNS_KEEP_ID};
	struct world *w = new_world(state);

	w->host = (struct host){.user = "root", .is_root = true};
	for (size_t i = 0; i < ARRAY_SIZE(modes); i++) {
		w->spec.userns.mode = modes[i];
		must_build(w);
		assert_int_equal(w->plan.map.rung, MAP_DIRECT);
		assert_int_equal(w->plan.map.n_uids + w->plan.map.n_gids, 0);
		assert_int_equal(w->plan.notes.n, 0);
		assert_true(plan_has_uid(&w->plan, 4000000000u));
		assert_true(plan_has_gid(&w->plan, 0));
	}
	/* podman-run(1): not for root, with whatever subordinate ids. */
	w->spec.userns.mode = USERNS_NOMAP;
	assert_int_equal(build(w, NULL), -EINVAL);
	draw_host(w);
	w->host.is_root = true;
	w->spec.userns.mode = USERNS_NOMAP;
	assert_int_equal(build(w, NULL), -EINVAL);
}

static void test_root_explicit(void **state)
{
	struct world *w = new_world(state);
	struct idrange maps[] = {{0, 500000, 10}, {10, 0, 1}};

	w->host = (struct host){.user = "root", .is_root = true};
	explicit_of(w, maps, 2);
	must_build(w);
	assert_int_equal(w->plan.map.rung, MAP_DIRECT);
	assert_false(w->plan.map.deny_setgroups);
	assert_int_equal(w->plan.map.n_uids, 2);
	assert_int_equal(w->plan.map.uids[0].host, 500000);
	assert_int_equal(w->plan.map.uids[1].host, 0);
	assert_true(plan_has_uid(&w->plan, 10));
	assert_false(plan_has_uid(&w->plan, 11));
}

/* An explicit map of the own id alone needs no helper, and says nothing. */
static void test_own_id_needs_no_helper(void **state)
{
	struct world *w = new_world(state);
	struct idrange map = {5, 0, 1};

	w->host = (struct host){.uid = 1000, .gid = 100, .user = "dev"};
	explicit_of(w, &map, 1);
	must_build(w);
	assert_int_equal(w->plan.map.rung, MAP_SINGLE);
	assert_true(w->plan.map.deny_setgroups);
	assert_int_equal(w->plan.map.uids[0].inside, 5);
	assert_int_equal(w->plan.map.gids[0].host, 100);
	assert_int_equal(w->plan.notes.n, 0);
	map.count = 2;
	assert_int_equal(build(w, NULL), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_default),
		TEST(test_nomap),
		TEST(test_keep_id),
		TEST(test_keep_id_elsewhere),
		TEST(test_keep_id_small),
		TEST(test_explicit),
		TEST(test_explicit_for_both),
		TEST(test_explicit_nonsense),
		TEST(test_host_id_twice),
		TEST(test_ends_of_the_id_space),
		TEST(test_too_many_ranges),
		TEST(test_auto),
		TEST(test_ladder),
		TEST(test_ladder_says_why),
		TEST(test_no_map),
		TEST(test_root),
		TEST(test_root_explicit),
		TEST(test_own_id_needs_no_helper),
	};

	return cmocka_run_group_tests_name("plan_idmap", tests, NULL, NULL);
}
