// SPDX-License-Identifier: Apache-2.0
/*
 * helper_seccomp_program.c - tests of seccomp profiles that become programs
 *
 * Programs are run by a small interpreter here, and their answers compared with what the
 * profile says in plain C. Those of policy/seccomp.json are also put over a real process.
 */
#include "seccomp_program.h"

#include <fcntl.h>
#include <linux/audit.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/parse.h"
#include "seccomp_default.h"
#include "seccomp_owners.h"
#include "support.h"

#ifndef SECCOMP_RET_KILL_PROCESS
#define SECCOMP_RET_KILL_PROCESS 0x80000000u
#endif
#ifndef AF_ALG
#define AF_ALG 38
#endif
#ifndef AF_VSOCK
#define AF_VSOCK 40
#endif
#define ALLOW	  SECCOMP_RET_ALLOW
#define KILL	  SECCOMP_RET_KILL_PROCESS
#define ERRNO(n)  (SECCOMP_RET_ERRNO | (uint32_t)(n))
#define X32_BIT	  0x40000000u
#define CAP(n)	  (1ull << (n))
#define SYS_ADMIN 21

/* --- the interpreter --- */

/* One word of what the kernel shows a filter. */
static uint32_t load(const struct seccomp_data *d, uint32_t offset)
{
	uint32_t word;

	CHECK(offset % 4 == 0 && offset < sizeof(*d));
	memcpy(&word, (const char *)d + offset, sizeof(word));
	return word;
}

static bool holds(uint16_t code, uint32_t a, uint32_t k)
{
	switch (BPF_OP(code)) {
	case BPF_JEQ:
		return a == k;
	case BPF_JGT:
		return a > k;
	case BPF_JGE:
		return a >= k;
	case BPF_JSET:
		return a & k;
	default:
		fail_msg("jump 0x%x", code);
		return false;
	}
}

/* Runs a program: only forward, and only what the kernel takes. */
static uint32_t run(const struct seccomp_code *p, const struct seccomp_data *d)
{
	uint32_t a = 0;
	size_t pc = 0;

	for (;;) {
		const struct sock_filter *i = &p->insns[pc++];

		CHECK(pc <= p->n_insns);
		if (i->code == (BPF_LD | BPF_W | BPF_ABS))
			a = load(d, i->k);
		else if (i->code == (BPF_ALU | BPF_AND | BPF_K))
			a &= i->k;
		else if (i->code == (BPF_JMP | BPF_JA))
			pc += i->k;
		else if (i->code == (BPF_RET | BPF_K))
			return i->k;
		else if (BPF_CLASS(i->code) == BPF_JMP && BPF_SRC(i->code) == BPF_K)
			pc += holds(i->code, a, i->k) ? i->jt : i->jf;
		else
			fail_msg("instruction 0x%x", i->code);
	}
}

/* --- what a profile means --- */

static bool arg_matches(const struct seccomp_arg *c, const uint64_t *args)
{
	uint64_t is = args[c->index];

	switch (c->op) {
	case SECCOMP_OP_NE:
		return is != c->value;
	case SECCOMP_OP_LT:
		return is < c->value;
	case SECCOMP_OP_LE:
		return is <= c->value;
	case SECCOMP_OP_EQ:
		return is == c->value;
	case SECCOMP_OP_GE:
		return is >= c->value;
	case SECCOMP_OP_GT:
		return is > c->value;
	case SECCOMP_OP_MASKED_EQ:
		return (is & c->value) == c->value_two;
	}
	return false;
}

static bool args_match(const struct seccomp_rule *r, const uint64_t *args)
{
	for (size_t i = 0; i < r->n_args; i++)
		if (!arg_matches(&r->args[i], args))
			return false;
	return true;
}

/* Rules with comparisons in their order, then the first without, then the default. No rule of
 * this profile has conditions. */
static uint32_t expected(const struct seccomp_profile *p, const char *name,
			 const uint64_t *args)
{
	for (size_t i = 0; i < p->n_rules; i++)
		if (p->rules[i].n_args > 0 && strv_has(&p->rules[i].names, name) &&
		    args_match(&p->rules[i], args))
			return p->rules[i].action;
	for (size_t i = 0; i < p->n_rules; i++)
		if (p->rules[i].n_args == 0 && strv_has(&p->rules[i].names, name))
			return p->rules[i].action;
	return p->default_action;
}

/* --- helpers --- */

static uint32_t native_audit(void)
{
	switch (seccomp_arch_native()) {
	case SCMP_ARCH_X86_64:
		return AUDIT_ARCH_X86_64;
	case SCMP_ARCH_X86:
		return AUDIT_ARCH_I386;
	case SCMP_ARCH_AARCH64:
		return AUDIT_ARCH_AARCH64;
	case SCMP_ARCH_ARM:
		return AUDIT_ARCH_ARM;
	case SCMP_ARCH_RISCV64:
		return AUDIT_ARCH_RISCV64;
	case SCMP_ARCH_PPC64LE:
		return AUDIT_ARCH_PPC64LE;
	case SCMP_ARCH_S390X:
		return AUDIT_ARCH_S390X;
	default:
		skip_because("not an architecture that filters are made for");
	}
}

static const char *native_go(void)
{
	switch (seccomp_arch_native()) {
	case SCMP_ARCH_X86_64:
		return "amd64";
	case SCMP_ARCH_X86:
		return "386";
	case SCMP_ARCH_AARCH64:
		return "arm64";
	case SCMP_ARCH_ARM:
		return "arm";
	case SCMP_ARCH_RISCV64:
		return "riscv64";
	case SCMP_ARCH_PPC64LE:
		return "ppc64le";
	default:
		return "s390x";
	}
}

static const struct seccomp_target plain_target = {.caps = 0, .kernel = "6.1.0"};

static void make(const struct seccomp_profile *p, const struct seccomp_target *t,
		 struct arena *a, struct seccomp_code *ret)
{
	struct err err = {0};
	int r = seccomp_program_make(p, t, a, ret, &err);

	if (r < 0)
		print_message("# %s\n", err.message);
	CHECK_INT(r, 0);
	CHECK(ret->n_insns > 0 && ret->n_insns <= BPF_MAXINSNS);
}

/* From the text of a profile. */
static void make_text(const char *text, const struct seccomp_target *t, struct arena *a,
		      struct seccomp_code *ret)
{
	struct seccomp_profile p;
	struct err err = {0};
	int r = seccomp_profile_read(text, strlen(text), a, &p, &err);

	if (r < 0)
		print_message("# %s\n", err.message);
	CHECK_INT(r, 0);
	make(&p, t, a, ret);
}

static uint32_t ask_args(const struct seccomp_code *c, int nr, const uint64_t *args)
{
	struct seccomp_data d = {.nr = nr, .arch = native_audit()};

	memcpy(d.args, args, sizeof(d.args));
	return run(c, &d);
}

static uint32_t ask(const struct seccomp_code *c, int nr, uint64_t first, uint64_t second)
{
	const uint64_t args[6] = {first, second};

	return ask_args(c, nr, args);
}

/* The number of a call here; -1 where there is none. */
static int number_of(const char *name)
{
	int nr = seccomp_syscall_resolve_name(name);

	return nr < 0 ? -1 : nr;
}

/* --- comparisons --- */

static const uint64_t edges[] = {
	0,
	1,
	2,
	0x7ffffffe,
	0x7fffffff,
	0x80000000,
	0x80000001,
	0xfffffffe,
	0xffffffff,
	0x100000000,
	0x100000001,
	0x17fffffff,
	0x180000000,
	0x1fffffffe,
	0x1ffffffff,
	0x200000000,
	0x7fffffff00000000,
	0x7fffffffffffffff,
	0x8000000000000000,
	0x8000000000000001,
	0x80000000ffffffff,
	0xfffffffeffffffff,
	0xffffffff00000000,
	0xffffffff00000001,
	0xfffffffffffffffe,
	0xffffffffffffffff,
};

static const char *const op_names[] = {"!=", "<", "<=", "==", ">=", ">", "masked =="};

/* One rule for one call: answers KILL when the comparison holds. */
static void check_comparison(const struct seccomp_arg *arg)
{
	_cleanup_arena_ struct arena a = {0};
	struct seccomp_arg copy = *arg;
	struct seccomp_rule rule = {.action = KILL, .args = &copy, .n_args = 1};
	const struct seccomp_profile p = {
		.default_action = ALLOW, .rules = &rule, .n_rules = 1};
	struct seccomp_code code;

	strv_push(&a, &rule.names, "getpid");
	make(&p, &plain_target, &a, &code);
	for (size_t i = 0; i < ARRAY_SIZE(edges); i++) {
		/* in the other arguments what would match most */
		uint64_t args[6];
		uint32_t want, is;

		for (size_t k = 0; k < 6; k++)
			args[k] = ~edges[i];
		args[arg->index] = edges[i];
		want = arg_matches(arg, args) ? KILL : ALLOW;
		is = ask_args(&code, SYS_getpid, args);
		check_context("argument %u: 0x%llx %s 0x%llx (0x%llx)", arg->index,
			      (unsigned long long)edges[i], op_names[arg->op],
			      (unsigned long long)arg->value,
			      (unsigned long long)arg->value_two);
		CHECK_INT(is, want);
		CHECK_INT(ask_args(&code, SYS_getppid, args), ALLOW);
	}
}

static void check_operator(enum seccomp_op op)
{
	for (uint32_t index = 0; index < 6; index++) {
		for (size_t i = 0; i < ARRAY_SIZE(edges); i++) {
			const struct seccomp_arg arg = {
				.index = index, .value = edges[i], .op = op};

			check_comparison(&arg);
		}
	}
}

static void test_not_equal(void **state)
{
	check_operator(SECCOMP_OP_NE);
}

static void test_less(void **state)
{
	check_operator(SECCOMP_OP_LT);
}

static void test_less_or_equal(void **state)
{
	check_operator(SECCOMP_OP_LE);
}

static void test_equal(void **state)
{
	check_operator(SECCOMP_OP_EQ);
}

static void test_greater_or_equal(void **state)
{
	check_operator(SECCOMP_OP_GE);
}

static void test_greater(void **state)
{
	check_operator(SECCOMP_OP_GT);
}

/* Masks of either half, of both and of none; values that the mask lets through and others. */
static void test_masked_equal(void **state)
{
	for (size_t m = 0; m < ARRAY_SIZE(edges); m++) {
		for (size_t v = 0; v < ARRAY_SIZE(edges); v++) {
			struct seccomp_arg arg = {
				.index = (uint32_t)(m + v) % 6,
				.value = edges[m],
				.value_two = edges[v],
				.op = SECCOMP_OP_MASKED_EQ,
			};

			check_comparison(&arg);
			arg.value_two &= arg.value;
			check_comparison(&arg);
		}
	}
}

/* All comparisons of a rule must hold, for each pair of operators. */
static void test_two_comparisons(void **state)
{
	static const uint64_t values[] = {0,	       1,	    0xffffffff,
					  0x100000000, 0x100000001, 0xffffffffffffffff};

	for (size_t n = 0; n < 7 * 7 * 6 * 6; n++) {
		_cleanup_arena_ struct arena a = {0};
		struct seccomp_arg args[] = {
			{.index = 1,
			 .value = values[n % 6],
			 .op = (enum seccomp_op)(n / 36 % 7)},
			{.index = 4,
			 .value = values[n / 6 % 6],
			 .op = (enum seccomp_op)(n / 252)},
		};
		struct seccomp_rule rule = {.action = KILL, .args = args, .n_args = 2};
		const struct seccomp_profile p = {
			.default_action = ALLOW, .rules = &rule, .n_rules = 1};
		struct seccomp_code code;

		strv_push(&a, &rule.names, "getpid");
		make(&p, &plain_target, &a, &code);
		for (size_t i = 0; i < 36; i++) {
			const uint64_t is[6] = {0, values[i % 6], 0, 0, values[i / 6], 0};

			check_context("case %zu, arguments %zu", n, i);
			CHECK_INT(ask_args(&code, SYS_getpid, is),
				  args_match(&rule, is) ? KILL : ALLOW);
		}
	}
}

/* --- rules --- */

/* With comparisons first, whatever comes before in the file; then the first without. */
static void test_order(void **state)
{
	static const char text[] =
		"{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"defaultErrnoRet\":38,"
		"\"syscalls\":["
		"{\"names\":[\"getpid\"],\"action\":\"SCMP_ACT_ERRNO\",\"errnoRet\":5},"
		"{\"names\":[\"getpid\"],\"action\":\"SCMP_ACT_ALLOW\"},"
		"{\"names\":[\"getpid\"],\"action\":\"SCMP_ACT_ERRNO\",\"errnoRet\":1,"
		" \"args\":[{\"index\":0,\"value\":1,\"op\":\"SCMP_CMP_EQ\"}]},"
		"{\"names\":[\"getpid\",\"getppid\"],\"action\":\"SCMP_ACT_ERRNO\","
		" \"errnoRet\":2,"
		" \"args\":[{\"index\":0,\"value\":2,\"op\":\"SCMP_CMP_LE\"}]},"
		"{\"names\":[\"getpid\"],\"action\":\"SCMP_ACT_ALLOW\","
		" \"args\":[{\"index\":0,\"value\":3,\"op\":\"SCMP_CMP_LE\"},"
		"           {\"index\":1,\"value\":7,\"op\":\"SCMP_CMP_EQ\"}]},"
		"{\"name\":\"getuid\",\"action\":\"SCMP_ACT_ALLOW\"},"
		"{\"names\":[\"no_such_call\"],\"action\":\"SCMP_ACT_ALLOW\"},"
		"{\"names\":[],\"action\":\"SCMP_ACT_ALLOW\"}]}";
	_cleanup_arena_ struct arena a = {0};
	struct seccomp_code c;

	make_text(text, &plain_target, &a, &c);
	CHECK_INT(ask(&c, SYS_getpid, 1, 0), ERRNO(1));
	CHECK_INT(ask(&c, SYS_getpid, 2, 0), ERRNO(2));
	CHECK_INT(ask(&c, SYS_getpid, 0, 7), ERRNO(2));
	CHECK_INT(ask(&c, SYS_getpid, 3, 7), ALLOW);
	CHECK_INT(ask(&c, SYS_getpid, 3, 8), ERRNO(5));
	CHECK_INT(ask(&c, SYS_getpid, 4, 7), ERRNO(5));
	CHECK_INT(ask(&c, SYS_getppid, 1, 0), ERRNO(2));
	CHECK_INT(ask(&c, SYS_getppid, 3, 7), ERRNO(38));
	CHECK_INT(ask(&c, SYS_getuid, 0, 0), ALLOW);
	CHECK_INT(ask(&c, SYS_getgid, 0, 0), ERRNO(38));
}

static void test_actions(void **state)
{
	static const struct {
		const char *action;
		uint32_t ret;
	} cases[] = {
		{"\"SCMP_ACT_KILL\"", SECCOMP_RET_KILL_THREAD},
		{"\"SCMP_ACT_KILL_THREAD\"", SECCOMP_RET_KILL_THREAD},
		{"\"SCMP_ACT_KILL_PROCESS\"", KILL},
		{"\"SCMP_ACT_TRAP\"", SECCOMP_RET_TRAP},
		{"\"SCMP_ACT_ERRNO\"", ERRNO(1)},
		{"\"SCMP_ACT_ERRNO\",\"errnoRet\":0", ERRNO(0)},
		{"\"SCMP_ACT_ERRNO\",\"errnoRet\":4095", ERRNO(4095)},
		{"\"SCMP_ACT_TRACE\",\"errnoRet\":7", SECCOMP_RET_TRACE | 7},
		{"\"SCMP_ACT_LOG\"", SECCOMP_RET_LOG},
		{"\"SCMP_ACT_LOG\",\"errnoRet\":7", SECCOMP_RET_LOG},
		{"\"SCMP_ACT_ALLOW\"", ALLOW},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_arena_ struct arena a = {0};
		struct seccomp_code c;

		check_context("%s", cases[i].action);
		make_text(
			arena_printf(&a,
				     "{\"defaultAction\":\"SCMP_ACT_TRAP\",\"syscalls\":["
				     "{\"names\":[\"getpid\"],\"action\":%s}]}",
				     cases[i].action),
			&plain_target, &a, &c);
		CHECK_INT(ask(&c, SYS_getpid, 0, 0), cases[i].ret);
		CHECK_INT(ask(&c, SYS_getppid, 0, 0), SECCOMP_RET_TRAP);
	}
}

/* Conditions of a rule: it is there or it is not. */
static bool rule_is_there(const char *conditions, const struct seccomp_target *t)
{
	_cleanup_arena_ struct arena a = {0};
	struct seccomp_code c;
	uint32_t ret;

	make_text(arena_printf(&a,
			       "{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"syscalls\":["
			       "{\"names\":[\"getpid\"],\"action\":\"SCMP_ACT_ALLOW\",%s}"
			       "]}",
			       conditions),
		  t, &a, &c);
	ret = ask(&c, SYS_getpid, 0, 0);
	CHECK(ret == ALLOW || ret == ERRNO(1));
	return ret == ALLOW;
}

static void test_conditions_caps(void **state)
{
	static const struct {
		const char *conditions;
		uint64_t caps;
		bool is_there;
	} cases[] = {
		{"\"includes\":{}", 0, true},
		{"\"includes\":{},\"excludes\":{}", ~0ull, true},
		{"\"includes\":{\"caps\":[\"CAP_SYS_ADMIN\"]}", 0, false},
		{"\"includes\":{\"caps\":[\"CAP_SYS_ADMIN\"]}", CAP(21), true},
		{"\"includes\":{\"caps\":[\"CAP_SYS_ADMIN\"]}", ~CAP(21), false},
		{"\"includes\":{\"caps\":[\"CAP_CHOWN\",\"CAP_BPF\"]}", CAP(0), false},
		{"\"includes\":{\"caps\":[\"CAP_CHOWN\",\"CAP_BPF\"]}", CAP(39), false},
		{"\"includes\":{\"caps\":[\"CAP_CHOWN\",\"CAP_BPF\"]}", CAP(0) | CAP(39),
		 true},
		{"\"excludes\":{\"caps\":[\"CAP_SYS_ADMIN\"]}", 0, true},
		{"\"excludes\":{\"caps\":[\"CAP_SYS_ADMIN\"]}", CAP(21), false},
		{"\"excludes\":{\"caps\":[\"CAP_CHOWN\",\"CAP_BPF\"]}", CAP(39), false},
		{"\"excludes\":{\"caps\":[\"CAP_CHOWN\",\"CAP_BPF\"]}", CAP(1), true},
		{"\"includes\":{\"caps\":[\"CAP_CHOWN\"]},"
		 "\"excludes\":{\"caps\":[\"CAP_BPF\"]}",
		 CAP(0), true},
		{"\"includes\":{\"caps\":[\"CAP_CHOWN\"]},"
		 "\"excludes\":{\"caps\":[\"CAP_BPF\"]}",
		 CAP(0) | CAP(39), false},
		/* a capability of a later kernel: nobody has it */
		{"\"includes\":{\"caps\":[\"CAP_OF_TOMORROW\"]}", (1ull << 41) - 1,
		 false},
		{"\"excludes\":{\"caps\":[\"CAP_OF_TOMORROW\"]}", (1ull << 41) - 1, true},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct seccomp_target t = {.caps = cases[i].caps,
						 .kernel = "6.1.0"};

		check_context("%s with %llx", cases[i].conditions,
			      (unsigned long long)cases[i].caps);
		CHECK_INT(rule_is_there(cases[i].conditions, &t), cases[i].is_there);
	}
}

static void test_conditions_kernel(void **state)
{
	static const struct {
		const char *kernel, *min;
		bool is_at_least;
	} cases[] = {
		{"4.8", "4.8", true},
		{"4.8.0", "4.8", true},
		{"4.7.99", "4.8", false},
		{"4.9", "4.8", true},
		{"4.10.0", "4.8", true},
		{"4.8.0", "4.10", false},
		{"5.0", "4.8", true},
		{"3.19", "4.8", false},
		{"10.0.1", "9.9", true},
		{"9.9", "10.0", false},
		{"6.18.44-x1", "6.18", true},
		{"6.18-rc1", "6.18", true},
		{"6.1.0-13-amd64", "6.2", false},
		{"4.8", "4.8.1", false},
		{"4.8.2", "4.8.1", true},
		{"6", "6.0", true},
		{"6.0", "6", true},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct seccomp_target t = {.kernel = cases[i].kernel};
		char text[128];

		check_context("%s >= %s", cases[i].kernel, cases[i].min);
		snprintf(text, sizeof(text), "\"includes\":{\"minKernel\":\"%s\"}",
			 cases[i].min);
		CHECK_INT(rule_is_there(text, &t), cases[i].is_at_least);
		snprintf(text, sizeof(text), "\"excludes\":{\"minKernel\":\"%s\"}",
			 cases[i].min);
		CHECK_INT(rule_is_there(text, &t), !cases[i].is_at_least);
	}
}

static void test_conditions_arch(void **state)
{
	const char *own = native_go();
	const char *other = strcmp(own, "arm64") == 0 ? "amd64" : "arm64";
	const struct {
		const char *format, *a, *b;
		bool is_there;
	} cases[] = {
		{"\"includes\":{\"arches\":[\"%s\"]}%s", own, "", true},
		{"\"includes\":{\"arches\":[\"%s\"]}%s", other, "", false},
		{"\"includes\":{\"arches\":[\"%s\",\"%s\"]}", other, own, true},
		{"\"excludes\":{\"arches\":[\"%s\"]}%s", own, "", false},
		{"\"excludes\":{\"arches\":[\"%s\"]}%s", other, "", true},
		{"\"excludes\":{\"arches\":[\"%s\",\"%s\"]}", other, own, false},
		{"\"includes\":{\"arches\":[]}%s%s", "", "", true},
		{"\"includes\":{\"arches\":[\"%s\"]},\"excludes\":{\"arches\":[\"%s\"]}",
		 own, own, false},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char text[256], *out = text;
		const char *from = cases[i].format, *values[] = {cases[i].a, cases[i].b};
		size_t n = 0;

		/* the format is no constant: put the two values in by hand */
		while (*from) {
			if (from[0] == '%') {
				out += snprintf(out, 32, "%s", values[n++]);
				from += 2;
			} else {
				*out++ = *from++;
			}
		}
		*out = '\0';
		check_context("%s", text);
		CHECK_INT(rule_is_there(text, &plain_target), cases[i].is_there);
	}
}

/* --- numbers and architectures --- */

static uint32_t ask_arch(const struct seccomp_code *c, uint32_t arch, uint32_t nr)
{
	const struct seccomp_data d = {.nr = (int)nr, .arch = arch};

	return run(c, &d);
}

/* Allows all: whatever is refused then is refused for its architecture or number. */
static const char allow_all[] = "{\"defaultAction\":\"SCMP_ACT_ALLOW\"}";

static void test_foreign_architecture(void **state)
{
	static const uint32_t all[] = {
		AUDIT_ARCH_X86_64,  AUDIT_ARCH_I386,
		AUDIT_ARCH_AARCH64, AUDIT_ARCH_ARM,
		AUDIT_ARCH_RISCV64, AUDIT_ARCH_PPC64LE,
		AUDIT_ARCH_S390X,   AUDIT_ARCH_S390,
		AUDIT_ARCH_MIPS,    0,
		UINT32_MAX,
	};
	_cleanup_arena_ struct arena a = {0};
	struct seccomp_code c;

	make_text(allow_all, &plain_target, &a, &c);
	for (size_t i = 0; i < ARRAY_SIZE(all); i++) {
		check_context("architecture %x", all[i]);
		CHECK_INT(ask_arch(&c, all[i], 39),
			  all[i] == native_audit() ? ALLOW : ERRNO(38));
	}
}

/* Beside another program, what is foreign is that one's to judge. */
static void test_beside(void **state)
{
	static const char *const fakes[] = {"chown",	 "fchown",   "fchownat",
					    "lchown",	 "setuid",   "setgid",
					    "setreuid",	 "setregid", "setresuid",
					    "setresgid", "setgroups"};
	static const char *const others[] = {"getuid",	   "getgroups", "getresuid",
					     "getresgid",  "setfsuid",	"setsid",
					     "setpgid",	   "chmod",	"capset",
					     "newfstatat", "mknodat",	"execve"};
	static const struct seccomp_target t = {.kernel = "6.1.0", .is_beside = true};
	_cleanup_arena_ struct arena a = {0};
	struct seccomp_profile p;
	struct seccomp_code c;
	struct err err = {0};

	CHECK_INT(seccomp_profile_read((const char *)seccomp_owners_json,
				       sizeof(seccomp_owners_json), &a, &p, &err),
		  0);
	make(&p, &t, &a, &c);
	for (size_t i = 0; i < ARRAY_SIZE(fakes); i++) {
		int nr = seccomp_syscall_resolve_name(fakes[i]);

		check_context("%s", fakes[i]);
		/* Some architectures have fchownat(2) only. */
		if (nr >= 0)
			CHECK_INT(ask_arch(&c, native_audit(), (uint32_t)nr), ERRNO(0));
	}
	for (size_t i = 0; i < ARRAY_SIZE(others); i++) {
		int nr = seccomp_syscall_resolve_name(others[i]);

		check_context("%s", others[i]);
		if (nr >= 0)
			CHECK_INT(ask_arch(&c, native_audit(), (uint32_t)nr), ALLOW);
	}
	CHECK_INT(ask_arch(&c, AUDIT_ARCH_S390, 182), ALLOW);
	CHECK_INT(ask_arch(&c, native_audit(), X32_BIT | 92), ALLOW);
	CHECK_INT(ask_arch(&c, native_audit(), UINT32_MAX), ALLOW);
}

/* The numbers of x32 are x86-64's with a bit set: none of them goes. */
static void test_x32(void **state)
{
	static const uint32_t refused[] = {X32_BIT,	  X32_BIT | 1,	 X32_BIT | 39,
					   X32_BIT | 512, X32_BIT | 547, X32_BIT | 4095,
					   0x7fffffff,	  0x80000000,	 0xbfffffff,
					   0xc0000000,	  0xfffffffe,	 UINT32_MAX};
	static const uint32_t allowed[] = {0,	 1,    39,   511,  512,
					   2046, 2047, 2048, 4096, X32_BIT - 1};
	_cleanup_arena_ struct arena a = {0};
	struct seccomp_code c;

	if (native_audit() != AUDIT_ARCH_X86_64)
		skip_because("x32 is x86-64's");
	make_text(allow_all, &plain_target, &a, &c);
	for (size_t i = 0; i < ARRAY_SIZE(refused); i++) {
		check_context("number %x", refused[i]);
		CHECK_INT(ask_arch(&c, AUDIT_ARCH_X86_64, refused[i]), ERRNO(38));
	}
	for (size_t i = 0; i < ARRAY_SIZE(allowed); i++) {
		check_context("number %x", allowed[i]);
		CHECK_INT(ask_arch(&c, AUDIT_ARCH_X86_64, allowed[i]), ALLOW);
	}
}

/* The machine's second architecture, where the profile asks for it: by its own numbers. */
static void test_second_architecture(void **state)
{
	static const char *const texts[] = {
		"{\"defaultAction\":\"SCMP_ACT_ERRNO\","
		"\"architectures\":[\"SCMP_ARCH_X86_64\",\"SCMP_ARCH_X86\",\"SCMP_ARCH_"
		"X32\"],"
		"\"syscalls\":[{\"names\":[\"getpid\"],\"action\":\"SCMP_ACT_ALLOW\"}]}",
		"{\"defaultAction\":\"SCMP_ACT_ERRNO\","
		"\"archMap\":[{\"architecture\":\"SCMP_ARCH_X86_64\","
		"\"subArchitectures\":[\"SCMP_ARCH_X86\",\"SCMP_ARCH_X32\"]},"
		"{\"architecture\":\"SCMP_ARCH_AARCH64\","
		"\"subArchitectures\":[\"SCMP_ARCH_ARM\"]}],"
		"\"syscalls\":[{\"names\":[\"getpid\"],\"action\":\"SCMP_ACT_ALLOW\"}]}",
	};

	if (native_audit() != AUDIT_ARCH_X86_64)
		skip_because("written down for x86-64");
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		_cleanup_arena_ struct arena a = {0};
		struct seccomp_code c;

		make_text(texts[i], &plain_target, &a, &c);
		CHECK_INT(ask_arch(&c, AUDIT_ARCH_X86_64, 39), ALLOW);
		CHECK_INT(ask_arch(&c, AUDIT_ARCH_X86_64, 20), ERRNO(1));
		CHECK_INT(ask_arch(&c, AUDIT_ARCH_I386, 20), ALLOW);
		CHECK_INT(ask_arch(&c, AUDIT_ARCH_I386, 39), ERRNO(1));
		CHECK_INT(ask_arch(&c, AUDIT_ARCH_X86_64, X32_BIT | 39), ERRNO(38));
		CHECK_INT(ask_arch(&c, AUDIT_ARCH_ARM, 20), ERRNO(38));
		CHECK_INT(ask_arch(&c, AUDIT_ARCH_AARCH64, 172), ERRNO(38));
	}
}

/* --- large programs --- */

#define MAX_NR 450

/* Names of calls of this machine. */
static size_t all_names(struct arena *a, const char **names, int *numbers)
{
	size_t n = 0;

	for (int nr = 0; nr < MAX_NR; nr++) {
		char *name = seccomp_syscall_resolve_num_arch(seccomp_arch_native(), nr);

		if (!name)
			continue;
		names[n] = arena_strdup(a, name);
		numbers[n++] = nr;
		free(name);
	}
	return n;
}

static void random_rule(struct dice *d, struct arena *a, const char *const *names,
			size_t n_names, struct seccomp_rule *rule)
{
	size_t n_args = dice_roll(d, 3), n_calls = 1 + dice_roll(d, 4);
	struct {
		struct seccomp_arg *args;
		size_t n_args;
	} list = {0};

	for (size_t i = 0; i < n_calls; i++)
		strv_push(a, &rule->names, names[dice_roll(d, (uint32_t)n_names)]);
	for (size_t i = 0; i < n_args; i++) {
		struct seccomp_arg *arg = ARR_PUSH(a, &list, args);

		arg->index = dice_roll(d, 6);
		arg->value = edges[dice_roll(d, ARRAY_SIZE(edges))];
		arg->value_two = edges[dice_roll(d, ARRAY_SIZE(edges))] & arg->value;
		arg->op = (enum seccomp_op)dice_roll(d, 7);
	}
	rule->args = list.args;
	rule->n_args = list.n_args;
	rule->action = ERRNO(100 + dice_roll(d, 1000));
}

static size_t longest_jump(const struct seccomp_code *c)
{
	size_t longest = 0;

	for (size_t i = 0; i < c->n_insns; i++)
		if (c->insns[i].code == (BPF_JMP | BPF_JA))
			longest = MAX(longest, c->insns[i].k);
	return longest;
}

/* Some hundred rules at random, with jumps that no byte holds: each call, with many
 * arguments, gets the answer that the profile means. */
static void test_random_profiles(void **state)
{
	_cleanup_arena_ struct arena a = {0};
	const char *names[MAX_NR];
	int numbers[MAX_NR];
	size_t n = all_names(&a, names, numbers);
	struct dice d = {.state = 4242};

	CHECK(n > 250);
	for (size_t n_rules = 1; n_rules <= 180; n_rules += n_rules / 2 + 1) {
		struct seccomp_rule *rules = arena_alloc(&a, n_rules * sizeof(*rules));
		const struct seccomp_profile p = {
			.default_action = ALLOW, .rules = rules, .n_rules = n_rules};
		struct seccomp_code c;

		for (size_t i = 0; i < n_rules; i++)
			random_rule(&d, &a, names, n, &rules[i]);
		make(&p, &plain_target, &a, &c);
		if (n_rules > 100)
			CHECK(longest_jump(&c) > 512);
		for (size_t i = 0; i < n; i++) {
			for (int k = 0; k < 20; k++) {
				uint64_t args[6];

				for (size_t m = 0; m < 6; m++)
					args[m] = edges[dice_roll(&d, ARRAY_SIZE(edges))];
				check_context("%zu rules, %s", n_rules, names[i]);
				CHECK_INT(ask_args(&c, numbers[i], args),
					  expected(&p, names[i], args));
			}
		}
		CHECK_INT(ask(&c, 2047, 0, 0), ALLOW);
		CHECK_INT(ask(&c, 5000, 0, 0), ALLOW);
	}
}

/* Trees whose lower half is just as long as a byte can jump, and around it. */
static void test_jump_lengths(void **state)
{
	for (size_t n_checks = 80; n_checks < 95; n_checks++) {
		_cleanup_arena_ struct arena a = {0};
		struct seccomp_arg args[100];
		struct seccomp_rule rules[102] = {0};
		struct seccomp_profile p = {.default_action = ERRNO(38), .rules = rules};
		struct seccomp_code c;

		/* many checks of one call: a block of growing length in the tree */
		for (size_t i = 0; i < n_checks; i++) {
			args[i] = (struct seccomp_arg){
				.value = i, .value_two = i, .op = SECCOMP_OP_MASKED_EQ};
			args[i].value = 0xffffffff;
			rules[i].action = ERRNO(200 + i);
			rules[i].args = &args[i];
			rules[i].n_args = 1;
			strv_push(&a, &rules[i].names, "getpid");
		}
		rules[n_checks].action = ALLOW;
		strv_push(&a, &rules[n_checks].names, "getuid");
		p.n_rules = n_checks + 1;
		make(&p, &plain_target, &a, &c);
		check_context("%zu checks", n_checks);
		for (size_t i = 0; i < n_checks; i++)
			CHECK_INT(ask(&c, SYS_getpid, i, 0), ERRNO(200 + i));
		CHECK_INT(ask(&c, SYS_getpid, n_checks, 0), ERRNO(38));
		CHECK_INT(ask(&c, SYS_getuid, 0, 0), ALLOW);
		CHECK_INT(ask(&c, SYS_getpid - 1, 0, 0), ERRNO(38));
		CHECK_INT(ask(&c, SYS_getpid + 1, 0, 0), ERRNO(38));
		CHECK_INT(ask(&c, SYS_getuid + 1, 0, 0), ERRNO(38));
	}
}

/* The largest program that the kernel takes, and one instruction more. */
static void test_too_long(void **state)
{
	_cleanup_arena_ struct arena a = {0};
	static struct seccomp_arg args[2000];
	static struct seccomp_rule rules[2000];
	struct seccomp_profile some = {.default_action = ALLOW, .rules = rules};
	struct seccomp_code c;
	struct err err = {0};
	size_t base, n_short = 0, n;

	/* Five instructions a rule: two words compared, and an answer that no other has. */
	for (size_t i = 0; i < ARRAY_SIZE(rules); i++) {
		args[i] = (struct seccomp_arg){.value = i, .op = SECCOMP_OP_EQ};
		rules[i] = (struct seccomp_rule){
			.action = ERRNO(1 + i), .args = &args[i], .n_args = 1};
		strv_push(&a, &rules[i].names, "getpid");
	}
	/* Of a long one, where the jumps over all of it are long, too. */
	some.n_rules = 700;
	make(&some, &plain_target, &a, &c);
	n = c.n_insns;
	some.n_rules = 699;
	make(&some, &plain_target, &a, &c);
	CHECK_INT(n - c.n_insns, 5);
	base = n - 5 * 700;
	some.n_rules = ARRAY_SIZE(rules);
	CHECK_INT(seccomp_program_make(&some, &plain_target, &a, &c, &err), -E2BIG);
	CHECK(strncmp(err.message, "the filter has ", 15) == 0);
	for (size_t want = BPF_MAXINSNS; want <= BPF_MAXINSNS + 1; want++) {
		/* and three where only one word counts */
		while ((want - base - 3 * n_short) % 5 != 0)
			n_short++;
		for (size_t i = 0; i < n_short; i++) {
			args[i].op = SECCOMP_OP_MASKED_EQ;
			args[i].value = 0xffffffff;
			args[i].value_two = i;
		}
		some.n_rules = (want - base - 3 * n_short) / 5 + n_short;
		if (want > BPF_MAXINSNS) {
			CHECK_INT(seccomp_program_make(&some, &plain_target, &a, &c,
						       &err),
				  -E2BIG);
			CHECK_STR(err.message, "the filter has 4097 instructions, the "
					       "kernel takes 4096");
			continue;
		}
		make(&some, &plain_target, &a, &c);
		CHECK_INT(c.n_insns, BPF_MAXINSNS);
		CHECK_INT(ask(&c, SYS_getpid, 0, 0), ERRNO(1));
		CHECK_INT(ask(&c, SYS_getpid, some.n_rules - 1, 0), ERRNO(some.n_rules));
		CHECK_INT(ask(&c, SYS_getpid, some.n_rules, 0), ALLOW);
		CHECK_INT(ask(&c, SYS_getppid, 1, 0), ALLOW);
	}
}

/* --- urun's own profile --- */

static void make_policy(uint64_t caps, struct arena *a, struct seccomp_code *ret)
{
	const struct seccomp_target t = {.caps = caps, .kernel = "6.1.0"};
	struct seccomp_profile p;
	struct err err = {0};

	CHECK_INT(seccomp_profile_read((const char *)seccomp_default_json,
				       sizeof(seccomp_default_json), a, &p, &err),
		  0);
	make(&p, &t, a, ret);
}

/* Upper halves that the kernel cuts off where an argument is an int. */
static const uint64_t uppers[] = {0, 0x100000000, 0x8000000000000000, 0xffffffff00000000};

static void test_policy_tiocsti(void **state)
{
	_cleanup_arena_ struct arena a = {0};
	struct seccomp_code c;

	make_policy(0, &a, &c);
	for (size_t i = 0; i < ARRAY_SIZE(uppers); i++) {
		check_context("upper half %llx", (unsigned long long)uppers[i]);
		CHECK_INT(ask(&c, SYS_ioctl, 0, TIOCSTI | uppers[i]), ERRNO(EPERM));
		CHECK_INT(ask(&c, SYS_ioctl, ~0ull, TIOCSTI | uppers[i]), ERRNO(EPERM));
		CHECK_INT(ask(&c, SYS_ioctl, 0, TIOCLINUX | uppers[i]), ERRNO(EPERM));
		CHECK_INT(ask(&c, SYS_ioctl, 0, TCGETS | uppers[i]), ALLOW);
		CHECK_INT(ask(&c, SYS_ioctl, 0, (TIOCSTI + 1) | uppers[i]), ALLOW);
		CHECK_INT(ask(&c, SYS_ioctl, 0, (TIOCSTI - 1) | uppers[i]), ALLOW);
		CHECK_INT(ask(&c, SYS_ioctl, TIOCSTI, uppers[i]), ALLOW);
	}
	/* Capabilities do not change it. */
	make_policy(~0ull >> 23, &a, &c);
	CHECK_INT(ask(&c, SYS_ioctl, 0, TIOCSTI), ERRNO(EPERM));
}

static void test_policy_sockets(void **state)
{
	_cleanup_arena_ struct arena a = {0};
	struct seccomp_code c;
	int nr = number_of("socket");

	if (nr < 0)
		skip_because("no socket call of its own here");
	make_policy(0, &a, &c);
	for (size_t i = 0; i < ARRAY_SIZE(uppers); i++) {
		for (uint64_t family = 0; family < 50; family++) {
			uint32_t ret = ask(&c, nr, family | uppers[i], SOCK_STREAM);

			check_context("family %llx",
				      (unsigned long long)(family | uppers[i]));
			if (family != AF_ALG && family != AF_VSOCK)
				CHECK_INT(ret, ALLOW);
			else
				CHECK_INT(ret & SECCOMP_RET_ACTION_FULL,
					  SECCOMP_RET_ERRNO);
		}
	}
}

static void test_policy_unknown_calls(void **state)
{
	static const int numbers[] = {470, 500, 600, 1000, 2047, 2048, 4095, 0x3fffffff};
	_cleanup_arena_ struct arena a = {0};
	struct seccomp_code c;

	for (int k = 0; k < 2; k++) {
		make_policy(k ? (1ull << 41) - 1 : 0, &a, &c);
		for (size_t i = 0; i < ARRAY_SIZE(numbers); i++) {
			check_context("number %d", numbers[i]);
			CHECK_INT(ask(&c, numbers[i], 0, 0), ERRNO(ENOSYS));
		}
	}
}

/* Namespaces: clone by its flags, clone3 as if it were not there, unless they are allowed. */
static void test_policy_clone(void **state)
{
	static const uint64_t new_namespaces[] = {
		CLONE_NEWNS,  CLONE_NEWUTS, CLONE_NEWIPC,    CLONE_NEWUSER,
		CLONE_NEWPID, CLONE_NEWNET, CLONE_NEWCGROUP,
	};
	const uint64_t thread = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND |
				CLONE_THREAD | CLONE_SYSVSEM | CLONE_SETTLS |
				CLONE_PARENT_SETTID | CLONE_CHILD_CLEARTID;
	_cleanup_arena_ struct arena a = {0};
	struct seccomp_code c, admin;
	int clone3 = number_of("clone3"), nr = number_of("clone");
	int unshare_nr = number_of("unshare"), setns_nr = number_of("setns");

	if (native_audit() == AUDIT_ARCH_S390X)
		skip_because("s390 has the flags in another place");
	make_policy(0, &a, &c);
	make_policy(CAP(SYS_ADMIN), &a, &admin);
	CHECK_INT(ask(&c, nr, SIGCHLD, 0), ALLOW);
	CHECK_INT(ask(&c, nr, thread, 0), ALLOW);
	CHECK_INT(ask(&c, nr, CLONE_VM | CLONE_VFORK | SIGCHLD, 0), ALLOW);
	for (size_t i = 0; i < ARRAY_SIZE(new_namespaces); i++) {
		check_context("flag %llx", (unsigned long long)new_namespaces[i]);
		for (size_t k = 0; k < ARRAY_SIZE(uppers); k++)
			CHECK(ask(&c, nr, new_namespaces[i] | SIGCHLD | uppers[k], 0) !=
			      ALLOW);
		CHECK_INT(ask(&admin, nr, new_namespaces[i] | SIGCHLD, 0), ALLOW);
	}
	check_no_context();
	CHECK_INT(ask(&c, clone3, 0, 0), ERRNO(ENOSYS));
	CHECK_INT(ask(&admin, clone3, 0, 0), ALLOW);
	CHECK_INT(ask(&c, unshare_nr, CLONE_NEWUSER, 0), ERRNO(EPERM));
	CHECK_INT(ask(&admin, unshare_nr, CLONE_NEWUSER, 0), ALLOW);
	CHECK_INT(ask(&c, setns_nr, 3, 0), ERRNO(EPERM));
}

/* What each of the calls that can hurt answers without a capability, and with which it goes. */
static void test_policy_capabilities(void **state)
{
	static const struct {
		const char *call, *cap; /* NULL: nobody */
	} cases[] = {
		{"mount", "CAP_SYS_ADMIN"},
		{"umount2", "CAP_SYS_ADMIN"},
		{"pivot_root", "CAP_SYS_ADMIN"},
		{"open_tree", "CAP_SYS_ADMIN"},
		{"move_mount", "CAP_SYS_ADMIN"},
		{"mount_setattr", "CAP_SYS_ADMIN"},
		{"fsopen", "CAP_SYS_ADMIN"},
		{"swapon", "CAP_SYS_ADMIN"},
		{"bpf", "CAP_BPF"},
		{"bpf", "CAP_SYS_ADMIN"},
		{"perf_event_open", "CAP_PERFMON"},
		{"syslog", "CAP_SYSLOG"},
		{"init_module", "CAP_SYS_MODULE"},
		{"delete_module", "CAP_SYS_MODULE"},
		{"finit_module", "CAP_SYS_MODULE"},
		{"kexec_load", "CAP_SYS_BOOT"},
		{"reboot", "CAP_SYS_BOOT"},
		{"chroot", "CAP_SYS_CHROOT"},
		{"acct", "CAP_SYS_PACCT"},
		{"settimeofday", "CAP_SYS_TIME"},
		{"clock_settime", "CAP_SYS_TIME"},
		{"pidfd_getfd", "CAP_SYS_PTRACE"},
		{"open_by_handle_at", "CAP_DAC_READ_SEARCH"},
		{"keyctl", NULL},
		{"add_key", NULL},
		{"request_key", NULL},
		{"userfaultfd", NULL},
		{"io_uring_setup", NULL},
		{"io_uring_enter", NULL},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_arena_ struct arena a = {0};
		struct seccomp_code none, with, all;
		int nr = number_of(cases[i].call);
		unsigned int cap = 0;

		if (nr < 0)
			continue;
		check_context("%s", cases[i].call);
		make_policy(0, &a, &none);
		make_policy((1ull << 41) - 1, &a, &all);
		CHECK_INT(ask(&none, nr, 0, 0), ERRNO(EPERM));
		CHECK_INT(ask(&all, nr, 0, 0), cases[i].cap ? ALLOW : ERRNO(EPERM));
		if (!cases[i].cap)
			continue;
		CHECK_INT(parse_cap(cases[i].cap, &cap), 0);
		make_policy(CAP(cap), &a, &with);
		CHECK_INT(ask(&with, nr, 0, 0), ALLOW);
		make_policy(((1ull << 41) - 1) & ~CAP(cap) & ~CAP(SYS_ADMIN), &a, &with);
		if (strcmp(cases[i].call, "bpf") != 0)
			CHECK_INT(ask(&with, nr, 0, 0), ERRNO(EPERM));
	}
}

static void test_policy_ordinary_calls(void **state)
{
	static const char *const calls[] = {
		"read",
		"write",
		"openat",
		"openat2",
		"close",
		"execve",
		"execveat",
		"mmap",
		"munmap",
		"futex",
		"wait4",
		"waitid",
		"kill",
		"getrandom",
		"seccomp",
		"prctl",
		"capset",
		"setuid",
		"setgroups",
		"exit_group",
		"memfd_create",
		"pidfd_open",
		"socketpair",
		"connect",
		"sendmsg",
		"rseq",
		"faccessat2",
		"close_range",
		"landlock_create_ruleset",
		"epoll_wait",
		"ptrace",
		"clock_nanosleep",
		"renameat2",
		"statx",
		"copy_file_range",
	};
	_cleanup_arena_ struct arena a = {0};
	struct seccomp_code c;

	make_policy(0, &a, &c);
	for (size_t i = 0; i < ARRAY_SIZE(calls); i++) {
		int nr = number_of(calls[i]);

		check_context("%s", calls[i]);
		if (nr >= 0)
			CHECK_INT(ask(&c, nr, 0, 0), ALLOW);
	}
}

/* The kernel takes the program, and acts by it. */
static void child_policy(void *data)
{
	_cleanup_arena_ struct arena a = {0};
	struct seccomp_code c;
	struct sock_fprog prog;
	int clone3 = number_of("clone3");

	make_policy(0, &a, &c);
	prog = (struct sock_fprog){.len = (unsigned short)c.n_insns, .filter = c.insns};
	CHECK_INT(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 0);
	CHECK_INT(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog), 0);
	for (size_t i = 0; i < ARRAY_SIZE(uppers); i++) {
		check_context("upper half %llx", (unsigned long long)uppers[i]);
		CHECK_INT(syscall(SYS_ioctl, -1, TIOCSTI | uppers[i], "x"), -1);
		CHECK_INT(errno, EPERM);
		CHECK_INT(syscall(SYS_ioctl, -1, TCGETS | uppers[i], NULL), -1);
		CHECK_INT(errno, EBADF);
		CHECK_INT(syscall(SYS_socket, AF_ALG | uppers[i], SOCK_SEQPACKET, 0), -1);
		CHECK_INT(errno, EAFNOSUPPORT);
		CHECK_INT(syscall(SYS_socket, AF_VSOCK | uppers[i], SOCK_STREAM, 0), -1);
		CHECK_INT(errno, EAFNOSUPPORT);
	}
	check_no_context();
	CHECK(syscall(SYS_socket, AF_UNIX, SOCK_STREAM, 0) >= 0);
	CHECK_INT(syscall(1999, 0), -1);
	CHECK_INT(errno, ENOSYS);
	CHECK_INT(syscall(clone3, NULL, 0), -1);
	CHECK_INT(errno, ENOSYS);
	CHECK_INT(unshare(CLONE_NEWUSER), -1);
	CHECK_INT(errno, EPERM);
#ifdef __x86_64__
	CHECK_INT(syscall(X32_BIT | SYS_getpid), -1);
	CHECK_INT(errno, ENOSYS);
#endif
}

static void test_policy_in_kernel(void **state)
{
	in_child(child_policy, NULL);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(test_not_equal),
		TEST(test_less),
		TEST(test_less_or_equal),
		TEST(test_equal),
		TEST(test_greater_or_equal),
		TEST(test_greater),
		TEST(test_masked_equal),
		TEST(test_two_comparisons),
		TEST(test_order),
		TEST(test_actions),
		TEST(test_conditions_caps),
		TEST(test_conditions_kernel),
		TEST(test_conditions_arch),
		TEST(test_foreign_architecture),
		TEST(test_beside),
		TEST(test_x32),
		TEST(test_second_architecture),
		TEST(test_random_profiles),
		TEST(test_jump_lengths),
		TEST(test_too_long),
		TEST(test_policy_tiocsti),
		TEST(test_policy_sockets),
		TEST(test_policy_unknown_calls),
		TEST(test_policy_clone),
		TEST(test_policy_capabilities),
		TEST(test_policy_ordinary_calls),
		TEST(test_policy_in_kernel),
	};

	return UNIT_RUN(tests);
}
