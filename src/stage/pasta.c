// SPDX-License-Identifier: Apache-2.0
/*
 * pasta.c - connections of the container become connections of the host, with its addresses
 *
 * It enters the container's network namespace by itself and shuts itself in. It stays this
 * process's child and ends with it; its number is written once it serves. Since 2024 it closes all
 * that it inherits but for the standard streams, so two of these are what it is handed.
 *
 * It is root of the container's user namespace, where that has a root. Else it cannot be started
 * inside, and opens the namespace by this process's number. The kernel allows that only while this
 * process has no capability, which is so: newuidmap alone writes such a map, for an ordinary user.
 * Source: passt(1).
 */
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "stage/net.h"
#include "sys/net.h"

/* The value of a short one may follow at once. */
static bool has_word(const struct strv *words, const char *word)
{
	size_t len = strlen(word);

	for (size_t i = 0; i < words->n; i++)
		if (strncmp(words->v[i], word, len) == 0 &&
		    (len == 2 || words->v[i][len] == '\0' || words->v[i][len] == '='))
			return true;
	return false;
}

/* podman's defaults, where the caller says nothing else. */
static void add_defaults(struct strv *argv, const struct spec *spec, struct arena *a)
{
	const struct fsop *op = spec_resolver_op(spec);
	const struct spec_net *n = &spec->net;
	static const char *const modes[] = {"-t", "-u", "-T", "-U"};
	static const char *const names[] = {"--tcp-ports", "--udp-ports", "--tcp-ns",
					    "--udp-ns"};
	const struct strv *words = &n->words;

	for (size_t i = 0; i < ARRAY_SIZE(modes); i++) {
		if (has_word(words, modes[i]) || has_word(words, names[i]))
			continue;
		strv_push(a, argv, modes[i]);
		strv_push(a, argv, "none");
	}
	if (!has_word(words, "--map-gw"))
		strv_push(a, argv, "--no-map-gw");
	/* It would take the answers of the server that it asks for its own, those to a question that
	 * the container asks itself as well. */
	for (int is_ip6 = 0; is_ip6 <= 1; is_ip6++) {
		if (op ? !spec_resolver_asks_backend(spec, op->content, is_ip6) : is_ip6)
			continue;
		strv_push(a, argv, "--dns-forward");
		strv_push(a, argv, spec_resolver_backend(spec, is_ip6, a));
	}
}

static void describe(const struct run *run, const struct net_place *at,
		     struct net_command *c)
{
	const struct spec_net *n = &run->plan->spec->net;
	struct arena *a = run->arena;

	c->path = PASTA_PATH;
	strv_push(a, &c->argv, "pasta");
	strv_push(a, &c->argv, "--foreground");
	strv_push(a, &c->argv, "--config-net");
	/* pasta opens it by its path, and the container's root may be another than its owner. Only
	 * who can look at these processes finds it. */
	fchmod(c->ready, 0622);
	c->out = c->ready;
	strv_pushf(a, &c->argv, "--pid=/proc/self/fd/%d", STDOUT_FILENO);
	add_defaults(&c->argv, run->plan->spec, a);
	c->in = at->netns;
	strv_pushf(a, &c->argv, "--netns=/proc/self/fd/%d", STDIN_FILENO);
	c->is_inside = plan_has_uid(run->plan, 0) && plan_has_gid(run->plan, 0);
	/* Else it makes nobody of a root that has all ids, who could not enter the namespace. */
	if (at->userns < 0 ? geteuid() == 0 : c->is_inside)
		strv_push(a, &c->argv, "--runas=0:0");
	if (at->userns >= 0 && c->is_inside)
		strv_push(a, &c->argv, "--netns-only");
	else if (at->userns >= 0)
		strv_pushf(a, &c->argv, "--userns=/proc/%d/fd/%d", (int)getpid(),
			   at->userns);
	/* Last: a word that is no option ends the options, and an option that lacks its value
	 * takes the next word. pasta would make a namespace of its own then. */
	for (size_t i = 0; i < n->words.n; i++)
		if (strcmp(n->words.v[i], "--map-gw") != 0)
			strv_push(a, &c->argv, n->words.v[i]);
}

const struct net_program net_pasta = {"pasta", "passt", false, describe};
