/* SPDX-License-Identifier: Apache-2.0 */
/*
 * layout.h - JSON laid out to be read, and to be compared line by line
 */
#pragma once

#include "base/arena.h"

/**
 * layout_json() - put each value on one line where it fits, else each of its parts
 * @json: borrowed; valid JSON without blanks between its tokens
 * @a:    owns the result
 *
 * An operation of the filesystem is one line so: a diff shows it whole.
 * Return: the text, ended by a newline.
 */
const char *layout_json(const char *json, struct arena *a);
