// SPDX-License-Identifier: Apache-2.0
/*
 * run_argv.c - `urun run` by its table, and words of any length and number
 */
#include <stdio.h>
#include <string.h>

#include "cli/urun/request.h"
#include "fake.h"
#include "test.h"

#define MEGABYTE (1u << 20)

/* A command line in the making. */
struct line {
	struct arena *arena;
	struct strv argv;
	struct request q;
};

static struct line *new_line(void **state)
{
	struct line *l = arena_new(*state, struct line);

	l->arena = *state;
	l->q = (struct request){.arena = l->arena};
	l->q.spec.id = FAKE_ID;
	l->q.net = (struct net_facts){.has_slirp4netns = true, .has_tun = true};
	strv_push(l->arena, &l->argv, "run");
	return l;
}

static void add(struct line *l, const char *word)
{
	strv_push(l->arena, &l->argv, word);
}

static int read_line(struct line *l, struct err *err)
{
	bool want_help;
	int r = request_read(&l->q, (int)l->argv.n, l->argv.v, &want_help, err);
	return r < 0 || want_help ? r : request_build(&l->q, err);
}

/* With a rootfs and a command behind the options. */
static int finish(struct line *l, struct err *err)
{
	add(l, "--rootfs");
	add(l, "/srv/rootfs");
	add(l, "true");
	return read_line(l, err);
}

static char *many(void **state, const char *what, size_t n)
{
	size_t len = strlen(what);
	char *text = arena_alloc(*state, n * len + 1);

	for (size_t i = 0; i < n; i++)
		memcpy(text + i * len, what, len);
	return text;
}

/* Printable, whole characters of UTF-8, one line. */
static void check_printable(const char *message, size_t size)
{
	const unsigned char *c = (const unsigned char *)message;

	assert_true(strnlen(message, size) < size);
	assert_true(*message);
	while (*c) {
		size_t rest = *c >= 0xf0 ? 3 : *c >= 0xe0 ? 2 : *c >= 0xc2 ? 1 : 0;

		assert_true((*c >= 0x20 && *c < 0x7f) || rest > 0);
		for (c++; rest > 0; rest--, c++)
			assert_true((*c & 0xc0) == 0x80);
	}
}

static void test_table(void **state)
{
	const struct option *all = run_table.options;

	(void)state;
	assert_string_equal(run_table.verb, "run");
	for (size_t i = 0; all[i].name; i++) {
		assert_true(strlen(all[i].name) > 1);
		assert_true(all[i].name[0] != '-');
		assert_null(strchr(all[i].name, '='));
		assert_string_not_equal(all[i].name, "help");
		assert_non_null(all[i].set);
		assert_true(all[i].help && *all[i].help);
		assert_true(!all[i].value || *all[i].value);
		for (size_t k = 0; k < i; k++) {
			assert_string_not_equal(all[i].name, all[k].name);
			assert_true(!all[i].letter || all[i].letter != all[k].letter);
		}
	}
}

static void test_booleans(void **state)
{
	for (const struct option *o = run_table.options; o->name; o++) {
		static const char *const values[] = {"", "=true", "=false", "=1", "=OFF"};
		struct line *l;

		/* --rm is what happens anyway, a folder has no registry, cgroup v2 no such switch:
		 * see the cases. */
		if (o->value || strcmp(o->name, "rm") == 0 ||
		    strcmp(o->name, "tls-verify") == 0 ||
		    strcmp(o->name, "oom-kill-disable") == 0)
			continue;
		for (size_t i = 0; i < ARRAY_SIZE(values); i++) {
			l = new_line(state);
			add(l, "--name=x"); /* --replace wants one */
			add(l, arena_printf(*state, "--%s%s", o->name, values[i]));
			assert_int_equal(finish(l, NULL), 0);
		}
		l = new_line(state);
		add(l, arena_printf(*state, "--%s=2", o->name));
		assert_refused(finish(l, refused_err), -EINVAL,
			       arena_printf(*state, "--%s: '2' is neither true nor false",
					    o->name));
	}
}

static void test_missing_values(void **state)
{
	for (const struct option *o = run_table.options; o->name; o++) {
		const char *message = arena_printf(
			*state, "flag needs an argument: --%s %s", o->name, o->value);
		struct line *l = new_line(state);

		if (!o->value)
			continue;
		add(l, arena_printf(*state, "--%s", o->name));
		assert_refused(read_line(l, refused_err), -EINVAL, message);
		if (!o->letter)
			continue;
		l = new_line(state);
		add(l, arena_printf(*state, "-i%c", o->letter));
		assert_refused(read_line(l, refused_err), -EINVAL, message);
	}
}

/* With this value each option is taken or refused, and says so on one line. */
static void try_everywhere(void **state, const char *value)
{
	for (const struct option *o = run_table.options; o->name; o++) {
		struct line *l = new_line(state);
		struct err err = {0};

		if (!o->value)
			continue;
		add(l, arena_printf(*state, "--%s=%s", o->name, value));
		if (finish(l, &err) == 0)
			continue;
		assert_int_not_equal(err.code, 0);
		check_printable(err.message, sizeof(err.message));
		assert_true(strnlen(err.hint, sizeof(err.hint)) < sizeof(err.hint));
	}
}

static void test_empty_values(void **state)
{
	try_everywhere(state, "");
}

static void test_odd_values(void **state)
{
	static const char *const values[] = {
		":",	    "::",     ":::",   "=",	 "==", ",",   ",,",   "@",
		"/",	    "//:",    "/:",    "-1",	 "a=", "=a",  "a:",   ":a",
		"0:0:0",    "[",      "{}",    "[]",	 "*",  "ns:", "%s%n", "size=",
		"keep-id:", "auto:,", "type=", "/a:/b:", "no",
	};

	for (size_t i = 0; i < ARRAY_SIZE(values); i++)
		try_everywhere(state, values[i]);
}

static void test_long_values(void **state)
{
	try_everywhere(state, many(state, "a", MEGABYTE));
	try_everywhere(state, many(state, "9", 65536));
	try_everywhere(state, many(state, "\xc3\xa9", 65536));
	try_everywhere(state, many(state, "/../", 16384));
	try_everywhere(state, many(state, "a:", 1000));
	try_everywhere(state, many(state, "ro,", 1000));
}

static void test_long_argument(void **state)
{
	struct line *l = new_line(state);
	char *text = many(state, "x", MEGABYTE);

	add(l, "-e");
	add(l, arena_printf(*state, "LONG=%s", text));
	add(l, "--rootfs");
	add(l, "/srv/rootfs");
	add(l, text);
	assert_int_equal(read_line(l, NULL), 0);
	assert_int_equal(strlen(l->q.spec.process.args.v[0]), MEGABYTE);
	assert_string_equal(strv_env_get(&l->q.spec.process.env, "LONG"), text);
}

static void test_long_flag(void **state)
{
	static const char *const parts[] = {"x", "\xc3\xa9", "\x1b", "\xff"};

	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		struct line *l = new_line(state);
		struct err err = {0};

		add(l, arena_printf(*state, "--%s", many(state, parts[i], 100000)));
		assert_int_equal(finish(l, &err), -EINVAL);
		assert_memory_equal(err.message, "unknown flag: --", 16);
		check_printable(err.message, sizeof(err.message));
	}
}

static void test_flag_for_a_terminal(void **state)
{
	struct line *l = new_line(state);

	add(l, "--x\x1b[31m\n\xc2\x9b\xff");
	assert_refused(finish(l, refused_err), -EINVAL,
		       "unknown flag: --x\\x1b[31m\\x0a\\xc2\\x9b\\xff");
	l = new_line(state);
	add(l, "-\x07");
	assert_refused(finish(l, refused_err), -EINVAL, "unknown flag: -\\x07");
}

static void test_many_arguments(void **state)
{
	static const struct {
		size_t n;
		const char *message;
	} cases[] = {
		{65535, NULL},
		{65536, "65537 arguments: at most 65536"},
		{99999, "100000 arguments: at most 65536"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct line *l = new_line(state);

		add(l, "--rootfs");
		add(l, "/srv/rootfs");
		add(l, "true");
		for (size_t k = 0; k < cases[i].n; k++)
			add(l, "x");
		if (cases[i].message)
			assert_refused(read_line(l, refused_err), -EINVAL,
				       cases[i].message);
		else
			assert_int_equal(read_line(l, NULL), 0);
	}
}

static void test_many_options(void **state)
{
	struct line *l = new_line(state);

	for (int i = 0; i < 100000; i++)
		add(l, i % 2 ? "-it" : "--rm");
	assert_int_equal(finish(l, NULL), 0);
	assert_true(l->q.spec.process.want_terminal);
}

static void test_many_mounts(void **state)
{
	static const char *const options[] = {"-v/a:/b", "--tmpfs=/b",
					      "--mount=src=/a,dst=/b",
					      "--device=/dev/null",
					      "--security-opt=mask=/b"};

	for (size_t i = 0; i < ARRAY_SIZE(options); i++) {
		struct line *l = new_line(state);
		struct err err = {0};

		for (int k = 0; k < 4097; k++)
			add(l, options[i]);
		assert_int_equal(finish(l, &err), -EINVAL);
		assert_non_null(strstr(err.message, " mounts: at most 4096"));
	}
}

static void test_many_maps(void **state)
{
	for (int i = 0; i < 2; i++) {
		struct line *l = new_line(state);

		for (int k = 0; k < 341; k++)
			add(l, arena_printf(*state, "--%s=%d:%d:1",
					    i ? "uidmap" : "gidmap", k, k));
		assert_refused(finish(l, refused_err), -EINVAL,
			       i ? "--uidmap: 341 ranges, the kernel takes 340"
				 : "--gidmap: 341 ranges, the kernel takes 340");
	}
}

static void test_many_variables(void **state)
{
	struct line *l = new_line(state);

	for (int i = 0; i < 3000; i++)
		add(l, arena_printf(*state, "-eV%d=%d", i % 1500, i));
	assert_int_equal(finish(l, NULL), 0);
	/* PATH, container, and the last value of each. */
	assert_int_equal(l->q.spec.process.env.n, 1502);
	assert_string_equal(strv_env_get(&l->q.spec.process.env, "V7"), "1507");
}

static void test_name_length(void **state)
{
	struct line *l = new_line(state);

	add(l, arena_printf(*state, "--name=%s", many(state, "n", 128)));
	assert_int_equal(finish(l, NULL), 0);
	assert_int_equal(strlen(l->q.spec.name), 128);
	l = new_line(state);
	add(l, arena_printf(*state, "--name=%s", many(state, "n", 129)));
	assert_int_equal(finish(l, NULL), -EINVAL);
}

/* Where options end, whatever stands behind. */
static void test_where_options_end(void **state)
{
	static const struct {
		const char *argv[5];
		const char *rootfs;
		size_t n_args;
	} cases[] = {
		{{"--rootfs", "/a", "--rootfs"}, "/a", 1},
		{{"--rootfs", "--", "/a", "-it", "--"}, "/a", 2},
		{{"--rootfs", "--", "--", "x"}, "--", 1},
		{{"--rootfs", "-", "x"}, "-", 1},
		{{"--rootfs", "/a", "--", "x"}, "/a", 2},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct line *l = new_line(state);

		for (size_t k = 0; k < 5 && cases[i].argv[k]; k++)
			add(l, cases[i].argv[k]);
		assert_int_equal(read_line(l, NULL), 0);
		assert_string_equal(l->q.spec.root.path, cases[i].rootfs);
		assert_int_equal(l->q.spec.process.args.n, cases[i].n_args);
	}
}

static void test_help_wins(void **state)
{
	struct line *l = new_line(state);
	bool want_help = false;

	add(l, "-it");
	add(l, "--help");
	add(l, "--bogus");
	assert_int_equal(request_read(&l->q, (int)l->argv.n, l->argv.v, &want_help, NULL),
			 0);
	assert_true(want_help);
	/* Behind the rootfs it is the command's. */
	l = new_line(state);
	want_help = true;
	add(l, "--rootfs");
	add(l, "/a");
	add(l, "ls");
	add(l, "--help");
	assert_int_equal(request_read(&l->q, (int)l->argv.n, l->argv.v, &want_help, NULL),
			 0);
	assert_false(want_help);
	assert_string_equal(l->q.words.v[1], "--help");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_table),
		TEST(test_booleans),
		TEST(test_missing_values),
		TEST(test_empty_values),
		TEST(test_odd_values),
		TEST(test_long_values),
		TEST(test_long_argument),
		TEST(test_long_flag),
		TEST(test_flag_for_a_terminal),
		TEST(test_many_arguments),
		TEST(test_many_options),
		TEST(test_many_mounts),
		TEST(test_many_maps),
		TEST(test_many_variables),
		TEST(test_name_length),
		TEST(test_where_options_end),
		TEST(test_help_wins),
	};

	return cmocka_run_group_tests_name("run_argv", tests, NULL, NULL);
}
