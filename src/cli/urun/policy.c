// SPDX-License-Identifier: Apache-2.0
/*
 * policy.c - see policy.h
 */
#include "cli/urun/policy.h"

#include <string.h>

#include "base/macros.h"
#include "sandbox_policies.h"
#include "sys/fd.h"

#define MAX_POLICY (64u << 10)
#define MAX_DEPTH  8
#define SPACES	   " \t\r"

static const struct {
	const char *name;
	const unsigned char *text;
	size_t len;
} builtin[] = {
	{"build", policy_build, sizeof(policy_build)},
	{"desktop", policy_desktop, sizeof(policy_desktop)},
	{"sandbox", policy_sandbox, sizeof(policy_sandbox)},
};

/* Where policies are looked for, one after the other. */
enum place { PLACE_USER, PLACE_HOST, PLACE_BUILTIN, PLACE_COUNT, PLACE_FILE };

struct policy {
	const char *name;
	enum place place;
	char *text;
	size_t len;
	const char *shown; /* for messages */
	int depth;
	const struct policy *from; /* that includes it, or NULL */
};

static const char *folder_of(const struct policy_reader *r, enum place place)
{
	const char *base;

	if (place == PLACE_HOST)
		return "/etc/urun/policy";
	base = environ_get(r->environ, "XDG_CONFIG_HOME", strlen("XDG_CONFIG_HOME"));
	if (base && base[0] == '/')
		return arena_printf(r->arena, "%s/urun/policy", base);
	base = environ_get(r->environ, "HOME", strlen("HOME"));
	return base && base[0] == '/'
		       ? arena_printf(r->arena, "%s/.config/urun/policy", base)
		       : NULL;
}

static int load_file(const struct policy_reader *r, const char *path, struct policy *p,
		     struct err *err)
{
	int e = fd_read_file(path, r->arena, MAX_POLICY, &p->text, &p->len);

	p->shown = path;
	if (e == -EFBIG)
		return err_say(err, e, "policy '%s': it is larger than %u KiB", path,
			       MAX_POLICY >> 10);
	if (e == -EINVAL)
		return err_say(err, e, "policy '%s': it is no regular file", path);
	return e < 0 ? err_set(err, e, "policy '%s'", path) : 0;
}

static int load_builtin(const struct policy_reader *r, struct policy *p)
{
	for (size_t i = 0; i < ARRAY_SIZE(builtin); i++) {
		if (strcmp(builtin[i].name, p->name) != 0)
			continue;
		p->text = arena_strndup(r->arena, (const char *)builtin[i].text,
					builtin[i].len);
		p->len = builtin[i].len;
		p->shown = p->name;
		return 0;
	}
	return -ENOENT;
}

static int say_unknown(const struct policy_reader *r, const struct policy *p,
		       struct err *err)
{
	const char *folder = folder_of(r, PLACE_USER);
	const char *known = "";

	for (size_t i = 0; i < ARRAY_SIZE(builtin); i++)
		known = arena_printf(r->arena, "%s%s%s", known, i ? ", " : "",
				     builtin[i].name);
	err_say(err, -ENOENT, "policy '%s': there is none of that name", p->name);
	return err_hint(err, -ENOENT,
			"Built in are: %s. Others are files in %s%s/etc/urun/policy; a "
			"name with a slash is the path of a file",
			known, folder ? folder : "", folder ? " and " : "");
}

static bool is_name(const char *name)
{
	return *name && *name != '.' && *name != '-' &&
	       strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
			    "0123456789_.-") == strlen(name);
}

/* A policy that includes one of its own name means the next in the search. */
static enum place first_place(const struct policy *p)
{
	for (const struct policy *from = p->from; from; from = from->from)
		if (from->place < PLACE_COUNT && strcmp(from->name, p->name) == 0)
			return from->place + 1;
	return PLACE_USER;
}

static int load(const struct policy_reader *r, struct policy *p, struct err *err)
{
	if (strchr(p->name, '/')) {
		p->place = PLACE_FILE;
		return load_file(r, p->name, p, err);
	}
	if (!is_name(p->name))
		return err_say(err, -EINVAL,
			       "policy '%s': a name is of letters, digits, '_', '.' and "
			       "'-', and begins with none of the last two",
			       p->name);
	for (p->place = first_place(p); p->place < PLACE_BUILTIN; p->place++) {
		const char *folder = folder_of(r, p->place);
		struct err why = {0};
		int e = !folder ? -ENOENT
				: load_file(r,
					    arena_printf(r->arena, "%s/%s", folder,
							 p->name),
					    p, &why);

		if (e == -ENOENT || e == -ENOTDIR)
			continue;
		if (e < 0)
			*err = why;
		return e;
	}
	if (p->place == PLACE_BUILTIN && load_builtin(r, p) == 0)
		return 0;
	return say_unknown(r, p, err);
}

/* A line in the reading. */
struct line {
	const struct policy_reader *reader;
	const struct policy *policy;
	unsigned int number;
	const char *name, *value;
};

static int refuse(const struct line *l, const char *why, struct err *err)
{
	return err_say(err, -EINVAL, "policy '%s', line %u: %s", l->policy->shown,
		       l->number, why);
}

/* Lines that are nothing where there is nothing need no variable either. */
static bool is_try(const struct line *l)
{
	size_t len = strlen(l->name);

	return len > 4 && strcmp(l->name + len - 4, "-try") == 0;
}

/* "${NAME}" becomes the variable, and "~" in the beginning the caller's home. 1: the line is to be left
 * out. */
static int expand(struct line *l, struct err *err)
{
	struct arena *a = l->reader->arena;
	const char *rest = l->value, *start, *value;
	char *text = arena_strdup(a, "");

	if (rest[0] == '~' && (rest[1] == '/' || rest[1] == '\0')) {
		value = environ_get(l->reader->environ, "HOME", strlen("HOME"));
		if (!value || value[0] != '/')
			return is_try(l) ? 1
					 : refuse(l, "'~': HOME names no folder", err);
		text = arena_strdup(a, value);
		rest++;
	}
	while ((start = strstr(rest, "${"))) {
		size_t len = strcspn(start + 2, "}");

		if (start[2 + len] != '}' || len == 0)
			return refuse(l, "'${' without a name and '}'", err);
		value = environ_get(l->reader->environ, start + 2, len);
		if (!value || !*value) {
			if (is_try(l))
				return 1;
			return err_say(
				err, -EINVAL,
				"policy '%s', line %u: the variable '%.*s' is not set",
				l->policy->shown, l->number, (int)len, start + 2);
		}
		text = arena_printf(a, "%s%.*s%s", text, (int)(start - rest), rest,
				    value);
		rest = start + 2 + len + 1;
	}
	l->value = arena_printf(a, "%s%s", text, rest);
	return 0;
}

static int read_policy(const struct policy_reader *r, struct policy *p, struct err *err);

static int include(const struct line *l, struct err *err)
{
	struct policy inner = {
		.name = l->value, .depth = l->policy->depth + 1, .from = l->policy};
	int r;

	if (!l->value)
		return refuse(l, "include: which policy?", err);
	if (strchr(l->value, '/') && l->value[0] != '/')
		return refuse(l, "include: a name, or an absolute path", err);
	if (inner.depth > MAX_DEPTH)
		return refuse(l, "policies include one another, more than 8 deep", err);
	r = read_policy(l->reader, &inner, err);
	if (r < 0 && inner.depth == 1)
		err_prefix(err, "policy '%s', line %u", l->policy->shown, l->number);
	return r;
}

/* "NAME", "NAME VALUE", or nothing. */
static int read_line(struct line *l, char *text, struct err *err)
{
	size_t len;
	int r = 0;

	text += strspn(text, SPACES);
	len = strlen(text);
	while (len > 0 && strchr(SPACES, text[len - 1]))
		text[--len] = '\0';
	if (!*text || *text == '#')
		return 0;
	l->name = text;
	text += strcspn(text, SPACES);
	l->value = NULL;
	if (*text) {
		*text++ = '\0';
		l->value = text + strspn(text, SPACES);
		r = expand(l, err);
	}
	if (r != 0)
		return MIN(r, 0);
	if (strcmp(l->name, "include") == 0)
		return include(l, err);
	return l->reader->apply(l->reader->target, l->name, l->value,
				arena_printf(l->reader->arena, "policy '%s', line %u: %s",
					     l->policy->shown, l->number, l->name),
				err);
}

static int read_policy(const struct policy_reader *r, struct policy *p, struct err *err)
{
	struct line l = {.reader = r, .policy = p};
	char *text, *line;
	int e = load(r, p, err);

	if (e == 0 && memchr(p->text, '\0', p->len))
		e = err_say(err, -EINVAL, "policy '%s': it is no text", p->shown);
	text = p->text;
	while (e == 0 && (line = strsep(&text, "\n"))) {
		l.number++;
		e = read_line(&l, line, err);
	}
	return e;
}

int policy_read(const struct policy_reader *r, const char *name, struct err *err)
{
	struct policy p = {.name = name};

	return read_policy(r, &p, err);
}
