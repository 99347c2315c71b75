/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sandbox.h - `urun sandbox`: the host's own tree, without what is the user's
 */
#pragma once

#include "cli/options.h"
#include "cli/urun/request.h"

extern const struct option_table sandbox_table;

/**
 * sandbox_read() - read policies, options and the command
 * @q: arena, environ and spec.id are set by the caller
 * @argc, @argv: argv[0] is "sandbox"
 * @ret_help: --help was asked for; nothing else is done then
 *
 * As request_read(), for a container whose root is the host's tree, read-only. Looks up the paths that are
 * granted, and keeps them open.
 * Return: 0 or a negative errno with @err filled.
 */
int sandbox_read(struct request *q, int argc, char **argv, bool *ret_help,
		 struct err *err);

/* Says of a command that was not found why that may be: it is hidden, or SHELL names it. @err has the
 * failure, and gets a mend. */
void sandbox_explain(const struct request *q, struct err *err);
