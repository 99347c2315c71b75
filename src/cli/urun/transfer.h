/* SPDX-License-Identifier: Apache-2.0 */
/*
 * transfer.h - files as a tar stream, from one confined process or to another
 *
 * urun-image reads a folder into a stream and writes a stream into a folder, each in a process of
 * its own that can do nothing else (helpers/image/pack.h, unpack.h).
 */
#pragma once

#include "cli/urun/images.h"
#include "engine/inside.h"

struct transfer {
	int packer, unpacker; /* pidfds, owned */
	int answer;	      /* of the unpacker, owned */
};

#define TRANSFER_NONE \
	((struct transfer){.packer = -EBADF, .unpacker = -EBADF, .answer = -EBADF})

struct packing {
	int tree; /* borrowed: a folder, or with a name a file, open for reading */
	int out;  /* borrowed: where the stream goes */
	const char *name;
	bool is_inside; /* the files are a container's: read as root of their namespace */
	const struct inside *inside; /* it runs: as root of its own; or NULL */
	bool is_squashed;
};

int transfer_pack(struct images *m, const struct packing *p, struct transfer *t,
		  struct err *err);

struct unpacking {
	int tree; /* borrowed: a folder */
	int in;	  /* borrowed: where the stream comes from */
	bool is_inside;
	const struct inside *inside;
	bool keeps_owners;
};

int transfer_unpack(struct images *m, const struct unpacking *u, struct transfer *t,
		    struct err *err);

/* Waits for both. 0; -ECANCELED when one has said itself what is wrong; another negative errno
 * with @err filled. */
int transfer_end(struct images *m, struct transfer *t, struct err *err);

/* Kills what still runs. */
void transfer_close(struct transfer *t);
#define _cleanup_transfer_ _cleanup_(transfer_close)
