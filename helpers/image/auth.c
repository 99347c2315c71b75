// SPDX-License-Identifier: Apache-2.0
/*
 * auth.c - see auth.h
 *
 * Nothing that is read here may end in a message but names of files, registries and members:
 * JSON's own complaints quote the text, and are cut.
 *
 * Source: containers-auth.json(5); Docker's config.json and .dockercfg.
 */
#include "auth.h"

#include <string.h>

#include "auth_private.h"
#include "base64.h"
#include "conf_path.h"
#include "sys/fd.h"

#define MAX_ENTRIES 4096u

struct file {
	const char *path;
	bool is_required; /* somebody named it */
	bool is_legacy; /* .dockercfg: the whole document is what "auths" is elsewhere */
};

/* For whom credentials are looked up. */
struct wanted {
	const char *host;
	const char *repository; /* or NULL */
};

/* --- files --- */

/* Another user's folder would lend us another user's credentials. */
static bool is_own_folder(const char *path)
{
	struct stat st;

	return path && path[0] == '/' && stat(path, &st) == 0 && S_ISDIR(st.st_mode) &&
	       st.st_uid == geteuid();
}

const char *auth_runtime_file(struct arena *a)
{
	const char *folder = getenv("XDG_RUNTIME_DIR");

	return is_own_folder(folder) ? arena_printf(a, "%s/containers/auth.json", folder)
				     : NULL;
}

const char *auth_config_file(struct arena *a)
{
	return conf_user_path(a, "XDG_CONFIG_HOME", ".config", "containers/auth.json");
}

const char *auth_named_file(const char *authfile)
{
	const char *variable = getenv("REGISTRY_AUTH_FILE");

	if (authfile)
		return authfile;
	return variable && variable[0] ? variable : NULL;
}

static size_t list_files(const char *authfile, struct arena *a, struct file ret[static 4])
{
	const char *named = auth_named_file(authfile),
		   *const paths[] = {
			   auth_runtime_file(a),
			   auth_config_file(a),
			   conf_user_path(a, "DOCKER_CONFIG", ".docker", "config.json"),
			   conf_user_path(a, "HOME", NULL, ".dockercfg"),
		   };
	size_t n = 0;

	if (named) {
		ret[0] = (struct file){.path = named, .is_required = true};
		return 1;
	}
	for (size_t i = 0; i < ARRAY_SIZE(paths); i++)
		if (paths[i])
			ret[n++] = (struct file){.path = paths[i], .is_legacy = i == 3};
	return n;
}

/* Cuts " near '...'" and the like off a complaint of the JSON library: it may be a part of a
 * password. What it expected, such as '}', is none. */
static void drop_quote(struct err *err)
{
	char *near = err ? strstr(err->message, " near ") : NULL, *quote;

	if (near)
		*near = '\0';
	for (quote = err ? err->message : NULL; quote; quote += 3) {
		quote = strpbrk(quote, "'\"");
		if (!quote)
			return;
		if (!quote[1] || !strchr("{}[]:", quote[1]) || quote[2] != quote[0])
			break;
	}
	if (quote)
		*quote = '\0';
}

static int parse_file(const char *path, const char *text, size_t len, struct json **ret,
		      struct err *err)
{
	_cleanup_json_ struct json *doc = NULL;
	struct json_at root;
	int r = json_parse(text, len, &doc, err);

	if (r < 0)
		drop_quote(err);
	root = json_root(doc);
	if (r == 0 && json_kind(&root) != JSON_KIND_OBJECT)
		r = err_say(err, -EBADMSG, "it is no JSON object");
	if (r < 0) {
		err_prefix(err, "credentials in '%s'", conf_show(path).text);
		return r;
	}
	*ret = doc;
	doc = NULL;
	return 0;
}

int auth_read_file(const char *path, struct arena *a, struct json **ret, struct err *err)
{
	char *text;
	size_t len;
	int r = conf_read(path, "credentials in", a, &text, &len, err);

	/* An empty file is what `mktemp` makes for --authfile. */
	if (r == 0 && strspn(text, " \t\r\n") == len)
		text = arena_strdup(a, "{}"), len = 2;
	return r < 0 ? r : parse_file(path, text, len, ret, err);
}

/* --- entries --- */

/* "user:password" in base64. */
static int read_auth(const struct json_at *at, const char *text, struct arena *a,
		     struct auth *ret, struct err *err)
{
	size_t len = 0;
	char *pair = base64_decode(text, a, &len), *colon;

	if (!pair)
		return json_invalid(at, err, "it is no base64");
	/* Old clients padded with NULs. */
	while (len > 0 && !pair[len - 1])
		len--;
	colon = memchr(pair, ':', len);
	if (!colon || memchr(pair, '\0', len))
		return json_invalid(at, err, "it is not USER:PASSWORD in base64");
	*colon = '\0';
	ret->user = pair;
	ret->password = colon + 1;
	return 0;
}

/* Return: 1 with credentials, 0 when the entry has none, or a negative errno. */
static int read_entry(const struct json_at *entry, struct arena *a, struct auth *ret,
		      struct err *err)
{
	struct json_at auth = json_key(entry, "auth"), user = json_key(entry, "username"),
		       password = json_key(entry, "password"),
		       token = json_key(entry, "identitytoken");
	const char *text = NULL;
	struct auth found = {0};
	int r = json_expect(entry, JSON_KIND_OBJECT, err);

	if (r == 0)
		r = json_read_str(&auth, a, &text, err);
	if (r == 0)
		r = json_read_str(&user, a, &found.user, err);
	if (r == 0)
		r = json_read_str(&password, a, &found.password, err);
	if (r == 0)
		r = json_read_str(&token, a, &found.identity_token, err);
	if (r == 0 && text && text[0])
		r = read_auth(&auth, text, a, &found, err);
	if (r < 0)
		return r;
	if (found.identity_token && !found.identity_token[0])
		found.identity_token = NULL;
	if (!found.user || !found.user[0])
		found.user = found.password = NULL;
	else if (!found.password)
		found.password = "";
	/* Beside a token, Docker keeps the user with an empty password. */
	if (found.identity_token)
		found.password = NULL;
	if (!found.user && !found.identity_token)
		return 0;
	*ret = found;
	return 1;
}

const char *auth_host_of(const char *key, bool is_legacy, struct arena *a)
{
	const char *host = key;

	if (strncmp(key, "https://", 8) == 0)
		host = key + 8;
	else if (strncmp(key, "http://", 7) == 0)
		host = key + 7;
	if (host != key || is_legacy)
		host = arena_strndup(a, host, strcspn(host, "/"));
	if (strcmp(host, "index.docker.io") == 0 ||
	    strcmp(host, "registry-1.docker.io") == 0)
		return "docker.io";
	return host;
}

int auth_check_count(const struct json_at *at, struct err *err)
{
	int r = json_expect(at, JSON_KIND_OBJECT, err);

	if (r == 0 && json_count(at) > MAX_ENTRIES)
		return json_invalid(at, err, "more than %u entries", MAX_ENTRIES);
	return r;
}

/* Exactly this name. */
static int find_name(const struct json_at *auths, const char *name, struct arena *a,
		     struct auth *ret, struct err *err)
{
	struct json_at entry = json_key(auths, name);

	return json_is_present(&entry) ? read_entry(&entry, a, ret, err) : 0;
}

/* From the whole name up to the host, then by other spellings of the host. */
static int find_entry(const struct json_at *auths, const struct wanted *w, bool is_legacy,
		      struct arena *a, struct auth *ret, struct err *err)
{
	char *name = w->repository && !is_legacy
			     ? arena_printf(a, "%s/%s", w->host, w->repository)
			     : arena_strdup(a, w->host),
	     *slash;
	const char *host = auth_host_of(w->host, false, a);
	int r = find_name(auths, name, a, ret, err);

	while (r == 0 && (slash = strrchr(name, '/'))) {
		*slash = '\0';
		r = find_name(auths, name, a, ret, err);
	}
	for (size_t i = 0; r == 0 && i < json_count(auths); i++) {
		struct json_at entry;
		const char *key = json_member(auths, i, &entry);

		if (json_is_present(&entry) &&
		    strcmp(auth_host_of(key, is_legacy, a), host) == 0)
			r = read_entry(&entry, a, ret, err);
	}
	return r;
}

/* --- helpers --- */

int auth_find_helper(const struct json_at *root, const char *host, struct arena *a,
		     const char **ret_name, const char **ret_server, struct err *err)
{
	struct json_at helpers = json_key(root, "credHelpers"),
		       of = json_key(&helpers, host);
	const char *server = host, *name = NULL;
	int r = auth_check_count(&helpers, err);

	for (size_t i = 0; r == 0 && !json_is_present(&of) && i < json_count(&helpers);
	     i++) {
		struct json_at other;
		const char *key = json_member(&helpers, i, &other);

		if (strcmp(auth_host_of(key, false, a), auth_host_of(host, false, a)) ==
		    0) {
			server = arena_strdup(a, key);
			of = other;
		}
	}
	if (r == 0)
		r = json_read_str(&of, a, &name, err);
	if (r < 0)
		return r;
	*ret_name = name && name[0] ? name : NULL;
	*ret_server = server;
	return 0;
}

int auth_read_store(const struct json_at *root, struct arena *a, const char **ret_name,
		    struct err *err)
{
	struct json_at store = json_key(root, "credsStore");
	int r = json_read_str(&store, a, ret_name, err);

	if (r == 0 && *ret_name && !(*ret_name)[0])
		*ret_name = NULL;
	return r;
}

bool auth_is_hub(const char *host, struct arena *a)
{
	return strcmp(auth_host_of(host, false, a), "docker.io") == 0;
}

struct auth_helper auth_helper_of(const char *name)
{
	return (struct auth_helper){.name = name, .timeout_ms = AUTH_HELPER_TIMEOUT_MS};
}

int auth_hand_on(int r, const struct err *why, struct err *err)
{
	if (err)
		*err = *why;
	return r;
}

/* Docker stores its own registry by URL, podman by name. A store that is not installed has
 * nothing: config.json is carried from one machine to another. */
static int ask_store(const char *name, const char *host, struct arena *a,
		     struct auth *ret, struct err *err)
{
	const struct auth_helper h = auth_helper_of(name);
	bool is_found = false;
	struct err why;
	int r = 0;

	if (auth_is_hub(host, a))
		r = auth_helper_get(&h, AUTH_HUB_URL, a, ret, &is_found, &why);
	if (r == 0 && !is_found)
		r = auth_helper_get(&h, host, a, ret, &is_found, &why);
	if (r == -ESRCH)
		return 0;
	return r < 0 ? auth_hand_on(r, &why, err) : is_found;
}

/* Return: 1 with credentials, 0 without, or a negative errno. */
static int find_in(const struct json_at *root, const struct file *f,
		   const struct wanted *w, struct arena *a, struct auth *ret,
		   struct err *err)
{
	struct json_at auths = f->is_legacy ? *root : json_key(root, "auths");
	const char *name = NULL, *server;
	bool is_found;
	int r = 0;

	if (!f->is_legacy)
		r = auth_find_helper(root, w->host, a, &name, &server, err);
	if (r == 0 && name) {
		const struct auth_helper h = auth_helper_of(name);

		/* Entries of the file do not count for a registry with a helper. */
		r = auth_helper_get(&h, server, a, ret, &is_found, err);
		return r < 0 ? r : is_found;
	}
	if (r == 0)
		r = auth_check_count(&auths, err);
	if (r == 0)
		r = find_entry(&auths, w, f->is_legacy, a, ret, err);
	if (r == 1)
		ret->found_in = arena_strdup(a, f->path);
	if (r != 0 || f->is_legacy)
		return r;
	r = auth_read_store(root, a, &name, err);
	return r == 0 && name ? ask_store(name, w->host, a, ret, err) : r;
}

static int find_in_file(const struct file *f, const struct wanted *w, struct arena *a,
			struct auth *ret, struct err *err)
{
	_cleanup_json_ struct json *doc = NULL;
	struct json_at root;
	int r = auth_read_file(f->path, a, &doc, err);

	if (r == -ENOENT && f->is_required)
		return err_set(err, r, "credentials in '%s'", conf_show(f->path).text);
	if (r < 0)
		return r == -ENOENT ? 0 : r;
	root = json_root(doc);
	r = find_in(&root, f, w, a, ret, err);
	if (r < 0)
		err_prefix(err, "credentials in '%s'", conf_show(f->path).text);
	return r;
}

int auth_find(const char *authfile, const char *host, const char *repository,
	      struct arena *a, struct auth *ret, struct err *err)
{
	const struct wanted w = {host, repository};
	struct file files[4];
	size_t n = list_files(authfile, a, files);
	struct auth found = {0};
	int r = 0;

	for (size_t i = 0; r == 0 && i < n; i++)
		r = find_in_file(&files[i], &w, a, &found, err);
	if (r < 0)
		return r;
	*ret = found;
	return 0;
}
