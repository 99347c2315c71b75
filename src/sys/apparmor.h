/* SPDX-License-Identifier: Apache-2.0 */
/*
 * apparmor.h - whether AppArmor is why the kernel refuses something, as plain files tell it
 *
 * AppArmor answers with the errno of any other refusal, and says the rest in the kernel's log,
 * which is root's. For hints and `urun doctor`; nothing is decided by it.
 */
#pragma once

#include "base/arena.h"
#include "base/err.h"

struct apparmor_cause {
	const char *what; /* "AppArmor ...": the cause */
	const char *mend;
};

/**
 * apparmor_profile() - the profile that confines a process
 * @pid: it, or its zombie; 0: this one
 * @a:   owns the result
 *
 * Source: apparmor(7); proc_pid_attr(5).
 * Return: its name; NULL when there is none, or one that only complains, or no AppArmor.
 */
const char *apparmor_profile(int pid, struct arena *a);

/**
 * apparmor_confines() - does a profile confine this process?
 * @ret: filled then; its text is @a's
 *
 * Also in the builder: what restricts user namespaces is the profile of those who are in one.
 */
bool apparmor_confines(struct arena *a, struct apparmor_cause *ret);

/**
 * apparmor_restricts_userns() - the same, or will one confine whoever makes a user namespace?
 * @ret: filled then; its text is @a's
 *
 * Ubuntu's kernels have a sysctl for that, and spare root, and programs with a profile that
 * says "userns,".
 */
bool apparmor_restricts_userns(struct arena *a, struct apparmor_cause *ret);

/* Describes the cause of a refusal, whatever hint there was. Return: @code. */
int apparmor_hint(const struct apparmor_cause *cause, int code, struct err *err);
