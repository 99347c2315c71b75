// SPDX-License-Identifier: Apache-2.0
/*
 * policy.c - policy.json: may an image be taken?
 *
 * The scopes that an image is in are listed from the narrowest to the widest; the first one that
 * the policy has decides alone. The whole file is read strictly, whatever the image is: a
 * misspelt word would be a protection that is not there.
 *
 * Source: containers-policy.json(5).
 */
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "conf_path.h"
#include "registries.h"

#define MAX_MEMBERS 4096u /* of one object or list in the file */

struct policy {
	const char *path;
	struct json_at root;
	struct arena *a;
	struct err *err;
};

enum requirement {
	REQUIRE_NOTHING,
	REQUIRE_THE_IMPOSSIBLE,
	REQUIRE_SIGNATURE, /* of one kind or another */
};

static const struct {
	const char *type;
	enum requirement means;
} requirements[] = {
	{"insecureAcceptAnything", REQUIRE_NOTHING},
	{"reject", REQUIRE_THE_IMPOSSIBLE},
	{"signedBy", REQUIRE_SIGNATURE},
	{"signedBaseLayer", REQUIRE_SIGNATURE},
	{"sigstoreSigned", REQUIRE_SIGNATURE},
};

/* --- is the file well-formed? --- */

static int check_members(const struct json_at *at, struct err *err)
{
	return json_count(at) > MAX_MEMBERS
		       ? json_invalid(at, err, "more than %u members", MAX_MEMBERS)
		       : 0;
}

static int read_requirement(const struct json_at *at, struct arena *a,
			    enum requirement *ret, const char **ret_type, struct err *err)
{
	struct json_at type = json_key(at, "type");
	const char *name = NULL;
	int r;

	if (json_kind(at) != JSON_KIND_OBJECT)
		return json_invalid(at, err, "expected an object with a type");
	r = json_read_str(&type, a, &name, err);
	if (r < 0)
		return r;
	if (!name)
		return json_invalid(at, err, "the type is missing");
	for (size_t i = 0; i < ARRAY_SIZE(requirements); i++) {
		if (strcmp(requirements[i].type, name) != 0)
			continue;
		*ret = requirements[i].means;
		*ret_type = requirements[i].type;
		/* What a signature has to be is not looked at: none can be checked. */
		if (*ret != REQUIRE_SIGNATURE && json_count(at) != 1)
			return json_invalid(at, err, "%s has no members but the type",
					    name);
		return 0;
	}
	return json_invalid(&type, err, "there is no requirement '%s'",
			    conf_show(name).text);
}

static int check_requirements(const struct json_at *list, struct arena *a,
			      struct err *err)
{
	enum requirement means;
	const char *type;
	int r;

	if (json_kind(list) != JSON_KIND_ARRAY)
		return json_invalid(list, err, "expected a list of requirements");
	if (json_count(list) == 0)
		return json_invalid(list, err, "the list of requirements is empty");
	r = check_members(list, err);
	for (size_t i = 0; r == 0 && i < json_count(list); i++) {
		struct json_at item = json_index(list, i);

		r = read_requirement(&item, a, &means, &type, err);
	}
	return r;
}

static bool is_file_transport(const char *name)
{
	return strcmp(name, "dir") == 0 || strcmp(name, "oci") == 0 ||
	       strcmp(name, "oci-archive") == 0;
}

/* A path that no image's scope could ever be equal to would protect nothing. */
static bool is_clean_path(const char *s)
{
	if (s[0] != '/' || !s[1])
		return false;
	while (*s) {
		size_t len;

		s++;
		len = strcspn(s, "/");
		if (len == 0 || (len == 1 && s[0] == '.') ||
		    (len == 2 && s[0] == '.' && s[1] == '.'))
			return false;
		s += len;
	}
	return true;
}

static int check_scope(const char *transport, const char *scope,
		       const struct json_at *list, struct arena *a, struct err *err)
{
	if (scope[0] && is_file_transport(transport) && !is_clean_path(scope))
		return json_invalid(list, err,
				    "the scope is no absolute path without '.', '..' and "
				    "a '/' at the end");
	if (scope[0] && strcmp(transport, "docker-archive") == 0)
		return json_invalid(list, err, "docker-archive has no scope but \"\"");
	return check_requirements(list, a, err);
}

static int check_transport(const char *name, const struct json_at *scopes,
			   struct arena *a, struct err *err)
{
	int r;

	if (json_kind(scopes) != JSON_KIND_OBJECT)
		return json_invalid(scopes, err, "expected an object of scopes");
	r = check_members(scopes, err);
	for (size_t i = 0; r == 0 && i < json_count(scopes); i++) {
		struct json_at list;
		const char *scope = json_member(scopes, i, &list);

		r = check_scope(name, scope, &list, a, err);
	}
	return r;
}

static int check_transports(const struct json_at *all, struct arena *a, struct err *err)
{
	int r;

	if (json_kind(all) != JSON_KIND_OBJECT)
		return json_invalid(all, err, "expected an object of transports");
	r = check_members(all, err);
	for (size_t i = 0; r == 0 && i < json_count(all); i++) {
		struct json_at scopes;
		const char *name = json_member(all, i, &scopes);

		r = check_transport(name, &scopes, a, err);
	}
	return r;
}

static int check_file(const struct policy *p)
{
	bool has_default = false;
	int r;

	if (json_kind(&p->root) != JSON_KIND_OBJECT)
		return json_invalid(&p->root, p->err, "expected an object");
	r = check_members(&p->root, p->err);
	for (size_t i = 0; r == 0 && i < json_count(&p->root); i++) {
		struct json_at value;
		const char *key = json_member(&p->root, i, &value);

		if (strcmp(key, "default") == 0) {
			has_default = true;
			r = check_requirements(&value, p->a, p->err);
		} else if (strcmp(key, "transports") == 0) {
			r = check_transports(&value, p->a, p->err);
		} else {
			r = json_invalid(&value, p->err, "there is no such member");
		}
	}
	if (r == 0 && !has_default)
		return json_invalid(&p->root, p->err, "'default' is missing");
	return r;
}

/* --- which scopes is an image in? --- */

/* Each "/..." that is cut off a name makes a wider scope. */
static void push_parents(struct arena *a, struct strv *scopes, const char *name)
{
	char *cut = arena_strdup(a, name), *slash;

	while ((slash = strrchr(cut, '/')) && slash > cut) {
		*slash = '\0';
		strv_push(a, scopes, arena_strdup(a, cut));
	}
}

/* Like podman, a wildcard is compared with the host without its port. */
static void push_wildcards(struct arena *a, struct strv *scopes, const char *registry)
{
	char *host = arena_strdup(a, registry);
	const char *dot = host;

	host[strcspn(host, ":")] = '\0';
	while ((dot = strchr(dot, '.')))
		strv_pushf(a, scopes, "*.%s", ++dot);
}

static void push_docker(struct arena *a, struct strv *scopes, const struct image_ref *ref)
{
	const char *name = arena_printf(a, "%s/%s", ref->registry, ref->repository);

	/* With both, the digest says which image it is. */
	if (ref->has_digest)
		strv_pushf(a, scopes, "%s@%s", name, ref->digest.text);
	else
		strv_pushf(a, scopes, "%s:%s", name, ref->tag ? ref->tag : "latest");
	strv_push(a, scopes, name);
	push_parents(a, scopes, name);
	push_wildcards(a, scopes, ref->registry);
}

static int push_path(const struct policy *p, struct strv *scopes,
		     const struct image_ref *ref)
{
	_cleanup_free_ char *real = realpath(ref->path, NULL);

	if (!real)
		return err_say(p->err, -ENOENT, "image '%s': there is no such file",
			       conf_show(ref->path).text);
	if (ref->name)
		strv_pushf(p->a, scopes, "%s:%s", real, ref->name);
	strv_push(p->a, scopes, arena_strdup(p->a, real));
	push_parents(p->a, scopes, real);
	return 0;
}

static const char *transport_of(const struct image_ref *ref)
{
	static const char *const names[] = {
		[REF_REGISTRY] = "docker",
		[REF_OCI] = "oci",
		[REF_OCI_ARCHIVE] = "oci-archive",
		[REF_DOCKER_ARCHIVE] = "docker-archive",
		[REF_DIR] = "dir",
	};

	return ref->transport < ARRAY_SIZE(names) ? names[ref->transport] : NULL;
}

static int list_scopes(const struct policy *p, const struct image_ref *ref,
		       struct strv *ret)
{
	if (ref->transport == REF_REGISTRY && !ref->registry)
		return err_say(p->err, -EINVAL, "image '%s': it has no registry",
			       conf_show(ref->repository).text);
	if (ref->transport == REF_REGISTRY)
		push_docker(p->a, ret, ref);
	else if (ref->transport != REF_DOCKER_ARCHIVE)
		return push_path(p, ret, ref);
	return 0;
}

/* --- what does the policy say? --- */

/* The requirements that decide, and what to call their place. */
static struct json_at find_requirements(const struct policy *p, const char *transport,
					const struct strv *scopes, const char **ret_where)
{
	struct json_at all = json_key(&p->root, "transports"),
		       of = json_key(&all, transport), list;

	for (size_t i = 0; i < scopes->n; i++) {
		list = json_key(&of, scopes->v[i]);
		if (json_is_present(&list)) {
			*ret_where =
				arena_printf(p->a, "scope '%s' of %s",
					     conf_show(scopes->v[i]).text, transport);
			return list;
		}
	}
	list = json_key(&of, "");
	if (json_is_present(&list)) {
		*ret_where = arena_printf(p->a, "scope \"\" of %s", transport);
		return list;
	}
	*ret_where = "the default";
	return json_key(&p->root, "default");
}

static int decide(const struct policy *p, const struct json_at *list, const char *where,
		  const char *image)
{
	for (size_t i = 0; i < json_count(list); i++) {
		struct json_at item = json_index(list, i);
		enum requirement means;
		const char *type;
		int r = read_requirement(&item, p->a, &means, &type, p->err);

		if (r < 0)
			return r;
		if (means == REQUIRE_THE_IMPOSSIBLE)
			return err_say(p->err, -EACCES,
				       "image '%s': %s in policy '%s' rejects it", image,
				       where, p->path);
		if (means == REQUIRE_SIGNATURE)
			return err_say(p->err, -EACCES,
				       "image '%s': %s in policy '%s' requires %s, which "
				       "cannot be checked yet",
				       image, where, p->path, type);
	}
	return 0;
}

static int check_image(const struct policy *p, const struct image_ref *ref)
{
	const char *transport = transport_of(ref), *where;
	struct strv scopes = {0};
	struct json_at list;
	int r = list_scopes(p, ref, &scopes);

	if (r < 0)
		return r;
	list = find_requirements(p, transport, &scopes, &where);
	list.up = NULL; /* it was on the way there only */
	return decide(p, &list, where, conf_show(ref_text(ref, p->a)).text);
}

/* The policy that counts: 0, or -ENOENT when there is none. */
static int read_policy(const char *given, struct arena *a, const char **ret_path,
		       char **ret, size_t *ret_len, struct err *err)
{
	int r = -ENOENT;

	*ret_path = given ? given
			  : conf_user_path(a, "XDG_CONFIG_HOME", ".config",
					   "containers/policy.json");
	if (*ret_path)
		r = conf_read(*ret_path, "policy", a, ret, ret_len, err);
	if (r == -ENOENT && given)
		return err_set(err, r, "policy '%s'", conf_show(given).text);
	if (r == -ENOENT) {
		*ret_path = CONF_SYSTEM_FOLDER "/policy.json";
		r = conf_read(*ret_path, "policy", a, ret, ret_len, err);
	}
	return r;
}

int policy_check(const char *path, const struct image_ref *ref, struct err *err)
{
	_cleanup_json_ struct json *doc = NULL;
	_cleanup_arena_ struct arena a = {0};
	struct policy p = {.a = &a, .err = err};
	const char *found;
	char *text;
	size_t len;
	int r;

	/* These are no images: nothing is fetched. */
	if (!transport_of(ref))
		return 0;
	r = read_policy(path, &a, &found, &text, &len, err);
	if (r < 0)
		return r == -ENOENT && !path ? 0 : r;
	p.path = arena_strdup(&a, conf_show(found).text);
	r = json_parse(text, len, &doc, err);
	if (r == 0) {
		p.root = json_root(doc);
		r = check_file(&p);
	}
	if (r < 0) {
		err_prefix(err, "policy '%s'", p.path);
		return r;
	}
	return check_image(&p, ref);
}
