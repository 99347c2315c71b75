// SPDX-License-Identifier: Apache-2.0
/*
 * main.c - urun-image: see command.h
 */
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/parse.h"
#include "command.h"
#include "pack.h"
#include "sys/fd.h"
#include "unpack.h"

static const struct {
	const char *name;
	int (*run)(struct command *c, struct err *err);
	bool fills_store;
	bool is_storeless;
} commands[] = {
	{"commit", commit, .fills_store = true},
	{"import", import_tar, .fills_store = true},
	{"load", load, .fills_store = true},
	{"login", login, .is_storeless = true},
	{"logout", logout, .is_storeless = true},
	{"pull", pull, .fills_store = true},
	{"push", push, .fills_store = false},
	{"save", save, .fills_store = false},
	{"search", search, .is_storeless = true},
	{"unpack-image", unpack_image, .fills_store = true},
	{"verify-blobs", verify_blobs, .fills_store = false},
};

enum {
	OPT_STORE = 1,
	OPT_USERNS,
	OPT_SQUASH,
	OPT_QUIET,
	OPT_PLATFORM,
	OPT_AUTHFILE,
	OPT_CERT_DIR,
	OPT_POLICY,
	OPT_TLS_VERIFY,
	OPT_CHANGE,
	OPT_AUTHOR,
	OPT_MESSAGE,
	OPT_FORMAT,
	OPT_OUTPUT,
	OPT_OUT_FD,
	OPT_MULTI,
	OPT_FUSE,
	OPT_MANIFEST,
	OPT_NAME,
	OPT_GET,
	OPT_ALL,
	OPT_LIMIT,
	OPT_LIST_TAGS,
};

static const struct option options[] = {
	{"store", required_argument, NULL, OPT_STORE},
	{"userns-fd", required_argument, NULL, OPT_USERNS},
	{"squash", no_argument, NULL, OPT_SQUASH},
	{"quiet", no_argument, NULL, OPT_QUIET},
	{"platform", required_argument, NULL, OPT_PLATFORM},
	{"authfile", required_argument, NULL, OPT_AUTHFILE},
	{"cert-dir", required_argument, NULL, OPT_CERT_DIR},
	{"signature-policy", required_argument, NULL, OPT_POLICY},
	{"tls-verify", required_argument, NULL, OPT_TLS_VERIFY},
	{"change", required_argument, NULL, OPT_CHANGE},
	{"author", required_argument, NULL, OPT_AUTHOR},
	{"message", required_argument, NULL, OPT_MESSAGE},
	{"format", required_argument, NULL, OPT_FORMAT},
	{"output", required_argument, NULL, OPT_OUTPUT},
	{"out-fd", required_argument, NULL, OPT_OUT_FD},
	{"multi", no_argument, NULL, OPT_MULTI},
	{"fuse", no_argument, NULL, OPT_FUSE},
	{"manifest", required_argument, NULL, OPT_MANIFEST},
	{"name", required_argument, NULL, OPT_NAME},
	{"get", no_argument, NULL, OPT_GET},
	{"all", no_argument, NULL, OPT_ALL},
	{"limit", required_argument, NULL, OPT_LIMIT},
	{"list-tags", no_argument, NULL, OPT_LIST_TAGS},
	{0},
};

/* Of those that have to do with registries. */
static int take_registry_option(struct command *c, int option, const char *value)
{
	switch (option) {
	case OPT_MANIFEST:
		c->manifest = value;
		return 0;
	case OPT_NAME:
		c->name = value;
		return 0;
	case OPT_GET:
		c->is_get = true;
		return 0;
	case OPT_ALL:
		c->is_all = true;
		return 0;
	case OPT_LIMIT:
		return parse_u32(value, &c->limit);
	case OPT_LIST_TAGS:
		c->want_tags = true;
		return 0;
	default:
		return -EINVAL;
	}
}

/* Of those that make or write images. */
static int take_image_option(struct command *c, int option, const char *value)
{
	switch (option) {
	case OPT_CHANGE:
		strv_push(c->arena, &c->changes, value);
		return 0;
	case OPT_AUTHOR:
		c->author = value;
		return 0;
	case OPT_MESSAGE:
		c->message = value;
		return 0;
	case OPT_FORMAT:
		c->format = value;
		return 0;
	case OPT_OUTPUT:
		c->output = value;
		return 0;
	case OPT_OUT_FD:
		return parse_int(value, &c->out);
	case OPT_MULTI:
		c->is_multi = true;
		return 0;
	case OPT_FUSE:
		c->is_fuse = true;
		return 0;
	default:
		return take_registry_option(c, option, value);
	}
}

static int take_option(struct command *c, int option, const char *value,
		       const char **store)
{
	switch (option) {
	case OPT_STORE:
		*store = value;
		return 0;
	case OPT_USERNS:
		return parse_int(value, &c->userns);
	case OPT_SQUASH:
		c->is_squashed = true;
		return 0;
	case OPT_QUIET:
		c->is_quiet = true;
		return 0;
	case OPT_PLATFORM:
		c->source.is_platform_asked = true;
		return platform_parse(value, c->arena, &c->source.platform);
	case OPT_AUTHFILE:
		c->source.authfile = value;
		return 0;
	case OPT_CERT_DIR:
		c->source.cert_dir = value;
		return 0;
	case OPT_POLICY:
		c->source.policy = value;
		return 0;
	case OPT_TLS_VERIFY:
		c->source.has_tls_verify = true;
		c->source.want_tls_verify = strcmp(value, "true") == 0;
		return 0;
	default:
		return take_image_option(c, option, value);
	}
}

/* "USER:PASSWORD" in the environment, where others cannot read it. */
static void read_credentials(struct command *c)
{
	const char *text = getenv("URUN_CREDS"), *colon = text ? strchr(text, ':') : NULL;

	if (!colon)
		return;
	c->source.user = arena_strndup(c->arena, text, (size_t)(colon - text));
	c->source.password = arena_strdup(c->arena, colon + 1);
	unsetenv("URUN_CREDS");
}

static int read_command(struct command *c, bool is_storeless, int argc, char **argv,
			struct err *err)
{
	const char *store = NULL;
	int option;

	while ((option = getopt_long(argc, argv, "+", options, NULL)) != -1)
		if (take_option(c, option, optarg, &store) < 0)
			return err_say(err, -EINVAL, "urun-image is for urun to call");
	c->words = argv + optind;
	c->n_words = (size_t)(argc - optind);
	read_credentials(c);
	if (is_storeless)
		return 0;
	return store ? store_open(store, &c->store, err)
		     : err_say(err, -EINVAL, "urun-image is for urun to call");
}

static void say(const struct err *err)
{
	char message[sizeof(err->message) * 4], hint[sizeof(err->hint) * 4];

	/* Another process has failed, and has said why. */
	if (!err->message[0])
		return;
	text_escape(message, sizeof(message), err->message);
	fprintf(stderr, "urun: %s\n", message);
	for (const char *line = err->hint; *line; line += *line == '\n') {
		size_t len = strcspn(line, "\n");
		char one[sizeof(err->hint)];

		snprintf(one, sizeof(one), "%.*s", (int)len, line);
		text_escape(hint, sizeof(hint), one);
		fprintf(stderr, "  %s\n", hint);
		line += len;
	}
}

static int answer(struct json *doc)
{
	_cleanup_free_ char *text = json_text(doc, false);

	return text ? fd_write_all(STDOUT_FILENO, text, strlen(text)) : -ENOMEM;
}

/* For want of space in the store? Another place that is full has a hint of its own. */
static bool is_store_full(int r, const struct err *err)
{
	return (r == -ENOSPC || r == -EDQUOT) && !err->hint[0];
}

static int run(int argc, char **argv, int *ret_code, struct err *err)
{
	_cleanup_arena_ struct arena a = {0};
	_cleanup_json_ struct json *doc = json_new_object();
	struct command c = {.arena = &a,
			    .store = STORE_NONE,
			    .userns = -1,
			    .out = -1,
			    .answer = doc,
			    .source = {.platform = platform_native()}};
	int r = -ENOSYS;

	for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
		if (strcmp(argv[0], commands[i].name) != 0)
			continue;
		r = read_command(&c, commands[i].is_storeless, argc, argv, err);
		if (r == 0)
			r = commands[i].run(&c, err);
		if (commands[i].fills_store && is_store_full(r, err)) {
			*ret_code = STORE_EXIT_FULL;
			err_hint(
				err, r,
				"The disk of '%s', or the caller's share of it, is full: "
				"urun system prune makes\nspace, and --root DIR is "
				"another "
				"place for images",
				c.store.path);
		}
		break;
	}
	store_close(&c.store);
	if (r == -ENOSYS && !err->message[0])
		return err_say(err, r, "urun-image is for urun to call");
	return r < 0 ? r : answer(doc);
}

int main(int argc, char **argv)
{
	int code = ERR_EXIT_FAILED;
	struct err err = {0};

	if (fd_sanitize_stdio() < 0 || argc < 2)
		return ERR_EXIT_FAILED;
	/* A process that ends early and a limit of file sizes are errors like others. */
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
	if (strcmp(argv[1], "unpack") == 0)
		return unpack_main(argc - 1, argv + 1);
	if (strcmp(argv[1], "pack") == 0)
		return pack_main(argc - 1, argv + 1);
	if (run(argc - 1, argv + 1, &code, &err) == 0)
		return 0;
	if (err.code == -EMFILE)
		err_hint(&err, err.code, "More descriptors are needed: ulimit -n 1024");
	say(&err);
	return code;
}
