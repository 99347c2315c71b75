// SPDX-License-Identifier: Apache-2.0
/*
 * exec.c - the last descriptors, the filter, and the payload
 */
#include <signal.h>
#include <stdio.h>

#include "stage/stage.h"
#include "sys/process.h"
#include "sys/signals.h"

/* Everything but 0, 1, 2 and the preserved ones is closed here, and not by exec: the kernel
 * looks for a script's interpreter, or a program's loader, while they are still open, and the
 * rootfs may name them through /proc/self/fd (CVE-2024-21626). The channel closes at exec: that
 * tells the launcher that it worked. */
int exec_close_fds(const struct run *run, struct err *err)
{
	const struct spec_process *p = &run->plan->spec->process;
	int n = (int)p->preserve_fds, n_keep = 0, r;
	int *keep = arena_alloc(run->arena,
				sizeof(int) * (p->n_kept_fds + p->n_sync_fds + 4));

	keep[n_keep++] = run->channel.fd;
	keep[n_keep++] = run->init;
	/* Until they have served. */
	keep[n_keep++] = p->has_block_fd ? p->block_fd : -1;
	for (size_t i = 0; i < p->n_sync_fds; i++)
		keep[n_keep++] = p->sync_fds[i];
	for (size_t i = 0; i < p->n_kept_fds; i++)
		keep[n_keep++] = p->kept_fds[i];
	r = fd_close_all_but(3 + n, keep, (size_t)n_keep);
	for (int fd = 3; r == 0 && fd < 3 + n; fd++)
		r = fd_inherit(fd);
	return r < 0 ? err_set(err, r, "close the descriptors of the set-up") : 0;
}

static int say_exec(const char *what, int r, struct err *err)
{
	if (r == -ENOEXEC)
		err_say(err, r, "command '%s': not a program of this machine (%s)", what,
			"another architecture, or a script without #!");
	else if (r == -ENOENT)
		/* The file is there (command.c saw it): its interpreter is not. */
		err_say(err, r,
			"command '%s': its interpreter or loader is not in the rootfs",
			what);
	else
		err_set(err, r, "command '%s'", what);
	err->exit_class = r == -ENOENT ? ERR_EXIT_NOT_FOUND : ERR_EXIT_NOT_INVOKED;
	return r;
}

/* "urun-init --preserve-fds N -- COMMAND ARGS...", run by descriptor: the container's
 * tree does not hold it. */
static int exec_init(struct run *run, struct err *err)
{
	const struct spec_process *p = &run->plan->spec->process;
	struct strv argv = {0};
	int r;

	strv_push(run->arena, &argv, "urun-init");
	strv_push(run->arena, &argv, "--preserve-fds");
	strv_pushf(run->arena, &argv, "%u", p->preserve_fds);
	strv_push(run->arena, &argv, "--");
	strv_push(run->arena, &argv, run->command);
	for (size_t i = 1; i < p->args.n; i++)
		strv_push(run->arena, &argv, p->args.v[i]);
	r = process_exec_fd(run->init, argv.v, run->env.v);
	err_set(err, r, "execute urun-init");
	if (r == -E2BIG)
		err->exit_class = ERR_EXIT_NOT_INVOKED;
	return r;
}

/* Whoever holds the other end says when. */
static int wait_for_block(const struct spec_process *p, struct err *err)
{
	int r = p->has_block_fd ? fd_await_byte(p->block_fd, -1) : 0;

	if (r < 0)
		return err_set(err, r, "wait for descriptor %d", p->block_fd);
	if (p->has_block_fd)
		close(p->block_fd);
	return 0;
}

static int apply(struct run *run, struct err *err)
{
	const struct spec_process *p = &run->plan->spec->process;
	struct strv argv = p->args;
	int r;

	if (!run->env.v)
		run->env.v = arena_alloc(run->arena, sizeof(char *));
	if (p->argv0) {
		argv.v = arena_alloc(run->arena, sizeof(char *) * (argv.n + 1));
		for (size_t i = 0; i < argv.n; i++)
			argv.v[i] = i == 0 ? (char *)p->argv0 : p->args.v[i];
	}
	r = exec_close_fds(run, err);
	if (r == 0)
		r = wait_for_block(p, err);
	if (r == 0 && p->want_reaper)
		r = reaper_split(run, err);
	/* Filters and what is waited for may have come by one of them. */
	for (int i = 0; r == 0 && i <= STDERR_FILENO; i++)
		if (p->has_no_stream[i])
			fd_close(&(int){i});
	/* A fork has no such tie yet: to the reaper, which has one to the launcher. */
	if (r == 0 && (p->keeps_running || p->want_reaper)) {
		r = process_die_with_parent(p->keeps_running ? 0 : SIGKILL);
		if (r < 0)
			err_set(err, r, "tie the payload to its launcher, or untie it");
	}
	if (r < 0)
		return r;
	/* A launcher that died before the last PR_SET_PDEATHSIG would not be noticed. */
	if (channel_is_closed(&run->channel) && !run->plan->spec->is_held)
		return err_say(err, -EPIPE, "the launcher is gone");
	/* Before the filter: it may not allow sending. */
	r = channel_send(&run->channel, MSG_EXEC);
	/* Who was told to go on does so, whether anybody waits for it or not. */
	if (r == -EPIPE && run->plan->spec->is_held)
		r = 0;
	if (r < 0)
		return err_set(err, r, "tell the launcher");
	signals_reset();
	/* What comes before urun-init waits for signals has to be pending, not lost. */
	if (p->want_init)
		process_block_signals(NULL);
	r = run->plan->want_no_new_privs && !run->is_filtered ? filter_load(run, err) : 0;
	if (r < 0)
		return r;
	if (p->want_init)
		return exec_init(run, err);
	r = process_exec(run->command, argv.v, run->env.v);
	return say_exec(run->command, r, err);
}

const struct stage stage_exec = {"exec", PHASE_EXEC, NULL, apply, true};
