// SPDX-License-Identifier: Apache-2.0
/*
 * network.c - what a network may be asked for, by a command line or by a document
 */
#include <string.h>

#include "base/parse.h"
#include "spec/spec.h"

const char *spec_net_address(const struct spec_net *n, uint32_t host, struct arena *a)
{
	uint32_t v = n->subnet | host;

	return arena_printf(a, "%u.%u.%u.%u", v >> 24, v >> 16 & 255, v >> 8 & 255,
			    v & 255);
}

bool spec_net_is_outbound(const char *value, bool is_ip6)
{
	if (is_ip6 ? parse_is_ip6(value) : parse_is_ip4(value))
		return true;
	/* As dev_valid_name() of the kernel, and of letters that a document has, too. */
	for (const char *c = value; *c; c++)
		if (*c <= ' ' || *c > '~' || *c == '/' || *c == ':')
			return false;
	return value[0] && strlen(value) < 16 && strcmp(value, ".") != 0 &&
	       strcmp(value, "..") != 0;
}

const char *spec_net_pasta_interface(const struct spec_net *n)
{
	static const char name[] = "--interface";
	const size_t len = sizeof(name) - 1;

	for (size_t i = 0; i < n->words.n; i++) {
		const char *word = n->words.v[i],
			   *next = i + 1 < n->words.n ? n->words.v[i + 1] : NULL;

		if (strcmp(word, "-i") == 0 || strcmp(word, name) == 0)
			return next;
		if (strncmp(word, "-i", 2) == 0)
			return word + 2;
		if (strncmp(word, name, len) == 0 && word[len] == '=')
			return word + len + 1;
	}
	return NULL;
}

bool spec_net_pasta_lacks(const struct spec_net *n, bool is_ip6)
{
	const char *letter = is_ip6 ? "-4" : "-6",
		   *name = is_ip6 ? "--ipv4-only" : "--ipv6-only";

	for (size_t i = 0; i < n->words.n; i++) {
		const char *word = n->words.v[i];
		size_t len = strlen(word);

		if (strcmp(word, letter) == 0)
			return true;
		/* getopt_long(3) takes as much of it as no other name begins with. */
		if (len >= strlen("--ipv4") && strncmp(name, word, len) == 0)
			return true;
	}
	return false;
}

/* getopt_long(3) takes a name that only begins as one of these, too. */
static bool is_ours(const char *name, size_t len)
{
	static const char *const ours[] = {
		"netns",      "userns",	     "netns-only", "no-netns-quit",
		"foreground", "pid",	     "log-file",   "log-size",
		"runas",      "trace",	     "version",	   "help",
		"config-net", "dns-forward", "nsrun-dir",  "fd",
	};

	for (size_t i = 0; i < ARRAY_SIZE(ours); i++)
		if (len <= strlen(ours[i]) && strncmp(name, ours[i], len) == 0)
			/* "--dns" is whole: that comes before a beginning. */
			return len != 3 || strncmp(name, "dns", 3) != 0;
	return false;
}

const char *spec_net_refuse_pasta_word(const char *word)
{
	static const char ours[] = "fPlhF", without_value[] = "46qde";

	if (!*word || strpbrk(word, " \t\n"))
		return "words of pasta are separated by commas";
	if (word[0] != '-' || !word[1])
		return NULL; /* a value of the word before */
	if (word[1] == '-')
		return is_ours(word + 2, strcspn(word + 2, "="))
			       ? "that is urun's to say to pasta"
			       : NULL;
	if (strchr(ours, word[1]))
		return "that is urun's to say to pasta";
	return strchr(without_value, word[1]) && word[2]
		       ? "each of pasta's options is a word of its own"
		       : NULL;
}
