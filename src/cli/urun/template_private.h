/* SPDX-License-Identifier: Apache-2.0 */
/*
 * template_private.h - what the three files of templates share
 */
#pragma once

#include "cli/urun/template.h"

enum operand_kind {
	OPERAND_DOT,	/* . and its fields */
	OPERAND_VAR,	/* $x and its fields; "$" is the data itself */
	OPERAND_STRING, /* text */
	OPERAND_INT,
	OPERAND_BOOL,
	OPERAND_NIL,
	OPERAND_CALL, /* a function's name: text */
	OPERAND_PIPE, /* what is in parentheses, and fields of it */
};

struct operand {
	enum operand_kind kind;
	size_t at;	  /* where in the template */
	const char *text; /* name of a variable or a function, or a string */
	int64_t number;	  /* or a bool */
	struct strv fields;
	const struct pipe *pipe;
};

struct command_words {
	struct operand *words;
	size_t n_words;
};

/* {{$var := a b | c d}} */
struct pipe {
	size_t at;
	const char *var; /* or NULL */
	bool is_new;	 /* := and not = */
	struct command_words *commands;
	size_t n_commands;
};

enum node_kind { NODE_TEXT, NODE_PIPE, NODE_IF, NODE_WITH, NODE_RANGE };

struct node_list {
	struct node *nodes;
	size_t n_nodes;
};

struct node {
	enum node_kind kind;
	size_t at;
	const char *text; /* NODE_TEXT */
	const struct pipe *pipe;
	const char *key, *value; /* NODE_RANGE: variables, or NULL */
	struct node_list then, otherwise;
};

struct template
{
	const char *text;
	struct node_list nodes;
};

enum value_kind {
	VALUE_NONE, /* what is not in a map */
	VALUE_BOOL,
	VALUE_INT,
	VALUE_STR,
	VALUE_LIST, /* of split */
	VALUE_JSON, /* an object, an array, or a real number */
};

struct value {
	enum value_kind kind;
	bool is_true;
	bool is_map; /* VALUE_JSON: a key that is not there is none, and no mistake */
	int64_t number;
	const char *text;
	struct strv list;
	const struct json *json;
};

struct variable {
	const char *name;
	struct value value;
};

struct member {
	struct value key, value;
};

/* Text that grows. */
struct text {
	struct arena *arena;
	char *at;
	size_t len, size;
};

void text_add(struct text *t, const char *s);

/* A template while it is filled in. */
struct filling {
	const struct template_data *data;
	struct arena *arena;
	struct err *err;
	struct text out;
	struct variable *vars;
	size_t n_vars;
	unsigned int steps;
	size_t used_bytes;
};

/* Takes account of memory. 0 or -E2BIG. */
int template_charge(struct filling *f, size_t at, size_t bytes);

/* "template, character N: ...". Return: -EINVAL. */
int template_fail(struct err *err, size_t at, const char *fmt, ...) _printf_(3, 4);

/* Is there a function of this name, and how many words does it take? */
bool template_is_function(const char *name);

/* A function with its words, or one value alone. */
int template_call(struct filling *f, const struct operand *name, const struct value *args,
		  size_t n_args, struct value *ret);

/* Text of a value, as {{}} prints it. */
const char *template_text(struct arena *a, const struct value *v);
const char *template_json(struct arena *a, const struct value *v);
struct value template_str(const char *text);
/* A value of a document. */
struct value template_value(struct arena *a, const struct json *value);
/* Is it neither false, nor 0, nor empty? */
bool template_is_true(const struct value *v);
/* How many members it has; -EINVAL for what has none. */
int64_t template_count(const struct value *v);
/* All of them, objects' in the order of their keys. -EINVAL. */
int template_members(struct arena *a, const struct value *v, struct member **ret,
		     size_t *ret_n);
/* "a string", "an object"... */
const char *template_kind(const struct value *v);
