// SPDX-License-Identifier: Apache-2.0
/*
 * seccomp_profile.c - see seccomp_profile.h
 */
#include "spec/seccomp_profile.h"

#include <linux/seccomp.h>
#include <string.h>

#include "base/json.h"
#include "base/parse.h"

#ifndef SECCOMP_RET_KILL_PROCESS
#define SECCOMP_RET_KILL_PROCESS 0x80000000U
#endif
#ifndef SECCOMP_RET_LOG
#define SECCOMP_RET_LOG 0x7ffc0000U
#endif
#ifndef SECCOMP_RET_USER_NOTIF
#define SECCOMP_RET_USER_NOTIF 0x7fc00000U
#endif
/* SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV, Linux 5.19 */
#define SECCOMP_WAIT_KILLABLE (1u << 5)
#define MAX_ERRNO	      4095
#define MAX_FLAGS	      16
#define MAX_METADATA	      (64u << 10)

static const struct {
	const char *name;
	uint32_t ret;
	bool has_errno;
} actions[] = {
	{"SCMP_ACT_KILL", SECCOMP_RET_KILL_THREAD, false},
	{"SCMP_ACT_KILL_THREAD", SECCOMP_RET_KILL_THREAD, false},
	{"SCMP_ACT_KILL_PROCESS", SECCOMP_RET_KILL_PROCESS, false},
	{"SCMP_ACT_TRAP", SECCOMP_RET_TRAP, false},
	{"SCMP_ACT_ERRNO", SECCOMP_RET_ERRNO, true},
	{"SCMP_ACT_TRACE", SECCOMP_RET_TRACE, true},
	{"SCMP_ACT_NOTIFY", SECCOMP_RET_USER_NOTIF, false},
	{"SCMP_ACT_LOG", SECCOMP_RET_LOG, false},
	{"SCMP_ACT_ALLOW", SECCOMP_RET_ALLOW, false},
};

static const char *const ops[] = {
	[SECCOMP_OP_NE] = "SCMP_CMP_NE",
	[SECCOMP_OP_LT] = "SCMP_CMP_LT",
	[SECCOMP_OP_LE] = "SCMP_CMP_LE",
	[SECCOMP_OP_EQ] = "SCMP_CMP_EQ",
	[SECCOMP_OP_GE] = "SCMP_CMP_GE",
	[SECCOMP_OP_GT] = "SCMP_CMP_GT",
	[SECCOMP_OP_MASKED_EQ] = "SCMP_CMP_MASKED_EQ",
};

/* An action and the errno beside it, as one return value of the filter. */
static int read_action(const struct json_at *at, const struct json_at *errno_at,
		       struct arena *a, uint32_t *ret, struct err *err)
{
	const char *name = NULL;
	uint32_t number = 1; /* EPERM, the format's own default */
	int r = json_read_str(at, a, &name, err);

	if (r == 0)
		r = json_read_u32(errno_at, MAX_ERRNO, &number, err);
	if (r < 0)
		return r;
	if (!name)
		return json_invalid(at, err, "an action is needed");
	for (size_t i = 0; i < ARRAY_SIZE(actions); i++) {
		if (strcmp(name, actions[i].name) != 0)
			continue;
		*ret = actions[i].ret | (actions[i].has_errno ? number : 0);
		return 0;
	}
	return json_invalid(at, err, "unknown action");
}

static int read_u64(const struct json_at *at, uint64_t *ret, struct err *err)
{
	int64_t v = 0;
	int r = json_read_i64(at, INT64_MIN, INT64_MAX, &v, err);

	if (r == 0)
		*ret = (uint64_t)v;
	return r;
}

static int read_arg(const struct json_at *at, struct arena *a, struct seccomp_arg *ret,
		    struct err *err)
{
	struct json_at index = json_key(at, "index"), value = json_key(at, "value");
	struct json_at two = json_key(at, "valueTwo"), op = json_key(at, "op");
	const char *name = NULL;
	int r = json_expect(at, JSON_KIND_OBJECT, err);

	if (r == 0)
		r = json_read_u32(&index, SECCOMP_MAX_ARGS - 1, &ret->index, err);
	if (r == 0)
		r = read_u64(&value, &ret->value, err);
	if (r == 0)
		r = read_u64(&two, &ret->value_two, err);
	if (r == 0)
		r = json_read_str(&op, a, &name, err);
	if (r < 0)
		return r;
	for (size_t i = 0; name && i < ARRAY_SIZE(ops); i++) {
		if (strcmp(name, ops[i]) == 0) {
			ret->op = (enum seccomp_op)i;
			return 0;
		}
	}
	return json_invalid(&op, err, "unknown comparison");
}

static int read_filter(const struct json_at *at, struct arena *a,
		       struct seccomp_filter *ret, struct err *err)
{
	struct json_at caps = json_key(at, "caps"), arches = json_key(at, "arches");
	struct json_at kernel = json_key(at, "minKernel");
	struct strv names = {0};
	int r = json_expect(at, JSON_KIND_OBJECT, err);

	if (r == 0)
		r = json_read_strv(&caps, a, &names, err);
	if (r == 0)
		r = json_read_strv(&arches, a, &ret->arches, err);
	if (r == 0)
		r = json_read_str(&kernel, a, &ret->min_kernel, err);
	for (size_t i = 0; r == 0 && i < names.n; i++) {
		unsigned int cap;

		/* A capability of a later kernel: nobody has it, as the bit that is never set. */
		ret->caps |= parse_cap(names.v[i], &cap) < 0 ? 1ULL << 63 : 1ULL << cap;
	}
	return r;
}

static int read_rule(const struct json_at *at, struct arena *a, struct seccomp_rule *ret,
		     struct err *err)
{
	struct json_at names = json_key(at, "names"), name = json_key(at, "name");
	struct json_at action = json_key(at, "action"), number = json_key(at, "errnoRet");
	struct json_at args = json_key(at, "args");
	struct json_at includes = json_key(at, "includes"),
		       excludes = json_key(at, "excludes");
	const char *one = NULL;
	int r = json_expect(at, JSON_KIND_OBJECT, err);

	if (r == 0)
		r = json_read_strv(&names, a, &ret->names, err);
	if (r == 0)
		r = json_read_str(&name, a, &one, err);
	if (r == 0 && one)
		strv_push(a, &ret->names, one);
	if (r == 0)
		r = read_action(&action, &number, a, &ret->action, err);
	if (r == 0)
		r = json_expect(&args, JSON_KIND_ARRAY, err);
	if (r == 0 && json_count(&args) > SECCOMP_MAX_ARGS)
		return json_invalid(&args, err, "more than %d comparisons",
				    SECCOMP_MAX_ARGS);
	for (size_t i = 0; r == 0 && i < json_count(&args); i++) {
		struct json_at arg = json_index(&args, i);

		r = read_arg(&arg, a, ARR_PUSH(a, ret, args), err);
	}
	if (r == 0)
		r = read_filter(&includes, a, &ret->includes, err);
	if (r == 0)
		r = read_filter(&excludes, a, &ret->excludes, err);
	return r;
}

/* Values of linux/seccomp.h. */
static const struct {
	const char *name;
	uint32_t flag;
} flags[] = {
	/* There is one thread: nothing to bring in line. */
	{"SECCOMP_FILTER_FLAG_TSYNC", 0},
	{"SECCOMP_FILTER_FLAG_LOG", 1u << 1},
	{"SECCOMP_FILTER_FLAG_SPEC_ALLOW", 1u << 2},
	{"SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV", SECCOMP_WAIT_KILLABLE},
};

static int read_flag(const struct json_at *at, struct arena *a, uint32_t *ret,
		     struct err *err)
{
	const char *name = NULL;
	int r = json_read_str(at, a, &name, err);

	for (size_t i = 0; r == 0 && name && i < ARRAY_SIZE(flags); i++) {
		if (strcmp(name, flags[i].name) != 0)
			continue;
		*ret |= flags[i].flag;
		return 0;
	}
	return r < 0 ? r : json_invalid(at, err, "unknown flag");
}

static int read_flags(const struct json_at *root, struct arena *a,
		      struct seccomp_profile *p, struct err *err)
{
	struct json_at list = json_key(root, "flags");
	int r = json_expect(&list, JSON_KIND_ARRAY, err);

	if (r == 0 && json_count(&list) > MAX_FLAGS)
		return json_invalid(&list, err, "more than %d flags", MAX_FLAGS);
	for (size_t i = 0; r == 0 && i < json_count(&list); i++) {
		struct json_at item = json_index(&list, i);

		r = read_flag(&item, a, &p->flags, err);
	}
	if (r == 0 && (p->flags & SECCOMP_WAIT_KILLABLE) && !p->has_notify)
		return json_invalid(&list, err,
				    "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV goes with "
				    "SCMP_ACT_NOTIFY");
	return r;
}

/* The call that hands the listener its descriptor is made under the filter: nobody could
 * answer for it yet. */
static bool asks_for_send(const struct seccomp_profile *p)
{
	bool is_asked = p->default_action == SECCOMP_RET_USER_NOTIF;

	for (size_t i = 0; i < p->n_rules; i++) {
		const struct seccomp_rule *rule = &p->rules[i];

		if (!strv_has(&rule->names, "sendmsg"))
			continue;
		if (rule->action == SECCOMP_RET_USER_NOTIF)
			return true;
		if (rule->n_args == 0)
			is_asked = false;
	}
	return is_asked;
}

static int read_listener(const struct json_at *root, struct arena *a,
			 struct seccomp_profile *p, struct err *err)
{
	struct json_at path = json_key(root, "listenerPath"),
		       metadata = json_key(root, "listenerMetadata"),
		       calls = json_key(root, "syscalls");
	int r = json_read_str(&path, a, &p->listener_path, err);

	if (r == 0)
		r = json_read_str(&metadata, a, &p->listener_metadata, err);
	if (r < 0)
		return r;
	if (p->listener_path && !p->listener_path[0])
		p->listener_path = NULL;
	if (p->listener_metadata && !p->listener_metadata[0])
		p->listener_metadata = NULL;
	if (p->listener_path && p->listener_path[0] != '/')
		return json_invalid(&path, err, "expected an absolute path");
	if (p->listener_metadata && !p->listener_path)
		return json_invalid(&metadata, err, "goes with listenerPath");
	if (p->listener_metadata && strlen(p->listener_metadata) > MAX_METADATA)
		return json_invalid(&metadata, err, "longer than %u bytes", MAX_METADATA);
	if (p->has_notify && !p->listener_path)
		return json_invalid(&path, err,
				    "needed for SCMP_ACT_NOTIFY: who is notified?");
	if (p->has_notify && asks_for_send(p))
		return json_invalid(
			&calls, err,
			"sendmsg cannot be SCMP_ACT_NOTIFY: the listener gets "
			"its descriptor by it");
	return 0;
}

static bool has_notify(const struct seccomp_profile *p)
{
	for (size_t i = 0; i < p->n_rules; i++)
		if (p->rules[i].action == SECCOMP_RET_USER_NOTIF)
			return true;
	return p->default_action == SECCOMP_RET_USER_NOTIF;
}

static int read_arches(const struct json_at *root, struct arena *a, struct strv *ret,
		       struct err *err)
{
	struct json_at list = json_key(root, "architectures"),
		       map = json_key(root, "archMap");
	int r = json_read_strv(&list, a, ret, err);

	if (r == 0)
		r = json_expect(&map, JSON_KIND_ARRAY, err);
	for (size_t i = 0; r == 0 && i < json_count(&map); i++) {
		struct json_at entry = json_index(&map, i),
			       arch = json_key(&entry, "architecture");
		struct json_at subs = json_key(&entry, "subArchitectures");
		const char *name = NULL;

		r = json_read_str(&arch, a, &name, err);
		if (r == 0 && name)
			strv_pushf(a, ret, "%s", name);
		if (r == 0)
			r = json_read_strv(&subs, a, ret, err);
	}
	return r;
}

int seccomp_profile_read(const char *buf, size_t len, struct arena *a,
			 struct seccomp_profile *ret, struct err *err)
{
	_cleanup_json_ struct json *doc = NULL;
	struct json_at root, action, number, calls;
	int r = json_parse(buf, len, &doc, err);

	if (r < 0)
		return r;
	*ret = (struct seccomp_profile){0};
	root = json_root(doc);
	if (json_kind(&root) != JSON_KIND_OBJECT)
		return err_say(err, -EINVAL, "a seccomp profile is a JSON object");
	action = json_key(&root, "defaultAction");
	number = json_key(&root, "defaultErrnoRet");
	calls = json_key(&root, "syscalls");
	r = read_action(&action, &number, a, &ret->default_action, err);
	if (r == 0)
		r = read_arches(&root, a, &ret->arches, err);
	if (r == 0)
		r = json_expect(&calls, JSON_KIND_ARRAY, err);
	if (r == 0 && json_count(&calls) > SECCOMP_MAX_RULES)
		return json_invalid(&calls, err, "more than %d rules", SECCOMP_MAX_RULES);
	for (size_t i = 0; r == 0 && i < json_count(&calls); i++) {
		struct json_at rule = json_index(&calls, i);

		r = read_rule(&rule, a, ARR_PUSH(a, ret, rules), err);
	}
	ret->has_notify = has_notify(ret);
	if (r == 0)
		r = read_flags(&root, a, ret, err);
	return r < 0 ? r : read_listener(&root, a, ret, err);
}

/* "4.8" <= "6.18.44-x"? */
static bool is_kernel_at_least(const char *kernel, const char *min)
{
	for (int i = 0; i < 3 && *min; i++) {
		char *end_min, *end_is;
		unsigned long want = strtoul(min, &end_min, 10),
			      is = strtoul(kernel, &end_is, 10);

		if (is != want)
			return is > want;
		min = end_min + (*end_min == '.');
		kernel = end_is + (*end_is == '.');
	}
	return true;
}

bool seccomp_rule_applies(const struct seccomp_rule *rule, uint64_t caps,
			  const char *arch, const char *kernel)
{
	const struct seccomp_filter *in = &rule->includes, *out = &rule->excludes;

	if ((in->caps & ~caps) || (out->caps & caps))
		return false;
	if ((in->arches.n && !strv_has(&in->arches, arch)) ||
	    strv_has(&out->arches, arch))
		return false;
	if (in->min_kernel && !is_kernel_at_least(kernel, in->min_kernel))
		return false;
	return !out->min_kernel || !is_kernel_at_least(kernel, out->min_kernel);
}

void seccomp_profile_words(struct arena *a, struct strv *ret_actions,
			   struct strv *ret_operators)
{
	for (size_t i = 0; i < ARRAY_SIZE(actions); i++)
		strv_push(a, ret_actions, actions[i].name);
	for (size_t i = 0; i < ARRAY_SIZE(ops); i++)
		strv_push(a, ret_operators, ops[i]);
}
