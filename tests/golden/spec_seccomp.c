// SPDX-License-Identifier: Apache-2.0
/*
 * spec_seccomp.c - seccomp_profile_read(): good profiles, and where others are wrong
 */
#include <linux/seccomp.h>
#include <string.h>

#include "base/json.h"
#include "spec/seccomp_profile.h"
#include "test.h"

#define ALLOW "\"defaultAction\": \"SCMP_ACT_ALLOW\""

static int parse(void **state, const char *text, struct seccomp_profile *ret,
		 struct err *err)
{
	return seccomp_profile_read(text, strlen(text), *state, ret, err);
}

static struct seccomp_profile *good(void **state, const char *text)
{
	struct seccomp_profile *p = arena_new(*state, struct seccomp_profile);
	struct err err = {0};

	if (parse(state, text, p, &err) != 0)
		fail_msg("%s", err.message);
	return p;
}

static void bad(void **state, const char *text, const char *message)
{
	struct seccomp_profile p;

	assert_refused(parse(state, text, &p, refused_err), -EINVAL, message);
}

/* One rule that allows, with something beside. */
static const char *rule(void **state, const char *rest)
{
	return arena_printf(*state,
			    "{" ALLOW ", \"syscalls\": [{\"names\": [\"read\"], "
			    "\"action\": \"SCMP_ACT_ALLOW\"%s}]}",
			    rest);
}

static void test_smallest(void **state)
{
	struct seccomp_profile *p = good(state, "{" ALLOW "}");

	assert_int_equal(p->default_action, SECCOMP_RET_ALLOW);
	assert_int_equal(p->n_rules, 0);
	assert_int_equal(p->arches.n, 0);
}

static void test_actions(void **state)
{
	static const struct {
		const char *name;
		uint32_t ret;
	} actions[] = {
		{"SCMP_ACT_KILL", SECCOMP_RET_KILL_THREAD},
		{"SCMP_ACT_KILL_THREAD", SECCOMP_RET_KILL_THREAD},
		{"SCMP_ACT_KILL_PROCESS", SECCOMP_RET_KILL_PROCESS},
		{"SCMP_ACT_TRAP", SECCOMP_RET_TRAP},
		{"SCMP_ACT_ERRNO", SECCOMP_RET_ERRNO | 1},
		{"SCMP_ACT_TRACE", SECCOMP_RET_TRACE | 1},
		{"SCMP_ACT_LOG", SECCOMP_RET_LOG},
		{"SCMP_ACT_ALLOW", SECCOMP_RET_ALLOW},
	};

	for (size_t i = 0; i < ARRAY_SIZE(actions); i++) {
		struct seccomp_profile *p = good(
			state, arena_printf(*state,
					    "{\"defaultAction\": \"%s\", \"syscalls\": "
					    "[{\"names\": [], \"action\": \"%s\"}]}",
					    actions[i].name, actions[i].name));

		assert_int_equal(p->default_action, actions[i].ret);
		assert_int_equal(p->rules[0].action, actions[i].ret);
	}
}

static void test_errno(void **state)
{
	struct seccomp_profile *p =
		good(state,
		     "{\"defaultAction\": \"SCMP_ACT_ERRNO\", \"defaultErrnoRet\": 38,"
		     "\"syscalls\": ["
		     "{\"names\": [\"a\"], \"action\": \"SCMP_ACT_ERRNO\"},"
		     "{\"names\": [\"b\"], \"action\": \"SCMP_ACT_ERRNO\", "
		     "\"errnoRet\": 0},"
		     "{\"names\": [\"c\"], \"action\": \"SCMP_ACT_TRACE\", "
		     "\"errnoRet\": 4095},"
		     "{\"names\": [\"d\"], \"action\": \"SCMP_ACT_KILL\", "
		     "\"errnoRet\": 5}]}");

	assert_int_equal(p->default_action, SECCOMP_RET_ERRNO | 38);
	/* The rule's own default is EPERM, not the profile's default. */
	assert_int_equal(p->rules[0].action, SECCOMP_RET_ERRNO | 1);
	assert_int_equal(p->rules[1].action, SECCOMP_RET_ERRNO);
	assert_int_equal(p->rules[2].action, SECCOMP_RET_TRACE | 4095);
	assert_int_equal(p->rules[3].action, SECCOMP_RET_KILL_THREAD);
}

static void test_errno_out_of_range(void **state)
{
	bad(state, "{" ALLOW ", \"defaultErrnoRet\": 4096}",
	    "defaultErrnoRet: 4096 is not between 0 and 4095");
	bad(state, rule(state, ", \"errnoRet\": -1"),
	    "syscalls[0].errnoRet: -1 is not between 0 and 4095");
	bad(state, rule(state, ", \"errnoRet\": \"EPERM\""),
	    "syscalls[0].errnoRet: expected an integer, got a string");
	bad(state, rule(state, ", \"errnoRet\": 1.5"),
	    "syscalls[0].errnoRet: expected an integer, got a number with a fraction");
}

static void test_names(void **state)
{
	struct seccomp_profile *p =
		good(state, "{" ALLOW ", \"syscalls\": ["
			    "{\"names\": [\"a\", \"no such call\"], \"name\": \"c\", "
			    "\"action\": \"SCMP_ACT_ALLOW\"},"
			    "{\"name\": \"d\", \"action\": \"SCMP_ACT_ALLOW\"},"
			    "{\"names\": null, \"action\": \"SCMP_ACT_ALLOW\"}]}");

	assert_int_equal(p->n_rules, 3);
	assert_int_equal(p->rules[0].names.n, 3);
	assert_string_equal(p->rules[0].names.v[0], "a");
	assert_string_equal(p->rules[0].names.v[1], "no such call");
	assert_string_equal(p->rules[0].names.v[2], "c");
	assert_int_equal(p->rules[1].names.n, 1);
	assert_string_equal(p->rules[1].names.v[0], "d");
	assert_int_equal(p->rules[2].names.n, 0);
}

static void test_wrong_kinds(void **state)
{
	bad(state, "[]", "a seccomp profile is a JSON object");
	bad(state, "{}", "defaultAction: an action is needed");
	bad(state, "{\"defaultAction\": null}", "defaultAction: an action is needed");
	bad(state, "{\"defaultAction\": 1}",
	    "defaultAction: expected a string, got an integer");
	bad(state, "{\"defaultAction\": \"ALLOW\"}", "defaultAction: unknown action");
	bad(state, "{\"defaultAction\": \"scmp_act_allow\"}",
	    "defaultAction: unknown action");
	bad(state, "{" ALLOW ", \"syscalls\": {}}",
	    "syscalls: expected an array, got an object");
	bad(state, "{" ALLOW ", \"syscalls\": [[]]}",
	    "syscalls[0]: expected an object, got an array");
	bad(state, "{" ALLOW ", \"syscalls\": [{\"names\": [\"a\"]}]}",
	    "syscalls[0].action: an action is needed");
	bad(state, "{" ALLOW ", \"syscalls\": [{\"names\": \"a\"}]}",
	    "syscalls[0].names: expected an array, got a string");
	bad(state, "{" ALLOW ", \"syscalls\": [{\"names\": [\"a\", 5]}]}",
	    "syscalls[0].names[1]: expected a string, got an integer");
	bad(state, "{" ALLOW ", \"syscalls\": [{\"names\": [null]}]}",
	    "syscalls[0].names[0]: expected a string, got null");
	bad(state, "{" ALLOW ", \"syscalls\": [{\"name\": true}]}",
	    "syscalls[0].name: expected a string, got true or false");
	bad(state,
	    "{" ALLOW ", \"syscalls\": [{\"name\": \"a\", \"action\": "
	    "\"SCMP_ACT_ALLOW\"}, {\"name\": \"b\", \"action\": \"no\"}]}",
	    "syscalls[1].action: unknown action");
}

/* A rule that is no rule must not read as one that matches nothing. */
static void test_null_rule(void **state)
{
	bad(state, "{" ALLOW ", \"syscalls\": [null]}",
	    "syscalls[0].action: an action is needed");
}

static void test_arguments(void **state)
{
	static const char *const ops[] = {"NE", "LT", "LE",	  "EQ",
					  "GE", "GT", "MASKED_EQ"};

	for (uint32_t i = 0; i < ARRAY_SIZE(ops); i++) {
		struct seccomp_profile *p =
			good(state,
			     rule(state,
				  arena_printf(*state,
					       ", \"args\": [{\"index\": %u, \"value\": "
					       "%u, \"valueTwo\": 9, \"op\": "
					       "\"SCMP_CMP_%s\"}]",
					       i % 6, i + 1, ops[i])));
		const struct seccomp_arg *a = p->rules[0].args;

		assert_int_equal(p->rules[0].n_args, 1);
		assert_int_equal(a->index, i % 6);
		assert_int_equal(a->value, i + 1);
		assert_int_equal(a->value_two, 9);
		assert_int_equal(a->op, i);
	}
}

static void test_argument_defaults(void **state)
{
	struct seccomp_profile *p =
		good(state,
		     rule(state, ", \"args\": [{\"op\": \"SCMP_CMP_EQ\"}, {\"index\": 5, "
				 "\"value\": 9223372036854775807, \"op\": "
				 "\"SCMP_CMP_EQ\"}]"));
	const struct seccomp_arg *a = p->rules[0].args;

	assert_int_equal(p->rules[0].n_args, 2);
	assert_int_equal(a[0].index, 0);
	assert_int_equal(a[0].value, 0);
	assert_int_equal(a[0].value_two, 0);
	assert_int_equal(a[1].value, INT64_MAX);
	p = good(state, rule(state, ", \"args\": null"));
	assert_int_equal(p->rules[0].n_args, 0);
}

static void test_wrong_arguments(void **state)
{
	bad(state, rule(state, ", \"args\": {}"),
	    "syscalls[0].args: expected an array, got an object");
	bad(state, rule(state, ", \"args\": [5]"),
	    "syscalls[0].args[0]: expected an object, got an integer");
	bad(state, rule(state, ", \"args\": [{}]"),
	    "syscalls[0].args[0].op: unknown comparison");
	bad(state, rule(state, ", \"args\": [{\"op\": \"SCMP_CMP_XX\"}]"),
	    "syscalls[0].args[0].op: unknown comparison");
	bad(state, rule(state, ", \"args\": [{\"op\": \"SCMP_CMP_EQ\"}, {\"index\": 6}]"),
	    "syscalls[0].args[1].index: 6 is not between 0 and 5");
	bad(state, rule(state, ", \"args\": [{\"index\": -1}]"),
	    "syscalls[0].args[0].index: -1 is not between 0 and 5");
	bad(state, rule(state, ", \"args\": [{\"value\": \"5\"}]"),
	    "syscalls[0].args[0].value: expected an integer, got a string");
	bad(state, rule(state, ", \"args\": [{\"valueTwo\": []}]"),
	    "syscalls[0].args[0].valueTwo: expected an integer, got an array");
	bad(state, rule(state, ", \"args\": [null,null,null,null,null,null,null]"),
	    "syscalls[0].args: more than 6 comparisons");
}

static void test_filters(void **state)
{
	struct seccomp_profile *p = good(
		state,
		rule(state,
		     ", \"includes\": {\"caps\": [\"CAP_SYS_ADMIN\", \"CAP_CHOWN\"], "
		     "\"arches\": [\"amd64\", \"x32\"], \"minKernel\": \"4.8\"}, "
		     "\"excludes\": {\"caps\": [\"CAP_OF_A_LATER_KERNEL\"]}"));
	const struct seccomp_filter *in = &p->rules[0].includes,
				    *out = &p->rules[0].excludes;

	assert_int_equal(in->caps, 1ULL << 21 | 1ULL << 0);
	assert_int_equal(in->arches.n, 2);
	assert_string_equal(in->arches.v[1], "x32");
	assert_string_equal(in->min_kernel, "4.8");
	assert_int_equal(out->caps, 1ULL << 63);
	assert_int_equal(out->arches.n, 0);
	assert_null(out->min_kernel);
}

static void test_wrong_filters(void **state)
{
	bad(state, rule(state, ", \"includes\": []"),
	    "syscalls[0].includes: expected an object, got an array");
	bad(state, rule(state, ", \"excludes\": {\"caps\": \"CAP_CHOWN\"}"),
	    "syscalls[0].excludes.caps: expected an array, got a string");
	bad(state, rule(state, ", \"includes\": {\"arches\": [1]}"),
	    "syscalls[0].includes.arches[0]: expected a string, got an integer");
	bad(state, rule(state, ", \"excludes\": {\"minKernel\": 4.8}"),
	    "syscalls[0].excludes.minKernel: expected a string, got a number with a "
	    "fraction");
}

static void test_architectures(void **state)
{
	struct seccomp_profile *p =
		good(state, "{" ALLOW ", \"architectures\": [\"SCMP_ARCH_X86\"], "
			    "\"archMap\": [{\"architecture\": \"SCMP_ARCH_X86_64\", "
			    "\"subArchitectures\": [\"SCMP_ARCH_X32\"]}, {}]}");

	assert_int_equal(p->arches.n, 3);
	assert_string_equal(p->arches.v[0], "SCMP_ARCH_X86");
	assert_string_equal(p->arches.v[1], "SCMP_ARCH_X86_64");
	assert_string_equal(p->arches.v[2], "SCMP_ARCH_X32");
	bad(state, "{" ALLOW ", \"architectures\": \"x\"}",
	    "architectures: expected an array, got a string");
	bad(state, "{" ALLOW ", \"archMap\": {}}",
	    "archMap: expected an array, got an object");
	bad(state, "{" ALLOW ", \"archMap\": [{\"architecture\": 1}]}",
	    "archMap[0].architecture: expected a string, got an integer");
	bad(state, "{" ALLOW ", \"archMap\": [{}, {\"subArchitectures\": [\"a\", {}]}]}",
	    "archMap[1].subArchitectures[1]: expected a string, got an object");
}

static void test_flags(void **state)
{
	struct seccomp_profile *p =
		good(state, "{" ALLOW ", \"flags\": [\"SECCOMP_FILTER_FLAG_TSYNC\"]}");

	assert_int_equal(p->flags, 0);
	p = good(state, "{" ALLOW ", \"flags\": [\"SECCOMP_FILTER_FLAG_LOG\", "
			"\"SECCOMP_FILTER_FLAG_SPEC_ALLOW\"]}");
	assert_int_equal(p->flags, 6);
	p = good(state, "{" ALLOW ", \"flags\": [], \"other\": 1}");
	assert_int_equal(p->flags, 0);
	bad(state, "{" ALLOW ", \"flags\": \"SECCOMP_FILTER_FLAG_LOG\"}",
	    "flags: expected an array, got a string");
	bad(state, "{" ALLOW ", \"flags\": [\"SECCOMP_FILTER_FLAG_LOG\", 2]}",
	    "flags[1]: expected a string, got an integer");
	bad(state, "{" ALLOW ", \"flags\": [\"SECCOMP_FILTER_FLAG_NEW_LISTENER\"]}",
	    "flags[0]: unknown flag");
	bad(state, "{" ALLOW ", \"flags\": [null]}", "flags[0]: unknown flag");
	bad(state, "{" ALLOW ", \"flags\": [\"SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV\"]}",
	    "flags: SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV goes with SCMP_ACT_NOTIFY");
}

#define NOTIFY_ALL "\"defaultAction\": \"SCMP_ACT_NOTIFY\""
#define LISTENER   "\"listenerPath\": \"/run/sock\""
#define CALL(name, action) \
	"{\"names\": [\"" name "\"], \"action\": \"SCMP_ACT_" action "\"}"
#define CALLS(list) "\"syscalls\": [" list "]"

static void test_listener(void **state)
{
	static const char send[] =
		"syscalls: sendmsg cannot be SCMP_ACT_NOTIFY: the listener gets its "
		"descriptor by it";
	struct seccomp_profile *p;

	p = good(state, "{" ALLOW ", " LISTENER ", \"listenerMetadata\": \"a b\", "
			"\"flags\": [\"SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV\"], " CALLS(
				CALL("mkdir", "NOTIFY")) "}");
	assert_true(p->has_notify);
	assert_int_equal(p->flags, 32);
	assert_int_equal(p->rules[0].action, 0x7fc00000);
	assert_string_equal(p->listener_path, "/run/sock");
	assert_string_equal(p->listener_metadata, "a b");
	/* Nobody is notified. */
	p = good(state, "{" ALLOW ", " LISTENER "}");
	assert_false(p->has_notify);
	p = good(state,
		 "{" ALLOW ", \"listenerPath\": \"\", \"listenerMetadata\": \"\"}");
	assert_null(p->listener_path);
	assert_null(p->listener_metadata);
	bad(state, "{" ALLOW ", " CALLS(CALL("mkdir", "NOTIFY")) "}",
	    "listenerPath: needed for SCMP_ACT_NOTIFY: who is notified?");
	bad(state, "{" ALLOW ", \"listenerMetadata\": \"a\"}",
	    "listenerMetadata: goes with listenerPath");
	bad(state, "{" ALLOW ", \"listenerPath\": \"run/sock\"}",
	    "listenerPath: expected an absolute path");
	bad(state, "{" ALLOW ", \"listenerPath\": 1}",
	    "listenerPath: expected a string, got an integer");
	bad(state, "{" ALLOW ", " LISTENER ", \"listenerMetadata\": []}",
	    "listenerMetadata: expected a string, got an array");
	/* Whoever is asked for leave to send cannot be sent to. */
	bad(state, "{" ALLOW ", " LISTENER ", " CALLS(CALL("sendmsg", "NOTIFY")) "}",
	    send);
	bad(state, "{" NOTIFY_ALL ", " LISTENER "}", send);
	bad(state,
	    "{" NOTIFY_ALL ", " LISTENER
	    ", " CALLS("{\"names\": [\"sendmsg\"], \"action\": \"SCMP_ACT_ALLOW\","
		       " \"args\": [{\"index\": 0, \"op\": \"SCMP_CMP_EQ\"}]}") "}",
	    send);
	good(state,
	     "{" NOTIFY_ALL ", " LISTENER ", " CALLS(CALL("sendmsg", "ALLOW")) "}");
}

/* The rest of the message is the JSON library's. */
static void test_no_json(void **state)
{
	static const struct {
		const char *text, *where;
	} cases[] = {
		{"", "JSON line 1, column 0: "},
		{"{\n" ALLOW ",}", "JSON line 2, column "},
		{"{" ALLOW "} x", "JSON line 1, column "},
		{"{" ALLOW ", " ALLOW "}", "JSON line 1, column "},
		{"{\"a\": \"\xff\"}", "JSON line 1, column "},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct seccomp_profile p;
		struct err err = {0};

		assert_int_equal(parse(state, cases[i].text, &p, &err), -EBADMSG);
		assert_memory_equal(err.message, cases[i].where, strlen(cases[i].where));
	}
}

static void test_too_large(void **state)
{
	size_t len = JSON_MAX_BYTES + 1;
	char *text = arena_alloc(*state, len + 1);
	struct seccomp_profile p;

	memset(text, ' ', len);
	memcpy(text, "{" ALLOW "}", strlen("{" ALLOW "}"));
	assert_int_equal(seccomp_profile_read(text, len - 1, *state, &p, NULL), 0);
	assert_refused(parse(state, text, &p, refused_err), -EFBIG,
		       "JSON of 4194305 bytes: at most 4194304");
}

static void test_too_deep(void **state)
{
	char text[200] = {0};
	struct seccomp_profile p;

	memset(text, '[', 65);
	assert_refused(parse(state, text, &p, refused_err), -ELOOP,
		       "JSON nests deeper than 64");
}

static const char *many_rules(void **state, size_t n)
{
	static const char one[] = "{\"name\":\"a\",\"action\":\"SCMP_ACT_ALLOW\"},";
	char *text = arena_alloc(*state, n * sizeof(one) + 100), *end = text;

	end = stpcpy(end, "{" ALLOW ", \"syscalls\": [");
	for (size_t i = 0; i < n; i++)
		end = stpcpy(end, one);
	stpcpy(end - 1, "]}");
	return text;
}

static void test_many_rules(void **state)
{
	struct seccomp_profile *p = good(state, many_rules(state, SECCOMP_MAX_RULES));

	assert_int_equal(p->n_rules, SECCOMP_MAX_RULES);
	assert_string_equal(p->rules[SECCOMP_MAX_RULES - 1].names.v[0], "a");
	bad(state, many_rules(state, SECCOMP_MAX_RULES + 1),
	    "syscalls: more than 4096 rules");
}

static bool applies(struct seccomp_rule r, uint64_t caps, const char *arch,
		    const char *kernel)
{
	return seccomp_rule_applies(&r, caps, arch, kernel);
}

static void test_rule_by_capability(void **state)
{
	struct seccomp_rule in = {.includes.caps = 6}, out = {.excludes.caps = 6};

	(void)state;
	assert_true(applies((struct seccomp_rule){0}, 0, "amd64", "6.1"));
	assert_true(applies(in, 6, "amd64", "6.1"));
	assert_true(applies(in, ~0ULL, "amd64", "6.1"));
	/* All of includes, none of excludes. */
	assert_false(applies(in, 2, "amd64", "6.1"));
	assert_false(applies(in, 0, "amd64", "6.1"));
	assert_true(applies(out, 1, "amd64", "6.1"));
	assert_false(applies(out, 2, "amd64", "6.1"));
	assert_false(applies(out, 6, "amd64", "6.1"));
}

static void test_rule_by_architecture(void **state)
{
	struct seccomp_rule in = {0}, out = {0};

	strv_push(*state, &in.includes.arches, "arm64");
	strv_push(*state, &in.includes.arches, "amd64");
	out.excludes.arches = in.includes.arches;
	assert_true(applies(in, 0, "amd64", "6.1"));
	assert_false(applies(in, 0, "s390x", "6.1"));
	assert_false(applies(out, 0, "amd64", "6.1"));
	assert_true(applies(out, 0, "s390x", "6.1"));
}

static void test_rule_by_kernel(void **state)
{
	static const struct {
		const char *kernel, *min;
		bool is_enough;
	} cases[] = {
		{"4.8", "4.8", true},	      {"4.8.0-1-amd64", "4.8", true},
		{"4.7.99", "4.8", false},     {"4.10", "4.8", true},
		{"5.0", "4.8", true},	      {"3.19", "4.8", false},
		{"6.18.44-x", "6.18", true},  {"6.18.44", "6.18.45", false},
		{"6.18.45", "6.18.45", true}, {"6", "6.1", false},
		{"6.1", "6", true},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct seccomp_rule in = {.includes.min_kernel = cases[i].min};
		struct seccomp_rule out = {.excludes.min_kernel = cases[i].min};

		assert_int_equal(applies(in, 0, "amd64", cases[i].kernel),
				 cases[i].is_enough);
		assert_int_equal(applies(out, 0, "amd64", cases[i].kernel),
				 !cases[i].is_enough);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_smallest),
		TEST(test_actions),
		TEST(test_errno),
		TEST(test_errno_out_of_range),
		TEST(test_names),
		TEST(test_wrong_kinds),
		TEST(test_null_rule),
		TEST(test_arguments),
		TEST(test_argument_defaults),
		TEST(test_wrong_arguments),
		TEST(test_filters),
		TEST(test_wrong_filters),
		TEST(test_architectures),
		TEST(test_flags),
		TEST(test_listener),
		TEST(test_no_json),
		TEST(test_too_large),
		TEST(test_too_deep),
		TEST(test_many_rules),
		TEST(test_rule_by_capability),
		TEST(test_rule_by_architecture),
		TEST(test_rule_by_kernel),
	};

	return cmocka_run_group_tests_name("spec_seccomp", tests, NULL, NULL);
}
