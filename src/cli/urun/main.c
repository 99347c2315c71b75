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
#include "cli/urun/sandbox.h"
#include "cli/urun/verb.h"
#include "sys/fd.h"
#include "sys/helper.h"
#include "sys/signals.h"
#include "sys/tty.h"

static int cmd_help(int argc, char **argv);
static int cmd_options(int argc, char **argv);

/* A name of two words is a verb of a group: `urun system df`. */
static const struct command {
	const char *name;
	int (*run)(int argc, char **argv);
	bool starts_containers;
	const char *help; /* NULL: not for people */
	const struct option_table
		*table; /* for manual pages and completion; NULL: none */
} commands[] = {
	{"run", cmd_run, true, "run a command in a container", &run_table},
	{"create", cmd_create, false, "make a container without running it",
	 &create_table},
	{"sandbox", cmd_sandbox, true,
	 "run a command of the host without what is the user's", &sandbox_table},
	{"start", cmd_start, true, "run a container that was kept once more",
	 &verb_start.table},
	{"ps", cmd_ps, false, "list containers", &verb_ps.table},
	{"port", cmd_port, false, "show the published ports of a container",
	 &verb_port.table},
	{"top", cmd_top, false, "list the processes of a container", &verb_top.table},
	{"stats", cmd_stats, false, "show what containers use", &verb_stats.table},
	{"pause", cmd_pause, false, "stop all processes of containers for a while",
	 &verb_pause.table},
	{"unpause", cmd_unpause, false, "let them go on", &verb_unpause.table},
	{"update", cmd_update, false, "change the limits of a container",
	 &verb_update.table},
	{"rm", cmd_rm, false, "remove containers", &verb_rm.table},
	{"pull", cmd_pull, false, "bring an image into the store", &verb_pull.table},
	{"push", cmd_push, false, "send an image to a registry", &verb_push.table},
	{"login", cmd_login, false, "store credentials for a registry",
	 &verb_login.table},
	{"logout", cmd_logout, false, "remove credentials for a registry",
	 &verb_logout.table},
	{"search", cmd_search, false, "find images in registries", &verb_search.table},
	{"images", cmd_images, false, "list the images", &verb_images.table},
	{"rmi", cmd_rmi, false, "remove images", &verb_rmi.table},
	{"tag", cmd_tag, false, "give an image more names", &verb_tag.table},
	{"untag", cmd_untag, false, "take names of images away", &verb_untag.table},
	{"history", cmd_history, false, "how an image came to be", &verb_history.table},
	{"save", cmd_save, false, "write images to an archive", &verb_save.table},
	{"load", cmd_load, false, "bring all images of an archive into the store",
	 &verb_load.table},
	{"import", cmd_import, false, "make an image of a tar archive of files",
	 &verb_import.table},
	{"export", cmd_export, false, "write a container's files to a tar archive",
	 &verb_export.table},
	{"commit", cmd_commit, false, "make an image of a container", &verb_commit.table},
	{"diff", cmd_diff, false, "what a container has changed", &verb_diff.table},
	{"cp", cmd_cp, false, "copy files into a container or out of it", &verb_cp.table},
	{"unshare", cmd_unshare, false,
	 "run a command where files of images have their owners", &verb_unshare.table},
	{"mount", cmd_mount, false, "mount the files of containers, in 'urun unshare'",
	 &verb_mount.table},
	{"unmount", cmd_unmount, false, "undo that", &verb_unmount.table},
	{"image mount", cmd_image_mount, false,
	 "mount the files of images, in 'urun unshare'", &verb_image_mount.table},
	{"image unmount", cmd_image_unmount, false, "undo that",
	 &verb_image_unmount.table},
	{"inspect", cmd_inspect, false, "all that is known of an image or a container",
	 &verb_inspect.table},
	{"image exists", cmd_image_exists, false, "is there such an image",
	 &verb_image_exists.table},
	{"image inspect", cmd_image_inspect, false, "all that is known of an image",
	 &verb_image_inspect.table},
	{"image prune", cmd_image_prune, false, "remove images that nothing uses",
	 &verb_image_prune.table},
	{"container exists", cmd_container_exists, false, "is there such a container",
	 &verb_container_exists.table},
	{"container inspect", cmd_container_inspect, false,
	 "all that is known of a container", &verb_container_inspect.table},
	{"container prune", cmd_container_prune, false,
	 "remove containers that do not run", &verb_container_prune.table},
	{"system df", cmd_system_df, false, "how much of the disk is used",
	 &verb_system_df.table},
	{"system prune", cmd_system_prune, false, "remove all that nothing uses",
	 &verb_system_prune.table},
	{"system fsck", cmd_system_fsck, false, "check the store, and mend it",
	 &verb_system_fsck.table},
	{"volume create", cmd_volume_create, false, "make a volume",
	 &verb_volume_create.table},
	{"volume exists", cmd_volume_exists, false, "is there such a volume",
	 &verb_volume_exists.table},
	{"volume inspect", cmd_volume_inspect, false, "all that is known of a volume",
	 &verb_volume_inspect.table},
	{"volume ls", cmd_volume_ls, false, "list the volumes", &verb_volume_ls.table},
	{"volume prune", cmd_volume_prune, false, "remove volumes that nothing uses",
	 &verb_volume_prune.table},
	{"volume rm", cmd_volume_rm, false, "remove volumes", &verb_volume_rm.table},
	{"doctor", cmd_doctor, false,
	 "check this host: what works, what does not, how to mend it", NULL},
	{"info", cmd_info, false, "what urun knows of this host", NULL},
	{"version", cmd_version, false, "version of urun", NULL},
	{"help", cmd_help, false, "list the commands", NULL},
	{"__options", cmd_options, false, NULL, NULL},
};

/* What podman and docker call the same, in groups. */
static const struct {
	const char *name, *same;
} aliases[] = {
	{"umount", "unmount"},
	{"container mount", "mount"},
	{"container unmount", "unmount"},
	{"container umount", "unmount"},
	{"image umount", "image unmount"},
	{"container ls", "ps"},
	{"container list", "ps"},
	{"container rm", "rm"},
	{"container start", "start"},
	{"container run", "run"},
	{"container ps", "ps"},
	{"image ls", "images"},
	{"image list", "images"},
	{"image rm", "rmi"},
	{"image pull", "pull"},
	{"image push", "push"},
	{"image search", "search"},
	{"image tag", "tag"},
	{"image untag", "untag"},
	{"image history", "history"},
	{"system info", "info"},
	{"image save", "save"},
	{"image load", "load"},
	{"image import", "import"},
	{"container export", "export"},
	{"container commit", "commit"},
	{"container diff", "diff"},
	{"container port", "port"},
	{"container stats", "stats"},
	{"container top", "top"},
	{"container cp", "cp"},
	{"container create", "create"},
	{"volume list", "volume ls"},
	{"volume remove", "volume rm"},
};

/* A limit has one mend, whatever was being done when it was hit. */
static const char *hint_of(const struct err *err)
{
	if (err->code == -EMFILE)
		return "More descriptors are needed: ulimit -n 1024";
	if (err->code == -ENFILE)
		return "The host has no descriptors left: see sysctl fs.file-max";
	if ((err->code == -ENOSPC || err->code == -EDQUOT) && !err->hint[0])
		return "Its disk, or the caller's share of it, is full. In the store, "
		       "urun "
		       "system prune\nmakes space; --root DIR is another place for it";
	return err->hint;
}

static int print_failure(const struct err *err)
{
	char message[sizeof(err->message) * 4], hint[sizeof(err->hint) * 4];

	text_escape(message, sizeof(message), err->message);
	fprintf(stderr, "urun: %s\n", message);
	for (const char *line = hint_of(err); *line; line += *line == '\n') {
		size_t len = strcspn(line, "\n");
		char one[sizeof(err->hint)];

		snprintf(one, sizeof(one), "%.*s", (int)len, line);
		text_escape(hint, sizeof(hint), one);
		fprintf(stderr, "  %s\n", hint);
		line += len;
	}
	return err_exit_code(err);
}

int cmd_fail(const struct err *err)
{
	/* A helper has failed, and has said why. */
	if (!err->message[0])
		return err_exit_code(err);
	return print_failure(err);
}

void cmd_note(const char *text)
{
	char shown[2048];

	text_escape(shown, sizeof(shown), text);
	/* The container's terminal ends lines for the caller's while that is raw. */
	fprintf(stderr, "urun: note: %s%s\n", shown,
		tty_wants_return(STDERR_FILENO) ? "\r" : "");
}

int cmd_stdout_error(int r, struct err *err)
{
	if (r == -EBADF) {
		err_say(err, r,
			"write to standard output: it is closed, or not for writing");
		return err_hint(err, r, "Where nobody is to read it: >/dev/null");
	}
	err_set(err, r, "write to standard output");
	if (r == -ENOSPC || r == -EDQUOT)
		err_hint(err, r,
			 "The disk that standard output is written to is full, or the "
			 "caller's share of it");
	return r;
}

static int fail_stdout(int r)
{
	struct err err = {0};

	cmd_stdout_error(r, &err);
	return cmd_fail(&err);
}

int cmd_flush(void)
{
	static bool has_failed;
	int r = has_failed ? 0 : fd_flush(stdout);

	if (r < 0)
		fail_stdout(r);
	has_failed |= r < 0;
	return has_failed ? ERR_EXIT_FAILED : 0;
}

int cmd_print_json(struct json *doc)
{
	_cleanup_free_ char *text = json_text(doc, true);
	int r = text ? fd_write_all(STDOUT_FILENO, text, strlen(text)) : -ENOMEM;

	json_free(doc);
	return r < 0 ? fail_stdout(r) : 0;
}

static const struct command *find(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(aliases); i++)
		if (strcmp(name, aliases[i].name) == 0)
			name = aliases[i].same;
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		if (strcmp(name, commands[i].name) == 0)
			return &commands[i];
	return NULL;
}

/* The commands as a list in man(7) source. */
static void print_commands_man(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		if (commands[i].help)
			printf(".TP\n.B %s\n%s.\n", commands[i].name, commands[i].help);
}

/* Those that have no page of their own, each with its options. */
static void print_verbs_man(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
		const struct option_table *t = commands[i].table;

		if (!t || t->options == run_table.options || t == &sandbox_table)
			continue;
		printf(".SS \"%s\"\n.B urun %s\n%s\n.PP\n%s\n", commands[i].name,
		       commands[i].name, t->synopsis, t->summary);
		options_print_man(t);
	}
}

/* The option tables in other forms, for the manual pages and the shells. */
static int cmd_options(int argc, char **argv)
{
	const struct command *c = argc == 3 ? find(argv[1]) : NULL;

	if (argc == 2 && strcmp(argv[1], "commands") == 0) {
		print_commands_man();
		return cmd_flush();
	}
	if (argc == 2 && strcmp(argv[1], "verbs") == 0) {
		print_verbs_man();
		return cmd_flush();
	}
	if (!c || !c->table)
		return ERR_EXIT_FAILED;
	if (strcmp(argv[2], "man") == 0)
		options_print_man(c->table);
	else if (strcmp(argv[2], "list") == 0)
		options_print_list(c->table);
	else
		return ERR_EXIT_FAILED;
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

/* The command that the line begins with, of one word or two. */
static const struct command *choose(int argc, char **argv, int *ret_words)
{
	const struct command *c = NULL;
	char two[64];

	*ret_words = 1;
	if (argc > 2 &&
	    snprintf(two, sizeof(two), "%s %s", argv[1], argv[2]) < (int)sizeof(two))
		c = find(two);
	if (c)
		*ret_words = 2;
	return c ? c : find(argv[1]);
}

/* Those that begin with "@group "; all when it is empty. Return: how many. */
static size_t print_commands(const char *group)
{
	size_t n = 0;

	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		if (commands[i].help &&
		    strncmp(commands[i].name, group, strlen(group)) == 0 && ++n)
			printf("  %-17s %s\n", commands[i].name, commands[i].help);
	for (size_t i = 0; *group && i < ARRAY_SIZE(aliases); i++)
		if (strncmp(aliases[i].name, group, strlen(group)) == 0 && ++n)
			printf("  %-17s is urun %s\n", aliases[i].name, aliases[i].same);
	return n;
}

static bool is_group(const char *word)
{
	size_t len = strlen(word);

	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		if (strncmp(commands[i].name, word, len) == 0 &&
		    commands[i].name[len] == ' ')
			return true;
	return false;
}

/* `urun volume --help` */
static int help_group(const char *word)
{
	char group[32];

	snprintf(group, sizeof(group), "%s ", word);
	printf("Usage: urun %s COMMAND [OPTIONS]\n\nCommands:\n", word);
	print_commands(group);
	printf("\n'urun %s COMMAND --help' tells more.\n", word);
	return cmd_flush();
}

/* `urun help`, `urun help VERB` */
static int cmd_help(int argc, char **argv)
{
	char help[] = "--help", *line[] = {NULL, NULL, NULL, NULL};
	const struct command *c;
	int n_words;

	if (argc > 1 && strcmp(argv[1], "--help") != 0 && strcmp(argv[1], "-h") != 0) {
		line[1] = argv[1];
		line[2] = argc > 2 ? argv[2] : NULL;
		c = choose(argc > 2 ? 3 : 2, line, &n_words);
		if (!c)
			return is_group(argv[1]) && argc == 2 ? help_group(argv[1])
							      : fail_usage(argv[1]);
		if (c->run != cmd_help)
			return c->run(2, (char *[]){line[n_words], help, NULL});
	}
	printf("Usage: urun COMMAND [OPTIONS]\n\nContainers for people who are not "
	       "root.\n\n"
	       "Commands:\n");
	print_commands("");
	printf("\n'urun COMMAND --help' tells more. A first container: urun run host: "
	       "id\n");
	return cmd_flush();
}

/* The second word of a group is as wrong as the first elsewhere. */
static int fail_command(int argc, char **argv)
{
	struct err err = {0};

	if (!is_group(argv[1]))
		return fail_usage(argv[1]);
	if (argc < 3)
		err_say(&err, -EINVAL, "'urun %s': no command", argv[1]);
	else
		err_say(&err, -EINVAL, "unknown command '%s %s'", argv[1], argv[2]);
	err_hint(&err, -EINVAL, "See 'urun %s --help'", argv[1]);
	return cmd_fail(&err);
}

static bool mounts_for_caller(const struct command *c)
{
	return c->run == cmd_mount || c->run == cmd_unmount ||
	       c->run == cmd_image_mount || c->run == cmd_image_unmount;
}

static int run_command(int argc, char **argv)
{
	struct err err = {0};
	int n_words;
	const struct command *c = choose(argc, argv, &n_words);

	if (!c && is_group(argv[1]) && argc > 2 &&
	    (strcmp(argv[2], "--help") == 0 || strcmp(argv[2], "-h") == 0))
		return help_group(argv[1]);
	if (!c)
		return fail_command(argc, argv);
	if (c->starts_containers && helper_protect_self(argv, &err) < 0)
		return cmd_fail(&err);
	/* It comes in a mount namespace of its own. */
	if (!c->starts_containers && !mounts_for_caller(c))
		helper_find_proc();
	return c->run(argc - n_words, argv + n_words);
}

/* `urun --root DIR COMMAND`: another place for images. By the environment, where helpers and a
 * copy of this program find it, too. Return: the words that it took, or -EINVAL. */
static int read_root(int argc, char **argv, struct err *err)
{
	const char *value = NULL;
	int n = 0;

	if (argc > 1 && strncmp(argv[1], "--root=", 7) == 0) {
		value = argv[1] + 7;
		n = 1;
	} else if (argc > 2 && strcmp(argv[1], "--root") == 0) {
		value = argv[2];
		n = 2;
	}
	if (value && value[0] != '/') {
		err_say(err, -EINVAL, "--root: '%s' is no absolute path", value);
		return err_hint(err, -EINVAL, "--root \"$PWD/%s\"",
				value[0] == '-' || !value[0] ? "DIR" : value);
	}
	if (value)
		setenv("URUN_ROOT", value, 1);
	return n;
}

static int run_line(int argc, char **argv)
{
	struct err err = {0};
	int n = read_root(argc, argv, &err);

	if (n < 0)
		return cmd_fail(&err);
	if (argc - n < 2)
		return fail_usage(NULL);
	if (strcmp(argv[n + 1], "--help") == 0 || strcmp(argv[n + 1], "-h") == 0)
		return cmd_help(0, NULL);
	if (strcmp(argv[n + 1], "--version") == 0 || strcmp(argv[n + 1], "-v") == 0)
		return cmd_version(1, argv + n + 1);
	return run_command(argc - n, argv + n);
}

int main(int argc, char **argv)
{
	int code, flushed;

	if (fd_sanitize_stdio() < 0)
		return ERR_EXIT_FAILED;
	signals_ignore_file_limit();
	code = run_line(argc, argv);
	/* For what a verb has printed and not written out itself. */
	flushed = cmd_flush();
	return code ? code : flushed;
}
