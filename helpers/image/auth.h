/* SPDX-License-Identifier: Apache-2.0 */
/*
 * auth.h - credentials: auth.json of podman, config.json of docker, and their helpers
 *
 * Looked up in: --authfile or $REGISTRY_AUTH_FILE alone; else
 * $XDG_RUNTIME_DIR/containers/auth.json, $XDG_CONFIG_HOME/containers/auth.json,
 * $DOCKER_CONFIG/config.json or $HOME/.docker/config.json, $HOME/.dockercfg. In each, credHelpers
 * of the registry first, then auths from the longest name (host/namespace/repository) to the
 * host's, then credsStore.
 * Source: containers-auth.json(5), docker-credential-helpers.
 */
#pragma once

#include "base/arena.h"
#include "base/err.h"

struct auth {
	const char *user, *password; /* NULL: none */
	const char *identity_token;  /* instead of a password */
	const char *found_in;	     /* file or helper, for messages */
};

/**
 * auth_find() - credentials for a repository
 * @authfile: --authfile, or NULL
 * @host, @repository: "docker.io", "library/debian"; repository may be NULL
 * @ret: all NULL when there are none
 *
 * A credential helper is "docker-credential-NAME" of $PATH, run without a shell, with the
 * registry on its stdin; its answer is at most 1 MiB and has a minute to come.
 * Return: 0 or a negative errno with @err filled.
 */
int auth_find(const char *authfile, const char *host, const char *repository,
	      struct arena *a, struct auth *ret, struct err *err);

/* Stores and removes, in the file that `podman login` would choose (mode 0600, replaced in one
 * step, what else it holds is kept) or by the helper that it names. auth_remove: -ENOENT when
 * there was nothing. @host NULL: all. */
int auth_store(const char *authfile, const char *host, const char *user,
	       const char *password, struct arena *a, const char **ret_where,
	       struct err *err);
int auth_remove(const char *authfile, const char *host, struct arena *a, struct err *err);
