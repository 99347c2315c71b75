/* SPDX-License-Identifier: Apache-2.0 */
/*
 * newid.h - ids that nobody else has
 */
#pragma once

#include "base/macros.h"

#define NEWID_LEN 64

/* 64 random hexadecimal digits and a NUL. 0 or a negative errno. */
int newid_make(char id[static NEWID_LEN + 1]);
