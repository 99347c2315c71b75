/* SPDX-License-Identifier: Apache-2.0 */
/*
 * options.h - command lines by table
 *
 * Each verb has one table. The reader, --help, the manual pages and the shells' completion
 * are all made from it. Spelling is podman's: "--opt VALUE", "--opt=VALUE", "-oVALUE",
 * bundles like "-it", booleans with "=false"; options end at "--", and where a command follows
 * at the first other word.
 */
#pragma once

#include "base/err.h"

struct option {
	const char *name;  /* without dashes */
	char letter;	   /* 0: none */
	const char *value; /* what it is called in help; NULL: a boolean */
	const char *help;
	/* Takes "true" or "false" for booleans. 0, or a negative errno with a message that
	 * the reader puts the option's name before. */
	int (*set)(void *target, const char *value, struct err *err);
};

struct option_table {
	const char *verb;	      /* "run"; "": what stands before one */
	const char *synopsis;	      /* "[OPTIONS] ROOTFS [COMMAND [ARG...]]" */
	const char *summary;	      /* one sentence */
	const struct option *options; /* ended by a NULL name */
	/* NULL: "urun". Another one also takes "-long" for "--long", as Go's programs do. */
	const char *program;
};

/**
 * options_read() - read the options of one verb
 * @table:    borrowed
 * @argc, @argv: argv[0] is the verb; borrowed
 * @target:   handed to the setters
 * @ret_next: index of the first word that is no option
 * @ret_help: --help was there; the rest is not read then
 *
 * Return: 0; -EINVAL with "unknown flag: --x" in podman's words, or what a setter said.
 */
int options_read(const struct option_table *table, int argc, char **argv, void *target,
		 int *ret_next, bool *ret_help, struct err *err);

/**
 * options_read_mixed() - read options that may stand before, between and behind words
 * @argv:      the words are moved to argv[1] and on, and ended by NULL
 * @ret_words: how many
 *
 * For verbs whose words are names, not the command of a container. All behind "--" is words.
 * Else as options_read().
 */
int options_read_mixed(const struct option_table *table, int argc, char **argv,
		       void *target, int *ret_words, bool *ret_help, struct err *err);

/* The same for a verb that takes no words. -EINVAL also names the first one. */
int options_read_only(const struct option_table *table, int argc, char **argv,
		      void *target, bool *ret_help, struct err *err);

/* Prints the help of a verb to standard output. */
void options_print_help(const struct option_table *table);
/* Prints the table as man(7) source, or as "NAME<tab>LETTER<tab>takes a value" lines. */
void options_print_man(const struct option_table *table);
void options_print_list(const struct option_table *table);

/**
 * options_set() - set one option that stands elsewhere than in a command line
 * @name:  its long name, without dashes
 * @value: NULL: none was given
 * @target: handed to the setter
 *
 * Return: 0; -EINVAL for one that the table does not have, or that needs a value; or what the
 * setter said.
 */
int options_set(const struct option_table *table, const char *name, const char *value,
		void *target, struct err *err);

/* For setters of booleans. */
int options_bool(const char *value, bool *ret, struct err *err);
