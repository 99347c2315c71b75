// SPDX-License-Identifier: Apache-2.0
/*
 * oci_read_linux.c - namespaces, id maps, kernel parameters and the seccomp filter
 */
#include <string.h>

#include "spec/oci_parts.h"
#include "spec/seccomp_profile.h"
#include "spec/words.h"

static int find_ns(const char *word)
{
	for (int i = 0; i < NS_COUNT; i++)
		if (strcmp(words_oci_ns((enum spec_ns)i), word) == 0)
			return i;
	return -1;
}

static int read_ns_word(struct oci *o, const struct json_at *at, enum spec_ns *ret)
{
	const char *word;
	int r = oci_read_name(o, at, "a namespace", &word), ns;

	if (r < 0)
		return r;
	ns = find_ns(word);
	if (ns < 0)
		return json_invalid(at, o->err, "no such namespace");
	*ret = (enum spec_ns)ns;
	return 0;
}

static int read_namespace(struct oci *o, const struct json_at *at)
{
	struct json_at type = json_key(at, "type"), path = json_key(at, "path");
	struct spec_namespace *ns;
	const char *text = NULL;
	enum spec_ns which;
	int r = json_expect(at, JSON_KIND_OBJECT, o->err);

	if (r == 0)
		r = read_ns_word(o, &type, &which);
	if (r == 0)
		r = json_read_str(&path, o->spec->arena, &text, o->err);
	if (r < 0)
		return r;
	ns = &o->spec->ns[which];
	if (ns->mode != NS_MODE_HOST)
		return json_invalid(&type, o->err, "given twice");
	ns->mode = NS_MODE_PRIVATE;
	if (!text || !text[0])
		return 0;
	if (text[0] != '/')
		return json_invalid(&path, o->err, "expected an absolute path");
	if (which == NS_MOUNT)
		return oci_refuse(o, &path, "the mount namespace is always a new one");
	ns->mode = NS_MODE_PATH;
	ns->path = text;
	return 0;
}

/* Written for people: what is not in linux.namespaces is the host's anyway. */
static int check_host_namespace(struct oci *o, const struct json_at *at)
{
	enum spec_ns ns;
	int r = read_ns_word(o, at, &ns);

	if (r == 0 && o->spec->ns[ns].mode != NS_MODE_HOST)
		return json_invalid(at, o->err, "also in linux.namespaces");
	return r;
}

/* It is in linux.namespaces, where engines that do not know of this make a new one. */
static int read_joined_namespace(struct oci *o, const struct json_at *at)
{
	enum spec_ns ns;
	int r = read_ns_word(o, at, &ns);

	if (r < 0)
		return r;
	if (ns == NS_MOUNT || o->spec->ns[ns].mode != NS_MODE_PRIVATE)
		return json_invalid(at, o->err,
				    "not in linux.namespaces, or not to be joined");
	o->spec->ns[ns].mode = NS_MODE_CONTAINER;
	return 0;
}

static int read_joined(struct oci *o)
{
	struct json_at joined = json_key(&o->own, "joined"),
		       name = json_key(&joined, "container"),
		       list = json_key(&joined, "namespaces");
	int r;

	if (!json_is_present(&joined))
		return 0;
	r = oci_read_name(o, &name, "a container", &o->spec->joined);
	return r < 0 ? r : oci_read_each(o, &list, NS_COUNT, read_joined_namespace);
}

static int read_namespaces(struct oci *o)
{
	struct json_at list = json_key(&o->linux_, "namespaces"),
		       hosts = json_key(&o->own, "hostNamespaces");
	int r;

	for (int i = 0; i < NS_COUNT; i++)
		o->spec->ns[i] = (struct spec_namespace){.mode = NS_MODE_HOST};
	r = oci_read_each(o, &list, NS_COUNT, read_namespace);
	if (r == 0)
		r = oci_read_each(o, &hosts, NS_COUNT, check_host_namespace);
	if (r == 0)
		r = read_joined(o);
	if (r == 0 && o->spec->ns[NS_MOUNT].mode == NS_MODE_HOST)
		return oci_refuse(o, &list, "a new mount namespace is always needed");
	return r;
}

int oci_read_ranges(struct oci *o, const struct json_at *at, struct oci_ranges *ret)
{
	static const struct oci_field fields[] = {
		{"containerID", OCI_NUMBER, offsetof(struct idrange, inside), UINT32_MAX},
		{"hostID", OCI_NUMBER, offsetof(struct idrange, host), UINT32_MAX},
		{"size", OCI_NUMBER, offsetof(struct idrange, count), UINT32_MAX},
		{0},
	};
	size_t n = 0;
	int r = oci_read_list(o, at, SPEC_MAX_IDMAPS, &n);

	for (size_t i = 0; r == 0 && i < n; i++) {
		struct json_at item = json_index(at, i), size = json_key(&item, "size");
		struct idrange *range = ARR_PUSH(o->spec->arena, ret, v);

		r = oci_read_fields(o, &item, fields, range);
		if (r == 0 && range->count == 0)
			r = json_invalid(&size, o->err, "an empty range");
	}
	return r;
}

/* Both maps of one object: the document's linux, or ours for places in the caller's line
 * of ids. */
static int read_maps(struct oci *o, const struct json_at *at, struct oci_ranges *uids,
		     struct oci_ranges *gids)
{
	struct json_at u = json_key(at, "uidMappings"), g = json_key(at, "gidMappings");
	int r = oci_read_ranges(o, &u, uids);

	if (r == 0)
		r = oci_read_ranges(o, &g, gids);
	if (r < 0 || uids->n_v + gids->n_v == 0)
		return r;
	if (o->spec->ns[NS_USER].mode == NS_MODE_HOST)
		return json_invalid(uids->n_v ? &u : &g, o->err,
				    "goes with a user namespace only");
	/* The joined namespace has its map. podman gives a dummy one, because runc wants to
	 * see any. */
	if (o->spec->ns[NS_USER].mode == NS_MODE_PATH)
		*uids = *gids = (struct oci_ranges){0};
	return 0;
}

static int read_all_maps(struct oci *o, bool *ret_has)
{
	struct spec_userns *u = &o->spec->userns;
	struct oci_ranges uids = {0}, gids = {0}, own_uids = {0}, own_gids = {0};
	struct json_at at = json_key(&o->own, "uidMappings");
	int r = read_maps(o, &o->linux_, &uids, &gids);

	if (r == 0)
		r = read_maps(o, &o->own, &own_uids, &own_gids);
	if (r < 0)
		return r;
	u->maps_are_absolute = uids.n_v + gids.n_v > 0;
	*ret_has = u->maps_are_absolute || own_uids.n_v + own_gids.n_v > 0;
	if (u->maps_are_absolute && own_uids.n_v + own_gids.n_v > 0)
		return json_invalid(&at, o->err, "goes with no map in linux");
	u->uids = u->maps_are_absolute ? uids.v : own_uids.v;
	u->n_uids = u->maps_are_absolute ? uids.n_v : own_uids.n_v;
	u->gids = u->maps_are_absolute ? gids.v : own_gids.v;
	u->n_gids = u->maps_are_absolute ? gids.n_v : own_gids.n_v;
	return 0;
}

static int read_userns(struct oci *o)
{
	static const struct oci_field fields[] = {
		{"uid", OCI_NUMBER, offsetof(struct spec_userns, keep_uid), OCI_MAX_ID},
		{"gid", OCI_NUMBER, offsetof(struct spec_userns, keep_gid), OCI_MAX_ID},
		{"size", OCI_NUMBER, offsetof(struct spec_userns, auto_size), UINT32_MAX},
		{0},
	};
	struct spec_userns *u = &o->spec->userns;
	struct json_at at = json_key(&o->own, "userNamespace"),
		       mode = json_key(&at, "mode"), uid = json_key(&at, "uid"),
		       gid = json_key(&at, "gid");
	bool has_maps = false;
	int place, r = read_all_maps(o, &has_maps);

	if (r == 0)
		r = oci_read_fields(o, &at, fields, u);
	u->has_keep_uid = json_is_present(&uid);
	u->has_keep_gid = json_is_present(&gid);
	place = has_maps ? USERNS_EXPLICIT : USERNS_DEFAULT;
	if (r == 0)
		r = oci_read_word(o, &mode, words_userns, &place);
	if (r < 0)
		return r;
	u->mode = (enum userns_mode)place;
	if (has_maps != (u->mode == USERNS_EXPLICIT))
		return json_invalid(&mode, o->err, "%s",
				    has_maps ? "goes with no map" : "no map is given");
	return 0;
}

static int read_sysctl(struct oci *o, const struct json_at *list, size_t n)
{
	struct json_at item;
	const char *key = json_member(list, n, &item), *value = "";
	int ns = words_sysctl_ns(key);
	int r = json_read_str(&item, o->spec->arena, &value, o->err);

	if (r < 0)
		return r;
	if (ns < 0)
		return json_invalid(&item, o->err, "no parameter of a namespace");
	if (o->spec->ns[ns].mode != NS_MODE_PRIVATE)
		return json_invalid(&item, o->err,
				    "the %s namespace is not the container's",
				    words_oci_ns((enum spec_ns)ns));
	*ARR_PUSH(o->spec->arena, o->spec, sysctls) = (struct spec_sysctl){
		.key = arena_strdup(o->spec->arena, key), .value = value};
	return 0;
}

static int read_sysctls(struct oci *o)
{
	struct json_at list = json_key(&o->linux_, "sysctl");
	int r = json_expect(&list, JSON_KIND_OBJECT, o->err);

	if (r == 0 && json_count(&list) > OCI_MAX_MEMBERS)
		return json_invalid(&list, o->err, "more than %d parameters",
				    OCI_MAX_MEMBERS);
	for (size_t i = 0; r == 0 && i < json_count(&list); i++)
		r = read_sysctl(o, &list, i);
	return r;
}

static int read_propagation(struct oci *o)
{
	struct json_at at = json_key(&o->linux_, "rootfsPropagation");
	const char *word = NULL;
	int r = json_read_str(&at, o->spec->arena, &word, o->err);

	if (r < 0 || !word || !word[0])
		return r;
	o->spec->root.propagation = words_propagation_find(word);
	return o->spec->root.propagation ? 0 : json_invalid(&at, o->err, "unknown word");
}

/* The profile as a text of its own, read once to see that it can be. */
static int check_seccomp(struct oci *o, const struct json_at *at)
{
	_cleanup_json_ struct json *copy = json_new_object();
	_cleanup_free_ char *text = NULL;
	_cleanup_arena_ struct arena a = {0};
	struct spec_security *s = &o->spec->security;
	struct seccomp_profile profile;
	struct err why = {0};
	int r = oci_copy_members(copy, at, o->err);

	if (r < 0)
		return r;
	text = json_text(copy, false);
	if (!text)
		return err_set(o->err, -ENOMEM, "linux.seccomp");
	r = seccomp_profile_read(text, strlen(text), &a, &profile, &why);
	if (r < 0)
		return err_say(o->err, r, "linux.seccomp.%s", why.message);
	s->seccomp_json = arena_strdup(o->spec->arena, text);
	if (!profile.has_notify)
		return 0;
	s->listener_path = arena_strdup(o->spec->arena, profile.listener_path);
	if (profile.listener_metadata)
		s->listener_metadata =
			arena_strdup(o->spec->arena, profile.listener_metadata);
	return 0;
}

static int read_seccomp(struct oci *o)
{
	struct spec_security *s = &o->spec->security;
	struct json_at at = json_key(&o->linux_, "seccomp"),
		       mode = json_key(&o->own, "seccomp"),
		       path = json_key(&o->own, "seccompProfile");
	int place = SECCOMP_OFF, r = json_expect(&at, JSON_KIND_OBJECT, o->err);

	if (json_is_present(&at))
		place = SECCOMP_PROFILE;
	if (r == 0)
		r = oci_read_word(o, &mode, words_seccomp, &place);
	if (r == 0)
		r = json_read_str(&path, o->spec->arena, &s->seccomp_path, o->err);
	if (r < 0)
		return r;
	s->seccomp = (enum seccomp_mode)place;
	if (json_is_present(&at) && place != SECCOMP_PROFILE)
		return json_invalid(&mode, o->err, "goes with no linux.seccomp");
	if (json_is_present(&at) + json_is_present(&path) !=
	    (place == SECCOMP_PROFILE ? 1 : 0))
		return json_invalid(&path, o->err,
				    "goes with the word 'profile' and no linux.seccomp");
	return json_is_present(&at) ? check_seccomp(o, &at) : 0;
}

static int read_cgroups_path(struct oci *o)
{
	struct json_at at = json_key(&o->linux_, "cgroupsPath");
	const char *path = NULL;
	int r = json_read_str(&at, o->spec->arena, &path, o->err);

	if (r == 0 && path && path[0])
		o->spec->cgroup.path = path;
	return r;
}

/* It stands between quotes in the options of a mount. */
static int read_mount_label(struct oci *o)
{
	struct json_at at = json_key(&o->linux_, "mountLabel");
	const char *label = "", *why;
	int r = json_read_str(&at, o->spec->arena, &label, o->err);

	if (r < 0 || !label[0])
		return r;
	why = strchr(label, '"') ? "no quotes" : spec_refuse_label(label);
	if (why)
		return json_invalid(&at, o->err, "%s", why);
	o->spec->security.mount_label = label;
	return 0;
}

static int read_time_offset(struct oci *o, const struct json_at *at,
			    struct spec_time_offset *to)
{
	struct json_at secs = json_key(at, "secs"), nanosecs = json_key(at, "nanosecs");
	int r = json_expect(at, JSON_KIND_OBJECT, o->err);

	if (r == 0)
		r = json_read_i64(&secs, INT64_MIN, INT64_MAX, &to->secs, o->err);
	if (r == 0)
		r = json_read_u32(&nanosecs, 999999999, &to->nanosecs, o->err);
	if (to->secs != 0 || to->nanosecs != 0)
		o->spec->has_time_offsets = true;
	return r;
}

static int read_time_offsets(struct oci *o)
{
	struct json_at at = json_key(&o->linux_, "timeOffsets");
	int r = json_expect(&at, JSON_KIND_OBJECT, o->err);

	for (int i = 0; r == 0 && i < TIME_COUNT; i++) {
		struct json_at clock = json_key(&at, words_clocks[i]);

		r = read_time_offset(o, &clock, &o->spec->time_offsets[i]);
	}
	if (r == 0 && o->spec->has_time_offsets &&
	    o->spec->ns[NS_TIME].mode != NS_MODE_PRIVATE)
		return json_invalid(&at, o->err, "goes with a new time namespace only");
	return r;
}

/* OCI has a list of flags, and not one word for it. */
static int read_personality(struct oci *o)
{
	struct json_at at = json_key(&o->linux_, "personality"),
		       domain = json_key(&at, "domain"), flags = json_key(&at, "flags");
	const char *word;
	size_t n = 0;
	int place = 0, r = json_expect(&at, JSON_KIND_OBJECT, o->err);

	if (r < 0 || !json_is_present(&at))
		return r;
	r = oci_read_name(o, &domain, "a domain", &word);
	if (r == 0)
		r = oci_read_word(o, &domain, words_domains, &place);
	if (r == 0)
		r = oci_read_list(o, &flags, SIZE_MAX, &n);
	if (r == 0 && n > 0)
		return json_invalid(&flags, o->err, "no flags are known");
	o->spec->has_personality = true;
	o->spec->personality = words_domain_values[place];
	return r;
}

static int read_own_security(struct oci *o)
{
	static const struct oci_field fields[] = {
		{"privileged", OCI_BOOL, offsetof(struct spec_security, is_privileged),
		 0},
		{"keepKeyring", OCI_BOOL, offsetof(struct spec_security, keep_keyring),
		 0},
		{0},
	};

	return oci_read_fields(o, &o->own, fields, &o->spec->security);
}

int oci_read_linux(struct oci *o)
{
	static int (*const parts[])(struct oci *) = {
		read_namespaces,   read_userns,	      read_sysctls,	read_propagation,
		read_seccomp,	   read_mount_label,  read_personality, read_time_offsets,
		read_cgroups_path, read_own_security,
	};
	int r = json_expect(&o->linux_, JSON_KIND_OBJECT, o->err);

	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(parts); i++)
		r = parts[i](o);
	return r;
}
