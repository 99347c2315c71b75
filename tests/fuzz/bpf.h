/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bpf.h - a seccomp program looked over and executed, as the kernel does it
 */
#pragma once

#include <linux/filter.h>
#include <linux/seccomp.h>

#include "base/macros.h"

/**
 * bpf_check() - would the kernel take it, and does it end on every path?
 * @insns, @n: borrowed
 *
 * Only the instructions that urun emits are known. Jumps go forward, so a program whose
 * targets are all in range and that cannot fall out of its end returns.
 * Return: NULL, or what is wrong.
 */
const char *bpf_check(const struct sock_filter *insns, size_t n);

/* What a checked program returns for one system call. */
uint32_t bpf_run(const struct sock_filter *insns, const struct seccomp_data *data);
