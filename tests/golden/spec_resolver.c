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
	assert_string_equal(spec_resolver_text((s), (host), NULL, (s)->arena), (want))

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

static void test_searches(void **state)
{
	static const struct {
		const char *host, *want;
	} cases[] = {
		{"domain a\n", "search a\n"},
		{"domain\t a b\n", "search a\n"},
		{"search a b\ndomain c\n", "search c\n"},
		{"domain c\nsearch a b\n", "search a b\n"},
		{"search a\nnameserver 192.0.2.1\nsearch b\n", "search b\n"},
		{"domain a\ndomain b", "search b\n"},
		{"domain a\nsearch\ndomain \n", "search a\n"},
		{"domains a\n#domain b\n", ""},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct spec *s = new_spec(state, NET_SLIRP4NETNS);
		const char *want =
			arena_printf(*state, "nameserver 10.0.2.3\n%s", cases[i].want);

		assert_text(s, cases[i].host, want);
		strv_push(*state, &s->resolver.searches, "asked");
		assert_text(s, cases[i].host, "nameserver 10.0.2.3\nsearch asked\n");
	}
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
	assert_text(s, "nameserver ::1", "nameserver fd00::3\n");
	assert_text(s, "nameserver ::1\nnameserver 127.0.0.1\nnameserver 127.0.0.2\n",
		    "nameserver fd00::3\nnameserver 10.0.2.3\n");
	assert_text(s, "nameserver fe80::1%eth0", "nameserver 10.0.2.3\n");
	assert_text(s, "nameserver\n", "nameserver 10.0.2.3\n");
	assert_text(s, "nameserver 0.0.0.0\n", "nameserver 10.0.2.3\n");
	assert_text(s, "nameserver ::\n", "nameserver fd00::3\n");
	assert_text(s, "nameserver ::FFFF:127.0.0.1\n", "nameserver fd00::3\n");
	assert_text(s, "", "nameserver 10.0.2.3\n");
	/* The gateway's address leads to the host then. */
	strv_push(*state, &s->net.words, "--map-gw");
	assert_text(s, "nameserver 192.0.2.1\n", "nameserver 10.0.2.3\n");
}

/* The container has the host's address: who listens there is another one to it. */
static void test_pasta_own_address(void **state)
{
	static const struct {
		const char *host, *want;
	} cases[] = {
		{"nameserver 198.51.100.5\n", "nameserver 10.0.2.3\n"},
		{"nameserver 198.51.100.6\n", "nameserver 10.0.2.3\n"},
		{"nameserver 198.51.100.50\n", "nameserver 198.51.100.50\n"},
		{"nameserver 198.51.100.5\nnameserver 192.0.2.1\n",
		 "nameserver 10.0.2.3\n"},
		{"nameserver 2001:DB8:5:0::5\n", "nameserver fd00::3\n"},
		{"nameserver 2001:db8:5::6\n", "nameserver 2001:db8:5::6\n"},
		{"nameserver ::ffff:198.51.100.5\n", "nameserver fd00::3\n"},
	};
	struct spec *s = new_spec(state, NET_PASTA);
	struct strv own = {0};

	strv_push(*state, &own, "198.51.100.5");
	strv_push(*state, &own, "198.51.100.6");
	strv_push(*state, &own, "2001:db8:5::5");
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_string_equal(spec_resolver_text(s, cases[i].host, &own, *state),
				    cases[i].want);
	/* slirp4netns has addresses of its own. */
	s->net.backend = NET_SLIRP4NETNS;
	assert_string_equal(spec_resolver_text(s, "nameserver 192.0.2.1\n", &own, *state),
			    "nameserver 10.0.2.3\n");
}

static void test_pasta_one_family(void **state)
{
	static const char both[] = "nameserver 192.0.2.1\nnameserver 2001:db8::1\n",
			  on_loopback[] = "nameserver 127.0.0.53\nnameserver ::1\n";
	static const struct {
		const char *word, *host, *want;
	} cases[] = {
		{"-4", both, "nameserver 192.0.2.1\n"},
		{"-6", both, "nameserver 2001:db8::1\n"},
		{"--ipv4-only", both, "nameserver 192.0.2.1\n"},
		{"--ipv6", both, "nameserver 2001:db8::1\n"},
		{"--ipv4-onlyx", both, both},
		{"-4", on_loopback, "nameserver 10.0.2.3\n"},
		{"-6", on_loopback, "nameserver fd00::3\n"},
		{"-4", "nameserver ::1\nnameserver 192.0.2.1\n",
		 "nameserver 192.0.2.1\n"},
		{"-6", "nameserver 127.0.0.53\nnameserver 2001:db8::1\n",
		 "nameserver 2001:db8::1\n"},
		{"-6", "nameserver fe80::1%eth0\n", "nameserver fd00::3\n"},
		{"-4", "nameserver fe80::1%eth0\n", "nameserver 10.0.2.3\n"},
		{"-6", "nameserver 192.0.2.1\n", "nameserver fd00::3\n"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct spec *s = new_spec(state, NET_PASTA);

		strv_push(*state, &s->net.words, cases[i].word);
		assert_text(s, cases[i].host, cases[i].want);
	}
}

static void test_pasta_interface(void **state)
{
	static const struct {
		const char *words[3], *want;
	} cases[] = {
		{{"--interface", "eth1"}, "eth1"},
		{{"--interface=eth1"}, "eth1"},
		{{"-i", "eth1"}, "eth1"},
		{{"-ieth1"}, "eth1"},
		{{"-4", "-i", "eth1"}, "eth1"},
		{{"--ipv4-only"}, NULL},
		{{"-i"}, NULL},
		{{"--interfaces=eth1"}, NULL},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct spec *s = new_spec(state, NET_PASTA);
		const char *got;

		for (size_t k = 0; k < 3 && cases[i].words[k]; k++)
			strv_push(*state, &s->net.words, cases[i].words[k]);
		got = spec_net_pasta_interface(&s->net);
		if (cases[i].want && got)
			assert_string_equal(got, cases[i].want);
		else
			assert_ptr_equal(got, cases[i].want);
	}
}

static void test_who_is_asked(void **state)
{
	struct spec *s = new_spec(state, NET_PASTA);

	assert_true(
		spec_resolver_asks_backend(s, "search a\nnameserver 10.0.2.3\n", false));
	assert_false(spec_resolver_asks_backend(s, "nameserver 10.0.2.3\n", true));
	assert_false(spec_resolver_asks_backend(s, "nameserver 10.0.2.33\n", false));
	assert_false(spec_resolver_asks_backend(s, "", false));
	assert_true(spec_resolver_asks_backend(s, "nameserver fd00::3\n", true));
	assert_false(spec_resolver_asks_backend(s, "nameserver fd00::3\n", false));
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
		TEST(test_none),
		TEST(test_hosts_network),
		TEST(test_slirp4netns),
		TEST(test_searches),
		TEST(test_pasta),
		TEST(test_pasta_own_address),
		TEST(test_pasta_one_family),
		TEST(test_pasta_interface),
		TEST(test_who_is_asked),
		TEST(test_the_file),
	};

	return cmocka_run_group_tests_name("spec_resolver", tests, NULL, NULL);
}
