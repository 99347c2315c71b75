// SPDX-License-Identifier: Apache-2.0
/*
 * image_registry_auth.c - tests of who gets credentials, and where a registry may send its client
 */
#include <arpa/inet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "registry_bench.h"

/* --- redirects --- */

/* To s->link, or by counting down to "/hop/N" of this server. */
static void serve_redirect(struct server *s, const struct request *q, int conn)
{
	char header[2048];
	int hops = 0;

	sscanf(q->target, "/hop/%d", &hops);
	if (hops == 1) {
		serve_blob(s, q, conn);
		return;
	}
	snprintf(header, sizeof(header), "Location: /hop/%d\r\n",
		 hops == 0 ? s->limit : hops - 1);
	if (s->link)
		snprintf(header, sizeof(header), "Location: %s\r\n", s->link);
	answer_text(conn, "307 Temporary Redirect", header, "a body that nobody wants");
}

/* Asks for Basic first, then does what s->limit and s->link say. */
static void serve_behind_basic(struct server *s, const struct request *q, int conn)
{
	if (strcmp(q->authorization, BASIC) != 0)
		answer_text(conn, "401 Unauthorized",
			    "WWW-Authenticate: Basic realm=\"x\"\r\n", "");
	else
		serve_redirect(s, q, conn);
}

static void test_redirects(void **state)
{
	struct bench *t = *state;

	open_with(t, serve_behind_basic, &with_ann);
	t->a.limit = REGISTRY_MAX_REDIRECTS;
	CHECK_INT(get_blob(t, BLOB_BYTES, 0), 0);
	check_got(t, 0);
	CHECK_INT(t->a.n_log, 2 + REGISTRY_MAX_REDIRECTS);
	CHECK_STR(t->a.log[0].authorization, "");
	/* the same host, so that the credentials go along */
	for (int i = 1; i < t->a.n_log; i++)
		CHECK_STR(t->a.log[i].authorization, BASIC);
	CHECK_STR(t->a.log[6].target, "/hop/1");
	t->a.limit = REGISTRY_MAX_REDIRECTS + 1;
	CHECK_INT(get_blob(t, BLOB_BYTES, 0), -ELOOP);
	CHECK_INT(t->got.len, 0);
	/* known by now: no question without them */
	CHECK_INT(t->a.n_log, 2 + REGISTRY_MAX_REDIRECTS + 1 + REGISTRY_MAX_REDIRECTS);
}

static void test_redirect_other_host(void **state)
{
	struct bench *t = *state;

	/* another port is another host, and so is another name */
	open_with(t, serve_behind_basic, &with_ann);
	t->b.serve = serve_at_b;
	t->a.link = text(t, "http://%s/b/blob?signature=secret", t->host_b);
	CHECK_INT(get_blob(t, BLOB_BYTES, 7), 0);
	check_got(t, 7);
	CHECK_INT(t->b.n_log, 1);
	CHECK_STR(t->b.log[0].target, "/b/blob?signature=secret");
	CHECK_STR(t->b.log[0].authorization, "");
	CHECK_STR(t->b.log[0].range, "bytes=7-");
	t->a.link = text(t, "http://localhost:%d/hop/1", t->a.port);
	CHECK_INT(get_blob(t, BLOB_BYTES, 0), -EACCES);
	CHECK_INT(t->a.n_log, 4);
	CHECK_STR(t->a.log[3].host, text(t, "localhost:%d", t->a.port));
	CHECK_STR(t->a.log[3].authorization, "");
	/* there and back: they do not return */
	t->a.link = text(t, "http://%s/b", t->host_b);
	t->b.link = text(t, "http://%s/hop/1", t->host_a);
	CHECK_INT(get_blob(t, BLOB_BYTES, 0), -EACCES);
	CHECK_INT(t->a.n_log, 6);
	CHECK_STR(t->a.log[5].target, "/hop/1");
	CHECK_STR(t->a.log[5].authorization, "");
}

static void test_redirect_refused(void **state)
{
	static const char *const places[] = {
		"http://ann:secret@B/x", "http://ann@B/x",   "ftp://B/x",
		"file:///etc/passwd",	 "gopher://B/x",     "http://",
		"//ann:pw@B/x",		 "http://B:99999/x", "http://a b/x",
	};
	struct document doc = {0};
	struct bench *t = *state;

	open_to(t, serve_manifest);
	t->a.serve = serve_at_b;
	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		const char *b = strstr(places[i], "B");

		check_context("%s", places[i]);
		t->a.link = b ? text(t, "%.*s%s%s", (int)(b - places[i]), places[i],
				     t->host_b, b + 1)
			      : places[i];
		CHECK_INT(get_manifest(t, "v1", &doc), -EPROTO);
		CHECK(strstr(t->err.message, "secret") == NULL);
		CHECK_INT(t->a.n_log, i + 1);
		CHECK_INT(t->b.n_log, 0);
	}
	check_no_context();
	t->a.link = "ftp://x/y?z";
	CHECK_INT(get_manifest(t, "v1", &doc), -EPROTO);
	CHECK_STR(t->err.message, text(t,
				       "image '%s/team/app:v1': GET "
				       "http://%s/v2/team/app/manifests/v1: a "
				       "redirect to: URL 'ftp://x/y': it is no HTTPS",
				       t->host_a, t->host_a));
}

static void serve_no_location(struct server *s, const struct request *q, int conn)
{
	answer_text(conn, "302 Found", "", "");
}

static void test_redirect_nowhere(void **state)
{
	struct document doc = {0};
	struct bench *t = *state;

	open_to(t, serve_manifest);
	t->a.serve = serve_no_location;
	CHECK_INT(get_manifest(t, "v1", &doc), -EPROTO);
	CHECK_INT(t->a.n_log, 1);
}

static void test_resolve(void **state)
{
	static const struct {
		const char *base, *text, *safe, *plain; /* NULL: refused */
	} cases[] = {
		{"https://a/v2/x", "/y?z=1#f", "https://a/y?z=1", "https://a/y?z=1"},
		{"https://a/v2/x", "y", "https://a/v2/y", "https://a/v2/y"},
		{"https://a/v2/x", "//b/y", "https://b/y", "https://b/y"},
		{"https://a/v2/x", "http://a/y", NULL, "http://a/y"},
		{NULL, "https://a:5000/t", "https://a:5000/t", "https://a:5000/t"},
		{NULL, "http://a/t", NULL, "http://a/t"},
		{NULL, "/t", NULL, NULL},
		{NULL, "a/t", NULL, NULL},
		{NULL, "", NULL, NULL},
		{NULL, "https://u@a/t", NULL, NULL},
		{NULL, "https://u:p@a/t", NULL, NULL},
		{NULL, "file:///etc/passwd", NULL, NULL},
		{NULL, "https://a\r\nX: y/t", NULL, NULL},
	};
	struct http *safe = NULL, *plain = NULL;
	struct bench *t = *state;

	CHECK_INT(http_new("h", NULL, false, &safe, NULL), 0);
	CHECK_INT(http_new("h", NULL, true, &plain, NULL), 0);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const char *is = NULL;

		check_context("%s %s", cases[i].base, cases[i].text);
		CHECK_INT(http_resolve(safe, cases[i].base, cases[i].text, &t->arena, &is,
				       &t->err),
			  cases[i].safe ? 0 : -EPROTO);
		CHECK_STR(is, cases[i].safe);
		is = NULL;
		CHECK_INT(http_resolve(plain, cases[i].base, cases[i].text, &t->arena,
				       &is, &t->err),
			  cases[i].plain ? 0 : -EPROTO);
		CHECK_STR(is, cases[i].plain);
	}
	http_free(safe);
	http_free(plain);
}

static void test_same_origin(void **state)
{
	static const struct {
		const char *a, *b;
		bool is_same;
	} cases[] = {
		{"https://a/x", "https://a/y?z", true},
		{"https://a/x", "https://a:443/", true},
		{"https://a/x", "https://A/", true},
		{"https://a/x", "http://a/", false},
		{"https://a/x", "https://a:444/", false},
		{"https://a/x", "https://a.b/", false},
		{"https://a/x", "https://a./", false},
		{"http://127.0.0.1:5/x", "http://localhost:5/x", false},
		{"https://a/x", "a", false},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		check_context("%s %s", cases[i].a, cases[i].b);
		CHECK_INT(http_is_same_origin(cases[i].a, cases[i].b), cases[i].is_same);
	}
}

/* --- addresses --- */

static bool is_private(const char *ip)
{
	union {
		struct sockaddr any;
		struct sockaddr_in in;
		struct sockaddr_in6 in6;
	} u = {0};

	if (inet_pton(AF_INET, ip, &u.in.sin_addr) == 1) {
		u.any.sa_family = AF_INET;
	} else {
		CHECK_INT(inet_pton(AF_INET6, ip, &u.in6.sin6_addr), 1);
		u.any.sa_family = AF_INET6;
	}
	return http_is_private(&u.any);
}

static void test_private(void **state)
{
	static const char *const private[] = {
		"0.0.0.0",
		"0.1.2.3",
		"10.0.0.1",
		"10.255.255.255",
		"100.64.0.1",
		"100.127.255.255",
		"127.0.0.1",
		"127.255.0.1",
		"169.254.169.254",
		"172.16.0.1",
		"172.31.255.255",
		"192.168.0.1",
		"192.0.0.1",
		"198.18.0.1",
		"198.19.255.255",
		"224.0.0.1",
		"255.255.255.255",
		"::",
		"::1",
		"fe80::1",
		"fc00::1",
		"fdff::1",
		"fec0::1",
		"ff02::1",
		"100::1",
		"::ffff:127.0.0.1",
		"::ffff:169.254.1.1",
		"64:ff9b::10.0.0.1",
		"2002:7f00:1::",
		"::10.0.0.1",
	};
	static const char *const public[] = {
		"1.1.1.1",	  "8.8.8.8",	     "9.255.255.255",  "11.0.0.0",
		"100.63.0.1",	  "100.128.0.1",     "126.0.0.1",      "128.0.0.1",
		"169.253.0.1",	  "169.255.0.1",     "172.15.255.255", "172.32.0.1",
		"192.167.0.1",	  "192.169.0.1",     "198.17.0.1",     "198.20.0.1",
		"223.255.255.1",  "2001:4860::8888", "::ffff:8.8.8.8", "64:ff9b::8.8.8.8",
		"2002:808:808::", "2a00::1",
	};

	for (size_t i = 0; i < ARRAY_SIZE(private); i++) {
		check_context("%s", private[i]);
		CHECK_INT(is_private(private[i]), true);
	}
	for (size_t i = 0; i < ARRAY_SIZE(public); i++) {
		check_context("%s", public[i]);
		CHECK_INT(is_private(public[i]), false);
	}
}

static void add_address(const char *label, const char *ip)
{
	int s = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct sockaddr_in in = {.sin_family = AF_INET};
	struct ifreq ifr = {0};

	CHECK(s >= 0);
	snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "%s", label);
	CHECK_INT(inet_pton(AF_INET, ip, &in.sin_addr), 1);
	memcpy(&ifr.ifr_addr, &in, sizeof(in));
	CHECK_INT(ioctl(s, SIOCSIFADDR, &ifr), 0);
	CHECK_INT(ioctl(s, SIOCGIFFLAGS, &ifr), 0);
	ifr.ifr_flags = (short)(ifr.ifr_flags | IFF_UP);
	CHECK_INT(ioctl(s, SIOCSIFFLAGS, &ifr), 0);
	close(s);
}

/* s->link as Location, or as realm when s->limit is 1. */
static void serve_lure(struct server *s, const struct request *q, int conn)
{
	char header[300];

	snprintf(header, sizeof(header),
		 s->limit ? "WWW-Authenticate: Bearer realm=\"%s\"\r\n"
			  : "Location: %s\r\n",
		 s->link);
	answer_text(conn, s->limit ? "401 Unauthorized" : "302 Found", header, "");
}

struct lure {
	const char *host; /* of the registry */
	const char *place;
	int result;
};

/* A network of its own, in which an address that is public belongs to this host. */
static void child_lure(void *data)
{
	static const struct lure lures[] = {
		{"8.8.8.8", "http://127.0.0.1:%d/x", -EPERM},
		{"8.8.8.8", "http://localhost:%d/x", -EPERM},
		{"8.8.8.8", "http://10.1.2.3:%d/x", -EPERM},
		{"8.8.8.8", "http://[::1]:%d/x", -EPERM},
		{"8.8.8.8", "http://2130706433:%d/x", -EPERM},
		{"8.8.8.8", "http://[::ffff:127.0.0.1]:%d/x", -EPERM},
		{"8.8.8.8", "http://8.8.8.8:%d/x", 0},
		{"127.0.0.1", "http://10.1.2.3:%d/x", 0},
	};
	struct registry_pause pause = no_pause;
	static struct server a, b;
	struct source_options o = {0};
	struct arena arena = {0};

	enter_userns(CLONE_NEWNET, 0);
	add_address("lo", "127.0.0.1");
	add_address("lo:1", "8.8.8.8");
	add_address("lo:2", "10.1.2.3");
	server_start_on(&a, serve_lure, INADDR_ANY);
	server_start_on(&b, serve_manifest, INADDR_ANY);
	for (size_t i = 0; i < 2 * ARRAY_SIZE(lures); i++) {
		const struct lure *l = &lures[i / 2];
		const char *at = strstr(l->place, "%d");
		int before = server_count(&b, NULL), result;
		struct registry *r = NULL;
		struct document doc;
		struct err err = {0};

		a.limit = i % 2;
		check_context("%s sends to %s as a %s", l->host, l->place,
			      a.limit ? "token service" : "redirect");
		a.link = arena_printf(&arena, "%.*s%d%s", (int)(at - l->place), l->place,
				      b.port, at + 2);
		CHECK_INT(registry_open(arena_printf(&arena, "%s:%d", l->host, a.port),
					"x/y", true, &o, &r, &err),
			  0);
		registry_set_timing(r, &fast, &pause);
		result = registry_manifest(r, "v1", &arena, &doc, &err);
		/* No token service answers here, but it was asked. */
		CHECK_INT(result, l->result == 0 && a.limit ? -EBADMSG : l->result);
		CHECK_INT(server_count(&b, NULL) - before, l->result == 0);
		registry_close(r);
	}
	server_stop(&a);
	server_stop(&b);
	arena_free(&arena);
}

static void test_private_lure(void **state)
{
	in_child(child_lure, NULL);
}

/* --- credentials --- */

static void test_challenges(void **state)
{
	static const struct {
		const char *text;
		int n; /* or a negative errno */
		struct challenge want[3];
	} cases[] = {
		{"", 0, {{0}}},
		{"Basic", 1, {{"Basic"}}},
		{"Basic realm=\"x\"", 1, {{"Basic", "x"}}},
		{"Basic realm=x", 1, {{"Basic", "x"}}},
		{"Basic realm = \"x\" , charset=\"UTF-8\"", 1, {{"Basic", "x"}}},
		{"bearer REALM=\"https://a/t\",service=\"s\",scope=\"a b,c\"",
		 1,
		 {{"bearer", "https://a/t", "s"}}},
		{"Bearer service=s,realm=\"a\\\"b\\\\c\"",
		 1,
		 {{"Bearer", "a\"b\\c", "s"}}},
		{"Bearer realm=\"a, Basic realm=\"", 1, {{"Bearer", "a, Basic realm="}}},
		{"Bearer realm=\"a\", Basic realm=\"b\"",
		 2,
		 {{"Bearer", "a"}, {"Basic", "b"}}},
		{"Basic, Negotiate, Bearer realm=\"a\"",
		 3,
		 {{"Basic"}, {"Negotiate"}, {"Bearer", "a"}}},
		{",, Basic ,", 1, {{"Basic"}}},
		{"Basic realm=\"x", -EBADMSG, {{0}}},
		{"Basic realm=\"x\\", -EBADMSG, {{0}}},
		{"Basic realm=\"x\" y", -EBADMSG, {{0}}},
		{"Basic realm=\"x\"service=y", -EBADMSG, {{0}}},
		{"Basic realm=\"x\",realm=\"y\"", -EBADMSG, {{0}}},
		{"realm=\"x\"", -EBADMSG, {{0}}},
		{"Negotiate abc==", -EBADMSG, {{0}}},
		{"Basic realm=\"\x01\"", -EBADMSG, {{0}}},
		{"Basic/x", -EBADMSG, {{0}}},
		{"\"x\"", -EBADMSG, {{0}}},
		{"a,b,c,d,e,f,g,h,i", -EBADMSG, {{0}}},
	};
	struct bench *t = *state;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct challenge is[CHALLENGES_MAX];
		size_t n = 0;
		int r = registry_challenges(cases[i].text, &t->arena, is, &n);

		check_context("%s", cases[i].text);
		CHECK_INT(r < 0 ? r : (int)n, cases[i].n);
		for (int k = 0; k < cases[i].n; k++) {
			CHECK_STR(is[k].scheme, cases[i].want[k].scheme);
			CHECK_STR(is[k].realm, cases[i].want[k].realm);
			CHECK_STR(is[k].service, cases[i].want[k].service);
		}
	}
}

static void test_basic(void **state)
{
	struct bench *t = *state;
	struct document doc;

	/* from the file */
	fake.auth = (struct auth){
		.user = "ann", .password = "secret", .found_in = "'/x/auth.json'"};
	open_to(t, serve_basic);
	CHECK_INT(get_manifest(t, "v1", &doc), 0);
	CHECK_INT(get_manifest(t, "v1", &doc), 0);
	CHECK_INT(t->a.n_log, 3);
	CHECK_STR(t->a.log[0].authorization, "");
	CHECK_STR(t->a.log[1].authorization, BASIC);
	CHECK_STR(t->a.log[2].authorization, BASIC);
	CHECK_INT(fake.n_auth, 1);
	CHECK_STR(fake.auth_host, t->host_a);
	CHECK_STR(fake.auth_repository, "team/app");
	/* wrong ones: said once, and not tried again and again */
	fake.auth.password = "wrong";
	open_to(t, serve_basic);
	CHECK_INT(get_manifest(t, "v1", &doc), -EACCES);
	CHECK_INT(t->a.n_log, 2);
	CHECK_STR(t->err.message,
		  text(t,
		       "image '%s/team/app:v1': not allowed with the credentials of "
		       "'/x/auth.json': UNAUTHORIZED",
		       t->host_a));
	CHECK_STR(t->err.hint,
		  text(t, "--creds USER:PASSWORD, or urun login %s", t->host_a));
	/* those that were typed count more, and nobody looks for others */
	fake.n_auth = 0;
	open_with(t, serve_basic, &with_ann);
	CHECK_INT(get_manifest(t, "v1", &doc), 0);
	CHECK_INT(fake.n_auth, 0);
}

static void test_basic_none(void **state)
{
	struct bench *t = *state;
	struct document doc;

	open_to(t, serve_basic);
	CHECK_INT(get_manifest(t, "v1", &doc), -EACCES);
	CHECK_STR(t->err.message, text(t,
				       "image '%s/team/app:v1': registry '%s' wants "
				       "credentials: UNAUTHORIZED",
				       t->host_a, t->host_a));
	CHECK_STR(t->err.hint,
		  text(t, "--creds USER:PASSWORD, or urun login %s", t->host_a));
	CHECK_INT(t->a.n_log, 1);
	fake.auth_result = -EIO;
	open_to(t, serve_basic);
	CHECK_INT(get_manifest(t, "v1", &doc), -EIO);
	CHECK_STR(t->err.message,
		  text(t, "image '%s/team/app:v1': no helper", t->host_a));
}

static void serve_unknown_scheme(struct server *s, const struct request *q, int conn)
{
	answer_text(conn, "401 Unauthorized", "WWW-Authenticate: Digest realm=\"x\"\r\n",
		    "");
}

static void test_unknown_scheme(void **state)
{
	struct bench *t = *state;
	struct document doc;

	open_with(t, serve_unknown_scheme, &with_ann);
	CHECK_INT(get_manifest(t, "v1", &doc), -EACCES);
	CHECK_INT(t->a.n_log, 1);
}

static void test_bearer(void **state)
{
	struct bench *t = *state;
	struct document doc;

	open_bearer(t, &(struct source_options){0});
	CHECK_INT(get_manifest(t, "v1", &doc), 0);
	CHECK_INT(get_manifest(t, "v2", &doc), 0);
	CHECK_INT(t->a.n_log, 3);
	CHECK_STR(t->a.log[0].authorization, "");
	CHECK_STR(t->a.log[1].authorization, "Bearer T1");
	CHECK_STR(t->a.log[2].authorization, "Bearer T1");
	CHECK_INT(t->b.n_log, 1);
	/* what it is for is said here: not what the challenge asks for */
	CHECK_STR(t->b.log[0].method, "GET");
	CHECK_STR(t->b.log[0].target,
		  "/token?scope=repository%3Ateam%2Fapp%3Apull&service=the%20service");
	CHECK_STR(t->b.log[0].authorization, "");
	/* with credentials */
	open_bearer(t, &with_ann);
	CHECK_INT(get_manifest(t, "v1", &doc), 0);
	CHECK_STR(t->b.log[1].target, "/token?account=ann&scope=repository%3Ateam%2Fapp"
				      "%3Apull&service=the%20service");
	CHECK_STR(t->b.log[1].authorization, BASIC);
	CHECK_STR(t->a.log[1].authorization, "Bearer T2");
}

static void test_bearer_renewed(void **state)
{
	struct bench *t = *state;
	struct document doc;

	/* refused before its time: once more */
	open_bearer(t, &with_ann);
	CHECK_INT(get_manifest(t, "v1", &doc), 0);
	t->a.limit = 2;
	CHECK_INT(get_manifest(t, "v1", &doc), 0);
	CHECK_INT(t->b.n_log, 2);
	CHECK_INT(t->a.n_log, 4);
	CHECK_STR(t->a.log[2].authorization, "Bearer T1");
	CHECK_STR(t->a.log[3].authorization, "Bearer T2");
	/* and not again and again */
	t->a.limit = 1000;
	CHECK_INT(get_manifest(t, "v1", &doc), -EACCES);
	CHECK_INT(t->b.n_log, 3);
	CHECK_INT(t->a.n_log, 6);
	CHECK_STR(t->err.hint,
		  text(t, "--creds USER:PASSWORD, or urun login %s", t->host_a));
}

static void test_bearer_expires(void **state)
{
	struct bench *t = *state;
	struct document doc;

	open_bearer(t, &with_ann);
	t->b.limit = 1;
	CHECK_INT(get_manifest(t, "v1", &doc), 0);
	CHECK_INT(t->a.n_log, 2);
	clock_nanosleep(CLOCK_MONOTONIC, 0, &(struct timespec){.tv_sec = 1}, NULL);
	/* a new one is asked for before the old one is refused */
	CHECK_INT(get_manifest(t, "v1", &doc), 0);
	CHECK_INT(t->a.n_log, 3);
	CHECK_STR(t->a.log[2].authorization, "Bearer T2");
	CHECK_INT(t->b.n_log, 2);
}

static void *get_in_thread(void *data)
{
	struct bench *t = data;
	struct arena a = {0};
	struct document doc;
	struct err err = {0};
	intptr_t r = registry_manifest(t->r, "v1", &a, &doc, &err);

	arena_free(&a);
	return (void *)r;
}

static void test_threads(void **state)
{
	pthread_t threads[8];
	struct bench *t = *state;

	open_bearer(t, &with_ann);
	for (size_t i = 0; i < ARRAY_SIZE(threads); i++)
		CHECK_INT(pthread_create(&threads[i], NULL, get_in_thread, t), 0);
	for (size_t i = 0; i < ARRAY_SIZE(threads); i++) {
		void *r;

		CHECK_INT(pthread_join(threads[i], &r), 0);
		CHECK_INT((intptr_t)r, 0);
	}
	/* shared by all */
	CHECK_INT(t->b.n_log, 1);
	CHECK(t->a.n_log >= 9 && t->a.n_log <= 16);
}

static void serve_identity(struct server *s, const struct request *q, int conn)
{
	s->counter++;
	answer_text(conn, "200 OK", "", "{\"access_token\": \"T1\", \"token\": \"T9\"}");
}

static void test_identity_token(void **state)
{
	struct bench *t = *state;
	struct document doc;

	fake.auth = (struct auth){.identity_token = "id&token"};
	open_bearer(t, &(struct source_options){0});
	t->b.serve = serve_identity;
	CHECK_INT(get_manifest(t, "v1", &doc), 0);
	CHECK_INT(t->b.n_log, 1);
	CHECK_STR(t->b.log[0].method, "POST");
	CHECK_STR(t->b.log[0].target, "/token");
	CHECK_STR(t->b.log[0].content_type, "application/x-www-form-urlencoded");
	CHECK_STR(t->b.log[0].authorization, "");
	CHECK_STR(t->b.log[0].body,
		  "grant_type=refresh_token&service=the%20service&client_id=urun&"
		  "access_type=offline&scope=repository%3Ateam%2Fapp%3Apull&"
		  "refresh_token=id%26token");
	CHECK_STR(t->a.log[1].authorization, "Bearer T1");
	/* never sent on */
	t->b.serve = serve_at_b;
	t->b.link = text(t, "http://%s/", t->host_a);
	open_with(t, serve_bearer, &(struct source_options){0});
	t->b.counter = 5;
	CHECK_INT(get_manifest(t, "v1", &doc), -EPROTO);
	CHECK_INT(t->a.n_log, 1);
}

static void test_token_answers(void **state)
{
	static const struct {
		const char *status, *body;
		int result, n_requests;
	} cases[] = {
		{"200 OK", "{\"token\": \"T1\"}", 0, 1},
		{"200 OK", "{\"token\": \"T1\", \"expires_in\": 0}", 0, 1},
		{"200 OK", "{\"token\": \"T1\", \"expires_in\": 9223372036854775807}", 0,
		 1},
		{"200 OK", "{\"token\": \"T1\", \"expires_in\": -1}", -EINVAL, 1},
		{"200 OK", "{\"token\": \"T1\\r\\nX: y\"}", -EBADMSG, 1},
		{"200 OK", "{\"token\": \"T 1\"}", -EBADMSG, 1},
		{"200 OK", "{\"token\": \"\"}", -EBADMSG, 1},
		{"200 OK", "{\"token\": 1}", -EINVAL, 1},
		{"200 OK", "{}", -EBADMSG, 1},
		{"200 OK", "", -EBADMSG, 1},
		{"401 x", "{\"details\": \"incorrect username\"}", -EACCES, 1},
		{"403 x", "", -EACCES, 1},
		{"404 x", "", -EPROTO, 1},
		{"503 x", "", -EREMOTEIO, 3},
	};
	struct bench *t = *state;
	struct document doc;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct source_options o = with_ann;

		check_context("%s %s", cases[i].status, cases[i].body);
		o.retries = 2;
		open_bearer(t, &o);
		t->b.serve = serve_text;
		t->b.text = cases[i].body;
		t->b.link = cases[i].status;
		forget_log(&t->b);
		CHECK_INT(get_manifest(t, "v1", &doc), cases[i].result);
		CHECK_INT(t->b.n_log, cases[i].n_requests);
	}
}

static void test_realms(void **state)
{
	static const char *const realms[] = {"http://ann:pw@127.0.0.1/t", "/token",
					     "token", "ftp://127.0.0.1/t", ""};
	struct bench *t = *state;
	struct document doc;

	open_bearer(t, &with_ann);
	for (size_t i = 0; i < ARRAY_SIZE(realms); i++) {
		check_context("'%s'", realms[i]);
		t->a.link = realms[i];
		CHECK_INT(get_manifest(t, "v1", &doc), -EPROTO);
		CHECK_INT(t->a.n_log, i + 1);
	}
	CHECK_INT(t->b.n_log, 0);
}

/* A 401 of a host that was redirected to gets no answer. */
static void test_challenge_elsewhere(void **state)
{
	struct bench *t = *state;

	open_with(t, serve_ping, &with_ann);
	t->a.serve = serve_at_b;
	t->a.link = text(t, "http://%s/blob", t->host_b);
	t->b.serve = serve_basic;
	CHECK_INT(get_blob(t, BLOB_BYTES, 0), -EACCES);
	CHECK_INT(t->a.n_log, 1);
	CHECK_INT(t->b.n_log, 1);
	CHECK_STR(t->b.log[0].authorization, "");
}

static void test_login(void **state)
{
	struct source_options o = with_ann;
	struct bench *t = *state;

	t->a.serve = serve_basic;
	CHECK_INT(registry_try_login(t->host_a, NULL, true, &o, &t->err), 0);
	CHECK_STR(t->a.log[t->a.n_log - 1].target, "/v2/");
	CHECK_STR(t->a.log[t->a.n_log - 1].authorization, BASIC);
	o.password = "wrong";
	CHECK_INT(registry_try_login(t->host_a, NULL, true, &o, &t->err), -EACCES);
	CHECK_STR(t->err.message,
		  text(t,
		       "registry '%s': not allowed with the credentials of the command "
		       "line: UNAUTHORIZED",
		       t->host_a));
	CHECK_INT(registry_try_login(t->host_a, NULL, true, &(struct source_options){0},
				     &t->err),
		  -EACCES);
	CHECK_STR(t->err.message,
		  text(t, "registry '%s': there are no credentials", t->host_a));
	CHECK_STR(fake.auth_repository, "(none)");
	fake.auth = (struct auth){.user = "ann", .password = "secret"};
	CHECK_INT(registry_try_login(t->host_a, NULL, true, &(struct source_options){0},
				     &t->err),
		  0);
	/* by a token service, for no repository */
	t->a.serve = serve_bearer;
	t->a.link = text(t, "http://%s/token", t->host_b);
	t->b.serve = serve_tokens;
	CHECK_INT(registry_try_login(t->host_a, NULL, true, &with_ann, &t->err), 0);
	CHECK_STR(t->b.log[0].target, "/token?account=ann&service=the%20service");
	CHECK_STR(t->b.log[0].authorization, BASIC);
	t->a.serve = serve_refusal;
	t->a.text = "";
	CHECK_INT(registry_try_login(t->host_a, NULL, true, &with_ann, &t->err), 0);
	t->a.serve = not_asked;
	CHECK_INT(registry_try_login(t->host_a, NULL, true, &with_ann, &t->err), -EPROTO);
}

/* --- which protocol --- */

static void test_plain_refused(void **state)
{
	struct source_options verify = {.has_tls_verify = true, .want_tls_verify = true},
			      no_verify = {.has_tls_verify = true};
	struct bench *t = *state;
	struct document doc;

	t->a.serve = serve_manifest;
	/* no HTTP without a word */
	CHECK_INT(registry_open(t->host_a, "x", false, &(struct source_options){0}, &t->r,
				&t->err),
		  0);
	CHECK_INT(get_manifest(t, "v1", &doc), -EPROTO);
	registry_close(t->r);
	t->r = NULL;
	/* what was typed counts more than what is configured, both ways */
	CHECK_INT(registry_open(t->host_a, "x", true, &verify, &t->r, &t->err), 0);
	CHECK_INT(get_manifest(t, "v1", &doc), -EPROTO);
	CHECK_INT(t->a.n_log, 0);
	registry_close(t->r);
	t->r = NULL;
	CHECK_INT(registry_open(t->host_a, "x", false, &no_verify, &t->r, &t->err), 0);
	CHECK_INT(get_manifest(t, "v1", &doc), 0);
	CHECK_INT(t->a.n_log, 2);
}

static void test_nobody_there(void **state)
{
	struct bench *t = *state;
	struct server gone;
	struct document doc;

	server_start(&gone, not_asked);
	server_stop(&gone);
	CHECK_INT(registry_open(text(t, "127.0.0.1:%d", gone.port), "x", false,
				&(struct source_options){0}, &t->r, &t->err),
		  0);
	CHECK_INT(get_manifest(t, "v1", &doc), -ECONNREFUSED);
	registry_close(t->r);
	t->r = NULL;
	CHECK_INT(registry_open(text(t, "127.0.0.1:%d", gone.port), "x", true,
				&(struct source_options){0}, &t->r, &t->err),
		  -ECONNREFUSED);
	CHECK(strstr(t->err.message, "https://") && strstr(t->err.message, "http://"));
	/* It did answer: it may again. */
	open_to(t, serve_ping);
	t->a.serve = serve_at_b;
	t->a.link = text(t, "http://127.0.0.1:%d/", gone.port);
	CHECK_INT(get_manifest(t, "v1", &doc), -ECONNREFUSED);
	CHECK_INT(t->a.n_log, 1 + REGISTRY_DEFAULT_TRIES);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		BENCH(test_redirects),
		BENCH(test_redirect_other_host),
		BENCH(test_redirect_refused),
		BENCH(test_redirect_nowhere),
		BENCH(test_resolve),
		TEST(test_same_origin),
		TEST(test_private),
		TEST(test_private_lure),
		BENCH(test_challenges),
		BENCH(test_basic),
		BENCH(test_basic_none),
		BENCH(test_unknown_scheme),
		BENCH(test_bearer),
		BENCH(test_bearer_renewed),
		BENCH(test_bearer_expires),
		BENCH(test_threads),
		BENCH(test_identity_token),
		BENCH(test_token_answers),
		BENCH(test_realms),
		BENCH(test_challenge_elsewhere),
		BENCH(test_login),
		BENCH(test_plain_refused),
		BENCH(test_nobody_there),
	};

	/* The servers are here; what the caller's proxy thinks of them is of no interest. */
	unsetenv("http_proxy");
	unsetenv("https_proxy");
	unsetenv("HTTPS_PROXY");
	unsetenv("all_proxy");
	unsetenv("ALL_PROXY");
	return UNIT_RUN(tests);
}
