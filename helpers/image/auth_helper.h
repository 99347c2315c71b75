/* SPDX-License-Identifier: Apache-2.0 */
/*
 * auth_helper.h - credential helpers: programs that keep passwords for others; for auth.c only
 */
#pragma once

#include "auth.h"

#define AUTH_HELPER_TIMEOUT_MS 60000

struct auth_helper {
	const char
		*name; /* of docker-credential-NAME: letters, digits, '.', '_' and '-' */
	int timeout_ms;
};

/* What they return: 0, or a negative errno with @err filled. -ESRCH: there is no such program. */

/* @ret: untouched when the helper has nothing for @server. @ret_found says which it was. */
int auth_helper_get(const struct auth_helper *h, const char *server, struct arena *a,
		    struct auth *ret, bool *ret_found, struct err *err);
int auth_helper_store(const struct auth_helper *h, const char *server, const char *user,
		      const char *password, struct arena *a, struct err *err);
/* @ret_found: was there anything? */
int auth_helper_erase(const struct auth_helper *h, const char *server, bool *ret_found,
		      struct err *err);

/* "docker-credential-NAME", for messages. */
const char *auth_helper_name(const struct auth_helper *h, struct arena *a);
