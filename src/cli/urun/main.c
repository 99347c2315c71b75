// SPDX-License-Identifier: Apache-2.0
/*
 * main.c - urun: containers for people who are not root
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/json.h"
#include "cli/urun/cmd.h"
#include "cli/urun/request.h"
#include "sys/fd.h"
#include "sys/helper.h"
#include "sys/signals.h"

static int cmd_help(int argc, char **argv);
static int cmd_options(int argc, char **argv);

static const struct verb {
	const char *name;
	int (*run)(int argc, char **argv);
	bool starts_containers;
	const char *help; /* NULL: not for people */
} verbs[] = {
	{"run", cmd_run, true, "run a command in a container"},
	{"doctor", cmd_doctor, false,
	 "check this host: what works, what does not, how to mend it"},
	{"info", cmd_info, false, "what urun knows of this host"},
	{"version", cmd_version, false, "version of urun"},
	{"help", cmd_help, false, "list the commands"},
	{"__options", cmd_options, false, NULL},
};

/* A limit has one mend, whatever was being done when it was hit. */
static const char *hint_of(const struct err *err)
{
	if (err->code == -EMFILE)
		return "More descriptors are needed: ulimit -n 1024";
	if (err->code == -ENFILE)
		return "The host has no descriptors left: see sysctl fs.file-max";
	return err->hint;
}

int cmd_fail(const struct err *err)
{
	char message[sizeof(err->message) * 4], hint[sizeof(err->hint) * 4];

	text_escape(message, sizeof(message), err->message);
	fprintf(stderr, "urun: %s\n", message);
	if (hint_of(err)[0]) {
		text_escape(hint, sizeof(hint), hint_of(err));
		fprintf(stderr, "  %s\n", hint);
	}
	return err_exit_code(err);
}

void cmd_note(const char *text)
{
	char shown[2048];

	text_escape(shown, sizeof(shown), text);
	fprintf(stderr, "urun: note: %s\n", shown);
}

static int fail_stdout(int r)
{
	struct err err = {0};

	err_set(&err, r, "write to standard output");
	return cmd_fail(&err);
}

int cmd_flush(void)
{
	int r = fd_flush(stdout);

	return r < 0 ? fail_stdout(r) : 0;
}

int cmd_print_json(struct json *doc)
{
	_cleanup_free_ char *text = json_text(doc, true);
	int r = text ? fd_write_all(STDOUT_FILENO, text, strlen(text)) : -ENOMEM;

	json_free(doc);
	return r < 0 ? fail_stdout(r) : 0;
}

/* The option table in other forms, for the manual pages and the shells. */
static int cmd_options(int argc, char **argv)
{
	if (argc == 3 && strcmp(argv[1], "run") == 0 && strcmp(argv[2], "man") == 0)
		options_print_man(&run_table);
	else if (argc == 3 && strcmp(argv[1], "run") == 0 && strcmp(argv[2], "list") == 0)
		options_print_list(&run_table);
	else
		return ERR_EXIT_FAILED;
	return cmd_flush();
}

static int cmd_help(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	printf("Usage: urun COMMAND [OPTIONS]\n\nContainers for people who are not "
	       "root.\n\n"
	       "Commands:\n");
	for (size_t i = 0; i < ARRAY_SIZE(verbs); i++)
		if (verbs[i].help)
			printf("  %-10s %s\n", verbs[i].name, verbs[i].help);
	printf("\n'urun COMMAND --help' tells more. A first container: urun run host: "
	       "id\n");
	return cmd_flush();
}

static int fail_usage(const char *word)
{
	struct err err = {0};

	if (word)
		err_say(&err, -EINVAL, "unknown command '%s'", word);
	else
		err_say(&err, -EINVAL, "no command");
	err_hint(&err, -EINVAL, "See 'urun --help'");
	return cmd_fail(&err);
}

int main(int argc, char **argv)
{
	const char *word = argc > 1 ? argv[1] : NULL;
	struct err err = {0};

	if (fd_sanitize_stdio() < 0)
		return ERR_EXIT_FAILED;
	signals_ignore_file_limit();
	if (!word)
		return fail_usage(NULL);
	if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0)
		word = "help";
	else if (strcmp(word, "--version") == 0 || strcmp(word, "-v") == 0)
		word = "version";
	for (size_t i = 0; i < ARRAY_SIZE(verbs); i++) {
		if (strcmp(word, verbs[i].name) != 0)
			continue;
		if (verbs[i].starts_containers && helper_protect_self(argv, &err) < 0)
			return cmd_fail(&err);
		return verbs[i].run(argc - 1, argv + 1);
	}
	return fail_usage(argv[1]);
}
