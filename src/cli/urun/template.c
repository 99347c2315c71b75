// SPDX-License-Identifier: Apache-2.0
/*
 * template.c - fill a template in: see template.h
 */
#include <stdio.h>
#include <string.h>

#include "cli/urun/template_private.h"

#define MAX_SHOWN_FIELDS 400 /* characters of the names in a hint */

static int run_pipe(struct filling *f, const struct pipe *pipe, struct value *ret);

static bool is_map(const struct filling *f, const char *name)
{
	for (const char *const *m = f->data->maps; m && *m; m++)
		if (strcmp(*m, name) == 0)
			return true;
	return false;
}

static const char *field_names(struct filling *f, const struct json_at *object)
{
	const char *text = "";

	for (size_t i = 0; i < json_count(object); i++) {
		struct json_at item;
		const char *key = json_member(object, i, &item);

		if (strlen(text) + strlen(key) > MAX_SHOWN_FIELDS)
			return arena_printf(f->arena, "%s ...", text);
		text = arena_printf(f->arena, "%s %s", text, key);
	}
	return text;
}

/* podman has "Id" at some places, and "ID" at others, and takes both. */
static const char *other_spelling(const char *name)
{
	return strcmp(name, "ID") == 0 ? "Id" : strcmp(name, "Id") == 0 ? "ID" : name;
}

static int get_field(struct filling *f, const struct operand *o, const char *name,
		     struct value *v)
{
	struct json_at at = json_root(v->json), item;

	if (v->kind == VALUE_NONE)
		return 0;
	if (v->kind != VALUE_JSON || json_kind(&at) != JSON_KIND_OBJECT)
		return template_fail(f->err, o->at, "no field '%s' in %s", name,
				     template_kind(v));
	item = json_key(&at, name);
	if (!json_is_present(&item))
		item = json_key(&at, other_spelling(name));
	if (!json_is_present(&item) && !v->is_map) {
		template_fail(f->err, o->at, "there is no field '%s'", name);
		return err_hint(f->err, -EINVAL, "There are:%s", field_names(f, &at));
	}
	*v = template_value(f->arena, item.value);
	v->is_map = is_map(f, name);
	return 0;
}

static struct value *find_var(struct filling *f, const char *name)
{
	for (size_t i = f->n_vars; i > 0; i--)
		if (strcmp(f->vars[i - 1].name, name) == 0)
			return &f->vars[i - 1].value;
	return NULL;
}

static void push_var(struct filling *f, const char *name, const struct value *v)
{
	*ARR_PUSH(f->arena, f, vars) = (struct variable){name, *v};
}

/* The parser has seen to it that each variable is there; "." is one that has no other name. */
static int get_operand(struct filling *f, const struct operand *o, struct value *ret)
{
	const struct value *var;
	int r = 0;

	switch (o->kind) {
	case OPERAND_DOT:
	case OPERAND_VAR:
		var = find_var(f, o->kind == OPERAND_DOT ? "." : o->text);
		*ret = var ? *var : (struct value){0};
		break;
	case OPERAND_STRING:
		*ret = template_str(o->text);
		break;
	case OPERAND_INT:
		*ret = (struct value){.kind = VALUE_INT, .number = o->number};
		break;
	case OPERAND_BOOL:
		*ret = (struct value){.kind = VALUE_BOOL, .is_true = o->number};
		break;
	case OPERAND_NIL:
		*ret = (struct value){0};
		break;
	case OPERAND_CALL:
		return template_call(f, o, NULL, 0, ret);
	case OPERAND_PIPE:
		r = run_pipe(f, o->pipe, ret);
		break;
	}
	for (size_t i = 0; r == 0 && i < o->fields.n; i++)
		r = get_field(f, o, o->fields.v[i], ret);
	if (r == 0 && ret->kind == VALUE_STR && o->kind != OPERAND_STRING)
		r = template_charge(f, o->at, strlen(ret->text));
	return r;
}

/* One command; @last is what came out of the one before it, or NULL. */
static int run_command(struct filling *f, const struct command_words *c,
		       const struct value *last, struct value *ret)
{
	struct value *args;
	size_t n = 0;
	int r = 0;

	if (c->words[0].kind != OPERAND_CALL)
		return get_operand(f, &c->words[0], ret);
	args = arena_alloc(f->arena, (c->n_words + 1) * sizeof(*args));
	r = template_charge(f, c->words[0].at, (c->n_words + 1) * sizeof(*args));
	for (size_t i = 1; r == 0 && i < c->n_words; i++)
		r = get_operand(f, &c->words[i], &args[n++]);
	if (last)
		args[n++] = *last;
	return r < 0 ? r : template_call(f, &c->words[0], args, n, ret);
}

int template_charge(struct filling *f, size_t at, size_t bytes)
{
	f->used_bytes += bytes;
	if (f->steps <= TEMPLATE_MAX_STEPS && f->out.len <= TEMPLATE_MAX_OUTPUT &&
	    f->used_bytes <= TEMPLATE_MAX_MEMORY)
		return 0;
	template_fail(f->err, at, "it writes too much, or takes too many steps");
	if (f->err)
		f->err->code = -E2BIG;
	return -E2BIG;
}

static int step(struct filling *f, size_t at)
{
	f->steps++;
	return template_charge(f, at, 0);
}

static int run_pipe(struct filling *f, const struct pipe *pipe, struct value *ret)
{
	struct value value = {0}, next = {0};
	int r = step(f, pipe->at);

	for (size_t i = 0; r == 0 && i < pipe->n_commands; i++) {
		r = run_command(f, &pipe->commands[i], i > 0 ? &value : NULL, &next);
		value = next;
	}
	if (r == 0)
		*ret = value;
	return r;
}

static int run_list(struct filling *f, const struct node_list *list);

/* With another "." for as long as it takes. */
static int run_with(struct filling *f, const struct node_list *list,
		    const struct value *dot)
{
	size_t n_vars = f->n_vars;
	int r;

	push_var(f, ".", dot);
	r = run_list(f, list);
	f->n_vars = n_vars;
	return r;
}

static int run_range(struct filling *f, const struct node *n, const struct value *over)
{
	struct member *m = NULL;
	size_t n_members = 0, n_vars = f->n_vars;
	int r = 0;

	if (over->kind != VALUE_NONE &&
	    template_members(f->arena, over, &m, &n_members) < 0)
		return template_fail(f->err, n->pipe->at, "range cannot go over %s",
				     template_kind(over));
	if (n_members == 0)
		return run_list(f, &n->otherwise);
	r = template_charge(f, n->at, n_members * sizeof(*m));
	for (size_t i = 0; r == 0 && i < n_members; i++) {
		r = step(f, n->at);
		if (n->key)
			push_var(f, n->key, &m[i].key);
		if (n->value)
			push_var(f, n->value, &m[i].value);
		if (r == 0)
			r = run_with(f, &n->then, &m[i].value);
		f->n_vars = n_vars;
	}
	return r;
}

static int assign(struct filling *f, const struct pipe *pipe, const struct value *v)
{
	struct value *old = pipe->is_new ? NULL : find_var(f, pipe->var);

	if (old)
		*old = *v;
	else
		push_var(f, pipe->var, v);
	return 0;
}

static int run_node(struct filling *f, const struct node *n)
{
	size_t n_vars = f->n_vars;
	struct value v = {0};
	int r;

	if (n->kind == NODE_TEXT) {
		text_add(&f->out, n->text);
		return step(f, n->at);
	}
	r = run_pipe(f, n->pipe, &v);
	if (r == 0 && n->pipe->var)
		assign(f, n->pipe, &v);
	if (r < 0)
		return r;
	if (n->kind == NODE_PIPE) {
		const char *text;

		if (n->pipe->var)
			return 0;
		text = template_text(f->arena, &v);
		text_add(&f->out, text);
		return template_charge(f, n->at, v.kind == VALUE_JSON ? strlen(text) : 0);
	}
	if (n->kind == NODE_RANGE)
		r = run_range(f, n, &v);
	else if (!template_is_true(&v))
		r = run_list(f, &n->otherwise);
	else
		r = n->kind == NODE_WITH ? run_with(f, &n->then, &v)
					 : run_list(f, &n->then);
	f->n_vars = n_vars;
	return r;
}

static int run_list(struct filling *f, const struct node_list *list)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < list->n_nodes; i++)
		r = run_node(f, &list->nodes[i]);
	return r;
}

int template_run(const struct template *t, const struct template_data *data,
		 struct arena *a, const char **ret, struct err *err)
{
	struct filling f = {.data = data, .arena = a, .err = err, .out = {.arena = a}};
	struct value all = template_value(a, data->value);
	int r;

	push_var(&f, "", &all);
	push_var(&f, ".", &all);
	text_add(&f.out, "");
	r = run_list(&f, &t->nodes);
	if (r == 0)
		*ret = f.out.at;
	return r;
}
