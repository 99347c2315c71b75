// SPDX-License-Identifier: Apache-2.0
/*
 * seccomp_program.c - see seccomp_program.h
 */
#include "seccomp_program.h"

#include <linux/audit.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <stdio.h>
#include <string.h>

#define X32_BIT	   0x40000000u
#define RET_ENOSYS (SECCOMP_RET_ERRNO | 38u)
#define MAX_CALL   2048 /* numbers above are nobody's */
#define FAR	   255	/* the reach of a conditional jump */

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define LOW_WORD  0u
#define HIGH_WORD 4u
#else
#define LOW_WORD  4u
#define HIGH_WORD 0u
#endif

/* Architectures that one kernel serves side by side, and Go's name for them. */
static const struct {
	const char *name; /* as profiles spell it */
	uint32_t scmp, audit;
	const char *go;
	bool has_x32;
	uint32_t native; /* served by a machine of this architecture */
} arches[] = {
	{"SCMP_ARCH_X86_64", SCMP_ARCH_X86_64, AUDIT_ARCH_X86_64, "amd64", true,
	 SCMP_ARCH_X86_64},
	{"SCMP_ARCH_X86", SCMP_ARCH_X86, AUDIT_ARCH_I386, "amd64", false,
	 SCMP_ARCH_X86_64},
	{"SCMP_ARCH_X86", SCMP_ARCH_X86, AUDIT_ARCH_I386, "386", false, SCMP_ARCH_X86},
	{"SCMP_ARCH_AARCH64", SCMP_ARCH_AARCH64, AUDIT_ARCH_AARCH64, "arm64", false,
	 SCMP_ARCH_AARCH64},
	{"SCMP_ARCH_ARM", SCMP_ARCH_ARM, AUDIT_ARCH_ARM, "arm64", false,
	 SCMP_ARCH_AARCH64},
	{"SCMP_ARCH_ARM", SCMP_ARCH_ARM, AUDIT_ARCH_ARM, "arm", false, SCMP_ARCH_ARM},
	{"SCMP_ARCH_RISCV64", SCMP_ARCH_RISCV64, AUDIT_ARCH_RISCV64, "riscv64", false,
	 SCMP_ARCH_RISCV64},
	{"SCMP_ARCH_PPC64LE", SCMP_ARCH_PPC64LE, AUDIT_ARCH_PPC64LE, "ppc64le", false,
	 SCMP_ARCH_PPC64LE},
	{"SCMP_ARCH_S390X", SCMP_ARCH_S390X, AUDIT_ARCH_S390X, "s390x", false,
	 SCMP_ARCH_S390X},
};

/* What happens to one system call: a value to return, or a block that looks at arguments. */
struct leaf {
	uint32_t ret;
	const struct seccomp_rule **checks;
	size_t n_checks;
};

struct range {
	uint32_t first;
	const struct leaf *leaf;
};

struct build {
	struct arena *arena;
	struct seccomp_code *code;
	struct range *ranges;
	size_t n_ranges;
};

static size_t emit(struct build *b, uint16_t op, uint32_t k, uint8_t jt, uint8_t jf)
{
	*ARR_PUSH(b->arena, b->code, insns) = (struct sock_filter){op, jt, jf, k};
	return b->code->n_insns - 1;
}

static void emit_load(struct build *b, uint32_t offset)
{
	emit(b, BPF_LD | BPF_W | BPF_ABS, offset, 0, 0);
}

static void emit_ret(struct build *b, uint32_t value)
{
	emit(b, BPF_RET | BPF_K, value, 0, 0);
}

/* Jumps of one rule that leave it, because a comparison failed; patched at its end. */
struct exits {
	size_t at[SECCOMP_MAX_ARGS * 4];
	bool is_true[SECCOMP_MAX_ARGS * 4];
	size_t n;
};

static void leave_if(struct exits *x, size_t at, bool is_true)
{
	x->at[x->n] = at;
	x->is_true[x->n++] = is_true;
}

/* "word OP k": falls through when it holds. */
static void emit_test(struct build *b, struct exits *x, uint16_t op, uint32_t k,
		      bool wanted)
{
	leave_if(x, emit(b, BPF_JMP | op | BPF_K, k, 0, 0), !wanted);
}

static uint32_t offset_of(uint32_t index, uint32_t word)
{
	return (uint32_t)offsetof(struct seccomp_data, args) + index * 8 + word;
}

static void emit_equal(struct build *b, struct exits *x, const struct seccomp_arg *c,
		       uint64_t mask, uint64_t value)
{
	static const uint32_t words[] = {HIGH_WORD, LOW_WORD};

	for (int i = 0; i < 2; i++) {
		uint32_t m = (uint32_t)(i ? mask : mask >> 32);
		uint32_t v = (uint32_t)(i ? value : value >> 32);

		if (m == 0 && v == 0)
			continue;
		emit_load(b, offset_of(c->index, words[i]));
		if (m != UINT32_MAX)
			emit(b, BPF_ALU | BPF_AND | BPF_K, m, 0, 0);
		emit_test(b, x, BPF_JEQ, v, true);
	}
}

/* The 64-bit orders, by words: the upper ones decide unless they are equal.
 * @low_op: BPF_JGT or BPF_JGE for the lower words; @wanted: its result that passes. */
static void emit_order(struct build *b, struct exits *x, const struct seccomp_arg *c,
		       uint16_t low_op, bool wanted)
{
	uint32_t high = (uint32_t)(c->value >> 32), low = (uint32_t)c->value;

	emit_load(b, offset_of(c->index, HIGH_WORD));
	if (wanted) {
		/* above: passes (over the next three); not equal, so below: leaves */
		emit(b, BPF_JMP | BPF_JGT | BPF_K, high, 3, 0);
		emit_test(b, x, BPF_JEQ, high, true);
	} else {
		/* above: leaves; below, so not equal: passes (over the next two) */
		emit_test(b, x, BPF_JGT, high, false);
		emit(b, BPF_JMP | BPF_JEQ | BPF_K, high, 0, 2);
	}
	emit_load(b, offset_of(c->index, LOW_WORD));
	emit_test(b, x, low_op, low, wanted);
}

static void emit_not_equal(struct build *b, struct exits *x, const struct seccomp_arg *c)
{
	emit_load(b, offset_of(c->index, HIGH_WORD));
	emit(b, BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)(c->value >> 32), 0, 2);
	emit_load(b, offset_of(c->index, LOW_WORD));
	emit_test(b, x, BPF_JEQ, (uint32_t)c->value, false);
}

static void emit_compare(struct build *b, struct exits *x, const struct seccomp_arg *c)
{
	switch (c->op) {
	case SECCOMP_OP_EQ:
		emit_equal(b, x, c, UINT64_MAX, c->value);
		break;
	case SECCOMP_OP_MASKED_EQ:
		emit_equal(b, x, c, c->value, c->value_two);
		break;
	case SECCOMP_OP_NE:
		emit_not_equal(b, x, c);
		break;
	case SECCOMP_OP_GT:
		emit_order(b, x, c, BPF_JGT, true);
		break;
	case SECCOMP_OP_GE:
		emit_order(b, x, c, BPF_JGE, true);
		break;
	case SECCOMP_OP_LE:
		emit_order(b, x, c, BPF_JGT, false);
		break;
	case SECCOMP_OP_LT:
		emit_order(b, x, c, BPF_JGE, false);
		break;
	}
}

/* A leaf: the rules that look at arguments, then what holds when none of them does. */
static void emit_leaf(struct build *b, const struct leaf *leaf)
{
	for (size_t i = 0; i < leaf->n_checks; i++) {
		const struct seccomp_rule *rule = leaf->checks[i];
		struct exits x = {.n = 0};
		size_t end;

		for (size_t k = 0; k < rule->n_args; k++)
			emit_compare(b, &x, &rule->args[k]);
		emit_ret(b, rule->action);
		end = b->code->n_insns;
		for (size_t k = 0; k < x.n; k++) {
			struct sock_filter *jump = &b->code->insns[x.at[k]];
			uint8_t skip = (uint8_t)(end - x.at[k] - 1);

			*(x.is_true[k] ? &jump->jt : &jump->jf) = skip;
		}
	}
	emit_ret(b, leaf->ret);
}

/* The ranges [first, last) as a tree: halves of equal size, the upper one behind the lower. */
static void emit_tree(struct build *b, size_t first, size_t last)
{
	size_t middle = first + (last - first) / 2, jump, target;

	if (last - first == 1) {
		emit_leaf(b, b->ranges[first].leaf);
		return;
	}
	/* "nr >= middle" goes to the upper half; a jump that reaches everywhere comes first and
	 * is made short when the lower half turns out to be. */
	jump = emit(b, BPF_JMP | BPF_JGE | BPF_K, b->ranges[middle].first, 0, 1);
	emit(b, BPF_JMP | BPF_JA, 0, 0, 0);
	emit_tree(b, first, middle);
	target = b->code->n_insns;
	if (target - jump - 2 <= FAR) {
		struct sock_filter *insns = b->code->insns;

		memmove(insns + jump + 1, insns + jump + 2,
			(target - jump - 2) * sizeof(*insns));
		b->code->n_insns--;
		insns[jump].jt = (uint8_t)(target - jump - 2);
		insns[jump].jf = 0;
	} else {
		b->code->insns[jump + 1].k = (uint32_t)(target - jump - 2);
	}
	emit_tree(b, middle, last);
}

static bool is_same_leaf(const struct leaf *a, const struct leaf *b)
{
	return a->n_checks == 0 && b->n_checks == 0 && a->ret == b->ret;
}

static void add_rule(struct leaf *leaves, bool *has_ret, uint32_t scmp,
		     const struct seccomp_rule *rule, struct arena *a)
{
	for (size_t i = 0; i < rule->names.n; i++) {
		int nr = seccomp_syscall_resolve_name_arch(scmp, rule->names.v[i]);
		struct leaf *leaf;

		if (nr < 0 || nr >= MAX_CALL)
			continue;
		leaf = &leaves[nr];
		if (rule->n_args > 0) {
			*ARR_PUSH(a, leaf, checks) = rule;
		} else if (!has_ret[nr]) {
			leaf->ret = rule->action;
			has_ret[nr] = true;
		}
	}
}

static uint32_t foreign_action(const struct seccomp_profile *p,
			       const struct seccomp_target *t)
{
	return t->is_beside ? p->default_action : RET_ENOSYS;
}

/* Everything for one architecture; the number is in the accumulator. */
static void emit_arch(struct build *b, const struct seccomp_profile *p,
		      const struct seccomp_target *t, size_t arch)
{
	struct leaf *leaves = arena_alloc(b->arena, MAX_CALL * sizeof(*leaves));
	bool *has_ret = arena_alloc(b->arena, MAX_CALL * sizeof(*has_ret));

	for (size_t i = 0; i < MAX_CALL; i++)
		leaves[i].ret = p->default_action;
	for (size_t i = 0; i < p->n_rules; i++)
		if (seccomp_rule_applies(&p->rules[i], t->caps, arches[arch].go,
					 t->kernel))
			add_rule(leaves, has_ret, arches[arch].scmp, &p->rules[i],
				 b->arena);
	b->ranges = NULL;
	b->n_ranges = 0;
	for (uint32_t i = 0; i < MAX_CALL; i++)
		if (i == 0 || !is_same_leaf(&leaves[i - 1], &leaves[i]))
			*ARR_PUSH(b->arena, b, ranges) = (struct range){i, &leaves[i]};
	/* x32 numbers, and the -1 of a tracer, are above all others. */
	if (arches[arch].has_x32) {
		struct leaf *x32 = arena_new(b->arena, struct leaf);

		x32->ret = foreign_action(p, t);
		*ARR_PUSH(b->arena, b, ranges) = (struct range){X32_BIT, x32};
	}
	emit_tree(b, 0, b->n_ranges);
}

/* Is the architecture one that this machine runs and the profile wants? */
static bool is_wanted(const struct seccomp_profile *p, size_t arch)
{
	uint32_t native = seccomp_arch_native();

	if (arches[arch].native != native)
		return false;
	return arches[arch].scmp == native || strv_has(&p->arches, arches[arch].name);
}

static bool is_conditional(const struct sock_filter *i)
{
	return BPF_CLASS(i->code) == BPF_JMP && BPF_OP(i->code) != BPF_JA;
}

static bool is_ret(const struct sock_filter *i)
{
	return BPF_CLASS(i->code) == BPF_RET;
}

/* Where a jump to @target ends up. */
static size_t follow(const struct sock_filter *insns, size_t target)
{
	while (insns[target].code == (BPF_JMP | BPF_JA))
		target += insns[target].k + 1;
	return target;
}

/* The branch of the jump at @from over @skip instructions, led to the last place in reach that
 * does the same. */
static uint8_t lead(const struct seccomp_code *c, size_t from, uint8_t skip)
{
	size_t target = follow(c->insns, from + 1 + skip), best = from + 1 + skip;

	if (target - from - 1 <= FAR)
		best = target;
	if (!is_ret(&c->insns[target]))
		return (uint8_t)(best - from - 1);
	for (size_t i = MIN(from + 1 + FAR, c->n_insns - 1); i > best; i--)
		if (is_ret(&c->insns[i]) && c->insns[i].k == c->insns[target].k)
			return (uint8_t)(i - from - 1);
	return (uint8_t)(best - from - 1);
}

/* Removes what is not reached. Jumps go forward only, so they get shorter by it. */
static void drop_unreached(struct seccomp_code *c, struct arena *a)
{
	bool *is_reached = arena_alloc(a, (c->n_insns + 1) * sizeof(*is_reached));
	size_t *place = arena_alloc(a, (c->n_insns + 1) * sizeof(*place)), n = 0;

	is_reached[0] = true;
	for (size_t i = 0; i < c->n_insns; i++) {
		const struct sock_filter *f = &c->insns[i];

		place[i] = n;
		if (!is_reached[i])
			continue;
		n++;
		if (is_conditional(f))
			is_reached[i + 1 + f->jt] = is_reached[i + 1 + f->jf] = true;
		else if (!is_ret(f))
			is_reached[i + 1 + (BPF_CLASS(f->code) == BPF_JMP ? f->k : 0)] =
				true;
	}
	for (size_t i = 0; i < c->n_insns; i++) {
		struct sock_filter f = c->insns[i];

		if (!is_reached[i])
			continue;
		if (is_conditional(&f)) {
			f.jt = (uint8_t)(place[i + 1 + f.jt] - place[i] - 1);
			f.jf = (uint8_t)(place[i + 1 + f.jf] - place[i] - 1);
		} else if (BPF_CLASS(f.code) == BPF_JMP) {
			f.k = (uint32_t)(place[i + 1 + f.k] - place[i] - 1);
		}
		c->insns[place[i]] = f;
	}
	c->n_insns = n;
}

/* The kernel translates a program each time that it is loaded: the shorter, the sooner the
 * container starts. Most branches end in one of a few results, which can be shared. */
static void shorten(struct seccomp_code *c, struct arena *a)
{
	for (size_t i = 0; i < c->n_insns; i++) {
		struct sock_filter *f = &c->insns[i];

		if (!is_conditional(f))
			continue;
		f->jt = lead(c, i, f->jt);
		f->jf = lead(c, i, f->jf);
	}
	drop_unreached(c, a);
}

int seccomp_program_make(const struct seccomp_profile *p, const struct seccomp_target *t,
			 struct arena *a, struct seccomp_code *ret, struct err *err)
{
	struct build b = {.arena = a, .code = ret};
	bool has_any = false;

	*ret = (struct seccomp_code){0};
	emit_load(&b, offsetof(struct seccomp_data, arch));
	for (size_t i = 0; i < ARRAY_SIZE(arches); i++) {
		size_t over;

		if (!is_wanted(p, i))
			continue;
		has_any = true;
		emit(&b, BPF_JMP | BPF_JEQ | BPF_K, arches[i].audit, 1, 0);
		over = emit(&b, BPF_JMP | BPF_JA, 0, 0, 0);
		emit_load(&b, offsetof(struct seccomp_data, nr));
		emit_arch(&b, p, t, i);
		ret->insns[over].k = (uint32_t)(ret->n_insns - over - 1);
	}
	emit_ret(&b, foreign_action(p, t));
	if (!has_any)
		return err_say(err, -ENOTSUP,
			       "no seccomp filter for this machine's architecture");
	shorten(ret, a);
	if (ret->n_insns > BPF_MAXINSNS)
		return err_say(err, -E2BIG,
			       "the filter has %zu instructions, the kernel takes %d",
			       ret->n_insns, BPF_MAXINSNS);
	return 0;
}
