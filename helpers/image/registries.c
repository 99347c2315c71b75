// SPDX-License-Identifier: Apache-2.0
/*
 * registries.c - see registries.h; policy_check() is in policy.c
 *
 * Files are read one over the other: a later one replaces the list of registries to search, the
 * [[registry]] tables of the same prefix, and aliases of the same name. What stands for an image
 * is made by text: what is behind the prefix goes behind the location, and is read anew.
 *
 * Source: containers-registries.conf(5), containers-registries.conf.d(5).
 */
#include "registries.h"

#include <stdio.h>
#include <string.h>

#include "conf_path.h"
#include "sys/dir.h"
#include "sys/fd.h"
#include "toml.h"

/* Of one file. */
#define MAX_ALIASES    4096u
#define MAX_REGISTRIES 1024u
#define MAX_MIRRORS    64u
#define MAX_SEARCHED   64u
#define MAX_DROP_INS   256u

enum pull {
	PULL_ALL,
	PULL_DIGEST,
	PULL_TAG,
};

struct mirror {
	const char *location;
	bool is_insecure;
	enum pull pull;
};

struct table {
	const char *prefix;
	const char *location; /* NULL: as the prefix */
	bool is_insecure, is_blocked, is_digest_only;
	struct mirror *mirrors;
	size_t n_mirrors;
	const char *file; /* for messages */
};

struct alias {
	const char *name, *value; /* "" takes an earlier one away */
};

struct registries {
	struct table *tables;
	size_t n_tables;
	struct alias *aliases; /* the last one of a name counts */
	size_t n_aliases;
	struct strv searched;
	const char *write_to; /* for the hint when nothing is configured */
};

/* One file that is being read. */
struct reading {
	struct registries *c;
	const char *file;
	struct arena *a;
	struct err *err;
};

/* --- names in the configuration --- */

/* Reads what a name is the beginning of. */
static int parse_beginning(const char *text, struct arena *a, struct image_ref *ret)
{
	const char *whole = strchr(text, '/') ? text : arena_printf(a, "%s/x", text);
	int r = ref_parse(whole, a, ret, NULL);

	return r == 0 && (ret->transport != REF_REGISTRY || !ret->registry) ? -EINVAL : r;
}

/* "host[:port][/path]", without a slash behind it. */
static int read_location(const struct json_at *at, const struct reading *in,
			 const char **ret)
{
	const char *text = NULL;
	struct image_ref ref;
	size_t len;
	int r = json_read_str(at, in->a, &text, in->err);

	if (r < 0 || !text)
		return r;
	if (strstr(text, "://"))
		return json_invalid(at, in->err,
				    "'%s' is a URL: write HOST[:PORT][/PATH], and "
				    "insecure = true for HTTP",
				    conf_show(text).text);
	len = strlen(text);
	while (len > 0 && text[len - 1] == '/')
		len--;
	if (len == 0)
		return 0;
	text = arena_strndup(in->a, text, len);
	if (parse_beginning(text, in->a, &ref) < 0)
		return json_invalid(at, in->err,
				    "'%s' is no HOST[:PORT][/PATH] of a registry",
				    conf_show(text).text);
	*ret = text;
	return 0;
}

static bool is_wildcard(const char *prefix)
{
	return strncmp(prefix, "*.", 2) == 0;
}

/* A location, or "*.example.com". */
static int read_prefix(const struct json_at *at, const struct reading *in,
		       const char **ret)
{
	const char *text = NULL;
	struct image_ref ref;
	int r = json_read_str(at, in->a, &text, in->err);

	if (r < 0 || !text)
		return r;
	if (!is_wildcard(text))
		return read_location(at, in, ret);
	if (strpbrk(text, "/:@") ||
	    parse_beginning(arena_printf(in->a, "a.%s", text + 2), in->a, &ref) < 0)
		return json_invalid(at, in->err,
				    "'%s': a wildcard stands before a host, as in "
				    "*.example.com, and nothing behind it",
				    conf_show(text).text);
	*ret = text;
	return 0;
}

/* --- [[registry]] --- */

static int read_pull(const struct json_at *at, const struct reading *in, enum pull *ret)
{
	static const struct {
		const char *word;
		enum pull pull;
	} words[] = {
		{"", PULL_ALL},
		{"all", PULL_ALL},
		{"digest-only", PULL_DIGEST},
		{"tag-only", PULL_TAG},
	};
	const char *word = NULL;
	int r = json_read_str(at, in->a, &word, in->err);

	if (r < 0 || !word)
		return r;
	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		if (strcmp(words[i].word, word) == 0) {
			*ret = words[i].pull;
			return 0;
		}
	}
	return json_invalid(at, in->err, "'%s' is not all, digest-only or tag-only",
			    conf_show(word).text);
}

static int read_mirror(const struct json_at *at, const struct reading *in,
		       struct table *table)
{
	struct mirror *m = ARR_PUSH(in->a, table, mirrors);
	struct json_at location = json_key(at, "location"),
		       insecure = json_key(at, "insecure"),
		       pull = json_key(at, "pull-from-mirror");
	int r = read_location(&location, in, &m->location);

	if (r == 0)
		r = json_read_bool(&insecure, &m->is_insecure, in->err);
	if (r == 0)
		r = read_pull(&pull, in, &m->pull);
	if (r < 0)
		return r;
	if (!m->location)
		return json_invalid(at, in->err, "a mirror has a location");
	if (table->is_digest_only && json_is_present(&pull))
		return json_invalid(&pull, in->err,
				    "it cannot be told of a mirror beside "
				    "mirror-by-digest-only of the registry");
	return 0;
}

/* Calls @fn for each element of an array of tables. */
static int each(const struct json_at *list, const struct reading *in, unsigned int max,
		int (*fn)(const struct json_at *at, const struct reading *in,
			  struct table *table),
		struct table *table)
{
	int r = json_expect(list, JSON_KIND_ARRAY, in->err);

	if (r == 0 && json_count(list) > max)
		return json_invalid(list, in->err, "more than %u", max);
	for (size_t i = 0; r == 0 && i < json_count(list); i++) {
		struct json_at item = json_index(list, i);

		r = json_expect(&item, JSON_KIND_OBJECT, in->err);
		if (r == 0)
			r = fn(&item, in, table);
	}
	return r;
}

static int read_flags(const struct json_at *at, const struct reading *in,
		      struct table *ret)
{
	const struct {
		const char *key;
		bool *flag;
	} flags[] = {
		{"insecure", &ret->is_insecure},
		{"blocked", &ret->is_blocked},
		{"mirror-by-digest-only", &ret->is_digest_only},
	};
	int r = 0;

	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(flags); i++) {
		struct json_at value = json_key(at, flags[i].key);

		r = json_read_bool(&value, flags[i].flag, in->err);
	}
	return r;
}

/* A table replaces that of an earlier file; two in one file would contradict each other. */
static int add_table(const struct json_at *at, const struct reading *in,
		     const struct table *table)
{
	for (size_t i = 0; i < in->c->n_tables; i++) {
		if (strcmp(in->c->tables[i].prefix, table->prefix) != 0)
			continue;
		if (strcmp(in->c->tables[i].file, in->file) == 0)
			return json_invalid(at, in->err, "the prefix '%s' is there twice",
					    conf_show(table->prefix).text);
		in->c->tables[i] = *table;
		return 0;
	}
	*ARR_PUSH(in->a, in->c, tables) = *table;
	return 0;
}

static int read_table(const struct json_at *at, const struct reading *in,
		      struct table *unused)
{
	struct table table = {.file = in->file};
	struct json_at prefix = json_key(at, "prefix"),
		       location = json_key(at, "location"),
		       mirrors = json_key(at, "mirror"),
		       pull = json_key(at, "pull-from-mirror");
	int r = read_prefix(&prefix, in, &table.prefix);

	(void)unused;
	if (r == 0)
		r = read_location(&location, in, &table.location);
	if (r == 0)
		r = read_flags(at, in, &table);
	if (r == 0)
		r = each(&mirrors, in, MAX_MIRRORS, read_mirror, &table);
	if (r < 0)
		return r;
	if (!table.prefix)
		table.prefix = table.location;
	if (!table.prefix)
		return json_invalid(at, in->err,
				    "it has neither a prefix nor a location");
	if (json_is_present(&pull))
		return json_invalid(&pull, in->err, "only a mirror can have it");
	return add_table(at, in, &table);
}

/* --- short names --- */

static int read_searched(const struct json_at *list, const struct reading *in)
{
	struct strv found = {0};
	int r = json_expect(list, JSON_KIND_ARRAY, in->err);

	if (r < 0 || !json_is_present(list))
		return r;
	if (json_count(list) > MAX_SEARCHED)
		return json_invalid(list, in->err, "more than %u", MAX_SEARCHED);
	for (size_t i = 0; i < json_count(list); i++) {
		struct json_at item = json_index(list, i);
		const char *location = NULL;
		struct image_ref ref;

		r = read_location(&item, in, &location);
		if (r < 0)
			return r;
		if (!location)
			return json_invalid(&item, in->err, "it is empty");
		if (parse_beginning(location, in->a, &ref) < 0 || ref.has_tag ||
		    ref.has_digest)
			return json_invalid(&item, in->err, "'%s' has a tag or a digest",
					    conf_show(location).text);
		strv_push(in->a, &found, location);
	}
	in->c->searched = found;
	return 0;
}

/* With several registries and "enforcing", podman asks on a terminal. They are tried in order
 * here, whatever the mode is: an alias is what makes a name unambiguous. */
static int read_mode(const struct json_at *at, const struct reading *in)
{
	static const char *const modes[] = {"", "enforcing", "permissive", "disabled"};
	const char *mode = "";
	int r = json_read_str(at, in->a, &mode, in->err);

	if (r < 0)
		return r;
	for (size_t i = 0; i < ARRAY_SIZE(modes); i++)
		if (strcmp(modes[i], mode) == 0)
			return 0;
	return json_invalid(at, in->err, "'%s' is not enforcing, permissive or disabled",
			    conf_show(mode).text);
}

static bool is_bare_name(const struct image_ref *ref)
{
	return ref->transport == REF_REGISTRY && !ref->has_tag && !ref->has_digest &&
	       !ref->is_remote_only;
}

static int read_alias(const struct json_at *at, const char *name,
		      const struct reading *in)
{
	struct alias *alias = ARR_PUSH(in->a, in->c, aliases);
	struct image_ref ref;
	int r = json_read_str(at, in->a, &alias->value, in->err);

	if (r < 0)
		return r;
	alias->name = arena_strdup(in->a, name);
	if (ref_parse(name, in->a, &ref, NULL) < 0 || !is_bare_name(&ref) || ref.registry)
		return json_invalid(at, in->err,
				    "the alias is no short name without a tag");
	if (!alias->value[0])
		return 0;
	if (ref_parse(alias->value, in->a, &ref, NULL) < 0 || !is_bare_name(&ref) ||
	    !ref.registry)
		return json_invalid(
			at, in->err,
			"'%s' is no full name, as in docker.io/library/debian, "
			"without a tag",
			conf_show(alias->value).text);
	return 0;
}

static int read_aliases(const struct json_at *all, const struct reading *in)
{
	int r = json_expect(all, JSON_KIND_OBJECT, in->err);

	if (r == 0 && json_count(all) > MAX_ALIASES)
		return json_invalid(all, in->err, "more than %u", MAX_ALIASES);
	for (size_t i = 0; r == 0 && i < json_count(all); i++) {
		struct json_at value;
		const char *name = json_member(all, i, &value);

		r = read_alias(&value, name, in);
	}
	return r;
}

/* --- files --- */

/* Version 1 had [registries.search] and the like. Without a list they say nothing. */
static int refuse_version_1(const struct json_at *root, const struct reading *in)
{
	static const char *const keys[] = {"search", "insecure", "block"};
	struct json_at old = json_key(root, "registries");

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		struct json_at of = json_key(&old, keys[i]),
			       list = json_key(&of, "registries");

		if (json_count(&list) == 0)
			continue;
		json_invalid(&of, in->err, "this is version 1 of the format");
		return err_hint(
			in->err, -EINVAL,
			"write unqualified-search-registries = [\"HOST\"], and "
			"[[registry]] tables with location, insecure, blocked: see "
			"containers-registries.conf(5)");
	}
	return 0;
}

static int read_document(const struct json_at *root, const struct reading *in)
{
	struct json_at searched = json_key(root, "unqualified-search-registries"),
		       mode = json_key(root, "short-name-mode"),
		       tables = json_key(root, "registry"),
		       aliases = json_key(root, "aliases");
	int r = refuse_version_1(root, in);

	if (r == 0)
		r = read_searched(&searched, in);
	if (r == 0)
		r = read_mode(&mode, in);
	if (r == 0)
		r = each(&tables, in, MAX_REGISTRIES, read_table, NULL);
	if (r == 0)
		r = read_aliases(&aliases, in);
	return r;
}

static int read_text(const char *text, size_t len, const struct reading *in,
		     bool want_aliases_only)
{
	_cleanup_json_ struct json *doc = NULL;
	struct json_at root, aliases;
	int r = toml_parse(text, len, &doc, in->err);

	if (r < 0)
		return r;
	root = json_root(doc);
	if (!want_aliases_only)
		return read_document(&root, in);
	aliases = json_key(&root, "aliases");
	return read_aliases(&aliases, in);
}

/* Return: 1 when it was there, 0 when not, or a negative errno. */
static int read_file(struct registries *c, const char *path, bool want_aliases_only,
		     struct arena *a, struct err *err)
{
	struct reading in = {.c = c, .file = path, .a = a, .err = err};
	char *text;
	size_t len;
	int r = conf_read(path, "configuration of registries", a, &text, &len, err);

	if (r == -ENOENT)
		return 0;
	if (r < 0)
		return r;
	r = read_text(text, len, &in, want_aliases_only);
	if (r < 0)
		err_prefix(err, "configuration of registries '%s'", conf_show(path).text);
	return r < 0 ? r : 1;
}

static bool is_drop_in(const char *name)
{
	size_t len = strlen(name);

	return len > 5 && strcmp(name + len - 5, ".conf") == 0;
}

/* The files of a folder, in the order of their names. Other names and folders are left out. */
static int read_folder(struct registries *c, const char *path, struct arena *a,
		       struct err *err)
{
	_cleanup_fd_ int dir = fd_open(AT_FDCWD, path, O_RDONLY | O_DIRECTORY);
	struct strv names = {0};
	size_t n = 0;
	int r = dir < 0 ? dir : dir_list(dir, a, &names);

	if (r == -ENOENT || r == -ENOTDIR)
		return 0;
	if (r < 0)
		return err_set(err, r, "configuration of registries '%s'",
			       conf_show(path).text);
	strv_sort(&names);
	for (size_t i = 0; i < names.n; i++) {
		const char *file = arena_printf(a, "%s/%s", path, names.v[i]);
		struct stat st;

		if (!is_drop_in(names.v[i]) ||
		    (fstatat(dir, names.v[i], &st, 0) == 0 && S_ISDIR(st.st_mode)))
			continue;
		if (++n > MAX_DROP_INS)
			return err_say(err, -EFBIG,
				       "configuration of registries '%s': more than %u "
				       "files",
				       conf_show(path).text, MAX_DROP_INS);
		r = read_file(c, file, false, a, err);
		if (r < 0)
			return r;
	}
	return 0;
}

/* The main file, and the folders that go with it. */
static int read_main(struct registries *c, struct arena *a, struct err *err)
{
	const char *given = getenv("CONTAINERS_REGISTRIES_CONF"),
		   *user = conf_user_path(a, "XDG_CONFIG_HOME", ".config",
					  "containers/registries.conf"),
		   *user_folder = user ? arena_printf(a, "%s.d", user) : NULL;
	int r = 0;

	if (given && given[0]) {
		c->write_to = arena_strdup(a, given);
		r = read_file(c, c->write_to, false, a, err);
		if (r == 0)
			return err_set(err, -ENOENT,
				       "configuration of registries '%s' of "
				       "$CONTAINERS_REGISTRIES_CONF",
				       conf_show(given).text);
		return r < 0 ? r : read_folder(c, arena_printf(a, "%s.d", given), a, err);
	}
	if (user)
		r = read_file(c, user, false, a, err);
	c->write_to = r > 0	    ? user
		      : user_folder ? arena_printf(a, "%s/search.conf", user_folder)
				    : CONF_SYSTEM_FOLDER "/registries.conf";
	/* A user's own file stands for all of the system's. */
	if (r == 0)
		r = read_file(c, CONF_SYSTEM_FOLDER "/registries.conf", false, a, err);
	else if (r > 0)
		return read_folder(c, user_folder, a, err);
	if (r >= 0)
		r = read_folder(c, CONF_SYSTEM_FOLDER "/registries.conf.d", a, err);
	if (r == 0 && user_folder)
		r = read_folder(c, user_folder, a, err);
	return r;
}

int registries_read(struct arena *a, struct registries **ret, struct err *err)
{
	struct registries *c = arena_new(a, struct registries);
	const char *cache = conf_user_path(a, "XDG_CACHE_HOME", ".cache",
					   "containers/short-name-aliases.conf");
	int r = read_main(c, a, err);

	/* What podman's user chose when he was asked goes over all else. */
	if (r >= 0 && cache)
		r = read_file(c, cache, true, a, err);
	if (r < 0)
		return r;
	*ret = c;
	return 0;
}

int registries_parse(const char *text, size_t len, struct arena *a,
		     struct registries **ret, struct err *err)
{
	struct registries *c = arena_new(a, struct registries);
	struct reading in = {.c = c, .file = "text", .a = a, .err = err};
	int r = read_text(text, len, &in, false);

	c->write_to = CONF_SYSTEM_FOLDER "/registries.conf";
	if (r == 0)
		*ret = c;
	return r;
}

/* --- answers --- */

static const char *find_alias(const struct registries *c, const char *name)
{
	for (size_t i = c->n_aliases; i > 0; i--)
		if (strcmp(c->aliases[i - 1].name, name) == 0)
			return c->aliases[i - 1].value[0] ? c->aliases[i - 1].value
							  : NULL;
	return NULL;
}

/* Tag and digest of one name at another. */
static void move_tag(struct image_ref *to, const struct image_ref *from)
{
	to->tag = from->tag;
	to->has_tag = from->has_tag;
	to->has_digest = from->has_digest;
	to->digest = from->digest;
	to->is_remote_only = from->is_remote_only;
}

static int nothing_configured(const struct registries *c, const struct image_ref *ref,
			      struct err *err)
{
	_cleanup_arena_ struct arena a = {0};
	const char *name =
		arena_printf(&a, "%s%s%s%s%s", ref->repository, ref->has_tag ? ":" : "",
			     ref->has_tag ? ref->tag : "", ref->has_digest ? "@" : "",
			     ref->has_digest ? ref->digest.text : "");

	err_say(err, -ENOENT,
		"image '%s': the name has no registry, and none is configured to be "
		"searched",
		conf_show(name).text);
	return err_hint(err, -ENOENT,
			"type docker.io/%s%s, or write this line to %s:\n"
			"unqualified-search-registries = [\"docker.io\"]",
			strchr(ref->repository, '/') ? "" : "library/", name,
			conf_show(c->write_to).text);
}

int registries_searched(const struct registries *c, struct strv *ret, struct err *err)
{
	if (c->searched.n == 0) {
		err_say(err, -ENOENT,
			"no registry was given, and none is configured to be searched");
		return err_hint(err, -ENOENT,
				"type one, docker.io, or write this line to %s:\n"
				"unqualified-search-registries = [\"docker.io\"]",
				conf_show(c->write_to).text);
	}
	*ret = c->searched;
	return 0;
}

int registries_candidates(const struct registries *c, const struct image_ref *ref,
			  struct arena *a, struct image_ref **ret, size_t *ret_n,
			  struct err *err)
{
	const char *alias = ref->registry ? NULL : find_alias(c, ref->repository);
	size_t n = ref->registry || alias ? 1 : c->searched.n;
	struct image_ref *found = arena_alloc(a, sizeof(*found) * n);
	int r;

	if (n == 0)
		return nothing_configured(c, ref, err);
	if (ref->registry) {
		found[0] = *ref;
	} else if (alias) {
		r = ref_parse(alias, a, &found[0], err);
		if (r < 0)
			return r;
		move_tag(&found[0], ref);
	}
	for (size_t i = 0; i < n && !ref->registry && !alias; i++) {
		found[i] = ref_qualify(ref, c->searched.v[i], a);
		/* Together they may be longer than a name can be. */
		r = ref_parse(ref_text(&found[i], a), a, &found[i], err);
		if (r < 0)
			return r;
		move_tag(&found[i], ref);
	}
	*ret = found;
	*ret_n = n;
	return 0;
}

/* How much of a name a prefix covers, or 0. As podman has it, a host covers its ports too. */
static size_t match(const char *name, const char *prefix)
{
	size_t len = strlen(prefix), host = strcspn(name, "/:@");

	if (is_wildcard(prefix))
		return host >= len && memcmp(name + host - (len - 1), prefix + 1,
					     len - 1) == 0
			       ? host
			       : 0;
	if (strncmp(name, prefix, len) != 0)
		return 0;
	return name[len] == '\0' || strchr("/:@", name[len]) ? len : 0;
}

static const struct table *find_table(const struct registries *c, const char *name)
{
	const struct table *best = NULL;

	for (size_t i = 0; i < c->n_tables; i++) {
		const struct table *t = &c->tables[i];

		if (match(name, t->prefix) > 0 &&
		    (!best || strlen(t->prefix) > strlen(best->prefix)))
			best = t;
	}
	return best;
}

/* What is behind the prefix goes behind the location. */
static int rewrite(const struct table *t, const char *location,
		   const struct image_ref *ref, const char *name, struct arena *a,
		   struct image_ref *ret, struct err *err)
{
	const char *text =
		arena_printf(a, "%s%s", location, name + match(name, t->prefix));
	int r = ref_parse(text, a, ret, NULL);

	if (r < 0 || ret->transport != REF_REGISTRY || !ret->registry)
		return err_say(err, -EINVAL,
			       "image '%s': the table of '%s' in '%s' makes '%s' of it, "
			       "which is no name",
			       conf_show(name).text, conf_show(t->prefix).text,
			       conf_show(t->file).text, conf_show(text).text);
	/* Unless the prefix has a tag, and the location another. */
	if (match(name, t->prefix) <= strlen(ref->registry) + 1 + strlen(ref->repository))
		move_tag(ret, ref);
	return 0;
}

static bool is_wanted(const struct table *t, const struct mirror *m, bool has_digest)
{
	if (t->is_digest_only || m->pull == PULL_DIGEST)
		return has_digest;
	return m->pull == PULL_ALL || !has_digest;
}

static int add_endpoints(const struct table *t, const struct image_ref *ref,
			 const char *name, struct arena *a, struct endpoint *ret,
			 size_t *n, struct err *err)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < t->n_mirrors; i++) {
		const struct mirror *m = &t->mirrors[i];

		if (!is_wanted(t, m, ref->has_digest))
			continue;
		r = rewrite(t, m->location, ref, name, a, &ret[*n].ref, err);
		ret[(*n)++].is_plain = m->is_insecure;
	}
	if (r < 0)
		return r;
	ret[*n].ref = *ref;
	if (t->location && strcmp(t->location, t->prefix) != 0)
		r = rewrite(t, t->location, ref, name, a, &ret[*n].ref, err);
	ret[(*n)++].is_plain = t->is_insecure;
	return r;
}

int registries_endpoints(const struct registries *c, const struct image_ref *ref,
			 struct arena *a, struct endpoint **ret, size_t *ret_n,
			 struct err *err)
{
	static const struct table nothing = {.prefix = ""};
	const char *name = ref_text(ref, a);
	const struct table *t = find_table(c, name);
	struct endpoint *found;
	size_t n = 0;
	int r;

	if (!t)
		t = &nothing;
	if (t->is_blocked)
		return err_say(err, -EACCES, "image '%s': '%s' is blocked in '%s'",
			       conf_show(name).text, conf_show(t->prefix).text,
			       conf_show(t->file).text);
	found = arena_alloc(a, sizeof(*found) * (t->n_mirrors + 1));
	r = add_endpoints(t, ref, name, a, found, &n, err);
	if (r < 0)
		return r;
	*ret = found;
	*ret_n = n;
	return 0;
}

int registries_host(const struct registries *c, const char *host, const char *repository,
		    bool *ret_is_plain, struct err *err)
{
	_cleanup_arena_ struct arena a = {0};
	const struct table *t = find_table(
		c, repository ? arena_printf(&a, "%s/%s", host, repository) : host);

	if (t && t->is_blocked)
		return err_say(err, -EACCES, "registry '%s': '%s' is blocked in '%s'",
			       conf_show(host).text, conf_show(t->prefix).text,
			       conf_show(t->file).text);
	*ret_is_plain = t && t->is_insecure;
	return 0;
}
