// SPDX-License-Identifier: Apache-2.0
/*
 * console.c - the container's own terminal
 *
 * The pty comes from the container's devpts, its slave from the master itself; the master
 * goes to the launcher, which relays it to the caller's terminal. The payload never holds
 * that one.
 */
#include <unistd.h>

#include "stage/stage.h"
#include "sys/mnt.h"
#include "sys/path.h"
#include "sys/tty.h"

static bool wanted(const struct plan *plan)
{
	return plan->spec->process.want_terminal;
}

static int bind_console(struct run *run, struct err *err)
{
	_cleanup_fd_ int at = path_make_file_in(run->root, "/dev/console", 0600);
	struct mnt_target to = {run->root, "/dev/console", at};
	int r;

	if (at < 0)
		return err_set(err, at, "make /dev/console");
	r = mnt_attach_bind(run->console, false, NULL, &to, NULL);
	return r < 0 ? err_set(err, r, "bind /dev/console") : 0;
}

static int apply(struct run *run, struct err *err)
{
	const struct spec_process *p = &run->plan->spec->process;
	_cleanup_fd_ int master = -EBADF;
	int r = tty_open_pty(run->root, &master, &run->console);

	if (r < 0)
		return err_set(err, r, "-t: open /dev/pts/ptmx of the container");
	/* Now, from the caller's own stream: the launcher may come to it after the payload. */
	tty_copy_size(STDIN_FILENO, run->console);
	if (p->console_rows || p->console_columns)
		r = tty_set_size(run->console, p->console_rows, p->console_columns);
	if (r < 0)
		return err_set(err, r, "-t: give the terminal %u rows and %u columns",
			       p->console_rows, p->console_columns);
	r = channel_send_fds(&run->channel, MSG_CONSOLE, &master, 1, 0);
	if (r < 0)
		return err_set(err, r, "-t: hand the terminal to the launcher");
	return run->plan->spec->is_exec ? 0 : bind_console(run, err);
}

const struct stage stage_console = {"console", PHASE_ROOT, wanted, apply, true};
