// SPDX-License-Identifier: Apache-2.0
/*
 * registry_options.c - see registry_options.h
 */
#include "cli/urun/registry_options.h"

#include <string.h>
#include <unistd.h>

#include "sys/tty.h"

#define MAX_TYPED 4096 /* what a terminal takes as one line */

static struct registry_options *of(void *target)
{
	return target;
}

int registry_set_authfile(void *target, const char *value, struct err *err)
{
	(void)err;
	of(target)->authfile = value;
	return 0;
}

int registry_set_cert_dir(void *target, const char *value, struct err *err)
{
	(void)err;
	of(target)->cert_dir = value;
	return 0;
}

int registry_set_creds(void *target, const char *value, struct err *err)
{
	if (!value[0] || value[0] == ':')
		return err_say(err, -EINVAL, "USER:PASSWORD, or USER");
	of(target)->creds = value;
	return 0;
}

int registry_set_tls_verify(void *target, const char *value, struct err *err)
{
	of(target)->has_tls_verify = true;
	return options_bool(value, &of(target)->want_tls_verify, err);
}

int registry_ask(const struct registry_question *q, struct arena *a, const char **ret,
		 struct err *err)
{
	char *text = arena_alloc(a, MAX_TYPED);
	int r;

	if (!tty_is(STDIN_FILENO)) {
		err_say(err, -ENOTTY, "%s: standard input is no terminal to ask at",
			q->who);
		return err_hint(err, -ENOTTY, "%s", q->hint);
	}
	r = tty_ask(STDIN_FILENO, q->prompt, q->is_secret, text, MAX_TYPED);
	if (r == -ENODATA || (r == 0 && !text[0]))
		return err_say(err, -ENODATA, "%s: nothing was typed", q->who);
	if (r < 0)
		return err_set(err, r, "read from the terminal");
	*ret = text;
	return 0;
}

const char *registry_first_option(const struct registry_options *o)
{
	if (o->authfile)
		return "authfile";
	if (o->cert_dir)
		return "cert-dir";
	if (o->creds)
		return "creds";
	return o->has_tls_verify ? "tls-verify" : NULL;
}
