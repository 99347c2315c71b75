/* SPDX-License-Identifier: Apache-2.0 */
/*
 * template.h - --format: templates over JSON, as Go's text/template writes them
 *
 *	{{.Field.Sub}} {{$x}} {{$x := .Field}} {{.Field | json}} {{(index .Map "key").Sub}}
 *	{{if .X}}..{{else if .Y}}..{{else}}..{{end}} {{with .X}}..{{end}}
 *	{{range .X}}..{{else}}..{{end}} {{range $k, $v := .X}}..{{end}} and notes
 *
 * and the functions of Go and podman that are named in template_call.c. "\n" and "\t" in the
 * text between are a line break and a tab; "{{- " and " -}}" take the blanks beside them away.
 * The template is the user's, the data somebody else's: how much is written and how many steps
 * are done has a limit.
 */
#pragma once

#include "base/json.h"

#define TEMPLATE_MAX_BYTES  65536u
#define TEMPLATE_MAX_DEPTH  32u
#define TEMPLATE_MAX_STEPS  (256u << 10)
#define TEMPLATE_MAX_OUTPUT (16u << 20)
#define TEMPLATE_MAX_MEMORY (64u << 20) /* for what is computed on the way */

struct template;

/**
 * template_parse() - read a template
 * @text: borrowed for the template's life, at most TEMPLATE_MAX_BYTES
 * @a:    owns the template
 * @err:  says at which character what is wrong
 *
 * Return: 0; -EINVAL, -E2BIG.
 */
int template_parse(const char *text, struct arena *a, const struct template **ret,
		   struct err *err);

/* What a template is filled with. */
struct template_data {
	const struct json *value;
	/* Members of these names hold what others called as they like: a key that is not there
	 * is no mistake. Ended by NULL; or NULL. */
	const char *const *maps;
};

/**
 * template_run() - fill a template in
 * @a:   owns the text
 * @ret: terminated; untouched on failure
 * @err: says at which character of the template what is wrong: a field that is not there...
 *
 * Return: 0; -EINVAL; -E2BIG over a limit.
 */
int template_run(const struct template *t, const struct template_data *data,
		 struct arena *a, const char **ret, struct err *err);
