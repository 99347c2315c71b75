// SPDX-License-Identifier: Apache-2.0
/*
 * changes.c - see changes.h
 */
#include "changes.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/parse.h"

struct change {
	struct json *config;
	struct arena *arena;
};

/* --- what is there --- */

static struct json *get_object(struct json *config, const char *key)
{
	struct json *o = json_get(config, key);
	struct json_at at = json_root(o);

	return o && json_kind(&at) == JSON_KIND_OBJECT ? o : json_put_object(config, key);
}

static int read_list(const struct change *c, const char *key, struct strv *ret,
		     struct err *err)
{
	struct json_at root = json_root(c->config), at = json_key(&root, key);

	return json_read_strv(&at, c->arena, ret, err);
}

static const char *read_text(const struct change *c, const char *key)
{
	struct json_at root = json_root(c->config), at = json_key(&root, key);
	const char *text = "";

	json_read_str(&at, c->arena, &text, NULL);
	return text;
}

/* --- words --- */

/* One word, without its quotes. Moves @at behind it. NULL: a quote that does not end. */
static char *take_word(const char **at, struct arena *a)
{
	char *word = arena_alloc(a, strlen(*at) + 1), *to = word, quote = 0;
	const char *s = *at;

	for (; *s && (quote || !strchr(" \t", *s)); s++) {
		if (*s == '\\' && s[1] && quote != '\'')
			*to++ = *++s;
		else if (*s == quote)
			quote = 0;
		else if (!quote && (*s == '"' || *s == '\''))
			quote = *s;
		else
			*to++ = *s;
	}
	*at = s + strspn(s, " \t");
	return quote ? NULL : word;
}

static int split(const struct change *c, const char *rest, struct strv *ret,
		 struct err *err)
{
	while (*rest) {
		const char *word = take_word(&rest, c->arena);

		if (!word)
			return err_say(err, -EINVAL, "a quotation mark without an end");
		strv_push(c->arena, ret, word);
	}
	return 0;
}

static int read_array(const struct change *c, const char *rest, struct strv *ret,
		      struct err *err)
{
	_cleanup_json_ struct json *doc = NULL;
	struct json_at root;
	int r = json_parse(rest, strlen(rest), &doc, err);

	if (r < 0)
		return r;
	root = json_root(doc);
	return json_read_strv(&root, c->arena, ret, err);
}

/* KEY=VALUE words; or one "KEY VALUE", as it was written in the beginning; or one KEY, which has no
 * value, as podman takes it. */
static int read_pairs(const struct change *c, const char *rest, struct strv *ret,
		      struct err *err)
{
	size_t key = strcspn(rest, " \t=");
	int r;

	if (key > 0 && (rest[key] == ' ' || rest[key] == '\t')) {
		const char *value = rest + key + strspn(rest + key, " \t");

		strv_pushf(c->arena, ret, "%.*s=%s", (int)key, rest, value);
		return 0;
	}
	r = split(c, rest, ret, err);
	if (r == 0 && ret->n == 1 && !strchr(ret->v[0], '='))
		ret->v[0] = arena_printf(c->arena, "%s=", ret->v[0]);
	for (size_t i = 0; r == 0 && i < ret->n; i++)
		if (ret->v[i][0] == '=' || !strchr(ret->v[i], '='))
			r = err_say(err, -EINVAL, "'%s': expected KEY=VALUE", ret->v[i]);
	return r;
}

/* --- instructions --- */

/* The exec form is an array; the shell form a line for a shell. */
static int set_command(const struct change *c, const char *key, const char *rest,
		       struct err *err)
{
	struct strv words = {0};
	int r = 0;

	if (rest[0] == '[') {
		r = read_array(c, rest, &words, err);
	} else {
		strv_push(c->arena, &words, "/bin/sh");
		strv_push(c->arena, &words, "-c");
		strv_push(c->arena, &words, rest);
	}
	if (r == 0)
		json_put_strv(c->config, key, &words);
	return r;
}

static int apply_cmd(const struct change *c, const char *rest, struct err *err)
{
	return set_command(c, "Cmd", rest, err);
}

static int apply_entrypoint(const struct change *c, const char *rest, struct err *err)
{
	return set_command(c, "Entrypoint", rest, err);
}

static int apply_env(const struct change *c, const char *rest, struct err *err)
{
	struct strv env = {0}, pairs = {0};
	int r = read_list(c, "Env", &env, err);

	if (r == 0)
		r = read_pairs(c, rest, &pairs, err);
	for (size_t i = 0; r == 0 && i < pairs.n; i++)
		strv_env_set(c->arena, &env, pairs.v[i]);
	if (r == 0)
		json_put_strv(c->config, "Env", &env);
	return r;
}

static int apply_label(const struct change *c, const char *rest, struct err *err)
{
	struct strv pairs = {0};
	int r = read_pairs(c, rest, &pairs, err);

	for (size_t i = 0; r == 0 && i < pairs.n; i++) {
		const char *value = strchr(pairs.v[i], '=');

		json_put_str(get_object(c->config, "Labels"),
			     arena_strndup(c->arena, pairs.v[i],
					   (size_t)(value - pairs.v[i])),
			     value + 1);
	}
	return r;
}

/* "80", "80-90/udp" */
static int check_port(const struct change *c, const char *word, struct err *err)
{
	static const char *const protocols[] = {"tcp", "udp", "sctp"};
	char *text = arena_strdup(c->arena, word), *protocol = strchr(text, '/'), *last;
	uint32_t from, to;
	bool is_known = !protocol;

	if (protocol)
		*protocol++ = '\0';
	for (size_t i = 0; protocol && i < ARRAY_SIZE(protocols); i++)
		is_known |= strcmp(protocol, protocols[i]) == 0;
	last = strchr(text, '-');
	if (last)
		*last++ = '\0';
	if (is_known && parse_u32(text, &from) == 0 &&
	    parse_u32(last ? last : text, &to) == 0 && from > 0 && from <= to &&
	    to <= 65535)
		return 0;
	return err_say(err, -EINVAL, "'%s': expected PORT[-PORT][/PROTOCOL]", word);
}

static int apply_expose(const struct change *c, const char *rest, struct err *err)
{
	struct strv words = {0};
	int r = split(c, rest, &words, err);

	for (size_t i = 0; r == 0 && i < words.n; i++) {
		bool has_protocol = strchr(words.v[i], '/');

		r = check_port(c, words.v[i], err);
		if (r == 0)
			json_put_object(get_object(c->config, "ExposedPorts"),
					arena_printf(c->arena, "%s%s", words.v[i],
						     has_protocol ? "" : "/tcp"));
	}
	return r;
}

static int apply_volume(const struct change *c, const char *rest, struct err *err)
{
	struct strv words = {0};
	int r = rest[0] == '[' ? read_array(c, rest, &words, err)
			       : split(c, rest, &words, err);

	for (size_t i = 0; r == 0 && i < words.n; i++) {
		if (words.v[i][0] != '/')
			return err_say(err, -EINVAL, "'%s' is no absolute path",
				       words.v[i]);
		json_put_object(get_object(c->config, "Volumes"), words.v[i]);
	}
	return r;
}

static int apply_user(const struct change *c, const char *rest, struct err *err)
{
	struct strv words = {0};
	int r = split(c, rest, &words, err);

	if (r == 0 && words.n != 1)
		r = err_say(err, -EINVAL, "expected one user");
	if (r == 0)
		json_put_str(c->config, "User", words.v[0]);
	return r;
}

static int apply_workdir(const struct change *c, const char *rest, struct err *err)
{
	const char *base = read_text(c, "WorkingDir");
	struct strv words = {0};
	int r = split(c, rest, &words, err);

	if (r == 0 && words.n != 1)
		r = err_say(err, -EINVAL, "expected one folder");
	if (r == 0)
		json_put_str(c->config, "WorkingDir",
			     words.v[0][0] == '/'
				     ? words.v[0]
				     : arena_printf(c->arena, "%s/%s",
						    strcmp(base, "/") == 0 ? "" : base,
						    words.v[0]));
	return r;
}

static int apply_stopsignal(const struct change *c, const char *rest, struct err *err)
{
	int signo;

	if (parse_signal(rest, &signo) < 0)
		return err_say(err, -EINVAL, "'%s' is no signal", rest);
	json_put_str(c->config, "StopSignal", rest);
	return 0;
}

static int apply_onbuild(const struct change *c, const char *rest, struct err *err)
{
	struct strv lines = {0};
	int r = read_list(c, "OnBuild", &lines, err);

	strv_push(c->arena, &lines, rest);
	if (r == 0)
		json_put_strv(c->config, "OnBuild", &lines);
	return r;
}

/* --- HEALTHCHECK --- */

/* Takes "--name=value" off the front of a line. False: it begins with something else. */
static bool take_flag(const struct change *c, const char **rest, const char **ret_name,
		      const char **ret_value)
{
	char *word, *value;

	if (strncmp(*rest, "--", 2) != 0)
		return false;
	word = take_word(rest, c->arena);
	value = word ? strchr(word, '=') : NULL;
	if (value)
		*value++ = '\0';
	*ret_name = word ? word + 2 : "";
	*ret_value = value ? value : "";
	return true;
}

static int put_flag(struct json *health, const char *name, const char *value,
		    struct err *err)
{
	static const struct {
		const char *name, *key;
	} times[] = {{"interval", "Interval"},
		     {"timeout", "Timeout"},
		     {"start-period", "StartPeriod"}};
	uint32_t retries;
	int64_t ns;

	for (size_t i = 0; i < ARRAY_SIZE(times); i++) {
		if (strcmp(name, times[i].name) != 0)
			continue;
		if (parse_duration(value, &ns) < 0)
			return err_say(err, -EINVAL,
				       "--%s '%s': expected a time as 1m30s", name,
				       value);
		json_put_int(health, times[i].key, ns);
		return 0;
	}
	if (strcmp(name, "retries") != 0)
		return err_say(err, -EINVAL,
			       "--%s: expected --interval, --timeout, --start-period or "
			       "--retries",
			       name);
	if (parse_u32(value, &retries) < 0 || retries > INT32_MAX)
		return err_say(err, -EINVAL, "--retries '%s': expected a number", value);
	json_put_int(health, "Retries", retries);
	return 0;
}

/* NONE; or CMD and a command, as an array or as a line for a shell. */
static int read_test(const struct change *c, const char *rest, struct strv *ret,
		     struct err *err)
{
	size_t len = strcspn(rest, " \t");
	const char *command = rest + len + strspn(rest + len, " \t");

	if (len == 4 && strncasecmp(rest, "NONE", len) == 0 && !*command) {
		strv_push(c->arena, ret, "NONE");
		return 0;
	}
	if (len != 3 || strncasecmp(rest, "CMD", len) != 0 || !*command)
		return err_say(err, -EINVAL, "expected CMD and a command, or NONE");
	if (command[0] != '[') {
		strv_push(c->arena, ret, "CMD-SHELL");
		strv_push(c->arena, ret, command);
		return 0;
	}
	strv_push(c->arena, ret, "CMD");
	return read_array(c, command, ret, err);
}

static int apply_healthcheck(const struct change *c, const char *rest, struct err *err)
{
	struct json *health = json_put_object(c->config, "Healthcheck");
	const char *name, *value;
	struct strv test = {0};
	int r = 0;

	while (r == 0 && take_flag(c, &rest, &name, &value))
		r = put_flag(health, name, value, err);
	if (r == 0)
		r = read_test(c, rest, &test, err);
	if (r == 0)
		json_put_strv(health, "Test", &test);
	return r;
}

static const struct {
	const char *name;
	int (*apply)(const struct change *c, const char *rest, struct err *err);
} instructions[] = {
	{"CMD", apply_cmd},	    {"ENTRYPOINT", apply_entrypoint},
	{"ENV", apply_env},	    {"EXPOSE", apply_expose},
	{"LABEL", apply_label},	    {"HEALTHCHECK", apply_healthcheck},
	{"USER", apply_user},	    {"ONBUILD", apply_onbuild},
	{"VOLUME", apply_volume},   {"STOPSIGNAL", apply_stopsignal},
	{"WORKDIR", apply_workdir},
};

static int apply(const struct change *c, const char *text, struct err *err)
{
	size_t len = strcspn(text, " \t=");
	const char *rest = text + len;

	rest += *rest == '=' ? 1 : strspn(rest, " \t");
	for (size_t i = 0; i < ARRAY_SIZE(instructions); i++) {
		if (strlen(instructions[i].name) != len ||
		    strncasecmp(text, instructions[i].name, len) != 0)
			continue;
		return *rest ? instructions[i].apply(c, arena_strdup(c->arena, rest), err)
			     : err_say(err, -EINVAL, "there is nothing behind it");
	}
	return err_say(err, -EINVAL,
		       "expected CMD, ENTRYPOINT, ENV, EXPOSE, HEALTHCHECK, LABEL, "
		       "ONBUILD, STOPSIGNAL, USER, VOLUME or WORKDIR");
}

int changes_apply(struct json *config, const struct strv *changes, struct arena *a,
		  struct err *err)
{
	struct change c = {config, a};

	if (changes->n > CHANGES_MAX)
		return err_say(err, -E2BIG, "--change: more than %d", CHANGES_MAX);
	for (size_t i = 0; i < changes->n; i++) {
		int r = apply(&c, changes->v[i], err);

		if (r < 0) {
			err_prefix(err, "--change '%s'", changes->v[i]);
			return r;
		}
	}
	return 0;
}
