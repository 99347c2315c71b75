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

int verb_run(const struct verb *v, void *options, int argc, char **argv)
{
	_cleanup_arena_ struct arena a = {0};
	_cleanup_images_ struct images m = IMAGES_NONE(&a);
	struct err err = {0};
	bool want_help = false;
	int next, code;
	int r = options_read(&v->table, argc, argv, options, &next, &want_help, &err);

	if (r == 0 && want_help) {
		options_print_help(&v->table);
		return cmd_flush();
	}
	if (r == 0)
		r = check_words(v, argc - next, &err);
	if (r == 0)
		r = images_open(&m, &err);
	if (r == 0)
		r = v->run(&m, options, argv + next, &err);
	code = cmd_flush();
	return r < 0 ? cmd_fail(&err) : code;
}
