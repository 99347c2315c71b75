// SPDX-License-Identifier: Apache-2.0
/*
 * registry_options.c - see registry_options.h
 */
#include "cli/urun/registry_options.h"

#include <string.h>
#include <unistd.h>

#include "image/manifest.h"
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

/* --- which of several platforms --- */

static struct pull_options *pull_of(void *target)
{
	return target;
}

static bool is_platform(const char *before, const char *value, const char *after)
{
	_cleanup_arena_ struct arena a = {0};
	struct platform p;

	return !strchr(value, '/') &&
	       platform_parse(arena_printf(&a, "%s%s%s", before, value, after), &a, &p) ==
		       0;
}

static int set_part(struct pull_options *o, const char **part, const char *value,
		    bool is_valid, struct err *err)
{
	if (o->platform)
		return err_say(err, -EINVAL, "--platform says it already");
	if (!is_valid)
		return err_say(err, -EINVAL, "'%s': no such name", value);
	*part = value;
	return 0;
}

int registry_set_arch(void *target, const char *value, struct err *err)
{
	struct pull_options *o = pull_of(target);

	return set_part(o, &o->arch, value, is_platform("linux/", value, ""), err);
}

int registry_set_os(void *target, const char *value, struct err *err)
{
	struct pull_options *o = pull_of(target);

	return set_part(o, &o->os, value, is_platform("", value, "/amd64"), err);
}

int registry_set_variant(void *target, const char *value, struct err *err)
{
	struct pull_options *o = pull_of(target);

	return set_part(o, &o->variant, value, is_platform("linux/arm/", value, ""), err);
}

int registry_set_platform(void *target, const char *value, struct err *err)
{
	_cleanup_arena_ struct arena a = {0};
	struct platform p;

	if (platform_parse(value, &a, &p) < 0)
		return err_say(err, -EINVAL,
			       "'%s': OS/ARCHITECTURE[/VARIANT], linux/arm64", value);
	pull_of(target)->platform = NULL;
	if (registry_platform_option(target))
		return err_say(err, -EINVAL, "--%s says it already",
			       registry_platform_option(target));
	pull_of(target)->platform = value;
	return 0;
}

const char *registry_platform_option(const struct pull_options *o)
{
	return o->platform  ? "platform"
	       : o->arch    ? "arch"
	       : o->os	    ? "os"
	       : o->variant ? "variant"
			    : NULL;
}

const char *registry_platform(const struct pull_options *o, struct arena *a)
{
	struct platform native = platform_native();
	const char *variant = o->variant ? o->variant : o->arch ? NULL : native.variant;

	if (o->platform || !registry_platform_option(o))
		return o->platform;
	return arena_printf(a, "%s/%s%s%s", o->os ? o->os : native.os,
			    o->arch ? o->arch : native.architecture, variant ? "/" : "",
			    variant ? variant : "");
}

/* --- what is asked at the terminal --- */

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
