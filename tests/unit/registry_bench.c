// SPDX-License-Identifier: Apache-2.0
/*
 * registry_bench.c - see registry_bench.h
 */
#include "registry_bench.h"

#include "hash.h"

struct fake fake;

int auth_find(const char *authfile, const char *host, const char *repository,
	      struct arena *a, struct auth *ret, struct err *err)
{
	fake.n_auth++;
	snprintf(fake.auth_host, sizeof(fake.auth_host), "%s", host);
	snprintf(fake.auth_repository, sizeof(fake.auth_repository), "%s",
		 repository ? repository : "(none)");
	if (fake.auth_result < 0)
		return err_say(err, fake.auth_result, "no helper");
	*ret = fake.auth;
	return 0;
}

int registries_read(struct arena *a, struct registries **ret, struct err *err)
{
	*ret = NULL;
	return 0;
}

int registries_candidates(const struct registries *c, const struct image_ref *ref,
			  struct arena *a, struct image_ref **ret, size_t *ret_n,
			  struct err *err)
{
	*ret = fake.candidates;
	*ret_n = fake.n_candidates;
	return fake.n_candidates > 0 ? 0 : err_say(err, -ENOENT, "nothing configured");
}

/* What was made up for the test, or the place itself. */
int registries_endpoints(const struct registries *c, const struct image_ref *ref,
			 struct arena *a, struct endpoint **ret, size_t *ret_n,
			 struct err *err)
{
	struct endpoint *e = arena_new(a, struct endpoint);

	*ret = fake.endpoints;
	*ret_n = fake.n_endpoints;
	if (fake.n_endpoints > 0)
		return 0;
	*e = (struct endpoint){.ref = *ref, .is_plain = true};
	*ret = e;
	*ret_n = 1;
	return 0;
}

int policy_check(const char *path, const struct image_ref *ref, struct err *err)
{
	if (fake.refused && strcmp(ref->repository, fake.refused) == 0)
		return err_say(err, -EACCES, "policy: %s", ref->repository);
	return 0;
}

static int take(struct sink *s, const void *bytes, size_t len, struct err *err)
{
	struct collect *c = (struct collect *)s;

	if (c->fail_at && c->len + len > c->fail_at)
		return err_say(err, -ENOSPC, "the sink is full");
	CHECK(c->len + len <= BLOB_BYTES);
	memcpy(c->bytes + c->len, bytes, len);
	c->len += len;
	return 0;
}

void not_asked(struct server *s, const struct request *q, int conn)
{
	answer_text(conn, "418 not asked", "", "");
}

int bench_setup(void **state)
{
	struct bench *t = calloc(1, sizeof(*t));
	struct dice dice = {0};

	memset(&fake, 0, sizeof(fake));
	t->file = -EBADF;
	t->got.sink.write = take;
	t->got.bytes = calloc(1, BLOB_BYTES);
	t->blob = malloc(BLOB_BYTES);
	for (size_t i = 0; i < BLOB_BYTES; i++)
		t->blob[i] = (char)dice_roll(&dice, 256);
	server_start(&t->a, not_asked);
	server_start(&t->b, not_asked);
	t->a.other = &t->b;
	t->b.other = &t->a;
	t->a.text = t->b.text = t->blob;
	t->a.len = t->b.len = BLOB_BYTES;
	snprintf(t->host_a, sizeof(t->host_a), "127.0.0.1:%d", t->a.port);
	snprintf(t->host_b, sizeof(t->host_b), "127.0.0.1:%d", t->b.port);
	*state = t;
	return test_setup(NULL);
}

int bench_teardown(void **state)
{
	struct bench *t = *state;

	source_close(&t->source);
	registry_close(t->r);
	server_stop(&t->a);
	server_stop(&t->b);
	arena_free(&t->arena);
	fd_close(&t->file);
	free(t->got.bytes);
	free(t->blob);
	free(t);
	return 0;
}

const struct http_timing fast = {
	.connect_ms = 5000, .stall_seconds = 1, .commit_seconds = 1};
const struct registry_pause no_pause = {
	.first_ms = 1, .max_ms = 4, .retry_after_max_ms = 60000};

void forget_log(struct server *s)
{
	while (s->n_log > 0)
		free(s->log[--s->n_log].body);
	memset(s->log, 0, sizeof(s->log));
	s->counter = 0;
}

void open_with(struct bench *t, serve_fn serve, const struct source_options *o)
{
	registry_close(t->r);
	t->r = NULL;
	forget_log(&t->a);
	t->a.serve = serve;
	CHECK_INT(registry_open(t->host_a, "team/app", true, o, &t->r, &t->err), 0);
	registry_set_timing(t->r, &fast, &no_pause);
	/* The question which protocol it speaks. */
	CHECK_INT(t->a.n_log, 1);
	CHECK_STR(t->a.log[0].target, "/v2/");
	CHECK_STR(t->a.log[0].authorization, "");
	forget_log(&t->a);
}

void open_to(struct bench *t, serve_fn serve)
{
	open_with(t, serve, &(struct source_options){0});
}

int get_manifest(struct bench *t, const char *reference, struct document *ret)
{
	t->err = (struct err){0};
	return registry_manifest(t->r, reference, &t->arena, ret, &t->err);
}

int get_blob(struct bench *t, uint64_t size, uint64_t offset)
{
	struct digest d;

	CHECK_INT(digest_parse(DIGEST_A, strlen(DIGEST_A), &d), 0);
	t->got.len = 0;
	t->err = (struct err){0};
	return registry_blob(t->r, &d, size, offset, &t->got.sink, &t->err);
}

/* The collected bytes are those of the blob from @offset to its end. */
void check_got(const struct bench *t, size_t offset)
{
	CHECK_INT(t->got.len, BLOB_BYTES - offset);
	CHECK(memcmp(t->got.bytes, t->blob + offset, t->got.len) == 0);
}

const char *text(struct bench *t, const char *fmt, ...)
{
	const char *made;
	va_list ap;

	va_start(ap, fmt);
	made = arena_vprintf(&t->arena, fmt, ap);
	va_end(ap);
	return made;
}

void hash_of(const char *bytes, size_t len, struct digest *ret)
{
	struct hash *h = hash_new();

	hash_add(h, bytes, len);
	hash_end(h, ret);
}

/* --- what servers do --- */

const struct source_options with_ann = {.user = "ann", .password = "secret"};

void serve_manifest(struct server *s, const struct request *q, int conn)
{
	answer_text(conn, "200 OK",
		    "Content-Type: " MANIFEST_TYPE "; charset=utf-8\r\n"
		    "docker-content-digest: sha512:00\r\n",
		    MANIFEST);
}

/* The status is the number that is the tag. */
void serve_refusal(struct server *s, const struct request *q, int conn)
{
	const char *status = strrchr(q->target, '/') + 1;

	answer_text(conn, status[0] ? status : "200", "", s->text);
}

size_t asked_from(const struct request *q)
{
	unsigned long long from = 0;

	return sscanf(q->range, "bytes=%llu-", &from) == 1 ? (size_t)from : 0;
}

/* All that was asked for is announced; what is sent ends before byte @to. */
void send_part(struct server *s, const struct request *q, int conn, size_t to)
{
	size_t from = asked_from(q);

	to = MIN(to, s->len);
	if (from == 0)
		send_text(conn, "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n", s->len);
	else
		send_text(conn,
			  "HTTP/1.1 206 Partial\r\nContent-Length: %zu\r\n"
			  "Content-Range: bytes %zu-%zu/%zu\r\n\r\n",
			  s->len - from, from, s->len - 1, s->len);
	if (to > from)
		send_all(conn, s->text + from, to - from);
}

void serve_blob(struct server *s, const struct request *q, int conn)
{
	send_part(s, q, conn, s->len);
}

void serve_at_b(struct server *s, const struct request *q, int conn)
{
	char header[200];

	if (!s->link) {
		serve_blob(s, q, conn);
		return;
	}
	snprintf(header, sizeof(header), "Location: %s\r\n", s->link);
	answer_text(conn, "302 Found", header, "");
}

void serve_basic(struct server *s, const struct request *q, int conn)
{
	if (strcmp(q->authorization, BASIC) == 0)
		serve_manifest(s, q, conn);
	else
		answer_text(conn, "401 Unauthorized",
			    "WWW-Authenticate: Negotiate\r\n"
			    "www-authenticate: BASIC realm=\"registry\"\r\n",
			    "{\"errors\":[{\"code\":\"UNAUTHORIZED\"}]}");
}

/* A token service at s->link: tokens are "T1", "T2", ...; those before s->limit are refused. */
void serve_bearer(struct server *s, const struct request *q, int conn)
{
	char header[700], want[40];

	snprintf(want, sizeof(want), "Bearer T%d", s->other->counter);
	if (strcmp(q->authorization, want) == 0 && s->other->counter >= s->limit) {
		serve_manifest(s, q, conn);
		return;
	}
	snprintf(header, sizeof(header),
		 "WWW-Authenticate: Bearer realm=\"%s\",service=\"the service\","
		 "scope=\"repository:other/secret:pull\"\r\n",
		 s->link);
	answer_text(conn, "401 Unauthorized", header, "");
}

void serve_tokens(struct server *s, const struct request *q, int conn)
{
	char body[200];

	snprintf(body, sizeof(body), "{\"token\": \"T%d\", \"expires_in\": %d}",
		 ++s->counter, s->limit);
	answer_text(conn, "200 OK", "", body);
}

void open_bearer(struct bench *t, const struct source_options *o)
{
	t->a.link = text(t, "http://%s/token", t->host_b);
	t->b.serve = serve_tokens;
	t->b.limit = 300;
	open_with(t, serve_bearer, o);
}

void serve_ping(struct server *s, const struct request *q, int conn)
{
	answer_text(conn, "200 OK", "", "");
}

void serve_text(struct server *s, const struct request *q, int conn)
{
	s->counter++;
	answer_text(conn, s->link ? s->link : "200 OK", "", s->text);
}
