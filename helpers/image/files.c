// SPDX-License-Identifier: Apache-2.0
/*
 * files.c - see files.h
 */
#include "files.h"

#include <inttypes.h>
#include <string.h>

#include "base/parse.h"
#include "hash.h"
#include "sys/path.h"

#define MAX_LISTED_NAMES 8

struct folder {
	struct files files;
	int fd;
	char *name;
};

void extent_close(struct extent *e)
{
	if (e->is_own)
		fd_close(&e->fd);
	*e = EXTENT_NONE;
}

struct shown shown(const char *text)
{
	struct shown s;

	text_escape(s.text, sizeof(s.text), text);
	return s;
}

const char *files_name(const char *transport, const struct image_ref *ref,
		       struct arena *a)
{
	const char *path = ref->shown ? ref->shown : ref->path;

	return arena_printf(a, "%s:%s%s%s", transport, shown(path).text,
			    ref->name ? ":" : "", ref->name ? shown(ref->name).text : "");
}

/* --- a folder --- */

static int say_odd_file(const struct folder *f, const char *name, int r, struct err *err)
{
	if (r == -ENOENT)
		return r;
	err_set(err, r, "'%s' in '%s'", shown(name).text, f->files.name);
	if (r == -ELOOP)
		err_hint(err, r,
			 "It is a link, and links are not followed there: copy "
			 "the folder with cp -rL.");
	return r;
}

/* O_NONBLOCK: somebody may have put a FIFO there. */
static int folder_find(const struct files *files, const char *name, struct extent *ret,
		       struct err *err)
{
	const struct folder *f = (const struct folder *)files;
	_cleanup_fd_ int fd =
		path_open_in(f->fd, name, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_NOFOLLOW);
	struct stat st;
	int r;

	if (fd < 0)
		return say_odd_file(f, name, fd, err);
	r = fd_stat(fd, &st);
	if (r < 0)
		return say_odd_file(f, name, r, err);
	if (!S_ISREG(st.st_mode))
		return err_say(err, -EINVAL, "'%s' in '%s' is no regular file",
			       shown(name).text, files->name);
	*ret = (struct extent){
		.fd = fd_take(&fd), .is_own = true, .size = (uint64_t)st.st_size};
	return 0;
}

static void folder_close(struct files *files)
{
	struct folder *f = (struct folder *)files;

	fd_close(&f->fd);
	free(f->name);
	free(f);
}

int files_open_folder(const char *path, const char *name, struct files **ret,
		      struct err *err)
{
	_cleanup_fd_ int fd = fd_open(AT_FDCWD, path, O_RDONLY | O_DIRECTORY);
	_cleanup_free_ char *copy = strdup(name);
	struct folder *f;

	if (fd < 0)
		return err_set(err, fd, "open the folder of '%s'", name);
	f = calloc(1, sizeof(*f));
	if (!f || !copy) {
		free(f);
		return err_set(err, -ENOMEM, "open '%s'", name);
	}
	f->fd = fd_take(&fd);
	f->name = copy;
	f->files =
		(struct files){.find = folder_find, .close = folder_close, .name = copy};
	copy = NULL;
	*ret = &f->files;
	return 0;
}

/* --- bytes --- */

int files_find(const struct files *f, const char *name, struct extent *ret,
	       struct err *err)
{
	int r = f->find(f, name, ret, err);

	if (r == -ENOENT)
		return err_say(err, r, "there is no '%s' in '%s'", shown(name).text,
			       f->name);
	return r;
}

/* All of a piece. Less than was there a moment ago is an error. */
static int read_at(const struct extent *e, uint64_t at, void *buf, size_t len)
{
	size_t done = 0;

	while (done < len) {
		ssize_t n = pread(e->fd, (char *)buf + done, len - done,
				  (off_t)(e->offset + at + done));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			return -EBADMSG;
		done += (size_t)n;
	}
	return 0;
}

static int say_read(int r, const char *name, struct err *err)
{
	if (r == -EBADMSG)
		return err_say(err, r, "'%s' became shorter while it was read", name);
	return err_set(err, r, "read '%s'", name);
}

/* Calls the sink with each piece of [@at, end). */
static int each_piece(const struct extent *e, uint64_t at, const char *name,
		      struct sink *to, struct err *err)
{
	_cleanup_free_ char *buf = NULL;

	if (at >= e->size)
		return 0;
	buf = malloc(FILES_BUFFER_BYTES);
	if (!buf)
		return err_set(err, -ENOMEM, "read '%s'", name);
	while (at < e->size) {
		size_t len = (size_t)MIN(FILES_BUFFER_BYTES, e->size - at);
		int r = read_at(e, at, buf, len);

		if (r < 0)
			return say_read(r, name, err);
		r = sink_write(to, buf, len, err);
		if (r < 0)
			return r;
		at += len;
	}
	return 0;
}

int extent_read(const struct extent *e, const char *name, size_t max, struct arena *a,
		char **ret, size_t *ret_len, struct err *err)
{
	char *text;
	int r;

	if (e->size > max)
		return err_say(err, -EFBIG, "'%s' is %" PRIu64 " bytes: at most %zu",
			       name, e->size, max);
	text = arena_alloc(a, (size_t)e->size + 1);
	r = read_at(e, 0, text, (size_t)e->size);
	if (r < 0)
		return say_read(r, name, err);
	*ret = text;
	*ret_len = (size_t)e->size;
	return 0;
}

int files_read(const struct files *f, const char *name, size_t max, struct arena *a,
	       char **ret, size_t *ret_len, struct err *err)
{
	_cleanup_extent_ struct extent e = EXTENT_NONE;
	int r = files_find(f, name, &e, err);

	if (r < 0)
		return r;
	r = extent_read(&e, shown(name).text, max, a, ret, ret_len, err);
	if (r < 0)
		err_prefix(err, "'%s'", f->name);
	return r;
}

struct hash_sink {
	struct sink sink;
	struct hash *hash;
};

static int hash_write(struct sink *s, const void *bytes, size_t len, struct err *err)
{
	(void)err;
	hash_add(((struct hash_sink *)s)->hash, bytes, len);
	return 0;
}

int extent_digest(const struct extent *e, const char *name, struct digest *ret,
		  struct err *err)
{
	struct hash_sink to = {.sink = {hash_write}, .hash = hash_new()};
	int r;

	if (!to.hash)
		return err_set(err, -ENOMEM, "hash '%s'", name);
	r = each_piece(e, 0, name, &to.sink, err);
	if (r < 0)
		hash_free(to.hash);
	else
		hash_end(to.hash, ret);
	return r;
}

int files_document(const struct files *f, const char *name, const struct digest *want,
		   struct arena *a, struct document *ret, struct err *err)
{
	struct document doc = {0};
	struct hash *hash;
	char *text;
	int r = files_read(f, name, MANIFEST_MAX_BYTES, a, &text, &doc.len, err);

	if (r < 0)
		return r;
	hash = hash_new();
	if (!hash)
		return err_set(err, -ENOMEM, "hash '%s'", shown(name).text);
	hash_add(hash, text, doc.len);
	hash_end(hash, &doc.digest);
	if (want && !digest_equal(want, &doc.digest))
		return err_say(err, -EBADMSG, "%s of '%s' is damaged: its digest is %s",
			       want->text, f->name, doc.digest.text);
	doc.text = text;
	*ret = doc;
	return 0;
}

int extent_send(const struct extent *e, const struct descriptor *d, uint64_t offset,
		const char *name, struct sink *to, struct err *err)
{
	if (e->size != d->size)
		return err_say(err, -EBADMSG,
			       "blob %s of '%s' is %" PRIu64 " bytes instead of %" PRIu64,
			       d->digest.text, name, e->size, d->size);
	if (offset > e->size)
		return err_say(err, -EINVAL,
			       "blob %s of '%s' has no byte %" PRIu64 ": it is %" PRIu64
			       " bytes",
			       d->digest.text, name, offset, e->size);
	return each_piece(e, offset, d->digest.text, to, err);
}

/* --- names --- */

int files_parse_index(const char *name, size_t n, size_t *ret)
{
	uint64_t index;

	if (name[0] != '@' || parse_u64(name + 1, &index) < 0 || index >= n)
		return -EINVAL;
	*ret = (size_t)index;
	return 0;
}

const char *files_list_names(const struct strv *names, struct arena *a)
{
	const char *list = "";

	for (size_t i = 0; i < names->n && i < MAX_LISTED_NAMES; i++)
		list = arena_printf(a, "%s%s'%.100s'", list, i ? ", " : "",
				    shown(names->v[i]).text);
	if (names->n > MAX_LISTED_NAMES)
		list = arena_printf(a, "%s, and %zu more", list,
				    names->n - MAX_LISTED_NAMES);
	return list;
}
