/* SPDX-License-Identifier: Apache-2.0 */
/*
 * conf_path.h - where the files of a user's and of the system's configuration are
 */
#pragma once

#include "base/arena.h"
#include "base/err.h"

#ifndef CONF_SYSTEM_FOLDER
#define CONF_SYSTEM_FOLDER "/etc/containers" /* another one in tests */
#endif
#define CONF_MAX_BYTES (1u << 20)

/**
 * conf_user_path() - a file below a folder of the user's
 * @variable:   "XDG_CONFIG_HOME": taken when it is an absolute path, as the XDG specification
 *              wants it
 * @below_home: ".config", the folder otherwise; NULL when there is none
 * @name:       "containers/policy.json"
 *
 * Return: NULL when neither the variable nor $HOME says where.
 */
const char *conf_user_path(struct arena *a, const char *variable, const char *below_home,
			   const char *name);

/**
 * conf_read() - read a whole configuration file
 * @path: regular file of at most CONF_MAX_BYTES
 * @what: "policy", for messages
 *
 * Return: 0; -ENOENT without a message when it is not there; another negative errno.
 */
int conf_read(const char *path, const char *what, struct arena *a, char **ret,
	      size_t *ret_len, struct err *err);

/* Text from outside, fit to be part of a message; cut when it is long. */
struct conf_shown {
	char text[256];
};
struct conf_shown conf_show(const char *text);
