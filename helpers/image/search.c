// SPDX-License-Identifier: Apache-2.0
/*
 * search.c - what registries have: repositories by a text, or the tags of one
 */
#include <string.h>

#include "base/json.h"
#include "command.h"
#include "conf_path.h"
#include "registries.h"
#include "registry.h"

#define DEFAULT_LIMIT 25

struct asked {
	struct command *command;
	const struct registries *registries;
	struct json *results;
	size_t limit; /* of each registry */
	size_t n_done;
	struct err failure; /* the last */
};

/* --- one registry --- */

static int open_host(const struct asked *s, const char *host, const char *repository,
		     struct registry **ret, struct err *err)
{
	bool is_plain = false;
	int r = registries_host(s->registries, host, repository, &is_plain, err);

	return r < 0 ? r
		     : registry_open(host, repository, is_plain, &s->command->source, ret,
				     err);
}

/* "library/debian" is what Docker calls "debian". */
static const char *full_name(const char *host, const char *name, struct arena *a)
{
	bool is_official = strcmp(host, "docker.io") == 0 && !strchr(name, '/');

	return arena_printf(a, "%s/%s%s", host, is_official ? "library/" : "", name);
}

static int search_host(struct asked *s, const char *host, const char *text,
		       struct err *err)
{
	struct arena *a = s->command->arena;
	struct registry_found *found = NULL;
	struct registry *registry = NULL;
	size_t n = 0;
	int r = open_host(s, host, NULL, &registry, err);

	if (r == 0)
		r = registry_search(registry, text, s->limit, a, &found, &n, err);
	registry_close(registry);
	for (size_t i = 0; i < n; i++) {
		struct json *o = json_add_object(s->results);

		json_put_str(o, "Index", host);
		json_put_str(o, "Name", full_name(host, found[i].name, a));
		json_put_str(o, "Description", found[i].description);
		json_put_int(o, "Stars", found[i].stars);
		json_put_bool(o, "Official", found[i].is_official);
		json_put_bool(o, "Automated", found[i].is_automated);
	}
	return r;
}

static int list_tags(struct asked *s, const struct image_ref *ref, struct err *err)
{
	struct arena *a = s->command->arena;
	struct registry *registry = NULL;
	struct strv tags = {0};
	int r = open_host(s, ref->registry, ref->repository, &registry, err);

	if (r == 0)
		r = registry_tags(registry, a, &tags, err);
	registry_close(registry);
	for (size_t i = 0; i < MIN(tags.n, s->limit); i++) {
		struct json *o = json_add_object(s->results);

		json_put_str(o, "Name",
			     arena_printf(a, "%s/%s", ref->registry, ref->repository));
		json_put_str(o, "Tag", tags.v[i]);
	}
	return r;
}

/* --- several --- */

/* One that has failed is no failure when another has answered, but it is told of. */
static void note(struct asked *s, int r, const struct err *err)
{
	struct json *list;

	if (r == 0) {
		s->n_done++;
		return;
	}
	s->failure = *err;
	list = json_get(s->command->answer, "failures");
	if (!list)
		list = json_put_array(s->command->answer, "failures");
	json_add_str(list, conf_show(err->message).text);
}

static int conclude(struct asked *s, struct err *err)
{
	if (s->n_done > 0)
		return 0;
	*err = s->failure;
	return err->code;
}

/* "quay.io/x": does a word begin with a host? Return: what is behind it, or NULL. */
static const char *behind_host(const char *text)
{
	size_t len = strcspn(text, "/");

	if (text[len] != '/')
		return NULL;
	if (memchr(text, '.', len) || memchr(text, ':', len) ||
	    strncmp(text, "localhost/", 10) == 0)
		return text + len + 1;
	return NULL;
}

/* What was typed for one registry is not for all that are searched. */
static int check_credentials(const struct asked *s, size_t n_hosts, const char *text,
			     struct err *err)
{
	if (n_hosts < 2 || !s->command->source.user)
		return 0;
	err_say(err, -EINVAL,
		"search '%s': credentials are for one registry, and %zu are searched",
		conf_show(text).text, n_hosts);
	return err_hint(err, -EINVAL, "Name it: HOST/%s", conf_show(text).text);
}

static int search_all(struct asked *s, const char *text, struct err *err)
{
	struct arena *a = s->command->arena;
	const char *behind = behind_host(text);
	struct strv hosts = {0};
	int r;

	if (behind)
		return search_host(s, arena_strndup(a, text, (size_t)(behind - text) - 1),
				   behind, err);
	r = registries_searched(s->registries, &hosts, err);
	if (r == 0)
		r = check_credentials(s, hosts.n, text, err);
	if (r < 0)
		return r;
	for (size_t i = 0; i < hosts.n; i++) {
		/* "quay.io/mine": only what is below it. */
		const char *slash = strchr(hosts.v[i], '/');
		struct err why = {0};

		note(s,
		     search_host(s,
				 arena_strndup(a, hosts.v[i], strcspn(hosts.v[i], "/")),
				 slash ? arena_printf(a, "%s/%s", slash + 1, text) : text,
				 &why),
		     &why);
	}
	return conclude(s, err);
}

static int tags_all(struct asked *s, const char *text, struct err *err)
{
	struct arena *a = s->command->arena;
	struct image_ref ref, *list = NULL;
	size_t n = 0;
	int r = ref_parse(text, a, &ref, err);

	if (r < 0)
		return r;
	if (ref.transport != REF_REGISTRY || ref.has_tag || ref.has_digest)
		return err_say(err, -EINVAL,
			       "--list-tags '%s': the name of a repository, no tag",
			       conf_show(text).text);
	if (ref.registry)
		return list_tags(s, &ref, err);
	r = registries_candidates(s->registries, &ref, a, &list, &n, err);
	if (r == 0)
		r = check_credentials(s, n, text, err);
	if (r < 0)
		return r;
	for (size_t i = 0; i < n; i++) {
		struct err why = {0};

		note(s, list_tags(s, &list[i], &why), &why);
	}
	return conclude(s, err);
}

int search(struct command *c, struct err *err)
{
	struct registries *registries = NULL;
	struct asked s = {.command = c, .limit = c->limit ? c->limit : DEFAULT_LIMIT};
	int r;

	if (c->n_words != 1)
		return err_say(err, -EINVAL, "search: one word");
	r = registries_read(c->arena, &registries, err);
	if (r < 0)
		return r;
	s.registries = registries;
	s.results = json_put_array(c->answer, "results");
	return c->want_tags ? tags_all(&s, c->words[0], err)
			    : search_all(&s, c->words[0], err);
}
