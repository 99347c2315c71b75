/* SPDX-License-Identifier: Apache-2.0 */
/*
 * auth_private.h - what finding credentials and writing them have in common
 */
#pragma once

#include "auth.h"
#include "auth_helper.h"
#include "base/json.h"

/* Docker's own name for its registry, from the days of version 1. */
#define AUTH_HUB_URL "https://index.docker.io/v1/"

/* --authfile, or what stands for it in the environment, or NULL. */
const char *auth_named_file(const char *authfile);
/* The files that podman writes to; NULL where there is no folder for them. */
const char *auth_runtime_file(struct arena *a);
const char *auth_config_file(struct arena *a);

/* A JSON object from a file. Return: 0; -ENOENT without a message when it is not there; another
 * negative errno, and a message that quotes nothing. */
int auth_read_file(const char *path, struct arena *a, struct json **ret, struct err *err);

/* An object, and not too large. */
int auth_check_count(const struct json_at *at, struct err *err);

/* The host that a key is for. Docker has used URLs, and several names for its own registry. */
const char *auth_host_of(const char *key, bool is_legacy, struct arena *a);
bool auth_is_hub(const char *host, struct arena *a);

/* The helper of one registry, and the one of all. @ret_name: NULL when there is none.
 * @ret_server: what the registry is called there. */
int auth_find_helper(const struct json_at *root, const char *host, struct arena *a,
		     const char **ret_name, const char **ret_server, struct err *err);
int auth_read_store(const struct json_at *root, struct arena *a, const char **ret_name,
		    struct err *err);
struct auth_helper auth_helper_of(const char *name);

/* For what may turn out to be no failure: @err is filled by a failure only. Return: @r. */
int auth_hand_on(int r, const struct err *why, struct err *err);
