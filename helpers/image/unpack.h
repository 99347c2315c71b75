/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unpack.h - one layer, from its blob to a folder that an overlay can be made of
 *
 * Reads the blob, inflates it, hashes the tar stream, and writes its entries below one
 * folder, in a process of its own that can do nothing else (unpack_confine()).
 *
 * The folder is a lower layer of overlayfs: a whiteout ".wh.NAME" becomes a character
 * device 0/0 called NAME, an opaque marker ".wh..wh..opq" the attribute
 * user.overlay.opaque=y (and user.fuseoverlayfs.opaque=y for fuse-overlayfs). Source: OCI
 * image specification, layer.md; the kernel's filesystems/overlayfs.rst.
 *
 * The stream is hostile. Every name is taken apart into components and walked by
 * descriptors: no link is ever followed, neither in a name nor in the target of a hard
 * link. What a name means that is absolute or has "." in it is what tar(1) makes of it
 * (counted from the folder); one with ".." in it is refused by name. One with NUL in it
 * ends there, as libarchive reads it.
 */
#pragma once

#include "base/arena.h"
#include "base/err.h"
#include "image/digest.h"

struct unpack_limits {
	uint64_t max_bytes; /* of all files; holes count */
	uint64_t max_entries;
	uint32_t max_depth;   /* folders in folders */
	uint32_t max_seconds; /* 0: as long as it takes */
};

/* 64 GiB, 4 Mi entries, 256 levels, no time limit. */
extern const struct unpack_limits unpack_default_limits;

struct unpack_options {
	struct unpack_limits limits;
	/* One id only is mapped: all files are the caller's, and what the image says is kept in
	 * the attribute user.containers.override_stat ("UID:GID:MODE", as podman and
	 * fuse-overlayfs write it). Device nodes that cannot be made become empty files with
	 * it. */
	bool want_squash;
	/* No layer, but files for a folder that somebody has, `urun cp`: every name means
	 * itself. What is there is replaced, but no folder by a file, and nothing by a
	 * folder; a folder that is there stays as it is. */
	bool is_plain;
	bool keeps_owners; /* of plain files; else they are this process's own */
	/* Plain files out of a container: without set-id bits, devices, FIFOs, capabilities. */
	bool is_outside;
};

struct unpack_result {
	struct digest diff_id; /* of the tar stream */
	uint64_t stream_bytes, entries;
};

/**
 * unpack_layer() - unpack one layer
 * @blob: borrowed; read to its end, whatever it is: a file, a pipe
 * @tree: borrowed descriptor of an empty folder
 * @o:    borrowed
 * @ret:  untouched on failure
 * @err:  names the entry
 *
 * Two threads: one reads and inflates, the other writes; the one that would wait hashes.
 * Memory is about 20 MiB at most, and the window of a zstd stream (8 MiB and less as images are
 * made); one from 16 to 128 MiB is a file in the folder, without a name. The headers of one entry may have 768 KiB. Owners are set
 * by number, in the user namespace that this process is in; one that has no place there
 * is an error that names the id and says how to get more. Modes are set as they are,
 * set-uid too; times to the nanosecond, of folders after what is in them. Extended
 * attributes: user.* but for those of overlay drivers (user.overlay.*,
 * user.fuseoverlayfs.*, user.containers.*), and security.capability; a filesystem that
 * has none loses those of the image. Sparse files stay sparse. Devices that cannot be
 * made are left out without want_squash. Nothing is synced here.
 *
 * overlayfs does not look at the opaque attribute of a layer's root folder: who makes the
 * overlay has to leave out what is below such a layer.
 *
 * Return: 0; -EBADMSG for a damaged stream, -EFBIG, -EPERM for what is refused, -EDQUOT,
 * -ENOSPC, or another negative errno.
 */
int unpack_layer(int blob, int tree, const struct unpack_options *o,
		 struct unpack_result *ret, struct err *err);

/**
 * unpack_confine() - give up all that unpacking does not need
 * @tree: borrowed; the only place that can be written from now on
 *
 * landlock(7) as far as the kernel has it (no other file can be opened for writing, no
 * TCP), a seccomp filter that refuses sockets, execution and the like where it can be
 * loaded, no_new_privs, rlimits (no core, no more descriptors and processes than it
 * takes). Return: 0 or a negative errno; what an old kernel does not have is no failure.
 */
int unpack_confine(int tree, struct err *err);

/* The same for who only reads: @tree is a folder, or a single file, that is open for
 * reading. */
int unpack_confine_reader(int tree, struct err *err);

/* `urun-image unpack --tree=N [--squash]`, or --tree=N --into|--out [--owners] for plain
 * files: the blob is on descriptor 0, the folder on N. On 1 goes one line of JSON:
 * {"diffId": ..., "bytes": ..., "entries": ...}, or {"error": ..., "hint": ...,
 * "isFull": is it for want of space?}. Return: the exit code. */
int unpack_main(int argc, char **argv);
