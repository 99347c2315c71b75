// SPDX-License-Identifier: Apache-2.0
/*
 * stages.c - the steps of a start, in their order
 */
#include "stage/stage.h"

#include <string.h>

const struct stage *const stages[] = {
	&stage_stdio,	     &stage_filter,	 &stage_join,
	&stage_idmap_auto,   &stage_idmapped,	 &stage_ports,
	&stage_cgroup,

	&stage_idmap,

	&stage_idmap_self,   &stage_oom_score,	 &stage_sched_first,
	&stage_label_exec,   &stage_label_open,	 &stage_time,
	&stage_loopback,     &stage_sources,

	&stage_network,	     &stage_become_root, &stage_nest_limit,
	&stage_nest_open,    &stage_uts,	 &stage_sysctl,

	&stage_scratch,	     &stage_rootfs,	 &stage_mounts,
	&stage_console,	     &stage_hooks,	 &stage_pivot,

	&stage_session,	     &stage_user,	 &stage_streams,
	&stage_own,	     &stage_cwd,	 &stage_limits_raise,
	&stage_personality,  &stage_sched,	 &stage_label,
	&stage_nest,	     &stage_nest_after,	 &stage_nest_check,
	&stage_creds,	     &stage_command,	 &stage_limits,
	&stage_network_wait,

	&stage_hooks_start,  &stage_exec,	 NULL,
};

int stages_run(struct run *run, enum phase phase, struct err *err)
{
	for (const struct stage *const *s = stages; *s; s++) {
		int r;

		if ((*s)->phase != phase || ((*s)->wanted && !(*s)->wanted(run->plan)))
			continue;
		if (run->plan->spec->is_exec && !(*s)->is_for_exec)
			continue;
		r = (*s)->apply(run, err);
		if (r < 0) {
			strncpy(err->stage, (*s)->name, sizeof(err->stage) - 1);
			return r;
		}
	}
	return 0;
}

int stage_wait_for(struct run *run, enum msg msg, struct err *err)
{
	struct frame frame;
	int r;

	if (msg == MSG_NET_UP && run->is_net_up)
		return 0;
	r = channel_recv(&run->channel, &frame);
	/* It comes when it comes. */
	while (r == 0 && frame.msg == MSG_NET_UP && msg != MSG_NET_UP) {
		run->is_net_up = true;
		r = channel_recv(&run->channel, &frame);
	}

	if (r < 0)
		return err_set(err, r, "wait for the launcher's %s", msg_name(msg));
	if (frame.msg == MSG_GO)
		run->outer_pid = (pid_t)frame.value;
	while (frame.n_fds > 0)
		fd_close(&frame.fds[--frame.n_fds]);
	if (frame.msg != msg)
		return err_say(err, -EBADMSG, "the launcher said %s instead of %s",
			       msg_name(frame.msg), msg_name(msg));
	return 0;
}
