// SPDX-License-Identifier: Apache-2.0
/*
 * oci_hooks.c - hooks, read and written
 *
 * Source: OCI runtime specification 1.2, config.md, "POSIX-platform Hooks".
 */
#include <string.h>

#include "spec/oci_parts.h"
#include "spec/words.h"

static int read_hook(struct oci *o, const struct json_at *at, struct spec_hooks *to)
{
	static const struct oci_field fields[] = {
		{"args", OCI_STRINGS, offsetof(struct spec_hook, args), SPEC_MAX_ARGS},
		{"env", OCI_STRINGS, offsetof(struct spec_hook, env), SPEC_MAX_ARGS},
		{"timeout", OCI_NUMBER, offsetof(struct spec_hook, timeout_s), INT32_MAX},
		{0},
	};
	struct json_at path = json_key(at, "path"), env = json_key(at, "env"),
		       timeout = json_key(at, "timeout");
	struct spec_hook hook = {0};
	int r = oci_read_fields(o, at, fields, &hook);

	if (r == 0)
		r = oci_read_name(o, &path, "a path", &hook.path);
	if (r == 0 && hook.path[0] != '/')
		r = json_invalid(&path, o->err, "expected an absolute path");
	if (r == 0)
		r = oci_check_env(o, &env, &hook.env);
	if (r == 0 && json_is_present(&timeout) && hook.timeout_s == 0)
		r = json_invalid(&timeout, o->err, "0 seconds: at least one");
	if (r == 0)
		*ARR_PUSH(o->spec->arena, to, hooks) = hook;
	return r;
}

static int read_list(struct oci *o, const struct json_at *list, struct spec_hooks *to)
{
	size_t n = 0;
	int r = oci_read_list(o, list, SPEC_MAX_HOOKS, &n);

	for (size_t i = 0; r == 0 && i < n; i++) {
		struct json_at item = json_index(list, i);

		r = read_hook(o, &item, to);
	}
	return r;
}

int oci_read_hooks(struct oci *o)
{
	struct json_at hooks = json_key(&o->doc, "hooks");
	int r = json_expect(&hooks, JSON_KIND_OBJECT, o->err);

	for (int i = 0; r == 0 && i < HOOK_COUNT; i++) {
		struct json_at list = json_key(&hooks, words_hooks[i]);

		r = read_list(o, &list, &o->spec->hooks[i]);
	}
	return r;
}

static void put_list(struct json *arr, const struct spec_hooks *list)
{
	for (size_t i = 0; i < list->n_hooks; i++) {
		const struct spec_hook *hook = &list->hooks[i];
		struct json *e = json_add_object(arr);

		json_put_str(e, "path", hook->path);
		if (hook->args.n > 0)
			json_put_strv(e, "args", &hook->args);
		if (hook->env.n > 0)
			json_put_strv(e, "env", &hook->env);
		if (hook->timeout_s)
			json_put_int(e, "timeout", hook->timeout_s);
	}
}

void oci_put_hooks(struct json *doc, const struct spec *s)
{
	struct json *obj = NULL;

	for (int i = 0; i < HOOK_COUNT; i++) {
		if (s->hooks[i].n_hooks == 0)
			continue;
		if (!obj)
			obj = json_put_object(doc, "hooks");
		put_list(json_put_array(obj, words_hooks[i]), &s->hooks[i]);
	}
}
