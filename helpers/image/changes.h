/* SPDX-License-Identifier: Apache-2.0 */
/*
 * changes.h - --change: instructions of a Containerfile, for a config that exists
 */
#pragma once

#include "base/json.h"

#define CHANGES_MAX 1000

/**
 * changes_apply() - change the "config" of an image's config
 * @config:  changed
 * @changes: "CMD [\"sh\"]", "ENV A=b", "WORKDIR=/x"...
 *
 * Known are CMD, ENTRYPOINT, ENV, EXPOSE, HEALTHCHECK, LABEL, ONBUILD, STOPSIGNAL, USER, VOLUME,
 * WORKDIR, in any case, followed by a blank or, as podman takes it, by "=". Words are quoted as in a
 * Containerfile; no variable is put in. Source: Dockerfile reference; podman-commit(1).
 * Return: 0; -EINVAL with @err filled, which has the instruction.
 */
int changes_apply(struct json *config, const struct strv *changes, struct arena *a,
		  struct err *err);
