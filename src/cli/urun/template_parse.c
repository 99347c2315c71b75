// SPDX-License-Identifier: Apache-2.0
/*
 * template_parse.c - a template's text to a tree
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/parse.h"
#include "cli/urun/template_private.h"

#define BLANKS " \t\r\n"

struct parser {
	const char *text;
	size_t at;
	struct arena *arena;
	struct err *err;
	unsigned int depth;
	bool want_trim; /* the last action ended in " -}}" */
	struct strv vars;
};

/* How a list of nodes ended. */
enum ending { END_OF_TEXT, END_WORD, END_ELSE };

int template_fail(struct err *err, size_t at, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	return err_say(err, -EINVAL, "template, character %zu: %s", at + 1, text);
}

static bool is_word_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') || c == '_';
}

static const char *here(const struct parser *p)
{
	return p->text + p->at;
}

static bool is_end(const struct parser *p)
{
	const char *c = here(p);

	return strncmp(c, "}}", 2) == 0 || (c[0] == '-' && strncmp(c + 1, "}}", 2) == 0 &&
					    p->at > 0 && strchr(BLANKS, c[-1]));
}

static void skip_blanks(struct parser *p)
{
	p->at += strspn(here(p), BLANKS);
}

static bool skip_char(struct parser *p, char c)
{
	skip_blanks(p);
	if (*here(p) != c)
		return false;
	p->at++;
	return true;
}

/* A word of letters, digits and "_"; "" when there is none. */
static const char *take_word(struct parser *p)
{
	size_t from = p->at;

	while (is_word_char(*here(p)))
		p->at++;
	return arena_strndup(p->arena, p->text + from, p->at - from);
}

static bool take_end(struct parser *p)
{
	skip_blanks(p);
	if (!is_end(p))
		return false;
	p->want_trim = *here(p) == '-';
	p->at += p->want_trim ? 3 : 2;
	return true;
}

/* What stands there, for a message. */
static const char *show(const struct parser *p)
{
	char raw[24], shown[sizeof(raw) * 4];

	if (!*here(p))
		return "the end of the template";
	snprintf(raw, sizeof(raw), "%.*s",
		 (int)MAX(strcspn(here(p), " \t\r\n}"), (size_t)1), here(p));
	text_escape(shown, sizeof(shown), raw);
	return arena_printf(p->arena, "'%s'", shown);
}

static int need_end(struct parser *p)
{
	return take_end(p)
		       ? 0
		       : template_fail(p->err, p->at, "expected '}}', got %s", show(p));
}

/* --- operands --- */

static int parse_pipe(struct parser *p, bool is_inner, const struct pipe **ret);

static int parse_quoted(struct parser *p, struct operand *ret)
{
	size_t from = p->at++;
	char *text = arena_alloc(p->arena, strlen(p->text + from) + 1), *to = text;

	ret->kind = OPERAND_STRING;
	ret->text = text;
	for (; *here(p) != '"'; p->at++) {
		char c = *here(p);

		if (!c)
			return template_fail(p->err, from, "a string without an end");
		if (c == '\\') {
			static const char escapes[] = "n\nt\tr\r\\\\\"\"";
			const char *e = NULL;

			p->at++;
			for (size_t i = 0; *here(p) && escapes[i]; i += 2)
				if (escapes[i] == *here(p))
					e = &escapes[i + 1];
			if (!e)
				return template_fail(p->err, p->at - 1,
						     "no such escape in a string");
			c = *e;
		}
		*to++ = c;
	}
	p->at++;
	return 0;
}

static int parse_raw(struct parser *p, struct operand *ret)
{
	size_t len = strcspn(here(p) + 1, "`");

	if (here(p)[1 + len] != '`')
		return template_fail(p->err, p->at, "a string without an end");
	ret->kind = OPERAND_STRING;
	ret->text = arena_strndup(p->arena, here(p) + 1, len);
	p->at += len + 2;
	return 0;
}

static int parse_number(struct parser *p, struct operand *ret)
{
	size_t from = p->at;
	bool is_negative = *here(p) == '-';
	const char *word;

	p->at += is_negative || *here(p) == '+';
	word = take_word(p);
	ret->kind = OPERAND_INT;
	if (parse_i64(word, &ret->number) < 0)
		return template_fail(p->err, from, "'%s' is no number", word);
	if (is_negative)
		ret->number = -ret->number;
	return 0;
}

static int parse_name(struct parser *p, struct operand *ret)
{
	size_t from = p->at;

	ret->text = take_word(p);
	if (strcmp(ret->text, "true") == 0 || strcmp(ret->text, "false") == 0) {
		ret->kind = OPERAND_BOOL;
		ret->number = ret->text[0] == 't';
	} else if (strcmp(ret->text, "nil") == 0) {
		ret->kind = OPERAND_NIL;
	} else if (template_is_function(ret->text)) {
		ret->kind = OPERAND_CALL;
	} else {
		template_fail(p->err, from, "there is no function '%s'", ret->text);
		return err_hint(p->err, -EINVAL, "A field begins with a dot: .%s",
				ret->text);
	}
	return 0;
}

/* ".A.B" behind a variable or parentheses, or alone. */
static void parse_fields(struct parser *p, struct operand *ret)
{
	while (*here(p) == '.' && is_word_char(here(p)[1])) {
		p->at++;
		strv_push(p->arena, &ret->fields, take_word(p));
	}
}

static int parse_variable(struct parser *p, struct operand *ret)
{
	p->at++;
	ret->kind = OPERAND_VAR;
	ret->text = take_word(p);
	if (ret->text[0] && !strv_has(&p->vars, ret->text))
		return template_fail(p->err, ret->at, "there is no variable '$%s'",
				     ret->text);
	parse_fields(p, ret);
	return 0;
}

static int parse_parentheses(struct parser *p, struct operand *ret)
{
	int r;

	p->at++;
	ret->kind = OPERAND_PIPE;
	r = parse_pipe(p, true, &ret->pipe);
	if (r == 0 && !skip_char(p, ')'))
		r = template_fail(p->err, p->at, "expected ')', got %s", show(p));
	if (r == 0)
		parse_fields(p, ret);
	return r;
}

static int parse_operand(struct parser *p, struct operand *ret)
{
	char c = *here(p);

	*ret = (struct operand){.at = p->at};
	if (c == '"')
		return parse_quoted(p, ret);
	if (c == '`')
		return parse_raw(p, ret);
	if (c == '$')
		return parse_variable(p, ret);
	if (c == '(')
		return parse_parentheses(p, ret);
	if ((c >= '0' && c <= '9') || c == '-' || c == '+')
		return parse_number(p, ret);
	if (is_word_char(c))
		return parse_name(p, ret);
	if (c != '.')
		return template_fail(p->err, p->at, "unexpected %s", show(p));
	if (is_word_char(here(p)[1]))
		parse_fields(p, ret);
	else
		p->at++;
	return 0;
}

/* --- pipes --- */

static bool is_command_end(struct parser *p)
{
	skip_blanks(p);
	return is_end(p) || !*here(p) || *here(p) == '|' || *here(p) == ')';
}

static int parse_command(struct parser *p, struct command_words *c)
{
	int r = 0;

	if (is_command_end(p))
		return template_fail(p->err, p->at, "a value is missing before %s",
				     is_end(p) ? "'}}'" : show(p));
	while (r == 0 && !is_command_end(p)) {
		size_t at = p->at;
		struct operand *o;

		/* .A"b" is no two words */
		if (c->n_words > 0 && !strchr(BLANKS, p->text[at - 1]) &&
		    p->text[at - 1] != ')')
			return template_fail(p->err, at, "unexpected %s", show(p));
		o = ARR_PUSH(p->arena, c, words);
		r = parse_operand(p, o);
	}
	if (r == 0 && c->n_words > 1 && c->words[0].kind != OPERAND_CALL)
		return template_fail(p->err, c->words[1].at,
				     "a value takes no words: a function comes first");
	return r;
}

/* "$x :=" or "$x =" */
static int parse_assignment(struct parser *p, struct pipe *pipe)
{
	size_t from = p->at;
	const char *name;

	skip_blanks(p);
	if (*here(p) != '$')
		return 0;
	p->at++;
	name = take_word(p);
	skip_blanks(p);
	pipe->is_new = strncmp(here(p), ":=", 2) == 0;
	if (!name[0] || (!pipe->is_new && (*here(p) != '=' || here(p)[1] == '='))) {
		p->at = from;
		return 0;
	}
	p->at += pipe->is_new ? 2 : 1;
	if (!pipe->is_new && !strv_has(&p->vars, name))
		return template_fail(p->err, from, "there is no variable '$%s'", name);
	pipe->var = name;
	return 0;
}

static int deeper(struct parser *p)
{
	return ++p->depth > TEMPLATE_MAX_DEPTH
		       ? template_fail(p->err, p->at, "it nests deeper than %u",
				       TEMPLATE_MAX_DEPTH)
		       : 0;
}

static int parse_commands(struct parser *p, struct pipe *pipe)
{
	int r;

	do {
		r = parse_command(p, ARR_PUSH(p->arena, pipe, commands));
		if (r == 0 && pipe->n_commands > 1 &&
		    pipe->commands[pipe->n_commands - 1].words[0].kind != OPERAND_CALL)
			r = template_fail(
				p->err, pipe->commands[pipe->n_commands - 1].words[0].at,
				"behind '|' comes a function");
	} while (r == 0 && skip_char(p, '|'));
	return r;
}

static int parse_pipe(struct parser *p, bool is_inner, const struct pipe **ret)
{
	struct pipe *pipe = arena_new(p->arena, struct pipe);
	int r = deeper(p);

	pipe->at = p->at;
	if (r == 0 && !is_inner)
		r = parse_assignment(p, pipe);
	if (r == 0)
		r = parse_commands(p, pipe);
	if (r == 0 && pipe->var)
		strv_push(p->arena, &p->vars, pipe->var);
	p->depth--;
	*ret = pipe;
	return r;
}

/* --- nodes --- */

/* What stands between actions: "\n" and "\t" are meant as in a program. */
static const char *literal(struct parser *p, size_t len, bool trim_left, bool trim_right)
{
	char *text = arena_alloc(p->arena, len + 1), *to = text;
	const char *from = here(p);

	for (size_t i = 0; i < len; i++) {
		char next = i + 1 < len ? from[i + 1] : '\0';

		if (from[i] == '\\' && (next == 'n' || next == 't')) {
			*to++ = next == 'n' ? '\n' : '\t';
			i++;
		} else {
			*to++ = from[i];
		}
	}
	while (trim_right && to > text && strchr(BLANKS, to[-1]))
		to--;
	*to = '\0';
	return trim_left ? text + strspn(text, BLANKS) : text;
}

static void parse_text(struct parser *p, struct node_list *list)
{
	const char *open = strstr(here(p), "{{");
	size_t len = open ? (size_t)(open - here(p)) : strlen(here(p));
	bool trim_right = open && open[2] == '-' && open[3] && strchr(BLANKS, open[3]);
	const char *text = literal(p, len, p->want_trim, trim_right);

	p->want_trim = false;
	if (text[0]) {
		struct node *n = ARR_PUSH(p->arena, list, nodes);

		*n = (struct node){.kind = NODE_TEXT, .at = p->at, .text = text};
	}
	p->at += len;
}

static int parse_list(struct parser *p, struct node_list *list, enum ending *ret);

/* What comes behind the condition: up to {{end}}, with an {{else}} or {{else if}}. */
static int parse_branches(struct parser *p, struct node *n);

static int parse_else(struct parser *p, struct node *n)
{
	static const struct {
		const char *word;
		enum node_kind kind;
	} chains[] = {{"if", NODE_IF}, {"with", NODE_WITH}};
	enum ending ending;
	size_t at;
	int r;

	skip_blanks(p);
	at = p->at;
	for (size_t i = 0; i < ARRAY_SIZE(chains); i++) {
		size_t len = strlen(chains[i].word);
		struct node *inner;

		if (n->kind != chains[i].kind ||
		    strncmp(here(p), chains[i].word, len) != 0 ||
		    is_word_char(here(p)[len]))
			continue;
		p->at += len;
		inner = ARR_PUSH(p->arena, &n->otherwise, nodes);
		*inner = (struct node){.kind = n->kind, .at = at};
		r = deeper(p);
		if (r == 0)
			r = parse_pipe(p, false, &inner->pipe);
		if (r == 0)
			r = parse_branches(p, inner);
		p->depth--;
		return r;
	}
	r = need_end(p);
	if (r == 0)
		r = parse_list(p, &n->otherwise, &ending);
	if (r == 0 && ending != END_WORD)
		r = template_fail(p->err, n->at,
				  ending == END_ELSE ? "a second {{else}}"
						     : "there is no {{end}} for it");
	return r;
}

static int parse_branches(struct parser *p, struct node *n)
{
	enum ending ending;
	int r = need_end(p);

	if (r == 0)
		r = parse_list(p, &n->then, &ending);
	if (r < 0 || ending == END_WORD)
		return r;
	return ending == END_ELSE
		       ? parse_else(p, n)
		       : template_fail(p->err, n->at, "there is no {{end}} for it");
}

/* "$v :=" or "$k, $v :=" behind range. */
static int parse_range_vars(struct parser *p, struct node *n)
{
	size_t from;
	const char *first, *second = NULL;

	skip_blanks(p);
	from = p->at;
	if (*here(p) != '$')
		return 0;
	p->at++;
	first = take_word(p);
	if (skip_char(p, ',')) {
		if (!skip_char(p, '$'))
			return template_fail(p->err, p->at,
					     "a second variable is missing");
		second = take_word(p);
	}
	skip_blanks(p);
	if (strncmp(here(p), ":=", 2) != 0) {
		if (second)
			return template_fail(p->err, p->at, "expected ':=', got %s",
					     show(p));
		p->at = from;
		return 0;
	}
	p->at += 2;
	if (!first[0] || (second && !second[0]))
		return template_fail(p->err, from, "a variable without a name");
	n->key = second ? first : NULL;
	n->value = second ? second : first;
	strv_push(p->arena, &p->vars, first);
	if (second)
		strv_push(p->arena, &p->vars, second);
	return 0;
}

static int parse_block(struct parser *p, struct node *n)
{
	size_t n_vars = p->vars.n;
	int r = deeper(p);

	if (r == 0 && n->kind == NODE_RANGE)
		r = parse_range_vars(p, n);
	if (r == 0)
		r = parse_pipe(p, false, &n->pipe);
	if (r == 0)
		r = parse_branches(p, n);
	p->vars.n = n_vars; /* what was made inside is gone behind it */
	p->depth--;
	return r;
}

static int parse_comment(struct parser *p)
{
	const char *end = strstr(here(p) + 2, "*/");

	if (!end)
		return template_fail(p->err, p->at, "a note without an end");
	p->at = (size_t)(end + 2 - p->text);
	return need_end(p);
}

static int parse_action(struct parser *p, struct node_list *list, enum ending *ret,
			bool *is_over)
{
	static const char *const words[] = {
		[NODE_IF] = "if", [NODE_WITH] = "with", [NODE_RANGE] = "range"};
	size_t from, at = p->at;
	struct node node = {.kind = NODE_PIPE, .at = at};
	const char *word;
	int r;

	p->at += 2;
	if (*here(p) == '-' && here(p)[1] && strchr(BLANKS, here(p)[1]))
		p->at++;
	skip_blanks(p);
	if (strncmp(here(p), "/*", 2) == 0)
		return parse_comment(p);
	from = p->at;
	word = take_word(p);
	*is_over = strcmp(word, "end") == 0 || strcmp(word, "else") == 0;
	if (*is_over) {
		*ret = word[1] == 'n' ? END_WORD : END_ELSE;
		return *ret == END_WORD ? need_end(p) : 0;
	}
	for (size_t i = NODE_IF; i < ARRAY_SIZE(words); i++)
		if (strcmp(word, words[i]) == 0)
			node.kind = (enum node_kind)i;
	if (node.kind != NODE_PIPE) {
		r = parse_block(p, &node);
	} else {
		p->at = from;
		r = parse_pipe(p, false, &node.pipe);
		if (r == 0)
			r = need_end(p);
	}
	*ARR_PUSH(p->arena, list, nodes) = node;
	return r;
}

static int parse_list(struct parser *p, struct node_list *list, enum ending *ret)
{
	bool is_over = false;
	int r = 0;

	*ret = END_OF_TEXT;
	while (r == 0 && !is_over && *here(p)) {
		parse_text(p, list);
		if (*here(p))
			r = parse_action(p, list, ret, &is_over);
	}
	return r;
}

int template_parse(const char *text, struct arena *a, const struct template **ret,
		   struct err *err)
{
	struct parser p = {.text = text, .arena = a, .err = err};
	struct template *t = arena_new(a, struct template);
	enum ending ending;
	int r;

	if (strlen(text) > TEMPLATE_MAX_BYTES)
		return err_say(err, -E2BIG, "the template is longer than %u bytes",
			       TEMPLATE_MAX_BYTES);
	t->text = text;
	r = parse_list(&p, &t->nodes, &ending);
	if (r == 0 && ending != END_OF_TEXT)
		r = template_fail(err, p.at, "{{%s}} ends nothing",
				  ending == END_WORD ? "end" : "else");
	if (r == 0)
		*ret = t;
	return r;
}
