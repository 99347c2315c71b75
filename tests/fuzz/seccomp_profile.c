// SPDX-License-Identifier: Apache-2.0
/*
 * seccomp_profile.c - fuzz target: a profile to a program, which must do what it says
 *
 * The program is checked as the kernel would, then executed for the calls that the
 * profile names, with arguments on both sides of each comparison: the rules, read one by
 * one, have to come to the same answer.
 */
#include "spec/seccomp_profile.h"

#include <linux/audit.h>
#include <seccomp.h>

#include "bpf.h"
#include "fuzz.h"
#include "seccomp_program.h"

#define MAX_TRIED_RULES 64
#define MAX_TRIED_NAMES 8
#define MAX_TRIED_NR	2047
#define RET_ENOSYS	(SECCOMP_RET_ERRNO | 38u)
#define X32_BIT		0x40000000

/* One program, and what it is held against. */
struct trial {
	const struct seccomp_profile *profile;
	const struct seccomp_target *target;
	const struct seccomp_code *code;
	uint32_t arch;	/* SCMP_ARCH_*, which is AUDIT_ARCH_* as well */
	const char *go; /* its name in conditions */
	int **numbers;	/* of each name of each rule */
};

static int **resolve(const struct seccomp_profile *p, uint32_t arch, struct arena *a)
{
	int **numbers = arena_alloc(a, sizeof(*numbers) * (p->n_rules + 1));

	for (size_t i = 0; i < p->n_rules; i++) {
		const struct strv *names = &p->rules[i].names;

		numbers[i] = arena_alloc(a, sizeof(**numbers) * (names->n + 1));
		for (size_t k = 0; k < names->n; k++)
			numbers[i][k] =
				seccomp_syscall_resolve_name_arch(arch, names->v[k]);
	}
	return numbers;
}

static bool holds(const struct seccomp_arg *c, uint64_t v)
{
	switch (c->op) {
	case SECCOMP_OP_NE:
		return v != c->value;
	case SECCOMP_OP_LT:
		return v < c->value;
	case SECCOMP_OP_LE:
		return v <= c->value;
	case SECCOMP_OP_EQ:
		return v == c->value;
	case SECCOMP_OP_GE:
		return v >= c->value;
	case SECCOMP_OP_GT:
		return v > c->value;
	case SECCOMP_OP_MASKED_EQ:
		return (v & c->value) == c->value_two;
	}
	return false;
}

static bool is_named(const struct trial *t, size_t rule, int nr)
{
	for (size_t i = 0; i < t->profile->rules[rule].names.n; i++)
		if (t->numbers[rule][i] == nr)
			return true;
	return false;
}

static bool is_match(const struct seccomp_rule *rule, const struct seccomp_data *data)
{
	for (size_t i = 0; i < rule->n_args; i++)
		if (!holds(&rule->args[i], data->args[rule->args[i].index]))
			return false;
	return true;
}

/* Rules that look at arguments come first, each kind in the order of the profile. */
static uint32_t judge(const struct trial *t, const struct seccomp_data *data)
{
	const struct seccomp_profile *p = t->profile;

	for (int wants_args = 1; wants_args >= 0; wants_args--)
		for (size_t i = 0; i < p->n_rules; i++)
			if ((p->rules[i].n_args > 0) == wants_args &&
			    is_named(t, i, data->nr) &&
			    seccomp_rule_applies(&p->rules[i], t->target->caps, t->go,
						 t->target->kernel) &&
			    is_match(&p->rules[i], data))
				return p->rules[i].action;
	return p->default_action;
}

static void compare(const struct trial *t, const struct seccomp_data *data)
{
	uint32_t is = bpf_run(t->code->insns, data), should = judge(t, data);

	fuzz_check(is == should,
		   "call %d (%llx, %llx, %llx, ...) gets %x, the rules say %x", data->nr,
		   (unsigned long long)data->args[0], (unsigned long long)data->args[1],
		   (unsigned long long)data->args[2], is, should);
}

/* Values around what one comparison compares with. */
static uint64_t near(const struct seccomp_arg *c, int which)
{
	const uint64_t values[] = {
		c->value,
		c->value - 1,
		c->value + 1,
		c->value ^ (1ULL << 32),
		c->value ^ (1ULL << 63),
		c->value_two,
		c->value_two | ~c->value,
		0,
	};

	return values[which];
}

static void try_rule(const struct trial *t, const struct seccomp_rule *rule, int nr)
{
	struct seccomp_data data = {.arch = t->arch, .nr = nr};

	compare(t, &data);
	for (int which = 0; which < 8; which++) {
		/* All comparisons alike, then the last one alone off its value. */
		for (size_t i = 0; i < rule->n_args; i++)
			data.args[rule->args[i].index] = near(&rule->args[i], which);
		compare(t, &data);
		for (size_t i = 0; i + 1 < rule->n_args; i++)
			data.args[rule->args[i].index] = rule->args[i].value;
		compare(t, &data);
	}
}

static void try_strange_calls(const struct trial *t)
{
	struct seccomp_data data = {.arch = t->arch, .nr = MAX_TRIED_NR};
	uint32_t beyond =
		t->arch == SCMP_ARCH_X86_64 ? RET_ENOSYS : t->profile->default_action;

	fuzz_check(bpf_run(t->code->insns, &data) == t->profile->default_action,
		   "the last call");
	data.nr = X32_BIT + 1;
	fuzz_check(bpf_run(t->code->insns, &data) == beyond, "a call of x32");
	data.arch = AUDIT_ARCH_MIPS;
	data.nr = 1;
	fuzz_check(bpf_run(t->code->insns, &data) == RET_ENOSYS, "another architecture");
}

static void try_arch(struct trial t, uint32_t arch, const char *go, struct arena *a)
{
	t.arch = arch;
	t.go = go;
	t.numbers = resolve(t.profile, arch, a);
	try_strange_calls(&t);
	for (size_t i = 0; i < t.profile->n_rules && i < MAX_TRIED_RULES; i++) {
		const struct seccomp_rule *rule = &t.profile->rules[i];

		for (size_t k = 0; k < rule->names.n && k < MAX_TRIED_NAMES; k++)
			if (t.numbers[i][k] >= 0 && t.numbers[i][k] <= MAX_TRIED_NR)
				try_rule(&t, rule, t.numbers[i][k]);
	}
}

static void try_profile(const struct seccomp_profile *p,
			const struct seccomp_target *target)
{
	_cleanup_arena_ struct arena a = {0};
	struct seccomp_code code;
	struct trial t = {.profile = p, .target = target, .code = &code};
	struct err err = {0};
	const char *why;
	int r = seccomp_program_make(p, target, &a, &code, &err);

	if (r < 0) {
		fuzz_check_err(r, &err);
		return;
	}
	why = bpf_check(code.insns, code.n_insns);
	fuzz_check(!why, "%s", why);
	if (seccomp_arch_native() == SCMP_ARCH_AARCH64)
		try_arch(t, SCMP_ARCH_AARCH64, "arm64", &a);
	if (seccomp_arch_native() != SCMP_ARCH_X86_64)
		return;
	try_arch(t, SCMP_ARCH_X86_64, "amd64", &a);
	if (strv_has(&p->arches, "SCMP_ARCH_X86"))
		try_arch(t, SCMP_ARCH_X86, "amd64", &a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct seccomp_target targets[] = {
		{0x800405fb, "6.1.0-13-amd64"},
		{~0ULL, "4.4"},
	};
	_cleanup_arena_ struct arena a = {0};
	struct seccomp_profile p;
	struct err err = {0};
	int r = seccomp_profile_read((const char *)data, size, &a, &p, &err);

	if (r < 0) {
		fuzz_check_err(r, &err);
		return 0;
	}
	for (size_t i = 0; i < ARRAY_SIZE(targets); i++)
		try_profile(&p, &targets[i]);
	return 0;
}
