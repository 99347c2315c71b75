// SPDX-License-Identifier: Apache-2.0
/*
 * session.c - cut the ties to the caller's session: keyring, terminal, standard streams
 */
#include <unistd.h>

#include "stage/stage.h"
#include "sys/cred.h"
#include "sys/tty.h"

static int use_stdio(struct run *run, struct err *err)
{
	for (int i = 0; i <= STDERR_FILENO; i++) {
		int fd = run->console >= 0 ? run->console : run->stdio[i];
		int r = fd < 0 ? 0 : fd_replace(fd, i);

		if (r < 0)
			return err_set(err, r, "set up descriptor %d of the payload", i);
	}
	return 0;
}

static int apply(struct run *run, struct err *err)
{
	int r;

	if (!run->plan->spec->security.keep_keyring) {
		r = cred_new_keyring();
		if (r < 0) {
			err_set(err, r, "make a session keyring");
			return err_hint(
				err, r,
				"sysctl kernel.keys.maxkeys limits how many a user has");
		}
	}
	/* A session of its own even without a terminal: a payload that shared the
	 * caller's could reach its controlling terminal through /dev/tty. */
	if (run->plan->spec->process.keeps_session)
		return use_stdio(run, err);
	r = run->console >= 0 ? tty_become_controlling(run->console)
			      : tty_leave_session();
	if (r < 0)
		return err_set(err, r, "start a session");
	return use_stdio(run, err);
}

const struct stage stage_session = {"session", PHASE_LOCK, NULL, apply, true};
