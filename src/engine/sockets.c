// SPDX-License-Identifier: Apache-2.0
/*
 * sockets.c - see sockets.h
 */
#include "engine/sockets.h"

#include "sys/channel.h"
#include "sys/fd.h"

int sockets_check(const struct sockets *s, const struct spec *spec, struct err *err)
{
	if (spec->process.want_terminal && spec->is_detached && !s->console) {
		err_say(err, -EINVAL,
			"process.terminal: nobody holds a terminal when urun-oci has "
			"ended");
		return err_hint(err, -EINVAL, "Give a socket for it: --console-socket");
	}
	if (s->console && !spec->process.want_terminal)
		return err_say(err, -EINVAL,
			       "--console-socket: process.terminal is not set, so there "
			       "is no terminal to send");
	return 0;
}

int sockets_give_console(const struct sockets *s, int master, struct err *err)
{
	_cleanup_fd_ int fd = master;

	return channel_hand_over(s->console, fd, "/dev/ptmx",
				 "send the terminal to --console-socket", err);
}

int sockets_give_pidfd(const struct sockets *s, const struct run *run, struct err *err)
{
	if (!s->pidfd)
		return 0;
	return channel_hand_over(s->pidfd, run->pidfd, "pidfd",
				 "send a pidfd to --pidfd-socket", err);
}
