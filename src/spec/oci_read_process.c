// SPDX-License-Identifier: Apache-2.0
/*
 * oci_read_process.c - what is executed, as whom and with which rights
 */
#include <string.h>

#include "base/parse.h"
#include "spec/oci_parts.h"

#define MAX_UMASK 0777u
#define MAX_CAPS  256

static int read_user(struct oci *o)
{
	static const struct oci_field fields[] = {
		{"uid", OCI_NUMBER, offsetof(struct spec_user, uid), OCI_MAX_ID},
		{"gid", OCI_NUMBER, offsetof(struct spec_user, gid), OCI_MAX_ID},
		{0},
	};
	struct spec_process *p = &o->spec->process;
	struct json_at at = json_key(&o->process, "user"), uid = json_key(&at, "uid"),
		       gid = json_key(&at, "gid"), mask = json_key(&at, "umask"),
		       list = json_key(&at, "additionalGids");
	size_t n = 0;
	int r = oci_read_fields(o, &at, fields, &p->user);

	if (r == 0)
		r = json_read_u32(&mask, MAX_UMASK, &p->umask, o->err);
	if (r == 0)
		r = oci_read_list(o, &list, SPEC_MAX_GROUPS, &n);
	for (size_t i = 0; r == 0 && i < n; i++) {
		struct json_at item = json_index(&list, i);

		r = json_read_u32(&item, OCI_MAX_ID,
				  ARR_PUSH(o->spec->arena, &p->user, gids), o->err);
	}
	p->has_umask = json_is_present(&mask);
	/* A document of ours names the user elsewhere when it has no ids here. */
	p->user.has_ids = json_is_present(&uid) || json_is_present(&gid) ||
			  !json_is_present(&o->own);
	return r;
}

static int read_command(struct oci *o)
{
	static const struct oci_field fields[] = {
		{"terminal", OCI_BOOL, offsetof(struct spec_process, want_terminal), 0},
		{"args", OCI_STRINGS, offsetof(struct spec_process, args), SPEC_MAX_ARGS},
		{"env", OCI_STRINGS, offsetof(struct spec_process, env), SPEC_MAX_ARGS},
		{"cwd", OCI_STRING, offsetof(struct spec_process, cwd), 0},
		{0},
	};
	struct spec_process *p = &o->spec->process;
	struct json_at args = json_key(&o->process, "args"),
		       env = json_key(&o->process, "env"),
		       cwd = json_key(&o->process, "cwd");
	int r = oci_read_fields(o, &o->process, fields, p);

	if (r < 0)
		return r;
	if (p->args.n == 0)
		return json_invalid(&args, o->err, "a command is needed");
	if (p->cwd && p->cwd[0] != '/')
		return json_invalid(&cwd, o->err, "expected an absolute path");
	return oci_check_env(o, &env, &p->env);
}

/* Engines pass on whatever their kernel names: OCI wants a name that is not known here
 * to be left out, and the payload has a capability less. In a list of ours it is an
 * error. */
static int read_caps(struct oci *o, const struct json_at *at, bool is_strict,
		     uint64_t *ret)
{
	struct strv names = {0};
	size_t n;
	int r = oci_read_list(o, at, MAX_CAPS, &n);

	if (r == 0)
		r = json_read_strv(at, o->spec->arena, &names, o->err);
	for (size_t i = 0; r == 0 && i < names.n; i++) {
		struct json_at item = json_index(at, i);
		unsigned int cap;

		if (parse_cap(names.v[i], &cap) == 0)
			*ret |= 1ULL << cap;
		else if (is_strict)
			r = json_invalid(&item, o->err, "no such capability");
	}
	return r;
}

static int read_cap_sets(struct oci *o, const struct json_at *at)
{
	struct spec_caps *c = &o->spec->security.caps;
	const struct {
		const char *key;
		uint64_t *set;
	} sets[] = {
		{"bounding", &c->bounding},	  {"effective", &c->effective},
		{"inheritable", &c->inheritable}, {"permitted", &c->permitted},
		{"ambient", &c->ambient},
	};
	int r = json_expect(at, JSON_KIND_OBJECT, o->err);

	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(sets); i++) {
		struct json_at list = json_key(at, sets[i].key);

		r = read_caps(o, &list, false, sets[i].set);
	}
	c->has_sets = true;
	return r;
}

/* The default list, or nothing, or all, and what is added and dropped. */
static int read_own_caps(struct oci *o, const struct json_at *at)
{
	static const char *const bases[] = {"default", "none", "all", NULL};
	struct spec_caps *c = &o->spec->security.caps;
	struct json_at base = json_key(at, "base"), add = json_key(at, "add"),
		       drop = json_key(at, "drop");
	int place = 0, r = json_expect(at, JSON_KIND_OBJECT, o->err);

	if (r == 0)
		r = oci_read_word(o, &base, bases, &place);
	if (r == 0)
		r = read_caps(o, &add, true, &c->add);
	if (r == 0)
		r = read_caps(o, &drop, true, &c->drop);
	c->want_none = place == 1;
	c->want_all = place == 2;
	return r;
}

static int read_rights(struct oci *o)
{
	struct json_at sets = json_key(&o->process, "capabilities"),
		       own = json_key(&o->own, "capabilities"),
		       nnp = json_key(&o->process, "noNewPrivileges");
	bool has_nnp = false;
	int r = json_read_bool(&nnp, &has_nnp, o->err);

	o->spec->security.has_new_privs = !has_nnp;
	if (r < 0)
		return r;
	if (!json_is_present(&own))
		return read_cap_sets(o, &sets);
	if (json_is_present(&sets))
		return json_invalid(&own, o->err, "goes with no process.capabilities");
	return read_own_caps(o, &own);
}

/* -1 is 2^64 - 1, see fold_numbers(); the largest signed number means the same. */
static int read_limit(struct oci *o, const struct json_at *at, uint64_t *ret)
{
	int64_t v = 0;
	int r = json_read_i64(at, -1, INT64_MAX, &v, o->err);

	if (r == 0 && !json_is_present(at))
		return json_invalid(at, o->err, "a limit is needed");
	*ret = v < 0 || v == INT64_MAX ? UINT64_MAX : (uint64_t)v;
	return r;
}

static int read_rlimit(struct oci *o, const struct json_at *at)
{
	struct spec_process *p = &o->spec->process;
	struct json_at type = json_key(at, "type"), soft = json_key(at, "soft"),
		       hard = json_key(at, "hard");
	struct spec_rlimit limit = {0};
	const char *name;
	int r = json_expect(at, JSON_KIND_OBJECT, o->err);

	if (r == 0)
		r = oci_read_name(o, &type, "a type", &name);
	if (r == 0 && parse_rlimit(name, &limit.resource) < 0)
		r = json_invalid(&type, o->err, "no such limit");
	if (r == 0)
		r = read_limit(o, &soft, &limit.soft);
	if (r == 0)
		r = read_limit(o, &hard, &limit.hard);
	if (r < 0)
		return r;
	if (limit.soft > limit.hard)
		return json_invalid(&soft, o->err, "above the hard limit");
	for (size_t i = 0; i < p->n_rlimits; i++)
		if (p->rlimits[i].resource == limit.resource)
			return json_invalid(&type, o->err, "given twice");
	*ARR_PUSH(o->spec->arena, p, rlimits) = limit;
	return 0;
}

static int read_limits(struct oci *o)
{
	struct spec_process *p = &o->spec->process;
	struct json_at list = json_key(&o->process, "rlimits"),
		       score = json_key(&o->process, "oomScoreAdj");
	int64_t v = 0;
	int r = json_read_i64(&score, -1000, 1000, &v, o->err);

	p->has_oom_score_adj = json_is_present(&score);
	p->oom_score_adj = (int)v;
	return r < 0 ? r : oci_read_each(o, &list, RLIM_NLIMITS, read_rlimit);
}

static int read_own(struct oci *o)
{
	static const struct oci_field fields[] = {
		{"user", OCI_STRING, offsetof(struct spec_process, user.name), 0},
		{"groups", OCI_STRINGS, offsetof(struct spec_process, user.groups),
		 SPEC_MAX_GROUPS},
		{"keepGroups", OCI_BOOL, offsetof(struct spec_process, user.keep_groups),
		 0},
		{"argv0", OCI_STRING, offsetof(struct spec_process, argv0), 0},
		{"stdin", OCI_BOOL, offsetof(struct spec_process, want_stdin), 0},
		{"init", OCI_BOOL, offsetof(struct spec_process, want_init), 0},
		{"preserveFds", OCI_NUMBER, offsetof(struct spec_process, preserve_fds),
		 SPEC_MAX_PRESERVE_FDS},
		{"timeout", OCI_NUMBER, offsetof(struct spec_process, timeout_s),
		 UINT32_MAX},
		{0},
	};

	/* An OCI payload always has what the runtime got. */
	o->spec->process.want_stdin = true;
	return oci_read_fields(o, &o->own, fields, &o->spec->process);
}

/* One line for /proc/PID/attr/exec. @nothing: a value that asks for nothing, as "" does. */
static int read_label(struct oci *o, const struct json_at *at, const char *nothing,
		      const char **ret)
{
	const char *label = "", *why;
	int r = json_read_str(at, o->spec->arena, &label, o->err);

	if (r < 0 || !label[0] || (nothing && strcmp(label, nothing) == 0))
		return r;
	why = spec_refuse_label(label);
	if (why)
		return json_invalid(at, o->err, "%s", why);
	*ret = label;
	return 0;
}

static int read_labels(struct oci *o)
{
	struct spec_security *s = &o->spec->security;
	struct json_at profile = json_key(&o->process, "apparmorProfile"),
		       label = json_key(&o->process, "selinuxLabel");
	int r = read_label(o, &profile, "unconfined", &s->apparmor_profile);

	return r < 0 ? r : read_label(o, &label, NULL, &s->selinux_label);
}

/* The kernel's struct winsize has 16 bits for each. */
static int read_console(struct oci *o)
{
	struct spec_process *p = &o->spec->process;
	struct json_at size = json_key(&o->process, "consoleSize"),
		       height = json_key(&size, "height"),
		       width = json_key(&size, "width");
	uint32_t rows = 0, columns = 0;
	int r = json_expect(&size, JSON_KIND_OBJECT, o->err);

	if (r == 0)
		r = json_read_u32(&height, UINT16_MAX, &rows, o->err);
	if (r == 0)
		r = json_read_u32(&width, UINT16_MAX, &columns, o->err);
	p->console_rows = (uint16_t)rows;
	p->console_columns = (uint16_t)columns;
	return r;
}

int oci_read_process(struct oci *o)
{
	static int (*const parts[])(struct oci *) = {
		read_command, read_console, read_user,	    read_rights,
		read_labels,  read_limits,  oci_read_sched, read_own,
	};
	int r = 0;

	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(parts); i++)
		r = parts[i](o);
	return r;
}
