/* SPDX-License-Identifier: Apache-2.0 */
/*
 * registry_bench.h - what the tests of the registry client share: two servers, a client, fakes
 *
 * 127.0.0.1 and localhost are two hosts to a client, and so are two ports. auth_find() and the
 * configuration of registries are made up: what they give is in @fake.
 */
#pragma once

#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "auth.h"
#include "http_server.h"
#include "registries.h"
#include "registry_private.h"
#include "sys/fd.h"

#define BLOB_BYTES    (1u << 20)
#define DIGEST_A      "sha256:" HEX_A
#define HEX_A	      "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define DIGEST_B      "sha256:" HEX_B
#define HEX_B	      "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
#define MANIFEST      "{\"schemaVersion\": 2}"
#define MANIFEST_TYPE "application/vnd.oci.image.manifest.v1+json"
#define BASIC	      "Basic YW5uOnNlY3JldA==" /* ann:secret */

struct collect {
	struct sink sink;
	char *bytes;
	size_t len, fail_at; /* 0: never */
};

struct bench {
	struct server a, b;
	struct registry *r;
	struct source *source;
	struct arena arena;
	struct collect got;
	struct err err;
	char *blob; /* of a server */
	char host_a[32], host_b[32];
	int file;
};

struct fake {
	struct auth auth;
	int auth_result, n_auth;
	char auth_host[64], auth_repository[64];
	struct endpoint endpoints[4];
	size_t n_endpoints;
	struct image_ref candidates[4];
	size_t n_candidates;
	const char *refused; /* repository that the policy refuses */
};
extern struct fake fake;

extern const struct http_timing fast;
extern const struct registry_pause no_pause;
extern const struct source_options with_ann;

/* A bench of its own for each test. */
int bench_setup(void **state);
int bench_teardown(void **state);
#define BENCH(f) cmocka_unit_test_setup_teardown(f, bench_setup, bench_teardown)

/* Opens @t->r, team/app of server a, which answers like @serve from then on; with short times. */
void open_with(struct bench *t, serve_fn serve, const struct source_options *o);
void open_to(struct bench *t, serve_fn serve);
/* The same, with a token service on server b. */
void open_bearer(struct bench *t, const struct source_options *o);
/* What they return; the reason is in @t->err, the bytes of a blob in @t->got. */
int get_manifest(struct bench *t, const char *reference, struct document *ret);
int get_blob(struct bench *t, uint64_t size, uint64_t offset);
/* The bytes that came are those of the blob from @offset to its end. */
void check_got(const struct bench *t, size_t offset);
/* As long as the bench is there. */
const char *text(struct bench *t, const char *fmt, ...) _printf_(2, 3);
void hash_of(const char *bytes, size_t len, struct digest *ret);
void forget_log(struct server *s);

/* --- how a server answers; what is behind each is said there --- */

size_t asked_from(const struct request *q);
void send_part(struct server *s, const struct request *q, int conn, size_t to);
void not_asked(struct server *s, const struct request *q, int conn);
void serve_ping(struct server *s, const struct request *q, int conn);
void serve_text(struct server *s, const struct request *q, int conn);
void serve_manifest(struct server *s, const struct request *q, int conn);
void serve_refusal(struct server *s, const struct request *q, int conn);
void serve_blob(struct server *s, const struct request *q, int conn);
void serve_at_b(struct server *s, const struct request *q, int conn);
void serve_basic(struct server *s, const struct request *q, int conn);
void serve_bearer(struct server *s, const struct request *q, int conn);
void serve_tokens(struct server *s, const struct request *q, int conn);
