// SPDX-License-Identifier: Apache-2.0
/*
 * image_registry_real.c - tests of the registry client against the distribution project's own
 * registry, and through a proxy that spoils what comes from it
 *
 * Skipped where docker-registry or python3 is missing.
 */
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "auth.h"
#include "hash.h"
#include "registry_private.h"
#include "support.h"
#include "sys/fd.h"

#define LAYER_BYTES   (3u << 20)
#define MANIFEST_TYPE "application/vnd.oci.image.manifest.v1+json"
#define CONFIG_TYPE   "application/vnd.oci.image.config.v1+json"
#define LAYER_TYPE    "application/vnd.oci.image.layer.v1.tar"
#define MAX_PROGRAMS  8
#define EXIT_MISSING  77

/* Nobody has stored any. */
int auth_find(const char *authfile, const char *host, const char *repository,
	      struct arena *a, struct auth *ret, struct err *err)
{
	*ret = (struct auth){0};
	return 0;
}

/* --- programs that run beside a test --- */

struct program {
	pid_t pid;
	int in; /* closed: it ends */
};

struct bench {
	struct program programs[MAX_PROGRAMS];
	size_t n_programs;
	struct folder *folder;
	struct arena arena;
	struct registry *r;
	struct err err;
	char *layer, *got;
	size_t got_len;
	struct digest layer_digest, config_digest;
	struct document manifest;
	const char *config;
};

static int bench_setup(void **state)
{
	struct bench *t = calloc(1, sizeof(*t));
	struct dice dice = {0};
	void *folder = NULL;

	if (folder_setup(&folder) != 0)
		return -1;
	t->folder = folder;
	/* A tar archive of nothing: two blocks of zeros, and what is behind them does not count. */
	t->layer = calloc(1, LAYER_BYTES);
	for (size_t i = 1024; i < LAYER_BYTES; i++)
		t->layer[i] = (char)dice_roll(&dice, 256);
	t->got = calloc(1, LAYER_BYTES);
	*state = t;
	return 0;
}

static int bench_teardown(void **state)
{
	struct bench *t = *state;
	void *folder = t->folder;

	registry_close(t->r);
	/* The proxy before the registry behind it. */
	while (t->n_programs > 0) {
		struct program *p = &t->programs[--t->n_programs];

		close(p->in);
		waitpid(p->pid, NULL, 0);
	}
	folder_teardown(&folder);
	arena_free(&t->arena);
	free(t->layer);
	free(t->got);
	free(t);
	return 0;
}
#define BENCH(f) cmocka_unit_test_setup_teardown(f, bench_setup, bench_teardown)

static _noreturn_ void run_program(const char *const *argv, int in, int out)
{
	char *copy[24] = {0};

	for (size_t i = 0; argv[i] && i < ARRAY_SIZE(copy) - 1; i++)
		copy[i] = strdup(argv[i]);
	dup2(in, STDIN_FILENO);
	dup2(out, STDOUT_FILENO);
	execvp(copy[0], copy);
	_exit(EXIT_MISSING);
}

static const char *read_line(int fd, struct arena *a)
{
	char line[512];
	size_t len = 0;

	while (len < sizeof(line) - 1 && read(fd, line + len, 1) == 1 &&
	       line[len] != '\n')
		len++;
	line[len] = '\0';
	return arena_strdup(a, line);
}

/* Starts one that says "ready ...", and returns the rest of that. */
static const char *start(struct bench *t, const char *const *argv)
{
	struct program *p = &t->programs[t->n_programs];
	int in[2], out[2], status;
	const char *said;

	CHECK(t->n_programs < MAX_PROGRAMS);
	CHECK_INT(fd_pipe(in), 0);
	CHECK_INT(fd_pipe(out), 0);
	p->pid = fork();
	CHECK(p->pid >= 0);
	if (p->pid == 0)
		run_program(argv, in[0], out[1]);
	close(in[0]);
	close(out[1]);
	p->in = in[1];
	said = read_line(out[0], &t->arena);
	close(out[0]);
	if (strncmp(said, "ready ", 6) == 0) {
		t->n_programs++;
		return said + 6;
	}
	close(p->in);
	CHECK_INT(waitpid(p->pid, &status, 0), p->pid);
	if (WIFEXITED(status) && WEXITSTATUS(status) == EXIT_MISSING)
		skip_because("docker-registry, python3, openssl or htpasswd is missing");
	fail_msg("'%s' says '%s'", argv[1], said);
	return NULL;
}

static const char *word(struct bench *t, const char *line, int n)
{
	while (n-- > 0)
		line = strchr(line, ' ') + 1;
	return arena_strndup(&t->arena, line, strcspn(line, " "));
}

/* Runs one to its end. */
static int run(const char *const *argv)
{
	pid_t pid = fork();
	int status;

	CHECK(pid >= 0);
	if (pid == 0) {
		int null = fd_open(AT_FDCWD, "/dev/null", O_RDWR);

		run_program(argv, null, null);
	}
	CHECK_INT(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* The words up to a NULL, for the registry and the proxy. */
#define START(t, ...) start(t, (const char *const[]){"python3", __VA_ARGS__, NULL})
#define REGISTRY      FIXTURES "/registry.py"
#define PROXY	      FIXTURES "/proxy.py"

/* --- an image --- */

static int take(struct sink *s, const void *bytes, size_t len, struct err *err)
{
	struct bench *t = *(struct bench **)(s + 1);

	CHECK(len <= LAYER_BYTES - t->got_len);
	memcpy(t->got + t->got_len, bytes, len);
	t->got_len += len;
	return 0;
}

static void open_registry(struct bench *t, const char *host, const char *repository,
			  bool is_plain, const struct source_options *o)
{
	static const struct http_timing fast = {
		.connect_ms = 5000, .stall_seconds = 2, .commit_seconds = 30};
	static const struct registry_pause no_pause = {
		.first_ms = 1, .max_ms = 4, .retry_after_max_ms = 60000};

	registry_close(t->r);
	t->r = NULL;
	CHECK_INT(registry_open(host, repository, is_plain, o, &t->r, &t->err), 0);
	registry_set_timing(t->r, &fast, &no_pause);
}

static const struct source_options nothing;

static void hash_of(const char *bytes, size_t len, struct digest *ret)
{
	struct hash *h = hash_new();

	hash_add(h, bytes, len);
	hash_end(h, ret);
}

static int push_bytes(struct bench *t, const char *bytes, size_t len,
		      const struct digest *digest, const char *from)
{
	int fd = memfd_create("blob", MFD_CLOEXEC), r;
	struct descriptor d = {.digest = *digest, .size = len};

	CHECK(fd >= 0);
	CHECK_INT(fd_write_all(fd, bytes, len), 0);
	r = registry_push_blob(t->r, fd, &d, from, NULL, &t->err);
	close(fd);
	return r;
}

static void make_image(struct bench *t)
{
	struct document *m = &t->manifest;

	hash_of(t->layer, LAYER_BYTES, &t->layer_digest);
	t->config =
		arena_printf(&t->arena,
			     "{\"architecture\":\"amd64\",\"os\":\"linux\",\"config\":{},"
			     "\"rootfs\":{\"type\":\"layers\",\"diff_ids\":[\"%s\"]}}",
			     t->layer_digest.text);
	hash_of(t->config, strlen(t->config), &t->config_digest);
	m->text = arena_printf(
		&t->arena,
		"{\"schemaVersion\":2,\"mediaType\":\"" MANIFEST_TYPE "\",\"config\":{"
		"\"mediaType\":\"" CONFIG_TYPE "\",\"digest\":\"%s\",\"size\":%zu},"
		"\"layers\":[{\"mediaType\":\"" LAYER_TYPE "\",\"digest\":\"%s\","
		"\"size\":%u}]}",
		t->config_digest.text, strlen(t->config), t->layer_digest.text,
		LAYER_BYTES);
	m->len = strlen(m->text);
	m->media_type = MANIFEST_TYPE;
	hash_of(m->text, m->len, &m->digest);
}

static void push_image(struct bench *t, const char *tag)
{
	make_image(t);
	CHECK_INT(registry_has_blob(t->r, &t->layer_digest, &t->err), 0);
	CHECK_INT(push_bytes(t, t->layer, LAYER_BYTES, &t->layer_digest, NULL), 0);
	CHECK_INT(push_bytes(t, t->config, strlen(t->config), &t->config_digest, NULL),
		  0);
	CHECK_INT(registry_has_blob(t->r, &t->layer_digest, &t->err), 1);
	CHECK_INT(registry_push_manifest(t->r, tag, &t->manifest, &t->err), 0);
}

static int get_layer(struct bench *t, uint64_t offset)
{
	struct {
		struct sink sink;
		struct bench *bench;
	} to = {{take}, t};

	t->got_len = 0;
	t->err = (struct err){0};
	return registry_blob(t->r, &t->layer_digest, LAYER_BYTES, offset, &to.sink,
			     &t->err);
}

static void check_layer(const struct bench *t, size_t offset)
{
	CHECK_INT(t->got_len, LAYER_BYTES - offset);
	CHECK(memcmp(t->got, t->layer + offset, t->got_len) == 0);
}

/* Both documents and the layer, and what is not there. */
static void check_image(struct bench *t, const char *tag)
{
	struct document doc;

	CHECK_INT(registry_manifest(t->r, tag, &t->arena, &doc, &t->err), 0);
	CHECK_STR(doc.text, t->manifest.text);
	CHECK_STR(doc.digest.text, t->manifest.digest.text);
	CHECK_STR(doc.media_type, MANIFEST_TYPE);
	CHECK_INT(registry_manifest(t->r, t->manifest.digest.text, &t->arena, &doc,
				    &t->err),
		  0);
	CHECK_INT(registry_manifest(t->r, "none", &t->arena, &doc, &t->err), -ENOENT);
	CHECK_INT(get_layer(t, 0), 0);
	check_layer(t, 0);
	CHECK_INT(get_layer(t, 1234567), 0);
	check_layer(t, 1234567);
}

/* --- tests --- */

static void test_push_and_fetch(void **state)
{
	struct bench *t = *state;
	const char *host = word(t, START(t, REGISTRY), 0);
	struct strv tags = {0};

	open_registry(t, host, "x/y", true, &nothing);
	push_image(t, "one");
	check_image(t, "one");
	CHECK_INT(registry_push_manifest(t->r, "two", &t->manifest, &t->err), 0);
	CHECK_INT(registry_push_manifest(t->r, t->manifest.digest.text, &t->manifest,
					 &t->err),
		  0);
	CHECK_INT(registry_tags(t->r, &t->arena, &tags, &t->err), 0);
	CHECK_INT(tags.n, 2);
	CHECK(strv_has(&tags, "one") && strv_has(&tags, "two"));
	/* a blob of another repository; and one whose bytes are not what they should be */
	open_registry(t, host, "x/z", true, &nothing);
	CHECK_INT(registry_has_blob(t->r, &t->layer_digest, &t->err), 0);
	CHECK_INT(push_bytes(t, t->layer, LAYER_BYTES, &t->layer_digest, "x/y"), 1);
	CHECK_INT(registry_has_blob(t->r, &t->layer_digest, &t->err), 1);
	CHECK(push_bytes(t, t->layer, 1000, &t->config_digest, NULL) < 0);
	CHECK(strstr(t->err.message, "DIGEST_INVALID") != NULL);
	CHECK_INT(registry_tags(t->r, &t->arena, &tags, &t->err), -ENOENT);
}

static void test_skopeo(void **state)
{
	struct bench *t = *state;
	const char *host = word(t, START(t, REGISTRY), 0);
	const char *dir = arena_printf(&t->arena, "oci:%s/layout:t", t->folder->path);

	/* from us to it */
	open_registry(t, host, "x/y", true, &nothing);
	push_image(t, "t");
	switch (run((const char *const[]){
		"skopeo", "--insecure-policy", "copy", "--src-tls-verify=false",
		"--preserve-digests", arena_printf(&t->arena, "docker://%s/x/y:t", host),
		dir, NULL})) {
	case 0:
		break;
	case EXIT_MISSING:
		skip_because("skopeo is missing");
	default:
		fail_msg("skopeo cannot fetch what was pushed");
	}
	/* and back */
	CHECK_INT(run((const char *const[]){
			  "skopeo", "--insecure-policy", "copy",
			  "--dest-tls-verify=false", "--preserve-digests", dir,
			  arena_printf(&t->arena, "docker://%s/back/again:t", host),
			  NULL}),
		  0);
	open_registry(t, host, "back/again", true, &nothing);
	check_image(t, "t");
}

static void test_tls(void **state)
{
	struct bench *t = *state;
	const char *ready = START(t, REGISTRY, "--tls");
	const char *host = word(t, ready, 0), *folder = word(t, ready, 1);
	struct source_options o = {.cert_dir =
					   arena_printf(&t->arena, "%s/certs", folder)};
	struct document doc;

	/* an authority that nobody knows */
	open_registry(t, host, "x/y", false, &nothing);
	CHECK_INT(registry_manifest(t->r, "v1", &t->arena, &doc, &t->err), -EKEYREJECTED);
	CHECK(strstr(t->err.hint, "certs.d") != NULL);
	open_registry(t, host, "x/y", false, &o);
	push_image(t, "v1");
	check_image(t, "v1");
	/* another name than the certificate's */
	open_registry(t, arena_printf(&t->arena, "127.0.0.2%s", strchr(host, ':')), "x/y",
		      false, &o);
	CHECK(registry_manifest(t->r, "v1", &t->arena, &doc, &t->err) < 0);
	/* not looked at: asked for, and configured */
	open_registry(t, host, "x/y", true, &nothing);
	check_image(t, "v1");
	open_registry(t, host, "x/y", false,
		      &(struct source_options){.has_tls_verify = true});
	check_image(t, "v1");
	/* what is configured does not count against what was typed */
	open_registry(t, host, "x/y", true,
		      &(struct source_options){.has_tls_verify = true,
					       .want_tls_verify = true});
	CHECK_INT(registry_manifest(t->r, "v1", &t->arena, &doc, &t->err), -EKEYREJECTED);
}

static void test_cert_dir(void **state)
{
	struct bench *t = *state;
	struct source_options o = {.cert_dir = t->folder->path};
	struct registry *r = NULL;

	make_file(t->folder->fd, "a.cert", "x");
	CHECK_INT(registry_open("h", "x", false, &o, &r, &t->err), -EINVAL);
	CHECK_STR(t->err.message,
		  arena_printf(&t->arena,
			       "certificate '%s/a.cert': its key 'a.key' is missing",
			       t->folder->path));
	make_file(t->folder->fd, "b.key", "x");
	CHECK_INT(unlinkat(t->folder->fd, "a.cert", 0), 0);
	CHECK_INT(registry_open("h", "x", false, &o, &r, &t->err), -EINVAL);
	CHECK_STR(t->err.message,
		  arena_printf(&t->arena, "key '%s/b.key': its certificate is missing",
			       t->folder->path));
	o.cert_dir = "/nowhere";
	CHECK_INT(registry_open("h", "x", false, &o, &r, &t->err), -ENOENT);
}

static void test_users(void **state)
{
	struct bench *t = *state;
	const char *host = word(t, START(t, REGISTRY, "--user", "ann:secret"), 0);
	struct source_options ann = {.user = "ann", .password = "secret"},
			      wrong = {.user = "ann", .password = "wrong"};
	struct document doc;

	CHECK_INT(registry_try_login(host, NULL, true, &ann, &t->err), 0);
	CHECK_INT(registry_try_login(host, NULL, true, &wrong, &t->err), -EACCES);
	open_registry(t, host, "x/y", true, &ann);
	push_image(t, "v1");
	check_image(t, "v1");
	open_registry(t, host, "x/y", true, &wrong);
	CHECK_INT(registry_manifest(t->r, "v1", &t->arena, &doc, &t->err), -EACCES);
	open_registry(t, host, "x/y", true, &nothing);
	CHECK_INT(registry_manifest(t->r, "v1", &t->arena, &doc, &t->err), -EACCES);
	CHECK_STR(t->err.hint,
		  arena_printf(&t->arena, "--creds USER:PASSWORD, or urun login %s",
			       host));
}

/* The image behind a proxy with one fault. */
static void open_behind(struct bench *t, const char *host, const char *fault,
			const char *value)
{
	const char *log = arena_printf(&t->arena, "%s/log", t->folder->path);
	const char *const argv[] = {"python3", PROXY, "--log", log,
				    host,      fault, value,   NULL};

	unlinkat(t->folder->fd, "log", 0);
	open_registry(t, word(t, start(t, argv), 0), "x/y", true,
		      &(struct source_options){.retries = 2});
}

static const struct fault {
	const char *option, *value;
	int result;
	int64_t flipped; /* the byte that is wrong, or -1 */
} faults[] = {
	{"--cut", "1000000:1", 0, -1},
	{"--cut", "500000", 0, -1},
	{"--busy", "1:1", 0, -1},
	{"--busy", "0", -EBUSY, -1},
	{"--unavailable", "2", 0, -1},
	{"--unavailable", "3", -EREMOTEIO, -1},
	{"--stall", "2000000:1", 0, -1},
	{"--flip", "2345678", 0, 2345678},
	{"--short", "1", -EBADMSG, -1},
	{"--long", "1", -EBADMSG, -1},
	{"--endless-headers", NULL, -EFBIG, -1},
	{"--no-range", NULL, 0, -1},
	{"--redirect", NULL, 0, -1},
	{"--bearer", "own", 0, -1},
	{"--bearer", "other", 0, -1},
	{"--cut", "0", -ECONNRESET, -1},
};

static void test_faults(void **state)
{
	struct bench *t = *state;
	const char *host = word(t, START(t, REGISTRY), 0);

	open_registry(t, host, "x/y", true, &nothing);
	push_image(t, "v1");
	for (size_t i = 0; i < ARRAY_SIZE(faults); i++) {
		const struct fault *f = &faults[i];
		struct program *p = &t->programs[1];

		check_context("%s %s", f->option, f->value ? f->value : "");
		open_behind(t, host, f->option, f->value);
		CHECK_INT(get_layer(t, 0), f->result);
		if (f->flipped >= 0)
			t->got[f->flipped] = (char)(t->got[f->flipped] ^ 1);
		if (f->result == 0)
			check_layer(t, 0);
		if (strcmp(f->option, "--no-range") == 0) {
			CHECK_INT(get_layer(t, 777777), 0);
			check_layer(t, 777777);
		}
		registry_close(t->r);
		t->r = NULL;
		close(p->in);
		CHECK_INT(waitpid(p->pid, NULL, 0), p->pid);
		t->n_programs = 1;
	}
}

/* What a redirect and a token service get to see. */
static void test_seen(void **state)
{
	struct bench *t = *state;
	const char *host = word(t, START(t, REGISTRY, "--user", "ann:secret"), 0), *seen;
	struct source_options ann = {.user = "ann", .password = "secret"};
	const char *log = arena_printf(&t->arena, "%s/log", t->folder->path);
	struct document doc;

	open_registry(t, host, "x/y", true, &ann);
	push_image(t, "v1");
	open_registry(t, word(t, START(t, PROXY, "--redirect", "--log", log, host), 0),
		      "x/y", true, &ann);
	CHECK_INT(registry_manifest(t->r, "v1", &t->arena, &doc, &t->err), 0);
	/* What the other host does not get, it cannot hand on. */
	CHECK_INT(get_layer(t, 5), -EACCES);
	seen = read_text(t->folder->fd, "log");
	CHECK_STR(seen, arena_printf(&t->arena,
				     "main GET /v2/ - -\n"
				     "main GET /v2/x/y/manifests/v1 - -\n"
				     "main GET /v2/x/y/manifests/v1 - Basic\n"
				     "main GET /v2/x/y/blobs/%s bytes=5- Basic\n"
				     "other GET /v2/x/y/blobs/%s bytes=5- -\n",
				     t->layer_digest.text, t->layer_digest.text));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		BENCH(test_push_and_fetch), BENCH(test_skopeo), BENCH(test_tls),
		BENCH(test_cert_dir),	    BENCH(test_users),	BENCH(test_faults),
		BENCH(test_seen),
	};

	unsetenv("http_proxy");
	unsetenv("https_proxy");
	unsetenv("HTTPS_PROXY");
	unsetenv("all_proxy");
	unsetenv("ALL_PROXY");
	return UNIT_RUN(tests);
}
