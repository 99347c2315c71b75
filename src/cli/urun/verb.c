// SPDX-License-Identifier: Apache-2.0
/*
 * verb.c - see verb.h
 */
#include "cli/urun/verb.h"

#include "cli/urun/cmd.h"

static int check_words(const struct verb *v, int n, struct err *err)
{
	if (n >= v->min_words && (v->max_words < 0 || n <= v->max_words))
		return 0;
	err_say(err, -EINVAL, "'urun %s' takes %s words than it was given", v->table.verb,
		n < v->min_words ? "more" : "fewer");
	return err_hint(err, -EINVAL, "urun %s %s", v->table.verb, v->table.synopsis);
}

/* @words: in: behind the verb; out: those that are no options */
static int read_line(const struct verb *v, void *options, int argc, char ***words,
		     int *ret_n, bool *ret_help, struct err *err)
{
	char **argv = *words - 1;
	int next, r;

	if (!v->has_command)
		return options_read_mixed(&v->table, argc, argv, options, ret_n, ret_help,
					  err);
	r = options_read(&v->table, argc, argv, options, &next, ret_help, err);
	*words = argv + next;
	*ret_n = argc - next;
	return r;
}

void verb_note(struct verb_outcome *o, int r, const struct err *err)
{
	if (r == 0)
		return;
	cmd_fail(err);
	if (r == -ENOENT)
		o->is_missing = true;
	else if (r == -EBUSY)
		o->is_used = true;
	else
		o->has_failed = true;
}

int verb_exit_code(const struct verb_outcome *o)
{
	if (o->has_failed)
		return ERR_EXIT_FAILED;
	if (o->is_used)
		return VERB_EXIT_USED;
	return o->is_missing ? VERB_EXIT_MISSING : 0;
}

int verb_check_all(const struct verb *v, bool is_all, const char *word, struct err *err)
{
	if (!is_all || !word)
		return 0;
	err_say(err, -EINVAL, "--all does not go with '%s'", word);
	return err_hint(err, -EINVAL, "Leave one of them out: urun %s %s", v->table.verb,
			v->table.synopsis);
}

int verb_run(const struct verb *v, void *options, int argc, char **argv)
{
	_cleanup_arena_ struct arena a = {0};
	_cleanup_images_ struct images m = IMAGES_NONE(&a);
	struct err err = {0};
	bool want_help = false;
	int code, n_words;
	char **words = argv + 1;
	int r = read_line(v, options, argc, &words, &n_words, &want_help, &err);

	if (r == 0 && want_help) {
		options_print_help(&v->table);
		return cmd_flush();
	}
	if (r == 0)
		r = check_words(v, n_words, &err);
	if (r == 0 && !v->is_storeless)
		r = images_open(&m, &err);
	if (r == 0)
		r = v->run(&m, options, words, &err);
	code = cmd_flush();
	return r < 0 ? cmd_fail(&err) : code;
}
