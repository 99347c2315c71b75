/* SPDX-License-Identifier: Apache-2.0 */
/*
 * verb.h - one way in for all verbs that work on the store
 */
#pragma once

#include "cli/urun/images.h"
#include "cli/urun/options.h"

struct verb {
	struct option_table table;
	int min_words, max_words; /* behind the options; max: -1 for any number */
	/* @options: what the setters of the table filled; @words: ended by NULL. 0, or a
	 * negative errno with @err filled. */
	int (*run)(struct images *m, void *options, char **words, struct err *err);
};

/* Reads the command line, opens the store, and runs it. @options: zeroed, for the setters.
 * Return: the exit code. */
int verb_run(const struct verb *v, void *options, int argc, char **argv);

extern const struct verb verb_start, verb_ps, verb_rm;
extern const struct verb verb_pull, verb_images, verb_rmi, verb_tag, verb_untag,
	verb_history;
extern const struct verb verb_inspect, verb_image_inspect, verb_container_inspect;
extern const struct verb verb_system_df, verb_system_prune, verb_system_fsck,
	verb_image_prune, verb_container_prune;
extern const struct verb verb_volume_create, verb_volume_exists, verb_volume_inspect,
	verb_volume_ls, verb_volume_prune, verb_volume_rm;
