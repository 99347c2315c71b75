// SPDX-License-Identifier: Apache-2.0
/*
 * fsck.c - the digests of all blobs in the store: what image/fsck.h cannot compute itself
 */
#include <string.h>

#include "base/json.h"
#include "command.h"
#include "hash.h"
#include "sys/dir.h"
#include "sys/fd.h"

#define CHUNK	    (256u << 10)
#define MAX_DAMAGED 10000 /* in one answer */

static int hash_file(int fd, char *buffer, struct digest *ret)
{
	struct hash *h = hash_new();
	int n = h ? -EAGAIN : -ENOMEM;

	while (n > 0 || n == -EAGAIN) {
		n = fd_read_now(fd, buffer, CHUNK);
		if (n > 0)
			hash_add(h, buffer, (size_t)n);
	}
	if (n < 0)
		hash_free(h);
	else
		hash_end(h, ret);
	return n;
}

/* What cannot be read is damaged as well. */
static bool is_damaged(int dir, const char *name, char *buffer)
{
	_cleanup_fd_ int fd = fd_open(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
	struct digest is;
	struct stat st;

	/* What is no file is told of by its kind. */
	if (fd < 0 || fd_stat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		return false;
	return hash_file(fd, buffer, &is) < 0 || strcmp(digest_hex(&is), name) != 0;
}

int verify_blobs(struct command *c, struct err *err)
{
	_cleanup_fd_ int dir =
		fd_open(c->store.dir, "blobs/sha256", O_RDONLY | O_DIRECTORY);
	_cleanup_free_ char *buffer = malloc(CHUNK);
	struct json *list = json_put_array(c->answer, "damaged");
	struct strv names = {0};
	size_t n_damaged = 0;
	int r = dir < 0 ? dir : !buffer ? -ENOMEM : dir_list(dir, c->arena, &names);

	if (r < 0)
		return err_set(err, r, "list '%s/blobs/sha256'", c->store.path);
	for (size_t i = 0; i < names.n && n_damaged < MAX_DAMAGED; i++) {
		if (!is_damaged(dir, names.v[i], buffer))
			continue;
		json_add_str(list, names.v[i]);
		n_damaged++;
	}
	return 0;
}
