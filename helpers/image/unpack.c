// SPDX-License-Identifier: Apache-2.0
/*
 * unpack.c - see unpack.h
 *
 *	blob -> inflate -> ring of buffers -> libarchive -> unpack_entry.c
 *	the reader, a thread                  the writer, the caller's thread
 *
 * All of the stream goes through the ring, also what is behind the archive's end, and is hashed
 * there: the diff id is that of every byte. Which of the two has less to do depends on the
 * compression and on the disk, so that the one that would wait hashes: the reader while the ring
 * is full, and the writer whatever is left of the buffer that it is done with.
 *
 * Either may fail first. The writer then stops the ring and wakes the reader, which may be
 * waiting for its blob; the reader ends the ring, and its error is told when the writer has come
 * there.
 */
#include "unpack.h"

#include <poll.h>
#include <pthread.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>

#include "base/json.h"
#include "base/parse.h"
#include "hash.h"
#include "inflate.h"
#include "sys/fd.h"
#include "sys/process.h"
#include "unpack_entry.h"

#define N_SLOTS	    8
#define SLOT_BYTES  (128u << 10)
#define READ_BYTES  (128u << 10)
#define STACK_BYTES (512u << 10)
#define MAX_HEADER \
	(768u << 10)	      /* of one entry: long names, pax records, a map of holes */
#define PER_ENTRY_BYTES 4096u /* what a stream may have beside the files' content */

const struct unpack_limits unpack_default_limits = {
	.max_bytes = 64ull << 30,
	.max_entries = 4u << 20,
	.max_depth = 256,
};

/* --- the ring --- */

struct ring {
	pthread_mutex_t lock;
	pthread_cond_t changed; /* at most one side waits */
	size_t n_filled, n_hashed, n_done;
	size_t len[N_SLOTS];
	bool is_hashing; /* one of the two is, without the lock */
	bool is_ended;	 /* by the reader: nothing more comes */
	bool is_stopped; /* by the writer: nothing more is wanted */
	struct hash *hash;
	uint8_t (*slots)[SLOT_BYTES];
};

static void ring_wake(struct ring *r)
{
	pthread_cond_signal(&r->changed);
	pthread_mutex_unlock(&r->lock);
}

/* Hashes the next buffer, or waits. The lock is held before and after. */
static void ring_hash(struct ring *r)
{
	size_t slot = r->n_hashed % N_SLOTS;

	if (r->is_hashing || r->n_hashed == r->n_filled) {
		pthread_cond_wait(&r->changed, &r->lock);
		return;
	}
	r->is_hashing = true;
	pthread_mutex_unlock(&r->lock);
	hash_add(r->hash, r->slots[slot], r->len[slot]);
	pthread_mutex_lock(&r->lock);
	r->is_hashing = false;
	r->n_hashed++;
	pthread_cond_signal(&r->changed);
}

/* An empty slot; NULL when the ring was stopped. */
static uint8_t *ring_space(struct ring *r)
{
	uint8_t *slot;

	pthread_mutex_lock(&r->lock);
	while (r->n_filled - r->n_done == N_SLOTS && !r->is_stopped)
		ring_hash(r);
	slot = r->is_stopped ? NULL : r->slots[r->n_filled % N_SLOTS];
	pthread_mutex_unlock(&r->lock);
	return slot;
}

static void ring_publish(struct ring *r, size_t len)
{
	pthread_mutex_lock(&r->lock);
	r->len[r->n_filled++ % N_SLOTS] = len;
	ring_wake(r);
}

/* The next full slot; NULL at the end. */
static const uint8_t *ring_take(struct ring *r, size_t *ret_len)
{
	const uint8_t *slot = NULL;

	pthread_mutex_lock(&r->lock);
	while (r->n_filled == r->n_done && !r->is_ended)
		pthread_cond_wait(&r->changed, &r->lock);
	if (r->n_filled != r->n_done) {
		slot = r->slots[r->n_done % N_SLOTS];
		*ret_len = r->len[r->n_done % N_SLOTS];
	}
	pthread_mutex_unlock(&r->lock);
	return slot;
}

static void ring_give_back(struct ring *r)
{
	pthread_mutex_lock(&r->lock);
	while (r->n_hashed == r->n_done)
		ring_hash(r);
	r->n_done++;
	ring_wake(r);
}

static void ring_end(struct ring *r)
{
	pthread_mutex_lock(&r->lock);
	r->is_ended = true;
	ring_wake(r);
}

static void ring_stop(struct ring *r)
{
	pthread_mutex_lock(&r->lock);
	r->is_stopped = true;
	ring_wake(r);
}

/* --- the reader --- */

struct job {
	struct sink sink; /* of the inflated stream */
	struct ring ring;
	const struct unpack_limits *limits;
	int blob, stop; /* stop: an eventfd */
	int64_t deadline_ms;
	/* The reader's, until it is joined. */
	pthread_t thread;
	bool is_running;
	struct inflate *inflate;
	uint8_t *slot; /* that is being filled */
	size_t filled;
	uint64_t stream_bytes;
	int result;
	struct err err;
	uint8_t *in;
	/* The writer's. */
	struct archive *archive;
	struct entry_writer *writer;
	bool has_slot;
	bool is_cut;	     /* the reader had no more: it knows why */
	bool is_header;	     /* between entries */
	size_t header_bytes; /* that were read since */
	bool is_late;
};

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static int too_late(const struct job *j, struct err *err)
{
	return err_say(err, -ETIMEDOUT, "unpacking the layer took more than %u seconds",
		       j->limits->max_seconds);
}

static bool is_over(const struct job *j)
{
	return j->deadline_ms > 0 && now_ms() >= j->deadline_ms;
}

/* The inflated stream goes to the ring. */
static int job_write(struct sink *s, const void *bytes, size_t len, struct err *err)
{
	struct job *j = (struct job *)s;
	uint64_t max = j->limits->max_bytes + j->limits->max_entries * PER_ENTRY_BYTES;
	const uint8_t *at = bytes;

	j->stream_bytes += len;
	if (j->stream_bytes > max)
		return err_say(err, -EFBIG,
			       "the layer's tar stream has more than %llu bytes",
			       (unsigned long long)max);
	while (len > 0) {
		size_t n = MIN(len, SLOT_BYTES - j->filled);

		if (!j->slot && !(j->slot = ring_space(&j->ring)))
			return -ECANCELED;
		memcpy(j->slot + j->filled, at, n);
		j->filled += n;
		at += n;
		len -= n;
		if (j->filled < SLOT_BYTES)
			continue;
		ring_publish(&j->ring, j->filled);
		j->slot = NULL;
		j->filled = 0;
	}
	return 0;
}

/* Waits for the blob, which may be a pipe. 0, or -ECANCELED when nothing more is wanted. */
static int wait_for_blob(const struct job *j, struct err *err)
{
	struct pollfd p[] = {{.fd = j->blob, .events = POLLIN},
			     {.fd = j->stop, .events = POLLIN}};
	int timeout = -1, n;

	do {
		if (is_over(j))
			return too_late(j, err);
		if (j->deadline_ms > 0)
			timeout = (int)MIN(j->deadline_ms - now_ms() + 1, 60000);
		n = poll(p, ARRAY_SIZE(p), timeout);
	} while (n == 0 || (n < 0 && errno == EINTR));
	if (n < 0)
		return err_set(err, -errno, "wait for the layer's blob");
	return p[1].revents ? -ECANCELED : 0;
}

static int read_blob(struct job *j, struct err *err)
{
	for (;;) {
		int r = wait_for_blob(j, err);

		if (r < 0)
			return r;
		r = fd_read_now(j->blob, j->in, READ_BYTES);
		if (r == -EAGAIN)
			continue;
		if (r < 0)
			return err_set(err, r, "read the layer's blob");
		if (r == 0)
			return inflate_end(j->inflate, err);
		r = inflate_write(j->inflate, j->in, (size_t)r, err);
		if (r < 0)
			return r;
	}
}

static void *run_reader(void *data)
{
	struct job *j = data;

	j->result = read_blob(j, &j->err);
	/* What came before an error is unpacked up to there: the error names the entry then, or
	 * says that the stream is cut. */
	if (j->slot && j->filled > 0)
		ring_publish(&j->ring, j->filled);
	ring_end(&j->ring);
	return NULL;
}

/* --- the writer --- */

/* For libarchive: the next buffer. */
static ssize_t read_stream(struct archive *a, void *data, const void **ret)
{
	struct job *j = data;
	size_t len = 0;

	if (j->has_slot)
		ring_give_back(&j->ring);
	*ret = ring_take(&j->ring, &len);
	j->has_slot = *ret != NULL;
	j->is_cut = !*ret;
	j->is_late = is_over(j);
	j->header_bytes += len;
	if (j->is_late)
		archive_set_error(a, ETIMEDOUT, "out of time");
	else if (j->is_header && j->header_bytes > MAX_HEADER)
		archive_set_error(a, EFBIG, "too long a header");
	else
		return (ssize_t)len;
	return -1;
}

/* The archive has ended; whatever is behind it belongs to the stream too. */
static int drain(struct job *j, struct err *err)
{
	const void *buf;
	ssize_t n;

	j->is_header = false;
	do
		n = read_stream(j->archive, j, &buf);
	while (n > 0);
	return n < 0 ? too_late(j, err) : 0;
}

static int header_failed(struct job *j, struct archive_entry *e, struct err *err)
{
	if (j->is_late)
		return too_late(j, err);
	if (archive_errno(j->archive) == EFBIG)
		return err_say(err, -EFBIG,
			       "the layer has an entry with a header of more than %u KiB",
			       MAX_HEADER >> 10);
	return entry_damaged(j->archive, e, err);
}

/* A name that is no UTF-8 or has no place in the locale is left as it is, which is what is wanted;
 * any other warning is about a record that cannot be read. */
static bool is_name_warning(struct archive *a)
{
	return archive_errno(a) == EILSEQ;
}

/* Return: 1, 0 at the end, or a negative errno. */
static int add_next(struct job *j, struct err *err)
{
	struct archive_entry *e = NULL;
	int r;

	j->is_header = true;
	j->header_bytes = 0;
	r = archive_read_next_header(j->archive, &e);
	j->is_header = false;
	if (r == ARCHIVE_EOF)
		return 0;
	if (r != ARCHIVE_OK && !(r == ARCHIVE_WARN && is_name_warning(j->archive)))
		return header_failed(j, r == ARCHIVE_WARN ? e : NULL, err);
	r = entry_writer_add(j->writer, j->archive, e, err);
	if (r < 0)
		return j->is_late ? too_late(j, err) : r;
	/* What is skipped is no header. */
	if (archive_read_data_skip(j->archive) < ARCHIVE_WARN)
		return header_failed(j, e, err);
	return 1;
}

static int write_all(struct job *j, struct err *err)
{
	int r = archive_read_open(j->archive, j, NULL, read_stream, NULL);

	if (r != ARCHIVE_OK)
		return header_failed(j, NULL, err);
	do
		r = add_next(j, err);
	while (r > 0);
	if (r == 0)
		r = drain(j, err);
	return r < 0 ? r : entry_writer_finish(j->writer, err);
}

/* --- both --- */

static int job_init(struct job *j, int blob, int tree, const struct unpack_options *o,
		    struct err *err)
{
	pthread_mutex_init(&j->ring.lock, NULL);
	pthread_cond_init(&j->ring.changed, NULL);
	j->sink.write = job_write;
	j->limits = &o->limits;
	j->blob = blob;
	if (o->limits.max_seconds > 0)
		j->deadline_ms = now_ms() + (int64_t)o->limits.max_seconds * 1000;
	j->stop = eventfd(0, EFD_CLOEXEC);
	if (j->stop < 0)
		return err_set(err, -errno, "unpack the layer");
	j->ring.slots = malloc(sizeof(*j->ring.slots) * N_SLOTS);
	j->in = malloc(READ_BYTES);
	j->inflate = inflate_new(&j->sink, tree);
	j->ring.hash = hash_new();
	j->archive = archive_read_new();
	if (!j->ring.slots || !j->in || !j->inflate || !j->ring.hash || !j->archive)
		return err_set(err, -ENOMEM, "unpack the layer");
	archive_read_support_format_tar(j->archive);
	archive_read_support_format_empty(j->archive);
	return entry_writer_open(tree, o, &j->writer, err);
}

static int start_reader(struct job *j, struct err *err)
{
	pthread_attr_t attr;
	int r;

	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, STACK_BYTES);
	r = -pthread_create(&j->thread, &attr, run_reader, j);
	pthread_attr_destroy(&attr);
	j->is_running = r == 0;
	return r < 0 ? err_set(err, r, "start a thread to read the layer") : 0;
}

static void join_reader(struct job *j)
{
	if (!j->is_running)
		return;
	ring_stop(&j->ring);
	eventfd_write(j->stop, 1);
	pthread_join(j->thread, NULL);
	j->is_running = false;
}

static void job_free(struct job *j)
{
	join_reader(j);
	entry_writer_free(j->writer);
	archive_read_free(j->archive);
	hash_free(j->ring.hash);
	inflate_free(j->inflate);
	free(j->in);
	free(j->ring.slots);
	fd_close(&j->stop);
	pthread_cond_destroy(&j->ring.changed);
	pthread_mutex_destroy(&j->ring.lock);
}

static int unpack_job(struct job *j, struct err *err)
{
	struct err cause = {0};
	int r = start_reader(j, err);

	if (r < 0)
		return r;
	r = write_all(j, &cause);
	join_reader(j);
	/* A stream that the reader could not go on with looks cut to the writer. */
	if (j->is_cut && j->result < 0) {
		r = j->result;
		cause = j->err;
	}
	if (r < 0 && err)
		*err = cause;
	return r;
}

int unpack_layer(int blob, int tree, const struct unpack_options *o,
		 struct unpack_result *ret, struct err *err)
{
	_cleanup_(job_free) struct job j = {.stop = -EBADF};
	mode_t mask = umask(0); /* modes are the layer's */
	int r = job_init(&j, blob, tree, o, err);

	if (r == 0)
		r = unpack_job(&j, err);
	umask(mask);
	if (r < 0)
		return r;
	ret->stream_bytes = j.stream_bytes;
	ret->entries = entry_writer_count(j.writer);
	hash_end(j.ring.hash, &ret->diff_id);
	j.ring.hash = NULL;
	return 0;
}

/* --- the program --- */

#define TREE_OPTION "--tree="
#define JOIN_OPTION "--join="

static int unpack_confined(int tree, const struct unpack_options *o,
			   struct unpack_result *ret, struct err *err)
{
	int r;

	/* libcrypto reads its configuration when it is first used. */
	hash_free(hash_new());
	r = unpack_confine(tree, err);
	if (r < 0)
		return r;
	return unpack_layer(STDIN_FILENO, tree, o, ret, err);
}

static int print_line(struct json *doc)
{
	_cleanup_free_ char *text = json_text(doc, false);
	int r = text ? fd_write_all(STDOUT_FILENO, text, strlen(text)) : -ENOMEM;

	return r < 0 ? r : fd_write_all(STDOUT_FILENO, "\n", 1);
}

static int report(int r, const struct unpack_result *result, const struct err *err)
{
	_cleanup_json_ struct json *doc = json_new_object();

	if (r == 0) {
		json_put_str(doc, "diffId", result->diff_id.text);
		json_put_int(doc, "bytes", (int64_t)result->stream_bytes);
		json_put_int(doc, "entries", (int64_t)result->entries);
	} else {
		json_put_str(doc, "error", err->message);
		json_put_str(doc, "hint", err->hint[0] ? err->hint : NULL);
		if (r == -ENOSPC || r == -EDQUOT)
			json_put_bool(doc, "isFull", true);
	}
	return print_line(doc) < 0 || r < 0 ? ERR_EXIT_FAILED : 0;
}

static int read_options(int argc, char **argv, struct unpack_options *o, int *ret_tree,
			int *ret_join, struct err *err)
{
	for (int i = 1; i < argc; i++) {
		size_t len = strlen(TREE_OPTION);

		if (strcmp(argv[i], "--squash") == 0)
			o->want_squash = true;
		else if (strcmp(argv[i], "--into") == 0)
			o->is_plain = true;
		else if (strcmp(argv[i], "--out") == 0)
			o->is_plain = o->is_outside = true;
		else if (strcmp(argv[i], "--owners") == 0)
			o->keeps_owners = true;
		else if (strncmp(argv[i], JOIN_OPTION, strlen(JOIN_OPTION)) == 0 &&
			 parse_int(argv[i] + strlen(JOIN_OPTION), ret_join) == 0)
			continue;
		else if (strncmp(argv[i], TREE_OPTION, len) != 0 ||
			 parse_int(argv[i] + len, ret_tree) < 0)
			return err_say(err, -EINVAL, "unpack: unknown argument");
	}
	return *ret_tree < 0 ? err_say(err, -EINVAL, "unpack: no folder") : 0;
}

int unpack_main(int argc, char **argv)
{
	struct unpack_options o = {.limits = unpack_default_limits};
	struct unpack_result result = {0};
	struct err err = {0};
	int tree = -1, join = -1;
	int r = read_options(argc, argv, &o, &tree, &join, &err);

	umask(0);
	if (r == 0) {
		r = join < 0 ? 0 : process_enter_hidden(join, -1);
		if (r < 0)
			err_set(&err, r, "enter the container's user namespace");
	}
	if (r == 0)
		r = unpack_confined(tree, &o, &result, &err);
	return report(r, &result, &err);
}
