// SPDX-License-Identifier: Apache-2.0
/*
 * run.c - `urun run`: a command line to a spec, a plan, and an exit code
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/json.h"
#include "cli/urun/cmd.h"
#include "cli/urun/request.h"
#include "engine/run.h"
#include "plan/idmap.h"
#include "spec/oci.h"
#include "sys/fd.h"
#include "sys/helper.h"
#include "sys/host.h"
#include "sys/lock.h"
#include "sys/newid.h"

static int check_preserved(uint32_t n, struct err *err)
{
	for (uint32_t i = 0; i < n; i++)
		if (!fd_is_open((int)(3 + i)))
			return err_say(err, -EBADF,
				       "--preserve-fds %u: descriptor %u is not open", n,
				       3 + i);
	return 0;
}

/* A name is held by a lock on a file, which goes with this process however it ends. */
static int take_name(const struct host *host, const char *name, struct lock *ret,
		     struct err *err)
{
	int r;

	if (!name)
		return 0;
	if (!host->runtime_dir) {
		err_say(err, -ENOENT,
			"--name '%s': no XDG_RUNTIME_DIR to note the name in", name);
		return err_hint(err, -ENOENT,
				"Set it to a folder of your own with mode 0700");
	}
	r = lock_take(host->runtime_dir, "urun/names", name, ret);
	if (r == -EAGAIN) {
		err_say(err, r, "--name '%s': a running container has this name", name);
		return err_hint(err, r, "Choose another name, or end that container");
	}
	return r < 0 ? err_set(err, r, "--name '%s': note it in '%s/urun/names'", name,
			       host->runtime_dir)
		     : 0;
}

static int write_cidfile(const struct request *q, struct err *err)
{
	_cleanup_fd_ int fd = -EBADF;
	int r;

	if (!q->cidfile)
		return 0;
	fd = fd_create(AT_FDCWD, q->cidfile, O_WRONLY | O_CREAT | O_EXCL, 0644);
	if (fd < 0)
		return err_set(err, fd, "--cidfile '%s'", q->cidfile);
	r = fd_write_all(fd, q->spec.id, strlen(q->spec.id));
	if (r == 0)
		return 0;
	fd_remove_file(q->cidfile);
	return err_set(err, r, "--cidfile '%s'", q->cidfile);
}

static int read_host(struct host *host, const struct spec *spec, struct arena *a,
		     struct err *err)
{
	int r = host_read(host, a, idmap_wants_subids(spec), err);

	return r == 0 && spec->root.kind == ROOT_HOST
		       ? host_read_tree(host, plan_own_folders, a, err)
		       : r;
}

static int start(struct request *q, int *ret_code, struct err *err)
{
	_cleanup_(lock_drop) struct lock name = {.fd = -EBADF};
	struct host host;
	struct plan plan;
	int r = read_host(&host, &q->spec, q->arena, err);

	if (r == 0)
		r = plan_build(&plan, &q->spec, &host, q->arena, err);
	if (r < 0)
		return r;
	if (q->print_plan) {
		*ret_code = cmd_print_json(plan_to_json(&plan));
		return 0;
	}
	for (size_t i = 0; i < plan.notes.n; i++)
		cmd_note(plan.notes.v[i]);
	r = check_preserved(q->spec.process.preserve_fds, err);
	if (r == 0)
		r = take_name(&host, q->spec.name, &name, err);
	if (r == 0)
		r = write_cidfile(q, err);
	if (r < 0)
		return r;
	r = engine_run(&plan, q->arena, cmd_note, ret_code, err);
	if (r < 0 && q->cidfile)
		fd_remove_file(
			q->cidfile); /* there was no container, and the next try needs the name */
	return r;
}

int cmd_run(int argc, char **argv)
{
	static char memory[65536];
	struct arena a;
	struct request q = {.arena = &a, .environ = environ};
	struct err err = {0};
	bool want_help = false;
	char id[NEWID_LEN + 1];
	int code = 0, r;

	arena_init(&a, memory, sizeof(memory));
	r = newid_make(id);
	if (r < 0) {
		err_set(&err, r, "make an id");
		return cmd_fail(&err);
	}
	q.spec.id = id;
	r = request_read(&q, argc, argv, &want_help, &err);
	if (r == 0 && want_help) {
		options_print_help(&run_table);
		return cmd_flush();
	}
	if (r == 0 && q.print_spec)
		return cmd_print_json(spec_to_oci(&q.spec));
	if (r == 0)
		r = start(&q, &code, &err);
	arena_free(&a);
	return r < 0 ? cmd_fail(&err) : code;
}
