// SPDX-License-Identifier: Apache-2.0
/*
 * image_registry.c - tests of the registry client against servers that do everything wrong
 */
#include "registry_bench.h"

/* --- manifests --- */

static void test_manifest(void **state)
{
	struct bench *t = *state;
	struct document doc = {0};
	struct digest want;

	hash_of(MANIFEST, strlen(MANIFEST), &want);
	open_to(t, serve_manifest);
	CHECK_INT(get_manifest(t, "v1.0", &doc), 0);
	CHECK_STR(doc.text, MANIFEST);
	CHECK_INT(doc.len, strlen(MANIFEST));
	CHECK_STR(doc.media_type, MANIFEST_TYPE);
	CHECK_STR(doc.digest.text, want.text);
	CHECK_INT(t->a.n_log, 1);
	CHECK_STR(t->a.log[0].method, "GET");
	CHECK_STR(t->a.log[0].target, "/v2/team/app/manifests/v1.0");
	CHECK_STR(t->a.log[0].accept, manifest_accept);
	CHECK_STR(t->a.log[0].authorization, "");
	CHECK_STR(t->a.log[0].host, t->host_a);
	CHECK_INT(get_manifest(t, want.text, &doc), 0);
	CHECK_STR(t->a.log[1].target, text(t, "/v2/team/app/manifests/%s", want.text));
	CHECK_INT(fake.n_auth, 0);
}

static void serve_announced(struct server *s, const struct request *q, int conn)
{
	answer_text(conn, "200 OK", "Docker-Content-Digest: " DIGEST_B "\r\n", MANIFEST);
}

static void test_manifest_damaged(void **state)
{
	struct bench *t = *state;
	struct document doc = {0};
	struct digest is;

	hash_of(MANIFEST, strlen(MANIFEST), &is);
	open_to(t, serve_manifest);
	CHECK_INT(get_manifest(t, DIGEST_A, &doc), -EBADMSG);
	CHECK_STR(t->err.message,
		  text(t,
		       "image '%s/team/app@" DIGEST_A "': the manifest is damaged: what "
		       "was asked for is " DIGEST_A ", but what came is %s",
		       t->host_a, is.text));
	CHECK_INT(t->a.n_log, 1);
	open_to(t, serve_announced);
	CHECK_INT(get_manifest(t, "v1", &doc), -EBADMSG);
	CHECK_STR(t->err.message,
		  text(t,
		       "image '%s/team/app:v1': the manifest is damaged: what the "
		       "registry announced is " DIGEST_B ", but what came is %s",
		       t->host_a, is.text));
	CHECK(doc.text == NULL);
}

static void serve_large(struct server *s, const struct request *q, int conn)
{
	size_t len = MANIFEST_MAX_BYTES + (strstr(q->target, "more") ? 1 : 0);
	char *large = calloc(1, len);

	answer(conn, "200 OK", "", large, len);
	free(large);
}

static void test_manifest_size(void **state)
{
	struct bench *t = *state;
	struct document doc = {0};

	open_to(t, serve_manifest);
	t->a.serve = serve_large;
	CHECK_INT(get_manifest(t, "fits", &doc), 0);
	CHECK_INT(doc.len, MANIFEST_MAX_BYTES);
	CHECK_INT(get_manifest(t, "more", &doc), -EFBIG);
	CHECK_INT(t->a.n_log, 2);
}

static const struct refusal {
	const char *status, *body;
	int result;
	const char *message, *hint;
} refusals[] = {
	{"404", "", -ENOENT, "image 'HOST/team/app:404': not found", ""},
	{"404", "{\"errors\":[{\"code\":\"MANIFEST_UNKNOWN\",\"message\":\"no such\"}]}",
	 -ENOENT, "image 'HOST/team/app:404': not found (MANIFEST_UNKNOWN: no such)", ""},
	{"403", "{\"errors\":[{\"code\":\"DENIED\",\"message\":\"a\\u001b[2Jb\"}]}",
	 -EACCES,
	 "image 'HOST/team/app:403': not allowed without credentials: DENIED: a\\x1b[2Jb",
	 "--creds USER:PASSWORD, or urun login HOST"},
	{"400", "{\"errors\":[]}", -EPROTO,
	 "image 'HOST/team/app:400': registry 'HOST' answers 400", ""},
	{"400", "no JSON", -EPROTO,
	 "image 'HOST/team/app:400': registry 'HOST' answers 400", ""},
	{"410", "{\"errors\":[{\"message\":7}]}", -EPROTO,
	 "image 'HOST/team/app:410': registry 'HOST' answers 410", ""},
	{"418", "{\"details\":\"tea\"}", -EPROTO,
	 "image 'HOST/team/app:418': registry 'HOST' answers 418: tea", ""},
	{"505", "", -EREMOTEIO, "image 'HOST/team/app:505': registry 'HOST' answers 505",
	 ""},
};

/* HOST in a text that is wanted is the server. */
static const char *with_host(struct bench *t, const char *want)
{
	const char *made = "", *at;

	for (; (at = strstr(want, "HOST")); want = at + strlen("HOST"))
		made = text(t, "%s%.*s%s", made, (int)(at - want), want, t->host_a);
	return text(t, "%s%s", made, want);
}

static void test_refusals(void **state)
{
	struct bench *t = *state;
	struct document doc = {0};

	open_to(t, not_asked);
	t->a.serve = serve_refusal;
	for (size_t i = 0; i < ARRAY_SIZE(refusals); i++) {
		const struct refusal *c = &refusals[i];

		check_context("%s %s", c->status, c->body);
		t->a.text = c->body;
		CHECK_INT(get_manifest(t, c->status, &doc), c->result);
		CHECK_STR(t->err.message, with_host(t, c->message));
		CHECK_STR(t->err.hint, with_host(t, c->hint));
		CHECK_INT(t->a.n_log, i + 1);
	}
}

static void serve_long_words(struct server *s, const struct request *q, int conn)
{
	char body[600];

	snprintf(body, sizeof(body), "{\"errors\":[{\"message\":\"%0500d\"}]}", 0);
	answer_text(conn, "400 Bad", "", body);
}

static void test_long_words(void **state)
{
	struct bench *t = *state;
	struct document doc = {0};

	open_to(t, not_asked);
	t->a.serve = serve_long_words;
	CHECK_INT(get_manifest(t, "v1", &doc), -EPROTO);
	CHECK_STR(t->err.message,
		  text(t, "image '%s/team/app:v1': registry '%s' answers 400: %0200d",
		       t->host_a, t->host_a, 0));
}

static void test_names(void **state)
{
	struct bench *t = *state;
	static const char *const hosts[] = {"",	   "-x",  "a b", "a/b",	 "../x",
					    "a@b", "a?b", "a#b", "a\nb", "a%41"};
	static const char *const repositories[] = {"",	   "/a",    "../a", "a/../b",
						   "a//b", "a b",   "a?b",  "a#b",
						   "a%2f", "a\r\nb"};
	static const char *const references[] = {"",	 ".a",	      "-a",
						 "a/b",	 "a:b",	      "a?b",
						 "a\nb", "sha256:aa", "sha512:" HEX_A,
						 "..",	 DIGEST_A "a"};
	struct document doc = {0};
	struct source_options o = {0};
	struct registry *r = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(hosts); i++) {
		check_context("host '%s'", hosts[i]);
		CHECK_INT(registry_open(hosts[i], "a", false, &o, &r, NULL), -EINVAL);
	}
	for (size_t i = 0; i < ARRAY_SIZE(repositories); i++) {
		check_context("repository '%s'", repositories[i]);
		CHECK_INT(registry_open("a", repositories[i], false, &o, &r, NULL),
			  -EINVAL);
	}
	CHECK(r == NULL);
	open_to(t, serve_manifest);
	for (size_t i = 0; i < ARRAY_SIZE(references); i++) {
		check_context("reference '%s'", references[i]);
		CHECK_INT(get_manifest(t, references[i], &doc), -EINVAL);
	}
	CHECK_INT(t->a.n_log, 0);
}

/* --- blobs --- */

static void test_blob(void **state)
{
	struct bench *t = *state;

	open_to(t, serve_blob);
	CHECK_INT(get_blob(t, BLOB_BYTES, 0), 0);
	check_got(t, 0);
	CHECK_INT(t->a.n_log, 1);
	CHECK_STR(t->a.log[0].target, "/v2/team/app/blobs/" DIGEST_A);
	CHECK_STR(t->a.log[0].range, "");
	CHECK_INT(get_blob(t, BLOB_BYTES, 1000), 0);
	check_got(t, 1000);
	CHECK_STR(t->a.log[1].range, "bytes=1000-");
	CHECK_INT(get_blob(t, BLOB_BYTES, BLOB_BYTES - 1), 0);
	check_got(t, BLOB_BYTES - 1);
	/* nothing is missing */
	CHECK_INT(get_blob(t, BLOB_BYTES, BLOB_BYTES), 0);
	CHECK_INT(t->got.len, 0);
	CHECK_INT(get_blob(t, BLOB_BYTES, BLOB_BYTES + 1), -EINVAL);
	CHECK_INT(t->a.n_log, 3);
}

static void serve_whole(struct server *s, const struct request *q, int conn)
{
	answer(conn, "200 OK", "", s->text, s->len);
}

static void test_range_ignored(void **state)
{
	struct bench *t = *state;

	open_to(t, serve_whole);
	CHECK_INT(get_blob(t, BLOB_BYTES, 300000), 0);
	check_got(t, 300000);
	CHECK_STR(t->a.log[0].range, "bytes=300000-");
	CHECK_INT(t->a.n_log, 1);
}

static void serve_wrong_range(struct server *s, const struct request *q, int conn)
{
	answer(conn, "206 Partial", s->link, s->text, 50);
}

static void test_range_wrong(void **state)
{
	static const struct {
		const char *header;
		int result;
	} cases[] = {
		{"Content-Range: bytes 50-99/100\r\n", 0},
		{"Content-Range: bytes 50-99/*\r\n", 0},
		{"content-range: BYTES 50-99/100\r\n", 0},
		{"", -EBADMSG},
		{"Content-Range: bytes 0-49/100\r\n", -EBADMSG},
		{"Content-Range: bytes 51-99/100\r\n", -EBADMSG},
		{"Content-Range: bytes 50-100/101\r\n", -EBADMSG},
		{"Content-Range: bytes 50-99/200\r\n", -EBADMSG},
		{"Content-Range: bytes 50-100/100\r\n", -EBADMSG},
		{"Content-Range: bytes */100\r\n", -EBADMSG},
		{"Content-Range: bytes 50-99\r\n", -EBADMSG},
		{"Content-Range: bytes 50/99-100\r\n", -EBADMSG},
		{"Content-Range: bytes -50-99/100\r\n", -EBADMSG},
		{"Content-Range: bytes 18446744073709551666-99/100\r\n", -EBADMSG},
		{"Content-Range: lines 50-99/100\r\n", -EBADMSG},
	};
	struct bench *t = *state;

	open_to(t, serve_whole);
	t->a.serve = serve_wrong_range;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		check_context("%.*s", (int)strcspn(cases[i].header, "\r"),
			      cases[i].header);
		t->a.link = cases[i].header;
		CHECK_INT(get_blob(t, 100, 50), cases[i].result);
		CHECK_INT(t->got.len, cases[i].result == 0 ? 50 : 0);
		CHECK_INT(t->a.n_log, i + 1);
	}
	/* never asked for */
	t->a.link = "Content-Range: bytes 50-99/100\r\n";
	CHECK_INT(get_blob(t, 100, 0), -EBADMSG);
	CHECK_STR(t->err.message, text(t,
				       "blob '%s/team/app@" DIGEST_A
				       "': bytes 0 to 99 were asked for, but "
				       "the answer has 'bytes 50-99/100'",
				       t->host_a));
}

/* --- broken connections --- */

/* The first s->limit answers break off, each 100000 bytes further. */
static void serve_cut(struct server *s, const struct request *q, int conn)
{
	bool is_cut = s->counter++ < s->limit;

	send_part(s, q, conn, is_cut ? asked_from(q) + 100000 : s->len);
}

static void test_cut_once(void **state)
{
	struct bench *t = *state;

	open_to(t, serve_manifest);
	t->a.serve = serve_cut;
	t->a.limit = 1;
	CHECK_INT(get_blob(t, BLOB_BYTES, 0), 0);
	check_got(t, 0);
	CHECK_INT(t->a.n_log, 2);
	CHECK_STR(t->a.log[0].range, "");
	CHECK_STR(t->a.log[1].range, "bytes=100000-");
}

static void test_cut_always(void **state)
{
	struct bench *t = *state;

	open_to(t, serve_manifest);
	t->a.serve = serve_cut;
	t->a.limit = 1000;
	/* More often than a request is tried again: each time brings it forward. */
	CHECK_INT(get_blob(t, BLOB_BYTES, 0), 0);
	check_got(t, 0);
	CHECK_INT(t->a.n_log, 11);
	CHECK_STR(t->a.log[10].range, "bytes=1000000-");
}

/* At each try one more byte. */
static void serve_trickle(struct server *s, const struct request *q, int conn)
{
	send_part(s, q, conn, asked_from(q) + 1);
}

static void test_trickle(void **state)
{
	struct bench *t = *state;

	open_with(t, serve_manifest, &(struct source_options){.retries = 3});
	t->a.serve = serve_trickle;
	CHECK_INT(get_blob(t, BLOB_BYTES, 0), -ECONNRESET);
	CHECK_INT(t->a.n_log, 4);
	CHECK_STR(t->a.log[3].range, "bytes=3-");
	CHECK_INT(t->got.len, 4);
}

static void serve_nothing(struct server *s, const struct request *q, int conn)
{
	s->counter++;
}

static void test_no_answer(void **state)
{
	struct document doc = {0};
	struct bench *t = *state;

	open_to(t, serve_manifest);
	t->a.serve = serve_nothing;
	CHECK_INT(get_blob(t, BLOB_BYTES, 0), -ECONNRESET);
	CHECK_INT(t->a.n_log, 1 + REGISTRY_DEFAULT_TRIES);
	CHECK_INT(t->got.len, 0);
	CHECK_INT(get_manifest(t, "v1", &doc), -ECONNRESET);
	CHECK_INT(t->a.n_log, 2 * (1 + REGISTRY_DEFAULT_TRIES));
}

/* Stalls in the middle of a body for longer than is waited. */
static void serve_stall(struct server *s, const struct request *q, int conn)
{
	if (s->counter++ >= s->limit) {
		send_part(s, q, conn, s->len);
		return;
	}
	send_part(s, q, conn, 200000);
	wait_for_hangup(s, conn);
}

static void serve_silence(struct server *s, const struct request *q, int conn)
{
	wait_for_hangup(s, conn);
}

static void test_silence(void **state)
{
	struct bench *t = *state;
	struct document doc = {0};

	open_with(t, serve_manifest, &(struct source_options){.retries = 1});
	t->a.serve = serve_silence;
	CHECK_INT(get_manifest(t, "v1", &doc), -ETIMEDOUT);
	CHECK_INT(t->a.n_log, 2);
}

static void test_stall(void **state)
{
	struct bench *t = *state;

	open_with(t, serve_manifest, &(struct source_options){.retries = 1});
	t->a.serve = serve_stall;
	t->a.limit = 1;
	CHECK_INT(get_blob(t, BLOB_BYTES, 0), 0);
	check_got(t, 0);
	CHECK_INT(t->a.n_log, 2);
	CHECK_STR(t->a.log[1].range, "bytes=200000-");
	t->a.counter = 0;
	t->a.limit = 100;
	CHECK_INT(get_blob(t, BLOB_BYTES, 200000), -ETIMEDOUT);
	CHECK_INT(t->a.n_log, 4);
}

static void test_sink_fails(void **state)
{
	struct bench *t = *state;

	open_to(t, serve_blob);
	t->got.fail_at = 500000;
	CHECK_INT(get_blob(t, BLOB_BYTES, 0), -ENOSPC);
	CHECK_STR(t->err.message, "the sink is full");
	CHECK_INT(t->a.n_log, 1);
}

/* --- refusals that pass --- */

static void serve_busy(struct server *s, const struct request *q, int conn)
{
	if (s->counter++ < s->limit)
		answer_text(conn, s->link, "Retry-After: 0\r\n", "");
	else
		serve_blob(s, q, conn);
}

static void test_busy(void **state)
{
	static const char *const statuses[] = {
		"429 Too Many Requests", "500 x", "502 x", "503 x", "504 x", "408 x"};
	struct bench *t = *state;
	struct document doc = {0};

	open_to(t, serve_manifest);
	t->a.serve = serve_busy;
	t->a.limit = REGISTRY_DEFAULT_TRIES;
	for (size_t i = 0; i < ARRAY_SIZE(statuses); i++) {
		check_context("%s", statuses[i]);
		t->a.link = statuses[i];
		t->a.counter = 0;
		CHECK_INT(get_blob(t, BLOB_BYTES, 0), 0);
		check_got(t, 0);
		CHECK_INT(t->a.n_log, (i + 1) * (1 + REGISTRY_DEFAULT_TRIES));
	}
	check_no_context();
	t->a.limit = 1000;
	t->a.link = "429 x";
	CHECK_INT(get_blob(t, BLOB_BYTES, 0), -EBUSY);
	t->a.link = "503 x";
	CHECK_INT(get_manifest(t, "v1", &doc), -EREMOTEIO);
	CHECK_STR(t->err.message,
		  text(t, "image '%s/team/app:v1': registry '%s' answers 503", t->host_a,
		       t->host_a));
	CHECK_INT(t->a.n_log, 8 * (1 + REGISTRY_DEFAULT_TRIES));
	/* and one that does not pass */
	t->a.link = "501 x";
	CHECK_INT(get_manifest(t, "v1", &doc), -EREMOTEIO);
	CHECK_INT(t->a.n_log, 8 * (1 + REGISTRY_DEFAULT_TRIES) + 1);
}

static void serve_later(struct server *s, const struct request *q, int conn)
{
	char header[100], date[60];
	time_t then = time(NULL) + 2;
	struct tm tm;

	if (s->counter++ >= s->limit) {
		serve_blob(s, q, conn);
		return;
	}
	strftime(date, sizeof(date), "%a, %d %b %Y %H:%M:%S GMT", gmtime_r(&then, &tm));
	snprintf(header, sizeof(header), "Retry-After: %s\r\n", s->link ? s->link : date);
	answer_text(conn, "429 Too Many Requests", header, "");
}

static int64_t ms_of_blob(struct bench *t)
{
	struct timespec from, to;

	t->a.counter = 0;
	clock_gettime(CLOCK_MONOTONIC, &from);
	CHECK_INT(get_blob(t, BLOB_BYTES, 0), 0);
	clock_gettime(CLOCK_MONOTONIC, &to);
	check_got(t, 0);
	return (to.tv_sec - from.tv_sec) * 1000 + (to.tv_nsec - from.tv_nsec) / 1000000;
}

static void test_retry_after(void **state)
{
	struct registry_pause short_pause = no_pause;
	struct bench *t = *state;
	int64_t ms;

	open_to(t, serve_manifest);
	t->a.serve = serve_later;
	t->a.limit = 1;
	t->a.link = "1";
	ms = ms_of_blob(t);
	CHECK(ms >= 1000 && ms < 20000);
	/* an HTTP date, two seconds from now: parts of a second are not in it */
	t->a.link = NULL;
	ms = ms_of_blob(t);
	CHECK(ms >= 1000 && ms < 20000);
	/* nobody waits for a day */
	t->a.link = "86400";
	short_pause.retry_after_max_ms = 300;
	registry_set_timing(t->r, &fast, &short_pause);
	ms = ms_of_blob(t);
	CHECK(ms >= 300 && ms < 20000);
	t->a.link = "soon";
	CHECK(ms_of_blob(t) < 20000);
	CHECK_INT(t->a.n_log, 8);
}

/* --- wrong bodies --- */

static void serve_flipped(struct server *s, const struct request *q, int conn)
{
	static char flipped[BLOB_BYTES];

	memcpy(flipped, s->text, s->len);
	flipped[4321] = (char)(flipped[4321] ^ 1);
	answer(conn, "200 OK", "", flipped, s->len);
}

/* Seen by whoever compares digests: here the bytes are handed on as they came. */
static void test_flipped(void **state)
{
	struct bench *t = *state;

	open_to(t, serve_manifest);
	t->a.serve = serve_flipped;
	CHECK_INT(get_blob(t, BLOB_BYTES, 0), 0);
	CHECK_INT(t->got.bytes[4321] ^ t->blob[4321], 1);
	t->got.bytes[4321] = t->blob[4321];
	check_got(t, 0);
}

static void serve_length(struct server *s, const struct request *q, int conn)
{
	answer(conn, "200 OK", "", s->text, s->len);
}

static void test_wrong_length(void **state)
{
	struct bench *t = *state;

	open_to(t, serve_manifest);
	t->a.serve = serve_length;
	t->a.len = 99;
	CHECK_INT(get_blob(t, 100, 0), -EBADMSG);
	CHECK_STR(t->err.message,
		  text(t, "blob '%s/team/app@" DIGEST_A "': it has 99 bytes and not 100",
		       t->host_a));
	CHECK_INT(t->got.len, 0);
	t->a.len = 101;
	CHECK_INT(get_blob(t, 100, 0), -EBADMSG);
	CHECK_INT(t->got.len, 0);
	/* also when there is no body to see it by */
	t->a.len = 0;
	CHECK_INT(get_blob(t, 100, 0), -EBADMSG);
	CHECK_INT(t->a.n_log, 3);
}

/* Without a length: chunks, or until the connection is closed. */
static void serve_unannounced(struct server *s, const struct request *q, int conn)
{
	bool is_chunked = s->limit == 1;

	send_text(conn, "HTTP/1.1 200 OK\r\n%s\r\n",
		  is_chunked ? "Transfer-Encoding: chunked\r\n"
			     : "Connection: close\r\n");
	if (is_chunked)
		send_text(conn, "%zx\r\n", s->len);
	send_all(conn, s->text, s->len);
	if (is_chunked)
		send_text(conn, "\r\n0\r\n\r\n");
}

static void test_unannounced(void **state)
{
	struct bench *t = *state;

	open_with(t, serve_manifest, &(struct source_options){.retries = 1});
	t->a.serve = serve_unannounced;
	for (int is_chunked = 0; is_chunked <= 1; is_chunked++) {
		check_context("chunked: %d", is_chunked);
		t->a.limit = is_chunked;
		t->a.len = BLOB_BYTES;
		CHECK_INT(get_blob(t, BLOB_BYTES, 0), 0);
		check_got(t, 0);
		/* too long */
		CHECK_INT(get_blob(t, 1000, 0), -EBADMSG);
		CHECK_STR(t->err.message, text(t,
					       "blob '%s/team/app@" DIGEST_A
					       "': more than its 1000 bytes came",
					       t->host_a));
		CHECK(t->got.len <= 1000);
		/* too short: what is there is skipped, the rest never comes */
		t->a.len = 20;
		CHECK_INT(get_blob(t, 1000, 0), -ECONNRESET);
		CHECK_STR(t->err.message, text(t,
					       "blob '%s/team/app@" DIGEST_A
					       "': it ended after 20 of 1000 bytes",
					       t->host_a));
		CHECK_INT(t->got.len, 20);
		CHECK_INT(t->a.n_log, 4 * (is_chunked + 1));
	}
}

static void serve_endless_headers(struct server *s, const struct request *q, int conn)
{
	send_text(conn, "HTTP/1.1 200 OK\r\n");
	while (send_text(conn, "X-Header-%d: %0200d\r\n", s->counter++, 0))
		;
}

static void serve_endless_interim(struct server *s, const struct request *q, int conn)
{
	while (send_text(conn, "HTTP/1.1 103 Early Hints\r\nX-%d: %0200d\r\n\r\n",
			 s->counter++, 0))
		;
}

static void serve_endless_line(struct server *s, const struct request *q, int conn)
{
	send_text(conn, "HTTP/1.1 200 OK\r\nX: ");
	while (send_text(conn, "%0200d", s->counter++))
		;
}

static void test_endless_headers(void **state)
{
	static const serve_fn serve[] = {serve_endless_headers, serve_endless_interim};
	struct document doc = {0};
	struct bench *t = *state;

	open_to(t, serve_manifest);
	for (size_t i = 0; i < ARRAY_SIZE(serve); i++) {
		check_context("%zu", i);
		t->a.serve = serve[i];
		CHECK_INT(get_manifest(t, "v1", &doc), -EFBIG);
		CHECK_STR(t->err.message, text(t,
					       "image '%s/team/app:v1': GET "
					       "http://%s/v2/team/app/manifests/v1: more "
					       "than 65536 bytes "
					       "of headers",
					       t->host_a, t->host_a));
		CHECK_INT(t->a.n_log, i + 1);
	}
	/* libcurl's own limit */
	t->a.serve = serve_endless_line;
	CHECK(get_manifest(t, "v1", &doc) < 0);
	CHECK_INT(t->a.n_log, 3);
}

static void serve_endless_error(struct server *s, const struct request *q, int conn)
{
	send_text(conn, "HTTP/1.1 404 Not Found\r\n\r\n");
	while (send_text(conn, "%01000d", s->counter++))
		;
}

static void test_endless_error(void **state)
{
	struct document doc = {0};
	struct bench *t = *state;

	open_to(t, serve_manifest);
	t->a.serve = serve_endless_error;
	CHECK_INT(get_manifest(t, "v1", &doc), -ENOENT);
	CHECK_INT(t->a.n_log, 1);
}

/* --- pushing --- */

/* POST: s->link as Location with 202, or for a blob to be mounted 201 when s->limit is 1 and
 * 403 when it is 2.
 * PUT, HEAD: 201, 200. Fails s->counter times with 503. */
static void serve_push(struct server *s, const struct request *q, int conn)
{
	char header[400];

	if (s->counter > 0 && strcmp(q->method, s->text) == 0) {
		s->counter--;
		answer_text(conn, "503 x", "", "");
	} else if (strcmp(q->method, "POST") == 0 && s->limit &&
		   strstr(q->target, "mount=")) {
		answer_text(conn, s->limit == 1 ? "201 Created" : "403 Forbidden", "",
			    "");
	} else if (strcmp(q->method, "POST") == 0) {
		snprintf(header, sizeof(header), "Location: %s\r\n", s->link);
		answer_text(conn, "202 Accepted", header, "");
	} else if (strcmp(q->method, "PUT") == 0) {
		answer_text(conn, "201 Created",
			    s->link && strncmp(s->link, "Docker", 6) == 0 ? s->link : "",
			    "");
	} else {
		send_text(
			conn,
			"HTTP/1.1 %s\r\nContent-Length: 17\r\nConnection: close\r\n\r\n",
			strstr(q->target, HEX_B) ? "404 x" : "200 OK");
	}
}

static void test_has_blob(void **state)
{
	struct bench *t = *state;
	struct digest a, b;

	digest_parse(DIGEST_A, strlen(DIGEST_A), &a);
	digest_parse(DIGEST_B, strlen(DIGEST_B), &b);
	open_to(t, serve_ping);
	t->a.serve = serve_push;
	CHECK_INT(registry_has_blob(t->r, &a, &t->err), 1);
	CHECK_INT(registry_has_blob(t->r, &b, &t->err), 0);
	CHECK_STR(t->a.log[1].method, "HEAD");
	CHECK_STR(t->a.log[1].target, "/v2/team/app/blobs/" DIGEST_B);
	t->a.serve = not_asked;
	CHECK_INT(registry_has_blob(t->r, &a, &t->err), -EPROTO);
}

static int push(struct bench *t, uint64_t size, const char *from)
{
	struct descriptor d = {.size = size};
	char path[] = "/tmp/urun-unit-XXXXXX";

	digest_parse(DIGEST_A, strlen(DIGEST_A), &d.digest);
	if (t->file < 0) {
		t->file = mkostemp(path, O_CLOEXEC);
		CHECK(t->file >= 0);
		CHECK_INT(unlink(path), 0);
		CHECK_INT(write(t->file, t->blob, BLOB_BYTES), BLOB_BYTES);
	}
	t->err = (struct err){0};
	return registry_push_blob(t->r, t->file, &d, from, NULL, &t->err);
}

static void open_push(struct bench *t, const char *location)
{
	open_to(t, serve_ping);
	t->a.serve = serve_push;
	t->a.text = "none";
	t->a.link = location;
}

/* The last request was the blob, whole. */
static void check_sent(const struct server *s, const struct bench *t, const char *target)
{
	const struct request *q = &s->log[s->n_log - 1];

	CHECK_STR(q->method, "PUT");
	CHECK_STR(q->target, target);
	CHECK_STR(q->content_type, "application/octet-stream");
	CHECK_INT(q->body_len, BLOB_BYTES);
	CHECK(memcmp(q->body, t->blob, BLOB_BYTES) == 0);
}

static void test_push_blob(void **state)
{
	struct bench *t = *state;

	open_push(t, "/up/1?state=x");
	CHECK_INT(push(t, BLOB_BYTES, NULL), 0);
	CHECK_STR(t->a.log[0].method, "POST");
	CHECK_STR(t->a.log[0].target, "/v2/team/app/blobs/uploads/");
	CHECK_INT(t->a.log[0].body_len, 0);
	CHECK_INT(t->a.n_log, 2);
	check_sent(&t->a, t, "/up/1?state=x&digest=" DIGEST_A);
	open_push(t, text(t, "http://%s/up/2", t->host_a));
	CHECK_INT(push(t, BLOB_BYTES, NULL), 0);
	check_sent(&t->a, t, "/up/2?digest=" DIGEST_A);
	/* a file that is not what it should be */
	CHECK_INT(push(t, BLOB_BYTES + 1, NULL), -EBADMSG);
	CHECK_INT(t->a.n_log, 2);
}

static void test_push_mount(void **state)
{
	struct bench *t = *state;

	open_push(t, "/up/1");
	t->a.limit = 1;
	CHECK_INT(push(t, BLOB_BYTES, "other/app"), 1);
	CHECK_INT(t->a.n_log, 1);
	CHECK_STR(t->a.log[0].target,
		  "/v2/team/app/blobs/uploads/?mount=" DIGEST_A "&from=other/app");
	/* it is not there: then it is sent */
	t->a.limit = 0;
	CHECK_INT(push(t, BLOB_BYTES, "other/app"), 0);
	CHECK_INT(t->a.n_log, 3);
	check_sent(&t->a, t, "/up/1?digest=" DIGEST_A);
	/* the other repository may not be read: then it is sent, too */
	t->a.limit = 2;
	CHECK_INT(push(t, BLOB_BYTES, "other/app"), 0);
	CHECK_INT(t->a.n_log, 6);
	CHECK_STR(t->a.log[3].target,
		  "/v2/team/app/blobs/uploads/?mount=" DIGEST_A "&from=other/app");
	CHECK_STR(t->a.log[4].target, "/v2/team/app/blobs/uploads/");
	check_sent(&t->a, t, "/up/1?digest=" DIGEST_A);
}

static void test_push_retry(void **state)
{
	struct bench *t = *state;

	open_push(t, "/up/1");
	t->a.text = "PUT";
	t->a.counter = 2;
	CHECK_INT(push(t, BLOB_BYTES, NULL), 0);
	/* from the start, with a new place */
	CHECK_INT(t->a.n_log, 6);
	check_sent(&t->a, t, "/up/1?digest=" DIGEST_A);
	t->a.text = "POST";
	t->a.counter = 1000;
	CHECK_INT(push(t, BLOB_BYTES, NULL), -EREMOTEIO);
	CHECK_INT(t->a.n_log, 6 + 1 + REGISTRY_DEFAULT_TRIES);
}

static void serve_push_basic(struct server *s, const struct request *q, int conn)
{
	if (strcmp(q->authorization, BASIC) != 0)
		answer_text(conn, "401 x", "WWW-Authenticate: Basic\r\n", "");
	else
		serve_push(s, q, conn);
}

/* A place is given; then nobody takes, or looks at, what is sent there. */
static void serve_no_commit(struct server *s, const struct request *q, int conn)
{
	if (strcmp(q->method, "PUT") == 0)
		wait_for_hangup(s, conn);
	else
		serve_push(s, q, conn);
}

static void test_push_stall(void **state)
{
	struct bench *t = *state;

	open_with(t, serve_ping, &(struct source_options){.retries = 1});
	t->a.serve = serve_no_commit;
	t->a.text = "none";
	t->a.link = "/up/1";
	CHECK_INT(push(t, BLOB_BYTES, NULL), -ETIMEDOUT);
	CHECK_INT(t->a.n_log, 4);
}

static void test_push_elsewhere(void **state)
{
	struct bench *t = *state;

	open_with(t, serve_ping, &with_ann);
	t->a.serve = serve_push_basic;
	t->a.text = t->b.text = "none";
	t->a.link = text(t, "http://%s/up/1", t->host_b);
	t->b.serve = serve_push;
	CHECK_INT(push(t, BLOB_BYTES, NULL), 0);
	CHECK_INT(t->a.n_log, 2);
	CHECK_STR(t->a.log[1].authorization, BASIC);
	CHECK_INT(t->b.n_log, 1);
	CHECK_STR(t->b.log[0].authorization, "");
	check_sent(&t->b, t, "/up/1?digest=" DIGEST_A);
	/* where it asks for credentials, it gets none */
	t->b.serve = serve_basic;
	CHECK_INT(push(t, BLOB_BYTES, NULL), -EACCES);
	CHECK_INT(t->b.n_log, 2);
	CHECK_STR(t->b.log[1].authorization, "");
	t->a.link = text(t, "http://ann:secret@%s/up/1", t->host_b);
	CHECK_INT(push(t, BLOB_BYTES, NULL), -EPROTO);
	CHECK_INT(t->b.n_log, 2);
	/* what is being sent is not sent on */
	t->a.link = "/up/1";
	t->a.serve = serve_at_b;
	CHECK_INT(push(t, BLOB_BYTES, NULL), -EPROTO);
}

static void test_push_manifest(void **state)
{
	struct document doc = {
		.text = MANIFEST, .len = strlen(MANIFEST), .media_type = MANIFEST_TYPE};
	struct bench *t = *state;

	hash_of(MANIFEST, strlen(MANIFEST), &doc.digest);
	open_push(t, NULL);
	CHECK_INT(registry_push_manifest(t->r, "v1", &doc, &t->err), 0);
	CHECK_INT(t->a.n_log, 1);
	CHECK_STR(t->a.log[0].method, "PUT");
	CHECK_STR(t->a.log[0].target, "/v2/team/app/manifests/v1");
	CHECK_STR(t->a.log[0].content_type, MANIFEST_TYPE);
	CHECK_STR(t->a.log[0].body, MANIFEST);
	t->a.link = text(t, "Docker-Content-Digest: %s\r\n", doc.digest.text);
	CHECK_INT(registry_push_manifest(t->r, doc.digest.text, &doc, &t->err), 0);
	t->a.link = "Docker-Content-Digest: " DIGEST_B "\r\n";
	CHECK_INT(registry_push_manifest(t->r, "v1", &doc, &t->err), -EBADMSG);
	doc.media_type = NULL;
	CHECK_INT(registry_push_manifest(t->r, "v1", &doc, &t->err), -EINVAL);
	CHECK_INT(registry_push_manifest(t->r, "a/b", &doc, &t->err), -EINVAL);
	CHECK_INT(t->a.n_log, 3);
}

static void test_push_scopes(void **state)
{
	struct bench *t = *state;

	open_bearer(t, &with_ann);
	t->a.text = "";
	CHECK_INT(push(t, BLOB_BYTES, "other/app"), -EPROTO);
	CHECK_STR(t->b.log[0].target,
		  "/token?account=ann&scope=repository%3Ateam%2Fapp%3Apull%2Cpush&"
		  "scope=repository%3Aother%2Fapp%3Apull&service=the%20service");
}

/* --- tags --- */

static void serve_tags(struct server *s, const struct request *q, int conn)
{
	if (strcmp(q->target, "/v2/team/app/tags/list?n=1000") == 0)
		answer_text(conn, "200 OK", s->link,
			    "{\"name\":\"x\",\"tags\":[\"v1\",\"v2\"]}");
	else
		answer_text(conn, "200 OK", "", "{\"tags\":[\"v3\"]}");
}

static void test_tags(void **state)
{
	struct bench *t = *state;
	struct strv tags = {0};

	open_to(t, serve_ping);
	t->a.serve = serve_tags;
	t->a.link = "Link: </v2/team/app/tags/list?last=v2&n=1000>; rel=\"next\"\r\n";
	CHECK_INT(registry_tags(t->r, &t->arena, &tags, &t->err), 0);
	CHECK_INT(tags.n, 3);
	CHECK_STR(tags.v[0], "v1");
	CHECK_STR(tags.v[2], "v3");
	CHECK_INT(t->a.n_log, 2);
	CHECK_STR(t->a.log[1].target, "/v2/team/app/tags/list?last=v2&n=1000");
	t->a.link = "Link: </other>; rel=\"prev\"\r\n";
	CHECK_INT(registry_tags(t->r, &t->arena, &tags, &t->err), 0);
	CHECK_INT(tags.n, 2);
}

static void test_tags_lead_astray(void **state)
{
	struct bench *t = *state;
	const char *const links[] = {
		text(t, "Link: <http://%s/v2/>; rel=\"next\"\r\n", t->host_b),
		"Link: <http://ann:pw@127.0.0.1/>; rel=\"next\"\r\n",
		"Link: <?n=1000>; rel=\"next\"\r\n",
	};
	struct strv tags = {0};

	open_to(t, serve_ping);
	t->a.serve = serve_tags;
	for (size_t i = 0; i < ARRAY_SIZE(links); i++) {
		check_context("%.*s", (int)strcspn(links[i], "\r"), links[i]);
		t->a.link = links[i];
		CHECK_INT(registry_tags(t->r, &t->arena, &tags, &t->err), -EPROTO);
	}
	CHECK_INT(t->b.n_log, 0);
	CHECK_INT(tags.n, 0);
}

static void test_tags_bodies(void **state)
{
	static const struct {
		const char *body;
		int result;
		size_t n;
	} cases[] = {
		{"{\"tags\":null}", 0, 0},
		{"{}", 0, 0},
		{"{\"tags\":[\"a\",\"_b\"]}", 0, 2},
		{"{\"tags\":[\"a/b\"]}", -EBADMSG, 0},
		{"{\"tags\":[\"\\u001b[2J\"]}", -EBADMSG, 0},
		{"{\"tags\":[1]}", -EINVAL, 0},
		{"{\"tags\":{}}", -EINVAL, 0},
		{"", -EBADMSG, 0},
	};
	struct bench *t = *state;

	open_to(t, serve_ping);
	t->a.serve = serve_text;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct strv tags = {0};

		check_context("%s", cases[i].body);
		t->a.text = cases[i].body;
		t->a.link = NULL;
		CHECK_INT(registry_tags(t->r, &t->arena, &tags, &t->err),
			  cases[i].result);
		CHECK_INT(tags.n, cases[i].n);
	}
	check_no_context();
	CHECK(strstr(t->err.message, "tags of '") != NULL);
	t->a.link = "404 x";
	CHECK_INT(registry_tags(t->r, &t->arena, &(struct strv){0}, &t->err), -ENOENT);
}

/* --- as a source --- */

static struct image_ref ref_to(const char *host, const char *repository)
{
	return (struct image_ref){
		.registry = host, .repository = repository, .tag = "v1", .has_tag = true};
}

static int open_source_with(struct bench *t, const struct image_ref *ref,
			    const struct source_options *o)
{
	source_close(&t->source);
	t->err = (struct err){0};
	return source_open_registry(ref, o, &t->arena, &t->source, &t->err);
}

static int open_source(struct bench *t, const struct image_ref *ref)
{
	return open_source_with(t, ref, &(struct source_options){.retries = 1});
}

static void test_source(void **state)
{
	struct bench *t = *state;
	struct image_ref ref = ref_to(t->host_a, "team/app");
	struct descriptor d = {.size = BLOB_BYTES};
	struct document doc = {0};
	struct digest is;

	hash_of(MANIFEST, strlen(MANIFEST), &is);
	digest_parse(DIGEST_A, strlen(DIGEST_A), &d.digest);
	t->a.serve = serve_manifest;
	CHECK_INT(open_source(t, &ref), 0);
	CHECK_STR(t->source->name, text(t, "%s/team/app:v1", t->host_a));
	CHECK_INT(t->a.n_log, 2);
	/* known already: not asked for again */
	CHECK_INT(t->source->ops->manifest(t->source, NULL, &t->arena, &doc, &t->err), 0);
	CHECK_STR(doc.text, MANIFEST);
	CHECK_STR(doc.media_type, MANIFEST_TYPE);
	CHECK_INT(t->source->ops->manifest(t->source, &is, &t->arena, &doc, &t->err), 0);
	CHECK_INT(t->a.n_log, 2);
	CHECK_INT(t->source->ops->manifest(t->source, &d.digest, &t->arena, &doc,
					   &t->err),
		  -EBADMSG);
	CHECK_STR(t->a.log[2].target, "/v2/team/app/manifests/" DIGEST_A);
	t->a.serve = serve_blob;
	CHECK_INT(t->source->ops->blob(t->source, &d, 1000, &t->got.sink, &t->err), 0);
	check_got(t, 1000);
	/* a tag and a digest: the digest counts */
	ref.has_digest = true;
	ref.digest = is;
	t->a.serve = serve_manifest;
	CHECK_INT(open_source(t, &ref), 0);
	CHECK_STR(t->a.log[t->a.n_log - 1].target,
		  text(t, "/v2/team/app/manifests/%s", is.text));
	CHECK_STR(t->source->name, text(t, "%s/team/app:v1@%s", t->host_a, is.text));
}

static void test_mirrors(void **state)
{
	struct bench *t = *state;
	struct image_ref ref = ref_to("example.org", "team/app");

	fake.endpoints[0] = (struct endpoint){ref_to(t->host_a, "mirror/app"), true};
	fake.endpoints[1] = (struct endpoint){ref_to(t->host_b, "team/app"), true};
	fake.n_endpoints = 2;
	t->a.serve = t->b.serve = serve_manifest;
	CHECK_INT(open_source(t, &ref), 0);
	CHECK_STR(t->source->name, "example.org/team/app:v1");
	CHECK_STR(t->a.log[1].target, "/v2/mirror/app/manifests/v1");
	CHECK_INT(t->b.n_log, 0);
	t->a.serve = not_asked;
	CHECK_INT(open_source(t, &ref), 0);
	CHECK_STR(t->source->name, "example.org/team/app:v1");
	CHECK_STR(t->b.log[1].target, "/v2/team/app/manifests/v1");
	t->b.serve = serve_refusal;
	fake.endpoints[1].ref.tag = "404";
	t->b.text = "";
	CHECK_INT(open_source(t, &ref), -ENOENT);
	CHECK_STR(t->err.message,
		  text(t,
		       "image 'example.org/team/app:v1' (tried %s/mirror/app, "
		       "%s/team/app): image '%s/team/app:404': not found",
		       t->host_a, t->host_b, t->host_b));
	CHECK(t->source == NULL);
}

/* What is typed with the name of one registry is not for its mirrors. */
static void test_mirror_credentials(void **state)
{
	struct bench *t = *state;
	struct image_ref ref = ref_to(t->host_b, "team/app");

	fake.endpoints[0] = (struct endpoint){ref_to(t->host_a, "mirror/app"), true};
	fake.endpoints[1] = (struct endpoint){ref_to(t->host_b, "team/app"), true};
	fake.n_endpoints = 2;
	t->a.serve = t->b.serve = serve_basic;
	CHECK_INT(open_source_with(t, &ref, &with_ann), 0);
	CHECK(t->a.n_log > 0);
	for (int i = 0; i < t->a.n_log; i++)
		CHECK_STR(t->a.log[i].authorization, "");
	CHECK_STR(t->b.log[t->b.n_log - 1].authorization, BASIC);
	/* those that are stored for the mirror are */
	fake.auth = (struct auth){.user = "ann", .password = "secret"};
	forget_log(&t->b);
	CHECK_INT(open_source_with(t, &ref, &with_ann), 0);
	CHECK_STR(fake.auth_host, t->host_a);
	CHECK_STR(t->a.log[t->a.n_log - 1].authorization, BASIC);
	CHECK_INT(t->b.n_log, 0);
	/* another folder of the registry that was typed */
	fake.auth = (struct auth){0};
	fake.endpoints[0].ref = ref_to(t->host_b, "mirror/app");
	CHECK_INT(open_source_with(t, &ref, &with_ann), 0);
	CHECK_STR(t->b.log[t->b.n_log - 1].target, "/v2/mirror/app/manifests/v1");
	CHECK_STR(t->b.log[t->b.n_log - 1].authorization, BASIC);
}

/* For which of several registries? None gets them then. */
static void test_short_name_credentials(void **state)
{
	struct bench *t = *state;
	struct image_ref ref = ref_to(NULL, "app");

	fake.candidates[0] = ref_to(t->host_a, "one/app");
	fake.candidates[1] = ref_to(t->host_b, "two/app");
	fake.n_candidates = 2;
	t->a.serve = t->b.serve = serve_basic;
	CHECK_INT(open_source_with(t, &ref, &with_ann), -EINVAL);
	CHECK_STR(t->err.message,
		  text(t,
		       "image 'app': credentials are for one registry, and it is looked "
		       "for in %s, %s",
		       t->host_a, t->host_b));
	CHECK_STR(t->err.hint, text(t, "Give the whole name: %s/one/app", t->host_a));
	CHECK_INT(t->a.n_log, 0);
	CHECK_INT(t->b.n_log, 0);
	fake.n_candidates = 1;
	CHECK_INT(open_source_with(t, &ref, &with_ann), 0);
	CHECK_STR(t->a.log[t->a.n_log - 1].authorization, BASIC);
}

static void test_short_name(void **state)
{
	struct bench *t = *state;
	struct image_ref ref = ref_to(NULL, "app");

	CHECK_INT(open_source(t, &ref), -ENOENT);
	CHECK_STR(t->err.message, "nothing configured");
	fake.candidates[0] = ref_to(t->host_a, "one/app");
	fake.candidates[0].tag = "404";
	fake.candidates[1] = ref_to(t->host_b, "two/app");
	fake.n_candidates = 2;
	t->a.serve = serve_refusal;
	t->a.text = "";
	t->b.serve = serve_manifest;
	CHECK_INT(open_source(t, &ref), 0);
	CHECK_STR(t->source->name, text(t, "%s/two/app:v1", t->host_b));
	/* none of them: all reasons, and the one that is not "not found" counts */
	t->b.serve = serve_refusal;
	fake.candidates[1].tag = "403";
	t->b.text = "";
	CHECK_INT(open_source(t, &ref), -EACCES);
	CHECK_STR(t->err.message,
		  text(t,
		       "image 'app': image '%s/one/app:404': not found; image "
		       "'%s/two/app:403': not allowed without credentials",
		       t->host_a, t->host_b));
	CHECK_STR(t->err.hint,
		  text(t, "--creds USER:PASSWORD, or urun login %s", t->host_b));
	fake.candidates[1].tag = "404";
	CHECK_INT(open_source(t, &ref), -ENOENT);
	fake.n_candidates = 1;
	CHECK_INT(open_source(t, &ref), -ENOENT);
	CHECK_STR(t->err.message,
		  text(t, "image '%s/one/app:404': not found", t->host_a));
}

static void test_policy(void **state)
{
	struct bench *t = *state;
	struct image_ref ref = ref_to(t->host_a, "team/app");

	fake.refused = "team/app";
	CHECK_INT(open_source(t, &ref), -EACCES);
	CHECK_STR(t->err.message, "policy: team/app");
	CHECK_INT(t->a.n_log, 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		BENCH(test_manifest),
		BENCH(test_manifest_damaged),
		BENCH(test_manifest_size),
		BENCH(test_refusals),
		BENCH(test_long_words),
		BENCH(test_names),
		BENCH(test_blob),
		BENCH(test_range_ignored),
		BENCH(test_range_wrong),
		BENCH(test_cut_once),
		BENCH(test_cut_always),
		BENCH(test_trickle),
		BENCH(test_no_answer),
		BENCH(test_silence),
		BENCH(test_stall),
		BENCH(test_sink_fails),
		BENCH(test_busy),
		BENCH(test_retry_after),
		BENCH(test_flipped),
		BENCH(test_wrong_length),
		BENCH(test_unannounced),
		BENCH(test_endless_headers),
		BENCH(test_endless_error),
		BENCH(test_has_blob),
		BENCH(test_push_blob),
		BENCH(test_push_mount),
		BENCH(test_push_retry),
		BENCH(test_push_stall),
		BENCH(test_push_elsewhere),
		BENCH(test_push_manifest),
		BENCH(test_push_scopes),
		BENCH(test_tags),
		BENCH(test_tags_lead_astray),
		BENCH(test_tags_bodies),
		BENCH(test_source),
		BENCH(test_mirrors),
		BENCH(test_mirror_credentials),
		BENCH(test_short_name),
		BENCH(test_short_name_credentials),
		BENCH(test_policy),
	};

	/* The servers are here; what the caller's proxy thinks of them is of no interest. */
	unsetenv("http_proxy");
	unsetenv("https_proxy");
	unsetenv("HTTPS_PROXY");
	unsetenv("all_proxy");
	unsetenv("ALL_PROXY");
	return UNIT_RUN(tests);
}
