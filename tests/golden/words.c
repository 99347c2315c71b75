// SPDX-License-Identifier: Apache-2.0
/*
 * words.c - see words.h
 */
#include "words.h"

#include <string.h>

/* Copies one word to @out, which has room for all of @text. Return: where it ended, or
 * NULL when a quote is not closed. */
static const char *take_word(const char *text, char *out)
{
	char quote = '\0';

	for (; *text && (quote || !strchr(" \t\n", *text)); text++) {
		if (quote && *text == quote) {
			quote = '\0';
		} else if (!quote && (*text == '\'' || *text == '"')) {
			quote = *text;
		} else if (*text == '\\' && quote != '\'' && text[1]) {
			*out++ = *++text;
		} else {
			*out++ = *text;
		}
	}
	*out = '\0';
	return quote ? NULL : text;
}

int case_words(const char *text, struct arena *a, struct strv *ret, struct err *err)
{
	char *word = arena_alloc(a, strlen(text) + 1);

	for (;;) {
		text += strspn(text, " \t\n");
		if (*text == '#') {
			text += strcspn(text, "\n");
			continue;
		}
		if (!*text)
			return 0;
		text = take_word(text, word);
		if (!text)
			return err_say(err, -EINVAL, "a quote is not closed: %.60s",
				       word);
		strv_push(a, ret, arena_strdup(a, word));
	}
}
