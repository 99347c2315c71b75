// SPDX-License-Identifier: Apache-2.0
/*
 * running.c - see running.h
 */
#include "cli/urun/running.h"

#include <string.h>

#include "cli/urun/format.h"
#include "sys/cgroup.h"
#include "sys/fd.h"
#include "sys/process.h"

#define PATIENCE_MS 10000 /* a process that waits for a disk stops when it has got it */

void running_close(struct running *r)
{
	inside_close(&r->inside);
	fd_close(&r->use);
}

const struct inside *running_inside(const struct running *r)
{
	return r->inside.mntns >= 0 ? &r->inside : NULL;
}

static int use(struct images *m, const struct container *c, int *ret_folder,
	       struct running *ret, struct err *err)
{
	_cleanup_running_ struct running running = RUNNING_NONE;
	_cleanup_fd_ int folder =
		fd_open(AT_FDCWD, container_path(&m->store, c, m->arena),
			O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
	int r = folder < 0 ? folder : container_use(folder, false, &running.use);

	if (r == -EBUSY)
		return err_say(err, r, "container %.12s is being started or removed",
			       c->id);
	if (r < 0)
		return err_set(err, r, "container %.12s", c->id);
	r = inside_open(folder, c->id, m->arena, &running.inside, err);
	if (r < 0)
		return r;
	*ret = running;
	running = RUNNING_NONE;
	*ret_folder = fd_take(&folder);
	return 0;
}

int running_or_held(struct images *m, const char *word, struct container *ret_container,
		    int *ret_folder, struct running *ret, struct err *err)
{
	int r = container_find_any(&m->store, word, m->arena, ret_container, err);

	if (r < 0)
		return r;
	*ret = RUNNING_NONE;
	/* A throw-away one that nobody holds is about to be removed. */
	if (ret_container->is_throwaway ||
	    container_is_held(&m->store, ret_container, m->arena))
		return use(m, ret_container, ret_folder, ret, err);
	return container_hold(&m->store, ret_container, m->arena, ret_folder, err);
}

int running_cgroup(struct images *m, const struct container *c, int *ret,
		   struct container_state *ret_state, struct err *err)
{
	struct container_state s;
	int fd;

	container_read_state(&m->store, c, m->arena, &s);
	if (ret_state)
		*ret_state = s;
	if (!s.is_running || !s.pid)
		return err_say(err, -ESRCH, "container %.12s does not run", c->id);
	if (!s.cgroup) {
		err_say(err, -ENOTSUP, "container %.12s has no cgroup of its own", c->id);
		return err_hint(err, -ENOTSUP,
				"It gets one when it is started with a limit, such as "
				"--memory 1g, or with --cgroups enabled");
	}
	fd = cgroup_open(s.cgroup);
	if (fd == -ENOENT) /* it has ended meanwhile */
		return err_say(err, -ESRCH, "container %.12s does not run", c->id);
	if (fd < 0)
		return err_set(err, fd, "cgroup '%s' of container %.12s", s.cgroup,
			       c->id);
	*ret = fd;
	return 0;
}

int running_freeze(struct images *m, const struct container *c, bool is_frozen,
		   struct err *err)
{
	_cleanup_fd_ int cgroup = -EBADF;
	struct container_state s;
	int r = running_cgroup(m, c, &cgroup, &s, err);

	if (r < 0)
		return r;
	if (s.is_paused == is_frozen)
		return err_say(err, -EALREADY, "container %.12s is%s paused%s", c->id,
			       is_frozen ? "" : " not", is_frozen ? " already" : "");
	r = cgroup_freeze(cgroup, is_frozen, PATIENCE_MS);
	if (r == -ETIMEDOUT && is_frozen) {
		/* All or nothing. */
		cgroup_freeze(cgroup, false, 0);
		return err_say(
			err, r,
			"container %.12s: a process did not stop in %d seconds: it "
			"waits for a disk or a network that does not answer",
			c->id, PATIENCE_MS / 1000);
	}
	if (r == -ETIMEDOUT)
		return err_say(err, r,
			       "container %.12s: a cgroup above its own is frozen",
			       c->id);
	return r < 0 ? err_set(err, r, "%spause container %.12s", is_frozen ? "" : "un",
			       c->id)
		     : 0;
}

static _noreturn_ void wait_and_thaw(int wait, int cgroup)
{
	char nothing;

	/* What ends a terminal's job is not for it. */
	process_block_signals(NULL);
	while (fd_read_now(wait, &nothing, 1) == -EAGAIN)
		;
	_exit(cgroup_freeze(cgroup, false, PATIENCE_MS) < 0);
}

int running_pause(struct images *m, const struct container *c, struct pause *ret,
		  struct err *err)
{
	_cleanup_fd_ int cgroup = -EBADF, wait = -EBADF;
	_cleanup_pause_ struct pause p = PAUSE_NONE;
	struct container_state s;
	int ends[2], r = running_cgroup(m, c, &cgroup, &s, err);
	pid_t pid;

	if (r < 0 || s.is_paused)
		return r;
	r = fd_pipe(ends);
	if (r < 0)
		return err_set(err, r, "pause container %.12s: make a pipe", c->id);
	wait = ends[0];
	p.hold = ends[1];
	/* Before it stops: there is no moment in which nobody would let it go on. */
	pid = process_clone(0, -1, &p.pidfd);
	if (pid == 0) {
		fd_close(&p.hold);
		wait_and_thaw(wait, cgroup);
	}
	if (pid < 0)
		return err_set(err, pid, "pause container %.12s: make a process", c->id);
	r = running_freeze(m, c, true, err);
	if (r == 0) {
		*ret = p;
		p = PAUSE_NONE;
	}
	return r;
}

void pause_end(struct pause *p)
{
	int code;

	fd_close(&p->hold);
	if (p->pidfd >= 0)
		process_wait(p->pidfd, &code);
	fd_close(&p->pidfd);
}

int running_process(struct images *m, const struct container *c, int *ret_pidfd,
		    pid_t *ret_pid, struct err *err)
{
	_cleanup_fd_ int folder =
		fd_open(AT_FDCWD, container_path(&m->store, c, m->arena),
			O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
	const char *stamp;
	int r = folder < 0 ? folder : container_read_process(folder, m->arena, &stamp);

	if (r == 0 && !container_is_held(&m->store, c, m->arena))
		r = -ESRCH;
	if (r == 0)
		r = process_open_stamped(stamp, ret_pid);
	if (r == -ESRCH || r == -ENOENT) {
		err_say(err, -ESRCH, "container %.12s does not run", c->id);
		return c->is_throwaway
			       ? -ESRCH
			       : err_hint(err, -ESRCH, "urun start %.12s runs it", c->id);
	}
	if (r < 0)
		return err_set(err, r, "the first process of container %.12s", c->id);
	*ret_pidfd = r;
	return 0;
}

int running_latest(struct images *m, struct container *ret, struct err *err)
{
	const struct container *last = NULL;
	struct container *v;
	size_t n;
	int r = container_list(&m->store, m->arena, &v, &n, err);

	if (r < 0)
		return r;
	for (size_t i = 0; i < n; i++) {
		int order = last ? format_compare_times(v[i].created, last->created) : 1;

		if (order > 0 || (order == 0 && strcmp(v[i].id, last->id) > 0))
			last = &v[i];
	}
	if (!last)
		return err_say(err, -ENOENT, "--latest: there is no container");
	*ret = *last;
	return 0;
}
