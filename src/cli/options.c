// SPDX-License-Identifier: Apache-2.0
/*
 * options.c - see options.h
 */
#include "cli/options.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/parse.h"

#define HELP_COLUMN 37 /* where the texts of --help begin */
#define HELP_WIDTH  90

#define ROFF_WIDTH  74 /* of source, where a text can be cut */
#define MAX_OPTIONS 256

struct reader {
	const struct option_table *table;
	int argc;
	char **argv;
	int at; /* next word */
	void *target;
	bool want_help, is_mixed; /* mixed: words between options are kept, not the end */
	int n_words;		  /* kept, from argv[1] on */
};

static const char *program(const struct option_table *t)
{
	return t->program ? t->program : "urun";
}

/* "urun run", and "urun-oci" where there is no verb. */
static int hint_help(const struct option_table *t, int code, struct err *err)
{
	return err_hint(err, code, "See '%s%s%s --help'", program(t),
			t->verb[0] ? " " : "", t->verb);
}

static const struct option *find_long(const struct option_table *t, const char *name,
				      size_t len)
{
	for (const struct option *o = t->options; o->name; o++)
		if (strncmp(o->name, name, len) == 0 && o->name[len] == '\0')
			return o;
	return NULL;
}

static const struct option *find_letter(const struct option_table *t, char letter)
{
	for (const struct option *o = t->options; o->name; o++)
		if (o->letter == letter)
			return o;
	return NULL;
}

static int apply(struct reader *r, const struct option *o, const char *value,
		 struct err *err)
{
	int ret = o->set(r->target, value, err);

	if (ret < 0)
		err_prefix(err, "--%s", o->name);
	return ret;
}

static int say_unknown(const struct reader *r, const char *what, struct err *err)
{
	char shown[256];

	text_escape(shown, sizeof(shown), what);
	err_say(err, -EINVAL, "unknown flag: %s", shown);
	return hint_help(r->table, -EINVAL, err);
}

/* The value of an option that needs one and does not carry it in the same word. */
static int next_value(struct reader *r, const struct option *o, const char **ret,
		      struct err *err)
{
	if (r->at >= r->argc) {
		err_say(err, -EINVAL, "flag needs an argument: --%s %s", o->name,
			o->value);
		return hint_help(r->table, -EINVAL, err);
	}
	*ret = r->argv[r->at++];
	return 0;
}

static int read_long(struct reader *r, const char *word, struct err *err)
{
	const char *name = word + (word[1] == '-' ? 2 : 1), *equals = strchr(name, '='),
		   *value;
	size_t len = equals ? (size_t)(equals - name) : strlen(name);
	const struct option *o;
	int ret;

	if (len == 4 && strncmp(name, "help", 4) == 0) {
		r->want_help = true;
		return 0;
	}
	o = find_long(r->table, name, len);
	if (!o && equals && len > 0) {
		char shown[128];

		/* Without the value: it may be a secret behind a misspelt name. */
		snprintf(shown, sizeof(shown), "--%.*s", (int)MIN(len, sizeof(shown)),
			 name);
		return say_unknown(r, shown, err);
	}
	if (!o)
		return say_unknown(r, word, err);
	if (equals)
		return apply(r, o, equals + 1, err);
	if (!o->value)
		return apply(r, o, "true", err);
	ret = next_value(r, o, &value, err);
	return ret < 0 ? ret : apply(r, o, value, err);
}

/* "-it", "-eK=V", "-e K=V", "-e=K=V" */
static int read_short(struct reader *r, const char *word, struct err *err)
{
	for (const char *c = word + 1; *c; c++) {
		const struct option *o = find_letter(r->table, *c);
		const char *value;
		int ret;

		if (!o)
			return say_unknown(r, word, err);
		if (!o->value) {
			ret = apply(r, o, c[1] == '=' ? c + 2 : "true", err);
			if (ret < 0 || c[1] == '=')
				return ret;
			continue;
		}
		if (c[1])
			return apply(r, o, c[1] == '=' ? c + 2 : c + 1, err);
		ret = next_value(r, o, &value, err);
		return ret < 0 ? ret : apply(r, o, value, err);
	}
	return 0;
}

/* "-no-pivot", as Go's flag package has it. */
static bool is_go_flag(const struct option_table *t, const char *word)
{
	size_t len = strcspn(word + 1, "=");

	return t->program && len > 1 &&
	       (find_long(t, word + 1, len) || strcmp(word + 1, "help") == 0);
}

/* Kept words go to the front: their places have all been read. */
static void keep_word(struct reader *r, char *word)
{
	r->argv[1 + r->n_words++] = word;
}

static int read_all(struct reader *r, struct err *err)
{
	int ret = 0;

	while (ret == 0 && r->at < r->argc && !r->want_help) {
		char *word = r->argv[r->at];
		bool is_option = word[0] == '-' && word[1] != '\0';

		if (!is_option && !r->is_mixed)
			break;
		r->at++;
		if (strcmp(word, "--") == 0)
			break;
		if (!is_option)
			keep_word(r, word);
		else
			ret = word[1] == '-' || is_go_flag(r->table, word)
				      ? read_long(r, word, err)
				      : read_short(r, word, err);
	}
	return ret;
}

int options_read(const struct option_table *table, int argc, char **argv, void *target,
		 int *ret_next, bool *ret_help, struct err *err)
{
	struct reader r = {
		.table = table, .argc = argc, .argv = argv, .at = 1, .target = target};
	int ret = read_all(&r, err);

	*ret_next = r.at;
	*ret_help = r.want_help;
	return ret;
}

int options_read_mixed(const struct option_table *table, int argc, char **argv,
		       void *target, int *ret_words, bool *ret_help, struct err *err)
{
	struct reader r = {.table = table,
			   .argc = argc,
			   .argv = argv,
			   .at = 1,
			   .target = target,
			   .is_mixed = true};
	int ret = read_all(&r, err);

	while (ret == 0 && r.at < argc)
		keep_word(&r, argv[r.at++]);
	if (ret == 0)
		argv[1 + r.n_words] = NULL;
	*ret_words = r.n_words;
	*ret_help = r.want_help;
	return ret;
}

int options_read_only(const struct option_table *table, int argc, char **argv,
		      void *target, bool *ret_help, struct err *err)
{
	int n_words, r = options_read_mixed(table, argc, argv, target, &n_words, ret_help,
					    err);

	if (r < 0 || *ret_help || n_words == 0)
		return r;
	err_say(err, -EINVAL, "'%s %s' takes no word '%s'", program(table), table->verb,
		argv[1]);
	return hint_help(table, -EINVAL, err);
}

int options_set(const struct option_table *table, const char *name, const char *value,
		void *target, struct err *err)
{
	const struct option *o = find_long(table, name, strlen(name));

	if (!o) {
		err_say(err, -EINVAL, "'%s': no such option", name);
		return err_hint(err, -EINVAL,
				"They are the long names of 'urun %s --help', without "
				"dashes",
				table->verb);
	}
	if (!value && o->value)
		return err_say(err, -EINVAL, "'%s': it needs a value: %s", name,
			       o->value);
	return o->set(target, value ? value : "true", err);
}

int options_bool(const char *value, bool *ret, struct err *err)
{
	return parse_bool(value, ret) < 0
		       ? err_say(err, -EINVAL, "'%s' is neither true nor false", value)
		       : 0;
}

static void print_names(const struct option *o, char *buf, size_t size)
{
	char letter[8] = "    ";

	if (o->letter)
		snprintf(letter, sizeof(letter), "-%c, ", o->letter);
	snprintf(buf, size, "%s--%s%s%s", letter, o->name, o->value ? " " : "",
		 o->value ? o->value : "");
}

/* The text of an option, in the column behind the names, over as many lines as it takes. */
static void print_wrapped(const char *text)
{
	size_t room = HELP_WIDTH - HELP_COLUMN;

	while (strlen(text) > room) {
		size_t len = room;

		while (len > 0 && text[len] != ' ')
			len--;
		if (len == 0)
			break;
		printf("%.*s\n%*s", (int)len, text, HELP_COLUMN, "");
		text += len + 1;
	}
	printf("%s\n", text);
}

static int compare_names(const void *a, const void *b)
{
	const struct option *const *x = a, *const *y = b;

	return strcmp((*x)->name, (*y)->name);
}

/* In the alphabet's order, whatever parts the table was put together from. Return: how many. */
static size_t sort_options(const struct option_table *t,
			   const struct option *ret[MAX_OPTIONS])
{
	size_t n = 0;

	for (const struct option *o = t->options; o->name; o++) {
		if (n == MAX_OPTIONS)
			abort();
		ret[n++] = o;
	}
	qsort(ret, n, sizeof(*ret), compare_names);
	return n;
}

void options_print_help(const struct option_table *t)
{
	const struct option *sorted[MAX_OPTIONS];
	size_t n = sort_options(t, sorted);

	printf("Usage: %s %s%s%s\n\n%s\n\nOptions:\n", program(t), t->verb,
	       t->verb[0] ? " " : "", t->synopsis, t->summary);
	for (size_t i = 0; i < n; i++) {
		char names[80];

		print_names(sorted[i], names, sizeof(names));
		printf("  %-34s ", names);
		print_wrapped(sorted[i]->help);
	}
	printf("  %-34s %s\n", "    --help", "this text");
}

/* In man(7) a dash is written "\-", a backslash "\e". */
static void print_roff(const char *text)
{
	size_t column = 0;

	for (; *text; text++) {
		/* A line that begins with one of these would be a request. */
		if (column == 0 && (*text == '.' || *text == '\''))
			fputs("\\&", stdout);
		column++;
		if (*text == ' ' && column + strcspn(text + 1, " ") > ROFF_WIDTH) {
			putchar('\n');
			column = 0;
		} else if (*text == '-') {
			column += (size_t)printf("\\-") - 1;
		} else if (*text == '\\') {
			fputs("\\e", stdout);
		} else {
			putchar(*text);
		}
	}
}

void options_print_man(const struct option_table *t)
{
	const struct option *sorted[MAX_OPTIONS];
	size_t n = sort_options(t, sorted);

	for (size_t i = 0; i < n; i++) {
		const struct option *o = sorted[i];

		printf(".TP\n\\fB");
		if (o->letter)
			printf("\\-%c\\fR, \\fB", o->letter);
		fputs("\\-\\-", stdout);
		print_roff(o->name);
		printf("\\fR");
		if (o->value) {
			printf(" \\fI");
			print_roff(o->value);
			printf("\\fR");
		}
		putchar('\n');
		print_roff(o->help);
		putchar('\n');
	}
}

void options_print_list(const struct option_table *t)
{
	for (const struct option *o = t->options; o->name; o++)
		printf("--%s\t%c\t%s\n", o->name, o->letter ? o->letter : '-',
		       o->value ? "value" : "flag");
}
