/* SPDX-License-Identifier: Apache-2.0 */
/*
 * channel.h - how the processes of one start talk: a SOCK_SEQPACKET pair, one frame a
 * send
 *
 * A frame is a fixed header, for errors the whole struct err, and at most CHANNEL_MAX_FDS
 * descriptors. EOF is always an error, but for the end that follows MSG_EXEC.
 */
#pragma once

#include "base/err.h"

#define CHANNEL_MAX_FDS 6
#define CHANNEL_MAX_NAME \
	82 /* bytes of a socket's name in its folder, whatever number that has */

enum msg {
	MSG_NONE,
	/* builder -> launcher */
	MSG_ERROR, /* the start failed: carries a struct err */
	MSG_FUSE, /* serve this overlay: /dev/fuse, lower, upper, work, user ns, mount ns */
	MSG_NOTE,     /* a remark for the user: carries a struct err */
	MSG_CONSOLE,  /* master of the container's pty */
	MSG_RESOLVER, /* the container's resolv.conf, to be kept up to date */
	MSG_NET,      /* connect this network namespace: it, and the user namespace */
	MSG_SPACE,    /* the namespace that all of the container's processes are in */
	MSG_SPACES,   /* numbers of its namespaces, as text in a struct err */
	MSG_HOOKS,    /* all is mounted; waits for MSG_GO while the launcher runs hooks */
	MSG_READY,    /* all is set up; waits for MSG_GO */
	MSG_HELD,     /* waits at its gate, and for no launcher */
	MSG_LISTENER, /* what answers for the seccomp filter: it is loaded now */
	MSG_EXEC,     /* the payload is executed next; EOF says that it was */
	MSG_RUNNING,  /* the reaper: it was */
	MSG_STOPPED,  /* the reaper: it has been stopped, by whomever */
	MSG_ENDED,    /* the reaper: it has ended; the number: its exit code */
	/* launcher -> builder */
	MSG_MAPPED,  /* the id maps are written */
	MSG_FUSE_UP, /* the filesystem is served */
	MSG_NET_UP,  /* the network is connected; comes when it is */
	MSG_GO,	     /* go on; the number: the builder's own, as the launcher sees it */
	/* joiner -> launcher */
	MSG_BORN, /* pidfd of the builder that was made in joined namespaces */
	/* who has a container's tree -> who asked for a place in it */
	MSG_PLACE, /* the file or folder, the folder that it is in; the number says which */
	/* in a session of `urun unshare` -> its launcher: see engine/unshare.h */
	MSG_LEND,
	MSG_KEEP,
	MSG_DROP,
	MSG_COUNT
};

struct channel {
	int fd; /* owned */
};

struct frame {
	enum msg msg;
	int fds[CHANNEL_MAX_FDS]; /* received ones are the caller's to close */
	size_t n_fds;
	int64_t value;	/* MSG_BORN, MSG_GO: the pid */
	struct err err; /* MSG_ERROR, MSG_NOTE */
};

/* Makes a connected pair. 0 or a negative errno. */
int channel_pair(struct channel *a, struct channel *b);
void channel_close(struct channel *c);

/**
 * channel_listen() - make a socket in a folder at which channels begin
 * @dir:  borrowed
 * @name: one component; -EADDRINUSE when it is there
 * @ret:  owned by the caller
 */
int channel_listen(int dir, const char *name, int *ret);
/* Waits for one that comes. 0 or a negative errno. */
int channel_accept(int socket, struct channel *ret);
/* 0; -ENOENT, -ECONNREFUSED: nobody listens; another negative errno. */
int channel_connect(int dir, const char *name, struct channel *ret);

/**
 * channel_hand_over() - give a descriptor to whoever listens at a socket of an engine's
 * @path: of a stream socket: --console-socket, --pidfd-socket, listenerPath
 * @fd:   borrowed; goes with the first byte
 * @text: goes with it; of a terminal runc and crun send a name that nobody reads
 * @what: "send the terminal to --console-socket": begins the message
 *
 * A connection of its own, closed behind the text. Return: 0; -ENAMETOOLONG for a name of more than
 * CHANNEL_MAX_NAME bytes in its folder, whose path may be long; another negative errno. With @err filled.
 */
int channel_hand_over(const char *path, int fd, const char *text, const char *what,
		      struct err *err);

/* Sends a message without descriptors. 0; -EPIPE when the other end is gone. */
int channel_send(const struct channel *c, enum msg msg);
/* Sends a message with descriptors (borrowed) and a number. */
int channel_send_fds(const struct channel *c, enum msg msg, const int *fds, size_t n_fds,
		     int64_t value);
/* MSG_ERROR or MSG_NOTE */
int channel_send_err(const struct channel *c, enum msg msg, const struct err *err);

/**
 * channel_recv() - wait for one frame
 * Return: 0; -EPIPE at the end; -EBADMSG for a frame of the wrong form.
 */
int channel_recv(const struct channel *c, struct frame *ret);

/* Has the other end gone? Looks, does not wait. */
bool channel_is_closed(const struct channel *c);

/* Is there a frame, or the end, to be received at once? */
bool channel_is_readable(const struct channel *c);

/* "ERROR", "FUSE", ...: for messages. */
const char *msg_name(enum msg msg);
