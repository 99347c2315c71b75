// SPDX-License-Identifier: Apache-2.0
/*
 * filter.c - find the compiled seccomp program
 *
 * Two are built in: the default profile with podman's default capabilities, and with none.
 * Others come from the cache, or are compiled once. A third one stands beside any of them: of two
 * answers of one kind the kernel takes that of the filter which came last, so what the profile
 * denies stays denied.
 */
#include <linux/filter.h>

#include "seccomp_builtin.h"
#include "stage/stage.h"
#include "sys/tty.h"

/* The kernel's own limit for one: BPF_MAXINSNS. */
#define MAX_GIVEN_BYTES (4096 * sizeof(struct sock_filter))

static bool wanted(const struct plan *plan)
{
	return plan->seccomp != PLAN_SECCOMP_OFF || plan->want_owners ||
	       plan->spec->process.keeps_session;
}

static int apply(struct run *run, struct err *err)
{
	const struct plan *p = run->plan;
	const struct spec_security *s = &p->spec->security;

	if (p->want_owners)
		run->owners = (struct seccomp_program){
			seccomp_builtin_owners, ARRAY_SIZE(seccomp_builtin_owners), 0};
	/* Both are never wanted: a container of urun's has a session of its own. */
	else if (p->spec->process.keeps_session && tty_has_controlling())
		run->owners =
			(struct seccomp_program){seccomp_builtin_terminal,
						 ARRAY_SIZE(seccomp_builtin_terminal), 0};
	switch (p->seccomp) {
	case PLAN_SECCOMP_OFF:
		return 0;
	case PLAN_SECCOMP_BUILTIN_DEFAULT:
		run->filter = (struct seccomp_program){
			seccomp_builtin_default, ARRAY_SIZE(seccomp_builtin_default), 0};
		return 0;
	case PLAN_SECCOMP_BUILTIN_NONE:
		run->filter = (struct seccomp_program){
			seccomp_builtin_none, ARRAY_SIZE(seccomp_builtin_none), 0};
		return 0;
	case PLAN_SECCOMP_COMPILE:
		break;
	}
	return seccomp_compiled(p->host, s->seccomp_path,
				s->seccomp == SECCOMP_PROFILE ? s->seccomp_json : NULL,
				p->caps.bounding, run->arena, &run->filter, err);
}

/* Whoever waits for the payload's start hands it on: what the payload does from here on is asked. */
static int load_listening(const struct run *run, struct err *err)
{
	_cleanup_fd_ int listener = -EBADF;
	int r = seccomp_load_listening(&run->filter, &listener, err);

	if (r < 0)
		return r;
	r = channel_send_fds(&run->channel, MSG_LISTENER, &listener, 1, 0);
	return r < 0 ? err_set(err, r, "hand on who answers for the seccomp filter") : 0;
}

int filter_read(struct run *run, struct err *err)
{
	const struct spec_security *s = &run->plan->spec->security;
	size_t n = s->n_filter_fds;

	run->given = n ? arena_alloc(run->arena, n * sizeof(*run->given)) : NULL;
	for (size_t i = 0; i < n; i++) {
		char *text;
		size_t len;
		int r = fd_read_all(s->filter_fds[i], run->arena, MAX_GIVEN_BYTES, &text,
				    &len);

		if (r < 0)
			return err_set(err, r, "read the seccomp filter of descriptor %d",
				       s->filter_fds[i]);
		if (len == 0 || len % sizeof(struct sock_filter) != 0)
			return err_say(err, -EINVAL,
				       "the seccomp filter of descriptor %d: %zu bytes "
				       "are no program",
				       s->filter_fds[i], len);
		run->given[i] = (struct seccomp_program){
			(const void *)text,
			(unsigned short)(len / sizeof(struct sock_filter)), 0};
	}
	return 0;
}

int filter_load(const struct run *run, struct err *err)
{
	int r = run->owners.filter ? seccomp_load(&run->owners, err) : 0;

	for (size_t i = 0; r == 0 && i < run->plan->spec->security.n_filter_fds; i++)
		r = seccomp_load(&run->given[i], err);
	if (r < 0 || !run->filter.filter)
		return r;
	return run->plan->spec->security.listener_path ? load_listening(run, err)
						       : seccomp_load(&run->filter, err);
}

const struct stage stage_filter = {"filter", PHASE_HOST, wanted, apply, true};
