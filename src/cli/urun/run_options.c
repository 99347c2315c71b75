// SPDX-License-Identifier: Apache-2.0
/*
 * run_options.c - the options of `urun run`: one table, one small setter each
 */
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#include "base/parse.h"
#include "cli/urun/limit_options.h"
#include "cli/urun/run_options.h"
#include "spec/words.h"
#include "sys/fd.h"
#include "sys/helper.h"

#define MAX_ENV_FILE (4u << 20)

static struct request *of(void *target)
{
	return target;
}

static const char *keep(struct request *q, const char *value)
{
	return arena_strdup(q->arena, value);
}

static int set_cap_add(void *t, const char *v, struct err *err)
{
	(void)err;
	strv_push(of(t)->arena, &of(t)->cap_add, keep(of(t), v));
	return 0;
}

static int set_cap_drop(void *t, const char *v, struct err *err)
{
	(void)err;
	strv_push(of(t)->arena, &of(t)->cap_drop, keep(of(t), v));
	return 0;
}

int request_set_ns(struct request *q, enum spec_ns ns, const char *v, struct err *err)
{
	struct spec_namespace *n = &q->spec.ns[ns];

	n->path = NULL;
	if (strcmp(v, "private") == 0 || v[0] == '\0') {
		n->mode = NS_MODE_PRIVATE;
	} else if (strcmp(v, "host") == 0) {
		n->mode = NS_MODE_HOST;
	} else if (strncmp(v, "ns:", 3) == 0 && v[3]) {
		n->mode = NS_MODE_PATH;
		n->path = keep(q, v + 3);
	} else if (strncmp(v, "container:", 10) == 0 && v[10]) {
		n->mode = NS_MODE_CONTAINER;
		n->path = keep(q, v + 10);
	} else {
		return err_say(err, -EINVAL,
			       "'%s': expected private, host, ns:PATH or container:NAME",
			       v);
	}
	return 0;
}

static int set_cgroupns(void *t, const char *v, struct err *err)
{
	return request_set_ns(of(t), NS_CGROUP, v, err);
}

static int set_ipc(void *t, const char *v, struct err *err)
{
	/* podman's words: one that others may join, and one without shared memory. */
	of(t)->defaults.has_no_shm = strcmp(v, "none") == 0;
	if (strcmp(v, "shareable") == 0 || strcmp(v, "none") == 0)
		v = "private";
	return request_set_ns(of(t), NS_IPC, v, err);
}

static int set_pid(void *t, const char *v, struct err *err)
{
	return request_set_ns(of(t), NS_PID, v, err);
}

static int set_uts(void *t, const char *v, struct err *err)
{
	return request_set_ns(of(t), NS_UTS, v, err);
}

static int set_time(void *t, const char *v, struct err *err)
{
	return request_set_ns(of(t), NS_TIME, v, err);
}

/* "keep-id:uid=1,gid=2", "auto:size=N": the words behind the colon. */
static int userns_words(struct spec_userns *u, char *words, bool is_keep, struct err *err)
{
	char *word;

	while ((word = strsep(&words, ","))) {
		char *value = strchr(word, '=');
		int r = -EINVAL;

		if (value)
			*value++ = '\0';
		if (value && is_keep && strcmp(word, "uid") == 0) {
			r = parse_id(value, &u->keep_uid);
			u->has_keep_uid = true;
		} else if (value && is_keep && strcmp(word, "gid") == 0) {
			r = parse_id(value, &u->keep_gid);
			u->has_keep_gid = true;
		} else if (value && !is_keep && strcmp(word, "size") == 0) {
			r = parse_u32(value, &u->auto_size);
			if (r == 0 && u->auto_size == 0)
				r = -ERANGE;
		}
		if (r < 0)
			return err_say(err, -EINVAL, "'%s%s%s': expected %s", word,
				       value ? "=" : "", value ? value : "",
				       is_keep ? "uid=N or gid=N" : "size=N");
	}
	return 0;
}

static int set_userns(void *t, const char *v, struct err *err)
{
	struct request *q = of(t);
	struct spec_userns *u = &q->spec.userns;
	char *copy = arena_strdup(q->arena, v), *words = strchr(copy, ':');
	struct idrange *uids = u->uids, *gids = u->gids;
	enum userns_mode unset =
		u->n_uids + u->n_gids > 0 ? USERNS_EXPLICIT : USERNS_DEFAULT;
	bool is_absolute = u->maps_are_absolute;
	size_t n_uids = u->n_uids, n_gids = u->n_gids;

	*u = (struct spec_userns){.uids = uids,
				  .gids = gids,
				  .n_uids = n_uids,
				  .n_gids = n_gids,
				  .maps_are_absolute = is_absolute};
	q->has_userns = v[0] != '\0';
	q->spec.ns[NS_USER] = (struct spec_namespace){0};
	if (strncmp(v, "ns:", 3) == 0 || strncmp(v, "container:", 10) == 0)
		return request_set_ns(q, NS_USER, v, err);
	if (words)
		*words++ = '\0';
	if (strcmp(copy, "") == 0)
		u->mode = unset; /* as if it was not given: explicit maps stay */
	else if (strcmp(copy, "private") == 0)
		u->mode = USERNS_DEFAULT;
	else if (strcmp(copy, "keep-id") == 0)
		u->mode = USERNS_KEEP_ID;
	else if (strcmp(copy, "nomap") == 0)
		u->mode = USERNS_NOMAP;
	else if (strcmp(copy, "auto") == 0)
		u->mode = USERNS_AUTO;
	else if (strcmp(copy, "host") == 0)
		u->mode = USERNS_HOST;
	else
		return err_say(
			err, -EINVAL,
			"'%s': expected keep-id, nomap, auto, host, private, ns:PATH or "
			"container:NAME",
			v);
	if (!words)
		return 0;
	if (u->mode != USERNS_KEEP_ID && u->mode != USERNS_AUTO)
		return err_say(err, -EINVAL, "'%s' takes no options", copy);
	return userns_words(u, words, u->mode == USERNS_KEEP_ID, err);
}

/* "CONTAINER:HOST[:COUNT]"; "@" before HOST makes it an id of the host itself. */
static int read_map(struct request *q, const char *v, struct idrange *ret,
		    struct err *err)
{
	char *copy = arena_strdup(q->arena, v), *host = strchr(copy, ':'), *count = NULL;
	bool is_absolute;

	*ret = (struct idrange){.count = 1};
	if (host)
		*host++ = '\0';
	count = host ? strchr(host, ':') : NULL;
	if (count)
		*count++ = '\0';
	is_absolute = host && host[0] == '@';
	if (!host || parse_u32(copy, &ret->inside) < 0 ||
	    parse_u32(host + is_absolute, &ret->host) < 0 ||
	    (count && parse_u32(count, &ret->count) < 0))
		return err_say(err, -EINVAL, "'%s': expected CONTAINER:HOST[:COUNT]", v);
	if (is_absolute && !q->spec.userns.maps_are_absolute &&
	    q->spec.userns.n_uids + q->spec.userns.n_gids > 0)
		return err_say(err, -EINVAL, "'%s': all maps use @, or none does", v);
	if (!is_absolute && q->spec.userns.maps_are_absolute)
		return err_say(err, -EINVAL, "'%s': all maps use @, or none does", v);
	q->spec.userns.maps_are_absolute = is_absolute;
	q->spec.userns.mode = USERNS_EXPLICIT;
	return 0;
}

static int set_uidmap(void *t, const char *v, struct err *err)
{
	struct idrange map;
	int r = read_map(of(t), v, &map, err);

	if (r == 0)
		*ARR_PUSH(of(t)->arena, &of(t)->spec.userns, uids) = map;
	return r;
}

static int set_gidmap(void *t, const char *v, struct err *err)
{
	struct idrange map;
	int r = read_map(of(t), v, &map, err);

	if (r == 0)
		*ARR_PUSH(of(t)->arena, &of(t)->spec.userns, gids) = map;
	return r;
}

/* What urun tells itself: a session's socket is not for those inside. */
static bool is_own_env(const char *pair)
{
	return strncmp(pair, "URUN_SESSION=", strlen("URUN_SESSION=")) == 0 ||
	       helper_is_own_variable(pair);
}

static int add_env(struct request *q, struct strv *list, const char *v)
{
	size_t len = strlen(v);

	if (strchr(v, '=')) {
		strv_push(q->arena, list, keep(q, v));
		return 0;
	}
	/* "NAME" copies one variable of the caller's, "PREFIX*" all that begin so. */
	for (char *const *e = q->environ; e && *e; e++)
		if (!is_own_env(*e) &&
		    ((v[len - 1] == '*' && strncmp(*e, v, len - 1) == 0) ||
		     (strncmp(*e, v, len) == 0 && (*e)[len] == '=')))
			strv_push(q->arena, list, *e);
	return 0;
}

int set_env(void *t, const char *v, struct err *err)
{
	if (v[0] == '\0' || v[0] == '=')
		return err_say(err, -EINVAL, "'%s': expected NAME[=VALUE]", v);
	return add_env(of(t), &of(t)->env, v);
}

int set_env_file(void *t, const char *v, struct err *err)
{
	struct request *q = of(t);
	char *text, *line;
	int r = fd_read_file(v, q->arena, MAX_ENV_FILE, &text, NULL);

	if (r == -EINVAL)
		return err_say(err, r, "'%s': it is no regular file", v);
	if (r == -EFBIG)
		return err_say(err, r, "'%s': it is larger than %u MiB", v,
			       MAX_ENV_FILE >> 20);
	if (r < 0)
		return err_set(err, r, "'%s'", v);
	while ((line = strsep(&text, "\n"))) {
		line += strspn(line, " \t");
		line[strcspn(line, "\r")] = '\0';
		if (line[0] == '\0' || line[0] == '#')
			continue;
		if (line[0] == '=')
			return err_say(err, -EINVAL, "'%s': line '%s' has no name", v,
				       line);
		add_env(q, &q->file_env, line);
	}
	return 0;
}

int set_ulimit(void *t, const char *v, struct err *err)
{
	struct request *q = of(t);
	char *copy = arena_strdup(q->arena, v), *soft = strchr(copy, '='), *hard;
	struct spec_rlimit limit;

	if (strcmp(v, "host") == 0)
		return 0; /* the caller's limits, which it inherits anyway */
	if (!soft)
		return err_say(err, -EINVAL, "'%s': expected NAME=SOFT[:HARD]", v);
	*soft++ = '\0';
	if (parse_rlimit(copy, &limit.resource) < 0)
		return err_say(err, -EINVAL, "'%s': no such limit", copy);
	hard = strchr(soft, ':');
	if (hard)
		*hard++ = '\0';
	else
		hard = soft;
	if (strcmp(soft, "-1") == 0 || strcmp(soft, "unlimited") == 0)
		limit.soft = UINT64_MAX;
	else if (parse_u64(soft, &limit.soft) < 0)
		return err_say(err, -EINVAL, "'%s': a limit is a number or -1", soft);
	if (strcmp(hard, "-1") == 0 || strcmp(hard, "unlimited") == 0)
		limit.hard = UINT64_MAX;
	else if (parse_u64(hard, &limit.hard) < 0)
		return err_say(err, -EINVAL, "'%s': a limit is a number or -1", hard);
	for (size_t i = 0; i < q->spec.process.n_rlimits; i++) {
		if (q->spec.process.rlimits[i].resource == limit.resource) {
			q->spec.process.rlimits[i] = limit;
			return 0;
		}
	}
	*ARR_PUSH(q->arena, &q->spec.process, rlimits) = limit;
	return 0;
}

static int set_group_add(void *t, const char *v, struct err *err)
{
	(void)err;
	if (strcmp(v, "keep-groups") == 0)
		of(t)->spec.process.user.keep_groups = true;
	else
		strv_push(of(t)->arena, &of(t)->spec.process.user.groups, keep(of(t), v));
	return 0;
}

/* "/a:/b", the @paths of the option @v; "ALL" where @has_all. */
static int add_paths(struct request *q, struct strv *list, const char *v,
		     const char *paths, bool has_all, struct err *err)
{
	char *copy = arena_strdup(q->arena, paths), *path;

	while ((path = strsep(&copy, ":"))) {
		if (path[0] == '/')
			strv_push(q->arena, list, spec_clean_path(q->arena, path));
		else if (has_all &&
			 (strcmp(path, "ALL") == 0 || strcmp(path, "all") == 0))
			strv_push(q->arena, list, path);
		else
			return err_say(err, -EINVAL, "'%s': expected /PATH[:/PATH]%s", v,
				       has_all ? " or ALL" : "");
	}
	return 0;
}

/* The part of "key=value" or "key:value" behind @key, or NULL; "" when there is none. */
static const char *after_key(const char *v, const char *key)
{
	size_t len = strlen(key);

	if (strncmp(v, key, len) != 0)
		return NULL;
	if (v[len] == '\0')
		return v + len;
	return v[len] == '=' || v[len] == ':' ? v + len + 1 : NULL;
}

int set_security_opt(void *t, const char *v, struct err *err)
{
	static const char *const valued[] = {"seccomp", "mask", "unmask", "proc-opts"};
	struct request *q = of(t);
	struct spec_security *s = &q->spec.security;
	const char *value;
	bool is_on;

	for (size_t i = 0; i < ARRAY_SIZE(valued); i++)
		if ((value = after_key(v, valued[i])) && !*value)
			return err_say(err, -EINVAL, "'%s': expected %s=VALUE", v,
				       valued[i]);
	if (strcmp(v, "no-new-privileges") == 0)
		v = "no-new-privileges=true";
	if ((value = after_key(v, "no-new-privileges"))) {
		if (parse_bool(value, &is_on) < 0)
			return err_say(err, -EINVAL, "'%s': neither true nor false", v);
		s->has_new_privs = !is_on;
	} else if ((value = after_key(v, "seccomp"))) {
		bool is_off = strcmp(value, "unconfined") == 0;

		s->seccomp = is_off ? SECCOMP_OFF : SECCOMP_PROFILE;
		s->seccomp_path = is_off ? NULL : keep(q, value);
	} else if ((value = after_key(v, "apparmor"))) {
		if (!*value || spec_refuse_label(value))
			return err_say(err, -EINVAL, "'%s': expected apparmor=PROFILE",
				       v);
		s->apparmor_profile =
			strcmp(value, "unconfined") == 0 ? NULL : keep(q, value);
	} else if ((value = after_key(v, "label"))) {
		if (strcmp(value, "disable") != 0)
			return err_say(err, -ENOTSUP,
				       "'%s': SELinux labels are not supported", v);
	} else if ((value = after_key(v, "unmask"))) {
		return add_paths(q, &q->defaults.unmask, v, value, true, err);
	} else if ((value = after_key(v, "mask"))) {
		return add_paths(q, &q->defaults.mask, v, value, false, err);
	} else if ((value = after_key(v, "proc-opts"))) {
		q->defaults.proc_options = keep(q, value);
	} else {
		return err_say(err, -EINVAL, "'%s': no such option", v);
	}
	return 0;
}

static int set_storage_driver(void *t, const char *v, struct err *err)
{
	enum storage_driver *driver = &of(t)->spec.root.driver;

	if (strcmp(v, "auto") == 0)
		*driver = STORAGE_AUTO;
	else if (strcmp(v, "overlay") == 0)
		*driver = STORAGE_OVERLAY;
	else if (strcmp(v, "fuse-overlayfs") == 0)
		*driver = STORAGE_FUSE;
	else
		return err_say(err, -EINVAL,
			       "'%s': expected auto, overlay or fuse-overlayfs", v);
	return 0;
}

static int set_personality(void *t, const char *v, struct err *err)
{
	struct spec *s = &of(t)->spec;
	int place = words_find(words_domains, v);

	if (place < 0)
		return err_say(err, -EINVAL, "'%s': expected LINUX or LINUX32", v);
	s->has_personality = true;
	s->personality = words_domain_values[place];
	return 0;
}

int set_umask(void *t, const char *v, struct err *err)
{
	of(t)->spec.process.has_umask = true;
	return parse_octal(v, 0777, &of(t)->spec.process.umask) < 0
		       ? err_say(err, -EINVAL, "'%s': no octal umask", v)
		       : 0;
}

int set_shm_size(void *t, const char *v, struct err *err)
{
	of(t)->has_shm_size = true;
	return parse_size(v, &of(t)->defaults.shm_size_bytes) < 0
		       ? err_say(err, -EINVAL,
				 "'%s': a size is a number with b, k, m or g", v)
		       : 0;
}

static int set_oom(void *t, const char *v, struct err *err)
{
	int64_t score;

	if (parse_i64(v, &score) < 0 || score < -1000 || score > 1000)
		return err_say(err, -EINVAL, "'%s': a number from -1000 to 1000", v);
	of(t)->spec.process.has_oom_score_adj = true;
	of(t)->spec.process.oom_score_adj = (int)score;
	return 0;
}

int set_name(void *t, const char *v, struct err *err)
{
	static const char first[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
	size_t len = strlen(v);

	if (len == 0 || len > 128 || !strchr(first, v[0]) ||
	    strspn(v, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_."
		      "-") != len)
		return err_say(err, -EINVAL,
			       "'%s': letters, digits, '_', '.' and '-', at most 128", v);
	of(t)->spec.name = keep(of(t), v);
	return 0;
}

static int set_number(const char *v, uint32_t *ret, struct err *err)
{
	return parse_u32(v, ret) < 0 ? err_say(err, -EINVAL, "'%s': no number", v) : 0;
}

int set_timeout(void *t, const char *v, struct err *err)
{
	return set_number(v, &of(t)->spec.process.timeout_s, err);
}

int set_preserve_fds(void *t, const char *v, struct err *err)
{
	return set_number(v, &of(t)->spec.process.preserve_fds, err);
}

static int set_privileged(void *t, const char *v, struct err *err)
{
	return options_bool(v, &of(t)->spec.security.is_privileged, err);
}

/* Setters that only keep a word, or a truth. */
#define SET_TEXT(scope, name, field)                            \
	scope int name(void *t, const char *v, struct err *err) \
	{                                                       \
		(void)err;                                      \
		of(t)->field = keep(of(t), v);                  \
		return 0;                                       \
	}
#define SET_BOOL(scope, name, field)                            \
	scope int name(void *t, const char *v, struct err *err) \
	{                                                       \
		return options_bool(v, &of(t)->field, err);     \
	}
#define SET_LIST(scope, name, field)                                    \
	scope int name(void *t, const char *v, struct err *err)         \
	{                                                               \
		(void)err;                                              \
		strv_push(of(t)->arena, &of(t)->field, keep(of(t), v)); \
		return 0;                                               \
	}
#define SHARED /* run_options.h */

SET_LIST(SHARED, set_add_host, add_hosts)
SET_LIST(static, set_label, spec.annotations)
SET_LIST(SHARED, set_dns, dns)
SET_LIST(SHARED, set_dns_option, dns_options)
SET_LIST(SHARED, set_dns_search, dns_search)
SET_LIST(static, set_sysctl, sysctls)
SET_LIST(static, set_unsetenv, unset)
SET_TEXT(static, set_cidfile, cidfile)
SET_TEXT(static, set_entrypoint, entrypoint)
SET_TEXT(static, set_hostname, spec.hostname)
SET_TEXT(SHARED, set_pidfile, spec.pidfile)
SET_TEXT(static, set_user, spec.process.user.name)
SET_TEXT(SHARED, set_workdir, spec.process.cwd)
SET_BOOL(static, set_init, spec.process.want_init)
SET_BOOL(static, set_interactive, spec.process.want_stdin)
SET_BOOL(SHARED, set_print_plan, print_plan)
SET_BOOL(static, set_print_spec, print_spec)
SET_BOOL(static, set_publish_all, want_all_ports)
SET_BOOL(static, set_quiet, pull.is_quiet)
SET_BOOL(static, set_read_only, spec.root.is_readonly)
SET_BOOL(static, set_read_only_tmpfs, defaults.want_read_only_tmpfs)
SET_BOOL(static, set_replace, want_replace)
SET_BOOL(static, set_rootfs, is_rootfs)
SET_BOOL(static, set_tty, spec.process.want_terminal)
SET_BOOL(static, set_unsetenv_all, unset_all)

static int set_annotation(void *t, const char *v, struct err *err)
{
	if (v[0] == '=' || !strchr(v, '='))
		return err_say(err, -EINVAL, "'%s': expected KEY=VALUE", v);
	return set_label(t, v, err);
}

static int set_no_hosts(void *t, const char *v, struct err *err)
{
	bool is_on = false;
	int r = options_bool(v, &is_on, err);

	of(t)->has_hosts = !is_on;
	return r;
}

static int set_rm(void *t, const char *v, struct err *err)
{
	of(t)->has_rm = true;
	return options_bool(v, &of(t)->want_rm, err);
}

static int set_pull(void *t, const char *v, struct err *err)
{
	static const char *const words[] = {"always", "missing", "never", "newer"};

	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		if (strcmp(v, words[i]) != 0)
			continue;
		of(t)->when = words[i];
		return 0;
	}
	return err_say(err, -EINVAL, "'%s': always, missing, never or newer", v);
}

static const struct option run_options[] = {
	LIMIT_OPTIONS,
	LIMIT_PLACE_OPTIONS,
	PROCESS_OPTIONS,
	NAME_OPTIONS,
	{"annotation", 0, "KEY=VALUE",
	 "a note in the container's description, see --print-spec", set_annotation},
	{"arch", 0, "ARCH", "of an image that is there for several: its architecture",
	 registry_set_arch},
	{"authfile", 0, "FILE",
	 "credentials for the image's registry, instead of podman's and docker's files",
	 registry_set_authfile},
	{"cap-add", 0, "CAP", "give a capability, or all", set_cap_add},
	{"cap-drop", 0, "CAP", "take a capability, or all", set_cap_drop},
	{"cgroupns", 0, "MODE",
	 "cgroup namespace: private (the default), host, ns:PATH, "
	 "container:NAME",
	 set_cgroupns},
	{"cert-dir", 0, "DIR",
	 "certificates for the registry of the image, instead of certs.d",
	 registry_set_cert_dir},
	{"cidfile", 0, "FILE", "write the container's id to a new file", set_cidfile},
	{"cpu-rt-period", 0, "US", "cgroup v2 has none: refused", set_cpu_rt},
	{"cpu-rt-runtime", 0, "US", "cgroup v2 has none: refused", set_cpu_rt},
	{"creds", 0, "USER[:PASSWORD]",
	 "credentials for the image's registry; a password that is not given is asked "
	 "for",
	 registry_set_creds},
	{"device", 0, "HOST[:CTR][:rwm]",
	 "show a device of the host, at the same or another path", set_device},
	{"device-cgroup-rule", 0, "RULE", "only root may: refused",
	 set_device_cgroup_rule},
	{"entrypoint", 0, "CMD", "the command; words behind ROOTFS become its arguments",
	 set_entrypoint},
	{"gidmap", 0, "CTR:HOST[:N]", "map group ids, as --uidmap does for users",
	 set_gidmap},
	{"group-add", 0, "GROUP",
	 "add a group by name or number, or keep-groups for the caller's", set_group_add},
	{"hostname", 'h', "NAME",
	 "host name inside; by default the first 12 digits of the id", set_hostname},
	{"init", 0, NULL, "run urun-init as PID 1: it reaps and forwards signals",
	 set_init},
	{"interactive", 'i', NULL, "connect standard input, which is /dev/null otherwise",
	 set_interactive},
	{"ipc", 0, "MODE",
	 "ipc namespace: private (the default), shareable, none, host, ns:PATH, "
	 "container:NAME",
	 set_ipc},
	{"label", 'l', "KEY=VALUE", "a note, like --annotation", set_label},
	{"mount", 0, "type=T,...", "mount bind, tmpfs or devpts: src=, dst=, ro, ...",
	 set_mount},
	{"name", 0, "NAME",
	 "a name that no other container has; without it, one of two words is made up",
	 set_name},
	{"network", 0, "MODE",
	 "network: auto (the default: slirp4netns, or else pasta), slirp4netns, pasta, "
	 "none, host, ns:PATH, container:NAME",
	 network_set},
	{"net", 0, "MODE", "the same as --network", network_set},
	{"no-hosts", 0, NULL, "do not write /etc/hosts", set_no_hosts},
	{"oom-kill-disable", 0, NULL, "cgroup v2 has none: refused",
	 set_oom_kill_disable},
	{"oom-score-adj", 0, "N",
	 "how readily the kernel kills it: -1000 (last) to 1000 (first)", set_oom},
	{"os", 0, "OS", "of an image that is there for several: its system",
	 registry_set_os},
	{"personality", 0, "DOMAIN",
	 "what uname says of the machine: LINUX, or LINUX32 for a 32-bit one",
	 set_personality},
	{"pid", 0, "MODE",
	 "pid namespace: private (the default), host, ns:PATH, container:NAME", set_pid},
	{"platform", 0, "OS/ARCH", "of an image that is there for several",
	 registry_set_platform},
	{"print-spec", 0, NULL,
	 "print the container's description as JSON, and start nothing", set_print_spec},
	{"privileged", 0, NULL,
	 "all capabilities of the user namespace, no filter, nothing masked",
	 set_privileged},
	{"publish-all", 'P', NULL, "--publish all ports that the image exposes",
	 set_publish_all},
	{"pull", 0, "WHEN",
	 "bring the image: missing (the default), always, newer, never", set_pull},
	{"quiet", 'q', NULL, "print nothing while an image is brought", set_quiet},
	{"read-only", 0, NULL,
	 "mount the rootfs read-only; volumes and tmpfs stay writable", set_read_only},
	{"read-only-tmpfs", 0, NULL,
	 "with --read-only, a tmpfs on /run, /tmp and /var/tmp: the default",
	 set_read_only_tmpfs},
	{"replace", 0, NULL, "remove the container that has this --name, even if it runs",
	 set_replace},
	{"rm", 0, NULL,
	 "remove the container at its end; one of a folder or host: always is", set_rm},
	{"rootfs", 0, NULL, "ROOTFS is a folder: DIR, or DIR:O for throw-away changes",
	 set_rootfs},
	{"shm-size", 0, "SIZE", "size of /dev/shm, 64m by default", set_shm_size},
	{"storage-driver", 0, "NAME",
	 "how overlays are made: auto (the default), overlay, fuse-overlayfs",
	 set_storage_driver},
	{"sysctl", 0, "KEY=VALUE",
	 "a parameter of a namespace: net.*, fs.mqueue.*, kernel.msg*, kernel.sem, "
	 "kernel.shm*",
	 set_sysctl},
	{"timens", 0, "MODE",
	 "time namespace: host (the default), private, ns:PATH, container:NAME",
	 set_time},
	{"tls-verify", 0, NULL,
	 "check the certificate of the image's registry (the default)",
	 registry_set_tls_verify},
	{"tmpfs", 0, "DST[:OPTS]",
	 "a folder in memory, filled with what it covers: size=, mode=, notmpcopyup, ...",
	 set_tmpfs},
	{"tty", 't', NULL, "give the command a terminal of its own", set_tty},
	{"uidmap", 0, "CTR:HOST[:N]",
	 "map N (1) user ids; HOST counts: 0 is you, 1 your first subordinate id; @ID is "
	 "the host's",
	 set_uidmap},
	{"unsetenv", 0, "NAME", "do not set a default variable", set_unsetenv},
	{"unsetenv-all", 0, NULL, "set no default variable", set_unsetenv_all},
	{"user", 'u', "USER[:GROUP]",
	 "run as this user (and group): names of the rootfs, or numbers", set_user},
	{"userns", 0, "MODE",
	 "id map: private (the default), keep-id[:uid=,gid=], nomap, auto[:size=], host, "
	 "ns:PATH, container:NAME",
	 set_userns},
	{"uts", 0, "MODE",
	 "uts namespace: private (the default), host, ns:PATH, container:NAME", set_uts},
	{"variant", 0, "VARIANT",
	 "of an image that is there for several: the variant of --arch",
	 registry_set_variant},
	{"volume", 'v', "SRC:DST[:OPTS]",
	 "show a file or folder of the host, or a volume by its name: ro, O (throw-away "
	 "changes), nocopy, noexec, ...",
	 set_volume},
	{"workdir", 'w', "DIR", "working folder inside, / by default", set_workdir},
	{0},
};

const struct option_table run_table = {
	.verb = "run",
	.synopsis = "[OPTIONS] IMAGE [COMMAND [ARG...]]",
	.summary = "Run a command in a container. IMAGE is an image's name, host: for "
		   "the host's own tree,\nrootfs:DIR[:O] for a folder, or DIR[:O] with "
		   "--rootfs.",
	.options = run_options,
};

const struct option_table create_table = {
	.verb = "create",
	.synopsis = "[OPTIONS] IMAGE [COMMAND [ARG...]]",
	.summary = "Make a container as `urun run` would, for `urun start` to run it. "
		   "Prints its id.",
	.options = run_options,
};
