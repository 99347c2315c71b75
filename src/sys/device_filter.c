// SPDX-License-Identifier: Apache-2.0
/*
 * device_filter.c - see device_filter.h
 *
 * The last rule that concerns what is asked for decides, so the program tries them from the end: one that
 * allows must name all of it, for one that denies any part is enough. Each rule becomes at most six
 * instructions with jumps to the next.
 */
#include "sys/device_filter.h"

#include <linux/bpf.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define MAX_PER_RULE 7
#define MAX_CODE     (DEVICE_MAX_RULES * MAX_PER_RULE + 16)

/* Registers: the context comes in R1, the answer goes in R0. */
enum {
	R_ANSWER = 0,
	R_CONTEXT = 1,
	R_TYPE = 2,
	R_ACCESS = 3,
	R_MAJOR = 4,
	R_MINOR = 5,
	R_WORK = 6
};

/* struct bpf_insn without its bit fields, which are in the order of the machine. */
struct insn {
	uint8_t code, registers;
	int16_t off;
	int32_t imm;
};

struct program {
	struct insn code[MAX_CODE];
	size_t n;
};

static void emit(struct program *p, uint8_t code, uint8_t dst, uint8_t src, int16_t off,
		 int32_t imm)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	const unsigned int registers = (unsigned int)src << 4 | dst;
#else
	const unsigned int registers = (unsigned int)dst << 4 | src;
#endif

	p->code[p->n++] = (struct insn){code, (uint8_t)registers, off, imm};
}

static void load(struct program *p, uint8_t reg, size_t offset)
{
	emit(p, BPF_LDX | BPF_MEM | BPF_W, reg, R_CONTEXT, (int16_t)offset, 0);
}

static void answer(struct program *p, int value)
{
	emit(p, BPF_ALU64 | BPF_MOV | BPF_K, R_ANSWER, 0, 0, value);
	emit(p, BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
}

/* Its jumps, to what comes behind it, are filled in when that is known. */
static void add_rule(struct program *p, const struct device_rule *r)
{
	size_t jumps[4], n_jumps = 0;

#define UNLESS(reg, value)                                                         \
	do {                                                                       \
		jumps[n_jumps++] = p->n;                                           \
		emit(p, BPF_JMP | BPF_JNE | BPF_K, (reg), 0, 0, (int32_t)(value)); \
	} while (0)
	if (r->type != 'a')
		UNLESS(R_TYPE, r->type == 'b' ? BPF_DEVCG_DEV_BLOCK : BPF_DEVCG_DEV_CHAR);
	if (r->major >= 0)
		UNLESS(R_MAJOR, r->major);
	if (r->minor >= 0)
		UNLESS(R_MINOR, r->minor);
	if (r->is_allowed) {
		/* What is left of the access without the rule's must be nothing. */
		emit(p, BPF_ALU64 | BPF_MOV | BPF_X, R_WORK, R_ACCESS, 0, 0);
		emit(p, BPF_ALU64 | BPF_AND | BPF_K, R_WORK, 0, 0, (int32_t)~r->access);
		UNLESS(R_WORK, 0);
	} else {
		/* JSET jumps over the jump to the next. */
		emit(p, BPF_JMP | BPF_JSET | BPF_K, R_ACCESS, 0, 1, (int32_t)r->access);
		jumps[n_jumps++] = p->n;
		emit(p, BPF_JMP | BPF_JA, 0, 0, 0, 0);
	}
#undef UNLESS
	answer(p, r->is_allowed);
	for (size_t i = 0; i < n_jumps; i++)
		p->code[jumps[i]].off = (int16_t)(p->n - jumps[i] - 1);
}

/* Does it decide everything, so that those before it say nothing? */
static bool is_final(const struct device_rule *r)
{
	return r->type == 'a' && r->major < 0 && r->minor < 0 &&
	       r->access == (DEVICE_READ | DEVICE_WRITE | DEVICE_MAKE);
}

static void build(struct program *p, const struct device_rule *rules, size_t n)
{
	/* The low half is the type, the high half the access. */
	load(p, R_TYPE, offsetof(struct bpf_cgroup_dev_ctx, access_type));
	emit(p, BPF_ALU64 | BPF_MOV | BPF_X, R_ACCESS, R_TYPE, 0, 0);
	emit(p, BPF_ALU64 | BPF_RSH | BPF_K, R_ACCESS, 0, 0, 16);
	emit(p, BPF_ALU64 | BPF_AND | BPF_K, R_TYPE, 0, 0, 0xffff);
	load(p, R_MAJOR, offsetof(struct bpf_cgroup_dev_ctx, major));
	load(p, R_MINOR, offsetof(struct bpf_cgroup_dev_ctx, minor));
	for (size_t i = n; i-- > 0;) {
		if (is_final(&rules[i])) {
			answer(p, rules[i].is_allowed);
			return;
		}
		add_rule(p, &rules[i]);
	}
	answer(p, 0);
}

/* The kernel's bits, in its order. */
static unsigned int kernel_access(unsigned int access)
{
	return (access & DEVICE_MAKE ? BPF_DEVCG_ACC_MKNOD : 0) |
	       (access & DEVICE_READ ? BPF_DEVCG_ACC_READ : 0) |
	       (access & DEVICE_WRITE ? BPF_DEVCG_ACC_WRITE : 0);
}

int device_filter_attach(int cgroup, const struct device_rule *rules, size_t n)
{
	static struct program p;
	static struct device_rule converted[DEVICE_MAX_RULES];
	static const char license[] = "Apache-2.0";
	union bpf_attr load_attr = {0}, attach = {0};
	int fd, r;

	if (n > DEVICE_MAX_RULES)
		return -E2BIG;
	p.n = 0;
	for (size_t i = 0; i < n; i++) {
		converted[i] = rules[i];
		converted[i].access = kernel_access(rules[i].access);
	}
	build(&p, converted, n);
	load_attr.prog_type = BPF_PROG_TYPE_CGROUP_DEVICE;
	load_attr.insns = (uint64_t)(uintptr_t)p.code;
	load_attr.insn_cnt = (uint32_t)p.n;
	load_attr.license = (uint64_t)(uintptr_t)license;
	fd = (int)syscall(SYS_bpf, BPF_PROG_LOAD, &load_attr, sizeof(load_attr));
	if (fd < 0)
		return -errno;
	attach.target_fd = (uint32_t)cgroup;
	attach.attach_bpf_fd = (uint32_t)fd;
	attach.attach_type = BPF_CGROUP_DEVICE;
	attach.attach_flags = BPF_F_ALLOW_MULTI;
	r = syscall(SYS_bpf, BPF_PROG_ATTACH, &attach, sizeof(attach)) < 0 ? -errno : 0;
	close(fd);
	return r;
}

bool device_filter_allows(const struct device_rule *rules, size_t n, char type,
			  int64_t major, int64_t minor, unsigned int access)
{
	for (size_t i = n; i-- > 0;) {
		const struct device_rule *r = &rules[i];

		if ((r->type != 'a' && r->type != type) ||
		    (r->major >= 0 && r->major != major) ||
		    (r->minor >= 0 && r->minor != minor))
			continue;
		if (r->is_allowed ? !(access & ~r->access) : (access & r->access) != 0)
			return r->is_allowed;
	}
	return false;
}
