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
#include "sys/fd.h"
#include "unpack.h"

static const struct {
	const char *name;
	int (*run)(struct command *c, struct err *err);
} commands[] = {
	{"pull", pull},
	{"unpack-image", unpack_image},
	{"verify-blobs", verify_blobs},
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
	{0},
};

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
		return -EINVAL;
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

static int read_command(struct command *c, int argc, char **argv, struct err *err)
{
	const char *store = NULL;
	int option;

	while ((option = getopt_long(argc, argv, "+", options, NULL)) != -1)
		if (take_option(c, option, optarg, &store) < 0)
			return err_say(err, -EINVAL, "urun-image is for urun to call");
	c->words = argv + optind;
	c->n_words = (size_t)(argc - optind);
	read_credentials(c);
	return store_open(store, &c->store, err);
}

static int fail(const struct err *err)
{
	char message[sizeof(err->message) * 4], hint[sizeof(err->hint) * 4];

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
	return ERR_EXIT_FAILED;
}

static int answer(struct json *doc)
{
	_cleanup_free_ char *text = json_text(doc, false);

	return text ? fd_write_all(STDOUT_FILENO, text, strlen(text)) : -ENOMEM;
}

static int run(int argc, char **argv, struct err *err)
{
	_cleanup_arena_ struct arena a = {0};
	_cleanup_json_ struct json *doc = json_new_object();
	struct command c = {.arena = &a,
			    .store = STORE_NONE,
			    .userns = -1,
			    .answer = doc,
			    .source = {.platform = platform_native()}};
	int r = -ENOSYS;

	for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
		if (strcmp(argv[0], commands[i].name) != 0)
			continue;
		r = read_command(&c, argc, argv, err);
		if (r == 0)
			r = commands[i].run(&c, err);
		break;
	}
	store_close(&c.store);
	if (r == -ENOSYS && !err->message[0])
		return err_say(err, r, "urun-image is for urun to call");
	return r < 0 ? r : answer(doc);
}

int main(int argc, char **argv)
{
	struct err err = {0};

	if (fd_sanitize_stdio() < 0 || argc < 2)
		return ERR_EXIT_FAILED;
	/* A process that ends early is an error like others. */
	signal(SIGPIPE, SIG_IGN);
	if (strcmp(argv[1], "unpack") == 0)
		return unpack_main(argc - 1, argv + 1);
	return run(argc - 1, argv + 1, &err) < 0 ? fail(&err) : 0;
}
