// SPDX-License-Identifier: Apache-2.0
/*
 * container_name.c - names of two words for containers that were given none
 *
 * They are computed of the id, so that a container that is not kept costs nothing for it: nobody
 * writes its name, and whoever lists containers finds it.
 */
#include <stdlib.h>
#include <string.h>

#include "image/container.h"

#define MAX_TRIES 64 /* other words, before a name gets digits */
#define ID_SHOWN  12

static const char *const adjectives[] = {
	"amber",  "ample",  "azure",  "bold",	"brave",   "breezy", "bright", "brisk",
	"calm",	  "candid", "civil",  "clear",	"clever",  "cosmic", "cosy",   "crisp",
	"daring", "deft",   "eager",  "early",	"easy",	   "fair",   "fancy",  "fast",
	"fine",	  "fleet",  "fresh",  "gentle", "glad",	   "golden", "grand",  "green",
	"happy",  "hardy",  "honest", "humble", "ideal",   "jolly",  "keen",   "kind",
	"lively", "loyal",  "lucid",  "lucky",	"mellow",  "merry",  "mild",   "misty",
	"modest", "neat",   "nimble", "noble",	"patient", "placid", "plain",  "polite",
	"proud",  "quick",  "quiet",  "rapid",	"ready",   "regal",  "robust", "rosy",
	"rustic", "serene", "sharp",  "shiny",	"silent",  "silver", "simple", "sleek",
	"smooth", "snug",   "solid",  "spry",	"stable",  "steady", "still",  "sturdy",
	"sunny",  "swift",  "tender", "tidy",	"tough",   "upbeat", "vast",   "vivid",
	"warm",	  "wary",   "wild",   "windy",	"wise",	   "witty",  "young",  "zesty",
};

static const char *const nouns[] = {
	"acorn",   "alder",  "badger",	"basil",   "beaver", "birch",  "bison",	 "brook",
	"canyon",  "cedar",  "cliff",	"clover",  "comet",  "coral",  "crane",	 "creek",
	"cricket", "delta",  "dune",	"eagle",   "ember",  "falcon", "fern",	 "finch",
	"fjord",   "forest", "fox",	"garnet",  "geyser", "glade",  "grove",	 "gull",
	"harbor",  "hare",   "hazel",	"heron",   "hill",   "ibis",   "island", "ivy",
	"jackal",  "jasper", "juniper", "kestrel", "lagoon", "lake",   "larch",	 "lark",
	"laurel",  "lily",   "linden",	"llama",   "lynx",   "maple",  "marble", "marmot",
	"marsh",   "meadow", "meteor",	"mole",	   "moose",  "moss",   "nebula", "newt",
	"oak",	   "ocean",  "onyx",	"opal",	   "orchid", "otter",  "owl",	 "panda",
	"pebble",  "pine",   "plover",	"pond",	   "poppy",  "puffin", "quartz", "rabbit",
	"raven",   "reef",   "ridge",	"river",   "robin",  "sage",   "salmon", "spruce",
	"stork",   "summit", "thistle", "tiger",   "tundra", "valley", "walnut", "willow",
};

/* FNV-1a: any id will do, also one that nobody has made as he should. */
static uint64_t hash(const char *id, unsigned int attempt)
{
	uint64_t h = 14695981039346656037ULL + attempt;

	for (; *id; id++)
		h = (h ^ (unsigned char)*id) * 1099511628211ULL;
	return h ^ (h >> 32);
}

static const char *words_of(const char *id, unsigned int attempt, struct arena *a)
{
	uint64_t h = hash(id, attempt);

	return arena_printf(a, "%s_%s", adjectives[h % ARRAY_SIZE(adjectives)],
			    nouns[h / ARRAY_SIZE(adjectives) % ARRAY_SIZE(nouns)]);
}

static const char *with_digits(const char *words, const char *id, struct arena *a)
{
	return arena_printf(a, "%s_%.*s", words, ID_SHOWN, id);
}

/* Equal names side by side: those that were given first, then the older one. */
static int compare(const void *left, const void *right)
{
	const struct container *a = *(const struct container *const *)left,
			       *b = *(const struct container *const *)right;
	int r = strcmp(a->name, b->name);

	if (r == 0)
		r = a->has_own_name - b->has_own_name;
	if (r == 0)
		r = strcmp(a->created ? a->created : "", b->created ? b->created : "");
	return r ? r : strcmp(a->id, b->id);
}

void container_name_all(struct container *v, size_t n, struct arena *a)
{
	struct container **sorted = arena_alloc(a, (n + 1) * sizeof(struct container *));
	const char *before = "";

	for (size_t i = 0; i < n; i++) {
		v[i].has_own_name = !v[i].name;
		if (!v[i].name)
			v[i].name = words_of(v[i].id, 0, a);
		sorted[i] = &v[i];
	}
	qsort(sorted, n, sizeof(struct container *), compare);
	for (size_t i = 0; i < n; i++) {
		const char *name = sorted[i]->name;

		if (strcmp(name, before) == 0 && sorted[i]->has_own_name)
			sorted[i]->name = with_digits(name, sorted[i]->id, a);
		before = name;
	}
}

static bool is_taken(const char *name, const struct container *v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(v[i].name, name) == 0)
			return true;
	return false;
}

const char *container_name_unseen(const char *id, struct arena *a)
{
	return with_digits(words_of(id, 0, a), id, a);
}

const char *container_name_new(const char *id, const struct container *v, size_t n,
			       struct arena *a)
{
	for (unsigned int i = 0; i < MAX_TRIES; i++) {
		const char *name = words_of(id, i, a);

		if (!is_taken(name, v, n))
			return name;
	}
	return container_name_unseen(id, a);
}
