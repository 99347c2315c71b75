/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lsm.h - the label that a security module gives to what this process executes next
 *
 * Asked for through a file of procfs, which the process opens for itself while "/proc" is still
 * the host's: a container's own /proc may be anything (CVE-2019-16884).
 */
#pragma once

#include "base/macros.h"

enum lsm { LSM_APPARMOR, LSM_SELINUX };

/* "AppArmor", "SELinux" */
const char *lsm_name(enum lsm lsm);

/* Has the running kernel that module, and is it on? */
bool lsm_is_on(enum lsm lsm);

/**
 * lsm_open_exec() - open the file that takes the label
 *
 * "/proc" is the host's. The file serves the process that opened it only, no child of it.
 * Source: proc_pid_attr(5), Linux 5.13 for that check, 5.8 for the module's own folder.
 * Return: a descriptor; -EXDEV when what is there is no procfs; another negative errno.
 */
int lsm_open_exec(enum lsm lsm);

/* Gives the file behind an O_PATH descriptor a context of SELinux. 0 or a negative errno. */
int lsm_label_file(int fd, const char *label);

/**
 * lsm_set_exec() - have the next exec change to a label
 * @fd:    borrowed: of lsm_open_exec(), of this process
 * @label: AppArmor: a profile; SELinux: a context
 *
 * A child that is forked has it, too.
 * Return: 0; -ENOENT for a profile that is not loaded, -EINVAL for a context that is none, -EACCES
 * or -EPERM when the policy does not allow it.
 */
int lsm_set_exec(int fd, enum lsm lsm, const char *label);
