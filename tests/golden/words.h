/* SPDX-License-Identifier: Apache-2.0 */
/*
 * words.h - the words of a case's files, quoted as a shell quotes them
 */
#pragma once

#include "base/arena.h"
#include "base/err.h"

/**
 * case_words() - split a text into words
 * @text: borrowed; 'single' and "double" quotes, \ before one character, # begins a
 *        comment where a word may begin. Nothing is expanded
 * @a:    owns the words
 * @ret:  the words are added to it
 * @err:  says what is not closed
 *
 * Return: 0 or -EINVAL.
 */
int case_words(const char *text, struct arena *a, struct strv *ret, struct err *err);
