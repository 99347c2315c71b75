// SPDX-License-Identifier: Apache-2.0
/*
 * new_layer.c - see new_layer.h
 *
 * The stream is hashed, compressed (deflate.h), hashed again, and written to tmp.
 */
#include "new_layer.h"

#include <stdio.h>

#include "deflate.h"
#include "hash.h"
#include "sys/dir.h"
#include "sys/fd.h"
#include "sys/lock.h"
#include "sys/newid.h"

struct packed_sink {
	struct sink sink;
	struct new_layer *layer;
};

struct new_layer {
	struct sink sink;		/* of the stream */
	struct packed_sink packed_sink; /* of what became of it */
	const struct store *store;
	struct hash *plain, *packed;
	struct deflate *deflate;
	int file; /* locked, so that nobody takes it for a leftover */
	uint64_t bytes;
	char name[sizeof("tmp/blob-") + NEWID_LEN]; /* in the store */
	bool is_named;
};

static int take_plain(struct sink *s, const void *bytes, size_t len, struct err *err)
{
	struct new_layer *l = (struct new_layer *)s;

	hash_add(l->plain, bytes, len);
	return deflate_write(l->deflate, bytes, len, err);
}

static int take_packed(struct sink *s, const void *bytes, size_t len, struct err *err)
{
	struct new_layer *l = ((struct packed_sink *)s)->layer;
	int r = fd_write_all(l->file, bytes, len);

	if (r < 0)
		return err_set(err, r, "write '%s/%s'", l->store->path, l->name);
	hash_add(l->packed, bytes, len);
	l->bytes += len;
	return 0;
}

static int make_file(struct new_layer *l, struct err *err)
{
	char id[NEWID_LEN + 1];
	int r = newid_make(id);

	if (r < 0)
		return err_set(err, r, "make an id");
	snprintf(l->name, sizeof(l->name), "tmp/blob-%s", id);
	l->file = fd_create(l->store->dir, l->name,
			    O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0600);
	l->is_named = l->file >= 0;
	r = l->file < 0 ? l->file : lock_file(l->file, true, false);
	return r < 0 ? err_set(err, r, "make '%s/%s'", l->store->path, l->name) : 0;
}

static int begin(struct new_layer *l, struct err *err)
{
	l->sink.write = take_plain;
	l->packed_sink = (struct packed_sink){{take_packed}, l};
	l->plain = hash_new();
	l->packed = hash_new();
	l->deflate = deflate_new(&l->packed_sink.sink);
	if (!l->plain || !l->packed || !l->deflate)
		return err_set(err, -ENOMEM, "compress a layer");
	return make_file(l, err);
}

struct new_layer *new_layer_begin(const struct store *s, struct err *err)
{
	struct new_layer *l = calloc(1, sizeof(*l));

	if (!l) {
		err_set(err, -ENOMEM, "compress a layer");
		return NULL;
	}
	l->store = s;
	l->file = -EBADF;
	if (begin(l, err) == 0)
		return l;
	new_layer_free(l);
	return NULL;
}

struct sink *new_layer_sink(struct new_layer *l)
{
	return &l->sink;
}

int new_layer_finish(struct new_layer *l, struct descriptor *ret_blob,
		     struct digest *ret_diff_id, struct err *err)
{
	char to[sizeof("blobs/sha256/") + DIGEST_HEX_LEN];
	int r;

	r = deflate_end(l->deflate, err);
	if (r < 0)
		return r;
	hash_end(l->plain, ret_diff_id);
	hash_end(l->packed, &ret_blob->digest);
	l->plain = l->packed = NULL;
	ret_blob->size = l->bytes;
	snprintf(to, sizeof(to), "blobs/sha256/%s", digest_hex(&ret_blob->digest));
	r = dir_rename(l->store->dir, l->name, l->store->dir, to);
	if (r < 0)
		return err_set(err, r, "put a layer into '%s/blobs'", l->store->path);
	l->is_named = false;
	return 0;
}

void new_layer_free(struct new_layer *l)
{
	if (!l)
		return;
	if (l->is_named)
		dir_unlink(l->store->dir, l->name, 0);
	deflate_free(l->deflate);
	hash_free(l->plain);
	hash_free(l->packed);
	fd_close(&l->file);
	free(l);
}
