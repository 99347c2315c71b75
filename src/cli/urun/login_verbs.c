// SPDX-License-Identifier: Apache-2.0
/*
 * login_verbs.c - login, logout: credentials for registries
 *
 * A password goes to urun-image by its environment, which nobody else may read; it is on no
 * command line but one that the user has typed, and in no message.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/urun/cmd.h"
#include "cli/urun/images.h"
#include "cli/urun/registry_options.h"
#include "cli/urun/verb.h"
#include "sys/fd.h"

#define MAX_PASSWORD (64u << 10)

struct login_options {
	struct registry_options registry;
	const char *user, *password;
	bool is_from_stdin, is_verbose, want_login, is_all;
};

static struct login_options *of(void *target)
{
	return target;
}

#define SET_BOOL(name, field)                                             \
	static int name(void *target, const char *value, struct err *err) \
	{                                                                 \
		return options_bool(value, &of(target)->field, err);      \
	}

SET_BOOL(set_stdin, is_from_stdin)
SET_BOOL(set_verbose, is_verbose)
SET_BOOL(set_get, want_login)
SET_BOOL(set_all, is_all)

static int set_user(void *target, const char *value, struct err *err)
{
	if (!value[0] || strchr(value, ':'))
		/* It is not shown: what is behind the colon may be a password. */
		return err_say(err, -EINVAL, "a name without a colon");
	of(target)->user = value;
	return 0;
}

static int set_password(void *target, const char *value, struct err *err)
{
	(void)err;
	of(target)->password = value;
	return 0;
}

static int ask_helper(struct images *m, const struct login_options *o,
		      const char *command, const char *option, char *const *registry,
		      struct json **answer, struct err *err)
{
	struct strv words = {0};
	int r;

	strv_push(m->arena, &words, command);
	r = images_push_registry(m, &o->registry, &words, err);
	if (r < 0)
		return r;
	if (option)
		strv_push(m->arena, &words, option);
	strv_push(m->arena, &words, "--");
	if (*registry)
		strv_push(m->arena, &words, *registry);
	return images_helper(m, &words, answer, err);
}

/* --- user and password --- */

static int check_options(const struct login_options *o, struct err *err)
{
	if (o->is_from_stdin && o->password)
		return err_say(err, -EINVAL,
			       "--password and --password-stdin: one of them");
	if (o->is_from_stdin && !o->user)
		return err_say(err, -EINVAL, "--password-stdin: give --username, too");
	if (o->want_login && (o->user || o->password))
		return err_say(err, -EINVAL,
			       "--get-login tells who is logged in: no --username, no "
			       "--password");
	return 0;
}

/* A line's end behind it is none of its own. */
static int read_stdin(struct images *m, const char **ret, struct err *err)
{
	char *text = NULL;
	size_t len = 0;
	int r = fd_read_all(STDIN_FILENO, m->arena, MAX_PASSWORD, &text, &len);

	if (r < 0)
		return err_set(err, r, "read the password from standard input");
	if (len > 0 && text[len - 1] == '\n')
		len--;
	if (len > 0 && text[len - 1] == '\r')
		len--;
	if (memchr(text, '\0', len))
		return err_say(err, -EINVAL, "the password has a NUL in it");
	if (len == 0)
		return err_say(err, -EINVAL, "--password-stdin: standard input is empty");
	*ret = arena_strndup(m->arena, text, len);
	return 0;
}

static int ask(struct images *m, const char *prompt, bool is_secret, const char **ret,
	       struct err *err)
{
	const struct registry_question q = {
		.who = "login",
		.prompt = prompt,
		.hint = "--username USER --password-stdin < FILE",
		.is_secret = is_secret,
	};

	return registry_ask(&q, m->arena, ret, err);
}

static int ask_user(struct images *m, const char **ret, struct err *err)
{
	int r = ask(m, "Username: ", false, ret, err);

	if (r == 0 && strchr(*ret, ':'))
		return err_say(err, -EINVAL, "login: a user name has no colon");
	return r;
}

static int complete(struct images *m, struct login_options *o, struct err *err)
{
	int r = 0;

	if (o->is_from_stdin)
		r = read_stdin(m, &o->password, err);
	if (r == 0 && !o->user)
		r = ask_user(m, &o->user, err);
	if (r == 0 && !o->password)
		r = ask(m, "Password: ", true, &o->password, err);
	if (r == 0)
		o->registry.creds = arena_printf(m->arena, "%s:%s", o->user, o->password);
	return r;
}

/* --- login --- */

static int print_login(const char *user, const char *registry, struct err *err)
{
	if (!user)
		return err_say(err, -ENOENT, "not logged in to '%s'", registry);
	printf("%s\n", user);
	return 0;
}

/* Return: 1 when what is stored will do; 0 when it must be asked for. */
static int use_stored(struct images *m, const struct login_options *o,
		      char *const *registry, struct err *err)
{
	_cleanup_json_ struct json *answer = NULL;
	struct json_at root, works;
	const char *name, *user;
	bool is_valid = false;
	int r = ask_helper(m, o, "login", o->want_login ? "--get" : NULL, registry,
			   &answer, err);

	if (r < 0)
		return r;
	name = images_answer(m, answer, "registry");
	user = images_answer(m, answer, "user");
	if (o->want_login) {
		r = print_login(user, name ? name : "", err);
		return r < 0 ? r : 1;
	}
	root = json_root(answer);
	works = json_key(&root, "works");
	r = json_read_bool(&works, &is_valid, err);
	if (r == 0 && is_valid)
		printf("Existing credentials are valid. Already logged in to %s\n", name);
	else if (r == 0 && json_is_present(&works))
		fprintf(stderr,
			"Existing credentials for %s are invalid, please enter "
			"valid username and password\n",
			name);
	return r < 0 ? r : is_valid;
}

static int login(struct images *m, void *options, char **words, struct err *err)
{
	struct login_options *o = options;
	_cleanup_json_ struct json *answer = NULL;
	const char *where;
	int r = check_options(o, err);

	if (r == 0 && !o->user && !o->password)
		r = use_stored(m, o, words, err);
	if (r != 0)
		return r < 0 ? r : 0;
	r = complete(m, o, err);
	if (r == 0)
		r = ask_helper(m, o, "login", NULL, words, &answer, err);
	if (r < 0)
		return r;
	printf("Login Succeeded!\n");
	where = images_answer(m, answer, "where");
	if (o->is_verbose && where)
		printf("Used: %s\n", where);
	return 0;
}

static const struct option login_options[] = {
	{"authfile", 0, "FILE",
	 "where credentials are stored, instead of $REGISTRY_AUTH_FILE or "
	 "$XDG_RUNTIME_DIR/containers/auth.json",
	 registry_set_authfile},
	{"cert-dir", 0, "DIR", "certificates for this registry", registry_set_cert_dir},
	{"get-login", 0, NULL, "print who is logged in, and do nothing else", set_get},
	{"password", 'p', "PASSWORD",
	 "the password: everybody on this machine may see it on the command line",
	 set_password},
	{"password-stdin", 0, NULL, "read the password from standard input", set_stdin},
	{"tls-verify", 0, NULL, "check the registry's certificate (the default)",
	 registry_set_tls_verify},
	{"username", 'u', "USER", "the user; asked for when it is not given", set_user},
	{"verbose", 'v', NULL, "tell where the credentials were stored", set_verbose},
	{0},
};

const struct verb verb_login = {
	{"login", "[OPTIONS] [REGISTRY]",
	 "Check credentials for a registry and store them. Without REGISTRY for the\n"
	 "first that short names are searched in.",
	 login_options},
	0,
	1,
	login,
	.is_storeless = true,
};

int cmd_login(int argc, char **argv)
{
	struct login_options o = {0};

	return verb_run(&verb_login, &o, argc, argv);
}

/* --- logout --- */

static int logout(struct images *m, void *options, char **words, struct err *err)
{
	const struct login_options *o = options;
	_cleanup_json_ struct json *answer = NULL;
	const char *name, *other;
	int r;

	if (o->is_all && *words)
		return err_say(err, -EINVAL, "logout: one registry, or --all");
	r = ask_helper(m, o, "logout", o->is_all ? "--all" : NULL, words, &answer, err);
	if (r < 0)
		return r;
	name = images_answer(m, answer, "registry");
	other = images_answer(m, answer, "stillIn");
	if (o->is_all)
		printf("Removed login credentials for all registries\n");
	else
		printf("Removed login credentials for %s\n", name ? name : "");
	if (other)
		cmd_note(arena_printf(m->arena,
				      "there are credentials for it in '%s', too: log "
				      "out with the program that wrote them",
				      other));
	return 0;
}

static const struct option logout_options[] = {
	{"all", 'a', NULL, "for all registries", set_all},
	{"authfile", 0, "FILE", "where credentials are stored", registry_set_authfile},
	{0},
};

const struct verb verb_logout = {
	{"logout", "[OPTIONS] [REGISTRY]",
	 "Remove the credentials for a registry that `urun login` has stored.",
	 logout_options},
	0,
	1,
	logout,
	.is_storeless = true,
};

int cmd_logout(int argc, char **argv)
{
	struct login_options o = {0};

	return verb_run(&verb_logout, &o, argc, argv);
}
