// SPDX-License-Identifier: Apache-2.0
/*
 * template_call.c - the functions of templates: Go's own, and those that podman adds
 */
#include <stdio.h>
#include <string.h>

#include "cli/urun/template_private.h"

#define MAX_PAD 4096

/* One call. */
struct call {
	struct filling *f;
	const struct operand *name;
	const struct value *args;
	size_t n_args;
};

static int fail(const struct call *c, const char *what)
{
	return template_fail(c->f->err, c->name->at, "%s: %s", c->name->text, what);
}

static int need_str(const struct call *c, size_t i, const char **ret)
{
	if (c->args[i].kind != VALUE_STR)
		return template_fail(c->f->err, c->name->at, "%s: %s instead of a string",
				     c->name->text, template_kind(&c->args[i]));
	*ret = c->args[i].text;
	return 0;
}

static int need_int(const struct call *c, size_t i, int64_t *ret)
{
	if (c->args[i].kind != VALUE_INT)
		return template_fail(c->f->err, c->name->at, "%s: %s instead of a number",
				     c->name->text, template_kind(&c->args[i]));
	*ret = c->args[i].number;
	return 0;
}

static struct value bool_value(bool is_true)
{
	return (struct value){.kind = VALUE_BOOL, .is_true = is_true};
}

static int call_json(const struct call *c, struct value *ret)
{
	*ret = template_str(template_json(c->f->arena, &c->args[0]));
	return 0;
}

static int call_len(const struct call *c, struct value *ret)
{
	int64_t n = template_count(&c->args[0]);

	if (n < 0)
		return template_fail(c->f->err, c->name->at, "len: %s has no length",
				     template_kind(&c->args[0]));
	*ret = (struct value){.kind = VALUE_INT, .number = n};
	return 0;
}

/* One step of index: a place in a list, or a key of a map. */
static int index_once(const struct call *c, const struct value *key, struct value *v)
{
	struct json_at at = json_root(v->json), item;
	int64_t n = v->kind == VALUE_STR ? -EINVAL : template_count(v);

	if (v->kind == VALUE_JSON && json_kind(&at) == JSON_KIND_OBJECT) {
		if (key->kind != VALUE_STR)
			return fail(c, "the key of a map is a string");
		item = json_key(&at, key->text);
		/* Go's maps of labels hold strings: what is not there is an empty one. */
		*v = json_is_present(&item) ? template_value(c->f->arena, item.value)
					    : template_str("");
		return 0;
	}
	if (n < 0)
		return template_fail(c->f->err, c->name->at, "index: %s has no members",
				     template_kind(v));
	if (key->kind != VALUE_INT)
		return fail(c, "a place in a list is a number");
	if (key->number < 0 || key->number >= n)
		return template_fail(c->f->err, c->name->at,
				     "index: place %lld of a list of %lld",
				     (long long)key->number, (long long)n);
	if (v->kind == VALUE_LIST) {
		*v = template_str(v->list.v[key->number]);
		return 0;
	}
	item = json_index(&at, (size_t)key->number);
	*v = template_value(c->f->arena, item.value);
	return 0;
}

static int call_index(const struct call *c, struct value *ret)
{
	struct value v = c->args[0];
	int r = 0;

	for (size_t i = 1; r == 0 && i < c->n_args; i++)
		r = index_once(c, &c->args[i], &v);
	*ret = v;
	return r;
}

static int call_join(const struct call *c, struct value *ret)
{
	struct text t = {.arena = c->f->arena};
	struct member *m = NULL;
	const char *between;
	size_t n = 0;
	int r = need_str(c, 1, &between);

	if (r < 0)
		return r;
	if (template_members(c->f->arena, &c->args[0], &m, &n) < 0)
		return template_fail(c->f->err, c->name->at, "join: %s is no list",
				     template_kind(&c->args[0]));
	r = template_charge(c->f, c->name->at, n * (sizeof(*m) + strlen(between)));
	if (r < 0)
		return r;
	text_add(&t, "");
	for (size_t i = 0; i < n; i++) {
		text_add(&t, i > 0 ? between : "");
		text_add(&t, template_text(c->f->arena, &m[i].value));
	}
	*ret = template_str(t.at);
	return 0;
}

static int call_split(const struct call *c, struct value *ret)
{
	const char *text, *between, *end;
	struct value v = {.kind = VALUE_LIST};
	int r = need_str(c, 0, &text);

	if (r == 0)
		r = need_str(c, 1, &between);
	if (r < 0)
		return r;
	if (!between[0])
		return fail(c, "an empty separator");
	for (; (end = strstr(text, between)); text = end + strlen(between))
		strv_push(c->f->arena, &v.list,
			  arena_strndup(c->f->arena, text, (size_t)(end - text)));
	strv_push(c->f->arena, &v.list, text);
	*ret = v;
	return 0;
}

static char upper(char ch)
{
	return ch >= 'a' && ch <= 'z' ? (char)(ch - 'a' + 'A') : ch;
}

static char lower(char ch)
{
	return ch >= 'A' && ch <= 'Z' ? (char)(ch - 'A' + 'a') : ch;
}

/* lower, upper, title: of ASCII. */
static int call_case(const struct call *c, struct value *ret)
{
	const char *text;
	char kind = c->name->text[0], *copy;
	int r = need_str(c, 0, &text);

	if (r < 0)
		return r;
	copy = arena_strdup(c->f->arena, text);
	for (size_t i = 0; copy[i]; i++) {
		bool is_first = i == 0 || copy[i - 1] == ' ';

		if (kind == 'l')
			copy[i] = lower(copy[i]);
		else if (kind == 'u' || is_first)
			copy[i] = upper(copy[i]);
	}
	*ret = template_str(copy);
	return 0;
}

/* No character is cut in two. */
static int call_truncate(const struct call *c, struct value *ret)
{
	const char *text;
	int64_t max = 0;
	size_t len;
	int r = need_str(c, 0, &text);

	if (r == 0)
		r = need_int(c, 1, &max);
	if (r < 0)
		return r;
	len = strlen(text);
	if (max < 0)
		return fail(c, "a negative length");
	if ((uint64_t)max < len)
		len = (size_t)max;
	while (len > 0 && ((unsigned char)text[len] & 0xc0) == 0x80)
		len--;
	*ret = template_str(arena_strndup(c->f->arena, text, len));
	return 0;
}

static int call_pad(const struct call *c, struct value *ret)
{
	const char *text;
	int64_t before = 0, behind = 0;
	int r = need_str(c, 0, &text);

	if (r == 0)
		r = need_int(c, 1, &before);
	if (r == 0)
		r = need_int(c, 2, &behind);
	if (r < 0)
		return r;
	if (before < 0 || before > MAX_PAD || behind < 0 || behind > MAX_PAD)
		return fail(c, "0 to 4096 blanks");
	/* an empty text is not padded, as podman has it */
	*ret = template_str(text[0] ? arena_printf(c->f->arena, "%*s%s%*s", (int)before,
						   "", text, (int)behind, "")
				    : text);
	return 0;
}

/* print puts blanks between words that are no strings, println between all. */
static int call_print(const struct call *c, struct value *ret)
{
	bool is_line = strcmp(c->name->text, "println") == 0;
	struct text t = {.arena = c->f->arena};

	text_add(&t, "");
	for (size_t i = 0; i < c->n_args; i++) {
		bool has_blank = i > 0 && (is_line || (c->args[i].kind != VALUE_STR &&
						       c->args[i - 1].kind != VALUE_STR));

		text_add(&t, has_blank ? " " : "");
		text_add(&t, template_text(c->f->arena, &c->args[i]));
	}
	text_add(&t, is_line ? "\n" : "");
	*ret = template_str(t.at);
	return 0;
}

/* %s, %v, %d and %q, with a width: "%-10s". */
static int add_verb(const struct call *c, const char **at, const struct value *v,
		    struct text *t)
{
	bool is_left = **at == '-';
	const char *text = template_text(c->f->arena, v);
	int width = 0;

	*at += is_left;
	for (; **at >= '0' && **at <= '9' && width < MAX_PAD; (*at)++)
		width = width * 10 + (**at - '0');
	width = MIN(width, MAX_PAD);
	if (**at == 'q')
		text = template_json(c->f->arena,
				     &(struct value){.kind = VALUE_STR, .text = text});
	else if (**at == 'd' && v->kind != VALUE_INT)
		return fail(c, "%d takes a number");
	else if (**at != 's' && **at != 'v' && **at != 'd')
		return fail(c, "only %s, %v, %d, %q and %% are known");
	(*at)++;
	text_add(t, arena_printf(c->f->arena, "%*s", is_left ? -width : width, text));
	return 0;
}

static int call_printf(const struct call *c, struct value *ret)
{
	struct text t = {.arena = c->f->arena};
	const char *at;
	size_t next = 1;
	int r = need_str(c, 0, &at);

	if (r == 0)
		text_add(&t, "");
	while (r == 0 && *at) {
		size_t len = strcspn(at, "%");

		text_add(&t, arena_strndup(c->f->arena, at, len));
		at += len;
		if (!*at)
			break;
		at++;
		if (*at == '%') {
			text_add(&t, "%");
			at++;
		} else if (next >= c->n_args) {
			r = fail(c, "a word is missing");
		} else {
			r = add_verb(c, &at, &c->args[next++], &t);
		}
	}
	if (r == 0 && next < c->n_args)
		r = fail(c, "there are more words than places for them");
	*ret = template_str(t.at);
	return r;
}

/* Below, equal or above: -1, 0, 1; -EINVAL for what cannot be compared. */
static int compare(const struct call *c, const struct value *a, const struct value *b,
		   int *ret)
{
	if (a->kind != b->kind || a->kind == VALUE_JSON || a->kind == VALUE_LIST)
		return template_fail(c->f->err, c->name->at,
				     "%s: %s and %s cannot be compared", c->name->text,
				     template_kind(a), template_kind(b));
	if (a->kind == VALUE_STR)
		*ret = strcmp(a->text, b->text);
	else if (a->kind == VALUE_INT)
		*ret = a->number < b->number ? -1 : a->number > b->number;
	else
		*ret = (int)a->is_true - (int)b->is_true;
	return 0;
}

/* The first word with any of the others. */
static int call_eq(const struct call *c, struct value *ret)
{
	bool is_equal = false;
	int r = 0, order;

	for (size_t i = 1; r == 0 && i < c->n_args && !is_equal; i++) {
		r = compare(c, &c->args[0], &c->args[i], &order);
		is_equal = r == 0 && order == 0;
	}
	*ret = bool_value(is_equal);
	return r;
}

/* ne, lt, le, gt, ge */
static int call_order(const struct call *c, struct value *ret)
{
	const char *name = c->name->text;
	int order = 0, r = compare(c, &c->args[0], &c->args[1], &order);

	*ret = bool_value(name[0] == 'n'   ? order != 0
			  : name[0] == 'l' ? order < 0 || (name[1] == 'e' && order == 0)
					   : order > 0 || (name[1] == 'e' && order == 0));
	return r;
}

/* The first that decides it, or the last. */
static int call_logic(const struct call *c, struct value *ret)
{
	bool is_and = c->name->text[0] == 'a';
	size_t i = 0;

	while (i + 1 < c->n_args && template_is_true(&c->args[i]) == is_and)
		i++;
	*ret = c->args[i];
	return 0;
}

static int call_not(const struct call *c, struct value *ret)
{
	*ret = bool_value(!template_is_true(&c->args[0]));
	return 0;
}

static const struct {
	const char *name;
	size_t min, max; /* words */
	int (*call)(const struct call *c, struct value *ret);
} functions[] = {
	{"and", 1, SIZE_MAX, call_logic},
	{"eq", 2, SIZE_MAX, call_eq},
	{"ge", 2, 2, call_order},
	{"gt", 2, 2, call_order},
	{"index", 1, SIZE_MAX, call_index},
	{"join", 2, 2, call_join},
	{"json", 1, 1, call_json},
	{"le", 2, 2, call_order},
	{"len", 1, 1, call_len},
	{"lower", 1, 1, call_case},
	{"lt", 2, 2, call_order},
	{"ne", 2, 2, call_order},
	{"not", 1, 1, call_not},
	{"or", 1, SIZE_MAX, call_logic},
	{"pad", 3, 3, call_pad},
	{"print", 0, SIZE_MAX, call_print},
	{"printf", 1, SIZE_MAX, call_printf},
	{"println", 0, SIZE_MAX, call_print},
	{"split", 2, 2, call_split},
	{"title", 1, 1, call_case},
	{"truncate", 2, 2, call_truncate},
	{"upper", 1, 1, call_case},
};

bool template_is_function(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(functions); i++)
		if (strcmp(functions[i].name, name) == 0)
			return true;
	return false;
}

int template_call(struct filling *f, const struct operand *name, const struct value *args,
		  size_t n_args, struct value *ret)
{
	struct call c = {f, name, args, n_args};
	int r;

	for (size_t i = 0; i < ARRAY_SIZE(functions); i++) {
		if (strcmp(functions[i].name, name->text) != 0)
			continue;
		if (n_args < functions[i].min || n_args > functions[i].max)
			return template_fail(
				f->err, name->at, "%s takes %s words", name->text,
				n_args < functions[i].min ? "more" : "fewer");
		r = functions[i].call(&c, ret);
		if (r == 0 && ret->kind == VALUE_STR)
			r = template_charge(f, name->at, 2 * strlen(ret->text));
		else if (r == 0 && ret->kind == VALUE_LIST)
			r = template_charge(f, name->at,
					    ret->list.n * 2 * sizeof(char *));
		return r;
	}
	return template_fail(f->err, name->at, "there is no function '%s'", name->text);
}
