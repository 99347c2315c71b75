// SPDX-License-Identifier: Apache-2.0
/*
 * login.c - login and logout: credentials are checked, stored, told of and removed
 *
 * No password leaves this process but to the registry, the file, or the helper that keeps it.
 */
#include <string.h>

#include "auth.h"
#include "base/json.h"
#include "command.h"
#include "conf_path.h"
#include "registries.h"
#include "registry.h"

/* What credentials are for: "quay.io", "quay.io/team". */
struct place {
	const char *key;	/* as it is stored */
	const char *host;	/* of it */
	const char *repository; /* what is behind the host, or NULL */
	bool is_plain;
};

static const char *without_scheme(const char *typed)
{
	if (strncmp(typed, "https://", 8) == 0)
		return typed + 8;
	return strncmp(typed, "http://", 7) == 0 ? typed + 7 : typed;
}

static void trim_slashes(char *key)
{
	size_t len = strlen(key);

	while (len > 0 && key[len - 1] == '/')
		key[--len] = '\0';
}

/* "https://index.docker.io/v1/": where its API is, and no namespace. */
static void trim_api(char *key)
{
	char *slash = strchr(key, '/');

	if (slash && (strcmp(slash, "/v1") == 0 || strcmp(slash, "/v2") == 0))
		*slash = '\0';
}

static int split(const char *typed, struct arena *a, struct place *ret, struct err *err)
{
	const char *name = without_scheme(typed), *slash;
	char *key = arena_strdup(a, name);
	size_t len;

	/* It is not shown: a password may be in it. */
	if (memchr(key, '@', strcspn(key, "/"))) {
		err_say(err, -EINVAL, "the registry's name has a user in it");
		return err_hint(err, -EINVAL, "--username USER --password-stdin < FILE");
	}
	trim_slashes(key);
	if (name != typed)
		trim_api(key);
	len = strlen(key);
	if (len == 0)
		return err_say(err, -EINVAL, "'%s' is no registry",
			       conf_show(typed).text);
	ret->key = key;
	slash = strchr(key, '/');
	ret->host = arena_strndup(a, key, slash ? (size_t)(slash - key) : len);
	ret->repository = slash ? slash + 1 : NULL;
	return 0;
}

/* The one that was typed, else the first that short names are searched in. */
static int find_place(struct command *c, struct place *ret, struct err *err)
{
	struct registries *registries = NULL;
	struct strv searched = {0};
	const char *typed = c->n_words > 0 ? c->words[0] : NULL;
	int r = registries_read(c->arena, &registries, err);

	if (r == 0 && !typed) {
		r = registries_searched(registries, &searched, err);
		if (r == 0)
			typed = arena_strndup(c->arena, searched.v[0],
					      strcspn(searched.v[0], "/"));
	}
	if (r == 0)
		r = split(typed, c->arena, ret, err);
	if (r == 0)
		r = registries_host(registries, ret->host, ret->repository,
				    &ret->is_plain, err);
	if (r == 0)
		json_put_str(c->answer, "registry", ret->key);
	return r;
}

/* --- login --- */

static int check(const struct command *c, const struct place *p, struct err *err)
{
	return registry_try_login(p->host, p->repository, p->is_plain, &c->source, err);
}

/* What is stored already: whose, and whether it still works. */
static int tell_stored(struct command *c, const struct place *p, struct err *err)
{
	struct auth found = {0};
	struct err why = {0};
	int r = auth_find(c->source.authfile, p->host, p->repository, c->arena, &found,
			  &why);

	/* A file that a login is to make is not there yet. */
	if (r == -ENOENT && !c->is_get)
		return 0;
	if (r < 0) {
		*err = why;
		return r;
	}
	if (found.user)
		json_put_str(c->answer, "user", found.user);
	if (c->is_get || (!found.user && !found.identity_token))
		return 0;
	r = check(c, p, err);
	if (r < 0 && r != -EACCES)
		return r;
	json_put_bool(c->answer, "works", r == 0);
	return 0;
}

static int store_new(struct command *c, const struct place *p, struct err *err)
{
	const struct source_options *o = &c->source;
	const char *where = NULL;
	int r = check(c, p, err);

	/* The registry may know better: that the account is closed, or this host blocked. */
	if (r == -EACCES) {
		err_prefix(err, "login to '%s': invalid username or password", p->key);
		return err_hint(err, r, "Nothing was stored");
	}
	if (r == 0)
		r = auth_store(o->authfile, p->key, o->user, o->password, c->arena,
			       &where, err);
	if (r < 0) {
		err_prefix(err, "login to '%s'", p->key);
		return r;
	}
	json_put_str(c->answer, "where", where);
	return 0;
}

int login(struct command *c, struct err *err)
{
	struct place p = {0};
	int r;

	if (c->n_words > 1)
		return err_say(err, -EINVAL, "login: one registry");
	r = find_place(c, &p, err);
	if (r < 0)
		return r;
	return c->source.user ? store_new(c, &p, err) : tell_stored(c, &p, err);
}

/* --- logout --- */

/* Credentials that are still found, in another program's file. */
static const char *still_in(const struct command *c, const struct place *p)
{
	struct auth found = {0};

	if (auth_find(c->source.authfile, p->host, p->repository, c->arena, &found,
		      NULL) < 0 ||
	    (!found.user && !found.identity_token))
		return NULL;
	return found.found_in;
}

static int remove_all(const struct command *c, struct err *err)
{
	struct err why = {0};
	int r = auth_remove(c->source.authfile, NULL, c->arena, &why);

	if (r < 0 && r != -ENOENT) {
		*err = why;
		return r;
	}
	return 0;
}

int logout(struct command *c, struct err *err)
{
	struct place p = {0};
	const char *other;
	int r;

	if (c->n_words > 1 || (c->is_all && c->n_words > 0))
		return err_say(err, -EINVAL, "logout: one registry, or --all");
	if (c->is_all)
		return remove_all(c, err);
	r = find_place(c, &p, err);
	if (r < 0)
		return r;
	r = auth_remove(c->source.authfile, p.key, c->arena, err);
	other = r == 0 || r == -ENOENT ? still_in(c, &p) : NULL;
	if (other)
		json_put_str(c->answer, "stillIn", other);
	if (r == -ENOENT && other)
		return err_hint(err, r,
				"Those in use are in '%s': log out with the program "
				"that wrote it",
				conf_show(other).text);
	return r;
}
