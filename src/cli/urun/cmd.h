/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cmd.h - the verbs of `urun`, and how they print
 */
#pragma once

#include "base/err.h"

/* Each gets its own name as argv[0] and returns the program's exit code. */
int cmd_run(int argc, char **argv);
int cmd_create(int argc, char **argv);
int cmd_sandbox(int argc, char **argv);
int cmd_save(int argc, char **argv);
int cmd_load(int argc, char **argv);
int cmd_import(int argc, char **argv);
int cmd_export(int argc, char **argv);
int cmd_commit(int argc, char **argv);
int cmd_diff(int argc, char **argv);
int cmd_cp(int argc, char **argv);
int cmd_unshare(int argc, char **argv);
int cmd_mount(int argc, char **argv);
int cmd_unmount(int argc, char **argv);
int cmd_image_mount(int argc, char **argv);
int cmd_image_unmount(int argc, char **argv);
int cmd_port(int argc, char **argv);
int cmd_top(int argc, char **argv);
int cmd_stats(int argc, char **argv);
int cmd_pause(int argc, char **argv);
int cmd_unpause(int argc, char **argv);
int cmd_update(int argc, char **argv);
int cmd_ps(int argc, char **argv);
int cmd_rm(int argc, char **argv);
int cmd_container_exists(int argc, char **argv);
int cmd_image_exists(int argc, char **argv);
int cmd_start(int argc, char **argv);
int cmd_pull(int argc, char **argv);
int cmd_push(int argc, char **argv);
int cmd_login(int argc, char **argv);
int cmd_logout(int argc, char **argv);
int cmd_search(int argc, char **argv);
int cmd_images(int argc, char **argv);
int cmd_rmi(int argc, char **argv);
int cmd_tag(int argc, char **argv);
int cmd_untag(int argc, char **argv);
int cmd_history(int argc, char **argv);
int cmd_inspect(int argc, char **argv);
int cmd_image_inspect(int argc, char **argv);
int cmd_container_inspect(int argc, char **argv);
int cmd_system_df(int argc, char **argv);
int cmd_system_prune(int argc, char **argv);
int cmd_system_fsck(int argc, char **argv);
int cmd_image_prune(int argc, char **argv);
int cmd_container_prune(int argc, char **argv);
int cmd_volume_create(int argc, char **argv);
int cmd_volume_exists(int argc, char **argv);
int cmd_volume_inspect(int argc, char **argv);
int cmd_volume_ls(int argc, char **argv);
int cmd_volume_prune(int argc, char **argv);
int cmd_volume_rm(int argc, char **argv);
int cmd_doctor(int argc, char **argv);
int cmd_info(int argc, char **argv);
int cmd_version(int argc, char **argv);

/**
 * cmd_fail() - print an error and its hint to standard error, safe for a terminal
 * Return: the exit code for it.
 */
int cmd_fail(const struct err *err);

/* Prints a remark that is no failure. */
void cmd_note(const char *text);

/* Writes out what was printed. Return: 0, or 125 after a line that says why it cannot. */
int cmd_flush(void);

/* Fills @err: standard output cannot be written to, for the reason @r. Return: @r. */
int cmd_stdout_error(int r, struct err *err);

struct json;
/* Prints a document to standard output and frees it. Return: 0, or 125 when it cannot. */
int cmd_print_json(struct json *doc);
