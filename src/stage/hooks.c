// SPDX-License-Identifier: Apache-2.0
/*
 * hooks.c - see hooks.h; and the builder's part
 *
 * Source: OCI runtime specification 1.2, config.md. prestart and createRuntime are the launcher's
 * (engine/bundle.c): the builder says when. createContainer is run here, where the tree is whole and
 * the host's still there, in which its path is; startContainer last of all, in the container and with
 * the payload's own rights.
 */
#include "stage/hooks.h"

#include <signal.h>
#include <string.h>

#include "spec/oci.h"
#include "spec/words.h"
#include "sys/cred.h"
#include "sys/mnt.h"
#include "sys/process.h"

#define MAX_SAID 512 /* bytes of what a hook says that fails */

struct hook_run {
	const struct spec_hook *hook;
	const char *name;  /* of the list */
	int input, output; /* files */
};

/* The beginning of what it said, as one line. */
static const char *said(const struct hook_run *h, struct arena *a)
{
	char *text = NULL;

	if (fd_read_start(h->output, a, MAX_SAID, &text) < 0)
		return "";
	text[strcspn(text, "\n")] = '\0';
	return text;
}

static int judge(const struct hook_run *h, pid_t pid, int pidfd, struct arena *a,
		 struct err *err)
{
	const struct spec_hook *hook = h->hook;
	int wait_ms =
		hook->timeout_s ? (int)MIN(hook->timeout_s * 1000ULL, INT32_MAX) : -1;
	int code = 0, r;

	do
		r = process_await(pidfd, wait_ms);
	while (r == 0 && wait_ms < 0);
	/* With what it has started: not reaped yet, it leads its group. */
	if (r == 0)
		process_kill_group(pid, SIGKILL);
	process_wait(pidfd, &code);
	if (r == 0)
		return err_say(err, -ETIMEDOUT,
			       "hook %s '%s': it did not end within %u second%s", h->name,
			       hook->path, hook->timeout_s,
			       hook->timeout_s == 1 ? "" : "s");
	if (r < 0)
		return err_set(err, r, "wait for hook %s '%s'", h->name, hook->path);
	if (code == 0)
		return 0;
	return err_say(err, -EIO, "hook %s '%s': exit code %d: %s", h->name, hook->path,
		       code, said(h, a));
}

/* Set for hooks that are programs of the container: what its filter denies they may not do either. */
static const struct run *filtered;

static int load_filter(void)
{
	return filter_load(filtered, NULL);
}

static int run_one(const struct hook_run *h, struct arena *a, struct err *err)
{
	const struct spec_hook *hook = h->hook;
	static char *const no_env[] = {NULL};
	char *own_argv[] = {(char *)hook->path, NULL};
	struct spawn s = {.path = hook->path,
			  .argv = hook->args.n ? hook->args.v : own_argv,
			  .env = hook->env.n ? hook->env.v : no_env,
			  .stdio = {h->input, h->output, h->output},
			  .userns = -1,
			  .mntns = -1,
			  .is_server = true};
	_cleanup_fd_ int pidfd = -EBADF;
	pid_t pid;

	if (filtered)
		s.prepare = load_filter;
	pid = process_spawn(&s, &pidfd);

	if (pid < 0)
		return err_set(err, pid, "execute hook %s '%s'", h->name, hook->path);
	return judge(h, pid, pidfd, a, err);
}

/* Files in memory: a hook that does not read, or leaves somebody behind who goes on to write, holds
 * nobody up. */
static int prepare(struct hook_run *h, const char *state, struct err *err)
{
	int r;

	h->input = fd_memory("state", state, strlen(state));
	h->output = fd_memory("output", "", 0);
	r = MIN(MIN(h->input, h->output), 0);
	return r < 0 ? err_set(err, r, "prepare hook %s '%s'", h->name, h->hook->path)
		     : 0;
}

static int run_with_state(const struct spec_hook *hook, enum spec_hook_kind kind,
			  const char *state, struct arena *a, struct err *err)
{
	struct hook_run h = {.hook = hook,
			     .name = words_hooks[kind],
			     .input = -EBADF,
			     .output = -EBADF};
	int r = prepare(&h, state, err);

	if (r == 0)
		r = run_one(&h, a, err);
	fd_close(&h.input);
	fd_close(&h.output);
	return r;
}

int hooks_run(const struct spec *spec, enum spec_hook_kind kind, const char *status,
	      pid_t pid, struct arena *a, struct err *err)
{
	const struct spec_hooks *list = &spec->hooks[kind];
	const char *state = list->n_hooks ? spec_state_text(spec, status, pid, a) : NULL;
	int r = 0;

	for (size_t i = 0; r == 0 && i < list->n_hooks; i++)
		r = run_with_state(&list->hooks[i], kind, state, a, err);
	return r;
}

void hooks_run_all(const struct spec *spec, enum spec_hook_kind kind, const char *status,
		   pid_t pid, struct arena *a, void (*note)(const char *text))
{
	const struct spec_hooks *list = &spec->hooks[kind];
	const char *state = list->n_hooks ? spec_state_text(spec, status, pid, a) : NULL;

	for (size_t i = 0; i < list->n_hooks; i++) {
		struct err err = {0};

		if (run_with_state(&list->hooks[i], kind, state, a, &err) < 0)
			note(err.message);
	}
}

static bool wanted(const struct plan *plan)
{
	const struct spec_hooks *h = plan->spec->hooks;

	return h[HOOK_PRESTART].n_hooks || h[HOOK_CREATE_RUNTIME].n_hooks ||
	       h[HOOK_CREATE_CONTAINER].n_hooks;
}

/* Programs of the host find its /dev: what stands over it is urun's (scratch.c). */
static int run_among_hosts(struct run *run, struct err *err)
{
	_cleanup_fd_ int top = fd_open(AT_FDCWD, "/", O_PATH | O_DIRECTORY);
	struct mnt_target to = {top, "/dev", run->scratch};
	int r = top < 0 ? top : mnt_attach_bind(run->dev, true, NULL, &to, NULL);

	if (r < 0)
		return err_set(err, r, "show hooks the host's /dev");
	r = hooks_run(run->plan->spec, HOOK_CREATE_CONTAINER, "creating", run->outer_pid,
		      run->arena, err);
	if (r == 0) {
		r = mnt_end(top, "dev", true);
		if (r < 0)
			err_set(err, r, "hide the host's /dev again");
	}
	return r;
}

/* Those of the launcher look for this process's namespaces, to make an interface in one: that is given only
 * to who may trace it. In a pid namespace that is shared there may be somebody hostile who could, too. */
static int let_them_look(struct run *run, struct err *err)
{
	int r = cred_set_dumpable(run->plan->spec->ns[NS_PID].mode == NS_MODE_PRIVATE);

	if (r < 0)
		return err_set(err, r, "let hooks look at the container");
	r = channel_send(&run->channel, MSG_HOOKS);
	if (r < 0)
		return err_set(err, r, "tell the launcher that it is time for hooks");
	r = stage_wait_for(run, MSG_GO, err);
	if (r < 0)
		return r;
	r = cred_set_dumpable(false);
	return r < 0 ? err_set(err, r, "make the builder undumpable") : 0;
}

static int apply(struct run *run, struct err *err)
{
	int r = let_them_look(run, err);

	if (r == 0 && run->plan->spec->hooks[HOOK_CREATE_CONTAINER].n_hooks)
		r = run_among_hosts(run, err);
	return r;
}

const struct stage stage_hooks = {"hooks", PHASE_ROOT, wanted, apply, false};

static bool wants_start(const struct plan *plan)
{
	return plan->spec->hooks[HOOK_START_CONTAINER].n_hooks > 0;
}

static int apply_start(struct run *run, struct err *err)
{
	/* The set-up's are gone before anything of the rootfs is executed: exec.c says why. */
	int r = exec_close_fds(run, err);

	if (r < 0)
		return r;
	/* Without no_new_privs it is loaded already. A listener is one for them and the payload: its
	 * filter may allow sending, for that is how it is handed on. */
	if (run->plan->want_no_new_privs && run->plan->spec->security.listener_path) {
		r = filter_load(run, err);
		run->is_filtered = r == 0;
	} else if (run->plan->want_no_new_privs)
		filtered = run;
	return r < 0 ? r
		     : hooks_run(run->plan->spec, HOOK_START_CONTAINER, "created",
				 run->outer_pid, run->arena, err);
}

const struct stage stage_hooks_start = {"hooks", PHASE_EXEC, wants_start, apply_start,
					false};
