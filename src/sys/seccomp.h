/* SPDX-License-Identifier: Apache-2.0 */
/*
 * seccomp.h - loading a compiled filter, and the cache of those that are not built in
 */
#pragma once

#include <linux/filter.h>

#include "base/arena.h"
#include "base/err.h"

struct host;

struct seccomp_program {
	const struct sock_filter *filter; /* borrowed; NULL: none */
	unsigned short len;		  /* in instructions */
	uint32_t flags;			  /* SECCOMP_FILTER_FLAG_* */
};

/* Stands before a compiled program, and is as long as an instruction. */
struct seccomp_header {
	uint32_t flags;
	uint32_t reserved; /* 0 */
};

/**
 * seccomp_load() - put a filter over this process and what it becomes
 *
 * The last step before exec: needs no_new_privs or CAP_SYS_ADMIN over the user namespace.
 * Source: seccomp(2).
 * Return: 0 or a negative errno with @err filled.
 */
int seccomp_load(const struct seccomp_program *p, struct err *err);

/**
 * seccomp_load_listening() - the same, and get what answers for SECCOMP_RET_USER_NOTIF
 * @ret_fd: close-on-exec descriptor, owned by the caller
 *
 * A call that is to be answered waits until somebody has it and answers; those that hand it on are
 * made under the filter already. Source: seccomp_unotify(2), Linux 5.0.
 * Return: 0; -EBUSY when a filter with a listener is loaded already; another negative errno.
 */
int seccomp_load_listening(const struct seccomp_program *p, int *ret_fd, struct err *err);

/**
 * seccomp_tell_listener() - hand that descriptor to who answers
 * @path: absolute: a stream socket that somebody listens at
 * @text: what is said of the process
 * @fd:   borrowed; goes with the first byte
 *
 * A connection of its own, closed behind the text. Source: OCI runtime specification 1.2,
 * config-linux.md, "The Container Process State".
 * Return: 0 or a negative errno with @err filled.
 */
int seccomp_tell_listener(const char *path, const char *text, int fd, struct err *err);

/**
 * seccomp_compiled() - the program of a profile for a set of capabilities
 * @host:    borrowed; its cache_dir may be NULL
 * @profile: a file, or NULL for urun's default, or for
 * @text:    a profile that is in no file; or NULL
 * @caps:    bit mask of the container's bounding set
 * @a:       owns the program
 * @ret:     filled
 * @err:     what is wrong with the profile
 *
 * From the cache when this very file was compiled before (device, inode, size and times are
 * the key), or this very text (it is kept beside its program), else by urun-seccomp; a cache that cannot be written costs only time.
 * Runs in the launcher. Return: 0 or a negative errno.
 */
int seccomp_compiled(const struct host *host, const char *profile, const char *text,
		     uint64_t caps, struct arena *a, struct seccomp_program *ret,
		     struct err *err);
