// SPDX-License-Identifier: Apache-2.0
/*
 * layer.c - see layer.h
 */
#include "layer.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/json.h"
#include "hash.h"
#include "image/container.h"
#include "sys/dir.h"
#include "sys/fd.h"
#include "sys/helper.h"
#include "sys/lines.h"
#include "sys/lock.h"
#include "sys/newid.h"
#include "sys/process.h"
#include "unpack.h"

#define CHUNK	   (256u << 10)
#define MAX_ANSWER 65536
/* Says in which run of the kernel a layer was made: after a crash, what was not written to the
 * disk may be cut short, and looks whole. Goes when all was written. */
#define UNSYNCED "unsynced"

/* Where a blob's bytes go. */
struct blob_sink {
	struct sink sink;
	const struct layer_job *job;
	struct hash *hash;
	int file; /* or -1: it is in the store already */
	int pipe; /* to the process that unpacks, or -1 */
	bool is_pipe_broken;
	uint64_t bytes;
};

static int take_bytes(struct sink *s, const void *bytes, size_t len, struct err *err)
{
	struct blob_sink *b = (struct blob_sink *)s;
	int r;

	hash_add(b->hash, bytes, len);
	if (b->file >= 0) {
		r = fd_write_all(b->file, bytes, len);
		if (r < 0)
			return err_set(err, r, "write blob %s",
				       b->job->blob->digest.text);
	}
	b->bytes += len;
	progress_add(b->job->progress, b->job->index, len);
	if (b->pipe < 0 || b->is_pipe_broken)
		return 0;
	r = fd_write_all(b->pipe, bytes, len);
	/* It has given up, and says why at its end. */
	b->is_pipe_broken = r == -EPIPE;
	if (b->is_pipe_broken)
		return err_say(err, -EPIPE, "the unpacking process has ended");
	return r < 0 ? err_set(err, r, "send to the unpacking process") : 0;
}

/* --- the process that unpacks --- */

struct unpacking {
	int dir; /* the layer's folder in tmp, locked; or -1: nothing is unpacked */
	int pidfd;
	int answer;	  /* read end of its standard output */
	const char *name; /* of the folder */
};

#define NOT_UNPACKING ((struct unpacking){-EBADF, -EBADF, -EBADF, NULL})

static void end_unpacking(struct unpacking *u)
{
	int code;

	if (u->pidfd >= 0) {
		process_kill(u->pidfd, SIGKILL);
		process_wait(u->pidfd, &code);
	}
	fd_close(&u->pidfd);
	fd_close(&u->answer);
	fd_close(&u->dir);
}

static int boot_id(struct arena *a, char **ret)
{
	return fd_read_file("/proc/sys/kernel/random/boot_id", a, 256, ret, NULL);
}

static int make_folder(const struct layer_job *j, struct arena *a, struct unpacking *u,
		       int *ret_tree)
{
	_cleanup_fd_ int made = -EBADF, tree = -EBADF, mark = -EBADF;
	char id[NEWID_LEN + 1], *boot;
	int r = boot_id(a, &boot);

	if (r == 0)
		r = newid_make(id);
	if (r < 0)
		return r;
	u->name = arena_printf(a, "layer-%s", id);
	made = dir_make_all(j->store->dir, arena_printf(a, "tmp/%s", u->name), 0700);
	u->dir = made < 0 ? made : fd_open(made, ".", O_RDONLY | O_DIRECTORY);
	r = u->dir < 0 ? u->dir : lock_file(u->dir, true, false);
	if (r < 0)
		return r;
	mark = fd_create(u->dir, UNSYNCED, O_WRONLY | O_CREAT | O_EXCL, 0600);
	r = mark < 0 ? mark : fd_write_all(mark, boot, strlen(boot));
	if (r < 0)
		return r;
	tree = dir_make(u->dir, "tree", 0755);
	r = tree < 0 ? tree : fd_chmod(tree, 0755);
	*ret_tree = r < 0 ? r : fd_open(tree, ".", O_RDONLY | O_DIRECTORY);
	return *ret_tree < 0 ? *ret_tree : 0;
}

static int start_unpacking(const struct layer_job *j, struct arena *a,
			   struct unpacking *u, int *ret_pipe, struct err *err)
{
	_cleanup_fd_ int tree = -EBADF, in = -EBADF, in_end = -EBADF, out_end = -EBADF;
	struct strv argv = {0};
	int blob_pipe[2], answer_pipe[2], keep[] = {-1, -1}, r;
	struct spawn spawn = {.stdio = {-1, -1, STDERR_FILENO},
			      .userns = j->userns,
			      .mntns = -1,
			      .keep = keep};

	r = make_folder(j, a, u, &tree);
	if (r < 0)
		return err_set(err, r, "make a folder for layer %s", j->diff_id->text);
	r = fd_pipe(blob_pipe);
	if (r < 0)
		return err_set(err, r, "make a pipe");
	in_end = blob_pipe[0];
	in = blob_pipe[1];
	r = fd_pipe(answer_pipe);
	if (r < 0)
		return err_set(err, r, "make a pipe");
	u->answer = answer_pipe[0];
	out_end = answer_pipe[1];
	strv_push(a, &argv, "urun-image");
	strv_push(a, &argv, "unpack");
	strv_pushf(a, &argv, "--tree=%d", tree);
	if (j->is_squashed)
		strv_push(a, &argv, "--squash");
	keep[0] = tree;
	spawn.path = helper_path("urun-image", a);
	spawn.argv = argv.v;
	spawn.stdio[0] = in_end;
	spawn.stdio[1] = out_end;
	r = process_spawn(&spawn, &u->pidfd);
	if (r < 0)
		return err_set(err, r, "run '%s'", spawn.path);
	*ret_pipe = fd_take(&in);
	return 0;
}

/* The helper's answer: what it made, or why it could not. */
static int read_answer(const struct layer_job *j, const char *text, size_t len,
		       struct arena *a, struct err *err)
{
	_cleanup_json_ struct json *doc = NULL;
	struct json_at root, diff, error, hint, full;
	const char *is = NULL, *why = NULL, *mend = NULL;
	bool is_full = false;
	int r = json_parse(text, len, &doc, err);

	if (r < 0)
		return err_say(err, -EPIPE, "the unpacking process was killed");
	root = json_root(doc);
	diff = json_key(&root, "diffId");
	error = json_key(&root, "error");
	hint = json_key(&root, "hint");
	full = json_key(&root, "isFull");
	json_read_bool(&full, &is_full, NULL);
	json_read_str(&error, a, &why, NULL);
	json_read_str(&hint, a, &mend, NULL);
	json_read_str(&diff, a, &is, NULL);
	if (why) {
		r = err_say(err, is_full ? -ENOSPC : -EBADMSG, "%s", why);
		return mend ? err_hint(err, r, "%s", mend) : r;
	}
	if (is && strcmp(is, j->diff_id->text) == 0)
		return 0;
	err_say(err, -EBADMSG,
		"its content has the digest %s, and the image's config says %s",
		is ? is : "none", j->diff_id->text);
	return err_hint(err, -EBADMSG, "The image is damaged, or somebody changed it");
}

static int finish_unpacking(const struct layer_job *j, struct arena *a,
			    struct unpacking *u, struct err *err)
{
	const char *parent = j->is_squashed ? "squashed" : "layers";
	char *text;
	size_t len;
	int code, r = fd_read_all(u->answer, a, MAX_ANSWER, &text, &len);

	if (r == 0)
		r = process_wait(u->pidfd, &code);
	fd_close(&u->pidfd);
	if (r < 0)
		return err_set(err, r, "wait for the unpacking process");
	r = read_answer(j, text, len, a, err);
	if (r < 0)
		return r;
	r = dir_rename_new(j->store->dir, arena_printf(a, "tmp/%s", u->name),
			   j->store->dir,
			   arena_printf(a, "%s/%s", parent, digest_hex(j->diff_id)));
	return r < 0 ? err_set(err, r, "put it into '%s/%s'", j->store->path, parent) : 0;
}

/* Is it there, and on the disk as well? One that a crash may have cut short is put away. */
static bool has_layer(const struct layer_job *j, struct arena *a)
{
	const char *name = arena_printf(a, "%s/%s",
					j->is_squashed ? "squashed" : "layers",
					digest_hex(j->diff_id)),
		   *gone;
	_cleanup_fd_ int dir = fd_open(j->store->dir, name, O_PATH | O_DIRECTORY),
			 mark = -EBADF;
	char *made = NULL, *now = NULL;

	if (dir < 0)
		return false;
	mark = fd_open(dir, UNSYNCED, O_RDONLY | O_NOFOLLOW);
	if (mark == -ENOENT)
		return true;
	if (mark >= 0 && fd_read_all(mark, a, 256, &made, NULL) == 0 &&
	    boot_id(a, &now) == 0 && strcmp(made, now) == 0)
		return true;
	container_discard(j->store, name, a, &gone, NULL);
	return false;
}

/* --- the blob --- */

static bool has_blob(const struct layer_job *j)
{
	_cleanup_fd_ int fd = store_blob(j->store, &j->blob->digest);
	struct stat st;

	return fd >= 0 && fd_stat(fd, &st) == 0 && S_ISREG(st.st_mode) &&
	       (uint64_t)st.st_size == j->blob->size;
}

static int send_file(int fd, uint64_t bytes, struct blob_sink *to, struct err *err)
{
	_cleanup_free_ char *buffer = malloc(CHUNK);
	uint64_t left = bytes;

	if (!buffer)
		return err_set(err, -ENOMEM, "read a blob");
	while (left > 0) {
		int n = fd_read_now(fd, buffer, MIN(left, (uint64_t)CHUNK)), r;

		if (n == -EAGAIN)
			continue;
		if (n <= 0)
			return err_set(err, n < 0 ? n : -EIO, "read blob %s",
				       to->job->blob->digest.text);
		r = take_bytes(&to->sink, buffer, (size_t)n, err);
		if (r < 0)
			return r;
		left -= (uint64_t)n;
	}
	return 0;
}

static int send_stored(const struct layer_job *j, struct blob_sink *to, struct err *err)
{
	_cleanup_fd_ int fd = store_blob(j->store, &j->blob->digest);

	return fd < 0 ? err_set(err, fd, "blob %s", j->blob->digest.text)
		      : send_file(fd, j->blob->size, to, err);
}

/* What an earlier download left is taken first; the hash tells whether it is any good. */
static int download(const struct layer_job *j, const char *part, struct blob_sink *to,
		    struct err *err)
{
	_cleanup_fd_ int file = -EBADF;
	struct stat st;
	int r;

	to->file = -1;
	file = fd_create(j->store->dir, part, O_RDWR | O_CREAT | O_NOFOLLOW, 0600);
	r = file < 0 ? file : fd_stat(file, &st);
	if (r < 0)
		return err_set(err, r, "make '%s/%s'", j->store->path, part);
	if (!S_ISREG(st.st_mode) || (uint64_t)st.st_size > j->blob->size)
		st.st_size = 0;
	r = send_file(file, (uint64_t)st.st_size, to, err);
	if (r < 0)
		return r;
	if (st.st_size == 0 && ftruncate(file, 0) < 0)
		return err_set(err, -errno, "write '%s/%s'", j->store->path, part);
	to->file = file;
	if (to->bytes < j->blob->size || j->blob->size == 0)
		r = j->source->ops->blob(j->source, j->blob, to->bytes, &to->sink, err);
	to->file = -1;
	return r;
}

static int check_blob(const struct layer_job *j, struct blob_sink *s, struct err *err)
{
	struct digest is;

	hash_end(s->hash, &is);
	s->hash = NULL;
	if (s->bytes != j->blob->size)
		return err_say(err, -EBADMSG, "it has %llu bytes instead of %llu",
			       (unsigned long long)s->bytes,
			       (unsigned long long)j->blob->size);
	if (digest_equal(&is, &j->blob->digest))
		return 0;
	return err_say(err, -EBADMSG, "its digest is %s", is.text);
}

static const char *part_name(const struct layer_job *j, struct arena *a)
{
	return arena_printf(a, "tmp/%s.part", digest_hex(&j->blob->digest));
}

static int bring_blob(const struct layer_job *j, struct arena *a, struct blob_sink *s,
		      struct err *err)
{
	const char *part = part_name(j, a);
	int r;

	if (has_blob(j)) {
		r = send_stored(j, s, err);
		if (r == 0)
			r = check_blob(j, s, err);
		if (r != -EBADMSG)
			return r;
		dir_unlink(j->store->dir,
			   arena_printf(a, "blobs/sha256/%s",
					digest_hex(&j->blob->digest)),
			   0);
		return err_hint(err, r,
				"The damaged copy is removed: pull the image again");
	}
	if (!j->source)
		return err_say(err, -ENOENT, "it is not in the store");
	r = download(j, part, s, err);
	if (r < 0)
		return r;
	r = check_blob(j, s, err);
	if (r < 0) {
		dir_unlink(j->store->dir, part, 0);
		return r;
	}
	r = dir_rename(j->store->dir, part, j->store->dir,
		       arena_printf(a, "blobs/sha256/%s", digest_hex(&j->blob->digest)));
	return r < 0 ? err_set(err, r, "put it into '%s/blobs'", j->store->path) : 0;
}

/* With the locks of the blob and of the layer held. */
static int bring(const struct layer_job *j, struct arena *a, struct err *err)
{
	_cleanup_(end_unpacking) struct unpacking u = NOT_UNPACKING;
	struct blob_sink s = {.sink = {take_bytes},
			      .job = j,
			      .hash = hash_new(),
			      .file = -1,
			      .pipe = -1};
	struct err unpacking = {0};
	int r = s.hash ? 0 : err_set(err, -ENOMEM, "hash");

	if (r == 0 && !has_layer(j, a))
		r = start_unpacking(j, a, &u, &s.pipe, err);
	if (r == 0)
		r = bring_blob(j, a, &s, err);
	hash_free(s.hash);
	fd_close(&s.pipe);
	if (u.pidfd < 0 || (r < 0 && !s.is_pipe_broken))
		return r;
	r = finish_unpacking(j, a, &u, &unpacking);
	if (r < 0)
		*err = unpacking;
	return r;
}

int layer_bring(const struct layer_job *j, struct arena *a, struct err *err)
{
	_cleanup_fd_ int blob = -EBADF, layer = -EBADF;
	int r = store_lock(j->store,
			   arena_printf(a, "blob-%s", digest_hex(&j->blob->digest)), true,
			   true, &blob, err);

	/* The same layer may come in another blob, too. */
	if (r == 0)
		r = store_lock(j->store,
			       arena_printf(a, "layer-%s", digest_hex(j->diff_id)), true,
			       true, &layer, err);
	if (r < 0)
		return r;
	if (has_blob(j) && has_layer(j, a)) {
		progress_state(j->progress, j->index, PROGRESS_THERE);
		return 0;
	}
	progress_state(j->progress, j->index, PROGRESS_COMES);
	r = bring(j, a, err);
	/* What has come is to go on with later; but not so that the disk stays full. */
	if (r == -ENOSPC || r == -EDQUOT)
		dir_unlink(j->store->dir, part_name(j, a), 0);
	if (r < 0)
		err_prefix(err, "layer %s", j->blob->digest.text);
	else
		progress_state(j->progress, j->index, PROGRESS_DONE);
	return r;
}

int layer_put_document(const struct store *s, const struct document *doc, struct err *err)
{
	char path[sizeof("blobs/sha256")] = "blobs/sha256";
	_cleanup_fd_ int dir = fd_open(s->dir, path, O_PATH | O_DIRECTORY), tmp = -EBADF,
			 fd = -EBADF;
	char name[NEWID_LEN + 1];
	int r;

	tmp = fd_open(s->dir, "tmp", O_PATH | O_DIRECTORY);
	if (dir < 0 || tmp < 0)
		return err_set(err, MIN(dir, tmp), "image store '%s'", s->path);
	r = newid_make(name);
	if (r < 0)
		return err_set(err, r, "make an id");
	fd = fd_create(tmp, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0600);
	r = fd < 0 ? fd : fd_write_all(fd, doc->text, doc->len);
	if (r == 0)
		r = dir_rename(tmp, name, dir, digest_hex(&doc->digest));
	if (r < 0 && fd >= 0)
		dir_unlink(tmp, name, 0);
	return r < 0 ? err_set(err, r, "write blob %s", doc->digest.text) : 0;
}
