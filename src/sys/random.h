/* SPDX-License-Identifier: Apache-2.0 */
/*
 * random.h - ids that nobody else has
 */
#pragma once

#include "base/macros.h"

#define RANDOM_ID_LEN 64

/* 64 random hexadecimal digits and a NUL. 0 or a negative errno. */
int random_id(char id[static RANDOM_ID_LEN + 1]);
