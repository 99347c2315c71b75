// SPDX-License-Identifier: Apache-2.0
/*
 * golden.c - command lines of `urun run`, and the spec and the plan that they come to
 *
 *	golden [--update] [CASE...]
 *
 * A case is a folder. It holds what goes in
 *	argv		the words of the command line, quoted as for a shell
 *	host		what differs from the host of fake.c; may be missing
 *	anything else	files that the command line names: the folder is the current one
 * and what comes out, each file only where there is something to say:
 *	spec.json	as --print-spec shows it
 *	plan.json	as --print-plan shows it
 *	request		what a command line asks for besides: --help, --cidfile, ...
 *	error		what is printed instead, by the command line or by the plan
 * --update writes what came out. It was read before it was committed, every line: what is
 * wrong here stays wrong.
 *
 * Nothing is asked of the machine: see fake.h.
 */
#include <dirent.h>
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "cli/urun/network.h"
#include "diff.h"
#include "fake.h"
#include "layout.h"
#include "plan/plan.h"
#include "spec/oci.h"
#include "sys/dir.h"
#include "sys/fd.h"
#include "words.h"

#define MAX_FILE    (1u << 20)
#define MAX_OPTIONS 256

enum output { OUT_SPEC, OUT_PLAN, OUT_REQUEST, OUT_ERROR, OUT_COUNT };

static const char *const output_names[OUT_COUNT] = {
	[OUT_SPEC] = "spec.json",
	[OUT_PLAN] = "plan.json",
	[OUT_REQUEST] = "request",
	[OUT_ERROR] = "error",
};

/* One case while it is run. */
struct trial {
	struct arena arena;
	struct strv argv;
	struct fake fake;
	const char *text[OUT_COUNT]; /* NULL: there is none */
	bool is_refused;	     /* it was understood, and cannot be given */
};

static void trial_free(struct trial *t)
{
	arena_free(&t->arena);
}

/* Which options the cases use, by their place in the table. */
struct usage {
	size_t name[MAX_OPTIONS], letter[MAX_OPTIONS];
};

static const char *read_text(struct arena *a, const char *path)
{
	char *text;

	return fd_read_file(path, a, MAX_FILE, &text, NULL) == 0 ? text : NULL;
}

static const char *text_of(struct json *doc, struct arena *a)
{
	_cleanup_free_ char *text = json_text(doc, false);

	json_free(doc);
	return layout_json(text, a);
}

static const char *error_name(int code)
{
	static const struct {
		int code;
		const char *name;
	} names[] = {
		{-EINVAL, "EINVAL"},   {-EPERM, "EPERM"},   {-ENOENT, "ENOENT"},
		{-ENOTSUP, "ENOTSUP"}, {-ERANGE, "ERANGE"}, {-EBADMSG, "EBADMSG"},
		{-EFBIG, "EFBIG"},     {-ELOOP, "ELOOP"},   {-EISDIR, "EISDIR"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (names[i].code == code)
			return names[i].name;
	return "another code";
}

static void take_error(struct trial *t, const struct err *err)
{
	t->is_refused = err->code == -ENOTSUP;
	t->text[OUT_ERROR] =
		arena_printf(&t->arena, "%s, exit code %d\n%s\n%s%s",
			     error_name(err->code), err_exit_code(err), err->message,
			     err->hint, err->hint[0] ? "\n" : "");
}

/* What is no part of the spec. */
static void take_request(struct trial *t, const struct request *q, bool want_help)
{
	if (want_help || q->print_spec || q->print_plan || q->cidfile)
		t->text[OUT_REQUEST] =
			arena_printf(&t->arena, "%s%s%s%s%s%s", want_help ? "help\n" : "",
				     q->print_spec ? "print the spec\n" : "",
				     q->print_plan ? "print the plan\n" : "",
				     q->cidfile ? "write the id to '" : "",
				     q->cidfile ? q->cidfile : "",
				     q->cidfile ? "'\n" : "");
}

/* An image is not looked for: the case says what its config is, or it has an empty one. */
static int use_image(struct trial *t, struct request *q, struct image_config *config,
		     struct err *err)
{
	const char *text = read_text(&t->arena, "config");
	struct spec_root *root = &q->spec.root;
	int r = text ? image_config_parse(text, strlen(text), &t->arena, config, err) : 0;

	q->config = config;
	root->path = "/store/layers";
	root->changes = "/store/tmp/run-" FAKE_ID;
	root->is_volatile = q->want_rm;
	for (size_t i = config->n_diff_ids; i > 0; i--)
		strv_pushf(&t->arena, &root->layers, "%s/tree",
			   digest_hex(&config->diff_ids[i - 1]));
	return r;
}

/* Does what `urun run` does up to its first system call that changes anything. */
static void run(struct trial *t)
{
	struct request q = {.arena = &t->arena, .environ = t->fake.env.v};
	struct image_config config = {0};
	struct plan plan;
	struct err err = {0};
	bool want_help = false;
	int r;

	q.spec.id = FAKE_ID;
	q.net = t->fake.net;
	r = request_read(&q, (int)t->argv.n, t->argv.v, &want_help, &err);
	if (r == 0 && q.image)
		r = use_image(t, &q, &config, &err);
	network_look_at_map(&q, &t->fake.host);
	if (r == 0 && !want_help)
		r = request_build(&q, &err);
	if (r < 0) {
		take_error(t, &err);
		return;
	}
	take_request(t, &q, want_help);
	if (want_help)
		return;
	t->text[OUT_SPEC] = text_of(spec_to_oci(&q.spec), &t->arena);
	r = plan_build(&plan, &q.spec, &t->fake.host, &t->arena, &err);
	if (r < 0)
		take_error(t, &err);
	else
		t->text[OUT_PLAN] = text_of(plan_to_json(&plan), &t->arena);
}

/* Reads the case of the current folder. 0, or -EINVAL with a message. */
static int read_case(struct trial *t, struct err *err)
{
	const char *argv = read_text(&t->arena, "argv");
	const char *host = read_text(&t->arena, "host");
	int r;

	if (!argv)
		return err_say(err, -EINVAL, "there is no file 'argv'");
	fake_init(&t->fake, &t->arena);
	r = case_words(argv, &t->arena, &t->argv, err);
	if (r == 0 && host)
		r = fake_read(&t->fake, host, &t->arena, err);
	return r;
}

static int update(const struct trial *t, struct err *err)
{
	for (int i = 0; i < OUT_COUNT; i++) {
		const char *name = output_names[i];
		int r = 0;

		if (t->text[i])
			r = dir_replace_file_host(name, t->text[i], 0644);
		else if (unlink(name) < 0 && errno != ENOENT)
			r = -errno;
		if (r < 0)
			return err_set(err, r, "write '%s'", name);
	}
	return 0;
}

static bool is_as_expected(struct trial *t)
{
	bool is_same = true;

	for (int i = 0; i < OUT_COUNT; i++) {
		const char *want = read_text(&t->arena, output_names[i]);
		const char *have = t->text[i];

		if (want ? have && strcmp(want, have) == 0 : !have)
			continue;
		is_same = false;
		diff_print(stdout, "# ", output_names[i], want, have);
	}
	return is_same;
}

static int mark_used(void *target, const char *value, struct err *err)
{
	++*(size_t *)target;
	return 0;
}

static int ignore(void *target, const char *value, struct err *err)
{
	return 0;
}

/* How often a command line spells one option by its name, or by its letter. */
static size_t count_uses(const struct strv *argv, size_t at, bool by_letter)
{
	struct option options[MAX_OPTIONS + 2] = {0};
	struct option_table table = {.verb = "run", .options = options};
	size_t n = 0, uses = 0;
	bool want_help;
	int next;

	for (; run_table.options[n].name; n++) {
		options[n] = run_table.options[n];
		options[n].set = n == at && !by_letter ? mark_used : ignore;
	}
	if (options[at].letter) {
		options[n] = options[at];
		options[n].name = "-";
		options[n].set = by_letter ? mark_used : ignore;
		options[at].letter = '\0';
	}
	options_read(&table, (int)argv->n, argv->v, &uses, &next, &want_help, NULL);
	return uses;
}

static void add_usage(struct usage *u, const struct strv *argv)
{
	for (size_t i = 0; run_table.options[i].name && i < MAX_OPTIONS; i++) {
		u->name[i] += count_uses(argv, i, false);
		u->letter[i] += count_uses(argv, i, true);
	}
}

/* Return: does every option stand in a case that ends well? */
static bool is_all_used(const struct usage *u)
{
	bool is_all = true;

	for (size_t i = 0; run_table.options[i].name; i++) {
		const struct option *o = &run_table.options[i];

		if (u->name[i] == 0)
			printf("# no case has --%s\n", o->name);
		if (o->letter && u->letter[i] == 0)
			printf("# no case has -%c\n", o->letter);
		is_all &= u->name[i] > 0 && (!o->letter || u->letter[i] > 0);
	}
	return is_all;
}

static bool do_case(const char *dir, bool want_update, struct usage *u)
{
	_cleanup_(trial_free) struct trial t = {0};
	struct err err = {0};
	int r;

	arena_init(&t.arena, NULL, 0);
	r = chdir(dir) < 0 ? err_set(&err, -errno, "chdir") : read_case(&t, &err);
	if (r == 0)
		run(&t);
	if (r == 0 && (t.text[OUT_SPEC] || t.is_refused))
		add_usage(u, &t.argv);
	if (r == 0 && want_update)
		r = update(&t, &err);
	if (r < 0)
		printf("# %s\n", err.message);
	return r == 0 && is_as_expected(&t);
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static int list_cases(const char *dir, struct arena *a, struct strv *ret)
{
	DIR *d = opendir(dir);
	struct dirent *e;

	if (!d)
		return -errno;
	while ((e = readdir(d)))
		if (e->d_name[0] != '.')
			strv_push(a, ret, arena_strdup(a, e->d_name));
	closedir(d);
	if (ret->n > 0)
		qsort(ret->v, ret->n, sizeof(*ret->v), by_name);
	return ret->n > 0 ? 0 : -ENOENT;
}

static bool report(size_t number, bool is_good, const char *name)
{
	printf("%sok %zu - %s\n", is_good ? "" : "not ", number, name);
	return is_good;
}

int main(int argc, char **argv)
{
	bool want_update = argc > 1 && strcmp(argv[1], "--update") == 0;
	bool is_all = argc == 1 + want_update, is_good = true;
	const char *cases = getenv("GOLDEN_CASES");
	_cleanup_arena_ struct arena a;
	struct strv names = {0};
	struct usage usage = {0};

	arena_init(&a, NULL, 0);
	cases = cases ? cases : GOLDEN_CASES;
	for (int i = 1 + want_update; i < argc; i++)
		strv_push(&a, &names, argv[i]);
	if (is_all && list_cases(cases, &a, &names) < 0) {
		printf("Bail out! no cases in '%s'\n", cases);
		return 1;
	}
	printf("1..%zu\n", names.n + is_all);
	for (size_t i = 0; i < names.n; i++) {
		const char *dir = arena_printf(&a, "%s/%s", cases, names.v[i]);

		is_good &= report(i + 1, do_case(dir, want_update, &usage), names.v[i]);
	}
	if (is_all)
		is_good &= report(names.n + 1, is_all_used(&usage),
				  "every option has a case");
	return is_good ? 0 : 1;
}
