// SPDX-License-Identifier: Apache-2.0
/*
 * bpf.c - see bpf.h
 *
 * Source: Documentation/networking/filter.rst, kernel/seccomp.c.
 */
#include "bpf.h"

#include <string.h>

static const char *check_insn(const struct sock_filter *insns, size_t n, size_t i)
{
	const struct sock_filter *f = &insns[i];
	size_t left = n - i - 1; /* instructions behind this one */

	switch (f->code) {
	case BPF_RET | BPF_K:
		return f->jt || f->jf ? "a return that jumps" : NULL;
	case BPF_LD | BPF_W | BPF_ABS:
		if (f->k % 4 != 0 || f->k > sizeof(struct seccomp_data) - 4)
			return "a load from nowhere";
		break;
	case BPF_ALU | BPF_AND | BPF_K:
		break;
	case BPF_JMP | BPF_JA:
		return f->k >= left ? "a jump out of the program" : NULL;
	case BPF_JMP | BPF_JEQ | BPF_K:
	case BPF_JMP | BPF_JGT | BPF_K:
	case BPF_JMP | BPF_JGE | BPF_K:
		return f->jt >= left || f->jf >= left ? "a branch out of the program"
						      : NULL;
	default:
		return "an unknown instruction";
	}
	return left == 0 ? "no return at the end" : NULL;
}

const char *bpf_check(const struct sock_filter *insns, size_t n)
{
	const char *why = n == 0 || n > BPF_MAXINSNS ? "a bad length" : NULL;

	for (size_t i = 0; !why && i < n; i++)
		why = check_insn(insns, n, i);
	return why;
}

uint32_t bpf_run(const struct sock_filter *f, const struct seccomp_data *data)
{
	uint32_t a = 0;

	for (;; f++) {
		switch (f->code) {
		case BPF_RET | BPF_K:
			return f->k;
		case BPF_LD | BPF_W | BPF_ABS:
			memcpy(&a, (const char *)data + f->k, sizeof(a));
			break;
		case BPF_ALU | BPF_AND | BPF_K:
			a &= f->k;
			break;
		case BPF_JMP | BPF_JA:
			f += f->k;
			break;
		case BPF_JMP | BPF_JEQ | BPF_K:
			f += a == f->k ? f->jt : f->jf;
			break;
		case BPF_JMP | BPF_JGT | BPF_K:
			f += a > f->k ? f->jt : f->jf;
			break;
		case BPF_JMP | BPF_JGE | BPF_K:
			f += a >= f->k ? f->jt : f->jf;
			break;
		default:
			abort();
		}
	}
}
