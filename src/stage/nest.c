// SPDX-License-Identifier: Apache-2.0
/*
 * nest.c - a user namespace within the container's
 *
 * What was made belongs to root of the first one, as devpts wants it; the payload has the ids that were
 * asked for. The limit of user namespaces is that of the first one, which nobody in the second can raise.
 * Source: user_namespaces(7), namespaces(7).
 */
#include <sched.h>
#include <unistd.h>

#include "stage/stage.h"
#include "sys/cred.h"
#include "sys/process.h"

static bool wants_limit(const struct plan *plan)
{
	return plan->spec->userns.has_no_more;
}

/* While the host's /proc is there. */
static int limit(struct run *run, struct err *err)
{
	int r = fd_write_file(AT_FDCWD, "/proc/sys/user/max_user_namespaces", "1");

	(void)run;
	return r < 0 ? err_set(err, r, "limit user namespaces") : 0;
}

const struct stage stage_nest_limit = {"nest", PHASE_NS, wants_limit, limit};

static bool wanted(const struct plan *plan)
{
	return plan->want_nested;
}

static bool wants_self(const struct plan *plan)
{
	return plan->want_nested || plan->spec->wants_ns_numbers;
}

/* The host's /proc is gone when it is needed. */
static int open_self(struct run *run, struct err *err)
{
	run->proc_self = fd_open(AT_FDCWD, "/proc/self", O_PATH | O_DIRECTORY);
	return run->proc_self < 0 ? err_set(err, run->proc_self, "open /proc/self") : 0;
}

const struct stage stage_nest_open = {"nest", PHASE_NS, wants_self, open_self};

static int write_map(const struct run *run, const char *file, uint32_t inside,
		     uint32_t outside, struct err *err)
{
	int r = fd_write_file(run->proc_self, file,
			      arena_printf(run->arena, "%u %u 1", inside, outside));

	return r < 0 ? err_set(err, r, "write the payload's %s", file) : 0;
}

static int apply(struct run *run, struct err *err)
{
	const struct plan *p = run->plan;
	int r = process_unshare(CLONE_NEWUSER);

	if (r < 0)
		return err_set(err, r, "make a user namespace in the container's");
	/* Of a process that is out of sight the files are the host's root's. Nobody shares these namespaces
	 * yet but with whoever started it. setgroups(2), denied in the first one, is denied in the second. */
	r = cred_set_dumpable(true);
	if (r < 0)
		return err_set(err, r, "make the builder dumpable");
	r = write_map(run, "gid_map", p->gid, p->map.gids[0].inside, err);
	if (r == 0)
		r = write_map(run, "uid_map", p->uid, p->map.uids[0].inside, err);
	cred_set_dumpable(false);
	return r;
}

const struct stage stage_nest = {"nest", PHASE_LOCK, wanted, apply};

static bool wants_after(const struct plan *plan)
{
	return plan->spec->userns.has_after;
}

static int enter_after(struct run *run, struct err *err)
{
	int fd = run->plan->spec->userns.after_fd;
	int r = process_join(fd, CLONE_NEWUSER);

	return r < 0 ? err_set(err, r, "enter the user namespace of descriptor %d", fd)
		     : 0;
}

const struct stage stage_nest_after = {"nest", PHASE_LOCK, wants_after, enter_after};

static bool wants_check(const struct plan *plan)
{
	return plan->spec->userns.is_no_more_sure;
}

static int check(struct run *run, struct err *err)
{
	_cleanup_fd_ int pidfd = -EBADF;
	int code = 0;
	pid_t pid = process_clone(CLONE_NEWUSER, -1, &pidfd);

	(void)run;
	if (pid == 0)
		_exit(0);
	if (pid < 0)
		return 0;
	process_wait(pidfd, &code);
	return err_say(err, -EPERM,
		       "creation of new user namespaces was not disabled as requested");
}

const struct stage stage_nest_check = {"nest", PHASE_LOCK, wants_check, check};
