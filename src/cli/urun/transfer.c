// SPDX-License-Identifier: Apache-2.0
/*
 * transfer.c - see transfer.h
 */
#include "cli/urun/transfer.h"

#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "sys/fd.h"
#include "sys/helper.h"
#include "sys/process.h"

#define MAX_ANSWER 65536

/* Into the namespace of a container that runs the program goes by itself: executed in there, it
 * would be somebody whom the container may trace. */
static int start(struct images *m, struct strv *argv, int tree, int in, int out,
		 bool is_inside, const struct inside *inside, int *ret_pidfd,
		 struct err *err)
{
	int keep[] = {tree, inside ? inside->userns : -1, -1};
	struct spawn spawn = {
		.path = helper_path("urun-image", m->arena),
		.stdio = {in, out, STDERR_FILENO},
		.userns = is_inside && !inside ? m->userns.fd : -1,
		.mntns = -1,
		.keep = keep,
	};
	int r;

	if (inside && inside->userns >= 0)
		strv_pushf(m->arena, argv, "--join=%d", inside->userns);
	spawn.argv = argv->v;
	r = process_spawn(&spawn, ret_pidfd);
	if (r >= 0)
		return 0;
	err_set(err, r, "run '%s'", spawn.path);
	return err_hint(err, r, "It is installed with urun: make install");
}

int transfer_pack(struct images *m, const struct packing *p, struct transfer *t,
		  struct err *err)
{
	struct strv argv = {0};

	strv_push(m->arena, &argv, "urun-image");
	strv_push(m->arena, &argv, "pack");
	strv_pushf(m->arena, &argv, "--tree=%d", p->tree);
	if (p->name)
		strv_pushf(m->arena, &argv, "--name=%s", p->name);
	if (p->is_squashed)
		strv_push(m->arena, &argv, "--squash");
	return start(m, &argv, p->tree, -1, p->out, p->is_inside, p->inside, &t->packer,
		     err);
}

int transfer_unpack(struct images *m, const struct unpacking *u, struct transfer *t,
		    struct err *err)
{
	_cleanup_fd_ int to = -EBADF;
	struct strv argv = {0};
	int ends[2], r = fd_pipe(ends);

	if (r < 0)
		return err_set(err, r, "make a pipe");
	t->answer = ends[0];
	to = ends[1];
	strv_push(m->arena, &argv, "urun-image");
	strv_push(m->arena, &argv, "unpack");
	strv_pushf(m->arena, &argv, "--tree=%d", u->tree);
	strv_push(m->arena, &argv, u->is_inside ? "--into" : "--out");
	if (u->keeps_owners)
		strv_push(m->arena, &argv, "--owners");
	return start(m, &argv, u->tree, u->in, to, u->is_inside, u->inside, &t->unpacker,
		     err);
}

static int read_answer(const char *text, size_t len, struct arena *a, struct err *err)
{
	_cleanup_json_ struct json *doc = NULL;
	struct json_at root, why, mend;
	const char *message = NULL, *hint = NULL;
	int r = json_parse(text, len, &doc, NULL);

	if (r < 0)
		return err_say(err, -EPIPE, "the process that writes files was killed");
	root = json_root(doc);
	why = json_key(&root, "error");
	mend = json_key(&root, "hint");
	json_read_str(&why, a, &message, NULL);
	json_read_str(&mend, a, &hint, NULL);
	if (!message)
		return 0;
	err_say(err, -EBADMSG, "%s", message);
	return hint ? err_hint(err, -EBADMSG, "%s", hint) : -EBADMSG;
}

static int end_unpacker(struct images *m, struct transfer *t, struct err *err)
{
	char *text;
	size_t len;
	int code, r;

	if (t->unpacker < 0)
		return 0;
	r = fd_read_all(t->answer, m->arena, MAX_ANSWER, &text, &len);
	if (r == 0)
		r = process_wait(t->unpacker, &code);
	fd_close(&t->unpacker);
	return r < 0 ? err_set(err, r, "wait for the process that writes files")
		     : read_answer(text, len, m->arena, err);
}

/* A stream that ends early is an error to who reads it, too: the cause is the one to be told. */
int transfer_end(struct images *m, struct transfer *t, struct err *err)
{
	struct err of_unpacker = {0};
	int code = 0, r = end_unpacker(m, t, &of_unpacker), waited = 0;

	if (t->packer >= 0) {
		waited = process_wait(t->packer, &code);
		fd_close(&t->packer);
	}
	if (waited < 0)
		return err_set(err, waited, "wait for the process that reads files");
	if (code > 128)
		return err_say(err, -EPIPE, "the process that reads files was killed");
	if (code != 0 && code != STORE_EXIT_UNREAD)
		return -ECANCELED;
	if (r < 0)
		*err = of_unpacker;
	else if (code == STORE_EXIT_UNREAD)
		r = -ECANCELED;
	return r;
}

void transfer_close(struct transfer *t)
{
	int *pidfds[] = {&t->packer, &t->unpacker}, code;

	for (size_t i = 0; i < ARRAY_SIZE(pidfds); i++) {
		if (*pidfds[i] >= 0) {
			process_kill(*pidfds[i], SIGKILL);
			process_wait(*pidfds[i], &code);
		}
		fd_close(pidfds[i]);
	}
	fd_close(&t->answer);
}
