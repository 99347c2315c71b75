/* SPDX-License-Identifier: Apache-2.0 */
/*
 * toml.h - TOML 1.0 into the values of base/json.h
 *
 * Tables and arrays of tables become objects and arrays, dates become strings, so that a
 * configuration is read by the same typed readers as everything else. At most 1 MiB and
 * JSON_MAX_DEPTH levels; a key twice is an error.
 */
#pragma once

#include "base/json.h"

/* @ret: for json_free(). -EBADMSG with line and reason in @err. */
int toml_parse(const char *text, size_t len, struct json **ret, struct err *err);
