/* SPDX-License-Identifier: Apache-2.0 */
/*
 * verb.h - one way in for all verbs that work on the store
 */
#pragma once

#include "cli/options.h"
#include "cli/urun/images.h"

struct verb {
	struct option_table table;
	int min_words, max_words; /* behind the options; max: -1 for any number */
	/* @options: what the setters of the table filled; @words: ended by NULL. 0, or a
	 * negative errno with @err filled. */
	int (*run)(struct images *m, void *options, char **words, struct err *err);
	bool has_command;  /* the words are a command, and end the options */
	bool is_storeless; /* has nothing to do with the store, which is not opened */
};

/* Reads the command line, opens the store, and runs it. @options: zeroed, for the setters.
 * Return: the exit code. */
int verb_run(const struct verb *v, void *options, int argc, char **argv);

/* What became of the words of a verb that goes on behind one that fails. */
struct verb_outcome {
	bool is_missing, is_used, has_failed;
};

/* The exit codes of such verbs, as podman has them. */
#define VERB_EXIT_MISSING 1 /* one is not there, and nothing worse */
#define VERB_EXIT_USED	  2 /* something uses one, or it runs, and nothing worse */

/**
 * verb_note() - print why one of them failed, if it did
 * @r:   0; -ENOENT: it is not there; -EBUSY: it is used, or runs; any other failure
 * @err: filled when @r is negative
 */
void verb_note(struct verb_outcome *o, int r, const struct err *err);

/* For the verb to end with. */
int verb_exit_code(const struct verb_outcome *o);

/* --all stands for all that are there: @word, if any, does not go with it. 0 or -EINVAL. */
int verb_check_all(const struct verb *v, bool is_all, const char *word, struct err *err);

extern const struct verb verb_start, verb_ps, verb_rm;
extern const struct verb verb_container_exists, verb_image_exists;
extern const struct verb verb_save, verb_load, verb_import, verb_export, verb_commit;
extern const struct verb verb_diff, verb_cp, verb_port, verb_stats, verb_top;
extern const struct verb verb_pause, verb_unpause, verb_update;
extern const struct verb verb_unshare, verb_mount, verb_unmount, verb_image_mount,
	verb_image_unmount;
extern const struct verb verb_pull, verb_images, verb_rmi, verb_tag, verb_untag,
	verb_history;
extern const struct verb verb_push, verb_login, verb_logout, verb_search;
extern const struct verb verb_inspect, verb_image_inspect, verb_container_inspect;
extern const struct verb verb_system_df, verb_system_prune, verb_system_fsck,
	verb_image_prune, verb_container_prune;
extern const struct verb verb_volume_create, verb_volume_exists, verb_volume_inspect,
	verb_volume_ls, verb_volume_prune, verb_volume_rm;
