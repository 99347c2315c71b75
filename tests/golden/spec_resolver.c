// SPDX-License-Identifier: Apache-2.0
/*
 * spec_resolver.c - spec_resolver_text(): the container's resolv.conf from the host's
 */
#include <string.h>

#include "spec/spec.h"
#include "test.h"

static struct spec *new_spec(void **state, enum net_backend backend)
{
	struct spec *s = arena_new(*state, struct spec);

	spec_init(s, *state);
	s->net.backend = backend;
	s->net.subnet = 0x0a000200;
	s->net.prefix_len = 24;
	return s;
}

#define assert_text(s, host, want) \
	assert_string_equal(spec_resolver_text((s), (host), (s)->arena), (want))

static void test_none(void **state)
{
	struct spec *s = new_spec(state, NET_NONE);

	assert_text(s, "nameserver 192.0.2.1\n", "# this container has no network\n");
	strv_push(*state, &s->resolver.servers, "192.0.2.9");
	assert_text(s, "nameserver 192.0.2.1\nsearch a\n",
		    "nameserver 192.0.2.9\nsearch a\n");
}

static void test_hosts_network(void **state)
{
	struct spec *s = new_spec(state, NET_NONE);

	s->ns[NS_NET].mode = NS_MODE_HOST;
	assert_text(s, "# x\nnameserver 127.0.0.53\nsortlist 1.2.3.4",
		    "# x\nnameserver 127.0.0.53\nsortlist 1.2.3.4");
	strv_push(*state, &s->resolver.options, "ndots:2");
	strv_push(*state, &s->resolver.options, "rotate");
	assert_text(
		s, "nameserver 127.0.0.53\noptions edns0\nsearch a b",
		"nameserver 127.0.0.53\nsearch a b\noptions ndots:2\noptions rotate\n");
}

static void test_slirp4netns(void **state)
{
	struct spec *s = new_spec(state, NET_SLIRP4NETNS);

	assert_text(s, "nameserver 192.0.2.1\nsearch a\n",
		    "nameserver 10.0.2.3\nsearch a\n");
	assert_text(s, "", "nameserver 10.0.2.3\n");
	strv_push(*state, &s->resolver.searches, ".");
	assert_text(s, "search a\n", "nameserver 10.0.2.3\n");
	strv_push(*state, &s->resolver.searches, "b");
	strv_push(*state, &s->resolver.searches, "c");
	assert_text(s, "search a\n", "nameserver 10.0.2.3\nsearch b c\n");
}

static void test_pasta(void **state)
{
	struct spec *s = new_spec(state, NET_PASTA);

	assert_text(
		s,
		"nameserver  192.0.2.1 \nnameserver\t2001:db8::1\nnameservers 1.1.1.1\n",
		"nameserver 192.0.2.1\nnameserver 2001:db8::1\n");
	/* Only the host reaches these. */
	assert_text(s, "nameserver 192.0.2.1\nnameserver 127.0.0.53\n",
		    "nameserver 10.0.2.3\n");
	assert_text(s, "nameserver ::1", "nameserver 10.0.2.3\n");
	assert_text(s, "nameserver fe80::1%eth0", "nameserver 10.0.2.3\n");
	assert_text(s, "nameserver\n", "nameserver 10.0.2.3\n");
	assert_text(s, "nameserver 0.0.0.0\n", "nameserver 10.0.2.3\n");
	assert_text(s, "nameserver ::\n", "nameserver 10.0.2.3\n");
	assert_text(s, "nameserver ::FFFF:127.0.0.1\n", "nameserver 10.0.2.3\n");
	assert_text(s, "", "nameserver 10.0.2.3\n");
	/* The gateway's address leads to the host then. */
	strv_push(*state, &s->net.words, "--map-gw");
	assert_text(s, "nameserver 192.0.2.1\n", "nameserver 10.0.2.3\n");
}

static void test_who_is_asked(void **state)
{
	struct spec *s = new_spec(state, NET_PASTA);

	assert_true(spec_resolver_asks_backend(s, "search a\nnameserver 10.0.2.3\n"));
	assert_false(spec_resolver_asks_backend(s, "nameserver 10.0.2.33\n"));
	assert_false(spec_resolver_asks_backend(s, ""));
}

static void test_the_file(void **state)
{
	struct spec *s = new_spec(state, NET_PASTA);
	struct fsop *op = spec_add_fsop(s, FSOP_FILE, "/etc/resolv.conf");

	assert_null(spec_resolver_op(s));
	s->resolver.is_followed = true;
	assert_ptr_equal(spec_resolver_op(s), op);
	spec_add_fsop(s, FSOP_FILE, "/etc/hosts");
	op = spec_add_fsop(s, FSOP_FILE, "/etc/resolv.conf");
	assert_ptr_equal(spec_resolver_op(s), op);
	op->kind = FSOP_BIND;
	assert_ptr_equal(spec_resolver_op(s), &s->fsops[0]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_none),  TEST(test_hosts_network), TEST(test_slirp4netns),
		TEST(test_pasta), TEST(test_who_is_asked),  TEST(test_the_file),
	};

	return cmocka_run_group_tests_name("spec_resolver", tests, NULL, NULL);
}
