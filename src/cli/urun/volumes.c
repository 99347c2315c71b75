// SPDX-License-Identifier: Apache-2.0
/*
 * volumes.c - see volumes.h
 */
#include "cli/urun/volumes.h"

#include <stdio.h>
#include <string.h>

#include "sys/clock.h"
#include "sys/dir.h"
#include "sys/fd.h"
#include "sys/newid.h"

#define MAX_TRIES 16 /* of somebody else removing it just then */

/* --- of a container that is started --- */

static int place_anonymous(struct images *m, struct request *q, struct fsop *op,
			   struct volumes *v, struct err *err)
{
	struct container c = {.id = q->spec.id, .is_throwaway = q->want_rm};
	char id[NEWID_LEN + 1];
	int r;

	if (!q->image) {
		err_say(err, -ENOTSUP,
			"'%s': only a container of an image has volumes without a name",
			op->dest);
		return err_hint(err, -ENOTSUP,
				"--tmpfs %s does the same here; NAME:%s is a volume that "
				"stays",
				op->dest, op->dest);
	}
	r = newid_make(id);
	if (r < 0)
		return err_set(err, r, "make an id");
	op->volume = arena_strdup(q->arena, id);
	strv_push(q->arena, &v->anonymous, op->volume);
	if (!q->want_rm)
		strv_push(q->arena, &v->names, op->volume);
	op->source = q->want_rm
			     ? arena_printf(q->arena, "%s/volumes/%s/_data",
					    container_path(&m->store, &c, q->arena), id)
			     : volume_path(&m->store, id, q->arena);
	return 0;
}

int volumes_place(struct images *m, struct request *q, struct volumes *v, struct err *err)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < q->spec.n_fsops; i++) {
		struct fsop *op = &q->spec.fsops[i];

		if (!op->volume)
			continue;
		if (!op->volume[0]) {
			r = place_anonymous(m, q, op, v, err);
			continue;
		}
		r = volume_check_name(op->volume, err);
		op->source = volume_path(&m->store, op->volume, q->arena);
		if (!strv_has(&v->names, op->volume))
			strv_push(q->arena, &v->names, op->volume);
	}
	return r;
}

static int take_one(struct images *m, const char *name, bool is_anonymous, int *ret,
		    struct err *err)
{
	struct volume new = {.name = name, .is_anonymous = is_anonymous};
	int r = -ENOENT;

	for (int i = 0; r == -ENOENT && i < MAX_TRIES; i++) {
		r = volume_hold(&m->store, name, false, m->arena, ret);
		if (r != -ENOENT)
			break;
		new.created = clock_now_text(m->arena);
		r = volume_make(&m->store, &new, m->arena, err);
		if (r < 0 && r != -EEXIST)
			return r;
		r = -ENOENT;
	}
	return r < 0 ? err_set(err, r, "volume '%s'", name) : 0;
}

int volumes_take(struct images *m, const struct request *q, struct volumes *v,
		 struct err *err)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < v->names.n; i++) {
		const char *name = v->names.v[i];
		int lock = -EBADF;

		r = take_one(m, name, strv_has(&v->anonymous, name), &lock, err);
		if (r == 0)
			*ARR_PUSH(q->arena, v, locks) = lock;
	}
	return r;
}

int volumes_make_own(int container, const struct request *q, const struct volumes *v,
		     struct err *err)
{
	int r = 0;

	for (size_t i = 0; r == 0 && q->want_rm && i < v->anonymous.n; i++) {
		struct volume new = {.name = v->anonymous.v[i],
				     .created = clock_now_text(q->arena),
				     .is_anonymous = true};
		_cleanup_fd_ int made = -EBADF, dir = -EBADF;

		made = dir_make_all(container,
				    arena_printf(q->arena, "volumes/%s", new.name), 0700);
		dir = made < 0 ? made : fd_open(made, ".", O_RDONLY | O_DIRECTORY);
		r = dir < 0 ? dir : volume_fill_folder(dir, &new);
		if (r < 0)
			err_set(err, r, "make a volume in '%s'", q->spec.root.changes);
	}
	return r;
}

void volumes_release(struct volumes *v)
{
	while (v->n_locks > 0)
		fd_close(&v->locks[--v->n_locks]);
}

void volumes_undo(struct images *m, struct volumes *v)
{
	volumes_release(v);
	for (size_t i = 0; i < v->names.n; i++)
		if (strv_has(&v->anonymous, v->names.v[i]))
			volumes_remove(m, v->names.v[i], NULL);
}

/* --- removing --- */

static int check_unused(struct images *m, const char *name, struct err *err)
{
	const struct container *user;
	struct container *c;
	size_t n;
	int r = container_list(&m->store, m->arena, &c, &n, err);

	user = r < 0 ? NULL : volume_user(name, c, n);
	if (!user)
		return r;
	err_say(err, -EBUSY, "volume '%s': container %.12s%s%s%s uses it", name, user->id,
		user->name ? " (" : "", user->name ? user->name : "",
		user->name ? ")" : "");
	return user->is_throwaway ? err_hint(err, -EBUSY, "It ends with its urun run")
				  : err_hint(err, -EBUSY, "urun rm %.12s", user->id);
}

/* A container that is being started holds its volumes before it is recorded. */
int volumes_remove(struct images *m, const char *name, struct err *err)
{
	_cleanup_fd_ int lock = -EBADF;
	const char *gone;
	int held = volume_hold(&m->store, name, true, m->arena, &lock);
	int r = held == -ENOENT ? err_say(err, held, "'%s': no such volume", name)
				: check_unused(m, name, err);

	if (r < 0)
		return r;
	if (held == -EBUSY)
		return err_say(err, held, "volume '%s': a running container uses it",
			       name);
	if (held < 0)
		return err_set(err, held, "volume '%s'", name);
	r = container_discard(&m->store, arena_printf(m->arena, "volumes/%s", name),
			      m->arena, &gone, err);
	if (r < 0)
		return r;
	r = images_remove_held(m, gone);
	return r < 0 ? err_set(err, r, "remove the files of volume '%s'", name) : 0;
}

int volumes_confirm(const char *question, bool is_forced, struct err *err)
{
	char answer[64] = "";

	if (is_forced)
		return 0;
	printf("%s [y/N] ", question);
	fflush(stdout);
	if (!fgets(answer, sizeof(answer), stdin)) {
		printf("\n");
		err_say(err, -ECANCELED, "nobody answered: nothing was removed");
		return err_hint(err, -ECANCELED, "--force does not ask");
	}
	if (answer[0] == 'y' || answer[0] == 'Y')
		return 0;
	return err_say(err, -ECANCELED, "nothing was removed");
}
