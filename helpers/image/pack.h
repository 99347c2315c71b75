/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pack.h - a folder as a tar stream: the opposite of unpack.h
 *
 * pax, as libarchive writes it, in a process of its own that can read this folder and
 * write the stream, and nothing else. Sorted by name, with no name of a user and no time
 * but that of the files: the same tree gives the same bytes. Owners are numbers as the
 * user namespace of the process shows them, times have nanoseconds, holes stay holes,
 * hard links stay one file. Of the extended attributes those that unpack.h takes: user.*
 * but for the ones of overlay drivers, and security.capability. Sockets are left out,
 * and folders whose content the kernel makes up.
 */
#pragma once

#include "base/arena.h"
#include "base/err.h"

struct pack_options {
	/* The upper folder of an overlay becomes a layer: a device 0/0 called NAME is the
	 * whiteout ".wh.NAME", user.overlay.opaque=y is ".wh..wh..opq". A file that has a name
	 * like these is refused: in a layer it would mean something else. */
	bool is_layer;
	bool is_fuse; /* fuse-overlayfs made it: its files ".wh." are marks, src/sys/upper.h */
	bool want_squash; /* owners are what user.containers.override_stat says, see unpack.h */
	const char *name; /* that the tree has in the archive; NULL: only what is in it */
	struct strv
		skips; /* paths from the tree, "etc/hosts": left out when empty files */
};

/**
 * pack_tree() - write a tree to a stream
 * @out:  borrowed
 * @tree: borrowed: a folder, or with @o->name a single file that is open for reading
 *
 * The tree is hostile: no link is followed, and what is more than the limits of unpack.h
 * allow is refused. Return: 0; -EPIPE when nobody reads on; another negative errno with
 * @err filled, which names the file.
 */
int pack_tree(int out, int tree, const struct pack_options *o, struct err *err);

/* `urun-image pack --tree=N [--layer [--fuse]] [--squash] [--name=NAME] [--skip=PATH...]
 * [--join=M]`: the stream of the folder on descriptor N goes to descriptor 1, read as
 * root of the user namespace behind descriptor M; what went wrong is told on 2. Return:
 * the exit code, STORE_EXIT_UNREAD for -EPIPE, of which nothing is said. */
int pack_main(int argc, char **argv);
